// Package blobtest says what every blob.Store does.
package blobtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"

	"github.com/vitrine-portal/vitrine/internal/blob"
)

// A Case is one store under test. Reopen is the store as another process finds
// it after this one was killed.
type Case struct {
	Store  blob.Store
	Reopen func(t *testing.T) blob.Store
	Damage func(t *testing.T, key blob.Key) // flips one bit of a whole blob, behind the store's back
}

// Run runs the suite. open returns an empty store.
func Run(t *testing.T, open func(t *testing.T) Case) {
	for _, tt := range []struct {
		name string
		test func(t *testing.T, c Case)
	}{
		{"put", put}, {"size", announced}, {"taken", taken}, {"race", race}, {"reader", failing}, {"cancelled", cancelled},
		{"missing", missing}, {"keys", keys}, {"malformed", malformed}, {"seek", seek},
		{"pieces", pieces}, {"any pieces", anyPieces}, {"killed", killed}, {"again", finishAgain}, {"empty", empty},
		{"cut off", cutOff}, {"torn", torn}, {"abort", abort}, {"partials", listed}, {"damaged", damaged}, {"mark", mark}, {"free", free},
	} {
		t.Run(tt.name, func(t *testing.T) { tt.test(t, open(t)) })
	}
}

// Content is n bytes that are the same each time.
func Content(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{byte(n), byte(n >> 8), byte(n >> 16)}).Read(b)
	return b
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func fails(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}

// holds checks that the key reads as want, in every way to read it.
func holds(t *testing.T, s blob.Store, key blob.Key, want []byte) {
	t.Helper()
	info, err := s.Stat(t.Context(), key)
	if err != nil || info.Size != int64(len(want)) || info.ModTime.IsZero() {
		t.Errorf("stat: %+v, %v; want %d bytes", info, err, len(want))
	}
	r, err := s.Open(t.Context(), key)
	if err != nil {
		t.Error(err)
		return
	}
	defer r.Close()
	got, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(got, want) || r.Size() != int64(len(want)) {
		t.Errorf("read %d bytes, %v; want other %d", len(got), err, len(want))
	}
	if err := blob.Verify(t.Context(), s, key, int64(len(want)), sum(want)); err != nil {
		t.Error(err)
	}
}

func all(t *testing.T, list iter.Seq2[blob.Entry, error]) (keys []blob.Key) {
	t.Helper()
	for e, err := range list {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, e.Key)
	}
	return keys
}

func put(t *testing.T, c Case) {
	for _, n := range []int{0, 1, 4 << 10, 1<<20 - 1, 1 << 20, 1<<20 + 1, 9<<20 + 7} {
		for _, size := range []int64{int64(n), -1} {
			key, want := blob.NewKey(), Content(n)
			info := must[blob.Info](t)(c.Store.Put(t.Context(), key, bytes.NewReader(want), size))
			if info.Size != int64(n) || info.SHA256 != sum(want) || info.ModTime.IsZero() {
				t.Errorf("%d bytes: %+v", n, info)
			}
			holds(t, c.Store, key, want)
			holds(t, c.Reopen(t), key, want)
		}
	}
	if left := all(t, c.Store.Partials(t.Context())); len(left) != 0 {
		t.Errorf("%d partials are left", len(left))
	}
}

// What was announced is what has to come.
func announced(t *testing.T, c Case) {
	for _, size := range []int64{9, 11, 8 << 20} {
		key, want := blob.NewKey(), io.ErrUnexpectedEOF
		if size < 10 {
			want = blob.ErrCorrupt
		}
		_, err := c.Store.Put(t.Context(), key, bytes.NewReader(Content(10)), size)
		fails(t, err, want)
		gone(t, c.Store, key)
	}
}

