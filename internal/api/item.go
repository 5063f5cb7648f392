package api

import (
	"context"
	"net/http"
	"time"

	"github.com/vitrine-portal/vitrine/internal/portal"
)

type milestone struct {
	ID          portal.MilestoneID `json:"id" doc:"The milestone."`
	Project     portal.ProjectID   `json:"project" doc:"The project it is in."`
	Title       string             `json:"title" doc:"In a few words, at most 200 characters."`
	Body        string             `json:"body,omitempty" doc:"In full, in Markdown: at most 20,000 characters."`
	StartsOn    string             `json:"starts_on,omitempty" doc:"A day, YYYY-MM-DD."`
	DueOn       string             `json:"due_on,omitempty" doc:"A day, YYYY-MM-DD."`
	PlannedOn   string             `json:"planned_on,omitempty" doc:"The due day that was shown first."`
	ShiftReason string             `json:"shift_reason,omitempty" doc:"Why the due day was moved."`
	Turn        portal.Side        `json:"turn" enum:"team,client" doc:"Who has to act."`
	TurnSince   time.Time          `json:"turn_since" doc:"Since when."`
	ReachedAt   *time.Time         `json:"reached_at,omitempty" doc:"When it was reached."`
	Audience    portal.Side        `json:"audience,omitempty" doc:"For the team."`
	Revision    int64              `json:"revision" doc:"Send it back with a change."`
}

func milestoneWire(m portal.Milestone) milestone {
	return milestone{ID: m.ID, Project: m.Project, Title: m.Title, Body: m.Body, StartsOn: m.StartsOn, DueOn: m.DueOn, PlannedOn: m.PlannedOn,
		ShiftReason: m.ShiftReason, Turn: m.Turn, TurnSince: m.TurnSince.UTC(), ReachedAt: moment(m.ReachedAt), Audience: forTeam(m.Held, m.Audience), Revision: m.Revision}
}

// forTeam is the audience of an item, which clients are not told.
func forTeam(h portal.Held, audience portal.Side) portal.Side {
	if h.Team() {
		return audience
	}
	return ""
}

type newMilestone struct {
	Title    string      `json:"title" doc:"In a few words, at most 200 characters."`
	Body     string      `json:"body,omitempty" doc:"In full, in Markdown: at most 20,000 characters."`
	StartsOn string      `json:"starts_on,omitempty" doc:"A day, YYYY-MM-DD."`
	DueOn    string      `json:"due_on,omitempty" doc:"A day, YYYY-MM-DD."`
	Turn     portal.Side `json:"turn,omitempty" doc:"Who has to act: team (the default) or client."`
	Audience portal.Side `json:"audience,omitempty" doc:"team (the default) or client."`
}

type milestoneChange struct {
	Title    string `json:"title" doc:"In a few words, at most 200 characters."`
	Body     string `json:"body,omitempty" doc:"In full, in Markdown: at most 20,000 characters."`
	StartsOn string `json:"starts_on,omitempty" doc:"A day, YYYY-MM-DD."`
	DueOn    string `json:"due_on,omitempty" doc:"A day, YYYY-MM-DD."`
	Reason   string `json:"reason,omitempty" doc:"Of a moved due day that the client sees."`
	Revision int64  `json:"revision" doc:"As it was looked at."`
}

type task struct {
	ID          portal.TaskID      `json:"id" doc:"The task."`
	Project     portal.ProjectID   `json:"project" doc:"The project it is in."`
	Milestone   portal.MilestoneID `json:"milestone,omitempty" doc:"The milestone it belongs to."`
	Title       string             `json:"title" doc:"In a few words, at most 200 characters."`
	Body        string             `json:"body,omitempty" doc:"In full, in Markdown: at most 20,000 characters."`
	Assignee    portal.PersonID    `json:"assignee,omitempty" doc:"Who has to do it."`
	Name        string             `json:"assignee_name,omitempty" doc:"Their name."`
	DueOn       string             `json:"due_on,omitempty" doc:"A day, YYYY-MM-DD."`
	State       string             `json:"state" enum:"open,started,completed" doc:"How far it is."`
	Turn        portal.Side        `json:"turn" enum:"team,client" doc:"Who has to act."`
	TurnSince   time.Time          `json:"turn_since" doc:"Since when."`
	CompletedAt *time.Time         `json:"completed_at,omitempty" doc:"When it was completed."`
	Audience    portal.Side        `json:"audience,omitempty" doc:"For the team."`
	Revision    int64              `json:"revision" doc:"Send it back with a change."`
}

