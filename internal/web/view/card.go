package view

import (
	"fmt"
	"strconv"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view/ui"
)

// Done says how much is: "6 of 10 done".
func (p *Page) Done(g portal.Progress) string {
	return p.T("home.card.progress", "done", strconv.Itoa(g.Done), "of", strconv.Itoa(g.Total))
}

// ProjectCard is a project as a card of its reader. Workspace is the name of
// the other side to a client.
func (p *Page) ProjectCard(x portal.Project, s *portal.ProjectSummary, workspace string) ui.ProjectCardProps {
	c := ui.ProjectCardProps{Name: x.Name, Href: "/projects/" + string(x.ID), Sentence: x.Sentence,
		Health: string(x.Health), HealthWord: p.HealthIn(x, x.Health)}
	switch {
	case x.IsArchived():
		c.Health, c.HealthWord = "", ""
	case x.Status == portal.Done:
		c.Health, c.HealthWord = string(portal.OnTrack), p.StatusWord(string(x.Status))
	case x.Status != portal.Active:
		c.Health, c.HealthWord = "", p.StatusWord(string(x.Status))
	}
	if s == nil {
		return c
	}
	if s.New {
		c.Unread = p.T("home.card.new")
	}
	if s.Progress.Shown && s.Progress.Total > 0 {
		c.Done, c.Of, c.Progress = s.Progress.Done, s.Progress.Total, p.Done(s.Progress)
	}
	if s.NextMilestone != "" {
		c.Next = s.NextMilestoneTitle
		if s.NextMilestoneDue != "" {
			c.NextWhen = p.Day(s.NextMilestoneDue, p.Now)
		}
	}
	other := workspace
	if x.Team() {
		other = x.ClientName
	}
	if !x.IsArchived() {
		c.Turn, c.Yours = p.TurnIn(x, s.Turn, s.TurnSince, other)
	}
	c.People, c.Names = p.Colleagues(s.Faces)
	if rest := s.Team - len(s.Faces); rest > 0 {
		c.Rest, c.Names = fmt.Sprintf("+%d", rest), p.N("home.card.people", rest, "names", c.Names)
	}
	return c
}
