package preview

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"log/slog"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// maker is a Maker that tells the test what it was told.
func maker(t testing.TB) *Maker {
	t.Helper()
	m, err := New(Options{Temp: t.TempDir(), Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// in is another Maker that has to do with the given sandbox.
func in(t testing.TB, box sandbox) *Maker {
	t.Helper()
	n := maker(t)
	if box == bubblewrap {
		need(t, n.bwrap, "bubblewrap")
	}
	walls, err := n.try(box)
	if err != nil {
		t.Fatalf("%s: %v", box, err)
	}
	n.probed.Do(func() { n.box, n.walls = box, walls })
	return n
}

// made makes previews of a file as it would have been uploaded.
func (m *Maker) made(t testing.TB, content []byte, name string) (Result, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "original")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return m.madeOf(t, path, name)
}

func (m *Maker) madeOf(t testing.TB, path, name string) (Result, error) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	head := make([]byte, SniffLen)
	n, _ := f.Read(head)
	f.Close()
	kind, _ := Sniff(head[:n], name)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	r, err := m.Make(ctx, path, t.TempDir(), kind, name)
	if left, _ := os.ReadDir(m.temp); len(left) > 0 {
		t.Errorf("%s: left behind: %v", name, left)
	}
	if err != nil && !errors.Is(err, ErrNone) {
		t.Errorf("%s: %v", name, err)
	}
	return r, err
}

// picture decodes an artifact.
func picture(t testing.TB, a *Artifact) image.Image {
	t.Helper()
	if a == nil {
		t.Fatal("there is no such artifact")
	}
	b, err := os.ReadFile(a.Path)
	if err != nil {
		t.Fatal(err)
	}
	m, _, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if m.Bounds().Dx() != a.Width || m.Bounds().Dy() != a.Height || int64(len(b)) != a.Size {
		t.Errorf("%s says %d × %d and %d bytes, and has %v and %d", a.Kind, a.Width, a.Height, a.Size, m.Bounds(), len(b))
	}
	return m
}

// photo is what a camera would see: hills of colour, a little noise.
func photo(w, h int) *image.YCbCr {
	m := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	seed := uint32(1)
	for y := range h {
		for x := range w {
			seed = seed*1664525 + 1013904223
			m.Y[y*m.YStride+x] = uint8(128 + 90*math.Sin(float64(x)/97)*math.Cos(float64(y)/61) + float64(seed>>28))
		}
	}
	for i := range m.Cb {
		m.Cb[i], m.Cr[i] = uint8(90+i%70), uint8(110+i/m.CStride%50)
	}
	return m
}

func jpegOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 92}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// need leaves a test out where a converter is missing, but never in CI.
func need(t testing.TB, path, debian string) {
	t.Helper()
	if path != "" {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is missing", debian)
	}
	t.Skipf("%s is missing", debian)
}

func TestPhoto(t *testing.T) {
	m := maker(t)
	r, err := m.made(t, jpegOf(t, photo(3000, 2000)), "a.jpg")
	if err != nil {
		t.Fatal(err)
	}
	if r.Width != 3000 || r.Height != 2000 || len(r.Artifacts) != 2 {
		t.Errorf("%+v", r)
	}
	thumb, large := picture(t, r.Find("thumb", 0)), picture(t, r.Find("large", 0))
	if thumb.Bounds() != image.Rect(0, 0, 480, 320) || large.Bounds() != image.Rect(0, 0, 2048, 1365) {
		t.Errorf("thumb %v, large %v", thumb.Bounds(), large.Bounds())
	}
}

// arrow tells up from down and left from right.
func arrow() *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, 80, 40))
	draw.Draw(m, m.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(m, image.Rect(0, 0, 40, 20), image.NewUniform(color.RGBA{200, 0, 0, 255}), image.Point{}, draw.Src)
	draw.Draw(m, image.Rect(40, 0, 80, 20), image.NewUniform(color.RGBA{0, 200, 0, 255}), image.Point{}, draw.Src)
	draw.Draw(m, image.Rect(0, 20, 40, 40), image.NewUniform(color.RGBA{0, 0, 200, 255}), image.Point{}, draw.Src)
	return m
}

