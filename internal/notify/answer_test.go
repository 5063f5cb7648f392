package notify_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/mail"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/blob"
	outgoing "github.com/vitrine-portal/vitrine/internal/mail"
	"github.com/vitrine-portal/vitrine/internal/mail/mailtest"
	"github.com/vitrine-portal/vitrine/internal/mailin"
	"github.com/vitrine-portal/vitrine/internal/notify"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
	"github.com/vitrine-portal/vitrine/internal/transfer"
)

// There and back: what somebody answers to a notice by mail stands below the
// thing it told of, as theirs, for those who see that.
func TestNoticesAreAnswered(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := t.Context()
		o := open(t, w, &mailtest.Server{})
		addresses := mailin.NewAddresses("reply@in.honcho.example", []byte("a key of thirty-two bytes, or so"))
		u, _ := url.Parse(base)
		from := outgoing.Address{Name: "Honcho Design", Email: "portal@honcho.example"}
		o.notify = notify.New(w.Portal, w.Accounts, outgoing.New(outgoing.Config{Host: "127.0.0.1", Port: o.server.Port(), TLS: outgoing.Plain, Timeout: 5 * time.Second, From: from}),
			notify.Options{BaseURL: u, From: from,
				ReplyTo: func(ctx context.Context, p portal.ReplyPlace) (string, error) {
					id, err := w.Portal.ReplyAddress(ctx, p)
					return addresses.For(mailin.Reply, id), err
				},
				ReturnTo: func(id portal.MailID) string { return addresses.For(mailin.Return, string(id)) }})
		store, err := blob.OpenDisk(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		taker := mailin.New(mailin.Options{Portal: w.Portal, Accounts: w.Accounts, Bytes: transfer.New(store, "", slog.New(slog.DiscardHandler)), Addresses: addresses, Temp: t.TempDir()})
		for _, who := range []portal.PersonID{o.Cleo, o.Dan, o.Tom} {
			o.everything(who)
		}
		update := o.happen(1)[0]
		o.Clock.Advance(4 * time.Minute)
		answered := 0
		for _, c := range []struct {
			who      portal.PersonID
			email    string
			sentence string
		}{
			{o.Cleo, "cleo@cleo.test", "Reply to this e-mail to answer."},
			{o.Tom, "tom@tom.test", "Reply to this e-mail to answer: the client sees it too."},
		} {
			mails := mailsTo(t, o, c.who)
			if len(mails) != 1 {
				t.Fatalf("%d mails to %s", len(mails), c.email)
			}
			id := mails[0].ID
			// Looking at it in the Outbox makes no address.
			p, err := o.notify.Preview(ctx, o.mail(id))
			if err != nil || !strings.Contains(p.Text, c.sentence) {
				t.Fatalf("the mail says %s, %v", p.Text, err)
			}
			before := len(o.server.Messages())
			o.send(id)
			raw := o.server.Messages()[before:]
			if len(raw) != 1 || !o.server.Said("MAIL FROM:<"+addresses.For(mailin.Return, string(id))+">") {
				t.Fatalf("%d mails, %q", len(raw), o.server.Heard())
			}
			msg, err := mail.ReadMessage(strings.NewReader(raw[0]))
			if err != nil {
				t.Fatal(err)
			}
			to, err := mail.ParseAddress(msg.Header.Get("Reply-To"))
			if err != nil {
				t.Fatal(err)
			}
			answer := fmt.Sprintf("From: %s\r\nTo: %s\r\nSubject: Re: x\r\nMessage-ID: <%s>\r\nIn-Reply-To: %s\r\n\r\nThank you, says %s.\r\n", c.email, to.Address, c.email, msg.Header.Get("Message-ID"), c.email)
			arrives(t, w, taker, to.Address, answer)
			answered++
			all, _, err := o.As(o.Cleo).CommentsOn(ctx, portal.ItemID(update), portal.CommentFilter{})
			if err != nil || len(all) != answered {
				t.Fatalf("%d comments, %v", len(all), err)
			}
		}
		// Dan may only look, so nobody asks him to answer.
		for _, m := range mailsTo(t, o, o.Dan) {
			p, err := o.notify.Preview(ctx, m)
			if err != nil || strings.Contains(p.Text, "Reply to this") {
				t.Errorf("Dan's mail says %s, %v", p.Text, err)
			}
		}
	})
}

