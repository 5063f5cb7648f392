package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/webtest"
)

// kinds are everybody who can ask for a page. Uma has not accepted yet and Rex
// was removed: neither has a session that opens anything.
var kinds = []string{"ada", "mia", "tom", "cleo", "dan", "carl", "bea", "rex", "eve", "nobody"}

// browserOf is a browser of that kind of person.
func browserOf(s *webtest.Site, name string) *webtest.Browser {
	if name == "nobody" {
		return s.Stranger()
	}
	return s.As(name)
}

// Who gets which page. A person who may not see a thing is told that it is not
// there.
func TestClientPagesAreForWhoTheyAreFor(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		const (
			yes = 200
			not = 404
			no  = 403
		)
		acme, cleo := "/clients/"+string(s.Acme), "/client-users/"+string(s.CleoUser)
		rows := []struct {
			path string
			want [9]int // in the order of kinds, without nobody
		}{
			//                            ada  mia  tom  cleo dan  carl bea  rex  eve
			{"/clients", [9]int{yes, yes, yes, yes, yes, yes, yes, yes, yes}},
			{"/clients/new", [9]int{yes, yes, no, not, not, not, not, not, not}},
			{acme, [9]int{yes, yes, yes, yes, yes, not, yes, not, not}},
			{acme + "/projects", [9]int{yes, yes, yes, not, not, not, not, not, not}},
			{acme + "/people", [9]int{yes, yes, yes, yes, yes, not, yes, not, not}},
			{acme + "/activity", [9]int{yes, yes, no, not, not, not, not, not, not}},
			{acme + "/settings", [9]int{yes, yes, no, not, not, not, not, not, not}},
			{acme + "/access", [9]int{yes, yes, no, not, not, not, not, not, not}},
			{acme + "/access/import", [9]int{yes, yes, no, not, not, not, not, not, not}},
			{cleo + "/email", [9]int{yes, yes, no, not, not, not, not, not, not}},
			{cleo + "/remove", [9]int{yes, yes, no, not, not, not, not, not, not}},
			{cleo + "/visible", [9]int{yes, yes, no, not, not, not, not, not, not}},
			{cleo + "/miniature", [9]int{yes, yes, not, not, not, not, not, not, not}},
			{"/people", [9]int{yes, yes, yes, not, not, not, not, not, not}},
			{"/people/" + string(s.Mia), [9]int{yes, yes, yes, not, not, not, not, not, not}},
			{"/people/" + string(s.Mia) + "/remove", [9]int{yes, no, no, not, not, not, not, not, not}},
			{"/people/" + string(s.Cleo), [9]int{not, not, not, not, not, not, not, not, not}},
		}
		for i, name := range kinds {
			b := browserOf(s, name)
			for _, r := range rows {
				p := b.Get(r.path)
				switch {
				case name == "nobody":
					if len(p.Via) == 0 || !strings.HasPrefix(p.Via[0], "/sign-in") {
						t.Errorf("nobody: %s is not led to the sign-in page, but gets %d", r.path, p.Status)
					}
				case p.Status != r.want[i]:
					t.Errorf("%s: %s: status %d, want %d: %s %s", name, r.path, p.Status, r.want[i], p.Text("h1"), s.Log())
				}
			}
		}
	})
}

