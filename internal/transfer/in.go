package transfer

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vitrine-portal/vitrine/internal/blob"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/preview"
)

// step is how many bytes come in between two moments at which they are safe.
const step = 16 << 20

// stateOf is how far the store has come with an upload.
func stateOf(u portal.Uploading) (blob.State, error) {
	data, err := base64.StdEncoding.DecodeString(u.State)
	if err != nil {
		return blob.State{}, fmt.Errorf("%w: its state cannot be read", ErrTorn)
	}
	return blob.State{Offset: u.Received, Data: data}, nil
}

// counted runs what must not stop half way because the visitor has gone.
func counted(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
}

// Begin enters an upload, and makes its blob. Whether its bytes may come, and
// fit, is decided here, before any of them does.
func (c *Carrier) Begin(ctx context.Context, me *portal.Scope, n portal.NewUpload) (portal.Uploading, error) {
	free, err := c.Blobs.Free(ctx)
	switch {
	case err != nil:
		return portal.Uploading{}, err
	case n.Size > free:
		return portal.Uploading{}, blob.ErrNoSpace
	}
	key := blob.NewKey()
	id, err := me.BeginUpload(ctx, n, string(key))
	if err != nil {
		return portal.Uploading{}, err
	}
	ctx = portal.WithRequest(ctx, portal.Request{}) // which has made its one change
	u, err := me.Upload(ctx, id)
	if err != nil {
		return u, err
	}
	st, err := c.Blobs.Begin(ctx, key)
	if err == nil && len(st.Data) > 0 {
		u.State = base64.StdEncoding.EncodeToString(st.Data)
		err = me.AdvanceUpload(ctx, u.ID, 0, 0, u.State)
	}
	if err != nil {
		c.Abandon(ctx, me, u)
	}
	return u, err
}

// Abandon forgets an upload, and gives its room back.
func (c *Carrier) Abandon(ctx context.Context, me *portal.Scope, u portal.Uploading) error {
	ctx, cancel := counted(ctx)
	defer cancel()
	if err := me.AbandonUpload(ctx, u.ID); err != nil {
		return err
	}
	// The row is gone, so what is left of the blob is the sweep's at the latest.
	st, _ := stateOf(u)
	key := blob.Key(u.Blob)
	return errors.Join(c.Blobs.Abort(ctx, key, st), c.Blobs.Delete(ctx, key))
}

// Receive adds what r holds to an upload, at most up to its size, and returns
// the upload as it is then, also with an error: what had come is kept. Each
// step is on disk and in the row before it is counted. With whole, there is one
// step, and whole says whether it may count; what was cut off counts without,
// as it would never come whole on a bad line, and the file has a hash as well.
func (c *Carrier) Receive(ctx context.Context, me *portal.Scope, u portal.Uploading, r io.Reader, whole func() error) (portal.Uploading, error) {
	sure := u                              // as far as its row says
	written := func() error { return nil } // waits for the row of the last step
	settle := func(err error) (portal.Uploading, error) {
		if failed := written(); failed != nil {
			return sure, failed
		}
		return u, err
	}
	for u.Received < u.Size {
		st, err := stateOf(u)
		if err != nil {
			return settle(err)
		}
		most := min(step, u.Size-u.Received)
		if whole != nil {
			most = u.Size - u.Received
		}
		next, err := c.Blobs.Append(ctx, blob.Key(u.Blob), st, r, most)
		if errors.Is(err, blob.ErrCorrupt) || errors.Is(err, blob.ErrNotExist) {
			return settle(fmt.Errorf("%w: %w", ErrTorn, err))
		}
		if err == nil && next.Offset == u.Size {
			err = nothingMore(r)
		}
		if errors.Is(err, ErrBeyond) {
			return settle(err)
		}
		if whole != nil && err == nil {
			if err := whole(); err != nil {
				return settle(err)
			}
		}
		short := next.Offset-u.Received < most
		if next.Offset > u.Received {
			if failed := written(); failed != nil {
				return sure, failed
			}
			sure = u
			from := u.Received
			u.Received, u.State = next.Offset, base64.StdEncoding.EncodeToString(next.Data)
			written = c.advance(ctx, me, u, from)
		}
		if err != nil || short {
			return settle(err)
		}
	}
	return settle(nil)
}

