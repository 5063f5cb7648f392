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

// drags moves the mouse from one part of an element to another.
func (b *tab) drags(element string, x, y, toX, toY float64) {
	b.t.Helper()
	px, py := b.spot(element, x, y)
	qx, qy := b.spot(element, toX, toY)
	mouse := func(kind input.DispatchMouseEventType, x, y float64) chromedp.Action[chromedp.Void] {
		return call(input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: kind, X: x, Y: y, Button: input.MouseButtonLeft, Buttons: 1, ClickCount: 1})
	}
	b.do(mouse(input.DispatchMouseEventTypeMousePressed, px, py), mouse(input.DispatchMouseEventTypeMouseMoved, (px+qx)/2, (py+qy)/2),
		mouse(input.DispatchMouseEventTypeMouseMoved, qx, qy), mouse(input.DispatchMouseEventTypeMouseReleased, qx, qy))
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
	b := newTab(t, "client", site).signIn(demo.people["client lead"])
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

	team := newTab(t, "team", site).signIn(demo.people["manager"])
	team.open(picture)
	team.until("the picture is there", pictureDrawn)
	team.holdsNot("Larger", "Calmer", "By keys", "Not sent yet")
	b.sends(3, 3)
	team.until("the team has the same numbers", `[...document.querySelectorAll("#comments .at-place")].map(a => a.innerText.replace(/\s+/g, " ")).join() === "1 Upper left,2 Lower right,3 Top" &&
		[...document.querySelectorAll("#stage .mark")].map(m => m.innerText).join() === "1,2,3"`)
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
	b.sends(1, 1)

	// The same with a finger, at the size of a phone.
	b = newTab(t, "phone", site).signIn(demo.people["client lead"]).phone()
	b.open(picture)
	b.until("the picture is there", pictureDrawn)
	b.fits()
	b.marksByFinger(img, 0.8, 0.2, "Upper right")
	b.press("css #stage .mark[data-state=unsent] span")
	b.until("and the mark leads back", `document.querySelector("#panel").checkVisibility() && document.activeElement?.closest("#unsent")`)
	b.sends(1, 4)
	b.open(document)
	b.until("the frame has drawn it", documentDrawn)
	b.fits()
	b.marksByFinger("#stage", 0.5, 0.3, "Page 1, top")
	b.press("css .viewer-top [data-panel-tab=comments]")
	b.sends(1, 2)

	// In words, without script.
	plain := newTab(t, "client without script", site).withoutScript().signIn(demo.people["client lead"])
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
