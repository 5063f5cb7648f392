package portal

import (
	"context"
	"database/sql"
	"sort"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/db"
)

// MemberState is how far a client user has got.
type MemberState string

// The states, in the order of a life.
const (
	MemberNotInvited MemberState = "not_invited"
	MemberInvited    MemberState = "invited"
	MemberExpired    MemberState = "expired" // the invitation is
	MemberActive     MemberState = "active"
	MemberSuspended  MemberState = "suspended"
	MemberRemoved    MemberState = "removed"
)

// ClientUser is a person's membership in a client. What concerns invitations
// and rights is empty for colleagues without the right to invite.
type ClientUser struct {
	ID          ClientUserID
	Client      ClientID
	Person      PersonID // empty, for client people, until they accepted
	Name        string   // until they accept, as the inviter typed it
	Email       string
	Title       string
	State       MemberState
	Rights      Rights // Held.Rights are the reader's
	AllProjects bool
	Projects    []ChosenProject
	Since       time.Time // when they were added
	Accepted    time.Time
	LastSeen    time.Time // for the team

	Invitation InvitationID // the latest that was not withdrawn
	InvitedBy  string
	InvitedAt  time.Time
	ExpiresAt  time.Time
	Mailed     bool      // the invitation was, or will be, e-mailed
	Bounced    bool      // and could not be delivered
	AskedAgain time.Time // the invited person asked for a new one

	Held Held
}

// Preset names the user's rights.
func (u ClientUser) Preset() Preset { return PresetOf(u.Rights) }

// ClientUsers lists the people of a client, by name; for the team also those
// who were removed, at the end.
func (me *Scope) ClientUsers(ctx context.Context, id ClientID) ([]ClientUser, error) {
	users, err := clientUsers(ctx, me.query, id, "")
	if err != nil {
		return nil, err
	}
	for i := range users {
		users[i].expire(me.p.now())
	}
	return users, nil
}

// ClientUser returns one of them.
func (me *Scope) ClientUser(ctx context.Context, id ClientUserID) (ClientUser, error) {
	users, err := clientUsers(ctx, me.query, "", id)
	switch {
	case err != nil:
		return ClientUser{}, err
	case len(users) == 0:
		return ClientUser{}, ErrNotFound
	}
	users[0].expire(me.p.now())
	return users[0], nil
}

func (u *ClientUser) expire(now time.Time) {
	if u.State == MemberInvited && !u.ExpiresAt.After(now) {
		u.State = MemberExpired
	}
}

