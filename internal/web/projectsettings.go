package web

import (
	"context"
	"errors"
	"net/http"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view"
	"github.com/vitrine-portal/vitrine/internal/web/view/ui"
)

// projectSettingsRoutes are what those who manage do with a project as a whole.
func (s *Server) projectSettingsRoutes() []route {
	change := func(key string, do func(*visit, *http.Request, portal.ProjectID) error) handler {
		return func(w http.ResponseWriter, r *http.Request, me *visit) error {
			if err := noFields(r); err != nil {
				return err
			}
			id := portal.ProjectID(r.PathValue("project"))
			if err := do(me, r, id); err != nil {
				return err
			}
			return done(w, r, "/projects/"+string(id), key)
		}
	}
	return []route{
		{"GET /projects/new", team, s.newProject},
		{"POST /projects/new", team, s.makeProject},
		{"GET /projects/{project}/settings", team, s.projectSettings},
		{"POST /projects/{project}/settings", team, s.changeProject},
		{"POST /projects/{project}/status", team, s.setStatus},
		{"POST /projects/{project}/sections", team, s.setSections},
		{"POST /projects/{project}/template", team, s.saveTemplate},
		{"GET /projects/{project}/share", team, s.sharePage},
		{"POST /projects/{project}/share", team, s.shareProject},
		{"POST /projects/{project}/unshare", team, change("unshared", func(me *visit, r *http.Request, id portal.ProjectID) error {
			return me.UnshareProject(r.Context(), id)
		})},
		{"POST /projects/{project}/archive", team, change("project_archived", func(me *visit, r *http.Request, id portal.ProjectID) error {
			return me.ArchiveProject(r.Context(), id)
		})},
		{"POST /projects/{project}/restore", team, change("project_restored", func(me *visit, r *http.Request, id portal.ProjectID) error {
			return me.RestoreProject(r.Context(), id)
		})},
		{"POST /projects/{project}/team", team, s.putOnProject},
		{"POST /projects/{project}/team/{person}/remove", team, s.takeOffProject},
	}
}

func (s *Server) newProject(w http.ResponseWriter, r *http.Request, me *visit) error {
	return s.renderNewProject(w, r, me, http.StatusOK, view.ProjectInput{Client: r.URL.Query().Get("client")}, nil)
}

func (s *Server) renderNewProject(w http.ResponseWriter, r *http.Request, me *visit, status int, in view.ProjectInput, invalid map[string]portal.Reason) error {
	p := view.NewProjectPage{Page: s.page(me, "projects"), Input: in}
	p.Invalid = invalid
	if !me.Self.Rights.Has(portal.Manage) {
		return portal.ErrForbidden
	}
	var err error
	if p.Clients, err = clientOfProject(r.Context(), me, in); err != nil {
		return err
	}
	if len(p.Clients.Names) == 1 && !p.Clients.Many {
		p.Clients.Chosen = p.Clients.Names[0].ID
	}
	if p.Templates, err = me.Templates(r.Context()); err != nil {
		return err
	}
	s.setTitle(&p.Page, p.T("project.new"))
	setCrumbs(&p.Page, ui.Link{Label: p.T("nav.projects"), Href: "/projects"}, ui.Link{Label: p.T("project.new")})
	return s.render(w, r, status, view.NewProject(p))
}

// clientOfProject offers clients for a new project. One that was chosen before stays,
// though another part of a name be looked for.
func clientOfProject(ctx context.Context, me *visit, in view.ProjectInput) (view.ClientChoice, error) {
	c, err := chooseClient(ctx, me, portal.ClientID(in.Client), in.Named, portal.Manage)
	if err != nil || c.Chosen == "" || c.Has(c.Chosen) {
		return c, err
	}
	x, err := me.Client(ctx, c.Chosen)
	switch {
	case err == nil && x.Can(portal.Manage) && x.Archived.IsZero():
		c.Names = append(c.Names, portal.ClientName{ID: x.ID, Name: x.Name})
	case err == nil || errors.Is(err, portal.ErrNotFound):
		return c, nil
	}
	return c, err
}

