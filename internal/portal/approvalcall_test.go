package portal_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// phoned is what Cleo said by phone just now.
func phoned(w *portaltest.World, answer portal.Answer, note string) portal.NewCall {
	return portal.NewCall{Person: w.Cleo, Answer: answer, Note: note, SaidAt: w.Clock.Now()}
}

// calls are the states of what was noted of an approval, as somebody sees it, newest
// first.
func calls(t *testing.T, w *portaltest.World, who portal.PersonID, id portal.ApprovalID) (states []portal.CallState) {
	t.Helper()
	for _, c := range must[[]portal.ApprovalCall](t)(w.As(who).ApprovalCalls(ctx, id)) {
		states = append(states, c.State)
	}
	return states
}

// callNeeds are the calls to confirm on somebody's home.
func callNeeds(t *testing.T, w *portaltest.World, who portal.PersonID) (n int) {
	t.Helper()
	for _, x := range must[[]portal.Need](t)(w.As(who).Needs(ctx, "", 0)) {
		if x.Kind == "call" {
			n++
		}
	}
	return n
}

// What somebody said by phone counts for nothing until they confirm it themselves,
// is between them and the team until then, and is their decision after that, with
// the record of how it came about.
func TestCallIsConfirmed(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		byHand(t, w, `DELETE FROM events`)
		byHand(t, w, `DELETE FROM event_chains`)
		decides(t, w)
		_, versions := banners(t, w, 1)
		both := []portal.NewStage{{Rule: portal.RuleEveryone, People: []portal.PersonID{w.Cleo, w.Bea}, Advisers: []portal.PersonID{w.Mia}}}
		a := toApprove(t, w, portal.NewApproval{Versions: versions, Stages: both, Checklist: []string{"Prices"}})
		tom, cleo, bea := w.As(w.Tom), w.As(w.Cleo), w.As(w.Bea)
		w.Clock.Advance(2 * time.Hour)

		// Who may note what, and of whom.
		n := phoned(w, portal.AnswerNote, "Mind the logo")
		n.SaidAt = w.Clock.Now().Add(-time.Hour)
		for who, want := range map[portal.PersonID]error{w.Cleo: portal.ErrForbidden, w.Bea: portal.ErrForbidden, w.Dan: portal.ErrNotFound, w.Carl: portal.ErrNotFound, w.Rex: portal.ErrNotFound, "": portal.ErrSignedOut} {
			_, err := w.As(who).NoteCall(ctx, a.ID, n)
			wants(t, "NoteCall as "+string(who), err, want)
		}
		for field, change := range map[string]func(*portal.NewCall){
			"person cannot_decide": func(n *portal.NewCall) { n.Person = w.Dan }, " person cannot_decide": func(n *portal.NewCall) { n.Person = w.Mia },
			"  person cannot_decide": func(n *portal.NewCall) { n.Person = w.Carl }, "answer choice": func(n *portal.NewCall) { n.Answer = "undone" }, "note required": func(n *portal.NewCall) { n.Note = "" }, "note why": func(n *portal.NewCall) { n.Answer, n.Note = portal.AnswerDecline, "" }, "note to_change": func(n *portal.NewCall) { n.Answer, n.Note = portal.AnswerChanges, "" },
			"said_at required": func(n *portal.NewCall) { n.SaidAt = time.Time{} }, "said_at not_yet": func(n *portal.NewCall) { n.SaidAt = w.Clock.Now().Add(time.Minute) },
			"said_at before_asked": func(n *portal.NewCall) { n.SaidAt = w.Clock.Now().Add(-3 * time.Hour) },
		} {
			bad := n
			change(&bad)
			_, err := tom.NoteCall(ctx, a.ID, bad)
			f := strings.Fields(field)
			refuses(t, field, err, f[0], f[1])
		}
		asks := leads(t, w, "of the mail that asks", answerToken(t, w, a.ID, w.Cleo), portal.AnswerAwaited)
		id := must[portal.CallID](t)(tom.NoteCall(ctx, a.ID, n))
		recorded(t, w, portal.ApprovalCallNoted)
		_, err := tom.NoteCall(ctx, a.ID, n)
		refuses(t, "a second note", err, "person", "noted_already")

		// It decides nothing, and is known to the team and to her alone.
		if x := must[portal.Approval](t)(tom.Approval(ctx, a.ID)); !x.Asking || x.State != portal.ApprovalOpen || len(must[[]portal.ApprovalDecision](t)(tom.ApprovalDecisions(ctx, a.ID))) != 0 {
			t.Errorf("it is %+v", x)
		}
		for who, want := range map[portal.PersonID]int{w.Tom: 1, w.Ada: 1, w.Cleo: 1, w.Bea: 0, w.Dan: 0, w.Carl: 0, w.Rex: 0} {
			if got := len(calls(t, w, who, a.ID)); got != want {
				t.Errorf("%s finds %d calls, want %d", who, got, want)
			}
			_, err := w.As(who).ApprovalCall(ctx, id)
			if want == 0 {
				wants(t, "ApprovalCall as "+string(who), err, portal.ErrNotFound)
			} else if err != nil {
				t.Error(err)
			}
			if who == w.Bea && asked(t, w, who, a.ID)[w.Cleo].Called {
				t.Errorf("%s learns that Cleo was called", who)
			}
		}
		if !asked(t, w, w.Tom, a.ID)[w.Cleo].Called || asked(t, w, w.Tom, a.ID)[w.Bea].Called {
			t.Error("the team does not see whose answer is to be confirmed")
		}
		if callNeeds(t, w, w.Cleo) != 1 || approvalNeeds(t, w, w.Cleo) != 0 || callNeeds(t, w, w.Bea) != 0 || approvalNeeds(t, w, w.Bea) != 1 {
			t.Error("it waits for the wrong one")
		}
		tellPeople(t, w)
		for who, want := range map[portal.PersonID]bool{w.Cleo: true, w.Tom: false, w.Bea: false, w.Dan: false, w.Carl: false} {
			if got := slices.Contains(noticesOf(t, w, who), "approval_call_noted "+string(a.ID)); got != want {
				t.Errorf("%s is told of it: %v", who, got)
			}
		}
		for _, x := range must[[]portal.Event](t)(bea.ItemActivity(ctx, portal.ItemID(a.ID), 20)) {
			if x.Kind == portal.ApprovalCallNoted {
				t.Error("Bea reads in the history that Cleo was called")
			}
		}
		l := leads(t, w, "of the mail", answerToken(t, w, a.ID, w.Cleo), portal.AnswerAwaited)
		if of, err := l.Asked(ctx, true); err != nil || of.Call.ID != id || of.Call.Note != "Mind the logo" || of.Call.NotedBy != "Tom" {
			t.Errorf("the link of its mail shows %+v, %v", of.Call, err)
		}
		if of, err := l.Asked(ctx, false); err != nil || of.Call.ID != id || len(of.People) != 0 {
			t.Errorf("whoever holds its mail is shown %+v, %v", of, err)
		}
		if of, err := asks.Asked(ctx, false); err != nil || of.Call.ID != "" {
			t.Errorf("whoever holds another mail is shown %+v, %v", of.Call, err)
		}

		// Nobody but her confirms it: T178.
		confirm := portal.ApprovalAnswer{Call: id, Content: a.Content, Checked: []int{1}}
		for who, want := range map[portal.PersonID]error{w.Tom: portal.ErrForbidden, w.Ada: portal.ErrForbidden, w.Mia: portal.ErrForbidden, w.Bea: portal.ErrConflict, w.Dan: portal.ErrNotFound, w.Carl: portal.ErrNotFound, w.Rex: portal.ErrNotFound} {
			wants(t, "confirming as "+string(who), w.As(who).Decide(ctx, a.ID, confirm), want)
			if err := w.As(who).DenyCall(ctx, a.ID, id, ""); !errors.Is(err, want) {
				t.Errorf("denying as %s: %v, want %v", who, err, want)
			}
		}
		other := toApprove(t, w, portal.NewApproval{Title: "Another", Versions: versions})
		wants(t, "in another approval", cleo.Decide(ctx, other.ID, portal.ApprovalAnswer{Call: id, Content: other.Content}), portal.ErrNotFound)
		wants(t, "denied in another approval", cleo.DenyCall(ctx, other.ID, id, ""), portal.ErrNotFound)
		wants(t, "denied with another's link", leads(t, w, "of another's mail", answerToken(t, w, other.ID, w.Cleo), portal.AnswerAwaited).Deny(ctx, id, ""), portal.ErrNotFound)
		refuses(t, "with words of their own", cleo.Decide(ctx, a.ID, portal.ApprovalAnswer{Call: id, Note: "And a second logo", Content: a.Content, Checked: []int{1}}), "note", "choice")
		for _, bad := range []portal.ApprovalAnswer{{Answer: portal.AnswerDecline, Call: id, Content: a.Content}, {Call: id, Content: a.Content, Stands: true}, {Call: id, Content: a.Content, Changes: []portal.FileChange{{Position: 1, Note: "Bigger"}}}} {
			refuses(t, "another answer", cleo.Decide(ctx, a.ID, bad), "answer", "choice")
		}
		refuses(t, "without the checklist", cleo.Decide(ctx, a.ID, portal.ApprovalAnswer{Call: id, Content: a.Content}), "checklist", "tick_all")
		wants(t, "what was looked at before", cleo.Decide(ctx, a.ID, portal.ApprovalAnswer{Call: id, Content: other.Content, Checked: []int{1}}), portal.ErrConflict)

		w.Clock.Advance(time.Hour)
		confirm.Proof = portal.ProofMail
		if err := l.Check(ctx, confirm); err != nil {
			t.Fatal(err)
		}
		if err := l.Decide(ctx, confirm); err != nil {
			t.Fatal(err)
		}
		recorded(t, w, portal.ApprovalAnswered)
		wants(t, "a second time", cleo.Decide(ctx, a.ID, confirm), portal.ErrConflict)
		wants(t, "WithdrawCall afterwards", tom.WithdrawCall(ctx, id), portal.ErrConflict)
		wants(t, "DenyCall afterwards", cleo.DenyCall(ctx, a.ID, id, ""), portal.ErrConflict)
		for _, who := range []portal.PersonID{w.Tom, w.Cleo, w.Bea} {
			d := must[[]portal.ApprovalDecision](t)(w.As(who).ApprovalDecisions(ctx, a.ID))
			if len(d) != 1 || d[0].Person != w.Cleo || d[0].Answer != portal.AnswerNote || d[0].Note != "Mind the logo" || d[0].Proof != portal.ProofMail || !d[0].SaidAt.Equal(n.SaidAt) || d[0].NotedBy != "Tom" || d[0].Content != a.Content {
				t.Errorf("%s finds the decision %+v", who, d)
			}
			if x := asked(t, w, who, a.ID)[w.Cleo]; !x.SaidAt.Equal(n.SaidAt) || x.NotedBy != "Tom" || x.Called {
				t.Errorf("%s finds that Cleo answered so: %+v", who, x)
			}
		}
		events := must[[]portal.Event](t)(bea.ItemActivity(ctx, portal.ItemID(a.ID), 1))
		if events[0].Details["call"] != string(id) || events[0].Details["said"] == "" {
			t.Errorf("the event: %+v", events[0])
		}

		// Taken back within ten minutes: her answer is awaited again, and nothing is
		// left to confirm. Then both approve, and the paper says how.
		if err := cleo.Undo(ctx, a.ID); err != nil {
			t.Fatal(err)
		}
		if callNeeds(t, w, w.Cleo) != 0 || approvalNeeds(t, w, w.Cleo) != 2 {
			t.Error("taken back, it is still to be confirmed")
		}
		again := must[portal.CallID](t)(tom.NoteCall(ctx, a.ID, phoned(w, portal.AnswerApprove, "")))
		confirm = portal.ApprovalAnswer{Call: again, Content: a.Content, Checked: []int{1}}
		if err := cleo.Decide(ctx, a.ID, confirm); err != nil {
			t.Fatal(err)
		}
		in := yes(a)
		in.Checked = []int{1}
		if err := bea.Decide(ctx, a.ID, in); err != nil {
			t.Fatal(err)
		}
		stands(t, w, a.ID, portal.ApprovalGranted)
		if got := calls(t, w, w.Tom, a.ID); !slices.Equal(got, []portal.CallState{portal.CallConfirmed, portal.CallConfirmed}) {
			t.Errorf("the calls are %v", got)
		}
		w.Clock.Advance(11 * time.Minute)
		if err := tom.CertifyApproval(ctx, a.ID); err != nil {
			t.Fatal(err)
		}
		r := must[portal.Certificate](t)(bea.Certificate(ctx, string(a.ID))).Record
		said := 0
		for _, x := range r.Signers {
			if x.Name == "Cleo" && !x.Said.IsZero() && x.NotedBy == "Tom" {
				said++
			}
		}
		for _, x := range r.Timeline {
			if x.By == "Cleo" && !x.Said.IsZero() && x.NotedBy == "Tom" {
				said++
			}
		}
		if said != 3 { // hers, and twice on the way
			t.Errorf("the certificate says it %d times: %+v", said, r)
		}

		// What was noted is sealed, and so is what a decision confirms.
		altered := func(what string) {
			t.Helper()
			_, breaks, err := portal.VerifyChains(ctx, w.DB)
			if err != nil {
				t.Fatal(err)
			}
			found := false
			for _, b := range breaks {
				found = found || what != "" && strings.Contains(b.String(), what)
			}
			if found != (what != "") || len(breaks) > 1 || what == "" && len(breaks) > 0 {
				t.Errorf("altered %q: %v", what, breaks)
			}
		}
		altered("")
		for _, x := range [][3]string{
			{`UPDATE approval_calls SET note = 'Mind the shop' WHERE id = $1`, `UPDATE approval_calls SET note = 'Mind the logo' WHERE id = $1`, string(id) + " is not what was recorded: answer"},
			{`UPDATE approval_calls SET noted_by = person_id WHERE id = $1`, `UPDATE approval_calls SET noted_by = (SELECT m.person_id FROM team_members m JOIN persons n ON n.id = m.person_id WHERE n.name = 'Tom') WHERE id = $1`, string(id) + " is not what was recorded: who"},
			{`UPDATE approval_calls SET state = 'denied' WHERE id = $1`, `UPDATE approval_calls SET state = 'confirmed' WHERE id = $1`, string(id) + " is not what was recorded: state"},
			{`UPDATE approval_decisions SET call_id = NULL WHERE call_id = $1`, ``, "is not what was recorded: proof"},
		} {
			byHand(t, w, x[0], string(id))
			if altered(x[2]); x[1] != "" {
				byHand(t, w, x[1], string(id))
			}
		}
	})
}

