package web_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/certificate"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
	"github.com/vitrine-portal/vitrine/internal/web"
	"github.com/vitrine-portal/vitrine/internal/web/webtest"
)

// A signature is proven by a code, too: one that was mailed to who signs, for this
// sign-off and this browser, and that works once.
func TestSignByCode(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		ctx, cleo := t.Context(), s.As("cleo")
		ask := func(title string) string {
			t.Helper()
			m, err := s.World.As(s.Tom).AddMilestone(ctx, s.World.Site, portal.NewMilestone{Title: title, Audience: portal.ClientSide})
			if err != nil {
				t.Fatal(err)
			}
			id, err := s.World.As(s.Tom).AskSignoff(ctx, portal.NewSignoff{Project: s.World.Site, Subject: string(m), Statement: "We accept it."})
			if err != nil {
				t.Fatal(err)
			}
			return "/signoffs/" + string(id)
		}
		mailed := func() string {
			t.Helper()
			ids := s.Mails(account.MailCode)
			c, err := s.Accounts.Code(ctx, ids[len(ids)-1])
			if err != nil {
				t.Fatal(err)
			}
			return c.Digits
		}
		at, other := ask("Launch"), ask("Print")
		byCode := func(b *webtest.Browser, at string) *webtest.Form {
			t.Helper()
			v := b.Get(at).MustBe(200).Form(at+"/sign").Set("name", "Cleo Acme").Values()
			return b.Post(at+"/code", v).MustBe(200).MustContain("It was mailed to cleo@cleo.test").Form(at + "/sign")
		}
		f := byCode(cleo, at)
		if f.Get("name") != "Cleo Acme" {
			t.Errorf("the name that was typed is %q", f.Get("name"))
		}
		code := mailed()
		f.Set("code", "").Submit(cleo).MustBe(422)
		f.Set("code", "00000000").Submit(cleo).MustBe(422)
		// Not for another sign-off, and not in another browser of hers.
		v := f.Set("code", code).Values()
		content := cleo.Get(other).Attr("input[name=content]", "value")
		cleo.Post(other+"/sign", url.Values{"name": {"Cleo Acme"}, "content": {content}, "code": {code}}).MustBe(422)
		s.As("cleo").Post(at+"/sign", v).MustBe(422)
		cleo.Get(at).MustNotContain("Cleo Acme signed")
		f = byCode(cleo, at)
		f.Set("code", mailed()).Submit(cleo).MustBe(200).MustContain("Signed. Thank you", "Cleo Acme signed for Acme")
		var proof string
		if err := s.DB.QueryRow(ctx, `SELECT proof FROM signoffs WHERE id = $1`, strings.TrimPrefix(at, "/signoffs/")).Scan(&proof); err != nil || proof != "code" {
			t.Errorf("it was proven by %q, %v", proof, err)
		}
		// Once.
		cleo.Post(other+"/sign", url.Values{"name": {"Cleo Acme"}, "content": {content}, "code": {mailed()}}).MustBe(422)
		cleo.Get(other).MustNotContain("Cleo Acme signed")

		// Asked for too often, mails rest, and what was typed stays.
		for n, rests := 0, false; !rests; n++ {
			p := cleo.Post(other+"/code", url.Values{"name": {"Cleo Acme"}, "content": {content}})
			if rests = p.Status == 429; rests {
				f := p.MustContain("Too many tries").Form(other + "/sign")
				if f.Get("name") != "Cleo Acme" || p.Header.Get("Retry-After") == "" {
					t.Errorf("the name that was typed is %q", f.Get("name"))
				}
			}
			if n > 50 {
				t.Fatal("codes are mailed without end")
			}
		}
	})
}

