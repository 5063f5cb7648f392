// Live measures the streams of pages that are open.
//
//	go run ./tools/live [-listeners 500] [-messages 50] [-idle 10000] [-db postgres://…]
//
// It fills an empty database with a client of many people, starts the built
// binary on it and opens a stream for each of them; then somebody of the team
// says something in a conversation that all may read, over the API, over and
// over, and the time is taken until each stream has told of it. Beside the
// server, in turns, a plain one passes a line on to as many streams, asking
// nobody what they may see. At last it opens streams on which nothing happens,
// ten of each person, and looks at the memory. It prints a table in Markdown.
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/built"
)

func main() {
	log.SetFlags(0)
	listeners := flag.Int("listeners", 500, "streams that are told")
	messages := flag.Int("messages", 50, "messages that they are told of")
	idle := flag.Int("idle", 10_000, "streams on which nothing happens")
	database := flag.String("db", "", "an empty PostgreSQL database; empty: SQLite in a directory of its own")
	plain := flag.Bool("plain", false, "be the plain server (used by the tool itself)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	if *plain {
		err = servePlain(os.Stdin, os.Stdout)
	} else {
		err = measure(ctx, *database, *listeners, *messages, *idle)
	}
	if err != nil {
		log.Fatal("live: ", err)
	}
}

// streamsEach is how many streams one person may have.
const streamsEach = 10

func measure(ctx context.Context, database string, listeners, messages, idle int) error {
	tmp, err := os.MkdirTemp("", "vitrine-live-")
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
	people := max(listeners, (idle+streamsEach-1)/streamsEach)
	log.Printf("filling: a client of %d people", people)
	f, err := fill(ctx, database, people)
	if err != nil {
		return err
	}
	s, err := built.Start(ctx, binary, "serve", data, "VITRINE_DATABASE="+database)
	if err != nil {
		return err
	}
	defer s.Stop()
	bare, stopBare, err := startPlain(ctx)
	if err != nil {
		return err
	}
	defer stopBare()

	ours := crowd{site: s.URL, path: "/live", post: s.URL + "/api/conversations/" + string(f.Thread) + "/messages", token: f.APIToken}
	theirs := crowd{site: bare, path: "/live", post: bare + "/post"}
	for i := range listeners {
		ours.cookies = append(ours.cookies, "sid="+f.Sessions[i])
		theirs.cookies = append(theirs.cookies, "")
	}
	var tables []told
	for _, c := range []*crowd{&ours, &theirs} {
		if err := c.open(ctx); err != nil {
			return fmt.Errorf("opening streams: %w\n%s", err, s.Output())
		}
		defer c.close()
		tables = append(tables, told{})
	}
	for range messages {
		for i, c := range []*crowd{&ours, &theirs} {
			if err := c.say(ctx, &tables[i]); err != nil {
				return fmt.Errorf("%w\n%s", err, s.Output())
			}
		}
	}
	fmt.Printf("\n%d messages to %d streams; %s\n\n", messages, listeners, strings.SplitN(database, ":", 2)[0])
	fmt.Println("| | answered, p50 | p99 | told, p50 | p99 | the last |")
	fmt.Println("|---|---|---|---|---|---|")
	for i, name := range []string{"Vitrine", "a plain server"} {
		fmt.Printf("| %s | %s | %s | %s | %s | %s |\n", name, part(tables[i].answered, 50), part(tables[i].answered, 99),
			part(tables[i].told, 50), part(tables[i].told, 99), part(tables[i].told, 100))
	}
	ours.close()
	theirs.close()
	return rest(ctx, s, f, idle)
}

// rest opens streams on which nothing happens and says what they hold.
func rest(ctx context.Context, s *built.Server, f filled, n int) error {
	time.Sleep(2 * time.Second)
	before, err := s.RSS()
	if err != nil {
		return err
	}
	c := crowd{site: s.URL, path: "/live"}
	for i := range n {
		c.cookies = append(c.cookies, "sid="+f.Sessions[i/streamsEach])
	}
	began := time.Now()
	if err := c.open(ctx); err != nil {
		return fmt.Errorf("opening idle streams: %w\n%s", err, s.Output())
	}
	defer c.close()
	opened := time.Since(began)
	cpu, err := s.CPU()
	if err != nil {
		return err
	}
	const beats = 45 * time.Second // more than two heartbeats
	time.Sleep(beats)
	after, err := s.RSS()
	if err != nil {
		return err
	}
	spent, err := s.CPU()
	if err != nil {
		return err
	}
	fmt.Printf("\n%d idle streams of %d people: opened in %.1f s; memory %d MB before, %d MB after two heartbeats, which took %.0f %% of a processor; %d were ended\n",
		n, (n+streamsEach-1)/streamsEach, opened.Seconds(), before>>20, after>>20, 100*(spent-cpu).Seconds()/beats.Seconds(), c.ended.Load())
	return nil
}

// startPlain starts this tool once more, as the plain server.
func startPlain(ctx context.Context) (site string, stop func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	cmd := exec.CommandContext(ctx, self, "-plain")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		in.Close()
		io.Copy(io.Discard, out)
		cmd.Wait()
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	return strings.TrimSpace(line), stop, err
}

// part is the time that so many of a hundred took at most.
func part(all []time.Duration, percent int) string {
	if len(all) == 0 {
		return "–"
	}
	slices.Sort(all)
	d := all[min(len(all)-1, len(all)*percent/100)]
	return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
}
