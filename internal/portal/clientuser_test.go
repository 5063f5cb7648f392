package portal_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// T019: from the moment a removal returns, nothing is left.
func TestSuspendResumeRemove(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		remove := func(s *portal.Scope, id portal.ClientUserID) error { _, err := s.Remove(ctx, id); return err }
		for who, want := range map[portal.PersonID]error{
			w.Tom: portal.ErrForbidden, w.Cleo: portal.ErrForbidden, w.Carl: portal.ErrNotFound, w.Rex: portal.ErrNotFound, "": portal.ErrSignedOut,
		} {
			wants(t, "Suspend as "+string(who), w.As(who).Suspend(ctx, w.DanUser), want)
			wants(t, "Resume as "+string(who), w.As(who).Resume(ctx, w.DanUser), want)
			wants(t, "Remove as "+string(who), remove(w.As(who), w.DanUser), want)
			wants(t, "ChangeEmail as "+string(who), w.As(who).ChangeEmail(ctx, w.UmaUser, "u@u.test"), func() error {
				if who == w.Cleo { // who sees Uma, and may not
					return portal.ErrForbidden
				}
				return want
			}())
		}
		dan, bea := signIn(t, w, w.Dan), signIn(t, w, w.Bea)
		w.Signals()
		for id, who := range map[portal.ClientUserID]portal.PersonID{w.DanUser: w.Dan, w.BeaAtAcme: w.Bea} {
			if err := w.As(w.Mia).Suspend(ctx, id); err != nil {
				t.Fatal(err)
			}
			_, err := w.As(who).Client(ctx, w.Acme)
			wants(t, "Acme, suspended", err, portal.ErrNotFound)
			if s := w.Signals(); len(s) == 0 || !slices.ContainsFunc(s, func(s portal.Signal) bool { return s.Close && slices.Contains(s.Persons, who) }) {
				t.Errorf("the streams of %s stay: %+v", who, s)
			}
		}
		if signedIn(t, w, dan) || !signedIn(t, w, bea) {
			t.Error("Dan should be signed out, Bea, who has Brick, should not")
		}
		recorded(t, w, portal.UserSuspended)
		if err := w.As(w.Mia).Resume(ctx, w.DanUser); err != nil {
			t.Fatal(err)
		}
		if c, err := w.As(w.Dan).Client(ctx, w.Acme); err != nil || c.Projects != 1 {
			t.Errorf("Dan, resumed: %+v, %v", c, err)
		}
		recorded(t, w, portal.UserResumed)

		if _, err := w.As(w.Mia).Resend(ctx, w.UmaUser); err != nil {
			t.Fatal(err)
		}
		task := w.Items[w.Site][portal.ClientSide].Task
		if err := w.As(w.Mia).AssignTask(ctx, task, w.Cleo); err != nil {
			t.Fatal(err)
		}
		cleo := signIn(t, w, w.Cleo)
		open, err := w.As(w.Mia).Remove(ctx, w.CleoUser)
		if err != nil || len(open.Tasks) != 1 || open.Tasks[0].Task != task {
			t.Errorf("what Cleo leaves: %+v, %v", open, err)
		}
		if signedIn(t, w, cleo) {
			t.Error("Cleo is still signed in")
		}
		_, err = w.As(w.Cleo).Client(ctx, w.Acme)
		wants(t, "Acme, removed", err, portal.ErrNotFound)
		wants(t, "removed twice", remove(w.As(w.Mia), w.CleoUser), portal.ErrGone)
		recorded(t, w, portal.UserRemoved)
		if err := remove(w.As(w.Mia), w.UmaUser); err != nil {
			t.Fatal(err)
		}
		if u, err := w.As(w.Mia).ClientUser(ctx, w.UmaUser); err != nil || u.State != portal.MemberRemoved || u.Invitation != "" {
			t.Errorf("Uma, removed: %+v, %v", u, err)
		}
		for who, want := range map[portal.PersonID]int{w.Mia: 5, w.Dan: 1, w.Carl: 0, w.Rex: 0} {
			if all, err := w.As(who).ClientUsers(ctx, w.Acme); err != nil || len(all) != want {
				t.Errorf("%s sees %d people of Acme (%v), want %d", who, len(all), err, want)
			} else if who == w.Dan && (all[0].Email != "" || all[0].Rights != 0 || all[0].InvitedBy != "" || !all[0].LastSeen.IsZero()) {
				t.Errorf("Dan is told %+v", all[0])
			}
		}
	})
}

