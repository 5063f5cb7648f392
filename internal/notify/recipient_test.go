package notify_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/mail/mailtest"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// T060, T081: whoever is kept out gets nothing more, not even what had waited for
// the mail server, nor the digest that was due.
func TestNothingIsMailedToTheDisabled(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := t.Context()
		o := open(t, w, &mailtest.Server{})
		o.everything(o.Cleo)
		o.happen(2)
		notices := o.last(portal.MailNotices)
		digest := o.queue(portal.MailDigest, o.Cleo, string(o.Cleo))
		o.ask("Logo")
		if err := o.As(o.Cleo).ChooseNotices(ctx, portal.NoticeChoices{Preset: portal.NoticeNeeds, DigestOn: "daily", DigestAt: "08:00"}); err != nil {
			t.Fatal(err)
		}
		o.exec(`UPDATE notice_choices SET digest_due = 1 WHERE person_id = $1`, string(o.Cleo))
		if err := o.DB.Write(ctx, func(tx *db.Tx) error {
			_, err := o.Accounts.Disable(ctx, tx, o.Cleo)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		o.exec(`UPDATE mails SET state = 'dropped' WHERE person_id <> $1`, string(o.Cleo))
		if err := o.Portal.SendDigests(ctx); err != nil {
			t.Fatal(err)
		}
		var digests int
		if err := o.DB.QueryRow(ctx, `SELECT COUNT(*) FROM mails WHERE kind = 'digest'`).Scan(&digests); err != nil || digests != 1 {
			t.Errorf("%d digests are queued, %v", digests, err)
		}
		o.Clock.Advance(4 * time.Minute)
		o.sweep()
		if n := len(o.server.Messages()); n != 0 {
			t.Errorf("%d mails are sent to somebody who is kept out", n)
		}
		for _, id := range []portal.MailID{notices, digest, o.last("file_request")} {
			o.want(id, portal.MailDropped, "disabled", 1)
		}
	})
}

// A mail goes to the address that its reader has when it is sent, and says so in
// the Outbox; only what tells of the change itself goes to where it was sent.
func TestMailFollowsItsReader(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx, from := t.Context(), netip.MustParseAddr("192.0.2.7")
		o := open(t, w, &mailtest.Server{})
		o.everything(o.Cleo)
		o.happen(1)
		var notices portal.MailID
		if err := o.DB.QueryRow(ctx, `SELECT id FROM mails WHERE kind = 'notices' AND person_id = $1`, string(o.Cleo)).Scan(&notices); err != nil {
			t.Fatal(err)
		}
		o.Clock.Advance(4 * time.Minute)
		o.server.SetScript("DATA", []string{"451 4.3.0 later"})
		o.send(notices)
		o.want(notices, portal.MailQueued, "content/451 4.3.0", 1)
		_, token, err := o.Accounts.SignIn(ctx, account.SignIn{Email: "cleo@cleo.test", Password: portaltest.Password, Address: from})
		if err != nil {
			t.Fatal(err)
		}
		session, _, err := o.Accounts.Session(ctx, token)
		if err != nil {
			t.Fatal(err)
		}
		if err := o.Accounts.RequestEmailChange(ctx, session, "cleo@elsewhere.test"); err != nil {
			t.Fatal(err)
		}
		change := o.last(account.MailEmailChange)
		o.send(change)
		if err := o.Accounts.ConfirmEmailChange(ctx, o.Accounts.Token(account.PurposeEmail, o.mail(change).Subject), session.ID); err != nil {
			t.Fatal(err)
		}
		changed := o.last(account.MailEmailChanged)
		o.send(changed)
		o.Clock.Advance(time.Minute)
		o.send(notices)
		all := o.arrivals()
		for i, want := range []struct {
			mail portal.MailID
			to   string
		}{{change, "cleo@elsewhere.test"}, {changed, "cleo@cleo.test"}, {notices, "cleo@elsewhere.test"}} {
			if i >= len(all) {
				t.Fatalf("%d mails are sent", len(all))
			}
			if got := all[i].Get("To"); all[i].id != "<"+string(want.mail)+"@honcho.example>" || got != "<"+want.to+">" {
				t.Errorf("%s goes to %s, want %s", all[i].id, got, want.to)
			}
			if m := o.mail(want.mail); m.Address != want.to {
				t.Errorf("the Outbox says that it went to %s, want %s", m.Address, want.to)
			}
		}
	})
}
