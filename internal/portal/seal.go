package portal

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
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
	Query(ctx context.Context, q string, args ...any) (*db.Rows, error)
	QueryRow(ctx context.Context, q string, args ...any) *db.Row
	Dialect() db.Dialect
}

// A sealedPart is what is read of a table: the columns of each class of field that
// is hashed of its rows.
type sealedPart struct {
	classes []sealedClass
	from    string // the table and the condition, $1 being the id
	order   string // of several rows
}

// A sealedClass is one class of field, and its columns.
type sealedClass struct{ name, columns string }

// A sealedRow is what is sealed of a row: the classes in the order in which a seal
// names them, those that came later last, and what they are read from.
type sealedRow struct {
	classes []string
	parts   []sealedPart
	queries [2]string // that read all of it, on SQLite and on PostgreSQL
}

var sealedApproval = sealed([]sealedPart{
	{[]sealedClass{
		{"text", `title, body, checklist, download, COALESCE(due_on, ''), COALESCE(expires_on, ''), COALESCE(deliverable_id, ''), round, COALESCE(previous_id, ''), project_id, client_id`},
		{"state", `state, state_at, COALESCE(state_by, ''), stage, asking, COALESCE(shown_at, 0), content`},
	}, `approvals WHERE id = $1`, ""},
	{[]sealedClass{{"files", `position, file_id, version_id, sha256, result`}}, `approval_subjects WHERE approval_id = $1`, "position"},
	{[]sealedClass{{"people", `x.stage, g.side, g.rule, g.asked_role, x.person_id, x.role, x.by_role, x.answer, COALESCE(x.answered_at, 0), COALESCE(x.decision_id, ''), COALESCE(x.for_id, ''), COALESCE(x.given_to, '')`}},
		`approval_people x JOIN approval_stages g ON g.approval_id = x.approval_id AND g.number = x.stage WHERE x.approval_id = $1`, "x.stage, x.person_id"},
	{[]sealedClass{{"answers", `y.id`}},
		`(SELECT d.id FROM approval_decisions d WHERE d.approval_id = $1 UNION ALL SELECT k.id FROM approval_calls k WHERE k.approval_id = $1) y`, "y.id"},
	{[]sealedClass{{"certificate", `content`}}, `certificates WHERE subject_id = $1`, ""},
})

var sealedDecision = sealed([]sealedPart{
	{[]sealedClass{
		{"who", `approval_id, stage, person_id, role, COALESCE(for_id, '')`},
		{"answer", `answer, COALESCE(undoes, ''), note, content, COALESCE(repeats_id, '')`},
		{"time", `at`},
		{"proof", `proof, address, agent, COALESCE(call_id, '')`},
		{"person", `name, email, title, company, COALESCE(verified_at, 0), zone`},
		{"instead", `for_called`},
	}, `approval_decisions WHERE id = $1`, ""},
	{[]sealedClass{{"files", `position, version_id, sha256, verdict, note`}}, `approval_verdicts WHERE decision_id = $1`, "position"},
}, "who", "answer", "time", "proof", "files", "person", "instead")

var sealedCall = sealed([]sealedPart{
	{[]sealedClass{
		{"who", `approval_id, stage, person_id, noted_by`},
		{"answer", `answer, note, content`},
		{"time", `said_at, noted_at`},
		{"state", `state, COALESCE(ended_at, 0), COALESCE(ended_by, ''), reply`},
	}, `approval_calls WHERE id = $1`, ""},
	{[]sealedClass{{"files", `position, note`}}, `approval_call_changes WHERE call_id = $1`, "position"},
})

var sealedSignoff = sealed([]sealedPart{
	{[]sealedClass{
		{"text", `project_id, client_id, subject_id, title, statement, points, COALESCE(due_on, ''), created_at, created_by`},
		{"state", `state, state_at, state_by, note, content`},
		{"signature", `name, email, role, company, COALESCE(verified_at, 0), zone, proof, address, agent`},
	}, `signoffs WHERE id = $1`, ""},
	{[]sealedClass{{"list", `position, kind, why, item_id, title, COALESCE(version_id, ''), number, sha256, size, COALESCE(approval_id, ''), COALESCE(at, 0), by_name`}},
		`signoff_lines WHERE signoff_id = $1`, "position"},
	{[]sealedClass{{"certificate", `content`}}, `certificates WHERE subject_id = $1`, ""},
})

