package account

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/db/dbtest"
)

// T082: a token ends when it expires or is revoked.
func TestTokens(t *testing.T) {
	run(t, func(w *world) {
		ana, eve := w.person("ana@example.test"), w.person("eve@example.test")
		s, _ := w.session(ana, Meta{})
		forever, secret, err := w.NewToken(w.Context(), s, "script", []string{"read", "projects:write"}, time.Time{})
		w.must(err)
		_, short, err := w.NewToken(w.Context(), s, "short", []string{"read"}, w.now().Add(time.Hour))
		w.must(err)
		_, _, err = w.NewToken(w.Context(), s, "", nil, w.now())
		if inv, ok := err.(*Invalid); !ok || len(inv.Fields) != 3 {
			w.Fatalf("got %v", err)
		}
		if _, _, err = w.NewToken(w.Context(), s, "x", []string{"read write"}, time.Time{}); err == nil {
			w.Fatal("a scope with a space was taken")
		}

		p, tok, err := w.ByToken(w.Context(), secret)
		w.must(err)
		if p.ID != ana || tok.ID != forever.ID || strings.Join(tok.Scopes, ",") != "read,projects:write" {
			w.Fatalf("got %+v, %+v", p, tok)
		}
		w.pass(time.Hour - time.Second)
		_, _, err = w.ByToken(w.Context(), short)
		w.must(err)
		w.pass(time.Second)
		_, _, err = w.ByToken(w.Context(), short)
		w.is(err, ErrSignedOut)

		w.must(w.Flush(w.Context()))
		list, err := w.Tokens(w.Context(), ana)
		w.must(err)
		if len(list) != 2 || list[0].UsedAt.IsZero() || list[1].UsedAt.IsZero() {
			w.Fatalf("listed %+v", list)
		}
		w.is(w.RevokeToken(w.Context(), eve, forever.ID), ErrNotFound)
		w.must(w.RevokeToken(w.Context(), ana, forever.ID))
		w.is(w.RevokeToken(w.Context(), ana, forever.ID), ErrNotFound)
		for _, bad := range []string{secret, "", "vt_api_", "vt_ses_x", strings.Repeat("x", 1<<20)} {
			_, _, err = w.ByToken(w.Context(), bad)
			w.is(err, ErrSignedOut)
		}
		if len(w.happened(TokenCreated)) != 2 || len(w.happened(TokenRevoked)) != 1 {
			w.Fatalf("recorded %+v", w.recorded)
		}
		w.must(w.SignOut(w.Context(), s))
		s.ProvedAt = w.now()
		_, _, err = w.NewToken(w.Context(), s, "late", []string{"read"}, time.Time{})
		w.is(err, ErrSignedOut)
	})
}

// T083: whoever has the database has nothing that opens the portal.
func TestSecretsAreNotStored(t *testing.T) {
	url := dbtest.URL(t, db.SQLite)
	d, err := db.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	w := newWorld(t, d)
	p := w.person("ana@example.test")
	s, session, err := w.signIn("ana@example.test", good)
	w.must(err)
	_, api, err := w.NewToken(t.Context(), s, "script", []string{"read"}, time.Time{})
	w.must(err)
	browser, digits := w.askCode("ana@example.test")
	w.must(w.RequestEmailChange(t.Context(), s, "new@example.test"))
	change := w.Token(PurposeEmail, w.lastMail(MailEmailChange).Subject)
	rotated, err := w.ChangePassword(t.Context(), s, good, other)
	w.must(err)
	reset := w.askReset("ana@example.test")
	typed := "my password in the wrong field"
	_, _, err = w.signIn(typed, "x")
	w.is(err, ErrSignIn)

	path := strings.TrimPrefix(url, "sqlite:")
	path, _, _ = strings.Cut(path, "?")
	files, err := filepath.Glob(path + "*")
	w.must(err)
	var stored []byte
	for _, f := range files {
		b, err := os.ReadFile(f)
		w.must(err)
		stored = append(stored, b...)
	}
	if !bytes.Contains(stored, []byte(p)) || !bytes.Contains(stored, []byte(w.TokenHash(session))) {
		t.Fatalf("looked in the wrong files: %v", files)
	}
	for name, secret := range map[string]string{
		"password": good, "new password": other, "session": session, "rotated session": rotated, "API token": api,
		"browser": browser, "code": digits, "reset": reset, "e-mail change": change, "what was typed": typed,
	} {
		if bytes.Contains(stored, []byte(secret)) {
			t.Errorf("the %s is stored in clear", name)
		}
		if strings.HasPrefix(secret, "vt_") && bytes.Contains(stored, []byte(secret[len("vt_xxx_"):])) {
			t.Errorf("the %s is stored without its prefix", name)
		}
	}
}

func TestTokensArePurposeBound(t *testing.T) {
	a := New(nil, bytes.Repeat([]byte{1}, 32), Hooks{}, time.Now)
	b := New(nil, bytes.Repeat([]byte{2}, 32), Hooks{}, time.Now)
	seen := map[string]bool{}
	for _, token := range []string{
		a.Token(PurposeReset, "x"), a.Token(PurposeEmail, "x"), a.Token(PurposeInvitation, "x"), a.Token(PurposeCalendar, "x"),
		a.Token(PurposeReset, "y"), b.Token(PurposeReset, "x"), a.Token("rstx", ""), a.Token("rs", "tx"),
	} {
		_, mac, _ := strings.Cut(token[len("vt_"):], "_")
		if len(mac) != 43 || seen[mac] {
			t.Errorf("token %s", token)
		}
		seen[mac] = true
	}
	again := New(nil, bytes.Repeat([]byte{1}, 32), Hooks{}, time.Now)
	if token := a.Token(PurposeReset, "x"); token != again.Token(PurposeReset, "x") || !strings.HasPrefix(token, "vt_rst_") {
		t.Error("a token cannot be rendered again")
	}
}

func TestSweep(t *testing.T) {
	run(t, func(w *world) {
		p := w.person("ana@example.test")
		_, token := w.session(p, Meta{})
		w.askCode("ana@example.test")
		link := w.askReset("ana@example.test")
		w.must(w.Sweep(w.Context()))
		w.resetIs(link, LinkValid)
		_, _, err := w.Session(w.Context(), token)
		w.must(err)
		w.pass(Life + 31*24*time.Hour)
		w.must(w.Sweep(w.Context()))
		n := w.count(`SELECT (SELECT count(*) FROM attempts) + (SELECT count(*) FROM sign_in_codes)
			+ (SELECT count(*) FROM password_resets) + (SELECT count(*) FROM sessions)`)
		if n != 0 {
			w.Fatalf("%d rows left", n)
		}
	})
}
