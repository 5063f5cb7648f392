package portal_test

import (
	"slices"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// Whoever sees an event is told of it on their live stream, and nobody else:
// what happens to a client belongs to no project.
func TestSeesWhatHappensToAClient(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ch := change(t, w, w.Acme)
		ch.InvitationDays++
		w.Signals()
		_, err := w.As(w.Mia).SaveAccess(ctx, w.Acme, ch)
		if err != nil {
			t.Fatal(err)
		}
		signals := w.Signals()
		if len(signals) == 0 {
			t.Fatal("no signal")
		}
		for _, s := range signals {
			for name, id := range w.Everyone() {
				got := must[bool](t)(w.As(id).Sees(ctx, s.Event))
				if want := id == w.Ada || id == w.Mia; got != want {
					t.Errorf("%s sees that the access was changed: %v, want %v", name, got, want)
				}
			}
		}
	})
}

// T197, for each kind of event: a stream tells of one to exactly those whose pages
// do, at once and when it comes back. Only whether they have an activity makes no
// difference: what happened is on other pages, too.
func TestStreamsTellWhatPagesDo(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ofProject, ofClient := portal.ToldIn()
		if len(ofProject) < 90 || len(ofClient) < 15 {
			t.Fatalf("only %d and %d kinds", len(ofProject), len(ofClient))
		}
		type made struct {
			id   portal.EventID
			kind portal.Kind
			side portal.Side
		}
		record := func(h portal.Happening) (m made) {
			t.Helper()
			w.Signals()
			h.Client, h.Silent = w.Acme, true
			if err := w.As(w.Mia).Record(ctx, h); err != nil {
				t.Fatalf("%s: %v", h.Kind, err)
			}
			for _, s := range w.Signals() {
				m = made{portal.EventID(s.Event), h.Kind, h.Audience}
			}
			if m.id == "" {
				t.Fatalf("%s is not signalled", h.Kind)
			}
			return m
		}
		people := []portal.PersonID{w.Ada, w.Mia, w.Tom, w.Cleo, w.Dan, w.Bea, w.Carl, w.Rex, w.Eve}
		all := func(next func(pg portal.Page) ([]portal.Event, string, error)) (ids []portal.EventID) {
			for pg := (portal.Page{Limit: 100}); ; {
				events, after, err := next(pg)
				if err != nil && err != portal.ErrNotFound {
					t.Fatal(err)
				}
				for _, e := range events {
					ids = append(ids, e.ID)
				}
				if pg.After = after; after == "" {
					return ids
				}
			}
		}
		// On the pages of each, and once they come back.
		told := func(who portal.PersonID, m made) bool {
			t.Helper()
			sees := must[bool](t)(w.As(who).Sees(ctx, m.id))
			if back := must[bool](t)(w.As(who).SeesSince(ctx, w.Clock.Now().Add(-time.Second))); back != sees {
				t.Errorf("%s of the %s: told to %s at once %v, when they come back %v", m.kind, m.side, who, sees, back)
			}
			return sees
		}
		streams := map[portal.PersonID][]portal.EventID{}
		var events []made
		for _, side := range []portal.Side{portal.Team, portal.ClientSide} {
			for _, kind := range ofProject {
				w.Clock.Advance(time.Minute)
				m := record(portal.Happening{Kind: kind, Project: w.Site, Subject: string(w.Items[w.Site][side].Task), Audience: side})
				events = append(events, m)
				for _, who := range people {
					if told(who, m) {
						streams[who] = append(streams[who], m.id)
					}
				}
			}
		}
		pages := map[portal.PersonID][]portal.EventID{}
		for _, who := range people {
			pages[who] = all(func(pg portal.Page) ([]portal.Event, string, error) {
				return w.As(who).ProjectActivity(ctx, w.Site, pg)
			})
			for _, m := range events {
				if stream, page := slices.Contains(streams[who], m.id), slices.Contains(pages[who], m.id); stream != page {
					t.Errorf("%s of the %s: told to %s by a stream %v, on a page %v", m.kind, m.side, who, stream, page)
				}
			}
		}
		if len(streams[w.Cleo]) < 90 || len(streams[w.Carl]) > 0 {
			t.Errorf("%d events are told to the client, %d to another", len(streams[w.Cleo]), len(streams[w.Carl]))
		}
		for _, kind := range ofClient {
			w.Clock.Advance(time.Minute)
			m := record(portal.Happening{Kind: kind, Subject: string(w.DanUser)})
			for _, who := range people {
				page := slices.Contains(all(func(pg portal.Page) ([]portal.Event, string, error) { return w.As(who).ClientActivity(ctx, w.Acme, pg) }), m.id)
				if stream := told(who, m); stream != page {
					t.Errorf("%s: told to %s by a stream %v, on a page %v", kind, who, stream, page)
				}
			}
		}

		sections := func(off int) {
			t.Helper()
			if err := w.DB.Write(ctx, func(tx *db.Tx) error {
				_, err := tx.Exec(ctx, `UPDATE projects SET sections_set = $1, sections = 0 WHERE id = $2`, off, string(w.Site))
				return err
			}); err != nil {
				t.Fatal(err)
			}
			w.Regrant()
		}
		sections(int(portal.SectionActivity))
		for _, m := range events {
			if stream := must[bool](t)(w.As(w.Cleo).Sees(ctx, m.id)); stream != slices.Contains(streams[w.Cleo], m.id) {
				t.Errorf("%s of the %s: without an activity, told to the client %v", m.kind, m.side, stream)
			}
		}
		// What is in a section that they do not have is told neither way.
		sections(int(portal.SectionTasks))
		shown := all(func(pg portal.Page) ([]portal.Event, string, error) {
			return w.As(w.Cleo).ProjectActivity(ctx, w.Site, pg)
		})
		for _, m := range events {
			if stream := must[bool](t)(w.As(w.Cleo).Sees(ctx, m.id)); stream != slices.Contains(shown, m.id) || stream && m.kind == portal.TaskAdded {
				t.Errorf("%s of the %s: without tasks, told to the client %v", m.kind, m.side, stream)
			}
		}
	})
}
