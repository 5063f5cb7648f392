package portal_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// A deed is one write in a project of Acme. Who is in none of the lists must
// be told that there is nothing.
type deed struct {
	name    string
	kind    portal.Kind // of the event it leaves
	section portal.Side // the audience of that event
	may     string      // who makes it, of those below
	denied  []string    // who sees what it is about, and may not
	do      func(ctx context.Context, me *portal.Scope) error
}

// play tries each change as everybody else, in vain, and then makes it.
func play(t *testing.T, w *portaltest.World, project func() portal.ProjectID, changes []deed) {
	t.Helper()
	ctx := context.Background()
	people := w.Everyone()
	for _, c := range changes {
		for name, who := range people {
			want := portal.ErrNotFound
			if slices.Contains(c.denied, name) {
				want = portal.ErrForbidden
			} else if name == c.may || name == "ada" || name == "mia" || name == "tom" {
				continue // the team may
			}
			if err := c.do(ctx, w.As(who)); !errors.Is(err, want) {
				t.Errorf("%s as %s: %v, want %v", c.name, name, err, want)
			}
		}
		if err := c.do(ctx, w.As("")); !errors.Is(err, portal.ErrSignedOut) {
			t.Errorf("%s as nobody: %v, want ErrSignedOut", c.name, err)
		}
		if err := c.do(ctx, w.Portal.As(portal.PersonActor(people[c.may]).ReadOnly())); !errors.Is(err, portal.ErrForbidden) {
			t.Errorf("%s read-only: %v, want ErrForbidden", c.name, err)
		}
		if err := c.do(ctx, w.As(people[c.may])); err != nil {
			t.Fatalf("%s as %s: %v", c.name, c.may, err)
		}
		if c.kind == "" {
			continue
		}
		// Events of one millisecond have no order, so it is one of the newest.
		events, _, err := w.As(w.Ada).ProjectActivity(ctx, project(), portal.Page{Limit: 3})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(events, func(e portal.Event) bool {
			return e.Kind == c.kind && e.Audience == c.section && e.Actor == people[c.may]
		}) {
			t.Errorf("%s left %+v, want %s for %s by %s", c.name, events, c.kind, c.section, c.may)
		}
	}
}

// fields returns which fields an input was refused for.
func fields(err error) []string {
	var invalid *portal.Invalid
	if !errors.As(err, &invalid) {
		return []string{fmt.Sprint(err)}
	}
	var all []string
	for f := range invalid.Fields {
		all = append(all, f)
	}
	return all
}

