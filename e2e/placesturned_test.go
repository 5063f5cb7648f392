package e2e

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"math"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// What is pointed at in the pictures and pages of these tests has a colour of its own,
// by which they find it on the screen, however it got there.
var (
	pink  = color.RGBA{255, 0, 255, 255}
	green = color.RGBA{0, 190, 0, 255}
)

// turnedPicture is a JPEG whose camera lay on its side: 600 wide and 400 high as it is
// stored, the other way round as it is seen, and then with a pink square, 120 wide, in
// the upper right, around 3/4 of its width and 1/4 of its height.
func turnedPicture() []byte {
	p := image.NewRGBA(image.Rect(0, 0, 600, 400))
	draw.Draw(p, p.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(p, image.Rect(90, 40, 210, 160), image.NewUniform(pink), image.Point{}, draw.Src)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, p, &jpeg.Options{Quality: 95}); err != nil {
		panic(err) // a buffer takes everything
	}
	// The orientation is the one entry of the one directory.
	exif := []byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00")
	head := binary.BigEndian.AppendUint16([]byte{0xff, 0xd8, 0xff, 0xe1}, uint16(len(exif)+2))
	return append(append(head, exif...), b.Bytes()[2:]...)
}

// turnedPages is a PDF of a page as it is, with a pink square, and one that is turned by a
// quarter, with a green square: around 7/10 of the width it is seen with, and 1/4 of the
// height.
func turnedPages() []byte {
	return bound(leaf{draws: "1 0 1 rg 100 355 120 120 re f"}, leaf{turned: 90, draws: "0 0.745 0 rg 45 356.5 120 120 re f"})
}

// A box is a part of the window.
type box struct{ left, top, right, bottom float64 }

func (x box) middle() (float64, float64) { return (x.left + x.right) / 2, (x.top + x.bottom) / 2 }

// wider is the box with so much more on each side.
func (x box) wider(by float64) box { return box{x.left - by, x.top - by, x.right + by, x.bottom + by} }

// square reports whether the box is as wide as it is high: as all that has a colour is,
// where it is seen whole.
func (x box) square() bool {
	return x.right-x.left > 40 && math.Abs(x.right-x.left-x.bottom+x.top) <= 3
}

// near reports whether no side is further away than so much.
func (x box) near(y box, far float64) bool {
	return math.Abs(x.left-y.left) <= far && math.Abs(x.top-y.top) <= far && math.Abs(x.right-y.right) <= far && math.Abs(x.bottom-y.bottom) <= far
}

// A shot is what is seen of the stage.
type shot struct {
	*image.RGBA
	scale float64 // its pixels for one of the page
	stage box
}

func (b *tab) shot() shot {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	raw, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Fatalf("%s: %v", b.who, err)
	}
	p, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		b.t.Fatal(err)
	}
	flat, ok := p.(*image.RGBA)
	if !ok {
		flat = image.NewRGBA(p.Bounds())
		draw.Draw(flat, flat.Rect, p, p.Bounds().Min, draw.Src)
	}
	at := value[[]float64](b, `(r => [r.left, r.top, r.right, r.bottom, innerWidth])(document.querySelector("#stage").getBoundingClientRect())`)
	return shot{flat, float64(flat.Rect.Dx()) / at[4], box{at[0], at[1], at[2], at[3]}}
}

