package notify_test

import (
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/mail/mailtest"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// Somebody is told what of theirs is held when the mail leaves, and nothing when it
// was looked at meanwhile, or when the portal is closed for them.
func TestHeldIsTold(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		o := open(t, w, &mailtest.Server{})
		came := func(id string, who portal.PersonID, state portal.IncomingState) {
			o.exec(`INSERT INTO incoming_mails (id, message_id, recipient, sender, blob, size, received_at, state, due_at, subject, writer_id)
VALUES ($1, $1, 'r', 's', 'b', 1, $2, $3, 0, 'About ' || $1, $4)`, id, db.Micros(o.Clock.Now()), string(state), string(who))
		}
		came("inm_1", o.Cleo, portal.IncomingHeld)
		came("inm_2", o.Cleo, portal.IncomingHeld)
		came("inm_3", o.Cleo, portal.IncomingPosted)
		came("inm_4", o.Dan, portal.IncomingHeld)
		id := o.queue(portal.MailHeld, o.Cleo, string(o.Cleo))
		o.send(id)
		o.want(id, portal.MailSent, "", 1)
		raw := o.server.Messages()[0]
		for _, want := range []string{"2 of your e-mails wait", "About inm_1", "About inm_2", "Auto-Submitted: auto-replied"} {
			if !strings.Contains(raw, want) {
				t.Errorf("the mail lacks %q", want)
			}
		}
		if strings.Contains(raw, "inm_3") || strings.Contains(raw, "inm_4") {
			t.Error("the mail tells of what is not theirs, or not held")
		}
		o.exec(`UPDATE incoming_mails SET state = 'discarded' WHERE writer_id = $1`, string(o.Cleo))
		id = o.queue(portal.MailHeld, o.Cleo, string(o.Cleo))
		o.send(id)
		o.want(id, portal.MailDropped, "settled", 1)
		came("inm_5", o.Eve, portal.IncomingHeld) // who is a stranger by now
		id = o.queue(portal.MailHeld, o.Eve, string(o.Eve))
		o.send(id)
		o.want(id, portal.MailDropped, "gone", 1)
	})
}

// Of a mail that was held until it was put away hear who wrote it and those who
// administer, once.
func TestUnlookedIsSaid(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		o := open(t, w, &mailtest.Server{})
		ctx := t.Context()
		o.exec(`INSERT INTO incoming_mails (id, message_id, recipient, sender, blob, size, received_at, state, reason, settled_at, due_at, subject, writer_id)
VALUES ('inm_1', '1@cleo.test', 'r', 'cleo@cleo.test', 'b', 1, $1, 'held', 'sender', $1, 0, 'Re: the fonts', $2)`, db.Micros(o.Clock.Now()), string(o.Cleo))
		for _, days := range []int{89, 2, 1} {
			o.Clock.Advance(time.Duration(days) * 24 * time.Hour)
			if err := o.Portal.ForgetIncoming(ctx); err != nil {
				t.Fatal(err)
			}
			o.sweep()
			if days == 89 && len(o.arrivals()) != 0 {
				t.Error("it is still held")
			}
		}
		m, err := o.As(o.Ada).IncomingMail(ctx, "inm_1")
		if err != nil || m.State != portal.IncomingDiscarded || m.Reason != "unlooked" {
			t.Errorf("it is %s for %s: %v", m.State, m.Reason, err)
		}
		got := map[string]int{}
		for _, m := range o.arrivals() {
			got[m.Get("To")]++
			word := "mails that were held are discarded"
			if m.Get("To") == "<cleo@cleo.test>" {
				word = "nobody looked at what you answered by e-mail"
			}
			if !strings.Contains(m.Get("Subject"), word) || !strings.Contains(m.text, "Re: the fonts") {
				t.Errorf("%s is told %s:\n%s", m.Get("To"), m.Get("Subject"), m.text)
			}
		}
		if got["<cleo@cleo.test>"] != 1 || got["<ada@ada.test>"] != 1 || got["<mia@mia.test>"] != 0 {
			t.Errorf("mailed: %v", got)
		}
	})
}
