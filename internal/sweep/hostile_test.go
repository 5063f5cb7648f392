package sweep_test

import (
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// hostile are texts that want to be more than text: one of each way in. Each
// carries a mark that must never be the name of an element or an attribute.
var hostile = []string{
	`<script pwn>window.PWN=1</script>`,
	`"><img src=x pwn onerror=window.PWN=1>`,
	`'><svg/onload=window.PWN=1 pwn>`,
	`</title></textarea></style></script><script pwn>window.PWN=1</script>`,
	`<a href="javascript:window.PWN=1" pwn>x</a>`,
	`" autofocus onfocus=window.PWN=1 pwn x="`,
	`<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 pwn onerror=alert(1)&gt;">`,
	`<iframe srcdoc="<script pwn>parent.PWN=1</script>">`,
	`<form action=https://evil.test pwn><input name=password>`,
	`<base href=//evil.test pwn>`,
	`&lt;script pwn&gt;window.PWN=1&lt;/script&gt;`,
	`{{7*191}} ${7*191} <%= 7*191 %> #{7*191}`,
	`[x](javascript:window.PWN=1) [x](JaVaScRiPt&colon;window.PWN=1) [x](data:text/html,<script>1</script>) [x](vbscript:x)`,
	`![x](https://evil.test/pixel.png) ![x](//evil.test/p) <javascript:window.PWN=1> [x]: javascript:window.PWN=1`,
	`<details open ontoggle=window.PWN=1 pwn><summary>x`,
	"`<img src=x pwn onerror=1>` *<b pwn>*",
}

// fill puts a hostile text into every field that people fill in.
func fill(t *testing.T, s *site, text string) {
	t.Helper()
	ctx := t.Context()
	mia := s.me("mia")
	short := strings.ToValidUTF8(text[:min(len(text), 150)], "")
	for project := range map[portal.ProjectID]bool{s.Brand: true, s.Shop: true} {
		stone, err := mia.AddMilestone(ctx, project, portal.NewMilestone{Title: short, Body: text, DueOn: "2026-04-01", Audience: portal.ClientSide})
		must(t, err)
		_, err = mia.AddTask(ctx, project, portal.NewTask{Title: short, Body: text, Milestone: stone, Turn: portal.ClientSide, Audience: portal.ClientSide})
		must(t, err)
		handed, err := mia.AddDeliverable(ctx, project, portal.NewDeliverable{Title: short, Body: text, Owner: s.Mia, Audience: portal.ClientSide})
		must(t, err)
		_, err = mia.AddLink(ctx, handed, short, "https://example.test/?q="+strings.NewReplacer(" ", "%20", "<", "%3C", `"`, "%22").Replace(short))
		must(t, err)
		_, err = mia.PublishUpdate(ctx, project, portal.NewUpdate{Body: text, Sentence: short, Status: "active", Health: "on_track", Audience: portal.ClientSide})
		must(t, err)
	}
}

// T141, T142, T143, T145: whatever people type, in every field and on every page
// that anybody reaches, is text: it makes no element and no attribute, leads to
// no script, loads nothing from elsewhere, and is not worked out.
func TestHostileTexts(t *testing.T) {
	run(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		for _, text := range hostile {
			fill(t, s, text)
		}
		deliverable := s.Items[s.Brand][portal.ClientSide].Deliverable
		asked, err := s.me("mia").AskApproval(ctx, s.Brand, portal.NewApproval{Title: hostile[0], Deliverable: deliverable, Stages: []portal.NewStage{{People: []portal.PersonID{s.Cleo}}}})
		must(t, err)
		looked, err := s.me("cleo").Approval(ctx, asked)
		must(t, err)
		must(t, s.me("cleo").Decide(ctx, asked, portal.ApprovalAnswer{Answer: portal.AnswerChanges, Note: strings.Join(hostile, "\n"), Content: looked.Content}))
		for _, address := range []string{"javascript:window.PWN=1", " javascript:x", "JAVASCRIPT:x", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "java\nscript:x", "//evil.test"} {
			if _, err := s.me("mia").AddLink(ctx, deliverable, "x", address); err == nil {
				t.Errorf("a link to %q is taken", address)
			}
		}
		// T156: what would run backwards is refused where it is typed.
		if _, err := s.me("mia").AddTask(ctx, s.Brand, portal.NewTask{Title: "invoice\u202efdp.exe"}); err == nil {
			t.Error("a text that runs backwards is taken")
		}
		all := strings.Join(hostile[:6], " ")
		s.Exec(`UPDATE persons SET name = $1, title = $2`, hostile[1], hostile[5])
		s.Exec(`UPDATE clients SET name = $1, welcome = $2 WHERE id = $3`, hostile[0], all, string(s.Acme))
		s.Exec(`UPDATE projects SET name = $1, summary = $2, sentence = $3 WHERE id = $4`, hostile[1], all, hostile[3], string(s.Brand))
		s.Exec(`UPDATE milestones SET shift_reason = $1`, hostile[1])
		s.Exec(`UPDATE project_team SET role = $1, shown = 1`, hostile[2])
		s.Exec(`UPDATE client_users SET title = $1, label = $1`, hostile[1])
		s.Exec(`UPDATE workspace SET name = $1, welcome = $2, logo_text = $3`, hostile[1], all, `"><`)
		pages, texts := 0, 0
		for _, name := range []string{"ada", "cleo", "carl"} {
			b := s.As(name)
			for path, said := range crawl(b, "/projects", "/clients", "/people", "/settings", "/calendar", "/search?q=%22%3E%3Cimg+src%3Dx+pwn%3E", "/?done=%3Cscript+pwn%3E", "/sign-in?next=%22+pwn+x") {
				if !strings.Contains(said, "<html") {
					continue
				}
				pages++
				texts += strings.Count(said, "pwn")
				if wrong := markup(said); wrong != "" {
					t.Errorf("%s at %s: %s", name, path, wrong)
				}
				if strings.Contains(said, "1337") {
					t.Errorf("%s at %s: a template in a text was worked out", name, path)
				}
			}
		}
		if pages < 60 || texts < 1000 {
			t.Errorf("only %d pages with %d hostile texts", pages, texts)
		}
	})
}

