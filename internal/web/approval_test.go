package web_test

import (
	"encoding/csv"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/webtest"
)

// T175: of thirty who send the same answer at once, over HTTP, one decides; the others
// are told that it was decided.
func TestDecideThirtyTimesAtOnce(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		id, err := s.World.As(s.Tom).AskApproval(t.Context(), s.World.Site, portal.NewApproval{Title: "A poster", Versions: []portal.VersionID{s.Items[s.World.Site][portal.ClientSide].Version},
			Stages: []portal.NewStage{{People: []portal.PersonID{s.Cleo}}}})
		if err != nil {
			t.Fatal(err)
		}
		at := "/approvals/" + string(id)
		answer := url.Values{"answer": {"approve"}, "content": {s.As("cleo").Get(at).Attr("input[name=content]", "value")}}
		begin, codes := make(chan struct{}), make(chan int, 30)
		for range cap(codes) {
			b := s.As("cleo")
			go func() {
				<-begin
				codes <- b.Post(at+"/decide", answer).Status
			}()
		}
		close(begin)
		got := map[int]int{}
		for range cap(codes) {
			got[<-codes]++
		}
		var decisions, events int
		if err := s.DB.QueryRow(t.Context(), `SELECT (SELECT COUNT(*) FROM approval_decisions WHERE approval_id = $1), (SELECT COUNT(*) FROM events WHERE subject = $1 AND kind = 'approval_approved')`, string(id)).Scan(&decisions, &events); err != nil {
			t.Fatal(err)
		}
		if got[200] != 1 || got[409] != cap(codes)-1 || decisions != 1 || events != 1 {
			t.Errorf("the answers are %v, with %d decisions and %d events", got, decisions, events)
		}
	})
}

// Whoever could look at a part alone is told what is missing and what to do, on each page
// on which they would approve, and the team who it is that cannot.
func TestAPartIsNotApproved(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		tom, cleo := s.As("tom"), s.As("cleo")
		page := func(last int) (all []portal.Artifact) {
			for n := 1; n <= last; n++ {
				all = append(all, portal.Artifact{Kind: "page", Page: n, Blob: "blb_page", Size: 3, SHA256: strings.Repeat("c", 64), Type: "image/png", Width: 60, Height: 80})
			}
			return all
		}
		f, v := bring(t, s, s.Tom, portal.NewUpload{Project: s.World.Site, Name: "Handbook.pdf", Audience: portal.ClientSide}, []byte("as it came"), "pdf", "application/pdf")
		site := "/projects/" + string(s.World.Site) + "/approvals"
		asks := func() *webtest.Page {
			t.Helper()
			f := tom.Get(site + "/new?version=" + string(v)).MustBe(200).Form(site)
			return f.Set("stages.1.people", string(s.Cleo)).Set("no_download", "1").Submit(tom)
		}
		look(t, s, v, portal.Preview{Pages: 25, Whole: true, More: 21, Artifacts: page(20)})
		asks().MustBe(422).MustContain("still being made: Handbook.pdf. Ask again in a minute")
		look(t, s, v, portal.Preview{Pages: 25, Whole: true, Artifacts: page(20)})
		asks().MustBe(422).MustContain("Only a part of it is shown here: Handbook.pdf")
		look(t, s, v, portal.Preview{Pages: 25, Whole: true, Artifacts: page(25)})
		at, _, _ := strings.Cut(asks().MustBe(200).Path, "?")
		file := "/files/" + string(f)
		approves := func() bool {
			a, b := cleo.Get(at).MustBe(200).Has("[value=approve]"), cleo.Get(file).MustBe(200).Has("[value=approve]")
			if a != b {
				t.Errorf("on the page of the approval it can be approved: %t; below the file: %t", a, b)
			}
			return a
		}
		if !approves() {
			t.Fatal("with all its pages it cannot be approved")
		}
		answer := url.Values{"answer": {"approve"}, "content": {cleo.Get(at).Attr("input[name=content]", "value")}}

		look(t, s, v, portal.Preview{Pages: 25, Whole: true, More: 21, Artifacts: page(20)})
		yet := "What is shown here of Handbook.pdf is still being made."
		cleo.Get(at).MustContain(yet).MustContain("Look again")
		cleo.Get(file).MustContain(yet).MustContain("5 more pages are still being drawn.").MustNotContain("ownload")
		cleo.Post(at+"/decide", answer).MustBe(422).MustContain("Look again in a minute.")
		tom.Get(at).MustContain("Cleo cannot approve yet: what is shown here of Handbook.pdf is still being made.")
		tom.Get(file).MustContain("5 more pages are still being drawn.")

		look(t, s, v, portal.Preview{Pages: 25, Whole: true, Artifacts: page(20)})
		ask := "Not all of Handbook.pdf is shown here, and you may not download it."
		cleo.Get(at).MustContain(ask).MustContain("Ask about it")
		cleo.Get(file).MustContain(ask).MustContain("5 more pages are not shown here. Ask ").MustNotContain("Download")
		cleo.Post(at+"/decide", answer).MustBe(422).MustContain("Not all of it is shown here")
		if approves() {
			t.Error("a part can be approved")
		}
		told := tom.Get(at).MustContain("Cleo cannot approve: not all of Handbook.pdf is shown here, and the download is off until it is approved.")
		if !told.Has(`a[href="/projects/` + string(s.World.Site) + `/approvals/new?again=` + strings.TrimPrefix(at, "/approvals/") + `"]`) {
			t.Error("the team cannot ask again from there")
		}
		tom.Get(file).MustContain("5 more pages: download the file to read them.")

		// With the download it is theirs to decide.
		again := tom.Get(site + "/new?again=" + strings.TrimPrefix(at, "/approvals/")).MustBe(200).Form(site).Set("no_download")
		at, _, _ = strings.Cut(again.Submit(tom).MustBe(200).Path, "?")
		cleo.Get(file).MustContain("5 more pages: download the file to read them.").MustNotContain("Not all of")
		if !approves() {
			t.Error("it cannot be approved by who may download it")
		}
		tom.Get(at).MustNotContain("cannot approve")
		right := func(sql string) {
			s.Exec(sql, string(s.CleoUser))
			s.World.Regrant()
		}
		right(`UPDATE client_users SET rights = rights & ~2 WHERE id = $1`)
		tom.Get(at).MustContain("Cleo cannot approve: not all of Handbook.pdf is shown here, and they may not download it. Let them download, or ask somebody else.")
		cleo.Get(at).MustContain(ask)

		// A text that is cut says how to read the rest.
		words, cut := bring(t, s, s.Tom, portal.NewUpload{Project: s.World.Site, Name: "Log.txt", Audience: portal.ClientSide}, []byte(strings.Repeat("a line\n", 200_000)), "text", "text/plain; charset=utf-8")
		look(t, s, cut, portal.Preview{Text: "a line"})
		cleo.Get("/files/" + string(words)).MustContain("Ask Honcho Design for the file to read the rest.")
		right(`UPDATE client_users SET rights = rights | 2 WHERE id = $1`)
		cleo.Get("/files/" + string(words)).MustContain("Download the file to read the rest.")
	})
}

