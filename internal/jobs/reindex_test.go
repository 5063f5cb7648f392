package jobs

import (
	"log/slog"
	"testing"

	"github.com/riverqueue/river"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/db/dbtest"
)

// Where the queue's indexes are made anew each night there are all of them: River
// warns of each that is missing.
func TestIndexesToMakeAnew(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		j, err := New(d, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if err := j.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		q := `SELECT COUNT(*) FROM pg_indexes WHERE indexname = $1`
		if d.Dialect() == db.SQLite {
			q = `SELECT COUNT(*) FROM sqlite_master WHERE type = 'index' AND name = $1`
		}
		missing := 0
		for _, name := range river.ReindexerIndexNamesDefault() {
			var n int
			if err := d.QueryRow(t.Context(), q, name).Scan(&n); err != nil {
				t.Fatal(err)
			}
			if n == 0 {
				missing++
			}
		}
		if nightly := j.reindexing() == nil; nightly != (missing == 0) {
			t.Errorf("made anew each night: %t, and %d are missing", nightly, missing)
		}
	})
}