// Where the corners red, green, blue and white are after each of EXIF's ways:
// the letters go left to right, then down.
var ways = []string{1: "rgbw", 2: "grwb", 3: "wbgr", 4: "bwrg", 5: "rbgw", 6: "brwg", 7: "wgbr", 8: "gwrb"}

func TestTurnedPhotosLieRight(t *testing.T) {
	m := maker(t)
	for way := 1; way <= 8; way++ {
		var order binary.AppendByteOrder = binary.LittleEndian
		if way%2 == 0 {
			order = binary.BigEndian
		}
		r, err := m.made(t, withExif(jpegOf(t, arrow()), way, order), "turned.jpg")
		if err != nil {
			t.Fatal(err)
		}
		p := picture(t, r.Find("large", 0))
		w, h := p.Bounds().Dx(), p.Bounds().Dy()
		if wide := way < 5; wide != (w == 80 && h == 40) || r.Width != w || r.Height != h {
			t.Errorf("way %d: %d × %d, said %d × %d", way, w, h, r.Width, r.Height)
		}
		got := ""
		for _, at := range []image.Point{{w / 4, h / 4}, {3 * w / 4, h / 4}, {w / 4, 3 * h / 4}, {3 * w / 4, 3 * h / 4}} {
			switch r, g, b, _ := p.At(at.X, at.Y).RGBA(); {
			case r > 0x8000 && g > 0x8000 && b > 0x8000:
				got += "w"
			case r > g && r > b:
				got += "r"
			case g > b:
				got += "g"
			default:
				got += "b"
			}
		}
		if got != ways[way] {
			t.Errorf("way %d: %s, want %s", way, got, ways[way])
		}
	}
}

// T121: a phone writes into a photograph where it was taken.
func TestNothingButPixelsSurvives(t *testing.T) {
	m := maker(t)
	original := withExif(jpegOf(t, photo(900, 600)), 1, binary.LittleEndian)
	if !bytes.Contains(original, []byte("GPSLatitude")) {
		t.Fatal("the photograph has no position")
	}
	texted := rawPNG(2, 2, make([]byte, 2*9), chunk("tEXt", []byte("GPSLatitude\x0048.2")), chunk("eXIf", []byte("MM\x00*GPSLatitude")))
	for name, b := range map[string][]byte{"a.jpg": original, "a.png": texted} {
		r, err := m.made(t, b, name)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, a := range r.Artifacts {
			made, err := os.ReadFile(a.Path)
			if err != nil {
				t.Fatal(err)
			}
			for _, mark := range []string{"GPS", "Exif", "\xff\xe1", "eXIf", "tEXt"} {
				if bytes.Contains(made, []byte(mark)) {
					t.Errorf("%s: the %s has %q", name, a.Kind, mark)
				}
			}
		}
	}
}

func TestWhatCanBeSeenThroughStaysSo(t *testing.T) {
	m := maker(t)
	glass := image.NewNRGBA(image.Rect(0, 0, 700, 300))
	for i := 3; i < len(glass.Pix); i += 8 {
		glass.Pix[i], glass.Pix[i-1] = 128, 255
	}
	r, err := m.made(t, pngOf(t, glass), "logo.png")
	if err != nil {
		t.Fatal(err)
	}
	if a := r.Find("thumb", 0); a == nil || a.Type != "image/png" || a.Width != 480 || a.Height != 206 {
		t.Errorf("%+v", a)
	}
	if a := r.Find("large", 0); a == nil || a.Type != "image/png" || a.Width != 700 {
		t.Errorf("%+v", a)
	}
}

