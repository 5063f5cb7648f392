package portal_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// kindOf makes a version of the World one of a kind.
func kindOf(t *testing.T, w *portaltest.World, id portal.VersionID, kind string, pages int, plays time.Duration) {
	t.Helper()
	exec(t, w, `UPDATE versions SET kind = $1, pages = $2, duration_ms = $3 WHERE id = $4`, kind, pages, plays.Milliseconds(), string(id))
}

func pin(x, y float64) *portal.Place {
	return &portal.Place{Kind: portal.PlacePin, Area: portal.Area{X: x, Y: y}}
}

// What is no place on a version is refused, field by field, and what is one is
// kept as it was given.
func TestPlacesAreChecked(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		v, ctx := w.Items[w.Brand][portal.ClientSide].Version, t.Context()
		region := func(x, y, width, height float64) *portal.Place {
			return &portal.Place{Kind: portal.PlaceRegion, Page: 1, Area: portal.Area{X: x, Y: y, Width: width, Height: height}}
		}
		text := func(quote string, lines int) *portal.Place {
			p := region(0.1, 0.1, 0.5, 0.1)
			p.Kind, p.Quote = portal.PlaceText, quote
			for range lines {
				p.Lines = append(p.Lines, portal.Area{X: 0.1, Y: 0.1, Width: 0.5, Height: 0.02})
			}
			return p
		}
		drawn := func(strokes, points int, at float64) *portal.Place {
			p := &portal.Place{Kind: portal.PlaceTime, From: 1000}
			for range strokes {
				p.Strokes = append(p.Strokes, slices.Repeat([]portal.Point{{at, 0.5}}, points))
			}
			return p
		}
		onPage := func(page int) *portal.Place { p := pin(0.5, 0.5); p.Page = page; return p }
		for _, c := range []struct {
			kind  string
			place *portal.Place
			field string // that is wrong; empty: none
		}{
			{"image", pin(0, 1), ""}, {"image", region(0.2, 0.3, 0.8, 0.7), ""}, {"svg", pin(0.5, 0.5), ""},
			{"image", pin(-0.01, 0.5), "x"}, {"image", pin(0.5, 1.01), "y"}, {"image", pin(math.NaN(), 0), "x"}, {"image", pin(0, math.Inf(1)), "y"},
			{"image", region(0.2, 0.3, 0.81, 0.7), "width"}, {"image", region(0.2, 0.3, 0, 0.7), "width"}, {"image", region(0.2, 0.3, 0.1, 0.8), "height"},
			{"image", text("Hello", 1), "place"}, {"image", &portal.Place{Kind: portal.PlaceTime}, "place"}, {"image", &portal.Place{Kind: "circle"}, "place"}, {"image", &portal.Place{}, "place"},
			{"text", pin(0.5, 0.5), "place"}, {"archive", pin(0.5, 0.5), "place"},
			{"pdf", onPage(1), ""}, {"pdf", onPage(3), ""}, {"pdf", onPage(0), "page"}, {"pdf", onPage(4), "page"}, {"pdf", onPage(-1), "page"}, {"office", onPage(2), ""},
			{"pdf", text("Hello", 2), ""}, {"pdf", text("", 1), "quote"}, {"pdf", text(strings.Repeat("é", portal.MaxQuote+1), 1), "quote"}, {"pdf", text("a\u202eb", 1), "quote"}, {"pdf", text("Hello", 101), "lines"},
			{"video", &portal.Place{Kind: portal.PlaceTime, From: 0}, ""}, {"video", &portal.Place{Kind: portal.PlaceTime, From: 60_000}, ""},
			{"video", &portal.Place{Kind: portal.PlaceTime, From: 62_000}, "from"}, {"video", &portal.Place{Kind: portal.PlaceTime, From: -1}, "from"},
			{"video", &portal.Place{Kind: portal.PlaceRange, From: 12_000, Until: 18_000}, ""}, {"audio", &portal.Place{Kind: portal.PlaceRange, From: 0, Until: 1}, ""},
			{"video", &portal.Place{Kind: portal.PlaceRange, From: 5000, Until: 5000}, "until"}, {"video", &portal.Place{Kind: portal.PlaceRange, From: 5000, Until: 70_000}, "until"},
			{"video", drawn(2, 10, 0.5), ""}, {"video", drawn(1, 1, 1.5), "strokes"}, {"video", drawn(200, 5, 0.5), ""}, {"video", drawn(201, 1, 0.5), "strokes"}, {"video", drawn(2, 501, 0.5), "strokes"}, {"audio", drawn(1, 2, 0.5), "strokes"},
			{"video", pin(0.5, 0.5), "place"},
		} {
			kindOf(t, w, v, c.kind, 3, time.Minute)
			id, err := w.As(w.Cleo).KeepComment(ctx, v, "Here", c.place)
			var invalid *portal.Invalid
			switch {
			case c.field == "" && err != nil:
				t.Errorf("%s %+v: %v", c.kind, c.place, err)
			case c.field != "" && (!errors.As(err, &invalid) || invalid.Fields[c.field].Key == ""):
				t.Errorf("%s %+v: %v, want %s refused", c.kind, c.place, err, c.field)
			case c.field == "":
				u, err := w.As(w.Cleo).Unsent(ctx, id)
				if c.kind == "image" || c.kind == "svg" {
					c.place.Page = 0 // there are none
				}
				if err != nil || fmt.Sprintf("%+v", *u.Place) != fmt.Sprintf("%+v", *c.place) {
					t.Errorf("%+v is kept as %+v, %v", c.place, u.Place, err)
				}
			}
		}
		for s, ok := range map[string]bool{
			"": true, `{"kind":"pin","x":0.5,"y":0.25}`: true, `{"kind":"pin","x":1e999}`: false, `{"kind":"pin","z":1}`: false, `{"kind":"pin"}{}`: false,
			`nonsense`: false, `{"kind":"time","strokes":[` + strings.Repeat(`[[0.1,0.1]],`, 6000) + `[[0,0]]]}`: false,
		} {
			if _, err := portal.ReadPlace(s); (err == nil) != ok {
				t.Errorf("%.40s is read: %v", s, err)
			}
		}
	})
}

