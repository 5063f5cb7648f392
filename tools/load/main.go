// Load measures what pages cost.
//
//	go run ./tools/load [-projects 100] [-tasks 50] [-events 10000] [-scale 1]
//	                    [-db postgres://…] [-time 5s]
//
// It fills an empty database, starts the built binary on it and asks for whole
// pages over loopback, as one client person, over 1 and over 16 connections. In
// turns with the server, a process of its own asks the portal for what the pages
// read, on a copy of the database: their SQL alone. It prints a table in
// Markdown.
//
// A ratio is the median of short rounds that alternate, so that what else the
// machine does falls on both. Processor time is what the kernel counts for the
// process that answers; who asks is not in it.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net/netip"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/built"
	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/portal"
)

func main() {
	log.SetFlags(0)
	projects := flag.Int("projects", 100, "projects, ten to a client")
	tasks := flag.Int("tasks", 50, "tasks in each project")
	events := flag.Int("events", 10_000, "events in all")
	scale := flag.Int("scale", 1, "times as many projects and events")
	database := flag.String("db", "", "an empty PostgreSQL database; empty: SQLite in a directory of its own")
	length := flag.Duration("time", 5*time.Second, "how long each figure is measured, in rounds")
	as := flag.String("as", "", `be "bare", the plain server that is compared with, or "reads", the SQL alone (used by the tool itself)`)
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	switch *as {
	case "bare":
		err = bare(os.Stdin, os.Stdout)
	case "reads":
		err = answerReads(ctx, *database, os.Stdin, os.Stdout)
	default:
		err = load(ctx, *database, volume{*projects * *scale, *tasks, *events * *scale}, *length)
	}
	if err != nil {
		log.Fatal("load: ", err)
	}
}

// connections are how many ask at the same time.
var connections = []int{1, 16}

// rounds are how often a page and its SQL take turns.
const rounds = 5

// A line of the table: a result for each of connections.
type line struct {
	name    string
	results []result
}

