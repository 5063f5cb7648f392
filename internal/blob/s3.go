package blob

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"maps"
	"math"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// S3Config says where a bucket is, and who we are there.
type S3Config struct {
	Endpoint             *url.URL // https://s3.example.com
	Region               string
	Bucket, Prefix       string // the prefix is empty, or ends in a slash
	AccessKey, SecretKey string
}

// S3 keeps blobs in a bucket of an S3-compatible server, which other programs
// may use too: everything is below the prefix. What arrives in pieces becomes
// the parts of a multipart upload; what is too little for a part waits in an
// object of its own, partial/key/offset.
//
// Each request carries the SHA-256 of its body, which the server checks. What
// was completed is looked at before it counts.
type S3 struct {
	core   *minio.Core
	bucket string
	prefix string
}

var _ Store = (*S3)(nil)

const (
	minPart   = 5 << 20 // the least that servers take, but for the last
	usualPart = 8 << 20
	tries     = 3
	patience  = 2 * time.Minute // for storing what has arrived when the caller has gone
	written   = "Written-By"    // metadata: which upload made the object
)

// OpenS3 makes the store. It asks the server nothing.
func OpenS3(c S3Config) (*S3, error) {
	core, err := minio.NewCore(c.Endpoint.Host, &minio.Options{
		Creds:      credentials.NewStaticV4(c.AccessKey, c.SecretKey, ""),
		Secure:     c.Endpoint.Scheme == "https",
		Region:     c.Region,
		MaxRetries: tries,
		Transport: &http.Transport{
			DialContext:           (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
			TLSHandshakeTimeout:   10 * time.Second,
			ResponseHeaderTimeout: patience,
			ExpectContinueTimeout: time.Second,
			IdleConnTimeout:       time.Minute,
			MaxIdleConnsPerHost:   64,
			DisableCompression:    true,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("blob: %w: %w", ErrUnavailable, err)
	}
	return &S3{core, c.Bucket, c.Prefix}, nil
}

func (s *S3) whole(key Key) string    { return s.prefix + "blobs/" + string(key) }
func (s *S3) partials(key Key) string { return s.prefix + partials + "/" + string(key) }

// tail is where the bytes before an offset wait that are too few for a part.
func (s *S3) tail(key Key, offset int64) string {
	return s.partials(key) + "/" + strconv.FormatInt(offset, 10)
}

// progress is what State.Data holds.
type progress struct {
	Key    Key
	Writer string   // who made the object, when it is there
	Hash   []byte   // of all bytes so far
	Upload string   `json:",omitempty"` // of the server, since the first part
	Parts  []s3Part `json:",omitempty"`
	Tail   int64    `json:",omitempty"` // bytes after the parts, stored apart
	Before int64    `json:",omitempty"` // the offset of a tail that is in nobody's State any more
}

type s3Part struct {
	Size int64
	ETag string
}

func begun(key Key) *progress { return &progress{Key: key, Writer: string(NewKey())} }

// resume reads a State, and holds that its parts add up.
func (s *S3) resume(key Key, st State) (*progress, hash.Hash, error) {
	if st.Offset == 0 {
		return begun(key), sha256.New(), nil
	}
	var p progress
	if err := json.Unmarshal(st.Data, &p); err != nil || p.Key != key {
		return nil, nil, fmt.Errorf("blob: the state of upload %s cannot be read: %w", key, ErrCorrupt)
	}
	if n := p.partsSize() + p.Tail; n != st.Offset {
		return nil, nil, fmt.Errorf("blob: %d bytes of %d are left of %s: %w", n, st.Offset, key, ErrCorrupt)
	}
	h, err := resumeHash(st.Offset, p.Hash)
	return &p, h, err
}

func (p *progress) partsSize() (n int64) {
	for _, part := range p.Parts {
		n += part.Size
	}
	return n
}

// partLen is how long the next part is: the more there are, the longer, as
// there may be 10,000. That is enough for 400 GiB.
func (p *progress) partLen() int { return usualPart * (1 + len(p.Parts)/1000) }

func (p *progress) state(offset int64) State {
	data, err := json.Marshal(p)
	if err != nil {
		panic(err) // there is nothing in it that could fail
	}
	return State{offset, data}
}

func (s *S3) Put(ctx context.Context, key Key, r io.Reader, size int64) (Info, error) {
	if err := s.vacant(ctx, key); err != nil {
		return Info{}, err
	}
	p, h := begun(key), sha256.New()
	info, err := s.put(ctx, p, h, r, size)
	if err != nil && p.Upload != "" {
		s.abortUpload(context.WithoutCancel(ctx), key, p.Upload) // else the sweep does
	}
	return info, err
}

func (s *S3) put(ctx context.Context, p *progress, h hash.Hash, r io.Reader, size int64) (Info, error) {
	most := size
	if size < 0 {
		most = math.MaxInt64
	}
	buf := partBuffers.Get().(*bytes.Buffer)
	defer partBuffers.Put(buf)
	buf.Reset()
	n, readErr, err := s.take(ctx, p, h, buf, ended{ctx, r}, most, func() {})
	switch {
	case err != nil:
		return Info{}, err
	case readErr != nil:
		return Info{}, readErr
	case size >= 0 && n < size:
		return Info{}, fmt.Errorf("blob: %d bytes of %d came: %w", n, size, io.ErrUnexpectedEOF)
	case size >= 0 && more(r):
		return Info{}, fmt.Errorf("blob: more than the %d bytes that were announced: %w", size, ErrCorrupt)
	}
	return s.complete(ctx, p, h, buf.Bytes(), n)
}

// take reads at most most bytes and stores each whole part, calling stored
// after it. What is left over it leaves in buf, which may hold a tail already.
func (s *S3) take(ctx context.Context, p *progress, h hash.Hash, buf *bytes.Buffer, r io.Reader, most int64, stored func()) (n int64, readErr, err error) {
	for n < most && readErr == nil {
		room := p.partLen() - buf.Len()
		if room <= 0 { // there may be more, so that this part is not the last
			if err := s.putPart(ctx, p, buf.Bytes()); err != nil {
				return n, nil, err
			}
			buf.Reset()
			stored()
			continue
		}
		buf.Grow(room)
		free := buf.AvailableBuffer()[:min(int64(room), most-n)]
		var m int
		m, readErr = readFull(r, free)
		h.Write(free[:m])
		buf.Write(free[:m])
		n += int64(m)
	}
	if readErr == io.EOF || n == most {
		readErr = nil
	}
	return n, readErr, nil
}

// A buffer holds a part, and lives as long as one call.
var partBuffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func (s *S3) putPart(ctx context.Context, p *progress, body []byte) error {
	var err error
	if p.Upload == "" {
		p.Upload, err = s.core.NewMultipartUpload(ctx, s.bucket, s.whole(p.Key), minio.PutObjectOptions{UserMetadata: map[string]string{written: p.Writer}})
		if err != nil {
			return s.fault(ctx, "begin", p.Key, err)
		}
	}
	sum := sha256.Sum256(body)
	part, err := s.core.PutObjectPart(ctx, s.bucket, s.whole(p.Key), p.Upload, len(p.Parts)+1, bytes.NewReader(body), int64(len(body)),
		minio.PutObjectPartOptions{Sha256Hex: hex.EncodeToString(sum[:]), DisableContentSha256: true})
	if err != nil {
		return s.fault(ctx, "store a part of", p.Key, err)
	}
	p.Parts = append(p.Parts, s3Part{int64(len(body)), part.ETag})
	return nil
}

func (s *S3) putObject(ctx context.Context, name string, body []byte, o minio.PutObjectOptions) (minio.UploadInfo, error) {
	sum := sha256.Sum256(body)
	o.DisableContentSha256 = true // the sum of all of it is said at the start
	return s.core.PutObject(ctx, s.bucket, name, bytes.NewReader(body), int64(len(body)), "", hex.EncodeToString(sum[:]), o)
}

func (s *S3) Begin(ctx context.Context, key Key) (State, error) {
	return State{}, s.vacant(ctx, key)
}

// vacant returns ErrExists when the key is taken.
func (s *S3) vacant(ctx context.Context, key Key) error {
	switch _, err := s.Stat(ctx, key); {
	case !key.Valid():
		return err
	case err == nil:
		return fmt.Errorf("blob: %s: %w", key, ErrExists)
	case !errors.Is(err, ErrNotExist):
		return err
	}
	return nil
}

func (s *S3) Append(ctx context.Context, key Key, st State, r io.Reader, most int64) (State, error) {
	if !key.Valid() {
		return st, malformed(key)
	}
	p, h, err := s.resume(key, st)
	if err != nil {
		return st, err
	}
	buf := partBuffers.Get().(*bytes.Buffer)
	defer partBuffers.Put(buf)
	buf.Reset()
	if err := s.loadTail(ctx, p, st.Offset, buf); err != nil {
		return st, err
	}
	if p.Before != 0 {
		s.remove(ctx, key, s.tail(key, p.Before)) // else Finish or the sweep does
		p.Before = 0
	}
	if p.Tail > 0 {
		p.Before = st.Offset
	}

	// What has arrived is stored also when who sent it has gone.
	keep, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	safe := st
	arrived := func() {
		p.Tail, p.Hash = 0, pauseHash(h)
		safe = p.state(p.partsSize())
	}
	n, readErr, err := s.take(keep, p, h, buf, ended{ctx, r}, most, arrived)
	switch {
	case err != nil:
		return safe, err
	case n == 0:
		return st, readErr
	case buf.Len() >= minPart:
		if err := s.putPart(keep, p, buf.Bytes()); err != nil {
			return safe, err
		}
		arrived()
	case buf.Len() > 0:
		if _, err := s.putObject(keep, s.tail(key, st.Offset+n), buf.Bytes(), minio.PutObjectOptions{}); err != nil {
			return safe, s.fault(keep, "store the end of", key, err)
		}
		p.Tail, p.Hash = int64(buf.Len()), pauseHash(h)
		safe = p.state(st.Offset + n)
	}
	return safe, readErr
}

// loadTail reads what waits to become part of a part.
func (s *S3) loadTail(ctx context.Context, p *progress, offset int64, buf *bytes.Buffer) error {
	if p.Tail == 0 {
		return nil
	}
	r := &s3Reader{ctx: ctx, s: s, key: p.Key, name: s.tail(p.Key, offset), size: p.Tail}
	defer r.Close()
	_, err := buf.ReadFrom(r)
	if errors.Is(err, ErrNotExist) {
		return fmt.Errorf("blob: the end of %s is gone: %w", p.Key, ErrCorrupt)
	}
	return err
}

func (s *S3) Finish(ctx context.Context, key Key, st State) (Info, error) {
	if !key.Valid() {
		return Info{}, malformed(key)
	}
	p, h, err := s.resume(key, st)
	if err != nil {
		return Info{}, err
	}
	var info Info
	switch there, err := s.stat(ctx, key); {
	case err == nil:
		info, err = s.made(ctx, p, h, there, st.Offset)
		if err != nil {
			return Info{}, err
		}
	case !errors.Is(err, ErrNotExist):
		return Info{}, err
	default:
		var buf bytes.Buffer
		if err := s.loadTail(ctx, p, st.Offset, &buf); err != nil {
			return Info{}, err
		}
		if info, err = s.complete(ctx, p, h, buf.Bytes(), st.Offset); err != nil {
			return Info{}, err
		}
	}
	s.clear(ctx, key) // else the sweep does
	return info, nil
}

// complete makes the object of the parts and of what comes after them.
func (s *S3) complete(ctx context.Context, p *progress, h hash.Hash, rest []byte, size int64) (Info, error) {
	var err error
	o := minio.PutObjectOptions{UserMetadata: map[string]string{written: p.Writer}}
	o.SetMatchETagExcept("*") // not over another
	if p.Upload == "" {
		_, err = s.putObject(ctx, s.whole(p.Key), rest, o)
	} else {
		if len(rest) > 0 {
			if err := s.putPart(ctx, p, rest); err != nil {
				return Info{}, err
			}
		}
		parts := make([]minio.CompletePart, len(p.Parts))
		for i, part := range p.Parts {
			parts[i] = minio.CompletePart{PartNumber: i + 1, ETag: part.ETag}
		}
		o.UserMetadata = nil // it was given with the first part
		_, err = s.core.CompleteMultipartUpload(ctx, s.bucket, s.whole(p.Key), p.Upload, parts, o)
	}
	if ctx.Err() != nil {
		return Info{}, ctx.Err()
	}
	// Whatever the answer was, and even if it was lost, what is there counts.
	there, statErr := s.stat(ctx, p.Key)
	switch {
	case statErr == nil:
		return s.made(ctx, p, h, there, size)
	case err != nil && errors.Is(statErr, ErrNotExist):
		return Info{}, s.fault(ctx, "complete", p.Key, err)
	case errors.Is(statErr, ErrNotExist):
		return Info{}, fmt.Errorf("blob: %s is not there though the server said so: %w", p.Key, ErrUnavailable)
	}
	return Info{}, statErr
}

// made holds that the object that is there is the one that was to be made.
func (s *S3) made(ctx context.Context, p *progress, h hash.Hash, there minio.ObjectInfo, size int64) (Info, error) {
	info := Info{there.Size, hex.EncodeToString(h.Sum(nil)), there.LastModified}
	switch {
	case size == 0 && there.Size == 0: // nothing is as good as nothing
	case there.UserMetadata[written] != p.Writer:
		return Info{}, fmt.Errorf("blob: %s: %w", p.Key, ErrExists)
	case there.Size != size:
		return Info{}, fmt.Errorf("blob: %s has %d bytes and not %d: %w", p.Key, there.Size, size, ErrCorrupt)
	case len(p.Parts) > 0 && !p.madeOf(there.ETag):
		// Some servers make their tags otherwise. Then it has to be read.
		if err := Verify(ctx, s, p.Key, info.Size, info.SHA256); err != nil {
			return Info{}, err
		}
	}
	return info, nil
}

// madeOf reports whether the tag is that of the parts in their order, as
// servers compute it that tag by MD5.
func (p *progress) madeOf(tag string) bool {
	all := md5.New()
	for _, part := range p.Parts {
		sum, err := hex.DecodeString(part.ETag)
		if err != nil || len(sum) != md5.Size {
			return false
		}
		all.Write(sum)
	}
	return tag == hex.EncodeToString(all.Sum(nil))+"-"+strconv.Itoa(len(p.Parts))
}

func (s *S3) Abort(ctx context.Context, key Key, _ State) error {
	if !key.Valid() {
		return malformed(key)
	}
	for upload, err := range s.uploads(ctx, s.whole(key)) {
		if err != nil {
			return s.fault(ctx, "abort", key, err)
		}
		if err := s.abortUpload(ctx, key, upload.UploadID); err != nil {
			return err
		}
	}
	return s.clear(ctx, key)
}

func (s *S3) abortUpload(ctx context.Context, key Key, upload string) error {
	err := s.core.AbortMultipartUpload(ctx, s.bucket, s.whole(key), upload)
	if err != nil && codeOf(err) != "NoSuchUpload" {
		return s.fault(ctx, "abort", key, err)
	}
	return nil
}

// uploads lists the multipart uploads that nobody completed or aborted.
func (s *S3) uploads(ctx context.Context, prefix string) iter.Seq2[minio.ObjectMultipartInfo, error] {
	return func(yield func(minio.ObjectMultipartInfo, error) bool) {
		var key, id string
		for {
			page, err := s.core.ListMultipartUploads(ctx, s.bucket, prefix, key, id, "", 0)
			if err != nil {
				yield(minio.ObjectMultipartInfo{}, err)
				return
			}
			for _, u := range page.Uploads {
				if !yield(u, nil) {
					return
				}
			}
			if !page.IsTruncated || page.NextKeyMarker == key && page.NextUploadIDMarker == id {
				return
			}
			key, id = page.NextKeyMarker, page.NextUploadIDMarker
		}
	}
}

// clear removes the tails of a key.
func (s *S3) clear(ctx context.Context, key Key) error {
	for o := range s.core.ListObjectsIter(ctx, s.bucket, minio.ListObjectsOptions{Prefix: s.partials(key) + "/", Recursive: true}) {
		if o.Err != nil {
			return s.fault(ctx, "clear", key, o.Err)
		}
		if err := s.remove(ctx, key, o.Key); err != nil {
			return err
		}
	}
	return nil
}

func (s *S3) remove(ctx context.Context, key Key, name string) error {
	err := s.core.RemoveObject(ctx, s.bucket, name, minio.RemoveObjectOptions{})
	if err != nil && codeOf(err) != "NoSuchKey" {
		return s.fault(ctx, "remove", key, err)
	}
	return nil
}

func (s *S3) Delete(ctx context.Context, key Key) error {
	if !key.Valid() {
		return malformed(key)
	}
	return s.remove(ctx, key, s.whole(key))
}

func (s *S3) Stat(ctx context.Context, key Key) (Info, error) {
	o, err := s.stat(ctx, key)
	return Info{Size: o.Size, ModTime: o.LastModified}, err
}

func (s *S3) stat(ctx context.Context, key Key) (minio.ObjectInfo, error) {
	if !key.Valid() {
		return minio.ObjectInfo{}, malformed(key)
	}
	o, err := s.core.StatObject(ctx, s.bucket, s.whole(key), minio.StatObjectOptions{})
	if err != nil {
		return minio.ObjectInfo{}, s.fault(ctx, "stat", key, err)
	}
	return o, nil
}

func (s *S3) Open(ctx context.Context, key Key) (*Reader, error) {
	o, err := s.stat(ctx, key)
	if err != nil {
		return nil, err
	}
	r := &s3Reader{ctx: ctx, s: s, key: key, name: s.whole(key), tag: o.ETag, size: o.Size}
	return &Reader{r, r, r, Info{Size: o.Size, ModTime: o.LastModified}, nil}, nil
}

func (s *S3) Keys(ctx context.Context) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		under := s.prefix + "blobs/"
		for o := range s.core.ListObjectsIter(ctx, s.bucket, minio.ListObjectsOptions{Prefix: under, Recursive: true}) {
			if o.Err != nil {
				yield(Entry{}, s.fault(ctx, "list", "blobs", o.Err))
				return
			}
			key := Key(strings.TrimPrefix(o.Key, under))
			if key.Valid() && !yield(Entry{key, Info{Size: o.Size, ModTime: o.LastModified}}, nil) {
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield(Entry{}, err)
		}
	}
}

func (s *S3) Partials(ctx context.Context) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		found := make(map[Key]Entry)
		note := func(key string, size int64, at time.Time) {
			key, _, _ = strings.Cut(key, "/")
			if k := Key(key); k.Valid() {
				e := found[k]
				e.Key, e.Size = k, e.Size+size
				if at.After(e.ModTime) {
					e.ModTime = at
				}
				found[k] = e
			}
		}
		under := s.prefix + "blobs/"
		for u, err := range s.uploads(ctx, under) {
			if err != nil {
				yield(Entry{}, s.fault(ctx, "list", "uploads", err))
				return
			}
			note(strings.TrimPrefix(u.Key, under), 0, u.Initiated)
		}
		under = s.prefix + partials + "/"
		for o := range s.core.ListObjectsIter(ctx, s.bucket, minio.ListObjectsOptions{Prefix: under, Recursive: true}) {
			if o.Err != nil {
				yield(Entry{}, s.fault(ctx, "list", "blobs", o.Err))
				return
			}
			note(strings.TrimPrefix(o.Key, under), o.Size, o.LastModified)
		}
		if err := ctx.Err(); err != nil {
			yield(Entry{}, err)
			return
		}
		for _, key := range slices.Sorted(maps.Keys(found)) {
			if !yield(found[key], nil) {
				return
			}
		}
	}
}