func taskWire(t portal.Task) task {
	return task{ID: t.ID, Project: t.Project, Milestone: t.Milestone, Title: t.Title, Body: t.Body, Assignee: t.Assignee, Name: t.AssigneeName, DueOn: t.DueOn,
		State: t.State(), Turn: t.Turn, TurnSince: t.TurnSince.UTC(), CompletedAt: moment(t.CompletedAt), Audience: forTeam(t.Held, t.Audience), Revision: t.Revision}
}

type newTask struct {
	Title     string             `json:"title" doc:"In a few words, at most 200 characters."`
	Body      string             `json:"body,omitempty" doc:"In full, in Markdown: at most 20,000 characters."`
	Milestone portal.MilestoneID `json:"milestone,omitempty" doc:"The milestone it belongs to."`
	Assignee  portal.PersonID    `json:"assignee,omitempty" doc:"Who has to do it."`
	DueOn     string             `json:"due_on,omitempty" doc:"A day, YYYY-MM-DD."`
	Turn      portal.Side        `json:"turn,omitempty" doc:"Who has to act: team (the default) or client."`
	Audience  portal.Side        `json:"audience,omitempty" doc:"team (the default) or client."`
}

type taskChange struct {
	Title     string             `json:"title" doc:"In a few words, at most 200 characters."`
	Body      string             `json:"body,omitempty" doc:"In full, in Markdown: at most 20,000 characters."`
	Milestone portal.MilestoneID `json:"milestone,omitempty" doc:"The milestone it belongs to."`
	DueOn     string             `json:"due_on,omitempty" doc:"A day, YYYY-MM-DD."`
	Revision  int64              `json:"revision" doc:"As it was looked at."`
}

type assignment struct {
	Assignee portal.PersonID `json:"assignee" doc:"Empty: nobody."`
}

type taskQuery struct {
	ID string `path:"id" maxLength:"64" doc:"What it is about."`
	Page
	Milestone portal.MilestoneID `query:"milestone" maxLength:"64" doc:"Only those of this milestone."`
	Assignee  portal.PersonID    `query:"assignee" maxLength:"64" doc:"Only what this person has to do."`
	Open      bool               `query:"open" doc:"Only those still to be done."`
}

type deliverable struct {
	ID        portal.DeliverableID `json:"id" doc:"The deliverable."`
	Project   portal.ProjectID     `json:"project" doc:"The project it is in."`
	Milestone portal.MilestoneID   `json:"milestone,omitempty" doc:"The milestone it belongs to."`
	Title     string               `json:"title" doc:"In a few words, at most 200 characters."`
	Body      string               `json:"body,omitempty" doc:"In full, in Markdown: at most 20,000 characters."`
	Owner     portal.PersonID      `json:"owner,omitempty" doc:"Who of the team takes care of it."`
	Name      string               `json:"owner_name,omitempty" doc:"Their name."`
	DueOn     string               `json:"due_on,omitempty" doc:"A day, YYYY-MM-DD."`
	State     portal.State         `json:"state" enum:"draft,shared,in_review,changes_requested,approved,signed_off" doc:"How far it is."`
	StateAt   time.Time            `json:"state_at" doc:"Since when."`
	Round     int                  `json:"round" doc:"How often it was sent for review."`
	Rounds    int                  `json:"rounds,omitempty" doc:"Rounds of review that are included."`
	Turn      portal.Side          `json:"turn" enum:"team,client" doc:"Who has to act."`
	TurnSince time.Time            `json:"turn_since" doc:"Since when."`
	Audience  portal.Side          `json:"audience,omitempty" doc:"For the team."`
	Revision  int64                `json:"revision" doc:"Send it back with a change."`
	Links     []link               `json:"links,omitempty" doc:"When one deliverable is read."`
}

type link struct {
	ID    portal.LinkID `json:"id" doc:"The link."`
	Title string        `json:"title" doc:"What it is called."`
	URL   string        `json:"url" doc:"Where it leads."`
}

func deliverableWire(d portal.Deliverable) deliverable {
	return deliverable{ID: d.ID, Project: d.Project, Milestone: d.Milestone, Title: d.Title, Body: d.Body, Owner: d.Owner, Name: d.OwnerName, DueOn: d.DueOn,
		State: d.State, StateAt: d.StateAt.UTC(), Round: d.Round, Rounds: d.Rounds, Turn: d.Turn, TurnSince: d.TurnSince.UTC(), Audience: forTeam(d.Held, d.Audience), Revision: d.Revision}
}