// Nothing but who may manage changes anything, whatever they post.
func TestClientChangesAreForManagers(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		acme, cleo := "/clients/"+string(s.Acme), "/client-users/"+string(s.CleoUser)
		paths := []string{
			acme + "/archive", acme + "/restore", acme + "/sections", acme + "/settings", acme + "/team", acme + "/team/" + string(s.Mia) + "/remove",
			acme + "/access", acme + "/access/preview", acme + "/access/import",
			cleo + "/resend", cleo + "/revoke", cleo + "/suspend", cleo + "/resume", cleo + "/link", cleo + "/email", cleo + "/remove", cleo + "/view-as",
			"/people", "/people/" + string(s.Tom) + "/role", "/people/" + string(s.Tom) + "/resend", "/people/" + string(s.Tom) + "/link", "/people/" + string(s.Tom) + "/remove",
		}
		fields := map[string]url.Values{
			"/settings": {"name": {"Stolen"}, "revision": {"1"}}, "/team": {"person": {string(s.Tom)}}, "/email": {"email": {"x@x.test"}},
			"/role": {"role": {"owner"}}, "/people": {"name": {"X"}, "email": {"x@x.test"}, "role": {"owner"}},
			"/import": {"list": {"email\nx@x.test\n"}},
		}
		for _, name := range []string{"tom", "cleo", "dan", "carl", "bea", "rex", "eve", "nobody"} {
			b := browserOf(s, name)
			for _, path := range paths {
				p := b.Post(path, fields[path[strings.LastIndexByte(path, '/'):]])
				if p.Status < 400 || p.Status >= 500 {
					t.Errorf("%s: POST %s: status %d", name, path, p.Status)
				}
			}
		}
		p := s.As("ada").Get(acme + "/settings").MustBe(200)
		if got := p.Form(acme + "/settings").Get("name"); got != "Acme" {
			t.Errorf("the client is called %q", got)
		}
		s.As("cleo").Get(acme).MustBe(200)
	})
}

// token is that of a client user's invitation, as the mail would have it.
func token(s *webtest.Site, b *webtest.Browser, user portal.ClientUserID) string {
	p := b.Post("/client-users/"+string(user)+"/link", nil).MustBe(200)
	link := p.Attr(".copyrow input", "value")
	return strings.TrimPrefix(link, s.URL)
}

// invited resends Uma's invitation and returns its path.
func invited(s *webtest.Site, mia *webtest.Browser) string {
	mia.Post("/client-users/"+string(s.UmaUser)+"/resend", nil).MustBe(200)
	return token(s, mia, s.UmaUser)
}

// userOf is the client user of that name on the Portal access tab.
func userOf(p *webtest.Page, name string) portal.ClientUserID {
	for i, s := range p.Texts(".access-row .main") {
		if s == name {
			return portal.ClientUserID(p.Attrs(".access-row input[name=user]", "value")[i])
		}
	}
	return ""
}

const newPassword = "wooden heron quiet ladder"

func TestInvitationIsAcceptedOnce(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		path := invited(s, s.As("mia"))
		// Mail scanners open it as often as they like.
		scanner := s.Stranger().Becomes("uma").Forbid("uma@uma.test")
		for range 5 {
			scanner.Get(path).MustBe(200).MustContain("Mia", "Acme", "u…@uma.test")
		}
		first, second := s.Stranger().Becomes("uma"), s.Stranger().Becomes("uma")
		for _, b := range []*webtest.Browser{first, second} {
			b.Get(path + "?step=2").MustBe(200)
		}
		form := func(b *webtest.Browser) *webtest.Form {
			return b.Get(path+"?step=2").Form(path).Set("name", "Uma Thal").Set("password", newPassword)
		}
		a, b := form(first), form(second)
		if p := form(first).Set("password", "short").Submit(first).MustBe(422); p.Form(path).Get("name") != "Uma Thal" || !p.Has("#password-error") {
			t.Error("a weak password does not come back with the name kept")
		}
		p := a.Submit(first).MustBe(200)
		if p.Path != "/?done=welcome" || !p.Has(".toast") {
			t.Errorf("accepting leads to %s", p.Path)
		}
		b.Submit(second).MustBe(410).MustContain("has been used")
		second.Get("/").MustContain("Sign in")
		first.Get(path).MustBe(200).MustContain("You are in already")
		// The role cannot be changed in the form that accepts.
		s.As("mia").Get("/clients/"+string(s.Acme)+"/people").MustContain("Uma Thal", "Viewer")
	})
}

func TestInvitationWithoutPassword(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		path := invited(s, s.As("mia"))
		uma := s.Stranger().Becomes("uma")
		p := uma.Get(path+"?step=2").Form(path).Set("name", "Uma").Submit(uma).MustBe(422)
		p.MustContain("or the button below")
		p.Form(path).Set("name", "Uma").Press("how", "code").Submit(uma).MustBe(200)
		uma.Get("/clients/" + string(s.Acme)).MustBe(200)
	})
}

