package api

import (
	"context"
	"net/http"
	"time"

	"github.com/vitrine-portal/vitrine/internal/portal"
)

type project struct {
	ID         portal.ProjectID     `json:"id" doc:"The project."`
	Client     portal.ClientID      `json:"client" doc:"The client it is for."`
	ClientName string               `json:"client_name" doc:"The client's name."`
	Name       string               `json:"name" doc:"What it is called, at most 200 characters."`
	Summary    string               `json:"summary,omitempty" doc:"What it is about, in a sentence or two."`
	Status     portal.ProjectStatus `json:"status" enum:"planned,active,on_hold,done" doc:"How far it is."`
	Health     portal.Health        `json:"health" enum:"on_track,at_risk,off_track,waiting" doc:"How it stands."`
	Sentence   string               `json:"sentence,omitempty" doc:"How it stands, in one sentence."`
	UpdatedAt  *time.Time           `json:"updated_at,omitempty" doc:"When its state was last said."`
	StartsOn   string               `json:"starts_on,omitempty" doc:"A day, YYYY-MM-DD."`
	DueOn      string               `json:"due_on,omitempty" doc:"A day, YYYY-MM-DD."`
	SharedAt   *time.Time           `json:"shared_at,omitempty" doc:"For the team; absent when the client does not see it."`
	ArchivedAt *time.Time           `json:"archived_at,omitempty" doc:"When it was put into the archive."`
	Sections   []string             `json:"sections" doc:"What is shown of it."`
	Revision   int64                `json:"revision,omitempty" doc:"Send it back with a change."`
}

func projectWire(p portal.Project) project {
	w := project{ID: p.ID, Client: p.Client, ClientName: p.ClientName, Name: p.Name, Summary: p.Summary, Status: p.Status, Health: p.Health,
		Sentence: p.Sentence, UpdatedAt: moment(p.UpdatedAt), StartsOn: p.StartsOn, DueOn: p.DueOn, ArchivedAt: moment(p.Archived), Sections: sectionsOf(p.Shows)}
	if p.Team() {
		w.SharedAt, w.Revision = moment(p.Shared), p.Revision
	}
	return w
}

type newProject struct {
	Client   portal.ClientID   `json:"client" doc:"The client it is for."`
	Name     string            `json:"name" doc:"What it is called, at most 200 characters."`
	Summary  string            `json:"summary,omitempty" doc:"What it is about, in a sentence or two."`
	StartsOn string            `json:"starts_on,omitempty" doc:"A day, YYYY-MM-DD."`
	DueOn    string            `json:"due_on,omitempty" doc:"A day, YYYY-MM-DD."`
	Template portal.TemplateID `json:"template,omitempty" doc:"What it begins with; without, with nothing."`
	Shared   bool              `json:"shared,omitempty" doc:"With the client, at once."`
}

type projectChange struct {
	Name     string          `json:"name" doc:"What it is called, at most 200 characters."`
	Summary  string          `json:"summary,omitempty" doc:"What it is about, in a sentence or two."`
	StartsOn string          `json:"starts_on,omitempty" doc:"A day, YYYY-MM-DD."`
	DueOn    string          `json:"due_on,omitempty" doc:"A day, YYYY-MM-DD."`
	Contact  portal.PersonID `json:"contact,omitempty" doc:"Who of the team its client turns to."`
	Revision int64           `json:"revision" doc:"As it was looked at."`
}

type projectQuery struct {
	Page
	Client   portal.ClientID `query:"client" maxLength:"64" doc:"Only those for this client."`
	Status   string          `query:"status" enum:"planned,active,on_hold,done" doc:"Only those that are so far."`
	Query    string          `query:"q" maxLength:"200" doc:"Part of the name."`
	Archived bool            `query:"archived" doc:"Those in the archive instead."`
}

type inProject struct {
	ID string `path:"id" maxLength:"64" doc:"What it is about."`
	Page
}

type shareProject struct {
	WithHistory bool `json:"with_history,omitempty" doc:"Also show what happened before."`
}

type sectionChange struct {
	Set      []string `json:"set" doc:"Which sections and fields are decided here; the others follow what is above."`
	On       []string `json:"on" doc:"Which of them are shown."`
	Revision int64    `json:"revision" doc:"As it was looked at."`
}

