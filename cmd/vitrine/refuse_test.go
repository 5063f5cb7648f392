package main

import (
	"bytes"
	"context"
	"database/sql"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// private is an empty directory that nobody else may read.
func private(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestRefusals starts the program as people get it wrong: each gets one plain
// sentence and exit code 2, and no secret is repeated.
func TestRefusals(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()

	used := private(t)
	held, err := db.Open(t.Context(), "sqlite:"+filepath.Join(used, "vitrine.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()

	newer := private(t)
	if code := run(t.Context(), []string{"migrate", "-data", newer}, nil, &bytes.Buffer{}, &bytes.Buffer{}); code != 0 {
		t.Fatalf("migrate ends with %d", code)
	}
	raw, err := sql.Open("sqlite", filepath.Join(newer, "vitrine.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := raw.Exec(`INSERT INTO migrations (version, name, checksum, applied_at) VALUES (9999, 'later', 'x', 0)`); err != nil {
		t.Fatal(err)
	}
	raw.Close()

	open := private(t)
	if err := os.Chmod(open, 0o755); err != nil {
		t.Fatal(err)
	}
	demo := private(t)
	if err := os.WriteFile(filepath.Join(demo, demoMark), nil, 0o600); err != nil {
		t.Fatal(err)
	}

	notMade := private(t)
	for name, c := range map[string]struct {
		args []string
		env  []string
		says string
	}{
		"no command":           {nil, nil, "usage"},
		"unknown command":      {[]string{"fly"}, nil, `no command "fly"`},
		"unknown flag":         {[]string{"serve", "-colour", "red"}, nil, "colour"},
		"unknown setting":      {[]string{"serve", "-data", private(t)}, []string{"VITRINE_COLOUR=red"}, "VITRINE_COLOUR"},
		"bad address":          {[]string{"serve", "-data", private(t), "-base-url", "ftp://x"}, nil, "base"},
		"port taken":           {[]string{"serve", "-data", private(t), "-listen", taken.Addr().String()}, nil, "already taken"},
		"data directory used":  {[]string{"serve", "-data", used, "-listen", "127.0.0.1:0"}, nil, "another"},
		"database newer":       {[]string{"serve", "-data", newer, "-listen", "127.0.0.1:0"}, nil, "newer"},
		"directory for all":    {[]string{"serve", "-data", open, "-listen", "127.0.0.1:0"}, nil, "data"},
		"a demo's port taken":  {[]string{"demo", "-data", notMade, "-listen", taken.Addr().String()}, nil, "already taken"},
		"a demo's directory":   {[]string{"serve", "-data", demo, "-listen", "127.0.0.1:0"}, nil, "demo"},
		"database unreachable": {[]string{"serve", "-data", private(t)}, []string{"VITRINE_DATABASE=postgres://u:hunter2@127.0.0.1:1/x"}, "database"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var out, errs bytes.Buffer
			if code := run(ctx, c.args, c.env, &out, &errs); code != 2 {
				t.Errorf("ends with %d, want 2", code)
			}
			text := errs.String()
			if !strings.Contains(strings.ToLower(text), strings.ToLower(c.says)) {
				t.Errorf("says %q, without %q", text, c.says)
			}
			if strings.Contains(text, "db:") {
				t.Errorf("says whose error it is: %q", text)
			}
			if strings.Contains(text, "hunter2") {
				t.Errorf("repeats a secret: %q", text)
			}
			if name != "no command" && name != "unknown command" && strings.Count(strings.TrimSpace(text), "\n") > 0 {
				t.Errorf("says more than one line: %q", text)
			}
		})
	}
	if left, err := os.ReadDir(notMade); err != nil || len(left) > 0 {
		t.Errorf("a demo that cannot be looked at was made: %v, %v", left, err)
	}
}
