package portal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
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
	By      string // who wrote the update that was commented on; empty when not for the reader
	At      time.Time
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

// words are those that are looked for; none when the query is too short.
func (s MessageSearch) words() []string {
	key := []rune(fold(s.Query))
	words := wordsOf(string(key[:min(len(key), maxQuery)]))
	if len(words) == 1 && len([]rune(words[0])) < 2 {
		return nil
	}
	return words
}

// within adds where and since when is looked, of rows of a message or a thread.
func (s MessageSearch) within(row string, and func(is string, arg any)) {
	if s.Client != "" {
		and(row+`.client_id = `, string(s.Client))
	}
	if s.Project != "" {
		and(row+`.project_id = `, string(s.Project))
	}
	if !s.Since.IsZero() {
		and(row+`.created_at >= `, db.Micros(s.Since))
	}
}

// messageSearch is how one database finds words in messages. As textSearch, it
// is told apart here only.
type messageSearch struct {
	find  string // messages m that have the words
	order string // grows with time
	words func(words []string, in searched) string
	index []string // statements that make what was said findable
}

// IndexMessages makes messages findable that the transaction puts in, a moment later.
func IndexMessages(d *db.DB, t *db.Tx) {
	if how := messageSearches[d.Dialect()]; len(how.index) > 0 {
		t.Soon(how.index...)
	}
}

