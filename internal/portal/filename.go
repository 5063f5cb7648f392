package portal

import (
	"context"
	"path"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxNameBytes is what file systems take, for those who download.
const maxNameBytes = 255

// fileName takes a name that somebody typed for a file or a folder: a line
// without what paths are made of.
func (c *checks) fileName(field, s string) string {
	s = strings.TrimRight(c.name(field, s), ". ")
	switch {
	case s == "", strings.ContainsAny(s, `/\`), strings.ContainsFunc(s, isUnseen):
		c.fail(field, "file_name")
	case len(s) > maxNameBytes:
		c.fail(field, "too_long", "max", strconv.Itoa(MaxName))
	}
	return unreserved(s)
}

// uploadName makes such a name of one that came with a file, whatever it is.
func uploadName(s string) string {
	s = norm.NFC.String(strings.ToValidUTF8(s, "_"))
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '/' || r == '\\':
			return '_'
		case unicode.IsControl(r), isBidi(r), isUnseen(r):
			return -1
		}
		return r
	}, s)
	s = unreserved(strings.TrimRight(strings.TrimSpace(s), ". "))
	if s == "" {
		s = "_"
	}
	return shorten(s, "")
}

// isUnseen reports characters, besides control and bidirectional ones, that
// break a line or show as nothing, and so make two names look like one.
func isUnseen(r rune) bool {
	return r == 0x2028 || r == 0x2029 || r == 0xFEFF || r == 0x200B || r == 0x00AD
}

// shorten cuts a name to what names may be long, with the mark before its
// extension, which it keeps.
func shorten(s, mark string) string {
	ext := path.Ext(s)
	if len(ext) > 20 || ext == s {
		ext = ""
	}
	base := strings.TrimSuffix(s, ext)
	for utf8.RuneCountInString(base+mark+ext) > MaxName || len(base+mark+ext) > maxNameBytes {
		_, n := utf8.DecodeLastRuneInString(base)
		base = base[:len(base)-n]
	}
	return strings.TrimRight(base, " ") + mark + ext
}

// unreserved changes the names that Windows takes for devices.
func unreserved(s string) string {
	base, rest, dotted := strings.Cut(s, ".")
	switch b := strings.ToUpper(strings.TrimSpace(base)); {
	case b == "CON", b == "PRN", b == "AUX", b == "NUL",
		len(b) == 4 && (strings.HasPrefix(b, "COM") || strings.HasPrefix(b, "LPT")) && b[3] >= '0' && b[3] <= '9':
		s = base + "_"
		if dotted {
			s += "." + rest
		}
	}
	return s
}

// numbered is "name (2).ext".
func numbered(s string, n int) string {
	if n < 2 {
		return s
	}
	return shorten(s, " ("+strconv.Itoa(n)+")")
}

// maxNamesakes bounds how many names are tried.
const maxNamesakes = 1000

// freeName is the name, or the first with a number that taken says no to.
func freeName(name string, taken func(key string) (bool, error)) (string, error) {
	for n := 1; n <= maxNamesakes; n++ {
		s := numbered(name, n)
		switch is, err := taken(fold(s)); {
		case err != nil:
			return "", err
		case !is:
			return s, nil
		}
	}
	return "", ErrConflict
}

// freeFileName is the name under which a file of the audience can be put into a
// folder: free among all that the actor sees there and, for the client to see,
// among what the client sees. A number would else tell them of what they do not.
func (t *tx) freeFileName(ctx context.Context, project ProjectID, folder FolderID, name string, audience Side, but FileID) (string, error) {
	return freeName(name, func(key string) (bool, error) {
		var n int
		err := t.get(ctx, `
SELECT COUNT(*) FROM my_files f WHERE f.project_id = $2 AND f.folder_id = $3 AND f.name_key = $4 AND f.id <> $5 AND ($6 = 'team' OR f.audience = 'client')`,
			[]any{string(project), string(folder), key, string(but), string(audience)}, &n)
		return n > 0, err
	})
}

// freeFolderName is freeFileName for a folder.
func (t *tx) freeFolderName(ctx context.Context, project ProjectID, parent FolderID, name string, audience Side, but FolderID) (string, error) {
	return freeName(name, func(key string) (bool, error) {
		var n int
		err := t.get(ctx, `
SELECT COUNT(*) FROM my_folders f WHERE f.project_id = $2 AND f.parent_id = $3 AND f.name_key = $4 AND f.id <> $5 AND ($6 = 'team' OR f.audience = 'client')`,
			[]any{string(project), string(parent), key, string(but), string(audience)}, &n)
		return n > 0, err
	})
}
