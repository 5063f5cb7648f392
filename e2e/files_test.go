package e2e

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/vitrine-portal/vitrine/internal/built"
)

// saved writes a file to be uploaded and returns where it is, and its hash.
func saved(t *testing.T, name string, content []byte) (path, sum string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	h := sha256.Sum256(content)
	return path, hex.EncodeToString(h[:])
}

// square is a small picture of one colour.
func square(c color.Color) []byte {
	p := image.NewPaletted(image.Rect(0, 0, 64, 64), color.Palette{c})
	var b bytes.Buffer
	if err := png.Encode(&b, p); err != nil {
		panic(err) // a buffer takes everything
	}
	return b.Bytes()
}

// upload chooses files for the page's form, as from the disk.
func (b *tab) upload(paths ...string) {
	b.t.Helper()
	b.do(chromedp.SetUploadFiles("#upload input[name=file]", paths))
}

// row is a list's row of a file or folder, in JavaScript.
func row(name string) string {
	return `[...document.querySelectorAll(".file-table tbody tr")].find(r => r.querySelector("a.main").innerText === ` + js(name) + `)`
}

// downloaded is the hash of what the list's link to a file gives.
func (b *tab) downloaded(name string) string {
	b.t.Helper()
	resp := b.takes(name)
	defer resp.Body.Close()
	h := sha256.New()
	if _, err := io.Copy(h, resp.Body); err != nil {
		b.t.Fatalf("%s: the download of %s: %v", b.who, name, err)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// takes follows the list's link to a file. It leads to the files' own host,
// which gets no cookie.
func (b *tab) takes(name string) *http.Response {
	b.t.Helper()
	b.until("there is a download of "+name, row(name)+`?.querySelector("a[href$='/download']")`)
	r, err := http.NewRequestWithContext(b.t.Context(), "GET", value[string](b, row(name)+`.querySelector("a[href$='/download']").href`), nil)
	if err != nil {
		b.t.Fatal(err)
	}
	b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		got, err := cdp.Call(ctx, target, network.GetCookies, network.GetCookiesParams{})
		for _, c := range got.Cookies {
			r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
		}
		return err
	}))
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		b.t.Fatalf("%s: the download of %s: %s", b.who, name, resp.Status)
	}
	if resp.Request.URL.Host == r.URL.Host || resp.Request.Header.Get("Cookie") != "" {
		b.t.Errorf("%s: %s came from %s", b.who, name, resp.Request.URL.Host)
	}
	return resp
}

// A designer brings two pictures, a better one of the same name, and shows one
// of them; the client has it on a phone, and whoever may only read finds it.
func TestFilesReachTheClient(t *testing.T) {
	site := theDemo(t)
	team := newTab(t, "team", site).as(demo.people["manager"])
	files := openProject(team, "Spring packaging") + "/files"
	seal, _ := saved(t, "seal of 2026.png", square(color.RGBA{0xb0, 0x4a, 0x3a, 0xff}))
	better, sum := saved(t, "seal of 2026.png", square(color.RGBA{0x2b, 0x2a, 0x28, 0xff}))
	team.live(func() { team.open(files) })
	team.upload(seal)
	// The other one is dropped on the page.
	value[bool](team, `(() => {
		const data = new DataTransfer();
		data.items.add(new File(["<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'><circle cx='4' cy='4' r='4'/></svg>"], "lid.svg"));
		const on = (name, at) => at.dispatchEvent(new DragEvent(name, {dataTransfer: data, bubbles: true, cancelable: true}));
		on("dragenter", document.body);
		on("dragover", document.body);
		return on("drop", document.querySelector("[data-drop=team]"));
	})()`)
	team.until("both are uploaded", `document.querySelectorAll(".tray .up[data-state=done]").length === 2`)
	team.until("both are in the list", row("seal of 2026.png")+" && "+row("lid.svg"))
	team.upload(better)
	team.until("the tray asks", `document.querySelector(".tray .up[data-state=clash]")`)
	team.press("css .tray .up[data-state=clash] [data-do=version]")
	team.until("it is the second version", row("seal of 2026.png")+`?.querySelector(".version").innerText.trim() === "v2"`)

	client := newTab(t, "client", site).phone().as(demo.people["client lead"])
	client.open(files)
	client.holdsNot("seal of 2026", "lid.svg")
	team.open(value[string](team, row("seal of 2026.png")+`.querySelector("a[href$='/show']").getAttribute("href")`))
	team.reads("seal of 2026.png", "The newest version")
	team.follow("Show to Leto Brand")
	team.open(files)
	team.until("it is shown", row("seal of 2026.png")+`?.querySelector(".zone.shared")`)

	client.open(files)
	client.reads("seal of 2026.png", "v1") // for them it is the first
	client.holdsNot("lid.svg")
	client.fits()
	if got := client.downloaded("seal of 2026.png"); got != sum {
		t.Errorf("the client downloads %s and not %s", got, sum)
	}

	viewer := newTab(t, "viewer", site).as(demo.people["viewer"])
	viewer.open(files)
	viewer.fill("q", "seal of")
	viewer.leaving(func() { viewer.key("\r") })
	viewer.reads("seal of 2026.png")
	viewer.holdsNot("lid.svg", "data-upload")
	viewer.open(files)
	if got := viewer.downloaded("seal of 2026.png"); got != sum {
		t.Errorf("the viewer downloads %s and not %s", got, sum)
	}
}

