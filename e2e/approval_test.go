package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// A client answers below what they look at: with a finger, with keys alone, and
// without scripts; the picture stays in sight above the buttons.
func TestAnswerInTheViewer(t *testing.T) {
	site := theDemo(t)
	lead := demo.people["client lead"]
	phone := newTab(t, "lead on a phone", site).as(lead).phone()
	phone.open("/")
	phone.follow("Six banners for the opening")
	banners := phone.path()
	phone.follow("css .decided > li:nth-child(2) a.look")
	phone.reads("banner-madder.jpg", "File 2 of 6", "Approve all 6")
	phone.fits()
	const inSight = `(() => {
		const stage = document.getElementById("stage").getBoundingClientRect(), bar = document.querySelector(".viewer-decide").getBoundingClientRect();
		return stage.top >= 0 && stage.bottom <= bar.top + 1 && stage.height > innerHeight / %s && bar.bottom <= innerHeight + 1;
	})()`
	phone.until("what is looked at is in sight above the buttons", fmt.Sprintf(inSight, "2"))
	// So it is below notes, which stand one below another.
	phone.open("/approvals")
	phone.follow("Box, band and label")
	phone.follow("css .decided > li:nth-child(2) a.look")
	phone.reads("Your answer is awaited.", "Open the list")
	phone.until("so it is below notes", fmt.Sprintf(inSight, "4"))
	phone.until("no note lies on another", `[...document.querySelectorAll(".viewer-notes > .note")].every((n, i, all) => i === 0 || n.getBoundingClientRect().top >= all[i-1].getBoundingClientRect().bottom - 1)`)
	phone.open(banners)
	phone.follow("css .decided > li:nth-child(2) a.look")
	phone.press("css .viewer-decide .acts button")
	phone.press("css #answer textarea[name='note.2']")
	phone.key("Too red.")
	phone.fits()
	phone.follow("css #answer button[value=changes]")
	phone.reads("The team is told what to change", "Too red.")
	phone.follow("css form[action$='/undo'] button")
	phone.reads("Taken back")

	b := newTab(t, "lead by keys", site).as(lead)
	b.open(banners)
	b.tabTo("the first", `e.matches(".decided > li:nth-child(1) a.look")`)
	b.leaving(func() { b.key(kb.Enter) })
	b.tabTo("the answer", `e.matches(".viewer-decide button") && e.innerText.includes("Request changes")`)
	b.bare()
	b.key(kb.Enter)
	b.tabTo("what to change", `e.name === "note.1"`)
	b.key("Too pale.")
	b.tabTo("the button", `e.matches("#answer button[value=changes]")`)
	b.bare()
	b.leaving(func() { b.key(kb.Enter) })
	b.reads("The team is told what to change", "Too pale.")
	b.follow("css form[action$='/undo'] button")
	b.reads("Taken back")

	b = newTab(t, "lead without scripts", site).withoutScript().as(lead).phone()
	b.open(banners)
	b.follow("css .decided > li:nth-child(1) a.look")
	b.press("css .viewer-decide .acts button:last-child")
	b.follow("css #answer button[value=approve]")
	b.reads("Approved. Thank you", "Approved v1")
	b.follow("css form[action$='/undo'] button")
	b.reads("Taken back")
}

