package portal_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// toRead are the conversations among what needs somebody in which they have something to read.
func toRead(t *testing.T, w *portaltest.World, who portal.PersonID) (all []portal.Need) {
	t.Helper()
	return slices.DeleteFunc(must[[]portal.Need](t)(w.As(who).Needs(ctx, "", 0)), func(n portal.Need) bool { return n.Kind != "unread" })
}

// toDo is the rest of what needs somebody.
func toDo(all []portal.Need, err error) ([]portal.Need, error) {
	return slices.DeleteFunc(all, func(n portal.Need) bool { return n.Kind == "unread" }), err
}

// What somebody of a client has not read needs them, once, until they read it.
func TestUnreadNeeds(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		mia, cleo := w.As(w.Mia), w.As(w.Cleo)
		readAll(t, w, w.Cleo)
		counted := func(more int) {
			t.Helper()
			w.Clock.Advance(2 * db.RecallFor)
			all := must[[]portal.Need](t)(cleo.Needs(ctx, "", 0))
			n, of := must[int](t)(cleo.CountNeeds(ctx, "")), must[int](t)(cleo.CountNeeds(ctx, w.Acme))
			if n != len(all) || of != len(all) {
				t.Errorf("%d things need Cleo, and %d and %d are counted", len(all), n, of)
			}
			if got := len(toRead(t, w, w.Cleo)); got != more {
				t.Errorf("%d conversations are to be read, want %d", got, more)
			}
		}
		counted(0)
		id, since := converse(t, w), w.Clock.Now().Truncate(time.Microsecond)
		w.Clock.Advance(time.Minute)
		must[portal.MessageID](t)(mia.Say(ctx, id, say("Or this one?", portal.ClientSide)))
		counted(1)
		got := toRead(t, w, w.Cleo)[0]
		if got.Item != portal.ItemID(id) || got.Title != "Fonts" || got.AskedBy != "Mia" || got.Project != w.Site || got.ProjectName == "" || got.Client != w.Acme || got.ClientName == "" || got.Messages != 2 || !got.Since.Equal(since) {
			t.Errorf("to be read: %+v", got)
		}
		if of := must[[]portal.Need](t)(cleo.ProjectNeeds(ctx, w.Site, 0)); !slices.ContainsFunc(of, func(n portal.Need) bool { return n.Item == got.Item }) {
			t.Error("it is not among what the project needs")
		}
		if all := must[[]portal.Need](t)(cleo.Needs(ctx, "", 0)); all[len(all)-1].Item != got.Item {
			t.Errorf("what is to be read is not last: %+v", all)
		}
		for _, n := range toRead(t, w, w.Carl) {
			if n.Client == w.Acme {
				t.Error("it needs a competitor")
			}
		}
		if len(must[[]portal.Need](t)(mia.Needs(ctx, "", 0))) != 0 || len(toRead(t, w, w.Rex)) != 0 {
			t.Error("it needs the team, or who was removed")
		}

		t.Run("as it is looked at", func(t *testing.T) {
			their := must[[]portal.Need](t)(w.Portal.As(must[portal.Actor](t)(mia.ViewAs(ctx, w.CleoUser))).Needs(ctx, w.Acme, 0))
			if !slices.ContainsFunc(their, func(n portal.Need) bool { return n.Kind == "unread" && n.Item == got.Item && n.Messages == 2 }) {
				t.Errorf("who looks at Cleo's portal sees %+v", their)
			}
		})
		note := must[portal.MessageID](t)(mia.Say(ctx, id, say("Between us", portal.Team)))
		if got := toRead(t, w, w.Cleo)[0]; got.Messages != 2 {
			t.Errorf("a note is counted: %+v", got)
		}
		readUp(t, w, w.Cleo, id)
		counted(0)
		must[portal.MessageID](t)(mia.Say(ctx, id, say("Between us, too", portal.Team)))
		must[portal.MessageID](t)(cleo.Say(ctx, id, say("The first one", "")))
		counted(0)
		if len(toRead(t, w, w.Bea)) == 0 {
			t.Error("what Cleo has read and said does not need Bea")
		}
		if err := mia.EditMessage(ctx, note, "Still between us", 1); err != nil {
			t.Fatal(err)
		}
		counted(0)

		m := must[portal.MessageID](t)(mia.Say(ctx, id, say("Good.", portal.ClientSide)))
		counted(1)
		if err := mia.DeleteMessage(ctx, m); err != nil {
			t.Fatal(err)
		}
		counted(0)

		must[portal.MessageID](t)(mia.Say(ctx, id, portal.NewMessage{Body: "In which size?", Audience: portal.ClientSide, Question: true}))
		counted(0) // it is a question
		must[portal.MessageID](t)(cleo.Say(ctx, id, say("Small", "")))
		counted(1) // answered, and not read
		readUp(t, w, w.Cleo, id)
		must[portal.MessageID](t)(mia.Say(ctx, id, say("Look, @Cleo", portal.ClientSide)))
		counted(1)
		tellPeople(t, w)
		counted(0) // they are named
		readUp(t, w, w.Cleo, id)
		counted(0)

		general := must[portal.MessageID](t)(mia.SayToClient(ctx, w.Acme, say("We are away on Friday.", portal.ClientSide)))
		counted(1)
		if got := toRead(t, w, w.Cleo)[0]; got.Title != "We are away on Friday." || got.Project != "" {
			t.Errorf("of the general conversation: %+v", got)
		}
		readUp(t, w, w.Cleo, must[portal.Message](t)(cleo.Message(ctx, general)).Thread)
		must[portal.MessageID](t)(mia.Say(ctx, id, say("Done.", portal.ClientSide)))
		counted(1)
		if err := cleo.Mute(ctx, w.Site); err != nil {
			t.Fatal(err)
		}
		counted(0)
		if err := cleo.Unmute(ctx, w.Site); err != nil {
			t.Fatal(err)
		}
		sections(t, w, 0, int64(portal.FieldTeamNames))
		if got := toRead(t, w, w.Cleo); len(got) != 1 || got[0].AskedBy != "" {
			t.Errorf("the team's name is told: %+v", got)
		}
		sections(t, w, 0, int64(portal.SectionMessages))
		counted(0)
	})
}

