package portal_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// announce publishes an update as Mia.
func announce(t *testing.T, w *portaltest.World, project portal.ProjectID, audience portal.Side) portal.UpdateID {
	t.Helper()
	return must[portal.UpdateID](t)(w.As(w.Mia).PublishUpdate(ctx, project,
		portal.NewUpdate{Body: "All is well.", Sentence: "Well.", Status: portal.Active, Health: portal.OnTrack, Audience: audience}))
}

// noticesOf are a person's, as "kind subject".
func noticesOf(t *testing.T, w *portaltest.World, who portal.PersonID) (all []string) {
	t.Helper()
	list, next, err := w.As(who).Notices(ctx, "", portal.Page{})
	if err != nil || next != "" {
		t.Fatalf("%q, %v", next, err)
	}
	for _, n := range list {
		all = append(all, fmt.Sprint(n.Kind, " ", n.Subject))
	}
	return all
}

func tellPeople(t *testing.T, w *portaltest.World) {
	t.Helper()
	if _, err := w.Portal.TellPeople(ctx); err != nil {
		t.Fatal(err)
	}
}

// mailsWaiting counts the mails that wait for a person.
func mailsWaiting(t *testing.T, w *portaltest.World, kind string, who portal.PersonID) (n int, due time.Time) {
	t.Helper()
	var at int64
	err := w.DB.QueryRow(ctx, `SELECT COUNT(*), COALESCE(MAX(m.due_at), 0) FROM mails m WHERE m.kind = $1 AND m.person_id = $2 AND m.state = 'queued'`, kind, string(who)).Scan(&n, &at)
	if err != nil {
		t.Fatal(err)
	}
	return n, db.FromMicros(at)
}