// gone checks that nothing is left of a key.
func gone(t *testing.T, s blob.Store, key blob.Key) {
	t.Helper()
	_, err := s.Stat(t.Context(), key)
	fails(t, err, blob.ErrNotExist)
	_, err = s.Open(t.Context(), key)
	fails(t, err, blob.ErrNotExist)
	if slices.Contains(all(t, s.Keys(t.Context())), key) {
		t.Error("the key is listed")
	}
	if slices.Contains(all(t, s.Partials(t.Context())), key) {
		t.Error("a partial is left")
	}
}

func taken(t *testing.T, c Case) {
	key, want := blob.NewKey(), Content(100)
	must[blob.Info](t)(c.Store.Put(t.Context(), key, bytes.NewReader(want), 100))
	for range 2 {
		_, err := c.Store.Put(t.Context(), key, bytes.NewReader(Content(200)), 200)
		fails(t, err, blob.ErrExists)
		_, err = c.Store.Put(t.Context(), key, bytes.NewReader(Content(6<<20)), -1)
		fails(t, err, blob.ErrExists)
		_, err = c.Store.Begin(t.Context(), key)
		fails(t, err, blob.ErrExists)
	}
	holds(t, c.Store, key, want)
}

// Of several that put one key at the same time, one does.
func race(t *testing.T, c Case) {
	for _, n := range []int{1 << 10, 9 << 20} {
		key := blob.NewKey()
		var won atomic.Int64
		var winner atomic.Int64
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				_, err := c.Store.Put(t.Context(), key, bytes.NewReader(Content(n+i)), int64(n+i))
				switch {
				case err == nil:
					won.Add(1)
					winner.Store(int64(i))
				case !errors.Is(err, blob.ErrExists):
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 {
			t.Fatalf("%d of 4 put the key", won.Load())
		}
		holds(t, c.Store, key, Content(n+int(winner.Load())))
	}
}

var errLine = errors.New("the line went dead")

// A reader that fails midway leaves nothing behind.
func failing(t *testing.T, c Case) {
	for _, n := range []int{0, 100, 3 << 20, 9 << 20} {
		key := blob.NewKey()
		_, err := c.Store.Put(t.Context(), key, io.MultiReader(bytes.NewReader(Content(n)), iotest.ErrReader(errLine)), -1)
		fails(t, err, errLine)
		gone(t, c.Store, key)
		must[blob.Info](t)(c.Store.Put(t.Context(), key, bytes.NewReader(Content(n)), int64(n)))
		holds(t, c.Store, key, Content(n))
	}
}

// hangUp reads r and cancels after n bytes.
type hangUp struct {
	r      io.Reader
	n      int
	cancel func()
}

func (h *hangUp) Read(p []byte) (int, error) {
	if h.n <= 0 {
		h.cancel()
	}
	n, err := h.r.Read(p[:min(len(p), 64<<10)])
	h.n -= n
	return n, err
}

func cancelled(t *testing.T, c Case) {
	ctx, cancel := context.WithCancel(t.Context())
	key := blob.NewKey()
	_, err := c.Store.Put(ctx, key, &hangUp{bytes.NewReader(Content(10 << 20)), 6 << 20, cancel}, 10<<20)
	fails(t, err, context.Canceled)
	gone(t, c.Store, key)

	// In pieces, what had arrived counts.
	ctx, cancel = context.WithCancel(t.Context())
	want := Content(10 << 20)
	s := must[blob.State](t)(c.Store.Begin(ctx, key))
	s, err = c.Store.Append(ctx, key, s, &hangUp{bytes.NewReader(want), 7 << 20, cancel}, math.MaxInt64)
	fails(t, err, context.Canceled)
	if s.Offset < 7<<20 || s.Offset == 10<<20 {
		t.Errorf("%d bytes count", s.Offset)
	}
	s = must[blob.State](t)(c.Store.Append(t.Context(), key, s, bytes.NewReader(want[s.Offset:]), math.MaxInt64))
	must[blob.Info](t)(c.Store.Finish(t.Context(), key, s))
	holds(t, c.Store, key, want)
}

func missing(t *testing.T, c Case) {
	key := blob.NewKey()
	gone(t, c.Store, key)
	for range 2 {
		if err := c.Store.Delete(t.Context(), key); err != nil {
			t.Error(err)
		}
	}
	must[blob.Info](t)(c.Store.Put(t.Context(), key, bytes.NewReader(nil), 0))
	if err := c.Store.Delete(t.Context(), key); err != nil {
		t.Error(err)
	}
	gone(t, c.Reopen(t), key)
	fails(t, blob.Verify(t.Context(), c.Store, key, 0, sum(nil)), blob.ErrNotExist)
}

func keys(t *testing.T, c Case) {
	if got := all(t, c.Store.Keys(t.Context())); len(got) != 0 {
		t.Errorf("an empty store lists %q", got)
	}
	var want []blob.Key
	for i := range 40 {
		key := blob.NewKey()
		must[blob.Info](t)(c.Store.Put(t.Context(), key, bytes.NewReader(Content(i)), int64(i)))
		want = append(want, key)
	}
	open := blob.NewKey()
	s := must[blob.State](t)(c.Store.Begin(t.Context(), open))
	must[blob.State](t)(c.Store.Append(t.Context(), open, s, bytes.NewReader(Content(10)), 10))
	if err := c.Store.Mark(t.Context(), "somebody"); err != nil {
		t.Error(err)
	}
	slices.Sort(want)
	if got := all(t, c.Store.Keys(t.Context())); !slices.Equal(got, want) {
		t.Errorf("listed %q, want %q", got, want)
	}
	for e, err := range c.Store.Keys(t.Context()) {
		if err != nil || e.ModTime.IsZero() || e.SHA256 != "" {
			t.Errorf("%+v, %v", e, err)
		}
		break
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range c.Store.Keys(ctx) {
		fails(t, err, context.Canceled)
	}
}

// What is no key reaches nothing.
func malformed(t *testing.T, c Case) {
	for _, key := range []blob.Key{"", "a", "../../etc/passwd", "vitrine.storage", "partial", blob.NewKey() + "a", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwx/z", "abcdefghijklmnopqrstuvwx\x00z"} {
		if key.Valid() {
			t.Errorf("%q is a key", key)
		}
		_, err := c.Store.Put(t.Context(), key, bytes.NewReader(nil), 0)
		fails(t, err, blob.ErrNotExist)
		_, err = c.Store.Begin(t.Context(), key)
		fails(t, err, blob.ErrNotExist)
		_, err = c.Store.Append(t.Context(), key, blob.State{}, bytes.NewReader(Content(1)), 1)
		fails(t, err, blob.ErrNotExist)
		_, err = c.Store.Finish(t.Context(), key, blob.State{})
		fails(t, err, blob.ErrNotExist)
		_, err = c.Store.Open(t.Context(), key)
		fails(t, err, blob.ErrNotExist)
		_, err = c.Store.Stat(t.Context(), key)
		fails(t, err, blob.ErrNotExist)
		fails(t, c.Store.Delete(t.Context(), key), blob.ErrNotExist)
		fails(t, c.Store.Abort(t.Context(), key, blob.State{}), blob.ErrNotExist)
	}
}

func seek(t *testing.T, c Case) {
	key, want := blob.NewKey(), Content(3<<20)
	must[blob.Info](t)(c.Store.Put(t.Context(), key, bytes.NewReader(want), int64(len(want))))
	r := must[*blob.Reader](t)(c.Store.Open(t.Context(), key))
	defer r.Close()
	if err := iotest.TestReader(io.NewSectionReader(r, 100, 2000), want[100:2100]); err != nil {
		t.Error(err)
	}
	for i := range 20 {
		from := rand.IntN(len(want))
		if at, err := r.Seek(int64(from-len(want)), io.SeekEnd); err != nil || at != int64(from) {
			t.Fatalf("seek to %d: %d, %v", from, at, err)
		}
		got := make([]byte, min(i*1000, len(want)-from))
		if _, err := io.ReadFull(r, got); err != nil || !bytes.Equal(got, want[from:from+len(got)]) {
			t.Errorf("%d bytes at %d: %v", len(got), from, err)
		}
		if at, err := r.Seek(0, io.SeekCurrent); err != nil || at != int64(from+len(got)) {
			t.Errorf("at %d, %v", at, err)
		}
	}
	if _, err := r.Seek(-1, io.SeekStart); err == nil {
		t.Error("seeks before the start")
	}
	if _, err := r.Seek(10, io.SeekEnd); err != nil {
		t.Error(err)
	}
	if n, err := r.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("beyond the end: %d, %v", n, err)
	}
	if n, err := r.ReadAt(make([]byte, 20), int64(len(want)-5)); n != 5 || err != io.EOF {
		t.Errorf("across the end: %d, %v", n, err)
	}
}

func pieces(t *testing.T, c Case) {
	key, want := blob.NewKey(), Content(20<<20+123)
	s := must[blob.State](t)(c.Store.Begin(t.Context(), key))
	if s.Offset != 0 {
		t.Errorf("begins at %d", s.Offset)
	}
	for s.Offset < int64(len(want)) {
		_, err := c.Store.Stat(t.Context(), key)
		fails(t, err, blob.ErrNotExist)
		// The reader holds more than is taken.
		next := must[blob.State](t)(c.Store.Append(t.Context(), key, s, bytes.NewReader(want[s.Offset:]), 8<<20))
		if next.Offset != min(s.Offset+8<<20, int64(len(want))) {
			t.Fatalf("%d after %d", next.Offset, s.Offset)
		}
		s = next
	}
	info := must[blob.Info](t)(c.Store.Finish(t.Context(), key, s))
	if info.Size != int64(len(want)) || info.SHA256 != sum(want) || info.ModTime.IsZero() {
		t.Errorf("%+v", info)
	}
	holds(t, c.Store, key, want)
	if left := all(t, c.Store.Partials(t.Context())); len(left) != 0 {
		t.Errorf("%d partials are left", len(left))
	}
}

// Pieces of all sizes, each taken up by another process.
func anyPieces(t *testing.T, c Case) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 3 {
		key, want := blob.NewKey(), Content(12<<20+r.IntN(1<<20))
		s := must[blob.State](t)(c.Store.Begin(t.Context(), key))
		for s.Offset < int64(len(want)) {
			n := int64(1) << r.IntN(23)
			s = must[blob.State](t)(c.Reopen(t).Append(t.Context(), key, s, bytes.NewReader(want[s.Offset:]), n+r.Int64N(n)))
		}
		s = must[blob.State](t)(c.Store.Append(t.Context(), key, s, bytes.NewReader(nil), 100))
		info := must[blob.Info](t)(c.Store.Finish(t.Context(), key, s))
		if info.SHA256 != sum(want) {
			t.Error("the hash is of something else")
		}
		holds(t, c.Store, key, want)
	}
}

