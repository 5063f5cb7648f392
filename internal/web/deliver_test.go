package web_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/blob"
	"github.com/vitrine-portal/vitrine/internal/live"
	"github.com/vitrine-portal/vitrine/internal/mailin"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
	"github.com/vitrine-portal/vitrine/internal/transfer"
	"github.com/vitrine-portal/vitrine/internal/web"
	"github.com/vitrine-portal/vitrine/internal/web/webtest"
)

var png = []byte("\x89PNG\r\n\x1a\n" + strings.Repeat("p", 100))

// shared brings a file that Acme's people see, as Mia.
func shared(t testing.TB, s *webtest.Site, name string, content []byte) (portal.FileID, portal.VersionID) {
	t.Helper()
	mia := send(t, s.As("mia"))
	id := mia.bring(content, "project", string(s.World.Site), "filename", name, "audience", "client")
	return id, mia.version(id).ID
}

// delivered is a file, and as what it is delivered.
type delivered struct{ name, content, kind string }

// byMail has Cleo send files by mail, as pages that they are not, and returns their
// versions.
func byMail(t *testing.T, s *webtest.Site, files []delivered) (all []portal.VersionID) {
	t.Helper()
	ctx := t.Context()
	log := slog.New(slog.DiscardHandler)
	addresses := mailin.NewAddresses("reply@in.honcho.test", []byte("a key of thirty-two bytes, or so"))
	taker := mailin.New(mailin.Options{Portal: s.Portal, Accounts: s.Accounts, Bytes: transfer.New(s.Blobs, "", log), Addresses: addresses, Temp: t.TempDir(), Log: log})
	id, err := s.Portal.ReplyAddress(ctx, portal.ReplyPlace{Person: s.Cleo, Place: string(s.Items[s.Site][portal.ClientSide].Conversation), Audience: portal.ClientSide})
	if err != nil {
		t.Fatal(err)
	}
	var raw strings.Builder
	raw.WriteString("From: cleo@cleo.test\r\nMessage-ID: <1@cleo.test>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHere they are.\r\n")
	for _, f := range files {
		fmt.Fprintf(&raw, "--b\r\nContent-Type: text/html\r\nContent-Disposition: attachment; filename=\"mailed-%s\"\r\nContent-Transfer-Encoding: base64\r\n\r\n%s\r\n",
			f.name, base64.StdEncoding.EncodeToString([]byte(f.content)))
	}
	raw.WriteString("--b--\r\n")
	if err := taker.Receive(ctx, "cleo@cleo.test", []string{addresses.For(mailin.Reply, id)}, strings.NewReader(raw.String())); err != nil {
		t.Fatal(err)
	}
	mails, _, err := s.World.As(s.Ada).Incoming(ctx, portal.IncomingWaiting, portal.Page{})
	if err != nil || len(mails) != 1 {
		t.Fatalf("%+v, %v", mails, err)
	}
	if err := taker.Take(ctx, mails[0].ID); err != nil {
		t.Fatal(err)
	}
	m, err := s.World.As(s.Ada).IncomingMail(ctx, mails[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	said, err := s.World.As(s.Cleo).Message(ctx, portal.MessageID(m.Became))
	if err != nil || len(said.Files) != len(files) {
		t.Fatalf("%s (%s): %+v, %v", m.State, m.Reason, said.Files, err)
	}
	for i, f := range said.Files {
		if f.Name != "mailed-"+files[i].name {
			t.Errorf("%s came as %s", files[i].name, f.Name)
		}
		all = append(all, f.Version.ID)
	}
	return all
}

// T110: whatever a file is, it arrives with a harmless type, under a policy
// that lets it do nothing, and without a cookie; by mail, too, whatever that says it
// is (T109, T170).
func TestDownloadHeaders(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		for _, host := range []string{"app", "files"} {
			t.Run(host, func(t *testing.T) {
				var with func(*web.Options)
				if host == "files" {
					with = webtest.WithFiles
				}
				s := webtest.New(t, portaltest.Open(t, w.DB.Dialect()), with)
				cleo := send(t, s.As("cleo"))
				cases := []delivered{
					{"a.png", string(png), "image/png"},
					{"a.pdf", "%PDF-1.7\n<script>alert(1)</script>", "application/pdf"},
					{"a.svg", "<svg xmlns='http://www.w3.org/2000/svg' onload='top.PWN=1'/>", "application/octet-stream"},
					{"b.png", "<svg xmlns='http://www.w3.org/2000/svg' onload='top.PWN=1'/>", "application/octet-stream"},
					{"page.html", "<!doctype html><script>top.PWN=1</script>", "application/octet-stream"},
					{"page.HTML.png", "<html><script>top.PWN=1</script>", "application/octet-stream"},
					{"feed.xml", "<?xml version='1.0'?><x xmlns='http://www.w3.org/1999/xhtml'/>", "application/octet-stream"},
					{"a.mht", "MIME-Version: 1.0\nContent-Type: multipart/related\n\n", "application/octet-stream"},
					{"noname", "plain words", "text/plain; charset=utf-8"},
					{"x.js", "top.PWN=1", "text/plain; charset=utf-8"},
					{"odd", "\x00\x01\x02", "application/octet-stream"},
				}
				mailed := byMail(t, s, cases)
				for i, c := range slices.Concat(cases, cases) {
					var v portal.VersionID
					if i < len(cases) {
						_, v = shared(t, s, c.name, []byte(c.content))
					} else {
						v, c.name = mailed[i-len(cases)], "mailed-"+c.name
					}
					a := cleo.get("/versions/" + string(v) + "/download?inline=1&download=0&disposition=inline")
					if a.StatusCode != 200 || a.text != c.content {
						t.Fatalf("%s: %d %q", c.name, a.StatusCode, a.text)
					}
					for name, want := range map[string]string{
						"Content-Type": c.kind, "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox; default-src 'none'",
						"Cache-Control": "private, no-store", "Accept-Ranges": "bytes", "Etag": `"` + sha([]byte(c.content)) + `"`, "Set-Cookie": "",
						"Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY", "Last-Modified": "",
						"Content-Disposition": fmt.Sprintf(`attachment; filename="%s"; filename*=UTF-8''%s`, c.name, c.name),
					} {
						if got := a.Header.Get(name); got != want {
							t.Errorf("%s: %s: %q, want %q", c.name, name, got, want)
						}
					}
					at := a.Request.URL
					if wantHost := map[string]string{"app": s.URL, "files": s.FilesURL}[host]; at.Scheme+"://"+at.Host != wantHost {
						t.Errorf("%s comes from %s", c.name, at)
					}
					// To be looked at: only what a browser shows without running it, and only where nobody is signed in.
					a = cleo.get("/versions/" + string(v) + "/view")
					switch showable := c.kind == "image/png" || c.kind == "application/pdf"; {
					case host == "app" || !showable:
						if a.StatusCode != 404 {
							t.Errorf("%s can be looked at: %d", c.name, a.StatusCode)
						}
					case a.StatusCode != 200 || a.Header.Get("Content-Type") != c.kind || !strings.HasPrefix(a.Header.Get("Content-Disposition"), "inline") ||
						a.Header.Get("Content-Security-Policy") != "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'":
						t.Errorf("%s: %d %v", c.name, a.StatusCode, a.Header)
					}
				}
			})
		}
	})
}

