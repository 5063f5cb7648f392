package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/portal"
)

type folder struct {
	ID        portal.FolderID  `json:"id" doc:"The folder."`
	Project   portal.ProjectID `json:"project" doc:"The project it is in."`
	Parent    portal.FolderID  `json:"parent,omitempty" doc:"The folder around it; absent at the top."`
	Name      string           `json:"name" doc:"At most 200 characters and 255 bytes."`
	Zone      portal.Zone      `json:"zone" enum:"team,shared,from_client" doc:"Who brought it and who sees it."`
	CreatedAt time.Time        `json:"created_at" doc:"When it was made."`
	CreatedBy portal.PersonID  `json:"created_by,omitempty" doc:"Who made it; absent where you are not shown names of the team."`
	ByName    string           `json:"created_by_name,omitempty" doc:"Their name."`
	ShownAt   *time.Time       `json:"shown_at,omitempty" doc:"Since when the client sees it."`
	Path      []folderName     `json:"path,omitempty" doc:"The folders around it, the outermost first; when one folder is read."`
	Revision  int64            `json:"revision" doc:"Send it back with a new name."`
}

type folderName struct {
	ID   portal.FolderID `json:"id" doc:"The folder."`
	Name string          `json:"name" doc:"What it is called."`
}

func folderWire(f portal.Folder) folder {
	return folder{ID: f.ID, Project: f.Project, Parent: f.Parent, Name: f.Name, Zone: f.Zone(), CreatedAt: f.CreatedAt.UTC(), CreatedBy: f.CreatedBy, ByName: f.CreatedByName,
		ShownAt: moment(f.ShownAt), Revision: f.Revision}
}

type file struct {
	ID         portal.FileID    `json:"id" doc:"The file."`
	Project    portal.ProjectID `json:"project" doc:"The project it is in."`
	Folder     portal.FolderID  `json:"folder,omitempty" doc:"The folder it is in; absent at the top."`
	Name       string           `json:"name" doc:"At most 200 characters and 255 bytes."`
	Zone       portal.Zone      `json:"zone" enum:"team,shared,from_client" doc:"Who brought it and who sees it."`
	Pinned     bool             `json:"pinned" doc:"Whether it is one to start with."`
	Version    version          `json:"version" doc:"The newest version that you see."`
	Versions   int              `json:"versions" doc:"How many versions you see."`
	CreatedAt  time.Time        `json:"created_at" doc:"When its first version came."`
	CreatedBy  portal.PersonID  `json:"created_by,omitempty" doc:"Who brought it; absent where you are not shown names of the team."`
	ByName     string           `json:"created_by_name,omitempty" doc:"Their name."`
	ShownAt    *time.Time       `json:"shown_at,omitempty" doc:"Since when the client sees it."`
	MayAdd     bool             `json:"may_add_version" doc:"Whether you may add a version to it."`
	MayTake    bool             `json:"may_download" doc:"Whether you may have the bytes."`
	Revision   int64            `json:"revision" doc:"Send it back with a new name."`
	ClientName string           `json:"client_name" doc:"The name of the client whose project it is in."`
}

func fileWire(f portal.File) file {
	return file{ID: f.ID, Project: f.Project, ClientName: f.ClientName, Folder: f.Folder, Name: f.Name, Zone: f.Zone(), Pinned: f.Pinned, Version: versionWire(f.Version),
		Versions: f.Versions, CreatedAt: f.CreatedAt.UTC(), CreatedBy: f.CreatedBy, ByName: f.CreatedByName, ShownAt: moment(f.ShownAt),
		MayAdd: f.MayAddVersion(), MayTake: f.Can(portal.Download), Revision: f.Revision}
}

