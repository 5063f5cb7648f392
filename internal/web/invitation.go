package web

import (
	"errors"
	"net/http"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view"
	"github.com/vitrine-portal/vitrine/internal/web/view/ui"
)

// invitationPage shows what an invitation is good for, to whoever opens the
// link. It changes nothing, as mail scanners open links too.
func (s *Server) invitationPage(w http.ResponseWriter, r *http.Request, me *visit) error {
	return s.renderInvitation(w, r, me, view.InvitationPage{Asked: r.URL.Query().Get("asked") != "", Form: r.URL.Query().Get("step") == "2"})
}

// renderInvitation answers with the page of the state the invitation is in.
func (s *Server) renderInvitation(w http.ResponseWriter, r *http.Request, me *visit, p view.InvitationPage) error {
	token := r.PathValue("token")
	inv, err := s.Portal.PeekInvitation(r.Context(), token, me.Person.ID)
	if err != nil {
		return err
	}
	invalid := p.Invalid
	p.Page = s.cardPage(me)
	p.Page.Invalid = invalid
	p.Invitation, p.Workspace, p.Contact = inv, me.Brand.Name, me.Brand.SupportEmail
	p.Path, p.SignedInAs = "/invitations/"+token, me.Person.Email
	if p.Name == "" && !p.Failed() {
		p.Name = inv.Name
	}
	status := http.StatusGone
	switch inv.State {
	case portal.InvitationValid:
		status = statusOf(&p.Page)
	case portal.InvitationMember:
		status = http.StatusOK
	}
	s.setTitle(&p.Page, p.T("invitation.title"))
	return s.render(w, r, status, view.Invitation(p))
}

// acceptInvitation lets the invited person in. With the second button a person
// without an account chooses no password.
func (s *Server) acceptInvitation(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	p := view.InvitationPage{Form: true, Name: f.one("name"), Shared: f.ticked("shared")}
	in := portal.Accept{Token: r.PathValue("token"), Name: p.Name, Password: f.one("password"), SignedIn: me.Person.ID, Meta: s.meta(r, p.Shared)}
	inv, err := s.Portal.PeekInvitation(r.Context(), in.Token, me.Person.ID)
	if err != nil {
		return err
	}
	if how := f.one("how"); how == "code" {
		in.Password = ""
	} else if in.Password == "" && !inv.HasAccount && inv.State == portal.InvitationValid {
		f.fail("password", "password_or_code")
	}
	var res portal.Accepted
	if err = f.err(); err == nil {
		res, err = s.Portal.AcceptInvitation(r.Context(), in)
	}
	switch fields, ok := invalidFields(err); {
	case ok:
		p.Invalid = fields
		return s.renderInvitation(w, r, me, p)
	case errors.Is(err, portal.ErrGone), errors.Is(err, portal.ErrSignInFirst), errors.Is(err, portal.ErrWrongPerson):
		return s.renderInvitation(w, r, me, view.InvitationPage{}) // says what is so now
	case err != nil:
		return err
	case res.Token != "":
		return s.enter(w, r, me, res.Session, res.Token, "/?done=welcome")
	}
	return seeOther(w, r, "/?done=welcome")
}

// askAgain tells the inviter that the holder of an expired invitation would
// like another.
func (s *Server) askAgain(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := noFields(r); err != nil {
		return err
	}
	err := s.Portal.AskAgain(r.Context(), r.PathValue("token"))
	if err != nil && !errors.Is(err, portal.ErrGone) {
		return err
	}
	return seeOther(w, r, "/invitations/"+r.PathValue("token")+"?asked=1")
}

// switchPerson signs the visitor out, so that the invited person can come in.
func (s *Server) switchPerson(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := noFields(r); err != nil {
		return err
	}
	if err := s.leave(w, r, me); err != nil {
		return err
	}
	return seeOther(w, r, "/invitations/"+r.PathValue("token"))
}

// linkPage shows the link of an invitation to whoever hands it over themselves.
func (s *Server) linkPage(w http.ResponseWriter, r *http.Request, me *visit, current, name, token string, back ui.Link) error {
	p := view.LinkPage{Page: s.page(me, current), Name: name, Link: s.URL("/invitations/" + token), Back: back}
	s.setTitle(&p.Page, p.T("link.title", "person", name))
	return s.render(w, r, http.StatusOK, view.InvitationLink(p))
}
