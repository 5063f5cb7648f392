package db

import (
	"sync"
	"time"
)

// RecallFor is how long a Recall remembers at most, for what also depends on the
// time of day.
const RecallFor = time.Second

// recallMost bounds what a Recall holds.
const recallMost = 4096

// A Recall remembers what was read as long as nothing at all is written, so that
// who asks for the same again within a moment is given what the database would
// say: each page of a person's asks who they are, and a page of pictures asks for
// every one of them. On PostgreSQL, where others write, it remembers nothing, unless it
// is Lax: then what others wrote is seen after RecallFor, and at once what this process
// wrote.
//
// What it gives is shared: it must not be changed. The zero Recall is ready to be
// used, by several goroutines.
type Recall[V any] struct {
	Lax bool

	mu      sync.Mutex
	commits uint64 // when the held were read
	held    map[string]recalled[V]
}

type recalled[V any] struct {
	value V
	at    time.Time
}

// Find returns what is held under a key, or reads it. A failure is not held.
func (h *Recall[V]) Find(d *DB, key string, now time.Time, read func() (V, error)) (V, error) {
	commits, known := d.Commits() // before anything is read
	if !known && !h.Lax {
		return read()
	}
	h.mu.Lock()
	held, ok := h.held[key]
	ok = ok && h.commits == commits
	h.mu.Unlock()
	if age := now.Sub(held.at); ok && age >= 0 && age < RecallFor {
		return held.value, nil
	}
	v, err := read()
	if err != nil {
		return v, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.held == nil || h.commits != commits || len(h.held) >= recallMost {
		h.commits, h.held = commits, map[string]recalled[V]{}
	}
	h.held[key] = recalled[V]{v, now}
	return v, nil
}