// Free is unknown: the server says when it is full.
func (s *S3) Free(context.Context) (int64, error) { return math.MaxInt64, nil }

func (s *S3) Mark(ctx context.Context, owner string) error {
	if _, err := s.putObject(ctx, s.prefix+markFile, []byte(owner+"\n"), minio.PutObjectOptions{}); err != nil {
		return s.fault(ctx, "read or write", "the mark", err)
	}
	return nil
}

func (s *S3) Marked(ctx context.Context) (string, error) {
	r, _, _, err := s.core.GetObject(ctx, s.bucket, s.prefix+markFile, minio.GetObjectOptions{})
	if codeOf(err) == "NoSuchKey" {
		return "", nil
	}
	if err != nil {
		return "", s.fault(ctx, "read or write", "the mark", err)
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, 1<<10))
	if err != nil {
		return "", s.fault(ctx, "read or write", "the mark", err)
	}
	return strings.TrimSpace(string(text)), nil
}

func codeOf(err error) string {
	var e minio.ErrorResponse
	errors.As(err, &e)
	return e.Code
}

// fault is the server's error as one of ours. Whatever is not known to be
// something else means that the storage cannot be used now.
func (s *S3) fault(ctx context.Context, what string, key Key, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	kind := ErrUnavailable
	switch codeOf(err) {
	case "NoSuchKey":
		kind = ErrNotExist
	case "PreconditionFailed", "ConditionalRequestConflict":
		kind = ErrExists
	case "NoSuchUpload", "InvalidPart", "InvalidPartOrder":
		kind = ErrCorrupt
	case "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "QuotaExceeded", "InsufficientStorage":
		kind = ErrNoSpace
	}
	return fmt.Errorf("blob: %s %s: %w: %w", what, key, kind, err)
}

