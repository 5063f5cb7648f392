package transfer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/vitrine-portal/vitrine/internal/blob"
	"github.com/vitrine-portal/vitrine/internal/portal"
)

// How a file is handed out.
const (
	AsFile    = "file" // the original, to be kept
	AsLink    = "link" // likewise, by a share link
	AsView    = "view" // the original, to be looked at
	AsPDF     = "pdf"  // what was made of it, to be looked at as a PDF
	AsPreview = ""     // what was made of it otherwise; that is not logged
)

// Shown reports whether a browser may show the type, on the files' own host.
func Shown(t string) bool { return shown[t] }

// Drawn reports whether we make such to look at files with.
func Drawn(t string) bool { return drawn[t] }

// shown are the types that a browser may show, on the files' own host. Nothing
// in them runs.
var shown = map[string]bool{
	"image/png": true, "image/jpeg": true, "image/gif": true, "image/webp": true, "image/avif": true, "image/bmp": true,
	"video/mp4": true, "video/webm": true, "video/ogg": true, "video/quicktime": true,
	"audio/mpeg": true, "audio/mp4": true, "audio/ogg": true, "audio/wav": true, "audio/flac": true, "audio/aac": true, "audio/webm": true,
	"application/pdf": true,
}

// drawn are the types of what we have made to look at files with.
var drawn = map[string]bool{"image/png": true, "image/jpeg": true, "image/webp": true}

// ErrDamaged says that stored bytes are not those that came. They are told to
// whoever keeps the server, and never handed out.
var ErrDamaged = errors.New("transfer: the stored bytes are damaged")

const wholeBlob = 1 << 20 // up to this size the hash is looked at before a byte goes out

// Deliver sends bytes: all, or the one range that was asked for. It never says
// that nothing has changed since (304): whether the visitor still may have them
// is asked each time, and so they are sent each time.
func (c *Carrier) Deliver(w http.ResponseWriter, r *http.Request, me *portal.Scope, st portal.Stored, how string) error {
	content, err := c.Open(r.Context(), st)
	if err != nil {
		return err
	}
	defer content.Close()
	etag := `"` + st.SHA256 + `"`
	h := w.Header()
	setByteHeaders(h, st, how)
	h.Set("Accept-Ranges", "bytes")
	h.Set("ETag", etag)
	from, length, code := rangeOf(r, st.Size, etag)
	switch code {
	case http.StatusRequestedRangeNotSatisfiable:
		h.Set("Content-Range", "bytes */"+strconv.FormatInt(st.Size, 10))
		h.Del("Content-Disposition")
		h.Set("Content-Length", "0")
		w.WriteHeader(code)
		return nil
	case http.StatusPartialContent:
		h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, from+length-1, st.Size))
	}
	if from > 0 {
		if _, err := content.Seek(from, io.SeekStart); err != nil {
			return err
		}
	}
	if from == 0 && r.Method != http.MethodHead {
		switch how {
		case AsPreview:
		case AsPDF:
			me.LogDownload(st, AsView)
		default:
			me.LogDownload(st, how)
		}
	}
	h.Set("Content-Length", strconv.FormatInt(length, 10))
	w.WriteHeader(code)
	if r.Method == http.MethodHead {
		return nil
	}
	if err := c.send(w, content, length); err != nil && r.Context().Err() == nil {
		c.log.Warn("a download broke off", "version", string(st.Version), "error", err.Error())
	}
	return nil
}

// setByteHeaders are those of bytes that people brought: a type from a fixed
// list, and a policy under which nothing runs.
func setByteHeaders(h http.Header, st portal.Stored, how string) {
	h.Set("Cache-Control", "private, no-store")
	switch how {
	case AsView, AsPDF:
		h.Set("Content-Type", st.Type)
		h.Set("Content-Disposition", Disposition("inline", st.Name))
	case AsPreview:
		h.Set("Content-Type", st.Type)
		h.Set("Content-Security-Policy", BytesCSP)
	default:
		h.Set("Content-Type", deliveryType(st.Type))
		h.Set("Content-Disposition", Disposition("attachment", st.Name))
		h.Set("Content-Security-Policy", BytesCSP)
	}
}

// BytesCSP is the policy of what people brought.
const BytesCSP = "sandbox; default-src 'none'"

