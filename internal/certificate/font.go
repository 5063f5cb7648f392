package certificate

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"sort"
	"sync"

	"github.com/vitrine-portal/vitrine/internal/typeface"
)

// faces are read once.
var faces = sync.OnceValues(func() (all []*face, err error) {
	for _, name := range typeface.Names {
		b, err := typeface.File(name)
		if err != nil {
			return nil, err
		}
		f, err := parseFace(name, b)
		if err != nil {
			return nil, fmt.Errorf("certificate: font %s: %w", name, err)
		}
		all = append(all, f)
	}
	return all, nil
})

// A face is a TrueType font of 1000 units to the em.
type face struct {
	name            string
	tables          map[string][]byte
	glyphs          map[rune]int
	advances        []int // of the first glyphs; the last is of all others
	ascent, descent int
	box             [4]int
}

// advance is the width of a glyph, in thousandths of the size.
func (f *face) advance(glyph int) int { return f.advances[min(glyph, len(f.advances)-1)] }

// The files are ours, and read by a test; still nothing out of range is read.
func parseFace(name string, b []byte) (f *face, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("not whole: %v", r)
		}
	}()
	u16 := binary.BigEndian.Uint16
	u32 := binary.BigEndian.Uint32
	f = &face{name: name, tables: map[string][]byte{}, glyphs: map[rune]int{}}
	for i := range int(u16(b[4:])) {
		e := b[12+16*i:]
		at := u32(e[8:])
		f.tables[string(e[:4])] = b[at : at+u32(e[12:])]
	}
	head, hhea, hmtx, cmap := f.tables["head"], f.tables["hhea"], f.tables["hmtx"], f.tables["cmap"]
	if u16(head[18:]) != 1000 {
		return nil, fmt.Errorf("%d units to the em", u16(head[18:]))
	}
	for i := range f.box {
		f.box[i] = int(int16(u16(head[36+2*i:])))
	}
	f.ascent, f.descent = int(int16(u16(hhea[4:]))), int(int16(u16(hhea[6:])))
	for i := range int(u16(hhea[34:])) {
		f.advances = append(f.advances, int(u16(hmtx[4*i:])))
	}
	for i := range int(u16(cmap[2:])) {
		sub := cmap[u32(cmap[8+8*i:]):]
		if u16(sub) != 4 {
			continue
		}
		n := int(u16(sub[6:])) / 2
		ends, starts, deltas, offsets := sub[14:], sub[16+2*n:], sub[16+4*n:], sub[16+6*n:]
		for s := range n {
			from, to, offset := int(u16(starts[2*s:])), int(u16(ends[2*s:])), int(u16(offsets[2*s:]))
			for c := from; c <= to && c < 0xffff; c++ {
				g := c
				if offset != 0 {
					if g = int(u16(offsets[2*s+offset+2*(c-from):])); g == 0 {
						continue
					}
				}
				if g = (g + int(u16(deltas[2*s:]))) & 0xffff; g != 0 {
					f.glyphs[rune(c)] = g
				}
			}
		}
	}
	if len(f.glyphs) == 0 {
		return nil, fmt.Errorf("no characters")
	}
	return f, nil
}

// subset is the font file with the outlines of some glyphs alone, at their numbers.
func (f *face) subset(glyphs map[int]bool) []byte {
	u16 := binary.BigEndian.Uint16
	loca, glyf, head := f.tables["loca"], f.tables["glyf"], f.tables["head"]
	at := func(g int) int {
		if u16(head[50:]) == 0 {
			return 2 * int(u16(loca[2*g:]))
		}
		return int(binary.BigEndian.Uint32(loca[4*g:]))
	}
	keep := map[int]bool{0: true}
	var add func(int)
	add = func(g int) {
		keep[g] = true
		one := glyf[at(g):at(g+1)]
		if len(one) < 10 || int16(u16(one)) >= 0 {
			return
		}
		for p := 10; ; { // made of others
			flags, part := u16(one[p:]), int(u16(one[p+2:]))
			if !keep[part] {
				add(part)
			}
			p += 6
			if flags&1 != 0 { // words, not bytes
				p += 2
			}
			switch {
			case flags&8 != 0:
				p += 2
			case flags&0x40 != 0:
				p += 4
			case flags&0x80 != 0:
				p += 8
			}
			if flags&0x20 == 0 {
				return
			}
		}
	}
	for g := range glyphs {
		add(g)
	}
	var outlines, places bytes.Buffer
	n := int(u16(f.tables["maxp"][4:]))
	for g := range n {
		binary.Write(&places, binary.BigEndian, uint32(outlines.Len()))
		if keep[g] {
			outlines.Write(glyf[at(g):at(g+1)])
			for outlines.Len()%4 != 0 {
				outlines.WriteByte(0)
			}
		}
	}
	binary.Write(&places, binary.BigEndian, uint32(outlines.Len()))
	newHead := bytes.Clone(head)
	binary.BigEndian.PutUint16(newHead[50:], 1)
	return sfnt(map[string][]byte{"head": newHead, "hhea": f.tables["hhea"], "hmtx": f.tables["hmtx"], "maxp": f.tables["maxp"], "loca": places.Bytes(), "glyf": outlines.Bytes(), "cmap": f.tables["cmap"]})
}

// sfnt puts tables into one file.
func sfnt(tables map[string][]byte) []byte {
	var tags []string
	for tag := range tables {
		tags = append(tags, tag)
	}
	sort.Strings(tags)
	var dir, body bytes.Buffer
	power, log := 1, 0
	for power*2 <= len(tags) {
		power, log = power*2, log+1
	}
	binary.Write(&dir, binary.BigEndian, []uint16{1, 0, uint16(len(tags)), uint16(16 * power), uint16(log), uint16(16*len(tags) - 16*power)})
	for _, tag := range tags {
		t := tables[tag]
		var sum uint32
		padded := append(bytes.Clone(t), make([]byte, (4-len(t)%4)%4)...)
		for i := 0; i < len(padded); i += 4 {
			sum += binary.BigEndian.Uint32(padded[i:])
		}
		dir.WriteString(tag)
		binary.Write(&dir, binary.BigEndian, []uint32{sum, uint32(12 + 16*len(tags) + body.Len()), uint32(len(t))})
		body.Write(padded)
	}
	return append(dir.Bytes(), body.Bytes()...)
}
