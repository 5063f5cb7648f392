package portal_test

import (
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// Of two approvals of one thing one is asked: what the team has asked again, be it in
// a stage that the client does not know of, is not asked once more by taking back.
func TestUndoOfWhatIsAskedAgain(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		_, versions := banners(t, w, 1)
		for _, n := range []portal.NewApproval{{Stages: []portal.NewStage{{Of: portal.Team, People: []portal.PersonID{w.Mia}}, {People: []portal.PersonID{w.Cleo}}}}, {Draft: true}} {
			a := toApprove(t, w, portal.NewApproval{Versions: versions})
			if err := w.As(w.Cleo).Decide(ctx, a.ID, portal.ApprovalAnswer{Answer: portal.AnswerChanges, Note: "Larger", Content: a.Content}); err != nil {
				t.Fatal(err)
			}
			if until := must[time.Time](t)(w.As(w.Cleo).MayUndo(ctx, must[portal.Approval](t)(w.As(w.Cleo).Approval(ctx, a.ID)))); until.IsZero() {
				t.Error("it cannot be taken back")
			}
			n.Versions, n.Previous = versions, a.ID
			b := toApprove(t, w, n)
			if until := must[time.Time](t)(w.As(w.Cleo).MayUndo(ctx, must[portal.Approval](t)(w.As(w.Cleo).Approval(ctx, a.ID)))); !until.IsZero() {
				t.Error("it may be taken back once it is asked again")
			}
			wants(t, "Undo of what is asked again", w.As(w.Cleo).Undo(ctx, a.ID), portal.ErrConflict)
			stands(t, w, a.ID, portal.ApprovalReturn)
			if err := w.As(w.Tom).CancelApproval(ctx, b.ID); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// What was asked again and cancelled keeps nobody from taking back: then it is as it
// was before the answer, and of all that asks about it one is asked.
func TestUndoOnceAskingAgainWasCancelled(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		tom, cleo := w.As(w.Tom), w.As(w.Cleo)
		_, versions := banners(t, w, 1)
		d := must[portal.DeliverableID](t)(tom.AddDeliverable(ctx, w.Site, portal.NewDeliverable{Title: "Banner", Body: "For the window", Audience: portal.ClientSide}))
		returned := func(n portal.NewApproval) portal.Approval {
			t.Helper()
			a := toApprove(t, w, n)
			if err := cleo.Decide(ctx, a.ID, portal.ApprovalAnswer{Answer: portal.AnswerChanges, Note: "Larger", Content: a.Content}); err != nil {
				t.Fatal(err)
			}
			return a
		}
		cancelled := func(n portal.NewApproval) portal.Approval {
			t.Helper()
			b := toApprove(t, w, n)
			if err := tom.CancelApproval(ctx, b.ID); err != nil {
				t.Fatal(err)
			}
			return b
		}
		asked := func(ids ...portal.ApprovalID) (n int) {
			t.Helper()
			for _, id := range ids {
				if id != "" && must[portal.Approval](t)(tom.Approval(ctx, id)).Asking {
					n++
				}
			}
			return n
		}

		a := returned(portal.NewApproval{Deliverable: d})
		b := cancelled(portal.NewApproval{Deliverable: d, Previous: a.ID})
		c := toApprove(t, w, portal.NewApproval{Deliverable: d, Previous: b.ID})
		wants(t, "Undo of what was asked again after what was cancelled", cleo.Undo(ctx, a.ID), portal.ErrConflict)
		if err := tom.CancelApproval(ctx, c.ID); err != nil {
			t.Fatal(err)
		}
		if until := must[time.Time](t)(cleo.MayUndo(ctx, must[portal.Approval](t)(cleo.Approval(ctx, a.ID)))); until.IsZero() {
			t.Error("it cannot be taken back")
		}
		if err := cleo.Undo(ctx, a.ID); err != nil {
			t.Fatal(err)
		}
		if x := stands(t, w, a.ID, portal.ApprovalSeen); !x.Asking || x.Lane != portal.LaneClient || x.Turn != portal.ClientSide || x.Next != "" {
			t.Errorf("asked as before: %+v", x)
		}
		if x := must[portal.Deliverable](t)(tom.Deliverable(ctx, d)); x.State != portal.StateInReview || x.Round != a.Round || x.Turn != portal.ClientSide {
			t.Errorf("the deliverable: %+v", x)
		}
		if all := must[[]portal.Revision](t)(tom.ApprovalRevisions(ctx, a.ID)); len(all) != 1 || !all[0].Withdrawn {
			t.Errorf("what was to change: %+v", all)
		}

		// Asking again after what was cancelled ends what is asked as before.
		c = toApprove(t, w, portal.NewApproval{Deliverable: d, Previous: c.ID})
		stands(t, w, a.ID, portal.ApprovalOutdated)
		if n := asked(a.ID, b.ID, c.ID); n != 1 {
			t.Errorf("%d are asked", n)
		}
		if x := must[portal.Deliverable](t)(tom.Deliverable(ctx, d)); x.State != portal.StateInReview || x.Round != a.Round {
			t.Errorf("the deliverable, asked about again: %+v", x)
		}
		if err := cleo.Decide(ctx, c.ID, yes(c)); err != nil {
			t.Fatal(err)
		}
		if x := must[portal.Deliverable](t)(tom.Deliverable(ctx, d)); x.State != portal.StateApproved {
			t.Errorf("the deliverable, approved: %+v", x)
		}

		// At the same instant one of them wins, whichever is asked again.
		for i := range 6 {
			a := returned(portal.NewApproval{Versions: versions})
			n := portal.NewApproval{Versions: versions, Previous: cancelled(portal.NewApproval{Versions: versions, Previous: a.ID}).ID, Title: "Once more", Stages: []portal.NewStage{{People: []portal.PersonID{w.Cleo}}}}
			if i%2 == 0 {
				n.Previous = a.ID
			}
			var again portal.ApprovalID
			var undone, asking error
			var wg sync.WaitGroup
			wg.Go(func() { undone = cleo.Undo(ctx, a.ID) })
			wg.Go(func() { again, asking = tom.AskApproval(ctx, w.Site, n) })
			wg.Wait()
			if n := asked(a.ID, again); n != 1 || undone != nil && undone != portal.ErrConflict || asking != nil {
				t.Errorf("%d are asked: undone %v, asked again %v", n, undone, asking)
			}
			if err := tom.CancelApproval(ctx, again); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// Everybody takes their own answer back while their stage is asked, whoever has
// answered or advised since; and it waits on as it did.
func TestUndoOfOnesOwn(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		decides(t, w)
		_, versions := banners(t, w, 1)
		cleo, bea, mia := w.As(w.Cleo), w.As(w.Bea), w.As(w.Mia)
		a := toApprove(t, w, portal.NewApproval{Versions: versions, Stages: []portal.NewStage{{Rule: portal.RuleEveryone, People: []portal.PersonID{w.Cleo, w.Bea}, Advisers: []portal.PersonID{w.Mia, w.Ada}}}})
		w.Clock.Advance(time.Minute)
		answer := func(me *portal.Scope) {
			t.Helper()
			w.Clock.Advance(time.Second)
			if err := me.Decide(ctx, a.ID, yes(a)); err != nil {
				t.Fatal(err)
			}
		}
		undo := func(me *portal.Scope) {
			t.Helper()
			b := must[portal.Approval](t)(me.Approval(ctx, a.ID))
			if until := must[time.Time](t)(me.MayUndo(ctx, b)); until.IsZero() {
				t.Error("their own cannot be taken back")
			}
			if err := me.Undo(ctx, a.ID); err != nil {
				t.Fatal(err)
			}
		}
		// The adviser's: nobody who decides has looked, and it waits since it was asked.
		answer(mia)
		undo(mia)
		if b := stands(t, w, a.ID, portal.ApprovalOpen); !b.TurnSince.Equal(a.TurnSince) || b.StateBy != "Tom" || b.Lane != portal.LaneClient {
			t.Errorf("once advice was taken back: %+v", b)
		}
		answer(bea)
		answer(mia)
		answer(w.As(w.Ada))
		undo(bea)
		wants(t, "Undo once more", bea.Undo(ctx, a.ID), portal.ErrForbidden)
		answer(cleo)
		stands(t, w, a.ID, portal.ApprovalOpen)
		answer(bea)
		stands(t, w, a.ID, portal.ApprovalGranted)
		wants(t, "Undo of what another answer rests on", cleo.Undo(ctx, a.ID), portal.ErrConflict)
		undo(bea)
		if b := stands(t, w, a.ID, portal.ApprovalSeen); !b.TurnSince.Equal(w.Clock.Now()) || b.StateBy != "Bea" || b.Turn != portal.ClientSide {
			t.Errorf("asked again: %+v", b)
		}
		undo(cleo)

		// Nobody can answer, and the team knows: advice that is taken back does not hide it.
		write(t, w, `UPDATE client_users SET rights = rights & ~32 WHERE id IN ($1, $2)`, string(w.BeaAtAcme), string(w.CleoUser))
		w.Regrant()
		if err := w.Portal.FollowApprovals(ctx, time.Time{}); err != nil {
			t.Fatal(err)
		}
		undo(mia)
		if b := stands(t, w, a.ID, portal.ApprovalSeen); !b.Stranded || b.Lane != portal.LaneTeam || b.Turn != portal.Team {
			t.Errorf("stranded: %+v", b)
		}
		w.Clock.Advance(10 * time.Minute)
		wants(t, "Undo too late", w.As(w.Ada).Undo(ctx, a.ID), portal.ErrConflict)
	})
}

// Where the client is told no dates, they are reminded all the same, whoever opens
// their stage or takes an answer back.
func TestRemindersWithoutDates(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		decides(t, w)
		write(t, w, `UPDATE projects SET sections_set = sections_set | 2048, sections = sections & ~2048 WHERE id = $1`, string(w.Site))
		w.Regrant()
		_, versions := banners(t, w, 1)
		a := toApprove(t, w, portal.NewApproval{Versions: versions, DueOn: "2026-03-20", Stages: []portal.NewStage{{People: []portal.PersonID{w.Cleo}}, {People: []portal.PersonID{w.Bea}}}})
		if b := must[portal.Approval](t)(w.As(w.Cleo).Approval(ctx, a.ID)); b.DueOn != "" {
			t.Fatalf("Cleo is told that it is due on %s", b.DueOn)
		}
		reminded := func(when string) {
			t.Helper()
			if b := must[portal.Approval](t)(w.As(w.Tom).Approval(ctx, a.ID)); !b.RemindAt.Equal(a.RemindAt) || b.RemindAt.IsZero() {
				t.Errorf("%s it is reminded of at %v, not %v", when, b.RemindAt, a.RemindAt)
			}
		}
		if err := w.As(w.Cleo).Decide(ctx, a.ID, yes(a)); err != nil {
			t.Fatal(err)
		}
		reminded("once the next are asked")
		if err := w.As(w.Bea).Decide(ctx, a.ID, yes(a)); err != nil {
			t.Fatal(err)
		}
		if err := w.As(w.Bea).Undo(ctx, a.ID); err != nil {
			t.Fatal(err)
		}
		reminded("once it was taken back")
	})
}

// The record of an answer, and of taking it back, says which program they came from.
func TestAnswersSayFromWhat(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		_, versions := banners(t, w, 1)
		a := toApprove(t, w, portal.NewApproval{Versions: versions})
		ctx := account.With(account.From(ctx, netip.MustParseAddr("203.0.113.9")), "curl/8")
		if err := w.As(w.Cleo).Decide(ctx, a.ID, yes(a)); err != nil {
			t.Fatal(err)
		}
		if err := w.As(w.Cleo).Undo(ctx, a.ID); err != nil {
			t.Fatal(err)
		}
		for _, d := range must[[]portal.ApprovalDecision](t)(w.As(w.Tom).ApprovalDecisions(ctx, a.ID)) {
			if d.Agent != "curl/8" || d.Address != "203.0.113.9" {
				t.Errorf("%s came from %q at %q", d.Answer, d.Agent, d.Address)
			}
		}
	})
}

