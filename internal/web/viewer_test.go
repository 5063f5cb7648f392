package web_test

import (
	"bytes"
	"context"
	"net/http"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/blob"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/static"
	"github.com/vitrine-portal/vitrine/internal/web/webtest"
)

// bring brings a file, or a version of one.
func bring(t *testing.T, s *webtest.Site, who portal.PersonID, n portal.NewUpload, content []byte, kind, typ string) (portal.FileID, portal.VersionID) {
	t.Helper()
	ctx, key, me := context.Background(), blob.NewKey(), s.World.As(who)
	info, err := s.Blobs.Put(ctx, key, bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	n.Size = int64(len(content))
	id, err := me.BeginUpload(ctx, n, string(key))
	if err != nil {
		t.Fatal(err)
	}
	f, v, err := me.FinishUpload(ctx, id, portal.Arrived{Size: info.Size, SHA256: info.SHA256, Kind: kind, Type: typ})
	if err != nil {
		t.Fatal(err)
	}
	return f, v
}

// look gives a version something to look at.
func look(t *testing.T, s *webtest.Site, v portal.VersionID, p portal.Preview, pictures ...[]byte) {
	t.Helper()
	ctx := context.Background()
	for i, picture := range pictures {
		key := blob.NewKey()
		info, err := s.Blobs.Put(ctx, key, bytes.NewReader(picture), int64(len(picture)))
		if err != nil {
			t.Fatal(err)
		}
		p.Artifacts[i].Blob, p.Artifacts[i].Size, p.Artifacts[i].SHA256 = string(key), info.Size, info.SHA256
		if p.Artifacts[i].Type == "" {
			p.Artifacts[i].Type = "image/png"
		}
	}
	if err := s.Portal.RecordPreview(ctx, v, p); err != nil {
		t.Fatal(err)
	}
}

// shelf is a file of three versions on Site: the first the client never saw,
// the second is theirs, the third a draft. The text of each says which it is.
type shelf struct {
	file                portal.FileID
	hidden, seen, draft portal.VersionID
}

const (
	hiddenText = "CNRY-acme-team-first words of the viewer\n"
	seenText   = "what Cleo may read of the viewer\nand a second line\n"
	draftText  = "CNRY-acme-team-draft words of the viewer\nand a second line\n"
)

func newShelf(t *testing.T, s *webtest.Site, name, kind, typ string) shelf {
	t.Helper()
	var x shelf
	n := portal.NewUpload{Project: s.Site, Name: name, Note: "CNRY-acme-team-first note"}
	x.file, x.hidden = bring(t, s, s.Mia, n, []byte(hiddenText), kind, typ)
	n.File, n.Note = x.file, "Second take"
	_, x.seen = bring(t, s, s.Mia, n, []byte(seenText), kind, typ)
	if err := s.World.As(s.Mia).Reveal(context.Background(), portal.ItemID(x.file), false); err != nil {
		t.Fatal(err)
	}
	n.Note, n.Audience = "CNRY-acme-team-draft note", portal.Team
	_, x.draft = bring(t, s, s.Mia, n, []byte(draftText), kind, typ)
	return x
}

func (x shelf) path(below string) string { return "/files/" + string(x.file) + below }

// Who sees a file sees it in the versions that are theirs, and nobody else does.
func TestWhoSeesAFile(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		x := newShelf(t, s, "Words.txt", "text", "text/plain")
		for name, want := range map[string]int{"ada": 200, "mia": 200, "tom": 200, "cleo": 200, "bea": 200, "dan": 404, "carl": 404, "eve": 404, "rex": 404} {
			b := s.As(name)
			for _, path := range []string{"", "?version=" + string(x.seen), "/compare?a=" + string(x.seen) + "&b=" + string(x.seen), "/versions"} {
				b.Get(x.path(path)).MustBe(want)
			}
		}
		cleo := s.As("cleo").Forbid("CNRY-acme-team-first", "CNRY-acme-team-draft", "draft 3", "First version</dt>v2")
		page := cleo.Get(x.path(""))
		page.MustBe(200).MustContain("what Cleo may read").MustContain("v1").MustContain("Second take")
		for _, hidden := range []portal.VersionID{x.hidden, x.draft, "1", "ver_0"} {
			cleo.Get(x.path("?version=" + string(hidden))).MustBe(404)
			cleo.Get(x.path("/compare?a=" + string(hidden) + "&b=" + string(x.seen))).MustBe(404)
			cleo.Get(x.path("/compare?a=" + string(x.seen) + "&b=" + string(hidden))).MustBe(404)
			cleo.Get("/versions/" + string(hidden) + "/view").MustBe(404)
		}
		mia := s.As("mia")
		mia.Get(x.path("")).MustBe(200).MustContain("draft 3").MustContain("CNRY-acme-team-draft words")
		mia.Get(x.path("?version=" + string(x.hidden))).MustBe(200).MustContain("CNRY-acme-team-first words").MustContain("The newest is draft 3")
		mia.Get(x.path("/compare?a=" + string(x.seen) + "&b=" + string(x.draft))).MustBe(200).MustContain("1 line new")
		other, _ := bring(t, s, s.Mia, portal.NewUpload{Project: s.Site, Name: "Other.txt"}, []byte("x"), "text", "text/plain")
		mia.Get("/files/" + string(other) + "?version=" + string(x.seen)).MustBe(404)
		mia.Get("/files/" + string(other) + "/compare?a=" + string(x.seen)).MustBe(404)
	})
}

