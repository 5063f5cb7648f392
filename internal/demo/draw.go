package demo

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math"
	"slices"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"

	"github.com/vitrine-portal/vitrine/internal/typeface"
)

// Colours of the studio's clients.
var (
	linen    = color.RGBA{0xe6, 0xdf, 0xd0, 0xff}
	chalk    = color.RGBA{0xf7, 0xf4, 0xec, 0xff}
	soot     = color.RGBA{0x2b, 0x2a, 0x28, 0xff}
	madder   = color.RGBA{0xb0, 0x4a, 0x3a, 0xff}
	weld     = color.RGBA{0xc9, 0xa6, 0x4b, 0xff}
	loud     = color.RGBA{0xff, 0xd4, 0x00, 0xff} // the yellow that was too loud
	woad     = color.RGBA{0x3f, 0x5f, 0x7d, 0xff}
	walnut   = color.RGBA{0x6b, 0x4e, 0x3a, 0xff}
	lichen   = color.RGBA{0x6f, 0x7d, 0x5c, 0xff}
	night    = color.RGBA{0x14, 0x1c, 0x33, 0xff}
	dusk     = color.RGBA{0x4a, 0x5a, 0x8c, 0xff}
	amber    = color.RGBA{0xff, 0xb0, 0x2e, 0xff}
	deed     = color.RGBA{0x1f, 0x4d, 0x3a, 0xff}
	unbleach = color.RGBA{0xcf, 0xc6, 0xb2, 0xff}
)

// A canvas is a picture being drawn.
type canvas struct{ *image.RGBA }

// sky is a canvas that changes from one colour at the top to another.
func sky(w, h int, top, bottom color.RGBA) canvas {
	c := canvas{image.NewRGBA(image.Rect(0, 0, w, h))}
	for y := range h {
		row := c.Pix[y*c.Stride : y*c.Stride+4*w]
		copy(row, pixel(blend(top, bottom, float64(y)/float64(h))))
		for n := 4; n < len(row); n *= 2 {
			copy(row[n:], row[:n])
		}
	}
	return c
}

// clone is a picture to be drawn on further.
func clone(c canvas) *image.RGBA {
	return &image.RGBA{Pix: slices.Clone(c.Pix), Stride: c.Stride, Rect: c.Rect}
}

func plain(w, h int, c color.RGBA) canvas { return sky(w, h, c, c) }

func pixel(c color.RGBA) []byte { return []byte{c.R, c.G, c.B, c.A} }

// blend is a colour between two.
func blend(a, b color.RGBA, t float64) color.RGBA {
	mix := func(a, b uint8) uint8 { return uint8(math.Round(float64(a) + (float64(b)-float64(a))*t)) }
	return color.RGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), mix(a.A, b.A)}
}

// faint is the colour, seen through.
func faint(c color.RGBA, opacity float64) color.RGBA {
	return blend(color.RGBA{}, c, opacity)
}

// shape fills a polygon.
func (c canvas) shape(col color.RGBA, at ...float64) {
	box := image.Rectangle{Min: image.Pt(math.MaxInt32, math.MaxInt32)}
	for i := 0; i < len(at); i += 2 {
		x, y := int(at[i]), int(at[i+1])
		box.Min.X, box.Min.Y = min(box.Min.X, x-1), min(box.Min.Y, y-1)
		box.Max.X, box.Max.Y = max(box.Max.X, x+2), max(box.Max.Y, y+2)
	}
	box = box.Intersect(c.Bounds())
	r := vector.NewRasterizer(box.Dx(), box.Dy())
	for i := 0; i < len(at); i += 2 {
		x, y := float32(at[i])-float32(box.Min.X), float32(at[i+1])-float32(box.Min.Y)
		if i == 0 {
			r.MoveTo(x, y)
		} else {
			r.LineTo(x, y)
		}
	}
	r.ClosePath()
	r.Draw(c.RGBA, box, image.NewUniform(col), image.Point{})
}

func (c canvas) bar(col color.RGBA, x, y, w, h int) {
	draw.Draw(c.RGBA, image.Rect(x, y, x+w, y+h), image.NewUniform(col), image.Point{}, draw.Over)
}

