package portal_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// peek fails unless the link is in that state.
func peek(t *testing.T, w *portaltest.World, token string, who portal.PersonID, want portal.InvitationState) portal.Invitation {
	t.Helper()
	i, err := w.Portal.PeekInvitation(ctx, token, who)
	if err != nil {
		t.Fatal(err)
	}
	if i.State != want {
		t.Errorf("the invitation is %s, want %s", i.State, want)
	}
	return i
}

// gone fails unless the error says that the invitation is in that state.
func gone(t *testing.T, what string, err error, want portal.InvitationState) {
	t.Helper()
	var g *portal.InvitationGone
	if !errors.As(err, &g) || g.State != want || !errors.Is(err, portal.ErrGone) {
		t.Errorf("%s: %v, want gone: %s", what, err, want)
	}
}

// T093: scanners open the link, the person accepts once.
func TestAcceptInvitation(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		id, token := invite(t, w, "nia@nia.test")
		for range 5 {
			i := peek(t, w, token, "", portal.InvitationValid)
			if i.ClientName != "Acme" || i.Inviter != "Mia" || len(i.Projects) != 2 || i.Email != "n…@nia.test" || i.HasAccount || i.Name != "Nia" {
				t.Errorf("what the link shows: %+v", i)
			}
			if s := strings.Join(i.Projects, " "); strings.Contains(s, "-team-") {
				t.Errorf("the link names a project of the team: %s", s)
			}
		}
		m, err := w.Portal.InvitationMail(ctx, must[portal.ClientUser](t)(w.As(w.Mia).ClientUser(ctx, id)).Invitation)
		if err != nil || m.Token != token || m.Address != "nia@nia.test" || m.Inviter != "Mia" || len(m.Projects) != 2 || m.Brand.Name != "Honcho Design" {
			t.Errorf("the mail: %+v, %v", m, err)
		}
		_, err = w.Portal.PeekInvitation(ctx, token+"x", "")
		wants(t, "a forged link", err, portal.ErrNotFound)
		_, err = w.Portal.AcceptInvitation(ctx, portal.Accept{Token: "vt_ses_x", Name: "N"})
		wants(t, "a token of another kind", err, portal.ErrNotFound)
		_, err = w.Portal.AcceptInvitation(ctx, portal.Accept{Token: token})
		refuses(t, "no name", err, "name", "required")
		_, err = w.Portal.AcceptInvitation(ctx, portal.Accept{Token: token, Name: "Nia", Password: "short"})
		refuses(t, "a weak password", err, "password", "password_short")
		_, err = w.Portal.AcceptInvitation(ctx, portal.Accept{Token: token, SignedIn: w.Carl})
		wants(t, "T095, as somebody else", err, portal.ErrWrongPerson)
		if i := peek(t, w, token, w.Carl, portal.InvitationValid); !i.SignedIn || i.Same {
			t.Errorf("what Carl is shown: %+v", i)
		}

		got, err := w.Portal.AcceptInvitation(ctx, portal.Accept{Token: token, Name: "Nia North", Password: "seven lazy otters"})
		if err != nil {
			t.Fatal(err)
		}
		if !signedIn(t, w, got.Token) || got.Client != w.Acme || got.Session.Proof != "invitation" {
			t.Errorf("accepted: %+v", got)
		}
		if c, err := w.As(got.Person).Client(ctx, w.Acme); err != nil || c.Projects != 2 || c.Can(portal.Comment) {
			t.Errorf("Nia's Acme: %+v, %v", c, err)
		}
		if u, err := w.As(w.Mia).ClientUser(ctx, id); err != nil || u.State != portal.MemberActive || u.Name != "Nia North" || u.LastSeen.IsZero() {
			t.Errorf("Nia in the list: %+v, %v", u, err)
		}
		recorded(t, w, portal.UserJoined)
		if i := peek(t, w, token, "", portal.InvitationUsed); i.ClientName != "" || i.Email != "" {
			t.Errorf("a used link tells %+v", i)
		}
		peek(t, w, token, got.Person, portal.InvitationMember)
		_, err = w.Portal.AcceptInvitation(ctx, portal.Accept{Token: token, Name: "Eve", Password: ""})
		gone(t, "accepted again", err, portal.InvitationUsed)
		wants(t, "a mail that is sent late", func() error { _, err := w.Portal.InvitationMail(ctx, m.Invitation); return err }(), portal.ErrUnwanted)
	})
}

