package live_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/db/dbtest"
	"github.com/vitrine-portal/vitrine/internal/live"
)

// conform runs the suite on one hub, and on two hubs over one PostgreSQL: a
// publishes and b is subscribed to.
func conform(t *testing.T, f func(t *testing.T, a, b *live.Hub)) {
	t.Run("hub", func(t *testing.T) {
		h := live.New()
		f(t, h, h)
	})
	t.Run("bridge", func(t *testing.T) {
		a, b, _ := bridged(t)
		f(t, a, b)
	})
}

func bridged(t *testing.T) (a, b *live.Hub, url string) {
	t.Helper()
	url = dbtest.URL(t, db.PostgreSQL)
	a, b = live.New(), live.New()
	for _, h := range []*live.Hub{a, b} {
		if err := h.Bridge(t.Context(), url, slog.New(slog.DiscardHandler)); err != nil {
			t.Fatal(err)
		}
	}
	return a, b, url
}

func subscribe(t *testing.T, h *live.Hub) *live.Subscription {
	s := h.Subscribe()
	t.Cleanup(s.Close)
	return s
}

func next(t *testing.T, s *live.Subscription) live.Signal {
	t.Helper()
	select {
	case sig, open := <-s.C():
		if !open {
			t.Fatal("the subscription is closed")
		}
		return sig
	case <-time.After(10 * time.Second):
		t.Fatal("no signal came")
		return live.Signal{}
	}
}

func silent(t *testing.T, s *live.Subscription) {
	t.Helper()
	select {
	case sig := <-s.C():
		t.Errorf("unexpected signal %+v", sig)
	case <-time.After(100 * time.Millisecond):
	}
}

func TestSignalsArriveOnceAndInOrder(t *testing.T) {
	conform(t, func(t *testing.T, a, b *live.Hub) {
		here, there := subscribe(t, a), subscribe(t, b)
		for i := range 40 {
			want := live.Signal{Event: fmt.Sprint("evt_", i), Client: "cli_1", Project: "prj_1", Persons: []string{"per_1"}, Close: i%2 == 0}
			a.Publish(want)
			for _, s := range []*live.Subscription{here, there} {
				if got := next(t, s); !reflect.DeepEqual(got, want) {
					t.Fatalf("got %+v, want %+v", got, want)
				}
			}
		}
		silent(t, here)
		silent(t, there)
	})
}

func TestSlowReaderCatchesUp(t *testing.T) {
	conform(t, func(t *testing.T, a, b *live.Hub) {
		slow, quick := subscribe(t, b), subscribe(t, b)
		arrived := make(chan bool)
		go func() {
			for s := range quick.C() {
				if s.Event == "last" {
					close(arrived)
					return
				}
			}
		}()
		for range 1000 {
			a.Publish(live.Signal{Event: "e"})
		}
		for all := false; !all; {
			a.Publish(live.Signal{Event: "last"}) // again when the quick one had to catch up
			select {
			case <-arrived:
				all = true
			case <-time.After(20 * time.Millisecond):
			}
		}

		found, caughtUp := 0, false
		for ; len(slow.C()) > 0; found++ {
			s := next(t, slow)
			caughtUp = caughtUp || s.CatchUp()
		}
		if !caughtUp || found > 20 {
			t.Errorf("%d signals, told to catch up: %v", found, caughtUp)
		}
		a.Publish(live.Signal{Event: "after"})
		for next(t, slow).Event != "after" {
		}
	})
}

func TestClose(t *testing.T) {
	conform(t, func(t *testing.T, a, b *live.Hub) {
		s, other := b.Subscribe(), subscribe(t, b)
		s.Close()
		s.Close()
		a.Publish(live.Signal{Event: "e"})
		next(t, other)
		if sig, open := <-s.C(); open {
			t.Errorf("got %+v", sig)
		}
	})
}

func TestManyPersons(t *testing.T) {
	conform(t, func(t *testing.T, a, b *live.Hub) {
		s := subscribe(t, b)
		var persons []string
		for range 1000 {
			persons = append(persons, db.NewID("per"))
		}
		a.Publish(live.Signal{Event: "e", Persons: persons})
		var got []string
		for len(got) < len(persons) {
			sig := next(t, s)
			if sig.Event != "e" {
				t.Fatalf("got %+v", sig)
			}
			got = append(got, sig.Persons...)
		}
		if !reflect.DeepEqual(got, persons) {
			t.Error("other persons arrived")
		}
	})
}

