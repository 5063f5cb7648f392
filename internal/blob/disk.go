package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// Disk keeps blobs as files below one directory: k/e/key… when whole, and
// partial/key… while they arrive. Both are on one file system, so a blob
// appears at once and whole.
type Disk struct {
	root   *os.Root
	dir    *os.File                                                     // the same
	sync   func(*os.File) error                                         // (*os.File).Sync
	open   func(dir *os.File, name string, flags int) (*os.File, error) // openBeneath
	broken atomic.Pointer[error]

	mu   sync.Mutex
	made map[string]bool // folders known to be there, durably
}

var _ Store = (*Disk)(nil)

const (
	partials  = "partial"
	markFile  = "vitrine.storage"
	copySize  = 1 << 20
	lowShare  = 20      // no uploads with less than a twentieth of the disk left
	lowEnough = 1 << 30 // unless this much is left
)

// OpenDisk opens the store in a directory, which is made when missing. Nothing
// reached through the store lies outside it, whatever links somebody makes.
func OpenDisk(dir string) (*Disk, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("blob: %w: %w", ErrUnavailable, err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("blob: %w: %w", ErrUnavailable, err)
	}
	opened, err := root.Open(".")
	if err != nil {
		root.Close()
		return nil, fmt.Errorf("blob: %w: %w", ErrUnavailable, err)
	}
	return &Disk{root: root, dir: opened, sync: (*os.File).Sync, open: openBeneath, made: make(map[string]bool)}, nil
}

// Close lets go of the directory.
func (d *Disk) Close() error { return errors.Join(d.dir.Close(), d.root.Close()) }

func folder(key Key) string  { return string(key[:1]) + "/" + string(key[1:2]) }
func whole(key Key) string   { return folder(key) + "/" + string(key) }
func partial(key Key) string { return partials + "/" + string(key) }

func (d *Disk) Put(ctx context.Context, key Key, r io.Reader, size int64) (Info, error) {
	if err := d.room(max(size, 0)); err != nil {
		return Info{}, err
	}
	f, err := d.create(ctx, key)
	if err != nil {
		return Info{}, err
	}
	defer f.Close()
	info, err := d.fill(ctx, key, f, r, size)
	if err != nil {
		d.root.Remove(partial(key))
	}
	return info, err
}

func (d *Disk) fill(ctx context.Context, key Key, f *os.File, r io.Reader, size int64) (Info, error) {
	most := size
	if size < 0 {
		most = 1<<63 - 1
	}
	h := sha256.New()
	n, readErr, writeErr := pump(f, h, ended{ctx, r}, most)
	switch {
	case writeErr != nil:
		return Info{}, d.fault("write", key, writeErr)
	case readErr != nil:
		return Info{}, readErr
	case size >= 0 && n < size:
		return Info{}, fmt.Errorf("blob: %d bytes of %d came: %w", n, size, io.ErrUnexpectedEOF)
	case size >= 0 && more(r):
		return Info{}, fmt.Errorf("blob: more than the %d bytes that were announced: %w", size, ErrCorrupt)
	}
	if err := d.flush(f); err != nil {
		return Info{}, err
	}
	return d.publish(key, f, n, h)
}

// more reports whether r holds another byte.
func more(r io.Reader) bool {
	n, _ := io.ReadFull(r, make([]byte, 1))
	return n > 0
}

func (d *Disk) Begin(ctx context.Context, key Key) (State, error) {
	if err := d.room(0); err != nil {
		return State{}, err
	}
	f, err := d.create(ctx, key)
	if err != nil {
		return State{}, err
	}
	return State{}, f.Close()
}

// create makes the file that a new blob is written to. Who holds it may
// publish the key, and nobody else: so a key is never written twice.
func (d *Disk) create(ctx context.Context, key Key) (*os.File, error) {
	if err := d.usable(ctx, key); err != nil {
		return nil, err
	}
	if err := d.makeFolder(partials); err != nil {
		return nil, err
	}
	f, err := d.root.OpenFile(partial(key), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, d.fault("create", key, err)
	}
	if _, err := d.root.Lstat(whole(key)); !errors.Is(err, fs.ErrNotExist) {
		f.Close()
		d.root.Remove(partial(key))
		if err == nil {
			err = fs.ErrExist
		}
		return nil, d.fault("create", key, err)
	}
	return f, nil
}

