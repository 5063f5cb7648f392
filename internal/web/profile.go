package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view"
	"github.com/vitrine-portal/vitrine/internal/web/view/ui"
	"github.com/vitrine-portal/vitrine/internal/words"
)

// profileRoutes are the pages about oneself.
func (s *Server) profileRoutes() []route {
	return []route{
		{"GET /profile", oneself, s.profilePage},
		{"POST /profile", oneself, s.saveProfile},
		{"POST /profile/deputy", oneself, s.nameDeputy},
		{"POST /profile/deputy/end", oneself, s.endDeputy},
		{"GET /profile/sign-in", oneself, s.credentialsPage},
		{"POST /profile/password", oneself, s.changePassword},
		{"POST /profile/email", oneself, s.changeEmail},
		{"GET /profile/prove", oneself, s.provePage},
		{"POST /profile/prove", oneself, s.prove},
		{"POST /profile/prove/code", oneself, s.proveCode},
		{"GET /profile/sessions", oneself, s.sessionsPage},
		{"POST /profile/sessions/end-others", oneself, s.endOthers},
		{"POST /profile/sessions/{id}/end", oneself, s.endSession},
		{"GET /profile/tokens", oneself, s.tokensPage},
		{"POST /profile/tokens", oneself, s.makeToken},
		{"POST /profile/tokens/{id}/revoke", oneself, s.revokeToken},
	}
}

// accountFields turns what the accounts found wrong into what a page shows.
func accountFields(err error) error {
	var invalid *account.Invalid
	if !errors.As(err, &invalid) {
		return err
	}
	fields := map[string]portal.Reason{}
	for name, why := range invalid.Fields {
		switch why {
		case "empty":
			fields[name] = portal.Reason{Key: "required"}
		case "long":
			fields[name] = portal.Reason{Key: "too_long", Pairs: []string{"max", "100"}}
		case "past":
			fields[name] = portal.Reason{Key: "past"}
		case "characters":
			fields[name] = portal.Reason{Key: "characters"}
		default:
			fields[name] = portal.Reason{Key: "choice"}
		}
	}
	return &portal.Invalid{Fields: fields}
}

// noFields reads a form that has none.
func noFields(r *http.Request) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	return f.err()
}

// profileFrame is the frame of the pages about oneself.
func (s *Server) profileFrame(me *visit, invalid map[string]portal.Reason) view.Page {
	p := s.page(me, "")
	p.Invalid = invalid
	s.setTitle(&p, p.T("profile.title"))
	return p
}

