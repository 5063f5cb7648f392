package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
	"github.com/vitrine-portal/vitrine/internal/web"
	"github.com/vitrine-portal/vitrine/internal/web/webtest"
)

// everyPath is each route of the table as a request, with ids of things that
// are there.
func everyPath(t *testing.T, s *webtest.Site, method string) map[string]string {
	thing := things(t, s, portal.ClientSide)
	paths := map[string]string{}
	for _, pattern := range s.Web.Routes() {
		if m, path, _ := strings.Cut(pattern, " "); m == method {
			paths[pattern] = placeholder.ReplaceAllStringFunc(path, func(p string) string { return thing(pattern, p) })
		}
	}
	return paths
}

// T139, T149, T158: every route answers with the headers of its class, whoever
// asks, so that no other site can frame, read or keep anything.
func TestEveryRouteHasTheHeaders(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		s := withMails(t, w, false)
		paths := everyPath(t, s, "GET")
		want := map[string]string{
			"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; manifest-src 'self'; " +
				"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'; trusted-types default",
			"X-Content-Type-Options":       "nosniff",
			"Referrer-Policy":              "no-referrer",
			"Cross-Origin-Opener-Policy":   "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin",
			"X-Frame-Options":              "DENY",
			"Cache-Control":                "no-store",
			"Vary":                         "Cookie",
		}
		// Where a route differs from that, and how.
		bytesHeaders := map[string]string{"Content-Security-Policy": "sandbox; default-src 'none'", "Cache-Control": "private, no-store"}
		differs := map[string]map[string]string{
			"GET /static/": {"Vary": ""}, "GET /brand.css": {"Vary": ""}, "GET /icon.svg": {"Vary": ""}, "GET /icon.png": {"Vary": ""}, // the same for everybody
			"GET /manifest.webmanifest": {"Vary": ""}, "GET /sw.js": {"Vary": "Accept-Encoding", "Cache-Control": "no-cache"},
			"GET /outbox/{id}":            {"Content-Security-Policy": want["Content-Security-Policy"] + "; frame-src 'self'"},
			"GET /versions/{id}/download": bytesHeaders, "GET /versions/{id}/thumb": bytesHeaders, "GET /projects/{project}/zip": bytesHeaders,
			"GET /outbox/{id}/html": {
				"Content-Security-Policy": "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox",
				"X-Frame-Options":         "SAMEORIGIN",
			},
		}
		for _, b := range []*webtest.Browser{s.Stranger(), s.As("ada"), s.As("cleo")} {
			for pattern, path := range paths {
				r, err := http.NewRequestWithContext(t.Context(), "GET", s.URL+path, nil)
				if err != nil {
					t.Fatal(err)
				}
				if v := b.Cookie("sid"); v != "" {
					r.AddCookie(&http.Cookie{Name: "sid", Value: v})
				}
				r.Header.Set("Origin", "https://evil.test")
				r.Header.Set("Accept-Encoding", "gzip, deflate, br, zstd")
				resp, err := http.DefaultTransport.RoundTrip(r)
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
				exact := maps.Clone(want)
				if resp.StatusCode == http.StatusOK || pattern == "GET /static/" {
					maps.Copy(exact, differs[pattern])
				}
				for name, value := range exact {
					if got := strings.Join(resp.Header.Values(name), " AND "); got != value {
						t.Errorf("%s: %s (%d): %s: %q, want %q", b.Name, pattern, resp.StatusCode, name, got, value)
					}
				}
				// T068: what is somebody's own is as long as it is.
				if how := resp.Header.Get("Content-Encoding"); how != "" && pattern != "GET /static/" && pattern != "GET /sw.js" {
					t.Errorf("%s: %s is compressed: %s", b.Name, pattern, how)
				}
				for name := range resp.Header {
					if strings.HasPrefix(name, "Access-Control-") {
						t.Errorf("%s: %s: %s", b.Name, pattern, name) // T148
					}
				}
				if kind := resp.Header.Get("Content-Type"); kind == "" && resp.StatusCode == http.StatusOK || strings.Contains(kind, "javascript") != (pattern == "GET /sw.js") {
					t.Errorf("%s: %s is served as %q", b.Name, pattern, kind)
				}
			}
		}
	})
}

