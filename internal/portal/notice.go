package portal

import (
	"context"
	"slices"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
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

// Notices returns what the actor was told of, newest first: what they can still
// see of it, as they see it now. An empty client means all.
func (me *Scope) Notices(ctx context.Context, client ClientID, pg Page) (all []Notice, next string, err error) {
	if all, next, err = me.listed(ctx, wanted{client: client}, pg); err != nil {
		return nil, "", err
	}
	return all, next, me.titled(ctx, all)
}

// listed are those of the wanted ones that have their place in the portal.
func (me *Scope) listed(ctx context.Context, w wanted, pg Page) (all []Notice, next string, err error) {
	w.among, w.after = `n.listed = 1`, NoticeID(pg.After)
	all, last, err := me.notices(ctx, w, pg.limit())
	if err != nil {
		return nil, "", err
	}
	if all, next = page(all, pg, func(n Notice) string { return string(n.ID) }); next == "" {
		next = string(last)
	}
	return all, next, nil
}

// A NoticeGroup is what somebody was told of one thing, the last first. What they
// have read of it is a group of its own.
type NoticeGroup struct {
	All     []Notice // at most 99
	Count   int      // how many there are; more than 99: not all were counted
	Picture Version  // of the file that it is about; without an id: there is none
}

// NoticesInGroup is how many notices are looked through for a page of groups, and how
// many of one group are counted: of more a page says "99+".
const NoticesInGroup = maxUnread - 1

// NoticeGroups is Notices by what they are about, in the order of the last of each,
// but for where the actor was named and has not looked, which needs them.
// What is older than a page goes on on the next.
func (me *Scope) NoticeGroups(ctx context.Context, client ClientID, pg Page) (groups []NoticeGroup, next string, err error) {
	most := pg.limit() - 1
	pg.Limit = NoticesInGroup
	all, next, err := me.listed(ctx, wanted{seen: `(e.named = 0 OR e.read_at IS NOT NULL)`, client: client}, pg)
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
	if err := me.titled(ctx, heads); err != nil {
		return nil, "", err
	}
	for i := range groups {
		g := &groups[i]
		g.All[0], g.Count = heads[i], len(g.All)
		switch {
		case next == "":
		case g.All[0].Unread: // there may be more of it than was looked through
			if g.Count, err = me.countNotices(ctx, wanted{among: newOnes + ` AND n.about = $2`, args: []any{g.All[0].About}, seen: notNamed}, maxUnread); err != nil {
				return nil, "", err
			}
		case g.Count == NoticesInGroup:
			g.Count++
		}
	}
	return groups, next, me.pictured(ctx, groups)
}

// pictured gives groups the picture of what they are about.
func (me *Scope) pictured(ctx context.Context, groups []NoticeGroup) error {
	var abouts []string
	for _, g := range groups {
		abouts = append(abouts, g.All[0].About)
	}
	of, err := me.Pictures(ctx, abouts...)
	for i, g := range groups {
		groups[i].Picture = of[g.All[0].About].Version
	}
	return err
}

// Pictures are the files, at their newest version, that show what notices are about:
// of files themselves, and of what files are in the first of those.
func (me *Scope) Pictures(ctx context.Context, abouts ...string) (map[string]File, error) {
	var files []FileID
	var items []ItemID
	of := map[string]File{}
	for _, about := range abouts {
		switch ItemID(about).Kind() {
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
			return nil, err
		}
		for _, f := range all {
			of[string(f.ID)] = f
		}
	}
	attached, err := me.Attachments(ctx, items...)
	for _, a := range attached {
		if _, ok := of[string(a.Item)]; !ok {
			of[string(a.Item)] = a.File
		}
	}
	return of, err
}

// titled titles those of comments by what they are on.
func (me *Scope) titled(ctx context.Context, all []Notice) error {
	var on []ItemID
	for _, n := range all {
		if n.Item != "" {
			on = append(on, n.Item)
		}
	}
	names, err := titles(ctx, me, on)
	for i, n := range all {
		if n.Item != "" {
			all[i].Title = names[n.Item]
		}
	}
	return err
}

// Notice is one of them.
func (me *Scope) Notice(ctx context.Context, id NoticeID) (Notice, error) {
	all, _, err := me.notices(ctx, wanted{among: `n.id = $2`, args: []any{string(id)}}, 1)
	if err == nil && len(all) == 0 {
		err = ErrNotFound
	}
	if err == nil {
		err = me.titled(ctx, all)
	}
	if err != nil {
		return Notice{}, err
	}
	return all[0], nil
}

// Rises reports whether it is shown at once on a page that its reader has open: what
// was said, or asked.
func (n Notice) Rises() bool { return n.Said != "" || kinds[n.Kind].rises }

const noticeColumns = `
SELECT e.event_id, e.kind, e.at, COALESCE(e.client_id, ''), COALESCE(e.project_id, ''), e.subject, COALESCE(e.person_id, ''), COALESCE(e.person_name, ''), e.audience, e.particulars,
       COALESCE(e.actor, ''), COALESCE(e.actor_name, ''), e.side, e.rights, COALESCE(e.project_name, ''), COALESCE(e.client_name, ''), e.id, e.topic, e.unread, e.about, e.message_id, e.thread_kind, COALESCE(e.thread_subject, ''), COALESCE(e.item_id, '')`

func scanNotice(rows *db.Rows) (n Notice, err error) {
	var project, client string
	n.Event, err = scanEvent(rows, &project, &client, &n.ID, &n.Topic, &n.Unread, &n.About, &n.Said, &n.Where, &n.Title, &n.Item)
	n.ProjectName, n.ClientName = project, client
	return n, err
}

// What is new to somebody, and not where they were named, which needs them.
const (
	newOnes  = `n.read_at IS NULL AND n.listed = 1`
	notNamed = `e.named = 0`
)

// UnreadNotices counts what the actor was told of and has not read, up to 100. An
// empty client means all.
func (me *Scope) UnreadNotices(ctx context.Context, client ClientID) (n int, err error) {
	return me.countNotices(ctx, wanted{among: newOnes, seen: notNamed, client: client}, maxUnread)
}

// NewestNotice is the newest of what the actor was told of and has not read; empty
// when they have read it all.
func (me *Scope) NewestNotice(ctx context.Context) (NoticeID, error) {
	return me.p.noticed.Find(me.p.db, me.actor.id, me.p.now(), func() (newest NoticeID, err error) {
		_, err = me.look(ctx, wanted{among: newOnes}, 1, func(from string, args []any) (int, error) {
			rows, err := me.query(ctx, `SELECT e.id`+from, args...) // their MAX is looked for from the end of an index
			seen, err := list(rows, err, scanOne[NoticeID])
			for _, id := range seen {
				newest = max(newest, id)
			}
			return len(seen), err
		})
		return newest, err
	})
}

// ReadNotices notes that the actor has read all that they were told of, up to
// the newest one they were shown: of a client, or of all. Where they were named
// they have to look.
func (me *Scope) ReadNotices(ctx context.Context, client ClientID, upTo NoticeID) error {
	if client != "" && !me.actor.readOnly {
		return me.readNoticesOf(ctx, client, upTo)
	}
	return me.write(ctx, func(t *tx) error {
		t.quiet("what somebody has read is nobody else's business")
		_, err := t.exec(ctx, `
UPDATE notices SET read_at = $1 WHERE person_id = $2 AND read_at IS NULL AND NOT (`+stillNamed("notices")+`) AND id <= $3`, t.now, string(me.actor.person), string(upTo))
		return err
	})
}

// readNoticesOf is ReadNotices of one client.
func (me *Scope) readNoticesOf(ctx context.Context, client ClientID, upTo NoticeID) error {
	w := wanted{among: newOnes + ` AND n.id <= $2`, args: []any{string(upTo)}, seen: notNamed, client: client}
	for {
		var unread []NoticeID
		last, err := me.look(ctx, w, lookedThrough, func(from string, args []any) (int, error) {
			rows, err := me.query(ctx, `SELECT e.id`+from, args...)
			some, err := list(rows, err, scanOne[NoticeID])
			unread = append(unread, some...)
			return len(some), err
		})
		if err == nil && len(unread) > 0 {
			err = me.readThese(ctx, unread)
		}
		if w.after = last; err != nil || last == "" {
			return err
		}
	}
}

func (me *Scope) readThese(ctx context.Context, all []NoticeID) error {
	return me.write(ctx, func(t *tx) error {
		t.quiet("what somebody has read is nobody else's business")
		for some := range slices.Chunk(all, 100) {
			in, args := oneOf(2, some)
			if _, err := t.exec(ctx, `UPDATE notices SET read_at = $1 WHERE id IN `+in, append([]any{t.now}, args...)...); err != nil {
				return err
			}
		}
		return nil
	})
}

// ReadAbout notes that the actor has looked at things that they may have been told
// of, though not yet at what was said there: see MarkRead. Whoever has nothing unread
// about them writes nothing.
func (me *Scope) ReadAbout(ctx context.Context, subjects ...string) error {
	return me.readAbout(ctx, ` AND n.message_id IS NULL`, ` AND message_id IS NULL`, subjects)
}

// ReadRest is ReadAbout by somebody who has seen what is in one row, and not where
// they were named.
func (me *Scope) ReadRest(ctx context.Context, subjects ...string) error {
	return me.readAbout(ctx, "", ` AND NOT (`+stillNamed("notices")+`)`, subjects)
}

func (me *Scope) readAbout(ctx context.Context, due, and string, subjects []string) error {
	if me.actor.readOnly || len(subjects) == 0 {
		return nil
	}
	if len(subjects) > 100 {
		subjects = subjects[:100]
	}
	in, args := oneOf(2, subjects)
	if n, err := me.countNotices(ctx, wanted{among: `n.read_at IS NULL AND n.about IN ` + in + due, args: args}, 1); err != nil || n == 0 {
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
	if me.actor.readOnly {
		return ErrForbidden
	}
	n, err := me.Notice(ctx, id)
	if err != nil {
		return err
	}
	return me.write(ctx, func(t *tx) error {
		t.quiet("what somebody has read is nobody else's business")
		_, err := t.exec(ctx, `UPDATE notices SET read_at = $1 WHERE person_id = $2 AND read_at IS NULL AND subject = $3 AND (id = $4 OR NOT (`+stillNamed("notices")+`))`, t.now, string(me.actor.person), n.About, string(id))
		return err
	})
}

// NoticesOf are those that a mail to the actor takes along, oldest first, and
// how many more there are: unread ones that they still see.
func (me *Scope) NoticesOf(ctx context.Context, m Mail) (all []Notice, more int, err error) {
	const most = 50
	w, err := me.inMail(ctx, m)
	if err != nil {
		return nil, 0, err
	}
	if all, _, err = me.notices(ctx, w, most+1+maxUnread); err != nil {
		return nil, 0, err
	}
	if m.Tries == 0 && len(all) > 0 { // of which one client's will be left: see TakeNotices
		team, err := me.ofTeam(ctx)
		if err != nil {
			return nil, 0, err
		}
		first := all[0].Client
		all = slices.DeleteFunc(all, func(x Notice) bool { return !team && x.Client != first })
	}
	if len(all) > most {
		all, more = all[:most], len(all)-most
	}
	return all, more, me.titled(ctx, all)
}

// LeftUnread reports whether a mail takes along what the actor has not read, be it that
// they are not to be told of it any more.
func (me *Scope) LeftUnread(ctx context.Context, m Mail) (bool, error) {
	w, err := me.inMail(ctx, m)
	if err != nil {
		return false, err
	}
	happened, said, _, err := me.told(ctx, &w, 1)
	return len(happened)+len(said) > 0, err
}

// SeenSince reports whether the actor has looked at what a mail asks of them since it was
// queued: it is not mailed then. A reminder is, as it is of what was seen.
func (me *Scope) SeenSince(ctx context.Context, m Mail) (bool, error) {
	if mailings[m.Kind].with != "asked" {
		return false, nil
	}
	var at int64
	err := me.get(ctx, `SELECT COALESCE(n.read_at, 0) FROM my_told n WHERE n.listed = 1 AND n.about = $2 ORDER BY n.id DESC LIMIT 1`, []any{m.Subject}, &at)
	return at >= db.Micros(m.Created), noneFound(err)
}

// inMail wants what a mail takes along. Before it was first tried to send it, that is
// what it would take along now; one that is held since a backup was brought back has
// its own already.
func (me *Scope) inMail(ctx context.Context, m Mail) (wanted, error) {
	taken := string(m.ID)
	if m.Tries == 0 {
		var own int
		err := me.get(ctx, `SELECT COUNT(*) FROM (SELECT k.mail_id FROM my_mailed k WHERE k.mail = $2 AND k.mail_id = $3 LIMIT 1) x`, []any{mailOf(m.Kind), taken}, &own)
		if err != nil {
			return wanted{}, err
		}
		if own == 0 {
			taken = ""
		}
	}
	return wanted{among: `n.read_at IS NULL AND n.mail = $2 AND n.mail_id = $3`, args: []any{mailOf(m.Kind), taken}, seen: notMuted, oldestFirst: true, toTheEnd: true}, nil
}

// notMuted is what somebody is told of although it is of a project that they have muted.
const notMuted = `(e.needs = 1 OR NOT EXISTS (SELECT 1 FROM my_mutes u WHERE u.project_id = e.project_id))`

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
