package account

import (
	"context"
	"fmt"
	"net/netip"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/db/dbtest"
)

func TestSignInAndOut(t *testing.T) {
	run(t, func(w *world) {
		p := w.person("Ana@Example.test")
		s, token, err := w.signIn(" ana@example.TEST ", good)
		w.must(err)
		got, who, err := w.Session(w.Context(), token)
		w.must(err)
		if got.ID != s.ID || who.ID != p || who.Email != "Ana@Example.test" || !who.HasPassword {
			w.Fatalf("signed in as %+v in %+v", who, got)
		}
		if h := w.happened(SignedIn); len(h) != 1 || h[0].Person != p || h[0].Address != home.String() || h[0].Particulars["session"] != string(s.ID) {
			w.Fatalf("recorded %+v", h)
		}
		w.must(w.SignOut(w.Context(), s))
		_, _, err = w.Session(w.Context(), token)
		w.ended(err, WhySignedOut)
		_, _, err = w.Session(w.Context(), "vt_ses_nobody")
		w.is(err, ErrSignedOut)
		_, _, err = w.Session(w.Context(), "")
		w.is(err, ErrSignedOut)

		// Signing in again is another session with another token.
		again, other, err := w.signIn("ana@example.test", good)
		w.must(err)
		if again.ID == s.ID || other == token {
			w.Fatal("the session was used again")
		}
	})
}

// T069: one answer for every reason.
func TestSignInSaysNothingAboutAccounts(t *testing.T) {
	run(t, func(w *world) {
		known := w.person("known@example.test")
		w.personWith("code@example.test", "")
		disabled := w.person("disabled@example.test")
		w.must(w.d.Write(w.Context(), func(tx *db.Tx) error {
			if _, _, err := w.EnsurePerson(w.Context(), tx, "invited@example.test", "Ina"); err != nil {
				return err
			}
			_, err := w.Disable(w.Context(), tx, disabled)
			return err
		}))
		for _, in := range [][2]string{
			{"known@example.test", other}, {"known@example.test", ""}, {"unknown@example.test", good},
			{"disabled@example.test", good}, {"invited@example.test", good}, {"code@example.test", ""},
			{"code@example.test", good}, {"no address", good}, {"", ""},
		} {
			s, token, err := w.signIn(in[0], in[1])
			if err != ErrSignIn || token != "" || s.ID != "" {
				w.Errorf("%q with %q: %v", in[0], in[1], err)
			}
		}
		failed := w.happened(SignInFailed)
		if len(failed) != 9 || failed[0].Person != known || failed[2].Person != "" {
			w.Fatalf("recorded %+v", failed)
		}
		for _, h := range failed {
			if text := fmt.Sprint(h); strings.Contains(text, "@") || strings.Contains(text, good) {
				w.Errorf("recorded what was typed: %s", text)
			}
		}
	})
}

// T069: all reasons take the same time. The fastest of several tries is what
// the work costs without the noise of the machine.
func TestSignInTakesTheSameTime(t *testing.T) {
	dear(t)
	w := newWorld(t, dbtest.Open(t, db.SQLite))
	w.person("known@example.test")
	w.personWith("code@example.test", "")
	emails := []string{"known@example.test", "unknown@example.test", "code@example.test"}
	for attempt := 1; ; attempt++ {
		best := make([]time.Duration, len(emails))
		for range 4 {
			for i, e := range emails {
				start := time.Now()
				_, _, err := w.signIn(e, other)
				took := time.Since(start)
				w.is(err, ErrSignIn)
				if best[i] == 0 || took < best[i] {
					best[i] = took
				}
				w.pass(3 * time.Hour) // no throttling
			}
		}
		// Without the work for nobody's password, one would take a hundredth.
		if slowest, fastest := slices.Max(best), slices.Min(best); slowest-fastest < slowest/3 {
			return
		}
		if attempt == 5 {
			t.Fatalf("%v took %v", emails, best)
		}
	}
}

