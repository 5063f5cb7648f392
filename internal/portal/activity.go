package portal

import (
	"context"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// Event is one thing that happened, as its reader may know it.
type Event struct {
	ID          EventID
	Kind        Kind
	At          time.Time
	Client      ClientID
	Project     ProjectID
	ProjectName string
	ClientName  string
	Subject     string   // the id of what it happened to
	Person      PersonID // to whom it was done; empty when the reader may not know
	PersonName  string
	Actor       PersonID // empty when the reader may not know who it was
	ActorName   string   // empty likewise: say the workspace's name
	Audience    Side
	Details     Details
	Gone        bool // what it happened to is not there any more, for the reader
	Held
}

// Page asks for a part of a list: at most Limit rows (50 unless told, 100 at
// most) after the key that the part before gave.
type Page struct {
	After string
	Limit int
}

// limit is the number of rows to read: one more than asked, to know whether
// there are further ones.
func (p Page) limit() int {
	switch {
	case p.Limit <= 0:
		return 51
	case p.Limit > 100:
		return 101
	}
	return p.Limit + 1
}

// page cuts the row too many, and returns the key of the next part.
func page[T any](all []T, p Page, key func(T) string) ([]T, string) {
	if n := p.limit() - 1; len(all) > n {
		return all[:n], key(all[n-1])
	}
	return all, ""
}

const eventColumns = `e.id, e.kind, e.at, COALESCE(e.client_id, ''), COALESCE(e.project_id, ''), e.subject, COALESCE(e.person_id, ''), COALESCE(e.person_name, ''), e.audience, e.particulars,
       COALESCE(e.actor, ''), COALESCE(e.actor_name, ''), e.side, e.rights`

func scanEvent(rows *db.Rows, more ...any) (Event, error) {
	var e Event
	var at int64
	var details string
	dest := append([]any{&e.ID, &e.Kind, &at, &e.Client, &e.Project, &e.Subject, &e.Person, &e.PersonName, &e.Audience, &details,
		&e.Actor, &e.ActorName, &e.Side, &e.Rights}, more...)
	if err := rows.Scan(dest...); err != nil {
		return e, err
	}
	e.At = db.FromMicros(at)
	return e, json.Unmarshal([]byte(details), &e.Details)
}

// ProjectActivity returns what happened in a project, newest first.
func (me *Scope) ProjectActivity(ctx context.Context, id ProjectID, pg Page) (events []Event, next string, err error) {
	before, after := int64(math.MaxInt64), ""
	if pg.After != "" {
		if before, after, err = splitKey(pg.After); err != nil {
			return nil, "", err
		}
	}
	rows, err := me.query(ctx, `
SELECT `+eventColumns+`, e.project_name, '' FROM my_events e
 WHERE e.project_id = $2 AND (e.at, e.id) < ($3, $4)
 ORDER BY e.at DESC, e.id DESC LIMIT $5`, string(id), before, after, pg.limit())
	events, err = list(rows, err, scanProjectEvent)
	if err != nil {
		return nil, "", err
	}
	events, next = page(events, pg, func(e Event) string { return joinKey(db.Micros(e.At), string(e.ID)) })
	return events, next, me.standing(ctx, events)
}

func scanProjectEvent(rows *db.Rows) (Event, error) {
	var project, client string
	e, err := scanEvent(rows, &project, &client)
	e.ProjectName, e.ClientName = project, client
	return e, err
}

// ClientActivity returns what happened to a client and in its projects, newest
// first. For those who manage the client.
func (me *Scope) ClientActivity(ctx context.Context, id ClientID, pg Page) (events []Event, next string, err error) {
	rows, err := me.query(ctx, `
SELECT `+eventColumns+` FROM my_client_events e
 WHERE e.client_id = $2 AND ($3 = '' OR e.id < $3)
 ORDER BY e.id DESC LIMIT $4`, string(id), pg.After, pg.limit())
	events, err = list(rows, err, func(r *db.Rows) (Event, error) { return scanEvent(r) })
	if err != nil {
		return nil, "", err
	}
	events, next = page(events, pg, func(e Event) string { return string(e.ID) })
	return events, next, me.standing(ctx, events)
}

// standing marks the events whose item the actor does not see any more: what was
// deleted, or hidden again, is told of but leads nowhere.
func (me *Scope) standing(ctx context.Context, events []Event) error {
	asked := map[string][]string{} // ids by table
	for _, e := range events {
		if k, ok := kindOfItem(e.Subject); ok && !slices.Contains(asked[k.table], e.Subject) {
			asked[k.table] = append(asked[k.table], e.Subject)
		}
	}
	if len(asked) == 0 {
		return nil
	}
	var parts []string
	var args []any
	for _, table := range slices.Sorted(maps.Keys(asked)) {
		in, ids := oneOf(2+len(args), asked[table])
		parts, args = append(parts, `SELECT i.id FROM my_`+table+` i WHERE i.id IN `+in), append(args, ids...)
	}
	rows, err := me.query(ctx, strings.Join(parts, ` UNION ALL `), args...)
	there, err := list(rows, err, scanOne[string])
	if err != nil {
		return err
	}
	for i, e := range events {
		_, item := kindOfItem(e.Subject)
		events[i].Gone = item && !slices.Contains(there, e.Subject)
	}
	return nil
}

// recentDays bounds lists across projects, so that they do not grow with the
// history of the workspace.
const recentDays = 60

// Recent returns what others did in the actor's own projects since the time,
// newest first: what is new since the last visit. With a client, only in that
// client's.
func (me *Scope) Recent(ctx context.Context, client ClientID, since time.Time, limit int) ([]Event, error) {
	ids, err := me.ownProjects(ctx, client)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	in, args := oneOf(5, ids)
	return me.recent(ctx, `events`, ` AND e.project_id IN `+in, since, limit, args...)
}

// RecentHere is Recent for the team, whose projects are many: it goes by time
// through what happened in the workspace rather than by project.
func (me *Scope) RecentHere(ctx context.Context, since time.Time, limit int) ([]Event, error) {
	return me.recent(ctx, `newest_events`, ``, since, limit)
}

// recent reads from events or newest_events what fits the condition too, whose
// parameters begin at $5.
func (me *Scope) recent(ctx context.Context, from, cond string, since time.Time, limit int, args ...any) ([]Event, error) {
	if oldest := me.p.now().AddDate(0, 0, -recentDays); since.Before(oldest) {
		since = oldest
	}
	rows, err := me.query(ctx, `
SELECT `+eventColumns+`, e.project_name, e.client_name FROM my_`+from+` e
 WHERE e.at > $2 AND COALESCE(e.actor, '') <> $3`+cond+`
 ORDER BY e.at DESC, e.id DESC LIMIT $4`, append([]any{db.Micros(since), string(me.actor.person), limit}, args...)...)
	events, err := list(rows, err, scanProjectEvent)
	if err != nil {
		return nil, err
	}
	return events, me.standing(ctx, events)
}

// Sees reports whether the actor sees the event, be it a project's, a client's
// or the workspace's: for a stream that has been told of it.
func (me *Scope) Sees(ctx context.Context, id EventID) (bool, error) {
	var n int
	err := me.get(ctx, `
SELECT (SELECT COUNT(*) FROM my_happenings e WHERE e.id = $2)
     + (SELECT COUNT(*) FROM my_client_events c WHERE c.id = $2)
     + (SELECT COUNT(*) FROM my_audit a WHERE a.id = $2)`, []any{string(id)}, &n)
	return n > 0, err
}

// SeesSince reports whether anything happened after the time that the actor
// sees, or sees no more: for a stream that has lost count.
func (me *Scope) SeesSince(ctx context.Context, since time.Time) (bool, error) {
	var n int
	err := me.get(ctx, `
SELECT COUNT(*) FROM (
  SELECT 'shut out' AS id FROM my_losses o WHERE o.at > $2
  UNION ALL SELECT e.id FROM my_happenings e WHERE e.at > $2
  UNION ALL SELECT m.id FROM my_messages m WHERE m.changed_at > $2
  UNION ALL SELECT c.id FROM my_client_events c WHERE c.at > $2
  UNION ALL SELECT a.id FROM my_audit a WHERE a.project_id IS NULL AND a.at > $2
  UNION ALL SELECT b.id FROM my_audit b WHERE b.project_id IS NOT NULL AND b.at > $2 LIMIT 1) x`, []any{db.Micros(since)}, &n)
	return n > 0, err
}

// HasLooked reports whether the actor has been at any project.
func (me *Scope) HasLooked(ctx context.Context) (bool, error) {
	var n int
	err := me.get(ctx, `SELECT COUNT(*) FROM (SELECT v.place FROM my_visits v WHERE v.place > 'prj_' AND v.place < 'prj~' LIMIT 1) x`, nil, &n)
	return n > 0, err
}

// Visited notes that the actor has looked at a place (a client, a project, or
// "today"), so that what is new can be told from then. Visits within an hour
// count as one.
func (me *Scope) Visited(ctx context.Context, where string) error {
	return me.write(ctx, func(t *tx) error {
		if where != "today" {
			var n int
			err := t.get(ctx, `SELECT (SELECT COUNT(*) FROM my_places WHERE id = $2) + (SELECT COUNT(*) FROM my_clients WHERE id = $2)`, []any{where}, &n)
			if err != nil {
				return err
			}
			if n == 0 {
				return ErrNotFound
			}
		}
		t.quiet("a visit is nobody else's business")
		_, err := t.exec(ctx, `
INSERT INTO visits (person_id, place, at, previous_at) VALUES ($1, $2, $3, $3)
ON CONFLICT (person_id, place) DO UPDATE
   SET previous_at = CASE WHEN visits.at < $3 - 3600000000 THEN visits.at ELSE visits.previous_at END, at = $3`,
			string(me.actor.person), where, t.now)
		return err
	})
}

// LastVisit is when the actor was at the place before this time; a week ago
// when never.
func (me *Scope) LastVisit(ctx context.Context, where string) (time.Time, error) {
	var at, previous int64
	err := me.get(ctx, `SELECT at, previous_at FROM my_visits WHERE place = $2`, []any{where}, &at, &previous)
	switch {
	case err == ErrNotFound:
		return me.p.now().AddDate(0, 0, -7), nil
	case err != nil:
		return time.Time{}, err
	case at < db.Micros(me.p.now())-3_600_000_000: // that visit is over
		return db.FromMicros(at), nil
	}
	return db.FromMicros(previous), nil
}
