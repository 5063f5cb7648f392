package db

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"strings"
)

// Tx is one running DB.Write. It is used by the function it was given to, on
// one goroutine, and is over when that function returns. It is also over once
// a statement has failed, as PostgreSQL has it: to go on after a conflict, say
// ON CONFLICT in the statement.
type Tx struct {
	tx    *sql.Tx
	batch *batch   // SQLite: the shared transaction; nil on PostgreSQL
	over  error    // why no statement may run any more
	lost  bool     // SQLite gave up the whole shared transaction
	wrote bool     // a statement changed something, or may have
	after []func() // what AfterCommit was given

	soon owed  // what Soon was given, on PostgreSQL
	last lasts // what Last was given, on PostgreSQL
}

var errTxOver = errors.New("db: the transaction is over")

// SQL is the transaction for the job queue only.
func (t *Tx) SQL() *sql.Tx {
	t.wrote = true
	return t.tx
}

// Locking ends a SELECT of rows that are to stay as they are until the
// transaction is over. On SQLite nobody else writes meanwhile.
func (t *Tx) Locking() string {
	if t.Alone() {
		return ""
	}
	return " FOR UPDATE"
}

// Dialect is that of its database.
func (t *Tx) Dialect() Dialect {
	if t.batch == nil {
		return PostgreSQL
	}
	return SQLite
}

// Alone reports whether nobody else writes until the transaction is over, so
// that what it has read is still so.
func (t *Tx) Alone() bool { return t.batch != nil }

// Exec runs a statement and returns the number of rows it changed.
func (t *Tx) Exec(ctx context.Context, q string, args ...any) (int64, error) {
	args, err := t.check(ctx, args)
	if err != nil {
		return 0, err
	}
	var n int64
	if t.batch != nil {
		n, err = t.batch.change(q, args)
	} else {
		var res sql.Result
		if res, err = t.tx.ExecContext(ctx, q, args...); err == nil {
			n, err = res.RowsAffected()
		}
	}
	if err != nil {
		return 0, t.failed(err)
	}
	t.wrote = t.wrote || n != 0 || !counted(q)
	return n, nil
}

// counted reports whether SQLite counts what q changes: of another statement it says
// what the last one changed.
func counted(q string) bool {
	q = strings.TrimLeft(q, " \t\n")
	return strings.HasPrefix(q, "INSERT ") || strings.HasPrefix(q, "UPDATE ") || strings.HasPrefix(q, "DELETE ")
}

// reads reports whether a statement that returns rows changes none.
func reads(q string) bool {
	q = strings.TrimLeft(q, " \t\n")
	return strings.HasPrefix(q, "SELECT ") || strings.HasPrefix(q, "WITH ") && !strings.Contains(q, "RETURNING")
}

// Query reads rows inside the transaction. They must be closed before its
// next statement. On SQLite all of them are read at once.
func (t *Tx) Query(ctx context.Context, q string, args ...any) (*Rows, error) {
	args, err := t.check(ctx, args)
	if err != nil {
		return nil, err
	}
	t.wrote = t.wrote || !reads(q)
	if t.batch != nil {
		rows, err := t.batch.rows(q, args, math.MaxInt)
		if err != nil {
			return nil, t.failed(err)
		}
		return rows, nil
	}
	rows, err := t.tx.QueryContext(ctx, q, args...)
	if err != nil {
		return nil, t.failed(err)
	}
	return &Rows{rows: rows}, nil
}

// QueryRow reads at most one row inside the transaction. It must be scanned
// before the next statement.
func (t *Tx) QueryRow(ctx context.Context, q string, args ...any) *Row {
	args, err := t.check(ctx, args)
	if err != nil {
		return &Row{err: err}
	}
	t.wrote = t.wrote || !reads(q)
	if t.batch != nil {
		values, err := t.batch.row(q, args)
		if err != nil {
			return &Row{err: t.failed(err)}
		}
		return &Row{values: values}
	}
	row := t.tx.QueryRowContext(ctx, q, args...)
	if err := row.Err(); err != nil {
		return &Row{err: t.failed(err)}
	}
	return &Row{ctx: ctx, row: row}
}

// check refuses a statement of a transaction that is over or whose caller
// has gone. On SQLite the statement itself then runs without the caller's
// context: an interrupted statement would roll back everyone in the batch.
func (t *Tx) check(ctx context.Context, args []any) ([]any, error) {
	if t.over != nil {
		return nil, t.over
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return convert(args)
}

// failed ends the transaction because of a statement's error.
func (t *Tx) failed(err error) error {
	t.wrote = true // for all that is known
	t.over = normalise(err)
	t.lost = t.batch != nil && abandons(err)
	return t.over
}