// An approval from the form to the answers, as both sides see it.
func TestApprovalPages(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		tom, cleo, bea := s.As("tom"), s.As("cleo"), s.As("bea")
		site := "/projects/" + string(s.World.Site)
		for _, name := range []string{"cleo", "bea", "dan", "carl", "rex"} {
			s.As(name).Get(site + "/approvals/new").MustBe(404)
			s.As(name).Post(site+"/approvals", nil).MustBe(404)
		}
		version := string(s.Items[s.World.Site][portal.ClientSide].Version)
		var versions []string
		for _, name := range []string{"left.txt", "right.txt"} {
			send(t, tom).bring([]byte("a banner"), "project", string(s.World.Site), "filename", name, "audience", "client")
		}
		tom.Get(site+"/approvals").MustBe(200).MustContain("Ask for approval", "CNRY-acme-client-site-approval-title", "CNRY-acme-team-site-approval-title")
		s.As("ada").Get("/clients/"+string(s.World.Acme)+"/approvals").MustBe(200).MustNotContain("CNRY-brick").
			MustContain("CNRY-acme-client-site-approval-title", "CNRY-acme-team-site-approval-title")
		p := tom.Get(site+"/approvals/new?version="+version).MustBe(200).MustContain("Who decides at Acme", "left.txt", "right.txt", "In 3 working days")
		for _, v := range p.Attrs("#versions input", "value") {
			if v != version && len(versions) < 2 {
				versions = append(versions, v)
			}
		}
		f := p.Form(site+"/approvals").Set("title", "")
		f.Submit(tom).MustBe(422).MustContain("This is needed.")
		p = f.Set("title", "Two banners").Set("versions", versions...).Set("stages.1.people", string(s.Cleo)).Set("stages.1.advisers", string(s.Bea), string(s.Mia)).
			Set("checklist", "Spelling").Set("body", "Look at the **logo**").Submit(tom).MustBe(200).MustContain("Asked", "Two banners", "Cleo", "No answer yet")
		at, _, _ := strings.Cut(p.Path, "?")

		// Two taps: the card on the home, and the button.
		cleo.Get("/").MustBe(200).MustContain("Two banners", "Review")
		cleo.Get("/approvals").MustBe(200).MustContain("Waits for you", "Two banners").MustNotContain("Waits for Cleo")
		bea.Get("/approvals").MustBe(200).MustContain("Two banners", "Waits for Cleo")
		p = cleo.Get(at).MustBe(200).MustContain("Two banners", "left.txt", "right.txt", "Approve all 2", "Request changes", "Spelling", "Bea")
		p.MustNotContain("Mia", "Remind")
		if p.Count(".decide-bar button") != 2 || p.Attr("input[name=content]", "value") == "" {
			t.Error("there is no bar to decide with")
		}
		for _, name := range []string{"dan", "carl", "rex", "eve"} {
			s.As(name).Get(at).MustBe(404)
			s.As(name).Post(at+"/decide", url.Values{"answer": {"approve"}}).MustBe(404)
		}
		bea.Get(at).MustBe(200).MustContain("What do you advise?")
		tom.Post(at+"/decide", url.Values{"answer": {"approve"}, "content": {p.Attr("input[name=content]", "value")}}).MustBe(403)
		old := cleo.Get(at).Form(at + "/decide")
		f = cleo.Get(at).Form(at + "/decide")
		f.Press("answer", "approve").Submit(cleo).MustBe(422).MustContain("Tick every point before you approve.")
		f = cleo.Get(at).Form(at+"/decide").Set("note.2", "Bigger logo").Press("answer", "changes")
		cleo.Post(at+"/decide", f.Values()).MustBe(200).MustContain("The team is told what to change", "Bigger logo", "Approved v1", "To change", "Take it back")
		cleo.Post(at+"/decide", old.Press("answer", "approve").Values()).MustBe(409).MustContain("It has changed meanwhile")
		cleo.Post(at+"/undo", nil).MustBe(200).MustContain("Taken back", "Approve all 2")

		// The board, its export, and what follows up.
		tom.Get("/approvals").MustBe(200).MustContain("Two banners", "Cleo: looked at it", "Acme")
		csv := tom.Get("/approvals.csv?lane=client").MustBe(200)
		if !strings.Contains(csv.Body, "Two banners,Looked at") {
			t.Errorf("the export: %s", csv.Body)
		}
		tom.Post(at+"/remind", nil).MustBe(200).MustContain("Reminded")
		tom.Post(at+"/remind", nil).MustBe(422).MustContain("less than an hour ago")
		cleo.Get("/approvals.csv").MustBe(404)
		id := strings.TrimPrefix(at, "/approvals/")
		if _, err := s.World.As(s.Tom).AskApproval(t.Context(), s.World.Site, portal.NewApproval{Title: "Another", Versions: []portal.VersionID{portal.VersionID(version)},
			Stages: []portal.NewStage{{People: []portal.PersonID{s.Cleo}}}}); err != nil {
			t.Fatal(err)
		}
		p = tom.Get("/approvals?lane=client").MustBe(200)
		f = p.Form("/approvals/remind?lane=client")
		tom.Post("/approvals/remind?lane=client", url.Values{}).MustBe(422).MustContain("This is needed.")
		all := p.Attrs(`input[name="approval"]`, "value")
		v := f.Values()
		v["approval"] = append(all, "apr_of_nobody")
		p = tom.Post("/approvals/remind?lane=client", v).MustBe(200).MustContain("Two banners", "not again: a reminder went out today", "Another · Cleo")
		if len(all) < 2 || !slices.Contains(all, id) || p.Count(".reminded li") != len(all) {
			t.Errorf("%v were ticked, %d are answered for", all, p.Count(".reminded li"))
		}
		tom.Post("/approvals/remind?lane=client", v).MustBe(200).MustContain("Two banners", "not again: a reminder went out today", "Another · Cleo").MustNotContain("/live") // the same form once more
		for _, name := range []string{"cleo", "dan", "carl", "rex"} {
			s.As(name).Post("/approvals/remind", url.Values{"approval": {id}}).MustBe(404)
		}
		send(t, tom).bring([]byte("a newer banner"), "project", string(s.World.Site), "filename", "left.txt", "audience", "client", "on_clash", "version")

		p = tom.Get(strings.Replace(at, "/approvals/", site+"/approvals/new?again=", 1)).MustBe(200).MustContain("Ask again", "Look at the **logo**")
		p = p.Form(site+"/approvals").Press("draft", "1").Submit(tom).MustBe(200).MustContain("Saved as a draft", "nobody is asked yet")
		draft, _, _ := strings.Cut(p.Path, "?")
		cleo.Get(draft).MustBe(404)
		tom.Get(draft+"/edit").MustBe(200).Form(draft).Submit(tom).MustBe(200).MustContain("Asked", "Round 2")
		f = cleo.Get(draft).MustBe(200).Form(draft+"/decide").Tick("check.1").Set("note", "Lovely")
		cleo.Post(draft+"/decide", f.Press("answer", "approve").Values()).MustBe(200).MustContain("Approved. Thank you", "Approved with notes", "Lovely", "There is nothing more for you to do.")
		tom.Get("/approvals?lane=approved").MustBe(200).MustContain("Two banners")
		tom.Get(draft + "/edit").MustBe(409)
	})
}

// Stages are added, moved and removed by the buttons of the form, without script;
// what was typed stays, and the client learns of theirs alone.
func TestApprovalStages(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		s.Exec(`UPDATE client_users SET rights = rights | 32 WHERE id = $1`, string(s.BeaAtAcme))
		s.Regrant()
		tom, mia, cleo, bea := s.As("tom"), s.As("mia"), s.As("cleo"), s.As("bea")
		to := "/projects/" + string(s.World.Site) + "/approvals"
		p := tom.Get(to + "/new?version=" + string(s.Items[s.World.Site][portal.ClientSide].Version)).MustBe(200).MustNotContain("Remove this stage")
		p = p.Form(to).Set("title", "In order").Set("body", "Look well").Set("stages.1.people", string(s.Bea)).Press("do", "client").Submit(tom).MustBe(200).MustContain("Look well", "Asked once those before")
		p = p.Form(to).Set("stages.2.people", string(s.Cleo)).Press("do", "team").Submit(tom).MustBe(200).MustContain("1. Who looks first")
		p = p.Form(to).Set("stages.1.people", string(s.Mia)).Press("do", "team").Submit(tom).MustBe(200)
		p = p.Form(to).Press("do", "client").Submit(tom).MustBe(200)
		if p.Attr(`input[name="stages"]`, "value") != "5" || p.Has(`button[value="client"]`) {
			t.Error("there are not five stages, or one more can be added")
		}
		p.Form(to).Submit(tom).MustBe(422).MustContain("This is needed.")
		f := p.Form(to).Press("do", "remove.5").Submit(tom).MustBe(200).Form(to)
		p = f.Press("do", "remove.2").Submit(tom).MustBe(200) // the second of the team's, which is empty
		f = p.Form(to).Press("do", "earlier.3")
		p = f.Submit(tom).MustBe(200)
		f = p.Form(to)
		for field, want := range map[string]portal.PersonID{"stages.1.people": s.Mia, "stages.2.people": s.Cleo, "stages.3.people": s.Bea} {
			if got := f.Get(field); got != string(want) || f.Get("title") != "In order" {
				t.Errorf("%s is %s, want %s", field, got, want)
			}
		}
		for _, do := range []string{"earlier.2", "remove.9", "remove.x", "x"} {
			v := p.Form(to).Values()
			v.Set("do", do)
			tom.Post(to, v).MustBe(422)
		}
		s.As("carl").Post(to, p.Form(to).Press("do", "client").Values()).MustBe(404)
		at, _, _ := strings.Cut(p.Form(to).Submit(tom).MustBe(200).MustContain("Asked", "1. The team looks first").Path, "?")
		cleo.Get(at).MustBe(404)
		approve := func(b *webtest.Browser) {
			b.Post(at+"/decide", b.Get(at).MustBe(200).Form(at+"/decide").Press("answer", "approve").Values()).MustBe(200)
		}
		approve(mia)
		cleo.Get(at).MustBe(200).MustContain("Approve v1", "Tom asked").MustNotContain("The team looks first", "Mia asked")
		cleo.Get("/projects/" + string(s.World.Site) + "/activity").MustBe(200).MustContain("In order").MustNotContain("Mia asked for approval of In order")
		bea.Get(at).MustBe(200).MustNotContain("Is it right as it is?")
		approve(cleo)
		approve(bea)
		bea.Get(at).MustBe(200).MustContain("Bea approved it", "Those who decide next on").MustNotContain("Cleo asked for")

		// The leads, whoever they are when it is sent.
		f = tom.Get(to+"/new?again="+strings.TrimPrefix(at, "/approvals/")).MustBe(200).MustContain("Every lead of Acme", "Now Cleo.", "Now Bea and Cleo.").Form(to)
		f = f.Press("do", "remove.1").Submit(tom).MustBe(200).Form(to).Press("do", "remove.2").Submit(tom).MustBe(200).Form(to)
		p = f.Set("stages.1.people").Set("stages.1.role", "leads").Set("title", "For the leads").Press("do", "client").Submit(tom).MustBe(200)
		if got := p.Attrs(`input[name="stages.1.role"][checked]`, "value"); len(got) != 1 || got[0] != "leads" {
			t.Errorf("ticked are the roles %v", got)
		}
		at, _, _ = strings.Cut(p.Form(to).Press("do", "remove.2").Submit(tom).MustBe(200).Form(to).Submit(tom).MustBe(200).MustContain("A lead who joins later is not", "as a lead").Path, "?")
		cleo.Get(at).MustBe(200).MustContain("The leads of Acme are asked", "as a lead", "Approve v1")
	})
}

// What is due stands first in the client's list, whatever it is, by its day; then what
// has none.
func TestDueFirst(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		tom := s.World.As(s.Tom)
		if _, err := tom.AskSignoff(t.Context(), portal.NewSignoff{Project: s.World.Site, Subject: string(s.World.Site), Statement: "It is complete."}); err != nil {
			t.Fatal(err)
		}
		for title, due := range map[string]string{"Late": "2026-03-02", "In time": "2026-03-20"} {
			if _, err := tom.AskApproval(t.Context(), s.World.Site, portal.NewApproval{Title: title, DueOn: due, Versions: []portal.VersionID{s.Items[s.World.Site][portal.ClientSide].Version}, Stages: []portal.NewStage{{People: []portal.PersonID{s.Cleo}}}}); err != nil {
				t.Fatal(err)
			}
		}
		rows := s.As("cleo").Get("/approvals").MustBe(200).Texts("#awaited li")
		if len(rows) < 3 || !strings.Contains(rows[0], "Late") || !strings.Contains(rows[1], "In time") {
			t.Errorf("%q", rows)
		}
	})
}