type version struct {
	ID           portal.VersionID `json:"id" doc:"The version."`
	File         portal.FileID    `json:"file" doc:"The file it is a version of."`
	Number       int              `json:"number" doc:"What it is called by. Of a file that the client sees, its place among the versions shown to them; of a draft, and of a file of the team's, among all."`
	Draft        bool             `json:"draft,omitempty" doc:"Only the team sees it, of a file that the client sees."`
	Size         int64            `json:"size" doc:"In bytes."`
	SHA256       string           `json:"sha256" doc:"Of the bytes, hexadecimal."`
	Kind         string           `json:"kind" enum:"image,pdf,video,audio,text,markdown,code,csv,office,archive,svg,other" doc:"What it is, by its bytes."`
	Type         string           `json:"type" doc:"The media type it is handed out with."`
	Note         string           `json:"note,omitempty" doc:"What changed, in the words of who brought it."`
	RestoredFrom portal.VersionID `json:"restored_from,omitempty" doc:"The version that it brought back; for the team."`
	CreatedAt    time.Time        `json:"created_at" doc:"When it came."`
	CreatedBy    portal.PersonID  `json:"created_by,omitempty" doc:"Who brought it; absent where you are not shown names of the team."`
	Name         string           `json:"created_by_name,omitempty" doc:"Their name."`
	Scan         string           `json:"scan" enum:"off,waiting,clean,infected,unscanned" doc:"How far it was looked through for what is harmful. What is waiting or infected nobody can download."`
	ScanFound    string           `json:"scan_found,omitempty" doc:"What was found in it."`
	Preview      string           `json:"preview" enum:"waiting,ready,none" doc:"Whether there is something to look at it with."`
	Width        int              `json:"width,omitempty" doc:"Of an image or a film, in pixels."`
	Height       int              `json:"height,omitempty" doc:"In pixels."`
	Pages        int              `json:"pages,omitempty" doc:"Of a document."`
	Duration     float64          `json:"duration,omitempty" doc:"Of a film or a sound, in seconds."`
}

func versionWire(v portal.Version) version {
	return version{ID: v.ID, File: v.File, Number: v.Label(), Draft: v.Draft, Size: v.Size, SHA256: v.SHA256, Kind: v.Kind, Type: v.Type, Note: v.Note, RestoredFrom: v.RestoredFrom,
		CreatedAt: v.CreatedAt.UTC(), CreatedBy: v.CreatedBy, Name: v.CreatedByName, Scan: v.Scan, ScanFound: v.ScanFound, Preview: v.Preview,
		Width: v.Width, Height: v.Height, Pages: v.Pages, Duration: v.Duration.Seconds()}
}

type fileQuery struct {
	ID     string          `path:"id" maxLength:"64" doc:"The project."`
	Folder portal.FolderID `query:"folder" maxLength:"64" doc:"What is in this folder; without it, what is at the top."`
	Zone   portal.Zone     `query:"zone" enum:"team,shared,from_client" doc:"Only what is of this zone."`
	Sort   string          `query:"sort" enum:"name,at,size" default:"name" doc:"The order of the files: by name, by when the newest version came, or by size."`
	Desc   bool            `query:"desc" doc:"The other way round."`
	After  string          `query:"after" maxLength:"6000" doc:"The next of the page before."`
	Limit  int             `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"Files, at most."`
}

type listing struct {
	Folders []folder `json:"folders" doc:"By name, all of them, on the first page; none on the others."`
	Files   []file   `json:"files" doc:"In the order that was asked for."`
	Next    string   `json:"next,omitempty" doc:"Give it as after, for the next page; empty at the end."`
}

type recentQuery struct {
	Page
	Client portal.ClientID `query:"client" maxLength:"64" doc:"Only those of this client."`
}

type fileSearch struct {
	Page
	Query   string           `query:"q" required:"true" minLength:"2" maxLength:"200" doc:"Beginnings of words in a file's name or text, all of which must be there, or a part of its name."`
	Project portal.ProjectID `query:"project" maxLength:"64" doc:"Only in this project."`
}

