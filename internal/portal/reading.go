package portal

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// MarkRead notes that the actor has read a thread up to a message. Nothing
// happens when they had before.
func (me *Scope) MarkRead(ctx context.Context, id ThreadID, upTo MessageID) error {
	return me.write(ctx, func(t *tx) error {
		t.quiet("that something was read changes nothing")
		return t.markRead(ctx, id, upTo)
	})
}

// markRead is MarkRead as a part of something else.
func (t *tx) markRead(ctx context.Context, id ThreadID, upTo MessageID) error {
	var at, before int64
	var project ProjectID
	var client ClientID
	var receipts string
	var side Side
	err := t.get(ctx, `
SELECT m.seq, COALESCE((SELECT MAX(r.seq) FROM my_readings r WHERE r.thread_id = m.thread_id), 0), COALESCE(m.client_id, ''), COALESCE(m.project_id, ''), m.side, w.receipts
  FROM my_messages m JOIN workspace w ON w.id = 1 WHERE m.id = $2 AND m.thread_id = $3`,
		[]any{string(upTo), string(id)}, &at, &before, &client, &project, &side, &receipts)
	if err != nil || at <= before {
		return err
	}
	if _, err := t.exec(ctx, `
INSERT INTO reading_marks (thread_id, person_id, seq, at) VALUES ($1, $2, $3, $4) ON CONFLICT (thread_id, person_id, seq) DO NOTHING`,
		string(id), string(t.me.actor.person), at, t.now); err != nil {
		return err
	}
	if err := t.readNotices(ctx, id, at); err != nil {
		return err
	}
	// Whoever may know of it is told; of notes the client may not.
	audience := ClientSide
	if side == Team {
		audience = Team
		if receipts == "on" {
			if err := noneFound(t.get(ctx, `SELECT m.audience FROM my_messages m WHERE m.thread_id = $2 AND m.seq > $3 AND m.seq <= $4 AND m.audience = 'client' LIMIT 1`,
				[]any{string(id), before, at}, &audience)); err != nil {
				return err
			}
		}
	}
	t.heard(Thread{ID: id, Client: client, Project: project}, audience)
	return nil
}

// A Receipt is how far a message has got with one person.
type Receipt struct {
	Person  PersonID
	Name    string
	Side    Side
	Company string    // the client's name; empty: the workspace's
	At      time.Time // when they saw it first; zero: they have not
	Mail    Delivery
	MailAt  time.Time // when it was delivered
	Why     string    // why it was not, as in Mail.Reason; for the team
}

// A Delivery is what became of the mail that told somebody of a message.
type Delivery string

// What became of it. That there is none, or none yet, is for the team alone:
// how somebody wants to be told is theirs.
const (
	MailUnknown Delivery = ""
	Delivered   Delivery = "delivered" // their mail server has taken it
	Delayed     Delivery = "delayed"   // it is still being tried
	Bounced     Delivery = "bounced"
	MailWaiting Delivery = "waiting" // it is yet to be sent
	NotMailed   Delivery = "none"    // they are sent none
)

// Receipts are how far a message has got with each who reads it.
type Receipts struct {
	All   []Receipt // at most 50 who saw it, the first of them first, and 50 who did not
	Count int
}

const maxReceipts = 50

