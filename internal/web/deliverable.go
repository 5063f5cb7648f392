package web

import (
	"context"
	"net/http"
	"strconv"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view"
	"github.com/vitrine-portal/vitrine/internal/web/view/ui"
)

func (s *Server) deliverableRoutes() []route {
	return []route{
		{"GET /projects/{project}/deliverables", person, s.deliverables},
		{"GET /projects/{project}/deliverables/new", team, s.newDeliverable},
		{"POST /projects/{project}/deliverables", team, s.addDeliverable},
		{"GET /deliverables/{id}", person, s.deliverablePage},
		{"GET /deliverables/{id}/edit", team, s.editDeliverable},
		{"POST /deliverables/{id}", team, s.changeDeliverable},
		{"POST /deliverables/{id}/links", team, s.addLink},
		{"POST /links/{id}/delete", team, s.removeLink},
		{"POST /deliverables/{id}/move", team, s.moveDeliverable},
		{"POST /deliverables/{id}/delete", team, s.deleteDeliverable},
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
	if p.Thumbs, err = thumbs(r.Context(), me, p.Deliverables); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, view.Deliverables(p))
}

// thumbs are addresses of small pictures of what is in deliverables: of the
// first file in each that has one.
func thumbs(ctx context.Context, me *visit, all []portal.Deliverable) (map[portal.DeliverableID]string, error) {
	ids := make([]portal.ItemID, len(all))
	for i, d := range all {
		ids[i] = portal.ItemID(d.ID)
	}
	attached, err := me.Attachments(ctx, ids...)
	pictures := map[portal.DeliverableID]string{}
	for _, a := range attached {
		if id := portal.DeliverableID(a.Item); pictures[id] == "" {
			pictures[id] = view.Thumb(a.File.Version)
		}
	}
	return pictures, err
}

