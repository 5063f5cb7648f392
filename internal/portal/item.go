package portal

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// ItemID is the id of a milestone, a task, a deliverable, an update, a folder
// or a file; its prefix says which.
type ItemID string

// An itemKind is what the kinds of item have in common.
type itemKind struct {
	name    string // of the kind, also the word's key
	table   string
	title   string   // the column that titles it
	made    string   // the column that says who made it
	section Sections // where the client sees it; one of them is enough
	about   Sections // the section of its events
}

var itemKinds = map[string]itemKind{
	"mst": {"milestone", "milestones", "title", "created_by", SectionTimeline | SectionMilestones, SectionMilestones},
	"tsk": {"task", "tasks", "title", "created_by", SectionTasks, SectionTasks},
	"dlv": {"deliverable", "deliverables", "title", "created_by", SectionDeliverables, SectionDeliverables},
	"upd": {"update", "updates", "project_name", "author_id", SectionUpdates, SectionUpdates},
	"fol": {"folder", "folders", "name", "created_by", SectionFiles, SectionFiles},
	"fil": {"file", "files", "name", "created_by", SectionFiles, SectionFiles},
}

// Kind is "milestone", "task", "deliverable", "update", "folder" or "file";
// empty for any other id.
func (id ItemID) Kind() string {
	k, _ := kindOfItem(string(id))
	return k.name
}

// kindOfItem is what an id says it is of.
func kindOfItem(id string) (k itemKind, ok bool) {
	prefix, _, _ := strings.Cut(id, "_")
	k, ok = itemKinds[prefix]
	return k, ok
}

// item is what is the same for every kind.
type item struct {
	itemKind
	id       ItemID
	project  ProjectID
	client   ClientID
	title    string
	audience Side
	madeBy   PersonID // for the team
	revision int64
	Held
}

// inFiles reports whether it is a folder or a file.
func (i item) inFiles() bool { return i.about == SectionFiles }

// item loads any item the actor sees.
func loadItem(ctx context.Context, r reader, id ItemID) (item, error) {
	k, ok := kindOfItem(string(id))
	if !ok {
		return item{}, ErrNotFound
	}
	i := item{itemKind: k, id: id}
	err := r.get(ctx, `
SELECT i.project_id, i.client_id, i.`+k.title+`, i.audience, COALESCE(i.`+k.made+`, ''), i.revision, i.side, i.rights FROM my_`+k.table+` i WHERE i.id = $2`,
		[]any{string(id)}, &i.project, &i.client, &i.title, &i.audience, &i.madeBy, &i.revision, &i.Side, &i.Rights)
	return i, err
}

