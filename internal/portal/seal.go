package portal

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// A seal says in an event what the rows that it speaks of were like once it had
// happened: a hash for each kind of field, so that whoever finds one changed by
// hand can say which. The chain binds the seal, as all of the event.
//
// Sealed are approvals with all that belongs to them, each answer that was ever
// given to one, or noted to have been said by phone, revision requests, and sign-offs:
// what a dispute would be about.

// querier reads whole tables: for the chain alone.
type querier interface {
	Query(ctx context.Context, q string, args ...any) (*sql.Rows, error)
	QueryRow(ctx context.Context, q string, args ...any) *db.Row
}

// A sealedPart is what one query reads of a row, every column of every row, and
// the classes of field that are hashed of it: the columns of each but the last are
// followed by one named "cut".
type sealedPart struct {
	classes []string
	query   string
}

// A sealedRow is what is sealed of a row: the classes in the order in which a seal
// names them, those that came later last, and the queries that read them.
type sealedRow struct {
	classes []string
	parts   []sealedPart
}

var sealedApproval = inOrder([]sealedPart{
	{[]string{"text", "state"}, `SELECT title, body, checklist, download, COALESCE(due_on, ''), COALESCE(expires_on, ''), COALESCE(deliverable_id, ''), round, COALESCE(previous_id, ''), project_id, client_id, '' AS cut,
       state, state_at, COALESCE(state_by, ''), stage, asking, COALESCE(shown_at, 0), content FROM approvals WHERE id = $1`},
	{[]string{"files"}, `SELECT position, file_id, version_id, sha256, result FROM approval_subjects WHERE approval_id = $1 ORDER BY position`},
	{[]string{"people"}, `SELECT x.stage, g.side, g.rule, g.asked_role, x.person_id, x.role, x.by_role, x.answer, COALESCE(x.answered_at, 0), COALESCE(x.decision_id, ''), COALESCE(x.for_id, ''), COALESCE(x.given_to, '') FROM approval_people x
  JOIN approval_stages g ON g.approval_id = x.approval_id AND g.number = x.stage WHERE x.approval_id = $1 ORDER BY x.stage, x.person_id`},
	{[]string{"answers"}, `SELECT d.id FROM approval_decisions d WHERE d.approval_id = $1 UNION ALL SELECT k.id FROM approval_calls k WHERE k.approval_id = $1 ORDER BY 1`},
	{[]string{"certificate"}, `SELECT content FROM certificates WHERE subject_id = $1`},
})

var sealedDecision = &sealedRow{[]string{"who", "answer", "time", "proof", "files", "person", "instead"}, []sealedPart{
	{[]string{"who", "answer", "time", "proof", "person", "instead"}, `SELECT approval_id, stage, person_id, role, COALESCE(for_id, ''), '' AS cut,
       answer, COALESCE(undoes, ''), note, content, COALESCE(repeats_id, ''), '' AS cut, at, '' AS cut, proof, address, agent, COALESCE(call_id, ''), '' AS cut,
       name, email, title, company, COALESCE(verified_at, 0), zone, '' AS cut, for_called FROM approval_decisions WHERE id = $1`},
	{[]string{"files"}, `SELECT position, version_id, sha256, verdict, note FROM approval_verdicts WHERE decision_id = $1 ORDER BY position`},
}}

var sealedCall = inOrder([]sealedPart{
	{[]string{"who", "answer", "time", "state"}, `SELECT approval_id, stage, person_id, noted_by, '' AS cut, answer, note, content, '' AS cut, said_at, noted_at, '' AS cut,
       state, COALESCE(ended_at, 0), COALESCE(ended_by, ''), reply FROM approval_calls WHERE id = $1`},
	{[]string{"files"}, `SELECT position, note FROM approval_call_changes WHERE call_id = $1 ORDER BY position`},
})

var sealedSignoff = inOrder([]sealedPart{
	{[]string{"text", "state", "signature"}, `SELECT project_id, client_id, subject_id, title, statement, points, COALESCE(due_on, ''), created_at, created_by, '' AS cut,
       state, state_at, state_by, note, content, '' AS cut, name, email, role, company, COALESCE(verified_at, 0), zone, proof, address, agent FROM signoffs WHERE id = $1`},
	{[]string{"list"}, `SELECT position, kind, why, item_id, title, COALESCE(version_id, ''), number, sha256, size, COALESCE(approval_id, ''), COALESCE(at, 0), by_name FROM signoff_lines WHERE signoff_id = $1 ORDER BY position`},
	{[]string{"certificate"}, `SELECT content FROM certificates WHERE subject_id = $1`},
})

