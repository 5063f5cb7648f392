package web

import (
	"net/http"
	"slices"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view"
)

// mentionable answers a composer in which an @ was typed: those whose names
// begin so and who will read it.
func (s *Server) mentionable(w http.ResponseWriter, r *http.Request, me *visit) error {
	ctx, q := r.Context(), r.URL.Query()
	to, begins := portal.Side(q.Get("to")), q.Get("q")
	var people []portal.Reader
	var err error
	switch {
	case q.Has("thread"):
		people, err = me.Mentionable(ctx, portal.ThreadID(q.Get("thread")), to, begins)
	case q.Has("item"):
		people, err = me.MentionableOn(ctx, portal.ItemID(q.Get("item")), to, begins)
	case q.Has("project"):
		people, err = me.MentionableIn(ctx, portal.ProjectID(q.Get("project")), to, begins)
	case q.Has("client"):
		people, err = me.MentionableAt(ctx, portal.ClientID(q.Get("client")), to, begins)
	case q.Has("direct"): // of a conversation that is not there yet, those who were chosen for it
		if people, err = s.direct(ctx, me, portal.ClientID(q.Get("direct"))); err == nil {
			people = slices.DeleteFunc(people, func(x portal.Reader) bool { return !slices.Contains(q["person"], string(x.Person)) })
			people = portal.Beginning(people, me.Brand.Name, begins)
		}
	default:
		err = portal.ErrNotFound
	}
	if err != nil {
		return err
	}
	p := view.MentionsPage{Page: view.Page{Book: me.Book, Now: me.Now}, Workspace: me.Brand.Name, People: people}
	return s.render(w, r, http.StatusOK, view.Mentions(p))
}
