// Package live tells open pages that something changed. A signal says where
// to look, never what is there: whoever gets one asks again with its own
// rights.
package live

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"sync"
	"time"
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
	Since   uint32   `json:"-"`           // of one to catch up: from when signals were lost, in Unix seconds, if that is known

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
	seal    cipher.Block // of marks
	node    uint32       // which hub made a mark
	mu      sync.Mutex
	count   uint64         // of signals that are kept, until now
	last    [recent]Signal // of them, the nth at n % recent
	subs    map[*Subscription]struct{}
	bridges map[*bridge]struct{}
	heard   *heard // where it is watched whether signals are lost
}

// recent is how many signals are kept for whoever subscribes a little late.
const recent = 64

// Mark is a moment in the life of the hub, from which SubscribeFrom goes on. It
// is sealed: pages carry it, and how much happens in the workspace is nothing
// that two of them may tell.
func (h *Hub) Mark() string {
	h.mu.Lock()
	count := h.count
	h.mu.Unlock()
	var b [aes.BlockSize]byte
	binary.BigEndian.PutUint32(b[:4], h.node)
	binary.BigEndian.PutUint32(b[4:8], uint32(time.Now().Unix()))
	binary.BigEndian.PutUint32(b[8:12], uint32(count))
	rand.Read(b[12:])
	h.seal.Encrypt(b[:], b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// longest is how old a mark may be. One that another secret sealed says nonsense,
// which is hardly ever a time of these days.
const longest = 7 * 24 * time.Hour

// opened is what a mark says: when it was made, and, of this hub's own, after how
// many signals.
func (h *Hub) opened(mark string) (count uint32, at time.Time, own bool) {
	b, err := base64.RawURLEncoding.DecodeString(mark)
	if err != nil || len(b) != aes.BlockSize {
		return 0, time.Time{}, false
	}
	h.seal.Decrypt(b, b)
	at = time.Unix(int64(binary.BigEndian.Uint32(b[4:8])), 0)
	if age := time.Since(at); age < -time.Minute || age > longest {
		return 0, time.Time{}, false
	}
	return binary.BigEndian.Uint32(b[8:12]), at, binary.BigEndian.Uint32(b[:4]) == h.node
}

// Share has hubs with the same secret, of 32 bytes, read each other's marks: a page
// of one node may have its line to another, or to the next after a restart. It is
// called before any mark is made.
func (h *Hub) Share(secret []byte) error {
	seal, err := aes.NewCipher(secret)
	if err == nil {
		h.seal = seal
	}
	return err
}

// New returns a hub within this process.
func New() *Hub {
	var key [20]byte
	rand.Read(key[:])
	seal, err := aes.NewCipher(key[:16])
	if err != nil {
		panic(err) // the key has a length that there is
	}
	return &Hub{seal: seal, node: binary.BigEndian.Uint32(key[16:]), subs: map[*Subscription]struct{}{}, bridges: map[*bridge]struct{}{}}
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
	if s.Typist == "" { // who typed is no news later
		h.last[h.count%recent] = s
		h.count++
	}
	if h.heard != nil && s.Event != "" {
		h.heard.add(s.Event)
	}
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
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.subscribe(buffer)
}

// subscribe is called with the hub locked; so many signals wait for the reader.
func (h *Hub) subscribe(size uint64) *Subscription {
	s := &Subscription{hub: h, c: make(chan Signal, size)}
	h.subs[s] = struct{}{}
	return s
}

// SubscribeFrom is Subscribe that begins with what was published since a mark,
// typing aside, and when that was. Of another hub's, or after too many signals, it
// begins with one to catch up; the time is zero where it is not known.
func (h *Hub) SubscribeFrom(mark string) (*Subscription, time.Time) {
	count, at, own := h.opened(mark)
	h.mu.Lock()
	defer h.mu.Unlock()
	missed := uint64(uint32(h.count) - count)
	if !own || missed > recent {
		s := h.subscribe(buffer)
		s.offer(Signal{})
		return s, at
	}
	s := h.subscribe(buffer + missed)
	for from := h.count - missed; from < h.count; from++ {
		s.offer(h.last[from%recent])
	}
	return s, at
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
	since := sig.Since
	for {
		select {
		case old := <-s.c:
			since = earlier(since, old.Since)
			continue
		default:
		}
		break
	}
	s.c <- Signal{Since: since}
}