// Who answers a mail has looked at what they were mailed until then, and at nothing
// that came after, however soon.
func TestAnAnswerCountsWhatWasMailed(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := t.Context()
		o := open(t, w, &mailtest.Server{})
		addresses := mailin.NewAddresses("reply@in.honcho.example", []byte("a key of thirty-two bytes, or so"))
		u, _ := url.Parse(base)
		from := outgoing.Address{Name: "Honcho Design", Email: "portal@honcho.example"}
		o.notify = notify.New(w.Portal, w.Accounts, outgoing.New(outgoing.Config{Host: "127.0.0.1", Port: o.server.Port(), TLS: outgoing.Plain, Timeout: 5 * time.Second, From: from}),
			notify.Options{BaseURL: u, From: from, ReplyTo: func(ctx context.Context, p portal.ReplyPlace) (string, error) {
				id, err := w.Portal.ReplyAddress(ctx, p)
				return addresses.For(mailin.Reply, id), err
			}})
		store, err := blob.OpenDisk(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		taker := mailin.New(mailin.Options{Portal: w.Portal, Accounts: w.Accounts, Bytes: transfer.New(store, "", slog.New(slog.DiscardHandler)), Addresses: addresses, Temp: t.TempDir()})
		th, err := o.As(o.Tom).StartConversation(ctx, o.Site, portal.NewConversation{Subject: "Colours", NewMessage: portal.NewMessage{Body: "a", Audience: portal.ClientSide}})
		if err != nil {
			t.Fatal(err)
		}
		o.exec(`DELETE FROM notice_queue`)
		// told names Cleo, and gives the mail that says so.
		told := func(send bool) *mail.Message {
			t.Helper()
			if _, err := o.As(o.Tom).Say(ctx, th, portal.NewMessage{Body: "@Cleo, and this?", Audience: portal.ClientSide}); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Portal.TellPeople(ctx); err != nil {
				t.Fatal(err)
			}
			if !send {
				return nil
			}
			o.Clock.Advance(4 * time.Minute)
			o.send(mailsTo(t, o, o.Cleo)[0].ID)
			raw := o.server.Messages()
			m, err := mail.ReadMessage(strings.NewReader(raw[len(raw)-1]))
			if err != nil {
				t.Fatal(err)
			}
			return m
		}
		answers := 0
		answer := func(to *mail.Message, header string, want int) {
			t.Helper()
			at, err := mail.ParseAddress(to.Header.Get("Reply-To"))
			if err != nil {
				t.Fatal(err)
			}
			answers++
			text := fmt.Sprintf("From: cleo@cleo.test\r\nTo: %s\r\nSubject: Re: x\r\nMessage-ID: <%d@cleo.test>\r\n%s\r\nAnswer %d.\r\n", at.Address, answers, header, answers)
			arrives(t, w, taker, at.Address, text)
			needs, err := o.As(o.Cleo).Needs(ctx, "", 0)
			named := 0
			for _, n := range needs {
				if n.Kind == "mention" {
					named++
				}
			}
			if err != nil || named != want {
				t.Errorf("after answer %d Cleo is named in %d places, want %d, %v", answers, named, want, err)
			}
		}
		first, second, third := told(true), told(true), told(true)
		told(false)
		answer(first, "", 4)
		answer(first, "In-Reply-To: "+first.Header.Get("Message-ID")+"\r\n", 3)
		answer(second, "References: "+first.Header.Get("Message-ID")+" "+second.Header.Get("Message-ID")+"\r\n", 2)
		answer(first, "In-Reply-To: "+first.Header.Get("Message-ID")+"\r\n", 2)
		answer(third, "References: "+first.Header.Get("Message-ID")+"\r\nIn-Reply-To: "+third.Header.Get("Message-ID")+"\r\n", 1)
	})
}