// A decision handed on by whoever is asked, by the team, and while somebody is away.
func TestHandingOn(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		s.Exec(`UPDATE client_users SET rights = rights | 32 WHERE id = $1`, string(s.BeaAtAcme))
		s.Regrant()
		tom, cleo, bea := s.As("tom"), s.As("cleo"), s.As("bea")
		id, err := s.World.As(s.Tom).AskApproval(t.Context(), s.World.Site, portal.NewApproval{Title: "A poster", Versions: []portal.VersionID{s.Items[s.World.Site][portal.ClientSide].Version},
			Stages: []portal.NewStage{{People: []portal.PersonID{s.Cleo}}}})
		if err != nil {
			t.Fatal(err)
		}
		at := "/approvals/" + string(id)
		for name, status := range map[string]int{"bea": 409, "dan": 404, "carl": 404, "rex": 404, "tom": 403} {
			s.As(name).Post(at+"/delegate", url.Values{"person": {string(s.Bea)}}).MustBe(status)
		}
		bea.Get(at).MustBe(200).MustNotContain("Hand it to a colleague", "Name somebody else")
		f := cleo.Get(at).MustBe(200).MustContain("Hand it to a colleague").Form(at + "/delegate")
		cleo.Post(at+"/delegate", url.Values{"person": {string(s.Dan)}}).MustBe(422).MustContain("cannot")
		f.Set("person", string(s.Bea)).Submit(cleo).MustBe(200).MustContain("Handed on", "Bea decides instead", "for Cleo")
		cleo.Post(at+"/decide", url.Values{"answer": {"approve"}}).MustBe(403)
		cleo.Get(at).MustBe(200).MustContain("Waits for Bea").MustNotContain("Waiting for you")
		bea.Get(at).MustBe(200).MustContain("Waiting for you", "for Cleo")
		tom.Get("/approvals").MustBe(200).MustContain("Cleo: handed on", "Next reminder")
		// The team sees that nobody is left, and names another.
		if err := s.World.As(s.Ada).Suspend(t.Context(), s.BeaAtAcme); err != nil {
			t.Fatal(err)
		}
		if err := s.World.Portal.FollowApprovals(t.Context(), time.Time{}); err != nil {
			t.Fatal(err)
		}
		tom.Get("/approvals?lane=team").MustBe(200).MustContain("A poster", "Nobody can answer")
		p := tom.Get(at).MustBe(200).MustContain("Nobody who is asked can answer any more", "Name somebody else")
		p.Form(at+"/reassign").Set("from", string(s.Bea)).Set("person", string(s.Cleo)).Submit(tom).MustBe(200).MustContain("Asked", "Waiting")
		cleo.Get(at).MustBe(200).MustContain("Is it right as it is?")

		// While Cleo is away.
		tom.Get("/profile").MustBe(200).MustNotContain("While you are away")
		if err := s.World.As(s.Ada).Resume(t.Context(), s.BeaAtAcme); err != nil {
			t.Fatal(err)
		}
		f = cleo.Get("/profile").MustBe(200).MustContain("While you are away").Form("/profile/deputy")
		back := f.Set("from", "2026-03-20").Set("to", "2026-03-12").Submit(cleo).MustBe(422).MustContain("before the first")
		if from, to := back.Attr("input[name=from]", "value"), back.Attr("input[name=to]", "value"); from != "2026-03-20" || to != "2026-03-12" {
			t.Errorf("of what was typed there is %q and %q", from, to)
		}
		f.Set("person", string(s.Bea)).Set("from", "2026-03-12").Set("to", "2026-03-20").Submit(cleo).MustBe(200).MustContain("Bea decides for you from")
		cleo.Get("/profile").Form("/profile/deputy/end").Submit(cleo).MustBe(200).MustNotContain("Bea decides for you from")
		if id, err = s.World.As(s.Tom).AskApproval(t.Context(), s.World.Site, portal.NewApproval{Title: "A flag", Versions: []portal.VersionID{s.Items[s.World.Site][portal.ClientSide].Version},
			Stages: []portal.NewStage{{People: []portal.PersonID{s.Cleo}}}}); err != nil {
			t.Fatal(err)
		}
		at = "/approvals/" + string(id)
		today := s.Clock.Now().Format(time.DateOnly)
		cleo.Get("/profile").Form("/profile/deputy").Set("person", string(s.Bea)).Set("from", today).Set("to", today).Submit(cleo).MustBe(200)
		cleo.Get(at).MustBe(200).MustContain("Bea decides instead", "Waits for Bea", "while Cleo is away")
		for _, b := range []*webtest.Browser{bea, tom} {
			if b.Get(at).MustBe(200).Has(`form[action="/profile/deputy/end"]`) {
				t.Error("somebody else is offered to take it back")
			}
		}
		p = cleo.Get(at).MustContain("Bea decides for you while you are away").Form("/profile/deputy/end").Submit(cleo).MustBe(200).MustContain("You decide yourself again", "Is it right as it is?").
			MustNotContain("while you are away")
		if got, _, _ := strings.Cut(p.Path, "?"); got != at {
			t.Errorf("she is led to %s", got)
		}
		p = bea.Get(at).MustBe(200).MustContain("Cleo decides again", "Waits for Cleo").MustNotContain("for Cleo ·")
		if all := p.Texts("main"); !strings.Contains(strings.Join(all, " "), "Cleo decides on A flag again, not Bea") {
			t.Errorf("the history: %q", all)
		}
	})
}

// A list says of each approval what its reader does not know: not the client on that
// client's page, and of a draft not that somebody was asked. What is open stands before
// what is over.
func TestApprovalLists(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		s.Exec(`UPDATE client_users SET rights = rights | 32 WHERE id = $1`, string(s.BeaAtAcme))
		s.Regrant()
		tom := s.World.As(s.Tom)
		ask := func(n portal.NewApproval) portal.ApprovalID {
			t.Helper()
			n.Versions = []portal.VersionID{s.Items[s.World.Site][portal.ClientSide].Version}
			n.Stages = []portal.NewStage{{People: []portal.PersonID{s.Bea}}}
			id, err := tom.AskApproval(t.Context(), s.World.Site, n)
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		draft := ask(portal.NewApproval{Title: "A sketch", Draft: true})
		ask(portal.NewApproval{Title: "A poster"})
		over := ask(portal.NewApproval{Title: "A flyer"})
		if err := tom.CancelApproval(t.Context(), over); err != nil {
			t.Fatal(err)
		}
		row := func(rows []string, title string) (int, string) {
			t.Helper()
			i := slices.IndexFunc(rows, func(r string) bool { return strings.Contains(r, title) })
			if i < 0 {
				t.Fatalf("no %q in %q", title, rows)
			}
			return i, rows[i]
		}
		rows := s.As("tom").Get("/clients/" + string(s.World.Acme) + "/approvals").MustBe(200).Texts("main li")
		if _, is := row(rows, "A poster"); strings.Contains(is, "Acme") || !strings.Contains(is, "Tom asked") {
			t.Errorf("on the client's page: %q", is)
		}
		if _, is := row(rows, "A sketch"); strings.Contains(is, "asked") {
			t.Errorf("a draft: %q", is)
		}
		if facts := s.As("tom").Get("/approvals/" + string(draft)).MustBe(200).Texts(".facts"); len(facts) == 0 || strings.Contains(facts[0], "asked") {
			t.Errorf("a draft: %q", facts)
		}
		if _, is := row(s.As("tom").Get("/approvals?lane=draft").MustBe(200).Texts("tbody tr"), "A sketch"); !strings.Contains(is, "Bea") || strings.Contains(is, "not seen") {
			t.Errorf("a draft on the board: %q", is)
		}
		rows = s.As("cleo").Get("/approvals").MustBe(200).Texts("main li")
		poster, _ := row(rows, "A poster")
		if flyer, _ := row(rows, "A flyer"); flyer < poster {
			t.Errorf("what is over is first: %q", rows)
		}
	})
}

