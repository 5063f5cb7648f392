package api_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/blob"
	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// noise is content that is like no other.
func noise(n int) []byte {
	b := make([]byte, n)
	src := rand.New(rand.NewPCG(uint64(n), rand.Uint64()))
	for i := range b {
		b[i] = byte(src.Uint32())
	}
	return b
}

func sha(b []byte) string { return fmt.Sprintf("%x", sha256.Sum256(b)) }

// put sends bytes into an upload.
func (s *site) put(token, id string, offset int, content io.Reader, query string) *httptest.ResponseRecorder {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), "PUT", fmt.Sprintf("/api/uploads/%s/content?offset=%d%s", id, offset, query), content)
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/octet-stream")
	w := httptest.NewRecorder()
	s.h.ServeHTTP(w, r)
	return w
}

// bring uploads a file, and returns its id.
func (s *site) bring(token, path, fields string, content []byte) string {
	s.t.Helper()
	id := s.asks(token, 201, "POST", path+"/uploads", fmt.Sprintf(`{"size":%d,%s}`, len(content), fields)).text("id")
	if res := s.put(token, id, 0, bytes.NewReader(content), ""); res.Code != 200 {
		s.t.Fatalf("the bytes of %s: %d %s", fields, res.Code, res.Body)
	}
	return s.asks(token, 200, "GET", "/api/uploads/"+id, "").text("file")
}

