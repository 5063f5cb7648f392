package mailin

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/vitrine-portal/vitrine/internal/portal"
)

const (
	imapPoll = time.Minute      // between two looks, where the server tells nothing by itself
	imapIdle = 10 * time.Minute // between two looks, where it does
)

// Mailbox says where mail is fetched from.
type Mailbox struct {
	Host     string
	Port     int
	TLS      string // tls, starttls or none
	User     string
	Password string
	Folder   string // empty: INBOX
	Done     string // what was taken is moved there; empty: it is left, and marked as seen
}

// Poll fetches mail until ctx ends. What cannot be reached is tried again,
// after a longer while each time. Unseen mails are taken, and marked as seen
// once they are stored: the mailbox is the portal's own.
func (t *Taker) Poll(ctx context.Context, m Mailbox) {
	wait := time.Second
	for ctx.Err() == nil {
		began := time.Now()
		err := t.visit(ctx, m)
		if ctx.Err() != nil {
			return
		}
		t.Log.Warn("the mailbox cannot be read", "host", m.Host, "error", errorText(err))
		if time.Since(began) > imapPoll {
			wait = time.Second // it worked for a while
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
		wait = min(2*wait, 5*time.Minute)
	}
}

// CheckMailbox signs in to a mailbox and looks whether its folders are there.
func CheckMailbox(ctx context.Context, m Mailbox) error {
	t := &Taker{}
	c, err := t.signIn(ctx, m, nil)
	if err != nil {
		return err
	}
	defer c.Close()
	for _, name := range []string{m.Done, m.folder()} {
		if name == "" {
			continue
		}
		if _, err := c.Select(name, &imap.SelectOptions{ReadOnly: true}).Wait(); err != nil {
			return fmt.Errorf("the folder %s: %w", name, err)
		}
	}
	return nil
}

// errorText is an error for the log, in a line.
func errorText(err error) string {
	if err == nil {
		return "the connection ended"
	}
	return oneLine(err.Error(), 300)
}

func (m Mailbox) folder() string {
	if m.Folder == "" {
		return "INBOX"
	}
	return m.Folder
}

func (t *Taker) signIn(ctx context.Context, m Mailbox, news func()) (*imapclient.Client, error) {
	dialer := net.Dialer{Timeout: 30 * time.Second}
	raw, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(m.Host, strconv.Itoa(m.Port)))
	if err != nil {
		return nil, err
	}
	o := &imapclient.Options{TLSConfig: &tls.Config{ServerName: m.Host, MinVersion: tls.VersionTLS12}}
	if news != nil {
		o.UnilateralDataHandler = &imapclient.UnilateralDataHandler{Mailbox: func(d *imapclient.UnilateralDataMailbox) {
			if d.NumMessages != nil {
				news()
			}
		}}
	}
	var c *imapclient.Client
	switch m.TLS {
	case "tls":
		secure := tls.Client(raw, o.TLSConfig)
		hello, cancel := context.WithTimeout(ctx, 30*time.Second)
		defer cancel()
		if err := secure.HandshakeContext(hello); err != nil {
			raw.Close()
			return nil, err
		}
		c = imapclient.New(secure, o)
	case "starttls":
		if c, err = imapclient.NewStartTLS(raw, o); err != nil {
			raw.Close()
			return nil, err
		}
	default:
		c = imapclient.New(raw, o)
	}
	go func() { // whatever waits for the server ends with the context
		select {
		case <-ctx.Done():
			raw.Close()
		case <-c.Closed():
		}
	}()
	if err := c.WaitGreeting(); err != nil {
		c.Close()
		return nil, err
	}
	if err := c.Login(m.User, m.Password).Wait(); err != nil {
		c.Close()
		return nil, fmt.Errorf("signing in: %w", err)
	}
	return c, nil
}

// visit signs in, takes what is there, and waits for more until something
// breaks.
func (t *Taker) visit(ctx context.Context, m Mailbox) error {
	news := make(chan struct{}, 1)
	c, err := t.signIn(ctx, m, func() {
		select {
		case news <- struct{}{}:
		default:
		}
	})
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.Select(m.folder(), nil).Wait(); err != nil {
		return fmt.Errorf("the folder %s: %w", m.folder(), err)
	}
	left := make(map[imap.UID]bool) // too large, or not readable over IMAP
	for {
		if err := t.fetchAll(ctx, c, m, left); err != nil {
			return err
		}
		if !c.Caps().Has(imap.CapIdle) {
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(imapPoll):
			}
			if err := c.Noop().Wait(); err != nil {
				return err
			}
			continue
		}
		idle, err := c.Idle()
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
		case <-c.Closed():
		case <-news:
		case <-time.After(imapIdle):
		}
		if err := errors.Join(idle.Close(), idle.Wait()); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return nil
		}
	}
}