// followed are the addresses in a list of a page and of those that it goes on to.
func followed(t *testing.T, b *webtest.Browser, path, list string) (found []string, pages int) {
	t.Helper()
	for path != "" {
		p := b.Get(path).MustBe(200)
		found = append(found, p.Attrs(`main ul a[href^="/`+list+`/"]`, "href")...)
		path, pages = "", pages+1
		for _, next := range p.Attrs(`main a`, "href") {
			if strings.Contains(next, "list="+list) && strings.Contains(next, "after=") {
				path = next
			}
		}
		if pages > 1 {
			if first := p.Attr(`a[rel=prev]`, "href"); !strings.Contains(first, "list="+list) || strings.Contains(first, "after") {
				t.Errorf("%s leads back to %q", p.Path, first)
			}
		}
	}
	slices.Sort(found)
	return found, pages
}

// However many sign-offs there are, each list of them leads to all, each once.
func TestSignoffLists(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		ctx, mia := t.Context(), s.World.As(s.Mia)
		var all []string
		ask := func(subject, title string) portal.SignoffID {
			t.Helper()
			id, err := mia.AskSignoff(ctx, portal.NewSignoff{Project: s.World.Site, Subject: subject, Statement: title})
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, "/signoffs/"+string(id))
			return id
		}
		milestone := func(title string) string {
			t.Helper()
			id, err := mia.AddMilestone(ctx, s.World.Site, portal.NewMilestone{Title: title, Audience: portal.ClientSide})
			if err != nil {
				t.Fatal(err)
			}
			return string(id)
		}
		waits := "/signoffs/" + string(ask(milestone("It waits"), "oldest"))
		again := milestone("Asked again")
		for range 23 {
			if err := mia.WithdrawSignoff(ctx, ask(again, "again")); err != nil {
				t.Fatal(err)
			}
		}
		for range 30 {
			if err := mia.WithdrawSignoff(ctx, ask(milestone("Of many"), "many")); err != nil {
				t.Fatal(err)
			}
		}
		client, team := "/signoffs/"+string(s.Items[s.World.Site][portal.ClientSide].Signoff), "/signoffs/"+string(s.Items[s.World.Site][portal.Team].Signoff) // of the World
		for name, list := range map[string]struct {
			who   string
			path  string
			want  []string
			pages int
		}{
			"the project, for the team":   {"mia", "/projects/" + string(s.World.Site) + "/approvals", append(slices.Clone(all), client, team), 2},
			"the project, for the client": {"cleo", "/projects/" + string(s.World.Site) + "/approvals", append(slices.Clone(all), client), 2},
			"the milestone, for the team": {"mia", "/milestones/" + again, all[1:24], 2},
			"the milestone, for a client": {"bea", "/milestones/" + again, all[1:24], 2},
		} {
			want := slices.Clone(list.want)
			slices.Sort(want)
			if got, pages := followed(t, s.As(list.who), list.path, "signoffs"); !slices.Equal(got, want) || pages != list.pages {
				t.Errorf("%s: %d sign-offs on %d pages, want %d on %d: %q", name, len(got), pages, len(want), list.pages, got)
			}
		}
		// Lists over all of a client have those of its other projects too, and what waits
		// for the reader first, however old it is.
		for who, path := range map[string]string{"mia": "/clients/" + string(s.Acme) + "/approvals", "cleo": "/approvals"} {
			got, pages := followed(t, s.As(who), path, "signoffs")
			for _, id := range all {
				if n := len(slices.DeleteFunc(slices.Clone(got), func(x string) bool { return x != id })); n < 1 || n > 1 && id != waits {
					t.Errorf("%s has %s %d times", path, id, n)
				}
			}
			if pages != 2 {
				t.Errorf("%s has %d pages", path, pages)
			}
		}
		if said := s.As("cleo").Get("/approvals").MustBe(200).Text("#awaited"); !strings.Contains(said, "It waits") {
			t.Errorf("for Cleo waits %s", said)
		}
		// Of one thing in another project there is nothing here.
		s.As("mia").Get("/projects/" + string(s.World.Brand) + "/approvals?list=signoffs&subject=" + again).MustBe(404)
		s.As("carl").Get("/projects/" + string(s.World.Site) + "/approvals?list=signoffs").MustBe(404)
		// The project can be asked for from each page, as long as it was not.
		last := "/projects/" + string(s.World.Site) + "/approvals?list=signoffs&after=" + strings.TrimPrefix(waits, "/signoffs/")
		s.As("mia").Get(last).MustBe(200).MustContain("Sign off the project")
		ask("", "the project")
		s.As("mia").Get(last).MustBe(200).MustNotContain("Sign off the project")
	})
}