// T095 and T099: who has an account is asked to be signed in as themselves,
// and nothing that was typed for them counts.
func TestAcceptWithAccount(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		_, token := invite(t, w, "carl@carl.test")
		if i := peek(t, w, token, "", portal.InvitationValid); !i.HasAccount {
			t.Error("Carl is not asked to sign in")
		}
		_, err := w.Portal.AcceptInvitation(ctx, portal.Accept{Token: token, Name: "Evil", Password: "seven lazy otters"})
		wants(t, "not signed in", err, portal.ErrSignInFirst)
		_, err = w.Portal.AcceptInvitation(ctx, portal.Accept{Token: token, SignedIn: w.Dan})
		wants(t, "signed in as Dan", err, portal.ErrWrongPerson)
		got, err := w.Portal.AcceptInvitation(ctx, portal.Accept{Token: token, Name: "Evil", SignedIn: w.Carl})
		if err != nil || got.Token != "" || got.Person != w.Carl {
			t.Fatalf("signed in as Carl: %+v, %v", got, err)
		}
		if all, _, err := w.As(w.Carl).Clients(ctx, portal.ClientFilter{}, portal.Page{}); err != nil || len(all) != 2 {
			t.Errorf("Carl's clients: %v, %v", all, err)
		}
		if p, err := w.Accounts.Person(ctx, w.Carl); err != nil || p.Name != "Carl" || !p.HasPassword {
			t.Errorf("Carl's account became %+v, %v", p, err)
		}
	})
}

// T096, T098: what kills a link.
func TestDeadInvitations(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		id, token := invite(t, w, "nia@nia.test")
		accept := func(token string) error {
			_, err := w.Portal.AcceptInvitation(ctx, portal.Accept{Token: token, Name: "Nia"})
			return err
		}
		for who, want := range map[portal.PersonID]error{
			w.Tom: portal.ErrForbidden, w.Cleo: portal.ErrForbidden, w.Dan: portal.ErrNotFound, w.Carl: portal.ErrNotFound, w.Rex: portal.ErrNotFound, "": portal.ErrSignedOut,
		} {
			_, err := w.As(who).Resend(ctx, id)
			wants(t, "Resend as "+string(who), err, want)
			wants(t, "Revoke as "+string(who), w.As(who).Revoke(ctx, id), want)
			_, err = w.As(who).CopyLink(ctx, id)
			wants(t, "CopyLink as "+string(who), err, want)
		}

		must[portal.InvitationID](t)(w.As(w.Mia).Resend(ctx, id))
		peek(t, w, token, "", portal.InvitationReplaced)
		gone(t, "a replaced one", accept(token), portal.InvitationReplaced)

		token = must[string](t)(w.As(w.Mia).CopyLink(ctx, id))
		recorded(t, w, portal.LinkCopied)
		wants(t, "not expired yet", w.Portal.AskAgain(ctx, token), portal.ErrGone)
		w.Clock.Advance(7 * 24 * time.Hour)
		if i := peek(t, w, token, "", portal.InvitationExpired); i.Inviter != "Mia" || len(i.Projects) != 0 {
			t.Errorf("an expired link shows %+v", i)
		}
		gone(t, "an expired one", accept(token), portal.InvitationExpired)
		_, err := w.As(w.Mia).CopyLink(ctx, id)
		wants(t, "the link of an expired one", err, portal.ErrGone)
		if u, err := w.As(w.Mia).ClientUser(ctx, id); err != nil || u.State != portal.MemberExpired {
			t.Errorf("in the list: %+v, %v", u, err)
		}
		asked := func() (n int, to portal.PersonID) {
			for _, m := range mails(t, w) {
				if m.Kind == "invitation_asked" {
					n, to = n+1, m.Person
				}
			}
			return n, to
		}
		for range 3 {
			if err := w.Portal.AskAgain(ctx, token); err != nil {
				t.Fatal(err)
			}
		}
		if n, to := asked(); n != 1 || to != w.Mia {
			t.Errorf("%d mails to %s, want one to Mia", n, to)
		}
		recorded(t, w, portal.InvitationAsked)
		inv := must[portal.ClientUser](t)(w.As(w.Mia).ClientUser(ctx, id)).Invitation
		if m, err := w.Portal.AskedAgainMail(ctx, inv, w.Mia); err != nil || m.Invited != "Nia" || m.Email != "nia@nia.test" || m.Client != "Acme" {
			t.Errorf("the mail to Mia: %+v, %v", m, err)
		}
		_, err = w.Portal.AskedAgainMail(ctx, inv, w.Tom)
		wants(t, "the mail to Tom", err, portal.ErrUnwanted)
		w.Clock.Advance(24 * time.Hour)
		if err := w.Portal.AskAgain(ctx, token); err != nil {
			t.Fatal(err)
		}
		if n, _ := asked(); n != 2 {
			t.Errorf("%d mails after a day, want 2", n)
		}

		must[portal.InvitationID](t)(w.As(w.Mia).Resend(ctx, id))
		_, err = w.Portal.AskedAgainMail(ctx, inv, w.Mia)
		wants(t, "the mail after a new invitation", err, portal.ErrUnwanted)
		token = must[string](t)(w.As(w.Mia).CopyLink(ctx, id))
		if err := w.As(w.Mia).DisablePortal(ctx, w.Acme); err != nil {
			t.Fatal(err)
		}
		peek(t, w, token, "", portal.InvitationPaused)
		gone(t, "a paused one", accept(token), portal.InvitationPaused)
		if err := w.As(w.Mia).EnablePortal(ctx, w.Acme); err != nil {
			t.Fatal(err)
		}
		if err := w.As(w.Mia).Suspend(ctx, id); err != nil {
			t.Fatal(err)
		}
		gone(t, "one of a suspended user", accept(token), portal.InvitationRevoked)
		if err := w.As(w.Mia).Resume(ctx, id); err != nil {
			t.Fatal(err)
		}
		peek(t, w, token, "", portal.InvitationValid)
		if err := w.As(w.Ada).TakeOffClient(ctx, w.Acme, w.Mia); err != nil {
			t.Fatal(err)
		}
		gone(t, "T098, its inviter was taken off", accept(token), portal.InvitationRevoked)
		must[portal.InvitationID](t)(w.As(w.Ada).Resend(ctx, id))
		token = must[string](t)(w.As(w.Ada).CopyLink(ctx, id))
		if err := w.As(w.Ada).Revoke(ctx, id); err != nil {
			t.Fatal(err)
		}
		gone(t, "a revoked one", accept(token), portal.InvitationRevoked)
		recorded(t, w, portal.InvitationEnded)
		wants(t, "revoked twice", w.As(w.Ada).Revoke(ctx, id), portal.ErrGone)

		for range 20 {
			if _, err = w.As(w.Ada).Resend(ctx, id); err != nil {
				break
			}
		}
		wants(t, "too many in a day", err, portal.ErrBusy)
	})
}

