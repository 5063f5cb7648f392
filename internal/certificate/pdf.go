package certificate

import (
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"fmt"
	"sort"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
)

// A4, in points, and what is left free around.
const (
	pageWidth  = 595.0
	pageHeight = 842.0
	margin     = 56.0
)

// A paper is a PDF in the making: text from top to bottom. What people wrote gets
// into it as numbers of glyphs and as hexadecimal, so it can end no string.
type paper struct {
	faces []*face
	used  []map[rune]int // of each face, the numbers that its characters got
	pages []*bytes.Buffer
	y     float64 // of the next line, from below
}

func newPaper() (*paper, error) {
	all, err := faces()
	if err != nil {
		return nil, err
	}
	p := &paper{faces: all}
	for range all {
		p.used = append(p.used, map[rune]int{})
	}
	p.newPage()
	return p, nil
}

func (p *paper) newPage() {
	p.pages, p.y = append(p.pages, new(bytes.Buffer)), pageHeight-margin
}

func (p *paper) page() *bytes.Buffer { return p.pages[len(p.pages)-1] }

// room begins a page where less than so much is left.
func (p *paper) room(height float64) {
	if p.y-height < margin+18 {
		p.newPage()
	}
}

// faceOf is the first face that has the character; without one, the first, whose
// empty box stands for it. What it is can still be copied out.
func (p *paper) faceOf(r rune) (n, glyph int) {
	for i, f := range p.faces {
		if g, ok := f.glyphs[r]; ok {
			return i, g
		}
	}
	return 0, 0
}

func (p *paper) width(s string, size float64) (w float64) {
	for _, r := range s {
		n, g := p.faceOf(r)
		w += float64(p.faces[n].advance(g)) * size / 1000
	}
	return w
}

// printable leaves out what is no character to draw.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' {
			return ' '
		}
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar || unicode.Is(unicode.Variation_Selector, r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}

// wrap breaks a text into lines of at most so much, at spaces where it can.
func (p *paper) wrap(text string, size, width float64) (lines []string) {
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		now := ""
		for word := range strings.FieldsSeq(printable(line)) {
			switch {
			case now == "":
				now = word
			case p.width(now+" "+word, size) <= width:
				now += " " + word
			default:
				lines, now = append(lines, now), word
			}
			for p.width(now, size) > width { // one word alone
				cut := 0
				for i := range now {
					if i > 0 && p.width(now[:i], size) > width {
						break
					}
					cut = i
				}
				if cut == 0 {
					break
				}
				lines, now = append(lines, now[:cut]), now[cut:]
			}
		}
		lines = append(lines, now)
	}
	return lines
}

// draw sets one line at a place. A heavy one is drawn with its outline.
func (p *paper) draw(x, y float64, s string, size, grey float64, heavy bool) {
	b := p.page()
	mode := "0 Tr"
	if heavy {
		mode = fmt.Sprintf("2 Tr %.2f w %.2f G", size/34, grey)
	}
	fmt.Fprintf(b, "BT %.2f g %s %.2f %.2f Td", grey, mode, x, y)
	open := -1
	for _, r := range s {
		n, _ := p.faceOf(r)
		if n != open {
			if open >= 0 {
				b.WriteString("> Tj")
			}
			fmt.Fprintf(b, " /F%d %.2f Tf <", n, size)
			open = n
		}
		if _, ok := p.used[n][r]; !ok {
			p.used[n][r] = len(p.used[n]) + 1
		}
		fmt.Fprintf(b, "%04X", p.used[n][r])
	}
	if open >= 0 {
		b.WriteString("> Tj")
	}
	b.WriteString(" ET\n")
}

// text sets a text from the left margin, as wide as it may be.
func (p *paper) text(s string, size, grey float64, heavy bool, width float64) {
	lead := size * 1.45
	for _, line := range p.wrap(s, size, width) {
		p.room(lead)
		p.y -= lead
		p.draw(margin, p.y, line, size, grey, heavy)
	}
}

const full = pageWidth - 2*margin