// What somebody is told of is in a mail, also when the one that waits is taken out of
// the queue while it is written: that waits until it is there, or another is queued.
func TestNoticeIsInAMail(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		if w.DB.Dialect() == db.SQLite { // one writes at a time
			return
		}
		for _, who := range []portal.PersonID{w.Cleo, w.Bea, w.Tom} {
			if err := w.As(who).ChooseNotices(ctx, portal.NoticeChoices{Preset: portal.NoticeEverything, DigestOn: "daily", DigestAt: "08:00"}); err != nil {
				t.Fatal(err)
			}
		}
		announce(t, w, w.Site, portal.ClientSide)
		tellPeople(t, w)
		var first, last, event string
		var mail portal.MailID
		if err := w.DB.QueryRow(ctx, `SELECT m.id, m.person_id, (SELECT MAX(n.person_id) FROM notices n) FROM mails m WHERE m.kind = 'notices' ORDER BY m.person_id LIMIT 1`).Scan(&mail, &first, &last); err != nil || first == last {
			t.Fatalf("%s, %s, %v", first, last, err)
		}
		announce(t, w, w.Site, portal.ClientSide)
		if err := w.DB.QueryRow(ctx, `SELECT q.event_id FROM notice_queue q`).Scan(&event); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(4 * time.Minute)
		blocked := func() (n int) { // how many wait for each other
			t.Helper()
			if err := w.DB.QueryRow(ctx, `SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		// Somebody else's write has whoever is told last wait, after the first was told.
		begun, release, never := make(chan bool), make(chan bool), errors.New("never mind")
		var all sync.WaitGroup
		all.Go(func() {
			err := w.DB.Write(ctx, func(tx *db.Tx) error {
				_, err := tx.Exec(ctx, `INSERT INTO notices (id, person_id, event_id, subject, topic, listed, mail, at) VALUES ('ntc_0', $1, $2, '', 1, 0, '', 0)`, last, event)
				begun <- true
				<-release
				if err == nil {
					err = never
				}
				return err
			})
			if !errors.Is(err, never) {
				t.Error(err)
			}
		})
		<-begun
		all.Go(func() {
			if _, err := w.Portal.TellPeople(ctx); err != nil {
				t.Error(err)
			}
		})
		for blocked() < 1 {
			time.Sleep(time.Millisecond)
		}
		claimed := make(chan bool)
		all.Go(func() {
			defer close(claimed)
			m, err := w.Portal.ClaimMail(ctx, mail)
			if err == nil {
				err = w.Portal.TakeNotices(ctx, m)
			}
			if err != nil {
				t.Error(err)
			}
		})
		for done := false; !done && blocked() < 2; {
			select {
			case <-claimed:
				done = true
			case <-time.After(time.Millisecond):
			}
		}
		close(release)
		all.Wait()
		var lost int
		if err := w.DB.QueryRow(ctx, `
SELECT COUNT(*) FROM notices n WHERE n.person_id = $1 AND n.mail = 'now' AND n.mail_id = ''
   AND NOT EXISTS (SELECT 1 FROM mails m WHERE m.person_id = n.person_id AND m.kind = 'notices' AND m.state = 'queued')`, first).Scan(&lost); err != nil || lost != 0 {
			t.Errorf("%d notices are in no mail, and none waits, %v", lost, err)
		}
	})
}

// Those are told who may see what happened, once, and not whoever did it.
func TestPeopleAreTold(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		everybody := []portal.PersonID{w.Ada, w.Mia, w.Tom, w.Cleo, w.Dan, w.Carl, w.Bea, w.Eve, w.Rex}
		tellPeople(t, w)
		for _, who := range everybody {
			if all := noticesOf(t, w, who); len(all) > 0 {
				t.Fatalf("%s was told of %v before", who, all)
			}
		}
		shown := announce(t, w, w.Site, portal.ClientSide)
		hidden := announce(t, w, w.Site, portal.Team)
		tellPeople(t, w)
		tellPeople(t, w)
		both := []string{"update_published " + string(hidden), "update_published " + string(shown)}
		want := map[portal.PersonID][]string{w.Tom: both, w.Cleo: both[1:], w.Dan: both[1:]}
		for _, who := range everybody {
			grants := 0
			if err := w.DB.QueryRow(ctx, `SELECT COUNT(*) FROM project_grants g WHERE g.actor = $1 AND g.project_id = $2 AND g.side = 'client'`, string(who), string(w.Site)).Scan(&grants); err != nil {
				t.Fatal(err)
			}
			due := want[who]
			if grants == 1 {
				due = both[1:]
			} else if who == w.Dan {
				due = nil
			}
			if got := noticesOf(t, w, who); fmt.Sprint(got) != fmt.Sprint(due) {
				t.Errorf("%s was told of %v and not of %v", who, got, due)
			}
			n := must[int](t)(w.As(who).UnreadNotices(ctx, ""))
			if n != len(due) {
				t.Errorf("%s has %d unread", who, n)
			}
		}
		// T059: what is hidden again nobody of the client has been told of, one by one, in
		// groups or as a number.
		before, _, err := w.As(w.Cleo).Notices(ctx, "", portal.Page{})
		if err != nil || len(before) != 1 {
			t.Fatal(before, err)
		}
		if _, err := w.As(w.Mia).Conceal(ctx, portal.ItemID(shown)); err != nil {
			t.Fatal(err)
		}
		if got := noticesOf(t, w, w.Cleo); len(got) > 0 {
			t.Errorf("Cleo is still told of %v", got)
		}
		groups, _, err := w.As(w.Cleo).NoticeGroups(ctx, "", portal.Page{})
		if n := must[int](t)(w.As(w.Cleo).UnreadNotices(ctx, "")); n != 0 || len(groups) != 0 || err != nil {
			t.Errorf("%d are unread, in %+v, %v", n, groups, err)
		}
		_, err = w.As(w.Cleo).Notice(ctx, before[0].ID)
		wantErr(t, "a notice of what is hidden", err, portal.ErrNotFound)
		// Somebody else's cannot be opened, nor read for them.
		all, _, err := w.As(w.Tom).Notices(ctx, "", portal.Page{Limit: 1})
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		for _, who := range []portal.PersonID{w.Ada, w.Cleo, w.Carl, w.Rex} {
			_, err := w.As(who).Notice(ctx, all[0].ID)
			wantErr(t, "another's notice", err, portal.ErrNotFound)
			if err := w.As(who).ReadNotices(ctx, "", all[0].ID); err != nil {
				t.Error(err)
			}
		}
		if n := must[int](t)(w.As(w.Tom).UnreadNotices(ctx, "")); n != 2 {
			t.Errorf("%d of Tom's are unread", n)
		}
		if err := w.As(w.Tom).ReadAbout(ctx, string(hidden)); err != nil {
			t.Fatal(err)
		}
		if n := must[int](t)(w.As(w.Tom).UnreadNotices(ctx, "")); n != 1 {
			t.Errorf("%d of Tom's are unread after one was looked at", n)
		}
		if err := w.As(w.Tom).ReadNotices(ctx, "", all[0].ID); err != nil {
			t.Fatal(err)
		}
		if n := must[int](t)(w.As(w.Tom).UnreadNotices(ctx, "")); n != 0 {
			t.Errorf("%d of Tom's are unread after all were", n)
		}
		// What is found late was read long ago.
		announce(t, w, w.Site, portal.ClientSide)
		w.Clock.Advance(3 * 24 * time.Hour)
		exec(t, w, `DELETE FROM mails`)
		tellPeople(t, w)
		mailed, _ := mailsWaiting(t, w, portal.MailNotices, w.Tom)
		if n := must[int](t)(w.As(w.Tom).UnreadNotices(ctx, "")); n != 0 || mailed != 0 || len(noticesOf(t, w, w.Tom)) != 3 {
			t.Errorf("%d are unread and %d mails wait of what is old", n, mailed)
		}
		wantErr(t, "as somebody who is looked at", w.Portal.As(portal.PersonActor(w.Tom).ReadOnly()).ReadNotices(ctx, "", all[0].ID), portal.ErrForbidden)
	})
}

// What is mailed, and when, goes by what the person chose; what needs them is
// mailed at once, and a muted project is silent but for that.
func TestNoticeChoices(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		mails := func(what, kind string, want int, due time.Time) {
			t.Helper()
			n, at := mailsWaiting(t, w, kind, w.Cleo)
			if n != want || want > 0 && !at.Equal(due) {
				t.Errorf("%s: %d mails %s wait, due %v", what, n, kind, at)
			}
			exec(t, w, `DELETE FROM mails`)
			exec(t, w, `UPDATE notice_choices SET digest_due = NULL`)
		}
		now := w.Clock.Now() // Wednesday 11 March 2026, 10:00 UTC
		digest := func() (due time.Time) {
			t.Helper()
			var at int64
			if err := w.DB.QueryRow(ctx, `SELECT COALESCE(MAX(c.digest_due), 0) FROM notice_choices c WHERE c.person_id = $1`, string(w.Cleo)).Scan(&at); err != nil {
				t.Fatal(err)
			}
			return db.FromMicros(at)
		}
		exec(t, w, `UPDATE persons SET time_zone = 'UTC'`)
		exec(t, w, `DELETE FROM mails`)
		cleo := w.As(w.Cleo)
		choose := func(change func(*portal.NoticeChoices)) {
			t.Helper()
			c := must[portal.NoticeChoices](t)(cleo.NoticeChoices(ctx))
			change(&c)
			if err := cleo.ChooseNotices(ctx, c); err != nil {
				t.Fatal(err)
			}
		}
		update := func() { t.Helper(); announce(t, w, w.Site, portal.ClientSide); tellPeople(t, w) }
		turn := func() {
			t.Helper()
			id := must[portal.TaskID](t)(w.As(w.Mia).AddTask(ctx, w.Site, portal.NewTask{Title: "Look", Audience: portal.ClientSide}))
			if err := w.As(w.Mia).PassTurn(ctx, portal.ItemID(id), portal.ClientSide); err != nil {
				t.Fatal(err)
			}
			tellPeople(t, w)
		}

		update()
		if due := digest(); !due.Equal(time.Date(2026, 3, 12, 8, 0, 0, 0, time.UTC)) {
			t.Errorf("by default the digest comes at %v", due)
		}
		mails("an update, by default", portal.MailNotices, 0, now)
		turn()
		mails("a turn, by default", portal.MailNotices, 1, now.Add(3*time.Minute))

		choose(func(c *portal.NoticeChoices) { c.Preset, c.DigestOn, c.DigestAt = portal.NoticeNeeds, "mon", "17:30" })
		update()
		if due := digest(); !due.IsZero() && due.Unix() != 0 {
			t.Errorf("for who wants only what needs them, a digest comes at %v", due)
		}
		turn()
		turn()
		mails("two turns, only what needs me", portal.MailNotices, 1, now.Add(3*time.Minute))

		choose(func(c *portal.NoticeChoices) { c.Preset = portal.NoticeEverything })
		update()
		mails("an update, everything", portal.MailNotices, 1, now.Add(3*time.Minute))

		// Over midnight, in quiet hours, and on the day of the week.
		choose(func(c *portal.NoticeChoices) { c.QuietFrom, c.QuietUntil = "22:00", "10:30" })
		update()
		mails("in quiet hours", portal.MailNotices, 1, now.Add(30*time.Minute))
		choose(func(c *portal.NoticeChoices) {
			c.QuietFrom, c.QuietUntil = "", ""
			c.Preset, c.Own = portal.NoticeOwn, portal.Ways{Digested: portal.TopicUpdates}
		})
		update()
		if due := digest(); !due.Equal(time.Date(2026, 3, 16, 17, 30, 0, 0, time.UTC)) {
			t.Errorf("the digest comes at %v", due)
		}
		w.Clock.Advance(6 * 24 * time.Hour)
		if err := w.Portal.SendDigests(ctx); err != nil {
			t.Fatal(err)
		}
		mails("the digest", portal.MailDigest, 1, w.Clock.Now())
		if err := w.Portal.SendDigests(ctx); err != nil {
			t.Fatal(err)
		}
		mails("the digest, again", portal.MailDigest, 0, now)
		turn() // of a topic that they switched off
		mails("a topic that is off", portal.MailNotices, 0, now)

		choose(func(c *portal.NoticeChoices) { c.Preset = portal.NoticeEverything })
		if err := cleo.Mute(ctx, w.Site); err != nil {
			t.Fatal(err)
		}
		before := len(noticesOf(t, w, w.Cleo))
		update()
		mails("muted", portal.MailNotices, 0, now)
		if n := len(noticesOf(t, w, w.Cleo)); n != before {
			t.Errorf("%d notices of a muted project", n-before)
		}
		turn()
		mails("muted, and needs me", portal.MailNotices, 1, w.Clock.Now().Add(3*time.Minute))
		if all := must[[]portal.Muted](t)(cleo.Mutes(ctx)); len(all) != 1 || all[0].ID != w.Site || all[0].ClientName != "Acme" || !must[bool](t)(cleo.Muted(ctx, w.Site)) {
			t.Errorf("muted: %v", all)
		}
		if err := cleo.Unmute(ctx, w.Site); err != nil {
			t.Fatal(err)
		}
		update()
		mails("loud again", portal.MailNotices, 1, w.Clock.Now().Add(3*time.Minute))
		wantErr(t, "a project of another client", cleo.Mute(ctx, w.Shop), portal.ErrNotFound)

		// Unsubscribed, and back.
		if err := cleo.EndMails(ctx, "updates", false); err != nil {
			t.Fatal(err)
		}
		update()
		mails("unsubscribed", portal.MailNotices, 0, now)
		if err := cleo.EndMails(ctx, "updates", true); err != nil {
			t.Fatal(err)
		}
		update()
		mails("subscribed again", portal.MailNotices, 1, w.Clock.Now().Add(3*time.Minute))
		wantErr(t, "no topic", cleo.EndMails(ctx, "weather", false), portal.ErrNotFound)

		// It ends that and nothing else: who is named is still mailed, and pushed.
		choose(func(c *portal.NoticeChoices) { c.Preset = portal.NoticeNeeds })
		exec(t, w, `INSERT INTO sessions (id, token_hash, person_id, created_at, proved_at, seen_at, idle_micros, expires_at, proof) VALUES ('ses_e', 'e', '`+string(w.Cleo)+`', 1, 1, 1, 1, 9000000000000000, 'code')`)
		exec(t, w, `INSERT INTO push_devices (id, person_id, session_id, endpoint, public_key, auth, created_at, told_id) VALUES ('dev_e', '`+string(w.Cleo)+`', 'ses_e', 'https://push.test/e', '', '', 1, '')`)
		var both sync.WaitGroup
		for _, topic := range []string{"reminders", portal.MailDigest} {
			both.Go(func() {
				if err := w.As(w.Cleo).EndMails(ctx, topic, false); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		c := must[portal.NoticeChoices](t)(cleo.NoticeChoices(ctx))
		if c.Preset != portal.NoticeNeeds || c.Ended != portal.MailsOf("reminders")|portal.MailsOf(portal.MailDigest) || c.Ways().Mailed.Has(portal.TopicReminders) || !c.Ways().Mailed.Has(portal.TopicAsked) {
			t.Errorf("two ended at once: %+v", c)
		}
		name := func() {
			t.Helper()
			must[portal.ThreadID](t)(w.As(w.Mia).StartConversation(ctx, w.Site, portal.NewConversation{Subject: "S", NewMessage: say("@Cleo look", portal.ClientSide)}))
			tellPeople(t, w)
		}
		exec(t, w, `DELETE FROM notices`)
		name()
		mails("named, without reminders", portal.MailNotices, 1, w.Clock.Now().Add(3*time.Minute))
		var pushed int
		row(t, w, `SELECT COUNT(*) FROM notices WHERE push = 1 AND person_id = '`+string(w.Cleo)+`'`, &pushed)
		if pushed != 1 {
			t.Errorf("%d pushes", pushed)
		}
		if err := cleo.EndMails(ctx, "messages", false); err != nil {
			t.Fatal(err)
		}
		name()
		mails("named, without mails about messages", portal.MailNotices, 0, now)
		choose(func(c *portal.NoticeChoices) { c.Again = portal.TopicMessages })
		name()
		mails("named, with them again", portal.MailNotices, 1, w.Clock.Now().Add(3*time.Minute))
		// What came in the digest comes in it again.
		choose(func(c *portal.NoticeChoices) { c.Preset = portal.NoticeNormal })
		for _, again := range []bool{false, true} {
			if err := cleo.EndMails(ctx, "updates", again); err != nil {
				t.Fatal(err)
			}
		}
		if err := cleo.EndMails(ctx, portal.MailDigest, true); err != nil {
			t.Fatal(err)
		}
		if c := must[portal.NoticeChoices](t)(cleo.NoticeChoices(ctx)); !c.Ways().Digested.Has(portal.TopicUpdates) || c.Ways().Mailed.Has(portal.TopicUpdates) {
			t.Errorf("undone: %+v", c)
		}

		for field, bad := range map[string]portal.NoticeChoices{
			"preset":      {Preset: "loud", DigestOn: "daily", DigestAt: "08:00"},
			"digest_on":   {Preset: portal.NoticeNormal, DigestOn: "never", DigestAt: "08:00"},
			"digest_at":   {Preset: portal.NoticeNormal, DigestOn: "daily", DigestAt: "25:00"},
			"quiet_until": {Preset: portal.NoticeNormal, DigestOn: "daily", DigestAt: "08:00", QuietFrom: "22:00"},
		} {
			var invalid *portal.Invalid
			if err := cleo.ChooseNotices(ctx, bad); !errors.As(err, &invalid) || len(invalid.Fields) != 1 || invalid.Fields[field].Key == "" {
				t.Errorf("a wrong %s: %v", field, err)
			}
		}
	})
}

// Quiet hours, and the time of the digest, are what the clocks of the person's zone
// show, on the days on which these are changed, too: nothing is held for a day.
func TestQuietHoursWhenClocksChange(t *testing.T) {
	const berlin, newYork = "Europe/Berlin", "America/New_York"
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		at := func(s string) time.Time {
			t.Helper()
			return must[time.Time](t)(time.Parse("2006-01-02 15:04", s))
		}
		for _, c := range []struct{ zone, from, until, now, due string }{ // the times are UTC
			{berlin, "22:00", "02:30", "2026-03-29 00:45", "2026-03-29 01:00"}, // 01:45, and at 02:00 it is 03:00
			{berlin, "02:15", "02:45", "2026-03-29 00:59", "2026-03-29 00:59"},
			{berlin, "22:00", "07:00", "2026-03-29 01:30", "2026-03-29 05:00"},
			{berlin, "22:00", "02:30", "2026-10-25 00:15", "2026-10-25 00:30"}, // 02:15, and at 03:00 it is 02:00
			{berlin, "22:00", "07:00", "2026-10-25 00:20", "2026-10-25 06:00"},
			{berlin, "22:00", "02:30", "2026-10-25 01:15", "2026-10-25 01:30"}, // 02:15 again
			{newYork, "22:00", "01:30", "2026-11-01 05:15", "2026-11-01 05:30"},
			{newYork, "22:00", "01:30", "2026-11-01 06:15", "2026-11-01 06:30"}, // 01:15 again
			{newYork, "22:00", "07:00", "2026-11-01 06:20", "2026-11-01 12:00"},
			{newYork, "22:00", "02:30", "2027-03-14 06:45", "2027-03-14 07:00"}, // 01:45, and at 02:00 it is 03:00
			{newYork, "22:00", "07:00", "2027-03-14 07:30", "2027-03-14 11:00"},
		} {
			exec(t, w, `DELETE FROM mails`)
			write(t, w, `UPDATE persons SET time_zone = $1`, c.zone)
			if err := w.As(w.Cleo).ChooseNotices(ctx, portal.NoticeChoices{Preset: portal.NoticeEverything, QuietFrom: c.from, QuietUntil: c.until, DigestOn: "daily", DigestAt: "08:00"}); err != nil {
				t.Fatal(err)
			}
			w.Clock.Advance(at(c.now).Add(-3 * time.Minute).Sub(w.Clock.Now()))
			announce(t, w, w.Site, portal.ClientSide)
			tellPeople(t, w)
			if n, due := mailsWaiting(t, w, portal.MailNotices, w.Cleo); n != 1 || !due.Equal(at(c.due)) {
				t.Errorf("quiet from %s until %s in %s, at %s: %d mails, due %v, want %s", c.from, c.until, c.zone, c.now, n, due, c.due)
			}
			// However it came to be due, it is held as long.
			exec(t, w, `UPDATE mails SET due_at = 0`)
			w.Clock.Advance(3 * time.Minute)
			var id portal.MailID
			row(t, w, `SELECT id FROM mails WHERE person_id = '`+string(w.Cleo)+`'`, &id)
			_, err := w.Portal.ClaimMail(ctx, id)
			if held := c.due != c.now; held != errors.Is(err, portal.ErrNotDue) {
				t.Errorf("in %s, at %s: %v", c.zone, c.now, err)
			}
			if _, due := mailsWaiting(t, w, portal.MailNotices, w.Cleo); c.due != c.now && !due.Equal(at(c.due)) {
				t.Errorf("in %s, at %s: held until %v, want %s", c.zone, c.now, due, c.due)
			}
		}
		for _, c := range []struct{ zone, now, due string }{
			{berlin, "2027-03-28 00:45", "2027-03-28 01:00"},
			{newYork, "2028-03-12 06:45", "2028-03-12 07:00"},
		} {
			write(t, w, `UPDATE persons SET time_zone = $1`, c.zone)
			exec(t, w, `UPDATE notice_choices SET digest_due = NULL`)
			if err := w.As(w.Cleo).ChooseNotices(ctx, portal.NoticeChoices{Preset: portal.NoticeNormal, DigestOn: "daily", DigestAt: "02:30"}); err != nil {
				t.Fatal(err)
			}
			w.Clock.Advance(at(c.now).Sub(w.Clock.Now()))
			announce(t, w, w.Site, portal.ClientSide)
			tellPeople(t, w)
			var due int64
			row(t, w, `SELECT c.digest_due FROM notice_choices c WHERE c.person_id = '`+string(w.Cleo)+`'`, &due)
			if !db.FromMicros(due).Equal(at(c.due)) {
				t.Errorf("a digest at 02:30 in %s, at %s, is due %v, want %s", c.zone, c.now, db.FromMicros(due), c.due)
			}
		}
	})
}

// Where somebody is named needs them, on both sides, until they have looked or
// answered; that they have read all the rest is not looking. It is not told besides.
func TestBeingNamedNeedsSomebody(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		id := converse(t, w)
		tellPeople(t, w)
		exec(t, w, `DELETE FROM notices`)
		needs := func(who portal.PersonID) (named int) {
			t.Helper()
			me := w.As(who)
			all := must[[]portal.Need](t)(me.Needs(ctx, "", 0))
			if self := must[portal.Self](t)(me.Self(ctx)); self.Role != "" {
				all = must[[]portal.Need](t)(me.TeamNeeds(ctx, "2026-03-11"))
				w.Clock.Advance(6 * time.Second) // as long as a count is remembered
				if n := must[int](t)(me.CountTeamNeeds(ctx, "2026-03-11")); n != len(all) {
					t.Errorf("%s: %d counted, %d listed", who, n, len(all))
				}
			} else if n := must[int](t)(me.CountNeeds(ctx, "")); n != len(all) {
				t.Errorf("%s: %d counted, %d listed", who, n, len(all))
			}
			for _, n := range all {
				if n.Kind == "mention" {
					named++
					if must[portal.Notice](t)(me.Notice(ctx, portal.NoticeID(n.Item))).Said == "" || n.Title == "" {
						t.Errorf("%+v", n)
					}
				}
			}
			return named
		}
		want := func(what string, who portal.PersonID, named, unread int) {
			t.Helper()
			if n := needs(who); n != named {
				t.Errorf("%s: %s is named in %d places, want %d", what, who, n, named)
			}
			if n := must[int](t)(w.As(who).UnreadNotices(ctx, "")); n != unread {
				t.Errorf("%s: %d unread besides, want %d", what, n, unread)
			}
		}
		first := must[portal.MessageID](t)(w.As(w.Tom).Say(ctx, id, say("@Cleo @Mia look", portal.ClientSide)))
		tellPeople(t, w)
		for who, named := range map[portal.PersonID]int{w.Cleo: 1, w.Mia: 1, w.Bea: 0, w.Dan: 0, w.Carl: 0, w.Rex: 0, w.Tom: 0} {
			if n := needs(who); n != named {
				t.Errorf("%s is named in %d places, want %d", who, n, named)
			}
		}
		lead := must[portal.Actor](t)(w.As(w.Mia).ViewAs(ctx, w.CleoUser))
		if all := must[[]portal.Need](t)(w.Portal.As(lead).Needs(ctx, "", 0)); slices.ContainsFunc(all, func(n portal.Need) bool { return n.Kind == "mention" }) {
			t.Error("who looks at the portal as Cleo has her notices")
		}
		mention := func(who portal.PersonID) portal.NoticeID {
			t.Helper()
			all := must[[]portal.Need](t)(w.As(who).ProjectNeeds(ctx, w.Site, 0))
			if who == w.Mia {
				all = must[[]portal.Need](t)(w.As(who).TeamNeeds(ctx, "2026-03-11"))
			}
			return portal.NoticeID(all[slices.IndexFunc(all, func(n portal.Need) bool { return n.Kind == "mention" })].Item)
		}
		newest := mention(w.Cleo)
		for _, client := range []portal.ClientID{"", w.Acme} {
			if err := w.As(w.Cleo).ReadNotices(ctx, client, newest); err != nil {
				t.Fatal(err)
			}
		}
		want("all else read", w.Cleo, 1, 0)
		must[portal.MessageID](t)(w.As(w.Tom).Say(ctx, id, say("And this", portal.ClientSide)))
		tellPeople(t, w)
		want("something else in the same place", w.Cleo, 1, 1)
		of := must[portal.Notice](t)(w.As(w.Cleo).Notice(ctx, newest))
		others, _, err := w.As(w.Cleo).Notices(ctx, "", portal.Page{})
		if err == nil {
			err = w.As(w.Cleo).ReadNotice(ctx, others[0].ID)
		}
		if err == nil {
			err = w.As(w.Cleo).ReadRest(ctx, of.About)
		}
		if err != nil {
			t.Fatal(err)
		}
		want("the row of the rest was read", w.Cleo, 1, 0)
		if err := w.As(w.Mia).ReadNotice(ctx, mention(w.Mia)); err != nil {
			t.Fatal(err)
		}
		want("the one that names her was read", w.Mia, 0, 0)
		exec(t, w, `UPDATE notices SET read_at = NULL WHERE person_id = '`+string(w.Mia)+`' AND named = 1`)
		if err := w.As(w.Cleo).MarkRead(ctx, id, first); err != nil {
			t.Fatal(err)
		}
		want("looked", w.Cleo, 0, 0)
		if got, _, err := w.As(w.Cleo).Notices(ctx, "", portal.Page{}); err != nil || len(got) != 2 {
			t.Errorf("it is not told any more: %v, %v", got, err)
		}
		answer := func(to string) {
			t.Helper()
			must[portal.MessageID](t)(w.As(w.Mia).SayAt(ctx, string(id), portal.NewMessage{Body: "I have", Audience: portal.ClientSide, ByMail: true, Answers: portal.MailID(to)}))
		}
		answer("")
		want("a mail that says of no other that it answers it", w.Mia, 1, 0)
		exec(t, w, `UPDATE mails SET id = 'mai_first', sent_at = 5, state = 'sent' WHERE kind = 'notices' AND person_id = '`+string(w.Mia)+`'`)
		exec(t, w, `INSERT INTO mails (id, kind, person_id, address, subject_id, state, created_at, due_at, sent_at)
SELECT 'mai_' || x.id, 'notices', x.person, 'x@x.test', '', 'sent', 1, 1, x.at
  FROM (SELECT 'before' AS id, '`+string(w.Mia)+`' AS person, 4 AS at UNION ALL SELECT 'later', '`+string(w.Mia)+`', 6 UNION ALL SELECT 'toms', '`+string(w.Tom)+`', 7) x`)
		answer("mai_first")
		want("an answer to a mail that did not tell of it", w.Mia, 1, 0)
		exec(t, w, `UPDATE notices SET mail_id = 'mai_first' WHERE person_id = '`+string(w.Mia)+`'`)
		answer("mai_before")
		want("an answer to an earlier mail", w.Mia, 1, 0)
		answer("mai_toms")
		want("an answer to somebody else's", w.Mia, 1, 0)
		answer("mai_later")
		want("answered by mail", w.Mia, 0, 0)
		gone := must[portal.MessageID](t)(w.As(w.Cleo).Say(ctx, id, say("@Tom and you?", "")))
		tellPeople(t, w)
		// What waits for an answer is one thing to do, also for whom it names.
		once := func(what string, all []portal.Need, kind string) {
			t.Helper()
			all = slices.DeleteFunc(all, func(n portal.Need) bool { return n.Kind != "mention" && n.Item != portal.ItemID(id) })
			if len(all) != 1 || all[0].Kind != kind {
				t.Errorf("%s: %+v, want one %s", what, all, kind)
			}
		}
		want("named by the client", w.Tom, 0, 5)
		once("named in what waits for the team", must[[]portal.Need](t)(w.As(w.Tom).TeamNeeds(ctx, "2026-03-11")), "message")
		w.Clock.Advance(time.Second)
		asked := must[portal.MessageID](t)(w.As(w.Mia).Say(ctx, id, portal.NewMessage{Body: "@Cleo which, and @Tom why?", Audience: portal.ClientSide, Question: true}))
		tellPeople(t, w)
		want("named in a question", w.Cleo, 0, 5)
		once("named in a question", must[[]portal.Need](t)(w.As(w.Cleo).Needs(ctx, "", 0)), "question")
		once("named in a question", must[[]portal.Need](t)(w.As(w.Cleo).ProjectNeeds(ctx, w.Site, 0)), "question")
		want("named in a question to the client", w.Tom, 2, 5)
		if err := w.As(w.Mia).DeleteMessage(ctx, asked); err != nil {
			t.Fatal(err)
		}
		if err := w.As(w.Cleo).DeleteMessage(ctx, gone); err != nil {
			t.Fatal(err)
		}
		want("deleted", w.Tom, 0, 5)

		// An approval needs whoever of the team is asked, on whatever project.
		if _, err := w.As(w.Mia).AskApproval(ctx, w.Site, portal.NewApproval{Title: "Film", Versions: []portal.VersionID{w.Items[w.Site][portal.ClientSide].Version},
			Stages: []portal.NewStage{{Of: portal.Team, People: []portal.PersonID{w.Ada}, Advisers: []portal.PersonID{w.Tom}, Rule: portal.RuleDecider}}}); err != nil {
			t.Fatal(err)
		}
		if all := must[[]portal.Need](t)(w.As(w.Tom).TeamNeeds(ctx, "2026-03-11")); slices.ContainsFunc(all, func(n portal.Need) bool { return n.Kind == "approval" }) {
			t.Errorf("who only advises is to decide: %+v", all)
		}
		if all := must[[]portal.Need](t)(w.As(w.Ada).TeamNeeds(ctx, "2026-03-11")); len(all) != 1 || all[0].Kind != "approval" || all[0].ClientName == "" {
			t.Errorf("what Ada is asked: %+v", all)
		}
	})
}

// Whom an edit names is told of it, once, and it needs them; whom it names no more
// it does not need, and was told of a message like others.
func TestAnEditNamesPeople(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		it := w.Items[w.Site][portal.ClientSide]
		id := converse(t, w)
		exec(t, w, `DELETE FROM notice_queue`)
		count := func(q string, who portal.PersonID) (n int) {
			t.Helper()
			if err := w.DB.QueryRow(ctx, q, string(who)).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		want := func(what string, who portal.PersonID, named, unread, mails int) {
			t.Helper()
			tellPeople(t, w)
			needs := must[[]portal.Need](t)(w.As(who).Needs(ctx, "", 0))
			if who == w.Mia || who == w.Ada {
				needs = must[[]portal.Need](t)(w.As(who).TeamNeeds(ctx, "2026-03-11"))
			}
			got := 0
			for _, n := range needs {
				if n.Kind == "mention" {
					got++
				}
			}
			waiting, _ := mailsWaiting(t, w, portal.MailNotices, who)
			if n := must[int](t)(w.As(who).UnreadNotices(ctx, "")); got != named || n != unread || waiting != mails {
				t.Errorf("%s: %s is named in %d places, has %d unread besides and %d mails; want %d, %d and %d", what, who, got, n, waiting, named, unread, mails)
			}
		}
		for _, place := range []struct {
			name string
			say  func(string, portal.Side) portal.MessageID
		}{
			{"a message", func(body string, to portal.Side) portal.MessageID {
				return must[portal.MessageID](t)(w.As(w.Tom).Say(ctx, id, say(body, to)))
			}},
			{"a comment", func(body string, to portal.Side) portal.MessageID {
				return must[portal.MessageID](t)(w.As(w.Tom).CommentOn(ctx, portal.ItemID(it.Deliverable), portal.NewComment{NewMessage: say(body, to)}))
			}},
		} {
			exec(t, w, `DELETE FROM notices`)
			exec(t, w, `DELETE FROM mails`)
			m := place.say("@Cleo look", portal.ClientSide)
			want(place.name, w.Cleo, 1, 0, 1)
			want(place.name, w.Mia, 0, 1, 1)
			want(place.name, w.Ada, 0, 0, 0)
			exec(t, w, `UPDATE mails SET state = 'sent'`)
			revision := int64(0)
			edit := func(body string) {
				t.Helper()
				revision++
				if err := w.As(w.Tom).EditMessage(ctx, m, body, revision); err != nil {
					t.Fatal(err)
				}
			}
			edit("@Cleo, @Mia, @Ada, @Carl and @Rex, look")
			want(place.name+", named before", w.Cleo, 1, 0, 0)
			want(place.name+", told before", w.Mia, 1, 0, 1)
			want(place.name+", named by the edit", w.Ada, 1, 0, 1)
			for _, who := range []portal.PersonID{w.Carl, w.Rex, w.Dan, w.Eve} {
				if n := count(`SELECT COUNT(*) FROM notices WHERE person_id = $1 AND named = 1`, who); n != 0 {
					t.Errorf("%s: %s has %d notices of being named", place.name, who, n)
				}
			}
			exec(t, w, `UPDATE mails SET state = 'sent'`)
			if err := w.As(w.Mia).MarkRead(ctx, must[portal.Thread](t)(w.As(w.Mia).ThreadOf(ctx, m)).ID, m); err != nil {
				t.Fatal(err)
			}
			edit("@Cleo, @Mia, @Ada, look here")
			want(place.name+", edited again", w.Mia, 0, 0, 0)
			want(place.name+", edited again", w.Ada, 1, 0, 0)
			edit("@Mia, look here")
			want(place.name+", named no more", w.Cleo, 0, 1, 0)
			want(place.name+", named no more", w.Ada, 0, 1, 0)
			of, _, err := w.As(w.Cleo).Notices(ctx, "", portal.Page{})
			if err == nil && place.name == "a message" {
				err = w.As(w.Cleo).ReadNotice(ctx, of[0].ID)
			} else if err == nil {
				err = w.As(w.Cleo).ReadNotices(ctx, "", of[0].ID)
			}
			if err == nil {
				err = w.As(w.Ada).ReadNotices(ctx, w.Acme, noticeAbout(t, w, w.Ada, m))
			}
			if err != nil {
				t.Fatal(err)
			}
			want(place.name+", read", w.Cleo, 0, 0, 0)
			want(place.name+", read", w.Ada, 0, 0, 0)

			// What nobody was told of yet is told once; a note names nobody of the client.
			m, revision = place.say("Look", portal.ClientSide), 0
			edit("@Cleo look")
			want(place.name+", edited at once", w.Cleo, 1, 0, 1)
			edit("Look")
			want(place.name+", and taken back", w.Cleo, 0, 1, 1)
			exec(t, w, `DELETE FROM notices`)
			m, revision = place.say("For us", portal.Team), 0
			edit("For us, @Cleo and @Ada")
			want(place.name+", a note", w.Cleo, 0, 0, 1)
			want(place.name+", a note", w.Ada, 1, 0, 1)
		}

		// Outside projects, and between people.
		for name, begin := range map[string]func() portal.MessageID{
			"the general conversation": func() portal.MessageID {
				return must[portal.MessageID](t)(w.As(w.Mia).SayToClient(ctx, w.Acme, say("Look", portal.ClientSide)))
			},
			"a direct one": func() portal.MessageID {
				th := must[portal.ThreadID](t)(w.As(w.Mia).StartDirect(ctx, portal.NewDirect{Client: w.Acme, People: []portal.PersonID{w.Cleo, w.Ada}, NewMessage: say("Look", "")}))
				l := must[portal.MessageList](t)(w.As(w.Mia).Messages(ctx, th, portal.MessagePage{}))
				return l.All[len(l.All)-1].ID
			},
		} {
			exec(t, w, `DELETE FROM notices`)
			exec(t, w, `DELETE FROM mails`)
			m := begin()
			want(name, w.Cleo, 0, 1, 1)
			if err := w.As(w.Mia).EditMessage(ctx, m, "@Cleo and @Ada, look", 1); err != nil {
				t.Fatal(err)
			}
			want(name, w.Cleo, 1, 0, 1)
			want(name, w.Ada, 1, 0, 1)
			if n := count(`SELECT COUNT(*) FROM notices WHERE person_id = $1`, w.Bea); n != map[string]int{"the general conversation": 1}[name] {
				t.Errorf("%s: Bea has %d notices", name, n)
			}
		}

		// Of comments that were sent at once.
		exec(t, w, `DELETE FROM notices`)
		exec(t, w, `DELETE FROM mails`)
		exec(t, w, `DELETE FROM unsent_comments`)
		cleo := w.As(w.Cleo)
		kindOf(t, w, it.Version, "image", 0, 0)
		for _, body := range []string{"Smaller, @Mia", "Larger"} {
			must[portal.UnsentID](t)(cleo.KeepComment(ctx, it.Version, body, nil))
		}
		if n, err := cleo.SendFeedback(ctx, it.Version, ""); n != 2 || err != nil {
			t.Fatal(n, err)
		}
		want("feedback", w.Mia, 1, 0, 1)
		threads, _, err := cleo.CommentsOn(ctx, portal.ItemID(it.File), portal.CommentFilter{Own: true})
		if err != nil || len(threads) != 2 {
			t.Fatal(threads, err)
		}
		if err := cleo.EditMessage(ctx, threads[0].First.ID, "Smaller", 1); err != nil {
			t.Fatal(err)
		}
		want("feedback that names nobody any more", w.Mia, 0, 1, 1)
		if err := cleo.EditMessage(ctx, threads[1].First.ID, "Larger, @Mia", 1); err != nil {
			t.Fatal(err)
		}
		want("feedback that names her elsewhere", w.Mia, 1, 1, 1)
	})
}

// What somebody was told of one thing is one group, unread apart from read, with a
// picture that they may see; what does not go on a page goes on on the next.
func TestNoticesAreGrouped(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		it := w.Items[w.Site][portal.ClientSide]
		write(t, w, `UPDATE versions SET preview = 'ready' WHERE id = $1`, string(it.Version))
		exec(t, w, `DELETE FROM notices`)
		comment := func(body string) portal.MessageID {
			t.Helper()
			id := must[portal.MessageID](t)(w.As(w.Tom).CommentOn(ctx, portal.ItemID(it.File), portal.NewComment{Version: it.Version, NewMessage: portal.NewMessage{Body: body, Audience: portal.ClientSide}}))
			tellPeople(t, w)
			return id
		}
		groups := func(who portal.PersonID, limit int, after string) (sizes string, all []portal.NoticeGroup, next string) {
			t.Helper()
			all, next, err := w.As(who).NoticeGroups(ctx, "", portal.Page{Limit: limit, After: after})
			if err != nil {
				t.Fatal(err)
			}
			for _, g := range all {
				sizes += fmt.Sprintf("%d%t ", len(g.All), g.All[0].Unread)
			}
			return sizes, all, next
		}
		for _, id := range []portal.MessageID{comment("one"), comment("two")} {
			if err := w.As(w.Cleo).MarkRead(ctx, must[portal.Thread](t)(w.As(w.Cleo).ThreadOf(ctx, id)).ID, id); err != nil {
				t.Fatal(err)
			}
		}
		update := announce(t, w, w.Site, portal.ClientSide)
		tellPeople(t, w)
		for _, body := range []string{"three", "four", "five"} {
			comment(body)
		}
		sizes, all, _ := groups(w.Cleo, 50, "")
		if sizes != "3true 1true 2false " || all[0].Picture.ID != it.Version || all[1].Picture.ID != "" || all[0].All[0].Title == "" || all[1].All[0].Subject != string(update) {
			t.Errorf("%q: %+v", sizes, all)
		}
		sizes, _, next := groups(w.Cleo, 1, "")
		if sizes != "3true " {
			t.Errorf("a page of one: %q", sizes)
		}
		if sizes, _, next = groups(w.Cleo, 1, next); sizes != "1true " {
			t.Errorf("the next: %q", sizes)
		}
		if sizes, _, next = groups(w.Cleo, 1, next); sizes != "2false " || next != "" {
			t.Errorf("the last: %q, %q", sizes, next)
		}
		if err := w.As(w.Cleo).ReadNotice(ctx, all[0].All[0].ID); err != nil {
			t.Fatal(err)
		}
		if sizes, _, _ = groups(w.Cleo, 50, ""); sizes != "5false 1true " {
			t.Errorf("read: %q", sizes)
		}
		for _, who := range []portal.PersonID{w.Carl, w.Rex} {
			if _, all, _ := groups(who, 50, ""); len(all) != 0 {
				t.Errorf("%s: %+v", who, all)
			}
		}
		if _, err := w.As(w.Mia).Conceal(ctx, portal.ItemID(it.File)); err != nil {
			t.Fatal(err)
		}
		if sizes, _, _ = groups(w.Cleo, 50, ""); sizes != "1true " {
			t.Errorf("of a file that is hidden again: %q", sizes)
		}
	})
}

// Every read of notices finds its rows by an index.
func TestNoticePlans(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		announce(t, w, w.Site, portal.ClientSide)
		tellPeople(t, w)
		portal.Expanded()
		for _, who := range []portal.PersonID{w.Tom, w.Cleo} {
			me := w.As(who)
			all, _, err := me.Notices(ctx, "", portal.Page{})
			if err != nil || len(all) == 0 {
				t.Fatal(all, err)
			}
			must[portal.Notice](t)(me.Notice(ctx, all[0].ID))
			_, _, err = me.NoticeGroups(ctx, "", portal.Page{})
			if err != nil {
				t.Fatal(err)
			}
			must[[]portal.Need](t)(me.TeamNeeds(ctx, "2026-03-11"))
			must[int](t)(me.CountNeeds(ctx, ""))
			must[int](t)(me.UnreadNotices(ctx, ""))
			must[portal.NoticeID](t)(me.NewestNotice(ctx))
			must[[]portal.Device](t)(me.Devices(ctx))
			must[portal.Receipts](t)(me.Receipts(ctx, w.Items[w.Site][portal.ClientSide].Message))
			if _, _, err := me.NoticesToPush(ctx, all[0].ID); err != nil {
				t.Fatal(err)
			}
			must[portal.NoticeChoices](t)(me.NoticeChoices(ctx))
			must[[]portal.Muted](t)(me.Mutes(ctx))
			if _, _, err := me.NoticesOf(ctx, portal.Mail{Kind: portal.MailDigest}); err != nil {
				t.Fatal(err)
			}
			must[bool](t)(me.LeftUnread(ctx, portal.Mail{Kind: portal.MailDigest}))
			if err := me.ReadAbout(ctx, all[0].Subject); err != nil {
				t.Fatal(err)
			}
		}
		plans(t, w, portal.Expanded(), func(q, line string) {
			if len(line) > 5 && line[:5] == "SCAN " && line != "SCAN CONSTANT ROW" && line != "SCAN x" && line != "SCAN y" || seqScan.MatchString(line) {
				t.Errorf("%s in %s", line, q)
			}
		})
	})
}

// What is said is told to those who read it there, notes to the team alone; it
// is read with the conversation, and gone when it is deleted.
func TestMessagesAreTold(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		said := func(who portal.PersonID) (all []string) {
			t.Helper()
			list, _, err := w.As(who).Notices(ctx, "", portal.Page{})
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range list {
				if n.Said != "" && n.Unread {
					all = append(all, string(n.Said))
				}
			}
			return all
		}
		everybody := map[string]portal.PersonID{"Ada": w.Ada, "Mia": w.Mia, "Tom": w.Tom, "Cleo": w.Cleo, "Dan": w.Dan, "Carl": w.Carl, "Bea": w.Bea, "Eve": w.Eve, "Rex": w.Rex}
		told := func(what string, id portal.MessageID, names ...string) {
			t.Helper()
			tellPeople(t, w)
			for name, who := range everybody {
				if got := slices.Contains(said(who), string(id)); got != slices.Contains(names, name) {
					t.Errorf("%s: %s was told: %v", what, name, got)
				}
			}
		}
		last := func(who portal.PersonID, th portal.ThreadID) portal.MessageID {
			t.Helper()
			l := must[portal.MessageList](t)(w.As(who).Messages(ctx, th, portal.MessagePage{}))
			return l.All[len(l.All)-1].ID
		}
		exec(t, w, `DELETE FROM notice_queue`)
		th := must[portal.ThreadID](t)(w.As(w.Cleo).StartConversation(ctx, w.Site, portal.NewConversation{Subject: "Colours", NewMessage: portal.NewMessage{Body: "Which ones?"}}))
		first := last(w.Cleo, th)
		clients := []string{}
		for name, who := range everybody {
			if th, err := w.As(who).Thread(ctx, th); err == nil && th.Side == portal.ClientSide {
				clients = append(clients, name)
			}
		}
		others := slices.DeleteFunc(slices.Clone(clients), func(n string) bool { return n == "Cleo" })
		told("a client's message", first, append(others, "Mia", "Tom")...)

		note := must[portal.MessageID](t)(w.As(w.Tom).Say(ctx, th, portal.NewMessage{Body: "Careful here.", Audience: portal.Team}))
		told("a note", note, "Mia")
		answer := must[portal.MessageID](t)(w.As(w.Tom).Say(ctx, th, portal.NewMessage{Body: "These two. Right, @Ada?", Audience: portal.ClientSide, Question: true}))
		told("an answer that names Ada", answer, append(clients, "Mia", "Ada")...)
		n := must[portal.Notice](t)(w.As(w.Cleo).Notice(ctx, noticeAbout(t, w, w.Cleo, answer)))
		if n.Title != "Colours" || n.Where != portal.ProjectThread || n.About != string(th) {
			t.Errorf("%+v", n)
		}
		exec(t, w, `DELETE FROM mails`)
		if err := w.As(w.Cleo).ChooseNotices(ctx, portal.NoticeChoices{Preset: portal.NoticeNeeds, DigestOn: "daily", DigestAt: "08:00"}); err != nil {
			t.Fatal(err)
		}
		plain := must[portal.MessageID](t)(w.As(w.Tom).Say(ctx, th, portal.NewMessage{Body: "By the way.", Audience: portal.ClientSide}))
		tellPeople(t, w)
		if n, _ := mailsWaiting(t, w, portal.MailNotices, w.Cleo); n != 0 {
			t.Error("what does not need Cleo is mailed")
		}
		must[portal.MessageID](t)(w.As(w.Tom).Say(ctx, th, portal.NewMessage{Body: "Well?", Audience: portal.ClientSide, Question: true}))
		tellPeople(t, w)
		if n, _ := mailsWaiting(t, w, portal.MailNotices, w.Cleo); n != 1 {
			t.Error("a question is not mailed")
		}
		if err := w.As(w.Tom).DeleteMessage(ctx, plain); err != nil {
			t.Fatal(err)
		}
		if slices.Contains(said(w.Cleo), string(plain)) {
			t.Error("a deleted message is told of")
		}
		if err := w.As(w.Cleo).MarkRead(ctx, th, last(w.Cleo, th)); err != nil {
			t.Fatal(err)
		}
		if all := said(w.Cleo); len(all) > 0 {
			t.Errorf("%v are unread after the conversation was read", all)
		}
		sections(t, w, 0, int64(portal.SectionMessages))
		if all, _, err := w.As(w.Cleo).Notices(ctx, "", portal.Page{}); err != nil || slices.ContainsFunc(all, func(n portal.Notice) bool { return n.Said != "" }) {
			t.Errorf("with the section off: %v, %v", all, err)
		}
		sections(t, w, int64(portal.SectionMessages), 0)

		comment := must[portal.MessageID](t)(w.As(w.Cleo).CommentOn(ctx, portal.ItemID(w.Items[w.Site][portal.ClientSide].Deliverable), portal.NewComment{NewMessage: portal.NewMessage{Body: "Nicer."}}))
		told("a comment", comment, append(others, "Mia", "Tom")...)
		hidden := must[portal.MessageID](t)(w.As(w.Tom).CommentOn(ctx, portal.ItemID(w.Items[w.Site][portal.Team].Deliverable), portal.NewComment{NewMessage: portal.NewMessage{Body: "Hm."}}))
		told("a comment on what is hidden", hidden, "Mia")
		direct := must[portal.ThreadID](t)(w.As(w.Mia).StartDirect(ctx, portal.NewDirect{Client: w.Acme, People: []portal.PersonID{w.Cleo}, NewMessage: portal.NewMessage{Body: "Between us."}}))
		told("a direct message", last(w.Mia, direct), "Cleo")

		// In the conversation of a client everybody at it hears, and whose work it is, or somebody else.
		ask := func(what string, names ...string) {
			t.Helper()
			id := must[portal.MessageID](t)(w.As(w.Cleo).SayToClient(ctx, w.Acme, portal.NewMessage{Body: what}))
			atAcme := []string{}
			for name, who := range everybody {
				if th, err := w.As(who).GeneralThreadOf(ctx, w.Acme); err == nil && who != w.Cleo && th.Side == portal.ClientSide {
					atAcme = append(atAcme, name)
				}
			}
			told(what, id, append(atAcme, names...)...)
			for _, name := range names {
				if n := must[int](t)(w.As(everybody[name]).UnreadConversations(ctx, portal.Self{Role: "owner"}, "")); n == 0 && name != "Tom" {
					t.Errorf("%s: %s has nothing unread", what, name)
				}
				needs := must[[]portal.Need](t)(w.As(everybody[name]).TeamNeeds(ctx, ""))
				if !slices.ContainsFunc(needs, func(n portal.Need) bool { return n.Kind == "message" && n.Project == "" }) {
					t.Errorf("%s: nobody answers: %+v", what, needs)
				}
			}
		}
		ask("to the client's team", "Mia")
		exec(t, w, `DELETE FROM client_team WHERE client_id = '`+string(w.Acme)+`'`)
		exec(t, w, `UPDATE clients SET contact_id = '`+string(w.Ada)+`' WHERE id = '`+string(w.Acme)+`'`)
		exec(t, w, `DELETE FROM project_team WHERE person_id = '`+string(w.Mia)+`'`)
		w.Regrant()
		ask("to the contact", "Ada")
		exec(t, w, `UPDATE clients SET contact_id = NULL WHERE id = '`+string(w.Acme)+`'`)
		w.Regrant()
		ask("to nobody in particular", "Ada", "Tom")
	})
}

// In a project on whose team nobody is, those hear and answer whose work its client is;
// where nobody of them sees it, who administers.
func TestSomebodyStandsIn(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ada, cleo := w.As(w.Ada), w.As(w.Cleo)
		ok := func(what string, err error) {
			t.Helper()
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
		}
		th := must[portal.ThreadID](t)(cleo.StartConversation(ctx, w.Site, portal.NewConversation{Subject: "Colours", NewMessage: portal.NewMessage{Body: "Which ones?"}}))
		team := map[string]portal.PersonID{"Ada": w.Ada, "Mia": w.Mia, "Tom": w.Tom}
		var out portal.PersonID // is kept out, and only not told
		hears := func(when string, want ...string) {
			t.Helper()
			tellPeople(t, w)
			exec(t, w, `DELETE FROM reading_marks`)
			said := map[string]portal.MessageID{
				"a message": must[portal.MessageID](t)(cleo.Say(ctx, th, portal.NewMessage{Body: "Hello?"})),
				"a comment": must[portal.MessageID](t)(cleo.CommentOn(ctx, portal.ItemID(w.Items[w.Site][portal.ClientSide].Deliverable), portal.NewComment{NewMessage: portal.NewMessage{Body: "Nicer."}})),
			}
			tellPeople(t, w)
			for name, who := range team {
				me, wanted := w.As(who), slices.Contains(want, name)
				all, _, err := me.Notices(ctx, "", portal.Page{})
				ok("notices", err)
				for what, id := range said {
					if got := slices.ContainsFunc(all, func(n portal.Notice) bool { return n.Said == id }); got != wanted {
						t.Errorf("%s: %s hears of %s: %v", when, name, what, got)
					}
				}
				if who == out {
					continue
				}
				needs := must[[]portal.Need](t)(me.TeamNeeds(ctx, ""))
				if got := slices.ContainsFunc(needs, func(n portal.Need) bool { return n.Item == portal.ItemID(th) && n.ProjectName != "" }); got != wanted {
					t.Errorf("%s: %s has it among what needs them: %v", when, name, got)
				}
				before := must[int](t)(me.UnreadConversations(ctx, portal.Self{Role: "manager"}, ""))
				read := me.MarkRead(ctx, th, said["a message"])
				after := must[int](t)(me.UnreadConversations(ctx, portal.Self{Role: "manager"}, ""))
				if got := read == nil && before > after; got != wanted {
					t.Errorf("%s: %s has it unread: %v", when, name, got)
				}
			}
		}
		hears("with a team", "Mia", "Tom")
		ok("Mia is taken off", ada.TakeOffProject(ctx, w.Site, w.Mia))
		hears("with one", "Tom")
		ok("Tom is taken off", ada.TakeOffProject(ctx, w.Site, w.Tom))
		hears("with none, but a manager of the client", "Mia")
		ok("Ada is the contact", saveContact(t, w, w.Ada))
		hears("with a contact, too", "Mia", "Ada")
		ok("nobody is the contact", saveContact(t, w, ""))
		ok("Tom is on the client", ada.PutOnClient(ctx, w.Acme, w.Tom))
		hears("Tom, on the client, does not see the project", "Mia")
		ok("Mia is taken off the client", ada.TakeOffClient(ctx, w.Acme, w.Mia))
		hears("nobody who works for the client sees it", "Ada")
		ok("Tom is put on it", ada.PutOnProject(ctx, w.Site, w.Tom, "", true))
		hears("with one again", "Tom")
		if _, err := ada.RemoveTeamMember(ctx, w.Tom); err != nil {
			t.Fatal(err)
		}
		hears("the last of its team was removed", "Ada")
		ok("Mia becomes an administrator", ada.ChangeRole(ctx, w.Mia, "admin"))
		hears("with two who administer", "Ada", "Mia")
		ok("and manager again", ada.ChangeRole(ctx, w.Mia, "manager"))
		hears("with one who does", "Ada")
		letIn := func(yes bool) {
			t.Helper()
			out = w.Mia
			ok("kept out or let in", w.DB.Write(ctx, func(d *db.Tx) (err error) {
				if yes {
					out = ""
					return w.Accounts.Enable(ctx, d, account.PersonID(w.Mia))
				}
				_, err = w.Accounts.Disable(ctx, d, account.PersonID(w.Mia))
				return err
			}))
		}
		ok("Mia is put on the project", ada.PutOnProject(ctx, w.Site, w.Mia, "", true))
		hears("with a team again", "Mia")
		letIn(false)
		hears("the only one of its team is kept out", "Ada")
		letIn(true)
		hears("and is let in again", "Mia")
		ok("Mia is taken off", ada.TakeOffProject(ctx, w.Site, w.Mia))
		ok("Mia is on the client", ada.PutOnClient(ctx, w.Acme, w.Mia))
		hears("with a manager of the client", "Mia")
		letIn(false)
		hears("who is kept out", "Ada")
		if n := must[int](t)(portal.DerivedDue(ctx, w.DB)); n != 0 {
			t.Errorf("%d derived rows are not due", n)
		}
	})
}

func saveContact(t *testing.T, w *portaltest.World, who portal.PersonID) error {
	t.Helper()
	c := must[portal.Client](t)(w.As(w.Ada).Client(ctx, w.Acme))
	return w.As(w.Ada).ChangeClient(ctx, w.Acme, portal.ClientSettings{Name: c.Name, Contact: who, Revision: c.Revision})
}

func noticeAbout(t *testing.T, w *portaltest.World, who portal.PersonID, id portal.MessageID) portal.NoticeID {
	t.Helper()
	all, _, err := w.As(who).Notices(ctx, "", portal.Page{})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(n portal.Notice) bool { return n.Said == id })
	if i < 0 {
		t.Fatalf("%s was not told of %s", who, id)
	}
	return all[i].ID
}

// Whoever looks at something has not read yet what was said there: that is read as
// far as it was on the screen, also before anybody is told of it.
func TestCommentsAreReadWhereTheyStand(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx, it := t.Context(), w.Items[w.Site][portal.ClientSide]
		cleo, task := w.As(w.Cleo), portal.ItemID(it.Task)
		comment := func(body string) (portal.ThreadID, portal.MessageID) {
			t.Helper()
			id := must[portal.MessageID](t)(w.As(w.Tom).CommentOn(ctx, task, portal.NewComment{NewMessage: portal.NewMessage{Body: body, Audience: portal.ClientSide}}))
			return must[portal.Thread](t)(cleo.ThreadOf(ctx, id)).ID, id
		}
		unread := func(when string, want ...portal.MessageID) {
			t.Helper()
			all, _, err := cleo.Notices(ctx, "", portal.Page{Limit: 50})
			if err != nil {
				t.Fatal(err)
			}
			var got []portal.MessageID
			for _, n := range all {
				if n.About == string(task) && n.Unread {
					got = append(got, n.Said)
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s: unread are %v, want %v", when, got, want)
			}
		}
		read := func(th portal.ThreadID, m portal.MessageID) {
			t.Helper()
			if err := cleo.MarkRead(ctx, th, m); err != nil {
				t.Fatal(err)
			}
		}
		firstThread, first := comment("one")
		secondThread, second := comment("two")
		tellPeople(t, w)
		unread("told", second, first)
		if err := cleo.ReadAbout(ctx, string(task)); err != nil {
			t.Fatal(err)
		}
		unread("the task was looked at", second, first)
		read(secondThread, second)
		unread("one thread was read", first)
		answer := must[portal.MessageID](t)(w.As(w.Tom).Say(ctx, firstThread, portal.NewMessage{Body: "three", Audience: portal.ClientSide}))
		tellPeople(t, w)
		w.Clock.Advance(time.Second)
		read(firstThread, first)
		unread("the other up to its first", answer)
		read(firstThread, answer)
		unread("the other to its end")

		// The page of somebody who is there is ahead of the telling.
		early, later := must[portal.MessageID](t)(w.As(w.Tom).Say(ctx, firstThread, portal.NewMessage{Body: "four", Audience: portal.ClientSide})), portal.MessageID("")
		read(firstThread, early)
		later = must[portal.MessageID](t)(w.As(w.Tom).Say(ctx, firstThread, portal.NewMessage{Body: "five", Audience: portal.ClientSide}))
		tellPeople(t, w)
		unread("what was read before it is told", later)
	})
}

// clientElsewhere makes somebody of the team a client's user, too.
func clientElsewhere(t *testing.T, w *portaltest.World, who portal.PersonID, client portal.ClientID) {
	t.Helper()
	exec(t, w, `INSERT INTO client_users (id, client_id, person_id, rights, all_projects, created_at, created_by, accepted_at) VALUES ('cus_elsewhere', $1, $2, 255, 1, 1, $3, 1)`, string(client), string(who), string(w.Ada))
	w.Regrant()
}

// Who is of the team, and of a client elsewhere, is mailed of all, the team's and theirs.
func TestMailsOfTeamWithAClientElsewhere(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		clientElsewhere(t, w, w.Tom, w.Brick)
		tom := w.As(w.Tom)
		if err := tom.ChooseNotices(ctx, portal.NoticeChoices{Preset: portal.NoticeEverything, DigestOn: "daily", DigestAt: "08:00"}); err != nil {
			t.Fatal(err)
		}
		announce(t, w, w.Shop, portal.ClientSide)
		announce(t, w, w.Site, portal.ClientSide)
		announce(t, w, w.Site, portal.ClientSide)
		tellPeople(t, w)
		w.Clock.Advance(4 * time.Minute)
		of := 0
		for {
			var id portal.MailID
			if err := w.DB.QueryRow(ctx, `SELECT COALESCE(MIN(m.id), '') FROM mails m WHERE m.kind = 'notices' AND m.person_id = $1 AND m.state = 'queued'`, string(w.Tom)).Scan(&id); err != nil {
				t.Fatal(err)
			}
			if id == "" {
				break
			}
			m, err := w.Portal.ClaimMail(ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Portal.TakeNotices(ctx, m); err != nil {
				t.Fatal(err)
			}
			all, _, err := tom.NoticesOf(ctx, m)
			if err != nil {
				t.Fatal(err)
			}
			var told []portal.NoticeID
			for _, x := range all {
				told = append(told, x.ID)
			}
			of += len(told)
			if err := w.Portal.LeaveNotices(ctx, m, told); err != nil {
				t.Fatal(err)
			}
			if err := w.Portal.MailSent(ctx, id); err != nil {
				t.Fatal(err)
			}
		}
		var n int
		if err := w.DB.QueryRow(ctx, `SELECT COUNT(*) FROM notices n WHERE n.person_id = $1 AND n.mail = ''`, string(w.Tom)).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n > 0 || of != 3 {
			t.Errorf("mails tell of %d, and %d are in none", of, n)
		}
	})
}
