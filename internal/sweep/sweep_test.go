package sweep_test

import (
	"errors"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
	"github.com/vitrine-portal/vitrine/internal/web/webtest"
)

// The sweep: everybody opens every page that a link leads them to, asks the API
// about everything there is, searches, and reads their calendars. The browsers
// search every byte for words that their person may not see. T147: while they read, no
// row of any table changes, but for the log of who took which file. (When one was last
// here is kept in memory, and written now and then.)
func TestSweep(t *testing.T) {
	run(t, func(t *testing.T, s *site) {
		teamWork(t, s)
		phoned(t, s)
		reads := s.apiReads()
		everybody := append(slices.Clone(signedIn), "nobody")
		browsers, tokens := map[string]*webtest.Browser{"nobody": s.Stranger()}, map[string]string{}
		for _, name := range signedIn {
			browsers[name] = s.As(name)
			tokens[name] = s.token(browsers[name])
		}
		before := dump(t, s)
		for _, name := range everybody {
			b := browsers[name]
			if name != "ada" {
				b.Forbid("CNRY-other")
			}
			if !slices.Contains(knowsOfCall, name) {
				b.Forbid("CNRY-call")
			}
			for path, said := range s.everything(b, tokens[name], reads) {
				if strings.Contains(said, "Internal Server Error") {
					t.Errorf("%s: %s broke\n%s", name, path, s.Log())
				}
			}
		}
		crawl(s.Stranger(), "/sign-in", "/forgot")
		after := dump(t, s)
		delete(before, "downloads")
		for table := range before {
			if before[table] != after[table] {
				t.Errorf("%s changed: %s", table, difference(before[table], after[table]))
			}
		}
		for _, name := range everybody {
			s.packs(browsers[name], tokens[name])
			// Words of every kind of secret, prefixes of them, and wildcards. T041
			for _, q := range []string{"cnry-acme-team", "cnry-brick", "hidden", "task-title", "%25", "_", "c", "cnry-acme-client-old", "%00", "%27"} {
				browsers[name].Get("/search?q=" + q)
			}
		}
		for _, name := range signedIn {
			if n := s.packed[name]; (n == 0) != (name == "tom" || name == "rex" || name == "eve") {
				t.Errorf("%s has looked into %d handover packs", name, n)
			}
		}
	})
}

// knowsOfCall are those who know what phoned noted: the project's team, and who said it.
var knowsOfCall = []string{"ada", "mia", "cleo"}

// phoned notes what Cleo said by phone, which she has not confirmed.
func phoned(t *testing.T, s *site) {
	t.Helper()
	id, err := s.me("mia").AskApproval(t.Context(), s.Brand, portal.NewApproval{Title: "Asked by phone", Deliverable: s.Items[s.Brand][portal.ClientSide].Deliverable,
		Stages: []portal.NewStage{{People: []portal.PersonID{s.Cleo}, Advisers: []portal.PersonID{s.Bea, s.Dan}}}})
	must(t, err)
	_, err = s.me("mia").NoteCall(t.Context(), id, portal.NewCall{Person: s.Cleo, Answer: portal.AnswerNote, Note: "CNRY-call-note", SaidAt: s.Clock.Now()})
	must(t, err)
}

// T045, T059: a calendar shows what its owner sees when it is read, for all
// their projects and for each; nothing of one they lost.
func TestCalendars(t *testing.T) {
	run(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		addresses := map[string][]string{}
		for _, name := range signedIn {
			for _, project := range []portal.ProjectID{"", s.Site, s.Brand, s.Hidden, s.Old, s.Shop} {
				_, err := s.me(name).MakeFeed(ctx, project)
				if err != nil && !errors.Is(err, portal.ErrNotFound) {
					t.Fatal(err)
				}
			}
			feeds, err := s.me(name).Feeds(ctx)
			must(t, err)
			for _, f := range feeds {
				addresses[name] = append(addresses[name], "/feeds/"+f.Token+".ics")
			}
		}
		if got, want := len(addresses["carl"]), 2; got != want {
			t.Errorf("carl has %d calendars, want %d", got, want)
		}
		read := func(name string) (n int) {
			for _, path := range addresses[name] {
				program := s.Stranger()
				program.Name = name // whose words it may read, though nobody signs in to it
				n += strings.Count(program.Get(path).Body, "CNRY-")
			}
			return n
		}
		for _, name := range signedIn {
			if n := read(name); n == 0 && name != "rex" && name != "eve" {
				t.Errorf("the calendars of %s are empty", name)
			}
		}
		must(t, s.me("mia").UnshareProject(ctx, s.Brand))
		if n := read("dan"); n != 0 {
			t.Errorf("dan's calendars hold %d words of a project that is no longer shared", n)
		}
	})
}

