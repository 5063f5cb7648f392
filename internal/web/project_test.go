package web_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
	"github.com/vitrine-portal/vitrine/internal/web/webtest"
)

// parts are the pages of a project.
var parts = []string{"", "/updates", "/timeline", "/milestones", "/deliverables", "/tasks", "/team", "/activity"}

// paths of the items of a project, by audience.
func paths(s *webtest.Site, project portal.ProjectID) map[portal.Side][]string {
	all := map[portal.Side][]string{}
	for side, it := range s.Items[project] {
		all[side] = []string{"/milestones/" + string(it.Milestone), "/tasks/" + string(it.Task), "/deliverables/" + string(it.Deliverable), "/updates/" + string(it.Update)}
	}
	return all
}

// Every page of a project answers to whoever sees the project, and to nobody
// else. What each may not see, the browser itself looks for.
func TestWhoSeesAProject(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		status := map[string]int{"ada": 200, "mia": 200, "tom": 200, "cleo": 200, "bea": 200, "dan": 404, "carl": 404, "rex": 404, "eve": 404}
		for name, want := range status {
			b := s.As(name)
			for _, part := range parts {
				b.Get("/projects/" + string(s.World.Site) + part).MustBe(want)
			}
			for side, items := range paths(s, s.World.Site) {
				for _, path := range items {
					if want == 200 && side == portal.Team && (name == "cleo" || name == "bea") {
						b.Get(path).MustBe(404)
					} else {
						b.Get(path).MustBe(want)
					}
				}
			}
		}
		nobody := s.Stranger()
		for _, part := range parts {
			if p := nobody.Get("/projects/" + string(s.World.Site) + part); p.Path[:8] != "/sign-in" {
				t.Errorf("nobody gets %s", p.Path)
			}
		}
	})
}

// Pages of the team do not exist for clients, whoever of them asks.
func TestTeamPagesOfProjects(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		site := "/projects/" + string(s.World.Site)
		it := s.Items[s.World.Site][portal.ClientSide]
		pages := []string{"/projects/new", site + "/updates/new", site + "/milestones/new", site + "/deliverables/new", site + "/settings", site + "/share",
			"/updates/" + string(it.Update) + "/edit", "/milestones/" + string(it.Milestone) + "/edit", "/tasks/" + string(it.Task) + "/edit",
			"/deliverables/" + string(it.Deliverable) + "/edit", "/items/" + string(s.Items[s.World.Site][portal.Team].Task) + "/show"}
		for name, want := range map[string]int{"mia": 200, "cleo": 404, "carl": 404, "rex": 404} {
			b := s.As(name)
			for _, path := range pages {
				b.Get(path).MustBe(want)
			}
		}
		tom := s.As("tom") // makes things, does not manage
		tom.Get(site + "/updates/new").MustBe(200)
		tom.Get(site + "/settings").MustBe(403)
		tom.Get("/projects/new").MustBe(403)
		tom.Get(pages[len(pages)-1]).MustBe(403) // somebody else's

		cleo := s.As("cleo")
		for _, part := range parts {
			p := cleo.Get(site + part).MustBe(200)
			for _, a := range []string{`a[href$="/new"]`, `a[href$="/edit"]`, `a[href$="/settings"]`, `form[action$="/delete"]`, ".audience", ".legend"} {
				if p.Has(a) {
					t.Errorf("Cleo's page %q has %s", part, a)
				}
			}
		}
	})
}

func TestProjectsList(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		cleo := s.As("cleo")
		name := func(what string) string { return portaltest.Canary("acme", portal.ClientSide, what+"-name") }
		p := cleo.Get("/projects").MustBe(200)
		p.MustContain(name("site"), name("brand"))
		p.MustNotContain(name("old"))
		cleo.Get("/projects?archived=1").MustBe(200).MustContain(name("old"))
		cleo.Get("/projects?q=zzz").MustBe(200).MustContain("No project matches")
		s.As("bea").Get("/projects").MustBe(200).MustContain("Acme", "Brick")
		s.As("dan").Get("/projects").MustBe(200).MustContain(name("brand"))
		s.As("eve").Get("/projects").MustBe(200).MustContain("No project is shared with you yet")
		s.As("mia").Get("/projects?status=planned").MustBe(200).MustContain("No project matches")
		if got := s.As("tom").Get("/projects").MustBe(200).Count("tbody tr"); got != 1 {
			t.Errorf("Tom sees %d projects", got)
		}
	})
}

