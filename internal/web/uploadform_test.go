package web_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime/multipart"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/blob"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/webtest"
)

// A filePart is a file in a form; or a field, without a name.
type filePart struct{ field, name, content string }

// multi writes a form with files, and says its Content-Type. A name is written
// as it is.
func multi(t testing.TB, parts ...filePart) (*bytes.Buffer, string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, p := range parts {
		h := textproto.MIMEHeader{}
		h.Set("Content-Disposition", fmt.Sprintf(`form-data; name="%s"`, p.field))
		if p.name != "" {
			h.Set("Content-Disposition", fmt.Sprintf(`form-data; name="%s"; %s`, p.field, p.name))
			h.Set("Content-Type", "text/html")
		}
		part, err := w.CreatePart(h)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(part, p.content)
	}
	w.Close()
	return &b, w.FormDataContentType()
}

func named(name string) string { return `filename="` + name + `"` }

// form posts a form with files.
func (s sender) form(path string, parts ...filePart) answer {
	s.t.Helper()
	body, kind := multi(s.t, parts...)
	return s.do("POST", path, body, "Content-Type", kind)
}

// Files come without a script, several at once; of a taken name the page asks,
// and nothing that was uploaded is lost.
func TestUploadForm(t *testing.T) {
	webtest.RunFiles(t, func(t *testing.T, s *webtest.Site) {
		tom := send(t, s.As("tom"))
		site := "/projects/" + string(s.World.Site) + "/files"
		a := tom.form(site, filePart{"audience", "", "team"}, filePart{"file", named("a.txt"), "one"}, filePart{"file", named("b.txt"), "two"}, filePart{"file", named(""), ""})
		if a.StatusCode != 303 || a.Header.Get("Location") != site+"?done=uploaded" {
			t.Fatalf("%d to %s: %s", a.StatusCode, a.Header.Get("Location"), a.text)
		}
		if got := listed(t, s, s.Tom, s.World.Site); !slices.Equal(got, []string{"a.txt", "b.txt"}) {
			t.Fatalf("listed: %q", got)
		}
		if used, reserved := room(t, s, s.Acme); used != 6 || reserved != 0 {
			t.Errorf("%d bytes used, %d held", used, reserved)
		}

		// Taken names: one becomes a version, one is kept beside, one is left out.
		b := tom.b
		body, kind := multi(t, filePart{"file", named("a.txt"), "one, again"}, filePart{"file", named("A.TXT"), "one, aside"}, filePart{"file", named("b.txt"), "two, again"}, filePart{"file", named("c.txt"), "three"})
		r := tom.request("POST", site, body, "Content-Type", kind)
		r.Header.Del("Cookie")
		p := b.Do(r).MustBe(409).MustContain("a.txt", "b.txt")
		choices := p.Attrs(`input[type=radio][value=version]`, "name")
		if len(choices) != 3 {
			t.Fatalf("asks about %d", len(choices))
		}
		if got := listed(t, s, s.Tom, s.World.Site); !slices.Equal(got, []string{"a.txt", "b.txt", "c.txt"}) {
			t.Fatalf("listed: %q", got)
		}
		f := p.Form("/uploads/place").Set(choices[0], "version").Set(choices[1], "both").Set(choices[2], "drop")
		f.Submit(b)
		if got := listed(t, s, s.Tom, s.World.Site); len(got) != 4 || !slices.Contains(got, "A (2).TXT") {
			t.Fatalf("listed: %q", got)
		}
		for name, want := range map[string]string{"a.txt": "one, again", "A (2).TXT": "one, aside", "b.txt": "two", "c.txt": "three"} {
			l, err := s.World.As(s.Tom).Files(t.Context(), s.World.Site, "", portal.ListOptions{})
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(l.Files, func(f portal.File) bool { return f.Name == name })
			if got := tom.get("/versions/" + string(l.Files[i].Version.ID) + "/download"); got.text != want {
				t.Errorf("%s: %q", name, got.text)
			}
		}
		f.Submit(b) // sent twice
		if got := listed(t, s, s.Tom, s.World.Site); len(got) != 4 {
			t.Errorf("listed: %q", got)
		}
		// A version of a named file.
		id := tom.bring([]byte("v1"), "project", string(s.World.Site), "filename", "v.txt")
		if a := tom.form("/files/"+string(id)+"/versions", filePart{"note", "", "better"}, filePart{"file", named("other name.txt"), "v2"}); a.StatusCode != 303 || a.Header.Get("Location") != "/files/"+string(id)+"?done=uploaded" {
			t.Errorf("a version: %d to %s: %s", a.StatusCode, a.Header.Get("Location"), a.text)
		}
		if v := tom.version(id); v.Number != 2 || v.Note != "better" {
			t.Errorf("version %d, %q", v.Number, v.Note)
		}
		if _, pieces := kept(t, s); pieces != 0 {
			t.Errorf("%d pieces are left", pieces)
		}
		if _, reserved := room(t, s, s.Acme); reserved != 0 {
			t.Errorf("%d bytes held", reserved)
		}
		// Who may not.
		for name, status := range map[string]int{"dan": 404, "carl": 404, "rex": 404, "bea": 403} {
			if a := send(t, s.As(name)).form(site, filePart{"file", named("x.txt"), "x"}); a.StatusCode != status {
				t.Errorf("%s: %d", name, a.StatusCode)
			}
		}
	})
}