// Fields that the form does not have change nothing: nobody picks their role.
func TestInvitationTakesNoRole(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		path := invited(s, s.As("mia"))
		uma := s.Stranger().Becomes("uma")
		uma.Post(path, url.Values{"name": {"Uma"}, "password": {newPassword}, "role": {"owner"}, "preset": {"lead"}}).MustBe(422)
		uma.Post(path, url.Values{"name": {"Uma"}, "password": {newPassword}}).MustBe(200)
		uma.Get("/clients/" + string(s.Acme) + "/access").MustBe(404)
	})
}

func TestInvitationForSomebodyElse(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		path := invited(s, s.As("mia"))
		carl := s.As("carl")
		p := carl.Get(path).MustBe(200).MustContain("You are signed in as carl@carl.test", "u…@uma.test")
		carl.Post(path, url.Values{"name": {"Carl"}, "password": {newPassword}}).MustContain("You are signed in as")
		carl.Get("/clients/" + string(s.Acme)).MustBe(404)
		carl.Becomes("uma") // who is shown the invitation again
		p = p.Form(path + "/switch").Submit(carl).MustBe(200)
		if p.Path != path || carl.Cookie("sid") != "" {
			t.Errorf("signing out leads to %s", p.Path)
		}
		p = carl.Get(path + "?step=2")
		p.Form(path).Set("password", newPassword).Submit(carl).MustBe(200).MustContain("Uma")
	})
}

// A person with an account signs in first, comes back and presses one button.
func TestInvitationForAnAccount(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		mia := s.As("mia")
		page := mia.Get("/clients/" + string(s.Acme) + "/access").MustBe(200)
		form := page.Form("/clients/"+string(s.Acme)+"/access").Set("add.0.email", "eve@eve.test").Set("add.0.name", "Evelyn")
		form.Press("do", "save").Submit(mia).MustBe(200)
		// The inviter is not told that there is an account.
		mia.Get("/clients/"+string(s.Acme)+"/access").MustContain("Evelyn").MustNotContain("has an account", "account already")
		path := token(s, mia, userOf(mia.Get("/clients/"+string(s.Acme)+"/access"), "Evelyn"))
		eve := s.Stranger().Becomes("uma") // sees what Uma would
		eve.Get(path).MustBe(200).MustContain("has a sign-in here already")
		eve.Post(path, url.Values{"name": {"Eve"}, "password": {newPassword}}).MustContain("has a sign-in here already")
		p := eve.Get("/sign-in?next=" + path)
		p = p.Form("/sign-in").Set("email", "eve@eve.test").Set("password", "correct horse battery staple").Submit(eve).MustBe(200)
		if p.Path != path {
			t.Fatalf("signing in leads to %s", p.Path)
		}
		p.Form(path).Submit(eve).MustBe(200)
		eve.Get("/clients/" + string(s.Acme)).MustBe(200)
	})
}

func TestDeadInvitations(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		mia := s.As("mia")
		old := invited(s, mia)
		path := invited(s, mia)
		b := s.Stranger().Becomes("uma")
		b.Get(old).MustBe(410).MustContain("There is a newer invitation").MustNotContain("Acme", "Mia")
		b.Post(old, url.Values{"name": {"Uma"}, "password": {newPassword}}).MustBe(410)

		s.Clock.Advance(8 * 24 * 3600e9)
		p := b.Get(path).MustBe(410).MustContain("has run out")
		p.Form(path + "/ask").Submit(b).MustBe(410).MustContain("We have told them")
		mia = s.As("mia")
		mia.Get("/clients/" + string(s.Acme) + "/access").MustContain("Asked for a new one")

		path = invited(s, mia)
		mia.Post("/clients/"+string(s.Acme)+"/access", nil).MustBe(422)
		off := mia.Get("/clients/"+string(s.Acme)+"/access").Form("/clients/"+string(s.Acme)+"/access").Untick("enabled").Press("do", "save")
		off.Submit(mia).MustBe(200)
		b.Get(path).MustBe(410).MustContain("Access is paused by Honcho Design")
		b.Post(path, url.Values{"name": {"Uma"}, "password": {newPassword}}).MustBe(410)
		mia.Get("/clients/"+string(s.Acme)+"/access").Form("/clients/"+string(s.Acme)+"/access").Tick("enabled").Press("do", "save").Submit(mia).MustBe(200)
		b.Get(path).MustBe(200)

		mia.Post("/client-users/"+string(s.UmaUser)+"/revoke", nil).MustBe(200)
		b.Get(path).MustBe(410).MustContain("was withdrawn")
		b.Get("/invitations/vt_inv_nonsense").MustBe(404)
	})
}