// A file goes up in pieces and comes down again, whole and in ranges.
func TestBytes(t *testing.T) {
	runBytes(t, func(t *testing.T, s *site) {
		mia, cleo, dan, carl, rex := s.token("mia", "read", "write"), s.token("cleo", "read", "write"), s.token("dan", "read", "write"), s.token("carl", "read", "write"), s.token("rex", "read", "write")
		project := "/api/projects/" + string(s.Site)
		content := noise(300_000)

		// In three pieces, with a line that breaks and one that begins elsewhere.
		id := s.asks(cleo, 201, "POST", project+"/uploads", fmt.Sprintf(`{"name":"Film.mov","size":%d,"sha256":"%s"}`, len(content), sha(content))).text("id")
		path := "/api/uploads/" + id
		for who, token := range map[string]string{"mia": mia, "carl": carl, "rex": rex} {
			s.asks(token, 404, "GET", path, "")
			if res := s.put(token, id, 0, bytes.NewReader(content), ""); res.Code != 404 {
				t.Errorf("%s puts bytes into it: %d", who, res.Code)
			}
			s.asks(token, 404, "DELETE", path, "")
		}
		if res := s.put(s.token("cleo", "read"), id, 0, bytes.NewReader(content), ""); res.Code != 403 {
			t.Errorf("a token that reads puts bytes: %d", res.Code)
		}
		s.put(cleo, id, 0, io.MultiReader(bytes.NewReader(content[:100_000]), failing{}), "")
		if u := s.asks(cleo, 200, "GET", path, ""); u.text("received") != "100000" || u["finished"] == true {
			t.Errorf("after the line broke: %v", u)
		}
		for _, offset := range []int{0, 99_999, 100_001} {
			if res := s.put(cleo, id, offset, bytes.NewReader(content[:10]), ""); res.Code != 409 {
				t.Errorf("bytes at %d answer %d", offset, res.Code)
			}
		}
		if res := s.put(cleo, id, 100_000, bytes.NewReader(make([]byte, 200_001)), ""); res.Code != 413 {
			t.Errorf("more than was announced: %d", res.Code)
		}
		if res := s.put(cleo, id, 100_000, bytes.NewReader(content[100_000:200_000]), ""); res.Code != 200 {
			t.Errorf("the second piece: %d %s", res.Code, res.Body)
		}
		if all := s.asks(cleo, 200, "GET", "/api/uploads", "").all("items"); len(all) != 1 || all[0].text("received") != "200000" {
			t.Errorf("under way are %v", all)
		}
		for range 2 { // and once more, for whoever lost the answer
			if res := s.put(cleo, id, 200_000, bytes.NewReader(content[200_000:]), ""); res.Code != 200 {
				t.Errorf("the last piece: %d %s", res.Code, res.Body)
			}
		}
		u := s.asks(cleo, 200, "GET", path, "")
		if u["finished"] != true || u["expires_at"] != nil {
			t.Errorf("at the end: %v", u)
		}
		s.asks(cleo, 409, "DELETE", path, "")
		f := s.asks(mia, 200, "GET", "/api/files/"+u.text("file"), "")
		if v := f.in("version"); f.text("zone") != "from_client" || v.text("sha256") != sha(content) || v.text("size") != "300000" || v.text("id") != u.text("version") {
			t.Errorf("the file is %v", f)
		}

		// Down again.
		for _, path := range []string{"/api/files/" + u.text("file") + "/content", "/api/versions/" + u.text("version") + "/content"} {
			res := s.do("GET", path, mia, "")
			if res.Code != 200 || !bytes.Equal(res.Body.Bytes(), content) {
				t.Errorf("%s: %d, %d bytes", path, res.Code, res.Body.Len())
			}
			h := res.Header()
			if h.Get("Content-Security-Policy") != "sandbox; default-src 'none'" || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment") || h.Get("Cache-Control") != "private, no-store" || h.Get("ETag") != `"`+sha(content)+`"` {
				t.Errorf("%s comes with %v", path, h)
			}
			if res := s.do("GET", path, mia, "", "Range", "bytes=299990-"); res.Code != 206 || !bytes.Equal(res.Body.Bytes(), content[299_990:]) || res.Header().Get("Content-Range") != "bytes 299990-299999/300000" {
				t.Errorf("%s: the end answers %d %v", path, res.Code, res.Header())
			}
			if res := s.do("GET", path, mia, "", "Range", "bytes=5-9", "If-Range", `"other"`); res.Code != 200 || res.Body.Len() != 300_000 {
				t.Errorf("%s: a range of another version answers %d", path, res.Code)
			}
			if res := s.do("GET", path, mia, "", "Range", "bytes=300000-"); res.Code != 416 {
				t.Errorf("%s: beyond the end: %d", path, res.Code)
			}
			if res := s.do("HEAD", path, mia, ""); res.Code != 200 || res.Body.Len() != 0 || res.Header().Get("Content-Length") != "300000" {
				t.Errorf("%s: HEAD answers %d %v", path, res.Code, res.Header())
			}
			for who, token := range map[string]string{"dan": dan, "carl": carl, "rex": rex} {
				s.asks(token, 404, "GET", path, "")
				_ = who
			}
		}
		if err := s.Portal.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if log := s.asks(mia, 200, "GET", "/api/files/"+u.text("file")+"/downloads", "").all("items"); len(log) != 4 { // whole, twice for each address
			t.Errorf("%d downloads were noted", len(log))
		}

		// A new version of it, whose note stays; the client may add one to theirs.
		again := s.bring(cleo, "/api/files/"+u.text("file"), `"note":"Shorter"`, noise(1000))
		if v := s.asks(mia, 200, "GET", "/api/files/"+again, "").in("version"); again != u.text("file") || v.text("note") != "Shorter" || v.text("number") != "2" {
			t.Errorf("the new version is %v", v)
		}
		shown := s.Items[s.Site][portal.ClientSide]
		s.asks(cleo, 403, "POST", "/api/files/"+string(shown.File)+"/uploads", `{"size":1}`)

		// Nothing, and a little in a folder that is made for it.
		s.bring(mia, project, `"name":"Empty.txt"`, nil)
		s.bring(mia, project, `"name":"Deep.txt","path":"One/Two"`, []byte("deep"))
		if l := s.asks(mia, 200, "GET", project+"/files", ""); !slices.Contains(l.names("files"), "Empty.txt") || !slices.Contains(l.names("folders"), "One") {
			t.Errorf("in the project are %v", l)
		}
	})
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// While one request brings bytes, another that would is told to come back; when
// the first one breaks, what it brought is there.
func TestOneWriterAtATime(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		s := newSite(t, w)
		mia := s.token("mia", "read", "write")
		id := s.asks(mia, 201, "POST", "/api/projects/"+string(w.Site)+"/uploads", `{"name":"a.bin","size":10}`).text("id")
		in, out := io.Pipe()
		done := make(chan int)
		go func() { done <- s.put(mia, id, 0, in, "").Code }()
		out.Write([]byte("01234")) // until it is read
		if res := s.put(mia, id, 0, strings.NewReader("0123456789"), ""); res.Code != http.StatusLocked || res.Header().Get("Retry-After") == "" {
			t.Errorf("the second writer: %d %v", res.Code, res.Header())
		}
		out.CloseWithError(io.ErrUnexpectedEOF)
		<-done
		if u := s.asks(mia, 200, "GET", "/api/uploads/"+id, ""); u.text("received") != "5" {
			t.Errorf("after it broke: %v", u)
		}
		if res := s.put(mia, id, 5, strings.NewReader("56789"), ""); res.Code != 200 {
			t.Errorf("the rest: %d %s", res.Code, res.Body)
		}
	})
}