func TestTasks(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		var id portal.TaskID
		ctx := context.Background()
		get := func() portal.Task {
			t.Helper()
			x, err := w.As(w.Ada).Task(ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			return x
		}
		site := func() portal.ProjectID { return w.Site }
		clients := []string{"cleo", "bea"}
		play(t, w, site, []deed{
			{"AddTask", portal.TaskAdded, portal.Team, "tom", clients, func(ctx context.Context, me *portal.Scope) (err error) {
				id, err = me.AddTask(ctx, w.Site, portal.NewTask{Title: "Send texts", DueOn: "2026-03-18", Milestone: w.Items[w.Site][portal.ClientSide].Milestone})
				return err
			}},
			{"ChangeTask", portal.TaskChanged, portal.Team, "tom", nil, func(ctx context.Context, me *portal.Scope) error {
				return me.ChangeTask(ctx, id, portal.TaskChange{Title: "Send all texts", Revision: 1})
			}},
			{"Reveal", portal.ItemRevealed, portal.ClientSide, "tom", nil, func(ctx context.Context, me *portal.Scope) error {
				return me.Reveal(ctx, portal.ItemID(id), false)
			}},
			{"AssignTask", portal.TaskAssigned, portal.ClientSide, "tom", clients, func(ctx context.Context, me *portal.Scope) error { return me.AssignTask(ctx, id, w.Cleo) }},
		})
		if x := get(); x.Turn != portal.ClientSide || x.Assignee != w.Cleo || x.Title != "Send all texts" || x.Milestone != "" || x.DueOn != "" {
			t.Errorf("after assigning: %+v", x)
		}
		needs, err := toDo(w.As(w.Cleo).Needs(ctx, "", 0))
		if err != nil || len(needs) != 1 || needs[0].Item != portal.ItemID(id) || needs[0].AskedBy != "Tom" {
			t.Errorf("Cleo's needs: %+v, %v", needs, err)
		}
		if needs, err := toDo(w.As(w.Bea).Needs(ctx, "", 0)); err != nil || len(needs) != 0 {
			t.Errorf("Bea's needs: %+v, %v", needs, err)
		}
		if err := w.As(w.Mia).ChangeTask(ctx, id, portal.TaskChange{Title: "Late", Revision: 1}); !errors.Is(err, portal.ErrConflict) {
			t.Errorf("a stale change: %v, want ErrConflict", err)
		}
		play(t, w, site, []deed{
			{"StartTask", portal.TaskStarted, portal.ClientSide, "cleo", []string{"bea"}, func(ctx context.Context, me *portal.Scope) error { return me.StartTask(ctx, id) }},
			{"CompleteTask", portal.TaskCompleted, portal.ClientSide, "cleo", []string{"bea"}, func(ctx context.Context, me *portal.Scope) error { return me.CompleteTask(ctx, id) }},
			{"CompleteTask again", portal.TaskCompleted, portal.ClientSide, "cleo", []string{"bea"}, func(ctx context.Context, me *portal.Scope) error { return me.CompleteTask(ctx, id) }},
			{"ReopenTask", portal.TaskReopened, portal.ClientSide, "cleo", []string{"bea"}, func(ctx context.Context, me *portal.Scope) error { return me.ReopenTask(ctx, id) }},
		})
		if err := w.As(w.Cleo).PassTurn(ctx, portal.ItemID(id), portal.Team); err != nil {
			t.Fatal(err)
		}
		if err := w.As(w.Cleo).PassTurn(ctx, portal.ItemID(id), portal.ClientSide); !errors.Is(err, portal.ErrForbidden) {
			t.Errorf("a client takes the turn: %v, want ErrForbidden", err)
		}
		if x := get(); x.Turn != portal.Team || !x.Open() {
			t.Errorf("after passing the turn: %+v", x)
		}
		// Nobody's, and the client's turn: whoever of them may comment.
		if err := w.As(w.Tom).AssignTask(ctx, id, ""); err != nil {
			t.Fatal(err)
		}
		if err := w.As(w.Bea).CompleteTask(ctx, id); !errors.Is(err, portal.ErrForbidden) {
			t.Errorf("Bea completes what waits for the team: %v", err)
		}
		if err := w.As(w.Tom).PassTurn(ctx, portal.ItemID(id), portal.ClientSide); err != nil {
			t.Fatal(err)
		}
		if err := w.As(w.Bea).CompleteTask(ctx, id); err != nil {
			t.Errorf("Bea completes what waits for the client: %v", err)
		}
		for who, field := range map[portal.PersonID]string{w.Dan: "assignee", w.Carl: "assignee", w.Rex: "assignee", w.Uma: "assignee"} {
			if err := w.As(w.Tom).AssignTask(ctx, id, who); fields(err)[0] != field {
				t.Errorf("given to %s: %v", who, err)
			}
		}
		hidden := w.Items[w.Site][portal.Team].Task
		if err := w.As(w.Tom).AssignTask(ctx, hidden, w.Cleo); fields(err)[0] != "assignee" {
			t.Errorf("a team task given to a client: %v", err)
		}
		if err := w.As(w.Tom).PassTurn(ctx, portal.ItemID(hidden), portal.ClientSide); fields(err)[0] != "turn" {
			t.Errorf("a team task waits for the client: %v", err)
		}
		if err := w.As(w.Tom).DeleteTask(ctx, hidden); !errors.Is(err, portal.ErrForbidden) {
			t.Errorf("a contributor deletes another's task: %v", err)
		}
		play(t, w, site, []deed{
			{"DeleteTask", portal.TaskDeleted, portal.ClientSide, "tom", clients, func(ctx context.Context, me *portal.Scope) error { return me.DeleteTask(ctx, id) }},
		})
	})
}

