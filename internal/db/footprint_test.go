package db_test

import (
	"testing"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/db/dbtest"
)

// What was loaded from a dump is told from what was written there, once; however long
// it lay, and whoever wrote beside it.
func TestLoaded(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		loaded := func(what string, want bool) {
			t.Helper()
			write(t, d, func(tx *db.Tx) error {
				got, known, err := tx.Loaded(t.Context())
				if err != nil {
					return err
				}
				if known != (d.Dialect() == db.PostgreSQL) || known && got != want {
					t.Errorf("%s: %t, known %t", what, got, known)
				}
				return nil
			})
		}
		loaded("the first time", false)
		loaded("the next time", false)
		write(t, d, func(tx *db.Tx) error { return insert(t.Context(), tx, "any") })
		loaded("after others wrote", false)
		write(t, d, func(tx *db.Tx) error { // a dump holds the values of its rows
			_, err := tx.Exec(t.Context(), `CREATE TABLE dump AS SELECT f.id, f.mark FROM footprint f`)
			if err == nil {
				_, err = tx.Exec(t.Context(), `DELETE FROM footprint`)
			}
			if err == nil {
				_, err = tx.Exec(t.Context(), `INSERT INTO footprint (id, mark) SELECT id, mark FROM dump`)
			}
			if err == nil {
				_, err = tx.Exec(t.Context(), `DROP TABLE dump`)
			}
			return err
		})
		loaded("loaded", true)
		loaded("and known", false)
	})
}
