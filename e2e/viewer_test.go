package e2e

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// landscape is a picture larger than a screen.
func landscape(sky color.RGBA) []byte {
	p := image.NewRGBA(image.Rect(0, 0, 2400, 1600))
	for y := range 1600 {
		for x := range 2400 {
			c := sky
			if y > 900+x/8 {
				c = color.RGBA{uint8(x / 12), 120, uint8(y / 8), 255}
			}
			p.SetRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, p, nil); err != nil {
		panic(err) // a buffer takes everything
	}
	return b.Bytes()
}

// booklet is a PDF with a line of text on each page.
func booklet(lines ...string) []byte {
	var pages []leaf
	for _, line := range lines {
		pages = append(pages, leaf{draws: "BT /F 24 Tf 60 480 Td (" + line + ") Tj ET"})
	}
	return bound(pages...)
}

// A leaf is a page of a PDF: 420 wide and 595 high before it is turned.
type leaf struct {
	turned int // clockwise, in degrees
	draws  string
}

// bound is a PDF of these pages.
func bound(pages ...leaf) []byte {
	var b bytes.Buffer
	var at []int
	object := func(body string) {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", len(at), body)
	}
	b.WriteString("%PDF-1.4\n")
	var kids []string
	for i := range pages {
		kids = append(kids, fmt.Sprintf("%d 0 R", 4+2*i))
	}
	object("<</Type/Catalog/Pages 2 0 R>>")
	object(fmt.Sprintf("<</Type/Pages/Count %d/Kids[%s]>>", len(pages), strings.Join(kids, " ")))
	object("<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")
	for i, p := range pages {
		object(fmt.Sprintf("<</Type/Page/Parent 2 0 R/MediaBox[0 0 420 595]/Rotate %d/Contents %d 0 R/Resources<</Font<</F 3 0 R>>>>>>", p.turned, 5+2*i))
		object(fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", len(p.draws), p.draws))
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, n := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, xref)
	return b.Bytes()
}

// tone is a sound of so many seconds.
func tone(seconds int) []byte {
	const rate = 8000
	n := rate * seconds
	var b bytes.Buffer
	b.WriteString("RIFF")
	binary.Write(&b, binary.LittleEndian, uint32(36+2*n))
	b.WriteString("WAVEfmt ")
	for _, v := range []any{uint32(16), uint16(1), uint16(1), uint32(rate), uint32(2 * rate), uint16(2), uint16(16)} {
		binary.Write(&b, binary.LittleEndian, v)
	}
	b.WriteString("data")
	binary.Write(&b, binary.LittleEndian, uint32(2*n))
	for i := range n {
		binary.Write(&b, binary.LittleEndian, int16(8000*math.Sin(float64(i)/6)))
	}
	return b.Bytes()
}

// viewed is the address of a file's page, from the list of files that is open.
func (b *tab) viewed(name string) string {
	b.t.Helper()
	b.until(name+" is in the list", row(name))
	return value[string](b, row(name)+`.querySelector("a.main").getAttribute("href")`)
}

// madeSoon waits for what other programs make, which on a busy machine takes
// longer than a page may.
func (b *tab) madeSoon(what, expression string) {
	b.t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(4 * patience); time.Now().Before(end); <-tick.C {
		if value[bool](b, "Boolean("+expression+")") {
			return
		}
	}
	b.until(what, expression)
}

// Everything in the viewer goes by keys: pictures, documents and sounds, the
// panel, the way from one file to the next, and two versions over each other.
func TestViewer(t *testing.T) {
	site := theDemo(t)
	b := newTab(t, "team", site).as(demo.people["manager"])
	files := openProject(b, "Spring packaging") + "/files"
	b.live(func() { b.open(files) })
	first, _ := saved(t, "view 1.jpg", landscape(color.RGBA{150, 190, 230, 255}))
	paper, _ := saved(t, "view 2.pdf", booklet("First page", "The second page says harbour", "Third page"))
	sound, _ := saved(t, "view 3.wav", tone(40))
	words, _ := saved(t, "view 4.txt", []byte("one\ntwo lines are here\nthree\n"))
	b.upload(first, paper, sound, words)
	b.until("all are uploaded", `document.querySelectorAll(".tray .up[data-state=done]").length === 4`)
	better, _ := saved(t, "view 1.jpg", landscape(color.RGBA{240, 200, 150, 255}))
	other, _ := saved(t, "view 4.txt", []byte("one\ntwo lines are there\nthree\n"))
	b.upload(better, other)
	for n := range 2 {
		b.until("the tray asks", fmt.Sprintf(`document.querySelectorAll(".tray .up[data-state=clash]").length === %d`, 2-n))
		b.press("css .tray .up[data-state=clash] [data-do=version]")
	}
	b.until("all are uploaded", `document.querySelectorAll(".tray .up[data-state=done]").length === 6`)
	b.open(files + "?sort=at&desc=1")
	picture, document, audio, text := b.viewed("view 1.jpg"), b.viewed("view 2.pdf"), b.viewed("view 3.wav"), b.viewed("view 4.txt")

	b.open(document)
	b.until("the frame has drawn it", `document.querySelector("#stage").dataset.shown === "3"`)
	if u, _ := url.Parse(value[string](b, `document.querySelector("#stage iframe").src`)); u == nil || "http://"+u.Host == site {
		t.Error("the document is drawn on the portal's own host")
	}
	if got := value[string](b, `document.querySelector("#stage iframe").getAttribute("sandbox")`); got != "allow-scripts" {
		t.Errorf("its frame may do %q", got)
	}
	b.key("]")
	b.until("the next file is open", `location.pathname === `+js(audio))
	b.until("it can be heard", `document.querySelector("audio").duration > 39`)
	for range 3 {
		b.key("l")
	}
	b.until("it is wound on", `document.querySelector("audio").currentTime >= 30 && !document.querySelector("audio").seeking`)
	b.key("j")
	b.until("and back", `document.querySelector("audio").currentTime === 20`)

	b.open(text + "/compare")
	b.reads("1 line new · 1 line gone", "two lines are there")
	b.until("the words that changed are marked", `document.querySelector("ins")?.innerText.includes("there")`)

	b.open(picture)
	b.madeSoon("the preview is there", `document.querySelector(".picture img")?.naturalWidth > 0`)
	fit := value[float64](b, `document.querySelector(".picture img").getBoundingClientRect().width`)
	b.key("+")
	b.until("it is larger", fmt.Sprintf(`document.querySelector(".picture img").getBoundingClientRect().width > %f`, fit))
	b.until("the original is loaded where there are not pixels enough", `(document.querySelector("[data-act=full]").click(), document.querySelector(".picture img").naturalWidth === 2400)`)
	if got := value[string](b, `document.querySelector("[data-level]").innerText`); got != "100 %" {
		t.Errorf("zoomed to %s", got)
	}
	b.key("0")
	b.until("it fits again", fmt.Sprintf(`Math.abs(document.querySelector(".picture img").getBoundingClientRect().width - %f) < 1`, fit))
	b.key("i")
	b.until("the facts are beside it", `document.querySelector("[data-tab=info]").checkVisibility()`)
	b.reads("2400 × 1600 pixels", "SHA-256")
	b.key("i")
	b.until("nothing is beside it", `!document.querySelector("#panel").checkVisibility()`)
	b.key("?")
	b.until("the keys are listed", `document.querySelector("#keys").open`)
	b.key("\x1b")
	b.until("they are put away", `!document.querySelector("#keys").open && document.activeElement === document.body`)
	b.key("v")
	b.until("the versions are beside it", `document.querySelector("[data-tab=versions]").checkVisibility()`)
	b.reads("v1", "v2")
	b.follow("css .viewer-top a[aria-label='Compare versions']")
	b.until("both pictures are there", `[...document.querySelectorAll(".sides img")].filter(i => i.naturalWidth > 0).length === 2`)
	b.follow("Overlay")
	b.until("one lies over the other", `document.querySelectorAll(".overlay img").length === 2`)
	b.do(chromedp.Focus("input[type=range]"))
	b.key(kb.ArrowRight)
	at := value[string](b, `document.querySelector("#stage").style.getPropertyValue("--at")`)
	if at != "51%" {
		t.Errorf("an arrow key moves the slider to %s", at)
	}
}

// On a phone the versions are a sheet over the picture, and without script they
// stand below it.
func TestViewerOnAPhone(t *testing.T) {
	site := theDemo(t)
	team := newTab(t, "team", site).as(demo.people["manager"])
	files := openProject(team, "Spring packaging") + "/files"
	team.live(func() { team.open(files) })
	paper, _ := saved(t, "phone.pdf", booklet("One", "Two"))
	team.upload(paper)
	team.until("it is uploaded", `document.querySelectorAll(".tray .up[data-state=done]").length === 1`)
	page := team.viewed("phone.pdf")

	b := newTab(t, "team on a phone", site).phone().as(demo.people["manager"])
	b.open(page)
	b.until("the frame has drawn it", `document.querySelector("#stage").dataset.shown === "2"`)
	b.fits()
	if value[bool](b, `document.querySelector("#panel").checkVisibility()`) {
		t.Error("the sheet covers the document")
	}
	b.press("css .viewer-top [data-panel-tab=versions]")
	b.until("the sheet is open", `document.querySelector("#panel").checkVisibility()`)
	b.reads("v1")
	b.press("css [data-panel-close]")
	b.until("the sheet is closed", `!document.querySelector("#panel").checkVisibility()`)

	plain := newTab(t, "team without script", site).withoutScript().as(demo.people["manager"])
	plain.open(page)
	plain.reads("phone.pdf")
	plain.fill("body", "Read without script")
	plain.follow("Only us")
	plain.reads("Read without script")
	plain.follow("css #panel .tabs a[data-panel-tab=versions]")
	plain.reads("v1", "Add a new version")
	if value[bool](plain, `document.querySelector("iframe") !== null`) {
		t.Error("there is a frame without script")
	}
}
