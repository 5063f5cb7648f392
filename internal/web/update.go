package web

import (
	"net/http"
	"strconv"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view"
	"github.com/vitrine-portal/vitrine/internal/web/view/ui"
)

func (s *Server) updateRoutes() []route {
	return []route{
		{"GET /projects/{project}/updates", person, s.updates},
		{"GET /projects/{project}/updates/new", team, s.newUpdate},
		{"POST /projects/{project}/updates", team, s.publish},
		{"GET /updates/{id}", person, s.updatePage},
		{"GET /updates/{id}/edit", team, s.editUpdatePage},
		{"POST /updates/{id}", team, s.editUpdate},
		{"POST /updates/{id}/delete", team, s.deleteUpdate},
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
	u, err := me.Update(r.Context(), portal.UpdateID(r.PathValue("id")))
	if err != nil {
		return err
	}
	it, err := s.item(r, me, portal.ItemID(u.ID), u.Project, u.Audience, u.Author)
	if err != nil {
		return err
	}
	if err := s.attached(r, me, &it); err != nil {
		return err
	}
	it.Title = it.T("update.one")
	s.below(&it.Within, "updates", it.Title)
	return s.render(w, r, http.StatusOK, view.Update(view.UpdatePage{Item: it, Update: u}))
}

func (s *Server) newUpdate(w http.ResponseWriter, r *http.Request, me *visit) error {
	in, err := s.inProject(r, me, "updates", 0)
	if err != nil {
		return err
	}
	p := view.UpdateForm{Within: in, Status: string(in.Project.Status), Health: string(in.Project.Health)}
	return s.renderUpdateForm(w, r, me, http.StatusOK, p)
}

func (s *Server) renderUpdateForm(w http.ResponseWriter, r *http.Request, me *visit, status int, p view.UpdateForm) error {
	if !p.Project.Can(portal.Contribute) {
		return portal.ErrForbidden
	}
	title := p.T("update.edit")
	if p.ID == "" {
		title = p.T("update.post")
		var err error
		if p.Audience, err = me.AudiencePreview(r.Context(), p.Project.ID, "update"); err != nil {
			return err
		}
	}
	s.below(&p.Within, "updates", title)
	return s.render(w, r, status, view.WriteUpdate(p))
}

func (s *Server) publish(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	n := portal.NewUpdate{Body: f.one("body"), Sentence: f.one("sentence"), Status: portal.ProjectStatus(f.one("status")),
		Health: portal.Health(f.one("health")), Audience: portal.Side(f.one("audience"))}
	project := portal.ProjectID(r.PathValue("project"))
	if err = f.err(); err == nil {
		_, err = portal.Once(me.PublishUpdate(r.Context(), project, n))
	}
	if invalid, status, ok := refused(err); ok {
		in, err := s.within(r, me, project, "updates")
		if err != nil {
			return err
		}
		in.Invalid = invalid
		return s.renderUpdateForm(w, r, me, status, view.UpdateForm{Within: in, Body: n.Body, Sentence: n.Sentence, Status: string(n.Status), Health: string(n.Health)})
	}
	if err != nil {
		return err
	}
	key := "update_team"
	if n.Audience == portal.ClientSide {
		key = "update_sent"
	}
	return done(w, r, "/projects/"+string(project), key)
}

func (s *Server) editUpdatePage(w http.ResponseWriter, r *http.Request, me *visit) error {
	u, err := me.Update(r.Context(), portal.UpdateID(r.PathValue("id")))
	if err != nil {
		return err
	}
	in, err := s.within(r, me, u.Project, "")
	if err != nil {
		return err
	}
	return s.renderUpdateForm(w, r, me, http.StatusOK, view.UpdateForm{Within: in, ID: u.ID, Body: u.Body, Sentence: u.Sentence,
		Status: string(u.Status), Health: string(u.Health), Revision: strconv.FormatInt(u.Revision, 10), Shown: u.Audience == portal.ClientSide})
}

func (s *Server) editUpdate(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	id := portal.UpdateID(r.PathValue("id"))
	c := portal.UpdateChange{Body: f.one("body"), Sentence: f.one("sentence"), Status: portal.ProjectStatus(f.one("status")), Health: portal.Health(f.one("health")), Revision: f.number("revision")}
	if err = f.err(); err == nil {
		err = me.EditUpdate(r.Context(), id, c)
	}
	if invalid, status, ok := refused(err); ok {
		u, err := me.Update(r.Context(), id)
		if err != nil {
			return err
		}
		in, err := s.within(r, me, u.Project, "")
		if err != nil {
			return err
		}
		in.Invalid = invalid
		p := view.UpdateForm{Within: in, ID: id, Body: c.Body, Sentence: c.Sentence, Status: string(c.Status), Health: string(c.Health),
			Revision: strconv.FormatInt(c.Revision, 10), Shown: u.Audience == portal.ClientSide}
		if status == http.StatusConflict {
			p.Revision = strconv.FormatInt(u.Revision, 10)
			p.Conflict = []ui.Fact{{Key: p.T("update.sentence"), Value: u.Sentence}, {Key: p.T("project.health"), Value: p.T("health." + string(u.Health))},
				{Key: p.T("project.status"), Value: p.T("status." + string(u.Status))}, {Key: p.T("update.body"), Body: view.Prose(u.Body)}}
		}
		return s.renderUpdateForm(w, r, me, status, p)
	}
	if err != nil {
		return err
	}
	return done(w, r, "/updates/"+string(id), "saved")
}

func (s *Server) deleteUpdate(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := noFields(r); err != nil {
		return err
	}
	u, err := me.Update(r.Context(), portal.UpdateID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if err := me.DeleteUpdate(r.Context(), u.ID); err != nil {
		return err
	}
	return done(w, r, "/projects/"+string(u.Project)+"/updates", "deleted")
}
