package web

import (
	"net/http"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view"
)

func (s *Server) updateRoutes() []route {
	return []route{
		{"GET /projects/{project}/updates", person, s.updates},
		{"GET /updates/{update}", person, s.updatePage},
	}
}

const updatesOnPage = 10

func (s *Server) updates(w http.ResponseWriter, r *http.Request, me *visit) error {
	in, err := s.inProject(r, me, "updates", portal.SectionUpdates)
	if err != nil {
		return err
	}
	p := view.UpdatesPage{Within: in}
	var next string
	if p.Updates, next, err = me.Updates(r.Context(), in.Project.ID, pageOf(r, updatesOnPage)); err != nil {
		return err
	}
	p.Newest, p.Older = pages(r, next)
	return s.render(w, r, http.StatusOK, view.Updates(p))
}

func (s *Server) updatePage(w http.ResponseWriter, r *http.Request, me *visit) error {
	u, err := me.Update(r.Context(), portal.UpdateID(r.PathValue("update")))
	if err != nil {
		return err
	}
	it, err := s.item(r, me, portal.ItemID(u.ID), u.Project, u.Audience, u.Author)
	if err != nil {
		return err
	}
	it.Title = it.T("update.one")
	s.below(&it.Within, "updates", it.Title)
	return s.render(w, r, http.StatusOK, view.Update(view.UpdatePage{Item: it, Update: u}))
}
