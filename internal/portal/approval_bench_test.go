package portal_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// BenchmarkBoard draws what the team's board needs of ten thousand approvals: two
// pages of a lane, who is asked in them, and the counts. For the owner, and for
// one who sees two thirds of them.
func BenchmarkBoard(b *testing.B) {
	onBoth(b, func(b *testing.B, w *portaltest.World) {
		ctx := context.Background()
		lanes, now := []string{"client", "team", "approved", "over"}, db.Micros(w.Clock.Now())
		for first := 0; first < 10_000; first += 500 {
			if err := w.DB.Write(ctx, func(tx *db.Tx) error {
				for i := first; i < first+500; i++ {
					id, lane := db.NewID("apr"), lanes[i%4]
					state, turn, asking := "approved", "", 0
					switch lane {
					case "client":
						state, turn, asking = "requested", "client", 1
					case "team":
						state, turn = "changes_requested", "team"
					case "over":
						state = "cancelled"
					}
					project, client := w.Site, w.Acme
					if i%3 == 0 {
						project, client = w.Shop, w.Brick
					}
					due := fmt.Sprintf("2026-%02d-%02d", 1+i%12, 1+i%28)
					if _, err := tx.Exec(ctx, `
INSERT INTO approvals (id, project_id, client_id, title, title_key, due_on, due_key, state, state_at, state_by, stage, asking, turn, turn_since, lane, shown_at, created_at, created_by)
VALUES ($1, $2, $3, 'Banner', 'banner', $4, $4, $5, $6, $7, 1, $8, $9, $6, $10, $6, $6, $7)`, id, string(project), string(client), due, state, now-int64(i), string(w.Mia), asking, turn, lane); err != nil {
						return err
					}
					if _, err := tx.Exec(ctx, `INSERT INTO approval_stages (approval_id, number, side, rule, opened_at) VALUES ($1, 1, 'client', 'anyone', $2)`, id, now); err != nil {
						return err
					}
					if _, err := tx.Exec(ctx, `INSERT INTO approval_people (approval_id, stage, person_id, role) VALUES ($1, 1, $2, 'decider')`, id, string(w.Cleo)); err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				b.Fatal(err)
			}
		}
		analyze(b, w)
		for name, who := range map[string]portal.PersonID{"owner": w.Ada, "contributor": w.Tom} {
			b.Run(name, func(b *testing.B) {
				n := 0
				timed(b, 1, func(int) error {
					n++
					f := portal.BoardFilter{Lane: portal.Lanes[n%3]}
					if n%5 == 0 {
						f = portal.BoardFilter{Lane: portal.LaneOverdue, Today: "2026-06-01"}
					}
					all, next, err := w.As(who).Board(ctx, f, portal.Page{})
					if err == nil {
						_, _, err = w.As(who).Board(ctx, f, portal.Page{After: next})
					}
					if err != nil {
						return err
					}
					ids := make([]portal.ApprovalID, len(all))
					for i, a := range all {
						ids[i] = a.ID
					}
					if _, err := w.As(who).ApprovalPeople(ctx, ids...); err != nil {
						return err
					}
					_, err = w.As(who).BoardCounts(ctx, "", "2026-06-01")
					return err
				})
			})
		}
	})
}

// BenchmarkDecide answers, durably, sixteen at a time. What is asked before is
// not timed, and no more of it is open at once than a large project has.
func BenchmarkDecide(b *testing.B) {
	onBoth(b, func(b *testing.B, w *portaltest.World) {
		ctx := context.Background()
		const callers, open = 16, 32
		var took []time.Duration
		for b.ResetTimer(); len(took) < b.N; {
			b.StopTimer()
			asked := make(chan portal.Approval, open)
			for range open {
				id, err := w.As(w.Ada).AskApproval(ctx, w.Site, portal.NewApproval{Title: "Text", Versions: []portal.VersionID{w.Items[w.Site][portal.ClientSide].Version}, Stages: []portal.NewStage{{People: []portal.PersonID{w.Cleo}}}})
				if err != nil {
					b.Fatal(err)
				}
				a, err := w.As(w.Ada).Approval(ctx, id)
				if err != nil {
					b.Fatal(err)
				}
				asked <- a
			}
			close(asked)
			b.StartTimer()
			var wg sync.WaitGroup
			var mu sync.Mutex
			for range callers {
				wg.Go(func() {
					for a := range asked {
						start := time.Now()
						err := w.As(w.Cleo).Decide(ctx, a.ID, portal.ApprovalAnswer{Answer: portal.AnswerApprove, Content: a.Content})
						mu.Lock()
						took = append(took, time.Since(start))
						mu.Unlock()
						if err != nil {
							b.Error(err)
						}
					}
				})
			}
			wg.Wait()
		}
		report(b, took)
	})
}
