package demo_test

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/blob"
	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/db/dbtest"
	"github.com/vitrine-portal/vitrine/internal/demo"
	"github.com/vitrine-portal/vitrine/internal/portal"
)

var key = []byte("0123456789abcdef0123456789abcdef")

// filled is a demo, and its people by their role.
func filled(t *testing.T, d *db.DB, now time.Time) (*portal.Portal, *account.Accounts, map[string]*portal.Scope) {
	t.Helper()
	ctx := context.Background()
	blobs := must(blob.OpenDisk(filepath.Join(t.TempDir(), "files")))
	if err := demo.Fill(ctx, d, blobs, key, now); err != nil {
		t.Fatal(err)
	}
	p, accounts := portal.New(d, portal.Options{Key: key, Now: func() time.Time { return now }})
	as := map[string]*portal.Scope{}
	for _, e := range demo.Entries() {
		s, _, err := accounts.SignIn(ctx, account.SignIn{Email: e.Email, Password: demo.Password})
		if err != nil {
			t.Fatalf("%s cannot sign in: %v", e.Role, err)
		}
		as[e.Role] = p.As(portal.PersonActor(s.Person))
	}
	return p, accounts, as
}

// must is the first of what a call returned, which may not fail.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// list is must for a part of a list.
func list[T any](v []T, _ string, err error) []T { return must(v, err) }

func TestFill(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		p, accounts, as := filled(t, d, time.Now())
		owner := as["owner"]

		if n := must(portal.DerivedDue(ctx, d)); n != 0 {
			t.Errorf("%d grants differ from what is due", n)
		}
		if w := must(owner.Workspace(ctx)); !w.SetUp || w.ReplyHours != 4 || w.OfficeHours.Days[0].From == "" || w.OfficeHours.Days[6].From != "" {
			t.Errorf("the workspace is %+v", w)
		}
		if n := len(must(owner.Templates(ctx))); n < 3 {
			t.Errorf("%d templates", n)
		}

		team := map[portal.MemberState]int{}
		for _, m := range must(owner.Team(ctx)) {
			team[m.State]++
		}
		if team[portal.MemberActive] < 4 || team[portal.MemberInvited] != 1 {
			t.Errorf("the team is %v", team)
		}

		clients := list(owner.Clients(ctx, portal.ClientFilter{}, portal.Page{Limit: 100}))
		if len(clients) < 5 {
			t.Errorf("%d clients", len(clients))
		}
		states, presets, portals := map[portal.MemberState]int{}, map[portal.Preset]int{}, map[portal.PortalState]int{}
		places := map[portal.PersonID]int{}
		for _, c := range clients {
			portals[c.State]++
			for _, u := range must(owner.ClientUsers(ctx, c.ID)) {
				states[u.State]++
				presets[u.Preset()]++
				places[u.Person]++
				if u.State == portal.MemberInvited {
					if i := must(p.PeekInvitation(ctx, accounts.Token(account.PurposeInvitation, string(u.Invitation)), "")); i.State != portal.InvitationValid {
						t.Errorf("the invitation of %s is %s", u.Name, i.State)
					}
				}
			}
		}
		if states[portal.MemberActive] < 8 || states[portal.MemberInvited] < 1 || states[portal.MemberExpired] < 1 || states[portal.MemberSuspended] < 1 {
			t.Errorf("client users by state: %v", states)
		}
		for _, preset := range portal.Presets {
			if presets[preset] == 0 {
				t.Errorf("nobody is a %s", preset)
			}
		}
		if portals[portal.PortalOff] < 1 || portals[portal.PortalNobody] < 1 || portals[portal.PortalActive] < 4 {
			t.Errorf("clients by portal access: %v", portals)
		}
		twice := 0
		for _, n := range places {
			if n == 2 {
				twice++
			}
		}
		if twice != 1 {
			t.Errorf("%d people are in two clients", twice)
		}

		projects := list(owner.Projects(ctx, portal.ProjectFilter{}, portal.Page{Limit: 100}))
		archived := list(owner.Projects(ctx, portal.ProjectFilter{Archived: true}, portal.Page{}))
		if len(projects) < 12 || len(archived) < 1 {
			t.Errorf("%d projects, %d archived", len(projects), len(archived))
		}
		statuses, healths, deliverables := map[portal.ProjectStatus]int{}, map[portal.Health]int{}, map[portal.State]int{}
		most, latest := 0, time.Time{}
		for _, x := range projects {
			statuses[x.Status]++
			healths[x.Health]++
			most = max(most, len(list(owner.Tasks(ctx, x.ID, portal.TaskFilter{}, portal.Page{Limit: 100}))))
			for _, d := range must(owner.Deliverables(ctx, x.ID)) {
				deliverables[d.State]++
			}
			for _, e := range list(owner.ProjectActivity(ctx, x.ID, portal.Page{Limit: 100})) {
				if day := e.At.In(time.FixedZone("", 0)).Weekday(); day == time.Sunday || day == time.Saturday {
					t.Errorf("%s happened on a %s", e.Kind, day)
				}
				if e.At.After(latest) {
					latest = e.At
				}
			}
		}
		if latest.After(time.Now()) {
			t.Errorf("something happened at %s, in the future", latest)
		}
		if most < 50 {
			t.Errorf("the biggest project has %d tasks", most)
		}
		for _, s := range portal.Statuses {
			if statuses[s] == 0 {
				t.Errorf("no project is %s", s)
			}
		}
		for _, h := range portal.Healths {
			if healths[h] == 0 {
				t.Errorf("no project is %s", h)
			}
		}
		for _, s := range []portal.State{portal.StateDraft, portal.StateShared, portal.StateInReview, portal.StateChangesRequested, portal.StateApproved, portal.StateSignedOff} {
			if deliverables[s] == 0 {
				t.Errorf("no deliverable is %s", s)
			}
		}

		for _, s := range []portal.SignoffState{portal.SignoffOpen, portal.SignoffDone} {
			if len(list(owner.BoardSignoffs(ctx, s, "", portal.Page{}))) == 0 {
				t.Errorf("no sign-off is %s", s)
			}
		}

		kept := list(owner.Outbox(ctx, portal.MailKept, portal.Page{Limit: 100}))
		if counts := must(owner.OutboxCounts(ctx)); len(kept) < 10 || counts[portal.MailQueued] != 0 {
			t.Errorf("the outbox holds %v", counts)
		}
	})
}

