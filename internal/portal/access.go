package portal

import (
	"context"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/db"
)

// Access is all that the Portal access tab of a client shows.
type Access struct {
	Client         Client
	Enabled        bool
	AllowedDomains []string // empty: any
	InvitationDays int
	Preset         Preset // of newly invited people
	Users          []ClientUser
	Projects       []AccessProject
}

// AccessProject is a project that a client user can be given.
type AccessProject struct {
	ID       ProjectID
	Name     string
	Shared   bool // with the client; nobody there sees it before
	Archived bool
}

// Access returns the portal access of a client. Takes Manage.
func (me *Scope) Access(ctx context.Context, id ClientID) (Access, error) {
	var a Access
	var s clientScan
	var domains string
	err := me.get(ctx, `SELECT c.allowed_domains, c.invitation_days, c.preset, `+clientColumns+` WHERE c.id = $2`, []any{string(id)},
		append([]any{&domains, &a.InvitationDays, &a.Preset}, s.into()...)...)
	switch {
	case err != nil:
		return a, err
	case !s.Can(Manage):
		return a, ErrForbidden
	}
	a.Client = s.client()
	a.Enabled = !a.Client.PortalSince.IsZero()
	a.AllowedDomains = domainsOf(domains)
	if a.Users, err = me.ClientUsers(ctx, id); err != nil {
		return a, err
	}
	rows, err := me.query(ctx, `
SELECT p.id, p.name, CASE WHEN p.shared_at IS NULL THEN 0 ELSE 1 END, CASE WHEN p.archived_at IS NULL THEN 0 ELSE 1 END
  FROM my_projects p WHERE p.client_id = $2 ORDER BY p.archived_at IS NOT NULL, p.name, p.id`, string(id))
	a.Projects, err = list(rows, err, func(r *db.Rows) (p AccessProject, err error) {
		return p, r.Scan(&p.ID, &p.Name, &p.Shared, &p.Archived)
	})
	return a, err
}

// AccessChange is what the Save bar of the Portal access tab saves.
type AccessChange struct {
	Revision       int64 // of Access.Client, as it was read
	Enabled        bool
	AllowedDomains []string
	InvitationDays int
	Preset         Preset
	SectionsSet    Sections
	Sections       Sections
	Add            []NewClientUser
	Change         []ClientUserChange

	// SendInvitations mails everybody who has no invitation yet, once portal
	// access is on. Without it they get one whose link can be copied.
	SendInvitations bool
	Message         string // plain words of the inviter's, in the invitations

	onlyAdded bool // nobody else is invited
}

// NewClientUser is somebody to be let in.
type NewClientUser struct {
	Name        string
	Email       string
	Title       string
	Rights      Rights // none: those of the client's preset
	AllProjects bool   // every project that is shared with the client
	Projects    []ChosenProject
	Message     string // plain words of a colleague's, in the invitation; an AccessChange has its own
}

// ChosenProject is a project that a client user may see when they may not see
// all, and what they may do there when that differs.
type ChosenProject struct {
	Project ProjectID
	Rights  Rights // none: as for the client
}

// ClientUserChange replaces what a client user may see and do.
type ClientUserChange struct {
	User        ClientUserID
	Title       string
	Rights      Rights
	AllProjects bool
	Projects    []ChosenProject
}

// MaxAdded bounds how many people are added at once.
const MaxAdded = 500

