package portal

import (
	"cmp"
	"context"
	"slices"
	"sort"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// A Need is one thing that waits for somebody.
type Need struct {
	Item        ItemID // of a question or a message: the id of its conversation; of being named: of the notice
	Kind        string // "task", "deliverable", "milestone", "file_request", "approval", "call" (an approval about which something was said by phone that is to be confirmed), "revision", "signoff", "drafts" that colleagues share, "mention", or of what waits in a conversation "question" and "unread", for clients, and "message", for the team
	Title       string
	Project     ProjectID
	ProjectName string
	Client      ClientID
	ClientName  string
	DueOn       string    // empty when none, or not for the reader
	Since       time.Time // it waits since
	AskedBy     string    // the name, of what is unread who wrote last; empty when not for the reader: say the workspace's name
	Messages    int       // of what is unread: how many; 100 stands for more
	Held

	waits ItemID // of being named: the conversation that waits for an answer to the same
	last  string // of an approval: as lapsedBy takes it

	newest int64 // of what is unread: when the last of it was written
}

func (n *Need) into(since *int64) []any {
	return []any{&n.Item, &n.Kind, &n.Title, &n.Project, &n.ProjectName, &n.Client, &n.ClientName, &n.DueOn, since, &n.AskedBy, &n.Side, &n.Rights}
}

func scanNeed(rows *db.Rows) (n Need, err error) {
	var since int64
	err = rows.Scan(append(n.into(&since), &n.last)...)
	n.Since = moment(since)
	return n, err
}

// listNeeds reads them from the rows of a query, but for approvals that are over.
func (me *Scope) listNeeds(rows *db.Rows, err error) ([]Need, error) {
	all, err := list(rows, err, scanNeed)
	return slices.DeleteFunc(all, func(n Need) bool { return me.over(n.last) }), err
}

// maxNeeds bounds every list of what waits; a page that shows more says "99+".
const maxNeeds = 100

// Needs returns what waits for the actor as one of a client's people: tasks
// given to them or to nobody, deliverables they may decide on, milestones,
// files they may upload, questions they may answer, and, of those who lead, what
// colleagues share and have not sent; where they were named and have not looked; and
// conversations with something that they have not read. The most urgent is first: by
// due day, then by how long it waits, then what is to be read, the newest first. With
// a client, only that client's.
func (me *Scope) Needs(ctx context.Context, client ClientID, limit int) ([]Need, error) {
	return me.needs(ctx, `client_id`, string(client), limit)
}

// ProjectNeeds is Needs of one project.
func (me *Scope) ProjectNeeds(ctx context.Context, project ProjectID, limit int) ([]Need, error) {
	return me.needs(ctx, `project_id`, string(project), limit)
}

// CountNeeds counts what Needs would return, up to 100.
func (me *Scope) CountNeeds(ctx context.Context, client ClientID) (int, error) {
	if client != "" {
		return me.countNeeds(ctx, ` AND x.client_id = $3`, string(client))
	}
	return me.p.bell.Find(me.p.db, me.actor.id, me.p.now(), func() (int, error) { return me.countNeeds(ctx, ``) })
}

func (me *Scope) countNeeds(ctx context.Context, where string, args ...any) (int, error) {
	var named int
	args = append([]any{maxNeeds}, args...)
	rows, err := me.query(ctx, `SELECT COALESCE(x.last_day, ''), COUNT(*) FROM (SELECT x.last_day FROM my_waiting x WHERE 1 = 1`+where+` LIMIT $2) x GROUP BY x.last_day`, args...)
	waiting := 0
	_, err = list(rows, err, func(rows *db.Rows) (last string, err error) {
		n := 0
		if err = rows.Scan(&last, &n); err == nil && !me.over(last) {
			waiting += n
		}
		return last, err
	})
	if err == nil {
		err = me.get(ctx, `SELECT COUNT(*) FROM (SELECT x.id FROM my_named x WHERE `+namedClient+where+` LIMIT $2) x`, args, &named)
	}
	n := waiting + named
	if err == nil && n < maxNeeds {
		var unread int
		args[0] = maxNeeds - n
		err = me.get(ctx, `SELECT COUNT(*) FROM (SELECT x.id FROM my_unread x WHERE 1 = 1`+where+` LIMIT $2) x`, args, &unread)
		n += unread
	}
	return min(n, maxNeeds), err
}

// over reports whether an approval takes no answers any more, by its last day, whenever
// the program ends it.
func (me *Scope) over(last string) bool {
	_, over := lapsedBy(last, me.p.now())
	return over
}

// namedClient are those of being named x that need a client's person, but for those
// in a question that needs them already.
const namedClient = `x.side = 'client' AND (x.waits IS NULL OR NOT EXISTS (SELECT 1 FROM my_waiting q WHERE q.id = x.waits))`

// needs are those in which there is something to do, and after them those in which
// there is something to read. An empty argument means all, whatever the column.
func (me *Scope) needs(ctx context.Context, column, arg string, limit int) ([]Need, error) {
	if limit <= 0 || limit > maxNeeds {
		limit = maxNeeds
	}
	all, err := me.toDo(ctx, column, arg, limit)
	if err != nil || len(all) >= limit {
		return all, err
	}
	more, err := me.toRead(ctx, column, arg, limit-len(all))
	return append(all, more...), err
}

// toRead are the conversations with something that the actor has not read, the newest
// first: of one client after another, as an index has them.
func (me *Scope) toRead(ctx context.Context, column, arg string, limit int) (all []Need, err error) {
	switch {
	case arg == "":
		clients, err := me.clientsToRead(ctx, false)
		if err != nil {
			return nil, err
		}
		if len(clients) > fewClients {
			return me.unreadOf(ctx, ``, limit)
		}
		for _, c := range clients {
			some, err := me.unreadOf(ctx, ` WHERE u.client_id = $3`, limit, string(c))
			if err != nil {
				return nil, err
			}
			all = append(all, some...)
		}
		sort.SliceStable(all, func(i, j int) bool { return all[i].newest > all[j].newest })
		return all[:min(len(all), limit)], nil
	case column == "project_id":
		return me.unreadOf(ctx, ` WHERE u.client_id = (SELECT p.client_id FROM my_places p WHERE p.id = $3) AND u.project_id = $3`, limit, arg)
	}
	return me.unreadOf(ctx, ` WHERE u.`+column+` = $3`, limit, arg)
}

func (me *Scope) unreadOf(ctx context.Context, where string, limit int, args ...any) ([]Need, error) {
	rows, err := me.query(ctx, `
SELECT x.id, 'unread', x.title, COALESCE(x.project_id, ''), COALESCE(`+projectNameOf("x.project_id")+`, ''), x.client_id, `+clientNameOf("x.client_id")+`, '', x.since, COALESCE(`+nameOf("x.author_id")+`, ''), x.side, x.rights, x.messages, x.shown_at
  FROM (SELECT u.* FROM my_unread u`+where+` ORDER BY u.shown_at DESC, u.id DESC LIMIT $2) x ORDER BY x.shown_at DESC, x.id DESC`, append([]any{limit}, args...)...)
	return list(rows, err, func(rows *db.Rows) (n Need, err error) {
		var since int64
		err = rows.Scan(append(n.into(&since), &n.Messages, &n.newest)...)
		n.Since = moment(since)
		return n, err
	})
}

// toDo looks the names up for those alone that the limit leaves.
func (me *Scope) toDo(ctx context.Context, column, arg string, limit int) ([]Need, error) {
	args, where, and := []any{limit}, ``, ``
	if arg != "" {
		args, where, and = append(args, arg), ` WHERE n.`+column+` = $3`, ` AND x.`+column+` = $3`
	}
	named, err := me.named(ctx, namedClient+and, args...)
	if err != nil {
		return nil, err
	}
	rows, err := me.query(ctx, `
SELECT x.id, x.kind, x.title, COALESCE(x.project_id, ''), COALESCE(`+projectNameOf("x.project_id")+`, ''),
       x.client_id, `+clientNameOf("x.client_id")+`, x.due_on, x.turn_since, COALESCE(`+nameOf("x.asked_by")+`, ''), x.side, x.rights, COALESCE(x.last_day, '')
  FROM (SELECT x.* FROM (SELECT n.id, n.kind, n.project_id, n.title, COALESCE(n.due_on, '') AS due_on, n.turn_since, n.asked_by, n.client_id, n.side, n.rights, n.last_day
          FROM my_waiting n`+where+`) x`+byUrgency+`$2) x`+byUrgency+`$2`, args...)
	all, err := list(rows, err, scanNeed)
	read := len(all)
	all = slices.DeleteFunc(all, func(n Need) bool { return me.over(n.last) })
	if err == nil && read == limit && len(all) < read && limit < maxNeeds {
		all, err = me.toDo(ctx, column, arg, maxNeeds) // others take their place
		return all[:min(len(all), limit)], err
	}
	return urgent(all, named, limit), err
}

// named are those of being named, the last first, by the rest of a query that begins
// with the limit.
func (me *Scope) named(ctx context.Context, where string, args ...any) ([]Need, error) {
	rows, err := me.query(ctx, `
SELECT x.id, 'mention', x.title, COALESCE(x.project_id, ''), COALESCE(x.project_name, ''), COALESCE(x.client_id, ''), COALESCE(x.client_name, ''), '', x.at, COALESCE(x.actor_name, ''), x.side, x.rights, COALESCE(x.waits, '')
  FROM my_named x WHERE `+where+` ORDER BY x.id DESC LIMIT $2`, args...)
	return list(rows, err, func(rows *db.Rows) (n Need, err error) {
		var since int64
		err = rows.Scan(append(n.into(&since), &n.waits)...)
		n.Since = moment(since)
		return n, err
	})
}

// urgent puts two lists into one, the most urgent first, and each thing once: who is
// named in what waits for an answer has one thing to do.
func urgent(all, more []Need, limit int) []Need {
	if len(more) == 0 {
		return all
	}
	for _, n := range more {
		if !slices.ContainsFunc(all, func(k Need) bool { return k.Item == n.Item || k.Item == n.waits }) {
			all = append(all, n)
		}
	}
	sort.SliceStable(all, func(i, j int) bool {
		a, b := all[i], all[j]
		return cmp.Or(ByUrgency(a.DueOn, a.Since, b.DueOn, b.Since), cmp.Compare(a.Item, b.Item)) < 0
	})
	return all[:min(len(all), limit)]
}

// ByUrgency orders what waits, of each its due day, if any, and since when it does: what
// has a day is first, by it, and what waits longest.
func ByUrgency(due string, since time.Time, otherDue string, otherSince time.Time) int {
	if (due == "") != (otherDue == "") {
		return cmp.Compare(otherDue, due)
	}
	return cmp.Or(cmp.Compare(due, otherDue), since.Compare(otherSince))
}

// Bounds of Today.
const (
	todayProjects    = 200 // the newest of the actor's
	waitsTooLong     = 5 * 24 * time.Hour
	staleAfter       = 14 * 24 * time.Hour
	ownTasksAhead    = 7  // days
	uninvitedClients = 20 // named
)

// Desk is what the team looks at first.
type Desk struct {
	NeedsUs   []Need        // due, overdue or returned, the actor's own of the next days, approvals that wait for them, and where they were named
	Waiting   []Need        // for the client, for more than five days
	Stale     []DeskProject // active and shared, and nothing was said to the client for two weeks
	Troubled  []DeskProject // at risk or off track
	Uninvited []ClientName  // portal access is on, and nobody is invited
}

// DeskProject is a project as Desk names it.
type DeskProject struct {
	ID         ProjectID
	Name       string
	Client     ClientID
	ClientName string
	Status     ProjectStatus
	Health     Health
	Sentence   string
	Shared     time.Time
	CreatedAt  time.Time
	LastUpdate time.Time // the last one for the client
}

// Today returns the desk of a team member: the projects on whose team they are,
// or, with everything, all that they may see. The day is theirs, YYYY-MM-DD.
func (me *Scope) Today(ctx context.Context, day string, everything bool) (Desk, error) {
	var d Desk
	today, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return d, invalid("day", "day")
	}
	projects, err := me.deskProjects(ctx, everything, `COALESCE((SELECT MAX(u.created_at) FROM my_updates u WHERE u.project_id = p.id AND u.audience = 'client'), 0)`)
	if err != nil {
		return d, err
	}
	now := me.p.now()
	ids := make([]ProjectID, 0, len(projects))
	for _, p := range projects {
		ids = append(ids, p.ID)
		last := p.LastUpdate
		if last.IsZero() {
			last = p.Shared
		}
		if p.Status == Active && !p.Shared.IsZero() && now.Sub(last) > staleAfter {
			d.Stale = append(d.Stale, p)
		}
		if p.Health == AtRisk || p.Health == OffTrack {
			d.Troubled = append(d.Troubled, p)
		}
	}
	if len(ids) > 0 {
		if d.Waiting, err = me.waiting(ctx, ids, now.Add(-waitsTooLong)); err != nil {
			return d, err
		}
		nameProjects(d.Waiting, projects)
	}
	if d.NeedsUs, err = me.teamNeeds(ctx, projects, today); err != nil {
		return d, err
	}
	rows, err := me.query(ctx, `
SELECT x.id, x.name FROM (SELECT c.id, c.name, c.portal_since FROM my_clients c
    WHERE c.side = 'team' AND (c.rights & 512) <> 0 AND c.portal_since IS NOT NULL AND c.archived_at IS NULL ORDER BY c.portal_since DESC LIMIT 200) x
 WHERE NOT EXISTS (SELECT 1 FROM my_client_users u WHERE u.client_id = x.id AND u.removed_at IS NULL)
 ORDER BY x.portal_since DESC, x.id LIMIT $2`, uninvitedClients)
	d.Uninvited, err = list(rows, err, func(rows *db.Rows) (c ClientName, err error) { return c, rows.Scan(&c.ID, &c.Name) })
	return d, err
}