// Killed after bytes were stored and before their State was kept, the owner
// comes back with the one before, and other bytes.
func killed(t *testing.T, c Case) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 5 {
		key, want := blob.NewKey(), Content(14<<20+r.IntN(1<<20))
		s := must[blob.State](t)(c.Store.Begin(t.Context(), key))
		for s.Offset < int64(len(want)) {
			store := c.Reopen(t)
			if r.IntN(2) == 0 {
				lost := Content(1<<r.IntN(24) + r.IntN(100))
				must[blob.State](t)(store.Append(t.Context(), key, s, bytes.NewReader(lost), int64(len(lost))))
				store = c.Reopen(t)
			}
			s = must[blob.State](t)(store.Append(t.Context(), key, s, bytes.NewReader(want[s.Offset:]), 1<<20+r.Int64N(6<<20)))
		}
		lost := Content(7 << 20)
		must[blob.State](t)(c.Store.Append(t.Context(), key, s, bytes.NewReader(lost), int64(len(lost))))
		info := must[blob.Info](t)(c.Reopen(t).Finish(t.Context(), key, s))
		if info.SHA256 != sum(want) || info.Size != int64(len(want)) {
			t.Error("the hash is of something else")
		}
		holds(t, c.Store, key, want)
	}
}

// Killed between Finish and the row, the owner finishes again.
func finishAgain(t *testing.T, c Case) {
	for _, n := range []int{0, 10, 1 << 20, 13 << 20} {
		key, want := blob.NewKey(), Content(n)
		s := must[blob.State](t)(c.Store.Begin(t.Context(), key))
		s = must[blob.State](t)(c.Store.Append(t.Context(), key, s, bytes.NewReader(want), 13<<20))
		for range 3 {
			info := must[blob.Info](t)(c.Reopen(t).Finish(t.Context(), key, s))
			if info.Size != int64(n) || info.SHA256 != sum(want) || info.ModTime.IsZero() {
				t.Errorf("%+v", info)
			}
		}
		holds(t, c.Store, key, want)
	}
	// But not into another blob.
	key := blob.NewKey()
	must[blob.Info](t)(c.Store.Put(t.Context(), key, bytes.NewReader(Content(10)), 10))
	if _, err := c.Store.Finish(t.Context(), key, blob.State{}); err == nil {
		t.Error("a blob of other bytes passes for the one that was asked for")
	}
	holds(t, c.Store, key, Content(10))
}

