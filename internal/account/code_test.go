package account

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/db/dbtest"
)

// askCode requests a code and returns the browser's cookie and the digits.
func (w *world) askCode(email string) (browser, digits string) {
	w.Helper()
	browser, err := w.RequestCode(w.Context(), email, home)
	w.must(err)
	c, err := w.Code(w.Context(), w.lastMail(MailCode).Subject)
	w.must(err)
	return browser, c.Digits
}

func TestCode(t *testing.T) {
	run(t, func(w *world) {
		p := w.personWith("ana@example.test", "")
		browser, digits := w.askCode("ANA@example.test ")
		if !regexp.MustCompile(`^[0-9]{8}$`).MatchString(digits) {
			w.Fatalf("code %q", digits)
		}
		c, err := w.Code(w.Context(), w.lastMail(MailCode).Subject)
		w.must(err)
		if c.Email != "ana@example.test" || c.Person != p || !c.Valid {
			w.Fatalf("code %+v", c)
		}
		// Only in the browser that asked, only for the address that asked.
		_, _, err = w.RedeemCode(w.Context(), newToken("vt_brw_"), "ana@example.test", digits, Meta{Address: home})
		w.is(err, ErrCode)
		w.person("eve@example.test")
		_, _, err = w.RedeemCode(w.Context(), browser, "eve@example.test", digits, Meta{Address: home})
		w.is(err, ErrCode)
		// However it is typed.
		s, token, err := w.RedeemCode(w.Context(), browser, "ana@example.test", digits[:4]+" "+digits[4:], Meta{Address: home, Shared: true})
		w.must(err)
		got, who, err := w.Session(w.Context(), token)
		w.must(err)
		if who.ID != p || got.ID != s.ID || got.Proof != ByCode || got.Idle != SharedIdle {
			w.Fatalf("signed in %+v in %+v", who, got)
		}
		// Once.
		_, _, err = w.RedeemCode(w.Context(), browser, "ana@example.test", digits, Meta{Address: home})
		w.is(err, ErrCode)
		if c, err = w.Code(w.Context(), w.lastMail(MailCode).Subject); err != nil || c.Valid {
			w.Fatalf("still valid: %v", err)
		}
		_, err = w.Code(w.Context(), "cod_none")
		w.is(err, ErrNotFound)
	})
}

// As T090: of thirty at once, one wins.
func TestCodeIsUsedOnce(t *testing.T) {
	run(t, func(w *world) {
		w.personWith("ana@example.test", "")
		browser, digits := w.askCode("ana@example.test")
		won := w.atOnce(30, []error{ErrCode}, func(i int) error {
			_, _, err := w.RedeemCode(w.Context(), browser, "ana@example.test", digits, Meta{Address: netip.AddrFrom4([4]byte{10, 0, 0, byte(i)})})
			return err
		})
		if n := w.count(`SELECT count(*) FROM sessions`); won != 1 || n != 1 {
			w.Fatalf("%d won, %d sessions", won, n)
		}
	})
}

func TestCodeTriesAreLimited(t *testing.T) {
	run(t, func(w *world) {
		w.personWith("ana@example.test", "")
		browser, digits := w.askCode("ana@example.test")
		wrong := "00000000"
		if digits == wrong {
			wrong = "00000001"
		}
		for range 5 {
			_, _, err := w.RedeemCode(w.Context(), browser, "ana@example.test", wrong, Meta{Address: home})
			w.is(err, ErrCode)
		}
		_, _, err := w.RedeemCode(w.Context(), browser, "ana@example.test", digits, Meta{Address: home})
		w.is(err, ErrCode)
		if n := len(w.happened(SignInFailed)); n != 6 {
			w.Errorf("recorded %d failures, want 6", n)
		}

		// A stranger's tries in another browser leave this one alone.
		browser, digits = w.askCode("ana@example.test")
		theirs, _ := w.askCode("ana@example.test")
		for range 5 {
			_, _, err = w.RedeemCode(w.Context(), theirs, "ana@example.test", wrong, Meta{Address: street})
			w.is(err, ErrCode)
		}
		_, _, err = w.RedeemCode(w.Context(), browser, "ana@example.test", digits, Meta{Address: home})
		w.must(err)

		// And one network cannot try for ever.
		for range 40 {
			if _, _, err = w.RedeemCode(w.Context(), newToken("x"), "ana@example.test", wrong, Meta{Address: street}); !errors.Is(err, ErrCode) {
				break
			}
		}
		w.throttled(err)
	})
}

func TestCodeExpires(t *testing.T) {
	run(t, func(w *world) {
		w.personWith("ana@example.test", "")
		browser, digits := w.askCode("ana@example.test")
		w.pass(CodeLife)
		_, _, err := w.RedeemCode(w.Context(), browser, "ana@example.test", digits, Meta{Address: home})
		w.is(err, ErrCode)
		browser, digits = w.askCode("ana@example.test")
		w.pass(CodeLife - time.Second)
		_, _, err = w.RedeemCode(w.Context(), browser, "ana@example.test", digits, Meta{Address: home})
		w.must(err)
	})
}

