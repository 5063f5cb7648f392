package portal

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// A Zone says who brought a file or folder, and who sees it.
type Zone string

// The zones.
const (
	ZoneTeam       Zone = "team"        // the team alone sees it
	ZoneShared     Zone = "shared"      // the client sees it, too
	ZoneFromClient Zone = "from_client" // the client brought it
)

func zone(audience, origin Side) Zone {
	switch {
	case audience != ClientSide:
		return ZoneTeam
	case origin == ClientSide:
		return ZoneFromClient
	}
	return ZoneShared
}

// where is the condition on f for a zone; empty for all of them.
func (z Zone) where() (string, error) {
	switch z {
	case "":
		return "", nil
	case ZoneTeam:
		return ` AND f.audience = 'team'`, nil
	case ZoneShared:
		return ` AND f.audience = 'client' AND f.origin = 'team'`, nil
	case ZoneFromClient:
		return ` AND f.audience = 'client' AND f.origin = 'client'`, nil
	}
	return "", invalid("zone", "choice")
}

// Bounds of folders.
const (
	MaxFolderDepth = 12
	maxFolders     = 500 // in one folder
)

// Folder holds files and folders of a project. What is in it is never shown
// further than it is itself.
type Folder struct {
	ID            FolderID
	Project       ProjectID
	ProjectName   string
	Client        ClientID
	ClientName    string
	Parent        FolderID // empty: at the top
	Depth         int      // from 1
	Name          string
	Audience      Side
	Origin        Side
	ShownAt       time.Time
	CreatedAt     time.Time
	CreatedBy     PersonID // empty when not for the reader
	CreatedByName string
	Revision      int64
	Held
}

// Zone of the folder.
func (f Folder) Zone() Zone { return zone(f.Audience, f.Origin) }

// MayShow reports whether the person, its reader, may change who sees it.
func (f Folder) MayShow(me PersonID) bool { return f.item().mayShow(me) }

// MayChange reports whether the person, its reader, may rename it: the team
// any, the client's people those that they made.
func (f Folder) MayChange(me PersonID) bool {
	return f.Can(Contribute) || !f.Team() && f.Can(Upload) && f.Origin == ClientSide && f.CreatedBy == me
}

const folderColumns = `f.id, f.project_id, f.project_name, f.client_id, f.client_name, f.parent_id, f.depth, f.name, f.audience, f.origin,
       COALESCE(f.shown_at, 0), f.created_at, COALESCE(f.created_by, ''), COALESCE(f.created_by_name, ''), f.revision, f.side, f.rights`

func scanFolder(rows *db.Rows) (f Folder, err error) { return f, f.scan(rows.Scan) }

func (f *Folder) scan(scan func(...any) error) error {
	var shown, created int64
	err := scan(&f.ID, &f.Project, &f.ProjectName, &f.Client, &f.ClientName, &f.Parent, &f.Depth, &f.Name, &f.Audience, &f.Origin,
		&shown, &created, &f.CreatedBy, &f.CreatedByName, &f.Revision, &f.Side, &f.Rights)
	f.ShownAt, f.CreatedAt = moment(shown), moment(created)
	return err
}

func (f Folder) item() item {
	return item{itemKind: itemKinds["fol"], id: ItemID(f.ID), project: f.Project, client: f.Client, title: f.Name,
		audience: f.Audience, madeBy: f.CreatedBy, revision: f.Revision, Held: f.Held}
}

// Folder returns one folder.
func (me *Scope) Folder(ctx context.Context, id FolderID) (Folder, error) { return folder(ctx, me, id) }

func folder(ctx context.Context, r reader, id FolderID) (f Folder, err error) {
	err = f.scan(func(dest ...any) error {
		return r.get(ctx, `SELECT `+folderColumns+` FROM my_folders f WHERE f.id = $2`, []any{string(id)}, dest...)
	})
	return f, err
}

// FolderPath returns a folder and those around it, the outermost first.
func (me *Scope) FolderPath(ctx context.Context, id FolderID) ([]Folder, error) {
	return folderPath(ctx, me, id)
}

func folderPath(ctx context.Context, r reader, id FolderID) ([]Folder, error) {
	var path []Folder
	for id != "" && len(path) < MaxFolderDepth {
		f, err := folder(ctx, r, id)
		if err != nil {
			return nil, err
		}
		path = append(path, f)
		id = f.Parent
	}
	slices.Reverse(path)
	return path, nil
}

