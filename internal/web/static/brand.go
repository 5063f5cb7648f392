package static

import (
	"bytes"
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// DefaultAccent is the accent of a workspace that has not chosen one.
const DefaultAccent = "#24566b"

// Paper and ink of both themes, as the style sheet draws them: the surfaces
// on which the corrected accent must stay readable.
var (
	lightPaper = rgb{0.945, 0.937, 0.925}
	darkPaper  = rgb{0.176, 0.169, 0.165}
)

// Brand returns the style sheet for one accent colour, to be served as
// /brand.css. It sets three properties on :root:
//
//	--accent-base  the colour as it was chosen (the hint in the greys)
//	--accent       the same hue, moved until it reads at 4.5:1 or better on
//	               every surface of the theme; for text, icons and fills
//	--accent-ink   black or white, whichever reads better on --accent
//
// An accent that is not #rgb or #rrggbb counts as DefaultAccent, so nothing
// but a colour ever reaches the sheet.
func Brand(accent string) []byte {
	base, ok := parseHex(accent)
	if !ok {
		base, _ = parseHex(DefaultAccent)
	}
	light := readable(base, lightPaper, 0)
	dark := readable(base, darkPaper, 1)
	return fmt.Appendf(nil, ":root{--accent-base:%s;--accent:light-dark(%s,%s);--accent-ink:light-dark(%s,%s)}\n",
		base.hex(), light.hex(), dark.hex(), inkOn(light).hex(), inkOn(dark).hex())
}

// rgb is a colour with components from 0 to 1, gamma encoded.
type rgb [3]float64

func parseHex(s string) (rgb, bool) {
	if len(s) == 4 && s[0] == '#' {
		s = string([]byte{'#', s[1], s[1], s[2], s[2], s[3], s[3]})
	}
	if len(s) != 7 || s[0] != '#' {
		return rgb{}, false
	}
	n, err := strconv.ParseUint(s[1:], 16, 32)
	if err != nil {
		return rgb{}, false
	}
	return rgb{float64(n>>16&255) / 255, float64(n>>8&255) / 255, float64(n&255) / 255}, true
}

func (c rgb) hex() string {
	return fmt.Sprintf("#%02x%02x%02x", int(math.Round(c[0]*255)), int(math.Round(c[1]*255)), int(math.Round(c[2]*255)))
}

// luminance is the relative luminance of WCAG 2.
func (c rgb) luminance() float64 {
	return 0.2126*linear(c[0]) + 0.7152*linear(c[1]) + 0.0722*linear(c[2])
}

func contrast(a, b rgb) float64 {
	la, lb := a.luminance(), b.luminance()
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

// readable moves the lightness of c, in small steps and towards end, until it
// reads on paper. Hue stays, and as much of the chroma as the screen can show.
func readable(c, paper rgb, end float64) rgb {
	l, chroma, hue := c.oklch()
	step := math.Copysign(0.005, end-l)
	for ; (end-l)*step > 0; l += step {
		// 4.7 rather than 4.5 leaves room for rounding to eight bits.
		if shown := fromOKLCH(l, chroma, hue); contrast(shown, paper) >= 4.7 {
			return shown
		}
	}
	return fromOKLCH(end, 0, 0)
}

// oklch and fromOKLCH convert with Björn Ottosson's matrices.
func (c rgb) oklch() (l, chroma, hue float64) {
	r, g, b := linear(c[0]), linear(c[1]), linear(c[2])
	x := math.Cbrt(0.4122214708*r + 0.5363325363*g + 0.0514459929*b)
	y := math.Cbrt(0.2119034982*r + 0.6806995451*g + 0.1073969566*b)
	z := math.Cbrt(0.0883024619*r + 0.2817188376*g + 0.6299787005*b)
	l = 0.2104542553*x + 0.7936177850*y - 0.0040720468*z
	a := 1.9779984951*x - 2.4285922050*y + 0.4505937099*z
	bb := 0.0259040371*x + 0.7827717662*y - 0.8086757660*z
	return l, math.Hypot(a, bb), math.Atan2(bb, a)
}

// fromOKLCH gives up chroma until the colour exists on a screen.
func fromOKLCH(l, chroma, hue float64) rgb {
	for ; chroma > 0; chroma -= 0.004 {
		if c, ok := rgbOf(l, chroma, hue); ok {
			return c
		}
	}
	c, _ := rgbOf(l, 0, 0)
	return c
}

func rgbOf(l, chroma, hue float64) (c rgb, ok bool) {
	a, b := chroma*math.Cos(hue), chroma*math.Sin(hue)
	x, y, z := l+0.3963377774*a+0.2158037573*b, l-0.1055613458*a-0.0638541728*b, l-0.0894841775*a-1.2914855480*b
	x, y, z = x*x*x, y*y*y, z*z*z
	c = rgb{
		4.0767416621*x - 3.3077115913*y + 0.2309699292*z,
		-1.2684380046*x + 2.6097574011*y - 0.3413193965*z,
		-0.0041960863*x - 0.7034186147*y + 1.7076147010*z,
	}
	ok = true
	for i, v := range c {
		ok = ok && v >= -0.0005 && v <= 1.0005
		c[i] = gamma(min(1, max(0, v)))
	}
	return c, ok
}

func linear(v float64) float64 {
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}

func gamma(v float64) float64 {
	if v <= 0.0031308 {
		return v * 12.92
	}
	return 1.055*math.Pow(v, 1/2.4) - 0.055
}

func inkOn(c rgb) rgb {
	white, black := rgb{1, 1, 1}, rgb{0.07, 0.07, 0.07}
	if contrast(white, c) >= contrast(black, c) {
		return white
	}
	return black
}

// Icon returns the workspace's mark on its accent as an SVG picture, to be
// served as /icon.svg.
func Icon(mark, accent string) []byte {
	base, ok := parseHex(accent)
	if !ok {
		base, _ = parseHex(DefaultAccent)
	}
	fill := readable(base, lightPaper, 0)
	return fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" rx="16" fill="%s"/><text x="32" y="33" fill="%s" font-family="system-ui,sans-serif" font-size="%d" font-weight="700" text-anchor="middle" dominant-baseline="central">%s</text></svg>`,
		fill.hex(), inkOn(fill).hex(), 44-10*min(2, utf8.RuneCountInString(mark)), html.EscapeString(mark))
}

// Sample returns a picture of a button and a link in an accent as Brand corrects
// it, on the paper of both themes, each with its contrast. It is to be served as
// /accent.svg; words are the button's and the link's.
func Sample(accent, button, link string) []byte {
	base, ok := parseHex(accent)
	if !ok {
		base, _ = parseHex(DefaultAccent)
	}
	var b bytes.Buffer
	b.WriteString(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 544 132" font-family="system-ui,sans-serif">`)
	for i, theme := range []struct{ paper, ink, accent rgb }{
		{lightPaper, rgb{0.3, 0.3, 0.3}, readable(base, lightPaper, 0)},
		{darkPaper, rgb{0.8, 0.8, 0.8}, readable(base, darkPaper, 1)},
	} {
		on := inkOn(theme.accent)
		fmt.Fprintf(&b, `<g transform="translate(%d)"><rect width="272" height="132" fill="%s"/>`, i*272, theme.paper.hex())
		fmt.Fprintf(&b, `<rect x="20" y="22" width="132" height="44" rx="8" fill="%s"/><text x="86" y="49" fill="%s" font-size="15" font-weight="600" text-anchor="middle">%s</text>`,
			theme.accent.hex(), on.hex(), html.EscapeString(button))
		fmt.Fprintf(&b, `<text x="172" y="49" fill="%s" font-size="15" text-decoration="underline">%s</text>`, theme.accent.hex(), html.EscapeString(link))
		fmt.Fprintf(&b, `<text x="20" y="104" fill="%s" font-size="13">%s · %.1f : 1</text><text x="172" y="104" fill="%s" font-size="13">%.1f : 1</text></g>`,
			theme.ink.hex(), strings.ToUpper(theme.accent.hex()), contrast(on, theme.accent), theme.ink.hex(), contrast(theme.accent, theme.paper))
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}
