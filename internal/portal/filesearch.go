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
	files, words, next, err := me.filesFound(ctx, query, "", project, "", pg)
	if err != nil || len(files) == 0 {
		return nil, "", err
	}
	found := make([]FileID, len(files))
	for i, f := range files {
		hits, found[i] = append(hits, FileHit{File: f}), f.ID
	}
	if words == "" {
		return hits, next, nil
	}
	how := textSearches[me.p.db.Dialect()]
	in, ids := oneOf(3, found)
	rows, err := me.long(ctx, how.snippet+in, append([]any{words}, ids...)...)
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

// FilesToSend finds files as SearchFiles does, of those that may go along with what is
// said in a project, or anywhere at a client, or, inside the team, at all: with what
// the client reads, those alone that it sees. And whether there are more.
func (me *Scope) FilesToSend(ctx context.Context, query string, client ClientID, project ProjectID, reads Side, limit int) (files []File, more bool, err error) {
	all, _, next, err := me.filesFound(ctx, query, client, project, reads, Page{Limit: limit})
	for _, f := range all {
		if !f.Version.Draft {
			files = append(files, f)
		}
	}
	return files, next != "", err
}

// filesFound are the files that a query finds: of a project, or of those of a client,
// or of all; of what a client reads, those alone that it sees. The words that were
// looked for in texts are as the database wants them.
func (me *Scope) filesFound(ctx context.Context, query string, client ClientID, project ProjectID, reads Side, pg Page) (files []File, asked, next string, err error) {
	key := []rune(fold(searchable(query)))
	if len(key) < 2 {
		return nil, "", "", nil
	}
	part := string(key[:min(len(key), maxQuery)])
	projects := []ProjectID{project}
	if project == "" {
		rows, err := me.query(ctx, `SELECT p.id FROM my_places p WHERE ($3 = '' OR p.client_id = $3) ORDER BY p.id DESC LIMIT $2`, searchedProjects, string(client))
		if projects, err = list(rows, err, func(rows *sql.Rows) (p ProjectID, err error) { return p, rows.Scan(&p) }); err != nil || len(projects) == 0 {
			return nil, "", "", err
		}
	}
	how := textSearches[me.p.db.Dialect()]
	args := []any{part, pg.After, pg.limit()}
	if words := wordsOf(part); len(words) > 0 {
		asked = how.words(words)
		args = append(args, asked)
	}
	in, ids := oneOf(len(args)+2, projects)
	q := `SELECT f.id FROM my_files f WHERE f.project_id IN ` + in + ` AND REPLACE(f.name_key, $2, '') <> f.name_key`
	if asked != "" {
		q += ` UNION ` + how.find
		if project != "" || client != "" {
			q += ` AND x.project_id IN ` + in
		}
	}
	q = `SELECT y.id FROM (` + q + `) y WHERE ($3 = '' OR y.id < $3)`
	if reads == ClientSide {
		q += ` AND EXISTS (SELECT 1 FROM my_files f WHERE f.id = y.id AND f.audience = 'client')`
	}
	rows, err := me.long(ctx, q+` ORDER BY y.id DESC LIMIT $4`, append(args, ids...)...)
	found, err := list(rows, err, func(rows *sql.Rows) (id FileID, err error) { return id, rows.Scan(&id) })
	if err != nil || len(found) == 0 {
		return nil, "", "", err
	}
	found, next = page(found, pg, func(id FileID) string { return string(id) })
	in, ids = oneOf(2, found)
	rows, err = me.query(ctx, `SELECT `+fileColumns+` FROM my_files f WHERE f.id IN `+in+` ORDER BY f.id DESC`, ids...)
	files, err = list(rows, err, scanFile)
	return files, asked, next, err
}
