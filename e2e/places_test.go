package e2e

import (
	"fmt"
	"image/color"
	"sync/atomic"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// spot is where a part of an element is on the screen.
func (b *tab) spot(element string, x, y float64) (float64, float64) {
	b.t.Helper()
	at := value[[]float64](b, fmt.Sprintf(`(r => [r.left + r.width * %f, r.top + r.height * %f])(document.querySelector(%s).getBoundingClientRect())`, x, y, js(element)))
	return at[0], at[1]
}

// points taps or clicks there.
func (b *tab) points(element string, x, y float64) {
	b.t.Helper()
	px, py := b.spot(element, x, y)
	if b.fingers {
		b.do(chromedp.TapXY(px, py))
		return
	}
	b.do(chromedp.MouseClickXY(px, py))
}

// drags moves the mouse, or a finger, from one part of an element to another.
func (b *tab) drags(element string, x, y, toX, toY float64) {
	b.t.Helper()
	px, py := b.spot(element, x, y)
	qx, qy := b.spot(element, toX, toY)
	if b.fingers {
		b.strokes(box{px, py, qx, qy})
		return
	}
	b.pulls(box{px, py, qx, qy})
}

// keeps waits until the place is taken as it is said, and keeps a comment on it.
func (b *tab) keeps(place, text string, n int) {
	b.t.Helper()
	b.until("the place is "+place, `document.querySelector("[data-chip] span")?.innerText === `+js(place)+` && document.activeElement?.matches("#comments textarea")`)
	b.key(text)
	if b.fingers {
		b.press("Add to my feedback")
	} else {
		b.key(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierCtrl))
	}
	b.until("it is kept", fmt.Sprintf(`document.querySelectorAll("#unsent li").length === %d && [...document.querySelectorAll("#unsent li")].at(-1).innerText.includes(%s)`, n, js(text)))
}

// sends sends what was kept, and compares the list with what the stage shows.
func (b *tab) sends(kept, all int) {
	b.t.Helper()
	b.press(fmt.Sprintf("Send feedback (%d)", kept))
	b.until("it is sent", fmt.Sprintf(`!document.querySelector("#unsent") && document.querySelectorAll("#comments .at-place").length === %d`, all))
}

// comeIn uploads a picture and a document into a project, and gives where they are.
func comeIn(b *tab, project string) (picture, document string) {
	b.t.Helper()
	name := fmt.Sprintf("places %d", filesOfPlaces.Add(1)) // its own, also when the test runs again on one demo
	b.live(func() { b.open(openProject(b, project) + "/files") })
	first, _ := saved(b.t, name+".jpg", landscape(color.RGBA{150, 190, 230, 255}))
	paper, _ := saved(b.t, name+".pdf", booklet("The first page", "The second page"))
	b.upload(first, paper)
	b.until("both are uploaded", `document.querySelectorAll(".tray .up[data-state=done]").length === 2`)
	return b.viewed(name + ".jpg"), b.viewed(name + ".pdf")
}

var filesOfPlaces atomic.Int32

const (
	pictureDrawn  = `document.querySelector("#stage img")?.naturalWidth > 0`
	documentDrawn = `document.querySelector("#stage").dataset.shown === "2"`
)

