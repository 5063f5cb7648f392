package dbtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/vitrine-portal/vitrine/internal/built"
	"github.com/vitrine-portal/vitrine/internal/db"
)

// A postgresLoan is a database that is lent to one test after the other in this
// process, open: PostgreSQL plans each statement of a connection once, and that
// takes longer than most tests.
type postgresLoan struct {
	slot
	d    *db.DB
	ours *pgx.Conn // to the database, for what is between tests

	holds *Filling // whose content is kept beside the tables
	value any      // what it was made of
}

var postgresLoans shelf[*postgresLoan]

// lendPostgres opens a database of PostgreSQL, empty or filled.
func lendPostgres(t testing.TB, f *Filling) (*db.DB, any) {
	t.Helper()
	l, ctx := postgresLoans.take(), context.Background()
	if l == nil {
		l = &postgresLoan{slot: newSlot(t)}
		var err error
		if l.d, err = db.Open(ctx, l.address); err != nil {
			l.lock.Close(ctx)
			t.Fatal(err)
		}
		if l.ours, err = pgx.Connect(ctx, l.address); err != nil {
			l.d.Close()
			l.lock.Close(ctx)
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if l.d.SQL().PingContext(ctx) == nil && l.ours.Ping(ctx) == nil && postgresLoans.put(l) {
			return
		}
		l.d.Close()
		l.ours.Close(ctx)
		l.lock.Close(ctx)
	})
	if f != nil && l.holds == f {
		if _, err := l.ours.Exec(ctx, `SELECT kept.restore()`); err != nil {
			t.Fatal(err)
		}
		return l.d, l.value
	}
	l.holds = nil
	if err := empty(ctx, l.ours); err != nil {
		t.Fatal(err)
	}
	if f == nil {
		return l.d, nil
	}
	var err error
	if l.value, err = f.Fill(l.d); err != nil {
		t.Fatal(err)
	}
	if _, err := l.ours.Exec(ctx, keep); err != nil {
		t.Fatal(err)
	}
	l.holds = f
	return l.d, l.value
}

// postgresURL lends the test a database that nobody has open.
func postgresURL(t testing.TB) string {
	t.Helper()
	s := newSlot(t)
	t.Cleanup(func() { s.lock.Close(context.Background()) })
	conn, err := pgx.Connect(t.Context(), s.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if err := empty(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	return s.address
}

// A slot is a numbered database on the server: making one takes 0.2 s, so they
// stay. Whose lock it is has it, and who takes one that exists empties it.
type slot struct {
	address string
	lock    *pgx.Conn // gives the lock back when it is closed
}

func newSlot(t testing.TB) slot {
	t.Helper()
	server, from, err := postgres()
	if errors.Is(err, errMissing) {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatal(err)
	}
	name, err := takeSlot(ctx, conn, from)
	if err != nil {
		conn.Close(ctx)
		t.Fatal(err)
	}
	address, err := withDatabase(server, name)
	if err != nil {
		conn.Close(ctx)
		t.Fatal(err)
	}
	return slot{address, conn}
}

// takeSlot locks the first free slot and returns its database's name.
func takeSlot(ctx context.Context, conn *pgx.Conn, from string) (string, error) {
	for slot := 1; ; slot++ {
		name := fmt.Sprintf("%s_%d", from, slot)
		var free bool
		if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock(hashtextextended($1, 0))`, name).Scan(&free); err != nil {
			return "", err
		}
		if !free {
			continue
		}
		var there bool
		if err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)`, name).Scan(&there); err != nil {
			return "", err
		}
		if there { // a killed process may have left a connection
			_, err := conn.Exec(ctx, `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1`, name)
			return name, err
		}
		_, err := conn.Exec(ctx, `CREATE DATABASE `+name+` TEMPLATE `+from)
		return name, err
	}
}

// empty deletes every row, except those that say what was migrated, and what an
// earlier process kept.
func empty(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, `DO $$
	DECLARE name text;
	BEGIN
		SET LOCAL client_min_messages = warning;
		DROP SCHEMA IF EXISTS kept CASCADE;
		SET LOCAL session_replication_role = replica; -- no foreign keys
		FOR name IN SELECT tablename FROM pg_tables
			WHERE schemaname = 'public' AND tablename NOT IN ('migrations', 'river_migration')
		LOOP
			EXECUTE format('DELETE FROM %I', name);
		END LOOP;
	END $$`)
	return err
}

