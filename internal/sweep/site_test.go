package sweep_test

import (
	"archive/zip"
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/vitrine-portal/vitrine/internal/api"
	"github.com/vitrine-portal/vitrine/internal/mail"
	"github.com/vitrine-portal/vitrine/internal/notify"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
	"github.com/vitrine-portal/vitrine/internal/web"
	"github.com/vitrine-portal/vitrine/internal/web/webtest"
)

// signedIn are those who can be; the outsiders among them belong nowhere.
var signedIn = []string{"ada", "mia", "tom", "cleo", "dan", "bea", "carl", "rex", "eve"}

// pages has a name of its own, as Site is a project of the World.
type pages = webtest.Site

// site is the whole program over a World: pages, API, streams and mails.
type site struct {
	*pages
	t      *testing.T
	mails  *notify.Notifier
	packed map[string]int // handover packs that were looked into, by who took them
}

func run(t *testing.T, f func(t *testing.T, s *site)) {
	t.Helper()
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		s := &site{t: t, packed: map[string]int{}}
		s.pages = webtest.New(t, w, func(o *web.Options) {
			o.API = api.New(api.Options{Portal: w.Portal, Accounts: w.Accounts, Bytes: o.Bytes, BaseURL: o.BaseURL, Version: "test", Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
			s.mails = notify.New(w.Portal, w.Accounts, mail.New(mail.Config{}), notify.Options{BaseURL: o.BaseURL, From: mail.Address{Email: "portal@honcho.test"}})
			o.Mails = s.mails
		})
		f(t, s)
	})
}

// token is an API token of a browser's person.
func (s *site) token(b *webtest.Browser) string {
	s.t.Helper()
	_, secret, err := s.Accounts.NewToken(s.t.Context(), b.Session, "sweep", []string{"read", "write"}, time.Time{})
	if err != nil {
		s.t.Fatal(err)
	}
	return secret
}

// once is what pages make anew each time. Each begins with words, which are found a
// hundred times as fast as one of several expressions.
var once = []*regexp.Regexp{regexp.MustCompile(`name="once" value="[^"]*"`), regexp.MustCompile(`data-live="/live\?since=[A-Za-z0-9_-]{22}"`)}

// lasting is a page without what it makes anew each time.
func lasting(page string) string {
	for _, e := range once {
		page = e.ReplaceAllLiteralString(page, "")
	}
	return page
}

// crawl opens every page that a person reaches from the starts by a link, a
// frame, a form that only asks, or a fragment that a script would fetch. It
// returns what each said, but for what differs each time.
func crawl(b *webtest.Browser, starts ...string) map[string]string {
	seen := make(map[string]string)
	queue := append([]string{"/"}, starts...)
	for len(queue) > 0 && len(seen) < 500 {
		path := queue[0]
		queue = queue[1:]
		// One's own tokens were used, by this very test.
		if _, ok := seen[path]; ok || path == "/live" || path == "/profile/tokens" || strings.HasPrefix(path, "/static/") {
			continue
		}
		p := b.Get(path)
		seen[path] = path + " " + http.StatusText(p.Status) + "\n" + p.Header.Get("ETag") + p.Header.Get("Last-Modified") + "\n" + lasting(p.Body)
		for _, to := range linksOf(p.Body, b.URL) {
			if _, ok := seen[to]; !ok {
				queue = append(queue, to)
			}
		}
	}
	return seen
}

// linksOf are the paths of this site that a page leads to.
func linksOf(page, site string) []string {
	var paths []string
	z := html.NewTokenizer(strings.NewReader(page))
	for kind := z.Next(); kind != html.ErrorToken; kind = z.Next() {
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			continue
		}
		n := z.Token()
		for _, a := range n.Attr {
			leads := a.Key == "href" || a.Key == "src" || a.Key == "hx-get" || a.Key == "data-href" ||
				a.Key == "action" && n.Data == "form" && !slices.ContainsFunc(n.Attr, func(m html.Attribute) bool { return m.Key == "method" && strings.EqualFold(m.Val, "post") })
			if !leads {
				continue
			}
			u, err := url.Parse(strings.TrimPrefix(a.Val, site))
			if err == nil && u.Host == "" && u.Scheme == "" && strings.HasPrefix(u.Path, "/") {
				u.Fragment = ""
				paths = append(paths, u.String())
			}
		}
	}
	return paths
}

// apiReads are all GETs of the API's description, with every id of the World
// in the place of {id}.
func (s *site) apiReads() []string {
	s.t.Helper()
	resp, err := http.DefaultTransport.RoundTrip(s.request("GET", "/api/openapi.json", "", ""))
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	var doc struct{ Paths map[string]map[string]any }
	if err := json.NewDecoder(resp.Body).Decode(&doc); err != nil {
		s.t.Fatal(err)
	}
	var all []string
	for path, methods := range doc.Paths {
		if methods["get"] == nil {
			continue
		}
		if strings.HasSuffix(path, "-search") {
			path += "?q=cnry"
		}
		if !strings.Contains(path, "{id}") {
			all = append(all, path)
			continue
		}
		for _, id := range s.ids(strings.Split(path, "/")[2]) {
			all = append(all, strings.Replace(path, "{id}", id, 1))
		}
	}
	if len(all) < 80 {
		s.t.Fatalf("only %d reads of the API", len(all))
	}
	slices.Sort(all)
	return all
}

