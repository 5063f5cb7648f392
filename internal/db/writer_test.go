package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// A row that the writer reads is copied as database/sql would copy it.
func TestAssign(t *testing.T) {
	type word string
	type small int8
	into := func(dest any, v driver.Value) string {
		if err := assign([]any{dest}, []driver.Value{v}); err != nil {
			return "error"
		}
		return fmt.Sprintf("%v", reflect.ValueOf(dest).Elem().Interface())
	}
	for _, tt := range []struct {
		dest any
		v    driver.Value
		want string
	}{
		{new(string), "a", "a"},
		{new(string), int64(7), "7"},
		{new(string), []byte("b"), "b"},
		{new(string), nil, "error"},
		{new(word), "a", "a"},
		{new(word), nil, "error"},
		{new(int64), int64(7), "7"},
		{new(int64), "7", "7"},
		{new(int64), "x", "error"},
		{new(int64), nil, "error"},
		{new(int), int64(-7), "-7"},
		{new(small), int64(7), "7"},
		{new(small), int64(300), "error"},
		{new(bool), int64(1), "true"},
		{new(bool), int64(2), "error"},
		{new(sql.NullInt64), int64(7), "{7 true}"},
		{new(sql.NullInt64), nil, "{0 false}"},
		{new(*int64), nil, "<nil>"},
		{new([]byte), []byte("b"), "[98]"},
		{new([]byte), "b", "[98]"},
		{new([]byte), nil, "[]"},
		{new(any), nil, "<nil>"},
		{new(any), "a", "a"},
		{new(float64), 0.5, "error"},
	} {
		if got := into(tt.dest, tt.v); got != tt.want {
			t.Errorf("%v into a %T: %s, not %s", tt.v, tt.dest, got, tt.want)
		}
	}
	var n *int64
	if err := assign([]any{&n}, []driver.Value{int64(7)}); err != nil || n == nil || *n != 7 {
		t.Errorf("7 into a pointer: %v, %v", n, err)
	}
	if err := assign([]any{new(string)}, []driver.Value{"a", "b"}); err == nil {
		t.Error("two columns into one variable")
	}
}

// kept counts the statements of the connection that writes.
func kept(t *testing.T, d *DB) (n int) {
	conn, err := d.write.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.Raw(func(c any) error { n = len(c.(*writer).kept); return nil })
	return n
}

// The writer keeps no more statements than it should, keeps none that does not prepare,
// closes them with its connection when that is given up, and lets go of its file.
func TestWriter(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "v.db")
	d, err := Open(ctx, "sqlite:"+path)
	if err != nil {
		t.Fatal(err)
	}
	fill := func() {
		t.Helper()
		if err := d.Write(ctx, func(tx *Tx) error {
			for i := range maxWriter + 20 {
				var n int
				if err := tx.QueryRow(ctx, fmt.Sprintf("SELECT %d WHERE $1 = 1", i), true).Scan(&n); err != nil || n != i {
					return fmt.Errorf("%d: %d, %v", i, n, err)
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if n := kept(t, d); n != maxWriter {
			t.Errorf("%d statements are kept", n)
		}
	}
	fill()
	for range 2 {
		err := d.Write(ctx, func(tx *Tx) error {
			_, err := tx.Exec(ctx, "UPDATE nothing SET n = 1")
			return err
		})
		if err == nil || !strings.Contains(err.Error(), "nothing") {
			t.Errorf("a table that is not there: %v", err)
		}
	}
	conn, err := d.write.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	conn.Raw(func(any) error { return driver.ErrBadConn }) // as after a statement of the job queue that was broken off
	conn.Close()
	if n := kept(t, d); n != 0 {
		t.Errorf("a new connection has %d statements", n)
	}
	fill()
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(path + "-wal"); len(left) > 0 { // the last connection to close takes the log away
		t.Errorf("still open: %s", left)
	}
}
