package portal

import (
	"context"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// A State is how far a deliverable is.
type State string

// The states of a deliverable.
const (
	StateDraft            State = "draft"
	StateShared           State = "shared"
	StateInReview         State = "in_review"
	StateChangesRequested State = "changes_requested"
	StateApproved         State = "approved"
	StateSignedOff        State = "signed_off"
)

// Accepted reports whether the client has taken it.
func (s State) Accepted() bool { return s == StateApproved || s == StateSignedOff }

// Deliverable is what is handed over, approved and signed off.
type Deliverable struct {
	ID             DeliverableID
	Project        ProjectID
	Client         ClientID
	Title          string
	Body           string
	Milestone      MilestoneID // empty when none, or not for the reader
	MilestoneTitle string
	Owner          PersonID // empty when nobody, or not for the reader
	OwnerName      string
	DueOn          string
	State          State
	StateAt        time.Time
	StateBy        string // the name, empty when not for the reader
	Round          int    // of review, from 1
	Rounds         int    // included; 0 says nothing
	Turn           Side
	TurnSince      time.Time
	Position       int64
	Audience       Side
	ShownAt        time.Time
	CreatedAt      time.Time
	CreatedBy      PersonID // for the team
	Revision       int64
	Held
}

const deliverableColumns = `d.id, d.project_id, d.client_id, d.title, d.body, COALESCE(d.milestone_id, ''), COALESCE(d.milestone_title, ''),
       COALESCE(d.owner_id, ''), COALESCE(d.owner_name, ''), COALESCE(d.due_on, ''), d.state, d.state_at, COALESCE(d.state_by_name, ''),
       d.round, d.rounds, d.turn, d.turn_since, d.position, d.audience, COALESCE(d.shown_at, 0), d.created_at, COALESCE(d.created_by, ''),
       d.revision, d.side, d.rights`

func (d *Deliverable) scan(scan func(...any) error) error {
	var at, since, shown, created int64
	err := scan(&d.ID, &d.Project, &d.Client, &d.Title, &d.Body, &d.Milestone, &d.MilestoneTitle,
		&d.Owner, &d.OwnerName, &d.DueOn, &d.State, &at, &d.StateBy,
		&d.Round, &d.Rounds, &d.Turn, &since, &d.Position, &d.Audience, &shown, &created, &d.CreatedBy,
		&d.Revision, &d.Side, &d.Rights)
	d.StateAt, d.TurnSince, d.ShownAt, d.CreatedAt = moment(at), moment(since), moment(shown), moment(created)
	return err
}

func (d Deliverable) item() item {
	return item{itemKind: itemKinds["dlv"], id: ItemID(d.ID), project: d.Project, client: d.Client, title: d.Title,
		audience: d.Audience, madeBy: d.CreatedBy, revision: d.Revision, Held: d.Held}
}

// Deliverable returns one deliverable.
func (me *Scope) Deliverable(ctx context.Context, id DeliverableID) (Deliverable, error) {
	return deliverable(ctx, me, id)
}

func deliverable(ctx context.Context, r reader, id DeliverableID) (d Deliverable, err error) {
	err = d.scan(func(dest ...any) error {
		return r.get(ctx, `SELECT `+deliverableColumns+` FROM my_deliverables d WHERE d.id = $2`, []any{string(id)}, dest...)
	})
	return d, err
}

// maxDeliverables bounds a project's list.
const maxDeliverables = 300

// Deliverables returns the deliverables of a project in their order.
func (me *Scope) Deliverables(ctx context.Context, id ProjectID) ([]Deliverable, error) {
	rows, err := me.query(ctx, `
SELECT `+deliverableColumns+` FROM my_deliverables d WHERE d.project_id = $2 ORDER BY d.position, d.id LIMIT $3`, string(id), maxDeliverables)
	return list(rows, err, func(rows *db.Rows) (d Deliverable, err error) { return d, d.scan(rows.Scan) })
}

// Link is an address in a deliverable.
type Link struct {
	ID          LinkID
	Deliverable DeliverableID
	Title       string
	URL         string
	Held
}

// Links returns the links of deliverables, in their order.
func (me *Scope) Links(ctx context.Context, ids ...DeliverableID) ([]Link, error) {
	return links(ctx, me, ids...)
}

func links(ctx context.Context, r reader, ids ...DeliverableID) ([]Link, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	places, args := oneOf(2, ids)
	rows, err := r.query(ctx, `
SELECT l.id, l.deliverable_id, l.title, l.url, l.side, l.rights FROM my_links l
 WHERE l.deliverable_id IN `+places+` ORDER BY l.deliverable_id, l.position, l.id LIMIT 1000`, args...)
	return list(rows, err, func(rows *db.Rows) (l Link, err error) {
		return l, rows.Scan(&l.ID, &l.Deliverable, &l.Title, &l.URL, &l.Side, &l.Rights)
	})
}

// NewDeliverable is what AddDeliverable takes.
type NewDeliverable struct {
	Title, Body string
	Milestone   MilestoneID
	Owner       PersonID // of the team
	DueOn       string
	Rounds      int  // of review that are included; 0 says nothing
	Audience    Side // empty: the team
}

func (n *NewDeliverable) check() error {
	var c checks
	n.Title = c.name("title", n.Title)
	n.Body = c.text("body", n.Body)
	n.DueOn = c.day("due_on", n.DueOn)
	n.Audience = c.audience(n.Audience)
	c.rounds(n.Rounds)
	return c.err()
}

func (c *checks) rounds(n int) {
	if n < 0 || n > 99 {
		c.fail("rounds", "number", "min", "0", "max", "99")
	}
}

// AddDeliverable adds a deliverable after the others: a draft, or shared when
// the client sees it. Takes Contribute.
func (me *Scope) AddDeliverable(ctx context.Context, project ProjectID, n NewDeliverable) (DeliverableID, error) {
	if err := n.check(); err != nil {
		return "", err
	}
	var id DeliverableID
	err := me.write(ctx, func(t *tx) error {
		p, err := t.projectFor(ctx, project, Contribute)
		if err != nil {
			return err
		}
		if err := t.checkMilestone(ctx, project, n.Milestone); err != nil {
			return err
		}
		if n.Owner != "" {
			if _, err := t.sideOf(ctx, project, n.Owner, Team, "owner"); err != nil {
				return err
			}
		}
		if id, err = t.insertDeliverable(ctx, project, n); err != nil {
			return err
		}
		return t.record(ctx, Happening{Kind: DeliverableAdded, Client: p.Client, Project: project, Subject: string(id), Audience: n.Audience, Details: Details{"title": n.Title}})
	})
	return id, err
}

func (t *tx) insertDeliverable(ctx context.Context, project ProjectID, n NewDeliverable) (DeliverableID, error) {
	position, err := t.nextPosition(ctx, "deliverables", project)
	if err != nil {
		return "", err
	}
	return t.insertDeliverableAt(ctx, project, position, n)
}

func (t *tx) insertDeliverableAt(ctx context.Context, project ProjectID, position int64, n NewDeliverable) (DeliverableID, error) {
	id := DeliverableID(db.NewID("dlv"))
	at, by := t.shown(n.Audience)
	state := StateDraft
	if n.Audience == ClientSide {
		state = StateShared
	}
	return id, t.must(ctx, `
INSERT INTO deliverables (id, project_id, milestone_id, title, title_key, body, owner_id, due_on, state, state_at, state_by, rounds, turn_since, position, audience, shown_at, shown_by, created_at, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $10, $13, $14, $15, $16, $10, $11)`,
		string(id), string(project), nullable(n.Milestone), n.Title, fold(n.Title), n.Body, nullable(n.Owner), nullable(n.DueOn), string(state), t.now,
		string(t.me.actor.person), n.Rounds, position, string(n.Audience), at, by)
}

// DeliverableChange is what ChangeDeliverable takes.
type DeliverableChange struct {
	Title, Body string
	Milestone   MilestoneID
	Owner       PersonID
	DueOn       string
	Rounds      int
	Revision    int64
}

// ChangeDeliverable saves a deliverable. What is in review or was accepted does
// not change: ErrConflict. Takes Contribute.
func (me *Scope) ChangeDeliverable(ctx context.Context, id DeliverableID, in DeliverableChange) error {
	var c checks
	in.Title = c.name("title", in.Title)
	in.Body = c.text("body", in.Body)
	in.DueOn = c.day("due_on", in.DueOn)
	c.rounds(in.Rounds)
	if err := c.err(); err != nil {
		return err
	}
	return me.write(ctx, func(t *tx) error {
		d, err := t.deliverableFor(ctx, id)
		if err != nil {
			return err
		}
		if d.fixed() {
			return ErrConflict
		}
		if err := t.checkMilestone(ctx, d.Project, in.Milestone); err != nil {
			return err
		}
		if in.Owner != "" && in.Owner != d.Owner {
			if _, err := t.sideOf(ctx, d.Project, in.Owner, Team, "owner"); err != nil {
				return err
			}
		}
		if err := t.must(ctx, `
UPDATE deliverables SET title = $1, title_key = $2, body = $3, milestone_id = $4, owner_id = $5, due_on = $6, rounds = $7, revision = revision + 1
 WHERE id = $8 AND revision = $9`,
			in.Title, fold(in.Title), in.Body, nullable(in.Milestone), nullable(in.Owner), nullable(in.DueOn), in.Rounds, string(id), in.Revision); err != nil {
			return err
		}
		if in.Title != d.Title || in.Body != d.Body { // the team's stages may be asked, whose content is not fixed
			if err := t.outdateContent(ctx, askedOfDeliverable, string(id)); err != nil {
				return err
			}
		}
		return t.tell(ctx, DeliverableChanged, d.item(), Details{"title": in.Title})
	})
}

// fixed reports whether the content must stay as it is: the client is looking
// at it, or has accepted it.
func (d Deliverable) fixed() bool { return d.State == StateInReview || d.State.Accepted() }

// deliverableFor loads a deliverable that the actor may change, with the lock of its
// client's chain: who is about to ask about it waits, or has asked.
func (t *tx) deliverableFor(ctx context.Context, id DeliverableID) (Deliverable, error) {
	d, err := heldBy(ctx, t, func() (Deliverable, error) { return deliverable(ctx, t, id) }, func(d Deliverable) ClientID { return d.Client })
	if err == nil && !d.Can(Contribute) {
		err = ErrForbidden
	}
	return d, err
}

// AddLink puts an address into the deliverable. Takes Contribute; ErrConflict
// when it is in review or accepted.
func (me *Scope) AddLink(ctx context.Context, id DeliverableID, title, address string) (LinkID, error) {
	var c checks
	title = c.line("title", title)
	address = c.link("url", address)
	if err := c.err(); err != nil {
		return "", err
	}
	if title == "" {
		title = address
	}
	link := LinkID(db.NewID("dln"))
	err := me.write(ctx, func(t *tx) error {
		d, err := t.deliverableFor(ctx, id)
		if err != nil {
			return err
		}
		if d.fixed() {
			return ErrConflict
		}
		all, err := links(ctx, t, id)
		if err != nil {
			return err
		}
		if len(all) >= 50 {
			return invalid("url", "too_many", "max", "50")
		}
		if err := t.must(ctx, `
INSERT INTO deliverable_links (id, deliverable_id, title, url, position, created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			string(link), string(id), title, address, t.now, t.now, string(me.actor.person)); err != nil {
			return err
		}
		if err := t.touchDeliverable(ctx, id); err != nil {
			return err
		}
		err = t.tell(ctx, DeliverableChanged, d.item(), nil)
		t.subject = string(link) // the event is about the deliverable
		return err
	})
	return link, err
}

// touchDeliverable makes what was read of it before stale.
func (t *tx) touchDeliverable(ctx context.Context, id DeliverableID) error {
	if err := t.must(ctx, `UPDATE deliverables SET revision = revision + 1 WHERE id = $1 AND state NOT IN ('in_review', 'approved', 'signed_off')`, string(id)); err != nil {
		return err
	}
	return t.outdateContent(ctx, askedOfDeliverable, string(id))
}

// RemoveLink takes an address out again. As AddLink.
func (me *Scope) RemoveLink(ctx context.Context, id LinkID) error {
	return me.write(ctx, func(t *tx) error {
		var in DeliverableID
		if err := t.get(ctx, `SELECT l.deliverable_id FROM my_links l WHERE l.id = $2`, []any{string(id)}, &in); err != nil {
			return err
		}
		d, err := t.deliverableFor(ctx, in)
		if err != nil {
			return err
		}
		if d.fixed() {
			return ErrConflict
		}
		if err := t.must(ctx, `DELETE FROM deliverable_links WHERE id = $1`, string(id)); err != nil {
			return err
		}
		if err := t.touchDeliverable(ctx, in); err != nil {
			return err
		}
		return t.tell(ctx, DeliverableChanged, d.item(), nil)
	})
}

// ShareDeliverable shows a draft to the client: Reveal, from now on.
func (me *Scope) ShareDeliverable(ctx context.Context, id DeliverableID) error {
	return me.Reveal(ctx, ItemID(id), false)
}

// notAsked makes sure that no approval of a deliverable's content is under way,
// else ErrConflict.
func (t *tx) notAsked(ctx context.Context, id DeliverableID) error {
	n := 0
	err := t.get(ctx, `SELECT COUNT(*) FROM my_approvals a WHERE a.deliverable_id = $2 AND a.state IN ('requested', 'viewed')`, []any{string(id)}, &n)
	if err == nil && n > 0 {
		err = ErrConflict
	}
	return err
}

// DeleteDeliverable deletes a deliverable and its links. What is in review or
// was accepted, or on which somebody was asked to decide, stays: ErrConflict. Takes Manage, or to have made it.
func (me *Scope) DeleteDeliverable(ctx context.Context, id DeliverableID) error {
	return me.write(ctx, func(t *tx) error {
		d, err := deliverable(ctx, t, id)
		switch {
		case err != nil:
			return err
		case !d.item().mayShow(me.actor.person):
			return ErrForbidden
		case d.fixed():
			return ErrConflict
		}
		asked := 0
		if err := t.get(ctx, `SELECT COUNT(*) FROM my_approvals a WHERE a.deliverable_id = $2`, []any{string(id)}, &asked); err != nil {
			return err
		}
		if asked > 0 {
			return ErrConflict
		}
		if err := t.notSigned(ctx, string(id)); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `DELETE FROM deliverable_links WHERE deliverable_id = $1`, string(id)); err != nil {
			return err
		}
		return t.deleteItem(ctx, DeliverableDeleted, d.item())
	})
}

// MoveDeliverable puts a deliverable after another of its project, or first
// when after is empty. Takes Contribute.
func (me *Scope) MoveDeliverable(ctx context.Context, id, after DeliverableID) error {
	return me.move(ctx, ItemID(id), ItemID(after))
}
