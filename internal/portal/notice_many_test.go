package portal_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// T205: of a hundred thousand things that somebody was told of few were said, or all
// but a few were: each page of theirs reads what it shows, and comes within 300 ms.
func TestNoticesAmongMany(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		id := converse(t, w)
		other := must[portal.ThreadID](t)(w.As(w.Mia).StartConversation(ctx, w.Site, portal.NewConversation{Subject: "Much", NewMessage: say("Hello.", portal.ClientSide)}))
		announce(t, w, w.Site, portal.ClientSide)
		tellPeople(t, w)
		const all, part = 100_000, 5_000
		series := func(from int) string {
			return fmt.Sprintf(`WITH RECURSIVE s(n) AS (SELECT %d UNION ALL SELECT n + 1 FROM s WHERE n < %d) `, from+1, from+part)
		}
		event := func(prefix string) string { return `'` + prefix + `0' || SUBSTR(CAST(1000000 + s.n AS TEXT), 2)` }
		past := &fillTalk{b: t, w: w}
		fill := func(from int) {
			past.exec(`INSERT INTO events (id, chain, seq, kind, at, actor, client_id, project_id, subject, audience, particulars, hash, section, shown) ` + series(from) + `
SELECT ` + event("evt_") + `, 'many', s.n, e.kind, e.at, e.actor, e.client_id, e.project_id, e.subject, e.audience, e.particulars, '', e.section, 1
  FROM s JOIN events e ON e.id = (SELECT MAX(o.id) FROM events o WHERE o.kind = 'update_published' AND o.project_id = '` + string(w.Site) + `' AND o.shown = 1)`)
			past.exec(`INSERT INTO messages (id, thread_id, client_id, seq, shown_number, audience, author_id, side, body, created_at, changed_at) ` + series(from) + `
SELECT ` + event("msg_") + `, h.id, h.client_id, 1000 + s.n, 1000 + s.n, 'client', '` + string(w.Mia) + `', 'team', 'One of many.', 1, 1
  FROM s JOIN threads h ON h.id = CASE s.n % 2 WHEN 0 THEN '` + string(id) + `' ELSE '` + string(other) + `' END`)
			for who, said := range map[portal.PersonID]string{w.Cleo: `NULL`, w.Tom: event("msg_")} {
				past.exec(`INSERT INTO notices (id, person_id, event_id, subject, topic, listed, mail, at, message_id) ` + series(from) + `
SELECT ` + event("ntc_"+string(who[len(who)-6:])) + `, '` + string(who) + `', ` + event("evt_") + `, 'upd_' || s.n % 50, 1, 1, '', 1, CAST(` + said + ` AS TEXT) FROM s`)
			}
		}
		read := func(who portal.PersonID) map[string]time.Duration {
			t.Helper()
			me, best := w.As(who), map[string]time.Duration{}
			for what, read := range map[string]func() error{
				"Notices":       func() error { _, _, err := me.Notices(ctx, "", portal.Page{}); return err },
				"NoticeGroups":  func() error { _, _, err := me.NoticeGroups(ctx, "", portal.Page{}); return err },
				"UnreadNotices": func() error { _, err := me.UnreadNotices(ctx, ""); return err },
				"NewestNotice": func() error {
					w.Clock.Advance(2 * db.RecallFor)
					_, err := me.NewestNotice(ctx)
					return err
				},
				"ReadAbout": func() error { return me.ReadAbout(ctx, "tsk_x") },
				"Needs":     func() error { _, err := me.Needs(ctx, "", 0); return err },
				"TeamNeeds": func() error { _, err := me.TeamNeeds(ctx, "2026-03-11"); return err },
			} {
				best[what] = time.Hour
				for range 3 {
					began := time.Now()
					if err := read(); err != nil {
						t.Fatal(what, err)
					}
					best[what] = min(best[what], time.Since(began))
				}
			}
			return best
		}
		people := map[portal.PersonID]string{w.Cleo: "what happened", w.Tom: "what was said"}
		few := map[portal.PersonID]map[string]time.Duration{}
		for from := 0; from < all; from += part {
			if fill(from); from > 0 {
				continue
			}
			analyze(t, w)
			for who := range people {
				few[who] = read(who)
			}
		}
		analyze(t, w)
		portal.Expanded()
		for who, name := range people {
			if n := must[int](t)(w.As(who).UnreadNotices(ctx, "")); n < 99 {
				t.Errorf("of much of %s %d are new", name, n)
			}
			for what, took := range read(who) { // a machine may be busy: a twentieth of it is the measure
				t.Logf("%s of who was told much of %s: %v", what, name, took)
				if was := few[who][what]; took > 300*time.Millisecond && took > 3*was {
					t.Errorf("%s of who was told much of %s takes %v, and of a twentieth of it %v", what, name, took, was)
				}
			}
		}
		if w.DB.Dialect() != db.SQLite { // it plans by what it knows of whom is asked for
			return
		}
		seen := map[string]bool{}
		plans(t, w, portal.Expanded(), func(q, line string) {
			_, index, ok := strings.Cut(line, "INDEX notices_listed")
			if !ok || !strings.Contains(q, "FROM my_told n WHERE n.") {
				return
			}
			index, _, _ = strings.Cut(index, " ")
			if seen[index] = true; strings.Contains(line, "TEMP B-TREE") {
				t.Errorf("%s in %s", line, q)
			}
		})
		if !seen[""] || !seen["_unread"] {
			t.Errorf("what is listed is read by the indexes %v", seen)
		}
	})
}