// clientUsers reads the people of a client, or one of them.
func clientUsers(ctx context.Context, query func(context.Context, string, ...any) (*db.Rows, error), client ClientID, id ClientUserID) ([]ClientUser, error) {
	// Each statement has one condition, so that it runs along one index.
	where, arg := "u.client_id = $2", string(client)
	if id != "" {
		where, arg = "u.id = $2", string(id)
	}
	rows, err := query(ctx, `
SELECT u.id, u.client_id, u.person_id, u.name, COALESCE(u.email, ''), u.title, u.given, u.all_projects, u.created_at,
       u.accepted_at, u.suspended_at, u.removed_at, u.side, u.rights
  FROM my_client_users u WHERE `+where, arg)
	users, err := list(rows, err, func(r *db.Rows) (u ClientUser, err error) {
		var since int64
		var accepted, suspended, removed sql.NullInt64
		err = r.Scan(&u.ID, &u.Client, &u.Person, &u.Name, &u.Email, &u.Title, &u.Rights, &u.AllProjects, &since,
			&accepted, &suspended, &removed, &u.Held.Side, &u.Held.Rights)
		u.Since, u.Accepted = db.FromMicros(since), nullMoment(accepted)
		switch {
		case removed.Valid:
			u.State = MemberRemoved
		case suspended.Valid:
			u.State = MemberSuspended
		case accepted.Valid:
			u.State = MemberActive
		default:
			u.State = MemberNotInvited
		}
		// Ids tell when they were made: a person's could be older than the invitation.
		if !u.Held.Team() && !accepted.Valid {
			u.Person = ""
		}
		if !u.Held.Can(Manage) && !u.Held.Can(Invite) && !u.Held.Team() {
			u.Rights, u.AllProjects = 0, false
		}
		return u, err
	})
	if err != nil || len(users) == 0 {
		return nil, err
	}
	byID := make(map[ClientUserID]*ClientUser, len(users))
	for i := range users {
		byID[users[i].ID] = &users[i]
	}
	if err := eachRow(ctx, query, `
SELECT i.client_user_id, i.id, COALESCE(i.invited_by_name, ''), i.created_at, i.expires_at, i.asked_again_at, i.accepted_at, i.mailed, i.bounced
  FROM my_invitations i JOIN my_client_users u ON u.id = i.client_user_id
 WHERE i.revoked_at IS NULL AND i.created_at >= u.created_at AND `+where+` ORDER BY i.id`, arg, func(r *db.Rows) error {
		var user ClientUserID
		var id InvitationID
		var by string
		var at, expires int64
		var asked, accepted sql.NullInt64
		var mailed, bounced bool
		if err := r.Scan(&user, &id, &by, &at, &expires, &asked, &accepted, &mailed, &bounced); err != nil {
			return err
		}
		if u := byID[user]; u != nil {
			u.Invitation, u.InvitedBy, u.InvitedAt, u.ExpiresAt = id, by, db.FromMicros(at), db.FromMicros(expires)
			u.AskedAgain, u.Mailed, u.Bounced = nullMoment(asked), mailed, bounced
			if u.State == MemberNotInvited && !accepted.Valid {
				u.State = MemberInvited
			}
		}
		return nil
	}); err != nil {
		return nil, err
	}
	if err := eachRow(ctx, query, `
SELECT x.client_user_id, x.project_id, COALESCE(x.given, 0) FROM my_client_user_projects x JOIN my_client_users u ON u.id = x.client_user_id
 WHERE `+where+` ORDER BY x.project_id`, arg, func(r *db.Rows) error {
		var user ClientUserID
		var p ChosenProject
		if err := r.Scan(&user, &p.Project, &p.Rights); err != nil {
			return err
		}
		if u := byID[user]; u != nil && u.Rights != 0 {
			u.Projects = append(u.Projects, p)
		}
		return nil
	}); err != nil {
		return nil, err
	}
	if users[0].Held.Team() {
		if err := eachRow(ctx, query, `
SELECT s.client_user_id, s.seen_at FROM my_last_seen s JOIN my_client_users u ON u.id = s.client_user_id WHERE `+where, arg, func(r *db.Rows) error {
			var user ClientUserID
			var at int64
			if err := r.Scan(&user, &at); err != nil {
				return err
			}
			if u := byID[user]; u != nil {
				u.LastSeen = db.FromMicros(at)
			}
			return nil
		}); err != nil {
			return nil, err
		}
	}
	sort.SliceStable(users, func(i, j int) bool {
		if a, b := users[i].State == MemberRemoved, users[j].State == MemberRemoved; a != b {
			return b
		}
		if a, b := fold(users[i].Name), fold(users[j].Name); a != b {
			return a < b
		}
		return users[i].ID < users[j].ID
	})
	return users, nil
}

