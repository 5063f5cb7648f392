package portal

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"unicode"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// FileHit is a file that a search found. In its Snippet, empty when only the
// name fits, what was looked for stands between \x02 and \x03.
type FileHit struct {
	File
	Snippet string
}

// textSearch is how one database finds words. The only place where the two are
// told apart.
type textSearch struct {
	find    string // ids of files whose text has the words, $5
	snippet string // of the files in a list that follows, for the words, $2
	words   func([]string) string
}

var textSearches = map[db.Dialect]textSearch{
	db.SQLite: { // CROSS JOIN: the words first
		find: `SELECT x.id FROM version_words w CROSS JOIN my_texts_sqlite x ON x.place = w.rowid WHERE w.version_words MATCH $5`,
		snippet: `SELECT x.id, snippet(version_words, 0, char(2), char(3), '…', 16) FROM version_words CROSS JOIN my_texts_sqlite x ON x.place = version_words.rowid
 WHERE version_words MATCH $2 AND x.id IN `,
		words: func(words []string) string { return `"` + strings.Join(words, `"* "`) + `"*` },
	},
	db.PostgreSQL: {
		find: `SELECT x.id FROM my_texts_postgres x WHERE x.words @@ to_tsquery('simple', $5)`,
		snippet: `SELECT x.id, ts_headline('simple', x.body, to_tsquery('simple', $2), 'StartSel=' || chr(2) || ', StopSel=' || chr(3) || ', MaxWords=20, MinWords=8')
  FROM my_texts_postgres x WHERE x.words @@ to_tsquery('simple', $2) AND x.id IN `,
		words: func(words []string) string { return `'` + strings.Join(words, `':* & '`) + `':*` },
	},
}

// maxWordsAsked bounds what a search looks for.
const maxWordsAsked = 8

// wordsOf are the words of a query: letters and digits alone, so that none is
// taken for an operator.
func wordsOf(query string) []string {
	words := strings.FieldsFunc(fold(query), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) })
	return words[:min(len(words), maxWordsAsked)]
}

// SearchFiles finds files by their name, or by what is written in their newest
// version: beginnings of words, all of which must be there. The newest file is
// first. With a project, only in that; else names in the newest projects only.
func (me *Scope) SearchFiles(ctx context.Context, query string, project ProjectID, pg Page) (hits []FileHit, next string, err error) {
	key := []rune(fold(searchable(query)))
	if len(key) < 2 {
		return nil, "", nil
	}
	part := string(key[:min(len(key), maxQuery)])
	var projects []ProjectID
	if project != "" {
		projects = []ProjectID{project}
	} else {
		rows, err := me.query(ctx, `SELECT p.id FROM my_places p ORDER BY p.id DESC LIMIT $2`, searchedProjects)
		if projects, err = list(rows, err, func(rows *sql.Rows) (p ProjectID, err error) { return p, rows.Scan(&p) }); err != nil || len(projects) == 0 {
			return nil, "", err
		}
	}
	how := textSearches[me.p.db.Dialect()]
	words := wordsOf(part)
	args := []any{part, pg.After, pg.limit()}
	if len(words) > 0 {
		args = append(args, how.words(words))
	}
	in, ids := oneOf(len(args)+2, projects)
	q := `SELECT f.id FROM my_files f WHERE f.project_id IN ` + in + ` AND REPLACE(f.name_key, $2, '') <> f.name_key`
	if len(words) > 0 {
		q += ` UNION ` + how.find
		if project != "" {
			q += ` AND x.project_id IN ` + in
		}
	}
	rows, err := me.long(ctx, `SELECT y.id FROM (`+q+`) y WHERE ($3 = '' OR y.id < $3) ORDER BY y.id DESC LIMIT $4`, append(args, ids...)...)
	found, err := list(rows, err, func(rows *sql.Rows) (id FileID, err error) { return id, rows.Scan(&id) })
	if err != nil || len(found) == 0 {
		return nil, "", err
	}
	found, next = page(found, pg, func(id FileID) string { return string(id) })
	in, ids = oneOf(2, found)
	rows, err = me.query(ctx, `SELECT `+fileColumns+` FROM my_files f WHERE f.id IN `+in+` ORDER BY f.id DESC`, ids...)
	files, err := list(rows, err, scanFile)
	if err != nil {
		return nil, "", err
	}
	for _, f := range files {
		hits = append(hits, FileHit{File: f})
	}
	if len(words) == 0 {
		return hits, next, nil
	}
	in, ids = oneOf(3, found)
	rows, err = me.long(ctx, how.snippet+in, append([]any{how.words(words)}, ids...)...)
	_, err = list(rows, err, func(rows *sql.Rows) (id FileID, err error) {
		var snippet string
		err = rows.Scan(&id, &snippet)
		if i := slices.IndexFunc(hits, func(h FileHit) bool { return h.ID == id }); i >= 0 {
			hits[i].Snippet = snippet
		}
		return id, err
	})
	return hits, next, err
}
