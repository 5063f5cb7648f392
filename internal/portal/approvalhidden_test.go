package portal_test

import (
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// After a stage of the team the client is told neither who answered in it nor when it
// was asked, whatever it is about.
func TestTeamStageLeavesNoTrace(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		_, versions := banners(t, w, 1)
		d := must[portal.DeliverableID](t)(w.As(w.Tom).AddDeliverable(ctx, w.Site, portal.NewDeliverable{Title: "Poster", Audience: portal.ClientSide}))
		for _, n := range []portal.NewApproval{{Versions: versions}, {Deliverable: d}} {
			n.Stages = []portal.NewStage{{Of: portal.Team, People: []portal.PersonID{w.Mia}}, {People: []portal.PersonID{w.Cleo}}}
			a := toApprove(t, w, n)
			w.Clock.Advance(12 * 24 * time.Hour)
			if err := w.As(w.Mia).Decide(ctx, a.ID, yes(a)); err != nil {
				t.Fatal(err)
			}
			tellPeople(t, w)
			cleo := w.As(w.Cleo)
			b := must[portal.Approval](t)(cleo.Approval(ctx, a.ID))
			if b.StateBy != "Tom" || b.AskedBy != "Tom" || !b.CreatedAt.Equal(b.ShownAt) || !b.CreatedAt.Equal(w.Clock.Now()) || b.Stage != 0 || b.CreatedBy != "" {
				t.Errorf("the client has %+v", b)
			}
			if team := must[portal.Approval](t)(w.As(w.Tom).Approval(ctx, a.ID)); !team.CreatedAt.Equal(a.CreatedAt) {
				t.Errorf("the team asked at %v, then %v", a.CreatedAt, team.CreatedAt)
			}
			events := must[[]portal.Event](t)(cleo.ItemActivity(ctx, portal.ItemID(a.ID), 10))
			if len(events) != 1 || events[0].Kind != portal.ApprovalRequested {
				t.Errorf("the client is told of %+v", events)
			}
			if n.Deliverable != "" {
				x := must[portal.Deliverable](t)(cleo.Deliverable(ctx, d))
				if x.State != portal.StateInReview || x.StateBy != "Tom" {
					t.Errorf("the deliverable is %s by %s", x.State, x.StateBy)
				}
				events = append(events, must[[]portal.Event](t)(cleo.ItemActivity(ctx, portal.ItemID(d), 10))...)
			}
			for _, e := range events {
				if e.ActorName == "Mia" || e.Actor == w.Mia {
					t.Errorf("the client is told of Mia in %s", e.Kind)
				}
			}
			told := false
			for _, x := range must3(cleo.Notices(ctx, "", portal.Page{})) {
				told = told || x.Subject == string(a.ID)
				if x.Subject == string(a.ID) && (x.ActorName == "Mia" || x.Actor == w.Mia) {
					t.Errorf("a notice of %s names Mia", x.Kind)
				}
			}
			if !told {
				t.Error("the client has no notice of it")
			}
			// The record of who did what is whole.
			var by []string
			for _, e := range must[[]portal.Event](t)(w.As(w.Ada).ItemActivity(ctx, portal.ItemID(a.ID), 10)) {
				by = append(by, string(e.Kind)+" "+e.ActorName)
			}
			if got := strings.Join(by, ", "); got != "approval_requested , approval_answered Mia, approval_requested Tom" {
				t.Errorf("the team is told: %s", got)
			}
		}
	})
}

func must3[T any](all []T, _ string, err error) []T {
	if err != nil {
		panic(err)
	}
	return all
}
