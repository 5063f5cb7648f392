package packed

import (
	"bytes"
	"compress/gzip"
	"io/fs"
	"strings"
	"testing"
)

func TestZip(t *testing.T) {
	files := []File{{"en/a.json", []byte(strings.Repeat(`{"a": "b"}`, 100))}, {"en/b.json", nil}}
	plain, err := Zip(files)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := Zip(files); err != nil || !bytes.Equal(plain, again) {
		t.Errorf("the same files make %d and %d bytes, %v", len(plain), len(again), err)
	}
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	one := b.Bytes()
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