func (ch *AccessChange) check() error {
	var c checks
	ch.Message = c.text("message", ch.Message)
	if ch.InvitationDays < 1 || ch.InvitationDays > 30 {
		c.fail("invitation_days", "number", "min", "1", "max", "30")
	}
	if ch.Preset.Rights() == 0 {
		c.fail("preset", "choice")
	}
	ch.AllowedDomains = c.domains("allowed_domains", ch.AllowedDomains)
	ch.SectionsSet &= allSections
	ch.Sections &= ch.SectionsSet
	if len(ch.Add) > MaxAdded {
		c.fail("add", "too_many", "max", strconv.Itoa(MaxAdded))
		return c.err()
	}
	keys := map[string]bool{}
	for i := range ch.Add {
		field := func(name string) string { return "add." + strconv.Itoa(i) + "." + name }
		key := ch.Add[i].check(&c, field, ch.Preset, ch.AllowedDomains)
		if key != "" && keys[key] {
			c.fail(field("email"), "same_person")
		}
		keys[key] = true
	}
	seen := map[ClientUserID]bool{}
	for i := range ch.Change {
		u := &ch.Change[i]
		field := func(name string) string { return "change." + strconv.Itoa(i) + "." + name }
		u.Title = c.line(field("title"), u.Title)
		u.Rights = c.rights(field("rights"), u.Rights, 0)
		u.Projects = c.chosen(field("projects"), u.Projects)
		if seen[u.User] {
			c.fail(field("user"), "same_person")
		}
		seen[u.User] = true
	}
	return c.err()
}

// check tidies the input and returns the key of the address.
func (n *NewClientUser) check(c *checks, field func(string) string, preset Preset, domains []string) (key string) {
	n.Name = c.line(field("name"), n.Name)
	n.Title = c.line(field("title"), n.Title)
	n.Email, key = c.email(field("email"), n.Email, domains)
	if n.Name == "" {
		n.Name, _, _ = strings.Cut(n.Email, "@")
	}
	n.Rights = c.rights(field("rights"), n.Rights, preset.Rights())
	n.Projects = c.chosen(field("projects"), n.Projects)
	return key
}

// rights takes what a client user can hold; whoever holds anything may look.
func (c *checks) rights(field string, r, none Rights) Rights {
	if r == 0 {
		r = none
	}
	if r == 0 || r&^ClientRights != 0 {
		c.fail(field, "choice")
	}
	return r | View
}

// chosen takes projects, each once.
func (c *checks) chosen(field string, all []ChosenProject) []ChosenProject {
	seen := map[ProjectID]bool{}
	for i, p := range all {
		if seen[p.Project] {
			c.fail(field, "twice")
		}
		seen[p.Project] = true
		if p.Rights != 0 {
			all[i].Rights = c.rights(field, p.Rights, 0)
		}
	}
	return all
}

// email takes one address in one of the domains, or in any when there are
// none, and returns it as it is mailed to and the key that tells people apart.
func (c *checks) email(field, s string, domains []string) (display, key string) {
	display, key, err := account.FoldEmail(s)
	if err != nil {
		if strings.TrimSpace(s) == "" {
			c.fail(field, "required")
		} else {
			c.fail(field, "email")
		}
		return s, ""
	}
	if _, d, _ := strings.Cut(key, "@"); len(domains) > 0 && !slices.Contains(domains, d) {
		c.fail(field, "domain", "domains", strings.Join(domains, ", "))
	}
	return display, key
}

// domainsOf are the allowed domains as they are stored.
func domainsOf(stored string) []string { return strings.Fields(stored) }

// domains takes host names, with or without an @ before them.
func (c *checks) domains(field string, all []string) []string {
	var folded []string
	for _, d := range all {
		d = strings.TrimPrefix(strings.TrimSpace(d), "@")
		if d == "" {
			continue
		}
		_, key, err := account.FoldEmail("a@" + d)
		if err != nil {
			c.fail(field, "domain_name", "domain", d)
			continue
		}
		if key = strings.TrimPrefix(key, "a@"); !slices.Contains(folded, key) {
			folded = append(folded, key)
		}
	}
	if len(folded) > 50 {
		c.fail(field, "too_many", "max", "50")
	}
	sort.Strings(folded)
	return folded
}

// AccessPreview says what saving a change will do, for the Save bar.
type AccessPreview struct {
	Mailed      []Named // who gets an invitation by e-mail
	LoseAccess  []Named // who is let in now and would not be
	GainAccess  []Named // who would be let in again
	FewerRights []Named // who would see or do less
}

