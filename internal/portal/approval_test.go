package portal_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// approvalReads are the reads of approvals.
func approvalReads(items func(*portaltest.World, portal.ProjectID) []portaltest.Items, each func(func(portaltest.Items) (any, error), []portaltest.Items) (any, error)) []read {
	type world = portaltest.World
	one := func(name string, f func(context.Context, *portal.Scope, portaltest.Items) (any, error)) read {
		return read{name, func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			return each(func(i portaltest.Items) (any, error) { return f(ctx, me, i) }, items(w, p))
		}}
	}
	return []read{
		one("Approval", func(ctx context.Context, me *portal.Scope, i portaltest.Items) (any, error) {
			return me.Approval(ctx, i.Approval)
		}),
		one("AskedAs", func(ctx context.Context, me *portal.Scope, i portaltest.Items) (any, error) {
			n, _, err := me.AskedAs(ctx, i.Approval)
			return n, err
		}),
		one("ApprovalParts", func(ctx context.Context, me *portal.Scope, i portaltest.Items) (any, error) {
			subjects, err := me.ApprovalSubjects(ctx, i.Approval)
			stages, err2 := me.ApprovalStages(ctx, i.Approval)
			people, err3 := me.ApprovalPeople(ctx, i.Approval)
			decisions, err4 := me.ApprovalDecisions(ctx, i.Approval)
			verdicts, err5 := me.Verdicts(ctx, i.Approval)
			calls, err6 := me.ApprovalCalls(ctx, i.Approval)
			blind, err7 := me.CannotLook(ctx, i.Approval)
			return []any{subjects, stages, people, decisions, verdicts, calls, blind.Files, blind.People}, errors.Join(err, err2, err3, err4, err5, err6, err7)
		}),
		one("ApprovalsOf", func(ctx context.Context, me *portal.Scope, i portaltest.Items) (any, error) {
			files, err := me.FileApprovals(ctx, i.File)
			of, _, err2 := me.DeliverableApprovals(ctx, i.Deliverable, portal.Page{})
			return []any{files, of}, errors.Join(err, err2)
		}),
		{"Approvals", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			in, _, err := me.ProjectApprovals(ctx, p, portal.Page{})
			of, _, err2 := me.ClientApprovals(ctx, w.Acme, portal.Page{})
			urgent, _, err3 := me.UrgentApprovals(ctx, w.Acme, portal.Page{})
			mine, err4 := me.AwaitedApprovals(ctx, "", 0)
			return []any{in, of, urgent, mine}, errors.Join(err, err2, err3, err4)
		}},
		{"Board", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			var all []any
			for _, lane := range portal.Lanes {
				found, next, err := me.Board(ctx, portal.BoardFilter{Lane: lane, Client: w.Acme}, portal.Page{Limit: 1})
				if err != nil {
					return nil, err
				}
				more, _, err := me.Board(ctx, portal.BoardFilter{Lane: lane, Today: "2030-01-01"}, portal.Page{After: next})
				if err != nil {
					return nil, err
				}
				all = append(all, found, more)
			}
			lanes, err := me.BoardCounts(ctx, "", "2030-01-01")
			return append(all, lanes), err
		}},
		{"Approvers", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			a, err := me.Approvers(ctx, p)
			b, err2 := me.Advisers(ctx, p)
			return []any{a, b}, errors.Join(err, err2)
		}},
	}
}

// banners are so many files of Site that the client sees.
func banners(t *testing.T, w *portaltest.World, n int) (files []portal.FileID, versions []portal.VersionID) {
	t.Helper()
	for range n {
		f, v := bring(t, w, w.Tom, portal.NewUpload{Project: w.Site, Name: "banner.png", OnClash: "both", Audience: portal.ClientSide})
		files, versions = append(files, f), append(versions, v)
	}
	return files, versions
}

// decides gives Bea the right to decide at Acme.
func decides(t *testing.T, w *portaltest.World) {
	t.Helper()
	write(t, w, `UPDATE client_users SET rights = rights | 32 WHERE id = $1`, string(w.BeaAtAcme))
	w.Regrant()
}

// toApprove asks Cleo to approve what is given, and returns it as she sees it.
func toApprove(t *testing.T, w *portaltest.World, n portal.NewApproval) portal.Approval {
	t.Helper()
	if n.Title == "" {
		n.Title = "Banners"
	}
	if n.Stages == nil {
		n.Stages = []portal.NewStage{{People: []portal.PersonID{w.Cleo}}}
	}
	id := must[portal.ApprovalID](t)(w.As(w.Tom).AskApproval(ctx, w.Site, n))
	return must[portal.Approval](t)(w.As(w.Tom).Approval(ctx, id))
}

// toReview asks Cleo to approve a deliverable's content, as Mia.
func toReview(t *testing.T, w *portaltest.World, d portal.DeliverableID) portal.Approval {
	t.Helper()
	in := must[portal.Deliverable](t)(w.As(w.Mia).Deliverable(ctx, d))
	id := must[portal.ApprovalID](t)(w.As(w.Mia).AskApproval(ctx, in.Project, portal.NewApproval{Title: in.Title, Deliverable: d, Stages: []portal.NewStage{{People: []portal.PersonID{w.Cleo}}}}))
	return must[portal.Approval](t)(w.As(w.Cleo).Approval(ctx, id))
}

func yes(a portal.Approval) portal.ApprovalAnswer {
	return portal.ApprovalAnswer{Answer: portal.AnswerApprove, Content: a.Content}
}

// stands fails unless the approval is in the state, as the team sees it.
func stands(t *testing.T, w *portaltest.World, id portal.ApprovalID, want portal.ApprovalState) portal.Approval {
	t.Helper()
	a := must[portal.Approval](t)(w.As(w.Ada).Approval(ctx, id))
	if a.State != want {
		t.Errorf("it is %s, want %s", a.State, want)
	}
	return a
}

// approvalNeeds are the approvals on somebody's home.
func approvalNeeds(t *testing.T, w *portaltest.World, who portal.PersonID) (n int) {
	t.Helper()
	for _, x := range must[[]portal.Need](t)(w.As(who).Needs(ctx, "", 0)) {
		if x.Kind == "approval" {
			n++
		}
	}
	return n
}

func TestAskApproval(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		_, versions := banners(t, w, 2)
		_, draft := bring(t, w, w.Tom, portal.NewUpload{Project: w.Site, Name: "secret.png"})
		_, theirs := bring(t, w, w.Mia, portal.NewUpload{Project: w.Shop, Name: "brick.png", Audience: portal.ClientSide})
		n := portal.NewApproval{Title: "Banners", Versions: versions, DueIn: 3, Stages: []portal.NewStage{{People: []portal.PersonID{w.Cleo}}}}
		for who, want := range map[portal.PersonID]error{w.Cleo: portal.ErrForbidden, w.Dan: portal.ErrNotFound, w.Carl: portal.ErrNotFound, w.Rex: portal.ErrNotFound, "": portal.ErrSignedOut} {
			_, err := w.As(who).AskApproval(ctx, w.Site, n)
			wants(t, "AskApproval as "+string(who), err, want)
		}
		stage := func(g portal.NewStage) []portal.NewStage { return []portal.NewStage{g} }
		for _, c := range []struct {
			what, field, key string
			change           func(*portal.NewApproval)
		}{
			{"no title", "title", "required", func(n *portal.NewApproval) { n.Title = " " }},
			{"nothing", "versions", "required", func(n *portal.NewApproval) { n.Versions = nil }},
			{"nobody", "stages", "required", func(n *portal.NewApproval) { n.Stages = nil }},
			{"one who cannot decide", "stages.1.people", "cannot_decide", func(n *portal.NewApproval) { n.Stages = stage(portal.NewStage{People: []portal.PersonID{w.Bea}}) }},
			{"the competitor", "stages.1.people", "cannot_decide", func(n *portal.NewApproval) { n.Stages = stage(portal.NewStage{People: []portal.PersonID{w.Carl}}) }},
			{"one who was removed", "stages.1.people", "cannot_decide", func(n *portal.NewApproval) { n.Stages = stage(portal.NewStage{People: []portal.PersonID{w.Rex}}) }},
			{"the team as the client", "stages.1.people", "cannot_decide", func(n *portal.NewApproval) { n.Stages = stage(portal.NewStage{People: []portal.PersonID{w.Mia}}) }},
			{"a foreign adviser", "stages.1.advisers", "cannot_decide", func(n *portal.NewApproval) {
				n.Stages = stage(portal.NewStage{People: []portal.PersonID{w.Cleo}, Advisers: []portal.PersonID{w.Carl}})
			}},
			{"two who decide alone", "stages.1.people", "one_decides", func(n *portal.NewApproval) {
				n.Stages = stage(portal.NewStage{Rule: portal.RuleDecider, People: []portal.PersonID{w.Cleo, w.Bea}})
			}},
			{"the team last", "stages.2.people", "team_first", func(n *portal.NewApproval) {
				n.Stages = append(n.Stages, portal.NewStage{Of: portal.Team, People: []portal.PersonID{w.Mia}})
			}},
			{"what is not shown", "versions", "not_shown", func(n *portal.NewApproval) { n.Versions = []portal.VersionID{draft} }},
			{"another client's", "versions", "choice", func(n *portal.NewApproval) { n.Versions = []portal.VersionID{theirs} }},
		} {
			in := n
			c.change(&in)
			_, err := w.As(w.Tom).AskApproval(ctx, w.Site, in)
			refuses(t, c.what, err, c.field, c.key)
		}

		a := toApprove(t, w, n)
		recorded(t, w, portal.ApprovalRequested)
		if got := mailsAbout(t, w, string(a.ID)); got != "approval Cleo" {
			t.Errorf("mails: %s", got)
		}
		// From Wednesday the 11th, three working days are Monday the 16th.
		if a.State != portal.ApprovalOpen || a.DueOn != "2026-03-16" || a.Lane != portal.LaneClient || a.Turn != portal.ClientSide || len(a.Content) != 64 {
			t.Errorf("as Tom sees it: %+v", a)
		}
		b := must[portal.Approval](t)(w.As(w.Cleo).Approval(ctx, a.ID))
		if !b.MayDecide() || b.AskedBy != "Tom" || b.CreatedBy != "" || b.Lane != "" || b.Stage != 0 || b.Files != 2 || !b.RemindAt.IsZero() {
			t.Errorf("as Cleo sees it: %+v", b)
		}
		if approvalNeeds(t, w, w.Cleo) != 1 || approvalNeeds(t, w, w.Bea) != 0 {
			t.Error("it waits for Cleo, and not for Bea")
		}
		if b := must[portal.Approval](t)(w.As(w.Bea).Approval(ctx, a.ID)); b.MayDecide() || b.Waits {
			t.Error("Bea may decide")
		}
		for _, who := range []portal.PersonID{w.Dan, w.Carl, w.Rex, w.Eve, ""} {
			_, err := w.As(who).Approval(ctx, a.ID)
			wants(t, "Approval as "+string(who), err, portal.ErrNotFound)
			if who != "" {
				wants(t, "Decide as "+string(who), w.As(who).Decide(ctx, a.ID, yes(a)), portal.ErrNotFound)
			}
		}
		for _, who := range []portal.PersonID{w.Bea, w.Tom, w.Ada} {
			wants(t, "Decide as "+string(who), w.As(who).Decide(ctx, a.ID, yes(a)), portal.ErrForbidden)
		}
		if s := must[portal.ProjectSummary](t)(w.As(w.Cleo).Summary(ctx, w.Site)); s.Turn != portal.ClientSide {
			t.Errorf("whose turn: %+v", s)
		}
		// It is gone for the client with the section, and with what it is about.
		sections(t, w, 0, int64(portal.SectionApprovals))
		_, err := w.As(w.Cleo).Approval(ctx, a.ID)
		wants(t, "Approval without the section", err, portal.ErrNotFound)
		sections(t, w, int64(portal.SectionApprovals), int64(portal.SectionFiles))
		_, err = w.As(w.Cleo).Approval(ctx, a.ID)
		wants(t, "Approval without its files", err, portal.ErrNotFound)
		if approvalNeeds(t, w, w.Cleo) != 0 {
			t.Error("Cleo is told of it")
		}
	})
}

