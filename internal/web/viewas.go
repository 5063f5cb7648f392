package web

import (
	"net/http"
	"net/url"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view"
	"github.com/vitrine-portal/vitrine/internal/web/view/ui"
)

// viewAs shows the portal as a client user sees it, until it is stopped.
func (s *Server) viewAs(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := noFields(r); err != nil {
		return err
	}
	id := portal.ClientUserID(r.PathValue("id"))
	if _, err := me.ViewAs(r.Context(), id); err != nil {
		return err
	}
	if err := s.Accounts.ViewAs(r.Context(), me.Session, string(id)); err != nil {
		return err
	}
	return seeOther(w, r, "/")
}

// stopViewing leads back to where the viewing began.
func (s *Server) stopViewing(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := noFields(r); err != nil {
		return err
	}
	if me.Viewing == nil {
		return seeOther(w, r, "/")
	}
	if err := s.Accounts.ViewAs(r.Context(), me.Session, ""); err != nil {
		return err
	}
	return seeOther(w, r, "/clients/"+string(me.Viewing.ClientID)+"/access?done=viewing&as="+string(me.Viewing.User))
}

// visiblePage lists everything a client user can see.
func (s *Server) visiblePage(w http.ResponseWriter, r *http.Request, me *visit) error {
	u, c, err := s.managedUser(r, me)
	if err != nil {
		return err
	}
	p := view.VisiblePage{Page: s.page(me, "clients"), User: u, Client: c}
	var next string
	if p.Items, next, err = me.Visible(r.Context(), u.ID, portal.Page{After: r.URL.Query().Get("after")}); err != nil {
		return err
	}
	if next != "" {
		p.Next = r.URL.Path + "?after=" + url.QueryEscape(next)
	}
	p.Shell.Team.Crumbs = []ui.Link{{Label: p.T("nav.clients"), Href: "/clients"}, {Label: c.Name, Href: "/clients/" + string(c.ID)}, {Label: p.T("client.tab.access"), Href: "/clients/" + string(c.ID) + "/access"}, {Label: u.Name}}
	s.setTitle(&p.Page, p.T("visible.title", "person", u.Name))
	return s.render(w, r, http.StatusOK, view.Visible(p))
}
