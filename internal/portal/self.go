package portal

import "context"

// Self is the actor's own place: in the team, in clients, or nowhere.
type Self struct {
	Role    string       // of the team; empty for others
	Rights  Rights       // of the team role
	Clients []ClientName // those they are let in as a client user
	Files   bool         // they are shown the files of some project

	Messages bool // they are shown the conversations of some client or project

	Approvals bool // they are shown the approvals of some project
}

// ClientName is enough of a client to name it and link to it.
type ClientName struct {
	ID   ClientID
	Name string
}

// MayGet reports whether mails of a topic can go to the person at all.
func (s Self) MayGet(t Topics) bool {
	switch t {
	case TopicGathered:
		return len(s.Clients) > 0
	case TopicRecord:
		return s.Role == "owner"
	}
	return true
}

// maxSelfClients bounds the client switcher.
const maxSelfClients = 50

// Self returns the actor's own place. Its clients are shared: do not change them.
func (me *Scope) Self(ctx context.Context) (Self, error) {
	return me.p.selves.Find(me.p.db, me.actor.id, me.p.now(), func() (Self, error) { return me.self(ctx) })
}

func (me *Scope) self(ctx context.Context) (Self, error) {
	var s Self
	rows, err := me.query(ctx, `
SELECT 'team', r.role, '', r.rights FROM my_role r
UNION ALL
SELECT 'client', x.id, x.name, x.rights FROM (SELECT c.id, c.name, c.rights FROM my_clients c WHERE c.side = 'client' ORDER BY c.name_key LIMIT $2) x
UNION ALL
SELECT 'files', x.id, '', 0 FROM (SELECT p.id FROM my_places p WHERE (p.sections & 32) <> 0 LIMIT 1) x
UNION ALL
SELECT 'approvals', x.id, '', 0 FROM (SELECT p.id FROM my_places p WHERE (p.sections & 128) <> 0 LIMIT 1) x
UNION ALL
SELECT 'messages', x.id, '', 0 FROM (SELECT p.id FROM my_places p WHERE (p.sections & 64) <> 0 LIMIT 1) x
UNION ALL
SELECT 'messages', x.id, '', 0 FROM (SELECT c.id FROM my_clients c JOIN workspace w ON w.id = 1
 WHERE c.side = 'client' AND (((w.sections & ~c.sections_set) | (c.sections & c.sections_set)) & 64) <> 0 LIMIT 1) x`, maxSelfClients)
	if err != nil {
		return s, err
	}
	defer rows.Close()
	for rows.Next() {
		var kind, a, b string
		var rights Rights
		if err := rows.Scan(&kind, &a, &b, &rights); err != nil {
			return s, err
		}
		switch kind {
		case "team":
			s.Role, s.Rights = a, rights
		case "files":
			s.Files = true
		case "approvals":
			s.Approvals = true
		case "messages":
			s.Messages = true
		default:
			s.Clients = append(s.Clients, ClientName{ClientID(a), b})
		}
	}
	return s, rows.Err()
}