func eachRow(ctx context.Context, query func(context.Context, string, ...any) (*db.Rows, error), q, arg string, f func(*db.Rows) error) error {
	rows, err := query(ctx, q, arg)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// user loads a client user for a change.
func (t *tx) user(ctx context.Context, id ClientUserID) (ClientUser, error) {
	users, err := clientUsers(ctx, t.query, "", id)
	switch {
	case err != nil:
		return ClientUser{}, err
	case len(users) == 0:
		return ClientUser{}, ErrNotFound
	}
	return users[0], nil
}

// managedUser loads a client user of a client that the actor manages, holds
// the client's lock, and refuses those who were removed.
func (t *tx) managedUser(ctx context.Context, id ClientUserID) (clientRow, ClientUser, error) {
	u, err := t.user(ctx, id)
	if err != nil {
		return clientRow{}, u, err
	}
	c, err := t.managed(ctx, u.Client)
	if err != nil {
		return c, u, err
	}
	if u, err = t.user(ctx, id); err == nil && u.State == MemberRemoved {
		err = ErrGone
	}
	return c, u, err
}

// Suspend keeps a client user out until Resume, and signs them out at once
// unless they have another reason to be here. Takes Manage.
func (me *Scope) Suspend(ctx context.Context, id ClientUserID) error {
	return me.write(ctx, func(t *tx) error {
		c, u, err := t.managedUser(ctx, id)
		if err != nil || u.State == MemberSuspended {
			return err
		}
		if err := t.must(ctx, `UPDATE client_users SET suspended_at = $1 WHERE id = $2`, t.now, string(id)); err != nil {
			return err
		}
		if err := t.regrantClientUser(ctx, id, u.Person); err != nil {
			return err
		}
		if err := t.signOutStranded(ctx, u.Person, c.ID, "suspended:"+string(c.ID)); err != nil {
			return err
		}
		return t.record(ctx, Happening{Kind: UserSuspended, Client: c.ID, Subject: string(id), Person: u.Person, Details: Details{"person": u.Name, "title": c.Name}})
	})
}

// Resume lets a suspended client user in again, with what they had. Takes Manage.
func (me *Scope) Resume(ctx context.Context, id ClientUserID) error {
	return me.write(ctx, func(t *tx) error {
		c, u, err := t.managedUser(ctx, id)
		if err != nil || u.State != MemberSuspended {
			return err
		}
		if err := t.must(ctx, `UPDATE client_users SET suspended_at = NULL WHERE id = $1`, string(id)); err != nil {
			return err
		}
		if err := t.regrantClientUser(ctx, id, u.Person); err != nil {
			return err
		}
		return t.record(ctx, Happening{Kind: UserResumed, Client: c.ID, Subject: string(id), Person: u.Person, Details: Details{"person": u.Name, "title": c.Name}})
	})
}

// LeftBehind is what waits for a person who was removed, as far as the actor sees it.
type LeftBehind struct {
	Tasks     []OpenTask
	Decisions []OpenDecision // the first DecisionsLeft
	More      bool           // there are more of them
}

// DecisionsLeft bounds the decisions of LeftBehind; the board has the others.
const DecisionsLeft = 50

// Empty reports whether nothing waits for them.
func (l LeftBehind) Empty() bool { return len(l.Tasks) == 0 && len(l.Decisions) == 0 }

// An OpenDecision is an approval that asks them.
type OpenDecision struct {
	Approval    ApprovalID
	Stage       int  // in which it does
	Of          Side // of whom that is
	Title       string
	Project     ProjectID
	ProjectName string
}

// An OpenTask is theirs and not completed.
type OpenTask struct {
	Task        TaskID
	Title       string
	Project     ProjectID
	ProjectName string
}

// Remove takes a client user out for good: from the moment it returns they see
// nothing of the client, and are signed out unless they have another reason to
// be here. What they wrote stays. It returns what waited for them, to be given to
// somebody else. Takes Manage.
func (me *Scope) Remove(ctx context.Context, id ClientUserID) (left LeftBehind, err error) {
	err = me.write(ctx, func(t *tx) error {
		c, u, err := t.managedUser(ctx, id)
		if err != nil {
			return err
		}
		if left, err = t.leftBehind(ctx, u.Person, c.ID); err != nil {
			return err
		}
		if err := t.must(ctx, `UPDATE client_users SET removed_at = $1 WHERE id = $2 AND removed_at IS NULL`, t.now, string(id)); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `UPDATE invitations SET revoked_at = $1 WHERE client_user_id = $2 AND accepted_at IS NULL AND revoked_at IS NULL`, t.now, string(id)); err != nil {
			return err
		}
		// Nobody decides for them any more, nor they for anybody.
		if _, err := t.exec(ctx, `DELETE FROM deputies WHERE client_id = $1 AND (person_id = $2 OR deputy_id = $2)`, string(c.ID), string(u.Person)); err != nil {
			return err
		}
		if err := t.regrantClientUser(ctx, id, u.Person); err != nil {
			return err
		}
		if err := t.signOutStranded(ctx, u.Person, c.ID, "removed:"+string(c.ID)); err != nil {
			return err
		}
		return t.record(ctx, Happening{Kind: UserRemoved, Client: c.ID, Subject: string(id), Person: u.Person, Details: Details{"person": u.Name, "title": c.Name}})
	})
	return left, err
}