// What an upload is refused for, before and after its bytes.
func TestUploadRefused(t *testing.T) {
	runBytes(t, func(t *testing.T, s *site) {
		mia, ada := s.token("mia", "read", "write"), s.token("ada", "read", "write")
		project := "/api/projects/" + string(s.Site)
		room := func() M { return s.asks(ada, 200, "GET", "/api/clients/"+string(s.Acme)+"/room", "") }
		before := room()
		limits := s.asks(ada, 200, "GET", "/api/file-limits", "")
		s.asks(ada, 204, "PUT", "/api/file-limits", fmt.Sprintf(`{"file_limit":1048576,"client_limit":1048576,"share_links":false,"revision":%v}`, limits["revision"]))
		for body, want := range map[string]int{
			`{"name":"a","size":1048577}`:                                        413,
			`{"name":"a","size":1048576}`:                                        507, // the World's files are there already
			`{"name":"a","size":-1}`:                                             422,
			`{"name":"a"}`:                                                       422,
			`{"name":"a","size":1,"owner":"x"}`:                                  422,
			`{"name":"a","size":1,"sha256":"x"}`:                                 422,
			`{"name":"a","size":1,"on_clash":"replace"}`:                         422,
			`{"name":"a","size":1,"note":"` + strings.Repeat("x", 20_001) + `"}`: 422,
			`{"name":"a","size":1,"folder":"` + string(s.Items[s.Shop]["team"].Folder) + `"}`: 404,
		} {
			s.asks(mia, want, "POST", project+"/uploads", body)
		}
		// Sent again with its key, it is the same upload.
		a := s.asks(mia, 201, "POST", project+"/uploads", `{"name":"a","size":3}`, "Idempotency-Key", "k").text("id")
		b := s.asks(mia, 201, "POST", project+"/uploads", `{"name":"a","size":3}`, "Idempotency-Key", "k").text("id")
		if a != b {
			t.Errorf("two uploads: %s, %s", a, b)
		}
		if res := s.do("PUT", "/api/uploads/"+a+"/content", mia, "abc"); res.Code != http.StatusUnsupportedMediaType {
			t.Errorf("bytes as JSON: %d", res.Code)
		}
		// What arrives is not what was announced: it is thrown away.
		if res := s.put(mia, a, 0, strings.NewReader("abc"), "&sha256="+sha([]byte("abd"))); res.Code != 422 {
			t.Errorf("another hash: %d %s", res.Code, res.Body)
		}
		s.asks(mia, 404, "GET", "/api/uploads/"+a, "")
		// A name that is taken names the file that has it.
		made := s.bring(mia, project, `"name":"Plan.txt"`, []byte("one"))
		clash := s.asks(mia, 409, "POST", project+"/uploads", `{"name":"PLAN.txt","size":3}`)
		if why := clash.all("errors"); len(why) != 1 || why[0].text("value") != made || why[0].text("location") != "body.name" {
			t.Errorf("the clash says %v", clash)
		}
		if v := s.bring(mia, project, `"name":"Plan.txt","on_clash":"version"`, []byte("two")); v != made {
			t.Errorf("a version of another file: %s", v)
		}
		if v := s.bring(mia, project, `"name":"Plan.txt","on_clash":"both"`, []byte("three")); v == made {
			t.Error("both are one")
		}
		// Given up, and over: the room is there again.
		c := s.asks(mia, 201, "POST", project+"/uploads", `{"name":"c","size":1000}`).text("id")
		s.asks(mia, 204, "DELETE", "/api/uploads/"+c, "")
		if now := room(); now["reserved"] != before["reserved"] || now["used"].(float64) != before["used"].(float64)+float64(len("onetwothree")) {
			t.Errorf("the room was %v and is %v", before, now)
		}
		d := s.asks(mia, 201, "POST", project+"/uploads", `{"name":"d","size":3}`).text("id")
		s.Clock.Advance(25 * time.Hour)
		if res := s.put(mia, d, 0, strings.NewReader("abc"), ""); res.Code != http.StatusGone {
			t.Errorf("too late: %d", res.Code)
		}
	})
}

