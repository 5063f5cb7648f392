package db_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/db/dbtest"
)

func insert(ctx context.Context, tx *db.Tx, key string) error {
	_, err := tx.Exec(ctx, insertAttempt, key, 1, 2)
	return err
}

func write(t *testing.T, d *db.DB, fn func(*db.Tx) error) {
	t.Helper()
	if err := d.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// keys returns what is committed in attempts, in order.
func keys(t *testing.T, d *db.DB) string {
	t.Helper()
	rows, err := d.Query(context.WithoutCancel(t.Context()), `SELECT key FROM attempts ORDER BY key`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var key string
		if err := rows.Scan(&key); err != nil {
			t.Fatal(err)
		}
		list = append(list, key)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(list, " ")
}

func TestWriteCommitsAndRollsBack(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		write(t, d, func(tx *db.Tx) error {
			if err := insert(ctx, tx, "kept"); err != nil {
				return err
			}
			n, err := tx.Exec(ctx, `UPDATE attempts SET count = count + $1`, 4)
			if n != 1 {
				t.Errorf("%d rows changed", n)
			}
			var count int
			if err := tx.QueryRow(ctx, readAttempt, "kept").Scan(&count); err != nil || count != 5 {
				t.Errorf("inside the transaction: %d, %v", count, err)
			}
			return err
		})

		mine := errors.New("mine")
		err := d.Write(ctx, func(tx *db.Tx) error {
			if err := insert(ctx, tx, "undone"); err != nil {
				return err
			}
			return mine
		})
		if err != mine {
			t.Errorf("got %v, want the function's own error", err)
		}
		if got := keys(t, d); got != "kept" {
			t.Errorf("committed: %s", got)
		}
	})
}

func TestPanicReachesTheCaller(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		func() {
			defer func() {
				if p := recover(); p != "boom" {
					t.Errorf("recovered %v", p)
				}
			}()
			d.Write(t.Context(), func(tx *db.Tx) error {
				if err := insert(t.Context(), tx, "undone"); err != nil {
					return err
				}
				panic("boom")
			})
		}()
		write(t, d, func(tx *db.Tx) error { return insert(t.Context(), tx, "after") })
		if got := keys(t, d); got != "after" {
			t.Errorf("committed: %s", got)
		}
	})
}

// A test that fails inside Write ends the goroutine that runs it.
func TestGoexitReachesTheCaller(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ended := make(chan bool)
		go func() {
			normal := false
			defer func() { ended <- normal }()
			d.Write(t.Context(), func(tx *db.Tx) error {
				if err := insert(t.Context(), tx, "undone"); err != nil {
					return err
				}
				goexit()
				return nil
			})
			normal = true
		}()
		if <-ended {
			t.Error("Write returned")
		}
		write(t, d, func(tx *db.Tx) error { return insert(t.Context(), tx, "after") })
		if got := keys(t, d); got != "after" {
			t.Errorf("committed: %s", got)
		}
	})
}

func TestConstraintErrors(t *testing.T) {
	const person = `INSERT INTO persons (id, name, email, email_key, created_at) VALUES ($1, 'n', 'e', $2, 1)`
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		write(t, d, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, person, "per_1", "ana@secret.example")
			return err
		})
		for _, c := range []struct {
			name string
			want error
			q    string
			args []any
		}{
			{"unique", db.ErrUnique, person, []any{"per_2", "ana@secret.example"}},
			{"primary key", db.ErrUnique, person, []any{"per_1", "bea@secret.example"}},
			{"foreign key", db.ErrForeignKey, `INSERT INTO team_members (person_id, role, created_at) VALUES ($1, $2, 1)`, []any{"secret", "owner"}},
			{"referred to", db.ErrForeignKey, `DELETE FROM persons WHERE id = $1`, []any{"per_1"}},
			{"check", db.ErrCheck, `INSERT INTO team_members (person_id, role, created_at) VALUES ($1, $2, 1)`, []any{"per_1", "secret"}},
			{"not null", db.ErrCheck, `UPDATE persons SET name = $1`, []any{nil}},
		} {
			err := d.Write(ctx, func(tx *db.Tx) error {
				if c.name == "referred to" {
					if _, err := tx.Exec(ctx, `INSERT INTO team_members (person_id, role, created_at) VALUES ('per_1', 'owner', 1)`); err != nil {
						return err
					}
				}
				_, err := tx.Exec(ctx, c.q, c.args...)
				return fmt.Errorf("while testing: %w", err)
			})
			if !errors.Is(err, c.want) {
				t.Errorf("%s: %v", c.name, err)
			}
			if strings.Contains(fmt.Sprint(err), "secret") {
				t.Errorf("%s: the error prints a value: %v", c.name, err)
			}
		}
	})
}

