package db

import "context"

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

// Soon has statements run that what was written needs, but not at once: on SQLite in
// the commit in which they have been asked for 64 times, or a tenth of a second after
// the first, once for all who asked; on PostgreSQL last in the transaction. They must do
// all that is left to do, whoever left it, as a crash may come before them. When one
// fails, so does each write of its commit, and it is not tried again until it is next
// asked for.
func (t *Tx) Soon(texts ...string) {
	asked := &t.soon
	if t.batch != nil {
		asked = &t.batch.owed
	}
	asked.add(1, texts...)
}

// Last has do run last in the transaction, once for all who asked for it under the
// same name: on SQLite, once for all writes that share a commit. When it fails, so does
// each of them. What it makes is not there before, for them either.
func (t *Tx) Last(name string, do func(*Tx) error) {
	if t.batch != nil {
		t.batch.last.add(name, do)
	} else {
		t.last.add(name, do)
	}
}

// lasts is what Last was given, in the order in which the names came.
type lasts struct {
	names []string
	do    map[string]func(*Tx) error
}

func (l *lasts) add(name string, do func(*Tx) error) {
	if _, ok := l.do[name]; ok {
		return
	}
	if l.do == nil {
		l.do = map[string]func(*Tx) error{}
	}
	l.names, l.do[name] = append(l.names, name), do
}

func (l *lasts) run(t *Tx) error {
	for _, name := range l.names {
		if err := l.do[name](t); err != nil {
			return err
		}
	}
	return nil
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
