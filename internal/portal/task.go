package portal

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// Task is something to do in a project.
type Task struct {
	ID             TaskID
	Project        ProjectID
	Client         ClientID
	Title          string
	Body           string
	Milestone      MilestoneID // empty when none, or not for the reader
	MilestoneTitle string
	Assignee       PersonID // empty when nobody, or not for the reader
	AssigneeName   string
	Assigned       bool // to somebody, named or not
	DueOn          string
	Turn           Side
	TurnSince      time.Time
	Position       int64
	Audience       Side
	ShownAt        time.Time
	CreatedAt      time.Time
	CreatedBy      PersonID // for the team
	StartedAt      time.Time
	CompletedAt    time.Time
	CompletedBy    PersonID // for the team and for who did it
	Revision       int64
	Held
}

// Open reports whether the task is still to be done.
func (t Task) Open() bool { return t.CompletedAt.IsZero() }

// State is "open", "started" or "completed".
func (t Task) State() string {
	switch {
	case !t.Open():
		return "completed"
	case !t.StartedAt.IsZero():
		return "started"
	}
	return "open"
}

// MayComplete reports whether the person, who reads the task, may complete it:
// the team may; of the client's people, who can comment, and has it or finds it
// waiting for the client and given to nobody.
func (t Task) MayComplete(p PersonID) bool {
	if t.Team() {
		return t.Can(Contribute)
	}
	return t.Can(Comment) && (t.Assigned && t.Assignee == p || !t.Assigned && t.Turn == ClientSide)
}

const taskColumns = `t.id, t.project_id, t.client_id, t.title, t.body, COALESCE(t.milestone_id, ''), COALESCE(t.milestone_title, ''),
       COALESCE(t.assignee_id, ''), COALESCE(t.assignee_name, ''), t.assigned, COALESCE(t.due_on, ''), t.turn, t.turn_since, t.position,
       t.audience, COALESCE(t.shown_at, 0), t.created_at, COALESCE(t.created_by, ''), COALESCE(t.started_at, 0), COALESCE(t.completed_at, 0),
       COALESCE(t.completed_by, ''), t.revision, t.side, t.rights`

func (t *Task) scan(scan func(...any) error) error {
	var since, shown, created, started, completed int64
	err := scan(&t.ID, &t.Project, &t.Client, &t.Title, &t.Body, &t.Milestone, &t.MilestoneTitle,
		&t.Assignee, &t.AssigneeName, &t.Assigned, &t.DueOn, &t.Turn, &since, &t.Position,
		&t.Audience, &shown, &created, &t.CreatedBy, &started, &completed,
		&t.CompletedBy, &t.Revision, &t.Side, &t.Rights)
	t.TurnSince, t.ShownAt, t.CreatedAt, t.StartedAt, t.CompletedAt = moment(since), moment(shown), moment(created), moment(started), moment(completed)
	return err
}

func (t Task) item() item {
	return item{itemKind: itemKinds["tsk"], id: ItemID(t.ID), project: t.Project, client: t.Client, title: t.Title,
		audience: t.Audience, madeBy: t.CreatedBy, revision: t.Revision, Held: t.Held}
}

// Task returns one task.
func (me *Scope) Task(ctx context.Context, id TaskID) (Task, error) { return task(ctx, me, id) }

func task(ctx context.Context, r reader, id TaskID) (t Task, err error) {
	err = t.scan(func(dest ...any) error {
		return r.get(ctx, `SELECT `+taskColumns+` FROM my_tasks t WHERE t.id = $2`, []any{string(id)}, dest...)
	})
	return t, err
}

// TaskFilter narrows Tasks.
type TaskFilter struct {
	Milestone MilestoneID
	Assignee  PersonID
	Turn      Side
	Open      bool // only those still to be done
	Done      bool // or only those that are
}

// Tasks returns the tasks of a project in their order.
func (me *Scope) Tasks(ctx context.Context, project ProjectID, f TaskFilter, pg Page) (tasks []Task, next string, err error) {
	q := `SELECT ` + taskColumns + ` FROM my_tasks t WHERE t.project_id = $2`
	args := []any{string(project), pg.limit()}
	and := func(cond string, arg any) {
		args = append(args, arg)
		q += ` AND ` + cond + placeholder(len(args)+1)
	}
	if f.Milestone != "" {
		and(`t.milestone_id = `, string(f.Milestone))
	}
	if f.Assignee != "" {
		and(`t.assignee_id = `, string(f.Assignee))
	}
	if f.Turn != "" {
		and(`t.turn = `, string(f.Turn))
	}
	if f.Open {
		q += ` AND t.completed_at IS NULL`
	}
	if f.Done {
		q += ` AND t.completed_at IS NOT NULL`
	}
	if pg.After != "" {
		position, id, err := splitKey(pg.After)
		if err != nil {
			return nil, "", err
		}
		and(`(t.position, t.id) > (`, position)
		args = append(args, id)
		q += `, ` + placeholder(len(args)+1) + `)`
	}
	rows, err := me.query(ctx, q+` ORDER BY t.position, t.id LIMIT $3`, args...)
	tasks, err = list(rows, err, func(rows *db.Rows) (t Task, err error) { return t, t.scan(rows.Scan) })
	if err != nil {
		return nil, "", err
	}
	tasks, next = page(tasks, pg, func(t Task) string { return joinKey(t.Position, string(t.ID)) })
	return tasks, next, nil
}