func empty(t *testing.T, c Case) {
	key := blob.NewKey()
	s := must[blob.State](t)(c.Store.Begin(t.Context(), key))
	info := must[blob.Info](t)(c.Store.Finish(t.Context(), key, s))
	if info.Size != 0 || info.SHA256 != sum(nil) {
		t.Errorf("%+v", info)
	}
	holds(t, c.Store, key, nil)
}

// A connection that drops keeps what had arrived.
func cutOff(t *testing.T, c Case) {
	key, want := blob.NewKey(), Content(17<<20)
	s := must[blob.State](t)(c.Store.Begin(t.Context(), key))
	for _, n := range []int{0, 1, 100 << 10, 5 << 20, 6 << 20} {
		for _, cut := range []error{errLine, io.ErrUnexpectedEOF} {
			part := want[s.Offset:min(s.Offset+int64(n), int64(len(want)))]
			next, err := c.Store.Append(t.Context(), key, s, io.MultiReader(bytes.NewReader(part), iotest.ErrReader(cut)), 16<<20)
			fails(t, err, cut)
			if next.Offset != s.Offset+int64(len(part)) {
				t.Errorf("%d bytes count of %d", next.Offset-s.Offset, len(part))
			}
			s = next
		}
	}
	s = must[blob.State](t)(c.Store.Append(t.Context(), key, s, bytes.NewReader(want[s.Offset:]), math.MaxInt64))
	info := must[blob.Info](t)(c.Store.Finish(t.Context(), key, s))
	if info.SHA256 != sum(want) {
		t.Error("the hash is of something else")
	}
	holds(t, c.Store, key, want)
}