var messageSearches = map[db.Dialect]messageSearch{
	db.SQLite: { // CROSS JOIN: the words first, from the newest on
		find:  `FROM message_words w CROSS JOIN my_messages_sqlite m ON m.number = w.rowid WHERE w.message_words MATCH %s`,
		order: `w.rowid`,
		words: func(words []string, in searched) string {
			return `body : (` + asked(words, `"`, `"*`, ` AND `) + `)` + in.ofSQLite()
		},
		index: indexMessages,
	},
	db.PostgreSQL: {
		find:  `FROM my_messages_postgres m WHERE m.words @@ CAST(%s AS tsquery)`,
		order: `m.number`,
		words: func(words []string, in searched) string {
			return asked(words, `'`, `':*`, ` & `) + in.ofPostgreSQL()
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
	words := s.words()
	if len(words) == 0 {
		return nil, "", nil
	}
	in, err := me.searched(ctx, s)
	if err != nil {
		return nil, "", err
	}
	defer me.evenly(ctx, in)
	how := messageSearches[me.p.db.Dialect()]
	if err := me.p.findable(ctx, how); err != nil {
		return nil, "", err
	}
	var cond string
	var args []any
	and := func(is string, arg any) {
		args = append(args, arg)
		cond += ` AND ` + is + placeholder(len(args)+1)
	}
	if s.Author != "" {
		and(`m.author_id = `, string(s.Author))
	}
	if s.Thread != "" {
		and(`m.thread_id = `, string(s.Thread))
	}
	s.within("m", and)
	if s.WithFiles {
		cond += ` AND EXISTS (SELECT 1 FROM my_message_files f WHERE f.message_id = m.id)`
	}
	var last int64
	if pg.After != "" {
		if err := me.get(ctx, `SELECT m.number FROM my_message_numbers_`+string(me.p.db.Dialect())+` m WHERE m.id = $2`, []any{pg.After}, &last); err != nil {
			return nil, "", err
		}
	}
	var found []MessageID
	if look := how.words(words, in); in.all && me.p.db.Dialect() == db.PostgreSQL {
		if s.Author != "" {
			look += ` & 'by ` + string(s.Author) + `'`
		}
		brief, end := context.WithTimeout(ctx, longestSearch)
		found, err = me.backwards(brief, look, cond, args, last, pg.limit())
		end()
		if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
			return nil, "", ErrBusy
		}
	} else {
		if last > 0 {
			and(how.order+` < `, last)
		}
		args = append(args, look, pg.limit())
		found, err = me.matches(ctx, `SELECT m.id `+fmt.Sprintf(how.find, placeholder(len(args)))+cond+` ORDER BY `+how.order+` DESC LIMIT `+placeholder(len(args)+1), args)
	}
	if err != nil || len(found) == 0 {
		return nil, "", err
	}
	found, next = page(found, pg, func(id MessageID) string { return string(id) })
	these, ids := oneOf(2, found)
	rows, err := me.query(ctx, `SELECT `+messageColumns+` FROM my_messages m WHERE m.id IN `+these, ids...)
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
	return hits, next, nameUpdates(ctx, me, hits)
}

// nameUpdates says whose updates were commented on, and from when, as they have no
// title.
func nameUpdates(ctx context.Context, me *Scope, hits []MessageHit) error {
	var on []ItemID
	for _, h := range hits {
		if h.Item.Kind() == "update" {
			on = append(on, h.Item)
		}
	}
	if len(on) == 0 {
		return nil
	}
	in, ids := oneOf(2, on)
	rows, err := me.query(ctx, `SELECT u.id, COALESCE(u.author_name, ''), u.created_at FROM my_updates u WHERE u.id IN `+in, ids...)
	_, err = list(rows, err, func(rows *db.Rows) (u MessageHit, err error) {
		if err = rows.Scan(&u.Item, &u.By, micros{&u.At}); err == nil {
			for i := range hits {
				if hits[i].Item == u.Item {
					hits[i].By, hits[i].At = u.By, u.At
				}
			}
		}
		return u, err
	})
	return err
}

func (me *Scope) matches(ctx context.Context, q string, args []any) ([]MessageID, error) {
	rows, err := me.query(ctx, q, args...)
	return list(rows, err, scanOne[MessageID])
}

// blocks are the sizes, as powers of two, of the blocks of numbers of messages
// that the index of words on PostgreSQL knows.
var blocks = []int{20, 17, 14, 11}

// block is how the index knows the block that the number is in, and where that begins.
func block(bits int, number int64) (name string, begin int64) {
	n := number >> bits
	return "'" + strconv.Itoa(bits) + " " + strconv.FormatInt(n, 10) + "'", n << bits
}

// longestSearch bounds all the steps back together, as a statement is bounded. Of
// much that is found and little that may be seen of it, it would go on and on.
const longestSearch = 5 * time.Second

// mostAtOnce is how many messages are put in order at once, before it is asked
// who may see them.
const mostAtOnce = 2000

// backwards finds messages on PostgreSQL for those who see a great part of all:
// those that have the words, and of which cond is true, from the newest on, below
// a number. The index finds all that have the words, in no order: of frequent ones
// hundreds of thousands. So the newest two of the smallest blocks are read first; a
// word that does not fill the page from them is a rare one, of which all are put in
// order, or one of former times. That is looked for from block to block, each time
// in the largest that has not too many.
func (me *Scope) backwards(ctx context.Context, words, cond string, args []any, below int64, want int) (found []MessageID, err error) {
	if below == 0 {
		if below, err = me.p.newestNumber(ctx); err != nil {
			return nil, err
		}
		below++
	}
	visible := func(all []MessageID) error {
		for part := range slices.Chunk(all, 100) {
			if len(found) >= want {
				break
			}
			in, ids := oneOf(len(args)+2, part)
			seen, err := me.matches(ctx, `SELECT m.id FROM my_messages m WHERE m.deleted_at IS NULL`+cond+` AND m.id IN `+in, slices.Concat(args, ids))
			if err != nil {
				return err
			}
			for _, id := range part {
				if slices.Contains(seen, id) {
					found = append(found, id)
				}
			}
		}
		return nil
	}
	least := blocks[len(blocks)-1]
	newest, begin := block(least, below-1)
	before, begin := block(least, max(0, begin-1))
	all, err := me.p.matching(ctx, newest+` | `+before, words, below, 2<<least)
	if err == nil {
		err = visible(all)
	}
	full := map[int]int64{} // blocks that have too many, by their size
	for below = begin; err == nil && below > 0 && len(found) < want; below = begin {
		for _, bits := range blocks {
			index, at := block(bits, below-1)
			most := 1 << bits
			if begin = at; bits > least {
				if full[bits] == at+1 {
					continue
				}
				index, most = index+` & `+words, mostAtOnce
			}
			if all, err = me.p.matching(ctx, index, words, below, most+1); err != nil {
				return nil, err
			}
			if len(all) > most {
				full[bits] = at + 1
				continue
			}
			err = visible(all)
			break
		}
	}
	return found[:min(len(found), want)], err
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
