package portal_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

func TestSelf(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := context.Background()
		for _, c := range []struct {
			who     portal.PersonID
			role    string
			clients int
		}{
			{w.Ada, "owner", 0}, {w.Mia, "manager", 0}, {w.Tom, "contributor", 0},
			{w.Cleo, "", 1}, {w.Bea, "", 2}, {w.Uma, "", 0}, {w.Rex, "", 0}, {w.Eve, "", 0}, {"", "", 0},
		} {
			s, err := w.As(c.who).Self(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if s.Role != c.role || len(s.Clients) != c.clients {
				t.Errorf("Self of %s: role %q and %d clients, want %q and %d", c.who, s.Role, len(s.Clients), c.role, c.clients)
			}
		}
	})
}

func TestChangeWorkspace(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := context.Background()
		was, err := w.As(w.Ada).Workspace(ctx)
		if err != nil {
			t.Fatal(err)
		}
		s := portal.WorkspaceSettings{Name: "Honcho", Accent: "#aa3300", TimeZone: "Europe/Lisbon", Sections: was.Sections, Revision: was.Revision}
		for who, want := range map[portal.PersonID]error{w.Mia: portal.ErrForbidden, w.Cleo: portal.ErrNotFound, "": portal.ErrSignedOut} {
			if err := w.As(who).ChangeWorkspace(ctx, s); !errors.Is(err, want) {
				t.Errorf("ChangeWorkspace as %q: %v, want %v", who, err, want)
			}
		}
		if err := w.As(w.Ada).ChangeWorkspace(ctx, s); err != nil {
			t.Fatal(err)
		}
		if err := w.As(w.Ada).ChangeWorkspace(ctx, s); !errors.Is(err, portal.ErrConflict) {
			t.Errorf("second change from the same page: %v, want ErrConflict", err)
		}
		events, _, err := w.As(w.Ada).Audit(ctx, portal.AuditFilter{}, portal.Page{Limit: 1})
		if err != nil || len(events) != 1 || events[0].Kind != portal.WorkspaceChanged || events[0].Actor != w.Ada {
			t.Errorf("audit after the change: %+v, %v", events, err)
		}
		s.Name, s.Accent, s.TimeZone = "a\u202eb", "red", "Mars/Base"
		var invalid *portal.Invalid
		if err := w.As(w.Ada).ChangeWorkspace(ctx, s); !errors.As(err, &invalid) || len(invalid.Fields) != 3 {
			t.Errorf("bad settings: %v", err)
		}
	})
}

func TestProjectActivity(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := context.Background()
		for who, want := range map[portal.PersonID]int{w.Ada: 10, w.Mia: 10, w.Tom: 10, w.Cleo: 5, w.Bea: 5, w.Dan: 0, w.Carl: 0, w.Rex: 0, w.Uma: 0, "": 0} {
			events, _, err := w.As(who).ProjectActivity(ctx, w.Site, portal.Page{})
			if err != nil {
				t.Fatal(err)
			}
			if len(events) != want {
				t.Errorf("%s sees %d events of Site, want %d", who, len(events), want)
			}
		}
		var seen []portal.EventID
		for pg := (portal.Page{Limit: 3}); ; {
			events, next, err := w.As(w.Ada).ProjectActivity(ctx, w.Site, pg)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range events {
				seen = append(seen, e.ID)
			}
			if pg.After = next; next == "" {
				break
			}
		}
		if len(seen) != 10 {
			t.Errorf("paging through the activity met %d events, want 10", len(seen))
		}
	})
}

func TestVisited(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := context.Background()
		first := w.Clock.Now()
		if err := w.As(w.Carl).Visited(ctx, string(w.Site)); !errors.Is(err, portal.ErrNotFound) {
			t.Errorf("Carl's visit to Site: %v, want ErrNotFound", err)
		}
		if err := w.As(w.Cleo).Visited(ctx, string(w.Site)); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(3 * time.Hour)
		if err := w.As(w.Cleo).Visited(ctx, string(w.Site)); err != nil {
			t.Fatal(err)
		}
		last, err := w.As(w.Cleo).LastVisit(ctx, string(w.Site))
		if err != nil || !last.Equal(first) {
			t.Errorf("LastVisit = %v, %v, want %v", last, err, first)
		}
		if err := w.Portal.As(portal.PersonActor(w.Cleo).ReadOnly()).Visited(ctx, string(w.Site)); !errors.Is(err, portal.ErrForbidden) {
			t.Errorf("a read-only visit: %v, want ErrForbidden", err)
		}
	})
}

