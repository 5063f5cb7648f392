package e2e

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// tabTo presses Tab until what has the focus satisfies the expression in e, and
// fails when the focus is ever not to be seen on the way.
func (b *tab) tabTo(what, expression string) {
	b.t.Helper()
	for range 120 {
		b.key(kb.Tab)
		b.seesFocus()
		if value[bool](b, fmt.Sprintf(`(e => Boolean(%s))(document.activeElement)`, expression)) {
			return
		}
	}
	b.t.Fatalf("%s: Tab does not reach %s on %s", b.who, what, b.path())
}

// named is the expression for what is read so.
func named(words string) string {
	return fmt.Sprintf(`(e.getAttribute("aria-label") ?? e.innerText).trim().replace(/\s+/g, " ") === %s`, js(words))
}

// seesFocus fails when what has the focus is out of sight or has no mark of it.
func (b *tab) seesFocus() {
	b.t.Helper()
	wrong := value[string](b, `(() => {
		const e = document.activeElement;
		// The calendar button within a date is the browser's own, and so is its mark.
		if (e === document.body || e.type === "date" && !e.matches(":focus")) return "";
		const name = e.tagName + " " + (e.id || e.innerText || e.name);
		const r = e.getBoundingClientRect();
		if (r.bottom < 0 || r.top > innerHeight || r.right < 0 || r.left > innerWidth) return name + " is out of sight";
		// Where the control itself is hidden, its label carries the mark; of a link
		// that is a whole card, what lies over the card.
		const marked = [e, e.parentElement, e.nextElementSibling].filter(Boolean).some(x => [null, "::after"].some(part => {
			const s = getComputedStyle(x, part);
			return s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0 || s.boxShadow !== "none";
		}));
		return marked ? "" : name + " does not show that it has the focus";
	})()`)
	if wrong != "" {
		b.t.Errorf("%s: %s: %s", b.who, b.path(), wrong)
	}
}

// The hands never leave the keyboard.
func TestKeyboard(t *testing.T) {
	site := theDemo(t)
	owner := demo.people["owner"]
	b := newTab(t, "keyboard", site)
	b.open("/sign-in")
	b.tabTo("the address", `e.id === "email"`)
	b.key(owner.email)
	b.tabTo("the password", `e.id === "password"`)
	b.key(owner.password)
	b.leaving(func() { b.key(kb.Enter) })
	b.reads("Today")

	// The first stop of a page is the way past its navigation.
	b.key(kb.Tab)
	b.seesFocus()
	if !value[bool](b, `document.activeElement.matches(".skip")`) {
		t.Error("the first stop is not the skip link")
	}
	b.key(kb.Enter)
	b.until("the skip link leads into the page", `document.activeElement.id === "main"`)
	b.key(kb.Tab)
	b.until("and the next stop is in it", `document.querySelector("main").contains(document.activeElement)`)

	// The palette: opened by its keys, kept in, left by Escape, back where one was.
	value[bool](b, `(window.was = document.activeElement, true)`)
	b.key("k", chromedp.KeyModifiers(chromedp.ModifierCtrl))
	b.until("Ctrl K opens the palette", `document.querySelector("#palette").matches(":modal") && document.activeElement.matches("#palette input")`)
	for range 6 {
		b.key(kb.Tab)
		if !value[bool](b, `document.activeElement === document.body || document.querySelector("#palette").contains(document.activeElement)`) {
			t.Error("Tab leaves the open palette")
		}
	}
	b.key(kb.Escape)
	b.until("Escape closes it and gives the focus back", `!document.querySelector("#palette").open && document.activeElement === window.was`)

	b.key("k", chromedp.KeyModifiers(chromedp.ModifierCtrl))
	b.until("the palette is open", `document.activeElement.matches("#palette input")`)
	b.key("Marram")
	b.until("it finds the client", `document.querySelector("#palette [data-current]")?.innerText.includes("Marram Law")`)
	b.leaving(func() { b.key(kb.Enter) })
	b.reads("Marram Law")
	b.tabTo("the tab Portal access", named("Portal access"))
	b.leaving(func() { b.key(kb.Enter) })
	b.reads("Enable client portal")

	// A menu: opened by Enter, walked by arrows, closed by Escape.
	b.tabTo("a person's menu", `e.matches(".access-row summary") && e.closest(".menu")`)
	b.key(kb.Enter)
	b.until("Enter opens the menu", `document.activeElement.closest("details").open`)
	b.key(kb.ArrowDown)
	b.until("an arrow goes into it", `document.activeElement.matches(".menu-list *")`)
	b.seesFocus()
	b.key(kb.Escape)
	b.until("Escape closes it and gives the focus back", `document.activeElement.matches("summary") && !document.activeElement.closest("details").open`)

	// A project, its tabs, a task.
	project := openProject(b, "Website relaunch")
	b.tabTo("the tab Tasks", `e.matches("nav.tabs a[href$='/tasks']")`)
	b.leaving(func() { b.key(kb.Enter) })
	b.reads("New task")
	b.tabTo("the field of a new task", `e.name === "title"`)
	b.key("Fold the flyers")
	b.leaving(func() { b.key(kb.Enter) }) // Enter adds for the team alone
	b.reads("Added", "Fold the flyers")
	b.tabTo("the tick of the task", `e.getAttribute("aria-label") === "Complete: Fold the flyers"`)
	b.leaving(func() { b.key(kb.Enter) })
	b.reads("Completed")

	// A dialog: it keeps the focus, and gives it back.
	b.open(project + "/settings")
	b.tabTo("the button that archives", named("Archive project"))
	b.key(kb.Enter)
	b.until("Enter opens the dialog", `document.querySelector("#archive").matches(":modal") && document.querySelector("#archive").contains(document.activeElement)`)
	for range 6 {
		b.key(kb.Tab)
		b.seesFocus()
		if !value[bool](b, `document.activeElement === document.body || document.querySelector("#archive").contains(document.activeElement)`) {
			t.Error("Tab leaves the open dialog")
		}
	}
	b.key(kb.Escape)
	b.until("Escape closes the dialog and gives the focus back", `!document.querySelector("#archive").open && document.activeElement.getAttribute("popovertarget") === "archive"`)
}
