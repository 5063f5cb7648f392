// Package portaltest builds the World that tests play in: two clients that
// compete, their people, and a team, on SQLite and on PostgreSQL.
//
// Every text in the World is a canary: a word that says whose it is and who
// may read it. Whoever receives one they may not see has found a leak.
package portaltest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/db/dbtest"
	"github.com/vitrine-portal/vitrine/internal/portal"
)

// Password is what everybody in the World signs in with.
const Password = "correct horse battery staple"

// World is one workspace with everybody in it. Names tell what people are.
type World struct {
	T        testing.TB
	DB       *db.DB
	Portal   *portal.Portal
	Accounts *account.Accounts
	Clock    *Clock

	mu       sync.Mutex
	signals  []portal.Signal
	onSignal func(portal.Signal)

	Cast
}

// Cast is who and what is in the World.
type Cast struct {
	// The team.
	Ada portal.PersonID // owner
	Mia portal.PersonID // manager of Acme and Brick
	Tom portal.PersonID // contributor on Site

	// Client people.
	Cleo portal.PersonID // lead of Acme, sees all shared projects
	Dan  portal.PersonID // viewer of Acme, sees Brand alone
	Carl portal.PersonID // lead of Brick, the competitor
	Bea  portal.PersonID // commenter of Acme and of Brick
	Uma  portal.PersonID // invited to Acme, has not accepted
	Rex  portal.PersonID // removed from Acme
	Eve  portal.PersonID // confirmed, belongs nowhere

	CleoUser, DanUser, CarlUser, BeaAtAcme, BeaAtBrick, UmaUser, RexUser portal.ClientUserID

	Acme, Brick portal.ClientID

	Site   portal.ProjectID // Acme's, shared
	Brand  portal.ProjectID // Acme's, shared
	Hidden portal.ProjectID // Acme's, not shared
	Old    portal.ProjectID // Acme's, shared and archived
	Shop   portal.ProjectID // Brick's, shared

	// Items of each project, by audience.
	Items map[portal.ProjectID]map[portal.Side]Items

	// Blobs are what the keys of versions and previews stand for, so that a
	// store can be filled. Each is a canary.
	Blobs map[string][]byte
}

// Items are one of each kind in a project.
type Items struct {
	Milestone   portal.MilestoneID
	Task        portal.TaskID
	Deliverable portal.DeliverableID
	Link        portal.LinkID
	Update      portal.UpdateID
	Folder      portal.FolderID
	File        portal.FileID    // in the folder
	Version     portal.VersionID // its newest
	Draft       portal.VersionID // its first, for the team alone

	// For both sides, so among what the client sees alone.
	Request   portal.FileRequestID // answered with the file, and accepted
	ShareLink portal.ShareLinkID   // to the file; none opens while the workspace allows none

	// Of the file, and granted: of the team's by Ada in a stage of the team, of the
	// client's by its lead.
	Approval portal.ApprovalID
	Call     portal.CallID     // what was said by phone to it, of the client's, and was different
	Signoff  portal.SignoffID  // of the milestone, signed
	Revision portal.RevisionID // of the file's newest version, with one point
	Change   portal.ChangeID   // that was refused

	// What is said: of the team's alone, everything; of the client's, each thread
	// begins with a message of the team's, has one of a client's, and, between
	// them, a note, whose words are the team's.
	Conversation portal.ThreadID
	Comments     portal.ThreadID  // on the deliverable
	FileComments portal.ThreadID  // on the file's newest version
	Message      portal.MessageID // the first of the conversation
	Note         portal.MessageID // within it
	Answer       portal.MessageID // the client's

	// On the newest version: what one person each has not sent.
	Unsent []portal.UnsentID
}

// Everyone lists the people and their names.
func (w *World) Everyone() map[string]portal.PersonID {
	return map[string]portal.PersonID{
		"ada": w.Ada, "mia": w.Mia, "tom": w.Tom, "cleo": w.Cleo, "dan": w.Dan, "carl": w.Carl,
		"bea": w.Bea, "uma": w.Uma, "rex": w.Rex, "eve": w.Eve,
	}
}

// As is the portal as the person sees it.
func (w *World) As(id portal.PersonID) *portal.Scope { return w.Portal.As(portal.PersonActor(id)) }

// Clock is the World's time; it moves only when told.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now is the World's time.
func (c *Clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }

// Advance moves it.
func (c *Clock) Advance(d time.Duration) { c.mu.Lock(); c.now = c.now.Add(d); c.mu.Unlock() }

// Signals returns the signals sent since it was last called.
func (w *World) Signals() []portal.Signal {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.signals
	w.signals = nil
	return s
}

// OnSignal also hands each signal to f, as the server hands them to its streams.
func (w *World) OnSignal(f func(portal.Signal)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.onSignal = f
}