type newDeliverable struct {
	Title     string             `json:"title" doc:"In a few words, at most 200 characters."`
	Body      string             `json:"body,omitempty" doc:"In full, in Markdown: at most 20,000 characters."`
	Milestone portal.MilestoneID `json:"milestone,omitempty" doc:"The milestone it belongs to."`
	Owner     portal.PersonID    `json:"owner,omitempty" doc:"Who of the team takes care of it."`
	DueOn     string             `json:"due_on,omitempty" doc:"A day, YYYY-MM-DD."`
	Rounds    int                `json:"rounds,omitempty" doc:"How many rounds of review are included; 0: any number."`
	Audience  portal.Side        `json:"audience,omitempty" doc:"team (the default) or client."`
}

type deliverableChange struct {
	Title     string             `json:"title" doc:"In a few words, at most 200 characters."`
	Body      string             `json:"body,omitempty" doc:"In full, in Markdown: at most 20,000 characters."`
	Milestone portal.MilestoneID `json:"milestone,omitempty" doc:"The milestone it belongs to."`
	Owner     portal.PersonID    `json:"owner,omitempty" doc:"Who of the team takes care of it."`
	DueOn     string             `json:"due_on,omitempty" doc:"A day, YYYY-MM-DD."`
	Rounds    int                `json:"rounds,omitempty" doc:"How many rounds of review are included; 0: any number."`
	Revision  int64              `json:"revision" doc:"As it was looked at."`
}

type newLink struct {
	Title string `json:"title" doc:"What it is called."`
	URL   string `json:"url" doc:"An address that begins with http or https."`
}

type revision struct {
	Revision int64 `json:"revision" doc:"As it was looked at."`
}

type update struct {
	ID        portal.UpdateID      `json:"id" doc:"The update."`
	Project   portal.ProjectID     `json:"project" doc:"The project it is in."`
	Author    portal.PersonID      `json:"author,omitempty" doc:"Who wrote it; absent where you are not shown names of the team."`
	Name      string               `json:"author_name,omitempty" doc:"Their name."`
	Body      string               `json:"body,omitempty" doc:"What happened, in Markdown."`
	Status    portal.ProjectStatus `json:"status" enum:"planned,active,on_hold,done" doc:"How far it is."`
	Health    portal.Health        `json:"health" enum:"on_track,at_risk,off_track,waiting" doc:"How it stands."`
	Sentence  string               `json:"sentence,omitempty" doc:"How it stands, in one sentence."`
	CreatedAt time.Time            `json:"created_at" doc:"When it was published."`
	EditedAt  *time.Time           `json:"edited_at,omitempty" doc:"When it was last edited."`
	Audience  portal.Side          `json:"audience,omitempty" doc:"For the team."`
	Revision  int64                `json:"revision" doc:"Send it back with a change."`
}

func updateWire(u portal.Update) update {
	return update{ID: u.ID, Project: u.Project, Author: u.Author, Name: u.AuthorName, Body: u.Body, Status: u.Status, Health: u.Health, Sentence: u.Sentence,
		CreatedAt: u.CreatedAt.UTC(), EditedAt: moment(u.EditedAt), Audience: forTeam(u.Held, u.Audience), Revision: u.Revision}
}

type newUpdate struct {
	Body     string               `json:"body,omitempty" doc:"What happened, in Markdown: at most 20,000 characters."`
	Status   portal.ProjectStatus `json:"status" doc:"How far the project is: planned, active, on_hold or done."`
	Health   portal.Health        `json:"health" doc:"How it stands: on_track, at_risk, off_track or waiting."`
	Sentence string               `json:"sentence,omitempty" doc:"How it stands, in one sentence."`
	Audience portal.Side          `json:"audience,omitempty" doc:"team (the default) or client."`
}

type updateChange struct {
	Body     string               `json:"body,omitempty" doc:"What happened, in Markdown: at most 20,000 characters."`
	Status   portal.ProjectStatus `json:"status" doc:"How far the project is: planned, active, on_hold or done."`
	Health   portal.Health        `json:"health" doc:"How it stands: on_track, at_risk, off_track or waiting."`
	Sentence string               `json:"sentence,omitempty" doc:"How it stands, in one sentence."`
	Revision int64                `json:"revision" doc:"As it was looked at."`
}