// readUp has somebody read a conversation to its end.
func readUp(t *testing.T, w *portaltest.World, who portal.PersonID, id portal.ThreadID) {
	t.Helper()
	l := must[portal.MessageList](t)(w.As(who).Messages(ctx, id, portal.MessagePage{}))
	if err := w.As(who).MarkRead(ctx, id, l.All[len(l.All)-1].ID); err != nil {
		t.Fatal(err)
	}
}

// readAll is that they read all there is.
func readAll(t *testing.T, w *portaltest.World, who portal.PersonID) {
	t.Helper()
	for _, n := range toRead(t, w, who) {
		readUp(t, w, who, portal.ThreadID(n.Item))
	}
}

// Ten thousand conversations, read or not, do not keep somebody waiting.
func TestUnreadNeedsAmongMany(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		past := newFill(t, w)
		const all, part = 10_000, 2_000
		for from := 0; from < all; from += part {
			series := fmt.Sprintf(`WITH RECURSIVE s(n) AS (SELECT %d UNION ALL SELECT n + 1 FROM s WHERE n < %d) `, from+1, from+part)
			id := func(prefix string) string { return `'` + prefix + `_0' || SUBSTR(CAST(1000000 + s.n AS TEXT), 2)` }
			past.exec(`INSERT INTO threads (id, kind, client_id, project_id, subject, audience, created_at, created_by, seq, last_at, shown_seq, shown_count, shown_at, turn_since) ` + series + `
SELECT ` + id("thr") + `, 'project', '` + string(w.Acme) + `', '` + string(w.Site) + `', 'Subject ' || s.n, 'client', 1, '` + string(w.Mia) + `', 2, s.n, 2, 2, s.n, 1 FROM s`)
			for seq := 1; seq <= 2; seq++ {
				past.exec(`INSERT INTO messages (id, thread_id, client_id, seq, shown_number, audience, author_id, side, body, created_at, changed_at) ` + series +
					fmt.Sprintf(`SELECT %s, %s, '%s', %[4]d, %[4]d, 'client', '%[5]s', 'team', 'One of many.', s.n, 1 FROM s`, id(fmt.Sprint("msg_", seq)), id("thr"), w.Acme, seq, w.Mia))
			}
			past.exec(`INSERT INTO reading_marks (thread_id, person_id, seq, at) ` + series + `SELECT ` + id("thr") + `, '` + string(w.Bea) + `', 2, 1 FROM s`)
		}
		analyze(t, w)
		w.Clock.Advance(time.Hour)
		newest := portal.ItemID(converse(t, w))
		for _, who := range []portal.PersonID{w.Cleo, w.Bea} {
			me := w.As(who)
			self := must[portal.Self](t)(me.Self(ctx))
			for what, read := range map[string]func() (int, error){
				"Needs":      func() (int, error) { all, err := me.Needs(ctx, "", 0); return len(all), err },
				"first":      func() (int, error) { all, err := me.Needs(ctx, w.Acme, 6); return len(all), err },
				"of project": func() (int, error) { all, err := me.ProjectNeeds(ctx, w.Site, 4); return len(all), err },
				"CountNeeds": func() (int, error) { return me.CountNeeds(ctx, "") },
				"of client":  func() (int, error) { return me.CountNeeds(ctx, w.Acme) },
				"messages":   func() (int, error) { return me.UnreadConversations(ctx, self, w.Acme) },
			} {
				best, n := time.Hour, 0
				for range 3 {
					w.Clock.Advance(2 * db.RecallFor)
					began := time.Now()
					n = must[int](t)(read())
					best = min(best, time.Since(began))
				}
				t.Logf("%s %s of ten thousand: %d in %v", strings.TrimPrefix(string(who), "per_")[:3], what, n, best)
				if best > 300*time.Millisecond {
					t.Errorf("%s takes %v", what, best)
				}
			}
		}
		if first := toRead(t, w, w.Cleo)[0]; first.Item != newest {
			t.Errorf("the first is %q", first.Title)
		}
	})
}