// Run plays f on both databases. When f returns, the grants must still be what
// they are due to be.
func Run(t *testing.T, f func(t *testing.T, w *World)) {
	t.Helper()
	for _, dialect := range []db.Dialect{db.SQLite, db.PostgreSQL} {
		t.Run(string(dialect), func(t *testing.T) {
			w := Open(t, dialect)
			f(t, w)
			if t.Failed() {
				return
			}
			n, err := portal.DerivedDue(context.Background(), w.DB)
			if err != nil {
				t.Fatal(err)
			}
			if n != 0 {
				t.Errorf("%d grants or tallies differ from what is due", n)
			}
		})
	}
}

// regrant makes all grants from what they depend on.
var regrant = []string{
	`DELETE FROM client_grants`,
	`DELETE FROM project_grants`,
	`DELETE FROM stand_ins`,
	`INSERT INTO client_grants (actor, client_id, side, rights) SELECT actor, client_id, side, rights FROM due_client_grants`,
	`INSERT INTO project_grants (actor, project_id, client_id, side, rights, sections) SELECT actor, project_id, client_id, side, rights, sections FROM due_project_grants`,
	`INSERT INTO stand_ins (actor, client_id, project_id) SELECT actor, client_id, project_id FROM due_stand_ins`,
}

// Regrant brings the grants in line, for a test that changed behind the portal's
// back what they depend on.
func (w *World) Regrant() {
	w.T.Helper()
	ctx := context.Background()
	for _, q := range regrant {
		if err := w.DB.Write(ctx, func(tx *db.Tx) error {
			if w.DB.Dialect() == db.PostgreSQL { // of hundreds of clients it takes longer than a page may
				if _, err := tx.Exec(ctx, `SET LOCAL statement_timeout = 0`); err != nil {
					return err
				}
			}
			_, err := tx.Exec(ctx, q)
			return err
		}); err != nil {
			w.T.Fatal(err)
		}
	}
}

// What passwords cost is tested in package account.
func init() { account.CheapPasswords() }

var passwordHash = sync.OnceValue(func() string {
	h, err := account.HashPassword(context.Background(), Password)
	if err != nil {
		panic(err)
	}
	return h
})

// filling is a database with the World in it.
var filling = dbtest.Filling{Fill: func(d *db.DB) (any, error) {
	w := world(d)
	err := w.build()
	return w.Cast, err
}}

// Open is the World in a database of its own.
func Open(t testing.TB, dialect db.Dialect) *World {
	t.Helper()
	d, cast := filling.Open(t, dialect)
	w := world(d)
	w.T, w.Cast = t, cast.(Cast).clone()
	return w
}

// New fills an empty, migrated database.
func New(t testing.TB, d *db.DB) *World {
	t.Helper()
	w := world(d)
	w.T = t
	if err := w.build(); err != nil {
		t.Fatal(err)
	}
	return w
}

func world(d *db.DB) *World {
	w := &World{DB: d, Clock: &Clock{now: time.Date(2026, 3, 11, 10, 0, 0, 0, time.UTC)}}
	w.Portal, w.Accounts = portal.New(d, portal.Options{
		Key: []byte("0123456789abcdef0123456789abcdef"), Now: w.Clock.Now,
		Signal: func(s portal.Signal) {
			w.mu.Lock()
			w.signals = append(w.signals, s)
			f := w.onSignal
			w.mu.Unlock()
			if f != nil {
				f(s)
			}
		},
	})
	return w
}

func (w *World) build() error {
	ctx := context.Background()
	err := w.DB.Write(ctx, func(tx *db.Tx) error {
		b := builder{ctx: ctx, tx: tx, w: w, now: db.Micros(w.Clock.Now().AddDate(0, -3, 0))}
		portal.IndexMessages(w.DB, tx)
		b.build()
		return b.err
	})
	if err != nil {
		return fmt.Errorf("build the world: %w", err)
	}
	return nil
}

// clone is the same, for a test to change.
func (c Cast) clone() Cast {
	c.Blobs = maps.Clone(c.Blobs)
	items := make(map[portal.ProjectID]map[portal.Side]Items, len(c.Items))
	for project, sides := range c.Items {
		items[project] = maps.Clone(sides)
	}
	c.Items = items
	return c
}

// Canary is the word in a text of the World.
func Canary(client string, audience portal.Side, what string) string {
	return "CNRY-" + client + "-" + string(audience) + "-" + what
}

// UnsentCanary is the word in what a person has written but not sent. Nobody
// else may ever read it.
func UnsentCanary(who string) string { return "CNRY-unsent-" + who }

