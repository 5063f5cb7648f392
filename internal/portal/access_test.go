package portal_test

import (
	"cmp"
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
	"github.com/vitrine-portal/vitrine/internal/sentence"
	"github.com/vitrine-portal/vitrine/internal/words"
)

var ctx = context.Background()

// wants fails unless the error is the one that is wanted.
func wants(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// refuses fails unless that field is refused for that reason.
func refuses(t *testing.T, what string, err error, field, key string) {
	t.Helper()
	var invalid *portal.Invalid
	if !errors.As(err, &invalid) || invalid.Fields[field].Key != key {
		t.Errorf("%s: %v, want %s: %s", what, err, field, key)
	}
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// signIn makes a session for the person, past the slow hash.
func signIn(t *testing.T, w *portaltest.World, who portal.PersonID) string {
	t.Helper()
	var token string
	err := w.DB.Write(ctx, func(tx *db.Tx) (err error) {
		_, token, err = w.Accounts.NewSession(ctx, tx, who, account.ByCode, account.Meta{Address: netip.MustParseAddr("192.0.2.1")}, 0)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// signedIn reports whether the token still opens a session.
func signedIn(t *testing.T, w *portaltest.World, token string) bool {
	t.Helper()
	_, _, err := w.Accounts.Session(ctx, token)
	if err != nil && !errors.Is(err, account.ErrSignedOut) {
		t.Fatal(err)
	}
	return err == nil
}

// kinds are those of the newest events, newest first.
func kinds(t *testing.T, w *portaltest.World, n int) []portal.Kind {
	t.Helper()
	events, _, err := w.As(w.Ada).Audit(ctx, portal.AuditFilter{}, portal.Page{Limit: n})
	if err != nil {
		t.Fatal(err)
	}
	var k []portal.Kind
	for _, e := range events {
		k = append(k, e.Kind)
	}
	return k
}

// recorded fails unless an event of the kind is among the newest, and of these each
// names whom it is about.
func recorded(t *testing.T, w *portaltest.World, kind portal.Kind) {
	t.Helper()
	events := must3(w.As(w.Ada).Audit(ctx, portal.AuditFilter{}, portal.Page{Limit: 8}))
	if !slices.ContainsFunc(events, func(e portal.AuditRow) bool { return e.Kind == kind }) {
		t.Errorf("no %s among the newest events %v", kind, kinds(t, w, 8))
	}
	for _, e := range events {
		e.ActorName = cmp.Or(e.ActorName, "the program")
		if says := sentence.Of(words.For("en", time.UTC), e.Event, "nobody"); strings.Contains(says.String(), "nobody") {
			t.Errorf("%s: %q", e.Kind, says)
		}
	}
}

func mails(t *testing.T, w *portaltest.World) []portal.Mail {
	t.Helper()
	m, _, err := w.As(w.Ada).Outbox(ctx, "", portal.Page{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// change is the client's access as it is, ready to be changed.
func change(t *testing.T, w *portaltest.World, id portal.ClientID) portal.AccessChange {
	t.Helper()
	a, err := w.As(w.Mia).Access(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	return portal.AccessChange{Revision: a.Client.Revision, Enabled: a.Enabled, AllowedDomains: a.AllowedDomains,
		InvitationDays: a.InvitationDays, Preset: a.Preset, SectionsSet: a.Client.SectionsSet, Sections: a.Client.Sections}
}

// invite lets somebody new into Acme and returns their link.
func invite(t *testing.T, w *portaltest.World, email string) (portal.ClientUserID, string) {
	t.Helper()
	ch := change(t, w, w.Acme)
	ch.Add = []portal.NewClientUser{{Name: "Nia", Email: email, AllProjects: true}}
	ch.SendInvitations = true
	res, err := w.As(w.Mia).SaveAccess(ctx, w.Acme, ch)
	if err != nil {
		t.Fatal(err)
	}
	return res.Added[0], must[string](t)(w.As(w.Mia).CopyLink(ctx, res.Added[0]))
}

func TestClients(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		for who, want := range map[portal.PersonID]string{
			w.Ada: "Acme Brick", w.Mia: "Acme Brick", w.Tom: "Acme", w.Cleo: "Acme", w.Carl: "Brick", w.Bea: "Acme Brick",
			w.Uma: "", w.Rex: "", w.Eve: "", "": "",
		} {
			all, _, err := w.As(who).Clients(ctx, portal.ClientFilter{}, portal.Page{})
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, c := range all {
				names = append(names, c.Name)
				if !c.Team() && (c.State != "" || c.People != 0 || !c.LastSeen.IsZero() || c.Revision != 0) {
					t.Errorf("%s, a client person, is told of the portal access of %s: %+v", who, c.Name, c)
				}
			}
			if got := strings.Join(names, " "); got != want {
				t.Errorf("%s sees the clients %q, want %q", who, got, want)
			}
		}
		signIn(t, w, w.Cleo)
		first, next, err := w.As(w.Mia).Clients(ctx, portal.ClientFilter{}, portal.Page{Limit: 1})
		if err != nil || len(first) != 1 || first[0].Name != "Acme" || next == "" {
			t.Fatalf("first page: %+v, %q, %v", first, next, err)
		}
		if c := first[0]; c.State != portal.PortalActive || c.People != 4 || c.Projects != 3 || !c.LastSeen.Equal(w.Clock.Now()) || c.Contact.Person != w.Mia {
			t.Errorf("Acme: %+v", c)
		}
		second, next, err := w.As(w.Mia).Clients(ctx, portal.ClientFilter{}, portal.Page{Limit: 1, After: next})
		if err != nil || len(second) != 1 || second[0].Name != "Brick" || next != "" {
			t.Errorf("second page: %+v, %q, %v", second, next, err)
		}
		for f, want := range map[portal.ClientFilter]int{
			{Query: "RIC"}: 1, {Query: "%"}: 0, {Query: "_"}: 0, {State: portal.PortalActive}: 2, {State: portal.PortalOff}: 0, {Archived: true}: 0,
		} {
			got, _, err := w.As(w.Mia).Clients(ctx, f, portal.Page{})
			if err != nil || len(got) != want {
				t.Errorf("%+v finds %d clients (%v), want %d", f, len(got), err, want)
			}
		}
	})
}

func TestAccess(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		for who, want := range map[portal.PersonID]error{
			w.Tom: portal.ErrForbidden, w.Cleo: portal.ErrForbidden, w.Carl: portal.ErrNotFound, w.Rex: portal.ErrNotFound, "": portal.ErrNotFound,
		} {
			_, err := w.As(who).Access(ctx, w.Acme)
			wants(t, "Access as "+string(who), err, want)
		}
		a, err := w.As(w.Mia).Access(ctx, w.Acme)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, u := range a.Users {
			got = append(got, u.Name+" "+string(u.State)+" "+string(u.Preset()))
		}
		if want := "Bea active commenter, Cleo active lead, Dan active viewer, Uma not_invited viewer, Rex removed lead"; strings.Join(got, ", ") != want {
			t.Errorf("users:\n%s, want\n%s", strings.Join(got, ", "), want)
		}
		if !a.Enabled || a.InvitationDays != 7 || len(a.Projects) != 4 || len(a.Users[2].Projects) != 1 || a.Users[2].Projects[0].Project != w.Brand {
			t.Errorf("access: %+v", a)
		}
	})
}

func TestSaveAccess(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ch := change(t, w, w.Acme)
		for who, want := range map[portal.PersonID]error{
			w.Tom: portal.ErrForbidden, w.Cleo: portal.ErrForbidden, w.Carl: portal.ErrNotFound, w.Rex: portal.ErrNotFound, "": portal.ErrSignedOut,
		} {
			_, err := w.As(who).SaveAccess(ctx, w.Acme, ch)
			wants(t, "SaveAccess as "+string(who), err, want)
		}
		// Bea has an account; the answer is the same as for Nia, who has none.
		ch.AllowedDomains, ch.InvitationDays = []string{"@Nia.test", "carl.test"}, 3
		ch.Add = []portal.NewClientUser{{Name: "Nia", Email: "NIA@nia.test"}, {Name: "Mister C", Email: "CARL@carl.test", Rights: portal.PresetApprover.Rights(), Projects: []portal.ChosenProject{{Project: w.Site, Rights: portal.View}}}}
		ch.Change = []portal.ClientUserChange{{User: w.DanUser, Rights: portal.PresetCommenter.Rights(), AllProjects: true}}
		ch.SendInvitations = true
		p, err := w.As(w.Mia).AccessPreview(ctx, w.Acme, ch)
		if err != nil || len(p.Mailed) != 3 || len(p.LoseAccess) != 0 || len(p.FewerRights) != 0 {
			t.Errorf("preview: %+v, %v", p, err)
		}
		w.Signals()
		res, err := w.As(w.Mia).SaveAccess(ctx, w.Acme, ch)
		if err != nil {
			t.Fatal(err)
		}
		if res.Mailed != 3 || res.Invited != 3 || len(res.Added) != 2 || len(mails(t, w)) != 3 {
			t.Errorf("saved: %+v and %d mails", res, len(mails(t, w)))
		}
		a, err := w.As(w.Mia).Access(ctx, w.Acme)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range a.Users {
			if slices.Contains(res.Added, u.ID) {
				if u.State != portal.MemberInvited || !u.Mailed || u.InvitedBy != "Mia" || !u.ExpiresAt.Equal(w.Clock.Now().AddDate(0, 0, 3)) || !u.LastSeen.IsZero() {
					t.Errorf("%s after the invitation: %+v", u.Name, u)
				}
				if u.Name != "Nia" && (u.Name != "Mister C" || u.Email != "CARL@carl.test") {
					t.Errorf("the account that Carl has shows: %+v", u)
				}
			}
		}
		if _, err := w.As(w.Carl).Client(ctx, w.Acme); !errors.Is(err, portal.ErrNotFound) {
			t.Errorf("Carl sees Acme before he accepts: %v", err)
		}
		if c, err := w.As(w.Dan).Client(ctx, w.Acme); err != nil || !c.Can(portal.Comment) || c.Projects != 2 {
			t.Errorf("Dan after the change: %+v, %v", c, err)
		}
		for _, k := range []portal.Kind{portal.AccessChanged, portal.ClientUserAdded, portal.RightsChanged, portal.UserInvited} {
			recorded(t, w, k)
		}
		closed := false
		for _, s := range w.Signals() {
			closed = closed || s.Close && slices.Contains(s.Persons, w.Dan)
		}
		if !closed {
			t.Error("Dan's streams were not closed")
		}

		_, err = w.As(w.Mia).SaveAccess(ctx, w.Acme, ch)
		wants(t, "saved again from the same page", err, portal.ErrConflict)
		_, err = w.As(w.Mia).AccessPreview(ctx, w.Acme, ch)
		wants(t, "previewed from the old page", err, portal.ErrConflict)

		ch = change(t, w, w.Acme)
		ch.Add = []portal.NewClientUser{{Name: "x", Email: "dan@dan.test"}}
		_, err = w.As(w.Mia).SaveAccess(ctx, w.Acme, ch)
		refuses(t, "a foreign domain", err, "add.0.email", "domain")
		ch.AllowedDomains = nil
		_, err = w.As(w.Mia).SaveAccess(ctx, w.Acme, ch)
		refuses(t, "somebody who is in", err, "add.0.email", "already_added")
		ch.Add[0] = portal.NewClientUser{Email: "a@b.test", Projects: []portal.ChosenProject{{Project: w.Shop}}}
		_, err = w.As(w.Mia).SaveAccess(ctx, w.Acme, ch)
		refuses(t, "another client's project", err, "add.0.projects", "choice")
		ch.Add[0] = portal.NewClientUser{Email: "a@b.test", Rights: portal.Manage}
		_, err = w.As(w.Mia).SaveAccess(ctx, w.Acme, ch)
		refuses(t, "a team right", err, "add.0.rights", "choice")
		ch.Add = []portal.NewClientUser{{Email: "a@b.test"}, {Email: "A@B.test."}}
		_, err = w.As(w.Mia).SaveAccess(ctx, w.Acme, ch)
		refuses(t, "the same person twice", err, "add.1.email", "same_person")
		ch.Add = nil
		ch.Change = []portal.ClientUserChange{{User: w.CarlUser, Rights: portal.View}}
		_, err = w.As(w.Mia).SaveAccess(ctx, w.Acme, ch)
		wants(t, "another client's user", err, portal.ErrNotFound)
		ch.Change = []portal.ClientUserChange{{User: w.RexUser, Rights: portal.View}}
		_, err = w.As(w.Mia).SaveAccess(ctx, w.Acme, ch)
		wants(t, "a removed user", err, portal.ErrConflict)

		// Rex comes back, as somebody new; without a mail.
		ch.Change = nil
		before := len(mails(t, w))
		ch.Add = []portal.NewClientUser{{Name: "Rex again", Email: "rex@rex.test"}}
		ch.SendInvitations = false
		if res, err = w.As(w.Mia).SaveAccess(ctx, w.Acme, ch); err != nil || res.Mailed != 0 || res.Invited != 1 || len(mails(t, w)) != before {
			t.Errorf("saved without sending: %+v, %v, %d new mails", res, err, len(mails(t, w))-before)
		}
		if u, err := w.As(w.Mia).ClientUser(ctx, w.RexUser); err != nil || u.State != portal.MemberInvited || u.Mailed || u.Name != "Rex again" || u.Preset() != portal.PresetViewer {
			t.Errorf("Rex, added again: %+v, %v", u, err)
		}
	})
}

// Switching off is T022: nothing of Acme is left to anybody the moment it
// returns, and everything comes back.
func TestPortalOffAndOn(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		for who, want := range map[portal.PersonID]error{
			w.Tom: portal.ErrForbidden, w.Cleo: portal.ErrForbidden, w.Carl: portal.ErrNotFound, w.Rex: portal.ErrNotFound, "": portal.ErrSignedOut,
		} {
			wants(t, "DisablePortal as "+string(who), w.As(who).DisablePortal(ctx, w.Acme), want)
		}
		tokens := map[portal.PersonID]string{}
		for _, who := range []portal.PersonID{w.Mia, w.Cleo, w.Dan, w.Carl, w.Bea, w.Rex} {
			tokens[who] = signIn(t, w, who)
		}
		ch := change(t, w, w.Acme)
		ch.Enabled = false
		p, err := w.As(w.Mia).AccessPreview(ctx, w.Acme, ch)
		if err != nil || len(p.LoseAccess) != 3 {
			t.Errorf("preview of switching off: %+v, %v", p, err)
		}
		w.Signals()
		if _, err := w.As(w.Mia).SaveAccess(ctx, w.Acme, ch); err != nil {
			t.Fatal(err)
		}
		for who, want := range map[portal.PersonID]bool{w.Mia: true, w.Cleo: false, w.Dan: false, w.Carl: true, w.Bea: true, w.Rex: true} {
			if got := signedIn(t, w, tokens[who]); got != want {
				t.Errorf("%s signed in: %v, want %v", who, got, want)
			}
		}
		_, _, err = w.Accounts.Session(ctx, tokens[w.Cleo])
		var ended *account.Ended
		if !errors.As(err, &ended) || ended.Why != "paused:"+string(w.Acme) {
			t.Errorf("Cleo's session ended with %v", err)
		}
		for _, who := range []portal.PersonID{w.Cleo, w.Dan, w.Bea, w.Rex} {
			_, err := w.As(who).Client(ctx, w.Acme)
			wants(t, "Acme as "+string(who), err, portal.ErrNotFound)
			events, _, err := w.As(who).ProjectActivity(ctx, w.Site, portal.Page{})
			if err != nil || len(events) != 0 {
				t.Errorf("%s sees %d events of Site, %v", who, len(events), err)
			}
		}
		if _, err := w.As(w.Bea).Client(ctx, w.Brick); err != nil {
			t.Errorf("Bea lost Brick: %v", err)
		}
		if _, err := w.As(w.Mia).Client(ctx, w.Acme); err != nil {
			t.Errorf("Mia lost Acme: %v", err)
		}
		var closed []portal.PersonID
		for _, s := range w.Signals() {
			if s.Close && s.Client == w.Acme {
				closed = append(closed, s.Persons...)
			}
		}
		want := []portal.PersonID{w.Bea, w.Cleo, w.Dan}
		slices.Sort(want)
		if slices.Sort(closed); !slices.Equal(closed, want) {
			t.Errorf("streams closed of %v, want %v", closed, want)
		}
		paused, err := w.As(w.Cleo).Paused(ctx)
		if err != nil || len(paused) != 1 || paused[0].Name != "Acme" {
			t.Errorf("what Cleo is told: %v, %v", paused, err)
		}
		if paused, err := w.As(w.Rex).Paused(ctx); err != nil || len(paused) != 0 {
			t.Errorf("what Rex is told: %v, %v", paused, err)
		}
		recorded(t, w, portal.PortalDisabled)
		_, err = w.As(w.Mia).Resend(ctx, w.UmaUser)
		refuses(t, "an invitation while it is off", err, "portal", "portal_off")

		if err := w.As(w.Mia).EnablePortal(ctx, w.Acme); err != nil {
			t.Fatal(err)
		}
		if c, err := w.As(w.Dan).Client(ctx, w.Acme); err != nil || c.Projects != 1 || c.Can(portal.Comment) {
			t.Errorf("Dan after it is on again: %+v, %v", c, err)
		}
		recorded(t, w, portal.PortalEnabled)
	})
}

func TestArchiveClient(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		wants(t, "as Tom", w.As(w.Tom).ArchiveClient(ctx, w.Acme), portal.ErrForbidden)
		wants(t, "as Carl", w.As(w.Carl).ArchiveClient(ctx, w.Acme), portal.ErrNotFound)
		token := signIn(t, w, w.Cleo)
		if err := w.As(w.Mia).ArchiveClient(ctx, w.Acme); err != nil {
			t.Fatal(err)
		}
		if signedIn(t, w, token) {
			t.Error("Cleo is still signed in")
		}
		recorded(t, w, portal.ClientArchived)
		if all, _, err := w.As(w.Mia).Clients(ctx, portal.ClientFilter{Archived: true}, portal.Page{}); err != nil || len(all) != 1 {
			t.Errorf("archived clients: %v, %v", all, err)
		}
		if err := w.As(w.Mia).RestoreClient(ctx, w.Acme); err != nil {
			t.Fatal(err)
		}
		if _, err := w.As(w.Cleo).Client(ctx, w.Acme); err != nil {
			t.Errorf("Cleo after the restoration: %v", err)
		}
		recorded(t, w, portal.ClientRestored)
	})
}

