package portal_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

func TestProjectChanges(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := context.Background()
		if err := w.Portal.EnsureTemplates(ctx); err != nil {
			t.Fatal(err)
		}
		templates, err := w.As(w.Tom).Templates(ctx)
		if err != nil || len(templates) != 3 || templates[0].Milestones == 0 || templates[0].Tasks == 0 || templates[0].Deliverables == 0 {
			t.Fatalf("templates: %+v, %v", templates, err)
		}
		var id portal.ProjectID
		get := func() portal.Project {
			t.Helper()
			p, err := w.As(w.Ada).Project(ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		rev := func() int64 {
			if id == "" {
				return 0
			}
			return get().Revision
		}
		project := func() portal.ProjectID { return id }
		clients := []string{"cleo", "bea"}
		play(t, w, project, []deed{
			{"CreateProject", portal.ProjectCreated, portal.Team, "mia", []string{"cleo", "bea", "dan", "tom"}, func(ctx context.Context, me *portal.Scope) (err error) {
				id, err = me.CreateProject(ctx, w.Acme, portal.NewProject{Name: "Zebra", StartsOn: "2026-04-01", Template: templates[2].ID})
				return err
			}},
			{"ChangeProject", portal.ProjectChanged, portal.ClientSide, "mia", nil, func(ctx context.Context, me *portal.Scope) error {
				return me.ChangeProject(ctx, id, portal.ProjectChange{Name: "Zebra 2", StartsOn: "2026-04-01", DueOn: "2026-09-01", Contact: w.Mia, Revision: rev()})
			}},
		})
		milestones, err := w.As(w.Mia).Milestones(ctx, id)
		if err != nil || len(milestones) != templates[2].Milestones || milestones[0].StartsOn != "2026-04-01" || milestones[0].DueOn != "2026-04-14" {
			t.Errorf("milestones from the template: %+v, %v", milestones, err)
		}
		share, err := w.As(w.Mia).SharePreview(ctx, id)
		if err != nil || share.Milestones != len(milestones) || share.Audience.Count != 2 || share.Audience.Invited != 1 || share.Audience.Shared ||
			!slices.Equal(share.Audience.Names, []string{"Bea", "Cleo"}) {
			t.Errorf("share preview: %+v, %v", share, err)
		}
		if _, err := w.As(w.Cleo).SharePreview(ctx, w.Site); !errors.Is(err, portal.ErrForbidden) {
			t.Errorf("share preview as a client: %v", err)
		}
		play(t, w, project, []deed{
			{"ShareProject", portal.ProjectShared, portal.ClientSide, "mia", nil, func(ctx context.Context, me *portal.Scope) error { return me.ShareProject(ctx, id, false) }},
			{"SetStatus", portal.ProjectChanged, portal.ClientSide, "mia", clients, func(ctx context.Context, me *portal.Scope) error {
				return me.SetStatus(ctx, id, portal.Active, rev())
			}},
			{"SetProjectSections", portal.SectionsChanged, portal.Team, "mia", clients, func(ctx context.Context, me *portal.Scope) error {
				return me.SetProjectSections(ctx, id, portal.SectionTasks|portal.FieldTeamEmails, portal.FieldTeamEmails, rev())
			}},
			{"PutOnProject", portal.ProjectTeamed, portal.ClientSide, "mia", clients, func(ctx context.Context, me *portal.Scope) error {
				return me.PutOnProject(ctx, id, w.Tom, "Designer", true)
			}},
		})
		p, err := w.As(w.Cleo).Project(ctx, id)
		if err != nil || p.Name != "Zebra 2" || p.ContactName != "Mia" || p.SharedBy != "" || p.SectionsSet != 0 || p.Sections.Has(portal.SectionTasks) || !p.Sections.Has(portal.FieldTeamEmails) {
			t.Errorf("as Cleo: %+v, %v", p, err)
		}
		team, err := w.As(w.Cleo).ProjectTeam(ctx, id)
		if err != nil || len(team) != 2 || !team[0].Contact || team[1].Role != "Designer" || team[1].Email == "" {
			t.Errorf("team as Cleo: %+v, %v", team, err)
		}
		if tasks, _, err := w.As(w.Cleo).Tasks(ctx, id, portal.TaskFilter{}, portal.Page{}); err != nil || len(tasks) != 0 {
			t.Errorf("with tasks off, Cleo sees %d, %v", len(tasks), err)
		}
		if err := w.As(w.Mia).PutOnProject(ctx, id, w.Cleo, "", true); fields(err)[0] != "person" {
			t.Errorf("a client on the team: %v", err)
		}
		task, err := w.As(w.Tom).AddTask(ctx, id, portal.NewTask{Title: "Draw", Assignee: w.Tom})
		if err != nil {
			t.Fatal(err)
		}
		w.Signals()
		play(t, w, project, []deed{
			{"TakeOffProject", portal.ProjectUnteamed, portal.Team, "mia", []string{"cleo", "bea", "tom"}, func(ctx context.Context, me *portal.Scope) error {
				return me.TakeOffProject(ctx, id, w.Tom)
			}},
		})
		if _, err := w.As(w.Tom).Project(ctx, id); !errors.Is(err, portal.ErrNotFound) {
			t.Errorf("Tom, taken off: %v", err)
		}
		if !slices.ContainsFunc(w.Signals(), func(s portal.Signal) bool { return s.Close && slices.Contains(s.Persons, w.Tom) }) {
			t.Error("Tom's streams were not ended")
		}
		if x, err := w.As(w.Mia).Task(ctx, task); err != nil || x.Assigned {
			t.Errorf("Tom's task: %+v, %v", x, err)
		}
		template, err := w.As(w.Mia).SaveAsTemplate(ctx, id, "Zebra")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.As(w.Mia).SaveAsTemplate(ctx, id, "ZEBRA"); fields(err)[0] != "name" {
			t.Errorf("a second template of the name: %v", err)
		}
		copied, err := w.As(w.Mia).CreateProject(ctx, w.Acme, portal.NewProject{Name: "Copy", StartsOn: "2026-04-01", Template: template, Shared: true})
		if err != nil {
			t.Fatal(err)
		}
		if again, err := w.As(w.Cleo).Milestones(ctx, copied); err != nil || len(again) != len(milestones) || again[0].DueOn != milestones[0].DueOn {
			t.Errorf("milestones of the copy: %+v, %v", again, err)
		}
		for who, want := range map[portal.PersonID]error{w.Tom: portal.ErrForbidden, w.Cleo: portal.ErrNotFound} {
			if err := w.As(who).DeleteTemplate(ctx, template); !errors.Is(err, want) {
				t.Errorf("DeleteTemplate as %s: %v", who, err)
			}
		}
		if err := w.As(w.Mia).DeleteTemplate(ctx, template); err != nil {
			t.Fatal(err)
		}
		w.Signals()
		play(t, w, project, []deed{
			{"UnshareProject", portal.ProjectUnshared, portal.Team, "mia", clients, func(ctx context.Context, me *portal.Scope) error { return me.UnshareProject(ctx, id) }},
		})
		if _, err := w.As(w.Cleo).Project(ctx, id); !errors.Is(err, portal.ErrNotFound) {
			t.Errorf("Cleo, after the end of sharing: %v", err)
		}
		if !slices.ContainsFunc(w.Signals(), func(s portal.Signal) bool {
			return s.Close && slices.Contains(s.Persons, w.Cleo) && slices.Contains(s.Persons, w.Bea)
		}) {
			t.Error("the clients' streams were not ended")
		}
		play(t, w, project, []deed{
			{"ArchiveProject", portal.ProjectArchived, portal.ClientSide, "mia", nil, func(ctx context.Context, me *portal.Scope) error { return me.ArchiveProject(ctx, id) }},
			{"RestoreProject", portal.ProjectRestored, portal.ClientSide, "mia", nil, func(ctx context.Context, me *portal.Scope) error { return me.RestoreProject(ctx, id) }},
		})
	})
}

