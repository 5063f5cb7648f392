package mailin

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

const maxQuoted = 8 // how deep quotes within quotes are told apart

// plain is what HTML says, in plain text: quotes begin with >, a signature with
// the line that plain mail has for it.
func plain(s string) string {
	p := plainer{z: html.NewTokenizer(strings.NewReader(s))}
	for {
		switch p.z.Next() {
		case html.ErrorToken:
			p.line()
			return p.b.String()
		case html.TextToken:
			if p.hidden == 0 {
				p.say(string(p.z.Text()))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			p.start(p.z.Token())
		case html.EndTagToken:
			p.end(p.z.Token().DataAtom)
		}
	}
}

// A plainer writes down what HTML says, token by token, so that no nesting can
// make it slow.
type plainer struct {
	z      *html.Tokenizer
	b      strings.Builder
	cur    strings.Builder // the line that is being written
	blanks int             // empty lines in a row
	quoted int
	pre    int
	hidden int       // inside what is not shown; counts what is of its kind
	hides  atom.Atom // the element that hides
	href   string
	linked int // where the text of the link begins in the line; -1: on an earlier one
}

// Elements that begin a line, and those with an empty one around them.
var (
	blocks = []atom.Atom{atom.Div, atom.P, atom.Tr, atom.Li, atom.Ul, atom.Ol, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6,
		atom.Table, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Pre, atom.Address, atom.Center, atom.Dd, atom.Dt, atom.Dl, atom.Hr}
	spaced = []atom.Atom{atom.P, atom.Ul, atom.Ol, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Pre, atom.Table}
	unsaid = []atom.Atom{atom.Head, atom.Style, atom.Script, atom.Title, atom.Template, atom.Svg, atom.Object, atom.Select, atom.Textarea, atom.Noscript}
)

func (p *plainer) say(s string) {
	if p.pre > 0 {
		for i, line := range strings.Split(s, "\n") {
			if i > 0 {
				p.line()
			}
			p.cur.WriteString(line)
		}
		return
	}
	for i, word := range strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '\n' || r == '\t' || r == '\r' || r == 0xa0 }) {
		if i > 0 || isGap(s[0]) {
			p.gap()
		}
		p.cur.WriteString(word)
	}
	if s != "" && isGap(s[len(s)-1]) || strings.HasSuffix(s, "\u00a0") {
		p.gap()
	}
}

func isGap(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

func (p *plainer) gap() {
	if s := p.cur.String(); s != "" && s[len(s)-1] != ' ' {
		p.cur.WriteByte(' ')
	}
}

// line ends the line that is being written, if anything is in it.
func (p *plainer) line() {
	s := strings.TrimRight(p.cur.String(), " ")
	p.cur.Reset()
	p.linked = -1
	if s == "" {
		return
	}
	p.write(s)
	p.blanks = 0
}

func (p *plainer) write(s string) {
	if q := min(p.quoted, maxQuoted); q > 0 {
		p.b.WriteString(strings.Repeat(">", q))
		if s != "" {
			p.b.WriteByte(' ')
		}
	}
	p.b.WriteString(s)
	p.b.WriteByte('\n')
}

// blank has an empty line follow, one however often it is asked for.
func (p *plainer) blank() {
	p.line()
	if p.blanks == 0 && p.b.Len() > 0 {
		p.write("")
		p.blanks++
	}
}

func (p *plainer) start(t html.Token) {
	a := t.DataAtom
	if p.hidden > 0 {
		if a == p.hides && t.Type == html.StartTagToken {
			p.hidden++
		}
		return
	}
	if t.Type == html.StartTagToken && !isVoid(a) && (slices.Contains(unsaid, a) || isHidden(t)) {
		p.hidden, p.hides = 1, a
		return
	}
	if slices.Contains(blocks, a) {
		p.line()
	}
	if slices.Contains(spaced, a) {
		p.blank()
	}
	if isSignature(t) {
		p.line()
		p.write("-- ")
		p.blanks = 0
	}
	switch a {
	case atom.Br:
		if strings.TrimSpace(p.cur.String()) == "" {
			p.blank()
		} else {
			p.line()
		}
	case atom.Blockquote:
		p.blank()
		p.quoted++
	case atom.Li:
		p.cur.WriteString("- ")
	case atom.Td, atom.Th:
		p.gap()
	case atom.Pre:
		p.pre++
	case atom.Img:
		if src := attribute(t, "src"); strings.HasPrefix(src, "cid:") && p.href == "" {
			p.cur.WriteString("[" + src + "]")
		}
	case atom.A:
		p.href, p.linked = attribute(t, "href"), p.cur.Len()
	}
}

func (p *plainer) end(a atom.Atom) {
	if p.hidden > 0 {
		if a == p.hides {
			p.hidden--
		}
		return
	}
	switch a {
	case atom.Blockquote:
		p.line()
		if p.quoted > 0 {
			p.quoted--
		}
		p.blanks = 0
		p.blank()
	case atom.Pre:
		if p.pre > 0 {
			p.pre--
		}
	case atom.A:
		p.link()
	}
	if slices.Contains(blocks, a) {
		p.line()
	}
	if slices.Contains(spaced, a) {
		p.blank()
	}
}

// link writes where a link leads, where its text does not say so.
func (p *plainer) link() {
	href := strings.TrimSpace(p.href)
	p.href = ""
	if !strings.HasPrefix(href, "https://") && !strings.HasPrefix(href, "http://") || len(href) > 1000 || strings.ContainsAny(href, " \n<>") {
		return
	}
	said := ""
	if s := p.cur.String(); p.linked >= 0 && p.linked <= len(s) {
		said = strings.TrimSpace(s[p.linked:])
	}
	if said == "" || strings.Contains(strings.TrimSuffix(href, "/"), strings.TrimSuffix(said, "/")) && strings.Contains(said, ".") {
		return
	}
	p.gap()
	p.cur.WriteString("(" + href + ")")
}

func isVoid(a atom.Atom) bool {
	switch a {
	case atom.Br, atom.Hr, atom.Img, atom.Input, atom.Link, atom.Meta, atom.Area, atom.Base, atom.Col, atom.Embed, atom.Source, atom.Track, atom.Wbr:
		return true
	}
	return false
}

func isHidden(t html.Token) bool {
	style := strings.ReplaceAll(strings.ToLower(attribute(t, "style")), " ", "")
	return strings.Contains(style, "display:none") || strings.Contains(style, "mso-hide:all")
}

// isSignature reports what mail programs put around a signature.
func isSignature(t html.Token) bool {
	if t.Type != html.StartTagToken {
		return false
	}
	for class := range strings.FieldsSeq(attribute(t, "class")) {
		switch class {
		case "gmail_signature", "moz-signature", "protonmail_signature_block", "yahoo-signature", "gmx_signature":
			return true
		}
	}
	switch attribute(t, "id") {
	case "Signature", "signature", "ms-outlook-mobile-signature", "AppleMailSignature", "ymail_android_signature":
		return true
	}
	return false
}

func attribute(t html.Token, name string) string {
	for _, a := range t.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
