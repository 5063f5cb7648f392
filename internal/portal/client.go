package portal

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// PortalState is how far a client has got with portal access.
type PortalState string

// The states. A client person is told none of them.
const (
	PortalOff     PortalState = "off"
	PortalNobody  PortalState = "nobody"  // on, and nobody is invited
	PortalInvited PortalState = "invited" // somebody is invited, nobody has accepted
	PortalActive  PortalState = "active"
)

// Client is a company the team works for. State, People, LastSeen, the portal
// fields and the settings are empty for client people.
type Client struct {
	ID       ClientID
	Name     string
	Archived time.Time // zero: not archived
	Contact  Contact   // the client's contact on the team; empty where they are not shown
	Welcome  string
	Projects int // not archived, as far as the actor sees them

	State           PortalState
	People          int
	LastSeen        time.Time // when one of its people was last here
	PortalSince     time.Time // zero: off
	PortalChanged   time.Time
	PortalChangedBy string
	SectionsSet     Sections // which sections this client overrides
	Sections        Sections // and their values
	Inherited       Sections // what the workspace says
	Revision        int64
	Held
}

// Contact is somebody of the team whom a client may turn to.
type Contact struct {
	Person    PersonID
	Name      string
	Title     string
	Email     string // empty where addresses are not shown
	AwayUntil string // day
}

// ClientFilter narrows the list of clients.
type ClientFilter struct {
	Query    string      // a part of the name
	State    PortalState // empty: any
	Archived bool        // the archived ones instead
}

const clientColumns = `c.id, c.name, c.name_key, c.archived_at, c.welcome, c.portal_since, c.sections_set, c.sections, c.revision, c.side, c.rights,
       c.state, c.people, c.seen_at, c.portal_changed_at, c.portal_changed_by_name, c.inherited,
       c.contact, c.contact_name, c.contact_title, c.contact_email, c.contact_away_until,
       (SELECT COUNT(*) FROM my_projects p WHERE p.client_id = c.id AND p.archived_at IS NULL)
  FROM my_clients c`

// clientScan receives clientColumns.
type clientScan struct {
	Client
	key                            string
	archived, since, seen, changed sql.NullInt64
}

func (s *clientScan) into() []any {
	c := &s.Client
	return []any{&c.ID, &c.Name, &s.key, &s.archived, &c.Welcome, &s.since, &c.SectionsSet, &c.Sections, &c.Revision, &c.Side, &c.Rights,
		&c.State, &c.People, &s.seen, &s.changed, &c.PortalChangedBy, &c.Inherited,
		&c.Contact.Person, &c.Contact.Name, &c.Contact.Title, &c.Contact.Email, &c.Contact.AwayUntil, &c.Projects}
}

func (s *clientScan) client() Client {
	c := s.Client
	c.Archived, c.PortalSince, c.LastSeen, c.PortalChanged = nullMoment(s.archived), nullMoment(s.since), nullMoment(s.seen), nullMoment(s.changed)
	if !c.Team() {
		c.PortalSince, c.SectionsSet, c.Sections, c.Revision = time.Time{}, 0, 0, 0
	}
	return c
}

// moment is a stored time that may be missing.
func nullMoment(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return db.FromMicros(n.Int64)
}

// Clients lists the clients the actor may see, by name.
func (me *Scope) Clients(ctx context.Context, f ClientFilter, pg Page) (clients []Client, next string, err error) {
	rows, err := me.query(ctx, `
SELECT `+clientColumns+`
 WHERE ($2 = '' OR c.name_key > $2) AND ($3 = '' OR REPLACE(c.name_key, $3, '') <> c.name_key) AND ($4 = '' OR c.state = $4)
   AND CASE WHEN c.archived_at IS NULL THEN 0 ELSE 1 END = $5
 ORDER BY c.name_key LIMIT $6`, pg.After, fold(f.Query), string(f.State), f.Archived, pg.limit())
	all, err := list(rows, err, func(r *db.Rows) (clientScan, error) {
		var s clientScan
		return s, r.Scan(s.into()...)
	})
	if err != nil {
		return nil, "", err
	}
	all, next = page(all, pg, func(s clientScan) string { return s.key })
	for _, s := range all {
		clients = append(clients, s.client())
	}
	return clients, next, nil
}

// maxClientNames bounds the clients that are offered at once to choose one of; the
// others are found by name.
const maxClientNames = 100