func TestChangeEmail(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		refuses(t, "of one who accepted", w.As(w.Mia).ChangeEmail(ctx, w.DanUser, "d@d.test"), "email", "email_theirs")
		id, old := invite(t, w, "nai@nia.test")
		refuses(t, "no address", w.As(w.Mia).ChangeEmail(ctx, id, "nia"), "email", "email")
		refuses(t, "somebody who is in", w.As(w.Mia).ChangeEmail(ctx, id, "cleo@cleo.test"), "email", "already_added")
		if err := w.As(w.Mia).ChangeEmail(ctx, id, "nia@nia.test"); err != nil {
			t.Fatal(err)
		}
		peek(t, w, old, "", portal.InvitationReplaced)
		recorded(t, w, portal.UserReaddressed)
		if m := mails(t, w)[0]; m.Address != "nia@nia.test" || m.Kind != "invitation" {
			t.Errorf("the newest mail: %+v", m)
		}
		link := must[string](t)(w.As(w.Mia).CopyLink(ctx, id))
		got, err := w.Portal.AcceptInvitation(ctx, portal.Accept{Token: link, Name: "Nia"})
		if err != nil {
			t.Fatal(err)
		}
		if p, err := w.Accounts.Person(ctx, got.Person); err != nil || p.Email != "nia@nia.test" {
			t.Errorf("who accepted: %+v, %v", p, err)
		}
		// A suspended one keeps no link at the old address either.
		id, old = invite(t, w, "aod@oda.test")
		if err := w.As(w.Mia).Suspend(ctx, id); err != nil {
			t.Fatal(err)
		}
		if err := w.As(w.Mia).ChangeEmail(ctx, id, "oda@oda.test"); err != nil {
			t.Fatal(err)
		}
		if err := w.As(w.Mia).Resume(ctx, id); err != nil {
			t.Fatal(err)
		}
		peek(t, w, old, "", portal.InvitationReplaced)
	})
}

// T187: what a person does in a loop stops with their removal.
func TestRemoveWhileTheyWork(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		var n atomic.Int32
		workUntil(t, func() error {
			_, err := w.As(w.Cleo).InviteColleague(ctx, w.Acme, portal.NewClientUser{Email: fmt.Sprintf("a%d@loop.test", n.Add(1)), Rights: portal.View})
			return err
		}, func() error {
			_, err := w.As(w.Mia).Remove(ctx, w.CleoUser)
			return err
		})
		var after int
		if err := w.DB.QueryRow(ctx, `
SELECT COUNT(*) FROM events e JOIN events r ON r.chain = e.chain AND r.kind = 'user_removed' AND r.subject = $1
 WHERE e.actor = $2 AND e.seq > r.seq`, string(w.CleoUser), string(w.Cleo)).Scan(&after); err != nil || after != 0 {
			t.Errorf("%d events by Cleo come after her removal, %v", after, err)
		}
		workUntil(t, func() error {
			if n.Add(1)%2 == 0 {
				return w.As(w.Mia).Suspend(ctx, w.DanUser)
			}
			return w.As(w.Mia).Resume(ctx, w.DanUser)
		}, func() error {
			_, err := w.As(w.Ada).RemoveTeamMember(ctx, w.Mia)
			return err
		})
	})
}

// workUntil does the work again and again, several at once, and fails when
// any of it that began after the end is taken.
func workUntil(t *testing.T, work, end func() error) {
	t.Helper()
	var over atomic.Bool
	var done, late atomic.Int32
	var wg sync.WaitGroup
	warm, stop := make(chan struct{}), make(chan struct{})
	for range 3 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				after := over.Load()
				if err := work(); err != nil {
					continue
				}
				if after {
					late.Add(1)
				}
				if done.Add(1) == 4 {
					close(warm)
				}
			}
		})
	}
	<-warm
	if err := end(); err != nil {
		t.Error(err)
	}
	over.Store(true)
	time.Sleep(50 * time.Millisecond)
	close(stop)
	wg.Wait()
	if n := late.Load(); n != 0 {
		t.Errorf("%d changes were taken after the removal", n)
	}
}

