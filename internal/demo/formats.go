package demo

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/xml"
	"fmt"
	"math"
	"strconv"
	"strings"

	"golang.org/x/text/encoding/charmap"
)

// A leaf is a page of a PDF: a picture, and text below it. The text has
// headings after "# ", points after "- ", and paragraphs.
type leaf struct {
	picture func() canvas
	text    string
}

// A4, in points.
const (
	leafWidth, leafHeight = 595, 842
	margin                = 64
	tallest               = 600.0 // a picture
)

// pdf writes a document.
func pdf(title, author string, leaves ...leaf) []byte {
	var b bytes.Buffer
	var places []int
	b.WriteString("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
	object := func(dict string, stream []byte) int {
		places = append(places, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n", len(places))
		if stream == nil {
			b.WriteString(dict)
		} else {
			fmt.Fprintf(&b, "<<%s/Length %d>>\nstream\n%s\nendstream", dict, len(stream), stream)
		}
		b.WriteString("\nendobj\n")
		return len(places)
	}
	fontOf := func(name string) int {
		return object("<</Type/Font/Subtype/Type1/BaseFont/"+name+"/Encoding/WinAnsiEncoding>>", nil)
	}
	regular, bold := fontOf("Helvetica"), fontOf("Helvetica-Bold")
	tree := len(places) + 3*len(leaves) + 1 // each leaf takes three
	var kids strings.Builder
	for i, l := range leaves {
		y, resources, draws := float64(leafHeight-margin), "", ""
		picture := 0
		if l.picture != nil {
			c := l.picture()
			size := c.Bounds().Size()
			w := min(leafWidth-2*margin, tallest*float64(size.X)/float64(size.Y))
			h := w * float64(size.Y) / float64(size.X)
			y -= h
			picture = object(fmt.Sprintf("/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/DCTDecode", size.X, size.Y), c.jpeg())
			resources = fmt.Sprintf("/XObject<</P %d 0 R>>", picture)
			draws = fmt.Sprintf("q %.1f 0 0 %.1f %d %.1f cm /P Do Q\n", w, h, margin, y)
			y -= 18
		} else {
			object("null", nil)
		}
		foot := fmt.Sprintf("%s  ·  %d of %d", title, i+1, len(leaves))
		content := object("/Filter/FlateDecode", deflate(draws+set(l.text, y)+line(regular1, 8, margin, 36, foot)))
		page := object(fmt.Sprintf("<</Type/Page/Parent %d 0 R/MediaBox[0 0 %d %d]/Resources<</Font<</F1 %d 0 R/F2 %d 0 R>>%s>>/Contents %d 0 R>>",
			tree, leafWidth, leafHeight, regular, bold, resources, content), nil)
		fmt.Fprintf(&kids, "%d 0 R ", page)
	}
	object(fmt.Sprintf("<</Type/Pages/Kids[%s]/Count %d>>", kids.String(), len(leaves)), nil)
	root := object(fmt.Sprintf("<</Type/Catalog/Pages %d 0 R>>", tree), nil)
	info := object(fmt.Sprintf("<</Title(%s)/Author(%s)>>", winAnsi(title), winAnsi(author)), nil)
	table := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(places)+1)
	for _, at := range places {
		fmt.Fprintf(&b, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root %d 0 R/Info %d 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(places)+1, root, info, table)
	return b.Bytes()
}

const regular1, bold2 = "F1", "F2"

// blocks are the headings, points and paragraphs of a text, each in one line.
func blocks(text string) (all []string) {
	open := false
	for _, l := range lines(text) {
		marked := strings.HasPrefix(l, "# ") || strings.HasPrefix(l, "- ")
		if open && l != "" && !marked {
			all[len(all)-1] += " " + l
			continue
		}
		all = append(all, l)
		open = l != "" && !strings.HasPrefix(l, "# ")
	}
	return all
}

// set sets a text from y down.
func set(text string, y float64) string {
	var b strings.Builder
	for _, l := range blocks(text) {
		fontName, size, indent := regular1, 11.0, 0.0
		switch {
		case l == "":
			y -= 8
			continue
		case strings.HasPrefix(l, "# "):
			fontName, size, l = bold2, 19, l[2:]
			y -= 10
		case strings.HasPrefix(l, "- "):
			indent, l = 14, l[2:]
			b.WriteString(line(regular1, size, margin, y-size, "•"))
		}
		for _, part := range wrap(l, size, leafWidth-2*margin-indent) {
			b.WriteString(line(fontName, size, margin+indent, y-size, part))
			y -= size * 1.5
		}
	}
	return b.String()
}

func line(fontName string, size, x, y float64, words string) string {
	return fmt.Sprintf("BT /%s %g Tf %.1f %.1f Td (%s) Tj ET\n", fontName, size, x, y, winAnsi(words))
}

// wrap breaks a paragraph into lines of a width.
func wrap(s string, size, width float64) (lines []string) {
	var at string
	for w := range strings.FieldsSeq(s) {
		if at != "" && breadth(at+" "+w)*size > width {
			lines, at = append(lines, at), ""
		}
		if at != "" {
			at += " "
		}
		at += w
	}
	return append(lines, at)
}

// helvetica is how wide the characters from the space on are, in thousandths.
var helvetica = [...]int{278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556, 556, 556,
	278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944,
	667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556,
	500, 722, 500, 500, 500, 334, 260, 334, 584}

// breadth is how wide words are at size 1.
func breadth(words string) float64 {
	n := 0
	for _, r := range words {
		if i := int(r) - ' '; i >= 0 && i < len(helvetica) {
			n += helvetica[i]
		} else {
			n += 556
		}
	}
	return float64(n) / 1000 * 1.04 // headings are bold
}

// winAnsi writes words as a PDF has them between parentheses.
func winAnsi(s string) string {
	s, err := charmap.Windows1252.NewEncoder().String(s)
	if err != nil {
		panic(err) // the demo's own words fit
	}
	return strings.NewReplacer(`\`, `\\`, `(`, `\(`, `)`, `\)`).Replace(s)
}

func deflate(s string) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write([]byte(s))
	w.Close()
	return b.Bytes()
}

// A packed is a file in an archive.
type packed struct {
	name    string
	content []byte
}

// archive packs files into a ZIP.
func archive(members ...packed) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, m := range members {
		w, err := z.Create(m.name)
		if err == nil {
			_, err = w.Write(m.content)
		}
		if err != nil {
			panic(err) // a buffer takes everything
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

const (
	xmlHead     = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	officeTypes = "application/vnd.openxmlformats-officedocument."
	relations   = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
)

// parts are the members that every office document has.
func parts(main, mainType string, more ...string) []packed {
	types := `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/` + main + `" ContentType="` + officeTypes + mainType + `+xml"/>`
	for i := 0; i < len(more); i += 2 {
		types += `<Override PartName="/` + more[i] + `" ContentType="` + officeTypes + more[i+1] + `+xml"/>`
	}
	return []packed{
		{"[Content_Types].xml", []byte(xmlHead + types + `</Types>`)},
		{"_rels/.rels", []byte(related("officeDocument", main))},
	}
}

func related(kind, to string) string {
	return xmlHead + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="` + relations + `/` + kind + `" Target="` + to + `"/></Relationships>`
}

func escaped(s string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(s))
	return b.String()
}

// docx writes a text document, of a text as in a leaf.
func docx(text string) []byte {
	var b strings.Builder
	b.WriteString(xmlHead + `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>`)
	for _, l := range blocks(text) {
		format := `<w:sz w:val="22"/>`
		switch {
		case l == "":
			continue
		case strings.HasPrefix(l, "# "):
			format, l = `<w:b/><w:sz w:val="36"/>`, l[2:]
		case strings.HasPrefix(l, "- "):
			l = "• " + l[2:]
		}
		b.WriteString(`<w:p><w:pPr><w:spacing w:after="140"/></w:pPr><w:r><w:rPr>` + format + `</w:rPr><w:t xml:space="preserve">` + escaped(l) + `</w:t></w:r></w:p>`)
	}
	b.WriteString(`<w:sectPr><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1440" w:right="1440" w:bottom="1440" w:left="1440"/></w:sectPr></w:body></w:document>`)
	return archive(append(parts("word/document.xml", "wordprocessingml.document.main"), packed{"word/document.xml", []byte(b.String())})...)
}

// xlsx writes a table of lines, their cells between bars. What is a number is one.
func xlsx(sheet, table string) []byte {
	var b strings.Builder
	b.WriteString(xmlHead + `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cols><col min="1" max="1" width="34" customWidth="1"/><col min="2" max="8" width="16" customWidth="1"/></cols><sheetData>`)
	for r, l := range lines(table) {
		fmt.Fprintf(&b, `<row r="%d">`, r+1)
		for c, cell := range strings.Split(l, "|") {
			at, cell := fmt.Sprintf("%c%d", 'A'+c, r+1), strings.TrimSpace(cell)
			if _, err := strconv.ParseFloat(cell, 64); err == nil {
				b.WriteString(`<c r="` + at + `"><v>` + cell + `</v></c>`)
			} else {
				b.WriteString(`<c r="` + at + `" t="inlineStr"><is><t>` + escaped(cell) + `</t></is></c>`)
			}
		}
		b.WriteString(`</row>`)
	}
	b.WriteString(`</sheetData></worksheet>`)
	return archive(append(parts("xl/workbook.xml", "spreadsheetml.sheet.main", "xl/worksheets/sheet1.xml", "spreadsheetml.worksheet"),
		packed{"xl/workbook.xml", []byte(xmlHead + `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="` + relations + `"><sheets><sheet name="` + escaped(sheet) + `" sheetId="1" r:id="rId1"/></sheets></workbook>`)},
		packed{"xl/_rels/workbook.xml.rels", []byte(related("worksheet", "worksheets/sheet1.xml"))},
		packed{"xl/worksheets/sheet1.xml", []byte(b.String())})...)
}

// wav plays notes, half a second each, in half tones from the A below the middle
// C; a negative one is a rest.
func wav(notes ...int) []byte {
	const rate, each = 16_000, 8_000
	sound := make([]int16, each*len(notes)+rate)
	for i, n := range notes {
		if n < 0 {
			continue
		}
		turn := 2 * math.Pi * 220 * math.Pow(2, float64(n)/12) / rate
		for t := range 2 * each { // it rings on into the next
			fade := math.Exp(-float64(t)/5000) * min(1, float64(t)/160)
			at := turn * float64(t)
			sound[i*each+t] += int16(7000 * fade * (math.Sin(at) + math.Sin(2*at)/3))
		}
	}
	var b bytes.Buffer
	size := uint32(2 * len(sound))
	b.WriteString("RIFF")
	binary.Write(&b, binary.LittleEndian, 36+size)
	b.WriteString("WAVEfmt ")
	binary.Write(&b, binary.LittleEndian, []uint32{16, 1 | 1<<16, rate, 2 * rate, 2 | 16<<16})
	b.WriteString("data")
	binary.Write(&b, binary.LittleEndian, size)
	binary.Write(&b, binary.LittleEndian, sound)
	return b.Bytes()
}
