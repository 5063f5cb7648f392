package portal

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// Viewed is the client user whose view a team member looks at, for the banner.
type Viewed struct {
	User       ClientUserID
	Name       string
	Client     ClientID
	ClientName string
}

// ViewAs begins to look at exactly what a client user sees: read-only, and
// that client's alone. It is recorded. Takes Manage.
func (me *Scope) ViewAs(ctx context.Context, id ClientUserID) (Actor, error) {
	var a Actor
	err := me.write(ctx, func(t *tx) error {
		u, err := t.user(ctx, id)
		switch {
		case err != nil:
			return err
		case !u.Held.Team() || !u.Held.Can(Manage):
			return ErrForbidden
		case u.State == MemberRemoved:
			return ErrGone
		}
		a = viewActor(u)
		return t.record(ctx, Happening{Kind: ViewedAs, Client: u.Client, Subject: string(id), Person: u.Person, Details: Details{"person": u.Name}})
	})
	return a, err
}

func viewActor(u ClientUser) Actor {
	return Actor{id: string(u.ID), person: u.Person, readOnly: true}
}

// ViewActor is the actor of a request whose session views as a client user. It
// asks each time whether the viewer still manages that client: ErrNotFound
// when not, or when the client user was removed.
func (p *Portal) ViewActor(ctx context.Context, viewer PersonID, id ClientUserID) (Actor, Viewed, error) {
	v := Viewed{User: id}
	var person PersonID
	err := p.As(PersonActor(viewer)).get(ctx, `
SELECT u.person_id, u.name, u.client_id, c.name FROM my_client_users u JOIN my_clients c ON c.id = u.client_id
 WHERE u.id = $2 AND u.side = 'team' AND (u.rights & 512) <> 0 AND u.removed_at IS NULL`, []any{string(id)},
		&person, &v.Name, &v.Client, &v.ClientName)
	if err != nil {
		return Actor{}, Viewed{}, err
	}
	return Actor{id: string(id), person: person, readOnly: true}, v, nil
}

// Handover opens the handover pack of a project: what one of the client's people
// may have of it, to be read through the Scope that it returns. They take their
// own, with Download. Whoever takes Manage in the team takes one for a client user
// who sees the project: exactly theirs. It is recorded once it fits, which is asked of
// the pack: what cannot be taken was not.
func (me *Scope) Handover(ctx context.Context, project ProjectID, user ClientUserID, fits func(theirs *Scope, p Project) error) (theirs *Scope, p Project, err error) {
	if theirs, p, _, err = me.handedOver(ctx, me, project, user); err == nil {
		err = fits(theirs, p)
	}
	if err != nil {
		return nil, p, err
	}
	err = me.write(ctx, func(t *tx) (err error) {
		var whose PersonID
		if theirs, p, whose, err = me.handedOver(ctx, t, project, user); err != nil {
			return err
		}
		return t.record(ctx, Happening{Kind: HandoverTaken, Client: p.Client, Project: p.ID, Subject: string(p.ID), Person: whose, Audience: Team, Apart: true, Details: Details{"title": p.Name}})
	})
	return theirs, p, err
}

// HandsOver makes sure, while a handover pack is written, that the actor may still
// take it: as Handover asked, which it does not record again.
func (me *Scope) HandsOver(ctx context.Context, project ProjectID, user ClientUserID) error {
	_, _, _, err := me.handedOver(ctx, me, project, user)
	if _, unfit := err.(*Invalid); unfit { // whose it is may not have it any more
		err = ErrNotFound
	}
	return err
}

// handedOver is the project as they see it whose pack the actor may take, and who
// they are.
func (me *Scope) handedOver(ctx context.Context, r reader, project ProjectID, user ClientUserID) (theirs *Scope, p Project, whose PersonID, err error) {
	own, err := loadProject(ctx, r, project)
	switch {
	case err != nil:
		return nil, p, "", err
	case own.Team() && !own.Can(Manage), !own.Team() && (user != "" || !own.Can(Download)):
		return nil, p, "", ErrForbidden
	case !own.Team():
		return me, own, me.actor.person, nil
	}
	users, err := clientUsers(ctx, r.query, "", user)
	switch {
	case err != nil:
		return nil, p, "", err
	case len(users) == 0 || users[0].Client != own.Client || users[0].out():
		return nil, p, "", invalid("person", "choice")
	}
	theirs = me.p.As(viewActor(users[0]))
	p, err = theirs.Project(ctx, project)
	switch {
	case err == ErrNotFound:
		err = invalid("person", "not_shown")
	case err == nil && !p.Can(Download):
		err = invalid("person", "no_download")
	}
	return theirs, p, users[0].Person, err
}

// out reports whether nothing is for a client user, now or ever.
func (u ClientUser) out() bool { return u.State == MemberRemoved || u.State == MemberSuspended }

