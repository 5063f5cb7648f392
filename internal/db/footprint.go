package db

import (
	"context"
	"errors"
)

// Loaded reports whether what is in the database was loaded into it from a dump since
// Loaded was last called, and leaves a mark by which the next call will know: a row
// that names the transaction that wrote it, which is another one once the row was
// loaded. On SQLite, where a copy is the same bytes, it is not known.
func (t *Tx) Loaded(ctx context.Context) (loaded, known bool, err error) {
	if t.Alone() {
		return false, false, nil
	}
	err = t.QueryRow(ctx, `SELECT CASE WHEN f.mark = CAST(f.xmin AS TEXT) THEN 0 ELSE 1 END FROM footprint f WHERE f.id = 1`).Scan(&loaded)
	if err != nil && !errors.Is(err, ErrNoRows) {
		return false, false, err
	}
	_, err = t.Exec(ctx, `
INSERT INTO footprint (id, mark) VALUES (1, CAST(txid_current() % 4294967296 AS TEXT))
ON CONFLICT (id) DO UPDATE SET mark = excluded.mark`)
	return loaded, true, err
}