func (s *server) milestones() {
	readAll(s, "/api/projects/{id}/milestones", "list-milestones", "The milestones of a project, in order", func(ctx context.Context, me *portal.Scope, q *byID) ([]portal.Milestone, string, error) {
		if _, err := me.Project(ctx, portal.ProjectID(q.ID)); err != nil {
			return nil, "", err
		}
		all, err := me.Milestones(ctx, portal.ProjectID(q.ID))
		return all, "", err
	}, milestoneWire)
	create(s, "/api/projects/{id}/milestones", "add-milestone", "Add a milestone", func(ctx context.Context, me *portal.Scope, id string, in newMilestone) (portal.MilestoneID, error) {
		return me.AddMilestone(ctx, portal.ProjectID(id), portal.NewMilestone(in))
	})
	read(s, "/api/milestones/{id}", "milestone", "A milestone", func(ctx context.Context, me *portal.Scope, id string) (milestone, error) {
		m, err := me.Milestone(ctx, portal.MilestoneID(id))
		return milestoneWire(m), err
	})
	change(s, http.MethodPut, "/api/milestones/{id}", "change-milestone", "Change a milestone", func(ctx context.Context, me *portal.Scope, id string, in milestoneChange) error {
		return me.ChangeMilestone(ctx, portal.MilestoneID(id), portal.MilestoneChange(in))
	})
	act(s, http.MethodPost, "/api/milestones/{id}/reached", "reach-milestone", "Say that it is reached", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.ReachMilestone(ctx, portal.MilestoneID(id))
	})
	act(s, http.MethodDelete, "/api/milestones/{id}/reached", "reopen-milestone", "Say that it is not reached after all", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.ReopenMilestone(ctx, portal.MilestoneID(id))
	})
	act(s, http.MethodDelete, "/api/milestones/{id}", "delete-milestone", "Delete a milestone", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.DeleteMilestone(ctx, portal.MilestoneID(id))
	})
}

func (s *server) tasks() {
	readAll(s, "/api/projects/{id}/tasks", "list-tasks", "The tasks of a project, in order", func(ctx context.Context, me *portal.Scope, q *taskQuery) ([]portal.Task, string, error) {
		if _, err := me.Project(ctx, portal.ProjectID(q.ID)); err != nil {
			return nil, "", err
		}
		return me.Tasks(ctx, portal.ProjectID(q.ID), portal.TaskFilter{Milestone: q.Milestone, Assignee: q.Assignee, Open: q.Open}, q.portal())
	}, taskWire)
	create(s, "/api/projects/{id}/tasks", "add-task", "Add a task", func(ctx context.Context, me *portal.Scope, id string, in newTask) (portal.TaskID, error) {
		return me.AddTask(ctx, portal.ProjectID(id), portal.NewTask(in))
	})
	read(s, "/api/tasks/{id}", "task", "A task", func(ctx context.Context, me *portal.Scope, id string) (task, error) {
		t, err := me.Task(ctx, portal.TaskID(id))
		return taskWire(t), err
	})
	change(s, http.MethodPut, "/api/tasks/{id}", "change-task", "Change a task", func(ctx context.Context, me *portal.Scope, id string, in taskChange) error {
		return me.ChangeTask(ctx, portal.TaskID(id), portal.TaskChange(in))
	})
	change(s, http.MethodPut, "/api/tasks/{id}/assignee", "assign-task", "Give it to somebody", func(ctx context.Context, me *portal.Scope, id string, in assignment) error {
		return me.AssignTask(ctx, portal.TaskID(id), in.Assignee)
	})
	act(s, http.MethodPost, "/api/tasks/{id}/started", "start-task", "Start it", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.StartTask(ctx, portal.TaskID(id))
	})
	act(s, http.MethodPost, "/api/tasks/{id}/completed", "complete-task", "Complete it", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.CompleteTask(ctx, portal.TaskID(id))
	})
	act(s, http.MethodDelete, "/api/tasks/{id}/completed", "reopen-task", "Open it again", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.ReopenTask(ctx, portal.TaskID(id))
	})
	act(s, http.MethodDelete, "/api/tasks/{id}", "delete-task", "Delete a task", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.DeleteTask(ctx, portal.TaskID(id))
	})
}

