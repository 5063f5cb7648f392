package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view"
)

func (s *Server) fileRoutes() []route {
	return []route{
		{"GET /files/{id}/rename", person, s.renameFilePage},
		{"POST /files/{id}/rename", person, s.renameFile},
		{"GET /files/{id}/move", team, s.moveFilePage},
		{"GET /files/{id}/copy", team, s.copyFilePage},
		{"POST /files/{id}/pin", team, s.pinFile((*portal.Scope).PinFile, "pinned")},
		{"POST /files/{id}/unpin", team, s.pinFile((*portal.Scope).UnpinFile, "unpinned")},
		{"GET /files/{id}/delete", person, s.deleteFilePage},
		{"POST /files/selection", person, s.selection},
		{"GET /items/{item}/hide", team, s.hidePage},
		{"GET /projects/{project}/trash", team, s.trash},
		{"POST /trash/{id}/restore", team, s.restore},
	}
}

func filePath(id portal.FileID) string { return "/files/" + string(id) }

func (s *Server) renameFilePage(w http.ResponseWriter, r *http.Request, me *visit) error {
	return s.renderRenameFile(w, r, me, http.StatusOK, nil, nil)
}

// renderRenameFile draws the form; typed is what came back.
func (s *Server) renderRenameFile(w http.ResponseWriter, r *http.Request, me *visit, status int, typed *string, invalid map[string]portal.Reason) error {
	x, err := me.File(r.Context(), portal.FileID(r.PathValue("id")))
	if err != nil {
		return err
	}
	in, err := s.inFiles(r, me, x.Project)
	switch {
	case err != nil:
		return err
	case !x.MayChange(in.Me):
		return portal.ErrForbidden
	}
	in.Invalid = invalid
	p := view.NameForm{Within: in, Action: filePath(x.ID) + "/rename", Back: filesPath(x.Project, x.Folder), Title: in.T("files.rename_title", "name", x.Name),
		Label: in.T("files.name"), Name: x.Name, Act: in.T("files.rename_act"), Revision: strconv.FormatInt(x.Revision, 10), File: true}
	if typed != nil {
		p.Name = *typed
	}
	path, err := me.FolderPath(r.Context(), x.Folder)
	if err != nil {
		return err
	}
	s.belowFiles(&p.Within, path, p.Title)
	return s.render(w, r, status, view.EditName(p))
}

func (s *Server) renameFile(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	id, name, revision := portal.FileID(r.PathValue("id")), f.one("name"), f.number("revision")
	if err = f.err(); err == nil {
		err = me.RenameFile(r.Context(), id, name, revision)
	}
	if invalid, status, ok := refused(err); ok && invalid != nil {
		return s.renderRenameFile(w, r, me, status, &name, invalid)
	}
	if err != nil {
		return err
	}
	return s.backToFiles(w, r, me, id, "saved")
}

// backToFiles leads to the list that a file is in.
func (s *Server) backToFiles(w http.ResponseWriter, r *http.Request, me *visit, id portal.FileID, key string) error {
	x, err := me.File(r.Context(), id)
	if err != nil {
		return err
	}
	return done(w, r, filesPath(x.Project, x.Folder), key)
}

func (s *Server) moveFilePage(w http.ResponseWriter, r *http.Request, me *visit) error {
	return s.putFilePage(w, r, me, "move")
}

func (s *Server) copyFilePage(w http.ResponseWriter, r *http.Request, me *visit) error {
	return s.putFilePage(w, r, me, "copy")
}

func (s *Server) putFilePage(w http.ResponseWriter, r *http.Request, me *visit, how string) error {
	x, err := me.File(r.Context(), portal.FileID(r.PathValue("id")))
	if err != nil {
		return err
	}
	return s.renderPut(w, r, me, http.StatusOK, chosen{project: x.Project, in: x.Folder, files: []portal.File{x}}, how, x.Folder, nil)
}

// pinFile is a handler that pins a file, or unpins it.
func (s *Server) pinFile(pin func(*portal.Scope, context.Context, portal.FileID) error, key string) handler {
	return func(w http.ResponseWriter, r *http.Request, me *visit) error {
		if err := noFields(r); err != nil {
			return err
		}
		id := portal.FileID(r.PathValue("id"))
		if err := pin(me.Scope, r.Context(), id); err != nil {
			return err
		}
		return s.backToFiles(w, r, me, id, key)
	}
}

func (s *Server) deleteFilePage(w http.ResponseWriter, r *http.Request, me *visit) error {
	x, err := me.File(r.Context(), portal.FileID(r.PathValue("id")))
	if err != nil {
		return err
	}
	return s.renderDrop(w, r, me, chosen{project: x.Project, in: x.Folder, files: []portal.File{x}})
}

// chosen are folders and files of one project that something is done to.
type chosen struct {
	project portal.ProjectID
	in      portal.FolderID // where they are
	folders []portal.Folder
	files   []portal.File
}

// maxChosen bounds them.
const maxChosen = 500