func TestMoveTask(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := context.Background()
		var ids []portal.TaskID
		for n := range 4 {
			id, err := w.As(w.Mia).AddTask(ctx, w.Hidden, portal.NewTask{Title: fmt.Sprint("Task ", n)})
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, id)
		}
		order := func() (got []portal.TaskID) {
			t.Helper()
			for pg := (portal.Page{Limit: 2}); ; {
				all, next, err := w.As(w.Mia).Tasks(ctx, w.Hidden, portal.TaskFilter{}, pg)
				if err != nil {
					t.Fatal(err)
				}
				for _, x := range all {
					for _, id := range ids {
						if x.ID == id {
							got = append(got, id)
						}
					}
				}
				if pg.After = next; next == "" {
					return got
				}
			}
		}
		if err := w.As(w.Mia).MoveTask(ctx, ids[3], ids[0]); err != nil {
			t.Fatal(err)
		}
		if got, want := fmt.Sprint(order()), fmt.Sprint([]portal.TaskID{ids[0], ids[3], ids[1], ids[2]}); got != want {
			t.Errorf("order %s, want %s", got, want)
		}
		for range 60 { // until there is no room between neighbours
			if err := w.As(w.Mia).MoveTask(ctx, ids[2], ids[0]); err != nil {
				t.Fatal(err)
			}
			if err := w.As(w.Mia).MoveTask(ctx, ids[1], ids[0]); err != nil {
				t.Fatal(err)
			}
		}
		if got, want := fmt.Sprint(order()), fmt.Sprint([]portal.TaskID{ids[0], ids[1], ids[2], ids[3]}); got != want {
			t.Errorf("order %s, want %s", got, want)
		}
		if err := w.As(w.Mia).MoveTask(ctx, ids[3], ""); err != nil {
			t.Fatal(err)
		}
		if got := order(); got[0] != ids[3] {
			t.Errorf("first is %s, want %s", got[0], ids[3])
		}
		if err := w.As(w.Mia).MoveTask(ctx, ids[3], w.Items[w.Shop][portal.Team].Task); !errors.Is(err, portal.ErrNotFound) {
			t.Errorf("after a task of another project: %v", err)
		}
		if err := w.As(w.Cleo).MoveTask(ctx, w.Items[w.Site][portal.ClientSide].Task, ""); !errors.Is(err, portal.ErrForbidden) {
			t.Errorf("a client moves a task: %v", err)
		}
	})
}

func TestMilestones(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := context.Background()
		var id portal.MilestoneID
		clients := []string{"cleo", "bea"}
		site := func() portal.ProjectID { return w.Site }
		play(t, w, site, []deed{
			{"AddMilestone", portal.MilestoneAdded, portal.ClientSide, "tom", clients, func(ctx context.Context, me *portal.Scope) (err error) {
				id, err = me.AddMilestone(ctx, w.Site, portal.NewMilestone{Title: "Launch", StartsOn: "2026-05-01", DueOn: "2026-05-20", Audience: portal.ClientSide})
				return err
			}},
			{"ChangeMilestone", portal.MilestoneShifted, portal.ClientSide, "tom", clients, func(ctx context.Context, me *portal.Scope) error {
				return me.ChangeMilestone(ctx, id, portal.MilestoneChange{Title: "Launch", StartsOn: "2026-05-01", DueOn: "2026-05-27", Reason: "More tests", Revision: 1})
			}},
			{"ReachMilestone", portal.MilestoneReached, portal.ClientSide, "tom", clients, func(ctx context.Context, me *portal.Scope) error { return me.ReachMilestone(ctx, id) }},
			{"ReopenMilestone", portal.MilestoneReopened, portal.ClientSide, "tom", clients, func(ctx context.Context, me *portal.Scope) error { return me.ReopenMilestone(ctx, id) }},
		})
		m, err := w.As(w.Cleo).Milestone(ctx, id)
		if err != nil || m.PlannedOn != "2026-05-20" || m.DueOn != "2026-05-27" || m.ShiftReason != "More tests" || !m.Shifted() || !m.Phase() || m.Reached() {
			t.Errorf("the shifted milestone: %+v, %v", m, err)
		}
		if err := w.As(w.Tom).ChangeMilestone(ctx, id, portal.MilestoneChange{Title: "Launch", DueOn: "2026-06-01", Revision: m.Revision}); fields(err)[0] != "reason" {
			t.Errorf("a shift without a reason: %v", err)
		}
		if err := w.As(w.Tom).ChangeMilestone(ctx, id, portal.MilestoneChange{Title: "Launch", StartsOn: "2026-06-02", DueOn: "2026-06-01", Revision: m.Revision}); fields(err)[0] != "due_on" {
			t.Errorf("due before it starts: %v", err)
		}
		line, err := w.As(w.Cleo).Timeline(ctx, w.Site)
		if err != nil || line.From != "2026-02-02" || line.To != "2026-05-27" || len(line.Milestones) != 2 {
			t.Errorf("timeline: %+v, %v", line, err)
		}
		// Days are told nowhere when their field is off: not in the item, not
		// in what happened, not in the calendar.
		p, err := w.As(w.Mia).Project(ctx, w.Site)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.As(w.Mia).SetProjectSections(ctx, w.Site, portal.FieldDates|portal.FieldTeamNames|portal.FieldProgress, 0, p.Revision); err != nil {
			t.Fatal(err)
		}
		for _, words := range everything(t, w, w.Cleo) {
			for _, bad := range []string{"2026-05-27", "More tests"} {
				if strings.Contains(words, bad) {
					t.Errorf("with dates off, Cleo reads %q", bad)
				}
			}
		}
		got, err := w.As(w.Cleo).Task(ctx, w.Items[w.Site][portal.ClientSide].Task)
		if err != nil || got.Assignee != "" || got.AssigneeName != "" || !got.Assigned || got.DueOn != "" {
			t.Errorf("with names off: %+v, %v", got, err)
		}
		if p, err = w.As(w.Cleo).Project(ctx, w.Site); err != nil || p.UpdatedBy != "" || p.ContactName != "" || p.DueOn != "" || p.Sections.Has(portal.FieldProgress) {
			t.Errorf("with names, dates and progress off: %+v, %v", p, err)
		}
		if team, err := w.As(w.Cleo).ProjectTeam(ctx, w.Site); err != nil || len(team) != 0 {
			t.Errorf("with names off, the team is %+v, %v", team, err)
		}
		events, _, err := w.As(w.Cleo).ProjectActivity(ctx, w.Site, portal.Page{})
		if err != nil || len(events) == 0 {
			t.Fatal(events, err)
		}
		for _, e := range events {
			if e.ActorName != "" || e.Actor != "" {
				t.Errorf("with names off, Cleo reads that %s did %s", e.ActorName, e.Kind)
			}
		}
		if s, err := w.As(w.Cleo).Summary(ctx, w.Site); err != nil || s.Progress != (portal.Progress{}) {
			t.Errorf("with progress off: %+v, %v", s, err)
		}
		play(t, w, site, []deed{
			{"DeleteMilestone", portal.MilestoneDeleted, portal.ClientSide, "tom", clients, func(ctx context.Context, me *portal.Scope) error { return me.DeleteMilestone(ctx, id) }},
		})
	})
}