type fileHit struct {
	File    file   `json:"file" doc:"The file, in its newest version."`
	Snippet string `json:"snippet,omitempty" doc:"Of the text, around what was found; empty when it was found in the name alone."`
}

type newFolder struct {
	Name     string          `json:"name" maxLength:"200" doc:"What it is called."`
	Parent   portal.FolderID `json:"parent,omitempty" maxLength:"64" doc:"The folder to make it in; without it, at the top."`
	Audience portal.Side     `json:"audience,omitempty" doc:"team (the default) or client. What the client's people make is for both, and what is in a folder of the team's is the team's."`
}

type newName struct {
	Name     string `json:"name" maxLength:"200" doc:"The new name."`
	Revision int64  `json:"revision" doc:"As it was looked at."`
}

type destination struct {
	To      portal.FolderID `json:"to,omitempty" maxLength:"64" doc:"A folder of the same project; without it, the top."`
	Show    bool            `json:"show,omitempty" doc:"Show it to the client, when it comes into a folder that they see."`
	Confirm bool            `json:"confirm,omitempty" doc:"Hide it from the client, when it comes into a folder that they do not see; else that is refused."`
}

type copyTo struct {
	To portal.FolderID `json:"to,omitempty" maxLength:"64" doc:"A folder of the same project; without it, the top."`
}

type versionQuery struct {
	ID    string `path:"id" maxLength:"64" doc:"The file."`
	After int    `query:"after" minimum:"1" doc:"The next of the page before."`
}

type trashed struct {
	ID        string          `json:"id" doc:"The folder or file."`
	Kind      string          `json:"kind" enum:"folder,file" doc:"Which of them it is."`
	Name      string          `json:"name" doc:"What it is called."`
	Audience  portal.Side     `json:"audience" enum:"team,client" doc:"Who saw it."`
	Size      int64           `json:"size" doc:"Of a file, in bytes, with all its versions."`
	TrashedAt time.Time       `json:"trashed_at" doc:"When it was deleted."`
	TrashedBy portal.PersonID `json:"trashed_by,omitempty" doc:"Who deleted it."`
	By        string          `json:"trashed_by_name,omitempty" doc:"Their name."`
	PurgedAt  time.Time       `json:"purged_at" doc:"When it is removed for good, unless it is attached to a deliverable that was accepted."`
}

type download struct {
	At      time.Time        `json:"at" doc:"When it was taken."`
	File    portal.FileID    `json:"file" doc:"The file."`
	Name    string           `json:"file_name" doc:"What it is called now."`
	Version portal.VersionID `json:"version" doc:"The version."`
	Number  int              `json:"number" doc:"What the version is called by."`
	Draft   bool             `json:"draft,omitempty" doc:"The version is one that the client does not see, of a file that they see."`
	Actor   string           `json:"actor" doc:"A person, or a share link."`
	Who     string           `json:"actor_name,omitempty" doc:"The person's name."`
	How     string           `json:"how" enum:"file,zip,link,view" doc:"Alone, in an archive, by a share link, or to be looked at."`
}

func downloadWire(d portal.Downloaded) download {
	w := download{At: d.At.UTC(), File: d.File, Name: d.FileName, Version: d.Version, Number: d.Number, Draft: d.Draft, Actor: d.Actor, Who: d.ActorName, How: d.How}
	if !d.Draft && d.ShownNumber > 0 {
		w.Number = d.ShownNumber
	}
	return w
}

type room struct {
	Used      int64 `json:"used" doc:"By all versions of all files, those in the trash too, in bytes."`
	Reserved  int64 `json:"reserved" doc:"By what is on its way up, in bytes."`
	Limit     int64 `json:"limit" doc:"How much the client's files may take, in bytes."`
	FileLimit int64 `json:"file_limit" doc:"How large one file may be, in bytes."`
}

