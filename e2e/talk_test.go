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
	team := newTab(t, "team", site).as(demo.people["manager"])
	guest := newTab(t, "client", site).as(demo.people["client lead"])
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
	team := newTab(t, "team", site).as(demo.people["manager"])
	guest := newTab(t, "client", site).as(demo.people["client lead"])
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
	team.key("ia almeida ") // there may be a third word
	team.until("it is still there", `document.activeElement.value.endsWith("@sofia almeida ") && document.querySelectorAll("#mentions [role=option]").length === 1`)
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
	outside := `[...document.querySelectorAll("#mentions [role=option]")].find(x => x.querySelector("small").innerText !== "Honcho Design")?.dataset.name`
	team.until("the client's people are offered", `!!`+outside)
	name := value[string](team, outside)
	team.key("\x1b")
	team.press("css label.say-tab.inside")
	team.writes("#body-team", "@")
	alone := `document.querySelectorAll("#mentions small").length > 0 && [...document.querySelectorAll("#mentions small")].every(x => x.innerText === "Honcho Design")`
	team.until("the team alone is offered", alone)

	// Who of the client is named in a note all the same is told of in its place, before it
	// is said; what stands in the reply stays.
	team.key("\x1b")
	team.writes("#body-team", " and @"+name)
	team.key("\x1b")
	team.press("css .note-button")
	team.until("it is told", `document.querySelector("form.say.team .error")?.innerText.includes(`+js("and not "+name)+`) && document.activeElement.id === "body-team"`)
	if got := value[string](team, `document.querySelector("#body-team").value + document.querySelector("#body-client").value + document.querySelectorAll("form.say.client .error").length`); got != "@ and @"+name+"@0" {
		t.Errorf("what was typed is %q", got)
	}
	team.press("css .note-button")
	team.until("it is said, and names nobody", `[...document.querySelectorAll("#thread .message")].some(x => x.innerText.includes(`+js("and @"+name)+`) && !x.querySelector(".mention"))`)

	// Who was named in a comment while it could still go to the client, and does not read it
	// among the team, is told of before it is said.
	team = newTab(t, "team again", site).as(demo.people["manager"])
	team.open(page)
	team.writes("#comments > [data-keep] textarea", "Ask @Sofia Almeida")
	team.key("\x1b")
	team.press("css #comments > [data-keep] button[value=team]")
	team.reads("Only Honcho Design reads this, and not Sofia Almeida", "Back")
	if got := value[string](team, `document.querySelector("#body-team").value`); got != "Ask @Sofia Almeida" {
		t.Errorf("what was typed is %q", got)
	}
	team.writes("#body-team", " @")
	team.until("the team alone is offered", alone)
	team.key("\x1b")
	team.press("css .note-button")
	team.until("it is said, and names nobody", `[...document.querySelectorAll("#comments .comment")].some(x => x.innerText.includes("Ask @Sofia Almeida") && !x.querySelector(".mention"))`)
}

// saysBelow writes a comment for the client below what is open, and returns its id.
func (b *tab) saysBelow(words string) string {
	b.t.Helper()
	b.writes("#comments > [data-keep] textarea", "")
	b.do(call(input.InsertText, input.InsertTextParams{Text: words}))
	b.press("css #comments > [data-keep] button[value=client]")
	last := `[...document.querySelectorAll("#comments .comment")].at(-1)`
	b.until("the comment is there", last+`?.innerText.includes(`+js(words[:12])+`)`)
	return value[string](b, last+`.id`)
}

// tells notes from now on what the page tells the portal to be read.
func (b *tab) tells() {
	b.t.Helper()
	value[bool](b, `(() => {
		const real = window.fetch;
		window.told = [];
		window.fetch = (to, how) => {
			if (String(to).includes("/read?upto=")) told.push(String(to).split("=")[1]);
			return real(to, how);
		};
		return true;
	})()`)
}

// toldRead is what the page has told since, after it was drawn twice: what was scrolled
// is known by then.
func (b *tab) toldRead() string {
	b.t.Helper()
	value[bool](b, `(window.drawn = false, requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => (window.drawn = true)))), true)`)
	b.until("it is drawn", `window.drawn`)
	return value[string](b, `told.join(" ")`)
}

