package blobtest

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/blob"
)

// FilledDisk is a store on disk with blobs in it, which are written as it keeps
// them, and without waiting for the disk.
func FilledDisk(t testing.TB, blobs map[string][]byte) *blob.Disk {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "files")
	for key, content := range blobs {
		folder := filepath.Join(dir, key[:1], key[1:2])
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, key), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d, err := blob.OpenDisk(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// Fill puts those blobs into a store that are not there.
func Fill(t testing.TB, store blob.Store, blobs map[string][]byte) {
	t.Helper()
	ctx := context.Background()
	for key, content := range blobs {
		if _, err := store.Stat(ctx, blob.Key(key)); err == nil {
			continue
		}
		if _, err := store.Put(ctx, blob.Key(key), bytes.NewReader(content), int64(len(content))); err != nil {
			t.Fatal(err)
		}
	}
}
