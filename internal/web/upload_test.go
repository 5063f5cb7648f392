package web_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/webtest"
)

// A sender brings files to the site as one person, as scripts do.
type sender struct {
	t testing.TB
	b *webtest.Browser
	c *http.Client
}

func send(t testing.TB, b *webtest.Browser) sender {
	c := &http.Client{Transport: &http.Transport{}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(c.CloseIdleConnections)
	return sender{t, b, c}
}

// An answer is one that was read.
type answer struct {
	*http.Response
	text string
}

// code is what a problem is called.
func (a answer) code() string {
	var p struct{ Code, Title, Text string }
	if json.Unmarshal([]byte(a.text), &p); p.Title == "" || p.Text == "" {
		return "no words: " + a.text
	}
	return p.Code
}

func (s sender) request(method, path string, body io.Reader, header ...string) *http.Request {
	s.t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = s.b.URL + path
	}
	r, err := http.NewRequest(method, path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	if strings.HasPrefix(path, s.b.URL) {
		r.Header.Set("Cookie", "sid="+s.b.Cookie("sid"))
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("Tus-Resumable", "1.0.0")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Del(header[i])
		if header[i+1] != "" {
			r.Header.Set(header[i], header[i+1])
		}
	}
	return r
}

func (s sender) do(method, path string, body io.Reader, header ...string) answer {
	s.t.Helper()
	resp, err := s.c.Do(s.request(method, path, body, header...))
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	return answer{resp, string(text)}
}

// meta writes Upload-Metadata.
func meta(pairs ...string) string {
	var all []string
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, pairs[i]+" "+base64.StdEncoding.EncodeToString([]byte(pairs[i+1])))
	}
	return strings.Join(all, ",")
}

// create begins an upload and returns its path.
func (s sender) create(size int, pairs ...string) string {
	s.t.Helper()
	a := s.do("POST", "/uploads", nil, "Upload-Length", strconv.Itoa(size), "Upload-Metadata", meta(pairs...))
	if a.StatusCode != 201 {
		s.t.Fatalf("begin an upload: %d: %s\n%s", a.StatusCode, a.text, s.b.Log())
	}
	return a.Header.Get("Location")
}

func (s sender) patch(path string, offset int, content []byte, header ...string) answer {
	s.t.Helper()
	return s.do("PATCH", path, bytes.NewReader(content), append([]string{"Content-Type", "application/offset+octet-stream", "Upload-Offset", strconv.Itoa(offset)}, header...)...)
}

