package sweep_test

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/api"
	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/db/dbtest"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
	"github.com/vitrine-portal/vitrine/internal/web"
	"github.com/vitrine-portal/vitrine/internal/web/webtest"
)

// nodes are servers over one World: on PostgreSQL two, each with live signals of its
// own, of which the last hears what happens, and the others by the bridge.
func nodes(t *testing.T, dialect db.Dialect) []*site {
	url := dbtest.URL(t, dialect)
	d, err := db.Open(t.Context(), url)
	must(t, err)
	t.Cleanup(func() { must(t, d.Close()) })
	w := portaltest.New(t, d)
	count := 1
	if dialect == db.PostgreSQL {
		count = 2
	}
	var all []*site
	for range count {
		s := &site{t: t, packed: map[string]int{}}
		s.pages = webtest.New(t, w, func(o *web.Options) {
			o.API = api.New(api.Options{Portal: w.Portal, Accounts: w.Accounts, Bytes: o.Bytes, BaseURL: o.BaseURL, Version: "test", Log: o.Log})
			if dialect == db.PostgreSQL {
				must(t, o.Hub.Bridge(t.Context(), url, slog.New(slog.DiscardHandler)))
			}
		})
		all = append(all, s)
	}
	return all
}

// hears waits a second at most until a stream has said an event.
func (st *stream) hears(event string) bool {
	has := func(events []string) bool { return slices.Contains(events, event) }
	return has(st.await(time.Second, has))
}

// T191, for each reason why somebody may see less: within a second their streams
// have ended, on every node, or say nothing more of what they no longer see, and
// what they then ask for is not there.
func TestRevokedOnEveryNode(t *testing.T) {
	for _, dialect := range []db.Dialect{db.SQLite, db.PostgreSQL} {
		t.Run(string(dialect), func(t *testing.T) {
			all := nodes(t, dialect)
			s, ctx := all[0], t.Context()
			task := func(id portal.ProjectID) portal.TaskID {
				t.Helper()
				made, err := s.me("ada").AddTask(ctx, id, portal.NewTask{Title: "CNRY-later", Audience: portal.ClientSide})
				must(t, err)
				return made
			}
			listen := func(name string) (streams []*stream) {
				t.Helper()
				for _, n := range all {
					streams = append(streams, n.listen(n.As(name)))
				}
				return streams
			}
			over := func(why string, streams []*stream) {
				t.Helper()
				for i, st := range streams {
					if !st.hears("bye -") {
						events, _ := st.said()
						t.Errorf("%s: on node %d the stream goes on, and says %q", why, i, events)
					}
				}
			}
			// Silent are those who hear nothing of a project any more: what happens there
			// does not come, and what happens elsewhere afterwards does.
			silent := func(why string, streams []*stream, then func(), elsewhere portal.ProjectID) {
				t.Helper()
				before := make([]int, len(streams))
				for i, st := range streams {
					events, _ := st.said()
					before[i] = len(events)
				}
				then()
				task(elsewhere)
				for i, st := range streams {
					if !st.hears("changed " + string(elsewhere)) {
						t.Errorf("%s: on node %d nothing is said of what is still seen", why, i)
					}
					events, _ := st.said()
					if slices.Contains(events[before[i]:], "changed "+string(s.Site)) {
						t.Errorf("%s: on node %d the stream says %q", why, i, events[before[i]:])
					}
				}
			}

			// An item is made internal: nothing more comes of it.
			hidden := task(s.Site)
			streams := listen("cleo")
			_, err := s.me("ada").Conceal(ctx, portal.ItemID(hidden))
			must(t, err)
			silent("made internal", streams, func() { must(t, s.me("ada").CompleteTask(ctx, hidden)) }, s.Brand)

			// A session, by a browser that is signed in elsewhere.
			here := all[len(all)-1].As("cleo")
			here.Post("/profile/sessions/end-others", nil).MustBe(200)
			over("the session was revoked", streams)

			streams = listen("cleo")
			secret, err := s.Accounts.ResetToken(ctx, s.Cleo)
			must(t, err)
			must(t, s.Accounts.Reset(ctx, secret, "another one of many words", netip.MustParseAddr("192.0.2.7")))
			over("the password was changed", streams)

			// Removed from one of two clients, and from the only one.
			streams = listen("bea")
			_, err = s.me("mia").Remove(ctx, s.BeaAtAcme)
			must(t, err)
			silent("removed from one of two clients", streams, func() { task(s.Site) }, s.Shop)
			streams = listen("dan")
			_, err = s.me("mia").Remove(ctx, s.DanUser)
			must(t, err)
			over("removed", streams)

			// A role is lowered: the page asks anew, and gets what the new role has.
			streams = listen("mia")
			must(t, s.me("ada").ChangeRole(ctx, s.Mia, "contributor"))
			for i, st := range streams {
				if !st.hears("changed -") {
					events, _ := st.said()
					t.Errorf("a role was lowered: node %d says %q", i, events)
				}
			}
			all[0].As("mia").Get("/clients/" + string(s.Acme) + "/access").MustBe(403)

			// Off a project's team, and out of the team.
			streams = listen("tom")
			must(t, s.me("ada").TakeOffProject(ctx, s.Site, s.Tom))
			_, err = s.me("ada").RemoveTeamMember(ctx, s.Tom)
			must(t, err)
			over("out of the team", streams)

			// A project is archived: nothing is written there any more.
			streams = listen("cleo")
			must(t, s.me("ada").ArchiveProject(ctx, s.Brand))
			for _, st := range streams {
				if !st.hears("changed " + string(s.Brand)) {
					t.Error("an open page does not learn that its project is archived")
				}
			}
			if s.me("cleo").CompleteTask(ctx, s.Items[s.Brand][portal.ClientSide].Task) == nil {
				t.Error("the client writes in an archived project")
			}

			must(t, s.me("ada").DisablePortal(ctx, s.Acme))
			over("portal access is off", streams)

			streams = listen("carl")
			var ended []account.SessionID
			must(t, s.DB.Write(ctx, func(tx *db.Tx) (err error) {
				ended, err = s.Accounts.Disable(ctx, tx, s.Carl)
				return err
			}))
			over("disabled", streams)
			if len(ended) == 0 {
				t.Error("no session ended")
			}
		})
	}
}

