package web

import (
	"net/http"
	"strconv"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/static"
	"github.com/vitrine-portal/vitrine/internal/web/view"
	"github.com/vitrine-portal/vitrine/internal/web/view/ui"
)

func (s *Server) folderRoutes() []route {
	return []route{
		{"GET /files", person, s.allFiles},
		{"GET /clients/{id}/files", team, s.clientFiles},
		{"GET /projects/{project}/files", person, s.projectFiles},
		{"GET /projects/{project}/folders/new", person, s.newFolder},
		{"POST /projects/{project}/folders", person, s.addFolder},
		{"GET /folders/{id}", person, s.folderPage},
		{"GET /folders/{id}/rename", person, s.renameFolderPage},
		{"POST /folders/{id}/rename", person, s.renameFolder},
		{"GET /folders/{id}/move", team, s.moveFolderPage},
		{"GET /folders/{id}/delete", person, s.deleteFolderPage},
	}
}

const (
	filesOnPage  = 100
	filesOnRail  = 60
	filesInGroup = 8
	groupsPinned = 6 // projects whose pinned files are looked up
)

// lookAtFiles reads how the visitor looks at files. What is unknown is as if
// it were not there.
func lookAtFiles(r *http.Request) view.FilesLook {
	q := r.URL.Query()
	l := view.FilesLook{Sort: "name", Desc: q.Get("desc") == "1", Grid: q.Get("view") == "grid", Query: q.Get("q")}
	switch z := portal.Zone(q.Get("zone")); z {
	case portal.ZoneTeam, portal.ZoneShared, portal.ZoneFromClient:
		l.Zone = z
	}
	switch by := q.Get("sort"); by {
	case "at", "size":
		l.Sort = by
	}
	return l
}

func folderPath(id portal.FolderID) string { return "/folders/" + string(id) }

// filesPath is where the files of a folder are, or of a project's top.
func filesPath(project portal.ProjectID, in portal.FolderID) string {
	if in != "" {
		return folderPath(in)
	}
	return "/projects/" + string(project) + "/files"
}

// inFiles is within for a page of files.
func (s *Server) inFiles(r *http.Request, me *visit, project portal.ProjectID) (view.Within, error) {
	p, err := s.within(r, me, project, "files")
	switch {
	case err != nil:
		return p, err
	case !p.Project.Sections.Has(portal.SectionFiles):
		return p, portal.ErrNotFound
	}
	p.Load(static.Files)
	return p, nil
}

func (s *Server) projectFiles(w http.ResponseWriter, r *http.Request, me *visit) error {
	return s.renderFiles(w, r, me, portal.ProjectID(r.PathValue("project")), nil)
}

func (s *Server) folderPage(w http.ResponseWriter, r *http.Request, me *visit) error {
	path, err := me.FolderPath(r.Context(), portal.FolderID(r.PathValue("id")))
	if err != nil {
		return err
	}
	return s.renderFiles(w, r, me, path[0].Project, path)
}

// renderFiles draws a folder, the last of the path, or a project's top.
func (s *Server) renderFiles(w http.ResponseWriter, r *http.Request, me *visit, project portal.ProjectID, path []portal.Folder) error {
	ctx := r.Context()
	in, err := s.inFiles(r, me, project)
	if err != nil {
		return err
	}
	p := view.FilesPage{Within: in, Path: path, Look: lookAtFiles(r)}
	if !in.Project.Team() && p.Look.Zone == portal.ZoneTeam {
		p.Look.Zone = ""
	}
	next := ""
	if p.Look.Query != "" && len(path) == 0 {
		if p.Hits, next, err = me.SearchFiles(ctx, p.Look.Query, project, pageOf(r, filesOnPage)); err != nil {
			return err
		}
	} else {
		p.Look.Query = ""
		var at portal.FolderID
		if len(path) > 0 {
			at = path[len(path)-1].ID
		}
		l, err := me.Files(ctx, project, at, portal.ListOptions{Zone: p.Look.Zone, Sort: p.Look.Sort, Desc: p.Look.Desc, Page: pageOf(r, filesOnPage)})
		if err != nil {
			return err
		}
		p.Folders, p.Files, next = l.Folders, l.Files, l.Next
		if len(path) == 0 && p.Look.Zone == "" && r.URL.Query().Get("after") == "" {
			if p.Pinned, err = me.PinnedFiles(ctx, project); err != nil {
				return err
			}
			if p.Requests, err = me.OpenFileRequests(ctx, project); err != nil {
				return err
			}
		}
	}
	if in.Project.Team() {
		if p.Audience, err = me.AudiencePreview(ctx, project, "file"); err != nil {
			return err
		}
	}
	p.Newest, p.Older = pages(r, next)
	if n := len(path); n > 0 {
		s.belowFiles(&p.Within, path[:n-1], path[n-1].Name)
	}
	return s.render(w, r, http.StatusOK, view.Files(p))
}