// builder inserts the World's rows.
type builder struct {
	ctx context.Context
	tx  *db.Tx
	w   *World
	now int64
	err error

	later []func() // what needs everybody to be there
}

func (b *builder) exec(q string, args ...any) {
	if b.err == nil {
		if _, b.err = b.tx.Exec(b.ctx, q, args...); b.err != nil {
			b.err = fmt.Errorf("%.60s: %w", strings.TrimSpace(q), b.err)
		}
	}
}

func (b *builder) person(name string) portal.PersonID {
	id := db.NewID("per")
	email := strings.ToLower(name) + "@" + strings.ToLower(name) + ".test"
	b.exec(`INSERT INTO persons (id, name, email, email_key, password_hash, created_at, confirmed_at) VALUES ($1, $2, $3, $3, $4, $5, $5)`,
		id, name, email, passwordHash(), b.now)
	return portal.PersonID(id)
}

func (b *builder) member(id portal.PersonID, role string) {
	b.exec(`INSERT INTO team_members (person_id, role, created_at, accepted_at) VALUES ($1, $2, $3, $3)`, string(id), role, b.now)
}

func (b *builder) client(name string) portal.ClientID {
	id := db.NewID("cli")
	b.exec(`INSERT INTO clients (id, name, name_key, created_at, created_by, portal_since, portal_changed_at, portal_changed_by, contact_id) VALUES ($1, $2, $3, $4, $5, $4, $4, $5, $6)`,
		id, name, strings.ToLower(name), b.now, string(b.w.Ada), string(b.w.Mia))
	b.exec(`INSERT INTO client_team (client_id, person_id, added_at) VALUES ($1, $2, $3)`, id, string(b.w.Mia), b.now)
	return portal.ClientID(id)
}

func (b *builder) user(c portal.ClientID, p portal.PersonID, preset portal.Preset, all bool) portal.ClientUserID {
	id := db.NewID("cus")
	b.exec(`INSERT INTO client_users (id, client_id, person_id, rights, all_projects, created_at, created_by, accepted_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $6)`,
		id, string(c), string(p), int64(preset.Rights()), all, b.now, string(b.w.Mia))
	return portal.ClientUserID(id)
}

func (b *builder) project(c portal.ClientID, client, name string, shared, archived bool) portal.ProjectID {
	id := db.NewID("prj")
	var at, by, gone any
	if shared {
		at, by = b.now, string(b.w.Mia)
	}
	if archived {
		gone = b.now
	}
	side := portal.Team
	if shared {
		side = portal.ClientSide
	}
	word := func(what string) string { return Canary(client, side, name+"-"+what) }
	b.exec(`
INSERT INTO projects (id, client_id, name, summary, status, health, sentence, starts_on, due_on, shared_at, shared_by, contact_id, created_at, created_by, updated_at, updated_by, archived_at)
VALUES ($1, $2, $3, $4, 'active', 'on_track', $5, '2026-01-05', '2026-06-26', $6, $7, $8, $9, $8, $9, $8, $10)`,
		id, string(c), word("name"), word("summary"), word("sentence"), at, by, string(b.w.Mia), b.now, gone)
	b.exec(`UPDATE projects SET name_key = $1 WHERE id = $2`, strings.ToLower(word("name")), id)
	b.exec(`INSERT INTO project_team (project_id, person_id, role, added_at) VALUES ($1, $2, $3, $4)`, id, string(b.w.Mia), word("role"), b.now)
	b.w.Items[portal.ProjectID(id)] = map[portal.Side]Items{
		portal.Team:       b.items(portal.ProjectID(id), c, client, name, portal.Team),
		portal.ClientSide: b.items(portal.ProjectID(id), c, client, name, portal.ClientSide),
	}
	return portal.ProjectID(id)
}

