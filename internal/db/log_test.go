package db

import (
	"context"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"
)

func openHere(t *testing.T) (*DB, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "v.db")
	d, err := Open(t.Context(), "sqlite:"+path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	run(t, d, "CREATE TABLE things (id INTEGER PRIMARY KEY, body BLOB NOT NULL)")
	return d, path
}

func run(t *testing.T, d *DB, q string, args ...any) {
	t.Helper()
	if err := d.Write(context.Background(), func(tx *Tx) error {
		_, err := tx.Exec(context.Background(), q, args...)
		return err
	}); err != nil {
		t.Error(err)
	}
}

func size(t *testing.T, path string) int64 {
	t.Helper()
	s, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return s.Size()
}

// What was committed is written into the database beside the writer, long before the
// writer itself would do so.
func TestLogIsWrittenBeside(t *testing.T) {
	d, path := openHere(t)
	var full int // or what the log held could be lost on its way
	if err := d.read.QueryRow("PRAGMA synchronous").Scan(&full); err != nil || full != 2 {
		t.Errorf("a reader synchronises %d, %v", full, err)
	}
	for range 2 * logCommits {
		run(t, d, "INSERT INTO things (body) VALUES (zeroblob(4000))")
	}
	for end := time.Now().Add(10 * time.Second); size(t, path) < 4096*logCommits; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d bytes of %d commits are in the database", size(t, path), 2*logCommits)
		}
	}
}

// Those who write without a pause do not have the log grow for ever.
func TestLogBeginsAnew(t *testing.T) {
	d, path := openHere(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 3 * logPages / 8 / 2 {
				run(t, d, "INSERT INTO things (body) VALUES (zeroblob(8000))")
			}
		})
	}
	wg.Wait()
	if s := size(t, path+"-wal"); s > 2*logPages*4120 {
		t.Errorf("the log has %d bytes", s)
	}
}

// A write that comes alone runs on its caller's goroutine, those that come together on
// the writer's, on which what one of them does to it reaches no other.
func TestAlone(t *testing.T) {
	d, _ := openHere(t)
	ctx := context.Background()
	own := func() (own bool) {
		if err := d.Write(ctx, func(tx *Tx) error {
			own = strings.Contains(string(debug.Stack()), "TestAlone(")
			_, err := tx.Exec(ctx, "INSERT INTO things (body) VALUES ('')")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return own
	}
	alone := func() bool { // the one before may not have gone yet when it is answered
		for range 100 {
			if own() {
				return true
			}
			time.Sleep(time.Millisecond)
		}
		return false
	}
	if !alone() {
		t.Error("a write that came alone ran elsewhere")
	}

	var wg sync.WaitGroup
	held, release := make(chan bool), make(chan bool)
	wg.Go(func() {
		d.Write(ctx, func(*Tx) error { close(held); <-release; return nil })
	})
	<-held
	for range 3 {
		wg.Go(func() { run(t, d, "INSERT INTO things (body) VALUES ('')") })
	}
	time.Sleep(50 * time.Millisecond) // all of them are waiting by now
	close(release)
	wg.Wait()
	if own() {
		t.Error("a write that may be one of several ran on its caller's goroutine")
	}
	if !alone() {
		t.Error("alone again, it ran elsewhere")
	}
}
