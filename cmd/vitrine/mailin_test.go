package main

import (
	"context"
	"fmt"
	"net"
	"net/textproto"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/mailin"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/transfer"
)

// deliver hands a mail over as a mail server does, by LMTP.
func deliver(t *testing.T, socket, to, raw string) {
	t.Helper()
	conn, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	c := textproto.NewConn(conn)
	defer c.Close()
	for _, step := range []struct {
		line string
		code int
	}{{"", 220}, {"LHLO mx.test", 250}, {"MAIL FROM:<>", 250}, {"RCPT TO:<" + to + ">", 250}, {"DATA", 354}, {strings.ReplaceAll(raw, "\n", "\r\n") + "\r\n.", 250}, {"QUIT", 221}} {
		if step.line != "" {
			if err := c.PrintfLine("%s", step.line); err != nil {
				t.Fatal(err)
			}
		}
		if _, said, err := c.ReadResponse(step.code); err != nil {
			t.Fatalf("%.40q: %s, %v", step.line, said, err)
		}
	}
}

// A mail that a mail server delivers is posted by the job that was put down with
// it, and a report goes to the mail that it is about.
func TestMailComesIn(t *testing.T) { onBoth(t, mailComesIn) }

func mailComesIn(t *testing.T, dialect db.Dialect) {
	p := settle(t, dialect)
	socket := filepath.Join(t.TempDir(), "lmtp")
	p.env = append(p.env, "VITRINE_REPLY_ADDRESS=reply@in.honcho.test", "VITRINE_MAIL_AUTH_SERVER=mx.honcho.test", "VITRINE_LMTP_LISTEN=unix:"+socket)
	p.withFiles(func(h *house, project portal.ProjectID, _ portal.ClientID) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		ana, err := h.accounts.PersonByEmail(ctx, ownerEmail)
		if err != nil {
			t.Fatal(err)
		}
		me := h.portal.As(portal.PersonActor(ana.ID))
		thread, err := me.StartConversation(ctx, project, portal.NewConversation{Subject: "Colours", NewMessage: portal.NewMessage{Body: "Which?"}})
		if err != nil {
			t.Fatal(err)
		}
		if h.looks, err = h.inspector(); err != nil {
			t.Fatal(err)
		}
		if h.takes, err = h.taker(transfer.New(h.blobs, "", h.log)); err != nil {
			t.Fatal(err)
		}
		if err := h.startJobs(ctx); err != nil {
			t.Fatal(err)
		}
		defer h.jobs.Stop(context.Background())
		stop, err := h.takeMail(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer stop()
		id, err := h.portal.ReplyAddress(ctx, portal.ReplyPlace{Person: ana.ID, Place: string(thread), Audience: portal.Team})
		if err != nil {
			t.Fatal(err)
		}
		to := h.answers.For(mailin.Reply, id)
		deliver(t, socket, to, fmt.Sprintf("Authentication-Results: mx.honcho.test; dmarc=pass\nFrom: %s\nTo: %s\nSubject: Re: Colours\nMessage-ID: <1@x.test>\n\nBlue.\n\n-- \nAna", ownerEmail, to))
		for {
			l, err := me.Messages(ctx, thread, portal.MessagePage{})
			if err != nil {
				t.Fatal(err)
			}
			if len(l.All) == 2 {
				if l.All[1].Body != "Blue." {
					t.Errorf("posted: %q", l.All[1].Body)
				}
				break
			}
			<-time.After(20 * time.Millisecond)
		}
		if o := h.mailOptions(); o.ReturnTo("mai_01kfxyz0000000000000000000") != h.answers.For(mailin.Return, "mai_01kfxyz0000000000000000000") {
			t.Error("reports go elsewhere")
		}
	})
}
