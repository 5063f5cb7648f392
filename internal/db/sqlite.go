package db

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
	"modernc.org/sqlite"
)

func openSQLite(ctx context.Context, path string) (*DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("db: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("db: %w", err)
	}
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return nil, err
	}
	d := &DB{dialect: SQLite, lock: lock}
	if err := d.openFile(ctx, path); err != nil {
		if d.read != nil {
			d.read.Close()
		}
		if d.write != nil {
			d.write.Close()
		}
		lock.release()
		return nil, fmt.Errorf("db: open %s: %w", path, normalise(err))
	}
	d.group = newGroup(d.write, d.read)
	return d, nil
}

// idleReader is how long a reader stays open that has nothing to read: each
// holds some 6 MB.
const idleReader = time.Minute

func (d *DB) openFile(ctx context.Context, path string) error {
	// SQLite gives its log and index files the mode of the database file.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	f.Close() // before SQLite opens it: closing later would drop its locks

	if err := lookaside(); err != nil {
		return err
	}

	// Where there is no fdatasync, fsync stays in use.
	_, _ = sqlite.Fdatasync(true)

	dsn := sqliteDSN(path, url.Values{
		"_pragma": {"journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
			"journal_size_limit(67108864)", "wal_autocheckpoint(" + strconv.Itoa(logPages) + ")", "cache_size(-8000)", "mmap_size(67108864)",
			"secure_delete(1)"}, // what is taken away is not left in free pages; posting is as fast
	})
	if d.write, err = sql.Open("sqlite", dsn); err != nil {
		return err
	}
	known := d.write.Driver()
	d.write.Close() // it has opened nothing
	d.write = sql.OpenDB(writers{known, dsn})
	d.write.SetMaxOpenConns(1)
	d.write.SetMaxIdleConns(1)
	if err := d.write.PingContext(ctx); err != nil {
		return err
	}
	d.jobs = d.write

	if d.read, err = sql.Open("sqlite", sqliteDSN(path, url.Values{
		"_query_only": {"1"},
		"_pragma":     {"foreign_keys(1)", "cache_size(-2000)", "mmap_size(67108864)", "synchronous(FULL)"}, // for the log: see keepLog
	})); err != nil {
		return err
	}
	readers := min(max(runtime.NumCPU(), 4), 8)
	d.read.SetMaxOpenConns(readers)
	d.read.SetMaxIdleConns(readers)
	d.read.SetConnMaxIdleTime(idleReader)
	d.kept = &statements{pool: d.read, byText: map[string]*statement{}}
	return d.read.PingContext(ctx)
}

// EmptyLog writes SQLite's log into the database and empties it, so that what was
// taken away is in neither; readers that take longer than a few seconds keep it.
// PostgreSQL's log is its operator's.
func (d *DB) EmptyLog(ctx context.Context) error {
	if d.dialect != SQLite {
		return nil
	}
	_, err := d.write.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`)
	return err
}

func sqliteDSN(path string, q url.Values) string {
	q["_pragma"] = append(q["_pragma"], "busy_timeout(5000)", "temp_store(MEMORY)")
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

// fileLock is an advisory lock held by this process. The file itself stays:
// removing it would let two processes lock two files of one name.
type fileLock struct{ f *os.File }

func lockFile(path string) (*fileLock, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("db: %w", err)
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == unix.EWOULDBLOCK {
		f.Close()
		return nil, fmt.Errorf("%w: %s is locked; stop the other one first", ErrInUse, path)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("db: lock %s: %w", path, err)
	}
	return &fileLock{f}, nil
}

func (l *fileLock) release() { l.f.Close() }
