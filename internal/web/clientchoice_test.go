package web_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
	"github.com/vitrine-portal/vitrine/internal/web/webtest"
)

// crews are more clients than are offered at once, by name.
func crews(t *testing.T, s *webtest.Site) map[string]portal.ClientID {
	t.Helper()
	ids := map[string]portal.ClientID{}
	for i := range 110 {
		name := fmt.Sprintf("Crew %03d", i)
		id, err := s.World.As(s.Ada).AddClient(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		ids[name] = id
	}
	return ids
}

// Of many clients some are offered, and the others are found by name; the chosen one
// is named wherever it stands. Every page that is narrowed to a client does it so.
func TestChooseAmongManyClients(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		s := withMails(t, w, false)
		ids := crews(t, s)
		if err := s.World.As(s.Ada).ArchiveClient(t.Context(), ids["Crew 001"]); err != nil {
			t.Fatal(err)
		}
		ada := s.As("ada")
		mail := cameIn(t, s)
		s.Exec(`UPDATE incoming_mails SET person_id = NULL, place = '', reason = 'unknown' WHERE id = $1`, mail)
		for _, at := range []struct{ path, form string }{
			{"/approvals?lane=over", "/approvals"}, {"/approvals?view=board", "/approvals"}, {"/approvals?lane=signoffs", "/approvals"},
			{"/files", "/files"}, {"/settings/audit", "/settings/audit"}, {"/incoming/" + mail, "/incoming/" + mail + "#assign"},
		} {
			// show presses the button of the filter, which asks for a page.
			show := func(p *webtest.Page, name, value string) *webtest.Page {
				path, _, _ := strings.Cut(at.form, "#")
				return ada.Get(path + "?" + p.Form(at.form).Set(name, value).Values().Encode())
			}
			p := ada.Get(at.path).MustBe(200).MustContain("Clients whose name has")
			if n := p.Count(`select[name="client"] option`); n != 101 {
				t.Errorf("%s offers %d clients", at.path, n)
			}
			// What several have in their name: they alone are offered.
			p = show(p, "named", "CREW 10").MustBe(200).MustContain("10 clients have it in their name: choose one.")
			if n := p.Count(`select[name="client"] option`); n != 11 || p.Attr(`input[name="named"]`, "value") != "CREW 10" {
				t.Errorf("%s offers %d clients", at.path, n)
			}
			// One of them is chosen: the search is over.
			p = show(p, "client", string(ids["Crew 105"])).MustBe(200)
			if got := p.Text(`select[name="client"] option[selected]`); got != "Crew 105" || p.Attr(`input[name="named"]`, "value") != "" {
				t.Errorf("%s has chosen %q", at.path, got)
			}
			// What one alone has chooses it, whichever was chosen before.
			p = show(p, "named", "crew 107").MustBe(200)
			if got := p.Text(`select[name="client"] option[selected]`); got != "Crew 107" {
				t.Errorf("%s has chosen %q", at.path, got)
			}
			// And stays named among the first hundred.
			p = show(p, "named", "").MustBe(200)
			if got := p.Text(`select[name="client"] option[selected]`); got != "Crew 107" || p.Count(`select[name="client"] option`) != 102 {
				t.Errorf("%s has chosen %q", at.path, got)
			}
			show(p, "named", "nobody at all").MustBe(200).MustContain("No client has it in its name.", "Crew 107")
			show(p, "named", "r").MustBe(200).MustContain("More than 100 clients have it in their name: write more of it.")
			show(p, "named", "crew 001").MustBe(200).MustContain("No client has it in its name.")
		}
		// An archived one is not offered, but named where it is asked for.
		if got := ada.Get("/approvals?client=" + string(ids["Crew 001"])).Text(`select[name="client"] option[selected]`); got != "Crew 001" {
			t.Errorf("the archived client is called %q", got)
		}
		// With a few, there is nothing to look for.
		s.As("tom").Get("/approvals").MustBe(200).MustNotContain("Clients whose name has", "Crew")
	})
}

