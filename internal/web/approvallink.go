package web

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/transfer"
	"github.com/vitrine-portal/vitrine/internal/web/static"
	"github.com/vitrine-portal/vitrine/internal/web/view"
	"github.com/vitrine-portal/vitrine/internal/web/view/ui"
)

// approvalLinkRoutes are what whoever has a mailed link to an approval sees, signed
// in or not. A GET changes nothing, however often a mail scanner opens it.
func (s *Server) approvalLinkRoutes() []route {
	return []route{
		{"GET /decide/{token}", anybody, s.decidePage},
		{"GET /decide/{token}/files/{n}/{kind}", anybody, s.decidePicture},
		{"GET /decide/{token}/files/{n}/pages/{page}", anybody, s.decidePicture},
		{"POST /decide/{token}", anybody, s.decideByMail},
		{"POST /decide/{token}/undo", anybody, s.undoByMail},
		{"POST /decide/{token}/seen", anybody, s.seenByMail},
	}
}

// The cookie by which a browser is known: in it somebody has proven who they are.

func (s *Server) knownCookie() string {
	if s.secure {
		return "__Host-known"
	}
	return "known"
}

// knownTokens is that cookie's value; of two none, as one must be planted.
func (s *Server) knownTokens(r *http.Request) string {
	if c := r.CookiesNamed(s.knownCookie()); len(c) == 1 {
		return c[0].Value
	}
	return ""
}

// knowBrowser has whoever signed in known in this browser from now on, unless it is
// shared: then it forgets them, should it have known them before.
func (s *Server) knowBrowser(w http.ResponseWriter, r *http.Request, in account.Session) error {
	if in.Shared {
		return s.forgetBrowser(w, r, in.Person)
	}
	tokens, err := s.Accounts.KnowBrowser(r.Context(), in, s.knownTokens(r))
	if err == nil {
		s.setKnown(w, tokens)
	}
	return err
}

// forgetBrowser has a person known in this browser no more.
func (s *Server) forgetBrowser(w http.ResponseWriter, r *http.Request, who portal.PersonID) error {
	was := s.knownTokens(r)
	if was == "" {
		return nil
	}
	tokens, err := s.Accounts.ForgetBrowser(r.Context(), who, was)
	if err == nil && tokens != was {
		s.setKnown(w, tokens)
	}
	return err
}