// markup is the first thing on a page that a text must have made.
func markup(page string) string {
	_, page, _ = strings.Cut(page, "<") // what crawl puts before
	doc, err := html.Parse(strings.NewReader("<" + page))
	if err != nil {
		return err.Error()
	}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		for _, a := range n.Attr {
			value := strings.ToLower(strings.TrimSpace(a.Val))
			switch {
			case a.Key == "pwn", strings.HasPrefix(a.Key, "on"), a.Key == "srcdoc", a.Key == "style":
				return "<" + n.Data + "> has " + a.Key
			case a.Key == "href" || a.Key == "action" || a.Key == "formaction" || a.Key == "xlink:href":
				for _, scheme := range []string{"javascript:", "data:", "vbscript:"} {
					if strings.HasPrefix(value, scheme) {
						return "<" + n.Data + "> leads to " + value
					}
				}
			}
			if a.Key == "src" && !strings.HasPrefix(value, "/") && !strings.HasPrefix(value, "data:image/") || a.Key == "src" && strings.HasPrefix(value, "//") {
				return "<" + n.Data + "> loads " + value
			}
		}
		if n.Data == "base" || n.Data == "object" || n.Data == "embed" || n.Data == "math" || n.Data == "script" && n.FirstChild != nil {
			return "<" + n.Data + ">"
		}
	}
	return ""
}

// T020: who is demoted finds the next request refused, without signing in again.
func TestDemotedAtOnce(t *testing.T) {
	run(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		cleo := s.As("cleo")
		token := s.token(cleo)
		colleagues := "/api/clients/" + string(s.Acme) + "/users"
		invite := func(email string) int {
			return s.ask(cleo, "POST", colleagues, token, `{"name":"New","email":"`+email+`","rights":["view"],"all_projects":true}`).Status
		}
		if got := invite("one@acme.test"); got != 201 {
			t.Fatalf("before, inviting answers %d", got)
		}
		page := "/clients/" + string(s.Acme) + "/people"
		if !cleo.Get(page).MustBe(200).Has(`form[action="` + page + `"]`) {
			t.Error("before, cleo is offered no form")
		}
		a, err := s.me("mia").Access(ctx, s.Acme)
		must(t, err)
		_, err = s.me("mia").SaveAccess(ctx, s.Acme, portal.AccessChange{
			Revision: a.Client.Revision, Enabled: true, AllowedDomains: a.AllowedDomains, InvitationDays: 7, Preset: portal.PresetViewer,
			SectionsSet: a.Client.SectionsSet, Sections: a.Client.Sections,
			Change: []portal.ClientUserChange{{User: s.CleoUser, Rights: portal.PresetViewer.Rights(), AllProjects: true}},
		})
		must(t, err)
		if got := invite("two@acme.test"); got != 403 {
			t.Errorf("after, inviting answers %d", got)
		}
		if cleo.Get(page).MustBe(200).Has(`form[action="` + page + `"]`) {
			t.Error("after, cleo is offered the form still")
		}
	})
}

// T023: a person who was removed from one client and is invited to another sees
// the other alone; nothing of the first came along.
func TestSomebodyElsesFormerPerson(t *testing.T) {
	run(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		b, old := s.As("rex"), s.As("rex")
		_, err := s.me("carl").InviteColleague(ctx, s.Brick, portal.NewClientUser{Name: "Rex", Email: "REX@rex.test", Rights: portal.View, AllProjects: true})
		must(t, err)
		old.Forbid("CNRY-").Get("/projects").MustBe(200) // invited is not in
		var invitation string
		must(t, s.DB.QueryRow(ctx, `SELECT id FROM invitations WHERE person_id = $1`, string(s.Rex)).Scan(&invitation))
		_, err = s.Portal.AcceptInvitation(ctx, portal.Accept{Token: s.Accounts.Token(account.PurposeInvitation, invitation), SignedIn: s.Rex})
		must(t, err)
		b.Name = "carl" // who may read the same
		seen := s.everything(b, s.token(b), s.apiReads())
		found := false
		for _, said := range seen {
			found = found || strings.Contains(said, portaltest.Canary("brick", portal.ClientSide, "shop-name"))
		}
		if !found {
			t.Error("rex sees nothing of the new client: this test sees nothing")
		}
	})
}

// What the test above is worth.
func TestMarkupIsFound(t *testing.T) {
	for _, page := range []string{
		`<html><p><img src="x">`, `<html><p onclick="x">`, `<html><script>1</script>`, `<html><a href=" JavaScript:x">`, `<html><b pwn>`, `<html><base href="/">`,
		`<html><form action="data:x">`, `<html><img src="//evil.test/x">`, `<html><p style="x">`,
	} {
		if markup("/path OK\n"+page) == "" {
			t.Errorf("nothing is found in %s", page)
		}
	}
	if wrong := markup(`/ OK` + "\n" + `<html><script src="/static/app.js"></script><a href="/x">&lt;script pwn&gt;</a><img src="/icon.svg">`); wrong != "" {
		t.Error(wrong)
	}
}
