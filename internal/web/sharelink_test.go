package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/webtest"
)

// linkedFile is a file that Acme sees, in a workspace that allows links.
func linkedFile(t *testing.T, s *webtest.Site) portal.FileID {
	t.Helper()
	s.Exec(`UPDATE workspace SET share_links = 1`)
	s.Exec(`DELETE FROM share_links`)
	tom := send(t, s.As("tom"))
	folder, err := s.World.As(s.Tom).AddFolder(t.Context(), s.World.Site, "", portal.NewFolder{Name: "Secret folder", Audience: portal.ClientSide})
	if err != nil {
		t.Fatal(err)
	}
	return tom.bring([]byte("the bytes of it"), "project", string(s.World.Site), "folder", string(folder), "filename", "brochure.txt", "audience", "client", "note", "secret note")
}

// makeLink makes a link by the page, and returns its path.
func makeLink(t *testing.T, s *webtest.Site, f portal.FileID, set func(*webtest.Form)) string {
	t.Helper()
	tom := s.As("tom")
	at := "/files/" + string(f) + "/share"
	form := tom.Get(at).MustBe(200).Form(at)
	if set != nil {
		set(form)
	}
	p := form.Submit(tom).MustBe(200).MustContain("The link is made")
	address := p.Attr("[data-copy]", "data-copy")
	i := strings.Index(address, "/s/")
	if i < 0 {
		t.Fatalf("the address is %q", address)
	}
	return address[i:]
}

// T063: whoever has a link gets one file, and learns nothing else.
func TestShareLink(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		f := linkedFile(t, s)
		at := "/files/" + string(f) + "/share"
		for name, status := range map[string]int{"cleo": 404, "bea": 404, "dan": 404, "carl": 404, "rex": 404, "mia": 200} {
			s.As(name).Get(at).MustBe(status)
		}
		s.As("cleo").Post(at, nil).MustBe(404)
		tom := s.As("tom")
		tom.Get(at).Form(at).Set("days", "91").Set("password", "short").Submit(tom).MustBe(422).MustContain("From 1 to 90", "At least 8 characters.")
		path := makeLink(t, s, f, nil)

		visitor := s.Stranger().Forbid("Secret folder", "secret note", "Tom", "tom@tom.test", "CNRY", "Acme")
		p := visitor.Get(path).MustBe(200).MustContain("brochure.txt", "15 bytes", "From Honcho Design", "Download")
		if h := p.Header; h.Get("X-Robots-Tag") != "noindex, nofollow" || h.Get("Referrer-Policy") != "no-referrer" || h.Get("Cache-Control") != "no-store" {
			t.Errorf("headers: %v", h)
		}
		// Looking does not take it.
		visitor.Get(path + "/download").MustBe(200).MustContain("brochure.txt")
		a := visitor.Post(path+"/download", nil).MustBe(200)
		if a.Body != "the bytes of it" || a.Header.Get("Content-Disposition") != `attachment; filename="brochure.txt"` && !strings.HasPrefix(a.Header.Get("Content-Disposition"), "attachment;") {
			t.Errorf("%q, %v", a.Body, a.Header)
		}
		if h := a.Header; h.Get("X-Robots-Tag") != "noindex, nofollow" || h.Get("Content-Security-Policy") != "sandbox; default-src 'none'" || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("headers of the bytes: %v", h)
		}
		// Where it broke off it goes on.
		if got := ranged(t, visitor, path+"/download", "bytes=4-"); got.Status != 206 || got.Body != "bytes of it" {
			t.Errorf("going on: %d %q", got.Status, got.Body)
		}
		links, _, err := s.World.As(s.Tom).FileShareLinks(t.Context(), f, portal.Page{})
		if err != nil || len(links) != 1 || links[0].Downloads != 1 {
			t.Errorf("counted: %+v, %v", links, err)
		}
		if err := s.Portal.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		log, _, err := s.World.As(s.Tom).Downloads(t.Context(), f, portal.Page{})
		if err != nil || len(log) != 1 || log[0].How != "link" {
			t.Errorf("the log: %+v, %v", log, err)
		}
		// The link is no way to anything else.
		for _, other := range []string{"/files/" + string(f), "/versions/" + string(links[0].Version) + "/download", path + "/versions", path + "/thumb"} {
			if p := visitor.Get(other); p.Status == 200 && !strings.HasPrefix(p.Path, "/sign-in") {
				t.Errorf("%s opens: %d", other, p.Status)
			}
		}
	})
}