// Six banners between two meetings: with keys alone, at a desk and at the size of a
// phone, one of them is to change, and the answer is taken back; on a phone, from home
// to the answer in two taps.
func TestSixBanners(t *testing.T) {
	site := theDemo(t)
	lead := demo.people["client lead"]
	for _, size := range []string{"a desk", "a phone"} {
		b := newTab(t, "six banners by keys, on "+size, site).as(lead)
		fits := func() {}
		if size == "a phone" {
			b.phone()
			fits = b.fits
		}
		b.open("/")
		fits()
		b.reads("Needs you", "Six banners for the opening")
		b.tabTo("what needs them", `e.matches("a[href^='/approvals/apr_']") && e.closest("li, article, .need")?.innerText.includes("Six banners")`)
		b.bare()
		b.leaving(func() { b.key(kb.Enter) })
		b.reads("Approve all 6", "banner-woad.jpg")
		fits()
		b.tabTo("what to change in the third", `e.matches(".decided > li:nth-child(3) summary")`)
		b.bare()
		b.key(kb.Enter)
		b.tabTo("the note", `e.name === "note.3"`)
		b.bare()
		b.key("The blue is too cold.")
		b.tabTo("the answer", named("Request changes"))
		b.bare()
		b.leaving(func() { b.key(kb.Enter) })
		b.reads("The team is told what to change", "Changes requested", "The blue is too cold.")
		fits()
		b.tabTo("the way back", `e.matches("form[action$='/undo'] button")`)
		b.bare()
		b.leaving(func() { b.key(kb.Enter) })
		b.reads("Taken back")
		b.until("what was done stands on no answer", `((a, c) => a.bottom <= c.top || a.top >= c.bottom)(document.querySelector("#toasts").getBoundingClientRect(), document.querySelector(".decide-bar").getBoundingClientRect())`)
		if size == "a phone" {
			b.tabTo("the other answer", named("Approve all 6"))
			b.bare()
			b.leaving(func() { b.key(kb.Enter) })
			b.reads("Approved. Thank you", "Approved v1")
			fits()
			b.tabTo("the way back", `e.matches("form[action$='/undo'] button")`)
			b.leaving(func() { b.key(kb.Enter) })
			b.reads("Taken back")
		}
	}

	b := newTab(t, "six banners on a phone", site).as(lead).phone()
	b.open("/")
	before := b.taps
	b.follow("Six banners for the opening")
	b.fits()
	b.follow("Approve all 6")
	b.reads("Approved. Thank you", "Approved v1")
	if taps := b.taps - before; taps > 2 {
		t.Errorf("approving from home takes %d taps", taps)
	}
}

// Asking for changes before they are said leads to where one says them.
func TestChangesLeadToTheWords(t *testing.T) {
	site := theDemo(t)
	team := newTab(t, "asking", site).as(demo.people["manager"])
	team.asksReview(openProject(team, "Website relaunch"), "A tin sign")
	b := newTab(t, "answering on a phone", site).as(demo.people["client lead"]).phone()
	b.open("/needs")
	b.follow("A tin sign")
	b.press("Request changes")
	b.until("the note has the focus and is in sight", `(e => e.name === "note" && e.validationMessage === "Say what to change: a sentence is enough." && e.getBoundingClientRect().bottom <= document.querySelector(".decide-bar").getBoundingClientRect().top)(document.activeElement)`)
	b.reads("Is it right as it is?")
	b.key("Larger, please.")
	b.follow("Request changes")
	b.reads("The team is told what to change", "Larger, please.")
}

// The team's table of approvals is as wide as the window allows, on a desk and on a
// tablet, and no state stands on what is beside it.
func TestTableOfApprovals(t *testing.T) {
	b := newTab(t, "owner", theDemo(t)).as(demo.people["owner"])
	for _, width := range []int{1440, 820} {
		b.do(chromedp.EmulateViewport(int64(width), 1000))
		for _, lane := range []string{"client", "overdue", "approved"} {
			b.open("/approvals?lane=" + lane)
			if out := value[[]string](b, `[...document.querySelectorAll("main .table-wrap")].flatMap(w => [
				...w.scrollWidth > w.clientWidth ? ["the table"] : [],
				...[...w.querySelectorAll("td .state")].filter(e => e.getBoundingClientRect().right > e.closest("td").getBoundingClientRect().right + 1).map(e => e.innerText)])`); len(out) > 0 {
				t.Errorf("with %d px these of %s stand too far out: %q", width, lane, out)
			}
		}
	}
}