// Nothing changes in an archived project.
func TestArchivedProject(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := context.Background()
		i := w.Items[w.Old][portal.ClientSide]
		for _, who := range []portal.PersonID{w.Ada, w.Mia, w.Cleo} {
			me := w.As(who)
			id := func(_ any, err error) error { return err }
			for what, err := range map[string]error{
				"ChangeProject":      me.ChangeProject(ctx, w.Old, portal.ProjectChange{Name: "New", Revision: 1}),
				"SetStatus":          me.SetStatus(ctx, w.Old, portal.Done, 1),
				"ShareProject":       me.ShareProject(ctx, w.Old, false),
				"UnshareProject":     me.UnshareProject(ctx, w.Old),
				"SetProjectSections": me.SetProjectSections(ctx, w.Old, 0, 0, 1),
				"PutOnProject":       me.PutOnProject(ctx, w.Old, w.Tom, "", true),
				"TakeOffProject":     me.TakeOffProject(ctx, w.Old, w.Mia),
				"PublishUpdate":      id(me.PublishUpdate(ctx, w.Old, portal.NewUpdate{Body: "x", Status: portal.Active, Health: portal.OnTrack})),
				"EditUpdate":         me.EditUpdate(ctx, i.Update, portal.UpdateChange{Body: "x", Status: portal.Active, Health: portal.OnTrack, Revision: 1}),
				"DeleteUpdate":       me.DeleteUpdate(ctx, i.Update),
				"AddMilestone":       id(me.AddMilestone(ctx, w.Old, portal.NewMilestone{Title: "x"})),
				"ChangeMilestone":    me.ChangeMilestone(ctx, i.Milestone, portal.MilestoneChange{Title: "x", Revision: 1}),
				"ReachMilestone":     me.ReachMilestone(ctx, i.Milestone),
				"DeleteMilestone":    me.DeleteMilestone(ctx, i.Milestone),
				"AddTask":            id(me.AddTask(ctx, w.Old, portal.NewTask{Title: "x"})),
				"ChangeTask":         me.ChangeTask(ctx, i.Task, portal.TaskChange{Title: "x", Revision: 1}),
				"AssignTask":         me.AssignTask(ctx, i.Task, ""),
				"CompleteTask":       me.CompleteTask(ctx, i.Task),
				"DeleteTask":         me.DeleteTask(ctx, i.Task),
				"MoveTask":           me.MoveTask(ctx, i.Task, ""),
				"AddDeliverable":     id(me.AddDeliverable(ctx, w.Old, portal.NewDeliverable{Title: "x"})),
				"ChangeDeliverable":  me.ChangeDeliverable(ctx, i.Deliverable, portal.DeliverableChange{Title: "x", Revision: 1}),
				"AddLink":            id(me.AddLink(ctx, i.Deliverable, "x", "https://example.test")),
				"RemoveLink":         me.RemoveLink(ctx, i.Link),
				"AskApproval":        id(me.AskApproval(ctx, w.Old, portal.NewApproval{Title: "x", Deliverable: i.Deliverable, Stages: []portal.NewStage{{People: []portal.PersonID{w.Cleo}}}})),
				"Conceal":            id(me.Conceal(ctx, portal.ItemID(i.Task))),
				"PassTurn":           me.PassTurn(ctx, portal.ItemID(i.Task), portal.Team),
			} {
				if !errors.Is(err, portal.ErrForbidden) {
					t.Errorf("%s in an archived project as %s: %v, want ErrForbidden", what, who, err)
				}
			}
		}
	})
}

