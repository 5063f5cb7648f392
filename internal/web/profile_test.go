package web_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
	"github.com/vitrine-portal/vitrine/internal/web/webtest"
)

func TestProfile(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		s.Stranger().Post("/profile", nil).MustBe(401)
		for _, name := range []string{"ada", "cleo", "eve"} {
			b := s.As(name)
			p := b.Get("/profile").MustBe(200)
			p.Form("/profile").Set("name", strings.Repeat("é", 101)).Set("title", "Designer").Submit(b).MustBe(422).MustContain("At most 100 characters")
			p = p.Form("/profile").Set("name", "New <b>Name").Set("time_zone", "Asia/Tokyo").Set("theme", "dark").Submit(b).MustBe(200).MustContain("Saved")
			if p.Attr("#name", "value") != "New <b>Name" || p.Attr("html", "data-theme") != "dark" || p.Form("/profile").Get("time_zone") != "Asia/Tokyo" {
				t.Errorf("%s: the profile was not saved", name)
			}
			b.Post("/profile", url.Values{"name": {"A"}, "theme": {"pink"}}).MustBe(422)
			b.Post("/profile", url.Values{"name": {"A"}, "is_admin": {"1"}}).MustBe(422).MustContain("does not belong here")
			b.Post("/profile", url.Values{"name": {"A", "B"}}).MustBe(422).MustContain("came twice")
			if p = b.Get("/profile"); p.Attr("#name", "value") != "New <b>Name" {
				t.Errorf("%s: a form that was refused changed something", name)
			}
		}
	})
}

func TestChangePassword(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		other, b := s.As("cleo"), s.As("cleo")
		before := b.Cookie("sid")
		f := b.Get("/profile/sign-in").MustBe(200).Form("/profile/password")
		f.Set("password_old", "not the old one").Set("password", "seven slow herons").Submit(b).MustBe(422).
			MustContain("not your present password").MustNotContain("seven slow herons", "not the old one")
		f.Set("password_old", portaltest.Password).Set("password", "short").Submit(b).MustBe(422).MustNotContain(`"short"`)
		f.Set("password", "seven slow herons").Submit(b).MustBe(200).MustContain("The password is changed")
		if b.Cookie("sid") == before {
			t.Error("the session kept its token")
		}
		other.Get("/profile").MustBe(401)
	})
}

func TestFirstPasswordNeedsProof(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		s.Exec(`UPDATE persons SET password_hash = '' WHERE id = $1`, string(s.Cleo))
		b := s.As("cleo")
		s.Clock.Advance(account.Freshness + time.Minute)
		p := b.Get("/profile/sign-in").MustBe(200)
		if p.Has("form[action='/profile/password']") || p.Has("form[action='/profile/email']") {
			t.Fatal("offered without a proof")
		}
		if p = b.Post("/profile/password", url.Values{"password": {"seven slow herons"}}); p.Path != "/profile/prove?next=/profile/sign-in" {
			t.Fatalf("set without a proof: %s", p.Path)
		}
		if p.Has("input[name=password]") {
			t.Error("asks for a password that they do not have")
		}
		p = p.Form("/profile/prove/code").Submit(b).MustBe(200)
		code, err := s.Accounts.Code(context.Background(), s.Mails(account.MailCode)[0])
		if err != nil {
			t.Fatal(err)
		}
		p.Form("/profile/prove").Set("code", "12345678").Submit(b).MustBe(422)
		p = p.Form("/profile/prove").Set("code", code.Digits).Submit(b).MustBe(200)
		p.Form("/profile/password").Set("password", "seven slow herons").Submit(b).MustBe(200).MustContain("The password is changed")
	})
}

