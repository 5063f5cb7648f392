package web

import (
	"net/http"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view"
)

const newsOnToday = 12

// today is the team's start: what needs them, over all clients.
func (s *Server) today(w http.ResponseWriter, r *http.Request, me *visit) error {
	ctx := r.Context()
	everything := r.URL.Query().Get("all") == "1"
	desk, err := me.Today(ctx, me.today(), everything)
	if err != nil {
		return err
	}
	if !everything {
		me.needed = func() int { return len(desk.NeedsUs) }
	}
	p := view.TodayPage{Page: s.page(me, "today"), Workspace: me.Brand.Name, Everything: everything, Role: me.Self.Role,
		MayAdd: me.Self.Rights.Has(portal.Manage), Desk: desk}
	since, err := me.LastVisit(ctx, "today")
	if err != nil {
		return err
	}
	if week := me.Now.AddDate(0, 0, -7); since.After(week) {
		since = week
	}
	if p.News, err = me.RecentHere(ctx, since, newsOnToday); err != nil {
		return err
	}
	if p.MayAdd && len(p.News) == 0 {
		clients, _, err := me.Clients(ctx, portal.ClientFilter{}, portal.Page{Limit: 1})
		if err != nil {
			return err
		}
		p.First = len(clients) == 0
	}
	if me.Self.Rights.Has(portal.Administer) {
		if p.Back, err = me.HeldMails(ctx); err != nil {
			return err
		}
		if p.Held, err = me.IncomingHeldCount(ctx); err != nil {
			return err
		}
		me.held = func() int { return p.Held }
	}
	if s.Strays != nil && me.Self.Rights.Has(portal.Administer) {
		p.Strays = s.Strays()
	}
	p.Shell.Team.Visit = "/visits/today"
	s.setTitle(&p.Page, p.T("nav.today"))
	return s.render(w, r, http.StatusOK, view.Today(p))
}