// What is off for the client has no tab, no page and no item.
func TestSectionsThatAreOff(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		site := "/projects/" + string(s.World.Site)
		mia, cleo := s.As("mia"), s.As("cleo")
		mia.Get(site + "/settings").MustBe(200).MustContain("As above: On")
		mia.Get(site+"/settings").Form(site+"/sections").Set("section.deliverables", "off").Set("section.dates", "off").Submit(mia).MustBe(200).MustContain("Saved")
		p := cleo.Get(site).MustBe(200)
		if p.Has(`a[href$="/deliverables"]`) || p.Has(`a[href$="/timeline"]`) {
			t.Error("there is a tab for what is off")
		}
		p.MustNotContain("10 Apr")
		cleo.Get(site + "/deliverables").MustBe(404)
		cleo.Get(site + "/timeline").MustBe(404)
		cleo.Get("/deliverables/" + string(s.Items[s.World.Site][portal.ClientSide].Deliverable)).MustBe(404)
		mia.Get(site + "/deliverables").MustBe(200)
	})
}

func TestUpdates(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		site := "/projects/" + string(s.World.Site)
		mia, cleo := s.As("mia"), s.As("cleo")
		page := mia.Get(site+"/updates/new").MustBe(200).MustContain("Visible to Acme: 2 people", "Send to client", "Save for the team")

		// What is wrong comes back with what was typed.
		long := strings.Repeat("x", portal.MaxName+1)
		p := page.Form(site+"/updates").Set("sentence", long).Set("body", "kept *text*").Press("audience", "client").Submit(mia).MustBe(422)
		if f := p.Form(site + "/updates"); f.Get("sentence") != long || f.Get("body") != "kept *text*" {
			t.Error("what was typed is gone")
		}
		f := page.Form(site+"/updates").Set("body", "x").Press("audience", "team")
		f.Values().Set("author", "somebody")
		f.Submit(mia).MustBe(422)
		f = page.Form(site+"/updates").Set("body", "x").Press("audience", "team")
		f.Values().Add("body", "y")
		f.Submit(mia).MustBe(422)
		page.Form(site+"/updates").Set("sentence", "a\u202eb").Press("audience", "team").Submit(mia).MustBe(422)
		page.Form(site+"/updates").Press("audience", "team").Submit(mia).MustBe(422)

		// For the team, then shown with a preview, then hidden again.
		cleo.Forbid("the secret plan")
		mia.Get(site+"/updates/new").Form(site+"/updates").Set("body", "the secret plan").Press("audience", "team").Submit(mia).MustBe(200).MustContain("Saved for the team")
		cleo.Get(site)
		cleo.Get(site + "/updates")
		cleo.Get(site + "/activity")

		mia.Get(site+"/updates/new").Form(site+"/updates").Set("sentence", "All is well").Set("body", "See **this** <script>alert(1)</script>").Press("audience", "client").Submit(mia).MustBe(200).MustContain("The update is with the client")
		p = cleo.Get(site).MustBe(200).MustContain("All is well", "this")
		if p.Count(".update .prose strong") != 1 || strings.Contains(p.Body, "<script>alert") {
			t.Error("the update is not drawn as Markdown")
		}
		link := p.Attr(`.update footer a`, "href")
		cleo.Get(link).MustBe(200)
		cleo.Post(p.Attr(`[data-visit^="/seen"]`, "data-visit"), nil).MustBe(204)
		mia.Get(link).MustBe(200).MustContain("Seen by Cleo")
		mia.Get(link).Form(strings.Replace(link, "/updates/", "/items/", 1) + "/hide").Submit(mia).MustBe(200)
		cleo.Get(link).MustBe(404)
		if strings.Contains(cleo.Get(site).Body, "All is well") {
			t.Error("the sentence of a hidden update is still the project's")
		}
		mia.Get(strings.Replace(link, "/updates/", "/items/", 1)+"/show").MustBe(200).MustContain("Visible to Acme: 2 people", "Bea and Cleo", "the state of the project").
			Form(strings.Replace(link, "/updates/", "/items/", 1) + "/show").Submit(mia).MustBe(200)
		cleo.Get(site).MustContain("All is well")
		mia.Get(link).Form(link + "/delete").Submit(mia).MustBe(200).MustContain("Deleted")
		cleo.Get(link).MustBe(404)
	})
}

func TestTwoPeopleEditAtOnce(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		mia, ada := s.As("mia"), s.As("ada")
		it := s.Items[s.World.Site][portal.Team]
		for path, field := range map[string]string{
			"/milestones/" + string(it.Milestone): "title", "/tasks/" + string(it.Task): "title",
			"/deliverables/" + string(it.Deliverable): "title", "/updates/" + string(it.Update): "sentence",
		} {
			first, second := mia.Get(path+"/edit").MustBe(200).Form(path), ada.Get(path+"/edit").Form(path)
			first.Set(field, "Mia's words").Submit(mia).MustBe(200)
			p := second.Set(field, "Ada's words").Submit(ada).MustBe(409).MustContain("Somebody else changed this meanwhile", "Mia's words")
			again := p.Form(path)
			if again.Get(field) != "Ada's words" {
				t.Errorf("%s: what Ada typed is gone", path)
			}
			again.Submit(ada).MustBe(200).MustContain("Saved")
			if got := mia.Get(path + "/edit").Form(path).Get(field); got != "Ada's words" {
				t.Errorf("%s: saved again, it says %q", path, got)
			}
		}
		settings := "/projects/" + string(s.World.Site) + "/settings"
		first, second := mia.Get(settings).Form(settings), ada.Get(settings).Form(settings)
		first.Set("name", "One").Submit(mia).MustBe(200)
		second.Set("name", "Two").Submit(ada).MustBe(409).MustContain("One").Form(settings).Submit(ada).MustBe(200).MustContain("Two")
	})
}