// T193: what happened while a page had no stream is told as it is seen when the
// stream comes: nothing of what its reader was removed from meanwhile.
func TestReplayAfterRevocation(t *testing.T) {
	run(t, func(t *testing.T, s *site) {
		bea := s.As("bea")
		from := bea.Get("/projects/"+string(s.Site)).MustBe(200).Attr("[data-live]", "data-live")
		task := func(id portal.ProjectID) {
			t.Helper()
			_, err := s.me("mia").AddTask(t.Context(), id, portal.NewTask{Title: "Later", Audience: portal.ClientSide})
			must(t, err)
		}
		task(s.Site)
		task(s.Shop)
		_, err := s.me("mia").Remove(t.Context(), s.BeaAtAcme)
		must(t, err)
		st := s.listenAt(bea, from)
		if !st.hears("changed " + string(s.Shop)) {
			t.Error("what is still seen is not told")
		}
		task(s.Site)
		task(s.Shop)
		if events := st.waitFor(2); slices.Contains(events, "changed "+string(s.Site)) {
			t.Errorf("the stream says %q", events)
		}
	})
}

// T196: whoever opens streams and does not read them keeps nobody waiting, and costs
// no more than what a stream may hold.
func TestStreamsThatNobodyReads(t *testing.T) {
	run(t, func(t *testing.T, s *site) {
		for _, name := range []string{"cleo", "bea", "tom", "mia"} {
			cookie := s.As(name).Cookie("sid")
			for range 10 {
				c, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
				must(t, err)
				defer c.Close()
				must(t, c.(*net.TCPConn).SetReadBuffer(1))
				_, err = fmt.Fprintf(c, "GET /live HTTP/1.1\r\nHost: %s\r\nCookie: sid=%s\r\n\r\n", strings.TrimPrefix(s.URL, "http://"), cookie)
				must(t, err)
			}
		}
		reader := s.listen(s.As("ada"))
		held := func() uint64 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			return m.HeapAlloc
		}
		before := held()
		for range 60 {
			_, err := s.me("mia").AddTask(t.Context(), s.Site, portal.NewTask{Title: "Later", Audience: portal.ClientSide})
			must(t, err)
		}
		events, _ := reader.said()
		began := len(events)
		_, err := s.me("mia").AddTask(t.Context(), s.Brand, portal.NewTask{Title: "Last", Audience: portal.ClientSide})
		must(t, err)
		if !reader.hears("changed "+string(s.Brand)) && !reader.hears("changed -") {
			events, _ := reader.said()
			t.Errorf("who reads hears %d events and then %q", began, events[began:])
		}
		if grown := int64(held()) - int64(before); grown > 32<<20 {
			t.Errorf("40 streams that nobody reads hold %d bytes", grown)
		}
	})
}
