package web_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
	"github.com/vitrine-portal/vitrine/internal/web/webtest"
)

// Comments on a version become a numbered list, which the team answers point by
// point: one in a price that the client accepts, one in a question.
func TestRevisionPages(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		s := webtest.New(t, w, nil)
		ctx := t.Context()
		tom, cleo, bea := s.As("tom"), s.As("cleo"), s.As("bea")
		it := s.Items[s.World.Site][portal.ClientSide]
		for _, body := range []string{"Larger **logo**", "A second page"} {
			if _, err := s.World.As(s.Cleo).CommentOn(ctx, portal.ItemID(it.File), portal.NewComment{Version: it.Version, NewMessage: portal.NewMessage{Body: body}}); err != nil {
				t.Fatal(err)
			}
		}
		file := "/files/" + string(it.File) + "?panel=comments"
		form := "/versions/" + string(it.Version) + "/revision"
		for name, status := range map[string]int{"bea": 403, "dan": 404, "carl": 404, "rex": 404} {
			s.As(name).Get(form).MustBe(status)
			s.As(name).Post(form, url.Values{"points": {"x"}}).MustBe(status)
		}
		bea.Get(file).MustBe(200).MustNotContain("Ask for these changes", "Ask for changes")
		cleo.Get(file).MustBe(200).MustContain("Ask for these changes (2)")
		f := cleo.Get(form).MustBe(200).MustContain("Larger", "A second page", "takes one round").Form(form)
		p := f.Set("points", "Drop the date\n\nAnd the time").Submit(cleo).MustBe(200).MustContain("The list is sent", "Round 2", "4 changes: 4 open", "And the time")
		at, _, _ := strings.Cut(p.Path, "?")
		f.Set("points", "Again").Submit(cleo).MustBe(409).MustContain("No list was made", "Again")
		cleo.Get(file).MustNotContain("Ask for these changes")
		cleo.Get(file).MustContain("Ask for changes") // also when nobody has commented
		for _, name := range []string{"dan", "carl", "rex", "eve"} {
			s.As(name).Get(at).MustBe(404)
		}
		cleo.Get(at).MustBe(200).MustNotContain("Will not be made")
		tom.Get("/").MustBe(200).MustContain("1 needs us", "asked for changes")

		all, err := s.World.As(s.Tom).Changes(ctx, portal.RevisionID(strings.TrimPrefix(at, "/revisions/")))
		if err != nil || len(all) != 4 {
			t.Fatalf("%d points: %v", len(all), err)
		}
		point := func(n int) string { return "/changes/" + string(all[n-1].ID) }
		say := func(n int, do string, more url.Values) *webtest.Page {
			t.Helper()
			more.Set("do", do)
			return tom.Post(point(n), more)
		}
		one := func(key, value string) url.Values { return url.Values{key: {value}, "revision": {"1"}} }
		say(1, "done", one("version", string(it.Version))).MustBe(200).MustContain("Saved. The client is told", "Done in")
		say(2, "refuse", one("reason", " ")).MustBe(422).MustContain("This is needed.")
		say(2, "price", url.Values{"revision": {"1"}, "price": {"much"}, "currency": {"EUR"}}).MustBe(422).MustContain("Type an amount above nothing")
		say(2, "price", url.Values{"revision": {"1"}, "price": {"1,250.50"}, "currency": {"EUR"}}).MustBe(200).MustContain("€1,250.50", "the price waits to be accepted")
		say(3, "ask", one("reason", "Which date?")).MustBe(200).MustContain("Needs clarification")
		say(4, "refuse", one("reason", "It is the law.")).MustBe(200).MustContain("1 done, 1 not made, 1 with a question and 1 waiting for a price")
		say(4, "ask", one("reason", "Too late")).MustBe(409).MustContain("Nothing was changed")
		say(4, "sing", url.Values{"revision": {"2"}}).MustBe(422)
		bea.Get(at).MustBe(200).MustContain("Which date?", "€1,250.50").MustNotContain("Accept €")
		bea.Post(point(2)+"/price", url.Values{"answer": {"accept"}, "price": {"125050"}, "currency": {"EUR"}}).MustBe(403)
		cleo.Get("/").MustContain("Changes")
		cleo.Get("/approvals").MustContain("Waits for you")
		for _, name := range []string{"carl", "dan", "rex"} {
			s.As(name).Post(point(3)+"/clarify", url.Values{"answer": {"x"}}).MustBe(404)
			s.As(name).Post(point(2)+"/price", url.Values{"answer": {"accept"}, "price": {"125050"}, "currency": {"EUR"}}).MustBe(404)
		}
		bea.Get(at).Form(point(3)+"/clarify").Set("answer", "").Submit(bea).MustBe(422).MustContain("This is needed.")
		bea.Get(at).Form(point(3)+"/clarify").Set("answer", "The one on the back.").Submit(bea).MustBe(200).MustContain("Thank you. The team goes on")
		cleo.Post(point(2)+"/price", url.Values{"answer": {"accept"}, "price": {"100"}, "currency": {"EUR"}}).MustBe(409).MustContain("Nothing was changed")
		cleo.Get(at).MustContain("Accept €1,250.50", "No, leave it")
		cleo.Post(point(2)+"/price", url.Values{"answer": {"accept"}, "price": {"125050"}, "currency": {"EUR"}}).MustBe(200).MustContain("Accepted. The team is told", "accepted by Cleo")
		tom.Get(at).MustBe(200).MustContain("The one on the back.", "accepted by Cleo")
		say(4, "reopen", url.Values{"revision": {"2"}}).MustBe(200)
		// What was said since is in no round.
		if _, err := s.World.As(s.Cleo).CommentOn(ctx, portal.ItemID(it.File), portal.NewComment{Version: it.Version, NewMessage: portal.NewMessage{Body: "Since then"}}); err != nil {
			t.Fatal(err)
		}
		cleo.Get(file).MustBe(200).MustContain("A second page", "Since then")
		for _, b := range []*webtest.Browser{cleo, bea, tom} {
			b.Get(file+"&show="+strings.TrimPrefix(at, "/revisions/")).MustBe(200).MustContain("Round 2", "Larger logo", "A second page").MustNotContain("no comments", "Since then")
		}
		tom.Get("/files/" + string(it.File)).MustContain("Open the list")
		// What somebody has to act on stands first, what is settled last.
		first := func(b *webtest.Browser, list bool) {
			t.Helper()
			p := b.Get("/projects/"+string(s.World.Site)+"/approvals").MustBe(200).MustContain("Lists of changes", "site-approval-title")
			if (strings.Index(p.Body, "Lists of changes") < strings.Index(p.Body, "site-approval-title")) != list {
				t.Errorf("the lists come first: %v", !list)
			}
		}
		first(tom, true)
		for n, rev := range map[int]string{2: "3", 3: "3", 4: "3"} {
			say(n, "refuse", url.Values{"reason": {"Not now."}, "revision": {rev}}).MustBe(200)
		}
		first(tom, false)
		first(cleo, false)
	})
}