// What was said by phone of each of several files is what its person confirms of each,
// and sealed like the rest.
func TestCallOfSeveralFiles(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		byHand(t, w, `DELETE FROM events`)
		byHand(t, w, `DELETE FROM event_chains`)
		decides(t, w)
		_, versions := banners(t, w, 3)
		a := toApprove(t, w, portal.NewApproval{Versions: versions})
		tom, cleo := w.As(w.Tom), w.As(w.Cleo)
		note := func(answer portal.Answer, words string, changes ...portal.FileChange) (portal.CallID, error) {
			n := phoned(w, answer, words)
			n.Changes = changes
			return tom.NoteCall(ctx, a.ID, n)
		}
		for _, c := range []struct {
			answer       portal.Answer
			words        string
			change       []portal.FileChange
			field, wrong string
		}{
			{portal.AnswerChanges, "Bigger", []portal.FileChange{{Position: 0}}, "changes", "choice"},
			{portal.AnswerChanges, "Bigger", []portal.FileChange{{Position: 4}}, "changes", "choice"},
			{portal.AnswerChanges, "Bigger", []portal.FileChange{{Position: 1}, {Position: 1}}, "changes", "choice"},
			{portal.AnswerChanges, "", []portal.FileChange{{Position: 2}}, "note.2", "to_change"},
			{portal.AnswerApprove, "", []portal.FileChange{{Position: 2, Note: "Bigger"}}, "answer", "marked_to_change"},
		} {
			_, err := note(c.answer, c.words, c.change...)
			refuses(t, "a call", err, c.field, c.wrong)
		}
		said := []portal.FileChange{{Position: 2, Note: "A larger logo"}, {Position: 3}}
		id, err := note(portal.AnswerChanges, "By Friday", said...)
		if err != nil {
			t.Fatal(err)
		}
		for _, who := range []portal.PersonID{w.Tom, w.Cleo} {
			if c := must[portal.ApprovalCall](t)(w.As(who).ApprovalCall(ctx, id)); !slices.Equal(c.Changes, said) {
				t.Errorf("%s reads %+v", who, c.Changes)
			}
			if c := must[[]portal.ApprovalCall](t)(w.As(who).ApprovalCalls(ctx, a.ID)); len(c) != 1 || !slices.Equal(c[0].Changes, said) {
				t.Errorf("%s lists %+v", who, c)
			}
		}
		if c := must[portal.ApprovalCall](t)(cleo.CallToConfirm(ctx, a.ID)); !slices.Equal(c.Changes, said) {
			t.Errorf("to confirm is %+v", c)
		}
		if err := cleo.Decide(ctx, a.ID, portal.ApprovalAnswer{Call: id, Content: a.Content}); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, v := range must[[]portal.Verdict](t)(tom.Verdicts(ctx, a.ID)) {
			got = append(got, v.Says+" "+v.Note)
		}
		if want := []string{"approved ", "changes A larger logo", "changes "}; !slices.Equal(got, want) {
			t.Errorf("the files are %q", got)
		}
		lists := must[[]portal.Revision](t)(tom.ApprovalRevisions(ctx, a.ID))
		if len(lists) != 1 || lists[0].Points != 2 {
			t.Errorf("the lists of changes: %+v", lists)
		}
		if _, breaks, err := portal.VerifyChains(ctx, w.DB); err != nil || len(breaks) > 0 {
			t.Errorf("before it was altered: %v, %v", breaks, err)
		}
		byHand(t, w, `UPDATE approval_call_changes SET note = 'A smaller logo' WHERE call_id = $1 AND position = 2`, string(id))
		if _, breaks, err := portal.VerifyChains(ctx, w.DB); err != nil || len(breaks) != 1 || !strings.Contains(breaks[0].String(), string(id)+" is not what was recorded: files") {
			t.Errorf("altered: %v, %v", breaks, err)
		}
	})
}

