package web_test

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
	"github.com/vitrine-portal/vitrine/internal/web/webtest"
)

// commentPages are the pages on which something can be commented on.
func commentPages(it portaltest.Items) map[portal.ItemID]string {
	return map[portal.ItemID]string{
		portal.ItemID(it.Task):        "/tasks/" + string(it.Task),
		portal.ItemID(it.Milestone):   "/milestones/" + string(it.Milestone),
		portal.ItemID(it.Deliverable): "/deliverables/" + string(it.Deliverable),
		portal.ItemID(it.Update):      "/updates/" + string(it.Update),
		portal.ItemID(it.File):        "/files/" + string(it.File),
	}
}

// newest is the last message on the page.
func newest(p *webtest.Page) string {
	all := p.Attrs("li.comment", "id")
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1]
}

// One component for comments is everywhere: what the team says among itself
// never reaches the client, what it says to the client does, and both answer,
// resolve, quote, edit and delete.
func TestComments(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		mia, cleo, bea, ada := s.As("mia"), s.As("cleo").Forbid("inkwell"), s.As("bea").Forbid("inkwell"), s.As("ada")
		dan, carl, rex := s.As("dan").Forbid("inkwell", "lantern"), s.As("carl").Forbid("inkwell", "lantern"), s.As("rex").Forbid("inkwell", "lantern")
		shown, own := s.Items[s.Site][portal.ClientSide], s.Items[s.Site][portal.Team]
		for item, page := range commentPages(shown) {
			action := "/items/" + string(item) + "/comments"
			form := func(b *webtest.Browser) *webtest.Form { return b.Get(page).MustBe(200).Form(action) }
			// Among the team; to the client; pressed twice it is one.
			mia.Get(page).MustBe(200).MustContain("Visible to")
			form(mia).Set("body", "inkwell: too dear").Press("audience", "team").Submit(mia).MustBe(200).MustContain("inkwell", "Only")
			twice := form(mia).Set("body", "lantern *one*").Press("audience", "client")
			twice.Submit(mia).MustBe(200)
			if p := twice.Submit(mia).MustBe(200); strings.Count(p.Text("#comments"), "lantern one") != 1 {
				t.Errorf("%s: pressed twice, it is not one comment: %s", page, p.Text("#comments"))
			}
			p := cleo.Get(page).MustBe(200).MustContain("lantern one")
			thread := p.Attrs("li.comment-thread", "id")
			last := thread[len(thread)-1]
			if p.Has(".comment-form button[value=team]") {
				t.Errorf("%s: a client is offered to speak among the team", page)
			}
			// An answer, and a note below it, which the client does not learn of.
			p = p.Form("/conversations/"+last).Set("body", "lantern two").Press("audience", "client").Submit(cleo).MustBe(200)
			if at := p.Path; !strings.HasPrefix(at, page+"?comments="+last) {
				t.Errorf("%s: an answer leads to %s", page, at)
			}
			answer := newest(p)
			mia.Get(page).Form("/conversations/"+last).Set("body", "inkwell below").Press("audience", "team").Submit(mia).MustBe(200)
			count := func(b *webtest.Browser) int { return b.Get(page).Count("#" + last + " li.comment") }
			if n, m := count(cleo), count(mia); n != 2 || m != 3 {
				t.Errorf("%s: the client sees %d of the messages, the team %d", page, n, m)
			}
			// Resolved by one, open again by an answer of another.
			p = cleo.Get(page).Form("/comments/" + last + "/resolve").Submit(cleo).MustBe(200).MustContain("Resolved by Cleo")
			if p.Count("#"+last+".resolved") != 1 {
				t.Errorf("%s: it does not look resolved", page)
			}
			if got := cleo.Get(page + "?panel=comments&show=open"); strings.Contains(got.Text("#comments"), "lantern") {
				t.Errorf("%s: what is resolved is among what is open", page)
			}
			bea.Get(page+"?panel=comments&show=resolved").MustBe(200).MustContain("lantern one").Form("/conversations/"+last).
				Set("body", "lantern three").Press("audience", "client").Submit(bea).MustBe(200).MustNotContain("Resolved by")
			// Quoted, edited, deleted.
			quoting := mia.Get(page + "?panel=comments&quote=" + answer)
			quoting.MustBe(200)
			if quoting.Count(".quoting") != 1 || quoting.Text(".quoting span") != "lantern two" {
				t.Errorf("%s: nothing is quoted", page)
			}
			quoting.Form("/conversations/"+last).Set("body", "lantern four").Press("audience", "client").Submit(mia).MustBe(200)
			p = cleo.Get("/messages/" + answer).MustBe(200).MustContain("lantern four")
			if p.Count("blockquote.quoted") != 1 {
				t.Errorf("%s: the quote is not shown", page)
			}
			cleo.Get("/messages/"+answer+"/edit").MustBe(200).Form("/messages/"+answer+"/edit").Set("body", "lantern, better").Submit(cleo).MustBe(200).MustContain("lantern, better", "edited")
			ada.Get("/messages/" + answer + "/history").MustBe(200).MustContain("lantern two")
			mia.Get("/messages/" + answer + "/history").MustBe(403)
			cleo.Get("/messages/" + answer + "/delete").MustBe(200).Form("/messages/" + answer + "/delete").Submit(cleo).MustBe(200).MustContain("This message was deleted")
			mia.Get(page + "?comments=" + last).MustBe(200).MustContain("This message was deleted").MustNotContain("lantern, better")
			// Others.
			bea.Post("/messages/"+answer+"/edit", url.Values{"body": {"lantern"}, "revision": {"3"}}).MustBe(403)
			for _, b := range []*webtest.Browser{dan, carl, rex} {
				b.Get(page).MustBe(404)
				b.Post(action, url.Values{"body": {"x"}}).MustBe(404)
				b.Post("/comments/"+last+"/resolve", nil).MustBe(404)
				b.Get("/messages/" + answer).MustBe(404)
			}
			// Nothing that was typed is lost.
			form(cleo).Set("body", strings.Repeat("x", portal.MaxText+1)).Press("audience", "client").Submit(cleo).MustBe(422).Form(action)
			cleo.Post("/drafts/"+string(item), url.Values{"body": {"lantern, half"}}).MustBe(200)
			if got := form(cleo).Get("body"); got != "lantern, half" {
				t.Errorf("%s: the draft is %q", page, got)
			}
			cleo.Get(page + "?comments=" + string(s.Items[s.Site][portal.Team].Comments)).MustBe(404)
		}
		// On what the team alone sees everything is the team's.
		for item, page := range commentPages(own) {
			p := mia.Get(page).MustBe(200)
			if p.Has(".comment-form button[value=client]") {
				t.Errorf("%s: a comment is offered to the client", page)
			}
			mia.Post("/items/"+string(item)+"/comments", url.Values{"body": {"inkwell"}, "audience": {"client"}}).MustBe(200)
			cleo.Get(page).MustBe(404)
			cleo.Post("/items/"+string(item)+"/comments", url.Values{"body": {"x"}}).MustBe(404)
		}
		// Who may look alone is offered nothing to write.
		s.Exec(`UPDATE client_users SET all_projects = 1 WHERE id = $1`, string(s.DanUser))
		s.Regrant()
		p := s.As("dan").Get("/projects/" + string(s.Brand))
		p.MustBe(200)
		task := "/tasks/" + string(s.Items[s.Brand][portal.ClientSide].Task)
		if p := s.As("dan").Get(task).MustBe(200); p.Has(".comment-form") {
			t.Error("a viewer is offered to comment")
		}
		s.As("dan").Post("/items/"+string(s.Items[s.Brand][portal.ClientSide].Task)+"/comments", url.Values{"body": {"x"}}).MustBe(403)
		// They say that they have read, where no script says it for them.
		_, err := s.World.As(s.Mia).CommentOn(t.Context(), portal.ItemID(s.Items[s.Brand][portal.ClientSide].Task), portal.NewComment{NewMessage: portal.NewMessage{Body: "lantern", Audience: portal.ClientSide}})
		if err == nil {
			_, err = s.Portal.TellPeople(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		unread := func() int {
			n, err := s.World.As(s.Dan).UnreadNotices(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		before, b := unread(), s.As("dan")
		p = b.Get(task).MustBe(200)
		read := p.Attr("form[action$='"+newest(p)+"']", "action")
		if p = p.Form(read).Submit(b).MustBe(200); !strings.HasPrefix(p.Path, task) || p.Has("form.no-js") || unread() != before-1 {
			t.Errorf("read at %s, of %d unread there are %d", p.Path, before, unread())
		}
	})
}

// Comments stay with the version that was looked at: beside the newest all are
// read, with the version they are from, and beside an older one its own.
func TestCommentsOnVersions(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		it := s.Items[s.Site][portal.ClientSide]
		page := "/files/" + string(it.File)
		mia, cleo := s.As("mia"), s.As("cleo").Forbid("inkwell")
		draft := page + "?version=" + string(it.Draft)
		p := mia.Get(draft).MustBe(200)
		if p.Has(".comment-form button[value=client]") {
			t.Error("a comment on a draft is offered to the client")
		}
		p = p.Form("/items/"+string(it.File)+"/comments?version="+string(it.Draft)).Set("body", "inkwell on the draft").Press("audience", "team").Submit(mia).MustBe(200).MustContain("inkwell on the draft")
		if p.Has("p.of-version") {
			t.Error("beside its own version a comment says of which it is")
		}
		cleo.Get(page).Form("/items/"+string(it.File)+"/comments").Set("body", "lantern on this").Press("audience", "client").Submit(cleo).MustBe(200)
		if got := mia.Get(draft).Text("#comments"); strings.Contains(got, "lantern") {
			t.Errorf("beside the draft: %s", got)
		}
		p = mia.Get(page).MustContain("inkwell on the draft", "lantern on this")
		if got := p.Texts("p.of-version"); len(got) != 1 || !strings.Contains(got[0], "from draft") {
			t.Errorf("beside the newest it reads %q", got)
		}
		// The stage of the newest has the places that it has, too; of others the list
		// says why not.
		s.Exec(`UPDATE versions SET kind = 'image' WHERE file_id = $1`, string(it.File))
		mia.Post("/items/"+string(it.File)+"/comments", url.Values{"body": {"inkwell at a place"}, "version": {string(it.Draft)}, "place": {`{"kind":"pin","x":0.1,"y":0.1}`}, "audience": {"team"}}).MustBe(200)
		p = mia.Get(page)
		if got := p.Attr("#places", "data-marks"); !strings.Contains(got, `"of":"from draft`) || p.Count(".mark-number.along") != 1 {
			t.Errorf("on the newest are %s", got)
		}
		if got := mia.Get(draft).Attr("#places", "data-marks"); !strings.Contains(got, `"kind":"pin"`) || strings.Contains(got, `"of"`) {
			t.Errorf("on the draft are %s", got)
		}
		if got := cleo.Get(page).Attr("#places", "data-marks"); strings.Contains(got, "draft") || strings.Contains(got, `"x":0.1,`) {
			t.Errorf("the client's page has %s", got)
		}
		s.Exec(`UPDATE versions SET kind = 'pdf' WHERE id = $1`, string(it.Version))
		p = mia.Get(page).MustContain("of another kind and has no such place")
		if got := p.Attr("#places", "data-marks"); strings.Contains(got, `"of"`) {
			t.Errorf("on another kind are %s", got)
		}
		cleo.Get(draft).MustBe(404)
		cleo.Post("/items/"+string(it.File)+"/comments", url.Values{"body": {"x"}, "version": {string(it.Draft)}, "audience": {"client"}}).MustBe(422)
		cleo.Post("/items/"+string(it.File)+"/comments", url.Values{"body": {"x"}, "version": {string(s.Items[s.Shop][portal.ClientSide].Version)}, "audience": {"client"}}).MustBe(422)
	})
}