// deliveryType is a version's type where browsers do nothing with it on their
// own, else that of mere bytes.
func deliveryType(t string) string {
	if shown[t] || kept[t] {
		return t
	}
	return "application/octet-stream"
}

// kept are further types that a file to be kept may have, for the programs that
// open it afterwards.
var kept = map[string]bool{
	"text/plain; charset=utf-8": true,
	"image/tiff":                true, "image/heic": true,
	"video/mpeg": true, "video/mp2t": true, "video/x-msvideo": true, "video/x-matroska": true,
	"application/zip": true, "application/gzip": true, "application/zstd": true, "application/x-xz": true, "application/x-tar": true,
	"application/x-7z-compressed": true, "application/vnd.rar": true,
	"application/rtf": true, "application/msword": true, "application/vnd.ms-excel": true, "application/vnd.ms-powerpoint": true,
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document":   true,
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         true,
	"application/vnd.openxmlformats-officedocument.presentationml.presentation": true,
	"application/vnd.oasis.opendocument.text":                                   true,
	"application/vnd.oasis.opendocument.spreadsheet":                            true,
	"application/vnd.oasis.opendocument.presentation":                           true,
}

// A Content is what is sent.
type Content interface {
	io.ReadSeeker
	io.Closer
}

// Open opens a blob to be sent. What is small is compared with its hash first,
// unless that was done a moment ago; of what is large the size alone, and the
// daily look through the store compares the rest.
func (c *Carrier) Open(ctx context.Context, st portal.Stored) (Content, error) {
	blobReader, err := c.Blobs.Open(ctx, blob.Key(st.Blob))
	switch {
	case errors.Is(err, blob.ErrNotExist), errors.Is(err, blob.ErrCorrupt):
		return nil, fmt.Errorf("%w: version %s, blob %s: %w", ErrDamaged, st.Version, st.Blob, err)
	case err != nil:
		return nil, err
	case blobReader.Size() != st.Size:
		blobReader.Close()
		return nil, fmt.Errorf("%w: version %s, blob %s has %d bytes and not %d", ErrDamaged, st.Version, st.Blob, blobReader.Size(), st.Size)
	}
	if st.Size > wholeBlob || c.sound.known(st, blobReader) {
		if f := blobReader.File(); f != nil {
			return f, nil // itself, so that the kernel sends it
		}
		return blobReader, nil
	}
	defer blobReader.Close()
	b := smallBlobs.Get().(*[]byte)
	if cap(*b) < int(st.Size) {
		*b = make([]byte, st.Size)
	}
	*b = (*b)[:st.Size]
	_, err = io.ReadFull(blobReader, *b)
	if sum := sha256.Sum256(*b); err == nil && hex.EncodeToString(sum[:]) != st.SHA256 {
		err = fmt.Errorf("%w: version %s, blob %s has another hash", ErrDamaged, st.Version, st.Blob)
	}
	if err != nil {
		smallBlobs.Put(b)
		return nil, err
	}
	c.sound.note(st, blobReader)
	return &wholeContent{bytes.NewReader(*b), b}, nil
}

// soundBlobs are small blobs whose hash was right a moment ago, as long as
// nobody has touched them since.
type soundBlobs struct {
	mu    sync.Mutex
	until map[soundBlob]time.Time
}

type soundBlob struct {
	key, sum string
	touched  int64
}

const (
	soundFor = 10 * time.Minute
	maxSound = 20_000
)

func (s *soundBlobs) known(st portal.Stored, r *blob.Reader) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Now().Before(s.until[soundBlob{st.Blob, st.SHA256, r.ModTime().UnixNano()}])
}

func (s *soundBlobs) note(st portal.Stored, r *blob.Reader) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.until == nil || len(s.until) >= maxSound {
		s.until = map[soundBlob]time.Time{}
	}
	s.until[soundBlob{st.Blob, st.SHA256, r.ModTime().UnixNano()}] = time.Now().Add(soundFor)
}

var smallBlobs = sync.Pool{New: func() any { return new([]byte) }}

// wholeContent is a small blob in memory.
type wholeContent struct {
	*bytes.Reader
	buf *[]byte
}

func (c *wholeContent) Close() error {
	smallBlobs.Put(c.buf)
	return nil
}