// TeamNeeds returns what waits for the actor as one of the team, on the projects on
// whose team they are and wherever they themselves are asked or named: what Today
// has first. The day is theirs; an empty one is today where they are.
func (me *Scope) TeamNeeds(ctx context.Context, day string) ([]Need, error) {
	if day == "" {
		zone, err := zoneOfPerson(ctx, me.p.db, me.actor.person)
		if err != nil {
			return nil, err
		}
		day = me.p.now().In(zone).Format(time.DateOnly)
	}
	today, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return nil, invalid("day", "day")
	}
	projects, err := me.deskProjects(ctx, false, `0`) // nobody asks when their client last heard something
	if err != nil {
		return nil, err
	}
	return me.teamNeeds(ctx, projects, today)
}

// CountTeamNeeds counts what TeamNeeds returns, up to 100.
func (me *Scope) CountTeamNeeds(ctx context.Context, day string) (int, error) {
	return me.p.bell.Find(me.p.db, me.actor.id+" "+day, me.p.now(), func() (int, error) {
		all, err := me.TeamNeeds(ctx, day)
		return len(all), err
	})
}

func (me *Scope) teamNeeds(ctx context.Context, projects []DeskProject, today time.Time) (all []Need, err error) {
	if len(projects) > 0 {
		ids := make([]ProjectID, len(projects))
		for i, p := range projects {
			ids[i] = p.ID
		}
		if all, err = me.needsUs(ctx, ids, today); err != nil {
			return nil, err
		}
		nameProjects(all, projects)
	}
	for _, read := range []func() ([]Need, error){
		func() ([]Need, error) { return me.unanswered(ctx, projects) },
		func() ([]Need, error) { return me.askedOf(ctx) },
		func() ([]Need, error) { return me.named(ctx, `x.side = 'team'`, maxNeeds) },
	} {
		more, err := read()
		if err != nil {
			return nil, err
		}
		all = urgent(all, more, maxNeeds)
	}
	return all, nil
}

