package web

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view"
	"github.com/vitrine-portal/vitrine/internal/web/view/ui"
)

func (s *Server) homeRoutes() []route {
	return []route{
		{"GET /{$}", person, s.home},
		{"GET /needs", person, s.needs},
		{"GET /help", person, s.help},
		{"POST /visits/{place}", person, s.visited},
	}
}

// home is where everybody starts: the team at Today, a client person at their
// client, or at all of theirs.
func (s *Server) home(w http.ResponseWriter, r *http.Request, me *visit) error {
	switch {
	case me.Self.Role != "":
		return s.today(w, r, me)
	case len(me.Self.Clients) == 0:
		return s.nowhere(w, r, me)
	case len(me.Self.Clients) == 1:
		return s.clientHome(w, r, me, me.Self.Clients[0].ID)
	}
	return s.clientHome(w, r, me, "")
}

// nowhere is for a person whom no client lets in: perhaps for now.
func (s *Server) nowhere(w http.ResponseWriter, r *http.Request, me *visit) error {
	paused, err := me.Paused(r.Context())
	if err != nil {
		return err
	}
	p := view.FailurePage{Page: s.page(me, "home")}
	p.Title, p.Text = p.T("home.none.title"), p.T("home.none.text", "workspace", me.Brand.Name)
	if len(paused) > 0 {
		p.Title, p.Text = p.T("error.paused.title", "workspace", me.Brand.Name), p.T("error.paused.text", "workspace", me.Brand.Name)
	}
	p.Home = ui.Link{Label: p.T("nav.profile"), Href: "/profile"}
	s.setTitle(&p.Page, p.Title)
	return s.render(w, r, http.StatusOK, view.Failure(p))
}

const (
	needsOnHome    = 5
	projectsOnHome = 6  // of one client
	clientsOnHome  = 5  // whose projects stand there, each under its name
	newsOnHome     = 25 // of which several may be told in one sentence
)

// clientHome is the home of a client's person: of one client, or of all theirs
// when none is named.
func (s *Server) clientHome(w http.ResponseWriter, r *http.Request, me *visit, id portal.ClientID) error {
	ctx := r.Context()
	p := view.HomePage{Page: s.page(me, "home"), Workspace: me.Brand.Name, Name: me.Person.Name, Client: id}
	if me.Viewing != nil {
		p.Name = me.Viewing.Name
	}
	news := id // is of one client, always
	var err error
	if id != "" {
		c, err := me.Greeting(ctx, id)
		if err != nil {
			return err
		}
		p.ClientName, p.Contact, p.Welcome = c.Name, c.Contact, c.Welcome
		p.MayWrite = me.Self.Messages && c.Can(portal.SendMessage) && !p.ReadOnly
		under(&p.Page, me, id)
	} else {
		if news, err = whose(r, me); err != nil {
			return err
		}
		chooses(&p.Page, me, news, r.URL.Path, url.Values{})
		p.Several = true
	}
	if p.Needs, err = me.Needs(ctx, id, needsOnHome+1); err != nil {
		return err
	}
	switch p.NeedsInAll = len(p.Needs); {
	case p.NeedsInAll <= needsOnHome:
	case id == "" || len(me.Self.Clients) == 1: // as the bell counts them
		p.NeedsInAll = p.Shell.Client.Needs
	default:
		if p.NeedsInAll, err = me.CountNeeds(ctx, id); err != nil {
			return err
		}
	}
	of := []portal.ClientName{{ID: id}}
	if id == "" {
		of = me.Self.Clients[:min(len(me.Self.Clients), clientsOnHome)]
	}
	for _, c := range of {
		projects, _, err := me.Projects(ctx, portal.ProjectFilter{Client: c.ID}, portal.Page{Limit: projectsOnHome})
		if err != nil {
			return err
		}
		p.Projects = append(p.Projects, projects...)
	}
	ids := make([]portal.ProjectID, len(p.Projects))
	for i, pr := range p.Projects {
		ids[i] = pr.ID
	}
	if p.Summaries, err = me.ProjectSummaries(ctx, ids...); err != nil {
		return err
	}
	since, err := me.LastVisit(ctx, string(news))
	if err != nil {
		return err
	}
	if p.News, err = me.Recent(ctx, news, since, newsOnHome); err != nil {
		return err
	}
	if p.Office, err = me.Office(ctx); err != nil {
		return err
	}
	p.StateWords = p.Office.StateWords
	if p.Looked, err = me.HasLooked(ctx); err != nil {
		return err
	}
	p.Profiled = me.Person.TimeZone != ""
	setVisit(&p.Page, "/visits/"+string(news))
	s.setTitle(&p.Page, p.T("nav.home"))
	return s.render(w, r, http.StatusOK, view.Home(p))
}

// needed counts what needs somebody, for the bell; a page is worth more than the
// count.
func (s *Server) needed(ctx context.Context, me *visit) (n int) {
	var err error
	if me.Self.Role != "" {
		n, err = me.CountTeamNeeds(ctx, me.today())
	} else {
		n, err = me.CountNeeds(ctx, "")
	}
	s.missed(ctx, "counting what needs somebody", err)
	return n
}

// held counts the mails that wait for somebody who administers to look at them.
func (s *Server) held(ctx context.Context, me *visit) int {
	n, err := me.IncomingHeldCount(ctx)
	s.missed(ctx, "counting mails that are held", err)
	return n
}

// missed notes that what stands beside a page could not be read; the page comes
// without it.
func (s *Server) missed(ctx context.Context, what string, err error) {
	if err != nil && ctx.Err() == nil {
		s.Log.LogAttrs(ctx, slog.LevelError, what, slog.Any("err", err))
	}
}

// needs lists all that needs the visitor.
func (s *Server) needs(w http.ResponseWriter, r *http.Request, me *visit) error {
	if me.Self.Role != "" {
		return seeOther(w, r, "/")
	}
	p := view.NeedsPage{Page: s.page(me, "home"), Workspace: me.Brand.Name}
	var err error
	if p.Needs, err = me.Needs(r.Context(), "", 100); err != nil {
		return err
	}
	s.setTitle(&p.Page, p.T("home.needs"))
	return s.render(w, r, http.StatusOK, view.NeedsAll(p))
}

// visited notes that a page was looked at; the page says so when it was.
func (s *Server) visited(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := me.Visited(r.Context(), r.PathValue("place")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