// ClientNames are clients to choose one of, by name: those that the actor sees and
// has the rights on, that are not archived and whose name has part in it, and whether
// there are more.
func (me *Scope) ClientNames(ctx context.Context, part string, rights Rights) (names []ClientName, more bool, err error) {
	rows, err := me.query(ctx, `
SELECT c.id, c.name FROM my_clients c
 WHERE c.archived_at IS NULL AND (c.rights & $4) = $4 AND ($2 = '' OR REPLACE(c.name_key, $2, '') <> c.name_key)
 ORDER BY c.name_key LIMIT $3`, fold(part), maxClientNames+1, int64(rights))
	names, err = list(rows, err, func(r *db.Rows) (c ClientName, err error) { return c, r.Scan(&c.ID, &c.Name) })
	if len(names) > maxClientNames {
		return names[:maxClientNames], true, err
	}
	return names, false, err
}

// ClientName is the name of one client that the actor sees, an archived one too.
func (me *Scope) ClientName(ctx context.Context, id ClientID) (c ClientName, err error) {
	return c, me.get(ctx, `SELECT c.id, c.name FROM my_clients c WHERE c.id = $2`, []any{string(id)}, &c.ID, &c.Name)
}

// Client returns one client.
func (me *Scope) Client(ctx context.Context, id ClientID) (Client, error) {
	var s clientScan
	err := me.get(ctx, `SELECT `+clientColumns+` WHERE c.id = $2`, []any{string(id)}, s.into()...)
	return s.client(), err
}

// A Greeting is what a client's home says of the client itself.
type Greeting struct {
	Name    string
	Welcome string  // in Markdown
	Contact Contact // on the team; empty where they are not shown
	Held
}

// Greeting is of a client that the actor sees, in fewer columns than Client,
// for the page that is asked for most.
func (me *Scope) Greeting(ctx context.Context, id ClientID) (g Greeting, err error) {
	err = me.get(ctx, `
SELECT c.name, c.welcome, c.side, c.rights, c.contact, c.contact_name, c.contact_title, c.contact_email, c.contact_away_until
  FROM my_clients c WHERE c.id = $2`, []any{string(id)},
		&g.Name, &g.Welcome, &g.Side, &g.Rights, &g.Contact.Person, &g.Contact.Name, &g.Contact.Title, &g.Contact.Email, &g.Contact.AwayUntil)
	return g, err
}

// Paused lists the clients that would let the actor in, but whose portal access
// is off: what a person with no client is told.
func (me *Scope) Paused(ctx context.Context) ([]ClientName, error) {
	rows, err := me.query(ctx, `SELECT p.id, p.name FROM my_paused p ORDER BY p.name LIMIT $2`, maxSelfClients)
	return list(rows, err, func(r *db.Rows) (c ClientName, err error) { return c, r.Scan(&c.ID, &c.Name) })
}

// clientRow is a client as a change needs it.
type clientRow struct {
	ID          ClientID
	Name        string
	Archived    bool
	Portal      bool
	Days        int
	Domains     string
	Preset      Preset
	SectionsSet Sections
	Sections    Sections
	Revision    int64
	Message     string // for the invitations of this change
	Held
}

// client loads a client for a change and holds its lock until the transaction
// ends: whoever changes what its people may do waits. Whatever is read after
// it is as the change before has left it.
func (t *tx) client(ctx context.Context, id ClientID) (clientRow, error) {
	if c, err := t.clientRow(ctx, id); err != nil {
		return c, err
	}
	if err := t.lock(ctx, string(id)); err != nil {
		return clientRow{}, err
	}
	return t.clientRow(ctx, id)
}

func (t *tx) clientRow(ctx context.Context, id ClientID) (clientRow, error) {
	var c clientRow
	var archived, portal sql.NullInt64
	err := t.get(ctx, `
SELECT c.id, c.name, c.archived_at, c.portal_since, c.invitation_days, c.allowed_domains, c.preset, c.sections_set, c.sections, c.revision, c.side, c.rights
  FROM my_clients c WHERE c.id = $2`, []any{string(id)},
		&c.ID, &c.Name, &archived, &portal, &c.Days, &c.Domains, &c.Preset, &c.SectionsSet, &c.Sections, &c.Revision, &c.Side, &c.Rights)
	c.Archived, c.Portal = archived.Valid, portal.Valid
	return c, err
}

// managed is client for those who may manage it.
func (t *tx) managed(ctx context.Context, id ClientID) (clientRow, error) {
	c, err := t.client(ctx, id)
	if err == nil && !c.Can(Manage) {
		err = ErrForbidden
	}
	return c, err
}

// lock holds the chain of a client, or of the workspace (""), until the
// transaction ends. A client's comes before the workspace's.
func (t *tx) lock(ctx context.Context, chain string) error {
	if t.Alone() {
		return nil
	}
	_, err := t.Exec(ctx, `INSERT INTO event_chains (chain, seq, head) VALUES ($1, 0, '') ON CONFLICT (chain) DO UPDATE SET seq = event_chains.seq`, chain)
	return err
}

