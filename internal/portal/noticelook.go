package portal

import (
	"context"
	"sort"
)

// wanted is which notices are asked for: among the actor's own rows, found by an
// index, those that they still see.
type wanted struct {
	among       string // by columns of my_told n; its arguments begin at $2
	args        []any
	seen        string // by columns of my_event_notices e and my_message_notices e
	client      ClientID
	after       NoticeID // in the order
	oldestFirst bool
	toTheEnd    bool // however many are looked through: not while somebody waits for a page
}

// So many of what somebody was told of are looked up at a time, and looked through
// at most for one page of those that they still see.
const (
	lookedUp      = 100
	lookedThrough = 1000
)

// A database that is asked at once for what somebody was told of and still sees
// reads all that ever happened when it takes few of it to be seen. So the rows that
// are theirs come first, in the order of their index, and what they see of some by
// their ids. look stops when it has found limit, and returns how far it looked, or
// nothing at the end.
func (me *Scope) look(ctx context.Context, w wanted, limit int, found func(from string, args []any) (n int, err error)) (last NoticeID, err error) {
	n := 0
	count := func(from string, args []any) error {
		some, err := found(from, args)
		n += some
		return err
	}
	size := min(limit, lookedUp)
	for looked := 0; ; size = lookedUp {
		happened, said, messages, err := me.told(ctx, &w, size)
		if err == nil {
			err = me.seenOf(ctx, w, happened, said, messages, count)
		}
		if err != nil {
			return "", err
		}
		looked += size
		switch {
		case len(happened)+len(said) < size:
			return "", nil
		case n >= limit || looked >= lookedThrough && !w.toTheEnd:
			return w.after, nil
		}
	}
}

// seenOf reads what the actor sees of some of their rows.
func (me *Scope) seenOf(ctx context.Context, w wanted, happened, said []NoticeID, messages []MessageID, read func(from string, args []any) error) error {
	narrowed := func(from string, args []any) error {
		if w.seen != "" {
			from += ` AND ` + w.seen
		}
		if w.client != "" {
			args = append(args, string(w.client))
			from += ` AND e.client_id = ` + placeholder(len(args)+1)
		}
		return read(from, args)
	}
	if len(happened) > 0 {
		in, args := oneOf(2, happened)
		if err := narrowed(` FROM my_event_notices e WHERE e.id IN `+in, args); err != nil {
			return err
		}
	}
	if len(said) == 0 {
		return nil
	}
	in, args := oneOf(2, said)
	of, more := oneOf(2+len(args), messages)
	return narrowed(` FROM my_message_notices e WHERE e.id IN `+in+` AND e.message_id IN `+of, append(args, more...))
}

// told returns the next of the actor's rows, of what happened and of what was said in
// which messages, and moves w on.
func (me *Scope) told(ctx context.Context, w *wanted, size int) (happened, said []NoticeID, messages []MessageID, err error) {
	q, args := `SELECT n.id, COALESCE(n.message_id, '') FROM my_told n WHERE `+w.among, append(append([]any(nil), w.args...), size)
	limit := placeholder(len(args) + 1)
	if w.client != "" { // an index has those of one client, however many there are of others
		args = append(args, string(w.client))
		q += ` AND n.client_id = ` + placeholder(len(args)+1)
	}
	is, order := ` < `, ` DESC`
	if w.oldestFirst {
		is, order = ` > `, ``
	}
	if w.after != "" {
		args = append(args, string(w.after))
		q += ` AND n.id` + is + placeholder(len(args)+1)
	}
	rows, err := me.query(ctx, q+` ORDER BY n.id`+order+` LIMIT `+limit, args...)
	err = everyRow(rows, err, func() error {
		var message MessageID
		if err := rows.Scan(&w.after, &message); err != nil {
			return err
		}
		if message == "" {
			happened = append(happened, w.after)
		} else {
			said, messages = append(said, w.after), append(messages, message)
		}
		return nil
	})
	return happened, said, messages, err
}

// notices returns at least limit of those wanted, if there are as many among the
// first that are looked through, and from where to look on.
func (me *Scope) notices(ctx context.Context, w wanted, limit int) (all []Notice, last NoticeID, err error) {
	last, err = me.look(ctx, w, limit, func(from string, args []any) (int, error) {
		rows, err := me.query(ctx, noticeColumns+from, args...)
		some, err := list(rows, err, scanNotice)
		all = append(all, some...)
		return len(some), err
	})
	sort.Slice(all, func(i, j int) bool {
		if !w.oldestFirst {
			i, j = j, i
		}
		return all[i].ID < all[j].ID
	})
	return all, last, err
}

// countNotices counts those wanted up to a limit.
func (me *Scope) countNotices(ctx context.Context, w wanted, limit int) (n int, err error) {
	_, err = me.look(ctx, w, limit, func(from string, args []any) (some int, err error) {
		err = me.get(ctx, `SELECT COUNT(*)`+from, args, &some)
		n += some
		return some, err
	})
	return min(n, limit), err
}
