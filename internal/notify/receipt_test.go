package notify_test

import (
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/blob"
	"github.com/vitrine-portal/vitrine/internal/mail"
	"github.com/vitrine-portal/vitrine/internal/mail/mailtest"
	"github.com/vitrine-portal/vitrine/internal/mailin"
	"github.com/vitrine-portal/vitrine/internal/notify"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
	"github.com/vitrine-portal/vitrine/internal/transfer"
)

// Whom a message has reached by mail is told as the mail server answered and as
// what came back says, to those who may know who has seen it. Of what the team
// writes for itself clients learn nothing, not even that there is something.
func TestMessagesAreDelivered(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := t.Context()
		o := open(t, w, &mailtest.Server{})
		addresses := mailin.NewAddresses("reply@in.honcho.example", []byte("a key of thirty-two bytes, or so"))
		u, _ := url.Parse(base)
		from := mail.Address{Name: "Honcho Design", Email: "portal@honcho.example"}
		o.notify = notify.New(w.Portal, w.Accounts, mail.New(mail.Config{Host: "127.0.0.1", Port: o.server.Port(), TLS: mail.Plain, Timeout: 5 * time.Second, From: from}),
			notify.Options{BaseURL: u, From: from, ReturnTo: func(id portal.MailID) string { return addresses.For(mailin.Return, string(id)) }})
		store, err := blob.OpenDisk(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		taker := mailin.New(mailin.Options{Portal: w.Portal, Accounts: w.Accounts, Bytes: transfer.New(store, "", slog.New(slog.DiscardHandler)), Addresses: addresses, Temp: t.TempDir()})
		reached := func(who portal.PersonID, m portal.MessageID) (all string) {
			t.Helper()
			receipts, err := o.As(who).Receipts(ctx, m)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range receipts.All {
				if r.At.IsZero() && (r.Mail == portal.MailUnknown || r.Mail == portal.NotMailed) {
					continue
				}
				if r.Mail == portal.Delivered && r.MailAt.IsZero() {
					t.Errorf("%s has it since never", r.Name)
				}
				all += fmt.Sprintf("%s %s %t %s,", r.Name, r.Mail, !r.At.IsZero(), r.Why)
			}
			return all
		}
		// mailed tells people of what was said, lets their mails go in the order of
		// their names, and says to whom.
		mailed := func(answers ...string) (mails map[portal.PersonID]portal.MailID) {
			t.Helper()
			if _, err := o.Portal.TellPeople(ctx); err != nil {
				t.Fatal(err)
			}
			o.Clock.Advance(4 * time.Minute)
			waiting, _, err := o.As(o.Ada).Outbox(ctx, portal.MailQueued, portal.Page{})
			if err != nil {
				t.Fatal(err)
			}
			mails = map[portal.PersonID]portal.MailID{}
			for _, m := range waiting {
				o.server.SetScript("RCPT", nil)
				if m.Person == o.Bea {
					o.server.SetScript("RCPT", answers)
				}
				o.send(m.ID)
				mails[m.Person] = m.ID
			}
			return mails
		}
		heard := func(what string, th portal.ThreadID, want portal.Side) {
			t.Helper()
			n := 0
			for _, s := range o.Signals() {
				if s.Thread == th {
					if n++; s.Audience != want {
						t.Errorf("%s: told as far as %s, want %s", what, s.Audience, want)
					}
				}
			}
			if n == 0 {
				t.Errorf("%s: nobody is told", what)
			}
		}
		th, err := o.As(o.Tom).StartConversation(ctx, o.Site, portal.NewConversation{Subject: "Colours", NewMessage: portal.NewMessage{Body: "@Cleo @Bea Which of the two?", Audience: portal.ClientSide}})
		if err != nil {
			t.Fatal(err)
		}
		list, err := o.As(o.Tom).Messages(ctx, th, portal.MessagePage{})
		if err != nil {
			t.Fatal(err)
		}
		asked := list.All[0].ID
		o.Signals()
		mails := mailed("550 5.1.1 no such person bea@secret.example")
		heard("mailed", th, portal.ClientSide)
		if got := reached(o.Tom, asked); !strings.Contains(got, "Cleo delivered false ,") || !strings.Contains(got, "Bea bounced false recipient/550 5.1.1,") {
			t.Errorf("the team reads %s", got)
		}
		// What came back.
		report := "From: MAILER-DAEMON@mx.example\r\nTo: x\r\nSubject: Undelivered\r\nMessage-ID: <r1@mx.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n" +
			"--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; cleo@cleo.test\r\nAction: %s\r\nStatus: %s\r\nDiagnostic-Code: smtp; mailbox of Cleo is full\r\n\r\n--b--\r\n"
		returned := func(action, status string) {
			t.Helper()
			if err := taker.Receive(ctx, "", []string{addresses.For(mailin.Return, string(mails[o.Cleo]))}, strings.NewReader(strings.Replace(fmt.Sprintf(report, action, status), "<r1@", "<"+action+"@", 1))); err != nil {
				t.Fatal(err)
			}
			due, err := w.Portal.DueIncoming(ctx, w.Clock.Now(), 1)
			if err != nil || len(due) != 1 {
				t.Fatalf("due: %v, %v", due, err)
			}
			if err := taker.Take(ctx, due[0]); err != nil {
				t.Fatal(err)
			}
		}
		returned("delayed", "4.2.2")
		if got := reached(o.Tom, asked); !strings.Contains(got, "Cleo delayed false delayed/4.2.2 mailbox of Cleo is full,") {
			t.Errorf("delayed: %s", got)
		}
		if got := reached(o.Cleo, asked); !strings.Contains(got, "Cleo delayed false ,") || strings.Contains(got, "full") {
			t.Errorf("delayed, and the client reads %s", got)
		}
		returned("failed", "5.2.2")
		heard("bounced", th, portal.ClientSide)
		if got := reached(o.Tom, asked); !strings.Contains(got, "Cleo bounced false bounced/5.2.2 mailbox of Cleo is full,") {
			t.Errorf("bounced: %s", got)
		}
		if got := reached(o.Cleo, asked); !strings.Contains(got, "Bea bounced false ,") || strings.Contains(got, "550") || strings.Contains(got, "secret") {
			t.Errorf("the client reads %s", got)
		}
		for _, who := range []portal.PersonID{o.Carl, o.Rex, o.Eve} {
			if got := reached(who, asked); got != "" {
				t.Errorf("%s learns %s", who, got)
			}
		}
		// Seen in the portal, whatever became of the mail.
		if err := o.As(o.Cleo).MarkRead(ctx, th, asked); err != nil {
			t.Fatal(err)
		}
		if got := reached(o.Tom, asked); !strings.HasPrefix(got, "Cleo bounced true bounced/5.2.2 mailbox of Cleo is full,") {
			t.Errorf("seen: %s", got)
		}

		// A note, mailed to the team and read by it, which has read what was before.
		if err := o.As(o.Tom).MarkRead(ctx, th, asked); err != nil {
			t.Fatal(err)
		}
		note, err := o.As(o.Mia).Say(ctx, th, portal.NewMessage{Body: "@Tom the second, I think", Audience: portal.Team})
		if err != nil {
			t.Fatal(err)
		}
		o.Signals()
		if mails = mailed(); mails[o.Tom] == "" || mails[o.Cleo] != "" {
			t.Fatalf("the note is mailed to %v", mails)
		}
		heard("a note", th, portal.Team)
		if got := reached(o.Mia, note); !strings.Contains(got, "Tom delivered false ,") {
			t.Errorf("of the note the team reads %s", got)
		}
		if err := o.As(o.Tom).MarkRead(ctx, th, note); err != nil {
			t.Fatal(err)
		}
		heard("a note that is read", th, portal.Team)
		for _, who := range []portal.PersonID{o.Cleo, o.Bea, o.Dan, o.Carl, o.Rex} {
			if got := reached(who, note); got != "" {
				t.Errorf("%s learns who got a note: %s", who, got)
			}
		}
		// The team's answer to a client: by name only where names are shown.
		answer, err := o.As(o.Cleo).Say(ctx, th, portal.NewMessage{Body: "@Tom the first"})
		if err != nil {
			t.Fatal(err)
		}
		mailed()
		if got := reached(o.Cleo, answer); !strings.Contains(got, "Tom delivered false ,") {
			t.Errorf("the client reads %s", got)
		}
		o.exec(`UPDATE workspace SET sections = sections & ~4096`)
		o.Regrant()
		if got := reached(o.Cleo, answer); strings.Contains(got, "Tom") || strings.Contains(got, "Mia") {
			t.Errorf("with names off the client reads %s", got)
		}
		o.exec(`UPDATE workspace SET sections = sections | 4096, receipts = 'team'`)
		o.Regrant()
		if got := reached(o.Cleo, answer); got != "" || reached(o.Tom, answer) == "" {
			t.Errorf("team only, and the client reads %s", got)
		}
		if _, err := o.As(o.Tom).Say(ctx, th, portal.NewMessage{Body: "@Cleo good", Audience: portal.ClientSide}); err != nil {
			t.Fatal(err)
		}
		o.Signals()
		mailed()
		heard("team only", th, portal.Team)
		o.exec(`UPDATE workspace SET receipts = 'off'`)
		if got := reached(o.Tom, answer); got != "" {
			t.Errorf("off, and the team reads %s", got)
		}
	})
}