func TestViewAs(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		for who, want := range map[portal.PersonID]error{
			w.Tom: portal.ErrForbidden, w.Cleo: portal.ErrForbidden, w.Carl: portal.ErrNotFound, w.Rex: portal.ErrNotFound, "": portal.ErrSignedOut,
		} {
			_, err := w.As(who).ViewAs(ctx, w.DanUser)
			wants(t, "ViewAs as "+string(who), err, want)
			_, _, err = w.Portal.ViewActor(ctx, who, w.DanUser)
			wants(t, "ViewActor of "+string(who), err, portal.ErrNotFound)
		}
		if _, err := w.As(w.Mia).ViewAs(ctx, w.BeaAtAcme); err != nil {
			t.Fatal(err)
		}
		recorded(t, w, portal.ViewedAs)
		a, v, err := w.Portal.ViewActor(ctx, w.Mia, w.BeaAtAcme)
		if err != nil || v.Name != "Bea" || v.ClientName != "Acme" {
			t.Fatalf("viewed: %+v, %v", v, err)
		}
		view := w.Portal.As(a)
		if all, _, err := view.Clients(ctx, portal.ClientFilter{}, portal.Page{}); err != nil || len(all) != 1 || all[0].ID != w.Acme || all[0].Team() {
			t.Errorf("Bea's view of Acme shows the clients %+v, %v", all, err)
		}
		if !view.ReadOnly() {
			t.Error("the view may write")
		}
		_, err = view.InviteColleague(ctx, w.Acme, portal.NewClientUser{Email: "x@x.test"})
		wants(t, "a change through the view", err, portal.ErrForbidden)

		// While it is off, the team can still look at what they would see.
		if err := w.As(w.Mia).DisablePortal(ctx, w.Acme); err != nil {
			t.Fatal(err)
		}
		if c, err := view.Client(ctx, w.Acme); err != nil || c.Projects != 2 {
			t.Errorf("the view while it is off: %+v, %v", c, err)
		}
		if err := w.As(w.Ada).TakeOffClient(ctx, w.Acme, w.Mia); err != nil {
			t.Fatal(err)
		}
		_, _, err = w.Portal.ViewActor(ctx, w.Mia, w.BeaAtAcme)
		wants(t, "after Mia was taken off", err, portal.ErrNotFound)
		if _, err := w.As(w.Ada).Remove(ctx, w.BeaAtAcme); err != nil {
			t.Fatal(err)
		}
		_, _, err = w.Portal.ViewActor(ctx, w.Ada, w.BeaAtAcme)
		wants(t, "after Bea was removed", err, portal.ErrNotFound)
	})
}

func TestVisible(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		for who, want := range map[portal.PersonID]error{w.Tom: portal.ErrForbidden, w.Cleo: portal.ErrForbidden, w.Carl: portal.ErrNotFound, "": portal.ErrNotFound} {
			_, _, err := w.As(who).Visible(ctx, w.DanUser, portal.Page{})
			wants(t, "Visible as "+string(who), err, want)
		}
		var all []portal.VisibleItem
		pg := portal.Page{Limit: 2}
		for {
			items, next, err := w.As(w.Mia).Visible(ctx, w.DanUser, pg)
			if err != nil {
				t.Fatal(err)
			}
			if all = append(all, items...); next == "" {
				break
			}
			pg.After = next
		}
		got := map[string]int{}
		for _, v := range all {
			got[v.Kind]++
			if v.Project != w.Brand || v.Since.IsZero() {
				t.Errorf("Dan sees %+v", v)
			}
			if v.Kind == "project" && v.ShownBy != "Mia" {
				t.Errorf("Brand was shared by %q", v.ShownBy)
			}
		}
		for _, k := range []string{"project", "milestone", "task", "deliverable", "update"} {
			if got[k] != 1 {
				t.Errorf("Dan sees %d of kind %s", got[k], k)
			}
		}
		if items, _, err := w.As(w.Mia).Visible(ctx, w.RexUser, portal.Page{}); err != nil || len(items) != 0 {
			t.Errorf("Rex sees %v, %v", items, err)
		}
	})
}
