package e2e

import "testing"

// Two people edit the Portal access tab at once. The second is shown both
// versions; nothing of the first is overwritten, nothing of the second lost.
func TestTwoEditors(t *testing.T) {
	site := theDemo(t)
	first := newTab(t, "first", site).as(demo.people["manager"])
	second := newTab(t, "second", site).as(demo.people["owner"])
	for _, b := range []*tab{first, second} {
		b.open("/clients")
		b.follow("Marram Law")
		b.live(func() { b.follow("Portal access") })
		b.fill("invitation_days", map[*tab]string{first: "9", second: "21"}[b])
	}
	access := first.path()

	first.follow("Save changes")
	first.reads("Portal access is saved")
	// Who is typing is told, and nothing moves under the fingers.
	second.reads("There is news on this page")
	second.fill("allowed_domains", "marram.example")
	second.reads("Somebody else has saved this page meanwhile")

	second.follow("Save changes")
	if got := second.status(); got != 409 {
		t.Errorf("the second editor is answered %d, not 409", got)
	}
	second.reads("Somebody else saved this page meanwhile", "What is there now")
	for name, want := range map[string]string{"invitation_days": "21", "allowed_domains": "marram.example"} {
		if got := second.field(name); got != want {
			t.Errorf("the second editor's %s reads %q after the conflict, not %q", name, got, want)
		}
	}
	first.open(access)
	if days, domains := first.field("invitation_days"), first.field("allowed_domains"); days != "9" || domains != "" {
		t.Errorf("after the conflict there are %q days and the domains %q, not what the first saved", days, domains)
	}

	// Saving again is a choice.
	second.follow("Save my version")
	second.reads("Portal access is saved")
	first.open(access)
	if days := first.field("invitation_days"); days != "21" {
		t.Errorf("there are %q days, not what the second chose to save", days)
	}
}