// A deliverable is put to the vote from its page, and decided on where it was asked.
func TestAClientDecides(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		at := "/deliverables/" + string(s.Items[s.World.Site][portal.ClientSide].Deliverable)
		site := "/projects/" + string(s.World.Site)
		mia, cleo, bea := s.As("mia"), s.As("cleo"), s.As("bea")
		ask := func() string {
			t.Helper()
			p := mia.Get(mia.Get(at).MustBe(200).MustContain("Ask for review").Attr(`main a[href*="/approvals/new?"]`, "href")).MustBe(200).Form(site + "/approvals").Submit(mia).MustBe(200).MustContain("Asked")
			path, _, _ := strings.Cut(p.Path, "?")
			mia.Get(at).MustContain("In review").MustNotContain("Ask for review")
			return path
		}
		decide := ask() + "/decide"
		bea.Get(at).MustBe(200).MustNotContain("Your answer is awaited.")
		bea.Post(decide, url.Values{"answer": {"approve"}, "content": {"x"}}).MustBe(403)
		cleo.Get(at).MustBe(200).MustContain("Waiting for you", "Round 1", "Your answer is awaited.")
		stale := cleo.Get(strings.TrimSuffix(decide, "/decide")).Form(decide)
		f := cleo.Get(strings.TrimSuffix(decide, "/decide")).Form(decide)
		f.Press("answer", "changes").Submit(cleo).MustBe(422)
		f.Set("note", "Larger type, please").Press("answer", "changes").Submit(cleo).MustBe(200).MustContain("Changes requested", "Larger type, please", "1 change: 1 open")
		cleo.Get(at).MustContain("Changes requested", "Larger type, please", "Lists of changes")

		// Asked again, the last round is said; an answer to the old one is not counted.
		decide = ask() + "/decide"
		stale.Set("note", "Fine by me").Press("answer", "approve").Submit(cleo).MustBe(409)
		cleo.Get(at).MustContain("In review", "Round 2")
		cleo.Get(strings.TrimSuffix(decide, "/decide")).MustContain("1 change: 1 open").Form(decide).Press("answer", "approve").Submit(cleo).MustBe(200).MustContain("Approved")
		if mia.Get(at).MustContain("Approved by Cleo").Has(`a[href="` + at + `/edit"]`) {
			t.Error("what was approved can be edited")
		}
	})
}

func TestTasks(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		list := "/projects/" + string(s.World.Site) + "/tasks"
		mia, cleo, bea := s.As("mia"), s.As("cleo"), s.As("bea")
		f := mia.Get(list).Form(list).Set("title", "Send the logo").Set("assignee", string(s.Cleo))
		f.Press("audience", "team").Submit(mia).MustBe(422) // who cannot see it cannot have it
		mia.Get(list).Form(list).Set("title", "Send the logo").Set("assignee", string(s.Cleo)).Set("due_on", "2026-03-12").Press("audience", "client").Submit(mia).MustBe(200).MustContain("Send the logo")
		p := cleo.Get(list+"?show=mine").MustBe(200).MustContain("Send the logo", "Waiting for you")
		complete := p.Attr(`form[action$="/complete"]`, "action")
		if bea.Get(list).Has(`form[action="` + complete + `"]`) {
			t.Error("Bea is offered to complete what is Cleo's")
		}
		bea.Post(complete, nil).MustBe(403)
		p = p.Form(complete).Submit(cleo).MustBe(200).MustContain("Completed", "Undo")
		p.Form(strings.Replace(complete, "/complete", "/reopen", 1)).Submit(cleo).MustBe(200).MustContain("Reopened")
		cleo.Get(list).Form(complete).Submit(cleo)
		cleo.Get(list + "?show=done").MustContain("Send the logo")
		task := strings.TrimSuffix(complete, "/complete")
		mia.Get(task).Form(task + "/reopen").Submit(mia).MustBe(200)
		mia.Get(task).Form(task+"/assign").Set("assignee", "").Submit(mia).MustBe(200)
		mia.Get(task).Form(task + "/delete").Submit(mia).MustBe(200)
		cleo.Get(task).MustBe(404)
	})
}

