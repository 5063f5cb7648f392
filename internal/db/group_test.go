package db_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/db/dbtest"
)

func goexit() { runtime.Goexit() }

// together runs the functions as members of one batch: a first member holds
// the writer until all of them wait.
func together(t *testing.T, d *db.DB, fns ...func(context.Context, *db.Tx) error) []error {
	t.Helper()
	d.ShareCommits()
	ctx := context.WithoutCancel(t.Context())
	errs := make([]error, len(fns))
	var wg sync.WaitGroup
	held, release := make(chan bool), make(chan bool)
	hold := sync.OnceFunc(func() { close(held) })
	wg.Go(func() {
		d.Write(ctx, func(*db.Tx) error { hold(); <-release; return nil })
	})
	<-held
	for i, fn := range fns {
		begun := make(chan bool)
		wg.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					errs[i] = fmt.Errorf("panic: %v", p)
				}
			}()
			close(begun)
			errs[i] = d.Write(ctx, func(tx *db.Tx) error { return fn(ctx, tx) })
		})
		<-begun
		time.Sleep(50 * time.Millisecond) // it is waiting by now, before the next one comes
	}
	close(release)
	wg.Wait()
	return errs
}

func inserts(keys ...string) func(context.Context, *db.Tx) error {
	return func(ctx context.Context, tx *db.Tx) error {
		for _, key := range keys {
			if err := insert(ctx, tx, key); err != nil {
				return err
			}
		}
		return nil
	}
}

func TestFailingMemberLeavesTheOthers(t *testing.T) {
	d := dbtest.Own(t)
	mine := errors.New("mine")
	errs := together(t, d,
		inserts("a"),
		func(ctx context.Context, tx *db.Tx) error {
			if err := insert(ctx, tx, "undone1"); err != nil {
				return err
			}
			return mine
		},
		func(ctx context.Context, tx *db.Tx) error {
			if err := insert(ctx, tx, "undone2"); err != nil {
				return err
			}
			panic("boom")
		},
		inserts("b"),
		inserts("undone3", "undone3"),
		inserts("c", "d"),
	)
	if errs[0] != nil || errs[3] != nil || errs[5] != nil {
		t.Errorf("good members: %v", errs)
	}
	if errs[1] != mine || errs[2] == nil || errs[2].Error() != "panic: boom" || !errors.Is(errs[4], db.ErrUnique) {
		t.Errorf("bad members: %v", errs)
	}
	if got := keys(t, d); got != "a b c d" {
		t.Errorf("committed: %s", got)
	}
}