// Of a mail that held too little room for all that happened, or was told nothing of a
// project whose reader has muted it, nobody reads that it brought the rest.
func TestWhatNoMailSaidIsNotDelivered(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := t.Context()
		o := open(t, w, &mailtest.Server{})
		to := portal.NewMessage{Body: "@Cleo Which?", Audience: portal.ClientSide}
		th, err := o.As(o.Tom).StartConversation(ctx, o.Site, portal.NewConversation{Subject: "Colours", NewMessage: to})
		if err != nil {
			t.Fatal(err)
		}
		for range 54 {
			if _, err := o.As(o.Tom).Say(ctx, th, to); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := o.Portal.TellPeople(ctx); err != nil {
			t.Fatal(err)
		}
		o.Clock.Advance(4 * time.Minute)
		o.sweep()
		list, err := o.As(o.Tom).Messages(ctx, th, portal.MessagePage{})
		if err != nil {
			t.Fatal(err)
		}
		delivered := func(m portal.MessageID) (n int) {
			t.Helper()
			receipts, err := o.As(o.Tom).Receipts(ctx, m)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range receipts.All {
				if r.Name == "Cleo" && r.Mail == portal.Delivered {
					n++
				}
			}
			return n
		}
		n := 0
		for _, m := range list.All {
			n += delivered(m.ID)
		}
		last := list.All[len(list.All)-1].ID
		if n != 50-(55-len(list.All)) || delivered(last) != 0 {
			t.Errorf("of %d messages %d are said to be delivered, the last among them %t; the mail holds 50", len(list.All), n, delivered(last) != 0)
		}
	})
}

