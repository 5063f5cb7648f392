package portal_test

import (
	"slices"
	"sync"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// join invites a person to the team and accepts for them.
func join(t *testing.T, w *portaltest.World, email, role string) portal.PersonID {
	t.Helper()
	id := must[portal.PersonID](t)(w.As(w.Ada).InviteTeamMember(ctx, portal.NewTeamMember{Name: "Olga", Email: email, Role: role}))
	link := must[string](t)(w.As(w.Ada).CopyTeamLink(ctx, id))
	got, err := w.Portal.AcceptInvitation(ctx, portal.Accept{Token: link, Name: "Olga"})
	if err != nil || got.Client != "" || got.Person != id {
		t.Fatalf("joined: %+v, %v", got, err)
	}
	return id
}

func TestTeam(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		n := portal.NewTeamMember{Name: "Olga", Email: "olga@olga.test", Role: "admin", Message: "Welcome aboard."}
		for _, who := range []portal.PersonID{w.Mia, w.Tom, w.Cleo, w.Rex} {
			_, err := w.As(who).InviteTeamMember(ctx, n)
			wants(t, "InviteTeamMember as "+string(who), err, portal.ErrForbidden)
			wants(t, "ChangeRole as "+string(who), w.As(who).ChangeRole(ctx, w.Tom, "admin"), portal.ErrForbidden)
			_, err = w.As(who).RemoveTeamMember(ctx, w.Tom)
			wants(t, "RemoveTeamMember as "+string(who), err, portal.ErrForbidden)
		}
		if all, err := w.As(w.Cleo).Team(ctx); err != nil || len(all) != 0 {
			t.Errorf("Cleo sees the team: %v, %v", all, err)
		}
		olga := must[portal.PersonID](t)(w.As(w.Ada).InviteTeamMember(ctx, n))
		recorded(t, w, portal.TeamMemberInvited)
		if m := mails(t, w); len(m) != 1 || m[0].Kind != "team_invitation" {
			t.Errorf("mails: %+v", m)
		}
		_, err := w.As(w.Ada).InviteTeamMember(ctx, n)
		refuses(t, "again", err, "email", "already_team")
		if _, err := w.As(olga).Workspace(ctx); err == nil {
			t.Error("Olga is in before she accepted")
		}
		link := must[string](t)(w.As(w.Ada).CopyTeamLink(ctx, olga))
		if err := w.As(w.Ada).ResendTeamInvitation(ctx, olga); err != nil {
			t.Fatal(err)
		}
		peek(t, w, link, "", portal.InvitationReplaced)
		link = must[string](t)(w.As(w.Ada).CopyTeamLink(ctx, olga))
		if i := peek(t, w, link, "", portal.InvitationValid); !i.ToTeam || i.Role != "admin" || i.Inviter != "Ada" || i.Message != "Welcome aboard." {
			t.Errorf("the invitation: %+v", i)
		}
		if _, err := w.Portal.AcceptInvitation(ctx, portal.Accept{Token: link, Name: "Olga"}); err != nil {
			t.Fatal(err)
		}
		recorded(t, w, portal.TeamMemberJoined)
		wants(t, "to one who is in", w.As(w.Ada).ResendTeamInvitation(ctx, olga), portal.ErrGone)

		// An admin leaves owners alone and makes none.
		wants(t, "an admin changes an owner", w.As(olga).ChangeRole(ctx, w.Ada, "manager"), portal.ErrForbidden)
		_, err = w.As(olga).RemoveTeamMember(ctx, w.Ada)
		wants(t, "an admin removes an owner", err, portal.ErrForbidden)
		wants(t, "an admin makes an owner", w.As(olga).ChangeRole(ctx, w.Tom, "owner"), portal.ErrForbidden)
		_, err = w.As(olga).InviteTeamMember(ctx, portal.NewTeamMember{Name: "P", Email: "p@p.test", Role: "owner"})
		wants(t, "an admin invites an owner", err, portal.ErrForbidden)

		w.Signals()
		if err := w.As(olga).ChangeRole(ctx, w.Mia, "contributor"); err != nil {
			t.Fatal(err)
		}
		if s := w.Signals(); !slices.ContainsFunc(s, func(s portal.Signal) bool { return s.Close && slices.Contains(s.Persons, w.Mia) }) {
			t.Errorf("Mia's streams stay: %+v", s)
		}
		wants(t, "T020, Mia at once", w.As(w.Mia).DisablePortal(ctx, w.Acme), portal.ErrForbidden)
		recorded(t, w, portal.TeamRoleChanged)

		token := signIn(t, w, w.Tom)
		if err := w.As(w.Mia).AssignTask(ctx, w.Items[w.Site][portal.Team].Task, w.Tom); err != nil {
			t.Fatal(err)
		}
		open, err := w.As(w.Ada).RemoveTeamMember(ctx, w.Tom)
		if err != nil || len(open.Tasks) != 1 {
			t.Errorf("what Tom leaves: %+v, %v", open, err)
		}
		if signedIn(t, w, token) {
			t.Error("Tom is still signed in")
		}
		if all, _, err := w.As(w.Tom).Clients(ctx, portal.ClientFilter{}, portal.Page{}); err != nil || len(all) != 0 {
			t.Errorf("Tom sees %v, %v", all, err)
		}
		recorded(t, w, portal.TeamMemberRemoved)
		_, err = w.As(w.Ada).RemoveTeamMember(ctx, w.Tom)
		wants(t, "removed twice", err, portal.ErrNotFound)

		// Back again, he is on nothing of what he was on.
		if _, err := w.As(w.Ada).InviteTeamMember(ctx, portal.NewTeamMember{Name: "Tom", Email: "tom@tom.test", Role: "contributor"}); err != nil {
			t.Fatal(err)
		}
		link = must[string](t)(w.As(w.Ada).CopyTeamLink(ctx, w.Tom))
		if _, err := w.Portal.AcceptInvitation(ctx, portal.Accept{Token: link, SignedIn: w.Tom}); err != nil {
			t.Fatal(err)
		}
		if all, _, err := w.As(w.Tom).Clients(ctx, portal.ClientFilter{}, portal.Page{}); err != nil || len(all) != 0 {
			t.Errorf("Tom, back, sees %v, %v", all, err)
		}
	})
}

