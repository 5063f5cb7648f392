package web_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/live"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
	"github.com/vitrine-portal/vitrine/internal/web"
	"github.com/vitrine-portal/vitrine/internal/web/webtest"
)

// listen opens somebody's stream, until the test ends.
func listen(t *testing.T, s *webtest.Site, b *webtest.Browser) *http.Response {
	t.Helper()
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/live", nil)
	r.AddCookie(&http.Cookie{Name: "sid", Value: b.Cookie("sid")})
	resp, err := new(http.Transport).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

// A stream that has lost count says something only when something of its
// reader's has happened.
func TestStreamThatLostCount(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		var hub *live.Hub
		s := webtest.New(t, w, func(o *web.Options) { hub = o.Hub })
		cleo := s.As("cleo")
		resp := listen(t, s, cleo)
		data := make(chan string, 16)
		open := make(chan struct{})
		go func() {
			for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
				if lines.Text() == ": open" {
					close(open)
				}
				if d, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
					data <- d
				}
			}
		}()
		<-open
		next := func(want string) {
			t.Helper()
			select {
			case got := <-data:
				if got != want {
					t.Errorf("the stream says %q, want %q", got, want)
				}
			case <-time.After(5 * time.Second):
				t.Fatalf("the stream is silent, want %q", want)
			}
		}
		add := func(audience portal.Side) {
			t.Helper()
			if _, err := w.As(w.Mia).AddTask(t.Context(), w.Site, portal.NewTask{Title: "Proofs", Audience: audience}); err != nil {
				t.Fatal(err)
			}
		}
		add(portal.Team)
		hub.Publish(live.Signal{})
		hub.Publish(live.Signal{Close: true, Persons: []string{string(w.Cleo)}})
		next("-") // of the second alone
		add(portal.ClientSide)
		next(string(w.Site))
		hub.Publish(live.Signal{})
		next("-")
	})
}

// What a stream could not find out whether to tell is found out at the next beat.
func TestLooksThatFail(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		var hub *live.Hub
		s := webtest.New(t, w, func(o *web.Options) { hub = o.Hub })
		s.Web.Hurry(50*time.Millisecond, time.Hour)
		if _, err := w.As(w.Mia).AddTask(t.Context(), w.Site, portal.NewTask{Title: "Proofs", Audience: portal.ClientSide}); err != nil {
			t.Fatal(err)
		}
		signals := w.Signals()
		cleo := s.As("cleo")
		resp := listen(t, s, cleo)
		lines := bufio.NewScanner(resp.Body)
		until := func(want string) {
			t.Helper()
			for lines.Scan() && lines.Text() != want {
				if lines.Text() == "event: changed" {
					t.Errorf("told of something before %q", want)
				}
			}
			if err := lines.Err(); err != nil {
				t.Fatalf("the stream ends before %q: %v", want, err)
			}
		}
		until("event: beat")
		s.Exec(`ALTER TABLE events RENAME COLUMN shown TO displayed`)
		hub.Publish(live.Signal{Event: string(signals[len(signals)-1].Event), Project: string(w.Site)})
		until("event: beat")
		until("event: beat")
		s.Exec(`ALTER TABLE events RENAME COLUMN displayed TO shown`)
		until("event: changed")
	})
}

// What happens between a page and its stream is told once the stream is open.
func TestStreamBeginsWithItsPage(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		s := webtest.New(t, w, nil)
		cleo := s.As("cleo")
		at := cleo.Get("/").MustBe(200).Attr("body", "data-live")
		for _, audience := range []portal.Side{portal.Team, portal.ClientSide} {
			if _, err := w.As(w.Mia).AddTask(t.Context(), w.Site, portal.NewTask{Title: "Proofs", Audience: audience}); err != nil {
				t.Fatal(err)
			}
		}
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+at, nil)
		r.AddCookie(&http.Cookie{Name: "sid", Value: cleo.Cookie("sid")})
		resp, err := new(http.Transport).RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		said := make(chan string, 1)
		go func() {
			for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
				if d, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
					said <- d
					return
				}
			}
		}()
		select {
		case got := <-said:
			if got != string(w.Site) {
				t.Errorf("the stream says %q", got)
			}
		case <-time.After(5 * time.Second):
			t.Fatal("the stream is silent")
		}
	})
}