func TestTooLongToBridge(t *testing.T) {
	a, b, _ := bridged(t)
	s := subscribe(t, b)
	a.Publish(live.Signal{Event: strings.Repeat("x", 9000)})
	if got := next(t, s); !got.CatchUp() {
		t.Errorf("got %.50v", got)
	}
}

func TestBridgeReconnects(t *testing.T) {
	a, b, url := bridged(t)
	s := subscribe(t, b)
	a.Publish(live.Signal{Event: "before"})
	next(t, s)

	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid()`); err != nil {
		t.Fatal(err)
	}
	a.Publish(live.Signal{Event: "while away"})
	if got := next(t, s); !got.CatchUp() {
		t.Errorf("after the loss: %+v", got)
	}
	deadline := time.Now().Add(20 * time.Second)
	for {
		a.Publish(live.Signal{Event: "back"})
		if next(t, s).Event == "back" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("signals do not flow again")
		}
	}
}

func TestBridgeEndsWithItsContext(t *testing.T) {
	url := dbtest.URL(t, db.PostgreSQL)
	before := runtime.NumGoroutine()
	h := live.New()
	ctx, cancel := context.WithCancel(t.Context())
	if err := h.Bridge(ctx, url, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	cancel()
	for wait := 0; runtime.NumGoroutine() > before; wait++ {
		if wait == 200 {
			t.Fatalf("%d goroutines, before %d", runtime.NumGoroutine(), before)
		}
		time.Sleep(10 * time.Millisecond)
	}
	h.Publish(live.Signal{Event: "e"})
}

func TestBridgeRefuses(t *testing.T) {
	for _, url := range []string{"postgres://user:hunter2@host:port/", "postgres://user:hunter2@/x?host=/nowhere"} {
		err := live.New().Bridge(t.Context(), url, slog.New(slog.DiscardHandler))
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v", err)
		}
	}
}

// A subscription from a mark begins with what was published since, or with one
// signal to catch up where that is not known.
func TestSubscribeFrom(t *testing.T) {
	h := live.New()
	h.Publish(live.Signal{Event: "before"})
	mark := h.Mark()
	from := func(mark string) *live.Subscription {
		s, _ := h.SubscribeFrom(mark)
		t.Cleanup(s.Close)
		return s
	}
	s := from(mark)
	h.Publish(live.Signal{Event: "after"})
	for _, s := range []*live.Subscription{s, from(mark)} {
		if got := next(t, s); got.Event != "after" {
			t.Errorf("it begins with %+v", got)
		}
	}
	// Who typed is not told later, and what is told later is told whole.
	h.Publish(live.Signal{Thread: "t", Typist: "p"})
	for range 20 {
		h.Publish(live.Signal{Event: "after"})
	}
	late := from(mark)
	for range 21 {
		if got := next(t, late); got.Event != "after" {
			t.Fatalf("of 21 there is %+v", got)
		}
	}
	// Two marks tell nothing of what lies between them.
	if a, b := h.Mark(), h.Mark(); a == b || len(a) != len(mark) || a[:4] == b[:4] {
		t.Errorf("marks %s and %s", a, b)
	}
	for range 100 {
		h.Publish(live.Signal{Event: "more"})
	}
	for _, m := range []string{mark, live.New().Mark(), "x", h.Mark() + "z"} {
		if got := next(t, from(m)); !got.CatchUp() {
			t.Errorf("from %s it begins with %+v", m, got)
		}
	}
	// Of another node's mark it is known when that was made.
	secret := make([]byte, 32)
	for _, shared := range []bool{false, true} {
		other := live.New()
		if shared {
			if err := errors.Join(h.Share(secret), other.Share(secret)); err != nil {
				t.Fatal(err)
			}
		}
		s, at := h.SubscribeFrom(other.Mark())
		t.Cleanup(s.Close)
		if got := next(t, s); !got.CatchUp() || at.IsZero() == shared || shared && time.Since(at) > time.Minute {
			t.Errorf("from another node's mark, shared %v, it begins with %+v, %v", shared, got, at)
		}
	}
}
