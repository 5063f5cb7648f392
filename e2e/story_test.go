package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/db/dbtest"
)

var (
	nora = person{"Nora Nord", "nora@nord.example", "seven boats and a yellow kite"}
	lena = person{"Lena Lind", "lena@lind.example", "nine lanterns over the harbour"}
)

// secret begins whatever is written for the team alone.
const secret = "Quokka"

// A workspace's first client: from the link on the terminal to the client's
// first visit, its pause and its return. On each database.
func TestFirstClient(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { firstClient(t) })
	t.Run("postgres", func(t *testing.T) {
		firstClient(t, "VITRINE_DATABASE="+dbtest.URL(t, db.PostgreSQL))
	})
}

func firstClient(t *testing.T, env ...string) {
	server, link := serve(t, env...)
	owner := newTab(t, "owner", server.URL)
	setUp(owner, link)

	owner.follow("New client")
	owner.fill("name", "Lind & Co")
	owner.follow("Add client")
	owner.reads("Lind & Co", "Portal access is off")
	client := owner.path()

	project := makeProject(owner)
	addItems(owner, project)

	// Tasks are the team's own business unless it says otherwise.
	owner.open(project + "/settings")
	owner.fill("section.tasks", "On for this project")
	owner.follow("css form[action$='/sections'] button[type=submit], form[action$='/sections'] .submit button")
	owner.reads("Saved")

	// Portal access: on, and somebody to invite.
	owner.open(client)
	owner.follow("css nav.tabs a[href$='/access']")
	owner.tick("enabled")
	owner.fill("add.0.email", lena.email)
	owner.fill("add.0.name", lena.name)
	owner.reads("1 person will be e-mailed")
	owner.follow("Save changes")
	owner.reads("Portal access is saved", lena.name, "Invited")

	invitation := owner.mail(lena.email)
	owner.reads("Website of Lind: Nora Nord invited you")
	guest := newTab(t, "client", server.URL)
	guest.open(invitation)
	guest.reads("Nora Nord invited you to Website of Lind")
	guest.follow("Continue")
	guest.fill("name", lena.name)
	guest.fill("password", lena.password)
	guest.follow("Accept and go in")
	guest.reads("Lena", "Website of Lind", "The first pages stand")
	guest.holdsNot(secret, "Outbox")

	// What was shown is there, and what was not is nowhere.
	pages := []string{"", "/updates", "/timeline", "/milestones", "/deliverables", "/tasks", "/tasks?show=done", "/team", "/activity"}
	read := map[string]string{}
	for _, p := range pages {
		guest.open(project + p)
		guest.holdsNot(secret)
		read[p] = value[string](guest, `document.querySelector("main").innerText`)
	}
	for p, words := range map[string]string{"": "The first pages stand", "/updates": "Have a look at the start page.", "/milestones": "Opening day", "/deliverables": "Start page", "/tasks": "Send the photographs", "/activity": "Opening day"} {
		if !strings.Contains(read[p], words) {
			t.Errorf("the client's %s%s does not read %q but %s", project, p, words, read[p])
		}
	}
	for _, p := range []string{"/", "/projects", "/needs", "/calendar", client, client + "/people"} {
		guest.open(p)
		guest.holdsNot(secret)
	}
	for _, p := range []string{hiddenItem(owner, project+"/milestones"), hiddenItem(owner, project+"/deliverables"), hiddenItem(owner, project+"/tasks"), client + "/access", project + "/settings", "/outbox", "/search?q=" + secret} {
		guest.open(p)
		guest.holdsNot(secret)
		if got := guest.status(); got != 404 {
			t.Errorf("the client's %s is answered with %d, not 404", p, got)
		}
	}

	viewAs(owner, client, project, read)

	// Off: the page that is open goes at once, and nothing more is answered.
	guest.live(func() { guest.open(project) })
	owner.open(client + "/access")
	owner.tick("enabled")
	owner.reads("1 person will lose access at once")
	gone := make(chan time.Time, 1)
	go func() {
		defer close(gone)
		for end := time.Now().Add(patience); time.Now().Before(end); {
			if paused, err := eval[bool](guest, `document.body.innerText.includes("Access is paused by Studio Nord") && !document.documentElement.outerHTML.includes("Website of Lind")`); err == nil && paused {
				gone <- time.Now()
				return
			}
		}
	}()
	owner.follow("Save changes")
	at, ok := <-gone
	took := at.Sub(owner.answeredAt(client + "/access"))
	switch {
	case !ok:
		t.Fatalf("the client's open page still stands %v after the switch", patience)
	case took > 2*time.Second:
		t.Errorf("the client's open page stood for another %v after the switch", took)
	}
	t.Logf("the client's open page was gone %d ms after the switch was answered", took.Milliseconds())
	guest.open(project)
	guest.reads("Access is paused by Studio Nord")
	guest.holdsNot("Website of Lind", "The first pages stand")
	guest.signIn(lena) // the password is right, and opens nothing
	guest.reads("Access is paused by Studio Nord")
	guest.open(project)
	guest.holdsNot("Website of Lind", "The first pages stand")

	// On again: the same people, the same rights, the same data.
	owner.tick("enabled")
	owner.reads("1 person is let in again")
	owner.follow("Save changes")
	owner.reads("Portal access is saved")
	guest = newTab(t, "client, again", server.URL).signIn(lena)
	guest.reads("Website of Lind")
	for _, p := range pages[:6] {
		guest.open(project + p)
		guest.holdsNot(secret)
		if now := value[string](guest, `document.querySelector("main").innerText`); !strings.Contains(now, "Opening day") && strings.Contains(read[p], "Opening day") {
			t.Errorf("after the pause, %s%s reads %s", project, p, now)
		}
	}
}

