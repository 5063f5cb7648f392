package web

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/static"
	"github.com/vitrine-portal/vitrine/internal/web/view"
	"github.com/vitrine-portal/vitrine/internal/web/view/ui"
)

// doorRoutes are the pages in front of the door: what brings a person in, and
// out. A GET of a mailed link never uses it up, as mail scanners open links.
func (s *Server) doorRoutes() []route {
	return []route{
		{"GET /set-up/{token}", anybody, s.setUpPage},
		{"POST /set-up/{token}", anybody, s.setUp},
		{"GET /sign-in", anybody, s.signInPage},
		{"POST /sign-in", anybody, s.signIn},
		{"POST /sign-in/code", anybody, s.requestCode},
		{"POST /sign-in/code/redeem", anybody, s.redeemCode},
		{"POST /sign-out", anybody, s.signOut},
		{"GET /forgot", anybody, s.forgotPage},
		{"POST /forgot", anybody, s.forgot},
		{"GET /reset/{token}", anybody, s.resetPage},
		{"POST /reset/{token}", anybody, s.reset},
		{"GET /confirm-email/{token}", anybody, s.confirmEmailPage},
		{"POST /confirm-email/{token}", anybody, s.confirmEmail},
		{"GET /robots.txt", anybody, s.robots},
		{"GET /.well-known/security.txt", anybody, s.securityText},
	}
}

// meta is where the request comes from, for the session it makes.
func (s *Server) meta(r *http.Request, shared bool) account.Meta {
	return account.Meta{UserAgent: r.UserAgent(), Address: s.addr(r), Shared: shared}
}

// enter signs the visitor in with a session that was just made. The one the
// browser had before is over.
func (s *Server) enter(w http.ResponseWriter, r *http.Request, me *visit, session account.Session, token, path string) error {
	if me.signedIn() {
		if err := s.Accounts.SignOut(r.Context(), me.Session); err != nil && !errors.Is(err, account.ErrSignedOut) {
			return err
		}
	}
	if err := s.knowBrowser(w, r, session); err != nil {
		return err
	}
	s.setSession(w, session, token)
	return seeOther(w, r, path)
}

// invalidFields are the fields that an error is about, if it is about fields.
func invalidFields(err error) (map[string]portal.Reason, bool) {
	var invalid *portal.Invalid
	if !errors.As(err, &invalid) {
		return nil, false
	}
	return invalid.Fields, true
}

// oneField is an error about one field.
func oneField(name, key string) error {
	return &portal.Invalid{Fields: map[string]portal.Reason{name: {Key: key}}}
}

// passwordError turns what is wrong with a new password into an error about its
// field.
func passwordError(field string, err error) error {
	var weak *account.Weakness
	if errors.As(err, &weak) {
		return oneField(field, "password_"+weak.Reason)
	}
	return err
}

// The set-up.

func (s *Server) setUpPage(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := s.Portal.CheckSetUp(r.Context(), r.PathValue("token")); err != nil {
		return err
	}
	p := view.SetUpPage{Accent: static.DefaultAccent, TimeZone: "UTC"}
	return s.renderSetUp(w, r, me, http.StatusOK, p)
}

func (s *Server) renderSetUp(w http.ResponseWriter, r *http.Request, me *visit, status int, p view.SetUpPage) error {
	invalid := p.Invalid
	p.Page, p.Action, p.Zones = s.cardPage(me), "/set-up/"+r.PathValue("token"), zoneOptions(p.TimeZone)
	p.Invalid = invalid
	s.setTitle(&p.Page, p.T("door.set_up.title"))
	return s.render(w, r, status, view.SetUp(p))
}

