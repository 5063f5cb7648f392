package db

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
)

var update = flag.Bool("update", false, "write schema.sql")

func openFile(t *testing.T) *DB {
	t.Helper()
	d, err := Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "vitrine.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func files(pairs ...string) fstest.MapFS {
	m := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		m["migrations/"+pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return m
}

func TestMigrations(t *testing.T) {
	d, ctx := openFile(t), t.Context()
	one := files(
		"0001_one.sql", "CREATE TABLE one (a BIGINT);\n",
		"0002_two.sqlite.sql", "CREATE TABLE two (a BIGINT);\n",
		"0002_two.postgres.sql", "this is not for SQLite;\n")
	for range 2 {
		if err := d.migrate(ctx, one); err != nil {
			t.Fatal(err)
		}
	}

	changed := files("0001_one.sql", "CREATE TABLE one (a BIGINT, b BIGINT);\n", "0002_two.sql", "CREATE TABLE two (a BIGINT);\n")
	if err := d.migrate(ctx, changed); err == nil || !strings.Contains(err.Error(), "0001_one") {
		t.Errorf("changed: %v", err)
	}
	older := files("0001_one.sql", "CREATE TABLE one (a BIGINT);\n")
	if err := d.migrate(ctx, older); !errors.Is(err, ErrNewer) {
		t.Errorf("newer: %v", err)
	}

	// One that fails leaves nothing behind, and what went before it stays.
	broken := files(
		"0001_one.sql", "CREATE TABLE one (a BIGINT);\n",
		"0002_two.sqlite.sql", "CREATE TABLE two (a BIGINT);\n",
		"0003_three.sql", "CREATE TABLE three (a BIGINT);\n",
		"0004_four.sql", "CREATE TABLE four (a BIGINT);\nINSERT INTO nowhere VALUES (1);\n")
	if err := d.migrate(ctx, broken); err == nil || !strings.Contains(err.Error(), "0004_four") {
		t.Errorf("broken: %v", err)
	}
	if got, want := tables(t, d), "migrations one three two"; got != want {
		t.Errorf("tables: %s, want %s", got, want)
	}
}

func tables(t *testing.T, d *DB) string {
	t.Helper()
	var list string
	if err := d.QueryRow(t.Context(), `SELECT GROUP_CONCAT(name, ' ') FROM
		(SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name)`).Scan(&list); err != nil {
		t.Fatal(err)
	}
	return list
}

func TestMigrationNames(t *testing.T) {
	for _, m := range []fstest.MapFS{
		files("1_one.sql", ""),
		files("0001_one.sql", "", "0001_two.sql", ""),
		files("0001_one.sql", "", "0001_one.sqlite.sql", ""),
	} {
		if _, err := readMigrations(m, SQLite); err == nil {
			t.Errorf("taken: %v", m)
		}
	}
}

func TestSplit(t *testing.T) {
	got := split("-- a comment; with a semicolon;\n" +
		"CREATE TABLE a ( -- 'half a quote\n  b TEXT DEFAULT ';', -- c\n  d TEXT DEFAULT 'it''s;\n;\n'\n);  -- end\n\n" +
		"INSERT INTO a VALUES ('--;'); \nSELECT 1; SELECT 2;\nSELECT 3")
	want := []string{
		"CREATE TABLE a (\n  b TEXT DEFAULT ';',\n  d TEXT DEFAULT 'it''s;\n;\n'\n)",
		"INSERT INTO a VALUES ('--;')",
		"SELECT 1; SELECT 2",
		"SELECT 3",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q", got)
	}
}

// Nodes that start together migrate once.
func TestMigrateTogether(t *testing.T) {
	d := openFile(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := d.Migrate(context.WithoutCancel(t.Context())); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// TestSchema compares the migrated schema with schema.sql, so that a review
// sees the whole and not only the step. Run it with -update after a change.
func TestSchema(t *testing.T) {
	d := openFile(t)
	if err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	rows, err := d.Query(t.Context(), `SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY tbl_name, type DESC, name`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var b strings.Builder
	b.WriteString("-- What the migrations make, as SQLite shows it. Written by: go test ./internal/db -run TestSchema -update\n")
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		b.WriteString("\n" + text + ";\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("schema.sql", []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	committed, err := os.ReadFile("schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	if string(committed) != b.String() {
		t.Error("schema.sql is not what the migrations make; run: go test ./internal/db -run TestSchema -update")
	}
}

// What is packed is what stands in the files.
func TestMigrationsArePacked(t *testing.T) {
	for _, dialect := range []Dialect{SQLite, PostgreSQL} {
		loose, err := readMigrations(os.DirFS("."), dialect)
		if err != nil {
			t.Fatal(err)
		}
		if all, err := readMigrations(migrations(), dialect); err != nil || !slices.Equal(all, loose) {
			t.Errorf("migrations.zip.gz is stale (%v); run: go run ./tools/assets", err)
		}
	}
}