// HandoverPeople returns the client users of whom there can be a handover pack of
// a project: who see it, and may download. Takes Manage.
func (me *Scope) HandoverPeople(ctx context.Context, project ProjectID) (some []ClientUser, err error) {
	p, err := me.Project(ctx, project)
	switch {
	case err != nil:
		return nil, err
	case !p.Team() || !p.Can(Manage):
		return nil, ErrForbidden
	}
	all, err := me.ClientUsers(ctx, p.Client)
	if err != nil {
		return nil, err
	}
	may, err := me.p.mayTake(ctx, project)
	for _, u := range all {
		if !u.out() && may[u.ID] {
			some = append(some, u)
		}
	}
	return some, err
}

// VisibleItem is one thing that a client user can see.
type VisibleItem struct {
	Kind        string // project, milestone, task, deliverable or update
	ID          string
	Title       string // empty for an update
	Project     ProjectID
	ProjectName string
	Since       time.Time
	ShownBy     string   // empty when it is not known
	SeenBy      []string // names of the client's people, who saw it first first
}

// Visible lists everything that a client user can see, the last shown first.
// It is read as that person sees it; since when, by whom it was shown and who
// has seen it is added as the actor knows it. Takes Manage.
func (me *Scope) Visible(ctx context.Context, id ClientUserID, pg Page) (items []VisibleItem, next string, err error) {
	u, err := me.ClientUser(ctx, id)
	switch {
	case err != nil:
		return nil, "", err
	case !u.Held.Team() || !u.Held.Can(Manage):
		return nil, "", ErrForbidden
	case u.State == MemberRemoved:
		return nil, "", nil
	}
	var at int64
	var after string
	if pg.After != "" {
		s, k, _ := strings.Cut(pg.After, " ")
		if at, err = strconv.ParseInt(s, 10, 64); err != nil {
			return nil, "", ErrNotFound
		}
		after = k
	}
	rows, err := me.p.As(viewActor(u)).query(ctx, `
SELECT i.kind, i.id, i.title, i.project_id, p.name, i.shown_at
  FROM (SELECT 'project' AS kind, x.id, x.name AS title, x.id AS project_id, COALESCE(x.shared_at, 0) AS shown_at FROM my_projects x
        UNION ALL SELECT 'milestone', m.id, m.title, m.project_id, COALESCE(m.shown_at, 0) FROM my_milestones m
        UNION ALL SELECT 'task', t.id, t.title, t.project_id, COALESCE(t.shown_at, 0) FROM my_tasks t
        UNION ALL SELECT 'deliverable', d.id, d.title, d.project_id, COALESCE(d.shown_at, 0) FROM my_deliverables d
        UNION ALL SELECT 'update', n.id, '', n.project_id, COALESCE(n.shown_at, 0) FROM my_updates n) i
  JOIN my_projects p ON p.id = i.project_id
 WHERE $2 = '' OR i.shown_at < $3 OR (i.shown_at = $3 AND i.id < $2)
 ORDER BY i.shown_at DESC, i.id DESC LIMIT $4`, after, at, pg.limit())
	items, err = list(rows, err, func(r *db.Rows) (v VisibleItem, err error) {
		var since int64
		err = r.Scan(&v.Kind, &v.ID, &v.Title, &v.Project, &v.ProjectName, &since)
		v.Since = db.FromMicros(since)
		return v, err
	})
	if err != nil || len(items) == 0 {
		return nil, "", err
	}
	items, next = page(items, pg, func(v VisibleItem) string { return strconv.FormatInt(db.Micros(v.Since), 10) + " " + v.ID })
	return items, next, me.shown(ctx, u.Client, items)
}

// shown adds who showed the items and who has seen them.
func (me *Scope) shown(ctx context.Context, client ClientID, items []VisibleItem) error {
	at := make(map[string]*VisibleItem, len(items))
	args := make([]any, 100) // as many as a page at most, so that the statement is one
	for i := range items {
		at[items[i].ID] = &items[i]
		args[i] = items[i].ID
	}
	var in strings.Builder
	for i := range args {
		if args[i] == nil {
			args[i] = ""
		}
		if i > 0 {
			in.WriteString(", ")
		}
		fmt.Fprintf(&in, "$%d", i+2)
	}
	rows, err := me.query(ctx, `SELECT s.item_id, COALESCE(s.shown_by, '') FROM my_shown s WHERE s.item_id IN (`+in.String()+`)`, args...)
	type pair struct{ item, name string }
	scan := func(r *db.Rows) (p pair, err error) { return p, r.Scan(&p.item, &p.name) }
	by, err := list(rows, err, scan)
	if err != nil {
		return err
	}
	for _, p := range by {
		at[p.item].ShownBy = p.name
	}
	rows, err = me.query(ctx, `
SELECT s.item_id, u.name FROM my_seen s JOIN my_client_users u ON u.person_id = s.person_id AND u.client_id = $102
 WHERE s.item_id IN (`+in.String()+`) ORDER BY s.first_at, u.id`, append(args, string(client))...)
	seen, err := list(rows, err, scan)
	for _, p := range seen {
		at[p.item].SeenBy = append(at[p.item].SeenBy, p.name)
	}
	return err
}
