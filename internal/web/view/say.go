package view

import (
	"time"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view/ui"
)

// Turn says whose turn it is and for how long, to a reader on a side: "Waiting
// for you 2 days", "With us since Monday". Other names the other side: the
// workspace to a client, the client to the team.
func (p *Page) Turn(reader, turn portal.Side, since time.Time, other string) (words string, yours bool) {
	switch {
	case turn == "":
		return "", false
	case since.IsZero() && turn == portal.Team && reader == portal.Team:
		return p.T("turn.us_now"), true
	case since.IsZero() && turn == portal.Team:
		return p.T("turn.other_now", "other", other), false
	case since.IsZero():
		return "", false
	}
	wait := p.For(max(p.Now.Sub(since), 0))
	switch {
	case turn == portal.ClientSide && reader == portal.ClientSide:
		return p.T("turn.you", "for", wait), true
	case turn == portal.Team && reader == portal.Team:
		return p.T("turn.us", "since", p.Since(since, p.Now)), true
	case reader == portal.Team:
		return p.T("turn.them", "other", other, "for", wait), false
	}
	return p.T("turn.other", "other", other, "since", p.Since(since, p.Now)), false
}

// TurnIn is Turn for a reader of a project. One of the client's people who can
// neither decide nor answer there is not told that it is their turn.
func (p *Page) TurnIn(x portal.Project, turn portal.Side, since time.Time, other string) (words string, yours bool) {
	if turn == portal.ClientSide && onlyReads(x) && !since.IsZero() {
		return p.T("turn.them", "other", x.ClientName, "for", p.For(max(p.Now.Sub(since), 0))), false
	}
	return p.Turn(x.Side, turn, since, other)
}

// HealthIn is a health in words for a reader of a project.
func (p *Page) HealthIn(x portal.Project, h portal.Health) string {
	switch {
	case h != portal.Waiting || x.Team():
		return p.T("health." + string(h))
	case onlyReads(x):
		return p.T("health.waiting_them", "client", x.ClientName)
	}
	return p.T("health.waiting_you")
}

// onlyReads reports whether the reader is of the client and cannot act.
func onlyReads(x portal.Project) bool {
	return !x.Team() && !x.Can(portal.Comment) && !x.Can(portal.Decide)
}

// DueOn is a due date as a chip. What is done is not late.
func (p *Page) DueOn(day string, open bool) ui.DueProps {
	if day == "" {
		return ui.DueProps{}
	}
	d := ui.DueProps{Words: p.Day(day, p.Now)}
	if days, ok := p.Until(day, p.Now); ok && open {
		d.Late, d.Soon = days < 0, days >= 0 && days <= 3
	}
	return d
}

// Colleagues are the people of a project as faces, and their names for who
// cannot see the faces.
func (p *Page) Colleagues(team []portal.ProjectMember) (people []ui.Person, names string) {
	var all []string
	for _, m := range team {
		people = append(people, ui.Person{Name: m.Name, Detail: m.Role})
		all = append(all, m.Name)
	}
	return people, p.List(all)
}

// StatusWord is the state of a project: in the workspace's own words for a
// client, if it has any.
func (p *Page) StatusWord(state string) string {
	if w := p.StateWords[state]; w != "" {
		return w
	}
	return p.T("status." + state)
}
