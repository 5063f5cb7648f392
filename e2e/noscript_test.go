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
	team := newTab(t, "team", site).signIn(demo.people["manager"])
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
