package web_test

import (
	"testing"

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
