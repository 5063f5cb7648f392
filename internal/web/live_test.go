package web_test

import (
	"bufio"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/live"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
	"github.com/vitrine-portal/vitrine/internal/web"
	"github.com/vitrine-portal/vitrine/internal/web/webtest"
)

// A stream that has lost count says something only when something of its
// reader's has happened.
func TestStreamThatLostCount(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		var hub *live.Hub
		s := webtest.New(t, w, func(o *web.Options) { hub = o.Hub })
		cleo := s.As("cleo")
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/live", nil)
		r.AddCookie(&http.Cookie{Name: "sid", Value: cleo.Cookie("sid")})
		resp, err := new(http.Transport).RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		data := make(chan string, 16)
		open := make(chan struct{})
		go func() {
			for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
				if lines.Text() == ": open" {
					close(open)
				}
				if d, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
					data <- d
				}
			}
		}()
		<-open
		next := func(want string) {
			t.Helper()
			select {
			case got := <-data:
				if got != want {
					t.Errorf("the stream says %q, want %q", got, want)
				}
			case <-time.After(5 * time.Second):
				t.Fatalf("the stream is silent, want %q", want)
			}
		}
		add := func(audience portal.Side) {
			t.Helper()
			if _, err := w.As(w.Mia).AddTask(t.Context(), w.Site, portal.NewTask{Title: "Proofs", Audience: audience}); err != nil {
				t.Fatal(err)
			}
		}
		add(portal.Team)
		hub.Publish(live.Signal{})
		hub.Publish(live.Signal{Close: true, Persons: []string{string(w.Cleo)}})
		next("-") // of the second alone
		add(portal.ClientSide)
		next(string(w.Site))
		hub.Publish(live.Signal{})
		next("-")
	})
}