// nameProjects fills in the names of the projects of the desk, and of their clients.
func nameProjects(all []Need, projects []DeskProject) {
	for i := range all {
		p := projects[slices.IndexFunc(projects, func(p DeskProject) bool { return p.ID == all[i].Project })]
		all[i].ProjectName, all[i].ClientName = p.Name, p.ClientName
	}
}

// askedOf are the approvals that wait for the actor, of whatever project.
func (me *Scope) askedOf(ctx context.Context) ([]Need, error) {
	rows, err := me.query(ctx, `
SELECT i.id, 'approval', i.title, i.project_id, i.project_name, i.client_id, i.client_name, COALESCE(i.due_on, ''), i.turn_since, '', i.side, i.rights, COALESCE(i.last_day, '')
  FROM my_approvals i WHERE i.id IN (SELECT k.id FROM my_asked k) AND i.asking = 1 AND i.waits = 1 AND i.side = 'team' ORDER BY i.id LIMIT $2`, maxNeeds)
	return me.listNeeds(rows, err)
}

// deskProjects are the projects of the desk, and of each what last is.
func (me *Scope) deskProjects(ctx context.Context, everything bool, last string) ([]DeskProject, error) {
	from := `FROM my_desk`
	if everything {
		from = `FROM my_projects`
	}
	rows, err := me.query(ctx, `
SELECT p.id, p.name, p.client_id, p.client_name, p.status, p.health, p.sentence, COALESCE(p.shared_at, 0), p.created_at, `+last+`
  `+from+` p WHERE p.side = 'team' AND p.archived_at IS NULL AND p.status NOT IN ('done', 'on_hold') ORDER BY p.id DESC LIMIT $2`, todayProjects)
	return list(rows, err, func(rows *db.Rows) (p DeskProject, err error) {
		var shared, created, last int64
		err = rows.Scan(&p.ID, &p.Name, &p.Client, &p.ClientName, &p.Status, &p.Health, &p.Sentence, &shared, &created, &last)
		p.Shared, p.CreatedAt, p.LastUpdate = moment(shared), moment(created), moment(last)
		return p, err
	})
}

