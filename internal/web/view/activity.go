package view

import (
	"slices"
	"strings"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/sentence"
	"github.com/vitrine-portal/vitrine/internal/web/view/ui"
)

// Feed groups events by day, for ui.Feed. Workspace is the name that stands in
// where the reader may not know who it was. With where, each row says in which
// project it happened.
func (p *Page) Feed(events []portal.Event, workspace string, where bool) []ui.Day {
	return p.feed(events, workspace, where, len(events))
}

// feed is Feed with at most so many rows.
func (p *Page) feed(events []portal.Event, workspace string, where bool, rows int) []ui.Day {
	var days []ui.Day
	for i := 0; i < len(events) && rows > 0; rows-- {
		e := events[i]
		n, files := p.run(events[i:])
		i += n
		words := p.DayOf(e.At)
		if len(days) == 0 || days[len(days)-1].Words != words {
			days = append(days, ui.Day{Words: words})
		}
		d := &days[len(days)-1]
		if files > 1 {
			d.Rows = append(d.Rows, p.several(e, files, workspace, where))
		} else {
			d.Rows = append(d.Rows, p.happened(e, workspace, where))
		}
	}
	return days
}

// inOne are the kinds of which several in a row, of one person in one project,
// are told in one sentence.
var inOne = []portal.Kind{portal.FileAdded, portal.VersionAdded, portal.ItemRevealed, portal.ItemConcealed, portal.FileTrashed, portal.FileMoved}

// together reports whether two events that follow each other are told in one
// sentence.
func together(a, b portal.Event) bool {
	return a.Kind == b.Kind && a.Actor == b.Actor && a.ActorName == b.ActorName && a.Project == b.Project && a.Audience == b.Audience && slices.Contains(inOne, a.Kind) &&
		strings.HasPrefix(a.Subject, "fil_") && strings.HasPrefix(b.Subject, "fil_")
}

// run is how many events from the first on are told in one sentence, and about
// how many files.
func (p *Page) run(events []portal.Event) (n, files int) {
	seen := map[string]bool{}
	for n = 0; n < len(events) && (n == 0 || together(events[0], events[n]) && p.DayOf(events[0].At) == p.DayOf(events[n].At)); n++ {
		seen[events[n].Subject] = true
	}
	return n, len(seen)
}

// several is a row about several files.
func (p *Page) several(e portal.Event, files int, workspace string, where bool) ui.Happened {
	return p.row(e, sentence.Several(p.Book, e, files, workspace), where)
}

// happened is an event as a row: its sentence, with what it happened to as a link.
func (p *Page) happened(e portal.Event, workspace string, where bool) ui.Happened {
	return p.row(e, sentence.Of(p.Book, e, workspace), where)
}

func (p *Page) row(e portal.Event, s sentence.Sentence, where bool) ui.Happened {
	h := ui.Happened{Who: ui.Person{Name: s.Actor}, Text: s.Before, Link: ui.Link{Label: s.Title, Href: s.Href}, After: s.After,
		When: ui.When{Words: p.Clock(e.At), At: e.At}}
	if where && e.ProjectName != "" && e.ProjectName != s.Title {
		h.More = e.ProjectName
	}
	if e.Team() && e.Project != "" && e.Audience == portal.Team {
		h.Extra = ui.Audience(string(e.Audience), p.T("audience."+string(e.Audience)))
	}
	return h
}

// Href is the address of a thing by its id, or "" for what has no page.
func Href(id string) string { return sentence.Href(id) }
