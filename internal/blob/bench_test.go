package blob_test

import (
	"crypto/sha256"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/blob"
	"github.com/vitrine-portal/vitrine/internal/blob/blobtest"
)

// endless repeats some bytes.
type endless struct {
	of []byte
	at int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.of[e.at:])
	e.at = (e.at + n) % len(e.of)
	return n, nil
}

func gibibyte() io.Reader {
	return io.LimitReader(&endless{of: blobtest.Content(16<<20 + 1)}, 1<<30)
}

// A gibibyte arrives and is durable: as plainly as it can be written, put at
// once, and appended in steps of 16 MiB as uploads are.
func BenchmarkGibibyte(b *testing.B) {
	b.Run("plain", func(b *testing.B) {
		b.SetBytes(1 << 30)
		for b.Loop() {
			name := filepath.Join(b.TempDir(), "file")
			f, err := os.Create(name)
			if err != nil {
				b.Fatal(err)
			}
			h := sha256.New()
			if _, err := io.CopyBuffer(io.MultiWriter(f, h), gibibyte(), make([]byte, 1<<20)); err != nil {
				b.Fatal(err)
			}
			if err := f.Sync(); err != nil {
				b.Fatal(err)
			}
			f.Close()
			os.Remove(name)
		}
	})
	b.Run("put", func(b *testing.B) {
		b.SetBytes(1 << 30)
		d := benchDisk(b)
		for b.Loop() {
			key := blob.NewKey()
			if _, err := d.Put(b.Context(), key, gibibyte(), 1<<30); err != nil {
				b.Fatal(err)
			}
			d.Delete(b.Context(), key)
		}
	})
	b.Run("append", func(b *testing.B) {
		b.SetBytes(1 << 30)
		d := benchDisk(b)
		for b.Loop() {
			key, r := blob.NewKey(), gibibyte()
			s, err := d.Begin(b.Context(), key)
			for err == nil && s.Offset < 1<<30 {
				s, err = d.Append(b.Context(), key, s, r, 16<<20)
			}
			if err == nil {
				_, err = d.Finish(b.Context(), key, s)
			}
			if err != nil {
				b.Fatal(err)
			}
			d.Delete(b.Context(), key)
		}
	})
}

// Small files arrive one after the other.
func BenchmarkSmall(b *testing.B) {
	d, body := benchDisk(b), blobtest.Content(100<<10)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, err := d.Put(b.Context(), blob.NewKey(), io.LimitReader(&endless{of: body}, int64(len(body))), int64(len(body))); err != nil {
			b.Fatal(err)
		}
	}
}

func benchDisk(b *testing.B) *blob.Disk {
	b.Helper()
	d, err := blob.OpenDisk(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { d.Close() })
	return d
}
