package main

import (
	"context"
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

func TestGCFor(t *testing.T) {
	for held, want := range map[uint64]int{0: 300, 10 << 20: 300, 42 << 20: 300, 64 << 20: 200, 128 << 20: 100, 256 << 20: 50, 1 << 30: 25, 1 << 40: 25} {
		if got := gcFor(held); got != want {
			t.Errorf("%d bytes held: %d %%, want %d", held, got, want)
		}
	}
}

// What is held decides, while the program runs.
func TestGarbageIsBounded(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan bool)
	go func() { boundGarbage(ctx); close(done) }()
	defer func() { cancel(); <-done }()
	is := func(want int) {
		t.Helper()
		for end := time.Now().Add(20 * time.Second); ; time.Sleep(100 * time.Millisecond) {
			runtime.GC()
			got := debug.SetGCPercent(want)
			if got == want {
				return
			}
			debug.SetGCPercent(got)
			if time.Now().After(end) {
				t.Fatalf("%d %%, want %d", got, want)
			}
		}
	}
	is(300)
	held := make([]byte, 140<<20)
	is(75)
	runtime.KeepAlive(held)
	held = nil
	is(300)
}