// Members run once, but all of a batch in which one has failed that had changed
// something: it is undone with all the others did, who do it again.
func TestMembersRunAgain(t *testing.T) {
	refused := errors.New("refused")
	ran := map[string]int{}
	counts := func(name string, fn func(context.Context, *db.Tx) error) func(context.Context, *db.Tx) error {
		return func(ctx context.Context, tx *db.Tx) error {
			ran[name]++ // one goroutine runs all
			return fn(ctx, tx)
		}
	}
	bad := map[string]func(context.Context, *db.Tx) error{
		"reads": func(ctx context.Context, tx *db.Tx) error {
			var n int
			if err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM attempts`).Scan(&n); err != nil {
				return err
			}
			return refused
		},
		"hits nothing": func(ctx context.Context, tx *db.Tx) error {
			if n, err := tx.Exec(ctx, `UPDATE attempts SET count = count + 1 WHERE key = 'nobody'`); n != 0 || err != nil {
				return fmt.Errorf("%d rows, %w", n, err)
			}
			return refused
		},
		"writes": func(ctx context.Context, tx *db.Tx) error {
			if err := insert(ctx, tx, "undone"); err != nil {
				return err
			}
			return refused
		},
		"writes and reads it": func(ctx context.Context, tx *db.Tx) error {
			var n int
			if err := tx.QueryRow(ctx, `INSERT INTO attempts (key, count, first_at, last_at) VALUES ('undone', 1, 0, 0) RETURNING count`).Scan(&n); err != nil {
				return err
			}
			return refused
		},
		"makes a table": func(ctx context.Context, tx *db.Tx) error {
			if _, err := tx.Exec(ctx, `CREATE TABLE undone (id TEXT)`); err != nil {
				return err
			}
			return refused
		},
	}
	for name, fn := range bad {
		t.Run(name, func(t *testing.T) {
			d := dbtest.Open(t, db.SQLite)
			clear(ran)
			errs := together(t, d, counts("first", inserts("first")), counts("bad", fn), counts("last", inserts("last")))
			for i, err := range errs {
				if i != 1 && err != nil || i == 1 && err != refused {
					t.Errorf("member %d: %v", i, err)
				}
			}
			if got := keys(t, d); got != "first last" {
				t.Errorf("committed: %s", got)
			}
			var count, tables int
			if err := d.QueryRow(t.Context(), readAttempt, "first").Scan(&count); err != nil || count != 1 {
				t.Errorf("counted to %d: %v", count, err)
			}
			if err := d.QueryRow(t.Context(), `SELECT COUNT(*) FROM sqlite_master WHERE name = 'undone'`).Scan(&tables); err != nil || tables != 0 {
				t.Errorf("%d tables: %v", tables, err)
			}
			// Members come in any order: whoever was before the failing one runs again.
			again := ran["first"] + ran["bad"] + ran["last"] - 3
			if want := name != "reads" && name != "hits nothing"; (again > 0) != want {
				t.Errorf("ran again: %v", ran)
			}
		})
	}
}

// Who ends the goroutine while members run again fails them all, who wait no longer;
// whoever came later is in the next batch.
func TestExitAmongThoseWhoRunAgain(t *testing.T) {
	d := dbtest.Open(t, db.SQLite)
	runs := 0
	ran := together(t, d,
		inserts("a"),
		func(ctx context.Context, tx *db.Tx) error {
			if runs++; runs == 2 {
				goexit()
			}
			if err := insert(ctx, tx, "b"); err != nil {
				return err
			}
			return errors.New("refused")
		},
		inserts("c"),
	)
	want := ""
	if ran[0] == nil {
		want = "a "
	}
	want += "after"
	if ran[2] == nil {
		want += " c"
	}
	write(t, d, func(tx *db.Tx) error { return insert(t.Context(), tx, "after") })
	if got := keys(t, d); got != want || runs != 2 {
		t.Errorf("committed: %s, want %s; run %d times", got, want, runs)
	}
}

// A member sees the finished work of those before it, and the writer's
// statements are prepared after their first use.
func TestMembersShareOneCommit(t *testing.T) {
	d := dbtest.Own(t)
	var most atomic.Int64
	count := func(ctx context.Context, tx *db.Tx) error {
		if err := insert(ctx, tx, db.NewID("k")); err != nil {
			return err
		}
		var inside, outside int64
		if err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM attempts`).Scan(&inside); err != nil {
			return err
		}
		if err := d.QueryRow(ctx, `SELECT COUNT(*) FROM attempts`).Scan(&outside); err != nil {
			return err
		}
		most.Store(max(most.Load(), inside-outside))
		return nil
	}
	for range 2 {
		if err := errors.Join(together(t, d, count, count, count, count, count)...); err != nil {
			t.Fatal(err)
		}
	}
	if most.Load() != 5 {
		t.Errorf("at most %d uncommitted rows, want 5", most.Load())
	}
}

func TestFailedCommitReachesEveryMember(t *testing.T) {
	d := dbtest.Own(t)
	errs := together(t, d,
		inserts("a"),
		func(ctx context.Context, tx *db.Tx) error {
			// With the check deferred, the commit itself fails.
			if _, err := tx.Exec(ctx, `PRAGMA defer_foreign_keys = 1`); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `INSERT INTO client_team (client_id, person_id, added_at) VALUES ('none', 'none', 0)`)
			return err
		},
		inserts("b"),
	)
	for i, err := range errs {
		if !errors.Is(err, db.ErrForeignKey) {
			t.Errorf("member %d: %v", i, err)
		}
	}
	write(t, d, func(tx *db.Tx) error { return insert(t.Context(), tx, "after") })
	if got := keys(t, d); got != "after" {
		t.Errorf("committed: %s", got)
	}
}