// An @ offers those who will read it and nobody else; whoever is named by force
// stays text.
func TestMentions(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		it, own := s.Items[s.Site][portal.ClientSide], s.Items[s.Site][portal.Team]
		offered := func(b *webtest.Browser, query string) string {
			t.Helper()
			p := b.Get("/mentionable?" + query).MustBe(200)
			return strings.Join(p.Attrs("[role=listbox] [role=option]", "data-name"), ",")
		}
		mia, cleo := s.As("mia"), s.As("cleo")
		for query, want := range map[string]string{
			"item=" + string(it.Task) + "&to=client&q=":              "Bea,Cleo,Tom,Ada",
			"item=" + string(it.Task) + "&to=client&q=c":             "Cleo",
			"item=" + string(it.Task) + "&to=client&q=carl":          "",
			"item=" + string(it.Task) + "&to=team&q=":                "Tom,Ada",
			"item=" + string(own.Task) + "&to=client&q=":             "Tom,Ada", // asked for by force
			"thread=" + string(it.Conversation) + "&to=client&q=cle": "Cleo",
			"thread=" + string(it.Conversation) + "&to=team&q=cle":   "",
			"project=" + string(s.Site) + "&to=client&q=be":          "Bea",
			"client=" + string(s.Acme) + "&to=client&q=cle":          "Cleo",
			"client=" + string(s.Acme) + "&to=team&q=cle":            "",
		} {
			if got := offered(mia, query); got != want {
				t.Errorf("%s offers %q, not %q", query, got, want)
			}
		}
		if got := offered(cleo, "item="+string(it.Task)+"&to=team&q=c"); got != "" {
			t.Errorf("Cleo is offered %q", got)
		}
		// Before the first word of a direct conversation, those who are to be in it.
		to := func(people ...portal.PersonID) (query string) {
			for _, p := range people {
				query += "&person=" + string(p)
			}
			return query
		}
		for _, c := range []struct {
			who         *webtest.Browser
			query, want string
		}{
			{mia, "direct=" + string(s.Acme) + "&q=", ""},
			{mia, "direct=" + string(s.Acme) + to(s.Cleo, s.Tom, s.Carl, s.Rex) + "&q=", "Cleo,Tom"},
			{mia, "direct=" + string(s.Acme) + to(s.Cleo, s.Tom) + "&q=to", "Tom"},
			{mia, "direct=" + to(s.Ada, s.Tom, s.Cleo) + "&q=", "Ada,Tom"},
			{cleo, "direct=" + string(s.Acme) + to(s.Bea, s.Mia, s.Carl, s.Rex) + "&q=", "Bea,Mia"},
		} {
			if got := strings.Split(offered(c.who, c.query), ","); !sameNames(got, strings.Split(c.want, ",")) {
				t.Errorf("%s offers %q, not %q", c.query, got, c.want)
			}
		}
		if got := mia.Get("/messages/direct?client="+string(s.Acme)).Attr("textarea[name=body]", "data-mention"); got != "direct="+string(s.Acme) {
			t.Errorf("the first message asks for %q", got)
		}
		if got := mia.Get("/clients/"+string(s.Acme)+"/conversation").Attrs(".say textarea", "data-mention"); strings.Join(got, " ") != "client="+string(s.Acme)+"&to=client client="+string(s.Acme)+"&to=team" {
			t.Errorf("the first message to a client asks for %q", got)
		}
		for _, query := range []string{"client=" + string(s.Brick), "direct=" + to(s.Mia), "direct=" + string(s.Brick) + to(s.Carl)} {
			cleo.Get("/mentionable?" + query).MustBe(404)
		}
		for _, query := range []string{"item=" + string(own.Task), "thread=" + string(s.Items[s.Shop][portal.ClientSide].Conversation), "project=" + string(s.Hidden), "", "item=x"} {
			cleo.Get("/mentionable?" + query).MustBe(404)
		}
		cleo.Get("/mentionable?to=x&item=" + string(it.Task)).MustBe(200)

		page := "/tasks/" + string(it.Task)
		p := mia.Get(page).Form("/items/"+string(it.Task)+"/comments").Set("body", "Ask @Cleo, not @Carl and not @Dan").Press("audience", "client").Submit(mia).MustBe(200)
		if got := p.Texts("b.mention"); len(got) != 1 || got[0] != "@Cleo" {
			t.Errorf("marked is %q", got)
		}
		cleo.Get(page).MustContain("not @Carl and not @Dan")
		p = mia.Get(page).Form("/items/"+string(it.Task)+"/comments").Set("body", "inkwell @Cleo @Tom").Press("audience", "team").Submit(mia).MustBe(422) // Cleo does not read it
		p = p.Form("/items/" + string(it.Task) + "/comments").Submit(mia).MustBe(200)
		if got := p.Texts("b.mention"); len(got) != 2 || got[1] != "@Tom" {
			t.Errorf("in a note, marked is %q", got)
		}
	})
}