// T111: an address of the files' host is for one minute, one session, one
// version and one use of it.
func TestCapability(t *testing.T) {
	webtest.RunFiles(t, func(t *testing.T, s *webtest.Site) {
		_, v := shared(t, s, "a b.png", png)
		_, other := shared(t, s, "b.png", png)
		cleo := send(t, s.As("cleo"))
		address := func(v portal.VersionID) string {
			t.Helper()
			a := cleo.do("GET", "/versions/"+string(v)+"/download", nil)
			if a.StatusCode != 303 || !strings.HasPrefix(a.Header.Get("Location"), s.FilesURL+"/o/") {
				t.Fatalf("download: %d to %s", a.StatusCode, a.Header.Get("Location"))
			}
			return a.Header.Get("Location")
		}
		good := address(v)
		if a := cleo.do("GET", good, nil); a.StatusCode != 200 || a.text != string(png) {
			t.Fatalf("%d %q", a.StatusCode, a.text)
		}
		u, err := url.Parse(good)
		if err != nil {
			t.Fatal(err)
		}
		parts := strings.Split(strings.TrimPrefix(u.Path, "/o/"), "/")
		fields := strings.Split(parts[0], ".")
		with := func(i int, value string) string {
			f := slices.Clone(fields)
			f[i] = value
			return s.FilesURL + "/o/" + strings.Join(f, ".") + "/a%20b.png"
		}
		dan := s.As("dan")
		for what, address := range map[string]string{
			"another session":   with(0, string(dan.Session.ID)),
			"another version":   with(1, string(other)),
			"another use":       with(2, "view"),
			"a later end":       with(3, "99999999999"),
			"another signature": with(4, strings.Repeat("A", len(fields[4]))),
			"no signature":      with(4, ""),
			"one field more":    s.FilesURL + "/o/" + parts[0] + ".x/a%20b.png",
			"one field twice":   s.FilesURL + "/o/" + fields[0] + "." + parts[0] + "/a%20b.png",
			"another name":      s.FilesURL + "/o/" + parts[0] + "/page.html",
			"no name":           s.FilesURL + "/o/" + parts[0] + "/",
			"a parameter":       good + "?download=0",
			"a question mark":   good + "?",
			"other letters":     s.FilesURL + "/o/" + strings.ToUpper(parts[0]) + "/a%20b.png",
			"nothing":           s.FilesURL + "/o/",
			"a page":            s.FilesURL + "/projects",
			"the sign-in page":  s.FilesURL + "/sign-in",
			"on the other host": s.URL + u.EscapedPath(),
		} {
			if a := cleo.do("GET", address, nil); a.StatusCode != 404 {
				t.Errorf("%s: %d", what, a.StatusCode)
			}
		}
		for _, method := range []string{"POST", "PUT", "DELETE"} {
			if a := cleo.do(method, good, nil); a.StatusCode != 404 && a.StatusCode != 405 {
				t.Errorf("%s: %d", method, a.StatusCode)
			}
		}
		for _, bad := range []string{"evil.test", "files.evil.test"} {
			r := cleo.request("GET", good, nil)
			r.Host = bad
			if resp, err := cleo.c.Do(r); err != nil || resp.StatusCode != 421 {
				t.Errorf("host %s: %v, %v", bad, resp.Status, err)
			}
		}

		// After its minute it opens nothing: the portal is asked, which asks who is there.
		s.Clock.Advance(61 * time.Second)
		a := cleo.do("GET", good, nil)
		if a.StatusCode != 303 || a.Header.Get("Location") != s.URL+"/versions/"+string(v)+"/download" || strings.Contains(a.text, string(png)) {
			t.Errorf("after a minute: %d to %s", a.StatusCode, a.Header.Get("Location"))
		}
		stranger := send(t, s.Stranger())
		if a := stranger.get(good); a.StatusCode != 200 || !strings.HasPrefix(a.Request.URL.Path, "/sign-in") {
			t.Errorf("a stranger, after a minute: %d at %s", a.StatusCode, a.Request.URL)
		}

		// What happens within the minute is felt at once.
		for _, c := range []struct {
			what string
			do   func()
			undo func()
		}{
			{"concealed", func() {
				s.Exec(`UPDATE versions SET audience = 'team' WHERE id = $1`, string(v))
				s.Exec(`UPDATE files SET shown_id = NULL WHERE latest_id = $1`, string(v))
			},
				func() {
					s.Exec(`UPDATE versions SET audience = 'client' WHERE id = $1`, string(v))
					s.Exec(`UPDATE files SET shown_id = latest_id WHERE latest_id = $1`, string(v))
				}},
			{"signed out", func() {
				s.Exec(`UPDATE sessions SET ended_at = 1, ended_why = 'ended' WHERE id = $1`, string(cleo.b.Session.ID))
			}, func() {}},
		} {
			good := address(v)
			c.do()
			if a := cleo.do("GET", good, nil); a.StatusCode != 404 {
				t.Errorf("%s: %d", c.what, a.StatusCode)
			}
			c.undo()
		}
	})
}

