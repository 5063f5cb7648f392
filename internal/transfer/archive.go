package transfer

import (
	"archive/zip"
	"path"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/vitrine-portal/vitrine/internal/portal"
)

// What an archive may hold.
const (
	maxArchiveEntries = 10_000
	maxArchiveBytes   = 50 << 30
)

// ArchiveRoom counts what is to go into an archive, before its first byte.
type ArchiveRoom struct {
	Entries int
	size    int64
}

// Take makes room for an entry. It returns ErrArchive when there is none.
func (a *ArchiveRoom) Take(e portal.ZipEntry) error {
	a.Entries, a.size = a.Entries+1, a.size+e.Size
	if a.Entries > maxArchiveEntries || a.size > maxArchiveBytes {
		return ErrArchive
	}
	return nil
}

// ArchiveMethod leaves alone what is compressed already.
func ArchiveMethod(kind string) uint16 {
	kind, _, _ = strings.Cut(kind, ";")
	switch kind {
	case "application/octet-stream", "application/pdf", "application/rtf", "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint",
		"application/x-tar", "image/bmp", "image/tiff", "audio/wav", "text/plain":
		return zip.Deflate
	}
	return zip.Store
}

// ArchiveNames are the paths in an archive, by what they are to programs that take
// names for the same in which only the case differs. A true one is a file.
type ArchiveNames map[string]bool

// Place returns the path under which an entry goes into the archive: what it is
// called in the portal, as far as that is safe wherever it is unpacked, and with
// a number where something else is there.
func (z ArchiveNames) Place(name string) string {
	parts := strings.Split(name, "/")
	at := ""
	for i, part := range parts {
		last := i == len(parts)-1
		part = archivePart(part)
		for n := 1; ; n++ {
			try := at + numbered(part, n)
			file, taken := z[archiveKey(try)]
			if taken && (last || file) {
				continue
			}
			z[archiveKey(try)] = last
			at = try
			break
		}
		if !last {
			at += "/"
		}
	}
	return at
}

// MarkedName is a path whose name says more before its extension, and keeps that where
// it is too long.
func MarkedName(name, mark string) string {
	dir, base := path.Split(name)
	ext := path.Ext(base)
	if ext == base || len(ext) > 20 {
		ext = ""
	}
	base, mark = strings.TrimSuffix(base, ext), " ("+mark+")"+ext
	if cut := maxArchivePart - len(mark); len(base) > cut {
		for cut > 0 && !utf8.RuneStart(base[cut]) {
			cut--
		}
		base = strings.TrimRight(base[:max(cut, 0)], ". ")
	}
	return dir + base + mark
}

func archiveKey(s string) string { return cases.Fold().String(norm.NFKC.String(s)) }

func numbered(s string, n int) string {
	if n == 1 {
		return s
	}
	ext := path.Ext(s)
	if ext == s {
		ext = ""
	}
	return strings.TrimSuffix(s, ext) + " (" + strconv.Itoa(n) + ")" + ext
}

// maxArchivePart is how many bytes a name has at most: 255 is what systems take,
// and there may be a number to come.
const maxArchivePart = 200

// archivePart is one name of a path, without what any system takes for more than a
// name.
func archivePart(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune(`/\:*?"<>|`, r):
			return '_'
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, norm.NFC.String(s))
	if s = strings.TrimRight(strings.TrimSpace(s), ". "); s == "" {
		return "_"
	}
	if len(s) > maxArchivePart {
		ext := path.Ext(s)
		if len(ext) > 20 {
			ext = ""
		}
		cut := maxArchivePart - len(ext)
		for !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = strings.TrimRight(s[:cut], ". ") + ext
	}
	base, rest, _ := strings.Cut(s, ".")
	switch b := strings.ToUpper(base); {
	case b == "CON", b == "PRN", b == "AUX", b == "NUL", len(b) == 4 && (b[:3] == "COM" || b[:3] == "LPT") && b[3] >= '0' && b[3] <= '9':
		s = strings.TrimSuffix(base+"_."+rest, ".")
	}
	return s
}