// A milestone is signed off on a phone, and another is asked for and, at the size
// of a phone, signed with keys alone.
func TestSigningOff(t *testing.T) {
	site := theDemo(t)
	lead := demo.people["client lead"]
	b := newTab(t, "signing on a phone", site).as(lead).phone()
	b.open("/approvals")
	b.follow("css a[href^='/signoffs/sgn_']")
	b.fits()
	b.reads("Sign off: Materials", "Choice of paper", "The mill delivers the second half in April.")
	b.fill("name", "Sofia Almeida")
	b.fill("password", "not it at all, no")
	b.follow("css form[action$='/sign'] button.primary")
	b.reads("not your present password")
	b.fits()
	b.fill("password", lead.password)
	b.follow("css form[action$='/sign'] button.primary")
	b.reads("Signed. Thank you", "Sofia Almeida signed for Leto Brand")
	b.reads("Certificate (PDF)") // once it is made, without loading the page again
	b.fits()

	team := newTab(t, "asking by keys", site).as(demo.people["manager"])
	team.open(openProject(team, "Spring packaging") + "/milestones")
	team.tabTo("the milestone", named("Design"))
	team.leaving(func() { team.key(kb.Enter) })
	team.tabTo("its menu", `e.matches("summary") && e.closest(".menu")?.querySelector("a[href*='/signoffs/new']")`)
	team.key(kb.Enter)
	team.tabTo("the way to ask", named("Ask to sign off"))
	team.leaving(func() { team.key(kb.Enter) })
	team.tabTo("the statement", `e.name === "statement"`)
	team.key(kb.End)
	team.tabTo("the button", named("Ask to sign off"))
	team.leaving(func() { team.key(kb.Enter) })
	team.reads("Asked to sign off", "Waits for somebody of Leto Brand")
	at := team.path()

	b = newTab(t, "signing by keys", site).as(lead).phone()
	b.open("/approvals")
	b.fits()
	b.tabTo("the sign-off", `e.matches("a[href^='/signoffs/']") && location.origin + `+js(at)+` === e.href`)
	b.leaving(func() { b.key(kb.Enter) })
	b.fits()
	b.reads("Sign off: Design")
	b.tabTo("the name", `e.name === "name"`)
	b.key("Sofia Almeida")
	b.tabTo("the password", `e.name === "password"`)
	b.key(lead.password)
	b.leaving(func() { b.key(kb.Enter) })
	b.reads("Signed. Thank you", "Signed off")
}

// bare fails when something lies over what has the focus.
func (b *tab) bare() {
	b.t.Helper()
	if over := value[string](b, `(() => {
		const e = document.activeElement, r = e.getClientRects()[0];
		const top = document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2);
		return !top || e.contains(top) || top.contains(e) || e.closest("label")?.contains(top) ? "" : top.outerHTML.slice(0, 80);
	})()`); over != "" {
		b.t.Errorf("%s: on %s what has the focus is under %s", b.who, b.path(), over)
	}
}

// A project is asked to be signed off, and signed, with keys alone, at a desk and at
// the size of a phone.
func TestSigningOffAProject(t *testing.T) {
	site := theDemo(t)
	lead := demo.people["client lead"]
	owner := newTab(t, "owner", site).as(demo.people["owner"])
	for _, size := range []string{"a desk", "a phone"} {
		owner.open("/projects")
		owner.follow("New project")
		owner.fill("name", "A stand for "+size)
		owner.fill("client", "Leto Brand")
		owner.tick("shared")
		owner.follow("Create project")
		project := owner.path()

		owner.open(project + "/approvals")
		owner.tabTo("the way to ask", named("Sign off the project"))
		owner.leaving(func() { owner.key(kb.Enter) })
		owner.tabTo("the statement", `e.name === "statement"`)
		owner.tabTo("the button", named("Ask to sign off"))
		owner.leaving(func() { owner.key(kb.Enter) })
		owner.reads("Asked to sign off", "Waits for somebody of Leto Brand")
		at := owner.path()

		b := newTab(t, "signing a project by keys, on "+size, site).as(lead)
		fits := func() {}
		if size == "a phone" {
			b.phone()
			fits = b.fits
		}
		b.open("/")
		b.tabTo("what needs them", `e.matches("a[href^='/signoffs/']") && location.origin + `+js(at)+` === e.href`)
		b.bare()
		b.leaving(func() { b.key(kb.Enter) })
		b.reads("Sign off: A stand for " + size)
		fits()
		b.tabTo("the name", `e.name === "name"`)
		b.bare()
		b.key(lead.name)
		b.tabTo("the password", `e.name === "password"`)
		b.bare()
		b.key("not it at all, no")
		b.tabTo("the button", named("Sign off"))
		b.bare()
		b.leaving(func() { b.key(kb.Enter) })
		b.reads("not your present password")
		b.tabTo("the password", `e.name === "password"`)
		b.key(lead.password)
		b.leaving(func() { b.key(kb.Enter) })
		b.reads("Signed. Thank you", lead.name+" signed for Leto Brand")
		fits()
		b.open(project)
		b.reads("A stand for "+size, "Finished")
	}
}

