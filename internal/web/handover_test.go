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
	"time"

	"github.com/vitrine-portal/vitrine/internal/blob"
	"github.com/vitrine-portal/vitrine/internal/certificate"
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

// A pack holds each version that was approved or signed off, beside a newer one and of
// a file that was deleted since too, and says which is which: the certificates in it
// name hashes of files in it. What is not there is named with its hash, and never what
// its reader does not see.
func TestHandoverAccepted(t *testing.T) {
	signs, err := certificate.FromSecret([]byte("a secret"))
	if err != nil {
		t.Fatal(err)
	}
	webtest.RunFiles(t, func(t *testing.T, s *webtest.Site) {
		ctx, site := t.Context(), s.World.Site
		s.Exec(`UPDATE projects SET name = 'Website' WHERE id = $1`, string(site)) // whoever has a certificate has that name
		mia, cleo := s.World.As(s.Mia), s.World.As(s.Cleo)
		sends := send(t, s.As("mia"))
		fill := func(file portal.FileID, name, content string) (portal.FileID, portal.VersionID) {
			if file != "" {
				sends.bring([]byte(content), "file", string(file), "filename", name, "audience", "client")
			} else {
				file = sends.bring([]byte(content), "project", string(site), "filename", name, "audience", "client")
			}
			return file, sends.version(file).ID
		}
		approve := func(title string, versions ...portal.VersionID) portal.ApprovalID {
			t.Helper()
			id, err := mia.AskApproval(ctx, site, portal.NewApproval{Title: title, Versions: versions, Stages: []portal.NewStage{{People: []portal.PersonID{s.Cleo}}}})
			if err != nil {
				t.Fatal(err)
			}
			a, err := cleo.Approval(ctx, id)
			if err == nil {
				err = cleo.Decide(ctx, id, portal.ApprovalAnswer{Answer: portal.AnswerApprove, Content: a.Content})
			}
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		sum := func(content string) string {
			sum := sha256.Sum256([]byte(content))
			return hex.EncodeToString(sum[:])
		}
		banner, first := fill("", "banner.txt", "the first")
		approval := approve("Banner, first", first)
		_, second := fill(banner, "banner.txt", "the second")
		deleted, v := fill("", "Über.txt", "deleted since")
		approve("Banner, second", second, v)
		hidden, v := fill("", "Hidden.txt", "CNRY-acme-team-hidden since")
		approve("Hidden", v)
		_, lost := fill("", "Lost.txt", "lost since")
		approve("Lost", lost)
		long := strings.Repeat("x", 196)
		longer, v := fill("", long+".txt", "long")
		approve("Long", v)
		sign, err := mia.AskSignoff(ctx, portal.NewSignoff{Project: site, Statement: "All of it."})
		if err != nil {
			t.Fatal(err)
		}
		asked, err := cleo.Signoff(ctx, sign)
		if err != nil {
			t.Fatal(err)
		}
		_, content, err := cleo.SignoffLines(ctx, asked)
		if err == nil {
			err = cleo.SignOff(ctx, sign, portal.Signature{Name: "Cleo", Content: content, Proof: "password"})
		}
		if err != nil {
			t.Fatal(err)
		}
		s.World.Clock.Advance(time.Hour)
		if err := cleo.CertifyApproval(ctx, approval); err != nil {
			t.Fatal(err)
		}
		s.World.Clock.Advance(time.Hour)
		if err := certificate.New(certificate.Options{Portal: s.World.Portal, Blobs: s.Blobs, Signer: signs, BaseURL: s.URL}).Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		sends = send(t, s.As("mia")) // hours later
		fill(banner, "banner.txt", "the third")
		sends.bring([]byte("CNRY-acme-team-draft"), "file", string(banner), "filename", "banner.txt", "audience", "team")
		fill("", "BANNER (v2, Signed off).TXT", "in the way")
		fill(longer, "long.txt", "longer")
		// The team is told what stays in the pack: where it deletes, and where it takes one.
		const stays = "stays in their handover pack. To keep it out, hide it from Acme"
		never, _ := fill("", "Never asked.txt", "never asked")
		drop := func(file portal.FileID) *webtest.Page {
			return s.As("mia").Get("/files/" + string(file) + "/delete").MustBe(200)
		}
		drop(deleted).MustContain(stays)
		drop(never).MustContain("Acme will not see it any more").MustNotContain(stays)
		drop(hidden).MustContain(stays)
		if _, err := mia.Conceal(ctx, portal.ItemID(hidden)); err != nil {
			t.Fatal(err)
		}
		drop(hidden).MustNotContain(stays)
		s.As("mia").Post("/files/selection?project="+string(site), url.Values{"do": {"delete"}, "file": {string(deleted), string(never)}}).MustBe(200).MustContain("2 things", stays)
		s.As("mia").Get("/projects/" + string(site) + "/handover").MustBe(200).MustContain("Those also when the file was deleted since, unless it was hidden from Acme before.")
		s.As("cleo").Get("/projects/" + string(site) + "/handover").MustBe(200).MustNotContain("deleted since")
		if err := mia.TrashFile(ctx, deleted); err != nil {
			t.Fatal(err)
		}
		if err := mia.TrashFile(ctx, never); err != nil {
			t.Fatal(err)
		}
		s.Exec(`UPDATE versions SET blob = $1 WHERE id = $2`, string(blob.NewKey()), string(lost))

		for name, person := range map[string]string{"cleo": "", "mia": string(s.CleoUser)} {
			who := send(t, s.As(name))
			text := who.do("POST", "/projects/"+string(site)+"/handover", strings.NewReader(url.Values{"person": {person}}.Encode()), "Content-Type", "application/x-www-form-urlencoded").text
			pack := opened(t, text)
			for path, want := range map[string]string{
				"Files/banner.txt":                              "the third",
				"Files/BANNER (v2, Signed off).TXT":             "in the way",
				"Files/banner (v2, signed off) (2).txt":         "the second",
				"Files/banner (v1, approved).txt":               "the first",
				"Files/Über (v1, signed off).txt":               "deleted since",
				"Files/" + long + ".txt":                        "longer",
				"Files/" + long[:179] + " (v1, signed off).txt": "long",
			} {
				if pack[path] != want {
					t.Errorf("%s: %s is %q; there are %q", name, path, pack[path], slices.Sorted(maps.Keys(pack)))
				}
				if !strings.Contains(pack["SHA256SUMS"], sum(want)+"  "+path+"\n") {
					t.Errorf("%s: the sum of %s is another one", name, path)
				}
			}
			for path, text := range pack {
				if strings.Contains(path, "Hidden") || strings.Contains(path, "Lost") || strings.Contains(text, "-team-") {
					t.Errorf("%s: %s is there", name, path)
				}
			}
			index := plain(pack["index.html"])
			for _, want := range []string{
				"banner.txt newer than what was signed off · 9 bytes",
				"banner (v2, signed off) (2).txt Signed off v2 · 10 bytes SHA-256 " + sum("the second"),
				"banner (v1, approved).txt Approved v1 · 9 bytes SHA-256 " + sum("the first"),
				"Über (v1, signed off).txt Signed off v1 · the file was deleted since · 13 bytes SHA-256 " + sum("deleted since"),
				"Hidden (v1, signed off).txt SHA-256 " + sum("CNRY-acme-team-hidden since"),
				"Lost.txt SHA-256 " + sum("lost since"),
				"Hidden.txt, v1 · not in this pack SHA-256 " + sum("CNRY-acme-team-hidden since"),
				"banner.txt, v2 SHA-256 " + sum("the second"),
			} {
				if !strings.Contains(index, want) {
					t.Errorf("%s: the index does not say %q: %s", name, want, index)
				}
			}
			for _, subject := range []string{string(sign), string(approval)} {
				c, err := cleo.Certificate(ctx, subject)
				if err != nil {
					t.Fatal(err)
				}
				if !strings.Contains(pack["index.html"], `href="`+s.URL+"/verify/"+c.Code+`"`) || !strings.Contains(index, "Code "+c.Code) {
					t.Errorf("%s: the index does not lead to the certificate of %s: %s", name, c.Title, pack["index.html"])
				}
				if subject == string(approval) { // the other names files of the World
					s.Stranger().Get("/verify/"+c.Code).MustBe(200).MustContain("banner.txt", sum("the first")[:8])
				}
			}
			for _, to := range []string{"Files/banner%20%28v2,%20signed%20off%29%20%282%29.txt", "Files/banner%20%28v1,%20approved%29.txt"} {
				if strings.Count(pack["index.html"], `href="`+to+`"`) != 2 { // of the certificate, and among the files
					t.Errorf("%s: the index does not lead to %s: %s", name, to, pack["index.html"])
				}
			}
			if !strings.Contains(s.Log(), "a handover pack lacks something") {
				t.Errorf("%s: what is lost is not in the log", name)
			}
		}
	})
}

// plain is what a page says, each space once.
func plain(page string) string {
	var b strings.Builder
	for text := range strings.SplitSeq(page, "<") {
		_, said, _ := strings.Cut(text, ">")
		b.WriteString(" " + said)
	}
	return strings.Join(strings.Fields(b.String()), " ")
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
