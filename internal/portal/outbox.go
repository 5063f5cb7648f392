package portal

import (
	"context"
	"database/sql"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// OutboxMail is a mail that left or waits. What it said is not kept.
type OutboxMail struct {
	ID         MailID
	Kind       string
	Person     PersonID
	PersonName string
	Address    string
	State      string // queued, sending, sent, kept, failed or dropped
	Reason     string
	Tries      int
	Created    time.Time
	Sent       time.Time
	Retry      bool // it can be retried
}

// MailStates lists the states a mail can be in.
var MailStates = []string{"queued", "sending", "sent", "kept", "failed", "dropped"}

const mailColumns = `m.id, m.kind, m.person_id, m.person_name, m.address, m.state, m.reason, m.tries, m.created_at, m.sent_at FROM my_mails m`

func scanMail(scan func(dest ...any) error) (OutboxMail, error) {
	var m OutboxMail
	var created int64
	var sent sql.NullInt64
	err := scan(&m.ID, &m.Kind, &m.Person, &m.PersonName, &m.Address, &m.State, &m.Reason, &m.Tries, &created, &sent)
	m.Created, m.Sent = db.FromMicros(created), nullMoment(sent)
	m.Retry = m.State == "kept" || m.State == "failed"
	return m, err
}

// Outbox lists mails, the newest first; in one state, or in all. For those who
// administer; for others it is empty.
func (me *Scope) Outbox(ctx context.Context, state string, pg Page) (mails []OutboxMail, next string, err error) {
	rows, err := me.query(ctx, `SELECT `+mailColumns+` WHERE ($2 = '' OR m.state = $2) AND ($3 = '' OR m.id < $3) ORDER BY m.id DESC LIMIT $4`,
		state, pg.After, pg.limit())
	mails, err = list(rows, err, func(r *sql.Rows) (OutboxMail, error) { return scanMail(r.Scan) })
	if err != nil {
		return nil, "", err
	}
	mails, next = page(mails, pg, func(m OutboxMail) string { return string(m.ID) })
	return mails, next, nil
}

// Mail returns one mail of the outbox.
func (me *Scope) Mail(ctx context.Context, id MailID) (OutboxMail, error) {
	return scanMail(func(dest ...any) error {
		return me.get(ctx, `SELECT `+mailColumns+` WHERE m.id = $2`, []any{string(id)}, dest...)
	})
}

// RetryMail puts a mail that was kept or has failed back into the queue. Takes
// Administer; ErrGone when it is in any other state.
func (me *Scope) RetryMail(ctx context.Context, id MailID) error {
	return me.write(ctx, func(t *tx) error {
		m, err := scanMail(func(dest ...any) error {
			return t.get(ctx, `SELECT `+mailColumns+` WHERE m.id = $2`, []any{string(id)}, dest...)
		})
		switch {
		case err != nil:
			return err
		case !m.Retry:
			return ErrGone
		}
		n, err := t.exec(ctx, `UPDATE mails SET state = 'queued', reason = '' WHERE id = $1 AND state IN ('kept', 'failed')`, string(id))
		switch {
		case err != nil:
			return err
		case n == 0:
			return ErrGone
		}
		if err := me.p.enqueue(ctx, t.Tx, SendMail, MailJob{id}); err != nil {
			return err
		}
		return t.record(ctx, Happening{Kind: MailRetried, Subject: string(id), Details: Details{"kind": m.Kind, "person": m.PersonName}})
	})
}
