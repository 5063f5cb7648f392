package portal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/db"
)

// tx is one change in the making, as one actor.
type tx struct {
	*db.Tx
	me      *Scope
	now     int64  // the time of the change, in microseconds
	address string // the network address that it comes from
	agent   string // the program that asks, as it calls itself

	changed  bool                           // rows were changed
	recorded bool                           // and an event says so, or quiet why not
	event    EventID                        // the last one
	subject  string                         // of it
	given    map[ApprovalID]map[string]bool // answers that were given to it and calls that changed, whose seals go with its own
	sealing  []string                       // rows that changed, whose seals the next event holds, or these
	signals  []Signal
}

var errUnrecorded = errors.New("portal: rows changed without a recorded event")

// write makes one change. Rows that changed without an event fail it, unless
// fn called quiet. When it returns nil the change is on disk, and the streams have
// been told. fn may run more than once.
func (me *Scope) write(ctx context.Context, fn func(*tx) error) error {
	switch {
	case me.actor.id == "":
		return ErrSignedOut
	case me.actor.readOnly:
		return ErrForbidden
	}
	if me.in != nil {
		return me.in.part(ctx, fn)
	}
	return me.change(ctx, fn)
}

// Together makes the changes that fn makes through the Scope it is given in one
// transaction: all of them, or none. Fn may run more than once, and reads what
// it needs before. A request that was here before is not made again.
func (me *Scope) Together(ctx context.Context, fn func(*Scope) error) error {
	err := me.Making(ctx, fn)
	var again *Repeated
	if errors.As(err, &again) {
		return nil
	}
	return err
}

// Making is Together for what is asked about afterwards: of a request that was
// here before it says what the last of its changes was about, as Repeated.
func (me *Scope) Making(ctx context.Context, fn func(*Scope) error) error {
	return me.write(ctx, func(t *tx) error {
		all := *me
		all.in = t
		return fn(&all)
	})
}

// part is one of several changes in one transaction.
func (t *tx) part(ctx context.Context, fn func(*tx) error) error {
	one := &tx{Tx: t.Tx, me: t.me, now: t.now, address: t.address, agent: t.agent}
	if err := fn(one); err != nil {
		return err
	}
	if one.changed && !one.recorded || len(one.sealing) > 0 {
		return errUnrecorded
	}
	t.changed, t.recorded, t.subject = t.changed || one.changed, t.recorded || one.recorded, one.subject
	t.signals = append(t.signals, one.signals...)
	return nil
}

// change is write without asking whether this actor may write at all: for
// what nobody who is signed in yet does, such as accepting an invitation.
func (me *Scope) change(ctx context.Context, fn func(*tx) error) error {
	var t *tx
	err := me.p.db.Write(ctx, func(d *db.Tx) error {
		t = &tx{Tx: d, me: me, now: db.Micros(me.p.now()), address: account.AddressOf(ctx), agent: account.AgentOf(ctx)}
		r, err := t.begin(ctx)
		if err != nil {
			return err
		}
		if err := fn(t); err != nil {
			return err
		}
		if err := t.end(ctx, r); err != nil {
			return err
		}
		if t.changed && !t.recorded || len(t.sealing) > 0 {
			return errUnrecorded
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, s := range t.signals {
		me.p.signal(s)
	}
	return nil
}

// change makes one of the changes that the program makes by itself, which sees nothing.
// Several may follow from one request, which none of them is.
func (p *Portal) change(ctx context.Context, fn func(*tx) error) error {
	return (&Scope{p: p}).change(WithRequest(ctx, Request{}), fn)
}

// exec changes rows and says how many.
func (t *tx) exec(ctx context.Context, q string, args ...any) (int64, error) {
	n, err := t.Exec(ctx, q, args...)
	if n > 0 {
		t.changed = true
	}
	return n, err
}

// must is exec for a change that has to hit exactly one row; else the row was
// changed by somebody else in between.
func (t *tx) must(ctx context.Context, q string, args ...any) error {
	switch n, err := t.exec(ctx, q, args...); {
	case err != nil:
		return err
	case n == 0:
		return ErrConflict
	case n > 1:
		return fmt.Errorf("portal: %d rows changed where one was meant", n)
	}
	return nil
}

// quiet lets the change go without an event, and says why.
func (t *tx) quiet(why string) {
	_ = why
	t.recorded = true
}

// clock is the time of the change.
func (t *tx) clock() time.Time { return db.FromMicros(t.now) }

// query reads rows the actor may see, inside the change. $1 is the actor.
func (t *tx) query(ctx context.Context, q string, args ...any) (*db.Rows, error) {
	full, err := expand(q)
	if err != nil {
		return nil, err
	}
	return t.Query(ctx, full, append([]any{t.me.actor.id}, args...)...)
}

// get reads one row the actor may see, or says ErrNotFound.
func (t *tx) get(ctx context.Context, q string, args []any, dest ...any) error {
	full, err := expand(q)
	if err != nil {
		return err
	}
	return notFound(t.QueryRow(ctx, full, append([]any{t.me.actor.id}, args...)...).Scan(dest...))
}