func TestUpdates(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := context.Background()
		var id portal.UpdateID
		site := func() portal.ProjectID { return w.Site }
		clients := []string{"cleo", "bea"}
		state := func(sentence string, h portal.Health) {
			t.Helper()
			p, err := w.As(w.Cleo).Project(ctx, w.Site)
			if err != nil || p.Sentence != sentence || p.Health != h {
				t.Errorf("Cleo reads %q, %s, %v; want %q, %s", p.Sentence, p.Health, err, sentence, h)
			}
		}
		before, err := w.As(w.Cleo).Update(ctx, w.Items[w.Site][portal.ClientSide].Update)
		if err != nil {
			t.Fatal(err)
		}
		p, err := w.As(w.Cleo).Project(ctx, w.Site)
		if err != nil {
			t.Fatal(err)
		}
		said := p.Sentence
		play(t, w, site, []deed{
			{"PublishUpdate", portal.UpdatePublished, portal.Team, "tom", clients, func(ctx context.Context, me *portal.Scope) (err error) {
				id, err = me.PublishUpdate(ctx, w.Site, portal.NewUpdate{Body: "We are behind.", Status: portal.Active, Health: portal.OffTrack, Sentence: "Two weeks late"})
				return err
			}},
		})
		state(said, portal.OnTrack)
		preview, err := w.As(w.Tom).RevealPreview(ctx, portal.ItemID(id))
		if err != nil || !preview.State || preview.EventCount != 1 || !preview.Audience.Now() || preview.Audience.Count != 2 {
			t.Errorf("reveal preview: %+v, %v", preview, err)
		}
		play(t, w, site, []deed{
			{"Reveal", portal.ItemRevealed, portal.ClientSide, "tom", nil, func(ctx context.Context, me *portal.Scope) error {
				return me.Reveal(ctx, portal.ItemID(id), false)
			}},
		})
		state("Two weeks late", portal.OffTrack)
		play(t, w, site, []deed{
			{"EditUpdate", portal.UpdateEdited, portal.ClientSide, "tom", clients, func(ctx context.Context, me *portal.Scope) error {
				return me.EditUpdate(ctx, id, portal.UpdateChange{Body: "A little late.", Status: portal.Active, Health: portal.AtRisk, Sentence: "A week late", Revision: 2})
			}},
		})
		state("A week late", portal.AtRisk)
		if u, err := w.As(w.Cleo).Update(ctx, id); err != nil || !u.Edited() || u.AuthorName != "Tom" {
			t.Errorf("the edited update: %+v, %v", u, err)
		}
		if err := w.As(w.Cleo).MarkSeen(ctx, portal.ItemID(id), "tsk_none"); err != nil {
			t.Fatal(err)
		}
		if err := w.As(w.Mia).MarkSeen(ctx, portal.ItemID(id)); err != nil {
			t.Fatal(err)
		}
		if _, err := w.As(w.Cleo).Conceal(ctx, portal.ItemID(id)); !errors.Is(err, portal.ErrForbidden) {
			t.Errorf("Conceal as Cleo: %v", err)
		}
		seen, err := w.As(w.Tom).Conceal(ctx, portal.ItemID(id))
		if err != nil || len(seen) != 1 || seen[0].Person != w.Cleo {
			t.Errorf("Conceal says it was seen by %+v, %v", seen, err)
		}
		state(before.Sentence, portal.OnTrack)
		if events, err := w.As(w.Cleo).ItemActivity(ctx, portal.ItemID(id), 50); err != nil || len(events) != 0 {
			t.Errorf("after it was concealed, Cleo reads %+v, %v", events, err)
		}
		if err := w.As(w.Tom).Reveal(ctx, portal.ItemID(id), true); err != nil {
			t.Fatal(err)
		}
		if events, err := w.As(w.Cleo).ItemActivity(ctx, portal.ItemID(id), 50); err != nil || len(events) != 3 {
			t.Errorf("revealed with its history, Cleo reads %d events, want 3: published, edited, shown; %v", len(events), err)
		}
		play(t, w, site, []deed{
			{"DeleteUpdate", portal.UpdateDeleted, portal.ClientSide, "tom", clients, func(ctx context.Context, me *portal.Scope) error { return me.DeleteUpdate(ctx, id) }},
		})
		state(before.Sentence, portal.OnTrack)
		if err := w.As(w.Tom).DeleteUpdate(ctx, before.ID); !errors.Is(err, portal.ErrForbidden) {
			t.Errorf("a contributor deletes another's update: %v", err)
		}
	})
}

