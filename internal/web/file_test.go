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

// filePages are the pages of a project's files, by what they are of.
func filePages(s *webtest.Site, side portal.Side) []string {
	it := s.Items[s.World.Site][side]
	return []string{"/folders/" + string(it.Folder), "/files/" + string(it.File) + "/rename", "/files/" + string(it.File) + "/move",
		"/files/" + string(it.File) + "/copy", "/files/" + string(it.File) + "/delete", "/folders/" + string(it.Folder) + "/rename",
		"/folders/" + string(it.Folder) + "/move", "/folders/" + string(it.Folder) + "/delete", "/items/" + string(it.File) + "/hide"}
}

func TestFilesOfAProject(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		at := "/projects/" + string(s.World.Site) + "/files"
		name := func(side portal.Side) string { return portaltest.Canary("acme", side, "site-folder-name") }
		mia := s.As("mia")
		p := mia.Get(at).MustBe(200).MustContain(name(portal.Team), name(portal.ClientSide), "Only Honcho Design sees this", "Visible to Acme: 2 people")
		if n := p.Count(".zones a"); n != 4 {
			t.Errorf("the team tells %d zones apart, with all of them", n)
		}
		if p.Count(".file-table .zone.team .icon") != 1 || p.Count(".file-table .zone.shared .icon") != 1 {
			t.Error("a zone is not said by colour, icon and word")
		}
		mia.Get(at + "?zone=team").MustContain(name(portal.Team)).MustNotContain(name(portal.ClientSide))
		mia.Get(at + "?zone=from_client").MustBe(200).MustContain("No file here: From Acme")
		if p := mia.Get(at + "?view=grid"); !p.Has(".file-grid") || p.Has(".file-table") || !strings.Contains(p.Attr(".file-grid a.main", "href"), "view=grid") {
			t.Error("the grid is not kept on the way down")
		}

		// A client is not told that there is a zone of the team's.
		cleo := s.As("cleo").Forbid("Team only", "zone=team")
		p = cleo.Get(at).MustBe(200).MustContain(name(portal.ClientSide), "From Honcho Design", "Honcho Design and everybody of Acme")
		if p.Has("input[name=audience]") || p.Has(`a[href$="/trash"]`) || p.Has(`a[href$="/move"]`) || p.Has(`a[href$="/show"]`) {
			t.Error("Cleo is offered what is the team's")
		}
		cleo.Get(at + "?zone=team").MustBe(200).MustContain(name(portal.ClientSide))
		folder := "/folders/" + string(s.Items[s.World.Site][portal.ClientSide].Folder)
		p = cleo.Get(folder).MustBe(200)
		p.MustContain(portaltest.Canary("acme", portal.ClientSide, "site-file-name"), "v1")
		if got := p.Text(".file-table tbody .version"); got != "v1" {
			t.Errorf("the version is called %q", got)
		}
		if p.Attr(".trail a", "href") != at {
			t.Error("no way back up")
		}
		mia.Get(folder).MustContain("v1") // the draft before it is told on the file's own page

		// Bea may not upload, and is not asked to.
		if p := s.As("bea").Get(at).MustBe(200); p.Has("form[data-upload]") || p.Has(`a[href*="/folders/new"]`) {
			t.Error("Bea, who may not upload, is offered to")
		}
		for _, who := range []string{"dan", "carl", "rex", "eve"} {
			b := s.As(who)
			b.Get(at).MustBe(404)
			b.Get(folder).MustBe(404)
		}
	})
}

func TestWhoSeesThePagesOfFiles(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		for side, want := range map[portal.Side]map[string]int{
			portal.ClientSide: {"mia": 200, "carl": 404, "rex": 404, "dan": 404},
			portal.Team:       {"mia": 200, "cleo": 404, "bea": 404, "carl": 404, "rex": 404},
		} {
			for name, status := range want {
				b := s.As(name)
				for _, path := range filePages(s, side) {
					b.Get(path).MustBe(status)
				}
			}
		}
		// Cleo sees what is shown, but it is not hers.
		cleo := s.As("cleo")
		want := []int{200, 403, 404, 404, 403, 403, 404, 403, 404}
		for i, path := range filePages(s, portal.ClientSide) {
			cleo.Get(path).MustBe(want[i])
		}
	})
}