// Comments on places wait until their author sends them, all at once and once:
// numbered in that order, told of once, and seen by nobody before.
func TestFeedbackIsSentAtOnce(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx, it := t.Context(), w.Items[w.Brand][portal.ClientSide]
		v := it.Version
		kindOf(t, w, v, "image", 0, 0)
		exec(t, w, `DELETE FROM unsent_comments`)
		cleo := w.As(w.Cleo)
		keep := func(who portal.PersonID, body string, at *portal.Place) portal.UnsentID {
			t.Helper()
			id, err := w.As(who).KeepComment(ctx, v, body, at)
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		events := func(kind string) (n int) {
			if err := w.DB.QueryRow(ctx, `SELECT COUNT(*) FROM events WHERE kind = $1`, kind).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		// Who may not comment keeps nothing, and who sees nothing finds nothing.
		for who, want := range map[portal.PersonID]error{w.Dan: portal.ErrForbidden, w.Carl: portal.ErrNotFound, w.Rex: portal.ErrNotFound, w.Eve: portal.ErrNotFound, w.Tom: portal.ErrNotFound} {
			if _, err := w.As(who).KeepComment(ctx, v, "x", pin(0, 0)); !errors.Is(err, want) {
				t.Errorf("keeps a comment: %v, want %v", err, want)
			}
			if _, err := w.As(who).SendFeedback(ctx, v, portal.ClientSide); !errors.Is(err, want) {
				t.Errorf("sends: %v, want %v", err, want)
			}
		}
		if _, err := w.Portal.As(portal.PersonActor(w.Cleo).ReadOnly()).KeepComment(ctx, v, "x", nil); !errors.Is(err, portal.ErrForbidden) {
			t.Errorf("keeps a comment while looking: %v", err)
		}
		keep(w.Cleo, "Larger, @Mia", pin(0.1, 0.1))
		second := keep(w.Cleo, "Gone soon", pin(0.2, 0.2))
		third := keep(w.Cleo, "Bluer", pin(0.9, 0.9))
		all := keep(w.Cleo, "Nice, all in all", nil)
		for who, want := range map[portal.PersonID]error{w.Mia: portal.ErrNotFound, w.Ada: portal.ErrNotFound, w.Bea: portal.ErrNotFound, w.Carl: portal.ErrNotFound} {
			if err := w.As(who).ChangeUnsent(ctx, third, "x", nil, 1); !errors.Is(err, want) {
				t.Errorf("changes what is not theirs: %v", err)
			}
			if err := w.As(who).DeleteUnsent(ctx, third); !errors.Is(err, want) {
				t.Errorf("deletes what is not theirs: %v", err)
			}
		}
		if err := cleo.ChangeUnsent(ctx, third, "Bluer still", pin(0.8, 0.9), 2); !errors.Is(err, portal.ErrConflict) {
			t.Errorf("changed over a newer text: %v", err)
		}
		if err := cleo.ChangeUnsent(ctx, third, "Bluer still", pin(0.8, 0.9), 1); err != nil {
			t.Fatal(err)
		}
		if err := cleo.DeleteUnsent(ctx, second); err != nil {
			t.Fatal(err)
		}
		if mine, err := cleo.UnsentOn(ctx, v); err != nil || len(mine) != 3 || mine[1].Body != "Bluer still" || mine[2].ID != all {
			t.Fatalf("kept are %+v, %v", mine, err)
		}
		if _, err := w.Portal.TellPeople(ctx); err != nil {
			t.Fatal(err)
		}
		before := w.Signals()
		if len(before) > 0 && slices.ContainsFunc(before, func(s portal.Signal) bool { return s.Thread != "" }) {
			t.Error("something was signalled of what was not sent")
		}
		marked, err := w.As(w.Mia).PlacesOn(ctx, v)
		if err != nil || len(marked) != 1 {
			t.Fatalf("marked before: %+v, %v", marked, err)
		}

		// Thirty times at once: sent once.
		var sent, wrong int
		var mu sync.Mutex
		var wg sync.WaitGroup
		start := make(chan bool)
		for range 30 {
			wg.Go(func() {
				<-start
				n, err := cleo.SendFeedback(context.WithoutCancel(ctx), v, portal.ClientSide)
				mu.Lock()
				defer mu.Unlock()
				if sent += n; err != nil {
					wrong++
					t.Errorf("send: %v", err)
				}
			})
		}
		close(start)
		wg.Wait()
		if sent != 3 || wrong > 0 || events("feedback_sent") != 1 {
			t.Errorf("sent %d, refused %d, events %d", sent, wrong, events("feedback_sent"))
		}
		if marked, err = w.As(w.Mia).PlacesOn(ctx, v); err != nil || len(marked) != 3 || marked[1].Number != 2 || marked[1].Place.X != 0.1 || marked[2].Number != 3 {
			t.Errorf("marked: %+v, %v", marked, err)
		}
		threads, _, err := w.As(w.Mia).CommentsOn(ctx, portal.ItemID(it.File), portal.CommentFilter{})
		if err != nil || len(threads) != 4 || threads[1].Number != 2 || threads[2].Number != 3 || threads[3].Number != 0 || threads[2].First.Author != w.Cleo || threads[1].First.Body != "Larger, @Mia" {
			t.Fatalf("the list is %+v, %v", threads, err)
		}
		for who, want := range map[portal.PersonID]int{w.Cleo: 3, w.Mia: 1, w.Bea: 0} {
			own, _, err := w.As(who).CommentsOn(ctx, portal.ItemID(it.File), portal.CommentFilter{Own: true})
			if err != nil || len(own) != want {
				t.Errorf("their own are %d, want %d, %v", len(own), want, err)
			}
		}

		// One notice of the three, which needs whom it names.
		if _, err := w.Portal.TellPeople(ctx); err != nil {
			t.Fatal(err)
		}
		var notices int
		if err := w.DB.QueryRow(ctx, `SELECT COUNT(*) FROM notices n JOIN events e ON e.id = n.event_id WHERE e.kind = 'feedback_sent' AND n.person_id = $1 AND n.mail = 'now'`, string(w.Mia)).Scan(&notices); err != nil || notices != 1 {
			t.Errorf("Mia has %d notices of it, %v", notices, err)
		}

		// The team's own have numbers of their own, of which the client learns nothing.
		keep(w.Mia, "Do not tell", pin(0.3, 0.3))
		if n, err := w.As(w.Mia).SendFeedback(ctx, v, portal.Team); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		if _, err := cleo.CommentOn(ctx, portal.ItemID(it.File), portal.NewComment{Version: v, Place: pin(0.4, 0.4), NewMessage: portal.NewMessage{Body: "And here"}}); err != nil {
			t.Fatal(err)
		}
		theirs, err := cleo.PlacesOn(ctx, v)
		if err != nil || len(theirs) != 4 || theirs[3].Number != 4 {
			t.Errorf("the client's places: %+v, %v", theirs, err)
		}
		if marked, err = w.As(w.Mia).PlacesOn(ctx, v); err != nil || len(marked) != 5 || marked[3].Number != 1 || marked[3].Audience != portal.Team {
			t.Errorf("the team's places: %+v, %v", marked, err)
		}
	})
}