// T123: what is too much is refused early, and leaves nothing behind.
func TestTooMuch(t *testing.T) {
	webtest.RunFiles(t, func(t *testing.T, s *webtest.Site) {
		s.Exec(`UPDATE workspace SET file_limit = 100000 WHERE id = 1`)
		tom := send(t, s.As("tom"))
		site := "/projects/" + string(s.World.Site) + "/files"
		content := string(noise(100_001))
		if a := tom.do("POST", "/uploads", nil, "Upload-Length", "100001", "Upload-Metadata", meta("project", string(s.World.Site), "filename", "a")); a.StatusCode != 413 || a.code() != "file_too_large" {
			t.Errorf("tus: %d %s", a.StatusCode, a.text)
		}
		// Said in Content-Length: before the body.
		r := tom.request("POST", site, io.LimitReader(zeros{}, 2<<20), "Content-Type", "multipart/form-data; boundary=x")
		r.ContentLength = 2 << 20
		if resp, err := tom.c.Do(r); err != nil || resp.StatusCode != 413 {
			t.Errorf("a long form: %v, %v", resp, err)
		}
		body, kind := multi(t, filePart{"file", named("a"), content})
		if a := tom.do("POST", site, body, "Content-Type", kind); a.StatusCode != 413 {
			t.Errorf("a file in a form: %d", a.StatusCode)
		}
		body, kind = multi(t, filePart{"file", named("a"), content})
		if a := tom.do("POST", site, struct{ io.Reader }{body}, "Content-Type", kind); a.StatusCode != 413 {
			t.Errorf("a file in a form without a length: %d", a.StatusCode)
		}
		body, kind = multi(t, filePart{"file", named("a"), string(noise(2 << 20))})
		if a := tom.do("POST", site, struct{ io.Reader }{body}, "Content-Type", kind); a.StatusCode != 413 {
			t.Errorf("a long form without a length: %d", a.StatusCode)
		}
		var parts []filePart
		for i := range 10_000 { // the first too many ends it
			parts = append(parts, filePart{"file", named(fmt.Sprint(i)), "x"})
		}
		if a := tom.form(site, parts...); a.StatusCode != 413 {
			t.Errorf("ten thousand files: %d", a.StatusCode)
		}
		for i := range parts {
			parts[i] = filePart{"note", "", "x"}
		}
		if a := tom.form(site, parts...); a.StatusCode != 413 {
			t.Errorf("ten thousand fields: %d", a.StatusCode)
		}
		for what, parts := range map[string][]filePart{
			"a long field":           {{"note", "", strings.Repeat("n", 100_000)}},
			"fields after the files": {{"file", named("a"), "x"}, {"note", "", "n"}},
			"another file field":     {{"evil", named("a"), "x"}},
			"an unknown field":       {{"owner", "", "x"}, {"file", named("a"), "x"}},
			"a field twice":          {{"note", "", "x"}, {"note", "", "x"}, {"file", named("a"), "x"}},
			"no file":                {{"note", "", "x"}},
			"no file chosen":         {{"note", "", "x"}, {"file", named(""), ""}},
		} {
			if a := tom.form(site, parts...); a.StatusCode < 400 || a.StatusCode > 422 {
				t.Errorf("%s: %d", what, a.StatusCode)
			}
		}
		body, kind = multi(t, filePart{"file", named("a"), "x"}, filePart{"file", named("b"), "y"})
		if a := tom.do("POST", site, bytes.NewReader(body.Bytes()[:body.Len()-30]), "Content-Type", kind); a.StatusCode != 415 {
			t.Errorf("half a form: %d", a.StatusCode)
		}
		if got := listed(t, s, s.Tom, s.World.Site); len(got) != 0 {
			t.Errorf("listed: %q", got)
		}
		if blobs, pieces := kept(t, s); blobs+pieces != 0 {
			t.Errorf("%d blobs and %d pieces are left", blobs, pieces)
		}
		if used, reserved := room(t, s, s.Acme); used+reserved != 0 {
			t.Errorf("%d bytes used, %d held", used, reserved)
		}
	})
}