// heldBy loads what load does with the lock of its client's chain: nothing of it changes
// until the transaction ends.
func heldBy[T any](ctx context.Context, t *tx, load func() (T, error), client func(T) ClientID) (T, error) {
	x, err := load()
	if err != nil || t.Alone() { // nobody else can have changed it
		return x, err
	}
	if err := t.lock(ctx, string(client(x))); err != nil {
		return x, err
	}
	return load()
}

// role is the actor's own in the team, or ErrForbidden for everybody else.
func (t *tx) role(ctx context.Context) (role string, rights Rights, err error) {
	err = t.get(ctx, `SELECT r.role, r.rights FROM my_role r`, nil, &role, &rights)
	if err == ErrNotFound {
		err = ErrForbidden
	}
	return role, rights, err
}

// AddClient makes a client with portal access off. Takes Administer or the
// role of a manager, who is then on it.
func (me *Scope) AddClient(ctx context.Context, name string) (ClientID, error) {
	var c checks
	name = c.name("name", name)
	if err := c.err(); err != nil {
		return "", err
	}
	id := ClientID(db.NewID("cli"))
	err := me.write(ctx, func(t *tx) error {
		if err := t.lock(ctx, ""); err != nil { // a removal from the team waits, or has been
			return err
		}
		role, rights, err := t.role(ctx)
		switch {
		case err != nil:
			return err
		case !rights.Has(Manage):
			return ErrForbidden
		}
		if _, err := t.exec(ctx, `
INSERT INTO clients (id, name, name_key, created_at, created_by, contact_id) VALUES ($1, $2, $3, $4, $5, $5)`,
			string(id), name, fold(name), t.now, string(me.actor.person)); err != nil {
			return nameTaken(err)
		}
		if role == "manager" {
			if _, err := t.exec(ctx, `INSERT INTO client_team (client_id, person_id, added_at) VALUES ($1, $2, $3)`,
				string(id), string(me.actor.person), t.now); err != nil {
				return err
			}
		}
		if err := t.regrantClient(ctx, id); err != nil {
			return err
		}
		return t.record(ctx, Happening{Kind: ClientAdded, Client: id, Subject: string(id), Details: Details{"title": name}})
	})
	if err != nil {
		return "", err
	}
	return id, nil
}

// nameTaken says of a name that another client has it.
func nameTaken(err error) error {
	if errors.Is(err, db.ErrUnique) {
		return &Invalid{Fields: map[string]Reason{"name": {Key: "taken"}}}
	}
	return err
}

// ClientSettings is what ChangeClient takes.
type ClientSettings struct {
	Name     string
	Contact  PersonID // of the team; empty: nobody
	Welcome  string
	Revision int64 // as it was read
}

// ChangeClient saves a client's own settings. Takes Manage; ErrConflict when
// they were changed since they were read.
func (me *Scope) ChangeClient(ctx context.Context, id ClientID, s ClientSettings) error {
	var c checks
	s.Name = c.name("name", s.Name)
	s.Welcome = c.text("welcome", s.Welcome)
	if err := c.err(); err != nil {
		return err
	}
	return me.write(ctx, func(t *tx) error {
		was, err := t.managed(ctx, id)
		if err != nil {
			return err
		}
		if s.Contact != "" {
			if _, err := t.member(ctx, s.Contact); err == ErrNotFound {
				return &Invalid{Fields: map[string]Reason{"contact": {Key: "choice"}}}
			} else if err != nil {
				return err
			}
		}
		if err := t.must(ctx, `
UPDATE clients SET name = $1, name_key = $2, contact_id = $3, welcome = $4, revision = revision + 1 WHERE id = $5 AND revision = $6`,
			s.Name, fold(s.Name), nullable(s.Contact), s.Welcome, string(id), s.Revision); err != nil {
			return nameTaken(err)
		}
		if err := t.lock(ctx, string(id)); err != nil {
			return err
		}
		if err := t.restand(ctx, id); err != nil { // for the contact
			return err
		}
		return t.record(ctx, Happening{Kind: ClientChanged, Client: id, Subject: string(id), Details: Details{"title": s.Name, "from": was.Name}})
	})
}

// SetClientSections overrides what the workspace shows to clients: the bits of
// set take their value from on, the others are inherited. Takes Manage.
func (me *Scope) SetClientSections(ctx context.Context, id ClientID, set, on Sections, revision int64) error {
	set &= allSections
	return me.write(ctx, func(t *tx) error {
		c, err := t.managed(ctx, id)
		if err != nil {
			return err
		}
		if err := t.must(ctx, `
UPDATE clients SET sections_set = $1, sections = $2, revision = revision + 1 WHERE id = $3 AND revision = $4`,
			int64(set), int64(on&set), string(id), revision); err != nil {
			return err
		}
		if err := t.regrantClient(ctx, id); err != nil {
			return err
		}
		return t.record(ctx, Happening{Kind: SectionsChanged, Client: id, Subject: string(id), Details: Details{"title": c.Name}})
	})
}

