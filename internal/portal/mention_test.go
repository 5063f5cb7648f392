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
		shown, own := portal.ItemID(w.Items[w.Site][portal.ClientSide].Task), portal.ItemID(w.Items[w.Site][portal.Team].Task)
		for _, c := range []struct {
			who        portal.PersonID
			on         portal.ItemID
			body, want string
		}{
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
		_, err := w.As(w.Carl).Unnamed(ctx, shown, "@Cleo")
		wants(t, "Unnamed of what is not seen", err, portal.ErrNotFound)
		// Somebody of the team who is called as somebody of the client reads it.
		exec(t, w, `UPDATE persons SET name = 'Cleo' WHERE id = '`+string(w.Tom)+`'`)
		if got := must[[]string](t)(w.As(w.Mia).Unnamed(ctx, shown, "What does @Cleo say?")); len(got) != 0 {
			t.Errorf("named in vain is %q", got)
		}
	})
}
