package notify_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/mail"
	"github.com/vitrine-portal/vitrine/internal/mail/mailtest"
	"github.com/vitrine-portal/vitrine/internal/notify"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// listening is an office whose mails can be answered, and where each answer belongs.
func listening(t *testing.T, w *portaltest.World) (*office, map[portal.PersonID]portal.ReplyPlace) {
	t.Helper()
	o := open(t, w, &mailtest.Server{})
	u, _ := url.Parse(base)
	from := mail.Address{Name: "Honcho Design", Email: "portal@honcho.example"}
	places := map[portal.PersonID]portal.ReplyPlace{}
	o.notify = notify.New(w.Portal, w.Accounts, mail.New(mail.Config{Host: "127.0.0.1", Port: o.server.Port(), TLS: mail.Plain, Timeout: 5 * time.Second, From: from}),
		notify.Options{BaseURL: u, From: from, ReplyTo: func(_ context.Context, p portal.ReplyPlace) (string, error) {
			places[p.Person] = p
			return "reply+x@in.honcho.example", nil
		}})
	return o, places
}

// A mail of messages has all that they say: in words in one part and set in the
// other, with what they answer and what their files are called; also of two.
func TestMailsHaveWhatWasSaid(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := t.Context()
		o, _ := listening(t, w)
		o.exec(`UPDATE workspace SET sections = 16383`)
		w.Regrant()
		file := o.Items[o.Site][portal.ClientSide].File
		f, err := o.As(o.Mia).File(ctx, file)
		if err != nil {
			t.Fatal(err)
		}
		hidden, err := o.As(o.Mia).File(ctx, o.Items[o.Site][portal.Team].File)
		if err != nil {
			t.Fatal(err)
		}
		th, err := o.As(o.Mia).StartConversation(ctx, o.Site, portal.NewConversation{Subject: "Colours", NewMessage: portal.NewMessage{Body: "Which of the **two**?", Audience: portal.ClientSide}})
		if err != nil {
			t.Fatal(err)
		}
		l, err := o.As(o.Mia).Messages(ctx, th, portal.MessagePage{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.As(o.Mia).Say(ctx, th, portal.NewMessage{Audience: portal.ClientSide, Quote: l.All[0].ID, Files: []portal.FileID{file},
			Body: "The *first*, as [here](https://elsewhere.test/x):\n\n- warm\n- light\n\n<script>no</script>"}); err != nil {
			t.Fatal(err)
		}
		if _, err := o.As(o.Mia).Say(ctx, th, portal.NewMessage{Body: "CNRY-note", Files: []portal.FileID{hidden.ID}}); err != nil {
			t.Fatal(err)
		}
		if _, err := o.Portal.TellPeople(ctx); err != nil {
			t.Fatal(err)
		}
		look := func(who portal.PersonID) notify.Preview {
			t.Helper()
			var id portal.MailID
			if err := o.DB.QueryRow(ctx, `SELECT id FROM mails WHERE kind = 'notices' AND person_id = $1 AND state = 'queued'`, string(who)).Scan(&id); err != nil {
				t.Fatal(err)
			}
			p, err := o.notify.Preview(ctx, o.mail(id))
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		p := look(o.Cleo)
		for _, want := range []string{"Which of the two?", "The first, as here (https://elsewhere.test/x):", "- warm\n- light", "In answer to Mia: “Which of the two?”", "With the file " + f.Name} {
			if !strings.Contains(p.Text, want) {
				t.Errorf("the text lacks %q:\n%s", want, p.Text)
			}
		}
		for _, want := range []string{"<strong>two</strong>", "<em>first</em>", "<li>warm</li>", "In answer to Mia: “Which of the two?”", "With the file " + f.Name} {
			if !strings.Contains(p.HTML, want) {
				t.Errorf("the HTML lacks %q", want)
			}
		}
		for _, not := range []string{"**", "CNRY-note", hidden.Name, `href="https://elsewhere`, "<script>"} {
			if strings.Contains(p.Text+p.HTML, not) {
				t.Errorf("the mail has %q", not)
			}
		}
		// Nothing is said of it once it was taken away.
		if err := o.As(o.Mia).DeleteMessage(ctx, l.All[0].ID); err != nil {
			t.Fatal(err)
		}
		if p := look(o.Cleo); strings.Contains(p.Text+p.HTML, "Which of the") {
			t.Errorf("the mail has what was deleted:\n%s", p.Text)
		}
	})
}

// What asks for something is answered in words where that is about one thing, and
// says that it decides nothing; every other mail says that nobody reads answers.
func TestMailsSayWhereAnswersGo(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := t.Context()
		o, places := listening(t, w)
		mails := o.all()
		for kind, id := range mails {
			before := len(o.server.Messages())
			delete(places, o.mail(id).Person)
			p, err := o.notify.Preview(ctx, o.mail(id))
			if err != nil {
				t.Fatal(err)
			}
			o.send(id)
			raw := o.server.Messages()[before]
			place, answered := places[o.mail(id).Person]
			if strings.Contains(raw, "\nReply-To:") != answered || strings.Contains(p.Text, "Reply to this e-mail") != answered || strings.Contains(p.Text, "Answers to this e-mail are not read.") == answered {
				t.Errorf("%s: answered %t, at %+v:\n%s", kind, answered, place, p.Text)
			}
			asks := kind == portal.MailApproval || kind == portal.MailApprovalReminder || kind == portal.MailApprovalCall
			if asks && (!answered || place.Place != string(o.Items[o.Site][portal.ClientSide].File) || place.Audience != portal.ClientSide || !strings.Contains(p.Text, "it decides nothing")) {
				t.Errorf("%s is answered at %+v:\n%s", kind, place, p.Text)
			}
			if answered && !asks && kind != portal.MailNotices && kind != "signoff" {
				t.Errorf("%s is answered at %+v", kind, place)
			}
		}
	})
}
