package db

import (
	"context"
	"slices"
)

// Write runs fn in a transaction and returns once its changes are on disk.
// An error or a panic of fn undoes all it did, and reaches the caller.
//
// fn may run more than once, on both databases, so it must do nothing but database work. It
// must not call Write: on SQLite it would wait for itself.
//
// When ctx ends, fn's next statement fails. Once Write has returned nil the
// change is durable, whatever became of ctx.
func (d *DB) Write(ctx context.Context, fn func(*Tx) error) error {
	var last *Tx
	keep := func(t *Tx) error { last = t; return fn(t) }
	var err error
	if d.group != nil {
		err = d.group.write(ctx, keep)
	} else {
		err = d.writePostgres(ctx, keep)
	}
	if err != nil {
		return err
	}
	for _, f := range last.after {
		f()
	}
	return nil
}

// AfterCommit runs f once the transaction is on disk, before Write returns;
// never, when it is not.
func (t *Tx) AfterCommit(f func()) { t.after = append(t.after, f) }

// BeforeCommit has a statement run last in the transaction: on SQLite once, however
// many of the writes that share a commit asked for it. When it fails, so does each
// of them.
func (t *Tx) BeforeCommit(q string) {
	before := &t.before
	if t.batch != nil {
		before = &t.batch.before
	}
	if !slices.Contains(*before, q) {
		*before = append(*before, q)
	}
}

// Commits counts what was written. What is read after it was asked stays true
// until it gives another number, so a reader may remember it. Not on
// PostgreSQL, where other servers write as well: there it counts what this process
// has written, and known is false.
func (d *DB) Commits() (n uint64, known bool) {
	if d.group == nil {
		return d.own.Load(), false
	}
	return d.group.commits.Load(), true
}
