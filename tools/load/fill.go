package main

import (
	"context"
	"fmt"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/portal"
)

// How much a database holds.
type volume struct{ projects, tasks, events int }

// projectsPerClient is what one client person sees, however large the rest is.
const projectsPerClient = 10

// What the measured client person signs in with.
const (
	email    = "cleo@client.example"
	password = "correct horse battery staple"
)

// filled says whom and what to measure.
type filled struct {
	Person  portal.PersonID
	Client  portal.ClientID
	Project portal.ProjectID
	Since   time.Time // when the person was here last, as far as pages know
	Token   string    // of the person's session
}

// batch is how many rows share a transaction.
const batch = 5000

// filler inserts rows, many in one transaction.
type filler struct {
	ctx  context.Context
	d    *db.DB
	rows []row
}

type row struct {
	q    string
	args []any
}

func (f *filler) add(q string, args ...any) error {
	f.rows = append(f.rows, row{q, args})
	if len(f.rows) < batch {
		return nil
	}
	return f.flush()
}

func (f *filler) flush() error {
	rows := f.rows
	f.rows = nil
	return f.d.Write(f.ctx, func(tx *db.Tx) error {
		for _, r := range rows {
			if _, err := tx.Exec(f.ctx, r.q, r.args...); err != nil {
				return fmt.Errorf("%.60s: %w", r.q, err)
			}
		}
		return nil
	})
}

// fill puts a workspace into an empty, migrated database. Its events are not
// chained: nothing here reads their hashes.
func fill(ctx context.Context, d *db.DB, v volume) (out filled, err error) {
	f := &filler{ctx: ctx, d: d}
	add := func(q string, args ...any) {
		if err == nil {
			err = f.add(q, args...)
		}
	}
	hash, err := account.HashPassword(ctx, password)
	if err != nil {
		return out, err
	}
	start := time.Now().AddDate(0, -3, 0)
	out.Since = time.Now().AddDate(0, 0, -7)
	at := db.Micros(start)
	person := func(name, mail string) string {
		id := db.NewID("per")
		add(`INSERT INTO persons (id, name, email, email_key, password_hash, created_at, confirmed_at) VALUES ($1, $2, $3, $3, $4, $5, $5)`, id, name, mail, hash, at)
		return id
	}
	add(`INSERT INTO workspace (id, name, sections, set_up_at) VALUES (1, 'Honcho Design', $1, $2)`, int64(portal.DefaultSections|portal.SectionTasks), at)
	owner := person("Ada Lind", "ada@agency.example")
	add(`INSERT INTO team_members (person_id, role, created_at, accepted_at) VALUES ($1, 'owner', $2, $2)`, owner, at)
	var managers []string
	for i := range 10 {
		id := person(fmt.Sprintf("Manager %d", i), fmt.Sprintf("manager%d@agency.example", i))
		add(`INSERT INTO team_members (person_id, role, created_at, accepted_at) VALUES ($1, 'manager', $2, $2)`, id, at)
		managers = append(managers, id)
	}

	var client, user string
	for p := range v.projects {
		manager := managers[p/projectsPerClient%len(managers)]
		if p%projectsPerClient == 0 {
			n := p / projectsPerClient
			client = db.NewID("cli")
			add(`INSERT INTO clients (id, name, name_key, created_at, created_by, portal_since, contact_id) VALUES ($1, $2, $3, $4, $5, $4, $6)`,
				client, fmt.Sprintf("Client %d", n), fmt.Sprintf("client %d", n), at, owner, manager)
			add(`INSERT INTO client_team (client_id, person_id, added_at) VALUES ($1, $2, $3)`, client, manager, at)
			mail := fmt.Sprintf("person%d@client.example", n)
			if n == 0 {
				mail = email
			}
			user = person(fmt.Sprintf("Cleo %d", n), mail)
			add(`INSERT INTO client_users (id, client_id, person_id, rights, created_at, created_by, accepted_at) VALUES ($1, $2, $3, $4, $5, $6, $5)`,
				db.NewID("cus"), client, user, int64(portal.PresetLead.Rights()), at, manager)
			if n == 0 {
				out.Client, out.Person = portal.ClientID(client), portal.PersonID(user)
			}
		}
		project := db.NewID("prj")
		if p == 0 {
			out.Project = portal.ProjectID(project)
		}
		addProject(add, v, start, p, client, project, manager, user)
	}
	if err == nil {
		err = f.flush()
	}
	if err != nil {
		return out, err
	}
	return out, d.Write(ctx, func(tx *db.Tx) error {
		for _, q := range []string{
			`INSERT INTO event_chains (chain, seq, head) SELECT chain, MAX(seq), '' FROM events GROUP BY chain`,
			`INSERT INTO client_grants (actor, client_id, side, rights) SELECT actor, client_id, side, rights FROM due_client_grants`,
			`INSERT INTO tallies (project_id, kind, audience, turn, section, total, done, since) SELECT project_id, kind, audience, turn, section, total, done, since FROM due_tallies`,
			`INSERT INTO project_grants (actor, project_id, client_id, side, rights, sections) SELECT actor, project_id, client_id, side, rights, sections FROM due_project_grants`,
			`INSERT INTO stand_ins (actor, client_id, project_id) SELECT actor, client_id, project_id FROM due_stand_ins`,
		} {
			if _, err := tx.Exec(ctx, q); err != nil {
				return fmt.Errorf("%.60s: %w", q, err)
			}
		}
		return nil
	})
}