// A client says where: with the mouse, with keys alone, on a picture and on the
// pages of a document. The team reads nothing of it before it is sent, and then the
// same numbers. On a phone the same with a finger.
func TestPlaces(t *testing.T) {
	site := theDemo(t)
	b := newTab(t, "client", site).as(demo.people["client lead"])
	picture, document := comeIn(b, "Spring packaging")
	const img = "#stage img"

	b.open(picture)
	b.madeSoon("the preview is there", pictureDrawn)
	b.points(img, 0.2, 0.2)
	b.keeps("Upper left", "Larger", 1)
	b.drags(img, 0.7, 0.7, 0.95, 0.95)
	b.keeps("Lower right", "Calmer", 2)
	b.do(chromedp.Focus("#stage .scroller"))
	b.key("c")
	b.until("a place is being set", `document.activeElement?.matches(".mark.fresh")`)
	for range 10 {
		b.key(kb.ArrowUp)
	}
	for range 3 {
		b.key(kb.ArrowRight, chromedp.KeyModifiers(chromedp.ModifierShift))
	}
	b.until("it is said where", `document.querySelector("#place-said").innerText === "Top"`)
	b.key(kb.Enter)
	b.keeps("Top", "By keys", 3)

	// What is set while the picture is larger than the window is where it was seen.
	b.do(chromedp.Focus("#stage .scroller"))
	for range 3 {
		b.key("+")
	}
	b.until("it is larger than the window", `document.querySelector("#stage .scroller").scrollWidth > document.querySelector("#stage .scroller").clientWidth`)
	b.points(img, 0.5, 0.45)
	b.until("the place is what was pointed at", `(p => Math.abs(p.x - 0.5) < 0.005 && Math.abs(p.y - 0.45) < 0.005)(JSON.parse(document.querySelector("[data-place-field]").value || "{}"))`)
	b.keeps("Centre", "Under the glass", 4)
	b.press("css [data-act=fit]")
	b.until("and there it stays", `(m => m.length === 4 && Math.abs(parseFloat(m[3].style.left) - 50) < 0.5 && Math.abs(parseFloat(m[3].style.top) - 45) < 0.5)(document.querySelectorAll("#stage .mark"))`)

	team := newTab(t, "team", site).as(demo.people["manager"])
	team.open(picture)
	team.until("the picture is there", pictureDrawn)
	team.until("the page is no higher than the window", `document.documentElement.scrollHeight === innerHeight`)
	team.holdsNot("Larger", "Calmer", "By keys", "Not sent yet")
	b.sends(4, 4)
	team.until("the team has the same numbers", `[...document.querySelectorAll("#comments .at-place")].map(a => a.innerText.replace(/\s+/g, " ")).join() === "1 Upper left,2 Lower right,3 Top,4 Centre" &&
		[...document.querySelectorAll("#stage .mark")].map(m => m.innerText).join() === "1,2,3,4"`)
	team.press("css #comments li:nth-child(2) .at-place")
	team.until("the stage shows which", `document.querySelector("#stage .mark[aria-current]")?.innerText === "2"`)

	// A document, with keys alone.
	b.open(document)
	b.until("the frame has drawn it", documentDrawn)
	b.key("c")
	b.until("the frame has the keys", `document.activeElement?.matches("iframe") && document.querySelector("#place-said").innerText !== ""`)
	b.key(kb.ArrowLeft)
	b.key(kb.Enter)
	b.keeps("Page 1, top", "Only keys", 1)
	b.key(kb.Escape)
	// Its words too: a line, without its last word, then one word of the next page.
	b.press("Comment on text")
	b.until("the first line is chosen and said", `document.querySelector("#place-said").innerText === "Page 1: “The first page”" && document.querySelector("[data-hint]").checkVisibility()`)
	b.key(kb.ArrowLeft, chromedp.KeyModifiers(chromedp.ModifierShift))
	b.until("a word less", `document.querySelector("#place-said").innerText === "Page 1: “The first”"`)
	b.key(kb.Enter)
	b.keeps("Page 1: “The first”", "This line", 2)
	b.do(chromedp.Focus("#stage iframe"))
	b.key("t")
	b.until("the text has the keys", `document.querySelector("[data-hint]").checkVisibility()`)
	b.key(kb.ArrowDown)
	b.until("below the last line is the next page", `document.querySelector("#place-said").innerText === "Page 2: “The second page”"`)
	b.key(kb.ArrowRight)
	b.key(kb.ArrowRight)
	b.until("a word is said", `document.querySelector("#place-said").innerText === "Page 2: “second”"`)
	b.key(kb.Enter)
	b.keeps("Page 2: “second”", "This word", 3)
	b.sends(3, 3)

	// The same with a finger, at the size of a phone.
	b = newTab(t, "phone", site).as(demo.people["client lead"]).phone()
	b.open(picture)
	b.until("the picture is there", pictureDrawn)
	b.fits()
	b.marksByFinger(img, 0.8, 0.2, "Upper right")
	b.press("css #stage .mark[data-state=unsent] span")
	b.until("and the mark leads back", `document.querySelector("#panel").checkVisibility() && document.activeElement?.closest("#unsent")`)
	b.press("css .viewer-panel [data-panel-close]")
	b.press("css [data-place=begin]")
	b.until("a finger is awaited", `!document.querySelector("[data-hint]").hidden`)
	b.drags(img, 0.1, 0.65, 0.4, 0.95)
	b.keeps("Lower left", "All of this", 2)
	b.until("an area is drawn", `document.querySelector("#stage .mark.region[data-state=unsent]")`)
	b.sends(2, 6)
	b.open(document)
	b.until("the frame has drawn it", documentDrawn)
	b.fits()
	b.marksByFinger("#stage", 0.5, 0.3, "Page 1, top")
	b.press("css .viewer-top [data-panel-tab=comments]")
	b.sends(1, 4)

	// What is open comes along to the next version, and looks and reads like it; what
	// is done stays behind.
	team.press("css #comments li:nth-child(2) form[action$='/resolve'] button")
	team.until("it is resolved", `document.querySelector("#stage .mark[data-state=resolved]")`)
	team.newVersionOf(picture, landscape(color.RGBA{240, 200, 150, 255}))
	b.open(picture)
	b.madeSoon("the new version is there", pictureDrawn+` && document.querySelectorAll("#stage .mark").length === 5`)
	b.until("each says of which it is", `[...document.querySelectorAll("#stage .mark.along")].map(m => m.getAttribute("aria-label")).join("; ").startsWith("1: Upper left, from v1; 3: Top, from v1; 4: Centre, from v1")`)
	b.press("css #stage .mark.along span")
	b.until("and leads to what was said", `document.activeElement?.id === document.querySelector("#stage .mark[aria-current]")?.dataset.id && document.activeElement.innerText.includes("from v1")`)

	// In words, without script.
	plain := newTab(t, "client without script", site).withoutScript().as(demo.people["client lead"])
	plain.open(document)
	plain.press("css details.say-where summary")
	plain.fill("page", "2")
	plain.fill("where", "upper right")
	plain.fill("body", "Said in words")
	plain.follow("Add to my feedback")
	plain.reads("Not sent yet (1)", "Page 2, upper right", "Said in words")
	plain.follow("Send feedback (1)")
	plain.holdsNot("Not sent yet")
	plain.reads("Page 2, upper right")
}