func TestDecide(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		files, versions := banners(t, w, 6)
		cleo := w.As(w.Cleo)
		for _, v := range versions {
			if err := w.Portal.RecordPreview(ctx, v, portal.Preview{Whole: true}); err != nil {
				t.Fatal(err)
			}
		}
		a := toApprove(t, w, portal.NewApproval{Versions: versions, Checklist: []string{"Spelling", "Prices"}, NoDownload: true})
		_, err := cleo.DownloadVersion(ctx, versions[0])
		wants(t, "DownloadVersion before the decision", err, portal.ErrForbidden)
		if err := cleo.MarkSeen(ctx, portal.ItemID(a.ID)); err != nil {
			t.Fatal(err)
		}
		stands(t, w, a.ID, portal.ApprovalSeen)
		refuses(t, "unticked points", cleo.Decide(ctx, a.ID, yes(a)), "checklist", "tick_all")
		in := yes(a)
		in.Checked = []int{1, 2}
		in.Changes = []portal.FileChange{{Position: 3, Note: "Bigger logo"}}
		refuses(t, "approval with a mark", cleo.Decide(ctx, a.ID, in), "answer", "marked_to_change")
		in.Answer = portal.AnswerChanges
		stale := in
		stale.Content = strings.Repeat("0", 64)
		wants(t, "an answer to something else", cleo.Decide(ctx, a.ID, stale), portal.ErrConflict)
		if err := cleo.Decide(ctx, a.ID, in); err != nil {
			t.Fatal(err)
		}
		wants(t, "a second answer", cleo.Decide(ctx, a.ID, in), portal.ErrConflict)
		got := stands(t, w, a.ID, portal.ApprovalReturn)
		if got.Lane != portal.LaneTeam || got.Turn != portal.Team || got.StateBy != "Cleo" {
			t.Errorf("after it: %+v", got)
		}
		results := func() (all string) {
			for _, s := range must[[]portal.ApprovalSubject](t)(cleo.ApprovalSubjects(ctx, a.ID)) {
				all += s.Result + " "
			}
			return all
		}
		if got := results(); got != "approved approved changes approved approved approved " {
			t.Errorf("results: %s", got)
		}
		d := must[[]portal.ApprovalDecision](t)(cleo.ApprovalDecisions(ctx, a.ID))
		if len(d) != 1 || d[0].Content != a.Content || d[0].Answer != portal.AnswerChanges || d[0].Proof != "session" {
			t.Errorf("decisions: %+v", d)
		}
		v := must[[]portal.Verdict](t)(w.As(w.Tom).Verdicts(ctx, a.ID))
		if len(v) != 6 || v[2].Says != "changes" || v[2].Note != "Bigger logo" || v[2].By != "Cleo" || v[5].Says != "approved" {
			t.Errorf("verdicts: %+v", v)
		}
		recorded(t, w, portal.ApprovalReturned)
		if approvalNeeds(t, w, w.Cleo) != 0 {
			t.Error("it still waits for Cleo")
		}
		_, err = cleo.DownloadVersion(ctx, versions[0])
		wants(t, "DownloadVersion of what is to be changed", err, portal.ErrForbidden)

		// Taken back within ten minutes, and not after.
		w.Clock.Advance(9 * time.Minute)
		if until := must[time.Time](t)(cleo.MayUndo(ctx, stands(t, w, a.ID, portal.ApprovalReturn))); until.IsZero() {
			t.Error("Cleo cannot take it back")
		}
		wants(t, "Undo as Bea", w.As(w.Bea).Undo(ctx, a.ID), portal.ErrForbidden)
		wants(t, "Undo as Carl", w.As(w.Carl).Undo(ctx, a.ID), portal.ErrNotFound)
		if err := cleo.Undo(ctx, a.ID); err != nil {
			t.Fatal(err)
		}
		if got := results(); strings.TrimSpace(got) != "" {
			t.Errorf("results after undo: %s", got)
		}
		if stands(t, w, a.ID, portal.ApprovalSeen); approvalNeeds(t, w, w.Cleo) != 1 {
			t.Error("it does not wait for Cleo again")
		}
		in.Answer, in.Changes, in.Note = portal.AnswerNote, nil, "Mind the date"
		if err := cleo.Decide(ctx, a.ID, in); err != nil {
			t.Fatal(err)
		}
		if _, err := cleo.DownloadVersion(ctx, versions[0]); err != nil {
			t.Errorf("DownloadVersion after it: %v", err)
		}
		w.Clock.Advance(11 * time.Minute)
		wants(t, "Undo too late", cleo.Undo(ctx, a.ID), portal.ErrConflict)
		stands(t, w, a.ID, portal.ApprovalNoted)
		if d := must[[]portal.ApprovalDecision](t)(cleo.ApprovalDecisions(ctx, a.ID)); len(d) != 3 || d[1].Answer != portal.Undone || d[1].Undoes != d[0].ID {
			t.Errorf("all answers ever: %+v", d)
		}

		// The mark stays on what was approved.
		bring(t, w, w.Tom, portal.NewUpload{Project: w.Site, File: files[0], Name: "banner.png", Audience: portal.ClientSide})
		stands(t, w, a.ID, portal.ApprovalNoted)
		marks := must[[]portal.ApprovalSubject](t)(cleo.FileApprovals(ctx, files[0]))
		if len(marks) != 1 || marks[0].Version != versions[0] || marks[0].Newest || marks[0].Result != "approved" {
			t.Errorf("marks: %+v", marks)
		}
		// And what was approved is kept when its file is deleted.
		if err := w.As(w.Mia).TrashFile(ctx, files[1]); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(90 * 24 * time.Hour)
		if _, err := w.Portal.PurgeTrash(ctx); err != nil {
			t.Fatal(err)
		}
		if s := must[[]portal.ApprovalSubject](t)(cleo.ApprovalSubjects(ctx, a.ID)); len(s) != 6 || !s[1].Trashed || s[1].SHA256 == "" {
			t.Errorf("after the file was deleted: %+v", s)
		}
	})
}

// T175: of thirty answers at the same time one counts.
func TestDecideOnce(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		_, versions := banners(t, w, 1)
		a := toApprove(t, w, portal.NewApproval{Versions: versions})
		go30 := func(f func(i int) error) (won int) {
			begin := make(chan struct{})
			errs := make([]error, 30)
			var all sync.WaitGroup
			for i := range errs {
				all.Go(func() {
					<-begin
					errs[i] = f(i)
				})
			}
			close(begin)
			all.Wait()
			for _, err := range errs {
				switch {
				case err == nil:
					won++
				case !errors.Is(err, portal.ErrConflict):
					t.Errorf("an answer: %v", err)
				}
			}
			return won
		}
		if won := go30(func(int) error { return w.As(w.Cleo).Decide(context.Background(), a.ID, yes(a)) }); won != 1 {
			t.Errorf("%d of 30 answers were taken", won)
		}
		if d := must[[]portal.ApprovalDecision](t)(w.As(w.Ada).ApprovalDecisions(ctx, a.ID)); len(d) != 1 {
			t.Errorf("%d decisions", len(d))
		}
		approved := 0
		for _, k := range kinds(t, w, 60) {
			if k == portal.ApprovalApproved {
				approved++
			}
		}
		if approved != 1 {
			t.Errorf("%d events of one decision", approved)
		}
		var rows, told, mailed int
		tellPeople(t, w)
		row(t, w, `SELECT (SELECT COUNT(*) FROM events WHERE kind = 'approval_approved'), (SELECT COUNT(*) FROM notices n JOIN events e ON e.id = n.event_id WHERE e.kind = 'approval_approved' AND n.person_id = '`+string(w.Tom)+`'),
       (SELECT COUNT(*) FROM mails WHERE kind = 'notices' AND person_id = '`+string(w.Tom)+`')`, &rows, &told, &mailed)
		if rows != 1 || told != 1 || mailed != 1 {
			t.Errorf("%d rows of audit, %d notices and %d mails of one decision", rows, told, mailed)
		}

		// T176: two people, who say different things. Where all of them, or most, have
		// to approve, the one who does not decides it, whoever is first; where one is
		// enough, the first.
		decides(t, w)
		for _, rule := range []portal.Rule{portal.RuleEveryone, portal.RuleMajority} {
			_, versions := banners(t, w, 1)
			a := toApprove(t, w, portal.NewApproval{Versions: versions, Stages: []portal.NewStage{{Rule: rule, People: []portal.PersonID{w.Cleo, w.Bea}}}})
			won := go30(func(i int) error {
				if i%2 == 0 {
					return w.As(w.Cleo).Decide(context.Background(), a.ID, yes(a))
				}
				return w.As(w.Bea).Decide(context.Background(), a.ID, portal.ApprovalAnswer{Answer: portal.AnswerChanges, Note: "No", Content: a.Content})
			})
			given := must[[]portal.ApprovalDecision](t)(w.As(w.Ada).ApprovalDecisions(ctx, a.ID))
			if won < 1 || won > 2 || len(given) != won || given[won-1].Answer != portal.AnswerChanges {
				t.Errorf("%s: %d of 30 answers were taken: %+v", rule, won, given)
			}
			for _, who := range []portal.PersonID{w.Cleo, w.Bea, w.Tom} {
				if got := must[portal.Approval](t)(w.As(who).Approval(ctx, a.ID)); got.State != portal.ApprovalReturn || got.Asking {
					t.Errorf("%s: to %s it is %s", rule, who, got.State)
				}
			}
			var returned, approved int
			row(t, w, `SELECT (SELECT COUNT(*) FROM events WHERE kind = 'approval_returned' AND subject = '`+string(a.ID)+`'), (SELECT COUNT(*) FROM events WHERE kind = 'approval_approved' AND subject = '`+string(a.ID)+`')`, &returned, &approved)
			if returned != 1 || approved != 0 {
				t.Errorf("%s: it was returned %d times, and approved %d", rule, returned, approved)
			}
		}
		_, versions = banners(t, w, 2)
		a = toApprove(t, w, portal.NewApproval{Versions: versions[1:], Stages: []portal.NewStage{{People: []portal.PersonID{w.Cleo, w.Bea}}}})
		won := go30(func(i int) error {
			if i%2 == 0 {
				return w.As(w.Cleo).Decide(context.Background(), a.ID, yes(a))
			}
			return w.As(w.Bea).Decide(context.Background(), a.ID, portal.ApprovalAnswer{Answer: portal.AnswerChanges, Note: "No", Content: a.Content})
		})
		given := must[[]portal.ApprovalDecision](t)(w.As(w.Ada).ApprovalDecisions(ctx, a.ID))
		if won != 1 || len(given) != 1 {
			t.Fatalf("%d of 30 answers were taken: %+v", won, given)
		}
		want := portal.ApprovalGranted
		if given[0].Answer == portal.AnswerChanges {
			want = portal.ApprovalReturn
		}
		for _, who := range []portal.PersonID{w.Cleo, w.Bea, w.Tom} {
			if got := must[portal.Approval](t)(w.As(who).Approval(ctx, a.ID)); got.State != want || got.Asking {
				t.Errorf("after %s, to %s it is %s", given[0].Answer, who, got.State)
			}
		}
		row(t, w, `SELECT COUNT(*) FROM events WHERE kind IN ('approval_approved', 'approval_returned') AND subject = '`+string(a.ID)+`'`, &rows)
		if rows != 1 {
			t.Errorf("it was decided %d times", rows)
		}
	})
}