var sealedRevision = sealed([]sealedPart{
	{[]sealedClass{{"text", `project_id, client_id, COALESCE(approval_id, ''), COALESCE(file_id, ''), COALESCE(version_id, ''), title, round, rounds, COALESCE(withdrawn_at, 0), created_at, created_by`}},
		`revision_requests WHERE id = $1`, ""},
	{[]sealedClass{
		{"items", `number, body, COALESCE(file_id, ''), COALESCE(version_id, ''), COALESCE(thread_id, '')`},
		{"answers", `number, state, state_at, state_by, reason, clarified, COALESCE(done_id, '')`},
		{"prices", `number, out_of_scope, price, currency, offer, COALESCE(offer_at, 0), COALESCE(offer_by, '')`},
	}, `revision_items WHERE request_id = $1`, "number"},
})

// sealed is a row whose seal names the classes in an order of its own, or as the
// parts have them.
func sealed(parts []sealedPart, order ...string) *sealedRow {
	row := &sealedRow{classes: order, parts: parts}
	for _, p := range parts {
		for _, c := range p.classes {
			if len(order) == 0 {
				row.classes = append(row.classes, c.name)
			}
		}
	}
	row.queries = [2]string{row.query("json_array", "json_group_array"), row.query("json_build_array", "json_agg")}
	return row
}

// query reads everything at once, as JSON: of each part its rows, of each row its
// classes, of each class its values. One query costs a third of what one for each
// part does, of which a decision has seven. Array and all are the database's functions
// that make an array, of values and of rows.
func (row *sealedRow) query(array, all string) string {
	var parts []string
	for _, p := range row.parts {
		var classes []string
		for _, c := range p.classes {
			classes = append(classes, array+"("+c.columns+")")
		}
		order := ""
		if p.order != "" {
			order = " ORDER BY " + p.order
		}
		parts = append(parts, "COALESCE((SELECT CAST("+all+"("+array+"("+strings.Join(classes, ", ")+")"+order+") AS TEXT) FROM "+p.from+"), 'null')")
	}
	return "SELECT '[' || " + strings.Join(parts, " || ',' || ") + " || ']'"
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
	ids := append([]string{subject}, slices.Sorted(maps.Keys(t.given[ApprovalID(subject)]))...)
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
	row := sealedAs(id)
	query := row.queries[0]
	if q.Dialect() == db.PostgreSQL {
		query = row.queries[1]
	}
	var text []byte
	if err := q.QueryRow(ctx, query, id).Scan(&text); err != nil {
		return "", fmt.Errorf("seal of %s: %w", id, err)
	}
	read := json.NewDecoder(bytes.NewReader(text))
	read.UseNumber() // a number is hashed as it is written
	var parts [][][][]any
	if err := read.Decode(&parts); err != nil {
		return "", fmt.Errorf("seal of %s: %w", id, err)
	}
	hashes := map[string]string{}
	for i, p := range row.parts {
		for j, c := range p.classes {
			hashes[c.name] = sealHash(c.name, parts[i], j)
		}
	}
	words := []string{id}
	for _, class := range row.classes {
		words = append(words, class+"="+hashes[class])
	}
	return strings.Join(words, " "), nil
}

// sealHash is the hash of a class of field, the n-th of rows.
func sealHash(class string, rows [][][]any, n int) string {
	fields := make([]string, 0, len(rows)+1)
	for _, row := range rows {
		words := make([]string, 0, len(row[n])+1)
		for _, v := range row[n] {
			words = append(words, fmt.Sprint(v))
		}
		fields = append(fields, chainHash("row", append(words, "end")...))
	}
	return chainHash(class, append(fields, "end")...)[:32]
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
