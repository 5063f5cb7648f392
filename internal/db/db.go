// Package db runs one text of SQL on SQLite or PostgreSQL.
//
// Statements use $1, $2… and nothing that differs between the two. Reads go
// to a pool of readers; every change goes through DB.Write. On SQLite the
// writes that wait at the same time share one durable commit.
package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync/atomic"
	"time"
)

// Dialect names the database underneath, for the few places that must know.
type Dialect string

const (
	SQLite     Dialect = "sqlite"
	PostgreSQL Dialect = "postgres"
)

// DB is an open database. Its methods may be called from many goroutines.
type DB struct {
	dialect Dialect
	read    *sql.DB
	write   *sql.DB
	jobs    *sql.DB // what SQL returns

	kept  *statements   // prepared on read; SQLite only
	group *group        // SQLite's writer
	own   atomic.Uint64 // commits of this process; PostgreSQL only
	lock  *fileLock     // SQLite's lock file
}

// Open opens the database at url: "sqlite:" and a file path, or a
// "postgres://" address. It does not migrate. A SQLite file is created when
// missing, readable only by its owner, and locked against a second process:
// Open then fails with ErrInUse.
func Open(ctx context.Context, url string) (*DB, error) {
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		return openSQLite(ctx, path)
	}
	if strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://") {
		return openPostgres(ctx, url)
	}
	return nil, fmt.Errorf(`db: the database address must begin with "sqlite:" or "postgres://"`)
}

// Dialect says which database this is.
func (d *DB) Dialect() Dialect { return d.dialect }

// SQL is the pool for the job queue only. On SQLite it is the writer's pool
// of one connection.
func (d *DB) SQL() *sql.DB { return d.jobs }

// Close waits for the write that is running, refuses later ones, closes the
// pools and releases the lock.
func (d *DB) Close() error {
	if d.group != nil {
		d.group.close()
	}
	err := d.read.Close()
	if d.jobs != d.write {
		if e := d.jobs.Close(); err == nil {
			err = e
		}
	}
	// The writer goes last: on SQLite the last connection checkpoints the log.
	if e := d.write.Close(); err == nil {
		err = e
	}
	if d.lock != nil {
		d.lock.release()
	}
	return err
}

// Query reads rows. The caller closes them.
func (d *DB) Query(ctx context.Context, q string, args ...any) (*Rows, error) {
	args, err := convert(args)
	if err != nil {
		return nil, err
	}
	if d.kept == nil {
		rows, err := d.read.QueryContext(ctx, q, args...)
		if err != nil {
			return nil, left(ctx, err)
		}
		return &Rows{rows: rows}, nil
	}
	stmt, err := d.kept.take(ctx, q)
	if err != nil {
		return nil, normalise(err)
	}
	defer d.kept.release(stmt)
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return nil, normalise(err)
	}
	return &Rows{rows: rows}, nil
}

// QueryRow reads at most one row. Its error, ErrNoRows included, comes from
// Row.Scan.
func (d *DB) QueryRow(ctx context.Context, q string, args ...any) *Row {
	args, err := convert(args)
	if err != nil {
		return &Row{err: err}
	}
	if d.kept == nil {
		return &Row{ctx: ctx, row: d.read.QueryRowContext(ctx, q, args...)}
	}
	stmt, err := d.kept.take(ctx, q)
	if err != nil {
		return &Row{err: err}
	}
	defer d.kept.release(stmt)
	return &Row{ctx: ctx, row: stmt.QueryRowContext(ctx, args...)}
}

// Brief is ctx for a read that finds little, by an index. One on SQLite is over
// so soon that it costs more to watch for its caller to leave (two goroutines
// for each) than to finish it; once they have left, none begins.
func (d *DB) Brief(ctx context.Context) context.Context {
	if d.dialect == PostgreSQL || ctx.Err() != nil {
		return ctx
	}
	return context.WithoutCancel(ctx)
}

