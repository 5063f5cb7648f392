package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/vitrine-portal/vitrine/internal/built"
)

var (
	scratch string          // a directory that is removed at the end
	program string          // the built binary
	browser context.Context // Chromium
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	path := chromium()
	if path == "" {
		if os.Getenv("CI") != "" {
			fmt.Fprintln(os.Stderr, "e2e: no Chromium is installed: apt-get install chromium")
			return 1
		}
		fmt.Fprintln(os.Stderr, "e2e: left out, for no Chromium is installed")
		return 0
	}
	dir, err := os.MkdirTemp("", "vitrine-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	scratch = dir
	ctx := context.Background() // each step has its own limit, and all of them that of go test
	if program, err = built.Binary(ctx, dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.UserDataDir(dir+"/chromium"),
		chromedp.Flag("no-sandbox", true), // a root of containers has none
		chromedp.Flag("disable-gpu", true),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.WSURLReadTimeout(time.Minute),
	)
	ctx, stopProcess := chromedp.NewExecAllocator(ctx, options...)
	defer stopProcess()
	ctx, stop := chromedp.NewContext(ctx)
	defer stop()
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		fmt.Fprintln(os.Stderr, "e2e: start Chromium:", err)
		return 1
	}
	browser = ctx
	code := m.Run()
	if demo.server != nil {
		if err := demo.server.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "e2e: stop the demo:", err)
			return 1
		}
		for line := range strings.Lines(demo.server.Output()) {
			if strings.Contains(line, "level=") { // it logs warnings and worse
				fmt.Fprint(os.Stderr, "e2e: the demo logged: ", line)
				code = 1
			}
		}
	}
	return code
}

// chromium is where Chromium is, or "".
func chromium() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

var setUpLink = regexp.MustCompile(`http://\S+/set-up/\S+`)

// serve starts an empty portal, without a mail server, and returns it and the
// link that sets it up. What it logs at the level of a warning or above fails
// the test.
func serve(t *testing.T, env ...string) (s *built.Server, link string) {
	t.Helper()
	s, err := built.Start(t.Context(), program, "serve", filepath.Join(t.TempDir(), "data"), env...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
		for line := range strings.Lines(s.Output()) {
			if strings.Contains(line, `"level":"WARN"`) || strings.Contains(line, `"level":"ERROR"`) {
				t.Error(line)
			}
		}
	})
	m, err := s.Say(setUpLink)
	if err != nil {
		t.Fatal(err)
	}
	return s, m[0]
}

// demo is the demonstration, with its people, that several tests share. Each
// leaves it as others can still use it.
var demo struct {
	sync.Once
	server *built.Server
	err    error
	people map[string]person // by role
}

// A person is somebody who can sign in with a password.
type person struct{ name, email, password string }

var signIns = regexp.MustCompile(`(?m)^([a-z][a-z ]*): ([^,\n]+), (\S+@\S+), (.+?)\s*$`)

// theDemo is the address of the demo.
func theDemo(t *testing.T) string {
	t.Helper()
	demo.Do(func() {
		demo.server, demo.err = built.Start(context.Background(), program, "demo", filepath.Join(scratch, "demo"))
		if demo.err != nil {
			return
		}
		demo.people, demo.err = peopleOf(demo.server)
	})
	if demo.err != nil {
		t.Fatal(demo.err)
	}
	return demo.server.URL
}

// peopleOf are those whom a demo says one may sign in as, by role.
func peopleOf(s *built.Server) (map[string]person, error) {
	if _, err := s.Say(signIns); err != nil {
		return nil, err
	}
	people := map[string]person{}
	for _, m := range signIns.FindAllStringSubmatch(s.Output(), -1) {
		people[m[1]] = person{m[2], m[3], m[4]}
	}
	return people, nil
}