// A colleague lets whoever leads the client's people gather what they have not
// sent; everybody else goes on seeing nothing of it.
func TestALeadGathersFeedback(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx, it := t.Context(), w.Items[w.Brand][portal.ClientSide]
		v := it.Version
		kindOf(t, w, v, "image", 0, 0)
		exec(t, w, `DELETE FROM unsent_comments`)
		bea, cleo := w.As(w.Bea), w.As(w.Cleo)
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		for i, who := range []*portal.Scope{bea, bea, cleo} {
			_, err := who.KeepComment(ctx, v, fmt.Sprintf("Point %d", i+1), pin(0.1, 0.1))
			must(err)
		}
		count := func(who *portal.Scope) int {
			t.Helper()
			all, err := who.UnsentOn(ctx, v)
			must(err)
			return len(all)
		}
		if count(cleo) != 1 || count(bea) != 2 {
			t.Fatal("somebody sees what was not shared")
		}
		if err := w.As(w.Mia).ShareUnsent(ctx, v); !errors.Is(err, portal.ErrForbidden) {
			t.Errorf("the team shares: %v", err)
		}
		waits := func(who *portal.Scope) (all []portal.Need) {
			t.Helper()
			needs, err := who.ProjectNeeds(ctx, w.Brand, 0)
			must(err)
			for _, n := range needs {
				if n.Kind == "drafts" {
					all = append(all, n)
				}
			}
			return all
		}
		if len(waits(cleo)) != 0 {
			t.Error("what was not shared waits for Cleo")
		}
		must(bea.ShareUnsent(ctx, v))
		if all := waits(cleo); len(all) != 1 || all[0].Item != portal.ItemID(it.File) || all[0].AskedBy != "Bea" {
			t.Errorf("what waits for Cleo: %+v", all)
		}
		mailed := func() (n int) {
			t.Helper()
			row(t, w, `SELECT COUNT(*) FROM mails WHERE kind = 'drafts_shared' AND subject_id = '`+string(it.File)+`' AND person_id = '`+string(w.Cleo)+`'`, &n)
			return n
		}
		if n := mailed(); n != 1 {
			t.Errorf("mails: %d", n)
		}
		for _, m := range mails(t, w) {
			if m.Kind == portal.MailDraftsShared && m.Readable {
				t.Error("the team reads in the Outbox of what was not sent")
			}
		}
		lead, err := w.As(w.Mia).ViewAs(ctx, w.CleoUser)
		must(err)
		if count(cleo) != 3 || count(bea) != 2 || count(w.As(w.Mia)) != 0 || count(w.As(w.Ada)) != 0 || count(w.As(w.Dan)) != 0 || count(w.Portal.As(lead)) != 0 {
			t.Error("what was shared is seen by others than those who lead")
		}
		for _, who := range []*portal.Scope{bea, w.As(w.Dan), w.As(w.Mia), w.As(w.Carl), w.Portal.As(lead)} {
			if all, err := who.ProjectNeeds(ctx, w.Brand, 0); err == nil && slices.ContainsFunc(all, func(n portal.Need) bool { return n.Kind == "drafts" }) {
				t.Errorf("others are told of what is shared: %+v", all)
			}
		}
		all, err := cleo.UnsentOn(ctx, v)
		must(err)
		if err := cleo.ChangeUnsent(ctx, all[0].ID, "Not your words", nil, all[0].Revision); !errors.Is(err, portal.ErrForbidden) {
			t.Errorf("changes a colleague's words: %v", err)
		}
		must(cleo.DeleteUnsent(ctx, all[0].ID)) // back to Bea
		must(bea.KeepUnsent(ctx, v))
		if count(cleo) != 1 || count(bea) != 2 {
			t.Error("what was taken back is still shared")
		}
		if len(waits(cleo)) != 0 {
			t.Error("what was taken back still waits")
		}
		must(bea.ShareUnsent(ctx, v))
		if n := mailed(); n != 1 {
			t.Errorf("mailed again within the hour: %d", n)
		}
		// A mail that was dropped told nobody.
		exec(t, w, `UPDATE mails SET state = 'dropped', reason = 'settled' WHERE kind = 'drafts_shared'`)
		must(bea.KeepUnsent(ctx, v))
		must(bea.ShareUnsent(ctx, v))
		if n := mailed(); n != 2 {
			t.Errorf("mailed after a mail that was dropped: %d", n)
		}
		exec(t, w, `UPDATE client_users SET removed_at = 1 WHERE id = $1`, string(w.BeaAtAcme))
		w.Regrant()
		if count(cleo) != 1 {
			t.Error("what a removed person shared is still gathered")
		}
		exec(t, w, `UPDATE client_users SET removed_at = NULL WHERE id = $1`, string(w.BeaAtAcme))
		w.Regrant()
		n, err := cleo.SendFeedback(ctx, v, "")
		if n != 3 || err != nil {
			t.Fatalf("sent %d, %v", n, err)
		}
		threads, _, err := w.As(w.Mia).CommentsOn(ctx, portal.ItemID(it.File), portal.CommentFilter{})
		must(err)
		var who []portal.PersonID
		for _, th := range threads[1:] {
			who = append(who, th.First.Author)
		}
		if !slices.Equal(who, []portal.PersonID{w.Bea, w.Bea, w.Cleo}) || count(bea) != 0 {
			t.Errorf("the authors are %v", who)
		}
	})
}