// zeros have no end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// T124, T189: many that fit one by one but not together never take more room
// than there is, and the last byte of it can be used.
func TestRoomIsNeverExceeded(t *testing.T) {
	webtest.RunFiles(t, func(t *testing.T, s *webtest.Site) {
		s.Exec(`UPDATE workspace SET client_limit = $1 WHERE id = 1`, 100_000+worldsRoom(t, s, s.Acme))
		tom := send(t, s.As("tom"))
		var mu sync.Mutex
		status := map[int]int{}
		var paths []string
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				a := answer{}
				for a.Response == nil || a.StatusCode == 503 { // busy: try again
					a = tom.do("POST", "/uploads", nil, "Upload-Length", "30000", "Upload-Metadata", meta("project", string(s.World.Site), "filename", fmt.Sprint(i)))
				}
				mu.Lock()
				defer mu.Unlock()
				status[a.StatusCode]++
				if a.StatusCode == 201 {
					paths = append(paths, a.Header.Get("Location"))
				} else if a.code() != "no_room" {
					t.Errorf("%d %s", a.StatusCode, a.text)
				}
			})
		}
		wg.Wait()
		if status[201] != 3 || status[507] != 17 {
			t.Fatalf("answers: %v", status)
		}
		if used, reserved := room(t, s, s.Acme); used != 0 || reserved != 90_000 {
			t.Errorf("%d bytes used, %d held", used, reserved)
		}
		for _, p := range paths {
			if a := tom.do("DELETE", p, nil); a.StatusCode != 204 {
				t.Errorf("delete: %d", a.StatusCode)
			}
		}
		tom.bring(noise(100_000), "project", string(s.World.Site), "filename", "all of it")
		if used, reserved := room(t, s, s.Acme); used != 100_000 || reserved != 0 {
			t.Errorf("%d bytes used, %d held", used, reserved)
		}
		if a := tom.form("/projects/"+string(s.World.Site)+"/files", filePart{"file", named("more"), "x"}); a.StatusCode != 507 {
			t.Errorf("a byte more: %d", a.StatusCode)
		}
	})
}