// What comes back before it is noted that the mail server has taken a mail is taken up
// when it is; and what a report quotes that came to another address is nobody's word.
func TestReturnedBeforeItIsSent(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := t.Context()
		o := open(t, w, &mailtest.Server{})
		addresses := mailin.NewAddresses("reply@in.honcho.example", []byte("a key of thirty-two bytes, or so"))
		store, err := blob.OpenDisk(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		taker := mailin.New(mailin.Options{Portal: w.Portal, Accounts: w.Accounts, Bytes: transfer.New(store, "", slog.New(slog.DiscardHandler)), Addresses: addresses, Temp: t.TempDir()})
		id := o.queue("invitation", o.Uma, o.invite(o.UmaUser, o.Mia, ""))
		n := 0
		comes := func(to string) {
			t.Helper()
			n++
			report := fmt.Sprintf("From: MAILER-DAEMON@mx.example\r\nTo: x\r\nSubject: Undelivered\r\nMessage-ID: <r%d@mx.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n", n) +
				"--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; uma@uma.test\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n" +
				"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <" + string(id) + "@honcho.example>\r\n\r\n--b--\r\n"
			if err := taker.Receive(ctx, "", []string{to}, strings.NewReader(report)); err != nil {
				t.Fatal(err)
			}
		}
		take := func() {
			t.Helper()
			due, err := w.Portal.DueIncoming(ctx, w.Clock.Now(), 1)
			if err != nil || len(due) != 1 {
				t.Fatalf("due: %v, %v", due, err)
			}
			if err := taker.Take(ctx, due[0]); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.Portal.ClaimMail(ctx, id); err != nil {
			t.Fatal(err)
		}
		comes(addresses.Base())
		take()
		comes(addresses.For(mailin.Return, string(id)))
		take()
		o.want(id, portal.MailSending, "", 1)
		if err := w.Portal.MailSent(ctx, id); err != nil {
			t.Fatal(err)
		}
		comes(addresses.Base())
		take()
		o.want(id, portal.MailSent, "", 1)
		o.Clock.Advance(time.Minute)
		take()
		o.want(id, portal.MailFailed, "bounced/5.1.1", 1)
	})
}

