package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/vitrine-portal/vitrine/internal/blob"
	"github.com/vitrine-portal/vitrine/internal/config"
	"github.com/vitrine-portal/vitrine/internal/mail"
	"github.com/vitrine-portal/vitrine/internal/mailin"
	"github.com/vitrine-portal/vitrine/internal/notify"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/transfer"
)

// answerAddresses makes the addresses that mail comes in to. Without a setting
// they are on a domain that nothing comes from: what came before can still be
// looked at.
func answerAddresses(cfg *config.Config, key []byte) (*mailin.Addresses, error) {
	previous, err := cfg.LoadPreviousKey()
	if err != nil {
		return nil, err
	}
	keys := [][]byte{key}
	if previous != nil {
		keys = append(keys, previous)
	}
	return mailin.NewAddresses(cmp.Or(cfg.MailIn.Address, "reply@mail.invalid"), keys...), nil
}

// mailOptions is how mail is written.
func (h *house) mailOptions() notify.Options {
	o := notify.Options{BaseURL: h.cfg.BaseURL, From: mail.Address{Name: h.cfg.MailFrom.Name, Email: h.cfg.MailFrom.Address}, Doctor: examination(h.cfg), Log: h.log, Picture: h.picture}
	if h.cfg.MailIn.Address != "" {
		o.Inbox = h.answers.Base()
		o.ReplyTo = func(ctx context.Context, p portal.ReplyPlace) (string, error) {
			id, err := h.portal.ReplyAddress(ctx, p)
			return h.answers.For(mailin.Reply, id), err
		}
		o.ReturnTo = func(id portal.MailID) string { return h.answers.For(mailin.Return, string(id)) }
	}
	return o
}

// picture reads what was made to look at a file, for a mail to show.
func (h *house) picture(ctx context.Context, st portal.Stored) ([]byte, error) {
	r, err := h.blobs.Open(ctx, blob.Key(st.Blob))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, st.Size+1))
	if sum := sha256.Sum256(b); err == nil && hex.EncodeToString(sum[:]) != st.SHA256 {
		err = blob.ErrCorrupt
	}
	return b, err
}

// taker takes mails in, with a directory for the one that it looks at. What a
// process that was killed left there is removed.
func (h *house) taker(bytes *transfer.Carrier) (*mailin.Taker, error) {
	dir := filepath.Join(h.cfg.Data, "incoming")
	if err := os.RemoveAll(dir); err != nil {
		return nil, err
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	var others []string
	if from := h.cfg.MailFrom.Address; from != "" {
		others = append(others, strings.ToLower(from))
	}
	return mailin.New(mailin.Options{
		Portal: h.portal, Accounts: h.accounts, Bytes: bytes, Addresses: h.answers, Others: others,
		Server: h.cfg.MailIn.AuthServer, Temp: dir, Log: h.log,
	}), nil
}

// takeMail opens the ways in, until ctx ends and stop was called.
func (h *house) takeMail(ctx context.Context) (stop func(), err error) {
	in := h.cfg.MailIn
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	if in.LMTP != "" {
		var l net.Listener
		if l, err = mailin.ListenLMTP(in.LMTP); err != nil {
			cancel()
			return nil, &mendable{fmt.Sprintf("cannot listen for mail on %s: %v", in.LMTP, err)}
		}
		running.Go(func() {
			if err := h.takes.ServeLMTP(ctx, l); err != nil {
				h.log.Error("mail by LMTP ended", "error", err.Error())
			}
		})
	}
	if in.IMAP.Host != "" {
		running.Go(func() { h.takes.Poll(ctx, mailbox(in.IMAP)) })
	}
	return func() { cancel(); running.Wait() }, nil
}

func mailbox(c config.IMAP) mailin.Mailbox {
	return mailin.Mailbox{Host: c.Host, Port: c.Port, TLS: c.TLS, User: c.User, Password: string(c.Password), Folder: c.Folder, Done: c.Done}
}

// checkMailIn looks whether mail can come in.
func checkMailIn(ctx context.Context, cfg *config.Config) []finding {
	const about = "mail in"
	in := cfg.MailIn
	if in.Address == "" {
		return []finding{{warn, about, "no reply address is set, so nobody can answer by mail"}}
	}
	var found []finding
	if in.AuthServer == "" {
		found = append(found, finding{warn, about, "nobody vouches for senders: who has seen somebody's reply address can write as them"})
	}
	if in.IMAP.Host != "" {
		if err := mailin.CheckMailbox(ctx, mailbox(in.IMAP)); err != nil {
			found = append(found, finding{bad, about, fmt.Sprintf("the mailbox on %s cannot be read: %v", in.IMAP.Host, err)})
		} else {
			found = append(found, finding{fine, about, fmt.Sprintf("the mailbox on %s can be read", in.IMAP.Host)})
		}
	}
	if in.LMTP != "" {
		found = append(found, finding{fine, about, "a mail server delivers to " + in.LMTP})
	}
	return found
}