func TestFormatsOfImages(t *testing.T) {
	m := maker(t)
	var asTIFF, asBMP bytes.Buffer
	if err := tiff.Encode(&asTIFF, arrow(), nil); err != nil {
		t.Fatal(err)
	}
	if err := bmp.Encode(&asBMP, arrow()); err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{
		"a.tiff": asTIFF.Bytes(), "a.bmp": asBMP.Bytes(), "a.gif": gifOf(t, 3), "hundred.gif": gifOf(t, maxFrames),
	}
	if m.tools.ffmpeg != "" {
		files["a.webp"] = encoded(t, "a.webp", "-f", "lavfi", "-i", "testsrc=duration=1:size=320x180:rate=1", "-frames:v", "1")
		if m.tools.heif != "" {
			files["a.avif"] = encoded(t, "a.avif", "-f", "lavfi", "-i", "testsrc=duration=1:size=320x180:rate=1", "-frames:v", "1", "-c:v", "libaom-av1", "-still-picture", "1")
		}
	}
	for name, b := range files {
		r, err := m.made(t, b, name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		picture(t, r.Find("thumb", 0))
		picture(t, r.Find("large", 0))
	}
}

// Of several pictures in a file the first is made: that there are more is said.
func TestSeveralPictures(t *testing.T) {
	m := maker(t)
	var one bytes.Buffer
	if err := tiff.Encode(&one, arrow(), nil); err != nil {
		t.Fatal(err)
	}
	// again is the TIFF with its picture listed once more, as what is said.
	again := func(sort uint32) []byte {
		b := slices.Clone(one.Bytes())
		at := int(binary.LittleEndian.Uint32(b[4:]))
		n := int(binary.LittleEndian.Uint16(b[at:]))
		entry := binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32([]byte{254, 0, 4, 0}, 1), sort)
		next := binary.LittleEndian.AppendUint16(nil, uint16(n+1))
		next = append(append(next, entry...), b[at+2:at+2+12*n]...)
		binary.LittleEndian.PutUint32(b[at+2+12*n:], uint32(len(b)))
		return append(append(b, next...), 0, 0, 0, 0)
	}
	pixel := []byte{0, 0, 0, 0, 0}
	for name, c := range map[string]struct {
		b    []byte
		more bool
	}{
		"still.gif":     {gifOf(t, 1), false},
		"moving.gif":    {gifOf(t, 2), true},
		"still.png":     {rawPNG(1, 1, pixel), false},
		"moving.png":    {rawPNG(1, 1, pixel, chunk("acTL", make([]byte, 8))), true},
		"page.tiff":     {one.Bytes(), false},
		"pages.tiff":    {again(2), true},
		"smaller.tiff":  {again(1), false},
		"for ever.tiff": {endless(one.Bytes()), true},
	} {
		if r, err := m.made(t, c.b, name); err != nil || r.More != c.more || r.Find("large", 0) == nil {
			t.Errorf("%s: more is %v, not %v: %v", name, r.More, c.more, err)
		}
	}
}

// endless is a TIFF whose list of pictures leads back to its beginning.
func endless(tiff []byte) []byte {
	b := slices.Clone(tiff)
	at := int(binary.LittleEndian.Uint32(b[4:]))
	n := int(binary.LittleEndian.Uint16(b[at:]))
	binary.LittleEndian.PutUint32(b[at+2+12*n:], uint32(at))
	return b
}

func TestHEIC(t *testing.T) {
	m := maker(t)
	need(t, m.tools.heif, "libheif-examples")
	encoder, _ := exec.LookPath("heif-enc")
	need(t, encoder, "libheif-examples")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.png"), pngOf(t, arrow()), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(encoder, "-o", filepath.Join(dir, "a.heic"), filepath.Join(dir, "a.png")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	r, err := m.madeOf(t, filepath.Join(dir, "a.heic"), "IMG_0001.HEIC")
	if err != nil || r.Width != 80 || r.Height != 40 {
		t.Errorf("%+v, %v", r, err)
	}
}