func TestAddAndChangeClient(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		for _, who := range []portal.PersonID{w.Tom, w.Cleo, w.Rex, w.Eve} {
			_, err := w.As(who).AddClient(ctx, "Cork")
			wants(t, "AddClient as "+string(who), err, portal.ErrForbidden)
		}
		_, err := w.As(w.Mia).AddClient(ctx, " ACME ")
		refuses(t, "a name that is taken", err, "name", "taken")
		id := must[portal.ClientID](t)(w.As(w.Mia).AddClient(ctx, "Cork"))
		recorded(t, w, portal.ClientAdded)
		c, err := w.As(w.Mia).Client(ctx, id)
		if err != nil || c.State != portal.PortalOff || !c.Can(portal.Manage) || c.Contact.Person != w.Mia {
			t.Fatalf("Cork: %+v, %v", c, err)
		}
		if team, err := w.As(w.Mia).ClientTeam(ctx, id); err != nil || len(team) != 1 || team[0].Person != w.Mia {
			t.Errorf("the team of Cork: %v, %v", team, err)
		}
		s := portal.ClientSettings{Name: "Cork Ltd", Welcome: "Hello", Contact: w.Tom, Revision: c.Revision}
		wants(t, "ChangeClient as Cleo", w.As(w.Cleo).ChangeClient(ctx, id, s), portal.ErrNotFound)
		if err := w.As(w.Mia).ChangeClient(ctx, id, s); err != nil {
			t.Fatal(err)
		}
		wants(t, "the second from one page", w.As(w.Mia).ChangeClient(ctx, id, s), portal.ErrConflict)
		recorded(t, w, portal.ClientChanged)
		s.Contact = w.Cleo
		refuses(t, "a contact from a client", w.As(w.Mia).ChangeClient(ctx, id, s), "contact", "choice")

		wants(t, "SetClientSections as Tom", w.As(w.Tom).SetClientSections(ctx, w.Acme, portal.SectionTasks, 0, 1), portal.ErrForbidden)
		if err := w.As(w.Mia).SetClientSections(ctx, w.Acme, portal.SectionActivity, 0, 1); err != nil {
			t.Fatal(err)
		}
		if events, _, err := w.As(w.Cleo).ProjectActivity(ctx, w.Site, portal.Page{}); err != nil || len(events) != 0 {
			t.Errorf("Cleo sees %d events of a section that is off, %v", len(events), err)
		}
		recorded(t, w, portal.SectionsChanged)

		wants(t, "PutOnClient as Tom", w.As(w.Tom).PutOnClient(ctx, w.Acme, w.Tom), portal.ErrForbidden)
		wants(t, "a client person", w.As(w.Mia).PutOnClient(ctx, w.Brick, w.Cleo), portal.ErrNotFound)
		if err := w.As(w.Mia).PutOnClient(ctx, w.Brick, w.Tom); err != nil {
			t.Fatal(err)
		}
		if c, err := w.As(w.Tom).Client(ctx, w.Brick); err != nil || c.Can(portal.Manage) {
			t.Errorf("Tom on Brick: %+v, %v", c, err)
		}
		if err := w.As(w.Mia).TakeOffClient(ctx, w.Brick, w.Tom); err != nil {
			t.Fatal(err)
		}
		_, err = w.As(w.Tom).Client(ctx, w.Brick)
		wants(t, "Tom off Brick", err, portal.ErrNotFound)
		if err := w.As(w.Mia).TakeOffClient(ctx, w.Brick, w.Mia); err != nil {
			t.Fatal(err)
		}
		if c, err := w.As(w.Mia).Client(ctx, w.Brick); err != nil || c.Can(portal.Manage) {
			t.Errorf("Mia, who is left with a project of Brick: %+v, %v", c, err)
		}
		recorded(t, w, portal.ClientUnteamed)
	})
}
