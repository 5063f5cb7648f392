package portal_test

import (
	"testing"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/db/dbtest"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// T209: a row that was put in, two that changed places, another actor, and a
// log that was emptied are found as well, and the first bad one is named.
func TestVerifyNamesTheFirstBadRow(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := t.Context()
		exec := func(q string, args ...any) {
			t.Helper()
			if err := dbtest.ByHand(ctx, w.DB, func(tx *db.Tx) error { _, err := tx.Exec(ctx, q, args...); return err }); err != nil {
				t.Fatal(err)
			}
		}
		// The World's own events were not recorded by the portal.
		exec(`DELETE FROM events`)
		exec(`DELETE FROM event_chains`)
		for _, title := range []string{"one", "two", "three", "four"} {
			if _, err := w.As(w.Mia).AddTask(ctx, w.Site, portal.NewTask{Title: title}); err != nil {
				t.Fatal(err)
			}
		}
		first := func() int64 {
			t.Helper()
			_, breaks, err := portal.VerifyChains(ctx, w.DB)
			if err != nil {
				t.Fatal(err)
			}
			if len(breaks) == 0 {
				return 0
			}
			return breaks[0].Seq
		}
		acme := string(w.Acme)
		for _, c := range []struct {
			what          string
			alter, revert []string
			seq           int64
		}{
			{"reordered", []string{`UPDATE events SET seq = 9 WHERE chain = $1 AND seq = 2`, `UPDATE events SET seq = 2 WHERE chain = $1 AND seq = 3`, `UPDATE events SET seq = 3 WHERE chain = $1 AND seq = 9`},
				[]string{`UPDATE events SET seq = 9 WHERE chain = $1 AND seq = 2`, `UPDATE events SET seq = 2 WHERE chain = $1 AND seq = 3`, `UPDATE events SET seq = 3 WHERE chain = $1 AND seq = 9`}, 2},
			{"by somebody else", []string{`UPDATE events SET actor = '` + string(w.Tom) + `' WHERE chain = $1 AND seq = 3`},
				[]string{`UPDATE events SET actor = '` + string(w.Mia) + `' WHERE chain = $1 AND seq = 3`}, 3},
			{"for another audience", []string{`UPDATE events SET audience = 'client' WHERE chain = $1 AND seq = 1`},
				[]string{`UPDATE events SET audience = 'team' WHERE chain = $1 AND seq = 1`}, 1},
			{"put in at the end", []string{`INSERT INTO events (id, chain, seq, kind, at, actor, client_id, project_id, subject, audience, particulars, hash, section, shown)
SELECT 'evt_forged', chain, 5, kind, at, actor, client_id, project_id, subject, audience, particulars, hash, section, shown FROM events WHERE chain = $1 AND seq = 4`},
				[]string{`DELETE FROM events WHERE id = 'evt_forged' AND chain = $1`}, 5},
		} {
			for _, q := range c.alter {
				exec(q, acme)
			}
			if got := first(); got != c.seq {
				t.Errorf("%s: the first bad row is said to be %d, want %d", c.what, got, c.seq)
			}
			for _, q := range c.revert {
				exec(q, acme)
			}
			if got := first(); got != 0 {
				t.Fatalf("%s, reverted: row %d is bad", c.what, got)
			}
		}
		exec(`DELETE FROM events WHERE chain = $1`, acme)
		if first() == 0 {
			t.Error("the log was emptied and nobody noticed")
		}
	})
}
