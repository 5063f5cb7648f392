package web_test

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/webtest"
)

// row is the row of a conversation in the list, "" when it is not there.
func row(b *webtest.Browser, id string) string {
	p := b.Get("/messages")
	if !p.Has("#row-" + id) {
		return ""
	}
	return p.Text("#row-" + id)
}

// A conversation from its first word to its last: both sides talk, the team
// notes among itself, and what was said is edited, deleted and found.
func TestConversation(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		mia, ada, cleo, bea := s.As("mia"), s.As("ada"), s.As("cleo").Forbid("inkwell"), s.As("bea").Forbid("inkwell")
		start := "/projects/" + string(s.Site) + "/conversations"

		// It is begun by a client; what is missing is said, and what was typed stays.
		form := cleo.Get(start + "/new").MustBe(200).Form(start)
		if p := form.Set("subject", "").Set("body", "lantern & <b>rope</b>").Submit(cleo).MustBe(422); p.Form(start).Get("body") != "lantern & <b>rope</b>" {
			t.Error("what was typed is lost")
		}
		form.Set("subject", "Which rope?")
		form.Submit(cleo).MustBe(200)
		p := form.Submit(cleo).MustBe(200).MustContain("Which rope?", "lantern & rope") // pressed twice
		at, _, _ := strings.Cut(p.Path, "?")
		id := strings.TrimPrefix(at, "/conversations/")
		if p.Count("li.message") != 1 || strings.Count(cleo.Get("/messages").Text("main"), "Which rope?") != 1 {
			t.Error("pressed twice, it was begun twice")
		}
		if got := row(mia, id); !strings.Contains(got, "1 unread message") || !strings.Contains(got, "With us") {
			t.Errorf("the team's list has %q", got)
		}

		// The team answers once, though it is sent twice, and asks back.
		answer := mia.Get(at).Form(at).Set("body", "The **red** one?").Tick("question")
		answer.Submit(mia).MustBe(200)
		p = answer.Submit(mia).MustBe(200)
		if p.Count("li.message") != 2 {
			t.Errorf("sent twice there are %d messages", p.Count("li.message"))
		}
		if got := row(cleo, id); !strings.Contains(got, "Waiting for you") {
			t.Errorf("the client's list has %q", got)
		}
		cleo.Get("/").MustContain("Which rope?")
		message := p.Attrs("li.message", "id")[1]
		p = cleo.Get(at).MustBe(200).MustContain("Which rope?")
		if p.Count("#"+message+" strong") != 1 || p.Count("#new") != 1 {
			t.Errorf("the answer is not drawn, or not as new: %s", p.Text("#"+message))
		}
		cleo.Post(at+"/read?upto="+message, nil).MustBe(200)
		if p := cleo.Get(at); p.Has("#new") || strings.Contains(row(cleo, id), "unread") {
			t.Error("what was read is still new")
		}
		if got := mia.Get(at).Text(".seen"); !strings.Contains(got, "Seen by Cleo") {
			t.Errorf("seen: %q", got)
		}

		// A note is the team's: no client sees it, nor that there is one.
		before, list := cleo.Get(at).Text("main"), row(bea, id)
		note := mia.Get(at).MustBe(200)
		note.Form(at) // the reply comes first
		mia.Post(at, url.Values{"body": {"inkwell, no discount"}, "audience": {"team"}}).MustBe(200).MustContain("inkwell, no discount", "Only Honcho Design sees this")
		if got := cleo.Get(at).Text("main"); got != before {
			t.Errorf("after a note the client reads %q", got)
		}
		if got := row(bea, id); got != list {
			t.Errorf("after a note a list says %q", got)
		}
		own := mia.Get(at).Attrs("li.message.inside", "id")[0]
		for _, b := range []*webtest.Browser{cleo, bea} {
			for _, path := range []string{"/messages/" + own, at + "?at=" + own, at + "?quote=" + own, at + "?before=" + own} {
				if p := b.Get(path); p.Status != 404 {
					t.Errorf("%s: %s answers %d", b.Name, path, p.Status)
				}
			}
			b.Post(at, url.Values{"body": {"x"}, "audience": {"team"}}).MustBe(422)
			b.Post(at, url.Values{"body": {"x"}, "audience": {"client"}, "quote": {own}}).MustBe(404)
			b.Post(at+"/read?upto="+own, nil).MustBe(404)
			b.Post(at+"/settle", nil).MustBe(404)
		}
		mia.Post(at, url.Values{"body": {"x"}, "audience": {"client"}, "quote": {own}}).MustBe(422)

		// Quoted, edited, deleted; who administers reads what was there.
		cleo.Get(at+"?quote="+message).MustBe(200).Form(at).Set("body", "That one.").Submit(cleo).MustBe(200)
		if got := bea.Get(at).Text("blockquote.quoted"); !strings.Contains(got, "The red one?") {
			t.Errorf("quoted is %q", got)
		}
		// What an edit was to say is kept as well, for its writer, until it is saved.
		edit := "/messages/" + message + "/edit"
		if p := mia.Get(edit).Form(edit).Set("body", "The violet one?").To("/drafts/" + message).Submit(mia).MustBe(200).MustContain("Draft,"); p.Path != edit || p.Form(edit).Get("body") != "The violet one?" {
			t.Errorf("the draft of an edit is at %s: %q", p.Path, p.Form(edit).Get("body"))
		}
		ada.Get(at).MustNotContain("violet")
		change := mia.Get("/messages/" + message + "/edit").MustBe(200).Form("/messages/" + message + "/edit")
		change.Set("body", "The blue one?").Submit(mia).MustBe(200).MustContain("The blue one?", "edited")
		if got := mia.Get(edit).MustNotContain("Draft,").Form(edit).Get("body"); got != "The blue one?" {
			t.Errorf("after it was saved, the form says %q", got)
		}
		// A draft that was begun with an earlier text does not replace the newer one
		// unseen: both are there, and leaving it so loses neither.
		stale := mia.Get(edit).Form(edit).Set("body", "The teal one?").To("/drafts/" + message)
		mia.Get(edit).Form(edit).Set("body", "The grey one?").Submit(mia).MustBe(200).MustContain("The grey one?")
		for range 2 {
			p := stale.Submit(mia).MustBe(200).MustContain("changed in another window meanwhile", "The grey one?", "Draft,")
			if got := p.Form(edit).Get("body"); got != "The teal one?" {
				t.Errorf("the draft is %q", got)
			}
			stale = p.Form(edit).To("/drafts/" + message)
			stale.Values().Set("revision", "1")
		}
		bea.Get(at).MustContain("The grey one?").MustNotContain("The teal one?")
		mia.Get(edit).Form(edit).Set("body", "The blue one?").Submit(mia).MustBe(200).MustContain("The blue one?")
		mia.Get(edit).MustNotContain("in another window", "Draft,")
		// What is kept of a form after it was sent is no draft.
		late := mia.Get(edit).Form(edit)
		late.Set("body", "The blue one, then?").Submit(mia).MustBe(200)
		if got := late.Set("body", "The blue one, th").To("/drafts/" + message).Submit(mia).MustBe(200).MustNotContain("Draft,").Form(edit).Get("body"); got != "The blue one, then?" {
			t.Errorf("after it was sent, the form says %q", got)
		}
		mia.Get(edit).Form(edit).Set("body", "The blue one?").Submit(mia).MustBe(200)
		change.Values().Del("once")
		change.Set("body", "The green one?").Submit(mia).MustBe(409).MustContain("The blue one?", "The green one?")
		cleo.Get(at).MustContain("The blue one?", "edited")
		ada.Get("/messages/" + message + "/history").MustBe(200).MustContain("The red one?")
		for name, status := range map[string]int{"mia": 403, "tom": 403, "cleo": 404, "bea": 404, "carl": 404, "rex": 404} {
			s.As(name).Get("/messages/" + message + "/history").MustBe(status)
		}
		mia.Get("/messages/" + message + "/delete").MustBe(200).Form("/messages/" + message + "/delete").Submit(mia).MustBe(200)
		cleo.Get(at).MustContain("This message was deleted").MustNotContain("The blue one?", "The red one?")
		cleo.Get("/messages/" + message).MustBe(200).MustNotContain("The blue one?")
		ada.Get("/messages/" + message + "/delete").MustBe(200).Form("/messages/" + message + "/erase").Submit(ada).MustBe(200)
		ada.Get("/messages/"+message+"/history").MustNotContain("The red one?", "The blue one?")

		// T049: whoever comes from a note, a notice's *Answer* among them, is about to answer
		// the team.
		for at, want := range map[string]string{"/messages/" + own: "note", at: "reply"} {
			p := mia.Get(at).MustBe(200)
			if got := p.Attrs("[name=how][checked]", "value"); len(got) != 1 || got[0] != want {
				t.Errorf("%s opens for %q, not %q", at, got, want)
			}
		}

		// A draft is kept for each way and for its writer alone.
		mia.Post("/drafts/"+id, url.Values{"body": {"inkwell, half a reply"}}).MustBe(200)
		mia.Post("/drafts/"+id+"?note=1", url.Values{"body": {"inkwell, half a note"}}).MustBe(200)
		p = mia.Get(at).MustContain("Draft,")
		if got := p.Texts(".say textarea"); len(got) != 2 || got[0] != "inkwell, half a reply" || got[1] != "inkwell, half a note" {
			t.Errorf("the drafts are %q", got)
		}
		ada.Get(at).MustNotContain("half a reply")
		cleo.Get(at).Form(at).Set("body", "And a knot").To("/drafts/" + id).Submit(cleo).MustBe(200) // by its button
		if got := cleo.Get(at).Form(at).Get("body"); got != "And a knot" {
			t.Errorf("the client's draft is %q", got)
		}
		cleo.Get(at).Form(at).Submit(cleo).MustBe(200).MustContain("And a knot")
		if got := cleo.Get(at).Form(at).Get("body"); got != "" {
			t.Errorf("after sending, the draft is %q", got)
		}

		// Found is what one sees, with what was looked for marked.
		find := func(b *webtest.Browser, query string) string {
			t.Helper()
			return strings.Join(b.Get("/messages/search?"+query).MustBe(200).Texts(".snippet"), "|")
		}
		for query, want := range map[string]string{"q=lant": "lantern & <b>rope</b>", "q=lantern+rope": "lantern & <b> rope </b>", "q=lantern&project=" + string(s.Brand): "", "q=lantern&mine=1": "lantern & <b>rope</b>",
			"q=lantern&files=1": "", "q=lantern&since=2000-01-01": "lantern & <b>rope</b>", "q=inkwel": "", "q=blue": "", "q=%25": "", "q=": ""} {
			if got := find(cleo, query); got != want {
				t.Errorf("%s finds %q", query, got)
			}
		}
		p = bea.Get("/messages/search?q=ROP")
		if got := p.Texts(".snippet mark"); len(got) != 1 || got[0] != "rope" || p.Has(".snippet b") {
			t.Errorf("marked is %q", got)
		}
		if got := find(mia, "q=inkwel"); !strings.Contains(got, "no discount") {
			t.Errorf("the team finds %q", got)
		}
		// So are conversations by what they are about, the first few above the messages.
		subjects := func(b *webtest.Browser, query string) []string {
			return b.Get("/messages/search?" + query).MustBe(200).Texts(".main mark")
		}
		if got := subjects(cleo, "q=wHich"); len(got) != 1 || got[0] != "Which" {
			t.Errorf("by its subject the client finds %q", got)
		}
		if at := cleo.Get("/messages/search?q=which").Attrs(".main:has(mark)", "href"); len(at) != 1 {
			t.Errorf("it leads to %q", at)
		} else {
			cleo.Get(at[0]).MustBe(200).MustContain("Which")
		}
		if got := subjects(cleo, "q=which&mine=1"); len(got) != 0 {
			t.Errorf("a subject is nobody's words, but %q are found among one's own", got)
		}
		for range 6 {
			f := mia.Get(start + "/new").Form(start)
			f.Set("subject", "Inkwell which way").Set("body", "Psst").Set("audience", "team")
			f.Submit(mia).MustBe(200)
		}
		if got := subjects(mia, "q=which"); len(got) != 5 {
			t.Errorf("above the messages are %d conversations", len(got))
		}
		mia.Get("/messages/search?q=which").MustContain("All conversations with these words")
		if got := subjects(mia, "q=which&in=subjects"); len(got) != 7 {
			t.Errorf("all of them are %d", len(got))
		}
		if got := subjects(cleo, "q=which&in=subjects"); len(got) != 1 {
			t.Errorf("for the client they are %d", len(got))
		}
		cleo.Get("/messages/search?q=x&since=soon").MustBe(422)
		for _, name := range []string{"dan", "carl", "rex", "eve"} {
			b := s.As(name).Forbid("lantern", "inkwell")
			if p := b.Get("/messages/search?q=lanter"); p.Status == 200 && p.Has(".snippet") {
				t.Errorf("%s finds it", name)
			}
			b.Get(at).MustBe(404)
			b.Post(at, url.Values{"body": {"x"}}).MustBe(404)
		}
	})
}