func TestErrorsPrintNoValues(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		var n int
		for name, err := range map[string]error{
			"scan":   d.QueryRow(ctx, `SELECT 'secret' AS word`).Scan(&n),
			"encode": d.QueryRow(ctx, `SELECT COUNT(*) FROM attempts WHERE count = $1`, []string{"secret"}).Scan(&n),
		} {
			if err == nil || strings.Contains(err.Error(), "secret") {
				t.Errorf("%s: %v", name, err)
			}
		}
		if d.Dialect() == db.PostgreSQL { // SQLite compares text with numbers
			err := d.QueryRow(ctx, `SELECT CAST($1 AS TEXT)::BIGINT`, "secret").Scan(&n)
			if err == nil || strings.Contains(err.Error(), "secret") {
				t.Errorf("cast: %v", err)
			}
		}
	})
}

// On both databases a transaction is over once a statement has failed.
func TestFailedStatementEndsTheTransaction(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		err := d.Write(ctx, func(tx *db.Tx) error {
			if err := insert(ctx, tx, "a"); err != nil {
				return err
			}
			if err := insert(ctx, tx, "a"); !errors.Is(err, db.ErrUnique) {
				t.Errorf("second insert: %v", err)
			}
			if err := insert(ctx, tx, "b"); err == nil {
				t.Error("a statement ran after a failed one")
			}
			return nil
		})
		if !errors.Is(err, db.ErrUnique) {
			t.Errorf("Write: %v", err)
		}
		if got := keys(t, d); got != "" {
			t.Errorf("committed: %s", got)
		}
	})
}

func TestTxIsOverAfterWrite(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		var leaked *db.Tx
		write(t, d, func(tx *db.Tx) error { leaked = tx; return nil })
		if err := insert(t.Context(), leaked, "late"); err == nil {
			t.Error("a statement ran after the transaction")
		}
	})
}

func TestReadersCannotWrite(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		var key string
		err := d.QueryRow(t.Context(), `INSERT INTO attempts (key, count, first_at, last_at) VALUES ('a', 1, 1, 1) RETURNING key`).Scan(&key)
		if !errors.Is(err, db.ErrReadOnly) {
			t.Errorf("got %v", err)
		}
	})
}

func TestNoRows(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		var n int
		if err := d.QueryRow(t.Context(), readAttempt, "none").Scan(&n); err != db.ErrNoRows {
			t.Errorf("got %v", err)
		}
		write(t, d, func(tx *db.Tx) error {
			if err := tx.QueryRow(t.Context(), readAttempt, "none").Scan(&n); err != db.ErrNoRows {
				t.Errorf("in a transaction: %v", err)
			}
			return insert(t.Context(), tx, "still open")
		})
	})
}

// Rows are walked alike within a transaction and outside, to their end or not.
func TestRows(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		look := func(query func(context.Context, string, ...any) (*db.Rows, error)) {
			rows, err := query(ctx, `SELECT 1 AS n, 'a' AS word UNION ALL SELECT 2, NULL UNION ALL SELECT 3, 'c' ORDER BY 1`)
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			if columns, err := rows.Columns(); err != nil || !slices.Equal(columns, []string{"n", "word"}) {
				t.Errorf("columns: %v, %v", columns, err)
			}
			var n int
			var word sql.NullString
			if err := rows.Scan(&n, &word); err == nil {
				t.Error("a row before the first")
			}
			for want := 1; want <= 2; want++ {
				if !rows.Next() {
					t.Fatalf("no row %d: %v", want, rows.Err())
				}
				if err := rows.Scan(&n, &word); err != nil || n != want || word.Valid != (n == 1) {
					t.Errorf("row %d: %d, %v, %v", want, n, word, err)
				}
			}
			if rows.Close() != nil || rows.Next() || rows.Err() != nil {
				t.Errorf("closed: %v", rows.Err())
			}
			if none, err := query(ctx, `SELECT 1 WHERE 1 = 2`); err != nil || none.Next() || none.Err() != nil || none.Close() != nil {
				t.Errorf("none: %v", err)
			}
			if _, err := query(ctx, `SELECT nothing`); err == nil {
				t.Error("what is wrong is read")
			}
		}
		look(d.Query)
		d.Write(ctx, func(tx *db.Tx) error { look(tx.Query); return nil })
	})
}

