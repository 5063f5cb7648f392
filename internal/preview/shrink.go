package preview

import (
	"image"
	"image/color"
	"image/draw"
)

// fit is the size of a w×h picture that is to lie in a square, never enlarged.
func fit(w, h, side int) (int, int) {
	switch {
	case w <= side && h <= side:
		return w, h
	case w >= h:
		return side, max(1, (h*side+w/2)/w)
	default:
		return max(1, (w*side+h/2)/h), side
	}
}

// shrink is src in a square of the given side. Each pixel is the mean of those
// it stands for, which is what a photograph wants; rows are taken one after the
// other, so nothing of src's size is made.
func shrink(src image.Image, side int) *image.RGBA {
	b := src.Bounds()
	w, h := fit(b.Dx(), b.Dy(), side)
	if s, ok := src.(*image.YCbCr); ok {
		return shrinkYCbCr(s, w, h)
	}
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	m := newMean(b.Dx(), b.Dy(), w, h, 4)
	const rows = 16
	strip := image.NewRGBA(image.Rect(0, 0, b.Dx(), rows))
	for y := b.Min.Y; y < b.Max.Y; y += rows {
		n := min(rows, b.Max.Y-y)
		draw.Draw(strip, image.Rect(0, 0, b.Dx(), n), src, image.Pt(b.Min.X, y), draw.Src)
		for i := range n {
			m.row(strip.Pix[i*strip.Stride:], dst.Pix)
		}
	}
	return dst
}

// shrinkYCbCr works on the three planes of a JPEG as they are, before colours
// are made of them.
func shrinkYCbCr(s *image.YCbCr, w, h int) *image.RGBA {
	b := s.Bounds()
	plane := func(pix []uint8, stride, pw, ph int) (out []uint8, ow, oh int) {
		ow, oh = min(w, pw), min(h, ph)
		out = make([]uint8, ow*oh)
		m := newMean(pw, ph, ow, oh, 1)
		for y := range ph {
			m.row(pix[y*stride:], out)
		}
		return out, ow, oh
	}
	cw, ch := b.Dx(), b.Dy()
	switch s.SubsampleRatio {
	case image.YCbCrSubsampleRatio422:
		cw = (cw + 1) / 2
	case image.YCbCrSubsampleRatio420:
		cw, ch = (cw+1)/2, (ch+1)/2
	case image.YCbCrSubsampleRatio440:
		ch = (ch + 1) / 2
	case image.YCbCrSubsampleRatio411:
		cw = (cw + 3) / 4
	case image.YCbCrSubsampleRatio410:
		cw, ch = (cw+3)/4, (ch+1)/2
	}
	luma, _, _ := plane(s.Y[s.YOffset(b.Min.X, b.Min.Y):], s.YStride, b.Dx(), b.Dy())
	from := s.COffset(b.Min.X, b.Min.Y)
	cb, ow, oh := plane(s.Cb[from:], s.CStride, cw, ch)
	cr, _, _ := plane(s.Cr[from:], s.CStride, cw, ch)
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		line, cline := dst.Pix[y*dst.Stride:], (y*oh/h)*ow
		for x := range w {
			c := cline + x*ow/w
			line[4*x], line[4*x+1], line[4*x+2] = color.YCbCrToRGB(luma[y*w+x], cb[c], cr[c])
			line[4*x+3] = 0xff
		}
	}
	return dst
}

// mean makes the rows of a smaller picture out of those of a larger one.
type mean struct {
	sh, dw, dh, n int
	at            []int32  // where a source column goes
	first, rest   []uint32 // its weight there, and in the column after
	line          []uint32 // one source row, narrowed
	sum           []uint64 // rows of line so far
	y, out        int
	area          uint64
}

func newMean(sw, sh, dw, dh, n int) *mean {
	m := &mean{sh: sh, dw: dw, dh: dh, n: n, area: uint64(sw) * uint64(sh)}
	m.at, m.first, m.rest = make([]int32, sw), make([]uint32, sw), make([]uint32, sw)
	for x := range sw {
		i := x * dw / sw
		end := (i + 1) * sw
		m.at[x], m.first[x] = int32(i*n), uint32(min(dw, end-x*dw))
		m.rest[x] = uint32(dw) - m.first[x]
	}
	m.line, m.sum = make([]uint32, (dw+1)*n), make([]uint64, dw*n)
	return m
}

// row takes the next source row and writes a row of dst when one is full.
func (m *mean) row(src, dst []uint8) {
	clear(m.line)
	if m.n == 1 {
		for x, at := range m.at {
			v := uint32(src[x])
			m.line[at] += v * m.first[x]
			m.line[at+1] += v * m.rest[x]
		}
	} else {
		for x, at := range m.at {
			p, l := src[4*x:4*x+4:4*x+4], m.line[at:at+8:at+8]
			a, b := m.first[x], m.rest[x]
			for c := range 4 {
				v := uint32(p[c])
				l[c] += v * a
				l[c+4] += v * b
			}
		}
	}
	// In units of 1/dh of a source row, it covers [y·dh, (y+1)·dh), and the row
	// of dst being made ends at (out+1)·sh.
	weight := min(m.dh, (m.out+1)*m.sh-m.y*m.dh)
	m.add(uint64(weight))
	m.y++
	if m.y*m.dh >= (m.out+1)*m.sh {
		out := dst[m.out*m.dw*m.n:]
		for i, v := range m.sum {
			out[i] = uint8((v + m.area/2) / m.area)
			m.sum[i] = 0
		}
		m.out++
		m.add(uint64(m.dh - weight))
	}
}

func (m *mean) add(weight uint64) {
	if weight == 0 {
		return
	}
	for i := range m.sum {
		m.sum[i] += uint64(m.line[i]) * weight
	}
}

// turn lays a picture the right way up, from one of EXIF's eight ways.
func turn(src *image.RGBA, way int) *image.RGBA {
	if way < 2 || way > 8 {
		return src
	}
	w, h := src.Rect.Dx(), src.Rect.Dy()
	dw, dh := w, h
	if way >= 5 {
		dw, dh = h, w
	}
	dst := image.NewRGBA(image.Rect(0, 0, dw, dh))
	for y := range dh {
		for x := range dw {
			sx, sy := x, y
			switch way {
			case 2:
				sx = w - 1 - x
			case 3:
				sx, sy = w-1-x, h-1-y
			case 4:
				sy = h - 1 - y
			case 5:
				sx, sy = y, x
			case 6:
				sx, sy = y, h-1-x
			case 7:
				sx, sy = w-1-y, h-1-x
			case 8:
				sx, sy = w-1-y, x
			}
			copy(dst.Pix[dst.PixOffset(x, y):][:4], src.Pix[src.PixOffset(sx, sy):][:4])
		}
	}
	return dst
}