// T179: whatever becomes of a file, what was approved is the version that it was, and
// nothing newer.
func TestApprovedStaysBound(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		files, versions := banners(t, w, 1)
		a := toApprove(t, w, portal.NewApproval{Versions: versions})
		if err := w.As(w.Cleo).Decide(ctx, a.ID, yes(a)); err != nil {
			t.Fatal(err)
		}
		was := must[[]portal.ApprovalSubject](t)(w.As(w.Cleo).ApprovalSubjects(ctx, a.ID))[0]
		var newer portal.VersionID
		for what, do := range []func() error{
			func() error {
				return w.As(w.Tom).RenameFile(ctx, files[0], "poster.png", must[portal.File](t)(w.As(w.Tom).File(ctx, files[0])).Revision)
			},
			func() error {
				return w.As(w.Tom).MoveFile(ctx, files[0], w.Items[w.Site][portal.ClientSide].Folder, portal.MoveOptions{})
			},
			func() error {
				newer = bytesOf(t, w, files[0], "the newer bytes")()
				return nil
			},
			func() error { return w.As(w.Mia).TrashFile(ctx, files[0]) },
			func() error { return w.As(w.Mia).RestoreFromTrash(ctx, string(files[0])) },
		} {
			if err := do(); err != nil {
				t.Fatal(what, err)
			}
			stands(t, w, a.ID, portal.ApprovalGranted)
			is := must[[]portal.ApprovalSubject](t)(w.As(w.Tom).ApprovalSubjects(ctx, a.ID))
			if len(is) != 1 || is[0].Version != was.Version || is[0].SHA256 != was.SHA256 || is[0].Result != "approved" || is[0].Newest != (newer == "") {
				t.Errorf("after %d: %+v", what, is)
			}
			for _, s := range must[[]portal.ApprovalSubject](t)(w.As(w.Tom).FileApprovals(ctx, files[0])) {
				if s.Version != was.Version {
					t.Errorf("after %d: %s is approved", what, s.Version)
				}
			}
		}
		// What is newer needs an answer of its own, to its own bytes.
		again := toApprove(t, w, portal.NewApproval{Versions: []portal.VersionID{newer}})
		is := must[[]portal.ApprovalSubject](t)(w.As(w.Cleo).ApprovalSubjects(ctx, again.ID))
		if len(is) != 1 || is[0].Version != newer || is[0].SHA256 == was.SHA256 || is[0].Result != "" {
			t.Errorf("what is newer: %+v", is)
		}
		wants(t, "the old answer to something newer", w.As(w.Cleo).Decide(ctx, again.ID, yes(a)), portal.ErrConflict)
		stands(t, w, again.ID, portal.ApprovalOpen)
	})
}

// T179 of a deliverable: what was approved is the text and the versions that were in it.
// With something newer in it, that needs a new approval, for which it is reviewed again
// until it is signed off; what was approved before stays what it was.
func TestApprovedContentStaysBound(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		byHand(t, w, `DELETE FROM events`)
		byHand(t, w, `DELETE FROM event_chains`)
		tom, cleo := w.As(w.Tom), w.As(w.Cleo)
		files, versions := banners(t, w, 1)
		d := must[portal.DeliverableID](t)(tom.AddDeliverable(ctx, w.Site, portal.NewDeliverable{Title: "Box", Body: "Warm and dry.", Audience: portal.ClientSide}))
		if err := tom.Attach(ctx, portal.ItemID(d), files[0]); err != nil {
			t.Fatal(err)
		}
		is := func(what string, state portal.State, round int, outgrown bool, approved portal.VersionID) (x portal.Deliverable) {
			t.Helper()
			for _, who := range []*portal.Scope{cleo, tom} {
				x = must[portal.Deliverable](t)(who.Deliverable(ctx, d))
				old := must[bool](t)(who.Outgrown(ctx, must[portal.Project](t)(who.Project(ctx, w.Site)), x))
				marks := must[map[portal.FileID]portal.ApprovalSubject](t)(who.ApprovedIn(ctx, d))
				if x.State != state || x.Round != round || old != outgrown || marks[files[0]].Version != approved {
					t.Errorf("%s it is %s in round %d, outgrown: %v, and of %v is approved %v", what, x.State, x.Round, old, versions[0], marks)
				}
			}
			return x
		}
		again := func() error {
			_, err := tom.AskApproval(ctx, w.Site, portal.NewApproval{Title: "Box", Deliverable: d, Stages: []portal.NewStage{{People: []portal.PersonID{w.Cleo}}}})
			return err
		}
		sound := func(what string, breaks int) {
			t.Helper()
			if _, all, err := portal.VerifyChains(ctx, w.DB); err != nil || len(all) != breaks {
				t.Errorf("%s: %v, %v", what, all, err)
			}
		}
		is("before it is asked,", portal.StateShared, 0, false, "")
		a := toApprove(t, w, portal.NewApproval{Deliverable: d})
		if err := cleo.Decide(ctx, a.ID, yes(a)); err != nil {
			t.Fatal(err)
		}
		is("once approved,", portal.StateApproved, 1, false, versions[0])
		wants(t, "asking about the same", again(), portal.ErrConflict)

		newer := bytesOf(t, w, files[0], "the newer bytes")()
		x := is("with a newer version,", portal.StateApproved, 1, true, versions[0])
		wants(t, "changing what was approved", tom.ChangeDeliverable(ctx, d, portal.DeliverableChange{Title: "Tin", Revision: x.Revision}), portal.ErrConflict)
		b := toApprove(t, w, portal.NewApproval{Deliverable: d})
		if is := must[[]portal.ApprovalSubject](t)(cleo.ApprovalSubjects(ctx, b.ID)); b.Previous != a.ID || b.Round != 2 || len(is) != 1 || is[0].Version != newer {
			t.Errorf("asked again: %+v about %+v", b, is)
		}
		is("asked again,", portal.StateInReview, 2, false, versions[0])
		wants(t, "undoing what was asked again", cleo.Undo(ctx, a.ID), portal.ErrConflict)
		_, err := tom.AskSignoff(ctx, portal.NewSignoff{Project: w.Site, Subject: string(d), Statement: "I accept."})
		refuses(t, "signing off what is in review", err, "subject", "not_approved")
		if err := tom.CancelApproval(ctx, b.ID); err != nil {
			t.Fatal(err)
		}
		x = is("no longer asked,", portal.StateShared, 1, false, versions[0])
		if err := tom.ChangeDeliverable(ctx, d, portal.DeliverableChange{Title: "Tin", Body: "Cool and wet.", Revision: x.Revision}); err != nil {
			t.Fatal(err)
		}
		c := toApprove(t, w, portal.NewApproval{Deliverable: d})
		sound("asked with another text", 0)
		wants(t, "the old answer to something newer", cleo.Decide(ctx, c.ID, yes(a)), portal.ErrConflict)
		if err := cleo.Decide(ctx, c.ID, yes(c)); err != nil {
			t.Fatal(err)
		}
		is("approved again,", portal.StateApproved, 2, false, newer)
		stands(t, w, a.ID, portal.ApprovalGranted)
		was, now, err := cleo.ApprovalAbout(ctx, a)
		if err != nil || was.Title != "Box" || was.Body != "Warm and dry." || now.Title != "Tin" || now.Body != "Cool and wet." || was.Same(now) {
			t.Errorf("the first was about %+v, now %+v, %v", was, now, err)
		}
		if s := must[[]portal.ApprovalSubject](t)(cleo.ApprovalSubjects(ctx, a.ID)); s[0].Version != versions[0] || s[0].Result != "approved" || s[0].Newest {
			t.Errorf("the first is about %+v", s)
		}
		sound("approved twice", 0)

		s := askedToSign(t, w, string(d))
		_, signature := lookedAt(t, w, w.Cleo, s)
		if err := cleo.SignOff(ctx, s.ID, signature); err != nil {
			t.Fatal(err)
		}
		bytesOf(t, w, files[0], "the newest bytes")()
		is("signed off,", portal.StateSignedOff, 2, true, newer)
		wants(t, "asking about what was signed off", again(), portal.ErrConflict)
		sound("signed off", 0)
		byHand(t, w, `UPDATE deliverables SET body = 'Cold and wet.' WHERE id = $1`, string(d))
		sound("altered by hand", 2)
	})
}

// What the team approves for itself first, of what is newer in a deliverable that was
// approved, does not take the client's approval away, nor is it theirs.
func TestTeamLooksAtWhatIsNewer(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		tom, cleo := w.As(w.Tom), w.As(w.Cleo)
		files, versions := banners(t, w, 1)
		d := must[portal.DeliverableID](t)(tom.AddDeliverable(ctx, w.Site, portal.NewDeliverable{Title: "Box", Audience: portal.ClientSide}))
		if err := tom.Attach(ctx, portal.ItemID(d), files[0]); err != nil {
			t.Fatal(err)
		}
		a := toApprove(t, w, portal.NewApproval{Deliverable: d})
		if err := cleo.Decide(ctx, a.ID, yes(a)); err != nil {
			t.Fatal(err)
		}
		bytesOf(t, w, files[0], "the newer bytes")()
		b := toApprove(t, w, portal.NewApproval{Deliverable: d, Stages: []portal.NewStage{{Of: portal.Team, People: []portal.PersonID{w.Mia}}, {People: []portal.PersonID{w.Cleo}}}})
		state := func() portal.State { return must[portal.Deliverable](t)(cleo.Deliverable(ctx, d)).State }
		if s := state(); s != portal.StateApproved {
			t.Errorf("while the team looks at it, it is %s", s)
		}
		if err := w.As(w.Mia).Decide(ctx, b.ID, portal.ApprovalAnswer{Answer: portal.AnswerDecline, Note: "Not yet", Content: b.Content}); err != nil {
			t.Fatal(err)
		}
		if s := state(); s != portal.StateApproved {
			t.Errorf("declined by the team it is %s", s)
		}
		if marks := must[map[portal.FileID]portal.ApprovalSubject](t)(tom.ApprovedIn(ctx, d)); marks[files[0]].Version != versions[0] {
			t.Errorf("approved are %+v", marks)
		}
		b = toApprove(t, w, portal.NewApproval{Deliverable: d, Stages: []portal.NewStage{{Of: portal.Team, People: []portal.PersonID{w.Mia}}, {People: []portal.PersonID{w.Cleo}}}})
		if err := w.As(w.Mia).Decide(ctx, b.ID, yes(b)); err != nil {
			t.Fatal(err)
		}
		if s := state(); s != portal.StateInReview {
			t.Errorf("approved by the team it is %s", s)
		}
	})
}

