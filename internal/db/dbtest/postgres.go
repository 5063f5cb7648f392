package dbtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// postgresURL makes a database from the template and drops it when the test
// ends.
func postgresURL(t testing.TB) string {
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
	name := strings.ToLower(db.NewID("vitrine_test"))
	if err := admin(server, fmt.Sprintf(`CREATE DATABASE %s TEMPLATE %s`, name, from)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := admin(server, fmt.Sprintf(`DROP DATABASE %s WITH (FORCE)`, name)); err != nil {
			t.Error(err)
		}
	})
	address, err := withDatabase(server, name)
	if err != nil {
		t.Fatal(err)
	}
	return address
}

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
	_, here, _, _ := runtime.Caller(0)
	script := filepath.Join(filepath.Dir(here), "..", "..", "..", "tools", "pg")
	// Not under TMPDIR: the path of a Unix socket is short, and the server's
	// user must be able to enter.
	dir, err := os.MkdirTemp("/tmp", "vitrine-pg-")
	if err != nil {
		return "", err
	}
	var failure strings.Builder
	cmd := exec.Command(script, "start", dir, strconv.Itoa(os.Getpid()))
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

func admin(server, statement string) error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, statement)
	return err
}

func withDatabase(server, name string) (string, error) {
	u, err := url.Parse(server)
	if err != nil {
		return "", err
	}
	u.Path = "/" + name
	return u.String(), nil
}
