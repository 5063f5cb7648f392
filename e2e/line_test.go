package e2e

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// A road is a proxy on the way to a site. It can lose what streams say, while they
// stay open.
type road struct {
	address string

	mu     sync.Mutex
	opened int // streams, until now
	open   int // of them
	lost   int // the last whose words are lost
}

func newRoad(t *testing.T, site string) *road {
	t.Helper()
	to, err := url.Parse(site)
	if err != nil {
		t.Fatal(err)
	}
	r := new(road)
	proxy := &httputil.ReverseProxy{FlushInterval: -1, Rewrite: func(p *httputil.ProxyRequest) {
		p.SetURL(to)
		p.Out.Host = to.Host
	}}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Path == "/live" {
			l := &lossy{ResponseWriter: w, road: r}
			defer r.enter(l)()
			w = l
		}
		proxy.ServeHTTP(w, q)
	}))
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	r.address = strings.Replace(s.URL, "127.0.0.1", to.Hostname(), 1)
	return r
}

func (r *road) enter(l *lossy) (leave func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.opened++
	r.open++
	l.number = r.opened
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.open--
	}
}

// lose has the streams that are open say nothing any more.
func (r *road) lose() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lost = r.opened
}

func (r *road) streams() (opened, open int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.opened, r.open
}

type lossy struct {
	http.ResponseWriter
	road   *road
	number int
}

func (l *lossy) Unwrap() http.ResponseWriter { return l.ResponseWriter }

func (l *lossy) Write(p []byte) (int, error) {
	l.road.mu.Lock()
	lost := l.number <= l.road.lost
	l.road.mu.Unlock()
	if lost {
		return len(p), nil
	}
	return l.ResponseWriter.Write(p)
}

// T195, T197: a page finds that its line is dead though nobody says so, lets go of it
// while it is hidden, does not fight with other pages of its person for one, and
// catches up each time.
func TestLinesThatAreDead(t *testing.T) {
	site := theDemo(t)
	r := newRoad(t, site)
	team := newTab(t, "team", site).as(demo.people["manager"])
	guest := newTab(t, "client", site).as(demo.people["client lead"])
	guest.site, guest.kept = r.address, site // what its first page still asks for is no other site
	tasks := openProject(team, "Website relaunch") + "/tasks"
	add := func(title string) {
		t.Helper()
		team.open(tasks)
		team.fill("title", title)
		team.follow("css main button[name=audience][value=client]")
		team.reads(title)
	}
	guest.live(func() { guest.open(tasks) })
	value[bool](guest, `window.same = true`)

	// What takes a minute takes two seconds from the next word on the line.
	value[bool](guest, `window.timeout = setTimeout, window.setTimeout = (f, ms) => timeout(f, ms < 10000 ? ms : ms / 25), true`)
	add("Oil the hinges")
	guest.reads("Oil the hinges")
	r.lose()
	add("Paint the shutters")
	guest.reads("Paint the shutters")

	value[bool](guest, `Object.defineProperty(document, "hidden", { get: () => window.away }), window.away = true, document.dispatchEvent(new Event("visibilitychange"))`)
	guest.wait("a page that is hidden lets go of its line", func() bool { _, open := r.streams(); return open == 0 })
	add("Polish the door knocker")
	if guest.has("Polish the door knocker") {
		t.Error("a page without a line heard of something")
	}
	value[bool](guest, `window.setTimeout = timeout, window.away = false, document.dispatchEvent(new Event("visibilitychange"))`)
	guest.reads("Polish the door knocker")

	r.lose()
	add("Sweep the porch")
	value[bool](guest, `dispatchEvent(new Event("online"))`)
	guest.reads("Sweep the porch")

	opened, _ := r.streams()
	for range 10 {
		q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, site+"/live", nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range sessions[demo.people["client lead"].email] {
			q.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
		}
		resp, err := new(http.Transport).RoundTrip(q)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
	}
	guest.wait("the oldest of eleven pages makes room", func() bool { _, open := r.streams(); return open == 0 })
	time.Sleep(3 * time.Second) // in which it would be back
	if now, _ := r.streams(); now != opened {
		t.Errorf("it came back %d times at once", now-opened)
	}
	add("Water the lemon tree")
	value[bool](guest, `dispatchEvent(new Event("focus"))`)
	guest.reads("Water the lemon tree")
	if !value[bool](guest, `window.same === true`) {
		t.Error("the page was loaded anew")
	}
}
