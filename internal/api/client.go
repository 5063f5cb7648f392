package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/vitrine-portal/vitrine/internal/portal"
)

type client struct {
	ID          portal.ClientID    `json:"id" doc:"The client."`
	Name        string             `json:"name" doc:"Its name."`
	Welcome     string             `json:"welcome,omitempty" doc:"What its people are greeted with."`
	Projects    int                `json:"projects" doc:"Not archived, that you see."`
	Portal      portal.PortalState `json:"portal,omitempty" enum:"off,nobody,invited,active" doc:"For the team."`
	PortalSince *time.Time         `json:"portal_since,omitempty" doc:"Since when its people are let in; absent when they are not."`
	People      int                `json:"people,omitempty" doc:"How many of its people there are; for the team."`
	ArchivedAt  *time.Time         `json:"archived_at,omitempty" doc:"When it was put into the archive."`
	Revision    int64              `json:"revision,omitempty" doc:"Send it back with a change."`
}

func clientWire(c portal.Client) client {
	return client{ID: c.ID, Name: c.Name, Welcome: c.Welcome, Projects: c.Projects, Portal: c.State, PortalSince: moment(c.PortalSince), People: c.People,
		ArchivedAt: moment(c.Archived), Revision: c.Revision}
}

type newClient struct {
	Name string `json:"name" doc:"Its name, at most 200 characters."`
}

type clientChange struct {
	Name     string          `json:"name" doc:"Its name, at most 200 characters."`
	Contact  portal.PersonID `json:"contact,omitempty" doc:"Who of the team its people turn to."`
	Welcome  string          `json:"welcome,omitempty" doc:"What its people are greeted with: at most 20,000 characters."`
	Revision int64           `json:"revision" doc:"As it was looked at."`
}

type clientCalendar struct {
	TimeZone    string   `json:"time_zone,omitempty" maxLength:"64" doc:"Its IANA name; without, the workspace's."`
	WorkingDays []string `json:"working_days,omitempty" maxItems:"7" enum:"mon,tue,wed,thu,fri,sat,sun" doc:"None: as in the workspace."`
	OwnHolidays bool     `json:"own_holidays,omitempty" doc:"Whether it has holidays of its own, instead of the workspace's."`
	Holidays    []string `json:"holidays,omitempty" maxItems:"100" doc:"Days, YYYY-MM-DD."`
	Revision    int64    `json:"revision" doc:"As it was looked at."`
}

var weekdays = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

type clientQuery struct {
	Page
	Query    string `query:"q" maxLength:"200" doc:"Part of the name."`
	Portal   string `query:"portal" enum:"off,nobody,invited,active" doc:"Only those whose portal access is like that."`
	Archived bool   `query:"archived" doc:"Those in the archive instead."`
}

type clientUser struct {
	ID          portal.ClientUserID `json:"id" doc:"The client user: a person at this client."`
	Client      portal.ClientID     `json:"client" doc:"The client."`
	Name        string              `json:"name" doc:"The person's name."`
	Email       string              `json:"email,omitempty" doc:"Their e-mail address; for the team."`
	Title       string              `json:"title,omitempty" doc:"What they are there."`
	State       portal.MemberState  `json:"state,omitempty" enum:"not_invited,invited,expired,active,suspended,removed" doc:"Whether they are let in; for the team."`
	Rights      []string            `json:"rights" doc:"What they may do."`
	AllProjects bool                `json:"all_projects" doc:"Whether they see every project that is shared with the client."`
	Projects    []portal.ProjectID  `json:"projects,omitempty" doc:"Else, which."`
	InvitedAt   *time.Time          `json:"invited_at,omitempty" doc:"When they were invited last."`
	ExpiresAt   *time.Time          `json:"expires_at,omitempty" doc:"Of the invitation."`
	LastSeen    *time.Time          `json:"last_seen,omitempty" doc:"When they were here last; for the team."`
}

func clientUserWire(u portal.ClientUser) clientUser {
	w := clientUser{ID: u.ID, Client: u.Client, Name: u.Name, Email: u.Email, Title: u.Title, State: u.State, Rights: rightsOf(u.Rights), AllProjects: u.AllProjects,
		InvitedAt: moment(u.InvitedAt), ExpiresAt: moment(u.ExpiresAt), LastSeen: moment(u.LastSeen)}
	for _, p := range u.Projects {
		w.Projects = append(w.Projects, p.Project)
	}
	return w
}

