package inspect

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color/palette"
	"image/gif"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/blob"
	"github.com/vitrine-portal/vitrine/internal/blob/blobtest"
	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
	"github.com/vitrine-portal/vitrine/internal/preview"
	"github.com/vitrine-portal/vitrine/internal/scan"
	"github.com/vitrine-portal/vitrine/internal/scan/scantest"
)

// A desk is an inspector in the World.
type desk struct {
	*portaltest.World
	*Inspector
}

func sit(t *testing.T, w *portaltest.World, store blob.Store, o Options) desk {
	t.Helper()
	if store == nil {
		disk, err := blob.OpenDisk(filepath.Join(t.TempDir(), "files"))
		if err != nil {
			t.Fatal(err)
		}
		store = disk
	}
	o.Portal, o.Blobs, o.Temp = w.Portal, store, filepath.Join(t.TempDir(), "tmp")
	i, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if left, err := os.ReadDir(o.Temp); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	})
	return desk{w, i}
}

// upload has Tom share a file with the client's people of Site.
func (d desk) upload(t *testing.T, name, content string) portal.VersionID {
	t.Helper()
	me, key := d.As(d.Mia), blob.NewKey()
	info, err := d.Inspector.Blobs.Put(t.Context(), key, strings.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	id, err := me.BeginUpload(t.Context(), portal.NewUpload{Project: d.Site, Name: name, Size: info.Size, Audience: portal.ClientSide, OnClash: "both"}, string(key))
	if err != nil {
		t.Fatal(err)
	}
	kind, mime := preview.Sniff([]byte(content[:min(len(content), preview.SniffLen)]), name)
	_, version, err := me.FinishUpload(t.Context(), id, portal.Arrived{Size: info.Size, SHA256: info.SHA256, Kind: string(kind), Type: mime, Scan: d.Scan()})
	if err != nil {
		t.Fatal(err)
	}
	return version
}

func (d desk) look(t *testing.T, id portal.VersionID) portal.Version {
	t.Helper()
	if err := d.Look(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	return d.version(t, id)
}

func (d desk) version(t *testing.T, id portal.VersionID) portal.Version {
	t.Helper()
	v, err := d.As(d.Cleo).Version(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// shown is an artifact's bytes, as somebody gets them.
func (d desk) shown(t *testing.T, who portal.PersonID, id portal.VersionID, kind string, page int) ([]byte, error) {
	t.Helper()
	s, err := d.As(who).PreviewOf(t.Context(), id, kind, page)
	if err != nil {
		return nil, err
	}
	r, err := d.Inspector.Blobs.Open(t.Context(), blob.Key(s.Blob))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), nil
}

func photograph(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 900, 600)), nil); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func (d desk) count(t *testing.T, query string, args ...any) (n int) {
	t.Helper()
	if err := d.DB.QueryRow(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestLook(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		d := sit(t, w, nil, Options{})
		photo := d.upload(t, "photo.jpg", photograph(t))
		if v := d.version(t, photo); v.Preview != "waiting" || v.Scan != portal.ScanOff {
			t.Errorf("before: %+v", v)
		}
		for range 2 { // a job may run again
			if v := d.look(t, photo); v.Preview != "ready" || v.Width != 900 || v.Height != 600 {
				t.Errorf("%+v", v)
			}
			if n := d.count(t, `SELECT COUNT(*) FROM previews WHERE version_id = $1`, string(photo)); n != 2 {
				t.Errorf("%d previews", n)
			}
		}
		for _, who := range []portal.PersonID{d.Cleo, d.Tom} {
			b, err := d.shown(t, who, photo, "thumb", 0)
			if err != nil {
				t.Fatal(err)
			}
			if c, err := jpeg.DecodeConfig(bytes.NewReader(b)); err != nil || c.Width != 480 {
				t.Errorf("%+v, %v", c, err)
			}
		}
		for _, who := range []portal.PersonID{d.Carl, d.Rex, d.Eve, d.Dan} { // Dan sees another project
			if _, err := d.shown(t, who, photo, "thumb", 0); !errors.Is(err, portal.ErrNotFound) {
				t.Errorf("%s: %v", who, err)
			}
		}
		note := d.upload(t, "note.md", "# Schedule\n\nThe zeppelin leaves at nine.\n")
		if v := d.look(t, note); v.Preview != "ready" {
			t.Errorf("%+v", v)
		}
		if n := d.count(t, `SELECT COUNT(*) FROM version_texts WHERE version_id = $1 AND body LIKE '%zeppelin%' ESCAPE '\'`, string(note)); n != 1 {
			t.Error("its text is not kept")
		}
		for name, content := range map[string]string{"a.bin": "\x00\x01\x02", "a.png": "\x89PNG\r\n\x1a\nno", "a.zip": "PK\x03\x04", "a.svg": "<svg"} {
			if v := d.look(t, d.upload(t, name, content)); v.Preview != "none" {
				t.Errorf("%s: %+v", name, v)
			}
			if left, err := d.Portal.VersionsToPreview(t.Context(), d.Clock.Now().Add(time.Hour), 100); err != nil || len(left) > 0 {
				t.Errorf("%s still waits: %v, %v", name, left, err)
			}
		}
		if err := d.Look(t.Context(), "ver_gone"); err != nil {
			t.Errorf("a version that is gone: %v", err)
		}
		if err := d.record(t.Context(), "ver_gone", portal.Preview{}); err != nil {
			t.Errorf("a version that is gone since: %v", err)
		}
	})
}

// What is on a server far away is fetched, as far as it is needed.
func TestLookOnS3(t *testing.T) {
	w := portaltest.Open(t, db.SQLite)
	d := sit(t, w, blobtest.StartS3(t).Open(t), Options{})
	if v := d.look(t, d.upload(t, "photo.jpg", photograph(t))); v.Preview != "ready" || v.Width != 900 {
		t.Errorf("%+v", v)
	}
	if v := d.look(t, d.upload(t, "big.log", strings.Repeat("a line of a log\n", 1<<17))); v.Preview != "ready" {
		t.Errorf("%+v", v)
	}
	if v := d.look(t, d.upload(t, "a.zip", "PK\x03\x04")); v.Preview != "none" {
		t.Errorf("%+v", v)
	}
}

// The pages after the first ones come with jobs of their own, as many as it takes.
func TestLongDocument(t *testing.T) {
	if _, err := exec.LookPath("pdftoppm"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("poppler-utils is missing")
		}
		t.Skip("poppler-utils is missing")
	}
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := t.Context()
		d := sit(t, w, nil, Options{})
		var asked []portal.PagesJob
		p, _ := portal.New(w.DB, portal.Options{Key: []byte("0123456789abcdef0123456789abcdef"), Enqueue: func(_ context.Context, _ *db.Tx, kind string, args any) error {
			if job, ok := args.(portal.PagesJob); ok && kind == portal.PreviewPages {
				asked = append(asked, job)
			}
			return nil
		}})
		d.Inspector.Portal = p
		const pages = 2*preview.FirstPages + 5
		id := d.upload(t, "long.pdf", document(pages))
		if v := d.look(t, id); v.Pages != pages || v.Preview != "ready" {
			t.Errorf("%+v", v)
		}
		there := func(page int) bool {
			t.Helper()
			b, err := d.shown(t, d.Cleo, id, "page", page)
			if err != nil && !errors.Is(err, portal.ErrNotFound) {
				t.Fatal(err)
			}
			return len(b) > 0
		}
		if !there(1) || !there(preview.FirstPages) || there(preview.FirstPages+1) {
			t.Error("not the first pages alone are there")
		}
		if want := []portal.PagesJob{{Version: id, First: preview.FirstPages + 1}}; !slices.Equal(asked, want) {
			t.Fatalf("asked for is %+v, not %+v", asked, want)
		}
		d.turn = time.Nanosecond // one part, then it is the others' turn
		for n := 0; n < len(asked); n++ {
			if err := d.MorePages(ctx, asked[n]); err != nil {
				t.Fatal(err)
			}
		}
		// The process was killed before it was said that it was done.
		if err := d.MorePages(ctx, asked[len(asked)-1]); err != nil {
			t.Fatal(err)
		}
		var first []int
		for _, job := range asked {
			first = append(first, job.First)
		}
		if want := []int{21, 41}; !slices.Equal(first, want) {
			t.Errorf("asked for are the pages from %v on, not %v", first, want)
		}
		for page := 1; page <= pages+1; page++ {
			if there(page) != (page <= pages) {
				t.Errorf("page %d is there: %t", page, there(page))
			}
		}
		gone := portal.PagesJob{Version: portal.VersionID(db.NewID("ver")), First: 21}
		if err := d.MorePages(ctx, gone); err != nil {
			t.Errorf("of a version that is gone: %v", err)
		}
	})
}

