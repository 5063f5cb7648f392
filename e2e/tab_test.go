package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience bounds how long anything may take to appear.
const patience = 15 * time.Second

// A tab is one person's browser: it shares no cookie with others.
type tab struct {
	t    *testing.T
	who  string
	site string
	kept string // the other host of the demo, from which files come
	ctx  context.Context

	fingers bool // it is a phone
	taps    int  // since it was opened

	mu       sync.Mutex
	problems []string
	streams  int                  // live streams that were opened
	told     []string             // what came on them
	answers  map[string]time.Time // when a path last redirected
}

// newTab opens a tab for somebody at a site.
func newTab(t *testing.T, who, site string) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	b := &tab{t: t, who: who, site: site, kept: strings.Replace(site, "localhost", "127.0.0.1", 1), ctx: ctx, answers: map[string]time.Time{}}
	t.Cleanup(func() {
		b.mu.Lock()
		for _, p := range b.problems {
			t.Errorf("%s: %s", who, p)
		}
		b.mu.Unlock()
		cancel()
	})
	// The context of a tab's first steps is that of the tab.
	if err := chromedp.Do(ctx,
		call(cdplog.Enable, cdp.Empty{}), call(runtime.Enable, cdp.Empty{}),
		call(network.Enable, network.EnableParams{}),
		call(emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}),
		chromedp.EmulateViewport(1440, 900),
	); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Listen(ctx, b.hear); err != nil {
		t.Fatal(err)
	}
	return b
}

// phone makes it a phone of 390 × 844 that is held in a hand.
func (b *tab) phone() *tab {
	b.t.Helper()
	b.fingers = true
	b.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateScale(2), chromedp.EmulateMobile, chromedp.EmulateTouch))
	return b
}

// withoutScript switches JavaScript off for the pages. The tests still look at
// them with it.
func (b *tab) withoutScript() *tab {
	b.t.Helper()
	b.do(call(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}))
	return b
}

func call[P, R any](cmd cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, cmd, params)
		return err
	})
}

// hear notes what no page may do, and what comes on the live stream.
func (b *tab) hear(ev any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch ev := ev.(type) {
	case *cdplog.EventEntryAdded:
		// That an answer has the status of an error is the tests' to judge.
		if ev.Entry.Level == cdplog.EntryLevelError && ev.Entry.Source != cdplog.EntrySourceNetwork {
			b.problems = append(b.problems, fmt.Sprintf("%s: %s", ev.Entry.Source, ev.Entry.Text))
		}
	case *runtime.EventExceptionThrown:
		text := ev.ExceptionDetails.Text
		if e := ev.ExceptionDetails.Exception; e != nil {
			text += " " + e.Description
		}
		b.problems = append(b.problems, text)
	case *runtime.EventConsoleAPICalled:
		if ev.Type == runtime.ConsoleAPICalledTypeError {
			b.problems = append(b.problems, "console.error")
		}
	case *network.EventRequestWillBeSent:
		if u, err := url.Parse(ev.Request.URL); err != nil || (u.Scheme == "http" || u.Scheme == "https") && !slices.Contains([]string{b.site, b.kept}, u.Scheme+"://"+u.Host) {
			b.problems = append(b.problems, "request to another site: "+ev.Request.URL)
		}
		if r := ev.RedirectResponse; r != nil && r.Status < 400 {
			if u, err := url.Parse(r.URL); err == nil {
				b.answers[u.Path] = time.Now()
			}
		}
	case *network.EventResponseReceived:
		if ev.Type == network.ResourceTypeEventSource && ev.Response.Status == 200 {
			b.streams++
		}
	case *network.EventEventSourceMessageReceived:
		if ev.EventName != "beat" {
			b.told = append(b.told, strings.TrimSpace(ev.EventName+" "+ev.Data))
		}
	}
}

// forgives forgets the problems that a test has caused on purpose.
func (b *tab) forgives(words string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.problems = slices.DeleteFunc(b.problems, func(p string) bool { return strings.Contains(p, words) })
}

// answeredAt is when a form that was sent to a path was last taken: when the
// redirect that follows it arrived.
func (b *tab) answeredAt(path string) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.answers[path]
}

// heard is what came on live streams until now.
func (b *tab) heard() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.told...)
}

// live waits until the page has its live stream.
func (b *tab) live(act func()) {
	b.t.Helper()
	b.mu.Lock()
	before := b.streams
	b.mu.Unlock()
	act()
	b.wait("the live stream is open", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.streams > before
	})
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("%s: %v", b.who, err)
	}
}