// where is around all that has the colour within a part of the stage; nothing where
// nothing has it.
func (s shot) where(c color.RGBA, in box) box {
	pixel := func(x float64) int { return int(math.Round(x * s.scale)) }
	within := image.Rect(pixel(max(in.left, s.stage.left)), pixel(max(in.top, s.stage.top)), pixel(min(in.right, s.stage.right)), pixel(min(in.bottom, s.stage.bottom))).Intersect(s.Rect)
	var found image.Rectangle
	far := func(a, b uint8) int { return max(int(a)-int(b), int(b)-int(a)) }
	for y := within.Min.Y; y < within.Max.Y; y++ {
		for x := within.Min.X; x < within.Max.X; x++ {
			if p := s.RGBAAt(x, y); far(p.R, c.R)+far(p.G, c.G)+far(p.B, c.B) < 90 {
				found = found.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return box{float64(found.Min.X) / s.scale, float64(found.Min.Y) / s.scale, float64(found.Max.X) / s.scale, float64(found.Max.Y) / s.scale}
}

// seen waits until what has the colour is whole on the stage and stands still, and gives
// where.
func (b *tab) seen(c color.RGBA) (at box) {
	b.t.Helper()
	b.wait("it is seen", func() bool {
		s, was := b.shot(), at
		at = s.where(c, s.stage)
		return at == was && at.square()
	})
	return at
}

// accent is the colour of the marks.
func (b *tab) accent() color.RGBA {
	b.t.Helper()
	v := value[[]int](b, `(() => {
		const probe = document.createElement("i"), c = document.createElement("canvas").getContext("2d");
		probe.style.color = "var(--accent)";
		document.body.append(probe);
		c.fillStyle = getComputedStyle(probe).color;
		probe.remove();
		c.fillRect(0, 0, 1, 1);
		return [...c.getImageData(0, 0, 1, 1).data];
	})()`)
	return color.RGBA{uint8(v[0]), uint8(v[1]), uint8(v[2]), 255}
}

// pinned waits until a pin is seen to point at the middle of what has the colour.
func (b *tab) pinned(where string, c color.RGBA) {
	b.t.Helper()
	accent := b.accent()
	b.wait("the pin points at it "+where, func() bool {
		s := b.shot()
		on := s.where(c, s.stage)
		pin := s.where(accent, on)
		x, y := on.middle()
		return on.square() && pin.right-pin.left > 20 && math.Abs(pin.left-x) <= 6 && math.Abs(pin.bottom-y) <= 6
	})
}

// framed waits until the line of a region is seen around what has the colour, with its
// number at the upper left, and gives where that is.
func (b *tab) framed(where string, c color.RGBA) (on box) {
	b.t.Helper()
	accent := b.accent()
	b.wait("the region is around it "+where, func() bool {
		s := b.shot()
		on = s.where(c, s.stage)
		const number, line = 13, 2
		want := box{on.left - number, on.top - number, on.right + line, on.bottom + line}
		return on.square() && s.where(accent, on.wider(30)).near(want, 6)
	})
	return on
}

// taken waits until the place that was set is so, as parts of what it is on.
func (b *tab) taken(x, y, width, height float64) {
	b.t.Helper()
	b.until("the place is what was pointed at", fmt.Sprintf(`(p => Math.abs(p.x - %f) < 0.01 && Math.abs(p.y - %f) < 0.01 && Math.abs((p.width ?? 0) - %f) < 0.01 && Math.abs((p.height ?? 0) - %f) < 0.01)(JSON.parse(document.querySelector("[data-place-field]").value || "{}"))`, x, y, width, height))
}

// A place stays on what it was set on: on a picture that says which way up it is, on a
// page, and on a page that says so, too. It is compared with what is seen on the screen:
// after zooming, where the server draws the pages, and on a phone.
func TestPlacesStayOnWhatTheyMark(t *testing.T) {
	site := theDemo(t)
	b := newTab(t, "client", site).as(demo.people["client lead"])
	name := fmt.Sprintf("turned %d", filesOfPlaces.Add(1))
	b.live(func() { b.open(openProject(b, "Spring packaging") + "/files") })
	first, _ := saved(t, name+".jpg", turnedPicture())
	paper, _ := saved(t, name+".pdf", turnedPages())
	b.upload(first, paper)
	b.until("both are uploaded", `document.querySelectorAll(".tray .up[data-state=done]").length === 2`)
	picture, document := b.viewed(name+".jpg"), b.viewed(name+".pdf")
	click := func(c color.RGBA) { b.t.Helper(); b.do(chromedp.MouseClickXY(b.seen(c).middle())) }

	b.open(document)
	b.until("the frame has drawn it", documentDrawn)
	b.press("css [data-place=begin]")
	b.until("the mouse is awaited", `!document.querySelector("[data-hint]").hidden`)
	at := b.seen(pink)
	b.pulls(at)
	b.taken(100.0/420, 120.0/595, 120.0/420, 120.0/595)
	b.keeps("Page 1, top", "All of this", 1)
	b.framed("on the page", pink)
	b.do(chromedp.Focus("#stage iframe"))
	b.key("+")
	b.wait("the page is larger", func() bool { now := b.seen(pink); return now.right-now.left > 1.1*(at.right-at.left) })
	b.framed("on the larger page", pink)
	b.key(kb.ArrowRight)
	b.wait("the next page is drawn", func() bool { s := b.shot(); return s.where(green, s.stage) != box{} })
	b.key("0")
	b.key(kb.ArrowRight) // to its beginning
	b.press("css [data-place=begin]")
	b.until("the mouse is awaited", `!document.querySelector("[data-hint]").hidden`)
	click(green)
	b.taken(0.7, 0.25, 0, 0)
	b.keeps("Page 2, upper right", "Here", 2)
	b.pinned("on the turned page", green)
	b.sends(2, 2)

	b.open(picture)
	b.madeSoon("the preview is there", pictureDrawn)
	click(pink)
	b.taken(0.75, 0.25, 0, 0)
	b.keeps("Upper right", "And here", 1)
	b.pinned("on the picture", pink)
	b.sends(1, 1)
	b.until("it is so large that the original is drawn", `document.querySelector("#stage img").currentSrc.endsWith("/view") || (document.querySelector("[data-act=in]").click(), false)`)
	b.press("css #comments .at-place")
	b.pinned("on the original", pink)

	// Where the frame cannot have the file, the server has drawn its pages.
	b.do(call(network.SetBlockedURLs, network.SetBlockedURLsParams{URLPatterns: []*network.BlockPattern{{URLPattern: "*://*:*/*/view", Block: true}}}))
	b.open(document)
	b.madeSoon("the pages are drawn by the server", `document.querySelector("#stage .leaves img")?.naturalWidth > 0`)
	b.framed("on the server's page", pink)
	b.press("css #comments li:nth-child(2) .at-place")
	b.pinned("on the server's turned page", green)
	b.do(call(network.SetBlockedURLs, network.SetBlockedURLsParams{}))

	b.phone()
	b.open(picture)
	b.until("the picture is there", pictureDrawn)
	b.pinned("on a phone", pink)
	b.open(document)
	b.until("the frame has drawn it", documentDrawn)
	b.framed("on a phone's page", pink)
	b.press("css .viewer-top [data-panel-tab=comments]")
	b.press("css #comments li:nth-child(2) .at-place")
	b.pinned("on a phone's turned page", green)
}

// pulls moves the mouse across a part of the window.
func (b *tab) pulls(over box) {
	b.t.Helper()
	mouse := func(kind input.DispatchMouseEventType, x, y float64) chromedp.Action[chromedp.Void] {
		return call(input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: kind, X: x, Y: y, Button: input.MouseButtonLeft, Buttons: 1, ClickCount: 1})
	}
	x, y := over.middle()
	b.do(mouse(input.DispatchMouseEventTypeMousePressed, over.left, over.top), mouse(input.DispatchMouseEventTypeMouseMoved, x, y),
		mouse(input.DispatchMouseEventTypeMouseMoved, over.right, over.bottom), mouse(input.DispatchMouseEventTypeMouseReleased, over.right, over.bottom))
}