// T148: no preflight is granted.
func TestNoOtherOrigin(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		cleo := s.As("cleo")
		for _, origin := range []string{"https://evil.test", "null", "https://sub." + strings.TrimPrefix(s.URL, "http://"), s.URL + ".evil.test"} {
			for _, path := range []string{"/", "/profile", "/sign-in", "/live", "/projects/" + string(s.Brand), "/api/self"} {
				for _, method := range []string{"OPTIONS", "GET"} {
					if method == "GET" && path == "/live" {
						continue
					}
					r, err := http.NewRequest(method, s.URL+path, nil)
					if err != nil {
						t.Fatal(err)
					}
					r.Header.Set("Origin", origin)
					r.Header.Set("Access-Control-Request-Method", "POST")
					r.Header.Set("Access-Control-Request-Headers", "authorization")
					p := cleo.Do(r)
					for name := range p.Header {
						if strings.HasPrefix(name, "Access-Control-") {
							t.Errorf("%s %s from %s: %s: %s", method, path, origin, name, p.Header.Get(name))
						}
					}
				}
			}
		}
	})
}

// T146: no route of the table takes a change from another site, from an
// opaque origin or from a sibling host.
func TestEveryChangeRefusesOtherSites(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		s := withMails(t, w, false)
		paths := everyPath(t, s, "POST")
		if len(paths) < 40 {
			t.Fatalf("only %d routes that change something", len(paths))
		}
		ada, cleo := s.As("ada"), s.As("cleo")
		before := dump(t, s)
		for _, how := range [][2]string{
			{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.test"}, {"Origin", "null"}, {"Origin", s.URL + ".evil.test"},
		} {
			for pattern, path := range paths {
				for _, b := range []*webtest.Browser{ada, cleo} {
					r, err := http.NewRequest("POST", s.URL+path, strings.NewReader(formOf(s, pattern).Encode()))
					if err != nil {
						t.Fatal(err)
					}
					r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
					r.Header.Set(how[0], how[1])
					if p := b.Do(r); p.Status != http.StatusForbidden {
						t.Errorf("%s from %s: %s answers %d", b.Name, how[1], pattern, p.Status)
					}
				}
			}
		}
		if after := dump(t, s); after != before {
			t.Errorf("something changed: %s", firstDifference(before, after))
		}
	})
}

// T012, T013, T014: however a foreign thing's address is dressed up, it is not
// there, and no header makes the visitor somebody else.
func TestDisguises(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		carl := s.As("carl")
		site, task := string(s.Site), string(s.Items[s.Site][portal.ClientSide].Task)
		for _, path := range []string{
			"/projects/" + site, "/projects/" + site + "/", "//projects/" + site, "/./projects/" + site, "/x/../projects/" + site, "/projects//" + site,
			"/projects/" + strings.ToUpper(site), "/projects/" + url.PathEscape(site) + ";x=1", "/projects/" + site + "%00", "/projects/%20" + site,
			"/projects/" + string(s.Shop) + "/../" + site, "/projects/" + string(s.Shop) + "%2f..%2f" + site, "/projects/" + string(s.Shop) + "?project=" + site + "&id=" + site,
			"/tasks/" + task, "/tasks/" + strings.Replace(task, "_", "%5F", 1), "/tasks/" + task + ".json", "/tasks/" + task + "%0a.css",
		} {
			p := carl.Get(path)
			if own := strings.Contains(path, "?project="); p.Status != 404 && !own {
				t.Errorf("%s answers %d", path, p.Status)
			}
		}
		for _, name := range []string{"X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Prefix"} {
			r, err := http.NewRequest("GET", s.URL+"/robots.txt", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set(name, "/projects/"+site)
			carl.Do(r).MustBe(200).MustNotContain("CNRY")
		}
		for _, name := range []string{"X-User", "X-Webauth-User", "Remote-User", "X-Forwarded-User", "Authorization"} {
			r, err := http.NewRequest("GET", s.URL+"/projects/"+site, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set(name, "ada@ada.test")
			carl.Do(r).MustBe(404)
		}
		for _, name := range []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"} {
			r, err := http.NewRequest("GET", s.URL+"/sign-out?_method=POST", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set(name, "POST")
			carl.Do(r)
		}
		carl.Get("/profile").MustBe(200)
		if p := carl.Get("/profile"); len(p.Via) > 0 {
			t.Error("a GET signed carl out")
		}
	})
}