// What a browser shows it can keep: an original is looked at with the right to
// download alone, also by an address that was made before it was taken.
func TestLookingIsNotTaking(t *testing.T) {
	webtest.RunFiles(t, func(t *testing.T, s *webtest.Site) {
		_, v := shared(t, s, "photo.png", png)
		cleo := send(t, s.As("cleo"))
		view := "/versions/" + string(v) + "/view"
		a := cleo.do("GET", view, nil)
		if a.StatusCode != 303 {
			t.Fatalf("view: %d", a.StatusCode)
		}
		address := a.Header.Get("Location")
		if a := cleo.do("GET", address, nil); a.StatusCode != 200 || a.text != string(png) {
			t.Fatalf("%d %q", a.StatusCode, a.text)
		}
		cleoOnlyLooks(t, s)
		if a := cleo.do("GET", view, nil); a.StatusCode != 403 {
			t.Errorf("view: %d", a.StatusCode)
		}
		if a := cleo.do("GET", address, nil); a.StatusCode != 403 || strings.Contains(a.text, string(png)) {
			t.Errorf("the address of before: %d %q", a.StatusCode, a.text)
		}
	})
}

// T131: one range is answered, many are one whole file.
func TestRanges(t *testing.T) {
	webtest.RunFiles(t, func(t *testing.T, s *webtest.Site) {
		small, large := noise(1000), noise(3<<20)
		for _, content := range [][]byte{small, large} {
			n := len(content)
			_, v := shared(t, s, fmt.Sprint(n), content)
			cleo := send(t, s.As("cleo"))
			path := "/versions/" + string(v) + "/download"
			many := "bytes=0-0"
			for range 1000 {
				many += ",0-"
			}
			for _, c := range []struct {
				spec     string
				status   int
				from, to int
			}{
				{"bytes=0-9", 206, 0, 10}, {"bytes=500-", 206, 500, n}, {"bytes=-10", 206, n - 10, n}, {"bytes=0-99999999999", 206, 0, n},
				{"bytes=-99999999999", 206, 0, n}, {"bytes=999-999", 206, 999, 1000}, {fmt.Sprintf("bytes=%d-", n), 416, 0, 0}, {"bytes=-0", 416, 0, 0},
				{"bytes=9-1", 200, 0, n}, {"bytes=a-b", 200, 0, n}, {"bytes=-", 200, 0, n}, {"lines=0-1", 200, 0, n}, {"bytes=0-1,5-6", 200, 0, n},
				{"bytes=+1-2", 200, 0, n}, {"bytes=1--2", 200, 0, n}, {many, 200, 0, n}, {"bytes=99999999999999999999-", 200, 0, n},
			} {
				a := cleo.get(path, "Range", c.spec)
				if a.StatusCode != c.status || a.text != string(content[c.from:c.to]) {
					t.Errorf("%.30s of %d: %d with %d bytes, want %d with %d", c.spec, n, a.StatusCode, len(a.text), c.status, c.to-c.from)
				}
				want := map[int]string{206: fmt.Sprintf("bytes %d-%d/%d", c.from, c.to-1, n), 416: fmt.Sprintf("bytes */%d", n)}[c.status]
				if got := a.Header.Get("Content-Range"); got != want {
					t.Errorf("%.30s: Content-Range %q, want %q", c.spec, got, want)
				}
			}
			etag := `"` + sha(content) + `"`
			for since, status := range map[string]int{etag: 206, `W/` + etag: 200, `"other"`: 200, time.Now().Format(http.TimeFormat): 200} {
				if a := cleo.get(path, "Range", "bytes=1-2", "If-Range", since); a.StatusCode != status {
					t.Errorf("If-Range %s: %d, want %d", since, a.StatusCode, status)
				}
			}
			for _, h := range [][2]string{{"If-None-Match", etag}, {"If-None-Match", "*"}, {"If-Modified-Since", time.Now().Add(time.Hour).Format(http.TimeFormat)}, {"If-Match", `"x"`}} {
				if a := cleo.get(path, h[0], h[1]); a.StatusCode != 200 {
					t.Errorf("%s: %s: %d", h[0], h[1], a.StatusCode)
				}
			}
			a := cleo.do("HEAD", cleo.do("GET", path, nil).Header.Get("Location"), nil, "Range", "bytes=0-1")
			if a.StatusCode != 200 || a.ContentLength != int64(n) || a.text != "" {
				t.Errorf("HEAD: %d, %d", a.StatusCode, a.ContentLength)
			}
		}
	})
}