// ids are those of everything of a kind in the World, whoever's it is.
func (s *site) ids(kind string) []string {
	s.t.Helper()
	table := strings.ReplaceAll(kind, "-", "_")
	switch kind {
	case "links":
		table = "deliverable_links"
	case "conversations", "drafts":
		table = "threads WHERE kind <> 'item'"
	case "calls":
		table = "approval_calls"
	case "comments":
		table = "threads WHERE kind = 'item'"
	case "revisions":
		table = "revision_requests"
	case "changes":
		table = "revision_items"
	}
	rows, err := s.DB.Query(s.t.Context(), "SELECT id FROM "+table+" ORDER BY id")
	if err != nil {
		s.t.Fatal(err)
	}
	defer rows.Close()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			s.t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		s.t.Fatal(err)
	}
	return ids
}

func (s *site) request(method, path, token, body string) *http.Request {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

// ask sends a request of the API as a person; the browser looks for what they
// may not see.
func (s *site) ask(b *webtest.Browser, method, path, token, body string) *webtest.Page {
	s.t.Helper()
	return b.Do(s.request(method, path, token, body))
}

// everything is all that one person can read, by address.
func (s *site) everything(b *webtest.Browser, token string, reads []string) map[string]string {
	s.t.Helper()
	seen := crawl(b, "/needs", "/calendar", "/projects", "/clients", "/search?q=cnry", "/profile")
	for _, path := range reads {
		p := s.ask(b, "GET", path, token, "")
		seen[path] = http.StatusText(p.Status) + p.Header.Get("ETag") + p.Header.Get("Last-Modified") + p.Body
	}
	return seen
}

// packs takes the handover pack of every project, of everybody at each client, and
// looks into it for what its reader may not see, and for what the team keeps to
// itself, whoever takes it.
func (s *site) packs(b *webtest.Browser, token string) {
	s.t.Helper()
	forbidden := append(webtest.Forbidden(b.Name), "-team-", "CNRY-call")
	for _, project := range s.ids("projects") {
		for _, user := range append(s.ids("client-users"), "") {
			p := s.ask(b, "POST", "/api/projects/"+project+"/handover?person="+user, token, "")
			if p.Status != http.StatusOK {
				continue
			}
			z, err := zip.NewReader(strings.NewReader(p.Body), int64(len(p.Body)))
			must(s.t, err)
			for _, f := range z.File {
				r, err := f.Open()
				must(s.t, err)
				text, err := io.ReadAll(r)
				must(s.t, err)
				for _, word := range forbidden {
					if i := strings.Index(f.Name+"\n"+string(text), word); i >= 0 {
						s.t.Errorf("the pack of %s that %s takes of %s: %s holds %s", project, b.Name, user, f.Name, word)
					}
				}
			}
			s.packed[b.Name]++
		}
	}
}

// A stream is one person's open line to the server.
type stream struct {
	mu     sync.Mutex
	events []string // the data of "changed", in order
	heard  strings.Builder
	closed bool
}

// listen opens a stream, and returns when it is open.
func (s *site) listen(b *webtest.Browser) *stream {
	s.t.Helper()
	return s.listenAt(b, "/live")
}

// listenAt is listen that says from where on.
func (s *site) listenAt(b *webtest.Browser, path string) *stream {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.t.Context())
	s.t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, "GET", s.URL+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Accept", "text/event-stream")
	r.Header.Set("Last-Event-ID", s.ids("events")[0]) // which says nothing
	r.AddCookie(&http.Cookie{Name: "sid", Value: b.Cookie("sid")})
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		s.t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: the stream answers %d", b.Name, resp.StatusCode)
	}
	st := &stream{}
	open := make(chan struct{})
	go func() {
		defer resp.Body.Close()
		lines := bufio.NewReader(resp.Body)
		kind := ""
		for {
			line, err := lines.ReadString('\n')
			st.mu.Lock()
			st.heard.WriteString(line)
			if err != nil {
				st.closed = err == io.EOF
				st.mu.Unlock()
				return
			}
			line = strings.TrimSuffix(line, "\n")
			if v, ok := strings.CutPrefix(line, "event: "); ok {
				kind = v
			}
			if v, ok := strings.CutPrefix(line, "data: "); ok {
				st.events = append(st.events, kind+" "+v)
			}
			st.mu.Unlock()
			if line == ": open" {
				close(open)
			}
		}
	}()
	select {
	case <-open:
	case <-time.After(10 * time.Second):
		s.t.Fatalf("%s: the stream does not open", b.Name)
	}
	// The line is said before the subscription is looked at again; a moment for that.
	time.Sleep(20 * time.Millisecond)
	return st
}

// said is what came so far.
func (st *stream) said() (events []string, all string) {
	st.mu.Lock()
	defer st.mu.Unlock()
	return slices.Clone(st.events), st.heard.String()
}

// await is what came so far: once that is enough, or after a while.
func (st *stream) await(limit time.Duration, enough func(events []string) bool) []string {
	for began := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		if events, _ := st.said(); enough(events) || time.Since(began) >= limit {
			return events
		}
	}
}

// waitFor waits until n events came, or for two seconds.
func (st *stream) waitFor(n int) []string {
	return st.await(2*time.Second, func(events []string) bool { return len(events) >= n })
}

// person of a name in the World.
func (s *site) me(name string) *portal.Scope { return s.World.As(s.Everyone()[name]) }

// must fails the test on an error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// until is what a stream said from the nth event on: at once, or once it says
// something of a kind, or after two seconds.
func (st *stream) until(n int, wait bool, kind string) []string {
	return st.await(2*time.Second, func(events []string) bool { return !wait || says(events[n:], kind) })[n:]
}

// says reports whether one of the events is of a kind.
func says(events []string, kind string) bool {
	return slices.ContainsFunc(events, func(e string) bool { return strings.HasPrefix(e, kind+" ") })
}

// quiet is what a stream said until it said nothing for a while.
func (st *stream) quiet() []string {
	events, _ := st.said()
	for n := -1; n != len(events); events, _ = st.said() {
		n = len(events)
		time.Sleep(100 * time.Millisecond)
	}
	return events
}
