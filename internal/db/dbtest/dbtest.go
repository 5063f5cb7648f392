// Package dbtest opens migrated databases for tests, on both dialects.
package dbtest

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// Run runs f on SQLite and on PostgreSQL, as subtests, each on a database of
// its own that is migrated and empty.
func Run(t *testing.T, f func(t *testing.T, d *db.DB)) {
	t.Helper()
	for _, dialect := range []db.Dialect{db.SQLite, db.PostgreSQL} {
		t.Run(string(dialect), func(t *testing.T) { f(t, Open(t, dialect)) })
	}
}

// Open returns a migrated, empty database, for as long as the test runs.
func Open(t testing.TB, dialect db.Dialect) *db.DB {
	t.Helper()
	d, _ := open(t, dialect, nil)
	return d
}

// A Filling is what databases of many tests begin with. It is made once, and
// copied for each of them.
type Filling struct {
	Fill func(*db.DB) (any, error) // fills an empty database, and returns what is in it

	mu    sync.Mutex
	image []byte // of SQLite
	value any    // what is in it
}

// Open returns a migrated database with the filling, for as long as the test
// runs, and what is in it, which must not be changed.
func (f *Filling) Open(t testing.TB, dialect db.Dialect) (*db.DB, any) {
	t.Helper()
	return open(t, dialect, f)
}

// loansKept is how many databases of each kind stay open that no test has: as many
// at most as two tests at a time use.
const loansKept = 4

// A shelf has the databases of one kind that no test has.
type shelf[L any] struct {
	mu   sync.Mutex
	free []L
}

// take returns one of them, or nothing.
func (s *shelf[L]) take() (l L) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.free); n > 0 {
		l, s.free = s.free[n-1], s.free[:n-1]
	}
	return l
}

// put keeps one for the next test. False: there are enough.
func (s *shelf[L]) put(l L) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.free) >= loansKept {
		return false
	}
	s.free = append(s.free, l)
	return true
}

func open(t testing.TB, dialect db.Dialect, f *Filling) (*db.DB, any) {
	t.Helper()
	if dialect == db.PostgreSQL {
		return lendPostgres(t, f)
	}
	return lendSQLite(t, f)
}

// Own returns a migrated, empty SQLite database that no other test has had or will
// have open, for tests of how it is opened, of its file and of its writer.
func Own(t testing.TB) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), URL(t, db.SQLite))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// URL returns the address of a migrated, empty database that nobody has
// open. It is removed when the test ends.
func URL(t testing.TB, dialect db.Dialect) string {
	t.Helper()
	if dialect == db.PostgreSQL {
		return postgresURL(t)
	}
	file, err := template()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "vitrine.db")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return "sqlite:" + path
}

// template is the content of a migrated SQLite file, made once per process.
var template = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "vitrine-template-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "vitrine.db")
	if err := migrate("sqlite:" + path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

func migrate(url string) error {
	ctx := context.Background()
	d, err := db.Open(ctx, url)
	if err != nil {
		return err
	}
	if err := d.Migrate(ctx); err != nil {
		d.Close()
		return err
	}
	return d.Close() // on SQLite it moves the log into the file
}
