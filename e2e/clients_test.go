package e2e

import (
	"fmt"
	"html"
	"strings"
	"testing"

	demodata "github.com/vitrine-portal/vitrine/internal/demo"
)

// Somebody who works with two clients changes between them, and nothing of one
// is ever under the other.
func TestPersonOfTwoClients(t *testing.T) {
	site := theDemo(t)
	camille := newTab(t, "camille", site).signIn(person{"Camille Laurent", "camille@laurent.example", demodata.Password})
	camille.reads("Camille")

	choose := func(client string) {
		camille.press("css .switcher > summary")
		camille.follow(client)
		camille.reads(client)
		if got := camille.client(); got != client {
			t.Errorf("the switcher reads %q at %s", got, client)
		}
	}
	choose("Leto Brand")
	camille.reads("Website relaunch", "Send us the final texts of the spring collection", "This is where the new shop")
	holdsOnlyOf(camille, "Oda & Lind Architects", "Studio signage", "Portfolio site", "Texts of twenty houses", "Kenji", "Plans that zoom")
	choose("Oda & Lind Architects")
	camille.reads("Portfolio site", "Texts of twenty houses")
	portfolio := value[string](camille, `document.querySelector("main a[href^='/projects/']:not([href='/projects'])").getAttribute("href")`)
	holdsOnlyOf(camille, "Leto Brand", "Website relaunch", "Send us the final texts", "Product page template", "This is where the new shop")

	// A link out of a mail opens the client it belongs to, whichever was open.
	choose("Leto Brand")
	camille.open(portfolio)
	if got := camille.client(); got != "Oda & Lind Architects" {
		t.Errorf("a project of Oda & Lind opens under %q", got)
	}
	for _, p := range []string{"", "/updates", "/tasks", "/activity"} {
		camille.open(portfolio + p)
		holdsOnlyOf(camille, "Leto Brand", "Website relaunch", "Sofia Almeida")
	}

	// What is not of a project is a list of each client.
	theirs := map[string][]string{
		"Leto Brand":            {"Website relaunch", "Sofia Almeida", "Product page template"},
		"Oda & Lind Architects": {"Portfolio site", "Studio signage", "Kenji", "Freja"},
	}
	for client, other := range map[string]string{"Leto Brand": "Oda & Lind Architects", "Oda & Lind Architects": "Leto Brand"} {
		of := func() {
			camille.turnsTo(client)
			if got := camille.client(); got != client {
				t.Errorf("%s of %s stands under %q", camille.path(), client, got)
			}
			holdsOnlyOf(camille, other, theirs[other]...)
		}
		for _, p := range []string{"/messages/search?q=the", "/messages/new", "/approvals", "/files", "/messages"} {
			camille.open(p)
			of()
		}
		camille.open(value[string](camille, `document.querySelector(".talk-row a").getAttribute("href")`))
		of()
		// What needs her is one list, what she was told is not.
		camille.open("/notices")
		camille.turnsTo(client)
		updates := value[string](camille, `[...document.querySelectorAll("#updates > :not(.tabs)")].map(e => e.innerHTML).join()`)
		for _, w := range append(theirs[other], other) {
			if strings.Contains(html.UnescapeString(updates), w) {
				t.Errorf("the updates of %s hold %q", client, w)
			}
		}
	}
}

// turnsTo goes to the list of a client, if it is not that.
func (b *tab) turnsTo(client string) {
	b.t.Helper()
	const choice = "main .tabs[aria-label='Your companies'] a"
	if value[string](b, fmt.Sprintf(`document.querySelector(%s)?.innerText`, js(choice+"[aria-current]"))) != client {
		b.follow("css " + choice + ":not([aria-current])")
	}
}

// client is what the switcher says is open.
func (b *tab) client() string {
	b.t.Helper()
	return value[string](b, `document.querySelector(".switcher > summary span:not(.sr)").innerText`)
}

// holdsOnlyOf fails when the page holds anything of the other client; its name
// may stand where one changes to it.
func holdsOnlyOf(b *tab, other string, words ...string) {
	b.t.Helper()
	b.holdsNot(words...)
	const held = `(main => { main.querySelector(".tabs[aria-label='Your companies']")?.remove(); return document.title + main.innerHTML; })(document.querySelector("main").cloneNode(true))`
	if page := value[string](b, held); strings.Contains(html.UnescapeString(page), other) {
		b.t.Errorf("%s: %s names %s", b.who, b.path(), other)
	}
}
