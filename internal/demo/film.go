package demo

import (
	"bytes"
	"encoding/binary"
	"image/color"
	"math"
)

// A film is written as H.264 in MP4, which every browser plays, and without an
// encoder: a block of 16 by 16 that changed is sent as it is, one that did not
// is skipped. Its sides are multiples of 16, and it has at most 255 frames.

const filmRate = 8 // frames a second

func film(w, h, frames int, draw func(frame int) canvas) []byte {
	sps := nal(0x67, func(b *bits) {
		b.u(8, 66)   // baseline
		b.u(8, 0xc0) // of both profiles that have no more than this
		b.u(8, 31)
		for _, v := range []uint32{0, 4, 2, 1} { // its number, 8 bits for a frame's number, frames in order, one to refer to
			b.ue(v)
		}
		b.u(1, 0)
		b.ue(uint32(w/16 - 1))
		b.ue(uint32(h/16 - 1))
		b.u(4, 0b1100) // whole frames, neither cropped nor described
		b.end()
	})
	pps := nal(0x68, func(b *bits) {
		b.ue(0)
		b.ue(0)
		b.u(2, 0)
		b.ue(0)
		b.ue(0)
		b.ue(0)
		b.u(3, 0)
		b.ue(0)
		b.ue(0)
		b.ue(0)
		b.u(3, 0b100) // slices say whether edges are smoothed
		b.end()
	})
	var data []byte
	var sizes []int
	var was []block
	for i := range frames {
		now := blocks16(draw(i), w, h)
		n := frame(i, now, was)
		data = binary.BigEndian.AppendUint32(data, uint32(len(n)))
		data = append(data, n...)
		sizes = append(sizes, 4+len(n))
		was = now
	}
	return mp4(w, h, sps, pps, sizes, data)
}

// frame is the first one whole, and of the others what changed.
func frame(number int, now, was []block) []byte {
	kind := byte(0x65)
	if number > 0 {
		kind = 0x41
	}
	return nal(kind, func(b *bits) {
		b.ue(0)
		if number == 0 {
			b.ue(7) // all of it by itself
			b.ue(0)
			b.u(8, 0)
			b.ue(0)
			b.u(2, 0)
		} else {
			b.ue(5) // from the one before
			b.ue(0)
			b.u(8, uint32(number))
			b.u(3, 0)
		}
		b.ue(0)
		b.ue(1) // edges are not smoothed
		skipped := uint32(0)
		for i := range now {
			if number > 0 {
				if now[i] == was[i] {
					skipped++
					continue
				}
				b.ue(skipped)
				skipped = 0
				b.ue(30)
			} else {
				b.ue(25)
			}
			b.raw(now[i][:])
		}
		if skipped > 0 {
			b.ue(skipped)
		}
		b.end()
	})
}

// A block is 16 by 16 points: brightness of each, and two colours of each four.
type block [384]byte

func blocks16(c canvas, w, h int) []block {
	var all []block
	for y0 := 0; y0 < h; y0 += 16 {
		for x0 := 0; x0 < w; x0 += 16 {
			var k block
			for y := range 16 {
				at := c.PixOffset(x0, y0+y)
				for x := range 16 {
					r, g, b := int(c.Pix[at]), int(c.Pix[at+1]), int(c.Pix[at+2])
					k[16*y+x] = uint8(16 + (66*r+129*g+25*b)>>8)
					if x%2 == 0 && y%2 == 0 {
						k[256+4*y+x/2] = uint8((-38*r - 74*g + 112*b + 128<<8) >> 8)
						k[320+4*y+x/2] = uint8((112*r - 94*g - 18*b + 128<<8) >> 8)
					}
					at += 4
				}
			}
			all = append(all, k)
		}
	}
	return all
}

// bits are written from the highest on.
type bits struct {
	b    []byte
	free int // in the last byte
}

func (b *bits) u(n int, v uint32) {
	for n--; n >= 0; n-- {
		if b.free == 0 {
			b.b, b.free = append(b.b, 0), 8
		}
		b.free--
		b.b[len(b.b)-1] |= byte(v>>n&1) << b.free
	}
}

// ue writes a number in as few bits as it needs, after as many zeros.
func (b *bits) ue(v uint32) {
	n := 0
	for (v+1)>>(n+1) != 0 {
		n++
	}
	b.u(n, 0)
	b.u(n+1, v+1)
}

func (b *bits) raw(p []byte) {
	b.free = 0
	b.b = append(b.b, p...)
}

func (b *bits) end() { b.u(1, 1) }

// nal is a unit of the stream, in which nothing looks like the start of one.
func nal(kind byte, write func(*bits)) []byte {
	var b bits
	write(&b)
	out := append(make([]byte, 0, len(b.b)+16), kind)
	zeros := 0
	for _, x := range b.b {
		if zeros == 2 && x <= 3 {
			out, zeros = append(out, 3), 0
		}
		out = append(out, x)
		if x == 0 {
			zeros++
		} else {
			zeros = 0
		}
	}
	return out
}