type event struct {
	ID       portal.EventID    `json:"id" doc:"The event."`
	Kind     portal.Kind       `json:"kind" doc:"What happened."`
	At       time.Time         `json:"at" doc:"When."`
	Project  portal.ProjectID  `json:"project,omitempty" doc:"The project it happened in."`
	Subject  string            `json:"subject" doc:"The id of what it happened to."`
	Actor    portal.PersonID   `json:"actor,omitempty" doc:"Who did it; absent where you are not shown names of the team."`
	Name     string            `json:"actor_name,omitempty" doc:"Their name."`
	Details  map[string]string `json:"details,omitempty" doc:"What else was noted."`
	Audience portal.Side       `json:"audience,omitempty" doc:"For the team."`
}

func eventWire(e portal.Event) event {
	w := event{ID: e.ID, Kind: e.Kind, At: e.At.UTC(), Project: e.Project, Subject: e.Subject, Actor: e.Actor, Name: e.ActorName, Details: e.Details}
	if e.Team() {
		w.Audience = e.Audience
	}
	return w
}

func (s *server) projects() {
	readAll(s, "/api/projects", "list-projects", "The projects you see, newest first", func(ctx context.Context, me *portal.Scope, q *projectQuery) ([]portal.Project, string, error) {
		return me.Projects(ctx, portal.ProjectFilter{Client: q.Client, Status: portal.ProjectStatus(q.Status), Query: q.Query, Archived: q.Archived}, q.portal())
	}, projectWire)
	createTop(s, "/api/projects", "create-project", "Create a project", func(ctx context.Context, me *portal.Scope, in newProject) (portal.ProjectID, error) {
		return me.CreateProject(ctx, in.Client, portal.NewProject{Name: in.Name, Summary: in.Summary, StartsOn: in.StartsOn, DueOn: in.DueOn, Template: in.Template, Shared: in.Shared})
	})
	read(s, "/api/projects/{id}", "project", "A project", func(ctx context.Context, me *portal.Scope, id string) (project, error) {
		p, err := me.Project(ctx, portal.ProjectID(id))
		return projectWire(p), err
	})
	change(s, http.MethodPut, "/api/projects/{id}", "change-project", "Change a project", func(ctx context.Context, me *portal.Scope, id string, in projectChange) error {
		return me.ChangeProject(ctx, portal.ProjectID(id), portal.ProjectChange{Name: in.Name, Summary: in.Summary, StartsOn: in.StartsOn, DueOn: in.DueOn, Contact: in.Contact, Revision: in.Revision})
	})
	change(s, http.MethodPost, "/api/projects/{id}/share", "share-project", "Share it with its client", func(ctx context.Context, me *portal.Scope, id string, in shareProject) error {
		return me.ShareProject(ctx, portal.ProjectID(id), in.WithHistory)
	})
	act(s, http.MethodDelete, "/api/projects/{id}/share", "unshare-project", "Stop sharing it", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.UnshareProject(ctx, portal.ProjectID(id))
	})
	act(s, http.MethodPost, "/api/projects/{id}/archive", "archive-project", "Archive it", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.ArchiveProject(ctx, portal.ProjectID(id))
	})
	act(s, http.MethodDelete, "/api/projects/{id}/archive", "restore-project", "Take it out of the archive", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.RestoreProject(ctx, portal.ProjectID(id))
	})
	change(s, http.MethodPut, "/api/projects/{id}/sections", "change-project-sections", "Choose what its client is shown", func(ctx context.Context, me *portal.Scope, id string, in sectionChange) error {
		set, err := sections("set", in.Set)
		if err != nil {
			return err
		}
		on, err := sections("on", in.On)
		if err != nil {
			return err
		}
		return me.SetProjectSections(ctx, portal.ProjectID(id), set, on, in.Revision)
	})
	readAll(s, "/api/projects/{id}/activity", "project-activity", "What happened in it, newest first", func(ctx context.Context, me *portal.Scope, q *inProject) ([]portal.Event, string, error) {
		if _, err := me.Project(ctx, portal.ProjectID(q.ID)); err != nil {
			return nil, "", err
		}
		return me.ProjectActivity(ctx, portal.ProjectID(q.ID), q.portal())
	}, eventWire)
}