// The section that is off has no tab, no entry in the rail and no page.
func TestFilesThatAreOff(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		cleo, at := s.As("cleo"), "/projects/"+string(s.World.Site)
		if p := cleo.Get(at); !p.Has(`.tabs a[href$="/files"]`) || !p.Has(`#rail a[href="/files"]`) {
			t.Fatal("files are on, and there is no way to them")
		}
		s.Exec(`UPDATE workspace SET sections = sections & ~32`)
		s.Regrant()
		p := cleo.Get(at).MustBe(200)
		if p.Has(`.tabs a[href$="/files"]`) || p.Has(`#rail a[href="/files"]`) {
			t.Error("files are off, and there is a way to them")
		}
		p.MustNotContain(portaltest.Canary("acme", portal.ClientSide, "site-file-name"))
		cleo.Get(at + "/files").MustBe(404)
		cleo.Get("/folders/" + string(s.Items[s.World.Site][portal.ClientSide].Folder)).MustBe(404)
		s.As("mia").Get(at + "/files").MustBe(200)
	})
}

func TestFolders(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		mia, cleo := s.As("mia"), s.As("cleo")
		at := "/projects/" + string(s.World.Site)
		add := func(b *webtest.Browser, name, audience string) *webtest.Page {
			t.Helper()
			f := b.Get(at+"/folders/new").MustBe(200).Form(at+"/folders").Set("name", name)
			if audience != "" {
				f.Set("audience", audience)
			}
			return f.Submit(b)
		}
		cleo.Forbid("Margins")
		add(mia, "Margins", "team").MustBe(200).MustContain("Margins", "This folder is empty")
		add(mia, "Brand", "client").MustBe(200)
		cleo.Get(at + "/files").MustContain("Brand")
		p := add(mia, "brand", "client").MustBe(422)
		if p.Form(at+"/folders").Get("name") != "brand" || p.Form(at+"/folders").Get("audience") != "client" {
			t.Error("what was typed is gone")
		}
		add(mia, "a/b", "team").MustBe(422)
		if s.As("bea").Get(at+"/folders/new").Status != 403 {
			t.Error("Bea, who may not upload, may make folders")
		}

		// Cleo's own: hers to rename and to delete, and seen by both.
		p = add(cleo, "From us", "").MustBe(200)
		mine, _, _ := strings.Cut(p.Path, "?")
		mia.Get(at+"/files").MustContain("From us", "From Acme")
		rename := cleo.Get(mine + "/rename").MustBe(200).Form(mine + "/rename")
		rename.Set("name", "").Submit(cleo).MustBe(422)
		cleo.Get(mine+"/rename").Form(mine+"/rename").Set("name", "Ours").Submit(cleo).MustBe(200).MustContain("Ours")
		cleo.Get(mine + "/delete").MustBe(200).MustContain("Honcho Design can bring it back for 30 days")
	})
}

// What moves between folders of different audiences says so before.
func TestMovingFiles(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		mia, cleo := s.As("mia"), s.As("cleo")
		site := s.Items[s.World.Site]
		shown, hidden := site[portal.ClientSide], site[portal.Team]
		fileAt := "/files/" + string(shown.File)
		ids := func(p *webtest.Page) *webtest.Form { return p.Form(p.Attr("[data-dialog-body] form", "action")) }

		p := mia.Get(fileAt + "/move").MustBe(200)
		p = ids(ids(p).Press("look", "top").Submit(mia).MustBe(200)).Press("look", string(hidden.Folder)).Submit(mia).MustBe(200)
		p.MustContain("This folder is for the team alone", "Take it out of their sight")
		ids(p).Press("do", "put").Submit(mia).MustBe(422) // not without having said so
		cleo.Get("/folders/" + string(shown.Folder)).MustContain(portaltest.Canary("acme", portal.ClientSide, "site-file-name"))
		ids(p).Tick("confirm").Press("do", "put").Submit(mia).MustBe(200).MustContain("Moved")
		cleo.Get("/folders/" + string(shown.Folder)).MustNotContain(portaltest.Canary("acme", portal.ClientSide, "site-file-name"))

		// Back into the shared folder it stays the team's, unless one says otherwise.
		p = mia.Get(fileAt + "/move")
		p = ids(ids(p).Press("look", "top").Submit(mia)).Press("look", string(shown.Folder)).Submit(mia).MustContain("for the team alone", "Visible to Acme: 2 people")
		ids(p).Tick("show").Press("do", "put").Submit(mia).MustBe(200)
		cleo.Get("/folders/" + string(shown.Folder)).MustContain(portaltest.Canary("acme", portal.ClientSide, "site-file-name"))

		// What is another project's cannot be chosen with it.
		other := s.Items[s.Shop][portal.Team]
		mia.Post("/files/selection?project="+string(s.World.Site), url.Values{"file": {string(other.File)}, "do": {"move"}}).MustBe(404)
		s.As("carl").Post("/files/selection?project="+string(s.World.Site), url.Values{"file": {string(shown.File)}, "do": {"trash"}}).MustBe(404)
		cleo.Post("/files/selection?project="+string(s.World.Site), url.Values{"file": {string(shown.File)}, "do": {"trash"}}).MustBe(403)
	})
}