// However often something is noted and taken back, its person is mailed once an hour
// at most, and of what is there then.
func TestCallMailsAreApart(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		decides(t, w)
		_, versions := banners(t, w, 1)
		a := toApprove(t, w, portal.NewApproval{Versions: versions})
		tom := w.As(w.Tom)
		again := func(times int) {
			t.Helper()
			for range times {
				call := must[portal.CallID](t)(tom.NoteCall(ctx, a.ID, phoned(w, portal.AnswerApprove, "")))
				if err := tom.WithdrawCall(ctx, call); err != nil {
					t.Fatal(err)
				}
				w.Clock.Advance(time.Minute)
			}
			must[portal.CallID](t)(tom.NoteCall(ctx, a.ID, phoned(w, portal.AnswerApprove, "")))
		}
		queued := func() (n int, due int64) {
			t.Helper()
			row(t, w, `SELECT COUNT(*), COALESCE(MAX(due_at), 0) FROM mails WHERE kind = 'approval_call' AND state = 'queued'`, &n, &due)
			return n, due
		}
		again(3)
		if n, due := queued(); n != 1 || due > db.Micros(w.Clock.Now()) {
			t.Errorf("%d mails wait, until %v", n, db.FromMicros(due))
		}
		sent := w.Clock.Now()
		write(t, w, `UPDATE mails SET state = 'sent', sent_at = $1 WHERE kind = 'approval_call' AND state = 'queued'`, db.Micros(sent))
		if err := tom.WithdrawCall(ctx, must[[]portal.ApprovalCall](t)(tom.ApprovalCalls(ctx, a.ID))[0].ID); err != nil {
			t.Fatal(err)
		}
		again(5)
		if n, due := queued(); n != 1 || due != db.Micros(sent.Add(time.Hour)) {
			t.Errorf("%d mails wait, until %v, and the last went out %v", n, db.FromMicros(due), sent)
		}
		// Others, and other approvals, are told at once.
		other := toApprove(t, w, portal.NewApproval{Title: "Another", Versions: versions})
		must[portal.CallID](t)(tom.NoteCall(ctx, other.ID, phoned(w, portal.AnswerApprove, "")))
		if n, _ := queued(); n != 2 {
			t.Errorf("%d mails wait", n)
		}
		var due int64
		row(t, w, `SELECT due_at FROM mails WHERE kind = 'approval_call' AND subject_id = '`+string(other.ID)+`'`, &due)
		if due > db.Micros(w.Clock.Now()) {
			t.Errorf("that of another waits until %v", db.FromMicros(due))
		}
	})
}

