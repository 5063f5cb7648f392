package portal_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// T230: of a backup that is brought back nobody is let in by what was ended since,
// and no mail goes out a second time before somebody has said so. What happens from
// then on is mailed, alone.
func TestBackupBroughtBack(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		count := func(q string) (n int) {
			t.Helper()
			row(t, w, q, &n)
			return n
		}
		awake := func(what string, last time.Time, want bool) {
			t.Helper()
			back, err := w.Portal.Awake(ctx, last)
			if err != nil || back != want {
				t.Errorf("%s: %t, %v", what, back, err)
			}
		}
		exec(t, w, `DELETE FROM mails`)
		exec(t, w, `DELETE FROM notices`)
		awake("the first time", time.Time{}, false)
		for range 3 {
			w.Clock.Advance(5 * time.Minute)
			awake("as ever", w.Clock.Now().Add(-5*time.Minute), false)
		}
		w.Clock.Advance(30 * 24 * time.Hour)
		awake("stopped for long, beside the same data", w.Clock.Now().Add(-30*24*time.Hour), false)
		w.Clock.Advance(30 * time.Minute)
		awake("another node begins", time.Time{}, false)
		// Of two nodes the clock of one is behind: the other's has the word.
		w.Clock.Advance(-3 * time.Minute)
		awake("by another clock", w.Clock.Now().Add(-5*time.Minute), false)
		w.Clock.Advance(3 * time.Minute)
		awake("by one's own", w.Clock.Now(), false)
		if w.DB.Dialect() == db.PostgreSQL {
			w.Clock.Advance(40 * 24 * time.Hour)
			awake("stopped for long, with a data directory made anew", time.Time{}, false)
		}

		for _, who := range []portal.PersonID{w.Cleo, w.Dan} {
			c := portal.NoticeChoices{Preset: portal.NoticeEverything, DigestOn: "daily", DigestAt: "08:00"}
			if who == w.Dan {
				c.Preset, c.Own = portal.NoticeOwn, portal.Ways{Digested: portal.TopicUpdates}
			}
			if err := w.As(who).ChooseNotices(ctx, c); err != nil {
				t.Fatal(err)
			}
		}
		announce(t, w, w.Site, portal.ClientSide)
		tellPeople(t, w)
		old := func() (id portal.MailID) {
			t.Helper()
			row(t, w, `SELECT MIN(id) FROM mails WHERE kind = 'notices' AND person_id = '`+string(w.Cleo)+`'`, &id)
			return id
		}
		waits := old()
		// What had come due in it, and may have gone out: a reminder, what people were yet
		// to be told of, and the head of the day.
		request := ask(t, w)
		write(t, w, `UPDATE file_requests SET remind_at = $1 WHERE id = $2`, db.Micros(w.Clock.Now()), string(request))
		tellPeople(t, w)
		untold := announce(t, w, w.Brand, portal.ClientSide)
		exec(t, w, `DELETE FROM mails WHERE kind NOT IN ('notices', 'digest')`)
		byHand(t, w, `DELETE FROM chain_heads`)
		byHand(t, w, `DELETE FROM daily_heads`)
		_, token, err := w.Accounts.SignIn(ctx, account.SignIn{Email: "cleo@cleo.test", Password: portaltest.Password, Address: netip.MustParseAddr("192.0.2.7")})
		if err != nil {
			t.Fatal(err)
		}
		reset := must[string](t)(w.Accounts.ResetToken(ctx, w.Bea))
		must[portal.InvitationID](t)(w.As(w.Mia).Resend(ctx, w.UmaUser))
		invited := count(`SELECT COUNT(*) FROM invitations WHERE accepted_at IS NULL AND revoked_at IS NULL`)
		feed := must[portal.FeedID](t)(w.As(w.Cleo).MakeFeed(ctx, ""))
		exec(t, w, `UPDATE workspace SET share_links = 1`)
		exec(t, w, `INSERT INTO share_links (id, file_id, project_id, token_hash, expires_at, created_at, created_by) SELECT 'lnk_b', id, project_id, 'b', 9000000000000000, 1, '`+string(w.Mia)+`' FROM files WHERE id = '`+string(w.Items[w.Site][portal.ClientSide].File)+`'`)
		w.Clock.Advance(20 * time.Minute)
		awake("the database is older than what was worked with", w.Clock.Now().Add(-time.Minute), true)

		if _, _, err := w.Accounts.Session(ctx, token); err == nil {
			t.Error("a session goes on")
		}
		if state, _, err := w.Accounts.PeekReset(ctx, reset); err != nil || state == account.LinkValid {
			t.Errorf("a reset is %s, %v", state, err)
		}
		if n := count(`SELECT COUNT(*) FROM invitations WHERE accepted_at IS NULL AND revoked_at IS NULL`); n != 0 || invited == 0 {
			t.Errorf("of %d invitations %d are open", invited, n)
		}
		if n := count(`SELECT COUNT(*) FROM share_links WHERE id = 'lnk_b' AND revoked_at IS NOT NULL`); n != 1 {
			t.Error("a shared link opens")
		}
		if all := must[[]portal.Feed](t)(w.As(w.Cleo).Feeds(ctx)); len(all) != 0 {
			t.Errorf("the calendar %s goes on: %v", feed, all)
		}
		recorded(t, w, portal.BackupBroughtBack)
		held := func(me *portal.Scope, want int) {
			t.Helper()
			if h := must[portal.HeldMails](t)(me.HeldMails(ctx)); h.Count != want || h.Since.IsZero() != (want == 0) {
				t.Errorf("held are %+v, want %d", h, want)
			}
		}
		due := func(want ...portal.MailID) {
			t.Helper()
			all := must[[]portal.MailID](t)(w.Portal.DueMails(ctx, w.Clock.Now(), 100))
			if len(all) != len(want) {
				t.Errorf("due are %v, want %v", all, want)
			}
			for i := range min(len(all), len(want)) {
				if all[i] != want[i] {
					t.Errorf("due are %v, want %v", all, want)
				}
			}
		}
		due()
		_, err = w.Portal.ClaimMail(ctx, waits)
		wantErr(t, "a held mail", err, portal.ErrNotDue)
		for kind, who := range map[string]portal.PersonID{portal.MailReminder: w.Cleo, portal.MailDailyHead: w.Ada, portal.MailDigest: w.Dan, portal.MailNotices: w.Cleo} {
			if n, _ := mailsWaiting(t, w, kind, who); n != 1 {
				t.Errorf("%d mails %s to %s are held", n, kind, who)
			}
		}
		if n := count(`SELECT COUNT(*) FROM notice_queue`) + count(`SELECT COUNT(*) FROM notices WHERE subject = '`+string(untold)+`' AND mail_id = ''`) + count(`SELECT COUNT(*) FROM notice_choices WHERE digest_due IS NOT NULL`); n != 0 {
			t.Errorf("of what was due %d things are not held", n)
		}
		var digest portal.MailID
		row(t, w, `SELECT MIN(id) FROM mails WHERE kind = 'digest' AND person_id = '`+string(w.Dan)+`'`, &digest)
		says := func(what string, who portal.PersonID, id portal.MailID, want int) {
			t.Helper()
			told, more, err := w.As(who).NoticesOf(ctx, must[portal.Mail](t)(w.As(w.Ada).Mail(ctx, id)))
			if err != nil || len(told)+more != want {
				t.Errorf("%s tells of %d things, want %d, %v", what, len(told)+more, want, err)
			}
		}
		says("a digest that is held", w.Dan, digest, 1)
		saysNow := count(`SELECT COUNT(*) FROM notices WHERE mail_id = '` + string(waits) + `'`)
		says("a mail that is held", w.Cleo, waits, saysNow)

		w.Clock.Advance(time.Second)
		announce(t, w, w.Site, portal.ClientSide)
		tellPeople(t, w)
		says("a mail that is held, after more has happened,", w.Cleo, waits, saysNow)
		w.Clock.Advance(4 * time.Minute)
		var later portal.MailID
		row(t, w, `SELECT MAX(id) FROM mails WHERE kind = 'notices' AND person_id = '`+string(w.Cleo)+`'`, &later)
		if later == waits {
			t.Fatal("what happens now waits with what is held")
		}
		all := must[[]portal.MailID](t)(w.Portal.DueMails(ctx, w.Clock.Now(), 100))
		for _, id := range all {
			m := must[portal.Mail](t)(w.Portal.ClaimMail(ctx, id))
			if err := w.Portal.TakeNotices(ctx, m); err != nil {
				t.Fatal(err)
			}
			if told, _, err := w.As(m.Person).NoticesOf(ctx, m); err != nil || len(told) != 1 {
				t.Errorf("a mail of now tells of %d things, %v", len(told), err)
			}
			if err := w.Portal.MailSent(ctx, id); err != nil {
				t.Fatal(err)
			}
		}
		waiting := count(`SELECT COUNT(*) FROM mails WHERE state = 'queued'`)
		held(w.As(w.Ada), waiting)
		for _, who := range []portal.PersonID{w.Mia, w.Tom, w.Cleo, w.Carl, w.Rex} {
			held(w.As(who), 0)
			wantErr(t, "ReleaseMails", w.As(who).ReleaseMails(ctx, true), portal.ErrForbidden)
		}
		if err := w.As(w.Ada).ReleaseMails(ctx, true); err != nil {
			t.Fatal(err)
		}
		recorded(t, w, portal.HeldMailsReleased)
		held(w.As(w.Ada), 0)
		wantErr(t, "again", w.As(w.Ada).ReleaseMails(ctx, true), portal.ErrConflict)
		if m := must[portal.Mail](t)(w.Portal.ClaimMail(ctx, waits)); m.Tries != 1 {
			t.Errorf("%+v", m)
		}

		// Brought to another machine, where nothing is beside it; and dropped.
		w.Clock.Advance(2 * time.Hour)
		if w.DB.Dialect() == db.PostgreSQL { // what loading a dump does, to every row
			write(t, w, `UPDATE footprint SET mark = mark`)
		}
		awake("elsewhere", time.Time{}, true)
		if err := w.As(w.Ada).ReleaseMails(ctx, false); err != nil {
			t.Fatal(err)
		}
		recorded(t, w, portal.HeldMailsDropped)
		if n := count(`SELECT COUNT(*) FROM mails WHERE state IN ('queued', 'sending')`); n != 0 {
			t.Errorf("%d mails still wait", n)
		}
		awake("and goes on, with nothing beside it", time.Time{}, false)
		awake("and goes on", db.FromMicros(db.Micros(w.Clock.Now())), false)
	})
}