// To the newest version come along the places that are open on earlier ones, where
// it has such a place, with the numbers that they have: of what the team says among
// itself, of drafts and of what is resolved, nobody learns more than before.
func TestOpenCommentsComeAlong(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		files, versions := banners(t, w, 1)
		f, first := files[0], versions[0]
		second := must[portal.VersionID](t)(secondOf(t, w, f))
		of := func(v portal.VersionID, kind string, pages int, plays time.Duration) {
			kindOf(t, w, v, kind, pages, plays)
		}
		of(first, "image", 0, 0)
		on := func(who portal.PersonID, v portal.VersionID, to portal.Side, at *portal.Place) portal.ThreadID {
			t.Helper()
			m := must[portal.MessageID](t)(w.As(who).CommentOn(ctx, portal.ItemID(f), portal.NewComment{Version: v, Place: at, NewMessage: say("Here", to)}))
			return must[portal.Thread](t)(w.As(who).ThreadOf(ctx, m)).ID
		}
		open := on(w.Cleo, first, portal.ClientSide, pin(0.2, 0.3))
		done := on(w.Cleo, first, portal.ClientSide, pin(0.4, 0.4))
		ours := on(w.Tom, first, portal.Team, pin(0.6, 0.6))
		on(w.Cleo, first, portal.ClientSide, nil) // nowhere
		of(second, "image", 0, 0)
		own := on(w.Cleo, second, portal.ClientSide, pin(0.8, 0.8))
		if err := w.As(w.Cleo).ResolveComments(ctx, done); err != nil {
			t.Fatal(err)
		}
		// see is what somebody sees on a version: the numbers, with whose are from
		// another version.
		see := func(who portal.PersonID, v portal.VersionID) string {
			t.Helper()
			all, err := w.As(who).PlacesOn(ctx, v)
			if err != nil {
				return err.Error()
			}
			var said []string
			for _, m := range all {
				one := fmt.Sprintf("%s%d", m.Audience, m.Number)
				if m.Version != v {
					one += " along"
				}
				said = append(said, one)
				if i := slices.Index([]portal.ThreadID{open, done, ours, own}, m.Thread); i < 0 || m.Place.X != []float64{0.2, 0.4, 0.6, 0.8}[i] {
					t.Errorf("%s is at %+v", one, m.Place)
				}
			}
			return strings.Join(said, ", ")
		}
		want := func(what string, who portal.PersonID, v portal.VersionID, want string) {
			t.Helper()
			if got := see(who, v); got != want {
				t.Errorf("%s: %q, want %q", what, got, want)
			}
		}
		want("Cleo on the newest", w.Cleo, second, "client1 along, client3")
		want("Tom on the newest", w.Tom, second, "client1 along, team1 along, client3")
		want("Cleo on the first", w.Cleo, first, "client1, client2")
		for _, who := range []portal.PersonID{w.Carl, w.Rex, w.Eve} {
			want("a stranger", who, second, portal.ErrNotFound.Error())
		}
		// A draft is the newest of the team's alone.
		_, draft := bring(t, w, w.Tom, portal.NewUpload{File: f, Name: "banner.png", Audience: portal.Team})
		of(draft, "image", 0, 0)
		want("Tom on the draft", w.Tom, draft, "client1 along, team1 along, client3 along")
		want("Tom on what the client has", w.Tom, second, "client3")
		want("Cleo beside the draft", w.Cleo, second, "client1 along, client3")
		want("Cleo on the draft", w.Cleo, draft, portal.ErrNotFound.Error())
		// What the team said on a draft stays there for the client, and comes along
		// for the team.
		exec(t, w, `UPDATE threads SET version_id = $1 WHERE id = $2`, string(draft), string(ours))
		_, third := bring(t, w, w.Tom, portal.NewUpload{File: f, Name: "banner.png", Audience: portal.ClientSide})
		of(third, "image", 0, 0)
		want("Cleo on the third", w.Cleo, third, "client1 along, client3 along")
		want("Tom on the third", w.Tom, third, "client1 along, team1 along, client3 along")
		if err := w.As(w.Cleo).ReopenComments(ctx, done); err != nil {
			t.Fatal(err)
		}
		want("reopened", w.Cleo, third, "client1 along, client2 along, client3 along")
		of(third, "video", 0, time.Minute)
		want("of another kind", w.Tom, third, "")
	})
}

