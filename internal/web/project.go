package web

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view"
	"github.com/vitrine-portal/vitrine/internal/web/view/ui"
)

// projectRoutes are the pages of projects and of what is in them. Both sides
// have the same addresses; the portal says what each sees there.
func (s *Server) projectRoutes() []route {
	return slices.Concat(
		[]route{
			{"GET /projects", person, s.projects},
			{"GET /projects/{project}", person, s.projectPage},
			{"GET /projects/{project}/team", person, s.projectTeam},
			{"GET /projects/{project}/activity", person, s.projectActivity},
		},
		s.projectSettingsRoutes(),
		s.updateRoutes(),
		s.milestoneRoutes(),
		s.taskRoutes(),
		s.deliverableRoutes(),
		s.itemRoutes(),
		s.folderRoutes(),
		s.fileRoutes(),
		s.attachmentRoutes(),
		s.fileRequestRoutes(),
		s.shareLinkRoutes(),
	)
}

// within loads the project that a page is in, and the page's frame. Tab names
// the part of the project that is shown.
func (s *Server) within(r *http.Request, me *visit, id portal.ProjectID, tab string) (view.Within, error) {
	var p view.Within
	project, err := me.Project(r.Context(), id)
	if err != nil {
		return p, err
	}
	summary, err := me.Summary(r.Context(), id)
	p = view.Within{Page: s.page(me, "projects"), Project: project, Summary: summary, Tab: tab, Me: me.Scope.Person(), Name: me.Brand.Name}
	under(&p.Page, me, project.Client)
	if err == nil {
		err = s.stateWords(r, me, &p.Page)
	}
	title := project.Name
	crumbs := []ui.Link{{Label: p.T("nav.projects"), Href: "/projects"}, {Label: project.Name}}
	switch tab {
	case "", "overview":
	case "settings":
		title = p.T("nav.settings")
	default:
		title = p.T("section." + tab)
	}
	if title != project.Name {
		crumbs[1].Href = "/projects/" + string(id)
		crumbs = append(crumbs, ui.Link{Label: title})
		title += " · " + project.Name
	}
	s.setTitle(&p.Page, title)
	setCrumbs(&p.Page, crumbs...)
	return p, err
}

// stateWords gives a page of clients' the workspace's own words for the states
// of projects; the team has everybody's.
func (s *Server) stateWords(r *http.Request, me *visit, p *view.Page) error {
	if p.Shell.Team != nil {
		return nil
	}
	o, err := me.Office(r.Context())
	p.StateWords = o.StateWords
	return err
}

// inProject is within for a page whose address names the project, and whose
// part the reader must be shown.
func (s *Server) inProject(r *http.Request, me *visit, tab string, needs portal.Sections) (view.Within, error) {
	p, err := s.within(r, me, portal.ProjectID(r.PathValue("project")), tab)
	if err == nil && !p.Project.Sections.Has(needs) {
		err = portal.ErrNotFound
	}
	return p, err
}

// below says where an item's or a form's page is.
func (s *Server) below(p *view.Within, tab, title string) {
	at := "/projects/" + string(p.Project.ID)
	crumbs := []ui.Link{{Label: p.T("nav.projects"), Href: "/projects"}, {Label: p.Project.Name, Href: at}}
	if tab != "" {
		crumbs = append(crumbs, ui.Link{Label: p.T("section." + tab), Href: at + "/" + tab})
	}
	s.setTitle(&p.Page, title+" · "+p.Project.Name)
	setCrumbs(&p.Page, append(crumbs, ui.Link{Label: title})...)
}

func setCrumbs(p *view.Page, crumbs ...ui.Link) {
	switch {
	case p.Shell.Client != nil:
		p.Shell.Client.Crumbs = crumbs
	case p.Shell.Team != nil:
		p.Shell.Team.Crumbs = crumbs
	}
}

// setVisit notes a visit to the page once it was on the screen.
func setVisit(p *view.Page, address string) {
	switch {
	case p.ReadOnly:
	case p.Shell.Client != nil:
		p.Shell.Client.Visit = address
	case p.Shell.Team != nil:
		p.Shell.Team.Visit = address
	}
}

// pageOf reads which part of a list is asked for.
func pageOf(r *http.Request, limit int) portal.Page {
	return portal.Page{After: r.URL.Query().Get("after"), Limit: limit}
}

// pages are the links to the first and the next part of a list, at this
// address and with its filters.
func pages(r *http.Request, next string) (newest, older string) {
	q := r.URL.Query()
	to := func(after string) string {
		q := url.Values{}
		for k, v := range r.URL.Query() {
			if k != "after" && k != "done" && k != "of" {
				q[k] = v
			}
		}
		if after != "" {
			q.Set("after", after)
		}
		if len(q) == 0 {
			return r.URL.Path
		}
		return r.URL.Path + "?" + q.Encode()
	}
	if q.Get("after") != "" {
		newest = to("")
	}
	if next != "" {
		older = to(next)
	}
	return newest, older
}

const (
	projectsOnTable = 50
	projectsOnCards = 24
)

