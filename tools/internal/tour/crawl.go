package tour

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"
)

// A Page is one that a person reached.
type Page struct {
	Number int // from 1 on, in the order in which pages were found
	Who    string
	Path   string
	Name   string // the path without what names one thing: "clients-access", "files-one-3"

	open func(*Tab) error
}

// Open opens the page in a tab of its person.
func (p Page) Open(t *Tab) error {
	if p.open != nil {
		return p.open(t)
	}
	_, _, err := t.Go(p.Path)
	return err
}

// Doors are the pages for people who are not signed in.
var Doors = []string{"/sign-in", "/forgot", "/this-page-does-not-exist"}

// Bounds of a crawl, so that a workspace of any size is crawled in seconds.
const (
	manyPages = 1500 // of one person
	manyAlike = 60   // things of one kind: tasks, files
	manyAsked = 6    // pages of one kind with a query: orders, filters
)

// previewLimit bounds how long one person waits for the previews of files, all
// together: on a busy machine some pages are looked at without.
const previewLimit = 30 * time.Second

// A visitor follows links without a browser, which is a hundred times as fast.
type visitor struct {
	site, who string
	client    *http.Client
	shapes    shapes
	given     map[string]bool // addresses for people without a session, on pages for others
	waited    time.Duration   // for previews
	dead      []string
}

// shapes is what the pages found so far are made of.
type shapes map[string]bool

func newVisitor(site, who string, s shapes) (*visitor, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	return &visitor{site: site, who: who, shapes: s, given: make(map[string]bool), client: &http.Client{Jar: jar, Timeout: pageLimit}}, nil
}

func (v *visitor) cookies() []*http.Cookie {
	u, err := url.Parse(v.site)
	if err != nil {
		return nil
	}
	return v.client.Jar.Cookies(u)
}

// enter fills in the form of a page as its person does, which signs in or sets
// up, and sends it.
func (v *visitor) enter(path string, typed url.Values) error {
	_, root, err := v.read(path)
	if err != nil {
		return err
	}
	sent := url.Values{}
	for _, field := range cascadia.QueryAll(root, enterFields) {
		a := attributes(field)
		sent.Set(a["name"], a["value"])
		if option := cascadia.Query(field, selected); option != nil {
			sent.Set(a["name"], attributes(option)["value"])
		}
	}
	maps.Copy(sent, typed)
	resp, err := v.client.PostForm(v.site+path, sent)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK || len(v.cookies()) == 0 {
		return fmt.Errorf("%s answers %s to the form of %s", path, resp.Status, v.who)
	}
	return nil
}

var (
	enterFields = cascadia.MustCompile(`form.form input[name]:not([type=checkbox]), form.form select[name]`)
	selected    = cascadia.MustCompile(`option[selected]`)
)

// crawl follows every link from the starts on and returns the pages that are
// worth a look: each has something in it that none before it of its name had.
func (v *visitor) crawl(starts []string) (pages []Page, err error) {
	type link struct{ path, from string }
	var queue []link
	for _, path := range starts {
		queue = append(queue, link{path, ""})
	}
	seen, alike, taken := make(map[string]bool), make(map[string]int), make(map[string]int)
	for ; len(queue) > 0 && len(seen) < manyPages; queue = queue[1:] {
		next := queue[0]
		name, asked := nameOf(next.path)
		if seen[next.path] || alike[name+asked] == manyAlike || asked != "" && alike[name+asked] == manyAsked {
			continue
		}
		seen[next.path] = true
		alike[name+asked]++
		arrived, root, err := v.whole(next.path)
		var status statusError
		switch {
		case errors.As(err, &status):
			if !slices.Contains(starts, next.path) {
				v.dead = append(v.dead, fmt.Sprintf("%s: %s answers %d (linked from %s)", v.who, next.path, status, next.from))
				continue
			}
		case err != nil:
			return nil, err
		}
		if root == nil || arrived != next.path && seen[arrived] {
			continue
		}
		seen[arrived] = true
		for _, path := range v.links(root) {
			queue = append(queue, link{path, next.path})
		}
		name, asked = nameOf(arrived)
		if v.isNew(name, root) {
			name += asked
			taken[name]++
			p := Page{Who: v.who, Path: next.path, Name: name}
			if taken[name] > 1 {
				p.Name = fmt.Sprintf("%s-%d", name, taken[name])
			}
			pages = append(pages, p)
		}
	}
	return pages, nil
}

