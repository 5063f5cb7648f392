package api_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/api"
	"github.com/vitrine-portal/vitrine/internal/blob"
	"github.com/vitrine-portal/vitrine/internal/blob/blobtest"
	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
	"github.com/vitrine-portal/vitrine/internal/transfer"
)

var updateFlag = flag.Bool("update", false, "write testdata/matrix.txt anew")

// site is the API over a World.
type site struct {
	*portaltest.World
	t     *testing.T
	h     http.Handler
	bytes *transfer.Carrier
	store blob.Store
}

// newSite keeps the World's files on disk.
func newSite(t *testing.T, w *portaltest.World) *site {
	t.Helper()
	return siteOver(t, w, blobtest.FilledDisk(t, w.Blobs))
}

// siteOver keeps them in the store.
func siteOver(t *testing.T, w *portaltest.World, store blob.Store) *site {
	t.Helper()
	blobtest.Fill(t, store, w.Blobs)
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	files := transfer.New(store, "", log)
	return &site{w, t, api.New(api.Options{Portal: w.Portal, Accounts: w.Accounts, Bytes: files, BaseURL: &url.URL{Scheme: "https", Host: "portal.test"}, Version: "test", Log: log}), files, store}
}

// runBytes plays f on both databases with both stores.
func runBytes(t *testing.T, f func(t *testing.T, s *site)) {
	t.Helper()
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		t.Run("disk", func(t *testing.T) { f(t, newSite(t, w)) })
		t.Run("S3", func(t *testing.T) { f(t, siteOver(t, portaltest.Open(t, w.DB.Dialect()), blobtest.StartS3(t).Open(t))) })
	})
}

// token makes an API token for the named person; "" for who cannot have one.
func (s *site) token(name string, scopes ...string) string {
	s.t.Helper()
	id, ok := s.Everyone()[name]
	if !ok || name == "uma" {
		return ""
	}
	ctx := s.t.Context()
	var session account.Session
	if err := s.DB.Write(ctx, func(tx *db.Tx) (err error) {
		session, _, err = s.Accounts.NewSession(ctx, tx, id, account.ByPassword, account.Meta{}, 0)
		return err
	}); err != nil {
		s.t.Fatal(err)
	}
	_, secret, err := s.Accounts.NewToken(ctx, session, "test", scopes, time.Time{})
	if err != nil {
		s.t.Fatal(err)
	}
	return secret
}