// needColumns read an item i of the kind as a Need, but for the names of its
// project and client: those the desk knows already.
func needColumns(kind string) string {
	last := `''`
	if kind == "approval" {
		last = `CASE WHEN i.asking = 1 THEN COALESCE(i.last_day, '') ELSE '' END`
	}
	return `SELECT i.id, '` + kind + `' AS kind, i.title, i.project_id, '' AS project_name, i.client_id, '' AS client_name,
       COALESCE(i.due_on, '') AS due_on, i.turn_since, '' AS asked_by, i.side, i.rights, ` + last + ` AS last_day FROM my_` + kind + `s i`
}

// byUrgency orders Needs: what has a due day first, by it.
const byUrgency = ` ORDER BY CASE WHEN x.due_on = '' THEN 1 ELSE 0 END, x.due_on, x.turn_since, x.id LIMIT `

func (me *Scope) needsUs(ctx context.Context, ids []ProjectID, today time.Time) ([]Need, error) {
	in, args := oneOf(6, ids)
	rows, err := me.query(ctx, `
SELECT * FROM (
`+needColumns("task")+` WHERE i.project_id IN `+in+` AND i.turn = 'team' AND i.completed_at IS NULL AND (i.due_on <= $2 OR (i.assignee_id = $3 AND i.due_on <= $4))
UNION ALL
`+needColumns("deliverable")+` WHERE i.project_id IN `+in+` AND i.turn = 'team' AND (i.state = 'changes_requested' OR (i.state IN ('draft', 'shared') AND i.due_on <= $2))
UNION ALL
`+needColumns("milestone")+` WHERE i.project_id IN `+in+` AND i.turn = 'team' AND i.reached_at IS NULL AND i.due_on <= $2
UNION ALL
`+needColumns("file_request")+` WHERE i.project_id IN `+in+` AND i.state = 'answered'
UNION ALL
`+needColumns("approval")+` WHERE i.project_id IN `+in+` AND i.turn = 'team' AND i.lane = 'team' AND (i.asking = 0 OR i.waits = 1)
UNION ALL
SELECT i.id, 'revision', i.title, i.project_id, '', i.client_id, '', '', i.turn_since, '', i.side, i.rights, ''
  FROM my_revisions i WHERE i.project_id IN `+in+` AND i.open > 0 AND i.side = 'team' AND NOT EXISTS (SELECT 1 FROM my_approvals a WHERE a.id = i.approval_id AND a.lane = 'team')
UNION ALL
SELECT i.id, 'signoff', i.title, i.project_id, '', i.client_id, '', COALESCE(i.due_on, ''), i.state_at, '', i.side, i.rights, ''
  FROM my_signoffs i WHERE i.project_id IN `+in+` AND i.state = 'declined' AND i.side = 'team'
   AND NOT EXISTS (SELECT 1 FROM my_signoffs o WHERE o.subject_id = i.subject_id AND o.id > i.id)
UNION ALL
SELECT t.id, 'message', t.subject, t.project_id, '', t.client_id, '', '', t.turn_since, '', t.side, t.rights, ''
  FROM my_threads t WHERE t.project_id IN `+in+` AND t.kind <> 'item' AND t.turn = 'team' AND t.side = 'team'
) x`+byUrgency+`$5`,
		append([]any{today.Format(time.DateOnly), string(me.actor.person), today.AddDate(0, 0, ownTasksAhead).Format(time.DateOnly), maxNeeds}, args...)...)
	return me.listNeeds(rows, err)
}