// fetchAll takes the unseen mails, one after the other.
func (t *Taker) fetchAll(ctx context.Context, c *imapclient.Client, m Mailbox, left map[imap.UID]bool) error {
	found, err := c.UIDSearch(&imap.SearchCriteria{NotFlag: []imap.Flag{imap.FlagSeen, imap.FlagDeleted}}, nil).Wait()
	if err != nil {
		return err
	}
	for _, uid := range found.AllUIDs() {
		if left[uid] || ctx.Err() != nil {
			continue
		}
		taken, err := t.fetch(ctx, c, uid)
		if err != nil {
			return err
		}
		if !taken {
			left[uid] = true
			continue
		}
		if err := c.Store(imap.UIDSetNum(uid), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagSeen}}, nil).Close(); err != nil {
			return err
		}
		if m.Done != "" {
			if _, err := c.Move(imap.UIDSetNum(uid), m.Done).Wait(); err != nil {
				return fmt.Errorf("the folder %s: %w", m.Done, err)
			}
		}
	}
	return nil
}

// fetch stores one mail. It reports false for one that is left where it is.
func (t *Taker) fetch(ctx context.Context, c *imapclient.Client, uid imap.UID) (taken bool, err error) {
	sizes, err := c.Fetch(imap.UIDSetNum(uid), &imap.FetchOptions{UID: true, RFC822Size: true}).Collect()
	if err != nil {
		return false, err
	}
	if len(sizes) != 1 {
		return false, nil
	}
	// The header first: it says for which addresses of ours the mail is.
	part := &imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader, Peek: true}
	heads, err := c.Fetch(imap.UIDSetNum(uid), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{part}}).Collect()
	if err != nil {
		return false, err
	}
	if len(heads) != 1 {
		return false, nil
	}
	head := &prefix{most: maxHeader}
	head.Write(heads[0].FindBodySection(part))
	sender, to, err := t.envelopeOf(ctx, head)
	if err != nil {
		return false, err
	}
	if size := sizes[0].RFC822Size; size > MaxSize {
		return false, t.noteLarge(ctx, uid, sender, to, head, size)
	}
	cmd := c.Fetch(imap.UIDSetNum(uid), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}}})
	defer cmd.Close()
	msg := cmd.Next()
	for msg != nil {
		item := msg.Next()
		if item == nil {
			break
		}
		if body, ok := item.(imapclient.FetchItemDataBodySection); ok && body.Literal != nil {
			err = t.Receive(ctx, sender, to, body.Literal)
			if errors.Is(err, errLarge) {
				return false, t.noteLarge(ctx, uid, sender, to, head, MaxSize)
			}
			taken = err == nil
		}
	}
	return taken, err
}

// noteLarge has those who administer see a mail that stays in the mailbox, as it is too
// large.
func (t *Taker) noteLarge(ctx context.Context, uid imap.UID, sender string, to []string, head *prefix, size int64) error {
	t.Log.Warn("a mail in the mailbox is too large and stays there", "uid", uint32(uid))
	in := &Incoming{header: head.header()}
	in.envelope()
	sum := sha256.Sum256(head.Bytes())
	m := portal.IncomingMail{MessageID: cmp.Or(in.MessageID, "sha256:"+hex.EncodeToString(sum[:])), Sender: sender, Size: size,
		FromAddress: oneLine(in.From.Address, 320), FromName: in.From.Name, Subject: in.Subject}
	mails := make([]portal.IncomingMail, len(to))
	for i, address := range to {
		mails[i], mails[i].Recipient = m, address
	}
	return t.Portal.KeepLarge(ctx, mails)
}

// envelopeOf finds for which addresses of ours a mail in the mailbox is, each once;
// one that names none is for the base.
func (t *Taker) envelopeOf(ctx context.Context, head *prefix) (sender string, to []string, err error) {
	in := &Incoming{header: head.header()}
	in.envelope()
	sender = oneLine(strings.ToLower(strings.Trim(in.header.Get("Return-Path"), "<> ")), 320)
	for _, address := range in.To {
		r, ours := t.Addresses.Find(address)
		if !ours || r.Purpose == 0 {
			continue
		}
		known, err := t.knows(ctx, address)
		switch {
		case err == nil:
			if !slices.Contains(to, known) {
				to = append(to, known)
			}
		case !errors.Is(err, errUnknown):
			return "", nil, err
		}
	}
	if to == nil {
		to = []string{t.Addresses.Base()}
	}
	return sender, to, nil
}
