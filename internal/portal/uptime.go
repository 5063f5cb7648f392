package portal

import (
	"context"
	"errors"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// This file works without a Scope: the program itself finds out that its database
// is an older one than it worked with, and then trusts nothing in it that lets
// somebody in, and sends nothing of what waited.

const (
	// aheadAtMost is how much later than in the database it can have been noted beside
	// it that the program was at work.
	aheadAtMost = 2 * time.Minute
	// stoppedAtMost is how long the program can have stood still where nothing is
	// beside its SQLite database, which lies in the same directory.
	stoppedAtMost = time.Hour

	// heldAll stands for when mails are held up to, while what had come due by then is
	// being queued: all of them are.
	heldAll = 1 << 62
)

// Awake notes that the program is at work. Last is when it was the last time, as far
// as is known from elsewhere than the database; the zero time: nothing is. It reports
// whether the database is that of a backup that was brought back: then everybody is
// signed out, what was mailed to let somebody in is void, as are shared links and
// calendar addresses, and the mails that wait, or had come due by then, go out only
// after ReleaseMails.
//
// The sign is that the program has worked later than the database says, or that the
// database was loaded from a dump. That it stood still, and that nothing is known from
// elsewhere, is none: a new node says as much.
func (p *Portal) Awake(ctx context.Context, last time.Time) (back bool, err error) {
	err = p.change(ctx, func(t *tx) error {
		t.quiet("that the program is at work is no news")
		back = false
		loaded, known, err := t.Loaded(ctx)
		if err != nil {
			return err
		}
		var seen, held int64
		switch err := t.QueryRow(ctx, `SELECT u.seen_at, COALESCE(u.held_at, 0) FROM uptime u WHERE u.id = 1`).Scan(&seen, &held); {
		case errors.Is(err, db.ErrNoRows):
			return t.must(ctx, `INSERT INTO uptime (id, seen_at) VALUES (1, $1)`, t.now)
		case err != nil:
			return err
		}
		switch {
		case !last.IsZero():
			back = last.Sub(db.FromMicros(seen)) > aheadAtMost
		case known:
			back = loaded
		default:
			back = p.now().Sub(db.FromMicros(seen)) > stoppedAtMost
		}
		// Of nodes whose clocks differ the one ahead has the word, or it would look
		// as if it knew more than the database.
		if err := t.must(ctx, `UPDATE uptime SET seen_at = CASE WHEN seen_at > $1 THEN seen_at ELSE $1 END WHERE id = 1`, t.now); err != nil {
			return err
		}
		if back {
			return t.broughtBack(ctx, db.FromMicros(seen))
		}
		back = held == heldAll // somebody was interrupted
		return nil
	})
	if err != nil || !back {
		return false, err
	}
	return true, p.holdDue(ctx, last)
}

// holdDue queues what had come due in a backup that is brought back, and may have gone
// out before, while all mails are held; from then on it is what was queued until now.
func (p *Portal) holdDue(ctx context.Context, last time.Time) error {
	for _, queue := range []func() error{
		func() error { return p.SendReminders(ctx, last) },
		func() error { return p.RemindOfApprovals(ctx, last) },
		func() error { return p.RemindOfSignoffs(ctx, last) },
		func() error { _, err := p.EndLapsed(ctx); return err },
		func() error { return p.FollowApprovals(ctx, last) },
		func() error { return p.KeepDailyHead(ctx) },
		func() error { _, err := p.TellPeople(ctx); return err },
	} {
		if err := queue(); err != nil {
			return err
		}
	}
	return p.change(ctx, func(t *tx) error {
		t.quiet("that a backup was brought back is recorded")
		if n, err := t.exec(ctx, `UPDATE uptime SET held_at = $1 WHERE id = 1 AND held_at = $2`, t.now, int64(heldAll)); err != nil || n == 0 {
			return err // another node did
		}
		return t.holdNotices(ctx)
	})
}

// holdNotices gives the notices that are to be mailed to mails that are held, and none
// is in another one. Digests are not waited for.
func (t *tx) holdNotices(ctx context.Context) error {
	rows, err := t.Query(ctx, `SELECT c.person_id FROM notice_choices c WHERE c.digest_due IS NOT NULL ORDER BY c.person_id`)
	digests, err := list(rows, err, scanOne[PersonID])
	if err != nil {
		return err
	}
	for _, person := range digests {
		if err := t.me.p.queueUnlessWaiting(ctx, t.Tx, MailDigest, person, db.FromMicros(t.now), db.FromMicros(t.now)); err != nil {
			return err
		}
	}
	const waits = `FROM mails m WHERE m.person_id = notices.person_id AND m.kind = CASE notices.mail WHEN 'now' THEN 'notices' ELSE 'digest' END AND m.state = 'queued'`
	for _, q := range []string{
		`UPDATE notices SET mail_id = (SELECT MIN(m.id) ` + waits + `) WHERE mail <> '' AND mail_id = '' AND EXISTS (SELECT 1 ` + waits + `)`,
		`UPDATE notices SET mail = '' WHERE mail <> '' AND mail_id = ''`,
		`UPDATE notices SET push = 0 WHERE push = 1`,
		`UPDATE notice_choices SET digest_due = NULL WHERE digest_due IS NOT NULL`,
		`
UPDATE mails SET state = 'dropped', reason = 'seen' WHERE kind IN ('notices', 'digest') AND state = 'queued' AND tries = 0
   AND NOT EXISTS (SELECT 1 FROM notices n WHERE n.person_id = mails.person_id AND n.mail IN ('now', 'digest') AND n.mail_id = mails.id)`,
	} {
		if _, err := t.exec(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// broughtBack ends what a backup would bring to life again, as it was at a time.
func (t *tx) broughtBack(ctx context.Context, of time.Time) error {
	rows, err := t.Query(ctx, `SELECT a.id FROM persons a ORDER BY a.id`)
	everybody, err := list(rows, err, scanOne[PersonID])
	if err != nil {
		return err
	}
	for _, id := range everybody {
		if _, err := t.me.p.accounts.EndAll(ctx, t.Tx, id, "backup"); err != nil {
			return err
		}
	}
	for _, q := range []string{
		`UPDATE invitations SET revoked_at = $1 WHERE accepted_at IS NULL AND revoked_at IS NULL`,
		`UPDATE share_links SET revoked_at = $1 WHERE revoked_at IS NULL`,
		`UPDATE calendar_feeds SET revoked_at = $1 WHERE revoked_at IS NULL`,
	} {
		if _, err := t.exec(ctx, q, t.now); err != nil {
			return err
		}
	}
	if err := t.must(ctx, `UPDATE uptime SET held_at = $1 WHERE id = 1`, int64(heldAll)); err != nil {
		return err
	}
	return t.record(ctx, Happening{Kind: BackupBroughtBack, Details: Details{"of": of.UTC().Format(time.RFC3339)}})
}

// heldUpTo is when the last mail was queued that waits for somebody's word, and unheld
// the condition that a mail m need not.
const (
	heldUpTo = `COALESCE((SELECT u.held_at FROM uptime u WHERE u.id = 1), 0)`
	unheld   = `m.created_at > ` + heldUpTo
)

// HeldMails are mails of a backup that was brought back.
type HeldMails struct {
	Since time.Time // the zero time: none was, or it was settled
	Count int
}

// HeldMails returns what waits for ReleaseMails. For those who administer the
// workspace; for everybody else there is nothing.
func (me *Scope) HeldMails(ctx context.Context) (h HeldMails, err error) {
	err = noneFound(me.get(ctx, `SELECT u.held_at FROM my_uptime u WHERE u.held_at < $2`, []any{int64(heldAll)}, micros{&h.Since}))
	if err != nil || h.Since.IsZero() {
		return h, err
	}
	err = me.get(ctx, `SELECT COUNT(*) FROM my_uptime u JOIN mails m ON m.state IN ('queued', 'sending') AND m.created_at <= u.held_at`, nil, &h.Count)
	return h, err
}

// ReleaseMails lets the mails go out that are held, those that are still wanted, or
// drops them all. Takes Administer; ErrConflict when none are held.
func (me *Scope) ReleaseMails(ctx context.Context, send bool) error {
	return me.write(ctx, func(t *tx) error {
		switch _, rights, err := t.role(ctx); {
		case err != nil:
			return err
		case !rights.Has(Administer):
			return ErrForbidden
		}
		var held int64
		err := t.get(ctx, `SELECT u.held_at FROM my_uptime u WHERE u.held_at < $2`, []any{int64(heldAll)}, &held)
		if err == ErrNotFound {
			return ErrConflict
		}
		if err != nil {
			return err
		}
		kind := HeldMailsReleased
		if !send {
			kind = HeldMailsDropped
			if _, err := t.exec(ctx, `UPDATE mails SET state = 'dropped', reason = 'backup' WHERE state IN ('queued', 'sending') AND created_at <= $1`, held); err != nil {
				return err
			}
		}
		if err := t.must(ctx, `UPDATE uptime SET held_at = NULL WHERE id = 1 AND held_at = $1`, held); err != nil {
			return err
		}
		return t.record(ctx, Happening{Kind: kind})
	})
}
