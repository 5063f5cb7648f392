package main

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/config"
	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/db/dbtest"
	"github.com/vitrine-portal/vitrine/internal/mail/mailtest"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/preview"
)

// place is an installation with one owner, who is not running.
type place struct {
	t   *testing.T
	env []string
}

const (
	ownerEmail = "ana@honcho.test"
	ownerPass  = "correct horse battery staple"
)

func settle(t *testing.T, dialect db.Dialect) *place {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	p := &place{t, []string{"VITRINE_DATA=" + dir, "VITRINE_DATABASE=" + dbtest.URL(t, dialect)}}
	p.inside(func(h *house) {
		if _, err := h.portal.BeginSetUp(t.Context(), "token"); err != nil {
			t.Fatal(err)
		}
		if _, _, err := h.portal.FinishSetUp(t.Context(), portal.SetUp{Token: "token", Workspace: "Honcho Design", TimeZone: "UTC",
			Name: "Ana Ruiz", Email: ownerEmail, Password: ownerPass}); err != nil {
			t.Fatal(err)
		}
	})
	return p
}

// inside opens the house for a moment.
func (p *place) inside(f func(*house)) {
	p.t.Helper()
	cfg, err := config.Load(nil, p.env)
	if err != nil {
		p.t.Fatal(err)
	}
	h, err := open(p.t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		p.t.Fatal(err)
	}
	defer h.close()
	f(h)
}

// run carries out a command and returns its exit code and what it said.
func (p *place) run(args ...string) (int, string) {
	var out, errs strings.Builder
	code := run(context.Background(), args, p.env, &out, &errs)
	return code, out.String() + errs.String()
}

func (p *place) want(code int, text string, args ...string) string {
	p.t.Helper()
	got, said := p.run(args...)
	if got != code || !strings.Contains(said, text) {
		p.t.Errorf("vitrine %s: exit code %d and\n%swant %d and %q", strings.Join(args, " "), got, said, code, text)
	}
	return said
}

// signsIn reports whether the owner can, with that password.
func (p *place) signsIn(pw string) (ok bool) {
	p.t.Helper()
	p.inside(func(h *house) {
		_, _, err := h.accounts.SignIn(p.t.Context(), account.SignIn{Email: ownerEmail, Password: pw})
		ok = err == nil
	})
	return ok
}

func TestPerson(t *testing.T) {
	for _, dialect := range []db.Dialect{db.SQLite, db.PostgreSQL} {
		t.Run(string(dialect), func(t *testing.T) {
			p := settle(t, dialect)
			p.want(2, "usage: vitrine person", "person")
			p.want(2, "usage: vitrine person", "person", "paint", ownerEmail)
			p.want(2, "needs one e-mail address", "person", "disable")
			p.want(2, "nobody has that", "person", "disable", "who@honcho.test")
			p.want(2, "not an e-mail address", "person", "disable", "nonsense")

			said := p.want(0, "Ana Ruiz", "person", "list")
			if !strings.Contains(said, ownerEmail) || !strings.Contains(said, "signs in by password") || strings.Contains(said, "argon2") {
				t.Errorf("the list says\n%s", said)
			}
			said = p.want(0, "sessions, API tokens", "person", "password", strings.ToUpper(ownerEmail))
			_, made, _ := strings.Cut(said, "password is: ")
			made, _, _ = strings.Cut(made, "\n")
			if !p.signsIn(made) || p.signsIn(ownerPass) {
				t.Errorf("the password that was made up does not work, or the old one still does:\n%s", said)
			}
			p.want(0, "Signed out: 1 session.", "person", "sign-out", ownerEmail)
			p.want(0, "Disabled", "person", "disable", ownerEmail)
			p.want(2, "disabled already", "person", "disable", ownerEmail)
			p.want(2, "cannot sign in", "person", "password", ownerEmail)
			p.want(0, "disabled", "person", "list")
			if p.signsIn(made) {
				t.Error("a disabled person signs in")
			}
			p.want(0, "Enabled", "person", "enable", ownerEmail)
			if !p.signsIn(made) {
				t.Error("an enabled person does not sign in")
			}
		})
	}
}

func TestPasswordFrom(t *testing.T) {
	for content, want := range map[string]string{"a long enough one\r\nmore\n": "a long enough one", "without an end": "without an end", "\n": ""} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		go func() { io.WriteString(w, content); w.Close() }()
		pw, madeUp, err := passwordFrom(r)
		if pw != want || madeUp || (want == "") != (err != nil) {
			t.Errorf("%q gives %q, %v, %v", content, pw, madeUp, err)
		}
		r.Close()
	}
	if a, b := newPassword(), newPassword(); a == b || account.CheckPassword(a) != nil {
		t.Errorf("made up %q and %q", a, b)
	}
}