// bytesOf begins a version of a file that the client sees; what it returns finishes it.
func bytesOf(t *testing.T, w *portaltest.World, f portal.FileID, content string) (finish func() portal.VersionID) {
	t.Helper()
	sum := sha256.Sum256([]byte(content))
	tom, size := w.As(w.Tom), int64(len(content))
	id := must[portal.UploadID](t)(tom.BeginUpload(ctx, portal.NewUpload{Project: w.Site, File: f, Name: "banner.png", Size: size, Audience: portal.ClientSide}, db.NewID("blb")))
	if err := tom.AdvanceUpload(ctx, id, 0, size, ""); err != nil {
		t.Fatal(err)
	}
	return func() portal.VersionID {
		_, v, err := tom.FinishUpload(ctx, id, portal.Arrived{Size: size, SHA256: hex.EncodeToString(sum[:]), Kind: "text", Type: "text/plain"})
		if err != nil {
			t.Error(err)
		}
		return v
	}
}

// T180: what is asked, and of whom in all, does not change while it is asked; asked anew
// of others it is another approval, whose answers are its own. Those of before stay in
// the history of the one that ended, and bind nobody. docs/adr/0011 says why.
func TestAskedOfOthersIsAskedAnew(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		decides(t, w)
		tom, cleo, bea := w.As(w.Tom), w.As(w.Cleo), w.As(w.Bea)
		_, versions := banners(t, w, 2)
		both := []portal.NewStage{{Rule: portal.RuleEveryone, People: []portal.PersonID{w.Cleo, w.Bea}}}
		a := toApprove(t, w, portal.NewApproval{Versions: versions[:1], Stages: both})
		if err := bea.Decide(ctx, a.ID, yes(a)); err != nil {
			t.Fatal(err)
		}
		n, _, err := tom.AskedAs(ctx, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		for what, change := range map[string]func(n *portal.NewApproval){
			"other people": func(n *portal.NewApproval) { n.Stages = []portal.NewStage{{People: []portal.PersonID{w.Bea}}} },
			"another rule": func(n *portal.NewApproval) { n.Stages[0].Rule = portal.RuleAnyone },
			"another file": func(n *portal.NewApproval) { n.Versions = versions[1:] },
		} {
			other := n
			other.Stages = slices.Clone(n.Stages)
			change(&other)
			wants(t, what, tom.ChangeApproval(ctx, a.ID, other, a.Revision), portal.ErrConflict)
		}
		n.Stages = []portal.NewStage{{Rule: portal.RuleEveryone, People: []portal.PersonID{w.Bea}}}
		b := toApprove(t, w, n)
		wants(t, "an answer to what ended", cleo.Decide(ctx, a.ID, yes(a)), portal.ErrConflict)
		wants(t, "the answer of before", bea.Decide(ctx, b.ID, yes(a)), portal.ErrConflict)
		wants(t, "of who is not asked any more", cleo.Decide(ctx, b.ID, yes(b)), portal.ErrForbidden)
		if d := must[[]portal.ApprovalDecision](t)(tom.ApprovalDecisions(ctx, b.ID)); len(d) != 0 {
			t.Errorf("asked anew, it has the answers %+v", d)
		}
		stands(t, w, b.ID, portal.ApprovalOpen)
		for _, who := range []portal.PersonID{w.Tom, w.Bea, w.Cleo} {
			if d := must[[]portal.ApprovalDecision](t)(w.As(who).ApprovalDecisions(ctx, a.ID)); len(d) != 1 || d[0].Person != w.Bea || d[0].Content != a.Content {
				t.Errorf("to %s the history says %+v", who, d)
			}
		}
		stands(t, w, a.ID, portal.ApprovalOutdated)
		if err := bea.Decide(ctx, b.ID, yes(b)); err != nil {
			t.Fatal(err)
		}
		stands(t, w, b.ID, portal.ApprovalGranted)
	})
}

// late waits a moment, so that of two who begin together now one is first, now the other.
func late() { time.Sleep(rand.N(3 * time.Millisecond)) }

// T177: nothing but what is there now is approved.
func TestApprovalOfWhatIsThere(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		files, versions := banners(t, w, 2)
		hash := func(v portal.VersionID) string { return must[portal.Version](t)(w.As(w.Tom).Version(ctx, v)).SHA256 }
		won := 0
		for round := range 100 {
			a := toApprove(t, w, portal.NewApproval{Versions: versions})
			was, finish := hash(versions[0]), bytesOf(t, w, files[0], fmt.Sprint("round ", round))
			var all sync.WaitGroup
			var said error
			var newer portal.VersionID
			all.Go(func() { late(); said = w.As(w.Cleo).Decide(context.Background(), a.ID, yes(a)) })
			all.Go(func() { late(); newer = finish() })
			all.Wait()
			got := must[portal.Approval](t)(w.As(w.Ada).Approval(ctx, a.ID))
			switch {
			case said == nil && got.State == portal.ApprovalGranted:
				won++
			case errors.Is(said, portal.ErrConflict) && got.State == portal.ApprovalOutdated && got.Lane == portal.LaneTeam:
			default:
				t.Errorf("round %d: Decide said %v, and it is %s", round, said, got.State)
			}
			if s := must[[]portal.ApprovalSubject](t)(w.As(w.Cleo).ApprovalSubjects(ctx, a.ID)); s[0].Version != versions[0] || s[0].SHA256 != was || was == hash(newer) || s[0].Newest || s[0].Result != map[bool]string{true: "approved"}[said == nil] {
				t.Errorf("round %d: %+v", round, s[0])
			}
			versions[0] = newer
		}
		if won == 0 || won == 100 {
			t.Errorf("of 100 answers %d came before the newer version", won)
		}
		// A page of before is told so, and a draft of the team's changes nothing.
		a := toApprove(t, w, portal.NewApproval{Versions: versions})
		bring(t, w, w.Tom, portal.NewUpload{Project: w.Site, File: files[0], Name: "banner.png"})
		stands(t, w, a.ID, portal.ApprovalOpen)
		if err := w.As(w.Mia).TrashFile(ctx, files[1]); err != nil {
			t.Fatal(err)
		}
		stands(t, w, a.ID, portal.ApprovalWithdrawn)
		wants(t, "an answer after it was withdrawn", w.As(w.Cleo).Decide(ctx, a.ID, yes(a)), portal.ErrConflict)

		// Concealed, it is not there for the client, nor what happened to it.
		files, versions = banners(t, w, 1)
		b := toApprove(t, w, portal.NewApproval{Title: "Concealed", Versions: versions})
		if _, err := w.As(w.Tom).Conceal(ctx, portal.ItemID(files[0])); err != nil {
			t.Fatal(err)
		}
		stands(t, w, b.ID, portal.ApprovalWithdrawn)
		_, err := w.As(w.Cleo).Approval(ctx, b.ID)
		wants(t, "Approval of what was concealed", err, portal.ErrNotFound)
		for _, e := range must[[]portal.Event](t)(w.As(w.Cleo).ItemActivity(ctx, portal.ItemID(b.ID), 10)) {
			t.Errorf("Cleo is told of %s", e.Kind)
		}
	})
}

func TestApprovalRules(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		decides(t, w)
		ch := change(t, w, w.Acme)
		ch.Change = []portal.ClientUserChange{{User: w.DanUser, Rights: portal.PresetApprover.Rights(), AllProjects: true}}
		if _, err := w.As(w.Mia).SaveAccess(ctx, w.Acme, ch); err != nil {
			t.Fatal(err)
		}
		three := []portal.PersonID{w.Cleo, w.Bea, w.Dan}
		for _, c := range []struct {
			rule  portal.Rule
			yeses int
		}{{portal.RuleAnyone, 1}, {portal.RuleEveryone, 3}, {portal.RuleMajority, 2}} {
			_, versions := banners(t, w, 1)
			a := toApprove(t, w, portal.NewApproval{Versions: versions, Stages: []portal.NewStage{{Rule: c.rule, People: three}}})
			for i := range c.yeses {
				stands(t, w, a.ID, portal.ApprovalOpen)
				if err := w.As(three[i]).Decide(ctx, a.ID, yes(a)); err != nil {
					t.Fatalf("%s, answer %d: %v", c.rule, i+1, err)
				}
			}
			stands(t, w, a.ID, portal.ApprovalGranted)
			if s := must[[]portal.ApprovalSubject](t)(w.As(w.Cleo).ApprovalSubjects(ctx, a.ID)); s[0].Result != "approved" {
				t.Errorf("%s: the file is %q", c.rule, s[0].Result)
			}
			// One who asks for changes ends it, whatever the rule.
			_, versions = banners(t, w, 1)
			a = toApprove(t, w, portal.NewApproval{Versions: versions, Stages: []portal.NewStage{{Rule: c.rule, People: three}}})
			if err := w.As(w.Dan).Decide(ctx, a.ID, portal.ApprovalAnswer{Answer: portal.AnswerChanges, Note: "Not yet", Content: a.Content}); err != nil {
				t.Fatal(err)
			}
			stands(t, w, a.ID, portal.ApprovalReturn)
			wants(t, "an answer after that", w.As(w.Cleo).Decide(ctx, a.ID, yes(a)), portal.ErrConflict)
		}
		// Advice does not count, and advisers of the team are not known to the client.
		_, versions := banners(t, w, 1)
		a := toApprove(t, w, portal.NewApproval{Versions: versions, Stages: []portal.NewStage{{Rule: portal.RuleDecider, People: []portal.PersonID{w.Cleo}, Advisers: []portal.PersonID{w.Bea, w.Mia}}}})
		for _, who := range []portal.PersonID{w.Bea, w.Mia} {
			if err := w.As(who).Decide(ctx, a.ID, portal.ApprovalAnswer{Answer: portal.AnswerChanges, Note: "I would not", Content: a.Content}); err != nil {
				t.Fatal(err)
			}
		}
		stands(t, w, a.ID, portal.ApprovalOpen)
		names := ""
		for _, x := range must[[]portal.ApprovalPerson](t)(w.As(w.Cleo).ApprovalPeople(ctx, a.ID)) {
			names += x.Name + " "
		}
		if names != "Cleo Bea " {
			t.Errorf("Cleo knows of %s", names)
		}
		for _, e := range must[[]portal.Event](t)(w.As(w.Cleo).ItemActivity(ctx, portal.ItemID(a.ID), 10)) {
			if e.Actor == w.Mia {
				t.Errorf("Cleo is told what Mia advised: %+v", e)
			}
		}
		if err := w.As(w.Cleo).Decide(ctx, a.ID, yes(a)); err != nil {
			t.Fatal(err)
		}
		stands(t, w, a.ID, portal.ApprovalGranted)
	})
}