func (b *builder) items(project portal.ProjectID, c portal.ClientID, client, name string, side portal.Side) Items {
	var shown any
	if side == portal.ClientSide {
		shown = b.now
	}
	word := func(what string) string { return Canary(client, side, name+"-"+what) }
	ada, mia := string(b.w.Ada), string(b.w.Mia)
	it := Items{
		Milestone: portal.MilestoneID(db.NewID("mst")), Task: portal.TaskID(db.NewID("tsk")),
		Deliverable: portal.DeliverableID(db.NewID("dlv")), Link: portal.LinkID(db.NewID("dln")), Update: portal.UpdateID(db.NewID("upd")),
	}
	b.exec(`INSERT INTO milestones (id, project_id, title, body, starts_on, due_on, planned_on, shift_reason, turn_since, position, audience, shown_at, created_at, created_by)
VALUES ($1, $2, $3, $4, '2026-02-02', '2026-04-10', '2026-04-03', $5, $6, 1, $7, $8, $6, $9)`,
		string(it.Milestone), string(project), word("milestone-title"), word("milestone-body"), word("milestone-reason"), b.now, string(side), shown, ada)
	b.exec(`INSERT INTO tasks (id, project_id, milestone_id, title, body, assignee_id, due_on, turn_since, position, audience, shown_at, created_at, created_by)
VALUES ($1, $2, $3, $4, $5, $6, '2026-03-20', $7, 1, $8, $9, $7, $10)`,
		string(it.Task), string(project), string(it.Milestone), word("task-title"), word("task-body"), mia, b.now, string(side), shown, ada)
	b.exec(`INSERT INTO deliverables (id, project_id, milestone_id, title, body, owner_id, due_on, state, state_at, state_by, turn_since, position, audience, shown_at, created_at, created_by)
VALUES ($1, $2, $3, $4, $5, $6, '2026-03-27', 'shared', $7, $6, $7, 1, $8, $9, $7, $10)`,
		string(it.Deliverable), string(project), string(it.Milestone), word("deliverable-title"), word("deliverable-body"), mia, b.now, string(side), shown, ada)
	b.exec(`INSERT INTO deliverable_links (id, deliverable_id, title, url, position, created_at, created_by) VALUES ($1, $2, $3, $4, 1, $5, $6)`,
		string(it.Link), string(it.Deliverable), word("link-title"), "https://example.test/"+word("link-url"), b.now, ada)
	b.exec(`INSERT INTO updates (id, project_id, author_id, body, status, health, sentence, audience, shown_at, created_at)
VALUES ($1, $2, $3, $4, 'active', 'on_track', $5, $6, $7, $8)`,
		string(it.Update), string(project), mia, word("update-body"), word("update-sentence"), string(side), shown, b.now)
	b.exec(`UPDATE milestones SET title_key = $1 WHERE id = $2`, strings.ToLower(word("milestone-title")), string(it.Milestone))
	b.exec(`UPDATE tasks SET title_key = $1 WHERE id = $2`, strings.ToLower(word("task-title")), string(it.Task))
	b.exec(`UPDATE deliverables SET title_key = $1 WHERE id = $2`, strings.ToLower(word("deliverable-title")), string(it.Deliverable))
	b.exec(`UPDATE updates SET title_key = $1 WHERE id = $2`, strings.ToLower(word("update-sentence")), string(it.Update))
	b.files(&it, project, c, client, name, side)
	b.talk(&it, project, c, client, name, side)
	for i, subject := range []string{string(it.Milestone), string(it.Task), string(it.Deliverable), string(it.Update), string(it.File)} {
		kind := []string{"milestone_added", "task_added", "deliverable_added", "update_published", "file_added"}[i]
		section := []int64{4, 16, 8, 1, 32}[i]
		id := db.NewID("evt")
		b.exec(`INSERT INTO events (id, chain, seq, kind, at, actor, client_id, project_id, subject, audience, particulars, hash, section, shown)
VALUES ($1, $2, (SELECT COUNT(*) + 1 FROM events WHERE chain = $2), $3, $4, $5, $2, $6, $7, $8, $9, $10, $11, $12)`,
			id, string(c), kind, b.now, mia, string(project), subject, string(side), `{"title":"`+word("event-"+kind)+`"}`, id, section, side == portal.ClientSide)
	}
	return it
}