type fileLimits struct {
	File       int64 `json:"file_limit" doc:"How large one file may be, in bytes: 1 MiB to 1 TiB."`
	Client     int64 `json:"client_limit" doc:"How much the files of one client may take, in bytes."`
	ShareLinks bool  `json:"share_links" doc:"Whether links can be made by which anybody takes a file."`
	Revision   int64 `json:"revision" doc:"Send it back with a change."`
}

// filesOf reports whether the files of a project are there for the reader.
func filesOf(ctx context.Context, me *portal.Scope, id portal.ProjectID) (portal.Project, error) {
	p, err := me.Project(ctx, id)
	if err == nil && !p.Sections.Has(portal.SectionFiles) {
		err = portal.ErrNotFound
	}
	return p, err
}

func listFiles(ctx context.Context, me *portal.Scope, q *fileQuery) (w listing, err error) {
	project := portal.ProjectID(q.ID)
	if _, err := filesOf(ctx, me, project); err != nil {
		return w, err
	}
	l, err := me.Files(ctx, project, q.Folder, portal.ListOptions{Zone: q.Zone, Sort: q.Sort, Desc: q.Desc, Page: portal.Page{After: q.After, Limit: q.Limit}})
	w = listing{Folders: []folder{}, Files: []file{}, Next: l.Next}
	for _, f := range l.Folders {
		w.Folders = append(w.Folders, folderWire(f))
	}
	for _, f := range l.Files {
		w.Files = append(w.Files, fileWire(f))
	}
	return w, err
}

func (s *server) folders() {
	create(s, "/api/projects/{id}/folders", "add-folder", "Make a folder", func(ctx context.Context, me *portal.Scope, id string, in newFolder) (portal.FolderID, error) {
		return me.AddFolder(ctx, portal.ProjectID(id), in.Parent, portal.NewFolder{Name: in.Name, Audience: in.Audience})
	})
	read(s, "/api/folders/{id}", "folder", "A folder, and where it is", func(ctx context.Context, me *portal.Scope, id string) (folder, error) {
		path, err := me.FolderPath(ctx, portal.FolderID(id))
		if err != nil {
			return folder{}, err
		}
		w := folderWire(path[len(path)-1])
		for _, f := range path[:len(path)-1] {
			w.Path = append(w.Path, folderName{f.ID, f.Name})
		}
		return w, nil
	})
	change(s, http.MethodPut, "/api/folders/{id}", "rename-folder", "Give it another name", func(ctx context.Context, me *portal.Scope, id string, in newName) error {
		return me.RenameFolder(ctx, portal.FolderID(id), in.Name, in.Revision)
	})
	change(s, http.MethodPost, "/api/folders/{id}/move", "move-folder", "Move it, with all that is in it", func(ctx context.Context, me *portal.Scope, id string, in destination) error {
		return me.MoveFolder(ctx, portal.FolderID(id), in.To, portal.MoveOptions{Show: in.Show, Confirm: in.Confirm})
	})
	act(s, http.MethodDelete, "/api/folders/{id}", "trash-folder", "Put it into the trash, with all that is in it", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.TrashFolder(ctx, portal.FolderID(id))
	})
}