// rangeOf is what to send: where from, how much, and with which status. One
// range is answered, if the blob is still the one that the visitor has begun
// with; several, and what is not understood, are not worth an error.
func rangeOf(r *http.Request, size int64, etag string) (from, length int64, code int) {
	all := func() (int64, int64, int) { return 0, size, http.StatusOK }
	spec, ok := strings.CutPrefix(r.Header.Get("Range"), "bytes=")
	if !ok || r.Method != http.MethodGet || len(r.Header.Values("Range")) > 1 {
		return all()
	}
	if since := r.Header.Get("If-Range"); since != "" && since != etag {
		return all()
	}
	first, last, ok := strings.Cut(strings.TrimSpace(spec), "-")
	if !ok || strings.Contains(spec, ",") {
		return all()
	}
	if first == "" { // the last so many
		n, ok := Digits(last)
		switch {
		case !ok:
			return all()
		case n == 0 || size == 0:
			return 0, 0, http.StatusRequestedRangeNotSatisfiable
		}
		n = min(n, size)
		return size - n, n, http.StatusPartialContent
	}
	from, ok = Digits(first)
	if !ok {
		return all()
	}
	end := size - 1
	if last != "" {
		if end, ok = Digits(last); !ok || end < from {
			return all()
		}
		end = min(end, size-1)
	}
	if from >= size {
		return 0, 0, http.StatusRequestedRangeNotSatisfiable
	}
	return from, end - from + 1, http.StatusPartialContent
}

// Digits reads a number that is nothing but digits.
func Digits(s string) (int64, bool) {
	if len(s) == 0 || len(s) > 18 {
		return 0, false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

// Disposition says what a browser is to do with a file, and what it is called:
// for old programs in ASCII, for the others as it is.
func Disposition(kind, name string) string {
	var plain, coded strings.Builder
	for _, c := range name {
		if c < ' ' || c > '~' || strings.ContainsRune(`"\/%;`, c) {
			c = '_'
		}
		plain.WriteRune(c)
	}
	const hexDigits = "0123456789ABCDEF"
	for i := range len(name) {
		c := name[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("!#$&+-.^_`|~", c) >= 0 {
			coded.WriteByte(c)
			continue
		}
		coded.Write([]byte{'%', hexDigits[c>>4], hexDigits[c&15]})
	}
	return fmt.Sprintf(`%s; filename="%s"; filename*=UTF-8''%s`, kind, plain.String(), coded.String())
}

const (
	piece     = 1 << 20          // is sent, or comes,
	pieceTime = 60 * time.Second // within this time, or the connection ends
)

// send copies n bytes to the visitor, for as long as they take them.
func (c *Carrier) send(w http.ResponseWriter, from io.Reader, n int64) error {
	p := NewPaced(w)
	defer p.End()
	_, err := io.CopyN(p, from, n)
	return err
}

// Paced is an answer that may take as long as it takes, as long as it goes on.
// The server's limit on reading a request would else end it, and nothing would
// end one that nobody reads.
type Paced struct {
	http.ResponseWriter
	rc   *http.ResponseController
	sent int64 // since the last deadline
}

// NewPaced paces an answer until End.
func NewPaced(w http.ResponseWriter) *Paced {
	p := &Paced{ResponseWriter: w, rc: http.NewResponseController(w)}
	p.rc.SetReadDeadline(time.Time{})
	p.renew()
	return p
}

func (p *Paced) renew() {
	p.sent = 0
	p.rc.SetWriteDeadline(time.Now().Add(pieceTime))
}

// End lifts the deadline, which would else stay with the connection.
func (p *Paced) End() { p.rc.SetWriteDeadline(time.Time{}) }

func (p *Paced) Write(b []byte) (int, error) {
	n, err := p.ResponseWriter.Write(b)
	if p.sent += int64(n); p.sent >= piece {
		p.renew()
	}
	return n, err
}

// ReadFrom sends in pieces, each of which the kernel takes from the file itself
// where there is one.
func (p *Paced) ReadFrom(from io.Reader) (int64, error) {
	limited, ok := from.(*io.LimitedReader)
	if !ok {
		return io.Copy(struct{ io.Writer }{p}, from)
	}
	var sent int64
	for limited.N > 0 {
		part := io.LimitedReader{R: limited.R, N: min(limited.N, piece)}
		n, err := io.Copy(p.ResponseWriter, &part)
		sent += n
		limited.N -= n
		if err != nil || n == 0 {
			return sent, err
		}
		p.renew()
	}
	return sent, nil
}
