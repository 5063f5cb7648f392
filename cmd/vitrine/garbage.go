package main

import (
	"context"
	"runtime/debug"
	runtimemetrics "runtime/metrics"
	"time"
)

// Garbage may grow to three times what is held: pages make much of it and the process
// holds little, and a fifth more of them are served. But not to more than so many bytes,
// or else ten thousand streams would cost a gigabyte, most of it garbage; nor is less
// left to it than a quarter of what is held.
const (
	gcPercent  = 300
	maxGarbage = 128 << 20
	leastGC    = 25
)

// gcFor is the collector's percentage for so many bytes that are held: in steps, as the
// program stands still for a moment when it changes.
func gcFor(held uint64) int {
	return int(min(gcPercent, max(leastGC, maxGarbage*100/max(held, 1)/25*25)))
}

// boundGarbage looks each second at what is held, until ctx ends.
func boundGarbage(ctx context.Context) {
	now := gcPercent
	debug.SetGCPercent(now)
	held := []runtimemetrics.Sample{{Name: "/gc/heap/live:bytes"}}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			runtimemetrics.Read(held)
			if percent := gcFor(held[0].Value.Uint64()); percent != now {
				now = percent
				debug.SetGCPercent(now)
			}
		}
	}
}
