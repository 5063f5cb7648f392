package portal

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// Expanded returns the queries that Scopes ran since it was last called, as
// they were sent to the database.
func Expanded() (queries []string) {
	expanded.Range(func(_, q any) bool {
		queries = append(queries, q.(string))
		return true
	})
	expanded.Clear()
	return queries
}

// FillChain appends events to a client's chain as record does, past everything
// else that a change costs. To each of the approvals one of them is sealed.
func FillChain(ctx context.Context, d *db.DB, client ClientID, project ProjectID, actor PersonID, events int, approvals []string) error {
	const together = 50
	return d.Write(ctx, func(x *db.Tx) error {
		t := &tx{Tx: x}
		next, err := t.nextInChain(ctx, client, string(actor), "")
		if err != nil {
			return err
		}
		seq, head := next.seq, next.head
		each := events / len(approvals)
		var values []string
		var args []any
		for i := range events {
			id, subject, seal := db.NewID("evt"), db.NewID("tsk"), ""
			if i%each == 0 && i/each < len(approvals) {
				subject = approvals[i/each]
				if seal, err = sealOf(ctx, t, subject); err != nil {
					return err
				}
			}
			details := `{"title":"A task that was done, number ` + strconv.Itoa(i) + `"}`
			hash := chainHash(head, id, string(client), strconv.FormatInt(seq, 10), string(TaskCompleted), strconv.Itoa(i), string(actor), string(project), subject, "", string(Team), details, "192.0.2.7", seal)
			places := make([]string, 14)
			for n := range places {
				places[n] = placeholder(len(args) + n + 1)
			}
			values = append(values, "("+strings.Join(places, ", ")+")")
			args = append(args, id, string(client), seq, string(TaskCompleted), i, string(actor), string(client), string(project), subject, string(Team), details, hash, "192.0.2.7", seal)
			if len(values) == together || i == events-1 {
				if _, err := x.Exec(ctx, `INSERT INTO events (id, chain, seq, kind, at, actor, client_id, project_id, subject, audience, particulars, hash, address, seal) VALUES `+strings.Join(values, ", "), args...); err != nil {
					return err
				}
				values, args = nil, nil
			}
			seq, head = seq+1, hash
		}
		_, err = x.Exec(ctx, `UPDATE event_chains SET seq = $1, head = $2 WHERE chain = $3`, seq-1, head, string(client))
		return err
	})
}

// HandToDeputy hands a decision on, however it stands by now.
func (p *Portal) HandToDeputy(ctx context.Context, a Approval, from, to PersonID) error {
	return p.handOne(ctx, handOver{openApproval{Approval: a}, from, to}, ApprovalDeputised)
}

// NobodyThere is the rule for what a mail failed for.
var NobodyThere = nobodyThere

// SealOf is the seal of one row.
func SealOf(ctx context.Context, d *db.DB, id string) (string, error) { return sealOf(ctx, d, id) }

// SealByColumn is that of a row whose columns are read one by one, as the driver
// gives them.
func SealByColumn(ctx context.Context, d *db.DB, id string) (string, error) {
	row, hashes := sealedAs(id), map[string]string{}
	for _, p := range row.parts {
		for _, c := range p.classes {
			query := "SELECT " + c.columns + " FROM " + p.from
			if p.order != "" {
				query += " ORDER BY " + p.order
			}
			rows, err := d.Query(ctx, query, id)
			if err != nil {
				return "", err
			}
			columns, err := rows.Columns()
			if err != nil {
				return "", err
			}
			var fields []string
			for rows.Next() {
				values, into := make([]any, len(columns)), make([]any, len(columns))
				for i := range values {
					into[i] = &values[i]
				}
				if err := rows.Scan(into...); err != nil {
					return "", err
				}
				var words []string
				for _, v := range values {
					if b, ok := v.([]byte); ok {
						v = string(b)
					}
					words = append(words, fmt.Sprint(v))
				}
				fields = append(fields, chainHash("row", append(words, "end")...))
			}
			if err := rows.Err(); err != nil {
				return "", err
			}
			rows.Close()
			hashes[c.name] = chainHash(c.name, append(fields, "end")...)[:32]
		}
	}
	words := []string{id}
	for _, class := range row.classes {
		words = append(words, class+"="+hashes[class])
	}
	return strings.Join(words, " "), nil
}

// ToldIn are the kinds of what an activity tells of a project, and of a client.
func ToldIn() (project, client []Kind) {
	for kind, k := range kinds {
		switch {
		case k.place == projectFeed:
			project = append(project, kind)
		case k.place == clientFeed:
			client = append(client, kind)
		}
	}
	return project, client
}

// Record records something that did not happen.
func (me *Scope) Record(ctx context.Context, h Happening) error {
	return me.write(ctx, func(t *tx) error { return t.record(ctx, h) })
}

// Indexed counts what a search asks the indexes for before it asks who may see it: of
// messages, of subjects and of what is written in files.
func (me *Scope) Indexed(ctx context.Context, s MessageSearch) (all [3]int, err error) {
	in, err := me.searched(ctx, s)
	if err != nil {
		return all, err
	}
	d := me.p.db
	if err := me.p.findable(ctx, messageSearches[d.Dialect()]); err != nil {
		return all, err
	}
	q := `SELECT COUNT(*) FROM %[1]s_words WHERE %[1]s_words MATCH $1`
	of := []string{"message", "thread", "version"}
	if d.Dialect() == db.PostgreSQL {
		q, of = `SELECT COUNT(*) FROM %s WHERE words @@ CAST($1 AS tsquery)`, []string{"messages", "thread_words", "version_texts"}
	}
	said, written := messageSearches[d.Dialect()].words(s.words(), in), textSearches[d.Dialect()].words(s.words(), in)
	for i, asked := range []string{said, said, written} {
		if err := d.QueryRow(ctx, fmt.Sprintf(q, of[i]), asked).Scan(&all[i]); err != nil {
			return all, err
		}
	}
	return all, nil
}