func TestFull(t *testing.T) {
	d := dbtest.Own(t)
	var pages int
	if err := d.SQL().QueryRow(`PRAGMA page_count`).Scan(&pages); err != nil {
		t.Fatal(err)
	}
	limit := func(n int) {
		t.Helper()
		if _, err := d.SQL().Exec(fmt.Sprintf(`PRAGMA max_page_count = %d`, n)); err != nil {
			t.Fatal(err)
		}
	}
	limit(pages + 1)
	big := strings.Repeat("x", 100_000)
	errs := together(t, d, inserts("a"), inserts(big))
	if !errors.Is(errs[1], db.ErrFull) {
		t.Errorf("the big one: %v", errs[1])
	}
	if got := keys(t, d); (errs[0] == nil) != (got == "a") {
		t.Errorf("the small one was told %v, committed: %s", errs[0], got)
	}
	limit(1 << 30)
	write(t, d, func(tx *db.Tx) error { return insert(t.Context(), tx, "after") })
	if got := keys(t, d); !strings.HasPrefix(got, "a") { // "a after" or "after"
		t.Errorf("committed: %s", got)
	}
}

func TestManyWriters(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		const callers, each = 32, 20
		refuse := errors.New("refused")
		ctx := t.Context()
		write(t, d, func(tx *db.Tx) error { return insert(ctx, tx, "sum") })
		var wg sync.WaitGroup
		for c := range callers {
			wg.Go(func() {
				for i := range each {
					err := d.Write(ctx, func(tx *db.Tx) error {
						if _, err := tx.Exec(ctx, `UPDATE attempts SET count = count + 1 WHERE key = $1`, "sum"); err != nil {
							return err
						}
						if (c+i)%4 == 0 {
							return refuse
						}
						return nil
					})
					if err != nil && err != refuse {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		var sum int
		if err := d.QueryRow(ctx, readAttempt, "sum").Scan(&sum); err != nil {
			t.Fatal(err)
		}
		if want := 1 + callers*each*3/4; sum != want {
			t.Errorf("sum is %d, want %d", sum, want)
		}
	})
}

// TestKill kills a process that writes and looks whether every write it was
// promised is there, whole.
func TestKill(t *testing.T) {
	if url := os.Getenv("DBTEST_KILL"); url != "" {
		writeUntilKilled(t, url)
		return
	}
	for _, dialect := range []db.Dialect{db.SQLite, db.PostgreSQL} {
		t.Run(string(dialect), func(t *testing.T) {
			url := dbtest.URL(t, dialect)
			cmd := exec.Command(os.Args[0], "-test.run=^TestKill$")
			cmd.Env = append(os.Environ(), "DBTEST_KILL="+url)
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			overdue := time.AfterFunc(30*time.Second, func() { cmd.Process.Kill() })
			defer overdue.Stop()
			var promised []string
			for lines := bufio.NewScanner(out); lines.Scan(); {
				if key, ok := strings.CutPrefix(lines.Text(), "written "); ok {
					promised = append(promised, key)
				}
				if len(promised) == 200 {
					cmd.Process.Kill()
				}
			}
			cmd.Wait()
			if len(promised) < 200 {
				t.Fatalf("only %d writes before the kill", len(promised))
			}

			d, err := db.Open(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			for _, key := range promised {
				var n int
				if err := d.QueryRow(t.Context(), `SELECT COUNT(*) FROM attempts WHERE key = $1`, key).Scan(&n); err != nil || n != 1 {
					t.Fatalf("%s was promised and is there %d times, %v", key, n, err)
				}
			}
			var halves int
			if err := d.QueryRow(t.Context(), `SELECT COUNT(*) FROM attempts a WHERE NOT EXISTS
				(SELECT 1 FROM attempts b WHERE b.key = CASE WHEN a.key LIKE '%-2' THEN SUBSTR(a.key, 1, LENGTH(a.key) - 2) ELSE a.key || '-2' END)`).Scan(&halves); err != nil || halves != 0 {
				t.Errorf("%d halves of a transaction, %v", halves, err)
			}
		})
	}
}

func writeUntilKilled(t *testing.T, url string) {
	d, err := db.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	for c := range 8 {
		go func() {
			for i := 0; ; i++ {
				key := fmt.Sprintf("%d-%d-1", c, i)
				err := d.Write(t.Context(), func(tx *db.Tx) error {
					return inserts(key, key+"-2")(t.Context(), tx)
				})
				if err != nil {
					panic(err)
				}
				fmt.Println("written " + key)
			}
		}()
	}
	time.Sleep(time.Minute)
}

// Two writes that lock two rows crosswise both succeed: PostgreSQL gives one
// up and it runs again.
func TestDeadlockIsRetried(t *testing.T) {
	d := dbtest.Open(t, db.PostgreSQL)
	ctx := t.Context()
	write(t, d, func(tx *db.Tx) error { return inserts("a", "b")(ctx, tx) })
	var runs atomic.Int64
	var both sync.WaitGroup
	both.Add(2)
	cross := func(first, second string) error {
		met := false
		return d.Write(ctx, func(tx *db.Tx) error {
			runs.Add(1)
			const add = `UPDATE attempts SET count = count + 1 WHERE key = $1`
			if _, err := tx.Exec(ctx, add, first); err != nil {
				return err
			}
			if !met { // the first time, wait until each holds its first row
				met = true
				both.Done()
				both.Wait()
			}
			_, err := tx.Exec(ctx, add, second)
			return err
		})
	}
	errs := make(chan error)
	go func() { errs <- cross("a", "b") }()
	go func() { errs <- cross("b", "a") }()
	if err := errors.Join(<-errs, <-errs); err != nil {
		t.Fatal(err)
	}
	if runs.Load() < 3 {
		t.Errorf("%d runs: there was no deadlock", runs.Load())
	}
	var sum int
	if err := d.QueryRow(ctx, `SELECT SUM(count) FROM attempts`).Scan(&sum); err != nil || sum != 6 {
		t.Errorf("sum %d, %v", sum, err)
	}
}

// What is to be done last is done once for all who asked by its name, and sees what all
// of them wrote; when it fails, so do they.
func TestLast(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		total := func() (n int) {
			t.Helper()
			if err := d.QueryRow(ctx, `SELECT count FROM attempts WHERE key = 'total'`).Scan(&n); err != nil {
				t.Error(err)
			}
			return n
		}
		ran := 0
		count := func(tx *db.Tx) error {
			ran++
			_, err := tx.Exec(ctx, `
INSERT INTO attempts (key, count, first_at, last_at) SELECT 'total', COUNT(*), 0, 0 FROM attempts WHERE key <> 'total'
ON CONFLICT (key) DO UPDATE SET count = excluded.count`)
			return err
		}
		write(t, d, func(tx *db.Tx) error {
			for _, key := range []string{"a", "b"} {
				tx.Last("total", count)
				if err := insert(ctx, tx, key); err != nil {
					return err
				}
			}
			return nil
		})
		if n := total(); n != 2 || ran != 1 {
			t.Errorf("counted %d in %d runs", n, ran)
		}
		broken := errors.New("broken")
		if err := d.Write(ctx, func(tx *db.Tx) error {
			tx.Last("total", func(*db.Tx) error { return broken })
			return insert(ctx, tx, "c")
		}); !errors.Is(err, broken) {
			t.Errorf("what fails last: %v", err)
		}
		if err := d.Write(ctx, func(tx *db.Tx) error { tx.Last("total", count); return broken }); !errors.Is(err, broken) || ran != 1 {
			t.Errorf("%v after %d runs", err, ran)
		}
		if got := keys(t, d); got != "a b total" {
			t.Errorf("committed: %s", got)
		}
		if d.Dialect() == db.PostgreSQL {
			return
		}
		ran = 0
		adds := func(key string, err error) func(context.Context, *db.Tx) error {
			return func(ctx context.Context, tx *db.Tx) error {
				tx.Last("total", count)
				return errors.Join(insert(ctx, tx, key), err)
			}
		}
		if errs := together(t, d, adds("d", nil), adds("f", nil), adds("e", broken)); errs[0] != nil || errs[1] != nil || !errors.Is(errs[2], broken) {
			t.Error(errs)
		}
		if n := total(); n != 4 || ran != 1 {
			t.Errorf("together counted %d in %d runs", n, ran)
		}
		// Who comes after the one that fails shares the next commit.
		ran = 0
		if errs := together(t, d, adds("g", nil), adds("e", broken), adds("h", nil)); errs[0] != nil || !errors.Is(errs[1], broken) || errs[2] != nil {
			t.Error(errs)
		}
		if n := total(); n != 6 || ran != 2 {
			t.Errorf("beside one that failed counted %d in %d runs", n, ran)
		}
	})
}
