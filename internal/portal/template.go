package portal

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// Template is a project to begin from.
type Template struct {
	ID                              TemplateID
	Name                            string
	Milestones, Tasks, Deliverables int // how many it brings
	Held
}

// templateBody is what a template holds. Days count from the project's start.
type templateBody struct {
	Name       string              `json:"name,omitempty"` // of those that are built in
	Milestones []templateMilestone `json:"milestones"`
	Tasks      []templateItem      `json:"tasks"`        // of no milestone
	Deliver    []templateItem      `json:"deliverables"` // likewise
}

type templateMilestone struct {
	Title        string         `json:"title"`
	Body         string         `json:"body,omitempty"`
	Start        *int           `json:"start,omitempty"`
	Due          *int           `json:"due,omitempty"`
	Audience     Side           `json:"audience,omitempty"`
	Tasks        []templateItem `json:"tasks,omitempty"`
	Deliverables []templateItem `json:"deliverables,omitempty"`
}

type templateItem struct {
	Title    string `json:"title"`
	Body     string `json:"body,omitempty"`
	Due      *int   `json:"due,omitempty"`
	Audience Side   `json:"audience,omitempty"`
	Rounds   int    `json:"rounds,omitempty"`
}

//go:embed templates/*.json
var templateFiles embed.FS

// EnsureTemplates puts the built-in templates into a workspace that has none.
func (p *Portal) EnsureTemplates(ctx context.Context) error {
	names, err := fs.Glob(templateFiles, "templates/*.json")
	if err != nil {
		return err
	}
	return p.db.Write(ctx, func(d *db.Tx) error {
		var n int
		if err := d.QueryRow(ctx, `SELECT COUNT(*) FROM templates`).Scan(&n); err != nil || n > 0 {
			return err
		}
		for _, name := range names {
			text, err := templateFiles.ReadFile(name)
			if err != nil {
				return err
			}
			var b templateBody
			if err := json.Unmarshal(text, &b); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			title := b.Name
			b.Name = ""
			if text, err = json.Marshal(b); err != nil {
				return err
			}
			if _, err := d.Exec(ctx, `INSERT INTO templates (id, name, name_key, body, created_at) VALUES ($1, $2, $3, $4, $5)`,
				db.NewID("tpl"), title, fold(title), string(text), db.Micros(p.now())); err != nil {
				return err
			}
		}
		return nil
	})
}

// Templates returns the templates by name. For the team.
func (me *Scope) Templates(ctx context.Context) ([]Template, error) {
	rows, err := me.query(ctx, `SELECT t.id, t.name, t.body, t.side, t.rights FROM my_templates t ORDER BY t.name_key LIMIT 200`)
	return list(rows, err, func(rows *db.Rows) (t Template, err error) {
		var text string
		if err := rows.Scan(&t.ID, &t.Name, &text, &t.Side, &t.Rights); err != nil {
			return t, err
		}
		var b templateBody
		if err := json.Unmarshal([]byte(text), &b); err != nil {
			return t, err
		}
		t.Milestones, t.Tasks, t.Deliverables = len(b.Milestones), len(b.Tasks), len(b.Deliver)
		for _, m := range b.Milestones {
			t.Tasks += len(m.Tasks)
			t.Deliverables += len(m.Deliverables)
		}
		return t, nil
	})
}

// applyTemplate fills a new project. Without a start, days count from today.
func (t *tx) applyTemplate(ctx context.Context, project ProjectID, id TemplateID, start string) error {
	var text string
	if err := t.get(ctx, `SELECT t.body FROM my_templates t WHERE t.id = $2`, []any{string(id)}, &text); err == ErrNotFound {
		return invalid("template", "choice")
	} else if err != nil {
		return err
	}
	var b templateBody
	if err := json.Unmarshal([]byte(text), &b); err != nil {
		return err
	}
	from, err := time.Parse(time.DateOnly, start)
	if err != nil {
		from = db.FromMicros(t.now)
	}
	day := func(offset *int) string {
		if offset == nil {
			return ""
		}
		return from.AddDate(0, 0, *offset).Format(time.DateOnly)
	}
	position := int64(0)
	tasks := func(items []templateItem, m MilestoneID) error {
		for _, i := range items {
			position += gap
			if _, err := t.insertTaskAt(ctx, project, position, NewTask{Title: i.Title, Body: i.Body, Milestone: m, DueOn: day(i.Due), Turn: Team, Audience: orTeam(i.Audience)}); err != nil {
				return err
			}
		}
		return nil
	}
	deliverables := func(items []templateItem, m MilestoneID) error {
		for _, i := range items {
			position += gap
			if _, err := t.insertDeliverableAt(ctx, project, position, NewDeliverable{Title: i.Title, Body: i.Body, Milestone: m, DueOn: day(i.Due), Rounds: i.Rounds, Audience: orTeam(i.Audience)}); err != nil {
				return err
			}
		}
		return nil
	}
	for _, x := range b.Milestones {
		position += gap
		m, err := t.insertMilestoneAt(ctx, project, position, NewMilestone{Title: x.Title, Body: x.Body, StartsOn: day(x.Start), DueOn: day(x.Due), Turn: Team, Audience: orTeam(x.Audience)})
		if err != nil {
			return err
		}
		if err := tasks(x.Tasks, m); err != nil {
			return err
		}
		if err := deliverables(x.Deliverables, m); err != nil {
			return err
		}
	}
	if err := tasks(b.Tasks, ""); err != nil {
		return err
	}
	return deliverables(b.Deliver, "")
}

