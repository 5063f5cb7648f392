package tour

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/vitrine-portal/vitrine/internal/built"
)

// A Person is somebody whose pages are looked at.
type Person struct {
	Role            string // a word for file names
	Email, Password string // empty: somebody who is not signed in
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
	people := []Person{{Role: "nobody"}}
	for _, m := range signIns.FindAllStringSubmatch(s.Output(), -1) {
		people = append(people, Person{strings.ReplaceAll(strings.ToLower(m[1]), " ", "-"), m[2], m[3]})
	}
	return s, people, nil
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

// Each calls see on every page of a workspace that has just been set up, and
// then on those of the demo as every one of its people. It returns the links that
// lead nowhere.
func Each(ctx context.Context, binary, data string, see func(*Tab, Page) error) (dead []string, err error) {
	b, err := Open(ctx)
	if err != nil {
		return nil, err
	}
	defer b.Close()

	fresh, link, err := Fresh(ctx, binary, data+"/fresh")
	if err != nil {
		return dead, err
	}
	defer fresh.Stop()
	u, err := url.Parse(link)
	if err != nil {
		return dead, err
	}
	d, err := walkAs(b, fresh.URL, "newcomer", see, func(*Tab) ([]string, error) { return append([]string{u.Path}, Doors...), nil })
	if dead = append(dead, d...); err != nil {
		return dead, fmt.Errorf("%w\n%s", err, fresh.Output())
	}
	d, err = walkAs(b, fresh.URL, "first-owner", see, func(t *Tab) ([]string, error) { return []string{"/"}, t.SetUp(link) })
	if dead = append(dead, d...); err != nil {
		return dead, fmt.Errorf("%w\n%s", err, fresh.Output())
	}

	demo, people, err := Demo(ctx, binary, data+"/demo")
	if err != nil {
		return dead, err
	}
	defer demo.Stop()
	for _, p := range people {
		d, err := walkAs(b, demo.URL, p.Role, see, func(t *Tab) ([]string, error) {
			if p.Email == "" {
				return Doors, nil
			}
			return []string{"/"}, t.SignIn(p.Email, p.Password)
		})
		if dead = append(dead, d...); err != nil {
			return dead, fmt.Errorf("%w\n%s", err, demo.Output())
		}
	}
	return dead, nil
}

func walkAs(b *Browser, site, who string, see func(*Tab, Page) error, enter func(*Tab) ([]string, error)) ([]string, error) {
	t, err := b.Tab(site)
	if err != nil {
		return nil, err
	}
	defer t.Close()
	starts, err := enter(t)
	if err != nil {
		return nil, err
	}
	return Walk(t, who, starts, func(p Page) error { return see(t, p) })
}