// A form brings files without any script, and a page asks about a name that is
// taken.
func TestUploadWithoutScript(t *testing.T) {
	site := theDemo(t)
	b := newTab(t, "client without script", site).withoutScript().as(demo.people["client lead"])
	files := openProject(b, "Spring packaging") + "/files"
	b.open(files)
	first, _ := saved(t, "care symbols.txt", []byte("Wash warm."))
	second, sum := saved(t, "care symbols.txt", []byte("Wash warm, hang in wind."))
	b.do(chromedp.SetUploadFiles("#upload input[name=file]", []string{first}))
	b.follow("Upload")
	b.reads("care symbols.txt", "Uploaded")
	b.do(chromedp.SetUploadFiles("#upload input[name=file]", []string{second}))
	b.follow("Upload")
	b.reads("There is something of that name already", "care symbols.txt")
	b.press("css label:has([value=version])")
	b.follow("Go on")
	b.open(files)
	b.until("it is the second version", row("care symbols.txt")+`?.querySelector(".version").innerText.trim() === "v2"`)
	if got := b.downloaded("care symbols.txt"); got != sum {
		t.Errorf("what is downloaded is %s and not %s", got, sum)
	}
}

// An upload on its way when the server is killed goes on by itself when there is
// one again, and is the same to the last byte.
func TestUploadOverACrash(t *testing.T) {
	port, err := built.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(t.TempDir(), "demo")
	start := func() *built.Server {
		t.Helper()
		s, err := built.StartAt(t.Context(), port, program, "demo", data)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	server := start()
	t.Cleanup(func() { server.Kill() })
	people, err := peopleOf(server)
	if err != nil {
		t.Fatal(err)
	}
	film := make([]byte, 20<<20) // two parts
	var seed [32]byte
	rand.NewChaCha8(seed).Read(film)
	path, sum := saved(t, "rushes.bin", film)
	b := newTab(t, "team", server.URL).signIn(people["manager"])
	b.live(func() { b.open(openProject(b, "Website relaunch") + "/files") })
	slow := func(bytes float64) {
		b.do(call(network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
			MatchedNetworkConditions: []*network.Conditions{{DownloadThroughput: -1, UploadThroughput: bytes}}}))
	}
	slow(8 << 20)
	b.upload(path)
	b.until("a part of it has come", `document.querySelector(".tray .up progress").value > 4e6`)
	if value[bool](b, `Boolean(document.querySelector(".tray .up[data-state=done]"))`) {
		t.Fatal("it had come whole before the crash")
	}
	server.Kill()
	server = start()
	slow(-1)
	b.until("it has come whole", `document.querySelector(".tray .up[data-state=done]")`)
	b.until("it is in the list", row("rushes.bin"))
	if got := b.downloaded("rushes.bin"); got != sum {
		t.Errorf("what is downloaded is %s and not %s", got, sum)
	}
}

