package portal

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// A seal says in an event what the rows that it speaks of were like once it had
// happened: a hash for each kind of field, so that whoever finds one changed by
// hand can say which. The chain binds the seal, as all of the event.
//
// Sealed are approvals with all that belongs to them, each answer that was ever
// given to one, revision requests, and sign-offs: what a dispute would be about.

// querier reads whole tables: for the chain alone.
type querier interface {
	Query(ctx context.Context, q string, args ...any) (*sql.Rows, error)
}

// A sealedPart is one kind of field, and where it is read: every column of every row.
// A row that was sealed before columns were added to a part is compared in the form
// that it was sealed in, former, in which those are of no row that holds something
// in them.
type sealedPart struct{ class, query, former string }

var sealedApproval = []sealedPart{
	{"text", `SELECT title, body, checklist, download, COALESCE(due_on, ''), COALESCE(expires_on, ''), COALESCE(deliverable_id, ''), round, COALESCE(previous_id, ''), project_id, client_id FROM approvals WHERE id = $1`, ""},
	{"state", `SELECT state, state_at, COALESCE(state_by, ''), stage, asking, COALESCE(shown_at, 0), content FROM approvals WHERE id = $1`, ""},
	{"files", `SELECT position, file_id, version_id, sha256, result FROM approval_subjects WHERE approval_id = $1 ORDER BY position`, ""},
	{"people", `SELECT x.stage, g.side, g.rule, x.person_id, x.role, x.answer, COALESCE(x.answered_at, 0), COALESCE(x.decision_id, ''), COALESCE(x.for_id, ''), COALESCE(x.given_to, '') FROM approval_people x
  JOIN approval_stages g ON g.approval_id = x.approval_id AND g.number = x.stage WHERE x.approval_id = $1 ORDER BY x.stage, x.person_id`,
		`SELECT x.stage, g.side, g.rule, x.person_id, x.role, x.answer, COALESCE(x.answered_at, 0), COALESCE(x.decision_id, '') || COALESCE(x.for_id, '') || COALESCE(x.given_to, '') FROM approval_people x
  JOIN approval_stages g ON g.approval_id = x.approval_id AND g.number = x.stage WHERE x.approval_id = $1 ORDER BY x.stage, x.person_id`},
}

var sealedDecision = []sealedPart{
	{"who", `SELECT approval_id, stage, person_id, role, COALESCE(for_id, '') FROM approval_decisions WHERE id = $1`,
		`SELECT approval_id, stage, person_id, role || COALESCE(for_id, '') FROM approval_decisions WHERE id = $1`},
	{"answer", `SELECT answer, COALESCE(undoes, ''), note, content, COALESCE(repeats_id, '') FROM approval_decisions WHERE id = $1`,
		`SELECT answer, COALESCE(undoes, ''), note, content || COALESCE(repeats_id, '') FROM approval_decisions WHERE id = $1`},
	{"time", `SELECT at FROM approval_decisions WHERE id = $1`, ""},
	{"proof", `SELECT proof, address, agent FROM approval_decisions WHERE id = $1`, ""},
	{"files", `SELECT position, version_id, sha256, verdict, note FROM approval_verdicts WHERE decision_id = $1 ORDER BY position`, ""},
}

var sealedSignoff = []sealedPart{
	{"text", `SELECT project_id, client_id, subject_id, title, statement, points, COALESCE(due_on, ''), created_at, created_by FROM signoffs WHERE id = $1`, ""},
	{"state", `SELECT state, state_at, state_by, note, content FROM signoffs WHERE id = $1`, ""},
	{"signature", `SELECT name, email, role, company, COALESCE(verified_at, 0), zone, proof, address, agent FROM signoffs WHERE id = $1`, ""},
	{"list", `SELECT position, kind, why, item_id, title, COALESCE(version_id, ''), number, sha256, size, COALESCE(approval_id, ''), COALESCE(at, 0), by_name FROM signoff_lines WHERE signoff_id = $1 ORDER BY position`, ""},
	{"certificate", `SELECT content FROM certificates WHERE subject_id = $1`, ""},
}

