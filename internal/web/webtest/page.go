package webtest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"
)

// A Page is an answer to a Browser. Selectors are those of CSS.
type Page struct {
	Status int
	Header http.Header
	Body   string
	Path   string   // with the query, after redirects
	Via    []string // the redirects that led here

	t       *testing.T
	name    string
	parsed  *html.Node // once somebody has asked for something in it
	browser *Browser
}

// doc is the page as a tree.
func (p *Page) doc() *html.Node {
	p.t.Helper()
	if p.parsed == nil {
		var err error
		if p.parsed, err = html.Parse(strings.NewReader(p.Body)); err != nil {
			p.t.Fatalf("%s: %v", p.name, err)
		}
	}
	return p.parsed
}

func (p *Page) find(selector string) []*html.Node {
	p.t.Helper()
	sel, err := cascadia.ParseGroup(selector)
	if err != nil {
		p.t.Fatalf("webtest: selector %q: %v", selector, err)
	}
	return cascadia.QueryAll(p.doc(), sel)
}

// Has reports whether something on the page matches.
func (p *Page) Has(selector string) bool { p.t.Helper(); return p.Count(selector) > 0 }

// Count is how many things on the page match.
func (p *Page) Count(selector string) int { p.t.Helper(); return len(p.find(selector)) }

// Text is the text of what matches first, with white space folded; "" when
// nothing does.
func (p *Page) Text(selector string) string {
	p.t.Helper()
	if n := p.find(selector); len(n) > 0 {
		return text(n[0])
	}
	return ""
}

// Texts is the text of everything that matches.
func (p *Page) Texts(selector string) []string {
	p.t.Helper()
	var all []string
	for _, n := range p.find(selector) {
		all = append(all, text(n))
	}
	return all
}

// Attr is an attribute of what matches first.
func (p *Page) Attr(selector, name string) string {
	p.t.Helper()
	if n := p.find(selector); len(n) > 0 {
		return attr(n[0], name)
	}
	return ""
}

// Attrs is an attribute of everything that matches.
func (p *Page) Attrs(selector, name string) []string {
	p.t.Helper()
	var all []string
	for _, n := range p.find(selector) {
		all = append(all, attr(n, name))
	}
	return all
}

// MustBe fails the test unless the answer has that status.
func (p *Page) MustBe(status int) *Page {
	p.t.Helper()
	if p.Status != status {
		p.t.Fatalf("%s: status %d, want %d: %s\n%s", p.name, p.Status, status, p.Text("main"), p.browser.Log())
	}
	return p
}

// MustContain fails the test unless the page's text holds each word.
func (p *Page) MustContain(words ...string) *Page {
	p.t.Helper()
	all := text(p.doc())
	for _, w := range words {
		if !strings.Contains(all, w) {
			p.t.Errorf("%s: no %q in %q", p.name, w, p.Text("main"))
		}
	}
	return p
}

// MustNotContain fails the test if the page holds one of the words anywhere,
// attributes included.
func (p *Page) MustNotContain(words ...string) *Page {
	p.t.Helper()
	all := html.UnescapeString(p.Body)
	for _, w := range words {
		if strings.Contains(all, w) {
			p.t.Errorf("%s holds %q", p.name, w)
		}
	}
	return p
}

// Form is the first form on the page that posts to action. Without one the test
// fails.
func (p *Page) Form(action string) *Form {
	p.t.Helper()
	for _, n := range p.find("form") {
		if attr(n, "action") == action {
			return newForm(p, n)
		}
	}
	var have []string
	for _, n := range p.find("form") {
		have = append(have, attr(n, "action"))
	}
	p.t.Fatalf("%s (%d): no form posts to %s, only to %q: %s", p.name, p.Status, action, have, p.Text("main"))
	return nil
}

// A Form is filled in and sent as a browser would: with everything in it that
// was not touched, hidden fields and defaults included.
type Form struct {
	page   *Page
	action string
	known  map[string][]string // each field, and the values that are offered; nil: free text
	press  map[string][]string // the buttons with a name
	values url.Values

	elsewhere []string // where buttons send the form instead
}