// T046, T047: with names and addresses of the team off, no page and no answer
// of the API names anybody of the team to a client.
func TestNamesOff(t *testing.T) {
	run(t, func(t *testing.T, s *site) {
		for _, name := range []string{"ada", "mia", "tom"} {
			s.Exec(`UPDATE persons SET name = $1, title = $2, email = $3, email_key = $3 WHERE id = $4`,
				"CNRY-person-"+name, "CNRY-person-title", "cnry-person-"+name+"@team.test", string(s.Everyone()[name]))
		}
		ctx := t.Context()
		task, err := s.me("mia").AddTask(ctx, s.Brand, portal.NewTask{Title: "Yours", Turn: portal.ClientSide, Audience: portal.ClientSide})
		must(t, err)
		must(t, s.me("mia").AssignTask(ctx, task, s.Mia))
		must(t, s.me("mia").AssignTask(ctx, task, s.Cleo))
		must(t, s.me("mia").CompleteTask(ctx, task))
		deliverable := s.Items[s.Brand][portal.ClientSide].Deliverable
		asked, err := s.me("mia").AskApproval(ctx, s.Brand, portal.NewApproval{Title: "Yours to decide", Deliverable: deliverable, Stages: []portal.NewStage{{People: []portal.PersonID{s.Cleo}}}})
		must(t, err)
		_, err = s.me("mia").NoteCall(ctx, asked, portal.NewCall{Person: s.Cleo, Answer: portal.AnswerApprove, SaidAt: s.Clock.Now()})
		must(t, err)
		all := int64(portal.DefaultSections | portal.SectionTasks)
		reads := s.apiReads()
		named := func(name string, forbid bool) (n int) {
			b := s.As(name)
			if forbid {
				b.Forbid("CNRY-person", "cnry-person", string(s.Mia), string(s.Ada), string(s.Tom))
			}
			for path, said := range s.everything(b, s.token(b), reads) {
				if strings.Contains(said, "CNRY-person") {
					n++
				}
				if strings.Contains(strings.ToLower(said), "cnry-person-mia@team.test") {
					t.Errorf("%s reads an address at %s", name, path)
				}
			}
			return n
		}
		if named("cleo", false) == 0 {
			t.Error("with names on, none is anywhere: this test sees nothing")
		}
		s.Exec(`UPDATE workspace SET sections = $1`, all&^int64(portal.FieldTeamNames))
		s.Regrant()
		for _, name := range []string{"cleo", "dan", "bea", "carl"} {
			if n := named(name, true); n > 0 {
				t.Errorf("%s finds names of the team at %d addresses", name, n)
			}
		}
	})
}

// T050, T051: every mail in the queue, as it would be sent, holds no word that
// its reader may not see, and nothing of the team's own.
func TestMailsAreSwept(t *testing.T) {
	run(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		teamWork(t, s)
		phoned(t, s)
		_, err := s.me("mia").Resend(ctx, s.UmaUser)
		must(t, err)
		_, err = s.me("cleo").InviteColleague(ctx, s.Acme, portal.NewClientUser{Name: "New", Email: "new@acme.test", Rights: portal.View, AllProjects: true})
		must(t, err)
		address := netip.MustParseAddr("192.0.2.7")
		for _, name := range signedIn {
			must(t, s.Accounts.RequestReset(ctx, name+"@"+name+".test", address))
			_, err := s.Accounts.RequestCode(ctx, name+"@"+name+".test", address)
			must(t, err)
			b := s.As(name)
			s.token(b)
			must(t, s.Accounts.RequestEmailChange(ctx, b.Session, name+"@elsewhere.test"))
			s.Clock.Advance(2 * time.Minute)
		}
		mails, _, err := s.me("ada").Outbox(ctx, "", portal.Page{Limit: 100})
		must(t, err)
		names := map[portal.PersonID]string{}
		for name, id := range s.Everyone() {
			names[id] = name
		}
		kinds := map[string]int{}
		for _, m := range mails {
			msg, err := s.mails.Render(ctx, m)
			if errors.Is(err, portal.ErrUnwanted) {
				continue
			}
			must(t, err)
			kinds[m.Kind]++
			p, err := s.mails.Preview(ctx, m)
			must(t, err)
			all := strings.Join([]string{msg.Subject, msg.Text, msg.HTML, p.Subject, p.Text, p.HTML}, "\n")
			all += strings.Join(p.Headers, "\n")
			name, ok := names[m.Person]
			if !ok {
				name = "uma" // invited by Cleo, and to see what she sees
			}
			for _, word := range webtest.Forbidden(name) {
				if i := strings.Index(all, word); i >= 0 {
					t.Errorf("the mail %s to %s holds %.60q", m.Kind, name, all[i:])
				}
			}
			if i := strings.Index(all, "CNRY-call"); i >= 0 && !slices.Contains(knowsOfCall, name) {
				t.Errorf("the mail %s to %s holds %.60q", m.Kind, name, all[i:])
			}
			if i := strings.Index(all, portaltest.Canary("acme", portal.Team, "")); i >= 0 {
				t.Errorf("the mail %s to %s holds %.60q", m.Kind, name, all[i:])
			}
		}
		t.Logf("mails read: %v", kinds)
		if len(kinds) < 5 || kinds[portal.MailApprovalCall] == 0 {
			t.Errorf("only these kinds of mail were read: %v", slices.Sorted(maps.Keys(kinds)))
		}
	})
}