// Named is a person in a list of names.
type Named struct {
	Name  string
	Email string
}

// AccessPreview returns what SaveAccess would do; it changes nothing. Takes
// Manage; ErrConflict when something was changed since the page was read.
func (me *Scope) AccessPreview(ctx context.Context, id ClientID, ch AccessChange) (AccessPreview, error) {
	var p AccessPreview
	if err := ch.check(); err != nil {
		return p, err
	}
	a, err := me.Access(ctx, id)
	switch {
	case err != nil:
		return p, err
	case a.Client.Revision != ch.Revision:
		return p, ErrConflict
	}
	mails := ch.SendInvitations && ch.Enabled && a.Client.Archived.IsZero()
	if mails {
		for _, n := range ch.Add {
			p.Mailed = append(p.Mailed, Named{n.Name, n.Email})
		}
	}
	for _, u := range a.Users {
		who := Named{u.Name, u.Email}
		switch {
		case u.State == MemberNotInvited && mails:
			p.Mailed = append(p.Mailed, who)
		case u.State == MemberActive && a.Enabled && !ch.Enabled:
			p.LoseAccess = append(p.LoseAccess, who)
		case u.State == MemberActive && !a.Enabled && ch.Enabled:
			p.GainAccess = append(p.GainAccess, who)
		}
		for _, n := range ch.Change {
			if n.User == u.ID && n.narrows(u) {
				p.FewerRights = append(p.FewerRights, who)
			}
		}
	}
	return p, nil
}

// narrows reports whether the change takes something from the user.
func (n ClientUserChange) narrows(u ClientUser) bool {
	if u.Rights&^n.Rights != 0 || u.AllProjects && !n.AllProjects {
		return true
	}
	for _, was := range u.Projects {
		i := slices.IndexFunc(n.Projects, func(p ChosenProject) bool { return p.Project == was.Project })
		before, after := or(was.Rights, u.Rights), n.Rights
		if i >= 0 {
			after = or(n.Projects[i].Rights, n.Rights)
		} else if !n.AllProjects {
			return true
		}
		if before&^after != 0 {
			return true
		}
	}
	return false
}

// same reports whether the user has exactly that already.
func (n ClientUserChange) same(u ClientUser) bool {
	if n.Title != u.Title || n.Rights != u.Rights || n.AllProjects != u.AllProjects || len(n.Projects) != len(u.Projects) {
		return false
	}
	for _, p := range u.Projects {
		if !slices.Contains(n.Projects, p) {
			return false
		}
	}
	return true
}

// or is r, or those for the client where a project has none of its own.
func or(r, client Rights) Rights {
	if r == 0 {
		return client
	}
	return r
}

// AccessResult is what SaveAccess did.
type AccessResult struct {
	Added   []ClientUserID
	Invited int // got an invitation
	Mailed  int // and an e-mail with it
}