// addProject adds project p and all that is in it, everything shown to its client.
func addProject(add func(string, ...any), v volume, start time.Time, p int, client, project, manager, user string) {
	at := db.Micros(start)
	day := func(n int) string { return start.AddDate(0, 0, n).Format(time.DateOnly) }
	add(`INSERT INTO projects (id, client_id, name, name_key, summary, status, sentence, starts_on, due_on, shared_at, shared_by, contact_id, created_at, created_by, updated_at, updated_by)
VALUES ($1, $2, $3, $4, 'A new site that says in one look what the house stands for.', 'active', 'The second round of the start page is with you.', $5, $6, $7, $8, $8, $7, $8, $7, $8)`,
		project, client, fmt.Sprintf("Project %d", p), fmt.Sprintf("project %d", p), day(0), day(180), at, manager)
	add(`INSERT INTO project_team (project_id, person_id, role, added_at) VALUES ($1, $2, 'Project lead', $3)`, project, manager, at)

	milestones := make([]string, 5)
	for i := range milestones {
		milestones[i] = db.NewID("mst")
		add(`INSERT INTO milestones (id, project_id, title, starts_on, due_on, planned_on, turn_since, position, audience, shown_at, shown_by, created_at, created_by)
VALUES ($1, $2, $3, $4, $5, $5, $6, $7, 'client', $6, $8, $6, $8)`, milestones[i], project, fmt.Sprintf("Phase %d", i+1), day(30*i), day(30*i+28), at, i+1, manager)
	}
	// Two are approved, one waits for the client, two are still to come.
	for i, state := range []string{"approved", "approved", "in_review", "shared", "shared"} {
		turn := "team"
		if state == "in_review" {
			turn = "client"
		}
		deliverable, title := db.NewID("dlv"), fmt.Sprintf("Start page, draft %d", i+1)
		add(`INSERT INTO deliverables (id, project_id, milestone_id, title, owner_id, due_on, state, state_at, state_by, turn, turn_since, position, audience, shown_at, shown_by, created_at, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $5, $9, $8, $10, 'client', $8, $5, $8, $5)`,
			deliverable, project, milestones[i], title, manager, day(30*i+20), state, at, turn, i+1)
		if turn == "client" {
			approval := db.NewID("apr")
			add(`INSERT INTO approvals (id, project_id, client_id, deliverable_id, title, title_key, due_on, due_key, state, state_at, state_by, stage, asking, turn, turn_since, lane, shown_at, created_at, created_by)
VALUES ($1, $2, $3, $4, $5, $5, $6, $6, 'requested', $7, $8, 1, 1, 'client', $7, 'client', $7, $7, $8)`, approval, project, client, deliverable, title, day(30*i+20), at, manager)
			add(`INSERT INTO approval_stages (approval_id, number, side, rule, opened_at) VALUES ($1, 1, 'client', 'anyone', $2)`, approval, at)
			add(`INSERT INTO approval_people (approval_id, stage, person_id, role) VALUES ($1, 1, $2, 'decider')`, approval, user)
		}
	}
	var task string
	for i := range v.tasks {
		task = db.NewID("tsk")
		turn, assignee := "team", manager
		if i%10 == 0 {
			turn, assignee = "client", user
		}
		var done any
		if i%3 == 0 {
			done = db.Micros(start.AddDate(0, 0, i))
		}
		add(`INSERT INTO tasks (id, project_id, milestone_id, title, title_key, body, assignee_id, due_on, turn, turn_since, position, audience, shown_at, shown_by, created_at, created_by, completed_at)
VALUES ($1, $2, $3, $4, $5, 'Texts, pictures and the names of the people who say yes.', $6, $7, $8, $9, $10, 'client', $9, $11, $9, $11, $12)`,
			task, project, milestones[i%5], fmt.Sprintf("Task %d of project %d", i, p), fmt.Sprintf("task %d of project %d", i, p), assignee, day(i*3), turn, at, i+1, manager, done)
	}
	for i := range 5 {
		add(`INSERT INTO updates (id, project_id, author_id, body, status, health, sentence, audience, shown_at, shown_by, created_at)
VALUES ($1, $2, $3, 'This week we finished the **start page** and began with the shop. Two pictures are missing.', 'active', 'on_track', 'The start page is done.', 'client', $4, $3, $4)`,
			db.NewID("upd"), project, manager, db.Micros(start.AddDate(0, 0, 7*i)))
	}
	perProject := v.events / max(1, v.projects)
	first := p % projectsPerClient * perProject
	for i := range perProject {
		add(`INSERT INTO events (id, chain, seq, kind, at, actor, client_id, project_id, subject, audience, particulars, hash, section, shown)
VALUES ($1, $2, $3, 'task_added', $4, $5, $2, $6, $7, 'client', '{"title":"Texts of the start page"}', '', $8, 1)`,
			db.NewID("evt"), client, first+i+1, db.Micros(start.Add(time.Duration(i)*85*24*time.Hour/time.Duration(perProject))), manager, project, task, int64(portal.SectionTasks))
	}
}
