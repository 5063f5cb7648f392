package account

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// A Pass is what a session says of who is asking, and no more: enough for what
// is asked for by the dozen.
type Pass struct {
	ID        SessionID
	Person    PersonID
	ViewingAs string // id of a client user, while a team member views as them
	Address   string
}

func (p *Pass) into() []any { return []any{&p.ID, &p.Person, &p.ViewingAs, &p.Address} }

const passQuery = `SELECT s.id, s.person_id, s.viewing_as, s.address, ` + sessionState

// Pass is Session for those who need not know more.
func (a *Accounts) Pass(ctx context.Context, token string) (Pass, error) {
	return a.passes.find(a, tokenHash(token), func(p *Pass) error { return a.seenNow(ctx, token, passQuery, p.into()) })
}

// PassByID returns who is signed in with a session that was seen at a time, for
// what was signed then (Sign) and comes back without its token. It is no request
// of the session's own, so it is not remembered. Errors are Session's.
func (a *Accounts) PassByID(ctx context.Context, id SessionID, seen time.Time) (Pass, error) {
	return a.passes.find(a, fmt.Sprint(id, seen.UnixMicro()), func(p *Pass) error {
		return a.alive(ctx, passQuery+`s.id = $1`, string(id), a.now(), seen, p.into())
	})
}

const (
	passLife = time.Second // by the clock alone a session may end so much later
	passMost = 4096
)

// passes remembers who was let through while nothing at all was written since:
// a session that is ended is over at once. A page of pictures asks for each of
// them within a moment. On PostgreSQL, where others write, it remembers nothing.
type passes struct {
	mu      sync.Mutex
	commits uint64 // when the held were read
	held    map[string]heldPass
}

type heldPass struct {
	Pass
	at time.Time
}

// find returns what is held under a key, or reads it.
func (h *passes) find(a *Accounts, key string, read func(*Pass) error) (p Pass, err error) {
	commits, known := a.d.Commits() // before anything is read
	if !known {
		err = read(&p)
		return p, err
	}
	now := a.now()
	h.mu.Lock()
	held, ok := h.held[key]
	ok = ok && h.commits == commits
	h.mu.Unlock()
	if age := now.Sub(held.at); ok && age >= 0 && age < passLife {
		return held.Pass, nil
	}
	if err := read(&p); err != nil {
		return Pass{}, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.held == nil || h.commits != commits || len(h.held) >= passMost {
		h.commits, h.held = commits, map[string]heldPass{}
	}
	h.held[key] = heldPass{p, now}
	return p, nil
}
