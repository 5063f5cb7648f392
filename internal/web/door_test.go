package web_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
	"github.com/vitrine-portal/vitrine/internal/web"
	"github.com/vitrine-portal/vitrine/internal/web/webtest"
)

func TestSignIn(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		b := s.Stranger()
		p := b.Get("/profile")
		if p.Path != "/sign-in?next=%2Fprofile" {
			t.Fatalf("a page behind the door leads to %s", p.Path)
		}
		f := p.Form("/sign-in").Set("email", " Cleo@CLEO.test").Set("password", portaltest.Password)
		before := b.Cookie("sid")
		p = f.Submit(b).MustBe(200)
		if p.Path != "/profile" || b.Cookie("sid") == "" || b.Cookie("sid") == before {
			t.Errorf("signed in at %s with cookie %q", p.Path, b.Cookie("sid"))
		}
		if p = b.Get("/sign-in"); len(p.Via) != 1 || p.Via[0] != "/" {
			t.Errorf("somebody signed in is asked to sign in again at %s", p.Path)
		}
		old := b.Cookie("sid")
		p = b.Post("/sign-out", nil).MustBe(200).MustContain("You are signed out")
		if got := p.Header.Get("Clear-Site-Data"); got != `"cache", "storage"` {
			t.Errorf("Clear-Site-Data is %s", got)
		}
		if b.Cookie("sid") != "" {
			t.Error("the cookie is still there")
		}
		b.SetCookie("sid", old)
		b.Get("/profile").MustBe(401)
	})
}

// once is the number of its own that each form has.
var once = regexp.MustCompile(`name="once" value="[^"]*"`)

// Unknown, wrong, disabled, invited: one answer.
func TestSignInAnswersAlike(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		s.Exec(`UPDATE persons SET disabled_at = 1 WHERE id = $1`, string(s.Dan))
		tries := map[string]url.Values{
			"unknown":  {"email": {"who@who.test"}, "password": {portaltest.Password}},
			"wrong":    {"email": {"cleo@cleo.test"}, "password": {"not the right one at all"}},
			"disabled": {"email": {"dan@dan.test"}, "password": {portaltest.Password}},
			"invited":  {"email": {"uma@uma.test"}, "password": {portaltest.Password}},
			"no mail":  {"email": {"nonsense"}, "password": {portaltest.Password}},
		}
		first := ""
		for what, v := range tries {
			b := s.Stranger()
			p := b.Post("/sign-in", v).MustBe(422)
			p.MustNotContain(v.Get("password")).MustContain("The e-mail address or the password is not right")
			if p.Attr("#email", "value") != v.Get("email") {
				t.Errorf("%s: the address was not kept", what)
			}
			body := once.ReplaceAllString(strings.ReplaceAll(p.Body, v.Get("email"), ""), "")
			if first == "" {
				first = body
			}
			if body != first || b.Cookie("sid") != "" {
				t.Errorf("%s is answered in another way: %s", what, firstDifference(first, body))
			}
		}
		// So for the code, and for the forgotten password.
		for _, path := range []string{"/sign-in/code", "/forgot"} {
			first = ""
			for _, email := range []string{"cleo@cleo.test", "who@who.test", "dan@dan.test", "uma@uma.test"} {
				p := s.Stranger().Post(path, url.Values{"email": {email}}).MustBe(200)
				body := once.ReplaceAllString(strings.ReplaceAll(p.Body, email, ""), "")
				if first == "" {
					first = body
				}
				if body != first {
					t.Errorf("%s answers %s in another way: %s", path, email, firstDifference(first, body))
				}
			}
		}
		if n := len(s.Mails(account.MailCode)) + len(s.Mails(account.MailReset)); n != 2 {
			t.Errorf("%d mails, want one code and one reset", n)
		}
	})
}

func TestThrottled(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		b := s.Stranger()
		var p *webtest.Page
		for i := 0; ; i++ {
			p = b.Post("/sign-in", url.Values{"email": {"cleo@cleo.test"}, "password": {"wrong wrong wrong"}})
			if p.Status == http.StatusTooManyRequests {
				break
			}
			if i > 12 {
				t.Fatalf("try %d still answers %d", i, p.Status)
			}
		}
		if p.Header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		// The way out.
		p = p.Form("/sign-in").To("/sign-in/code").Submit(b).MustBe(200)
		id := s.Mails(account.MailCode)[0]
		code, err := s.Accounts.Code(context.Background(), id)
		if err != nil {
			t.Fatal(err)
		}
		stranger := s.Stranger()
		p.Form("/sign-in/code/redeem").Set("code", code.Digits).Submit(stranger).MustBe(422)
		if stranger.Cookie("sid") != "" {
			t.Error("a code works in another browser")
		}
		p.Form("/sign-in/code/redeem").Set("code", "00000000").Submit(b).MustBe(422).MustContain("That code does not work")
		p = p.Form("/sign-in/code/redeem").Set("code", code.Digits[:4]+" "+code.Digits[4:]).Submit(b)
		if b.Cookie("sid") == "" || b.Cookie("code") != "" {
			t.Errorf("not signed in by the code: %d %s", p.Status, p.Path)
		}
		if log := s.Log(); strings.Contains(log, code.Digits) || strings.Contains(log, "cleo@") {
			t.Error("the log tells")
		}
	})
}

