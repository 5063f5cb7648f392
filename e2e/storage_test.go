package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// T157: a browser is told which fields hold passwords, keeps none of them and no
// secret of the portal's where scripts or the next person could find it, and
// forgets what it kept when somebody signs out.
func TestWhatABrowserRemembers(t *testing.T) {
	site := theDemo(t)
	b := newTab(t, "client", site)
	// fields are the passwords asked for on a page, by what the browser is told.
	fields := func() []string {
		return value[[]string](b, `[...document.querySelectorAll("input[type=password]")].map(e => e.name + " " + e.autocomplete)`)
	}
	b.open("/sign-in")
	if got := fields(); len(got) != 1 || got[0] != "password current-password" {
		t.Errorf("signing in asks for %v", got)
	}
	p := demo.people["client lead"]
	b.signIn(p)
	b.open("/profile/sign-in")
	got := fields()
	if len(got) == 0 {
		t.Error("no password is asked for where it is changed")
	}
	for _, f := range got {
		if name, told, _ := strings.Cut(f, " "); told != map[bool]string{true: "current-password", false: "new-password"}[name == "password_old"] {
			t.Errorf("the field %s is told to be %q", name, told)
		}
	}
	token := makeToken(b)
	b.open(openProject(b, "Spring packaging") + "/files")
	// kept is all that scripts find in the browser.
	kept := func() string {
		return value[string](b, `JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])`)
	}
	for _, secret := range []string{p.password, token, p.email} {
		if strings.Contains(kept(), secret) {
			t.Errorf("the browser keeps %q: %s", secret, kept())
		}
	}
	if cookies := value[string](b, `document.cookie`); cookies != "" {
		t.Errorf("scripts read the cookies %q", cookies)
	}
	value[bool](b, `(localStorage.setItem("left", "behind"), sessionStorage.setItem("left", "behind"), true)`)
	value[bool](b, `(document.querySelector("form[action='/sign-out']").requestSubmit(), true)`)
	b.reads("You are signed out")
	b.until("nothing of before is kept", `!("left" in localStorage) && !("left" in sessionStorage)`)
	b.do(chromedp.NavigateBack())
	b.until("the page of before does not come back", `!document.body.innerText.includes("Spring packaging")`)
}