func (p *paper) heading(s string) {
	p.room(60)
	p.y -= 14
	p.text(s, 12.5, 0.05, true, full)
	p.y -= 3
}

// fact sets a word at the left and what it is at the right.
func (p *paper) fact(key, value string) {
	const left, size = 132.0, 9.5
	keys, values := p.wrap(key, size, left-10), p.wrap(value, size, full-left)
	for i := range max(len(keys), len(values)) {
		p.room(size * 1.5)
		p.y -= size * 1.5
		if i < len(keys) {
			p.draw(margin, p.y, keys[i], size, 0.4, false)
		}
		if i < len(values) {
			p.draw(margin+left, p.y, values[i], size, 0.1, false)
		}
	}
}

func (p *paper) rule() {
	p.room(12)
	p.y -= 9
	fmt.Fprintf(p.page(), "0.85 G 0.6 w %.2f %.2f m %.2f %.2f l S\n", margin, p.y, pageWidth-margin, p.y)
	p.y -= 3
}

// squares draws what is black of a square of so many, at a place.
func (p *paper) squares(x, y, side float64, n int, black func(x, y int) bool) {
	b := p.page()
	one := side / float64(n)
	b.WriteString("0 g\n")
	for row := range n {
		for col := 0; col < n; col++ {
			run := 0
			for col+run < n && black(col+run, row) {
				run++
			}
			if run > 0 {
				fmt.Fprintf(b, "%.3f %.3f %.3f %.3f re\n", x+float64(col)*one, y+side-float64(row+1)*one, float64(run)*one, one)
				col += run
			}
		}
	}
	b.WriteString("f\n")
}

// unicodeText is a PDF string of any text.
func unicodeText(s string) string {
	var b strings.Builder
	b.WriteString("<FEFF")
	for _, u := range utf16.Encode([]rune(printable(s))) {
		fmt.Fprintf(&b, "%04X", u)
	}
	return b.String() + ">"
}

func pdfTime(t time.Time) string { return "(D:" + t.UTC().Format("20060102150405") + "Z)" }

// What is left free for the signature, in bytes, and for its range.
const (
	signatureRoom = 12 << 10
	rangeRoom     = "[0 0000000000 0000000000 0000000000]"
)

// file is the paper as a PDF with an empty signature, and where in it that is
// to be.
func (p *paper) file(title, author, lang string, at time.Time) (b []byte, hole int) {
	var out bytes.Buffer
	var places []int
	object := func(body string) int {
		places = append(places, out.Len())
		fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\n", len(places), body)
		return len(places)
	}
	stream := func(dict string, body []byte) int {
		var z bytes.Buffer
		w := zlib.NewWriter(&z)
		w.Write(body)
		w.Close()
		return object(fmt.Sprintf("<< %s /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream", dict, z.Len(), z.String()))
	}
	out.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	var fonts strings.Builder
	for i, f := range p.faces {
		if len(p.used[i]) > 0 {
			fmt.Fprintf(&fonts, "/F%d %d 0 R ", i, p.font(f, p.used[i], object, stream))
		}
	}
	resources := object("<< /Font << " + fonts.String() + ">> >>")
	pages := len(places) + 2*len(p.pages) + 2 // the number that the tree gets
	signature := pages - 1
	var kids strings.Builder
	for i, page := range p.pages {
		content := stream("", page.Bytes())
		annots := ""
		if i == 0 {
			annots = fmt.Sprintf(" /Annots [%d 0 R]", pages+1)
		}
		fmt.Fprintf(&kids, "%d 0 R ", object(fmt.Sprintf("<< /Type /Page /Parent %d 0 R /MediaBox [0 0 %.0f %.0f] /Resources %d 0 R /Contents %d 0 R%s >>", pages, pageWidth, pageHeight, resources, content, annots)))
	}
	before := fmt.Sprintf("<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached /M %s /Name %s /ByteRange %s /Contents <", pdfTime(at), unicodeText(author), rangeRoom)
	hole = out.Len() + len(fmt.Sprintf("%d 0 obj\n", signature)) + len(before) - 1
	object(before + strings.Repeat("0", 2*signatureRoom) + "> >>")
	object(fmt.Sprintf("<< /Type /Pages /Count %d /Kids [%s] >>", len(p.pages), kids.String()))
	field := object(fmt.Sprintf("<< /Type /Annot /Subtype /Widget /FT /Sig /T (Signature) /V %d 0 R /Rect [0 0 0 0] /F 132 /P %d 0 R >>", signature, pages-2*len(p.pages)))
	catalog := object(fmt.Sprintf("<< /Type /Catalog /Pages %d 0 R /Lang (%s) /ViewerPreferences << /DisplayDocTitle true >> /AcroForm << /SigFlags 3 /Fields [%d 0 R] >> >>", pages, lang, field))
	info := object(fmt.Sprintf("<< /Title %s /Author %s /Producer (Vitrine) /CreationDate %s >>", unicodeText(title), unicodeText(author), pdfTime(at)))
	table := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(places)+1)
	for _, at := range places {
		fmt.Fprintf(&out, "%010d 00000 n \n", at)
	}
	id := hex.EncodeToString([]byte(fmt.Sprintf("%016x", at.UnixMicro())))
	fmt.Fprintf(&out, "trailer\n<< /Size %d /Root %d 0 R /Info %d 0 R /ID [<%s> <%s>] >>\nstartxref\n%d\n%%%%EOF\n", len(places)+1, catalog, info, id, id, table)
	return out.Bytes(), hole
}