func orTeam(s Side) Side {
	if s == ClientSide {
		return s
	}
	return Team
}

// SaveAsTemplate keeps the project's milestones, tasks and deliverables, their
// order, days and audience, for projects to come. Takes Manage.
func (me *Scope) SaveAsTemplate(ctx context.Context, project ProjectID, name string) (TemplateID, error) {
	var c checks
	name = c.name("name", name)
	if err := c.err(); err != nil {
		return "", err
	}
	id := TemplateID(db.NewID("tpl"))
	err := me.write(ctx, func(t *tx) error {
		p, err := t.projectFor(ctx, project, Manage)
		if err != nil {
			return err
		}
		b, err := t.asTemplate(ctx, p)
		if err != nil {
			return err
		}
		text, err := json.Marshal(b)
		if err != nil {
			return err
		}
		n, err := t.exec(ctx, `
INSERT INTO templates (id, name, name_key, body, created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (name_key) DO NOTHING`,
			string(id), name, fold(name), string(text), t.now, string(me.actor.person))
		switch {
		case err != nil:
			return err
		case n == 0:
			return invalid("name", "taken")
		}
		return t.record(ctx, Happening{Kind: TemplateSaved, Subject: string(id), Details: Details{"title": name}})
	})
	return id, err
}

func (t *tx) asTemplate(ctx context.Context, p Project) (templateBody, error) {
	var b templateBody
	rows, err := t.query(ctx, `SELECT `+milestoneColumns+` FROM my_milestones m WHERE m.project_id = $2 ORDER BY m.position, m.id LIMIT $3`, string(p.ID), maxMilestones)
	milestones, err := list(rows, err, func(rows *db.Rows) (m Milestone, err error) { return m, m.scan(rows.Scan) })
	if err != nil {
		return b, err
	}
	rows, err = t.query(ctx, `SELECT `+taskColumns+` FROM my_tasks t WHERE t.project_id = $2 ORDER BY t.position, t.id LIMIT 1000`, string(p.ID))
	tasks, err := list(rows, err, func(rows *db.Rows) (x Task, err error) { return x, x.scan(rows.Scan) })
	if err != nil {
		return b, err
	}
	rows, err = t.query(ctx, `SELECT `+deliverableColumns+` FROM my_deliverables d WHERE d.project_id = $2 ORDER BY d.position, d.id LIMIT $3`, string(p.ID), maxDeliverables)
	deliverables, err := list(rows, err, func(rows *db.Rows) (d Deliverable, err error) { return d, d.scan(rows.Scan) })
	if err != nil {
		return b, err
	}

	start, err := time.Parse(time.DateOnly, p.StartsOn)
	if err != nil {
		start = p.CreatedAt.UTC().Truncate(24 * time.Hour)
	}
	offset := func(day string) *int {
		d, err := time.Parse(time.DateOnly, day)
		if err != nil {
			return nil
		}
		n := int(d.Sub(start).Hours() / 24)
		return &n
	}
	at := map[MilestoneID]int{}
	for n, m := range milestones {
		at[m.ID] = n
		b.Milestones = append(b.Milestones, templateMilestone{Title: m.Title, Body: m.Body, Start: offset(m.StartsOn), Due: offset(m.DueOn), Audience: m.Audience})
	}
	for _, x := range tasks {
		i := templateItem{Title: x.Title, Body: x.Body, Due: offset(x.DueOn), Audience: x.Audience}
		if n, ok := at[x.Milestone]; ok {
			b.Milestones[n].Tasks = append(b.Milestones[n].Tasks, i)
		} else {
			b.Tasks = append(b.Tasks, i)
		}
	}
	for _, d := range deliverables {
		i := templateItem{Title: d.Title, Body: d.Body, Due: offset(d.DueOn), Audience: d.Audience, Rounds: d.Rounds}
		if n, ok := at[d.Milestone]; ok {
			b.Milestones[n].Deliverables = append(b.Milestones[n].Deliverables, i)
		} else {
			b.Deliver = append(b.Deliver, i)
		}
	}
	return b, nil
}

// DeleteTemplate deletes a template; projects made from it stay. Takes Manage.
func (me *Scope) DeleteTemplate(ctx context.Context, id TemplateID) error {
	return me.write(ctx, func(t *tx) error {
		var x Template
		err := t.get(ctx, `SELECT t.name, t.rights FROM my_templates t WHERE t.id = $2`, []any{string(id)}, &x.Name, &x.Rights)
		switch {
		case err != nil:
			return err
		case !x.Can(Manage):
			return ErrForbidden
		}
		if err := t.must(ctx, `DELETE FROM templates WHERE id = $1`, string(id)); err != nil {
			return err
		}
		return t.record(ctx, Happening{Kind: TemplateDeleted, Subject: string(id), Details: Details{"title": x.Name}})
	})
}
