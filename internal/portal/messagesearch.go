package portal

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// MessageHit is a message that a search found. In its Snippet what was looked
// for stands between \x02 and \x03.
type MessageHit struct {
	Message
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
	find    string // messages m that have the words, $2
	order   string // the newest first
	snippet string // of the messages in a list that follows, for the words, $2
	words   func(words []string, clients []ClientID) string
}

var messageSearches = map[db.Dialect]messageSearch{
	db.SQLite: { // CROSS JOIN: the words first, from the newest on
		find:  `FROM message_words w CROSS JOIN my_messages_sqlite m ON m.number = w.rowid WHERE w.message_words MATCH $2`,
		order: `w.rowid`,
		snippet: `SELECT m.id, snippet(message_words, 0, char(2), char(3), '…', 24) FROM message_words CROSS JOIN my_messages_sqlite m ON m.number = message_words.rowid
 WHERE message_words MATCH $2 AND m.id IN `,
		words: func(words []string, clients []ClientID) string {
			q := `body : ("` + strings.Join(words, `"* AND "`) + `"*)`
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
		order: `m.id`,
		snippet: `SELECT m.id, ts_headline('simple', m.body, CAST($2 AS tsquery), 'StartSel=' || chr(2) || ', StopSel=' || chr(3) || ', MaxWords=30, MinWords=12')
  FROM my_messages_postgres m WHERE m.id IN `,
		words: func(words []string, clients []ClientID) string {
			q := `'` + strings.Join(words, `':* & '`) + `':*`
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
	asked := how.words(words, clients)
	q := `SELECT m.id ` + how.find
	args := []any{asked, pg.limit()}
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
	rows, err := me.query(ctx, q+` ORDER BY `+how.order+` DESC LIMIT $3`, args...)
	found, err := list(rows, err, func(rows *sql.Rows) (id MessageID, err error) { return id, rows.Scan(&id) })
	if err != nil || len(found) == 0 {
		return nil, "", err
	}
	found, next = page(found, pg, func(id MessageID) string { return string(id) })
	in, ids := oneOf(2, found)
	rows, err = me.query(ctx, `SELECT `+messageColumns+` FROM my_messages m WHERE m.id IN `+in, ids...)
	messages, err := list(rows, err, scanMessage)
	if err != nil {
		return nil, "", err
	}
	if err := completeMessages(ctx, me, messages); err != nil {
		return nil, "", err
	}
	for _, id := range found {
		if i := slices.IndexFunc(messages, func(m Message) bool { return m.ID == id }); i >= 0 {
			hits = append(hits, MessageHit{Message: messages[i]})
		}
	}
	in, ids = oneOf(3, found)
	rows, err = me.query(ctx, how.snippet+in, append([]any{asked}, ids...)...)
	return hits, next, eachPair(rows, err, func(id MessageID, snippet string) {
		if i := slices.IndexFunc(hits, func(h MessageHit) bool { return h.ID == id }); i >= 0 {
			hits[i].Snippet = snippet
		}
	})
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