// What changed since somebody approved stands on a page with the comparisons, and
// so does the button that says that the approval still stands.
func TestEarlierApprovalPage(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		s.Exec(`UPDATE client_users SET rights = rights | 32 WHERE id = $1`, string(s.BeaAtAcme))
		s.Regrant()
		tom, cleo, bea := s.As("tom"), s.As("cleo"), s.As("bea")
		to := "/projects/" + string(s.World.Site) + "/approvals"
		fields := []string{"project", string(s.World.Site), "filename", "left.txt", "audience", "client"}
		send(t, tom).bring([]byte("a banner"), fields...)
		p := tom.Get(to + "/new").MustBe(200)
		p = p.Form(to).Set("title", "A banner").Set("versions", p.Attrs("#versions input", "value")[0]).Set("stages.1.rule", "everyone").Set("stages.1.people", string(s.Cleo), string(s.Bea)).
			Set("checklist", "Spelling").Submit(tom).MustBe(200)
		first, _, _ := strings.Cut(p.Path, "?")
		old := cleo.Get(first).MustBe(200).MustNotContain("What changed since you approved").Form(first+"/decide").Tick("check.1").Press("answer", "approve")
		old.Submit(cleo).MustBe(200).MustContain("Approved. Thank you")
		cleo.Get(first + "/changes-since").MustBe(404)
		send(t, tom).bring([]byte("a newer banner"), append(fields, "on_clash", "version", "note", "One word more")...)
		p = tom.Get(to + "/new?again=" + strings.TrimPrefix(first, "/approvals/")).MustBe(200).Form(to).Submit(tom).MustBe(200).MustContain("Round 2")
		at, _, _ := strings.Cut(p.Path, "?")
		since, stands := at+"/changes-since", at+"/stands"
		for name, status := range map[string]int{"bea": 403, "tom": 403, "dan": 404, "carl": 404, "rex": 404} {
			b := s.As(name)
			b.Get(since).MustBe(404)
			if status == 403 {
				b.Get(at).MustBe(200).MustNotContain("What changed since you approved", "My earlier approval still stands")
			}
			b.Post(stands, url.Values{"content": {cleo.Get(at).Attr("input[name=content]", "value")}, "check.1": {"1"}}).MustBe(status)
		}

		// Not beside the other answers, but where the change is.
		cleo.Get(at).MustBe(200).MustContain("What changed since you approved", "Approve v2").MustNotContain("My earlier approval still stands")
		p = cleo.Get(since).MustBe(200).MustContain("left.txt: compare v1 and v2", "One word more", "My earlier approval still stands", "Answer it anew")
		cleo.Get(p.Attr(`a[href*="/compare?a="]`, "href")).MustBe(200).MustContain("a newer banner")
		f := p.Form(stands)
		f.Submit(cleo).MustBe(422).MustContain("Tick every point before you approve.", "left.txt: compare v1 and v2")
		stale := p.Form(stands).Tick("check.1").Values()
		stale.Set("content", strings.Repeat("0", 64))
		cleo.Post(stands, stale).MustBe(409).MustContain("It has changed meanwhile")
		late := cleo.Get(since).Form(stands).Tick("check.1")
		f = p.Form(stands).Tick("check.1")
		f.Submit(cleo).MustBe(200).MustContain("Recorded: your approval still stands", "still stands", "Take it back", "Cleo said that their earlier approval of")
		late.Submit(cleo).MustBe(409).MustContain("It has changed meanwhile")
		cleo.Get(since).MustBe(404)
		tom.Get(at).MustBe(200).MustContain("the earlier approval, given", "Cleo said that their earlier approval of")
		cleo.Post(at+"/undo", nil).MustBe(200).MustContain("Taken back", "What changed since you approved")
		bea.Get(at).MustBe(200).MustContain("Approve v2").MustNotContain("What changed since you approved")
	})
}

// The same of what a deliverable says, whose two texts are set against each other; on
// the page opened from the mail too, in a browser that knows its reader.
func TestEarlierApprovalOfText(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		tom := s.World.As(s.Tom)
		d, err := tom.AddDeliverable(t.Context(), s.World.Site, portal.NewDeliverable{Title: "Six banners", Body: "In red\n\nAnd blue", Audience: portal.ClientSide})
		if err != nil {
			t.Fatal(err)
		}
		ask := func(before portal.ApprovalID) portal.ApprovalID {
			t.Helper()
			id, err := tom.AskApproval(t.Context(), s.World.Site, portal.NewApproval{Title: "The banners", Deliverable: d, Previous: before, Checklist: []string{"Spelling"},
				Stages: []portal.NewStage{{People: []portal.PersonID{s.Cleo}}}})
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		say := func(body string) {
			t.Helper()
			now, err := tom.Deliverable(t.Context(), d)
			if err == nil {
				err = tom.ChangeDeliverable(t.Context(), d, portal.DeliverableChange{Title: "Six banners", Body: body, Revision: now.Revision})
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		cleo := s.As("cleo")
		first := ask("")
		at := "/approvals/" + string(first)
		cleo.Get(at).Form(at+"/decide").Tick("check.1").Press("answer", "approve").Submit(cleo).MustBe(200)
		// It is approved: it opens again for a change with what is undone by hand here.
		s.Exec(`UPDATE deliverables SET state = 'changes_requested' WHERE id = $1`, string(d))
		say("In green\n\nAnd blue")
		second := ask(first)
		at = "/approvals/" + string(second)
		cleo.Get(at).MustBe(200).MustContain("What changed since you approved").MustNotContain("My earlier approval still stands")
		p := cleo.Get(at+"/changes-since").MustBe(200).MustContain("What it says, then and now", "gone In red", "new In green", "My earlier approval still stands")
		if p.Count(".diff del") != 1 || p.Count(".diff ins") != 1 {
			t.Error("what changed within the line is not marked")
		}
		p.Form(at+"/stands").Submit(cleo).MustBe(422).MustContain("Tick every point before you approve.", "new In green")

		// From the mail: to whoever is known, and nothing of it to a stranger.
		all, _, err := s.World.As(s.Ada).Outbox(t.Context(), "", portal.Page{Limit: 1})
		if err != nil || len(all) != 1 || all[0].Subject != string(second) {
			t.Fatalf("the mail: %+v, %v", all, err)
		}
		link := "/decide/" + s.Accounts.Token(account.PurposeApproval, string(all[0].ID))
		s.Stranger().Becomes("cleo").Get(link).MustBe(200).MustContain("In green").MustNotContain("still stand", "You approved", "red")
		home := s.Stranger().Becomes("cleo")
		known, err := s.Accounts.KnowAnswer(t.Context(), s.Cleo, "", string(second))
		if err != nil {
			t.Fatal(err)
		}
		home.SetCookie("known", known)
		p = home.Get(link).MustBe(200).MustContain("You approved an earlier version", "gone In red", "new In green", "My earlier approval still stands")
		p.Form(link).Press("answer", "stands").Submit(home).MustBe(422).MustContain("Tick every point before you approve.", "new In green")
		p.Form(link).Tick("check.1").Press("answer", "stands").Submit(home).MustBe(200).MustContain("Approved")
		cleo.Get(at).MustBe(200).MustContain("Cleo said that their earlier approval of").MustNotContain("What changed since you approved")
		home.Post(link+"/undo", nil).MustBe(200).MustContain("still stands")
		p = cleo.Get(at + "/changes-since").MustBe(200)
		p.Form(at + "/stands").Tick("check.1").Submit(cleo).MustBe(200).MustContain("Recorded: your approval still stands")
	})
}

// An approved deliverable with a newer version in it says of each file which version was
// approved, and can be asked about again.
func TestApprovedAndNewer(t *testing.T) {
	webtest.RunFiles(t, func(t *testing.T, s *webtest.Site) {
		tom, cleo := s.As("tom"), s.As("cleo")
		file := send(t, tom).bring([]byte("one"), "project", string(s.World.Site), "filename", "Box.txt", "audience", "client")
		d, err := s.World.As(s.Tom).AddDeliverable(t.Context(), s.World.Site, portal.NewDeliverable{Title: "Box", Audience: portal.ClientSide})
		if err == nil {
			err = s.World.As(s.Tom).Attach(t.Context(), portal.ItemID(d), file)
		}
		if err != nil {
			t.Fatal(err)
		}
		box, asks := "/deliverables/"+string(d), "/projects/"+string(s.World.Site)+"/approvals"
		p := tom.Get(tom.Get(box).MustNotContain("Approved v1").Attr(`main a[href*="/approvals/new?"]`, "href")).MustBe(200).Form(asks).Submit(tom).MustBe(200)
		first, _, _ := strings.Cut(p.Path, "?")
		cleo.Get(first).Form(first+"/decide").Press("answer", "approve").Submit(cleo).MustBe(200)
		cleo.Get(box).MustBe(200).MustContain("Approved by Cleo", "Approved v1").MustNotContain("is newer", "have changed since")
		tom.Get(box).MustBe(200).MustContain("Ask to sign off").MustNotContain("is newer", "Ask for review again")
		tom.Get(first).MustBe(200).MustNotContain("Ask again")

		send(t, tom).bring([]byte("two"), "file", string(file), "filename", "Box.txt", "audience", "client")
		cleo.Get(box).MustBe(200).MustContain("Approved by Cleo", "what is new is not approved", "Approved v1, v2 is newer").MustNotContain("Ask for review again")
		tom.Get(first).MustBe(200).MustContain("Ask again")
		p = tom.Get(box).MustBe(200).MustContain("what is new is not approved", "Approved v1, v2 is newer", "Ask for review again").MustNotContain("Ask to sign off")
		p = tom.Get(p.Attr(`main a[href*="/approvals/new?"]`, "href")).MustBe(200).Form(asks).Submit(tom).MustBe(200).MustContain("Round 2")
		again, _, _ := strings.Cut(p.Path, "?")
		tom.Get(first).MustBe(200).MustContain("It was asked again.").MustNotContain("again?", "Ask again")
		cleo.Get(box).MustBe(200).MustContain("In review", "Approved v1, v2 is newer").MustNotContain("Approved by Cleo")
		cleo.Get(again).Form(again+"/decide").Press("answer", "approve").Submit(cleo).MustBe(200)
		cleo.Get(box).MustBe(200).MustContain("Approved by Cleo", "Approved v2").MustNotContain("is newer")
	})
}

// What a deliverable said stays what was decided on, whatever it says since.
func TestDecidedOnWhatItSaid(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		tom, cleo := s.World.As(s.Tom), s.As("cleo")
		d, err := tom.AddDeliverable(t.Context(), s.World.Site, portal.NewDeliverable{Title: "Claim", Body: "Warm and dry.", Audience: portal.ClientSide})
		if err != nil {
			t.Fatal(err)
		}
		link, err := tom.AddLink(t.Context(), d, "Draft", "https://example.test/warm")
		if err != nil {
			t.Fatal(err)
		}
		id, err := tom.AskApproval(t.Context(), s.World.Site, portal.NewApproval{Title: "The claim", Deliverable: d, Stages: []portal.NewStage{{People: []portal.PersonID{s.Cleo}}}})
		if err != nil {
			t.Fatal(err)
		}
		at := "/approvals/" + string(id)
		was := []string{"Claim", "Warm and dry.", "https://example.test/warm"}
		cleo.Get(at).MustBe(200).MustContain(was...).MustNotContain("It has changed since")
		cleo.Get(at).Form(at+"/decide").Set("note", "Never").Press("answer", "decline").Submit(cleo).MustBe(200)
		if err := tom.RemoveLink(t.Context(), link); err != nil {
			t.Fatal(err)
		}
		now, err := tom.Deliverable(t.Context(), d)
		if err == nil {
			err = tom.ChangeDeliverable(t.Context(), d, portal.DeliverableChange{Title: "Promise", Body: "Cool and wet.", Revision: now.Revision})
		}
		if err != nil {
			t.Fatal(err)
		}
		pages := []*webtest.Page{cleo.Get(at), s.As("tom").Get(at)}
		pack := opened(t, send(t, cleo).do("POST", "/projects/"+string(s.World.Site)+"/handover", strings.NewReader("person="), "Content-Type", "application/x-www-form-urlencoded").text)
		for _, p := range pages {
			p.MustBe(200).MustContain(append(was, "It has changed since")...).MustNotContain("Promise", "Cool and wet.")
		}
		for _, x := range append(was, "It has changed since") {
			if !strings.Contains(string(pack["Decisions.html"]), x) {
				t.Errorf("the decisions do not say %q", x)
			}
		}
		s.As("tom").Get("/deliverables/"+string(d)).MustBe(200).MustContain("Promise", "Cool and wet.")
	})
}