// choose loads what was ticked. What is of another project is not there.
func choose(r *http.Request, me *visit, project, in string, folders, files []string) (chosen, error) {
	ctx := r.Context()
	c := chosen{project: portal.ProjectID(project), in: portal.FolderID(in)}
	if len(folders)+len(files) > maxChosen {
		return c, errTooMuch
	}
	for _, id := range folders {
		d, err := me.Folder(ctx, portal.FolderID(id))
		if err == nil && d.Project != c.project {
			err = portal.ErrNotFound
		}
		if err != nil {
			return c, err
		}
		c.folders = append(c.folders, d)
	}
	for _, id := range files {
		x, err := me.File(ctx, portal.FileID(id))
		if err == nil && x.Project != c.project {
			err = portal.ErrNotFound
		}
		if err != nil {
			return c, err
		}
		c.files = append(c.files, x)
	}
	return c, nil
}

func (c chosen) none() bool { return len(c.folders)+len(c.files) == 0 }

// selection does something to what was ticked in a list, or first asks how.
func (s *Server) selection(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	to, do, how, look := portal.FolderID(f.one("to")), f.one("do"), f.one("how"), f.one("look")
	folders, files := f.all("folder"), f.all("file")
	o := portal.MoveOptions{Confirm: f.ticked("confirm"), Show: f.ticked("show")}
	if err := f.err(); err != nil {
		return err
	}
	q := r.URL.Query()
	back := filesPath(portal.ProjectID(q.Get("project")), portal.FolderID(q.Get("in")))
	if did, err := me.Did(r.Context()); err != nil || did {
		if err != nil {
			return err
		}
		return seeOther(w, r, back)
	}
	c, err := choose(r, me, q.Get("project"), q.Get("in"), folders, files)
	if err != nil {
		return err
	}
	if c.project == "" {
		return portal.ErrNotFound
	}
	if c.none() {
		return seeOther(w, r, back)
	}
	switch {
	case look != "": // another folder, to look whether it is the right one
		if look == "top" {
			look = ""
		}
		if how != "copy" {
			how = "move"
		}
		return s.renderPut(w, r, me, http.StatusOK, c, how, portal.FolderID(look), nil)
	case do == "approve":
		versions := url.Values{}
		for _, x := range c.files {
			versions.Add("version", string(x.Version.ID))
		}
		return seeOther(w, r, "/projects/"+string(c.project)+"/approvals/new?"+versions.Encode())
	case do == "move":
		return s.renderPut(w, r, me, http.StatusOK, c, "move", c.in, nil)
	case do == "put":
		return s.put(w, r, me, c, to, o)
	case do == "copy_here":
		if err := me.Together(r.Context(), func(all *portal.Scope) error {
			return c.each(nil, func(id portal.FileID) error {
				_, err := all.CopyFile(r.Context(), id, to)
				return err
			})
		}); err != nil {
			return err
		}
		return done(w, r, filesPath(c.project, to), "copied")
	case do == "delete":
		return s.renderDrop(w, r, me, c)
	case do == "trash":
		if err := me.Together(r.Context(), func(all *portal.Scope) error {
			return c.each(func(id portal.FolderID) error { return all.TrashFolder(r.Context(), id) },
				func(id portal.FileID) error { return all.TrashFile(r.Context(), id) })
		}); err != nil {
			return err
		}
		return done(w, r, back, "trashed")
	}
	return errBadForm
}

// each does something to every folder, if folder is not nil, and to every file.
func (c chosen) each(folder func(portal.FolderID) error, file func(portal.FileID) error) error {
	for _, d := range c.folders {
		if folder != nil {
			if err := folder(d.ID); err != nil {
				return err
			}
		}
	}
	for _, x := range c.files {
		if err := file(x.ID); err != nil {
			return err
		}
	}
	return nil
}

// put moves what was chosen.
func (s *Server) put(w http.ResponseWriter, r *http.Request, me *visit, c chosen, to portal.FolderID, o portal.MoveOptions) error {
	err := me.Together(r.Context(), func(all *portal.Scope) error {
		return c.each(func(id portal.FolderID) error { return all.MoveFolder(r.Context(), id, to, o) },
			func(id portal.FileID) error { return all.MoveFile(r.Context(), id, to, o) })
	})
	if invalid, status, ok := refused(err); ok && invalid != nil {
		return s.renderPut(w, r, me, status, c, "move", to, invalid)
	}
	if err != nil {
		return err
	}
	return done(w, r, filesPath(c.project, to), "moved")
}