func (s *server) deliverables() {
	readAll(s, "/api/projects/{id}/deliverables", "list-deliverables", "The deliverables of a project, in order", func(ctx context.Context, me *portal.Scope, q *byID) ([]portal.Deliverable, string, error) {
		if _, err := me.Project(ctx, portal.ProjectID(q.ID)); err != nil {
			return nil, "", err
		}
		all, err := me.Deliverables(ctx, portal.ProjectID(q.ID))
		return all, "", err
	}, deliverableWire)
	create(s, "/api/projects/{id}/deliverables", "add-deliverable", "Add a deliverable", func(ctx context.Context, me *portal.Scope, id string, in newDeliverable) (portal.DeliverableID, error) {
		return me.AddDeliverable(ctx, portal.ProjectID(id), portal.NewDeliverable(in))
	})
	read(s, "/api/deliverables/{id}", "deliverable", "A deliverable and its links", func(ctx context.Context, me *portal.Scope, id string) (deliverable, error) {
		d, err := me.Deliverable(ctx, portal.DeliverableID(id))
		if err != nil {
			return deliverable{}, err
		}
		w := deliverableWire(d)
		links, err := me.Links(ctx, d.ID)
		for _, l := range links {
			w.Links = append(w.Links, link{l.ID, l.Title, l.URL})
		}
		return w, err
	})
	change(s, http.MethodPut, "/api/deliverables/{id}", "change-deliverable", "Change a deliverable", func(ctx context.Context, me *portal.Scope, id string, in deliverableChange) error {
		return me.ChangeDeliverable(ctx, portal.DeliverableID(id), portal.DeliverableChange(in))
	})
	create(s, "/api/deliverables/{id}/links", "add-link", "Add a link to it", func(ctx context.Context, me *portal.Scope, id string, in newLink) (portal.LinkID, error) {
		return me.AddLink(ctx, portal.DeliverableID(id), in.Title, in.URL)
	})
	act(s, http.MethodDelete, "/api/links/{id}", "remove-link", "Remove a link", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.RemoveLink(ctx, portal.LinkID(id))
	})
	act(s, http.MethodPost, "/api/deliverables/{id}/shared", "share-deliverable", "Share a draft with the client", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.ShareDeliverable(ctx, portal.DeliverableID(id))
	})
	act(s, http.MethodDelete, "/api/deliverables/{id}", "delete-deliverable", "Delete a deliverable", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.DeleteDeliverable(ctx, portal.DeliverableID(id))
	})
}

func (s *server) updates() {
	readAll(s, "/api/projects/{id}/updates", "list-updates", "The updates of a project, newest first", func(ctx context.Context, me *portal.Scope, q *inProject) ([]portal.Update, string, error) {
		if _, err := me.Project(ctx, portal.ProjectID(q.ID)); err != nil {
			return nil, "", err
		}
		return me.Updates(ctx, portal.ProjectID(q.ID), q.portal())
	}, updateWire)
	create(s, "/api/projects/{id}/updates", "publish-update", "Publish an update", func(ctx context.Context, me *portal.Scope, id string, in newUpdate) (portal.UpdateID, error) {
		return me.PublishUpdate(ctx, portal.ProjectID(id), portal.NewUpdate(in))
	})
	read(s, "/api/updates/{id}", "update", "An update", func(ctx context.Context, me *portal.Scope, id string) (update, error) {
		u, err := me.Update(ctx, portal.UpdateID(id))
		return updateWire(u), err
	})
	change(s, http.MethodPut, "/api/updates/{id}", "edit-update", "Edit an update", func(ctx context.Context, me *portal.Scope, id string, in updateChange) error {
		return me.EditUpdate(ctx, portal.UpdateID(id), portal.UpdateChange(in))
	})
	act(s, http.MethodDelete, "/api/updates/{id}", "delete-update", "Delete an update", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.DeleteUpdate(ctx, portal.UpdateID(id))
	})
}

type reveal struct {
	WithHistory bool `json:"with_history,omitempty" doc:"Also show what happened to it before: of a file its earlier versions, of a folder what is in it."`
}