// What somebody said by phone, from the form of the team to the button of whoever
// said it: on the page, and in a browser that they were in before from the mail.
func TestSaidByPhone(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		s.Exec(`UPDATE client_users SET rights = rights | 32 WHERE id = $1`, string(s.BeaAtAcme))
		s.Regrant()
		tom, cleo, bea := s.As("tom"), s.As("cleo"), s.As("bea").Forbid("Mind the logo")
		ask := func(checklist ...string) (portal.ApprovalID, string) {
			t.Helper()
			id, err := s.World.As(s.Tom).AskApproval(t.Context(), s.World.Site, portal.NewApproval{Title: "A poster", Checklist: checklist, Versions: []portal.VersionID{s.Items[s.World.Site][portal.ClientSide].Version},
				Stages: []portal.NewStage{{Rule: portal.RuleEveryone, People: []portal.PersonID{s.Cleo, s.Bea}, Advisers: []portal.PersonID{s.Mia}}}})
			if err != nil {
				t.Fatal(err)
			}
			return id, "/approvals/" + string(id)
		}
		_, at := ask("Spelling")
		for name, status := range map[string]int{"cleo": 404, "bea": 404, "dan": 404, "carl": 404, "rex": 404} {
			s.As(name).Post(at+"/calls", url.Values{"person": {string(s.Cleo)}, "answer": {"approve"}, "said_at": {"2026-03-11T09:00"}}).MustBe(status)
		}
		cleo.Get(at).MustBe(200).MustNotContain("Note what somebody said by phone")
		p := tom.Get(at).MustBe(200).MustContain("Note what somebody said by phone", "until they do it counts for nothing")
		if got := p.Attrs("#call-person option", "value"); !slices.Equal(got, []string{string(s.Bea), string(s.Cleo)}) {
			t.Errorf("offered are %v", got)
		}
		f := p.Form(at+"/calls").Set("person", string(s.Cleo)).Set("note", "Mind the logo")
		f.Set("said_at", "yesterday").Submit(tom).MustBe(422).MustContain("Give a day and a time.", "Mind the logo")
		f.Set("said_at", "2031-01-01T09:00").Submit(tom).MustBe(422).MustContain("That is still to come.")
		f = p.Form(at+"/calls").Set("person", string(s.Cleo)).Set("note", "Mind the logo")
		p = f.Submit(tom).MustBe(200).MustContain("Noted. They are asked to confirm it", "Cleo: approved with notes", "noted by Tom", "Mind the logo", "Not confirmed yet", "Tom noted what Cleo said by phone about")
		if got := p.Attrs("#call-person option", "value"); !slices.Equal(got, []string{string(s.Bea)}) {
			t.Errorf("offered are %v then", got)
		}
		tom.Get("/approvals").MustBe(200).MustContain("Cleo: said by phone, not confirmed yet")

		// Hers alone, and on her home.
		bea.Get(at).MustBe(200).MustContain("Approve v1").MustNotContain("by phone", "not confirmed")
		cleo.Get("/").MustBe(200).MustContain("Said by phone", "Confirm")
		cleo.Get("/approvals").MustBe(200).MustContain("Said by phone, not confirmed yet")
		p = cleo.Get(at).MustBe(200).MustContain("Tom noted that you approved v1 with notes, by phone", "Mind the logo", "It counts for nothing until you confirm it", "Is that what you said?", "It was different", "Spelling").
			MustNotContain("Request changes", "Take back")
		if p.Count(".decide-bar button") != 2 || p.Attr("input[name=call]", "value") == "" {
			t.Error("there is no bar to confirm with")
		}
		confirm := p.Form(at+"/decide").Press("answer", "confirm")
		tom.Post(at+"/decide", confirm.Values()).MustBe(403)
		bea.Post(at+"/decide", confirm.Values()).MustBe(409)
		for _, name := range []string{"dan", "carl", "rex"} {
			s.As(name).Post(at+"/decide", confirm.Values()).MustBe(404)
		}
		confirm.Submit(cleo).MustBe(422).MustContain("Tick every point before you approve.", "Is that what you said?")
		p.Form(at+"/decide").Tick("check.1").Set("reply", "Only the left one").Press("answer", "confirm").Submit(cleo).MustBe(422).MustContain("You wrote what was different.", "Only the left one")

		// It was different, and noted again; then it is so.
		p.Form(at+"/decide").Set("reply", "Only the left one").Press("answer", "different").Submit(cleo).MustBe(200).
			MustContain("The team is told. Your answer is still awaited", "Approve v1", "It was different: Only the left one").MustNotContain("Is that what you said?")
		p = tom.Get(at).MustBe(200).MustContain("It was different: Only the left one", "Cleo says that what was noted")
		p.Form(at+"/calls").Set("person", string(s.Cleo)).Submit(tom).MustBe(200)
		p = tom.Get(at)
		p.Form(p.Attr(`form[action$="/withdraw"]`, "action")).Submit(tom).MustBe(200).MustContain("Taken back")
		cleo.Get(at).MustBe(200).MustNotContain("Is that what you said?")
		tom.Get(at).Form(at+"/calls").Set("person", string(s.Cleo)).Set("note", "Mind the logo").Submit(tom).MustBe(200)
		confirm = cleo.Get(at).Form(at+"/decide").Tick("check.1").Press("answer", "confirm")
		s.As("cleo").Post("/calls/"+cleo.Get(at).Attr("input[name=call]", "value")+"/withdraw", nil).MustBe(404)
		confirm.Submit(cleo).MustBe(200).MustContain("Confirmed. Thank you", "said by phone", "noted by Tom, confirmed by themselves", "Take it back", "Cleo confirmed that they approved A poster with notes, by phone")
		late := confirm.Values()
		late.Del("once")
		cleo.Post(at+"/decide", late).MustBe(409).MustContain("It has changed meanwhile")
		s.As("bea").Get(at).MustBe(200).MustContain("noted by Tom, confirmed by themselves", "Mind the logo").MustNotContain("Only the left one")

		// From its mail: what is in it is shown, and where she is not known a code is
		// asked for.
		id, at := ask()
		if _, err := s.World.As(s.Tom).NoteCall(t.Context(), id, portal.NewCall{Person: s.Cleo, Answer: portal.AnswerChanges, Note: "Bigger", SaidAt: s.Clock.Now()}); err != nil {
			t.Fatal(err)
		}
		mails, _, err := s.World.As(s.Ada).Outbox(t.Context(), "", portal.Page{})
		if err != nil || mails[0].Kind != portal.MailApprovalCall || mails[0].Person != s.Cleo {
			t.Fatal(err, mails)
		}
		link := "/decide/" + s.Accounts.Token(account.PurposeApproval, string(mails[0].ID))
		away := s.Stranger().Becomes("cleo")
		p = away.Get(link).MustBe(200).MustContain("Tom noted that you asked for changes to v1 by phone", "Bigger", "Is that what you said?").MustNotContain("Who is asked")
		p.Form(link).Press("answer", "confirm").Submit(away).MustBe(200).MustContain("One code", "Confirm")
		p = p.Form(link).Set("reply", "Smaller").Press("answer", "different").Submit(away).MustBe(200).MustContain("One code", "It was different")
		p.Form(link).Set("code", "00000000").Submit(away).MustBe(422)
		cleo.Get(at).MustBe(200).MustContain("Is that what you said?")
		p.Form(link).Set("code", linkSite{s}.lastCode(t)).Submit(away).MustBe(200).MustContain("The team is told.", "Approve v1").MustNotContain("Is that what you said?")
		tom.Get(at).MustBe(200).MustContain("It was different: Smaller")

		// Confirming that changes were asked for says what it comes to.
		s.Clock.Advance(time.Minute)
		if _, err := s.World.As(s.Cleo).CommentOn(t.Context(), portal.ItemID(s.Items[s.World.Site][portal.ClientSide].File), portal.NewComment{Version: s.Items[s.World.Site][portal.ClientSide].Version, NewMessage: portal.NewMessage{Body: "Mind the edge"}}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.World.As(s.Tom).NoteCall(t.Context(), id, portal.NewCall{Person: s.Cleo, Answer: portal.AnswerChanges, Note: "Bigger", SaidAt: s.Clock.Now()}); err != nil {
			t.Fatal(err)
		}
		s.Stranger().Becomes("cleo").Get(link).MustBe(200).MustContain("Approve v1").MustNotContain("Bigger", "by phone") // it has a mail of its own
		cleo.Get(at).MustBe(200).MustContain("Your 1 open comment becomes part of the list of changes.").MustNotContain("marked to change")
		// A session that is over leaves the browser known: two taps, and it is confirmed.
		home := s.Stranger().Becomes("cleo")
		home.Post("/sign-in", url.Values{"email": {"cleo@cleo.test"}, "password": {"correct horse battery staple"}}).MustBe(200)
		s.Exec(`UPDATE sessions SET expires_at = created_at WHERE person_id = $1`, string(s.Cleo))
		p = home.Get(link).MustBe(200).MustContain("Tom noted that you asked for changes to v1 by phone", "Bigger", "Is that what you said?", "of the list of changes")
		p.Form(link).Set("reply", "Smaller").Press("answer", "different").Submit(home).MustBe(200).MustContain("The team is told.", "Approve v1").MustNotContain("Is that what you said?")
		if _, err := s.World.As(s.Tom).NoteCall(t.Context(), id, portal.NewCall{Person: s.Cleo, Answer: portal.AnswerChanges, Note: "Smaller", SaidAt: s.Clock.Now()}); err != nil {
			t.Fatal(err)
		}
		home.Get(link).MustBe(200).MustContain("Smaller").Form(link).Press("answer", "confirm").Submit(home).MustBe(200).MustContain("from the e-mail, in a browser of theirs", "Smaller")
		tom.Get(at).MustBe(200).MustContain("Changes requested", "noted by Tom, confirmed by themselves", "It was different: Smaller")
	})
}