// T138, T191: whoever may no longer have it gets nothing, not even that nothing
// has changed.
func TestNoHintAfterRevocation(t *testing.T) {
	webtest.RunFiles(t, func(t *testing.T, s *webtest.Site) {
		file, v := shared(t, s, "a.png", png)
		cleo := send(t, s.As("cleo"))
		path := "/versions/" + string(v) + "/download"
		address := cleo.do("GET", path, nil).Header.Get("Location")
		a := cleo.get(path)
		if _, err := s.World.As(s.Mia).Conceal(t.Context(), portal.ItemID(file)); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{path, address, "/versions/" + string(v) + "/view", "/versions/" + string(v) + "/thumb", "/versions/" + string(v) + "/large", "/versions/" + string(v) + "/pages/1"} {
			got := cleo.do("GET", path, nil, "If-None-Match", a.Header.Get("Etag"), "If-Range", a.Header.Get("Etag"), "Range", "bytes=0-0")
			if got.StatusCode != 404 || got.Header.Get("Etag") != "" {
				t.Errorf("%s: %d %q", path, got.StatusCode, got.Header.Get("Etag"))
			}
		}
		for _, name := range []string{"carl", "dan", "rex", "eve"} {
			if got := send(t, s.As(name)).do("GET", path, nil); got.StatusCode != 404 {
				t.Errorf("%s: %d", name, got.StatusCode)
			}
		}
	})
}