// s3Reader asks for bytes when they are read, and again when the connection
// breaks off.
type s3Reader struct {
	ctx    context.Context
	s      *S3
	key    Key
	name   string
	tag    string // of what was opened; empty for what nobody else writes
	size   int64
	at     int64
	body   io.ReadCloser
	bodyAt int64
	failed int // in a row
}

func (r *s3Reader) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	for {
		if r.at >= r.size {
			return 0, io.EOF
		}
		n, err := r.read(b[:min(int64(len(b)), r.size-r.at)])
		r.at += int64(n)
		r.bodyAt = r.at
		if err == nil || n > 0 {
			r.failed = 0
		}
		if err != nil {
			r.closeBody() // the next Read asks again
			r.failed++
		}
		switch {
		case n > 0:
			return n, nil
		case err != nil && (r.failed >= tries || r.ctx.Err() != nil || !errors.Is(err, ErrUnavailable)):
			return 0, err
		}
	}
}

func (r *s3Reader) read(b []byte) (int, error) {
	if r.body != nil && r.bodyAt != r.at {
		r.closeBody()
	}
	if r.body == nil {
		var err error
		if r.body, err = r.get(r.at, r.size); err != nil {
			r.failed = tries // to ask is tried again below us
			return 0, err
		}
	}
	n, err := r.body.Read(b)
	if err == io.EOF && n == 0 {
		err = io.ErrUnexpectedEOF // there is more of it
	}
	if err != nil && err != io.EOF {
		return n, r.s.fault(r.ctx, "read", r.key, err)
	}
	return n, nil
}