// asksReview makes a deliverable that the client sees, asks them to approve it, and
// says at which path they do.
func (b *tab) asksReview(project, title string) (approval string) {
	b.t.Helper()
	b.open(project + "/deliverables/new")
	b.fill("title", title)
	b.follow("css main button[name=audience][value=client]")
	b.reads(title)
	b.follow("Ask for review")
	b.follow("Ask for approval")
	b.reads("Asked")
	return b.path()
}

// From the button of the mail to a recorded decision, on a phone: at most three
// taps, also where a code has to be typed. A browser that opens the page, as programs
// that look through mails do, has not looked until somebody touches it.
func TestTapsFromTheMail(t *testing.T) {
	site := theDemo(t)
	lead := demo.people["client lead"]
	team := newTab(t, "team", site).as(demo.people["manager"])
	project := openProject(team, "Website relaunch")
	asked := func(title string) (link string) {
		t.Helper()
		team.asksReview(project, title)
		return team.mail(lead.email)
	}
	for where, b := range map[string]*tab{
		"a browser that is new": newTab(t, "phone", site).phone(),
		"one that is signed in": newTab(t, "phone that is signed in", site).signIn(lead).phone(),
	} {
		title := "A leaflet in " + where
		link := asked(title)
		before := b.taps - 1 // the mail's own button
		b.open(link)
		b.reads(title, "Is it right as it is?")
		b.fits()
		if where == "a browser that is new" {
			const told = `performance.getEntriesByType("resource").filter(r => r.name.endsWith("/seen")).length`
			b.until("it is open for a while", `performance.now() > 3000`)
			if n := value[int](b, told); n != 0 {
				t.Error("it was looked at before anybody touched it")
			}
			b.key(kb.Shift)
			b.until("it is looked at once it is touched", told+` === 1`)
		}
		b.follow("Approve")
		if where == "a browser that is new" {
			b.reads("One code, and it is done")
			b.fits()
			team.mail(lead.email)
			b.fill("code", digits.FindString(value[string](team, `document.body.innerText`)))
			b.follow("Approve")
			b.reads(title+": recorded", "for Sofia Almeida")
		} else {
			b.reads("Sofia Almeida approved " + title)
		}
		b.fits()
		if taps := b.taps - before; taps > 3 {
			t.Errorf("in %s deciding takes %d taps", where, taps)
		} else {
			t.Logf("in %s deciding takes %d taps", where, taps)
		}
	}
}

// What somebody said by phone is noted by the team, with a finger, and confirmed on
// a phone: two taps from the home.
func TestSaidByPhone(t *testing.T) {
	site := theDemo(t)
	lead := demo.people["client lead"]
	team := newTab(t, "team on a phone", site).as(demo.people["manager"]).phone()
	project := openProject(team, "Website relaunch")
	team.asksReview(project, "A postcard")
	team.press("css #note-call summary")
	team.fill("person", lead.name)
	team.fill("answer", "Approved")
	team.press("css #call-note")
	team.key("Print it.")
	team.fits()
	team.follow("Note it and ask them to confirm")
	team.reads("Noted. They are asked to confirm it", "Not confirmed yet", "Print it.")
	team.fits()

	b := newTab(t, "lead on a phone", site).as(lead).phone()
	b.open("/")
	b.reads("Said by phone", "A postcard")
	before := b.taps
	b.follow("A postcard")
	b.reads("Jonas Weber noted that you approved A postcard with notes, by phone", "It counts for nothing until you confirm it")
	b.fits()
	b.follow("Confirm")
	b.reads("Confirmed. Thank you", "confirmed by themselves")
	b.fits()
	if taps := b.taps - before; taps > 2 {
		t.Errorf("confirming from home takes %d taps", taps)
	}
}

