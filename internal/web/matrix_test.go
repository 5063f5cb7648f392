package web_test

import (
	"bytes"
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"flag"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/blob"
	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
	"github.com/vitrine-portal/vitrine/internal/web/webtest"
)

var updateFlag = flag.Bool("update", false, "write testdata/matrix.txt anew")

// visitors are everybody who may knock, from the owner to nobody.
var visitors = []string{"ada", "mia", "tom", "cleo", "dan", "bea", "carl", "rex", "eve", "nobody"}

// things are what the placeholders of route patterns stand for: Acme's, of
// Cleo's own, and in a project the items of one side.
func things(t *testing.T, s *webtest.Site, side portal.Side) func(pattern, placeholder string) string {
	t.Helper()
	ctx := t.Context()
	cleo := s.As("cleo").Session
	token, _, err := s.Accounts.NewToken(ctx, cleo, "laptop", []string{"read"}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	feed, err := s.World.As(s.Cleo).MakeFeed(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	// Whoever knows a calendar's address reads what its owner sees; Eve's is empty.
	if _, err := s.World.As(s.Eve).MakeFeed(ctx, ""); err != nil {
		t.Fatal(err)
	}
	feeds, err := s.World.As(s.Eve).Feeds(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Accounts.RequestReset(ctx, "tom@tom.test", netip.MustParseAddr("192.0.2.7")); err != nil {
		t.Fatal(err)
	}
	// Whoever knows an invitation reads what it leads to; Uma's leads to no project.
	invitation := invitationOf(s)
	s.Exec(`DELETE FROM project_grants WHERE actor = $1`, string(s.UmaUser))
	s.Exec(`UPDATE client_users SET all_projects = 0 WHERE id = $1`, string(s.UmaUser))
	mail := string(sendTo(t, s, "invitation", s.Uma, invitation))
	items := s.Items[s.Site][side]
	trashed, err := s.World.As(s.Mia).AddFolder(ctx, s.Site, "", portal.NewFolder{Name: "Old", Audience: side})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.World.As(s.Mia).TrashFolder(ctx, trashed); err != nil {
		t.Fatal(err)
	}
	upload, err := s.World.As(s.Cleo).BeginUpload(ctx, portal.NewUpload{Project: s.Site, Name: "cleo's", Size: 4}, string(blob.NewKey()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.World.As(s.Mia).PublishUpdate(ctx, s.Site, portal.NewUpdate{Body: "So it is.", Sentence: "So.", Status: portal.Active, Health: portal.OnTrack, Audience: side}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.World.Portal.TellPeople(ctx); err != nil {
		t.Fatal(err)
	}
	told := s.Tom // of what the client is not shown
	if side == portal.ClientSide {
		told = s.Cleo
	}
	notices, _, err := s.World.As(told).Notices(ctx, "", portal.Page{Limit: 1})
	if err != nil || len(notices) != 1 {
		t.Fatalf("%d notices: %v", len(notices), err)
	}
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.World.As(s.Cleo).AddDevice(ctx, cleo.ID, portal.NewDevice{Endpoint: "https://push.example/1", Key: base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes()), Auth: "AAAAAAAAAAAAAAAAAAAAAA"}); err != nil {
		t.Fatal(err)
	}
	devices, err := s.World.As(s.Cleo).Devices(ctx)
	if err != nil || len(devices) != 1 {
		t.Fatalf("%d devices: %v", len(devices), err)
	}
	ids := map[string]string{
		"{$}":   "",
		"{tab}": "activity",

		"/calendar/{id}":       string(feed),
		"/clients/{id}":        string(s.Acme),
		"/comments/{id}":       string(items.Comments),
		"/conversations/{id}":  string(items.Conversation),
		"/drafts/{place}":      string(items.Conversation),
		"/client-users/{id}":   string(s.BeaAtAcme),
		"/deliverables/{id}":   string(items.Deliverable),
		"/files/{id}":          string(items.File),
		"/folders/{id}":        string(items.Folder),
		"/trash/{id}":          string(trashed),
		"/uploads/{id}":        string(upload),
		"/versions/{id}":       string(items.Version),
		"/feeds/{file}":        feeds[0].Token + ".ics",
		"/incoming/{id}":       cameIn(t, s),
		"/invitations/{token}": s.Accounts.Token(account.PurposeInvitation, invitation),
		"/links/{id}":          string(items.Link),
		"/milestones/{id}":     string(items.Milestone),
		"/outbox/{id}":         mail,
		"/places/{id}":         string(items.Comments),
		"/people/{person}":     string(s.Tom),
		"/notices/{id}":        string(notices[0].ID),

		"/unsubscribe/{person}":                 string(s.Cleo),
		"/unsubscribe/{person}/{topic}":         "updates",
		"/unsubscribe/{person}/{topic}/{token}": s.Accounts.Token(account.PurposeUnsubscribe, string(s.Cleo)+" updates"),

		"/profile/devices/{id}":  string(devices[0].ID),
		"/profile/sessions/{id}": string(cleo.ID),
		"/profile/tokens/{id}":   string(token.ID),
		"/projects/{id}":         string(s.Site),
		"/approvals/{id}":        string(s.Items[s.Site][portal.ClientSide].Approval),
		"/signoffs/{id}":         string(s.Items[s.Site][portal.ClientSide].Signoff),
		"/revisions/{id}":        string(items.Revision),
		"/calls/{id}":            string(s.Items[s.Site][portal.ClientSide].Call),
		"{change}":               string(items.Change),
		"/requests/{id}":         string(s.Items[s.Site][portal.ClientSide].Request),
		"/share-links/{id}":      string(s.Items[s.Site][portal.ClientSide].ShareLink),
		"/verify/{token}":        "vt_crt_unknown",                                                                                 // whoever has a code sees what it is of
		"/s/{token}":             s.Accounts.Token(account.PurposeShareLink, string(s.Items[s.Site][portal.ClientSide].ShareLink)), // the workspace allows none
		"/decide/{token}":        "vt_apr_unknown",                                                                                 // whoever has a link answers as its person
		"/reset/{token}":         s.Accounts.Token(account.PurposeReset, s.Mails("password_reset")[0]),
		"/set-up/{token}":        "no-longer",
		"/confirm-email/{token}": "unknown",
		"/tasks/{id}":            string(items.Task),
		"/updates/{id}":          string(items.Update),
		"/visits/{place}":        string(s.Acme),
		"/settings/{id}":         "unknown",

		"{client}":      string(s.Acme),
		"{deliverable}": string(items.Deliverable),
		"{feed}":        string(feed),
		"{item}":        string(items.Task),
		"{link}":        string(items.Link),
		"{message}":     string(items.Message),
		"{unsent}":      string(unsent(items)),
		"{milestone}":   string(items.Milestone),
		"{n}":           "1",
		"{kind}":        "large",
		"{page}":        "1",
		"{person}":      string(s.Tom),
		"{project}":     string(s.Site),
		"{task}":        string(items.Task),
		"{update}":      string(items.Update),
		"{user}":        string(s.BeaAtAcme),
	}
	return func(pattern, placeholder string) string {
		path := pattern[strings.IndexByte(pattern, ' ')+1:]
		if id, ok := ids[path[:strings.Index(path, placeholder)]+placeholder]; ok {
			return id
		}
		id, ok := ids[placeholder]
		if !ok {
			t.Errorf("nothing stands for %s of %q: say what in things", placeholder, pattern)
		}
		return id
	}
}

var placeholder = regexp.MustCompile(`\{[^}]+\}`)

// ofItem matches what is about an item of a project, which is the client's or
// the team's own.
var ofItem = regexp.MustCompile(`\{(item|message|task|milestone|deliverable|update|link|change)\}| /(revisions|tasks|milestones|deliverables|updates|links|files|folders|trash|versions|conversations|comments|places)/\{id\}|/mentionable$`)

// late are the changes after which others find less: they come last, in this order.
var late = []string{
	"/archive", "/restore", "/suspend", "/resume", "/conceal", "/hide", "/unshare", "/remove", "/delete", "/erase", "/feedback",
	"/profile/sessions/{id}", "/profile/sessions/end-others", "/profile/password", "/sign-out", "/switch",
}

// unsent is what Mia has not sent, of what the client sees.
func unsent(it portaltest.Items) portal.UnsentID {
	if len(it.Unsent) == 0 {
		return "uns_none"
	}
	return it.Unsent[0]
}

// inOrder is the route table with what ends things at its end.
func inOrder(routes []string) []string {
	rank := func(pattern string) int {
		if strings.HasPrefix(pattern, "GET ") {
			return -2
		}
		return slices.IndexFunc(late, func(part string) bool { return strings.Contains(pattern, part) })
	}
	routes = slices.Clone(routes)
	slices.SortStableFunc(routes, func(a, b string) int { return rank(a) - rank(b) })
	return routes
}

// formOf is the smallest form that a route takes, where an empty one would not
// get as far as the question whether one may.
func formOf(s *webtest.Site, pattern string) url.Values {
	return map[string]url.Values{
		"POST /clients":                      {"name": {"New"}},
		"POST /unsent/{unsent}":              {"body": {"New"}, "revision": {"1"}},
		"POST /clients/{id}/people":          {"name": {"New"}, "email": {"new@acme.test"}, "preset": {"viewer"}},
		"POST /clients/{id}/team":            {"person": {string(s.Tom)}},
		"POST /clients/{id}/settings":        {"name": {"Acme"}, "revision": {"0"}},
		"POST /client-users/{id}/email":      {"email": {"bea@bea.example"}},
		"POST /people":                       {"name": {"New"}, "email": {"new@team.test"}, "role": {"contributor"}},
		"POST /people/{person}/role":         {"role": {"manager"}},
		"POST /reassign":                     {"task." + string(s.Items[s.Shop][portal.Team].Task): {string(s.Tom)}, "back": {"/"}},
		"POST /profile/tokens":               {"name": {"robot"}, "scope": {"read"}},
		"POST /sign-in/code":                 {"email": {"new@example.test"}},
		"POST /forgot":                       {"email": {"new@example.test"}},
		"POST /projects/{project}/zip":       {"file": {string(s.Items[s.Site][portal.ClientSide].File)}},
		"POST /files/{id}/share":             {"days": {"14"}},
		"POST /projects/{project}/requests":  {"title": {"Logo"}},
		"POST /changes/{change}":             {"do": {"reopen"}, "revision": {"7"}},
		"POST /changes/{change}/clarify":     {"answer": {"So"}, "revision": {"7"}},
		"POST /changes/{change}/price":       {"answer": {"accept"}, "price": {"100"}, "currency": {"EUR"}},
		"POST /versions/{id}/revision":       {"points": {""}},
		"POST /requests/{id}/decide":         {"decision": {"refuse"}, "reason": {"Larger"}, "revision": {"1"}},
		"POST /projects/{project}/approvals": {"title": {"Logo"}},
		"POST /projects/{project}/signoffs":  {"statement": {""}},
		"POST /signoffs/{id}/sign":           {"name": {""}},
		"POST /approvals/{id}/delegate":      {"person": {string(s.Bea)}},
		"POST /approvals/{id}/calls":         {"person": {string(s.Cleo)}, "answer": {"approve"}, "said_at": {"2026-03-11T09:00"}},
		"POST /approvals/{id}/take-over":     {"from": {string(s.Cleo)}},
		"POST /approvals/{id}/reassign":      {"from": {string(s.Cleo)}, "person": {string(s.Bea)}},
		"POST /profile/deputy":               {"client": {string(s.Acme)}, "person": {string(s.Bea)}, "from": {"2026-03-12"}, "to": {"2026-03-20"}},
		"POST /profile/deputy/end":           {"client": {string(s.Acme)}},
		"POST /approvals/{id}/decide":        {"answer": {"approve"}, "content": {"c"}},
		"POST /files/selection":              {"file": {string(s.Items[s.Site][portal.ClientSide].File)}, "do": {"move"}},
		"POST /links/{id}/delete":            {"deliverable": {string(s.Items[s.Site][portal.ClientSide].Deliverable)}},

		"POST /items/{item}/comments":            {"body": {"Hello"}, "audience": {"client"}},
		"POST /conversations/{id}":               {"body": {"Hello"}, "audience": {"client"}},
		"POST /clients/{id}/conversation":        {"body": {"Hello"}, "audience": {"client"}},
		"POST /projects/{project}/conversations": {"subject": {"Hello"}, "body": {"Hello"}, "audience": {"client"}},
		"POST /messages/direct":                  {"client": {string(s.Acme)}, "person": {string(s.Bea)}, "body": {"Hello"}},
		"POST /messages/{message}/edit":          {"body": {"Hello"}, "revision": {"1"}},
		"POST /drafts/{place}":                   {"body": {"Hel"}},
		"POST /outbox/held":                      {"do": {"send"}},
	}[pattern]
}

// bytesTo are the routes to which files are sent.
var bytesTo = map[string]bool{"POST /uploads": true, "POST /projects/{project}/files": true, "POST /files/{id}/versions": true}

// bytesFor is a request that brings bytes, or asks about some that came.
func bytesFor(t *testing.T, b *webtest.Browser, pattern, method, path string) *http.Request {
	t.Helper()
	body, kind := multi(t, filePart{"file", named(fmt.Sprintf("%s %s.txt", b.Name, db.NewID("x"))), "text"})
	if method == "PATCH" {
		body, kind = bytes.NewBufferString("text"), "application/offset+octet-stream"
	}
	if pattern == "POST /uploads" || method == "DELETE" || method == "HEAD" || method == "OPTIONS" {
		body, kind = new(bytes.Buffer), ""
	}
	r, err := http.NewRequest(method, b.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"Sec-Fetch-Site": "same-origin", "Tus-Resumable": "1.0.0", "Content-Type": kind, "Upload-Offset": "0",
		"Upload-Length": "4", "Upload-Metadata": meta("project", string(b.World.Site), "filename", b.Name),
	} {
		r.Header.Set(name, value)
	}
	return r
}

// answerTo is how one visitor fares at one route, in few letters: the status;
// "in" when they are led to the sign-in page.
func answerTo(t *testing.T, b *webtest.Browser, pattern, path string) string {
	t.Helper()
	if pattern == "GET /live" { // it does not end by itself
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, "GET", b.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept", "text/event-stream")
		r.AddCookie(&http.Cookie{Name: "sid", Value: b.Cookie("sid")})
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return fmt.Sprint(resp.StatusCode)
	}
	p := &webtest.Page{}
	switch method, _, _ := strings.Cut(pattern, " "); {
	case method == "GET":
		p = b.Get(path)
	case method != "POST" || bytesTo[pattern]:
		p = b.Do(bytesFor(t, b, pattern, method, path))
	default:
		p = b.Post(path, formOf(b.Site, pattern))
	}
	switch {
	case p.Status >= 500:
		t.Errorf("%s: %s answers %d: %s\n%s", b.Name, pattern, p.Status, p.Text("main"), b.Log())
	case len(p.Via) > 0 && strings.HasPrefix(p.Via[0], "/sign-in"):
		return "in"
	case len(p.Via) > 0:
		return "303"
	}
	return fmt.Sprint(p.Status)
}

// T001: every route, for everybody, on a client's things that are shown and on
// the team's own. What they get is compared with what was reviewed, and nobody
// receives a word they may not see (the browsers look for those).
func TestMatrix(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		rows := map[string][]string{}
		var order []string
		for _, side := range []portal.Side{portal.ClientSide, portal.Team} {
			for _, name := range visitors {
				t.Run(string(side)+"/"+name, func(t *testing.T) {
					w := portaltest.Open(t, w.DB.Dialect())
					s := withMails(t, w, false)
					thing := things(t, s, side)
					b := s.Stranger()
					if name != "nobody" {
						b = s.As(name)
					}
					for _, pattern := range inOrder(s.Web.Routes()) {
						if side == portal.Team && !ofItem.MatchString(pattern) {
							continue
						}
						_, path, _ := strings.Cut(pattern, " ")
						path = placeholder.ReplaceAllStringFunc(path, func(p string) string { return thing(pattern, p) })
						method, rest, _ := strings.Cut(pattern, " ")
						if rest == "/items/{item}/turn" {
							path += "?to=client"
						}
						if rest == "/files/selection" {
							path += "?project=" + string(s.Site)
						}
						if rest == "/mentionable" {
							path += "?q=c&item=" + thing("GET /items/{item}/show", "{item}")
						}
						if rest == "/conversations/{id}/read" {
							path += "?upto=" + thing("POST /messages/{message}", "{message}")
						}
						key := fmt.Sprintf("%-6s %-4s %s", side, method, rest)
						if rows[key] == nil {
							order = append(order, key)
						}
						rows[key] = append(rows[key], answerTo(t, b, pattern, path))
					}
				})
			}
		}
		var got bytes.Buffer
		fmt.Fprintf(&got, "%-60s", "")
		for _, name := range visitors {
			fmt.Fprintf(&got, " %-5s", name)
		}
		got.WriteByte('\n')
		for _, key := range order {
			fmt.Fprintf(&got, "%-60s", key)
			for _, answer := range rows[key] {
				fmt.Fprintf(&got, " %-5s", answer)
			}
			got.WriteByte('\n')
		}
		compareMatrix(t, trimmed(got.String()))
	})
}

// trimmed is the text without blanks at the ends of its lines.
func trimmed(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

func compareMatrix(t *testing.T, got string) {
	t.Helper()
	const file = "testdata/matrix.txt"
	if *updateFlag {
		os.MkdirAll("testdata", 0o755)
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	reviewed, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	have, want := strings.Split(got, "\n"), strings.Split(string(reviewed), "\n")
	for _, line := range have {
		if !slices.Contains(want, line) {
			t.Errorf("got  %s", line)
		}
	}
	for _, line := range want {
		if !slices.Contains(have, line) {
			t.Errorf("want %s", line)
		}
	}
}