func (s *site) do(method, path, token, body string, header ...string) *httptest.ResponseRecorder {
	var r *http.Request
	if body == "" {
		r = httptest.NewRequest(method, path, nil)
	} else {
		r = httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.h.ServeHTTP(w, r)
	return w
}

// op is an operation of the description.
type op struct {
	method, path, body string
	kind               string // of the body
}

// send sends an operation about a thing.
func (s *site) send(o op, id, token string) *httptest.ResponseRecorder {
	s.t.Helper()
	fill := strings.NewReplacer("{id}", id, "{file}", string(s.fileOf(id)), "{message}", string(s.messageOf(id)), "{colleague}", string(s.Mia))
	return s.do(o.method, fill.Replace(o.path), token, fill.Replace(o.body), "Content-Type", o.kind)
}

// fileOf is the file that goes with something of the World.
func (s *site) fileOf(id string) portal.FileID {
	for _, sides := range s.Items {
		for _, it := range sides {
			if id == string(it.Deliverable) || id == string(it.Update) {
				return it.File
			}
		}
	}
	return ""
}

// messageOf is the first message of a thread of the World.
func (s *site) messageOf(id string) (m portal.MessageID) {
	if strings.HasPrefix(id, "thr_") {
		if err := s.DB.QueryRow(s.t.Context(), `SELECT id FROM messages WHERE thread_id = $1 AND seq = 1`, id).Scan(&m); err != nil {
			s.t.Fatal(err)
		}
	}
	return m
}

// operations reads all operations from the description, each with the smallest
// body that it takes.
func (s *site) operations() []op {
	s.t.Helper()
	var doc struct {
		Paths map[string]map[string]struct {
			RequestBody struct {
				Content map[string]struct {
					Schema struct {
						Ref string `json:"$ref"`
					}
				}
			}
		}
		Components struct {
			Schemas map[string]struct {
				Required   []string
				Properties map[string]struct {
					Type any
					Enum []any
				}
			}
		}
	}
	w := s.do("GET", "/api/openapi.json", "", "")
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil {
		s.t.Fatal(err)
	}
	var ops []op
	for path, methods := range doc.Paths {
		for method, o := range methods {
			body, kind := "", "application/json"
			for t, c := range o.RequestBody.Content {
				if kind = t; t == "application/octet-stream" {
					body = "ab"
					continue
				}
				schema := doc.Components.Schemas[c.Schema.Ref[strings.LastIndex(c.Schema.Ref, "/")+1:]]
				fields := map[string]any{}
				for _, name := range schema.Required {
					p := schema.Properties[name]
					switch {
					case len(p.Enum) > 0:
						fields[name] = p.Enum[0]
					case name == "status":
						fields[name] = "active"
					case name == "health":
						fields[name] = "on_track"
					case name == "preset":
						fields[name] = "viewer"
					case name == "currency":
						fields[name] = "EUR"
					case name == "url":
						fields[name] = "https://example.test/"
					case name == "client":
						fields[name] = "{id}"
					case name == "email":
						fields[name] = "new@example.test"
					case name == "invitation_days":
						fields[name] = 7
					case name == "file":
						fields[name] = "{file}"
					case name == "message":
						fields[name] = "{message}"
					case name == "people":
						fields[name] = []string{"{colleague}"}
					case name == "digest_at":
						fields[name] = "08:00"
					case name == "size":
						fields[name] = 2
					case p.Type == "string":
						fields[name] = "word"
					case p.Type == "integer":
						fields[name] = 1
					case p.Type == "boolean":
						fields[name] = false
					default:
						fields[name] = []any{}
					}
				}
				b, _ := json.Marshal(fields)
				body = string(b)
			}
			if strings.HasSuffix(path, "-search") {
				path += "?q=cnry"
			}
			ops = append(ops, op{strings.ToUpper(method), path, body, kind})
		}
	}
	slices.SortFunc(ops, func(a, b op) int {
		// What a DELETE undoes comes before it.
		key := func(o op) string {
			return o.path + map[string]string{"GET": "1", "POST": "2", "PUT": "3", "DELETE": "4"}[o.method]
		}
		return strings.Compare(key(a), key(b))
	})
	// What deletes comes last, so that the others find what they ask for.
	slices.SortStableFunc(ops, func(a, b op) int {
		last := func(o op) int {
			switch {
			case o.method == "DELETE" && strings.Count(o.path, "/") == 3:
				return 1
			case strings.HasSuffix(o.path, "/feedback"):
				return 2
			}
			return 0
		}
		return last(a) - last(b)
	})
	return ops
}

// id is the thing that a path is about, in the given project and client.
func (s *site) id(path string, client portal.ClientID, user portal.ClientUserID, project portal.ProjectID, side portal.Side) string {
	it := s.Items[project][side]
	switch strings.Split(path, "/")[2] {
	case "clients":
		return string(client)
	case "client-users":
		return string(user)
	case "projects":
		return string(project)
	case "milestones":
		return string(it.Milestone)
	case "tasks":
		return string(it.Task)
	case "deliverables":
		return string(it.Deliverable)
	case "links":
		return string(it.Link)
	case "updates":
		return string(it.Update)
	case "folders":
		return string(it.Folder)
	case "files":
		return string(it.File)
	case "versions":
		return string(it.Version)
	case "approvals":
		return string(it.Approval)
	case "signoffs":
		return string(it.Signoff)
	case "revisions":
		return string(it.Revision)
	case "changes":
		return string(it.Change)
	case "conversations", "drafts":
		return string(it.Conversation)
	case "calls":
		return string(s.only(project, side).Call)
	case "comments":
		return string(it.Comments)
	case "messages":
		return string(it.Message)
	case "notices":
		return string(s.notice(project, side))
	case "file-requests":
		return string(s.only(project, side).Request)
	case "share-links":
		return string(s.only(project, side).ShareLink)
	case "unsent-comments":
		return string(s.only(project, side).Unsent[0]) // Mia's
	case "trash":
		return string(s.trashed(it.File))
	case "uploads":
		who, in := s.Carl, s.Shop // of the other client: what comes before closes this one
		if side == portal.Team {
			who, in = s.Mia, project
		}
		u, err := s.bytes.Begin(s.t.Context(), s.As(who), portal.NewUpload{Project: in, Name: "ab.txt", Size: 2, OnClash: "both"})
		if err != nil {
			s.t.Fatal(err)
		}
		return string(u.ID)
	}
	return ""
}

// only is where there is something of which there is none for the team alone:
// in the project, or else in one that is not shared.
func (s *site) only(project portal.ProjectID, side portal.Side) portaltest.Items {
	if side == portal.Team {
		project = s.Hidden
	}
	return s.Items[project][portal.ClientSide]
}

// notice tells Tom of an update of the project.
func (s *site) notice(project portal.ProjectID, side portal.Side) portal.NoticeID {
	s.t.Helper()
	ctx := s.t.Context()
	_, err := s.As(s.Mia).PublishUpdate(ctx, project, portal.NewUpdate{Sentence: "Well.", Status: portal.Active, Health: portal.OnTrack, Audience: side})
	if err == nil {
		_, err = s.Portal.TellPeople(ctx)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	all, _, err := s.As(s.Tom).Notices(ctx, "", portal.Page{Limit: 1})
	if err != nil || len(all) == 0 {
		s.t.Fatal(all, err)
	}
	return all[0].ID
}

// trashed is a copy of the file that was deleted.
func (s *site) trashed(f portal.FileID) portal.FileID {
	s.t.Helper()
	made, err := s.As(s.Mia).CopyFile(s.t.Context(), f, "")
	if err == nil {
		err = s.As(s.Mia).TrashFile(s.t.Context(), made)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return made
}

var everybody = []string{"ada", "mia", "tom", "cleo", "dan", "bea", "carl", "rex", "eve", "nobody"}

// TestMatrix walks every operation as every kind of person, on a client's
// things that are shown and on the team's own, and compares with what was
// reviewed. Nobody receives a word they may not see.
func TestMatrix(t *testing.T) {
	var got bytes.Buffer
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		got.Reset()
		fmt.Fprintf(&got, "%-62s", "")
		for _, name := range everybody {
			fmt.Fprintf(&got, " %-6s", name)
		}
		got.WriteByte('\n')
		rows := map[string][]int{}
		var order []string
		for _, name := range everybody {
			for _, side := range []portal.Side{portal.ClientSide, portal.Team} {
				t.Run(string(side)+"/"+name, func(t *testing.T) { // its databases are lent on
					w := portaltest.Open(t, w.DB.Dialect())
					s := newSite(t, w)
					token := s.token(name, "read", "write")
					for _, o := range s.operations() {
						if side == portal.Team && !strings.Contains(o.path, "{id}") {
							continue
						}
						user := w.BeaAtAcme
						id := s.id(o.path, w.Acme, user, w.Site, side)
						if o.path == "/api/projects" {
							id = string(w.Acme)
						}
						res := s.send(o, id, token)
						key := fmt.Sprintf("%-6s %-6s %s", side, o.method, o.path)
						if rows[key] == nil {
							order = append(order, key)
						}
						rows[key] = append(rows[key], res.Code)
						for _, word := range foreign(name) {
							if i := strings.Index(res.Body.String(), word); i >= 0 {
								t.Errorf("%s as %s leaks %.60q", key, name, res.Body.String()[i:])
							}
						}
					}
				})
			}
		}
		for _, key := range order {
			fmt.Fprintf(&got, "%-62s", key)
			for _, code := range rows[key] {
				fmt.Fprintf(&got, " %-6d", code)
			}
			got.WriteByte('\n')
		}
		compare(t, got.Bytes())
	})
}

func compare(t *testing.T, got []byte) {
	t.Helper()
	const file = "testdata/matrix.txt"
	if *updateFlag {
		os.MkdirAll("testdata", 0o755)
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		a, b := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
		for i := range max(len(a), len(b)) {
			x, y := "", ""
			if i < len(a) {
				x = a[i]
			}
			if i < len(b) {
				y = b[i]
			}
			if x != y {
				t.Errorf("got  %s\nwant %s", x, y)
			}
		}
	}
}

// foreign are the words a person may receive under no circumstances.
func foreign(name string) []string {
	switch name {
	case "ada", "mia":
		return nil
	case "tom":
		return []string{"CNRY-brick", "CNRY-acme-team-hidden", "CNRY-acme-team-brand"}
	case "cleo", "bea":
		return []string{"-team-", "hidden"}
	case "dan":
		return []string{"-team-", "hidden", "site", "CNRY-brick"}
	case "carl":
		return []string{"CNRY-acme", "CNRY-brick-team"}
	}
	return []string{"CNRY"}
}
