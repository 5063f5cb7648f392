package portal

import (
	"context"
	"database/sql"
	"slices"
	"sort"
	"strconv"
	"time"
)

// A Notice tells one person of one event.
type Notice struct {
	ID     NoticeID
	Topic  Topics
	Unread bool
	About  string    // what it is about, which is a conversation for what is said in one
	Said   MessageID // empty where nothing was said
	Where  ThreadKind
	Title  string // the subject of the conversation, or what was commented on
	Item   ItemID // that was commented on
	Event
}

// MayAnswer reports whether its reader may say something where it was said.
func (n Notice) MayAnswer() bool {
	return n.Said != "" && Thread{Kind: n.Where, Held: n.Held}.MayWrite()
}

// noticeTables hold them: events, and what was said.
var noticeTables = []string{"event_notices", "message_notices"}

// notices reads from both by the rest of a query, in one order.
func (me *Scope) notices(ctx context.Context, newestFirst bool, limit int, where string, args ...any) ([]Notice, error) {
	var all []Notice
	order := map[bool]string{true: " DESC"}[newestFirst]
	for _, table := range noticeTables {
		rows, err := me.query(ctx, noticeColumns+` FROM my_`+table+` e WHERE `+where+` ORDER BY e.id`+order+` LIMIT $2`, append([]any{limit}, args...)...)
		part, err := list(rows, err, scanNotice)
		if err != nil {
			return nil, err
		}
		all = append(all, part...)
	}
	sort.Slice(all, func(i, j int) bool {
		if newestFirst {
			i, j = j, i
		}
		return all[i].ID < all[j].ID
	})
	return all[:min(len(all), limit)], nil
}

// Notices returns what the actor was told of, newest first: what they can still
// see of it, as they see it now. An empty client means all.
func (me *Scope) Notices(ctx context.Context, client ClientID, pg Page) (all []Notice, next string, err error) {
	if all, next, err = me.listed(ctx, `e.listed = 1`, client, pg); err != nil {
		return nil, "", err
	}
	return all, next, me.stillThere(ctx, all)
}

func (me *Scope) listed(ctx context.Context, where string, client ClientID, pg Page) (all []Notice, next string, err error) {
	var args []any
	and := func(is, arg string) {
		args = append(args, arg)
		where += ` AND ` + is + placeholder(len(args)+2)
	}
	if client != "" {
		and(`e.client_id = `, string(client))
	}
	if pg.After != "" {
		and(`e.id < `, pg.After)
	}
	if all, err = me.notices(ctx, true, pg.limit(), where, args...); err != nil {
		return nil, "", err
	}
	all, next = page(all, pg, func(n Notice) string { return string(n.ID) })
	return all, next, nil
}

// A NoticeGroup is what somebody was told of one thing, the last first. What they
// have read of it is a group of its own.
type NoticeGroup struct {
	All     []Notice // at most 100
	Count   int      // how many there are; more than 100: not all were counted
	Picture Version  // of the file that it is about; without an id: there is none
}

// NoticesInGroup is how many notices are looked through for a page of groups, and how
// many of one group are counted: of more a page says "100+".
const NoticesInGroup = 100

// NoticeGroups is Notices by what they are about, in the order of the last of each,
// but for where the actor was named and has not looked, which needs them.
// What is older than a page goes on on the next.
func (me *Scope) NoticeGroups(ctx context.Context, client ClientID, pg Page) (groups []NoticeGroup, next string, err error) {
	most := pg.limit() - 1
	pg.Limit = NoticesInGroup
	all, next, err := me.listed(ctx, `e.listed = 1 AND (e.named = 0 OR e.read_at IS NOT NULL)`, client, pg)
	if err != nil {
		return nil, "", err
	}
	type key struct {
		about  string
		unread bool
	}
	place := map[key]int{}
	for i, n := range all {
		k := key{n.About, n.Unread}
		at, known := place[k]
		if !known && len(groups) == most {
			next = string(all[i-1].ID)
			break
		}
		if !known {
			at = len(groups)
			place[k], groups = at, append(groups, NoticeGroup{})
		}
		groups[at].All = append(groups[at].All, n)
	}
	heads := make([]Notice, len(groups))
	for i, g := range groups {
		heads[i] = g.All[0]
	}
	if err := me.stillThere(ctx, heads); err != nil {
		return nil, "", err
	}
	for i := range groups {
		g := &groups[i]
		g.All[0], g.Count = heads[i], len(g.All)
		switch {
		case next == "":
		case g.All[0].Unread: // there may be more of it than was looked through
			if g.Count, err = me.countNotices(ctx, NoticesInGroup+1, `n.read_at IS NULL AND n.listed = 1 AND n.named = 0 AND n.about = $2`, g.All[0].About); err != nil {
				return nil, "", err
			}
		case g.Count == NoticesInGroup:
			g.Count++
		}
	}
	return groups, next, me.pictured(ctx, groups)
}

