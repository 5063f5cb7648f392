package portal

import (
	"context"
)

// Audience is who of the client's people sees what is shown in a project.
type Audience struct {
	Client  string   // the client's name
	Names   []string // of at most five
	Count   int      // how many in all
	Invited int      // and how many more once they accept
	Shared  bool     // the project is shared: else nobody sees it yet
	Open    bool     // portal access is on: likewise
	Shown   bool     // the section it shows in is on: likewise
}

// Now reports whether what is shown is seen at once.
func (a Audience) Now() bool { return a.Shared && a.Open && a.Shown }

const namedInAudience = 5

// AudiencePreview says who would see something of the kind ("milestone",
// "task", "deliverable", "update", "folder", "file") if it were shown. For the project's team.
func (me *Scope) AudiencePreview(ctx context.Context, project ProjectID, kind string) (Audience, error) {
	return audience(ctx, me, project, kind)
}

func audience(ctx context.Context, r reader, project ProjectID, kind string) (Audience, error) {
	var a Audience
	var side Side
	var shows Sections
	err := r.get(ctx, `
SELECT p.client_name, CASE WHEN p.shared_at IS NULL THEN 0 ELSE 1 END,
       CASE WHEN c.portal_since IS NULL OR c.archived_at IS NOT NULL THEN 0 ELSE 1 END, p.shows, p.side
  FROM my_projects p JOIN my_clients c ON c.id = p.client_id WHERE p.id = $2`, []any{string(project)}, &a.Client, &a.Shared, &a.Open, &shows, &side)
	switch {
	case err != nil:
		return a, err
	case side != Team:
		return a, ErrNotFound
	}
	a.Shown = true
	for _, k := range itemKinds {
		if k.name == kind {
			a.Shown = shows&k.section != 0
		}
	}
	if err := r.get(ctx, `
SELECT COUNT(u.accepted_at), COUNT(*) FROM my_audiences u WHERE u.project_id = $2`, []any{string(project)}, &a.Count, &a.Invited); err != nil {
		return a, err
	}
	a.Invited -= a.Count
	rows, err := r.query(ctx, `
SELECT u.name FROM my_audiences u WHERE u.project_id = $2 AND u.accepted_at IS NOT NULL ORDER BY u.name, u.person_id LIMIT $3`, string(project), namedInAudience)
	a.Names, err = list(rows, err, scanOne[string])
	return a, err
}

// A Reveal is what the client will see that they do not see now.
type Reveal struct {
	Item     ItemID
	Title    string
	Project  ProjectID
	Sees     Side // who sees it now
	Audience Audience
	Links    []Link // in a deliverable

	// What happened to the item: shown only when it is revealed with its history.
	Events     []Event // the newest ten
	EventCount int

	// The milestone it belongs to, when the client does not see that one: it
	// stays hidden, and the item shows without it.
	HiddenMilestone string
	Named           int  // items the client sees that will name this milestone
	State           bool // an update that becomes the project's state

	Attached []File   // in a deliverable or an update, which stay hidden
	Folders  []Folder // around a folder or file, which show with it
	// Only with its history: earlier versions of a file; folders and files in a
	// folder, each in its newest version.
	Versions           int
	InFolders, InFiles int
}

const eventsInReveal = 10

// RevealPreview says what else becomes visible with the item. For those who may
// reveal it.
func (me *Scope) RevealPreview(ctx context.Context, id ItemID) (Reveal, error) {
	i, err := loadItem(ctx, me, id)
	switch {
	case err != nil:
		return Reveal{}, err
	case !i.mayShow(me.actor.person):
		return Reveal{}, ErrForbidden
	}
	r := Reveal{Item: id, Title: i.title, Project: i.project, Sees: i.audience}
	if r.Audience, err = audience(ctx, me, i.project, i.name); err != nil {
		return r, err
	}
	rows, err := me.query(ctx, `
SELECT `+eventColumns+`, e.project_name, e.client_name FROM my_events e
 WHERE e.subject = $2 AND e.shown = 0 AND e.kind `+i.history()+` ORDER BY e.at DESC, e.id DESC LIMIT $3`, string(id), eventsInReveal)
	if r.Events, err = list(rows, err, scanProjectEvent); err != nil {
		return r, err
	}
	if err := me.get(ctx, `
SELECT COUNT(*) FROM my_events e WHERE e.subject = $2 AND e.shown = 0 AND e.kind `+i.history(), []any{string(id)}, &r.EventCount); err != nil {
		return r, err
	}
	if i.name == "deliverable" || i.name == "update" {
		all, err := me.Attachments(ctx, id)
		if err != nil {
			return r, err
		}
		for _, a := range all {
			if a.File.Audience == Team {
				r.Attached = append(r.Attached, a.File)
			}
		}
	}
	switch i.name {
	case "file", "folder":
		return r, me.revealsFiles(ctx, &r)
	case "deliverable":
		if r.Links, err = me.Links(ctx, DeliverableID(id)); err != nil {
			return r, err
		}
		fallthrough
	case "task":
		err = me.get(ctx, `
SELECT m.title FROM my_`+i.table+` i JOIN my_milestones m ON m.id = i.milestone_id WHERE i.id = $2 AND m.audience = 'team'`, []any{string(id)}, &r.HiddenMilestone)
		if err == ErrNotFound {
			err = nil
		}
	case "milestone":
		err = me.get(ctx, `
SELECT (SELECT COUNT(*) FROM my_tasks t WHERE t.milestone_id = $2 AND t.audience = 'client')
     + (SELECT COUNT(*) FROM my_deliverables d WHERE d.milestone_id = $2 AND d.audience = 'client')`, []any{string(id)}, &r.Named)
	case "update":
		u, uerr := me.Update(ctx, UpdateID(id))
		if uerr != nil {
			return r, uerr
		}
		r.Title = u.Sentence
		var n int
		err = me.get(ctx, `SELECT COUNT(*) FROM my_updates u WHERE u.project_id = $2 AND u.audience = 'client' AND u.id > $3`,
			[]any{string(i.project), string(id)}, &n)
		r.State = n == 0
	}
	return r, err
}