func (s *Server) deliverablePage(w http.ResponseWriter, r *http.Request, me *visit) error {
	d, err := me.Deliverable(r.Context(), portal.DeliverableID(r.PathValue("id")))
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
	pg, next := portal.Page{Limit: beside}, ""
	if p.Approvals.All, next, err = me.DeliverableApprovals(ctx, d.ID, pg); err != nil {
		return err
	}
	p.Approvals.Older = goesOnOf("approvals", next, d.Project, string(d.ID))
	if p.Outgrown, err = me.Outgrown(ctx, it.Project, d); err != nil {
		return err
	}
	if p.Approved, err = me.ApprovedIn(ctx, d.ID); err != nil {
		return err
	}
	if p.Signoffs.All, next, err = me.SubjectSignoffs(ctx, string(d.ID), pg); err != nil {
		return err
	}
	p.Signoffs.Older = goesOnOf("signoffs", next, d.Project, string(d.ID))
	if p.Revisions.All, next, err = me.DeliverableRevisions(ctx, d.ID, pg); err != nil {
		return err
	}
	p.Revisions.Older = goesOnOf("revisions", next, d.Project, string(d.ID))
	p.MayDelete = p.MayDelete && len(p.Approvals.All) == 0 && len(p.Signoffs.All) == 0
	if err := s.attached(r, me, &p.Item); err != nil {
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

func deliverablePath(id string) string { return "/deliverables/" + id }

func (s *Server) newDeliverable(w http.ResponseWriter, r *http.Request, me *visit) error {
	in, err := s.inProject(r, me, "deliverables", 0)
	if err != nil {
		return err
	}
	return s.renderDeliverableForm(w, r, me, http.StatusOK, view.DeliverableForm{Within: in})
}

func (s *Server) renderDeliverableForm(w http.ResponseWriter, r *http.Request, me *visit, status int, p view.DeliverableForm) error {
	ctx := r.Context()
	if !p.Project.Can(portal.Contribute) {
		return portal.ErrForbidden
	}
	var err error
	if p.Milestones, err = me.Milestones(ctx, p.Project.ID); err != nil {
		return err
	}
	if p.People, err = me.AssignablePeople(ctx, p.Project.ID, portal.Team); err != nil {
		return err
	}
	title := p.T("deliverable.edit")
	if p.ID == "" {
		title = p.T("deliverable.add")
		if p.Audience, err = me.AudiencePreview(ctx, p.Project.ID, "deliverable"); err != nil {
			return err
		}
	}
	s.below(&p.Within, "deliverables", title)
	return s.render(w, r, status, view.EditDeliverable(p))
}

// readDeliverable reads the fields of the form; rounds stays as it was typed.
func readDeliverable(f *form) (c portal.DeliverableChange, rounds string) {
	rounds = f.one("rounds")
	return portal.DeliverableChange{Title: f.one("title"), Body: f.one("body"), Milestone: portal.MilestoneID(f.one("milestone")),
		Owner: portal.PersonID(f.one("owner")), DueOn: f.one("due_on"), Rounds: int(f.number("rounds"))}, rounds
}

func deliverableForm(in view.Within, id portal.DeliverableID, c portal.DeliverableChange, rounds string) view.DeliverableForm {
	return view.DeliverableForm{Within: in, ID: id, Title: c.Title, Body: c.Body, Milestone: string(c.Milestone), Owner: string(c.Owner), DueOn: c.DueOn,
		Rounds: rounds, Revision: strconv.FormatInt(c.Revision, 10)}
}

func (s *Server) addDeliverable(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	c, rounds := readDeliverable(f)
	n := portal.NewDeliverable{Title: c.Title, Body: c.Body, Milestone: c.Milestone, Owner: c.Owner, DueOn: c.DueOn, Rounds: c.Rounds, Audience: portal.Side(f.one("audience"))}
	project := portal.ProjectID(r.PathValue("project"))
	var id portal.DeliverableID
	if err = f.err(); err == nil {
		id, err = portal.Once(me.AddDeliverable(r.Context(), project, n))
	}
	if invalid, status, ok := refused(err); ok {
		in, err := s.within(r, me, project, "deliverables")
		if err != nil {
			return err
		}
		in.Invalid = invalid
		return s.renderDeliverableForm(w, r, me, status, deliverableForm(in, "", c, rounds))
	}
	if err != nil {
		return err
	}
	return done(w, r, deliverablePath(string(id)), "added")
}

func roundsWord(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func (s *Server) editDeliverable(w http.ResponseWriter, r *http.Request, me *visit) error {
	d, err := me.Deliverable(r.Context(), portal.DeliverableID(r.PathValue("id")))
	if err != nil {
		return err
	}
	in, err := s.within(r, me, d.Project, "")
	if err != nil {
		return err
	}
	c := portal.DeliverableChange{Title: d.Title, Body: d.Body, Milestone: d.Milestone, Owner: d.Owner, DueOn: d.DueOn, Revision: d.Revision}
	return s.renderDeliverableForm(w, r, me, http.StatusOK, deliverableForm(in, d.ID, c, roundsWord(d.Rounds)))
}

func (s *Server) changeDeliverable(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	id := portal.DeliverableID(r.PathValue("id"))
	c, rounds := readDeliverable(f)
	c.Revision = f.number("revision")
	if err = f.err(); err == nil {
		err = me.ChangeDeliverable(r.Context(), id, c)
	}
	if invalid, status, ok := refused(err); ok {
		d, err := me.Deliverable(r.Context(), id)
		if err != nil {
			return err
		}
		in, err := s.within(r, me, d.Project, "")
		if err != nil {
			return err
		}
		in.Invalid = invalid
		p := deliverableForm(in, id, c, rounds)
		if status == http.StatusConflict {
			p.Revision = strconv.FormatInt(d.Revision, 10)
			p.Conflict = []ui.Fact{{Key: p.T("item.title"), Value: d.Title}, {Key: p.T("deliverable.state"), Value: p.T("state." + string(d.State))},
				{Key: p.T("task.due_on"), Value: d.DueOn}, {Key: p.T("item.milestone"), Value: d.MilestoneTitle}, {Key: p.T("deliverable.owner"), Value: d.OwnerName},
				{Key: p.T("deliverable.rounds"), Value: roundsWord(d.Rounds)}, {Key: p.T("item.body"), Value: d.Body}}
		}
		return s.renderDeliverableForm(w, r, me, status, p)
	}
	if err != nil {
		return err
	}
	return done(w, r, deliverablePath(string(id)), "saved")
}

func (s *Server) addLink(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	id := portal.DeliverableID(r.PathValue("id"))
	p := view.DeliverablePage{LinkTitle: f.one("title"), LinkURL: f.one("url")}
	if err = f.err(); err == nil {
		_, err = portal.Once(me.AddLink(r.Context(), id, p.LinkTitle, p.LinkURL))
	}
	if invalid, status, ok := refused(err); ok {
		return s.deliverableAgain(w, r, me, status, id, p, invalid)
	}
	if err != nil {
		return err
	}
	return done(w, r, deliverablePath(string(id)), "saved")
}

// deliverableAgain draws the page with the form that was not taken.
func (s *Server) deliverableAgain(w http.ResponseWriter, r *http.Request, me *visit, status int, id portal.DeliverableID, p view.DeliverablePage, invalid map[string]portal.Reason) error {
	d, err := me.Deliverable(r.Context(), id)
	if err != nil {
		return err
	}
	p.Invalid, p.Stale = invalid, status == http.StatusConflict
	return s.renderDeliverable(w, r, me, status, d, p)
}

func (s *Server) removeLink(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	back := f.one("deliverable")
	if err := f.err(); err != nil {
		return err
	}
	if err := me.RemoveLink(r.Context(), portal.LinkID(r.PathValue("id"))); err != nil {
		return err
	}
	d, err := me.Deliverable(r.Context(), portal.DeliverableID(back))
	if err != nil {
		return err
	}
	return done(w, r, deliverablePath(string(d.ID)), "saved")
}

func (s *Server) moveDeliverable(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := noFields(r); err != nil {
		return err
	}
	d, err := me.Deliverable(r.Context(), portal.DeliverableID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if err := me.MoveDeliverable(r.Context(), d.ID, portal.DeliverableID(moveAfter(r))); err != nil {
		return err
	}
	return seeOther(w, r, "/projects/"+string(d.Project)+"/deliverables")
}

func (s *Server) deleteDeliverable(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := noFields(r); err != nil {
		return err
	}
	d, err := me.Deliverable(r.Context(), portal.DeliverableID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if err := me.DeleteDeliverable(r.Context(), d.ID); err != nil {
		return err
	}
	return done(w, r, "/projects/"+string(d.Project)+"/deliverables", "deleted")
}
