package e2e

import (
	"slices"
	"strings"
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
		"owner":       {"/", "/clients", "/projects", "/messages", "/notices", "/people", "/outbox", "/incoming", "/settings", "/settings/mail", "/settings/audit", "/profile/notices"},
	} {
		b := newTab(t, role, site).as(demo.people[role]).phone().letters()
		b.open("/messages")
		talk := value[[]string](b, `[...document.querySelectorAll(".talk-row a.main")].slice(0, 5).map(a => a.pathname)`)
		if len(talk) < 5 {
			t.Fatalf("%s sees the conversations %q", role, talk)
		}
		for _, page := range append(pages, talk...) {
			b.open(page)
			b.noWider()
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

// So it is where something is approved: all of the bars above and below a file and
// between pages is on the screen, and no word stands on another.
func TestLargeLettersOfApprovals(t *testing.T) {
	site := theDemo(t)
	for role, lists := range map[string][]string{"client lead": {"/approvals"}, "owner": {"/approvals?lane=client", "/approvals?lane=approved"}} {
		b := newTab(t, role, site).as(demo.people[role]).phone().letters()
		var found []string
		for _, list := range lists {
			b.open(list)
			found = append(found, value[[]string](b, `[...new Set([...document.querySelectorAll("main a")].map(a => a.pathname).filter(p => /^\/(approvals|revisions|signoffs)\/\w+$/.test(p)))].slice(0, 8)`)...)
		}
		pages := slices.Concat(lists, found)
		for _, page := range found {
			b.open(page)
			pages = append(pages, value[[]string](b, `[...document.querySelectorAll("main a[href^='/files/']")].slice(0, 1).map(a => a.getAttribute("href"))`)...)
		}
		if len(pages) < 10 || !slices.ContainsFunc(pages, func(p string) bool { return strings.HasPrefix(p, "/files/") }) {
			t.Fatalf("%s sees the pages %q", role, pages)
		}
		for _, page := range pages {
			b.open(page)
			b.noWider()
			bad := value[[]string](b, `(() => {
				const bars = ".top, .nav, .viewer-top, .stage-tools, .viewer-decide, .decide-bar";
				const box = e => { const r = document.createRange(); r.selectNodeContents(e); return r.getBoundingClientRect(); };
				const all = [...document.querySelectorAll(".top > :is(a, .bell), .top summary, .nav > ul > li > a, .nav > ul > li summary, .viewer-top :is(h1, a, summary), .stage-tools button, .viewer-decide :is(p > a, .button), .decide-bar .button")]
					.filter(e => e.checkVisibility({visibilityProperty: true}) && !e.closest(".menu-list"));
				return all.filter((e, i) => {
					const [own, a] = [e.getBoundingClientRect(), box(e)];
					return own.left < -1 || own.right > innerWidth + 1 || all.some((f, j) => {
						const c = box(f);
						return j > i && e.closest(bars) === f.closest(bars) && a.right > c.left + 1 && c.right > a.left + 1 && a.bottom > c.top + 1 && c.bottom > a.top + 1;
					});
				}).map(e => e.innerText || e.ariaLabel || e.outerHTML);
			})()`)
			if len(bad) > 0 {
				t.Errorf("%s: on %s these are not whole: %q", role, page, bad)
			}
		}
	}
}
