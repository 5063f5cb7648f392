package notify_test

import (
	"strings"
	"testing"

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