func TestMilestones(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		list := "/projects/" + string(s.World.Site) + "/milestones"
		mia, cleo := s.As("mia"), s.As("cleo")
		p := mia.Get(list+"/new").Form(list).Set("title", "Launch").Set("due_on", "2026-05-04").Set("turn", "client").Press("audience", "client").Submit(mia).MustBe(200).MustContain("Launch")
		at := strings.TrimSuffix(p.Path, "?done=added")
		// Moving a day the client was shown takes a reason.
		p = mia.Get(at+"/edit").Form(at).Set("due_on", "2026-05-11").Submit(mia).MustBe(422).MustContain("Say why it moves")
		p.Form(at).Set("reason", "The printer is late").Submit(mia).MustBe(200)
		cleo.Get(at).MustBe(200).MustContain("The printer is late", "4 May", "11 May").Form(strings.Replace(at, "/milestones/", "/items/", 1) + "/turn?to=team").Submit(cleo).MustBe(200).MustContain("Handed over")
		cleo.Get("/projects/"+string(s.World.Site)+"/timeline").MustContain("Launch", "The printer is late")
		mia.Get(at).Form(at + "/reach").Submit(mia).MustBe(200).MustContain("Reached")
		cleo.Post(at+"/reopen", nil).MustBe(404)
		mia.Get(at).Form(at + "/reopen").Submit(mia).MustBe(200)
		up := mia.Get(list).Attr(`form[action^="`+at+`/move"]`, "action")
		mia.Get(list).Form(up).Submit(mia).MustBe(200)
		titles := mia.Get(list).Texts(".rows .main")
		if len(titles) != 3 || titles[1] != "Launch" {
			t.Errorf("moved up, the order is %q", titles)
		}
		mia.Get(at).Form(at + "/delete").Submit(mia).MustBe(200)
		cleo.Get(at).MustBe(404)
	})
}

func TestAProjectFromTheStart(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		if err := s.Portal.EnsureTemplates(context.Background()); err != nil {
			t.Fatal(err)
		}
		mia, cleo := s.As("mia"), s.As("cleo")
		page := mia.Get("/projects/new?client=" + string(s.Acme)).MustBe(200)
		p := page.Form("/projects/new").Set("name", "").Set("summary", "kept").Submit(mia).MustBe(422)
		f := p.Form("/projects/new")
		if f.Get("summary") != "kept" || f.Get("client") != string(s.Acme) {
			t.Error("what was typed is gone")
		}
		template := p.Attr(`input[name="template"]:not([value=""])`, "value")
		p = f.Set("name", "New site").Set("template", template).Submit(mia).MustBe(200).MustContain("New site", "Not shared: nobody at Acme")
		at := strings.TrimSuffix(p.Path, "?done=added")
		cleo.Get(at).MustBe(404)
		mia.Get(at+"/share").MustBe(200).MustContain("Visible to Acme: 2 people", "milestone").Form(at + "/share").Submit(mia).MustBe(200)
		cleo.Get(at).MustBe(200).MustContain("New site")

		mia.Get(at+"/team").Form(at+"/team").Set("person", string(s.Tom)).Set("role", "Design").Submit(mia).MustBe(200).MustContain("Tom")
		cleo.Get(at+"/team").MustContain("Tom", "Design")
		s.As("tom").Get(at).MustBe(200)
		mia.Get(at + "/team").Form(at + "/team/" + string(s.Tom) + "/remove").Submit(mia).MustBe(200)
		s.As("tom").Get(at).MustBe(404)

		mia.Get(at+"/settings").Form(at+"/template").Set("template", "Our site").Submit(mia).MustBe(200).MustContain("The template is saved")
		mia.Get(at+"/settings").Form(at+"/template").Set("template", "our SITE").Submit(mia).MustBe(422).MustContain("This name is taken")
		mia.Get(at+"/settings").Form(at+"/status").Set("status", "on_hold").Submit(mia).MustBe(200)
		cleo.Get(at).MustContain("On hold")

		mia.Get(at + "/settings").Form(at + "/archive").Submit(mia).MustBe(200)
		if cleo.Get(at).MustBe(200).MustContain("Archived"); mia.Get(at).Has(`a[href$="/updates/new"]`) {
			t.Error("an archived project offers changes")
		}
		mia.Post(at+"/updates", url.Values{"body": {"x"}, "status": {"active"}, "health": {"on_track"}}).MustBe(403)
		mia.Get(at + "/settings").Form(at + "/restore").Submit(mia).MustBe(200)
		mia.Get(at + "/settings").Form(at + "/unshare").Submit(mia).MustBe(200)
		cleo.Get(at).MustBe(404)
	})
}