// offset is how far an upload has come, -1 when it is not there.
func (s sender) offset(path string) int {
	s.t.Helper()
	a := s.do("HEAD", path, nil)
	if a.StatusCode != 200 {
		return -1
	}
	n, err := strconv.Atoi(a.Header.Get("Upload-Offset"))
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// bring uploads a whole file and returns its id.
func (s sender) bring(content []byte, pairs ...string) portal.FileID {
	s.t.Helper()
	path := s.create(len(content), pairs...)
	a := s.patch(path, 0, content)
	if a.StatusCode != 204 {
		s.t.Fatalf("upload: %d: %s\n%s", a.StatusCode, a.text, s.b.Log())
	}
	return portal.FileID(strings.TrimPrefix(a.Header.Get("Content-Location"), "/files/"))
}

// version is the newest version of a file, for whoever sends.
func (s sender) version(id portal.FileID) portal.Version {
	s.t.Helper()
	f, err := s.b.World.As(s.b.Everyone()[s.b.Name]).File(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	return f.Version
}

// get fetches an address, and follows where it leads.
func (s sender) get(path string, header ...string) answer {
	s.t.Helper()
	a := s.do("GET", path, nil, header...)
	for range 3 {
		if to := a.Header.Get("Location"); a.StatusCode == 303 {
			a = s.do("GET", to, nil, header...)
		}
	}
	return a
}

func sha(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// noise is n bytes that do not repeat.
func noise(n int) []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < n; i++ {
		sum := sha256.Sum256(fmt.Appendf(nil, "%d %d", n, i))
		b.Write(sum[:])
	}
	return b.Bytes()[:n]
}

// A file goes up in parts, and is there when all of it is.
func TestTus(t *testing.T) {
	webtest.RunFiles(t, func(t *testing.T, s *webtest.Site) {
		tom := send(t, s.As("tom"))
		a := tom.do("OPTIONS", "/uploads", nil)
		for name, want := range map[string]string{
			"Tus-Version": "1.0.0", "Tus-Resumable": "1.0.0", "Tus-Max-Size": "5368709120",
			"Tus-Extension": "creation,creation-with-upload,termination,checksum,expiration", "Tus-Checksum-Algorithm": "sha256,sha1",
		} {
			if got := a.Header.Get(name); a.StatusCode != 204 || got != want {
				t.Errorf("options: %d, %s: %q", a.StatusCode, name, got)
			}
		}
		content := noise(300_000)
		path := tom.create(len(content), "project", string(s.World.Site), "filename", "plan.bin", "note", "first", "sha256", sha(content))
		for _, at := range []int{0, 100_000, 250_000} {
			if got := tom.offset(path); got != at {
				t.Fatalf("at %d, want %d", got, at)
			}
			end := map[int]int{0: 100_000, 100_000: 250_000, 250_000: 300_000}[at]
			if a := tom.patch(path, at, content[at:end]); a.StatusCode != 204 || a.Header.Get("Upload-Offset") != strconv.Itoa(end) {
				t.Fatalf("patch at %d: %d %s %s", at, a.StatusCode, a.Header.Get("Upload-Offset"), a.text)
			}
		}
		if got := tom.offset(path); got != len(content) {
			t.Errorf("at %d in the end", got)
		}
	})
}

// kept is how many blobs and pieces of blobs the store has.
func kept(t testing.TB, s *webtest.Site) (blobs, pieces int) {
	t.Helper()
	for _, err := range s.Blobs.Keys(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		blobs++
	}
	blobs -= len(s.World.Blobs)
	for _, err := range s.Blobs.Partials(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		pieces++
	}
	return blobs, pieces
}

// room is what a client's files take beyond the World's, and what is held for
// more.
func room(t testing.TB, s *webtest.Site, client portal.ClientID) (used, reserved int64) {
	t.Helper()
	r, err := s.World.As(s.Ada).Room(t.Context(), client)
	if err != nil && !errors.Is(err, portal.ErrNotFound) {
		t.Fatal(err)
	}
	return r.Used - worldsRoom(t, s, client), r.Reserved
}

// worldsRoom is what a client's files take in the World.
func worldsRoom(t testing.TB, s *webtest.Site, client portal.ClientID) (n int64) {
	t.Helper()
	err := s.DB.QueryRow(t.Context(), `SELECT COALESCE(SUM(v.size), 0) FROM versions v JOIN files f ON f.id = v.file_id WHERE v.client_id = $1 AND f.name LIKE 'CNRY-%' ESCAPE '!'`, string(client)).Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// listed are the names of a project's files at the top, as somebody sees them.
func listed(t testing.TB, s *webtest.Site, who portal.PersonID, project portal.ProjectID) []string {
	t.Helper()
	l, err := s.World.As(who).Files(t.Context(), project, "", portal.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range l.Files {
		names = append(names, f.Name)
	}
	return names
}

// T125: what is said of lengths and places is held to, and nothing changes
// when it is wrong.
func TestTusHoldsToWhatWasSaid(t *testing.T) {
	webtest.RunFiles(t, func(t *testing.T, s *webtest.Site) {
		tom := send(t, s.As("tom"))
		name := meta("project", string(s.World.Site), "filename", "a.bin")
		for _, length := range []string{"", "-1", "+1", "1e9", "0x10", "1.5", "1 2", "99999999999999999999", "9223372036854775808", "NaN"} {
			if a := tom.do("POST", "/uploads", nil, "Upload-Length", length, "Upload-Metadata", name); a.StatusCode != 400 || a.code() != "tus_length" {
				t.Errorf("length %q: %d %s", length, a.StatusCode, a.text)
			}
		}
		r := tom.request("POST", "/uploads", nil, "Upload-Metadata", name)
		r.Header["Upload-Length"] = []string{"1", "2"}
		if resp, err := tom.c.Do(r); err != nil || resp.StatusCode != 400 {
			t.Errorf("two lengths: %v, %v", resp.Status, err)
		}
		for _, h := range [][2]string{{"Upload-Defer-Length", "1"}, {"Upload-Concat", "partial"}} {
			if a := tom.do("POST", "/uploads", nil, "Upload-Length", "1", "Upload-Metadata", name, h[0], h[1]); a.StatusCode != 400 {
				t.Errorf("%s: %d", h[0], a.StatusCode)
			}
		}
		if a := tom.do("POST", "/uploads", nil, "Upload-Length", "100000000000000000", "Upload-Metadata", name); a.StatusCode != 413 && a.StatusCode != 507 {
			t.Errorf("huge: %d %s", a.StatusCode, a.text)
		}
		for _, v := range []string{"", "0.2.2", "1.0"} {
			if a := tom.do("POST", "/uploads", nil, "Upload-Length", "1", "Upload-Metadata", name, "Tus-Resumable", v); a.StatusCode != 412 || a.Header.Get("Tus-Version") != "1.0.0" || a.code() != "tus_version" {
				t.Errorf("version %q: %d", v, a.StatusCode)
			}
		}
		if blobs, pieces := kept(t, s); blobs+pieces != 0 {
			t.Errorf("%d blobs and %d pieces of what was refused", blobs, pieces)
		}

		content := noise(50_000)
		path := tom.create(len(content), "project", string(s.World.Site), "filename", "a.bin")
		tom.patch(path, 0, content[:20_000])
		for _, c := range []struct {
			what   string
			answer answer
			status int
			code   string
		}{
			{"too early", tom.patch(path, 10_000, content[10_000:]), 409, "tus_place"},
			{"too late", tom.patch(path, 30_000, content[30_000:]), 409, "tus_place"},
			{"before all", tom.do("PATCH", path, bytes.NewReader(content), "Content-Type", "application/offset+octet-stream", "Upload-Offset", "-1"), 400, "tus_offset"},
			{"nowhere", tom.do("PATCH", path, bytes.NewReader(content), "Content-Type", "application/offset+octet-stream"), 400, "tus_offset"},
			{"another type", tom.patch(path, 20_000, content[20_000:], "Content-Type", "text/plain"), 415, "tus_type"},
			{"beyond", tom.patch(path, 20_000, content), 413, "tus_beyond"},
			{"beyond, without a length", tom.do("PATCH", path, struct{ io.Reader }{bytes.NewReader(content)}, "Content-Type", "application/offset+octet-stream", "Upload-Offset", "20000"), 413, "tus_beyond"},
			{"a wrong sum", tom.patch(path, 20_000, content[20_000:], "Upload-Checksum", "sha256 "+base64.StdEncoding.EncodeToString(make([]byte, 32))), 460, "tus_checksum"},
			{"a sum of another kind", tom.patch(path, 20_000, content[20_000:], "Upload-Checksum", "md5 AAAA"), 400, "tus_checksum_kind"},
			{"a sum that is none", tom.patch(path, 20_000, content[20_000:], "Upload-Checksum", "sha1 !"), 400, "tus_checksum_kind"},
		} {
			if c.answer.StatusCode != c.status || c.answer.code() != c.code {
				t.Errorf("%s: %d %s", c.what, c.answer.StatusCode, c.answer.text)
			}
			if got := tom.offset(path); got != 20_000 {
				t.Errorf("%s: at %d", c.what, got)
			}
		}
		for _, name := range []string{"cleo", "mia", "ada", "carl", "dan"} {
			b := send(t, s.As(name))
			if got := b.offset(path); got != -1 {
				t.Errorf("%s sees it at %d", name, got)
			}
			if a := b.patch(path, 20_000, content[20_000:]); a.StatusCode != 404 {
				t.Errorf("%s writes to it: %d", name, a.StatusCode)
			}
			if a := b.do("DELETE", path, nil); a.StatusCode != 404 {
				t.Errorf("%s deletes it: %d", name, a.StatusCode)
			}
		}
		if a := send(t, s.Stranger()).patch(path, 20_000, content[20_000:]); a.StatusCode != 401 {
			t.Errorf("a stranger writes to it: %d", a.StatusCode)
		}
		sum := sha256.Sum256(content[20_000:])
		if a := tom.patch(path, 20_000, content[20_000:], "Upload-Checksum", "sha256 "+base64.StdEncoding.EncodeToString(sum[:])); a.StatusCode != 204 {
			t.Fatalf("the rest: %d %s", a.StatusCode, a.text)
		}
		if a := tom.do("DELETE", path, nil); a.StatusCode != 409 {
			t.Errorf("deleted after it became a file: %d", a.StatusCode)
		}

		gone := tom.create(100, "project", string(s.World.Site), "filename", "b.bin")
		tom.patch(gone, 0, content[:50])
		if a := tom.do("DELETE", gone, nil); a.StatusCode != 204 {
			t.Errorf("delete: %d %s", a.StatusCode, a.text)
		}
		if got := tom.offset(gone); got != -1 {
			t.Errorf("deleted, and at %d", got)
		}
		if _, pieces := kept(t, s); pieces != 0 {
			t.Errorf("%d pieces are left", pieces)
		}
		if used, reserved := room(t, s, s.Acme); used != int64(len(content)) || reserved != 0 {
			t.Errorf("%d bytes used, %d held", used, reserved)
		}
		if got := listed(t, s, s.Tom, s.World.Site); len(got) != 1 || got[0] != "a.bin" {
			t.Errorf("listed: %q", got)
		}
	})
}

// T126: what is said of a file is short and in order.
func TestTusMetadata(t *testing.T) {
	webtest.RunFiles(t, func(t *testing.T, s *webtest.Site) {
		tom := send(t, s.As("tom"))
		project := meta("project", string(s.World.Site))
		for what, c := range map[string]struct {
			meta   string
			status int
		}{
			"no base64":        {project + ",filename ???", 400},
			"loose base64":     {project + ",filename YR", 400},
			"a key twice":      {project + ",filename YQ==,filename Yg==", 400},
			"an unknown key":   {project + ",filename YQ==,owner Yg==", 400},
			"no text":          {project + "," + meta("filename", "a\xff"), 400},
			"a path as a name": {project + "," + meta("filename", "../../etc/passwd"), 400},
			"a NUL":            {project + "," + meta("filename", "a\x00.svg"), 400},
			"up":               {project + "," + meta("filename", "a", "path", "x/../../y"), 400},
			"from the root":    {project + "," + meta("filename", "a", "path", "/etc"), 400},
			"backwards":        {project + "," + meta("filename", "a", "path", `x\..\y`), 400},
			"a sum of nothing": {project + "," + meta("filename", "a", "sha256", "abc"), 400},
			"a foreign side":   {project + "," + meta("filename", "a", "audience", "all"), 422},
			"a choice unknown": {project + "," + meta("filename", "a", "on_clash", "overwrite"), 422},
			"5 KB":             {project + "," + meta("filename", strings.Repeat("a", 5000)), 413},
			"1 MB":             {project + "," + meta("filename", strings.Repeat("a", 1<<20)), 431},
			"no project":       {meta("filename", "a"), 404},
			"not theirs":       {meta("filename", "a", "project", string(s.Shop)), 404},
		} {
			a := tom.do("POST", "/uploads", nil, "Upload-Length", "3", "Upload-Metadata", c.meta)
			if a.StatusCode != c.status {
				t.Errorf("%s: %d, want %d: %s", what, a.StatusCode, c.status, a.text)
			} else if a.StatusCode != 431 && strings.HasPrefix(a.code(), "no words") {
				t.Errorf("%s: %s", what, a.code())
			}
		}
		if got := listed(t, s, s.Tom, s.World.Site); len(got) != 0 {
			t.Errorf("listed: %q", got)
		}
	})
}

// cutOff is a body that breaks off.
type cutOff struct{ r io.Reader }

func (c cutOff) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if err == io.EOF {
		err = errors.New("the line is cut")
	}
	return n, err
}

// T127: a file that is interrupted again and again is the file that was sent,
// and until all of it is there nobody sees any.
func TestInterruptions(t *testing.T) {
	webtest.RunFiles(t, func(t *testing.T, s *webtest.Site) {
		tom := send(t, s.As("tom"))
		content := noise(12 << 20)
		path := tom.create(len(content), "project", string(s.World.Site), "filename", "film.mov", "sha256", sha(content))
		for i := range 20 {
			at := tom.offset(path)
			if at < 0 {
				t.Fatal("it is gone")
			}
			if got := listed(t, s, s.Tom, s.World.Site); len(got) != 0 {
				t.Fatalf("listed: %q", got)
			}
			part := content[at:min(len(content)-1, at+(i+1)*77_777)]
			r := tom.request("PATCH", path, cutOff{bytes.NewReader(part)}, "Content-Type", "application/offset+octet-stream", "Upload-Offset", strconv.Itoa(at))
			r.ContentLength = int64(len(content) - at)
			if resp, err := tom.c.Do(r); err == nil && resp.StatusCode != 423 && resp.StatusCode != 409 { // the server may still be at the one before
				t.Fatalf("cut off, and answered: %s", resp.Status)
			}
		}
		// The server may still be at the last of them.
		for at, tries := tom.offset(path), 0; at < len(content); at, tries = tom.offset(path), tries+1 {
			if a := tom.patch(path, at, content[at:]); a.StatusCode != 204 && a.StatusCode != 409 && a.StatusCode != 423 || tries > 1000 {
				t.Fatalf("the rest: %d %s", a.StatusCode, a.text)
			}
		}
		if got := listed(t, s, s.Tom, s.World.Site); len(got) != 1 {
			t.Fatalf("listed: %q", got)
		}
		file := portal.FileID(strings.TrimPrefix(tom.do("HEAD", path, nil).Header.Get("Content-Location"), "/files/"))
		if v := tom.version(file); v.SHA256 != sha(content) {
			t.Error("another hash")
		}
		if a := tom.get("/versions/" + string(tom.version(file).ID) + "/download"); a.text != string(content) {
			t.Error("other bytes")
		}
	})
}

// T128: a file that is not what was announced is not there.
func TestWrongWhole(t *testing.T) {
	webtest.RunFiles(t, func(t *testing.T, s *webtest.Site) {
		tom := send(t, s.As("tom"))
		content := noise(1000)
		wrong := sha256.Sum256([]byte("other"))
		for what, c := range map[string]struct {
			meta   []string
			header []string
		}{
			"in the beginning": {[]string{"sha256", sha([]byte("other"))}, nil},
			"at the end":       {nil, []string{"Repr-Digest", "sha-256=:" + base64.StdEncoding.EncodeToString(wrong[:]) + ":"}},
		} {
			path := tom.create(len(content), append(c.meta, "project", string(s.World.Site), "filename", "a")...)
			if a := tom.patch(path, 0, content, c.header...); a.StatusCode != 422 || a.code() != "tus_whole" {
				t.Errorf("%s: %d %s", what, a.StatusCode, a.text)
			}
			if got := tom.offset(path); got != -1 {
				t.Errorf("%s: at %d", what, got)
			}
		}
		if got := listed(t, s, s.Tom, s.World.Site); len(got) != 0 {
			t.Errorf("listed: %q", got)
		}
		if blobs, pieces := kept(t, s); blobs+pieces != 0 {
			t.Errorf("%d blobs and %d pieces are left", blobs, pieces)
		}
		right := sha256.Sum256(content)
		path := tom.create(len(content), "project", string(s.World.Site), "filename", "a")
		if a := tom.patch(path, 0, content, "Repr-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(right[:])+":"); a.StatusCode != 204 {
			t.Errorf("right: %d %s", a.StatusCode, a.text)
		}
	})
}

// T125: two that write to one upload at the same time get in nobody's way, and
// who comes back finds the way free.
func TestTwoWriters(t *testing.T) {
	webtest.RunFiles(t, func(t *testing.T, s *webtest.Site) {
		tom := send(t, s.As("tom"))
		content := noise(20 << 20) // more than lies in buffers between the two
		path := tom.create(len(content), "project", string(s.World.Site), "filename", "a")
		first, pipe := io.Pipe()
		r := tom.request("PATCH", path, first, "Content-Type", "application/offset+octet-stream", "Upload-Offset", "0")
		r.ContentLength = int64(len(content))
		ended := make(chan int)
		go func() {
			resp, err := tom.c.Do(r)
			if err != nil {
				ended <- 0
				return
			}
			resp.Body.Close()
			ended <- resp.StatusCode
		}()
		pipe.Write(content[:19<<20])
		if a := tom.patch(path, 0, content[:1]); a.StatusCode != 423 || a.code() != "tus_busy" {
			t.Errorf("a second writer: %d %s", a.StatusCode, a.text)
		}
		// It deletes: whoever still writes is cut off.
		if a := tom.do("DELETE", path, nil); a.StatusCode != 204 {
			t.Errorf("delete: %d %s", a.StatusCode, a.text)
		}
		pipe.Close()
		if got := <-ended; got == 204 {
			t.Error("the first writer was told that all is well")
		}
		if got := tom.offset(path); got != -1 {
			t.Errorf("at %d", got)
		}
		if _, pieces := kept(t, s); pieces != 0 {
			t.Errorf("%d pieces are left", pieces)
		}
	})
}
