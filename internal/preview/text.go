package preview

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// maxText is how much text of a file is kept and searched.
const maxText = 1 << 20

// readText is the beginning of a text file in UTF-8. It reads no more than it
// keeps, however long the file is.
func readText(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b := make([]byte, maxText)
	n, err := io.ReadFull(f, b)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", err
	}
	return ToText(b[:n]), nil
}

// ToText reads b as UTF-8, as UTF-16 when it says so, or else as Windows-1252. What
// cannot be stored is left out.
func ToText(b []byte) string {
	text, ok := fromUTF16(b)
	switch {
	case ok:
	case validUTF8(b, maxText):
		text = strings.ToValidUTF8(strings.TrimPrefix(string(b), "\ufeff"), "")
	default:
		latin, _ := charmap.Windows1252.NewDecoder().Bytes(b)
		text = string(latin)
	}
	return cut(strings.Map(func(r rune) rune {
		if r == 0 || r == utf8.RuneError {
			return -1
		}
		return r
	}, text))
}

// cut keeps at most maxText bytes of whole characters.
func cut(s string) string {
	if len(s) <= maxText {
		return s
	}
	n := maxText
	for !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// fromUTF16 reads b when it begins with UTF-16's byte order mark.
func fromUTF16(b []byte) (string, bool) {
	var order binary.ByteOrder
	switch {
	case len(b) < 2:
		return "", false
	case b[0] == 0xff && b[1] == 0xfe:
		order = binary.LittleEndian
	case b[0] == 0xfe && b[1] == 0xff:
		order = binary.BigEndian
	default:
		return "", false
	}
	units := make([]uint16, 0, len(b)/2)
	for b = b[2:]; len(b) >= 2; b = b[2:] {
		units = append(units, order.Uint16(b))
	}
	return string(utf16.Decode(units)), true
}
