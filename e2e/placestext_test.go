package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// Words of a page are marked with the mouse and commented on as they are; on a phone a
// finger draws around a part of a page, and takes a range of a film.
func TestPlacesByPointerAndFinger(t *testing.T) {
	site := theDemo(t)
	b := newTab(t, "client", site).as(demo.people["client lead"])
	name := fmt.Sprintf("marked %d", filesOfPlaces.Add(1))
	b.live(func() { b.open(openProject(b, "Spring packaging") + "/files") })
	paper, _ := saved(t, name+".pdf", bound(leaf{draws: "BT /F 24 Tf 60 480 Td 1 0 1 rg (Harbour) Tj 0.4 g ( quay by night) Tj ET 0 0.745 0 rg 200 250 120 120 re f"}))
	b.upload(paper)
	b.until("it is uploaded", `document.querySelectorAll(".tray .up[data-state=done]").length === 1`)
	document := b.viewed(name + ".pdf")

	b.open(document)
	b.until("the frame has drawn it", `document.querySelector("#stage").dataset.shown === "1"`)
	b.seen(green)
	var word box
	b.wait("the word stands still", func() bool {
		s, was := b.shot(), word
		word = s.where(pink, s.stage)
		return word == was && word.right-word.left > 40
	})
	_, y := word.middle()
	// What is offered stands below the end of what is marked, once the browser has marked it.
	b.wait("the words are offered and taken", func() bool {
		b.pulls(box{word.left + 1, y, word.right + 1, y})
		time.Sleep(200 * time.Millisecond)
		b.do(chromedp.MouseClickXY(word.right+30, word.bottom+28))
		time.Sleep(200 * time.Millisecond)
		return value[bool](b, `document.querySelector("[data-chip] span")?.innerText === "Page 1: “Harbour”"`)
	})
	b.keeps("Page 1: “Harbour”", "Another word", 1)
	b.sends(1, 1)

	b = newTab(t, "phone", site).as(demo.people["client lead"]).phone()
	b.open(document)
	b.until("the frame has drawn it", `document.querySelector("#stage").dataset.shown === "1"`)
	at := b.seen(green)
	b.press("css [data-place=begin]")
	b.until("a finger is awaited", `!document.querySelector("[data-hint]").hidden`)
	b.strokes(at)
	b.taken(200.0/420, 225.0/595, 120.0/420, 120.0/595)
	b.keeps("Page 1, centre", "All of this", 1)
	b.press("css .viewer-panel [data-panel-close]")
	b.framed("on the phone", green)
	b.press("css .viewer-top [data-panel-tab=comments]")
	b.sends(1, 2)

	b = newTab(t, "film on a phone", site).as(demo.people["client lead"])
	film := b.film()
	b.phone()
	b.open(film)
	b.until("it can be played", `document.querySelector("video")?.duration > 7`)
	before := value[int](b, `document.querySelectorAll("#comments .at-place").length`)
	b.winds(2)
	b.press("From here")
	b.winds(4)
	b.press("Until here")
	b.press("Comment at 0:02–0:04")
	b.keeps("0:02–0:04", "Shorter", 1)
	b.sends(1, before+1)
}

// strokes moves a finger across a part of the window.
func (b *tab) strokes(over box) {
	b.t.Helper()
	finger := func(kind input.DispatchTouchEventType, at ...*input.TouchPoint) chromedp.Action[chromedp.Void] {
		return call(input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: kind, TouchPoints: append([]*input.TouchPoint{}, at...)})
	}
	x, y := over.middle()
	b.do(finger(input.DispatchTouchEventTypeTouchStart, &input.TouchPoint{X: over.left, Y: over.top}), finger(input.DispatchTouchEventTypeTouchMove, &input.TouchPoint{X: x, Y: y}),
		finger(input.DispatchTouchEventTypeTouchMove, &input.TouchPoint{X: over.right, Y: over.bottom}), finger(input.DispatchTouchEventTypeTouchEnd))
}
