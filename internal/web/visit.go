package web

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view"
	"github.com/vitrine-portal/vitrine/internal/words"
)

// visit is one request of one visitor: who they are, what they see, and how
// they read.
type visit struct {
	*portal.Scope // what they see; nobody's when not signed in
	Person        account.Person
	Session       account.Session
	Self          portal.Self // their place: team role, clients
	Brand         portal.Brand
	Book          *words.Book
	Now           time.Time
	mark          string                    // of the live signals when the request came
	Viewing       *viewing                  // set while a team member views as a client person
	ended         string                    // why the session that was shown is over
	done          string                    // what the page is to say of the change that led to it
	of            string                    // what was changed, where that can be undone
	unread        func(portal.ClientID) int // counts the conversations with something new
	needed        func() int                // counts what needs them
	held          func() int                // counts the mails that wait for them
	news          func() string             // the newest of what they were told of and have not read, if any
	pushes        bool                      // they asked for pushes in this browser
}

// viewing is whose view a team member looks at.
type viewing struct {
	User     portal.ClientUserID
	Name     string
	ClientID portal.ClientID
	Client   string
}

// signedIn reports whether there is a person.
func (v *visit) signedIn() bool { return v.Person.ID != "" }

// A door decides who may come in. It returns nil to let them.
type door func(*visit) error

// anybody may come in, signed in or not.
func anybody(*visit) error { return nil }

// person lets in whoever is signed in. What they see inside is the portal's to say.
func person(v *visit) error {
	if !v.signedIn() {
		return portal.ErrSignedOut
	}
	return nil
}

// oneself lets in whoever is signed in, to what is theirs alone. It is neither
// theirs who look as somebody else nor the other's to be looked at.
func oneself(v *visit) error {
	if v.signedIn() && v.Viewing != nil {
		return errOnlyLooking
	}
	return person(v)
}

// team lets in team members; for everybody else the page does not exist.
func team(v *visit) error {
	switch {
	case !v.signedIn():
		return portal.ErrSignedOut
	case v.Self.Role == "" || v.Viewing != nil:
		return portal.ErrNotFound
	}
	return nil
}

type handler func(w http.ResponseWriter, r *http.Request, me *visit) error

// route is a row of the route table.
type route struct {
	pattern string
	door    door
	handle  handler
}

// serve opens the door, runs the handler and answers its error.
func (s *Server) serve(rt route) http.Handler {
	bulk := s.serveBulk(rt)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body != nil && r.Body != http.NoBody {
			r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		}
		bulk.ServeHTTP(w, r)
	})
}

// serveBulk is serve for handlers that bound the body themselves: files come in
// there.
func (s *Server) serveBulk(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = s.noted(r)
		me, err := s.admit(rt, r)
		if err == nil {
			err = rt.handle(w, r, me)
		}
		var again *portal.Repeated
		switch {
		case errors.As(err, &again): // done before: on to what it made
			to := view.Href(again.Subject)
			if to == "" {
				to = r.URL.Path
			}
			http.Redirect(w, r, to, http.StatusSeeOther)
		case err != nil:
			s.fail(w, r, me, err)
		}
	})
}

// serveBytes is serve for handlers that draw no page: they know who is asking
// and nothing else of them. Pictures and files are asked for by the dozen.
func (s *Server) serveBytes(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		me := s.nobody(r)
		err := s.recognise(r, me, s.pass)
		if err == nil {
			err = rt.door(me)
		}
		if err == nil {
			err = rt.handle(w, r, me)
		}
		if err != nil { // which has a page
			me, other := s.visit(r)
			s.fail(w, r, me, cmp.Or(other, err))
		}
	})
}

// noted keeps where a request comes from that may change something.
func (s *Server) noted(r *http.Request) *http.Request {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return r
	}
	return r.WithContext(account.With(account.From(r.Context(), s.addr(r)), r.UserAgent()))
}

// admit finds out who is asking, and lets them through the route's door.
func (s *Server) admit(rt route, r *http.Request) (*visit, error) {
	me, err := s.visit(r)
	if err == nil {
		err = rt.door(me)
	}
	if err == nil && me.Viewing != nil && r.Method != http.MethodGet && r.Method != http.MethodHead && !strings.HasPrefix(rt.pattern, "POST /viewing/") {
		err = errOnlyLooking
	}
	return me, err
}

// serveShared is serve for what is the same for everybody.
func (s *Server) serveShared(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := rt.handle(w, r, nil); err != nil {
			s.fail(w, r, s.stranger(r), err)
		}
	})
}

// stranger is a visit of somebody unknown, for answers before the door.
func (s *Server) stranger(r *http.Request) *visit {
	v := &visit{Scope: s.Portal.As(portal.Actor{}), Now: s.Portal.Now()}
	v.Brand, _ = s.Portal.Brand(r.Context()) // without it the page is plain
	v.Book = s.book(v, r)
	return v
}

// visit finds out who is asking, and what a page for them needs.
func (s *Server) visit(r *http.Request) (*visit, error) {
	brand, err := s.Portal.Brand(r.Context())
	v := s.nobody(r)
	v.Brand = brand
	if err == nil {
		err = s.recognise(r, v, s.Accounts.Session)
	}
	v.Book = s.book(v, r)
	if err == nil && v.signedIn() {
		mark, _ := r.Cookie(pushCookie)
		v.pushes = mark != nil && v.Viewing == nil && mark.Value == s.pushMark(v.Person.ID)
		v.Self, err = v.Scope.Self(r.Context())
		v.unread = func(client portal.ClientID) int { return s.unread(r.Context(), v, client) }
		v.needed = func() int { return s.needed(r.Context(), v) }
		v.held = func() int { return s.held(r.Context(), v) }
		v.news = func() string { return s.news(r.Context(), v) }
	}
	return v, err
}