// Whoever may look and not download, and nobody while it is held back, gets an
// original.
func TestContentIsAskedFor(t *testing.T) {
	runBytes(t, func(t *testing.T, s *site) {
		it := s.Items[s.Brand][portal.ClientSide]
		dan := s.token("dan", "read")
		content := []string{"/api/files/" + string(it.File) + "/content", "/api/versions/" + string(it.Version) + "/content"}
		preview := "/api/versions/" + string(it.Version) + "/preview"
		for _, path := range content {
			if res := s.do("GET", path, dan, ""); res.Code != 200 || !strings.Contains(res.Body.String(), "CNRY-acme-client-brand-version-text") {
				t.Errorf("%s: %d %s", path, res.Code, res.Body)
			}
		}
		s.asks(dan, 404, "GET", "/api/versions/"+string(it.Draft)+"/content", "")
		if res := s.do("GET", preview, dan, ""); res.Code != 200 || res.Header().Get("Content-Type") != "image/png" {
			t.Errorf("the picture: %d %v", res.Code, res.Header())
		}
		s.asks(dan, 404, "GET", preview+"?kind=page&page=7", "")
		s.asks(dan, 422, "GET", preview+"?kind=original", "")
		s.asks(s.token("carl", "read"), 404, "GET", preview, "")

		s.exec(`UPDATE versions SET scan = 'waiting' WHERE id = $1`, string(it.Version))
		for _, path := range append(content, preview) {
			s.asks(dan, 409, "GET", path, "")
		}
		s.exec(`UPDATE versions SET scan = 'infected' WHERE id = $1`, string(it.Version))
		for _, path := range append(content, preview) {
			s.asks(s.token("ada", "read"), 409, "GET", path, "")
		}
		s.exec(`UPDATE versions SET scan = 'clean' WHERE id = $1`, string(it.Version))

		// Dan may only look from now on.
		a, err := s.As(s.Mia).Access(t.Context(), s.Acme)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.As(s.Mia).SaveAccess(t.Context(), s.Acme, portal.AccessChange{Revision: a.Client.Revision, Enabled: true, InvitationDays: a.InvitationDays, Preset: a.Preset,
			Change: []portal.ClientUserChange{{User: s.DanUser, Rights: portal.View, Projects: []portal.ChosenProject{{Project: s.Brand}}}}}); err != nil {
			t.Fatal(err)
		}
		for _, path := range content {
			s.asks(dan, 403, "GET", path, "")
		}
		if res := s.do("GET", preview, dan, ""); res.Code != 200 {
			t.Errorf("the picture, for who may look: %d", res.Code)
		}
		if f := s.asks(dan, 200, "GET", "/api/files/"+string(it.File), ""); f["may_download"] != false {
			t.Errorf("may download: %v", f["may_download"])
		}
	})
}

