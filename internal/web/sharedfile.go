package web

import (
	"errors"
	"net/http"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/transfer"
	"github.com/vitrine-portal/vitrine/internal/web/view"
)

// linkRoutes are what whoever has a share link sees, signed in or not.
func (s *Server) linkRoutes() []route {
	return []route{
		{"GET /s/{token}", anybody, s.sharedFile},
		{"POST /s/{token}", anybody, s.unlockSharedFile},
		{"POST /s/{token}/download", anybody, s.takeSharedFile},
		{"GET /s/{token}/download", anybody, s.downloadSharedFile},
	}
}

// What a visitor has proved of a share link is kept in cookies that are sent to
// that link alone.
const (
	passCookie  = "link_pass"
	takenCookie = "link_taken"
)

func (s *Server) setLinkCookie(w http.ResponseWriter, r *http.Request, name, value string) {
	http.SetCookie(w, &http.Cookie{Name: s.linkCookie(name), Value: value, Path: "/s/" + r.PathValue("token"), HttpOnly: true, Secure: s.secure,
		SameSite: http.SameSiteLaxMode, MaxAge: int((15 * time.Minute).Seconds())})
}

func (s *Server) linkCookie(name string) string {
	if s.secure {
		return "__Secure-" + name
	}
	return name
}

// linkProof is the value of one of those cookies; of two none, as one must be
// planted.
func (s *Server) linkProof(r *http.Request, name string) string {
	if c := r.CookiesNamed(s.linkCookie(name)); len(c) == 1 {
		return c[0].Value
	}
	return ""
}

// unlisted keeps a page out of search engines.
func unlisted(w http.ResponseWriter) { w.Header().Set("X-Robots-Tag", "noindex, nofollow") }

// sharedFile is the page of a share link. Before the password it says nothing
// of what it leads to; one that leads nowhere is not there, whatever the reason.
func (s *Server) sharedFile(w http.ResponseWriter, r *http.Request, me *visit) error {
	unlisted(w)
	link, err := s.Portal.OpenShareLink(r.Context(), r.PathValue("token"), s.linkProof(r, passCookie))
	switch {
	case errors.Is(err, portal.ErrLocked):
		return s.renderLocked(w, r, me, http.StatusOK, view.LockedFilePage{})
	case err != nil:
		return err
	}
	f, err := link.LinkFile(r.Context())
	if err != nil {
		return err
	}
	p := view.SharedFilePage{Page: s.cardPage(me), Workspace: me.Brand.Name, Name: f.Name, Size: f.Size, Path: "/s/" + r.PathValue("token")}
	s.setTitle(&p.Page, f.Name)
	return s.render(w, r, http.StatusOK, view.SharedFile(p))
}

func (s *Server) renderLocked(w http.ResponseWriter, r *http.Request, me *visit, status int, p view.LockedFilePage) error {
	invalid := p.Invalid
	p.Page, p.Path = s.cardPage(me), "/s/"+r.PathValue("token")
	p.Invalid = invalid
	s.setTitle(&p.Page, p.T("sharelink.locked"))
	return s.render(w, r, status, view.LockedFile(p))
}

// unlockSharedFile takes the password of a share link.
func (s *Server) unlockSharedFile(w http.ResponseWriter, r *http.Request, me *visit) error {
	unlisted(w)
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	password := f.one("password")
	var pass string
	if err = f.err(); err == nil {
		pass, err = s.Portal.UnlockShareLink(r.Context(), r.PathValue("token"), password)
	}
	var throttled *account.Throttled
	switch fields, ok := invalidFields(err); {
	case ok:
		p := view.LockedFilePage{}
		p.Invalid = fields
		return s.renderLocked(w, r, me, http.StatusUnprocessableEntity, p)
	case errors.As(err, &throttled):
		retryAfter(w, throttled)
		p := view.LockedFilePage{Notice: view.Notice{Title: me.Book.T("door.throttled"), Text: me.Book.T("door.throttled_text", "wait", me.Book.For(throttled.RetryAfter))}}
		return s.renderLocked(w, r, me, http.StatusTooManyRequests, p)
	case err != nil:
		return err
	}
	s.setLinkCookie(w, r, passCookie, pass)
	return seeOther(w, r, "/s/"+r.PathValue("token"))
}

// takeSharedFile counts a download and leads to it. It is a POST, so that
// whoever only follows links, as mail scanners do, uses nothing up.
func (s *Server) takeSharedFile(w http.ResponseWriter, r *http.Request, me *visit) error {
	unlisted(w)
	if err := noFields(r); err != nil {
		return err
	}
	page := "/s/" + r.PathValue("token")
	taken, err := s.Portal.TakeShareLink(r.Context(), r.PathValue("token"), s.linkProof(r, passCookie))
	switch {
	case errors.Is(err, portal.ErrLocked): // the pass is over
		return seeOther(w, r, page)
	case err != nil:
		return err
	}
	s.setLinkCookie(w, r, takenCookie, taken)
	return seeOther(w, r, page+"/download")
}

// downloadSharedFile hands out what was just taken, also from where it broke
// off. Whether the link still leads there is asked each time.
func (s *Server) downloadSharedFile(w http.ResponseWriter, r *http.Request, me *visit) error {
	unlisted(w)
	token := r.PathValue("token")
	link, f, err := s.Portal.TakenLinkFile(r.Context(), token, s.linkProof(r, takenCookie))
	if errors.Is(err, portal.ErrNotFound) {
		if _, err := s.Portal.OpenShareLink(r.Context(), token, ""); err == nil || errors.Is(err, portal.ErrLocked) {
			return seeOther(w, r, "/s/"+token) // to the button
		}
	}
	if err != nil {
		return err
	}
	return s.Bytes.Deliver(w, r, link, f, transfer.AsLink)
}
