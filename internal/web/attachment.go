package web

import (
	"context"
	"net/http"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/static"
	"github.com/vitrine-portal/vitrine/internal/web/view"
)

func (s *Server) attachmentRoutes() []route {
	return []route{
		{"GET /items/{item}/attach", team, s.attachPage},
		{"POST /items/{item}/attach", team, s.attach},
		{"POST /items/{item}/detach", team, s.detach},
	}
}

// attached are the files in an item, and the styles they are drawn with.
func (s *Server) attached(r *http.Request, me *visit, it *view.Item) error {
	all, err := me.Attachments(r.Context(), it.ID)
	for _, a := range all {
		it.Attached = append(it.Attached, a.File)
	}
	it.Load(view.Bundle{Style: static.Files.Style})
	return err
}

// attachPage lists a project's files, to put some of them into a deliverable or
// an update.
func (s *Server) attachPage(w http.ResponseWriter, r *http.Request, me *visit) error {
	ctx := r.Context()
	id := portal.ItemID(r.PathValue("item"))
	project, title, err := holder(ctx, me, id)
	if err != nil {
		return err
	}
	in, err := s.inFiles(r, me, project)
	if err != nil {
		return err
	}
	p := view.AttachPage{FilesPage: view.FilesPage{Within: in, Look: view.FilesLook{Sort: "at", Desc: true}}, Item: id, ItemTitle: title, Has: map[portal.FileID]bool{}}
	var at portal.FolderID
	if at = portal.FolderID(r.URL.Query().Get("in")); at != "" {
		if p.Path, err = me.FolderPath(ctx, at); err != nil {
			return err
		}
		if p.Path[0].Project != project {
			return portal.ErrNotFound
		}
	}
	l, err := me.Files(ctx, project, at, portal.ListOptions{Sort: "at", Desc: true, Page: pageOf(r, filesOnPage)})
	if err != nil {
		return err
	}
	p.Folders, p.Files = l.Folders, l.Files
	has, err := me.Attachments(ctx, id)
	if err != nil {
		return err
	}
	for _, a := range has {
		p.Has[a.File.ID] = true
	}
	if p.Audience, err = me.AudiencePreview(ctx, project, "file"); err != nil {
		return err
	}
	p.Newest, p.Older = pages(r, l.Next)
	s.below(&p.Within, "", p.T("attach.title", "title", title))
	return s.render(w, r, http.StatusOK, view.Attach(p))
}

// holder is the project and the title of a deliverable or an update.
func holder(ctx context.Context, me *visit, id portal.ItemID) (portal.ProjectID, string, error) {
	switch id.Kind() {
	case "deliverable":
		d, err := me.Deliverable(ctx, portal.DeliverableID(id))
		if err == nil && !d.Can(portal.Contribute) {
			err = portal.ErrForbidden
		}
		return d.Project, d.Title, err
	case "update":
		u, err := me.Update(ctx, portal.UpdateID(id))
		if err == nil && (!u.Can(portal.Contribute) || !u.Can(portal.Manage) && u.Author != me.Scope.Person()) {
			err = portal.ErrForbidden
		}
		return u.Project, me.Book.T("update.of", "name", u.AuthorName, "day", me.Book.DayOf(u.CreatedAt)), err
	}
	return "", "", portal.ErrNotFound
}

func (s *Server) attach(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	files := f.all("file")
	if err := f.err(); err != nil {
		return err
	}
	id := portal.ItemID(r.PathValue("item"))
	if _, _, err := holder(r.Context(), me, id); err != nil {
		return err
	}
	if len(files) == 0 {
		return seeOther(w, r, view.Href(string(id)))
	}
	if err := me.Together(r.Context(), func(all *portal.Scope) error {
		for _, x := range files {
			if err := all.Attach(r.Context(), id, portal.FileID(x)); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	return done(w, r, view.Href(string(id)), "attached")
}

func (s *Server) detach(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	file := f.one("file")
	if err := f.err(); err != nil {
		return err
	}
	id := portal.ItemID(r.PathValue("item"))
	if err := me.Detach(r.Context(), id, portal.FileID(file)); err != nil {
		return err
	}
	return done(w, r, view.Href(string(id)), "detached")
}
