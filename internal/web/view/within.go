package view

import (
	"strconv"
	"time"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/prose"
	"github.com/vitrine-portal/vitrine/internal/web/view/ui"

	"github.com/a-h/templ"
)

// Within is what every page of a project has around its own: the project's
// header and tabs. The same page serves both sides.
type Within struct {
	Page
	Project portal.Project
	Summary portal.ProjectSummary
	Tab     string // the current one: "overview" or the name of a section
	Me      portal.PersonID
	Name    string // of the workspace
}

// path is an address below the project's.
func (p *Within) path(below string) string { return "/projects/" + string(p.Project.ID) + below }

// calendar is where one gets the project's days into one's own calendar.
func (p *Within) calendar() string { return "/calendar?project=" + string(p.Project.ID) }

// team reports whether the reader looks from the team's side.
func (p *Within) team() bool { return p.Project.Team() }

// may reports whether the reader may do what in this project now.
func (p *Within) may(what portal.Rights) bool { return !p.ReadOnly && p.Project.Can(what) }

// has reports whether the reader is shown all those sections and fields.
func (p *Within) has(s portal.Sections) bool { return p.Project.Sections.Has(s) }

// other is what the other side is called.
func (p *Within) other() string {
	if p.team() {
		return p.Project.ClientName
	}
	return p.Name
}

// turn is the chip that says whose turn it is.
func (p *Within) turn(turn portal.Side, since time.Time) templ.Component {
	words, yours := p.TurnIn(p.Project, turn, since, p.other())
	return ui.Turn(yours, words)
}

// healthWord is a health in words for this reader.
func (p *Within) healthWord(h portal.Health) string { return p.HealthIn(p.Project, h) }

// by is a name, or the workspace's where the reader may not know it.
func (p *Within) by(name string) string {
	if name == "" {
		return p.Name
	}
	return name
}

// shownChip says to the team whether the client sees a part of the page.
func (p *Within) shownChip(s portal.Sections) (audience, word string) {
	switch {
	case !p.team():
		return "", ""
	case p.Project.IsShared() && p.Project.Shows&s == s:
		return string(portal.ClientSide), p.T("audience.client")
	}
	return string(portal.Team), p.T("audience.team")
}

// chip says to the team who sees an item.
func (p *Within) chip(audience portal.Side) templ.Component {
	if !p.team() {
		return templ.NopComponent
	}
	return ui.Audience(string(audience), p.T("audience."+string(audience)))
}

// section is the head of a part of the page.
func (p *Within) section(title string, s portal.Sections, more ui.Link) ui.SectionProps {
	x := ui.SectionProps{Title: title, More: more}
	x.Audience, x.AudienceWord = p.shownChip(s)
	return x
}

// tabs are the sections that the reader is shown.
func (p *Within) tabs() []ui.Tab {
	c := p.Summary.Counts
	tabs := []ui.Tab{{Label: p.T("project.overview"), Href: p.path(""), Current: p.Tab == "overview"}}
	for _, t := range []struct {
		name  string
		needs portal.Sections
		count int
	}{
		{"updates", portal.SectionUpdates, 0},
		{"timeline", portal.SectionTimeline | portal.FieldDates, 0},
		{"milestones", portal.SectionMilestones, c.Milestones},
		{"deliverables", portal.SectionDeliverables, c.Deliverables},
		{"tasks", portal.SectionTasks, c.OpenTasks},
		{"files", portal.SectionFiles, 0},
		{"approvals", portal.SectionApprovals, 0},
		{"messages", portal.SectionMessages, 0},
		{"team", portal.SectionTeam | portal.FieldTeamNames, 0},
		{"activity", portal.SectionActivity, 0},
	} {
		if p.has(t.needs) {
			tabs = append(tabs, ui.Tab{Label: p.T("section." + t.name), Href: p.path("/" + t.name), Current: p.Tab == t.name, Count: t.count})
		}
	}
	if p.team() && p.may(portal.Manage) {
		tabs = append(tabs, ui.Tab{Label: p.T("nav.settings"), Href: p.path("/settings"), Current: p.Tab == "settings"})
	}
	return tabs
}

// day is a day in words, also where there is none.
func (p *Page) day(d string) string {
	if d == "" {
		return p.T("project.no_date")
	}
	return p.Day(d, p.Now)
}

// prose is Markdown as a component; nothing for nothing.
func Prose(markdown string) templ.Component {
	if markdown == "" {
		return nil
	}
	return ui.Prose(prose.HTML(markdown))
}