// statusOf is 422 for a form that came back.
func statusOf(p *view.Page) int {
	if p.Failed() {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

func (s *Server) profilePage(w http.ResponseWriter, r *http.Request, me *visit) error {
	x := me.Person
	return s.renderProfile(w, r, me, account.Profile{Name: x.Name, Title: x.Title, TimeZone: x.TimeZone, Theme: x.Theme}, portal.Deputy{}, nil)
}

// renderProfile draws the page, with what came back: the profile, or a deputy.
func (s *Server) renderProfile(w http.ResponseWriter, r *http.Request, me *visit, x account.Profile, tried portal.Deputy, invalid map[string]portal.Reason) error {
	p := view.ProfilePage{Tried: tried, Page: s.profileFrame(me, invalid), Name: x.Name, Job: x.Title, TimeZone: x.TimeZone, Theme: x.Theme}
	if len(me.Self.Clients) > 0 {
		if err := s.awayOf(r, me, &p); err != nil {
			return err
		}
	}
	p.Zones = append([]ui.Option{{Label: p.T("profile.zone_workspace", "zone", me.Brand.TimeZone)}}, zoneOptions(x.TimeZone)...)
	return s.render(w, r, statusOf(&p.Page), view.Profile(p))
}

func (s *Server) saveProfile(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	x := account.Profile{Name: f.one("name"), Title: f.one("title"), Locale: me.Person.Locale, TimeZone: f.one("time_zone"), Theme: f.one("theme")}
	if err = f.err(); err == nil {
		err = accountFields(s.Accounts.SaveProfile(r.Context(), me.Person.ID, x))
	}
	if fields, ok := invalidFields(err); ok {
		return s.renderProfile(w, r, me, x, portal.Deputy{}, fields)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/profile?done=saved")
}

// awayOf adds who decides for the visitor at each client where they may decide.
func (s *Server) awayOf(r *http.Request, me *visit, p *view.ProfilePage) error {
	named, err := me.Deputies(r.Context())
	if err != nil {
		return err
	}
	for _, c := range me.Self.Clients {
		a := view.Away{Client: c, Now: portal.Deputy{Client: c.ID}}
		if i := slices.IndexFunc(named, func(d portal.Deputy) bool { return d.Client == c.ID }); i >= 0 {
			a.Now = named[i]
		}
		if a.People, err = me.PossibleDeputies(r.Context(), c.ID); err != nil {
			return err
		}
		if len(a.People) > 0 || a.Now.Deputy != "" {
			p.Away = append(p.Away, a)
		}
	}
	return nil
}

func (s *Server) nameDeputy(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	n := portal.Deputy{Client: portal.ClientID(f.one("client")), Deputy: portal.PersonID(f.one("person")), From: f.one("from"), To: f.one("to")}
	if err = f.err(); err == nil {
		err = me.NameDeputy(r.Context(), n)
	}
	if fields, ok := invalidFields(err); ok {
		x := me.Person
		return s.renderProfile(w, r, me, account.Profile{Name: x.Name, Title: x.Title, TimeZone: x.TimeZone, Theme: x.Theme}, n, fields)
	}
	if err != nil {
		return err
	}
	return done(w, r, "/profile", "deputy_named")
}

func (s *Server) endDeputy(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	client, at := portal.ClientID(f.one("client")), "/profile"
	if id := f.one("approval"); id != "" { // that they came from
		at = "/approvals/" + url.PathEscape(id)
	}
	if err = f.err(); err == nil {
		err = me.EndDeputy(r.Context(), client)
	}
	if err != nil {
		return err
	}
	return done(w, r, at, "deputy_ended")
}

// Password and address.

func (s *Server) credentialsPage(w http.ResponseWriter, r *http.Request, me *visit) error {
	return s.renderCredentials(w, r, me, "", nil)
}

func (s *Server) renderCredentials(w http.ResponseWriter, r *http.Request, me *visit, newEmail string, invalid map[string]portal.Reason) error {
	p := view.CredentialsPage{Page: s.profileFrame(me, invalid), HasPassword: me.Person.HasPassword, Fresh: s.Accounts.Fresh(me.Session),
		Email: me.Person.Email, NewEmail: newEmail}
	return s.render(w, r, statusOf(&p.Page), view.Credentials(p))
}

func (s *Server) changePassword(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	password, token := f.one("password"), ""
	if me.Person.HasPassword {
		old := f.one("password_old")
		if err = f.err(); err == nil {
			token, err = s.Accounts.ChangePassword(r.Context(), me.Session, old, password, me.Brand.Name)
		}
		if errors.Is(err, account.ErrSignIn) {
			err = oneField("password_old", "password_wrong")
		}
	} else if err = f.err(); err == nil {
		token, err = s.Accounts.SetPassword(r.Context(), me.Session, password, me.Brand.Name)
	}
	err = passwordError("password", err)
	if fields, ok := invalidFields(err); ok {
		return s.renderCredentials(w, r, me, "", fields)
	}
	if errors.Is(err, account.ErrProve) {
		return seeOther(w, r, "/profile/prove?next=/profile/sign-in")
	}
	if err != nil {
		return err
	}
	s.setSession(w, me.Session, token)
	return seeOther(w, r, "/profile/sign-in?done=password")
}

func (s *Server) changeEmail(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	email := strings.TrimSpace(f.one("email"))
	if err = f.err(); err == nil {
		err = s.Accounts.RequestEmailChange(r.Context(), me.Session, email)
	}
	if errors.Is(err, account.ErrEmail) {
		err = oneField("email", "email")
	}
	if fields, ok := invalidFields(err); ok {
		return s.renderCredentials(w, r, me, email, fields)
	}
	if errors.Is(err, account.ErrProve) {
		return seeOther(w, r, "/profile/prove?next=/profile/sign-in")
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/profile/sign-in?done=email")
}

// Showing again who one is.

func (s *Server) provePage(w http.ResponseWriter, r *http.Request, me *visit) error {
	return s.renderProve(w, r, me, view.ProvePage{Next: nextPath(r.URL.Query().Get("next"))}, nil)
}

func (s *Server) renderProve(w http.ResponseWriter, r *http.Request, me *visit, p view.ProvePage, invalid map[string]portal.Reason) error {
	p.Page = s.profileFrame(me, invalid)
	p.HasPassword, p.Email = me.Person.HasPassword, me.Person.Email
	if p.Lead = p.T("profile.prove.lead", "minutes", p.For(account.Freshness)); p.ByCode {
		p.Lead = p.T("profile.prove.code_lead", "email", p.Email)
	}
	s.setTitle(&p.Page, p.T("profile.prove.title"))
	return s.render(w, r, statusOf(&p.Page), view.Prove(p))
}

func (s *Server) proveCode(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	next := nextPath(f.one("next"))
	if err := f.err(); err != nil {
		return err
	}
	browser, err := s.Accounts.RequestProofCode(r.Context(), me.Person.Email, account.ForProof, s.addr(r))
	if err != nil {
		return err
	}
	s.setCodeCookie(w, browser)
	return s.renderProve(w, r, me, view.ProvePage{Next: next, ByCode: true}, nil)
}

func (s *Server) prove(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	password, code := f.one("password"), f.one("code")
	p := view.ProvePage{Next: nextPath(f.one("next")), ByCode: password == ""}
	if err = f.err(); err == nil && p.ByCode {
		err = s.Accounts.ProveByCode(r.Context(), me.Session, account.ForProof, s.codeBrowser(r), code)
	} else if err == nil {
		err = s.Accounts.Prove(r.Context(), me.Session, password)
	}
	switch {
	case errors.Is(err, account.ErrCode):
		err = oneField("code", "code")
	case errors.Is(err, account.ErrSignIn):
		err = oneField("password", "password_wrong")
	}
	if fields, ok := invalidFields(err); ok {
		return s.renderProve(w, r, me, p, fields)
	}
	if err != nil {
		return err
	}
	if p.ByCode {
		s.setCodeCookie(w, "")
	}
	return seeOther(w, r, p.Next)
}

// Sessions.

func (s *Server) sessionsPage(w http.ResponseWriter, r *http.Request, me *visit) error {
	all, err := s.Accounts.Sessions(r.Context(), me.Person.ID)
	if err != nil {
		return err
	}
	p := view.SessionsPage{Page: s.profileFrame(me, nil)}
	for _, x := range all {
		p.Sessions = append(p.Sessions, sessionRow(&p.Page, me, x))
	}
	// The one at hand comes first; the others stay as they are, newest first.
	sort.SliceStable(p.Sessions, func(i, j int) bool { return p.Sessions[i].This && !p.Sessions[j].This })
	return s.render(w, r, http.StatusOK, view.Sessions(p))
}

// deviceName is what a browser is called, and its icon.
func deviceName(b *words.Book, userAgent string) (name, icon string) {
	browser, system, phone := device(userAgent)
	switch {
	case browser != "" && system != "":
		name = b.T("profile.sessions.device", "browser", browser, "system", system)
	case browser+system != "":
		name = browser + system
	default:
		name = b.T("profile.sessions.unknown")
	}
	if phone {
		return name, "phone"
	}
	return name, "monitor"
}

func sessionRow(p *view.Page, me *visit, x account.Session) view.SessionRow {
	row := view.SessionRow{ID: string(x.ID), This: x.ID == me.Session.ID}
	row.Device, row.Icon = deviceName(p.Book, x.UserAgent)
	place := x.Address
	if place == "" {
		place = p.T("profile.sessions.no_place")
	}
	seen := x.SeenAt
	if row.This { // what was seen a moment ago is not written down yet
		seen = me.Now
	}
	row.Detail = p.T("profile.sessions.detail", "place", place, "seen", p.Ago(seen, me.Now), "since", p.Ago(x.CreatedAt, me.Now))
	return row
}

func (s *Server) endSession(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := noFields(r); err != nil {
		return err
	}
	id := account.SessionID(r.PathValue("id"))
	if id == me.Session.ID {
		return s.signOut(w, r, me)
	}
	if err := s.Accounts.EndSession(r.Context(), me.Person.ID, id); err != nil {
		return err
	}
	return seeOther(w, r, "/profile/sessions?done=ended")
}

func (s *Server) endOthers(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := noFields(r); err != nil {
		return err
	}
	if _, err := s.Accounts.EndOthers(r.Context(), me.Session); err != nil {
		return err
	}
	return seeOther(w, r, "/profile/sessions?done=others")
}

// API tokens.

func (s *Server) tokensPage(w http.ResponseWriter, r *http.Request, me *visit) error {
	return s.renderTokens(w, r, me, view.TokensPage{Scope: "read", Expires: "90"}, nil)
}

func (s *Server) renderTokens(w http.ResponseWriter, r *http.Request, me *visit, p view.TokensPage, invalid map[string]portal.Reason) error {
	all, err := s.Accounts.Tokens(r.Context(), me.Person.ID)
	if err != nil {
		return err
	}
	p.Page, p.Fresh = s.profileFrame(me, invalid), s.Accounts.Fresh(me.Session)
	for _, x := range all {
		row := view.TokenRow{ID: string(x.ID), Name: x.Name, Scope: p.T("profile.tokens.scope.read"), Until: p.T("profile.tokens.never"), Used: p.T("profile.tokens.unused")}
		if slices.Contains(x.Scopes, "write") {
			row.Scope = p.T("profile.tokens.scope.write")
		}
		if !x.ExpiresAt.IsZero() {
			row.Until = p.T("profile.tokens.until", "day", p.Time(x.ExpiresAt, me.Now))
		}
		if !x.UsedAt.IsZero() {
			row.Used = p.T("profile.tokens.used", "when", p.Ago(x.UsedAt, me.Now))
		}
		p.Tokens = append(p.Tokens, row)
	}
	return s.render(w, r, statusOf(&p.Page), view.Tokens(p))
}

// makeToken answers with the page itself, as the secret is shown once and is in
// no address.
func (s *Server) makeToken(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	p := view.TokensPage{Name: f.one("name"), Scope: f.one("scope"), Expires: f.one("expires")}
	var scopes []string
	switch p.Scope {
	case "read":
		scopes = []string{"read"}
	case "write":
		scopes = []string{"read", "write"}
	default:
		f.fail("scopes", "choice")
	}
	var expires time.Time
	switch days := f.number("expires"); days {
	case 30, 90, 365:
		expires = me.Now.AddDate(0, 0, int(days))
	case 0:
	default:
		f.fail("expires", "choice")
	}
	var secret string
	if err = f.err(); err == nil {
		_, secret, err = s.Accounts.NewToken(r.Context(), me.Session, p.Name, scopes, expires)
		err = accountFields(err)
	}
	if fields, ok := invalidFields(err); ok {
		return s.renderTokens(w, r, me, p, fields)
	}
	if errors.Is(err, account.ErrProve) {
		return seeOther(w, r, "/profile/prove?next=/profile/tokens")
	}
	if err != nil {
		return err
	}
	return s.renderTokens(w, r, me, view.TokensPage{Secret: secret, Scope: "read", Expires: "90"}, nil)
}

func (s *Server) revokeToken(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := noFields(r); err != nil {
		return err
	}
	if err := s.Accounts.RevokeToken(r.Context(), me.Person.ID, account.TokenID(r.PathValue("id"))); err != nil {
		return err
	}
	return seeOther(w, r, "/profile/tokens?done=revoked")
}
