package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"io"
	"reflect"
)

// texts are the writer's statements that change rows or read one, kept by the
// connection itself. database/sql would take a tenth of a short write's time for them:
// it locks, watches a context that never ends, and copies.
type texts struct {
	conn driver.Conn // whose they are
	kept map[string]driver.Stmt
}

// run has do run q, prepared on the connection.
func (t *texts) run(conn *sql.Conn, q string, do func(driver.Stmt) error) error {
	return conn.Raw(func(c any) error {
		if c != t.conn {
			t.forget()
			t.conn = c.(driver.Conn)
		}
		s, ok := t.kept[q]
		if !ok {
			var err error
			if s, err = t.conn.Prepare(q); err != nil {
				return err
			}
			if len(t.kept) >= maxWriter {
				defer s.Close()
			} else {
				t.kept[q] = s
			}
		}
		return do(s)
	})
}

// forget closes all of them: SQLite keeps a connection open that has one.
func (t *texts) forget() {
	for _, s := range t.kept {
		s.Close()
	}
	clear(t.kept)
}

// change runs a statement and counts the rows that it changed.
func (b *batch) change(q string, args []any) (n int64, err error) {
	values, err := named(args)
	if err != nil {
		return 0, err
	}
	err = b.group.texts.run(b.conn, q, func(s driver.Stmt) error {
		res, err := s.(driver.StmtExecContext).ExecContext(context.Background(), values)
		if err == nil {
			n, err = res.RowsAffected()
		}
		return err
	})
	return n, err
}

// row reads the first row of a statement; nil when there is none.
func (b *batch) row(q string, args []any) (row []driver.Value, err error) {
	values, err := named(args)
	if err != nil {
		return nil, err
	}
	err = b.group.texts.run(b.conn, q, func(s driver.Stmt) error {
		rows, err := s.(driver.StmtQueryContext).QueryContext(context.Background(), values)
		if err != nil {
			return err
		}
		row = make([]driver.Value, len(rows.Columns()))
		if err = rows.Next(row); err == io.EOF {
			row, err = nil, nil
		}
		if end := rows.Close(); err == nil {
			err = end
		}
		return err
	})
	return row, err
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
	case *[]byte:
		var s sql.NullString
		if err = s.Scan(v); s.Valid {
			*d = []byte(s.String)
		}
		return err
	}
	to := reflect.ValueOf(dest).Elem()
	valid := true
	switch k := to.Kind(); {
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