// leftBehind is what waits for a person, of one client or of all.
func (t *tx) leftBehind(ctx context.Context, who PersonID, client ClientID) (left LeftBehind, err error) {
	rows, err := t.query(ctx, `
SELECT k.id, k.title, k.project_id, p.name FROM my_tasks k JOIN my_projects p ON p.id = k.project_id
 WHERE k.assignee_id = $2 AND k.completed_at IS NULL AND p.archived_at IS NULL AND ($3 = '' OR p.client_id = $3) ORDER BY p.name, k.position, k.id`, string(who), string(client))
	left.Tasks, err = list(rows, err, func(r *db.Rows) (o OpenTask, err error) {
		return o, r.Scan(&o.Task, &o.Title, &o.Project, &o.ProjectName)
	})
	if err != nil {
		return left, err
	}
	rows, err = t.query(ctx, `
SELECT o.id, o.stage, o.stage_side, o.title, o.project_id, o.project_name FROM my_open_decisions o WHERE o.person_id = $2 AND ($3 = '' OR o.client_id = $3) ORDER BY o.due_key, o.id LIMIT $4`,
		string(who), string(client), DecisionsLeft+1)
	left.Decisions, err = list(rows, err, func(r *db.Rows) (o OpenDecision, err error) {
		return o, r.Scan(&o.Approval, &o.Stage, &o.Of, &o.Title, &o.Project, &o.ProjectName)
	})
	if left.More = len(left.Decisions) > DecisionsLeft; left.More {
		left.Decisions = left.Decisions[:DecisionsLeft]
	}
	return left, err
}

// ChangeEmail corrects the address of somebody who has not accepted yet: the
// invitation that went to the old address is void, and a new one is mailed if
// there was one. Who has accepted changes their address themselves. Takes Manage.
func (me *Scope) ChangeEmail(ctx context.Context, id ClientUserID, email string) error {
	return me.write(ctx, func(t *tx) error {
		c, u, err := t.managedUser(ctx, id)
		if err != nil {
			return err
		}
		var f checks
		if !u.Accepted.IsZero() {
			f.fail("email", "email_theirs")
			return f.err()
		}
		email, _ := f.email("email", email, domainsOf(c.Domains))
		if err := f.err(); err != nil {
			return err
		}
		person, _, err := t.me.p.accounts.EnsurePerson(ctx, t.Tx, email, u.Name)
		switch {
		case err != nil:
			return err
		case person.ID == u.Person && email == u.Email:
			return nil
		}
		if person.ID != u.Person {
			taken, err := t.belongs(ctx, c.ID, person.ID)
			if err != nil {
				return err
			}
			if taken {
				f.fail("email", "already_added")
				return f.err()
			}
		}
		if err := t.must(ctx, `UPDATE client_users SET person_id = $1, typed_email = $2 WHERE id = $3 AND accepted_at IS NULL`,
			string(person.ID), email, string(id)); err != nil {
			return err
		}
		old := u.Person
		u.Person = person.ID
		if err := t.record(ctx, Happening{Kind: UserReaddressed, Client: c.ID, Subject: string(id), Person: old, Details: Details{"person": u.Name, "title": c.Name}}); err != nil {
			return err
		}
		if err := t.regrantClientUser(ctx, id, u.Person); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `
UPDATE invitations SET revoked_at = $1, replaced = 1 WHERE client_user_id = $2 AND accepted_at IS NULL AND revoked_at IS NULL`, t.now, string(id)); err != nil {
			return err
		}
		if u.State != MemberInvited || !c.Portal || c.Archived {
			return nil // invited when portal access is on again
		}
		_, err = t.invite(ctx, c, u, true)
		return err
	})
}

