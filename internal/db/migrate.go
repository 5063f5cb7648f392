package db

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/packed"
)

// archive holds migrations/*.sql. Written by: go run ./tools/assets
//
//go:embed migrations.zip.gz
var archive []byte

var migrations = packed.Archive(archive)

// Migrate brings the schema up to this program. Each migration is one
// transaction, and a second process that migrates at the same time waits. A
// database that a newer program has migrated is refused with ErrNewer and
// left as it is. Identifiers go on after the newest of the events and notices: the
// clock may have been set back while the program did not run.
func (d *DB) Migrate(ctx context.Context) error {
	if err := d.migrate(ctx, migrations()); err != nil {
		return err
	}
	for _, table := range []string{"events", "notices"} {
		var newest string
		if err := d.QueryRow(ctx, `SELECT COALESCE(MAX(t.id), '') FROM `+table+` t`).Scan(&newest); err != nil {
			return fmt.Errorf("the newest of %s: %w", table, err)
		}
		idsAfter(newest)
	}
	return nil
}

// MigrationsSum is a checksum of all migrations of a dialect: two programs
// with the same sum make the same schema.
func MigrationsSum(dialect Dialect) (string, error) {
	list, err := readMigrations(migrations(), dialect)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	for _, m := range list {
		fmt.Fprintln(h, m.version, m.checksum)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

type migration struct {
	version  int64
	name     string
	checksum string
	sql      string
}

func (d *DB) migrate(ctx context.Context, files fs.FS) error {
	known, err := readMigrations(files, d.dialect)
	if err != nil {
		return err
	}
	err = d.Write(ctx, func(tx *Tx) error {
		if err := tx.lockSchema(ctx); err != nil {
			return err
		}
		return tx.script(ctx, `CREATE TABLE IF NOT EXISTS migrations (
  version     BIGINT PRIMARY KEY,
  name        TEXT   NOT NULL,
  checksum    TEXT   NOT NULL,
  applied_at  BIGINT NOT NULL
);`)
	})
	if err != nil {
		return fmt.Errorf("db: migrations table: %w", err)
	}
	// One transaction applies one migration; done says there was none left.
	for done := false; !done; {
		err := d.Write(ctx, func(tx *Tx) error {
			if err := tx.lockSchema(ctx); err != nil {
				return err
			}
			next, err := tx.nextMigration(ctx, known)
			if err != nil {
				return err
			}
			if done = next == nil; done {
				return nil
			}
			if err := tx.script(ctx, next.sql); err != nil {
				return fmt.Errorf("db: migration %04d_%s: %w", next.version, next.name, err)
			}
			_, err = tx.Exec(ctx, `INSERT INTO migrations (version, name, checksum, applied_at) VALUES ($1, $2, $3, $4)`,
				next.version, next.name, next.checksum, Micros(time.Now()))
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// nextMigration compares what was applied with what is known and returns the
// first that is missing, or nil.
func (t *Tx) nextMigration(ctx context.Context, known []migration) (*migration, error) {
	rows, err := t.Query(ctx, `SELECT version, name, checksum FROM migrations ORDER BY version`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	applied := map[int64]bool{}
	for rows.Next() {
		var m migration
		if err := rows.Scan(&m.version, &m.name, &m.checksum); err != nil {
			return nil, err
		}
		i := slices.IndexFunc(known, func(k migration) bool { return k.version == m.version })
		if i < 0 {
			return nil, fmt.Errorf("%w: it has migration %04d_%s, which this program does not know; run the newer program",
				ErrNewer, m.version, m.name)
		}
		if known[i].checksum != m.checksum {
			return nil, fmt.Errorf("db: migration %04d_%s is not the one that was applied to this database; run an unchanged release",
				m.version, m.name)
		}
		applied[m.version] = true
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for i := range known {
		if !applied[known[i].version] {
			return &known[i], nil
		}
	}
	return nil, nil
}

// lockSchema makes a second PostgreSQL node wait, and lets a migration take
// its time. SQLite's file lock admits one process.
func (t *Tx) lockSchema(ctx context.Context) error {
	if t.batch != nil {
		return nil
	}
	if _, err := t.Exec(ctx, `SET LOCAL statement_timeout = 0`); err != nil {
		return err
	}
	_, err := t.Exec(ctx, `SELECT pg_advisory_xact_lock(7630021)`)
	return err
}

// script runs the statements of a text one by one, without keeping them.
func (t *Tx) script(ctx context.Context, text string) error {
	if t.batch != nil {
		ctx = context.WithoutCancel(ctx)
	}
	t.wrote = true
	for _, q := range split(text) {
		if _, err := t.tx.ExecContext(ctx, q); err != nil {
			first, _, _ := strings.Cut(q, "\n")
			return fmt.Errorf("%s: %w", first, t.failed(err))
		}
	}
	return nil
}

var migrationName = regexp.MustCompile(`^(\d{4})_([a-z0-9_]+?)(?:\.(sqlite|postgres))?\.sql$`)

// readMigrations lists the migrations of a dialect in order. A file is for
// both, or says in its name which one it is for.
func readMigrations(files fs.FS, dialect Dialect) ([]migration, error) {
	paths, err := fs.Glob(files, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	var list []migration
	for _, path := range paths {
		parts := migrationName.FindStringSubmatch(strings.TrimPrefix(path, "migrations/"))
		if parts == nil {
			return nil, fmt.Errorf("db: %s is not named NNNN_name.sql", path)
		}
		if parts[3] != "" && parts[3] != string(dialect) {
			continue
		}
		text, err := fs.ReadFile(files, path)
		if err != nil {
			return nil, err
		}
		version, err := strconv.ParseInt(parts[1], 10, 64)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(text)
		list = append(list, migration{version, parts[2], hex.EncodeToString(sum[:]), string(text)})
	}
	sort.Slice(list, func(i, j int) bool { return list[i].version < list[j].version })
	for i := 1; i < len(list); i++ {
		if list[i].version == list[i-1].version {
			return nil, fmt.Errorf("db: two migrations have the number %04d", list[i].version)
		}
	}
	return list, nil
}

// split cuts a script into its statements. A statement ends with a semicolon
// that is outside quotes and comments and the last thing on its line.
// Comments are dropped.
func split(text string) []string {
	var list []string
	var b strings.Builder
	end := func() {
		if q := strings.TrimSpace(b.String()); q != "" {
			list = append(list, q)
		}
		b.Reset()
	}
	var quote byte // the open quote, ' or "
	for line := range strings.Lines(text) {
		ends := false
		for i := 0; i < len(line); i++ {
			c := line[i]
			switch {
			case quote != 0:
				if c == quote { // a doubled quote closes and opens again
					quote = 0
				}
			case c == '\'' || c == '"':
				quote = c
			case c == '-' && strings.HasPrefix(line[i:], "--"):
				line = strings.TrimRight(line[:i], " \t") + "\n"
				i = len(line) // the rest is the comment
			}
			if i < len(line) && c != ' ' && c != '\t' && c != '\n' && c != '\r' {
				ends = quote == 0 && c == ';'
			}
		}
		if ends {
			b.WriteString(strings.TrimRight(line, "; \t\r\n"))
			end()
			continue
		}
		b.WriteString(line)
	}
	end()
	return list
}
