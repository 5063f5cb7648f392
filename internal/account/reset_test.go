package account

import (
	"net/netip"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

func (w *world) askReset(email string) (token string) {
	w.Helper()
	w.must(w.RequestReset(w.Context(), email, home))
	return w.Token(PurposeReset, w.lastMail(MailReset).Subject)
}

func (w *world) resetIs(token string, want LinkState) {
	w.Helper()
	state, p, err := w.PeekReset(w.Context(), token)
	w.must(err)
	if state != want || (p.ID != "") != (want == LinkValid) {
		w.Fatalf("reset is %s of %q, want %s", state, p.ID, want)
	}
}

// T074 T076: a reset works once, ends everything, tells the person, and does
// not sign in.
func TestReset(t *testing.T) {
	run(t, func(w *world) {
		p := w.person("ana@example.test")
		s, token := w.session(p, Meta{})
		_, secret, err := w.NewToken(w.Context(), s, "script", []string{"read"}, time.Time{})
		w.must(err)
		browser, digits := w.askCode("ana@example.test")
		w.must(w.RequestEmailChange(w.Context(), s, "new@example.test"))
		change := w.Token(PurposeEmail, w.lastMail(MailEmailChange).Subject)
		link := w.askReset("ana@example.test")

		for range 5 {
			w.resetIs(link, LinkValid) // looking does not use it up
		}
		w.resetIs("vt_rst_none", LinkUnknown)
		w.is(w.Reset(w.Context(), "vt_rst_none", other, netip.Addr{}), ErrLink)
		for pw, reason := range map[string]string{"fourteen chars": "short", "password123456789": "common", "ana@example.test!": "personal", "Honcho Design 26": "personal"} {
			we, ok := w.Reset(w.Context(), link, pw, netip.Addr{}, "Honcho Design").(*Weakness)
			if !ok || we.Reason != reason {
				w.Fatalf("%q: got %v, want %s", pw, we, reason)
			}
		}
		w.resetIs(link, LinkValid)

		sessions := w.count(`SELECT count(*) FROM sessions`)
		w.must(w.Reset(w.Context(), link, other, netip.Addr{}))
		w.resetIs(link, LinkUsed)
		w.is(w.Reset(w.Context(), link, other, netip.Addr{}), ErrLink)
		_, _, err = w.Session(w.Context(), token)
		w.ended(err, WhyPassword)
		_, _, err = w.ByToken(w.Context(), secret)
		w.is(err, ErrSignedOut)
		_, _, err = w.RedeemCode(w.Context(), browser, "ana@example.test", digits, Meta{})
		w.is(err, ErrCode)
		w.is(w.ConfirmEmailChange(w.Context(), change, ""), ErrLink)
		if m := w.lastMail(MailPasswordChanged); m.Person != p || m.Address != "ana@example.test" {
			w.Fatalf("mail %+v", m)
		}
		if n := w.count(`SELECT count(*) FROM sessions`); n != sessions {
			w.Fatal("a reset signed in")
		}
		_, _, err = w.signIn("ana@example.test", good)
		w.is(err, ErrSignIn)
		_, _, err = w.signIn("ana@example.test", other)
		w.must(err)
		if len(w.happened(PasswordChanged)) != 1 || len(w.happened(TokenRevoked)) != 1 || len(w.happened(SessionEnded)) != 1 {
			w.Fatalf("recorded %+v", w.recorded)
		}
	})
}

// T074: of thirty at once, one wins.
func TestResetIsUsedOnce(t *testing.T) {
	run(t, func(w *world) {
		w.person("ana@example.test")
		link := w.askReset("ana@example.test")
		won := w.atOnce(30, []error{ErrLink}, func(int) error { return w.Reset(w.Context(), link, other, netip.Addr{}) })
		if won != 1 || len(w.happened(PasswordChanged)) != 1 {
			w.Fatalf("%d won", won)
		}
	})
}

// T075: a newer request, a new password and a new address make a link useless;
// so does time, though nothing cleans up.
func TestResetIsVoided(t *testing.T) {
	run(t, func(w *world) {
		p := w.person("ana@example.test")
		first := w.askReset("ana@example.test")
		second := w.askReset("ana@example.test")
		w.resetIs(first, LinkReplaced)
		w.is(w.Reset(w.Context(), first, other, netip.Addr{}), ErrLink)
		w.resetIs(second, LinkValid)

		s, _ := w.session(p, Meta{})
		_, err := w.ChangePassword(w.Context(), s, good, other)
		w.must(err)
		w.resetIs(second, LinkReplaced)
		w.is(w.Reset(w.Context(), second, good, netip.Addr{}), ErrLink)

		third := w.askReset("ana@example.test")
		w.must(w.RequestEmailChange(w.Context(), s, "new@example.test"))
		w.must(w.ConfirmEmailChange(w.Context(), w.Token(PurposeEmail, w.lastMail(MailEmailChange).Subject), s.ID))
		w.resetIs(third, LinkReplaced)

		fourth := w.askReset("new@example.test")
		w.pass(ResetLife - time.Second)
		w.resetIs(fourth, LinkValid)
		w.pass(time.Second)
		w.resetIs(fourth, LinkExpired)
		w.is(w.Reset(w.Context(), fourth, good, netip.Addr{}), ErrLink)
	})
}

func TestResetToken(t *testing.T) {
	run(t, func(w *world) {
		p := w.personWith("ana@example.test", "")
		link, err := w.ResetToken(w.Context(), p)
		w.must(err)
		if w.mailCount() != 0 {
			w.Fatal("mailed")
		}
		w.must(w.Reset(w.Context(), link, other, netip.Addr{}))
		_, _, err = w.signIn("ana@example.test", other)
		w.must(err)
		_, err = w.ResetToken(w.Context(), "per_none")
		w.is(err, ErrNotFound)
	})
}

// T079: the other sessions end at once, this one gets a new token.
func TestChangePassword(t *testing.T) {
	run(t, func(w *world) {
		p := w.person("ana@example.test")
		s, mine := w.session(p, Meta{})
		_, theirs := w.session(p, Meta{})
		_, err := w.ChangePassword(w.Context(), s, "wrong", other)
		w.is(err, ErrSignIn)
		if _, err = w.ChangePassword(w.Context(), s, good, "short"); err == nil {
			w.Fatal("a weak password was taken")
		}
		_, _, err = w.Session(w.Context(), mine)
		w.must(err)

		rotated, err := w.ChangePassword(w.Context(), s, good, other)
		w.must(err)
		_, _, err = w.Session(w.Context(), theirs)
		w.ended(err, WhyPassword)
		_, _, err = w.Session(w.Context(), mine)
		w.is(err, ErrSignedOut)
		got, _, err := w.Session(w.Context(), rotated)
		w.must(err)
		if got.ID != s.ID {
			w.Fatal("another session")
		}
		w.lastMail(MailPasswordChanged)
		_, err = w.SetPassword(w.Context(), got, good) // there is one already
		w.is(err, ErrSignIn)
		w.must(w.SignOut(w.Context(), got))
		_, err = w.ChangePassword(w.Context(), got, other, good)
		w.is(err, ErrSignedOut)
		_, _, err = w.signIn("ana@example.test", other)
		w.must(err)
	})
}

func TestSetFirstPassword(t *testing.T) {
	run(t, func(w *world) {
		p := w.personWith("ana@example.test", "")
		s, old := w.session(p, Meta{})
		token, err := w.SetPassword(w.Context(), s, good)
		w.must(err)
		_, _, err = w.Session(w.Context(), old)
		w.is(err, ErrSignedOut)
		_, _, err = w.Session(w.Context(), token)
		w.must(err)
		_, _, err = w.signIn("ana@example.test", good)
		w.must(err)
	})
}

// T102: the new address confirms, the old one is told, once.
func TestEmailChange(t *testing.T) {
	run(t, func(w *world) {
		p := w.person("old@example.test")
		s, mine := w.session(p, Meta{})
		_, theirs := w.session(p, Meta{})
		w.is(w.RequestEmailChange(w.Context(), s, "new@example.test, eve@evil.test"), ErrEmail)
		w.must(w.RequestEmailChange(w.Context(), s, "wrong@example.test"))
		replaced := w.Token(PurposeEmail, w.lastMail(MailEmailChange).Subject)
		w.must(w.RequestEmailChange(w.Context(), s, "New@example.test"))
		m := w.lastMail(MailEmailChange)
		if m.Address != "New@example.test" || m.Person != p {
			w.Fatalf("mail %+v", m)
		}
		link := w.Token(PurposeEmail, m.Subject)
		w.is(w.ConfirmEmailChange(w.Context(), replaced, s.ID), ErrLink)
		if c, err := w.PeekEmailChange(w.Context(), replaced); err != nil || c.State != LinkReplaced {
			w.Fatalf("got %+v, %v", c, err)
		}
		if c, err := w.PeekEmailChange(w.Context(), link); err != nil || c.State != LinkValid || c.NewEmail != "New@example.test" || c.OldEmail != "old@example.test" {
			w.Fatalf("got %+v, %v", c, err)
		}
		if c, err := w.PeekEmailChange(w.Context(), "vt_eml_none"); err != nil || c.State != LinkUnknown {
			w.Fatalf("got %+v, %v", c, err)
		}
		// A token for another purpose is worth nothing.
		w.is(w.ConfirmEmailChange(w.Context(), w.Token(PurposeReset, m.Subject), s.ID), ErrLink)

		won := w.atOnce(30, []error{ErrLink}, func(int) error { return w.ConfirmEmailChange(w.Context(), link, s.ID) })
		if won != 1 {
			w.Fatalf("%d won", won)
		}
		if m := w.lastMail(MailEmailChanged); m.Address != "old@example.test" || m.Subject != w.lastMail(MailEmailChange).Subject {
			w.Fatalf("mail %+v", m)
		}
		_, who, err := w.Session(w.Context(), mine)
		w.must(err)
		if who.Email != "New@example.test" {
			w.Fatalf("the address is %s", who.Email)
		}
		_, _, err = w.Session(w.Context(), theirs)
		w.ended(err, WhyEmail)
		_, _, err = w.signIn("new@example.test", good)
		w.must(err)
		_, _, err = w.signIn("old@example.test", good)
		w.is(err, ErrSignIn)
	})
}

// T102: two persons cannot end with one address, and asking tells nothing.
func TestEmailStaysUnique(t *testing.T) {
	run(t, func(w *world) {
		w.person("taken@example.test")
		var links []string
		for i := range 8 {
			s, _ := w.session(w.person(email(i)), Meta{Address: netip.AddrFrom4([4]byte{10, 0, 0, byte(i)})})
			if i == 0 {
				before := w.mailCount()
				w.must(w.RequestEmailChange(w.Context(), s, "Taken@example.test"))
				if w.mailCount() != before {
					w.Fatal("mailed an address that is somebody else's")
				}
			}
			if i < 5 { // as many mails as one address gets at once
				w.must(w.RequestEmailChange(w.Context(), s, "Wanted@example.test"))
				links = append(links, w.Token(PurposeEmail, w.lastMail(MailEmailChange).Subject))
			} else {
				w.throttled(w.RequestEmailChange(w.Context(), s, "Wanted@example.test"))
			}
		}
		won := w.atOnce(len(links), []error{ErrEmailTaken}, func(i int) error { return w.ConfirmEmailChange(w.Context(), links[i], "") })
		if n := w.count(`SELECT count(*) FROM persons WHERE email_key = 'wanted@example.test'`); won != 1 || n != 1 {
			w.Fatalf("%d won, %d have it", won, n)
		}
		w.pass(EmailChangeLife)
		for _, l := range links {
			w.is(w.ConfirmEmailChange(w.Context(), l, ""), ErrLink)
		}
	})
}

// T024: an address is one person, however it is written.
func TestEnsurePerson(t *testing.T) {
	run(t, func(w *world) {
		var ids []PersonID
		w.must(w.d.Write(w.Context(), func(tx *db.Tx) error {
			ids = nil
			for i, e := range []string{"Andr\u00e9@Example.de", "andre\u0301@example.de", " ANDRÉ@EXAMPLE.DE. "} {
				p, created, err := w.EnsurePerson(w.Context(), tx, e, "André\u202e\n")
				if err != nil {
					return err
				}
				if created != (i == 0) || p.Name != "André" || p.Active() {
					w.Errorf("%q: created %v, %+v", e, created, p)
				}
				ids = append(ids, p.ID)
			}
			return nil
		}))
		if ids[0] != ids[1] || ids[0] != ids[2] {
			w.Fatalf("persons %v", ids)
		}
		confirm := func(hash string) error {
			return w.d.Write(w.Context(), func(tx *db.Tx) error { return w.Confirm(w.Context(), tx, ids[0], "André G.", hash) })
		}
		w.must(confirm(goodHash()))
		// An invitation cannot set the password of somebody who has one.
		w.is(confirm(""), ErrConfirmed)
		_, _, err := w.signIn("andré@example.de", good)
		w.must(err)
		if p, err := w.PersonByEmail(w.Context(), "ANDRÉ@example.de"); err != nil || p.Name != "André G." || !p.Active() {
			w.Fatalf("got %+v, %v", p, err)
		}
		_, err = w.Person(w.Context(), "per_none")
		w.is(err, ErrNotFound)
	})
}

func TestSaveProfile(t *testing.T) {
	run(t, func(w *world) {
		p := w.person("ana@example.test")
		w.must(w.SaveProfile(w.Context(), p, Profile{Name: " Ana  R. ", Title: "Design", Locale: "de-AT", TimeZone: "Europe/Vienna", Theme: "dark"}))
		got, err := w.Person(w.Context(), p)
		w.must(err)
		if got.Name != "Ana R." || got.Title != "Design" || got.Locale != "de-AT" || got.TimeZone != "Europe/Vienna" || got.Theme != "dark" {
			w.Fatalf("saved %+v", got)
		}
		inv, ok := w.SaveProfile(w.Context(), p, Profile{Name: "\u202e ", Locale: "!", TimeZone: "Local", Theme: "pink"}).(*Invalid)
		if !ok || len(inv.Fields) != 4 {
			w.Fatalf("got %v", inv)
		}
		w.is(w.SaveProfile(w.Context(), "per_none", Profile{Name: "X"}), ErrNotFound)
		if len(w.happened(ProfileSaved)) != 1 {
			w.Fatal("not recorded once")
		}
	})
}