// newVersionOf brings a new version of a file that is open, from beside it.
func (b *tab) newVersionOf(file string, content []byte) {
	b.t.Helper()
	b.live(func() { b.open(file + "?panel=versions") })
	path, _ := saved(b.t, "next.jpg", content)
	b.press("css .add-version summary")
	b.press("css .add-version label:has([value=client])")
	b.do(chromedp.SetUploadFiles(".add-version input[type=file]", []string{path}))
	b.until("it is there", `document.querySelector(".version-menu summary b").innerText === "v2"`)
}

// film is where the demo's film is looked at.
func (b *tab) film() string {
	b.t.Helper()
	b.open(openProject(b, "Website relaunch") + "/files")
	b.open(b.viewed("Design"))
	b.open(b.viewed("Parts"))
	return b.viewed("Way through the checkout.mp4")
}

// winds winds the film to a second.
func (b *tab) winds(to int) {
	b.t.Helper()
	b.until("it is wound", fmt.Sprintf(`(v => v.currentTime === %[1]d && !v.seeking || (v.currentTime = %[1]d, false))(document.querySelector("video"))`, to))
}

// A film is talked about by the mouse and by keys: a time, a range, and what is
// drawn over it.
func TestFilm(t *testing.T) {
	site := theDemo(t)
	b := newTab(t, "client", site).as(demo.people["client lead"])
	film := b.film()
	b.open(film)
	b.until("it can be played", `document.querySelector("video")?.duration > 7`)
	before := value[int](b, `document.querySelectorAll("#comments .at-place").length`)
	b.winds(1)
	b.press("Comment at 0:01")
	b.keeps("0:01", "Slower", 1)
	b.winds(2)
	b.press("From here")
	b.winds(4)
	b.press("Until here")
	b.press("Comment at 0:02–0:04")
	b.keeps("0:02–0:04", "Too long", 2)
	b.winds(3)
	b.press("From here")
	b.winds(5)
	b.press("Until here")
	b.do(chromedp.Focus("form:has([data-place-field]) textarea"))
	b.key("N") // who writes now means that, too
	b.keeps("0:03–0:05", "o sound", 3)
	b.winds(5)
	b.press("Draw")
	b.drags("#stage video", 0.05, 0.1, 0.25, 0.2)
	b.press("Take it")
	b.keeps("0:05, with a drawing: upper left", "This mark", 4)
	// With keys alone, from the film on.
	b.do(chromedp.Focus("#stage video"))
	b.winds(6)
	b.key("d")
	b.until("a box is offered", `document.activeElement?.matches("[data-place=box]")`)
	b.key(kb.Enter)
	b.until("it is there and said", `document.activeElement?.matches(".drawing") && document.querySelector("#place-said").innerText.startsWith("Box: Centre. Arrow keys move it")`)
	b.seesFocus()
	for range 15 {
		b.key(kb.ArrowDown)
		b.key(kb.ArrowRight)
	}
	b.key(kb.ArrowRight, chromedp.KeyModifiers(chromedp.ModifierShift))
	b.until("it is said where it is", `document.querySelector("#place-said").innerText === "Box: Lower right"`)
	// As a keyboard does it: what the page has taken presses nothing else.
	b.do(call(input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: "Enter", Code: "Enter", Text: "\r", WindowsVirtualKeyCode: 13}),
		call(input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyUp, Key: "Enter", Code: "Enter", WindowsVirtualKeyCode: 13}))
	b.until("it is a part of the drawing", `document.activeElement?.matches("[data-place=done]") && document.querySelectorAll(".drawing polyline:not(.fresh)").length === 1`)
	b.key(kb.Enter)
	b.keeps("0:06, with a drawing: lower right", "By keys", 5)
	b.sends(5, before+5)

	team := newTab(t, "team", site).as(demo.people["manager"])
	team.open(film)
	team.until("it can be played", `document.querySelector("video")?.duration > 7`)
	team.until("the line has the same numbers as the list", `(n => n(".time-marks .mark").length === `+js(before+5)+` && n(".time-marks .mark").join() === n("#comments .at-place b").join())(q => [...document.querySelectorAll(q)].map(e => e.innerText))`)
	team.press(`css #comments > ol > li:last-child .at-place`)
	team.until("the drawing is shown at its time", `document.querySelector("video").currentTime === 6 && document.querySelectorAll(".drawing polyline").length === 1`)
}