// However many lists of changes and approvals there are of something, its page leads to
// all.
func TestListsOfChanges(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		ctx, cleo, tom := t.Context(), s.World.As(s.Cleo), s.World.As(s.Tom)
		it := s.Items[s.World.Site][portal.ClientSide]
		var ofFile, ofResult, approvals []string
		for n := range 13 {
			id, err := tom.AskApproval(ctx, s.World.Site, portal.NewApproval{Title: fmt.Sprintf("Round %d", n), Deliverable: it.Deliverable, Stages: []portal.NewStage{{People: []portal.PersonID{s.Cleo}}}})
			if err != nil {
				t.Fatal(err)
			}
			a, err := cleo.Approval(ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			if err := cleo.Decide(ctx, id, portal.ApprovalAnswer{Answer: portal.AnswerChanges, Content: a.Content, Note: "Once more"}); err != nil {
				t.Fatal(err)
			}
			of, err := cleo.ApprovalRevisions(ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			approvals, ofResult = append(approvals, "/approvals/"+string(id)), append(ofResult, "/revisions/"+string(of[0].ID))
		}
		for range 53 {
			id, err := cleo.RequestRevision(ctx, it.Version, portal.NewRevision{Points: []string{"Once more"}})
			if err != nil {
				t.Fatal(err)
			}
			ofFile = append(ofFile, "/revisions/"+string(id))
		}
		lists := slices.Concat(ofFile, ofResult, []string{"/revisions/" + string(it.Revision)})
		project, result, file := "/projects/"+string(s.World.Site)+"/approvals", "/deliverables/"+string(it.Deliverable), "/files/"+string(it.File)
		for _, x := range []struct {
			path, list string
			want       []string
		}{{project, "revisions", lists}, {result, "revisions", ofResult}, {result, "approvals", approvals}} {
			for _, who := range []string{"tom", "cleo", "bea"} {
				got, pages := followed(t, s.As(who), x.path, x.list)
				for _, a := range x.want {
					if n := len(slices.DeleteFunc(slices.Clone(got), func(x string) bool { return x != a })); n != 1 {
						t.Errorf("%s, %s for %s: %s stands there %d times", x.path, x.list, who, a, n)
					}
				}
				if pages != 2 {
					t.Errorf("%s has %d pages of %s for %s", x.path, pages, x.list, who)
				}
			}
		}
		// Beside a file the rounds choose what is shown; the older ones are a page away.
		for _, who := range []string{"tom", "cleo"} {
			b := s.As(who)
			older, pages := followed(t, b, file+"?panel=comments", "revisions")
			if pages != 2 || !slices.Contains(older, ofFile[0]) || len(older) < 3 {
				t.Errorf("%s finds %q on %d pages", who, older, pages)
			}
		}
		// The page says of what the list is, and leads back to it.
		of := func(list, id string) string { return project + "?list=" + list + "&subject=" + id }
		p := s.As("cleo").Get(of("approvals", string(it.Deliverable))).MustBe(200).MustContain("Approvals")
		if len(p.Attrs(`main a[href="`+result+`"]`, "href")) == 0 {
			t.Error("nothing leads back to the deliverable")
		}
		// Nobody learns of it what they cannot see, nor where it is.
		hidden := string(s.Items[s.World.Site][portal.Team].Deliverable)
		s.As("tom").Get(of("approvals", hidden)).MustBe(200)
		for _, list := range []string{"approvals", "revisions", "signoffs"} {
			s.As("cleo").Get(of(list, hidden)).MustBe(404)
			s.As("carl").Get(of(list, string(it.Deliverable))).MustBe(404)
			s.As("mia").Get("/projects/" + string(s.World.Brand) + "/approvals?list=" + list + "&subject=" + string(it.Deliverable)).MustBe(404)
			s.As("tom").Get(of(list, "prj_x")).MustBe(404)
		}
	})
}

