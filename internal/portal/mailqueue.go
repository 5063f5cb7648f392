package portal

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// This file works without a Scope: the sender of mails is the program itself,
// which acts for nobody. It reads the queue alone; what a mail says is read by
// InvitationMail, AskedAgainMail and package account.

// MailClaim is how long one attempt at sending may take. A mail whose attempt
// was interrupted is tried again after it.
const MailClaim = 2 * time.Minute

// ErrNotDue says that a mail is not to be sent now: it is done, it waits for a
// later time, or somebody else is sending it.
var ErrNotDue = errors.New("not due")

// ClaimMail takes a mail out of the queue to send it: of those who ask at the
// same time one gets it, and others ErrNotDue, as everybody does in the quiet hours
// of its reader. What people are told of leaves in the order in which it was queued.
// It goes to the address that they have now. Exactly one of MailSent, MailKept, MailDropped, MailDeferred and
// MailFailed has to follow; without it the mail can be claimed again after two
// minutes.
func (p *Portal) ClaimMail(ctx context.Context, id MailID) (Mail, error) {
	var s mailScan
	m, held := &s.Mail, false
	err := p.db.Write(ctx, func(d *db.Tx) (err error) {
		now := p.now()
		if held, err = p.holdMail(ctx, d, id, now); err != nil || held {
			return err
		}
		err = d.QueryRow(ctx, `
UPDATE mails AS m SET state = 'sending', tries = tries + 1, due_at = $3,
       address = CASE WHEN kind IN `+toThatAddress+` THEN address ELSE (SELECT a.email FROM persons a WHERE a.id = m.person_id) END
 WHERE id = $1 AND state IN ('queued', 'sending') AND due_at <= $2 AND `+unheld+` AND NOT EXISTS (`+goesBefore+`)
RETURNING id, kind, person_id, address, subject_id, state, tries, created_at`, string(id), db.Micros(now), db.Micros(now.Add(MailClaim))).
			Scan(&m.ID, &m.Kind, &m.Person, &m.Address, &m.Subject, &m.State, &m.Tries, &s.created)
		if err == nil && m.Tries == 1 {
			err = gatherMails(ctx, d, m, s.created)
		}
		return err
	})
	if errors.Is(err, db.ErrNoRows) || err == nil && held {
		return Mail{}, ErrNotDue
	}
	return s.mail(), err
}

// gatherMails gives a mail that is first tried to send the others that leave within it:
// those to the same person that wait to ask for something of the same client, or to
// remind of it. Whichever attempt succeeds, it holds these, and no other mail does.
func gatherMails(ctx context.Context, d *db.Tx, m *Mail, created int64) error {
	kinds := mailedWith(m.Kind)
	if len(kinds) == 0 {
		return nil
	}
	const client = `COALESCE((SELECT o.client_id FROM approvals o WHERE o.id = m.subject_id), (SELECT o.client_id FROM signoffs o WHERE o.id = m.subject_id), (SELECT o.client_id FROM file_requests o WHERE o.id = m.subject_id), '')`
	in, args := oneOf(6, kinds)
	_, err := d.Exec(ctx, `
UPDATE mails AS m SET state = 'dropped', reason = $1, due_at = $2
 WHERE m.person_id = $3 AND m.state = 'queued' AND m.tries = 0 AND m.id <> $4 AND m.kind IN `+in+` AND `+unheld+`
   AND `+client+` = (SELECT `+client+` FROM mails m WHERE m.id = $5)`,
		append([]any{mailWith + string(m.ID), created, string(m.Person), string(m.ID), string(m.ID)}, args...)...)
	return err
}

// mailWith is why a mail did not leave by itself, before the id of that which it is in.
const mailWith = "with/"

// MailsWithin are those that leave within a mail, oldest first: each is due as if it were
// that one, by which an index finds them.
func (p *Portal) MailsWithin(ctx context.Context, m Mail) ([]Mail, error) {
	if len(mailedWith(m.Kind)) == 0 {
		return nil, nil
	}
	rows, err := p.db.Query(ctx, `
SELECT m.id, m.kind, m.person_id, m.subject_id, m.state, m.tries, m.created_at FROM mails m
 WHERE m.state = 'dropped' AND m.due_at = $1 AND m.person_id = $2 AND m.reason = $3 ORDER BY m.id`, db.Micros(m.Created), string(m.Person), mailWith+string(m.ID))
	return list(rows, err, func(rows *db.Rows) (Mail, error) {
		var s mailScan
		err := rows.Scan(&s.ID, &s.Kind, &s.Person, &s.Subject, &s.State, &s.Tries, &s.created)
		s.Address = m.Address
		return s.mail(), err
	})
}

// LeaveMail says why a mail that was to leave within another does not.
func (p *Portal) LeaveMail(ctx context.Context, id MailID, why string) error {
	return p.db.Write(ctx, func(d *db.Tx) error {
		_, err := d.Exec(ctx, `UPDATE mails SET reason = $2, due_at = 0 WHERE id = $1 AND state = 'dropped' AND SUBSTR(reason, 1, 5) = '`+mailWith+`'`, string(id), why)
		return err
	})
}