// After its day nobody answers, whenever it is ended; and there is time to answer
// what is asked.
func TestNobodyAnswersAfterTheDay(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		_, versions := banners(t, w, 2)
		cleo, tom := w.As(w.Cleo), w.As(w.Tom)
		today := w.Clock.Now().Format(time.DateOnly)
		yesterday, tomorrow := w.Clock.Now().AddDate(0, 0, -1).Format(time.DateOnly), w.Clock.Now().AddDate(0, 0, 1).Format(time.DateOnly)
		ask := func(n portal.NewApproval) error {
			n.Title, n.Versions, n.Stages = "Banners", versions[:1], []portal.NewStage{{People: []portal.PersonID{w.Cleo}}}
			_, err := tom.AskApproval(ctx, w.Site, n)
			return err
		}
		refuses(t, "a day that is over", ask(portal.NewApproval{ExpiresOn: yesterday}), "expires_on", "day_over")
		refuses(t, "before it is due", ask(portal.NewApproval{ExpiresOn: today, DueOn: tomorrow}), "expires_on", "before_due")
		refuses(t, "before it is due in working days", ask(portal.NewApproval{ExpiresOn: today, DueIn: 3}), "expires_on", "before_due")
		a := toApprove(t, w, portal.NewApproval{Versions: versions[:1], ExpiresOn: today})
		file, hidden := bring(t, w, w.Tom, portal.NewUpload{Project: w.Site, Name: "later.png"})
		held := toApprove(t, w, portal.NewApproval{Title: "Later", Versions: []portal.VersionID{hidden}, ExpiresOn: today, Stages: []portal.NewStage{{Of: portal.Team, People: []portal.PersonID{w.Mia}}, {People: []portal.PersonID{w.Cleo}}}})
		if err := w.As(w.Mia).Decide(ctx, held.ID, yes(held)); err != nil {
			t.Fatal(err)
		}
		if err := tom.Reveal(ctx, portal.ItemID(file), false); err != nil {
			t.Fatal(err)
		}
		late := toApprove(t, w, portal.NewApproval{Versions: versions[1:], ExpiresOn: today})
		token := answerToken(t, w, a.ID, w.Cleo)
		east := must[*time.Location](t)(time.LoadLocation("Pacific/Kiritimati"))
		if w.Clock.Now().In(east).Format(time.DateOnly) != tomorrow {
			t.Fatal("it is the same day everywhere")
		}
		waited := false
		answers := func(when string, want bool) {
			t.Helper()
			is, awaited := must[portal.Approval](t)(cleo.Approval(ctx, a.ID)), must[[]portal.Approval](t)(cleo.AwaitedApprovals(ctx, "", 0))
			if is.MayDecide() != want || slices.ContainsFunc(awaited, func(x portal.Approval) bool { return x.ID == a.ID }) != want {
				t.Errorf("%s it is answered: %t, and awaited: %+v", when, is.MayDecide(), awaited)
			}
			needs := must[[]portal.Need](t)(cleo.Needs(ctx, "", 0))
			if slices.ContainsFunc(needs, func(x portal.Need) bool { return string(x.Item) == string(a.ID) }) != want {
				t.Errorf("%s home names %+v", when, needs)
			}
			if n := must[int](t)(cleo.CountNeeds(ctx, w.Acme)); n != len(needs) {
				t.Errorf("%s %d are counted of %d", when, n, len(needs))
			}
			if first := must[[]portal.Need](t)(cleo.Needs(ctx, w.Acme, 1)); len(first) != min(1, len(needs)) || len(first) > 0 && first[0].Item != needs[0].Item {
				t.Errorf("%s the first of %+v are %+v", when, needs, first)
			}
			desk := must[portal.Desk](t)(tom.Today(ctx, w.Clock.Now().Format(time.DateOnly), false))
			if slices.ContainsFunc(desk.Waiting, func(x portal.Need) bool { return string(x.Item) == string(a.ID) }) != (want && waited) {
				t.Errorf("%s Today says that the client has been waited for: %+v", when, desk.Waiting)
			}
			for _, who := range []portal.PersonID{w.Cleo, w.Tom} {
				if is := must[portal.Approval](t)(w.As(who).Approval(ctx, a.ID)); (is.Turn == portal.ClientSide) != want {
					t.Errorf("%s it is the turn of %q for %s", when, is.Turn, who)
				}
			}
			state, link := portal.ApprovalOpen, portal.AnswerAwaited
			if !want {
				state, link = portal.ApprovalLapsed, portal.AnswerOver
			}
			stands(t, w, a.ID, state)
			leads(t, w, when, token, link)
			lane := portal.LaneTeam
			if want {
				lane = portal.LaneClient
			}
			for _, client := range []portal.ClientID{"", w.Acme} {
				counts := must[map[portal.Lane]int](t)(tom.BoardCounts(ctx, client, today))
				for _, l := range portal.Lanes {
					n, there := 0, 0
					for pg := (portal.Page{Limit: 1}); ; {
						some, next, err := tom.Board(ctx, portal.BoardFilter{Lane: l, Client: client, Today: today}, pg)
						if err != nil {
							t.Fatal(err)
						}
						for _, x := range some {
							if n++; x.ID == a.ID {
								there++
							}
						}
						if pg.After = next; next == "" {
							break
						}
					}
					if there != 0 != (l == lane) || there > 1 {
						t.Errorf("%s it is in the lane %s %d times", when, l, there)
					}
					if n != counts[l] {
						t.Errorf("%s the lane %s has %d, and says %d", when, l, n, counts[l])
					}
				}
			}
		}
		answers("on the day", true)
		write(t, w, `UPDATE approvals SET turn_since = turn_since - $1 WHERE id = $2`, int64(6*24*time.Hour/time.Microsecond), string(a.ID))
		waited = true
		answers("on the day, after six", true)
		write(t, w, `UPDATE clients SET time_zone = 'Pacific/Kiritimati' WHERE id = $1`, string(w.Acme))
		answers("once the day is over there", false)
		wants(t, "Decide once the day is over there", cleo.Decide(ctx, a.ID, yes(a)), portal.ErrConflict)
		write(t, w, `UPDATE clients SET time_zone = '' WHERE id = $1`, string(w.Acme))
		answers("on the day again", true)
		w.Clock.Advance(24 * time.Hour)
		answers("after the day", false)
		if is := must[portal.Approval](t)(tom.Approval(ctx, a.ID)); is.StateAt.Format(time.DateOnly) != tomorrow || is.StateBy != "" {
			t.Errorf("it expired at %v by %q", is.StateAt, is.StateBy)
		}
		wants(t, "Decide after the day", cleo.Decide(ctx, a.ID, yes(a)), portal.ErrConflict)
		wants(t, "Remind after the day", tom.Remind(ctx, a.ID), portal.ErrConflict)
		wants(t, "CancelApproval after the day", tom.CancelApproval(ctx, a.ID), portal.ErrConflict)
		refuses(t, "SendToClient after the day", tom.SendToClient(ctx, held.ID), "expires_on", "day_over")
		// Who asks again meanwhile ends it, as expired.
		again := toApprove(t, w, portal.NewApproval{Versions: versions[1:], Previous: late.ID})
		if is := stands(t, w, late.ID, portal.ApprovalLapsed); is.Lane != portal.LaneOver || again.Round != 2 {
			t.Errorf("asked again, it is in %s, round %d", is.Lane, again.Round)
		}
		if n := must[int](t)(w.Portal.EndLapsed(ctx)); n != 2 {
			t.Errorf("%d lapsed", n)
		}
		stands(t, w, a.ID, portal.ApprovalLapsed)
		stands(t, w, held.ID, portal.ApprovalLapsed)
	})
}