// T025: an owner remains.
func TestLastOwner(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		refuses(t, "the last owner steps down", w.As(w.Ada).ChangeRole(ctx, w.Ada, "manager"), "role", "last_owner")
		_, err := w.As(w.Ada).RemoveTeamMember(ctx, w.Ada)
		refuses(t, "the last owner leaves", err, "role", "last_owner")
		second := join(t, w, "olga@olga.test", "owner")
		for range 10 {
			var wg sync.WaitGroup
			errs := make([]error, 2)
			wg.Go(func() { errs[0] = w.As(w.Ada).ChangeRole(ctx, second, "manager") })
			wg.Go(func() { errs[1] = w.As(second).ChangeRole(ctx, w.Ada, "manager") })
			wg.Wait()
			if (errs[0] == nil) == (errs[1] == nil) {
				t.Fatalf("two owners demote each other: %v, %v", errs[0], errs[1])
			}
			winner, loser := w.Ada, second
			if errs[1] == nil {
				winner, loser = second, w.Ada
			}
			if err := w.As(winner).ChangeRole(ctx, loser, "owner"); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestTeamProfile(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		for _, c := range []struct {
			who, of  portal.PersonID
			want     error
			email    bool
			projects int
		}{
			{w.Ada, w.Mia, nil, true, 5}, {w.Tom, w.Mia, nil, true, 1}, {w.Cleo, w.Mia, nil, false, 3}, {w.Dan, w.Mia, nil, false, 1},
			{w.Dan, w.Tom, portal.ErrNotFound, false, 0}, {w.Carl, w.Tom, portal.ErrNotFound, false, 0}, {w.Cleo, w.Ada, portal.ErrNotFound, false, 0},
			{w.Cleo, w.Carl, portal.ErrNotFound, false, 0}, {w.Rex, w.Mia, portal.ErrNotFound, false, 0}, {"", w.Mia, portal.ErrNotFound, false, 0},
		} {
			p, err := w.As(c.who).TeamProfile(ctx, c.of)
			wants(t, "the profile", err, c.want)
			if (p.Email != "") != c.email || len(p.Projects) != c.projects {
				t.Errorf("%s sees of %s: %+v", c.who, c.of, p)
			}
		}
	})
}

// Grants are made for all, or for one, at the same time: afterwards they are
// what they are due to be, which Run asks.
func TestGrantsUnderConcurrency(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		var people []portal.PersonID
		for _, email := range []string{"a@team.test", "b@team.test", "c@team.test", "d@team.test"} {
			id := join(t, w, email, "manager")
			if err := w.As(w.Ada).PutOnClient(ctx, w.Acme, id); err != nil {
				t.Fatal(err)
			}
			people = append(people, id)
		}
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				for n := range 6 {
					if _, err := w.As(w.Ada).CreateProject(ctx, w.Acme, portal.NewProject{Name: string(rune('a'+i)) + string(rune('a'+n))}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Go(func() {
			for i, id := range people {
				var err error
				if i%2 == 0 {
					_, err = w.As(w.Ada).RemoveTeamMember(ctx, id)
				} else {
					err = w.As(w.Ada).ChangeRole(ctx, id, "admin")
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
		wg.Wait()
	})
}