// mailedWith are the kinds of mail that leave in one with those of a kind; none: it
// leaves alone.
func mailedWith(kind string) (kinds []string) {
	if with := mailings[kind].with; with != "" {
		for k, of := range mailings {
			if of.with == with {
				kinds = append(kinds, k)
			}
		}
		slices.Sort(kinds)
	}
	return kinds
}

// unreached is the condition that a mail o was put off as no mail could be sent, which
// it has no part in.
const unreached = `(SUBSTR(o.reason, 1, 11) = 'connecting/' OR SUBSTR(o.reason, 1, 9) = 'greeting/' OR SUBSTR(o.reason, 1, 11) = 'signing_in/')`

// goesBefore is the mail that leaves before a mail m, as it tells of what happened
// earlier. One that the server will not have for itself is waited for half an hour.
const goesBefore = `
SELECT 1 FROM mails o WHERE m.kind IN ('notices', 'digest') AND o.person_id = m.person_id AND o.kind = m.kind AND o.state = 'queued' AND o.id < m.id
   AND o.created_at > ` + heldUpTo + ` AND (o.tries < 6 OR ` + unreached + `)
UNION ALL
SELECT 1 FROM mails o WHERE m.kind IN ('notices', 'digest') AND o.person_id = m.person_id AND o.kind = m.kind AND o.state = 'sending' AND o.id < m.id`

// UnreachedMails reports whether mails wait for no other reason than that the mail
// server could not be reached.
func (p *Portal) UnreachedMails(ctx context.Context) (bool, error) {
	var n int
	err := p.db.QueryRow(ctx, `
SELECT COUNT(*) FROM (SELECT o.id FROM mails o WHERE o.state = 'queued' AND o.due_at > $1 AND `+unreached+` LIMIT 1) x`, db.Micros(p.now())).Scan(&n)
	return n > 0, err
}

// WakeMails has those mails tried again now: the mail server is there.
func (p *Portal) WakeMails(ctx context.Context) error {
	return p.db.Write(ctx, func(d *db.Tx) error {
		_, err := d.Exec(ctx, `UPDATE mails AS o SET due_at = o.created_at WHERE o.state = 'queued' AND o.due_at > $1 AND `+unreached, db.Micros(p.now()))
		return err
	})
}

// sendNext has the mail tried at once that waited for one to leave before it.
func (p *Portal) sendNext(ctx context.Context, d *db.Tx, id MailID) error {
	var next MailID
	err := d.QueryRow(ctx, `
SELECT m.id FROM mails x JOIN mails m ON m.person_id = x.person_id AND m.kind = x.kind AND m.state = 'queued'
 WHERE x.id = $1 AND x.kind IN ('notices', 'digest') AND x.state NOT IN ('queued', 'sending') AND m.due_at <= $2 ORDER BY m.id LIMIT 1`, string(id), db.Micros(p.now())).Scan(&next)
	if errors.Is(err, db.ErrNoRows) {
		return nil
	}
	if err == nil {
		err = p.enqueue(ctx, d, SendMail, MailJob{next})
	}
	return err
}