// T094: of thirty who accept at once, one gets in.
func TestConcurrentAccepts(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		id, token := invite(t, w, "nia@nia.test")
		var mu sync.Mutex
		var wg sync.WaitGroup
		won := 0
		for range 30 {
			wg.Go(func() {
				_, err := w.Portal.AcceptInvitation(ctx, portal.Accept{Token: token, Name: "Nia"})
				mu.Lock()
				defer mu.Unlock()
				var g *portal.InvitationGone
				switch {
				case err == nil:
					won++
				case !errors.As(err, &g) || g.State != portal.InvitationUsed:
					t.Errorf("a loser is told %v", err)
				}
			})
		}
		wg.Wait()
		u := must[portal.ClientUser](t)(w.As(w.Mia).ClientUser(ctx, id))
		sessions, err := w.Accounts.Sessions(ctx, u.Person)
		if err != nil || won != 1 || len(sessions) != 1 || u.State != portal.MemberActive {
			t.Errorf("%d won, %d sessions, %s, %v", won, len(sessions), u.State, err)
		}
		if n := strings.Count(joinKinds(kinds(t, w, 50)), string(portal.UserJoined)); n != 1 {
			t.Errorf("%d events of one acceptance", n)
		}
	})
}

func joinKinds(k []portal.Kind) string {
	var b strings.Builder
	for _, k := range k {
		b.WriteString(string(k) + " ")
	}
	return b.String()
}