// What is shown of a file is all of it, or it is not approved by somebody who may not
// have it: a text to its end, and each page of a document, once it is drawn.
func TestShownToItsEnd(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := t.Context()
		asks := func(v portal.VersionID) string {
			t.Helper()
			_, err := w.As(w.Tom).AskApproval(ctx, w.Site, portal.NewApproval{Title: "Look", Versions: []portal.VersionID{v}, NoDownload: true, Stages: []portal.NewStage{{People: []portal.PersonID{w.Cleo}}}})
			var invalid *portal.Invalid
			if errors.As(err, &invalid) {
				return invalid.Fields["no_download"].Key
			}
			if err != nil {
				t.Fatal(err)
			}
			return ""
		}
		rows := func(n int) string { return "name,price\n" + strings.Repeat("a lamp,19.50\n", n) }
		for _, off := range []bool{false, true} {
			d := sit(t, w, nil, Options{Off: off})
			for _, c := range []struct {
				name, content string
				whole         bool
			}{
				{"whole.txt", strings.Repeat("a line\n", 1000), true},
				{"whole.txt", "", true},
				{"cut.txt", strings.Repeat("a line\n", 200_000), false},
				{"full.txt", strings.Repeat("a line.\n", 1<<17), true},
				{"full.txt", strings.Repeat("a line.\n", 1<<17) + "!", false},
				{"long line.json", `{"a": "` + strings.Repeat("a", 10_000) + `"}`, false},
				{"whole.md", "# Schedule\n", true},
				{"cut.md", strings.Repeat("a line\n", 200_000), false},
				{"whole.csv", rows(1000), true},
				{"cut.csv", rows(1001), false},
				{"wide.csv", strings.Repeat("a,", 100) + "a\n", false},
				{"binary.txt", strings.Repeat("a line\n", 1000) + "\x00", false},
			} {
				v := d.upload(t, c.name, c.content)
				if code := asks(v); code != "preview_waits" {
					t.Errorf("%s before it was looked at: %q", c.name, code)
				}
				d.look(t, v)
				if want := map[bool]string{true: "", false: "only_part"}[c.whole]; asks(v) != want {
					t.Errorf("%s of %d bytes, previews off %t: %q, not %q", c.name, len(c.content), off, asks(v), want)
				}
			}
		}
		d := sit(t, w, nil, Options{})
		for name, frames := range map[string]int{"still.gif": 1, "moving.gif": 2} {
			v := d.upload(t, name, moving(t, frames))
			d.look(t, v)
			if code := asks(v); code != map[int]string{1: "", 2: "only_part"}[frames] {
				t.Errorf("%s: %q", name, code)
			}
		}
		if _, err := exec.LookPath("pdftoppm"); err != nil {
			t.Skip("poppler-utils is missing")
		}
		short, long := d.upload(t, "short.pdf", document(preview.FirstPages)), d.upload(t, "long.pdf", document(preview.FirstPages+5))
		endless := d.upload(t, "endless.pdf", document(preview.MaxPages+1))
		for _, v := range []portal.VersionID{short, long, endless} {
			d.look(t, v)
		}
		if a, b, c := asks(short), asks(long), asks(endless); a != "" || b != "preview_waits" || c != "only_part" {
			t.Errorf("with the first pages: %q, %q and %q", a, b, c)
		}
		if err := d.MorePages(ctx, portal.PagesJob{Version: long, First: preview.FirstPages + 1}); err != nil {
			t.Fatal(err)
		}
		if code := asks(long); code != "" {
			t.Errorf("with all pages: %q", code)
		}
	})
}