// Limits on invitations, so that nobody can use the portal to flood strangers.
const (
	maxColleagues = 20 // invited by one client person in a day
	maxResends    = 10 // to one person in a day
)

// InviteColleague adds a person to the actor's own client and invites them.
// Takes Invite, and hands on no more than the actor holds. The answer does not
// tell whether the person has an account already.
func (me *Scope) InviteColleague(ctx context.Context, client ClientID, n NewClientUser) (ClientUserID, error) {
	var id ClientUserID
	err := me.write(ctx, func(t *tx) error {
		c, err := t.client(ctx, client)
		switch {
		case err != nil:
			return err
		case !c.Can(Manage) && !c.Can(Invite) || c.Team() && !c.Can(Manage):
			return ErrForbidden
		case !c.Portal || c.Archived:
			return &Invalid{Fields: map[string]Reason{"portal": {Key: "portal_off"}}}
		}
		var f checks
		n := n // the function may run again
		n.Projects = append([]ChosenProject(nil), n.Projects...)
		n.check(&f, func(name string) string { return name }, c.Preset, domainsOf(c.Domains))
		c.Message = f.text("message", n.Message)
		if err := f.err(); err != nil {
			return err
		}
		projects, err := t.grantable(ctx, c)
		if err != nil {
			return err
		}
		if !c.Can(Manage) {
			if err := t.colleague(ctx, c, &n, projects); err != nil {
				return err
			}
		}
		if id, err = t.addUser(ctx, c, n, projects, ""); err != nil {
			return err
		}
		u := ClientUser{ID: id, Client: client, Name: n.Name}
		if u.Person, err = t.personOf(ctx, id); err != nil {
			return err
		}
		if err := t.regrantClientUser(ctx, id, u.Person); err != nil {
			return err
		}
		_, err = t.invite(ctx, c, u, true)
		return err
	})
	if err != nil {
		return "", err
	}
	return id, nil
}

// colleague keeps what a client person hands on below what they hold: in the
// client, and in each project where they hold less.
func (t *tx) colleague(ctx context.Context, c clientRow, n *NewClientUser, projects map[ProjectID]Rights) error {
	var f checks
	var all bool
	if err := t.get(ctx, `SELECT u.all_projects FROM my_client_users u WHERE u.client_id = $2 AND u.person_id = $3`,
		[]any{string(c.ID), string(t.me.actor.person)}, &all); err != nil {
		return err
	}
	if n.AllProjects && !all {
		f.fail("projects", "more_than_yours")
	}
	var today int
	if err := t.get(ctx, `SELECT COUNT(*) FROM my_invitations i WHERE i.client_id = $2 AND i.invited_by = $3 AND i.created_at > $4`,
		[]any{string(c.ID), string(t.me.actor.person), t.now - int64(24*time.Hour/time.Microsecond)}, &today); err != nil {
		return err
	}
	if today >= maxColleagues {
		f.fail("email", "too_many_today")
	}
	chosen := map[ProjectID]int{}
	for i, p := range n.Projects {
		chosen[p.Project] = i
	}
	for id, own := range projects {
		i, ok := chosen[id]
		switch {
		case !ok && !n.AllProjects, n.Rights&^own == 0:
		case !ok:
			n.Projects = append(n.Projects, ChosenProject{id, n.Rights & own})
		case n.Projects[i].Rights == 0:
			n.Projects[i].Rights = n.Rights & own
		}
	}
	return f.err()
}