// T129: a download that goes on after a new version has come is of the version
// it began with.
func TestResumeIsOfOneVersion(t *testing.T) {
	webtest.RunFiles(t, func(t *testing.T, s *webtest.Site) {
		one, two := noise(3<<20), noise(3<<20+1)
		file, v := shared(t, s, "a.bin", one)
		cleo := send(t, s.As("cleo"))
		path := "/versions/" + string(v) + "/download"
		first := cleo.get(path, "Range", "bytes=0-999999")
		mia := send(t, s.As("mia"))
		mia.bring(two, "file", string(file), "filename", "a.bin", "audience", "client")
		rest := cleo.get(path, "Range", "bytes=1000000-", "If-Range", first.Header.Get("Etag"))
		if first.text+rest.text != string(one) {
			t.Errorf("%d bytes that are not the first version", len(first.text)+len(rest.text))
		}
		newest := mia.version(file).ID
		if newest == v {
			t.Fatal("no new version")
		}
		a := cleo.get("/versions/"+string(newest)+"/download", "Range", "bytes=1000000-", "If-Range", first.Header.Get("Etag"))
		if a.StatusCode != 200 || a.text != string(two) {
			t.Errorf("the new version, with the old one's mark: %d, %d bytes", a.StatusCode, len(a.text))
		}
	})
}

// T239: what is damaged is never handed out as good.
func TestDamagedBlob(t *testing.T) {
	webtest.RunFiles(t, func(t *testing.T, s *webtest.Site) {
		cleo := send(t, s.As("cleo"))
		for what, content := range map[string][]byte{"small": noise(1000), "large": noise(2 << 20)} {
			_, v := shared(t, s, what, content)
			other := blob.NewKey()
			bad := bytes.Clone(content)
			bad[500] ^= 1
			if what == "large" {
				bad = bad[1:]
			}
			if _, err := s.Blobs.Put(t.Context(), other, bytes.NewReader(bad), int64(len(bad))); err != nil {
				t.Fatal(err)
			}
			for change, key := range map[string]blob.Key{"changed": other, "gone": blob.NewKey(), "no key": "../../etc/passwd"} {
				s.Exec(`UPDATE versions SET blob = $1 WHERE id = $2`, string(key), string(v))
				a := cleo.get("/versions/" + string(v) + "/download")
				if a.StatusCode != 500 || strings.Contains(a.text, string(content[:10])) || a.Header.Get("Content-Disposition") != "" {
					t.Errorf("%s, %s: %d", what, change, a.StatusCode)
				}
				if !strings.Contains(s.Log(), "damaged") {
					t.Errorf("%s, %s: nothing is in the log", what, change)
				}
			}
		}
		// Changed where it lies, after it was looked at: T116 too, as a link is no file.
		disk, ok := s.Blobs.(*blob.Disk)
		if !ok {
			return
		}
		content := noise(2000)
		_, v := shared(t, s, "later", content)
		path := "/versions/" + string(v) + "/download"
		if a := cleo.get(path); a.StatusCode != 200 {
			t.Fatalf("good: %d", a.StatusCode)
		}
		me, err := s.World.As(s.Cleo).DownloadVersion(t.Context(), v)
		if err != nil {
			t.Fatal(err)
		}
		r, err := disk.Open(t.Context(), blob.Key(me.Blob))
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		at := r.File().Name()
		content[7] ^= 4
		if err := os.WriteFile(at, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if a := cleo.get(path); a.StatusCode != 500 {
			t.Errorf("changed where it lies: %d", a.StatusCode)
		}
		if err := errors.Join(os.Rename(at, at+".other"), os.Symlink(filepath.Base(at)+".other", at)); err != nil {
			t.Fatal(err)
		}
		if a := cleo.get(path); a.StatusCode != 500 {
			t.Errorf("a link: %d", a.StatusCode)
		}
	})
}

// The pages name the files' host where they may show and read from it, and it
// alone.
func TestPolicyNamesTheFilesHost(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		h := web.New(web.Options{Portal: w.Portal, Accounts: w.Accounts, Hub: live.New(), BaseURL: &url.URL{Scheme: "https", Host: "portal.test"}, FilesURL: &url.URL{Scheme: "https", Host: "files.test"}})
		for host, want := range map[string]string{
			"portal.test": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https://files.test; connect-src 'self' https://files.test; " +
				"media-src 'self' https://files.test; frame-src https://files.test; font-src 'self'; manifest-src 'self'; " +
				"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'; trusted-types default",
			"files.test": "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'",
		} {
			r := httptest.NewRequest("GET", "/sign-in", nil)
			r.Host = host
			a := httptest.NewRecorder()
			h.ServeHTTP(a, r)
			if got := a.Header().Get("Content-Security-Policy"); got != want {
				t.Errorf("%s: %s", host, got)
			}
			if got := a.Header().Get("Strict-Transport-Security"); got == "" {
				t.Errorf("%s: no HSTS", host)
			}
		}
	})
}