// On a phone a film is talked about with a finger: a time, and what the finger draws over
// it, which is afterwards where it was drawn.
func TestFilmByFinger(t *testing.T) {
	site := theDemo(t)
	b := newTab(t, "client on a phone", site).as(demo.people["client lead"])
	film := b.film()
	b.phone()
	b.open(film)
	b.until("it can be played", `document.querySelector("video")?.duration > 7`)
	b.fits()
	before := value[int](b, `document.querySelectorAll("#comments .at-place").length`)
	b.winds(3)
	b.press("Comment at 0:03")
	b.keeps("0:03", "Slower", 1)
	b.press("css .viewer-panel [data-panel-close]")
	b.winds(6)
	b.press("Draw")
	b.until("the frame awaits the finger", `document.querySelector(".drawing")?.dataset.draws !== undefined`)
	b.drags("#stage video", 0.2, 0.3, 0.6, 0.7)
	b.points("#stage video", 0.8, 0.2)
	// drawn is whether a line and a dot are seen where the finger was.
	const drawn = `((v, lines) => {
		const [line, dot] = lines.map(l => { const r = l.getBoundingClientRect(); return [r.left - v.left, r.top - v.top, r.right - v.left, r.bottom - v.top].map((x, i) => x / (i % 2 ? v.height : v.width)); });
		const near = (a, b) => a.every((x, i) => Math.abs(x - b[i]) < 0.01);
		return lines.length === 2 && near(line, [0.2, 0.3, 0.6, 0.7]) && near(dot, [0.8, 0.2, 0.8, 0.2]);
	})(document.querySelector("#stage video").getBoundingClientRect(), [...document.querySelectorAll(".drawing polyline")])`
	b.until("a line and a dot are where the finger was", drawn)
	b.fits()
	b.press("Take it")
	b.keeps("0:06, with a drawing: centre", "Here", 2)
	b.sends(2, before+2)
	b.open(film)
	b.until("it can be played", `document.querySelector("video")?.duration > 7`)
	b.press("css .viewer-top [data-panel-tab=comments]")
	b.press("css #comments > ol > li:last-child .at-place")
	b.until("the sheet makes room, at that time", `!document.querySelector("#panel").checkVisibility() && document.querySelector("video").currentTime === 6`)
	b.until("and they are there again", drawn)
}