// Reveal shows the item to the client from now on; with its history, also what
// happened to it before. Those who made an item may, and those who manage. A
// draft deliverable becomes shared by it. Of a file the newest version is shown,
// and with its history the earlier ones; of a folder the folder alone, and with
// its history what is in it.
func (me *Scope) Reveal(ctx context.Context, id ItemID, withHistory bool) error {
	return me.write(ctx, func(t *tx) error {
		i, err := t.itemHeld(ctx, id)
		if err != nil {
			return err
		}
		return t.reveal(ctx, i, withHistory)
	})
}

// itemHeld loads an item, and holds what is decided on at its client if it is of that.
func (t *tx) itemHeld(ctx context.Context, id ItemID) (item, error) {
	load := func() (item, error) { return loadItem(ctx, t, id) }
	if k, _ := kindOfItem(string(id)); k.about != SectionFiles && k.name != "deliverable" {
		return load()
	}
	return heldBy(ctx, t, load, func(i item) ClientID { return i.client })
}

// history is what of an item's past is shown with it: not what was said of it,
// and of files not where they lay and what they were called.
func (i item) history() string {
	if i.inFiles() {
		return `IN ('folder_added', 'file_added', 'version_added', 'version_shown', 'version_restored')`
	}
	return `NOT IN ('item_concealed', 'item_revealed', 'comment_added')`
}

func (t *tx) reveal(ctx context.Context, i item, withHistory bool) error {
	switch {
	case !i.mayShow(t.me.actor.person):
		return ErrForbidden
	case i.inFiles():
		return t.revealFiles(ctx, i, withHistory)
	case i.audience == ClientSide:
		return nil
	}
	also := ""
	switch i.name {
	case "milestone":
		also = `, planned_on = COALESCE(planned_on, due_on)`
	case "deliverable":
		also = `, state_at = CASE WHEN state = 'draft' THEN $1 ELSE state_at END, state_by = CASE WHEN state = 'draft' THEN $2 ELSE state_by END,
       state = CASE WHEN state = 'draft' THEN 'shared' ELSE state END`
	}
	if err := t.must(ctx, `
UPDATE `+i.table+` SET audience = 'client', shown_at = $1, shown_by = $2, revision = revision + 1`+also+` WHERE id = $3 AND audience = 'team'`,
		t.now, string(t.me.actor.person), string(i.id)); err != nil {
		return err
	}
	if withHistory {
		if _, err := t.exec(ctx, `UPDATE events SET shown = 1 WHERE subject = $1 AND kind `+i.history(), string(i.id)); err != nil {
			return err
		}
	}
	if i.name == "update" {
		u, err := t.latestShown(ctx, i.project)
		if err != nil {
			return err
		}
		if u.ID == UpdateID(i.id) {
			if err := t.setState(ctx, i.project, u.Status, u.Health, u.Sentence); err != nil {
				return err
			}
		}
	}
	i.audience = ClientSide
	kind := ItemRevealed
	if i.name == "deliverable" {
		kind = DeliverableShared
	}
	return t.tell(ctx, kind, i, Details{"kind": i.name})
}

