package e2e

import (
	"regexp"
	"testing"
)

var digits = regexp.MustCompile(`\b\d{8}\b|\b\d{4} \d{4}\b`)

// Somebody's first time, on a phone in a hand: without a password, and what
// needs them is done in at most three taps.
func TestFirstTimeOnAPhone(t *testing.T) {
	site := theDemo(t)
	const address = "ines@leto.example"
	owner := newTab(t, "owner", site).as(demo.people["owner"])
	owner.open("/clients")
	owner.follow("Leto Brand")
	owner.follow("Portal access")
	owner.fill("add.0.email", address)
	owner.fill("add.0.name", "Ines Matos")
	owner.fill("add.0.preset", "Approver")
	owner.follow("Save changes")
	owner.reads("Portal access is saved")
	invitation := owner.mail(address)

	b := newTab(t, "phone", site).phone()
	b.open(invitation)
	b.reads("invited you to")
	b.follow("Continue")
	b.fill("name", "Ines Matos")
	b.follow("No password: e-mail me a code each time")
	b.reads("Ines")
	b.fits()

	// The next time there is a code.
	b = newTab(t, "phone", site).phone()
	b.open("/sign-in")
	b.fits()
	b.fill("email", address)
	b.follow("E-mail me a code")
	b.reads("Type the code")
	outbox := newTab(t, "outbox of the demo", site)
	outbox.mail(address)
	code := digits.FindString(value[string](outbox, `document.body.innerText`))
	b.fill("code", code)
	b.follow("Sign in")
	b.reads("Ines", "Needs you")
	b.fits()

	// A review, from home. The team asks all who may decide, and so her.
	project := openProject(owner, "Website relaunch")
	owner.open(project + "/deliverables/new")
	owner.fill("title", "A card for the counter")
	owner.follow("css main button[name=audience][value=client]")
	owner.reads("A card for the counter")
	owner.follow("Ask for review")
	owner.follow("Ask for approval")
	owner.reads("Asked")
	b.open("/")
	before := b.taps
	b.follow("css .needs li:has(.kind) a.title[href*='/approvals/']")
	b.fits()
	b.follow("Approve")
	b.reads("Approved. Thank you")
	if taps := b.taps - before; taps > 3 {
		t.Errorf("approving from home takes %d taps", taps)
	} else {
		t.Logf("approving from home takes %d taps", taps)
	}

	// A task of one's own.
	owner.open(project + "/tasks")
	owner.fill("title", "Send us your portrait")
	owner.fill("assignee", "Ines Matos")
	owner.follow("css main button[name=audience][value=client]")
	owner.reads("Send us your portrait")
	b.open("/")
	before = b.taps
	b.follow("Send us your portrait")
	b.fits()
	b.follow("Complete")
	b.reads("Completed")
	if taps := b.taps - before; taps > 3 {
		t.Errorf("completing a task from home takes %d taps", taps)
	} else {
		t.Logf("completing a task from home takes %d taps", taps)
	}
}

// noWider fails when the page is wider than the screen.
func (b *tab) noWider() {
	b.t.Helper()
	if w := value[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); w > 0 {
		b.t.Errorf("%s: %s is %d px wider than the screen", b.who, b.path(), w)
	}
}

// fits fails when the page is wider than the screen, or something that is
// pressed is too small for a finger.
func (b *tab) fits() {
	b.t.Helper()
	b.noWider()
	if hidden := value[bool](b, `[...document.querySelectorAll(".tabs [aria-current]")].some(e => {
		const r = e.getBoundingClientRect();
		return r.left < 0 || r.right > innerWidth;
	})`); hidden {
		b.t.Errorf("%s: the tab of %s is out of sight", b.who, b.path())
	}
	// 44 px, less the border of the field a button may stand in.
	small := value[[]string](b, `[...document.querySelectorAll("main button, main a.button, main summary, nav a, header summary")].filter(e => e.checkVisibility({visibilityProperty: true})).flatMap(e => {
		const r = e.getBoundingClientRect();
		return Math.min(r.width, r.height) < 42 ? [(e.getAttribute("aria-label") ?? e.innerText) + " " + Math.round(r.width) + "×" + Math.round(r.height)] : [];
	})`)
	if len(small) > 0 {
		b.t.Errorf("%s: %s has buttons too small for a finger: %q", b.who, b.path(), small)
	}
}