// Row is one awaited row.
type Row struct {
	ctx    context.Context
	row    *sql.Row       // nil: it was read
	values []driver.Value // nil: there is none
	err    error
}

// Scan copies the row's columns into dest. Without a row it returns ErrNoRows.
func (r *Row) Scan(dest ...any) error {
	if r.err != nil {
		return normalise(r.err)
	}
	if r.row == nil {
		if r.values == nil {
			return ErrNoRows
		}
		return assign(dest, r.values)
	}
	return left(r.ctx, r.row.Scan(dest...))
}

// Rows are the rows of a query, which are walked as those of database/sql are.
type Rows struct {
	rows    *sql.Rows        // nil: they were read
	columns []string         // what was read: its columns,
	all     [][]driver.Value // and its rows,
	at      int              // of which so many were walked
}

// Columns are the names of the columns.
func (r *Rows) Columns() ([]string, error) {
	if r.rows != nil {
		return r.rows.Columns()
	}
	return r.columns, nil
}

// Next goes on to the next row, and reports whether there is one.
func (r *Rows) Next() bool {
	if r.rows != nil {
		return r.rows.Next()
	}
	if r.at == len(r.all) {
		return false
	}
	r.at++
	return true
}

// Scan copies the columns of the present row into dest.
func (r *Rows) Scan(dest ...any) error {
	if r.rows != nil {
		return r.rows.Scan(dest...)
	}
	if r.at == 0 {
		return errors.New("db: Scan before Next")
	}
	return assign(dest, r.all[r.at-1])
}

// Err is what ended the walk before the last row.
func (r *Rows) Err() error {
	if r.rows != nil {
		return r.rows.Err()
	}
	return nil
}

// Close ends the walk.
func (r *Rows) Close() error {
	if r.rows != nil {
		return r.rows.Close()
	}
	r.at = len(r.all)
	return nil
}

// left is what became of a read whose caller may have left. PostgreSQL says
// only that it was called off.
func left(ctx context.Context, err error) error {
	if err != nil && err != sql.ErrNoRows && ctx.Err() != nil {
		return ctx.Err()
	}
	return normalise(err)
}

// convert makes both databases take the same arguments: a bool becomes 0 or
// 1, and a time is refused because times are stored as microseconds.
func convert(args []any) ([]any, error) {
	var out []any // args, copied before the first change
	for i, a := range args {
		b, err := convertOne(a)
		if err != nil {
			return nil, fmt.Errorf("db: argument $%d: %w", i+1, err)
		}
		if _, same := b.(unchanged); same {
			continue
		}
		if out == nil {
			out = append([]any(nil), args...)
		}
		out[i] = b
	}
	if out == nil {
		return args, nil
	}
	return out, nil
}

type unchanged struct{}

var errTime = fmt.Errorf("a time.Time is not stored; use db.Micros")

func convertOne(a any) (any, error) {
	switch a := a.(type) {
	case nil, string, int64, int, []byte, float64:
		return unchanged{}, nil
	case bool:
		return zeroOrOne(a), nil
	case *bool:
		if a == nil {
			return nil, nil
		}
		return zeroOrOne(*a), nil
	case sql.NullBool:
		if !a.Valid {
			return nil, nil
		}
		return zeroOrOne(a.Bool), nil
	case time.Time, *time.Time, sql.NullTime:
		return nil, errTime
	case driver.Valuer:
		return unchanged{}, nil
	}
	if v := reflect.ValueOf(a); v.Kind() == reflect.Bool {
		return zeroOrOne(v.Bool()), nil
	}
	return unchanged{}, nil
}

func zeroOrOne(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// Micros is t as it is stored: UTC microseconds since 1970.
func Micros(t time.Time) int64 { return t.UnixMicro() }

// FromMicros is the stored time as a time in UTC.
func FromMicros(us int64) time.Time { return time.UnixMicro(us).UTC() }