func TestArguments(t *testing.T) {
	type flag bool
	yes, no := true, false
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		for _, c := range []struct {
			arg  any
			want sql.NullInt64
		}{
			{true, sql.NullInt64{Int64: 1, Valid: true}},
			{flag(true), sql.NullInt64{Int64: 1, Valid: true}},
			{&yes, sql.NullInt64{Int64: 1, Valid: true}},
			{&no, sql.NullInt64{Valid: true}},
			{(*bool)(nil), sql.NullInt64{}},
			{sql.NullBool{}, sql.NullInt64{}},
			{int32(7), sql.NullInt64{Int64: 7, Valid: true}},
		} {
			var got sql.NullInt64
			if err := d.QueryRow(ctx, `SELECT CAST($1 AS BIGINT)`, c.arg).Scan(&got); err != nil || got != c.want {
				t.Errorf("%#v: %v, %v", c.arg, got, err)
			}
		}
		now := time.Now()
		for _, arg := range []any{now, &now, sql.NullTime{}} {
			if _, err := d.Query(ctx, `SELECT CAST($1 AS BIGINT)`, arg); err == nil {
				t.Errorf("%T was taken", arg)
			}
		}
		// The parameters go by their number, not by their place.
		var a, b string
		if err := d.QueryRow(ctx, `SELECT CAST($2 AS TEXT), CAST($1 AS TEXT)`, "one", "two").Scan(&a, &b); err != nil || a != "two" || b != "one" {
			t.Errorf("%s %s %v", a, b, err)
		}
	})
}

func TestCancelledContext(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		err := d.Write(ctx, func(tx *db.Tx) error {
			if err := insert(ctx, tx, "a"); err != nil {
				return err
			}
			cancel()
			return insert(ctx, tx, "b")
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		ran := false
		if err := d.Write(ctx, func(*db.Tx) error { ran = true; return nil }); !errors.Is(err, context.Canceled) || ran {
			t.Errorf("with an ended context: %v, ran: %v", err, ran)
		}
		if got := keys(t, d); got != "" {
			t.Errorf("committed: %s", got)
		}
	})
}

func TestClosed(t *testing.T) {
	for _, dialect := range []db.Dialect{db.SQLite, db.PostgreSQL} {
		t.Run(string(dialect), func(t *testing.T) {
			d, err := db.Open(t.Context(), dbtest.URL(t, dialect))
			if err != nil {
				t.Fatal(err)
			}
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
			if err := d.Write(t.Context(), func(*db.Tx) error { return nil }); !errors.Is(err, db.ErrClosed) {
				t.Errorf("Write: %v", err)
			}
			var n int
			if err := d.QueryRow(t.Context(), `SELECT 1`).Scan(&n); !errors.Is(err, db.ErrClosed) {
				t.Errorf("QueryRow: %v", err)
			}
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	for _, url := range []string{"", "mysql://x", "vitrine.db", "postgres://user:hunter2@host:port/x"} {
		_, err := db.Open(t.Context(), url)
		if err == nil {
			t.Errorf("%q was opened", url)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error prints the password: %v", err)
		}
	}
}

func TestSecondProcess(t *testing.T) {
	url := dbtest.URL(t, db.SQLite)
	d, err := db.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Open(t.Context(), url); !errors.Is(err, db.ErrInUse) {
		t.Errorf("second Open: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if d, err = db.Open(t.Context(), url); err != nil {
		t.Fatalf("after Close: %v", err)
	}
	d.Close()
}

func TestFilesAreTheOwners(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data dir?")
	d, err := db.Open(t.Context(), "sqlite:"+filepath.Join(dir, "vitrine.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) < 4 { // file, log, index, lock
		t.Fatal(files, err)
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", f.Name(), info.Mode())
		}
	}
}

func TestNewID(t *testing.T) {
	form := regexp.MustCompile(`^tsk_[0-7][0-9a-hjkmnp-tv-z]{25}$`)
	seen := map[string]bool{}
	for range 10_000 {
		id := db.NewID("tsk")
		if !form.MatchString(id) || seen[id] {
			t.Fatal(id)
		}
		seen[id] = true
	}
	a := db.NewID("tsk")
	time.Sleep(2 * time.Millisecond)
	if b := db.NewID("tsk"); a >= b {
		t.Errorf("%s does not sort before %s", a, b)
	}
}

// T226: what is made after the clock was set back sorts after what was made before,
// also by a program that was started anew.
func TestIDsGoOn(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		made := []byte(db.NewID("evt"))
		made[len("evt_000")] = 'z' // a year later at most
		ahead := string(made)
		write(t, d, func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `INSERT INTO events (id, chain, seq, kind, at, actor, subject, audience, particulars, hash) VALUES ($1, '', 1, 'x', 1, '', '', 'team', '{}', '')`, ahead)
			return err
		})
		if err := d.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if next := db.NewID("evt"); next <= ahead {
			t.Errorf("%s is made after %s", next, ahead)
		}
	})
}

