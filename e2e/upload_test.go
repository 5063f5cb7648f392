package e2e

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/vitrine-portal/vitrine/internal/blob/blobtest"
	"github.com/vitrine-portal/vitrine/internal/built"
)

// uploadSize can be made what a person would call large:
//
//	go test ./e2e -run TestUploadOverABadLine -v -timeout 60m -upload-size 2147483648
var uploadSize = flag.Int64("upload-size", 64<<20, "bytes of the file in TestUploadOverABadLine")

// What happens on the way.
const (
	drops = 10 // connections that break
	kills = 3  // of the server
)

// A file comes whole over a line that breaks ten times, and though its server is
// killed three times, with the disk as with S3, by tus as by the API; of what was
// sent, almost all counts.
func TestUploadOverABadLine(t *testing.T) {
	t.Run("disk", func(t *testing.T) { overABadLine(t, byTus) })
	t.Run("API", func(t *testing.T) { overABadLine(t, byAPI) })
	t.Run("S3", func(t *testing.T) {
		c := blobtest.StartS3(t).Config
		overABadLine(t, byTus, "VITRINE_STORAGE=s3://"+c.Bucket+"?endpoint="+c.Endpoint.String()+"&region="+c.Region,
			"VITRINE_S3_ACCESS_KEY="+c.AccessKey, "VITRINE_S3_SECRET_KEY="+c.SecretKey)
	})
}

func overABadLine(t *testing.T, by way, env ...string) {
	port, err := built.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	l := &line{t: t, size: *uploadSize, data: filepath.Join(t.TempDir(), "data"), port: port,
		env: append(env, "VITRINE_FILES_URL=off", "VITRINE_LOG_LEVEL=error")}
	l.start()
	t.Cleanup(func() { l.server.Load().Kill() })
	link, err := l.server.Load().Say(setUpLink)
	if err != nil {
		t.Fatal(err)
	}
	owner := newTab(t, "owner", l.server.Load().URL)
	setUp(owner, link[0])
	owner.follow("New client")
	owner.fill("name", "Lind & Co")
	owner.follow("Add client")
	owner.reads("Lind & Co", "Portal access is off")
	project := strings.TrimPrefix(makeProject(owner), "/projects/")
	l.token = makeToken(owner)
	owner.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		got, err := cdp.Call(ctx, target, network.GetCookies, network.GetCookiesParams{})
		for _, c := range got.Cookies {
			l.cookies = append(l.cookies, &http.Cookie{Name: c.Name, Value: c.Value})
		}
		return err
	}), chromedp.Navigate("about:blank"))

	// When it breaks: at places of which nobody was told.
	for range drops + kills {
		l.breaks = append(l.breaks, 1+rand.Int64N(l.size-1))
	}
	slices.Sort(l.breaks)
	for range kills {
		for {
			if n := rand.IntN(drops + kills); !slices.Contains(l.fatal, n) {
				l.fatal = append(l.fatal, n)
				break
			}
		}
	}
	began := time.Now()
	l.measure()
	file := l.upload(by, project)
	took := time.Since(began)
	if l.dropped != drops || l.killed != kills {
		t.Errorf("the line broke %d times and the server %d, want %d and %d", l.dropped, l.killed, drops, kills)
	}
	// On the way nothing is lost but what was between here and there, and with the
	// server what it had not yet acknowledged.
	if lost := l.sent - l.size; lost > drops*(16<<20)+kills*(64<<20) {
		t.Errorf("of %d bytes that were sent, %d had to be sent again", l.sent, lost)
	}
	want := sha256.New()
	if _, err := io.Copy(want, &content{to: l.size}); err != nil {
		t.Fatal(err)
	}
	if got := l.download(by.content(l, file)); got != hex.EncodeToString(want.Sum(nil)) {
		t.Errorf("what came is not what was sent: %s", got)
	}
	t.Logf("%d MiB in %s, %.0f MB/s, with %d breaks and %d kills; %.1f %% of what was sent counted; the server held at most %d MB, %d MB more than at rest",
		l.size>>20, took.Round(100*time.Millisecond), float64(l.size)/1e6/took.Seconds(), l.dropped, l.killed,
		100*float64(l.size)/float64(l.sent), l.most.Load()>>20, (l.most.Load()-l.rest)>>20)
	if grew := l.most.Load() - l.rest; grew > 256<<20 {
		t.Errorf("the server's memory grew by %d MB", grew>>20)
	}
}