// Who answers by mail has read as far as mails have shown them all of it: the
// conversation does not need them any more, and nobody is told that they saw what no
// mail held, or not to its end.
func TestAnswersReadWhatMailsShowed(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := t.Context()
		o := open(t, w, &mailtest.Server{})
		begun, err := o.As(o.Tom).StartConversation(ctx, o.Site, portal.NewConversation{Subject: "Colours", NewMessage: portal.NewMessage{Body: "Which of the two?", Audience: portal.ClientSide}})
		if err != nil {
			t.Fatal(err)
		}
		said := func(who portal.PersonID, n portal.NewMessage) portal.MessageID {
			t.Helper()
			o.Clock.Advance(time.Second)
			id, err := o.As(who).SayAt(ctx, string(begun), n)
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		say := func(body string) portal.MessageID {
			t.Helper()
			return said(o.Tom, portal.NewMessage{Body: body, Audience: portal.ClientSide})
		}
		mailed := func() portal.MailID {
			t.Helper()
			if _, err := o.Portal.TellPeople(ctx); err != nil {
				t.Fatal(err)
			}
			o.Clock.Advance(4 * time.Minute)
			due, err := o.Portal.DueMails(ctx, o.Clock.Now(), 100)
			if err != nil {
				t.Fatal(err)
			}
			for _, id := range due {
				if o.mail(id).Person == o.Cleo {
					o.send(id)
					return id
				}
			}
			t.Fatal("Cleo is mailed nothing")
			return ""
		}
		answer := func(to portal.MailID) {
			t.Helper()
			said(o.Cleo, portal.NewMessage{Body: "The blue one", Audience: portal.ClientSide, ByMail: true, Answers: to})
		}
		// want says how much of it needs Cleo, and which of the team's messages she has seen.
		want := func(what string, unread int, seen ...portal.MessageID) {
			t.Helper()
			o.Clock.Advance(time.Minute)
			all, err := o.As(o.Cleo).ProjectNeeds(ctx, o.Site, 0)
			if err != nil {
				t.Fatal(err)
			}
			left := 0
			for _, n := range all {
				if n.Kind == "unread" && n.Item == portal.ItemID(begun) {
					left = n.Messages
				}
			}
			list, err := o.As(o.Tom).Messages(ctx, begun, portal.MessagePage{})
			if err != nil {
				t.Fatal(err)
			}
			var got []portal.MessageID
			for _, m := range list.All {
				r, err := o.As(o.Tom).Receipts(ctx, m.ID)
				if err != nil {
					t.Fatal(err)
				}
				if slices.ContainsFunc(r.All, func(x portal.Receipt) bool { return x.Person == o.Cleo && !x.At.IsZero() }) {
					got = append(got, m.ID)
				}
			}
			if left != unread || !slices.Equal(got, seen) {
				t.Errorf("%s: %d messages need Cleo, who has seen %v; want %d and %v", what, left, got, unread, seen)
			}
		}
		list, err := o.As(o.Tom).Messages(ctx, begun, portal.MessagePage{})
		if err != nil {
			t.Fatal(err)
		}
		first := list.All[0].ID
		second := say("Or both?")
		mail := mailed()
		third := say("We print tonight.") // after the mail
		want("mailed", 3)
		answer("")
		want("an answer to none", 3)
		answer(mail)
		want("answered", 1, first, second)
		mail = mailed()
		long := say(strings.Repeat("much ", 900))
		mailed()
		answer(mail)
		want("an answer to the earlier mail", 1, first, second, third)
		last := say("And then?")
		mail = mailed()
		answer(mail)
		want("one that was cut is not seen", 2, first, second, third)
		if err := o.As(o.Cleo).MarkRead(ctx, begun, long); err != nil {
			t.Fatal(err)
		}
		answer(mail)
		want("answered again", 0, first, second, third, long, last)
	})
}