// A person of two clients has a list of each: nothing of one stands in what is the
// other's, and nobody of one meets anybody of the other.
func TestTalkOfTwoClients(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		mia, bea, cleo, carl := s.As("mia"), s.As("bea"), s.As("cleo").Forbid("sextant"), s.As("carl").Forbid("lantern")
		at := map[portal.ClientID]string{}
		words := map[portal.ClientID]string{s.Acme: "lantern", s.Brick: "sextant"}
		for client, word := range words {
			path := "/clients/" + string(client) + "/conversation"
			p := mia.Get(path).MustBe(200).Form(path).Set("body", "first "+word).Submit(mia).MustBe(200)
			at[client], _, _ = strings.Cut(p.Path, "?")
			project, decides := s.World.Site, s.Cleo
			if client == s.Brick {
				project, decides = s.Shop, s.Carl
			}
			if _, err := s.World.As(s.Mia).AskApproval(t.Context(), project, portal.NewApproval{Title: "A " + word, Versions: []portal.VersionID{s.Items[project][portal.ClientSide].Version},
				Stages: []portal.NewStage{{People: []portal.PersonID{decides}, Advisers: []portal.PersonID{s.Bea}}}}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Portal.TellPeople(t.Context()); err != nil {
			t.Fatal(err)
		}
		told, _, err := s.World.As(s.Bea).Notices(t.Context(), "", portal.Page{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.World.As(s.Mia).StartConversation(t.Context(), s.Shop, portal.NewConversation{Subject: "A second", NewMessage: portal.NewMessage{Body: "sextant", Audience: portal.ClientSide}}); err != nil {
			t.Fatal(err)
		}
		self, err := s.World.As(s.Bea).Self(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		counts := map[string]bool{}
		for i, c := range self.Clients {
			n, err := s.World.As(s.Bea).UnreadConversations(t.Context(), self, c.ID)
			if err != nil {
				t.Fatal(err)
			}
			counts[strconv.Itoa(n)] = true
			entry, project := "/messages", map[portal.ClientID]portal.ProjectID{s.Acme: s.World.Site, s.Brick: s.Shop}[c.ID]
			if i > 0 {
				entry += "?client=" + string(c.ID)
			}
			for _, path := range []string{"/messages?client=" + string(c.ID), at[c.ID], "/clients/" + string(c.ID), "/projects/" + string(project), "/files?client=" + string(c.ID)} {
				if got := bea.Get(path).MustBe(200).Text(`nav a[href="` + entry + `"] .count`); got != strconv.Itoa(n) {
					t.Errorf("%s counts %q unread of %s, want %d", path, got, c.Name, n)
				}
			}
		}
		if len(self.Clients) != 2 || len(counts) != 2 || counts["0"] {
			t.Errorf("of %d clients the counts are %v", len(self.Clients), counts)
		}
		for client, other := range map[portal.ClientID]portal.ClientID{s.Acme: s.Brick, s.Brick: s.Acme} {
			of := "client=" + string(client)
			p, n := bea.Get("/notices?"+of).MustBe(200), 0
			for _, x := range told {
				if here := p.Has(`#updates a[href="/notices/` + string(x.ID) + `"]`); here != (x.Client == client) {
					t.Errorf("among the notices of %s is that of %s's: %t", client, x.Client, here)
				}
				if x.Client == client {
					n++
				}
			}
			if n == 0 {
				t.Errorf("nothing was told of %s", client)
			}
			canary := map[portal.ClientID]string{s.Acme: "CNRY-acme", s.Brick: "CNRY-brick"}
			for path, holds := range map[string]string{
				"/messages?" + of: words[client], at[client]: words[client], "/messages/search?q=first&" + of: words[client],
				"/messages/search?q=cnry&" + of: canary[client], "/messages/new?" + of: canary[client], "/approvals?" + of: "A " + words[client],
				"/files?" + of: canary[client],
			} {
				p := bea.Get(path).MustBe(200).MustContain(holds).MustNotContain(words[other], canary[other])
				if list := p.Attrs(`a[href*="client=`+string(other)+`"]`, "href"); len(list) != 1 {
					t.Errorf("%s leads to the other client by %q", path, list)
				}
			}
			news := bea.Get("/?" + of).MustBe(200)
			if mine := news.Attrs(`#news .feed a[href]`, "href"); len(mine) == 0 || strings.Contains(news.Text("#news .feed"), canary[other]) {
				t.Errorf("the news of %s: %q", client, news.Texts("#news .feed"))
			}
			for _, path := range []string{"/messages", "/messages/search", "/messages/new", "/approvals", "/files", "/notices"} {
				s.As(map[portal.ClientID]string{s.Acme: "carl", s.Brick: "cleo"}[client]).Get(path + "?" + of).MustBe(map[bool]int{true: 200, false: 404}[path == "/notices"])
			}
		}
		bea.Get("/messages").MustBe(200).MustContain("lantern").MustNotContain("sextant")
		bea.Get("/notices?client=" + string(s.Brick)).Form("/notices/read").Submit(bea).MustBe(200)
		for client, some := range map[portal.ClientID]bool{s.Acme: true, s.Brick: false} {
			if n, err := s.World.As(s.Bea).UnreadNotices(t.Context(), client); err != nil || n > 0 != some {
				t.Errorf("of %s %d are unread: %v", client, n, err)
			}
		}
		for client, others := range map[portal.ClientID][]string{s.Acme: {"Carl"}, s.Brick: {"Cleo", "Dan"}} {
			p := bea.Get(at[client]).MustBe(200)
			if got := p.Text("article.thread"); client == s.Acme && strings.Contains(got, "sextant") || client == s.Brick && strings.Contains(got, "lantern") {
				t.Errorf("one conversation holds the other's: %s", got)
			}
			direct := bea.Get("/messages/direct?client=" + string(client)).MustBe(200).Text("#people")
			for _, name := range others {
				if strings.Contains(p.Text("article.thread"), name) || strings.Contains(direct, name) {
					t.Errorf("there is %s in what is not theirs", name)
				}
			}
		}
		bea.Get("/messages/direct?client=" + string(s.Acme)).MustBe(200).MustContain("Cleo")
		// By force, people of two clients do not come together, and what is the one's
		// is not brought to the other.
		for _, who := range []portal.PersonID{s.Carl, s.Rex, s.Uma, s.Eve} {
			bea.Post("/messages/direct", url.Values{"client": {string(s.Acme)}, "person": {string(who)}, "body": {"x"}}).MustBe(422)
		}
		bea.Post("/messages/direct", url.Values{"client": {string(s.Acme)}, "person": {string(s.Cleo), string(s.Carl)}, "body": {"x"}}).MustBe(422)
		bea.Post("/messages/direct", url.Values{"client": {""}, "person": {string(s.Cleo)}, "body": {"x"}}).MustBe(404)
		message := cleo.Get(at[s.Acme]).Attrs("li.message", "id")[0]
		bea.Post(at[s.Brick], url.Values{"body": {"x"}, "quote": {message}}).MustBe(422)
		bea.Post(at[s.Brick], url.Values{"body": {"x"}, "file": {string(s.Items[s.Site][portal.ClientSide].File)}}).MustBe(422)
		p := bea.Post("/messages/direct", url.Values{"client": {string(s.Acme)}, "person": {string(s.Cleo)}, "body": {"lantern between us"}}).MustBe(200)
		direct, _, _ := strings.Cut(p.Path, "?")
		cleo.Get(direct).MustBe(200).MustContain("lantern between us")
		for _, name := range []string{"mia", "ada", "dan", "carl", "rex"} {
			s.As(name).Get(direct).MustBe(404)
		}
		cleo.Get(at[s.Brick]).MustBe(404)
		carl.Get(at[s.Acme]).MustBe(404)
		if p := s.As("dan").Get(at[s.Acme]); p.Status != 200 && p.Status != 404 {
			t.Errorf("Dan: %d", p.Status)
		}
		// When the team lets go of somebody, their conversations go with them.
		if _, err := s.World.As(s.Ada).Remove(t.Context(), s.BeaAtAcme); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{at[s.Acme], direct} {
			bea.Get(path).MustBe(404)
		}
		bea.Forbid("lantern").Get("/messages").MustBe(200).MustContain("sextant")
	})
}

// Who writes to somebody that has left is told so, and where they are read.
func TestDesertedConversation(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		ctx := t.Context()
		id, err := s.World.As(s.Tom).StartDirect(ctx, portal.NewDirect{Client: s.Acme, People: []portal.PersonID{s.Cleo}, NewMessage: portal.NewMessage{Body: "Between us"}})
		if err != nil {
			t.Fatal(err)
		}
		at := "/conversations/" + string(id)
		cleo := s.As("cleo")
		if !cleo.Get(at).MustBe(200).Has(".composer") {
			t.Error("Cleo cannot answer Tom")
		}
		// Only who may be chosen is offered.
		if people := s.As("mia").Get("/messages/direct?client=" + string(s.Brick)).MustBe(200).Text("#people"); strings.Contains(people, "Tom") || !strings.Contains(people, "Carl") {
			t.Errorf("offered are %s", people)
		}
		if _, err := s.World.As(s.Ada).RemoveTeamMember(ctx, s.Tom); err != nil {
			t.Fatal(err)
		}
		p := cleo.Get(at).MustBe(200).MustContain("Between us", "Nobody else is in this conversation any more").MustNotContain("1 person")
		if links := p.Attrs(".talk-shut a", "href"); len(links) != 1 || links[0] != "/clients/"+string(s.Acme)+"/conversation" || p.Has(".composer") {
			t.Errorf("the page leads to %q", links)
		}
		if !cleo.Get("/clients/" + string(s.Acme) + "/conversation").MustBe(200).Has(".composer") {
			t.Error("nor there")
		}
		cleo.Post(at, url.Values{"body": {"Anybody?"}}).MustBe(409).MustContain("Nobody else is in this conversation any more")
	})
}

// Files go along with what is said: they are kept in the project, seen by those
// who read the message, and sent twice they are there once.
func TestFilesInMessages(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		mia, cleo, bea := s.As("mia"), s.As("cleo").Forbid("inkwell"), s.As("bea").Forbid("inkwell")
		at := "/conversations/" + string(s.Items[s.Site][portal.ClientSide].Conversation)
		inside := "/conversations/" + string(s.Items[s.Site][portal.Team].Conversation)
		files := func(project portal.ProjectID) (names []string) {
			t.Helper()
			all, err := s.World.As(s.Ada).Files(t.Context(), project, "", portal.ListOptions{})
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range all.Files {
				names = append(names, f.Name+" for "+string(f.Audience))
			}
			return names
		}
		// say sends a composer as a browser does, with files behind its fields.
		say := func(b *webtest.Browser, path string, parts ...filePart) answer {
			t.Helper()
			return send(t, b).form(path, parts...)
		}
		expect := func(what string, a answer, status int) {
			t.Helper()
			if a.StatusCode != status {
				t.Errorf("%s: %d, want %d: %.300s", what, a.StatusCode, status, a.text)
			}
		}
		twice := []filePart{{"once", "", "number one"}, {"audience", "", "client"}, {"body", "", "Here they are"},
			{"upload", named("rope.txt"), "a rope"}, {"upload", named("knot.txt"), "a knot"}, {"upload", named(""), ""}}
		expect("two files", say(cleo, at, twice...), 303)
		expect("again", say(cleo, at, twice...), 303)
		p := mia.Get(at).MustBe(200).MustContain("Here they are")
		if got := p.Texts(".said-files b"); strings.Count(strings.Join(got, ","), "rope.txt,knot.txt") != 1 || strings.Count(p.Text(".messages"), "Here they are") != 1 {
			t.Errorf("with the message came %q", got)
		}
		if got := files(s.Site); strings.Join(got, ",") != "knot.txt for client,rope.txt for client" {
			t.Errorf("kept are %q", got)
		}
		// And so it is when it is sent at the same instant, with no upload left over.
		at5 := []filePart{{"once", "", "number five"}, {"audience", "", "client"}, {"body", "", "Five times"}, {"upload", named("mast.txt"), "a mast"}}
		var wg sync.WaitGroup
		var five [5]answer
		for i := range five {
			from := send(t, cleo)
			wg.Go(func() { five[i] = from.form(at, at5...) })
		}
		wg.Wait()
		for _, a := range five {
			if a.StatusCode != 303 || a.Header.Get("Location") != five[0].Header.Get("Location") {
				t.Errorf("sent at once: %d to %s", a.StatusCode, a.Header.Get("Location"))
			}
		}
		if got := strings.Join(files(s.Site), ","); strings.Count(got, "mast") != 1 || strings.Count(mia.Get(at).Text(".messages"), "Five times") != 1 {
			t.Errorf("sent at once, kept are %s", got)
		}
		if left, err := s.World.As(s.Cleo).Uploads(t.Context()); err != nil || len(left) != 0 {
			t.Errorf("left over are %v, %v", left, err)
		}
		// Of a note, the team alone has them; a file may be all that is said.
		expect("a note", say(mia, at, filePart{"audience", "", "team"}, filePart{"body", "", ""}, filePart{"upload", named("inkwell.txt"), "inkwell"}), 303)
		expect("where the team talks", say(mia, inside, filePart{"audience", "", "team"}, filePart{"body", "", "x"}, filePart{"upload", named("inkwell two.txt"), "inkwell"}), 303)
		if got := strings.Join(files(s.Site), ","); !strings.Contains(got, "inkwell.txt for team") || !strings.Contains(got, "inkwell two.txt for team") {
			t.Errorf("kept are %s", got)
		}
		cleo.Get(at).MustBe(200)
		cleo.Get("/projects/" + string(s.Site) + "/files").MustBe(200)
		// With the first message between people as well: of the team's alone what comes
		// is the team's, with one of the client's it is theirs, too.
		for _, x := range []struct {
			with portal.PersonID
			name string
		}{{s.Tom, "inkwell nine.txt"}, {s.Cleo, "sail.txt"}} {
			expect("directly", say(mia, "/messages/direct?client="+string(s.Acme), filePart{"client", "", string(s.Acme)}, filePart{"person", "", string(x.with)}, filePart{"body", "", "See"},
				filePart{"project", "", string(s.Site)}, filePart{"upload", named(x.name), "x"}), 303)
		}
		if got := strings.Join(files(s.Site), ","); !strings.Contains(got, "inkwell nine.txt for team") || !strings.Contains(got, "sail.txt for client") {
			t.Errorf("kept are %s", got)
		}
		expect("into another client's project", say(bea, "/messages/direct?client="+string(s.Acme), filePart{"client", "", string(s.Acme)}, filePart{"person", "", string(s.Cleo)}, filePart{"body", "", "See"},
			filePart{"project", "", string(s.Shop)}, filePart{"upload", named("stray.txt"), "x"}), 422)
		// And what was typed is kept, for its writer.
		begin := "/messages/direct?client=" + string(s.Acme)
		if p := bea.Get(begin).Form(begin).Set("body", "Half a word").To("/drafts/" + portal.DirectPlace(s.Acme)).Submit(bea).MustBe(200).MustContain("Draft,"); p.Path != begin || p.Form(begin).Get("body") != "Half a word" {
			t.Errorf("the draft is at %s", p.Path)
		}
		cleo.Get(begin).MustNotContain("Half a word")
		// It is for nobody until somebody is chosen: it may have been meant for another.
		to := begin + "&to=" + string(s.Cleo)
		if p := bea.Get(to); p.Form(begin).Get("body") != "Half a word" || p.Form(begin).Get("person") != "" {
			t.Errorf("a draft is for %q", p.Form(begin).Get("person"))
		}
		// What is wrong is said, and what came is there to be sent.
		a := say(cleo, at, filePart{"audience", "", "client"}, filePart{"body", "", strings.Repeat("x", portal.MaxText+1)}, filePart{"upload", named("late.txt"), "late"})
		expect("too long", a, 422)
		if !strings.Contains(a.text, "late.txt") {
			t.Error("what came is not there")
		}
		expect("a field behind the files", say(cleo, at, filePart{"upload", named("a.txt"), "a"}, filePart{"body", "", "x"}), 415)
		expect("an unknown field", say(cleo, at, filePart{"side", "", "team"}, filePart{"upload", named("a.txt"), "a"}), 422)
		expect("no file", say(cleo, at, filePart{"audience", "", "client"}, filePart{"body", "", "None"}, filePart{"upload", named(""), ""}), 303)
		// Who may not upload is not offered to, and cannot.
		if bea.Get(at).MustBe(200).Has("input[type=file]") || !cleo.Get(at).Has("input[type=file]") {
			t.Error("to upload is offered to the wrong people")
		}
		count := len(files(s.Site))
		expect("who may not upload", say(bea, at, filePart{"body", "", "x"}, filePart{"upload", named("b.txt"), "b"}), 403)
		for _, name := range []string{"dan", "carl", "rex"} {
			expect(name, say(s.As(name), at, filePart{"body", "", "x"}, filePart{"upload", named("b.txt"), "b"}), 404)
		}
		if got := len(files(s.Site)); got != count {
			t.Errorf("%d files were kept of those who may not", got-count)
		}
		// In general, the project is chosen, among the client's.
		general := "/clients/" + string(s.Acme) + "/conversation"
		p = mia.Get(general).MustBe(200)
		if got := strings.Join(p.Attrs("#project-client option", "value"), ","); !strings.Contains(got, string(s.Site)) || strings.Contains(got, string(s.Shop)) {
			t.Errorf("files can be kept in %q", got)
		}
		shop := len(files(s.Shop))
		expect("in another client's", say(mia, general, filePart{"audience", "", "client"}, filePart{"body", "", "x"}, filePart{"project", "", string(s.Shop)}, filePart{"upload", named("x.txt"), "x"}), 422)
		if len(files(s.Shop)) != shop {
			t.Error("a file came into another client's project")
		}
		expect("in general", say(mia, general, filePart{"audience", "", "client"}, filePart{"body", "", "In general"}, filePart{"project", "", string(s.Brand)}, filePart{"upload", named("all.txt"), "x"}), 303)
		cleo.Get(general).MustBe(200).MustContain("In general", "all.txt")
		if got := strings.Join(files(s.Brand), ","); !strings.Contains(got, "all.txt for client") {
			t.Errorf("kept are %s", got)
		}
		// Comments bring files as well, for those who read them, and so do answers.
		task := "/items/" + string(s.Items[s.Site][portal.ClientSide].Task) + "/comments"
		page := "/tasks/" + string(s.Items[s.Site][portal.ClientSide].Task)
		expect("a comment", say(cleo, task, filePart{"once", "", "six"}, filePart{"body", "", "As on this card"}, filePart{"audience", "", "client"}, filePart{"upload", named("card.txt"), "a card"}), 303)
		expect("a comment, again", say(cleo, task, filePart{"once", "", "six"}, filePart{"body", "", "As on this card"}, filePart{"audience", "", "client"}, filePart{"upload", named("card.txt"), "a card"}), 303)
		expect("a comment among the team", say(mia, task, filePart{"body", "", "x"}, filePart{"audience", "", "team"}, filePart{"upload", named("inkwell three.txt"), "x"}), 303)
		expect("a comment on the team's own", say(mia, "/items/"+string(s.Items[s.Site][portal.Team].Task)+"/comments", filePart{"body", "", "x"}, filePart{"audience", "", "client"}, filePart{"upload", named("inkwell four.txt"), "x"}), 303)
		p = mia.Get(page).MustBe(200).MustContain("As on this card", "inkwell three.txt")
		expect("an answer", say(mia, p.Attrs(".answer form", "action")[0], filePart{"body", "", "Like so"}, filePart{"audience", "", "client"}, filePart{"upload", named("answer.txt"), "x"}), 303)
		cleo.Get(page).MustBe(200).MustContain("card.txt", "answer.txt")
		if got := strings.Join(files(s.Site), ","); strings.Count(got, "card") != 1 || !strings.Contains(got, "card.txt for client") || !strings.Contains(got, "inkwell three.txt for team") || !strings.Contains(got, "inkwell four.txt for team") {
			t.Errorf("kept are %s", got)
		}
		expect("a comment of files alone", say(cleo, task, filePart{"body", "", ""}, filePart{"audience", "", "client"}, filePart{"upload", named("alone.txt"), "x"}), 303)
		if p = cleo.Get(page).MustBe(200).MustContain("alone.txt"); p.Has("#comments textarea[required]") || !p.Has(`#comments textarea[name="body"]`) {
			t.Error("a comment of files alone has to have words")
		}
		a = say(cleo, task, filePart{"body", "", ""}, filePart{"side", "", "team"}, filePart{"upload", named("b.txt"), "b"})
		expect("a comment with an unknown field", a, 422)
		a = say(cleo, task, filePart{"body", "", strings.Repeat("x", portal.MaxText+1)}, filePart{"upload", named("later.txt"), "b"})
		expect("a comment that is too long", a, 422)
		if !strings.Contains(a.text, "later.txt") {
			t.Error("what came with a comment is not there")
		}
		if bea.Get(page).MustBe(200).Has("input[type=file]") || !cleo.Get(page).Has(".comment-form input[type=file]") {
			t.Error("to bring files is offered to the wrong people")
		}
		expect("a comment of who may not upload", say(bea, task, filePart{"body", "", "x"}, filePart{"upload", named("b.txt"), "b"}), 403)
		for _, name := range []string{"dan", "carl", "rex"} {
			expect("a comment of "+name, say(s.As(name), task, filePart{"body", "", "x"}, filePart{"upload", named("b.txt"), "b"}), 404)
		}
		// Inside the team a project is chosen, and who does not see it sees no file.
		direct, err := s.World.As(s.Mia).StartDirect(t.Context(), portal.NewDirect{People: []portal.PersonID{s.Tom}, NewMessage: portal.NewMessage{Body: "Between us"}})
		if err != nil {
			t.Fatal(err)
		}
		between, tom := "/conversations/"+string(direct), s.As("tom")
		p = mia.Get(between).MustBe(200)
		if got := strings.Join(p.Attrs("#project-team option", "value"), ","); !strings.Contains(got, string(s.Site)) || !strings.Contains(got, string(s.Shop)) {
			t.Errorf("files can be kept in %q", got)
		}
		expect("between two", say(mia, between, filePart{"body", "", "Both see"}, filePart{"project", "", string(s.Site)}, filePart{"audience", "", "client"}, filePart{"upload", named("inkwell both.txt"), "x"}), 303)
		expect("of another project", say(mia, between, filePart{"body", "", "One sees"}, filePart{"project", "", string(s.Shop)}, filePart{"audience", "", "team"}, filePart{"upload", named("quill.txt"), "x"}), 303)
		expect("into what is not seen", say(tom, between, filePart{"body", "", "x"}, filePart{"project", "", string(s.Shop)}, filePart{"audience", "", "team"}, filePart{"upload", named("x.txt"), "x"}), 422)
		mia.Get(between).MustBe(200).MustContain("inkwell both.txt", "quill.txt")
		tom.Get(between).MustBe(200).MustContain("inkwell both.txt", "One sees").MustNotContain("quill")
		if got := strings.Join(files(s.Site), ","); !strings.Contains(got, "inkwell both.txt for team") {
			t.Errorf("kept are %s", got)
		}
		// A conversation begins with one.
		start := "/projects/" + string(s.Site) + "/conversations"
		expect("begun with a file", say(cleo, start, filePart{"audience", "", "client"}, filePart{"subject", "", "Sails"}, filePart{"body", "", "x"}, filePart{"upload", named("sail.txt"), "x"}), 303)
		mia.Get("/messages/search?q=x&files=1").MustBe(200)
		if got := strings.Join(files(s.Site), ","); !strings.Contains(got, "sail.txt for client") {
			t.Errorf("kept are %s", got)
		}
	})
}