func TestReset(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		cleo, b := s.As("cleo"), s.Stranger()
		b.Get("/forgot").Form("/forgot").Set("email", "cleo@cleo.test").Submit(b).MustBe(200)
		path := "/reset/" + s.Accounts.Token(account.PurposeReset, s.Mails(account.MailReset)[0])
		for range 3 {
			b.Get(path).MustBe(200).MustContain("cleo@cleo.test")
		}
		p := b.Get(path)
		p.Form(path).Set("password", "too short").Submit(b).MustBe(422).MustNotContain("too short\"").MustContain("At least 15")
		p.Form(path).Set("password", "an otter reads at dusk").Submit(b).MustBe(200).MustContain("Your password is changed")
		p.Form(path).Set("password", "a badger reads at dusk").Submit(b).MustBe(410).MustContain("already used")
		b.Get(path).MustBe(410)
		b.Get(path + "x").MustBe(404)
		cleo.Get("/profile").MustBe(401).MustContain("The password was changed")
		cleo.Get("/sign-in").MustBe(200).MustContain("The password was changed")
		p = b.Post("/sign-in", url.Values{"email": {"cleo@cleo.test"}, "password": {"an otter reads at dusk"}})
		if b.Cookie("sid") == "" {
			t.Errorf("the new password does not work: %d", p.Status)
		}
	})
}

func TestSetUp(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		ctx := context.Background()
		b := s.Stranger()
		b.Get("/set-up/sesame").MustBe(404) // the World is set up
		s.Exec(`UPDATE workspace SET set_up_at = NULL`)
		if _, err := s.Portal.BeginSetUp(ctx, "sesame"); err != nil {
			t.Fatal(err)
		}
		b.Get("/set-up/open").MustBe(404)
		b.Post("/set-up/open", url.Values{"workspace": {"Evil"}}).MustBe(404)
		f := b.Get("/set-up/sesame").MustBe(200).Form("/set-up/sesame").
			Set("workspace", "Leto Studio").Set("time_zone", "Europe/Lisbon").Set("name", "Ana Ruiz").Set("email", "ana@leto.test").Set("password", "leto studio")
		p := f.Submit(b).MustBe(422)
		if p.Attr("#workspace", "value") != "Leto Studio" || p.Form("/set-up/sesame").Get("time_zone") != "Europe/Lisbon" {
			t.Error("what was typed is gone")
		}
		p.MustNotContain(`value="leto studio"`)
		f = p.Form("/set-up/sesame").Set("password", "seven slow herons")
		p = f.Submit(b)
		if b.Cookie("sid") == "" || len(p.Via) == 0 || p.Via[0] != "/" {
			t.Fatalf("not signed in: %d %s", p.Status, p.Path)
		}
		f.Submit(s.Stranger()).MustBe(404)
		b.Get("/set-up/sesame").MustBe(404)
		if brand, err := s.Portal.Brand(ctx); err != nil || brand.Name != "Leto Studio" || brand.TimeZone != "Europe/Lisbon" || !brand.SetUp {
			t.Errorf("brand %+v, %v", brand, err)
		}
	})
}

func TestSharedComputer(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		b := s.Stranger()
		b.Get("/sign-in").Form("/sign-in").Set("email", "cleo@cleo.test").Set("password", portaltest.Password).Tick("shared").Submit(b)
		b.Get("/sign-in") // leads on, as they are signed in
		s.Clock.Advance(account.SharedIdle + time.Minute)
		b.Get("/profile").MustBe(401).MustContain("You were away")
	})
}

// Whoever was kept out is told why where they come back to.
func TestPausedIsSaid(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		cleo := s.As("cleo")
		s.Exec(`UPDATE sessions SET ended_at = $1, ended_why = 'paused:cli_1' WHERE id = $2`, s.Clock.Now().UnixMicro(), string(cleo.Session.ID))
		cleo.Get("/sign-in").MustBe(200).MustContain("Access is paused by Honcho Design")
		cleo.Get("/profile").MustBe(401).MustContain("Access is paused by Honcho Design")
	})
}

func TestDemoPeople(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		s := webtest.New(t, w, func(o *web.Options) {
			o.Demo, o.DemoPeople = true, []web.DemoPerson{{Name: "Eve", Role: "Lead of Acme", Email: "eve@eve.test", Password: portaltest.Password}}
		})
		b := s.Stranger()
		b.Get("/sign-in").MustContain("Lead of Acme").Form("/sign-in").Submit(b)
		if b.Cookie("sid") == "" {
			t.Error("one press does not sign in")
		}
	})
}

// T150: wherever next points, one stays here.
func TestNextStaysHere(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		cleo := s.As("cleo")
		for _, next := range []string{
			"//evil", `/\evil`, "/%09/evil", "/\t/evil", "https:evil", "https://evil", "/..//evil", `\\evil`, "%2f%2fevil", "/%2f%2fevil", "/%5cevil",
			"javascript:alert(1)", "//" + strings.TrimPrefix(s.URL, "http://") + "@evil", "/" + strings.Repeat("a", 7<<10), "/\r\nSet-Cookie: a=b", "/x\x00",
		} {
			p := cleo.Get("/sign-in?next=" + url.QueryEscape(next)) // fails when it leads away
			if strings.Contains(p.Path, "evil") && p.Path != "/%09/evil" || p.Header.Get("Set-Cookie") != "" {
				t.Errorf("next=%q leads to %s", next, p.Path)
			}
		}
		if p := cleo.Get("/sign-in?next=" + url.QueryEscape("/projects?q=a%20b")); p.Path != "/projects?q=a%20b" {
			t.Errorf("a good path leads to %s", p.Path)
		}
	})
}

func firstDifference(a, b string) string {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	return a[max(0, i-40):min(len(a), i+40)] + " / " + b[max(0, i-40):min(len(b), i+40)]
}
