// Crash looks for acknowledged work that a crash loses.
//
//	go run ./tools/crash [-kills 50] [-writers 8] [-db postgres://…] [-mutant]
//
// It starts the built binary, on PostgreSQL twice, and lets writers add tasks through
// the JSON API, each with an Idempotency-Key, while a process is killed (SIGKILL) at
// random moments and started again. Whom one process does not answer asks the other. What was answered with success is remembered, with
// fsync, in a file of its own; of what got no answer, half is sent again with
// the same key. In the end
//
//   - what was acknowledged is there exactly once, under the id that was answered,
//   - what was never answered is there at most once,
//   - every task has its event, the chains of events are unbroken, grants are
//     what they are due to be, and the database says of itself that it is whole.
//
// It fails otherwise. With -mutant it removes one acknowledged task before it
// looks, and so has to fail: proof that it would find a loss.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/vitrine-portal/vitrine/internal/built"
	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/portal"
)

func main() {
	log.SetFlags(0)
	kills := flag.Int("kills", 50, "how often a process is killed")
	writers := flag.Int("writers", 8, "how many write at the same time")
	database := flag.String("db", "", "an empty PostgreSQL database; empty: SQLite in a directory of its own")
	mutant := flag.Bool("mutant", false, "lose one acknowledged task on purpose; the tool has to fail")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := crash(ctx, *database, *kills, *writers, *mutant); err != nil {
		log.Fatal("crash: ", err)
	}
}