// TestClientSide reads the demo as its client people do.
func TestClientSide(t *testing.T) {
	ctx := context.Background()
	_, _, as := filled(t, dbtest.Open(t, db.SQLite), time.Now())
	owner, lead, viewer := as["owner"], as["client lead"], as["viewer"]

	// What the team keeps to itself, by title.
	hidden := map[string]bool{}
	self := must(lead.Self(ctx))
	if len(self.Clients) != 1 {
		t.Fatalf("the lead is in %d clients", len(self.Clients))
	}
	for _, p := range list(owner.Projects(ctx, portal.ProjectFilter{Client: self.Clients[0].ID}, portal.Page{})) {
		if !p.IsShared() {
			hidden[p.Name] = true
		}
		for _, x := range must(owner.Milestones(ctx, p.ID)) {
			hidden[x.Title] = hidden[x.Title] || x.Audience == portal.Team
		}
		for _, x := range list(owner.Tasks(ctx, p.ID, portal.TaskFilter{}, portal.Page{Limit: 100})) {
			hidden[x.Title] = hidden[x.Title] || x.Audience == portal.Team
		}
		for _, x := range must(owner.Deliverables(ctx, p.ID)) {
			hidden[x.Title] = hidden[x.Title] || x.Audience == portal.Team
		}
	}
	secrets := 0
	for _, team := range hidden {
		if team {
			secrets++
		}
	}
	if secrets < 8 {
		t.Errorf("the team keeps only %d things to itself", secrets)
	}

	sees := func(where, title string) {
		t.Helper()
		if hidden[title] {
			t.Errorf("the lead sees %q in %s", title, where)
		}
	}
	projects := list(lead.Projects(ctx, portal.ProjectFilter{}, portal.Page{}))
	if len(projects) < 3 {
		t.Fatalf("the lead sees %d projects", len(projects))
	}
	for _, p := range projects {
		sees("the projects", p.Name)
		for _, x := range must(lead.Milestones(ctx, p.ID)) {
			sees("the milestones", x.Title)
		}
		for _, x := range list(lead.Tasks(ctx, p.ID, portal.TaskFilter{}, portal.Page{Limit: 100})) {
			sees("the tasks", x.Title)
		}
		for _, x := range must(lead.Deliverables(ctx, p.ID)) {
			sees("the deliverables", x.Title)
		}
		for _, x := range list(lead.ProjectActivity(ctx, p.ID, portal.Page{Limit: 100})) {
			sees("the activity", x.Details["title"])
		}
		for _, u := range list(lead.Updates(ctx, p.ID, portal.Page{})) {
			if strings.Contains(u.Body, "fixed price") {
				t.Errorf("the lead reads %q", u.Body)
			}
		}
	}

	needs := must(lead.Needs(ctx, self.Clients[0].ID, 20))
	if len(needs) < 4 || needs[0].Kind != "call" || needs[1].Kind != "approval" {
		t.Errorf("the lead is needed for %+v", needs)
	}
	if needs := must(viewer.Needs(ctx, self.Clients[0].ID, 20)); slices.ContainsFunc(needs, func(n portal.Need) bool { return n.Kind != "unread" }) {
		t.Errorf("the viewer is needed for %+v", needs)
	}
	if news := must(lead.Recent(ctx, self.Clients[0].ID, must(lead.LastVisit(ctx, string(self.Clients[0].ID))), 50)); len(news) < 5 {
		t.Errorf("%d things are new to the lead", len(news))
	}
}