type NewClientUser struct {
	Name        string             `json:"name,omitempty" doc:"The person's name, if you know it."`
	Email       string             `json:"email" doc:"Their e-mail address."`
	Title       string             `json:"title,omitempty" doc:"What they are there."`
	Rights      []string           `json:"rights,omitempty" doc:"None: those of the client's preset."`
	AllProjects bool               `json:"all_projects,omitempty" doc:"They see every project that is shared with the client."`
	Projects    []portal.ProjectID `json:"projects,omitempty" doc:"Else, which."`
}

type colleague struct {
	NewClientUser
	Message string `json:"message,omitempty" doc:"Plain words of yours, in the invitation: at most 20,000 characters."`
}

func (n NewClientUser) portal() (portal.NewClientUser, error) {
	r, err := rights("rights", n.Rights)
	out := portal.NewClientUser{Name: n.Name, Email: n.Email, Title: n.Title, Rights: r, AllProjects: n.AllProjects}
	for _, p := range n.Projects {
		out.Projects = append(out.Projects, portal.ChosenProject{Project: p})
	}
	return out, err
}

type access struct {
	Enabled        bool          `json:"enabled" doc:"Whether its people are let in."`
	AllowedDomains []string      `json:"allowed_domains" doc:"The domains of the e-mail addresses that may be invited; none: any."`
	InvitationDays int           `json:"invitation_days" doc:"For how many days an invitation is good."`
	Preset         portal.Preset `json:"preset" doc:"The rights that whoever is added gets."`
	Users          []clientUser  `json:"users" doc:"Its people."`
	Revision       int64         `json:"revision" doc:"Send it back with a change."`
}

type accessChange struct {
	Enabled        bool            `json:"enabled" doc:"Whether its people are let in."`
	AllowedDomains []string        `json:"allowed_domains,omitempty" maxItems:"50" doc:"The domains of the e-mail addresses that may be invited; none: any."`
	InvitationDays int             `json:"invitation_days" doc:"For how many days an invitation is good: 1 to 30."`
	Preset         portal.Preset   `json:"preset" doc:"The rights that whoever is added gets: viewer, commenter, contributor, approver or lead."`
	Add            []NewClientUser `json:"add,omitempty" maxItems:"500" doc:"People to be let in."`
	Send           bool            `json:"send_invitations,omitempty" doc:"Mail everybody who has no invitation yet."`
	Message        string          `json:"message,omitempty" doc:"Plain words of yours, in the invitations: at most 20,000 characters."`
	Revision       int64           `json:"revision" doc:"As it was looked at."`
}

