package portal_test

import (
	"context"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/db/dbtest"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// BenchmarkVerifyChains verifies one chain of a million events, among which are the
// seals of 5,000 approvals. Run it with -benchtime 1x.
func BenchmarkVerifyChains(b *testing.B) {
	onBoth(b, func(b *testing.B, w *portaltest.World) {
		const events = 1_000_000
		ctx := context.Background()
		approvals := make([]string, 5000)
		if err := dbtest.ByHand(ctx, w.DB, func(tx *db.Tx) error {
			if _, err := tx.Exec(ctx, `DELETE FROM events`); err != nil { // the World's own were not recorded
				return err
			}
			if _, err := tx.Exec(ctx, `DELETE FROM event_chains`); err != nil {
				return err
			}
			for i := range approvals {
				approvals[i] = db.NewID("apr")
				if _, err := tx.Exec(ctx, `
INSERT INTO approvals (id, project_id, client_id, title, title_key, due_key, state, state_at, state_by, stage, asking, turn, turn_since, lane, created_at, created_by)
VALUES ($1, $2, $3, 'Banner', 'banner', '', 'approved', 1, $4, 1, 0, '', 1, 'approved', 1, $4)`, approvals[i], string(w.Site), string(w.Acme), string(w.Mia)); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
		if err := portal.FillChain(ctx, w.DB, w.Acme, w.Site, w.Mia, events, approvals); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			n, breaks, err := portal.VerifyChains(ctx, w.DB)
			if err != nil || len(breaks) > 0 || n != events {
				b.Fatal(n, breaks, err)
			}
		}
	})
}
