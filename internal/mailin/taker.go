package mailin

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"

	"github.com/emersion/go-message/textproto"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/blob"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/transfer"
)

// MaxSize is how large a mail may be: 25 MB of files, as mail carries them.
const MaxSize = 40 << 20

const (
	atOnce  = 4         // mails that are being stored at the same time
	lowRoom = 256 << 20 // with less room in the storage, none is taken
)

// Options of New.
type Options struct {
	Portal    *portal.Portal
	Accounts  *account.Accounts
	Bytes     *transfer.Carrier
	Addresses *Addresses
	Others    []string // further addresses whose mail is looked at by hand
	// Server is whose Authentication-Results are believed. Empty: nobody says who
	// sent a mail, and its reply address has to do.
	Server string
	Temp   string // a directory for the files of the mail that is looked at
	Log    *slog.Logger
}

// Taker takes mails in. It may be used by several goroutines.
type Taker struct {
	Options
	storing chan struct{}
}

// New returns a taker. It does nothing before Register's job runs, ServeLMTP or
// Poll.
func New(o Options) *Taker {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Taker{Options: o, storing: make(chan struct{}, atOnce)}
}

var (
	errUnknown = errors.New("mailin: not an address of ours")
	errBusy    = errors.New("mailin: too much at the same time")
	errFull    = errors.New("mailin: no room left")
	errLarge   = errors.New("mailin: larger than a mail may be")
)

// knows reports whether mail to an address is for us, with the address as it is
// kept. A reply address is looked up, so that one nobody has is refused at
// once.
func (t *Taker) knows(ctx context.Context, address string) (string, error) {
	address = strings.ToLower(strings.Trim(address, "<> "))
	for _, other := range t.Others {
		if strings.EqualFold(address, other) {
			return address, nil
		}
	}
	r, ok := t.Addresses.Find(address)
	if !ok {
		return "", errUnknown
	}
	if r.Purpose == Reply {
		_, err := t.Portal.ReplyPlace(ctx, "rpl_"+r.ID)
		if errors.Is(err, portal.ErrNotFound) {
			return "", errUnknown
		}
		if err != nil {
			return "", err
		}
	}
	return address, nil
}

// Receive puts a mail away durably: when it returns nil, the mail may be
// accepted. One that came before is not stored again.
func (t *Taker) Receive(ctx context.Context, sender string, recipients []string, r io.Reader) error {
	select {
	case t.storing <- struct{}{}:
		defer func() { <-t.storing }()
	default:
		return errBusy
	}
	switch free, err := t.Bytes.Blobs.Free(ctx); {
	case err != nil:
		return err
	case free < lowRoom:
		return errFull
	}
	head := &prefix{most: maxHeader}
	limited := &io.LimitedReader{R: r, N: MaxSize + 1}
	key := blob.NewKey()
	info, err := t.Bytes.Blobs.Put(ctx, key, &sized{io.TeeReader(limited, head), limited}, -1)
	if err != nil {
		return err
	}
	id := head.messageID()
	if id == "" {
		id = "sha256:" + info.SHA256
	}
	mails := make([]portal.NewIncoming, len(recipients))
	for i, to := range recipients {
		mails[i] = portal.NewIncoming{MessageID: id, Recipient: to, Sender: sender, Blob: string(key), Size: info.Size}
	}
	fresh, err := t.Portal.KeepIncoming(ctx, mails)
	if err == nil && fresh > 0 {
		return nil
	}
	if err != nil && ctx.Err() != nil {
		return err // perhaps it is written: the sweep finds out
	}
	if gone := t.Bytes.Blobs.Delete(context.WithoutCancel(ctx), key); gone != nil {
		t.Log.Warn("remove a mail that was not kept", "error", gone.Error())
	}
	return err
}

// sized ends with errLarge where there is more than a mail may have.
type sized struct {
	io.Reader
	limit *io.LimitedReader
}

func (s *sized) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if s.limit.N <= 0 {
		return 0, errLarge
	}
	return n, err
}

// A prefix keeps the beginning of what is written to it.
type prefix struct {
	bytes.Buffer
	most int
}

func (p *prefix) Write(b []byte) (int, error) {
	if room := p.most - p.Len(); room > 0 {
		p.Buffer.Write(b[:min(room, len(b))])
	}
	return len(b), nil
}

// header reads the header of a mail as far as it goes.
func (p *prefix) header() textproto.Header {
	h, _ := textproto.ReadHeader(bufio.NewReader(bytes.NewReader(p.Bytes())))
	return h
}

func (p *prefix) messageID() string {
	h := p.header()
	if ids := messageIDs(h.Get("Message-Id")); len(ids) > 0 {
		return ids[0]
	}
	return ""
}
