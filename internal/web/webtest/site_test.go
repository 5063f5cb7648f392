package webtest_test

import (
	"testing"

	"github.com/vitrine-portal/vitrine/internal/web/webtest"
)

func TestEveryoneCanVisit(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		for _, name := range []string{"ada", "mia", "tom", "cleo", "dan", "carl", "bea", "rex", "eve"} {
			s.As(name).Get("/there-is-nothing-here").MustBe(404).MustContain("There is nothing here")
		}
		p := s.Stranger().Get("/health").MustBe(200)
		if p.Body != "ok\n" {
			t.Errorf("health says %q", p.Body)
		}
	})
}