// keep copies all rows into a schema of their own, and makes a function that
// brings them back. Its statements are planned once for each connection.
const keep = `DO $$
DECLARE name text; columns text; there bool; body text := '';
BEGIN
	CREATE SCHEMA kept;
	FOR name IN SELECT tablename FROM pg_tables
		WHERE schemaname = 'public' AND tablename NOT IN ('migrations', 'river_migration') ORDER BY 1
	LOOP
		body := body || format('DELETE FROM public.%I;', name);
		EXECUTE format('SELECT EXISTS (SELECT 1 FROM public.%I)', name) INTO there;
		CONTINUE WHEN NOT there;
		SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO columns FROM pg_attribute
			WHERE attrelid = format('public.%I', name)::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
		EXECUTE format('CREATE TABLE kept.%I AS SELECT %s FROM public.%I', name, columns, name);
		body := body || format('INSERT INTO public.%I (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM kept.%I;', name, columns, columns, name);
	END LOOP;
	EXECUTE 'CREATE FUNCTION kept.restore() RETURNS void LANGUAGE plpgsql SET session_replication_role = replica AS '
		|| quote_literal('BEGIN ' || body || ' END');
END $$`

var errMissing = errors.New("dbtest: PostgreSQL is not installed and VITRINE_TEST_POSTGRES is not set")

// postgres returns the server's address and the name of a migrated template.
func postgres() (server, template string, err error) {
	pg.Do(func() {
		if pg.server = os.Getenv("VITRINE_TEST_POSTGRES"); pg.server == "" {
			pg.server, pg.err = startCluster()
		}
		if pg.err == nil {
			pg.template, pg.err = makeTemplate(pg.server)
		}
	})
	return pg.server, pg.template, pg.err
}

var pg struct {
	sync.Once
	server, template string
	err              error
}

// startCluster starts a cluster that ends with this process: go test gives
// no other moment after the last test of a package.
func startCluster() (string, error) {
	root, err := built.Root(context.Background())
	if err != nil {
		return "", err
	}
	// Not under TMPDIR: the path of a Unix socket is short, and the server's
	// user must be able to enter.
	dir, err := os.MkdirTemp("/tmp", "vitrine-pg-")
	if err != nil {
		return "", err
	}
	var failure strings.Builder
	cmd := exec.Command(filepath.Join(root, "tools", "pg"), "start", dir, strconv.Itoa(os.Getpid()))
	cmd.Stderr = &failure
	out, err := cmd.Output()
	if err != nil {
		os.RemoveAll(dir)
		if cmd.ProcessState != nil && cmd.ProcessState.ExitCode() == 3 {
			return "", errMissing
		}
		return "", fmt.Errorf("dbtest: tools/pg: %w: %s", err, failure.String())
	}
	return strings.TrimSpace(string(out)), nil
}

// makeTemplate makes the migrated template, unless another test process on
// this server has. Its name is made of the migrations, so that a change of
// them makes a new one.
func makeTemplate(server string) (string, error) {
	ctx := context.Background()
	sum, err := db.MigrationsSum(db.PostgreSQL)
	if err != nil {
		return "", err
	}
	name := "vitrine_template_" + sum[:16]
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock(7630022)`); err != nil {
		return "", err
	}
	var ready bool
	err = conn.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)`, name).Scan(&ready)
	if err != nil || ready {
		return name, err
	}
	// It gets its name once it is complete.
	draft := name + "_draft"
	if _, err := conn.Exec(ctx, `DROP DATABASE IF EXISTS `+draft+` WITH (FORCE)`); err != nil {
		return "", err
	}
	if _, err := conn.Exec(ctx, `CREATE DATABASE `+draft); err != nil {
		return "", err
	}
	address, err := withDatabase(server, draft)
	if err != nil {
		return "", err
	}
	if err := migrate(address); err != nil {
		return "", err
	}
	_, err = conn.Exec(ctx, `ALTER DATABASE `+draft+` RENAME TO `+name)
	return name, err
}

func withDatabase(server, name string) (string, error) {
	u, err := url.Parse(server)
	if err != nil {
		return "", err
	}
	u.Path = "/" + name
	return u.String(), nil
}