// mailsTo are the mails of notices to a person.
func mailsTo(t *testing.T, o *office, who portal.PersonID) (to []portal.Mail) {
	t.Helper()
	mails, _, err := o.As(o.Ada).Outbox(t.Context(), "", portal.Page{})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mails {
		if m.Kind == portal.MailNotices && m.Person == who {
			to = append(to, m)
		}
	}
	return to
}

// Several things have no one place for an answer, and a mail about the team's
// own is answered to the team.
func TestNoticesThatAreNotAnswered(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := t.Context()
		o := open(t, w, &mailtest.Server{})
		o.everything(o.Cleo)
		o.happen(2)
		o.Clock.Advance(4 * time.Minute)
		id := o.last(portal.MailNotices)
		o.send(id)
		if raw := o.server.Messages(); len(raw) != 1 || strings.Contains(raw[0], "Reply-To") || strings.Contains(raw[0], "Reply to this") {
			t.Errorf("%d mails: %s", len(raw), raw)
		}
		if p, err := o.notify.Preview(ctx, o.mail(id)); err == nil && strings.Contains(p.Text, "Reply to this") {
			t.Errorf("it says %s", p.Text)
		}
	})
}

// Several messages of one conversation in one mail have the conversation as the
// place of their answer, and what is told of a note besides is answered to the
// team alone.
func TestSeveralMessagesAreAnswered(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := t.Context()
		o := open(t, w, &mailtest.Server{})
		u, _ := url.Parse(base)
		from := outgoing.Address{Name: "Honcho Design", Email: "portal@honcho.example"}
		places := map[portal.PersonID]portal.ReplyPlace{}
		o.notify = notify.New(w.Portal, w.Accounts, outgoing.New(outgoing.Config{Host: "127.0.0.1", Port: o.server.Port(), TLS: outgoing.Plain, Timeout: 5 * time.Second, From: from}),
			notify.Options{BaseURL: u, From: from, ReplyTo: func(_ context.Context, p portal.ReplyPlace) (string, error) {
				places[p.Person] = p
				return "reply+x@in.honcho.example", nil
			}})
		say := func(who portal.PersonID, th portal.ThreadID, audience portal.Side) {
			t.Helper()
			if _, err := o.As(who).Say(ctx, th, portal.NewMessage{Body: "b", Audience: audience}); err != nil {
				t.Fatal(err)
			}
		}
		send := func() {
			t.Helper()
			if _, err := o.Portal.TellPeople(ctx); err != nil {
				t.Fatal(err)
			}
			o.Clock.Advance(4 * time.Minute)
			o.sweep()
		}
		th, err := o.As(o.Mia).StartConversation(ctx, o.Site, portal.NewConversation{Subject: "Colours", NewMessage: portal.NewMessage{Body: "a", Audience: portal.ClientSide}})
		if err != nil {
			t.Fatal(err)
		}
		say(o.Mia, th, portal.ClientSide)
		send()
		if got := places[o.Cleo]; got.Place != string(th) || got.Audience != portal.ClientSide {
			t.Errorf("Cleo answers to %+v", got)
		}
		raw := strings.Join(o.server.Messages(), "\n")
		if !strings.Contains(raw, "In-Reply-To: <"+string(th)+"@honcho.example>") || !strings.Contains(raw, "Reply-To: ") {
			t.Errorf("the mail is no part of the conversation: %s", raw)
		}
		say(o.Mia, th, portal.Team)
		say(o.Cleo, th, portal.ClientSide)
		send()
		if got := places[o.Tom]; got.Place != string(th) || got.Audience != portal.Team {
			t.Errorf("Tom answers to %+v", got)
		}
		// Two conversations have no one place.
		other, err := o.As(o.Mia).StartConversation(ctx, o.Site, portal.NewConversation{Subject: "Type", NewMessage: portal.NewMessage{Body: "a", Audience: portal.ClientSide}})
		if err != nil {
			t.Fatal(err)
		}
		say(o.Mia, th, portal.ClientSide)
		clear(places)
		send()
		if got, ok := places[o.Cleo]; ok {
			t.Errorf("of two conversations, %s being one, an answer goes to %+v", other, got)
		}
	})
}

