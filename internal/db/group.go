package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// So many writes share a commit at most, and none begins in it later than so long
// after the first: whoever was early does not wait for all who come.
const (
	maxBatch  = 64
	batchTime = 20 * time.Millisecond
)

// What was asked for with Tx.Soon runs with the commit in which it has been asked for
// so often, or so long after the first time.
const (
	maxOwed  = 64
	soonTime = 100 * time.Millisecond
)

// group is SQLite's writer: one goroutine that commits the writes waiting at
// the same time together. Who comes when nothing is written, and nobody came with the
// one before, commits by itself, on its own goroutine: to wake another one and be
// woken takes a tenth of a short write.
type group struct {
	pool     *sql.DB // of one connection
	waiting  chan *member
	turn     chan struct{} // holds one while a batch runs, who puts it there
	quit     chan struct{}
	done     chan struct{}
	once     sync.Once
	commits  atomic.Uint64
	patience time.Duration  // batchTime, but in tests
	crowded  atomic.Bool    // the last batch had several members
	owed     owed           // used in turn only
	soon     *time.Timer    // when what is owed is done, unless it was before
	logged   chan struct{}  // asks for the log to be written into the database
	keeps    sync.WaitGroup // who does so
}

// owed is what was asked for with Tx.Soon.
type owed struct {
	texts []string // each once
	times int      // how often
}

func (o *owed) add(times int, texts ...string) {
	for _, q := range texts {
		if !slices.Contains(o.texts, q) {
			o.texts = append(o.texts, q)
		}
	}
	o.times += times
}

// member is one waiting DB.Write.
type member struct {
	ctx    context.Context
	fn     func(*Tx) error
	err    error
	panic  any  // what fn panicked with
	exited bool // fn ended its goroutine
	done   chan struct{}
}

func newGroup(pool, readers *sql.DB) *group {
	g := &group{
		pool:     pool,
		waiting:  make(chan *member), // unbuffered: a member is either taken or still with its caller
		turn:     make(chan struct{}, 1),
		quit:     make(chan struct{}),
		done:     make(chan struct{}),
		patience: batchTime,
		soon:     time.NewTimer(soonTime),
		logged:   make(chan struct{}, 1),
	}
	g.keeps.Go(func() { keepLog(readers, g.logged) })
	go g.loop()
	return g
}

func (g *group) close() {
	g.once.Do(func() { close(g.quit) })
	<-g.done
	g.keeps.Wait()
}

// write runs fn as a member of the next batch.
func (g *group) write(ctx context.Context, fn func(*Tx) error) error {
	m := &member{ctx: ctx, fn: fn, done: make(chan struct{})}
	if !g.crowded.Load() {
		select {
		case g.turn <- struct{}{}:
			g.lead(m, true)
			return m.outcome()
		default:
		}
	}
	select {
	case g.waiting <- m:
	case <-ctx.Done():
		return ctx.Err()
	case <-g.quit:
		return ErrClosed
	}
	// From here the outcome decides, even when ctx ends: it may be committed.
	<-m.done
	return m.outcome()
}

// outcome is what fn came to.
func (m *member) outcome() error {
	if m.panic != nil {
		panic(m.panic)
	}
	if m.exited {
		runtime.Goexit()
	}
	return m.err
}

func (g *group) loop() {
	over := false
	defer func() {
		if !over { // a function ended this goroutine (testing's FailNow does)
			go g.loop()
		}
	}()
	for {
		select {
		case <-g.quit:
			g.turn <- struct{}{} // for good
			over = true
			close(g.logged)
			close(g.done)
			return
		case m := <-g.waiting:
			g.turn <- struct{}{}
			g.lead(m, false)
		case <-g.soon.C:
			g.turn <- struct{}{}
			if g.owed.times > 0 {
				g.lead(&member{ctx: context.Background(), fn: settleNow, done: make(chan struct{})}, false)
			} else {
				<-g.turn
			}
		}
	}
}

// lead runs a batch that begins with m, and gives the turn back. Alone, it is m's own
// goroutine, on which no other function may run: it could end it.
func (g *group) lead(m *member, alone bool) {
	b := &batch{group: g, alone: alone}
	defer func() {
		if !b.answered {
			b.fail(errTxOver)
		}
		g.crowded.Store(len(b.members) > 1)
		<-g.turn
	}()
	b.run(m)
}

// settleNow has all done that is owed, with the commit that it is in.
func settleNow(t *Tx) error {
	t.batch.owed.add(maxOwed)
	return nil
}

// batch is one shared transaction.
type batch struct {
	group    *group
	conn     *sql.Conn // the pool's, while tx runs
	tx       *sql.Tx
	members  []*member // all that were run, failed ones too
	work     int       // how many of them have something to commit
	alone    bool      // of one member
	apart    bool      // each member has a savepoint
	owed     owed      // what its members asked for soon,
	last     lasts     // and before the commit
	answered bool
}

