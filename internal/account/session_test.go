package account

import (
	"bytes"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/db/dbtest"
)

// T080: idle and absolute expiry to the second, without any cleaner.
func TestSessionsExpire(t *testing.T) {
	run(t, func(w *world) {
		client, team := w.person("client@example.test"), w.person("team@example.test")
		w.team[team] = true
		for _, c := range []struct {
			who        PersonID
			shared     bool
			idle, life time.Duration
		}{
			{client, false, ClientIdle, Life},
			{team, false, TeamIdle, Life},
			{client, true, SharedIdle, SharedLife},
			{team, true, SharedIdle, SharedLife},
		} {
			// Idle.
			_, token := w.session(c.who, Meta{Shared: c.shared})
			w.pass(c.idle - time.Second)
			_, _, err := w.Session(w.Context(), token)
			w.must(err)
			w.pass(c.idle - time.Second) // counted from the last request, which is only in memory
			_, _, err = w.Session(w.Context(), token)
			w.must(err)
			w.must(w.Flush(w.Context()))
			w.pass(c.idle - time.Second) // and from the last request, which is written
			_, _, err = w.Session(w.Context(), token)
			w.must(err)
			w.pass(c.idle)
			_, _, err = w.Session(w.Context(), token)
			w.ended(err, WhyIdle)

			// At the latest.
			s, token := w.session(c.who, Meta{Shared: c.shared})
			end := s.CreatedAt.Add(c.life)
			for w.now().Add(c.idle - time.Second).Before(end) {
				w.pass(c.idle - time.Second)
				_, _, err := w.Session(w.Context(), token)
				w.must(err)
			}
			w.pass(end.Sub(w.now()) - time.Second)
			_, _, err = w.Session(w.Context(), token)
			w.must(err)
			w.pass(time.Second)
			_, _, err = w.Session(w.Context(), token)
			w.ended(err, WhyExpired)
			if list, err := w.Sessions(w.Context(), c.who); err != nil || len(list) != 0 {
				w.Fatalf("listed %v, %v", list, err)
			}
		}
	})
}

// T226: sessions made by a clock that was wrong do not count.
func TestSessionFromTheFuture(t *testing.T) {
	run(t, func(w *world) {
		p := w.person("ana@example.test")
		w.pass(400 * 24 * time.Hour)
		_, token := w.session(p, Meta{})
		w.pass(-400 * 24 * time.Hour)
		_, _, err := w.Session(w.Context(), token)
		w.is(err, ErrSignedOut)
	})
}

func TestSessionWritesNothing(t *testing.T) {
	run(t, func(w *world) {
		p := w.person("ana@example.test")
		s, token := w.session(p, Meta{})
		w.pass(time.Hour)
		_, _, err := w.Session(w.Context(), token)
		w.must(err)
		seen := func() int64 {
			return int64(w.count(`SELECT seen_at FROM sessions WHERE id = $1`, s.ID))
		}
		if seen() != db.Micros(s.SeenAt) {
			w.Fatal("a read has written")
		}
		w.must(w.Flush(w.Context()))
		if seen() != db.Micros(w.now()) {
			w.Fatal("not flushed")
		}
		if len(w.seen) != 0 {
			w.Fatal("flushed, and still remembered")
		}
	})
}

// T105: a person lists and ends their own sessions, and nobody else's.
func TestSessionsOfAPerson(t *testing.T) {
	run(t, func(w *world) {
		ana, eve := w.person("ana@example.test"), w.person("eve@example.test")
		s1, t1 := w.session(ana, Meta{UserAgent: "Phone\r\nX: y\u202e", Address: home})
		s2, t2 := w.session(ana, Meta{})
		s3, t3 := w.session(ana, Meta{})
		_, te := w.session(eve, Meta{})
		list, err := w.Sessions(w.Context(), ana)
		w.must(err)
		if len(list) != 3 {
			w.Fatalf("listed %d", len(list))
		}
		for _, s := range list {
			if s.ID == s1.ID && (s.UserAgent != "Phone X: y" || s.Address != home.String()) {
				w.Errorf("user agent %q, address %q", s.UserAgent, s.Address)
			}
		}
		w.is(w.EndSession(w.Context(), eve, s1.ID), ErrNotFound)
		w.must(w.EndSession(w.Context(), ana, s1.ID))
		w.is(w.EndSession(w.Context(), ana, s1.ID), ErrNotFound)
		_, _, err = w.Session(w.Context(), t1)
		w.ended(err, WhyEnded)
		ended, err := w.EndOthers(w.Context(), s2)
		w.must(err)
		if len(ended) != 1 || ended[0] != s3.ID {
			w.Fatalf("ended %v", ended)
		}
		_, _, err = w.Session(w.Context(), t3)
		w.ended(err, WhyEnded)
		for _, token := range []string{t2, te} {
			_, _, err = w.Session(w.Context(), token)
			w.must(err)
		}
		if h := w.happened(SessionEnded); len(h) != 2 || h[1].Particulars["sessions"] != string(s3.ID) {
			w.Fatalf("recorded %+v", h)
		}
	})
}