// T034: what servers of other makes give away is not here.
func TestNothingForProbers(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		for _, b := range []*webtest.Browser{s.Stranger(), s.As("carl")} {
			for _, path := range []string{
				"/debug/pprof/", "/debug/vars", "/metrics", "/.git/config", "/.git/HEAD", "/.env", "/backup", "/backup.zip", "/vitrine.db", "/data/vitrine.db", "/key",
				"/graphql", "/swagger", "/swagger.json", "/openapi.json", "/admin", "/server-status", "/phpinfo.php", "/static/../key", "/static/..%2fkey", "/static/", "/wp-login.php",
			} {
				b.Get(path).MustBe(404)
			}
		}
	})
}

// leaving is the context of a visitor who leaves once it has been looked at so often.
type leaving struct {
	context.Context
	looks *atomic.Int64
}

func (l leaving) Err() error {
	if l.looks.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

// A visitor who leaves before the page of a failure is drawn, at whatever moment, is no
// fault.
func TestGoneBeforeTheFailure(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		for n := range int64(60) {
			looks := new(atomic.Int64)
			looks.Store(n)
			r := httptest.NewRequest("GET", s.URL+"/nothing", nil)
			s.Web.ServeHTTP(httptest.NewRecorder(), r.WithContext(leaving{r.Context(), looks}))
		}
		if log := s.Log(); strings.Contains(log, "ERROR") {
			t.Errorf("the log says %s", log)
		}
	})
}

// T151: no line ends in a header, whatever a parameter holds.
func TestNoHeaderIsInjected(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		const evil = "\r\nX-Evil: 1\r\nSet-Cookie: evil=1"
		cleo, ada := s.As("cleo"), s.As("ada")
		enc := url.QueryEscape(evil)
		check := func(p *webtest.Page) {
			t.Helper()
			if p.Header.Get("X-Evil") != "" || strings.Contains(strings.Join(p.Header.Values("Set-Cookie"), " "), "evil") {
				t.Errorf("%s: %v", p.Path, p.Header)
			}
		}
		check(s.Stranger().Get("/profile?a=" + enc))
		check(s.Stranger().Get("/sign-in?next=%2F" + enc))
		check(s.Stranger().Post("/sign-in", url.Values{"email": {"cleo@cleo.test"}, "password": {portaltest.Password}, "next": {"/x" + evil}}))
		check(s.Stranger().Post("/sign-in", url.Values{"email": {"cleo@cleo.test" + evil}, "password": {portaltest.Password}}))
		check(s.Stranger().Get("/invitations/x" + url.PathEscape(evil)))
		check(cleo.Post("/visits/x"+url.PathEscape(evil), nil))
		check(cleo.Post("/profile", url.Values{"name": {"Cleo" + evil}}))
		check(cleo.Get("/projects/" + string(s.Brand) + url.PathEscape(evil)))
		check(cleo.Get("/feeds/x" + url.PathEscape(evil) + ".ics"))
		check(ada.Post("/reassign", url.Values{"back": {"/x" + evil}}))
		check(ada.Post("/clients", url.Values{"name": {"New" + evil}}))
	})
}

// T150: /reassign leads back, and only here. (Sign-in is TestNextStaysHere.)
func TestBackStaysHere(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		ada := s.As("ada")
		for _, back := range []string{"//evil.test", `/\evil.test`, "/\t/evil.test", "https:evil.test", "https://evil.test", "/..//evil.test", `\\evil.test`, "javascript:alert(1)", "//" + strings.TrimPrefix(s.URL, "http://") + "@evil.test"} {
			p := ada.Post("/reassign", url.Values{"back": {back}}) // the browser fails the test when it is led away
			for _, via := range p.Via {
				if strings.HasPrefix(via, "//") || strings.Contains(via, "evil.test") && !strings.HasPrefix(via, "/") {
					t.Errorf("back %q leads to %q", back, via)
				}
			}
		}
	})
}

// T153: an address that looks like a picture of a page is not that page, and
// what is private is never kept.
func TestNothingIsCached(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		cleo := s.As("cleo")
		for _, path := range []string{"/profile/x.css", "/profile.css", "/profile;.js", "/profile%0a.css", "/projects/" + string(s.Brand) + ";.js", "/projects/" + string(s.Brand) + ".png", "/projects/" + string(s.Brand) + "/x.css", "/needs%3f.css"} {
			p := cleo.Get(path).MustBe(404)
			if got := p.Header.Get("Cache-Control"); got != "no-store" {
				t.Errorf("%s: Cache-Control %q", path, got)
			}
		}
	})
}