// Of two clients' thousands of notices each is counted and shown, whichever is newer:
// none is found behind those of the other, nor by going through them.
func TestNoticesOfAnotherClient(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		me := w.As(w.Bea)
		announce(t, w, w.Shop, portal.ClientSide)
		announce(t, w, w.Site, portal.ClientSide)
		tellPeople(t, w)
		for who, name := range map[portal.ClientID]string{w.Acme: "Acme", w.Brick: "Brick"} {
			if n := must[int](t)(me.UnreadNotices(ctx, who)); n != 1 {
				t.Fatalf("of %s %d are new", name, n)
			}
		}
		past := &fillTalk{b: t, w: w}
		const all = 3000
		series := fmt.Sprintf(`WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < %d) `, all)
		past.exec(`INSERT INTO events (id, chain, seq, kind, at, actor, client_id, project_id, subject, audience, particulars, hash, section, shown) ` + series + `
SELECT 'evt_z' || (100000 + s.n), 'many', s.n, e.kind, e.at, e.actor, e.client_id, e.project_id, e.subject, e.audience, e.particulars, '', e.section, 1
  FROM s JOIN events e ON e.id = (SELECT MAX(o.id) FROM events o WHERE o.kind = 'update_published' AND o.project_id = '` + string(w.Site) + `' AND o.shown = 1)`)
		past.exec(`INSERT INTO notices (id, person_id, event_id, subject, topic, listed, mail, at, client_id) ` + series + `
SELECT 'ntc_z' || (100000 + s.n), '` + string(w.Bea) + `', 'evt_z' || (100000 + s.n), 'upd_' || s.n % 50, 1, 1, '', 1, '` + string(w.Acme) + `' FROM s`)
		analyze(t, w)
		portal.Expanded()
		if n := must[int](t)(me.UnreadNotices(ctx, w.Brick)); n != 1 {
			t.Errorf("of Brick %d are new", n)
		}
		if n := must[int](t)(me.UnreadNotices(ctx, w.Acme)); n < 100 {
			t.Errorf("of Acme %d are new", n)
		}
		groups, next, err := me.NoticeGroups(ctx, w.Brick, portal.Page{})
		if err != nil || next != "" || len(groups) != 1 || groups[0].All[0].Client != w.Brick {
			t.Errorf("of Brick there are %v, further %q, %v", groups, next, err)
		}
		if list, next, err := me.Notices(ctx, w.Brick, portal.Page{}); err != nil || next != "" || len(list) != 1 || list[0].Client != w.Brick {
			t.Errorf("of Brick there are %v, further %q, %v", list, next, err)
		}
		var queries []string // with what was asked for, as that is what PostgreSQL plans by
		for _, q := range portal.Expanded() {
			if strings.Contains(q, "FROM my_told n WHERE n.") {
				queries = append(queries, strings.NewReplacer("$1", "'"+string(w.Bea)+"'", "$2", "100", "$3", "'"+string(w.Brick)+"'").Replace(q))
			}
		}
		looked := 0
		plans(t, w, queries, func(q, line string) {
			if !strings.Contains(line, " notices_") {
				return
			}
			if looked++; !strings.Contains(line, "notices_client") || strings.Contains(line, "TEMP B-TREE") {
				t.Errorf("%s in %s", line, q)
			}
		})
		if looked == 0 {
			t.Error("no plan was looked at")
		}
		// Reading those of one leaves those of the other.
		if err := me.ReadNotices(ctx, w.Brick, "ntc_zzz"); err != nil {
			t.Fatal(err)
		}
		if n, m := must[int](t)(me.UnreadNotices(ctx, w.Brick)), must[int](t)(me.UnreadNotices(ctx, w.Acme)); n != 0 || m < 100 {
			t.Errorf("of Brick %d are new, of Acme %d", n, m)
		}
		var other int
		if err := w.DB.QueryRow(ctx, `SELECT COUNT(*) FROM notices n JOIN events e ON e.id = n.event_id WHERE n.client_id <> COALESCE(e.client_id, '')`).Scan(&other); err != nil || other != 0 {
			t.Errorf("%d notices are of another client than their events, %v", other, err)
		}
	})
}
