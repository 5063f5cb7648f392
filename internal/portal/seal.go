package portal

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// A seal says in an event what the rows that it speaks of were like once it had
// happened: a hash for each kind of field, so that whoever finds one changed by
// hand can say which. The chain binds the seal, as all of the event.
//
// Sealed are approvals with all that belongs to them, each answer that was ever
// given to one, or noted to have been said by phone, revision requests, sign-offs and
// the papers of certificates, deliverables and milestones, versions, and what people
// said: what a dispute would be about.

// querier reads whole tables: for the chain alone.
type querier interface {
	Query(ctx context.Context, q string, args ...any) (*db.Rows, error)
	QueryRow(ctx context.Context, q string, args ...any) *db.Row
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
	hashed  [][]hashedClass // of each part
	width   int             // the most columns of a part
	query   string          // reads all of it
	table   string          // of which there are so many that they are read page by page
}

// A hashedClass is where a class stands in a seal, and how many columns it has.
type hashedClass struct{ place, columns int }

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
	{[]sealedClass{{"looks", `stage, person_id, COALESCE(viewed_at, 0), viewed_name`}}, `approval_people WHERE approval_id = $1`, "stage, person_id"},
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
	{[]sealedClass{{"looks", `person_id, name, at`}}, `signoff_views WHERE signoff_id = $1`, "person_id"},
})

var sealedCertificate = sealed([]sealedPart{
	{[]sealedClass{
		{"content", `subject_id, project_id, client_id, token_hash, content, created_at, created_by`},
		{"paper", `COALESCE(made_at, 0), blob, sha256, size`},
	}, `certificates WHERE id = $1`, ""},
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

var sealedDeliverable = sealed([]sealedPart{{[]sealedClass{
	{"text", `title, body`},
	{"state", `state, COALESCE(state_at, 0), COALESCE(state_by, '')`},
}, `deliverables WHERE id = $1`, ""}})

var sealedMilestone = sealed([]sealedPart{{[]sealedClass{
	{"text", `title, body`},
	{"state", `COALESCE(reached_at, 0), COALESCE(reached_by, '')`},
}, `milestones WHERE id = $1`, ""}})

// Of a version what never changes is sealed.
var sealedVersion = paged("versions", sealedClass{"version", `file_id, number, sha256, size, created_at, created_by`})

// The hash of what somebody said has salt in it, which goes when that is erased: nobody
// finds out any more what it was.
var sealedMessage = paged("messages",
	sealedClass{"text", `body, salt`},
	sealedClass{"said", `thread_id, audience, author_id, side, created_at, COALESCE(deleted_at, 0), COALESCE(erased_at, 0)`})

// paged is a row of a table of which there are very many.
func paged(table string, classes ...sealedClass) *sealedRow {
	row := sealed([]sealedPart{{classes, table + ` WHERE id = $1`, ""}})
	row.table = table
	return row
}

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
	for _, p := range parts {
		var hashed []hashedClass
		for _, c := range p.classes {
			hashed = append(hashed, hashedClass{slices.Index(row.classes, c.name), len(c.list())})
		}
		row.hashed = append(row.hashed, hashed)
		row.width = max(row.width, len(p.columns()))
	}
	var all []string
	for i, p := range parts {
		all = append(all, p.query(i, row.width))
	}
	row.query = strings.Join(all, " UNION ALL ")
	return row
}

// columns are those of all its classes.
func (p sealedPart) columns() (all []string) {
	for _, c := range p.classes {
		all = append(all, c.list()...)
	}
	return all
}

// list are the columns one by one: a comma in brackets is part of one.
func (c sealedClass) list() (all []string) {
	from, deep := 0, 0
	for i, r := range c.columns {
		switch {
		case r == '(':
			deep++
		case r == ')':
			deep--
		case r == ',' && deep == 0:
			all, from = append(all, strings.TrimSpace(c.columns[from:i])), i+1
		}
	}
	return append(all, strings.TrimSpace(c.columns[from:]))
}

// query reads the n-th part, in as many columns as the widest has: one query of all parts
// costs a third of what one for each does, of which a decision has seven. As they are
// columns of one, all are read as text, which is how they are hashed.
func (p sealedPart) query(n, width int) string {
	columns := append([]string{strconv.Itoa(n) + " AS part"}, p.asText()...)
	for i := len(columns) - 1; i < width; i++ {
		columns = append(columns, fmt.Sprintf("CAST(NULL AS TEXT) AS c%d", i))
	}
	q := "SELECT " + strings.Join(columns, ", ") + " FROM " + p.from
	if p.order != "" {
		q = "SELECT * FROM (" + q + " ORDER BY " + p.order + ") p" + strconv.Itoa(n)
	}
	return q
}

// asText reads the columns as text, each called by its number.
func (p sealedPart) asText() (columns []string) {
	for i, c := range p.columns() {
		columns = append(columns, fmt.Sprintf("CAST(%s AS TEXT) AS c%d", c, i))
	}
	return columns
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
	case "crt":
		return sealedCertificate
	case "dlv":
		return sealedDeliverable
	case "mst":
		return sealedMilestone
	case "ver":
		return sealedVersion
	case "msg":
		return sealedMessage
	}
	return nil
}

