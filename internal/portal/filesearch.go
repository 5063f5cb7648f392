package portal

import (
	"context"
	"fmt"
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

// textSearch is how one database finds words, and parts of names. The only place
// where the two are told apart.
type textSearch struct {
	find    string // ids of files whose text has the words
	named   string // ids of files whose name has a part
	snippet string // of the files in a list, for words, $2
	words   func(words []string, in searched) string
	part    func(part []rune, in searched) string
}

var textSearches = map[db.Dialect]textSearch{
	db.SQLite: { // CROSS JOIN: the words first, but for a snippet the files
		find:  `SELECT x.id FROM version_words w CROSS JOIN my_texts_sqlite x ON x.place = w.rowid WHERE w.version_words MATCH %s`,
		named: `SELECT x.id FROM file_words w CROSS JOIN my_names_sqlite x ON x.place = w.rowid WHERE w.file_words MATCH %s`,
		snippet: `SELECT x.id, snippet(version_words, 0, char(2), char(3), '…', 16) FROM my_texts_sqlite x CROSS JOIN version_words ON version_words.rowid = x.place
 WHERE x.id IN %s AND version_words MATCH $2`,
		words: func(words []string, in searched) string {
			return `body : ("` + strings.Join(words, `"* AND "`) + `"*)` + in.ofSQLite()
		},
		part: func(part []rune, in searched) string {
			return `pairs : "` + strings.Join(pairs(part), ` `) + `"` + in.ofSQLite()
		},
	},
	db.PostgreSQL: {
		find:  `SELECT x.id FROM my_texts_postgres x WHERE x.words @@ CAST(%s AS tsquery)`,
		named: `SELECT x.id FROM my_names_postgres x WHERE x.words @@ CAST(%s AS tsquery)`,
		snippet: `WITH t AS MATERIALIZED (SELECT x.id, x.words, x.body FROM my_texts_postgres x WHERE x.id IN %s)
SELECT t.id, ts_headline('simple', t.body, CAST($2 AS tsquery), 'StartSel=' || chr(2) || ', StopSel=' || chr(3) || ', MaxWords=20, MinWords=8') FROM t WHERE t.words @@ CAST($2 AS tsquery)`,
		words: func(words []string, in searched) string {
			return `'` + strings.Join(words, `':* & '`) + `':*` + in.ofPostgreSQL()
		},
		part: func(part []rune, in searched) string {
			return `(` + strings.Join(pairs(part), ` <-> `) + `)` + in.ofPostgreSQL()
		},
	},
}

// pairs are the words that the index of names has of a part of a name, in its order.
func pairs(part []rune) []string {
	all := make([]string, len(part)-1)
	for i := range all {
		all[i] = fmt.Sprintf("x%x", string(part[i:i+2]))
	}
	return all
}

// maxWordsAsked bounds what a search looks for.
const maxWordsAsked = 8

// wordsOf are the words of a query: letters and digits alone, so that none is
// taken for an operator.
func wordsOf(query string) []string {
	words := strings.FieldsFunc(fold(query), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) })
	return words[:min(len(words), maxWordsAsked)]
}

// SearchFiles finds files by a part of their name, or by what is written in their newest
// version: beginnings of words, all of which must be there. The newest file is
// first. With a project, only in that.
func (me *Scope) SearchFiles(ctx context.Context, query string, project ProjectID, pg Page) (hits []FileHit, next string, err error) {
	in, err := me.searched(ctx, MessageSearch{Project: project})
	if err != nil {
		return nil, "", err
	}
	defer me.evenly(ctx, in)
	files, told, next, err := me.filesFound(ctx, in, query, "", project, "", pg)
	if err != nil || len(files) == 0 {
		return nil, "", err
	}
	found := make([]FileID, len(files))
	for i, f := range files {
		hits, found[i] = append(hits, FileHit{File: f}), f.ID
	}
	if told == "" {
		return hits, next, nil
	}
	how := textSearches[me.p.db.Dialect()]
	these, ids := oneOf(3, found)
	rows, err := me.long(ctx, fmt.Sprintf(how.snippet, these), append([]any{told}, ids...)...)
	_, err = list(rows, err, func(rows *db.Rows) (id FileID, err error) {
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
	in, err := me.searched(ctx, MessageSearch{Client: client, Project: project})
	if err != nil {
		return nil, false, err
	}
	defer me.evenly(ctx, in)
	all, _, next, err := me.filesFound(ctx, in, query, client, project, reads, Page{Limit: limit})
	for _, f := range all {
		if !f.Version.Draft {
			files = append(files, f)
		}
	}
	return files, next != "", err
}

// filesFound are the files that a query finds: of a project, or of those of a client,
// or of all; of what a client reads, those alone that it sees. And for
// snippets the words that were looked for in texts, as the database wants them.
func (me *Scope) filesFound(ctx context.Context, in searched, query string, client ClientID, project ProjectID, reads Side, pg Page) (files []File, told, next string, err error) {
	key := []rune(fold(searchable(query)))
	if len(key) < 2 {
		return nil, "", "", nil
	}
	key = key[:min(len(key), maxQuery)]
	how := textSearches[me.p.db.Dialect()]
	var args []any
	arg := func(v any) string {
		args = append(args, v)
		return placeholder(len(args) + 1)
	}
	var q string
	if project != "" {
		q = `SELECT f.id FROM my_files f WHERE f.project_id = ` + arg(string(project)) + ` AND REPLACE(f.name_key, ` + arg(string(key)) + `, '') <> f.name_key`
	} else {
		q = fmt.Sprintf(how.named, arg(how.part(key, in)))
	}
	if words := wordsOf(string(key)); len(words) > 0 {
		told = how.words(words, searched{})
		q += ` UNION ` + fmt.Sprintf(how.find, arg(how.words(words, in)))
		switch {
		case project != "":
			q += ` AND x.project_id = ` + arg(string(project))
		case client != "":
			q += ` AND x.client_id = ` + arg(string(client))
		}
	}
	q = `SELECT y.id FROM (` + q + `) y WHERE 1 = 1`
	if pg.After != "" {
		q += ` AND y.id < ` + arg(pg.After)
	}
	if reads == ClientSide {
		q += ` AND EXISTS (SELECT 1 FROM my_files f WHERE f.id = y.id AND f.audience = 'client')`
	}
	rows, err := me.long(ctx, q+` ORDER BY y.id DESC LIMIT `+arg(pg.limit()), args...)
	found, err := list(rows, err, scanOne[FileID])
	if err != nil || len(found) == 0 {
		return nil, "", "", err
	}
	found, next = page(found, pg, func(id FileID) string { return string(id) })
	these, ids := oneOf(2, found)
	rows, err = me.query(ctx, `SELECT `+fileColumns+` FROM my_files f WHERE f.id IN `+these+` ORDER BY f.id DESC`, ids...)
	files, err = list(rows, err, scanFile)
	return files, told, next, err
}