// Contributors change who sees what they made, and nothing else.
func TestReveal(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := context.Background()
		i := w.Items[w.Site][portal.Team]
		for _, id := range []portal.ItemID{portal.ItemID(i.Milestone), portal.ItemID(i.Task), portal.ItemID(i.Deliverable), portal.ItemID(i.Update)} {
			if err := w.As(w.Tom).Reveal(ctx, id, false); !errors.Is(err, portal.ErrForbidden) {
				t.Errorf("%s revealed by one who did not make it: %v", id, err)
			}
			for _, who := range []portal.PersonID{w.Cleo, w.Bea, w.Dan, w.Carl, w.Rex, w.Eve} {
				if err := w.As(who).Reveal(ctx, id, true); !errors.Is(err, portal.ErrNotFound) {
					t.Errorf("%s revealed by %s: %v", id, who, err)
				}
			}
			if err := w.As(w.Mia).Reveal(ctx, id, false); err != nil {
				t.Fatal(err)
			}
			events, err := w.As(w.Cleo).ItemActivity(ctx, id, 50)
			if err != nil || len(events) != 1 {
				t.Errorf("from now on, Cleo reads %d events of %s, want 1: %v", len(events), id, err)
			}
			if _, err := w.As(w.Tom).Conceal(ctx, id); !errors.Is(err, portal.ErrForbidden) {
				t.Errorf("%s concealed by one who did not make it: %v", id, err)
			}
			if _, err := w.As(w.Mia).Conceal(ctx, id); err != nil {
				t.Fatal(err)
			}
		}
		if text := everything(t, w, w.Cleo); strings.Contains(text["ProjectActivity"]+text["Task"]+text["Search"]+text["Calendar"], "acme-team-site") {
			t.Error("Cleo still reads what was concealed")
		}
		if err := w.As(w.Mia).Reveal(ctx, "usr_x", false); !errors.Is(err, portal.ErrNotFound) {
			t.Errorf("Reveal of no item: %v", err)
		}
		// A task that a client has is nobody's once they do not see it.
		id := w.Items[w.Site][portal.ClientSide].Task
		if err := w.As(w.Mia).AssignTask(ctx, id, w.Bea); err != nil {
			t.Fatal(err)
		}
		if _, err := w.As(w.Mia).Conceal(ctx, portal.ItemID(id)); err != nil {
			t.Fatal(err)
		}
		if x, err := w.As(w.Mia).Task(ctx, id); err != nil || x.Assigned || x.Turn != portal.Team {
			t.Errorf("the concealed task: %+v, %v", x, err)
		}
	})
}