// T084 T086: an account is throttled whatever address the attempts claim to
// come from, the count survives a restart, and the person has another way in.
func TestAccountIsThrottled(t *testing.T) {
	run(t, func(w *world) {
		w.person("ana@example.test")
		var err error
		tries := 0
		for ; tries < 20; tries++ {
			addr := netip.AddrFrom4([4]byte{203, 0, 113, byte(tries)})
			_, _, err = w.SignIn(w.Context(), SignIn{Email: "ana@example.test", Password: other, Address: addr})
			if err != ErrSignIn {
				break
			}
		}
		if th := w.throttled(err); tries != 9 || th.RetryAfter <= 0 || th.RetryAfter > 30*time.Second {
			w.Fatalf("throttled after %d tries for %v", tries, th.RetryAfter)
		}
		// The right password does not help, nor does a restart.
		restarted := New(w.d, w.key, w.hooks, w.now)
		_, _, err = restarted.SignIn(w.Context(), SignIn{Email: "ANA@example.test", Password: good, Address: street})
		w.throttled(err)

		// Waiting longer each time: 30 s, 1 min, 2 min…
		for _, wait := range []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute} {
			w.pass(wait - time.Second)
			_, _, err = w.signIn("ana@example.test", other)
			w.throttled(err)
			w.pass(time.Second)
			_, _, err = w.signIn("ana@example.test", other)
			w.is(err, ErrSignIn)
		}

		// Attempts while it is closed do not keep it closed.
		// A code by mail and a reset are open meanwhile.
		browser, err := w.RequestCode(w.Context(), "ana@example.test", home)
		w.must(err)
		w.must(w.RequestReset(w.Context(), "ana@example.test", home))
		c, err := w.Code(w.Context(), w.lastMail(MailCode).Subject)
		w.must(err)
		_, _, err = w.RedeemCode(w.Context(), browser, "ana@example.test", c.Digits, Meta{Address: home})
		w.must(err)
		// And a proof forgives the guesses of others.
		_, _, err = w.signIn("ana@example.test", good)
		w.must(err)
	})
}

func TestSuccessForgetsFailures(t *testing.T) {
	run(t, func(w *world) {
		w.person("ana@example.test")
		for range 2 {
			for range 8 {
				_, _, err := w.signIn("ana@example.test", other)
				w.is(err, ErrSignIn)
			}
			_, _, err := w.signIn("ana@example.test", good)
			w.must(err)
		}
		if n := w.count(`SELECT count FROM attempts WHERE key = $1`, "address:192.0.2.10/32"); n != 16 {
			w.Fatalf("the address has %d failures, want 16", n)
		}
		if n := w.count(`SELECT count FROM attempts WHERE key = 'all'`); n != 16 {
			w.Fatalf("all have %d failures, want 16", n)
		}
	})
}

// T085: one network that tries many accounts is stopped, others are not. The
// counters alone are asked here, the passwords cost too much for a hundred.
func TestSprayIsThrottled(t *testing.T) {
	run(t, func(w *world) {
		try := func(account int, addr string) error {
			return w.take(w.Context(), w.signInBuckets(email(account), netip.MustParseAddr(addr))...)
		}
		stopped := 0
		for i := range 100 {
			// One /64 counts as one network.
			if err := try(i, fmt.Sprintf("2001:db8:1:2::%x", i+1)); err != nil {
				w.throttled(err)
				stopped++
			}
		}
		if stopped != 60 {
			w.Errorf("stopped %d of 100, want 60", stopped)
		}
		w.must(try(1000, "2001:db8:1:3::1"))
		w.must(try(1001, "192.0.2.1"))

		// Under a flood from everywhere, an account is closed sooner, and one
		// that nobody guesses at stays open.
		for i := range 300 {
			w.must(try(2000+i, fmt.Sprintf("10.0.%d.%d", i/250, i%250)))
		}
		var err error
		n := 0
		for ; n < 9 && err == nil; n++ {
			err = try(5000, fmt.Sprintf("10.1.0.%d", n))
		}
		w.throttled(err)
		if n != 4 {
			w.Errorf("closed at attempt %d, want 4", n)
		}
		w.must(try(5001, "10.2.0.1"))
	})
}

// Attempts at the same moment are counted one by one.
func TestParallelAttemptsAreCounted(t *testing.T) {
	run(t, func(w *world) {
		var mu sync.Mutex
		throttled := 0
		passed := w.atOnce(30, nil, func(int) error {
			err := w.take(w.Context(), w.signInBuckets("ana@example.test", home)...)
			if _, ok := err.(*Throttled); ok {
				mu.Lock()
				throttled++
				mu.Unlock()
				return nil
			}
			return err
		})
		if throttled != 21 || passed != 30 {
			w.Fatalf("throttled %d of 30, want 21", throttled)
		}
	})
}

// T226: a clock that was wrong for a while leaves nobody locked out.
func TestThrottleSurvivesClock(t *testing.T) {
	run(t, func(w *world) {
		fail := func() error { return w.take(w.Context(), w.accountBucket("ana@example.test")) }
		w.pass(400 * 24 * time.Hour)
		for range 9 {
			w.must(fail())
		}
		w.throttled(fail())
		w.pass(-400 * 24 * time.Hour)
		w.must(fail())
	})
}

func TestThrottleAfterHundred(t *testing.T) {
	l := accountSignIn
	for _, c := range []struct {
		n    int64
		want time.Duration
	}{{1, 0}, {8, 0}, {9, 30 * time.Second}, {10, time.Minute}, {15, 32 * time.Minute}, {16, time.Hour}, {99, time.Hour}, {100, 24 * time.Hour}, {1 << 40, 24 * time.Hour}} {
		if got := l.wait(c.n, l.quick); got != c.want {
			t.Errorf("after %d: %v, want %v", c.n, got, c.want)
		}
	}
	if got := addressSignIn.wait(1<<40, addressSignIn.quick); got != addressSignIn.max {
		t.Errorf("address: %v", got)
	}
}

