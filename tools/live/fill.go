package main

import (
	"context"
	"fmt"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/portal"
)

// filled says who listens, and where somebody speaks.
type filled struct {
	Sessions []string // the token of each of the client's people
	APIToken string   // of the owner
	Thread   portal.ThreadID
}

// fill puts a client of so many people into an empty database, all signed in, with
// one conversation.
func fill(ctx context.Context, database string, people int) (f filled, err error) {
	d, err := db.Open(ctx, database)
	if err != nil {
		return f, err
	}
	defer d.Close()
	if err := d.Migrate(ctx); err != nil {
		return f, err
	}
	p, accounts := portal.New(d, portal.Options{Key: []byte("0123456789abcdef0123456789abcdef")})
	now := db.Micros(time.Now())
	owner, client, project := db.NewID("per"), db.NewID("cli"), db.NewID("prj")
	var session account.Session
	err = d.Write(ctx, func(tx *db.Tx) (err error) {
		f.Sessions = nil
		add := func(q string, args ...any) {
			if err == nil {
				_, err = tx.Exec(ctx, q, args...)
			}
		}
		person := func(id, name string) {
			add(`INSERT INTO persons (id, name, email, email_key, created_at, confirmed_at) VALUES ($1, $2, $3, $3, $4, $4)`, id, name, id+"@people.example", now)
		}
		add(`INSERT INTO workspace (id, name, sections, set_up_at) VALUES (1, 'Honcho Design', $1, $2)`, int64(portal.DefaultSections|portal.SectionMessages), now)
		person(owner, "Ada Lind")
		add(`INSERT INTO team_members (person_id, role, created_at, accepted_at) VALUES ($1, 'owner', $2, $2)`, owner, now)
		add(`INSERT INTO clients (id, name, name_key, created_at, created_by, portal_since) VALUES ($1, 'Leto', 'leto', $2, $3, $2)`, client, now, owner)
		add(`INSERT INTO projects (id, client_id, name, name_key, status, shared_at, shared_by, created_at, created_by, updated_at, updated_by)
VALUES ($1, $2, 'Site', 'site', 'active', $3, $4, $3, $4, $3, $4)`, project, client, now, owner)
		users := make([]string, people)
		for i := range users {
			users[i] = db.NewID("per")
			person(users[i], fmt.Sprintf("Cleo %d", i))
			add(`INSERT INTO client_users (id, client_id, person_id, rights, created_at, created_by, accepted_at) VALUES ($1, $2, $3, $4, $5, $6, $5)`,
				db.NewID("cus"), client, users[i], int64(portal.PresetLead.Rights()), now, owner)
		}
		add(`INSERT INTO client_grants (actor, client_id, side, rights) SELECT actor, client_id, side, rights FROM due_client_grants`)
		add(`INSERT INTO project_grants (actor, project_id, client_id, side, rights, sections) SELECT actor, project_id, client_id, side, rights, sections FROM due_project_grants`)
		add(`INSERT INTO stand_ins (actor, client_id, project_id) SELECT actor, client_id, project_id FROM due_stand_ins`)
		signIn := func(id string) (s account.Session, token string) {
			if err == nil {
				s, token, err = accounts.NewSession(ctx, tx, account.PersonID(id), account.ByCode, account.Meta{}, 0)
			}
			return s, token
		}
		for _, u := range users {
			_, token := signIn(u)
			f.Sessions = append(f.Sessions, token)
		}
		session, _ = signIn(owner)
		return err
	})
	if err != nil {
		return f, err
	}
	if _, f.APIToken, err = accounts.NewToken(ctx, session, "live", []string{"read", "write"}, time.Time{}); err != nil {
		return f, err
	}
	f.Thread, err = p.As(portal.PersonActor(portal.PersonID(owner))).StartConversation(ctx, portal.ProjectID(project), portal.NewConversation{
		Subject: "The pictures", NewMessage: portal.NewMessage{Body: "Here we go.", Audience: portal.ClientSide}})
	return f, err
}