// A folder is dropped on the page as from the desktop, with folders in it; it
// is paused on its way and goes on, and everything lies where it lay.
func TestFolderIsDroppedAndPaused(t *testing.T) {
	site := theDemo(t)
	b := newTab(t, "team", site).as(demo.people["manager"])
	files := openProject(b, "Spring packaging") + "/files"
	b.live(func() { b.open(files) })

	folder := filepath.Join(t.TempDir(), "Shoot in May")
	big := make([]byte, 6<<20)
	rand.NewChaCha8([32]byte{1}).Read(big)
	for name, content := range map[string][]byte{"brief.txt": []byte("By the water."), "raw/day one/harbour.bin": big, "raw/.DS_Store": {0}} {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, content, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	speed := func(bytes float64) {
		b.do(call(network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
			MatchedNetworkConditions: []*network.Conditions{{DownloadThroughput: -1, UploadThroughput: bytes}}}))
	}
	drag := func(kind input.DispatchDragEventType, x, y float64) {
		b.do(call(input.DispatchDragEvent, input.DispatchDragEventParams{Type: kind, X: x, Y: y,
			Data: &input.DragData{Items: []*input.DragDataItem{}, Files: []string{folder}, DragOperationsMask: 1}}))
	}
	speed(1 << 20)
	drag(input.DispatchDragEventTypeDragEnter, 700, 300)
	x, y := b.on("css [data-drop=team]")
	drag(input.DispatchDragEventTypeDragOver, x, y)
	drag(input.DispatchDragEventTypeDrop, x, y)

	harbour := `[...document.querySelectorAll(".tray .up")].find(u => u.innerText.includes("harbour.bin"))`
	b.until("it is on its way", harbour+`?.querySelector("progress").value > 0`)
	b.press("css .tray .up[data-state=sending] [data-do=pause]")
	b.until("it is paused", harbour+`.dataset.state === "paused"`)
	b.reads("Paused at", "Uploads are paused")
	b.holdsNot(".DS_Store")
	speed(-1)
	b.press("css .tray .up[data-state=paused] [data-do=resume]")
	b.until("both are up", `document.querySelectorAll(".tray .up[data-state=done]").length === 2`)
	b.until("the folder is in the list", row("Shoot in May"))

	b.follow("Shoot in May")
	b.reads("brief.txt", "raw")
	b.follow("raw")
	b.follow("day one")
	b.until("the file is where it was", row("harbour.bin"))
	sum := sha256.Sum256(big)
	if got, want := b.downloaded("harbour.bin"), hex.EncodeToString(sum[:]); got != want {
		t.Errorf("what is downloaded is %s and not %s", got, want)
	}
}

// T109: files that would run a script, where a browser takes them for pages, run
// none, however an owner opens them, and ask nobody for anything.
func TestHostileFiles(t *testing.T) {
	var asked atomic.Int32
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	spy := &httptest.Server{Listener: listener, Config: &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) })}}
	spy.Start()
	t.Cleanup(spy.Close)
	run := `<script>top.PWN=1;fetch("` + spy.URL + `")</script><img src="` + spy.URL + `/pixel.png" onerror="top.PWN=1">`
	svg := `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9" onload="top.PWN=1"><script>top.PWN=1</script><image xlink:href="` + spy.URL + `/pixel.png" width="9" height="9"/><foreignObject><body xmlns="http://www.w3.org/1999/xhtml">` + run + `</body></foreignObject></svg>`
	hostile := map[string]string{
		"drawing.svg":       svg,
		"drawing.png":       svg,
		"page.html":         "<!DOCTYPE html><title>" + run + "</title>" + run,
		"page.png":          "<!DOCTYPE html>" + run,
		"gif.gif":           "GIF89a/*" + run + "*/=1;top.PWN=1",
		"notes.md":          "# " + run + "\n\n[x](javascript:top.PWN=1) ![x](" + spy.URL + "/pixel.png)\n\n<iframe srcdoc='" + run + "'></iframe>",
		"plan.csv":          "=HYPERLINK(\"" + spy.URL + "\"),\"" + strings.ReplaceAll(run, `"`, `""`) + "\"",
		"paper.pdf":         "%PDF-1.4\n1 0 obj<</Type/Catalog/OpenAction<</S/JavaScript/JS(top.PWN=1)>>>>endobj\ntrailer<</Root 1 0 R>>",
		"<img onerror=1>.c": "int main(void) { return 0; } // " + run,
	}
	site := theDemo(t)
	b := newTab(t, "owner", site).as(demo.people["owner"])
	files := openProject(b, "Portfolio site") + "/files"
	b.live(func() { b.open(files) })
	var paths []string
	for name, content := range hostile {
		path, _ := saved(t, strings.ReplaceAll(name, "/", "_"), []byte(content))
		paths = append(paths, path)
	}
	b.upload(paths...)
	b.until("all are uploaded", `document.querySelectorAll(".tray .up[data-state=done]").length === `+js(len(hostile)))
	b.open(files + "?sort=at&desc=1")
	opened := map[string]bool{}
	look := func(address string) {
		t.Helper()
		if opened[address] {
			return
		}
		opened[address] = true
		b.open(address)
		b.until("all of it is loaded", `document.readyState === "complete"`)
		if value[bool](b, `"PWN" in top`) {
			t.Errorf("a file ran a script at %s", address)
		}
	}
	links := value[[][]string](b, `[...document.querySelectorAll(".file-table tbody tr:not(.folder)")].map(r => [...r.querySelectorAll("a[href]")].map(a => a.getAttribute("href")))`)
	if len(links) < len(hostile) {
		t.Fatalf("%d files are listed", len(links))
	}
	kinds := map[string]bool{} // of pages of one file, as its name is what they show
	for _, of := range links[:len(hostile)] {
		for _, href := range of {
			if version, is := strings.CutSuffix(href, "/download"); is {
				for _, view := range []string{"/view", "/thumb", "/large", "/pages/1"} {
					look(version + view)
				}
			} else if kind := ids.ReplaceAllString(href, "ID"); kind == "/files/ID" || !kinds[kind] {
				kinds[kind] = true
				look(href)
			}
		}
	}
	look(files + "?view=grid")
	look(files + "?q=main")
	if n := asked.Load(); n > 0 {
		t.Errorf("%d requests went to another server", n)
	}
	t.Logf("%d addresses of %d hostile files were opened", len(opened), len(hostile))
}

