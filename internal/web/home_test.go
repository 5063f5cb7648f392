package web_test

import (
	"testing"

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