// joinKey is the key of a list that is ordered by a number and id, such as a position
// or a time in microseconds, and splitKey reads it.
func joinKey(n int64, id string) string { return strconv.FormatInt(n, 10) + "." + id }

func splitKey(s string) (position int64, id string, err error) {
	n, id, _ := strings.Cut(s, ".")
	if position, err = strconv.ParseInt(n, 10, 64); err != nil {
		return 0, "", invalid("after", "choice")
	}
	return position, id, nil
}

// NewTask is what AddTask takes.
type NewTask struct {
	Title, Body string
	Milestone   MilestoneID
	Assignee    PersonID
	DueOn       string
	Turn        Side // of a task given to nobody; empty: the team
	Audience    Side // empty: the team
}

// AddTask adds a task after the others. Whose turn it is follows from whom it
// is given to. Takes Contribute.
func (me *Scope) AddTask(ctx context.Context, project ProjectID, n NewTask) (TaskID, error) {
	var c checks
	n.Title = c.name("title", n.Title)
	n.Body = c.text("body", n.Body)
	n.DueOn = c.day("due_on", n.DueOn)
	n.Audience = c.audience(n.Audience)
	n.Turn = c.turn(n.Turn, n.Audience)
	if err := c.err(); err != nil {
		return "", err
	}
	var id TaskID
	err := me.write(ctx, func(t *tx) error {
		p, err := t.projectFor(ctx, project, Contribute)
		if err != nil {
			return err
		}
		if err := t.checkMilestone(ctx, project, n.Milestone); err != nil {
			return err
		}
		in := n
		if in.Assignee != "" {
			if in.Turn, err = t.sideOf(ctx, project, in.Assignee, in.Audience, "assignee"); err != nil {
				return err
			}
		}
		if id, err = t.insertTask(ctx, project, in); err != nil {
			return err
		}
		return t.record(ctx, Happening{Kind: TaskAdded, Client: p.Client, Project: project, Subject: string(id), Audience: n.Audience, Details: Details{"title": n.Title}})
	})
	return id, err
}

func (t *tx) insertTask(ctx context.Context, project ProjectID, n NewTask) (TaskID, error) {
	position, err := t.nextPosition(ctx, "tasks", project)
	if err != nil {
		return "", err
	}
	return t.insertTaskAt(ctx, project, position, n)
}

func (t *tx) insertTaskAt(ctx context.Context, project ProjectID, position int64, n NewTask) (TaskID, error) {
	id := TaskID(db.NewID("tsk"))
	at, by := t.shown(n.Audience)
	return id, t.must(ctx, `
INSERT INTO tasks (id, project_id, milestone_id, title, title_key, body, assignee_id, due_on, turn, turn_since, position, audience, shown_at, shown_by, created_at, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $10, $15)`,
		string(id), string(project), nullable(n.Milestone), n.Title, fold(n.Title), n.Body, nullable(n.Assignee), nullable(n.DueOn), string(n.Turn), t.now,
		position, string(n.Audience), at, by, string(t.me.actor.person))
}

// sideOf finds on which side somebody stands to whom an item is given.
func (t *tx) sideOf(ctx context.Context, project ProjectID, who PersonID, audience Side, field string) (Side, error) {
	var side Side
	err := t.get(ctx, `
SELECT x.person_side FROM my_project_people x
 WHERE x.project_id = $2 AND x.person_id = $3 AND (x.person_side = 'team' OR ($4 = 'client' AND (x.given & 4) <> 0))`,
		[]any{string(project), string(who), string(audience)}, &side)
	if err == ErrNotFound {
		return "", invalid(field, "cannot_see")
	}
	return side, err
}

// TaskChange is what ChangeTask takes.
type TaskChange struct {
	Title, Body string
	Milestone   MilestoneID
	DueOn       string
	Revision    int64
}

// ChangeTask saves a task. Takes Contribute.
func (me *Scope) ChangeTask(ctx context.Context, id TaskID, in TaskChange) error {
	var c checks
	in.Title = c.name("title", in.Title)
	in.Body = c.text("body", in.Body)
	in.DueOn = c.day("due_on", in.DueOn)
	if err := c.err(); err != nil {
		return err
	}
	return me.write(ctx, func(t *tx) error {
		x, err := t.taskFor(ctx, id)
		if err != nil {
			return err
		}
		if err := t.checkMilestone(ctx, x.Project, in.Milestone); err != nil {
			return err
		}
		if err := t.must(ctx, `
UPDATE tasks SET title = $1, title_key = $2, body = $3, milestone_id = $4, due_on = $5, revision = revision + 1 WHERE id = $6 AND revision = $7`,
			in.Title, fold(in.Title), in.Body, nullable(in.Milestone), nullable(in.DueOn), string(id), in.Revision); err != nil {
			return err
		}
		return t.tell(ctx, TaskChanged, x.item(), Details{"title": in.Title})
	})
}

