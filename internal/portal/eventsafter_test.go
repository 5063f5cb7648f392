package portal_test

import (
	"cmp"
	"slices"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// Each event that EventsAfter lists was told of by a signal that says which it is.
func TestEventsAfter(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		mia := w.As(w.Mia)
		all := must[[]portal.EventID](t)(w.Portal.EventsAfter(ctx, ""))
		if len(all) == 0 || !slices.IsSortedFunc(all, func(a, b portal.EventID) int { return cmp.Compare(b, a) }) {
			t.Fatalf("%d events, not the newest first", len(all))
		}
		w.Signals()
		must[portal.TaskID](t)(mia.AddTask(ctx, w.Site, portal.NewTask{Title: "Proofs", Audience: portal.Team}))
		thread := must[portal.ThreadID](t)(mia.StartConversation(ctx, w.Site, portal.NewConversation{Subject: "Colours", NewMessage: portal.NewMessage{Body: "Which?", Audience: portal.ClientSide}}))
		must[portal.MessageID](t)(w.As(w.Cleo).Say(ctx, thread, portal.NewMessage{Body: "Red.", Audience: portal.ClientSide}))
		must[portal.ThreadID](t)(mia.StartDirect(ctx, portal.NewDirect{People: []portal.PersonID{w.Tom}, NewMessage: portal.NewMessage{Body: "Lunch?", Audience: portal.Team}}))
		told := map[portal.EventID]bool{}
		for _, s := range w.Signals() {
			told[s.Event] = true
		}
		after := must[[]portal.EventID](t)(w.Portal.EventsAfter(ctx, all[0]))
		if len(after) != 4 {
			t.Errorf("%d events after four things happened", len(after))
		}
		for _, id := range after {
			if !told[id] {
				t.Errorf("no signal told of %s", id)
			}
		}
	})
}
