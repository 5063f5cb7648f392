package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// writes types into a composer, key by key, after what is there.
func (b *tab) writes(field, text string) {
	b.t.Helper()
	b.until("there is a field "+field, `document.querySelector(`+js(field)+`)?.checkVisibility()`)
	b.do(chromedp.Focus(field))
	b.key(text)
}

// strike presses one key as a keyboard does: what it would write is written
// unless the page has taken the key for itself.
func (b *tab) strike(key, text string, code int64) {
	b.t.Helper()
	b.do(call(input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: key, Text: text, WindowsVirtualKeyCode: code}),
		call(input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyUp, Key: key, WindowsVirtualKeyCode: code}))
}

// stays fails when the page was loaded anew since it was marked, or when it has
// asked its reader to look at news.
func (b *tab) stays() {
	b.t.Helper()
	if !value[bool](b, `window.same === true`) {
		b.t.Errorf("%s: the page was loaded anew", b.who)
	}
	if n := value[int](b, `document.querySelectorAll(".toast[data-stays]").length`); n > 0 {
		b.t.Errorf("%s: news are announced to somebody who sees them", b.who)
	}
}

// Two people talk, and neither loads a page: that the other writes, what they
// say, that it was seen. What is noted among the team reaches no client.
func TestTalk(t *testing.T) {
	site := theDemo(t)
	team := newTab(t, "team", site).signIn(demo.people["manager"])
	guest := newTab(t, "client", site).signIn(demo.people["client lead"])
	project := openProject(team, "Website relaunch")
	team.open(project + "/conversations/new")
	team.fill("subject", "A bell for the shop")
	team.fill("body", "Should the door have a bell?")
	team.follow("css form.say.client .acts button.primary")
	team.reads("A bell for the shop", "Should the door have a bell?")
	at := team.path()
	team.live(func() { team.open(at) })
	guest.live(func() { guest.open(at) })
	for _, b := range []*tab{team, guest} {
		b.reads("Should the door have a bell?")
		value[bool](b, `window.same = true`)
	}
	team.until("it is seen", `document.querySelector(".seen summary")?.innerText.includes("Seen by Sofia")`)

	// While somebody writes, the other is told, and reads on while writing too.
	team.writes("#body-client", "half a ")
	guest.writes("#body-client", "A brass one")
	team.until("who is writing is named", `document.querySelector("#typing").innerText.includes("Sofia Almeida")`)
	guest.press("css form.say.client .acts button.primary")
	team.until("the answer is there", `[...document.querySelectorAll(".message")].some(m => m.innerText.includes("A brass one"))`)
	team.until("nobody is writing any more", `document.querySelector("#typing").innerText === ""`)
	if got := value[string](team, `document.querySelector("#body-client").value`); got != "half a " {
		t.Errorf("what the team was typing became %q", got)
	}
	guest.until("the composer is empty again", `document.querySelector("#body-client").value === "" && document.activeElement.id === "body-client"`)
	guest.until("it is seen", `document.querySelector(".seen summary")?.innerText.includes("Seen by Jonas")`)
	if n := value[int](guest, `[...document.querySelectorAll(".message")].filter(m => m.innerText.includes("A brass one")).length`); n != 1 {
		t.Errorf("the client has said it %d times", n)
	}

	// Somebody who is busy otherwise has it when they are done.
	team.press("css .message .menu > summary")
	guest.writes("#body-client", "Or two")
	guest.key(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierCtrl))
	guest.reads("Or two")
	team.key("\x1b")
	team.until("the second is there", `!document.querySelector("details.menu[open]") && [...document.querySelectorAll(".message")].some(m => m.innerText.includes("Or two"))`)

	// A note, and then a reply: had the note been told, it had been by then.
	guest.until("it is seen", `[...document.querySelectorAll(".message.own")].at(-1).querySelector(".seen")?.innerText.includes("Jonas")`)
	before := len(guest.heard())
	team.press("css label.say-tab.inside")
	team.writes("#body-team", "Quokka will laugh")
	team.press("css form.say.team .acts button")
	team.reads("Quokka will laugh")
	if told := guest.heard()[before:]; len(told) != 0 {
		t.Errorf("of a note the client's stream says %q", told)
	}
	team.press("css label.say-tab:not(.inside)")
	team.writes("#body-client", "bell")
	team.press("css form.say.client .acts button.primary")
	guest.reads("half a bell")
	guest.holdsNot("Quokka")

	// Files go along, chosen and pasted.
	paper, _ := saved(t, "door bell.txt", []byte("a bell\n"))
	guest.press("css form.say.client .attach > summary")
	guest.do(chromedp.SetUploadFiles("form.say.client input[type=file]", []string{paper}))
	value[bool](guest, `(() => {
		const pasted = new DataTransfer();
		pasted.items.add(new File(["a picture"], "pasted bell.txt"));
		return !document.querySelector("#body-client").dispatchEvent(new ClipboardEvent("paste", {clipboardData: pasted, bubbles: true, cancelable: true}));
	})()`)
	guest.until("both are counted", `document.querySelector("form.say.client [data-chosen]").innerText === "2"`)
	guest.press("css form.say.client .acts button.primary")
	for _, b := range []*tab{guest, team} {
		b.until("the files are there", `["door bell.txt", "pasted bell.txt"].every(n => [...document.querySelectorAll(".said-files b")].some(x => x.innerText === n))`)
	}

	// Edited and deleted elsewhere, it is on the open page.
	second := newTab(t, "client elsewhere", site).signIn(demo.people["client lead"])
	message := value[string](guest, `[...document.querySelectorAll(".message.own")].find(m => m.innerText.includes("Or two")).id`)
	second.open("/messages/" + message + "/edit")
	second.fill("body", "Or three")
	second.follow("Save")
	team.reads("Or three", "edited")
	second.open("/messages/" + message + "/delete")
	second.follow("css main button.danger")
	team.reads("This message was deleted.")
	team.stays()
	guest.stays()
}