// belowFiles says where a page is among the files of its project.
func (s *Server) belowFiles(p *view.Within, path []portal.Folder, title string) {
	at := "/projects/" + string(p.Project.ID)
	crumbs := []ui.Link{{Label: p.T("nav.projects"), Href: "/projects"}, {Label: p.Project.Name, Href: at}, {Label: p.T("section.files"), Href: at + "/files"}}
	for _, f := range path {
		crumbs = append(crumbs, ui.Link{Label: f.Name, Href: folderPath(f.ID)})
	}
	s.setTitle(&p.Page, title+" · "+p.Project.Name)
	setCrumbs(&p.Page, append(crumbs, ui.Link{Label: title})...)
}

// allFiles is the Files of the rail: the newest of all projects, by project.
func (s *Server) allFiles(w http.ResponseWriter, r *http.Request, me *visit) error {
	p := view.AllFilesPage{Page: s.page(me, "files"), Name: me.Brand.Name, Several: len(me.Self.Clients) > 1}
	p.Team = p.Shell.Team != nil
	client, err := whose(r, me)
	if err == nil && p.Team {
		p.Clients, err = clientsOf(r, me)
		client = p.Clients.Chosen
	}
	if err != nil {
		return err
	}
	chooses(&p.Page, me, client, r.URL.Path, r.URL.Query())
	under(&p.Page, me, client)
	if err := recentFiles(r, me, client, &p); err != nil {
		return err
	}
	s.setTitle(&p.Page, p.T("nav.files"))
	return s.render(w, r, http.StatusOK, view.AllFiles(p))
}

// clientFiles shows the newest files of a client's projects.
func (s *Server) clientFiles(w http.ResponseWriter, r *http.Request, me *visit) error {
	frame, err := s.clientTab(r, me, "files")
	if err != nil {
		return err
	}
	all := view.AllFilesPage{Page: frame.Page, Name: me.Brand.Name, Team: true, One: true}
	if err := recentFiles(r, me, frame.Client.ID, &all); err != nil {
		return err
	}
	frame.Page = all.Page
	return s.render(w, r, http.StatusOK, view.ClientFiles(view.ClientFilesPage{ClientFrame: frame, Files: all}))
}

// recentFiles reads the newest files of all clients, or of one, by project.
func recentFiles(r *http.Request, me *visit, client portal.ClientID, p *view.AllFilesPage) error {
	ctx := r.Context()
	p.Load(static.Files)
	files, next, err := me.RecentFiles(ctx, client, pageOf(r, filesOnRail))
	if err != nil {
		return err
	}
	at := map[portal.ProjectID]int{}
	for _, f := range files {
		i, ok := at[f.Project]
		if !ok {
			i = len(p.Groups)
			at[f.Project] = i
			p.Groups = append(p.Groups, view.FileGroup{Project: f.Project, Name: f.ProjectName, Client: f.ClientName})
		}
		if g := &p.Groups[i]; len(g.Files) < filesInGroup {
			g.Files = append(g.Files, f)
		}
	}
	for i := range p.Groups[:min(len(p.Groups), groupsPinned)] {
		if p.Groups[i].Pinned, err = me.PinnedFiles(ctx, p.Groups[i].Project); err != nil {
			return err
		}
	}
	p.Newest, p.Older = pages(r, next)
	return nil
}

func (s *Server) newFolder(w http.ResponseWriter, r *http.Request, me *visit) error {
	return s.renderNewFolder(w, r, me, http.StatusOK, portal.FolderID(r.URL.Query().Get("in")), "", false, nil)
}