var sealedRevision = []sealedPart{
	{"text", `SELECT project_id, client_id, COALESCE(approval_id, ''), COALESCE(file_id, ''), COALESCE(version_id, ''), title, round, rounds, COALESCE(withdrawn_at, 0), created_at, created_by FROM revision_requests WHERE id = $1`, ""},
	{"items", `SELECT number, body, COALESCE(file_id, ''), COALESCE(version_id, ''), COALESCE(thread_id, '') FROM revision_items WHERE request_id = $1 ORDER BY number`, ""},
	{"answers", `SELECT number, state, state_at, state_by, reason, clarified, COALESCE(done_id, '') FROM revision_items WHERE request_id = $1 ORDER BY number`, ""},
	{"prices", `SELECT number, out_of_scope, price, currency, offer, COALESCE(offer_at, 0), COALESCE(offer_by, '') FROM revision_items WHERE request_id = $1 ORDER BY number`, ""},
}

// sealedParts are those of a row by its id; none of what is not sealed.
func sealedParts(id string) []sealedPart {
	switch kind, _, _ := strings.Cut(id, "_"); kind {
	case "apr":
		return sealedApproval
	case "dec":
		return sealedDecision
	case "rev":
		return sealedRevision
	case "sgn":
		return sealedSignoff
	}
	return nil
}

// seal is the seal of what an event is about: of an approval, with the answers
// that were given in the same change.
func (t *tx) seal(ctx context.Context, subject string) (string, error) {
	if sealedParts(subject) == nil {
		return "", nil
	}
	ids := []string{subject}
	if strings.HasPrefix(subject, "apr_") {
		rows, err := t.Query(ctx, `SELECT d.id FROM approval_decisions d WHERE d.approval_id = $1 AND d.at = $2 ORDER BY d.id`, subject, t.now)
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
	words := []string{id}
	for _, p := range sealedParts(id) {
		hash, err := p.hash(ctx, q, p.query, id)
		if err != nil {
			return "", err
		}
		words = append(words, p.class+"="+hash)
	}
	return strings.Join(words, " "), nil
}

// hash is that of what a query reads of a row.
func (p sealedPart) hash(ctx context.Context, q querier, query, id string) (string, error) {
	rows, err := q.Query(ctx, query, id)
	fields, err := list(rows, err, func(r *sql.Rows) (string, error) {
		columns, err := r.Columns()
		if err != nil {
			return "", err
		}
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		err = r.Scan(into...)
		words := make([]string, len(values))
		for i, v := range values {
			if b, ok := v.([]byte); ok {
				v = string(b)
			}
			words[i] = fmt.Sprint(v)
		}
		return chainHash("row", append(words, "end")...), err
	})
	if err != nil {
		return "", err
	}
	return chainHash(p.class, append(fields, "end")...)[:32], nil
}

// A seenSeal is the last seal of a row, and the event that has it.
type seenSeal struct {
	chain string
	seq   int64
	seal  string
}

// altered compares the rows with the last seal of each.
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
		for i, p := range sealedParts(id) {
			same := i+1 < len(was) && was[i+1] == now[i+1]
			if !same && i+1 < len(was) && p.former != "" {
				former, err := p.hash(ctx, q, p.former, id)
				if err != nil {
					return breaks, err
				}
				same = was[i+1] == p.class+"="+former
			}
			if !same {
				classes = append(classes, p.class)
			}
		}
		if len(classes) == 0 && len(was) == len(now) {
			continue
		}
		breaks = append(breaks, Break{s.chain, s.seq, fmt.Sprintf("the row %s is not what was recorded: %s", id, strings.Join(classes, ", "))})
	}
	return breaks, nil
}
