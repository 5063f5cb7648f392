package portal_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// Found by a part of their name are those whom the reader may know, and nobody else.
func TestNamed(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		named := func(who portal.PersonID, client portal.ClientID, part, want string) {
			t.Helper()
			all, more, err := w.As(who).Named(ctx, client, part)
			var names []string
			for _, x := range all {
				names = append(names, x.Name)
				if name, err := w.As(who).NameOf(ctx, client, x.Person); err != nil || name != x.Name {
					t.Errorf("%s is called %q, %v", x.Name, name, err)
				}
			}
			if got := strings.Join(names, " "); err != nil || more || got != want {
				t.Errorf("%q of %s finds %s %q, %v, want %q", part, client, who, got, err, want)
			}
		}
		named(w.Ada, "", "", "")
		named(w.Ada, "", "EA", "Bea")
		named(w.Ada, "", "c", "Carl Cleo")
		named(w.Ada, w.Acme, "c", "Cleo")
		named(w.Ada, w.Acme, "mi", "Mia")
		named(w.Cleo, w.Acme, "e", "Bea Cleo")
		named(w.Cleo, w.Acme, "car", "")
		named(w.Cleo, w.Brick, "c", "")
		named(w.Cleo, "", "c", "") // it is the team's
		named(w.Carl, w.Brick, "cleo", "")
		for _, who := range []portal.PersonID{w.Carl, "per_nobody"} {
			if name, err := w.As(w.Cleo).NameOf(ctx, w.Acme, who); !errors.Is(err, portal.ErrNotFound) {
				t.Errorf("Cleo is told of %s: %q, %v", who, name, err)
			}
		}
		sections(t, w, 0, int64(portal.FieldTeamNames))
		named(w.Cleo, w.Acme, "mi", "")

		past := newFill(t, w)
		series := `WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 10000) `
		before, after, _ := strings.Cut(`INSERT INTO persons (id, name, email, email_key, created_at) |SELECT 'per_0' || s.n, 'Zoe ' || s.n, s.n || '@x.test', s.n || '@x.test', 1 FROM s`, "|")
		past.exec(before + series + after)
		before, after, _ = strings.Cut(`INSERT INTO client_users (id, client_id, person_id, rights, all_projects, created_at, created_by, removed_at) |SELECT 'clu_0' || s.n, '`+string(w.Acme)+`', 'per_0' || s.n, 3, 1, 1, '`+string(w.Ada)+`', 1 FROM s`, "|")
		past.exec(before + series + after)
		analyze(t, w)
		began := time.Now()
		all, more, err := w.As(w.Ada).Named(ctx, "", "zoe")
		if took := time.Since(began); err != nil || len(all) != 20 || !more || all[0].Name != "Zoe 1" || took > time.Second {
			t.Errorf("of ten thousand %d, %t, %v in %v: %s", len(all), more, err, took, fmt.Sprint(all[0].Name))
		}
	})
}
