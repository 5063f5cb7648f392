package db

import (
	"container/list"
	"context"
	"database/sql"
	"fmt"
	"sync"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// maxPrepared is how many statements stay prepared: what the pages of a busy
// hour read. Each takes some 80 slots of a connection's lookaside, for as long
// as it is kept.
const maxPrepared = 120

// Slots of SQLite's lookaside, a connection's own memory for small things, in
// bytes and as many as maxPrepared statements and one that runs need. SQLite's
// hundred are used up by two statements; then everything small goes through one
// allocator with one lock for all connections, and a read costs half as much
// again.
const (
	slotSize  = 1200
	slotCount = 3000
)

// lookaside sets what connections get that are opened later. SQLite takes it
// only before the first is opened.
var lookaside = sync.OnceValue(func() error {
	tls := libc.NewTLS()
	defer tls.Close()
	args := libc.Xmalloc(tls, 16)
	defer libc.Xfree(tls, args)
	if code := sqlite3.Xsqlite3_config(tls, sqlite3.SQLITE_CONFIG_LOOKASIDE, libc.VaList(args, int32(slotSize), int32(slotCount))); code != sqlite3.SQLITE_OK {
		return fmt.Errorf("lookaside of SQLite: code %d", code)
	}
	return nil
})

// statements are the prepared statements of a pool, the latest used first.
type statements struct {
	pool *sql.DB

	mu     sync.Mutex
	byText map[string]*statement
	order  list.List // of *statement
}

type statement struct {
	*sql.Stmt
	text  string
	users int           // who took it and has not released it
	place *list.Element // nil once it is kept no more
}

// take returns q prepared, until release.
func (s *statements) take(ctx context.Context, q string) (*statement, error) {
	s.mu.Lock()
	if found, ok := s.byText[q]; ok {
		found.users++
		s.order.MoveToFront(found.place)
		s.mu.Unlock()
		return found, nil
	}
	s.mu.Unlock()

	made, err := s.pool.PrepareContext(ctx, q)
	if err != nil {
		return nil, err
	}
	one, spare := s.keep(q, made)
	if spare != nil {
		spare.Close() // not under the lock: it waits for connections
	}
	return one, nil
}

// keep keeps what was prepared for q, taken once, and says what is to be closed.
func (s *statements) keep(q string, made *sql.Stmt) (one *statement, spare *sql.Stmt) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found, ok := s.byText[q]; ok { // another was quicker
		found.users++
		return found, made
	}
	one = &statement{Stmt: made, text: q, users: 1}
	one.place = s.order.PushFront(one)
	s.byText[q] = one
	if s.order.Len() <= maxPrepared {
		return one, nil
	}
	old := s.order.Remove(s.order.Back()).(*statement)
	old.place = nil
	delete(s.byText, old.text)
	if old.users > 0 {
		return one, nil // release closes it
	}
	return one, old.Stmt
}

// release gives a taken statement back; rows that it gave may still be open.
func (s *statements) release(one *statement) {
	s.mu.Lock()
	one.users--
	ended := one.users == 0 && one.place == nil
	s.mu.Unlock()
	if ended {
		one.Close()
	}
}