// What was answered on the last day can be taken back while it could be answered again,
// and stands once the day is over. Before the program ends what was not answered, the
// team can put it aside.
func TestLastDayEnds(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		_, versions := banners(t, w, 3)
		cleo, tom := w.As(w.Cleo), w.As(w.Tom)
		today := w.Clock.Now().Format(time.DateOnly)
		midnight := must[time.Time](t)(time.ParseInLocation(time.DateOnly, today, time.UTC)).AddDate(0, 0, 1)
		early := toApprove(t, w, portal.NewApproval{Versions: versions[:1], ExpiresOn: today})
		late := toApprove(t, w, portal.NewApproval{Versions: versions[1:2], ExpiresOn: today})
		never := toApprove(t, w, portal.NewApproval{Versions: versions[2:], ExpiresOn: today})
		w.Clock.Advance(midnight.Sub(w.Clock.Now()) - 4*time.Minute)
		until := func(a portal.Approval) time.Time {
			t.Helper()
			return must[time.Time](t)(cleo.MayUndo(ctx, must[portal.Approval](t)(cleo.Approval(ctx, a.ID))))
		}
		for _, a := range []portal.Approval{early, late} {
			if err := cleo.Decide(ctx, a.ID, portal.ApprovalAnswer{Answer: portal.AnswerChanges, Note: "Larger", Content: a.Content}); err != nil {
				t.Fatal(err)
			}
			if got := until(a); !got.Equal(midnight) {
				t.Errorf("it can be taken back until %v", got)
			}
		}
		if err := cleo.Undo(ctx, early.ID); err != nil {
			t.Fatal(err)
		}
		if err := cleo.Decide(ctx, early.ID, yes(early)); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(5 * time.Minute)
		for _, a := range []portal.Approval{early, late} {
			if got := until(a); !got.IsZero() {
				t.Errorf("after the day it can be taken back until %v", got)
			}
			wants(t, "Undo after the day", cleo.Undo(ctx, a.ID), portal.ErrConflict)
		}
		stands(t, w, early.ID, portal.ApprovalGranted)
		if a := stands(t, w, late.ID, portal.ApprovalReturn); a.Lane != portal.LaneTeam {
			t.Errorf("what is to change is in %s", a.Lane)
		}
		desk := must[portal.Desk](t)(tom.Today(ctx, midnight.Format(time.DateOnly), false))
		if !slices.ContainsFunc(desk.NeedsUs, func(x portal.Need) bool { return string(x.Item) == string(late.ID) }) {
			t.Errorf("Today does not say what is to change: %+v", desk.NeedsUs)
		}
		if err := tom.PutAside(ctx, never.ID); err != nil {
			t.Fatal(err)
		}
		if n := must[int](t)(w.Portal.EndLapsed(ctx)); n != 0 {
			t.Errorf("%d lapsed once more", n)
		}
		if a := stands(t, w, never.ID, portal.ApprovalLapsed); a.Lane != portal.LaneOver || a.Turn != "" {
			t.Errorf("put aside it is in %s", a.Lane)
		}
		recorded(t, w, portal.ApprovalExpired)
	})
}

