package portal_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// T221, T223: of decisions for which there is no room on the disk, or whose connections
// are cut while they are made, those that were acknowledged are there once, the others
// not at all or once, and can be made without a restart; the chain is whole.
func TestDecisionsWhileTheDatabaseFails(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		const n = 24
		_, versions := banners(t, w, n)
		var all []portal.Approval
		for i, v := range versions {
			all = append(all, toApprove(t, w, portal.NewApproval{Title: fmt.Sprint("Banner ", i), Versions: []portal.VersionID{v}}))
		}
		_, before, err := portal.VerifyChains(ctx, w.DB)
		if err != nil {
			t.Fatal(err)
		}
		through, heal := fail(t, w, n)
		told := make([]error, n)
		in := func(a portal.Approval) portal.ApprovalAnswer {
			return portal.ApprovalAnswer{Answer: portal.AnswerNote, Note: strings.Repeat("Fine. ", 1000), Content: a.Content}
		}
		failed := 0
		for i, a := range all {
			if told[i] = through(i, func() error { return w.As(w.Cleo).Decide(ctx, a.ID, in(a)) }); told[i] != nil {
				failed++
			}
		}
		heal()
		// Else it says nothing of what is acknowledged, or nothing of what fails.
		if failed == 0 || n-failed < 3 {
			t.Errorf("%d of %d failed: %v", failed, n, told)
		}
		for i, a := range all {
			d := must[[]portal.ApprovalDecision](t)(w.As(w.Tom).ApprovalDecisions(ctx, a.ID))
			switch {
			case told[i] == nil && len(d) != 1:
				t.Errorf("%s was acknowledged, and there are %d decisions", a.Title, len(d))
			case len(d) > 1:
				t.Errorf("%s: %v, and there are %d decisions", a.Title, told[i], len(d))
			case len(d) == 0:
				stands(t, w, a.ID, portal.ApprovalOpen)
				if err := w.As(w.Cleo).Decide(ctx, a.ID, in(a)); err != nil {
					t.Errorf("%s, again: %v", a.Title, err)
				}
			}
			stands(t, w, a.ID, portal.ApprovalNoted)
		}
		if _, breaks, err := portal.VerifyChains(ctx, w.DB); err != nil || len(breaks) != len(before) {
			t.Errorf("the chain is broken: %v, %v", breaks, err)
		}
	})
}

// fail has the database of a world fail until it heals, in what is done through it for
// the i-th of n times: on SQLite as its disk is full after a few, on PostgreSQL as
// connections are cut at every fourth, each time at a later moment of it.
func fail(t *testing.T, w *portaltest.World, n int) (through func(i int, do func() error) error, heal func()) {
	t.Helper()
	if w.DB.Dialect() == db.SQLite {
		pages := 0
		row(t, w, `SELECT page_count FROM pragma_page_count`, &pages)
		limit := func(n int) {
			if _, err := w.DB.SQL().Exec(fmt.Sprintf(`PRAGMA max_page_count = %d`, n)); err != nil {
				t.Fatal(err)
			}
		}
		limit(pages + 20)
		return func(_ int, do func() error) error { return do() }, func() { limit(1 << 30) }
	}
	took, cut := 10*time.Millisecond, 0
	through = func(i int, do func() error) error {
		var once sync.WaitGroup
		if i%4 == 0 {
			once.Go(func() {
				time.Sleep(took * time.Duration(i) / time.Duration(n-4))
				found := 0
				if err := w.DB.SQL().QueryRowContext(ctx, `SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`).Scan(&found); err != nil {
					t.Error(err)
				}
				cut += found
			})
		}
		defer once.Wait()
		began := time.Now()
		err := do()
		if err == nil && i%4 != 0 {
			took = time.Since(began)
		}
		return err
	}
	return through, func() {
		if cut == 0 {
			t.Error("no connection was cut")
		}
		time.Sleep(1100 * time.Millisecond) // what was not used for a second is looked at before it is
	}
}
