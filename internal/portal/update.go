package portal

import (
	"context"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// Update is a written status update.
type Update struct {
	ID          UpdateID
	Project     ProjectID
	Client      ClientID
	ProjectName string
	Author      PersonID // empty when not for the reader: say the workspace's name
	AuthorName  string
	Body        string
	Status      ProjectStatus
	Health      Health
	Sentence    string
	Audience    Side
	ShownAt     time.Time
	CreatedAt   time.Time
	EditedAt    time.Time
	Revision    int64
	Held
}

// Edited reports whether the update was changed after it was published.
func (u Update) Edited() bool { return !u.EditedAt.IsZero() }

const updateColumns = `u.id, u.project_id, u.client_id, u.project_name, COALESCE(u.author_id, ''), COALESCE(u.author_name, ''), u.body, u.status, u.health, u.sentence,
       u.audience, COALESCE(u.shown_at, 0), u.created_at, COALESCE(u.edited_at, 0), u.revision, u.side, u.rights`

func (u *Update) scan(scan func(...any) error) error {
	var shown, created, edited int64
	err := scan(&u.ID, &u.Project, &u.Client, &u.ProjectName, &u.Author, &u.AuthorName, &u.Body, &u.Status, &u.Health, &u.Sentence,
		&u.Audience, &shown, &created, &edited, &u.Revision, &u.Side, &u.Rights)
	u.ShownAt, u.CreatedAt, u.EditedAt = moment(shown), moment(created), moment(edited)
	return err
}

func (u Update) item() item {
	return item{itemKind: itemKinds["upd"], id: ItemID(u.ID), project: u.Project, client: u.Client, title: u.ProjectName,
		audience: u.Audience, madeBy: u.Author, revision: u.Revision, Held: u.Held}
}

// Update returns one update.
func (me *Scope) Update(ctx context.Context, id UpdateID) (Update, error) { return update(ctx, me, id) }

func update(ctx context.Context, r reader, id UpdateID) (u Update, err error) {
	err = u.scan(func(dest ...any) error {
		return r.get(ctx, `SELECT `+updateColumns+` FROM my_updates u WHERE u.id = $2`, []any{string(id)}, dest...)
	})
	return u, err
}

// Updates returns the updates of a project, newest first.
func (me *Scope) Updates(ctx context.Context, id ProjectID, pg Page) (updates []Update, next string, err error) {
	q := `SELECT ` + updateColumns + ` FROM my_updates u WHERE u.project_id = $2`
	args := []any{string(id), pg.limit()}
	if pg.After != "" {
		q += ` AND u.id < $4`
		args = append(args, pg.After)
	}
	rows, err := me.query(ctx, q+` ORDER BY u.id DESC LIMIT $3`, args...)
	updates, err = list(rows, err, func(rows *db.Rows) (u Update, err error) { return u, u.scan(rows.Scan) })
	if err != nil {
		return nil, "", err
	}
	updates, next = page(updates, pg, func(u Update) string { return string(u.ID) })
	return updates, next, nil
}

// NewUpdate is what PublishUpdate takes.
type NewUpdate struct {
	Body     string
	Status   ProjectStatus
	Health   Health
	Sentence string // the one that stands for it all
	Audience Side   // empty: the team
}

func (n *NewUpdate) check() error {
	var c checks
	n.Body = c.text("body", n.Body)
	n.Sentence = c.line("sentence", n.Sentence)
	if n.Body == "" && n.Sentence == "" {
		c.fail("body", "required")
	}
	c.oneOf("status", string(n.Status), "planned", "active", "on_hold", "done")
	c.oneOf("health", string(n.Health), "on_track", "at_risk", "off_track", "waiting")
	n.Audience = c.audience(n.Audience)
	return c.err()
}

// PublishUpdate writes an update. One for the client becomes the project's
// state; one for the team leaves what the client reads as it is. Takes Contribute.
func (me *Scope) PublishUpdate(ctx context.Context, project ProjectID, n NewUpdate) (UpdateID, error) {
	if err := n.check(); err != nil {
		return "", err
	}
	id := UpdateID(db.NewID("upd"))
	err := me.write(ctx, func(t *tx) error {
		p, err := t.projectFor(ctx, project, Contribute)
		if err != nil {
			return err
		}
		at, by := t.shown(n.Audience)
		if err := t.must(ctx, `
INSERT INTO updates (id, project_id, author_id, body, status, health, sentence, title_key, audience, shown_at, shown_by, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
			string(id), string(project), string(me.actor.person), n.Body, string(n.Status), string(n.Health), n.Sentence, fold(n.Sentence),
			string(n.Audience), at, by, t.now); err != nil {
			return err
		}
		if n.Audience == ClientSide {
			if err := t.setState(ctx, project, n.Status, n.Health, n.Sentence); err != nil {
				return err
			}
		}
		return t.record(ctx, Happening{Kind: UpdatePublished, Client: p.Client, Project: project, Subject: string(id), Audience: n.Audience,
			Details: Details{"title": p.Name, "status": string(n.Status), "health": string(n.Health)}})
	})
	return id, err
}

// setState writes what the client reads of the project's state.
func (t *tx) setState(ctx context.Context, project ProjectID, s ProjectStatus, h Health, sentence string) error {
	return t.must(ctx, `
UPDATE projects SET status = $1, health = $2, sentence = $3, updated_at = $4, updated_by = $5, revision = revision + 1 WHERE id = $6`,
		string(s), string(h), sentence, t.now, string(t.me.actor.person), string(project))
}

// latestShown is the newest update for the client; ErrNotFound when there is none.
func (t *tx) latestShown(ctx context.Context, project ProjectID) (u Update, err error) {
	err = u.scan(func(dest ...any) error {
		return t.get(ctx, `SELECT `+updateColumns+` FROM my_updates u WHERE u.project_id = $2 AND u.audience = 'client' ORDER BY u.id DESC LIMIT 1`,
			[]any{string(project)}, dest...)
	})
	return u, err
}

// withdrawState says of the project what the newest update for the client says,
// after one was taken from them: nothing of that one may stay.
func (t *tx) withdrawState(ctx context.Context, project ProjectID) error {
	p, err := loadProject(ctx, t, project)
	if err != nil {
		return err
	}
	u, err := t.latestShown(ctx, project)
	if err == ErrNotFound {
		u, err = Update{Health: OnTrack}, nil
	}
	if err != nil {
		return err
	}
	return t.setState(ctx, project, p.Status, u.Health, u.Sentence)
}

// UpdateChange is what EditUpdate takes.
type UpdateChange struct {
	Body     string
	Status   ProjectStatus
	Health   Health
	Sentence string
	Revision int64
}

// EditUpdate changes an update, which is then marked as edited. For its author,
// and for those who manage.
func (me *Scope) EditUpdate(ctx context.Context, id UpdateID, in UpdateChange) error {
	n := NewUpdate{Body: in.Body, Status: in.Status, Health: in.Health, Sentence: in.Sentence}
	if err := n.check(); err != nil {
		return err
	}
	return me.write(ctx, func(t *tx) error {
		u, err := t.ownUpdate(ctx, id)
		if err != nil {
			return err
		}
		if err := t.must(ctx, `
UPDATE updates SET body = $1, status = $2, health = $3, sentence = $4, title_key = $5, edited_at = $6, revision = revision + 1 WHERE id = $7 AND revision = $8`,
			n.Body, string(n.Status), string(n.Health), n.Sentence, fold(n.Sentence), t.now, string(id), in.Revision); err != nil {
			return err
		}
		if u.Audience == ClientSide {
			latest, err := t.latestShown(ctx, u.Project)
			if err != nil {
				return err
			}
			if latest.ID == id {
				if err := t.setState(ctx, u.Project, n.Status, n.Health, n.Sentence); err != nil {
					return err
				}
			}
		}
		return t.tell(ctx, UpdateEdited, u.item(), nil)
	})
}

// ownUpdate loads an update that the actor wrote or may manage.
func (t *tx) ownUpdate(ctx context.Context, id UpdateID) (Update, error) {
	u, err := update(ctx, t, id)
	if err == nil && !u.item().mayShow(t.me.actor.person) {
		err = ErrForbidden
	}
	return u, err
}

// DeleteUpdate deletes an update. When it was the project's state, the one
// before is again. For its author, and for those who manage.
func (me *Scope) DeleteUpdate(ctx context.Context, id UpdateID) error {
	return me.write(ctx, func(t *tx) error {
		u, err := t.ownUpdate(ctx, id)
		if err != nil {
			return err
		}
		var latest Update
		if u.Audience == ClientSide {
			if latest, err = t.latestShown(ctx, u.Project); err != nil {
				return err
			}
		}
		if err := t.deleteItem(ctx, UpdateDeleted, u.item()); err != nil {
			return err
		}
		if latest.ID == id {
			return t.withdrawState(ctx, u.Project)
		}
		return nil
	})
}
