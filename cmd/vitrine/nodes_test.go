package main

import (
	"bufio"
	"context"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/built"
	"github.com/vitrine-portal/vitrine/internal/db"
)

// T191, on two nodes: whoever is signed out through one process is so at once on a
// stream that the other holds.
func TestTwoProcesses(t *testing.T) {
	p := settle(t, db.PostgreSQL)
	program, err := built.Binary(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	shared := []string{p.env[1], "VITRINE_KEY_FILE=" + filepath.Join(p.dir(), "vitrine.key"), "VITRINE_STORAGE=disk:" + filepath.Join(t.TempDir(), "files"), "VITRINE_PREVIEWS=off"}
	signIn := func() (*built.Server, *http.Client) {
		t.Helper()
		s, err := built.Start(t.Context(), program, "serve", filepath.Join(t.TempDir(), "data"), shared...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Stop(); err != nil {
				t.Errorf("%v:\n%s", err, s.Output())
			}
		})
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		c := &http.Client{Jar: jar, Transport: new(http.Transport)}
		resp, err := c.PostForm(s.URL+"/sign-in", url.Values{"email": {ownerEmail}, "password": {ownerPass}})
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK || resp.Request.URL.Path != "/" {
			t.Fatalf("signing in leads to %s, status %d", resp.Request.URL, resp.StatusCode)
		}
		return s, c
	}
	first, here := signIn()
	second, there := signIn()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, second.URL+"/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/event-stream")
	stream, err := there.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	lines := bufio.NewScanner(stream.Body)
	for lines.Scan() && lines.Text() != ": open" {
	}
	began := time.Now()
	resp, err := here.PostForm(first.URL+"/profile/sessions/end-others", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	answered := time.Since(began)
	bye := false
	for !bye && lines.Scan() {
		bye = lines.Text() == "event: bye"
	}
	took := time.Since(began)
	t.Logf("answered after %v, and the stream of the other process ended after %v", answered.Round(time.Millisecond), took.Round(time.Millisecond))
	if !bye || took > answered+3*time.Second {
		t.Errorf("bye %t after %v: %v", bye, took, lines.Err())
	}
	if resp, err = there.Get(second.URL + "/profile"); err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("signed out, and the other process answers %d", resp.StatusCode)
	}
}