func TestApprovalStages(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		decides(t, w)
		file, v := bring(t, w, w.Tom, portal.NewUpload{Project: w.Site, Name: "film.mp4"})
		stages := []portal.NewStage{{Of: portal.Team, People: []portal.PersonID{w.Mia}}, {People: []portal.PersonID{w.Cleo}}, {People: []portal.PersonID{w.Bea}}}
		a := toApprove(t, w, portal.NewApproval{Title: "Film", Versions: []portal.VersionID{v}, Stages: stages, DueOn: "2026-03-20"})
		if got := mailsAbout(t, w, string(a.ID)); got != "approval Mia" {
			t.Errorf("mails: %s", got)
		}
		hidden := func() {
			t.Helper()
			_, err := w.As(w.Cleo).Approval(ctx, a.ID)
			wants(t, "Approval in a stage of the team", err, portal.ErrNotFound)
			if all, _, err := w.As(w.Cleo).ProjectApprovals(ctx, w.Site, portal.Page{}); err != nil || len(all) != 1 { // the World's own
				t.Errorf("Cleo's list: %d, %v", len(all), err)
			}
			if e := must[[]portal.Event](t)(w.As(w.Cleo).ItemActivity(ctx, portal.ItemID(a.ID), 10)); len(e) > 0 {
				t.Errorf("Cleo is told of %+v", e)
			}
		}
		hidden()
		wants(t, "Decide as Cleo", w.As(w.Cleo).Decide(ctx, a.ID, yes(a)), portal.ErrNotFound)
		wants(t, "SendToClient before its time", w.As(w.Tom).SendToClient(ctx, a.ID), portal.ErrConflict)
		if err := w.As(w.Mia).Decide(ctx, a.ID, yes(a)); err != nil {
			t.Fatal(err)
		}
		// The client does not see the film yet, so the team has to show it.
		recorded(t, w, portal.ApprovalPassed)
		if b := stands(t, w, a.ID, portal.ApprovalOpen); b.Asking || b.Turn != portal.Team || b.Lane != portal.LaneTeam || b.Stage != 2 {
			t.Errorf("held: %+v", b)
		}
		hidden()
		refuses(t, "SendToClient of what is hidden", w.As(w.Tom).SendToClient(ctx, a.ID), "versions", "not_shown")
		if err := w.As(w.Tom).Reveal(ctx, portal.ItemID(file), false); err != nil {
			t.Fatal(err)
		}
		wants(t, "SendToClient as Cleo", w.As(w.Cleo).SendToClient(ctx, a.ID), portal.ErrNotFound)
		if err := w.As(w.Tom).SendToClient(ctx, a.ID); err != nil {
			t.Fatal(err)
		}
		if n := approvalNeeds(t, w, w.Cleo) + 2*approvalNeeds(t, w, w.Bea); n != 1 {
			t.Errorf("it waits for %d", n)
		}
		if g := must[[]portal.ApprovalStage](t)(w.As(w.Cleo).ApprovalStages(ctx, a.ID)); len(g) != 2 || g[0].Of != portal.ClientSide {
			t.Errorf("the stages that Cleo knows of: %+v", g)
		}
		for _, x := range must[[]portal.ApprovalPerson](t)(w.As(w.Cleo).ApprovalPeople(ctx, a.ID)) {
			if x.Person == w.Mia {
				t.Error("Cleo knows that Mia was asked")
			}
		}
		if d := must[[]portal.ApprovalDecision](t)(w.As(w.Cleo).ApprovalDecisions(ctx, a.ID)); len(d) != 0 {
			t.Errorf("Cleo knows the team's answers: %+v", d)
		}
		wants(t, "Decide as Bea, who is next", w.As(w.Bea).Decide(ctx, a.ID, yes(a)), portal.ErrConflict)
		if err := w.As(w.Cleo).Decide(ctx, a.ID, yes(a)); err != nil {
			t.Fatal(err)
		}
		recorded(t, w, portal.ApprovalAdvanced)
		wants(t, "Undo after the next were asked", w.As(w.Cleo).Undo(ctx, a.ID), portal.ErrConflict)
		if b := must[portal.Approval](t)(w.As(w.Bea).Approval(ctx, a.ID)); !b.MayDecide() || b.State != portal.ApprovalOpen {
			t.Errorf("as Bea sees it: %+v", b)
		}
		if err := w.As(w.Bea).Decide(ctx, a.ID, yes(a)); err != nil {
			t.Fatal(err)
		}
		stands(t, w, a.ID, portal.ApprovalGranted)
	})
}

func TestApprovalOfDeliverable(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		showsFiles(t, w)
		it := w.Items[w.Site][portal.ClientSide]
		state := func(want portal.State) portal.Deliverable {
			t.Helper()
			d := must[portal.Deliverable](t)(w.As(w.Tom).Deliverable(ctx, it.Deliverable))
			if d.State != want {
				t.Errorf("the deliverable is %s, want %s", d.State, want)
			}
			return d
		}
		a := toApprove(t, w, portal.NewApproval{Deliverable: it.Deliverable})
		d := state(portal.StateInReview)
		if a.Files != 1 || d.Round != 1 {
			t.Errorf("%d files, round %d", a.Files, d.Round)
		}
		wants(t, "asking twice", func() error {
			_, err := w.As(w.Tom).AskApproval(ctx, w.Site, portal.NewApproval{Title: "Again", Deliverable: it.Deliverable, Stages: []portal.NewStage{{People: []portal.PersonID{w.Cleo}}}})
			return err
		}(), portal.ErrConflict)
		needs := ""
		for _, n := range must[[]portal.Need](t)(w.As(w.Cleo).ProjectNeeds(ctx, w.Site, 0)) {
			if n.Kind == "approval" || n.Kind == "deliverable" {
				needs += n.Kind + " "
			}
		}
		if needs != "approval " {
			t.Errorf("Cleo needs %s", needs)
		}
		if err := w.As(w.Cleo).Decide(ctx, a.ID, portal.ApprovalAnswer{Answer: portal.AnswerChanges, Note: "Warmer", Content: a.Content}); err != nil {
			t.Fatal(err)
		}
		state(portal.StateChangesRequested)
		if err := w.As(w.Cleo).Undo(ctx, a.ID); err != nil {
			t.Fatal(err)
		}
		state(portal.StateInReview)
		if err := w.As(w.Cleo).Decide(ctx, a.ID, portal.ApprovalAnswer{Answer: portal.AnswerChanges, Note: "Warmer", Content: a.Content}); err != nil {
			t.Fatal(err)
		}
		wants(t, "DeleteDeliverable", w.As(w.Mia).DeleteDeliverable(ctx, it.Deliverable), portal.ErrConflict)

		// Asked again, and taken back, and asked again and approved.
		n, project, err := w.As(w.Tom).AskedAs(ctx, a.ID)
		if err != nil || n.Previous != a.ID || project != w.Site || n.Deliverable != it.Deliverable {
			t.Fatalf("AskedAs: %+v, %v", n, err)
		}
		b := toApprove(t, w, n)
		if b.Round != 2 || b.Previous != a.ID || stands(t, w, a.ID, portal.ApprovalReturn).Lane != portal.LaneOver {
			t.Errorf("again: %+v", b)
		}
		wants(t, "asking the old one again", func() error { _, err := w.As(w.Tom).AskApproval(ctx, w.Site, n); return err }(), portal.ErrConflict)
		wants(t, "CancelApproval as Cleo", w.As(w.Cleo).CancelApproval(ctx, b.ID), portal.ErrForbidden)
		if err := w.As(w.Tom).CancelApproval(ctx, b.ID); err != nil {
			t.Fatal(err)
		}
		state(portal.StateShared)
		n.Previous = b.ID
		c := toApprove(t, w, n)
		if err := w.As(w.Cleo).Decide(ctx, c.ID, yes(c)); err != nil {
			t.Fatal(err)
		}
		state(portal.StateApproved)

		// Concealed while it is asked, it is not asked any more.
		brand := w.Items[w.Brand][portal.ClientSide]
		id := must[portal.ApprovalID](t)(w.As(w.Mia).AskApproval(ctx, w.Brand, portal.NewApproval{Title: "Logo", Deliverable: brand.Deliverable, Stages: []portal.NewStage{{People: []portal.PersonID{w.Cleo}}}}))
		if _, err := w.As(w.Mia).Conceal(ctx, portal.ItemID(brand.Deliverable)); err != nil {
			t.Fatal(err)
		}
		stands(t, w, id, portal.ApprovalWithdrawn)
		_, err = w.As(w.Cleo).Approval(ctx, id)
		wants(t, "Approval of a concealed deliverable", err, portal.ErrNotFound)
	})
}