// font writes a face with the characters that are used of it, and returns its
// object.
func (p *paper) font(f *face, used map[rune]int, object func(string) int, stream func(string, []byte) int) int {
	runes := make([]rune, 0, len(used))
	for r := range used {
		runes = append(runes, r)
	}
	sort.Slice(runes, func(i, j int) bool { return used[runes[i]] < used[runes[j]] })
	glyphs := map[int]bool{}
	toGlyph := []byte{0, 0}
	var widths, chars strings.Builder
	for i, r := range runes {
		g := f.glyphs[r]
		glyphs[g] = true
		toGlyph = append(toGlyph, byte(g>>8), byte(g))
		fmt.Fprintf(&widths, "%d ", f.advance(g))
		if i%100 == 0 {
			if i > 0 {
				chars.WriteString("endbfchar\n")
			}
			fmt.Fprintf(&chars, "%d beginbfchar\n", min(100, len(runes)-i))
		}
		fmt.Fprintf(&chars, "<%04X> <", used[r])
		for _, u := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&chars, "%04X", u)
		}
		chars.WriteString(">\n")
	}
	chars.WriteString("endbfchar\n")
	name := "AAAAAA+" + strings.ReplaceAll(f.name, "-", "")
	outlines := f.subset(glyphs)
	data := stream(fmt.Sprintf("/Length1 %d", len(outlines)), outlines)
	descriptor := object(fmt.Sprintf("<< /Type /FontDescriptor /FontName /%s /Flags 4 /FontBBox [%d %d %d %d] /ItalicAngle 0 /Ascent %d /Descent %d /CapHeight 700 /StemV 80 /FontFile2 %d 0 R >>",
		name, f.box[0], f.box[1], f.box[2], f.box[3], f.ascent, f.descent, data))
	places := stream("", toGlyph)
	cid := object(fmt.Sprintf("<< /Type /Font /Subtype /CIDFontType2 /BaseFont /%s /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /FontDescriptor %d 0 R /DW 500 /W [1 [%s]] /CIDToGIDMap %d 0 R >>",
		name, descriptor, widths.String(), places))
	unicode := stream("", []byte("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"+
		chars.String()+"endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"))
	return object(fmt.Sprintf("<< /Type /Font /Subtype /Type0 /BaseFont /%s /Encoding /Identity-H /DescendantFonts [%d 0 R] /ToUnicode %d 0 R >>", name, cid, unicode))
}