// T155: a file that was uploaded never becomes a service worker, neither of the
// portal nor of the files' own host.
func TestNoServiceWorkerFromAFile(t *testing.T) {
	site := theDemo(t)
	b := newTab(t, "owner", site).as(demo.people["owner"])
	b.live(func() { b.open(openProject(b, "Portfolio site") + "/files") })
	path, _ := saved(t, "sw.js", []byte(`addEventListener("fetch", e => e.respondWith(new Response("PWN")))`))
	b.upload(path)
	b.until("it is in the list", row("sw.js"))
	version := strings.TrimSuffix(value[string](b, row("sw.js")+`.querySelector("a[href$='/download']").getAttribute("href")`), "/download")
	// register tries addresses, and returns what became of each.
	register := func(addresses ...string) []string {
		t.Helper()
		value[bool](b, `(() => {
			window.became = [];
			for (const at of `+js(addresses)+`) {
				try {
					navigator.serviceWorker.register(at, {scope: "/"}).then(() => became.push("registered"), e => became.push(e.name));
				} catch (e) {
					became.push(e.name);
				}
			}
			return true;
		})()`)
		b.until("all are decided", `became.length === `+js(len(addresses)))
		names := value[[]string](b, `became`)
		t.Log(names)
		return names
	}
	if !value[bool](b, `"serviceWorker" in navigator`) {
		t.Fatal("this browser knows no service workers")
	}
	resp := b.takes("sw.js")
	resp.Body.Close()
	address := resp.Request.URL
	addresses := []string{address.String(), version + "/download", version + "/view", version + "/thumb", version + "/large"}
	for _, bypass := range []bool{false, true} { // the policy refuses, and without it the address does
		b.do(call(page.SetBypassCSP, page.SetBypassCSPParams{Enabled: bypass}))
		b.open("/")
		for i, name := range register(addresses...) {
			if name == "registered" {
				t.Errorf("%s is a service worker of the portal", addresses[i])
			}
		}
	}
	b.forgives("TrustedScriptURL")
	b.do(chromedp.Navigate(b.kept + "/health")) // a document of the files' host
	addresses = []string{address.Path, version + "/download", "/static/sw.js", "/pdf"}
	for i, name := range register(addresses...) {
		if name == "registered" {
			t.Errorf("%s is a service worker of the files' host", addresses[i])
		}
	}
	b.open("/")
	value[bool](b, `(navigator.serviceWorker.getRegistrations().then(all => window.workers = all.length), true)`)
	b.until("there is none", `window.workers === 0`)
}

// What the team needs is on the client's home; it is sent and said to be all.
func TestFileRequestIsAnswered(t *testing.T) {
	site := theDemo(t)
	b := newTab(t, "phone", site).phone().as(demo.people["client lead"])
	b.open("/needs")
	b.follow("Photographs of the spring cushions")
	b.reads("The four new colours")
	b.fits()
	request := b.path()
	picture, _ := saved(t, "cushion-woad.png", square(color.RGBA{0x3f, 0x5f, 0x7d, 0xff}))
	b.do(chromedp.SetUploadFiles("form[data-upload] input[name=file]", []string{picture}))
	b.reads("What came", "Was that everything?") // by itself: what is chosen is sent, and what has come is shown
	b.follow("css form[action$='/answer'] button")
	team := newTab(t, "team", site).as(demo.people["manager"])
	team.open(request)
	team.reads("cushion-woad.png")
	team.follow("css button[name=decision][value=accept]")
	team.reads("Accepted")
}