// A milestone is signed off, from the form of the team to the signature.
func TestSignoffPages(t *testing.T) {
	signs, err := certificate.FromSecret([]byte("a secret"))
	if err != nil {
		t.Fatal(err)
	}
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		s := webtest.New(t, w, func(o *web.Options) { o.Genuine = signs.Signed })
		maker := certificate.New(certificate.Options{Portal: w.Portal, Blobs: s.Blobs, Signer: signs, BaseURL: s.URL})
		ctx := t.Context()
		tom, cleo, bea := s.As("tom"), s.As("cleo"), s.As("bea")
		site := "/projects/" + string(s.World.Site)
		s.Exec(`UPDATE projects SET name = 'Website' WHERE id = $1`, string(s.World.Site)) // whoever has a certificate has that name
		milestone, err := s.World.As(s.Tom).AddMilestone(ctx, s.World.Site, portal.NewMilestone{Title: "Launch", Audience: portal.ClientSide})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"cleo", "bea", "dan", "carl", "rex"} {
			s.As(name).Get(site + "/signoffs/new").MustBe(404)
			s.As(name).Post(site+"/signoffs", nil).MustBe(404)
		}
		// What is signed off is the very bytes that can be downloaded.
		final := send(t, tom).bring([]byte("the final bytes"), "project", string(s.World.Site), "filename", "Final.txt", "audience", "client")
		banner, err := s.World.As(s.Tom).AddDeliverable(ctx, s.World.Site, portal.NewDeliverable{Title: "Banner", Milestone: milestone, Audience: portal.ClientSide})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.World.As(s.Tom).Attach(ctx, portal.ItemID(banner), final); err != nil {
			t.Fatal(err)
		}
		asked, err := s.World.As(s.Tom).AskApproval(ctx, s.World.Site, portal.NewApproval{Title: "Banner", Deliverable: banner, Stages: []portal.NewStage{{People: []portal.PersonID{s.Cleo}}}})
		if err != nil {
			t.Fatal(err)
		}
		approval, err := s.World.As(s.Cleo).Approval(ctx, asked)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.World.As(s.Cleo).Decide(ctx, asked, portal.ApprovalAnswer{Answer: portal.AnswerApprove, Content: approval.Content}); err != nil {
			t.Fatal(err)
		}
		tom.Get("/milestones/" + string(milestone)).MustBe(200).MustContain("Ask to sign off")
		f := tom.Get(site+"/signoffs/new?subject="+string(milestone)).MustBe(200).MustContain("May sign: Cleo", "accept this milestone").Form(site + "/signoffs")
		f.Set("statement", "").Submit(tom).MustBe(422).MustContain("This is needed.")
		p := f.Set("statement", "We accept the **launch**.").Set("points", "Photos follow").Submit(tom).MustBe(200).MustContain("Asked to sign off", "Waits for somebody of Acme", "Take the question back")
		at, _, _ := strings.Cut(p.Path, "?")
		tom.Get(site + "/signoffs/new?subject=" + string(milestone)).Form(site + "/signoffs").Submit(tom).MustBe(409).MustContain("It was asked already")
		board := tom.Get("/approvals?lane=signoffs").MustBe(200).MustContain("Launch", "Asked")
		if err := s.World.As(s.Cleo).MarkSeen(ctx, portal.ItemID(strings.TrimPrefix(at, "/signoffs/"))); err != nil {
			t.Fatal(err)
		}
		board.Form(at+"/remind").Submit(tom).MustBe(200).MustContain("Reminded", "Cleo looked at it")
		tom.Get(at).Form(at + "/remind").Submit(tom).MustBe(422).MustContain("A reminder went out less than an hour ago.")
		tom.Get("/approvals?lane=signoffs").MustBe(200).MustContain("Cleo looked at it", "Reminded")
		cleo.Post(at+"/remind", nil).MustBe(404)
		cleo.Get(at).MustBe(200).MustNotContain("looked at it", "Reminded")
		tom.Get("/approvals?lane=signoffs&client="+string(s.Acme)).MustBe(200).MustContain("Launch", "All clients")
		tom.Get("/approvals?lane=signoffs&client=cli_of_nobody").MustBe(200).MustNotContain("Launch")
		tom.Get("/files?client=" + string(s.Acme)).MustBe(200).MustContain("CNRY-acme-client-site-file-name")
		tom.Get("/files?client=cli_of_nobody").MustBe(200).MustNotContain("CNRY-acme-client-site-file-name")

		cleo.Get("/").MustBe(200).MustContain("Launch", "Sign-off")
		cleo.Get("/approvals").MustBe(200).MustContain("Waits for you", "Launch")
		cleo.Get("/milestones/" + string(milestone)).MustBe(200).MustContain("Your signature is awaited.")
		for _, name := range []string{"dan", "carl", "rex", "eve"} {
			s.As(name).Get(at).MustBe(404)
			s.As(name).Post(at+"/sign", url.Values{"name": {"X"}, "content": {"x"}, "password": {portaltest.Password}}).MustBe(404)
		}
		bea.Get(at).MustBe(200).MustContain("Waits for somebody of Acme").MustNotContain("Your name")
		bea.Post(at+"/sign", url.Values{"name": {"X"}, "content": {"x"}, "password": {portaltest.Password}}).MustBe(403)
		bea.Post(at+"/code", url.Values{}).MustBe(403)

		f = cleo.Get(at).MustBe(200).MustContain("Photos follow", "for good").Form(at + "/sign")
		f.Set("name", " ").Set("password", portaltest.Password).Submit(cleo).MustBe(422).MustContain("This is needed.")
		f.Set("name", "Cleo Acme").Set("password", "not it at all, no").Submit(cleo).MustBe(422).MustContain("not your present password")
		if _, err := s.World.As(s.Tom).AddTask(ctx, s.World.Site, portal.NewTask{Title: "One more thing", Milestone: milestone, Audience: portal.ClientSide}); err != nil {
			t.Fatal(err)
		}
		f.Set("password", portaltest.Password).Submit(cleo).MustBe(409).MustContain("Nothing was signed", "One more thing", "As it is now")
		p = cleo.Get(at).Form(at+"/sign").Set("name", "Cleo Acme").Set("password", portaltest.Password).Submit(cleo).MustBe(200).MustContain("Signed. Thank you", "Cleo Acme signed for Acme")
		p.MustNotContain("Your name").MustContain("The certificate is being made")
		cleo.Get(at + "/certificate").MustBe(404)
		if err := maker.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(time.Hour)
		if err := maker.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		paper := cleo.Get(at + "/certificate").MustBe(200).Body
		if !strings.HasPrefix(paper, "%PDF") || bea.Get(at+"/certificate").MustBe(200).Body != paper || tom.Get(at+"/certificate").MustBe(200).Body != paper {
			t.Error("there is no certificate")
		}
		for _, name := range []string{"dan", "carl", "rex", "eve"} {
			s.As(name).Get(at + "/certificate").MustBe(404)
		}

		// T181: the hash on it is that of what is downloaded, and the handover pack holds
		// both.
		file, err := s.World.As(s.Cleo).File(ctx, final)
		if err != nil {
			t.Fatal(err)
		}
		got := cleo.Get("/versions/" + string(file.Version.ID) + "/download").MustBe(200).Body
		sum := sha256.Sum256([]byte(got))
		proof, err := s.World.As(s.Cleo).Certificate(ctx, strings.TrimPrefix(at, "/signoffs/"))
		if err != nil {
			t.Fatal(err)
		}
		signed := slices.IndexFunc(proof.Record.Lines, func(l portal.SignoffLine) bool { return l.Kind == portal.LineVersion && l.Version == file.Version.ID })
		if signed < 0 || proof.Record.Lines[signed].SHA256 != hex.EncodeToString(sum[:]) || got != "the final bytes" {
			t.Errorf("of what is downloaded, with the hash %x, it says %+v", sum, proof.Record.Lines)
		}
		pack := opened(t, send(t, cleo).do("POST", site+"/handover", strings.NewReader("person="), "Content-Type", "application/x-www-form-urlencoded").text)
		if pack["Certificates/Launch.pdf"] != paper || pack["Files/Final.txt"] != got || !strings.Contains(pack["SHA256SUMS"], hex.EncodeToString(sum[:])+"  Files/Final.txt\n") {
			t.Errorf("the pack holds %q", slices.Sorted(maps.Keys(pack)))
		}
		if sum := sha256.Sum256([]byte(paper)); proof.SHA256 != hex.EncodeToString(sum[:]) || !strings.Contains(pack["SHA256SUMS"], proof.SHA256+"  Certificates/Launch.pdf\n") || !strings.Contains(pack["index.html"], "Certificates/Launch.pdf") {
			t.Error("the certificate's own hash is another one, or the index does not lead to it")
		}

		// Anybody who has the paper, or its code, learns what is in it; nobody else
		// learns anything.
		code := cleo.Get(at).MustBe(200).MustContain("Certificate (PDF)").Attr("a[href^='/verify/']", "href")
		stranger := s.Stranger()
		stranger.Get(code).MustBe(200).MustContain("Certificate of Launch", "Cleo Acme", "We accept the **launch**.", "Final.txt", hex.EncodeToString(sum[:4])+" "+hex.EncodeToString(sum[4:8]))
		stranger.Get(code+"x").MustBe(404).MustNotContain("Launch", "Acme")
		if typed := stranger.Get("/verify?code=nothing").MustBe(404).MustContain("No certificate has this code.").Attr("input[name=code]", "value"); typed != "nothing" {
			t.Errorf("of the code that was typed there is %q", typed)
		}
		stranger.Get("/verify?code=" + url.QueryEscape(" "+s.URL+code)).MustBe(200).MustContain("Certificate of Launch")
		stranger.Get("/verify").MustBe(200).MustContain("Verify a certificate").MustNotContain("Launch", "Acme")
		check := func(path, content string) *webtest.Page {
			t.Helper()
			var body bytes.Buffer
			form := multipart.NewWriter(&body)
			if content != "" {
				part, err := form.CreateFormFile("file", "some.pdf")
				if err != nil {
					t.Fatal(err)
				}
				part.Write([]byte(content))
			}
			form.Close()
			r, err := http.NewRequest("POST", s.URL+path, &body)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", form.FormDataContentType())
			return stranger.Do(r)
		}
		check("/verify", paper).MustBe(200).MustContain("This is the certificate, to the last byte.", "signature is valid", "Launch").Form(code)
		check(code, paper).MustBe(200).MustContain("This is the certificate, to the last byte.", "signature is valid")
		check(code, got).MustBe(200).MustContain("This is Final.txt, v1, exactly as it was approved.", hex.EncodeToString(sum[:4])).MustNotContain("neither the certificate nor any of the files", "signature is valid")
		bad := []byte(paper)
		bad[len(bad)/2] ^= 1
		check("/verify", string(bad)).MustBe(200).MustContain("no certificate of this portal, or it was changed").MustNotContain("Launch", "Acme")
		check(code, string(bad)).MustBe(200).MustContain("neither the certificate nor any of the files")
		check("/verify", "").MustBe(422).MustContain("This is needed.")
		check("/verify/vt_crt_unknown", paper).MustBe(404)
		stranger.Post("/verify", nil).MustBe(415)
		cleo.Post(at+"/sign", url.Values{"name": {"X"}, "content": {"x"}, "password": {portaltest.Password}}).MustBe(409)
		tom.Get("/milestones/" + string(milestone)).MustBe(200).MustContain("Signed off").MustNotContain("Ask to sign off")
		tom.Post(at+"/withdraw", nil).MustBe(409)

		// One that is declined says why, and can be asked again.
		tom.Get(site + "/approvals").MustBe(200).MustContain("Sign off the project")
		p = tom.Get(site + "/signoffs/new?subject=" + string(s.World.Site)).Form(site + "/signoffs").Submit(tom).MustBe(200)
		at, _, _ = strings.Cut(p.Path, "?")
		cleo.Post(at+"/decline", url.Values{"note": {""}}).MustBe(422)
		cleo.Post(at+"/decline", url.Values{"note": {"The film is missing"}}).MustBe(200).MustContain("The film is missing")
		tom.Get(at).MustBe(200).MustContain("Ask again", "The film is missing")
	})
}