func TestDeliverables(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := context.Background()
		var id portal.DeliverableID
		var link portal.LinkID
		get := func() portal.Deliverable {
			t.Helper()
			d, err := w.As(w.Ada).Deliverable(ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		clients := []string{"cleo", "bea"}
		site := func() portal.ProjectID { return w.Site }
		rev := func() int64 {
			if id == "" {
				return 0
			}
			return get().Revision
		}
		play(t, w, site, []deed{
			{"AddDeliverable", portal.DeliverableAdded, portal.Team, "tom", clients, func(ctx context.Context, me *portal.Scope) (err error) {
				id, err = me.AddDeliverable(ctx, w.Site, portal.NewDeliverable{Title: "Home page", Owner: w.Tom, Rounds: 2})
				return err
			}},
			{"ChangeDeliverable", portal.DeliverableChanged, portal.Team, "tom", nil, func(ctx context.Context, me *portal.Scope) error {
				return me.ChangeDeliverable(ctx, id, portal.DeliverableChange{Title: "Home", Rounds: 3, Revision: 1})
			}},
			{"AddLink", portal.DeliverableChanged, portal.Team, "tom", nil, func(ctx context.Context, me *portal.Scope) (err error) {
				link, err = me.AddLink(ctx, id, "Prototype", "https://example.test/p")
				return err
			}},
		})
		var a portal.ApprovalID
		ask := func(ctx context.Context, me *portal.Scope) (err error) {
			a, err = me.AskApproval(ctx, w.Site, portal.NewApproval{Title: "Home", Deliverable: id, Stages: []portal.NewStage{{People: []portal.PersonID{w.Cleo}}}})
			return err
		}
		decide := func(ctx context.Context, me *portal.Scope, in portal.ApprovalAnswer) error {
			x, err := w.As(w.Cleo).Approval(ctx, a)
			if err != nil {
				return err
			}
			in.Content = x.Content
			return me.Decide(ctx, a, in)
		}
		if err := ask(ctx, w.As(w.Tom)); fields(err)[0] != "versions" {
			t.Errorf("a review of what the client does not see: %v", err)
		}
		if _, err := w.As(w.Tom).AddLink(ctx, id, "", "javascript:alert(1)"); fields(err)[0] != "url" {
			t.Errorf("a script as a link: %v", err)
		}
		play(t, w, site, []deed{
			{"ShareDeliverable", portal.DeliverableShared, portal.ClientSide, "tom", nil, func(ctx context.Context, me *portal.Scope) error { return me.ShareDeliverable(ctx, id) }},
			{"AskApproval", portal.ApprovalRequested, portal.ClientSide, "tom", clients, ask},
			{"CancelApproval", portal.ApprovalCancelled, portal.ClientSide, "tom", clients, func(ctx context.Context, me *portal.Scope) error { return me.CancelApproval(ctx, a) }},
			{"AskApproval again", portal.ApprovalRequested, portal.ClientSide, "tom", clients, ask},
		})
		if d := get(); d.State != portal.StateInReview || d.Round != 1 || d.Turn != portal.ClientSide {
			t.Errorf("in review: %+v", d)
		}
		needs, err := toDo(w.As(w.Cleo).Needs(ctx, w.Acme, 0))
		if err != nil || len(needs) != 1 || needs[0].Kind != "approval" {
			t.Errorf("Cleo's needs: %+v, %v", needs, err)
		}
		if needs, err := w.As(w.Cleo).Needs(ctx, w.Brick, 0); err != nil || len(needs) != 0 {
			t.Errorf("Cleo's needs at Brick: %+v, %v", needs, err)
		}
		if needs, err := toDo(w.As(w.Bea).ProjectNeeds(ctx, w.Site, 0)); err != nil || len(needs) != 0 {
			t.Errorf("Bea, who cannot decide, is asked: %+v, %v", needs, err)
		}
		for what, err := range map[string]error{
			"ChangeDeliverable": w.As(w.Tom).ChangeDeliverable(ctx, id, portal.DeliverableChange{Title: "Other", Revision: rev()}),
			"RemoveLink":        w.As(w.Tom).RemoveLink(ctx, link),
			"DeleteDeliverable": w.As(w.Mia).DeleteDeliverable(ctx, id),
			"stale approval":    w.As(w.Cleo).Decide(ctx, a, portal.ApprovalAnswer{Answer: portal.AnswerApprove, Content: strings.Repeat("0", 64)}),
		} {
			if !errors.Is(err, portal.ErrConflict) {
				t.Errorf("%s of what is in review: %v, want ErrConflict", what, err)
			}
		}
		for who, want := range map[portal.PersonID]error{w.Mia: portal.ErrForbidden, w.Ada: portal.ErrForbidden, w.Tom: portal.ErrForbidden} {
			if err := decide(ctx, w.As(who), portal.ApprovalAnswer{Answer: portal.AnswerApprove}); !errors.Is(err, want) {
				t.Errorf("the team approves its own: %v", err)
			}
		}
		if err := decide(ctx, w.As(w.Cleo), portal.ApprovalAnswer{Answer: portal.AnswerChanges}); fields(err)[0] != "note" {
			t.Errorf("changes requested without saying which: %v", err)
		}
		play(t, w, site, []deed{
			{"Decide", portal.ApprovalReturned, portal.ClientSide, "cleo", []string{"bea", "ada", "mia", "tom"}, func(ctx context.Context, me *portal.Scope) error {
				return decide(ctx, me, portal.ApprovalAnswer{Answer: portal.AnswerChanges, Note: "Larger type"})
			}},
		})
		if d := get(); d.State != portal.StateChangesRequested || d.Turn != portal.Team || d.StateBy != "Cleo" {
			t.Errorf("returned: %+v", d)
		}
		if err := w.As(w.Tom).RemoveLink(ctx, link); err != nil {
			t.Fatal(err)
		}
		if err := ask(ctx, w.As(w.Tom)); err != nil {
			t.Fatal(err)
		}
		play(t, w, site, []deed{
			{"Decide", portal.ApprovalApproved, portal.ClientSide, "cleo", []string{"bea", "ada", "mia", "tom"}, func(ctx context.Context, me *portal.Scope) error {
				return decide(ctx, me, portal.ApprovalAnswer{Answer: portal.AnswerNote, Note: "Good"})
			}},
		})
		if d := get(); d.State != portal.StateApproved || d.Round != 2 {
			t.Errorf("approved: %+v", d)
		}
		for what, err := range map[string]error{
			"AskApproval": func() error {
				_, err := w.As(w.Tom).AskApproval(ctx, w.Site, portal.NewApproval{Title: "Home", Deliverable: id, Stages: []portal.NewStage{{People: []portal.PersonID{w.Cleo}}}})
				return err
			}(),
			"CancelApproval":    w.As(w.Tom).CancelApproval(ctx, a),
			"DeleteDeliverable": w.As(w.Ada).DeleteDeliverable(ctx, id),
			"approve again":     decide(ctx, w.As(w.Cleo), portal.ApprovalAnswer{Answer: portal.AnswerApprove}),
		} {
			if !errors.Is(err, portal.ErrConflict) {
				t.Errorf("%s of what is approved: %v, want ErrConflict", what, err)
			}
		}
		events, err := w.As(w.Cleo).ItemActivity(ctx, portal.ItemID(id), 50)
		if err != nil || len(events) != 8 {
			t.Errorf("of what happened to it, Cleo reads %d, want the 8 since it was shown: %v", len(events), err)
		}
	})
}
