package web

import (
	"net/http"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view"
)

func (s *Server) milestoneRoutes() []route {
	return []route{
		{"GET /projects/{project}/timeline", person, s.timeline},
		{"GET /projects/{project}/milestones", person, s.milestones},
		{"GET /milestones/{milestone}", person, s.milestonePage},
	}
}

func (s *Server) timeline(w http.ResponseWriter, r *http.Request, me *visit) error {
	in, err := s.inProject(r, me, "timeline", portal.SectionTimeline|portal.FieldDates)
	if err != nil {
		return err
	}
	p := view.TimelinePage{Within: in}
	if p.Timeline, err = me.Timeline(r.Context(), in.Project.ID); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, view.Timeline(p))
}

func (s *Server) milestones(w http.ResponseWriter, r *http.Request, me *visit) error {
	in, err := s.inProject(r, me, "milestones", portal.SectionMilestones)
	if err != nil {
		return err
	}
	p := view.MilestonesPage{Within: in}
	if p.Milestones, err = me.Milestones(r.Context(), in.Project.ID); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, view.Milestones(p))
}

func (s *Server) milestonePage(w http.ResponseWriter, r *http.Request, me *visit) error {
	ctx := r.Context()
	m, err := me.Milestone(ctx, portal.MilestoneID(r.PathValue("milestone")))
	if err != nil {
		return err
	}
	it, err := s.item(r, me, portal.ItemID(m.ID), m.Project, m.Audience, m.CreatedBy)
	if err != nil {
		return err
	}
	it.Title = m.Title
	p := view.MilestonePage{Item: it, Milestone: m, MayDelete: it.MayShow && !it.ReadOnly}
	has := it.Project.Sections.Has
	if has(portal.SectionDeliverables) {
		all, err := me.Deliverables(ctx, m.Project)
		if err != nil {
			return err
		}
		for _, d := range all {
			if d.Milestone == m.ID {
				p.Deliverables = append(p.Deliverables, d)
			}
		}
	}
	if has(portal.SectionTasks) {
		if p.Tasks, _, err = me.Tasks(ctx, m.Project, portal.TaskFilter{Milestone: m.ID}, portal.Page{Limit: 100}); err != nil {
			return err
		}
	}
	tab := ""
	if has(portal.SectionMilestones) {
		tab = "milestones"
	}
	s.below(&p.Within, tab, m.Title)
	return s.render(w, r, http.StatusOK, view.Milestone(p))
}