// files makes a folder with a file of two versions, the first of which only the
// team sees, and attaches it to the deliverable.
func (b *builder) files(it *Items, project portal.ProjectID, c portal.ClientID, client, name string, side portal.Side) {
	var shown, by any
	if side == portal.ClientSide {
		shown, by = b.now, string(b.w.Ada)
	}
	word := func(what string) string { return Canary(client, side, name+"-"+what) }
	ada := string(b.w.Ada)
	it.Folder, it.File = portal.FolderID(db.NewID("fol")), portal.FileID(db.NewID("fil"))
	b.exec(`INSERT INTO folders (id, project_id, client_id, name, name_key, audience, shown_at, shown_by, created_at, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		string(it.Folder), string(project), string(c), word("folder-name"), strings.ToLower(word("folder-name")), string(side), shown, by, b.now, ada)
	b.exec(`INSERT INTO files (id, project_id, client_id, folder_id, name, name_key, audience, shown_at, shown_by, created_at, created_by, latest_at, latest_size)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $10, 0)`,
		string(it.File), string(project), string(c), string(it.Folder), word("file-name")+".txt", strings.ToLower(word("file-name")+".txt"), string(side), shown, by, b.now, ada)
	var size int64
	it.Draft, size = b.version(it.File, project, c, portal.Team, 1, func(what string) string { return Canary(client, portal.Team, name+"-draft-"+what) })
	b.exec(`UPDATE files SET latest_id = $1, latest_size = $2 WHERE id = $3`, string(it.Draft), size, string(it.File))
	it.Version, size = b.version(it.File, project, c, side, 2, func(what string) string { return word("version-" + what) })
	b.exec(`UPDATE files SET latest_id = $1, latest_size = $2 WHERE id = $3`, string(it.Version), size, string(it.File))
	if side == portal.ClientSide {
		b.exec(`UPDATE files SET shown_id = latest_id, shown_version_at = latest_at, shown_size = latest_size WHERE id = $1`, string(it.File))
	}
	b.exec(`INSERT INTO attachments (item_id, file_id, project_id, position, created_at, created_by) VALUES ($1, $2, $3, 1, $4, $5)`,
		string(it.Deliverable), string(it.File), string(project), b.now, ada)
	b.approval(it, project, c, client, name, side)
	b.signoff(it, project, c, client, name, side)
	b.revision(it, project, c, client, name, side)
	if side == portal.Team {
		return
	}
	it.Request, it.ShareLink = portal.FileRequestID(db.NewID("frq")), portal.ShareLinkID(db.NewID("lnk"))
	b.exec(`INSERT INTO file_requests (id, project_id, client_id, title, title_key, body, example_id, folder_id, due_on, state, state_at, state_by, created_at, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '2026-03-18', 'accepted', $9, $10, $9, $10)`,
		string(it.Request), string(project), string(c), word("request-title"), strings.ToLower(word("request-title")), word("request-body"), string(it.File), string(it.Folder), b.now, ada)
	b.exec(`INSERT INTO file_request_files (request_id, file_id, project_id, version_id, created_at) VALUES ($1, $2, $3, $4, $5)`,
		string(it.Request), string(it.File), string(project), string(it.Version), b.now)
	b.exec(`INSERT INTO share_links (id, file_id, project_id, token_hash, expires_at, created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		string(it.ShareLink), string(it.File), string(project), b.w.Accounts.TokenHash(b.w.Accounts.Token(account.PurposeShareLink, string(it.ShareLink))),
		db.Micros(b.w.Clock.Now().AddDate(0, 0, 30)), b.now, ada)
}

// approval makes one of the file, which was granted.
func (b *builder) approval(it *Items, project portal.ProjectID, c portal.ClientID, client, name string, side portal.Side) {
	it.Approval = portal.ApprovalID(db.NewID("apr"))
	if side == portal.ClientSide {
		it.Call = portal.CallID(db.NewID("cal"))
	}
	id, file, version := string(it.Approval), string(it.File), string(it.Version)
	b.later = append(b.later, func() {
		word := func(what string) string { return Canary(client, side, name+"-"+what) }
		var shown any
		who := b.w.Ada
		if side == portal.ClientSide {
			shown, who = b.now, map[portal.ClientID]portal.PersonID{b.w.Acme: b.w.Cleo, b.w.Brick: b.w.Carl}[c]
		}
		b.exec(`INSERT INTO approvals (id, project_id, client_id, title, title_key, body, checklist, due_on, due_key, state, state_at, state_by, stage, turn_since, lane, shown_at, content, created_at, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, '2026-03-19', '2026-03-19', 'approved', $8, $9, 1, $8, 'approved', $10, $11, $8, $12)`,
			id, string(project), string(c), word("approval-title"), strings.ToLower(word("approval-title")), word("approval-body"), word("approval-point"), b.now, string(who), shown, strings.Repeat("c", 64), string(b.w.Ada))
		b.exec(`INSERT INTO approval_subjects (approval_id, position, project_id, file_id, version_id, sha256, result) SELECT $1, 1, $2, $3, v.id, v.sha256, 'approved' FROM versions v WHERE v.id = $4`,
			id, string(project), file, version)
		b.exec(`INSERT INTO approval_stages (approval_id, number, side, rule, opened_at, closed_at) VALUES ($1, 1, $2, 'anyone', $3, $3)`, id, string(side), b.now)
		decision := db.NewID("dec")
		b.exec(`INSERT INTO approval_people (approval_id, stage, person_id, role, answer, answered_at, decision_id) VALUES ($1, 1, $2, 'decider', 'approved_with_notes', $3, $4)`, id, string(who), b.now, decision)
		b.exec(`INSERT INTO approval_decisions (id, approval_id, stage, person_id, role, answer, note, content, at) VALUES ($1, $2, 1, $3, 'decider', 'approved_with_notes', $4, $5, $6)`,
			decision, id, string(who), word("approval-note"), strings.Repeat("c", 64), b.now)
		b.exec(`INSERT INTO approval_verdicts (decision_id, position, version_id, sha256, verdict, note) SELECT $1, 1, v.id, v.sha256, 'approved', $2 FROM versions v WHERE v.id = $3`, decision, word("approval-verdict"), version)
		if side == portal.ClientSide {
			b.exec(`INSERT INTO approval_calls (id, approval_id, stage, person_id, answer, note, content, said_at, noted_at, noted_by, state, ended_at, ended_by, reply) VALUES ($1, $2, 1, $3, 'approved_with_notes', $4, $5, $6, $6, $7, 'denied', $6, $3, $4)`,
				string(it.Call), id, string(who), word("approval-call"), strings.Repeat("c", 64), b.now, string(b.w.Ada))
		}
	})
}