func TestApprovalFollowUp(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		_, versions := banners(t, w, 1)
		tom := w.As(w.Tom)
		a := toApprove(t, w, portal.NewApproval{Versions: versions, DueOn: "2026-03-12", ExpiresOn: "2026-03-15"})
		if !a.RemindAt.Equal(time.Date(2026, 3, 12, 9, 0, 0, 0, time.UTC)) {
			t.Errorf("the first reminder is at %v", a.RemindAt)
		}
		wants(t, "Remind as Cleo", w.As(w.Cleo).Remind(ctx, a.ID), portal.ErrForbidden)
		if err := tom.Remind(ctx, a.ID); err != nil {
			t.Fatal(err)
		}
		refuses(t, "Remind at once again", tom.Remind(ctx, a.ID), "remind", "just_reminded")
		w.Clock.Advance(24 * time.Hour)
		for range 2 {
			if err := w.Portal.RemindOfApprovals(ctx, w.Clock.Now().Add(-3*time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
		if got := mailsAbout(t, w, string(a.ID)); got != "approval Cleo, approval_reminder Cleo, approval_reminder Cleo" {
			t.Errorf("mails: %s", got)
		}
		if n := must[int](t)(w.Portal.EndLapsed(ctx)); n != 0 {
			t.Errorf("%d lapsed before their time", n)
		}
		lanes, err := tom.BoardCounts(ctx, "", "2026-03-13")
		if err != nil || lanes[portal.LaneClient] != 0 || lanes[portal.LaneOverdue] != 1 {
			t.Errorf("counts: %v, %v", lanes, err)
		}
		w.Clock.Advance(4 * 24 * time.Hour)
		if n := must[int](t)(w.Portal.EndLapsed(ctx)); n != 1 {
			t.Errorf("%d lapsed", n)
		}
		b := stands(t, w, a.ID, portal.ApprovalLapsed)
		if b.Lane != portal.LaneTeam {
			t.Errorf("lapsed, it is in %s", b.Lane)
		}
		wants(t, "an answer after that", w.As(w.Cleo).Decide(ctx, a.ID, yes(a)), portal.ErrConflict)
		if err := tom.PutAside(ctx, a.ID); err != nil {
			t.Fatal(err)
		}
		if b := stands(t, w, a.ID, portal.ApprovalLapsed); b.Lane != portal.LaneOver {
			t.Errorf("put aside, it is in %s", b.Lane)
		}

		// A draft is the team's, changes, and is sent.
		n := portal.NewApproval{Title: "Later", Versions: versions, Draft: true, Stages: []portal.NewStage{{People: []portal.PersonID{w.Cleo}}}}
		d := toApprove(t, w, n)
		_, err = w.As(w.Cleo).Approval(ctx, d.ID)
		wants(t, "a draft as Cleo sees it", err, portal.ErrNotFound)
		n.Title, n.Draft = "Now", false
		wants(t, "a change from an old page", tom.ChangeApproval(ctx, d.ID, n, d.Revision-1), portal.ErrConflict)
		if err := tom.ChangeApproval(ctx, d.ID, n, d.Revision); err != nil {
			t.Fatal(err)
		}
		if got := must[portal.Approval](t)(w.As(w.Cleo).Approval(ctx, d.ID)); got.Title != "Now" || !got.MayDecide() {
			t.Errorf("sent: %+v", got)
		}
		wants(t, "a change of what was sent", tom.ChangeApproval(ctx, d.ID, n, d.Revision+2), portal.ErrConflict)

		// Removed, a person is not waited for in vain unnoticed.
		if _, err := w.As(w.Mia).Remove(ctx, w.CleoUser); err != nil {
			t.Fatal(err)
		}
		wants(t, "an answer of who was removed", w.As(w.Cleo).Decide(ctx, d.ID, yes(d)), portal.ErrNotFound)
		if x := must[[]portal.ApprovalPerson](t)(tom.ApprovalPeople(ctx, d.ID)); len(x) != 1 || !x[0].Gone {
			t.Errorf("people: %+v", x)
		}
		w.Clock.Advance(2 * time.Hour)
		refuses(t, "Remind of nobody", tom.Remind(ctx, d.ID), "remind", "nobody_asked")
	})
}

// A role asks those who have it when the request is sent: not who gets it later.
func TestApproverRoles(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		decides(t, w)
		_, versions := banners(t, w, 1)
		tom := w.As(w.Tom)
		ask := func(draft bool, g portal.NewStage) (portal.ApprovalID, error) {
			return tom.AskApproval(ctx, w.Site, portal.NewApproval{Title: "Banner", Versions: versions, Draft: draft, Stages: []portal.NewStage{g}})
		}
		asked := func(id portal.ApprovalID) (all string) {
			t.Helper()
			for _, x := range must[[]portal.ApprovalPerson](t)(tom.ApprovalPeople(ctx, id)) {
				all += x.Name
				if x.ByRole {
					all += " by role"
				}
				all += ";"
			}
			return all
		}
		for what, g := range map[string]portal.NewStage{"of the team": {Of: portal.Team, Role: portal.RoleLeads}, "unknown": {Role: "everybody"}} {
			_, err := ask(false, g)
			refuses(t, "a role "+what, err, "stages.1.people", "choice")
		}
		_, err := ask(false, portal.NewStage{Role: portal.RoleApprovers, Rule: portal.RuleDecider})
		refuses(t, "two who decide alone", err, "stages.1.people", "one_decides")

		draft := must[portal.ApprovalID](t)(ask(true, portal.NewStage{Role: portal.RoleApprovers}))
		if got := asked(draft); got != "" {
			t.Errorf("a draft asks %s", got)
		}
		leads := must[portal.ApprovalID](t)(ask(false, portal.NewStage{Role: portal.RoleLeads}))
		both := must[portal.ApprovalID](t)(ask(false, portal.NewStage{Role: portal.RoleApprovers, People: []portal.PersonID{w.Bea}, Rule: portal.RuleEveryone}))
		if a, b := asked(leads), asked(both); a != "Cleo by role;" || b != "Bea;Cleo by role;" {
			t.Errorf("the leads are %s, and all who may are %s", a, b)
		}
		if got := mailsAbout(t, w, string(leads)); got != "approval Cleo" {
			t.Errorf("mails: %s", got)
		}
		for _, who := range []portal.PersonID{w.Dan, w.Carl, w.Rex} {
			if g, err := w.As(who).ApprovalStages(ctx, leads); err != nil || len(g) > 0 {
				t.Errorf("%s knows of %+v, %v", who, g, err)
			}
		}
		if g := must[[]portal.ApprovalStage](t)(w.As(w.Cleo).ApprovalStages(ctx, leads)); len(g) != 1 || g[0].Role != portal.RoleLeads {
			t.Errorf("as Cleo sees it: %+v", g)
		}

		// Bea leads, too, from now on.
		write(t, w, `UPDATE client_users SET rights = (SELECT c.rights FROM client_users c WHERE c.id = $1) WHERE id = $2`, string(w.CleoUser), string(w.BeaAtAcme))
		w.Regrant()
		a := must[portal.Approval](t)(w.As(w.Bea).Approval(ctx, leads))
		wants(t, "Decide as a lead since", w.As(w.Bea).Decide(ctx, leads, yes(a)), portal.ErrForbidden)
		n, _, err := tom.AskedAs(ctx, leads)
		if err != nil || n.Stages[0].Role != portal.RoleLeads || len(n.Stages[0].People) > 0 {
			t.Errorf("asked again: %+v, %v", n.Stages, err)
		}
		again := must[portal.ApprovalID](t)(tom.AskApproval(ctx, w.Site, n))
		if got := asked(again); got != "Bea by role;Cleo by role;" {
			t.Errorf("asked again are %s", got)
		}

		// A draft asks whoever there is once it is sent.
		write(t, w, `UPDATE client_users SET rights = 1 WHERE id = $1`, string(w.CleoUser))
		w.Regrant()
		n, _, err = tom.AskedAs(ctx, draft)
		if err != nil {
			t.Fatal(err)
		}
		if err := tom.ChangeApproval(ctx, draft, n, must[portal.Approval](t)(tom.Approval(ctx, draft)).Revision); err != nil {
			t.Fatal(err)
		}
		if got := asked(draft); got != "Bea by role;" {
			t.Errorf("the draft asks %s", got)
		}
		write(t, w, `UPDATE client_users SET rights = 1 WHERE id = $1`, string(w.BeaAtAcme))
		w.Regrant()
		_, err = ask(false, portal.NewStage{Role: portal.RoleLeads})
		refuses(t, "a role that nobody has", err, "stages.1.people", "role_empty")
	})
}

// Of several approvals at once, those are reminded of that were not today.
func TestRemindAll(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		decides(t, w)
		_, versions := banners(t, w, 3)
		tom := w.As(w.Tom)
		var ids []portal.ApprovalID
		for _, v := range versions {
			ids = append(ids, toApprove(t, w, portal.NewApproval{Versions: []portal.VersionID{v}, Stages: []portal.NewStage{{People: []portal.PersonID{w.Cleo, w.Bea}}}}).ID)
		}
		if err := tom.Remind(ctx, ids[0]); err != nil {
			t.Fatal(err)
		}
		if err := tom.CancelApproval(ctx, ids[1]); err != nil {
			t.Fatal(err)
		}
		_, err := tom.RemindAll(ctx, nil)
		refuses(t, "of none", err, "approval", "required")
		said := func(who portal.PersonID) (all string) {
			t.Helper()
			for _, r := range must[[]portal.Reminding](t)(w.As(who).RemindAll(ctx, append(ids, ids[2], "apr_none"))) {
				all += r.Why + strings.Join(r.People, ",") + ";"
			}
			return all
		}
		for who, want := range map[portal.PersonID]string{w.Carl: "", w.Rex: "", w.Dan: "", w.Cleo: "forbidden;forbidden;forbidden;"} {
			if got := said(who); got != want {
				t.Errorf("RemindAll as %s: %s", who, got)
			}
		}
		if got := said(w.Tom); got != "reminded_today;over;Bea,Cleo;" {
			t.Errorf("at first: %s", got)
		}
		recorded(t, w, portal.ApprovalReminded)
		if got := mailsAbout(t, w, string(ids[2])); !strings.Contains(got, "approval_reminder Bea") || !strings.Contains(got, "approval_reminder Cleo") {
			t.Errorf("mails: %s", got)
		}
		if got := said(w.Tom); got != "reminded_today;over;reminded_today;" {
			t.Errorf("at once again: %s", got)
		}
		w.Clock.Advance(24 * time.Hour)
		write(t, w, `UPDATE client_users SET rights = 1 WHERE id IN ($1, $2)`, string(w.CleoUser), string(w.BeaAtAcme))
		w.Regrant()
		if got := said(w.Tom); got != "nobody_asked;over;nobody_asked;" {
			t.Errorf("when nobody can answer: %s", got)
		}
	})
}