// T193: whoever comes back to a stream after their access to one client was switched
// off is told, of what was missed, only of what they still see.
func TestMissedAfterRevocation(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		mia, bea := s.As("mia"), s.As("bea")
		at := bea.Get("/clients/"+string(s.Acme)).MustBe(200).Attr("body", "data-live")
		var missed []string
		for _, project := range []portal.ProjectID{s.World.Site, s.Shop} {
			id, err := s.World.As(s.Mia).AddTask(t.Context(), project, portal.NewTask{Title: "Proofs", Audience: portal.ClientSide})
			if err != nil {
				t.Fatal(err)
			}
			missed = append(missed, string(id))
		}
		accessForm(s, mia).Untick("enabled").Press("do", "save").Submit(mia).MustBe(200)
		bea.Get("/clients/" + string(s.Acme)).MustBe(404)

		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		r, _ := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+at, nil)
		r.Header.Set("Last-Event-ID", missed[0])
		r.AddCookie(&http.Cookie{Name: "sid", Value: bea.Cookie("sid")})
		resp, err := new(http.Transport).RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		// It has its order: had the first been told, it had been by then.
		said := ""
		for lines := bufio.NewScanner(resp.Body); !strings.Contains(said, "data: "+string(s.Shop)+"\n"); {
			if !lines.Scan() {
				t.Fatalf("the stream ends with %q: %v", said, lines.Err())
			}
			said += lines.Text() + "\n"
		}
		for _, word := range []string{string(s.World.Site), string(s.Acme), missed[0], missed[1]} {
			if strings.Contains(said, word) {
				t.Errorf("the stream says %q", said)
			}
		}
	})
}

// T195: of one person's streams the oldest makes room for an eleventh, and is told not
// to come back at once; nobody else's does.
func TestElevenStreams(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		type stream struct {
			said, waits, ended chan struct{}
		}
		open := func(b *webtest.Browser) stream {
			t.Helper()
			resp := listen(t, s, b)
			st := stream{make(chan struct{}, 1), make(chan struct{}), make(chan struct{})}
			begun := make(chan struct{})
			go func() {
				defer close(st.ended)
				for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
					switch lines.Text() {
					case ": open":
						close(begun)
					case "event: changed":
						select {
						case st.said <- struct{}{}:
						default:
						}
					case "event: wait":
						close(st.waits)
					}
				}
			}()
			wait(t, begun, "a stream does not begin")
			return st
		}
		bea := open(s.As("bea"))
		cleo := s.As("cleo")
		var streams []stream
		for range 11 {
			streams = append(streams, open(cleo))
		}
		wait(t, streams[0].waits, "the oldest of eleven streams is not told to wait")
		wait(t, streams[0].ended, "the oldest of eleven streams goes on")
		if _, err := s.World.As(s.Mia).AddTask(t.Context(), s.Site, portal.NewTask{Title: "Proofs", Audience: portal.ClientSide}); err != nil {
			t.Fatal(err)
		}
		for _, st := range append(streams[1:], bea) {
			wait(t, st.said, "a younger stream, or somebody else's, is silent")
		}
	})
}

// T195: a stream on which nothing happens says so at least every 30 s. At each beat
// it is looked whether its reader may still listen, and one whose machine is gone
// without a word is given up within 90 s.
func TestQuietStreams(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		beat, silence, _ := s.Web.Streams()
		if beat > 30*time.Second || beat+silence > 85*time.Second {
			t.Errorf("a beat every %v, and %v of silence", beat, silence)
		}
		s.Web.Hurry(5*time.Millisecond, time.Hour)
		cleo := s.As("cleo")
		resp := listen(t, s, cleo)
		lines := bufio.NewScanner(resp.Body)
		for beats := 0; beats < 3; {
			if !lines.Scan() {
				t.Fatalf("the stream ends after %d beats, %v", beats, lines.Err())
			}
			if lines.Text() == "event: beat" {
				beats++
			}
		}
		s.Exec(`UPDATE sessions SET ended_at = 1, ended_why = 'ended'`) // of which nobody is told
		said := ""
		for lines.Scan() {
			said += lines.Text()
		}
		if !strings.HasSuffix(said, "event: byedata: -") {
			t.Errorf("the stream ends with %q", said)
		}
	})
}