// titles are those of the items that the reader sees, in one query for each
// kind.
func titles(ctx context.Context, r reader, ids []ItemID) (map[ItemID]string, error) {
	kinds := map[itemKind][]ItemID{}
	for _, id := range ids {
		if k, ok := kindOfItem(string(id)); ok && !slices.Contains(kinds[k], id) {
			kinds[k] = append(kinds[k], id)
		}
	}
	all := map[ItemID]string{}
	for k, ids := range kinds {
		for part := range slices.Chunk(ids, 200) {
			in, args := oneOf(2, part)
			rows, err := r.query(ctx, `SELECT i.id, i.`+k.title+` FROM my_`+k.table+` i WHERE i.id IN `+in, args...)
			if err := eachPair(rows, err, func(id ItemID, title string) { all[id] = title }); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// mayShow reports whether the actor may change who sees the item: anyone's
// with Manage, their own with Contribute.
func (i item) mayShow(me PersonID) bool {
	return i.Can(Contribute) && (i.Can(Manage) || i.Team() && i.madeBy == me)
}

// tell records what happened to the item, and closes it to those whom that concerns.
func (t *tx) tell(ctx context.Context, k Kind, i item, details Details, closes ...PersonID) error {
	if details == nil {
		details = Details{}
	}
	if _, ok := details["title"]; !ok {
		details["title"] = i.title
	}
	return t.record(ctx, Happening{Kind: k, Client: i.client, Project: i.project, Subject: string(i.id), Audience: i.audience, Section: i.about, Details: details, Closes: closes})
}

// tellConcealed records that the client does not see the item any more, which is a
// thing of the kind. Those who saw it learn nothing, and look again.
func (t *tx) tellConcealed(ctx context.Context, i item, kind string) error {
	rows, err := t.query(ctx, `SELECT y.person_id FROM my_project_readers y WHERE y.project_id = $2 AND y.person_side = 'client' AND (y.shows & $3) <> 0`, string(i.project), int64(i.section))
	saw, err := list(rows, err, scanOne[PersonID])
	if err != nil {
		return err
	}
	return t.tell(ctx, ItemConcealed, i, Details{"kind": kind}, saw...)
}

// audienceOf takes the audience of a new item: the team unless chosen.
func (c *checks) audience(s Side) Side {
	if s == "" {
		return Team
	}
	return Side(c.oneOf("audience", string(s), string(Team), string(ClientSide)))
}

// turn takes whose turn it is. It cannot be the client's when they do not see it.
func (c *checks) turn(s, audience Side) Side {
	if s == "" {
		return Team
	}
	c.oneOf("turn", string(s), string(Team), string(ClientSide))
	if s == ClientSide && audience != ClientSide {
		c.fail("turn", "not_shown")
	}
	return s
}

// shown says since when and by whom an item of the audience is shown.
func (t *tx) shown(audience Side) (at, by any) {
	if audience == ClientSide {
		return t.now, string(t.me.actor.person)
	}
	return nil, nil
}

// gap is left between neighbours in an order, for what is put between them.
const gap = 1 << 20

// nextPosition is the place after all the others of a project that the actor,
// who is of the team, sees: all there are.
func (t *tx) nextPosition(ctx context.Context, table string, id ProjectID) (n int64, err error) {
	err = t.get(ctx, `SELECT COALESCE(MAX(i.position), 0) FROM my_`+table+` i WHERE i.project_id = $2`, []any{string(id)}, &n)
	return n + gap, err
}

// move puts an item after another of its project, or first.
func (me *Scope) move(ctx context.Context, id, after ItemID) error {
	return me.write(ctx, func(t *tx) error {
		i, err := loadItem(ctx, t, id)
		switch {
		case err != nil:
			return err
		case !i.Can(Contribute):
			return ErrForbidden
		}
		rows, err := t.query(ctx, `SELECT i.id, i.position FROM my_`+i.table+` i WHERE i.project_id = $2 ORDER BY i.position, i.id`, string(i.project))
		type place struct {
			id       ItemID
			position int64
		}
		all, err := list(rows, err, func(rows *db.Rows) (p place, err error) { return p, rows.Scan(&p.id, &p.position) })
		if err != nil {
			return err
		}
		order, found := make([]place, 0, len(all)), after == ""
		var before, behind int64
		if found {
			order = append(order, place{id: id})
		}
		for _, p := range all {
			if p.id == id {
				continue
			}
			if len(order) > 0 && order[len(order)-1].id == id {
				behind = p.position
			}
			order = append(order, p)
			if p.id == after {
				found, before = true, p.position
				order = append(order, place{id: id})
			}
		}
		if !found {
			return ErrNotFound
		}
		t.quiet("the order of a list is no news")
		if behind == 0 {
			behind = before + 2*gap
		}
		if mid := before + (behind-before)/2; mid > before && mid < behind {
			return t.must(ctx, `UPDATE `+i.table+` SET position = $1 WHERE id = $2`, mid, string(id))
		}
		for n, p := range order {
			if err := t.must(ctx, `UPDATE `+i.table+` SET position = $1 WHERE id = $2`, int64(n+1)*gap, string(p.id)); err != nil {
				return err
			}
		}
		return nil
	})
}

// PassTurn says that the other side must act on the item next. The team may
// pass any turn but that of a deliverable in review; a client user who may
// comment can hand back what waits for the client.
func (me *Scope) PassTurn(ctx context.Context, id ItemID, to Side) error {
	var c checks
	c.oneOf("turn", string(to), string(Team), string(ClientSide))
	if err := c.err(); err != nil {
		return err
	}
	return me.write(ctx, func(t *tx) error {
		i, err := loadItem(ctx, t, id)
		switch {
		case err != nil:
			return err
		case i.name == "update", i.inFiles():
			return ErrNotFound
		case i.Team() && !i.Can(Contribute), !i.Team() && (!i.Can(Comment) || to != Team):
			return ErrForbidden
		case to == ClientSide && i.audience != ClientSide:
			return invalid("turn", "not_shown")
		}
		q := `UPDATE ` + i.table + ` SET turn = $1, turn_since = $2, revision = revision + 1 WHERE id = $3 AND turn <> $1`
		if i.name == "deliverable" {
			q += ` AND state <> 'in_review'`
		}
		n, err := t.exec(ctx, q, string(to), t.now, string(id))
		if err != nil || n == 0 {
			return err
		}
		return t.tell(ctx, TurnPassed, i, Details{"turn": string(to)})
	})
}

// ItemActivity returns what happened to one item, newest first.
func (me *Scope) ItemActivity(ctx context.Context, id ItemID, limit int) ([]Event, error) {
	rows, err := me.query(ctx, `
SELECT `+eventColumns+`, e.project_name, e.client_name FROM my_events e WHERE e.subject = $2 ORDER BY e.at DESC, e.id DESC LIMIT $3`, string(id), limit)
	return list(rows, err, scanProjectEvent)
}

// Seen is who has seen an item, and when.
type Seen struct {
	Person      PersonID
	Name        string
	First, Last time.Time
}

// SeenBy returns which of the client's people have seen the item. For the team.
func (me *Scope) SeenBy(ctx context.Context, id ItemID) ([]Seen, error) { return seenBy(ctx, me, id) }

func seenBy(ctx context.Context, r reader, id ItemID) ([]Seen, error) {
	rows, err := r.query(ctx, `
SELECT s.person_id, s.name, s.first_at, s.last_at FROM my_seen s WHERE s.item_id = $2 ORDER BY s.first_at, s.person_id LIMIT 100`, string(id))
	return list(rows, err, func(rows *db.Rows) (s Seen, err error) {
		var first, last int64
		err = rows.Scan(&s.Person, &s.Name, &first, &last)
		s.First, s.Last = moment(first), moment(last)
		return s, err
	})
}

// MarkSeen notes that the actor, one of the client's people, has looked at the
// items; and at approvals and sign-offs, whoever is asked in them. Items they do not
// see, and readers of the team, are left out.
func (me *Scope) MarkSeen(ctx context.Context, ids ...ItemID) error {
	if len(ids) > 100 {
		ids = ids[:100]
	}
	return me.write(ctx, func(t *tx) error {
		t.quiet("that something was looked at changes nothing")
		for _, id := range ids {
			if strings.HasPrefix(string(id), "sgn_") {
				if err := t.signoffViewed(ctx, SignoffID(id)); err != nil {
					return err
				}
				continue
			}
			if strings.HasPrefix(string(id), "apr_") {
				if err := t.viewedBy(ctx, ApprovalID(id)); err != nil {
					return err
				}
				continue
			}
			i, err := loadItem(ctx, t, id)
			if err == ErrNotFound || err == nil && i.Team() {
				continue
			}
			if err != nil {
				return err
			}
			if _, err := t.exec(ctx, `
INSERT INTO seen (person_id, item_id, first_at, last_at) VALUES ($1, $2, $3, $3)
ON CONFLICT (person_id, item_id) DO UPDATE SET last_at = $3`, string(me.actor.person), string(id), t.now); err != nil {
				return err
			}
		}
		return nil
	})
}

// placeholder is "$n".
func placeholder(n int) string { return "$" + strconv.Itoa(n) }

// oneOf returns "($n, …)" for the values, the first of which is $first. The
// number of places is rounded up, so that there are few texts to prepare.
func oneOf[T ~string](first int, values []T) (places string, args []any) {
	n := len(values)
	for _, size := range []int{1, 6, 12, 25, 50, 100, 200} {
		if n <= size {
			n = size
			break
		}
	}
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(placeholder(first + i))
		v := ""
		if i < len(values) {
			v = string(values[i])
		}
		args = append(args, v)
	}
	return "(" + b.String() + ")", args
}