func (c canvas) disc(col color.RGBA, x, y, r float64) {
	var at []float64
	for i := range 72 {
		s, k := math.Sincos(float64(i) * math.Pi / 36)
		at = append(at, x+r*k, y+r*s)
	}
	c.shape(col, at...)
}

// fold fills what is below a line that swings as cloth does.
func (c canvas) fold(col color.RGBA, y, swing, length, phase float64) {
	b := c.Bounds()
	at := []float64{float64(b.Dx()), float64(b.Dy()), 0, float64(b.Dy())}
	for x := 0.0; x <= float64(b.Dx()); x += 8 {
		at = append(at, x, y+swing*math.Sin(x/length+phase)+swing/3*math.Sin(x/length*2.3+phase))
	}
	c.shape(col, at...)
}

// weave lays threads over a part of the canvas, and light that falls on it. They
// begin faintly at its upper edge.
func (c canvas) weave(part image.Rectangle, light float64) {
	part = part.Intersect(c.Bounds())
	across, along := make([]int, part.Dx()), make([]int, part.Dy())
	for x := range across {
		across[x] = int(14*math.Sin(float64(x)*1.9)*math.Cos(float64(x)*0.37) + light*math.Sin(float64(x)/110))
	}
	for y := range along {
		along[y] = int(12*math.Sin(float64(y)*2.1)*math.Cos(float64(y)*0.29) + light/2*math.Cos(float64(y)/140))
	}
	for y := range along {
		at := c.PixOffset(part.Min.X, part.Min.Y+y)
		for x := range across {
			d := (across[x] + along[y]) * min(y+1, 24) / 24
			for i := range 3 {
				c.Pix[at+i] = uint8(min(255, max(0, int(c.Pix[at+i])+d)))
			}
			at += 4
		}
	}
}

// face is a typeface of a height in pixels.
func face(size float64) font.Face {
	f, err := opentype.NewFace(typeface.Letters(), &opentype.FaceOptions{Size: size, DPI: 72})
	if err != nil {
		panic(err) // it refuses no size
	}
	return f
}

// write sets words, their base line at y, and returns where they end.
func (c canvas) write(col color.RGBA, size float64, x, y int, words string) int {
	return c.spaced(col, size, 0, x, y, words)
}

// spaced is write with room between the letters.
func (c canvas) spaced(col color.RGBA, size, room float64, x, y int, words string) int {
	return write(c.RGBA, image.NewUniform(col), face(size), room, x, y, words)
}

func write(on draw.Image, with image.Image, f font.Face, room float64, x, y int, words string) int {
	d := font.Drawer{Dst: on, Src: with, Face: f, Dot: fixed.P(x, y)}
	for _, r := range words {
		d.DrawString(string(r))
		d.Dot.X += fixed.Int26_6(room * 64)
	}
	return d.Dot.X.Round()
}

// centred is write around the middle of the canvas.
func (c canvas) centred(col color.RGBA, size, room float64, y int, words string) {
	width := font.MeasureString(face(size), words).Round() + int(room*float64(len([]rune(words))-1))
	c.spaced(col, size, room, (c.Bounds().Dx()-width)/2, y, words)
}

func (c canvas) jpeg() []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, c.RGBA, &jpeg.Options{Quality: 86}); err != nil {
		panic(err) // a buffer takes everything
	}
	return b.Bytes()
}

func (c canvas) png() []byte {
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, c.RGBA); err != nil {
		panic(err) // a buffer takes everything
	}
	return b.Bytes()
}

// flip is an animation in shades between two colours.
func flip(w, h, frames, hundredths int, from, to color.RGBA, draw func(frame int, on *image.Paletted)) []byte {
	shades := make(color.Palette, 16)
	for i := range shades {
		shades[i] = blend(from, to, float64(i)/15)
	}
	var g gif.GIF
	for i := range frames {
		p := image.NewPaletted(image.Rect(0, 0, w, h), shades)
		draw(i, p)
		g.Image, g.Delay = append(g.Image, p), append(g.Delay, hundredths)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &g); err != nil {
		panic(err) // a buffer takes everything
	}
	return b.Bytes()
}