// Bring takes the bytes of one request into an upload that is held (see Hold):
// length of them, -1 when nobody has said so. As Receive otherwise.
func (c *Carrier) Bring(ctx context.Context, me *portal.Scope, u portal.Uploading, in *Incoming, length int64, whole *Sum) (portal.Uploading, error) {
	if length > u.Size-u.Received {
		return u, ErrBeyond
	}
	leave, err := c.Enter(me.Person())
	if err != nil {
		return u, err
	}
	defer leave()
	pre := readAhead(in)
	defer func() {
		if pre.now.err == nil { // it may be waiting
			in.stop()
		}
		pre.end()
	}()
	if whole == nil {
		return c.Receive(ctx, me, u, pre, nil)
	}
	return c.Receive(ctx, me, u, io.TeeReader(pre, whole.Hash), whole.check)
}

// Sum is what the bytes of one request are said to sum up to.
type Sum struct {
	Hash hash.Hash
	Want []byte
	Else error // when they do not
}

func (s *Sum) check() error {
	if subtle.ConstantTimeCompare(s.Hash.Sum(nil), s.Want) == 0 {
		return s.Else
	}
	return nil
}

// Live returns one of the actor's own uploads. One that is not finished in its
// time is over: ErrExpired.
func (c *Carrier) Live(ctx context.Context, me *portal.Scope, id portal.UploadID, now time.Time) (portal.Uploading, error) {
	u, err := me.Upload(ctx, id)
	if err == nil && !u.Finished && now.After(u.ExpiresAt) {
		err = ErrExpired
	}
	return u, err
}

// Hold keeps others from writing to an upload until free is called, and returns
// it as it is then. It is taken from a connection that has been silent, which
// must be lost. In is what may be taken away likewise; nil where nobody waits
// for a visitor.
func (c *Carrier) Hold(ctx context.Context, me *portal.Scope, id portal.UploadID, now time.Time, in *Incoming) (u portal.Uploading, free func(), err error) {
	if _, err = c.Live(ctx, me, id, now); err != nil {
		return u, nil, err
	}
	if free, err = c.uploads.take(ctx, id, in, false); err != nil {
		return u, nil, err
	}
	if u, err = c.Live(ctx, me, id, now); err != nil {
		free()
		return u, nil, err
	}
	return u, free, nil
}

// Drop forgets an upload, whoever is still writing to it. One that is finished
// is ErrConflict: it is a file by now, and deleted as one.
func (c *Carrier) Drop(ctx context.Context, me *portal.Scope, id portal.UploadID) error {
	if _, err := me.Upload(ctx, id); err != nil {
		return err
	}
	free, err := c.uploads.take(ctx, id, nil, true)
	if err != nil {
		return err
	}
	defer free()
	u, err := me.Upload(ctx, id)
	switch {
	case err != nil:
		return err
	case u.Finished:
		return portal.ErrConflict
	}
	return c.Abandon(ctx, me, u)
}

// advance writes how far an upload has come, and returns what waits for it: the
// next bytes may come meanwhile.
func (c *Carrier) advance(ctx context.Context, me *portal.Scope, u portal.Uploading, from int64) func() error {
	done := make(chan error, 1)
	go func() {
		ctx, cancel := counted(ctx)
		defer cancel()
		done <- me.AdvanceUpload(ctx, u.ID, from, u.Received, u.State)
	}()
	return sync.OnceValue(func() error { return <-done })
}

// nothingMore makes sure that r has ended.
func nothingMore(r io.Reader) error {
	switch n, err := io.ReadFull(r, make([]byte, 1)); {
	case n > 0:
		return ErrBeyond
	case err == io.EOF:
		return nil
	default:
		return err
	}
}