// T081: a disabled person is out at once through every door, and nothing comes
// back when they are enabled.
func TestDisable(t *testing.T) {
	run(t, func(w *world) {
		p := w.person("ana@example.test")
		s, token := w.session(p, Meta{})
		_, secret, err := w.NewToken(w.Context(), s, "script", []string{"read"}, time.Time{})
		w.must(err)
		browser, err := w.RequestCode(w.Context(), "ana@example.test", home)
		w.must(err)
		code, err := w.Code(w.Context(), w.lastMail(MailCode).Subject)
		w.must(err)
		w.must(w.RequestReset(w.Context(), "ana@example.test", home))
		reset := w.Token(PurposeReset, w.lastMail(MailReset).Subject)
		w.must(w.RequestEmailChange(w.Context(), s, "new@example.test"))
		change := w.Token(PurposeEmail, w.lastMail(MailEmailChange).Subject)

		out := func() {
			w.Helper()
			_, _, err := w.Session(w.Context(), token)
			w.ended(err, WhyDisabled)
			_, _, err = w.ByToken(w.Context(), secret)
			w.is(err, ErrSignedOut)
			_, _, err = w.RedeemCode(w.Context(), browser, "ana@example.test", code.Digits, Meta{})
			w.is(err, ErrCode)
			w.is(w.Reset(w.Context(), reset, other, netip.Addr{}), ErrLink)
			w.is(w.ConfirmEmailChange(w.Context(), change, ""), ErrLink)
		}
		w.must(w.d.Write(w.Context(), func(tx *db.Tx) error {
			ended, err := w.Disable(w.Context(), tx, p)
			if err == nil && (len(ended) != 1 || ended[0] != s.ID) {
				w.Errorf("ended %v", ended)
			}
			return err
		}))
		out()
		_, _, err = w.signIn("ana@example.test", good)
		w.is(err, ErrSignIn)
		before := w.mailCount()
		_, err = w.RequestCode(w.Context(), "ana@example.test", home)
		w.must(err)
		w.must(w.RequestReset(w.Context(), "ana@example.test", home))
		if w.mailCount() != before {
			w.Fatal("a disabled person got mail")
		}
		w.is(w.d.Write(w.Context(), func(tx *db.Tx) error {
			_, _, err := w.NewSession(w.Context(), tx, p, ByInvitation, Meta{}, 0)
			return err
		}), ErrSignIn)

		w.must(w.d.Write(w.Context(), func(tx *db.Tx) error { return w.Enable(w.Context(), tx, p) }))
		out()
		_, _, err = w.signIn("ana@example.test", good)
		w.must(err)
	})
}

func TestViewAs(t *testing.T) {
	run(t, func(w *world) {
		p := w.person("tom@example.test")
		s, token := w.session(p, Meta{})
		w.must(w.ViewAs(w.Context(), s, "cus_1"))
		got, _, err := w.Session(w.Context(), token)
		w.must(err)
		if got.ViewingAs != "cus_1" {
			w.Fatalf("viewing as %q", got.ViewingAs)
		}
		w.must(w.ViewAs(w.Context(), s, ""))
		got, _, err = w.Session(w.Context(), token)
		w.must(err)
		if got.ViewingAs != "" {
			w.Fatalf("viewing as %q", got.ViewingAs)
		}
		w.must(w.SignOut(w.Context(), s))
		w.is(w.ViewAs(w.Context(), s, "cus_1"), ErrSignedOut)
	})
}

func TestSessionUsesAnIndex(t *testing.T) {
	w := newWorld(t, dbtest.Open(t, db.SQLite))
	rows, err := w.d.Query(t.Context(), `EXPLAIN QUERY PLAN `+sessionQuery+`s.token_hash = $1`, "h", 1, 1, 1)
	w.must(err)
	defer rows.Close()
	for rows.Next() {
		var a, b, c int
		var plan string
		w.must(rows.Scan(&a, &b, &c, &plan))
		if !strings.Contains(plan, "SEARCH") || !strings.Contains(plan, "INDEX") {
			t.Errorf("plan: %s", plan)
		}
	}
	w.must(rows.Err())
}