func TestMicros(t *testing.T) {
	at := time.Date(2026, 11, 23, 17, 51, 26, 123456000, time.FixedZone("", 3600))
	if got := db.FromMicros(db.Micros(at)); !got.Equal(at) || got.Location() != time.UTC {
		t.Error(got)
	}
}

func TestAfterCommit(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		var said []string
		say := func(tx *db.Tx, what string) { tx.AfterCommit(func() { said = append(said, what+": "+keys(t, d)) }) }
		write(t, d, func(tx *db.Tx) error {
			say(tx, "first")
			say(tx, "second")
			return insert(ctx, tx, "a")
		})
		d.Write(ctx, func(tx *db.Tx) error {
			say(tx, "undone")
			return errors.New("mine")
		})
		if got := strings.Join(said, ", "); got != "first: a, second: a" {
			t.Error(got)
		}
	})
}

// What is to be done soon is done once for all who asked for it: when it was asked for
// often enough, or after a moment. Of what is undone nothing is owed; and what fails takes
// the commit along that it is in, but not those after it.
func TestSoon(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		const count = `INSERT INTO attempts (key, count, first_at, last_at) SELECT 'soon' || COUNT(*), 1, 1, 1 FROM attempts`
		done := func() (n int) {
			if err := d.QueryRow(ctx, `SELECT COUNT(*) FROM attempts WHERE key LIKE 'soon%'`).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		ask := func(tx *db.Tx) error { tx.Soon(count, count); return nil }
		if err := d.Write(ctx, func(tx *db.Tx) error { ask(tx); return errors.New("mine") }); err == nil {
			t.Fatal("it was written")
		}
		for range 2 {
			write(t, d, ask)
		}
		if d.Dialect() == db.SQLite {
			for range 200 {
				if done() > 0 {
					break
				}
				time.Sleep(10 * time.Millisecond)
			}
			time.Sleep(300 * time.Millisecond)
			if n := done(); n != 1 {
				t.Errorf("a moment later it was done %d times", n)
			}
			write(t, d, func(tx *db.Tx) error {
				for range 64 {
					ask(tx)
				}
				return nil
			})
			if n := done(); n != 2 {
				t.Errorf("asked for often, it was done %d times", n)
			}
		} else if n := done(); n != 2 {
			t.Errorf("it was done %d times", n)
		}
		if err := d.Write(ctx, func(tx *db.Tx) error {
			for range 64 {
				tx.Soon(`INSERT INTO attempts (key, count, first_at, last_at) VALUES ('no count', NULL, 1, 1)`)
			}
			return insert(ctx, tx, "a")
		}); err == nil {
			t.Error("what failed is committed")
		}
		write(t, d, func(tx *db.Tx) error { return insert(ctx, tx, "b") })
		if n := done(); n != 2 {
			t.Errorf("it was done %d times", n)
		}
	})
}