func (d *Disk) Append(ctx context.Context, key Key, s State, r io.Reader, most int64) (State, error) {
	if err := d.usable(ctx, key); err != nil {
		return s, err
	}
	if err := d.room(0); err != nil {
		return s, err
	}
	h, err := resumeHash(s.Offset, s.Data)
	if err != nil {
		return s, err
	}
	f, _, err := d.resume(key, s.Offset)
	if err != nil {
		return s, err
	}
	defer f.Close()
	n, readErr, writeErr := pump(f, h, ended{ctx, r}, most)
	if writeErr != nil {
		if err := f.Truncate(s.Offset); err != nil { // it gives the space back at once
			return s, d.fault("truncate", key, err)
		}
		return s, d.fault("write", key, writeErr)
	}
	if n > 0 {
		if err := d.flush(f); err != nil {
			return s, err
		}
		if s.Offset == 0 {
			if err := d.flushFolder(partials); err != nil {
				return s, err
			}
		}
		s = State{s.Offset + n, pauseHash(h)}
	}
	return s, readErr
}

// resume opens what has arrived of a blob, at the given offset, without
// anything beyond it. Nothing of an empty one need have survived a power cut.
func (d *Disk) resume(key Key, offset int64) (f *os.File, cut bool, err error) {
	flags := os.O_WRONLY
	if offset == 0 {
		flags |= os.O_CREATE
		if err := d.makeFolder(partials); err != nil {
			return nil, false, err
		}
	}
	f, info, err := d.openFile(partial(key), flags)
	if err != nil {
		return nil, false, d.fault("resume", key, err)
	}
	switch {
	case info.Size() < offset:
		err = fmt.Errorf("%d bytes of %d are left: %w", info.Size(), offset, ErrCorrupt)
	case info.Size() > offset:
		cut = true
		err = f.Truncate(offset)
	}
	if err == nil {
		_, err = f.Seek(offset, io.SeekStart)
	}
	if err != nil {
		f.Close()
		return nil, false, d.fault("resume", key, err)
	}
	return f, cut, nil
}

func (d *Disk) Finish(ctx context.Context, key Key, s State) (Info, error) {
	if err := d.usable(ctx, key); err != nil {
		return Info{}, err
	}
	h, err := resumeHash(s.Offset, s.Data)
	if err != nil {
		return Info{}, err
	}
	there, err := d.Stat(ctx, key)
	switch {
	case err == nil:
		return d.finished(key, s, there, h)
	case !errors.Is(err, ErrNotExist):
		return Info{}, err
	}
	f, cut, err := d.resume(key, s.Offset)
	if err != nil {
		return Info{}, err
	}
	defer f.Close()
	if cut || s.Offset == 0 {
		if err := d.flush(f); err != nil {
			return Info{}, err
		}
	}
	return d.publish(key, f, s.Offset, h)
}

// finished answers a Finish of a blob that is there.
func (d *Disk) finished(key Key, s State, there Info, h hash.Hash) (Info, error) {
	if _, err := d.root.Lstat(partial(key)); err == nil {
		return Info{}, d.fault("finish", key, fs.ErrExist)
	}
	if there.Size != s.Offset {
		return Info{}, fmt.Errorf("blob: finish %s: it has %d bytes and not %d: %w", key, there.Size, s.Offset, ErrCorrupt)
	}
	// The folder may not have been flushed before the crash.
	if err := d.makeFolder(folder(key)); err != nil {
		return Info{}, err
	}
	if err := d.flushFolder(folder(key)); err != nil {
		return Info{}, err
	}
	there.SHA256 = hex.EncodeToString(h.Sum(nil))
	return there, nil
}

// publish gives a flushed file its place. A sweep counts its age from here.
func (d *Disk) publish(key Key, f *os.File, size int64, h hash.Hash) (Info, error) {
	if err := d.makeFolder(folder(key)); err != nil {
		return Info{}, err
	}
	now := time.Now()
	if err := d.root.Chtimes(partial(key), now, now); err != nil {
		return Info{}, d.fault("publish", key, err)
	}
	if err := d.root.Rename(partial(key), whole(key)); err != nil {
		return Info{}, d.fault("publish", key, err)
	}
	if err := d.flushFolder(folder(key)); err != nil {
		return Info{}, err
	}
	return Info{size, hex.EncodeToString(h.Sum(nil)), now}, nil
}

func (d *Disk) Abort(ctx context.Context, key Key, _ State) error {
	return d.remove(ctx, key, partial)
}

func (d *Disk) Delete(ctx context.Context, key Key) error {
	return d.remove(ctx, key, whole)
}

func (d *Disk) remove(ctx context.Context, key Key, place func(Key) string) error {
	if err := d.usable(ctx, key); err != nil {
		return err
	}
	if err := d.root.Remove(place(key)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return d.fault("remove", key, err)
	}
	return nil
}

