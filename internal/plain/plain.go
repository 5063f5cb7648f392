// Package plain reads files as text, for people to look at: never as what they would
// be in a browser.
package plain

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// How much of a file is shown as text. What is longer says that it is cut.
const (
	maxText  = 1 << 20
	maxLine  = 10_000 // bytes
	maxRows  = 1000   // below the first, which names the columns
	maxCells = 100    // of a row
)

// ErrNotText says that a file cannot be read as text.
var ErrNotText = errors.New("plain: not text")

// A Text is what is shown of a file.
type Text struct {
	Prose string     // of Markdown
	Rows  [][]string // of a table
	Lines []string   // of all others
	Cut   bool       // there is more
}

// Show reads what is shown of a file of a kind.
func Show(r io.Reader, kind string) (t Text, err error) {
	text, cut, err := Read(r)
	if err != nil {
		return t, err
	}
	switch kind {
	case "markdown":
		return Text{Prose: text, Cut: cut}, nil
	case "csv":
		if rows, more := table(text); len(rows) > 0 {
			return Text{Rows: rows, Cut: cut || more}, nil
		}
	}
	lines, more := lines(text)
	return Text{Lines: lines, Cut: cut || more}, nil
}

// Read reads the beginning of a file as text: UTF-8, UTF-16 that says so,
// or else the old encoding of Western Europe. cut reports that there is more.
func Read(r io.Reader) (text string, cut bool, err error) {
	b, err := io.ReadAll(io.LimitReader(r, maxText+1))
	if err != nil {
		return "", false, err
	}
	if cut = len(b) > maxText; cut {
		b = b[:maxText]
		if at := bytes.LastIndexByte(b, '\n'); at > len(b)/2 {
			b = b[:at+1]
		}
	}
	switch {
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")):
		b = b[3:]
	case bytes.HasPrefix(b, []byte("\xff\xfe")), bytes.HasPrefix(b, []byte("\xfe\xff")):
		return fromUTF16(b), cut, nil
	}
	if bytes.IndexByte(b, 0) >= 0 {
		return "", false, ErrNotText
	}
	if cut { // perhaps within a letter
		for i := 0; i < utf8.UTFMax && len(b) > 0 && !utf8.Valid(b[max(0, len(b)-utf8.UTFMax):]); i++ {
			b = b[:len(b)-1]
		}
	}
	if utf8.Valid(b) {
		return string(b), cut, nil
	}
	old, err := charmap.Windows1252.NewDecoder().Bytes(b)
	return string(old), cut, err
}

func fromUTF16(b []byte) string {
	big := b[0] == 0xfe
	var units []uint16
	for b = b[2:]; len(b) >= 2; b = b[2:] {
		u := uint16(b[0]) | uint16(b[1])<<8
		if big {
			u = u<<8 | u>>8
		}
		units = append(units, u)
	}
	return string(utf16.Decode(units))
}

// lines are the lines of a text, none of them endless.
func lines(text string) (all []string, cut bool) {
	all = strings.Split(strings.TrimSuffix(strings.ReplaceAll(text, "\r\n", "\n"), "\n"), "\n")
	for i, l := range all {
		if len(l) <= maxLine {
			continue
		}
		end := maxLine
		for !utf8.RuneStart(l[end]) {
			end--
		}
		all[i], cut = l[:end]+" …", true
	}
	return all, cut
}

// table reads CSV, whatever it is separated by. A table that cannot be read
// to its end is cut there.
func table(text string) (rows [][]string, cut bool) {
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = separator(text), true, -1
	for {
		row, err := r.Read()
		switch {
		case errors.Is(err, io.EOF):
			return rows, cut
		case err != nil, len(rows) > maxRows:
			return rows, true
		}
		if len(row) > maxCells {
			row, cut = row[:maxCells], true
		}
		rows = append(rows, row)
	}
}

// separator is the sign that stands most often in the first line, outside of
// quotes.
func separator(text string) rune {
	counts := map[rune]int{}
	quoted := false
	for _, c := range text {
		switch {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '\n':
			return mostOf(counts)
		case strings.ContainsRune(",;\t|", c):
			counts[c]++
		}
	}
	return mostOf(counts)
}

func mostOf(counts map[rune]int) rune {
	best := ','
	for _, c := range ";\t|" {
		if counts[c] > counts[best] {
			best = c
		}
	}
	return best
}
