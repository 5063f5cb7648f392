package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/vitrine-portal/vitrine/internal/portal"
)

// register adds all operations.
func (s *server) register() {
	huma.Register(s.huma, operation(http.MethodGet, "/api/self", "self", "Who the token acts for", http.StatusOK), s.self)
	s.clients()
	s.projects()
	s.milestones()
	s.tasks()
	s.deliverables()
	s.updates()
	s.folders()
	s.files()
	s.versions()
	s.uploads()
	s.contents()
	s.attachments()
	s.fileRequests()
	s.approvals()
	s.shareLinks()
	s.fileRecords()
	s.audience()
	s.templates()
	s.needs()
	s.conversations()
	s.comments()
	s.messages()
	s.notices()
	s.audit()
}

type self struct {
	Body struct {
		Person  portal.PersonID `json:"person" doc:"Who the token acts for."`
		Role    string          `json:"role,omitempty" doc:"In the team; empty for client users."`
		Clients []clientName    `json:"clients" doc:"The clients that let this person in."`
	}
}

type clientName struct {
	ID   portal.ClientID `json:"id" doc:"The client."`
	Name string          `json:"name" doc:"Its name."`
}

func (s *server) self(ctx context.Context, _ *struct{}) (*self, error) {
	who, err := me(ctx).Self(ctx)
	if err != nil {
		return nil, s.fail(err)
	}
	out := &self{}
	out.Body.Person, out.Body.Role, out.Body.Clients = me(ctx).Person(), who.Role, []clientName{}
	for _, c := range who.Clients {
		out.Body.Clients = append(out.Body.Clients, clientName{c.ID, c.Name})
	}
	return out, nil
}
