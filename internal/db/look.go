package db

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// A Look is what an operator wants to know of a database.
type Look struct {
	Engine  string        // "SQLite 3.50.4", "PostgreSQL 15.18"
	Pending int           // migrations that this program has and the database has not
	Ahead   time.Duration // how far the database's clock is ahead of this machine's; of a file, how far its newest migration is
}

// Look reads what the database is like, and changes nothing. It returns
// ErrNewer for the database of a newer program.
func (d *DB) Look(ctx context.Context) (Look, error) {
	var l Look
	version, clock, engine := `SELECT sqlite_version()`, `SELECT COALESCE(MAX(applied_at), 0) FROM migrations`, "SQLite"
	if d.dialect == PostgreSQL {
		version, clock, engine = `SHOW server_version`, `SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)`, "PostgreSQL"
	}
	if err := d.QueryRow(ctx, version).Scan(&l.Engine); err != nil {
		return l, err
	}
	l.Engine = engine + " " + l.Engine
	known, err := readMigrations(migrations(), d.dialect)
	if err != nil {
		return l, err
	}
	rows, err := d.Query(ctx, `SELECT version FROM migrations`)
	if err != nil {
		return l, err
	}
	defer rows.Close()
	l.Pending = len(known)
	for rows.Next() {
		var v int64
		if err := rows.Scan(&v); err != nil {
			return l, err
		}
		if !slices.ContainsFunc(known, func(m migration) bool { return m.version == v }) {
			return l, fmt.Errorf("%w: it has migration %04d", ErrNewer, v)
		}
		l.Pending--
	}
	if err := rows.Err(); err != nil {
		return l, err
	}
	var at int64
	if err := d.QueryRow(ctx, clock).Scan(&at); err != nil {
		return l, err
	}
	if l.Ahead = time.Until(FromMicros(at)); d.dialect == SQLite {
		l.Ahead = max(l.Ahead, 0) // its clock is ours; a past one says nothing
	}
	return l, nil
}
