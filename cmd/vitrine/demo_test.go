package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	demoSite = regexp.MustCompile(`^address: (http://localhost:\d+)$`)
	demoBox  = regexp.MustCompile(`^outbox, where its mail lands: http://localhost:\d+/outbox$`)
	demoWho  = regexp.MustCompile(`^(owner|manager|client lead|viewer): ([^,]+), (\S+), (\S+)$`)
)

// startDemo runs the demo in a directory until the test is over or stop is
// called, and returns what it printed.
func startDemo(t *testing.T, dir string) (site string, people [][]string, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	read, write := io.Pipe()
	var errs bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		code := run(ctx, []string{"demo", "-listen", "127.0.0.1:0", "-data", dir}, []string{"VITRINE_DATABASE=postgres://never/asked"}, write, &errs)
		write.Close()
		ended <- code
	}()
	lines := bufio.NewScanner(read)
	for len(people) < 4 && lines.Scan() {
		if m := demoSite.FindStringSubmatch(lines.Text()); m != nil {
			site = m[1]
		} else if m := demoWho.FindStringSubmatch(lines.Text()); m != nil {
			people = append(people, m[1:])
		} else if !demoBox.MatchString(lines.Text()) {
			t.Errorf("the demo says %q", lines.Text())
		}
	}
	stop = func() {
		t.Helper()
		cancel()
		if code := <-ended; code != 0 {
			t.Errorf("the demo ended with %d: %s", code, &errs)
		}
	}
	if site == "" || len(people) != 4 {
		cancel()
		<-ended
		t.Fatalf("the demo said %q and %v: %s", site, people, &errs)
	}
	return site, people, stop
}

// TestDemo signs in as everybody whom the demo names, and comes back to a demo
// that was kept.
func TestDemo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	for _, again := range []bool{false, true} {
		site, people, stop := startDemo(t, dir)
		for _, p := range people {
			jar, _ := cookiejar.New(nil)
			visitor := &http.Client{Jar: jar}
			resp, err := visitor.PostForm(site+"/sign-in", url.Values{"email": {p[2]}, "password": {p[3]}})
			if err != nil {
				t.Fatal(err)
			}
			page, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(p[1], " ")
			if resp.StatusCode != http.StatusOK || resp.Request.URL.Path != "/" || p[0] == "client lead" && !bytes.Contains(page, []byte(first)) {
				t.Errorf("kept %v: %s, signed in, is at %s with %s", again, p[0], resp.Request.URL, resp.Status)
			}
		}
		stop()
	}
}

func TestDemoRefuses(t *testing.T) {
	real, half := t.TempDir(), t.TempDir()
	for dir, name := range map[string]string{real: "vitrine.db", half: demoMark} {
		if err := os.Chmod(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte("something"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-data", real}, "holds no demo"},
		{[]string{"-data", half}, "interrupted"},
		{[]string{"-listen", "0.0.0.0:8080"}, "this machine alone"},
		{[]string{"-listen", ":8080"}, "this machine alone"},
		{[]string{"-listen", "8080"}, "not an address"},
		{[]string{"-databse", "x"}, "-data and -listen"},
		{[]string{"please"}, "please"},
	} {
		var out, errs bytes.Buffer
		if code := run(t.Context(), append([]string{"demo"}, c.args...), nil, &out, &errs); code != 2 || !strings.Contains(errs.String(), c.want) {
			t.Errorf("demo %v: code %d, %q", c.args, code, errs.String())
		}
	}
	if b, err := os.ReadFile(filepath.Join(real, "vitrine.db")); err != nil || string(b) != "something" {
		t.Errorf("the real database is %q, %v", b, err)
	}
}

// TestDemoAddress finds the next port when one is taken.
func TestDemoAddress(t *testing.T) {
	first, err := demoAddress("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(first, ":0") {
		t.Errorf("the address is %s", first)
	}
	if l, err := net.Listen("tcp", "127.0.0.1:8080"); err == nil { // else another program holds it
		defer l.Close()
	}
	if next, err := demoAddress(""); err != nil || !strings.HasPrefix(next, "127.0.0.1:80") || next == "127.0.0.1:8080" {
		t.Errorf("with 8080 taken, the address is %q, %v", next, err)
	}
}