// mean is what it says, at every ratio.
func TestShrinkIsTheMean(t *testing.T) {
	for _, s := range [][3]int{{7, 5, 3}, {8, 8, 4}, {100, 3, 10}, {3, 100, 10}, {10, 10, 10}, {5, 4, 9}, {37, 23, 36}} {
		src := image.NewRGBA(image.Rect(0, 0, s[0], s[1]))
		for i := range src.Pix {
			src.Pix[i] = uint8(i * 73)
			if i%4 == 3 {
				src.Pix[i] = 255
			}
		}
		dst := shrink(src, s[2])
		w, h := dst.Rect.Dx(), dst.Rect.Dy()
		for y := range h {
			for x := range w {
				var sum float64
				for sy := range s[1] {
					for sx := range s[0] {
						across := math.Min(float64(sx+1)*float64(w)/float64(s[0]), float64(x+1)) - math.Max(float64(sx)*float64(w)/float64(s[0]), float64(x))
						down := math.Min(float64(sy+1)*float64(h)/float64(s[1]), float64(y+1)) - math.Max(float64(sy)*float64(h)/float64(s[1]), float64(y))
						if across > 0 && down > 0 {
							sum += across * down * float64(src.Pix[src.PixOffset(sx, sy)])
						}
					}
				}
				if got := float64(dst.Pix[dst.PixOffset(x, y)]); math.Abs(got-sum) > 0.51 {
					t.Fatalf("%v at %d,%d: %v, want %v", s, x, y, got, sum)
				}
			}
		}
	}
	for ratio := image.YCbCrSubsampleRatio444; ratio <= image.YCbCrSubsampleRatio410; ratio++ {
		src := image.NewYCbCr(image.Rect(0, 0, 101, 57), ratio)
		for i := range src.Y {
			src.Y[i] = 130
		}
		for i := range src.Cb {
			src.Cb[i], src.Cr[i] = 90, 170
		}
		r, g, b := color.YCbCrToRGB(130, 90, 170)
		for _, side := range []int{10, 60, 101, 300} {
			dst := shrink(src, side)
			for i := 0; i < len(dst.Pix); i += 4 {
				if dst.Pix[i] != r || dst.Pix[i+1] != g || dst.Pix[i+2] != b {
					t.Fatalf("%v in %d: %v", ratio, side, dst.Pix[i:i+4])
				}
			}
		}
	}
}