// onTheNet serves the site as the program does, and returns at which address.
func onTheNet(t *testing.T, s *webtest.Site) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := web.HTTP(s.Web, slog.New(slog.DiscardHandler))
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	return l.Addr().String()
}

// T195, of machines that are gone: what is sent to them is not acknowledged. Here they
// take no more of it, which the system counts alike.
func TestSilentReaders(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		s.Web.Hurry(50*time.Microsecond, 500*time.Millisecond)
		address := onTheNet(t, s)
		cookie := s.As("cleo").Cookie("sid")
		for range 3 {
			c, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if err := c.(*net.TCPConn).SetReadBuffer(1); err != nil {
				t.Fatal(err)
			}
			if _, err := fmt.Fprintf(c, "GET /live HTTP/1.1\r\nHost: %s\r\nCookie: sid=%s\r\n\r\n", strings.TrimPrefix(s.URL, "http://"), cookie); err != nil {
				t.Fatal(err)
			}
		}
		most := 0
		for range 1000 {
			_, _, open := s.Web.Streams()
			if most = max(most, open); most == 3 && open == 0 {
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
		_, _, open := s.Web.Streams()
		t.Errorf("of %d streams that nobody takes anything from %d are held", most, open)
	})
}

// T196: two hundred readers that take a byte a second are given up, cost next to
// nothing until then, and whoever reads as they should hears everything in time.
func TestSlowReaders(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		s.Web.Hurry(time.Hour, 2*time.Second)
		address := onTheNet(t, s)
		stream := func(cookie string) *net.TCPConn {
			t.Helper()
			c, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { c.Close() })
			if _, err := fmt.Fprintf(c, "GET /live HTTP/1.1\r\nHost: %s\r\nCookie: sid=%s\r\n\r\n", strings.TrimPrefix(s.URL, "http://"), cookie); err != nil {
				t.Fatal(err)
			}
			return c.(*net.TCPConn)
		}
		waitOpen := func(want int, most time.Duration) {
			t.Helper()
			for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
				_, _, open := s.Web.Streams()
				if open == want {
					return
				}
				if time.Since(began) > most {
					t.Fatalf("%d streams are held, want %d", open, want)
				}
			}
		}
		held := func() int64 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			return int64(m.HeapAlloc + m.StackInuse)
		}
		reader := bufio.NewScanner(stream(s.As("cleo").Cookie("sid")))
		for reader.Scan() && reader.Text() != ": open" {
		}
		before := held()
		slow := make([]*net.TCPConn, 0, 200)
		for n := range 20 { // ten streams are one person's
			person := fmt.Sprintf("per_slow%02d", n)
			s.Exec(fmt.Sprintf(`INSERT INTO persons (id, name, email, email_key, created_at, confirmed_at) VALUES ('%s', 'Slow %d', '%[1]s@slow.test', '%[1]s@slow.test', 1, 1)`, person, n))
			s.Exec(fmt.Sprintf(`INSERT INTO client_users (id, client_id, person_id, rights, all_projects, created_at, created_by, accepted_at) VALUES ('cus_slow%02d', '%s', '%s', 1, 1, 1, '%s', 1)`, n, s.Acme, person, s.Mia))
		}
		s.Regrant()
		for n := range 20 {
			var token string
			if err := s.DB.Write(t.Context(), func(tx *db.Tx) (err error) {
				_, token, err = s.Accounts.NewSession(t.Context(), tx, portal.PersonID(fmt.Sprintf("per_slow%02d", n)), account.ByPassword, account.Meta{}, 0)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			for range 10 {
				c := stream(token)
				if err := c.SetReadBuffer(1); err != nil {
					t.Fatal(err)
				}
				slow = append(slow, c)
			}
		}
		waitOpen(201, 30*time.Second)
		done := make(chan struct{})
		defer close(done)
		go func() {
			second := time.NewTicker(time.Second)
			defer second.Stop()
			for {
				select {
				case <-done:
					return
				case <-second.C:
				}
				for _, c := range slow {
					c.SetReadDeadline(time.Now().Add(time.Millisecond))
					c.Read(make([]byte, 1))
				}
			}
		}()
		most := time.Duration(0)
		add := func() {
			t.Helper()
			if _, err := s.World.As(s.Mia).AddTask(t.Context(), s.World.Site, portal.NewTask{Title: "Proofs", Audience: portal.ClientSide}); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			for reader.Scan() && reader.Text() != "event: changed" {
			}
			if err := reader.Err(); err != nil {
				t.Fatal(err)
			}
			most = max(most, time.Since(began))
		}
		for range 100 {
			add()
		}
		if grown := held() - before; grown > 64<<20 {
			t.Errorf("two hundred slow readers hold %d bytes", grown)
		}
		waitOpen(1, 60*time.Second)
		add()
		t.Logf("whoever reads heard of each change within %v", most.Round(time.Millisecond))
		if most > 5*time.Second {
			t.Errorf("whoever reads waited %v", most)
		}
	})
}