// step is a milestone on a strip or timeline.
func (p *Within) step(m portal.Milestone, current portal.MilestoneID) ui.Step {
	s := ui.Step{Title: m.Title, Href: "/milestones/" + string(m.ID), State: "next", Word: p.T("milestone.state.next"), When: p.day(m.DueOn)}
	if m.DueOn == "" {
		s.When = ""
	}
	switch {
	case m.Reached():
		s.State, s.Word = "done", p.T("milestone.state.done")
		s.When = p.T("milestone.reached_on", "day", p.ShortDay(m.ReachedAt.In(p.Zone()).Format(time.DateOnly)))
	case m.ID == current:
		s.State, s.Word = "current", p.T("milestone.state.current")
		s.Turn, s.Yours = p.TurnIn(p.Project, m.Turn, m.TurnSince, p.other())
	}
	if m.Shifted() {
		s.Was, s.Reason = p.ShortDay(m.PlannedOn), m.ShiftReason
	}
	if p.team() && m.Audience == portal.Team {
		s.Extra = p.chip(m.Audience)
	}
	return s
}

// currentOf is the first milestone that is not reached.
func currentOf(all []portal.Milestone) portal.MilestoneID {
	for _, m := range all {
		if !m.Reached() {
			return m.ID
		}
	}
	return ""
}

// onStrip is how many milestones stand beside each other.
const onStrip = 5

// strip is the milestones around where the project is: what was reached last,
// the current one and the next.
func (p *Within) strip(all []portal.Milestone) []ui.Step {
	current, at := currentOf(all), len(all)
	for i, m := range all {
		if m.ID == current {
			at = i
			break
		}
	}
	from := max(0, min(at-1, len(all)-onStrip))
	var steps []ui.Step
	for _, m := range all[from:min(from+onStrip, len(all))] {
		steps = append(steps, p.step(m, current))
	}
	return steps
}

// deliverable is a deliverable in a list.
func (p *Within) deliverable(d portal.Deliverable, thumb string) ui.DeliverableProps {
	x := ui.DeliverableProps{Title: d.Title, Href: "/deliverables/" + string(d.ID), State: string(d.State), StateWord: p.T("state." + string(d.State)), Thumb: thumb}
	x.Due = p.DueOn(d.DueOn, !d.State.Accepted())
	var facts []string
	if r := p.round(d); r != "" {
		facts = append(facts, r)
	}
	if d.OwnerName != "" {
		facts = append(facts, d.OwnerName)
	}
	if d.MilestoneTitle != "" {
		facts = append(facts, d.MilestoneTitle)
	}
	x.Sub = dots(facts...)
	if !d.State.Accepted() && d.State != portal.StateDraft {
		x.Turn, x.Yours = p.TurnIn(p.Project, d.Turn, d.TurnSince, p.other())
	}
	if p.team() {
		x.Audience, x.AudienceWord = string(d.Audience), p.T("audience."+string(d.Audience))
	}
	return x
}

// round says in which round of review a deliverable is.
func (p *Page) round(d portal.Deliverable) string {
	switch {
	case d.Round == 0:
		return ""
	case d.Rounds > 0:
		return p.T("deliverable.round_of", "n", strconv.Itoa(d.Round), "of", strconv.Itoa(d.Rounds))
	}
	return p.T("deliverable.round", "n", strconv.Itoa(d.Round))
}

// dots joins facts that stand in one line.
func dots(facts ...string) string {
	line := ""
	for _, f := range facts {
		switch {
		case f == "":
		case line == "":
			line = f
		default:
			line += " · " + f
		}
	}
	return line
}

// team row: away says until when somebody is not there.
func (p *Page) away(until string) string {
	if until == "" || until < p.Now.In(p.Zone()).Format(time.DateOnly) {
		return ""
	}
	return p.T("project.away_until", "day", p.ShortDay(until))
}

// colleague is somebody of the project's team in a row.
func (p *Page) colleague(m portal.ProjectMember) ui.Person {
	what := m.Role
	if what == "" {
		what = m.Title
	}
	contact := ""
	if m.Contact {
		contact = p.T("project.contact")
	}
	return ui.Person{Name: m.Name, Detail: dots(contact, what, p.away(m.AwayUntil))}
}

// seen names those who have seen an item.
func (p *Page) seenWords(seen []portal.Seen) string {
	if len(seen) == 0 {
		return ""
	}
	var names []string
	for i, s := range seen {
		if i == 3 && len(seen) > 4 {
			names = append(names, p.N("item.more_people", len(seen)-i))
			break
		}
		names = append(names, s.Name)
	}
	return p.T("item.seen_by", "names", p.List(names))
}

// Audience says who sees what is shown: "Visible to Leto Brand: 3 people".
func (p *Page) Audience(a portal.Audience) string {
	key := "audience.visible_to"
	switch {
	case !a.Shared:
		key = "audience.once_shared"
	case !a.Open:
		key = "audience.once_open"
	case !a.Shown:
		key = "audience.once_shown"
	}
	line := ""
	if a.Count == 0 {
		line = p.T("audience.nobody_yet", "client", a.Client)
	} else {
		line = p.T(key, "client", a.Client, "people", p.N("people", a.Count))
	}
	if a.Invited > 0 {
		line += " " + p.N("audience.invited", a.Invited)
	}
	return line
}
