package portal

import (
	"context"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// This file works without a Scope: the program itself finds out that its clock was
// wrong. It looks at nothing but when something is due.

// No mail, push or digest waits longer by itself: one that is due later was put off
// while the clock was ahead.
const (
	longestWait   = 26 * time.Hour // quiet hours end within a day, also one that is longer
	longestDigest = 8 * 24 * time.Hour
)

// ClockBack has what was put off while the clock was ahead come due: it would wait
// until that time comes, and whatever is new would wait for it. What is being sent
// gets the time that an attempt has.
func (p *Portal) ClockBack(ctx context.Context) error {
	now := p.now()
	late := db.Micros(now.Add(longestWait))
	for _, put := range []struct {
		table, set, late string
		beyond           int64
		to               time.Time
	}{
		{`mails`, `due_at = $2, created_at = CASE WHEN created_at > $2 THEN $2 ELSE created_at END`, `state = 'queued' AND due_at > $1`, late, now},
		{`mails`, `due_at = $2`, `state = 'sending' AND due_at > $1`, db.Micros(now.Add(2 * MailClaim)), now.Add(MailClaim)},
		{`push_devices`, `due_at = $2`, `due_at > $1`, late, now.Add(MailClaim)},
		{`incoming_mails`, `due_at = $2`, `state = 'waiting' AND due_at > $1`, late, now.Add(incomingClaim)},
		{`notice_choices`, `digest_due = $2`, `digest_due > $1`, db.Micros(now.Add(longestDigest)), now},
	} {
		var n int
		if err := p.db.QueryRow(ctx, `SELECT COUNT(*) FROM (SELECT 1 AS x FROM `+put.table+` WHERE `+put.late+` LIMIT 1) y`, put.beyond).Scan(&n); err != nil {
			return err
		}
		if n == 0 { // as nearly always
			continue
		}
		if err := p.db.Write(ctx, func(d *db.Tx) error {
			_, err := d.Exec(ctx, `UPDATE `+put.table+` SET `+put.set+` WHERE `+put.late, put.beyond, db.Micros(put.to))
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}
