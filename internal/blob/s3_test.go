package blob_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/blob"
	"github.com/vitrine-portal/vitrine/internal/blob/blobtest"
)

func TestS3(t *testing.T) {
	server := blobtest.StartS3(t)
	n := 0
	blobtest.Run(t, func(t *testing.T) blobtest.Case {
		n++
		server.Config.Prefix = string(rune('a'+n)) + "/" // a store of its own
		return blobtest.Case{
			Store:  server.Open(t),
			Reopen: func(t *testing.T) blob.Store { return server.Open(t) },
			Damage: func(t *testing.T, key blob.Key) {
				file := server.Object("blobs/" + string(key))
				b, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				b[len(b)/2] ^= 4
				f, err := os.OpenFile(file, os.O_WRONLY, 0) // the same file, with what the server knows of it
				if err == nil {
					_, err = f.Write(b)
					err = errors.Join(err, f.Close())
				}
				if err != nil {
					t.Fatal(err)
				}
			},
		}
	})
}

// stops is a reader that stops the server on its way.
type stops struct {
	r    io.Reader
	at   int
	stop func()
}

func (s *stops) Read(p []byte) (int, error) {
	if s.at <= 0 && s.stop != nil {
		s.stop()
		s.stop = nil
	}
	n, err := s.r.Read(p[:min(len(p), 64<<10)])
	s.at -= n
	return n, err
}

// A server that is down is an error that says so, and what had been
// acknowledged is there when it is back.
func TestS3Down(t *testing.T) {
	server := blobtest.StartS3(t)
	store := server.Open(t)
	kept, want := blob.NewKey(), blobtest.Content(20<<20)
	if _, err := store.Put(t.Context(), kept, bytes.NewReader(want), int64(len(want))); err != nil {
		t.Fatal(err)
	}
	key := blob.NewKey()
	s, err := store.Append(t.Context(), key, blob.State{}, bytes.NewReader(want), 3<<20)
	if err != nil {
		t.Fatal(err)
	}
	r, err := store.Open(t.Context(), kept)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := io.CopyN(io.Discard, r, 1<<20); err != nil {
		t.Fatal(err)
	}

	// It goes away after a part of this was stored.
	s, err = store.Append(t.Context(), key, s, &stops{bytes.NewReader(want[3<<20:]), 9 << 20, func() { server.Stop(t) }}, math.MaxInt64)
	if !errors.Is(err, blob.ErrUnavailable) || s.Offset < 3<<20 || s.Offset > 12<<20 {
		t.Errorf("at %d: %v", s.Offset, err)
	}
	for name, do := range map[string]func() error{
		"put": func() error {
			_, err := store.Put(t.Context(), blob.NewKey(), bytes.NewReader(want), int64(len(want)))
			return err
		},
		"open":    func() error { _, err := store.Open(t.Context(), kept); return err },
		"read":    func() error { _, err := io.Copy(io.Discard, r); return err },
		"read at": func() error { _, err := r.ReadAt(make([]byte, 10), 5); return err },
		"stat":    func() error { _, err := store.Stat(t.Context(), kept); return err },
		"delete":  func() error { return store.Delete(t.Context(), kept) },
		"begin":   func() error { _, err := store.Begin(t.Context(), blob.NewKey()); return err },
		"append": func() error {
			got, err := store.Append(t.Context(), key, s, bytes.NewReader(want), 100)
			if got.Offset != s.Offset {
				t.Errorf("%d bytes count that nobody stored", got.Offset-s.Offset)
			}
			return err
		},
		"finish": func() error { _, err := store.Finish(t.Context(), key, s); return err },
		"abort":  func() error { return store.Abort(t.Context(), key, s) },
		"keys": func() error {
			for _, err := range store.Keys(t.Context()) {
				return err
			}
			return nil
		},
		"partials": func() error {
			for _, err := range store.Partials(t.Context()) {
				return err
			}
			return nil
		},
		"mark":   func() error { return store.Mark(t.Context(), "x") },
		"marked": func() error { _, err := store.Marked(t.Context()); return err },
	} {
		began := time.Now()
		if err := do(); !errors.Is(err, blob.ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(began); took > 30*time.Second {
			t.Errorf("%s took %v to say so", name, took)
		}
	}

	server.Start(t)
	for s.Offset < int64(len(want)) {
		if s, err = store.Append(t.Context(), key, s, bytes.NewReader(want[s.Offset:]), 6<<20); err != nil {
			t.Fatal(err)
		}
	}
	info, err := store.Finish(t.Context(), key, s)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []blob.Key{key, kept} {
		if err := blob.Verify(t.Context(), store, k, info.Size, info.SHA256); err != nil {
			t.Error(err)
		}
	}
	for e := range store.Partials(t.Context()) {
		t.Errorf("%s is left", e.Key)
	}
}

// A blob that is replaced while it is read is not mixed with the other.
func TestS3ReadsOneBlob(t *testing.T) {
	server := blobtest.StartS3(t)
	store := server.Open(t)
	key, want := blob.NewKey(), blobtest.Content(1<<20)
	if _, err := store.Put(t.Context(), key, bytes.NewReader(want), int64(len(want))); err != nil {
		t.Fatal(err)
	}
	r, err := store.Open(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := store.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Read(make([]byte, 10)); !errors.Is(err, blob.ErrNotExist) {
		t.Errorf("a blob that is gone: %v", err)
	}
	if _, err := store.Put(t.Context(), key, bytes.NewReader(blobtest.Content(1<<20+1)), -1); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Read(make([]byte, 10)); !errors.Is(err, blob.ErrCorrupt) {
		t.Errorf("a blob that is another: %v", err)
	}
}

// Without the right to the bucket, or without a bucket, nothing is missing: it
// cannot be known.
func TestS3Refused(t *testing.T) {
	server := blobtest.StartS3(t)
	for name, change := range map[string]func(c *blob.S3Config){
		"bucket": func(c *blob.S3Config) { c.Bucket = "another" },
		"secret": func(c *blob.S3Config) { c.SecretKey = "wrong" },
		"name":   func(c *blob.S3Config) { c.AccessKey = "wrong" },
	} {
		config := server.Config
		change(&config)
		store, err := blob.OpenS3(config)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.Marked(t.Context()); !errors.Is(err, blob.ErrUnavailable) {
			t.Errorf("%s: marked: %v", name, err)
		}
		if _, err := store.Put(t.Context(), blob.NewKey(), bytes.NewReader(nil), 0); !errors.Is(err, blob.ErrUnavailable) {
			t.Errorf("%s: put: %v", name, err)
		}
		for _, err := range store.Keys(t.Context()) {
			if !errors.Is(err, blob.ErrUnavailable) {
				t.Errorf("%s: keys: %v", name, err)
			}
		}
	}
}