// A State that does not fit what is stored makes no blob.
func torn(t *testing.T, c Case) {
	key, want := blob.NewKey(), Content(6<<20)
	s := must[blob.State](t)(c.Store.Begin(t.Context(), key))
	s = must[blob.State](t)(c.Store.Append(t.Context(), key, s, bytes.NewReader(want), int64(len(want))))
	for name, bad := range map[string]blob.State{
		"cut":       {Offset: s.Offset, Data: s.Data[:len(s.Data)/2]},
		"none":      {Offset: s.Offset},
		"other":     {Offset: s.Offset, Data: []byte("something else")},
		"too far":   {Offset: s.Offset + 1<<20, Data: s.Data},
		"backwards": {Offset: -1, Data: s.Data},
	} {
		_, err := c.Store.Append(t.Context(), key, bad, bytes.NewReader(want), 10)
		if !errors.Is(err, blob.ErrCorrupt) {
			t.Errorf("%s: append: %v", name, err)
		}
		_, err = c.Store.Finish(t.Context(), key, bad)
		if !errors.Is(err, blob.ErrCorrupt) {
			t.Errorf("%s: finish: %v", name, err)
		}
	}
	must[blob.Info](t)(c.Store.Finish(t.Context(), key, s))
	holds(t, c.Store, key, want)

	_, err := c.Store.Append(t.Context(), blob.NewKey(), s, bytes.NewReader(want), 10)
	if !errors.Is(err, blob.ErrNotExist) && !errors.Is(err, blob.ErrCorrupt) {
		t.Errorf("the State of another key: %v", err)
	}
}

