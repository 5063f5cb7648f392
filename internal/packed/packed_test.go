package packed

import (
	"bytes"
	"io/fs"
	"strings"
	"testing"
)

func TestPack(t *testing.T) {
	files := []File{{"en/a.json", []byte(strings.Repeat(`{"a": "b"}`, 100))}, {"en/b.json", nil}}
	one, err := Pack(files)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := Pack(files); err != nil || !bytes.Equal(one, again) {
		t.Errorf("the same files make %d and %d bytes, %v", len(one), len(again), err)
	}
	if len(one) > 500 {
		t.Errorf("a thousand bytes make %d", len(one))
	}
	all, err := Files(one)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if b, err := fs.ReadFile(all, f.Name); err != nil || !bytes.Equal(b, f.Body) {
			t.Errorf("%s: %q, %v", f.Name, b, err)
		}
	}
	if names, err := fs.Glob(all, "en/*.json"); err != nil || len(names) != 2 {
		t.Errorf("names are %v, %v", names, err)
	}
	for n := range one {
		if _, err := Files(one[:n]); err == nil {
			t.Fatalf("%d of %d bytes are taken", n, len(one))
		}
	}
}
