package portal

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/db"
)

// TeamRoles lists the roles, from most to least.
var TeamRoles = []string{"owner", "admin", "manager", "contributor"}

// TeamMember is a person who works for the workspace.
type TeamMember struct {
	Person    PersonID
	Name      string
	Email     string
	Title     string
	Role      string
	AwayUntil string
	Since     time.Time
	State     MemberState // MemberActive, MemberInvited, MemberExpired or MemberNotInvited

	// For those who administer.
	InvitedBy string
	InvitedAt time.Time
	ExpiresAt time.Time
	Bounced   bool // the invitation could not be delivered
	CanChange bool // the actor may change the role, or remove them
}

const teamColumns = `m.person_id, m.name, m.email, m.title, m.role, m.away_until, m.created_at, m.accepted_at, m.my_role, m.rights,
       COALESCE(i.invited_by_name, ''), i.created_at, i.expires_at, COALESCE(i.bounced, 0)
  FROM my_team m
  LEFT JOIN my_team_invitations i ON i.person_id = m.person_id AND i.accepted_at IS NULL AND i.revoked_at IS NULL`

// Team lists the team: those who are in, and those who are invited. For the team.
func (me *Scope) Team(ctx context.Context) ([]TeamMember, error) {
	now := me.p.now()
	rows, err := me.query(ctx, `SELECT `+teamColumns+` WHERE m.removed_at IS NULL ORDER BY m.name, m.person_id`)
	return list(rows, err, func(r *db.Rows) (TeamMember, error) { return scanTeamMember(r, now) })
}

func scanTeamMember(r interface{ Scan(...any) error }, now time.Time) (TeamMember, error) {
	var m TeamMember
	var mine string
	var rights Rights
	var since int64
	var accepted, invited, expires sql.NullInt64
	err := r.Scan(&m.Person, &m.Name, &m.Email, &m.Title, &m.Role, &m.AwayUntil, &since, &accepted, &mine, &rights, &m.InvitedBy, &invited, &expires, &m.Bounced)
	m.Since, m.InvitedAt, m.ExpiresAt = db.FromMicros(since), nullMoment(invited), nullMoment(expires)
	switch {
	case accepted.Valid:
		m.State = MemberActive
	case !invited.Valid:
		m.State = MemberNotInvited
	case !m.ExpiresAt.After(now):
		m.State = MemberExpired
	default:
		m.State = MemberInvited
	}
	m.CanChange = rights.Has(Administer) && (mine == "owner" || m.Role != "owner")
	return m, err
}

// member loads a team member who was not removed.
func (t *tx) member(ctx context.Context, id PersonID) (TeamMember, error) {
	rows, err := t.query(ctx, `SELECT `+teamColumns+` WHERE m.removed_at IS NULL AND m.person_id = $2`, string(id))
	all, err := list(rows, err, func(r *db.Rows) (TeamMember, error) { return scanTeamMember(r, db.FromMicros(t.now)) })
	switch {
	case err != nil:
		return TeamMember{}, err
	case len(all) == 0:
		return TeamMember{}, ErrNotFound
	}
	return all[0], nil
}

// administered holds the lock of the team, so that whoever changes it waits,
// and refuses those who may not. With a person, whatever they are changing in
// their clients waits too, and finds afterwards what is left to them.
func (t *tx) administered(ctx context.Context, person PersonID) (role string, err error) {
	if _, err := t.Exec(ctx, `UPDATE workspace SET revision = revision WHERE id = 1`); err != nil {
		return "", err
	}
	if person != "" {
		if err := t.lockClientsOf(ctx, person); err != nil {
			return "", err
		}
	}
	if err := t.lock(ctx, ""); err != nil {
		return "", err
	}
	role, rights, err := t.role(ctx)
	if err == nil && !rights.Has(Administer) {
		err = ErrForbidden
	}
	return role, err
}