// Finish makes a file of an upload of which everything is there. It may be
// called again, and after a crash at any point.
func (c *Carrier) Finish(ctx context.Context, me *portal.Scope, u portal.Uploading, sum string) (portal.FileID, portal.VersionID, error) {
	if u.Finished {
		return u.Became, u.Version, nil
	}
	ctx = context.WithoutCancel(ctx)
	a, err := c.Arrived(ctx, me, u, sum)
	if err != nil {
		return "", "", err
	}
	return me.FinishUpload(ctx, u.ID, a)
}

// Arrived makes a blob of an upload of which everything is there, and looks at
// it. When it is not what was announced, the upload is forgotten.
func (c *Carrier) Arrived(ctx context.Context, me *portal.Scope, u portal.Uploading, sum string) (portal.Arrived, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Minute)
	defer cancel()
	st, err := stateOf(u)
	if err != nil {
		return portal.Arrived{}, err
	}
	key := blob.Key(u.Blob)
	info, err := c.Blobs.Finish(ctx, key, st)
	switch {
	case errors.Is(err, blob.ErrCorrupt), errors.Is(err, blob.ErrNotExist):
		return portal.Arrived{}, fmt.Errorf("%w: %w", ErrTorn, err)
	case err != nil:
		return portal.Arrived{}, err
	}
	for _, claimed := range []string{sum, u.ClaimedSHA256} {
		if claimed != "" && claimed != info.SHA256 {
			if err := c.Abandon(ctx, me, u); err != nil {
				return portal.Arrived{}, err
			}
			return portal.Arrived{}, ErrWrongSum
		}
	}
	head, err := c.head(ctx, key)
	if err != nil {
		return portal.Arrived{}, err
	}
	kind, kindType := preview.Sniff(head, u.Name)
	return portal.Arrived{Size: info.Size, SHA256: info.SHA256, Kind: string(kind), Type: kindType, Scan: c.scan}, nil
}

// head is the beginning of a blob, which tells what it is.
func (c *Carrier) head(ctx context.Context, key blob.Key) ([]byte, error) {
	r, err := c.Blobs.Open(ctx, key)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(io.LimitReader(r, preview.SniffLen))
}

// Incoming is the body of a request that may take as long as it takes, as long
// as it goes on: each piece has its time. It can be stopped from outside.
type Incoming struct {
	from  io.Reader
	rc    *http.ResponseController
	heard atomic.Int64 // when something last came, in Unix nanoseconds
	got   int64        // since the last deadline

	mu      sync.Mutex
	stopped bool
}

const incomingPiece = 256 << 10

// NewIncoming reads the body of the request that w answers.
func NewIncoming(w http.ResponseWriter, body io.Reader) *Incoming {
	in := &Incoming{from: body, rc: http.NewResponseController(w)}
	in.heard.Store(time.Now().UnixNano())
	in.renew()
	return in
}

// renew gives the next piece its time.
func (in *Incoming) renew() {
	in.mu.Lock()
	defer in.mu.Unlock()
	if !in.stopped {
		in.got = 0
		in.rc.SetReadDeadline(time.Now().Add(pieceTime))
	}
}

// stop ends the reading: the visitor has begun anew elsewhere. What has ended by
// itself is left alone, as the next thing read there is another request.
func (in *Incoming) stop() {
	in.mu.Lock()
	defer in.mu.Unlock()
	if !in.stopped {
		in.stopped = true
		in.rc.SetReadDeadline(time.Unix(1, 0))
	}
}

func (in *Incoming) Read(p []byte) (int, error) {
	n, err := in.from.Read(p)
	if n > 0 {
		in.heard.Store(time.Now().UnixNano())
		if in.got += int64(n); in.got >= incomingPiece {
			in.renew()
		}
	}
	if err != nil {
		in.mu.Lock()
		in.stopped = true
		in.mu.Unlock()
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = ErrStalled
	}
	return n, err
}

// silent is for how long nothing has come.
func (in *Incoming) silent() time.Duration {
	return time.Duration(time.Now().UnixNano() - in.heard.Load())
}

// ahead reads on while what came before is being made safe.
type ahead struct {
	full chan chunk
	free chan []byte
	quit chan struct{}
	done chan struct{}
	now  chunk
	rest []byte // of now
}

