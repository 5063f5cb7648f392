package e2e

import (
	"testing"

	"github.com/chromedp/cdproto/page"
)

// letters makes those of the browser twice as large, as its settings do.
func (b *tab) letters() *tab {
	b.t.Helper()
	b.do(call(page.SetFontSizes, page.SetFontSizesParams{FontSizes: &page.FontSizes{Standard: 32, Fixed: 26}}))
	return b
}

// With letters twice as large a phone shows the same, and nothing covers anything.
func TestLargeLetters(t *testing.T) {
	site := theDemo(t)
	for role, pages := range map[string][]string{
		"client lead": {"/", "/needs", "/projects", "/messages", "/notices", "/help", "/profile", "/profile/notices", "/profile/sessions", "/profile/tokens"},
		"owner":       {"/", "/messages", "/notices", "/people", "/outbox", "/incoming", "/settings", "/settings/mail", "/settings/audit", "/profile/notices"},
	} {
		b := newTab(t, role, site).as(demo.people[role]).phone().letters()
		b.open("/messages")
		talk := value[[]string](b, `[...document.querySelectorAll(".talk-row a.main")].slice(0, 5).map(a => a.pathname)`)
		if len(talk) < 5 {
			t.Fatalf("%s sees the conversations %q", role, talk)
		}
		for _, page := range append(pages, talk...) {
			b.open(page)
			if w := value[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); w > 0 {
				t.Errorf("%s: %s is %d px wider than the screen", role, page, w)
			}
			covered := value[[]string](b, `[...document.querySelectorAll(".message")].flatMap(m => {
				const boxes = [...m.querySelectorAll(".by b, .by .company, .when .clock, .prose")].map(e => {
					const r = document.createRange();
					r.selectNodeContents(e);
					return r.getBoundingClientRect();
				});
				return boxes.some((a, i) => boxes.some((c, j) => i < j && a.right > c.left + 1 && c.right > a.left + 1 && a.bottom > c.top + 1 && c.bottom > a.top + 1)) ? [m.innerText] : [];
			})`)
			if len(covered) > 0 {
				t.Errorf("%s: on %s something covers something of %q", role, page, covered)
			}
		}
	}
}