// run runs first and the members that are waiting by then, commits, and
// answers them all.
func (b *batch) run(first *member) {
	began, err := time.Now(), b.begin()
	b.members = append(b.members, first)
	if err == nil {
		err = b.member(first)
	}
	for err == nil && !b.alone && len(b.members) < maxBatch && time.Since(began) < b.group.patience {
		next := b.group.next()
		if next == nil {
			runtime.Gosched() // whoever was just answered may be about to write again
			next = b.group.next()
		}
		if next == nil {
			break
		}
		b.members = append(b.members, next)
		err = b.member(next)
	}
	if err == errUndone {
		err = b.again()
	}
	if err == nil {
		err = b.settle()
	}
	if err != nil {
		b.fail(err)
		return
	}
	if b.work == 0 {
		b.rollback()
	} else if err := b.commit(); err != nil { // the driver rolls back a failed commit
		b.fail(fmt.Errorf("db: commit: %w", normalise(err)))
		return
	}
	b.answer()
}

// settle does what its members asked for last, and what is owed once it has been asked
// for often enough. What cannot be done is owed no more, until the next one asks for it.
func (b *batch) settle() error {
	g := b.group
	if b.work == 0 { // nothing is committed
		return nil
	}
	t := &Tx{tx: b.tx, batch: b}
	err := b.last.run(t)
	t.over = errTxOver
	if err != nil {
		return err
	}
	if g.owed.times == 0 && b.owed.times > 0 {
		g.soon.Reset(soonTime)
	}
	g.owed.add(b.owed.times, b.owed.texts...)
	if g.owed.times < maxOwed {
		return nil
	}
	all := g.owed.texts
	g.owed = owed{}
	for _, q := range all {
		if err := b.exec(q); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) begin() error {
	conn, err := b.group.pool.Conn(context.Background())
	if err != nil {
		return normalise(err)
	}
	tx, err := conn.BeginTx(context.Background(), nil)
	if err != nil {
		conn.Close()
		return normalise(err)
	}
	b.conn, b.tx = conn, tx
	return nil
}

// errUndone says that a member failed that had changed something.
var errUndone = errors.New("db: a member has to be undone")

// again undoes all that the members did, and runs each anew in a savepoint of its
// own, which a failing one is taken back to. Few writes fail once they have changed
// something, so the others do without: savepoints cost a twentieth of a short write.
func (b *batch) again() error {
	b.rollback()
	b.work, b.owed, b.last, b.apart = 0, owed{}, lasts{}, true
	if len(b.members) == 1 { // its error is its answer
		return nil
	}
	for _, m := range b.members {
		m.err, m.panic = nil, nil
	}
	if err := b.begin(); err != nil {
		return err
	}
	for _, m := range b.members {
		if err := b.member(m); err != nil {
			return err
		}
	}
	return nil
}

// next is somebody who is waiting, or nil.
func (g *group) next() *member {
	select {
	case m := <-g.waiting:
		return m
	default:
		return nil
	}
}

// commit counts before anybody is told of it.
func (b *batch) commit() error {
	defer b.group.committed()
	defer b.conn.Close()
	return b.tx.Commit()
}

// member runs m. An error means that the whole transaction is lost: errUndone, that
// it can be made again without what m did.
func (b *batch) member(m *member) error {
	if m.err = m.ctx.Err(); m.err != nil {
		return nil
	}
	if b.apart {
		if err := b.exec("SAVEPOINT member"); err != nil {
			return err
		}
	}
	t := &Tx{tx: b.tx, batch: b}
	b.call(m, t)
	if m.err == nil && m.panic == nil {
		m.err = t.over // a statement failed and fn went on
	}
	if t.lost {
		return t.over
	}
	t.over = errTxOver
	failed := m.err != nil || m.panic != nil
	switch {
	case failed && t.wrote && !b.apart:
		return errUndone
	case failed && b.apart:
		if err := b.exec("ROLLBACK TO member"); err != nil {
			return err
		}
	case !failed:
		b.work++
	}
	if b.apart {
		return b.exec("RELEASE member")
	}
	return nil
}

// call runs the member's function; a panic is kept for its caller.
func (b *batch) call(m *member, t *Tx) {
	m.exited = true
	defer func() {
		if m.exited {
			if p := recover(); p != nil {
				m.exited, m.panic = false, p
			}
		}
	}()
	m.err = m.fn(t)
	m.exited = false
}

// fail rolls back and gives err to every member that has none of its own.
func (b *batch) fail(err error) {
	b.rollback()
	for _, m := range b.members {
		if m.err == nil {
			m.err = err
		}
	}
	b.answer()
}

func (b *batch) rollback() {
	if b.tx != nil {
		b.tx.Rollback()
		b.conn.Close()
	}
	b.conn, b.tx = nil, nil
}

func (b *batch) answer() {
	b.answered = true
	for _, m := range b.members {
		close(m.done)
	}
}

// exec runs one of the batch's own statements.
func (b *batch) exec(q string) error {
	if _, err := b.change(q, nil); err != nil {
		return fmt.Errorf("db: %s: %w", q, normalise(err))
	}
	return nil
}

// maxWriter bounds the kept statements of the writer. The program has some
// hundreds of texts; a text built at run time must not grow memory for ever.
const maxWriter = 500