// T188: accept while it is revoked, or while the person is removed: one wins.
func TestAcceptAgainstRevoke(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		in, out := 0, 0
		for round := range 40 {
			id, token := invite(t, w, fmt.Sprint("nia", round, "@nia.test"))
			end := w.As(w.Mia).Revoke
			if round%2 == 1 {
				end = func(c context.Context, id portal.ClientUserID) error { _, err := w.As(w.Mia).Remove(c, id); return err }
			}
			var accepted, ended error
			var wg sync.WaitGroup
			wg.Go(func() { late(); _, accepted = w.Portal.AcceptInvitation(ctx, portal.Accept{Token: token, Name: "Nia"}) })
			wg.Go(func() { late(); ended = end(ctx, id) })
			wg.Wait()
			u := must[portal.ClientUser](t)(w.As(w.Mia).ClientUser(ctx, id))
			if round%2 == 1 {
				if ended != nil || u.State != portal.MemberRemoved {
					t.Errorf("removed: %v, and is %s", ended, u.State)
				}
				if sessions, err := w.Accounts.Sessions(ctx, u.Person); err != nil || len(sessions) != 0 {
					t.Errorf("removed, with %d sessions, %v", len(sessions), err)
				}
				continue
			}
			if (accepted == nil) == (ended == nil) {
				t.Errorf("accepted: %v, revoked: %v", accepted, ended)
			}
			if (u.State == portal.MemberActive) != (accepted == nil) {
				t.Errorf("accepted: %v, and is %s", accepted, u.State)
			}
			if accepted == nil {
				in++
			} else {
				out++
			}
		}
		if in == 0 || out == 0 {
			t.Errorf("%d came in, and %d were kept out", in, out)
		}
	})
}

