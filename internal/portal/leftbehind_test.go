package portal_test

import (
	"fmt"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// Whoever removes somebody is told which decisions waited for them, and has others
// asked instead.
func TestDecisionsLeftBehind(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		decides(t, w)
		tom := w.As(w.Tom)
		_, versions := banners(t, w, 1)
		open := toApprove(t, w, portal.NewApproval{Title: "Open", Versions: versions})
		for what, end := range map[string]func(portal.Approval) error{
			"cancelled": func(a portal.Approval) error { return tom.CancelApproval(ctx, a.ID) },
			"answered": func(a portal.Approval) error {
				return w.As(w.Cleo).Decide(ctx, a.ID, portal.ApprovalAnswer{Answer: portal.AnswerApprove, Content: a.Content})
			},
			"given on": func(a portal.Approval) error { return tom.Reassign(ctx, a.ID, w.Cleo, w.Bea) },
		} {
			if err := end(toApprove(t, w, portal.NewApproval{Title: what, Versions: versions})); err != nil {
				t.Fatal(what, err)
			}
		}
		later := toApprove(t, w, portal.NewApproval{Title: "Later", Versions: versions, Stages: []portal.NewStage{
			{Of: portal.Team, Rule: portal.RuleEveryone, People: []portal.PersonID{w.Tom}}, {Of: portal.ClientSide, Rule: portal.RuleEveryone, People: []portal.PersonID{w.Cleo}}}})
		left := must[portal.LeftBehind](t)(w.As(w.Mia).Remove(ctx, w.CleoUser))
		if len(left.Decisions) != 1 || left.Decisions[0].Approval != open.ID || left.Decisions[0].ProjectName == "" || left.More || left.Empty() {
			t.Errorf("Cleo leaves %+v", left)
		}
		if err := w.As(w.Mia).Reassign(ctx, open.ID, w.Cleo, w.Bea); err != nil {
			t.Error(err)
		}
		for i := range portal.DecisionsLeft {
			toApprove(t, w, portal.NewApproval{Title: fmt.Sprint(i), Versions: versions, Stages: []portal.NewStage{{People: []portal.PersonID{w.Bea}}}})
		}
		left = must[portal.LeftBehind](t)(w.As(w.Ada).RemoveTeamMember(ctx, w.Tom))
		if len(left.Decisions) != 1 || left.Decisions[0].Approval != later.ID {
			t.Errorf("Tom leaves %+v", left)
		}
		left = must[portal.LeftBehind](t)(w.As(w.Ada).Remove(ctx, w.BeaAtAcme))
		if len(left.Decisions) != portal.DecisionsLeft || !left.More {
			t.Errorf("Bea leaves %d decisions, more: %v", len(left.Decisions), left.More)
		}
	})
}
