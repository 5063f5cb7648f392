package main

import "testing"

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
