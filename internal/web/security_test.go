package web_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/portaltest"
	"github.com/vitrine-portal/vitrine/internal/web"
	"github.com/vitrine-portal/vitrine/internal/web/webtest"
)

// boom is an interface for programs that breaks, to see what a broken handler
// answers.
type boom struct{}

func (boom) ServeHTTP(http.ResponseWriter, *http.Request) { panic(errors.New("secret detail")) }

// secureSite is the World as it is served over TLS.
func secureSite(t *testing.T, w *portaltest.World) *web.Server {
	t.Helper()
	var server *web.Server
	webtest.New(t, w, func(o *web.Options) {
		o.BaseURL, o.API = &url.URL{Scheme: "https", Host: "portal.test"}, boom{}
		server = web.New(*o)
	})
	return server
}

func ask(h http.Handler, method, target string, body io.Reader, set ...string) *http.Response {
	r := httptest.NewRequest(method, target, body)
	r.Host = "portal.test"
	if body != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(set); i += 2 {
		if set[i] == "Host" {
			r.Host = set[i+1]
			continue
		}
		r.Header.Set(set[i], set[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

// T139: every class of answer has these headers, and no others that loosen them.
func TestHeaders(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		h := secureSite(t, w)
		want := map[string]string{
			"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; manifest-src 'self'; " +
				"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'; trusted-types default",
			"X-Content-Type-Options":       "nosniff",
			"Referrer-Policy":              "no-referrer",
			"Cross-Origin-Opener-Policy":   "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin",
			"Permissions-Policy":           "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
			"X-Frame-Options":              "DENY",
			"Strict-Transport-Security":    "max-age=31536000; includeSubDomains",
			"Cache-Control":                "no-store",
			"Vary":                         "Cookie",
		}
		page := ask(h, "GET", "/sign-in", nil)
		body, err := io.ReadAll(page.Body)
		if err != nil {
			t.Fatal(err)
		}
		_, sheet, _ := strings.Cut(string(body), `<link rel="stylesheet" href="`)
		sheet, _, _ = strings.Cut(sheet, `"`)
		big := strings.NewReader("email=" + strings.Repeat("a", 2<<20))
		for _, c := range []struct {
			class  string
			answer *http.Response
			status int
			kind   string
			static bool
		}{
			{"page", page, 200, "text/html; charset=utf-8", false},
			{"text", ask(h, "GET", "/robots.txt", nil), 200, "text/plain; charset=utf-8", false},
			{"style", ask(h, "GET", sheet, nil), 200, "text/css; charset=utf-8", true},
			{"no style", ask(h, "GET", "/static/nothing.css", nil), 404, "text/plain; charset=utf-8", true},
			{"redirect", ask(h, "GET", "/profile", nil), 303, "text/html; charset=utf-8", false},
			{"signed out", ask(h, "POST", "/profile", strings.NewReader("")), 401, "text/html; charset=utf-8", false},
			{"cross origin", ask(h, "POST", "/sign-in", strings.NewReader(""), "Sec-Fetch-Site", "cross-site"), 403, "text/html; charset=utf-8", false},
			{"not there", ask(h, "GET", "/nothing", nil), 404, "text/html; charset=utf-8", false},
			{"wrong method", ask(h, "DELETE", "/sign-in", nil), 404, "text/html; charset=utf-8", false},
			{"too large", ask(h, "POST", "/sign-in", big), 413, "text/html; charset=utf-8", false},
			{"too many parameters", ask(h, "GET", "/sign-in?"+strings.Repeat("a&", 100), nil), 413, "text/html; charset=utf-8", false},
			{"no form", ask(h, "POST", "/sign-in", strings.NewReader("{}"), "Content-Type", "text/plain"), 415, "text/html; charset=utf-8", false},
			{"wrong host", ask(h, "GET", "/sign-in", nil, "Host", "evil.test"), 421, "text/html; charset=utf-8", false},
			{"invalid", ask(h, "POST", "/sign-in", strings.NewReader("email=a")), 422, "text/html; charset=utf-8", false},
			{"broken", ask(h, "GET", "/api/boom", nil), 500, "text/html; charset=utf-8", false},
		} {
			t.Run(c.class, func(t *testing.T) {
				if c.answer.StatusCode != c.status {
					t.Errorf("status %d, want %d", c.answer.StatusCode, c.status)
				}
				if got := c.answer.Header.Get("Content-Type"); got != c.kind {
					t.Errorf("Content-Type %q, want %q", got, c.kind)
				}
				for name, value := range want {
					switch {
					case c.static && name == "Vary":
						continue // the same for everybody
					case c.static && name == "Cache-Control" && c.status == 200:
						value = "public, max-age=31536000, immutable"
					}
					if got := c.answer.Header.Values(name); len(got) != 1 || got[0] != value {
						t.Errorf("%s: %q, want %q", name, got, value)
					}
				}
				for _, name := range []string{"Access-Control-Allow-Origin", "Server", "X-Powered-By"} {
					if got := c.answer.Header.Get(name); got != "" {
						t.Errorf("%s: %s", name, got)
					}
				}
				if b, _ := io.ReadAll(c.answer.Body); strings.Contains(string(b), "secret detail") {
					t.Error("the cause of the failure is told")
				}
			})
		}
	})
}

// T103, T104: the cookies, and what is done with planted ones.
func TestCookies(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		h := secureSite(t, w)
		in := url.Values{"email": {"cleo@cleo.test"}, "password": {portaltest.Password}}
		resp := ask(h, "POST", "/sign-in", strings.NewReader(in.Encode()), "Cookie", "__Host-sid=planted")
		var token string
		for _, c := range resp.Cookies() {
			switch c.Name {
			case "__Host-sid":
				token = c.Value
			case "__Host-known": // whose browser it is; it lets nobody in
			default:
				t.Errorf("a cookie named %s", c.Name)
			}
			if !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge <= 0 {
				t.Errorf("cookie %s", c.Raw)
			}
		}
		if token == "" || token == "planted" {
			t.Fatalf("token %q", token)
		}
		cookie := "__Host-sid=" + token
		if got := ask(h, "GET", "/profile", nil, "Cookie", cookie).StatusCode; got != 200 {
			t.Fatalf("status %d with the cookie", got)
		}
		for _, planted := range []string{cookie + "; __Host-sid=x", "__Host-sid=x; " + cookie, cookie + "; " + cookie, "sid=" + token, "__Secure-sid=" + token} {
			if got := ask(h, "GET", "/profile", nil, "Cookie", planted).StatusCode; got != 303 {
				t.Errorf("status %d with %s", got, strings.ReplaceAll(planted, token, "…"))
			}
		}
		in.Set("shared", "1")
		for _, c := range ask(h, "POST", "/sign-in", strings.NewReader(in.Encode())).Cookies() {
			if c.MaxAge != 0 || !c.Expires.IsZero() {
				t.Errorf("on a shared computer: %s", c.Raw)
			}
		}
		resp = ask(h, "POST", "/sign-in/code", strings.NewReader("email=cleo%40cleo.test"))
		for _, c := range resp.Cookies() {
			if c.Name != "__Host-code" || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode {
				t.Errorf("cookie %s", c.Raw)
			}
		}
	})
}

