package web

import (
	"net/http"
	"strings"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view"
)

// mailCheckRoutes are the look at how mail leaves. It talks to the mail server
// and the DNS, so it is asked for by a button.
func (s *Server) mailCheckRoutes() []route {
	return []route{
		{"GET /settings/mail", team, s.mailCheckPage},
		{"POST /settings/mail", team, s.checkMail},
		{"POST /settings/mail/test", team, s.sendTestMail},
	}
}

func (s *Server) mailCheckPage(w http.ResponseWriter, r *http.Request, me *visit) error {
	if _, err := settings(r, me); err != nil {
		return err
	}
	_, _, selector := s.Mails.Doctor()
	return s.renderMailCheck(w, r, me, http.StatusOK, view.MailCheckPage{Selector: selector})
}

func (s *Server) renderMailCheck(w http.ResponseWriter, r *http.Request, me *visit, status int, p view.MailCheckPage) error {
	invalid := p.Invalid
	p.Page = s.page(me, "settings")
	p.Invalid = invalid
	p.Server, p.From, _ = s.Mails.Doctor()
	p.Own = me.Person.Email
	s.setTitle(&p.Page, p.T("mailcheck.title"))
	return s.render(w, r, status, view.MailCheck(p))
}

// checkMail looks, and says what it found.
func (s *Server) checkMail(w http.ResponseWriter, r *http.Request, me *visit) error {
	if _, err := settings(r, me); err != nil {
		return err
	}
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	p := view.MailCheckPage{Selector: strings.TrimSpace(f.one("selector"))}
	found, err := s.Mails.Examine(r.Context(), p.Selector)
	if invalid, status, ok := refused(err); ok {
		p.Invalid = invalid
		return s.renderMailCheck(w, r, me, status, p)
	}
	if err != nil {
		return err
	}
	for _, x := range found {
		said := x.Words(me.Book.Tell)
		p.Found = append(p.Found, view.MailFinding{State: x.State, About: x.About, Found: said[0], Do: strings.Join(said[1:], " ")})
	}
	return s.renderMailCheck(w, r, me, http.StatusOK, p)
}

// sendTestMail queues a mail to the visitor, and shows what becomes of it.
func (s *Server) sendTestMail(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := noFields(r); err != nil {
		return err
	}
	id, err := me.SendTestMail(r.Context())
	if err != nil {
		return err
	}
	return seeOther(w, r, mailPath(id))
}

func mailPath(id portal.MailID) string { return "/outbox/" + string(id) }
