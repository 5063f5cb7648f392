package tour

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/vitrine-portal/vitrine/internal/built"
)

// A Person is somebody whose pages are looked at.
type Person struct {
	Role            string // a word for file names
	Email, Password string
}

var (
	setUpLink = regexp.MustCompile(`http://\S+/set-up/\S+`)
	signIns   = regexp.MustCompile(`(?m)^([a-z][a-z ]*): [^,\n]+, (\S+@\S+), (.+?)\s*$`) // role: name, address, password
)

// Demo starts the demo, with its people.
func Demo(ctx context.Context, binary, data string) (*built.Server, []Person, error) {
	s, err := built.Start(ctx, binary, "demo", data)
	if err != nil {
		return nil, nil, err
	}
	if _, err := s.Say(signIns); err != nil {
		s.Kill()
		return nil, nil, err
	}
	var people []Person
	for _, m := range signIns.FindAllStringSubmatch(s.Output(), -1) {
		people = append(people, Person{strings.ReplaceAll(strings.ToLower(m[1]), " ", "-"), m[2], m[3]})
	}
	return s, people, nil
}

// SignIn signs a person in, and gives the cookies of their session.
func SignIn(site string, p Person) ([]*http.Cookie, error) {
	v, err := newVisitor(site, p.Role, shapes{})
	if err == nil {
		err = v.enter("/sign-in", url.Values{"email": {p.Email}, "password": {p.Password}})
	}
	if err != nil {
		return nil, err
	}
	return v.cookies(), nil
}

// Fresh starts an empty server and gives the link that sets it up.
func Fresh(ctx context.Context, binary, data string) (s *built.Server, link string, err error) {
	s, err = built.Start(ctx, binary, "serve", data)
	if err != nil {
		return nil, "", err
	}
	m, err := s.Say(setUpLink)
	if err != nil {
		s.Kill()
		return nil, "", err
	}
	return s, m[0], nil
}

// tabs is how many pages are looked at at once: what one of them waits for, the
// others compute through.
const tabs = 3

// Each calls see on every page that is worth a look: of a workspace that is
// being set up, and of the demo as each of its people. With once, owner and
// manager together see one page of a kind, and so do the client's people. Some
// tabs share the pages, so see is called on several at once, and not in the order
// of the pages. Each returns the links that lead nowhere.
func Each(ctx context.Context, binary, data string, once bool, see func(*Tab, Page) error) (dead []string, err error) {
	b, err := Open(ctx)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	fresh, link, err := Fresh(ctx, binary, data+"/fresh")
	if err != nil {
		return nil, err
	}
	defer fresh.Stop()
	var (
		demo     *built.Server
		people   []Person
		starting errgroup.Group // which takes as long as to look at the other
	)
	starting.Go(func() (err error) {
		demo, people, err = Demo(ctx, binary, data+"/demo")
		return err
	})
	defer func() {
		if starting.Wait() == nil {
			demo.Stop()
		}
	}()
	w := &walk{browser: b, once: once, see: see, shapes: make(map[string]shapes), queue: make(chan visit, manyPages)}
	var looking errgroup.Group
	for range tabs {
		looking.Go(w.work)
	}
	end := func(s *built.Server, err error) ([]string, error) {
		close(w.queue)
		if err = errors.Join(err, looking.Wait()); err != nil {
			err = fmt.Errorf("%w\n%s", err, s.Output())
		}
		return w.dead, err
	}
	if err := w.fresh(fresh.URL, link); err != nil || w.failed.Load() {
		return end(fresh, err)
	}
	if err := starting.Wait(); err != nil {
		return end(fresh, err)
	}
	return end(demo, w.demo(demo.URL, people))
}

// A walk is one through all pages of all people.
type walk struct {
	browser *Browser
	once    bool
	see     func(*Tab, Page) error
	shapes  map[string]shapes // of the pages found so far, for each person or kind of person
	found   int
	dead    []string

	queue  chan visit // pages to look at
	left   sync.WaitGroup
	failed atomic.Bool
}

// A visit is a page that is to be looked at, and whose.
type visit struct {
	who  *visitor
	page Page
}

// visitor is somebody at a site. What those of a kind have found need not be
// found again.
func (w *walk) visitor(site, who, kind string) (*visitor, error) {
	if !w.once {
		kind = who
	}
	if w.shapes[kind] == nil {
		w.shapes[kind] = make(shapes)
	}
	return newVisitor(site, who, w.shapes[kind])
}