// T070: the answer to a request does not depend on who asks, and only a person
// who can sign in gets mail, at the address that is stored (T073).
func TestRequestsSayNothingAboutAccounts(t *testing.T) {
	run(t, func(w *world) {
		w.person("Known@example.test")
		w.must(w.d.Write(w.Context(), func(tx *db.Tx) error {
			_, _, err := w.EnsurePerson(w.Context(), tx, "invited@example.test", "Ina")
			return err
		}))
		for _, e := range []string{"known@EXAMPLE.test", "unknown@example.test", "invited@example.test"} {
			browser, err := w.RequestCode(w.Context(), e, home)
			w.must(err)
			if len(browser) < 40 {
				w.Fatalf("%s: browser %q", e, browser)
			}
			w.must(w.RequestReset(w.Context(), e, home))
		}
		for _, e := range []string{"known@example.test,eve@evil.test", "known@example.test\ncc:eve@evil.test", "", "known"} {
			_, err := w.RequestCode(w.Context(), e, home)
			w.is(err, ErrEmail)
			w.is(w.RequestReset(w.Context(), e, home), ErrEmail)
		}
		if len(w.mails) != 2 || w.mails[0].Address != "Known@example.test" || w.mails[1].Address != "Known@example.test" {
			w.Fatalf("mails %+v", w.mails)
		}
	})
}

func TestRequestsTakeTheSameTime(t *testing.T) {
	w := newWorld(t, dbtest.Open(t, db.SQLite))
	w.evenly = 40 * time.Millisecond
	w.person("known@example.test")
	for _, e := range []string{"known@example.test", "unknown@example.test"} {
		start := time.Now()
		w.must(w.RequestReset(w.Context(), e, home))
		if took := time.Since(start); took < w.evenly {
			t.Errorf("%s took %v", e, took)
		}
	}
}

// Nobody can fill a mailbox, whether the address is known or not.
func TestMailsAreLimited(t *testing.T) {
	run(t, func(w *world) {
		w.person("ana@example.test")
		for _, e := range []string{"ana@example.test", "nobody@example.test"} {
			for i := range 30 {
				err := w.RequestReset(w.Context(), e, netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}))
				if i < 5 {
					w.must(err)
				} else {
					w.throttled(err)
				}
			}
		}
		if n := w.mailCount(); n != 5 {
			w.Fatalf("%d mails", n)
		}
		// A code is counted apart, and there is always a next one.
		_, err := w.RequestCode(w.Context(), "ana@example.test", home)
		w.must(err)
		w.pass(time.Minute)
		w.must(w.RequestReset(w.Context(), "ana@example.test", home))

		// One network cannot mail everybody.
		for i := range 20 {
			err = w.RequestReset(w.Context(), fmt.Sprintf("p%d@example.test", i), street)
			w.must(err)
		}
		w.throttled(w.RequestReset(w.Context(), "last@example.test", street))
	})
}

// A mail that cannot be queued leaves no code or link behind.
func TestMailAndLinkAreOneChange(t *testing.T) {
	run(t, func(w *world) {
		w.person("ana@example.test")
		w.failMail = errors.New("no queue")
		w.is(w.RequestReset(w.Context(), "ana@example.test", home), w.failMail)
		_, err := w.RequestCode(w.Context(), "ana@example.test", home)
		w.is(err, w.failMail)
		if n := w.count(`SELECT (SELECT count(*) FROM password_resets) + (SELECT count(*) FROM sign_in_codes)`); n != 0 {
			w.Fatalf("%d rows left", n)
		}
	})
}

// A code that is asked for in a session is good there for what it was asked for.
func TestCodesOfASession(t *testing.T) {
	run(t, func(w *world) {
		ana := w.person("ana@example.test")
		s, _ := w.session(ana, Meta{Address: home})
		for _, asked := range []string{"", ForProof, "sgn_one"} {
			browser, err := w.RequestProofCode(w.Context(), "ana@example.test", asked, home)
			w.must(err)
			c, err := w.Code(w.Context(), w.lastMail(MailCode).Subject)
			w.must(err)
			for _, what := range []string{"", ForProof, "sgn_one", "sgn_other"} {
				if what == asked {
					continue
				}
				w.is(w.ProveByCode(w.Context(), s, what, browser, c.Digits), ErrCode)
			}
			if asked != "" {
				_, _, err = w.RedeemCode(w.Context(), browser, "ana@example.test", c.Digits, Meta{Address: home})
				w.is(err, ErrCode)
				w.must(w.ProveByCode(w.Context(), s, asked, browser, c.Digits))
			}
		}
	})
}