// T091 and security.md 13: a huge password costs nothing.
func TestHugePassword(t *testing.T) {
	run(t, func(w *world) {
		p := w.person("ana@example.test")
		s, _ := w.session(p, Meta{})
		huge := strings.Repeat("x", 1<<20)
		took := fastest(func() {
			_, _, err := w.signIn("ana@example.test", huge)
			if we, ok := err.(*Weakness); !ok || we.Reason != "long" {
				w.Errorf("got %v", err)
			}
			w.is(w.Prove(w.Context(), s, huge), ErrSignIn)
			if _, err := HashPassword(w.Context(), huge); err == nil {
				w.Error("hashed")
			}
			if CheckPassword(huge).Reason != "long" {
				w.Error("not called long")
			}
		})
		if took > 50*time.Millisecond {
			w.Errorf("took %v", took)
		}
	})
}

// T092: parallel sign-ins do not take memory for each.
func TestParallelSignInsAreBounded(t *testing.T) {
	dear(t)
	defer debug.SetGCPercent(debug.SetGCPercent(10)) // little garbage waits
	w := newWorld(t, dbtest.Open(t, db.SQLite))
	w.person("ana@example.test")
	done, peak := make(chan struct{}), make(chan uint64)
	go func() {
		var most uint64
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				peak <- most
				return
			case <-tick.C:
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapInuse)
			}
		}
	}()
	// On a slow machine the last have waited too long for a core, and are told so.
	w.atOnce(24, []error{ErrSignIn, ErrBusy}, func(i int) error {
		_, _, err := w.SignIn(w.Context(), SignIn{Email: email(i), Password: good, Address: netip.AddrFrom4([4]byte{10, 0, 0, byte(i)})})
		return err
	})
	close(done)
	// As much again may be garbage, when the collector gets no time.
	if limit := uint64(runtime.GOMAXPROCS(0)*2+2) * 64 << 20; <-peak > limit {
		t.Fatalf("the heap passed %d MiB", limit>>20)
	}
}

func TestOldHashIsRenewed(t *testing.T) {
	weak := goodHash()
	dear(t)
	run(t, func(w *world) {
		p := w.personWith("ana@example.test", weak)
		_, _, err := w.signIn("ana@example.test", good)
		w.must(err)
		var hash string
		w.must(w.d.QueryRow(w.Context(), `SELECT password_hash FROM persons WHERE id = $1`, p).Scan(&hash))
		if !strings.HasPrefix(hash, "$argon2id$v=19$m=65536,t=3,p=1$") {
			w.Fatalf("the hash is still %s", hash[:30])
		}
		_, _, err = w.signIn("ana@example.test", good)
		w.must(err)
	})
}

func TestHashWaitEndsWithCaller(t *testing.T) {
	n := int64(runtime.GOMAXPROCS(0))
	if err := hashing.Acquire(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	defer hashing.Release(n)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := HashPassword(ctx, good); err != context.DeadlineExceeded {
		t.Fatalf("got %v", err)
	}
}

// T089: what matters most asks for a proof again, whose failures are counted.
func TestProve(t *testing.T) {
	run(t, func(w *world) {
		p := w.person("ana@example.test")
		_, token := w.session(p, Meta{})
		get := func() Session {
			s, _, err := w.Session(w.Context(), token)
			w.must(err)
			return s
		}
		if !w.Fresh(get()) {
			w.Fatal("not fresh after signing in")
		}
		w.pass(Freshness)
		if w.Fresh(get()) {
			w.Fatal("fresh for too long")
		}
		w.is(w.RequestEmailChange(w.Context(), get(), "new@example.test"), ErrProve)
		_, _, err := w.NewToken(w.Context(), get(), "script", []string{"read"}, time.Time{})
		w.is(err, ErrProve)
		_, err = w.SetPassword(w.Context(), get(), other)
		w.is(err, ErrProve)

		w.is(w.Prove(w.Context(), get(), other), ErrSignIn)
		w.must(w.Prove(w.Context(), get(), good))
		if !w.Fresh(get()) {
			w.Fatal("not fresh after a proof")
		}

		w.pass(Freshness)
		browser, err := w.RequestProofCode(w.Context(), "ana@example.test", ForProof, home)
		w.must(err)
		c, err := w.Code(w.Context(), w.lastMail(MailCode).Subject)
		w.must(err)
		w.must(w.ProveByCode(w.Context(), get(), ForProof, browser, c.Digits))
		if !w.Fresh(get()) {
			w.Fatal("not fresh after a code")
		}

		// A stranger's failures at the form do not close this way.
		for range 9 {
			_, _, err := w.signIn("ana@example.test", other)
			w.is(err, ErrSignIn)
		}
		w.must(w.Prove(w.Context(), get(), good))
		for range 9 {
			w.is(w.Prove(w.Context(), get(), other), ErrSignIn)
		}
		w.throttled(w.Prove(w.Context(), get(), good))
	})
}
