package portal

import (
	"context"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// A Look is one thing that was made to look at a version.
type Look struct {
	Kind          string // thumb, large, poster, page, pdf, wave
	Page          int    // of a page, from 1
	Width, Height int
}

// Looks returns what there is to look at of a version that the reader sees, the
// pages in their order.
func (me *Scope) Looks(ctx context.Context, id VersionID) ([]Look, error) {
	rows, err := me.query(ctx, `
SELECT w.kind, w.page, w.width, w.height FROM my_previews w WHERE w.version_id = $2 ORDER BY w.kind, w.page`, string(id))
	return list(rows, err, func(rows *db.Rows) (l Look, err error) {
		return l, rows.Scan(&l.Kind, &l.Page, &l.Width, &l.Height)
	})
}

// Neighbours returns the files before and after one in its folder, by name;
// empty where there is none.
func (me *Scope) Neighbours(ctx context.Context, f File) (before, after FileID, err error) {
	from, err := me.filesFrom(ctx, f.Project)
	if err != nil {
		return "", "", err
	}
	one := func(than, order string) (FileID, error) {
		rows, err := me.query(ctx, `
SELECT f.id `+from+` WHERE f.project_id = $2 AND f.folder_id = $3 AND (f.name_key, f.id) `+than+` ($4, $5) ORDER BY f.name_key`+order+`, f.id`+order+` LIMIT 1`,
			string(f.Project), string(f.Folder), fold(f.Name), string(f.ID))
		ids, err := list(rows, err, scanOne[FileID])
		if err != nil || len(ids) == 0 {
			return "", err
		}
		return ids[0], nil
	}
	if before, err = one("<", " DESC"); err != nil {
		return "", "", err
	}
	after, err = one(">", "")
	return before, after, err
}

// ShownBy returns the name of whoever let the client see an item; empty while
// they do not. For the team.
func (me *Scope) ShownBy(ctx context.Context, id ItemID) (string, error) {
	rows, err := me.query(ctx, `SELECT COALESCE(s.shown_by, '') FROM my_shown s WHERE s.item_id = $2 AND s.shown_at IS NOT NULL`, string(id))
	names, err := list(rows, err, scanOne[string])
	if err != nil || len(names) == 0 {
		return "", err
	}
	return names[0], nil
}
