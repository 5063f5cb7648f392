package blob_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/blob"
	"github.com/vitrine-portal/vitrine/internal/blob/blobtest"
)

// stock is a store with blobs and partials of some age, of which rows name some.
type stock struct {
	t     *testing.T
	dir   string
	store *blob.Disk
	named map[string]bool
}

func newStock(t *testing.T) *stock {
	s := &stock{t, filepath.Join(t.TempDir(), "files"), nil, map[string]bool{}}
	s.store = openDisk(t, s.dir)
	if err := s.store.Mark(t.Context(), "us"); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *stock) put(n int, age time.Duration, named bool) (keys []blob.Key) {
	s.t.Helper()
	for range n {
		key := blob.NewKey()
		file := place(s.dir, key) // without the store, which would flush each
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte("x"), 0o600)); err != nil {
			s.t.Fatal(err)
		}
		s.age(place(s.dir, key), age)
		s.named[string(key)] = named
		keys = append(keys, key)
	}
	return keys
}

func (s *stock) begin(age time.Duration, named bool) blob.Key {
	s.t.Helper()
	key := blob.NewKey()
	if _, err := s.store.Append(s.t.Context(), key, blob.State{}, bytes.NewReader(blobtest.Content(10)), 10); err != nil {
		s.t.Fatal(err)
	}
	s.age(filepath.Join(s.dir, "partial", string(key)), age)
	s.named[string(key)] = named
	return key
}

func (s *stock) age(file string, age time.Duration) {
	s.t.Helper()
	at := time.Now().Add(-age)
	if err := os.Chtimes(file, at, at); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stock) sweep(o blob.Sweeping) (blob.Swept, error) {
	s.t.Helper()
	if o.Owner == "" {
		o.Owner = "us"
	}
	o.Now = time.Now()
	o.Named = func(ctx context.Context, keys []string) (map[string]bool, error) {
		if len(keys) == 0 || len(keys) > 500 {
			s.t.Errorf("asked for %d keys at once", len(keys))
		}
		return s.named, nil
	}
	return blob.Sweep(s.t.Context(), s.store, o)
}

// left counts the keys that are still there.
func (s *stock) left(keys []blob.Key) (n int) {
	for _, key := range keys {
		if _, err := s.store.Stat(s.t.Context(), key); err == nil {
			n++
		}
	}
	return n
}

const day = 24 * time.Hour

func TestSweep(t *testing.T) {
	s := newStock(t)
	old, young, kept := s.put(20, 8*day, false), s.put(30, 6*day, false), s.put(60, 300*day, true)
	gone, coming, named := s.begin(8*day, false), s.begin(6*day, false), s.begin(8*day, true)

	found, err := s.sweep(blob.Sweeping{Look: true})
	if want := (blob.Swept{Blobs: 110, Unnamed: 20, Bytes: 20, Partials: 1}); err != nil || found != want {
		t.Errorf("found %+v, %v; want %+v", found, err, want)
	}
	if s.left(old) != 20 {
		t.Error("looking removed something")
	}
	if _, err := s.sweep(blob.Sweeping{}); err != nil {
		t.Error(err)
	}
	if s.left(old) != 0 || s.left(young) != 30 || s.left(kept) != 60 {
		t.Errorf("left are %d old, %d young, %d named", s.left(old), s.left(young), s.left(kept))
	}
	there := make(map[blob.Key]bool)
	for e, err := range s.store.Partials(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		there[e.Key] = true
	}
	if there[gone] || !there[coming] || !there[named] {
		t.Errorf("partials left: old %v, young %v, named %v", there[gone], there[coming], there[named])
	}
}

// When much would go, the database is wrong and not the files.
func TestSweepStops(t *testing.T) {
	s := newStock(t)
	s.put(2200, 100*day, true)
	old := s.put(23, 8*day, false)
	if found, err := s.sweep(blob.Sweeping{}); !errors.Is(err, blob.ErrTooMany) || found.Unnamed != 23 || s.left(old) != 23 {
		t.Errorf("%+v, %v, and %d are left", found, err, s.left(old))
	}
	s.named[string(old[0])] = true
	if _, err := s.sweep(blob.Sweeping{}); err != nil || s.left(old) != 1 {
		t.Errorf("one in a hundred: %v, and %d are left", err, s.left(old))
	}

	// None is named, as with an empty database.
	clear(s.named)
	if found, err := s.sweep(blob.Sweeping{}); !errors.Is(err, blob.ErrTooMany) || found.Unnamed != 2201 {
		t.Errorf("%+v, %v", found, err)
	}
	if found, err := s.sweep(blob.Sweeping{Any: true}); err != nil || found.Unnamed != 2201 {
		t.Errorf("%+v, %v", found, err)
	}
	for e := range s.store.Keys(t.Context()) {
		t.Errorf("%s is left", e.Key)
	}
}

// Another disk at the same place, or none, is left alone.
func TestSweepKnowsItsOwn(t *testing.T) {
	s := newStock(t)
	old, partial := s.put(5, 8*day, false), s.begin(8*day, false)
	check := func(what, owner string) {
		t.Helper()
		for _, anyway := range []bool{false, true} {
			if _, err := s.sweep(blob.Sweeping{Owner: owner, Any: anyway}); !errors.Is(err, blob.ErrNotOurs) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if s.left(old) != 5 {
			t.Errorf("%s: %d are left", what, s.left(old))
		}
		if _, err := os.Stat(filepath.Join(s.dir, "partial", string(partial))); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	check("another's", "them")
	if err := os.Remove(filepath.Join(s.dir, "vitrine.storage")); err != nil {
		t.Fatal(err)
	}
	check("unmarked", "us")
}

// Whoever is not told what is named removes nothing.
func TestSweepWithoutTheDatabase(t *testing.T) {
	s := newStock(t)
	old := s.put(3, 8*day, false)
	down := errors.New("the database is down")
	_, err := blob.Sweep(t.Context(), s.store, blob.Sweeping{Owner: "us", Now: time.Now(), Named: func(context.Context, []string) (map[string]bool, error) { return nil, down }})
	if !errors.Is(err, down) || s.left(old) != 3 {
		t.Errorf("%v, and %d are left", err, s.left(old))
	}
}

// On S3 too, where partials are parts and tails.
func TestSweepOnS3(t *testing.T) {
	server := blobtest.StartS3(t)
	store := server.Open(t)
	if err := store.Mark(t.Context(), "us"); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{10, 9 << 20} {
		if _, err := store.Put(t.Context(), blob.NewKey(), bytes.NewReader(blobtest.Content(n)), int64(n)); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Append(t.Context(), blob.NewKey(), blob.State{}, bytes.NewReader(blobtest.Content(n)), int64(n)); err != nil {
			t.Fatal(err)
		}
	}
	nothing := func(context.Context, []string) (map[string]bool, error) { return nil, nil }
	for _, then := range []struct {
		now         time.Time
		left, begun int
	}{{time.Now().Add(6 * day), 2, 2}, {time.Now().Add(8 * day), 0, 0}} {
		if _, err := blob.Sweep(t.Context(), store, blob.Sweeping{Owner: "us", Now: then.now, Named: nothing}); err != nil {
			t.Fatal(err)
		}
		left, begun := 0, 0
		for range store.Keys(t.Context()) {
			left++
		}
		for range store.Partials(t.Context()) {
			begun++
		}
		if left != then.left || begun != then.begun {
			t.Errorf("%d blobs and %d partials are left, want %d and %d", left, begun, then.left, then.begun)
		}
	}
}
