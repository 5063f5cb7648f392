package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"slices"
	"time"

	"github.com/vitrine-portal/vitrine/internal/built"
	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/portal"
)

// process is this tool once more, as one of the things that are measured. It
// ends with its input.
type process struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func startSelf(ctx context.Context, args ...string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{cmd: exec.CommandContext(ctx, self, args...)}
	p.cmd.Stderr = os.Stderr
	p.cmd.Env = append(os.Environ(), "GOGC=300") // as cmd/vitrine sets it for itself
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	return p, p.cmd.Start()
}

func (p *process) stop() {
	p.in.Close()
	p.cmd.Wait()
}

func (p *process) cpu() (time.Duration, error) { return built.CPU(p.cmd.Process.Pid) }

// reading asks the process of reads for one measurement.
type reading struct {
	Page   int // which of pagesOf
	N      int // goroutines
	Length time.Duration
}

// startReads starts the process that measures reads on a filled database.
func startReads(ctx context.Context, database string, f filled) (*process, error) {
	p, err := startSelf(ctx, "-as", "reads", "-db", database)
	if err != nil {
		return nil, err
	}
	return p, json.NewEncoder(p.in).Encode(f)
}

// ask has one measurement made.
func (p *process) ask(what reading) (r result, err error) {
	if err := json.NewEncoder(p.in).Encode(what); err != nil {
		return r, err
	}
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		return r, fmt.Errorf("the process of reads: %w", err)
	}
	return r, json.Unmarshal(line, &r)
}

// answerReads is the process of reads: it is told what the database holds, and
// then measures what it is asked for.
func answerReads(ctx context.Context, database string, in io.Reader, out io.Writer) error {
	d, err := db.Open(ctx, database)
	if err != nil {
		return err
	}
	defer d.Close()
	questions, answers := json.NewDecoder(in), json.NewEncoder(out)
	var f filled
	if err := questions.Decode(&f); err != nil {
		return err
	}
	p, accounts := portal.New(d, portal.Options{Key: key})
	me := p.As(portal.PersonActor(f.Person))
	var all [][]read
	for _, pg := range pagesOf(f) {
		reads := append(visitReads(p, accounts, f.Token), pg.reads...)
		if err := timings(ctx, pg.name, me, reads); err != nil {
			return err
		}
		all = append(all, reads)
	}
	for {
		var q reading
		if err := questions.Decode(&q); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		r, err := repeat(ctx, q.N, q.Length, func(int) error {
			for _, r := range all[q.Page] {
				if err := r.do(ctx, me); err != nil {
					return fmt.Errorf("%s: %w", r.name, err)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		if err := answers.Encode(r); err != nil {
			return err
		}
	}
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