func TestDoctor(t *testing.T) {
	for _, dialect := range []db.Dialect{db.SQLite, db.PostgreSQL} {
		t.Run(string(dialect), func(t *testing.T) {
			p := settle(t, dialect)
			said := p.want(0, "", "doctor")
			for _, line := range []string{"ok    database       ", "ok    permissions ", "ok    clock ", "warn  mail ", "ok    key "} {
				if !strings.Contains(said, line) {
					t.Errorf("the doctor does not say %q:\n%s", line, said)
				}
			}
			p.inside(func(h *house) {
				if dialect == db.SQLite {
					p.want(0, "in use by the running portal", "doctor")
				}
				ana, err := h.accounts.PersonByEmail(t.Context(), ownerEmail)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := h.portal.As(portal.PersonActor(ana.ID)).AddClient(t.Context(), "Acme"); err != nil {
					t.Fatal(err)
				}
				if err := h.db.Write(t.Context(), func(tx *db.Tx) error {
					_, err := tx.Exec(t.Context(), `DELETE FROM client_grants`)
					return err
				}); err != nil {
					t.Fatal(err)
				}
			})
			p.want(1, "fail  permissions", "doctor")
		})
	}
}

func TestDoctorOfPreviews(t *testing.T) {
	for w, want := range map[preview.Walls]string{
		{}:                           "warn the network or the disk",
		{Files: true}:                "warn a wall to the network",
		{Network: true}:              "warn a wall to the disk",
		{Network: true, Files: true}: "ok reach neither",
	} {
		f := wallsFinding("previews", w)
		state, text, _ := strings.Cut(want, " ")
		if f.state != state || !strings.Contains(f.text, text) {
			t.Errorf("%+v: %+v, want %s", w, f, want)
		}
	}
	if f := checkPreviews(&config.Config{}); len(f) != 1 || f[0].text != "are off" {
		t.Errorf("off: %+v", f)
	}
	if f := checkPreviews(&config.Config{Previews: true}); f[0].about != "previews" {
		t.Errorf("on: %+v", f)
	}
	if f := checkScanner(t.Context(), &config.Config{Clamd: "unix:" + filepath.Join(t.TempDir(), "socket")}); f.state != bad {
		t.Errorf("no scanner: %+v", f)
	}
	if f := checkScanner(t.Context(), &config.Config{}); f.state != fine {
		t.Errorf("no scanner is set: %+v", f)
	}
}

func TestDoctorOfMail(t *testing.T) {
	p := settle(t, db.SQLite)
	s := mailtest.Start(t, &mailtest.Server{})
	names := mailtest.Names{
		"honcho.test TXT":        {"v=spf1 ip4:127.0.0.1 -all"},
		"_dmarc.honcho.test TXT": {"v=DMARC1; p=reject"},
	}.Start(t)
	p.env = append(p.env, "VITRINE_DNS_SERVER="+names, "VITRINE_SMTP_HOST=127.0.0.1", "VITRINE_SMTP_PORT="+strconv.Itoa(s.Port()), "VITRINE_SMTP_TLS=none", "VITRINE_MAIL_FROM=Honcho <portal@honcho.test>")
	p.want(0, "ok    mail ", "doctor")
	if s.Said("MAIL") {
		t.Error("the doctor sent a mail")
	}
	s.SetScript("greeting", []string{"554 5.3.2 closed"})
	p.want(1, "fail  mail ", "doctor")
}

func TestDoctorOfData(t *testing.T) {
	p := settle(t, db.SQLite)
	dir := strings.TrimPrefix(p.env[0], "VITRINE_DATA=")
	if err := os.Chmod(filepath.Join(dir, "vitrine.key"), 0o644); err != nil {
		t.Fatal(err)
	}
	p.want(1, "fail  key ", "doctor")
	for _, c := range []struct {
		free, all uint64
		want      string
	}{{100 << 20, 100 << 30, bad}, {2 << 30, 100 << 30, warn}, {50 << 30, 100 << 30, fine}} {
		if f := diskFinding("disk", c.free, c.all); f.state != c.want {
			t.Errorf("%d of %d bytes free: %v, want %s", c.free, c.all, f, c.want)
		}
	}
}