// T029: that somebody else has the same file shows neither in what an upload is
// answered, nor in what is done for it, nor in how long that takes.
func TestTheSameFileElsewhere(t *testing.T) {
	runBytes(t, func(t *testing.T, s *site) {
		counted := &countedStore{Store: s.bytes.Blobs}
		s.bytes.Blobs = counted
		mia, carl, ada := s.token("mia", "read", "write"), s.token("carl", "read", "write"), s.token("ada", "read")
		secret := noise(200_000)
		s.bring(mia, "/api/projects/"+string(s.Site), `"name":"Secret.bin","sha256":"`+sha(secret)+`"`, secret)
		used := func() float64 {
			return s.asks(ada, 200, "GET", "/api/clients/"+string(s.Brick)+"/room", "")["used"].(float64)
		}
		// upload is one as Carl: what was said and done, and how long it took.
		upload := func(content []byte, n int) (said []string, took time.Duration) {
			before := used()
			counted.calls = nil
			began := time.Now()
			made := s.do("POST", "/api/projects/"+string(s.Shop)+"/uploads", carl, fmt.Sprintf(`{"name":"File %03d.bin","size":%d,"sha256":"%s"}`, n, len(content), sha(content)))
			id := strings.Trim(strings.TrimSpace(strings.TrimPrefix(made.Body.String(), `{"id":`)), `}"`)
			first := s.put(carl, id, 0, bytes.NewReader(content[:1000]), "")
			rest := s.put(carl, id, 1000, bytes.NewReader(content[1000:]), "")
			took = time.Since(began)
			for _, res := range []*httptest.ResponseRecorder{made, first, rest} {
				said = append(said, fmt.Sprint(res.Code, len(res.Body.Bytes()), len(res.Header())))
			}
			return append(append(said, counted.calls...), fmt.Sprint(used()-before)), took
		}
		want, _ := upload(noise(len(secret)), 0)
		var same, other []time.Duration
		for n := range 12 {
			content, times := noise(len(secret)), &other
			if n%2 == 0 {
				content, times = secret, &same
			}
			said, took := upload(content, n+1)
			if !slices.Equal(said, want) {
				t.Errorf("upload %d is answered and done as %v, want %v", n, said, want)
			}
			*times = append(*times, took)
		}
		// The least of each: whatever else the machine does comes on top of it.
		if a, b := slices.Min(same), slices.Min(other); s.DB.Dialect() == db.SQLite && (a > 3*b+20*time.Millisecond || b > 3*a+20*time.Millisecond) {
			t.Errorf("a file that somebody has takes %v, another %v", a, b)
		}
	})
}

// countedStore notes what is asked of a store.
type countedStore struct {
	blob.Store
	calls []string
}

func (c *countedStore) Begin(ctx context.Context, key blob.Key) (blob.State, error) {
	c.calls = append(c.calls, "begin")
	return c.Store.Begin(ctx, key)
}

func (c *countedStore) Append(ctx context.Context, key blob.Key, st blob.State, r io.Reader, most int64) (blob.State, error) {
	next, err := c.Store.Append(ctx, key, st, r, most)
	c.calls = append(c.calls, fmt.Sprint("append ", next.Offset-st.Offset))
	return next, err
}

func (c *countedStore) Finish(ctx context.Context, key blob.Key, st blob.State) (blob.Info, error) {
	c.calls = append(c.calls, "finish")
	return c.Store.Finish(ctx, key, st)
}

func (c *countedStore) Open(ctx context.Context, key blob.Key) (*blob.Reader, error) {
	c.calls = append(c.calls, "open")
	return c.Store.Open(ctx, key)
}

func (c *countedStore) Delete(ctx context.Context, key blob.Key) error {
	c.calls = append(c.calls, "delete")
	return c.Store.Delete(ctx, key)
}

func (s *site) exec(q string, args ...any) {
	s.t.Helper()
	ctx := s.t.Context()
	if err := s.DB.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, q, args...); return err }); err != nil {
		s.t.Fatal(err)
	}
}
