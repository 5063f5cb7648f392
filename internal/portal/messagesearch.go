package portal

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/vitrine-portal/vitrine/internal/db"
	"golang.org/x/text/unicode/norm"
)

// MessageHit is a message that a search found. In its Snippet what was looked
// for stands between \x02 and \x03.
type MessageHit struct {
	Message
	Title   string // of what was commented on
	Snippet string
}

// MessageSearch is what SearchMessages looks for; what is empty chooses all.
type MessageSearch struct {
	Query     string // beginnings of words, all of which must be there
	Author    PersonID
	Client    ClientID
	Project   ProjectID
	Thread    ThreadID
	WithFiles bool
	Since     time.Time
}

// messageSearch is how one database finds words in messages. As textSearch, it
// is told apart here only.
type messageSearch struct {
	find  string // messages m that have the words, $2
	order string // the newest first
	words func(words []string, clients []ClientID) string
}

var messageSearches = map[db.Dialect]messageSearch{
	db.SQLite: { // CROSS JOIN: the words first, from the newest on
		find:  `FROM message_words w CROSS JOIN my_messages_sqlite m ON m.number = w.rowid WHERE w.message_words MATCH $2`,
		order: `w.rowid`,
		words: func(words []string, clients []ClientID) string {
			q := `body : (` + asked(words, `"`, `"*`, ` AND `) + `)`
			for i, c := range clients {
				_, id, _ := strings.Cut(string(c), "_")
				if i == 0 {
					q += ` AND client_id : (`
				} else {
					q += ` OR `
				}
				q += `"` + id + `"`
			}
			if len(clients) > 0 {
				q += `)`
			}
			return q
		},
	},
	db.PostgreSQL: {
		find:  `FROM my_messages_postgres m WHERE m.words @@ CAST($2 AS tsquery)`,
		order: `m.number`, // of the table with the words: a bound of one id is not one of the other
		words: func(words []string, clients []ClientID) string {
			q := asked(words, `'`, `':*`, ` & `)
			for i, c := range clients {
				if i == 0 {
					q += ` & (`
				} else {
					q += ` | `
				}
				q += `'of ` + string(c) + `'`
			}
			if len(clients) > 0 {
				q += `)`
			}
			return q
		},
	},
}

// shortest is how long a beginning of a word must be: shorter ones are words.
const shortest = 3

// asked writes the words in a database's own words: beginnings end with begins,
// whose first character is the quote.
func asked(words []string, quote, begins, and string) string {
	parts := make([]string, len(words))
	for i, w := range words {
		end := quote
		if utf8.RuneCountInString(w) >= shortest {
			end = begins
		}
		parts[i] = quote + w + end
	}
	return strings.Join(parts, and)
}

// SearchMessages finds messages and comments, the newest first, by what is
// written in them. What was deleted is not found.
func (me *Scope) SearchMessages(ctx context.Context, s MessageSearch, pg Page) (hits []MessageHit, next string, err error) {
	key := []rune(fold(s.Query))
	words := wordsOf(string(key[:min(len(key), maxQuery)]))
	if len(words) == 0 || len(words) == 1 && len([]rune(words[0])) < 2 {
		return nil, "", nil
	}
	clients, err := me.searchedClients(ctx, s)
	if err != nil {
		return nil, "", err
	}
	how := messageSearches[me.p.db.Dialect()]
	q := `SELECT m.id ` + how.find
	args := []any{how.words(words, clients), pg.limit()}
	and := func(cond string, arg any) {
		args = append(args, arg)
		q += ` AND ` + cond + placeholder(len(args)+1)
	}
	if s.Author != "" {
		and(`m.author_id = `, string(s.Author))
	}
	if s.Client != "" {
		and(`m.client_id = `, string(s.Client))
	}
	if s.Project != "" {
		and(`m.project_id = `, string(s.Project))
	}
	if s.Thread != "" {
		and(`m.thread_id = `, string(s.Thread))
	}
	if !s.Since.IsZero() {
		and(`m.created_at >= `, db.Micros(s.Since))
	}
	if s.WithFiles {
		q += ` AND EXISTS (SELECT 1 FROM my_message_files f WHERE f.message_id = m.id)`
	}
	if pg.After != "" {
		last, err := me.searchKey(ctx, MessageID(pg.After))
		if err != nil {
			return nil, "", err
		}
		and(how.order+` < `, last)
	}
	found, err := me.searched(ctx, how, q, args, pg, len(clients) == 0)
	if err != nil || len(found) == 0 {
		return nil, "", err
	}
	found, next = page(found, pg, func(id MessageID) string { return string(id) })
	in, ids := oneOf(2, found)
	rows, err := me.query(ctx, `SELECT `+messageColumns+` FROM my_messages m WHERE m.id IN `+in, ids...)
	messages, err := list(rows, err, scanMessage)
	if err != nil {
		return nil, "", err
	}
	if err := completeMessages(ctx, me, messages); err != nil {
		return nil, "", err
	}
	var on []ItemID
	for _, m := range messages {
		on = append(on, m.Item)
	}
	names, err := titles(ctx, me, on)
	if err != nil {
		return nil, "", err
	}
	for _, id := range found {
		if i := slices.IndexFunc(messages, func(m Message) bool { return m.ID == id }); i >= 0 {
			hits = append(hits, MessageHit{Message: messages[i], Title: names[messages[i].Item], Snippet: snippet(messages[i].Body, words)})
		}
	}
	return hits, next, nil
}

