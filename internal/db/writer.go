package db

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"io"
	"reflect"
)

// writer is SQLite's connection that writes, with its statements prepared on it.
// database/sql would take a tenth of a short write's time for them: it locks, watches a
// context that never ends, and copies. They are closed with the connection, which SQLite
// would keep open otherwise.
type writer struct {
	sqliteConn
	kept map[string]driver.Stmt
}

// sqliteConn is all that database/sql asks of a connection of the driver.
type sqliteConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// writers opens them, for a pool.
type writers struct {
	driver driver.Driver
	dsn    string
}

func (w writers) Driver() driver.Driver { return w.driver }

func (w writers) Connect(context.Context) (driver.Conn, error) {
	c, err := w.driver.Open(w.dsn)
	if err != nil {
		return nil, err
	}
	return &writer{c.(sqliteConn), map[string]driver.Stmt{}}, nil
}

func (w *writer) Close() error {
	for _, s := range w.kept {
		s.Close()
	}
	clear(w.kept)
	return w.sqliteConn.Close()
}

// BeginTx begins to write: what others wrote is seen, and nobody else writes.
func (w *writer) BeginTx(context.Context, driver.TxOptions) (driver.Tx, error) {
	if err := w.run("BEGIN IMMEDIATE"); err != nil {
		return nil, err
	}
	return w, nil
}

// Commit leaves nothing begun, whether it worked or not.
func (w *writer) Commit() error {
	err := w.run("COMMIT")
	if err != nil {
		w.run("ROLLBACK") // fails when SQLite has done so itself
	}
	return err
}

func (w *writer) Rollback() error { return w.run("ROLLBACK") }

func (w *writer) run(q string) error {
	return w.statement(q, func(s driver.Stmt) error {
		_, err := s.(driver.StmtExecContext).ExecContext(context.Background(), nil)
		return err
	})
}

// statement has do run q, prepared.
func (w *writer) statement(q string, do func(driver.Stmt) error) error {
	s, ok := w.kept[q]
	if !ok {
		var err error
		if s, err = w.Prepare(q); err != nil {
			return err
		}
		if len(w.kept) >= maxWriter {
			defer s.Close()
		} else {
			w.kept[q] = s
		}
	}
	return do(s)
}

// statement has do run q, prepared on the batch's connection.
func (b *batch) statement(q string, do func(driver.Stmt) error) error {
	return b.conn.Raw(func(c any) error { return c.(*writer).statement(q, do) })
}

// change runs a statement and counts the rows that it changed.
func (b *batch) change(q string, args []any) (n int64, err error) {
	values, err := named(args)
	if err != nil {
		return 0, err
	}
	err = b.statement(q, func(s driver.Stmt) error {
		res, err := s.(driver.StmtExecContext).ExecContext(context.Background(), values)
		if err == nil {
			n, err = res.RowsAffected()
		}
		return err
	})
	return n, err
}

// row reads the first row of a statement; nil when there is none.
func (b *batch) row(q string, args []any) ([]driver.Value, error) {
	rows, err := b.rows(q, args, 1)
	if err != nil || len(rows.all) == 0 {
		return nil, err
	}
	return rows.all[0], nil
}

// rows reads the rows of a statement, so many at most.
func (b *batch) rows(q string, args []any, most int) (*Rows, error) {
	values, err := named(args)
	if err != nil {
		return nil, err
	}
	read := &Rows{}
	err = b.statement(q, func(s driver.Stmt) error {
		rows, err := s.(driver.StmtQueryContext).QueryContext(context.Background(), values)
		if err != nil {
			return err
		}
		read.columns = rows.Columns()
		for err == nil && len(read.all) < most {
			row := make([]driver.Value, len(read.columns))
			if err = rows.Next(row); err == nil {
				read.all = append(read.all, row)
			}
		}
		if err == io.EOF {
			err = nil
		}
		return cmp.Or(err, rows.Close())
	})
	return read, err
}

func named(args []any) ([]driver.NamedValue, error) {
	values := make([]driver.NamedValue, len(args))
	for i, a := range args {
		v, err := driver.DefaultParameterConverter.ConvertValue(a)
		if err != nil {
			return nil, fmt.Errorf("db: argument $%d: %w", i+1, err)
		}
		values[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return values, nil
}

// assign copies a row's columns, as sql.Row's Scan does.
func assign(dest []any, row []driver.Value) error {
	if len(dest) != len(row) {
		return fmt.Errorf("db: %d columns for %d variables", len(row), len(dest))
	}
	for i, v := range row {
		if err := assignOne(dest[i], v); err != nil {
			return fmt.Errorf("db: column %d: %w", i+1, err)
		}
	}
	return nil
}

func assignOne(dest any, v driver.Value) (err error) {
	switch d := dest.(type) {
	case sql.Scanner:
		return d.Scan(v)
	case *any:
		*d = v
		return nil
	case *[]byte:
		var s sql.NullString
		if err = s.Scan(v); s.Valid {
			*d = []byte(s.String)
		}
		return err
	}
	to := reflect.ValueOf(dest).Elem()
	valid := true
	text, isText := v.(string)
	switch k := to.Kind(); {
	case k == reflect.String && isText: // as nearly all are
		to.SetString(text)
	case k == reflect.String:
		var s sql.NullString
		err = s.Scan(v)
		valid = s.Valid
		to.SetString(s.String)
	case to.CanInt():
		var n sql.NullInt64
		err = n.Scan(v)
		valid = n.Valid
		if to.OverflowInt(n.Int64) {
			err = fmt.Errorf("%d does not fit", n.Int64)
		}
		to.SetInt(n.Int64)
	case k == reflect.Bool:
		var b sql.NullBool
		err = b.Scan(v)
		valid = b.Valid
		to.SetBool(b.Bool)
	case k == reflect.Pointer && v == nil:
		to.SetZero()
	case k == reflect.Pointer:
		to.Set(reflect.New(to.Type().Elem()))
		return assignOne(to.Interface(), v)
	default:
		err = fmt.Errorf("a %T cannot be read into", dest)
	}
	if err == nil && !valid {
		err = fmt.Errorf("NULL cannot be read into a %T", dest)
	}
	return err
}