// A message and a project can be for any of many clients, and what was typed of the
// project stays while its client is looked for.
func TestBeginForAnyOfManyClients(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		ids := crews(t, s)
		last := ids["Crew 109"]
		if _, err := s.World.As(s.Ada).CreateProject(t.Context(), last, portal.NewProject{Name: "Last of all"}); err != nil {
			t.Fatal(err)
		}
		ada := s.As("ada")

		p := ada.Get("/messages/new").MustBe(200).MustContain("Clients whose name has", "Last of all")
		if n := p.Count(`a[href^="/clients/"][href$="/conversation"]`); n != 0 {
			t.Errorf("%d of many clients are listed before one is looked for", n)
		}
		show := func(name, value string) *webtest.Page {
			return ada.Get("/messages/new?" + p.Form("/messages/new").Set(name, value).Values().Encode()).MustBe(200)
		}
		p = show("named", "crew 10")
		if n := p.Count(`a[href^="/clients/"][href$="/conversation"]`); n != 10 {
			t.Errorf("%d of those found are listed", n)
		}
		p = show("named", "CREW 109").MustContain("Last of all")
		if n := p.Count(`a[href="/clients/` + string(last) + `/conversation"]`); n != 1 || p.Count(`a[href$="/conversation"]`) != 1 {
			t.Errorf("the one found is listed %d times", n)
		}
		ada.Get("/clients/" + string(last) + "/conversation").MustBe(200)
		p = show("named", "nobody at all").MustContain("No client has it in its name.", "Crew 109")
		// Who sees few sees all of them at once, and none that they may not write to.
		s.As("tom").Get("/messages/new").MustBe(200).MustNotContain("Clients whose name has", "Crew")

		// A project: nothing typed is lost while its client is looked for.
		p = ada.Get("/projects/new").MustBe(200)
		f := p.Form("/projects/new").Set("name", "Signs").Set("summary", "For the lobby").Set("due_on", "2030-05-04").Tick("shared")
		p = f.Submit(ada).MustBe(422).MustContain("Choose one of the list.")
		f = p.Form("/projects/new").Set("named", "crew 10").Press("find", "1")
		kept := func(f *webtest.Form) {
			t.Helper()
			if f.Get("name") != "Signs" || f.Get("summary") != "For the lobby" || f.Get("due_on") != "2030-05-04" || f.Get("shared") == "" {
				t.Error("what was typed is gone")
			}
		}
		kept(f)
		p = f.Submit(ada).MustBe(200).MustContain("10 clients have it in their name: choose one.")
		kept(p.Form("/projects/new"))
		if n := p.Count(`select[name="client"] option`); n != 11 {
			t.Errorf("%d clients are offered", n)
		}
		// One of them is chosen; another mistake keeps it.
		p = p.Form("/projects/new").Set("client", string(ids["Crew 108"])).Set("name", "").Submit(ada).MustBe(422)
		if got := p.Text(`select[name="client"] option[selected]`); got != "Crew 108" {
			t.Errorf("%q is chosen", got)
		}
		// What is still to be looked for makes no project of the one chosen before.
		p = p.Form("/projects/new").Set("name", "Signs").Set("named", "crew 109").Submit(ada).MustBe(200)
		kept(p.Form("/projects/new"))
		if got := p.Text(`select[name="client"] option[selected]`); got != "Crew 109" {
			t.Errorf("%q is chosen", got)
		}
		p = p.Form("/projects/new").Set("named", "nobody at all").Press("find", "1").Submit(ada).MustBe(200).MustContain("No client has it in its name.")
		if got := p.Text(`select[name="client"] option[selected]`); got != "Crew 109" {
			t.Errorf("%q is chosen", got)
		}
		p = p.Form("/projects/new").Set("named", "").Submit(ada).MustBe(200).MustContain("Signs", "Crew 109")
		if !strings.HasPrefix(p.Path, "/projects/prj") {
			t.Errorf("led to %s", p.Path)
		}
		all, _, err := s.World.As(s.Ada).Projects(t.Context(), portal.ProjectFilter{Query: "signs"}, portal.Page{})
		if err != nil || len(all) != 1 || all[0].Client != last {
			t.Errorf("%d projects were made: %v", len(all), err)
		}
		// An archived one is not offered, though the address names it.
		if err := s.World.As(s.Ada).ArchiveClient(t.Context(), ids["Crew 001"]); err != nil {
			t.Fatal(err)
		}
		ada.Get("/projects/new?client=" + string(ids["Crew 001"])).MustBe(200).MustNotContain("Crew 001")
		ada.Get("/messages/new?client=" + string(ids["Crew 001"])).MustBe(200).MustNotContain(string(ids["Crew 001"]) + "/conversation")
	})
}

// A conversation can begin in any of many projects: those that are no part of the
// first page are on the next.
func TestBeginInAnyOfManyProjects(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		all := map[string]bool{"/projects/" + string(s.World.Site) + "/conversations/new": true}
		for n := range 30 {
			id, err := s.World.As(s.Ada).CreateProject(t.Context(), s.Acme, portal.NewProject{Name: fmt.Sprintf("Sail %d", n), Shared: true})
			if err != nil {
				t.Fatal(err)
			}
			all["/projects/"+string(id)+"/conversations/new"] = true
		}
		for _, who := range []string{"ada", "cleo"} {
			b, at, listed := s.As(who), "/messages/new?client="+string(s.Acme), map[string]int{}
			for range 10 {
				p := b.Get(at).MustBe(200)
				for _, to := range p.Attrs(`a[href$="/conversations/new"]`, "href") {
					listed[to]++
				}
				if at = ""; p.Has(`a[href*="after="]`) {
					at = p.Attr(`a[href*="after="]`, "href")
				}
				if at == "" {
					break
				}
			}
			for to := range all {
				if listed[to] != 1 {
					t.Errorf("%s finds %s %d times", who, to, listed[to])
				}
			}
		}
		if p := s.As("carl").Get("/messages/new").MustBe(200); strings.Contains(p.Text("main"), "Sail") {
			t.Error("another client's projects are listed")
		}
	})
}
