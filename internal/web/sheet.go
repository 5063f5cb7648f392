package web

import (
	"encoding/csv"
	"net/http"
	"strings"
)

// A sheet is a table on its way out as a file for a spreadsheet, line by line.
type sheet struct{ out *csv.Writer }

func newSheet(w http.ResponseWriter, name string, head ...string) sheet {
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+name+`.csv"`)
	_, _ = w.Write([]byte("\ufeff")) // by which Excel knows that it is UTF-8
	s := sheet{csv.NewWriter(w)}
	s.line(head...)
	return s
}

// line adds a line. An error means that the reader has gone, of which the next
// query hears.
func (s sheet) line(cells ...string) {
	for i := range cells {
		cells[i] = plainCell(cells[i])
	}
	_ = s.out.Write(cells)
}

// end sends what is left. A file that an error cut short breaks off, rather than
// look whole.
func (s sheet) end(err error) {
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	s.out.Flush()
}

// plainCell keeps a spreadsheet from taking text for a formula: at its beginning,
// and wherever a cell begins for a program that parts lines otherwise than by commas.
func plainCell(text string) string {
	begins, kept := true, 0
	var b strings.Builder
	for i, r := range text {
		if begins && strings.ContainsRune("=+-@|%\t\r\n＝＋－＠", r) {
			b.WriteString(text[kept:i])
			b.WriteByte('\'')
			kept = i
		}
		switch r {
		case ';', '\t', '\r', '\n':
			begins = true
		case ' ', '\u00a0', '\u3000', '\ufeff', '"': // are left out by some, or quote what follows
		default:
			begins = false
		}
	}
	return b.String() + text[kept:]
}
