package web

import (
	"io"
	"net/http"
	"strings"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view"
)

// calendarRoutes are the secret addresses under which calendars read what is due.
func (s *Server) calendarRoutes() []route {
	return []route{
		{"GET /calendar", oneself, s.calendars},
		{"POST /calendar", oneself, s.makeCalendar},
		{"POST /calendar/{id}/revoke", oneself, s.revokeCalendar},
		{"GET /feeds/{file}", anybody, s.feed},
	}
}

// calendars lists one's own calendar addresses.
func (s *Server) calendars(w http.ResponseWriter, r *http.Request, me *visit) error {
	return s.calendarsWith(w, r, me, http.StatusOK, nil)
}

func (s *Server) calendarsWith(w http.ResponseWriter, r *http.Request, me *visit, code int, wrong map[string]portal.Reason) error {
	ctx := r.Context()
	p := view.CalendarsPage{Page: s.page(me, ""), Project: portal.ProjectID(r.URL.Query().Get("project")), Address: func(f portal.Feed) string { return s.URL("/feeds/" + f.Token + ".ics") }}
	p.Invalid = wrong
	var err error
	if p.Feeds, err = me.Feeds(ctx); err != nil {
		return err
	}
	if p.Projects, _, err = me.Projects(ctx, portal.ProjectFilter{}, portal.Page{Limit: 100}); err != nil {
		return err
	}
	s.setTitle(&p.Page, p.T("calendar.title"))
	return s.render(w, r, code, view.Calendars(p))
}

func (s *Server) makeCalendar(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	project := portal.ProjectID(f.one("project"))
	if err := f.err(); err != nil {
		return err
	}
	_, err = portal.Once(me.MakeFeed(r.Context(), project))
	if fields, ok := invalidFields(err); ok {
		return s.calendarsWith(w, r, me, http.StatusUnprocessableEntity, fields)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/calendar")
}

func (s *Server) revokeCalendar(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := noFields(r); err != nil {
		return err
	}
	if err := me.RevokeFeed(r.Context(), portal.FeedID(r.PathValue("id"))); err != nil {
		return err
	}
	return seeOther(w, r, "/calendar?done=revoked")
}

// feed answers a calendar program with what the address's owner sees now.
func (s *Server) feed(w http.ResponseWriter, r *http.Request, _ *visit) error {
	token, ok := strings.CutSuffix(r.PathValue("file"), ".ics")
	if !ok {
		return portal.ErrNotFound
	}
	text, err := s.Portal.Calendar(r.Context(), token, s.BaseURL.String())
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/calendar; charset=utf-8")
	io.WriteString(w, text)
	return nil
}
