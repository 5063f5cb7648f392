package mail

import (
	"flag"
	"os"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

var update = flag.Bool("update", false, "write the golden files")

func invitation() Body {
	return Body{
		Lang:      "en",
		Brand:     "Honcho Design",
		Accent:    "#c2410c",
		LogoText:  "HD",
		Preheader: "See how Leto website stands and talk to the team.",
		Heading:   "Ana Ruiz invited you to Leto website",
		Paragraphs: []string{
			"Hello Miranda,\nHoncho Design keeps everything about your project in one place: how it stands, the files, and what needs your answer.",
		},
		Facts: []Fact{
			{"Projects", "Leto website, Leto <identity> & signs"},
			{"Valid until", "Thu 12 Mar, 17:00 (in 7 days)"},
		},
		Button: &Button{"Continue", "https://portal.example.com/invitations/7Zr3kW0f1QbLx2m9TnYsV4cJdHgEaUoPiKXqRtBwMzA?from=mail&x=1"},
		After:  []string{"Questions? Reply to this e-mail and Ana will read it."},
		Footer: []string{
			"You get this because Ana Ruiz entered this address.",
			"Honcho Design, Calle Mayor 1, Madrid",
		},
	}
}

// everything is a body that has each part there is.
func everything() Body {
	b := invitation()
	long, code := strings.Repeat("Donaudampfschiffahrt", 8), strings.Repeat("a line of code, ", 12)
	b.Said = &Words{Quote: "In answer to Tom: “Which of the <two>?”", Text: "The second, please.\n\n* warmer\n* calmer\n\n" + long + "\n\n" + code,
		HTML: "<p>The second, please.</p><ul><li>warmer</li><li>calmer</li></ul><p>" + long + "</p><pre><code>" + code + "</code></pre>", Files: "With the file banner & sign.png"}
	b.Code = "4829 1375"
	b.Picture = &Picture{Image{Name: "1.png", Type: "image/png", Width: 960, Height: 540}, "The first page of Banner <v3>"}
	b.Groups = []Group{
		{"Leto website", []Entry{
			{Text: "Ana Ruiz shared 14 files", Note: "Thu 12 Mar, 09:10", URL: "https://portal.example.com/notices/ntc_1"},
			{Text: "Jonas wrote in Colours", Note: "Thu 12 Mar, 09:12", URL: "https://portal.example.com/notices/ntc_2",
				Said: &Words{Quote: "In answer to Miranda: “Is it done?”", Text: "Nearly: see <the sketch>.", HTML: "<p>Nearly: see &lt;the sketch&gt;.</p>", Files: "With the files a.png and b.png"}},
		}},
		{"Leto signs & plates", []Entry{{Text: "Ana Ruiz asked for an approval", Note: "Thu 12 Mar, 10:00", URL: "https://portal.example.com/notices/ntc_3"}}},
	}
	return b
}

// all is all that somebody said, word by word as both parts have it.
func (w *Words) all() []string {
	return append([]string{w.Quote, w.Files}, strings.FieldsFunc(w.Text, func(r rune) bool { return r == '\n' || r == '*' })...)
}

func TestRenderGolden(t *testing.T) {
	full := invitation()
	short := Body{Lang: "en", Heading: "Your sign-in code is 482 913", Paragraphs: []string{"It works for 10 minutes."}}
	for name, b := range map[string]Body{"invitation": full, "short": short, "everything": everything()} {
		text, page, err := Render(b)
		if err != nil {
			t.Fatal(err)
		}
		for ext, got := range map[string]string{".txt": text, ".html": page} {
			file := "testdata/" + name + ext
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s differs; look, then run with -update:\n%s", file, got)
			}
		}
	}
}

