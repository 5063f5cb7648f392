package api

import (
	"context"

	"github.com/vitrine-portal/vitrine/internal/portal"
)

// register adds all operations.
func (s *server) register() {
	readFor(s, "/api/self", "self", "Who the token acts for", selfWire)
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
	s.signoffs()
	s.revisionRequests()
	s.handovers()
	s.shareLinks()
	s.fileRecords()
	s.audience()
	s.templates()
	s.needs()
	s.conversations()
	s.comments()
	s.places()
	s.messages()
	s.notices()
	s.audit()
}

type self struct {
	Person  portal.PersonID `json:"person" doc:"Who the token acts for."`
	Role    string          `json:"role,omitempty" doc:"In the team; empty for client users."`
	Clients []clientName    `json:"clients" doc:"The clients that let this person in."`
}

type clientName struct {
	ID   portal.ClientID `json:"id" doc:"The client."`
	Name string          `json:"name" doc:"Its name."`
}

func selfWire(ctx context.Context, me *portal.Scope, _ *struct{}) (self, error) {
	who, err := me.Self(ctx)
	w := self{Person: me.Person(), Role: who.Role, Clients: []clientName{}}
	for _, c := range who.Clients {
		w.Clients = append(w.Clients, clientName{c.ID, c.Name})
	}
	return w, err
}
