package portal

import (
	"context"
	"fmt"
	"iter"
	"math"
	"strconv"
	"strings"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// A Break is a place where a chain of events is not what was recorded.
type Break struct {
	Chain string // a client's id, or "" for the workspace
	Seq   int64
	Why   string
}

func (b Break) String() string { return fmt.Sprintf("chain %q, event %d: %s", b.Chain, b.Seq, b.Why) }

// eventsRead is how many events are read at a time.
const eventsRead = 10_000

// VerifyChains recomputes every event's hash and says how many it read and
// where they do not fit: one that was altered, left out, put in or cut off; and
// which approvals, answers and sign-offs are not what the last event about them
// recorded, or are about something else than what is there now. Where the chain is not that of which the owners were mailed the head,
// it says so too. For the operator; it reads everything, and nobody may write
// meanwhile.
func VerifyChains(ctx context.Context, d *db.DB) (events int, breaks []Break, err error) {
	type end struct {
		seq  int64
		head string
	}
	ends := make(map[string]end)
	seals := make(map[string]seenSeal)
	mailed, err := keptHeads(ctx, d)
	if err != nil {
		return 0, nil, err
	}
	at := headKey{seq: math.MinInt64}
	for page := eventsRead; page == eventsRead; {
		page = 0
		// Part by part: no statement may take long. The limit is written out, or
		// PostgreSQL plans for a tenth of the table, and sorts all of it each time.
		rows, err := d.Query(ctx, `
SELECT chain, seq, hash, id, kind, at, actor, COALESCE(project_id, ''), subject, COALESCE(person_id, ''), audience, particulars, address, seal, called
  FROM events WHERE (chain, seq) > ($1, $2) ORDER BY chain, seq LIMIT `+strconv.Itoa(eventsRead), at.chain, at.seq)
		if err != nil {
			return events, nil, err
		}
		for rows.Next() {
			var chain, hash, id, kind, actor, project, subject, person, audience, details, address, seal, called string
			var seq, when int64
			if err := rows.Scan(&chain, &seq, &hash, &id, &kind, &when, &actor, &project, &subject, &person, &audience, &details, &address, &seal, &called); err != nil {
				rows.Close()
				return events, nil, err
			}
			page++
			last := ends[chain]
			switch {
			case seq != last.seq+1:
				breaks = append(breaks, Break{chain, seq, fmt.Sprintf("it (%s) follows event %d", id, last.seq)})
			case hash != chainHash(last.head, id, chain, strconv.FormatInt(seq, 10), kind, strconv.FormatInt(when, 10), actor, project, subject, person, audience, details, address, seal, called):
				breaks = append(breaks, Break{chain, seq, "the row " + id + " is not what was recorded: its hash is not that of what it says"})
			}
			at = headKey{chain, seq}
			if head, ok := mailed[at]; ok && head != hash {
				breaks = append(breaks, Break{chain, seq, "it is not the event that was last on the day when the owners were mailed its hash"})
			}
			delete(mailed, at)
			if seal != "" {
				for _, one := range strings.Split(seal, ";") {
					id, _, _ := strings.Cut(one, " ")
					if seals[id].seal != wasGone(id) { // which another chain may say
						seals[id] = seenSeal{chain, seq, one}
					}
				}
			}
			ends[chain] = end{seq, hash}
		}
		rows.Close()
		if err := rows.Err(); err != nil {
			return events, nil, err
		}
		events += page
	}
	for k := range mailed {
		breaks = append(breaks, Break{k.chain, k.seq, "the event is gone that was last on the day when the owners were mailed its hash"})
	}
	for _, look := range []func(context.Context, querier, map[string]seenSeal) ([]Break, error){altered, decidedOn, otherBytes} {
		wrong, err := look(ctx, d, seals)
		if breaks = append(breaks, wrong...); err != nil {
			return events, breaks, err
		}
	}
	rows, err := d.Query(ctx, `SELECT chain, seq, head FROM event_chains`)
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

// A StoredBlob is what a row says of a blob: of a version, of what was made to
// look at one, or of a certificate, which has no file. Two may name the same blob.
type StoredBlob struct {
	Blob, SHA256          string
	Size                  int64
	Client, Project, File string // names
	Version               string
	Number                int
	Preview               bool
}

// StoredBlobs lists what the rows name, versions first, each by blob. For the
// operator, who reads the disk anyway.
func (p *Portal) StoredBlobs(ctx context.Context) iter.Seq2[StoredBlob, error] {
	return func(yield func(StoredBlob, error) bool) {
		for _, query := range []string{`
SELECT v.blob, v.sha256, v.size, c.name, p.name, f.name, v.id, v.number, 0
  FROM versions v JOIN files f ON f.id = v.file_id JOIN projects p ON p.id = f.project_id JOIN clients c ON c.id = f.client_id
 WHERE (v.blob, v.id) > ($1, $2) ORDER BY v.blob, v.id LIMIT $3`, `
SELECT r.blob, r.sha256, r.size, c.name, p.name, f.name, v.id, v.number, 1
  FROM previews r JOIN versions v ON v.id = r.version_id JOIN files f ON f.id = v.file_id JOIN projects p ON p.id = f.project_id JOIN clients c ON c.id = f.client_id
 WHERE (r.blob, r.version_id) > ($1, $2) ORDER BY r.blob, r.version_id LIMIT $3`, `
SELECT x.blob, x.sha256, x.size, c.name, p.name, '', x.id, 0, 0
  FROM certificates x JOIN projects p ON p.id = x.project_id JOIN clients c ON c.id = x.client_id
 WHERE x.blob <> '' AND (x.blob, x.id) > ($1, $2) ORDER BY x.blob, x.id LIMIT $3`} {
			var last StoredBlob
			for {
				const page = 500
				rows, err := p.db.Query(ctx, query, last.Blob, last.Version, page)
				found, err := list(rows, err, func(r *db.Rows) (s StoredBlob, err error) {
					return s, r.Scan(&s.Blob, &s.SHA256, &s.Size, &s.Client, &s.Project, &s.File, &s.Version, &s.Number, &s.Preview)
				})
				if err != nil {
					yield(StoredBlob{}, err)
					return
				}
				for _, last = range found {
					if !yield(last, nil) {
						return
					}
				}
				if len(found) < page {
					break
				}
			}
		}
	}
}

// NamedBlobs says which of the keys a row names: a version, a preview, an upload,
// a mail that came in or a certificate. For the sweep, which removes the others.
func (p *Portal) NamedBlobs(ctx context.Context, keys []string) (map[string]bool, error) {
	const most = 500
	named := make(map[string]bool)
	for len(keys) > 0 {
		some := keys[:min(most, len(keys))]
		keys = keys[len(some):]
		args, marks := make([]any, most), make([]string, most)
		for i := range most { // always as many, so that it is one statement
			args[i], marks[i] = some[min(i, len(some)-1)], fmt.Sprintf("$%d", i+1)
		}
		in := " WHERE blob IN (" + strings.Join(marks, ", ") + ")"
		rows, err := p.db.Query(ctx, "SELECT blob FROM versions"+in+" UNION SELECT blob FROM previews"+in+" UNION SELECT blob FROM uploads"+in+
			" UNION SELECT blob FROM incoming_mails"+in+" UNION SELECT blob FROM certificates"+in, args...)
		found, err := list(rows, err, scanOne[string])
		if err != nil {
			return nil, err
		}
		for _, key := range found {
			named[key] = true
		}
	}
	return named, nil
}