// renderPut draws the page that chooses where to; at is the folder looked at.
func (s *Server) renderPut(w http.ResponseWriter, r *http.Request, me *visit, status int, c chosen, how string, at portal.FolderID, invalid map[string]portal.Reason) error {
	ctx := r.Context()
	in, err := s.inFiles(r, me, c.project)
	switch {
	case err != nil:
		return err
	case !in.Project.Team() || !in.Project.Can(portal.Contribute):
		return portal.ErrForbidden
	}
	in.Invalid = invalid
	p := view.PutPage{Within: in, Do: how, Folders: c.folders, Files: c.files, From: c.in, Back: filesPath(c.project, c.in), MayHide: true}
	if at != "" {
		if p.Path, err = me.FolderPath(ctx, at); err != nil {
			return err
		}
		if p.Path[0].Project != c.project {
			return portal.ErrNotFound
		}
	}
	l, err := me.Files(ctx, c.project, at, portal.ListOptions{Page: portal.Page{Limit: 1}})
	if err != nil {
		return err
	}
	p.Below = l.Folders
	if n := len(p.Path); how == "move" && n > 0 && at != c.in {
		hides, shows := p.Path[n-1].Audience == portal.Team, p.Path[n-1].Audience == portal.ClientSide
		for _, d := range c.folders {
			p.Count(d.Audience, d.MayShow(p.Me), hides, shows)
		}
		for _, x := range c.files {
			p.Count(x.Audience, x.MayShow(p.Me), hides, shows)
		}
		if p.Shows > 0 {
			if p.Who, err = me.AudiencePreview(ctx, c.project, "file"); err != nil {
				return err
			}
		}
	}
	s.belowFiles(&p.Within, nil, p.Title())
	return s.render(w, r, status, view.Put(p))
}

// renderDrop draws the page that says what deleting does.
func (s *Server) renderDrop(w http.ResponseWriter, r *http.Request, me *visit, c chosen) error {
	in, err := s.inFiles(r, me, c.project)
	if err != nil {
		return err
	}
	for _, d := range c.folders {
		if !d.MayChange(in.Me) || d.Team() && !d.MayShow(in.Me) {
			return portal.ErrForbidden
		}
	}
	for _, x := range c.files {
		if !x.MayChange(in.Me) || x.Team() && !x.MayShow(in.Me) {
			return portal.ErrForbidden
		}
	}
	p := view.DropPage{Within: in, Folders: c.folders, Files: c.files, From: c.in, Back: filesPath(c.project, c.in), Stays: true}
	if len(c.files) == 1 {
		of, err := me.FileApprovals(r.Context(), c.files[0].ID)
		if err != nil {
			return err
		}
		p.Stays = len(c.folders) > 0 || slices.ContainsFunc(of, portal.ApprovalSubject.Accepted)
		if p.Used, err = holders(r.Context(), me, c.files[0].ID); err != nil {
			return err
		}
	}
	s.belowFiles(&p.Within, nil, p.Title())
	return s.render(w, r, http.StatusOK, view.Drop(p))
}

// holders are the titles of the deliverables that a file is in.
func holders(ctx context.Context, me *visit, id portal.FileID) (titles []string, err error) {
	items, err := me.AttachedTo(ctx, id)
	if err != nil {
		return nil, err
	}
	for _, it := range items[:min(len(items), 10)] {
		if it.Kind() != "deliverable" {
			continue
		}
		d, err := me.Deliverable(ctx, portal.DeliverableID(it))
		if err != nil {
			return nil, err
		}
		titles = append(titles, d.Title)
	}
	return titles, nil
}

// hidePage asks before the client loses sight of an item.
func (s *Server) hidePage(w http.ResponseWriter, r *http.Request, me *visit) error {
	ctx := r.Context()
	id := portal.ItemID(r.PathValue("item"))
	reveal, err := me.RevealPreview(ctx, id)
	if err != nil {
		return err
	}
	in, err := s.inFiles(r, me, reveal.Project)
	if err != nil {
		return err
	}
	p := view.HidePage{Within: in, ID: id, Title: reveal.Title, Back: view.Href(string(id))}
	if p.Seen, err = me.SeenBy(ctx, id); err != nil {
		return err
	}
	s.below(&p.Within, "", p.T("item.hide_title", "title", p.Title))
	return s.render(w, r, http.StatusOK, view.Hide(p))
}

const thingsInTrash = 50

func (s *Server) trash(w http.ResponseWriter, r *http.Request, me *visit) error {
	in, err := s.inFiles(r, me, portal.ProjectID(r.PathValue("project")))
	if err != nil {
		return err
	}
	p := view.TrashPage{Within: in}
	next := ""
	if p.Things, next, err = me.Trash(r.Context(), in.Project.ID, pageOf(r, thingsInTrash)); err != nil {
		return err
	}
	p.Newest, p.Older = pages(r, next)
	s.belowFiles(&p.Within, nil, p.T("trash.title"))
	return s.render(w, r, http.StatusOK, view.Trash(p))
}

// restore brings something back from the trash.
func (s *Server) restore(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := noFields(r); err != nil {
		return err
	}
	id := r.PathValue("id")
	if err := me.RestoreFromTrash(r.Context(), id); err != nil {
		return err
	}
	if d, err := me.Folder(r.Context(), portal.FolderID(id)); err == nil {
		return done(w, r, filesPath(d.Project, d.Parent), "untrashed")
	}
	return s.backToFiles(w, r, me, portal.FileID(id), "untrashed")
}