// ranged asks for a part of something.
func ranged(t *testing.T, b *webtest.Browser, path, bytes string) *webtest.Page {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", b.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Range", bytes)
	return b.Do(r)
}

// T064: before the password nothing is said of the file, however it is asked.
func TestLockedShareLink(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		f := linkedFile(t, s)
		path := makeLink(t, s, f, func(f *webtest.Form) { f.Set("password", "violet harbour") })
		visitor := s.Stranger().Forbid("brochure", "15 bytes", "Secret folder", "CNRY", "the bytes of it")
		plain := visitor.Get(path).MustBe(200).MustContain("This link is protected")
		for _, never := range []string{"og:", "thumb", "version"} {
			plain.MustNotContain(never)
		}
		if got := ranged(t, visitor, path, "bytes=0-4"); got.Status != 200 || len(got.Body) != len(plain.Body) {
			t.Errorf("a range of the page: %d", got.Status)
		}
		for _, method := range []string{"HEAD", "GET"} {
			for _, at := range []string{path, path + "/download"} {
				r, err := http.NewRequestWithContext(t.Context(), method, visitor.URL+at, nil)
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("Range", "bytes=0-1")
				p := visitor.Do(r)
				if p.Status != 200 || p.Header.Get("ETag") != "" || p.Header.Get("Content-Disposition") != "" || p.Header.Get("Accept-Ranges") != "" {
					t.Errorf("%s %s: %d %v", method, at, p.Status, p.Header)
				}
			}
		}
		visitor.Post(path+"/download", nil).MustBe(200).MustContain("This link is protected")
		plain.Form(path).Set("password", "violet harbor").Submit(visitor).MustBe(422).MustContain("That is not the password of this link.")
		for range 4 {
			plain.Form(path).Set("password", "guess").Submit(visitor).MustBe(422)
		}
		if p := plain.Form(path).Set("password", "guess").Submit(visitor).MustBe(429); p.Header.Get("Retry-After") != "31" {
			t.Errorf("Retry-After: %q", p.Header.Get("Retry-After"))
		}
		s.Clock.Advance(30 * time.Second)

		reader := s.Stranger()
		p := plain.Form(path).Set("password", "violet harbour").Submit(reader).MustBe(200).MustContain("brochure.txt")
		if got := p.Form(path + "/download").Submit(reader); got.Body != "the bytes of it" {
			t.Errorf("%d %q", got.Status, got.Body)
		}
		visitor.Get(path).MustContain("This link is protected")
		s.Clock.Advance(15 * time.Minute)
		reader.Get(path).MustBe(200).MustContain("This link is protected")
	})
}

