package web

import (
	"net/http"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view"
	"github.com/vitrine-portal/vitrine/internal/web/view/ui"
)

// peoplePage lists the team.
func (s *Server) peoplePage(w http.ResponseWriter, r *http.Request, me *visit) error {
	return s.renderTeam(w, r, me, portal.NewTeamMember{Role: "manager"}, nil)
}

func (s *Server) renderTeam(w http.ResponseWriter, r *http.Request, me *visit, in portal.NewTeamMember, invalid map[string]portal.Reason) error {
	members, err := me.Team(r.Context())
	if err != nil {
		return err
	}
	p := view.PeoplePage{Page: s.page(me, "people"), Workspace: me.Brand.Name, Members: members, In: in, Me: me.Person.ID, Roles: s.roles(me)}
	p.Administers = me.Self.Rights.Has(portal.Administer)
	p.Invalid = invalid
	s.setTitle(&p.Page, p.T("nav.people"))
	return s.render(w, r, statusOf(&p.Page), view.People(p))
}

// roles are those the visitor may give: only owners make owners.
func (s *Server) roles(me *visit) []ui.Option {
	var options []ui.Option
	for _, role := range portal.TeamRoles {
		if role != "owner" || me.Self.Role == "owner" {
			options = append(options, ui.Option{Value: role, Label: me.Book.T("role." + role), Hint: me.Book.T("role_hint." + role)})
		}
	}
	return options
}

func (s *Server) inviteTeamMember(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	in := portal.NewTeamMember{Name: f.one("name"), Email: f.one("email"), Role: f.one("role"), Message: f.one("message")}
	if err = f.err(); err == nil {
		_, err = me.InviteTeamMember(r.Context(), in)
	}
	if fields, ok := invalidFields(err); ok {
		return s.renderTeam(w, r, me, in, fields)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/people?done=invited")
}

// profileOf is the page of a team member, for their colleagues.
func (s *Server) profileOf(w http.ResponseWriter, r *http.Request, me *visit) error {
	return s.renderMember(w, r, me, nil)
}

// memberOf finds the team member that the address names.
func (s *Server) memberOf(r *http.Request, me *visit) (portal.TeamMember, error) {
	members, err := me.Team(r.Context())
	if err != nil {
		return portal.TeamMember{}, err
	}
	for _, m := range members {
		if m.Person == portal.PersonID(r.PathValue("person")) {
			return m, nil
		}
	}
	return portal.TeamMember{}, portal.ErrNotFound
}

func (s *Server) renderMember(w http.ResponseWriter, r *http.Request, me *visit, invalid map[string]portal.Reason) error {
	m, err := s.memberOf(r, me)
	if err != nil {
		return err
	}
	p := view.MemberPage{Page: s.page(me, "people"), Member: m, Roles: s.roles(me)}
	p.Invalid = invalid
	if p.Profile, err = me.TeamProfile(r.Context(), m.Person); err != nil {
		return err
	}
	p.Shell.Team.Crumbs = []ui.Link{{Label: p.T("nav.people"), Href: "/people"}, {Label: m.Name}}
	s.setTitle(&p.Page, m.Name)
	return s.render(w, r, statusOf(&p.Page), view.Member(p))
}

func (s *Server) changeRole(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	role := f.one("role")
	if err = f.err(); err == nil {
		err = me.ChangeRole(r.Context(), portal.PersonID(r.PathValue("person")), role)
	}
	if fields, ok := invalidFields(err); ok {
		return s.renderMember(w, r, me, fields)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/people/"+r.PathValue("person")+"?done=role")
}

func (s *Server) resendTeam(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := noFields(r); err != nil {
		return err
	}
	if err := me.ResendTeamInvitation(r.Context(), portal.PersonID(r.PathValue("person"))); err != nil {
		return err
	}
	return seeOther(w, r, "/people?done=resent")
}

func (s *Server) copyTeamLink(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := noFields(r); err != nil {
		return err
	}
	m, err := s.memberOf(r, me)
	if err != nil {
		return err
	}
	token, err := me.CopyTeamLink(r.Context(), m.Person)
	if err != nil {
		return err
	}
	return s.linkPage(w, r, me, "people", m.Name, token, ui.Link{Label: me.Book.T("nav.people"), Href: "/people"})
}

// removeMemberPage says what happens when a team member is removed.
func (s *Server) removeMemberPage(w http.ResponseWriter, r *http.Request, me *visit) error {
	return s.renderRemoveMember(w, r, me, nil)
}

func (s *Server) renderRemoveMember(w http.ResponseWriter, r *http.Request, me *visit, invalid map[string]portal.Reason) error {
	m, err := s.memberOf(r, me)
	switch {
	case err != nil:
		return err
	case !m.CanChange:
		return portal.ErrForbidden
	}
	p := view.MemberPage{Page: s.page(me, "people"), Member: m}
	p.Invalid = invalid
	s.setTitle(&p.Page, p.T("remove.title", "person", m.Name))
	return s.render(w, r, statusOf(&p.Page), view.RemoveMember(p))
}

func (s *Server) removeMember(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := noFields(r); err != nil {
		return err
	}
	m, err := s.memberOf(r, me)
	if err != nil {
		return err
	}
	left, err := me.RemoveTeamMember(r.Context(), m.Person)
	if fields, ok := invalidFields(err); ok {
		return s.renderRemoveMember(w, r, me, fields)
	}
	switch {
	case err != nil:
		return err
	case m.Person == me.Person.ID: // who has just left
		return seeOther(w, r, "/sign-in")
	case left.Empty():
		return seeOther(w, r, "/people?done=removed")
	}
	return s.leftBehind(w, r, me, "people", m.Person, m.Name, left, ui.Link{Label: me.Book.T("nav.people"), Href: "/people"})
}