// A statusError is an answer that is not a page.
type statusError int

func (e statusError) Error() string { return http.StatusText(int(e)) }

// read gets a page and where it is after redirects. What is no page of the site
// is nil.
func (v *visitor) read(path string) (arrived string, root *html.Node, err error) {
	resp, err := v.client.Get(v.site + path)
	if err != nil {
		return "", nil, err
	}
	defer resp.Body.Close()
	arrived, inside := v.inside(resp.Request.URL.String())
	if !inside {
		return "", nil, nil
	}
	if kind, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";"); kind == "text/html" && resp.Header.Get("Content-Disposition") == "" {
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			return "", nil, err
		}
		if root, err = html.Parse(bytes.NewReader(b)); err != nil {
			return "", nil, err
		}
	}
	if resp.StatusCode >= 400 {
		return arrived, root, statusError(resp.StatusCode)
	}
	return arrived, root, nil
}

// whole is read once the page no longer waits for a preview that is being made.
func (v *visitor) whole(path string) (arrived string, root *html.Node, err error) {
	const pause = 200 * time.Millisecond
	for {
		arrived, root, err = v.read(path)
		if err != nil || root == nil || !waits(root) || v.waited > previewLimit {
			return arrived, root, err
		}
		time.Sleep(pause)
		v.waited += pause
	}
}

// waits reports whether a page will draw itself again.
func waits(root *html.Node) bool {
	for n := range root.Descendants() {
		if slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "data-waits" }) {
			return true
		}
	}
	return false
}

// forAnybody are the pages that an address alone opens.
var forAnybody = regexp.MustCompile(`^/(s|invitations|reset|confirm-email)/[^/]+$`)

// download are the addresses of files, whose taking is noted.
var download = regexp.MustCompile(`/(download|zip|view)(\?|$)`)

// links are those of a page to others of the site.
func (v *visitor) links(root *html.Node) (paths []string) {
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		a := attributes(n)
		if path, ok := v.inside(a["data-copy"]); ok && forAnybody.MatchString(path) {
			v.given[path] = true
		}
		if n.Data != "a" {
			continue
		}
		if path, ok := v.inside(a["href"]); ok && !download.MatchString(path) {
			paths = append(paths, path)
			if forAnybody.MatchString(path) {
				v.given[path] = true
			}
		}
	}
	return paths
}

func attributes(n *html.Node) map[string]string {
	m := make(map[string]string, len(n.Attr))
	for _, a := range n.Attr {
		m[a.Key] = a.Val
	}
	return m
}

// isNew reports whether a page is the first of its name, or has something in it
// that none before had. What a page is made of are its forms, by what they do,
// and its other elements, by their classes and those of what they stand in.
func (v *visitor) isNew(name string, root *html.Node) bool {
	before := len(v.shapes)
	v.shapes["page "+name] = true
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			v.shapes[shape(n.Parent)+" > "+shape(n)] = true
		}
	}
	return len(v.shapes) > before
}

func shape(n *html.Node) string {
	a := attributes(n)
	if n.Data == "form" {
		name, _ := nameOf(a["action"])
		return "form " + name
	}
	classes := strings.Fields(a["class"])
	slices.Sort(classes)
	return n.Data + "." + strings.Join(classes, ".") + a["role"]
}

// inside is the path and query of an address of the site.
func (v *visitor) inside(href string) (string, bool) {
	u, err := url.Parse(href)
	if err != nil || href == "" || u.Host != "" && u.Scheme+"://"+u.Host != v.site || u.Opaque != "" || !strings.HasPrefix(u.Path, "/") {
		return "", false
	}
	u.Scheme, u.Host, u.Fragment = "", "", ""
	return u.String(), true
}

var thing = regexp.MustCompile(`^([a-z]{3}_[0-9a-z]{26}|[\w-]{25,})$`)

// nameOf is the path without identifiers, and what the query is about.
func nameOf(path string) (name, asked string) {
	u, err := url.Parse(path)
	if err != nil {
		return path, ""
	}
	var parts []string
	for part := range strings.SplitSeq(strings.Trim(u.Path, "/"), "/") {
		switch {
		case thing.MatchString(part):
			parts = append(parts, "one")
		case part != "":
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		parts = []string{"home"}
	}
	for _, key := range slices.Sorted(maps.Keys(u.Query())) {
		asked += "-" + key
	}
	return strings.Join(parts, "-"), asked
}
