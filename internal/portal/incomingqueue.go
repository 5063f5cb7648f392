package portal

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// This file works without a Scope: whoever takes mails in is the program itself,
// which acts for nobody. What a mail says is posted through the Scope of the
// person whose reply address it came to.

// TakeMail is the job that decides what becomes of one mail that came in.
const TakeMail = "take_mail"

// IncomingJob is what the job is given.
type IncomingJob struct {
	Mail IncomingID `json:"mail"`
}

const (
	incomingClaim = 10 * time.Minute    // how long one attempt may take
	keptIncoming  = 30 * 24 * time.Hour // a mail that is settled
	heldIncoming  = 90 * 24 * time.Hour // one that nobody looks at
)

// A ReplyPlace is where an answer belongs, and whose it is.
type ReplyPlace struct {
	Person   PersonID
	Place    string // a conversation, comments, or what may be commented on
	Audience Side   // an answer is never seen further
}

// ReplyAddress returns the id of the address for one person's answers to one
// place, which it makes when first asked.
func (p *Portal) ReplyAddress(ctx context.Context, r ReplyPlace) (id string, err error) {
	err = p.db.Write(ctx, func(d *db.Tx) error {
		if _, err := d.Exec(ctx, `
INSERT INTO reply_addresses (id, person_id, place, audience, created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (person_id, place, audience) DO NOTHING`,
			db.NewID("rpl"), string(r.Person), r.Place, string(r.Audience), db.Micros(p.now())); err != nil {
			return err
		}
		return d.QueryRow(ctx, `SELECT id FROM reply_addresses WHERE person_id = $1 AND place = $2 AND audience = $3`,
			string(r.Person), r.Place, string(r.Audience)).Scan(&id)
	})
	return id, err
}

// ReplyPlace finds what such an address is for.
func (p *Portal) ReplyPlace(ctx context.Context, id string) (r ReplyPlace, err error) {
	err = p.db.QueryRow(ctx, `SELECT person_id, place, audience FROM reply_addresses WHERE id = $1`, id).Scan(&r.Person, &r.Place, &r.Audience)
	return r, notFound(err)
}

// NewIncoming is a mail that came in, for one recipient of ours. Its bytes are
// stored.
type NewIncoming struct {
	MessageID string
	Recipient string
	Sender    string
	Blob      string
	Size      int64
}

// KeepIncoming writes down that mails came in, all or none, and says how many
// of them had not come before. When it returns nil they may be accepted: they
// are taken up sooner or later, each once.
func (p *Portal) KeepIncoming(ctx context.Context, mails []NewIncoming) (fresh int, err error) {
	err = p.db.Write(ctx, func(d *db.Tx) error {
		fresh = 0
		for _, m := range mails {
			id, now := db.NewID("inm"), db.Micros(p.now())
			n, err := d.Exec(ctx, `
INSERT INTO incoming_mails (id, message_id, recipient, sender, blob, size, received_at, state, due_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting', $7)
ON CONFLICT (message_id, recipient) DO NOTHING`, id, m.MessageID, m.Recipient, m.Sender, m.Blob, m.Size, now)
			switch {
			case err != nil:
				return err
			case n == 0:
				continue
			}
			fresh++
			if err := p.enqueue(ctx, d, TakeMail, IncomingJob{IncomingID(id)}); err != nil {
				return err
			}
		}
		return nil
	})
	return fresh, err
}

// KeepLarge writes down that mails came which are too large to be taken in, so that
// somebody finds out: they are held, without a text. Those that are known are left.
func (p *Portal) KeepLarge(ctx context.Context, mails []IncomingMail) error {
	return p.db.Write(ctx, func(d *db.Tx) error {
		for _, m := range mails {
			if _, err := d.Exec(ctx, `
INSERT INTO incoming_mails (id, message_id, recipient, sender, blob, size, received_at, state, reason, due_at, settled_at, from_address, from_name, subject)
VALUES ($1, $2, $3, $4, '', $5, $6, 'held', $7, $6, $6, $8, $9, $10) ON CONFLICT (message_id, recipient) DO NOTHING`,
				db.NewID("inm"), m.MessageID, m.Recipient, m.Sender, m.Size, db.Micros(p.now()), HeldForSize, m.FromAddress, m.FromName, m.Subject); err != nil {
				return err
			}
		}
		return nil
	})
}

// ClaimIncoming takes a mail up: of those who ask at the same time one gets it,
// and others ErrNotDue. SettleIncoming or DeferIncoming follows; without them
// it can be claimed again after ten minutes.
func (p *Portal) ClaimIncoming(ctx context.Context, id IncomingID) (m IncomingMail, err error) {
	err = p.db.Write(ctx, func(d *db.Tx) error {
		now := p.now()
		return d.QueryRow(ctx, `
UPDATE incoming_mails SET tries = tries + 1, due_at = $3 WHERE id = $1 AND state = 'waiting' AND due_at <= $2
RETURNING id, message_id, recipient, sender, blob, size, received_at, state, tries, vouched, uploads, became, COALESCE(person_id, ''), place, audience, project_id`,
			string(id), db.Micros(now), db.Micros(now.Add(incomingClaim))).
			Scan(&m.ID, &m.MessageID, &m.Recipient, &m.Sender, &m.Blob, &m.Size, micros{&m.ReceivedAt}, &m.State, &m.Tries, &m.Vouched, &m.uploads, &m.Became, &m.Person, &m.Place, &m.Audience, &m.Project)
	})
	if errors.Is(err, db.ErrNoRows) {
		return IncomingMail{}, ErrNotDue
	}
	return m, err
}