// A version is brought back by who may add one, and a draft shown by who may
// show it; the client's people are offered neither.
func TestVersionsAreBroughtBackAndShown(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		x := newShelf(t, s, "Words.txt", "text", "text/plain")
		back, show := "/versions/"+string(x.seen)+"/restore", "/versions/"+string(x.draft)+"/show"
		for name, want := range map[string]int{"cleo": 403, "dan": 404, "carl": 404, "rex": 404} {
			s.As(name).Post(back, nil).MustBe(want)
			s.As(name).Post(show, nil).MustBe(404)
		}
		form := func(action string) string { return `form[action="` + action + `"]` }
		if page := s.As("cleo").Get(x.path("")); page.Has(form(back)) || page.Has(form(show)) {
			t.Error("Cleo is offered what she may not do")
		}
		mia := s.As("mia")
		if page := mia.Get(x.path("")); !page.Has(form(back)) || !page.Has(form(show)) {
			t.Error("Mia is not offered what she may do")
		}
		mia.Post(back, nil).MustBe(200)
		s.As("cleo").Get(x.path("")).MustBe(200).MustContain("v2").MustContain("what Cleo may read")
		mia.Post(show, nil).MustBe(409) // older than what the client has
	})
}

// Who may only look is offered no bytes, and who looks as somebody else changes
// nothing.
func TestTheViewerOffersWhatOneMay(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		x := newShelf(t, s, "Words.txt", "text", "text/plain")
		cleoOnlyLooks(t, s)
		cleo := s.As("cleo")
		for _, path := range []string{"", "/compare"} {
			if page := cleo.Get(x.path(path)); page.MustBe(200).Has(`[href$="/download"], [action$="/restore"], [data-upload]`) {
				t.Error("who may only look is offered more")
			}
		}
		cleo.Get("/versions/" + string(x.seen) + "/download").MustBe(403)
	})
}

// cleoOnlyLooks leaves Cleo the right to view alone.
func cleoOnlyLooks(t *testing.T, s *webtest.Site) {
	t.Helper()
	mia := s.World.As(s.Mia)
	a, err := mia.Access(context.Background(), s.Acme)
	if err != nil {
		t.Fatal(err)
	}
	ch := portal.AccessChange{Revision: a.Client.Revision, Enabled: a.Enabled, AllowedDomains: a.AllowedDomains,
		InvitationDays: a.InvitationDays, Preset: a.Preset, SectionsSet: a.Client.SectionsSet, Sections: a.Client.Sections}
	for _, u := range a.Users {
		if u.Person == s.Cleo {
			ch.Change = []portal.ClientUserChange{{User: u.ID, Title: u.Title, Rights: portal.View, AllProjects: true}}
		}
	}
	if _, err := mia.SaveAccess(context.Background(), s.Acme, ch); err != nil {
		t.Fatal(err)
	}
}

