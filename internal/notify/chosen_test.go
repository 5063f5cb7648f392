package notify_test

import (
	"bufio"
	"net/netip"
	"net/textproto"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/mail/mailtest"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
	"github.com/vitrine-portal/vitrine/internal/web/webtest"
)

// Mails of a kind of their own wait for the end of quiet hours, and what was settled
// by then is dropped. The link in one of them ends that kind alone, by one post of a
// mail program without a sign-in, and not by being looked at. A muted project is
// silent but for what asks somebody for something.
func TestMailsOfTheirOwnAreChosen(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		o, s := open(t, w, &mailtest.Server{}), webtest.New(t, w, nil)
		ctx := t.Context()
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		o.exec(`UPDATE persons SET time_zone = 'UTC'`)
		choose := func(c portal.NoticeChoices) {
			t.Helper()
			c.DigestOn, c.DigestAt = "daily", "08:00"
			must(o.As(o.Cleo).ChooseNotices(ctx, c))
		}
		asked := func(title string) (portal.ApprovalID, portal.MailID) {
			t.Helper()
			id, err := o.As(o.Mia).AskApproval(ctx, o.Site, portal.NewApproval{Title: title, DueOn: "2026-03-20", Versions: []portal.VersionID{o.Items[o.Site][portal.ClientSide].Version},
				Stages: []portal.NewStage{{People: []portal.PersonID{o.Cleo}}}})
			must(err)
			return id, o.last(portal.MailApproval)
		}

		// It is ten o'clock, and quiet until eleven; a code is sent at any hour.
		choose(portal.NoticeChoices{Preset: portal.NoticeNeeds, QuietFrom: "09:00", QuietUntil: "11:00"})
		first, gone := asked("Film")
		_, held := asked("Logo")
		_, err := o.Accounts.RequestCode(ctx, "cleo@cleo.test", netip.MustParseAddr("192.0.2.7"))
		must(err)
		for _, id := range []portal.MailID{gone, held, o.last(account.MailCode)} {
			o.send(id)
		}
		o.want(held, portal.MailQueued, "", 0)
		if due := o.mail(held).Due; !due.Equal(time.Date(2026, 3, 11, 11, 0, 0, 0, time.UTC)) || len(o.server.Messages()) != 1 {
			t.Errorf("it waits until %v, and %d mails have left", due, len(o.server.Messages()))
		}
		must(o.As(o.Mia).CancelApproval(ctx, first))
		o.Clock.Advance(70 * time.Minute)
		o.send(gone)
		o.send(held)
		o.want(gone, portal.MailDropped, "settled", 1)
		o.want(held, portal.MailSent, "", 1)

		// The link, as it is in the mail.
		all := o.server.Messages()
		h, err := textproto.NewReader(bufio.NewReader(strings.NewReader(all[len(all)-1]))).ReadMIMEHeader()
		must(err)
		link := strings.TrimPrefix(strings.Trim(h.Get("List-Unsubscribe"), "<> "), base)
		mailed := func() portal.Topics {
			t.Helper()
			c, err := o.As(o.Cleo).NoticeChoices(ctx)
			must(err)
			return c.Ways().Mailed
		}
		before := mailed()
		for range 3 { // programs that look at links come without being asked
			s.Stranger().Get(link).MustBe(200).MustContain("End these mails")
		}
		if mailed() != before {
			t.Error("looking at the link ended the mails")
		}
		s.Stranger().Post(link, url.Values{"List-Unsubscribe": {"One-Click"}}).MustBe(200)
		if mailed() != before&^portal.TopicAsked {
			t.Errorf("%b, and was %b", mailed(), before)
		}
		second, ended := asked("Poster")
		o.Clock.Advance(4 * time.Minute)
		o.sweep()
		o.want(ended, portal.MailDropped, "unchosen", 1)
		if needs, err := o.As(o.Cleo).Needs(ctx, "", 0); err != nil || needs[len(needs)-1].Item == "" {
			t.Errorf("it waits for nobody: %v, %v", needs, err)
		}
		must(o.As(o.Mia).Remind(ctx, second))
		o.Clock.Advance(4 * time.Minute)
		o.sweep()
		o.want(o.last(portal.MailApprovalReminder), portal.MailSent, "", 1)
		s.Stranger().Post(link, url.Values{"again": {"1"}}).MustBe(200)

		// What is asked is mailed of a muted project, what only tells is not.
		must(o.As(o.Cleo).Mute(ctx, o.Site))
		third, loud := asked("Card")
		o.exec(`UPDATE approvals SET escalated_at = 1 WHERE id = $1`, string(third))
		silent := o.queue(portal.MailApprovalEscalated, o.Cleo, string(third))
		o.Clock.Advance(4 * time.Minute)
		o.sweep()
		o.want(loud, portal.MailSent, "", 1)
		o.want(silent, portal.MailDropped, "unchosen", 1)
		must(o.As(o.Cleo).Unmute(ctx, o.Site))
		choose(portal.NoticeChoices{Preset: portal.NoticeNormal})
		silent = o.queue(portal.MailApprovalEscalated, o.Cleo, string(third))
		o.sweep()
		o.want(silent, portal.MailSent, "", 1)

		// What colleagues share within minutes is one mail for each file.
		version := o.Items[o.Site][portal.ClientSide].Version
		for _, body := range []string{"Brighter", "Larger"} {
			_, err = o.As(o.Bea).KeepComment(ctx, version, body, nil)
			must(err)
			must(o.As(o.Bea).ShareUnsent(ctx, version))
			o.sweep()
		}
		shared := o.last(portal.MailDraftsShared)
		o.want(shared, portal.MailQueued, "", 0)
		o.Clock.Advance(4 * time.Minute)
		o.sweep()
		o.want(shared, portal.MailSent, "", 1)
		if m, err := o.notify.Preview(ctx, o.mail(shared)); err != nil || !strings.Contains(m.Text, "3 comments on ") {
			t.Errorf("%v: %s", err, m.Text)
		}
	})
}