func BenchmarkSession(b *testing.B) {
	for _, dialect := range []db.Dialect{db.SQLite, db.PostgreSQL} {
		b.Run(string(dialect), func(b *testing.B) {
			d := dbtest.Open(b, dialect)
			a := New(d, []byte(strings.Repeat("k", 32)), Hooks{}, time.Now)
			var token string
			err := d.Write(b.Context(), func(tx *db.Tx) error {
				p, _, err := a.EnsurePerson(b.Context(), tx, "ana@example.test", "Ana")
				if err != nil {
					return err
				}
				if err := a.Confirm(b.Context(), tx, p.ID, "Ana", ""); err != nil {
					return err
				}
				_, token, err = a.NewSession(b.Context(), tx, p.ID, ByCode, Meta{}, 0)
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, _, err := a.Session(b.Context(), token); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Who was let through a moment ago is let through again, until anything ends it.
func TestPass(t *testing.T) {
	run(t, func(w *world) {
		p := w.person("ana@example.test")
		for _, end := range []struct {
			why string
			how func(Session) error
		}{
			{WhySignedOut, func(s Session) error { return w.SignOut(w.Context(), s) }},
			{WhyDisabled, func(s Session) error {
				return w.d.Write(w.Context(), func(tx *db.Tx) error {
					_, err := tx.Exec(w.Context(), `UPDATE persons SET disabled_at = $2 WHERE id = $1`, p, db.Micros(w.now()))
					return err
				})
			}},
		} {
			s, token := w.session(p, Meta{})
			for range 3 {
				got, err := w.Pass(w.Context(), token)
				w.must(err)
				if got.ID != s.ID || got.Person != p {
					w.Errorf("the pass is %+v", got)
				}
				in, who, err := w.Session(w.Context(), token)
				w.must(err)
				if in.ID != s.ID || who.ID != p {
					w.Errorf("the session is %+v of %+v", in, who)
				}
				w.pass(db.RecallFor / 2)
			}
			w.must(end.how(s))
			_, err := w.Pass(w.Context(), token)
			w.ended(err, end.why)
			_, _, err = w.Session(w.Context(), token)
			w.ended(err, end.why)
			_, err = w.PassByID(w.Context(), s.ID, w.now())
			w.ended(err, end.why)
		}
		_, err := w.Pass(w.Context(), "vt_ses_unknown")
		w.is(err, ErrSignedOut)
	})
}

// While somebody is let through over and over, their session ends: once that is
// answered, nobody comes in.
func TestPassEndsAtOnce(t *testing.T) {
	run(t, func(w *world) {
		for range 20 {
			s, token := w.session(w.person(db.NewID("x")+"@example.test"), Meta{})
			var over atomic.Bool
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					for {
						last := over.Load()
						_, err := w.Pass(w.Context(), token)
						_, _, err2 := w.Session(w.Context(), token)
						switch {
						case last && (err == nil || err2 == nil):
							w.Error("let through after the end")
							return
						case last:
							return
						}
					}
				})
			}
			err := w.SignOut(w.Context(), s)
			over.Store(true)
			wg.Wait()
			w.must(err)
		}
	})
}

// What was signed for a session finds it again, for as long as it lasts.
func TestPassByID(t *testing.T) {
	run(t, func(w *world) {
		p := w.person("ana@example.test")
		s, token := w.session(p, Meta{})
		w.pass(ClientIdle - time.Second)
		_, _, err := w.Session(w.Context(), token)
		w.must(err)
		at := w.now()
		w.pass(time.Minute)
		found, err := w.PassByID(w.Context(), s.ID, at)
		w.must(err)
		if found.ID != s.ID || found.Person != p {
			w.Errorf("session %s of %s, want %s of %s", found.ID, found.Person, s.ID, p)
		}
		_, err = w.PassByID(w.Context(), s.ID, at.Add(-ClientIdle))
		w.ended(err, WhyIdle)
		_, err = w.PassByID(w.Context(), "ses_unknown", at)
		w.is(err, ErrSignedOut)
		w.must(w.SignOut(w.Context(), s))
		_, err = w.PassByID(w.Context(), s.ID, at)
		w.ended(err, WhySignedOut)

		sum := w.Sign("a", "b", "c")
		for _, other := range [][]byte{w.Sign("a", "bc"), w.Sign("a", "b", "c", ""), w.Sign("ab", "c"), w.Sign("a", "c", "b"), w.mac("a", "b", "c")} {
			if bytes.Equal(sum, other) {
				w.Error("other parts have the same signature")
			}
		}
	})
}