// T066: a link that leads nowhere is not there, and the answers are the same.
func TestEndedShareLink(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		f := linkedFile(t, s)
		unknown := s.Stranger().Get("/s/vt_lnk_unknown").MustBe(404)
		if unknown.Header.Get("X-Robots-Tag") == "" {
			t.Error("the page of an unknown link may be indexed")
		}
		gone := func(what string, b *webtest.Browser, path string) {
			t.Helper()
			for _, at := range []string{path, path + "/download"} {
				if p := b.Get(at).MustBe(404); p.Body != unknown.Body {
					t.Errorf("%s: %s answers otherwise than an unknown link", what, at)
				}
			}
			for _, at := range []string{path, path + "/download"} {
				if p := b.Post(at, nil).MustBe(404); p.Body != unknown.Body {
					t.Errorf("%s: POST %s answers otherwise than an unknown link", what, at)
				}
			}
			if p := ranged(t, b, path+"/download", "bytes=4-"); p.Status != 404 {
				t.Errorf("%s: going on answers %d", what, p.Status)
			}
		}
		once := makeLink(t, s, f, func(f *webtest.Form) { f.Set("max_downloads", "1") })
		b := s.Stranger()
		if p := b.Post(once+"/download", nil).MustBe(200); p.Body != "the bytes of it" {
			t.Errorf("%q", p.Body)
		}
		if p := ranged(t, b, once+"/download", "bytes=4-"); p.Status != 206 {
			t.Errorf("going on at once: %d", p.Status)
		}
		s.Stranger().Get(once).MustBe(404)
		s.Clock.Advance(61 * time.Second)
		gone("used up", b, once)

		revoked := makeLink(t, s, f, nil)
		b = s.Stranger()
		b.Post(revoked+"/download", nil).MustBe(200)
		tom := s.As("tom")
		tom.Get("/share-links").MustBe(200).MustContain("brochure.txt", "Used up", "Open")
		links, _, err := s.World.As(s.Tom).FileShareLinks(t.Context(), f, portal.Page{})
		if err != nil {
			t.Fatal(err)
		}
		tom.Get("/files/"+string(f)+"/share").Form("/share-links/"+string(links[0].ID)+"/revoke").Submit(tom).MustBe(200).MustContain("The link leads nowhere any more", "Revoked by Tom")
		gone("revoked", b, revoked)

		expired := makeLink(t, s, f, func(f *webtest.Form) { f.Set("days", "1") })
		b = s.Stranger()
		b.Post(expired+"/download", nil).MustBe(200)
		s.Clock.Advance(24 * time.Hour)
		gone("expired", b, expired)

		// T067: all of them are listed, and all can be ended at once.
		for i := range 3 {
			makeLink(t, s, f, func(f *webtest.Form) { f.Set("max_downloads", fmt.Sprint(i+1)) })
		}
		last := makeLink(t, s, f, nil)
		site := "/projects/" + string(s.World.Site) + "/share-links"
		mia := s.As("mia")
		p := mia.Get(site).MustBe(200)
		if n := p.Count(`a[href="/files/` + string(f) + `"]`); n != 7 {
			t.Errorf("%d links are listed, want 7", n)
		}
		s.As("tom").Post(site+"/revoke", nil).MustBe(403)
		s.As("carl").Post(site+"/revoke", nil).MustBe(404)
		p.Form(site + "/revoke").Submit(mia).MustBe(200).MustContain("No link leads anywhere any more")
		gone("revoked with all", s.Stranger(), last)
		other := makeLink(t, s, f, nil)
		mia.Post("/share-links/revoke", nil).MustBe(403)
		ada := s.As("ada")
		ada.Get("/share-links").Form("/share-links/revoke").Submit(ada).MustBe(200)
		gone("revoked in the settings", s.Stranger(), other)
	})
}

func TestFileSettings(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		for name, status := range map[string]int{"mia": 403, "tom": 403, "cleo": 404, "rex": 404} {
			s.As(name).Get("/settings/files").MustBe(status)
			s.As(name).Post("/settings/files", nil).MustBe(status)
		}
		ada := s.As("ada")
		p := ada.Get("/settings/files").MustBe(200)
		f := p.Form("/settings/files")
		if f.Get("file_limit") != "5" || f.Get("file_limit_unit") != "gb" || f.Get("client_limit") != "100" || f.Get("share_links") != "" {
			t.Errorf("at first: %v", f.Values())
		}
		stale := ada.Get("/settings/files").Form("/settings/files")
		f.Set("file_limit", "200").Set("client_limit", "100").Submit(ada).MustBe(422).MustContain("There must be room for at least one file of the largest size.")
		if p := f.Set("file_limit", "much").Submit(ada).MustBe(422).MustContain("Write a whole number."); p.Attr("#file_limit", "value") != "much" {
			t.Error("what was typed is gone")
		}
		f.Set("file_limit", "0").Submit(ada).MustBe(422).MustContain("From 1 MB to 1 TB.")
		f.Set("file_limit", "250").Set("file_limit_unit", "mb").Set("client_limit", "2").Set("client_limit_unit", "tb").Tick("share_links").Submit(ada).MustBe(200).MustContain("Saved")
		ws, err := s.World.As(s.Ada).Workspace(t.Context())
		if err != nil || ws.Files != (portal.FileLimits{File: 250 << 20, Client: 2 << 40, ShareLinks: true}) {
			t.Errorf("saved %+v, %v", ws.Files, err)
		}
		stale.Set("file_limit", "1").Submit(ada).MustBe(409).MustContain("Settings")
	})
}