func newForm(p *Page, node *html.Node) *Form {
	f := &Form{page: p, action: attr(node, "action"), known: map[string][]string{}, press: map[string][]string{}, values: url.Values{}}
	id := attr(node, "id")
	for _, n := range p.find("input, select, textarea, button") {
		if owner := attr(n, "form"); owner != "" && owner != id || owner == "" && !within(n, node) {
			continue
		}
		if to := attr(n, "formaction"); to != "" {
			f.elsewhere = append(f.elsewhere, to)
		}
		name := attr(n, "name")
		if name == "" || has(n, "disabled") || inDisabled(n) {
			continue
		}
		switch kind := strings.ToLower(attr(n, "type")); {
		case n.Data == "button" || n.Data == "input" && kind == "submit":
			f.press[name] = append(f.press[name], attr(n, "value"))
		case n.Data == "select":
			f.option(n, name)
		case n.Data == "textarea":
			f.free(name, strings.TrimPrefix(raw(n), "\n"))
		case kind == "checkbox" || kind == "radio":
			value := attr(n, "value")
			if value == "" {
				value = "on"
			}
			f.known[name] = append(f.known[name], value)
			if has(n, "checked") {
				f.values.Add(name, value)
			}
		default:
			f.free(name, attr(n, "value"))
		}
	}
	return f
}

func (f *Form) free(name, value string) {
	f.known[name] = nil
	f.values.Add(name, value)
}

func (f *Form) option(n *html.Node, name string) {
	chosen, first := "", ""
	for o := range n.Descendants() {
		if o.Data != "option" || o.Type != html.ElementNode {
			continue
		}
		value := attr(o, "value")
		if !has(o, "value") {
			value = text(o)
		}
		if len(f.known[name]) == 0 {
			first = value
		}
		f.known[name] = append(f.known[name], value)
		if has(o, "selected") {
			chosen = value
			f.values.Add(name, value)
		}
	}
	if chosen == "" && len(f.values[name]) == 0 && !has(n, "multiple") {
		f.values.Add(name, first)
	}
}

// Values are what Submit would send; a test may change them.
func (f *Form) Values() url.Values { return f.values }

// Set fills a field in, chooses an option or a radio, or ticks the checkboxes
// of that name that have one of the values, and no others. A field that the form
// does not have, or a choice that it does not offer, fails the test: a person
// could not do that either.
func (f *Form) Set(name string, values ...string) *Form {
	f.page.t.Helper()
	offered, ok := f.known[name]
	if !ok {
		f.page.t.Fatalf("%s: the form %s has no field %q", f.page.name, f.action, name)
	}
	for _, v := range values {
		if offered != nil && !slices.Contains(offered, v) {
			f.page.t.Fatalf("%s: the field %q of %s offers %q, not %q", f.page.name, name, f.action, offered, v)
		}
	}
	f.values[name] = values
	return f
}

// Tick ticks the one checkbox of that name.
func (f *Form) Tick(name string) *Form {
	f.page.t.Helper()
	if len(f.known[name]) != 1 {
		f.page.t.Fatalf("%s: the form %s has no single box %q", f.page.name, f.action, name)
	}
	return f.Set(name, f.known[name][0])
}

// Untick takes the ticks of that name away.
func (f *Form) Untick(name string) *Form { f.page.t.Helper(); return f.Set(name) }

// Get is the value a field has now.
func (f *Form) Get(name string) string { return f.values.Get(name) }

// Press chooses which named button sends the form.
func (f *Form) Press(name, value string) *Form {
	f.page.t.Helper()
	if !slices.Contains(f.press[name], value) {
		f.page.t.Fatalf("%s: the form %s has no button %s=%s, only %v", f.page.name, f.action, name, value, f.press)
	}
	f.values.Set(name, value)
	return f
}

// To chooses the button that sends the form to another address.
func (f *Form) To(action string) *Form {
	f.page.t.Helper()
	if !slices.Contains(f.elsewhere, action) {
		f.page.t.Fatalf("%s: no button of %s sends to %s, only to %q", f.page.name, f.action, action, f.elsewhere)
	}
	f.action = action
	return f
}

// Submit sends the form.
func (f *Form) Submit(b *Browser) *Page {
	b.t.Helper()
	return b.Post(f.action, f.values)
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

func within(n, outer *html.Node) bool {
	for p := range n.Ancestors() {
		if p == outer {
			return true
		}
	}
	return false
}

func inDisabled(n *html.Node) bool {
	for p := range n.Ancestors() {
		if p.Data == "fieldset" && has(p, "disabled") {
			return true
		}
	}
	return false
}

// text is what a reader reads, with white space folded.
func text(n *html.Node) string { return strings.Join(strings.Fields(raw(n)), " ") }

func raw(n *html.Node) string {
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		switch {
		case n.Type == html.TextNode:
			b.WriteString(n.Data)
		case n.Type == html.ElementNode && (n.Data == "script" || n.Data == "style"):
			return
		}
		block := n.Type == html.ElementNode && n.Data != "b" && n.Data != "a" && n.Data != "span" && n.Data != "textarea"
		if block {
			b.WriteByte(' ')
		}
		for c := range n.ChildNodes() {
			walk(c)
		}
		if block {
			b.WriteByte(' ')
		}
	}
	walk(n)
	return b.String()
}