// SaveAccess saves portal access and its people in one transaction. Takes
// Manage. ErrConflict, and nothing is saved, when somebody else saved since
// the page was read.
func (me *Scope) SaveAccess(ctx context.Context, id ClientID, ch AccessChange) (AccessResult, error) {
	var res AccessResult
	if err := ch.check(); err != nil {
		return res, err
	}
	err := me.write(ctx, func(t *tx) error {
		res = AccessResult{}
		c, err := t.managed(ctx, id)
		switch {
		case err != nil:
			return err
		case c.Revision != ch.Revision:
			return ErrConflict
		}
		settings := strings.Join(ch.AllowedDomains, " ") != c.Domains || ch.InvitationDays != c.Days || ch.Preset != c.Preset ||
			ch.SectionsSet != c.SectionsSet || ch.Sections != c.Sections
		if err := t.must(ctx, `
UPDATE clients SET allowed_domains = $1, invitation_days = $2, preset = $3, sections_set = $4, sections = $5, revision = revision + 1
 WHERE id = $6 AND revision = $7`,
			strings.Join(ch.AllowedDomains, " "), ch.InvitationDays, string(ch.Preset), int64(ch.SectionsSet), int64(ch.Sections),
			string(id), ch.Revision); err != nil {
			return err
		}
		c.Days, c.Message = ch.InvitationDays, ch.Message
		if settings {
			if err := t.record(ctx, Happening{Kind: AccessChanged, Client: id, Subject: string(id), Details: Details{"title": c.Name}}); err != nil {
				return err
			}
		}
		if ch.Enabled != c.Portal {
			if err := t.switchPortal(ctx, &c, ch.Enabled); err != nil {
				return err
			}
		}
		projects, err := t.grantable(ctx, c)
		if err != nil {
			return err
		}
		for i, n := range ch.Add {
			u, err := t.addUser(ctx, c, n, projects, "add."+strconv.Itoa(i)+".")
			if err != nil {
				return err
			}
			res.Added = append(res.Added, u)
		}
		for i, n := range ch.Change {
			if err := t.changeUser(ctx, c, n, projects, "change."+strconv.Itoa(i)+"."); err != nil {
				return err
			}
		}
		if err := t.regrantClient(ctx, id); err != nil {
			return err
		}
		if c.Portal && !c.Archived {
			if res.Invited, err = t.inviteAll(ctx, c, ch.SendInvitations, func(id ClientUserID) bool {
				return !ch.onlyAdded || slices.Contains(res.Added, id)
			}); err != nil {
				return err
			}
			if ch.SendInvitations {
				res.Mailed = res.Invited
			}
		}
		if !t.recorded {
			t.quiet("nothing but the revision changed")
		}
		return nil
	})
	return res, err
}

// EnablePortal switches portal access on; its people are let in again with
// what they had. Takes Manage.
func (me *Scope) EnablePortal(ctx context.Context, id ClientID) error {
	return me.setPortal(ctx, id, true)
}

// DisablePortal switches portal access off: its people see nothing of the
// client any more, and those who have no other reason to be here are signed
// out, before it returns. Nothing is deleted. Takes Manage.
func (me *Scope) DisablePortal(ctx context.Context, id ClientID) error {
	return me.setPortal(ctx, id, false)
}

func (me *Scope) setPortal(ctx context.Context, id ClientID, on bool) error {
	return me.write(ctx, func(t *tx) error {
		c, err := t.managed(ctx, id)
		if err != nil || c.Portal == on {
			return err
		}
		if err := t.must(ctx, `UPDATE clients SET revision = revision + 1 WHERE id = $1`, string(id)); err != nil {
			return err
		}
		return t.switchPortal(ctx, &c, on)
	})
}

func (t *tx) switchPortal(ctx context.Context, c *clientRow, on bool) error {
	h := Happening{Kind: PortalDisabled, Client: c.ID, Subject: string(c.ID), Details: Details{"title": c.Name}}
	var since any
	if on {
		h.Kind, since = PortalEnabled, t.now
	}
	if err := t.must(ctx, `UPDATE clients SET portal_since = $1, portal_changed_at = $2, portal_changed_by = $3 WHERE id = $4`,
		since, t.now, string(t.me.actor.person), string(c.ID)); err != nil {
		return err
	}
	c.Portal = on
	var err error
	if on {
		err = t.regrantClient(ctx, c.ID)
	} else {
		h.Closes, err = t.shutOut(ctx, *c)
	}
	if err != nil {
		return err
	}
	return t.record(ctx, h)
}

