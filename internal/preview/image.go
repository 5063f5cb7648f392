package preview

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	_ "image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"os"

	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"
)

// What is decoded at all.
const (
	maxPixels = 50_000_000
	maxSide   = 16_000
	maxFrames = 100
)

const quality = 82 // of JPEG: no difference is seen at these sizes

// An imageOrder is what the image worker is asked for.
type imageOrder struct {
	In      string
	Upright bool // In was turned already, whatever it says
	Out     []imageOut
}

type imageOut struct {
	Path string
	Side int // of the square it is to lie in
}

// imageAnswer is what the worker found, in the order's order.
type imageAnswer struct {
	Width, Height int  // of the picture the right way up
	More          bool // there are further pictures in it
}

// remake decodes one picture and writes smaller ones. It runs in the worker
// process. Nothing but the pixels survives: no position, no camera, no comment.
func remake(o imageOrder, answer io.Writer) error {
	f, err := os.Open(o.In)
	if err != nil {
		return err
	}
	defer f.Close()
	config, format, err := image.DecodeConfig(bufio.NewReader(f))
	if err != nil {
		return err
	}
	if err := acceptable(config.Width, config.Height); err != nil {
		return err
	}
	rewind := func() *bufio.Reader { f.Seek(0, io.SeekStart); return bufio.NewReaderSize(f, 64<<10) }
	more := false
	switch format {
	case "gif":
		n := gifFrames(rewind())
		if n > maxFrames {
			return fmt.Errorf("more than %d frames", maxFrames)
		}
		more = n > 1
	case "png":
		more = animated(f)
	case "tiff":
		more = tiffPages(f) > 1
	}
	way := 1
	if !o.Upright {
		way = orientation(rewind())
	}
	src, _, err := image.Decode(rewind())
	if err != nil {
		return err
	}
	// A format may say one size outside and another inside.
	w, h := src.Bounds().Dx(), src.Bounds().Dy()
	if err := acceptable(w, h); err != nil {
		return err
	}
	if way >= 5 {
		w, h = h, w
	}
	for _, out := range o.Out {
		small := shrink(src, out.Side)
		src = small // the next ones are made of it; they are smaller
		if err := encode(out.Path, turn(small, way)); err != nil {
			return err
		}
	}
	return json.NewEncoder(answer).Encode(imageAnswer{w, h, more})
}

func acceptable(w, h int) error {
	if w < 1 || h < 1 || w > maxSide || h > maxSide || w*h > maxPixels {
		return fmt.Errorf("%d × %d pixels are not decoded", w, h)
	}
	return nil
}

// encode writes a photograph as JPEG, and what can be seen through as PNG.
func encode(path string, m *image.RGBA) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriter(f)
	if m.Opaque() {
		err = jpeg.Encode(w, m, &jpeg.Options{Quality: quality})
	} else {
		err = png.Encode(w, m)
	}
	return errors.Join(err, w.Flush())
}

// animated reports whether a PNG says that it moves, or has more to say before its picture
// than anybody looks through.
func animated(f io.ReaderAt) bool {
	var h [8]byte // of a chunk: its length and name
	at := int64(8)
	for range 1000 {
		if _, err := f.ReadAt(h[:], at); err != nil || string(h[4:]) == "IDAT" {
			return false
		}
		if string(h[4:]) == "acTL" {
			return true
		}
		at += 12 + int64(binary.BigEndian.Uint32(h[:]))
	}
	return true
}

// tiffPages counts the pictures of a TIFF, but for smaller ones of the same, and stops at
// the second.
func tiffPages(f io.ReaderAt) (n int) {
	b := make([]byte, 12)
	read := func(at int64, size int) bool {
		_, err := f.ReadAt(b[:size], at)
		return err == nil
	}
	if !read(0, 8) {
		return 0
	}
	var order binary.ByteOrder = binary.LittleEndian
	if b[0] == 'M' {
		order = binary.BigEndian
	}
	at := int64(order.Uint32(b[4:]))
	for range maxFrames {
		if at == 0 || !read(at, 2) {
			return n
		}
		entries, small := int(order.Uint16(b)), false
		for at += 2; entries > 0; entries-- {
			if !read(at, 12) {
				return n
			}
			if order.Uint16(b) == 254 { // what sort of picture it is
				small = order.Uint32(b[8:])&1 != 0
			}
			at += 12
		}
		if !small {
			n++
		}
		if n > 1 || !read(at, 4) {
			return n
		}
		at = int64(order.Uint32(b))
	}
	return n
}

// gifFrames counts the pictures of a GIF without decoding them, and stops at
// one too many.
func gifFrames(r *bufio.Reader) (n int) {
	var h [13]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return 0
	}
	table := func(flags byte) {
		if flags&0x80 != 0 {
			r.Discard(3 << (flags&7 + 1))
		}
	}
	blocks := func() bool {
		for {
			size, err := r.ReadByte()
			if err != nil || size == 0 {
				return err == nil
			}
			if _, err := r.Discard(int(size)); err != nil {
				return false
			}
		}
	}
	table(h[10])
	for n <= maxFrames {
		kind, err := r.ReadByte()
		switch {
		case err != nil, kind == 0x3b:
			return n
		case kind == 0x21:
			r.Discard(1)
		case kind == 0x2c:
			n++
			if _, err := io.ReadFull(r, h[:9]); err != nil {
				return n
			}
			table(h[8])
			r.Discard(1)
		default:
			return n
		}
		if !blocks() {
			return n
		}
	}
	return n
}