// Of several files it is noted what was said of each, and whoever confirms it reads
// what that comes to.
func TestCallOfFiles(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		tom, cleo := s.As("tom"), s.As("cleo")
		for _, name := range []string{"left.txt", "right.txt"} {
			send(t, tom).bring([]byte("a banner"), "project", string(s.World.Site), "filename", name, "audience", "client")
		}
		page := tom.Get("/projects/" + string(s.World.Site) + "/approvals/new").MustBe(200)
		id, err := s.World.As(s.Tom).AskApproval(t.Context(), s.World.Site, portal.NewApproval{Title: "Banners", Stages: []portal.NewStage{{People: []portal.PersonID{s.Cleo}}},
			Versions: func() (all []portal.VersionID) {
				for _, v := range page.Attrs("#versions input", "value")[:2] {
					all = append(all, portal.VersionID(v))
				}
				return all
			}()})
		if err != nil {
			t.Fatal(err)
		}
		at := "/approvals/" + string(id)
		p := tom.Get(at).MustBe(200).MustContain("What they said of each file")
		f := p.Form(at+"/calls").Set("person", string(s.Cleo)).Set("answer", "changes")
		p = f.Tick("change.2").Submit(tom).MustBe(422).MustContain("Say what to change")
		if p.Count("#call-change-2[checked]") != 1 || p.Count("#note-call[open]") != 1 {
			t.Error("what was ticked is gone")
		}
		p.Form(at+"/calls").Set("note.2", "A larger logo").Submit(tom).MustBe(200).MustContain("Cleo: changes requested", ": A larger logo")
		p = cleo.Get(at).MustBe(200).MustContain("1 of 2 files is marked to change, the others are approved.", ": A larger logo").MustNotContain("All 2 files")
		p.Form(at+"/decide").Press("answer", "different").Submit(cleo).MustBe(200)
		// With none marked, all are.
		tom.Get(at).Form(at+"/calls").Set("person", string(s.Cleo)).Set("answer", "changes").Set("note", "Bigger").Submit(tom).MustBe(200)
		p = cleo.Get(at).MustBe(200).MustContain("All 2 files are marked to change.", "Bigger").MustNotContain("the others are approved")
		p.Form(at+"/decide").Press("answer", "confirm").Submit(cleo).MustBe(200).MustContain("Confirmed. Thank you")
		all, err := s.World.As(s.Tom).Verdicts(t.Context(), id)
		if err != nil || len(all) != 2 || all[0].Says != "changes" || all[1].Says != "changes" {
			t.Errorf("the files are %+v, %v", all, err)
		}
	})
}

// The board as columns leads on to the table, and from each card to what follows it
// up; a client's alone, and for the team alone. Each approval is in one column.
func TestApprovalBoard(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		tom := s.As("tom")
		s.Exec(`UPDATE client_users SET rights = rights | 32 WHERE id = $1`, string(s.BeaAtAcme))
		s.Regrant()
		ids := map[string]portal.ApprovalID{}
		ask := func(title, due string, stages ...portal.NewStage) {
			t.Helper()
			if stages == nil {
				stages = []portal.NewStage{{People: []portal.PersonID{s.Cleo}}}
			}
			id, err := s.World.As(s.Tom).AskApproval(t.Context(), s.World.Site, portal.NewApproval{Title: title, DueOn: due, Stages: stages, Versions: []portal.VersionID{s.Items[s.World.Site][portal.ClientSide].Version}})
			if err != nil {
				t.Fatal(err)
			}
			ids[title] = id
		}
		ask("In time", "2026-03-20")
		ask("Late", "2026-03-02")
		ask("Ours first", "", portal.NewStage{Of: portal.Team, People: []portal.PersonID{s.Mia}})
		for i := range 22 {
			ask("Poster "+string(rune('a'+i)), "2026-03-25")
		}
		p := tom.Get("/approvals?view=board").MustBe(200).MustContain("Waiting for client", "With us", "Overdue", "Approved", "As a table", "Next reminder", "CNRY-acme-client-site-approval-title")
		column := func(name string) string {
			t.Helper()
			all := p.Texts(`section[aria-labelledby="lane-` + name + `"]`)
			if len(all) != 1 {
				t.Fatalf("%d columns %s", len(all), name)
			}
			return all[0]
		}
		for name, title := range map[string]string{"client": "In time", "overdue": "Late", "team": "Ours first"} {
			for _, at := range []string{"client", "overdue", "team", "approved"} {
				if got := strings.Contains(column(at), title); got != (at == name) {
					t.Errorf("%s is in column %s: %v", title, at, got)
				}
			}
		}
		if n := p.Count(".lanes li"); n != 20+1+1+2 {
			t.Errorf("%d cards", n)
		}
		// Before one is taken back it is asked, in the columns and in the table.
		for at, list := range map[string]string{"view=board": ".lanes", "lane=overdue": "table"} {
			board := tom.Get("/approvals?" + at).MustBe(200)
			opens, asks := board.Attrs(list+` button[popovertarget^="cancel-"]`, "popovertarget"), board.Attrs(`dialog[popover]:has(form[action$="/cancel"])`, "id")
			slices.Sort(opens)
			if slices.Sort(asks); len(opens) == 0 || !slices.Equal(opens, asks) || board.Count(`form[action$="/cancel"]`) != len(asks) {
				t.Errorf("%s: %q lead to %q; there are %d forms", at, opens, asks, board.Count(`form[action$="/cancel"]`))
			}
			if said := strings.Join(board.Texts("dialog"), " "); !strings.Contains(said, "Take “Late” back? Nobody is asked any more.") {
				t.Errorf("%s asks %s", at, said)
			}
		}
		// The lanes of the table are the same.
		for name, title := range map[string]string{"client": "In time", "overdue": "Late", "team": "Ours first"} {
			for _, at := range []string{"client", "overdue", "team", "approved"} {
				table := tom.Get("/approvals?lane=" + at).MustBe(200)
				if got := strings.Contains(strings.Join(table.Texts("table"), ""), title); got != (at == name) {
					t.Errorf("%s is in the table %s: %v", title, at, got)
				}
			}
		}
		// What does not fit is in the table, from there on.
		rest := tom.Get(p.Attr(`section[aria-labelledby="lane-client"] a.more`, "href")).MustBe(200)
		if n := rest.Count("table tbody tr"); n != 3 {
			t.Errorf("%d are left for the table", n)
		}
		rest.MustNotContain("In time")
		rest = tom.Get(rest.Attr(`a[href*="view=board"]`, "href")).MustBe(200)
		if rest.Count(".lanes > section") != 4 {
			t.Error("the table does not lead back to the board")
		}
		// From the row straight to the form, open without a script.
		at := "/approvals/" + string(ids["Late"])
		if href := p.Attr(`section[aria-labelledby="lane-overdue"] a[href*="reassign"]`, "href"); href != at+"?reassign=1#reassign" {
			t.Errorf("it leads to %q", href)
		}
		if !tom.Get(at+"?reassign=1").Has("#reassign[open]") || tom.Get(at).Has("#reassign[open]") {
			t.Error("the form is not open, or always is")
		}
		tom.Get(at+"?reassign=1").Form(at+"/reassign").Set("from", string(s.Cleo)).Set("person", string(s.Bea)).Submit(tom).MustBe(200).MustContain("Asked")
		tom.Get("/approvals?view=board").MustBe(200).MustContain("Cleo: handed on")
		mia := s.As("mia")
		mia.Get("/approvals?view=board&client="+string(s.Brick)).MustBe(200).MustNotContain("Late", "In time")
		for name, status := range map[string]int{"cleo": 200, "dan": 200, "rex": 404} {
			if p := s.As(name).Get("/approvals?view=board"); p.Status != status || p.Has(".lanes") {
				t.Errorf("%s gets %d, with the board: %v", name, p.Status, p.Has(".lanes"))
			}
		}
	})
}