func (s *server) clients() {
	readAll(s, "/api/clients", "list-clients", "The clients you see, by name", func(ctx context.Context, me *portal.Scope, q *clientQuery) ([]portal.Client, string, error) {
		return me.Clients(ctx, portal.ClientFilter{Query: q.Query, State: portal.PortalState(q.Portal), Archived: q.Archived}, q.portal())
	}, clientWire)
	createTop(s, "/api/clients", "add-client", "Add a client", func(ctx context.Context, me *portal.Scope, in newClient) (portal.ClientID, error) {
		return me.AddClient(ctx, in.Name)
	})
	read(s, "/api/clients/{id}", "client", "A client", func(ctx context.Context, me *portal.Scope, id string) (client, error) {
		c, err := me.Client(ctx, portal.ClientID(id))
		return clientWire(c), err
	})
	change(s, http.MethodPut, "/api/clients/{id}", "change-client", "Change a client", func(ctx context.Context, me *portal.Scope, id string, in clientChange) error {
		return me.ChangeClient(ctx, portal.ClientID(id), portal.ClientSettings(in))
	})
	read(s, "/api/clients/{id}/calendar", "client-calendar", "When a client works: what is due in working days is counted by it", func(ctx context.Context, me *portal.Scope, id string) (clientCalendar, error) {
		c, err := me.ClientCalendar(ctx, portal.ClientID(id))
		w := clientCalendar{TimeZone: c.TimeZone, OwnHolidays: c.OwnHolidays, Holidays: c.Holidays, Revision: c.Revision}
		for i, d := range weekdays {
			if c.Week.Has(i) {
				w.WorkingDays = append(w.WorkingDays, d)
			}
		}
		return w, err
	})
	change(s, http.MethodPut, "/api/clients/{id}/calendar", "change-client-calendar", "Change when a client works", func(ctx context.Context, me *portal.Scope, id string, in clientCalendar) error {
		c := portal.ClientCalendar{TimeZone: in.TimeZone, OwnHolidays: in.OwnHolidays, Holidays: in.Holidays, Revision: in.Revision}
		for _, d := range in.WorkingDays {
			i := slices.Index(weekdays, d)
			if i < 0 {
				return &portal.Invalid{Fields: map[string]portal.Reason{"working_days": {Key: "choice"}}}
			}
			c.Week |= 1 << i
		}
		return me.ChangeClientCalendar(ctx, portal.ClientID(id), c)
	})
	act(s, http.MethodPost, "/api/clients/{id}/archive", "archive-client", "Archive a client", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.ArchiveClient(ctx, portal.ClientID(id))
	})
	act(s, http.MethodDelete, "/api/clients/{id}/archive", "restore-client", "Take a client out of the archive", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.RestoreClient(ctx, portal.ClientID(id))
	})
	read(s, "/api/clients/{id}/access", "access", "Portal access of a client", func(ctx context.Context, me *portal.Scope, id string) (access, error) {
		a, err := me.Access(ctx, portal.ClientID(id))
		w := access{Enabled: a.Enabled, AllowedDomains: a.AllowedDomains, InvitationDays: a.InvitationDays, Preset: a.Preset, Revision: a.Client.Revision, Users: []clientUser{}}
		for _, u := range a.Users {
			w.Users = append(w.Users, clientUserWire(u))
		}
		return w, err
	})
	change(s, http.MethodPut, "/api/clients/{id}/access", "save-access", "Save portal access and add people", func(ctx context.Context, me *portal.Scope, id string, in accessChange) error {
		now, err := me.Client(ctx, portal.ClientID(id))
		if err != nil {
			return err
		}
		ch := portal.AccessChange{Revision: in.Revision, Enabled: in.Enabled, AllowedDomains: in.AllowedDomains, InvitationDays: in.InvitationDays, Preset: in.Preset,
			SectionsSet: now.SectionsSet, Sections: now.Sections, SendInvitations: in.Send, Message: in.Message}
		for _, n := range in.Add {
			u, err := n.portal()
			if err != nil {
				return err
			}
			ch.Add = append(ch.Add, u)
		}
		_, err = me.SaveAccess(ctx, portal.ClientID(id), ch)
		return err
	})
	readAll(s, "/api/clients/{id}/users", "list-client-users", "The people of a client", func(ctx context.Context, me *portal.Scope, q *byID) ([]portal.ClientUser, string, error) {
		if _, err := me.Client(ctx, portal.ClientID(q.ID)); err != nil {
			return nil, "", err
		}
		all, err := me.ClientUsers(ctx, portal.ClientID(q.ID))
		return all, "", err
	}, clientUserWire)
	create(s, "/api/clients/{id}/users", "invite-colleague", "Invite a colleague, as a client user who may", func(ctx context.Context, me *portal.Scope, id string, in colleague) (portal.ClientUserID, error) {
		n, err := in.portal()
		if err != nil {
			return "", err
		}
		n.Message = in.Message
		return me.InviteColleague(ctx, portal.ClientID(id), n)
	})
	read(s, "/api/client-users/{id}", "client-user", "A client user", func(ctx context.Context, me *portal.Scope, id string) (clientUser, error) {
		u, err := me.ClientUser(ctx, portal.ClientUserID(id))
		return clientUserWire(u), err
	})
	act(s, http.MethodPost, "/api/client-users/{id}/invitation", "resend-invitation", "Send a new invitation, which replaces the old one", func(ctx context.Context, me *portal.Scope, id string) error {
		_, err := me.Resend(ctx, portal.ClientUserID(id))
		return err
	})
	act(s, http.MethodDelete, "/api/client-users/{id}/invitation", "revoke-invitation", "Withdraw the invitation", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.Revoke(ctx, portal.ClientUserID(id))
	})
	act(s, http.MethodPost, "/api/client-users/{id}/suspension", "suspend-client-user", "Suspend a client user", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.Suspend(ctx, portal.ClientUserID(id))
	})
	act(s, http.MethodDelete, "/api/client-users/{id}/suspension", "resume-client-user", "Let a suspended client user in again", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.Resume(ctx, portal.ClientUserID(id))
	})
	act(s, http.MethodDelete, "/api/client-users/{id}", "remove-client-user", "Remove a client user", func(ctx context.Context, me *portal.Scope, id string) error {
		_, err := me.Remove(ctx, portal.ClientUserID(id))
		return err
	})
}