// eval is the value of a JavaScript expression.
func eval[T any](b *tab, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression))
}

// value is eval where the page stands still.
func value[T any](b *tab, expression string) T {
	b.t.Helper()
	v, err := eval[T](b, expression)
	if err != nil {
		b.t.Fatalf("%s: %s: %v", b.who, expression, err)
	}
	return v
}

// wait looks again and again until something is so.
func (b *tab) wait(what string, so func() bool) {
	b.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); time.Now().Before(end); <-tick.C {
		if so() {
			return
		}
	}
	text, _ := eval[string](b, `location.pathname + "\n" + document.querySelector("main").innerText`)
	b.t.Fatalf("%s: still not so: %s; at %.600s", b.who, what, text)
}

// until waits until an expression is true of the page.
func (b *tab) until(what, expression string) {
	b.t.Helper()
	b.wait(what, func() bool {
		// A page that is just being left answers with an error.
		ok, err := eval[bool](b, "Boolean("+expression+")")
		return err == nil && ok
	})
}

// reads waits until the page shows the words.
func (b *tab) reads(words ...string) {
	b.t.Helper()
	for _, w := range words {
		b.until("it reads "+w, fmt.Sprintf(`document.body?.innerText.includes(%s)`, js(w)))
	}
}

// has reports whether the page shows the words now.
func (b *tab) has(words string) bool {
	b.t.Helper()
	return value[bool](b, fmt.Sprintf(`document.body.innerText.includes(%s)`, js(words)))
}

// holdsNot fails when the words are anywhere in the document.
func (b *tab) holdsNot(words ...string) {
	b.t.Helper()
	html := value[string](b, `document.documentElement.outerHTML + document.title`)
	for _, w := range words {
		if strings.Contains(html, w) {
			b.t.Errorf("%s: %s holds %q", b.who, b.path(), w)
		}
	}
}

// path is where the tab is.
func (b *tab) path() string {
	b.t.Helper()
	return value[string](b, `location.pathname`)
}

// status is that of the page's answer.
func (b *tab) status() int {
	b.t.Helper()
	return value[int](b, `performance.getEntriesByType("navigation")[0].responseStatus`)
}

// js is a Go value as JavaScript.
func js(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// open opens a path of the site, or an address that the program gave out.
func (b *tab) open(address string) {
	b.t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		b.t.Fatal(err)
	}
	b.do(chromedp.Navigate(b.site + u.RequestURI()))
}

// leaving waits until what is done has led to another document.
func (b *tab) leaving(act func()) {
	b.t.Helper()
	value[bool](b, `window.left = true`)
	act()
	b.until("another page", `!window.left && document.readyState === "complete"`)
}

// on finds what can be pressed: by its words as they are read, or by a
// selector that begins with "css ". Of several it takes the first in sight.
// It brings it into view and returns where it is.
func (b *tab) on(what string) (x, y float64) {
	b.t.Helper()
	css, byCSS := strings.CutPrefix(what, "css ")
	if !byCSS {
		css = "a[href], button, summary, label"
	}
	find := fmt.Sprintf(`(() => {
		const words = %s;
		const name = e => (e.getAttribute("aria-label") ?? e.innerText).trim().replace(/\s+/g, " ");
		for (const e of document.querySelectorAll(%s)) {
			if (!e.checkVisibility({visibilityProperty: true}) || (words && name(e) !== words)) continue;
			e.scrollIntoView({block: "center", behavior: "instant"});
			const r = e.getClientRects()[0];
			if (!r) continue;
			const x = r.x + r.width / 2, y = r.y + r.height / 2;
			const top = document.elementFromPoint(x, y);
			if (top && (e.contains(top) || top.contains(e))) return [x, y];
		}
		return [];
	})()`, js(map[bool]string{false: what}[byCSS]), js(css))
	var at []float64
	b.wait("there is to press: "+what, func() bool {
		var err error
		at, err = eval[[]float64](b, find)
		return err == nil && len(at) == 2
	})
	return at[0], at[1]
}

// press presses something: with the mouse, or on a phone with a finger.
func (b *tab) press(what string) {
	b.t.Helper()
	x, y := b.on(what)
	if b.fingers {
		b.taps++
		b.do(chromedp.TapXY(x, y))
		return
	}
	b.do(chromedp.MouseClickXY(x, y))
}

// follow presses what leads to another page.
func (b *tab) follow(what string) {
	b.t.Helper()
	b.leaving(func() { b.press(what) })
}

