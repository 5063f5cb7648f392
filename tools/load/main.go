// Load measures what pages cost.
//
//	go run ./tools/load [-projects 100] [-tasks 50] [-events 10000] [-scale 1]
//	                    [-db postgres://…] [-time 5s]
//
// It fills an empty database, asks the portal in its own process for what the
// pages read (SQL alone), then starts the built binary on that database and asks
// for whole pages over loopback, as one client person, over 1 and over 16
// connections. It prints a table in Markdown.
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"net/netip"
	"os"
	"os/exec"
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
	length := flag.Duration("time", 5*time.Second, "how long each figure is measured")
	plain := flag.Bool("bare", false, "be the plain server that is compared with (used by the tool itself)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	if *plain {
		err = bare(os.Stdin, os.Stdout)
	} else {
		err = load(ctx, *database, volume{*projects * *scale, *tasks, *events * *scale}, *length)
	}
	if err != nil {
		log.Fatal("load: ", err)
	}
}

// connections are how many ask at the same time.
var connections = []int{1, 16}

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
	if database == "" {
		database = "sqlite:" + filepath.Join(data, "vitrine.db")
	}

	log.Printf("filling: %d projects, %d tasks, %d events", v.projects, v.projects*v.tasks, v.events)
	began := time.Now()
	what, token, reads, err := prepare(ctx, database, v, length)
	if err != nil {
		return err
	}
	log.Printf("filled and read in %s; now the pages", time.Since(began).Round(time.Second))

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
	wholes := make([]line, 0, len(what))
	for _, p := range what {
		l := line{name: p.name}
		for _, n := range connections {
			r, err := pages(ctx, s.URL, p.path, "sid="+token, n, length)
			if err != nil {
				return fmt.Errorf("%w\n%s", err, s.Output())
			}
			l.results = append(l.results, r)
		}
		wholes = append(wholes, l)
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
	fmt.Println("| | requests/s ×1 | p50 | p99 | requests/s ×16 | p50 | p99 | of a bare handler | body |")
	fmt.Println("|---|---|---|---|---|---|---|---|---|")
	show := func(l line) {
		one, many := l.results[0], l.results[1]
		size := ""
		if many.bytes > 0 {
			size = fmt.Sprintf("%.0f KB", float64(many.bytes)/1000)
		}
		fmt.Printf("| %s | %.0f | %s | %s | %.0f | %s | %s | %.0f %% | %s |\n", l.name, one.perSecond, ms(one.p50), ms(one.p99),
			many.perSecond, ms(many.p50), ms(many.p99), 100*many.perSecond/base.results[1].perSecond, size)
	}
	show(base)
	for i := range wholes {
		show(wholes[i])
		show(reads[i])
	}
	fmt.Println()
	for i, p := range what {
		fmt.Printf("%s: the whole page costs %.2f times its SQL at 1, %.2f times at 16\n", p.name,
			reads[i].results[0].perSecond/wholes[i].results[0].perSecond, reads[i].results[1].perSecond/wholes[i].results[1].perSecond)
	}
	slices.Sort(starts)
	fmt.Printf("memory: %d MB idle, %d MB after the load; start to first answer: %s (median of %d); binary: %.1f MB\n",
		idle>>20, busy>>20, ms(starts[len(starts)/2]), len(starts), float64(size.Size())/1e6)
	return nil
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }

// prepare fills the database, signs the person in, and measures the reads of
// each page in this process.
func prepare(ctx context.Context, database string, v volume, length time.Duration) (what []page, token string, reads []line, err error) {
	d, err := db.Open(ctx, database)
	if err != nil {
		return nil, "", nil, err
	}
	defer d.Close()
	if err := d.Migrate(ctx); err != nil {
		return nil, "", nil, err
	}
	f, err := fill(ctx, d, v)
	if err != nil {
		return nil, "", nil, err
	}
	if d.Dialect() == db.PostgreSQL {
		if err := analyze(ctx, d); err != nil {
			return nil, "", nil, err
		}
	}
	p, accounts := portal.New(d, portal.Options{Key: []byte("0123456789abcdef0123456789abcdef")})
	_, token, err = accounts.SignIn(ctx, account.SignIn{Email: email, Password: password, Address: netip.MustParseAddr("127.0.0.1")})
	if err != nil {
		return nil, "", nil, err
	}
	me := p.As(portal.PersonActor(f.person))
	what = pagesOf(f)
	for _, pg := range what {
		all := append(visitReads(p, accounts, token), pg.reads...)
		if err := timings(ctx, pg.name, me, all); err != nil {
			return nil, "", nil, err
		}
		l := line{name: "its SQL alone"}
		for _, n := range connections {
			r, err := repeat(ctx, n, length, func(int) error {
				for _, r := range all {
					if err := r.do(ctx, me); err != nil {
						return fmt.Errorf("%s: %w", r.name, err)
					}
				}
				return nil
			})
			if err != nil {
				return nil, "", nil, fmt.Errorf("%s: %w", pg.name, err)
			}
			l.results = append(l.results, r)
		}
		reads = append(reads, l)
	}
	return what, token, reads, nil
}

// timings says what each read takes when nothing else runs.
func timings(ctx context.Context, page string, me *portal.Scope, all []read) error {
	text := page + ", µs:"
	for _, r := range all {
		took := make([]time.Duration, 50)
		for i := range took {
			began := time.Now()
			if err := r.do(ctx, me); err != nil {
				return fmt.Errorf("%s: %w", r.name, err)
			}
			took[i] = time.Since(began)
		}
		slices.Sort(took)
		text += fmt.Sprintf(" %s %d", r.name, took[len(took)/2].Microseconds())
	}
	log.Print(text)
	return nil
}

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

// measureBare measures a process that does nothing but answer.
func measureBare(ctx context.Context, length time.Duration) (line, error) {
	l := line{name: "bare net/http, 30 KB"}
	self, err := os.Executable()
	if err != nil {
		return l, err
	}
	cmd := exec.CommandContext(ctx, self, "-bare")
	in, err := cmd.StdinPipe()
	if err != nil {
		return l, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return l, err
	}
	if err := cmd.Start(); err != nil {
		return l, err
	}
	defer func() { in.Close(); cmd.Wait() }()
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil && err != io.EOF {
		return l, err
	}
	for _, n := range connections {
		r, err := pages(ctx, strings.TrimSpace(address), "/", "", n, length)
		if err != nil {
			return l, err
		}
		l.results = append(l.results, r)
	}
	return l, nil
}