// Sharing a project with its history shows none of what was concealed, or
// deleted, before.
func TestShareWithHistory(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := context.Background()
		add := func(title string) portal.TaskID {
			t.Helper()
			id, err := w.As(w.Mia).AddTask(ctx, w.Hidden, portal.NewTask{Title: title, Audience: portal.ClientSide})
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		stays, concealed, deleted := add("Stays"), add("Concealed"), add("Deleted")
		if _, err := w.As(w.Mia).Conceal(ctx, portal.ItemID(concealed)); err != nil {
			t.Fatal(err)
		}
		if err := w.As(w.Mia).DeleteTask(ctx, deleted); err != nil {
			t.Fatal(err)
		}
		preview, err := w.As(w.Mia).SharePreview(ctx, w.Hidden)
		if err != nil || preview.Tasks != 2 {
			t.Errorf("preview: %+v, %v", preview, err)
		}
		if err := w.As(w.Mia).ShareProject(ctx, w.Hidden, true); err != nil {
			t.Fatal(err)
		}
		events, _, err := w.As(w.Cleo).ProjectActivity(ctx, w.Hidden, portal.Page{})
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, e := range events {
			found = found || e.Subject == string(stays)
			if e.Details["title"] == "Concealed" || e.Details["title"] == "Deleted" {
				t.Errorf("Cleo reads %s of %s", e.Kind, e.Details["title"])
			}
		}
		if !found || preview.Events != 1 {
			t.Errorf("the task that stays: found is %v, %d events foretold, want 1", found, preview.Events)
		}
	})
}

// A card names three of the team and counts those whom its reader may be told of.
func TestFaces(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := context.Background()
		for person, shown := range map[portal.PersonID]bool{w.Ada: true, join(t, w, "olga@studio.test", "contributor"): true, join(t, w, "otto@studio.test", "contributor"): false} {
			if err := w.As(w.Ada).PutOnProject(ctx, w.Site, person, "Advice", shown); err != nil {
				t.Fatal(err)
			}
		}
		for who, want := range map[portal.PersonID]int{w.Mia: 5, w.Cleo: 4} {
			all, err := w.As(who).ProjectSummaries(ctx, w.Old, w.Site)
			if err != nil {
				t.Fatal(err)
			}
			if s := all[w.Site]; s.Team != want || len(s.Faces) != 3 || !s.Faces[0].Contact {
				t.Errorf("as %s: %d on the team and the faces %+v, want %d and three, the contact first", who, s.Team, s.Faces, want)
			}
			for _, m := range all[w.Old].Faces {
				if m.Project != w.Old {
					t.Errorf("as %s: a face of another project: %+v", who, m)
				}
			}
		}
	})
}