// An @ opens a list of those who will read it, in conversations and comments
// alike, and the keyboard chooses from it.
func TestMentionByKeyboard(t *testing.T) {
	site := theDemo(t)
	team := newTab(t, "team", site).signIn(demo.people["manager"])
	guest := newTab(t, "client", site).signIn(demo.people["client lead"])
	files := openProject(guest, "Website relaunch") + "/files"
	guest.live(func() { guest.open(files) })
	paper, _ := saved(t, "bell.txt", []byte("a bell\n"))
	guest.upload(paper)
	guest.until("it is uploaded", `document.querySelectorAll(".tray .up[data-state=done]").length === 1`)
	guest.open(files + "?sort=at&desc=1")
	page := guest.viewed("bell.txt")

	guest.live(func() { guest.open(page) })
	team.live(func() { team.open(page) })
	for _, b := range []*tab{team, guest} {
		value[bool](b, `window.same = true`)
	}
	team.strike("c", "c", 'C') // the comments are beside it already, so they are put away, and come again
	team.until("they are put away", `!document.querySelector("#panel").checkVisibility()`)
	team.strike("c", "c", 'C')
	team.until("one can write", `document.activeElement.matches("#comments > [data-keep] textarea")`)
	team.key("Well done @")
	option := func(n int) string {
		return value[string](team, fmt.Sprintf(`document.querySelectorAll("#mentions [role=option]")[%d].dataset.name`, n))
	}
	team.until("all who read it are offered", `document.querySelectorAll("#mentions [role=option]").length > 3`)
	chosen := `document.querySelector("#mentions [role=option][aria-selected=true]").dataset.name`
	if got := value[string](team, chosen); got != option(0) {
		t.Errorf("chosen is %q", got)
	}
	team.key(kb.ArrowDown)
	if got := value[string](team, chosen); got != option(1) {
		t.Errorf("an arrow leads to %q", got)
	}
	for name, want := range map[string]string{"role": "combobox", "aria-expanded": "true", "aria-controls": "mentions", "aria-activedescendant": "mention-1"} {
		if got := value[string](team, `document.activeElement.getAttribute(`+js(name)+`) ?? ""`); got != want {
			t.Errorf("%s of the field is %q", name, got)
		}
	}
	if got := value[string](team, `document.querySelector("p.sr[role=status]").innerText`); !strings.Contains(got, "people") {
		t.Errorf("a screen reader is told %q", got)
	}
	team.key("\x1b")
	team.until("the list is put away", `!document.querySelector("#mentions") && !document.activeElement.hasAttribute("role")`)
	team.key("sof")
	team.until("one is left", `document.querySelectorAll("#mentions [role=option]").length === 1`)
	team.strike("Enter", "\r", 13)
	team.until("the name is written", `document.activeElement.value === "Well done @Sofia Almeida "`)
	team.key("now")
	team.press("css #comments > [data-keep] button[value=client]")

	// It is on the client's page at once, who answers it, names by hand somebody
	// who cannot read it, and resolves it.
	guest.until("the comment is there", `document.querySelector("#comments .mention")?.innerText === "@Sofia Almeida"`)
	guest.press("css #comments details.answer > summary")
	guest.writes("#comments details.answer textarea", "@jon")
	guest.until("one is offered", `document.querySelector("#mentions [role=option]")?.dataset.name === "Jonas Weber"`)
	guest.press("css #mentions [role=option]")
	guest.until("the name is written", `document.activeElement.value === "@Jonas Weber "`)
	guest.key("and @Henrik Lind!") // whatever is offered is put away: it might cover what is pressed
	guest.press("css #comments details.answer button.primary")
	team.until("the answer is there", `[...document.querySelectorAll("#comments .comment")].at(-1).innerText.includes("and @Henrik Lind")`)
	if got := value[string](team, `[...document.querySelectorAll("#comments .comment")].at(-1).querySelector(".prose").innerHTML`); strings.Count(got, `class="mention"`) != 1 {
		t.Errorf("an answer names %s", got)
	}
	team.stays()
	guest.stays()
	guest.follow("Resolve")
	team.reads("Resolved by Sofia Almeida")

	// The same in a conversation.
	team.open("/messages")
	team.follow("css .talk-row a.main")
	team.writes("#body-client", "@")
	team.until("the client's people are offered", `[...document.querySelectorAll("#mentions small")].some(x => x.innerText !== "Honcho Design")`)
	team.key("\x1b")
	team.press("css label.say-tab.inside")
	team.writes("#body-team", "@")
	team.until("the team alone is offered", `document.querySelectorAll("#mentions small").length > 0 && [...document.querySelectorAll("#mentions small")].every(x => x.innerText === "Honcho Design")`)
}