// Whatever is written in a file is text on its page.
func TestHostileTextsAreText(t *testing.T) {
	const evil = `<script>top.PWN=1</script><img src=x onerror="top.PWN=1"><svg onload="top.PWN=1">` + "\n[link](javascript:top.PWN=1)\n"
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		mia := s.As("mia")
		for kind, name := range map[string]string{"text": "a.txt", "code": "a.html", "markdown": "a.md", "csv": "a.csv", "svg": "a.svg"} {
			f, v := bring(t, s, s.Mia, portal.NewUpload{Project: s.Site, Name: kind + name, Note: evil[:60]}, []byte(evil), kind, "text/plain")
			look(t, s, v, portal.Preview{})
			_, v2 := bring(t, s, s.Mia, portal.NewUpload{Project: s.Site, File: f, Name: name}, []byte(evil+evil), kind, "text/plain")
			look(t, s, v2, portal.Preview{})
			for _, path := range []string{"/files/" + string(f), "/files/" + string(f) + "/compare"} {
				page := mia.Get(path)
				page.MustBe(200).MustContain("top.PWN=1")
				if page.Has(`.stage script, [onerror], [onload], img[src=x], a[href^="javascript"]`) {
					t.Errorf("%s as %s is more than text", path, kind)
				}
			}
		}
	})
}

// The page that draws PDF has no origin and no network of its own, and only the
// portal may frame it. What it loads, it may load without an origin.
func TestThePageThatDrawsPDF(t *testing.T) {
	webtest.RunFiles(t, func(t *testing.T, s *webtest.Site) {
		get := func(path string) *http.Response {
			t.Helper()
			resp, err := http.Get(s.FilesURL + path)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			return resp
		}
		resp := get("/pdf?lang=en&theme=dark")
		want := "sandbox allow-scripts; default-src 'none'; script-src " + s.FilesURL + " 'wasm-unsafe-eval'; style-src " + s.FilesURL +
			"; font-src " + s.FilesURL + " data: blob:; img-src data: blob:; connect-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors " + s.URL
		if h := resp.Header; resp.StatusCode != 200 || h.Get("Content-Security-Policy") != want || h.Get("X-Frame-Options") != "" || len(h["Set-Cookie"]) > 0 {
			t.Errorf("%d %v", resp.StatusCode, h)
		}
		for _, path := range []string{static.PDF.Script, static.PDF.Style} {
			if h := get(path).Header; h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Cross-Origin-Resource-Policy") != "cross-origin" {
				t.Errorf("%s: %v", path, h)
			}
		}
		if resp := s.Stranger().Get("/pdf"); resp.Status != 404 {
			t.Errorf("the portal's own host draws PDF, too: %d", resp.Status)
		}
	})
}

// What is drawn or played from the original stays on the screen once its preview is
// made: whoever reads the fifth page goes on there. A picture comes in place of the
// words that it is awaited.
func TestReadingGoesOnOnceThePreviewIsThere(t *testing.T) {
	webtest.RunFiles(t, func(t *testing.T, s *webtest.Site) {
		mia := s.As("mia")
		for _, c := range []struct {
			kind, typ string
			made      portal.Preview
			goesOn    bool
		}{
			{"pdf", "application/pdf", portal.Preview{Artifacts: []portal.Artifact{{Kind: "page", Page: 1, Width: 60, Height: 80}}}, true},
			{"video", "video/mp4", portal.Preview{Artifacts: []portal.Artifact{{Kind: "poster", Width: 60, Height: 40}}}, true},
			{"image", "image/png", portal.Preview{Artifacts: []portal.Artifact{{Kind: "large", Width: 60, Height: 40}}}, false},
		} {
			f, v := bring(t, s, s.Mia, portal.NewUpload{Project: s.Site, Name: "Seen early." + c.kind}, []byte("as it came"), c.kind, c.typ)
			before := mia.Get("/files/" + string(f)).MustBe(200)
			look(t, s, v, c.made, []byte("picture"))
			after := mia.Get("/files/" + string(f)).MustBe(200)
			if !before.Has("[data-waits]") || after.Has("[data-waits]") {
				t.Errorf("%s: the page asks: %v while the preview is made, %v after", c.kind, before.Has("[data-waits]"), after.Has("[data-waits]"))
			}
			if stays := before.Attr("#stage", "data-keep") == after.Attr("#stage", "data-keep"); stays != c.goesOn {
				t.Errorf("%s: the stage stays: %v", c.kind, stays)
			}
		}
	})
}