// arrives takes in what somebody wrote to an address.
func arrives(t *testing.T, w *portaltest.World, taker *mailin.Taker, address, text string) {
	t.Helper()
	if err := taker.Receive(t.Context(), "", []string{address}, strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	due, err := w.Portal.DueIncoming(t.Context(), w.Clock.Now(), 1)
	if err != nil || len(due) != 1 {
		t.Fatalf("due: %v, %v", due, err)
	}
	if err := taker.Take(t.Context(), due[0]); err != nil {
		t.Fatal(err)
	}
}

// What a mail tells of several places, or of many days, is answered to nobody's
// address: that is held, and the mail says so. It ends all topics that it is of, and
// what was said in it says who else reads it.
func TestMailOfSeveralPlaces(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := t.Context()
		o := open(t, w, &mailtest.Server{})
		u, _ := url.Parse(base)
		from := outgoing.Address{Email: "portal@honcho.example"}
		sender := outgoing.New(outgoing.Config{Host: "127.0.0.1", Port: o.server.Port(), TLS: outgoing.Plain, Timeout: 5 * time.Second, From: from})
		with := notify.Options{BaseURL: u, From: from, Inbox: "reply@in.honcho.example", ReplyTo: func(context.Context, portal.ReplyPlace) (string, error) {
			return "reply+one@in.honcho.example", nil
		}}
		o.notify = notify.New(w.Portal, w.Accounts, sender, with)
		o.everything(o.Cleo)
		say := func(subject string) {
			t.Helper()
			if _, err := o.As(o.Tom).StartConversation(ctx, o.Site, portal.NewConversation{Subject: subject, NewMessage: portal.NewMessage{Body: "Which?", Audience: portal.ClientSide}}); err != nil {
				t.Fatal(err)
			}
		}
		next := func() arrived {
			t.Helper()
			if _, err := o.Portal.TellPeople(ctx); err != nil {
				t.Fatal(err)
			}
			o.Clock.Advance(4 * time.Minute)
			before := len(o.server.Messages())
			o.exec(`UPDATE mails SET state = 'dropped' WHERE state = 'queued' AND person_id <> $1`, string(o.Cleo))
			o.sweep()
			all := o.arrivals()
			if len(all) != before+1 {
				t.Fatalf("%d mails came", len(all)-before)
			}
			return all[before]
		}
		say("Colours")
		m := next()
		if got := m.Get("Reply-To"); !strings.Contains(got, "<reply+one@") {
			t.Errorf("one conversation is answered at %s", got)
		}
		if !strings.Contains(m.text, "Who else reads this: ") || !strings.Contains(m.text, "Mia (") || strings.Contains(m.text, "Cleo (") || strings.Contains(m.text, "Carl") {
			t.Errorf("it does not say who else reads it:\n%s", m.text)
		}
		say("Fonts")
		o.happen(1)
		m = next()
		if got := m.Get("Reply-To"); !strings.Contains(got, "<reply@in.honcho.example>") || !strings.Contains(m.text, "An answer to this e-mail is not lost") {
			t.Errorf("two places are answered at %s:\n%s", got, m.text)
		}
		if got := m.Get("List-Unsubscribe"); !strings.Contains(got, "/messages.updates/") || !strings.Contains(m.text, "No more mail about any of these, as with the button that your mail program has for it: "+strings.Trim(got, "<>")) ||
			!strings.Contains(m.text, "No more mail about messages and comments: "+base+"/unsubscribe/"+string(o.Cleo)+"/messages/") || !strings.Contains(m.text, "/updates/") {
			t.Errorf("of two topics it ends %s:\n%s", got, m.text)
		}
		// Where no mail comes in, none is asked for.
		with.Inbox, with.ReplyTo = "", nil
		o.notify = notify.New(w.Portal, w.Accounts, sender, with)
		say("Paper")
		o.happen(1)
		if m = next(); m.Get("Reply-To") != "" || !strings.Contains(m.text, "Answers to this e-mail are not read.") {
			t.Errorf("it is answered at %s:\n%s", m.Get("Reply-To"), m.text)
		}
	})
}
