package portal

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// A MailState is how far a mail has got.
type MailState string

// The states of a mail.
const (
	MailQueued  MailState = "queued"
	MailSending MailState = "sending"
	MailSent    MailState = "sent"    // the mail server has taken it
	MailKept    MailState = "kept"    // there is no mail server
	MailFailed  MailState = "failed"  // it will not be tried again by itself
	MailDropped MailState = "dropped" // nobody wants it any more
)

// MailStates lists them in the order of a mail's life.
var MailStates = []MailState{MailQueued, MailSending, MailSent, MailKept, MailFailed, MailDropped}

// Mail is one mail of the Outbox. It holds no content: that is rendered from
// what it is about.
type Mail struct {
	ID         MailID
	Kind       string // "invitation", or one of account's kinds of mail…
	Person     PersonID
	PersonName string
	Address    string
	Subject    string // id of what it is about
	Client     ClientID
	ClientName string
	State      MailState
	Reason     string // why it waits, failed or was dropped: see package notify
	Tries      int
	Created    time.Time
	Due        time.Time // of the next try, while it is queued
	Sent       time.Time // zero: not yet
	// Readable is false when the content would let its reader be somebody else.
	Readable bool
	Held
}

// CanRetry reports whether the mail may be put into the queue again. One that
// was dropped may not: what it was about is over.
func (m Mail) CanRetry() bool { return m.State == MailKept || m.State == MailFailed }

const mailColumns = `m.id, m.kind, m.person_id, m.person_name, m.address, m.subject_id, COALESCE(m.client_id, ''), COALESCE(m.client_name, ''),
       m.state, m.reason, m.tries, m.created_at, m.due_at, m.sent_at, m.readable, m.side, m.rights`

// mailScan receives mailColumns.
type mailScan struct {
	Mail
	created, due int64
	sent         sql.NullInt64
}

func (s *mailScan) into() []any {
	m := &s.Mail
	return []any{&m.ID, &m.Kind, &m.Person, &m.PersonName, &m.Address, &m.Subject, &m.Client, &m.ClientName,
		&m.State, &m.Reason, &m.Tries, &s.created, &s.due, &s.sent, &m.Readable, &m.Side, &m.Rights}
}

func (s *mailScan) mail() Mail {
	m := s.Mail
	m.Created, m.Due = db.FromMicros(s.created), db.FromMicros(s.due)
	if s.sent.Valid {
		m.Sent = db.FromMicros(s.sent.Int64)
	}
	return m
}

// Outbox lists the mails, newest first; with a state, only those. For those who
// administer the workspace; for everybody else it is empty.
func (me *Scope) Outbox(ctx context.Context, state MailState, pg Page) (mails []Mail, next string, err error) {
	if state != "" && !slices.Contains(MailStates, state) {
		return nil, "", ErrNotFound
	}
	rows, err := me.inState(ctx, `SELECT `+mailColumns+` FROM my_mails m`, string(state), pg)
	mails, err = list(rows, err, func(r *db.Rows) (Mail, error) {
		var s mailScan
		err := r.Scan(s.into()...)
		return s.mail(), err
	})
	if err != nil {
		return nil, "", err
	}
	mails, next = page(mails, pg, func(m Mail) string { return string(m.ID) })
	return mails, next, nil
}

// inState reads a page of mails m, the newest first: all, or those in a state. Two
// statements, as each has its index: few fail of many that are sent, and few are held
// of many that came.
func (me *Scope) inState(ctx context.Context, mails, state string, pg Page) (*db.Rows, error) {
	where, args := ` WHERE ($2 = '' OR m.id < $2)`, []any{pg.After, pg.limit()}
	if state != "" {
		where, args = where+` AND m.state = $4`, append(args, state)
	}
	return me.query(ctx, mails+where+` ORDER BY m.id DESC LIMIT $3`, args...)
}

// OutboxCounts says how many mails are in each state that is not the end of one, up
// to MaxCount, for those who administer.
func (me *Scope) OutboxCounts(ctx context.Context) (map[MailState]int, error) {
	counts := map[MailState]int{}
	for _, s := range []MailState{MailQueued, MailSending, MailKept, MailFailed} {
		var n int
		if err := me.get(ctx, `SELECT COUNT(*) FROM (SELECT m.id FROM my_mails m WHERE m.state = $2 LIMIT $3) n`, []any{string(s), MaxCount}, &n); err != nil {
			return nil, err
		}
		counts[s] = n
	}
	return counts, nil
}

// Mail returns one mail, for those who administer the workspace.
func (me *Scope) Mail(ctx context.Context, id MailID) (Mail, error) {
	var s mailScan
	err := me.get(ctx, `SELECT `+mailColumns+` FROM my_mails m WHERE m.id = $2`, []any{string(id)}, s.into()...)
	return s.mail(), err
}

// RetryMail puts a mail that was kept or has failed into the queue again. Takes
// Administer. ErrConflict when it is in another state by now.
func (me *Scope) RetryMail(ctx context.Context, id MailID) error {
	return me.write(ctx, func(t *tx) error {
		var s mailScan
		if err := t.get(ctx, `SELECT `+mailColumns+` FROM my_mails m WHERE m.id = $2`, []any{string(id)}, s.into()...); err != nil {
			return err
		}
		if !s.Mail.CanRetry() {
			return ErrConflict
		}
		if err := t.must(ctx, `
UPDATE mails SET state = 'queued', reason = '', tries = 0, due_at = $2 WHERE id = $1 AND state IN ('kept', 'failed')`, string(id), t.now); err != nil {
			return err
		}
		if err := tryAgain(ctx, t.Tx, s.Mail.Person); err != nil {
			return err
		}
		if err := t.me.p.enqueue(ctx, t.Tx, SendMail, MailJob{id}); err != nil {
			return err
		}
		return t.record(ctx, Happening{Kind: MailRetried, Subject: string(id), Person: s.Mail.Person, Details: Details{"kind": s.Mail.Kind, "person": s.Mail.PersonName}})
	})
}
