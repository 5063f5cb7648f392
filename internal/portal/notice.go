package portal

import (
	"context"
	"database/sql"
	"time"
)

// A Notice tells one person of one event.
type Notice struct {
	ID     NoticeID
	Topic  Topics
	Unread bool
	Event
}

// Notices returns what the actor was told of, newest first: what they can still
// see of it, as they see it now.
func (me *Scope) Notices(ctx context.Context, pg Page) (all []Notice, next string, err error) {
	rows, err := me.query(ctx, noticeColumns+`
 WHERE e.listed = 1 AND ($2 = '' OR e.id < $2) ORDER BY e.id DESC LIMIT $3`, pg.After, pg.limit())
	all, err = list(rows, err, scanNotice)
	if err != nil {
		return nil, "", err
	}
	all, next = page(all, pg, func(n Notice) string { return string(n.ID) })
	return all, next, me.stillThere(ctx, all)
}

// stillThere marks those whose subject has no page any more.
func (me *Scope) stillThere(ctx context.Context, all []Notice) error {
	events := make([]Event, len(all))
	for i, n := range all {
		events[i] = n.Event
	}
	if err := me.standing(ctx, events); err != nil {
		return err
	}
	for i := range all {
		all[i].Gone = events[i].Gone
	}
	return nil
}

// Notice is one of them.
func (me *Scope) Notice(ctx context.Context, id NoticeID) (Notice, error) {
	rows, err := me.query(ctx, noticeColumns+` WHERE e.id = $2`, string(id))
	all, err := list(rows, err, scanNotice)
	if err == nil && len(all) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Notice{}, err
	}
	return all[0], nil
}

const noticeColumns = `
SELECT e.event_id, e.kind, e.at, COALESCE(e.client_id, ''), COALESCE(e.project_id, ''), e.subject, COALESCE(e.person_id, ''), COALESCE(e.person_name, ''), e.audience, e.particulars,
       COALESCE(e.actor, ''), COALESCE(e.actor_name, ''), e.side, e.rights, e.project_name, e.client_name, e.id, e.topic, e.unread
  FROM my_notices e`

func scanNotice(rows *sql.Rows) (n Notice, err error) {
	var project, client string
	n.Event, err = scanEvent(rows, &project, &client, &n.ID, &n.Topic, &n.Unread)
	n.ProjectName, n.ClientName = project, client
	return n, err
}

// UnreadNotices counts what the actor was told of and has not read, up to 100.
func (me *Scope) UnreadNotices(ctx context.Context) (n int, err error) {
	err = me.get(ctx, `
SELECT COUNT(*) FROM (SELECT n.id FROM my_notices n WHERE n.unread = 1 AND n.listed = 1 LIMIT $2) x`, []any{maxUnread}, &n)
	return n, err
}

// ReadNotices notes that the actor has read all that they were told of, up to
// the newest one they were shown.
func (me *Scope) ReadNotices(ctx context.Context, upTo NoticeID) error {
	return me.write(ctx, func(t *tx) error {
		t.quiet("what somebody has read is nobody else's business")
		_, err := t.exec(ctx, `
UPDATE notices SET read_at = $1 WHERE person_id = $2 AND read_at IS NULL AND id <= $3`, t.now, string(me.actor.person), string(upTo))
		return err
	})
}

// ReadAbout notes that the actor has looked at things that they may have been
// told of. Whoever has nothing unread about them writes nothing.
func (me *Scope) ReadAbout(ctx context.Context, subjects ...string) error {
	if me.actor.readOnly || len(subjects) == 0 {
		return nil
	}
	if len(subjects) > 100 {
		subjects = subjects[:100]
	}
	in, args := oneOf(2, subjects)
	var n int
	if err := me.get(ctx, `SELECT COUNT(*) FROM (SELECT n.id FROM my_notices n WHERE n.unread = 1 AND n.subject IN `+in+` LIMIT 1) x`, args, &n); err != nil || n == 0 {
		return err
	}
	return me.write(ctx, func(t *tx) error {
		t.quiet("what somebody has read is nobody else's business")
		in, args := oneOf(3, subjects)
		_, err := t.exec(ctx, `
UPDATE notices SET read_at = $1 WHERE person_id = $2 AND read_at IS NULL AND subject IN `+in, append([]any{t.now, string(me.actor.person)}, args...)...)
		return err
	})
}

// NoticesOf are those that a mail to the actor takes along, oldest first, and
// how many more there are: unread ones that they still see. Before it was first
// tried to send it, they are those that it would take along now.
func (me *Scope) NoticesOf(ctx context.Context, m Mail) (all []Notice, more int, err error) {
	const most = 50
	taken := string(m.ID)
	if m.Tries == 0 {
		taken = ""
	}
	rows, err := me.query(ctx, noticeColumns+`
 WHERE e.unread = 1 AND e.mail = $2 AND e.mail_id = $3 ORDER BY e.id LIMIT $4`, mailOf(m.Kind), taken, most+1+maxUnread)
	all, err = list(rows, err, scanNotice)
	if len(all) > most {
		all, more = all[:most], len(all)-most
	}
	return all, more, err
}

// The two mails that notices are in.
const (
	MailNotices = "notices" // of the last minutes
	MailDigest  = "digest"
)

// mailOf is how notices name the mail of a kind.
func mailOf(kind string) string {
	if kind == MailDigest {
		return "digest"
	}
	return "now"
}

// noticeWait is how long a mail waits for more of the same.
const noticeWait = 3 * time.Minute