// A drawing is taken however long its lines are, and with shapes beside them; of more
// of them than a drawing takes it is said. What the page does not hold of many is
// there when it is looked at.
func TestLongDrawings(t *testing.T) {
	site := theDemo(t)
	b := newTab(t, "client", site).as(demo.people["client lead"])
	film := b.film()
	b.open(film)
	b.until("it can be played", `document.querySelector("video")?.duration > 7`)
	// scribbles draws lines across the frame, as a pen does, of so many points each.
	scribbles := func(lines, points int) {
		b.t.Helper()
		value[int](b, fmt.Sprintf(`(() => {
			const svg = document.querySelector(".drawing"), at = svg.getBoundingClientRect();
			svg.setPointerCapture = () => {};
			const send = (what, x, y) => svg.dispatchEvent(new PointerEvent(what, { bubbles: true, pointerId: 1, clientX: at.left + x * at.width, clientY: at.top + y * at.height }));
			for (let line = 0; line < %[1]d; line++) {
				send("pointerdown", 0.1, 0.1);
				for (let i = 1; i < %[2]d; i++) send("pointermove", 0.1 + (0.6 * i) / %[2]d, i %% 2 ? 0.8 : 0.1);
				send("pointerup", 0.7, 0.1);
			}
			return 0;
		})()`, lines, points))
	}
	const points = `JSON.parse(document.querySelector("[data-place-field]").value).strokes.flat().length`
	for n := range 7 {
		b.press("Draw")
		scribbles(1, 1500)
		b.press("Box")
		b.until("a box is there", `document.activeElement?.matches(".drawing")`)
		b.press("Take it")
		b.until("its lines are as exact as may be", `(n => n > 300 && n <= 1000)(`+points+`)`)
		b.keeps("0:00, with a drawing: centre", "Long", n+1)
	}
	b.press("Draw")
	scribbles(210, 3)
	b.until("it is said that no more fit", `document.querySelector("p.drawing-tools").innerText.startsWith("This drawing is full") && document.querySelectorAll(".drawing polyline").length === 200`)
	b.press("css [data-place=clear]")
	b.until("there is room again", `document.querySelector("p.drawing-tools").innerText.startsWith("Draw with the mouse")`)
	scribbles(199, 3)
	b.press("Take it")
	b.keeps("0:00, with a drawing: left", "Many", 8)
	b.open(film)
	b.until("it can be played", `document.querySelector("video")?.duration > 7`)
	b.until("the page does not hold all of it", `JSON.parse(document.querySelector("#places").dataset.marks).at(-1).more`)
	b.press("css #unsent li:last-child .at-place")
	b.until("it is drawn all the same", `document.querySelectorAll(".drawing polyline").length === 199`)
	for n := 8; n > 0; n-- {
		b.press("css #unsent li:last-child form[action$=delete] button")
		b.until("it is gone", fmt.Sprintf(`document.querySelectorAll("#unsent li").length === %d`, n-1))
	}
}

// marksByFinger keeps a comment on a place that a finger taps.
func (b *tab) marksByFinger(element string, x, y float64, place string) {
	b.t.Helper()
	b.press("css [data-place=begin]")
	b.until("a tap is awaited", `!document.querySelector("[data-hint]").hidden`)
	b.points(element, x, y)
	b.keeps(place, "With the thumb", 1)
	b.press("css #unsent .at-place")
	b.until("the sheet makes room for the stage", `!document.querySelector("#panel").checkVisibility()`)
}