// moving is a GIF of so many frames.
func moving(t *testing.T, frames int) string {
	t.Helper()
	var g gif.GIF
	for range frames {
		g.Image, g.Delay = append(g.Image, image.NewPaletted(image.Rect(0, 0, 8, 8), palette.WebSafe)), append(g.Delay, 1)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &g); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// document is a PDF of so many pages.
func document(pages int) string {
	var b strings.Builder
	b.WriteString("%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Count " + fmt.Sprint(pages) + "/Kids[")
	for n := range pages {
		fmt.Fprintf(&b, "%d 0 R ", 3+n)
	}
	b.WriteString("]>>endobj\n")
	for n := range pages {
		fmt.Fprintf(&b, "%d 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]>>endobj\n", 3+n)
	}
	b.WriteString("trailer<</Root 1 0 R>>\n%%EOF\n")
	return b.String()
}

func TestOff(t *testing.T) {
	w := portaltest.Open(t, db.SQLite)
	d := sit(t, w, nil, Options{Off: true})
	if v := d.look(t, d.upload(t, "photo.jpg", photograph(t))); v.Preview != "none" {
		t.Errorf("%+v", v)
	}
}

// The bytes of a version are gone, which somebody else reports: it waits for
// nothing.
func TestLostFile(t *testing.T) {
	w := portaltest.Open(t, db.SQLite)
	d := sit(t, w, nil, Options{})
	id := d.upload(t, "photo.jpg", photograph(t))
	s, err := d.As(d.Mia).DownloadVersion(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Inspector.Blobs.Delete(t.Context(), blob.Key(s.Blob)); err != nil {
		t.Fatal(err)
	}
	if v := d.look(t, id); v.Preview != "none" {
		t.Errorf("%+v", v)
	}
}

func TestScanner(t *testing.T) {
	socket, _ := scantest.Start(t)
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		clamd, silent := scan.New("unix:"+socket), scan.New("unix:"+filepath.Join(t.TempDir(), "nobody"))
		held := func(id portal.VersionID) bool {
			_, err := w.As(w.Mia).DownloadVersion(t.Context(), id)
			if err != nil && !errors.Is(err, portal.ErrHeld) {
				t.Error(err)
			}
			_, shown := w.As(w.Cleo).ReadVersion(t.Context(), id)
			if (err == nil) != (shown == nil) {
				t.Errorf("to download: %v, to view: %v", err, shown)
			}
			return err != nil
		}
		for _, holds := range []bool{true, false} {
			d := sit(t, w, nil, Options{Scanner: clamd, Holds: holds})
			bad, good, big := d.upload(t, "bad.txt", scantest.EICAR), d.upload(t, "good.txt", "hello"), d.upload(t, "big.txt", strings.Repeat("long ", 1<<20))
			if held(bad) != holds || held(good) != holds {
				t.Errorf("before: held %v and %v", held(bad), held(good))
			}
			if v := d.look(t, bad); v.Scan != portal.ScanInfected || !strings.HasPrefix(v.ScanFound, "Eicar-Signature") || v.Preview != "none" || !held(bad) {
				t.Errorf("%+v", v)
			}
			if v := d.look(t, bad); v.Scan != portal.ScanInfected || v.ScanFound == "" || !held(bad) { // again
				t.Errorf("%+v", v)
			}
			if v := d.look(t, good); v.Scan != portal.ScanClean || v.Preview != "ready" || held(good) {
				t.Errorf("%+v", v)
			}
			if v := d.look(t, big); v.Scan != portal.ScanUnscanned || held(big) {
				t.Errorf("%+v", v)
			}
			if n := d.count(t, `SELECT COUNT(*) FROM events WHERE kind = 'file_infected' AND subject = (SELECT file_id FROM versions WHERE id = $1)`, string(bad)); n != 1 {
				t.Errorf("told %d times", n)
			}
			// Nobody answers.
			d.Scanner = silent
			late := d.upload(t, "late.txt", "hello")
			err := d.Look(t.Context(), late)
			if v := d.version(t, late); holds {
				if !errors.Is(err, scan.ErrUnavailable) || v.Scan != portal.ScanWaiting || v.Preview != "waiting" || !held(late) {
					t.Errorf("%+v, %v", v, err)
				}
				due, err := d.Portal.VersionsToPreview(t.Context(), d.Clock.Now().Add(time.Hour), 100)
				if err != nil || len(due) != 1 || due[0] != late {
					t.Errorf("to be looked at again: %v, %v", due, err)
				}
			} else if err != nil || v.Scan != portal.ScanUnscanned || v.Preview != "ready" || held(late) {
				t.Errorf("%+v, %v", v, err)
			}
			// There is none any more.
			d.Scanner = nil
			if v := d.look(t, late); v.Scan != portal.ScanUnscanned || v.Preview != "ready" || held(late) {
				t.Errorf("%+v", v)
			}
		}
	})
}