// Of two who confirm at once, in two windows, one does; and of one who confirms while
// the team takes it back.
func TestCallAtOnce(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		decides(t, w)
		_, versions := banners(t, w, 1)
		tom, cleo := w.As(w.Tom), w.As(w.Cleo)
		won := map[string]int{}
		for round := range 20 {
			a := toApprove(t, w, portal.NewApproval{Versions: versions})
			call := must[portal.CallID](t)(tom.NoteCall(ctx, a.ID, phoned(w, portal.AnswerApprove, "")))
			confirm := func() error {
				return cleo.Decide(ctx, a.ID, portal.ApprovalAnswer{Call: call, Content: a.Content})
			}
			first, second := confirm, confirm
			if round%2 == 1 {
				second = func() error { return tom.WithdrawCall(ctx, call) }
			}
			var errs [2]error
			var wg sync.WaitGroup
			start := make(chan bool)
			for i, do := range []func() error{first, second} {
				wg.Go(func() { <-start; errs[i] = do() })
			}
			close(start)
			wg.Wait()
			lost := errs[0]
			if errs[0] == nil {
				lost = errs[1]
			}
			if (errs[0] == nil) == (errs[1] == nil) || !errors.Is(lost, portal.ErrConflict) {
				t.Fatalf("round %d: %v", round, errs)
			}
			state, decisions := portal.CallConfirmed, 1
			if round%2 == 1 && errs[1] == nil {
				state, decisions = portal.CallWithdrawn, 0
			}
			won[string(state)]++
			if got := calls(t, w, w.Tom, a.ID); !slices.Equal(got, []portal.CallState{state}) {
				t.Errorf("round %d: the call is %v, not %s", round, got, state)
			}
			d := must[[]portal.ApprovalDecision](t)(tom.ApprovalDecisions(ctx, a.ID))
			events := 0
			row(t, w, `SELECT COUNT(*) FROM events WHERE subject = '`+string(a.ID)+`' AND kind IN ('approval_approved', 'approval_call_withdrawn')`, &events)
			if len(d) != decisions || events != 1 {
				t.Errorf("round %d: %d decisions, %d events", round, len(d), events)
			}
		}
		t.Logf("won: %v", won)
	})
}

