package preview

import (
	"bytes"
	"path"
	"strings"
	"unicode/utf8"
)

// A Kind says how a file is looked at.
type Kind string

const (
	Image    Kind = "image"
	PDF      Kind = "pdf"
	Video    Kind = "video"
	Audio    Kind = "audio"
	Text     Kind = "text"
	Markdown Kind = "markdown"
	Code     Kind = "code"
	CSV      Kind = "csv"
	Office   Kind = "office"
	Archive  Kind = "archive"
	SVG      Kind = "svg"
	Other    Kind = "other"
)

// SniffLen is how much of a file's beginning Sniff wants.
const SniffLen = 4096

const (
	anything  = "application/octet-stream"
	plainText = "text/plain; charset=utf-8"
)

var magics = []struct {
	at    int
	bytes string
	kind  Kind
	mime  string
}{
	{0, "\x89PNG\r\n\x1a\n", Image, "image/png"},
	{0, "\xff\xd8\xff", Image, "image/jpeg"},
	{0, "GIF87a", Image, "image/gif"},
	{0, "GIF89a", Image, "image/gif"},
	{0, "II*\x00", Image, "image/tiff"},
	{0, "MM\x00*", Image, "image/tiff"},
	{0, "%PDF-", PDF, "application/pdf"},
	{0, "{\\rtf", Office, "application/rtf"},
	{0, "fLaC", Audio, "audio/flac"},
	{0, "ID3", Audio, "audio/mpeg"},
	{0, "\x00\x00\x01\xba", Video, "video/mpeg"},
	{0, "\x00\x00\x01\xb3", Video, "video/mpeg"},
	{0, "\x1f\x8b", Archive, "application/gzip"},
	{0, "7z\xbc\xaf\x27\x1c", Archive, "application/x-7z-compressed"},
	{0, "Rar!\x1a\x07", Archive, "application/vnd.rar"},
	{0, "\xfd7zXZ\x00", Archive, "application/x-xz"},
	{0, "\x28\xb5\x2f\xfd", Archive, "application/zstd"},
	{257, "ustar", Archive, "application/x-tar"},
	{8, "WEBP", Image, "image/webp"},
	{8, "WAVE", Audio, "audio/wav"},
	{8, "AVI ", Video, "video/x-msvideo"},
}

// Sniff says what a file is from its first bytes, and from its name only where
// bytes cannot tell (a table from a text). The type is the one to deliver it
// with, from a fixed list of types that browsers do not run. Everything else is
// application/octet-stream, above all SVG, HTML, XML and MHTML, whatever they
// are called.
func Sniff(head []byte, name string) (Kind, string) {
	for _, m := range magics {
		if m.at == 8 && !bytes.HasPrefix(head, []byte("RIFF")) {
			continue
		}
		if len(head) >= m.at && bytes.HasPrefix(head[m.at:], []byte(m.bytes)) {
			return m.kind, m.mime
		}
	}
	ext := extension(name)
	switch {
	case len(head) >= 12 && string(head[4:8]) == "ftyp":
		return sniffBoxes(head)
	case bytes.HasPrefix(head, []byte("\x1a\x45\xdf\xa3")):
		if bytes.Contains(head, []byte("webm")) {
			return Video, "video/webm"
		}
		return Video, "video/x-matroska"
	case bytes.HasPrefix(head, []byte("OggS")):
		if bytes.Contains(head, []byte("theora")) {
			return Video, "video/ogg"
		}
		return Audio, "audio/ogg"
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		if mime := zipped[ext]; mime != "" {
			return Office, mime
		}
		return Archive, "application/zip"
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		if mime := compound[ext]; mime != "" {
			return Office, mime
		}
		return Other, anything
	case len(head) >= 30 && head[0] == 'B' && head[1] == 'M' && string(head[6:10]) == "\x00\x00\x00\x00":
		return Image, "image/bmp"
	case isText(head):
		return sniffText(head, ext)
	case len(head) >= 4 && head[0] == 0xff && head[1]&0xf6 == 0xf0:
		return Audio, "audio/aac"
	case len(head) >= 4 && head[0] == 0xff && head[1]&0xe0 == 0xe0 && head[1]&0x18 != 0x08 && head[1]&0x06 != 0 && head[2]&0xf0 != 0xf0 && head[2]&0x0c != 0x0c:
		return Audio, "audio/mpeg"
	case len(head) > 376 && head[0] == 'G' && head[188] == 'G' && head[376] == 'G':
		return Video, "video/mp2t"
	}
	return Other, anything
}

// sniffBoxes tells the members of the MP4 family apart by their brand.
func sniffBoxes(head []byte) (Kind, string) {
	switch brand := string(head[8:12]); brand {
	case "heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1":
		if brand[0] == 'm' && bytes.Contains(head[:min(64, len(head))], []byte("avif")) {
			return Image, "image/avif"
		}
		return Image, "image/heic"
	case "avif", "avis":
		return Image, "image/avif"
	case "qt  ":
		return Video, "video/quicktime"
	case "M4A ", "M4B ", "M4P ":
		return Audio, "audio/mp4"
	}
	return Video, "video/mp4"
}