// fill types into the field of a name in place of what is there; on a select it
// chooses the option that reads so. Fields that are not drawn as text, as
// dates, are set.
func (b *tab) fill(name, text string) {
	b.t.Helper()
	field := fmt.Sprintf(`[...document.querySelectorAll('[name=' + CSS.escape(%s) + ']')].find(e => e.type !== "hidden" && e.checkVisibility())`, js(name))
	b.until("there is a field "+name, field)
	how := value[string](b, fmt.Sprintf(`(() => {
		const e = %s, text = %s;
		const say = () => { for (const t of ["input", "change"]) e.dispatchEvent(new Event(t, {bubbles: true})); };
		e.scrollIntoView({block: "center", behavior: "instant"});
		e.focus();
		if (e.matches("select")) {
			const o = [...e.options].find(o => o.label.trim() === text) ?? [...e.options].find(o => o.label.includes(text));
			if (!o) return "no option " + text + " of " + [...e.options].map(o => o.label);
			o.selected = true;
			say();
			return "set";
		}
		if (["date", "number", "color"].includes(e.type)) {
			e.value = text;
			say();
			return "set";
		}
		e.select();
		return "typed";
	})()`, field, js(text)))
	switch how {
	case "set":
	case "typed":
		b.do(call(input.InsertText, input.InsertTextParams{Text: text}))
	default:
		b.t.Fatalf("%s: %s", b.who, how)
	}
}

// key presses keys on the keyboard.
func (b *tab) key(keys string, options ...chromedp.KeyOption) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(keys, options...))
}

// signIn signs in with a password.
func (b *tab) signIn(p person) *tab {
	b.t.Helper()
	b.open("/sign-in")
	b.fill("email", p.email)
	b.fill("password", p.password)
	b.follow("css form:has(#password) button.primary")
	if strings.HasPrefix(b.path(), "/sign-in") {
		b.reads("signed in as " + p.email)
	}
	return b
}

// sessions are those of the demo's people, by address, as cookies.
var sessions = map[string][]*network.CookieParam{}

// as has somebody of the demo signed in where the test is not about signing in:
// the first of their tabs signs in, the others are given its session.
func (b *tab) as(p person) *tab {
	b.t.Helper()
	if cookies, ok := sessions[p.email]; ok {
		b.do(call(network.SetCookies, network.SetCookiesParams{Cookies: cookies}))
		b.open("/")
		if got := b.path(); got != "/" {
			b.t.Fatalf("%s: the session of %s leads to %s", b.who, p.email, got)
		}
		return b
	}
	b.signIn(p)
	b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		got, err := cdp.Call(ctx, target, network.GetCookies, network.GetCookiesParams{})
		for _, c := range got.Cookies {
			sessions[p.email] = append(sessions[p.email], &network.CookieParam{Name: c.Name, Value: c.Value, URL: b.site, Path: c.Path, HTTPOnly: c.HTTPOnly, SameSite: c.SameSite})
		}
		return err
	}))
	return b
}

// mail opens the newest mail to an address in the Outbox and returns where its
// button leads.
func (b *tab) mail(address string) string {
	b.t.Helper()
	row := fmt.Sprintf(`[...document.querySelectorAll("tbody tr")].find(r => r.innerText.includes(%s))`, js(address))
	b.wait("a mail to "+address+" is in the Outbox", func() bool {
		b.open("/outbox")
		return value[bool](b, "Boolean("+row+")")
	})
	b.open(value[string](b, row+`.querySelector("a").getAttribute("href")`))
	return value[string](b, `document.querySelector("[data-copy]")?.dataset.copy ?? ""`)
}

// tick presses the checkbox or switch of a name.
func (b *tab) tick(name string) {
	b.t.Helper()
	b.press(fmt.Sprintf("css label:has([name=%s])", js(name)))
}

// field is what the field of a name holds.
func (b *tab) field(name string) string {
	b.t.Helper()
	return value[string](b, fmt.Sprintf(`document.querySelector("main [name=" + CSS.escape(%s) + "]:not([type=hidden])").value`, js(name)))
}

// choose presses the radio button of a name whose label begins with the words.
func (b *tab) choose(name, words string) {
	b.t.Helper()
	v := value[string](b, fmt.Sprintf(`[...document.querySelectorAll("[name=" + CSS.escape(%s) + "]")].find(e => e.closest("label").innerText.trim().startsWith(%s)).value`, js(name), js(words)))
	b.press(fmt.Sprintf("css label:has([name=%s][value=%s])", js(name), js(v)))
}