// invitable loads a client user whom the actor may invite again: one of a
// client they manage, or a colleague whom they themselves invited.
func (t *tx) invitable(ctx context.Context, id ClientUserID) (clientRow, ClientUser, error) {
	u, err := t.user(ctx, id)
	if err != nil {
		return clientRow{}, u, err
	}
	c, err := t.client(ctx, u.Client)
	if err != nil {
		return c, u, err
	}
	if u, err = t.user(ctx, id); err != nil {
		return c, u, err
	}
	if !c.Can(Manage) {
		var mine int
		if c.Can(Invite) && !c.Team() {
			if err := t.get(ctx, `SELECT COUNT(*) FROM my_client_users u WHERE u.id = $2 AND u.created_by = $3`,
				[]any{string(id), string(t.me.actor.person)}, &mine); err != nil {
				return c, u, err
			}
		}
		if mine == 0 {
			return c, u, ErrForbidden
		}
	}
	switch {
	case u.State == MemberRemoved, !u.Accepted.IsZero():
		err = ErrGone
	case u.Person == "": // blanked for client people
		u.Person, err = t.personOf(ctx, id)
	}
	return c, u, err
}

// Resend gives a client user a new invitation and mails it; the link before is
// dead. Takes Manage, or Invite for whom the actor invited. ErrGone when they
// have accepted or were removed, ErrBusy when it was done too often today.
func (me *Scope) Resend(ctx context.Context, id ClientUserID) (InvitationID, error) {
	var inv InvitationID
	err := me.write(ctx, func(t *tx) error {
		c, u, err := t.invitable(ctx, id)
		switch {
		case err != nil:
			return err
		case !c.Portal || c.Archived:
			return &Invalid{Fields: map[string]Reason{"portal": {Key: "portal_off"}}}
		}
		var today int
		if err := t.get(ctx, `SELECT COUNT(*) FROM my_invitations i WHERE i.client_user_id = $2 AND i.created_at > $3`,
			[]any{string(id), t.now - int64(24*time.Hour/time.Microsecond)}, &today); err != nil {
			return err
		}
		if today >= maxResends {
			return ErrBusy
		}
		inv, err = t.invite(ctx, c, u, true)
		return err
	})
	return inv, err
}

// Revoke withdraws a client user's open invitation. Takes Manage, or Invite
// for whom the actor invited. ErrGone when there is none.
func (me *Scope) Revoke(ctx context.Context, id ClientUserID) error {
	return me.write(ctx, func(t *tx) error {
		c, u, err := t.invitable(ctx, id)
		switch {
		case err != nil:
			return err
		case u.Invitation == "":
			return ErrGone
		}
		n, err := t.exec(ctx, `UPDATE invitations SET revoked_at = $1 WHERE id = $2 AND accepted_at IS NULL AND revoked_at IS NULL`, t.now, string(u.Invitation))
		switch {
		case err != nil:
			return err
		case n == 0:
			return ErrGone
		}
		return t.record(ctx, Happening{Kind: InvitationEnded, Client: c.ID, Subject: string(u.Invitation), Person: u.Person, Details: Details{"person": u.Name, "title": c.Name}})
	})
}

// CopyLink returns the token of a client user's open invitation, for whoever
// hands it over themselves. That is recorded. Takes Manage.
func (me *Scope) CopyLink(ctx context.Context, id ClientUserID) (token string, err error) {
	err = me.write(ctx, func(t *tx) error {
		c, u, err := t.managedUser(ctx, id)
		if err != nil {
			return err
		}
		if u.State != MemberInvited || !u.ExpiresAt.After(db.FromMicros(t.now)) {
			return ErrGone
		}
		token = me.p.accounts.Token(account.PurposeInvitation, string(u.Invitation))
		return t.record(ctx, Happening{Kind: LinkCopied, Client: c.ID, Subject: string(u.Invitation), Person: u.Person, Details: Details{"person": u.Name, "title": c.Name}})
	})
	if err != nil {
		return "", err
	}
	return token, nil
}
