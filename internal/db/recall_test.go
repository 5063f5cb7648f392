package db_test

import (
	"errors"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/db/dbtest"
)

// What may be a little old is remembered where others write, too; what this process
// writes is seen at once.
func TestLaxRecall(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := db.Recall[int]{Lax: true}
		now, reads := time.Unix(1_000_000, 0), 0
		find := func(after time.Duration, want int) {
			t.Helper()
			now = now.Add(after)
			if got, err := h.Find(d, "a", now, func() (int, error) { reads++; return reads, nil }); got != want || err != nil {
				t.Errorf("found %d, %v; want %d", got, err, want)
			}
		}
		find(0, 1)
		find(db.RecallFor-1, 1)
		find(1, 2)
		write(t, d, func(tx *db.Tx) error { return insert(t.Context(), tx, "any") })
		find(0, 3)
		find(0, 3)
	})
}

// What was read is not read again while nothing is written, for a second; where
// others may write, always.
func TestRecall(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		var h db.Recall[int]
		now, reads := time.Unix(1_000_000, 0), 0
		find := func(key string, after time.Duration, want int) {
			t.Helper()
			now = now.Add(after)
			got, err := h.Find(d, key, now, func() (int, error) { reads++; return reads, nil })
			if d.Dialect() == db.PostgreSQL {
				want = reads
			}
			if got != want || err != nil {
				t.Errorf("found %d, %v; want %d", got, err, want)
			}
		}
		find("a", 0, 1)
		find("b", 0, 2)
		find("a", db.RecallFor-1, 1)
		find("a", 1, 3) // too old
		find("b", -time.Hour, 4)
		find("a", time.Hour, 3)
		write(t, d, func(tx *db.Tx) error { return insert(t.Context(), tx, "any") })
		find("a", 0, 5)
		find("b", 0, 6)
		if d.Dialect() == db.PostgreSQL && reads != 8 {
			t.Errorf("%d reads of 8", reads)
		}

		failed := errors.New("failed")
		if _, err := h.Find(d, "c", now, func() (int, error) { return 0, failed }); err != failed {
			t.Errorf("a failure was given as %v", err)
		}
		find("c", 0, reads+1)
	})
}