// On phones somebody hands what they are asked to a colleague, who answers for them;
// and has another decide while they are away, who answers what comes meanwhile.
func TestHandingOnByFinger(t *testing.T) {
	site := theDemo(t)
	lead := demo.people["client lead"]
	colleague := person{"Marcus Okafor", "marcus@leto.example", lead.password}
	team := newTab(t, "team", site).as(demo.people["manager"])
	project := openProject(team, "Website relaunch")
	asks := func(title string) (approval string) {
		t.Helper()
		team.open(project + "/deliverables/new")
		team.fill("title", title)
		team.follow("css main button[name=audience][value=client]")
		team.reads(title)
		team.follow("Ask for review")
		team.choose("stages.1.people", colleague.name) // who is not asked
		team.follow("Ask for approval")
		team.reads("Asked")
		return team.path()
	}
	at := asks("A flyer")
	b := newTab(t, "lead on a phone", site).as(lead).phone()
	b.open("/")
	b.follow("A flyer")
	b.press("Hand it to a colleague")
	b.fill("person", colleague.name)
	b.fits()
	b.follow("Hand it on")
	b.reads("Handed on", "Marcus Okafor decides instead")
	b.fits()
	c := newTab(t, "colleague on a phone", site).as(colleague).phone()
	c.open("/")
	c.follow("A flyer")
	c.reads("for Sofia Almeida")
	c.fits()
	c.follow("Approve")
	c.reads("Approved. Thank you", "There is nothing more for you to do.")
	c.fits()
	team.open(at)
	team.reads("Approved", "for Sofia Almeida")

	asks("A banderole")
	at = asks("A pennant")
	b.open("/profile")
	b.fill("person", colleague.name)
	b.fill("from", time.Now().AddDate(0, 0, -1).Format(time.DateOnly))
	b.fill("to", time.Now().AddDate(0, 0, 2).Format(time.DateOnly))
	b.fits()
	b.follow("Have them decide")
	b.reads("Marcus Okafor decides for you from")
	b.fits()
	c.open("/")
	c.follow("A banderole")
	c.reads("for Sofia Almeida")
	c.fits()
	c.follow("Approve")
	c.reads("Approved. Thank you")

	// The longest name there is fits.
	called := func(name string) {
		t.Helper()
		c.open("/profile")
		c.fill("name", name)
		c.follow("Save")
		c.reads("Saved")
	}
	called(strings.Repeat("Wolfeschle", 10))
	boss := newTab(t, "team on a phone", site).as(demo.people["manager"]).phone()
	for _, page := range []string{"/approvals?view=board", at} {
		boss.open(page)
		boss.reads("Wolfeschle")
		boss.fits()
	}
	team.open("/approvals")
	team.reads("Wolfeschle")
	team.until("the board is as wide as the screen", `document.documentElement.scrollWidth <= document.documentElement.clientWidth`)
	for _, page := range []string{"/approvals", "/profile", at} {
		b.open(page)
		b.reads("Wolfeschle")
		b.fits()
	}
	called(colleague.name)
	c.open(at)
	c.follow("Approve")
	c.reads("Approved. Thank you")
	b.open("/profile")
	b.follow("Decide yourself again")
	b.reads("You decide yourself again")
}

// On phones somebody lets their lead send what they have to say of a file, and the
// lead sends it with their own, as one list.
func TestLeadSendsByFinger(t *testing.T) {
	site := theDemo(t)
	lead := demo.people["client lead"]
	team := newTab(t, "team", site).as(demo.people["manager"])
	b := newTab(t, "lead on a phone", site).as(lead).phone()
	b.open("/approvals")
	b.follow("Home page on the phone")
	shown := value[string](b, `document.querySelector(".decided a.look").getAttribute("href")`)

	c := newTab(t, "colleague on a phone", site).as(person{"Marcus Okafor", "marcus@leto.example", lead.password}).phone()
	says := func(b *tab, text string) {
		b.t.Helper()
		b.open(shown)
		b.press("css .viewer-top .late.first")
		b.press("css #comments textarea")
		b.key(text)
		b.press("Add to my feedback")
		b.until("it is kept", `document.querySelector("#unsent")?.innerText.includes(`+js(text)+`)`)
		b.fits()
	}
	says(c, "The second page is too full.")
	c.press("Let my lead send it")
	c.reads("Those who lead at Leto Brand see it too")
	c.fits()
	team.open(shown)
	team.holdsNot("The second page is too full.")

	b.open(shown)
	b.press("css .viewer-top .late.first")
	b.reads("The second page is too full.", "Marcus Okafor")
	says(b, "And the third too empty.")
	b.press("Send feedback (2)")
	b.until("it is sent", `!document.querySelector("#unsent")`)
	b.reads("The second page is too full.", "And the third too empty.")
	b.fits()
	team.open(shown)
	team.reads("The second page is too full.", "And the third too empty.")
}
