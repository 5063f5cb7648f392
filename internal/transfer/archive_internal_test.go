package transfer

import (
	"path"
	"strings"
	"testing"
	"unicode/utf8"
)

// Names are short enough for whatever system they are unpacked on, and stay apart.
func TestLongArchiveNames(t *testing.T) {
	z := ArchiveNames{}
	seen := map[string]bool{}
	for _, name := range []string{strings.Repeat("ü", 200) + ".pdf", strings.Repeat("ü", 201) + ".pdf", strings.Repeat("字", 100) + "." + strings.Repeat("e", 100), "Folder " + strings.Repeat("x", 300) + "/" + strings.Repeat("y", 300) + ".tar"} {
		at := z.Place(name)
		if seen[at] || !utf8.ValidString(at) {
			t.Errorf("%.20q goes to %q", name, at)
		}
		seen[at] = true
		for part := range strings.SplitSeq(at, "/") {
			if len(part) > 255 {
				t.Errorf("a name has %d bytes", len(part))
			}
		}
		if ext := path.Ext(name); len(ext) == 4 && path.Ext(at) != ext {
			t.Errorf("%q lost its extension", at)
		}
	}
}