// DeferIncoming puts a claimed mail off.
func (p *Portal) DeferIncoming(ctx context.Context, id IncomingID, until time.Time) error {
	return p.changeIncoming(ctx, `UPDATE incoming_mails SET due_at = $2 WHERE id = $1 AND state = 'waiting'`, string(id), db.Micros(until))
}

// SettleIncoming says what became of a claimed mail, and what was found in it. Of
// one that is held its writer is told, when that is certain: nobody else could
// have it mailed to them.
func (p *Portal) SettleIncoming(ctx context.Context, m IncomingMail, bodyHash string) error {
	return p.db.Write(ctx, func(d *db.Tx) error {
		if err := changeIncoming(ctx, d, `
UPDATE incoming_mails SET state = $2, reason = $3, settled_at = $4, from_address = $5, from_name = $6, subject = $7, body = $8, body_hash = $9, files = $10,
       person_id = $11, place = $12, audience = $13, became = $14, writer_id = $15, answers = $16
 WHERE id = $1 AND state = 'waiting'`,
			string(m.ID), string(m.State), m.Reason, db.Micros(p.now()), m.FromAddress, m.FromName, m.Subject, m.Body, bodyHash, strings.Join(m.Files, "\n"),
			nullable(m.Person), m.Place, string(m.Audience), m.Became, nullable(m.Writer), string(m.Answers)); err != nil {
			return err
		}
		if m.State != IncomingHeld || m.Writer == "" {
			return nil
		}
		return p.queueMail(ctx, d, MailHeld, m.Writer, string(m.Writer))
	})
}

// MailHeld tells somebody that what they answered by mail waits to be looked at.
const MailHeld = "mail_held"

// HeldFrom are the newest mails of a person that are held, at most 5: of MailHeld.
func (p *Portal) HeldFrom(ctx context.Context, writer PersonID) (mails []IncomingMail, err error) {
	rows, err := p.db.Query(ctx, `
SELECT m.id, m.received_at, m.subject FROM incoming_mails m WHERE m.writer_id = $1 AND m.state = 'held' ORDER BY m.id DESC LIMIT 5`, string(writer))
	return list(rows, err, func(r *db.Rows) (m IncomingMail, err error) {
		return m, r.Scan(&m.ID, micros{&m.ReceivedAt}, &m.Subject)
	})
}

func changeIncoming(ctx context.Context, d *db.Tx, q string, args ...any) error {
	n, err := d.Exec(ctx, q, args...)
	if err == nil && n == 0 {
		err = ErrNotFound
	}
	return err
}

func (p *Portal) changeIncoming(ctx context.Context, q string, args ...any) error {
	return p.db.Write(ctx, func(d *db.Tx) error { return changeIncoming(ctx, d, q, args...) })
}

// Uploads are those of a claimed mail's files that have begun, in their order.
func (m IncomingMail) Uploads() (all []UploadID) {
	for _, id := range linesOf(m.uploads) {
		all = append(all, UploadID(id))
	}
	return all
}

// NoteIncomingUploads keeps which uploads are those of a claimed mail's files, so
// that a second attempt goes on with them.
func (p *Portal) NoteIncomingUploads(ctx context.Context, id IncomingID, uploads []UploadID) error {
	all := make([]string, len(uploads))
	for i, u := range uploads {
		all[i] = string(u)
	}
	return p.changeIncoming(ctx, `UPDATE incoming_mails SET uploads = $2 WHERE id = $1 AND state = 'waiting'`, string(id), strings.Join(all, "\n"))
}

// DueIncoming lists mails that should have been taken up before a time.
func (p *Portal) DueIncoming(ctx context.Context, before time.Time, limit int) ([]IncomingID, error) {
	rows, err := p.db.Query(ctx, `SELECT m.id FROM incoming_mails m WHERE m.state = 'waiting' AND m.due_at <= $1 ORDER BY m.due_at LIMIT $2`, db.Micros(before), limit)
	return list(rows, err, scanOne[IncomingID])
}

// EnqueueIncoming puts jobs for these mails into the queue, and counts them as
// due from now, so that they are not late again at once.
func (p *Portal) EnqueueIncoming(ctx context.Context, ids []IncomingID) error {
	if len(ids) == 0 {
		return nil
	}
	return p.db.Write(ctx, func(d *db.Tx) error {
		for _, id := range ids {
			n, err := d.Exec(ctx, `UPDATE incoming_mails SET due_at = $2 WHERE id = $1 AND state = 'waiting' AND due_at <= $2`, string(id), db.Micros(p.now()))
			if err != nil {
				return err
			}
			if n == 0 {
				continue
			}
			if err := p.enqueue(ctx, d, TakeMail, IncomingJob{id}); err != nil {
				return err
			}
		}
		return nil
	})
}