func (d *Disk) Open(ctx context.Context, key Key) (*Reader, error) {
	if !key.Valid() {
		return nil, malformed(key)
	}
	f, info, err := d.openFile(whole(key), os.O_RDONLY)
	if err != nil {
		return nil, d.fault("open", key, err)
	}
	return &Reader{f, f, f, Info{Size: info.Size(), ModTime: info.ModTime()}, f}, nil
}

// openFile opens a file itself and not one that a link of its name leads to,
// which os.Root would follow as long as it stays inside.
func (d *Disk) openFile(name string, flags int) (*os.File, fs.FileInfo, error) {
	f, err := d.open(d.dir, name, flags)
	if errors.Is(err, errors.ErrUnsupported) {
		return d.openStepwise(name, flags)
	}
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("it is no file: %w", ErrCorrupt)
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, info, nil
}

// openStepwise is openFile without openBeneath, in many calls.
func (d *Disk) openStepwise(name string, flags int) (*os.File, fs.FileInfo, error) {
	f, err := d.root.OpenFile(name, flags, 0o600)
	if err != nil {
		return nil, nil, err
	}
	named, err := d.root.Lstat(name)
	if err == nil {
		var info fs.FileInfo
		if info, err = f.Stat(); err == nil {
			if info.Mode().IsRegular() && os.SameFile(info, named) {
				return f, info, nil
			}
			err = fmt.Errorf("it is no file: %w", ErrCorrupt)
		}
	}
	f.Close()
	return nil, nil, err
}

func (d *Disk) Stat(ctx context.Context, key Key) (Info, error) {
	if !key.Valid() {
		return Info{}, malformed(key)
	}
	info, err := d.root.Lstat(whole(key))
	switch {
	case err != nil:
		return Info{}, d.fault("stat", key, err)
	case !info.Mode().IsRegular():
		return Info{}, d.fault("stat", key, ErrCorrupt)
	}
	return Info{Size: info.Size(), ModTime: info.ModTime()}, nil
}

func (d *Disk) Keys(ctx context.Context) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for first, err := range d.list(ctx, ".") {
			if err != nil {
				yield(Entry{}, err)
				return
			}
			if !first.IsDir() || len(first.Name()) != 1 {
				continue
			}
			for second, err := range d.list(ctx, first.Name()) {
				if err != nil {
					yield(Entry{}, err)
					return
				}
				if second.IsDir() && !d.entries(ctx, path.Join(first.Name(), second.Name()), yield) {
					return
				}
			}
		}
	}
}

func (d *Disk) Partials(ctx context.Context) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) { d.entries(ctx, partials, yield) }
}

// entries yields what is in one folder, and reports whether to go on.
func (d *Disk) entries(ctx context.Context, dir string, yield func(Entry, error) bool) bool {
	for f, err := range d.list(ctx, dir) {
		if err != nil {
			yield(Entry{}, err)
			return false
		}
		key := Key(f.Name())
		if !key.Valid() || !f.Type().IsRegular() || dir != partials && dir != folder(key) {
			continue
		}
		info, err := f.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // it went while we looked
		}
		if err != nil {
			yield(Entry{}, d.fault("list", key, err))
			return false
		}
		if !yield(Entry{key, Info{Size: info.Size(), ModTime: info.ModTime()}}, nil) {
			return false
		}
	}
	return true
}

