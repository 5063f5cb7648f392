package web

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/sentence"
	"github.com/vitrine-portal/vitrine/internal/web/view"
)

func (s *Server) placeRoutes() []route {
	return []route{
		{"POST /versions/{id}/feedback", person, s.sendFeedback},
		{"POST /versions/{id}/share", person, s.shareUnsent("unsent_shared", (*portal.Scope).ShareUnsent)},
		{"POST /versions/{id}/unshare", person, s.shareUnsent("unsent_unshared", (*portal.Scope).KeepUnsent)},
		{"GET /places/{id}", person, s.drawnAt},
		{"POST /unsent/{unsent}", person, s.changeUnsent},
		{"POST /unsent/{unsent}/delete", person, s.deleteUnsent},
	}
}

// places completes the comments beside a version with its places, and what the
// visitor has not sent.
func places(ctx context.Context, me *visit, p *view.ViewerPage, c *view.CommentsBox) (err error) {
	v := p.Version
	c.Shown, c.Kinds = v, v.PlaceKinds()
	c.Lead = !p.File.Team() && p.File.Can(portal.Invite)
	if c.Marked, err = me.PlacesOn(ctx, v.ID); err != nil {
		return err
	}
	if c.Unsent, err = me.UnsentOn(ctx, v.ID); err != nil {
		return err
	}
	if len(p.Asked) == 0 && v.Audience == portal.ClientSide && p.File.Audience == portal.ClientSide && !p.ReadOnly && view.MayRequestRevision(p.Project) {
		c.Revises = true
		if c.Remarks, err = me.Remarks(ctx, v.ID); err != nil {
			return err
		}
	}
	var texts []string
	for _, u := range c.Unsent {
		texts = append(texts, u.Body)
	}
	if c.Audience == portal.ClientSide { // it can go to the client, or stay among the team
		if c.Unnamed, err = me.Unnamed(ctx, string(p.File.ID), strings.Join(texts, "\n")); err != nil {
			return err
		}
	}
	counts, err := me.UnsentCounts(ctx, p.File.ID)
	for _, o := range p.Versions {
		if n := counts[o.ID]; n > 0 && o.ID != v.ID {
			c.Others = append(c.Others, view.UnsentElse{Version: o.ID, Word: p.VersionWord(o), N: n})
		}
	}
	return err
}

// drawnAt is what was drawn or marked where a comment is, sent or not: a page with
// many places does not hold that of all.
func (s *Server) drawnAt(w http.ResponseWriter, r *http.Request, me *visit) error {
	var at *portal.Place
	if id := r.PathValue("id"); strings.HasPrefix(id, "uns_") {
		u, err := me.Unsent(r.Context(), portal.UnsentID(id))
		if err != nil {
			return err
		}
		at = u.Place
	} else {
		t, err := me.Thread(r.Context(), portal.ThreadID(id))
		if err != nil {
			return err
		}
		at = t.Place
	}
	if at == nil { // it is on all of it
		at = &portal.Place{}
	}
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(map[string]any{"lines": at.Lines, "strokes": at.Strokes})
}

// typedPlace is where a form says that a comment is.
func typedPlace(f *form) view.TypedPlace {
	return view.TypedPlace{Set: f.one("place"), Page: strings.TrimSpace(f.one("page")), Where: f.one("where"), From: strings.TrimSpace(f.one("from")), Until: strings.TrimSpace(f.one("until"))}
}

// readPlace makes of it a place: what was set on the stage, or else what was said.
func readPlace(t view.TypedPlace) (*portal.Place, error) {
	if t.Set != "" || !t.Any() {
		return portal.ReadPlace(t.Set)
	}
	if t.From != "" || t.Until != "" {
		p := &portal.Place{Kind: portal.PlaceTime}
		var ok bool
		if p.From, ok = readClock(t.From); !ok {
			return nil, oneField("from", "place_time")
		}
		if t.Until != "" {
			p.Kind = portal.PlaceRange
			if p.Until, ok = readClock(t.Until); !ok {
				return nil, oneField("until", "place_time")
			}
		}
		return p, nil
	}
	p := &portal.Place{Kind: portal.PlaceRegion, Area: portal.Area{Width: 1, Height: 1}}
	if t.Page != "" {
		n, err := strconv.Atoi(t.Page)
		if err != nil {
			return nil, oneField("page", "place_page")
		}
		p.Page = n
	}
	if t.Where != "" {
		n, err := strconv.Atoi(t.Where)
		if err != nil || n < 1 || n > 9 {
			return nil, oneField("where", "choice")
		}
		p.Area = sentence.OfNinth(n - 1)
	}
	return p, nil
}

