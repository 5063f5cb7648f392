package mail

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"
)

// A Body is what a message says, in plain text, in the order in which it is read.
// All words come from the caller, in the reader's language. Line breaks inside a
// paragraph are kept.
type Body struct {
	Lang       string
	Brand      string // the workspace's name
	Accent     string // #rrggbb; anything else is a quiet blue
	LogoText   string // one to three letters in the accent colour; empty leaves the mark out
	Preheader  string // what an inbox shows beside the subject; in the HTML part alone
	Heading    string
	Paragraphs []string
	Said       *Words
	Code       string // digits to type, set large
	Picture    *Picture
	Groups     []Group
	Button     *Button
	Facts      []Fact
	After      []string // below the button
	Footer     []string // why you get this, how to stop it, legal
}

// A Picture is what the message is about, as an Image of it; it leads where the
// button does. Alt says what is to be seen, where pictures are off.
type Picture struct {
	Image
	Alt string
}

// size is that of the picture in the message: no wider than the text, nor so high
// that the button is out of sight.
func (p *Picture) size() (width, height string) {
	w, h := p.Width, p.Height
	if w <= 0 || h <= 0 {
		return "480", ""
	}
	if w > 478 {
		w, h = 478, h*478/w
	}
	if h > 360 {
		w, h = w*360/h, 360
	}
	return strconv.Itoa(max(w, 1)), strconv.Itoa(max(h, 1))
}

func (p *Picture) width() string  { w, _ := p.size(); return w }
func (p *Picture) height() string { _, h := p.size(); return h }

// A Button is the one thing to do. Its address is also written out under it.
type Button struct{ Label, URL string }

// A Group is what happened in one place, the newest last.
type Group struct {
	Title   string
	Entries []Entry
}

// An Entry is one thing that happened, what was said, and where it is.
type Entry struct {
	Text, Note, URL string
	Said            *Words // nil: nothing was
	Label           string // of a button to where it is; empty: the text leads there
}

// Words are what somebody said, as text and as HTML of the same. The HTML is put
// into the message as it is.
type Words struct {
	Quote      string // what it answers, in a sentence; empty: nothing
	Text, HTML string
	Files      string // which it has, in a sentence; empty: none
}

// lines are the words in plain text.
func (w *Words) lines() (blocks []string) {
	for _, s := range []string{w.Quote, w.Text, w.Files} {
		if s != "" {
			blocks = append(blocks, s)
		}
	}
	return blocks
}

// A Fact is a line such as "Due: Thu 12 Mar, 17:00".
type Fact struct{ Label, Value string }

// Render writes both parts of a message from one source. The HTML part loads
// nothing: no font, no tracking, and no picture that is not in the message.
func Render(b Body) (text, html string, err error) {
	if b.Heading == "" {
		return "", "", errors.New("mail: a message needs a heading")
	}
	if b.Button != nil {
		if b.Button.Label == "" {
			return "", "", errors.New("mail: a button needs a label")
		}
		u, err := url.Parse(b.Button.URL)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
			return "", "", errors.New("mail: a button needs an absolute http or https address")
		}
	}
	accent, ok := parseColour(b.Accent)
	if !ok {
		accent = colour{0x2f, 0x5d, 0x8a}
	}
	var out strings.Builder
	err = page(b, accent.against(lightCard), accent.against(darkCard)).Render(context.Background(), &out)
	if err != nil {
		return "", "", fmt.Errorf("mail: rendering: %w", err)
	}
	return plain(b), out.String(), nil
}

// on is text on a ground of the colour, as the style of an element.
func on(c colour) templ.SafeCSS {
	return templ.SafeCSS("background-color:" + c.String() + ";color:" + c.ink().String() + ";")
}

func darkStyle(c colour) string {
	return "<style>@media (prefers-color-scheme: dark) { .mark, .button { background-color: " + c.String() +
		" !important; color: " + c.ink().String() + " !important; } }</style>"
}

func lines(s string) []string {
	return strings.Split(strings.ReplaceAll(strings.TrimSpace(s), "\r\n", "\n"), "\n")
}

func plain(b Body) string {
	var blocks []string
	add := func(paragraphs ...string) {
		for _, p := range paragraphs {
			blocks = append(blocks, strings.Join(lines(p), "\n"))
		}
	}
	add(b.Heading)
	add(b.Paragraphs...)
	if b.Said != nil {
		add(b.Said.lines()...)
	}
	if b.Code != "" {
		add(b.Code)
	}
	for _, g := range b.Groups {
		block := g.Title
		for _, e := range g.Entries {
			block += "\n\n" + e.Text
			if e.Said != nil {
				block += "\n\n" + strings.Join(e.Said.lines(), "\n\n") + "\n"
			}
			if e.Note != "" {
				block += "\n" + strings.Join(lines(e.Note), "\n")
			}
			if e.Label != "" {
				block += "\n" + e.Label + ":"
			}
			if e.URL != "" {
				block += "\n" + e.URL
			}
		}
		add(block)
	}
	if len(b.Facts) > 0 {
		facts := make([]string, len(b.Facts))
		for i, f := range b.Facts {
			facts[i] = f.Label + ": " + f.Value
		}
		add(strings.Join(facts, "\n"))
	}
	if b.Button != nil {
		add(b.Button.Label + ":\n" + b.Button.URL)
	}
	add(b.After...)
	text := strings.Join(blocks, "\n\n") + "\n"
	if b.Brand != "" || len(b.Footer) > 0 {
		text += "\n-- \n" // where mail programs begin the signature
		if b.Brand != "" {
			text += b.Brand + "\n"
		}
		for _, f := range b.Footer {
			text += strings.Join(lines(f), "\n") + "\n"
		}
	}
	return text
}

type colour struct{ r, g, b uint8 }

var (
	white     = colour{0xff, 0xff, 0xff}
	ink       = colour{0x1b, 0x1c, 0x1f}
	lightCard = white
	darkCard  = ink
)

func (c colour) String() string { return fmt.Sprintf("#%02x%02x%02x", c.r, c.g, c.b) }

func parseColour(s string) (colour, bool) {
	if len(s) != 7 || s[0] != '#' {
		return colour{}, false
	}
	n, err := strconv.ParseUint(s[1:], 16, 32)
	return colour{uint8(n >> 16), uint8(n >> 8), uint8(n)}, err == nil
}

// luminance and contrast are those of WCAG 2.2.
func (c colour) luminance() float64 {
	part := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*part(c.r) + 0.7152*part(c.g) + 0.0722*part(c.b)
}

func contrast(a, b colour) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// ink is the text colour that reads better on c.
func (c colour) ink() colour {
	if contrast(c, white) >= contrast(c, ink) {
		return white
	}
	return ink
}

// against moves c away from a background until it stands out as a shape and its
// own text reads.
func (c colour) against(background colour) colour {
	towards := background.ink()
	for range 20 {
		if contrast(c, background) >= 3 && contrast(c, c.ink()) >= 4.5 {
			return c
		}
		c = colour{mix(c.r, towards.r), mix(c.g, towards.g), mix(c.b, towards.b)}
	}
	return c
}

func mix(from, to uint8) uint8 { return uint8((int(from)*9 + int(to)) / 10) }