// Asked again for newer versions, whoever approved can say that it still stands:
// of their own approval, once it is asked, and of nothing but newer versions.
func TestEarlierApprovalStands(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		byHand(t, w, `DELETE FROM events`)
		byHand(t, w, `DELETE FROM event_chains`)
		decides(t, w)
		files, versions := banners(t, w, 2)
		newer := func() {
			t.Helper()
			_, v := bring(t, w, w.Tom, portal.NewUpload{Project: w.Site, File: files[0], Name: "banner.png", Audience: portal.ClientSide})
			versions[0] = v
		}
		both := []portal.NewStage{{Rule: portal.RuleEveryone, People: []portal.PersonID{w.Cleo, w.Bea}}}
		cleo := w.As(w.Cleo)
		first := toApprove(t, w, portal.NewApproval{Versions: versions, Stages: both})
		_, err := cleo.ApprovedBefore(ctx, must[portal.Approval](t)(cleo.Approval(ctx, first.ID)))
		wants(t, "ApprovedBefore of what was never asked", err, portal.ErrNotFound)
		stand := yes(first)
		stand.Stands = true
		wants(t, "Decide with nothing to repeat", cleo.Decide(ctx, first.ID, stand), portal.ErrForbidden)
		given := w.Clock.Now()
		if err := cleo.Decide(ctx, first.ID, yes(first)); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(time.Hour)
		newer()
		stands(t, w, first.ID, portal.ApprovalOutdated)
		again := toApprove(t, w, portal.NewApproval{Versions: versions, Stages: both, Previous: first.ID})
		a := must[portal.Approval](t)(cleo.Approval(ctx, again.ID))
		was := must[portal.EarlierApproval](t)(cleo.ApprovedBefore(ctx, a))
		if was.Approval != first.ID || !was.At.Equal(given) || len(was.Files) != 2 || !was.Files[0].Changed() || was.Files[0].Was.Number != 1 || was.Files[0].Is.Number != 2 || was.Files[1].Changed() {
			t.Errorf("approved before: %+v", was)
		}
		stand = yes(a)
		stand.Stands = true
		for who, want := range map[portal.PersonID]error{w.Bea: portal.ErrForbidden, w.Tom: portal.ErrForbidden, w.Dan: portal.ErrNotFound, w.Carl: portal.ErrNotFound, w.Rex: portal.ErrNotFound} {
			wants(t, "Decide as "+string(who), w.As(who).Decide(ctx, a.ID, stand), want)
			_, err := w.As(who).ApprovedBefore(ctx, a)
			wants(t, "ApprovedBefore as "+string(who), err, portal.ErrNotFound)
		}
		in := stand
		in.Answer, in.Note = portal.AnswerChanges, "Bigger"
		refuses(t, "changes that stand", cleo.Decide(ctx, a.ID, in), "answer", "choice")
		in = stand
		in.Content = first.Content
		wants(t, "what was looked at before", cleo.Decide(ctx, a.ID, in), portal.ErrConflict)
		for range 2 { // and once more after it was taken back
			if err := cleo.Decide(ctx, a.ID, stand); err != nil {
				t.Fatal(err)
			}
			recorded(t, w, portal.ApprovalAnswered)
			d := must[[]portal.ApprovalDecision](t)(w.As(w.Bea).ApprovalDecisions(ctx, a.ID))
			if last := d[len(d)-1]; last.Answer != portal.AnswerApprove || !last.Repeats.Equal(given) || last.Content != a.Content {
				t.Errorf("the decision: %+v", last)
			}
			if len(d) == 1 {
				if err := cleo.Undo(ctx, a.ID); err != nil {
					t.Fatal(err)
				}
			}
		}
		wants(t, "a second answer", cleo.Decide(ctx, a.ID, stand), portal.ErrConflict)
		events := must[[]portal.Event](t)(cleo.ItemActivity(ctx, portal.ItemID(a.ID), 1))
		if events[0].Details["repeats"] != string(was.Decision) {
			t.Errorf("the event: %+v", events[0])
		}
		if err := w.As(w.Bea).Decide(ctx, a.ID, yes(a)); err != nil {
			t.Fatal(err)
		}
		for _, x := range must[[]portal.ApprovalPerson](t)(w.As(w.Tom).ApprovalPeople(ctx, a.ID)) {
			if x.Repeats.IsZero() == (x.Person == w.Cleo) {
				t.Errorf("%s: it stands since %v", x.Name, x.Repeats)
			}
		}
		w.Clock.Advance(11 * time.Minute)
		if err := cleo.CertifyApproval(ctx, a.ID); err != nil {
			t.Fatal(err)
		}
		said := 0
		record := must[portal.Certificate](t)(cleo.Certificate(ctx, string(a.ID))).Record
		for _, x := range record.Signers {
			if x.Repeats.Equal(given) && x.Name == "Cleo" {
				said++
			}
		}
		for _, x := range record.Timeline {
			if x.Repeats.Equal(given) {
				said++
			}
		}
		if said != 3 { // hers, and twice on the way
			t.Errorf("the certificate says it %d times: %+v", said, record)
		}

		// Asked, and not answered, between: it is still the last that Cleo said.
		newer()
		third := toApprove(t, w, portal.NewApproval{Versions: versions, Previous: a.ID})
		newer()
		fourth := toApprove(t, w, portal.NewApproval{Versions: versions, Previous: third.ID})
		fourth = must[portal.Approval](t)(cleo.Approval(ctx, fourth.ID))
		if was := must[portal.EarlierApproval](t)(cleo.ApprovedBefore(ctx, fourth)); was.Approval != a.ID || was.Files[0].Was.Number != 2 || was.Files[0].Is.Number != 4 {
			t.Errorf("approved before the last: %+v", was)
		}
		_, more := banners(t, w, 1)
		fifth := toApprove(t, w, portal.NewApproval{Versions: append(more, versions...), Previous: fourth.ID})
		_, err = cleo.ApprovedBefore(ctx, must[portal.Approval](t)(cleo.Approval(ctx, fifth.ID)))
		wants(t, "ApprovedBefore with another file", err, portal.ErrNotFound)

		// What an answer repeats is sealed with it.
		breaks := func() (n int) {
			t.Helper()
			_, all, err := portal.VerifyChains(ctx, w.DB)
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range all {
				if !strings.Contains(b.String(), "not what was recorded: answer") {
					t.Error(b)
				}
			}
			return len(all)
		}
		if n := breaks(); n != 0 {
			t.Errorf("%d breaks before anything was altered", n)
		}
		byHand(t, w, `UPDATE approval_decisions SET repeats_id = NULL WHERE approval_id = $1`, string(a.ID))
		if n := breaks(); n != 2 {
			t.Errorf("%d breaks, want one for each answer that repeated it", n)
		}
	})
}

// What the team looks at first is bound to what the client will see, and ends as
// outdated when it changes: nobody is left with a question they cannot answer.
func TestDeliverableOfTheTeamFirst(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		showsFiles(t, w)
		tom := w.As(w.Tom)
		first := []portal.NewStage{{Of: portal.Team, People: []portal.PersonID{w.Mia}}, {People: []portal.PersonID{w.Cleo}}}
		made := func(to portal.Side, fileTo portal.Side) (portal.DeliverableID, portal.FileID, portal.VersionID) {
			t.Helper()
			d := must[portal.DeliverableID](t)(tom.AddDeliverable(ctx, w.Site, portal.NewDeliverable{Title: "Poster", Audience: to}))
			f, v := bring(t, w, w.Tom, portal.NewUpload{Project: w.Site, Name: "poster.png", OnClash: "both", Audience: fileTo})
			if err := tom.Attach(ctx, portal.ItemID(d), f); err != nil {
				t.Fatal(err)
			}
			return d, f, v
		}
		bound := func(a portal.Approval) (all []portal.VersionID) {
			t.Helper()
			for _, s := range must[[]portal.ApprovalSubject](t)(tom.ApprovalSubjects(ctx, a.ID)) {
				all = append(all, s.Version)
			}
			return all
		}

		// Nothing of it is shown yet.
		hidden, _, v := made(portal.Team, portal.Team)
		a := toApprove(t, w, portal.NewApproval{Deliverable: hidden, Stages: first})
		if got := bound(a); !slices.Equal(got, []portal.VersionID{v}) {
			t.Errorf("of a hidden deliverable: %v, not %s", got, v)
		}
		if err := w.As(w.Mia).Decide(ctx, a.ID, yes(a)); err != nil {
			t.Errorf("the team's answer: %v", err)
		}

		// What is shown has a newer draft; what the team keeps for itself is no part.
		shown, f, _ := made(portal.ClientSide, portal.ClientSide)
		_, draft := bring(t, w, w.Tom, portal.NewUpload{File: f, Name: "poster.png", Audience: portal.Team})
		ours, _ := bring(t, w, w.Tom, portal.NewUpload{Project: w.Site, Name: "costs.txt", OnClash: "both", Audience: portal.Team})
		if err := tom.Attach(ctx, portal.ItemID(shown), ours); err != nil {
			t.Fatal(err)
		}
		a = toApprove(t, w, portal.NewApproval{Deliverable: shown, Stages: first})
		if got := bound(a); !slices.Equal(got, []portal.VersionID{draft}) {
			t.Errorf("of what is shown: %v, not %s", got, draft)
		}
		if err := w.As(w.Mia).Decide(ctx, a.ID, yes(a)); err != nil {
			t.Errorf("the team's answer: %v", err)
		}

		for what, change := range map[string]func(d portal.DeliverableID) error{
			"its text": func(id portal.DeliverableID) error {
				d := must[portal.Deliverable](t)(tom.Deliverable(ctx, id))
				return tom.ChangeDeliverable(ctx, id, portal.DeliverableChange{Title: d.Title, Body: "Warmer.", Revision: d.Revision})
			},
			"a link": func(id portal.DeliverableID) error {
				_, err := tom.AddLink(ctx, id, "Draft", "https://draft.example/")
				return err
			},
			"a file": func(id portal.DeliverableID) error {
				f, _ := bring(t, w, w.Tom, portal.NewUpload{Project: w.Site, Name: "more.png", OnClash: "both", Audience: portal.ClientSide})
				return tom.Attach(ctx, portal.ItemID(id), f)
			},
		} {
			d, _, _ := made(portal.ClientSide, portal.ClientSide)
			a := toApprove(t, w, portal.NewApproval{Deliverable: d, Stages: first})
			if err := change(d); err != nil {
				t.Fatal(what, err)
			}
			if got := stands(t, w, a.ID, portal.ApprovalOutdated); got.Lane != portal.LaneTeam {
				t.Errorf("%s: lane %s", what, got.Lane)
			}
		}

		// Who it belongs to is not what is decided on.
		d, _, _ := made(portal.ClientSide, portal.ClientSide)
		a = toApprove(t, w, portal.NewApproval{Deliverable: d, Stages: first})
		is := must[portal.Deliverable](t)(tom.Deliverable(ctx, d))
		if err := tom.ChangeDeliverable(ctx, d, portal.DeliverableChange{Title: is.Title, Body: is.Body, Owner: w.Tom, Revision: is.Revision}); err != nil {
			t.Fatal(err)
		}
		stands(t, w, a.ID, portal.ApprovalOpen)

		// A file that the client did not see is shown while they are asked.
		d, _, _ = made(portal.ClientSide, portal.ClientSide)
		late, _ := bring(t, w, w.Tom, portal.NewUpload{Project: w.Site, Name: "late.png", OnClash: "both", Audience: portal.Team})
		if err := tom.Attach(ctx, portal.ItemID(d), late); err != nil {
			t.Fatal(err)
		}
		a = toApprove(t, w, portal.NewApproval{Deliverable: d})
		if err := tom.Reveal(ctx, portal.ItemID(late), false); err != nil {
			t.Fatal(err)
		}
		stands(t, w, a.ID, portal.ApprovalOutdated)
	})
}

// An answer that is taken back asks again only for what is still there, and never
// for what was signed.
func TestUndoOfWhatMovedOn(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		cleo, tom := w.As(w.Cleo), w.As(w.Tom)
		files, versions := banners(t, w, 2)
		for i, change := range []func() error{
			func() error {
				bring(t, w, w.Tom, portal.NewUpload{File: files[0], Name: "banner.png", Audience: portal.ClientSide})
				return nil
			},
			func() error { _, err := tom.Conceal(ctx, portal.ItemID(files[1])); return err },
		} {
			a := toApprove(t, w, portal.NewApproval{Versions: versions[i : i+1]})
			if err := cleo.Decide(ctx, a.ID, yes(a)); err != nil {
				t.Fatal(err)
			}
			if err := change(); err != nil {
				t.Fatal(err)
			}
			if i == 1 { // they do not see it any more
				wants(t, "Undo of what was concealed", cleo.Undo(ctx, a.ID), portal.ErrNotFound)
				continue
			}
			if err := cleo.Undo(ctx, a.ID); err != nil {
				t.Fatal(err)
			}
			stands(t, w, a.ID, portal.ApprovalOutdated)
			if n := approvalNeeds(t, w, w.Cleo); n != 0 {
				t.Errorf("Cleo is asked for %d that nobody can answer", n)
			}
		}

		// Changes were asked for, and the text is another by now.
		d := must[portal.DeliverableID](t)(tom.AddDeliverable(ctx, w.Site, portal.NewDeliverable{Title: "Text", Audience: portal.ClientSide}))
		a := toApprove(t, w, portal.NewApproval{Deliverable: d})
		if err := cleo.Decide(ctx, a.ID, portal.ApprovalAnswer{Answer: portal.AnswerChanges, Note: "Shorter", Content: a.Content}); err != nil {
			t.Fatal(err)
		}
		is := must[portal.Deliverable](t)(tom.Deliverable(ctx, d))
		if err := tom.ChangeDeliverable(ctx, d, portal.DeliverableChange{Title: "Short text", Revision: is.Revision}); err != nil {
			t.Fatal(err)
		}
		if err := cleo.Undo(ctx, a.ID); err != nil {
			t.Fatal(err)
		}
		stands(t, w, a.ID, portal.ApprovalOutdated)
		if is := must[portal.Deliverable](t)(tom.Deliverable(ctx, d)); is.State == portal.StateInReview {
			t.Error("the deliverable is in review, and nobody is asked")
		}

		// Signed within the ten minutes.
		d, m, _ := handedOver(t, w)
		of, _, err := tom.DeliverableApprovals(ctx, d, portal.Page{})
		if err != nil || len(of) != 1 {
			t.Fatal(of, err)
		}
		s := askedToSign(t, w, string(m))
		_, signature := lookedAt(t, w, w.Cleo, s)
		if err := cleo.SignOff(ctx, s.ID, signature); err != nil {
			t.Fatal(err)
		}
		wants(t, "Undo of what was signed", cleo.Undo(ctx, of[0].ID), portal.ErrConflict)
		stands(t, w, of[0].ID, portal.ApprovalGranted)
	})
}

