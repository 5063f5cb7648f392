package api

import (
	"context"
	"slices"
	"time"

	"github.com/vitrine-portal/vitrine/internal/portal"
)

type template struct {
	ID   portal.TemplateID `json:"id" doc:"The template."`
	Name string            `json:"name" doc:"What it is called."`
}

func (s *server) templates() {
	readAll(s, "/api/templates", "list-templates", "The templates of projects", func(ctx context.Context, me *portal.Scope, _ *struct{}) ([]portal.Template, string, error) {
		all, err := me.Templates(ctx)
		return all, "", err
	}, func(t portal.Template) template { return template{t.ID, t.Name} })
}

type need struct {
	Item    portal.ItemID    `json:"item" doc:"What needs you: of being named, the notice that says so."`
	Kind    string           `json:"kind" enum:"task,deliverable,milestone,file_request,approval,call,revision,signoff,question,message,drafts,mention,unread" doc:"What it is; in a conversation the team asks a question, a client's message waits for the team, and what a client's person has not read is unread."`
	Title   string           `json:"title" doc:"What it is called."`
	Project portal.ProjectID `json:"project" doc:"The project it is in; empty: none."`
	Client  portal.ClientID  `json:"client" doc:"The client whose it is."`
	DueOn   string           `json:"due_on,omitempty" doc:"A day, YYYY-MM-DD."`
	Since   time.Time        `json:"since" doc:"Since when it waits for you."`
	Unread  int              `json:"messages,omitempty" doc:"Of what is unread: how many messages; 100 stands for more."`
}

func (s *server) needs() {
	readAll(s, "/api/needs", "needs", "What needs you, most urgent first", func(ctx context.Context, me *portal.Scope, q *struct {
		Client portal.ClientID `query:"client" maxLength:"64" doc:"Only what projects of this client need."`
	}) ([]portal.Need, string, error) {
		self, err := me.Self(ctx)
		if err != nil || self.Role == "" {
			all, err := me.Needs(ctx, q.Client, 0)
			return all, "", err
		}
		all, err := me.TeamNeeds(ctx, "")
		if q.Client != "" {
			all = slices.DeleteFunc(all, func(n portal.Need) bool { return n.Client != q.Client })
		}
		return all, "", err
	}, func(n portal.Need) need {
		return need{n.Item, n.Kind, n.Title, n.Project, n.Client, n.DueOn, n.Since.UTC(), n.Messages}
	})
}