// taskFor loads a task that the actor may change.
func (t *tx) taskFor(ctx context.Context, id TaskID) (Task, error) {
	x, err := task(ctx, t, id)
	if err == nil && !x.Can(Contribute) {
		err = ErrForbidden
	}
	return x, err
}

// AssignTask gives the task to somebody who sees it, or to nobody. The turn
// goes to their side. Takes Contribute.
func (me *Scope) AssignTask(ctx context.Context, id TaskID, to PersonID) error {
	return me.write(ctx, func(t *tx) error {
		x, err := t.taskFor(ctx, id)
		if err != nil || x.Assignee == to {
			return err
		}
		turn := Team
		if to != "" {
			if turn, err = t.sideOf(ctx, x.Project, to, x.Audience, "assignee"); err != nil {
				return err
			}
		}
		if err := t.must(ctx, `
UPDATE tasks SET assignee_id = $1, turn = $2, turn_since = CASE WHEN turn = $2 THEN turn_since ELSE $3 END, revision = revision + 1 WHERE id = $4`,
			nullable(to), string(turn), t.now, string(id)); err != nil {
			return err
		}
		if to == "" {
			return t.tell(ctx, TaskChanged, x.item(), nil)
		}
		return t.record(ctx, Happening{Kind: TaskAssigned, Client: x.Client, Project: x.Project, Subject: string(id), Person: to, Audience: x.Audience,
			Details: Details{"title": x.Title}})
	})
}

// StartTask says that somebody is at it. Takes what CompleteTask takes.
func (me *Scope) StartTask(ctx context.Context, id TaskID) error {
	return me.write(ctx, func(t *tx) error {
		x, err := task(ctx, t, id)
		switch {
		case err != nil:
			return err
		case !x.MayComplete(me.actor.person):
			return ErrForbidden
		case x.State() != "open":
			return nil
		}
		if err := t.must(ctx, `UPDATE tasks SET started_at = $1, revision = revision + 1 WHERE id = $2 AND started_at IS NULL AND completed_at IS NULL`,
			t.now, string(id)); err != nil {
			return err
		}
		return t.tell(ctx, TaskStarted, x.item(), nil)
	})
}

// CompleteTask says that the task is done; doing so twice is no error. See
// Task.MayComplete for who may.
func (me *Scope) CompleteTask(ctx context.Context, id TaskID) error {
	return me.write(ctx, func(t *tx) error {
		x, err := task(ctx, t, id)
		switch {
		case err != nil:
			return err
		case !x.MayComplete(me.actor.person):
			return ErrForbidden
		case !x.Open():
			return nil
		}
		if err := t.must(ctx, `
UPDATE tasks SET completed_at = $1, completed_by = $2, revision = revision + 1 WHERE id = $3 AND completed_at IS NULL`,
			t.now, string(me.actor.person), string(id)); err != nil {
			return err
		}
		return t.tell(ctx, TaskCompleted, x.item(), nil)
	})
}

// ReopenTask undoes CompleteTask. The client's people may reopen what they
// themselves completed; else it takes Contribute.
func (me *Scope) ReopenTask(ctx context.Context, id TaskID) error {
	return me.write(ctx, func(t *tx) error {
		x, err := task(ctx, t, id)
		switch {
		case err != nil:
			return err
		case !x.Can(Contribute) && !(x.MayComplete(me.actor.person) && x.CompletedBy == me.actor.person):
			return ErrForbidden
		case x.Open():
			return nil
		}
		if err := t.must(ctx, `
UPDATE tasks SET completed_at = NULL, completed_by = NULL, turn_since = $1, revision = revision + 1 WHERE id = $2 AND completed_at IS NOT NULL`,
			t.now, string(id)); err != nil {
			return err
		}
		return t.tell(ctx, TaskReopened, x.item(), nil)
	})
}

// DeleteTask deletes a task. Takes Manage, or to have made it.
func (me *Scope) DeleteTask(ctx context.Context, id TaskID) error {
	return me.write(ctx, func(t *tx) error {
		x, err := task(ctx, t, id)
		switch {
		case err != nil:
			return err
		case !x.item().mayShow(me.actor.person):
			return ErrForbidden
		}
		return t.deleteItem(ctx, TaskDeleted, x.item())
	})
}

// MoveTask puts a task after another of its project, or first when after is
// empty. Takes Contribute.
func (me *Scope) MoveTask(ctx context.Context, id, after TaskID) error {
	return me.move(ctx, ItemID(id), ItemID(after))
}
