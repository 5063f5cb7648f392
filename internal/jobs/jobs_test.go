package jobs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/db/dbtest"
	"github.com/vitrine-portal/vitrine/internal/jobs"
)

type lockedBuffer struct {
	sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.Lock()
	defer b.Unlock()
	return b.Buffer.Write(p)
}

// open returns a queue that is migrated and stops with the test.
func open(t *testing.T, d *db.DB) (*jobs.Jobs, *lockedBuffer) {
	t.Helper()
	logged := &lockedBuffer{}
	j, err := jobs.New(d, slog.New(slog.NewTextHandler(logged, nil)))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := j.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if err := j.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return j, logged
}

func start(t *testing.T, j *jobs.Jobs) {
	t.Helper()
	if err := j.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func drain(t *testing.T, j *jobs.Jobs) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := j.Drain(ctx); err != nil {
		t.Fatal(err)
	}
}

func enqueue(t *testing.T, d *db.DB, j *jobs.Jobs, kind string, args any, opts ...jobs.Option) {
	t.Helper()
	if err := d.Write(t.Context(), func(tx *db.Tx) error {
		return j.Enqueue(t.Context(), tx, kind, args, opts...)
	}); err != nil {
		t.Fatal(err)
	}
}

func TestJobsRunWithTheirArguments(t *testing.T) {
	type args struct{ ID string }
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		j, _ := open(t, d)
		var got sync.Map
		jobs.Handle(j, "greet", func(ctx context.Context, a args) error {
			got.Store(a.ID, true)
			// A handler writes while the queue works on the same database.
			return d.Write(ctx, func(tx *db.Tx) error {
				_, err := tx.Exec(ctx, `INSERT INTO attempts (key, count, first_at, last_at) VALUES ($1, 1, 1, 1)`, a.ID)
				return err
			})
		})
		enqueue(t, d, j, "greet", args{"before"})
		start(t, j)
		for i := range 20 {
			enqueue(t, d, j, "greet", args{fmt.Sprint(i)})
		}
		drain(t, j)
		n := 0
		got.Range(func(any, any) bool { n++; return true })
		if n != 21 {
			t.Errorf("%d jobs ran, want 21", n)
		}
		if err := d.QueryRow(t.Context(), `SELECT COUNT(*) FROM attempts`).Scan(&n); err != nil || n != 21 {
			t.Errorf("%d rows, %v", n, err)
		}
	})
}

func TestJobOfAFailedTransactionDoesNotRun(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		j, _ := open(t, d)
		var ran atomic.Int64
		jobs.Handle(j, "count", func(context.Context, int) error { ran.Add(1); return nil })
		start(t, j)
		mine := errors.New("mine")
		if err := d.Write(t.Context(), func(tx *db.Tx) error {
			if err := j.Enqueue(t.Context(), tx, "count", 1); err != nil {
				return err
			}
			return mine
		}); err != mine {
			t.Fatal(err)
		}
		enqueue(t, d, j, "count", 2)
		drain(t, j)
		if ran.Load() != 1 {
			t.Errorf("%d jobs ran", ran.Load())
		}
	})
}

func TestUnknownKind(t *testing.T) {
	d := dbtest.Open(t, db.SQLite)
	j, _ := open(t, d)
	jobs.Handle(j, "known", func(context.Context, int) error { return nil })
	if err := d.Write(t.Context(), func(tx *db.Tx) error { return j.Enqueue(t.Context(), tx, "unknown", 1) }); err == nil {
		t.Error("it was taken")
	}
}

func TestUniqueAndLater(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		j, _ := open(t, d)
		var ran, later atomic.Int64
		jobs.Handle(j, "once", func(context.Context, string) error { ran.Add(1); return nil })
		jobs.Handle(j, "later", func(context.Context, any) error { later.Add(1); return nil })
		for range 3 {
			enqueue(t, d, j, "once", "a", jobs.Unique())
		}
		enqueue(t, d, j, "once", "b", jobs.Unique())
		enqueue(t, d, j, "later", nil, jobs.At(time.Now().Add(time.Hour)))
		enqueue(t, d, j, "later", nil, jobs.At(time.Now().Add(-time.Hour)))
		start(t, j)
		drain(t, j)
		if ran.Load() != 2 || later.Load() != 1 {
			t.Errorf("%d unique jobs and %d late ones ran", ran.Load(), later.Load())
		}
		enqueue(t, d, j, "once", "a", jobs.Unique())
		drain(t, j)
		if ran.Load() != 3 {
			t.Errorf("after the first was done, %d ran", ran.Load())
		}
	})
}

