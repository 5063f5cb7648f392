package portal

import (
	"context"
	"errors"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// TrashDays is how long what was deleted can be brought back.
const TrashDays = 30

// Trashed is something that somebody deleted.
type Trashed struct {
	ID        string // of the folder or file
	Kind      string // "folder" or "file"
	Project   ProjectID
	Name      string
	Audience  Side // before it was deleted
	Size      int64
	At        time.Time
	By        PersonID
	ByName    string
	CreatedBy PersonID
	Held

	client ClientID
	folder FolderID
	depth  int
}

// PurgedAt is when it will be removed for good.
func (x Trashed) PurgedAt() time.Time { return x.At.AddDate(0, 0, TrashDays) }

// MayRestore reports whether the person, its reader, may bring it back: those
// who manage, who deleted it and who made it.
func (x Trashed) MayRestore(me PersonID) bool {
	return x.Can(Contribute) && (x.Can(Manage) || x.By == me || x.CreatedBy == me)
}

const trashColumns = `x.id, x.kind, x.project_id, x.name, x.audience, x.size, x.trashed_at, COALESCE(x.trashed_by, ''), COALESCE(x.trashed_by_name, ''), x.created_by,
       x.side, x.rights, x.client_id, x.folder_id, x.depth`

func (x *Trashed) scan(scan func(...any) error) error {
	return scan(&x.ID, &x.Kind, &x.Project, &x.Name, &x.Audience, &x.Size, micros{&x.At}, &x.By, &x.ByName, &x.CreatedBy, &x.Side, &x.Rights,
		&x.client, &x.folder, &x.depth)
}

// Trash returns what was deleted in a project, the last first. For the team.
func (me *Scope) Trash(ctx context.Context, project ProjectID, pg Page) (all []Trashed, next string, err error) {
	q := `SELECT ` + trashColumns + ` FROM my_trash x WHERE x.project_id = $2 AND x.trash_id = x.id`
	args := []any{string(project), pg.limit()}
	if pg.After != "" {
		at, id, err := splitKey(pg.After)
		if err != nil {
			return nil, "", err
		}
		q += ` AND (x.trashed_at, x.id) < ($4, $5)`
		args = append(args, at, id)
	}
	rows, err := me.query(ctx, q+` ORDER BY x.trashed_at DESC, x.id DESC LIMIT $3`, args...)
	all, err = list(rows, err, func(rows *db.Rows) (x Trashed, err error) { return x, x.scan(rows.Scan) })
	if err != nil {
		return nil, "", err
	}
	all, next = page(all, pg, func(x Trashed) string { return joinKey(db.Micros(x.At), x.ID) })
	return all, next, nil
}

// RestoreFromTrash brings back what somebody deleted, with all that was deleted
// with it: to where it was or, when that is gone, to the top. A name that is
// taken there gets a number. Who manages may, who deleted it, and who made it.
func (me *Scope) RestoreFromTrash(ctx context.Context, id string) error {
	return me.write(ctx, func(t *tx) error {
		x, err := t.trashed(ctx, id)
		if err != nil {
			return err
		}
		if err := t.lock(ctx, string(x.client)); err != nil {
			return err
		}
		x, err = t.trashed(ctx, id)
		switch {
		case err != nil:
			return err
		case !x.MayRestore(me.actor.person):
			return ErrForbidden
		}
		in, err := t.folderIn(ctx, x.Project, x.folder)
		if err == ErrNotFound {
			in, err = Folder{}, nil
		}
		if err != nil {
			return err
		}
		if x.Kind == "file" {
			return t.restoreFile(ctx, x, in)
		}
		return t.restoreFolder(ctx, x, in)
	})
}

func (t *tx) trashed(ctx context.Context, id string) (x Trashed, err error) {
	err = x.scan(func(dest ...any) error {
		return t.get(ctx, `SELECT `+trashColumns+` FROM my_trash x WHERE x.id = $2 AND x.trash_id = $2`, []any{id}, dest...)
	})
	return x, err
}

func (t *tx) restoreFile(ctx context.Context, x Trashed, in Folder) error {
	name, err := t.freeFileName(ctx, x.Project, in.ID, x.Name, in.within(x.Audience), FileID(x.ID))
	if err != nil {
		return err
	}
	also := ``
	if x.Audience == ClientSide && in.within(ClientSide) == Team {
		also = `, audience = 'team', shown_at = NULL, shown_by = NULL`
		if err := t.hideTraces(ctx, []string{x.ID}); err != nil {
			return err
		}
	}
	if err := t.must(ctx, `
UPDATE files SET trashed_at = NULL, trashed_by = NULL, trash_id = NULL, folder_id = $1, name = $2, name_key = $3, revision = revision + 1`+also+`
 WHERE id = $4 AND trashed_at IS NOT NULL`, nullable(in.ID), name, fold(name), x.ID); err != nil {
		return err
	}
	f, err := file(ctx, t, FileID(x.ID))
	if err != nil {
		return err
	}
	return t.tell(ctx, FileRestored, f.item(), nil)
}

func (t *tx) restoreFolder(ctx context.Context, x Trashed, in Folder) error {
	var deepest int
	if err := t.get(ctx, `SELECT COALESCE(MAX(x.depth), 0) FROM my_trash x WHERE x.trash_id = $2`, []any{x.ID}, &deepest); err != nil {
		return err
	}
	if in.Depth+1+deepest-x.depth > MaxFolderDepth {
		in = Folder{}
	}
	name, err := t.freeFolderName(ctx, x.Project, in.ID, x.Name, x.Audience, FolderID(x.ID))
	if err != nil {
		return err
	}
	if err := t.must(ctx, `UPDATE folders SET parent_id = $1, name = $2, name_key = $3 WHERE id = $4`, nullable(in.ID), name, fold(name), x.ID); err != nil {
		return err
	}
	if _, err := t.exec(ctx, `
UPDATE folders SET trashed_at = NULL, trashed_by = NULL, trash_id = NULL, depth = depth + $1, revision = revision + 1 WHERE trash_id = $2`,
		in.Depth+1-x.depth, x.ID); err != nil {
		return err
	}
	if _, err := t.exec(ctx, `UPDATE files SET trashed_at = NULL, trashed_by = NULL, trash_id = NULL, revision = revision + 1 WHERE trash_id = $1`, x.ID); err != nil {
		return err
	}
	f, err := folder(ctx, t, FolderID(x.ID))
	if err != nil {
		return err
	}
	if f.Audience == ClientSide && in.within(ClientSide) == Team {
		all, err := below(ctx, t, f)
		if err != nil {
			return err
		}
		if err := t.concealBelow(ctx, f.Project, all); err != nil {
			return err
		}
		if f, err = folder(ctx, t, f.ID); err != nil {
			return err
		}
	}
	return t.tell(ctx, FolderRestored, f.item(), nil)
}

// purged is one thing in the trash whose time is over.
type purged struct {
	id     string
	name   string
	client ClientID
}

// PurgeTrash removes for good what was deleted more than TrashDays ago, and
// forgets uploads that arrived long ago. The bytes go with the next sweep. What
// is attached to a deliverable that was accepted stays in the trash.
func (p *Portal) PurgeTrash(ctx context.Context) (files int, err error) {
	before := db.Micros(p.now().AddDate(0, 0, -TrashDays))
	for after := ""; ; {
		due, err := p.duePurge(ctx, before, after, 100)
		if err != nil || len(due) == 0 {
			return files, errors.Join(err, p.purgeRest(ctx, before))
		}
		for _, x := range due {
			after = x.id
			err := p.change(ctx, func(t *tx) error { return t.purgeFile(ctx, x, before) })
			if err != nil {
				return files, err
			}
			files++
		}
	}
}

// purgeRest removes folders of which nothing is left, the innermost first, and
// old uploads.
func (p *Portal) purgeRest(ctx context.Context, before int64) error {
	err := p.change(ctx, func(t *tx) error {
		t.quiet("whoever deleted them was told of it")
		_, err := t.exec(ctx, `DELETE FROM uploads WHERE finished_at < $1`, t.now-keptDone.Microseconds())
		return err
	})
	for n := 1; n > 0 && err == nil; {
		n, err = p.purgeFolders(ctx, before)
	}
	return err
}

// purgeFile removes the rows of a file that was found to be due, if it still is.
func (t *tx) purgeFile(ctx context.Context, x purged, before int64) error {
	if err := t.lock(ctx, string(x.client)); err != nil {
		return err
	}
	size, err := t.purgedSize(ctx, x.id, before)
	if err == ErrNotFound { // brought back meanwhile
		t.quiet("it is there again")
		return nil
	}
	if err != nil {
		return err
	}
	if err := t.unsay(ctx, inItem, x.id); err != nil {
		return err
	}
	if err := t.goes(ctx, versionsOf, x.id); err != nil {
		return err
	}
	for _, table := range []string{"previews", "version_texts", "downloads", "file_request_files", "unsent_comments"} {
		if _, err := t.exec(ctx, `DELETE FROM `+table+` WHERE version_id IN (`+versionsOf+`)`, x.id); err != nil {
			return err
		}
	}
	for _, q := range []string{
		`DELETE FROM message_files WHERE file_id = $1`,
		`DELETE FROM attachments WHERE file_id = $1`, `DELETE FROM share_links WHERE file_id = $1`, `UPDATE file_requests SET example_id = NULL WHERE example_id = $1`,
		`DELETE FROM seen WHERE item_id = $1`, `DELETE FROM place_numbers WHERE item_id = $1`, `DELETE FROM versions WHERE file_id = $1`, `DELETE FROM files WHERE id = $1`,
	} {
		if _, err := t.exec(ctx, q, x.id); err != nil {
			return err
		}
	}
	if _, err := t.exec(ctx, `UPDATE client_room SET used = used - $1 WHERE client_id = $2`, size, string(x.client)); err != nil {
		return err
	}
	return t.record(ctx, Happening{Kind: FilePurged, Subject: x.id, Details: Details{"title": x.name}})
}