// T212, T214: what a visitor sends makes one line of the log, and a failure
// tells its number alone.
func TestLogLinesAreOne(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		const evil = "x\r\n{\"level\":\"INFO\",\"msg\":\"all is well\"}\x1b[2J\x00"
		var log syncBuffer
		var h http.Handler
		webtest.New(t, w, func(o *web.Options) {
			o.BaseURL = &url.URL{Scheme: "https", Host: "portal.test"}
			o.Log = slog.New(slog.NewJSONHandler(&log, nil))
			o.API = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(errors.New(evil)) })
			h = web.New(*o)
		})
		for range 3 {
			resp := ask(h, "GET", "/api/"+url.PathEscape(evil), nil, "User-Agent", "x\x1b[2J", "Referer", "x\x1b[2J")
			body := new(bytes.Buffer)
			body.ReadFrom(resp.Body)
			if resp.StatusCode != 500 || strings.Contains(body.String(), "well") || strings.Contains(body.String(), ".go") {
				t.Errorf("%d %s", resp.StatusCode, body)
			}
			var line struct{ ID, Error string }
			if err := json.Unmarshal([]byte(strings.TrimSpace(lastLine(log.String()))), &line); err != nil || line.ID == "" || !strings.Contains(body.String(), line.ID) {
				t.Errorf("the page does not tell the number that the log has: %v, %s", err, lastLine(log.String()))
			}
		}
		if lines := strings.Split(strings.TrimSpace(log.String()), "\n"); len(lines) != 3 || strings.ContainsAny(log.String(), "\x1b\x00\r") {
			t.Errorf("%d lines: %q", len(lines), log.String())
		}
		if got := ask(h, "GET", "/health", nil).StatusCode; got != 200 {
			t.Errorf("after a panic the server answers %d", got)
		}
	})
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}
func (b *syncBuffer) String() string { b.mu.Lock(); defer b.mu.Unlock(); return b.b.String() }

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}

// liveMark is of the moment, and says nothing of the page that carries it.
var liveMark = regexp.MustCompile(`/live\?since=[A-Za-z0-9_-]{22}"`)

// The NF oracle, T002 and T015: what is foreign and what does not exist get
// the same answer, to the byte, and take as long.
func TestForeignIsAsIfItWereNotThere(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		s := withMails(t, w, false)
		thing := things(t, s, portal.Team)
		carl, dan := s.As("carl"), s.As("dan")
		get := func(b *webtest.Browser, path string) (*httptest.ResponseRecorder, time.Duration) {
			r := httptest.NewRequest("GET", s.URL+path, nil)
			r.Host = strings.TrimPrefix(s.URL, "http://")
			r.AddCookie(&http.Cookie{Name: "sid", Value: b.Cookie("sid")})
			rec := httptest.NewRecorder()
			began := time.Now()
			s.Web.ServeHTTP(rec, r)
			return rec, time.Since(began)
		}
		compared := 0
		for _, pattern := range s.Web.Routes() {
			method, path, _ := strings.Cut(pattern, " ")
			if method != "GET" || !strings.Contains(path, "{") || strings.Contains(path, "{$}") {
				continue
			}
			for _, b := range []*webtest.Browser{carl, dan} {
				foreign := placeholder.ReplaceAllStringFunc(path, func(p string) string { return thing(pattern, p) })
				random := placeholder.ReplaceAllStringFunc(path, func(p string) string { return scrambled(thing(pattern, p)) })
				a, _ := get(b, foreign)
				if a.Code != http.StatusNotFound {
					continue // theirs to see: the matrix says which
				}
				compared++
				z, _ := get(b, random)
				mask := func(rec *httptest.ResponseRecorder, path string) string {
					body := once.ReplaceAllString(liveMark.ReplaceAllString(rec.Body.String(), "MARK"), "ONCE")
					body = strings.ReplaceAll(body, path, "PATH")
					return fmt.Sprint(rec.Code, rec.Header()) + strings.ReplaceAll(body, `value="`+filepath.Base(path)+`"`, "TYPED")
				}
				if x, y := mask(a, foreign), mask(z, random); x != y {
					t.Errorf("%s: %s differs for what is foreign: %s", b.Name, pattern, firstDifference(x, y))
				}
			}
		}
		if compared < 20 {
			t.Errorf("only %d answers compared", compared)
		}
		if testing.Short() {
			return
		}
		// In turns, so that what else the machine does falls on both.
		items := s.Items[s.Site][portal.ClientSide]
		for _, path := range []string{"/projects/" + string(s.Site), "/tasks/" + string(items.Task), "/deliverables/" + string(items.Deliverable), "/clients/" + string(s.Acme)} {
			var near, far []time.Duration
			for range 200 {
				_, a := get(carl, path)
				_, z := get(carl, scrambled(path))
				near, far = append(near, a), append(far, z)
			}
			slices.Sort(near)
			slices.Sort(far)
			if ratio := float64(near[100]) / float64(far[100]); ratio > 1.5 || ratio < 1/1.5 {
				t.Errorf("%s takes %v when it is foreign and %v when it is not there", path, near[100], far[100])
			}
		}
	})
}