// What the newest version has comes along, however much of the earlier ones it lacks.
func TestPlacesBeyondThoseThatAreLacked(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		files, versions := banners(t, w, 1)
		f, first := files[0], versions[0]
		second := must[portal.VersionID](t)(secondOf(t, w, f))
		kindOf(t, w, first, "pdf", 9, 0)
		kindOf(t, w, second, "pdf", 2, 0)
		const lacked = 501 // one more than are read at once
		for n := range lacked + 1 {
			at := pin(0.5, 0.5)
			at.Page = 9
			if n == lacked {
				at.Page = 2
			}
			must[portal.UnsentID](t)(w.As(w.Cleo).KeepComment(ctx, first, "Here", at))
			if n%100 == 99 || n == lacked {
				must[int](t)(w.As(w.Cleo).SendFeedback(ctx, first, portal.ClientSide))
			}
		}
		all, err := w.As(w.Mia).PlacesOn(ctx, second)
		if err != nil || len(all) != 1 || all[0].Place.Page != 2 || all[0].Version != first {
			t.Errorf("%d come along, %v", len(all), err)
		}
	})
}

// What a version has of the places of another: those of the same kind of content
// that lie within it.
func TestWhatAVersionLacks(t *testing.T) {
	page := func(n int) portal.Place {
		return portal.Place{Kind: portal.PlaceText, Page: n, Area: portal.Area{Width: 1, Height: 1}}
	}
	at := func(ms int64) portal.Place { return portal.Place{Kind: portal.PlaceTime, From: ms} }
	for _, c := range []struct {
		v     portal.Version
		p     portal.Place
		kind  string
		lacks string
	}{
		{portal.Version{Kind: "image"}, *pin(0, 0), "svg", ""},
		{portal.Version{Kind: "pdf", Pages: 3}, page(3), "office", ""},
		{portal.Version{Kind: "pdf", Pages: 3}, page(4), "pdf", "page"},
		{portal.Version{Kind: "pdf"}, page(4), "pdf", ""}, // not counted yet
		{portal.Version{Kind: "pdf", Pages: 3}, *pin(0, 0), "image", "kind"},
		{portal.Version{Kind: "image"}, portal.Place{Kind: portal.PlacePin, Page: 1}, "pdf", "kind"},
		{portal.Version{Kind: "image"}, page(1), "pdf", "kind"},
		{portal.Version{Kind: "video", Duration: time.Minute}, at(60_000), "video", ""},
		{portal.Version{Kind: "video", Duration: time.Minute}, at(60_001), "video", "time"},
		{portal.Version{Kind: "video"}, at(60_001), "video", ""},
		{portal.Version{Kind: "audio"}, at(1), "video", "kind"},
		{portal.Version{Kind: "text"}, *pin(0, 0), "image", "kind"},
	} {
		if got := c.v.Lacks(c.p, c.kind); got != c.lacks {
			t.Errorf("%+v of %s on %+v: %q, want %q", c.p, c.kind, c.v, got, c.lacks)
		}
	}
}
