package notify_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/mail/mailtest"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// Where nobody is at an address, no more is sent there but what is asked for, until
// something arrives, the address is another, or its person or whoever looks after the
// mails has it tried again.
func TestNobodyIsThere(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := t.Context()
		o := open(t, w, &mailtest.Server{})
		cleo := w.As(w.Cleo)
		said := 0
		told := func() (id portal.MailID) {
			t.Helper()
			said++
			if _, err := w.As(w.Tom).StartConversation(ctx, w.Site, portal.NewConversation{Subject: fmt.Sprint(said), NewMessage: portal.NewMessage{Body: "@Cleo Which?", Audience: portal.ClientSide}}); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Portal.TellPeople(ctx); err != nil {
				t.Fatal(err)
			}
			o.Clock.Advance(10 * time.Minute)
			waiting, _, err := w.As(w.Ada).Outbox(ctx, portal.MailQueued, portal.Page{})
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range waiting {
				if m.Person == w.Cleo {
					id = m.ID
				} else if err := w.Portal.MailDropped(ctx, m.ID, "gone"); err != nil && m.State == portal.MailSending {
					t.Fatal(err)
				}
			}
			if id == "" {
				t.Fatal("no mail waits for Cleo")
			}
			return id
		}
		lost := func(want bool) {
			t.Helper()
			if got, err := cleo.MailLost(ctx); err != nil || got != want {
				t.Errorf("her address is lost: %t, %v", got, err)
			}
		}
		refuse := func() portal.MailID {
			t.Helper()
			id := told()
			o.server.SetScript("RCPT", []string{"550 5.1.1 nobody"})
			o.send(id)
			o.server.SetScript("RCPT", nil)
			o.want(id, portal.MailFailed, "recipient/550 5.1.1", 1)
			lost(true)
			return id
		}

		id := told()
		o.server.SetScript("RCPT", []string{"552 5.2.2 full"})
		o.send(id)
		o.server.SetScript("RCPT", nil)
		lost(false)

		refuse()
		id = told()
		o.send(id)
		o.want(id, portal.MailDropped, "lost", 1)
		lost(true)
		asked := o.queue("password_changed", w.Cleo, string(w.Cleo))
		o.send(asked)
		o.want(asked, portal.MailSent, "", 1)
		lost(false)
		id = told()
		o.send(id)
		o.want(id, portal.MailSent, "", 1)

		if found, err := w.Portal.ReturnMail(ctx, id, "bounced/5.1.1 nobody", false); err != nil || !found {
			t.Fatal(found, err)
		}
		lost(true)
		if err := cleo.TryMail(ctx); err != nil {
			t.Fatal(err)
		}
		lost(false)
		id = told()
		o.send(id)
		o.want(id, portal.MailSent, "", 1)

		id = refuse()
		if err := w.As(w.Ada).RetryMail(ctx, id); err != nil {
			t.Fatal(err)
		}
		lost(false)
		o.send(id)
		o.want(id, portal.MailSent, "", 1)

		refuse()
		o.exec(`UPDATE persons SET email = 'cleo@elsewhere.test' WHERE id = $1`, string(w.Cleo))
		lost(false)
		id = told()
		o.send(id)
		o.want(id, portal.MailSent, "", 1)
	})
}