func (s *Server) makeProject(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	in := view.ProjectInput{Client: f.one("client"), Named: f.one("named"), Template: f.one("template"), Name: f.one("name"), Summary: f.one("summary"),
		StartsOn: f.one("starts_on"), DueOn: f.one("due_on"), Shared: f.ticked("shared")}
	find := f.one("find") != ""
	if in.Client == "" && !find && in.Named == "" {
		f.fail("client", "choice")
	}
	err = f.err()
	if err == nil && !find && in.Named != "" {
		c, err := clientOfProject(r.Context(), me, in)
		if err != nil {
			return err
		}
		// A part of a name that waits to be looked for makes no project of another client.
		find = c.Named != "" || string(c.Chosen) != in.Client
	}
	if err == nil && find {
		return s.renderNewProject(w, r, me, http.StatusOK, in, nil)
	}
	var id portal.ProjectID
	if err == nil {
		id, err = portal.Once(me.CreateProject(r.Context(), portal.ClientID(in.Client), portal.NewProject{Name: in.Name, Summary: in.Summary,
			StartsOn: in.StartsOn, DueOn: in.DueOn, Template: portal.TemplateID(in.Template), Shared: in.Shared}))
	}
	if invalid, status, ok := refused(err); ok {
		return s.renderNewProject(w, r, me, status, in, invalid)
	}
	if err != nil {
		return err
	}
	return done(w, r, "/projects/"+string(id), "added")
}

// settingsOf loads the frame of the settings, for those who manage.
func (s *Server) settingsOf(r *http.Request, me *visit) (view.ProjectSettingsPage, error) {
	var p view.ProjectSettingsPage
	in, err := s.inProject(r, me, "settings", 0)
	if err != nil {
		return p, err
	}
	if !in.Project.Can(portal.Manage) {
		return p, portal.ErrForbidden
	}
	x := in.Project
	p = view.ProjectSettingsPage{Within: in, Input: view.ProjectInput{Name: x.Name, Summary: x.Summary, StartsOn: x.StartsOn, DueOn: x.DueOn, Contact: string(x.Contact), Revision: x.Revision}}
	p.Team, err = me.ProjectTeam(r.Context(), x.ID)
	return p, err
}

func (s *Server) projectSettings(w http.ResponseWriter, r *http.Request, me *visit) error {
	p, err := s.settingsOf(r, me)
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, view.ProjectSettings(p))
}

// settingsAgain draws the settings after one of their forms was refused.
func (s *Server) settingsAgain(w http.ResponseWriter, r *http.Request, me *visit, status int, invalid map[string]portal.Reason, kept func(*view.ProjectSettingsPage)) error {
	p, err := s.settingsOf(r, me)
	if err != nil {
		return err
	}
	p.Invalid = invalid
	if status == http.StatusConflict {
		x := p.Project
		p.Conflict = []ui.Fact{{Key: p.T("project.name"), Value: x.Name}, {Key: p.T("project.summary"), Value: x.Summary}, {Key: p.T("project.status"), Value: p.T("status." + string(x.Status))},
			{Key: p.T("project.starts_on"), Value: x.StartsOn}, {Key: p.T("project.due_on"), Value: x.DueOn}, {Key: p.T("project.contact"), Value: x.ContactName}}
	}
	kept(&p)
	return s.render(w, r, status, view.ProjectSettings(p))
}

func (s *Server) changeProject(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	id := portal.ProjectID(r.PathValue("project"))
	c := portal.ProjectChange{Name: f.one("name"), Summary: f.one("summary"), StartsOn: f.one("starts_on"), DueOn: f.one("due_on"),
		Contact: portal.PersonID(f.one("contact")), Revision: f.number("revision")}
	if err = f.err(); err == nil {
		err = me.ChangeProject(r.Context(), id, c)
	}
	if invalid, status, ok := refused(err); ok {
		return s.settingsAgain(w, r, me, status, invalid, func(p *view.ProjectSettingsPage) {
			revision := c.Revision
			if status == http.StatusConflict {
				revision = p.Project.Revision
			}
			p.Input = view.ProjectInput{Name: c.Name, Summary: c.Summary, StartsOn: c.StartsOn, DueOn: c.DueOn, Contact: string(c.Contact), Revision: revision}
		})
	}
	if err != nil {
		return err
	}
	return done(w, r, "/projects/"+string(id)+"/settings", "saved")
}