// get asks for the bytes from one offset up to another.
func (r *s3Reader) get(from, to int64) (io.ReadCloser, error) {
	var o minio.GetObjectOptions
	if err := o.SetRange(from, to-1); err != nil {
		return nil, err
	}
	if r.tag != "" {
		if err := o.SetMatchETag(r.tag); err != nil {
			return nil, err
		}
	}
	body, info, _, err := r.s.core.GetObject(r.ctx, r.s.bucket, r.name, o)
	switch {
	case codeOf(err) == "PreconditionFailed", codeOf(err) == "InvalidRange":
		return nil, fmt.Errorf("blob: %s is not what it was: %w", r.key, ErrCorrupt)
	case err != nil:
		return nil, r.s.fault(r.ctx, "read", r.key, err)
	case info.Size != to-from:
		body.Close()
		return nil, fmt.Errorf("blob: %d bytes of %s were asked for, and %d came: %w", to-from, r.key, info.Size, ErrCorrupt)
	}
	return body, nil
}

func (r *s3Reader) ReadAt(b []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errors.New("blob: a negative offset")
	}
	one := s3Reader{ctx: r.ctx, s: r.s, key: r.key, name: r.name, tag: r.tag, size: min(r.size, off+int64(len(b))), at: off}
	defer one.Close()
	n, err := readFull(&one, b)
	if n == len(b) {
		err = nil
	}
	return n, err
}

func (r *s3Reader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.at
	case io.SeekEnd:
		offset += r.size
	}
	if offset < 0 {
		return 0, errors.New("blob: a seek before the start")
	}
	r.at = offset
	return offset, nil
}

func (r *s3Reader) Close() error {
	r.closeBody()
	return nil
}

func (r *s3Reader) closeBody() {
	if r.body != nil {
		r.body.Close()
		r.body = nil
	}
}
