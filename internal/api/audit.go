package api

import (
	"context"
	"net/netip"
	"time"

	"github.com/vitrine-portal/vitrine/internal/portal"
)

type auditQuery struct {
	Page
	Who     string          `query:"who" maxLength:"320" doc:"The e-mail address of who did it."`
	Kind    portal.Kind     `query:"kind" maxLength:"64" doc:"What happened."`
	Client  portal.ClientID `query:"client" maxLength:"64" doc:"Of this client."`
	Address string          `query:"address" maxLength:"64" doc:"The network address that it came from."`
	From    time.Time       `query:"from" doc:"From this moment on, RFC 3339."`
	To      time.Time       `query:"to" doc:"Before this moment, RFC 3339."`
}

type auditRow struct {
	ID          portal.EventID    `json:"id" doc:"The event."`
	At          time.Time         `json:"at" doc:"When it happened."`
	Kind        portal.Kind       `json:"kind" doc:"What happened."`
	Actor       portal.PersonID   `json:"actor,omitempty" doc:"Who did it; absent when nobody who is known did."`
	Name        string            `json:"actor_name,omitempty" doc:"Their name."`
	Email       string            `json:"actor_email,omitempty" doc:"Their e-mail address."`
	Client      portal.ClientID   `json:"client,omitempty" doc:"The client it is about."`
	ClientName  string            `json:"client_name,omitempty" doc:"The client's name."`
	Project     portal.ProjectID  `json:"project,omitempty" doc:"The project it is about."`
	ProjectName string            `json:"project_name,omitempty" doc:"The project's name."`
	Subject     string            `json:"subject,omitempty" doc:"The id of what it happened to."`
	Address     string            `json:"address,omitempty" doc:"The network address that it came from; absent when it came over none."`
	Details     map[string]string `json:"details,omitempty" doc:"What else was noted."`
}

func auditWire(r portal.AuditRow) auditRow {
	return auditRow{ID: r.ID, At: r.At.UTC(), Kind: r.Kind, Actor: r.Actor, Name: r.ActorName, Email: r.ActorEmail, Client: r.Client, ClientName: r.ClientName,
		Project: r.Project, ProjectName: r.ProjectName, Subject: r.Subject, Address: r.Address, Details: r.Details}
}

func (s *server) audit() {
	readAll(s, "/api/audit", "audit", "Everything that was recorded, newest first; for those who administer the workspace", func(ctx context.Context, me *portal.Scope, q *auditQuery) ([]portal.AuditRow, string, error) {
		if _, err := administered(ctx, me); err != nil {
			return nil, "", err
		}
		if q.Address != "" {
			a, err := netip.ParseAddr(q.Address)
			if err != nil {
				return nil, "", &portal.Invalid{Fields: map[string]portal.Reason{"address": {Key: "address"}}}
			}
			q.Address = a.String()
		}
		return me.Audit(ctx, portal.AuditFilter{Email: q.Who, Kind: q.Kind, Client: q.Client, Address: q.Address, From: q.From, To: q.To}, q.portal())
	}, auditWire)
}