func TestOnce(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		was, err := w.As(w.Ada).Workspace(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		s := portal.WorkspaceSettings{Name: "Honcho", TimeZone: "UTC", Revision: was.Revision}
		ctx := portal.WithRequest(t.Context(), portal.Request{Key: "k1", Body: "b1"})
		if err := w.As(w.Ada).ChangeWorkspace(ctx, s); err != nil {
			t.Fatal(err)
		}
		var again *portal.Repeated
		if err := w.As(w.Ada).ChangeWorkspace(ctx, s); !errors.As(err, &again) || again.Subject != "workspace" {
			t.Errorf("the same request again: %v", err)
		}
		other := portal.WithRequest(t.Context(), portal.Request{Key: "k1", Body: "b2"})
		if err := w.As(w.Ada).ChangeWorkspace(other, s); !errors.Is(err, portal.ErrReused) {
			t.Errorf("the key with another body: %v", err)
		}
		if err := w.As(w.Mia).ChangeWorkspace(ctx, s); !errors.Is(err, portal.ErrForbidden) {
			t.Errorf("the key of somebody else: %v", err)
		}
		w.Clock.Advance(25 * time.Hour)
		if err := w.Portal.ForgetRequests(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := w.As(w.Ada).ChangeWorkspace(ctx, s); !errors.Is(err, portal.ErrConflict) {
			t.Errorf("a day later: %v", err)
		}
	})
}

// What was deleted or hidden again is told of, and leads nowhere.
func TestEventsOfWhatIsGone(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := context.Background()
		f, _ := mustPut(t, w, w.Cleo, portal.NewUpload{Project: w.Site, Name: "a.txt"})
		gone := func(who portal.PersonID) (n, of int) {
			events, _, err := w.As(who).ProjectActivity(ctx, w.Site, portal.Page{})
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range events {
				if e.Subject == string(f) {
					of++
					if e.Gone {
						n++
					}
				}
			}
			return n, of
		}
		if n, of := gone(w.Cleo); n != 0 || of != 1 {
			t.Errorf("of %d events about a file that is there, %d are of what is gone", of, n)
		}
		if err := w.As(w.Cleo).TrashFile(ctx, f); err != nil {
			t.Fatal(err)
		}
		for _, who := range []portal.PersonID{w.Cleo, w.Mia} {
			if n, of := gone(who); n != 2 || of != 2 {
				t.Errorf("to %s, of %d events about a file in the trash %d are of what is gone", who, of, n)
			}
		}
	})
}

// T184: of two who save one text at the same moment, one has saved it and the other is
// told; what is there is what the first wrote, and nothing of the other's.
func TestTwoSaveAtOnce(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx, it := context.Background(), w.Items[w.Site][portal.Team]
		mia := w.As(w.Mia)
		note := must[portal.ThreadID](t)(mia.StartConversation(ctx, w.Site, portal.NewConversation{Subject: "Hours", NewMessage: portal.NewMessage{Body: "Ten"}}))
		message := must[portal.MessageList](t)(mia.Messages(ctx, note, portal.MessagePage{})).All[0].ID
		kinds := map[string]struct {
			read func() (text string, revision int64)
			save func(me *portal.Scope, text string, revision int64) error
		}{
			"task": {func() (string, int64) {
				x := must[portal.Task](t)(mia.Task(ctx, it.Task))
				return x.Body, x.Revision
			}, func(me *portal.Scope, text string, r int64) error {
				return me.ChangeTask(ctx, it.Task, portal.TaskChange{Title: "A task", Body: text, Revision: r})
			}},
			"milestone": {func() (string, int64) {
				x := must[portal.Milestone](t)(mia.Milestone(ctx, it.Milestone))
				return x.Body, x.Revision
			}, func(me *portal.Scope, text string, r int64) error {
				return me.ChangeMilestone(ctx, it.Milestone, portal.MilestoneChange{Title: "A milestone", Body: text, Reason: "Because", Revision: r})
			}},
			"deliverable": {func() (string, int64) {
				x := must[portal.Deliverable](t)(mia.Deliverable(ctx, it.Deliverable))
				return x.Body, x.Revision
			}, func(me *portal.Scope, text string, r int64) error {
				return me.ChangeDeliverable(ctx, it.Deliverable, portal.DeliverableChange{Title: "A deliverable", Body: text, Revision: r})
			}},
			"message": {func() (string, int64) {
				x := must[portal.Message](t)(mia.Message(ctx, message))
				return x.Body, x.Revision
			}, func(_ *portal.Scope, text string, r int64) error { // its author's alone, in two tabs
				return w.As(w.Mia).EditMessage(ctx, message, text, r)
			}},
		}
		for kind, k := range kinds {
			for round := range 20 {
				_, revision := k.read()
				texts := [2]string{fmt.Sprint("Mine ", round), fmt.Sprint("Yours ", round)}
				var errs [2]error
				var both sync.WaitGroup
				start := make(chan struct{})
				for i, who := range []portal.PersonID{w.Mia, w.Ada} {
					both.Go(func() {
						<-start
						errs[i] = k.save(w.As(who), texts[i], revision)
					})
				}
				close(start)
				both.Wait()
				won := 0
				if errs[0] != nil {
					won = 1
				}
				if errs[won] != nil || errs[1-won] != portal.ErrConflict {
					t.Fatalf("%s, round %d: %v and %v", kind, round, errs[0], errs[1])
				}
				if text, now := k.read(); text != texts[won] || now != revision+1 {
					t.Fatalf("%s, round %d: it says %q at revision %d after %d, want %q", kind, round, text, now, revision, texts[won])
				}
			}
		}
	})
}