// TestFiles looks for every kind of file, and reads each byte as its people do.
func TestFiles(t *testing.T) {
	ctx := context.Background()
	d := dbtest.Open(t, db.SQLite)
	blobs := must(blob.OpenDisk(filepath.Join(t.TempDir(), "files")))
	now := time.Now()
	if err := demo.Fill(ctx, d, blobs, key, now); err != nil {
		t.Fatal(err)
	}
	p, accounts := portal.New(d, portal.Options{Key: key, Now: func() time.Time { return now }})
	as := func(role string) *portal.Scope {
		for _, e := range demo.Entries() {
			if e.Role == role {
				s, _, err := accounts.SignIn(ctx, account.SignIn{Email: e.Email, Password: demo.Password})
				return p.As(portal.PersonActor(must(s, err).Person))
			}
		}
		panic(role)
	}
	kinds, zones, versions, took := map[string]int{}, map[portal.Zone]int{}, 0, 0
	owner := as("owner")
	each := func(me *portal.Scope, fn func(portal.File)) {
		for _, x := range list(me.Projects(ctx, portal.ProjectFilter{}, portal.Page{Limit: 100})) {
			var in func(portal.FolderID)
			in = func(id portal.FolderID) {
				l := must(me.Files(ctx, x.ID, id, portal.ListOptions{Page: portal.Page{Limit: 100}}))
				for _, f := range l.Files {
					fn(f)
				}
				for _, f := range l.Folders {
					in(f.ID)
				}
			}
			in("")
		}
	}
	each(owner, func(f portal.File) {
		zones[f.Zone()]++
		took += len(list(owner.Downloads(ctx, f.ID, portal.Page{})))
		for _, v := range must(owner.Versions(ctx, f.ID)) {
			versions++
			kinds[v.Kind]++
			s := must(owner.DownloadVersion(ctx, v.ID))
			if err := blob.Verify(ctx, blobs, blob.Key(s.Blob), s.Size, s.SHA256); err != nil {
				t.Errorf("%s, version %d: %v", f.Name, v.Number, err)
			}
		}
	})
	for _, k := range []string{"image", "svg", "pdf", "video", "audio", "text", "markdown", "code", "csv", "office", "archive"} {
		if kinds[k] == 0 {
			t.Errorf("no file is of kind %s", k)
		}
	}
	for _, z := range []portal.Zone{portal.ZoneTeam, portal.ZoneShared, portal.ZoneFromClient} {
		if zones[z] < 3 {
			t.Errorf("%d files are in the zone %s", zones[z], z)
		}
	}
	if kinds["other"] > 0 || versions < 60 || took < 20 {
		t.Errorf("%d versions of kinds %v were taken %d times", versions, kinds, took)
	}
	each(as("client lead"), func(f portal.File) {
		if f.Zone() == portal.ZoneTeam || f.Version.Draft {
			t.Errorf("the lead sees %s", f.Name)
		}
	})
}

