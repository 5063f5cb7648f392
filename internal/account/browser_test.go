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
			got, err := w.KnowsBrowser(w.Context(), who, cookie)
			if w.must(err); got != want {
				w.Errorf("known: %v", got)
			}
		}
		know := func(who PersonID, cookie string) string {
			w.Helper()
			c, err := w.KnowBrowser(w.Context(), who, cookie)
			w.must(err)
			return c
		}
		first := know(ana, "")
		knows(ana, first, true)
		knows(bo, first, false)
		if again := know(ana, first); again != first {
			w.Error("a known browser gets another token")
		}
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
		_, err := w.EndOthers(w.Context(), s)
		w.must(err)
		knows(ana, first, false)
		knows(bo, cookie, true)
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
		browser, digits := w.askCode("ana@example.test")
		w.is(w.CheckCode(w.Context(), bo, browser, digits, home), ErrCode)
		w.is(w.CheckCode(w.Context(), ana, "vt_brw_other", digits, home), ErrCode)
		w.is(w.CheckCode(w.Context(), ana, browser, "00000000", home), ErrCode)
		w.must(w.CheckCode(w.Context(), ana, browser, digits, home))
		w.is(w.CheckCode(w.Context(), ana, browser, digits, home), ErrCode)
		if n := w.count(`SELECT COUNT(*) FROM sessions`); n != 0 {
			w.Error("somebody is signed in")
		}
		if h := w.happened(IdentityProved); len(h) != 1 || h[0].Person != ana || h[0].Address != home.String() {
			w.Errorf("recorded: %+v", h)
		}
		browser, digits = w.askCode("ana@example.test")
		w.pass(11 * time.Minute)
		w.is(w.CheckCode(w.Context(), ana, browser, digits, home), ErrCode)
	})
}
