package portal_test

import (
	"strings"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// Unnamed are those of the client alone who read the item, and only for the team.
func TestUnnamed(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		shown, own := string(w.Items[w.Site][portal.ClientSide].Task), string(w.Items[w.Site][portal.Team].Task)
		talk, note := string(w.Items[w.Site][portal.ClientSide].Conversation), string(w.Items[w.Site][portal.Team].Conversation)
		said := portal.NewMessage{Body: "between us"}
		direct := string(must[portal.ThreadID](t)(w.As(w.Mia).StartDirect(ctx, portal.NewDirect{Client: w.Acme, People: []portal.PersonID{w.Cleo}, NewMessage: said})))
		inside := string(must[portal.ThreadID](t)(w.As(w.Mia).StartDirect(ctx, portal.NewDirect{People: []portal.PersonID{w.Tom}, NewMessage: said})))
		for _, c := range []struct {
			who            portal.PersonID
			on, body, want string
		}{
			{w.Mia, talk, "What do @Cleo and @Tom say, @Carl?", "Cleo"},
			{w.Mia, note, "What does @Cleo say?", "Cleo"},
			{w.Mia, string(w.Site), "What does @Cleo say, @Carl?", "Cleo"},
			{w.Mia, string(w.Acme), "What does @Cleo say, @Carl?", "Cleo"},
			{w.Mia, direct, "What do @Cleo and @Bea say?", "Cleo"},
			{w.Mia, inside, "What does @Cleo say, @Tom?", ""},
			{w.Cleo, talk, "What does @Bea say?", ""},
			{w.Cleo, string(w.Site), "What does @Bea say?", ""},
			{w.Cleo, string(w.Acme), "What does @Bea say?", ""},
			{w.Mia, shown, "What does @Cleo say?", "Cleo"},
			{w.Mia, shown, "What do @cleo (Acme) and @Bea say, @Tom?", "cleo (Acme) Bea"},
			{w.Mia, shown, "Cleo, x@cleo.test, @Carl, @Rex, @Tom, @Ada and @Cleopatra", ""},
			{w.Mia, own, "What does @Cleo say?", ""},
			{w.Cleo, shown, "What does @Bea say?", ""},
		} {
			if got := strings.Join(must[[]string](t)(w.As(c.who).Unnamed(ctx, c.on, c.body)), " "); got != c.want {
				t.Errorf("%q names %q in vain, want %q", c.body, got, c.want)
			}
		}
		for _, place := range []string{shown, own, talk, note, direct, string(w.Site), string(w.Acme), "x", ""} {
			_, err := w.As(w.Carl).Unnamed(ctx, place, "@Cleo")
			wants(t, "Unnamed at "+place+", which is not seen", err, portal.ErrNotFound)
		}
		// Somebody of the team who is called as somebody of the client reads it.
		exec(t, w, `UPDATE persons SET name = 'Cleo' WHERE id = '`+string(w.Tom)+`'`)
		if got := must[[]string](t)(w.As(w.Mia).Unnamed(ctx, shown, "What does @Cleo say?")); len(got) != 0 {
			t.Errorf("named in vain is %q", got)
		}
	})
}
