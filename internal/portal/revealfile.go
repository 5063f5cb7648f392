package portal

import "context"

// revealsFiles completes what is said before a folder or file is revealed.
func (me *Scope) revealsFiles(ctx context.Context, r *Reveal) error {
	var parent FolderID
	if r.Item.Kind() == "file" {
		f, err := me.File(ctx, FileID(r.Item))
		if err != nil {
			return err
		}
		parent, r.Versions = f.Folder, f.Versions-1
	} else {
		f, err := me.Folder(ctx, FolderID(r.Item))
		if err != nil {
			return err
		}
		parent = f.Parent
		below, err := below(ctx, me, f)
		if err != nil {
			return err
		}
		r.InFolders = len(below) - 1
		for _, b := range below {
			var n int
			if err := me.get(ctx, `SELECT COUNT(*) FROM my_files f WHERE f.project_id = $2 AND f.folder_id = $3`, []any{string(f.Project), string(b.ID)}, &n); err != nil {
				return err
			}
			r.InFiles += n
		}
	}
	path, err := me.FolderPath(ctx, parent)
	for _, f := range path {
		if f.Audience == Team {
			r.Folders = append(r.Folders, f)
		}
	}
	return err
}

// revealFiles is reveal of a folder or file: those around it show with it.
func (t *tx) revealFiles(ctx context.Context, i item, withHistory bool) error {
	if i.name == "file" {
		f, err := file(ctx, t, FileID(i.id))
		if err != nil || f.Audience == ClientSide {
			return err
		}
		if err := t.showPath(ctx, f.Folder); err != nil {
			return err
		}
		if err := t.showFile(ctx, f, withHistory); err != nil {
			return err
		}
	} else {
		f, err := folder(ctx, t, FolderID(i.id))
		if err != nil || f.Audience == ClientSide && !withHistory {
			return err
		}
		if err := t.showPath(ctx, f.Parent); err != nil {
			return err
		}
		below := []Folder{f}
		if withHistory {
			if below, err = t.ownBelow(ctx, f, ` AND f.audience = 'team'`); err != nil {
				return err
			}
		}
		for _, b := range below {
			if err := t.showFolder(ctx, b); err != nil {
				return err
			}
			if withHistory {
				if err := t.showFilesIn(ctx, b); err != nil {
					return err
				}
			}
		}
	}
	if withHistory {
		if _, err := t.exec(ctx, `UPDATE events SET shown = 1 WHERE subject = $1 AND kind `+i.history(), string(i.id)); err != nil {
			return err
		}
	}
	i.audience = ClientSide
	return t.tell(ctx, ItemRevealed, i, Details{"kind": i.name})
}

// showPath shows a folder and those around it, which the actor must be allowed
// to.
func (t *tx) showPath(ctx context.Context, id FolderID) error {
	path, err := folderPath(ctx, t, id)
	if err != nil {
		return err
	}
	for _, f := range path {
		if f.Audience == Team && !f.MayShow(t.me.actor.person) {
			return ErrForbidden
		}
		if err := t.showFolder(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) showFolder(ctx context.Context, f Folder) error {
	if f.Audience == ClientSide {
		return nil
	}
	name, err := t.freeFolderName(ctx, f.Project, f.Parent, f.Name, ClientSide, f.ID)
	if err != nil {
		return err
	}
	return t.must(ctx, `
UPDATE folders SET audience = 'client', shown_at = $1, shown_by = $2, name = $3, name_key = $4, revision = revision + 1 WHERE id = $5 AND audience = 'team'`,
		t.now, string(t.me.actor.person), name, fold(name), string(f.ID))
}

func (t *tx) showFile(ctx context.Context, f File, withHistory bool) error {
	name, err := t.freeFileName(ctx, f.Project, f.Folder, f.Name, ClientSide, f.ID)
	if err != nil {
		return err
	}
	if err := t.must(ctx, `
UPDATE files SET audience = 'client', shown_at = $1, shown_by = $2, name = $3, name_key = $4, revision = revision + 1 WHERE id = $5 AND audience = 'team'`,
		t.now, string(t.me.actor.person), name, fold(name), string(f.ID)); err != nil {
		return err
	}
	if err := t.outdateContent(ctx, askedWithout, string(f.ID)); err != nil {
		return err
	}
	return t.showFileVersions(ctx, f, withHistory)
}

// showFilesIn shows the files in a folder, each in its newest version.
func (t *tx) showFilesIn(ctx context.Context, in Folder) error {
	for {
		rows, err := t.query(ctx, `
SELECT `+fileColumns+` FROM my_files f WHERE f.project_id = $2 AND f.folder_id = $3 AND f.audience = 'team' ORDER BY f.name_key, f.id LIMIT 200`,
			string(in.Project), string(in.ID))
		files, err := list(rows, err, scanFile)
		if err != nil || len(files) == 0 {
			return err
		}
		for _, f := range files {
			if err := t.showFile(ctx, f, false); err != nil {
				return err
			}
		}
	}
}

// concealFiles is conceal of a folder or file.
func (t *tx) concealFiles(ctx context.Context, i item) error {
	if i.name == "folder" {
		f, err := folder(ctx, t, FolderID(i.id))
		if err != nil {
			return err
		}
		return t.concealFolder(ctx, f)
	}
	f, err := file(ctx, t, FileID(i.id))
	if err != nil {
		return err
	}
	return t.concealFile(ctx, f)
}

func (t *tx) concealFile(ctx context.Context, f File) error {
	name, err := t.freeFileName(ctx, f.Project, f.Folder, f.Name, Team, f.ID)
	if err != nil {
		return err
	}
	if err := t.must(ctx, `
UPDATE files SET audience = 'team', shown_at = NULL, shown_by = NULL, name = $1, name_key = $2, revision = revision + 1 WHERE id = $3 AND audience = 'client'`,
		name, fold(name), string(f.ID)); err != nil {
		return err
	}
	if err := t.lookAgain(ctx, inFile, string(f.ID)); err != nil {
		return err
	}
	if err := t.outdate(ctx, askedOfFile, string(f.ID)); err != nil {
		return err
	}
	return t.hideTraces(ctx, []string{string(f.ID)})
}
