package portal

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/db"
)

// SendMail is the job that sends one queued mail.
const SendMail = "send_mail"

// MailJob is what the job is given.
type MailJob struct {
	Mail MailID `json:"mail"`
}

// queueMail puts a mail to the person into the queue, in the transaction of
// what it tells of. It holds no content: that is rendered when it is sent, as
// the person may see it then.
func (p *Portal) queueMail(ctx context.Context, d *db.Tx, kind string, person PersonID, subject string) error {
	var address string
	if err := d.QueryRow(ctx, `SELECT email FROM persons WHERE id = $1`, string(person)).Scan(&address); err != nil {
		return fmt.Errorf("queue mail %s: %w", kind, err)
	}
	due := p.now()
	if apart := mailings[kind].apart; apart > 0 {
		last, err := onlyNewest(ctx, d, kind, person, subject)
		if err != nil {
			return fmt.Errorf("queue mail %s: %w", kind, err)
		}
		if next := last.Add(apart); next.After(due) {
			due = next
		}
	}
	id, err := p.putMail(ctx, d, account.Mail{Kind: kind, Person: person, Address: address, Subject: subject}, due)
	if err == nil && (kind == MailApproval || kind == MailApprovalReminder || kind == MailApprovalCall) {
		err = p.linkApproval(ctx, d, id, person, ApprovalID(subject))
	}
	return err
}

// queueAccountMail is queueMail for an address that need not be the person's
// present one.
func (p *Portal) queueAccountMail(ctx context.Context, d *db.Tx, m account.Mail) error {
	_, err := p.putMail(ctx, d, m, p.now())
	return err
}

func (p *Portal) putMail(ctx context.Context, d *db.Tx, m account.Mail, due time.Time) (MailID, error) {
	id := db.NewID("mai")
	if mailings[m.Kind].waits {
		due = due.Add(noticeWait)
	}
	if _, err := d.Exec(ctx, `
INSERT INTO mails (id, kind, person_id, address, subject_id, state, created_at, due_at) VALUES ($1, $2, $3, $4, $5, 'queued', $6, $7)`,
		id, m.Kind, string(m.Person), m.Address, m.Subject, db.Micros(p.now()), db.Micros(due)); err != nil {
		return "", fmt.Errorf("queue mail %s: %w", m.Kind, err)
	}
	return MailID(id), p.enqueue(ctx, d, SendMail, MailJob{MailID(id)})
}

// MailKinds lists every kind of mail that can be queued.
func MailKinds() []string { return slices.Sorted(maps.Keys(mailings)) }

// MailTest is a mail to oneself, to see whether and how mail arrives.
const MailTest = "test"

// SendTestMail queues a mail to the actor, or returns the one that still waits.
// Takes Administer.
func (me *Scope) SendTestMail(ctx context.Context) (id MailID, err error) {
	err = me.write(ctx, func(t *tx) error {
		t.quiet("a mail to oneself tells of nothing")
		switch _, rights, err := t.role(ctx); {
		case err != nil:
			return err
		case !rights.Has(Administer):
			return ErrForbidden
		}
		err := t.get(ctx, `SELECT m.id FROM my_mails m WHERE m.person_id = $2 AND m.kind = $3 AND m.state = 'queued'`, []any{string(me.actor.person), MailTest}, &id)
		if err != ErrNotFound {
			return err
		}
		if err := me.p.queueMail(ctx, t.Tx, MailTest, me.actor.person, string(me.actor.person)); err != nil {
			return err
		}
		return t.get(ctx, `SELECT m.id FROM my_mails m WHERE m.person_id = $2 AND m.kind = $3 AND m.state = 'queued'`, []any{string(me.actor.person), MailTest}, &id)
	})
	return id, err
}
