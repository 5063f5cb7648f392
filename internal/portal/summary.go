package portal

import (
	"context"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// Progress is how much of what its reader sees is done: milestones reached,
// tasks completed and deliverables accepted.
type Progress struct {
	Done, Total int
	Shown       bool // the reader may be told
}

// Percent is rounded down, so that 100 means all.
func (p Progress) Percent() int {
	if p.Total == 0 {
		return 0
	}
	return p.Done * 100 / p.Total
}

// ItemCounts is how many of each kind its reader sees.
type ItemCounts struct {
	Milestones, Tasks, Deliverables int
	OpenTasks                       int
}

// A ProjectSummary is what a project's card says, from what its reader sees.
type ProjectSummary struct {
	Project  ProjectID
	Progress Progress

	Turn      Side      // who must act next; empty when nothing is open
	TurnSince time.Time // the longest wait; for the team, since something came back to it, or zero
	WithUs    int       // open items whose turn is the team's
	WithThem  int       // and the client's

	Counts ItemCounts

	NextMilestone      MilestoneID // the first that is not reached
	NextMilestoneTitle string
	NextMilestoneDue   string

	Faces []ProjectMember // at most three, the contact first: no more than who they are and their role
	Team  int             // how many there are
	New   bool            // something happened since the reader was there
}

// ProjectSummaries returns the summaries of at most 100 projects. It takes four
// queries, however many there are.
func (me *Scope) ProjectSummaries(ctx context.Context, ids ...ProjectID) (map[ProjectID]*ProjectSummary, error) {
	all := map[ProjectID]*ProjectSummary{}
	if len(ids) > 100 {
		ids = ids[:100]
	}
	if len(ids) == 0 {
		return all, nil
	}
	for _, id := range ids {
		all[id] = &ProjectSummary{Project: id}
	}
	for _, read := range []func(context.Context, []ProjectID, map[ProjectID]*ProjectSummary) error{me.tally, me.nextMilestones, me.faces, me.news} {
		if err := read(ctx, ids, all); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Summary returns how far one project is and whose turn it is, with one query:
// no milestone, faces or news, which its page reads in full.
func (me *Scope) Summary(ctx context.Context, id ProjectID) (ProjectSummary, error) {
	all := map[ProjectID]*ProjectSummary{id: {Project: id}}
	err := me.tally(ctx, []ProjectID{id}, all)
	return *all[id], err
}

// tally counts what is open and done. What is asked for is no progress.
func (me *Scope) tally(ctx context.Context, ids []ProjectID, all map[ProjectID]*ProjectSummary) error {
	in, args := oneOf(2, ids)
	rows, err := me.query(ctx, `
SELECT y.project_id, y.sections, y.kind, y.turn, y.total, y.done, COALESCE(y.since, 0) FROM my_tallies y WHERE y.project_id IN `+in, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id ProjectID
		var sections Sections
		var kind, turn string
		var total, done int
		var since int64
		if err := rows.Scan(&id, &sections, &kind, &turn, &total, &done, &since); err != nil {
			return err
		}
		s := all[id]
		s.Progress.Shown = sections.Has(FieldProgress)
		s.add(kind, Side(turn), total, done, moment(since))
	}
	for _, s := range all {
		if !s.Progress.Shown {
			s.Progress = Progress{}
		}
	}
	return rows.Err()
}

// add counts items of a kind whose turn is a side's. What waits for the client
// comes first: only they can end that wait.
func (s *ProjectSummary) add(kind string, turn Side, total, done int, since time.Time) {
	progress := true
	switch kind {
	case "milestone":
		s.Counts.Milestones += total
	case "task":
		s.Counts.Tasks += total
		s.Counts.OpenTasks += total - done
	case "deliverable":
		s.Counts.Deliverables += total
	default:
		progress = false
	}
	if progress {
		s.Progress.Done, s.Progress.Total = s.Progress.Done+done, s.Progress.Total+total
	}
	open := total - done
	if open == 0 {
		return
	}
	if turn != ClientSide {
		turn = Team
		s.WithUs += open
	} else {
		s.WithThem += open
	}
	switch {
	case s.Turn == Team && turn == ClientSide, s.Turn == "":
		s.Turn, s.TurnSince = turn, since
	case s.Turn == turn && !since.IsZero() && (s.TurnSince.IsZero() || since.Before(s.TurnSince)):
		s.TurnSince = since
	}
}

func (me *Scope) nextMilestones(ctx context.Context, ids []ProjectID, all map[ProjectID]*ProjectSummary) error {
	in, args := oneOf(2, ids)
	rows, err := me.query(ctx, `
SELECT m.project_id, m.id, m.title, COALESCE(m.due_on, '') FROM my_next_milestones m WHERE m.project_id IN `+in, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var project ProjectID
		var id MilestoneID
		var title, due string
		if err := rows.Scan(&project, &id, &title, &due); err != nil {
			return err
		}
		s := all[project]
		s.NextMilestone, s.NextMilestoneTitle, s.NextMilestoneDue = id, title, due
	}
	return rows.Err()
}

const facesOnCard = 3

func (me *Scope) faces(ctx context.Context, ids []ProjectID, all map[ProjectID]*ProjectSummary) error {
	in, args := oneOf(2, ids)
	rows, err := me.query(ctx, `
SELECT m.project_id, m.person_id, m.name, m.role, m.is_contact FROM my_project_team m WHERE m.project_id IN `+in+` ORDER BY m.project_id, m.is_contact DESC, m.added_at, m.person_id LIMIT 5000`, args...)
	team, err := list(rows, err, func(rows *db.Rows) (m ProjectMember, err error) {
		return m, rows.Scan(&m.Project, &m.Person, &m.Name, &m.Role, &m.Contact)
	})
	for _, m := range team {
		s := all[m.Project]
		if s.Team++; len(s.Faces) < facesOnCard {
			s.Faces = append(s.Faces, m)
		}
	}
	return err
}

// news finds the projects in which others did something since the actor was
// there, or, when they never were, within a week.
func (me *Scope) news(ctx context.Context, ids []ProjectID, all map[ProjectID]*ProjectSummary) error {
	in, args := oneOf(4, ids)
	week := me.p.now().AddDate(0, 0, -7).UnixMicro()
	rows, err := me.query(ctx, `
SELECT p.id FROM my_places p LEFT JOIN my_visits v ON v.place = p.id
 WHERE p.id IN `+in+`
   AND EXISTS (SELECT 1 FROM my_events e WHERE e.project_id = p.id AND e.at > COALESCE(v.at, $2) AND COALESCE(e.actor, '') <> $3)`,
		append([]any{week, string(me.actor.person)}, args...)...)
	fresh, err := list(rows, err, scanOne[ProjectID])
	for _, id := range fresh {
		all[id].New = true
	}
	return err
}