func (s *Server) setUp(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := s.Portal.CheckSetUp(r.Context(), r.PathValue("token")); err != nil {
		return err
	}
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	in := portal.SetUp{
		Token: r.PathValue("token"), Workspace: f.one("workspace"), Accent: f.one("accent"), TimeZone: f.one("time_zone"),
		Name: f.one("name"), Email: f.one("email"), Password: f.one("password"), Meta: s.meta(r, false),
	}
	var session account.Session
	var token string
	if err = f.err(); err == nil {
		session, token, err = s.Portal.FinishSetUp(r.Context(), in)
	}
	if fields, ok := invalidFields(err); ok {
		p := view.SetUpPage{Workspace: in.Workspace, Accent: in.Accent, TimeZone: in.TimeZone, Name: in.Name, Email: in.Email}
		p.Invalid = fields
		return s.renderSetUp(w, r, me, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	return s.enter(w, r, me, session, token, "/")
}

// zoneOptions are the time zones one can choose, and the one that is chosen
// already, whatever it is.
func zoneOptions(chosen string) []ui.Option {
	options := make([]ui.Option, 0, len(zones)+1)
	known := false
	for _, z := range zones {
		known = known || z == chosen
		options = append(options, ui.Option{Value: z, Label: strings.ReplaceAll(z, "_", " ")})
	}
	if _, err := time.LoadLocation(chosen); !known && err == nil && chosen != "" {
		options = append(options, ui.Option{Value: chosen, Label: chosen})
	}
	return options
}

// Signing in.

func (s *Server) signInPage(w http.ResponseWriter, r *http.Request, me *visit) error {
	next := nextPath(r.URL.Query().Get("next"))
	if me.signedIn() {
		return seeOther(w, r, next)
	}
	p := view.SignInPage{Next: next}
	if key := endedKey(me.ended); me.ended != "" && key != "signed_out" {
		p.Notice.Title, p.Notice.Text = failureWords(me, key)
	}
	return s.renderSignIn(w, r, me, http.StatusOK, p)
}

func (s *Server) renderSignIn(w http.ResponseWriter, r *http.Request, me *visit, status int, p view.SignInPage) error {
	invalid := p.Invalid
	p.Page = s.cardPage(me)
	p.Invalid = invalid
	p.Contact = me.Brand.SupportEmail
	if p.Contact == "" {
		p.Contact = me.Brand.Name
	}
	if s.Demo {
		for _, d := range s.DemoPeople {
			p.Demo = append(p.Demo, view.DemoEntry{Person: ui.Person{Name: d.Name, Detail: d.Role}, Email: d.Email, Password: d.Password})
		}
	}
	s.setTitle(&p.Page, p.T("door.sign_in.title"))
	return s.render(w, r, status, view.SignIn(p))
}

func (s *Server) signIn(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	meta := s.meta(r, f.ticked("shared"))
	in := account.SignIn{Email: f.one("email"), Password: f.one("password"), UserAgent: meta.UserAgent, Address: meta.Address, Shared: meta.Shared}
	p := view.SignInPage{Email: in.Email, Shared: in.Shared, Next: nextPath(f.one("next"))}
	for _, name := range []string{"email", "password"} {
		if f.one(name) == "" {
			f.fail(name, "required")
		}
	}
	var session account.Session
	var token string
	if err = f.err(); err == nil {
		session, token, err = s.Accounts.SignIn(r.Context(), in)
	}
	var throttled *account.Throttled
	err = passwordError("password", err)
	switch fields, ok := invalidFields(err); {
	case ok:
		p.Invalid = fields
		return s.renderSignIn(w, r, me, http.StatusUnprocessableEntity, p)
	case errors.Is(err, account.ErrSignIn):
		p.Notice = view.Notice{Title: me.Book.T("door.wrong"), Text: me.Book.T("door.wrong_text")}
		return s.renderSignIn(w, r, me, http.StatusUnprocessableEntity, p)
	case errors.As(err, &throttled):
		retryAfter(w, throttled)
		p.Notice = view.Notice{Title: me.Book.T("door.throttled"), Text: me.Book.T("door.throttled_text", "wait", me.Book.For(throttled.RetryAfter))}
		return s.renderSignIn(w, r, me, http.StatusTooManyRequests, p)
	case err != nil:
		return err
	}
	return s.enter(w, r, me, session, token, p.Next)
}

// retryAfter says when to try again, rounded up.
func retryAfter(w http.ResponseWriter, t *account.Throttled) {
	w.Header().Set("Retry-After", strconv.Itoa(int(t.RetryAfter/time.Second)+1))
}

// The cookie that binds a mailed code to the browser that asked for it.

func (s *Server) codeCookie() string {
	if s.secure {
		return "__Host-code"
	}
	return "code"
}

func (s *Server) setCodeCookie(w http.ResponseWriter, browser string) {
	c := &http.Cookie{Name: s.codeCookie(), Value: browser, Path: "/", HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteStrictMode, MaxAge: int(account.CodeLife.Seconds())}
	if browser == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

func (s *Server) codeBrowser(r *http.Request) string {
	if c := r.CookiesNamed(s.codeCookie()); len(c) == 1 {
		return c[0].Value
	}
	return ""
}

// requestCode is also the second button of the sign-in form, so it takes that
// form's fields, and leaves the password unread.
func (s *Server) requestCode(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	f.one("password")
	p := view.CodePage{Email: strings.TrimSpace(f.one("email")), Shared: f.ticked("shared"), Next: nextPath(f.one("next"))}
	if p.Email == "" {
		f.fail("email", "required")
	}
	var browser string
	if err = f.err(); err == nil {
		browser, err = s.Accounts.RequestCode(r.Context(), p.Email, s.addr(r))
	}
	if errors.Is(err, account.ErrEmail) {
		err = oneField("email", "email")
	}
	back := view.SignInPage{Email: p.Email, Shared: p.Shared, Next: p.Next}
	var throttled *account.Throttled
	switch fields, ok := invalidFields(err); {
	case ok:
		back.Invalid = fields
		return s.renderSignIn(w, r, me, http.StatusUnprocessableEntity, back)
	case errors.As(err, &throttled):
		retryAfter(w, throttled)
		back.Notice = mailsRest(me, throttled)
		return s.renderSignIn(w, r, me, http.StatusTooManyRequests, back)
	case err != nil:
		return err
	}
	s.setCodeCookie(w, browser)
	return s.renderCode(w, r, me, http.StatusOK, p)
}

func mailsRest(me *visit, t *account.Throttled) view.Notice {
	return view.Notice{Title: me.Book.T("door.throttled"), Text: me.Book.T("door.mails_rest", "wait", me.Book.For(t.RetryAfter))}
}

func (s *Server) renderCode(w http.ResponseWriter, r *http.Request, me *visit, status int, p view.CodePage) error {
	invalid := p.Invalid
	p.Page = s.cardPage(me)
	p.Invalid = invalid
	s.setTitle(&p.Page, p.T("door.code.title"))
	return s.render(w, r, status, view.Code(p))
}

func (s *Server) redeemCode(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	p := view.CodePage{Email: f.one("email"), Shared: f.ticked("shared"), Next: nextPath(f.one("next"))}
	code := f.one("code")
	var session account.Session
	var token string
	if err = f.err(); err == nil {
		session, token, err = s.Accounts.RedeemCode(r.Context(), s.codeBrowser(r), p.Email, code, s.meta(r, p.Shared))
	}
	if errors.Is(err, account.ErrCode) || errors.Is(err, account.ErrSignIn) {
		err = oneField("code", "code")
	}
	if fields, ok := invalidFields(err); ok {
		p.Invalid = fields
		return s.renderCode(w, r, me, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	s.setCodeCookie(w, "")
	return s.enter(w, r, me, session, token, p.Next)
}

// leave signs the visitor out, and has the browser forget them.
func (s *Server) leave(w http.ResponseWriter, r *http.Request, me *visit) error {
	// Whose session was over already leaves, too: then it forgets everybody.
	if err := s.forgetBrowser(w, r, me.Person.ID); err != nil {
		return err
	}
	if me.signedIn() {
		if err := s.Accounts.SignOut(r.Context(), me.Session); err != nil && !errors.Is(err, account.ErrSignedOut) {
			return err
		}
	}
	s.clearSession(w)
	return nil
}

// signOut answers with a page rather than a redirect, so that the browser
// clears what it keeps for this site.
func (s *Server) signOut(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := s.leave(w, r, me); err != nil {
		return err
	}
	b := me.Book
	return s.say(w, r, http.StatusOK, view.SayPage{
		Title: b.T("door.out.title"), Text: b.T("door.out.text"), On: ui.Link{Label: b.T("door.out.act"), Href: "/sign-in"}})
}

// say answers with a card that says one thing.
func (s *Server) say(w http.ResponseWriter, r *http.Request, status int, p view.SayPage) error {
	p.Page = s.cardPage(s.stranger(r))
	s.setTitle(&p.Page, p.Title)
	return s.render(w, r, status, view.Say(p))
}

// A forgotten password.

func (s *Server) forgotPage(w http.ResponseWriter, r *http.Request, me *visit) error {
	return s.renderForgot(w, r, me, http.StatusOK, view.ForgotPage{})
}

func (s *Server) renderForgot(w http.ResponseWriter, r *http.Request, me *visit, status int, p view.ForgotPage) error {
	invalid := p.Invalid
	p.Page = s.cardPage(me)
	p.Invalid = invalid
	s.setTitle(&p.Page, p.T("door.forgot.title"))
	return s.render(w, r, status, view.Forgot(p))
}

func (s *Server) forgot(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	p := view.ForgotPage{Email: strings.TrimSpace(f.one("email"))}
	if p.Email == "" {
		f.fail("email", "required")
	}
	if err = f.err(); err == nil {
		err = s.Accounts.RequestReset(r.Context(), p.Email, s.addr(r))
	}
	if errors.Is(err, account.ErrEmail) {
		err = oneField("email", "email")
	}
	var throttled *account.Throttled
	switch fields, ok := invalidFields(err); {
	case ok:
		p.Invalid = fields
		return s.renderForgot(w, r, me, http.StatusUnprocessableEntity, p)
	case errors.As(err, &throttled):
		retryAfter(w, throttled)
		p.Notice = mailsRest(me, throttled)
		return s.renderForgot(w, r, me, http.StatusTooManyRequests, p)
	case err != nil:
		return err
	}
	b := me.Book
	return s.say(w, r, http.StatusOK, view.SayPage{
		Title: b.T("door.forgot.sent"), Text: b.T("door.forgot.sent_text", "email", p.Email), On: ui.Link{Label: b.T("door.back"), Href: "/sign-in"}})
}

func (s *Server) resetPage(w http.ResponseWriter, r *http.Request, me *visit) error {
	return s.renderReset(w, r, me, nil)
}

// renderReset shows what the link is good for now.
func (s *Server) renderReset(w http.ResponseWriter, r *http.Request, me *visit, invalid map[string]portal.Reason) error {
	token := r.PathValue("token")
	state, who, err := s.Accounts.PeekReset(r.Context(), token)
	if err != nil {
		return err
	}
	if state != account.LinkValid {
		return s.deadLink(w, r, me, state, "/forgot")
	}
	p := view.ResetPage{Page: s.cardPage(me), Action: "/reset/" + token, Email: who.Email}
	status := http.StatusOK
	if p.Invalid = invalid; p.Failed() {
		status = http.StatusUnprocessableEntity
	}
	s.setTitle(&p.Page, p.T("door.reset.title"))
	return s.render(w, r, status, view.Reset(p))
}

// deadLink says what has become of a mailed link, and where to get another.
func (s *Server) deadLink(w http.ResponseWriter, r *http.Request, me *visit, state account.LinkState, again string) error {
	status := http.StatusGone
	if state == account.LinkUnknown {
		status = http.StatusNotFound
	}
	b := me.Book
	return s.say(w, r, status, view.SayPage{
		Title: b.T("door.link." + string(state)), Text: b.T("door.link." + string(state) + "_text"), On: ui.Link{Label: b.T("door.link.again"), Href: again}})
}

func (s *Server) reset(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	password := f.one("password")
	if err = f.err(); err == nil {
		err = passwordError("password", s.Accounts.Reset(r.Context(), r.PathValue("token"), password, s.addr(r), me.Brand.Name))
	}
	if fields, ok := invalidFields(err); ok || errors.Is(err, account.ErrLink) {
		return s.renderReset(w, r, me, fields)
	}
	if err != nil {
		return err
	}
	b := me.Book
	return s.say(w, r, http.StatusOK, view.SayPage{
		Title: b.T("door.reset.done"), Text: b.T("door.reset.done_text"), On: ui.Link{Label: b.T("action.sign_in"), Href: "/sign-in"}})
}

// A new e-mail address.

func (s *Server) confirmEmailPage(w http.ResponseWriter, r *http.Request, me *visit) error {
	change, err := s.Accounts.PeekEmailChange(r.Context(), r.PathValue("token"))
	switch {
	case err != nil:
		return err
	case change.State != account.LinkValid:
		return s.deadLink(w, r, me, change.State, "/profile/sign-in")
	}
	b := me.Book
	return s.say(w, r, http.StatusOK, view.SayPage{
		Title: b.T("door.address.title"), Text: b.T("door.address.lead", "email", change.NewEmail),
		Post: "/confirm-email/" + r.PathValue("token"), Act: b.T("door.address.act"), On: ui.Link{Label: b.T("action.cancel"), Href: "/"}})
}

func (s *Server) confirmEmail(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	if err := f.err(); err != nil {
		return err
	}
	token := r.PathValue("token")
	change, err := s.Accounts.PeekEmailChange(r.Context(), token)
	if err != nil {
		return err
	}
	var keep account.SessionID // theirs, if it is they who confirm in this browser
	if change.Person == me.Person.ID {
		keep = me.Session.ID
	}
	b := me.Book
	switch err := s.Accounts.ConfirmEmailChange(r.Context(), token, keep); {
	case errors.Is(err, account.ErrLink):
		if change, err = s.Accounts.PeekEmailChange(r.Context(), token); err != nil {
			return err
		}
		if change.State == account.LinkValid { // whose person may no longer sign in
			change.State = account.LinkReplaced
		}
		return s.deadLink(w, r, me, change.State, "/profile/sign-in")
	case errors.Is(err, account.ErrEmailTaken):
		return s.say(w, r, http.StatusConflict, view.SayPage{
			Title: b.T("door.address.taken"), Text: b.T("door.address.taken_text"), On: ui.Link{Label: b.T("door.address.again"), Href: "/profile/sign-in"}})
	case err != nil:
		return err
	}
	return s.say(w, r, http.StatusOK, view.SayPage{
		Title: b.T("door.address.done"), Text: b.T("door.address.done_text", "email", change.NewEmail), On: ui.Link{Label: b.T("action.continue"), Href: "/"}})
}

// What programs look for.

func (s *Server) robots(w http.ResponseWriter, _ *http.Request, _ *visit) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := w.Write([]byte("User-agent: *\nDisallow: /\n"))
	return err
}

// securityText says whom to tell of a weakness (RFC 9116).
func (s *Server) securityText(w http.ResponseWriter, _ *http.Request, me *visit) error {
	if me.Brand.SupportEmail == "" {
		return portal.ErrNotFound
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	expires := me.Now.UTC().AddDate(0, 6, 0).Truncate(24 * time.Hour)
	_, err := fmt.Fprintf(w, "Contact: mailto:%s\nExpires: %s\nPreferred-Languages: en\nCanonical: %s\n",
		me.Brand.SupportEmail, expires.Format(time.RFC3339), s.URL("/.well-known/security.txt"))
	return err
}