// Progress counts what its reader sees, and nothing else.
func TestProgress(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := context.Background()
		for n := range 5 {
			id, err := w.As(w.Mia).AddTask(ctx, w.Site, portal.NewTask{Title: "Hidden"})
			if err != nil {
				t.Fatal(err)
			}
			if n < 4 {
				if err := w.As(w.Mia).CompleteTask(ctx, id); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := w.As(w.Mia).CompleteTask(ctx, w.Items[w.Site][portal.ClientSide].Task); err != nil {
			t.Fatal(err)
		}
		for who, want := range map[portal.PersonID]portal.Progress{
			w.Mia:  {Done: 5, Total: 11, Shown: true},
			w.Cleo: {Done: 1, Total: 3, Shown: true},
			w.Dan:  {}, w.Carl: {}, w.Rex: {},
		} {
			all, err := w.As(who).ProjectSummaries(ctx, w.Site)
			if err != nil {
				t.Fatal(err)
			}
			if all[w.Site].Progress != want {
				t.Errorf("progress as %s: %+v, want %+v", who, all[w.Site].Progress, want)
			}
			one, err := w.As(who).Summary(ctx, w.Site)
			if err != nil || one.Progress != want {
				t.Errorf("Summary as %s: %+v, %v, want %+v", who, one.Progress, err, want)
			}
		}
		w.Clock.Advance(48 * time.Hour)
		if err := w.As(w.Mia).PassTurn(ctx, portal.ItemID(w.Items[w.Site][portal.ClientSide].Milestone), portal.ClientSide); err != nil {
			t.Fatal(err)
		}
		all, err := w.As(w.Cleo).ProjectSummaries(ctx, w.Site)
		if err != nil {
			t.Fatal(err)
		}
		s := all[w.Site]
		if s.Turn != portal.ClientSide || s.WithThem != 1 || s.WithUs != 1 || !s.TurnSince.Equal(w.Clock.Now()) || !s.New || len(s.Faces) != 2 || s.NextMilestoneDue != "2026-04-10" {
			t.Errorf("Cleo's summary: %+v", s)
		}
		if err := w.As(w.Cleo).Visited(ctx, string(w.Site)); err != nil {
			t.Fatal(err)
		}
		if all, err = w.As(w.Cleo).ProjectSummaries(ctx, w.Site); err != nil || all[w.Site].New {
			t.Errorf("after the visit, there is still something new: %+v, %v", all[w.Site], err)
		}
	})
}

func TestToday(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := context.Background()
		task := w.Items[w.Site][portal.ClientSide].Task
		if err := w.As(w.Mia).AssignTask(ctx, task, w.Cleo); err != nil {
			t.Fatal(err)
		}
		if _, err := w.As(w.Mia).PublishUpdate(ctx, w.Brand, portal.NewUpdate{Sentence: "Late", Status: portal.Active, Health: portal.AtRisk, Audience: portal.ClientSide}); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(6 * 24 * time.Hour)
		d, err := w.As(w.Mia).Today(ctx, "2026-03-20", false)
		if err != nil {
			t.Fatal(err)
		}
		if len(d.Waiting) != 1 || d.Waiting[0].Item != portal.ItemID(task) {
			t.Errorf("waiting for the client: %+v", d.Waiting)
		}
		if len(d.Troubled) != 1 || d.Troubled[0].ID != w.Brand {
			t.Errorf("troubled: %+v", d.Troubled)
		}
		if len(d.Stale) != 2 { // Site and Shop, not Brand, nor what is hidden or archived
			t.Errorf("stale: %+v", d.Stale)
		}
		if len(d.NeedsUs) != 7 { // the tasks of four projects, but the one that Cleo has
			t.Errorf("needs us: %+v", d.NeedsUs)
		}
		for _, n := range d.NeedsUs {
			if n.DueOn > "2026-03-27" || n.Project == w.Old || n.Item == portal.ItemID(task) {
				t.Errorf("needs us: %+v", n)
			}
		}
		if d, err = w.As(w.Tom).Today(ctx, "2026-03-20", true); err != nil || len(d.NeedsUs) != 1 || d.NeedsUs[0].Project != w.Site {
			t.Errorf("Tom's desk: %+v, %v", d, err)
		}
		if d, err = w.As(w.Ada).Today(ctx, "2026-03-20", false); err != nil || len(d.NeedsUs)+len(d.Stale) != 0 {
			t.Errorf("Ada, who is on no team: %+v, %v", d, err)
		}
		if d, err = w.As(w.Ada).Today(ctx, "2026-03-20", true); err != nil || len(d.Stale) != 2 {
			t.Errorf("Ada, everything: %+v, %v", d, err)
		}
	})
}