// A point that is about all of a deliverable, or of several files, is answered by a
// version of any file in it.
func TestChangeOfAllOfIt(t *testing.T) {
	webtest.RunFiles(t, func(t *testing.T, s *webtest.Site) {
		ctx, mine := t.Context(), s.World.As(s.Tom)
		tom, cleo := s.As("tom"), s.As("cleo")
		bring := func(name, content string) portal.FileID {
			return send(t, tom).bring([]byte(content), "project", string(s.World.Site), "filename", name, "audience", "client", "on_clash", "version")
		}
		box, tin := bring("Box.txt", "one"), bring("Tin.txt", "one")
		d, err := mine.AddDeliverable(ctx, s.World.Site, portal.NewDeliverable{Title: "Box", Audience: portal.ClientSide})
		if err == nil {
			err = mine.Attach(ctx, portal.ItemID(d), box)
		}
		if err != nil {
			t.Fatal(err)
		}
		returned := func(n portal.NewApproval) string {
			t.Helper()
			n.Title, n.Stages = "Box", []portal.NewStage{{People: []portal.PersonID{s.Cleo}}}
			id, err := mine.AskApproval(ctx, s.World.Site, n)
			if err != nil {
				t.Fatal(err)
			}
			at := "/approvals/" + string(id)
			p := cleo.Get(at).Form(at+"/decide").Set("note", "Larger").Press("answer", "changes").Submit(cleo).MustBe(200)
			return p.Attr(`main a[href^="/revisions/"]`, "href")
		}
		done := func(list string, want ...string) {
			t.Helper()
			p := tom.Get(list).MustBe(200)
			if got := p.Texts("select[name=version] option"); !slices.Equal(got, want) {
				t.Errorf("it can be done in %q, want %q", got, want)
			}
			versions := p.Attrs("select[name=version] option", "value")
			p.Form(p.Attr(`main form[action^="/changes/"]`, "action")).Set("version", versions[len(versions)-2]).Press("do", "done").Submit(tom).MustBe(200)
			cleo.Get(list).MustBe(200).MustContain("Done in " + strings.Replace(want[len(want)-2], " · ", ", ", 1))
		}
		list := returned(portal.NewApproval{Deliverable: d})
		bring("Box.txt", "two")
		if err := mine.Attach(ctx, portal.ItemID(d), tin); err != nil { // that came later answers, too
			t.Fatal(err)
		}
		done(list, "Box.txt · v2", "Tin.txt · v1", "No file")
		several := []portal.VersionID{send(t, tom).version(box).ID, send(t, tom).version(tin).ID}
		list = returned(portal.NewApproval{Versions: several})
		bring("Tin.txt", "two")
		done(list, "Box.txt · v2", "Tin.txt · v2", "No file")
	})
}
