package portal_test

import (
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// What is due in working days of a client with a calendar of its own, and when its
// people are reminded.
func TestClientCalendar(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		mia := w.As(w.Mia)
		c := must[portal.ClientCalendar](t)(mia.ClientCalendar(ctx, w.Acme))
		if c.Own() || c.Calendar().Week != 0b0011111 || c.Calendar().Zone != c.Workspace.Zone {
			t.Errorf("before anything is set: %+v", c)
		}
		own := portal.ClientCalendar{TimeZone: "Asia/Dubai", Week: 0b1001111, OwnHolidays: true, Holidays: []string{"2026-03-15", "2026-03-15"}, Revision: c.Revision}
		for who, want := range map[portal.PersonID]error{w.Tom: portal.ErrForbidden, w.Cleo: portal.ErrForbidden, w.Dan: portal.ErrForbidden, w.Carl: portal.ErrNotFound, w.Rex: portal.ErrNotFound} {
			wants(t, "ChangeClientCalendar as "+string(who), w.As(who).ChangeClientCalendar(ctx, w.Acme, own), want)
			if who != w.Tom {
				_, err := w.As(who).ClientCalendar(ctx, w.Acme)
				wants(t, "ClientCalendar as "+string(who), err, want)
			}
		}
		for field, change := range map[string]func(*portal.ClientCalendar){
			"time_zone": func(c *portal.ClientCalendar) { c.TimeZone = "Mars/Olympus" },
			"week":      func(c *portal.ClientCalendar) { c.Week = 1 << 7 },
			"holidays":  func(c *portal.ClientCalendar) { c.Holidays = []string{"yesterday"} },
		} {
			in := own
			change(&in)
			if err := mia.ChangeClientCalendar(ctx, w.Acme, in); len(fields(err)) != 1 || fields(err)[0] != field {
				t.Errorf("%s: %v", field, err)
			}
		}
		if err := mia.ChangeClientCalendar(ctx, w.Acme, own); err != nil {
			t.Fatal(err)
		}
		recorded(t, w, portal.ClientChanged)
		wants(t, "a second time", mia.ChangeClientCalendar(ctx, w.Acme, own), portal.ErrConflict)
		if c := must[portal.ClientCalendar](t)(w.As(w.Tom).ClientCalendar(ctx, w.Acme)); !c.Own() || c.Week != own.Week || len(c.Holidays) != 1 {
			t.Errorf("as it was saved: %+v", c)
		}

		// From Wednesday the 11th: Thursday, then not Sunday the 15th, which is a
		// holiday, but Monday and Tuesday.
		_, versions := banners(t, w, 2)
		a := toApprove(t, w, portal.NewApproval{Versions: versions[:1], DueIn: 3})
		dubai := must[*time.Location](t)(time.LoadLocation("Asia/Dubai"))
		if b := must[portal.Approval](t)(w.As(w.Tom).Approval(ctx, a.ID)); b.DueOn != "2026-03-17" || !b.RemindAt.Equal(time.Date(2026, 3, 16, 9, 0, 0, 0, dubai)) {
			t.Errorf("due on %s, reminded at %s", b.DueOn, b.RemindAt)
		}
		// The next reminder is told by the same clock.
		w.Clock.Advance(time.Date(2026, 3, 16, 9, 1, 0, 0, dubai).Sub(w.Clock.Now()))
		if err := w.Portal.RemindOfApprovals(ctx, time.Time{}); err != nil {
			t.Fatal(err)
		}
		if b := must[portal.Approval](t)(w.As(w.Tom).Approval(ctx, a.ID)); !b.RemindAt.Equal(time.Date(2026, 3, 17, 9, 0, 0, 0, dubai)) {
			t.Errorf("reminded next at %s", b.RemindAt)
		}

		// In Dubai the day is over four hours before it is in London.
		b := toApprove(t, w, portal.NewApproval{Title: "Until tonight", Versions: versions[1:], ExpiresOn: "2026-03-16"})
		w.Clock.Advance(time.Date(2026, 3, 16, 19, 59, 0, 0, time.UTC).Sub(w.Clock.Now()))
		if n := must[int](t)(w.Portal.EndLapsed(ctx)); n != 0 {
			t.Error("it lapsed on its day")
		}
		w.Clock.Advance(2 * time.Minute)
		if n := must[int](t)(w.Portal.EndLapsed(ctx)); n != 1 {
			t.Error("it did not lapse after its day")
		}
		stands(t, w, b.ID, portal.ApprovalLapsed)
	})
}
