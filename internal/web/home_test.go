package web_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
	"github.com/vitrine-portal/vitrine/internal/web"
	"github.com/vitrine-portal/vitrine/internal/web/webtest"
)

func TestHome(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		for who, c := range map[string]struct {
			has    []string
			forbid []string
		}{
			"cleo": {[]string{"CNRY-acme-client-site-name", "CNRY-acme-client-brand-name"}, []string{"-team-", "CNRY-brick"}},
			"dan":  {[]string{"CNRY-acme-client-brand-name"}, []string{"-team-", "CNRY-brick", "CNRY-acme-client-site"}},
			"bea":  {[]string{"CNRY-acme-client-site-name", "CNRY-brick-client-shop-name"}, []string{"-team-"}},
			"carl": {[]string{"CNRY-brick-client-shop-name"}, []string{"-team-", "CNRY-acme"}},
			"ada":  {[]string{"Today"}, nil},
			"eve":  {[]string{"You have no access"}, []string{"CNRY"}},
			"rex":  {[]string{"You have no access"}, []string{"CNRY"}},
		} {
			b := s.As(who)
			p := b.Get("/")
			if p.Status != 200 {
				t.Errorf("%s at home: %d %s", who, p.Status, s.Log())
				continue
			}
			p.MustContain(c.has...)
			p.MustNotContain(c.forbid...)
		}
	})
}

// Who has two clients finds the projects of each under its name, and none among those
// of the other.
func TestHomeOfTwoClients(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		for i, c := range []portal.ClientID{s.Acme, s.Brick} { // the newest first, in turns
			for n := range 4 {
				p, err := s.World.As(s.Ada).CreateProject(t.Context(), c, portal.NewProject{Name: fmt.Sprintf("Of %d, number %d", i, n)})
				if err == nil {
					err = s.World.As(s.Ada).ShareProject(t.Context(), p, false)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		page := s.As("bea").Get("/").MustBe(200)
		sections := page.Texts("main section")
		found := 0
		for _, text := range sections {
			for i, name := range []string{"Acme", "Brick"} {
				if !strings.HasPrefix(text, "Projects · "+name) {
					continue
				}
				found++
				if !strings.Contains(text, fmt.Sprintf("Of %d, number 3", i)) || strings.Contains(text, fmt.Sprintf("Of %d", 1-i)) {
					t.Errorf("under %s stands %q", name, text)
				}
			}
		}
		if found != 2 {
			t.Errorf("%d lists of projects: %q", found, sections)
		}
		s.As("cleo").Get("/").MustBe(200).MustNotContain("Projects · ")
	})
}

// All that waits is counted, on the bell of every page and at home, also what
// is not shown there; with several clients each home counts its own.
func TestNeedsAreCounted(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		ada, cleo := s.World.As(s.World.Ada), s.World.As(s.World.Cleo)
		before, err := cleo.CountNeeds(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		for range 8 {
			if _, err := ada.AddTask(t.Context(), s.World.Site, portal.NewTask{Title: "Look at it", Turn: portal.ClientSide, Audience: portal.ClientSide}); err != nil {
				t.Fatal(err)
			}
		}
		n := strconv.Itoa(before + 8)
		for _, at := range []string{"/", "/projects", "/projects/" + string(s.World.Site)} {
			if got := s.As("cleo").Get(at).MustBe(200).Text(".bell .badge"); got != n {
				t.Errorf("%s: the bell says %q, want %s", at, got, n)
			}
		}
		s.As("cleo").Get("/").MustContain(n + " things need you")

		of, err := s.World.As(s.World.Bea).CountNeeds(t.Context(), s.World.Acme)
		if err != nil {
			t.Fatal(err)
		}
		s.As("bea").Get("/clients/" + string(s.World.Acme)).MustContain(strconv.Itoa(of) + " things need you")
	})
}

// That the sweep stands still is said to who can do something about it.
func TestStraysAreSaid(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		s := webtest.New(t, w, func(o *web.Options) { o.Strays = func() int { return 1234 } })
		s.As("ada").Get("/").MustBe(200).MustContain("names 1,234 stored files")
		for _, who := range []string{"mia", "tom", "cleo"} {
			s.As(who).Get("/").MustBe(200).MustNotContain("stored files")
		}
	})
}

// Help tells each of a client what they can do, and not what they cannot.
func TestHelp(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		cleo := s.As("cleo").Get("/help").MustBe(200)
		cleo.MustContain("Approving something", "Sending files", "A colleague needs access")
		if to := cleo.Attr(".contact .button", "href"); to != "/clients/"+string(s.World.Acme)+"/conversation" {
			t.Errorf("the contact is written to at %q", to)
		}
		cleo.MustNotContain("-team-", "CNRY-brick")
		s.As("dan").Get("/help").MustBe(200).MustContain("Finding files", "where you are signed in").
			MustNotContain("Approving something", "Sending files", "A colleague needs access")
	})
}

// What somebody of a client has not read stands last among what needs them, on each of
// their pages that say so, until they have read it.
func TestUnreadNeeds(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		mia := s.World.As(s.World.Mia)
		id, err := mia.StartConversation(t.Context(), s.World.Site, portal.NewConversation{Subject: "A bell for the shop", NewMessage: portal.NewMessage{Body: "It rings.", Audience: portal.ClientSide}})
		if err != nil {
			t.Fatal(err)
		}
		last, err := mia.Say(t.Context(), id, portal.NewMessage{Body: "Twice.", Audience: portal.ClientSide})
		if err != nil {
			t.Fatal(err)
		}
		places := []string{"/needs", "/notices"}
		for _, at := range places {
			p := s.As("cleo").Get(at).MustBe(200)
			if got := strings.Join(p.Texts(".needs li"), "|"); !strings.Contains(got, "Unread message A bell for the shop") || !strings.Contains(got, "2 messages, the last from Mia Read") {
				t.Errorf("%s: %s", at, got)
			}
			if n := strconv.Itoa(len(p.Texts(".needs li"))); p.Text(".bell .badge") != n {
				t.Errorf("%s: the bell says %q of %s", at, p.Text(".bell .badge"), n)
			}
		}
		if err := s.World.As(s.World.Cleo).MarkRead(t.Context(), id, last); err != nil {
			t.Fatal(err)
		}
		for _, at := range places {
			s.As("cleo").Get(at).MustBe(200).MustNotContain("2 messages, the last from Mia")
		}
	})
}