// sameNames reports whether both are the same, in whatever order.
func sameNames(a, b []string) bool {
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// Somebody of the client who is named in what is said among the team does not read it: that
// is told before it is said, and who is offered from then on is the team alone.
func TestNamedAmongTheTeam(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		mia, cleo := s.As("mia"), s.As("cleo").Forbid("inkwell")
		item := portal.ItemID(s.Items[s.Site][portal.ClientSide].Task)
		page, action := "/tasks/"+string(item), "/items/"+string(item)+"/comments"
		mentions := func(p *webtest.Page) string {
			return strings.Join(p.Attrs("textarea[data-mention]", "data-mention"), " ")
		}
		tell := func(at, body string) {
			t.Helper()
			p := mia.Get(page).MustBe(200).Form(at).Set("body", body).Press("audience", "team").Submit(mia).MustBe(422).MustContain("and not Cleo", body)
			if p.Has("main form[action='"+action+"'] [name=audience][value=client]") || !strings.Contains(mentions(p), "to=team") {
				t.Errorf("it may still go to %s", mentions(p))
			}
			if got := mia.Get(page).Text("#comments"); strings.Contains(got, body) {
				t.Errorf("it was said: %s", got)
			}
			form := p.Form(at)
			if got := form.Get("body"); got != body {
				t.Errorf("what was typed is %q", got)
			}
			named := mia.Get(page).Count(".comment .mention")
			if form.Submit(mia).MustBe(200).MustContain(body); mia.Get(page).Count(".comment .mention") != named {
				t.Error("Cleo is named in what she does not read")
			}
		}
		tell(action, "inkwell one, says @Cleo")
		mia.Get(page).Form(action).Set("body", "inkwell two, says @Tom").Press("audience", "team").Submit(mia).MustBe(200).MustContain("inkwell two")
		p := mia.Get(page).Form(action).Set("body", "lantern for @Cleo").Press("audience", "client").Submit(mia).MustBe(200)
		if got := p.Texts(".comment .mention"); !slices.Contains(got, "@Cleo") {
			t.Errorf("named are %q", got)
		}
		p = cleo.Get(page).MustBe(200).MustContain("lantern for")
		thread := p.Attrs("li.comment-thread", "id")
		tell("/conversations/"+thread[len(thread)-1], "inkwell below, as @Cleo said")
		cleo.Get(page).MustBe(200)
		// Where the client sees nothing, nobody of it was offered.
		own := portal.ItemID(s.Items[s.Site][portal.Team].Task)
		mia.Get("/tasks/"+string(own)).Form("/items/"+string(own)+"/comments").Set("body", "inkwell three, says @Cleo").Press("audience", "team").Submit(mia).MustBe(200).MustContain("inkwell three")
	})
}

