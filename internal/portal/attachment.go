package portal

import (
	"context"
	"strconv"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// An Attachment is a file in a deliverable or an update.
type Attachment struct {
	Item ItemID
	File File
}

const maxAttached = 50 // to one item

// Attachments returns the files in deliverables and updates, in the order they
// were put in, of which the reader sees both.
func (me *Scope) Attachments(ctx context.Context, ids ...ItemID) ([]Attachment, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	places, args := oneOf(2, ids)
	rows, err := me.query(ctx, `
SELECT `+fileColumns+`, f.item_id FROM my_attachments f WHERE f.item_id IN `+places+` ORDER BY f.item_id, f.position, f.id LIMIT 1000`, args...)
	return list(rows, err, func(rows *db.Rows) (a Attachment, err error) { return a, a.File.scan(rows.Scan, &a.Item) })
}

// AttachedTo returns the deliverables and updates that a file is in.
func (me *Scope) AttachedTo(ctx context.Context, id FileID) ([]ItemID, error) {
	rows, err := me.query(ctx, `SELECT f.item_id FROM my_attachments f WHERE f.id = $2 ORDER BY f.item_id LIMIT 100`, string(id))
	return list(rows, err, scanOne[ItemID])
}

// Attach puts a file into a deliverable or an update of its project. Takes
// Contribute, and into an update to have written it, or Manage. ErrConflict
// when the deliverable is in review or accepted.
func (me *Scope) Attach(ctx context.Context, id ItemID, f FileID) error {
	return me.write(ctx, func(t *tx) error {
		i, x, err := t.bothEnds(ctx, id, f)
		if err != nil {
			return err
		}
		all, err := t.attached(ctx, id)
		switch {
		case err != nil:
			return err
		case all[f]:
			return nil
		case len(all) >= maxAttached:
			return invalid("file", "too_many", "max", strconv.Itoa(maxAttached))
		}
		if err := t.touch(ctx, i, x); err != nil {
			return err
		}
		if err := t.must(ctx, `INSERT INTO attachments (item_id, file_id, project_id, position, created_at, created_by) VALUES ($1, $2, $3, $4, $4, $5)`,
			string(id), string(f), string(i.project), t.now, string(me.actor.person)); err != nil {
			return err
		}
		return t.tellAttached(ctx, FileAttached, i, x)
	})
}

// Detach takes a file out of a deliverable or an update. As Attach.
func (me *Scope) Detach(ctx context.Context, id ItemID, f FileID) error {
	return me.write(ctx, func(t *tx) error {
		i, x, err := t.bothEnds(ctx, id, f)
		if err != nil {
			return err
		}
		n, err := t.exec(ctx, `DELETE FROM attachments WHERE item_id = $1 AND file_id = $2`, string(id), string(f))
		switch {
		case err != nil:
			return err
		case n == 0:
			return ErrNotFound
		}
		if err := t.touch(ctx, i, x); err != nil {
			return err
		}
		return t.tellAttached(ctx, FileDetached, i, x)
	})
}

// bothEnds loads a deliverable or update that the actor may change, and a file
// of the same project.
func (t *tx) bothEnds(ctx context.Context, id ItemID, f FileID) (item, File, error) {
	x, err := t.fileHeld(ctx, f)
	if err != nil {
		return item{}, x, err
	}
	i, err := loadItem(ctx, t, id)
	if err != nil {
		return i, x, err
	}
	switch {
	case i.project != x.Project, i.name != "deliverable" && i.name != "update":
		return i, x, ErrNotFound
	case !i.Can(Contribute), i.name == "update" && !i.mayShow(t.me.actor.person):
		return i, x, ErrForbidden
	}
	return i, x, nil
}

// touch makes what was read of a deliverable before stale, or says that it may
// not change. Of a file that the client does not see, a new revision of what
// they see would tell.
func (t *tx) touch(ctx context.Context, i item, f File) error {
	switch {
	case i.name != "deliverable":
		return nil
	case i.audience == ClientSide && f.Audience == Team:
		d, err := t.deliverableFor(ctx, DeliverableID(i.id))
		if err == nil && d.fixed() {
			err = ErrConflict
		}
		return err
	}
	return t.touchDeliverable(ctx, DeliverableID(i.id))
}

// hideAttaching takes what names the item out of the client's sight: that files,
// which they may see, were put into it or taken out.
func (t *tx) hideAttaching(ctx context.Context, i item) error {
	if i.name != "deliverable" && i.name != "update" {
		return nil
	}
	_, err := t.exec(ctx, `
UPDATE events SET shown = 0 WHERE project_id = $1 AND shown = 1 AND kind IN ('file_attached', 'file_detached') AND REPLACE(particulars, $2, '') <> particulars`,
		string(i.project), `"item":"`+string(i.id)+`"`)
	return err
}

func (t *tx) attached(ctx context.Context, id ItemID) (map[FileID]bool, error) {
	rows, err := t.query(ctx, `SELECT f.id FROM my_attachments f WHERE f.item_id = $2`, string(id))
	ids, err := list(rows, err, scanOne[FileID])
	all := make(map[FileID]bool, len(ids))
	for _, f := range ids {
		all[f] = true
	}
	return all, err
}

// tellAttached records it for those who see both ends. The item is named by its
// id, too, so that Conceal finds what names it.
func (t *tx) tellAttached(ctx context.Context, k Kind, i item, f File) error {
	x := f.item()
	if i.audience != ClientSide {
		x.audience = Team
	}
	return t.tell(ctx, k, x, Details{"to": i.title, "item": string(i.id)})
}
