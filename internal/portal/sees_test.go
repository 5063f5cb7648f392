package portal_test

import (
	"testing"

	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// Whoever sees an event is told of it on their live stream, and nobody else:
// what happens to a client belongs to no project.
func TestSeesWhatHappensToAClient(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ch := change(t, w, w.Acme)
		ch.InvitationDays++
		w.Signals()
		_, err := w.As(w.Mia).SaveAccess(ctx, w.Acme, ch)
		if err != nil {
			t.Fatal(err)
		}
		signals := w.Signals()
		if len(signals) == 0 {
			t.Fatal("no signal")
		}
		for _, s := range signals {
			for name, id := range w.Everyone() {
				got := must[bool](t)(w.As(id).Sees(ctx, s.Event))
				if want := id == w.Ada || id == w.Mia; got != want {
					t.Errorf("%s sees that the access was changed: %v, want %v", name, got, want)
				}
			}
		}
	})
}
