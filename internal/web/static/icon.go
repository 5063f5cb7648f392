package static

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"sync"
	"unicode/utf8"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"github.com/vitrine-portal/vitrine/internal/typeface"
)

// IconSize is the width and the height of what IconPicture draws: large enough
// for a start screen.
const IconSize = 512

// IconPicture returns the same mark as Icon in pixels, to be served as
// /icon.png: for telephones, which take no SVG, and which round the corners
// themselves. What the typeface has no letter for is left out.
func IconPicture(mark, accent string) []byte {
	lastIcon.Lock()
	defer lastIcon.Unlock()
	if key := mark + " " + accent; lastIcon.of != key {
		lastIcon.of, lastIcon.png = key, drawIcon(mark, accent)
	}
	return lastIcon.png
}

// lastIcon is the one that was drawn last: a workspace has one.
var lastIcon struct {
	sync.Mutex
	of  string
	png []byte
}

func drawIcon(mark, accent string) []byte {
	base, ok := parseHex(accent)
	if !ok {
		base, _ = parseHex(DefaultAccent)
	}
	fill := readable(base, lightPaper, 0)
	// Steps between the two colours are all that letters need.
	const steps = 32
	shades := make(color.Palette, steps)
	ink := inkOn(fill)
	for i := range shades {
		at := float64(i) / (steps - 1)
		var c [3]uint8
		for n := range c {
			c[n] = uint8(math.Round(255 * (fill[n] + at*(ink[n]-fill[n]))))
		}
		shades[i] = color.RGBA{c[0], c[1], c[2], 255}
	}
	pic := image.NewPaletted(image.Rect(0, 0, IconSize, IconSize), shades)
	face, err := opentype.NewFace(typeface.Letters(), &opentype.FaceOptions{Size: IconSize * float64(44-10*min(2, utf8.RuneCountInString(mark))) / 64, DPI: 72})
	if err != nil {
		panic(err) // it refuses no size
	}
	var shown []rune
	for _, r := range mark {
		if _, ok := face.GlyphAdvance(r); ok {
			shown = append(shown, r)
		}
	}
	letters := image.NewAlpha(pic.Rect)
	d := font.Drawer{Dst: letters, Src: image.Opaque, Face: face}
	bounds, _ := d.BoundString(string(shown))
	middle := fixed.I(IconSize / 2)
	d.Dot = fixed.Point26_6{X: middle - (bounds.Min.X+bounds.Max.X)/2, Y: middle - (bounds.Min.Y+bounds.Max.Y)/2}
	d.DrawString(string(shown))
	for i, a := range letters.Pix {
		pic.Pix[i] = uint8(int(a) * (steps - 1) / 255)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, pic); err != nil {
		panic(err) // a buffer takes everything
	}
	return b.Bytes()
}
