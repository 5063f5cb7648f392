package portal

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"
)

// MarkRead notes that the actor has read a thread up to a message. Nothing
// happens when they had before.
func (me *Scope) MarkRead(ctx context.Context, id ThreadID, upTo MessageID) error {
	return me.write(ctx, func(t *tx) error {
		t.quiet("that something was read changes nothing")
		var at, before, shown int64
		var project ProjectID
		var client ClientID
		var receipts string
		var side Side
		err := t.get(ctx, `
SELECT m.seq, COALESCE((SELECT MAX(r.seq) FROM my_readings r WHERE r.thread_id = m.thread_id), 0), COALESCE(m.client_id, ''), COALESCE(m.project_id, ''), m.side, w.receipts,
       COALESCE((SELECT MAX(x.shown_number) FROM my_messages x WHERE x.thread_id = m.thread_id AND x.seq = m.seq), 0)
  FROM my_messages m JOIN workspace w ON w.id = 1 WHERE m.id = $2 AND m.thread_id = $3`,
			[]any{string(upTo), string(id)}, &at, &before, &client, &project, &side, &receipts, &shown)
		if err != nil || at <= before {
			return err
		}
		if _, err := t.exec(ctx, `
INSERT INTO reading_marks (thread_id, person_id, seq, at) VALUES ($1, $2, $3, $4) ON CONFLICT (thread_id, person_id, seq) DO NOTHING`,
			string(id), string(me.actor.person), at, t.now); err != nil {
			return err
		}
		if err := t.readNotices(ctx, id, at); err != nil {
			return err
		}
		// Whoever may know of it is told; of notes the client may not.
		audience := ClientSide
		if side == Team && (receipts != "on" || shown == 0) {
			audience = Team
		}
		t.heard(Thread{ID: id, Client: client, Project: project}, audience)
		return nil
	})
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

// What became of it.
const (
	NotMailed Delivery = ""
	Delivered Delivery = "delivered" // their mail server has taken it
	Delayed   Delivery = "delayed"   // it is still being tried
	Bounced   Delivery = "bounced"
)

// Receipts returns who has seen a message besides its author, the first of them
// first, and then whom it has reached by mail or has not; nobody while the
// workspace does not let it be known.
func (me *Scope) Receipts(ctx context.Context, id MessageID) ([]Receipt, error) {
	rows, err := me.query(ctx, `
SELECT s.person_id, s.name, s.person_side, CASE WHEN s.person_side = 'client' THEN COALESCE(s.client_name, '') ELSE '' END, s.at
  FROM my_receipts s WHERE s.message_id = $2 ORDER BY s.at, s.person_id LIMIT 100`, string(id))
	seen, err := list(rows, err, func(rows *sql.Rows) (r Receipt, err error) {
		return r, rows.Scan(&r.Person, &r.Name, &r.Side, &r.Company, micros{&r.At})
	})
	if err != nil {
		return nil, err
	}
	rows, err = me.query(ctx, `
SELECT s.person_id, s.name, s.person_side, CASE WHEN s.person_side = 'client' THEN COALESCE(s.client_name, '') ELSE '' END, s.state, s.reason, COALESCE(s.sent_at, 0)
  FROM my_deliveries s WHERE s.message_id = $2 ORDER BY s.mail_id, s.person_id LIMIT 100`, string(id))
	mailed, err := list(rows, err, func(rows *sql.Rows) (r Receipt, err error) {
		var state MailState
		err = rows.Scan(&r.Person, &r.Name, &r.Side, &r.Company, &state, &r.Why, micros{&r.MailAt})
		switch {
		case state == MailFailed:
			r.Mail, r.MailAt = Bounced, time.Time{}
		case strings.HasPrefix(r.Why, "delayed/"):
			r.Mail, r.MailAt = Delayed, time.Time{}
			if r.Why == "delayed/" {
				r.Why = ""
			}
		default:
			r.Mail = Delivered
		}
		return r, err
	})
	for _, r := range mailed {
		i := slices.IndexFunc(seen, func(s Receipt) bool { return s.Person == r.Person })
		if i < 0 {
			seen = append(seen, r)
			continue
		}
		seen[i].Mail, seen[i].MailAt, seen[i].Why = r.Mail, r.MailAt, r.Why
	}
	return seen, err
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