// find crawls from the starts on. After a failure it finds nothing.
func (w *walk) find(v *visitor, starts []string) ([]Page, error) {
	if w.failed.Load() {
		return nil, nil
	}
	pages, err := v.crawl(starts)
	w.dead = append(w.dead, v.dead...)
	return pages, err
}

// look has pages looked at, by tabs of the visitor. It does not wait for that.
func (w *walk) look(v *visitor, pages []Page) {
	for _, p := range pages {
		w.found++
		p.Number = w.found
		w.left.Add(1)
		w.queue <- visit{v, p}
	}
}

// work looks at pages until there are no more. After a failure, of whichever tab,
// it looks at none.
func (w *walk) work() error {
	var (
		tab   *Tab
		whose *visitor
		err   error
	)
	for next := range w.queue {
		if !w.failed.Load() {
			if whose != next.who {
				if tab != nil {
					tab.Close()
				}
				whose = next.who
				tab, err = w.browser.Tab(whose.site, whose.cookies())
			}
			if err == nil {
				err = w.see(tab, next.page)
			}
			if err != nil {
				err = fmt.Errorf("%s at %s: %w", next.page.Who, next.page.Path, err)
				w.failed.Store(true)
			}
		}
		w.left.Done()
	}
	if tab != nil {
		tab.Close()
	}
	return err
}

// fresh looks at a workspace before it is set up, and as its first owner.
func (w *walk) fresh(site, link string) error {
	u, err := url.Parse(link)
	if err != nil {
		return err
	}
	v, err := w.visitor(site, "newcomer", "newcomer")
	if err != nil {
		return err
	}
	pages, err := w.find(v, append([]string{u.Path}, Doors...))
	if err != nil {
		return err
	}
	w.look(v, pages)
	w.left.Wait() // once it is set up they are others
	if v, err = w.visitor(site, "first-owner", "first-owner"); err != nil {
		return err
	}
	if err := v.enter(u.Path, url.Values{"workspace": {"Studio Nord"}, "name": {"Nora Nord"}, "email": {"nora@nord.example"}, "password": {"correct horse battery staple"}}); err != nil {
		return err
	}
	if pages, err = w.find(v, []string{"/"}); err != nil {
		return err
	}
	w.look(v, pages)
	return nil
}

// demo looks at the demo as each of its people, and as nobody at the pages that
// they hand out the addresses of.
func (w *walk) demo(site string, people []Person) error {
	given := make(map[string]bool)
	for _, p := range people {
		kind := "team"
		if strings.Contains(p.Role, "client") || p.Role == "viewer" {
			kind = "client"
		}
		v, err := w.visitor(site, p.Role, kind)
		if err != nil {
			return err
		}
		if err := v.enter("/sign-in", url.Values{"email": {p.Email}, "password": {p.Password}}); err != nil {
			return err
		}
		pages, err := w.find(v, []string{"/", "/messages/search?q=page"}) // what no link leads to
		if err != nil {
			return err
		}
		maps.Copy(given, v.given)
		if p.Role == "owner" {
			pages = append(pages, clash(pages)...)
		}
		w.look(v, pages)
	}
	v, err := w.visitor(site, "nobody", "nobody")
	if err != nil {
		return err
	}
	pages, err := w.find(v, append(slices.Clone(Doors), slices.Sorted(maps.Keys(given))...))
	if err != nil {
		return err
	}
	w.look(v, pages)
	return nil
}

// clash is what comes back to a form that brings a file whose name is taken.
func clash(pages []Page) []Page {
	for _, p := range pages {
		if p.Name == "projects-one-files" {
			p.Name = "uploads-clash"
			p.open = func(t *Tab) error {
				if _, _, err := t.Go(p.Path); err != nil {
					return err
				}
				return t.send(`{
					const form = document.querySelector("form[data-upload]"), chosen = new DataTransfer();
					for (let times = 0; times < 2; times++) chosen.items.add(new File(["Twice"], "Clash.txt"));
					form.querySelector("input[name=file]").files = chosen.files;
					HTMLFormElement.prototype.submit.call(form);
				}`)
			}
			return []Page{p}
		}
	}
	return nil
}
