package transfer

import (
	"path"
	"strings"
	"testing"
	"unicode/utf8"
)

// What a name says more stands before its extension, however long it is.
func TestMarkedName(t *testing.T) {
	long := strings.Repeat("ü", 120)
	for name, want := range map[string]string{"a/b.c/banner.png": "a/b.c/banner (v2).png", ".env": ".env (v2)", "no": "no (v2)", "x/" + long + ".pdf": "x/" + long[:190] + " (v2).pdf"} {
		if is := MarkedName(name, "v2"); is != want {
			t.Errorf("%s is %s, want %s", name, is, want)
		}
	}
	z := ArchiveNames{}
	if is := z.Place(MarkedName(strings.Repeat("x", 300)+".pdf", "v2")); !strings.HasSuffix(is, "x (v2).pdf") {
		t.Errorf("it lost its mark: %s", is)
	}
}

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