func (s *Server) setStatus(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	id := portal.ProjectID(r.PathValue("project"))
	status, revision := portal.ProjectStatus(f.one("status")), f.number("revision")
	if err = f.err(); err == nil {
		err = me.SetStatus(r.Context(), id, status, revision)
	}
	if invalid, status, ok := refused(err); ok {
		return s.settingsAgain(w, r, me, status, invalid, func(*view.ProjectSettingsPage) {})
	}
	if err != nil {
		return err
	}
	return done(w, r, "/projects/"+string(id)+"/settings", "saved")
}

func (s *Server) setSections(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	id := portal.ProjectID(r.PathValue("project"))
	var set, on portal.Sections
	for _, n := range portal.SectionNames {
		switch f.one("section." + n.Name) {
		case "inherit":
		case "on":
			set, on = set|n.Section, on|n.Section
		case "off":
			set |= n.Section
		default:
			f.fail("section."+n.Name, "choice")
		}
	}
	revision := f.number("revision")
	if err = f.err(); err == nil {
		err = me.SetProjectSections(r.Context(), id, set, on, revision)
	}
	if invalid, status, ok := refused(err); ok {
		return s.settingsAgain(w, r, me, status, invalid, func(*view.ProjectSettingsPage) {})
	}
	if err != nil {
		return err
	}
	return done(w, r, "/projects/"+string(id)+"/settings", "saved")
}

func (s *Server) saveTemplate(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	id, name := portal.ProjectID(r.PathValue("project")), f.one("template")
	if err = f.err(); err == nil {
		_, err = portal.Once(me.SaveAsTemplate(r.Context(), id, name))
	}
	if invalid, status, ok := refused(err); ok {
		if why, ok := invalid["name"]; ok { // the page has two names
			delete(invalid, "name")
			invalid["template"] = why
		}
		return s.settingsAgain(w, r, me, status, invalid, func(p *view.ProjectSettingsPage) { p.Template = name })
	}
	if err != nil {
		return err
	}
	return done(w, r, "/projects/"+string(id)+"/settings", "template")
}

func (s *Server) sharePage(w http.ResponseWriter, r *http.Request, me *visit) error {
	in, err := s.inProject(r, me, "", 0)
	if err != nil {
		return err
	}
	p := view.SharePage{Within: in}
	if p.Preview, err = me.SharePreview(r.Context(), in.Project.ID); err != nil {
		return err
	}
	p.Preview.Audience.Shared = true // as it will be
	s.below(&p.Within, "", p.T("share.title", "client", in.Project.ClientName))
	return s.render(w, r, http.StatusOK, view.Share(p))
}

func (s *Server) shareProject(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	history := f.one("history")
	if history != "" && history != "now" && history != "all" {
		f.fail("history", "choice")
	}
	if err := f.err(); err != nil {
		return err
	}
	id := portal.ProjectID(r.PathValue("project"))
	if err := me.ShareProject(r.Context(), id, history == "all"); err != nil {
		return err
	}
	return done(w, r, "/projects/"+string(id), "project_shared")
}

func (s *Server) putOnProject(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	id := portal.ProjectID(r.PathValue("project"))
	who, role, shown := f.one("person"), f.one("role"), f.ticked("shown")
	if err = f.err(); err == nil {
		err = me.PutOnProject(r.Context(), id, portal.PersonID(who), role, shown)
	}
	if invalid, status, ok := refused(err); ok {
		in, err := s.inProject(r, me, "team", 0)
		if err != nil {
			return err
		}
		in.Invalid = invalid
		return s.renderProjectTeam(w, r, me, status, view.ProjectTeamPage{Within: in, Person: who, Role: role})
	}
	if err != nil {
		return err
	}
	return done(w, r, "/projects/"+string(id)+"/team", "saved")
}

func (s *Server) takeOffProject(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := noFields(r); err != nil {
		return err
	}
	id := portal.ProjectID(r.PathValue("project"))
	if err := me.TakeOffProject(r.Context(), id, portal.PersonID(r.PathValue("person"))); err != nil {
		return err
	}
	// Who takes themselves off may see nothing more of it.
	if _, err := me.Project(r.Context(), id); err != nil {
		return done(w, r, "/projects", "off_project")
	}
	return done(w, r, "/projects/"+string(id)+"/team", "off_project")
}
