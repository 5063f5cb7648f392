package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// result of one measurement, or of several that took turns.
type result struct {
	Took   []time.Duration // each answer
	Length time.Duration   // of the measurement
	cpu    time.Duration   // of the process that answered
	bytes  int             // of the last body
}

func (r result) perSecond() float64 { return float64(len(r.Took)) / r.Length.Seconds() }

// cost is the processor time of one answer.
func (r result) cost() time.Duration { return r.cpu / time.Duration(len(r.Took)) }

// part is what that many of a hundred took at most.
func (r result) part(percent int) time.Duration { return r.Took[len(r.Took)*percent/100] }

// merge makes one result of several.
func merge(all []result) result {
	var sum result
	for _, r := range all {
		sum.Took = append(sum.Took, r.Took...)
		sum.Length += r.Length
		sum.cpu += r.cpu
		sum.bytes = r.bytes
	}
	slices.Sort(sum.Took)
	return sum
}

// counted measures, and counts the processor time that another process took
// meanwhile.
func counted(cpu func() (time.Duration, error), measure func() (result, error)) (result, error) {
	before, err := cpu()
	if err != nil {
		return result{}, err
	}
	r, err := measure()
	if err != nil {
		return r, err
	}
	after, err := cpu()
	r.cpu = after - before
	return r, err
}

// repeat calls do from n goroutines for as long as is asked.
func repeat(ctx context.Context, n int, length time.Duration, do func(worker int) error) (result, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	begin := time.Now()
	end := begin.Add(length)
	took := make([][]time.Duration, n)
	var wg sync.WaitGroup
	for w := range n {
		wg.Go(func() {
			for ctx.Err() == nil {
				start := time.Now()
				if start.After(end) {
					return
				}
				if err := do(w); err != nil {
					cancel(err)
					return
				}
				took[w] = append(took[w], time.Since(start))
			}
		})
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return result{}, err
	}
	r := result{Took: slices.Concat(took...), Length: time.Since(begin)}
	if len(r.Took) == 0 {
		return r, errors.New("nothing was measured")
	}
	slices.Sort(r.Took)
	return r, nil
}

// conn asks for one page again and again over one connection. It is as small
// as it can be, for the generator shares the processor with the server.
type conn struct {
	c       net.Conn
	r       *bufio.Reader
	request []byte
	body    int
}

func dial(address, path, cookie string) (*conn, error) {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	request := "GET " + path + " HTTP/1.1\r\nHost: " + address + "\r\nUser-Agent: load\r\n"
	if cookie != "" {
		request += "Cookie: " + cookie + "\r\n"
	}
	return &conn{c: c, r: bufio.NewReaderSize(c, 64<<10), request: []byte(request + "\r\n")}, nil
}

var ok = []byte("HTTP/1.1 200 ")

// get asks once. Anything but 200 with a length is an error.
func (c *conn) get() error {
	if _, err := c.c.Write(c.request); err != nil {
		return err
	}
	line, err := c.r.ReadSlice('\n')
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(line, ok) {
		return fmt.Errorf("the server answered %q", strings.TrimSpace(string(line)))
	}
	length := -1
	for {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) <= 2 {
			break
		}
		if name, value, _ := bytes.Cut(line, []byte(":")); len(name) == 14 && bytes.EqualFold(name, []byte("Content-Length")) {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return err
			}
		}
	}
	if length < 0 {
		return errors.New("an answer without a length")
	}
	c.body = length
	_, err = c.r.Discard(length)
	return err
}

// pages measures a page over n connections.
func pages(ctx context.Context, site, path, cookie string, n int, length time.Duration) (result, error) {
	address := strings.TrimPrefix(site, "http://")
	conns := make([]*conn, n)
	for i := range conns {
		c, err := dial(address, path, cookie)
		if err != nil {
			return result{}, err
		}
		defer c.c.Close()
		conns[i] = c
	}
	r, err := repeat(ctx, n, length, func(w int) error { return conns[w].get() })
	if err != nil {
		return r, fmt.Errorf("GET %s: %w", path, err)
	}
	r.bytes = conns[0].body
	return r, nil
}

// bare is the plainest server there is, to compare with: 30 KB from memory. It
// says where it listens and runs until its input ends.
func bare(in io.Reader, out io.Writer) error {
	body := bytes.Repeat([]byte("<p>Vitrine</p>\n"), 2000)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "http://"+l.Addr().String())
	server := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.Write(body)
	})}
	go func() {
		io.Copy(io.Discard, in)
		server.Close()
	}()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