// list yields what is in a folder by name. A missing one is empty.
func (d *Disk) list(ctx context.Context, dir string) iter.Seq2[fs.DirEntry, error] {
	return func(yield func(fs.DirEntry, error) bool) {
		f, err := d.root.Open(dir)
		if errors.Is(err, fs.ErrNotExist) {
			return
		}
		var all []fs.DirEntry
		if err == nil {
			all, err = f.ReadDir(-1)
			f.Close()
		}
		if err != nil {
			yield(nil, fmt.Errorf("blob: list: %w: %w", ErrUnavailable, err))
			return
		}
		sort.Slice(all, func(i, j int) bool { return all[i].Name() < all[j].Name() })
		for _, e := range all {
			if err := ctx.Err(); err != nil {
				yield(nil, err)
				return
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

// Free is how many bytes may still be stored before uploads are refused.
func (d *Disk) Free(ctx context.Context) (int64, error) {
	f, err := d.root.Open(".")
	if err != nil {
		return 0, fmt.Errorf("blob: %w: %w", ErrUnavailable, err)
	}
	defer f.Close()
	var s unix.Statfs_t
	if err := unix.Fstatfs(int(f.Fd()), &s); err != nil {
		return 0, fmt.Errorf("blob: %w: %w", ErrUnavailable, err)
	}
	all, free := int64(s.Blocks)*int64(s.Bsize), int64(s.Bavail)*int64(s.Bsize)
	return max(0, free-min(all/lowShare, lowEnough)), nil
}

// room reports, as an error, that there is none for n bytes. The rest of the
// disk is the database's.
func (d *Disk) room(n int64) error {
	free, err := d.Free(context.Background())
	if err == nil && (free == 0 || free < n) {
		return fmt.Errorf("blob: %w", ErrNoSpace)
	}
	return err
}

func (d *Disk) Mark(ctx context.Context, owner string) error {
	if err := d.wellEnough(); err != nil {
		return err
	}
	f, err := d.root.OpenFile(markFile, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("blob: mark: %w: %w", ErrUnavailable, err)
	}
	defer f.Close()
	if _, err := f.WriteString(owner + "\n"); err != nil {
		return fmt.Errorf("blob: mark: %w: %w", ErrUnavailable, err)
	}
	if err := d.flush(f); err != nil {
		return err
	}
	return d.flushFolder(".")
}

func (d *Disk) Marked(ctx context.Context) (string, error) {
	text, err := d.root.ReadFile(markFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("blob: mark: %w: %w", ErrUnavailable, err)
	}
	return strings.TrimSpace(string(text)), nil
}

// makeFolder makes a folder that is there after a power cut.
func (d *Disk) makeFolder(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.made[name] {
		return nil
	}
	if err := d.root.MkdirAll(name, 0o700); err != nil {
		return fmt.Errorf("blob: make %s: %w: %w", name, ErrUnavailable, err)
	}
	for parent := name; parent != "."; {
		parent = path.Dir(parent)
		if err := d.flushFolder(parent); err != nil {
			return err
		}
	}
	d.made[name] = true
	return nil
}

func (d *Disk) flushFolder(name string) error {
	f, err := d.root.Open(name)
	if err != nil {
		return fmt.Errorf("blob: %w: %w", ErrUnavailable, err)
	}
	defer f.Close()
	return d.flush(f)
}

// flush makes a file durable. After a failure the kernel may have thrown away
// what it could not write and report success the next time: so there is none,
// and nothing more is taken until a restart.
func (d *Disk) flush(f *os.File) error {
	err := d.sync(f)
	if err == nil {
		return nil
	}
	err = fmt.Errorf("blob: a write did not reach the disk, which takes no more until a restart: %w: %w", ErrUnavailable, err)
	d.broken.CompareAndSwap(nil, &err)
	return err
}

func (d *Disk) wellEnough() error {
	if err := d.broken.Load(); err != nil {
		return *err
	}
	return nil
}

// usable reports, as an error, why nothing can be written under the key.
func (d *Disk) usable(ctx context.Context, key Key) error {
	switch {
	case !key.Valid():
		return malformed(key)
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return d.wellEnough()
}

// fault is the system's error as one of ours.
func (d *Disk) fault(what string, key Key, err error) error {
	kind := ErrUnavailable
	switch {
	case errors.Is(err, ErrCorrupt):
		return fmt.Errorf("blob: %s %s: %w", what, key, err)
	case errors.Is(err, fs.ErrNotExist):
		kind = ErrNotExist
	case errors.Is(err, fs.ErrExist):
		kind = ErrExists
	case errors.Is(err, unix.ENOSPC), errors.Is(err, unix.EDQUOT):
		kind = ErrNoSpace
	}
	return fmt.Errorf("blob: %s %s: %w: %w", what, key, kind, err)
}

var copyBuffers = sync.Pool{New: func() any { return new([copySize]byte) }}

// pump copies at most most bytes of r to w and to h, which hashes one buffer
// while the next is read. What it counts has been written and hashed.
func pump(w *os.File, h hash.Hash, r io.Reader, most int64) (n int64, readErr, writeErr error) {
	this, next := copyBuffers.Get().(*[copySize]byte), copyBuffers.Get().(*[copySize]byte)
	hashed := make(chan struct{}, 1)
	hashed <- struct{}{}
	defer func() {
		<-hashed
		copyBuffers.Put(this)
		copyBuffers.Put(next)
	}()
	for n < most && readErr == nil {
		var m int
		m, readErr = readFull(r, this[:min(copySize, most-n)])
		if m == 0 {
			continue
		}
		<-hashed
		go func(p []byte) {
			h.Write(p)
			hashed <- struct{}{}
		}(this[:m])
		if _, err := w.Write(this[:m]); err != nil {
			return n, nil, err
		}
		beginFlush(w, m)
		n += int64(m)
		this, next = next, this
	}
	if readErr == io.EOF || n == most {
		readErr = nil
	}
	return n, readErr, nil
}

// readFull fills p as far as r goes. Unlike io.ReadFull it returns r's own
// error, so that the end is told from having been cut off.
func readFull(r io.Reader, p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var m int
		m, err = r.Read(p[n:])
		n += m
	}
	return n, err
}