func (s *Server) setKnown(w http.ResponseWriter, tokens string) {
	c := &http.Cookie{Name: s.knownCookie(), Value: tokens, Path: "/", HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode, MaxAge: int(account.BrowserLife.Seconds())}
	if tokens == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// The cookie of a browser in which a link's answer was given, and can be taken back.
const answeredCookie = "answered"

func (s *Server) setAnswered(w http.ResponseWriter, r *http.Request, pass string) {
	c := &http.Cookie{Name: s.linkCookie(answeredCookie), Value: pass, Path: decidePath(r), HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode, MaxAge: int((10 * time.Minute).Seconds())}
	if pass == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

func decidePath(r *http.Request) string { return "/decide/" + r.PathValue("token") }

// mailed is a mailed link that a visitor has opened.
type mailed struct {
	*portal.ApprovalLink
	who   account.Person
	known bool         // they are its person, as far as this browser tells,
	proof portal.Proof // and by what
}

// openMailed opens the link in the address, and has its page speak as its person
// reads. It answers itself, and returns nil, when the link leads nowhere.
func (s *Server) openMailed(w http.ResponseWriter, r *http.Request, me *visit) (*mailed, error) {
	unlisted(w)
	l, err := s.Portal.OpenApprovalLink(r.Context(), r.PathValue("token"))
	if errors.Is(err, portal.ErrNotFound) {
		b := me.Book
		return nil, s.say(w, r, http.StatusNotFound, view.SayPage{Title: b.T("decide.dead"), Text: b.T("decide.dead_text"), On: ui.Link{Label: b.T("action.sign_in"), Href: "/"}})
	}
	if err != nil {
		return nil, err
	}
	m := &mailed{ApprovalLink: l}
	if m.who, err = s.Accounts.Person(r.Context(), l.Person); err != nil {
		return nil, err
	}
	if m.known, m.proof = me.Person.ID == l.Person, portal.ProofMail; !m.known {
		by, err := s.Accounts.KnowsBrowser(r.Context(), l.Person, s.knownTokens(r), string(l.Approval.ID))
		if err != nil {
			return nil, err
		}
		m.known = by != ""
		if by == account.ByCode {
			m.proof = portal.ProofCode
		}
	}
	me.Book = s.book(&visit{Person: m.who, Brand: me.Brand}, r)
	return m, nil
}

func (s *Server) decidePage(w http.ResponseWriter, r *http.Request, me *visit) error {
	l, err := s.openMailed(w, r, me)
	switch {
	case err != nil || l == nil:
		return err
	case me.Person.ID == l.Person: // they are in already, where there is more
		return seeOther(w, r, approvalPath(l.Approval.ID))
	}
	return s.renderMailed(w, r, me, l, http.StatusOK, view.ApprovalPage{})
}

// renderMailed shows what the link is good for now; p holds what was typed when an
// answer came back.
func (s *Server) renderMailed(w http.ResponseWriter, r *http.Request, me *visit, l *mailed, status int, p view.ApprovalPage) error {
	switch l.State {
	case portal.AnswerGiven:
		return s.renderAnswered(w, r, me, l)
	case portal.AnswerOver, portal.AnswerElsewhere, portal.AnswerExpired:
		return s.renderMailedOver(w, r, me, l, status)
	}
	of, err := l.Asked(r.Context(), l.known)
	if err != nil {
		return err
	}
	invalid := p.Invalid
	p.Page = s.cardPage(me)
	p.Shell.Card.Wide = true
	p.Invalid = invalid
	p.Load(static.Files, static.Approve)
	a := l.Approval
	p.Approval, p.Mailed, p.Name = a, decidePath(r), me.Brand.Name
	p.Project = portal.Project{ID: a.Project, Name: a.ProjectName, Client: a.Client, ClientName: a.ClientName, Held: a.Held}
	p.Subjects, p.Stages, p.People, p.Verdicts, p.Deliverable, p.About, p.Call = of.Subjects, of.Stages, of.People, of.Verdicts, of.Deliverable, of.About, of.Call
	p.Remarks, p.Unsent, p.Earlier = of.Remarks, of.Unsent, of.Earlier
	s.setTitle(&p.Page, a.Title)
	return s.render(w, r, status, view.Decide(view.DecidePage{ApprovalPage: p, Who: l.who.Name, Other: me.Person.Name, Undone: me.done == "approval_undone", Denied: me.done == "call_denied"}))
}

// renderAnswered says what the link's person has answered: to them, as far as this
// browser tells. To others it says that there is nothing left to do.
func (s *Server) renderAnswered(w http.ResponseWriter, r *http.Request, me *visit, l *mailed) error {
	b, mine := me.Book, l.Mine()
	p := view.DecidedPage{Page: s.cardPage(me), Path: decidePath(r), Title: b.T("decide.given"), Text: b.T("decide.given_text"),
		On: ui.Link{Label: b.T("decide.portal"), Href: approvalPath(l.Approval.ID)}}
	passed := l.Passed(s.linkProof(r, answeredCookie))
	if l.known || passed {
		p.Title, p.Note = b.T("done."+answerKey(mine.Answer, mine.Adviser)), mine.Note
		p.Text = b.T("decide.recorded", "title", l.Approval.Title, "name", l.who.Name, "time", b.Time(mine.AnsweredAt, me.Now), "proof", b.T("approval.proof."+string(mine.Proof)))
	}
	if passed {
		switch until, err := l.MayUndo(r.Context()); {
		case err != nil:
			return err
		case !until.IsZero():
			p.UndoUntil = b.Clock(until)
		}
	}
	s.setTitle(&p.Page, p.Title)
	return s.render(w, r, http.StatusOK, view.Decided(p))
}

// renderMailedOver says why the link is good for nothing any more, and where to
// look. What became of it is told inside.
func (s *Server) renderMailedOver(w http.ResponseWriter, r *http.Request, me *visit, l *mailed, status int) error {
	if status == http.StatusOK {
		status = http.StatusGone
	}
	key := "decide." + string(l.State)
	if l.Approval.State == portal.ApprovalOutdated {
		key = "decide.superseded"
	}
	to := l.Approval.ID
	if l.Approval.Next != "" {
		to = l.Approval.Next
	}
	b := me.Book
	text := b.T(key + "_text")
	if l.State == portal.AnswerElsewhere && l.known { // who has a forwarded mail is told of nobody
		text = b.T("decide.elsewhere_to", "name", l.Mine().GivenTo)
	}
	p := view.SayPage{Title: b.T(key), Text: text, On: ui.Link{Label: b.T("decide.portal"), Href: approvalPath(to)}}
	p.Page = s.cardPage(me)
	s.setTitle(&p.Page, p.Title)
	return s.render(w, r, status, view.Say(p))
}

// decidePicture hands out what was made to look at a file.
func (s *Server) decidePicture(w http.ResponseWriter, r *http.Request, me *visit) error {
	unlisted(w)
	l, err := s.Portal.OpenApprovalLink(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	number := func(text string) int {
		n, err := strconv.Atoi(text)
		if err != nil || strconv.Itoa(n) != text {
			return -1
		}
		return n
	}
	kind, page := r.PathValue("kind"), 0
	switch kind {
	case "large", "poster":
	case "":
		kind, page = "page", number(r.PathValue("page"))
	default:
		return portal.ErrNotFound
	}
	st, err := l.Picture(r.Context(), number(r.PathValue("n")), kind, page)
	if err != nil {
		return err
	}
	if !transfer.Drawn(st.Type) {
		return fmt.Errorf("a preview of type %q", st.Type)
	}
	return s.Bytes.Deliver(w, r, me.Scope, st, transfer.AsPreview)
}

// answerKey is what is said of an answer that was given.
func answerKey(a portal.Answer, advises bool) string {
	switch {
	case advises:
		return "approval_advised"
	case a == portal.AnswerChanges:
		return "approval_returned"
	case a == portal.AnswerDecline:
		return "approval_declined"
	}
	return "approval_approved"
}

// decideByMail takes the answer of whoever has the link. In a browser in which its
// person is not known it is taken with a code that is mailed to them.
func (s *Server) decideByMail(w http.ResponseWriter, r *http.Request, me *visit) error {
	l, err := s.openMailed(w, r, me)
	if err != nil || l == nil {
		return err
	}
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	in := answerTyped(f, r)
	p := view.DecideCodePage{Typed: in, Answer: f.one("answer"), Reply: f.one("reply"), Shared: f.ticked("shared")}
	code, again, different := f.one("code"), f.ticked("again"), p.Answer == "different"
	if err = f.err(); err == nil && l.State == portal.AnswerAwaited {
		if different {
			err = l.CheckDeny(r.Context(), in.Call)
		} else {
			err = l.Check(r.Context(), in)
		}
	}
	in.Proof = l.proof
	if err == nil && l.State == portal.AnswerAwaited && !l.known {
		if code == "" || again {
			return s.mailAnswerCode(w, r, me, l, p)
		}
		switch err := s.Accounts.CheckCode(r.Context(), l.Person, string(l.Approval.ID), s.codeBrowser(r), code, s.addr(r)); {
		case errors.Is(err, account.ErrCode):
			p.Invalid = map[string]portal.Reason{"code": {Key: "code"}}
			return s.renderAnswerCode(w, r, me, l, http.StatusUnprocessableEntity, p)
		case err != nil:
			return err
		}
		in.Proof = portal.ProofCode
		s.setCodeCookie(w, "")
		if !p.Shared {
			tokens, err := s.Accounts.KnowAnswer(r.Context(), l.Person, s.knownTokens(r), string(l.Approval.ID))
			if err != nil {
				return err
			}
			s.setKnown(w, tokens)
		}
	}
	switch {
	case err != nil:
	case different:
		if err = l.Deny(r.Context(), in.Call, p.Reply); err == nil {
			return done(w, r, decidePath(r), "call_denied")
		}
	default:
		err = l.Decide(r.Context(), in)
	}
	return s.answeredByMail(w, r, me, l, in, p.Reply, err)
}

// answeredByMail says what became of an answer, or shows what was wrong with it.
func (s *Server) answeredByMail(w http.ResponseWriter, r *http.Request, me *visit, l *mailed, in portal.ApprovalAnswer, reply string, err error) error {
	var repeated *portal.Repeated
	switch invalid, status, ok := refused(err); {
	case errors.As(err, &repeated): // sent twice
		return seeOther(w, r, decidePath(r))
	case ok:
		now, err := s.openMailed(w, r, me)
		if err != nil || now == nil {
			return err
		}
		if l.State == portal.AnswerGiven { // its page was left open
			status = http.StatusConflict
		}
		ap := view.ApprovalPage{Typed: in, Reply: reply, Stale: stale(status, "answer")}
		ap.Invalid = invalid
		return s.renderMailed(w, r, me, now, status, ap)
	case err != nil:
		return err
	}
	now, err := s.Portal.OpenApprovalLink(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	s.setAnswered(w, r, now.Pass())
	return seeOther(w, r, decidePath(r))
}

// mailAnswerCode mails the link's person a code, and asks for it.
func (s *Server) mailAnswerCode(w http.ResponseWriter, r *http.Request, me *visit, l *mailed, p view.DecideCodePage) error {
	browser, err := s.Accounts.RequestAnswerCode(r.Context(), l.who.Email, string(l.Approval.ID), s.addr(r))
	var throttled *account.Throttled
	switch {
	case errors.As(err, &throttled):
		retryAfter(w, throttled)
		p.Notice = mailsRest(me, throttled)
		return s.renderAnswerCode(w, r, me, l, http.StatusTooManyRequests, p)
	case err != nil:
		return err
	}
	s.setCodeCookie(w, browser)
	return s.renderAnswerCode(w, r, me, l, http.StatusOK, p)
}

func (s *Server) renderAnswerCode(w http.ResponseWriter, r *http.Request, me *visit, l *mailed, status int, p view.DecideCodePage) error {
	invalid := p.Invalid
	p.Page = s.cardPage(me)
	p.Invalid = invalid
	p.Path, p.Approval, p.Email = decidePath(r), l.Approval, masked(l.who.Email)
	s.setTitle(&p.Page, p.T("decide.code"))
	return s.render(w, r, status, view.DecideCode(p))
}

// masked is as much of an address as tells its owner which it is.
func masked(email string) string {
	at := strings.LastIndexByte(email, '@')
	_, first := utf8.DecodeRuneInString(email)
	if first >= at {
		first = 0
	}
	return email[:first] + "…" + email[at:]
}

// undoByMail takes an answer back in the browser in which it was given.
func (s *Server) undoByMail(w http.ResponseWriter, r *http.Request, me *visit) error {
	l, err := s.openMailed(w, r, me)
	if err != nil || l == nil {
		return err
	}
	if err := noFields(r); err != nil {
		return err
	}
	switch err := l.Undo(r.Context(), s.linkProof(r, answeredCookie)); {
	case errors.Is(err, portal.ErrForbidden), errors.Is(err, portal.ErrConflict): // too late, or elsewhere: the page says how it is
		return seeOther(w, r, decidePath(r))
	case err != nil:
		return err
	}
	s.setAnswered(w, r, "")
	return done(w, r, decidePath(r), "approval_undone")
}

// seenByMail notes that what the link is about was on a screen. The page itself,
// which mail scanners open too, notes nothing.
func (s *Server) seenByMail(w http.ResponseWriter, r *http.Request, _ *visit) error {
	unlisted(w)
	if err := noFields(r); err != nil {
		return err
	}
	l, err := s.Portal.OpenApprovalLink(r.Context(), r.PathValue("token"))
	if err == nil {
		err = l.Seen(r.Context())
	}
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
	}
	return err
}