// line is a bad one to a server that is killed now and then.
type line struct {
	t       *testing.T
	size    int64
	data    string
	port    int
	env     []string
	server  atomic.Pointer[built.Server]
	cookies []*http.Cookie
	token   string

	breaks          []int64 // where it breaks next, in bytes of the file
	fatal           []int   // those of the breaks, counted from the first, that kill the server
	dropped, killed int
	sent            int64 // bytes, in all
	rest            int64 // memory of the server before
	most            atomic.Int64
}

func (l *line) start() {
	l.t.Helper()
	s, err := built.StartAt(l.t.Context(), l.port, program, "serve", l.data, l.env...)
	if err != nil {
		l.t.Fatal(err)
	}
	l.server.Store(s)
}

// measure notes what memory the server holds until the test is over.
func (l *line) measure() {
	l.rest, _ = l.server.Load().RSS()
	stop := make(chan struct{})
	l.t.Cleanup(func() { close(stop) })
	go func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				if rss, err := l.server.Load().RSS(); err == nil {
					l.most.Store(max(l.most.Load(), rss))
				}
			}
		}
	}()
}

func (l *line) do(method, address string, body io.Reader, length int64, header ...string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(l.t.Context(), method, address, body)
	if err != nil {
		return nil, err
	}
	r.ContentLength = length
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	if strings.Contains(address, "/api/") {
		r.Header.Set("Authorization", "Bearer "+l.token)
	} else {
		r.Header.Set("Tus-Resumable", "1.0.0")
		for _, c := range l.cookies {
			r.AddCookie(c)
		}
	}
	return http.DefaultClient.Do(r)
}