func foldersIn(ctx context.Context, r reader, project ProjectID, parent FolderID, where string) ([]Folder, error) {
	rows, err := r.query(ctx, `
SELECT `+folderColumns+` FROM my_folders f WHERE f.project_id = $2 AND f.parent_id = $3`+where+` ORDER BY f.name_key, f.id LIMIT $4`,
		string(project), string(parent), maxFolders)
	return list(rows, err, scanFolder)
}

// NewFolder is what AddFolder takes.
type NewFolder struct {
	Name     string
	Audience Side // empty: the team; the client's people make folders for both
}

// AddFolder makes a folder in another of the project, or at the top. One inside
// a folder of the team's is the team's. For the team it takes Contribute, for
// the client's people Upload.
func (me *Scope) AddFolder(ctx context.Context, project ProjectID, parent FolderID, n NewFolder) (FolderID, error) {
	var c checks
	n.Name = c.fileName("name", n.Name)
	n.Audience = c.audience(n.Audience)
	if err := c.err(); err != nil {
		return "", err
	}
	var id FolderID
	err := me.write(ctx, func(t *tx) error {
		p, err := t.projectToFill(ctx, project)
		if err != nil {
			return err
		}
		in, err := t.folderIn(ctx, p.ID, parent)
		if err != nil {
			return err
		}
		name, err := t.freeFolderName(ctx, project, parent, n.Name, Team, "")
		switch {
		case err != nil:
			return err
		case name != n.Name:
			return invalid("name", "taken")
		}
		id, err = t.insertFolder(ctx, p, in, n.Name, n.Audience)
		return err
	})
	return id, err
}

// projectToFill loads a project into which the actor may put files, and holds
// what happens to its client's files until the change is made.
func (t *tx) projectToFill(ctx context.Context, id ProjectID) (Project, error) {
	p, err := heldBy(ctx, t, func() (Project, error) { return loadProject(ctx, t, id) }, func(p Project) ClientID { return p.Client })
	switch {
	case err != nil:
		return p, err
	case !p.mayFill():
		return p, ErrForbidden
	}
	return p, nil
}

// mayFill reports whether the reader may put files into it: the team with
// Contribute, the client's people with Upload while they are shown files.
func (p Project) mayFill() bool {
	if p.Team() {
		return p.Can(Contribute)
	}
	return p.Can(Upload) && p.Shows.Has(SectionFiles)
}

// folderIn loads a folder of the project that the actor sees; for "", the top,
// the zero Folder.
func (t *tx) folderIn(ctx context.Context, project ProjectID, id FolderID) (Folder, error) {
	if id == "" {
		return Folder{}, nil
	}
	f, err := folder(ctx, t, id)
	if err == nil && f.Project != project {
		err = ErrNotFound
	}
	return f, err
}

// within narrows an audience to that of the folder something is put into.
func (f Folder) within(audience Side) Side {
	if f.ID != "" && f.Audience != ClientSide {
		return Team
	}
	return audience
}

// origin says who brings what the actor makes in the project.
func (p Project) origin() Side {
	if p.Team() {
		return Team
	}
	return ClientSide
}

