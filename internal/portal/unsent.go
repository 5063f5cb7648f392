package portal

import (
	"context"
	"reflect"
	"sort"
	"strconv"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// An Unsent is a comment on a version that was not sent yet. Its author alone
// sees it; a client's people can share theirs with those of them who lead.
type Unsent struct {
	ID         UnsentID
	Version    VersionID
	File       FileID
	Author     PersonID
	AuthorName string
	Own        bool   // the reader's
	Place      *Place // nil: all of the version
	Body       string
	CreatedAt  time.Time
	SavedAt    time.Time
	SharedAt   time.Time // zero: nobody else sees it
	Revision   int64
	Held
}

const unsentColumns = `u.id, u.version_id, u.file_id, u.person_id, u.person_name, u.own, u.place, u.body, u.created_at, u.saved_at, COALESCE(u.shared_at, 0), u.revision, u.side, u.rights`

func scanUnsent(rows *db.Rows) (u Unsent, err error) { return u, u.scan(rows.Scan) }

func (u *Unsent) scan(scan func(...any) error) error {
	return scan(&u.ID, &u.Version, &u.File, &u.Author, &u.AuthorName, &u.Own, placeColumn{&u.Place}, &u.Body, micros{&u.CreatedAt}, micros{&u.SavedAt}, micros{&u.SharedAt},
		&u.Revision, &u.Side, &u.Rights)
}

// maxUnsent bounds what one person keeps unsent of a version.
const maxUnsent = 200

// UnsentOn returns the comments on a version that the actor has not sent, and
// those that colleagues share with them, in the order in which they were made.
func (me *Scope) UnsentOn(ctx context.Context, id VersionID) ([]Unsent, error) {
	if _, err := version(ctx, me, id); err != nil {
		return nil, err
	}
	return unsentOn(ctx, me, id)
}

func unsentOn(ctx context.Context, r reader, id VersionID) ([]Unsent, error) {
	rows, err := r.query(ctx, `SELECT `+unsentColumns+` FROM my_unsent_comments u WHERE u.version_id = $2 ORDER BY u.id LIMIT 1000`, string(id))
	return list(rows, err, scanUnsent)
}

// SharedOn returns what colleagues share with the actor of all versions of a file
// and have not sent, the last first.
func (me *Scope) SharedOn(ctx context.Context, id FileID) ([]Unsent, error) {
	rows, err := me.query(ctx, `SELECT `+unsentColumns+` FROM my_unsent_comments u WHERE u.file_id = $2 AND u.own = 0 ORDER BY u.shared_at DESC, u.id DESC LIMIT 1000`, string(id))
	return list(rows, err, scanUnsent)
}

// Unsent returns one of them.
func (me *Scope) Unsent(ctx context.Context, id UnsentID) (Unsent, error) { return unsent(ctx, me, id) }

func unsent(ctx context.Context, r reader, id UnsentID) (u Unsent, err error) {
	err = u.scan(func(dest ...any) error {
		return r.get(ctx, `SELECT `+unsentColumns+` FROM my_unsent_comments u WHERE u.id = $2`, []any{string(id)}, dest...)
	})
	return u, err
}

// UnsentCounts says of how many comments that the actor has not sent there are on
// versions of a file; those without any are not in it.
func (me *Scope) UnsentCounts(ctx context.Context, id FileID) (map[VersionID]int, error) {
	counts := map[VersionID]int{}
	rows, err := me.query(ctx, `SELECT u.version_id, COUNT(*) FROM my_unsent_comments u WHERE u.file_id = $2 AND u.own = 1 GROUP BY u.version_id`, string(id))
	return counts, eachPair(rows, err, func(v VersionID, n int) { counts[v] = n })
}

// UnsentOf says the same of what is decided on, at most 100 versions.
func (me *Scope) UnsentOf(ctx context.Context, subjects []ApprovalSubject) (map[VersionID]int, error) {
	counts := map[VersionID]int{}
	if len(subjects) == 0 {
		return counts, nil
	}
	var versions []VersionID
	for _, s := range subjects[:min(len(subjects), 100)] {
		versions = append(versions, s.Version)
	}
	places, args := oneOf(2, versions)
	rows, err := me.query(ctx, `SELECT u.version_id, COUNT(*) FROM my_unsent_comments u WHERE u.version_id IN `+places+` AND u.own = 1 GROUP BY u.version_id`, args...)
	return counts, eachPair(rows, err, func(v VersionID, n int) { counts[v] = n })
}

const nobodyElses = "what was not sent is nobody else's business"

// KeepComment keeps a comment on a version, to be sent later. Takes what CommentOn
// takes.
func (me *Scope) KeepComment(ctx context.Context, id VersionID, body string, at *Place) (UnsentID, error) {
	made := UnsentID(db.NewID("uns"))
	err := me.write(ctx, func(t *tx) error {
		t.quiet(nobodyElses)
		v, err := version(ctx, t, id)
		if err != nil {
			return err
		}
		if !commentsOn(v).MayWrite() {
			return ErrForbidden
		}
		var c checks
		body, place, err := c.unsent(body, at, nil, v)
		if err != nil {
			return err
		}
		kept, err := unsentOn(ctx, t, id)
		if err != nil {
			return err
		}
		if len(kept) >= maxUnsent {
			return invalid("body", "too_many", "max", strconv.Itoa(maxUnsent))
		}
		if err := t.must(ctx, `INSERT INTO unsent_comments (id, person_id, version_id, place, body, created_at, saved_at) VALUES ($1, $2, $3, $4, $5, $6, $6)`,
			string(made), string(me.actor.person), string(id), place, body, t.now); err != nil {
			return err
		}
		t.subject = string(made)
		return t.discardDrafts(ctx, string(v.File))
	})
	return made, err
}

// commentsOn are comments on a version, as far as it says who may write them.
func commentsOn(v Version) Thread { return Thread{Kind: ItemThread, Held: v.Held} }

// unsent takes what a comment says, and where it is as it is kept. Where it was before
// it may stay.
func (c *checks) unsent(body string, at, was *Place, v Version) (text, place string, err error) {
	if text = c.text("body", body); text == "" {
		c.fail("body", "required")
	}
	if !reflect.DeepEqual(at, was) {
		at = c.place(at, v)
	}
	if err := c.err(); err != nil {
		return "", "", err
	}
	place, err = at.stored()
	return text, place, err
}

// ChangeUnsent changes what an own comment says that was not sent, and where it
// is.
func (me *Scope) ChangeUnsent(ctx context.Context, id UnsentID, body string, at *Place, revision int64) error {
	return me.write(ctx, func(t *tx) error {
		t.quiet(nobodyElses)
		u, v, err := t.unsentToWrite(ctx, id)
		switch {
		case err != nil:
			return err
		case !u.Own:
			return ErrForbidden
		}
		var c checks
		body, place, err := c.unsent(body, at, u.Place, v)
		if err != nil {
			return err
		}
		return t.must(ctx, `UPDATE unsent_comments SET body = $1, place = $2, saved_at = $3, revision = revision + 1 WHERE id = $4 AND revision = $5`,
			body, place, t.now, string(id), revision)
	})
}

// unsentToWrite loads what was not sent, for whom may still comment there.
func (t *tx) unsentToWrite(ctx context.Context, id UnsentID) (Unsent, Version, error) {
	u, err := unsent(ctx, t, id)
	if err != nil {
		return u, Version{}, err
	}
	v, err := version(ctx, t, u.Version)
	if err == nil && !commentsOn(v).MayWrite() {
		err = ErrForbidden
	}
	return u, v, err
}

// DeleteUnsent takes away an own comment that was not sent, for good; one that a
// colleague shared goes back to them.
func (me *Scope) DeleteUnsent(ctx context.Context, id UnsentID) error {
	return me.write(ctx, func(t *tx) error {
		t.quiet(nobodyElses)
		u, err := unsent(ctx, t, id)
		if err != nil {
			return err
		}
		if !u.Own {
			return t.must(ctx, `UPDATE unsent_comments SET shared_at = NULL, shared_in = NULL, revision = revision + 1 WHERE id = $1 AND shared_at IS NOT NULL`, string(id))
		}
		return t.must(ctx, `DELETE FROM unsent_comments WHERE id = $1`, string(id))
	})
}

// ShareUnsent lets those who lead the client's people see what the actor, one of
// them, has not sent of a version, so that they can send it with their own;
// KeepUnsent takes that back.
func (me *Scope) ShareUnsent(ctx context.Context, id VersionID) error {
	return me.share(ctx, id, true)
}

// KeepUnsent keeps to the actor what they have not sent of a version.
func (me *Scope) KeepUnsent(ctx context.Context, id VersionID) error {
	return me.share(ctx, id, false)
}

func (me *Scope) share(ctx context.Context, id VersionID, on bool) error {
	return me.write(ctx, func(t *tx) error {
		t.quiet(nobodyElses)
		v, err := version(ctx, t, id)
		switch {
		case err != nil:
			return err
		case v.Team() || !commentsOn(v).MayWrite():
			return ErrForbidden
		}
		q := `UPDATE unsent_comments SET shared_at = NULL, shared_in = NULL, revision = revision + 1 WHERE version_id = $1 AND person_id = $2 AND shared_at IS NOT NULL`
		args := []any{string(id), string(me.actor.person)}
		if on {
			q = `UPDATE unsent_comments SET shared_at = $3, shared_in = $4, revision = revision + 1 WHERE version_id = $1 AND person_id = $2 AND shared_at IS NULL`
			args = append(args, t.now, string(v.Project))
		}
		n, err := t.exec(ctx, q, args...)
		if err != nil || !on || n == 0 {
			return err
		}
		return t.tellLeads(ctx, v)
	})
}

// MailDraftsShared is the kind of the mails that tell those who lead of what a
// colleague shares with them.
const MailDraftsShared = "drafts_shared"

// leadsToldAgain is how long after one of those mails the next about the same
// file may go to the same person.
const leadsToldAgain = time.Hour

// tellLeads mails those who lead the client's people what waits for them of a
// file. No event says so: the team is not told of what was not sent.
func (t *tx) tellLeads(ctx context.Context, v Version) error {
	leads, err := t.leadsToTell(ctx, v, t.now-leadsToldAgain.Microseconds())
	for _, person := range leads {
		if err != nil {
			break
		}
		err = t.me.p.queueMail(ctx, t.Tx, MailDraftsShared, person, string(v.File))
	}
	return err
}

// SendFeedback sends all comments on a version that the actor has not sent, with
// those that colleagues share with them, and says how many: none when they were
// sent before. Each stays its author's; people are told of all at once. Takes
// what CommentOn takes.
func (me *Scope) SendFeedback(ctx context.Context, id VersionID, audience Side) (n int, err error) {
	err = me.write(ctx, func(t *tx) error {
		n = 0
		v, err := version(ctx, t, id)
		if err != nil {
			return err
		}
		i, err := loadItem(ctx, t, ItemID(v.File))
		if err != nil {
			return err
		}
		th := Thread{Kind: ItemThread, Client: i.client, Project: i.project, Item: i.id, Version: id, Held: i.Held}
		if !th.MayWrite() {
			return ErrForbidden
		}
		if th.Audience, err = spokenTo(i.Held, audience, v.widest(i)); err != nil {
			return err
		}
		if err := t.lock(ctx, string(i.client)); err != nil { // of two at once, the other finds nothing
			return err
		}
		all, err := unsentOn(ctx, t, id)
		if err != nil {
			return err
		}
		for _, u := range all {
			th.ID, th.Place, th.author = ThreadID(db.NewID("thr")), u.Place, u.Author
			if err := t.must(ctx, `DELETE FROM unsent_comments WHERE id = $1`, string(u.ID)); err != nil {
				return err
			}
			if err := t.insertThread(ctx, th, ""); err != nil {
				return err
			}
			if _, err := t.say(ctx, th, NewMessage{Body: u.Body, Audience: th.Audience}); err != nil {
				return err
			}
		}
		t.subject = string(id)
		if n = len(all); n == 0 {
			t.quiet("nothing was sent")
			return nil
		}
		t.heard(th, th.Audience)
		err = t.record(ctx, Happening{Kind: FeedbackSent, Client: i.client, Project: i.project, Subject: string(i.id), Audience: th.Audience, Section: i.about,
			Details: Details{"title": i.title, "count": strconv.Itoa(n)}})
		t.subject = string(id)
		return err
	})
	return n, err
}

// widest is who sees what is said of the version of a file at most.
func (v Version) widest(file item) Side {
	if v.Audience == Team {
		return Team
	}
	return file.audience
}

// A Marked is a comment on a place, as a stage shows it.
type Marked struct {
	Thread   ThreadID
	Version  VersionID // on which it was made: an earlier one of what came along
	Number   int
	Audience Side
	Place    Place
	Resolved bool

	kind string // of an earlier version
}

const maxMarked = 500

// newestSeen is the condition that of a file's versions the reader sees none newer.
func newestSeen(file, number string) string {
	return `NOT EXISTS (SELECT 1 FROM my_versions n WHERE n.file_id = ` + file + ` AND n.number > ` + number + `)`
}

// PlacesOn returns the places on a version that are commented on, those that were
// sent first first; at most 500. To the newest version that the actor sees come
// along, at most 500 too, those that are open on its file's earlier versions, where
// it has such a place.
func (me *Scope) PlacesOn(ctx context.Context, id VersionID) ([]Marked, error) {
	v, err := version(ctx, me, id)
	if err != nil {
		return nil, err
	}
	all, err := me.alongTo(ctx, v)
	if err != nil {
		return nil, err
	}
	rows, err := me.query(ctx, `
SELECT t.id, t.version_id, '', t.number, t.audience, t.place, CASE WHEN t.resolved_at IS NULL THEN 0 ELSE 1 END
  FROM my_threads t WHERE t.version_id = $2 AND t.number IS NOT NULL ORDER BY t.id LIMIT $3`, string(id), maxMarked)
	own, err := list(rows, err, scanMarked)
	all = append(all, own...)
	sort.Slice(all, func(i, j int) bool { return all[i].Thread < all[j].Thread })
	return all, err
}

// alongTo are the places that come along to a version: of those that it can have,
// the first 500 that it has.
func (me *Scope) alongTo(ctx context.Context, v Version) (all []Marked, err error) {
	if len(v.PlaceKinds()) == 0 {
		return nil, nil
	}
	one, other := v.alike()
	for after := ""; ; {
		rows, err := me.query(ctx, `
SELECT t.id, o.id, o.kind, t.number, t.audience, t.place, 0
  FROM my_threads t JOIN my_versions o ON o.id = t.version_id
 WHERE t.item_id = $2 AND t.number IS NOT NULL AND t.resolved_at IS NULL AND o.file_id = $2 AND o.number < $3 AND o.number > $4
   AND o.kind IN ($6, $7) AND t.id > $8 AND `+newestSeen("$2", "$3")+` ORDER BY t.id LIMIT $5`,
			string(v.File), v.Number, v.Number-MaxVersions, maxMarked, one, other, after)
		some, err := list(rows, err, scanMarked)
		if err != nil {
			return nil, err
		}
		for _, m := range some {
			if v.Lacks(m.Place, m.kind) == "" && len(all) < maxMarked {
				all = append(all, m)
			}
		}
		if len(some) < maxMarked || len(all) == maxMarked {
			return all, nil
		}
		after = string(some[len(some)-1].Thread)
	}
}

func scanMarked(rows *db.Rows) (m Marked, err error) {
	var p *Place
	if err = rows.Scan(&m.Thread, &m.Version, &m.kind, &m.Number, &m.Audience, placeColumn{&p}, &m.Resolved); err == nil && p != nil {
		m.Place = *p
	}
	return m, err
}
