package web

import (
	"net/http"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view"
)

func (s *Server) deliverableRoutes() []route {
	return []route{
		{"GET /projects/{project}/deliverables", person, s.deliverables},
		{"GET /deliverables/{deliverable}", person, s.deliverablePage},
	}
}

func (s *Server) deliverables(w http.ResponseWriter, r *http.Request, me *visit) error {
	in, err := s.inProject(r, me, "deliverables", portal.SectionDeliverables)
	if err != nil {
		return err
	}
	p := view.DeliverablesPage{Within: in}
	if p.Deliverables, err = me.Deliverables(r.Context(), in.Project.ID); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, view.Deliverables(p))
}

func (s *Server) deliverablePage(w http.ResponseWriter, r *http.Request, me *visit) error {
	d, err := me.Deliverable(r.Context(), portal.DeliverableID(r.PathValue("deliverable")))
	if err != nil {
		return err
	}
	return s.renderDeliverable(w, r, me, http.StatusOK, d, view.DeliverablePage{})
}

// renderDeliverable draws a deliverable; p holds what was typed when a form
// came back.
func (s *Server) renderDeliverable(w http.ResponseWriter, r *http.Request, me *visit, status int, d portal.Deliverable, p view.DeliverablePage) error {
	ctx := r.Context()
	invalid := p.Invalid
	it, err := s.item(r, me, portal.ItemID(d.ID), d.Project, d.Audience, d.CreatedBy)
	if err != nil {
		return err
	}
	p.Item, p.Deliverable = it, d
	p.Title, p.Invalid = d.Title, invalid
	p.MayDelete = it.MayShow && !it.ReadOnly && d.State != portal.StateInReview && !d.State.Accepted()
	if p.Links, err = me.Links(ctx, d.ID); err != nil {
		return err
	}
	if it.Project.Team() && it.Project.Can(portal.Contribute) {
		all, err := me.Deliverables(ctx, d.Project)
		if err != nil {
			return err
		}
		for _, x := range all {
			p.Order = append(p.Order, string(x.ID))
		}
	}
	s.below(&p.Within, "deliverables", d.Title)
	return s.render(w, r, status, view.Deliverable(p))
}
