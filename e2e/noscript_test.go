package e2e

import "testing"

// What one reads, signs in to, saves and says works without JavaScript.
func TestWithoutScript(t *testing.T) {
	site := theDemo(t)
	b := newTab(t, "without script", site).withoutScript()
	b.signIn(demo.people["manager"])
	b.reads("Today", "Needs us")
	if value[bool](b, `document.documentElement.hasAttribute("data-js")`) {
		t.Fatal("script runs")
	}

	b.follow("Clients")
	b.follow("Nordlicht Tea")
	b.follow("Portal access")
	b.fill("invitation_days", "11")
	b.follow("Review changes")
	b.reads("Nobody is e-mailed and nobody loses access.")
	b.follow("Save changes")
	b.reads("Portal access is saved")
	if got := b.field("invitation_days"); got != "11" {
		t.Errorf("there are %q days, not what was saved", got)
	}

	// A project: a task is completed, an update is written.
	b.follow("Projects")
	b.follow("Winter exhibition campaign")
	project := b.path()
	b.open(project + "/tasks")
	b.fill("title", "Ask for the tide table")
	b.follow("css main button[name=audience][value=team]")
	b.reads("Added", "Ask for the tide table")
	b.follow("Complete: Ask for the tide table")
	b.reads("Completed")
	b.open(project + "/tasks?show=done")
	b.reads("Ask for the tide table")
	b.open(project)
	b.follow("Post update")
	b.fill("sentence", "Written on paper first")
	b.fill("body", "Everything **works** by hand.")
	b.follow("css main button[name=audience][value=team]")
	b.reads("Saved for the team", "Written on paper first")

	b.press("css .tools details.menu > summary")
	b.follow("Log out")
	b.reads("You are signed out")
	b.open("/clients")
	if got := b.path(); got != "/sign-in" {
		t.Errorf("signed out, the clients lead to %s", got)
	}
}

// Nor does a client's person need it.
func TestClientWithoutScript(t *testing.T) {
	site := theDemo(t)
	team := newTab(t, "team", site).as(demo.people["manager"])
	tasks := openProject(team, "Spring packaging") + "/tasks"
	team.open(tasks)
	team.fill("title", "Count the boxes")
	team.fill("assignee", "Sofia Almeida")
	team.follow("css main button[name=audience][value=client]")
	team.reads("Count the boxes")

	b := newTab(t, "client without script", site).withoutScript()
	b.signIn(demo.people["client lead"])
	b.reads("Sofia", "Needs you")
	b.open("/needs")
	b.follow("Count the boxes")
	b.reads("Spring packaging")
	b.follow("Complete")
	b.reads("Completed")
	b.open("/needs")
	b.holdsNot("Count the boxes")
	b.press("css .tools details.menu > summary")
	b.follow("Log out")
	b.reads("You are signed out")
}

// An approval is decided, taken back, noted from a call and confirmed without it, on
// both sides; and answered from the mail. The client has a phone.
func TestDecidingWithoutScript(t *testing.T) {
	site := theDemo(t)
	lead := demo.people["client lead"]
	team := newTab(t, "team without script", site).withoutScript().as(demo.people["manager"])
	project := openProject(team, "Website relaunch")
	first := team.asksReview(project, "A paper sign")

	b := newTab(t, "client without script", site).withoutScript().as(lead).phone()
	if value[bool](b, `document.documentElement.hasAttribute("data-js")`) {
		t.Fatal("script runs")
	}
	b.open("/needs")
	b.follow("A paper sign")
	b.reads("Is it right as it is?")
	b.fits()
	b.follow("Request changes")
	b.reads("Say what to change: a sentence is enough.")
	b.fill("note", "A larger one.")
	b.follow("Request changes")
	b.reads("The team is told what to change", "Changes requested", "A larger one.")
	b.follow("css form[action$='/undo'] button")
	b.reads("Taken back")
	b.fill("note", "Print it.")
	b.follow("css .decide-bar button[value=approve]")
	b.reads("Approved. Thank you", "Print it.")
	b.fits()
	team.open(first)
	team.reads("Approved with notes", "Print it.")

	second := team.asksReview(project, "A wooden sign")
	team.press("css #note-call summary")
	team.fill("person", lead.name)
	team.fill("answer", "Changes requested")
	team.fill("note", "Oak.") // of the form that is in sight
	team.follow("Note it and ask them to confirm")
	team.reads("Noted. They are asked to confirm it", "Not confirmed yet", "Oak.")
	b.open("/needs")
	b.follow("A wooden sign")
	b.reads("Jonas Weber noted that you asked for changes to A wooden sign by phone", "Oak.")
	b.follow("Confirm")
	b.reads("Confirmed. Thank you", "confirmed by themselves")
	team.open(second)
	team.reads("Changes requested", "confirmed by themselves")

	team.asksReview(project, "A stone sign")
	link := newTab(t, "outbox of the demo", site).mail(lead.email)
	away := newTab(t, "another browser without script", site).withoutScript().phone()
	away.open(link)
	away.reads("A stone sign")
	away.fits()
	away.follow("css .decide-bar button[value=approve]")
	away.reads("One code, and it is done")
	outbox := newTab(t, "outbox of the demo", site)
	outbox.mail(lead.email)
	away.fill("code", digits.FindString(value[string](outbox, `document.body.innerText`)))
	away.follow("Approve")
	away.reads("A stone sign: recorded", "for Sofia Almeida, from the e-mail, with a code.")
}