// Both parts say everything; only the preheader is in one alone.
func TestPartsAreEqual(t *testing.T) {
	b := everything()
	text, page, err := Render(b)
	if err != nil {
		t.Fatal(err)
	}
	seen := strings.Join(strings.Fields(visible(t, page)), " ")
	flat := strings.Join(strings.Fields(text), " ")
	all := append([]string{b.Brand, b.Heading, b.Button.Label, b.Button.URL}, b.Paragraphs...)
	all = append(append(all, b.After...), b.Footer...)
	for _, f := range b.Facts {
		all = append(all, f.Label, f.Value)
	}
	all = append(append(all, b.Code), b.Said.all()...)
	for _, g := range b.Groups {
		all = append(all, g.Title)
		for _, e := range g.Entries {
			all = append(all, e.Text, e.Note)
			if e.Said != nil {
				all = append(all, e.Said.all()...)
			}
			if !strings.Contains(text, e.URL) || !strings.Contains(page, `href="`+e.URL+`"`) {
				t.Errorf("%s leads nowhere in one of the parts", e.Text)
			}
		}
	}
	if !strings.Contains(page, `alt="The first page of Banner &lt;v3&gt;"`) || !strings.Contains(page, `src="cid:1.png"`) {
		t.Error("the HTML part does not show the picture, or not what is on it")
	}
	for _, want := range all {
		want = strings.Join(strings.Fields(want), " ")
		if !strings.Contains(flat, want) {
			t.Errorf("the text part lacks %q", want)
		}
		if !strings.Contains(seen, want) {
			t.Errorf("the HTML part lacks %q", want)
		}
	}
}

func TestNothingIsMarkupAndNothingIsLoaded(t *testing.T) {
	evil := `"><script>x</script><img src=//evil.example/p.gif><a href=javascript:x>`
	b := Body{
		Lang: evil, Brand: evil, Accent: "#fff;}" + evil, LogoText: evil, Preheader: evil, Heading: evil,
		Paragraphs: []string{evil}, Facts: []Fact{{evil, evil}}, After: []string{evil}, Footer: []string{evil},
		Button: &Button{evil, "https://portal.example.com/?q=" + evil},
	}
	_, page, err := Render(b)
	if err != nil {
		t.Fatal(err)
	}
	z := html.NewTokenizer(strings.NewReader(page))
	for z.Next() != html.ErrorToken {
		token := z.Token()
		if token.Type != html.StartTagToken && token.Type != html.SelfClosingTagToken {
			continue
		}
		switch token.Data {
		case "script", "img", "link", "iframe", "object", "form", "base":
			t.Errorf("the page has %s", token)
		}
		for _, a := range token.Attr {
			if a.Key == "src" || a.Key == "background" || strings.HasPrefix(a.Key, "on") || strings.Contains(a.Val, "url(") {
				t.Errorf("the page has %s", token)
			}
			if a.Key == "href" && !strings.HasPrefix(a.Val, "https://portal.example.com/") {
				t.Errorf("the page links to %q", a.Val)
			}
		}
	}
}

func TestRenderRefuses(t *testing.T) {
	for name, b := range map[string]Body{
		"no heading":      {},
		"no label":        {Heading: "x", Button: &Button{"", "https://portal.example.com"}},
		"a script":        {Heading: "x", Button: &Button{"Go", "javascript:alert(1)"}},
		"a relative link": {Heading: "x", Button: &Button{"Go", "/invitations/1"}},
		"no host":         {Heading: "x", Button: &Button{"Go", "https:///x"}},
	} {
		if _, _, err := Render(b); err == nil {
			t.Errorf("%s: rendered", name)
		}
	}
}

// Whatever the workspace chose, the button stands out and its label reads.
func TestAccentReadsEverywhere(t *testing.T) {
	for r := 0; r <= 255; r += 51 {
		for g := 0; g <= 255; g += 51 {
			for b := 0; b <= 255; b += 51 {
				c := colour{uint8(r), uint8(g), uint8(b)}
				for _, background := range []colour{lightCard, darkCard} {
					used := c.against(background)
					if got := contrast(used, background); got < 3 {
						t.Errorf("%v on %v becomes %v: %.2f to the card", c, background, used, got)
					}
					if got := contrast(used, used.ink()); got < 4.5 {
						t.Errorf("%v on %v becomes %v: %.2f to its text", c, background, used, got)
					}
				}
			}
		}
	}
}

func visible(t *testing.T, page string) string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.ElementNode && (n.Data == "head" || strings.Contains(attr(n, "style"), "display:none")) {
			return
		}
		if n.Type == html.TextNode {
			out.WriteString(n.Data + " ")
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(doc)
	return out.String()
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}