// T132: an archive has safe names, and only what may be had when each entry's
// turn comes.
func TestZip(t *testing.T) {
	webtest.RunFiles(t, func(t *testing.T, s *webtest.Site) {
		mia, cleo := send(t, s.As("mia")), send(t, s.As("cleo"))
		site := string(s.World.Site)
		want := map[string]string{}
		for _, c := range []struct{ path, name, as string }{
			{"", "plan.txt", "plan.txt"},
			{"", "Über uns.txt", "Über uns.txt"},
			{"Photos", "one.txt", "Photos/one.txt"},
			{"Photos/Best", "two: the <second>?.txt", "Photos/Best/two_ the _second__.txt"},
			{"", "photos.txt", "photos.txt"},
		} {
			text := "words of " + c.as
			mia.bring([]byte(text), "project", site, "filename", c.name, "path", c.path, "audience", "client")
			want[c.as] = text
		}
		hidden := mia.bring([]byte("for the team"), "project", site, "filename", "secret.txt")
		read := func(a answer) map[string]string {
			t.Helper()
			if a.StatusCode != 200 || a.Header.Get("Content-Type") != "application/zip" || a.Header.Get("Cache-Control") != "private, no-store" {
				t.Fatalf("archive: %d %s", a.StatusCode, a.text)
			}
			z, err := zip.NewReader(strings.NewReader(a.text), int64(len(a.text)))
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for _, f := range z.File {
				r, err := f.Open()
				if err != nil {
					t.Fatal(err)
				}
				var b bytes.Buffer
				if _, err := b.ReadFrom(r); err != nil {
					t.Fatal(err)
				}
				if strings.HasPrefix(f.Name, "CNRY-") {
					continue // the World's own; whether they may be here is what browsers look for
				}
				got[f.Name] = b.String()
			}
			return got
		}
		same := func(what string, got, want map[string]string) {
			t.Helper()
			if len(got) != len(want) {
				t.Errorf("%s: %d entries, want %d: %v", what, len(got), len(want), got)
			}
			for name, text := range want {
				if got[name] != text {
					t.Errorf("%s: %s holds %q", what, name, got[name])
				}
			}
		}
		all := cleo.do("GET", "/projects/"+site+"/zip", nil)
		same("all, for the client", read(all), want)
		for _, word := range webtest.Forbidden("cleo") {
			if strings.Contains(all.text, word) {
				t.Errorf("the archive leaks %s", word)
			}
		}
		want["secret.txt"] = "for the team"
		same("all, for the team", read(mia.do("GET", "/projects/"+site+"/zip", nil)), want)
		// One that is held back is missing, and said to be.
		s.Exec(`UPDATE versions SET scan = 'waiting' WHERE file_id = $1`, string(hidden))
		delete(want, "secret.txt")
		want["Not in this archive.txt"] = "These files are being held back: they are still being checked for harmful content, or some was found in them.\r\n\r\nsecret.txt\r\n"
		same("with one held back", read(mia.do("GET", "/projects/"+site+"/zip", nil)), want)
		s.Exec(`UPDATE versions SET scan = 'clean' WHERE file_id = $1`, string(hidden))

		form := url.Values{"file": {string(hidden)}}
		post := func(x sender) answer {
			return x.do("POST", "/projects/"+site+"/zip", strings.NewReader(form.Encode()), "Content-Type", "application/x-www-form-urlencoded")
		}
		same("one", read(post(mia)), map[string]string{"secret.txt": "for the team"})
		if a := post(cleo); a.StatusCode != 404 && a.StatusCode != 422 {
			t.Errorf("what the client does not see: %d", a.StatusCode)
		}
		for _, name := range []string{"carl", "dan", "rex"} {
			if a := send(t, s.As(name)).do("GET", "/projects/"+site+"/zip", nil); a.StatusCode != 404 {
				t.Errorf("%s: %d", name, a.StatusCode)
			}
		}
		if err := s.Portal.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
		log, _, err := s.World.As(s.Mia).Downloads(t.Context(), hidden, portal.Page{})
		if err != nil || len(log) != 2 || log[0].How != "zip" {
			t.Errorf("the log of downloads: %v, %v", log, err)
		}
	})
}