func TestCalendar(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := context.Background()
		long := "Launch; really, at last\\ and this is a title that is much longer than what fits on one line of a calendar, äöü"
		if _, err := w.As(w.Mia).AddMilestone(ctx, w.Site, portal.NewMilestone{Title: long, DueOn: "2026-05-31", Audience: portal.ClientSide}); err != nil {
			t.Fatal(err)
		}
		id, err := w.As(w.Cleo).MakeFeed(ctx, w.Site)
		if err != nil {
			t.Fatal(err)
		}
		feeds, err := w.As(w.Cleo).Feeds(ctx)
		if err != nil || len(feeds) != 1 || feeds[0].Token != w.Accounts.Token(account.PurposeCalendar, string(id)) || feeds[0].Project != w.Site {
			t.Fatalf("feeds: %+v, %v", feeds, err)
		}
		token := feeds[0].Token
		text, err := w.Portal.Calendar(ctx, token, "https://portal.test/")
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range strings.Split(strings.TrimSuffix(text, "\r\n"), "\r\n") {
			if len(l) > 75 {
				t.Errorf("a line of %d bytes: %q", len(l), l)
			}
		}
		plain := strings.ReplaceAll(text, "\r\n ", "")
		for _, want := range []string{
			`SUMMARY:Launch\; really\, at last\\ and this is a title that is much longer than what fits on one line of a calendar\, äöü`,
			"DTSTART;VALUE=DATE:20260531\r\nDTEND;VALUE=DATE:20260601\r\n", "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n", "UID:" + string(w.Items[w.Site][portal.ClientSide].Task) + "@vitrine",
			"URL:https://portal.test/tasks/" + string(w.Items[w.Site][portal.ClientSide].Task), "END:VCALENDAR\r\n",
		} {
			if !strings.Contains(plain, want) {
				t.Errorf("the calendar lacks %q:\n%s", want, plain)
			}
		}
		if n := strings.Count(plain, "BEGIN:VEVENT"); n != 4 {
			t.Errorf("%d events, want 4", n)
		}
		if strings.Contains(plain, "acme-team") || strings.Contains(plain, "brick") {
			t.Error("the calendar holds what Cleo may not see")
		}
		if _, err := w.As(w.Carl).MakeFeed(ctx, w.Site); !errors.Is(err, portal.ErrNotFound) {
			t.Errorf("Carl's feed of Site: %v", err)
		}
		if err := w.As(w.Carl).RevokeFeed(ctx, id); !errors.Is(err, portal.ErrNotFound) {
			t.Errorf("Carl revokes Cleo's feed: %v", err)
		}
		if err := w.As(w.Mia).UnshareProject(ctx, w.Site); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Portal.Calendar(ctx, token, ""); !errors.Is(err, portal.ErrNotFound) {
			t.Errorf("the calendar of what Cleo no longer sees: %v", err)
		}
		if err := w.As(w.Mia).ShareProject(ctx, w.Site, false); err != nil {
			t.Fatal(err)
		}
		if err := w.As(w.Cleo).RevokeFeed(ctx, id); err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{token, "", "vt_cal_x", string(id)} {
			if _, err := w.Portal.Calendar(ctx, bad, ""); !errors.Is(err, portal.ErrNotFound) {
				t.Errorf("the calendar of %q: %v", bad, err)
			}
		}
	})
}

func TestSearch(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := context.Background()
		if _, err := w.As(w.Mia).AddTask(ctx, w.Site, portal.NewTask{Title: "Émile's 100%_Straße", Audience: portal.ClientSide}); err != nil {
			t.Fatal(err)
		}
		for query, want := range map[string]int{"émile": 1, "ÉMILE": 1, "100%": 1, "%_": 1, "strasse": 1, "100_": 0, "x": 0, "": 0} {
			hits, err := w.As(w.Cleo).Search(ctx, query)
			if err != nil || len(hits) != want {
				t.Errorf("Cleo finds %+v for %q, %v; want %d", hits, query, err, want)
			}
		}
		if hits, err := w.As(w.Carl).Search(ctx, "émile"); err != nil || len(hits) != 0 {
			t.Errorf("Carl finds %+v, %v", hits, err)
		}
	})
}
