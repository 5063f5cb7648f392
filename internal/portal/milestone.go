package portal

import (
	"context"
	"sort"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// Milestone is a point that a project reaches, or, with a start, a phase.
type Milestone struct {
	ID          MilestoneID
	Project     ProjectID
	Client      ClientID
	Title       string
	Body        string
	StartsOn    string
	DueOn       string
	PlannedOn   string // the due day that was shown first
	ShiftReason string // why it moved
	Turn        Side
	TurnSince   time.Time
	Position    int64
	Audience    Side
	ShownAt     time.Time
	CreatedAt   time.Time
	CreatedBy   PersonID // for the team
	ReachedAt   time.Time
	Revision    int64
	Held
}

// Reached reports whether the milestone was reached.
func (m Milestone) Reached() bool { return !m.ReachedAt.IsZero() }

// Shifted reports whether the due day is not the one first shown.
func (m Milestone) Shifted() bool { return m.PlannedOn != "" && m.PlannedOn != m.DueOn }

// WaitsSince is since when somebody has been waited for: zero while the team
// has it as it was planned.
func (m Milestone) WaitsSince() time.Time {
	if m.Turn == Team && !m.TurnSince.After(m.CreatedAt) {
		return time.Time{}
	}
	return m.TurnSince
}

// Phase reports whether the milestone spans time.
func (m Milestone) Phase() bool { return m.StartsOn != "" && m.DueOn != "" }

const milestoneColumns = `m.id, m.project_id, m.client_id, m.title, m.body, COALESCE(m.starts_on, ''), COALESCE(m.due_on, ''), COALESCE(m.planned_on, ''),
       m.shift_reason, m.turn, m.turn_since, m.position, m.audience, COALESCE(m.shown_at, 0), m.created_at, COALESCE(m.created_by, ''),
       COALESCE(m.reached_at, 0), m.revision, m.side, m.rights`

func (m *Milestone) scan(scan func(...any) error) error {
	var since, shown, created, reached int64
	err := scan(&m.ID, &m.Project, &m.Client, &m.Title, &m.Body, &m.StartsOn, &m.DueOn, &m.PlannedOn,
		&m.ShiftReason, &m.Turn, &since, &m.Position, &m.Audience, &shown, &created, &m.CreatedBy,
		&reached, &m.Revision, &m.Side, &m.Rights)
	m.TurnSince, m.ShownAt, m.CreatedAt, m.ReachedAt = moment(since), moment(shown), moment(created), moment(reached)
	return err
}

// Milestone returns one milestone.
func (me *Scope) Milestone(ctx context.Context, id MilestoneID) (Milestone, error) {
	return milestone(ctx, me, id)
}

func milestone(ctx context.Context, r reader, id MilestoneID) (m Milestone, err error) {
	err = m.scan(func(dest ...any) error {
		return r.get(ctx, `SELECT `+milestoneColumns+` FROM my_milestones m WHERE m.id = $2`, []any{string(id)}, dest...)
	})
	return m, err
}

// maxMilestones bounds a project's list.
const maxMilestones = 200

// Milestones returns the milestones of a project in their order.
func (me *Scope) Milestones(ctx context.Context, id ProjectID) ([]Milestone, error) {
	rows, err := me.query(ctx, `
SELECT `+milestoneColumns+` FROM my_milestones m WHERE m.project_id = $2 ORDER BY m.position, m.id LIMIT $3`, string(id), maxMilestones)
	return list(rows, err, func(rows *db.Rows) (m Milestone, err error) { return m, m.scan(rows.Scan) })
}

// A Timeline is the milestones of a project along its days.
type Timeline struct {
	From, To   string // the first and the last day of any, empty when none has one
	Milestones []Milestone
}

// Timeline returns the milestones by day, those without one last.
func (me *Scope) Timeline(ctx context.Context, id ProjectID) (Timeline, error) {
	all, err := me.Milestones(ctx, id)
	t := Timeline{Milestones: all}
	day := func(m Milestone) string {
		switch {
		case m.StartsOn != "":
			return m.StartsOn
		case m.DueOn != "":
			return m.DueOn
		}
		return "9999"
	}
	sort.SliceStable(t.Milestones, func(i, j int) bool { return day(t.Milestones[i]) < day(t.Milestones[j]) })
	for _, m := range all {
		for _, d := range []string{m.StartsOn, m.DueOn, m.PlannedOn} {
			if d == "" {
				continue
			}
			if t.From == "" || d < t.From {
				t.From = d
			}
			t.To = max(t.To, d)
		}
	}
	return t, err
}

// NewMilestone is what AddMilestone takes.
type NewMilestone struct {
	Title, Body     string
	StartsOn, DueOn string
	Turn            Side // empty: the team
	Audience        Side // empty: the team
}

// AddMilestone adds a milestone after the others. Takes Contribute.
func (me *Scope) AddMilestone(ctx context.Context, project ProjectID, n NewMilestone) (MilestoneID, error) {
	var c checks
	n.Title = c.name("title", n.Title)
	n.Body = c.text("body", n.Body)
	n.StartsOn, n.DueOn = c.days(n.StartsOn, n.DueOn)
	n.Audience = c.audience(n.Audience)
	n.Turn = c.turn(n.Turn, n.Audience)
	if err := c.err(); err != nil {
		return "", err
	}
	var id MilestoneID
	err := me.write(ctx, func(t *tx) error {
		p, err := t.projectFor(ctx, project, Contribute)
		if err != nil {
			return err
		}
		if id, err = t.insertMilestone(ctx, project, n); err != nil {
			return err
		}
		return t.record(ctx, Happening{Kind: MilestoneAdded, Client: p.Client, Project: project, Subject: string(id), Audience: n.Audience, Details: Details{"title": n.Title}})
	})
	return id, err
}

func (t *tx) insertMilestone(ctx context.Context, project ProjectID, n NewMilestone) (MilestoneID, error) {
	position, err := t.nextPosition(ctx, "milestones", project)
	if err != nil {
		return "", err
	}
	return t.insertMilestoneAt(ctx, project, position, n)
}

func (t *tx) insertMilestoneAt(ctx context.Context, project ProjectID, position int64, n NewMilestone) (MilestoneID, error) {
	id := MilestoneID(db.NewID("mst"))
	at, by := t.shown(n.Audience)
	var planned any
	if n.Audience == ClientSide {
		planned = nullable(n.DueOn)
	}
	return id, t.must(ctx, `
INSERT INTO milestones (id, project_id, title, title_key, body, starts_on, due_on, planned_on, turn, turn_since, position, audience, shown_at, shown_by, created_at, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $10, $15)`,
		string(id), string(project), n.Title, fold(n.Title), n.Body, nullable(n.StartsOn), nullable(n.DueOn), planned, string(n.Turn), t.now,
		position, string(n.Audience), at, by, string(t.me.actor.person))
}

// MilestoneChange is what ChangeMilestone takes.
type MilestoneChange struct {
	Title, Body     string
	StartsOn, DueOn string
	Reason          string // of a moved due day; needed when the client sees it
	Revision        int64
}

// ChangeMilestone saves a milestone. Once the client was shown a due day, moving
// it takes a reason, and the day first shown is kept beside it. Takes Contribute.
func (me *Scope) ChangeMilestone(ctx context.Context, id MilestoneID, in MilestoneChange) error {
	var c checks
	in.Title = c.name("title", in.Title)
	in.Body = c.text("body", in.Body)
	in.StartsOn, in.DueOn = c.days(in.StartsOn, in.DueOn)
	in.Reason = c.line("reason", in.Reason)
	if err := c.err(); err != nil {
		return err
	}
	return me.write(ctx, func(t *tx) error {
		m, err := t.milestoneFor(ctx, id, Contribute)
		if err != nil {
			return err
		}
		moved := m.DueOn != in.DueOn && m.PlannedOn != ""
		planned, reason := m.PlannedOn, m.ShiftReason
		if m.Audience == ClientSide {
			if moved && in.Reason == "" {
				return invalid("reason", "reason_needed")
			}
			if planned == "" {
				planned = in.DueOn
			}
		}
		if moved {
			reason = in.Reason
		}
		if err := t.must(ctx, `
UPDATE milestones SET title = $1, title_key = $2, body = $3, starts_on = $4, due_on = $5, planned_on = $6, shift_reason = $7, revision = revision + 1
 WHERE id = $8 AND revision = $9`,
			in.Title, fold(in.Title), in.Body, nullable(in.StartsOn), nullable(in.DueOn), nullable(planned), reason, string(id), in.Revision); err != nil {
			return err
		}
		h := Happening{Kind: MilestoneChanged, Client: m.Client, Project: m.Project, Subject: string(id), Audience: m.Audience, Details: Details{"title": in.Title}}
		if moved {
			// It tells days, so it shows only where those do.
			h.Kind, h.Section = MilestoneShifted, SectionMilestones|FieldDates
			h.Details = Details{"title": in.Title, "from": m.DueOn, "to": in.DueOn, "reason": in.Reason}
		}
		return t.record(ctx, h)
	})
}

func (t *tx) milestoneFor(ctx context.Context, id MilestoneID, what Rights) (Milestone, error) {
	m, err := milestone(ctx, t, id)
	if err == nil && !m.Can(what) {
		err = ErrForbidden
	}
	return m, err
}

func (m Milestone) item() item {
	return item{itemKind: itemKinds["mst"], id: ItemID(m.ID), project: m.Project, client: m.Client, title: m.Title,
		audience: m.Audience, madeBy: m.CreatedBy, revision: m.Revision, Held: m.Held}
}

// ReachMilestone says that the milestone is reached. Takes Contribute.
func (me *Scope) ReachMilestone(ctx context.Context, id MilestoneID) error {
	return me.write(ctx, func(t *tx) error {
		m, err := t.milestoneFor(ctx, id, Contribute)
		if err != nil || m.Reached() {
			return err
		}
		if err := t.must(ctx, `
UPDATE milestones SET reached_at = $1, reached_by = $2, revision = revision + 1 WHERE id = $3 AND reached_at IS NULL`,
			t.now, string(me.actor.person), string(id)); err != nil {
			return err
		}
		return t.tell(ctx, MilestoneReached, m.item(), nil)
	})
}

// ReopenMilestone undoes ReachMilestone. Takes Contribute.
func (me *Scope) ReopenMilestone(ctx context.Context, id MilestoneID) error {
	return me.write(ctx, func(t *tx) error {
		m, err := t.milestoneFor(ctx, id, Contribute)
		if err != nil || !m.Reached() {
			return err
		}
		if err := t.must(ctx, `
UPDATE milestones SET reached_at = NULL, reached_by = NULL, turn_since = $1, revision = revision + 1 WHERE id = $2 AND reached_at IS NOT NULL`,
			t.now, string(id)); err != nil {
			return err
		}
		return t.tell(ctx, MilestoneReopened, m.item(), nil)
	})
}

// DeleteMilestone deletes a milestone; what belonged to it stays. One that somebody
// was asked to sign off stays: ErrConflict. Takes Manage, or to have made it.
func (me *Scope) DeleteMilestone(ctx context.Context, id MilestoneID) error {
	return me.write(ctx, func(t *tx) error {
		m, err := milestone(ctx, t, id)
		switch {
		case err != nil:
			return err
		case !m.item().mayShow(me.actor.person):
			return ErrForbidden
		}
		if err := t.notSigned(ctx, string(id)); err != nil {
			return err
		}
		for _, q := range []string{
			`UPDATE tasks SET milestone_id = NULL, revision = revision + 1 WHERE milestone_id = $1`,
			`UPDATE deliverables SET milestone_id = NULL, revision = revision + 1 WHERE milestone_id = $1`,
		} {
			if _, err := t.exec(ctx, q, string(id)); err != nil {
				return err
			}
		}
		return t.deleteItem(ctx, MilestoneDeleted, m.item())
	})
}

// deleteItem deletes the row and says so.
func (t *tx) deleteItem(ctx context.Context, k Kind, i item) error {
	if err := t.unsay(ctx, inItem, string(i.id)); err != nil {
		return err
	}
	for _, q := range []string{`DELETE FROM seen WHERE item_id = $1`, `DELETE FROM attachments WHERE item_id = $1`} {
		if _, err := t.exec(ctx, q, string(i.id)); err != nil {
			return err
		}
	}
	if err := t.must(ctx, `DELETE FROM `+i.table+` WHERE id = $1`, string(i.id)); err != nil {
		return err
	}
	return t.tell(ctx, k, i, nil)
}

// MoveMilestone puts a milestone after another of its project, or first when
// after is empty. Takes Contribute.
func (me *Scope) MoveMilestone(ctx context.Context, id, after MilestoneID) error {
	return me.move(ctx, ItemID(id), ItemID(after))
}

// checkMilestone makes sure that the milestone is one of the project's.
func (t *tx) checkMilestone(ctx context.Context, project ProjectID, id MilestoneID) error {
	if id == "" {
		return nil
	}
	m, err := milestone(ctx, t, id)
	if err == ErrNotFound || err == nil && m.Project != project {
		return invalid("milestone", "choice")
	}
	return err
}
