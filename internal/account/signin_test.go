package account

import (
	"testing"
)

func TestSignInAndOut(t *testing.T) {
	run(t, func(w *world) {
		p := w.person("Ana@Example.test")
		s, token, err := w.signIn(" ana@example.TEST ", good)
		w.must(err)
		got, who, err := w.Session(w.Context(), token)
		w.must(err)
		if got.ID != s.ID || who.ID != p || who.Email != "Ana@Example.test" || !who.HasPassword {
			t.Fatalf("signed in as %+v in %+v", who, got)
		}
		w.must(w.SignOut(w.Context(), s))
		_, _, err = w.Session(w.Context(), token)
		w.ended(err, WhySignedOut)
		_, _, err = w.Session(w.Context(), "vt_ses_nobody")
		w.is(err, ErrSignedOut)
	})
}
