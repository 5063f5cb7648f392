package e2e

import "testing"

// Six banners between two meetings, on a phone: from home to the answer in two
// taps; or with one of them to change, and the answer taken back.
func TestSixBanners(t *testing.T) {
	site := theDemo(t)
	b := newTab(t, "six banners", site).signIn(demo.people["client lead"]).phone()
	b.open("/")
	b.reads("Needs you", "Six banners for the opening")
	b.follow("Six banners for the opening")
	b.fits()
	b.reads("Approve all 6", "banner-woad.jpg")
	b.press("css .decided > li:nth-child(3) summary")
	b.fill("note.3", "The blue is too cold.")
	b.follow("Request changes")
	b.reads("The team is told what to change", "Changes requested", "The blue is too cold.")
	b.follow("css form[action$='/undo'] button")
	b.reads("Taken back")
	b.open("/")
	before := b.taps
	b.follow("Six banners for the opening")
	b.follow("Approve all 6")
	b.reads("Approved. Thank you", "Approved v1")
	if taps := b.taps - before; taps > 2 {
		t.Errorf("approving from home takes %d taps", taps)
	}
}