func abort(t *testing.T, c Case) {
	for _, n := range []int{0, 10, 6 << 20, 13 << 20} {
		for _, forgotten := range []bool{false, true} {
			key := blob.NewKey()
			s := must[blob.State](t)(c.Store.Begin(t.Context(), key))
			s = must[blob.State](t)(c.Store.Append(t.Context(), key, s, bytes.NewReader(Content(n)), 13<<20))
			if forgotten {
				s = blob.State{}
			}
			for range 2 {
				if err := c.Reopen(t).Abort(t.Context(), key, s); err != nil {
					t.Error(err)
				}
			}
			gone(t, c.Store, key)
		}
	}
	// What is finished is not undone.
	key := blob.NewKey()
	must[blob.Info](t)(c.Store.Put(t.Context(), key, bytes.NewReader(Content(10)), 10))
	if err := c.Store.Abort(t.Context(), key, blob.State{}); err != nil {
		t.Error(err)
	}
	holds(t, c.Store, key, Content(10))
}

func listed(t *testing.T, c Case) {
	var want []blob.Key
	for _, n := range []int{10, 6 << 20, 13 << 20} {
		key := blob.NewKey()
		s := must[blob.State](t)(c.Store.Begin(t.Context(), key))
		must[blob.State](t)(c.Store.Append(t.Context(), key, s, bytes.NewReader(Content(n)), int64(n)))
		want = append(want, key)
	}
	got := all(t, c.Reopen(t).Partials(t.Context()))
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("listed %q, want %q", got, want)
	}
	for e, err := range c.Store.Partials(t.Context()) {
		if err != nil || e.ModTime.IsZero() {
			t.Errorf("%+v, %v", e, err)
		}
	}
}

// One bit is found.
func damaged(t *testing.T, c Case) {
	for _, n := range []int{1, 5000, 6 << 20} {
		key, want := blob.NewKey(), Content(n)
		must[blob.Info](t)(c.Store.Put(t.Context(), key, bytes.NewReader(want), int64(n)))
		c.Damage(t, key)
		fails(t, blob.Verify(t.Context(), c.Store, key, int64(n), sum(want)), blob.ErrCorrupt)
		fails(t, blob.Verify(t.Context(), c.Store, key, int64(n+1), sum(want)), blob.ErrCorrupt)
	}
}

func mark(t *testing.T, c Case) {
	if owner, err := c.Store.Marked(t.Context()); owner != "" || err != nil {
		t.Errorf("a new store is marked %q, %v", owner, err)
	}
	if err := c.Store.Mark(t.Context(), "somebody"); err != nil {
		t.Error(err)
	}
	if owner, err := c.Reopen(t).Marked(t.Context()); owner != "somebody" || err != nil {
		t.Errorf("marked %q, %v", owner, err)
	}
}

func free(t *testing.T, c Case) {
	if n, err := c.Store.Free(t.Context()); n <= 0 || err != nil {
		t.Errorf("%d bytes free, %v", n, err)
	}
}