func TestTrash(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		mia, cleo := s.As("mia"), s.As("cleo")
		it := s.Items[s.World.Site][portal.ClientSide]
		trash, folder := "/projects/"+string(s.World.Site)+"/trash", "/folders/"+string(it.Folder)
		name := portaltest.Canary("acme", portal.ClientSide, "site-folder-name")
		mia.Get(trash).MustBe(200).MustContain("The trash is empty")
		p := mia.Get(folder+"/delete").MustBe(200).MustContain("The folder goes with everything in it", "Acme will not see it any more", "trash for 30 days")
		p.Form(p.Attr("[data-dialog-body] form", "action")).Press("do", "trash").Submit(mia).MustBe(200).MustContain("In the trash for 30 days").MustNotContain(name)
		cleo.Get(folder).MustBe(404)
		cleo.Get(trash).MustBe(404)
		p = mia.Get(trash).MustBe(200).MustContain(name, "Deleted by Mia", "30 days left")
		s.As("carl").Post("/trash/"+string(it.Folder)+"/restore", nil).MustBe(404)
		p.Form("/trash/"+string(it.Folder)+"/restore").Submit(mia).MustBe(200).MustContain("It is back where it was", name)
		cleo.Get(folder).MustBe(200)
	})
}

func TestPinnedFilesComeFirst(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		mia, cleo := s.As("mia"), s.As("cleo")
		site := "/projects/" + string(s.World.Site)
		it := s.Items[s.World.Site][portal.ClientSide]
		name := portaltest.Canary("acme", portal.ClientSide, "site-file-name")
		folder := "/folders/" + string(it.Folder)
		mia.Get(folder).Form("/files/" + string(it.File) + "/pin").Submit(mia).MustBe(200).MustContain("Pinned")
		mia.Get(folder).Form("/files/" + string(it.File) + "/unpin")
		for _, path := range []string{site + "/files", site} {
			if p := cleo.Get(path); !slices.ContainsFunc(p.Texts("main h2"), func(h string) bool { return strings.HasPrefix(h, "Start here") }) || !p.Has(`a[href="/files/`+string(it.File)+`"]`) {
				t.Errorf("%s does not begin with what is pinned", path)
			}
		}
		cleo.Post("/files/"+string(it.File)+"/pin", nil).MustBe(404)
		p := cleo.Get("/files").MustBe(200).MustContain(name)
		if !p.Has(".start-files") {
			t.Error("the rail's page does not name what is pinned")
		}
		s.As("carl").Get("/files").MustBe(200).MustNotContain(name)
		s.As("ada").Get("/clients/" + string(s.World.Acme) + "/files").MustBe(200).MustContain(name).MustNotContain("CNRY-brick")
		s.As("ada").Get("/clients/"+string(s.World.Brick)+"/files").MustBe(200).MustContain("CNRY-brick").MustNotContain(name, "CNRY-acme")
		s.As("eve").Get("/files").MustBe(200).MustContain("No file yet")
	})
}

// Files in a deliverable: only while it may change, and the client gets those
// that are shown.
func TestAttachments(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		mia, cleo := s.As("mia"), s.As("cleo")
		shown, hidden := s.Items[s.World.Site][portal.ClientSide], s.Items[s.World.Site][portal.Team]
		at, attach := "/deliverables/"+string(shown.Deliverable), "/items/"+string(shown.Deliverable)+"/attach"
		cleo.Get(at).MustContain(portaltest.Canary("acme", portal.ClientSide, "site-file-name"))
		mia.Get(attach+"?in="+string(hidden.Folder)).MustBe(200).Form(attach).Set("file", string(hidden.File)).Submit(mia).MustBe(200).MustContain("Attached")
		if n := cleo.Get(at).Count(".attached li"); n != 1 {
			t.Errorf("Cleo gets %d files", n)
		}
		if n := mia.Get(at).Count(".attached li"); n != 2 {
			t.Errorf("Mia gets %d files", n)
		}
		cleo.Get(attach).MustBe(404)
		cleo.Post("/items/"+string(shown.Deliverable)+"/detach", url.Values{"file": {string(shown.File)}}).MustBe(404)
		mia.Post("/items/"+string(shown.Deliverable)+"/detach", url.Values{"file": {string(hidden.File)}}).MustBe(200).MustContain("Taken off")
		mia.Get(attach).MustBe(200)
		mia.Post("/items/"+string(shown.Deliverable)+"/attach", url.Values{"file": {string(s.Items[s.Shop][portal.Team].File)}}).MustBe(404)
		mia.Get("/items/" + string(shown.Task) + "/attach").MustBe(404)
	})
}