// setUp opens the link of the terminal; it is for the first owner, once.
func setUp(owner *tab, link string) {
	owner.t.Helper()
	owner.open(link)
	owner.fill("workspace", "Studio Nord")
	owner.fill("name", nora.name)
	owner.fill("email", nora.email)
	owner.fill("password", nora.password)
	owner.follow("Set up and go in")
	owner.reads("Your first client in fifteen minutes")

	late := newTab(owner.t, "somebody with the old link", owner.site)
	late.open(link)
	if late.has("Set up your workspace") {
		owner.t.Error("the link sets up the workspace twice")
	}
	owner.open("/")
}

// makeProject makes a shared project from a template and returns its path.
func makeProject(owner *tab) string {
	owner.t.Helper()
	owner.open("/projects")
	owner.follow("New project")
	owner.fill("name", "Website of Lind")
	owner.choose("template", "Website")
	owner.tick("shared")
	owner.follow("Create project")
	owner.reads("Website of Lind", "Lind & Co")
	return owner.path()
}

// addItems adds one of each kind for the team alone, and one for the client.
func addItems(owner *tab, project string) {
	owner.t.Helper()
	for _, audience := range []string{"team", "client"} {
		title := func(shown, hidden string) string {
			if audience == "team" {
				return secret + " " + hidden
			}
			return shown
		}
		send := "css main button[name=audience][value=" + audience + "]"
		owner.open(project)
		owner.follow("css nav.tabs a[href$='/milestones']")
		owner.follow("Add milestone")
		owner.fill("title", title("Opening day", "margin review"))
		owner.fill("due_on", time.Now().AddDate(0, 1, 0).Format(time.DateOnly))
		owner.follow(send)
		owner.reads(title("Opening day", "margin review"))

		owner.open(project)
		owner.follow("css nav.tabs a[href$='/deliverables']")
		owner.follow("Add deliverable")
		owner.fill("title", title("Start page", "price list"))
		owner.follow(send)
		owner.reads(title("Start page", "price list"))

		owner.open(project)
		owner.follow("css nav.tabs a[href$='/tasks']")
		owner.fill("title", title("Send the photographs", "call the lawyer"))
		owner.follow(send)
		owner.reads(title("Send the photographs", "call the lawyer"))

		owner.open(project)
		owner.follow("Post update")
		owner.fill("sentence", title("The first pages stand", "is late"))
		owner.fill("body", title("Have a look at the start page.", "says the client pays slowly."))
		owner.follow(send)
		owner.reads(title("The first pages stand", "is late"))
	}
}

// hiddenItem is the path of the item in a list that the client does not see.
func hiddenItem(owner *tab, list string) string {
	owner.t.Helper()
	owner.open(list)
	owner.reads(secret)
	return value[string](owner, `[...document.querySelectorAll("main a")].find(a => a.innerText.startsWith("`+secret+`")).getAttribute("href")`)
}

// viewAs looks at the portal as Lena does: the same words, and no hands.
func viewAs(owner *tab, client, project string, read map[string]string) {
	t := owner.t
	t.Helper()
	owner.open(client + "/access")
	owner.press("css .access-row .menu > summary")
	owner.follow("View as")
	const banner = "You see what Lena Lind (Lind & Co) sees. Nothing can be changed."
	owner.reads(banner)
	for p, words := range read {
		owner.open(project + p)
		owner.reads(banner)
		owner.holdsNot(secret)
		// The address of a calendar is for its owner alone to have.
		words = strings.Replace(words, "\nCalendar\n", "\n", 1)
		// So is their copy of the project to take away.
		words = strings.Replace(words, "\n\nHandover pack\n\n", "\n", 1)
		// And whether they hear of it.
		words = strings.Replace(words, "\nMute\n", "\n", 1)
		if now := value[string](owner, `document.querySelector("main").innerText`); now != words {
			t.Errorf("viewed as Lena, %s%s reads\n%s\nand to Lena it reads\n%s", project, p, now, words)
		}
		if forms := value[int](owner, `document.querySelectorAll("main form[method=post]").length`); forms > 0 {
			t.Errorf("viewed as Lena, %s%s has %d forms that change something", project, p, forms)
		}
	}
	status := value[int](owner, `(r => (r.open("POST", "`+client+`/archive", false), r.send(), r.status))(new XMLHttpRequest())`)
	if status < 400 {
		t.Errorf("while viewing as Lena, archiving the client is answered with %d", status)
	}
	owner.follow("Stop")
	owner.reads("You are yourself again")
	if owner.has(banner) {
		t.Error("the banner stays after Stop")
	}
}
