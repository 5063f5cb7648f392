package portal_test

import (
	"context"
	"fmt"
	"strings"
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
		heal := fail(t, w)
		told := make([]error, n)
		in := func(a portal.Approval) portal.ApprovalAnswer {
			return portal.ApprovalAnswer{Answer: portal.AnswerNote, Note: strings.Repeat("Fine. ", 1000), Content: a.Content}
		}
		failed := 0
		for i, a := range all {
			if told[i] = w.As(w.Cleo).Decide(ctx, a.ID, in(a)); told[i] != nil {
				failed++
			}
		}
		heal()
		if w.DB.Dialect() == db.SQLite && (failed == 0 || failed == n) {
			t.Errorf("%d of %d failed", failed, n)
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

// fail has the database of a world fail until it heals.
func fail(t *testing.T, w *portaltest.World) (heal func()) {
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
		return func() { limit(1 << 30) }
	}
	while, stop := context.WithCancel(ctx)
	stopped, cut := make(chan struct{}), 0
	go func() {
		defer close(stopped)
		for while.Err() == nil {
			n := 0
			w.DB.SQL().QueryRowContext(while, `SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`).Scan(&n)
			cut += n
			time.Sleep(100 * time.Millisecond)
		}
	}()
	return func() {
		stop()
		if <-stopped; cut == 0 {
			t.Error("no connection was cut")
		}
	}
}