func TestPDF(t *testing.T) {
	m := maker(t)
	need(t, m.tools.pdftoppm, "poppler-utils")
	var pages []string
	for n := range FirstPages + 3 {
		pages = append(pages, fmt.Sprintf("Sheet number %d", n+1))
	}
	path := filepath.Join(t.TempDir(), "a")
	if err := os.WriteFile(path, pdfOf(595, 842, "", pages...), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := m.madeOf(t, path, "a.pdf")
	if err != nil {
		t.Fatal(err)
	}
	if r.Pages != len(pages) || r.Width != 595 || r.Height != 842 || !strings.Contains(r.Text, "Sheet number 23") {
		t.Errorf("%d pages, %d × %d, %q", r.Pages, r.Width, r.Height, r.Text)
	}
	for n := 1; n <= FirstPages; n++ {
		if a := r.Find("page", n); a == nil || a.Width != pageWidth || a.Type != "image/jpeg" {
			t.Errorf("page %d: %+v", n, a)
		}
	}
	picture(t, r.Find("thumb", 0))
	if r.Find("page", FirstPages+1) != nil {
		t.Error("too many pages at once")
	}
	more, err := m.MorePages(t.Context(), path, t.TempDir(), FirstPages+1)
	if err != nil || len(more.Artifacts) != 3 || more.Find("page", 23) == nil {
		t.Errorf("%+v, %v", more, err)
	}
	if _, err := m.MorePages(t.Context(), path, t.TempDir(), 24); !errors.Is(err, ErrNone) {
		t.Errorf("a page after the last: %v", err)
	}
}

func TestOffice(t *testing.T) {
	m := maker(t)
	need(t, m.tools.soffice, "libreoffice-writer-nogui")
	need(t, m.tools.pdftoppm, "poppler-utils")
	for _, box := range []sandbox{bubblewrap, namespaces, bare} {
		m := in(t, box)
		r, err := m.made(t, docxOf(t, wordBody("", "Dear Oda", "")), "letter.DOCX")
		if err != nil {
			t.Errorf("%s: %v", box, err)
			continue
		}
		if r.Pages != 1 || !strings.Contains(r.Text, "Dear Oda") {
			t.Errorf("%s: %+v", box, r)
		}
		if a := r.Find("pdf", 0); a == nil || a.Type != "application/pdf" {
			t.Errorf("%s: %+v", box, a)
		}
		picture(t, r.Find("page", 1))
	}
	r, err := m.made(t, []byte(`{\rtf1\ansi Terms of \b payment\b0 .\par}`), "a.rtf")
	if err != nil || !strings.Contains(r.Text, "Terms of payment") {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestFilmAndSound(t *testing.T) {
	m := maker(t)
	need(t, m.tools.ffmpeg, "ffmpeg")
	r, err := m.made(t, filmOf(t), "a.mp4")
	if err != nil || r.Width != 320 || r.Height != 180 || r.Duration.Round(time.Second) != 3*time.Second {
		t.Errorf("%+v, %v", r, err)
	}
	picture(t, r.Find("poster", 0))
	picture(t, r.Find("thumb", 0))
	for _, name := range []string{"a.mp3", "a.m4a", "a.ogg", "a.wav", "a.flac", "a.aac"} {
		r, err := m.made(t, encoded(t, name, "-f", "lavfi", "-i", "sine=440:duration=2"), name)
		if err != nil || r.Duration.Round(time.Second) != 2*time.Second {
			t.Errorf("%s: %+v, %v", name, r, err)
			continue
		}
		picture(t, r.Find("wave", 0))
	}
}

// T135: a text is read in part, however long it or its lines are.
func TestText(t *testing.T) {
	m := maker(t)
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, bytes.Repeat([]byte("schön "), maxText/4), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 2<<30); err != nil { // the rest is a hole
		t.Fatal(err)
	}
	r, err := m.madeOf(t, path, "big.log")
	if err != nil || len(r.Text) > maxText || len(r.Text) < maxText-8 || !strings.HasPrefix(r.Text, "schön schön") {
		t.Errorf("%d bytes, %v", len(r.Text), err)
	}
	for in, want := range map[string]string{
		"caf\xe9 \x8010":                     "café €10",
		"caf\xe9":                            "café",
		"\xef\xbb\xbfbom":                    "bom",
		"\xff\xfeh\x00i\x00":                 "hi",
		"\xfe\xff\x00h\x00i":                 "hi",
		"a\x00b":                             "ab",
		"":                                   "",
		strings.Repeat("\xe9", 3*maxText/4):  strings.Repeat("é", maxText/2),
		strings.Repeat("a", maxText-1) + "é": strings.Repeat("a", maxText-1),
	} {
		if got := ToText([]byte(in)); got != want {
			t.Errorf("%.20q: %.20q of %d", in, got, len(got))
		}
	}
}

func TestMissing(t *testing.T) {
	m := maker(t)
	m.tools = tools{}
	for _, name := range []string{"a.pdf", "a.docx", "a.svg", "a.mp4", "a.heic"} {
		b := map[string][]byte{
			"a.pdf": pdfOf(100, 100, "", "x"), "a.docx": docxOf(t, wordBody("", "x", "")), "a.svg": []byte("<svg/>"),
			"a.mp4": []byte("\x00\x00\x00\x18ftypisom0000"), "a.heic": []byte("\x00\x00\x00\x18ftypheic0000"),
		}[name]
		if _, err := m.made(t, b, name); !errors.Is(err, ErrNone) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(m.Missing()) != 5 {
		t.Errorf("%v", m.Missing())
	}
}

// What the server needs for the thumbnail of a photograph of 24 megapixels:
// 1.5 s and 300 MB are the limit.
func BenchmarkThumbnail24MP(b *testing.B) {
	m := in(b, bare) // within bubblewrap the kernel does not tell us
	path := filepath.Join(b.TempDir(), "photo")
	if err := os.WriteFile(path, jpegOf(b, photo(6000, 4000)), 0o600); err != nil {
		b.Fatal(err)
	}
	used := func() (u syscall.Rusage) {
		if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &u); err != nil {
			b.Fatal(err)
		}
		return u
	}
	before := used()
	for b.Loop() {
		if _, err := m.Make(b.Context(), path, b.TempDir(), Image, "photo.jpg"); err != nil {
			b.Fatal(err)
		}
	}
	after := used()
	cpu := time.Duration(after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano())
	b.ReportMetric(cpu.Seconds()/float64(b.N), "processor-s/op")
	b.ReportMetric(float64(after.Maxrss)/1024, "worker-MB")
}
