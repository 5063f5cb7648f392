package dbtest

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// A sqliteLoan is a SQLite database that is lent to one test after the other in
// this process, open: SQLite prepares each statement on each connection, and that
// takes longer than most tests. Between tests its pages are written over with
// those of an image, by a connection of ours: to the others it is as if another
// process had written.
type sqliteLoan struct {
	dir    string
	d      *db.DB
	ours   *sql.DB
	schema int64 // how often it had changed
}

var sqliteLoans shelf[*sqliteLoan]

// pageSize is that of a SQLite database of ours.
const pageSize = 4096

// lendSQLite opens a database of SQLite, empty or filled.
func lendSQLite(t testing.TB, f *Filling) (*db.DB, any) {
	t.Helper()
	l, ctx := sqliteLoans.take(), context.Background()
	if l == nil {
		var err error
		if l, err = newSQLiteLoan(ctx); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		// What is prepared belongs to the schema: where a test has changed that, or has
		// closed the database, the next has another.
		if n, err := l.changes(ctx); err == nil && n == l.schema && sqliteLoans.put(l) {
			return
		}
		l.ours.Close()
		l.d.Close()
		os.RemoveAll(l.dir)
	})
	image, err := template()
	if err != nil {
		t.Fatal(err)
	}
	if f == nil {
		if err := l.become(ctx, image); err != nil {
			t.Fatal(err)
		}
		return l.d, nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.image != nil {
		if err := l.become(ctx, f.image); err != nil {
			t.Fatal(err)
		}
		return l.d, f.value
	}
	if err := l.become(ctx, image); err != nil {
		t.Fatal(err)
	}
	value, err := f.Fill(l.d)
	if err != nil {
		t.Fatal(err)
	}
	if f.image, err = l.image(ctx); err != nil {
		t.Fatal(err)
	}
	f.value = value
	return l.d, f.value
}

func newSQLiteLoan(ctx context.Context) (*sqliteLoan, error) {
	file, err := template()
	if err != nil {
		return nil, err
	}
	dir, err := loanDir()
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "vitrine.db")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		return nil, err
	}
	l := &sqliteLoan{dir: dir}
	if l.d, err = db.Open(ctx, "sqlite:"+path); err != nil {
		return nil, err
	}
	if l.schema, err = l.changes(ctx); err != nil {
		return nil, err
	}
	l.ours, err = sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)&_pragma=synchronous(OFF)&_txlock=immediate")
	if err != nil {
		return nil, err
	}
	l.ours.SetMaxOpenConns(1)
	return l, nil
}

// changes is how often the schema has changed.
func (l *sqliteLoan) changes(ctx context.Context) (n int64, err error) {
	err = l.d.SQL().QueryRowContext(ctx, `PRAGMA schema_version`).Scan(&n)
	return n, err
}

// loans is the directory of this process's loans. No moment after the last test is
// ours, so whoever comes later removes what nobody has locked any more.
var loans = sync.OnceValues(func() (*os.File, error) {
	const name = "vitrine-loans-"
	if old, err := filepath.Glob(filepath.Join(os.TempDir(), name+"*")); err == nil {
		for _, dir := range old {
			f, err := os.Open(dir)
			if err != nil {
				continue
			}
			info, err := f.Stat()
			if err == nil && time.Since(info.ModTime()) > time.Minute && unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil {
				os.RemoveAll(dir)
			}
			f.Close()
		}
	}
	dir, err := os.MkdirTemp("", name)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	return f, unix.Flock(int(f.Fd()), unix.LOCK_EX)
})

func loanDir() (string, error) {
	all, err := loans()
	if err != nil {
		return "", err
	}
	return os.MkdirTemp(all.Name(), "")
}

// become makes an image the content of the database.
func (l *sqliteLoan) become(ctx context.Context, image []byte) error {
	tx, err := l.ours.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("dbtest: %w", err)
	}
	defer tx.Rollback()
	differ, count, err := l.compare(ctx, tx, image)
	if err != nil {
		return err
	}
	put, err := tx.PrepareContext(ctx, `INSERT INTO sqlite_dbpage (pgno, data) VALUES (?, ?)`)
	if err != nil {
		return fmt.Errorf("dbtest: %w", err)
	}
	defer put.Close()
	for _, n := range differ {
		if _, err := put.ExecContext(ctx, n, image[(n-1)*pageSize:n*pageSize]); err != nil {
			return fmt.Errorf("dbtest: page %d: %w", n, err)
		}
	}
	if have := len(image) / pageSize; count > have {
		if _, err := put.ExecContext(ctx, have+1, nil); err != nil { // the rest goes
			return fmt.Errorf("dbtest: %w", err)
		}
	}
	return tx.Commit()
}

// compare lists the pages that differ from an image, or are missing; of the first,
// which counts changes, that is always so.
func (l *sqliteLoan) compare(ctx context.Context, tx *sql.Tx, image []byte) (differ []int, count int, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT data FROM sqlite_dbpage ORDER BY pgno`)
	if err != nil {
		return nil, 0, fmt.Errorf("dbtest: %w", err)
	}
	defer rows.Close()
	var page sql.RawBytes
	for rows.Next() {
		if err := rows.Scan(&page); err != nil {
			return nil, 0, fmt.Errorf("dbtest: %w", err)
		}
		count++
		if at := (count - 1) * pageSize; at < len(image) && (count == 1 || !bytes.Equal(page, image[at:at+pageSize])) {
			differ = append(differ, count)
		}
	}
	for n := count + 1; n <= len(image)/pageSize; n++ {
		differ = append(differ, n)
	}
	return differ, count, rows.Err()
}

// image is the content of the database.
func (l *sqliteLoan) image(ctx context.Context) ([]byte, error) {
	rows, err := l.ours.QueryContext(ctx, `SELECT data FROM sqlite_dbpage ORDER BY pgno`)
	if err != nil {
		return nil, fmt.Errorf("dbtest: %w", err)
	}
	defer rows.Close()
	var image []byte
	var page sql.RawBytes
	for rows.Next() {
		if err := rows.Scan(&page); err != nil {
			return nil, fmt.Errorf("dbtest: %w", err)
		}
		image = append(image, page...)
	}
	return image, rows.Err()
}