// signoff makes one of the milestone, which was signed, with its certificate.
func (b *builder) signoff(it *Items, project portal.ProjectID, c portal.ClientID, client, name string, side portal.Side) {
	it.Signoff = portal.SignoffID(db.NewID("sgn"))
	id := string(it.Signoff)
	b.later = append(b.later, func() {
		word := func(what string) string { return Canary(client, side, name+"-"+what) }
		who := map[portal.ClientID]portal.PersonID{b.w.Acme: b.w.Cleo, b.w.Brick: b.w.Carl}[c]
		b.exec(`INSERT INTO signoffs (id, project_id, client_id, subject_id, title, statement, points, state, state_at, state_by, viewed_at, viewed_by, content, name, email, role, company, verified_at, zone, proof, created_at, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'signed', $8, $9, $8, $9, $10, $11, $12, 'lead', $13, $8, 'Europe/Warsaw', 'password', $8, $14)`,
			id, string(project), string(c), string(it.Milestone), word("signoff-title"), word("signoff-statement"), word("signoff-point"), b.now, string(who), strings.Repeat("d", 64),
			word("signoff-name"), word("signoff-email"), word("signoff-company"), string(b.w.Ada))
		b.exec(`INSERT INTO signoff_views (signoff_id, person_id, name, at) VALUES ($1, $2, $3, $4)`, id, string(who), word("signoff-look"), b.now)
		b.exec(`INSERT INTO signoff_lines (signoff_id, position, kind, item_id, title, version_id, number, sha256, at) SELECT $1, 1, 'version', $2, $3, v.id, 1, v.sha256, $4 FROM versions v WHERE v.id = $5`,
			id, string(it.File), word("signoff-line"), b.now, string(it.Version))
		paper := db.NewID("crt")
		b.exec(`INSERT INTO certificates (id, subject_id, project_id, client_id, token_hash, content, created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			paper, id, string(project), string(c), b.w.Accounts.TokenHash(b.w.Accounts.Token(account.PurposeCertificate, paper)), `{"Kind":"signoff","Of":"milestone","Title":"`+word("signoff-record")+`"}`, b.now, string(b.w.Ada))
	})
}

// revision makes a revision request of the file, whose one point was refused.
func (b *builder) revision(it *Items, project portal.ProjectID, c portal.ClientID, client, name string, side portal.Side) {
	it.Revision, it.Change = portal.RevisionID(db.NewID("rev")), portal.ChangeID(db.NewID("rvi"))
	id, point := string(it.Revision), string(it.Change)
	b.later = append(b.later, func() {
		word := func(what string) string { return Canary(client, side, name+"-"+what) }
		who := map[portal.ClientID]portal.PersonID{b.w.Acme: b.w.Cleo, b.w.Brick: b.w.Carl}[c]
		b.exec(`INSERT INTO revision_requests (id, project_id, client_id, file_id, version_id, title, round, rounds, open, turn, turn_since, turn_by, created_at, created_by)
VALUES ($1, $2, $3, $4, $5, $6, 1, 2, 0, '', $7, $8, $7, $9)`,
			id, string(project), string(c), string(it.File), string(it.Version), word("revision-title"), b.now, string(b.w.Ada), string(who))
		b.exec(`INSERT INTO revision_items (id, request_id, project_id, number, body, file_id, version_id, state, state_at, state_by, reason, clarified) VALUES ($1, $2, $3, 1, $4, $5, $6, 'refused', $7, $8, $9, $10)`,
			point, id, string(project), word("revision-point"), string(it.File), string(it.Version), b.now, string(b.w.Ada), word("revision-reason"), word("revision-clarified"))
	})
}

// talk makes a conversation and comments.
func (b *builder) talk(it *Items, project portal.ProjectID, c portal.ClientID, client, name string, side portal.Side) {
	word := func(what string) string { return Canary(client, side, name+"-"+what) }
	hidden := func(what string) string { return Canary(client, portal.Team, name+"-"+what) }
	begin := func(kind, subject, item, version string) portal.ThreadID {
		id := db.NewID("thr")
		var in, at any
		if item != "" {
			in = item
		}
		if version != "" {
			at = version
		}
		b.exec(`INSERT INTO threads (id, kind, client_id, project_id, item_id, version_id, subject, audience, created_at, created_by, last_at, turn_since) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $9, $9)`,
			id, kind, string(c), string(project), in, at, subject, string(side), b.now, string(b.w.Mia))
		return portal.ThreadID(id)
	}
	it.Conversation = begin("project", word("conversation-subject"), "", "")
	it.Message = b.say(it.Conversation, c, b.w.Mia, portal.Team, side, word("message"))
	it.Note = b.say(it.Conversation, c, b.w.Mia, portal.Team, portal.Team, hidden("note"))
	it.Comments = begin("item", "", string(it.Deliverable), "")
	b.say(it.Comments, c, b.w.Mia, portal.Team, side, word("comment"))
	b.say(it.Comments, c, b.w.Ada, portal.Team, portal.Team, hidden("comment-note"))
	it.FileComments = begin("item", "", string(it.File), string(it.Version))
	b.exec(`UPDATE threads SET place = '{"kind":"pin","x":0.25,"y":0.5}', number = 1 WHERE id = $1`, string(it.FileComments))
	b.exec(`INSERT INTO place_numbers (item_id, audience, last) VALUES ($1, $2, 1)`, string(it.File), string(side))
	b.say(it.FileComments, c, b.w.Mia, portal.Team, side, word("file-comment"))
	if side == portal.Team {
		return
	}
	b.later = append(b.later, func() { // the client's people are there by then
		who := map[portal.ClientID]portal.PersonID{b.w.Acme: b.w.Cleo, b.w.Brick: b.w.Carl}[c]
		items := b.w.Items[project][side]
		items.Answer = b.say(it.Conversation, c, who, portal.ClientSide, side, word("answer"))
		b.say(it.Comments, c, who, portal.ClientSide, side, word("comment-answer"))
		b.exec(`INSERT INTO mentions (message_id, person_id, name) VALUES ($1, $2, $3)`, string(it.Message), string(who), word("mention"))
		b.exec(`INSERT INTO reading_marks (thread_id, person_id, seq, at) VALUES ($1, $2, 2, $3)`, string(it.Conversation), string(b.w.Ada), b.now)
		b.exec(`INSERT INTO message_files (message_id, file_id, version_id, position) VALUES ($1, $2, $3, 1)`, string(it.Message), string(it.File), string(it.Version))
		people := []string{"mia", "bea"}
		if c == b.w.Acme {
			people = append(people, "cleo", "rex")
		} else {
			people = append(people, "carl")
		}
		everyone := b.w.Everyone()
		for _, who := range people {
			id := portal.UnsentID(db.NewID("uns"))
			items.Unsent = append(items.Unsent, id)
			b.exec(`INSERT INTO unsent_comments (id, person_id, version_id, place, body, created_at, saved_at) VALUES ($1, $2, $3, '{"kind":"pin","x":0.5,"y":0.5}', $4, $5, $5)`,
				string(id), string(everyone[who]), string(it.Version), UnsentCanary(who)+"-"+name, b.now)
		}
		b.w.Items[project][side] = items
	})
}

// say puts a message at the end of a thread.
func (b *builder) say(in portal.ThreadID, c portal.ClientID, who portal.PersonID, from, to portal.Side, body string) portal.MessageID {
	id := db.NewID("msg")
	shown := "NULL"
	if to == portal.ClientSide {
		shown = "shown_count + 1"
		b.exec(`UPDATE threads SET shown_seq = seq + 1, shown_at = $1 WHERE id = $2`, b.now, string(in))
	}
	b.exec(`INSERT INTO messages (id, thread_id, client_id, seq, shown_number, audience, author_id, side, body, created_at, changed_at)
SELECT $1, id, $2, seq + 1, `+shown+`, $3, $4, $5, $6, last_at, last_at FROM threads WHERE id = $7`, id, string(c), string(to), string(who), string(from), body, string(in))
	b.exec(`UPDATE threads SET seq = seq + 1, shown_count = CASE WHEN $1 = 'client' THEN shown_count + 1 ELSE shown_count END WHERE id = $2`, string(to), string(in))
	return portal.MessageID(id)
}

// version makes a version of a file, with a picture of it and its text.
func (b *builder) version(file portal.FileID, project portal.ProjectID, c portal.ClientID, side portal.Side, number int, word func(string) string) (portal.VersionID, int64) {
	var shown, by, shownNumber any
	if side == portal.ClientSide {
		shown, by, shownNumber = b.now, string(b.w.Ada), 1
	}
	id := db.NewID("ver")
	text, thumb := word("text")+" is what is written here", word("thumb")
	key, sum := b.blob(text)
	b.exec(`INSERT INTO versions (id, file_id, project_id, client_id, number, shown_number, audience, shown_at, shown_by, blob, size, sha256, kind, type, note, created_at, created_by, preview, whole)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'text', 'text/plain', $13, $14, $15, 'ready', 1)`,
		id, string(file), string(project), string(c), number, shownNumber, string(side), shown, by, key, len(text), sum, word("note"), b.now, string(b.w.Ada))
	b.exec(`INSERT INTO version_texts (version_id, file_id, client_id, body) VALUES ($1, $2, $3, $4)`, id, string(file), string(c), text)
	key, sum = b.blob(thumb)
	b.exec(`INSERT INTO previews (version_id, kind, blob, size, sha256, type, width, height) VALUES ($1, 'thumb', $2, $3, $4, 'image/png', 16, 16)`, id, key, len(thumb), sum)
	b.exec(`INSERT INTO client_room (client_id, used) VALUES ($1, $2) ON CONFLICT (client_id) DO UPDATE SET used = client_room.used + $2`, string(c), len(text))
	return portal.VersionID(id), int64(len(text))
}

// blob gives content a key. All begin alike, so that a store on disk has few folders.
func (b *builder) blob(content string) (key, sum string) {
	key = "va" + strings.ToLower(rand.Text())[2:]
	b.w.Blobs[key] = []byte(content)
	return key, fmt.Sprintf("%x", sha256.Sum256([]byte(content)))
}

func (b *builder) build() {
	w := b.w
	w.Items = map[portal.ProjectID]map[portal.Side]Items{}
	w.Blobs = map[string][]byte{}
	b.exec(`INSERT INTO workspace (id, name, sections, set_up_at) VALUES (1, 'Honcho Design', $1, $2)`,
		int64(portal.DefaultSections|portal.SectionTasks), b.now)
	w.Ada, w.Mia, w.Tom = b.person("Ada"), b.person("Mia"), b.person("Tom")
	b.member(w.Ada, "owner")
	b.member(w.Mia, "manager")
	b.member(w.Tom, "contributor")
	w.Acme, w.Brick = b.client("Acme"), b.client("Brick")
	w.Site = b.project(w.Acme, "acme", "site", true, false)
	w.Brand = b.project(w.Acme, "acme", "brand", true, false)
	w.Hidden = b.project(w.Acme, "acme", "hidden", false, false)
	w.Old = b.project(w.Acme, "acme", "old", true, true)
	w.Shop = b.project(w.Brick, "brick", "shop", true, false)
	b.exec(`INSERT INTO project_team (project_id, person_id, added_at) VALUES ($1, $2, $3)`, string(w.Site), string(w.Tom), b.now)

	w.Cleo, w.Dan, w.Carl, w.Bea = b.person("Cleo"), b.person("Dan"), b.person("Carl"), b.person("Bea")
	w.Uma, w.Rex, w.Eve = b.person("Uma"), b.person("Rex"), b.person("Eve")
	w.CleoUser = b.user(w.Acme, w.Cleo, portal.PresetLead, true)
	w.DanUser = b.user(w.Acme, w.Dan, portal.PresetViewer, false)
	b.exec(`INSERT INTO client_user_projects (client_user_id, project_id, client_id) VALUES ($1, $2, $3)`, string(w.DanUser), string(w.Brand), string(w.Acme))
	w.CarlUser = b.user(w.Brick, w.Carl, portal.PresetLead, true)
	w.BeaAtAcme = b.user(w.Acme, w.Bea, portal.PresetCommenter, true)
	w.BeaAtBrick = b.user(w.Brick, w.Bea, portal.PresetCommenter, true)
	w.UmaUser = b.user(w.Acme, w.Uma, portal.PresetViewer, true)
	b.exec(`UPDATE client_users SET accepted_at = NULL WHERE id = $1`, string(w.UmaUser))
	b.exec(`UPDATE persons SET confirmed_at = NULL, password_hash = '' WHERE id = $1`, string(w.Uma))
	w.RexUser = b.user(w.Acme, w.Rex, portal.PresetLead, true)
	b.exec(`UPDATE client_users SET removed_at = $1 WHERE id = $2`, b.now, string(w.RexUser))

	for _, f := range b.later {
		f()
	}
	for _, c := range []portal.ClientID{w.Acme, w.Brick} {
		b.exec(`INSERT INTO event_chains (chain, seq, head) SELECT $1, COUNT(*), '' FROM events WHERE chain = $1`, string(c))
	}
	b.exec(`INSERT INTO tallies (project_id, kind, audience, turn, section, total, done, since) SELECT project_id, kind, audience, turn, section, total, done, since FROM due_tallies`)
	for _, q := range regrant {
		b.exec(q)
	}
}
