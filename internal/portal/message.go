package portal

import (
	"context"
	"crypto/rand"
	"slices"
	"strconv"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// A Message is what somebody said in a thread.
type Message struct {
	ID          MessageID
	Thread      ThreadID
	Kind        ThreadKind
	Subject     string // of the thread
	Client      ClientID
	ClientName  string
	Project     ProjectID
	ProjectName string
	Item        ItemID
	Audience    Side     // Team: a note, which the client never sees
	Author      PersonID // empty when not for the reader: say the workspace's name
	AuthorName  string
	AuthorSide  Side
	Body        string    // empty once it was deleted, but for those who administer
	Quote       MessageID // what it answers to; empty: nothing
	CreatedAt   time.Time
	EditedAt    time.Time
	DeletedAt   time.Time
	ErasedAt    time.Time // the text is gone for good
	Revision    int64
	Held

	Quoted   *Message // nil: nothing, or not for the reader
	Files    []File
	Mentions []Mention
}

// Note reports whether it is an internal note or another message that the
// client never sees.
func (m Message) Note() bool { return m.Audience == Team }

// Edited reports whether the text was changed.
func (m Message) Edited() bool { return !m.EditedAt.IsZero() }

// Deleted reports whether a tombstone stands in its place.
func (m Message) Deleted() bool { return !m.DeletedAt.IsZero() }

// MayEdit reports whether its reader, the person, may change the text.
func (m Message) MayEdit(me PersonID) bool {
	return m.Author == me && me != "" && !m.Deleted() && m.mayWrite()
}

// MayDelete reports whether its reader, the person, may delete it.
func (m Message) MayDelete(me PersonID) bool {
	return !m.Deleted() && (m.Author == me && me != "" && m.mayWrite() || m.Team() && m.Can(Manage) && m.mayWrite())
}

func (m Message) mayWrite() bool { return m.thread().MayWrite() }

func (m Message) thread() Thread {
	return Thread{ID: m.Thread, Kind: m.Kind, Client: m.Client, ClientName: m.ClientName, Project: m.Project, ProjectName: m.ProjectName, Item: m.Item, Subject: m.Subject, Held: m.Held}
}

const (
	messageHead = `m.id, m.thread_id, m.kind, m.subject, COALESCE(m.client_id, ''), COALESCE(m.client_name, ''), COALESCE(m.project_id, ''), COALESCE(m.project_name, ''), COALESCE(m.item_id, ''), m.audience,
       COALESCE(m.author_id, ''), COALESCE(m.author_name, ''), m.author_side, `
	messageTail = `, COALESCE(m.quote_id, ''), m.created_at, COALESCE(m.edited_at, 0), COALESCE(m.deleted_at, 0), COALESCE(m.erased_at, 0), m.revision, m.side, m.rights`

	messageColumns = messageHead + `m.body` + messageTail
	lastColumns    = messageHead + `SUBSTR(m.body, 1, 300)` + messageTail // as a list has it
)

func scanMessage(rows *db.Rows) (m Message, err error) { return m, m.scan(rows.Scan) }

func (m *Message) scan(scan func(...any) error, more ...any) error {
	var created, edited, deleted, erased int64
	err := scan(append([]any{&m.ID, &m.Thread, &m.Kind, &m.Subject, &m.Client, &m.ClientName, &m.Project, &m.ProjectName, &m.Item, &m.Audience,
		&m.Author, &m.AuthorName, &m.AuthorSide, &m.Body, &m.Quote, &created, &edited, &deleted, &erased, &m.Revision, &m.Side, &m.Rights}, more...)...)
	m.CreatedAt, m.EditedAt, m.DeletedAt, m.ErasedAt = moment(created), moment(edited), moment(deleted), moment(erased)
	return err
}

// Message returns one message with all that belongs to it.
func (me *Scope) Message(ctx context.Context, id MessageID) (Message, error) {
	m, err := message(ctx, me, id)
	if err != nil {
		return m, err
	}
	all := []Message{m}
	err = completeMessages(ctx, me, all)
	return all[0], err
}

func message(ctx context.Context, r reader, id MessageID) (m Message, err error) {
	err = m.scan(func(dest ...any) error {
		return r.get(ctx, `SELECT `+messageColumns+` FROM my_messages m WHERE m.id = $2`, []any{string(id)}, dest...)
	})
	return m, err
}

// MessagePage chooses what Messages returns; empty, the newest.
type MessagePage struct {
	Before, After, Around MessageID // at most one of them
	First                 bool      // or the oldest
}

// Messages are a part of a thread, the oldest first.
type MessageList struct {
	All            []Message
	Earlier, Later bool // there are further ones
}

const messagesOnPage = 50

// Messages returns a part of a thread, at most 50 messages.
func (me *Scope) Messages(ctx context.Context, id ThreadID, pg MessagePage) (l MessageList, err error) {
	th, err := me.Thread(ctx, id)
	if err != nil {
		return l, err
	}
	place := th.place()
	at := func(key MessageID) (n int64, err error) {
		err = me.get(ctx, `SELECT m.`+place+` FROM my_messages m WHERE m.id = $2 AND m.thread_id = $3`, []any{string(key), string(id)}, &n)
		return n, err
	}
	read := func(cond, order string, args ...any) ([]Message, bool, error) {
		args = append([]any{string(id), messagesOnPage + 1}, args...)
		rows, err := me.query(ctx, `SELECT `+messageColumns+` FROM my_messages m WHERE m.thread_id = $2 AND m.`+place+cond+` ORDER BY m.`+place+order+` LIMIT $3`, args...)
		all, err := list(rows, err, scanMessage)
		more := len(all) > messagesOnPage
		return all[:min(len(all), messagesOnPage)], more, err
	}
	switch {
	case pg.First:
		if l.All, l.Later, err = read(` > $4`, ``, 0); err != nil {
			return l, err
		}
	case pg.After != "":
		n, err := at(pg.After)
		if err != nil {
			return l, err
		}
		l.Earlier = true
		if l.All, l.Later, err = read(` > $4`, ``, n); err != nil {
			return l, err
		}
	case pg.Around != "":
		n, err := at(pg.Around)
		if err != nil {
			return l, err
		}
		half, more, err := read(` <= $4`, ` DESC`, n)
		if err != nil {
			return l, err
		}
		l.Earlier = more || len(half) > messagesOnPage/2
		half = half[:min(len(half), messagesOnPage/2)]
		slices.Reverse(half)
		rest, more, err := read(` > $4`, ``, n)
		if err != nil {
			return l, err
		}
		room := min(len(rest), messagesOnPage-len(half))
		l.All, l.Later = append(half, rest[:room]...), more || room < len(rest)
	default:
		cond, args := ` > 0`, []any{}
		if pg.Before != "" {
			n, err := at(pg.Before)
			if err != nil {
				return l, err
			}
			cond, args, l.Later = ` < $4`, []any{n}, true
		}
		if l.All, l.Earlier, err = read(cond, ` DESC`, args...); err != nil {
			return l, err
		}
		slices.Reverse(l.All)
	}
	return l, completeMessages(ctx, me, l.All)
}

// place is the column by which the reader's messages of the thread are ordered.
func (th Thread) place() string {
	if th.Team() {
		return "seq"
	}
	return "shown_number"
}

// completeMessages adds quotes, files and mentions.
func completeMessages(ctx context.Context, r reader, all []Message) error {
	if len(all) == 0 {
		return nil
	}
	for part := range slices.Chunk(all, 100) {
		ids := make([]MessageID, len(part))
		var quotes []MessageID
		for i, m := range part {
			ids[i] = m.ID
			if m.Quote != "" {
				quotes = append(quotes, m.Quote)
			}
		}
		if len(quotes) > 0 {
			in, args := oneOf(2, quotes)
			rows, err := r.query(ctx, `SELECT `+lastColumns+` FROM my_messages m WHERE m.id IN `+in, args...)
			found, err := list(rows, err, scanMessage)
			if err != nil {
				return err
			}
			for i := range part {
				if at := slices.IndexFunc(found, func(q Message) bool { return q.ID == part[i].Quote }); at >= 0 {
					part[i].Quoted = &found[at]
				}
			}
		}
		in, args := oneOf(2, ids)
		rows, err := r.query(ctx, `SELECT `+fileColumns+`, f.message_id FROM my_message_files f WHERE f.message_id IN `+in+` ORDER BY f.message_id, f.position, f.id`, args...)
		if _, err = list(rows, err, func(rows *db.Rows) (f File, err error) {
			var id MessageID
			if err = f.scan(rows.Scan, &id); err == nil {
				m := &part[slices.Index(ids, id)]
				m.Files = append(m.Files, f)
			}
			return f, err
		}); err != nil {
			return err
		}
		rows, err = r.query(ctx, `SELECT n.message_id, n.person_id, n.name FROM my_mentions n WHERE n.message_id IN `+in+` ORDER BY n.message_id, n.name, n.person_id`, args...)
		if _, err = list(rows, err, func(rows *db.Rows) (n Mention, err error) {
			var id MessageID
			if err = rows.Scan(&id, &n.Person, &n.Name); err == nil {
				m := &part[slices.Index(ids, id)]
				m.Mentions = append(m.Mentions, n)
			}
			return n, err
		}); err != nil {
			return err
		}
	}
	return nil
}

// An EarlierText is what a message said before it was edited.
type EarlierText struct {
	Body  string
	Until time.Time
}

// EarlierTexts returns what a message said before, the newest first. For those
// who administer.
func (me *Scope) EarlierTexts(ctx context.Context, id MessageID) ([]EarlierText, error) {
	rows, err := me.query(ctx, `SELECT x.body, x.until FROM my_message_texts x WHERE x.message_id = $2 ORDER BY x.revision DESC LIMIT 200`, string(id))
	return list(rows, err, func(rows *db.Rows) (e EarlierText, err error) {
		return e, rows.Scan(&e.Body, micros{&e.Until})
	})
}

// NewMessage is what is said.
type NewMessage struct {
	Body     string
	Audience Side      // of the team; empty: the team alone, an internal note
	Quote    MessageID // of the same thread
	Files    []FileID
	ReadUpTo MessageID // of the same thread: so far who says it has read there; empty: they do not say
	Question bool      // the client is asked: it is their turn to answer. Not in comments
	ByMail   bool      // it was not written in the portal, where a draft may wait
	Answers  MailID    // of one by mail: to which it is an answer; empty: it does not say
}

const maxMessageFiles = 20

// MaxMailed is how much of a message a mail holds, in characters.
const MaxMailed = 4000

func (n *NewMessage) check(c *checks) {
	n.Body = c.text("body", n.Body)
	if n.Body == "" && len(n.Files) == 0 {
		c.fail("body", "required")
	}
	if len(n.Files) > maxMessageFiles {
		c.fail("files", "too_many", "max", strconv.Itoa(maxMessageFiles))
	}
	if n.Audience != "" {
		c.oneOf("audience", string(n.Audience), string(Team), string(ClientSide))
	}
}

// Say posts a message into a thread: a conversation, or comments, which are
// open again when they were resolved. For whom MayWrite says so.
func (me *Scope) Say(ctx context.Context, id ThreadID, n NewMessage) (MessageID, error) {
	var c checks
	n.check(&c)
	if err := c.err(); err != nil {
		return "", err
	}
	var msg MessageID
	err := me.write(ctx, func(t *tx) error {
		th := Thread{ID: id}
		err := t.get(ctx, `
SELECT t.kind, COALESCE(t.client_id, ''), COALESCE(t.project_id, ''), COALESCE(t.item_id, ''), t.subject, t.audience, t.deserted, t.side, t.rights FROM my_threads t WHERE t.id = $2`,
			[]any{string(id)}, &th.Kind, &th.Client, &th.Project, &th.Item, &th.Subject, &th.Audience, &th.Deserted, &th.Side, &th.Rights)
		if err == nil {
			err = th.Writes()
		}
		if err != nil {
			return err
		}
		msg, err = t.post(ctx, th, n)
		return err
	})
	return msg, err
}

// post says something in a thread that the actor may write in, and records it.
func (t *tx) post(ctx context.Context, th Thread, n NewMessage) (id MessageID, err error) {
	if n.Audience, err = spokenTo(th.Held, n.Audience, th.Audience); err != nil {
		return "", err
	}
	if id, err = t.say(ctx, th, n); err != nil {
		return "", err
	}
	if !n.ByMail {
		if err := t.discardDraft(ctx, th, n.Audience); err != nil {
			return "", err
		}
	}
	k := MessagePosted
	if th.Comments() {
		k = CommentAnswered
	}
	return id, t.talked(ctx, k, th, n.Audience, string(id), nil)
}

// say writes the message, whose audience is decided, and moves its thread on.
func (t *tx) say(ctx context.Context, th Thread, n NewMessage) (MessageID, error) {
	if n.Question && (!th.Team() || n.Audience != ClientSide || th.Comments()) {
		return "", invalid("question", "choice")
	}
	if n.Quote != "" {
		q, err := message(ctx, t, n.Quote)
		if err == ErrNotFound || err == nil && (q.Thread != th.ID || q.Deleted() || q.Note() && n.Audience == ClientSide) {
			err = invalid("quote", "choice")
		}
		if err != nil {
			return "", err
		}
	}
	files, err := t.filesSaid(ctx, th, n)
	if err != nil {
		return "", err
	}
	id := MessageID(db.NewID("msg"))
	if err := t.moveOn(ctx, th, n, id); err != nil {
		return "", err
	}
	if err := t.addMessage(ctx, th, id, n); err != nil {
		return "", err
	}
	IndexMessages(t.me.p.db, t.Tx)
	for i, f := range files {
		if err := t.must(ctx, `INSERT INTO message_files (message_id, file_id, version_id, position) VALUES ($1, $2, $3, $4)`,
			string(id), string(f.ID), string(f.Version.ID), i); err != nil {
			return "", err
		}
	}
	if n.Answers != "" { // who answers has looked
		if err := t.readUntil(ctx, th, n.Answers); err != nil {
			return "", err
		}
	}
	if n.ReadUpTo != "" {
		err := t.markRead(ctx, th.ID, n.ReadUpTo)
		if err == ErrNotFound {
			err = invalid("read", "choice")
		}
		if err != nil {
			return "", err
		}
	}
	return id, t.mention(ctx, th, id, n.Audience, n.Body, 1)
}

// moveOn counts the thread's next message, which takes its places from that, and says
// whose turn it is then. What clients see of the thread moves only by what they see.
func (t *tx) moveOn(ctx context.Context, th Thread, n NewMessage, id MessageID) error {
	q, args := `UPDATE threads SET seq = seq + 1, last_at = $1, resolved_at = CASE WHEN audience = 'client' THEN resolved_at END, resolved_by = CASE WHEN audience = 'client' THEN resolved_by END
 WHERE id = $2`, []any{t.now, string(th.ID)}
	if n.Audience != Team {
		turn, asked := "none", ""
		switch {
		case th.Comments():
		case !th.Team():
			turn = "team"
		case n.Question:
			turn, asked = "client", string(id)
		}
		// An answer that is waited for is waited for since the first of what was said.
		q, args = `
UPDATE threads SET seq = seq + 1, shown_seq = seq + 1, shown_count = shown_count + 1, last_at = $1, shown_at = $1, turn = $3,
       turn_since = CASE WHEN turn = $3 THEN turn_since ELSE $1 END, asked_id = $4, resolved_at = NULL, resolved_by = NULL
 WHERE id = $2`, append(args, turn, nullable(asked))
	}
	changed, err := t.exec(ctx, q, args...)
	if err == nil && changed == 0 {
		err = ErrNotFound
	}
	return err
}

// filesSaid loads the files that a message is to have: the actor sees each, and
// where the client reads it, so do they. What goes along inside the team may be
// of any client.
func (t *tx) filesSaid(ctx context.Context, th Thread, n NewMessage) (files []File, err error) {
	for _, id := range n.Files {
		f, err := file(ctx, t, id)
		inTeam := th.Kind == DirectThread && th.Client == "" && f.Team()
		if err == ErrNotFound || err == nil && (f.Client != th.Client && !inTeam || th.Project != "" && f.Project != th.Project) {
			err = invalid("files", "choice")
		}
		if err != nil {
			return nil, err
		}
		if n.Audience == ClientSide && f.Audience != ClientSide {
			return nil, invalid("files", "file_hidden", "name", f.Name)
		}
		if !slices.ContainsFunc(files, func(g File) bool { return g.ID == f.ID }) {
			files = append(files, f)
		}
	}
	return files, nil
}

// newSalt is what makes the hash of a text one of which nobody finds the text.
func newSalt() string { return rand.Text()[:20] }

// EditMessage changes the text of one's own message, which is then marked as
// edited, and whom it names: whoever it did not name before is told. Those who
// administer can read what it said before.
func (me *Scope) EditMessage(ctx context.Context, id MessageID, body string, revision int64) error {
	var c checks
	body = c.text("body", body)
	if body == "" {
		c.fail("body", "required")
	}
	if err := c.err(); err != nil {
		return err
	}
	return me.write(ctx, func(t *tx) error {
		m, err := message(ctx, t, id)
		switch {
		case err != nil:
			return err
		case m.Deleted():
			return ErrConflict
		case !m.MayEdit(me.actor.person):
			return ErrForbidden
		case m.Revision != revision:
			return ErrConflict
		}
		if err := t.must(ctx, `
UPDATE messages SET body = $1, salt = $5, edited_at = $2, changed_at = $2, revision = revision + 1 WHERE id = $3 AND revision = $4 AND deleted_at IS NULL`,
			body, t.now, string(id), revision, newSalt()); err != nil {
			return err
		}
		if err := t.must(ctx, `INSERT INTO message_texts (message_id, revision, body, until) VALUES ($1, $2, $3, $4)`, string(id), m.Revision, m.Body, t.now); err != nil {
			return err
		}
		if err := t.mention(ctx, m.thread(), id, m.Audience, body, m.Revision+1); err != nil {
			return err
		}
		if err := t.discardDrafts(ctx, string(id)); err != nil {
			return err
		}
		return t.talked(ctx, MessageEdited, m.thread(), m.Audience, string(id), Details{"revision": strconv.FormatInt(m.Revision+1, 10)})
	})
}

// DeleteMessage leaves a tombstone in place of a message. For its author, and
// for those who manage.
func (me *Scope) DeleteMessage(ctx context.Context, id MessageID) error {
	return me.write(ctx, func(t *tx) error {
		m, err := message(ctx, t, id)
		switch {
		case err != nil:
			return err
		case m.Deleted():
			return ErrConflict
		case !m.MayDelete(me.actor.person):
			return ErrForbidden
		}
		if err := t.must(ctx, `
UPDATE messages SET salt = $4, deleted_at = $1, deleted_by = $2, changed_at = $1, revision = revision + 1 WHERE id = $3 AND deleted_at IS NULL`,
			t.now, string(me.actor.person), string(id), newSalt()); err != nil {
			return err
		}
		if err := t.turnBack(ctx, m); err != nil {
			return err
		}
		return t.talked(ctx, MessageDeleted, m.thread(), m.Audience, string(id), nil)
	})
}

// EraseMessage takes the text of a message away for good, with what it said
// before, its mentions, the changes that were made of it, and its files, which
// stay where they are. What somebody signed stays as they signed it. Takes
// Administer.
func (me *Scope) EraseMessage(ctx context.Context, id MessageID) error {
	err := me.write(ctx, func(t *tx) error {
		m, err := message(ctx, t, id)
		switch {
		case err != nil:
			return err
		case !m.Team() || !m.Can(Administer):
			return ErrForbidden
		}
		for _, q := range []string{
			`DELETE FROM message_texts WHERE message_id = $1`, `DELETE FROM mentions WHERE message_id = $1`,
			`DELETE FROM message_files WHERE message_id = $1`, `DELETE FROM drafts WHERE place = $1`,
			`UPDATE incoming_mails SET blob = '', subject = '', body = '', body_hash = '', files = '' WHERE became = $1`, // the mail that it came by
		} {
			if _, err := t.exec(ctx, q, string(id)); err != nil {
				return err
			}
		}
		if err := t.must(ctx, `
UPDATE messages SET body = '', salt = '', erased_at = $1, changed_at = $1, deleted_at = COALESCE(deleted_at, $1), deleted_by = COALESCE(deleted_by, $2), revision = revision + 1
 WHERE id = $3`, t.now, string(me.actor.person), string(id)); err != nil {
			return err
		}
		if err := t.turnBack(ctx, m); err != nil {
			return err
		}
		if err := t.eraseChanges(ctx, m); err != nil {
			return err
		}
		return t.talked(ctx, MessageErased, m.thread(), m.Audience, string(id), nil)
	})
	if err == nil {
		_ = me.p.db.EmptyLog(ctx) // erased it is; the log is emptied later too
	}
	return err
}
