package live_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/live"
)

// Of what no signal told, those who listen are told to catch up, once; of the rest
// nothing.
func TestWatch(t *testing.T) {
	h := live.New()
	s := subscribe(t, h)
	var mu sync.Mutex
	var events []string
	looks, broken := 0, false
	add := func(id string) {
		mu.Lock()
		defer mu.Unlock()
		events = append(events, id)
		slices.Sort(events)
	}
	pass := func(n int) {
		t.Helper()
		mu.Lock()
		until := looks + n
		mu.Unlock()
		for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
			mu.Lock()
			done := looks >= until
			mu.Unlock()
			if done {
				return
			}
			if time.Now().After(end) {
				t.Fatal("nobody looks")
			}
		}
	}
	add("e00") // before anybody watched
	go h.Watch(t.Context(), 5*time.Millisecond, func(_ context.Context, after string) (list []string, err error) {
		mu.Lock()
		defer mu.Unlock()
		looks++
		if broken {
			return nil, errors.New("no database")
		}
		for _, id := range slices.Backward(events) {
			if id > after {
				list = append(list, id)
			}
		}
		return list, nil
	})
	pass(3)
	for n := range 50 {
		id := fmt.Sprintf("e1%02d", n)
		h.Publish(live.Signal{Event: id})
		add(id)
		if sig := next(t, s); sig.Event != id {
			t.Fatalf("it is told of %+v", sig)
		}
	}
	pass(15)
	silent(t, s)
	for _, id := range []string{"e200", "e149x"} { // the second began before, and was committed after
		began := time.Now()
		add(id)
		sig := next(t, s)
		if since := time.Unix(int64(sig.Since), 0); !sig.CatchUp() || since.After(began) || since.Before(began.Add(-5*time.Second)) {
			t.Errorf("of %s it is told %+v", id, sig)
		}
	}
	pass(15)
	silent(t, s)
	mu.Lock()
	broken = true
	mu.Unlock()
	add("e300")
	pass(3)
	mu.Lock()
	broken = false
	mu.Unlock()
	if sig := next(t, s); !sig.CatchUp() {
		t.Errorf("after the database was away it is told %+v", sig)
	}
}

// A slow reader learns from when on signals were lost.
func TestSlowReaderKnowsSince(t *testing.T) {
	h := live.New()
	s := subscribe(t, h)
	h.Publish(live.Signal{Since: 7})
	for range 8 {
		h.Publish(live.Signal{Event: "e"})
	}
	if sig := next(t, s); !sig.CatchUp() || sig.Since != 7 {
		t.Errorf("it is told %+v", sig)
	}
}
