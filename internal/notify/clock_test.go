package notify_test

import (
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/mail/mailtest"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// T226: what was put off while the clock was more than a year ahead comes as soon as
// it is right again, and holds up nothing that happens then.
func TestMailsAfterTheClockWasAhead(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := t.Context()
		o := open(t, w, &mailtest.Server{})
		o.everything(o.Cleo)
		o.Clock.Advance(400 * 24 * time.Hour)
		o.happen(1)
		ahead := db.Micros(o.Clock.Now().Add(time.Minute))
		o.Clock.Advance(-400 * 24 * time.Hour)
		sending := o.queue("invitation", o.Cleo, "gone")
		o.exec(`UPDATE mails SET state = 'sending', tries = 1, due_at = $2 WHERE id = $1`, string(sending), ahead)
		o.exec(`INSERT INTO incoming_mails (id, message_id, recipient, sender, blob, size, received_at, state, due_at) VALUES ('inm_1', 'a', 'b', 'c', 'd', 1, $1, 'waiting', $1)`, ahead)
		o.exec(`INSERT INTO push_devices (id, person_id, session_id, endpoint, public_key, auth, created_at, told_id, due_at)
SELECT 'dev_1', s.person_id, s.id, 'https://push.example/1', 'k', 'a', 1, '', $1 FROM sessions s WHERE s.id = $2`, ahead, string(o.signIn("cleo@cleo.test", false).ID))
		o.exec(`UPDATE notice_choices SET digest_due = $2 WHERE person_id = $1`, string(o.Cleo), ahead)

		mailed := func() (n int) {
			for _, m := range o.arrivals() {
				if m.Get("To") == "<cleo@cleo.test>" {
					n++
				}
			}
			return n
		}
		for hour := 1; hour <= 3; hour++ {
			o.happen(1)
			for range 20 {
				o.Clock.Advance(time.Minute)
				if err := o.notify.Sweep(ctx); err != nil {
					t.Fatal(err)
				}
				o.sweep()
			}
			if n := mailed(); n < hour {
				t.Fatalf("%d mails after %d times that something happened", n, hour)
			}
		}
		o.want(sending, portal.MailDropped, "gone", 2)
		var waits int
		if err := o.DB.QueryRow(ctx, `
SELECT (SELECT COUNT(*) FROM mails WHERE due_at > $1 OR created_at > $1) + (SELECT COUNT(*) FROM incoming_mails WHERE due_at > $1)
     + (SELECT COUNT(*) FROM push_devices WHERE due_at > $1) + (SELECT COUNT(*) FROM notice_choices WHERE digest_due > $1)`, db.Micros(o.Clock.Now())).Scan(&waits); err != nil {
			t.Fatal(err)
		}
		if waits != 0 {
			t.Errorf("%d still wait for the time that the clock showed", waits)
		}
	})
}