// Answered is what a person has said at a place by mail.
type Answered struct {
	All, Same int    // how often, and how often with the same words
	To        MailID // the newest of ours that those answered
}

// AnsweredBefore says how often the person has answered to the place by mail
// since a time, and how often with the same words.
func (p *Portal) AnsweredBefore(ctx context.Context, r ReplyPlace, bodyHash string, since time.Time) (a Answered, err error) {
	err = p.db.QueryRow(ctx, `
SELECT COUNT(*), COALESCE(SUM(CASE WHEN m.body_hash = $3 THEN 1 ELSE 0 END), 0), COALESCE(MAX(CASE WHEN m.body_hash = $3 THEN m.answers END), '') FROM incoming_mails m
 WHERE m.person_id = $1 AND m.place = $2 AND m.received_at > $4 AND m.state = 'posted'`,
		string(r.Person), r.Place, bodyHash, db.Micros(since)).Scan(&a.All, &a.Same, &a.To)
	return a, err
}

// ReturnMail notes that a mail came back which the mail server had taken, and
// why. With delayed, it is still being tried. It reports whether there is such
// a mail. While it is not yet noted that the mail server has taken it: ErrNotDue.
func (p *Portal) ReturnMail(ctx context.Context, id MailID, why string, delayed bool) (found bool, err error) {
	to := MailFailed
	if delayed {
		to = MailSent
	}
	if found, err = p.changeMail(ctx, id, `UPDATE mails SET state = $3, reason = $2, lost = $4 WHERE id = $1 AND state = 'sent'`, why, string(to), to.lost(why)); err != nil || found {
		return found, err
	}
	var state MailState
	err = p.db.QueryRow(ctx, `SELECT m.state FROM mails m WHERE m.id = $1`, string(id)).Scan(&state)
	switch {
	case errors.Is(err, db.ErrNoRows):
		return false, nil
	case err == nil && (state == MailSending || state == MailSent):
		return false, ErrNotDue
	}
	return false, err
}

// ForgetIncoming puts away the mails that nobody has looked at for 90 days, and says so
// to who wrote them and to those who administer; it removes those that were settled
// more than 30 days ago. Their bytes are left to the sweep, which finds that no row
// names them.
func (p *Portal) ForgetIncoming(ctx context.Context) error {
	return p.db.Write(ctx, func(d *db.Tx) error {
		now := p.now()
		if _, err := d.Exec(ctx, `DELETE FROM incoming_mails WHERE settled_at < $1 AND state <> 'held'`, db.Micros(now.Add(-keptIncoming))); err != nil {
			return err
		}
		before := db.Micros(now.Add(-heldIncoming))
		rows, err := d.Query(ctx, `SELECT DISTINCT m.writer_id FROM incoming_mails m WHERE m.writer_id IS NOT NULL AND m.state = 'held' AND m.settled_at < $1`, before)
		writers, err := list(rows, err, scanOne[PersonID])
		if err != nil {
			return err
		}
		n, err := d.Exec(ctx, `UPDATE incoming_mails SET state = 'discarded', reason = 'unlooked', settled_at = $2 WHERE state = 'held' AND settled_at < $1`, before, db.Micros(now))
		if err != nil || n == 0 {
			return err
		}
		rows, err = d.Query(ctx, `SELECT m.person_id FROM team_members m WHERE m.role IN ('owner', 'admin') AND m.accepted_at IS NOT NULL AND m.removed_at IS NULL ORDER BY m.person_id`)
		admins, err := list(rows, err, scanOne[PersonID])
		for i := 0; i < len(writers) && err == nil; i++ {
			err = p.queueMail(ctx, d, MailUnlooked, writers[i], string(writers[i]))
		}
		for i := 0; i < len(admins) && err == nil; i++ {
			err = p.queueMail(ctx, d, MailUnlooked, admins[i], "")
		}
		return err
	})
}

// MailUnlooked tells who wrote a mail that was held for too long, and those who
// administer, that it was put away. Of the latter its subject is empty.
const MailUnlooked = "mail_unlooked"

// Unlooked are the mails that were put away about a time as nobody had looked at them,
// the newest first, at most 100: of one writer, or all.
func (p *Portal) Unlooked(ctx context.Context, writer PersonID, about time.Time) (mails []IncomingMail, err error) {
	rows, err := p.db.Query(ctx, `
SELECT m.id, m.received_at, m.subject FROM incoming_mails m
 WHERE m.state = 'discarded' AND m.reason = 'unlooked' AND m.settled_at BETWEEN $1 AND $2 AND ($3 = '' OR m.writer_id = $3) ORDER BY m.id DESC LIMIT 100`,
		db.Micros(about.Add(-time.Minute)), db.Micros(about.Add(time.Minute)), string(writer))
	return list(rows, err, func(r *db.Rows) (m IncomingMail, err error) {
		return m, r.Scan(&m.ID, micros{&m.ReceivedAt}, &m.Subject)
	})
}
