package web

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/transfer"
	"github.com/vitrine-portal/vitrine/internal/web/static"
	"github.com/vitrine-portal/vitrine/internal/web/view"
)

func (s *Server) signoffRoutes() []route {
	return []route{
		{"GET /projects/{project}/signoffs/new", team, s.newSignoff},
		{"POST /projects/{project}/signoffs", team, s.askSignoff},
		{"GET /signoffs/{id}", person, s.signoffPage},
		{"POST /signoffs/{id}/code", person, s.signoffCode},
		{"POST /signoffs/{id}/sign", person, s.signOff},
		{"POST /signoffs/{id}/decline", person, s.declineSignoff},
		{"GET /signoffs/{id}/certificate", person, s.certificateFile},
		{"GET /approvals/{id}/certificate", person, s.certificateFile},
		{"POST /approvals/{id}/certificate", person, s.onApproval("act", "certified", (*portal.Scope).CertifyApproval)},
		{"POST /signoffs/{id}/remind", team, s.remindOfSignoff},
		{"POST /signoffs/{id}/withdraw", team, act(signoffPath, "signoff_withdrawn", func(me *visit, r *http.Request, id string) error {
			return me.WithdrawSignoff(r.Context(), portal.SignoffID(id))
		})},
	}
}

func signoffPath(id string) string { return "/signoffs/" + id }

func (s *Server) signoffPage(w http.ResponseWriter, r *http.Request, me *visit) error {
	return s.renderSignoff(w, r, me, http.StatusOK, view.SignoffPage{})
}

