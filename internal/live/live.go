// Package live tells open pages that something changed. A signal says where
// to look, never what is there: whoever gets one asks again with its own
// rights.
package live

import (
	"crypto/rand"
	"strconv"
	"strings"
	"sync"
)

// Signal says that something happened. The zero Signal says that signals
// were lost and the receiver must look at everything it shows again, its
// right to listen included.
type Signal struct {
	Event   string   `json:"e,omitempty"` // the event's id
	Client  string   `json:"c,omitempty"`
	Project string   `json:"p,omitempty"`
	Persons []string `json:"o,omitempty"` // only they are meant; empty means all
	Close   bool     `json:"x,omitempty"` // their streams must end and be opened again

	Thread   string `json:"t,omitempty"` // something was said there
	Audience string `json:"a,omitempty"` // by whom that may be known
	Typist   string `json:"y,omitempty"` // who is typing there; nothing was said yet
}

// CatchUp reports whether signals were lost before this one.
func (s Signal) CatchUp() bool {
	return s.Event == "" && s.Client == "" && s.Project == "" && len(s.Persons) == 0 && !s.Close && s.Thread == ""
}

// buffer is how many signals wait for a slow reader. It is small because
// there are thousands of readers, and catching up is cheap.
const buffer = 8

// Hub passes signals to its subscriptions, in the order of Publish. It is
// for use by many goroutines.
type Hub struct {
	id      string
	mu      sync.Mutex
	count   uint64         // of signals until now
	last    [recent]Signal // of them, the nth at n % recent
	subs    map[*Subscription]struct{}
	bridges map[*bridge]struct{}
}

// recent is how many signals are kept for whoever subscribes a little late.
const recent = 64

// Mark is a moment in the life of the hub, from which SubscribeFrom goes on.
func (h *Hub) Mark() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.id + "." + strconv.FormatUint(h.count, 36)
}

// New returns a hub within this process.
func New() *Hub {
	return &Hub{id: rand.Text()[:8], subs: map[*Subscription]struct{}{}, bridges: map[*bridge]struct{}{}}
}

// Publish gives s to every subscription, here and across the bridges. It
// does not wait for any of them.
func (h *Hub) Publish(s Signal) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.deliver(s)
	for b := range h.bridges {
		b.enqueue(s)
	}
}

// receive gives a signal of another node to the subscriptions here.
func (h *Hub) receive(s Signal) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.deliver(s)
}

func (h *Hub) deliver(s Signal) {
	h.last[h.count%recent] = s
	h.count++
	for sub := range h.subs {
		sub.offer(s)
	}
}

// Subscription receives the signals published since Subscribe.
type Subscription struct {
	hub *Hub
	c   chan Signal
}

// Subscribe starts a subscription. It must be closed.
func (h *Hub) Subscribe() *Subscription {
	s := &Subscription{hub: h, c: make(chan Signal, buffer)}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.subs[s] = struct{}{}
	return s
}

// SubscribeFrom is Subscribe that begins with what was published since a mark. Of
// another hub's, or after too many signals, it begins with one to catch up.
func (h *Hub) SubscribeFrom(mark string) *Subscription {
	s := &Subscription{hub: h, c: make(chan Signal, buffer)}
	id, n, _ := strings.Cut(mark, ".")
	from, err := strconv.ParseUint(n, 36, 64)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.subs[s] = struct{}{}
	if id != h.id || err != nil || from > h.count || h.count-from > recent {
		s.offer(Signal{})
		return s
	}
	for ; from < h.count; from++ {
		s.offer(h.last[from%recent])
	}
	return s
}

// C gives the signals, and is closed by Close. A reader that is too slow
// finds one signal to catch up in place of those it missed.
func (s *Subscription) C() <-chan Signal { return s.c }

// Close ends the subscription. It may be called twice.
func (s *Subscription) Close() {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	if _, open := s.hub.subs[s]; open {
		delete(s.hub.subs, s)
		close(s.c)
	}
}

// offer is called with the hub locked, so nothing else sends.
func (s *Subscription) offer(sig Signal) {
	select {
	case s.c <- sig:
		return
	default:
	}
	for {
		select {
		case <-s.c:
			continue
		default:
		}
		break
	}
	s.c <- Signal{}
}