// Jobs of a kind that runs alone wait for each other, and nobody for them.
func TestAlone(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		j, _ := open(t, d)
		var running, together atomic.Int64
		began, end, others := make(chan bool, 9), make(chan bool), make(chan bool, 9)
		jobs.Handle(j, "long", func(context.Context, int) error {
			if running.Add(1) > 1 {
				together.Add(1)
			}
			began <- true
			<-end
			running.Add(-1)
			return nil
		}, jobs.Alone())
		jobs.Handle(j, "short", func(context.Context, int) error { others <- true; return nil })
		start(t, j)
		for i := range 9 {
			enqueue(t, d, j, "long", i)
		}
		<-began
		enqueue(t, d, j, "short", 1)
		select {
		case <-others:
		case <-time.After(20 * time.Second):
			t.Error("a short job waits for long ones")
		}
		close(end)
		drain(t, j)
		if together.Load() != 0 {
			t.Errorf("%d ran beside another", together.Load())
		}
	})
}

// Jobs behind another kind run one at a time with its jobs, once none of those waits.
func TestBehind(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		j, _ := open(t, d)
		var mu sync.Mutex
		var order []string
		var running, together atomic.Int64
		began, first := make(chan bool), make(chan bool)
		do := func(name string) func(context.Context, int) error {
			return func(_ context.Context, n int) error {
				if running.Add(1) > 1 {
					together.Add(1)
				}
				defer running.Add(-1)
				if name == "rest" && n == 0 {
					close(began)
					<-first
				}
				mu.Lock()
				defer mu.Unlock()
				order = append(order, name)
				return nil
			}
		}
		jobs.Handle(j, "rest", do("rest"), jobs.Behind("look"))
		jobs.Handle(j, "look", do("look"), jobs.Alone())
		for i := range 3 {
			enqueue(t, d, j, "rest", i)
		}
		start(t, j)
		<-began
		for i := range 3 {
			enqueue(t, d, j, "look", i)
		}
		close(first)
		drain(t, j)
		if got := strings.Join(order, " "); got != "rest look look look rest rest" || together.Load() != 0 {
			t.Errorf("they ran %s, %d beside another", got, together.Load())
		}
	})
}

func TestFailures(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		j, logged := open(t, d)
		var tries, panics atomic.Int64
		again := make(chan bool)
		jobs.Handle(j, "fails_once", func(context.Context, string) error {
			if tries.Add(1) == 1 {
				return errors.New("no answer from ana@secret.example")
			}
			close(again)
			return nil
		})
		jobs.Handle(j, "panics", func(context.Context, string) error {
			panics.Add(1)
			panic("secret")
		}, jobs.MaxAttempts(1))
		start(t, j)
		enqueue(t, d, j, "fails_once", "secret")
		enqueue(t, d, j, "panics", "secret")
		select {
		case <-again:
		case <-time.After(20 * time.Second):
			t.Fatal("it was not tried again")
		}
		drain(t, j)
		if panics.Load() != 1 {
			t.Errorf("the panicking job ran %d times", panics.Load())
		}
		logged.Lock()
		defer logged.Unlock()
		text := logged.String()
		if strings.Contains(text, "secret") {
			t.Errorf("the log quotes: %s", text)
		}
		for _, want := range []string{`level=WARN msg="job failed" kind=fails_once`, `level=ERROR msg="job panicked" kind=panics`} {
			if !strings.Contains(text, want) {
				t.Errorf("the log lacks %s: %s", want, text)
			}
		}
	})
}

func TestEvery(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		j, _ := open(t, d)
		ran := make(chan bool, 100)
		j.Every("tick", time.Second, func(context.Context) error { ran <- true; return nil })
		start(t, j)
		for range 2 {
			select {
			case <-ran:
			case <-time.After(20 * time.Second):
				t.Fatal("it did not run")
			}
		}
	})
}