// Receipts returns how far a message has got with each of its readers besides
// its author: those whose work it is, and whoever was told of it or saw it;
// nothing while the workspace does not let it be known.
func (me *Scope) Receipts(ctx context.Context, id MessageID) (r Receipts, err error) {
	const columns = `
SELECT s.person_id, s.name, s.person_side, CASE WHEN s.person_side = 'client' THEN COALESCE(s.client_name, '') ELSE '' END`
	var thread ThreadID
	if err := me.get(ctx, `SELECT m.thread_id FROM my_messages m WHERE m.id = $2`, []any{string(id)}, &thread); err != nil {
		return r, noneFound(err)
	}
	of := []any{string(id), string(thread)}
	add := func(q, count string) error {
		rows, err := me.query(ctx, q, append(of, maxReceipts+1)...)
		some, err := list(rows, err, func(rows *db.Rows) (r Receipt, err error) {
			return r, rows.Scan(&r.Person, &r.Name, &r.Side, &r.Company, &r.Mail, micros{&r.At})
		})
		n := len(some)
		if err == nil && n > maxReceipts {
			some = some[:maxReceipts]
			err = me.get(ctx, count, of, &n)
		}
		r.All, r.Count = append(r.All, some...), r.Count+n
		return err
	}
	if err := add(columns+`, '', s.at FROM my_receipts s WHERE s.message_id = $2 AND s.thread_id = $3 ORDER BY s.at, s.person_id LIMIT $4`,
		`SELECT COUNT(*) FROM my_receipts s WHERE s.message_id = $2 AND s.thread_id = $3`); err != nil {
		return r, err
	}
	if err := add(columns+`, s.mail, 0 FROM my_unseen s WHERE s.message_id = $2 AND s.thread_id = $3 ORDER BY s.near DESC, s.person_side, s.name, s.person_id LIMIT $4`,
		`SELECT COUNT(*) FROM my_unseen s WHERE s.message_id = $2 AND s.thread_id = $3`); err != nil {
		return r, err
	}
	return r, me.delivered(ctx, id, r.All)
}

// delivered adds what became of the mails.
func (me *Scope) delivered(ctx context.Context, id MessageID, all []Receipt) error {
	if len(all) == 0 {
		return nil
	}
	people := make([]PersonID, len(all))
	for i, r := range all {
		people[i] = r.Person
	}
	in, args := oneOf(3, people)
	rows, err := me.query(ctx, `
SELECT s.person_id, s.state, s.reason, COALESCE(s.sent_at, 0) FROM my_deliveries s WHERE s.message_id = $2 AND s.person_id IN `+in+` ORDER BY s.notice_id`,
		append([]any{string(id)}, args...)...)
	_, err = list(rows, err, func(rows *db.Rows) (who PersonID, err error) {
		var state, why string
		var at time.Time
		err = rows.Scan(&who, &state, &why, micros{&at})
		r := &all[slices.Index(people, who)]
		switch {
		case state == string(MailDropped) && why == "lost":
			r.Mail, r.MailAt, r.Why = Bounced, time.Time{}, ""
		case state == string(MailFailed):
			r.Mail, r.MailAt, r.Why = Bounced, time.Time{}, why
		case state == string(MailSent) && strings.HasPrefix(why, "delayed/"):
			r.Mail, r.MailAt, r.Why = Delayed, time.Time{}, why
			if why == "delayed/" {
				r.Why = ""
			}
		case state == string(MailSent):
			r.Mail, r.MailAt, r.Why = Delivered, at, why
		case r.Mail != Delivered: // of an earlier notice of the same
			r.Mail = Delivery(state)
		}
		return who, err
	})
	return err
}

// Mark is the newest message that the actor has read in a thread; empty when
// none.
func (me *Scope) Mark(ctx context.Context, id ThreadID) (m MessageID, err error) {
	err = me.get(ctx, `
SELECT m.id FROM my_messages m WHERE m.thread_id = $2 AND m.seq <= (SELECT MAX(r.seq) FROM my_readings r WHERE r.thread_id = $2) ORDER BY m.seq DESC LIMIT 1`,
		[]any{string(id)}, &m)
	return m, noneFound(err)
}

// Receipting says how far receipts go: "on", "off", or "team", which alone sees
// them.
type Receipting string

// The settings of receipts.
const (
	ReceiptsOn   Receipting = "on"
	ReceiptsOff  Receipting = "off"
	ReceiptsTeam Receipting = "team"
)

// Receiptings lists them.
var Receiptings = []Receipting{ReceiptsOn, ReceiptsTeam, ReceiptsOff}