// seal is the seal of what an event is about: of an approval, with the answers
// that were given, and the calls that were noted, ended or reopened, in the same
// change; and of what else changed since the event before.
func (t *tx) seal(ctx context.Context, subject string) (string, error) {
	all := t.sealing
	t.sealing = nil
	if sealedAs(subject) != nil && !slices.ContainsFunc(all, func(s string) bool { return s == subject || strings.HasPrefix(s, subject+" ") }) {
		all = append(append([]string{subject}, slices.Sorted(maps.Keys(t.given[ApprovalID(subject)]))...), all...)
	}
	for i, s := range all {
		if strings.Contains(s, " ") {
			continue // it is known
		}
		var err error
		if all[i], err = sealOf(ctx, t, s); err != nil {
			return "", err
		}
	}
	return strings.Join(all, ";"), nil
}

// sealsToo has the next event seal these rows too: by id, or the seal itself where it
// is known.
func (t *tx) sealsToo(rows ...string) { t.sealing = append(t.sealing, rows...) }

// wasGone is the seal of a row that was removed for good.
func wasGone(id string) string { return id + " gone" }

// sealSaid is the seal of something that was just said: that is not read for it.
func sealSaid(id MessageID, thread ThreadID, audience Side, author PersonID, side Side, body, salt string, at int64) string {
	words := []string{body, salt, string(thread), string(audience), string(author), string(side), strconv.FormatInt(at, 10), "0", "0"}
	values := make([]sql.NullString, len(words))
	for i, w := range words {
		values[i] = sql.NullString{String: w, Valid: true}
	}
	return sealedMessage.of(string(id), values)
}

// of is the seal of a row of one part, of which there is one.
func (row *sealedRow) of(id string, values []sql.NullString) string {
	read := make([][]string, len(row.classes))
	row.hash(0, values, read)
	return row.words(id, read)
}

// words is "id class=hash …", of what was hashed of each class.
func (row *sealedRow) words(id string, read [][]string) string {
	words := []string{id}
	for i, class := range row.classes {
		words = append(words, class+"="+chainHash(class, append(read[i], "end")...)[:32])
	}
	return strings.Join(words, " ")
}

// sealOf is "id class=hash …" of one row.
func sealOf(ctx context.Context, q querier, id string) (string, error) {
	row := sealedAs(id)
	read := make([][]string, len(row.classes)) // of each class the hashes of its rows
	var part int
	values := make([]sql.NullString, row.width)
	dest := []any{&part}
	for i := range values {
		dest = append(dest, &values[i])
	}
	rows, err := q.Query(ctx, row.query, id)
	if err = everyRow(rows, err, func() error {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		row.hash(part, values, read)
		return nil
	}); err != nil {
		return "", fmt.Errorf("seal of %s: %w", id, err)
	}
	return row.words(id, read), nil
}

// hash adds what one row of a part hashes to, to each of the part's classes.
func (row *sealedRow) hash(part int, values []sql.NullString, read [][]string) {
	for _, c := range row.hashed[part] {
		words := make([]string, c.columns, c.columns+1)
		for i, v := range values[:c.columns] {
			if words[i] = v.String; !v.Valid {
				words[i] = "<nil>"
			}
		}
		values = values[c.columns:]
		read[c.place] = append(read[c.place], chainHash("row", append(words, "end")...))
	}
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
	for _, row := range []*sealedRow{sealedVersion, sealedMessage} {
		some, err := row.altered(ctx, q, seals)
		if breaks = append(breaks, some...); err != nil {
			return breaks, err
		}
	}
	for id, s := range seals {
		if sealedAs(id).table != "" { // the row is not there
			if s.seal != wasGone(id) {
				breaks = append(breaks, Break{s.chain, s.seq, fmt.Sprintf("the row %s is not there any more", id)})
			}
			delete(seals, id)
			continue
		}
		is, err := sealOf(ctx, q, id)
		if err != nil {
			return breaks, err
		}
		if why := s.against(id, is); why != "" {
			breaks = append(breaks, Break{s.chain, s.seq, why})
			delete(seals, id)
		}
	}
	return breaks, nil
}

// altered compares the rows of a table of very many, which leave the seals.
func (row *sealedRow) altered(ctx context.Context, q querier, seals map[string]seenSeal) (breaks []Break, err error) {
	query := "SELECT id, " + strings.Join(row.parts[0].asText(), ", ") + " FROM " + row.table + " WHERE id > $1 ORDER BY id LIMIT " + strconv.Itoa(eventsRead)
	var last string
	values := make([]sql.NullString, row.width)
	dest := []any{&last}
	for i := range values {
		dest = append(dest, &values[i])
	}
	for n := eventsRead; n == eventsRead; {
		n = 0
		rows, err := q.Query(ctx, query, last)
		if err := everyRow(rows, err, func() error {
			n++
			if err := rows.Scan(dest...); err != nil {
				return err
			}
			s, sealed := seals[last]
			if !sealed { // from before it was
				return nil
			}
			delete(seals, last)
			if why := s.against(last, row.of(last, values)); why != "" {
				breaks = append(breaks, Break{s.chain, s.seq, why})
			}
			return nil
		}); err != nil {
			return breaks, err
		}
	}
	return breaks, nil
}

// against says in what a row is not what was sealed of it; empty: it is that. A seal from
// before a class was added does not speak of it.
func (s seenSeal) against(id, is string) string {
	if is == s.seal {
		return ""
	}
	if s.seal == wasGone(id) {
		return fmt.Sprintf("the row %s was removed, and is there", id)
	}
	was, now := strings.Fields(s.seal), strings.Fields(is)
	var classes []string
	for i, class := range sealedAs(id).classes {
		if at := i + 1; at < len(was) && was[at] != now[at] {
			classes = append(classes, class)
		}
	}
	if len(classes) == 0 {
		return ""
	}
	return fmt.Sprintf("the row %s is not what was recorded: %s", id, strings.Join(classes, ", "))
}