// changeable loads a team member whom the actor may change: only owners touch
// owners.
func (t *tx) changeable(ctx context.Context, id PersonID) (TeamMember, string, error) {
	// Asked before, too, so that nobody who may not holds up others.
	if _, rights, err := t.role(ctx); err != nil {
		return TeamMember{}, "", err
	} else if !rights.Has(Administer) {
		return TeamMember{}, "", ErrForbidden
	}
	role, err := t.administered(ctx, id)
	if err != nil {
		return TeamMember{}, "", err
	}
	m, err := t.member(ctx, id)
	if err == nil && !m.CanChange {
		err = ErrForbidden
	}
	return m, role, err
}

// keepsOwner refuses to let the last owner go. Others who try the same wait
// for the lock.
func (t *tx) keepsOwner(ctx context.Context, m TeamMember) error {
	if m.Role != "owner" || m.State != MemberActive {
		return nil
	}
	var others int
	if err := t.get(ctx, `
SELECT COUNT(*) FROM my_team m WHERE m.role = 'owner' AND m.accepted_at IS NOT NULL AND m.removed_at IS NULL AND m.person_id <> $2`,
		[]any{string(m.Person)}, &others); err != nil {
		return err
	}
	if others == 0 {
		return &Invalid{Fields: map[string]Reason{"role": {Key: "last_owner"}}}
	}
	return nil
}

// NewTeamMember is somebody to be invited to the team.
type NewTeamMember struct {
	Name, Email, Title, Role string
	Message                  string // plain words of the inviter's, in the invitation
}

// teamInvitationDays is how long an invitation to the team is good.
const teamInvitationDays = 7

// InviteTeamMember invites a person to the team. Takes Administer; only owners
// make owners.
func (me *Scope) InviteTeamMember(ctx context.Context, n NewTeamMember) (PersonID, error) {
	var c checks
	n.Name = c.name("name", n.Name)
	n.Title = c.line("title", n.Title)
	n.Email, _ = c.email("email", n.Email, nil)
	n.Role = c.oneOf("role", n.Role, TeamRoles...)
	n.Message = c.text("message", n.Message)
	if err := c.err(); err != nil {
		return "", err
	}
	var id PersonID
	err := me.write(ctx, func(t *tx) error {
		role, err := t.administered(ctx, "")
		switch {
		case err != nil:
			return err
		case n.Role == "owner" && role != "owner":
			return ErrForbidden
		}
		person, made, err := me.p.accounts.EnsurePerson(ctx, t.Tx, n.Email, n.Name)
		if err != nil {
			return err
		}
		id = person.ID
		if made { // who is known already has said what they do
			if err := t.must(ctx, `UPDATE persons SET title = $1 WHERE id = $2`, n.Title, string(id)); err != nil {
				return err
			}
		}
		added, err := t.exec(ctx, `
INSERT INTO team_members (person_id, role, created_at) VALUES ($1, $2, $3)
ON CONFLICT (person_id) DO UPDATE SET role = $2, created_at = $3, accepted_at = NULL, removed_at = NULL WHERE team_members.removed_at IS NOT NULL`,
			string(id), n.Role, t.now)
		switch {
		case err != nil:
			return err
		case added == 0:
			return &Invalid{Fields: map[string]Reason{"email": {Key: "already_team"}}}
		}
		return t.inviteToTeam(ctx, TeamMember{Person: id, Name: n.Name, Role: n.Role}, n.Message)
	})
	if err != nil {
		return "", err
	}
	return id, nil
}