// Office formats that are ZIP archives, and those that are OLE compound files.
var (
	zipped = map[string]string{
		"docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
		"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
		"pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
		"odt":  "application/vnd.oasis.opendocument.text",
		"ods":  "application/vnd.oasis.opendocument.spreadsheet",
		"odp":  "application/vnd.oasis.opendocument.presentation",
	}
	compound = map[string]string{
		"doc": "application/msword",
		"xls": "application/vnd.ms-excel",
		"ppt": "application/vnd.ms-powerpoint",
	}
)

func sniffText(head []byte, ext string) (Kind, string) {
	switch markup := markupOf(head); {
	case markup == "svg":
		return SVG, anything
	case markup != "":
		return Code, anything
	}
	mime := plainText
	if !validUTF8(head, SniffLen) {
		mime = anything // its charset is anyone's guess, and a browser would guess
	}
	switch ext {
	case "svg", "html", "htm", "xhtml", "xht", "xml", "xsl", "xslt", "mht", "mhtml", "shtml", "svgz":
		return Code, anything
	case "md", "markdown":
		return Markdown, mime
	case "csv", "tsv":
		return CSV, mime
	}
	if code[ext] {
		return Code, mime
	}
	return Text, mime
}

var code = func() map[string]bool {
	m := make(map[string]bool)
	for ext := range strings.FieldsSeq(`asm astro bash bat bib c cc cfg clj cmake cmd conf cpp cs css cxx dart diff
		ex exs fish fs go gradle graphql groovy h hpp hs ini java jl js json jsonc jsx kt less lisp lua m mjs ml nix
		php pl pm proto ps1 py r rb rs sass scala scss sh sql svelte swift tex tf toml ts tsx vb vue yaml yml zig zsh`) {
		m[ext] = true
	}
	return m
}()

// markupOf is "svg", "html", "xml" or "mhtml" when a text begins like that, as
// browsers would see it.
func markupOf(head []byte) string {
	s := head
	if t, ok := fromUTF16(head); ok {
		s = []byte(t)
	}
	s = bytes.TrimPrefix(s, []byte("\xef\xbb\xbf"))
	xml := false
	for {
		s = bytes.TrimLeft(s, " \t\r\n\f\v\x00")
		switch {
		case bytes.HasPrefix(s, []byte("<?")):
			xml = true
			_, s, _ = bytes.Cut(s, []byte("?>"))
			continue
		case bytes.HasPrefix(s, []byte("<!--")):
			xml = true
			_, s, _ = bytes.Cut(s, []byte("-->"))
			continue
		}
		break
	}
	low := bytes.ToLower(s)
	if bytes.HasPrefix(low, []byte("<!doctype")) {
		if bytes.HasPrefix(bytes.TrimLeft(low[9:], " \t\r\n"), []byte("svg")) || bytes.Contains(low, []byte("<svg")) && !bytes.Contains(low, []byte("<html")) {
			return "svg"
		}
		return "html"
	}
	switch {
	case bytes.HasPrefix(low, []byte("<svg")), bytes.HasPrefix(low, []byte("<")) && xml && bytes.Contains(low, []byte("http://www.w3.org/2000/svg")):
		return "svg"
	case xml, bytes.HasPrefix(low, []byte("<!")):
		return "xml"
	case len(low) > 1 && low[0] == '<' && low[1] >= 'a' && low[1] <= 'z':
		return "html"
	}
	if bytes.HasPrefix(low, []byte("mime-version:")) || bytes.Contains(low, []byte("\nmime-version:")) {
		return "mhtml"
	}
	return ""
}

// isText: no control characters that texts do not have.
func isText(head []byte) bool {
	if _, ok := fromUTF16(head); ok {
		return true
	}
	for _, c := range head {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1b || c == 0x7f {
			return false
		}
	}
	if validUTF8(head, SniffLen) {
		return true
	}
	// Latin-1 is mostly ASCII; noise is not.
	high := 0
	for _, c := range head {
		if c >= 0x80 {
			high++
		}
	}
	return high*3 <= len(head)
}

// validUTF8 forgives a character that is cut off at the end of the first n
// bytes of something longer.
func validUTF8(b []byte, n int) bool {
	if len(b) >= n {
		for i := 1; i < utf8.UTFMax && i <= len(b); i++ {
			if c := b[len(b)-i:]; utf8.RuneStart(c[0]) {
				if !utf8.FullRune(c) {
					b = b[:len(b)-i]
				}
				break
			}
		}
	}
	return utf8.Valid(b)
}

// extension is what follows a name's last dot, in lower case.
func extension(name string) string {
	return strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))
}
