package blob_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/blob"
	"github.com/vitrine-portal/vitrine/internal/blob/blobtest"
)

func openDisk(t *testing.T, dir string) *blob.Disk {
	t.Helper()
	d, err := blob.OpenDisk(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// place is where the store keeps a blob.
func place(dir string, key blob.Key) string {
	return filepath.Join(dir, string(key[:1]), string(key[1:2]), string(key))
}

func TestDisk(t *testing.T) {
	blobtest.Run(t, func(t *testing.T) blobtest.Case {
		dir := filepath.Join(t.TempDir(), "files")
		return blobtest.Case{
			Store:  openDisk(t, dir),
			Reopen: func(t *testing.T) blob.Store { return openDisk(t, dir) },
			Damage: func(t *testing.T, key blob.Key) {
				b, err := os.ReadFile(place(dir, key))
				if err != nil {
					t.Fatal(err)
				}
				b[len(b)/2] ^= 4
				if err := os.WriteFile(place(dir, key), b, 0o600); err != nil {
					t.Fatal(err)
				}
			},
		}
	})
}

// A link in the store leads nowhere, inside or out.
func TestDiskFollowsNoLink(t *testing.T) {
	t.Run("in one call", func(t *testing.T) { followsNoLink(t, func(*blob.Disk) {}) })
	t.Run("stepwise", func(t *testing.T) { followsNoLink(t, (*blob.Disk).OpenStepwise) })
}

func followsNoLink(t *testing.T, prepare func(*blob.Disk)) {
	dir := t.TempDir()
	d := openDisk(t, dir)
	prepare(d)
	real, fake := blob.NewKey(), blob.NewKey()
	if _, err := d.Put(t.Context(), real, bytes.NewReader([]byte("secret")), 6); err != nil {
		t.Fatal(err)
	}
	if r, err := d.Open(t.Context(), real); err != nil {
		t.Fatal(err)
	} else {
		r.Close()
	}
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.WriteFile(outside, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	inside, err := filepath.Rel(filepath.Dir(place(dir, fake)), place(dir, real))
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{outside, inside} {
		os.Remove(place(dir, fake))
		if err := errors.Join(os.MkdirAll(filepath.Dir(place(dir, fake)), 0o700), os.Symlink(target, place(dir, fake))); err != nil {
			t.Fatal(err)
		}
		if r, err := d.Open(t.Context(), fake); err == nil {
			r.Close()
			t.Errorf("opened a link to %s", target)
		}
		if _, err := d.Stat(t.Context(), fake); !errors.Is(err, blob.ErrCorrupt) {
			t.Errorf("looked through a link: %v", err)
		}
		for e, err := range d.Keys(t.Context()) {
			if err != nil || e.Key != real {
				t.Errorf("lists %v, %v", e, err)
			}
		}
		if _, err := d.Put(t.Context(), fake, bytes.NewReader(nil), 0); !errors.Is(err, blob.ErrExists) {
			t.Errorf("put over a link: %v", err)
		}
		arriving := filepath.Join(dir, "partial", string(fake))
		os.Remove(arriving)
		if err := os.Symlink(target, arriving); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Append(t.Context(), fake, blob.State{}, bytes.NewReader([]byte("x")), 1); err == nil {
			t.Errorf("appended through a link to %s", target)
		}
	}
	if b, err := os.ReadFile(outside); err != nil || string(b) != "secret" {
		t.Errorf("outside now reads %q, %v", b, err)
	}
}