// TestAnyDay fills a demo at times at which nobody works.
func TestAnyDay(t *testing.T) {
	now := time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC) // a Sunday, on which clocks change
	for name, at := range map[string]time.Time{
		"Sunday at midnight": now,
		"Monday before nine": now.Add(31 * time.Hour),
		"Friday evening":     now.Add(-28 * time.Hour),
		"New Year's Day":     time.Date(2027, 1, 1, 12, 0, 0, 0, time.UTC),
	} {
		t.Run(name, func(t *testing.T) {
			d := dbtest.Open(t, db.SQLite)
			filled(t, d, at)
		})
	}
}

// One answer is posted, and each of the others shows another reason why not.
func TestMailsCameIn(t *testing.T) {
	_, _, as := filled(t, dbtest.Open(t, db.SQLite), time.Now())
	got := map[string]string{}
	for _, m := range list(as["owner"].Incoming(t.Context(), "", portal.Page{})) {
		got[string(m.State)+" "+m.Reason] = m.PersonName
	}
	want := map[string]string{"held unknown": "", "dropped auto_reply": "Yuki Tanaka", "posted ": "Sofia Almeida", "held sender": "Sofia Almeida"}
	if !maps.Equal(got, want) {
		t.Errorf("mails came in: %v", got)
	}
}

// People talk: there is a question that waits for the client, a message that
// waits for the team, and what the team says to itself stays there.
func TestTalks(t *testing.T) {
	ctx := t.Context()
	_, _, as := filled(t, dbtest.Open(t, db.SQLite), time.Now())
	owner, lead := as["owner"], as["client lead"]
	client := must(lead.Self(ctx)).Clients[0].ID
	theirs := list(lead.Conversations(ctx, portal.ConversationList{Client: client}))
	ours := list(owner.Conversations(ctx, portal.ConversationList{Client: client}))
	if len(theirs) < 5 || len(ours) <= len(theirs) {
		t.Errorf("%d conversations for the client, %d for the team", len(theirs), len(ours))
	}
	unread, waits := 0, 0
	for _, c := range ours {
		unread += c.Unread
		if c.Turn == portal.Team {
			waits++
		}
	}
	if unread == 0 || waits == 0 {
		t.Errorf("for the owner %d are unread, %d wait for an answer", unread, waits)
	}
	questions := 0
	for _, n := range must(lead.Needs(ctx, client, 0)) {
		if n.Kind == "question" {
			questions++
		}
	}
	if questions == 0 {
		t.Error("nothing is asked of the client")
	}
	comments := 0
	for _, p := range list(lead.Projects(ctx, portal.ProjectFilter{Client: client}, portal.Page{})) {
		for _, d := range must(lead.Deliverables(ctx, p.ID)) {
			comments += len(list(lead.CommentsOn(ctx, portal.ItemID(d.ID), portal.CommentFilter{})))
		}
	}
	if comments < 2 {
		t.Errorf("%d comments on deliverables", comments)
	}
	for _, hidden := range []string{"40 days", "quote", "animations"} {
		for _, hit := range list(lead.SearchMessages(ctx, portal.MessageSearch{Query: hidden}, portal.Page{})) {
			t.Errorf("the client finds %q", hit.Body)
		}
		if len(list(owner.SearchMessages(ctx, portal.MessageSearch{Query: hidden}, portal.Page{}))) == 0 {
			t.Errorf("the team does not find %q", hidden)
		}
	}
}