// A read that its caller gives up ends soon and harms nobody.
func TestCancelledRead(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		var n int
		began := time.Now()
		err := d.QueryRow(ctx, `WITH RECURSIVE long (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM long WHERE n < 1000000000)
			SELECT COUNT(*) FROM long`).Scan(&n)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("it took %v", took)
		}
		if got := keys(t, d); got != "" {
			t.Errorf("committed: %s", got)
		}
	})
}

// Whoever leaves before PostgreSQL answers leaves the connection as it was, with
// all its plans, and what takes long is ended all the same.
func TestLeavingKeepsTheConnection(t *testing.T) {
	d := dbtest.Open(t, db.PostgreSQL)
	process := func() (pid int) {
		t.Helper()
		if err := d.QueryRow(t.Context(), `SELECT pg_backend_pid()`).Scan(&pid); err != nil {
			t.Fatal(err)
		}
		return pid
	}
	for _, long := range []string{"0.1", "4"} {
		before := process()
		ctx, leave := context.WithTimeout(t.Context(), 20*time.Millisecond)
		began := time.Now()
		var s string
		err := d.QueryRow(ctx, `SELECT CAST(pg_sleep(`+long+`) AS text)`).Scan(&s)
		leave()
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("%s s of work that nobody waits for took %s", long, took)
		}
		if long != "0.1" && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s s: %v", long, err)
		}
		if after := process(); after != before {
			t.Errorf("after leaving %s s of work there is another connection", long)
		}
	}
}

// A commit takes as long as it takes: one whose time is up while it waits for a
// standby is done, and would be said to be kept there. Statements have their limit.
func TestACommitIsNotTimed(t *testing.T) {
	d, err := db.Open(t.Context(), dbtest.URL(t, db.PostgreSQL))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	// On the one connection that writes: what is temporary goes with it.
	write(t, d, func(tx *db.Tx) error {
		for _, q := range []string{
			`CREATE TEMPORARY TABLE limits (at TEXT, is_now TEXT)`,
			`CREATE TEMPORARY TABLE written (n BIGINT)`,
			`CREATE FUNCTION pg_temp.limit_now() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN INSERT INTO limits VALUES (TG_NAME, current_setting('statement_timeout')); RETURN NEW; END $f$`,
			`CREATE TRIGGER statement AFTER INSERT ON written FOR EACH ROW EXECUTE FUNCTION pg_temp.limit_now()`,
			`CREATE CONSTRAINT TRIGGER commit AFTER INSERT ON written DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION pg_temp.limit_now()`,
		} {
			if _, err := tx.Exec(t.Context(), q); err != nil {
				return err
			}
		}
		return nil
	})
	for n := range 2 { // the next statement has its limit again
		write(t, d, func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `INSERT INTO written VALUES ($1)`, n)
			return err
		})
	}
	var commit, statement string
	write(t, d, func(tx *db.Tx) error {
		return tx.QueryRow(t.Context(), `SELECT string_agg(CASE WHEN at = 'commit' THEN is_now END, ''), string_agg(CASE WHEN at = 'statement' THEN is_now END, '') FROM limits`).Scan(&commit, &statement)
	})
	if commit != "00" || statement != "5s5s" {
		t.Errorf("statements may take %s, a commit %s", statement, commit)
	}
}

// A database that was filled, and then lent to somebody empty, is filled again.
func TestFilling(t *testing.T) {
	for _, dialect := range []db.Dialect{db.SQLite, db.PostgreSQL} {
		t.Run(string(dialect), func(t *testing.T) {
			f := dbtest.Filling{Fill: func(d *db.DB) (any, error) {
				return "it", d.Write(context.Background(), func(tx *db.Tx) error { return insert(context.Background(), tx, "filled") })
			}}
			lent := func(name, want string, open func(t *testing.T) *db.DB) {
				t.Run(name, func(t *testing.T) {
					d := open(t)
					if got := keys(t, d); got != want {
						t.Errorf("it holds %q, want %q", got, want)
					}
					write(t, d, func(tx *db.Tx) error { return insert(t.Context(), tx, name) })
				})
			}
			filled := func(t *testing.T) *db.DB { d, _ := f.Open(t, dialect); return d }
			lent("first", "filled", filled)
			lent("empty", "", func(t *testing.T) *db.DB { return dbtest.Open(t, dialect) })
			lent("again", "filled", filled)
			lent("once more", "filled", filled)
		})
	}
}
