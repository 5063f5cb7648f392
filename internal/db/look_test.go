package db_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/db/dbtest"
)

func TestLook(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		l, err := d.Look(ctx)
		if err != nil || l.Pending != 0 || l.Ahead.Abs() > time.Second {
			t.Fatalf("%+v, %v", l, err)
		}
		if !strings.Contains(strings.ToLower(l.Engine), string(d.Dialect())) {
			t.Errorf("engine %q on %s", l.Engine, d.Dialect())
		}
		exec := func(q string) {
			t.Helper()
			if err := d.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, q); return err }); err != nil {
				t.Fatal(err)
			}
		}
		exec(`INSERT INTO migrations (version, name, checksum, applied_at) VALUES (9999, 'later', '', 0)`)
		if _, err := d.Look(ctx); !errors.Is(err, db.ErrNewer) {
			t.Errorf("of a newer program: %v", err)
		}
		exec(`CREATE TABLE aside AS SELECT * FROM migrations WHERE version <> 9999`)
		exec(`DELETE FROM migrations`)
		defer func() { // dbtest lends the database again
			exec(`INSERT INTO migrations SELECT * FROM aside`)
			exec(`DROP TABLE aside`)
		}()
		if l, err := d.Look(ctx); err != nil || l.Pending == 0 {
			t.Errorf("nothing applied: %+v, %v", l, err)
		}
	})
}
