package web

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/transfer"
)

// Files are looked at on a host of their own. Nobody is signed in there: it
// neither sets nor reads cookies, so what a hostile file does there it does to
// nobody. Whoever comes has an address that the portal has made for them, and
// that says whose session asked for what: a capability. It lasts a minute, and
// what it says is asked again of the portal each time it is used, so it opens
// nothing that its session could not.

// capabilityLife is how long an address of the files' host lasts.
const capabilityLife = time.Minute

type capability struct {
	Session account.SessionID
	Version portal.VersionID
	How     string
	Until   time.Time
}

const capabilityPurpose = "capability"

// encode writes a capability for a path's last part.
func (s *Server) encode(c capability, name string) string {
	until := strconv.FormatInt(c.Until.Unix(), 10)
	mac := s.Accounts.Sign(capabilityPurpose, string(c.Session), string(c.Version), c.How, until, name)
	return strings.Join([]string{string(c.Session), string(c.Version), c.How, until, base64.RawURLEncoding.EncodeToString(mac)}, ".")
}

// decode reads what encode wrote, and nothing else.
func (s *Server) decode(text, name string) (capability, bool) {
	if len(text) > 300 {
		return capability{}, false
	}
	parts := strings.Split(text, ".")
	if len(parts) != 5 {
		return capability{}, false
	}
	until, err := strconv.ParseInt(parts[3], 10, 64)
	if err != nil {
		return capability{}, false
	}
	c := capability{account.SessionID(parts[0]), portal.VersionID(parts[1]), parts[2], time.Unix(until, 0)}
	return c, hmac.Equal([]byte(text), []byte(s.encode(c, name)))
}

// fileURL is the address at which the visitor gets a version for a minute.
func (s *Server) fileURL(me *visit, id portal.VersionID, how, name string) string {
	c := capability{me.Session.ID, id, how, me.Now.Add(capabilityLife)}
	return s.FilesURL.String() + "/o/" + s.encode(c, name) + "/" + url.PathEscape(name)
}

// filesRoutes are all that the files' host serves.
func (s *Server) filesRoutes() []route {
	return []route{
		{"GET /o/{capability}/{name}", anybody, s.original},
		{"OPTIONS /o/{capability}/{name}", anybody, s.preflight},
		{"GET /pdf", anybody, s.pdfPage},
		{"GET /static/", anybody, s.filesStatic},
		{"GET /health", anybody, s.health},
		{"GET /{$}", anybody, func(w http.ResponseWriter, r *http.Request, _ *visit) error { return seeOther(w, r, s.URL("/")) }}, // who typed the wrong name of the two
	}
}

// filesHandler is the files' host.
func (s *Server) filesHandler() http.Handler {
	mux := http.NewServeMux()
	for _, r := range s.filesRoutes() {
		mux.Handle(r.pattern, s.serveFiles(r))
	}
	mux.Handle("/", s.serveFiles(route{handle: func(http.ResponseWriter, *http.Request, *visit) error { return portal.ErrNotFound }}))
	return mux
}

// filesCSP lets a file that a browser shows be itself and do nothing.
const filesCSP = "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'"

// setFilesHeaders are those of every answer of the files' host.
func setFilesHeaders(h http.Header) {
	h.Set("Content-Security-Policy", filesCSP)
	h.Set("Cache-Control", "private, no-store")
	h.Set("X-Robots-Tag", "noindex, nofollow")
	h.Del("Vary") // nothing depends on a cookie
}

// serveFiles runs a handler of the files' host. What goes wrong is said in a
// line of text: there are no pages here.
func (s *Server) serveFiles(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		setFilesHeaders(w.Header())
		err := errTooMuch
		if r.ContentLength == 0 {
			err = rt.handle(w, r, nil)
		}
		if err != nil && r.Context().Err() == nil {
			s.failText(w, r, err)
		}
	})
}

// failText answers an error in a line of text.
func (s *Server) failText(w http.ResponseWriter, r *http.Request, err error) {
	code, key := status(err)
	me := s.stranger(r)
	text, _ := failureWords(me, key)
	if code == http.StatusInternalServerError {
		id := s.logFault(r, err)
		text += " " + me.Book.T("error.fault_id", "id", id)
	}
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Del("Content-Disposition")
	w.WriteHeader(code)
	fmt.Fprintln(w, text)
}

// holder finds who comes with a capability, as who they are now, and what it
// is for. One that has run its minute leads back to the portal, which asks who
// is there and makes another: a download that goes on after a pause, a film
// that is wound on. Everything else that is not right is nothing at all.
func (s *Server) holder(r *http.Request) (*visit, capability, error) {
	if r.URL.RawQuery != "" || r.URL.ForceQuery {
		return nil, capability{}, portal.ErrNotFound
	}
	c, ok := s.decode(r.PathValue("capability"), r.PathValue("name"))
	if !ok {
		return nil, c, portal.ErrNotFound
	}
	now := s.Portal.Now()
	if !now.Before(c.Until) {
		return nil, c, errExpired
	}
	me, err := s.visitOf(r.Context(), c, now)
	if errors.Is(err, account.ErrSignedOut) {
		err = portal.ErrNotFound
	}
	return me, c, err
}

var errExpired = errors.New("web: the address has run its minute")

// visitOf is the visit of a capability's session.
func (s *Server) visitOf(ctx context.Context, c capability, now time.Time) (*visit, error) {
	pass, err := s.Accounts.PassByID(ctx, c.Session, c.Until.Add(-capabilityLife))
	if err != nil {
		return nil, err
	}
	v := &visit{Now: now}
	return v, s.as(ctx, v, account.Session{Pass: pass}, account.Person{ID: pass.Person})
}

// original hands out what a capability is for.
func (s *Server) original(w http.ResponseWriter, r *http.Request, _ *visit) error {
	me, c, err := s.holder(r)
	if errors.Is(err, errExpired) {
		return seeOther(w, r, s.URL(appPath(c)))
	}
	if err != nil {
		return err
	}
	st, err := s.stored(r.Context(), me, c.Version, c.How)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Cross-Origin-Resource-Policy", "cross-origin") // shown in pages of the portal, which has another host
	if c.How != transfer.AsFile {
		if !transfer.Shown(st.Type) {
			return portal.ErrNotFound
		}
		setCORS(h)
	}
	return s.Bytes.Deliver(w, r, me.Scope, st, c.How)
}

// appPath is where the portal makes such an address.
func appPath(c capability) string {
	if c.How == transfer.AsFile {
		return "/versions/" + url.PathEscape(string(c.Version)) + "/download"
	}
	return "/versions/" + url.PathEscape(string(c.Version)) + "/view"
}

// setCORS lets scripts of the portal and of the PDF viewer read what is shown.
// They come from other origins, and send no cookies: the address is all that
// opens it.
func setCORS(h http.Header) {
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "Accept-Ranges, Content-Range, Content-Length, ETag")
}

// preflight answers browsers that ask before they send a Range.
func (s *Server) preflight(w http.ResponseWriter, r *http.Request, _ *visit) error {
	h := w.Header()
	setCORS(h)
	h.Set("Access-Control-Allow-Methods", "GET, HEAD")
	h.Set("Access-Control-Allow-Headers", "Range, If-Range")
	h.Set("Access-Control-Max-Age", "60")
	w.WriteHeader(http.StatusNoContent)
	return nil
}
