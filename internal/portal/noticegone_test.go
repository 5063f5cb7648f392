package portal_test

import (
	"fmt"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// Much that somebody was told of and that is gone hides nothing that is not: neither
// in the portal, from the next look through it on, nor in a mail or a push.
func TestNoticesOfWhatIsGone(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		const gone = 3000
		fill := &fillTalk{b: t, w: w}
		series := fmt.Sprintf(`WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < %d) `, gone)
		tell := func(who portal.PersonID, order string) { // of what is gone; order is before or after all others
			t.Helper()
			id := `_` + order + string(who[len(who)-5:]) + `' || (100000 + s.n)`
			fill.exec(`INSERT INTO events (id, chain, seq, kind, at, actor, client_id, project_id, subject, audience, particulars, hash, section, shown) ` + series + `
SELECT 'evt` + id + `, '` + order + string(who) + `', s.n, 'file_added', e.at, e.actor, e.client_id, e.project_id, 'fil_gone' || s.n, e.audience, e.particulars, '', e.section, 1
  FROM s JOIN events e ON e.id = (SELECT MAX(o.id) FROM events o WHERE o.kind = 'update_published' AND o.project_id = '` + string(w.Site) + `' AND o.shown = 1)`)
			fill.exec(`INSERT INTO notices (id, person_id, event_id, subject, topic, listed, mail, at, push) ` + series + `
SELECT 'ntc` + id + `, '` + string(who) + `', 'evt` + id + `, 'fil_gone' || s.n, 4, 1, 'digest', 1, 1 FROM s`)
		}
		cleo, mia := w.As(w.Cleo), w.As(w.Mia)
		unread := func(me *portal.Scope) int { t.Helper(); return must[int](t)(me.UnreadNotices(ctx, "")) }
		pass := func() {
			t.Helper()
			for _, who := range must[[]portal.PersonID](t)(w.Portal.WithMuchUnread(ctx)) {
				if err := w.As(who).PassNotices(ctx); err != nil {
					t.Fatal(err)
				}
			}
			w.Clock.Advance(2 * db.RecallFor)
		}
		announce(t, w, w.Site, portal.ClientSide)
		tellPeople(t, w)
		exec(t, w, `UPDATE notices SET mail = 'digest', push = 1 WHERE person_id = $1`, string(w.Cleo))
		if unread(cleo) != 1 {
			t.Fatalf("Cleo has %d unread", unread(cleo))
		}

		tell(w.Cleo, "0") // which are the oldest
		analyze(t, w)
		all, more, err := cleo.NoticesOf(ctx, portal.Mail{Kind: portal.MailDigest})
		if err != nil || len(all)+more != 1 {
			t.Errorf("behind %d of what is gone a digest tells of %d: %v", gone, len(all)+more, err)
		}
		if all, _, err = cleo.NoticesToPush(ctx, ""); err != nil || len(all) != 1 {
			t.Errorf("behind %d of what is gone %d are pushed: %v", gone, len(all), err)
		}

		tell(w.Cleo, "z") // and these the newest
		tell(w.Mia, "z")
		exec(t, w, `UPDATE notices SET subject = 'few' WHERE person_id = $1 AND id LIKE '%1000__'`, string(w.Mia))
		exec(t, w, `DELETE FROM notices WHERE person_id = $1 AND subject <> 'few'`, string(w.Mia))
		pass()
		if n := unread(cleo); n != 1 {
			t.Errorf("after %d of what is gone %d are unread", gone, n)
		}
		if id := must[portal.NoticeID](t)(cleo.NewestNotice(ctx)); id == "" {
			t.Error("and none is the newest of them")
		}
		left := func(who portal.PersonID) (n int) {
			t.Helper()
			if err := w.DB.QueryRow(ctx, `SELECT COUNT(*) FROM notices n WHERE n.person_id = $1 AND n.read_at IS NULL`, string(who)).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		if n := left(w.Cleo); n != 1 {
			t.Errorf("%d rows of Cleo's are unread", n)
		}
		if n := left(w.Mia); n != 99 || unread(mia) != 0 {
			t.Errorf("of few that are gone %d were left alone", n)
		}

		exec(t, w, `UPDATE notices SET read_at = NULL WHERE person_id = $1`, string(w.Cleo))
		exec(t, w, `UPDATE clients SET portal_since = NULL WHERE id = $1`, string(w.Acme))
		w.Regrant()
		pass()
		if n := left(w.Cleo); n != 2*gone+1 {
			t.Errorf("while access is paused %d are unread", n)
		}
	})
}
