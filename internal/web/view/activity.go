package view

import (
	"strings"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view/ui"
)

// Feed groups events by day, for ui.Feed. Workspace is the name that stands in
// where the reader may not know who it was. With where, each row says in which
// project it happened.
func (p *Page) Feed(events []portal.Event, workspace string, where bool) []ui.Day {
	var days []ui.Day
	for _, e := range events {
		words := p.DayOf(e.At)
		if len(days) == 0 || days[len(days)-1].Words != words {
			days = append(days, ui.Day{Words: words})
		}
		d := &days[len(days)-1]
		d.Rows = append(d.Rows, p.happened(e, workspace, where))
	}
	return days
}

// mark stands for the title while a sentence is taken apart around it.
const mark = "\x00"

// happened is an event as a row: its sentence, with what it happened to as a link.
func (p *Page) happened(e portal.Event, workspace string, where bool) ui.Happened {
	name := e.ActorName
	if name == "" {
		name = workspace
	}
	values := map[string]string{}
	for k, v := range e.Details {
		values[k] = v
	}
	if e.Kind == portal.MilestoneShifted {
		values["from"], values["to"] = p.shortDay(values["from"]), p.shortDay(values["to"])
	}
	values["actor"], values["person"] = name, e.PersonName
	if values["person"] = e.PersonName; e.PersonName == "" {
		values["person"] = workspace
	}
	if e.ProjectName != "" {
		values["project"] = e.ProjectName
	}
	title := values["title"]
	values["title"] = mark
	before, after, _ := strings.Cut(p.Tell("event."+string(e.Kind), values), mark)
	h := ui.Happened{Who: ui.Person{Name: name}, Text: before, Link: ui.Link{Label: title, Href: subjectHref(e)}, After: after,
		When: ui.When{Words: p.Clock(e.At), At: e.At}}
	if where && e.ProjectName != "" && e.ProjectName != title {
		h.More = e.ProjectName
	}
	if e.Team() && e.Project != "" && e.Audience == portal.Team {
		h.Extra = ui.Audience(string(e.Audience), p.T("audience."+string(e.Audience)))
	}
	return h
}

// subjectHref leads to what the event happened to, if it still has a page.
func subjectHref(e portal.Event) string {
	if strings.HasSuffix(string(e.Kind), "_deleted") || strings.HasSuffix(string(e.Kind), "_trashed") {
		return ""
	}
	return Href(e.Subject)
}

// Href is the address of a thing by its id, or "" for what has no page.
func Href(id string) string {
	kind, _, _ := strings.Cut(id, "_")
	switch kind {
	case "prj":
		return "/projects/" + id
	case "tsk":
		return "/tasks/" + id
	case "dlv":
		return "/deliverables/" + id
	case "mst":
		return "/milestones/" + id
	case "upd":
		return "/updates/" + id
	case "frq":
		return "/requests/" + id
	case "fol":
		return "/folders/" + id
	case "fil":
		return "/files/" + id
	case "cli":
		return "/clients/" + id
	}
	return ""
}