// A job that a killed process was running runs again at the next start,
// unless it was running at very many such ends.
func TestTakeBack(t *testing.T) {
	d := dbtest.Open(t, db.SQLite)
	j, _ := open(t, d)
	var ran sync.Map
	jobs.Handle(j, "once", func(_ context.Context, name string) error { ran.Store(name, true); return nil }, jobs.MaxAttempts(1))
	for name, attempt := range map[string]int{"innocent": 1, "deadly": 24} {
		enqueue(t, d, j, "once", name)
		if err := d.Write(t.Context(), func(tx *db.Tx) error {
			n, err := tx.Exec(t.Context(), `UPDATE river_job SET state = 'running', attempt = $1 WHERE state = 'available'`, attempt)
			if n != 1 {
				t.Errorf("%d jobs", n)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	start(t, j)
	drain(t, j)
	if _, ok := ran.Load("innocent"); !ok {
		t.Error("the innocent one did not run")
	}
	if _, ok := ran.Load("deadly"); ok {
		t.Error("the deadly one ran")
	}
}

// T228: what a node was doing when it died is done by another, once, when it is long
// over that it may have taken; what may still be done by a node that lives is left to it.
func TestDeadNode(t *testing.T) {
	d := dbtest.Open(t, db.PostgreSQL)
	var mu sync.Mutex
	ran := map[string]int{}
	do := func(_ context.Context, name string) error {
		mu.Lock()
		defer mu.Unlock()
		ran[name]++
		return nil
	}
	var nodes []*jobs.Jobs
	for range 2 {
		j, _ := open(t, d)
		jobs.Handle(j, "short", do)
		jobs.Handle(j, "long", do, jobs.Within(10*time.Minute))
		nodes = append(nodes, j)
	}
	exec := func(q string, args ...any) {
		t.Helper()
		if err := d.Write(t.Context(), func(tx *db.Tx) error {
			n, err := tx.Exec(t.Context(), q, args...)
			if err == nil && n != 1 {
				t.Errorf("%d jobs", n)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	dead := []string{"one", "two", "three", "four", "five"}
	for _, name := range append(dead, "short, lives", "long, lives") {
		kind, ago := "short", 6*60
		switch name {
		case "short, lives":
			ago = 4 * 60
		case "long, lives":
			kind = "long"
		}
		enqueue(t, d, nodes[0], kind, name)
		exec(`UPDATE river_job SET state = 'running', attempt = 1, attempted_by = '{another}', attempted_at = now() - $1 * interval '1 second' WHERE state = 'available'`, ago)
	}
	for _, j := range nodes {
		start(t, j)
	}
	states := func() (all string) {
		t.Helper()
		rows, err := d.Query(t.Context(), `SELECT state || ' ' || COUNT(*) FROM river_job WHERE kind IN ('short', 'long') GROUP BY state ORDER BY 1`)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var s string
			if err := rows.Scan(&s); err != nil {
				t.Fatal(err)
			}
			all += s + ","
		}
		return all
	}
	const want = "completed 5,running 2,"
	for end := time.Now().Add(time.Minute); states() != want && time.Now().Before(end); {
		time.Sleep(50 * time.Millisecond)
	}
	if got := states(); got != want {
		t.Errorf("the jobs are %s want %s", got, want)
	}
	mu.Lock()
	defer mu.Unlock()
	for _, name := range dead {
		if ran[name] != 1 {
			t.Errorf("%s ran %d times", name, ran[name])
		}
	}
	if len(ran) != len(dead) {
		t.Errorf("ran are %v", ran)
	}
}

// Nodes that start together migrate once.
func TestMigrateTogether(t *testing.T) {
	address, err := url.Parse(dbtest.URL(t, db.PostgreSQL))
	if err != nil {
		t.Fatal(err)
	}
	params := address.Query()
	params.Set("search_path", "fresh")
	address.RawQuery = params.Encode()
	d, err := db.Open(t.Context(), address.String())
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := d.SQL().Exec(`CREATE SCHEMA fresh`); err != nil {
		t.Fatal(err)
	}
	defer d.SQL().Exec(`DROP SCHEMA fresh CASCADE`)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if err := d.Migrate(t.Context()); err != nil {
				t.Error(err)
			}
			j, err := jobs.New(d, slog.New(slog.DiscardHandler))
			if err == nil {
				err = j.Migrate(t.Context())
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	var n int
	if err := d.QueryRow(t.Context(), `SELECT COUNT(*) FROM fresh.river_job`).Scan(&n); err != nil {
		t.Error(err)
	}
}

func TestStopWaits(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		j, _ := open(t, d)
		began := make(chan bool)
		var ended atomic.Bool
		jobs.Handle(j, "slow", func(context.Context, any) error {
			close(began)
			time.Sleep(300 * time.Millisecond)
			ended.Store(true)
			return nil
		})
		start(t, j)
		enqueue(t, d, j, "slow", nil)
		<-began
		if err := j.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !ended.Load() {
			t.Error("Stop did not wait")
		}
	})
}