func load(ctx context.Context, database string, v volume, length time.Duration) error {
	tmp, err := os.MkdirTemp("", "vitrine-load-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	binary, err := built.Binary(ctx, tmp)
	if err != nil {
		return err
	}
	data := filepath.Join(tmp, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		return err
	}
	second := database // of the reads
	if database == "" {
		file := filepath.Join(data, "vitrine.db")
		database, second = "sqlite:"+file, "sqlite:"+filepath.Join(tmp, "reads.db")
	}

	log.Printf("filling: %d projects, %d tasks, %d events", v.projects, v.projects*v.tasks, v.events)
	began := time.Now()
	f, err := prepare(ctx, database, v)
	if err != nil {
		return err
	}
	if second != database {
		if err := copyFile(strings.TrimPrefix(second, "sqlite:"), strings.TrimPrefix(database, "sqlite:")); err != nil {
			return err
		}
	}
	log.Printf("filled in %s", time.Since(began).Round(time.Second))

	reader, err := startReads(ctx, second, f)
	if err != nil {
		return err
	}
	defer reader.stop()
	base, err := measureBare(ctx, length)
	if err != nil {
		return err
	}
	s, starts, err := start(ctx, binary, data, database)
	if err != nil {
		return err
	}
	defer s.Stop()
	idle, err := s.RSS()
	if err != nil {
		return err
	}
	what := pagesOf(f)
	wholes, reads := make([]line, len(what)), make([]line, len(what))
	ratios := make([]string, len(what))
	for i, p := range what {
		wholes[i].name, reads[i].name = p.name, "its SQL alone"
		for _, n := range connections {
			whole, sql, err := turns(ctx, s, reader, i, p.path, f.Token, n, length)
			if err != nil {
				return fmt.Errorf("%s: %w\n%s", p.name, err, s.Output())
			}
			ratios[i] += fmt.Sprintf("; at %d: %s", n, ratio(whole, sql))
			wholes[i].results = append(wholes[i].results, merge(whole))
			reads[i].results = append(reads[i].results, merge(sql))
		}
	}
	busy, err := s.RSS()
	if err != nil {
		return err
	}
	size, err := os.Stat(binary)
	if err != nil {
		return err
	}

	fmt.Printf("\n%d projects, %d tasks, %d events; %s\n\n", v.projects, v.projects*v.tasks, v.events, strings.SplitN(database, ":", 2)[0])
	fmt.Println("| | requests/s ×1 | p50 | p99 | processor | requests/s ×16 | p50 | p99 | processor | of a bare handler | body |")
	fmt.Println("|---|---|---|---|---|---|---|---|---|---|---|")
	show := func(l line) {
		size := ""
		if n := l.results[1].bytes; n > 0 {
			size = fmt.Sprintf("%.0f KB", float64(n)/1000)
		}
		fmt.Printf("| %s |", l.name)
		for _, r := range l.results {
			fmt.Printf(" %.0f | %s | %s | %d µs |", r.perSecond(), ms(r.part(50)), ms(r.part(99)), r.cost().Microseconds())
		}
		fmt.Printf(" %.0f %% | %s |\n", 100*l.results[1].perSecond()/base.results[1].perSecond(), size)
	}
	show(base)
	for i := range wholes {
		show(wholes[i])
		show(reads[i])
	}
	fmt.Println()
	for i, p := range what {
		fmt.Printf("%s, the whole against its SQL%s\n", p.name, ratios[i])
	}
	slices.Sort(starts)
	fmt.Printf("memory: %d MB idle, %d MB after the load; start to first answer: %s (median of %d); binary: %.1f MB\n",
		idle>>20, busy>>20, ms(starts[len(starts)/2]), len(starts), float64(size.Size())/1e6)
	return nil
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }

// turns measures a page and its SQL in turns, a round each, after a round of
// both to warm up.
func turns(ctx context.Context, s *built.Server, reader *process, page int, path, token string, n int, length time.Duration) (whole, sql []result, err error) {
	length /= rounds
	for i := range rounds + 1 {
		w, err := counted(s.CPU, func() (result, error) { return pages(ctx, s.URL, path, "sid="+token, n, length) })
		if err != nil {
			return nil, nil, err
		}
		q, err := counted(reader.cpu, func() (result, error) { return reader.ask(reading{page, n, length}) })
		if err != nil {
			return nil, nil, err
		}
		if i > 0 {
			whole, sql = append(whole, w), append(sql, q)
		}
	}
	return whole, sql, nil
}

// ratio says how many times its SQL a page costs: by how many are answered in a
// second, and by the processor time of who answers.
func ratio(whole, sql []result) string {
	var rate, cost []float64
	for i := range whole {
		rate = append(rate, sql[i].perSecond()/whole[i].perSecond())
		cost = append(cost, float64(whole[i].cost())/float64(sql[i].cost()))
	}
	slices.Sort(rate)
	slices.Sort(cost)
	middle, last := len(rate)/2, len(rate)-1
	return fmt.Sprintf("%.2f times by rate (%.2f–%.2f), %.2f by processor (%.2f–%.2f)", rate[middle], rate[0], rate[last], cost[middle], cost[0], cost[last])
}

// prepare fills the database and signs the person in.
func prepare(ctx context.Context, database string, v volume) (filled, error) {
	d, err := db.Open(ctx, database)
	if err != nil {
		return filled{}, err
	}
	defer d.Close()
	if err := d.Migrate(ctx); err != nil {
		return filled{}, err
	}
	f, err := fill(ctx, d, v)
	if err != nil {
		return f, err
	}
	if d.Dialect() == db.PostgreSQL {
		if err := analyze(ctx, d); err != nil {
			return f, err
		}
	}
	_, accounts := portal.New(d, portal.Options{Key: key})
	_, f.Token, err = accounts.SignIn(ctx, account.SignIn{Email: email, Password: password, Address: netip.MustParseAddr("127.0.0.1")})
	return f, err
}

// key is of no use to anybody: nothing that is measured derives a link.
var key = []byte("0123456789abcdef0123456789abcdef")

// analyze makes PostgreSQL look at what was filled in, as it does by itself
// after a while.
func analyze(ctx context.Context, d *db.DB) error {
	return d.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `ANALYZE`)
		return err
	})
}

// start starts the program five times and keeps the last.
func start(ctx context.Context, binary, data, database string) (s *built.Server, took []time.Duration, err error) {
	for i := range 5 {
		if i > 0 {
			if err := s.Stop(); err != nil {
				return nil, nil, err
			}
		}
		if s, err = built.Start(ctx, binary, "serve", data, "VITRINE_DATABASE="+database); err != nil {
			return nil, nil, err
		}
		took = append(took, s.Started)
	}
	time.Sleep(2 * time.Second) // to come to rest
	return s, took, nil
}

func copyFile(to, from string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o600)
}

// measureBare measures a process that does nothing but answer.
func measureBare(ctx context.Context, length time.Duration) (line, error) {
	l := line{name: "bare net/http, 30 KB"}
	p, err := startSelf(ctx, "-as", "bare")
	if err != nil {
		return l, err
	}
	defer p.stop()
	address, err := p.out.ReadString('\n')
	if err != nil {
		return l, err
	}
	for _, n := range connections {
		r, err := counted(p.cpu, func() (result, error) { return pages(ctx, strings.TrimSpace(address), "/", "", n, length) })
		if err != nil {
			return l, err
		}
		l.results = append(l.results, r)
	}
	return l, nil
}