// revealed is who sees an item, or would see it, and what shows with it.
type revealed struct {
	Audience  portal.Side  `json:"audience" enum:"team,client" doc:"Who sees it now."`
	Client    string       `json:"client" doc:"The client's name."`
	People    int          `json:"people" doc:"How many of the client's people see what is shown of its kind."`
	Names     []string     `json:"names" doc:"The names of at most five of them."`
	Invited   int          `json:"invited" doc:"How many more once they accept."`
	Now       bool         `json:"now" doc:"Whether they see it at once: the project is shared, portal access is on, and the section is shown."`
	Folders   []folderName `json:"folders,omitempty" doc:"Around a file or folder, which show with it."`
	Links     []link       `json:"links,omitempty" doc:"In a deliverable, which show with it."`
	Attached  []fileName   `json:"attached,omitempty" doc:"Files in it, which stay hidden."`
	Milestone string       `json:"hidden_milestone,omitempty" doc:"The milestone it belongs to, which stays hidden."`
	Named     int          `json:"named,omitempty" doc:"Items that the client sees and that will name this milestone."`
	State     bool         `json:"state,omitempty" doc:"The update becomes the state of the project."`
	Events    int          `json:"with_history_events,omitempty" doc:"What happened to it, shown with its history alone."`
	Versions  int          `json:"with_history_versions,omitempty" doc:"Earlier versions, likewise."`
	InFolders int          `json:"with_history_folders,omitempty" doc:"Folders in a folder, likewise."`
	InFiles   int          `json:"with_history_files,omitempty" doc:"Files in a folder, each in its newest version, likewise."`
	SeenBy    []seen       `json:"seen_by,omitempty" doc:"Who of the client's people have seen it."`
}

type fileName struct {
	ID   portal.FileID `json:"id" doc:"The file."`
	Name string        `json:"name" doc:"What it is called."`
}

type seen struct {
	Person portal.PersonID `json:"person" doc:"Who."`
	Name   string          `json:"name" doc:"Their name."`
	First  time.Time       `json:"first_at" doc:"When first."`
	Last   time.Time       `json:"last_at" doc:"When last."`
}

func revealedWire(r portal.Reveal, who []portal.Seen) revealed {
	a := r.Audience
	w := revealed{Audience: r.Sees, Client: a.Client, People: a.Count, Names: a.Names, Invited: a.Invited, Now: a.Now(), Milestone: r.HiddenMilestone, Named: r.Named, State: r.State,
		Events: r.EventCount, Versions: r.Versions, InFolders: r.InFolders, InFiles: r.InFiles}
	if w.Names == nil {
		w.Names = []string{}
	}
	for _, f := range r.Folders {
		w.Folders = append(w.Folders, folderName{f.ID, f.Name})
	}
	for _, l := range r.Links {
		w.Links = append(w.Links, link{l.ID, l.Title, l.URL})
	}
	for _, f := range r.Attached {
		w.Attached = append(w.Attached, fileName{f.ID, f.Name})
	}
	for _, p := range who {
		w.SeenBy = append(w.SeenBy, seen{p.Person, p.Name, p.First.UTC(), p.Last.UTC()})
	}
	return w
}

// audience registers who sees an item, for each kind of item.
func (s *server) audience() {
	for _, kind := range []string{"milestone", "task", "deliverable", "update", "folder", "file"} {
		path := "/api/" + kind + "s/{id}/audience"
		// item is the id of one of the kind, which the path is about.
		item := func(id string) (portal.ItemID, error) {
			if i := portal.ItemID(id); i.Kind() == kind {
				return i, nil
			}
			return "", portal.ErrNotFound
		}
		read(s, path, kind+"-audience", "Who sees it, or would see it, and what shows with it; for those who may show it", func(ctx context.Context, me *portal.Scope, id string) (revealed, error) {
			i, err := item(id)
			if err != nil {
				return revealed{}, err
			}
			r, err := me.RevealPreview(ctx, i)
			if err != nil {
				return revealed{}, err
			}
			who, err := me.SeenBy(ctx, i)
			return revealedWire(r, who), err
		})
		change(s, http.MethodPost, path, "reveal-"+kind+"s", "Show it to the client", func(ctx context.Context, me *portal.Scope, id string, in reveal) error {
			i, err := item(id)
			if err != nil {
				return err
			}
			return me.Reveal(ctx, i, in.WithHistory)
		})
		act(s, http.MethodDelete, path, "conceal-"+kind+"s", "Hide it from the client", func(ctx context.Context, me *portal.Scope, id string) error {
			i, err := item(id)
			if err != nil {
				return err
			}
			_, err = me.Conceal(ctx, i)
			return err
		})
	}
}
