package portal_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// Once somebody is back, what their deputy has not decided is theirs again, whoever
// has it by then; what they handed on themselves is not.
func TestDeputyEnds(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		decides(t, w)
		write(t, w, `UPDATE client_users SET rights = rights | 32, all_projects = 1 WHERE id = $1`, string(w.DanUser))
		w.Regrant()
		cleo, bea := w.As(w.Cleo), w.As(w.Bea)
		_, versions := banners(t, w, 3)
		one := func(i int) portal.Approval { return toApprove(t, w, portal.NewApproval{Versions: versions[i : i+1]}) }
		a, b, own := one(0), one(1), one(2)
		follow := func() {
			t.Helper()
			if err := w.Portal.FollowApprovals(ctx, time.Time{}); err != nil {
				t.Fatal(err)
			}
		}
		has := func(what string, id portal.ApprovalID, who portal.PersonID) {
			t.Helper()
			for person, x := range asked(t, w, w.Tom, id) {
				if x.Awaited() != (person == who) {
					t.Errorf("%s: %s is asked: %+v", what, person, x)
				}
				if person == w.Cleo && who == w.Cleo && x.For != "" {
					t.Errorf("%s: Cleo decides for %s", what, x.For)
				}
			}
		}
		forms := 0
		name := func(from, to string, who portal.PersonID) {
			t.Helper()
			forms++ // of which each is sent once, however many decisions it hands on
			sent := portal.WithRequest(ctx, portal.Request{Key: fmt.Sprint("form ", forms)})
			if err := cleo.NameDeputy(sent, portal.Deputy{Client: w.Acme, Deputy: who, From: from, To: to}); err != nil {
				t.Fatal(err)
			}
		}
		if err := cleo.Delegate(ctx, own.ID, w.Bea); err != nil {
			t.Fatal(err)
		}
		before := answerToken(t, w, a.ID, w.Cleo)
		leads(t, w, "before she is away", before, portal.AnswerAwaited)
		if err := cleo.MarkSeen(ctx, portal.ItemID(a.ID)); err != nil {
			t.Fatal(err)
		}
		name("2026-03-11", "2026-03-12", w.Bea)
		has("away", a.ID, w.Bea)
		stands(t, w, a.ID, portal.ApprovalOpen)
		leads(t, w, "her deputy's", answerToken(t, w, a.ID, w.Bea), portal.AnswerAwaited)
		l := leads(t, w, "while she is away", before, portal.AnswerElsewhere)
		if l.Mine().GivenTo != "Bea" {
			t.Errorf("the link says of whom is asked: %+v", l.Mine())
		}
		wants(t, "an answer with it", l.Decide(ctx, mailed(a)), portal.ErrConflict)
		if err := bea.Decide(ctx, b.ID, yes(b)); err != nil {
			t.Fatal(err)
		}
		if err := bea.Delegate(ctx, a.ID, w.Dan); err != nil { // who decides for Cleo then
			t.Fatal(err)
		}
		has("handed on by the deputy", a.ID, w.Dan)

		// The days are over.
		w.Clock.Advance(2 * 24 * time.Hour)
		follow()
		follow()
		has("back", a.ID, w.Cleo)
		has("her own doing", own.ID, w.Bea)
		stands(t, w, a.ID, portal.ApprovalSeen)
		stands(t, w, b.ID, portal.ApprovalGranted)
		recorded(t, w, portal.ApprovalCameBack)
		if tellPeople(t, w); !slices.Contains(noticesOf(t, w, w.Cleo), "approval_came_back "+string(a.ID)) {
			t.Errorf("Cleo is told %v", noticesOf(t, w, w.Cleo))
		}
		if got := mailsAbout(t, w, string(a.ID)); got != "approval Cleo, approval Bea, approval Dan, approval Cleo" {
			t.Errorf("mails: %s", got)
		}
		leads(t, w, "back", answerToken(t, w, a.ID, w.Cleo), portal.AnswerAwaited)
		leads(t, w, "the first one, back", before, portal.AnswerAwaited)
		leads(t, w, "the deputy's, afterwards", answerToken(t, w, a.ID, w.Bea), portal.AnswerElsewhere)
		leads(t, w, "the one after that", answerToken(t, w, a.ID, w.Dan), portal.AnswerElsewhere)

		// Another is named, and then nobody: she takes it back and needs no mail.
		name("2026-03-13", "2026-03-20", w.Bea)
		has("Bea's again", a.ID, w.Bea)
		name("2026-03-13", "2026-03-20", w.Dan)
		has("Dan's", a.ID, w.Dan)
		name("2026-03-16", "2026-03-20", w.Dan)
		has("not yet", a.ID, w.Cleo)
		name("2026-03-13", "2026-03-20", w.Dan)
		n := len(mails(t, w))
		if err := cleo.EndDeputy(ctx, w.Acme); err != nil {
			t.Fatal(err)
		}
		has("taken back", a.ID, w.Cleo)
		recorded(t, w, portal.DeputyNamed)
		recorded(t, w, portal.ApprovalCameBack)
		if got := len(mails(t, w)); got != n {
			t.Errorf("%d mails when she takes it back", got-n)
		}
		// To whom cannot decide any more nothing comes back; to who can again it does.
		name("2026-03-13", "2026-03-20", w.Bea)
		w.Clock.Advance(10 * 24 * time.Hour)
		write(t, w, `UPDATE client_users SET rights = rights & ~32 WHERE id = $1`, string(w.CleoUser))
		w.Regrant()
		follow()
		has("without the right", a.ID, w.Bea)
		write(t, w, `UPDATE client_users SET rights = rights | 32 WHERE id = $1`, string(w.CleoUser))
		w.Regrant()
		follow()
		has("with the right", a.ID, w.Cleo)
		if err := cleo.Decide(ctx, a.ID, yes(a)); err != nil {
			t.Fatal(err)
		}
		if d := must[[]portal.ApprovalDecision](t)(cleo.ApprovalDecisions(ctx, a.ID)); len(d) != 1 || d[0].For != "" {
			t.Errorf("the record: %+v", d)
		}
	})
}

