package main

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What is committed is what the sources build.
func TestCommittedFilesAreFresh(t *testing.T) {
	t.Chdir("../..")
	files, err := build()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range compare(files) {
		t.Errorf("%s is stale: run go run ./tools/assets", path)
	}
}

// What is packed already stays as it is, however it was packed, until its content is
// another or it is none.
func TestPack(t *testing.T) {
	path, content := filepath.Join(t.TempDir(), "x.gz"), []byte(strings.Repeat("style ", 100))
	var loose bytes.Buffer
	w, err := gzip.NewWriterLevel(&loose, gzip.NoCompression)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(content)
	w.Close()
	for name, c := range map[string]struct {
		there []byte
		stays bool
	}{
		"none":    {nil, false},
		"same":    {loose.Bytes(), true},
		"cut":     {loose.Bytes()[:loose.Len()-9], false},
		"no gzip": {content, false},
	} {
		if err := os.WriteFile(path, c.there, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := pack(path, content)
		if err != nil || !unpacks(got, content) || bytes.Equal(got, c.there) != c.stays {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
	t.Setenv("PATH", "")
	if got, err := pack(path+"2", content); err != nil || !unpacks(got, content) {
		t.Errorf("without zopfli: %v", err)
	}
}