// Conceal takes the item out of the client's sight, with all that happened to
// it, and says who of them has already seen it. What is in review is withdrawn;
// a task that one of the client's people had goes back to nobody. As Reveal.
func (me *Scope) Conceal(ctx context.Context, id ItemID) (seen []Seen, err error) {
	err = me.write(ctx, func(t *tx) error {
		i, err := t.itemHeld(ctx, id)
		switch {
		case err != nil:
			return err
		case !i.mayShow(me.actor.person):
			return ErrForbidden
		}
		if seen, err = seenBy(ctx, t, id); err != nil || i.audience == Team {
			return err
		}
		var latest Update
		if i.name == "update" {
			if latest, err = t.latestShown(ctx, i.project); err != nil {
				return err
			}
		}
		if i.inFiles() {
			err = t.concealFiles(ctx, i)
		} else {
			err = t.conceal(ctx, i)
		}
		if err != nil {
			return err
		}
		if _, err := t.exec(ctx, `UPDATE events SET shown = 0 WHERE subject = $1`, string(id)); err != nil {
			return err
		}
		if err := t.hideAttaching(ctx, i); err != nil {
			return err
		}
		if latest.ID != "" && latest.ID == UpdateID(id) {
			if err := t.withdrawState(ctx, i.project); err != nil {
				return err
			}
		}
		i.audience = Team
		return t.tellConcealed(ctx, i, i.name)
	})
	return seen, err
}

// conceal writes that only the team sees the item, and that nothing about it
// waits for the client.
func (t *tx) conceal(ctx context.Context, i item) error {
	set := `audience = 'team', shown_at = NULL, shown_by = NULL, revision = revision + 1`
	args := []any{string(i.id)}
	if i.name != "update" {
		set += `, turn_since = CASE WHEN turn = 'team' THEN turn_since ELSE $2 END, turn = 'team'`
		args = append(args, t.now)
	}
	switch i.name {
	case "milestone":
		if err := t.unaskSignoff(ctx, string(i.id)); err != nil {
			return err
		}
	case "deliverable":
		if err := t.unaskSignoff(ctx, string(i.id)); err != nil {
			return err
		}
		if err := t.unaskDeliverable(ctx, DeliverableID(i.id)); err != nil {
			return err
		}
		set += `, round = CASE WHEN state = 'in_review' THEN round - 1 ELSE round END,
       state_at = CASE WHEN state IN ('shared', 'in_review') THEN $2 ELSE state_at END,
       state_by = CASE WHEN state IN ('shared', 'in_review') THEN $3 ELSE state_by END,
       state = CASE WHEN state IN ('shared', 'in_review') THEN 'draft' ELSE state END`
		args = append(args, string(t.me.actor.person))
	case "task":
		x, err := task(ctx, t, TaskID(i.id))
		if err != nil {
			return err
		}
		if x.Assignee != "" {
			if _, err := t.sideOf(ctx, i.project, x.Assignee, Team, "assignee"); err != nil {
				if _, gone := err.(*Invalid); !gone {
					return err
				}
				set += `, assignee_id = NULL`
			}
		}
	}
	return t.must(ctx, `UPDATE `+i.table+` SET `+set+` WHERE id = $1 AND audience = 'client'`, args...)
}

// A SharePreview is what the client will see of a project once it is shared.
type SharePreview struct {
	Audience                                Audience
	Milestones, Tasks, Deliverables, Events int
	Updates, Files                          int
}

// SharePreview says what becomes visible with the project: what in it has the
// client's audience, in the sections that are on. Events only with its history.
// Takes Manage.
func (me *Scope) SharePreview(ctx context.Context, id ProjectID) (SharePreview, error) {
	var s SharePreview
	p, err := me.Project(ctx, id)
	switch {
	case err != nil:
		return s, err
	case !p.Can(Manage):
		return s, ErrForbidden
	}
	if s.Audience, err = audience(ctx, me, id, ""); err != nil {
		return s, err
	}
	err = me.get(ctx, `
SELECT (SELECT COUNT(*) FROM my_milestones i WHERE i.project_id = $2 AND i.audience = 'client'),
       (SELECT COUNT(*) FROM my_tasks i WHERE i.project_id = $2 AND i.audience = 'client'),
       (SELECT COUNT(*) FROM my_deliverables i WHERE i.project_id = $2 AND i.audience = 'client'),
       (SELECT COUNT(*) FROM my_updates i WHERE i.project_id = $2 AND i.audience = 'client'),
       (SELECT COUNT(*) FROM my_files i WHERE i.project_id = $2 AND i.audience = 'client'),
       (SELECT COUNT(*) FROM my_events e WHERE e.project_id = $2 AND e.audience = 'client' AND e.shown = 0 AND e.`+ofShown+`
           AND (e.subject = $2 OR e.subject IN (`+shownItems+`)))`, []any{string(id)},
		&s.Milestones, &s.Tasks, &s.Deliverables, &s.Updates, &s.Files, &s.Events)
	for n, section := range map[*int]Sections{
		&s.Milestones: SectionTimeline | SectionMilestones, &s.Tasks: SectionTasks, &s.Deliverables: SectionDeliverables, &s.Updates: SectionUpdates, &s.Files: SectionFiles, &s.Events: SectionActivity,
	} {
		if p.Shows&section == 0 {
			*n = 0
		}
	}
	return s, err
}
