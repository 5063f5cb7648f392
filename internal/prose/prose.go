// Package prose turns the Markdown that people write into HTML that is safe to
// put into a page: no raw HTML, no script, nothing that is loaded from
// elsewhere. What it makes is checked twice: by what is written at all, and
// by a list of what may be.
package prose

import (
	"bytes"
	"html"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	gmhtml "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// maxMarkdown bounds what is read as Markdown, in bytes. More than any text the
// portal takes; what is longer is shown as it was typed.
const maxMarkdown = 100_000

// rel of every link: where it leads learns nothing and is not recommended.
const rel = "noopener noreferrer nofollow ugc"

var (
	markdown = goldmark.New(
		goldmark.WithExtensions(extension.Strikethrough, extension.Linkify, extension.Table),
		goldmark.WithParserOptions(parser.WithASTTransformers(util.Prioritized(tame{}, 100))),
		goldmark.WithRendererOptions(gmhtml.WithHardWraps(), renderer.WithNodeRenderers(util.Prioritized(noImages{}, 1))),
	)
	policy = newPolicy()
)

func newPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "strong", "em", "del", "code", "pre", "blockquote", "ul", "ol", "li", "h3", "h4", "h5", "h6",
		"table", "thead", "tbody", "tr", "th", "td")
	p.AllowAttrs("start").Matching(regexp.MustCompile(`^[0-9]{1,9}$`)).OnElements("ol")
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("rel").Matching(regexp.MustCompile("^" + rel + "$")).OnElements("a")
	p.RequireParseableURLs(true)
	p.AllowURLSchemes("http", "https", "mailto")
	return p
}

// HTML renders Markdown. Headings begin below those of the page; a picture
// becomes a link to it, so that looking at a page tells nobody.
func HTML(s string) string {
	if len(s) > maxMarkdown || tangled(s) {
		return typed(s)
	}
	if h, ok := kept.get(s); ok {
		return h
	}
	var b bytes.Buffer
	if err := markdown.Convert([]byte(s), &b); err != nil {
		return typed(s) // a buffer does not fail
	}
	h := policy.Sanitize(b.String())
	kept.put(s, h)
	return h
}

// kept are the texts that were rendered last: one text is looked at by many,
// many times.
var kept memory

// A memory is bounded: it forgets everything when it is full.
type memory struct {
	mu   sync.RWMutex
	html map[string]string
	size int // of the texts and what they became, in bytes
}

const maxKept = 4 << 20

var (
	ends = regexp.MustCompile(`</(?:p|li|h[1-6]|pre|td|th)>|<br ?/?>`)
	tags = regexp.MustCompile(`<[^>]*>`)
)

// Line is what HTML would show, in one line of text.
func Line(s string) string {
	h := tags.ReplaceAllString(ends.ReplaceAllString(HTML(s), " "), "")
	return strings.Join(strings.Fields(html.UnescapeString(h)), " ")
}

var (
	links  = regexp.MustCompile(`<a href="([^"]*)"[^>]*>(.*?)</a>`)
	points = regexp.MustCompile(`<li>\s*(?:<p>)?`)
	breaks = regexp.MustCompile(`<br ?/?>\n?|</(?:p|h[1-6]|pre|tr)>`)
	cells  = regexp.MustCompile(`\s*</t[dh]>\s*`)
	gaps   = regexp.MustCompile(`\n[ \n]*\n`)
)

// Unlinked is HTML in which links are words, each with its address behind it: for a
// mail, where nothing leads elsewhere that the portal did not write.
func Unlinked(s string) string {
	return links.ReplaceAllStringFunc(HTML(s), func(a string) string {
		m := links.FindStringSubmatch(a)
		if address := strings.TrimPrefix(m[1], "mailto:"); address != m[2] {
			return m[2] + " (" + address + ")"
		}
		return m[2]
	})
}

// Text is what Unlinked would show, as plain text in lines.
func Text(s string) string {
	h := points.ReplaceAllString(Unlinked(s), "- ")
	h = tags.ReplaceAllString(cells.ReplaceAllString(breaks.ReplaceAllString(h, "\n"), " "), "")
	return strings.TrimSpace(gaps.ReplaceAllString(html.UnescapeString(h), "\n\n"))
}

func (m *memory) get(s string) (string, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	h, ok := m.html[s]
	return h, ok
}

func (m *memory) put(s, h string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.size += len(s) + len(h); m.html == nil || m.size > maxKept {
		m.html, m.size = map[string]string{}, len(s)+len(h)
	}
	m.html[s] = h
}

// typed is the text as it was typed.
func typed(s string) string {
	return "<p>" + strings.ReplaceAll(html.EscapeString(s), "\n", "<br>\n") + "</p>"
}

// tangled reports what nobody writes and takes long to read: thousands of
// brackets, or quotes within quotes within quotes.
func tangled(s string) bool {
	if strings.Count(s, "[") > 1000 {
		return true
	}
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '>':
			if depth++; depth > 50 {
				return true
			}
		case ' ', '\t':
		default:
			depth = 0
		}
	}
	return false
}

// tame lowers headings, and makes of links either what may be followed or
// their own text.
type tame struct{}

func (tame) Transform(doc *ast.Document, reader text.Reader, _ parser.Context) {
	var dead []ast.Node
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			n.Level = min(n.Level+2, 6)
		case *ast.Link:
			if !followed(string(n.Destination)) {
				dead = append(dead, n)
			}
			n.Title = nil
			n.SetAttributeString("rel", []byte(rel))
		case *ast.AutoLink:
			if !followed(string(n.URL(reader.Source()))) && n.AutoLinkType != ast.AutoLinkEmail {
				dead = append(dead, n)
			}
			n.SetAttributeString("rel", []byte(rel))
		}
		return ast.WalkContinue, nil
	})
	for _, n := range dead {
		up := n.Parent()
		if a, ok := n.(*ast.AutoLink); ok {
			up.ReplaceChild(up, n, ast.NewString(a.Label(reader.Source())))
			continue
		}
		for c := n.FirstChild(); c != nil; {
			next := c.NextSibling()
			up.InsertBefore(up, n, c)
			c = next
		}
		up.RemoveChild(up, n)
	}
}

// followed reports whether a link may lead there: elsewhere on the web, or to
// a mailbox.
func followed(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	switch u.Scheme {
	case "http", "https":
		return u.Host != "" && u.User == nil
	case "mailto":
		return true
	}
	return false
}

// noImages draws an image as a link to it.
type noImages struct{}

func (noImages) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindImage, func(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		to := string(n.(*ast.Image).Destination)
		if followed(to) {
			if entering {
				_, _ = w.WriteString(`<a href="` + html.EscapeString(to) + `" rel="` + rel + `">`)
			} else {
				_, _ = w.WriteString(`</a>`)
			}
		}
		return ast.WalkContinue, nil // its words are its children
	})
}