// A sign-off of more than can be listed is drawn, signed with what is counted, and when
// more was approved than one signature can be about, says so, can be taken back and
// does not break a handover off.
func TestSignoffPagesOfVeryMuch(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		tom, cleo := s.As("tom"), s.As("cleo")
		site := "/projects/" + string(s.World.Site)
		items := s.Items[s.World.Site][portal.ClientSide]
		copies := func(n int, table, columns, id string) {
			s.Exec(`
WITH RECURSIVE x(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM x WHERE i < `+strconv.Itoa(n)+`)
INSERT INTO `+table+` (id, `+columns+`) SELECT substr(r.id, 1, 4) || 'zz' || CAST(x.i AS TEXT), `+columns+` FROM `+table+` r CROSS JOIN x WHERE r.id = $1`, id)
		}
		copies(1005, "tasks", `project_id, title, audience, position, created_at, created_by, turn_since, shown_at, shown_by`, string(items.Task))
		p := tom.Get(site + "/signoffs/new").MustBe(200).MustContain("More tasks that are not done").Form(site + "/signoffs").Submit(tom).MustBe(200)
		at, _, _ := strings.Cut(p.Path, "?")
		tom.Get(at).MustBe(200).MustContain("More tasks that are not done")
		cleo.Get(at).MustBe(200).MustContain("More tasks that are not done", "With your signature")

		copies(1001, "deliverables", `project_id, title, body, audience, position, round, created_at, created_by, turn_since, shown_at, shown_by, state, state_at, state_by`, string(items.Deliverable))
		s.Exec(`UPDATE deliverables SET state = 'approved' WHERE id LIKE 'dlv_zz%'`)
		const why = "More was approved than one signature can be about"
		cleo.Get(at).MustBe(200).MustContain(why, "I do not accept it").MustNotContain("With your signature", "Nothing was approved here yet")
		cleo.Post(at+"/sign", url.Values{"name": {"Cleo"}, "content": {""}, "password": {portaltest.Password}}).MustBe(422).MustContain(why)
		cleo.Post(at+"/decline", url.Values{"note": {""}}).MustBe(422).MustContain(why, "Say why: a sentence is enough.")
		pack := opened(t, send(t, cleo).do("POST", site+"/handover", strings.NewReader("person="), "Content-Type", "application/x-www-form-urlencoded").text)
		if page := string(pack["Decisions.html"]); !strings.Contains(page, "This cannot be signed as it is") || !strings.Contains(page, "</html>") {
			t.Error("the handover does not say that it cannot be signed")
		}
		tom.Get(at).MustBe(200).MustContain(why, "Take the question back")
		tom.Post(at+"/withdraw", nil).MustBe(200)
		p = tom.Get(site + "/signoffs/new").MustBe(200).MustContain(why)
		p.Form(site + "/signoffs").Submit(tom).MustBe(422).MustContain(why)
	})
}
