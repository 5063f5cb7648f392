package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A crowd is many streams to one server.
type crowd struct {
	site, path string
	post       string   // where something is said
	token      string   // of who says it
	cookies    []string // of each stream

	conns []net.Conn
	said  chan time.Time // when a stream told of something
	ended atomic.Int64
	wg    sync.WaitGroup
}

// told is how long after it was sent a message was answered, and told of on
// each stream.
type told struct{ answered, told []time.Duration }

// opening is how many streams are opened at the same time.
const opening = 16

func (c *crowd) open(ctx context.Context) error {
	c.said = make(chan time.Time, len(c.cookies))
	c.conns = make([]net.Conn, len(c.cookies))
	todo, failed := make(chan int), make(chan error, opening)
	var wg sync.WaitGroup
	for range opening {
		wg.Go(func() {
			for i := range todo {
				if err := c.join(ctx, i); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	var err error
send:
	for i := range c.cookies {
		select {
		case todo <- i:
		case err = <-failed:
			break send
		}
	}
	close(todo)
	wg.Wait()
	select {
	case err = <-failed:
	default:
	}
	return err
}

// join opens one stream and reads it from then on.
func (c *crowd) join(ctx context.Context, i int) error {
	host := strings.TrimPrefix(c.site, "http://")
	_, port, err := net.SplitHostPort(host)
	if err != nil {
		return err
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		return err
	}
	c.conns[i] = conn
	request := "GET " + c.path + " HTTP/1.1\r\nHost: " + host + "\r\nAccept: text/event-stream\r\n"
	if c.cookies[i] != "" {
		request += "Cookie: " + c.cookies[i] + "\r\n"
	}
	if _, err := io.WriteString(conn, request+"\r\n"); err != nil {
		return err
	}
	r := bufio.NewReaderSize(conn, 1024)
	for first := true; ; first = false {
		line, err := r.ReadString('\n')
		switch {
		case err != nil:
			return fmt.Errorf("stream %d: %w", i, err)
		case first && !strings.Contains(line, " 200 "):
			return fmt.Errorf("stream %d: %s", i, strings.TrimSpace(line))
		case strings.HasPrefix(line, ": open"):
			c.wg.Go(func() { c.read(r) })
			return nil
		}
	}
}

// read notes when the stream tells of something said.
func (c *crowd) read(r *bufio.Reader) {
	for {
		line, err := r.ReadString('\n')
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil, strings.HasPrefix(line, "event: bye"):
			c.ended.Add(1)
			return
		case strings.HasPrefix(line, "event: said"):
			c.said <- time.Now()
		}
	}
}

var poster = &http.Client{Timeout: patience}

// patience is how long a stream may take to tell.
const patience = 30 * time.Second

// say says something and waits until every stream has told of it.
func (c *crowd) say(ctx context.Context, t *told) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.post, strings.NewReader(`{"body": "The pictures are here.", "audience": "client"}`))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+c.token)
	began := time.Now()
	resp, err := poster.Do(req)
	if err != nil {
		return err
	}
	t.answered = append(t.answered, time.Since(began))
	text, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil || resp.StatusCode >= 300 {
		return fmt.Errorf("saying something: %s %v %s", resp.Status, err, text)
	}
	late := time.After(patience)
	for i := range c.cookies {
		select {
		case at := <-c.said:
			t.told = append(t.told, at.Sub(began))
		case <-late:
			return fmt.Errorf("%d of %d streams told of a message within %s", i, len(c.cookies), patience)
		}
	}
	return nil
}

func (c *crowd) close() {
	for _, conn := range c.conns {
		if conn != nil {
			conn.Close()
		}
	}
	c.wg.Wait()
}

// servePlain passes a line on to every stream, until its input ends.
func servePlain(in io.Reader, out io.Writer) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "http://"+l.Addr().String())
	var mu sync.Mutex
	streams := map[chan string]bool{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /live", func(w http.ResponseWriter, r *http.Request) {
		lines := make(chan string, 8)
		mu.Lock()
		streams[lines] = true
		mu.Unlock()
		defer func() {
			mu.Lock()
			delete(streams, lines)
			mu.Unlock()
		}()
		w.Header().Set("Content-Type", "text/event-stream")
		rc := http.NewResponseController(w)
		fmt.Fprint(w, ": open\n\n")
		rc.Flush()
		for {
			select {
			case <-r.Context().Done():
				return
			case line := <-lines:
				fmt.Fprint(w, line)
				rc.Flush()
			}
		}
	})
	mux.HandleFunc("POST /post", func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		for s := range streams {
			s <- "event: said\ndata: -\n\n"
		}
	})
	server := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: mux}
	go func() {
		io.Copy(io.Discard, in)
		server.Close()
	}()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
