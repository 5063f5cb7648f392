package db_test

import (
	"fmt"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/db/dbtest"
)

const (
	insertAttempt = `INSERT INTO attempts (key, count, first_at, last_at) VALUES ($1, $2, $3, $3)`
	readAttempt   = `SELECT count FROM attempts WHERE key = $1`
)

// BenchmarkWrite inserts one row per durable transaction.
func BenchmarkWrite(b *testing.B) {
	for _, dialect := range []db.Dialect{db.SQLite, db.PostgreSQL} {
		for _, callers := range []int{1, 16} {
			b.Run(fmt.Sprintf("%s/callers=%d", dialect, callers), func(b *testing.B) {
				d := dbtest.Open(b, dialect)
				each(b, callers, func() error {
					return d.Write(b.Context(), func(tx *db.Tx) error {
						_, err := tx.Exec(b.Context(), insertAttempt, db.NewID("a"), 1, 2)
						return err
					})
				})
			})
		}
	}
}

// BenchmarkRead reads one row by its key.
func BenchmarkRead(b *testing.B) {
	for _, dialect := range []db.Dialect{db.SQLite, db.PostgreSQL} {
		for _, callers := range []int{1, 16} {
			b.Run(fmt.Sprintf("%s/callers=%d", dialect, callers), func(b *testing.B) {
				d := dbtest.Open(b, dialect)
				if err := d.Write(b.Context(), func(tx *db.Tx) error {
					_, err := tx.Exec(b.Context(), insertAttempt, "a", 1, 2)
					return err
				}); err != nil {
					b.Fatal(err)
				}
				each(b, callers, func() error {
					var n int
					return d.QueryRow(b.Context(), readAttempt, "a").Scan(&n)
				})
			})
		}
	}
}

// each runs f b.N times from a number of callers and reports the rate.
func each(b *testing.B, callers int, f func() error) {
	left := make(chan struct{}, b.N)
	for range b.N {
		left <- struct{}{}
	}
	close(left)
	errs := make(chan error, callers)
	b.ResetTimer()
	for range callers {
		go func() {
			for range left {
				if err := f(); err != nil {
					errs <- err
					return
				}
			}
			errs <- nil
		}()
	}
	for range callers {
		if err := <-errs; err != nil {
			b.Error(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "op/s")
}
