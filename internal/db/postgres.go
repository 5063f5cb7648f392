package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/stdlib"
)

// Reads and writes have their own connections, so that a write that reads
// through the DB cannot wait for itself.
const (
	pgReaders = 12
	pgWriters = 16
	pgJobs    = 7 // one of them says that the process lives
)

// letFinish is how long what nobody waits for any more goes on.
const letFinish = 200 * time.Millisecond

func openPostgres(ctx context.Context, url string) (*DB, error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		// The parser's error quotes the address, password included.
		return nil, errors.New("db: the PostgreSQL address is not valid")
	}
	if cfg.RuntimeParams["application_name"] == "" {
		cfg.RuntimeParams["application_name"] = "vitrine"
	}
	// What pages ask is found in milliseconds. Compiling it first, which the
	// planner orders by its guess of many rows, takes a hundred and more.
	cfg.RuntimeParams["jit"] = "off"
	// Who leaves before the answer does not take the connection along, which has
	// planned all statements: what is asked is let finish, or called off on the
	// server when it takes longer.
	cfg.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: c, CancelRequestDelay: letFinish, DeadlineDelay: 5 * time.Second}
	}
	web := cfg.Copy()
	web.RuntimeParams["statement_timeout"] = "5000"
	// Queries through what an actor sees join a dozen tables. Looking through all
	// orders of eight of them took ten times as long as of six, and found none better.
	web.RuntimeParams["join_collapse_limit"] = "6"
	web.RuntimeParams["from_collapse_limit"] = "6"
	// A statement is planned once, for whoever asks. For each one anew takes ten
	// times as long as what it finds, and what it finds better is only ever a guess.
	web.RuntimeParams["plan_cache_mode"] = "force_generic_plan"

	readOnly := web.Copy()
	readOnly.RuntimeParams["default_transaction_read_only"] = "on"

	d := &DB{dialect: PostgreSQL}
	d.read = pgPool(readOnly, pgReaders)
	d.write = pgPool(web, pgWriters)
	d.jobs = pgPool(cfg, pgJobs)
	if err := d.write.PingContext(ctx); err != nil {
		d.Close()
		return nil, fmt.Errorf("db: PostgreSQL at %s does not answer: %w", cfg.Host, normalise(err))
	}
	return d, nil
}

func pgPool(cfg *pgx.ConnConfig, size int) *sql.DB {
	pool := stdlib.OpenDB(*cfg, stdlib.OptionAfterConnect(durable))
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	return pool
}

// durable refuses a server's setting that answers before a commit is on disk.
func durable(ctx context.Context, c *pgx.Conn) error {
	_, err := c.Exec(ctx, `SELECT set_config('synchronous_commit', 'on', false)
		WHERE current_setting('synchronous_commit') = 'off'`)
	return err
}

// maxTries is how often a write is run again when PostgreSQL gave it up in
// favour of another.
const maxTries = 8

func (d *DB) writePostgres(ctx context.Context, fn func(*Tx) error) error {
	for try := 1; ; try++ {
		err := d.tryPostgres(ctx, fn)
		if err == nil || try == maxTries || !retryable(err) {
			return err
		}
		if ctx.Err() != nil { // what failed was called off
			return ctx.Err()
		}
		pause := time.Duration(1+rand.IntN(4<<try)) * time.Millisecond
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (d *DB) tryPostgres(ctx context.Context, fn func(*Tx) error) error {
	conn, err := d.write.Conn(ctx)
	if err != nil {
		return normalise(err)
	}
	defer conn.Close()
	// Its statements can be called off, its commit cannot: one that waits for a
	// standby would be taken for done.
	tx, err := conn.BeginTx(context.WithoutCancel(ctx), &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return normalise(err)
	}
	t := &Tx{tx: tx}
	defer func() {
		t.over = errTxOver
		tx.Rollback() // after an error or a panic; does nothing after the commit
	}()
	if err := fn(t); err != nil {
		return err
	}
	if t.over != nil { // a statement failed and fn went on
		return t.over
	}
	if err := t.last.run(t); err != nil {
		return err
	}
	for _, q := range t.soon.texts {
		if _, err := t.Exec(ctx, q); err != nil {
			return err
		}
	}
	// A commit that waits for a standby is done where it is, and would be said to be
	// done everywhere once its time is up; what it waits for has no other limit.
	if _, err := tx.Exec(`SET LOCAL statement_timeout = 0`); err != nil {
		return normalise(err)
	}
	defer d.own.Add(1) // whatever became of it
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("db: commit: %w", normalise(err))
	}
	return nil
}

func retryable(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}
