package account

import (
	"strings"
	"testing"
	"time"
)

// A browser is known to one person at a time, for a while, and to nobody once
// whatever could prove who they are is ended.
func TestKnownBrowser(t *testing.T) {
	run(t, func(w *world) {
		ana, bo := w.person("ana@example.test"), w.person("bo@example.test")
		knows := func(who PersonID, cookie string, want bool) {
			w.Helper()
			got, err := w.KnowsBrowser(w.Context(), who, cookie, "apr_other")
			if w.must(err); (got != "") != want || want && got != BySignIn {
				w.Errorf("known: %q", got)
			}
		}
		know := func(who PersonID, cookie string) string {
			w.Helper()
			s, _ := w.session(who, Meta{})
			c, err := w.KnowBrowser(w.Context(), s, cookie)
			w.must(err)
			return c
		}
		first := know(ana, "")
		knows(ana, first, true)
		knows(bo, first, false)
		again := know(ana, first)
		knows(ana, first, false) // a token is for one session
		knows(ana, again, true)
		first = again
		// What was planted proves nothing, and is not taken over.
		planted := "vt_knw_" + strings.Repeat("A", 43)
		cookie := know(bo, planted)
		knows(bo, planted, false)
		knows(bo, cookie, true)
		for _, bad := range []string{"", ".", planted, "vt_ses_x", strings.Repeat("vt_knw_a.", 1000), first + "x"} {
			knows(ana, bad, false)
		}
		both := know(bo, first)
		knows(ana, both, true)
		knows(bo, both, true)
		for range 6 {
			both = know(w.person(newToken("")+"@example.test"), both)
		}
		if strings.Count(both, ".") != maxKnown-1 || len(both) > 300 {
			w.Errorf("the cookie grows: %d", len(both))
		}
		if n := w.count(`SELECT COUNT(*) FROM known_browsers WHERE token_hash LIKE 'vt_%'`); n != 0 {
			w.Error("a token is stored as it is")
		}
		// Ended with all other sessions, with a new password, and by time.
		s, _ := w.session(ana, Meta{})
		here, err := w.KnowBrowser(w.Context(), s, "")
		w.must(err)
		_, err = w.EndOthers(w.Context(), s)
		w.must(err)
		knows(ana, first, false)
		knows(ana, here, true)
		knows(bo, cookie, true)
		// And with its own session, by whoever leaves there or elsewhere.
		w.must(w.SignOut(w.Context(), s))
		knows(ana, here, false)
		s, _ = w.session(ana, Meta{})
		here, err = w.KnowBrowser(w.Context(), s, both)
		w.must(err)
		w.must(w.EndSession(w.Context(), ana, s.ID))
		knows(ana, here, false)
		mixed := know(ana, cookie)
		left, err := w.ForgetBrowser(w.Context(), ana, mixed)
		w.must(err)
		knows(ana, mixed, false)
		knows(bo, left, true)
		left, err = w.ForgetBrowser(w.Context(), "", know(ana, left))
		if w.must(err); left != "" {
			w.Errorf("left: %q", left)
		}
		knows(bo, cookie, false)
		// By a code alone it is known for what that answered, for a day.
		code, err := w.KnowAnswer(w.Context(), ana, "", "apr_one")
		w.must(err)
		knows(ana, code, false)
		for approval, want := range map[string]string{"apr_one": ByCode, "apr_other": "", "": ""} {
			if got, err := w.KnowsBrowser(w.Context(), ana, code, approval); err != nil || got != want {
				w.Errorf("known for %q: %q, %v", approval, got, err)
			}
		}
		w.pass(AnsweredLife + time.Second)
		if got, err := w.KnowsBrowser(w.Context(), ana, code, "apr_one"); err != nil || got != "" {
			w.Errorf("known after a day: %q, %v", got, err)
		}
		s, _ = w.session(ana, Meta{})
		_, err = w.ChangePassword(w.Context(), s, good, "another harbour, 3 lanterns", "Honcho")
		w.must(err)
		first = know(ana, "")
		w.pass(BrowserLife + time.Second)
		knows(ana, first, false)
		w.must(w.Sweep(w.Context()))
		if n := w.count(`SELECT COUNT(*) FROM known_browsers`); n != 0 {
			w.Errorf("%d are kept", n)
		}
	})
}

// A code that was asked for in a browser proves there who its person is, once, and
// signs nobody in.
func TestCheckCode(t *testing.T) {
	run(t, func(w *world) {
		ana, bo := w.person("ana@example.test"), w.person("bo@example.test")
		ask := func() (browser, digits string) {
			browser, err := w.RequestAnswerCode(w.Context(), "ana@example.test", "apr_one", home)
			w.must(err)
			c, err := w.Code(w.Context(), w.lastMail(MailAnswerCode).Subject)
			if w.must(err); c.Answers != "apr_one" {
				w.Errorf("a code for %q", c.Answers)
			}
			return browser, c.Digits
		}
		// A code is for one thing alone: this one signs nobody in, and proves nothing else.
		browser, digits := ask()
		_, _, err := w.RedeemCode(w.Context(), browser, "ana@example.test", digits, Meta{Address: home})
		w.is(err, ErrCode)
		s, _ := w.session(ana, Meta{Address: home})
		w.is(w.ProveByCode(w.Context(), s, ForProof, browser, digits), ErrCode)
		w.is(w.CheckCode(w.Context(), ana, "apr_other", browser, digits, home), ErrCode)
		in, signs := w.askCode("ana@example.test")
		w.is(w.CheckCode(w.Context(), ana, "apr_one", in, signs, home), ErrCode)
		w.is(w.CheckCode(w.Context(), ana, "", browser, digits, home), ErrCode)
		w.is(w.CheckCode(w.Context(), bo, "apr_one", browser, digits, home), ErrCode)
		w.is(w.CheckCode(w.Context(), ana, "apr_one", "vt_brw_other", digits, home), ErrCode)
		w.is(w.CheckCode(w.Context(), ana, "apr_one", browser, "00000000", home), ErrCode)
		w.must(w.CheckCode(w.Context(), ana, "apr_one", browser, digits, home))
		w.is(w.CheckCode(w.Context(), ana, "apr_one", browser, digits, home), ErrCode)
		if n := w.count(`SELECT COUNT(*) FROM sessions`); n != 1 {
			w.Error("somebody is signed in")
		}
		if h := w.happened(IdentityProved); len(h) != 1 || h[0].Person != ana || h[0].Address != home.String() {
			w.Errorf("recorded: %+v", h)
		}
		browser, digits = ask()
		w.pass(11 * time.Minute)
		w.is(w.CheckCode(w.Context(), ana, "apr_one", browser, digits, home), ErrCode)
	})
}
