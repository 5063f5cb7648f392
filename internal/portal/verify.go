package portal

import (
	"context"
	"fmt"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// A Break is a place where a chain of events is not what was recorded.
type Break struct {
	Chain string // a client's id, or "" for the workspace
	Seq   int64
	Why   string
}

func (b Break) String() string { return fmt.Sprintf("chain %q, event %d: %s", b.Chain, b.Seq, b.Why) }

// VerifyChains recomputes every event's hash and says how many it read and
// where they do not fit: one that was altered, left out, put in or cut off. For
// the operator; it reads everything, and nobody may write meanwhile.
func VerifyChains(ctx context.Context, d *db.DB) (events int, breaks []Break, err error) {
	type end struct {
		seq  int64
		head string
	}
	ends := make(map[string]end)
	rows, err := d.Query(ctx, `
SELECT chain, seq, hash, id, kind, at, actor, COALESCE(project_id, ''), subject, COALESCE(person_id, ''), audience, particulars
  FROM events ORDER BY chain, seq`)
	if err != nil {
		return 0, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var chain, hash, id, kind, actor, project, subject, person, audience, details string
		var seq, at int64
		if err := rows.Scan(&chain, &seq, &hash, &id, &kind, &at, &actor, &project, &subject, &person, &audience, &details); err != nil {
			return events, nil, err
		}
		events++
		last := ends[chain]
		switch {
		case seq != last.seq+1:
			breaks = append(breaks, Break{chain, seq, fmt.Sprintf("it follows event %d", last.seq)})
		case hash != chainHash(last.head, id, chain, fmt.Sprint(seq), kind, fmt.Sprint(at), actor, project, subject, person, audience, details):
			breaks = append(breaks, Break{chain, seq, "its hash is not that of what it says"})
		}
		ends[chain] = end{seq, hash}
	}
	if err := rows.Err(); err != nil {
		return events, nil, err
	}
	rows, err = d.Query(ctx, `SELECT chain, seq, head FROM event_chains`)
	if err != nil {
		return events, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var chain string
		var kept end
		if err := rows.Scan(&chain, &kept.seq, &kept.head); err != nil {
			return events, nil, err
		}
		if last := ends[chain]; last != kept {
			breaks = append(breaks, Break{chain, kept.seq, fmt.Sprintf("the chain should end here, and ends at %d", last.seq)})
		}
		delete(ends, chain)
	}
	for chain, last := range ends {
		breaks = append(breaks, Break{chain, last.seq, "nothing says where the chain ends"})
	}
	return events, breaks, rows.Err()
}
