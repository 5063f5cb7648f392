package jobs_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/db/dbtest"
	"github.com/vitrine-portal/vitrine/internal/jobs"
)

// T228: what a killed node was doing, others do within half a minute, each job once,
// also one that had its last try; what a node that lives is doing is left to it. Of
// the fifty kills in the middle of requests see tools/crash, which ./check runs on two.
func TestKilledNode(t *testing.T) {
	const each = 3
	if url := os.Getenv("JOBSTEST_NODE"); url != "" {
		d, err := db.Open(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		j, _ := open(t, d)
		jobs.Handle(j, "work", func(ctx context.Context, name string) error {
			fmt.Println("began", name)
			<-ctx.Done()
			return ctx.Err()
		}, jobs.MaxAttempts(1))
		start(t, j)
		time.Sleep(time.Minute) // it is killed long before
		return
	}
	url := dbtest.URL(t, db.PostgreSQL)
	d, err := db.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	open(t, d)

	cmd := exec.Command(os.Args[0], "-test.run=^TestKilledNode$")
	cmd.Env = append(os.Environ(), "JOBSTEST_NODE="+url)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	overdue := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
	defer overdue.Stop()
	put, _ := open(t, d) // puts them down, and runs none
	for n := range each {
		enqueue(t, d, put, "work", fmt.Sprint(n))
	}
	began := 0
	for lines := bufio.NewScanner(out); began < each && lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "began ") {
			began++
		}
	}
	if began < each {
		t.Fatalf("%d of its jobs began", began)
	}

	var ran, kept atomic.Int32
	hold := make(chan bool)
	node := func() {
		j, _ := open(t, d)
		jobs.Handle(j, "work", func(_ context.Context, name string) error {
			if name == "of one that lives" {
				kept.Add(1)
				<-hold
				return nil
			}
			ran.Add(1)
			return nil
		}, jobs.MaxAttempts(1))
		start(t, j)
	}
	node()
	enqueue(t, d, put, "work", "of one that lives")
	for end := time.Now().Add(20 * time.Second); kept.Load() == 0 && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	node()
	if ran.Load() != 0 {
		t.Fatal("its jobs were taken while it lived")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	killed := time.Now()
	cmd.Wait()
	for ran.Load() < each && time.Since(killed) < 30*time.Second {
		time.Sleep(20 * time.Millisecond)
	}
	took := time.Since(killed)
	time.Sleep(2 * time.Second)
	if n := ran.Load(); n != each || took > 30*time.Second {
		t.Errorf("%d of %d were run after %v", n, each, took)
	}
	if n := kept.Load(); n != 1 {
		t.Errorf("what a living node does began %d times", n)
	}
	close(hold)
	drain(t, put)
	var done int
	if err := d.QueryRow(t.Context(), `SELECT COUNT(*) FROM river_job WHERE kind = 'work' AND state = 'completed'`).Scan(&done); err != nil || done != each+1 {
		t.Errorf("%d are done, %v", done, err)
	}
}

// A node whose connection ends takes its lock again, and nobody takes its jobs.
func TestNodeLosesItsConnection(t *testing.T) {
	d := dbtest.Open(t, db.PostgreSQL)
	var ran atomic.Int32
	hold := make(chan bool)
	for range 2 {
		j, _ := open(t, d)
		jobs.Handle(j, "work", func(context.Context, string) error { ran.Add(1); <-hold; return nil })
		start(t, j)
		if ran.Load() == 0 {
			enqueue(t, d, j, "work", "long")
			for end := time.Now().Add(20 * time.Second); ran.Load() == 0 && time.Now().Before(end); {
				time.Sleep(10 * time.Millisecond)
			}
		}
	}
	held := func() (n int) {
		if err := d.QueryRow(t.Context(), `SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 7630024 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := held(); n != 2 {
		t.Fatalf("%d nodes", n)
	}
	// Each is waited for: they hold their locks for a moment after they are told to end.
	if _, err := d.SQL().Exec(`SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory' AND classid = 7630024 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); held() != 2 && time.Now().Before(end); {
		time.Sleep(50 * time.Millisecond)
	}
	if n := held(); n != 2 {
		t.Errorf("%d nodes hold their locks again", n)
	}
	time.Sleep(14 * time.Second) // two looks
	if n := ran.Load(); n != 1 {
		t.Errorf("it ran %d times", n)
	}
	close(hold)
}
