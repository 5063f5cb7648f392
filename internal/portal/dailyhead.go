package portal

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// MailDailyHead is the kind of the mails that tell the owners how far the record
// was at the end of a day.
const MailDailyHead = "daily_head"

// A DailyHead is how far the chains of events were at the end of a day: a hash of
// their ends, and of the day before. Whoever has it in their mail can show that
// nothing before was altered or cut off since.
type DailyHead struct {
	Day    string // YYYY-MM-DD, in UTC
	Digest string
	Chains int // that had moved
	Events int // that had been recorded in them
	At     time.Time

	Signature string // of Signs, with the key of the certificates; empty: from before there was one
}

// Signs is the text that is signed: whoever has the mail has all of it.
func (h DailyHead) Signs() string { return "vitrine daily head\n" + h.Day + "\n" + h.Digest + "\n" }

// SignHeads has the heads of days signed by that, before anything happens.
func (p *Portal) SignHeads(sign func(text string) (string, error)) { p.sign = sign }

// KeepDailyHead keeps the head of the day before today, signed, and queues it to the
// owners. It does nothing when that was done, or nothing had happened.
func (p *Portal) KeepDailyHead(ctx context.Context) error {
	day := p.now().UTC().AddDate(0, 0, -1).Format(time.DateOnly)
	return p.change(ctx, func(t *tx) error {
		t.quiet("it tells what was recorded")
		var last DailyHead
		switch err := t.QueryRow(ctx, `SELECT day, digest FROM daily_heads ORDER BY day DESC LIMIT 1`).Scan(&last.Day, &last.Digest); {
		case errors.Is(err, db.ErrNoRows):
		case err != nil:
			return err
		case last.Day >= day:
			return nil
		}
		moved, events, err := t.movedChains(ctx)
		if err != nil || len(moved) == 0 {
			return err
		}
		h := DailyHead{Day: day, Digest: dayDigest(last, day, moved)}
		if h.Signature, err = p.sign(h.Signs()); err != nil {
			return err
		}
		if err := t.must(ctx, `INSERT INTO daily_heads (day, digest, chains, events, at, signature) VALUES ($1, $2, $3, $4, $5, $6)`, day, h.Digest, len(moved), events, t.now, h.Signature); err != nil {
			return err
		}
		for _, m := range moved {
			if err := t.must(ctx, `INSERT INTO chain_heads (day, chain, seq, head) VALUES ($1, $2, $3, $4)`, day, m.chain, m.seq, m.head); err != nil {
				return err
			}
		}
		owners, err := t.owners(ctx)
		if err != nil {
			return err
		}
		for _, o := range owners {
			if err := p.queueMail(ctx, t.Tx, MailDailyHead, o, day); err != nil {
				return err
			}
		}
		return nil
	})
}

// DailyHead is that of a day.
func (p *Portal) DailyHead(ctx context.Context, day string) (h DailyHead, err error) {
	err = p.db.QueryRow(ctx, `SELECT h.day, h.digest, h.chains, h.events, h.at, h.signature FROM daily_heads h WHERE h.day = $1`, day).Scan(&h.Day, &h.Digest, &h.Chains, &h.Events, micros{&h.At}, &h.Signature)
	return h, notFound(err)
}

type headKey struct {
	chain string
	seq   int64
}

// keptHeads are the hashes of the events that were last on the days that were
// kept, after their digests were computed anew.
func keptHeads(ctx context.Context, q querier) (heads map[headKey]string, err error) {
	rows, err := q.Query(ctx, `SELECT h.chain, h.seq, h.head FROM chain_heads h`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	heads = map[headKey]string{}
	for rows.Next() {
		var k headKey
		var head string
		if err := rows.Scan(&k.chain, &k.seq, &head); err != nil {
			return nil, err
		}
		heads[k] = head
	}
	return heads, rows.Err()
}

// VerifyHeads computes the digests of all days anew, says which are not those
// that were mailed, and what the last one is. Nor are those that do not bear the
// signature of the key, once a day before did: earlier ones may be of another key,
// and strange counts those. For the operator.
func VerifyHeads(ctx context.Context, d *db.DB, signed func(text, signature string) bool) (last DailyHead, wrong []string, strange int, err error) {
	rows, err := d.Query(ctx, `SELECT h.day, h.digest, h.chains, h.events, h.at, h.signature FROM daily_heads h ORDER BY h.day`)
	days, err := list(rows, err, func(r *db.Rows) (h DailyHead, err error) {
		return h, r.Scan(&h.Day, &h.Digest, &h.Chains, &h.Events, micros{&h.At}, &h.Signature)
	})
	if err != nil {
		return last, nil, 0, err
	}
	ours := false
	for _, h := range days {
		rows, err := d.Query(ctx, `SELECT h.chain, h.seq, h.head FROM chain_heads h WHERE h.day = $1 ORDER BY h.chain`, h.Day)
		moved, err := list(rows, err, scanMoved)
		if err != nil {
			return last, wrong, strange, err
		}
		good := signed(h.Signs(), h.Signature)
		if !good && !ours {
			strange++
		}
		if dayDigest(last, h.Day, moved) != h.Digest || ours && !good {
			wrong = append(wrong, h.Day)
		}
		last, ours = h, ours || good
	}
	return last, wrong, strange, nil
}

type movedChain struct {
	chain string
	seq   int64
	head  string
}

func scanMoved(r *db.Rows) (m movedChain, err error) { return m, r.Scan(&m.chain, &m.seq, &m.head) }

// dayDigest is the digest of a day after last: of the chains that moved on it.
func dayDigest(last DailyHead, day string, moved []movedChain) string {
	fields := []string{last.Digest, day}
	for _, m := range moved {
		fields = append(fields, m.chain, strconv.FormatInt(m.seq, 10), m.head)
	}
	return chainHash("day", append(fields, "end")...)
}