// readClock reads a time of what plays, in milliseconds: seconds, or 1:23, or
// 1:02:03.
func readClock(s string) (int64, bool) {
	total := 0.0
	parts := strings.Split(s, ":")
	for i, part := range parts {
		n, err := strconv.ParseFloat(part, 64)
		if err != nil || math.IsNaN(n) || n < 0 || n > 1e6 || len(parts) > 3 || i > 0 && n >= 60 {
			return 0, false
		}
		total = 60*total + n
	}
	return int64(math.Round(total * 1000)), true
}

// unsentHref leads to what was not sent, beside the version that is looked at. Key
// is what was done; empty where the page shows it anyway.
func unsentHref(f portal.FileID, r *http.Request, key, place string) string {
	q := url.Values{"panel": {"comments"}}
	if key != "" {
		q.Set("done", key)
	}
	if v := r.URL.Query().Get("version"); v != "" {
		q.Set("version", v)
	}
	return "/files/" + string(f) + "?" + q.Encode() + "#" + place
}

// sendFeedback sends all that the visitor has not sent of a version.
func (s *Server) sendFeedback(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	audience := portal.Side(f.one("audience"))
	if err := f.err(); err != nil {
		return err
	}
	v, err := me.Version(r.Context(), portal.VersionID(r.PathValue("id")))
	if err != nil {
		return err
	}
	n, err := me.SendFeedback(r.Context(), v.ID, audience)
	if err != nil {
		return err
	}
	key := "feedback_sent"
	if n == 0 {
		key = "feedback_none"
	}
	return seeOther(w, r, unsentHref(v.File, r, key, "comments"))
}

// shareUnsent is a button at what was not sent.
func (s *Server) shareUnsent(key string, do func(*portal.Scope, context.Context, portal.VersionID) error) handler {
	return func(w http.ResponseWriter, r *http.Request, me *visit) error {
		if err := noFields(r); err != nil {
			return err
		}
		v, err := me.Version(r.Context(), portal.VersionID(r.PathValue("id")))
		if err != nil {
			return err
		}
		if err := do(me.Scope, r.Context(), v.ID); err != nil {
			return err
		}
		return seeOther(w, r, unsentHref(v.File, r, key, "unsent"))
	}
}

func (s *Server) changeUnsent(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	body, set, revision := f.one("body"), f.one("place"), f.number("revision")
	u, err := me.Unsent(r.Context(), portal.UnsentID(r.PathValue("unsent")))
	if err != nil {
		return err
	}
	at := u.Place
	if err = f.err(); err == nil && set != "" {
		at, err = portal.ReadPlace(set)
	}
	if err == nil {
		err = me.ChangeUnsent(r.Context(), u.ID, body, at, revision)
	}
	if invalid, status, ok := refused(err); ok { // what was written is kept
		return s.renderViewer(w, r, me, status, u.File, view.ViewerPage{Tried: view.TriedUnsent{ID: u.ID, Body: body, Stale: status == http.StatusConflict, Invalid: invalid}})
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, unsentHref(u.File, r, "unsent_saved", string(u.ID)))
}

func (s *Server) deleteUnsent(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := noFields(r); err != nil {
		return err
	}
	u, err := me.Unsent(r.Context(), portal.UnsentID(r.PathValue("unsent")))
	if err != nil {
		return err
	}
	if err := me.DeleteUnsent(r.Context(), u.ID); err != nil {
		return err
	}
	return seeOther(w, r, unsentHref(u.File, r, "unsent_deleted", "unsent"))
}