// shutOut brings a client's grants in line after it was switched off, and
// signs out its people who have no other reason to be here. It returns all who
// lost the client, whose streams end.
func (t *tx) shutOut(ctx context.Context, c clientRow) ([]PersonID, error) {
	if err := t.regrantClient(ctx, c.ID); err != nil {
		return nil, err
	}
	people, err := t.accepted(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	for _, p := range people {
		if err := t.signOutStranded(ctx, p, c.ID, "paused:"+string(c.ID)); err != nil {
			return nil, err
		}
	}
	return people, nil
}

// signOutStranded ends the mailed links to a client's approvals that a person who
// lost that client has, with what they said by phone and have not confirmed, and
// all sessions, tokens and links if nothing is left to them: no client that lets
// them in, and no place in the team.
func (t *tx) signOutStranded(ctx context.Context, person PersonID, from ClientID, why string) error {
	if err := t.voidApprovalLinks(ctx, person, from); err != nil {
		return err
	}
	if err := t.voidCallsOf(ctx, person, from); err != nil {
		return err
	}
	stranded, err := t.stranded(ctx, person)
	if err != nil || !stranded {
		return err
	}
	_, err = t.me.p.accounts.EndAll(ctx, t.Tx, person, why)
	return err
}

// grantable are the projects of a client that the actor may hand on, and what
// they themselves may do there.
func (t *tx) grantable(ctx context.Context, c clientRow) (map[ProjectID]Rights, error) {
	rows, err := t.query(ctx, `SELECT p.id, p.rights FROM my_places p WHERE p.client_id = $2`, string(c.ID))
	type one struct {
		id     ProjectID
		rights Rights
	}
	all, err := list(rows, err, func(r *db.Rows) (o one, err error) { return o, r.Scan(&o.id, &o.rights) })
	m := make(map[ProjectID]Rights, len(all))
	for _, o := range all {
		m[o.id] = o.rights
	}
	return m, err
}

// ceiling checks that nobody hands on more than they hold.
func (c clientRow) ceiling(f *checks, prefix string, rights Rights, chosen []ChosenProject, projects map[ProjectID]Rights) {
	if c.Can(Manage) {
		for _, p := range chosen {
			if _, ok := projects[p.Project]; !ok {
				f.fail(prefix+"projects", "choice")
			}
		}
		return
	}
	if !c.Rights.Has(rights) {
		f.fail(prefix+"rights", "more_than_yours")
	}
	for _, p := range chosen {
		if own, ok := projects[p.Project]; !ok {
			f.fail(prefix+"projects", "choice")
		} else if p.Rights&^own != 0 {
			f.fail(prefix+"rights", "more_than_yours")
		}
	}
}

// addUser adds a person to a client. Whether they have an account already is
// not told.
func (t *tx) addUser(ctx context.Context, c clientRow, n NewClientUser, projects map[ProjectID]Rights, prefix string) (ClientUserID, error) {
	var f checks
	c.ceiling(&f, prefix, n.Rights, n.Projects, projects)
	if err := f.err(); err != nil {
		return "", err
	}
	person, _, err := t.me.p.accounts.EnsurePerson(ctx, t.Tx, n.Email, n.Name)
	if err != nil {
		return "", err
	}
	// A removed person comes back as a new one: nothing they had is theirs.
	var id ClientUserID
	err = t.QueryRow(ctx, `
INSERT INTO client_users (id, client_id, person_id, label, typed_email, title, rights, all_projects, created_at, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (client_id, person_id) DO UPDATE
   SET label = $4, typed_email = $5, title = $6, rights = $7, all_projects = $8, created_at = $9, created_by = $10,
       accepted_at = NULL, suspended_at = NULL, removed_at = NULL
 WHERE client_users.removed_at IS NOT NULL
RETURNING id`,
		db.NewID("cus"), string(c.ID), string(person.ID), n.Name, n.Email, n.Title, int64(n.Rights), n.AllProjects, t.now, string(t.me.actor.person)).Scan(&id)
	switch {
	case err == db.ErrNoRows:
		return "", &Invalid{Fields: map[string]Reason{prefix + "email": {Key: "already_added"}}}
	case err != nil:
		return "", err
	}
	t.changed = true
	if err := t.choose(ctx, c.ID, id, n.Projects); err != nil {
		return "", err
	}
	return id, t.record(ctx, Happening{Kind: ClientUserAdded, Client: c.ID, Subject: string(id), Person: person.ID, Details: Details{"person": n.Name, "title": c.Name}})
}

// choose replaces a client user's chosen projects.
func (t *tx) choose(ctx context.Context, client ClientID, user ClientUserID, projects []ChosenProject) error {
	if _, err := t.exec(ctx, `DELETE FROM client_user_projects WHERE client_user_id = $1`, string(user)); err != nil {
		return err
	}
	for _, p := range projects {
		var rights any
		if p.Rights != 0 {
			rights = int64(p.Rights)
		}
		if _, err := t.exec(ctx, `INSERT INTO client_user_projects (client_user_id, project_id, client_id, rights) VALUES ($1, $2, $3, $4)`,
			string(user), string(p.Project), string(client), rights); err != nil {
			return err
		}
	}
	return nil
}

// changeUser replaces what a client user may see and do.
func (t *tx) changeUser(ctx context.Context, c clientRow, n ClientUserChange, projects map[ProjectID]Rights, prefix string) error {
	u, err := t.user(ctx, n.User)
	switch {
	case err != nil:
		return err
	case u.Client != c.ID:
		return ErrNotFound
	case u.State == MemberRemoved:
		return ErrConflict
	}
	if n.same(u) {
		return nil
	}
	var f checks
	c.ceiling(&f, prefix, n.Rights, n.Projects, projects)
	if err := f.err(); err != nil {
		return err
	}
	if err := t.must(ctx, `UPDATE client_users SET title = $1, rights = $2, all_projects = $3 WHERE id = $4 AND removed_at IS NULL`,
		n.Title, int64(n.Rights), n.AllProjects, string(u.ID)); err != nil {
		return err
	}
	if err := t.choose(ctx, c.ID, u.ID, n.Projects); err != nil {
		return err
	}
	return t.record(ctx, Happening{Kind: RightsChanged, Client: c.ID, Subject: string(u.ID), Person: u.Person,
		Details: Details{"person": u.Name, "title": c.Name, "from": string(u.Preset()), "to": string(PresetOf(n.Rights))}})
}

// inviteAll invites everybody who is meant and has no invitation yet.
func (t *tx) inviteAll(ctx context.Context, c clientRow, send bool, meant func(ClientUserID) bool) (n int, err error) {
	users, err := clientUsers(ctx, t.query, c.ID, "")
	if err != nil {
		return 0, err
	}
	for _, u := range users {
		if u.State == MemberNotInvited && meant(u.ID) {
			if _, err := t.invite(ctx, c, u, send); err != nil {
				return n, err
			}
			n++
		}
	}
	return n, nil
}

// invite makes an invitation; what was open before is replaced.
func (t *tx) invite(ctx context.Context, c clientRow, u ClientUser, send bool) (InvitationID, error) {
	if c.Message == "" && u.Invitation != "" { // sent again, it keeps its words
		var err error
		if c.Message, err = t.invitationWords(ctx, u.Invitation); err != nil {
			return "", err
		}
	}
	if _, err := t.exec(ctx, `
UPDATE invitations SET revoked_at = $1, replaced = 1 WHERE client_user_id = $2 AND accepted_at IS NULL AND revoked_at IS NULL`, t.now, string(u.ID)); err != nil {
		return "", err
	}
	id := InvitationID(db.NewID("inv"))
	a := t.me.p.accounts
	if _, err := t.exec(ctx, `
INSERT INTO invitations (id, person_id, client_user_id, client_id, token_hash, invited_by, created_at, expires_at, message) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		string(id), string(u.Person), string(u.ID), string(c.ID), a.TokenHash(a.Token(account.PurposeInvitation, string(id))),
		string(t.me.actor.person), t.now, t.now+int64(c.Days)*int64(24*time.Hour/time.Microsecond), c.Message); err != nil {
		return "", err
	}
	return id, t.record(ctx, Happening{Kind: UserInvited, Client: c.ID, Subject: string(id), Person: u.Person, Silent: !send,
		Details: Details{"person": u.Name, "title": c.Name}})
}