// ask is do for a small answer, which has to have the status.
func (l *line) ask(want int, method, address string, body io.Reader, length int64, header ...string) (*http.Response, []byte) {
	l.t.Helper()
	resp, err := l.do(method, address, body, length, header...)
	if err != nil {
		l.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != want {
		l.t.Fatalf("%s %s: %s, %v\n%.500s", method, address, resp.Status, err, text)
	}
	return resp, text
}

// A way is how a file comes in: by an address at which it has come so far, and
// with a request that brings bytes there.
type way struct {
	begin   func(l *line, project string) (at string)
	offset  func(l *line, at string) int64
	put     func(l *line, at string, offset int64, body io.Reader, length int64) (*http.Response, error)
	became  func(l *line, at string, resp *http.Response) (file string)
	content func(l *line, file string) (address string)
}

var byTus = way{
	begin: func(l *line, project string) string {
		meta := func(key, value string) string { return key + " " + base64.StdEncoding.EncodeToString([]byte(value)) }
		resp, _ := l.ask(http.StatusCreated, "POST", l.server.Load().URL+"/uploads", nil, 0, "Upload-Length", strconv.FormatInt(l.size, 10),
			"Upload-Metadata", meta("project", project)+","+meta("filename", "rushes.bin"))
		return l.server.Load().URL + resp.Header.Get("Location")
	},
	offset: func(l *line, at string) int64 {
		resp, _ := l.ask(http.StatusOK, "HEAD", at, nil, 0)
		n, err := strconv.ParseInt(resp.Header.Get("Upload-Offset"), 10, 64)
		if err != nil {
			l.t.Fatal(err)
		}
		return n
	},
	put: func(l *line, at string, offset int64, body io.Reader, length int64) (*http.Response, error) {
		return l.do("PATCH", at, body, length, "Content-Type", "application/offset+octet-stream", "Upload-Offset", strconv.FormatInt(offset, 10))
	},
	became: func(_ *line, _ string, resp *http.Response) string { return resp.Header.Get("Content-Location") },
	content: func(l *line, file string) string {
		_, page := l.ask(http.StatusOK, "GET", l.server.Load().URL+file, nil, 0)
		return l.server.Load().URL + download.FindString(string(page))
	},
}

var download = regexp.MustCompile(`/versions/\w+/download`)

var byAPI = way{
	begin: func(l *line, project string) string {
		api := l.server.Load().URL + "/api"
		body := `{"name":"rushes.bin","size":` + strconv.FormatInt(l.size, 10) + `}`
		_, text := l.ask(http.StatusCreated, "POST", api+"/projects/"+project+"/uploads", strings.NewReader(body), int64(len(body)), "Content-Type", "application/json")
		return api + "/uploads/" + l.read(text).ID
	},
	offset: func(l *line, at string) int64 {
		_, text := l.ask(http.StatusOK, "GET", at, nil, 0)
		return l.read(text).Received
	},
	put: func(l *line, at string, offset int64, body io.Reader, length int64) (*http.Response, error) {
		return l.do("PUT", at+"/content?offset="+strconv.FormatInt(offset, 10), body, length, "Content-Type", "application/octet-stream")
	},
	became: func(l *line, at string, _ *http.Response) string {
		_, text := l.ask(http.StatusOK, "GET", at, nil, 0)
		return l.read(text).File
	},
	content: func(l *line, file string) string { return l.server.Load().URL + "/api/files/" + file + "/content" },
}

// upload is what the API says of one.
type upload struct {
	ID       string
	Received int64
	File     string
}

func (l *line) read(text []byte) (u upload) {
	l.t.Helper()
	if err := json.Unmarshal(text, &u); err != nil {
		l.t.Fatal(err)
	}
	return u
}

// upload brings the file, going on wherever the server says that it is, and
// returns what it became.
func (l *line) upload(by way, project string) string {
	l.t.Helper()
	at := by.begin(l, project)
	for offset := int64(0); ; {
		body := &content{from: offset, to: l.size, breaks: l.size}
		if len(l.breaks) > 0 {
			body.breaks = l.breaks[0]
		}
		resp, err := by.put(l, at, offset, body, l.size-offset)
		if err == nil {
			resp.Body.Close()
			switch resp.StatusCode {
			case http.StatusLocked, http.StatusConflict: // of the connection that broke some still comes
				offset = by.offset(l, at)
				continue
			case http.StatusNoContent, http.StatusOK:
				l.sent += l.size - offset
				return by.became(l, at, resp)
			}
			l.t.Fatalf("at %d: %s", offset, resp.Status)
		}
		if !errors.Is(err, errBroken) {
			l.t.Fatalf("at %d: %v", offset, err)
		}
		if slices.Contains(l.fatal, l.dropped+l.killed) {
			l.killed++
			l.server.Load().Kill()
			l.start()
		} else {
			l.dropped++
		}
		l.breaks = l.breaks[1:]
		l.sent += body.from - offset
		if offset = by.offset(l, at); offset > body.from {
			l.t.Fatalf("the server has %d bytes, and %d were sent", offset, body.from)
		}
	}
}

// download is the hash of what the server hands out at an address.
func (l *line) download(address string) string {
	l.t.Helper()
	resp, err := l.do("GET", address, nil, 0)
	if err != nil {
		l.t.Fatal(err)
	}
	defer resp.Body.Close()
	h := sha256.New()
	if _, err := io.Copy(h, resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		l.t.Fatalf("the download: %s, %v", resp.Status, err)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// makeToken makes an API token that may write, and returns its secret.
func makeToken(b *tab) string {
	b.t.Helper()
	b.open("/profile/tokens")
	b.fill("name", "Rushes")
	b.choose("scope", "Read and write")
	b.follow("Make a token")
	b.reads("Copy the token now")
	return value[string](b, `document.querySelector("#new-token input").value`)
}

var errBroken = errors.New("the line broke")

// content is a part of a file that is like no other and kept nowhere: each block
// of it follows from its number. Reading it breaks off at a place.
type content struct {
	from, to int64
	breaks   int64
	block    []byte // the one at number, made
	number   int64
}

const blockSize = 1 << 20

func (c *content) Read(p []byte) (int, error) {
	switch {
	case c.breaks > 0 && c.from >= c.breaks && c.from < c.to:
		return 0, errBroken
	case c.from >= c.to:
		return 0, io.EOF
	}
	if n := c.from / blockSize; c.block == nil || n != c.number {
		var seed [32]byte
		binary.LittleEndian.PutUint64(seed[:], uint64(n))
		if c.block == nil {
			c.block = make([]byte, blockSize)
		}
		rand.NewChaCha8(seed).Read(c.block)
		c.number = n
	}
	end := c.to
	if c.breaks > 0 {
		end = min(end, c.breaks)
	}
	n := copy(p[:min(int64(len(p)), end-c.from)], c.block[c.from%blockSize:])
	c.from += int64(n)
	return n, nil
}