// Whoever reads a conversation and may not write there is told who else reads it.
func TestReadersWithoutComposer(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		if err := s.World.As(s.Mia).ArchiveProject(t.Context(), s.Site); err != nil {
			t.Fatal(err)
		}
		p := s.As("cleo").Get("/conversations/" + string(s.Items[s.Site][portal.ClientSide].Conversation)).MustBe(200)
		if got := p.Text(".to"); p.Has("form.say") || !strings.Contains(got, "Bea") || !strings.Contains(got, "Tom") {
			t.Errorf("who reads: %q", got)
		}
	})
}

// Any file that may go along is found, however many are newer, by those who see it and
// only to be shown to those who may; nothing that was typed, chosen or sent along is
// lost over it.
func TestFindAFileToSend(t *testing.T) {
	webtest.RunFiles(t, func(t *testing.T, s *webtest.Site) {
		mia, cleo := s.As("mia"), s.As("cleo")
		shown, hidden := s.Items[s.Site][portal.ClientSide], s.Items[s.Site][portal.Team]
		at := "/conversations/" + string(shown.Conversation)
		for _, n := range []int{15, 10} {
			parts := []filePart{{"audience", "", "client"}, {"body", "", "Many"}}
			for i := range n {
				parts = append(parts, filePart{"upload", named(fmt.Sprintf("sail %d of %d.txt", i, n)), "canvas"})
			}
			if a := send(t, cleo).form(at, parts...); a.StatusCode != 303 {
				t.Fatalf("%d: %.300s", a.StatusCode, a.text)
			}
		}
		offered := func(p *webtest.Page, form string) []string { return p.Attrs(form+` input[name="file"]`, "value") }
		reply, note := `form.say.client`, `form.say.team`
		p := cleo.Get(at).MustBe(200)
		if got := offered(p, reply); len(got) != 20 || slices.Contains(got, string(shown.File)) {
			t.Fatalf("of many, %q are offered", got)
		}
		chosen := offered(p, reply)[0]
		// The client finds what it is shown, and nothing else.
		p = p.Form(at).Set("body", "Half a word").Set("file", chosen).Set("find", "FILE-name").Press("seek", "1").Submit(cleo).MustBe(422).MustContain("1 file was found.")
		if got := offered(p, reply); !slices.Equal(got, []string{string(shown.File), chosen}) || p.Form(at).Get("body") != "Half a word" || p.Form(at).Get("file") != chosen || !p.Has("details.attach[open]") {
			t.Errorf("offered are %q, typed %q, chosen %q", got, p.Form(at).Get("body"), p.Form(at).Get("file"))
		}
		p.Form(at).Set("find", "cnry-acme-team").Press("seek", "1").Submit(cleo).MustBe(422).MustContain("No file that can go along").MustNotContain(string(hidden.File))
		if n := strings.Count(cleo.Get(at).Text(".messages"), "Half a word"); n != 0 {
			t.Errorf("it was said %d times while a file was looked for", n)
		}
		// It goes along as any other, with the one that was chosen before.
		f := p.Form(at)
		f.Set("file", string(shown.File), chosen).Submit(cleo).MustBe(200).MustContain("Half a word")
		if got := cleo.Get(at).Attrs(".said-files a", "href"); !slices.ContainsFunc(got, func(h string) bool { return strings.Contains(h, string(shown.File)) }) {
			t.Errorf("sent along were %q", got)
		}
		// The team finds what is its own for a note, and never for the client.
		for audience, want := range map[string][]string{"client": {string(shown.File)}, "team": {string(hidden.File), string(shown.File)}} {
			form := map[string]string{"client": reply, "team": note}[audience]
			p := mia.Post(at, url.Values{"audience": {audience}, "body": {"For them"}, "find": {"file-name"}, "seek": {"1"}}).MustBe(422)
			got := offered(p, form)
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) || p.Text(form+" textarea") != "For them" {
				t.Errorf("for %s are found %q, want %q", audience, got, want)
			}
		}
		// Another project's are not of this one; at the client as a whole they are.
		brand := s.Items[s.Brand][portal.ClientSide].File
		if p := mia.Post(at, url.Values{"audience": {"client"}, "find": {"file-name"}, "seek": {"1"}}); slices.Contains(offered(p, reply), string(brand)) {
			t.Error("another project's file is found")
		}
		general := "/clients/" + string(s.Acme) + "/conversation"
		p = mia.Post(general, url.Values{"audience": {"client"}, "find": {"file-name"}, "seek": {"1"}}).MustBe(422)
		if got := offered(p, reply); !slices.Contains(got, string(brand)) || slices.Contains(got, string(s.Items[s.Shop][portal.ClientSide].File)) || slices.Contains(got, string(hidden.File)) {
			t.Errorf("at the client are found %q", got)
		}
		p = mia.Post("/projects/"+string(s.Site)+"/conversations", url.Values{"audience": {"client"}, "subject": {"New"}, "find": {"file-name"}, "seek": {"1"}}).MustBe(422)
		if got := offered(p, reply); !slices.Equal(got, []string{string(shown.File)}) || p.Attr(reply+` input[name="subject"]`, "value") != "New" {
			t.Errorf("for a new conversation are found %q", got)
		}
		// Between people, who were chosen stay.
		begin := "/messages/direct?client=" + string(s.Acme)
		s.Exec(`UPDATE workspace SET reply_hours = 4`)
		cleo.Get(begin).MustBe(200).MustContain("usually replies within 4 office hours")
		mia.Get(begin).MustBe(200).MustNotContain("usually replies")
		cleo.Get("/tasks/" + string(s.Items[s.Site][portal.ClientSide].Task)).MustBe(200).MustContain("usually replies within 4 office hours")
		p = cleo.Get(begin).Form(begin).Set("person", string(s.Bea)).Set("body", "To you").Set("find", "file-name").Press("seek", "1").Submit(cleo).MustBe(422)
		if f := p.Form(begin); f.Get("person") != string(s.Bea) || f.Get("body") != "To you" || !slices.Contains(offered(p, "form[data-say]"), string(shown.File)) || slices.Contains(offered(p, "form[data-say]"), string(hidden.File)) {
			t.Errorf("to %q: %q, found %q", f.Get("person"), f.Get("body"), offered(p, "form[data-say]"))
		}
		// The Enter key presses a form's first button: it looks for what is to be found,
		// and sends where nothing is.
		begin = "/projects/" + string(s.Site) + "/conversations"
		p = cleo.Get(begin + "/new").MustBe(200)
		if got := p.Attr(reply+" button", "value"); got != "typed" {
			t.Errorf("the first button is %q", got)
		}
		p = p.Form(begin).Set("subject", "Entered").Press("seek", "typed").Submit(cleo).MustBe(422)
		if p.Form(begin).Get("subject") != "Entered" || !p.Has(`[name="body"][aria-invalid]`) {
			t.Errorf("without a message: %q", p.Form(begin).Get("subject"))
		}
		p = p.Form(begin).Set("body", "By a key").Set("find", "file-name").Press("seek", "typed").Submit(cleo).MustBe(422).MustContain("1 file was found.")
		p = p.Form(begin).Set("find", "").Press("seek", "typed").Submit(cleo).MustBe(200).MustContain("By a key")
		if !strings.HasPrefix(p.Path, "/conversations/") {
			t.Errorf("it leads to %s", p.Path)
		}
		// What came with it while one was looked for is there, chosen.
		a := send(t, cleo).form(at, filePart{"audience", "", "client"}, filePart{"body", "", "Wait"}, filePart{"find", "", "file-name"}, filePart{"seek", "", "1"}, filePart{"upload", named("late.txt"), "late"})
		if a.StatusCode != 422 || !strings.Contains(a.text, "late.txt") || !strings.Contains(a.text, string(shown.File)) {
			t.Errorf("%d: %.300s", a.StatusCode, a.text)
		}
		if strings.Contains(cleo.Get(at).Text(".messages"), "Wait") {
			t.Error("it was said while a file was looked for")
		}
	})
}