// pictured gives groups about files, and about what files are in, the newest
// version of the first of those.
func (me *Scope) pictured(ctx context.Context, groups []NoticeGroup) error {
	var files []FileID
	var items []ItemID
	of := map[string]Version{}
	for _, g := range groups {
		switch about := g.All[0].About; ItemID(about).Kind() {
		case "file":
			files = append(files, FileID(about))
		case "deliverable":
			items = append(items, ItemID(about))
		}
	}
	for some := range slices.Chunk(files, 100) {
		in, args := oneOf(2, some)
		rows, err := me.query(ctx, `SELECT `+fileColumns+` FROM my_files f WHERE f.id IN `+in, args...)
		all, err := list(rows, err, scanFile)
		if err != nil {
			return err
		}
		for _, f := range all {
			of[string(f.ID)] = f.Version
		}
	}
	attached, err := me.Attachments(ctx, items...)
	for _, a := range attached {
		if of[string(a.Item)].ID == "" {
			of[string(a.Item)] = a.File.Version
		}
	}
	for i, g := range groups {
		groups[i].Picture = of[g.All[0].About]
	}
	return err
}

// stillThere marks those whose subject has no page any more, and titles those of
// comments by what they are on.
func (me *Scope) stillThere(ctx context.Context, all []Notice) error {
	events, on := make([]Event, len(all)), []ItemID(nil)
	for i, n := range all {
		if events[i] = n.Event; n.Item != "" {
			on = append(on, n.Item)
		}
	}
	names, err := titles(ctx, me, on)
	if err != nil {
		return err
	}
	for i, n := range all {
		if n.Item != "" {
			all[i].Title = names[n.Item]
		}
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
	all, err := me.notices(ctx, true, 1, `e.id = $3`, string(id))
	if err == nil && len(all) == 0 {
		err = ErrNotFound
	}
	if err == nil {
		err = me.stillThere(ctx, all)
	}
	if err != nil {
		return Notice{}, err
	}
	return all[0], nil
}

const noticeColumns = `
SELECT e.event_id, e.kind, e.at, COALESCE(e.client_id, ''), COALESCE(e.project_id, ''), e.subject, COALESCE(e.person_id, ''), COALESCE(e.person_name, ''), e.audience, e.particulars,
       COALESCE(e.actor, ''), COALESCE(e.actor_name, ''), e.side, e.rights, COALESCE(e.project_name, ''), COALESCE(e.client_name, ''), e.id, e.topic, e.unread, e.about, e.message_id, e.thread_kind, COALESCE(e.thread_subject, ''), COALESCE(e.item_id, '')`

func scanNotice(rows *sql.Rows) (n Notice, err error) {
	var project, client string
	n.Event, err = scanEvent(rows, &project, &client, &n.ID, &n.Topic, &n.Unread, &n.About, &n.Said, &n.Where, &n.Title, &n.Item)
	n.ProjectName, n.ClientName = project, client
	return n, err
}

// UnreadNotices counts what the actor was told of and has not read, up to 100. An
// empty client means all.
func (me *Scope) UnreadNotices(ctx context.Context, client ClientID) (n int, err error) {
	where, args := `n.read_at IS NULL AND n.listed = 1 AND n.named = 0`, []any(nil)
	if client != "" {
		where, args = where+` AND n.client_id = $2`, []any{string(client)}
	}
	n, err = me.countNotices(ctx, maxUnread, where, args...)
	return min(n, maxUnread), err
}

// NewNotices reports whether there is one.
func (me *Scope) NewNotices(ctx context.Context) (bool, error) {
	return me.p.noticed.Find(me.p.db, me.actor.id, me.p.now(), func() (bool, error) {
		n, err := me.countNotices(ctx, 1, `n.read_at IS NULL AND n.listed = 1 AND n.named = 0`)
		return n > 0, err
	})
}

// countNotices counts in both tables, up to a limit in each. It is written out:
// PostgreSQL takes one that it does not know for a tenth of all. Args begin at $2.
func (me *Scope) countNotices(ctx context.Context, limit int, where string, args ...any) (n int, err error) {
	for _, table := range noticeTables {
		var some int
		err := me.get(ctx, `SELECT COUNT(*) FROM (SELECT n.id FROM my_`+table+` n WHERE `+where+` LIMIT `+strconv.Itoa(limit)+`) x`, args, &some)
		if err != nil {
			return 0, err
		}
		n += some
	}
	return n, nil
}

// ReadNotices notes that the actor has read all that they were told of, up to
// the newest one they were shown: of a client, or of all. Where they were named
// they have to look.
func (me *Scope) ReadNotices(ctx context.Context, client ClientID, upTo NoticeID) error {
	return me.write(ctx, func(t *tx) error {
		t.quiet("what somebody has read is nobody else's business")
		if client != "" {
			return t.readNoticesOf(ctx, client, upTo)
		}
		_, err := t.exec(ctx, `
UPDATE notices SET read_at = $1 WHERE person_id = $2 AND read_at IS NULL AND NOT (`+stillNamed("notices")+`) AND id <= $3`, t.now, string(me.actor.person), string(upTo))
		return err
	})
}

// readNoticesOf is ReadNotices of one client.
func (t *tx) readNoticesOf(ctx context.Context, client ClientID, upTo NoticeID) error {
	for _, table := range noticeTables {
		rows, err := t.query(ctx, `SELECT n.id FROM my_`+table+` n WHERE n.read_at IS NULL AND n.named = 0 AND n.client_id = $2 AND n.id <= $3`, string(client), string(upTo))
		unread, err := list(rows, err, func(rows *sql.Rows) (id NoticeID, err error) { return id, rows.Scan(&id) })
		if err != nil {
			return err
		}
		for some := range slices.Chunk(unread, 100) {
			in, args := oneOf(2, some)
			if _, err := t.exec(ctx, `UPDATE notices SET read_at = $1 WHERE id IN `+in, append([]any{t.now}, args...)...); err != nil {
				return err
			}
		}
	}
	return nil
}

// ReadAbout notes that the actor has looked at things that they may have been
// told of. Whoever has nothing unread about them writes nothing.
func (me *Scope) ReadAbout(ctx context.Context, subjects ...string) error {
	return me.readAbout(ctx, "", subjects)
}

// ReadRest is ReadAbout by somebody who has seen what is in one row, and not where
// they were named.
func (me *Scope) ReadRest(ctx context.Context, subjects ...string) error {
	return me.readAbout(ctx, ` AND NOT (`+stillNamed("notices")+`)`, subjects)
}

func (me *Scope) readAbout(ctx context.Context, and string, subjects []string) error {
	if me.actor.readOnly || len(subjects) == 0 {
		return nil
	}
	if len(subjects) > 100 {
		subjects = subjects[:100]
	}
	in, args := oneOf(2, subjects)
	if n, err := me.countNotices(ctx, 1, `n.read_at IS NULL AND n.about IN `+in, args...); err != nil || n == 0 {
		return err
	}
	return me.write(ctx, func(t *tx) error {
		t.quiet("what somebody has read is nobody else's business")
		in, args := oneOf(3, subjects)
		_, err := t.exec(ctx, `
UPDATE notices SET read_at = $1 WHERE person_id = $2 AND read_at IS NULL`+and+` AND subject IN `+in, append([]any{t.now, string(me.actor.person)}, args...)...)
		return err
	})
}

// ReadNotice notes that the actor has read what they were told of the same thing
// as in one of their notices, but for where else they were named.
func (me *Scope) ReadNotice(ctx context.Context, id NoticeID) error {
	return me.write(ctx, func(t *tx) error {
		var about string
		for _, table := range noticeTables {
			if err := noneFound(t.get(ctx, `SELECT n.about FROM my_`+table+` n WHERE n.id = $2`, []any{string(id)}, &about)); err != nil {
				return err
			}
		}
		if about == "" {
			return ErrNotFound
		}
		t.quiet("what somebody has read is nobody else's business")
		_, err := t.exec(ctx, `UPDATE notices SET read_at = $1 WHERE person_id = $2 AND read_at IS NULL AND subject = $3 AND (id = $4 OR NOT (`+stillNamed("notices")+`))`, t.now, string(me.actor.person), about, string(id))
		return err
	})
}

// NoticesOf are those that a mail to the actor takes along, oldest first, and
// how many more there are: unread ones that they still see. Before it was first
// tried to send it, they are those that it would take along now; one that is held
// since a backup was brought back has its own already.
func (me *Scope) NoticesOf(ctx context.Context, m Mail) (all []Notice, more int, err error) {
	const most = 50
	taken := string(m.ID)
	if m.Tries == 0 {
		var own int
		err := me.get(ctx, `SELECT COUNT(*) FROM (SELECT k.mail_id FROM my_mailed k WHERE k.mail = $2 AND k.mail_id = $3 LIMIT 1) x`, []any{mailOf(m.Kind), taken}, &own)
		if err != nil {
			return nil, 0, err
		}
		if own == 0 {
			taken = ""
		}
	}
	all, err = me.notices(ctx, false, most+1+maxUnread, `e.read_at IS NULL AND e.mail = $3 AND e.mail_id = $4
   AND (e.needs = 1 OR NOT EXISTS (SELECT 1 FROM my_mutes u WHERE u.project_id = e.project_id))`, mailOf(m.Kind), taken)
	if len(all) > most {
		all, more = all[:most], len(all)-most
	}
	if err == nil {
		err = me.stillThere(ctx, all)
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