// T146: no other site changes anything.
func TestCrossSite(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		cleo := s.As("cleo")
		for _, how := range [][2]string{
			{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.test"}, {"Origin", "null"},
		} {
			for _, kind := range []string{"application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x"} {
				for _, path := range []string{"/profile", "/sign-out", "/sign-in", "/profile/sessions/end-others"} {
					r, err := http.NewRequest("POST", s.URL+path, strings.NewReader("name=Evil"))
					if err != nil {
						t.Fatal(err)
					}
					r.Header.Set("Content-Type", kind)
					r.Header.Set(how[0], how[1])
					cleo.Do(r).MustBe(403)
				}
			}
		}
		if p := cleo.Get("/profile").MustBe(200); p.Attr("#name", "value") != "Cleo" {
			t.Error("another site changed the name")
		}
	})
}

// T072: links and answers do not depend on what the request says of the host.
func TestHost(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		h := secureSite(t, w)
		for _, host := range []string{"evil.test", "portal.test.evil.test", "portal.test:8080", "localhost", "127.0.0.1", ""} {
			if got := ask(h, "GET", "/sign-in", nil, "Host", host).StatusCode; got != 421 {
				t.Errorf("status %d for the host %q", got, host)
			}
		}
		resp := ask(h, "GET", "/profile", nil, "X-Forwarded-Host", "evil.test", "Forwarded", "host=evil.test")
		if got := resp.Header.Get("Location"); got != "/sign-in?next=%2Fprofile" {
			t.Errorf("leads to %s", got)
		}
	})
}

// T084: who claims to come from elsewhere is counted all the same.
func TestThrottleByTheRealAddress(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		h := secureSite(t, w)
		for i := range 20 {
			claim := fmt.Sprintf("203.0.113.%d", i)
			resp := ask(h, "POST", "/sign-in", strings.NewReader("email=cleo%40cleo.test&password=wrong"),
				"X-Forwarded-For", claim, "X-Real-IP", claim, "True-Client-IP", claim, "CF-Connecting-IP", claim, "Forwarded", "for="+claim)
			if resp.StatusCode == http.StatusTooManyRequests {
				return
			}
		}
		t.Error("twenty tries are not too many")
	})
}

// T147: opening any page changes nothing. What is counted is kept in memory
// until the next flush.
func TestGetChangesNothing(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		ada := s.As("ada")
		ada.Post("/forgot", url.Values{"email": {"cleo@cleo.test"}}).MustBe(200)
		before := dump(t, s)
		for _, path := range []string{
			"/", "/sign-in", "/forgot", "/profile", "/profile/sign-in", "/profile/prove", "/profile/sessions", "/profile/tokens", "/settings",
			"/reset/" + s.Accounts.Token("rst", s.Mails("password_reset")[0]), "/confirm-email/x", "/set-up/x", "/sign-out", "/robots.txt",
		} {
			ada.Get(path)
			s.Stranger().Get(path)
		}
		if after := dump(t, s); after != before {
			t.Errorf("something changed: %s", firstDifference(before, after))
		}
	})
}

// dump is every row of the tables that a page could change.
func dump(t *testing.T, s *webtest.Site) string {
	t.Helper()
	var all strings.Builder
	for _, table := range []string{
		"workspace", "persons", "sessions", "sign_in_codes", "password_resets", "email_changes", "attempts", "api_tokens", "events", "mails", "requests",
	} {
		rows, err := s.DB.Query(context.Background(), "SELECT * FROM "+table)
		if err != nil {
			t.Fatalf("%s: %v", table, err)
		}
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for rows.Next() {
			values := make([]any, len(columns))
			for i := range values {
				values[i] = new(any)
			}
			if err := rows.Scan(values...); err != nil {
				t.Fatal(err)
			}
			line := table
			for i, v := range values {
				line += fmt.Sprintf(" %s=%v", columns[i], *v.(*any))
			}
			lines = append(lines, line)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		rows.Close()
		slices.Sort(lines)
		all.WriteString(strings.Join(lines, "\n") + "\n")
	}
	return all.String()
}