// T132: whoever loses their right while an archive or a handover pack is on its way
// gets no more of it, and none of it is kept in memory.
func TestZipIsLookedAtOnTheWay(t *testing.T) {
	webtest.RunFiles(t, func(t *testing.T, s *webtest.Site) {
		mia, cleo := send(t, s.As("mia")), send(t, s.As("cleo"))
		site := string(s.World.Site)
		for i := range 30 {
			mia.bring(noise(1<<20+i), "project", site, "filename", fmt.Sprintf("%02d.mov", i), "audience", "client")
		}
		pack := cleo.request("POST", "/projects/"+site+"/handover", strings.NewReader(""))
		pack.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		var under []*http.Response
		got := make([]bytes.Buffer, 2)
		for i, r := range []*http.Request{cleo.request("GET", "/projects/"+site+"/zip", nil), pack} {
			resp, err := cleo.c.Do(r)
			if err != nil || resp.StatusCode != 200 {
				t.Fatalf("%v, %v", resp, err)
			}
			defer resp.Body.Close()
			if _, err := io.CopyN(&got[i], resp.Body, 1<<20); err != nil {
				t.Fatal(err)
			}
			under = append(under, resp)
		}
		s.Exec(`UPDATE files SET audience = 'team', shown_id = NULL WHERE project_id = $1 AND name >= '03'`, site)
		for i, resp := range under {
			if _, err := got[i].ReadFrom(resp.Body); err != nil {
				continue
			}
			z, err := zip.NewReader(bytes.NewReader(got[i].Bytes()), int64(got[i].Len())) // what was left is whole
			if err != nil {
				t.Fatal(err)
			}
			if len(z.File) > 24 {
				t.Errorf("%d entries came after all", len(z.File))
			}
		}
	})
}

// T133: what is not looked through yet, or was found to be harmful, is nobody's
// to have, in whatever way; its uploader is told.
func TestHeldBack(t *testing.T) {
	webtest.RunFiles(t, func(t *testing.T, s *webtest.Site) {
		_, v := shared(t, s, "a.png", png)
		for _, scan := range []string{"waiting", "infected"} {
			s.Exec(`UPDATE versions SET scan = $1 WHERE id = $2`, scan, string(v))
			for _, name := range []string{"mia", "cleo"} {
				b := send(t, s.As(name))
				for _, path := range []string{"/download", "/view"} {
					a := b.get("/versions/" + string(v) + path)
					if a.StatusCode != 409 || strings.Contains(a.text, "pppp") || a.Header.Get("Etag") != "" {
						t.Errorf("%s, %s, %s: %d", scan, name, path, a.StatusCode)
					}
				}
			}
		}
		s.Exec(`UPDATE versions SET scan = 'unscanned' WHERE id = $1`, string(v))
		if a := send(t, s.As("cleo")).get("/versions/" + string(v) + "/download"); a.StatusCode != 200 {
			t.Errorf("allowed: %d", a.StatusCode)
		}
	})
}
