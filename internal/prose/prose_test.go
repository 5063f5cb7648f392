package prose_test

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/vitrine-portal/vitrine/internal/prose"
)

func TestMarkdown(t *testing.T) {
	for in, want := range map[string]string{
		"One.\n\nTwo **bold** and *thin*.":       "<p>One.</p>\n<p>Two <strong>bold</strong> and <em>thin</em>.</p>\n",
		"# Big":                                  "<h3>Big</h3>\n",
		"- a\n- b":                               "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n",
		"one\ntwo":                               "<p>one<br>\ntwo</p>\n",
		"[site](https://leto.example/a?b=1&c=2)": `<p><a href="https://leto.example/a?b=1&amp;c=2" rel="noopener noreferrer nofollow ugc">site</a></p>` + "\n",
		"<ana@honcho.example>":                   `<p><a href="mailto:ana@honcho.example" rel="noopener noreferrer nofollow ugc">ana@honcho.example</a></p>` + "\n",
		"![a plan](https://leto.example/p.png)":  `<p><a href="https://leto.example/p.png" rel="noopener noreferrer nofollow ugc">a plan</a></p>` + "\n",
		"[mine](/projects/prj_1)":                "<p>mine</p>\n",
		"{{7*7}}":                                "<p>{{7*7}}</p>\n",
		"| a | b |\n|---|--:|\n| *1* | 2 |":      "<table>\n<thead>\n<tr>\n<th>a</th>\n<th>b</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td><em>1</em></td>\n<td>2</td>\n</tr>\n</tbody>\n</table>\n",
		"":                                       "",
	} {
		if got := strings.ReplaceAll(prose.HTML(in), "<br/>", "<br>"); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

// Elements and attributes that may come out, and no others.
var allowed = map[string]bool{
	"p": true, "br": true, "hr": true, "strong": true, "em": true, "del": true, "code": true, "pre": true, "blockquote": true,
	"ul": true, "ol": true, "li": true, "h3": true, "h4": true, "h5": true, "h6": true, "a": true,
	"html": true, "head": true, "body": true, // the test's own parser adds these
	"table": true, "thead": true, "tbody": true, "tr": true, "th": true, "td": true,
}

var attacks = []string{
	"[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "[x](java\nscript:alert(1))", "[x](&#106;avascript:alert(1))",
	"[x](&#x6A;&#x61;vascript&colon;alert(1))", "[x]( javascript:alert(1))", "[x](<java\tscript:alert(1)>)", "[x](\x01javascript:alert(1))",
	"[x](data:text/html;base64,PHNjcmlwdD4=)", "[x](vbscript:msgbox(1))", "[x](file:///etc/passwd)", "[x](//evil.test)", "[x](https://u:p@evil.test/)",
	"<javascript:alert(1)>", "<data:text/html,x>", "<vbscript:x>", "![x](javascript:alert(1))", "![x](https://evil.test/p.png)", `![x" onerror="alert(1)](https://evil.test/" onerror="alert(1))`,
	"<img src=x onerror=alert(1)>", "<script>alert(1)</script>", "<div onclick=alert(1)>x</div>", "<svg/onload=alert(1)>", "<a href=javascript:alert(1)>x</a>",
	"<style>*{background:url(https://evil.test)}</style>", "<iframe src=https://evil.test></iframe>", "<form action=https://evil.test><input></form>",
	"<details open ontoggle=alert(1)>", "<!--><script>alert(1)</script>", "<?php ?>", "<![CDATA[<script>alert(1)</script>]]>",
	"[x]: javascript:alert(1)\n\n[x]", "[x](https://evil.test \"\\\" onmouseover=alert(1)\")", "https://evil.test/\"onmouseover=alert(1)", "www.evil.test/'><script>alert(1)</script>",
	"| a |\n|---|\n| <script>alert(1)</script> |", "| a |\n|---|\n| | b |\n|---|\n| x | |", "[^1]\n\n[^1]: <script>alert(1)</script>", "```<script>\nalert(1)\n```", "# <img src=x onerror=alert(1)>", "> <script>alert(1)</script>",
	"[![x](javascript:alert(1))](javascript:alert(2))", "[a [b](https://x.test) c](javascript:alert(1))", "**[x](javascript:alert(1))**",
}

func TestAttacks(t *testing.T) {
	for _, in := range attacks {
		out := prose.HTML(in)
		doc, err := html.Parse(strings.NewReader(out))
		if err != nil {
			t.Fatal(err)
		}
		for n := range doc.Descendants() {
			if n.Type != html.ElementNode {
				continue
			}
			if !allowed[n.Data] {
				t.Errorf("%q became %q, with <%s>", in, out, n.Data)
			}
			for _, a := range n.Attr {
				switch {
				case n.Data == "a" && a.Key == "href" && (strings.HasPrefix(a.Val, "https://") || strings.HasPrefix(a.Val, "http://") || strings.HasPrefix(a.Val, "mailto:")):
				case n.Data == "a" && a.Key == "rel" && a.Val == "noopener noreferrer nofollow ugc":
				case n.Data == "ol" && a.Key == "start":
				default:
					t.Errorf("%q became %q, with %s=%q", in, out, a.Key, a.Val)
				}
			}
			if n.Data == "a" && !strings.Contains(out, `rel="noopener noreferrer nofollow ugc"`) {
				t.Errorf("%q became %q, without rel", in, out)
			}
		}
	}
}

func TestItIsQuickWhateverComes(t *testing.T) {
	for _, part := range []string{"[", "*", ">", "_", "`", "![", "[a](", "<", "\\", "- ", "#", "~~", "**a *a ", "[a][b]", "http://", "www.", "a@", "\n> "} {
		for _, size := range []int{20_000, 1 << 20} {
			in := strings.Repeat(part, size/len(part)+1)[:size]
			start := time.Now()
			prose.HTML(in)
			if d := time.Since(start); d > time.Second { // some 200 ms, on a machine that does nothing else
				t.Errorf("%d bytes of %q took %v", size, part, d)
			}
		}
	}
}

func TestLine(t *testing.T) {
	for in, want := range map[string]string{
		"What you *meant* by **less**.\n\n- one\n- two": "What you meant by less. one two",
		"See [the plan](https://leto.example/p), A&B":   "See the plan, A&B",
		"snake_case and 2 * 3 * 4":                      "snake_case and 2 * 3 * 4",
		"":                                              "",
	} {
		if got := prose.Line(in); got != want {
			t.Errorf("%q in one line is %q, want %q", in, got, want)
		}
	}
}