func (s *server) files() {
	readFor(s, "/api/projects/{id}/files", "list-files", "What is in a folder of a project, or at its top", listFiles)
	readAll(s, "/api/projects/{id}/pinned-files", "list-pinned-files", "The files of a project to start with, by name", func(ctx context.Context, me *portal.Scope, q *byID) ([]portal.File, string, error) {
		if _, err := filesOf(ctx, me, portal.ProjectID(q.ID)); err != nil {
			return nil, "", err
		}
		all, err := me.PinnedFiles(ctx, portal.ProjectID(q.ID))
		return all, "", err
	}, fileWire)
	readAll(s, "/api/files", "list-recent-files", "Files of all projects that you see, the newest version first", func(ctx context.Context, me *portal.Scope, q *recentQuery) ([]portal.File, string, error) {
		return me.RecentFiles(ctx, q.Client, q.portal())
	}, fileWire)
	readAll(s, "/api/file-search", "search-files", "Files by their name, or by what is written in them, the newest first", func(ctx context.Context, me *portal.Scope, q *fileSearch) ([]portal.FileHit, string, error) {
		if q.Project != "" {
			if _, err := filesOf(ctx, me, q.Project); err != nil {
				return nil, "", err
			}
		}
		return me.SearchFiles(ctx, q.Query, q.Project, q.portal())
	}, func(h portal.FileHit) fileHit {
		return fileHit{fileWire(h.File), unmarked(h.Snippet)}
	})
	read(s, "/api/files/{id}", "file", "A file, in its newest version", func(ctx context.Context, me *portal.Scope, id string) (file, error) {
		f, err := me.File(ctx, portal.FileID(id))
		return fileWire(f), err
	})
	change(s, http.MethodPut, "/api/files/{id}", "rename-file", "Give it another name", func(ctx context.Context, me *portal.Scope, id string, in newName) error {
		return me.RenameFile(ctx, portal.FileID(id), in.Name, in.Revision)
	})
	change(s, http.MethodPost, "/api/files/{id}/move", "move-file", "Move it", func(ctx context.Context, me *portal.Scope, id string, in destination) error {
		return me.MoveFile(ctx, portal.FileID(id), in.To, portal.MoveOptions{Show: in.Show, Confirm: in.Confirm})
	})
	create(s, "/api/files/{id}/copy", "copy-file", "Make a file of its newest version, for the team alone", func(ctx context.Context, me *portal.Scope, id string, in copyTo) (portal.FileID, error) {
		return me.CopyFile(ctx, portal.FileID(id), in.To)
	})
	act(s, http.MethodPost, "/api/files/{id}/pin", "pin-file", "Make it one to start with", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.PinFile(ctx, portal.FileID(id))
	})
	act(s, http.MethodDelete, "/api/files/{id}/pin", "unpin-file", "Make it one like the others", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.UnpinFile(ctx, portal.FileID(id))
	})
	act(s, http.MethodDelete, "/api/files/{id}", "trash-file", "Put it into the trash", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.TrashFile(ctx, portal.FileID(id))
	})
	readAll(s, "/api/projects/{id}/trash", "list-trash", "What was deleted of a project's files, the last first; for the team", func(ctx context.Context, me *portal.Scope, q *inProject) ([]portal.Trashed, string, error) {
		if err := forTheTeam(me.Project(ctx, portal.ProjectID(q.ID))); err != nil {
			return nil, "", err
		}
		return me.Trash(ctx, portal.ProjectID(q.ID), q.portal())
	}, func(x portal.Trashed) trashed {
		return trashed{ID: x.ID, Kind: x.Kind, Name: x.Name, Audience: x.Audience, Size: x.Size, TrashedAt: x.At.UTC(), TrashedBy: x.By, By: x.ByName, PurgedAt: x.PurgedAt().UTC()}
	})
	act(s, http.MethodPost, "/api/trash/{id}/restore", "restore-trash", "Bring a folder or a file back, with all that was deleted with it", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.RestoreFromTrash(ctx, id)
	})
}

// unmarked is a snippet without the marks around what was looked for.
func unmarked(s string) string { return strings.NewReplacer("\x02", "", "\x03", "").Replace(s) }

// forTheTeam refuses what only those who see the thing as the team may read.
func forTheTeam[T interface{ Team() bool }](x T, err error) error {
	if err == nil && !x.Team() {
		err = portal.ErrForbidden
	}
	return err
}

