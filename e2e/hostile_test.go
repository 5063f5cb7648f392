package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/built"
)

// attacks run a script where they are taken for more than text.
var attacks = []string{
	`<script>window.PWN=1</script>`,
	`"><img src=x onerror=window.PWN=1>`,
	`'><svg/onload=window.PWN=1>`,
	`</title></textarea></style></script><script>window.PWN=1</script>`,
	`" autofocus onfocus=window.PWN=1 x="`,
	`<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=window.PWN=1&gt;">`,
	`<iframe srcdoc="<script>parent.PWN=1</script>"></iframe>`,
	`[x](javascript:window.PWN=1) ![x](https://evil.test/pixel.png) <details open ontoggle=window.PWN=1>`,
	`{{constructor.constructor('window.PWN=1')()}} ${window.PWN=1}`,
}

var apiToken = regexp.MustCompile(`vt_api_[\w-]+`)

// What somebody with a token types into every field runs nowhere, on no page
// that the team or the client reaches, whatever is in the address. A violation of
// the policy, and a request to another site, would be told by the tab.
func TestHostileTexts(t *testing.T) {
	s, err := built.Start(t.Context(), program, "demo", filepath.Join(t.TempDir(), "data"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	if _, err := s.Say(signIns); err != nil {
		t.Fatal(err)
	}
	people := map[string]person{}
	for _, m := range signIns.FindAllStringSubmatch(s.Output(), -1) {
		people[m[1]] = person{m[2], m[3], m[4]}
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	send := func(method, path, kind, token string, body io.Reader) string {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", kind)
		r.Header.Set("Origin", s.URL)
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		resp, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode >= 400 {
			t.Fatalf("%s %s answers %d: %.300s", method, path, resp.StatusCode, text)
		}
		return string(text)
	}
	post := func(path string, values url.Values) string {
		t.Helper()
		return send("POST", path, "application/x-www-form-urlencoded", "", strings.NewReader(values.Encode()))
	}
	owner := people["owner"]
	post("/sign-in", url.Values{"email": {owner.email}, "password": {owner.password}})
	token := apiToken.FindString(post("/profile/tokens", url.Values{"name": {attacks[1]}, "scope": {"write"}}))
	if token == "" {
		t.Fatal("no API token is shown")
	}
	post("/clients", url.Values{"name": {attacks[0]}})
	var list struct {
		Items []struct {
			ID       string
			SharedAt string `json:"shared_at"`
		}
	}
	if err := json.Unmarshal([]byte(send("GET", "/api/projects", "application/json", token, nil)), &list); err != nil || len(list.Items) == 0 {
		t.Fatalf("no projects: %v", err)
	}
	for _, p := range list.Items {
		if p.SharedAt == "" {
			continue
		}
		for _, attack := range attacks {
			for path, in := range map[string]map[string]any{
				"tasks":        {"title": attack, "body": attack, "audience": "client", "turn": "client"},
				"milestones":   {"title": attack, "body": attack, "audience": "client"},
				"deliverables": {"title": attack, "body": attack, "audience": "client"},
				"updates":      {"sentence": attack, "body": attack, "audience": "client", "status": "active", "health": "on_track"},
			} {
				body, err := json.Marshal(in)
				if err != nil {
					t.Fatal(err)
				}
				send("POST", "/api/projects/"+p.ID+"/"+path, "application/json", token, bytes.NewReader(body))
			}
		}
	}

	for role, who := range people {
		b := newTab(t, role, s.URL).signIn(who)
		queue, kinds, opened, attacked := []string{"/", "/projects"}, map[string]bool{}, 0, 0
		for len(queue) > 0 && opened < 40 {
			path := queue[0]
			queue = queue[1:]
			kind := ids.ReplaceAllString(strings.SplitN(path, "?", 2)[0], "ID")
			if kinds[kind] || strings.HasSuffix(kind, ".ics") || strings.HasSuffix(kind, ".csv") || strings.HasSuffix(kind, "/download") {
				continue // no page
			}
			kinds[kind] = true
			opened++
			// T144: what the address says is no script either.
			b.open(path + "?q=%3Cimg+src%3Dx+onerror%3Dwindow.PWN%3D1%3E#<img src=x onerror=window.PWN=1>")
			attacked += value[int](b, `document.documentElement.innerText.split("window.PWN").length - 1`)
			time.Sleep(50 * time.Millisecond) // what fails to load runs its script a little later
			if value[bool](b, `"PWN" in window`) {
				t.Errorf("%s: a text ran at %s", role, path)
			}
			queue = append(queue, value[[]string](b, `[...document.querySelectorAll("a[href^='/']:not([download])")].map(a => a.pathname)`)...)
		}
		if opened < 5 || attacked < 20 {
			t.Errorf("%s: only %d pages with %d hostile texts were opened", role, opened, attacked)
		}
		t.Logf("%s: %d pages with %d hostile texts", role, opened, attacked)
	}
}

// ids are what tells one thing from another of its kind.
var ids = regexp.MustCompile(`[a-z]{3}_[0-9a-z]{26}|[\w-]{25,}`)
