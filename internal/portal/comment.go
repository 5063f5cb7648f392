package portal

import (
	"context"
	"slices"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// Comments are a thread on an item as a page has it: its first message and the
// newest of the others.
type Comments struct {
	Thread
	First Message
	Last  []Message // at most 3, the oldest first

	Unread int // messages after the reader's mark, their own too; 100 stands for more
}

// Newest is the last message of the thread; what the reader has not read is
// all there when no more is unread than Last and First hold.
func (c Comments) Newest() Message {
	if len(c.Last) == 0 {
		return c.First
	}
	return c.Last[len(c.Last)-1]
}

// Left is how many messages are between the first and the last ones.
func (c Comments) Left() int { return max(0, c.Messages-1-len(c.Last)) }

// CommentFilter narrows CommentsOn.
type CommentFilter struct {
	Version VersionID  // of a file: only those on it; empty: all
	State   string     // "open" or "resolved"; empty: both
	Own     bool       // those alone that the reader began
	Round   RevisionID // those alone of which it was made; empty: all
	After   ThreadID   // the last of the part before
}

const (
	commentsOnPage = 20
	lastComments   = 3
)

// CommentsOn returns the comments on an item, those that were begun first, in
// parts of 20 threads.
func (me *Scope) CommentsOn(ctx context.Context, id ItemID, f CommentFilter) (all []Comments, next string, err error) {
	i, err := loadItem(ctx, me, id)
	if err != nil {
		return nil, "", err
	}
	q := `SELECT ` + threadColumns + ` FROM my_threads t WHERE t.item_id = $2 AND t.id > $3`
	args := []any{string(id), string(f.After), commentsOnPage + 1}
	switch f.State {
	case "":
	case "open":
		q += ` AND t.resolved_at IS NULL`
	case "resolved":
		q += ` AND t.resolved_at IS NOT NULL`
	default:
		return nil, "", invalid("state", "choice")
	}
	if f.Own {
		q += ` AND t.own = 1`
	}
	if f.Version != "" {
		q += ` AND t.version_id = $5`
		args = append(args, string(f.Version))
	}
	if f.Round != "" {
		args = append(args, string(f.Round))
		q += ` AND t.id IN (SELECT i.thread_id FROM my_changes i WHERE i.request_id = ` + placeholder(len(args)+1) + `)`
	}
	rows, err := me.query(ctx, q+` ORDER BY t.id LIMIT $4`, args...)
	threads, err := list(rows, err, scanThread)
	if err != nil || len(threads) == 0 {
		return nil, "", err
	}
	if len(threads) > commentsOnPage {
		threads = threads[:commentsOnPage]
		next = string(threads[commentsOnPage-1].ID)
	}
	ids := make([]ThreadID, len(threads))
	for n, th := range threads {
		ids[n] = th.ID
		all = append(all, Comments{Thread: th})
	}
	// Both ends of each: a thread begins with a message that all see who see it.
	place := "m." + Thread{Held: i.Held}.place()
	in, args := oneOf(3, ids)
	rows, err = me.query(ctx, `
SELECT `+messageColumns+` FROM my_messages m WHERE m.thread_id IN `+in+` AND (`+place+` = 1 OR `+place+` > m.messages - $2) ORDER BY m.thread_id, `+place,
		append([]any{lastComments}, args...)...)
	messages, err := list(rows, err, scanMessage)
	if err != nil {
		return nil, "", err
	}
	if err := completeMessages(ctx, me, messages); err != nil {
		return nil, "", err
	}
	for _, m := range messages {
		c := &all[slices.Index(ids, m.Thread)]
		if c.First.ID == "" {
			c.First = m
		} else {
			c.Last = append(c.Last, m)
		}
	}
	in, args = oneOf(3, ids)
	rows, err = me.query(ctx, `
SELECT t.id, (SELECT COUNT(*) FROM (SELECT m.id FROM my_messages m WHERE m.thread_id = t.id AND m.seq > `+markOf("t")+` LIMIT $2) x)
  FROM my_threads t WHERE t.id IN `+in+` AND t.head > `+markOf("t"), append([]any{maxUnread}, args...)...)
	return all, next, eachPair(rows, err, func(id ThreadID, n int) { all[slices.Index(ids, id)].Unread = n })
}

// CommentCount is how many threads of comments an item has that the reader
// sees.
type CommentCount struct{ All, Open int }

// CommentCounts counts the threads of comments on items; those without any are
// not in it.
func (me *Scope) CommentCounts(ctx context.Context, ids ...ItemID) (map[ItemID]CommentCount, error) {
	counts := map[ItemID]CommentCount{}
	for part := range slices.Chunk(ids, 200) {
		in, args := oneOf(2, part)
		rows, err := me.query(ctx, `
SELECT t.item_id, COUNT(*), SUM(CASE WHEN t.resolved_at IS NULL THEN 1 ELSE 0 END) FROM my_threads t WHERE t.item_id IN `+in+` GROUP BY t.item_id`, args...)
		if _, err := list(rows, err, func(rows *db.Rows) (id ItemID, err error) {
			var c CommentCount
			err = rows.Scan(&id, &c.All, &c.Open)
			counts[id] = c
			return id, err
		}); err != nil {
			return nil, err
		}
	}
	return counts, nil
}

// NewComment is what CommentOn takes.
type NewComment struct {
	Version VersionID // of a file: the one that was looked at; empty: the newest
	Place   *Place    // of a file: where on it; nil: on all of it
	NewMessage
}

// CommentOn begins a thread of comments on an item. On what only the team sees,
// the comments stay the team's for ever. Takes Contribute, or Comment.
func (me *Scope) CommentOn(ctx context.Context, id ItemID, n NewComment) (MessageID, error) {
	var c checks
	n.NewMessage.check(&c)
	if err := c.err(); err != nil {
		return "", err
	}
	var msg MessageID
	err := me.write(ctx, func(t *tx) error {
		i, err := loadItem(ctx, t, id)
		if err != nil {
			return err
		}
		th := Thread{ID: ThreadID(db.NewID("thr")), Kind: ItemThread, Client: i.client, Project: i.project, Item: id, Held: i.Held}
		switch {
		case i.name == "folder":
			return ErrNotFound
		case !th.MayWrite():
			return ErrForbidden
		}
		widest := i.audience
		if i.name == "file" {
			v, err := t.versionSaid(ctx, FileID(id), n.Version)
			if err != nil {
				return err
			}
			var c checks
			th.Version, th.Place, widest = v.ID, c.place(n.Place, v), v.widest(i)
			if err := c.err(); err != nil {
				return err
			}
		} else if n.Version != "" {
			return invalid("version", "choice")
		} else if n.Place != nil {
			return invalid("place", "place")
		}
		first := n.NewMessage
		if first.Audience, err = spokenTo(i.Held, n.Audience, widest); err != nil {
			return err
		}
		th.Audience = first.Audience
		if err := t.insertThread(ctx, th, ""); err != nil {
			return err
		}
		if msg, err = t.say(ctx, th, first); err != nil {
			return err
		}
		if !first.ByMail {
			if err := t.discardDrafts(ctx, string(id)); err != nil {
				return err
			}
		}
		t.heard(th, first.Audience)
		if err := t.record(ctx, Happening{Kind: CommentAdded, Client: i.client, Project: i.project, Subject: string(id), Audience: first.Audience, Section: i.about, Message: msg,
			Details: Details{"title": i.title}}); err != nil {
			return err
		}
		t.subject = string(msg)
		return nil
	})
	return msg, err
}

// CommentPlace is the project in whose files what comes with a comment on an item
// is kept, and the side that reads it at most. ErrForbidden for whom may not
// comment.
func (me *Scope) CommentPlace(ctx context.Context, id ItemID) (ProjectID, Side, error) {
	i, err := loadItem(ctx, me, id)
	switch th := (Thread{Kind: ItemThread, Held: i.Held}); {
	case err != nil:
		return "", "", err
	case i.name == "folder":
		return "", "", ErrNotFound
	case !th.MayWrite():
		return "", "", ErrForbidden
	}
	return i.project, i.audience, nil
}

// versionSaid is the version of a file that a comment is on.
func (t *tx) versionSaid(ctx context.Context, f FileID, id VersionID) (Version, error) {
	if id == "" {
		x, err := file(ctx, t, f)
		return x.Version, err
	}
	v, err := version(ctx, t, id)
	if err == ErrNotFound || err == nil && v.File != f {
		err = invalid("version", "choice")
	}
	return v, err
}

// ResolveComments says that nothing is left to do about comments. For whom
// MayWrite says so.
func (me *Scope) ResolveComments(ctx context.Context, id ThreadID) error {
	return me.resolve(ctx, id, true)
}

// ReopenComments takes that back.
func (me *Scope) ReopenComments(ctx context.Context, id ThreadID) error {
	return me.resolve(ctx, id, false)
}

func (me *Scope) resolve(ctx context.Context, id ThreadID, done bool) error {
	return me.write(ctx, func(t *tx) error {
		th, err := thread(ctx, t, id)
		switch {
		case err != nil:
			return err
		case !th.Comments():
			return ErrNotFound
		case !th.MayWrite():
			return ErrForbidden
		}
		k := CommentsReopened
		var at, by any
		if done {
			k, at, by = CommentsResolved, t.now, string(me.actor.person)
		}
		if th.Resolved() == done {
			return nil
		}
		if err := t.must(ctx, `UPDATE threads SET resolved_at = $1, resolved_by = $2, revision = revision + 1 WHERE id = $3 AND revision = $4`, at, by, string(id), th.Revision); err != nil {
			return err
		}
		return t.talked(ctx, k, th, th.Audience, string(id), nil)
	})
}