// T113, T115: names are kept for people to read, and are nothing else.
func TestHostileFileNames(t *testing.T) {
	webtest.RunFiles(t, func(t *testing.T, s *webtest.Site) {
		tom := send(t, s.As("tom"))
		site := "/projects/" + string(s.World.Site) + "/files"
		names := []string{
			`filename="../../../etc/passwd"`, `filename="C:\\Windows\\system32\\a.dll"`, `filename="a\\b.txt"`, `filename="..\\..\\x"`,
			`filename*=UTF-8''..%2f..%2fx`, `filename*=UTF-8''a%00.svg`, `filename*=UTF-8''a%0d%0aSet-Cookie:%20x=1.txt`, `filename*=UTF-8''%E2%80%AEgnp.exe`,
			`filename="` + strings.Repeat("n", 300) + `.png"`, `filename*=UTF-8''%F0%9F%90%88.txt`, `filename="CON"`, `filename="nul.txt"`, `filename=".htaccess"`,
			`filename="dots. . ."`, `filename="."`, `filename=".."`, `filename*=UTF-8''%ff%fe`, `filename="<script>alert(1)</script>.txt"`, `filename="%00.txt"`,
			`filename*=UTF-8''caf%C3%A9.txt`, `filename*=UTF-8''cafe%CC%81.txt`, `filename="CAF` + "É" + `.TXT"`,
		}
		refused := 0
		for _, name := range names {
			switch a := tom.form(site, filePart{"on_clash", "", "both"}, filePart{"file", name, "x"}); {
			case a.StatusCode == 422 && strings.Contains(name, "%0d%0a"): // not even a header
				refused++
			case a.StatusCode != 303:
				t.Errorf("%s: %d %s", name, a.StatusCode, a.text)
			}
		}
		l, err := s.World.As(s.Tom).Files(t.Context(), s.World.Site, "", portal.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, f := range l.Files {
			if key := strings.ToLower(f.Name); seen[key] {
				t.Errorf("%q is there twice", f.Name)
			} else {
				seen[key] = true
			}
			if strings.ContainsAny(f.Name, "/\\\x00\r\n\u202e") || f.Name == "." || f.Name == ".." || len(f.Name) > 255 {
				t.Errorf("kept as %q", f.Name)
			}
			a := tom.get("/versions/" + string(f.Version.ID) + "/download")
			if a.StatusCode != 200 || a.text != "x" || a.Header.Get("Set-Cookie") != "" {
				t.Errorf("%q: %d %v", f.Name, a.StatusCode, a.Header)
			}
			d := a.Header.Get("Content-Disposition")
			_, coded, _ := strings.Cut(d, "filename*=UTF-8''")
			if got, err := url.PathUnescape(coded); err != nil || got != f.Name || strings.Count(d, `"`) != 2 {
				t.Errorf("%q is called %s", f.Name, d)
			}
		}
		if len(l.Files) != len(names)-refused {
			t.Errorf("%d files of %d", len(l.Files), len(names))
		}
		if a := tom.do("GET", "/projects/"+string(s.World.Site)+"/zip", nil); a.StatusCode != 200 {
			t.Errorf("archive: %d", a.StatusCode)
		}
		for entry, err := range s.Blobs.Keys(t.Context()) {
			if err != nil || !entry.Key.Valid() {
				t.Errorf("stored as %q: %v", entry.Key, err)
			}
		}
	})
}

// T130: what was acknowledged is somewhere, whatever happened to its folder.
func TestFolderGoneMeanwhile(t *testing.T) {
	webtest.RunFiles(t, func(t *testing.T, s *webtest.Site) {
		mia := s.World.As(s.Mia)
		folder, err := mia.AddFolder(t.Context(), s.World.Site, "", portal.NewFolder{Name: "In"})
		if err != nil {
			t.Fatal(err)
		}
		x := send(t, s.As("mia"))
		content := noise(1000)
		path := x.create(len(content), "project", string(s.World.Site), "folder", string(folder), "filename", "a.bin")
		if a := x.patch(path, 0, content[:500]); a.StatusCode != 204 {
			t.Fatal(a.text)
		}
		if err := mia.TrashFolder(t.Context(), folder); err != nil {
			t.Fatal(err)
		}
		if a := x.patch(path, 500, content[500:]); a.StatusCode != 410 || a.code() != "gone" {
			t.Errorf("%d %s", a.StatusCode, a.text)
		}
		if err := mia.RestoreFromTrash(t.Context(), string(folder)); err != nil {
			t.Fatal(err)
		}
		if got := x.offset(path); got != len(content) { // it was kept, and is finished now
			t.Errorf("at %d", got)
		}
		l, err := mia.Files(t.Context(), s.World.Site, folder, portal.ListOptions{})
		if err != nil || len(l.Files) != 1 {
			t.Errorf("%v, %v", l.Files, err)
		}
	})
}

// A crash between any two steps of finishing an upload leaves what the next
// question about it puts right, once.
func TestFinishAfterACrash(t *testing.T) {
	webtest.RunFiles(t, func(t *testing.T, s *webtest.Site) {
		tom := send(t, s.As("tom"))
		me := s.World.As(s.Tom)
		content := noise(10_000)
		for _, crash := range []string{"before the store finished", "before the row was written", "before the answer"} {
			path := tom.create(len(content), "project", string(s.World.Site), "filename", crash)
			id := portal.UploadID(strings.TrimPrefix(path, "/uploads/"))
			u, err := me.Upload(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			st, err := s.Blobs.Append(t.Context(), blob.Key(u.Blob), stateOf(t, u), bytes.NewReader(content), int64(len(content)))
			if err != nil {
				t.Fatal(err)
			}
			if err := me.AdvanceUpload(t.Context(), id, 0, st.Offset, encoded(st)); err != nil {
				t.Fatal(err)
			}
			if crash != "before the store finished" {
				if _, err := s.Blobs.Finish(t.Context(), blob.Key(u.Blob), st); err != nil {
					t.Fatal(err)
				}
			}
			if crash == "before the answer" {
				if _, _, err := me.FinishUpload(t.Context(), id, portal.Arrived{Size: int64(len(content)), SHA256: sha(content), Kind: "other", Type: "application/octet-stream"}); err != nil {
					t.Fatal(err)
				}
			}
			for range 2 {
				a := tom.do("HEAD", path, nil)
				if a.StatusCode != 200 || a.Header.Get("Upload-Offset") != "10000" {
					t.Errorf("%s: %d at %s", crash, a.StatusCode, a.Header.Get("Upload-Offset"))
				}
				file := portal.FileID(strings.TrimPrefix(a.Header.Get("Content-Location"), "/files/"))
				if v := tom.version(file); v.SHA256 != sha(content) {
					t.Errorf("%s: another hash", crash)
				}
			}
		}
		if got := listed(t, s, s.Tom, s.World.Site); len(got) != 3 {
			t.Errorf("listed: %q", got)
		}
	})
}

func stateOf(t *testing.T, u portal.Uploading) blob.State {
	data, err := base64.StdEncoding.DecodeString(u.State)
	if err != nil {
		t.Fatal(err)
	}
	return blob.State{Offset: u.Received, Data: data}
}

func encoded(s blob.State) string { return base64.StdEncoding.EncodeToString(s.Data) }