// atom is a box of MP4.
func atom(name string, parts ...any) []byte {
	var b bytes.Buffer
	b.Write(make([]byte, 4))
	b.WriteString(name)
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			b.WriteString(p)
		case int:
			binary.Write(&b, binary.BigEndian, uint32(p))
		default:
			binary.Write(&b, binary.BigEndian, p)
		}
	}
	out := b.Bytes()
	binary.BigEndian.PutUint32(out, uint32(len(out)))
	return out
}

func mp4(w, h int, sps, pps []byte, sizes []int, data []byte) []byte {
	identity := []uint32{1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30}
	length := len(sizes)
	avcC := atom("avcC", []byte{1, sps[1], sps[2], sps[3], 0xff, 0xe1}, uint16(len(sps)), sps, byte(1), uint16(len(pps)), pps)
	avc1 := atom("avc1", make([]byte, 6), uint16(1), make([]byte, 16), uint16(w), uint16(h), 72<<16, 72<<16, 0, uint16(1), make([]byte, 32), uint16(24), uint16(0xffff), avcC)
	sized := []uint32{0, 0, uint32(length)}
	for _, n := range sizes {
		sized = append(sized, uint32(n))
	}
	index := func(at int) []byte {
		stbl := atom("stbl", atom("stsd", 0, 1, avc1), atom("stts", 0, 1, length, 1), atom("stss", 0, 1, 1),
			atom("stsc", 0, 1, 1, length, 1), atom("stsz", sized), atom("stco", 0, 1, at))
		minf := atom("minf", atom("vmhd", 1, make([]byte, 8)), atom("dinf", atom("dref", 0, 1, atom("url ", 1))), stbl)
		mdia := atom("mdia", atom("mdhd", 0, 0, 0, filmRate, length, uint16(0x55c4), uint16(0)), atom("hdlr", 0, 0, "vide", make([]byte, 12), "film\x00"), minf)
		tkhd := atom("tkhd", 3, 0, 0, 1, 0, length, make([]byte, 16), identity, w<<16, h<<16)
		mvhd := atom("mvhd", 0, 0, 0, filmRate, length, 1<<16, uint16(0x100), make([]byte, 10), identity, make([]byte, 24), 2)
		return atom("moov", mvhd, atom("trak", tkhd, mdia))
	}
	head := atom("ftyp", "isom", 0x200, "isomavc1")
	start := len(head) + len(index(0)) + 8
	return bytes.Join([][]byte{head, index(start), atom("mdat", data)}, nil)
}

// walkthrough is a way through Leto's checkout.
func walkthrough() []byte {
	steps := []string{"Basket", "Address", "Payment", "Thank you"}
	const each = 2 * filmRate
	page := plain(640, 352, chalk)
	page.write(walnut, 26, 32, 48, "leto")
	for i, s := range steps {
		page.write(soot, 18, 32+152*i, 110, s)
	}
	page.bar(unbleach, 32, 124, 576, 6)
	return film(640, 352, each*len(steps), func(n int) canvas {
		c := canvas{clone(page)}
		c.bar(lichen, 32, 124, 576*(n+1)/(each*len(steps)), 6)
		step := n / each
		c.write(soot, 30, 32, 200, []string{"2 throws, 1 cushion", "Where may it go?", "Card, transfer or invoice", "Woven for you. Until soon."}[step])
		button := lichen
		if n%each > each-4 { // it is pressed
			button = blend(lichen, soot, 0.4)
		}
		if step < 3 {
			c.bar(button, 32, 240, 200, 52)
			c.write(chalk, 20, 62, 273, "Go on to "+steps[step+1])
		}
		return c
	})
}

// geese fly over a departure board, and one of them arrives.
func geese() []byte {
	ground := sky(640, 352, night, dusk)
	ground.spaced(amber, 20, 4, 32, 50, "ARRIVALS")
	ground.write(amber, 44, 30, 320, "Greylag goose   Hall 1")
	const frames = 6 * filmRate
	return film(640, 352, frames, func(n int) canvas {
		c := canvas{clone(ground)}
		for i := range 7 {
			from := float64(n)*13 - float64(i%4)*34 - 40
			x, y := from, 120+float64(i)*18-20*math.Abs(float64(i)-3)/3
			wing := 9 * math.Sin(float64(n)*0.9+float64(i))
			bird(c, amber, x, y, wing)
		}
		return c
	})
}

func bird(c canvas, ink color.RGBA, x, y, wing float64) {
	if x > 0 && x < 600 {
		c.shape(ink, x, y-wing, x+14, y, x+28, y-wing, x+14, y+5)
	}
}