func (s *Server) projects(w http.ResponseWriter, r *http.Request, me *visit) error {
	q := r.URL.Query()
	f := portal.ProjectFilter{Query: q.Get("q"), Client: portal.ClientID(q.Get("client")), Archived: q.Get("archived") == "1"}
	if st := portal.ProjectStatus(q.Get("status")); slices.Contains(portal.Statuses, st) {
		f.Status = st
	}
	p := view.ProjectsPage{Page: s.page(me, "projects"), Name: me.Brand.Name, Query: f.Query, Status: f.Status, Client: f.Client, Archived: f.Archived}
	p.Team = p.Shell.Team != nil
	p.Filtered = f.Query != "" || f.Status != "" || f.Client != ""
	p.New = p.Team && me.Self.Rights.Has(portal.Manage)
	limit := projectsOnCards
	if p.Team {
		limit = projectsOnTable
	}
	projects, next, err := me.Projects(r.Context(), f, pageOf(r, limit))
	if err != nil {
		return err
	}
	ids := make([]portal.ProjectID, len(projects))
	for i, x := range projects {
		ids[i] = x.ID
	}
	if p.Summaries, err = me.ProjectSummaries(r.Context(), ids...); err != nil {
		return err
	}
	if err := s.stateWords(r, me, &p.Page); err != nil {
		return err
	}
	p.Projects = projects
	p.Newest, p.Older = pages(r, next)
	s.setTitle(&p.Page, p.T("nav.projects"))
	return s.render(w, r, http.StatusOK, view.Projects(p))
}

// What an overview shows of each part; the part's own page has the rest.
const (
	needsOnOverview  = 5
	eventsOnOverview = 6
	filesOnOverview  = 4
)

func (s *Server) projectPage(w http.ResponseWriter, r *http.Request, me *visit) error {
	ctx := r.Context()
	in, err := s.inProject(r, me, "overview", 0)
	if err != nil {
		return err
	}
	p := view.ProjectPage{Within: in}
	if p.Muted, err = me.Muted(ctx, in.Project.ID); err != nil {
		return err
	}
	id, has := in.Project.ID, in.Project.Sections.Has
	if has(portal.SectionUpdates) {
		updates, _, err := me.Updates(ctx, id, portal.Page{Limit: 1})
		if err != nil {
			return err
		}
		if len(updates) > 0 {
			p.Latest = &updates[0]
			if in.Project.Team() {
				if p.Seen, err = me.SeenBy(ctx, portal.ItemID(p.Latest.ID)); err != nil {
					return err
				}
			}
		}
	}
	if has(portal.SectionMilestones) {
		if p.Milestones, err = me.Milestones(ctx, id); err != nil {
			return err
		}
	}
	if has(portal.SectionDeliverables) {
		if p.Deliverables, err = me.Deliverables(ctx, id); err != nil {
			return err
		}
		if p.Thumbs, err = thumbs(ctx, me, p.Deliverables); err != nil {
			return err
		}
	}
	if has(portal.SectionFiles) {
		if p.Files, p.Pinned, err = me.QuickFiles(ctx, in.Project, filesOnOverview); err != nil {
			return err
		}
	}
	if has(portal.SectionTeam | portal.FieldTeamNames) {
		if p.Team, err = me.ProjectTeam(ctx, id); err != nil {
			return err
		}
	}
	if has(portal.SectionActivity) {
		if p.Events, _, err = me.ProjectActivity(ctx, id, portal.Page{Limit: eventsOnOverview}); err != nil {
			return err
		}
	}
	if !in.Project.Team() && in.Summary.WithThem > 0 {
		if p.Needs, err = me.ProjectNeeds(ctx, id, needsOnOverview); err != nil {
			return err
		}
	}
	if in.Project.Team() {
		if p.Requests, err = me.OpenFileRequests(ctx, id); err != nil {
			return err
		}
	}
	setVisit(&p.Page, "/visits/"+string(id))
	return s.render(w, r, http.StatusOK, view.Project(p))
}

func (s *Server) projectTeam(w http.ResponseWriter, r *http.Request, me *visit) error {
	in, err := s.inProject(r, me, "team", portal.SectionTeam|portal.FieldTeamNames)
	if err != nil {
		return err
	}
	return s.renderProjectTeam(w, r, me, http.StatusOK, view.ProjectTeamPage{Within: in})
}

func (s *Server) renderProjectTeam(w http.ResponseWriter, r *http.Request, me *visit, status int, p view.ProjectTeamPage) error {
	var err error
	if p.Team, err = me.ProjectTeam(r.Context(), p.Project.ID); err != nil {
		return err
	}
	if p.Project.Team() && p.Project.Can(portal.Manage) {
		all, err := me.Team(r.Context())
		if err != nil {
			return err
		}
		for _, m := range all {
			here := slices.ContainsFunc(p.Team, func(x portal.ProjectMember) bool { return x.Person == m.Person })
			if !here && m.State == portal.MemberActive {
				p.Others = append(p.Others, m)
			}
		}
	}
	return s.render(w, r, status, view.ProjectTeam(p))
}

const eventsOnPage = 50

func (s *Server) projectActivity(w http.ResponseWriter, r *http.Request, me *visit) error {
	in, err := s.inProject(r, me, "activity", portal.SectionActivity)
	if err != nil {
		return err
	}
	p := view.ProjectActivityPage{Within: in}
	var next string
	if p.Events, next, err = me.ProjectActivity(r.Context(), in.Project.ID, pageOf(r, eventsOnPage)); err != nil {
		return err
	}
	p.Newest, p.Older = pages(r, next)
	return s.render(w, r, http.StatusOK, view.ProjectActivity(p))
}