// Who asks about a deliverable once more asks again what was asked about it last,
// whether they say so or not: of all that ask about it one is asked.
func TestUndoOnceTheDeliverableIsAskedAbout(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		showsFiles(t, w)
		tom, cleo := w.As(w.Tom), w.As(w.Cleo)
		for _, how := range []string{"asked", "a draft", "expired", "superseded"} {
			d := must[portal.DeliverableID](t)(tom.AddDeliverable(ctx, w.Site, portal.NewDeliverable{Title: how, Body: "For the window", Audience: portal.ClientSide}))
			file, _ := bring(t, w, w.Tom, portal.NewUpload{Project: w.Site, Name: how, Audience: portal.ClientSide})
			if err := tom.Attach(ctx, portal.ItemID(d), file); err != nil {
				t.Fatal(err)
			}
			n := portal.NewApproval{Title: how, Deliverable: d, Stages: []portal.NewStage{{People: []portal.PersonID{w.Cleo}}}}
			draft := n
			draft.Draft = true
			kept := toApprove(t, w, draft)
			a := toApprove(t, w, n)
			if err := cleo.Decide(ctx, a.ID, portal.ApprovalAnswer{Answer: portal.AnswerChanges, Note: "Larger", Content: a.Content}); err != nil {
				t.Fatal(err)
			}
			w.Clock.Advance(time.Second)
			n.ExpiresOn = w.Clock.Now().Format(time.DateOnly)
			b := kept
			if how == "a draft" {
				if err := tom.ChangeApproval(ctx, kept.ID, n, kept.Revision); err != nil {
					t.Fatal(err)
				}
				b = stands(t, w, kept.ID, portal.ApprovalOpen)
			} else {
				b = toApprove(t, w, n)
			}
			if b.Previous != a.ID || b.Round != 2 || stands(t, w, a.ID, portal.ApprovalReturn).Lane != portal.LaneOver {
				t.Errorf("%s: asked once more after %q, round %d", how, b.Previous, b.Round)
			}
			switch how {
			case "expired":
				write(t, w, `UPDATE approvals SET expires_on = '2026-01-01' WHERE id = $1`, string(b.ID))
				if must[int](t)(w.Portal.EndLapsed(ctx)) != 1 {
					t.Error("nothing expired")
				}
			case "superseded":
				bring(t, w, w.Tom, portal.NewUpload{File: file, Name: how, Audience: portal.ClientSide})
				stands(t, w, b.ID, portal.ApprovalOutdated)
			}
			wants(t, how+": Undo of what was asked about again", cleo.Undo(ctx, a.ID), portal.ErrConflict)
			stands(t, w, a.ID, portal.ApprovalReturn)
		}

		// Also in a stage that the client does not know of.
		d := must[portal.DeliverableID](t)(tom.AddDeliverable(ctx, w.Site, portal.NewDeliverable{Title: "First ours", Audience: portal.ClientSide}))
		toApprove(t, w, portal.NewApproval{Deliverable: d, Stages: []portal.NewStage{{Of: portal.Team, People: []portal.PersonID{w.Mia}}, {People: []portal.PersonID{w.Cleo}}}})
		_, err := tom.AskApproval(ctx, w.Site, portal.NewApproval{Title: "At once", Deliverable: d, Stages: []portal.NewStage{{People: []portal.PersonID{w.Cleo}}}})
		wants(t, "asking the client past the team", err, portal.ErrConflict)
	})
}