type chunk struct {
	b   []byte
	n   int
	err error
}

const (
	aheadChunks = 8
	aheadSize   = 512 << 10
)

var aheadBuffers = sync.Pool{New: func() any { return new([aheadSize]byte) }}

// readAhead reads r in a goroutine until it ends or end is called.
func readAhead(r io.Reader) *ahead {
	a := &ahead{full: make(chan chunk, aheadChunks), free: make(chan []byte, aheadChunks), quit: make(chan struct{}), done: make(chan struct{})}
	for range aheadChunks {
		a.free <- nil // made when it is needed
	}
	go func() {
		defer close(a.done)
		for {
			var b []byte
			select {
			case b = <-a.free:
			case <-a.quit:
				return
			}
			if b == nil {
				b = aheadBuffers.Get().(*[aheadSize]byte)[:]
			}
			n, err := r.Read(b)
			a.full <- chunk{b, n, err} // there is room for each
			if err != nil {
				return
			}
		}
	}()
	return a
}

func (a *ahead) Read(p []byte) (int, error) {
	for len(a.rest) == 0 {
		if a.now.err != nil {
			return 0, a.now.err
		}
		if a.now.b != nil {
			a.free <- a.now.b
		}
		a.now = <-a.full
		a.rest = a.now.b[:a.now.n]
	}
	n := copy(p, a.rest)
	a.rest = a.rest[n:]
	return n, nil
}

// end stops the reading. The reader must not wait for more by then.
func (a *ahead) end() {
	close(a.quit)
	<-a.done
	for {
		select {
		case c := <-a.full:
			a.give(c.b)
		case b := <-a.free:
			a.give(b)
		default:
			a.give(a.now.b)
			return
		}
	}
}

func (a *ahead) give(b []byte) {
	if b != nil {
		aheadBuffers.Put((*[aheadSize]byte)(b[:aheadSize]))
	}
}

// uploadLocks let one request at a time write to an upload, on this node. On
// several, the row decides: its offset moves once from each place.
type uploadLocks struct {
	mu   sync.Mutex
	held map[portal.UploadID]*uploadLock
}

type uploadLock struct {
	in   *Incoming // nil: it does not wait for a visitor
	free chan struct{}
}

// presumedGone is the silence after which a connection is taken for lost by who
// comes back for its upload.
const presumedGone = 2 * time.Second

// take returns what frees the upload again. One that is held by a connection
// that has been silent, or by any with force, is taken from it.
func (l *uploadLocks) take(ctx context.Context, id portal.UploadID, in *Incoming, force bool) (free func(), err error) {
	deadline := time.After(5 * time.Second)
	for {
		l.mu.Lock()
		other := l.held[id]
		if other == nil {
			lock := &uploadLock{in, make(chan struct{})}
			if l.held == nil {
				l.held = map[portal.UploadID]*uploadLock{}
			}
			l.held[id] = lock
			l.mu.Unlock()
			return func() {
				l.mu.Lock()
				delete(l.held, id)
				l.mu.Unlock()
				close(lock.free)
			}, nil
		}
		l.mu.Unlock()
		if !force && (other.in == nil || other.in.silent() < presumedGone) {
			return nil, ErrBusy
		}
		if other.in != nil {
			other.in.stop()
		}
		select {
		case <-other.free:
		case <-deadline:
			return nil, ErrBusy
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// maxSenders is how many requests of one person bring bytes at the same time.
const maxSenders = 16

// senders counts the requests that bring bytes, by person.
type senders struct {
	mu sync.Mutex
	of map[portal.PersonID]int
}

// Enter counts a request in, or says ErrMany; leave counts it out.
func (c *Carrier) Enter(id portal.PersonID) (leave func(), err error) { return c.senders.enter(id) }

func (s *senders) enter(id portal.PersonID) (leave func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of[id] >= maxSenders {
		return nil, ErrMany
	}
	if s.of == nil {
		s.of = map[portal.PersonID]int{}
	}
	s.of[id]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.of[id]--; s.of[id] == 0 {
			delete(s.of, id)
		}
	}, nil
}