// insertFolder makes a folder, whose name was found to be free, and tells.
func (t *tx) insertFolder(ctx context.Context, p Project, in Folder, name string, audience Side) (FolderID, error) {
	if in.Depth >= MaxFolderDepth {
		return "", invalid("folder", "too_deep", "max", strconv.Itoa(MaxFolderDepth))
	}
	var n int
	if err := t.get(ctx, `SELECT COUNT(*) FROM my_folders f WHERE f.project_id = $2 AND f.parent_id = $3`, []any{string(p.ID), string(in.ID)}, &n); err != nil {
		return "", err
	}
	if n >= maxFolders {
		return "", invalid("folder", "too_many", "max", strconv.Itoa(maxFolders))
	}
	if !p.Team() {
		audience = ClientSide
	}
	audience = in.within(audience)
	at, by := t.shown(audience)
	id := FolderID(db.NewID("fol"))
	if err := t.must(ctx, `
INSERT INTO folders (id, project_id, client_id, parent_id, depth, name, name_key, audience, origin, shown_at, shown_by, created_at, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		string(id), string(p.ID), string(p.Client), nullable(in.ID), in.Depth+1, name, fold(name), string(audience), string(p.origin()), at, by,
		t.now, string(t.me.actor.person)); err != nil {
		return "", err
	}
	return id, t.record(ctx, Happening{Kind: FolderAdded, Client: p.Client, Project: p.ID, Subject: string(id), Audience: audience, Details: Details{"title": name}})
}

// folderToChange loads a folder that the actor may rename, and holds its
// client's files.
func (t *tx) folderToChange(ctx context.Context, id FolderID) (Folder, error) {
	f, err := heldBy(ctx, t, func() (Folder, error) { return folder(ctx, t, id) }, func(f Folder) ClientID { return f.Client })
	if err == nil && !f.MayChange(t.me.actor.person) {
		err = ErrForbidden
	}
	return f, err
}

// RenameFolder gives a folder another name. Takes Contribute; the client's
// people may rename what they made.
func (me *Scope) RenameFolder(ctx context.Context, id FolderID, name string, revision int64) error {
	var c checks
	name = c.fileName("name", name)
	if err := c.err(); err != nil {
		return err
	}
	return me.write(ctx, func(t *tx) error {
		f, err := t.folderToChange(ctx, id)
		if err != nil || f.Name == name {
			return err
		}
		free, err := t.freeFolderName(ctx, f.Project, f.Parent, name, Team, id)
		switch {
		case err != nil:
			return err
		case free != name:
			return invalid("name", "taken")
		}
		if err := t.must(ctx, `UPDATE folders SET name = $1, name_key = $2, revision = revision + 1 WHERE id = $3 AND revision = $4`,
			name, fold(name), string(id), revision); err != nil {
			return err
		}
		return t.tell(ctx, FolderRenamed, f.item(), Details{"title": name, "from": f.Name})
	})
}

// MoveOptions say what becomes of the audience when something is moved.
type MoveOptions struct {
	Show    bool // show it, when it comes into a folder that the client sees
	Confirm bool // conceal it, when it comes into one that they do not
}

// MoveFolder moves a folder with all that is in it to another of its project,
// or to the top. Takes Contribute, and what Reveal or Conceal take when its
// audience changes. A name that is taken there gets a number.
func (me *Scope) MoveFolder(ctx context.Context, id, to FolderID, o MoveOptions) error {
	return me.write(ctx, func(t *tx) error {
		f, err := t.folderToChange(ctx, id)
		switch {
		case err != nil:
			return err
		case !f.Can(Contribute):
			return ErrForbidden
		}
		in, err := t.folderIn(ctx, f.Project, to)
		if err != nil || f.Parent == to {
			return err
		}
		path, err := folderPath(ctx, t, to)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(path, func(x Folder) bool { return x.ID == id }) {
			return invalid("folder", "into_itself")
		}
		below, err := below(ctx, t, f)
		if err != nil {
			return err
		}
		deepest := f.Depth
		for _, b := range below {
			deepest = max(deepest, b.Depth)
		}
		by := in.Depth + 1 - f.Depth
		if deepest+by > MaxFolderDepth {
			return invalid("folder", "too_deep", "max", strconv.Itoa(MaxFolderDepth))
		}
		conceals := f.Audience == ClientSide && in.within(ClientSide) == Team
		if conceals {
			if !o.Confirm {
				return invalid("confirm", "conceals")
			}
			if err := t.concealFolder(ctx, f); err != nil {
				return err
			}
			f.Audience = Team
		}
		name, err := t.freeFolderName(ctx, f.Project, to, f.Name, f.Audience, id)
		if err != nil {
			return err
		}
		if err := t.must(ctx, `UPDATE folders SET parent_id = $1, depth = depth + $2, name = $3, name_key = $4, revision = revision + 1 WHERE id = $5`,
			nullable(to), by, name, fold(name), string(id)); err != nil {
			return err
		}
		if by != 0 {
			for _, b := range below[1:] {
				if err := t.must(ctx, `UPDATE folders SET depth = depth + $1 WHERE id = $2`, by, string(b.ID)); err != nil {
					return err
				}
			}
		}
		f.Name = name
		if err := t.tell(ctx, FolderMoved, f.item(), nil); err != nil {
			return err
		}
		switch {
		case conceals:
			return t.tellConcealed(ctx, f.item(), "folder")
		case o.Show && f.Audience == Team && in.ID != "" && in.Audience == ClientSide:
			f.Parent = to
			return t.reveal(ctx, f.item(), false)
		}
		return nil
	})
}

// below are a folder and all folders in it that the actor sees, each after the
// one it is in.
func below(ctx context.Context, r reader, f Folder) ([]Folder, error) {
	all := []Folder{f}
	for i := 0; i < len(all); i++ {
		in, err := foldersIn(ctx, r, f.Project, all[i].ID, "")
		if err != nil {
			return nil, err
		}
		all = append(all, in...)
	}
	return all, nil
}

// TrashFolder puts a folder and all that is in it into the trash. The team's
// people may do that to what they made, with Manage to any; see also
// RestoreFromTrash.
func (me *Scope) TrashFolder(ctx context.Context, id FolderID) error {
	return me.write(ctx, func(t *tx) error {
		f, err := t.folderToChange(ctx, id)
		switch {
		case err != nil:
			return err
		case !f.MayShow(me.actor.person):
			return ErrForbidden
		}
		below, err := t.ownBelow(ctx, f, "")
		if err != nil {
			return err
		}
		for _, b := range below {
			if err := t.lookAgain(ctx, inFolder, string(b.ID)); err != nil {
				return err
			}
			if _, err := t.exec(ctx, `
UPDATE files SET trashed_at = $1, trashed_by = $2, trash_id = $3, pinned_at = NULL, pinned_by = NULL, revision = revision + 1 WHERE folder_id = $4 AND trashed_at IS NULL`,
				t.now, string(me.actor.person), string(id), string(b.ID)); err != nil {
				return err
			}
			if err := t.outdate(ctx, askedOfFolder, string(b.ID)); err != nil {
				return err
			}
			if err := t.must(ctx, `
UPDATE folders SET trashed_at = $1, trashed_by = $2, trash_id = $3, revision = revision + 1 WHERE id = $4 AND trashed_at IS NULL`,
				t.now, string(me.actor.person), string(id), string(b.ID)); err != nil {
				return err
			}
		}
		return t.tell(ctx, FolderTrashed, f.item(), nil)
	})
}

// ownBelow is below, of which the actor may dispose: those who do not manage,
// only when they themselves made all in it that where speaks of.
func (t *tx) ownBelow(ctx context.Context, f Folder, where string) ([]Folder, error) {
	below, err := below(ctx, t, f)
	if err != nil || f.Can(Manage) {
		return below, err
	}
	for _, b := range below {
		var n int
		err := t.get(ctx, `
SELECT (SELECT COUNT(*) FROM my_files f WHERE f.project_id = $2 AND f.folder_id = $3 AND COALESCE(f.created_by, '') <> $4`+where+`)
     + (SELECT COUNT(*) FROM my_folders f WHERE f.project_id = $2 AND f.parent_id = $3 AND COALESCE(f.created_by, '') <> $4`+where+`)`,
			[]any{string(f.Project), string(b.ID), string(t.me.actor.person)}, &n)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			return nil, ErrForbidden
		}
	}
	return below, nil
}

// concealFolder takes a folder and all that is in it out of the client's sight.
// Names that the team has there already get a number. The change is told by
// the caller.
func (t *tx) concealFolder(ctx context.Context, f Folder) error {
	if !f.MayShow(t.me.actor.person) {
		return ErrForbidden
	}
	below, err := t.ownBelow(ctx, f, ` AND f.audience = 'client'`)
	if err != nil {
		return err
	}
	return t.concealBelow(ctx, f.Project, below)
}

// concealBelow makes folders, the outermost first, and the files in them the
// team's.
func (t *tx) concealBelow(ctx context.Context, project ProjectID, below []Folder) error {
	for _, b := range below {
		if b.Audience == Team {
			continue // and all in it
		}
		if err := t.lookAgain(ctx, inFolder, string(b.ID)); err != nil {
			return err
		}
		rows, err := t.query(ctx, `
SELECT f.id, f.name FROM my_files f JOIN my_files o ON o.project_id = $2 AND o.folder_id = $3 AND o.name_key = f.name_key AND o.audience = 'team'
 WHERE f.project_id = $2 AND f.folder_id = $3 AND f.audience = 'client'`, string(project), string(b.ID))
		taken, err := list(rows, err, func(rows *db.Rows) (n namesake, err error) { return n, rows.Scan(&n.id, &n.name) })
		if err != nil {
			return err
		}
		for _, n := range taken {
			name, err := t.freeFileName(ctx, project, b.ID, n.name, Team, FileID(n.id))
			if err != nil {
				return err
			}
			if err := t.must(ctx, `UPDATE files SET name = $1, name_key = $2 WHERE id = $3`, name, fold(name), n.id); err != nil {
				return err
			}
		}
		rows, err = t.query(ctx, `SELECT f.id FROM my_files f WHERE f.project_id = $2 AND f.folder_id = $3 AND f.audience = 'client'`, string(project), string(b.ID))
		subjects, err := list(rows, err, scanOne[string])
		if err != nil {
			return err
		}
		if _, err := t.exec(ctx, `
UPDATE files SET audience = 'team', shown_at = NULL, shown_by = NULL, revision = revision + 1 WHERE folder_id = $1 AND audience = 'client' AND trashed_at IS NULL`,
			string(b.ID)); err != nil {
			return err
		}
		if err := t.outdate(ctx, askedOfFolder, string(b.ID)); err != nil {
			return err
		}
		name, err := t.freeFolderName(ctx, project, b.Parent, b.Name, Team, b.ID)
		if err != nil {
			return err
		}
		if err := t.must(ctx, `
UPDATE folders SET audience = 'team', shown_at = NULL, shown_by = NULL, name = $1, name_key = $2, revision = revision + 1 WHERE id = $3 AND audience = 'client'`,
			name, fold(name), string(b.ID)); err != nil {
			return err
		}
		if err := t.hideTraces(ctx, append(subjects, string(b.ID))); err != nil {
			return err
		}
		if err := t.concealTrash(ctx, project, b.ID); err != nil {
			return err
		}
	}
	return nil
}

// concealTrash does the same to what was deleted from a folder: brought back,
// to the top if the folder is gone by then, it is not to be seen again.
func (t *tx) concealTrash(ctx context.Context, project ProjectID, in FolderID) error {
	rows, err := t.query(ctx, `SELECT x.id, x.kind FROM my_trash x WHERE x.project_id = $2 AND x.folder_id = $3 AND x.audience = 'client'`, string(project), string(in))
	all, err := list(rows, err, func(rows *db.Rows) (x Trashed, err error) { return x, rows.Scan(&x.ID, &x.Kind) })
	if err != nil {
		return err
	}
	for _, x := range all {
		if err := t.must(ctx, `UPDATE `+x.Kind+`s SET audience = 'team', shown_at = NULL, shown_by = NULL, revision = revision + 1 WHERE id = $1`, x.ID); err != nil {
			return err
		}
		if err := t.hideTraces(ctx, []string{x.ID}); err != nil {
			return err
		}
		if x.Kind == "folder" {
			if err := t.concealTrash(ctx, project, FolderID(x.ID)); err != nil {
				return err
			}
		}
	}
	return nil
}

type namesake struct{ id, name string }

// hideTraces takes what happened to files and folders, and to approvals of them,
// out of the client's sight, and ends the share links of the files: shown again, they are to be shared anew.
func (t *tx) hideTraces(ctx context.Context, subjects []string) error {
	for part := range slices.Chunk(subjects, 200) {
		places, args := oneOf(1, part)
		if _, err := t.exec(ctx, `UPDATE events SET shown = 0 WHERE subject IN `+places, args...); err != nil {
			return err
		}
		for _, of := range []string{askedOfFiles, changesOfFiles} {
			if err := t.hideAsking(ctx, of+places, args...); err != nil {
				return err
			}
		}
		places, args = oneOf(2, part)
		rows, err := t.query(ctx, `SELECT `+shareLinkColumns+` FROM my_share_links l WHERE l.revoked_at IS NULL AND l.file_id IN `+places+` ORDER BY l.id`, args...)
		links, err := list(rows, err, func(rows *db.Rows) (ShareLink, error) { return t.me.scanShareLink(rows.Scan) })
		if err != nil {
			return err
		}
		for _, l := range links {
			if err := t.endLink(ctx, l); err != nil {
				return err
			}
		}
	}
	return nil
}