// renderSignoff draws a sign-off; p holds what was typed when a form came back.
func (s *Server) renderSignoff(w http.ResponseWriter, r *http.Request, me *visit, status int, p view.SignoffPage) error {
	ctx := r.Context()
	invalid := p.Invalid
	x, err := me.Signoff(ctx, portal.SignoffID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if p.Within, err = s.within(r, me, x.Project, "approvals"); err != nil {
		return err
	}
	p.Signoff, p.Invalid = x, invalid
	p.Load(static.Approve)
	p.HasPassword, p.Email = me.Person.HasPassword, me.Person.Email
	p.Lines, p.Content, err = me.SignoffLines(ctx, x)
	if fields, ok := invalidFields(err); ok { // nobody can sign it; it can be declined, and taken back
		p.Invalid = faultsOf(p.Invalid, fields)
	} else if err != nil {
		return err
	}
	if p.Certificate, err = certificateOf(ctx, me, string(x.ID)); err != nil {
		return err
	}
	if p.Project.Sections.Has(portal.SectionActivity) {
		if p.Events, err = me.ItemActivity(ctx, portal.ItemID(x.ID), eventsOnItem); err != nil {
			return err
		}
	}
	if x.Held.Team() && x.State == portal.SignoffOpen {
		if p.Looks, err = me.SignoffLooks(ctx, x.ID); err != nil {
			return err
		}
	}
	if err := me.ReadAbout(ctx, string(x.ID)); err != nil {
		return err
	}
	s.below(&p.Within, "approvals", x.Title)
	return s.render(w, r, status, view.Signoff(p))
}

// certificateFile hands out the paper about something.
func (s *Server) certificateFile(w http.ResponseWriter, r *http.Request, me *visit) error {
	st, err := me.TakeCertificate(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return s.Bytes.Deliver(w, r, me.Scope, st, transfer.AsFile)
}

// certificateOf is that about something; the zero one when none was asked for.
func certificateOf(ctx context.Context, me *visit, subject string) (portal.Certificate, error) {
	c, err := me.Certificate(ctx, subject)
	if err == portal.ErrNotFound {
		return portal.Certificate{}, nil
	}
	return c, err
}

// signing are the fields of the form, whichever of its buttons was pressed.
func signing(f *form, r *http.Request) (in portal.Signature, password, code string) {
	in = portal.Signature{Name: f.one("name"), Content: f.one("content")}
	return in, f.one("password"), f.one("code")
}

// signoffCode mails a code with which the person proves who they are.
func (s *Server) signoffCode(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	in, _, _ := signing(f, r)
	if err := f.err(); err != nil {
		return err
	}
	x, err := me.Signoff(r.Context(), portal.SignoffID(r.PathValue("id")))
	switch {
	case err != nil:
		return err
	case !x.MaySign():
		return portal.ErrForbidden
	}
	browser, err := s.Accounts.RequestProofCode(r.Context(), me.Person.Email, string(x.ID), s.addr(r))
	var throttled *account.Throttled
	if errors.As(err, &throttled) { // a code that was mailed before may still be typed
		retryAfter(w, throttled)
		return s.renderSignoff(w, r, me, http.StatusTooManyRequests, view.SignoffPage{Typed: in.Name, ByCode: true, Notice: mailsRest(me, throttled)})
	}
	if err != nil {
		return err
	}
	s.setCodeCookie(w, browser)
	return s.renderSignoff(w, r, me, http.StatusOK, view.SignoffPage{Typed: in.Name, ByCode: true})
}

// signOff takes a signature. Who signs proves in the same form who they are. One
// under something other than what is there now is not counted: the page says so,
// and shows what is there.
func (s *Server) signOff(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	in, password, code := signing(f, r)
	if strings.TrimSpace(in.Name) == "" {
		f.fail("name", "required")
	}
	p := view.SignoffPage{Typed: in.Name, ByCode: password == "" && code != ""}
	if err = f.err(); err == nil {
		err = s.signProved(r, me, in, password, code)
	}
	if invalid, status, ok := refused(err); ok {
		p.Invalid, p.Stale = invalid, status == http.StatusConflict
		return s.renderSignoff(w, r, me, status, p)
	}
	if err != nil {
		return err
	}
	s.setCodeCookie(w, "")
	return done(w, r, signoffPath(r.PathValue("id")), "signoff_signed")
}

// signProved asks for the proof, then signs. Nobody's password is tried who could
// not sign anyway.
func (s *Server) signProved(r *http.Request, me *visit, in portal.Signature, password, code string) error {
	ctx := r.Context()
	id := portal.SignoffID(r.PathValue("id"))
	x, err := me.Signoff(ctx, id)
	if err != nil {
		return err
	}
	if did, err := me.Did(ctx); err != nil || did {
		return err
	}
	if err := me.CheckSignature(ctx, x, in.Content); err != nil {
		return err
	}
	if in.Proof = "password"; password == "" && (code != "" || !me.Person.HasPassword) {
		in.Proof = "code"
		err = s.Accounts.ProveByCode(ctx, me.Session, string(x.ID), s.codeBrowser(r), code)
	} else {
		err = s.Accounts.Prove(ctx, me.Session, password)
	}
	switch {
	case errors.Is(err, account.ErrCode):
		return oneField("code", "code")
	case errors.Is(err, account.ErrSignIn):
		return oneField("password", "password_wrong")
	case err != nil:
		return err
	}
	return me.SignOff(ctx, id, in)
}

func (s *Server) declineSignoff(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	why := f.one("note")
	if err = f.err(); err == nil {
		err = me.DeclineSignoff(r.Context(), portal.SignoffID(r.PathValue("id")), why)
	}
	if invalid, status, ok := refused(err); ok {
		p := view.SignoffPage{Note: why, Stale: status == http.StatusConflict}
		p.Invalid = invalid
		return s.renderSignoff(w, r, me, status, p)
	}
	if err != nil {
		return err
	}
	return done(w, r, signoffPath(r.PathValue("id")), "signoff_declined")
}

func (s *Server) remindOfSignoff(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := noFields(r); err != nil {
		return err
	}
	err := me.RemindOfSignoff(r.Context(), portal.SignoffID(r.PathValue("id")))
	if fields, ok := invalidFields(err); ok {
		p := view.SignoffPage{}
		p.Invalid = fields
		return s.renderSignoff(w, r, me, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	return done(w, r, signoffPath(r.PathValue("id")), "approval_reminded")
}

// faultsOf are those of a form that came back, and of what it is about.
func faultsOf(form, about map[string]portal.Reason) map[string]portal.Reason {
	for field, why := range form {
		about[field] = why
	}
	return about
}

func (s *Server) newSignoff(w http.ResponseWriter, r *http.Request, me *visit) error {
	in, err := s.inProject(r, me, "approvals", 0)
	if err != nil {
		return err
	}
	return s.renderSignoffForm(w, r, me, http.StatusOK, view.SignoffForm{Within: in, New: portal.NewSignoff{Subject: r.URL.Query().Get("subject")}})
}

func (s *Server) renderSignoffForm(w http.ResponseWriter, r *http.Request, me *visit, status int, p view.SignoffForm) error {
	ctx := r.Context()
	if !p.Project.Can(portal.Contribute) {
		return portal.ErrForbidden
	}
	p.Of, p.Subject, p.Back = "project", p.Project.Name, "/projects/"+string(p.Project.ID)
	in := p.Project.ID
	switch id := p.New.Subject; portal.ItemID(id).Kind() {
	case "deliverable":
		d, err := me.Deliverable(ctx, portal.DeliverableID(id))
		if err != nil {
			return err
		}
		p.Of, p.Subject, p.Back, in = "deliverable", d.Title, deliverablePath(id), d.Project
	case "milestone":
		m, err := me.Milestone(ctx, portal.MilestoneID(id))
		if err != nil {
			return err
		}
		p.Of, p.Subject, p.Back, in = "milestone", m.Title, milestonePath(id), m.Project
	default:
		p.New.Subject = string(p.Project.ID)
	}
	if in != p.Project.ID {
		return portal.ErrNotFound
	}
	if status == http.StatusOK && p.New.Statement == "" {
		p.New.Statement = p.T("signoff.default."+p.Of, "title", p.Subject)
	}
	p.Typed = status != http.StatusOK
	var err error
	p.Lines, err = me.SignoffPreview(ctx, p.Project.ID, p.New.Subject)
	if fields, ok := invalidFields(err); ok { // nobody could sign it
		p.Invalid = faultsOf(p.Invalid, fields)
	} else if err != nil {
		return err
	}
	if p.Signers, err = me.Signers(ctx, p.Project.ID); err != nil {
		return err
	}
	s.below(&p.Within, "approvals", p.T("signoff.ask"))
	return s.render(w, r, status, view.AskSignoff(p))
}

func (s *Server) askSignoff(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	n := portal.NewSignoff{Project: portal.ProjectID(r.PathValue("project")), Subject: f.one("subject"), Statement: f.one("statement"), Points: strings.Split(f.one("points"), "\n"), DueOn: f.one("due_on"), NoReminders: !f.ticked("remind")}
	var id portal.SignoffID
	if err = f.err(); err == nil {
		id, err = portal.Once(me.AskSignoff(r.Context(), n))
	}
	if invalid, status, ok := refused(err); ok {
		in, err := s.within(r, me, n.Project, "approvals")
		if err != nil {
			return err
		}
		in.Invalid = invalid
		return s.renderSignoffForm(w, r, me, status, view.SignoffForm{Within: in, New: n, Conflict: status == http.StatusConflict})
	}
	if err != nil {
		return err
	}
	return done(w, r, signoffPath(string(id)), "signoff_asked")
}