// Whatever takes the question away, or gives it to somebody else, leaves nothing to
// confirm; what was noted stays in the record.
func TestCallIsVoid(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		byHand(t, w, `DELETE FROM events`)
		byHand(t, w, `DELETE FROM event_chains`)
		decides(t, w)
		tom, cleo, bea := w.As(w.Tom), w.As(w.Cleo), w.As(w.Bea)
		files, versions := banners(t, w, 1)
		ask := func(rule portal.Rule, previous portal.ApprovalID) (portal.Approval, portal.CallID) {
			t.Helper()
			a := toApprove(t, w, portal.NewApproval{Versions: versions, Previous: previous, Stages: []portal.NewStage{{Rule: rule, People: []portal.PersonID{w.Cleo, w.Bea}}}})
			return a, must[portal.CallID](t)(tom.NoteCall(ctx, a.ID, phoned(w, portal.AnswerApprove, "")))
		}
		is := func(what string, a portal.Approval, call portal.CallID, want portal.CallState) {
			t.Helper()
			if c := must[portal.ApprovalCall](t)(tom.ApprovalCall(ctx, call)); c.State != want || (want != portal.CallOpen) == c.EndedAt.IsZero() {
				t.Errorf("%s: what was noted is %s (%v), want %s", what, c.State, c.EndedAt, want)
			}
			if want == portal.CallOpen {
				return
			}
			wants(t, what+": confirming", cleo.Decide(ctx, a.ID, portal.ApprovalAnswer{Call: call, Content: a.Content}), portal.ErrConflict)
			if n := callNeeds(t, w, w.Cleo); n != 0 {
				t.Errorf("%s: %d are still to be confirmed", what, n)
			}
			tellPeople(t, w)
			if slices.Contains(noticesOf(t, w, w.Cleo), "approval_call_noted "+string(a.ID)) {
				t.Errorf("%s: Cleo is still told of it", what)
			}
		}

		a, call := ask(portal.RuleAnyone, "")
		if err := cleo.DenyCall(ctx, a.ID, call, "I said **perhaps**"); err != nil {
			t.Fatal(err)
		}
		recorded(t, w, portal.ApprovalCallDenied)
		is("it was different", a, call, portal.CallDenied)
		if c := must[portal.ApprovalCall](t)(tom.ApprovalCall(ctx, call)); c.Reply != "I said **perhaps**" {
			t.Errorf("the reply: %q", c.Reply)
		}
		if tellPeople(t, w); !slices.Contains(noticesOf(t, w, w.Tom), "approval_call_denied "+string(a.ID)) {
			t.Error("the team is not told")
		}
		if stands(t, w, a.ID, portal.ApprovalOpen); approvalNeeds(t, w, w.Cleo) != 1 {
			t.Error("her answer is not awaited any more")
		}

		call = must[portal.CallID](t)(tom.NoteCall(ctx, a.ID, phoned(w, portal.AnswerApprove, "")))
		for who, want := range map[portal.PersonID]error{w.Cleo: portal.ErrForbidden, w.Bea: portal.ErrNotFound, w.Carl: portal.ErrNotFound, w.Rex: portal.ErrNotFound} {
			wants(t, "WithdrawCall as "+string(who), w.As(who).WithdrawCall(ctx, call), want)
		}
		if err := tom.WithdrawCall(ctx, call); err != nil {
			t.Fatal(err)
		}
		recorded(t, w, portal.ApprovalCallWithdrawn)
		_, err := cleo.ApprovalCall(ctx, call)
		wants(t, "what the team took back, as Cleo", err, portal.ErrNotFound)
		if got := calls(t, w, w.Cleo, a.ID); !slices.Equal(got, []portal.CallState{portal.CallDenied}) {
			t.Errorf("Cleo finds the calls %v", got)
		}
		is("taken back", a, call, portal.CallWithdrawn)

		call = must[portal.CallID](t)(tom.NoteCall(ctx, a.ID, phoned(w, portal.AnswerDecline, "No")))
		if err := cleo.Decide(ctx, a.ID, yes(a)); err != nil {
			t.Fatal(err)
		}
		is("she answered herself", a, call, portal.CallVoid)
		if d := must[[]portal.ApprovalDecision](t)(cleo.ApprovalDecisions(ctx, a.ID)); !d[0].SaidAt.IsZero() {
			t.Errorf("her own answer was said by phone: %+v", d)
		}
		_, err = tom.NoteCall(ctx, a.ID, phoned(w, portal.AnswerApprove, ""))
		wants(t, "NoteCall afterwards", err, portal.ErrConflict)

		a, call = ask(portal.RuleEveryone, a.ID)
		if err := bea.Decide(ctx, a.ID, yes(a)); err != nil {
			t.Fatal(err)
		}
		is("a colleague approved, and hers is awaited", a, call, portal.CallOpen)
		if err := bea.Undo(ctx, a.ID); err != nil {
			t.Fatal(err)
		}
		if err := bea.Decide(ctx, a.ID, portal.ApprovalAnswer{Answer: portal.AnswerChanges, Note: "Bigger", Content: a.Content}); err != nil {
			t.Fatal(err)
		}
		is("a colleague decided", a, call, portal.CallVoid)
		if err := bea.Undo(ctx, a.ID); err != nil {
			t.Fatal(err)
		}
		if is("a colleague took that back", a, call, portal.CallOpen); callNeeds(t, w, w.Cleo) != 1 {
			t.Error("a colleague took that back, and hers is not to be confirmed")
		}
		if err := bea.Decide(ctx, a.ID, portal.ApprovalAnswer{Answer: portal.AnswerChanges, Note: "Bigger", Content: a.Content}); err != nil {
			t.Fatal(err)
		}
		is("a colleague decided again", a, call, portal.CallVoid)

		a, call = ask(portal.RuleAnyone, a.ID)
		if err := tom.CancelApproval(ctx, a.ID); err != nil {
			t.Fatal(err)
		}
		is("cancelled", a, call, portal.CallVoid)

		a, call = ask(portal.RuleAnyone, a.ID)
		_, v := bring(t, w, w.Tom, portal.NewUpload{Project: w.Site, File: files[0], Name: "banner.png", Audience: portal.ClientSide})
		versions[0] = v
		is("a newer version", a, call, portal.CallVoid)

		// Handed to a colleague; then she cannot answer any more.
		one := toApprove(t, w, portal.NewApproval{Versions: versions})
		call = must[portal.CallID](t)(tom.NoteCall(ctx, one.ID, phoned(w, portal.AnswerApprove, "")))
		if err := cleo.Delegate(ctx, one.ID, w.Bea); err != nil {
			t.Fatal(err)
		}
		if c := must[portal.ApprovalCall](t)(tom.ApprovalCall(ctx, call)); c.State != portal.CallVoid {
			t.Errorf("handed on: %s", c.State)
		}
		_, call = ask(portal.RuleAnyone, "")
		if err := w.As(w.Ada).Suspend(ctx, w.CleoUser); err != nil {
			t.Fatal(err)
		}
		if c := must[portal.ApprovalCall](t)(tom.ApprovalCall(ctx, call)); c.State != portal.CallVoid {
			t.Errorf("suspended: %s", c.State)
		}
		recorded(t, w, portal.ApprovalCallVoided)
		if err := w.As(w.Ada).Resume(ctx, w.CleoUser); err != nil {
			t.Fatal(err)
		}
		if n := callNeeds(t, w, w.Cleo); n != 0 {
			t.Errorf("back again, %d are to be confirmed", n)
		}
		if _, breaks, err := portal.VerifyChains(ctx, w.DB); err != nil || len(breaks) != 0 {
			t.Errorf("the chains: %v, %v", breaks, err)
		}

		// Nobody said anything before their own stage began; and who noted it hears that
		// it was different, in the project's team or not.
		later := toApprove(t, w, portal.NewApproval{Versions: versions, Stages: []portal.NewStage{{People: []portal.PersonID{w.Bea}}, {People: []portal.PersonID{w.Cleo}}}})
		early := phoned(w, portal.AnswerApprove, "")
		w.Clock.Advance(time.Hour)
		if err := bea.Decide(ctx, later.ID, yes(later)); err != nil {
			t.Fatal(err)
		}
		_, err = tom.NoteCall(ctx, later.ID, early)
		refuses(t, "before her stage began", err, "said_at", "before_asked")
		call = must[portal.CallID](t)(w.As(w.Ada).NoteCall(ctx, later.ID, phoned(w, portal.AnswerApprove, "")))
		if err := cleo.DenyCall(ctx, later.ID, call, ""); err != nil {
			t.Fatal(err)
		}
		if tellPeople(t, w); !slices.Contains(noticesOf(t, w, w.Ada), "approval_call_denied "+string(later.ID)) {
			t.Error("Ada, who noted it, is not told that it was different")
		}

		// The team's own people answer themselves.
		team := toApprove(t, w, portal.NewApproval{Versions: versions, Stages: []portal.NewStage{{Of: portal.Team, People: []portal.PersonID{w.Mia}}, {People: []portal.PersonID{w.Cleo}}}})
		for _, who := range []portal.PersonID{w.Mia, w.Cleo} {
			n := phoned(w, portal.AnswerApprove, "")
			n.Person = who
			_, err := tom.NoteCall(ctx, team.ID, n)
			refuses(t, "in the team's stage, of "+string(who), err, "person", "cannot_decide")
		}
	})
}
