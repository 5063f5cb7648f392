package static

import (
	"fmt"
	"math"
	"strconv"
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
	light := readable(base, lightPaper, rgb{0, 0, 0})
	dark := readable(base, darkPaper, rgb{1, 1, 1})
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
	linear := func(v float64) float64 {
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c[0]) + 0.7152*linear(c[1]) + 0.0722*linear(c[2])
}

func contrast(a, b rgb) float64 {
	la, lb := a.luminance(), b.luminance()
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

// readable mixes c towards end in small steps until it reads on paper.
func readable(c, paper, end rgb) rgb {
	for step := 0.0; step < 1; step += 0.02 {
		var mixed rgb
		for i := range mixed {
			mixed[i] = c[i] + (end[i]-c[i])*step
		}
		// 4.7 rather than 4.5 leaves room for rounding to eight bits.
		if contrast(mixed, paper) >= 4.7 {
			return mixed
		}
	}
	return end
}

func inkOn(c rgb) rgb {
	white, black := rgb{1, 1, 1}, rgb{0.07, 0.07, 0.07}
	if contrast(white, c) >= contrast(black, c) {
		return white
	}
	return black
}
