package portal

import (
	"context"
	"database/sql"
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
	// beside its database.
	stoppedAtMost = time.Hour
)

// Awake notes that the program is at work. Last is when it was the last time, as far
// as is known from elsewhere than the database; the zero time: nothing is. It reports
// whether the database is that of a backup that was brought back: then everybody is
// signed out, what was mailed to let somebody in is void, as are shared links and
// calendar addresses, and the mails that wait go out only after ReleaseMails.
func (p *Portal) Awake(ctx context.Context, last time.Time) (back bool, err error) {
	err = p.program().change(ctx, func(t *tx) error {
		t.quiet("that the program is at work is no news")
		back = false
		var seen int64
		switch err := t.QueryRow(ctx, `SELECT u.seen_at FROM uptime u WHERE u.id = 1`).Scan(&seen); {
		case errors.Is(err, db.ErrNoRows):
			return t.must(ctx, `INSERT INTO uptime (id, seen_at) VALUES (1, $1)`, t.now)
		case err != nil:
			return err
		}
		if back = last.Sub(db.FromMicros(seen)) > aheadAtMost; last.IsZero() {
			back = p.now().Sub(db.FromMicros(seen)) > stoppedAtMost
		}
		if err := t.must(ctx, `UPDATE uptime SET seen_at = $1 WHERE id = 1`, t.now); err != nil || !back {
			return err
		}
		return t.broughtBack(ctx, db.FromMicros(seen))
	})
	return back, err
}

// broughtBack ends what a backup would bring to life again, as it was at a time.
func (t *tx) broughtBack(ctx context.Context, of time.Time) error {
	rows, err := t.Query(ctx, `SELECT a.id FROM persons a ORDER BY a.id`)
	everybody, err := list(rows, err, func(r *sql.Rows) (id PersonID, err error) { return id, r.Scan(&id) })
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
		`UPDATE uptime SET held_at = $1 WHERE id = 1`,
	} {
		if _, err := t.exec(ctx, q, t.now); err != nil {
			return err
		}
	}
	// A mail that is held takes its notices along, and none of them is in another one.
	for _, q := range []string{`
UPDATE notices SET mail_id = (SELECT MIN(m.id) FROM mails m WHERE m.person_id = notices.person_id AND m.kind = 'notices' AND m.state = 'queued')
 WHERE mail = 'now' AND mail_id = '' AND EXISTS (SELECT 1 FROM mails m WHERE m.person_id = notices.person_id AND m.kind = 'notices' AND m.state = 'queued')`,
		`UPDATE notices SET mail = '' WHERE mail <> '' AND mail_id = ''`,
		`UPDATE notices SET push = 0 WHERE push = 1`,
		`UPDATE notice_choices SET digest_due = NULL WHERE digest_due IS NOT NULL`,
	} {
		if _, err := t.exec(ctx, q); err != nil {
			return err
		}
	}
	return t.record(ctx, Happening{Kind: BackupBroughtBack, Details: Details{"of": of.UTC().Format(time.RFC3339)}})
}

// unheld is the condition that a mail m need not wait for somebody's word.
const unheld = `m.created_at > COALESCE((SELECT u.held_at FROM uptime u WHERE u.id = 1), 0)`

// HeldMails are mails of a backup that was brought back.
type HeldMails struct {
	Since time.Time // the zero time: none was, or it was settled
	Count int       // up to 1,000
}

// HeldMails returns what waits for ReleaseMails. For those who administer the
// workspace; for everybody else there is nothing.
func (me *Scope) HeldMails(ctx context.Context) (h HeldMails, err error) {
	err = noneFound(me.get(ctx, `SELECT u.held_at FROM my_uptime u WHERE u.held_at IS NOT NULL`, nil, micros{&h.Since}))
	if err != nil || h.Since.IsZero() {
		return h, err
	}
	err = me.get(ctx, `
SELECT COUNT(*) FROM (SELECT m.id FROM my_mails m WHERE m.state IN ('queued', 'sending') AND m.created_at <= $2 LIMIT 1000) x`, []any{db.Micros(h.Since)}, &h.Count)
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
		err := t.get(ctx, `SELECT u.held_at FROM my_uptime u WHERE u.held_at IS NOT NULL`, nil, &held)
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