// A search is narrowed to what somebody wrote, to a conversation, a client and a project,
// of however many; what is not seen is answered as what is not there.
func TestSearchIsNarrowed(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		w := s.World
		mia, cleo := w.As(w.Mia), w.As(w.Cleo)
		start := func(p portal.ProjectID, subject string) portal.ThreadID {
			t.Helper()
			id, err := mia.StartConversation(t.Context(), p, portal.NewConversation{Subject: subject, NewMessage: portal.NewMessage{Body: "A lantern of Mia's", Audience: portal.ClientSide}})
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		site, shop := start(w.Site, "Doors"), start(w.Shop, "Windows")
		if _, err := cleo.Say(t.Context(), site, portal.NewMessage{Body: "A lantern of Cleo's"}); err != nil {
			t.Fatal(err)
		}
		find := func(who, query string) string {
			t.Helper()
			return strings.Join(s.As(who).Get("/messages/search?q=lantern&"+query).MustBe(200).Texts(".snippet"), "|")
		}
		for _, c := range []struct {
			who, query string
			want       int
		}{
			{"ada", "", 3}, {"ada", "from=cle", 1}, {"ada", "by=" + string(w.Cleo), 1}, {"ada", "from=mia", 2}, {"ada", "from=nobody", 0}, {"ada", "from=C", 0},
			{"ada", "client=" + string(w.Brick), 1}, {"ada", "named=acm", 2}, {"ada", "client=cli_x", 0}, {"ada", "conversation=" + string(site), 2},
			{"ada", "conversation=" + string(site) + "&by=" + string(w.Cleo), 1}, {"ada", "project=" + string(w.Shop), 1},
			{"cleo", "", 2}, {"cleo", "from=mia", 1}, {"cleo", "conversation=" + string(site), 2}, {"cleo", "mine=1", 1},
		} {
			got := find(c.who, c.query)
			if n := strings.Count(got, "lantern"); n != c.want {
				t.Errorf("%s, asking for %s, finds %q, want %d", c.who, c.query, got, c.want)
			}
		}
		// Foreign is as unknown, to the letter.
		page := func(query, id string) string {
			t.Helper()
			p := s.As("cleo").Get("/messages/search?q=lantern&" + query + "=" + id)
			return strconv.Itoa(p.Status) + strings.ReplaceAll(p.Text("main"), id, "")
		}
		for key, id := range map[string][2]string{"by": {string(w.Carl), "per_x"}, "conversation": {string(shop), "thr_x"}, "project": {string(w.Shop), "prj_x"}, "client": {string(w.Brick), "cli_x"}} {
			if got, want := page(key, id[0]), page(key, id[1]); got != want || strings.Contains(got, "lantern of") {
				t.Errorf("%s that is foreign: %s, and that is not there: %s", key, got, want)
			}
		}
		// What it is narrowed by can be taken away, one after the other.
		p := s.As("ada").Get("/messages/search?q=lantern&from=cleo&conversation="+string(site)).MustBe(200).MustContain("In Doors", "By Cleo")
		links := p.Attrs("main .talk-acts a", "href")
		if len(links) != 2 {
			t.Fatalf("it is narrowed by %q", links)
		}
		if got := strings.Count(strings.Join(s.As("ada").Get(links[0]).MustBe(200).Texts(".snippet"), ""), "lantern"); got != 1 {
			t.Errorf("without the conversation %d are found", got)
		}
		if got := strings.Count(strings.Join(s.As("ada").Get(links[1]).MustBe(200).Texts(".snippet"), ""), "lantern"); got != 2 {
			t.Errorf("without the person %d are found", got)
		}
		if got := s.As("cleo").Get("/conversations/"+string(site)).Attrs(".thread-head .acts a", "href"); len(got) != 1 || !strings.Contains(got[0], string(site)) {
			t.Errorf("the conversation leads to %q", got)
		}
		// Several of a name are to choose among.
		if got := s.As("ada").Get("/messages/search?q=lantern&from=c").MustBe(200).MustContain("Who is meant?").Attrs("main .rows a", "href"); len(got) < 2 {
			t.Errorf("of several are offered %q", got)
		}
		// The chosen project stands there however many there are, and any is found by its name.
		for n := range 101 {
			if _, err := w.As(w.Ada).CreateProject(t.Context(), w.Acme, portal.NewProject{Name: "Number " + strconv.Itoa(n)}); err != nil {
				t.Fatal(err)
			}
		}
		p = s.As("ada").Get("/messages/search?q=lantern&project=" + string(w.Site)).MustBe(200)
		if got := p.Attrs("select[name=project] option[selected]", "value"); len(got) != 1 || got[0] != string(w.Site) {
			t.Errorf("chosen is %q", got)
		}
		if got := p.Attrs("input[name=about]", "name"); len(got) != 1 {
			t.Error("of many projects none is found by its name")
		}
		if got := s.As("ada").Get("/messages/search?q=lantern&about=number+42").MustBe(200).Attrs("select[name=project] option[selected]", "value"); len(got) != 1 {
			t.Errorf("chosen by a part of its name is %q", got)
		}
	})
}
