package web_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/webtest"
)

// opened is what is in an archive, by path.
func opened(t *testing.T, archive string) map[string]string {
	t.Helper()
	z, err := zip.NewReader(strings.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if _, err := io.Copy(&b, r); err != nil {
			t.Fatal(err)
		}
		if _, twice := all[f.Name]; twice || strings.Contains(f.Name, "..") || strings.HasPrefix(f.Name, "/") || strings.Contains(f.Name, `\`) {
			t.Errorf("an entry is called %q", f.Name)
		}
		all[f.Name] = b.String()
	}
	return all
}

// The decisions of a pack say of each file what was decided and what was said of it,
// for whom, and how whoever decided proved who they are.
func TestHandoverDecisions(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		s.Exec(`UPDATE client_users SET rights = rights | 32 WHERE id = $1`, string(s.BeaAtAcme))
		s.Regrant()
		ctx, n := t.Context(), portal.NewApproval{Title: "Two signs", Stages: []portal.NewStage{{People: []portal.PersonID{s.Bea}}}}
		for _, name := range []string{"wood.txt", "stone.txt"} {
			_, v := bring(t, s, s.Tom, portal.NewUpload{Project: s.World.Site, Name: name, Audience: portal.ClientSide}, []byte(name), "text", "text/plain")
			n.Versions = append(n.Versions, v)
		}
		id, err := s.World.As(s.Tom).AskApproval(ctx, s.World.Site, n)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.World.As(s.Bea).Delegate(ctx, id, s.Cleo); err != nil {
			t.Fatal(err)
		}
		cleo := s.World.As(s.Cleo)
		a, err := cleo.Approval(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		if err := cleo.Decide(ctx, id, portal.ApprovalAnswer{Answer: portal.AnswerChanges, Note: "Nearly", Content: a.Content, Changes: []portal.FileChange{{Position: 2, Note: "A lighter stone"}}}); err != nil {
			t.Fatal(err)
		}
		pack := opened(t, send(t, s.As("cleo")).do("POST", "/projects/"+string(s.World.Site)+"/handover", strings.NewReader("person="), "Content-Type", "application/x-www-form-urlencoded").text)
		page := string(pack["Decisions.html"])
		for _, want := range []string{"wood.txt, v1", "Approved v1", "stone.txt, v1", "To change", "A lighter stone", "for Bea", "signed in", "Nearly"} {
			if !strings.Contains(page, want) {
				t.Errorf("the decisions do not say %q", want)
			}
		}
	})
}

// T132: a handover pack holds what one of the client's people may have of a
// project, its checksums fit, and nothing in it is the team's alone; the team takes
// somebody's, and it is the same.
func TestHandover(t *testing.T) {
	webtest.RunFiles(t, func(t *testing.T, s *webtest.Site) {
		ctx := t.Context()
		site := "/projects/" + string(s.World.Site)
		mia, cleo := send(t, s.As("mia")), send(t, s.As("cleo"))
		plan := mia.bring([]byte("the plan"), "project", string(s.World.Site), "filename", "Plan: <b> & co.txt", "path", "Über", "audience", "client")
		mia.bring([]byte("CNRY-acme-team-secret"), "project", string(s.World.Site), "filename", "CNRY-acme-team-name.txt")
		mia.bring([]byte("CNRY-acme-team-draft"), "file", string(plan), "filename", "Plan.txt", "audience", "team") // a newer version, not shown
		thread, err := s.World.As(s.Mia).StartConversation(ctx, s.World.Site, portal.NewConversation{Subject: "../../<i>etc</i>", NewMessage: portal.NewMessage{Body: "**Hello** <script>alert(1)</script> [x](javascript:alert(1))", Audience: portal.ClientSide, Files: []portal.FileID{plan}}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.World.As(s.Mia).Say(ctx, thread, portal.NewMessage{Body: "CNRY-acme-team-note", Audience: portal.Team}); err != nil {
			t.Fatal(err)
		}
		for n := range 60 { // more than one part
			if _, err := s.World.As(s.Cleo).Say(ctx, thread, portal.NewMessage{Body: "Answer " + strings.Repeat("I", n), Audience: portal.ClientSide}); err != nil {
				t.Fatal(err)
			}
		}
		it := s.Items[s.World.Site][portal.ClientSide]
		for _, on := range []portal.ItemID{portal.ItemID(it.Task), portal.ItemID(it.Update)} {
			for body, audience := range map[string]portal.Side{"Said on " + string(on): portal.ClientSide, "CNRY-acme-team-aside": portal.Team} {
				if _, err := s.World.As(s.Mia).CommentOn(ctx, on, portal.NewComment{NewMessage: portal.NewMessage{Body: body, Audience: audience}}); err != nil {
					t.Fatal(err)
				}
			}
		}
		take := func(who sender, person string) answer {
			return who.do("POST", site+"/handover", strings.NewReader(url.Values{"person": {person}}.Encode()), "Content-Type", "application/x-www-form-urlencoded")
		}
		a := take(cleo, "")
		if a.StatusCode != 200 || a.Header.Get("Content-Type") != "application/zip" || a.Header.Get("Cache-Control") != "private, no-store" {
			t.Fatalf("the pack: %d %v %s", a.StatusCode, a.Header, a.text)
		}
		pack := opened(t, a.text)
		if pack["Files/Über/Plan_ _b_ & co.txt"] != "the plan" {
			t.Errorf("the file is not there: %q", slices.Sorted(maps.Keys(pack)))
		}
		sums := 0
		for line := range strings.Lines(pack["SHA256SUMS"]) {
			hash, path, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
			sum := sha256.Sum256([]byte(pack[path]))
			if _, there := pack[path]; !there || hash != hex.EncodeToString(sum[:]) {
				t.Errorf("the hash of %s is another one", path)
			}
			sums++
		}
		if sums != len(pack)-1 {
			t.Errorf("%d hashes of %d entries", sums, len(pack))
		}
		talk := ""
		for name, text := range pack {
			if strings.HasPrefix(name, "Conversations/") && strings.Contains(text, "Hello") {
				talk = text
			}
			if strings.HasSuffix(name, ".html") {
				for _, bad := range []string{"<script", "javascript:", "<img", "src=", " onload", "<link"} {
					if strings.Contains(text, bad) {
						t.Errorf("%s holds %s", name, bad)
					}
				}
			}
			for _, word := range append(webtest.Forbidden("cleo"), "-team-") {
				if strings.Contains(name+text, word) {
					t.Errorf("%s leaks %s", name, word)
				}
			}
		}
		if !strings.Contains(talk, "<strong>Hello</strong>") || strings.Count(talk, "<article>") != 61 || !strings.Contains(talk, "../Files/%C3%9Cber/Plan_%20_b_%20&amp;%20co.txt") || strings.Index(talk, "Hello") > strings.Index(talk, "Answer") {
			t.Errorf("the conversation is %.6000s", talk)
		}
		if !slices.ContainsFunc(slices.Collect(maps.Keys(pack)), func(name string) bool {
			return strings.HasPrefix(name, "Conversations/") && strings.Count(name, "/") == 1 && strings.Contains(name, "etc_")
		}) {
			t.Errorf("a subject with slashes is a path: %q", slices.Sorted(maps.Keys(pack)))
		}
		for name, has := range map[string][]string{"index.html": {"Decisions.html", "Conversations/", "SHA256SUMS"}, "Decisions.html": {"CNRY-acme-client-site-approval", "CNRY-acme-client-site-signoff-statement", "SHA-256", "Lists of changes", "CNRY-acme-client-site-revision-point", "CNRY-acme-client-site-revision-reason"},
			"Comments.html": {"CNRY-acme-client-site-task-title", "CNRY-acme-client-site-comment", "Mia’s update, 20", "Said on " + string(it.Task), "Said on " + string(it.Update)}} {
			for _, word := range has {
				if !strings.Contains(pack[name], word) {
					t.Errorf("%s holds no %s", name, word)
				}
			}
		}

		// The team takes somebody's, which is the same but for who took it.
		theirs := take(mia, string(s.CleoUser))
		if theirs.StatusCode != 200 {
			t.Fatalf("the team's: %d %s", theirs.StatusCode, theirs.text)
		}
		again := opened(t, theirs.text)
		for name, text := range pack {
			if name != "SHA256SUMS" && again[name] != text && !strings.HasSuffix(name, ".html") {
				t.Errorf("%s is another one", name)
			}
		}
		if len(again) != len(pack) {
			t.Errorf("the team's has %d entries and not %d", len(again), len(pack))
		}
		for person, want := range map[string]int{"": 422, "cus_nobody": 422, string(s.DanUser): 422, string(s.CarlUser): 422} {
			if a := take(mia, person); a.StatusCode != want {
				t.Errorf("for %q: %d, want %d", person, a.StatusCode, want)
			}
		}
		for name, want := range map[string]int{"tom": 403, "dan": 404, "carl": 404, "rex": 404, "eve": 404} {
			who := send(t, s.As(name))
			if a := take(who, string(s.CleoUser)); a.StatusCode != want {
				t.Errorf("%s takes one: %d, want %d", name, a.StatusCode, want)
			}
			if a := who.do("GET", site+"/handover", nil); a.StatusCode != want {
				t.Errorf("%s looks at the page: %d, want %d", name, a.StatusCode, want)
			}
		}
		if a := take(cleo, string(s.BeaAtAcme)); a.StatusCode != 403 {
			t.Errorf("somebody else's: %d", a.StatusCode)
		}
		s.As("mia").Get(site+"/handover").MustBe(200).MustContain("For whom", "Cleo")
		s.As("cleo").Get(site).MustBe(200).MustContain("Handover pack")
		if err := s.Portal.Flush(ctx); err != nil {
			t.Fatal(err)
		}
		log, _, err := s.World.As(s.Mia).Downloads(ctx, plan, portal.Page{})
		if err != nil || len(log) != 2 || log[0].How != "zip" {
			t.Errorf("the log of downloads: %v, %v", log, err)
		}
		var n int
		if err := s.DB.QueryRow(ctx, `SELECT COUNT(*) FROM events WHERE kind = 'handover_taken' AND person_id = $1`, string(s.Cleo)).Scan(&n); err != nil || n != 2 {
			t.Errorf("%d packs are recorded: %v", n, err)
		}
		// Whoever may not download has none.
		s.Exec(`UPDATE client_users SET rights = $1 WHERE id = $2`, int64(portal.View), string(s.CleoUser))
		s.Regrant()
		if a := take(cleo, ""); a.StatusCode != 403 {
			t.Errorf("without the right: %d", a.StatusCode)
		}
		if a := take(mia, string(s.CleoUser)); a.StatusCode != 422 {
			t.Errorf("of somebody without the right: %d", a.StatusCode)
		}
		s.Exec(`UPDATE client_users SET rights = $1 WHERE id = $2`, int64(portal.ClientRights), string(s.CleoUser))
		s.Regrant()
		// Nor is there one of somebody who is suspended, as long as they are.
		if err := s.World.As(s.Ada).Suspend(ctx, s.CleoUser); err != nil {
			t.Fatal(err)
		}
		if a := take(mia, string(s.CleoUser)); a.StatusCode != 422 {
			t.Errorf("of somebody who is suspended: %d", a.StatusCode)
		}
		s.As("mia").Get(site + "/handover").MustBe(200).MustNotContain("<option value=\"" + string(s.CleoUser))
	})
}