func (s *server) versions() {
	readAll(s, "/api/files/{id}/versions", "list-versions", "The versions of a file that you see, the newest first, 200 on a page", func(ctx context.Context, me *portal.Scope, q *versionQuery) ([]portal.Version, string, error) {
		if _, err := me.File(ctx, portal.FileID(q.ID)); err != nil {
			return nil, "", err
		}
		all, err := versionsBefore(ctx, me, portal.FileID(q.ID), q.After)
		if len(all) < portal.MaxVersions {
			return all, "", err
		}
		return all, strconv.Itoa(all[len(all)-1].Number), nil
	}, versionWire)
	read(s, "/api/versions/{id}", "version", "A version of a file", func(ctx context.Context, me *portal.Scope, id string) (version, error) {
		v, err := me.Version(ctx, portal.VersionID(id))
		return versionWire(v), err
	})
	makeOf(s, "/api/versions/{id}/restore", "restore-version", "Bring it back, as a new version of the same bytes", func(ctx context.Context, me *portal.Scope, id string) (portal.VersionID, error) {
		return me.RestoreVersion(ctx, portal.VersionID(id))
	})
	act(s, http.MethodPost, "/api/versions/{id}/audience", "show-version", "Show a draft of a file that the client sees", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.ShowVersion(ctx, portal.VersionID(id))
	})
}

func versionsBefore(ctx context.Context, me *portal.Scope, id portal.FileID, number int) ([]portal.Version, error) {
	if number == 0 {
		return me.Versions(ctx, id)
	}
	return me.EarlierVersions(ctx, id, number)
}

func (s *server) fileRecords() {
	readAll(s, "/api/files/{id}/downloads", "list-file-downloads", "Who took a file, the last first; for the team", func(ctx context.Context, me *portal.Scope, q *inProject) ([]portal.Downloaded, string, error) {
		if err := forTheTeam(me.File(ctx, portal.FileID(q.ID))); err != nil {
			return nil, "", err
		}
		return me.Downloads(ctx, portal.FileID(q.ID), q.portal())
	}, downloadWire)
	readAll(s, "/api/projects/{id}/downloads", "list-downloads", "Who took which of a project's files, the last first; for the team", func(ctx context.Context, me *portal.Scope, q *inProject) ([]portal.Downloaded, string, error) {
		if err := forTheTeam(me.Project(ctx, portal.ProjectID(q.ID))); err != nil {
			return nil, "", err
		}
		return me.ProjectDownloads(ctx, portal.ProjectID(q.ID), q.portal())
	}, downloadWire)
	read(s, "/api/clients/{id}/room", "room", "How much room the files of a client take; for the team", func(ctx context.Context, me *portal.Scope, id string) (room, error) {
		if err := forTheTeam(me.Client(ctx, portal.ClientID(id))); err != nil {
			return room{}, err
		}
		r, err := me.Room(ctx, portal.ClientID(id))
		return room{Used: r.Used, Reserved: r.Reserved, Limit: r.Limit, FileLimit: r.FileLimit}, err
	})
	readFor(s, "/api/file-limits", "file-limits", "What the workspace allows of files; for those who administer it", func(ctx context.Context, me *portal.Scope, _ *struct{}) (fileLimits, error) {
		w, err := administered(ctx, me)
		return fileLimits{File: w.Files.File, Client: w.Files.Client, ShareLinks: w.Files.ShareLinks, Revision: w.Revision}, err
	})
	changeTop(s, "/api/file-limits", "change-file-limits", "Change what the workspace allows of files", func(ctx context.Context, me *portal.Scope, in fileLimits) error {
		if _, err := administered(ctx, me); err != nil {
			return err
		}
		return me.ChangeFileLimits(ctx, portal.FileLimits{File: in.File, Client: in.Client, ShareLinks: in.ShareLinks}, in.Revision)
	})
}

// administered is the workspace, for those who administer it.
func administered(ctx context.Context, me *portal.Scope) (portal.Workspace, error) {
	w, err := me.Workspace(ctx)
	switch {
	case err == portal.ErrNotFound:
		err = portal.ErrForbidden
	case err == nil && !w.Rights.Has(portal.Administer):
		err = portal.ErrForbidden
	}
	return w, err
}
