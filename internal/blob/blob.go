// Package blob keeps bytes under random keys: on disk or on an S3-compatible
// server, behind one interface.
//
// What a store has acknowledged survives a crash and a power cut. A key is
// written once and never again, so whoever reads it reads all of it or learns
// that it is damaged. A store knows nothing of names, people or clients: a row
// of the database says what a key is, and is written after the bytes.
package blob

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// What a store's errors are, by errors.Is.
var (
	ErrNotExist    = errors.New("no such blob")
	ErrExists      = errors.New("the key is taken")
	ErrNoSpace     = errors.New("the storage is full")
	ErrCorrupt     = errors.New("the bytes are not those that were stored")
	ErrUnavailable = errors.New("the storage does not answer")
)

// A Key names a blob. It is random and says nothing of what it holds.
type Key string

const keyLen = 26 // of five bits each

// NewKey returns a key that nobody has used or will guess.
func NewKey() Key { return Key(strings.ToLower(rand.Text()[:keyLen])) }

// Valid reports whether k is written as NewKey writes it. Only such a key
// reaches a store, so none can be a path.
func (k Key) Valid() bool {
	if len(k) != keyLen {
		return false
	}
	for i := range len(k) {
		if c := k[i]; (c < 'a' || c > 'z') && (c < '2' || c > '7') {
			return false
		}
	}
	return true
}

// Info says what a store knows of a blob.
type Info struct {
	Size    int64
	SHA256  string // hexadecimal; empty where the bytes were not read
	ModTime time.Time
}

// An Entry is one blob, or one partial, of a listing.
type Entry struct {
	Key Key
	Info
}

// A State is how far a blob has come that arrives in pieces. Its owner keeps
// it, durably, and hands the last one back: what it counts is stored, and what
// it does not count is forgotten.
type State struct {
	Offset int64
	Data   []byte // the store's own: the state of the hash, what S3 calls the upload…
}

// A Store keeps blobs. Its methods may be called at the same time, but those
// that take a State only one after the other for one key.
//
// A method that fails returns an error that is one of those above, or ctx's,
// or that of the reader it was given.
type Store interface {
	// Put stores what r holds under a new key, durably. A size of -1 is an
	// unknown one; any other is held to: fewer bytes are io.ErrUnexpectedEOF,
	// and more are ErrCorrupt. A key that is taken is ErrExists.
	Put(ctx context.Context, key Key, r io.Reader, size int64) (Info, error)

	// Open opens a blob for reading.
	Open(ctx context.Context, key Key) (*Reader, error)

	// Stat looks at a blob without reading it.
	Stat(ctx context.Context, key Key) (Info, error)

	// Delete removes a blob. One that is not there is no error.
	Delete(ctx context.Context, key Key) error

	// Keys lists all blobs by key.
	Keys(ctx context.Context) iter.Seq2[Entry, error]

	// Begin starts a blob that arrives in pieces. A key that is taken is
	// ErrExists.
	Begin(ctx context.Context, key Key) (State, error)

	// Append adds at most max bytes of r after the first s.Offset. What the
	// returned State counts is durable, also when r or ctx ended early: then
	// both the State and the error say so. Bytes that arrived after s was
	// returned and that no State counts are discarded. A State that does not
	// fit what is stored is ErrCorrupt, and that blob has to be begun anew.
	Append(ctx context.Context, key Key, s State, r io.Reader, max int64) (State, error)

	// Finish makes a blob of the pieces, and returns the hash of all of them.
	// It may be called again with the same State: a blob already made of it is
	// not an error.
	Finish(ctx context.Context, key Key, s State) (Info, error)

	// Abort forgets the pieces. Without the State, the zero one will do.
	Abort(ctx context.Context, key Key, s State) error

	// Partials lists what was begun or put and neither finished nor aborted.
	Partials(ctx context.Context) iter.Seq2[Entry, error]

	// Free is how many bytes may still be stored: math.MaxInt64 where nobody
	// knows.
	Free(ctx context.Context) (int64, error)

	// Mark writes what says whose store this is. Marked reads it, "" when
	// there is none: as in an empty directory, because a disk is not mounted.
	Mark(ctx context.Context, owner string) error
	Marked(ctx context.Context) (owner string, err error)
}

// A Reader reads one blob. It is good for one goroutine, ReadAt for several.
type Reader struct {
	io.ReadSeeker
	io.ReaderAt
	closer io.Closer
	info   Info
	file   *os.File
}

// Close ends the reading.
func (r *Reader) Close() error { return r.closer.Close() }

// Size is the number of bytes.
func (r *Reader) Size() int64 { return r.info.Size }

// ModTime is when the blob was stored.
func (r *Reader) ModTime() time.Time { return r.info.ModTime }

// File is the file behind the blob, nil where there is none. Served from it,
// the bytes go from the disk to the network without passing through us.
func (r *Reader) File() *os.File { return r.file }

// Verify reads a blob and compares it with what was recorded of it. It returns
// ErrNotExist, ErrCorrupt or what kept it from reading.
func Verify(ctx context.Context, s Store, key Key, size int64, sum string) error {
	r, err := s.Open(ctx, key)
	if err != nil {
		return err
	}
	defer r.Close()
	if r.Size() != size {
		return fmt.Errorf("blob: %s has %d bytes and not %d: %w", key, r.Size(), size, ErrCorrupt)
	}
	h := sha256.New()
	n, err := io.CopyBuffer(h, ended{ctx, r}, make([]byte, 256<<10))
	switch {
	case errors.Is(err, unix.EIO): // a place of the disk has gone bad
		return fmt.Errorf("blob: verify %s: %w: %w", key, ErrCorrupt, err)
	case err != nil:
		return fmt.Errorf("blob: verify %s: %w", key, err)
	case n != size || hex.EncodeToString(h.Sum(nil)) != sum:
		return fmt.Errorf("blob: %s: %w", key, ErrCorrupt)
	}
	return nil
}

// ended is a reader that stops when its context ends.
type ended struct {
	ctx context.Context
	r   io.Reader
}

func (e ended) Read(p []byte) (int, error) {
	if err := e.ctx.Err(); err != nil {
		return 0, err
	}
	return e.r.Read(p)
}

// malformed is the error for a key that no store has.
func malformed(key Key) error {
	return fmt.Errorf("blob: %.40q is no key: %w", string(key), ErrNotExist)
}

// resumeHash continues the hash of the first offset bytes.
func resumeHash(offset int64, state []byte) (hash.Hash, error) {
	h := sha256.New()
	if offset == 0 {
		return h, nil
	}
	if offset < 0 {
		return nil, fmt.Errorf("blob: an upload cannot be at %d: %w", offset, ErrCorrupt)
	}
	if err := h.(encoding.BinaryUnmarshaler).UnmarshalBinary(state); err != nil {
		return nil, fmt.Errorf("blob: the state of an upload cannot be read: %w", ErrCorrupt)
	}
	return h, nil
}

// pauseHash is what resumeHash needs.
func pauseHash(h hash.Hash) []byte {
	state, err := h.(encoding.BinaryMarshaler).MarshalBinary()
	if err != nil {
		panic(err) // it only copies
	}
	return state
}