// The same holds for what is said in a conversation, as the first in a project or with a
// client, and in the new text of a note; beside what was not sent yet it stands before.
func TestNamedInNotes(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		mia, cleo := s.As("mia"), s.As("cleo").Forbid("inkwell")
		talk := "/conversations/" + string(s.Items[s.Site][portal.ClientSide].Conversation)
		text := func(q string) (v string) {
			t.Helper()
			if err := s.DB.QueryRow(t.Context(), q).Scan(&v); err != nil {
				t.Fatal(err)
			}
			return v
		}
		count := func(q string) int { t.Helper(); n, _ := strconv.Atoi(text(q)); return n }
		for _, c := range []struct{ page, action, body string }{
			{talk, talk, "inkwell one, says @Cleo"},
			{"/projects/" + string(s.Site) + "/conversations/new", "/projects/" + string(s.Site) + "/conversations", "inkwell two, says @Cleo"},
			{"/clients/" + string(s.Acme) + "/conversation", "/clients/" + string(s.Acme) + "/conversation", "inkwell three, says @Cleo"},
		} {
			said := url.Values{"body": {c.body}, "audience": {"team"}}
			if strings.Contains(c.page, "/new") {
				said.Set("subject", "inkwell")
			}
			mia.Get(c.page).MustBe(200)
			p := mia.Post(c.action, said).MustBe(422).MustContain("and not Cleo", c.body)
			if p.Has("form.say.client .error") || p.Has("form.say.client [name=told]") || !p.Has("form.say.team [name=told]") || !p.Has("#how-note[checked]") {
				t.Errorf("at %s the reply is told of it, or the note is not", c.page)
			}
			if got := p.Text("#body-team"); got != c.body {
				t.Errorf("what was typed is %q", got)
			}
			if got := count(`SELECT COUNT(*) FROM messages WHERE body = '` + c.body + `'`); got != 0 {
				t.Errorf("at %s it was said", c.page)
			}
			said.Set("told", "1")
			mia.Post(c.action, said).MustBe(200).MustContain(c.body)
			if got := count(`SELECT COUNT(*) FROM mentions n JOIN messages m ON m.id = n.message_id WHERE m.body = '` + c.body + `'`); got != 0 {
				t.Errorf("at %s %d are named", c.page, got)
			}
			// Who reads it is named without a word.
			said.Del("told")
			said.Set("body", "inkwell for @Tom")
			mia.Post(c.action, said).MustBe(200).MustContain("inkwell for")
		}
		mia.Get(talk).Form(talk).Set("body", "lantern for @Cleo").Submit(mia).MustBe(200).MustContain("lantern for")
		cleo.Get(talk).MustBe(200).MustContain("lantern for")
		// Without a word of whom it is for, it stays among the team.
		if p := mia.Post(talk, url.Values{"body": {"inkwell as it is, says @Cleo"}}).MustBe(422); p.Text("#body-team") == "" {
			t.Error("what was typed is lost")
		}

		id := text(`SELECT id FROM messages WHERE body = 'inkwell one, says @Cleo'`)
		edit := "/messages/" + id + "/edit"
		p := mia.Get(edit).Form(edit).Set("body", "inkwell again, says @Cleo").Submit(mia).MustBe(422).MustContain("and not Cleo")
		if got := text(`SELECT body FROM messages WHERE id = '` + id + `'`); strings.Contains(got, "again") {
			t.Error("it was changed")
		}
		p.Form(edit).Submit(mia).MustBe(200).MustContain("inkwell again")

		it := s.Items[s.Site][portal.ClientSide]
		file := "/files/" + string(it.File) + "?panel=comments"
		if _, err := s.World.As(s.Mia).KeepComment(t.Context(), it.Version, "Is that so, @Cleo?", nil); err != nil {
			t.Fatal(err)
		}
		mia.Get(file).MustBe(200).MustContain("not by Cleo")
		if _, err := s.World.As(s.Cleo).KeepComment(t.Context(), it.Version, "Is that so, @Bea?", nil); err != nil {
			t.Fatal(err)
		}
		cleo.Get(file).MustBe(200).MustNotContain("not by")
	})
}