// searched runs the query of a search, the newest first. PostgreSQL puts all that
// match in order before the first is known, or looks at the newest one by one
// until enough match: the first takes seconds for frequent words, the other for
// rare ones, and the planner cannot tell them apart. So the newest are looked at
// first, a bounded number of them. In the index of those who see a few clients
// words are rarer, and the first way does.
func (me *Scope) searched(ctx context.Context, how messageSearch, q string, args []any, pg Page, all bool) ([]MessageID, error) {
	read := func(q, order string, args []any) ([]MessageID, error) {
		rows, err := me.query(ctx, q+` ORDER BY `+order+` DESC LIMIT $3`, args...)
		return list(rows, err, func(rows *sql.Rows) (id MessageID, err error) { return id, rows.Scan(&id) })
	}
	if me.p.db.Dialect() == db.SQLite || !all {
		return read(q, how.order, args)
	}
	edge, err := me.p.messageEdge(ctx, pg.After)
	if err != nil {
		return nil, err
	}
	newest, err := read(q+` AND `+how.order+` > `+placeholder(len(args)+2), how.order, append(slices.Clone(args), edge))
	if err != nil || edge == "" || len(newest) == pg.limit() {
		return newest, err
	}
	return read(q, how.order+" || ''", args) // an order that no index has
}

const (
	snippetWords  = 24
	snippetBefore = 6 // words before the first that was looked for
)

// snippet is a part of a text with what was looked for between \x02 and \x03.
func snippet(text string, words []string) string {
	keys := make([]string, len(words))
	for i, w := range words {
		keys[i] = plain(w)
	}
	type word struct{ from, to int }
	var all []word
	first := -1
	found := map[int]bool{}
	for at := 0; at < len(text); {
		r, n := utf8.DecodeRuneInString(text[at:])
		if !isWord(r) {
			at += n
			continue
		}
		to := at
		for to < len(text) {
			r, n := utf8.DecodeRuneInString(text[to:])
			if !isWord(r) {
				break
			}
			to += n
		}
		key := plain(text[at:to])
		if slices.ContainsFunc(keys, func(k string) bool {
			return key == k || utf8.RuneCountInString(k) >= shortest && strings.HasPrefix(key, k)
		}) {
			found[len(all)] = true
			if first < 0 {
				first = len(all)
			}
		}
		all = append(all, word{at, to})
		at = to
	}
	if len(all) == 0 {
		return ""
	}
	begin := max(0, first-snippetBefore)
	end := min(len(all), begin+snippetWords)
	var b strings.Builder
	if begin > 0 {
		b.WriteString("…")
	}
	last := all[begin].from
	if begin == 0 {
		last = 0
	}
	for i := begin; i < end; i++ {
		b.WriteString(text[last:all[i].from])
		if found[i] {
			b.WriteString("\x02" + text[all[i].from:all[i].to] + "\x03")
		} else {
			b.WriteString(text[all[i].from:all[i].to])
		}
		last = all[i].to
	}
	if end < len(all) {
		b.WriteString("…")
	} else {
		b.WriteString(text[last:])
	}
	return b.String()
}

// plain is a word without its accents, as it is looked for.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(fold(s)))
}

// searchedClients are those in whose messages is looked: the reader's, unless
// they are many. The index knows them, so that a search does not go through
// what others said.
func (me *Scope) searchedClients(ctx context.Context, s MessageSearch) ([]ClientID, error) {
	if s.Client != "" {
		return []ClientID{s.Client}, nil
	}
	team, err := me.ofTeam(ctx)
	if err != nil {
		return nil, err
	}
	clients, err := me.clientsToRead(ctx, team)
	if team || len(clients) > fewClients { // those inside the team have none
		return nil, err
	}
	return clients, err
}

// searchKey is where a message stands in the order of search.
func (me *Scope) searchKey(ctx context.Context, id MessageID) (key any, err error) {
	if me.p.db.Dialect() == db.PostgreSQL {
		return string(id), nil
	}
	var n int64
	err = me.get(ctx, `SELECT m.number FROM my_messages_sqlite m WHERE m.id = $2`, []any{string(id)}, &n)
	return n, err
}