// holdMail puts a mail off until its reader's quiet hours are over, however it came
// to be due in them.
func (p *Portal) holdMail(ctx context.Context, d *db.Tx, id MailID, now time.Time) (held bool, err error) {
	var kind string
	var reader PersonID
	err = d.QueryRow(ctx, `SELECT m.kind, m.person_id FROM mails m WHERE m.id = $1`, string(id)).Scan(&kind, &reader)
	if errors.Is(err, db.ErrNoRows) || err == nil && mailings[kind].always {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	until, err := quietUntil(ctx, d, reader, now)
	if err != nil || !until.After(now) {
		return false, err
	}
	_, err = d.Exec(ctx, `UPDATE mails SET due_at = $2 WHERE id = $1 AND state IN ('queued', 'sending') AND due_at <= $3`, string(id), db.Micros(until), db.Micros(now))
	return true, err
}

// quietUntil is when somebody's quiet hours are over, as they are now; not later than
// now outside them.
func quietUntil(ctx context.Context, d *db.Tx, who PersonID, now time.Time) (time.Time, error) {
	var zone string
	var c NoticeChoices
	err := d.QueryRow(ctx, `
SELECT COALESCE(NULLIF(a.time_zone, ''), w.time_zone), c.quiet_from, c.quiet_until
  FROM notice_choices c JOIN persons a ON a.id = c.person_id JOIN workspace w ON w.id = 1
 WHERE c.person_id = $1 AND c.quiet_from <> ''`, string(who)).Scan(&zone, &c.QuietFrom, &c.QuietUntil)
	if errors.Is(err, db.ErrNoRows) {
		return now, nil
	}
	return c.undisturbed(now, zoneOf(zone)), err
}

// MailSent notes that the mail server has taken a claimed mail.
func (p *Portal) MailSent(ctx context.Context, id MailID) error {
	return p.mailDone(ctx, id, MailSent, "", time.Time{})
}

// MailKept keeps a claimed mail that no server is there for.
func (p *Portal) MailKept(ctx context.Context, id MailID) error {
	return p.mailDone(ctx, id, MailKept, "", time.Time{})
}

// MailDropped notes why a claimed mail is no longer wanted.
func (p *Portal) MailDropped(ctx context.Context, id MailID, why string) error {
	return p.mailDone(ctx, id, MailDropped, why, time.Time{})
}

// MailDeferred puts a claimed mail back into the queue until a later time.
func (p *Portal) MailDeferred(ctx context.Context, id MailID, why string, until time.Time) error {
	return p.mailDone(ctx, id, MailQueued, why, until)
}

// MailFailed notes why a claimed mail will not be tried again.
func (p *Portal) MailFailed(ctx context.Context, id MailID, why string) error {
	return p.mailDone(ctx, id, MailFailed, why, time.Time{})
}

func (p *Portal) mailDone(ctx context.Context, id MailID, state MailState, why string, due time.Time) error {
	var sent, at any
	if state == MailSent {
		sent = db.Micros(p.now())
	}
	if at = int64(0); !due.IsZero() {
		at = db.Micros(due)
	}
	found, err := p.changeMail(ctx, id, `UPDATE mails SET state = $2, reason = $3, due_at = $4, sent_at = $5, lost = $6 WHERE id = $1 AND state = 'sending'`, string(state), why, at, sent, state.lost(why))
	if err == nil && !found {
		err = ErrNotFound // no longer claimed
	}
	return err
}

// changeMail changes one mail, and tells those who look at what it told of that
// it has arrived or has not.
func (p *Portal) changeMail(ctx context.Context, id MailID, q string, args ...any) (found bool, err error) {
	var signals []Signal
	err = p.db.Write(ctx, func(d *db.Tx) error {
		n, err := d.Exec(ctx, q, append([]any{string(id)}, args...)...)
		if found = n > 0; err != nil || !found {
			return err
		}
		if err := p.sendNext(ctx, d, id); err != nil {
			return err
		}
		if err := arrived(ctx, d, id); err != nil {
			return err
		}
		rows, err := d.Query(ctx, `
SELECT t.id, COALESCE(t.client_id, ''), COALESCE(t.project_id, ''), CASE WHEN w.receipts = 'on' THEN MIN(m.audience) ELSE 'team' END
  FROM mails x JOIN notices n ON n.person_id = x.person_id AND n.mail IN ('now', 'digest') AND n.mail_id = x.id
  JOIN messages m ON m.id = n.message_id
  JOIN threads t ON t.id = m.thread_id
  JOIN workspace w ON w.id = 1
 WHERE x.id = $1 AND x.state IN ('sent', 'failed') AND w.receipts <> 'off'
 GROUP BY t.id, t.client_id, t.project_id, w.receipts`, string(id))
		signals, err = list(rows, err, func(rows *db.Rows) (s Signal, err error) {
			return s, rows.Scan(&s.Thread, &s.Client, &s.Project, &s.Audience)
		})
		return err
	})
	if err == nil {
		for _, s := range signals {
			p.signal(s)
		}
	}
	return found, err
}

// arrived ends that the address of a mail is lost, once that was taken.
func arrived(ctx context.Context, d *db.Tx, id MailID) error {
	_, err := d.Exec(ctx, `
UPDATE mails SET lost = 0 WHERE lost = 1 AND person_id = (SELECT x.person_id FROM mails x WHERE x.id = $1 AND x.state = 'sent')
   AND address = (SELECT x.address FROM mails x WHERE x.id = $1)`, string(id))
	return err
}

// DueMails lists mails that should have been tried before a time, oldest first.
func (p *Portal) DueMails(ctx context.Context, before time.Time, limit int) ([]MailID, error) {
	rows, err := p.db.Query(ctx, `
SELECT m.id FROM mails m WHERE m.state IN ('queued', 'sending') AND m.due_at <= $1 AND `+unheld+` ORDER BY m.due_at LIMIT $2`, db.Micros(before), limit)
	return list(rows, err, scanOne[MailID])
}

// EnqueueMails puts jobs for these mails into the queue, and counts them as due
// from now, so that they are not late again at once.
func (p *Portal) EnqueueMails(ctx context.Context, ids []MailID) error {
	return p.db.Write(ctx, func(d *db.Tx) error {
		for _, id := range ids {
			n, err := d.Exec(ctx, `UPDATE mails SET due_at = $2 WHERE id = $1 AND state IN ('queued', 'sending') AND due_at <= $2`, string(id), db.Micros(p.now()))
			if err != nil {
				return err
			}
			if n == 0 {
				continue
			}
			if err := p.enqueue(ctx, d, SendMail, MailJob{id}); err != nil {
				return err
			}
		}
		return nil
	})
}
