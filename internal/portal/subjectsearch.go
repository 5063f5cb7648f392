package portal

import (
	"context"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// SubjectHit is a conversation that a search found by its subject. In its Snippet
// what was looked for stands between \x02 and \x03.
type SubjectHit struct {
	Thread
	Snippet string
}

// subjectsWith are the conversations t whose subject has the words, which follow.
var subjectsWith = map[db.Dialect]string{
	db.SQLite:     `FROM thread_words w CROSS JOIN my_subjects_sqlite t ON t.place_in = w.rowid WHERE w.thread_words MATCH `,
	db.PostgreSQL: `FROM my_subjects_postgres t WHERE t.words @@ `,
}

// SearchSubjects finds conversations of projects by their subject, those begun
// last first. A search for what only messages have, their author or files, or
// within one conversation, finds none.
func (me *Scope) SearchSubjects(ctx context.Context, s MessageSearch, pg Page) (hits []SubjectHit, next string, err error) {
	words := s.words()
	if len(words) == 0 || s.Author != "" || s.Thread != "" || s.WithFiles {
		return nil, "", nil
	}
	in, err := me.searched(ctx, s)
	if err != nil {
		return nil, "", err
	}
	defer me.evenly(ctx, in)
	dialect := me.p.db.Dialect()
	look, order := `$2`, `w.rowid`
	if dialect == db.PostgreSQL {
		look, order = `CAST($2 AS tsquery)`, `t.place_in`
	}
	q := `SELECT ` + threadColumns + ` ` + subjectsWith[dialect] + look
	args := []any{messageSearches[dialect].words(words, in), pg.limit()}
	and := func(is string, arg any) {
		args = append(args, arg)
		q += ` AND ` + is + placeholder(len(args)+1)
	}
	s.within("t", and)
	if pg.After != "" {
		and(order+` < (SELECT l.place_in FROM my_subjects_`+string(dialect)+` l WHERE l.id = `, pg.After)
		q += `)`
	}
	rows, err := me.query(ctx, q+` ORDER BY `+order+` DESC LIMIT $3`, args...)
	hits, err = list(rows, err, func(rows *db.Rows) (h SubjectHit, err error) {
		err = h.scan(rows.Scan)
		h.Snippet = snippet(h.Subject, words)
		return h, err
	})
	if err != nil {
		return nil, "", err
	}
	hits, next = page(hits, pg, func(h SubjectHit) string { return string(h.ID) })
	return hits, next, nil
}
