package plain

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestReadText(t *testing.T) {
	for in, want := range map[string]string{
		"":                                   "",
		"plain":                              "plain",
		"\xef\xbb\xbfGröße":                  "Größe",
		"Gr\xf6\xdfe 5 \x80":                 "Größe 5 €", // Windows-1252
		"\xff\xfeH\x00i\x00":                 "Hi",
		"\xfe\xff\x00H\x00i\xd8\x3d\xde\x00": "Hi😀",
	} {
		if got, cut, err := Read(strings.NewReader(in)); got != want || cut || err != nil {
			t.Errorf("%q: %q %v %v", in, got, cut, err)
		}
	}
	if _, _, err := Read(strings.NewReader("a\x00b")); !errors.Is(err, ErrNotText) {
		t.Errorf("bytes of a program are text: %v", err)
	}
}

// endless is a file that does not end.
type endless string

func (e endless) Read(b []byte) (int, error) {
	n := 0
	for n < len(b) {
		n += copy(b[n:], e)
	}
	return n, nil
}

func TestReadTextIsBounded(t *testing.T) {
	for _, e := range []endless{"ä line\n", "no line ends", "ä", "😀"} {
		text, cut, err := Read(e)
		if err != nil || !cut || len(text) > maxText || strings.ContainsRune(text, '�') || strings.Contains(text, "Ã") {
			t.Errorf("%q: %d bytes, cut %v, %v", string(e), len(text), cut, err)
		}
	}
	all, cut := lines(strings.Repeat("ä", maxLine))
	if len(all) != 1 || !cut || len(all[0]) > maxLine+4 {
		t.Errorf("an endless line: %d lines, cut %v", len(all), cut)
	}
}

func TestReadTable(t *testing.T) {
	for in, want := range map[string][][]string{
		"a,b\n1,2\n":                         {{"a", "b"}, {"1", "2"}},
		"a;b\n1,5;2,5\n":                     {{"a", "b"}, {"1,5", "2,5"}},
		"a\tb\n\"x,\ty\"\tz\n":               {{"a", "b"}, {"x,\ty", "z"}},
		"name,note\n\"A, B\",\"two\nlines\"": {{"name", "note"}, {"A, B", "two\nlines"}},
		"=cmd()|'x'!A1,<script>\n":           {{"=cmd()|'x'!A1", "<script>"}},
	} {
		if got, cut := table(in); !reflect.DeepEqual(got, want) || cut {
			t.Errorf("%q: %q, cut %v", in, got, cut)
		}
	}
	rows, cut := table(strings.Repeat(strings.Repeat("x,", 500)+"\n", 5000))
	if len(rows) > maxRows+1 || len(rows[0]) > maxCells || !cut {
		t.Errorf("%d rows, cut %v", len(rows), cut)
	}
}
