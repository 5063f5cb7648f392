package web

import (
	"errors"
	"net/http"
	"unicode/utf8"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view"
)

func (s *Server) itemRoutes() []route {
	return []route{
		{"POST /seen", person, s.markSeen},
		{"GET /items/{item}/show", team, s.showPage},
		{"POST /items/{item}/show", team, s.show},
		{"POST /items/{item}/hide", team, s.hide},
		{"POST /items/{item}/turn", person, s.passTurn},
		{"POST /preview", team, s.previewText},
	}
}

const eventsOnItem = 30

// item loads what the page of an item has beside what it is.
func (s *Server) item(r *http.Request, me *visit, id portal.ItemID, project portal.ProjectID, audience portal.Side, madeBy portal.PersonID) (view.Item, error) {
	in, err := s.within(r, me, project, "")
	if err != nil {
		return view.Item{}, err
	}
	if err := me.ReadAbout(r.Context(), string(id)); err != nil {
		return view.Item{}, err
	}
	it := view.Item{Within: in, ID: id, Audience: audience}
	p := in.Project
	it.MayShow = p.Can(portal.Contribute) && (p.Can(portal.Manage) || p.Team() && madeBy == me.Scope.Person())
	if p.Team() {
		if it.Seen, err = me.SeenBy(r.Context(), id); err != nil {
			return it, err
		}
	}
	if p.Sections.Has(portal.SectionActivity) {
		if it.Events, err = me.ItemActivity(r.Context(), id, eventsOnItem); err != nil {
			return it, err
		}
	}
	if id.Kind() == "file" { // has them beside one of its versions
		return it, nil
	}
	it.Load(talkBundle()...)
	it.Comments, err = s.comments(r, me, in, id, audience)
	return it, err
}

// markSeen notes that one of the client's people had items on the screen.
func (s *Server) markSeen(w http.ResponseWriter, r *http.Request, me *visit) error {
	var ids []portal.ItemID
	for _, id := range r.URL.Query()["id"] {
		ids = append(ids, portal.ItemID(id))
	}
	if err := me.MarkSeen(r.Context(), ids...); err != nil {
		return err
	}
	if err := me.ReadAbout(r.Context(), r.URL.Query()["id"]...); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// previewText draws a text of a form as it will be shown, and keeps nothing. The
// rest of the form is of no interest.
func (s *Server) previewText(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	p := view.PreviewPage{Page: s.page(me, ""), Text: f.one(f.one("of"))}
	switch {
	case len(f.invalid) > 0:
		return &portal.Invalid{Fields: f.invalid}
	case utf8.RuneCountInString(p.Text) > portal.MaxText:
		return errTooMuch
	}
	s.setTitle(&p.Page, p.T("preview.title"))
	return s.render(w, r, http.StatusOK, view.Preview(p))
}

// refused sorts out what a form can show of why nothing was saved: fields that
// were wrong, or that somebody else was first.
func refused(err error) (invalid map[string]portal.Reason, status int, ok bool) {
	if fields, ok := invalidFields(err); ok {
		return fields, http.StatusUnprocessableEntity, true
	}
	if errors.Is(err, portal.ErrConflict) {
		return nil, http.StatusConflict, true
	}
	return nil, 0, false
}

// done sends the visitor on, with a word about what was done.
func done(w http.ResponseWriter, r *http.Request, path, key string) error {
	return seeOther(w, r, path+"?done="+key)
}

// act is a handler of a button that needs nothing but the id of its item.
func act(to func(id string) string, key string, do func(me *visit, r *http.Request, id string) error) handler {
	return func(w http.ResponseWriter, r *http.Request, me *visit) error {
		if err := noFields(r); err != nil {
			return err
		}
		id := r.PathValue("id")
		if err := do(me, r, id); err != nil {
			return err
		}
		return done(w, r, to(id), key)
	}
}

// moveAfter reads the neighbour that an item is put after; empty puts it first.
func moveAfter(r *http.Request) string { return r.URL.Query().Get("after") }

func (s *Server) showPage(w http.ResponseWriter, r *http.Request, me *visit) error {
	id := portal.ItemID(r.PathValue("item"))
	reveal, err := me.RevealPreview(r.Context(), id)
	if err != nil {
		return err
	}
	in, err := s.within(r, me, reveal.Project, "")
	if err != nil {
		return err
	}
	p := view.ShowPage{Within: in, Reveal: reveal, Back: view.Href(string(id))}
	s.below(&p.Within, "", p.T("show.title", "client", in.Project.ClientName))
	return s.render(w, r, http.StatusOK, view.Show(p))
}

func (s *Server) show(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	history := f.one("history")
	if history != "" && history != "now" && history != "all" {
		f.fail("history", "choice")
	}
	if err := f.err(); err != nil {
		return err
	}
	id := portal.ItemID(r.PathValue("item"))
	if err := me.Reveal(r.Context(), id, history == "all"); err != nil {
		return err
	}
	return done(w, r, view.Href(string(id)), "shown")
}

func (s *Server) hide(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := noFields(r); err != nil {
		return err
	}
	id := portal.ItemID(r.PathValue("item"))
	if _, err := me.Conceal(r.Context(), id); err != nil {
		return err
	}
	return done(w, r, view.Href(string(id)), "hidden")
}

func (s *Server) passTurn(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := noFields(r); err != nil {
		return err
	}
	id := portal.ItemID(r.PathValue("item"))
	if err := me.PassTurn(r.Context(), id, portal.Side(r.URL.Query().Get("to"))); err != nil {
		return err
	}
	return done(w, r, view.Href(string(id)), "turn")
}
