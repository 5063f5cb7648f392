package db

import "context"

// Write runs fn in a transaction and returns once its changes are on disk.
// An error or a panic of fn undoes all it did, and reaches the caller.
//
// fn may run more than once, so it must do nothing but database work. It
// must not call Write: on SQLite it would wait for itself.
//
// When ctx ends, fn's next statement fails. Once Write has returned nil the
// change is durable, whatever became of ctx.
func (d *DB) Write(ctx context.Context, fn func(*Tx) error) error {
	if d.group != nil {
		return d.group.write(ctx, fn)
	}
	return d.writePostgres(ctx, fn)
}
