package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/vitrine-portal/vitrine/internal/notify"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view"
	"github.com/vitrine-portal/vitrine/internal/web/view/ui"
)

// outboxRoutes are the mails that left or wait. In the demo there is no mail
// server, so the Outbox is everybody's mailbox there, to look at.
func (s *Server) outboxRoutes() []route {
	return []route{
		{"GET /outbox", s.mailbox, s.outboxPage},
		{"GET /outbox/{id}", s.mailbox, s.mailPage},
		{"GET /outbox/{id}/html", s.mailbox, s.mailHTML},
		{"POST /outbox/{id}/retry", team, s.retryMail},
		{"GET /outbox/held", team, s.dropMailsPage},
		{"POST /outbox/held", team, s.releaseMails},
	}
}

// mailbox is the door of the Outbox.
func (s *Server) mailbox(me *visit) error {
	if s.Demo {
		return anybody(me)
	}
	if err := team(me); err != nil {
		return err
	}
	if !me.Self.Rights.Has(portal.Administer) {
		return portal.ErrNotFound
	}
	return nil
}

// mails is whose Outbox a visitor reads: their own, or in the demo that of the
// demo's owner.
func (s *Server) mails(r *http.Request, me *visit) (*portal.Scope, error) {
	if !s.Demo || me.Self.Rights.Has(portal.Administer) {
		return me.Scope, nil
	}
	for _, d := range s.DemoPeople {
		p, err := s.Accounts.PersonByEmail(r.Context(), d.Email)
		if err != nil {
			return nil, err
		}
		owner := s.Portal.As(portal.PersonActor(p.ID).ReadOnly())
		switch self, err := owner.Self(r.Context()); {
		case err != nil:
			return nil, err
		case self.Rights.Has(portal.Administer):
			return owner, nil
		}
	}
	return nil, portal.ErrNotFound
}

func (s *Server) outboxPage(w http.ResponseWriter, r *http.Request, me *visit) error {
	mails, err := s.mails(r, me)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	state, after := portal.MailState(q.Get("state")), q.Get("after")
	list, next, err := mails.Outbox(r.Context(), state, portal.Page{After: after})
	if err != nil {
		return err
	}
	counts, err := mails.OutboxCounts(r.Context())
	if err != nil {
		return err
	}
	held, err := mails.IncomingHeldCount(r.Context())
	if err != nil {
		return err
	}
	back, err := me.HeldMails(r.Context())
	if err != nil {
		return err
	}
	p := view.OutboxPage{Page: s.page(me, "outbox"), Mails: list, Demo: s.Demo, State: state, Held: held, Back: back}
	s.setTitle(&p.Page, p.T("outbox.title"))
	p.Tabs = []ui.Tab{{Label: p.T("outbox.all"), Href: "/outbox", Current: state == ""}}
	for _, st := range portal.MailStates {
		p.Tabs = append(p.Tabs, ui.Tab{Label: p.T("outbox.state." + string(st)), Href: "/outbox?state=" + string(st), Current: state == st, Count: counts[st], Most: portal.MaxCount})
	}
	filter := url.Values{}
	if state != "" {
		filter.Set("state", string(state))
	}
	p.Newer, p.Older = s.pagesOf(me, "/outbox", filter, after, next)
	return s.render(w, r, http.StatusOK, view.Outbox(p))
}

// readMail loads a mail and what it says. Nobody reads what would let them be
// somebody else, except in the demo, whose people are made up.
func (s *Server) readMail(r *http.Request, me *visit) (m portal.Mail, p notify.Preview, unwanted string, err error) {
	mails, err := s.mails(r, me)
	if err != nil {
		return m, p, "", err
	}
	if m, err = mails.Mail(r.Context(), portal.MailID(r.PathValue("id"))); err != nil {
		return m, p, "", err
	}
	m.Readable = m.Readable || s.Demo
	if !m.Readable {
		return m, p, "", nil
	}
	look := s.Mails.Preview
	if s.Demo {
		look = s.Mails.Whole
	}
	p, err = look(r.Context(), m)
	var why *portal.Unwanted
	if errors.As(err, &why) {
		return m, p, why.Why, nil
	}
	return m, p, "", err
}

func (s *Server) mailPage(w http.ResponseWriter, r *http.Request, me *visit) error {
	m, preview, unwanted, err := s.readMail(r, me)
	if err != nil {
		return err
	}
	p := view.MailPage{Page: s.page(me, "outbox"), Mail: m, Unwanted: unwanted, CanRetry: m.CanRetry() && me.Self.Rights.Has(portal.Administer),
		From: preview.From, To: preview.To, Subject: preview.Subject, Headers: preview.Headers, Text: preview.Text,
		Link: preview.Link, Open: strings.TrimPrefix(preview.Link, s.URL(""))}
	if strings.HasPrefix(p.Open, "/notices/") && m.Person != me.Person.ID { // they open for their reader alone
		p.Open = ""
	}
	s.setTitle(&p.Page, p.T("outbox.kind."+m.Kind))
	w.Header().Set("Content-Security-Policy", csp+"; frame-src 'self'")
	return s.render(w, r, http.StatusOK, view.Mail(p))
}

// mailCSP lets a mail show itself and nothing else, in a frame of ours.
const mailCSP = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; " +
	"sandbox allow-popups allow-popups-to-escape-sandbox"

// mailHTML is the HTML part of a mail as its reader's program would show it.
func (s *Server) mailHTML(w http.ResponseWriter, r *http.Request, me *visit) error {
	m, preview, unwanted, err := s.readMail(r, me)
	switch {
	case err != nil:
		return err
	case !m.Readable, unwanted != "":
		return portal.ErrNotFound
	}
	h := w.Header()
	h.Set("Content-Security-Policy", mailCSP)
	h.Set("X-Frame-Options", "SAMEORIGIN")
	h.Set("Content-Type", "text/html; charset=utf-8")
	// A link that opened inside the frame would meet a page that refuses frames.
	_, err = w.Write([]byte(strings.Replace(preview.HTML, "<head>", `<head><base target="_blank">`, 1)))
	return err
}

// dropMailsPage asks once more before the mails of a backup that was brought back
// are dropped.
func (s *Server) dropMailsPage(w http.ResponseWriter, r *http.Request, me *visit) error {
	held, err := me.HeldMails(r.Context())
	switch {
	case err != nil:
		return err
	case held.Since.IsZero():
		return portal.ErrNotFound
	case held.Count == 0:
		return seeOther(w, r, "/outbox")
	}
	p := view.OutboxPage{Page: s.page(me, "outbox"), Back: held}
	s.setTitle(&p.Page, p.N("outbox.drop", held.Count))
	return s.render(w, r, http.StatusOK, view.DropMails(p))
}

// releaseMails says what becomes of mails that are held since a backup was brought
// back: they are dropped for whoever was asked once more.
func (s *Server) releaseMails(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	do, sure := f.one("do"), f.ticked("sure")
	if do != "send" && do != "drop" {
		f.fail("do", "choice")
	}
	if err := f.err(); err != nil {
		return err
	}
	if do == "drop" && !sure && me.Self.Rights.Has(portal.Administer) {
		return seeOther(w, r, "/outbox/held")
	}
	if err := me.ReleaseMails(r.Context(), do == "send"); err != nil {
		return err
	}
	return seeOther(w, r, "/outbox")
}

func (s *Server) retryMail(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := noFields(r); err != nil {
		return err
	}
	id := r.PathValue("id")
	if err := me.RetryMail(r.Context(), portal.MailID(id)); err != nil {
		return err
	}
	return seeOther(w, r, "/outbox/"+url.PathEscape(id))
}
