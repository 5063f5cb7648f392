package webtest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/vitrine-portal/vitrine/internal/account"
)

const userAgent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

// A Browser is one person's, with a cookie jar of its own. It follows redirects.
type Browser struct {
	*Site
	Name    string
	Session account.Session // as it was when As made it

	t         *testing.T
	client    *http.Client
	forbidden []string
	via       []string
}

// Forbid adds words that no answer to this browser may hold from now on.
func (b *Browser) Forbid(words ...string) *Browser {
	b.forbidden = append(b.forbidden, words...)
	return b
}

// Becomes says whose browser it is from now on: somebody has signed in in it, or
// opened an invitation there, and may receive what that person may.
func (b *Browser) Becomes(name string) *Browser {
	b.Name, b.forbidden = name, nil
	return b
}

func (b *Browser) redirected(r *http.Request, via []*http.Request) error {
	if len(via) > 5 {
		return http.ErrUseLastResponse
	}
	if at := r.URL.Scheme + "://" + r.URL.Host; r.URL.Host != via[0].URL.Host && at != b.URL && at != b.FilesURL {
		b.t.Errorf("%s: %s leads away, to %s", b.Name, via[0].URL.Path, r.URL)
		return http.ErrUseLastResponse
	}
	b.via = append(b.via, r.URL.RequestURI())
	return nil
}

// Get opens a page.
func (b *Browser) Get(path string) *Page {
	b.t.Helper()
	r, err := http.NewRequest(http.MethodGet, b.URL+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.Do(r)
}

// Post sends values as a form of this site would.
func (b *Browser) Post(path string, values url.Values) *Page {
	b.t.Helper()
	r, err := http.NewRequest(http.MethodPost, b.URL+path, strings.NewReader(values.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", b.URL)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.Do(r)
}

// Do sends any request with the browser's cookies, and reads the answer.
func (b *Browser) Do(r *http.Request) *Page {
	b.t.Helper()
	if r.Header.Get("User-Agent") == "" {
		r.Header.Set("User-Agent", userAgent)
	}
	b.via = nil
	resp, err := b.client.Do(r)
	if err != nil {
		b.t.Fatalf("%s: %s %s: %v", b.Name, r.Method, r.URL.Path, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatalf("%s: %s %s: %v", b.Name, r.Method, r.URL.Path, err)
	}
	p := &Page{Status: resp.StatusCode, Header: resp.Header, Body: string(body), Path: resp.Request.URL.RequestURI(), Via: b.via,
		t: b.t, name: fmt.Sprintf("%s: %s %s", b.Name, r.Method, r.URL.RequestURI()), browser: b}
	b.sniff(p)
	return p
}

// sniff fails the test when the answer holds what its reader may not see.
func (b *Browser) sniff(p *Page) {
	b.t.Helper()
	all := p.Body
	for _, values := range p.Header {
		all += "\n" + strings.Join(values, "\n")
	}
	for _, found := range leaks(all, b.forbids()) {
		b.t.Errorf("%s leaks %q", p.name, found)
	}
}

// leaks are the places in an answer that begin with a forbidden word, however
// they are escaped.
func leaks(answer string, forbidden []string) []string {
	var found []string
	for _, text := range []string{answer, html.UnescapeString(answer)} {
		for _, word := range forbidden {
			if i := strings.Index(text, word); i >= 0 {
				found = append(found, text[i:min(len(text), i+len(word)+40)])
			}
		}
	}
	return found
}

// forbids are the words this browser must not receive: for one that started
// with nobody signed in, those of whoever has signed in since.
func (b *Browser) forbids() []string {
	name := b.Name
	if name == "nobody" {
		if _, who, err := b.Accounts.Session(context.Background(), b.Cookie("sid")); err == nil {
			for n, id := range b.Everyone() {
				if id == who.ID {
					name = n
				}
			}
		}
	}
	return append(Forbidden(name), b.forbidden...)
}

// Cookie is a cookie that the browser has for the site, or "".
func (b *Browser) Cookie(name string) string {
	u, _ := url.Parse(b.URL)
	for _, c := range b.client.Jar.Cookies(u) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// SetCookie plants a cookie.
func (b *Browser) SetCookie(name, value string) {
	u, _ := url.Parse(b.URL)
	b.client.Jar.SetCookies(u, []*http.Cookie{{Name: name, Value: value, Path: "/"}})
}