// Asked again about what a deliverable says, whoever approved is shown both texts and
// can say that it still stands: of the same deliverable, where it says something else.
func TestEarlierApprovalOfText(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		decides(t, w)
		tom, cleo := w.As(w.Tom), w.As(w.Cleo)
		add := func(title string) portal.DeliverableID {
			return must[portal.DeliverableID](t)(tom.AddDeliverable(ctx, w.Site, portal.NewDeliverable{Title: title, Body: "Six banners", Audience: portal.ClientSide}))
		}
		d := add("Banners")
		ask := func(d portal.DeliverableID, before portal.ApprovalID) portal.Approval {
			t.Helper()
			return toApprove(t, w, portal.NewApproval{Deliverable: d, Previous: before, Stages: []portal.NewStage{{Rule: portal.RuleEveryone, People: []portal.PersonID{w.Cleo, w.Bea}}}})
		}
		before := func(who portal.PersonID, id portal.ApprovalID) (portal.EarlierApproval, error) {
			t.Helper()
			return w.As(who).ApprovedBefore(ctx, must[portal.Approval](t)(w.As(who).Approval(ctx, id)))
		}
		no := func(a portal.Approval) {
			t.Helper()
			if err := w.As(w.Bea).Decide(ctx, a.ID, portal.ApprovalAnswer{Answer: portal.AnswerChanges, Note: "Seven", Content: a.Content}); err != nil {
				t.Fatal(err)
			}
		}
		first := ask(d, "")
		given := w.Clock.Now()
		if err := cleo.Decide(ctx, first.ID, yes(first)); err != nil {
			t.Fatal(err)
		}
		no(first)
		w.Clock.Advance(time.Hour)

		// As it was, there is nothing that it could still stand for.
		same := ask(d, first.ID)
		_, err := before(w.Cleo, same.ID)
		wants(t, "ApprovedBefore of the same text", err, portal.ErrNotFound)
		no(same)

		now := must[portal.Deliverable](t)(tom.Deliverable(ctx, d))
		if err := tom.ChangeDeliverable(ctx, d, portal.DeliverableChange{Title: "Banners", Body: "Seven banners", Revision: now.Revision}); err != nil {
			t.Fatal(err)
		}
		must[portal.LinkID](t)(tom.AddLink(ctx, d, "All", "https://example.com/all"))
		again := ask(d, same.ID)
		was := must[portal.EarlierApproval](t)(before(w.Cleo, again.ID))
		if was.Approval != first.ID || !was.At.Equal(given) || !was.TextChanged() || was.FilesChanged() || was.Was.Body != "Six banners" || was.Is.Body != "Seven banners" || len(was.Was.Links) != 0 || len(was.Is.Links) != 1 {
			t.Errorf("approved before: %+v, %+v, %+v", was, was.Was, was.Is)
		}
		stand := yes(again)
		stand.Stands = true
		for who, want := range map[portal.PersonID]error{w.Bea: portal.ErrForbidden, w.Tom: portal.ErrForbidden, w.Dan: portal.ErrNotFound, w.Carl: portal.ErrNotFound, w.Rex: portal.ErrNotFound} {
			wants(t, "Decide as "+string(who), w.As(who).Decide(ctx, again.ID, stand), want)
			_, err := w.As(who).ApprovedBefore(ctx, again)
			wants(t, "ApprovedBefore as "+string(who), err, portal.ErrNotFound)
		}
		if err := cleo.Decide(ctx, again.ID, stand); err != nil {
			t.Fatal(err)
		}
		if all := must[[]portal.ApprovalDecision](t)(cleo.ApprovalDecisions(ctx, again.ID)); len(all) != 1 || !all[0].Repeats.Equal(given) || all[0].Content != again.Content {
			t.Errorf("the decision: %+v", all)
		}
		no(again)

		// Another deliverable is more than another text, and so is a text that nobody kept.
		now = must[portal.Deliverable](t)(tom.Deliverable(ctx, d))
		if err := tom.ChangeDeliverable(ctx, d, portal.DeliverableChange{Title: "Banners", Body: "Eight banners", Revision: now.Revision}); err != nil {
			t.Fatal(err)
		}
		fourth := ask(d, again.ID)
		if was := must[portal.EarlierApproval](t)(before(w.Cleo, fourth.ID)); was.Was.Body != "Seven banners" || was.Is.Body != "Eight banners" {
			t.Errorf("approved before the last: %+v, %+v", was.Was, was.Is)
		}
		byHand(t, w, `UPDATE approvals SET about = NULL WHERE id = $1`, string(again.ID))
		_, err = before(w.Cleo, fourth.ID)
		wants(t, "ApprovedBefore of what was not kept", err, portal.ErrNotFound)
		no(fourth)
		other := ask(add("Posters"), fourth.ID)
		_, err = before(w.Cleo, other.ID)
		wants(t, "ApprovedBefore of another deliverable", err, portal.ErrNotFound)
	})
}

// T178: the hash of another approval is no hash of this one, though it is a real one, of
// the same person, the same versions and the same words.
func TestHashOfAnotherApproval(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		versions := banner(t, w)
		one := toApprove(t, w, portal.NewApproval{Title: "Banner", Versions: versions})
		two := toApprove(t, w, portal.NewApproval{Title: "Banner", Versions: versions})
		if one.Content == "" || one.Content == two.Content {
			t.Fatalf("the hashes are %q and %q", one.Content, two.Content)
		}
		cleo := w.As(w.Cleo)
		wants(t, "with the hash of the other", cleo.Decide(ctx, one.ID, yes(two)), portal.ErrConflict)
		wants(t, "and the other way round", cleo.Decide(ctx, two.ID, yes(one)), portal.ErrConflict)
		for _, a := range []portal.Approval{one, two} {
			stands(t, w, a.ID, portal.ApprovalOpen)
			if all := must[[]portal.ApprovalDecision](t)(cleo.ApprovalDecisions(ctx, a.ID)); len(all) != 0 {
				t.Errorf("decided: %+v", all)
			}
		}
		if err := cleo.Decide(ctx, one.ID, yes(one)); err != nil {
			t.Fatal(err)
		}
		wants(t, "once it is decided", cleo.Decide(ctx, two.ID, yes(one)), portal.ErrConflict)
		stands(t, w, two.ID, portal.ApprovalOpen)
	})
}

// A client's approvals are listed for the team with what waits for somebody first,
// the longest overdue before all, then the rest with the newest first, page by page.
func TestUrgentApprovals(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		_, versions := banners(t, w, 6)
		tom, cleo := w.As(w.Tom), w.As(w.Cleo)
		var asked []portal.Approval
		for i, due := range []string{"", "2026-03-20", "2026-03-12", "2026-03-13", "2026-03-12", ""} {
			asked = append(asked, toApprove(t, w, portal.NewApproval{Versions: versions[i : i+1], DueOn: due}))
		}
		back := yes(asked[3]) // it is with the team then, and as urgent
		back.Answer, back.Note = portal.AnswerChanges, "Bigger"
		for _, err := range []error{cleo.Decide(ctx, asked[3].ID, back), cleo.Decide(ctx, asked[4].ID, yes(asked[4])), tom.CancelApproval(ctx, asked[5].ID)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		w.Clock.Advance(5 * 24 * time.Hour)
		want := []portal.ApprovalID{asked[2].ID, asked[3].ID, asked[1].ID, asked[0].ID, asked[5].ID, asked[4].ID}
		for limit := 1; limit <= 7; limit++ {
			var got []portal.ApprovalID
			for pg := (portal.Page{Limit: limit}); ; {
				some, next, err := tom.UrgentApprovals(ctx, w.Acme, pg)
				if err != nil {
					t.Fatal(err)
				}
				for _, a := range some {
					got = append(got, a.ID)
				}
				if pg.After = next; next == "" {
					break
				}
			}
			if len(got) < len(want) || !slices.Equal(got[:len(want)], want) || len(slices.Compact(got)) != len(got) {
				t.Errorf("in pages of %d: %v, want %v and what the World has", limit, got, want)
			}
		}
		for who, n := range map[portal.PersonID]int{w.Cleo: 0, w.Carl: 0, w.Rex: 0, w.Uma: 0} { // it is for the client's team
			if some, _, err := w.As(who).UrgentApprovals(ctx, w.Acme, portal.Page{}); err != nil || len(some) != n {
				t.Errorf("%s is told of %+v, %v", who, some, err)
			}
		}
	})
}

// Whatever is changed of a deliverable in the moment in which it is asked about, what is
// asked then can be answered, or is over.
func TestChangedWhileAsked(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		decides(t, w)
		tom := w.As(w.Tom)
		changes := []func(d portal.DeliverableID) error{
			func(id portal.DeliverableID) error {
				_, err := tom.AddLink(ctx, id, "Draft", "https://draft.example/")
				return err
			},
			func(id portal.DeliverableID) error {
				return tom.ChangeDeliverable(ctx, id, portal.DeliverableChange{Title: "Site", Body: "Warmer.", Revision: 1})
			},
			func(id portal.DeliverableID) error {
				_, err := tom.Conceal(ctx, portal.ItemID(id))
				return err
			},
		}
		for n := range 24 {
			d := must[portal.DeliverableID](t)(tom.AddDeliverable(ctx, w.Site, portal.NewDeliverable{Title: "Site", Body: "As agreed", Audience: portal.ClientSide}))
			stages := []portal.NewStage{{People: []portal.PersonID{w.Cleo}}}
			who := w.Cleo
			if n%2 == 0 {
				stages, who = []portal.NewStage{{Of: portal.Team, People: []portal.PersonID{w.Mia}}}, w.Mia
			}
			var asked portal.ApprovalID
			var all sync.WaitGroup
			all.Go(func() {
				if err := changes[n%len(changes)](d); err != nil && !errors.Is(err, portal.ErrConflict) {
					t.Error(err)
				}
			})
			all.Go(func() {
				var err error
				if asked, err = tom.AskApproval(ctx, w.Site, portal.NewApproval{Title: "Site", Deliverable: d, Stages: stages}); err != nil {
					asked = ""
				}
			})
			all.Wait()
			if asked == "" {
				continue
			}
			a, err := w.As(w.Mia).Approval(ctx, asked)
			if err != nil {
				t.Fatal(err)
			}
			if !a.Asking {
				continue
			}
			if err := w.As(who).Decide(ctx, asked, yes(a)); err != nil {
				t.Errorf("round %d: it is asked, and cannot be answered: %v", n, err)
			}
		}
	})
}