// T071, T097 and the rights of a lead.
func TestInviteColleague(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		n := portal.NewClientUser{Name: "Nia", Email: "nia@nia.test", Rights: portal.PresetCommenter.Rights(), AllProjects: true, Message: "You will like it."}
		for who, want := range map[portal.PersonID]error{
			w.Tom: portal.ErrForbidden, w.Dan: portal.ErrForbidden, w.Bea: portal.ErrForbidden, w.Carl: portal.ErrNotFound, w.Rex: portal.ErrNotFound, "": portal.ErrSignedOut,
		} {
			_, err := w.As(who).InviteColleague(ctx, w.Acme, n)
			wants(t, "InviteColleague as "+string(who), err, want)
		}
		nia := must[portal.ClientUserID](t)(w.As(w.Cleo).InviteColleague(ctx, w.Acme, n))
		carl := must[portal.ClientUserID](t)(w.As(w.Cleo).InviteColleague(ctx, w.Acme, portal.NewClientUser{Name: "Nia", Email: "Carl@carl.test", Rights: n.Rights, AllProjects: true}))
		a, b := must[portal.ClientUser](t)(w.As(w.Cleo).ClientUser(ctx, nia)), must[portal.ClientUser](t)(w.As(w.Cleo).ClientUser(ctx, carl))
		if b.Email != "Carl@carl.test" || b.Person != "" {
			t.Errorf("Cleo learns of Carl's account: %+v", b)
		}
		b.ID, b.Email, b.Invitation = a.ID, a.Email, a.Invitation
		if b.State != a.State || b.Name != a.Name || b.Mailed != a.Mailed || !b.LastSeen.Equal(a.LastSeen) || b.Person != a.Person {
			t.Errorf("T071, the two differ:\n%+v\n%+v", a, b)
		}
		said := must[portal.InvitationMail](t)(w.Portal.InvitationMail(ctx, a.Invitation))
		if said.Message != "You will like it." || said.Inviter != "Cleo" {
			t.Errorf("the mail to Nia says %q", said.Message)
		}
		_, err := w.As(w.Cleo).InviteColleague(ctx, w.Acme, portal.NewClientUser{Email: "x@x.test", Message: strings.Repeat("x", portal.MaxText+1)})
		refuses(t, "too many words", err, "message", "too_long")
		if len(mails(t, w)) != 2 {
			t.Errorf("%d mails, want 2", len(mails(t, w)))
		}
		_, err = w.As(w.Cleo).InviteColleague(ctx, w.Acme, n)
		refuses(t, "again", err, "email", "already_added")
		_, err = w.As(w.Cleo).InviteColleague(ctx, w.Acme, portal.NewClientUser{Email: "x@x.test", Rights: portal.Contribute})
		refuses(t, "a team right", err, "rights", "choice")
		_, err = w.As(w.Cleo).InviteColleague(ctx, w.Acme, portal.NewClientUser{Email: "x@x.test", Projects: []portal.ChosenProject{{Project: w.Hidden}}})
		refuses(t, "a project that Cleo does not see", err, "projects", "choice")

		// Cleo resends and revokes what she sent, nothing else.
		must[portal.InvitationID](t)(w.As(w.Cleo).Resend(ctx, nia))
		if err := w.As(w.Cleo).Revoke(ctx, nia); err != nil {
			t.Error(err)
		}
		_, err = w.As(w.Cleo).Resend(ctx, w.UmaUser)
		wants(t, "somebody else's invitation", err, portal.ErrForbidden)

		// With less in one project and not all of them, no more can be handed on.
		ch := change(t, w, w.Acme)
		ch.Change = []portal.ClientUserChange{{User: w.CleoUser, Rights: portal.PresetCommenter.Rights() | portal.Invite,
			Projects: []portal.ChosenProject{{Project: w.Site}, {Project: w.Brand, Rights: portal.View}}}}
		if p, err := w.As(w.Mia).AccessPreview(ctx, w.Acme, ch); err != nil || len(p.FewerRights) != 1 || p.FewerRights[0].Name != "Cleo" {
			t.Errorf("preview of giving Cleo less: %+v, %v", p, err)
		}
		if _, err := w.As(w.Mia).SaveAccess(ctx, w.Acme, ch); err != nil {
			t.Fatal(err)
		}
		n.Email = "oda@oda.test"
		_, err = w.As(w.Cleo).InviteColleague(ctx, w.Acme, n)
		refuses(t, "all projects", err, "projects", "more_than_yours")
		n.AllProjects, n.Rights = false, portal.PresetApprover.Rights()
		_, err = w.As(w.Cleo).InviteColleague(ctx, w.Acme, n)
		refuses(t, "more rights", err, "rights", "more_than_yours")
		n.Rights, n.Projects = portal.PresetCommenter.Rights(), []portal.ChosenProject{{Project: w.Brand, Rights: portal.PresetCommenter.Rights()}}
		_, err = w.As(w.Cleo).InviteColleague(ctx, w.Acme, n)
		refuses(t, "more rights in Brand", err, "rights", "more_than_yours")
		n.Projects = []portal.ChosenProject{{Project: w.Brand}, {Project: w.Site}}
		oda := must[portal.ClientUserID](t)(w.As(w.Cleo).InviteColleague(ctx, w.Acme, n))
		got, err := w.Portal.AcceptInvitation(ctx, portal.Accept{Token: must[string](t)(w.As(w.Mia).CopyLink(ctx, oda)), Name: "Oda"})
		if err != nil {
			t.Fatal(err)
		}
		u := must[portal.ClientUser](t)(w.As(w.Mia).ClientUser(ctx, oda))
		if i := slices.IndexFunc(u.Projects, func(p portal.ChosenProject) bool { return p.Project == w.Brand }); i < 0 || u.Projects[i].Rights != portal.View {
			t.Errorf("Oda in Brand: %+v", u.Projects)
		}
		if c, err := w.As(got.Person).Client(ctx, w.Acme); err != nil || c.Projects != 2 {
			t.Errorf("Oda's Acme: %+v, %v", c, err)
		}

		// Carl's invitation came from Cleo, who holds less than it gives now.
		ch = change(t, w, w.Acme)
		ch.Change = []portal.ClientUserChange{{User: w.CleoUser, Rights: portal.View | portal.Invite, AllProjects: true}}
		link := must[string](t)(w.As(w.Mia).CopyLink(ctx, carl))
		if _, err := w.As(w.Mia).SaveAccess(ctx, w.Acme, ch); err != nil {
			t.Fatal(err)
		}
		_, err = w.Portal.AcceptInvitation(ctx, portal.Accept{Token: link, SignedIn: w.Carl})
		gone(t, "an invitation beyond its inviter", err, portal.InvitationRevoked)

		// T174: not more than twenty a day.
		for i := range 30 {
			if _, err = w.As(w.Cleo).InviteColleague(ctx, w.Acme, portal.NewClientUser{Email: string(rune('a'+i)) + "@many.test", Rights: portal.View}); err != nil {
				break
			}
		}
		refuses(t, "too many", err, "email", "too_many_today")
	})
}