// scrolled scrolls until what a comment says ends so far above the screen's edge.
func (b *tab) scrolled(id string, above int) {
	b.t.Helper()
	value[bool](b, fmt.Sprintf(`(scrollBy({top: document.getElementById(%s).getBoundingClientRect().bottom + %d - innerHeight, behavior: "instant"}), true)`, js(id), above))
}

// Whoever is elsewhere is told of what was said to them, on the page that they have
// open, and gets there from it; whoever reads it is not.
func TestWhatIsSaidRises(t *testing.T) {
	site := theDemo(t)
	team := newTab(t, "team", site).as(demo.people["manager"])
	guest := newTab(t, "client", site).as(demo.people["client lead"])
	openProject(team, "Website relaunch")
	team.open("/messages")
	team.follow("Payment on invoice")
	at := team.path()
	guest.live(func() { guest.open("/projects") })
	say := func(text string) {
		team.writes("#body-client", text)
		team.press("css form.say.client .acts button.primary")
		team.reads(text)
	}
	say("Nobody pays by cheque")
	guest.until("it rises", `[...document.querySelectorAll(".toast")].some(x => x.innerText.includes("Jonas Weber wrote in Payment on invoice"))`)
	guest.holdsNot("cheque")
	guest.follow("css .toast-act")
	guest.reads("Nobody pays by cheque")
	if got, _, _ := strings.Cut(guest.path(), "?"); got != strings.Split(at, "?")[0] {
		t.Errorf("it leads to %s, not to %s", got, at)
	}
	// Whoever is busy with a form learns it, too, and stays where they are.
	guest.live(func() { guest.open("/profile") })
	guest.writes("#title", ", owner")
	say("Nor in shells")
	guest.until("it rises beside the form", `[...document.querySelectorAll(".toast")].some(x => x.innerText.includes("Jonas Weber wrote in Payment on invoice"))`)
	if got := value[string](guest, `document.activeElement.id + ": " + document.activeElement.value`); !strings.HasPrefix(got, "title: ") || !strings.Contains(got, ", owner") {
		t.Errorf("in the form there is %q", got)
	}
	value[bool](guest, `(document.querySelector("#title").form.reset(), document.activeElement.blur(), true)`)
	guest.live(func() { guest.open(strings.Split(at, "?")[0]) })
	say("Nor by barter")
	guest.reads("Nor by barter")
	value[bool](guest, `(setTimeout(() => (window.waited = true), 4000), true)`)
	guest.until("a moment has gone by", `window.waited`)
	if n := value[int](guest, `document.querySelectorAll(".toast").length`); n > 0 {
		t.Error("what is read rises, too")
	}
}

// On a desk nothing but panes scrolls: the keys that scroll a page scroll the
// conversation, or else the list, before anything has the focus.
func TestKeysScrollConversations(t *testing.T) {
	b := newTab(t, "keyboard", theDemo(t)).as(demo.people["manager"])
	b.open("/messages")
	b.do(chromedp.EmulateViewport(1440, 700))
	b.key(kb.PageDown)
	b.until("the list scrolls", `document.querySelector("#talk-list").scrollTop > 0`)
	b.follow("Photographs for the home page")
	b.until("it is at its end", `document.querySelector("#thread").scrollTop > 200`)
	b.key(kb.Home)
	b.until("the conversation scrolls", `document.querySelector("#thread").scrollTop === 0`)
	b.seesFocus()
}