// unanswered are the general conversations of the actor's clients and those of the
// projects, and the direct ones of the actor, in which a client waits for an answer.
func (me *Scope) unanswered(ctx context.Context, projects []DeskProject) ([]Need, error) {
	clients, err := me.ownClients(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range projects {
		if !slices.Contains(clients, p.Client) {
			clients = append(clients, p.Client)
		}
	}
	in, args := oneOf(3, clients)
	const columns = `SELECT t.id, 'message' AS kind, SUBSTR(m.body, 1, 120) AS title, '' AS project_id, '' AS project_name, t.client_id, t.client_name, '' AS due_on, t.turn_since, '' AS asked_by, t.side, t.rights, '' AS last_day
  FROM my_threads t JOIN my_messages m ON m.thread_id = t.id AND m.seq = t.shown_seq`
	rows, err := me.query(ctx, `
SELECT * FROM (
`+columns+` WHERE t.client_id IN `+in+` AND t.kind <> 'item' AND t.kind = 'general' AND t.turn = 'team' AND t.side = 'team'
UNION ALL
`+columns+` WHERE t.id IN (SELECT s.thread_id FROM my_seats s) AND t.client_id IS NOT NULL AND t.turn = 'team' AND t.side = 'team' AND t.deserted = 0
) x ORDER BY x.turn_since, x.id LIMIT $2`, append([]any{maxNeeds}, args...)...)
	return me.listNeeds(rows, err)
}

func (me *Scope) waiting(ctx context.Context, ids []ProjectID, before time.Time) ([]Need, error) {
	in, args := oneOf(4, ids)
	rows, err := me.query(ctx, `
SELECT * FROM (
`+needColumns("task")+` WHERE i.project_id IN `+in+` AND i.turn = 'client' AND i.completed_at IS NULL AND i.turn_since < $2
UNION ALL
`+needColumns("deliverable")+` WHERE i.project_id IN `+in+` AND i.state = 'in_review' AND i.turn_since < $2
UNION ALL
`+needColumns("milestone")+` WHERE i.project_id IN `+in+` AND i.turn = 'client' AND i.reached_at IS NULL AND i.turn_since < $2
UNION ALL
`+needColumns("file_request")+` WHERE i.project_id IN `+in+` AND i.state IN ('open', 'refused') AND i.turn_since < $2
UNION ALL
`+needColumns("approval")+` WHERE i.project_id IN `+in+` AND i.asking = 1 AND i.turn = 'client' AND i.turn_since < $2
UNION ALL
SELECT i.id, 'revision', i.title, i.project_id, '', i.client_id, '', '', i.turn_since, '', i.side, i.rights, ''
  FROM my_revisions i WHERE i.project_id IN `+in+` AND i.turn = 'client' AND i.turn_since < $2
UNION ALL
SELECT i.id, 'signoff', i.title, i.project_id, '', i.client_id, '', COALESCE(i.due_on, ''), i.state_at, '', i.side, i.rights, ''
  FROM my_signoffs i WHERE i.project_id IN `+in+` AND i.state = 'asked' AND i.state_at < $2
) x ORDER BY x.turn_since, x.id LIMIT $3`, append([]any{db.Micros(before), maxNeeds}, args...)...)
	return me.listNeeds(rows, err)
}
