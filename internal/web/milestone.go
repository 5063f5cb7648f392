package web

import (
	"net/http"
	"strconv"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view"
	"github.com/vitrine-portal/vitrine/internal/web/view/ui"
)

func (s *Server) milestoneRoutes() []route {
	return []route{
		{"GET /projects/{project}/timeline", person, s.timeline},
		{"GET /projects/{project}/milestones", person, s.milestones},
		{"GET /projects/{project}/milestones/new", team, s.newMilestone},
		{"POST /projects/{project}/milestones", team, s.addMilestone},
		{"GET /milestones/{id}", person, s.milestonePage},
		{"GET /milestones/{id}/edit", team, s.editMilestone},
		{"POST /milestones/{id}", team, s.changeMilestone},
		{"POST /milestones/{id}/reach", team, act(milestonePath, "reached", func(me *visit, r *http.Request, id string) error {
			return me.ReachMilestone(r.Context(), portal.MilestoneID(id))
		})},
		{"POST /milestones/{id}/reopen", team, act(milestonePath, "reopened", func(me *visit, r *http.Request, id string) error {
			return me.ReopenMilestone(r.Context(), portal.MilestoneID(id))
		})},
		{"POST /milestones/{id}/move", team, s.moveMilestone},
		{"POST /milestones/{id}/delete", team, s.deleteMilestone},
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
	m, err := me.Milestone(ctx, portal.MilestoneID(r.PathValue("id")))
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
	var next string
	if p.Signoffs.All, next, err = me.SubjectSignoffs(ctx, string(m.ID), portal.Page{Limit: beside}); err != nil {
		return err
	}
	p.Signoffs.Older = goesOnOf("signoffs", next, m.Project, string(m.ID))
	p.MayDelete = p.MayDelete && len(p.Signoffs.All) == 0
	tab := ""
	if has(portal.SectionMilestones) {
		tab = "milestones"
	}
	s.below(&p.Within, tab, m.Title)
	return s.render(w, r, http.StatusOK, view.Milestone(p))
}

func milestonePath(id string) string { return "/milestones/" + id }

func (s *Server) newMilestone(w http.ResponseWriter, r *http.Request, me *visit) error {
	in, err := s.inProject(r, me, "milestones", 0)
	if err != nil {
		return err
	}
	return s.renderMilestoneForm(w, r, me, http.StatusOK, view.MilestoneForm{Within: in, Turn: string(portal.Team)})
}

func (s *Server) renderMilestoneForm(w http.ResponseWriter, r *http.Request, me *visit, status int, p view.MilestoneForm) error {
	if !p.Project.Can(portal.Contribute) {
		return portal.ErrForbidden
	}
	title := p.T("milestone.edit")
	if p.ID == "" {
		title = p.T("milestone.add")
		var err error
		if p.Audience, err = me.AudiencePreview(r.Context(), p.Project.ID, "milestone"); err != nil {
			return err
		}
	}
	s.below(&p.Within, "milestones", title)
	return s.render(w, r, status, view.EditMilestone(p))
}

func (s *Server) addMilestone(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	n := portal.NewMilestone{Title: f.one("title"), Body: f.one("body"), StartsOn: f.one("starts_on"), DueOn: f.one("due_on"),
		Turn: portal.Side(f.one("turn")), Audience: portal.Side(f.one("audience"))}
	project := portal.ProjectID(r.PathValue("project"))
	var id portal.MilestoneID
	if err = f.err(); err == nil {
		id, err = portal.Once(me.AddMilestone(r.Context(), project, n))
	}
	if invalid, status, ok := refused(err); ok {
		in, err := s.within(r, me, project, "milestones")
		if err != nil {
			return err
		}
		in.Invalid = invalid
		return s.renderMilestoneForm(w, r, me, status, view.MilestoneForm{Within: in, Title: n.Title, Body: n.Body, StartsOn: n.StartsOn, DueOn: n.DueOn, Turn: string(n.Turn)})
	}
	if err != nil {
		return err
	}
	return done(w, r, milestonePath(string(id)), "added")
}

// milestoneForm is a milestone as its form shows it.
func milestoneForm(in view.Within, m portal.Milestone) view.MilestoneForm {
	p := view.MilestoneForm{Within: in, ID: m.ID, Title: m.Title, Body: m.Body, StartsOn: m.StartsOn, DueOn: m.DueOn, Revision: strconv.FormatInt(m.Revision, 10)}
	if m.Audience == portal.ClientSide && m.PlannedOn != "" {
		p.Was = m.DueOn
	}
	return p
}

func (s *Server) editMilestone(w http.ResponseWriter, r *http.Request, me *visit) error {
	m, err := me.Milestone(r.Context(), portal.MilestoneID(r.PathValue("id")))
	if err != nil {
		return err
	}
	in, err := s.within(r, me, m.Project, "")
	if err != nil {
		return err
	}
	return s.renderMilestoneForm(w, r, me, http.StatusOK, milestoneForm(in, m))
}

func (s *Server) changeMilestone(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	id := portal.MilestoneID(r.PathValue("id"))
	c := portal.MilestoneChange{Title: f.one("title"), Body: f.one("body"), StartsOn: f.one("starts_on"), DueOn: f.one("due_on"), Reason: f.one("reason"), Revision: f.number("revision")}
	if err = f.err(); err == nil {
		err = me.ChangeMilestone(r.Context(), id, c)
	}
	if invalid, status, ok := refused(err); ok {
		m, err := me.Milestone(r.Context(), id)
		if err != nil {
			return err
		}
		in, err := s.within(r, me, m.Project, "")
		if err != nil {
			return err
		}
		in.Invalid = invalid
		p := milestoneForm(in, m)
		if status == http.StatusConflict {
			p.Conflict = []ui.Fact{{Key: p.T("item.title"), Value: m.Title}, {Key: p.T("milestone.starts_on"), Value: m.StartsOn}, {Key: p.T("milestone.due_on"), Value: m.DueOn}, {Key: p.T("item.body"), Value: m.Body}}
		} else {
			p.Revision = strconv.FormatInt(c.Revision, 10)
		}
		p.Title, p.Body, p.StartsOn, p.DueOn, p.Reason = c.Title, c.Body, c.StartsOn, c.DueOn, c.Reason
		return s.renderMilestoneForm(w, r, me, status, p)
	}
	if err != nil {
		return err
	}
	return done(w, r, milestonePath(string(id)), "saved")
}

func (s *Server) moveMilestone(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := noFields(r); err != nil {
		return err
	}
	m, err := me.Milestone(r.Context(), portal.MilestoneID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if err := me.MoveMilestone(r.Context(), m.ID, portal.MilestoneID(moveAfter(r))); err != nil {
		return err
	}
	return seeOther(w, r, "/projects/"+string(m.Project)+"/milestones")
}

func (s *Server) deleteMilestone(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := noFields(r); err != nil {
		return err
	}
	m, err := me.Milestone(r.Context(), portal.MilestoneID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if err := me.DeleteMilestone(r.Context(), m.ID); err != nil {
		return err
	}
	return done(w, r, "/projects/"+string(m.Project)+"/milestones", "deleted")
}