func TestFileSearch(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		at := "/projects/" + string(s.World.Site) + "/files?q="
		word := portaltest.Canary("acme", portal.ClientSide, "site-version-text")
		p := s.As("cleo").Get(at + word).MustBe(200).MustContain("1 file with")
		if p.Text(".file-hits mark") == "" {
			t.Error("what was found is not marked")
		}
		s.As("cleo").Get(at + "zzzz").MustBe(200).MustContain("No file matches")
		s.As("carl").Get(at + word).MustBe(404)
	})
}

// A form that is about several things does all of it, and once.
func TestSelectionIsDoneWhole(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		mia := s.As("mia")
		me := s.Portal.As(portal.PersonActor(s.Mia))
		site := s.Items[s.World.Site]
		both := []string{string(site[portal.ClientSide].File), string(site[portal.Team].File)}
		at := "/files/selection?project=" + string(s.World.Site)
		attach := "/items/" + string(site[portal.Team].Deliverable) + "/attach"
		for range 2 {
			mia.Post(at, url.Values{"file": both, "do": {"copy_here"}, "once": {"copies"}}).MustBe(200)
			mia.Post(attach, url.Values{"file": both, "once": {"attaches"}}).MustBe(200)
		}
		l, err := me.Files(t.Context(), s.World.Site, "", portal.ListOptions{})
		if err != nil || len(l.Files) != 2 {
			t.Errorf("%d copies, %v", len(l.Files), err)
		}
		if all, err := me.Attachments(t.Context(), portal.ItemID(site[portal.Team].Deliverable)); err != nil || len(all) != 2 {
			t.Errorf("%d are attached, %v", len(all), err)
		}
		asks := mia.Post(at, url.Values{"file": both, "do": {"approve"}}).MustBe(200).MustContain("Ask for approval")
		if n := asks.Count(`input[name="versions"][checked]`); n != 2 {
			t.Errorf("%d of the two that were ticked are to be approved", n)
		}
		mia.Post(at, url.Values{"file": both, "do": {"put"}, "confirm": {"on"}, "once": {"moves"}}).MustBe(200)
		for _, id := range both {
			if x, err := me.File(t.Context(), portal.FileID(id)); err != nil || x.Folder != "" {
				t.Errorf("not moved: %+v, %v", x, err)
			}
		}
		// One that is refused changes nothing of the others: the deliverable with
		// both is in review.
		mixed := []string{string(l.Files[0].ID), both[0]}
		tom := s.As("tom")
		tom.Post(at, url.Values{"file": mixed, "do": {"trash"}}).MustBe(403)
		if _, err := me.File(t.Context(), l.Files[0].ID); err != nil {
			t.Errorf("deleted although the other was refused: %v", err)
		}
		for range 2 {
			mia.Post(at, url.Values{"file": both, "do": {"trash"}, "once": {"trashes"}}).MustBe(200)
		}
		for _, id := range both {
			if _, err := me.File(t.Context(), portal.FileID(id)); err != portal.ErrNotFound {
				t.Errorf("not deleted: %v", err)
			}
		}
	})
}

// T010: of things of which one is somebody else's nothing is done to any, and the
// answer is the same as if that one were not there.
func TestSelectionOfOwnAndForeign(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		cleo := s.As("cleo")
		own, _ := bring(t, s, s.Cleo, portal.NewUpload{Project: s.World.Site, Name: "ours.txt"}, []byte("ours"), "text", "text/plain")
		foreign := []string{string(s.Items[s.Shop][portal.ClientSide].File), string(s.Items[s.World.Site][portal.Team].File), string(s.Items[s.Hidden][portal.ClientSide].File), "fil_none"}
		answers := map[string]bool{}
		for _, other := range foreign {
			files := []string{string(own), other}
			for _, do := range []string{"trash", "delete", "move"} {
				p := cleo.Post("/files/selection?project="+string(s.World.Site), url.Values{"file": files, "do": {do}}).MustBe(404)
				answers[p.Text("main")] = true
			}
			// Of an archive that one is left out.
			answers[fmt.Sprint(len(cleo.Post("/projects/"+string(s.World.Site)+"/zip", url.Values{"file": files}).MustBe(200).Body))] = true
			cleo.Post("/files/selection?project="+string(s.Shop), url.Values{"file": files, "do": {"trash"}}).MustBe(404)
		}
		if len(answers) != 2 { // that of a page, and that of an archive
			t.Errorf("the answers differ: %v", answers)
		}
		if _, err := s.World.As(s.Cleo).File(t.Context(), own); err != nil {
			t.Errorf("their own is gone: %v", err)
		}
	})
}
