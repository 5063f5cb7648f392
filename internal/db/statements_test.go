package db

import (
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"modernc.org/sqlite"
)

// More texts than are kept, asked for by many at once: each gets its own
// answer, also whoever still reads when a statement is closed.
func TestManyStatements(t *testing.T) {
	d := openAt(t)
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for i := range 3 * maxPrepared {
				n := (i*7 + worker) % (2 * maxPrepared)
				rows, err := d.Query(t.Context(), fmt.Sprintf(`SELECT %d + $1 UNION ALL SELECT -1`, n), worker)
				if err != nil {
					t.Error(err)
					return
				}
				var got, end int
				for _, dest := range []*int{&got, &end} {
					if rows.Next() {
						err = rows.Scan(dest)
					}
				}
				if rows.Close(); err != nil || got != n+worker || end != -1 {
					t.Errorf("statement %d: %d, %d, %v", n, got, end, err)
				}
			}
		})
	}
	wg.Wait()
	if n := len(d.kept.byText); n != maxPrepared || d.kept.order.Len() != n {
		t.Errorf("%d statements are kept, %d in order; want %d", n, d.kept.order.Len(), maxPrepared)
	}
	for text, s := range d.kept.byText {
		if s.users != 0 {
			t.Errorf("%q is still taken", text)
		}
	}
}

// What a read allocates comes out of its connection's own memory, also with
// many statements kept.
func TestLookasideSuffices(t *testing.T) {
	d := openAt(t)
	for i := range maxPrepared {
		var n int
		if err := d.QueryRow(t.Context(), fmt.Sprintf(`
SELECT COUNT(*) + %d FROM projects p JOIN clients c ON c.id = p.client_id LEFT JOIN persons a ON a.id = p.contact_id WHERE p.id = $1 GROUP BY c.name UNION ALL SELECT 0`, i), "x").Scan(&n); err != nil {
			t.Fatal(err)
		}
	}
	c, err := d.read.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Raw(func(dc any) error {
		status := dc.(sqlite.DBStatus)
		_, hits, err := status.Status(sqlite.DBStatusLookasideHit, false)
		if err != nil {
			return err
		}
		_, full, err := status.Status(sqlite.DBStatusLookasideMissFull, false)
		if hits < 1000 || full > hits/20 {
			t.Errorf("%d allocations in the connection's memory, %d outside as it was full", hits, full)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func openAt(t *testing.T) *DB {
	t.Helper()
	d, err := Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "v.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}
