package live

import (
	"context"
	"time"
)

// Watch looks every so often, until ctx ends, whether there are events that no signal
// told of, as when a node died between an event and its signal; then the subscriptions
// here are told to catch up. Events lists those after one, the newest first.
func (h *Hub) Watch(ctx context.Context, every time.Duration, events func(ctx context.Context, after string) ([]string, error)) {
	h.mu.Lock()
	h.heard = &heard{now: map[string]struct{}{}}
	h.mu.Unlock()
	w := watch{hub: h, events: events, last: time.Now()}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		w.look(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// looks is how many times an event is looked for: one may be committed after others
// that began later.
const looks = 10

type watch struct {
	hub     *Hub
	events  func(ctx context.Context, after string) ([]string, error)
	newest  []string          // at each of the last looks
	unheard map[string]uint32 // at the last look, and since when it may have been there
	last    time.Time         // when that was
}

// look has who listens catch up when an event is unheard of for the second time: of
// one for the first time the signal may be on its way.
func (w *watch) look(ctx context.Context) {
	now := time.Now()
	after := ""
	if len(w.newest) > 0 {
		after = w.newest[0]
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	list, err := w.events(ctx, after)
	if err != nil {
		return // the next look finds the same
	}
	newest := after
	if n := len(w.newest); n > 0 {
		newest = w.newest[n-1]
	}
	if len(list) > 0 {
		newest = max(newest, list[0])
	}
	if w.newest = append(w.newest, newest); len(w.newest) > looks {
		w.newest = w.newest[1:]
	}
	unheard := map[string]uint32{}
	var lost uint32
	if after != "" { // what was before the first look is nothing to miss
		w.hub.mu.Lock()
		for _, id := range list {
			if w.hub.heard.has(id) {
				continue
			}
			if since, known := w.unheard[id]; known {
				lost = earlier(lost, since)
				w.hub.heard.add(id)
			} else {
				unheard[id] = uint32(w.last.Unix())
			}
		}
		w.hub.mu.Unlock()
	}
	w.unheard, w.last = unheard, now
	if lost != 0 {
		w.hub.receive(Signal{Since: lost})
	}
}

// earlier of two times, of which 0 is none.
func earlier(a, b uint32) uint32 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// heard are the events of which signals told lately: ten thousand at least.
type heard struct{ now, before map[string]struct{} }

func (l *heard) add(event string) {
	if len(l.now) == 10_000 {
		l.now, l.before = make(map[string]struct{}), l.now
	}
	l.now[event] = struct{}{}
}

func (l *heard) has(event string) bool {
	_, now := l.now[event]
	_, before := l.before[event]
	return now || before
}