func TestChangeEmail(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		other, b := s.As("cleo"), s.As("cleo")
		s.Clock.Advance(account.Freshness + time.Minute)
		if p := b.Post("/profile/email", url.Values{"email": {"new@cleo.test"}}); p.Path != "/profile/prove?next=/profile/sign-in" || len(s.Mails(account.MailEmailChange)) > 0 {
			t.Fatalf("asked for without a proof: %s", p.Path)
		}
		p := b.Get("/profile/prove?next=/profile/sign-in")
		p.Form("/profile/prove").Set("password", "wrong wrong wrong").Submit(b).MustBe(422)
		p = p.Form("/profile/prove").Set("password", portaltest.Password).Submit(b).MustBe(200)
		p.Form("/profile/email").Set("email", "not one").Submit(b).MustBe(422).MustContain("Write an e-mail address")
		p.Form("/profile/email").Set("email", "new@cleo.test").Submit(b).MustBe(200).MustContain("Look into the inbox")

		path := "/confirm-email/" + s.Accounts.Token(account.PurposeEmail, s.Mails(account.MailEmailChange)[0])
		for range 3 {
			p = b.Get(path).MustBe(200).MustContain("new@cleo.test")
		}
		p.Form(path).Submit(b).MustBe(200).MustContain("Your address is changed")
		b.Get(path).MustBe(410)
		b.Post(path, nil).MustBe(410)
		b.Get("/profile/sign-in").MustBe(200).MustContain("new@cleo.test")
		other.Get("/profile").MustBe(401)
		s.Stranger().Get("/confirm-email/nonsense").MustBe(404)
	})
}

func TestSessions(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		carl, b, second, third := s.As("carl"), s.As("cleo"), s.As("cleo"), s.As("cleo")
		p := b.Get("/profile/sessions").MustBe(200).MustContain("Firefox on Linux", "127.0.0.1", "This one")
		if n := p.Count("ul.rows > li"); n != 3 {
			t.Fatalf("%d sessions", n)
		}
		end := "/profile/sessions/" + string(second.Session.ID) + "/end"
		carl.Post(end, nil).MustBe(404)
		second.Get("/profile").MustBe(200)
		p.Form(end).Submit(b).MustBe(200).MustContain("The session is over")
		second.Get("/profile").MustBe(401)
		b.Post(end, nil).MustBe(404)
		p.Form("/profile/sessions/end-others").Submit(b).MustBe(200).MustContain("Logged out everywhere else")
		third.Get("/profile").MustBe(401)
		b.Get("/profile").MustBe(200)
		carl.Get("/profile").MustBe(200)
	})
}

func TestTokens(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		ctx := context.Background()
		b := s.As("cleo")
		f := b.Get("/profile/tokens").MustBe(200).Form("/profile/tokens")
		p := f.Set("name", "Weekly report").Set("scope", "write").Set("expires", "30").Submit(b).MustBe(200).MustContain("Copy the token now")
		secret := p.Attr(".copyrow input", "value")
		who, token, err := s.Accounts.ByToken(ctx, secret)
		if err != nil || who.ID != s.Cleo || strings.Join(token.Scopes, " ") != "read write" || !token.ExpiresAt.Equal(s.Clock.Now().AddDate(0, 0, 30)) {
			t.Fatalf("token %+v of %s, %v", token, who.ID, err)
		}
		b.Forbid(secret) // it is never shown again
		p = b.Get("/profile/tokens").MustContain("Weekly report", "Read and write", "used now")
		b.Post("/profile/tokens", url.Values{"name": {"x"}, "scope": {"admin"}, "expires": {"30"}}).MustBe(422)
		b.Post("/profile/tokens", url.Values{"name": {"x"}, "scope": {"read"}, "expires": {"9999"}}).MustBe(422)
		revoke := "/profile/tokens/" + string(token.ID) + "/revoke"
		s.As("carl").Post(revoke, nil).MustBe(404)
		p.Form(revoke).Submit(b).MustBe(200).MustContain("The token is revoked", "No tokens")
		if _, _, err := s.Accounts.ByToken(ctx, secret); err == nil {
			t.Error("a revoked token still works")
		}
		s.Clock.Advance(account.Freshness + time.Minute)
		if p = b.Post("/profile/tokens", url.Values{"name": {"x"}, "scope": {"read"}, "expires": {"30"}}); p.Path != "/profile/prove?next=/profile/tokens" {
			t.Errorf("made without a proof: %s", p.Path)
		}
		if strings.Contains(s.Log(), secret) {
			t.Error("the log tells the token")
		}
	})
}
