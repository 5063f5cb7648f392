package preview

import (
	"bufio"
	"encoding/binary"
	"io"
)

// orientation is how a camera says its picture is to be turned: 1 to 8, as
// EXIF counts them, and 1 for a picture that says nothing or nonsense. It reads
// the head of a JPEG or TIFF file.
func orientation(r io.Reader) int {
	br := bufio.NewReader(io.LimitReader(r, 1<<20))
	mark, err := br.Peek(4)
	if err != nil {
		return 1
	}
	if string(mark) == "II*\x00" || string(mark) == "MM\x00*" {
		head, _ := io.ReadAll(io.LimitReader(br, 64<<10))
		return tiffOrientation(head)
	}
	if mark[0] != 0xff || mark[1] != 0xd8 {
		return 1
	}
	br.Discard(2)
	for {
		var h [4]byte
		if _, err := io.ReadFull(br, h[:]); err != nil || h[0] != 0xff {
			return 1
		}
		for h[1] == 0xff { // fill bytes
			h[1], h[2] = h[2], h[3]
			if h[3], err = br.ReadByte(); err != nil {
				return 1
			}
		}
		n := int(binary.BigEndian.Uint16(h[2:])) - 2
		if h[1] == 0xda || h[1] == 0xd9 || n < 0 { // the picture itself
			return 1
		}
		if h[1] != 0xe1 {
			if _, err := br.Discard(n); err != nil {
				return 1
			}
			continue
		}
		body := make([]byte, n)
		if _, err := io.ReadFull(br, body); err != nil {
			return 1
		}
		if n > 6 && string(body[:6]) == "Exif\x00\x00" {
			return tiffOrientation(body[6:])
		}
	}
}

// tiffOrientation finds the tag 0x0112 in the first directory.
func tiffOrientation(b []byte) int {
	var order binary.ByteOrder = binary.LittleEndian
	if len(b) < 8 {
		return 1
	}
	if b[0] == 'M' {
		order = binary.BigEndian
	}
	at := uint64(order.Uint32(b[4:]))
	if at+2 > uint64(len(b)) {
		return 1
	}
	entries := b[at+2:]
	for range order.Uint16(b[at:]) {
		if len(entries) < 12 {
			return 1
		}
		if order.Uint16(entries) == 0x0112 {
			if o := int(order.Uint16(entries[8:])); o >= 1 && o <= 8 {
				return o
			}
			return 1
		}
		entries = entries[12:]
	}
	return 1
}
