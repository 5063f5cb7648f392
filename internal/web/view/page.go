package view

import (
	"sort"
	"time"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view/ui"
	"github.com/vitrine-portal/vitrine/internal/words"
)

// Page is what every page has: the shell around it, the reader's words, and
// what was wrong with the form that was sent, if one was.
type Page struct {
	Shell Shell
	*words.Book
	Now      time.Time
	ReadOnly bool // viewing as somebody: offer nothing that changes anything
	Invalid  map[string]portal.Reason
	Whose    []ui.Tab // the same list of each client of a person of several

	StateWords map[string]string // how the workspace calls states of projects to its clients
}

// Shell is the frame around a page: the client's, the team's, or the card of
// the pages in front of the door.
type Shell struct {
	Client *ui.ClientShellProps
	Team   *ui.TeamShellProps
	Card   *ui.CardShellProps
}

// A Bundle is what a page loads beside what every page loads.
type Bundle = ui.Bundle

// Load has the page load bundles beside what every page loads.
func (p *Page) Load(bundles ...Bundle) {
	switch sh := p.Shell; {
	case sh.Client != nil:
		sh.Client.Page.Bundles = append(sh.Client.Page.Bundles, bundles...)
	case sh.Team != nil:
		sh.Team.Page.Bundles = append(sh.Team.Page.Bundles, bundles...)
	default:
		sh.Card.Page.Bundles = append(sh.Card.Page.Bundles, bundles...)
	}
}

// Err is what is wrong with a field, in words, or "".
func (p *Page) Err(field string) string {
	r, ok := p.Invalid[field]
	if !ok {
		return ""
	}
	return p.T("invalid."+r.Key, r.Pairs...)
}

// Failed reports whether a form came back.
func (p *Page) Failed() bool { return len(p.Invalid) > 0 }

// Faults lists what is wrong, each leading to its field.
func (p *Page) Faults() []ui.Link {
	var links []ui.Link
	for field := range p.Invalid {
		links = append(links, ui.Link{Label: p.Err(field), Href: "#" + field})
	}
	sort.Slice(links, func(i, j int) bool { return links[i].Href < links[j].Href })
	return links
}

// When is a moment in words, for the ui components.
func (p *Page) When(t time.Time) ui.When { return ui.When{Words: p.Time(t, p.Now), At: t} }

// AgoWhen is a moment told by how long ago it was.
func (p *Page) AgoWhen(t time.Time) ui.When { return ui.When{Words: p.Ago(t, p.Now), At: t} }
