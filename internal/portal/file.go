package portal

import (
	"context"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// File is a file of a project, in its newest version: the client's people have
// the newest that is shown to them.
type File struct {
	ID            FileID
	Project       ProjectID
	ProjectName   string
	Client        ClientID
	ClientName    string
	Folder        FolderID // empty: at the top
	Name          string
	Audience      Side
	Origin        Side
	ShownAt       time.Time
	CreatedAt     time.Time
	CreatedBy     PersonID // empty when not for the reader
	CreatedByName string
	Version       Version
	Versions      int // how many the reader sees
	Pinned        bool
	Revision      int64
	Held
}

// Zone of the file.
func (f File) Zone() Zone { return zone(f.Audience, f.Origin) }

// MayShow reports whether the person, its reader, may change who sees it.
func (f File) MayShow(me PersonID) bool { return f.item().mayShow(me) }

// MayChange reports whether the person, its reader, may rename it: the team
// any, the client's people what they brought themselves, while all its versions
// are theirs. Deleting it takes the same of the client's people.
func (f File) MayChange(me PersonID) bool {
	return f.Can(Contribute) || !f.Team() && f.Can(Upload) && f.Origin == ClientSide && f.CreatedBy == me && f.Version.CreatedBy == me
}

// MayAddVersion reports whether its reader may add a version: the team to any,
// the client's people to what came from them.
func (f File) MayAddVersion() bool {
	return f.Can(Contribute) || !f.Team() && f.Can(Upload) && f.Origin == ClientSide
}

// fileColumns end with those of the version.
const fileColumns = `f.id, f.project_id, f.project_name, f.client_id, f.client_name, f.folder_id, f.name, f.audience, f.origin, COALESCE(f.shown_at, 0), f.created_at,
       COALESCE(f.created_by, ''), COALESCE(f.created_by_name, ''), f.versions, CASE WHEN f.pinned_at IS NULL THEN 0 ELSE 1 END, f.revision, f.side, f.rights,
       f.version_id, f.at, f.size, f.number, f.shown_number, f.version_audience, f.sha256, f.kind, f.type, f.note, COALESCE(f.restored_from, ''),
       COALESCE(f.version_by, ''), COALESCE(f.version_by_name, ''), f.scan, f.scan_found, f.preview, f.width, f.height, f.pages, f.duration_ms, f.blob, f.coming`

func scanFile(rows *db.Rows) (f File, err error) { return f, f.scan(rows.Scan) }

func (f *File) scan(scan func(...any) error, more ...any) error {
	var shown, created int64
	v := &f.Version
	err := scan(append(append([]any{&f.ID, &f.Project, &f.ProjectName, &f.Client, &f.ClientName, &f.Folder, &f.Name, &f.Audience, &f.Origin, &shown, &created,
		&f.CreatedBy, &f.CreatedByName, &f.Versions, &f.Pinned, &f.Revision, &f.Side, &f.Rights}, v.dest()...), more...)...)
	f.ShownAt, f.CreatedAt = moment(shown), moment(created)
	v.File, v.Project, v.FileName, v.Held = f.ID, f.Project, f.Name, f.Held
	v.complete(f.Audience)
	return err
}

func (f File) item() item {
	return item{itemKind: itemKinds["fil"], id: ItemID(f.ID), project: f.Project, client: f.Client, title: f.Name,
		audience: f.Audience, madeBy: f.CreatedBy, revision: f.Revision, Held: f.Held}
}

// File returns one file.
func (me *Scope) File(ctx context.Context, id FileID) (File, error) { return file(ctx, me, id) }

func file(ctx context.Context, r reader, id FileID) (f File, err error) {
	err = f.scan(func(dest ...any) error {
		return r.get(ctx, `SELECT `+fileColumns+` FROM my_files f WHERE f.id = $2`, []any{string(id)}, dest...)
	})
	return f, err
}

// A Listing is a part of what is in a folder.
type Listing struct {
	Folders []Folder // with the first part
	Files   []File
	Next    string
}

// ListOptions narrow and order Files.
type ListOptions struct {
	Zone Zone   // empty: all three
	Sort string // "name", "at" (of the newest version) or "size"; empty is "name"
	Desc bool
	Page
}

// Files returns what is in a folder of a project, or at its top: the folders by
// name, then the files in the order asked for.
func (me *Scope) Files(ctx context.Context, project ProjectID, in FolderID, o ListOptions) (Listing, error) {
	var l Listing
	where, err := o.Zone.where()
	if err != nil {
		return l, err
	}
	from, err := me.filesFrom(ctx, project)
	if err != nil {
		return l, err
	}
	if in != "" {
		f, err := me.Folder(ctx, in)
		switch {
		case err != nil:
			return l, err
		case f.Project != project:
			return l, ErrNotFound
		}
	}
	if o.After == "" {
		if l.Folders, err = foldersIn(ctx, me, project, in, where); err != nil {
			return l, err
		}
	}
	column, ok := map[string]string{"": "name_key", "name": "name_key", "at": "at", "size": "size"}[o.Sort]
	if !ok {
		return l, invalid("sort", "choice")
	}
	direction, after := "", ">"
	if o.Desc {
		direction, after = " DESC", "<"
	}
	q := `SELECT ` + fileColumns + ` ` + from + ` WHERE f.project_id = $2 AND f.folder_id = $3` + where
	args := []any{string(project), string(in), o.limit()}
	if o.After != "" {
		key, id, err := o.key(column)
		if err != nil {
			return l, err
		}
		q += ` AND (f.` + column + `, f.id) ` + after + ` ($5, $6)`
		args = append(args, key, id)
	}
	rows, err := me.query(ctx, q+` ORDER BY f.`+column+direction+`, f.id`+direction+` LIMIT $4`, args...)
	if l.Files, err = list(rows, err, scanFile); err != nil {
		return l, err
	}
	l.Files, l.Next = page(l.Files, o.Page, func(f File) string {
		switch column {
		case "at":
			return joinKey(db.Micros(f.Version.CreatedAt), string(f.ID))
		case "size":
			return joinKey(f.Version.Size, string(f.ID))
		}
		return base64.RawURLEncoding.EncodeToString([]byte(fold(f.Name))) + "." + string(f.ID)
	})
	return l, nil
}

// key reads the key of the part before.
func (o ListOptions) key(column string) (key any, id string, err error) {
	if column != "name_key" {
		return splitKey(o.After)
	}
	name, id, _ := strings.Cut(o.After, ".")
	text, err := base64.RawURLEncoding.DecodeString(name)
	if err != nil {
		return nil, "", invalid("after", "choice")
	}
	return string(text), id, nil
}

// filesFrom is where a project's files are read from in an order: from the
// reader's side, as each has its indexes.
func (me *Scope) filesFrom(ctx context.Context, project ProjectID) (string, error) {
	var side Side
	if err := me.get(ctx, `SELECT p.side FROM my_places p WHERE p.id = $2`, []any{string(project)}, &side); err != nil {
		return "", err
	}
	return filesOf(side), nil
}

func filesOf(side Side) string {
	if side == Team {
		return `FROM my_team_files f`
	}
	return `FROM my_shown_files f`
}

// maxPinned bounds the files of a project that are pinned.
const maxPinned = 50

// PinnedFiles returns the files to start with, by name.
func (me *Scope) PinnedFiles(ctx context.Context, project ProjectID) ([]File, error) {
	rows, err := me.query(ctx, `
SELECT `+fileColumns+` FROM my_files f WHERE f.project_id = $2 AND f.pinned_at IS NOT NULL ORDER BY f.name_key, f.id LIMIT $3`, string(project), maxPinned)
	return list(rows, err, scanFile)
}

// QuickFiles returns a few files to begin with in a project that the reader
// sees: those that are pinned, or else the newest of those at its top.
func (me *Scope) QuickFiles(ctx context.Context, p Project, limit int) (files []File, pinned bool, err error) {
	if files, err = me.PinnedFiles(ctx, p.ID); err != nil || len(files) > 0 {
		return files[:min(len(files), limit)], true, err
	}
	rows, err := me.query(ctx, `
SELECT `+fileColumns+` `+filesOf(p.Side)+` WHERE f.project_id = $2 AND f.folder_id = '' ORDER BY f.at DESC, f.id DESC LIMIT $3`, string(p.ID), limit)
	files, err = list(rows, err, scanFile)
	return files, false, err
}

// RecentFiles returns files of all projects, or of those of one client, the
// newest version first. Client people have those of their newest projects.
func (me *Scope) RecentFiles(ctx context.Context, client ClientID, pg Page) (files []File, next string, err error) {
	var n int
	if err := me.get(ctx, `SELECT COUNT(*) FROM my_role`, nil, &n); err != nil {
		return nil, "", err
	}
	q, args := ` FROM my_team_files f WHERE f.at IS NOT NULL`, []any{pg.limit()}
	if n == 0 {
		ids, err := me.ownProjects(ctx, client)
		if err != nil || len(ids) == 0 {
			return nil, "", err
		}
		var in string
		in, args = oneOf(3, ids)
		args = append([]any{pg.limit()}, args...)
		q = ` FROM my_shown_files f WHERE f.project_id IN ` + in
	} else if client != "" {
		args = append(args, string(client))
		q = ` FROM my_team_files f WHERE f.client_id = $3`
	}
	if pg.After != "" {
		at, id, err := splitKey(pg.After)
		if err != nil {
			return nil, "", err
		}
		args = append(args, at, id)
		q += ` AND (f.at, f.id) < (` + placeholder(len(args)) + `, ` + placeholder(len(args)+1) + `)`
	}
	rows, err := me.query(ctx, `SELECT `+fileColumns+q+` ORDER BY f.at DESC, f.id DESC LIMIT $2`, args...)
	if files, err = list(rows, err, scanFile); err != nil {
		return nil, "", err
	}
	files, next = page(files, pg, func(f File) string {
		return joinKey(db.Micros(f.Version.CreatedAt), string(f.ID))
	})
	return files, next, nil
}

// fileHeld loads a file, and holds what happens to its client's files until
// the change is made.
func (t *tx) fileHeld(ctx context.Context, id FileID) (File, error) {
	return heldBy(ctx, t, func() (File, error) { return file(ctx, t, id) }, func(f File) ClientID { return f.Client })
}

// fileFor is fileHeld for one that the actor may do what to.
func (t *tx) fileFor(ctx context.Context, id FileID, what Rights) (File, error) {
	f, err := t.fileHeld(ctx, id)
	if err == nil && !f.Can(what) {
		err = ErrForbidden
	}
	return f, err
}

// RenameFile gives a file another name. Takes Contribute; for the client's
// people see File.MayChange.
func (me *Scope) RenameFile(ctx context.Context, id FileID, name string, revision int64) error {
	var c checks
	name = c.fileName("name", name)
	if err := c.err(); err != nil {
		return err
	}
	return me.write(ctx, func(t *tx) error {
		f, err := t.fileHeld(ctx, id)
		switch {
		case err != nil:
			return err
		case !f.MayChange(me.actor.person):
			return ErrForbidden
		case f.Name == name:
			return nil
		}
		if err := t.onlyOwnVersions(ctx, f); err != nil {
			return err
		}
		free, err := t.freeFileName(ctx, f.Project, f.Folder, name, Team, id)
		switch {
		case err != nil:
			return err
		case free != name:
			return invalid("name", "taken")
		}
		if err := t.must(ctx, `UPDATE files SET name = $1, name_key = $2, revision = revision + 1 WHERE id = $3 AND revision = $4`,
			name, fold(name), string(id), revision); err != nil {
			return err
		}
		return t.tell(ctx, FileRenamed, f.item(), Details{"title": name, "from": f.Name})
	})
}

// onlyOwnVersions makes sure that one of the client's people disposes of their
// own work alone, as far as they see. A draft of the team's keeps them from
// nothing, as that would tell of it; what they delete the team can bring back.
func (t *tx) onlyOwnVersions(ctx context.Context, f File) error {
	if f.Team() {
		return nil
	}
	var others int
	err := t.get(ctx, `SELECT COUNT(*) FROM my_versions v WHERE v.file_id = $2 AND COALESCE(v.version_by, '') <> $3`,
		[]any{string(f.ID), string(t.me.actor.person)}, &others)
	if err == nil && others > 0 {
		err = ErrForbidden
	}
	return err
}

// MoveFile moves a file to a folder of its project, or to the top. Takes
// Contribute, and what Reveal or Conceal take when its audience changes. A name
// that is taken there gets a number.
func (me *Scope) MoveFile(ctx context.Context, id FileID, to FolderID, o MoveOptions) error {
	return me.write(ctx, func(t *tx) error {
		f, err := t.fileFor(ctx, id, Contribute)
		if err != nil {
			return err
		}
		in, err := t.folderIn(ctx, f.Project, to)
		if err != nil || f.Folder == to {
			return err
		}
		conceals := f.Audience == ClientSide && in.within(ClientSide) == Team
		shows := o.Show && f.Audience == Team && in.ID != "" && in.Audience == ClientSide
		switch {
		case conceals && !o.Confirm:
			return invalid("confirm", "conceals")
		case (conceals || shows) && !f.MayShow(me.actor.person):
			return ErrForbidden
		}
		name, err := t.freeFileName(ctx, f.Project, to, f.Name, in.within(f.Audience), id)
		if err != nil {
			return err
		}
		also := ``
		if conceals {
			also = `, audience = 'team', shown_at = NULL, shown_by = NULL`
			if err := t.hideTraces(ctx, []string{string(id)}); err != nil {
				return err
			}
			f.Audience = Team
		}
		if err := t.must(ctx, `UPDATE files SET folder_id = $1, name = $2, name_key = $3, revision = revision + 1`+also+` WHERE id = $4`,
			nullable(to), name, fold(name), string(id)); err != nil {
			return err
		}
		f.Name = name
		if err := t.tell(ctx, FileMoved, f.item(), nil); err != nil {
			return err
		}
		switch {
		case conceals:
			return t.tellConcealed(ctx, f.item(), "file")
		case shows:
			return t.reveal(ctx, f.item(), false)
		}
		return nil
	})
}

// CopyFile makes a file of the newest version of another, in a folder of the
// same project, for the team alone. Takes Contribute.
func (me *Scope) CopyFile(ctx context.Context, id FileID, to FolderID) (FileID, error) {
	var made FileID
	err := me.write(ctx, func(t *tx) error {
		f, err := t.fileFor(ctx, id, Contribute)
		switch {
		case err != nil:
			return err
		case f.Version.HeldBack():
			return ErrHeld
		}
		in, err := t.folderIn(ctx, f.Project, to)
		if err != nil {
			return err
		}
		name, err := t.freeFileName(ctx, f.Project, in.ID, f.Name, Team, "")
		if err != nil {
			return err
		}
		if err := t.take(ctx, f.Client, f.Version.Size); err != nil {
			return err
		}
		if made, err = t.insertFile(ctx, newFile{project: f.Project, client: f.Client, folder: to, name: name, audience: Team, origin: Team}); err != nil {
			return err
		}
		if _, _, err := t.copyVersion(ctx, f.Version, newVersion{file: made, project: f.Project, client: f.Client, audience: Team}); err != nil {
			return err
		}
		return t.record(ctx, Happening{Kind: FileCopied, Client: f.Client, Project: f.Project, Subject: string(made), Details: Details{"title": name, "from": f.Name}})
	})
	return made, err
}

// newFile is a file about to be made; its first version follows.
type newFile struct {
	project  ProjectID
	client   ClientID
	folder   FolderID
	name     string // found to be free
	audience Side
	origin   Side
}

func (t *tx) insertFile(ctx context.Context, n newFile) (FileID, error) {
	id := FileID(db.NewID("fil"))
	at, by := t.shown(n.audience)
	return id, t.must(ctx, `
INSERT INTO files (id, project_id, client_id, folder_id, name, name_key, audience, origin, shown_at, shown_by, created_at, created_by, latest_at, latest_size)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $11, 0)`,
		string(id), string(n.project), string(n.client), nullable(n.folder), n.name, fold(n.name), string(n.audience), string(n.origin), at, by,
		t.now, string(t.me.actor.person))
}

// PinFile makes a file one to start with. Takes Contribute.
func (me *Scope) PinFile(ctx context.Context, id FileID) error { return me.pin(ctx, id, true) }

// UnpinFile undoes PinFile.
func (me *Scope) UnpinFile(ctx context.Context, id FileID) error { return me.pin(ctx, id, false) }

func (me *Scope) pin(ctx context.Context, id FileID, on bool) error {
	return me.write(ctx, func(t *tx) error {
		f, err := t.fileFor(ctx, id, Contribute)
		if err != nil || f.Pinned == on {
			return err
		}
		kind, at, by := FileUnpinned, any(nil), any(nil)
		if on {
			var n int
			if err := t.get(ctx, `SELECT COUNT(*) FROM my_files f WHERE f.project_id = $2 AND f.pinned_at IS NOT NULL`, []any{string(f.Project)}, &n); err != nil {
				return err
			}
			if n >= maxPinned {
				return invalid("file", "too_many", "max", strconv.Itoa(maxPinned))
			}
			kind, at, by = FilePinned, t.now, string(me.actor.person)
		}
		if err := t.must(ctx, `UPDATE files SET pinned_at = $1, pinned_by = $2, revision = revision + 1 WHERE id = $3`, at, by, string(id)); err != nil {
			return err
		}
		return t.tell(ctx, kind, f.item(), nil)
	})
}

// TrashFile puts a file into the trash. The team's people may do that to what
// they made, with Manage to any; for the client's see File.MayChange.
func (me *Scope) TrashFile(ctx context.Context, id FileID) error {
	return me.write(ctx, func(t *tx) error {
		f, err := t.fileHeld(ctx, id)
		switch {
		case err != nil:
			return err
		case f.Team() && !f.MayShow(me.actor.person), !f.MayChange(me.actor.person):
			return ErrForbidden
		}
		if err := t.onlyOwnVersions(ctx, f); err != nil {
			return err
		}
		if err := t.must(ctx, `
UPDATE files SET trashed_at = $1, trashed_by = $2, trash_id = id, pinned_at = NULL, pinned_by = NULL, revision = revision + 1 WHERE id = $3 AND trashed_at IS NULL`,
			t.now, string(me.actor.person), string(id)); err != nil {
			return err
		}
		if err := t.lookAgain(ctx, inFile, string(id)); err != nil {
			return err
		}
		if err := t.outdate(ctx, askedOfFile, string(id)); err != nil {
			return err
		}
		return t.tell(ctx, FileTrashed, f.item(), nil)
	})
}