// nobody is a visit before anything is known.
func (s *Server) nobody(r *http.Request) *visit {
	q := r.URL.Query()
	v := &visit{Scope: s.Portal.As(portal.Actor{}), Now: s.Portal.Now(), done: q.Get("done"), of: q.Get("of")}
	if r.Method == http.MethodGet { // what answers a form cannot be asked for again
		v.mark = s.Hub.Mark()
	}
	return v
}

// pass finds out whose session it is, and nothing else of either.
func (s *Server) pass(ctx context.Context, token string) (account.Session, account.Person, error) {
	p, err := s.Accounts.Pass(ctx, token)
	return account.Session{Pass: p}, account.Person{ID: p.Person}, err
}

// recognise finds out whose session it is, as far as find does, and what they
// see.
func (s *Server) recognise(r *http.Request, v *visit, find func(context.Context, string) (account.Session, account.Person, error)) error {
	token, err := s.token(r)
	if err != nil || token == "" {
		return err
	}
	session, who, err := find(r.Context(), token)
	var ended *account.Ended
	switch {
	case errors.As(err, &ended):
		v.ended = ended.Why
		return nil
	case errors.Is(err, account.ErrSignedOut):
		return nil
	case err != nil:
		return err
	}
	return s.as(r.Context(), v, session, who)
}

// as makes the visit that of a session.
func (s *Server) as(ctx context.Context, v *visit, session account.Session, who account.Person) error {
	v.Session, v.Person = session, who
	v.Scope = s.Portal.As(portal.PersonActor(who.ID))
	return s.lookAs(ctx, v)
}

// lookAs puts a client user's view in front of a team member who asked for it.
// Whether they still may is asked anew each time; when not, the viewing is over
// and they are themselves again.
func (s *Server) lookAs(ctx context.Context, v *visit) error {
	if v.Session.ViewingAs == "" {
		return nil
	}
	actor, viewed, err := s.Portal.ViewActor(ctx, v.Person.ID, portal.ClientUserID(v.Session.ViewingAs))
	switch {
	case errors.Is(err, portal.ErrNotFound):
		v.Session.ViewingAs = ""
		return s.Accounts.ViewAs(ctx, v.Session, "")
	case err != nil:
		return err
	}
	v.Scope = s.Portal.As(actor)
	v.Viewing = &viewing{User: viewed.User, Name: viewed.Name, ClientID: viewed.Client, Client: viewed.ClientName}
	return nil
}

// token is the session cookie; two of them are refused, as one must be planted.
func (s *Server) token(r *http.Request) (string, error) {
	c := r.CookiesNamed(s.cookie)
	switch len(c) {
	case 0:
		return "", nil
	case 1:
		return c[0].Value, nil
	}
	return "", nil
}

// book gives the words in the visitor's language and zone.
func (s *Server) book(v *visit, r *http.Request) *words.Book {
	locale, zone := v.Person.Locale, v.Person.TimeZone
	if locale == "" {
		locale = v.Brand.Locale
	}
	if zone == "" {
		zone = v.Brand.TimeZone
	}
	loc, err := time.LoadLocation(zone)
	if err != nil {
		loc = time.UTC
	}
	return words.For(locale, loc)
}

// addr is where the request comes from, by the proxies that are trusted.
func (s *Server) addr(r *http.Request) netip.Addr { return account.ClientAddr(r, s.Trusted) }

// setSession sets the session's cookie.
func (s *Server) setSession(w http.ResponseWriter, session account.Session, token string) {
	c := &http.Cookie{Name: s.cookie, Value: token, Path: "/", HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode}
	if !session.Shared { // on a shared computer it goes with the browser
		// Not Expires: the clock of a browser may be wrong.
		c.MaxAge = int(session.ExpiresAt.Sub(s.Portal.Now()).Seconds())
	}
	http.SetCookie(w, c)
}

// clearSession forgets the session in the browser, and what it has kept.
func (s *Server) clearSession(w http.ResponseWriter) {
	http.SetCookie(w, &http.Cookie{Name: s.cookie, Path: "/", HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode, MaxAge: -1})
	w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
}

// render answers with a page.
func (s *Server) render(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	b := templ.GetBuffer()
	defer templ.ReleaseBuffer(b)
	if err := c.Render(r.Context(), b); err != nil {
		return err
	}
	w.Header().Set("Content-Length", strconv.Itoa(b.Len()))
	w.WriteHeader(status)
	w.Write(b.Bytes()) // an error means that the visitor has gone
	return nil
}

// seeOther sends the visitor on after a change. The path is one of ours.
func seeOther(w http.ResponseWriter, r *http.Request, path string) error {
	http.Redirect(w, r, path, http.StatusSeeOther)
	return nil
}

// nextPath is where to go on, if it is a plain path of this site; else "/".
func nextPath(s string) string {
	if len(s) < 1 || len(s) > 2000 || s[0] != '/' || strings.HasPrefix(s, "//") {
		return "/"
	}
	for i := range len(s) {
		if c := s[i]; c < 0x21 || c == '\\' || c == 0x7f || c >= 0x80 {
			return "/"
		}
	}
	u, err := parsePath(s)
	if err != nil {
		return "/"
	}
	return u
}