var sealedRevision = inOrder([]sealedPart{
	{[]string{"text"}, `SELECT project_id, client_id, COALESCE(approval_id, ''), COALESCE(file_id, ''), COALESCE(version_id, ''), title, round, rounds, COALESCE(withdrawn_at, 0), created_at, created_by FROM revision_requests WHERE id = $1`},
	{[]string{"items", "answers", "prices"}, `SELECT number, body, COALESCE(file_id, ''), COALESCE(version_id, ''), COALESCE(thread_id, ''), '' AS cut,
       number, state, state_at, state_by, reason, clarified, COALESCE(done_id, ''), '' AS cut, number, out_of_scope, price, currency, offer, COALESCE(offer_at, 0), COALESCE(offer_by, '') FROM revision_items WHERE request_id = $1 ORDER BY number`},
})

// inOrder is a row whose seal names the classes as the queries read them.
func inOrder(parts []sealedPart) *sealedRow {
	row := &sealedRow{parts: parts}
	for _, p := range parts {
		row.classes = append(row.classes, p.classes...)
	}
	return row
}

// sealedAs is what is sealed of a row by its id; nil of what is not sealed.
func sealedAs(id string) *sealedRow {
	switch kind, _, _ := strings.Cut(id, "_"); kind {
	case "apr":
		return sealedApproval
	case "dec":
		return sealedDecision
	case "cal":
		return sealedCall
	case "rev":
		return sealedRevision
	case "sgn":
		return sealedSignoff
	}
	return nil
}

// seal is the seal of what an event is about: of an approval, with the answers
// that were given, and the calls that were noted, ended or reopened, in the same
// change.
func (t *tx) seal(ctx context.Context, subject string) (string, error) {
	if sealedAs(subject) == nil {
		return "", nil
	}
	ids := []string{subject}
	if strings.HasPrefix(subject, "apr_") {
		reopened := 0
		if t.reopened {
			reopened = 1
		}
		rows, err := t.Query(ctx, `
SELECT d.id FROM approval_decisions d WHERE d.approval_id = $1 AND d.at = $2
UNION ALL SELECT k.id FROM approval_calls k WHERE k.approval_id = $1 AND (k.noted_at = $2 OR k.ended_at = $2 OR $3 = 1 AND k.state = 'open') ORDER BY 1`, subject, t.now, reopened)
		given, err := list(rows, err, func(r *sql.Rows) (id string, err error) { return id, r.Scan(&id) })
		if err != nil {
			return "", err
		}
		ids = append(ids, given...)
	}
	var all []string
	for _, id := range ids {
		one, err := sealOf(ctx, t, id)
		if err != nil {
			return "", err
		}
		all = append(all, one)
	}
	return strings.Join(all, ";"), nil
}

// sealOf is "id class=hash …" of one row.
func sealOf(ctx context.Context, q querier, id string) (string, error) {
	row, hashes := sealedAs(id), map[string]string{}
	for _, p := range row.parts {
		all, err := sealHashes(ctx, q, p.query, id, p.classes...)
		if err != nil {
			return "", err
		}
		for i, class := range p.classes {
			hashes[class] = all[i]
		}
	}
	words := []string{id}
	for _, class := range row.classes {
		words = append(words, class+"="+hashes[class])
	}
	return strings.Join(words, " "), nil
}

// sealHashes are those of the classes of what a query reads of a row.
func sealHashes(ctx context.Context, q querier, query, id string, classes ...string) ([]string, error) {
	rows, err := q.Query(ctx, query, id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	fields := make([][]string, len(classes))
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		var words []string
		class := 0
		for i, v := range values {
			if columns[i] == "cut" {
				fields[class] = append(fields[class], chainHash("row", append(words, "end")...))
				class, words = class+1, nil
				continue
			}
			if b, ok := v.([]byte); ok {
				v = string(b)
			}
			words = append(words, fmt.Sprint(v))
		}
		fields[class] = append(fields[class], chainHash("row", append(words, "end")...))
	}
	hashes := make([]string, len(classes))
	for i, class := range classes {
		hashes[i] = chainHash(class, append(fields[i], "end")...)[:32]
	}
	return hashes, rows.Err()
}

// A seenSeal is the last seal of a row, and the event that has it.
type seenSeal struct {
	chain string
	seq   int64
	seal  string
}

// altered compares the rows with the last seal of each. Of a row that is another,
// no more is said: it leaves the seals.
func altered(ctx context.Context, q querier, seals map[string]seenSeal) (breaks []Break, err error) {
	for id, s := range seals {
		is, err := sealOf(ctx, q, id)
		if err != nil {
			return breaks, err
		}
		if is == s.seal {
			continue
		}
		was, now := strings.Fields(s.seal), strings.Fields(is)
		var classes []string
		for i, class := range sealedAs(id).classes {
			if at := i + 1; at < len(was) && was[at] != now[at] { // one from before a class was added does not speak of it
				classes = append(classes, class)
			}
		}
		if len(classes) == 0 {
			continue
		}
		breaks = append(breaks, Break{s.chain, s.seq, fmt.Sprintf("the row %s is not what was recorded: %s", id, strings.Join(classes, ", "))})
		delete(seals, id)
	}
	return breaks, nil
}