// inviteToTeam makes and mails an invitation; what was open before is replaced.
func (t *tx) inviteToTeam(ctx context.Context, m TeamMember, message string) error {
	if _, err := t.exec(ctx, `
UPDATE invitations SET revoked_at = $1, replaced = 1 WHERE person_id = $2 AND client_user_id IS NULL AND accepted_at IS NULL AND revoked_at IS NULL`,
		t.now, string(m.Person)); err != nil {
		return err
	}
	id := InvitationID(db.NewID("inv"))
	a := t.me.p.accounts
	if _, err := t.exec(ctx, `
INSERT INTO invitations (id, person_id, role, token_hash, invited_by, created_at, expires_at, message) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		string(id), string(m.Person), m.Role, a.TokenHash(a.Token(account.PurposeInvitation, string(id))), string(t.me.actor.person),
		t.now, t.now+int64(teamInvitationDays*24*time.Hour/time.Microsecond), message); err != nil {
		return err
	}
	return t.record(ctx, Happening{Kind: TeamMemberInvited, Subject: string(id), Person: m.Person, Details: Details{"person": m.Name, "role": m.Role}})
}

// ResendTeamInvitation mails a new invitation; the link before is dead. Takes
// Administer. ErrGone when they are in already.
func (me *Scope) ResendTeamInvitation(ctx context.Context, id PersonID) error {
	return me.write(ctx, func(t *tx) error {
		m, _, err := t.changeable(ctx, id)
		switch {
		case err != nil:
			return err
		case m.State == MemberActive:
			return ErrGone
		}
		var today int
		if err := t.get(ctx, `SELECT COUNT(*) FROM my_team_invitations i WHERE i.person_id = $2 AND i.created_at > $3`,
			[]any{string(id), t.now - int64(24*time.Hour/time.Microsecond)}, &today); err != nil {
			return err
		}
		if today >= maxResends {
			return ErrBusy
		}
		// It keeps its words.
		var message string
		if err := t.get(ctx, `SELECT i.message FROM my_team_invitations i WHERE i.person_id = $2 ORDER BY i.created_at DESC, i.id DESC LIMIT 1`,
			[]any{string(id)}, &message); err != nil && err != ErrNotFound {
			return err
		}
		return t.inviteToTeam(ctx, m, message)
	})
}

// CopyTeamLink returns the token of an open invitation to the team, for whoever
// hands it over themselves. That is recorded. Takes Administer.
func (me *Scope) CopyTeamLink(ctx context.Context, id PersonID) (token string, err error) {
	err = me.write(ctx, func(t *tx) error {
		m, _, err := t.changeable(ctx, id)
		switch {
		case err != nil:
			return err
		case m.State != MemberInvited:
			return ErrGone
		}
		var inv string
		if err := t.get(ctx, `
SELECT i.id FROM my_team_invitations i WHERE i.person_id = $2 AND i.accepted_at IS NULL AND i.revoked_at IS NULL`, []any{string(id)}, &inv); err != nil {
			return err
		}
		token = me.p.accounts.Token(account.PurposeInvitation, inv)
		return t.record(ctx, Happening{Kind: LinkCopied, Subject: inv, Person: id, Details: Details{"person": m.Name}})
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

// ChangeRole gives a team member another role. Takes Administer; only owners
// make owners or change them, and one owner always remains.
func (me *Scope) ChangeRole(ctx context.Context, id PersonID, role string) error {
	var c checks
	c.oneOf("role", role, TeamRoles...)
	if err := c.err(); err != nil {
		return err
	}
	return me.write(ctx, func(t *tx) error {
		m, mine, err := t.changeable(ctx, id)
		switch {
		case err != nil || m.Role == role:
			return err
		case role == "owner" && mine != "owner":
			return ErrForbidden
		}
		if err := t.keepsOwner(ctx, m); err != nil {
			return err
		}
		if err := t.must(ctx, `UPDATE team_members SET role = $1 WHERE person_id = $2 AND removed_at IS NULL`, role, string(id)); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `
UPDATE invitations SET role = $1 WHERE person_id = $2 AND client_user_id IS NULL AND accepted_at IS NULL AND revoked_at IS NULL`, role, string(id)); err != nil {
			return err
		}
		if err := t.regrantMember(ctx, id); err != nil {
			return err
		}
		return t.record(ctx, Happening{Kind: TeamRoleChanged, Subject: string(id), Person: id, Details: Details{"person": m.Name, "from": m.Role, "to": role}})
	})
}

// RemoveTeamMember takes a person out of the team: from the moment it returns
// they are signed out everywhere and on no client or project. What they wrote
// stays, and invitations they sent are dead. It returns what waited for them. Takes
// Administer; one owner always remains.
func (me *Scope) RemoveTeamMember(ctx context.Context, id PersonID) (left LeftBehind, err error) {
	err = me.write(ctx, func(t *tx) error {
		m, _, err := t.changeable(ctx, id)
		if err != nil {
			return err
		}
		if err := t.keepsOwner(ctx, m); err != nil {
			return err
		}
		if left, err = t.leftBehind(ctx, id, ""); err != nil {
			return err
		}
		if err := t.must(ctx, `UPDATE team_members SET removed_at = $1 WHERE person_id = $2 AND removed_at IS NULL`, t.now, string(id)); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `
UPDATE invitations SET revoked_at = $2 WHERE person_id = $1 AND client_user_id IS NULL AND accepted_at IS NULL AND revoked_at IS NULL`, string(id), t.now); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `
UPDATE share_links SET revoked_at = $2, revoked_by = $3 WHERE created_by = $1 AND revoked_at IS NULL`, string(id), t.now, string(me.actor.person)); err != nil {
			return err
		}
		for _, q := range []string{
			`DELETE FROM client_team WHERE person_id = $1`,
			`DELETE FROM project_team WHERE person_id = $1`,
			`UPDATE clients SET contact_id = NULL WHERE contact_id = $1`,
			`UPDATE projects SET contact_id = NULL WHERE contact_id = $1`,
		} {
			if _, err := t.exec(ctx, q, string(id)); err != nil {
				return err
			}
		}
		if err := t.regrantMember(ctx, id); err != nil {
			return err
		}
		if _, err := me.p.accounts.EndAll(ctx, t.Tx, id, "removed"); err != nil {
			return err
		}
		return t.record(ctx, Happening{Kind: TeamMemberRemoved, Subject: string(id), Person: id, Details: Details{"person": m.Name, "role": m.Role}})
	})
	return left, err
}

// TeamProfile is a team member as the actor may know them.
type TeamProfile struct {
	Contact
	Projects []ProfileProject // those the actor sees, too
}

// ProfileProject is what a team member does in a project.
type ProfileProject struct {
	Project ProjectID
	Name    string
	Role    string
}

// TeamProfile returns a team member to a colleague, and to a client person who
// is shown them in a project or as the client's contact.
func (me *Scope) TeamProfile(ctx context.Context, id PersonID) (TeamProfile, error) {
	p := TeamProfile{Contact: Contact{Person: id}}
	rows, err := me.query(ctx, `
SELECT t.name, t.title, COALESCE(t.email, ''), t.away_until, t.project_id, p.name, t.role
  FROM my_project_team t JOIN my_projects p ON p.id = t.project_id WHERE t.person_id = $2 ORDER BY p.name, p.id`, string(id))
	p.Projects, err = list(rows, err, func(r *db.Rows) (x ProfileProject, err error) {
		var email string
		err = r.Scan(&p.Name, &p.Title, &email, &p.AwayUntil, &x.Project, &x.Name, &x.Role)
		if email != "" {
			p.Email = email
		}
		return x, err
	})
	if err != nil {
		return p, err
	}
	var email string
	err = me.get(ctx, `
SELECT x.name, x.title, x.email, x.away_until FROM (
  SELECT m.name, m.title, m.email, m.away_until FROM my_team m WHERE m.person_id = $2 AND m.removed_at IS NULL
  UNION ALL
  SELECT c.contact_name, c.contact_title, c.contact_email, c.contact_away_until FROM my_clients c WHERE c.contact = $2) x
 ORDER BY x.email DESC LIMIT 1`, []any{string(id)}, &p.Name, &p.Title, &email, &p.AwayUntil)
	if email != "" {
		p.Email = email
	}
	if errors.Is(err, ErrNotFound) && len(p.Projects) > 0 {
		err = nil
	}
	return p, err
}