// A comment is read once its end was on the reader's screen: the notice of it is
// then done with, its author sees by whom, and what was further down stays new.
func TestCommentsAreRead(t *testing.T) {
	site := theDemo(t)
	team := newTab(t, "team", site).as(demo.people["manager"])
	guest := newTab(t, "client", site).as(demo.people["client lead"])
	project := openProject(team, "Website relaunch")
	team.open(project + "/deliverables/new")
	team.fill("title", "A lantern for the door")
	team.follow("css main button[name=audience][value=client]")
	team.reads("A lantern for the door")
	at := team.path()
	long := "Where it hangs:" + strings.Repeat("\n\nA little further up.", 40)
	first, second := team.saysBelow("Copper or brass?"), team.saysBelow(long)
	seen := func(id string) bool {
		team.open(at + "?at=" + id)
		return value[bool](team, `document.getElementById(`+js(id)+`).querySelector(".seen summary").innerText.includes("Seen by Sofia")`)
	}
	news := func() bool {
		guest.open("/notices")
		return value[bool](guest, `[...document.querySelectorAll("main li.new")].some(x => x.innerText.includes("A lantern for the door"))`)
	}
	guest.wait("the client is told", func() bool {
		return news() && guest.has("2 comments on A lantern for the door")
	})

	guest.open(at)
	guest.tells()
	guest.scrolled(first, 40)
	guest.wait("the first is read", func() bool { return guest.toldRead() == first })
	team.wait("the first is seen", func() bool { return seen(first) })
	if seen(second) || !news() {
		t.Error("what was below the screen is read as well")
	}
	guest.open(at)
	guest.tells()
	guest.scrolled(second, -12)
	if told := guest.toldRead(); told != "" {
		t.Errorf("of what ends below the screen it is told %q", told)
	}
	guest.scrolled(second, 12)
	guest.wait("the second is read", func() bool { return guest.toldRead() == second })
	team.wait("the second is seen", func() bool { return seen(second) })
	guest.wait("nothing of it is new", func() bool { return !news() })

	// Beside a file they may be put away, as on a phone they are.
	guest.live(func() { guest.open(project + "/files") })
	paper, _ := saved(t, "lantern.txt", []byte("a lantern\n"))
	guest.upload(paper)
	guest.until("it is uploaded", `document.querySelectorAll(".tray .up[data-state=done]").length === 1`)
	guest.open(project + "/files?sort=at&desc=1")
	at = guest.viewed("lantern.txt")
	team.open(at)
	first, second = team.saysBelow("Copper or brass?"), team.saysBelow(long)
	phone := newTab(t, "phone", site).phone().as(demo.people["client lead"])
	phone.open(at)
	phone.tells()
	value[bool](phone, `(setTimeout(() => (window.waited = true), 1000), true)`)
	phone.until("a page that is looked at has told", `window.waited`)
	if told := phone.toldRead(); told != "" {
		t.Errorf("of comments that are put away it is told %q", told)
	}
	phone.press("css .viewer-top [data-panel-tab=comments]")
	phone.wait("the first is read", func() bool { return phone.toldRead() == first })
	value[bool](phone, `(document.getElementById(`+js(second)+`).scrollIntoView({block: "end", behavior: "instant"}), true)`)
	phone.wait("the second is read", func() bool { return phone.toldRead() == first+" "+second })
}

// A project is muted and heard again on its own page and on the one of all of
// them: what is said in it is still listed, and told of by nothing else.
func TestMuted(t *testing.T) {
	site := theDemo(t)
	guest := newTab(t, "client", site).as(demo.people["viewer"])
	at := openProject(guest, "Website relaunch")
	muted := `!!document.querySelector("form[action*='/unmute']") && !document.querySelector("main form[action*='/mute?here']")`
	guest.follow("Mute")
	guest.until("the project's page says so", muted)
	guest.reads("You have muted it")
	if got := guest.path(); got != at {
		t.Errorf("muting leads to %s", got)
	}
	guest.open("/profile/notices")
	guest.follow("Unmute Website relaunch")
	guest.until("it is none of the muted", `!document.querySelector("form[action*='/unmute']")`)
	guest.fill("project", "Website relaunch")
	guest.follow("css form[action='/profile/notices/mute'] button")
	guest.until("it is one of the muted", `!!document.querySelector("form[action*='/unmute']")`)
	guest.open(at)
	guest.until("the project's page says so", muted)
	guest.follow("Unmute")
	guest.until("it is heard again", `!!document.querySelector("main form[action*='/mute?here']") && !document.querySelector("form[action*='/unmute']")`)
}