// An invitation is dead when its inviter may not invite any more.
func TestInvitationOfSomebodyWhoLeft(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		path := invited(s, s.As("mia"))
		ada := s.As("ada")
		ada.Get("/people/" + string(s.Mia) + "/remove").Form("/people/" + string(s.Mia) + "/remove").Submit(ada).MustBe(200)
		b := s.Stranger()
		b.Get(path).MustBe(410)
		b.Post(path, url.Values{"name": {"Uma"}, "password": {newPassword}}).MustBe(410)
	})
}

// Of two browsers that accept at the same moment, one is let in (T094).
func TestInvitationAcceptedAtOnce(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		path := invited(s, s.As("mia"))
		answers := make(chan int, 2)
		for range 2 {
			b := s.Stranger()
			go func() {
				resp, err := new(http.Client).PostForm(s.URL+path, url.Values{"name": {b.Name}, "password": {newPassword}})
				if err != nil {
					answers <- 0
					return
				}
				resp.Body.Close()
				answers <- resp.StatusCode
			}()
		}
		a, b := <-answers, <-answers
		// The one who is let in is led home; this client keeps no cookies, so home
		// leads it on to the sign-in page.
		if min(a, b) != 200 || max(a, b) != 410 {
			t.Errorf("the answers are %d and %d", a, b)
		}
	})
}

// A client's working days, set in its settings, count what is asked of it.
func TestClientCalendarPage(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		mia := s.As("mia")
		at := "/clients/" + string(s.Acme)
		f := mia.Get(at+"/settings").MustBe(200).MustContain("As in the workspace (", "Tick none").Form(at + "/calendar")
		for name, status := range map[string]int{"tom": 403, "cleo": 404, "carl": 404, "rex": 404} {
			s.As(name).Post(at+"/calendar", f.Values()).MustBe(status)
		}
		f.Set("time_zone", "Asia/Dubai").Set("week", "6", "0", "1", "2", "3").Tick("own_holidays").Set("holiday", "2026-13-15").Submit(mia).MustBe(422).MustContain("Asia/Dubai")
		f.Set("holiday", "2026-03-15")
		// Somebody changed the client meanwhile: what was typed stays, and is saved at the second time.
		old := mia.Get(at + "/settings").Form(at + "/settings")
		old.Set("welcome", "Hello").Submit(mia).MustBe(200).MustContain("Saved")
		old.Set("welcome", "Good day").Submit(mia).MustBe(409).MustContain("Good day", "Somebody else changed")
		f = f.Submit(mia).MustBe(409).MustContain("Somebody else changed").Form(at + "/calendar")
		if f.Get("holiday") != "2026-03-15" || f.Get("time_zone") != "Asia/Dubai" {
			t.Errorf("after a conflict: %v", f.Values())
		}
		f.Submit(mia).MustBe(200).MustContain("Saved")
		p := mia.Get(at + "/settings").MustBe(200)
		if f := p.Form(at + "/calendar"); f.Get("time_zone") != "Asia/Dubai" || len(f.Values()["week"]) != 5 || f.Get("holiday") != "2026-03-15" {
			t.Errorf("as it was saved: %v", f.Values())
		}
		s.As("tom").Get("/projects/"+string(s.Site)+"/approvals/new").MustBe(200).MustContain("Working days and holidays of Acme", "In 3 working days (17 Mar)")
	})
}