func (s *Server) renderNewFolder(w http.ResponseWriter, r *http.Request, me *visit, status int, in portal.FolderID, name string, client bool, invalid map[string]portal.Reason) error {
	project := portal.ProjectID(r.PathValue("project"))
	frame, err := s.inFiles(r, me, project)
	switch {
	case err != nil:
		return err
	case frame.Project.Team() && !frame.Project.Can(portal.Contribute), !frame.Project.Team() && !frame.Project.Can(portal.Upload):
		return portal.ErrForbidden
	}
	frame.Invalid = invalid
	p := view.NameForm{Within: frame, Action: "/projects/" + string(project) + "/folders", Back: filesPath(project, in), Title: frame.T("folder.add"),
		Label: frame.T("folder.name"), Name: name, Act: frame.T("folder.add_act"), In: in, Asks: frame.Project.Team(), Client: client}
	var path []portal.Folder
	if in != "" {
		if path, err = me.FolderPath(r.Context(), in); err != nil {
			return err
		}
		p.Asks = p.Asks && path[len(path)-1].Audience == portal.ClientSide
		p.Lead = frame.T("folder.add_in", "name", path[len(path)-1].Name)
	}
	if p.Asks {
		if p.Audience, err = me.AudiencePreview(r.Context(), project, "folder"); err != nil {
			return err
		}
	}
	s.belowFiles(&p.Within, path, p.Title)
	return s.render(w, r, status, view.EditName(p))
}

func (s *Server) addFolder(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	in, name, audience := portal.FolderID(f.one("in")), f.one("name"), portal.Side(f.one("audience"))
	var id portal.FolderID
	if err = f.err(); err == nil {
		id, err = portal.Once(me.AddFolder(r.Context(), portal.ProjectID(r.PathValue("project")), in, portal.NewFolder{Name: name, Audience: audience}))
	}
	if invalid, status, ok := refused(err); ok {
		return s.renderNewFolder(w, r, me, status, in, name, audience == portal.ClientSide, invalid)
	}
	if err != nil {
		return err
	}
	return done(w, r, folderPath(id), "added")
}

func (s *Server) renameFolderPage(w http.ResponseWriter, r *http.Request, me *visit) error {
	return s.renderRenameFolder(w, r, me, http.StatusOK, nil, nil)
}

// renderRenameFolder draws the form; typed is what came back.
func (s *Server) renderRenameFolder(w http.ResponseWriter, r *http.Request, me *visit, status int, typed *string, invalid map[string]portal.Reason) error {
	path, err := me.FolderPath(r.Context(), portal.FolderID(r.PathValue("id")))
	if err != nil {
		return err
	}
	d := path[len(path)-1]
	in, err := s.inFiles(r, me, d.Project)
	switch {
	case err != nil:
		return err
	case !d.MayChange(in.Me):
		return portal.ErrForbidden
	}
	in.Invalid = invalid
	p := view.NameForm{Within: in, Action: folderPath(d.ID) + "/rename", Back: folderPath(d.ID), Title: in.T("folder.rename", "name", d.Name), Label: in.T("folder.name"),
		Name: d.Name, Act: in.T("files.rename_act"), Revision: strconv.FormatInt(d.Revision, 10)}
	if typed != nil {
		p.Name = *typed
	}
	s.belowFiles(&p.Within, path, p.Title)
	return s.render(w, r, status, view.EditName(p))
}

func (s *Server) renameFolder(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	id, name, revision := portal.FolderID(r.PathValue("id")), f.one("name"), f.number("revision")
	if err = f.err(); err == nil {
		err = me.RenameFolder(r.Context(), id, name, revision)
	}
	if invalid, status, ok := refused(err); ok && invalid != nil {
		return s.renderRenameFolder(w, r, me, status, &name, invalid)
	}
	if err != nil {
		return err
	}
	return done(w, r, folderPath(id), "saved")
}

func (s *Server) moveFolderPage(w http.ResponseWriter, r *http.Request, me *visit) error {
	d, err := me.Folder(r.Context(), portal.FolderID(r.PathValue("id")))
	if err != nil {
		return err
	}
	return s.renderPut(w, r, me, http.StatusOK, chosen{project: d.Project, in: d.Parent, folders: []portal.Folder{d}}, "move", d.Parent, nil)
}

func (s *Server) deleteFolderPage(w http.ResponseWriter, r *http.Request, me *visit) error {
	d, err := me.Folder(r.Context(), portal.FolderID(r.PathValue("id")))
	if err != nil {
		return err
	}
	return s.renderDrop(w, r, me, chosen{project: d.Project, in: d.Parent, folders: []portal.Folder{d}})
}
