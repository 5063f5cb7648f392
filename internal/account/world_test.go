package account

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/db/dbtest"
)

const (
	good  = "violet anchor 82 juggles"
	other = "quiet harbour, 9 lanterns"
)

var (
	home   = netip.MustParseAddr("192.0.2.10")
	street = netip.MustParseAddr("198.51.100.20")
)

// world is a set of accounts with a clock that stands still, and what they
// recorded and mailed.
type world struct {
	*testing.T
	*Accounts
	d *db.DB

	mu       sync.Mutex
	clock    time.Time
	team     map[PersonID]bool
	recorded []Happening
	mails    []Mail
	failMail error
}

func run(t *testing.T, f func(w *world)) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) { f(newWorld(t, d)) })
}

func newWorld(t *testing.T, d *db.DB) *world {
	w := &world{T: t, d: d, clock: time.Date(2026, 3, 12, 9, 0, 0, 0, time.UTC), team: map[PersonID]bool{}}
	key := sha256.Sum256([]byte("a server key for tests"))
	w.Accounts = New(d, key[:], Hooks{
		Record: func(_ context.Context, _ *db.Tx, h Happening) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.recorded = append(w.recorded, h)
			return nil
		},
		Mail: func(_ context.Context, _ *db.Tx, m Mail) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			if w.failMail != nil {
				return w.failMail
			}
			w.mails = append(w.mails, m)
			return nil
		},
		Team: func(_ context.Context, _ *db.Tx, p PersonID) (bool, error) { return w.team[p], nil },
	}, func() time.Time {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.clock
	})
	w.evenly = 0
	return w
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clock = w.clock.Add(d)
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// is fails the test unless err is want.
func (w *world) is(err, want error) {
	w.Helper()
	if !errors.Is(err, want) {
		w.Fatalf("got error %v, want %v", err, want)
	}
}

func (w *world) throttled(err error) *Throttled {
	w.Helper()
	var th *Throttled
	if !errors.As(err, &th) {
		w.Fatalf("got error %v, want *Throttled", err)
	}
	return th
}

func (w *world) ended(err error, why string) {
	w.Helper()
	var e *Ended
	if !errors.As(err, &e) || e.Why != why || !errors.Is(err, ErrSignedOut) {
		w.Fatalf("got error %v, want ended %q", err, why)
	}
}

// Hashing is dear on purpose. Tests that are not about that hash cheaply.
var argonReal = argonNow

func TestMain(m *testing.M) {
	CheapPasswords()
	os.Exit(m.Run())
}

// dear makes passwords of this test cost what they cost in earnest.
func dear(t *testing.T) {
	cheap := argonNow
	argonNow = argonReal
	t.Cleanup(func() { argonNow = cheap })
}

func goodHash() string {
	h, err := HashPassword(context.Background(), good)
	if err != nil {
		panic(err)
	}
	return h
}

// person makes a confirmed person whose password is good.
func (w *world) person(email string) PersonID { return w.personWith(email, goodHash()) }

func (w *world) personWith(email, hash string) PersonID {
	w.Helper()
	var id PersonID
	w.must(w.d.Write(w.Context(), func(tx *db.Tx) error {
		p, _, err := w.EnsurePerson(w.Context(), tx, email, "Ana Ruiz")
		if err != nil {
			return err
		}
		id = p.ID
		return w.Confirm(w.Context(), tx, p.ID, "Ana Ruiz", hash)
	}))
	return id
}

// session signs a person in without looking at a proof.
func (w *world) session(p PersonID, m Meta) (s Session, token string) {
	w.Helper()
	w.must(w.d.Write(w.Context(), func(tx *db.Tx) (err error) {
		s, token, err = w.NewSession(w.Context(), tx, p, ByPassword, m, 0)
		return err
	}))
	return s, token
}

func (w *world) signIn(email, pw string) (Session, string, error) {
	return w.SignIn(w.Context(), SignIn{Email: email, Password: pw, Address: home, UserAgent: "test"})
}

func (w *world) lastMail(kind string) Mail {
	w.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, m := range slices.Backward(w.mails) {
		if m.Kind == kind {
			return m
		}
	}
	w.Fatalf("no mail %s", kind)
	return Mail{}
}

func (w *world) mailCount() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.mails)
}

func (w *world) happened(kind string) []Happening {
	w.mu.Lock()
	defer w.mu.Unlock()
	var hs []Happening
	for _, h := range w.recorded {
		if h.Kind == kind {
			hs = append(hs, h)
		}
	}
	return hs
}

// atOnce runs f n times in parallel and counts the runs without an error. All
// errors must be one of the allowed.
func (w *world) atOnce(n int, allowed []error, f func(i int) error) (won int) {
	w.Helper()
	start := make(chan struct{})
	errs := make(chan error, n)
	for i := range n {
		go func() {
			<-start
			errs <- f(i)
		}()
	}
	close(start)
	for range n {
		err := <-errs
		switch {
		case err == nil:
			won++
		case !slices.ContainsFunc(allowed, func(a error) bool { return errors.Is(err, a) }):
			w.Errorf("unexpected error: %v", err)
		}
	}
	return won
}

func (w *world) count(q string, args ...any) (n int) {
	w.Helper()
	w.must(w.d.QueryRow(w.Context(), q, args...).Scan(&n))
	return n
}

func email(i int) string { return fmt.Sprintf("person%d@example.test", i) }