// T197: browsers that lost their server do not come back to it all at once.
func TestStreamsComeBackOneByOne(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		cleo, pauses := s.As("cleo"), map[string]bool{}
		for range 8 {
			resp := listen(t, s, cleo)
			line, err := bufio.NewReader(resp.Body).ReadString('\n')
			resp.Body.Close()
			ms, convErr := strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(line, "retry: ")))
			if err != nil || convErr != nil || ms < 1000 || ms > 5000 {
				t.Errorf("the stream begins with %q, %v", line, err)
			}
			pauses[line] = true
		}
		if len(pauses) < 3 {
			t.Errorf("eight streams are told %v", pauses)
		}
	})
}

func wait(t *testing.T, c <-chan struct{}, otherwise string) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(10 * time.Second):
		t.Fatal(otherwise)
	}
}

// T033: requests that are given up in the middle, of two who must not know of
// each other, cross nothing: what each receives, whole or in part, is theirs.
func TestCancelledRequestsDoNotCross(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		paths := map[string][]string{
			"cleo": {"/", "/projects/" + string(s.Site), "/projects/" + string(s.Site) + "/tasks", "/projects"},
			"carl": {"/", "/projects/" + string(s.Shop), "/projects/" + string(s.Shop) + "/tasks", "/projects"},
		}
		title := map[string]string{"cleo": "Acme", "carl": "Brick"}
		var wg sync.WaitGroup
		for name, paths := range paths {
			cookie := &http.Cookie{Name: "sid", Value: s.As(name).Cookie("sid")}
			transport := &http.Transport{MaxIdleConnsPerHost: 8}
			t.Cleanup(transport.CloseIdleConnections)
			for worker := range 4 {
				wg.Go(func() {
					for i := range 60 {
						ctx, cancel := context.WithCancel(t.Context())
						given := i%2 == 1
						if given { // at some moment of the answer, or before it
							time.AfterFunc(time.Duration(i*(worker+1)%17)*300*time.Microsecond, cancel)
						}
						r, _ := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+paths[(i/2+worker)%len(paths)], nil)
						r.AddCookie(cookie)
						resp, err := transport.RoundTrip(r)
						var body []byte
						if err == nil {
							body, err = io.ReadAll(resp.Body)
							resp.Body.Close()
						}
						cancel()
						for _, word := range webtest.Forbidden(name) {
							if bytes.Contains(body, []byte(word)) {
								t.Errorf("%s receives %s from %s", name, word, r.URL.Path)
							}
						}
						if !given && (err != nil || resp.StatusCode != http.StatusOK || !bytes.Contains(body, []byte(title[name]))) {
							t.Errorf("%s does not receive %s: %v", name, r.URL.Path, err)
						}
					}
				})
			}
		}
		wg.Wait()
	})
}