func crash(ctx context.Context, database string, kills, writers int, mutant bool) error {
	tmp, err := os.MkdirTemp("", "vitrine-crash-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	binary, err := built.Binary(ctx, tmp)
	if err != nil {
		return err
	}
	nodes := 1
	if database == "" {
		database = "sqlite:" + filepath.Join(tmp, "vitrine.db")
	} else {
		nodes = 2
	}
	site, err := setUp(ctx, database)
	if err != nil {
		return fmt.Errorf("set up: %w", err)
	}
	o, err := newOracle(filepath.Join(tmp, "oracle"))
	if err != nil {
		return err
	}
	restarts, err := siege(ctx, binary, tmp, database, nodes, site, o, kills, writers)
	if err != nil {
		return err
	}
	if err := o.reload(); err != nil { // what the file says counts, not what we remember
		return err
	}
	slices.Sort(restarts)
	log.Printf("%d kills, %d tasks acknowledged (%d after sending again), %d never answered; back within %s, median %s",
		kills, len(o.acknowledged), o.again, len(o.unknown), restarts[len(restarts)-1].Round(time.Millisecond), restarts[len(restarts)/2].Round(time.Millisecond))
	if len(o.acknowledged) < kills {
		return fmt.Errorf("only %d tasks were acknowledged: nothing is proven", len(o.acknowledged))
	}
	return judge(ctx, database, o, mutant)
}

// siege lets the writers write while one of the nodes after the other, in no order,
// is killed and started again. It returns how long it took to be back each time.
func siege(ctx context.Context, binary, tmp, database string, nodes int, to site, o *oracle, kills, writers int) (restarts []time.Duration, err error) {
	key := filepath.Join(tmp, "vitrine.key")
	if err := os.WriteFile(key, []byte(strings.Repeat("0123456789abcdef", 4)+"\n"), 0o600); err != nil {
		return nil, err
	}
	ports, servers, bases := make([]int, nodes), make([]*built.Server, nodes), make([]string, nodes)
	start := func(n int) (err error) {
		data := filepath.Join(tmp, fmt.Sprint("node", n))
		if err := os.MkdirAll(data, 0o700); err != nil {
			return err
		}
		servers[n], err = built.StartAt(ctx, ports[n], binary, "serve", data, "VITRINE_DATABASE="+database, "VITRINE_KEY_FILE="+key,
			"VITRINE_STORAGE=disk:"+filepath.Join(tmp, "files"), "VITRINE_LOG_LEVEL=error")
		return err
	}
	defer func() {
		for _, s := range servers {
			if s == nil {
				continue
			}
			if stopErr := s.Stop(); err == nil {
				err = stopErr
			}
		}
	}()
	for n := range nodes {
		if ports[n], err = built.FreePort(); err != nil {
			return nil, err
		}
		if err := start(n); err != nil {
			return nil, err
		}
		bases[n] = servers[n].URL
	}
	writing, cancel := context.WithCancelCause(ctx)
	var wg sync.WaitGroup
	for n := range writers {
		wg.Go(func() {
			if err := write(writing, bases, to, n, o); err != nil {
				cancel(err)
			}
		})
	}
	defer func() {
		cancel(nil)
		wg.Wait()
		if cause := context.Cause(writing); err == nil && cause != nil && cause != context.Canceled {
			err = cause
		}
	}()
	for range kills {
		// Often in the first moments after a start, sometimes in full run.
		select {
		case <-writing.Done():
			return restarts, nil
		case <-time.After(time.Duration(20+rand.ExpFloat64()*200) * time.Millisecond):
		}
		n := rand.IntN(nodes)
		servers[n].Kill()
		servers[n] = nil
		if err := start(n); err != nil {
			return restarts, fmt.Errorf("after a kill: %w", err)
		}
		restarts = append(restarts, servers[n].Started)
	}
	time.Sleep(200 * time.Millisecond)
	return restarts, nil
}

// judge compares what is in the database with what was acknowledged.
func judge(ctx context.Context, database string, o *oracle, mutant bool) error {
	d, err := db.Open(ctx, database)
	if err != nil {
		return err
	}
	defer d.Close()
	if mutant {
		if err := lose(ctx, d, o); err != nil {
			return err
		}
	}
	there, err := tasks(ctx, d)
	if err != nil {
		return err
	}
	var faults []string
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	for title, id := range o.acknowledged {
		switch ids := there[title]; {
		case len(ids) == 0:
			fault("%s was acknowledged as %s and is gone", title, id)
		case len(ids) > 1:
			fault("%s is there %d times", title, len(ids))
		case ids[0] != id:
			fault("%s was acknowledged as %s and is %s", title, id, ids[0])
		}
	}
	for title := range o.unknown {
		if n := len(there[title]); n > 1 {
			fault("%s, which was never answered, is there %d times", title, n)
		}
	}
	total := 0
	for title, ids := range there {
		total += len(ids)
		if o.acknowledged[title] == "" && !o.unknown[title] {
			fault("nobody ever sent %s", title)
		}
	}
	var events, silent int
	if err := d.QueryRow(ctx, `SELECT COUNT(*) FROM events WHERE kind = 'task_added'`).Scan(&events); err != nil {
		return err
	}
	if events != total {
		fault("%d tasks, but %d events of them", total, events)
	}
	if err := d.QueryRow(ctx, `SELECT COUNT(*) FROM tasks t WHERE NOT EXISTS (SELECT 1 FROM events e WHERE e.subject = t.id)`).Scan(&silent); err != nil {
		return err
	}
	if silent > 0 {
		fault("%d tasks have no event", silent)
	}
	if n, err := portal.DerivedDue(ctx, d); err != nil {
		return err
	} else if n > 0 {
		fault("%d grants differ from what is due", n)
	}
	chained, breaks, err := portal.VerifyChains(ctx, d)
	if err != nil {
		return err
	}
	for _, b := range breaks {
		fault("%s", b)
	}
	if d.Dialect() == db.SQLite {
		var whole string
		if err := d.QueryRow(ctx, `SELECT integrity_check FROM pragma_integrity_check LIMIT 1`).Scan(&whole); err != nil {
			return err
		}
		if whole != "ok" {
			fault("SQLite: %s", whole)
		}
	}
	slices.Sort(faults)
	for _, f := range faults[:min(20, len(faults))] {
		log.Print(f)
	}
	if len(faults) > 0 {
		return fmt.Errorf("%d faults", len(faults))
	}
	log.Printf("nothing lost, nothing twice: %d tasks, %d events in unbroken chains", total, chained)
	return nil
}

// tasks are the ids of all tasks by title.
func tasks(ctx context.Context, d *db.DB) (map[string][]string, error) {
	rows, err := d.Query(ctx, `SELECT title, id FROM tasks`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	there := make(map[string][]string)
	for rows.Next() {
		var title, id string
		if err := rows.Scan(&title, &id); err != nil {
			return nil, err
		}
		there[title] = append(there[title], id)
	}
	return there, rows.Err()
}

// lose is the mutant: one acknowledged task is gone.
func lose(ctx context.Context, d *db.DB, o *oracle) error {
	for title, id := range o.acknowledged {
		log.Printf("the mutant takes away %s", title)
		return d.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `DELETE FROM tasks WHERE id = $1`, id)
			return err
		})
	}
	return nil
}
