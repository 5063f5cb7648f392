package portal

import (
	"context"
	"slices"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// A ProjectStatus is how far a project is. Whether it is archived is told apart.
type ProjectStatus string

// The states of a project, in their order.
const (
	Planned ProjectStatus = "planned"
	Active  ProjectStatus = "active"
	OnHold  ProjectStatus = "on_hold"
	Done    ProjectStatus = "done"
)

// Statuses lists them.
var Statuses = []ProjectStatus{Planned, Active, OnHold, Done}

// A Health is how a project fares.
type Health string

// The healths, best first.
const (
	OnTrack  Health = "on_track"
	AtRisk   Health = "at_risk"
	OffTrack Health = "off_track"
	Waiting  Health = "waiting" // for the client
)

// Healths lists them.
var Healths = []Health{OnTrack, AtRisk, OffTrack, Waiting}

// Project is work for one client, as its reader may know it. Days are
// YYYY-MM-DD; a time or a name that is not there, or not for the reader, is zero.
type Project struct {
	ID         ProjectID
	Client     ClientID
	ClientName string
	Name       string
	Summary    string

	// What was last said to the client of the project's state.
	Status    ProjectStatus
	Health    Health
	Sentence  string
	UpdatedAt time.Time
	UpdatedBy string // the name

	StartsOn, DueOn string
	Shared          time.Time // with the client, since
	SharedBy        string    // the name; for the team
	Archived        time.Time
	CreatedAt       time.Time

	Contact      PersonID
	ContactName  string
	ContactTitle string

	Sections      Sections // what the reader is shown
	Shows         Sections // what the client is shown: the same for a client
	SectionsSet   Sections // which of them this project decides itself; for the team
	SectionsOwn   Sections // and how
	SectionsAbove Sections // what the client and the workspace say

	Revision int64
	Held
}

// IsShared reports whether the project is shared with its client.
func (p Project) IsShared() bool { return !p.Shared.IsZero() }

// IsArchived reports whether the project is archived: nothing in it changes.
func (p Project) IsArchived() bool { return !p.Archived.IsZero() }

const projectColumns = `p.id, p.client_id, p.client_name, p.name, p.summary, p.status, p.health, p.sentence,
       p.updated_at, COALESCE(p.updated_by_name, ''), COALESCE(p.starts_on, ''), COALESCE(p.due_on, ''),
       COALESCE(p.shared_at, 0), COALESCE(p.shared_by_name, ''), COALESCE(p.archived_at, 0), p.created_at,
       COALESCE(p.contact_id, ''), COALESCE(p.contact_name, ''), COALESCE(p.contact_title, ''),
       p.sections, p.shows, p.sections_set, p.sections_own, p.sections_above, p.revision, p.side, p.rights`

func (p *Project) scan(scan func(...any) error) error {
	var updated, shared, archived, created int64
	err := scan(&p.ID, &p.Client, &p.ClientName, &p.Name, &p.Summary, &p.Status, &p.Health, &p.Sentence,
		&updated, &p.UpdatedBy, &p.StartsOn, &p.DueOn, &shared, &p.SharedBy, &archived, &created,
		&p.Contact, &p.ContactName, &p.ContactTitle,
		&p.Sections, &p.Shows, &p.SectionsSet, &p.SectionsOwn, &p.SectionsAbove, &p.Revision, &p.Side, &p.Rights)
	p.UpdatedAt, p.Shared, p.Archived, p.CreatedAt = moment(updated), moment(shared), moment(archived), moment(created)
	return err
}

// moment is the time of microseconds; the zero time for none.
func moment(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return db.FromMicros(micros)
}

// A reader reads what an actor may see: a Scope, or a tx inside its change.
type reader interface {
	query(ctx context.Context, q string, args ...any) (*db.Rows, error)
	get(ctx context.Context, q string, args []any, dest ...any) error
	clock() time.Time
}

// Project returns one project.
func (me *Scope) Project(ctx context.Context, id ProjectID) (Project, error) {
	return loadProject(ctx, me, id)
}

func loadProject(ctx context.Context, r reader, id ProjectID) (Project, error) {
	var p Project
	err := p.scan(func(dest ...any) error {
		return r.get(ctx, `SELECT `+projectColumns+` FROM my_project_details p WHERE p.id = $2`, []any{string(id)}, dest...)
	})
	return p, err
}

// ProjectFilter narrows Projects. The zero filter leaves out archived ones.
type ProjectFilter struct {
	Client   ClientID
	Status   ProjectStatus
	Query    string // part of the name
	Archived bool   // those, and no others
}

// Projects returns the actor's projects, newest first.
func (me *Scope) Projects(ctx context.Context, f ProjectFilter, pg Page) (projects []Project, next string, err error) {
	q := `SELECT ` + projectColumns + ` FROM my_project_details p WHERE `
	args := []any{pg.limit()}
	and := func(cond string, arg string) {
		args = append(args, arg)
		q += cond + placeholder(len(args)+1) + ` AND `
	}
	if f.Client != "" {
		and(`p.client_id = `, string(f.Client))
	}
	if f.Status != "" {
		and(`p.status = `, string(f.Status))
	}
	if key := fold(f.Query); key != "" {
		args = append(args, key)
		q += `REPLACE(p.name_key, ` + placeholder(len(args)+1) + `, '') <> p.name_key AND `
	}
	if pg.After != "" {
		and(`p.id < `, pg.After)
	}
	if f.Archived {
		q += `p.archived_at IS NOT NULL`
	} else {
		q += `p.archived_at IS NULL`
	}
	rows, err := me.query(ctx, q+` ORDER BY p.id DESC LIMIT $2`, args...)
	projects, err = list(rows, err, scanProject)
	if err != nil {
		return nil, "", err
	}
	projects, next = page(projects, pg, func(p Project) string { return string(p.ID) })
	return projects, next, nil
}

func scanProject(rows *db.Rows) (p Project, err error) { return p, p.scan(rows.Scan) }

// Bounds of what is gathered over several projects.
const (
	maxOwnProjects = 200
	newestProjects = 50 // of who sees all and is on the team of none
)

// ownProjects are the newest of the client's projects; without a client, those
// that concern the actor: on whose team they are, and those of their companies.
func (me *Scope) ownProjects(ctx context.Context, client ClientID) ([]ProjectID, error) {
	read := func(q string, args ...any) ([]ProjectID, error) {
		rows, err := me.query(ctx, q, args...)
		return list(rows, err, scanOne[ProjectID])
	}
	if client != "" {
		return read(`SELECT p.id FROM my_places p WHERE p.client_id = $2 ORDER BY p.id DESC LIMIT $3`, string(client), maxOwnProjects)
	}
	ids, err := read(`
SELECT x.id FROM (SELECT d.id FROM my_desk d WHERE d.archived_at IS NULL
        UNION SELECT p.id FROM my_projects p WHERE p.side = 'client' AND p.archived_at IS NULL) x ORDER BY x.id DESC LIMIT $2`, maxOwnProjects)
	if err == nil && len(ids) == 0 {
		ids, err = read(`SELECT p.id FROM my_projects p WHERE p.archived_at IS NULL ORDER BY p.id DESC LIMIT $2`, newestProjects)
	}
	return ids, err
}

// NewProject is what CreateProject takes.
type NewProject struct {
	Name, Summary   string
	StartsOn, DueOn string
	Template        TemplateID // empty: from scratch
	Shared          bool       // with the client at once
}

// CreateProject makes a project for the client. Takes Manage on the client; who
// makes it and the client's managers are put on its team.
func (me *Scope) CreateProject(ctx context.Context, client ClientID, n NewProject) (ProjectID, error) {
	var c checks
	n.Name = c.name("name", n.Name)
	n.Summary = c.text("summary", n.Summary)
	n.StartsOn, n.DueOn = c.days(n.StartsOn, n.DueOn)
	if err := c.err(); err != nil {
		return "", err
	}
	id := ProjectID(db.NewID("prj"))
	err := me.write(ctx, func(t *tx) error {
		var held Held
		var archived bool
		var contact string
		err := t.get(ctx, `
SELECT c.side, c.rights, CASE WHEN c.archived_at IS NULL THEN 0 ELSE 1 END, COALESCE(c.contact_id, '') FROM my_clients c WHERE c.id = $2`,
			[]any{string(client)}, &held.Side, &held.Rights, &archived, &contact)
		switch {
		case err != nil:
			return err
		case !held.Can(Manage) || archived:
			return ErrForbidden
		}
		rows, err := t.query(ctx, `SELECT m.person_id FROM my_client_team m WHERE m.client_id = $2 AND m.role = 'manager'`, string(client))
		team, err := list(rows, err, scanOne[PersonID])
		if err != nil {
			return err
		}
		if contact == "" {
			contact = string(me.actor.person)
		}
		var sharedAt, sharedBy any
		if n.Shared {
			sharedAt, sharedBy = t.now, string(me.actor.person)
		}
		if err := t.must(ctx, `
INSERT INTO projects (id, client_id, name, name_key, summary, starts_on, due_on, shared_at, shared_by, contact_id, created_at, created_by, updated_at, updated_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $11, $12)`,
			string(id), string(client), n.Name, fold(n.Name), n.Summary, nullable(n.StartsOn), nullable(n.DueOn), sharedAt, sharedBy,
			contact, t.now, string(me.actor.person)); err != nil {
			return err
		}
		for _, p := range append(team, me.actor.person) {
			if _, err := t.exec(ctx, `
INSERT INTO project_team (project_id, person_id, added_at) VALUES ($1, $2, $3) ON CONFLICT (project_id, person_id) DO NOTHING`,
				string(id), string(p), t.now); err != nil {
				return err
			}
		}
		if n.Template != "" {
			if err := t.applyTemplate(ctx, id, n.Template, n.StartsOn); err != nil {
				return err
			}
		}
		if err := t.regrantProject(ctx, client, id); err != nil {
			return err
		}
		if err := t.record(ctx, Happening{Kind: ProjectCreated, Client: client, Project: id, Subject: string(id), Details: Details{"title": n.Name}}); err != nil {
			return err
		}
		if !n.Shared {
			return nil
		}
		return t.record(ctx, Happening{Kind: ProjectShared, Client: client, Project: id, Subject: string(id), Audience: ClientSide, Details: Details{"title": n.Name}})
	})
	return id, err
}

// days takes a first and a last day.
func (c *checks) days(from, to string) (string, string) {
	from, to = c.day("starts_on", from), c.day("due_on", to)
	if from != "" && to != "" && to < from {
		c.fail("due_on", "due_before_start")
	}
	return from, to
}

// ProjectChange is what ChangeProject takes.
type ProjectChange struct {
	Name, Summary   string
	StartsOn, DueOn string
	Contact         PersonID // one of the project's team, or empty
	Revision        int64
}

// ChangeProject saves what the project is called and when it runs. Takes Manage.
func (me *Scope) ChangeProject(ctx context.Context, id ProjectID, in ProjectChange) error {
	var c checks
	in.Name = c.name("name", in.Name)
	in.Summary = c.text("summary", in.Summary)
	in.StartsOn, in.DueOn = c.days(in.StartsOn, in.DueOn)
	if err := c.err(); err != nil {
		return err
	}
	return me.write(ctx, func(t *tx) error {
		p, err := t.projectFor(ctx, id, Manage|Contribute)
		if err != nil {
			return err
		}
		if in.Contact != "" && in.Contact != p.Contact {
			var n int
			err := t.get(ctx, `SELECT COUNT(*) FROM my_project_team m WHERE m.project_id = $2 AND m.person_id = $3`, []any{string(id), string(in.Contact)}, &n)
			if err != nil {
				return err
			}
			if n == 0 {
				return invalid("contact", "choice")
			}
		}
		if err := t.must(ctx, `
UPDATE projects SET name = $1, name_key = $2, summary = $3, starts_on = $4, due_on = $5, contact_id = $6, revision = revision + 1
 WHERE id = $7 AND revision = $8`,
			in.Name, fold(in.Name), in.Summary, nullable(in.StartsOn), nullable(in.DueOn), nullable(in.Contact), string(id), in.Revision); err != nil {
			return err
		}
		return t.record(ctx, Happening{Kind: ProjectChanged, Client: p.Client, Project: id, Subject: string(id), Audience: ClientSide, Details: Details{"title": in.Name}})
	})
}

// invalid is an input with one thing wrong.
func invalid(field, key string, pairs ...string) error {
	var c checks
	c.fail(field, key, pairs...)
	return c.err()
}

// projectFor loads a project that the actor may do what to.
func (t *tx) projectFor(ctx context.Context, id ProjectID, what Rights) (Project, error) {
	p, err := loadProject(ctx, t, id)
	if err == nil && !p.Can(what) {
		err = ErrForbidden
	}
	return p, err
}

// SetStatus says how far the project is, without an update. Takes Contribute.
func (me *Scope) SetStatus(ctx context.Context, id ProjectID, s ProjectStatus, revision int64) error {
	var c checks
	c.oneOf("status", string(s), "planned", "active", "on_hold", "done")
	if err := c.err(); err != nil {
		return err
	}
	return me.write(ctx, func(t *tx) error {
		p, err := t.projectFor(ctx, id, Contribute)
		if err != nil {
			return err
		}
		if err := t.must(ctx, `
UPDATE projects SET status = $1, updated_at = $2, updated_by = $3, revision = revision + 1 WHERE id = $4 AND revision = $5`,
			string(s), t.now, string(me.actor.person), string(id), revision); err != nil {
			return err
		}
		return t.record(ctx, Happening{Kind: ProjectChanged, Client: p.Client, Project: id, Subject: string(id), Audience: ClientSide,
			Details: Details{"title": p.Name, "status": string(s)}})
	})
}

// ShareProject lets the client see the project and what in it has the client's
// audience. What happened before stays out of their activity, unless
// withHistory. Takes Manage. See SharePreview.
func (me *Scope) ShareProject(ctx context.Context, id ProjectID, withHistory bool) error {
	return me.write(ctx, func(t *tx) error {
		p, err := t.projectFor(ctx, id, Manage|Contribute)
		switch {
		case err != nil:
			return err
		case p.IsShared():
			return nil
		}
		if err := t.must(ctx, `
UPDATE projects SET shared_at = $1, shared_by = $2, revision = revision + 1 WHERE id = $3 AND shared_at IS NULL`,
			t.now, string(me.actor.person), string(id)); err != nil {
			return err
		}
		if withHistory {
			if err := t.showHistory(ctx, id); err != nil {
				return err
			}
		}
		if err := t.regrantProject(ctx, p.Client, id); err != nil {
			return err
		}
		return t.record(ctx, Happening{Kind: ProjectShared, Client: p.Client, Project: id, Subject: string(id), Audience: ClientSide, Details: Details{"title": p.Name}})
	})
}

// showHistory shows what happened, in the client's audience, to the project and
// to the items in it that the client is to see now: not to what was concealed
// or deleted since.
func (t *tx) showHistory(ctx context.Context, id ProjectID) error {
	rows, err := t.query(ctx, shownItems, string(id))
	subjects, err := list(rows, err, scanOne[string])
	if err != nil {
		return err
	}
	for part := range slices.Chunk(append(subjects, string(id)), 200) {
		places, args := oneOf(1, part)
		if _, err := t.exec(ctx, `UPDATE events SET shown = 1 WHERE subject IN `+places+` AND audience = 'client' AND `+ofShown, args...); err != nil {
			return err
		}
	}
	return nil
}

// ofShown leaves out the events of a file that name something else, which may
// not be shown any more.
const ofShown = `kind NOT IN ('file_attached', 'file_detached')`

// shownItems are the items of a project, $2, in the client's audience.
const shownItems = `
SELECT i.id FROM my_milestones i WHERE i.project_id = $2 AND i.audience = 'client'
UNION ALL SELECT i.id FROM my_tasks i WHERE i.project_id = $2 AND i.audience = 'client'
UNION ALL SELECT i.id FROM my_deliverables i WHERE i.project_id = $2 AND i.audience = 'client'
UNION ALL SELECT i.id FROM my_updates i WHERE i.project_id = $2 AND i.audience = 'client'
UNION ALL SELECT i.id FROM my_folders i WHERE i.project_id = $2 AND i.audience = 'client'
UNION ALL SELECT i.id FROM my_files i WHERE i.project_id = $2 AND i.audience = 'client'`

// UnshareProject takes the project out of the client's sight at once. Takes Manage.
func (me *Scope) UnshareProject(ctx context.Context, id ProjectID) error {
	return me.write(ctx, func(t *tx) error {
		p, err := t.projectFor(ctx, id, Manage|Contribute)
		switch {
		case err != nil:
			return err
		case !p.IsShared():
			return nil
		}
		people, err := t.clientPeople(ctx, id)
		if err != nil {
			return err
		}
		if err := t.must(ctx, `
UPDATE projects SET shared_at = NULL, shared_by = NULL, revision = revision + 1 WHERE id = $1 AND shared_at IS NOT NULL`, string(id)); err != nil {
			return err
		}
		if err := t.regrantProject(ctx, p.Client, id); err != nil {
			return err
		}
		return t.record(ctx, Happening{Kind: ProjectUnshared, Client: p.Client, Project: id, Subject: string(id), Closes: people, Details: Details{"title": p.Name}})
	})
}

// clientPeople are the persons who see the project from the client's side.
func (t *tx) clientPeople(ctx context.Context, id ProjectID) ([]PersonID, error) {
	rows, err := t.query(ctx, `SELECT x.person_id FROM my_project_people x WHERE x.project_id = $2 AND x.person_side = 'client'`, string(id))
	return list(rows, err, scanOne[PersonID])
}

// ArchiveProject ends all changes in the project; it stays readable. Takes Manage.
func (me *Scope) ArchiveProject(ctx context.Context, id ProjectID) error {
	return me.write(ctx, func(t *tx) error {
		p, err := t.projectFor(ctx, id, Manage)
		switch {
		case err != nil:
			return err
		case p.IsArchived():
			return nil
		}
		if err := t.must(ctx, `
UPDATE projects SET archived_at = $1, archived_by = $2, revision = revision + 1 WHERE id = $3 AND archived_at IS NULL`,
			t.now, string(me.actor.person), string(id)); err != nil {
			return err
		}
		if err := t.regrantProject(ctx, p.Client, id); err != nil {
			return err
		}
		return t.record(ctx, Happening{Kind: ProjectArchived, Client: p.Client, Project: id, Subject: string(id), Audience: ClientSide, Details: Details{"title": p.Name}})
	})
}

// RestoreProject undoes ArchiveProject. Takes Manage.
func (me *Scope) RestoreProject(ctx context.Context, id ProjectID) error {
	return me.write(ctx, func(t *tx) error {
		p, err := t.projectFor(ctx, id, Manage)
		switch {
		case err != nil:
			return err
		case !p.IsArchived():
			return nil
		}
		if err := t.must(ctx, `
UPDATE projects SET archived_at = NULL, archived_by = NULL, revision = revision + 1 WHERE id = $1 AND archived_at IS NOT NULL`, string(id)); err != nil {
			return err
		}
		if err := t.regrantProject(ctx, p.Client, id); err != nil {
			return err
		}
		return t.record(ctx, Happening{Kind: ProjectRestored, Client: p.Client, Project: id, Subject: string(id), Audience: ClientSide, Details: Details{"title": p.Name}})
	})
}

// SetProjectSections says which sections and fields this project decides
// itself (set), and which of those its client is shown (on); the others are
// inherited. Takes Manage.
func (me *Scope) SetProjectSections(ctx context.Context, id ProjectID, set, on Sections, revision int64) error {
	set &= allSections
	on &= set
	return me.write(ctx, func(t *tx) error {
		p, err := t.projectFor(ctx, id, Manage|Contribute)
		if err != nil {
			return err
		}
		if err := t.must(ctx, `
UPDATE projects SET sections_set = $1, sections = $2, revision = revision + 1 WHERE id = $3 AND revision = $4`,
			int64(set), int64(on), string(id), revision); err != nil {
			return err
		}
		if err := t.regrantProject(ctx, p.Client, id); err != nil {
			return err
		}
		return t.record(ctx, Happening{Kind: SectionsChanged, Client: p.Client, Project: id, Subject: string(id), Details: Details{"title": p.Name}})
	})
}

// ProjectMember is a person on the team of a project, as its client may know them.
type ProjectMember struct {
	Project   ProjectID
	Person    PersonID
	Name      string
	Title     string
	Role      string // what they do here
	Email     string // empty when not for the reader
	AwayUntil string // a day
	Shown     bool   // named to the client
	Contact   bool   // whom to ask first
	Held
}

const memberColumns = `m.project_id, m.person_id, m.name, m.title, m.role, COALESCE(m.email, ''), m.away_until, m.shown, m.is_contact, m.side, m.rights`

func scanMember(rows *db.Rows) (m ProjectMember, err error) {
	return m, rows.Scan(&m.Project, &m.Person, &m.Name, &m.Title, &m.Role, &m.Email, &m.AwayUntil, &m.Shown, &m.Contact, &m.Side, &m.Rights)
}

// ProjectTeam returns who works on the project, the contact first.
func (me *Scope) ProjectTeam(ctx context.Context, id ProjectID) ([]ProjectMember, error) {
	rows, err := me.query(ctx, `
SELECT `+memberColumns+` FROM my_project_team m WHERE m.project_id = $2 ORDER BY m.is_contact DESC, m.added_at, m.person_id LIMIT 100`, string(id))
	return list(rows, err, scanMember)
}

// PutOnProject puts a team member on the project, or changes what is said of
// them there: their role, and whether the client is told their name. Takes Manage.
func (me *Scope) PutOnProject(ctx context.Context, id ProjectID, person PersonID, role string, shown bool) error {
	var c checks
	role = c.line("role", role)
	if err := c.err(); err != nil {
		return err
	}
	return me.write(ctx, func(t *tx) error {
		p, err := t.projectFor(ctx, id, Manage|Contribute)
		if err != nil {
			return err
		}
		var n int
		if err := t.get(ctx, `SELECT COUNT(*) FROM my_team m WHERE m.person_id = $2 AND m.accepted_at IS NOT NULL AND m.removed_at IS NULL`,
			[]any{string(person)}, &n); err != nil {
			return err
		}
		if n == 0 {
			return invalid("person", "choice")
		}
		if err := t.must(ctx, `
INSERT INTO project_team (project_id, person_id, role, shown, added_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (project_id, person_id) DO UPDATE SET role = $3, shown = $4`, string(id), string(person), role, shown, t.now); err != nil {
			return err
		}
		if err := t.regrantProject(ctx, p.Client, id); err != nil {
			return err
		}
		audience := Team
		if shown {
			audience = ClientSide
		}
		return t.record(ctx, Happening{Kind: ProjectTeamed, Client: p.Client, Project: id, Subject: string(id), Person: person, Audience: audience,
			Section: SectionTeam | FieldTeamNames, Details: Details{"title": p.Name}})
	})
}

// TakeOffProject takes a person off the project's team; their open tasks there
// go back to nobody. Takes Manage.
func (me *Scope) TakeOffProject(ctx context.Context, id ProjectID, person PersonID) error {
	return me.write(ctx, func(t *tx) error {
		p, err := t.projectFor(ctx, id, Manage|Contribute)
		if err != nil {
			return err
		}
		n, err := t.exec(ctx, `DELETE FROM project_team WHERE project_id = $1 AND person_id = $2`, string(id), string(person))
		switch {
		case err != nil:
			return err
		case n == 0:
			return ErrNotFound
		}
		for _, q := range []string{
			`UPDATE tasks SET assignee_id = NULL, revision = revision + 1 WHERE project_id = $1 AND assignee_id = $2 AND completed_at IS NULL`,
			`UPDATE deliverables SET owner_id = NULL, revision = revision + 1 WHERE project_id = $1 AND owner_id = $2 AND state NOT IN ('approved', 'signed_off')`,
			`UPDATE projects SET contact_id = NULL, revision = revision + 1 WHERE id = $1 AND contact_id = $2`,
		} {
			if _, err := t.exec(ctx, q, string(id), string(person)); err != nil {
				return err
			}
		}
		if err := t.regrantProject(ctx, p.Client, id); err != nil {
			return err
		}
		return t.record(ctx, Happening{Kind: ProjectUnteamed, Client: p.Client, Project: id, Subject: string(id), Person: person, Details: Details{"title": p.Name}})
	})
}

// ProjectPerson is somebody who can see a project.
type ProjectPerson struct {
	Person PersonID
	Name   string
	Side   Side
}

// AssignablePeople returns to whom an item of the audience can be given: the
// team, and, of an item the client sees, the client's people who may answer.
// For those of the project's team.
func (me *Scope) AssignablePeople(ctx context.Context, id ProjectID, audience Side) ([]ProjectPerson, error) {
	return assignable(ctx, me, id, audience)
}

func assignable(ctx context.Context, r reader, id ProjectID, audience Side) ([]ProjectPerson, error) {
	rows, err := r.query(ctx, `
SELECT x.person_id, x.name, x.person_side FROM my_project_people x
 WHERE x.project_id = $2 AND (x.person_side = 'team' OR ($3 = 'client' AND (x.given & 4) <> 0))
 ORDER BY x.on_team DESC, x.person_side DESC, x.name, x.person_id LIMIT 500`, string(id), string(audience))
	return list(rows, err, func(rows *db.Rows) (p ProjectPerson, err error) { return p, rows.Scan(&p.Person, &p.Name, &p.Side) })
}
