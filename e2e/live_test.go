package e2e

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"

	"github.com/vitrine-portal/vitrine/internal/built"
)

// What the team does to what is shared stands on the client's open page by
// itself; what it does for itself reaches no client's stream.
func TestLive(t *testing.T) {
	site := theDemo(t)
	team := newTab(t, "team", site).as(demo.people["manager"])
	guest := newTab(t, "client", site).as(demo.people["client lead"])
	project := openProject(team, "Website relaunch")
	tasks := project + "/tasks"
	for _, x := range []struct{ title, audience string }{{"Publish the opening hours", "client"}, {"Quokka calls the printer", "team"}} {
		team.open(tasks)
		team.fill("title", x.title)
		team.follow("css main button[name=audience][value=" + x.audience + "]")
		team.reads(x.title)
	}

	guest.live(func() { guest.open(tasks) })
	guest.reads("Publish the opening hours")
	value[bool](guest, `window.same = true`)
	before := len(guest.heard())

	team.open(tasks)
	team.follow("Complete: Quokka calls the printer")
	team.open(tasks)
	complete := value[string](team, `document.querySelector("button[aria-label='Complete: Publish the opening hours']").form.getAttribute("action")`)
	team.follow("Complete: Publish the opening hours")
	guest.until("the completed task leaves the client's open tasks", `!document.querySelector("main").innerText.includes("Publish the opening hours")`)
	t.Logf("it left %d ms after the team's press was answered", time.Since(team.answeredAt(complete)).Milliseconds())
	if !value[bool](guest, `window.same === true`) {
		t.Error("the client's page was loaded anew")
	}
	// Signals keep their order: had the first change been told, it had been so by now.
	if told := guest.heard()[before:]; len(told) != 1 {
		t.Errorf("the client's stream was told %q, not of the one change that is theirs", told)
	}
	guest.holdsNot("Quokka")
}

// openProject goes to a project by its name and returns its path.
func openProject(b *tab, name string) string {
	b.t.Helper()
	b.open("/projects")
	b.follow(name)
	b.reads(name)
	return b.path()
}

// A page that was open while the server was killed finds its stream again, and
// shows what happened before it had.
func TestServerRestarts(t *testing.T) {
	port, err := built.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(t.TempDir(), "demo")
	start := func() *built.Server {
		t.Helper()
		s, err := built.StartAt(t.Context(), port, program, "demo", data)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	server := start()
	t.Cleanup(func() { server.Kill() })
	people, err := peopleOf(server)
	if err != nil {
		t.Fatal(err)
	}
	team := newTab(t, "team", server.URL).signIn(people["manager"])
	guest := newTab(t, "client", server.URL).signIn(people["client lead"])
	tasks := openProject(team, "Website relaunch") + "/tasks"
	guest.live(func() { guest.open(tasks) })
	value[bool](guest, `window.same = true`)
	gone := newTab(t, "whose session ends meanwhile", server.URL).signIn(people["viewer"])
	gone.live(func() { gone.open("/projects") })
	gone.do(call(network.ClearBrowserCookies, cdp.Empty{}))

	server.Kill()
	server = start()
	guest.live(func() { // the stream of before is gone, and the next one is open
		team.open(tasks)
		team.fill("title", "Choose the door handles")
		team.follow("css main button[name=audience][value=client]")
		team.reads("Choose the door handles")
	})
	guest.reads("Choose the door handles")
	if n := value[int](guest, `document.querySelector("main").innerText.split("Choose the door handles").length - 1`); n != 1 {
		t.Errorf("the client's page names the task %d times", n)
	}
	if !value[bool](guest, `window.same === true`) {
		t.Error("the client's page was loaded anew")
	}
	gone.wait("whoever has no session any more sees nothing", func() bool { return gone.path() == "/sign-in" })
}