// ArchiveClient puts a client away: its people lose access as when portal
// access is switched off, and nothing is deleted. Takes Manage.
func (me *Scope) ArchiveClient(ctx context.Context, id ClientID) error {
	return me.write(ctx, func(t *tx) error {
		c, err := t.managed(ctx, id)
		switch {
		case err != nil:
			return err
		case c.Archived:
			return nil
		}
		if err := t.must(ctx, `UPDATE clients SET archived_at = $1, revision = revision + 1 WHERE id = $2`, t.now, string(id)); err != nil {
			return err
		}
		out, err := t.shutOut(ctx, c)
		if err != nil {
			return err
		}
		return t.record(ctx, Happening{Kind: ClientArchived, Client: id, Subject: string(id), Details: Details{"title": c.Name}, Closes: out})
	})
}

// RestoreClient brings an archived client back with everything it had. Takes Manage.
func (me *Scope) RestoreClient(ctx context.Context, id ClientID) error {
	return me.write(ctx, func(t *tx) error {
		c, err := t.managed(ctx, id)
		switch {
		case err != nil:
			return err
		case !c.Archived:
			return nil
		}
		if err := t.must(ctx, `UPDATE clients SET archived_at = NULL, revision = revision + 1 WHERE id = $1`, string(id)); err != nil {
			return err
		}
		if err := t.regrantClient(ctx, id); err != nil {
			return err
		}
		return t.record(ctx, Happening{Kind: ClientRestored, Client: id, Subject: string(id), Details: Details{"title": c.Name}})
	})
}

// ClientMember is a team member who was put on a client. Owners and admins
// need not be.
type ClientMember struct {
	Person PersonID
	Name   string
	Title  string
	Role   string
	Since  time.Time
}

// ClientTeam lists the team members on a client. For the team.
func (me *Scope) ClientTeam(ctx context.Context, id ClientID) ([]ClientMember, error) {
	rows, err := me.query(ctx, `
SELECT m.person_id, m.name, m.title, m.role, m.added_at FROM my_client_team m WHERE m.client_id = $2 ORDER BY m.name, m.person_id`, string(id))
	return list(rows, err, func(r *db.Rows) (m ClientMember, err error) {
		var since int64
		err = r.Scan(&m.Person, &m.Name, &m.Title, &m.Role, &since)
		m.Since = db.FromMicros(since)
		return m, err
	})
}

// PutOnClient puts a team member on a client: a manager then manages it. Takes Manage.
func (me *Scope) PutOnClient(ctx context.Context, id ClientID, person PersonID) error {
	return me.write(ctx, func(t *tx) error {
		c, err := t.managed(ctx, id)
		if err != nil {
			return err
		}
		if err := t.lock(ctx, ""); err != nil { // a removal from the team waits, or has been
			return err
		}
		m, err := t.member(ctx, person)
		if err != nil {
			return err
		}
		n, err := t.exec(ctx, `INSERT INTO client_team (client_id, person_id, added_at) VALUES ($1, $2, $3) ON CONFLICT (client_id, person_id) DO NOTHING`,
			string(id), string(person), t.now)
		if err != nil || n == 0 {
			return err
		}
		if err := t.regrantPerson(ctx, person); err != nil {
			return err
		}
		if err := t.restand(ctx, id); err != nil {
			return err
		}
		return t.record(ctx, Happening{Kind: ClientTeamed, Client: id, Subject: string(id), Person: person, Details: Details{"person": m.Name, "title": c.Name}})
	})
}

// TakeOffClient takes a team member off a client; they stay in the projects
// they are in. Takes Manage.
func (me *Scope) TakeOffClient(ctx context.Context, id ClientID, person PersonID) error {
	return me.write(ctx, func(t *tx) error {
		c, err := t.managed(ctx, id)
		if err != nil {
			return err
		}
		var name string
		if err := t.get(ctx, `SELECT m.name FROM my_client_team m WHERE m.client_id = $2 AND m.person_id = $3`, []any{string(id), string(person)}, &name); err != nil {
			return err
		}
		if err := t.must(ctx, `DELETE FROM client_team WHERE client_id = $1 AND person_id = $2`, string(id), string(person)); err != nil {
			return err
		}
		// Recorded while the actor, who may be that person, still holds the client.
		if err := t.record(ctx, Happening{Kind: ClientUnteamed, Client: id, Subject: string(id), Person: person, Details: Details{"person": name, "title": c.Name}}); err != nil {
			return err
		}
		if err := t.regrantPerson(ctx, person); err != nil {
			return err
		}
		return t.restand(ctx, id)
	})
}