// What a deputy has not decided who cannot any more is theirs again for whom it was, even
// while they are away; a deputy who was removed is none.
func TestDeputyLeaves(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		decides(t, w)
		cleo, mia := w.As(w.Cleo), w.As(w.Mia)
		_, versions := banners(t, w, 1)
		a := toApprove(t, w, portal.NewApproval{Versions: versions})
		if err := cleo.NameDeputy(ctx, portal.Deputy{Client: w.Acme, Deputy: w.Bea, From: "2026-03-11", To: "2026-03-20"}); err != nil {
			t.Fatal(err)
		}
		token := answerToken(t, w, a.ID, w.Bea)
		has := func(what string, who portal.PersonID) {
			t.Helper()
			if err := w.Portal.FollowApprovals(ctx, time.Time{}); err != nil {
				t.Fatal(err)
			}
			for person, x := range asked(t, w, w.Tom, a.ID) {
				if x.Awaited() != (person == who) {
					t.Errorf("%s: %s is asked: %+v", what, person, x)
				}
			}
		}
		has("her deputy's", w.Bea)
		if err := mia.Suspend(ctx, w.BeaAtAcme); err != nil {
			t.Fatal(err)
		}
		has("of a deputy who is suspended", w.Cleo)
		stands(t, w, a.ID, portal.ApprovalOpen)
		if err := mia.Resume(ctx, w.BeaAtAcme); err != nil {
			t.Fatal(err)
		}
		has("of a deputy who is back", w.Bea)
		leads(t, w, "her deputy's next mail", answerToken(t, w, a.ID, w.Bea), portal.AnswerAwaited)
		if _, err := mia.Remove(ctx, w.BeaAtAcme); err != nil {
			t.Fatal(err)
		}
		has("of a deputy who was removed", w.Cleo)
		leads(t, w, "the mail of who was removed", token, "")
		recorded(t, w, portal.ApprovalCameBack)
		if d := must[[]portal.Deputy](t)(cleo.Deputies(ctx)); len(d) != 0 {
			t.Errorf("who was removed is still named: %+v", d)
		}
		if err := cleo.Decide(ctx, a.ID, yes(a)); err != nil {
			t.Fatal(err)
		}
	})
}