// scrambled is an id of the same form that nothing has.
func scrambled(id string) string {
	b := []byte(id)
	for i := max(strings.IndexByte(id, '_')+1, strings.LastIndexByte(id, '_')+1); i < len(b); i++ {
		if b[i] >= '0' && b[i] <= '8' {
			b[i]++
		}
	}
	return string(b)
}

// T104 and T107: a mail's link that was forwarded opens nothing but what it is
// for; two cookies of one name open nothing (TestCookies).
func TestForwardedLinks(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		s := withMails(t, w, false)
		stranger := s.Stranger()
		for _, path := range []string{"/", "/clients/" + string(s.Acme) + "/access", "/people", "/projects/" + string(s.Site), "/tasks/" + string(s.Items[s.Site][portal.ClientSide].Task), "/profile"} {
			if p := stranger.Get(path); !strings.HasPrefix(p.Path, "/sign-in") {
				t.Errorf("a stranger gets to %s", p.Path)
			}
		}
		// A token of one purpose is worthless for another.
		invitation := s.Accounts.Token(account.PurposeInvitation, invitationOf(s))
		for _, path := range []string{"/reset/", "/confirm-email/", "/set-up/", "/feeds/"} {
			p := stranger.Get(path + invitation)
			if p.Status != 404 && p.Has("input[type=password]") {
				t.Errorf("%s takes an invitation's token", path)
			}
		}
		// T018: nor is it a session, or a token of the API.
		stranger.SetCookie("sid", invitation)
		if p := stranger.Get("/projects"); !strings.HasPrefix(p.Path, "/sign-in") {
			t.Errorf("an invitation's token signs in, at %s", p.Path)
		}
	})
}

// T094, as T175: of thirty who accept one invitation at once, one comes in,
// once.
func TestInvitationAcceptedThirtyTimesAtOnce(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		s := withMails(t, w, false)
		path := "/invitations/" + s.Accounts.Token(account.PurposeInvitation, invitationOf(s))
		for range 5 { // a scanner of mails looks at it first: T093
			r, err := http.NewRequest("HEAD", s.URL+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			scanner := s.Stranger()
			scanner.Name = "uma"
			scanner.Do(r).MustBe(200)
			scanner.Get(path).MustBe(200)
		}
		in := make(chan bool, 30)
		for range 30 {
			b := s.Stranger()
			b.Name = "uma"
			go func() {
				p := b.Post(path, url.Values{"name": {"Uma"}, "password": {"a long sentence of my own"}})
				in <- p.Status == 200 && b.Cookie("sid") != ""
			}()
		}
		n := 0
		for range 30 {
			if <-in {
				n++
			}
		}
		var joined, sessions int
		if err := s.DB.QueryRow(t.Context(), `SELECT COUNT(*) FROM events WHERE kind = 'user_joined'`).Scan(&joined); err != nil {
			t.Fatal(err)
		}
		if err := s.DB.QueryRow(t.Context(), `SELECT COUNT(*) FROM sessions WHERE person_id = $1`, string(s.Uma)).Scan(&sessions); err != nil {
			t.Fatal(err)
		}
		if n != 1 || joined != 1 || sessions != 1 {
			t.Errorf("%d came in, %d joined, %d sessions; want one of each", n, joined, sessions)
		}
	})
}