// T172: whatever text begins with, a spreadsheet takes it for text, by whatever it
// parts cells; what was looked at, and when people are reminded, is in the export.
func TestApprovalExport(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		s.Exec(`UPDATE client_users SET rights = rights | 32 WHERE id = $1`, string(s.BeaAtAcme))
		s.Regrant()
		id, err := s.World.As(s.Tom).AskApproval(t.Context(), s.World.Site, portal.NewApproval{Title: "A poster", DueOn: "2026-03-20", Versions: []portal.VersionID{s.Items[s.World.Site][portal.ClientSide].Version},
			Stages: []portal.NewStage{{Rule: portal.RuleEveryone, People: []portal.PersonID{s.Cleo, s.Bea}}}})
		if err != nil {
			t.Fatal(err)
		}
		s.As("cleo").Get("/approvals/" + string(id)).MustBe(200)
		for _, who := range []portal.PersonID{s.Cleo, s.Bea} {
			if err := s.World.As(who).MarkSeen(t.Context(), portal.ItemID(id)); err != nil {
				t.Fatal(err)
			}
			if _, err := s.World.As(s.Tom).NoteCall(t.Context(), id, portal.NewCall{Person: who, Answer: portal.AnswerApprove, SaidAt: s.Clock.Now()}); err != nil {
				t.Fatal(err)
			}
		}
		sign, err := s.World.As(s.Ada).AskSignoff(t.Context(), portal.NewSignoff{Project: s.World.Site, Statement: "It is done."})
		if err != nil {
			t.Fatal(err)
		}
		s.Exec(`UPDATE signoffs SET state = 'signed', name = 'Cleo' WHERE id = $1`, string(sign))
		tom := s.As("tom")
		seen := s.Clock.Now().UTC().Format(time.RFC3339)
		for _, begin := range []string{"=", "+", "-", "@", "\t", "\r", "|", "%", " =", "\u00a0@", "\t=", "\n+", "＝", "＋", "－", "＠", "a;=", "a; \"@", "a\t+", "a\n－"} {
			evil := begin + "HYPERLINK(\"http://evil.test\";\"x\")"
			s.Exec(`UPDATE approvals SET title = $1 WHERE id = $2`, evil, string(id))
			s.ByHand(`UPDATE signoffs SET title = $1, name = $1 WHERE id = $2`, evil, string(sign))
			s.Exec(`UPDATE projects SET name = $1 WHERE id = $2`, evil, string(s.World.Site))
			s.Exec(`UPDATE clients SET name = $1 WHERE id = $2`, evil, string(s.World.Acme))
			s.Exec(`UPDATE persons SET name = $1 WHERE id IN ($2, $3)`, evil, string(s.Tom), string(s.Cleo))
			s.Exec(`UPDATE persons SET name = $1 WHERE id = $2`, evil, string(s.Bea))
			got := exported(t, tom.Get("/approvals.csv?lane=client").MustBe(200).Body)
			plain := got["Client"]
			if unbroken(strings.ReplaceAll(plain, "'", "")) != unbroken(evil) {
				t.Errorf("%q: the client is %q", evil, plain)
			}
			for head, want := range map[string]string{
				"Project": plain, "What": plain, "Asked by": plain, "Who": plain + ", " + plain, "Said by phone, not confirmed": plain + ", " + plain,
				"Looked at by": plain + " " + seen + ", " + plain + " " + seen, "Round": "1", "Due": "2026-03-20",
			} {
				if got[head] != want {
					t.Errorf("%q: the cell %s is %q, not %q", begin, head, got[head], want)
				}
			}
			if !strings.HasPrefix(got["Next reminder"], "2026-03-19T") {
				t.Errorf("the next reminder is %q", got["Next reminder"])
			}
			got = exported(t, tom.Get("/approvals.csv?lane=signoffs").MustBe(200).Body)
			for head, want := range map[string]string{"Client": plain, "Project": plain, "What": plain, "State": "Signed off", "Signed by": plain} {
				if got[head] != want {
					t.Errorf("%q: of the sign-off the cell %s is %q, not %q", begin, head, got[head], want)
				}
			}
		}
		s.Exec(`UPDATE persons SET name = 'Cleo; =1' WHERE id = $1`, string(s.Cleo))
		s.Exec(`UPDATE persons SET name = '=2' WHERE id = $1`, string(s.Bea))
		if got := exported(t, tom.Get("/approvals.csv?lane=client").MustBe(200).Body); got["Who"] != "'=2, Cleo; '=1" {
			t.Errorf("names in one cell: %q", got["Who"])
		}
	})
}

// exported is the first row of a file for a spreadsheet, by the heads of its columns.
// No program takes anything in it for a formula, whatever it parts cells by.
func exported(t *testing.T, file string) map[string]string {
	t.Helper()
	file = strings.TrimPrefix(file, "\ufeff")
	for _, comma := range ",;\t" {
		r := csv.NewReader(strings.NewReader(file))
		r.Comma, r.LazyQuotes, r.FieldsPerRecord = comma, true, -1
		rows, err := r.ReadAll()
		if err != nil {
			t.Fatalf("parted by %q: %v", comma, err)
		}
		for _, row := range rows {
			for _, cell := range row {
				if begin := strings.TrimLeft(cell, " \u00a0\""); begin != "" && strings.ContainsAny(begin[:1], "=+-@|%") || strings.HasPrefix(begin, "＝") || strings.HasPrefix(begin, "－") {
					t.Errorf("parted by %q, a spreadsheet would run %q", comma, cell)
				}
			}
		}
	}
	rows, err := csv.NewReader(strings.NewReader(file)).ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatalf("%v, %v", rows, err)
	}
	got := map[string]string{}
	for i, head := range rows[0] {
		got[head] = rows[1][i]
	}
	return got
}

// unbroken is text as a reader of CSV has it, which knows one kind of line break.
func unbroken(text string) string { return strings.ReplaceAll(text, "\r", "\n") }

// The export is whole, however much there is.
func TestLongExport(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		const n = 10_001 // it ended at ten thousand
		now := db.Micros(s.Clock.Now())
		s.Exec(`
WITH RECURSIVE k (n) AS (SELECT 10001 UNION ALL SELECT n + 1 FROM k WHERE n < 20001)
INSERT INTO approvals (id, project_id, client_id, title, title_key, due_key, state, state_at, turn_since, lane, shown_at, created_at, created_by)
SELECT 'apr_' || k.n, $1, $2, 'Banner', 'banner', '', 'cancelled', $3, $3, 'over', $3, $3, $4 FROM k`, string(s.World.Site), string(s.World.Acme), now, string(s.Mia))
		if got := strings.Count(s.As("tom").Get("/approvals.csv?lane=over").MustBe(200).Body, "Banner"); got != n {
			t.Errorf("%d of %d are in the file", got, n)
		}
	})
}

// Whoever is asked about what they look at answers below it: one file alone with
// one tap, several or a checklist after they were shown what they answer for. What
// is not counted comes back on the approval's own page, with what was typed.
func TestDecideInTheViewer(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		tom, cleo, bea := s.As("tom"), s.As("cleo"), s.As("bea")
		for _, name := range []string{"one.txt", "two.txt", "three.txt"} {
			send(t, tom).bring([]byte("a banner"), "project", string(s.World.Site), "filename", name, "audience", "client")
		}
		p := tom.Get("/projects/" + string(s.World.Site) + "/approvals/new")
		files := map[string]portal.VersionID{}
		for _, v := range p.Attrs("#versions input", "value") {
			got, err := s.World.As(s.Tom).Version(t.Context(), portal.VersionID(v))
			if err != nil {
				t.Fatal(err)
			}
			files[got.FileName] = got.ID
		}
		ask := func(n portal.NewApproval, names ...string) (at string) {
			t.Helper()
			for _, name := range names {
				n.Versions = append(n.Versions, files[name])
			}
			if n.Stages == nil {
				n.Stages = []portal.NewStage{{People: []portal.PersonID{s.Cleo}}}
			}
			id, err := s.World.As(s.Tom).AskApproval(t.Context(), s.World.Site, n)
			if err != nil {
				t.Fatal(err)
			}
			return "/approvals/" + string(id)
		}
		shown := func(name string) string {
			v, err := s.World.As(s.Tom).Version(t.Context(), files[name])
			if err != nil {
				t.Fatal(err)
			}
			return "/files/" + string(v.File)
		}

		at := ask(portal.NewApproval{Title: "One", Stages: []portal.NewStage{{People: []portal.PersonID{s.Cleo}, Advisers: []portal.PersonID{s.Bea}}}}, "one.txt")
		stale := cleo.Get(shown("one.txt")).MustBe(200).MustContain("Approve v1", "Approve with notes", "Request changes").MustNotContain("Your answer is awaited")
		for _, b := range []*webtest.Browser{tom, s.As("mia")} { // who are not asked
			if b.Get(shown("one.txt")).MustBe(200).MustContain("Approval of this version was asked for").Has(".viewer-decide") {
				t.Error("who is not asked can answer")
			}
		}
		advice := bea.Get(shown("one.txt")).MustBe(200).MustContain("Your advice; somebody else decides.").Form(at + "/decide")
		bea.Post(at+"/decide", advice.Press("answer", "approve").Values()).MustBe(200).MustContain("Approved")
		cleo.Get(shown("one.txt")).MustContain("Bea: approved")
		f := cleo.Get(shown("one.txt")).Form(at + "/decide")
		for range 2 { // T182: pressed twice, it is one answer
			cleo.Post(at+"/decide", f.Press("answer", "approve").Values()).MustBe(200).MustContain("Cleo approved it", "Approved v1")
		}
		cleo.Post(at+"/decide", stale.Form(at+"/decide").Press("answer", "approve").Values()).MustBe(409).MustContain("It has changed meanwhile")
		if cleo.Get(shown("one.txt")).MustBe(200).Has(".viewer-decide") {
			t.Error("what was decided can be answered")
		}

		at = ask(portal.NewApproval{Title: "Two of them", Checklist: []string{"Spelling"}}, "two.txt", "three.txt")
		p = cleo.Get(shown("three.txt")).MustBe(200).MustContain("Approve all 2", "Your answer is about:", "two.txt v1", "What to change in three.txt", "Spelling", "File 2 of 2. Next: two.txt")
		p.MustNotContain("What to change in two.txt")
		if p.Has(".viewer-decide form") {
			t.Error("several are approved before they are named")
		}
		// What they have not sent yet is said where they answer, and leads there; what
		// others have not sent is not.
		for _, who := range []portal.PersonID{s.Cleo, s.Bea} {
			if _, err := s.World.As(who).KeepComment(t.Context(), files["two.txt"], "Darker", nil); err != nil {
				t.Fatal(err)
			}
		}
		unsent := shown("two.txt") + "?panel=comments&version=" + string(files["two.txt"]) + "#unsent"
		if got := cleo.Get(at).MustBe(200).MustContain("One of your comments is not sent yet.").Text(`#decide a[href="` + unsent + `"]`); got != "two.txt v1" {
			t.Errorf("it leads to %q", got)
		}
		if got := cleo.Get(shown("two.txt")).MustBe(200).Text(`.viewer-decide a[href="` + unsent + `"]`); got != "1 comment not sent" {
			t.Errorf("beside the file it says %q", got)
		}
		cleo.Get(shown("three.txt")).MustBe(200).MustNotContain("not sent yet")
		tom.Get(at).MustBe(200).MustNotContain("not sent yet")
		f = p.Form(at+"/decide").Set("note.2", "A larger logo")
		cleo.Post(at+"/decide", f.Press("answer", "approve").Values()).MustBe(422).MustContain("A larger logo", "You marked a file to change.")
		cleo.Post(at+"/decide", f.Press("answer", "changes").Values()).MustBe(200).MustContain("A larger logo", "Approved v1", "To change")

		// Something newer came meanwhile.
		at = ask(portal.NewApproval{Title: "Once more"}, "one.txt")
		p = cleo.Get(shown("one.txt")).MustBe(200)
		send(t, tom).bring([]byte("a newer banner"), "project", string(s.World.Site), "filename", "one.txt", "audience", "client", "on_clash", "version")
		cleo.Post(at+"/decide", p.Form(at+"/decide").Press("answer", "approve").Values()).MustBe(409).MustContain("Open the newer one.txt")
		if cleo.Get(shown("one.txt")).MustBe(200).Has(".viewer-decide") {
			t.Error("a version that nobody asks about can be answered")
		}

		// What was said by phone is confirmed where it is read.
		at = ask(portal.NewApproval{Title: "By phone"}, "two.txt")
		if _, err := s.World.As(s.Tom).NoteCall(t.Context(), portal.ApprovalID(strings.TrimPrefix(at, "/approvals/")), portal.NewCall{Person: s.Cleo, Answer: portal.AnswerApprove, SaidAt: s.Clock.Now()}); err != nil {
			t.Fatal(err)
		}
		p = cleo.Get(shown("two.txt")).MustBe(200)
		if p.Attr(".viewer-decide .acts a", "href") != at || p.Has(`form[action="`+at+`/decide"]`) {
			t.Error("what was said by phone is not led to")
		}
	})
}

