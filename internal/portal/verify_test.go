package portal_test

import (
	"testing"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/db/dbtest"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

func TestVerifyChainsFindsEveryAlteration(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := t.Context()
		exec := func(q string, args ...any) {
			t.Helper()
			if err := dbtest.ByHand(ctx, w.DB, func(tx *db.Tx) error { _, err := tx.Exec(ctx, q, args...); return err }); err != nil {
				t.Fatal(err)
			}
		}
		verify := func() (int, []portal.Break) {
			t.Helper()
			n, breaks, err := portal.VerifyChains(ctx, w.DB)
			if err != nil {
				t.Fatal(err)
			}
			return n, breaks
		}
		// The World's own events were not recorded by the portal.
		exec(`DELETE FROM events`)
		exec(`DELETE FROM event_chains`)
		for _, title := range []string{"one", "two", "three", "four"} {
			if _, err := w.As(w.Mia).AddTask(ctx, w.Site, portal.NewTask{Title: title}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.As(w.Mia).AddTask(ctx, w.Shop, portal.NewTask{Title: "of the other client"}); err != nil {
			t.Fatal(err)
		}
		if n, breaks := verify(); n != 5 || len(breaks) != 0 {
			t.Fatalf("%d events, breaks %v; want 5 and none", n, breaks)
		}

		acme := string(w.Acme)
		for _, c := range []struct{ what, alter, restore string }{
			{"text", `UPDATE events SET particulars = '{"title":"TWO"}' WHERE chain = $1 AND seq = 2`, `UPDATE events SET particulars = '{"title":"two"}' WHERE chain = $1 AND seq = 2`},
			{"time", `UPDATE events SET at = at + 1 WHERE chain = $1 AND seq = 2`, `UPDATE events SET at = at - 1 WHERE chain = $1 AND seq = 2`},
			{"address", `UPDATE events SET address = '203.0.113.7' WHERE chain = $1 AND seq = 2`, `UPDATE events SET address = '' WHERE chain = $1 AND seq = 2`},
			{"number", `UPDATE events SET seq = 9 WHERE chain = $1 AND seq = 4`, `UPDATE events SET seq = 4 WHERE chain = $1 AND seq = 9`},
			{"the end's number", `UPDATE event_chains SET seq = 3 WHERE chain = $1`, `UPDATE event_chains SET seq = 4 WHERE chain = $1`},
			{"the end's name", `UPDATE event_chains SET chain = 'x' WHERE chain = $1`, `UPDATE event_chains SET chain = $1 WHERE chain = 'x'`},
		} {
			exec(c.alter, acme)
			if _, breaks := verify(); len(breaks) == 0 {
				t.Errorf("%s was altered and not found", c.what)
			}
			exec(c.restore, acme)
			if _, breaks := verify(); len(breaks) != 0 {
				t.Fatalf("%s restored: %v", c.what, breaks)
			}
		}
		exec(`DELETE FROM events WHERE chain = $1 AND seq = 4`, acme)
		if _, breaks := verify(); len(breaks) != 1 || breaks[0].Chain != acme || breaks[0].Seq != 4 {
			t.Errorf("the last was cut off: %v", breaks)
		}
		exec(`DELETE FROM events WHERE chain = $1 AND seq = 2`, acme)
		if _, breaks := verify(); len(breaks) < 2 || breaks[0].Seq != 3 {
			t.Errorf("the second was taken out: %v", breaks)
		}
	})
}
