package tour

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// A Page is one that a person reached.
type Page struct {
	Who  string
	Path string // as it was linked to
	Name string // the path without what names one thing: "clients-access"
}

// Doors are the pages for people who are not signed in.
var Doors = []string{"/sign-in", "/forgot", "/this-page-does-not-exist"}

// manyPages bounds what one person's walk takes.
const manyPages = 80

// Walk opens, in the tab, each start and then every page that is linked to, one of
// each kind: two projects are one kind. It calls visit on each and says which
// links lead nowhere.
func Walk(t *Tab, who string, starts []string, visit func(Page) error) (dead []string, err error) {
	type link struct{ path, from string }
	var queue []link
	for _, path := range starts {
		queue = append(queue, link{path, ""})
	}
	seen := make(map[string]bool)
	for len(queue) > 0 && len(seen) < manyPages {
		next := queue[0]
		queue = queue[1:]
		name := nameOf(next.path)
		if seen[name] {
			continue
		}
		seen[name] = true
		status, kind, err := t.Go(next.path)
		switch {
		case err != nil && strings.Contains(err.Error(), "ERR_ABORTED"):
			continue // a download
		case err != nil:
			return dead, err
		case status >= 400 && !slices.Contains(Doors, next.path):
			dead = append(dead, fmt.Sprintf("%s: %s answers %d (linked from %s)", who, next.path, status, next.from))
			continue
		case kind != "text/html":
			continue
		}
		if arrived, err := t.Path(); err != nil {
			return dead, err
		} else if n := nameOf(arrived); n != name { // redirected
			if seen[n] {
				continue
			}
			seen[n] = true
			name = n
		}
		links, err := Eval[[]string](t, `[...document.querySelectorAll('a[href]:not([download])')].map(a => a.href)`)
		if err != nil {
			return dead, err
		}
		for _, href := range links {
			if path, ok := t.inside(href); ok {
				queue = append(queue, link{path, next.path})
			}
		}
		if err := visit(Page{who, next.path, name}); err != nil {
			return dead, fmt.Errorf("%s at %s: %w", who, next.path, err)
		}
	}
	return dead, nil
}

func (t *Tab) inside(href string) (string, bool) {
	u, err := url.Parse(href)
	if err != nil || u.Scheme+"://"+u.Host != t.site {
		return "", false
	}
	u.Scheme, u.Host, u.Fragment = "", "", ""
	return u.String(), true
}

var thing = regexp.MustCompile(`^([a-z]{3}_[0-9a-z]{26}|[\w-]{25,})$`)

// nameOf is the path without identifiers, and what the query is about.
func nameOf(path string) string {
	u, err := url.Parse(path)
	if err != nil {
		return path
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
	keys := slices.Sorted(maps.Keys(u.Query()))
	return strings.Join(append(parts, keys...), "-")
}