// A part of the board says how many there are of all that it leads to, as far as it
// counts.
func TestBoardSaysHowMany(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		withdrawn := 0
		more := func(n int) {
			t.Helper()
			for range n {
				withdrawn++
				s.Exec(`
INSERT INTO signoffs (id, project_id, client_id, subject_id, title, statement, state, state_at, state_by, created_at, created_by)
SELECT $1, project_id, client_id, subject_id, title, statement, 'withdrawn', state_at, state_by, created_at, created_by FROM signoffs WHERE id = $2`,
					fmt.Sprintf("sig_%03d", withdrawn), string(s.Items[s.World.Site][portal.ClientSide].Signoff))
				s.Exec(`
INSERT INTO approvals (id, project_id, client_id, title, title_key, due_key, state, state_at, turn_since, lane, created_at, created_by)
SELECT $1, project_id, client_id, title, title_key, due_key, 'cancelled', state_at, turn_since, 'over', created_at, created_by FROM approvals WHERE id = $2`,
					fmt.Sprintf("apr_%03d", withdrawn), string(s.Items[s.World.Site][portal.ClientSide].Approval))
			}
		}
		says := func(path, want string) {
			t.Helper()
			for _, title := range s.As("tom").Get(path).MustBe(200).Texts(`main h2, nav.tabs a[aria-current]`) {
				if strings.Join(strings.Fields(title), " ") == want {
					return
				}
			}
			t.Errorf("%s does not say %q", path, want)
		}
		more(53)
		says("/approvals?lane=signoffs", "Withdrawn 53")
		says("/approvals?lane=signoffs&state=withdrawn&after=sig_010", "Withdrawn 53")
		says("/approvals?lane=signoffs&client="+string(s.Acme), "Withdrawn 53")
		says("/approvals?lane=over", "Over 53")
		more(50)
		says("/approvals?lane=signoffs", "Withdrawn 99+")
		says("/approvals?lane=over", "Over 99+")
	})
}

// Whoever is asked more than fits in what waits for them finds all of it.
func TestManyAwaited(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		var asked []string
		for n := range 103 {
			id, err := s.World.As(s.Tom).AskApproval(t.Context(), s.World.Site, portal.NewApproval{Title: fmt.Sprintf("Banner %d", n), Versions: []portal.VersionID{s.Items[s.World.Site][portal.ClientSide].Version}, Stages: []portal.NewStage{{People: []portal.PersonID{s.Cleo}}}})
			if err != nil {
				t.Fatal(err)
			}
			asked = append(asked, "/approvals/"+string(id))
		}
		found, cleo := map[string]bool{}, s.As("cleo")
		for path, first := "/approvals", true; path != ""; first = false {
			p := cleo.Get(path).MustBe(200)
			if first && !strings.Contains(p.Text("#awaited h2"), "99+") {
				t.Errorf("it says %q", p.Text("#awaited h2"))
			}
			for _, a := range p.Attrs(`main ul a[href^="/approvals/"]`, "href") {
				found[a] = true
			}
			path = ""
			for _, next := range p.Attrs("a[rel=next]", "href") {
				if !strings.Contains(next, "list=") {
					path = next
				}
			}
		}
		for _, a := range asked {
			if !found[a] {
				t.Errorf("%s is nowhere", a)
			}
		}
	})
}

// What comes too late is said to be what it is: an answer that was not counted, one that
// stands, or a button that changed nothing.
func TestTooLate(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		cleo, tom := s.As("cleo"), s.As("tom")
		version := s.Items[s.World.Site][portal.ClientSide].Version
		id, err := s.World.As(s.Tom).AskApproval(t.Context(), s.World.Site, portal.NewApproval{Title: "A sign", Versions: []portal.VersionID{version}, Stages: []portal.NewStage{{People: []portal.PersonID{s.Cleo}}}})
		if err != nil {
			t.Fatal(err)
		}
		at := "/approvals/" + string(id)
		p := cleo.Get(at).MustBe(200)
		if p.Attr(`.decide-bar button[value="changes"]`, "data-needs") != "Say what to change: a sentence is enough." {
			t.Error("the button for changes does not lead to the words")
		}
		f := p.Form(at + "/decide")
		f.Press("answer", "changes").Submit(cleo).MustBe(422).MustContain("Say what to change: a sentence is enough.")
		f.Press("answer", "decline").Submit(cleo).MustBe(422).MustContain("Say why: a sentence is enough.")
		f.Press("answer", "approve").Submit(cleo).MustBe(200).MustContain("Take it back")
		s.World.Clock.Advance(11 * time.Minute)
		cleo.Post(at+"/undo", nil).MustBe(409).MustContain("It is too late to take it back", "Your answer stands").MustNotContain("was not counted", "Take it back")
		tom.Post(at+"/remind", nil).MustBe(409).MustContain("It has changed meanwhile", "Nothing was changed").MustNotContain("Your answer")
	})
}

// What the team has approved is not sent on to people who cannot look at it: its page
// says so, who cannot, and what to do, and then it is sent.
func TestSentOnOnceTheyCanLook(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		id, err := s.World.As(s.Tom).AskApproval(t.Context(), s.World.Site, portal.NewApproval{Title: "The film", Versions: []portal.VersionID{s.Items[s.World.Site][portal.ClientSide].Version},
			Stages: []portal.NewStage{{Of: portal.Team, People: []portal.PersonID{s.Mia}}, {People: []portal.PersonID{s.Cleo}}}})
		if err != nil {
			t.Fatal(err)
		}
		s.Exec(`UPDATE versions SET kind = 'video', preview = 'none' WHERE id = $1`, string(s.Items[s.World.Site][portal.ClientSide].Version))
		s.Exec(`UPDATE client_users SET rights = rights & ~2 WHERE id = $1`, string(s.CleoUser))
		s.World.Regrant()
		at := "/approvals/" + string(id)
		mia, cleo := s.As("mia"), s.As("cleo")
		mia.Get(at).MustBe(200).MustNotContain("Cleo cannot approve")
		f := mia.Get(at).Form(at + "/decide")
		mia.Post(at+"/decide", url.Values{"answer": {"approve"}, "content": {f.Get("content")}}).MustBe(200).
			MustContain("It was not sent on to Acme. Once enough of those who are asked can look at all of it, send it on.", "Cleo cannot approve", "Let them download, or ask somebody else.", "Portal access", "Ask again", "Send to Acme")
		cleo.Get(at).MustBe(404)
		cleo.Get("/approvals").MustBe(200).MustNotContain("The film")
		mia.Get("/approvals?lane=team").MustBe(200).MustContain("The film")
		mia.Get("/").MustBe(200).MustContain("The film")
		mia.Post(at+"/send", nil).MustBe(422).MustContain("Too few of those who are asked can look at all of it. Below it says who, and what to do.", "Cleo cannot approve")
		s.Exec(`UPDATE client_users SET rights = rights | 2 WHERE id = $1`, string(s.CleoUser))
		s.World.Regrant()
		mia.Get(at).MustBe(200).MustNotContain("Cleo cannot approve").MustContain("Show Acme what it is about, then send it on.")
		mia.Post(at+"/send", nil).MustBe(200).MustNotContain("Send to Acme")
		cleo.Get(at).MustBe(200).MustContain("The film")
	})
}
