package portal

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// A ThreadKind is what people talk in.
type ThreadKind string

// The kinds of threads: three of conversations, and comments.
const (
	ProjectThread ThreadKind = "project" // a conversation of a project
	GeneralThread ThreadKind = "general" // the one of a client
	DirectThread  ThreadKind = "direct"  // between people
	ItemThread    ThreadKind = "item"    // comments on an item
)

// A Thread is a conversation, or comments on an item: messages in an order.
type Thread struct {
	ID          ThreadID
	Kind        ThreadKind
	Client      ClientID // empty: a direct one inside the team
	ClientName  string
	Project     ProjectID // of conversations of projects, and comments
	ProjectName string
	Item        ItemID    // of comments: what they are on
	Version     VersionID // of comments on a file: the version that was looked at
	Place       *Place    // of comments: where on the version; nil: on all of it
	Number      int       // of the place, among those on the file for the same audience; 0: none
	Own         bool      // the reader began it
	Subject     string
	Audience    Side // Team: nobody of the client ever sees it
	CreatedAt   time.Time
	LastAt      time.Time // when the newest message was written that the reader sees
	Messages    int       // how many the reader sees, tombstones too
	Turn        Side      // who must answer; empty: nobody
	TurnSince   time.Time
	ResolvedAt  time.Time // of comments; zero: open
	ResolvedBy  string    // the name; empty when not for the reader: say the workspace's name
	Revision    int64
	Deserted    bool // a direct one that nobody else reads any more
	Held

	author PersonID // of what is said now; empty: the actor
}

// Comments reports whether it is comments on an item.
func (th Thread) Comments() bool { return th.Kind == ItemThread }

// Resolved reports whether the comments are.
func (th Thread) Resolved() bool { return !th.ResolvedAt.IsZero() }

// MayWrite reports whether the reader may write there: the team with
// Contribute, clients with Message, or Comment; nobody where it is Deserted.
func (th Thread) MayWrite() bool {
	switch {
	case th.Team():
		return th.Can(Contribute)
	case th.Comments():
		return th.Can(Comment)
	}
	return th.Can(SendMessage)
}

// Writes is nil where MayWrite says so, and else why not.
func (th Thread) Writes() error {
	switch {
	case th.MayWrite():
		return nil
	case th.Deserted:
		return ErrDeserted
	}
	return ErrForbidden
}

const threadColumns = `t.id, t.kind, COALESCE(t.client_id, ''), COALESCE(t.client_name, ''), COALESCE(t.project_id, ''), COALESCE(t.project_name, ''), COALESCE(t.item_id, ''), COALESCE(t.version_id, ''),
       t.subject, t.audience, t.created_at, COALESCE(t.at, 0), t.messages, CASE WHEN t.turn = 'none' THEN '' ELSE t.turn END, t.turn_since, COALESCE(t.resolved_at, 0), COALESCE(t.resolved_by_name, ''), t.place, COALESCE(t.number, 0), t.own, t.revision, t.deserted, t.side, t.rights`

func scanThread(rows *db.Rows) (th Thread, err error) { return th, th.scan(rows.Scan) }

func (th *Thread) scan(scan func(...any) error, more ...any) error {
	var created, last, since, resolved int64
	err := scan(append([]any{&th.ID, &th.Kind, &th.Client, &th.ClientName, &th.Project, &th.ProjectName, &th.Item, &th.Version, &th.Subject, &th.Audience, &created, &last, &th.Messages,
		&th.Turn, &since, &resolved, &th.ResolvedBy, placeColumn{&th.Place}, &th.Number, &th.Own, &th.Revision, &th.Deserted, &th.Side, &th.Rights}, more...)...)
	th.CreatedAt, th.LastAt, th.TurnSince, th.ResolvedAt = moment(created), moment(last), moment(since), moment(resolved)
	return err
}

// Thread returns a conversation, or comments.
func (me *Scope) Thread(ctx context.Context, id ThreadID) (Thread, error) { return thread(ctx, me, id) }

func thread(ctx context.Context, r reader, id ThreadID) (th Thread, err error) {
	err = th.scan(func(dest ...any) error {
		return r.get(ctx, `SELECT `+threadColumns+` FROM my_threads t WHERE t.id = $2`, []any{string(id)}, dest...)
	})
	return th, err
}

// ThreadOf returns the thread a message is in.
func (me *Scope) ThreadOf(ctx context.Context, id MessageID) (th Thread, err error) {
	err = th.scan(func(dest ...any) error {
		return me.get(ctx, `SELECT `+threadColumns+` FROM my_messages m JOIN my_threads t ON t.id = m.thread_id WHERE m.id = $2`, []any{string(id)}, dest...)
	})
	return th, err
}

// GeneralThreadOf returns the general conversation of a client; ErrNotFound
// while nothing was said in it that the reader sees.
func (me *Scope) GeneralThreadOf(ctx context.Context, id ClientID) (th Thread, err error) {
	err = th.scan(func(dest ...any) error {
		return me.get(ctx, `SELECT `+threadColumns+` FROM my_threads t WHERE t.client_id = $2 AND t.kind <> 'item' AND t.kind = 'general'`, []any{string(id)}, dest...)
	})
	return th, err
}

// A Conversation is a thread as a list has it.
type Conversation struct {
	Thread
	Last   Message  // the newest that the reader sees, its body cut short
	Unread int      // messages of others after the reader's mark; 100 stands for more
	With   []string // of direct ones: the names of the others
}

// What Conversations may be narrowed to.
const (
	UnreadOnly = "unread" // with something that the reader has not read
	OurTurn    = "turn"   // that wait for an answer of the reader's side
)

// ConversationList narrows Conversations.
type ConversationList struct {
	Client  ClientID  // empty: of all
	Project ProjectID // empty: of all
	Filter  string    // "", UnreadOnly or OurTurn
	After   ThreadID  // the last of the part before
}

const (
	conversationsOnPage = 30
	maxUnread           = 100 // counted; a page says "99+"
	fewClients          = 50  // whose conversations are looked through rather than those of all
)

// Conversations returns the conversations that the reader sees, the one with
// the newest message first, in parts of 30.
func (me *Scope) Conversations(ctx context.Context, l ConversationList) (all []Conversation, next string, err error) {
	team, err := me.ofTeam(ctx)
	if err != nil {
		return nil, "", err
	}
	at := "t.shown_at"
	if team {
		at = "t.last_at"
	}
	q := `SELECT ` + threadColumns + ` FROM my_threads t WHERE t.kind <> 'item'`
	args := []any{conversationsOnPage + 1}
	and := func(cond string, more ...any) {
		q += ` AND ` + cond
		args = append(args, more...)
	}
	switch {
	case l.Project != "":
		and(`t.project_id = `+placeholder(len(args)+2), string(l.Project))
	case l.Client != "":
		and(`t.client_id = `+placeholder(len(args)+2), string(l.Client))
	default:
		clients, err := me.clientsToRead(ctx, team)
		if err != nil {
			return nil, "", err
		}
		if len(clients) > 0 && len(clients) <= fewClients {
			in, ids := oneOf(len(args)+2, clients)
			if team { // what is inside the team has no client
				and(`(t.client_id IN `+in+` OR t.id IN (SELECT s.thread_id FROM my_seats s))`, ids...)
			} else {
				and(`t.client_id IN `+in, ids...)
			}
		}
	}
	switch l.Filter {
	case "":
	case UnreadOnly:
		and(unread(len(args)+2), string(me.actor.person))
	case OurTurn:
		and(`t.turn = t.side AND t.deserted = 0`)
	default:
		return nil, "", invalid("filter", "choice")
	}
	if l.After != "" {
		var last int64
		if err := me.get(ctx, `SELECT COALESCE(`+at+`, 0) FROM my_threads t WHERE t.id = $2`, []any{string(l.After)}, &last); err != nil {
			return nil, "", err
		}
		n := len(args) + 2
		and(`(`+at+`, t.id) < (`+placeholder(n)+`, `+placeholder(n+1)+`)`, last, string(l.After))
	}
	rows, err := me.query(ctx, q+` ORDER BY `+at+` DESC, t.id DESC LIMIT $2`, args...)
	threads, err := list(rows, err, scanThread)
	if err != nil {
		return nil, "", err
	}
	if len(threads) > conversationsOnPage {
		threads = threads[:conversationsOnPage]
		next = string(threads[conversationsOnPage-1].ID)
	}
	for _, th := range threads {
		all = append(all, Conversation{Thread: th})
	}
	return all, next, me.completeConversations(ctx, all)
}

// ofTeam reports whether the actor works for the workspace.
func (me *Scope) ofTeam(ctx context.Context) (bool, error) {
	var n int
	err := me.get(ctx, `SELECT COUNT(*) FROM my_role r`, nil, &n)
	return n > 0, err
}

// noClient is whose conversations somebody reads who has none to read.
const noClient ClientID = "cli_none"

// clientsToRead are the clients whose conversations the actor may see, and one
// more than a few at most.
func (me *Scope) clientsToRead(ctx context.Context, team bool) ([]ClientID, error) {
	rows, err := me.query(ctx, `SELECT c.id FROM my_clients c ORDER BY c.id LIMIT $2`, fewClients+1)
	ids, err := list(rows, err, scanOne[ClientID])
	if len(ids) == 0 && !team {
		ids = []ClientID{noClient}
	}
	return ids, err
}

// unread is true of a thread t with a visible message of somebody else than the
// person $n after the reader's mark.
func unread(n int) string {
	return `t.head > ` + markOf("t") + ` AND EXISTS (SELECT 1 FROM my_messages m WHERE m.thread_id = t.id AND m.seq > ` + markOf("t") + ` AND COALESCE(m.author_id, '') <> ` + placeholder(n) + `)`
}

// markOf is how far the reader has read a thread.
func markOf(t string) string {
	return `COALESCE((SELECT MAX(r.seq) FROM my_readings r WHERE r.thread_id = ` + t + `.id), 0)`
}

// completeConversations adds last lines, what is unread and who is in it.
func (me *Scope) completeConversations(ctx context.Context, all []Conversation) error {
	if len(all) == 0 {
		return nil
	}
	ids := make([]ThreadID, len(all))
	var direct []ThreadID
	for i, c := range all {
		ids[i] = c.ID
		if c.Kind == DirectThread {
			direct = append(direct, c.ID)
		}
	}
	in, args := oneOf(2, ids)
	rows, err := me.query(ctx, `SELECT `+lastColumns+` FROM my_messages m WHERE m.thread_id IN `+in+` AND m.seq = m.head`, args...)
	last, err := list(rows, err, scanMessage)
	if err != nil {
		return err
	}
	for _, m := range last {
		all[slices.Index(ids, m.Thread)].Last = m
	}
	in, args = oneOf(4, ids)
	rows, err = me.query(ctx, `
SELECT t.id, (SELECT COUNT(*) FROM (SELECT m.id FROM my_messages m WHERE m.thread_id = t.id AND m.seq > `+markOf("t")+` AND COALESCE(m.author_id, '') <> $2 LIMIT $3) x)
  FROM my_threads t WHERE t.id IN `+in+` AND t.head > `+markOf("t"), append([]any{string(me.actor.person), maxUnread}, args...)...)
	if err := eachPair(rows, err, func(id ThreadID, n int) { all[slices.Index(ids, id)].Unread = n }); err != nil {
		return err
	}
	if len(direct) == 0 {
		return nil
	}
	in, args = oneOf(3, direct)
	rows, err = me.query(ctx, `
SELECT y.thread_id, y.name FROM my_thread_people y WHERE y.person_id <> $2 AND y.thread_id IN `+in+` ORDER BY y.thread_id, y.name, y.person_id`,
		append([]any{string(me.actor.person)}, args...)...)
	return eachPair(rows, err, func(id ThreadID, name string) {
		c := &all[slices.Index(ids, id)]
		c.With = append(c.With, name)
	})
}

// eachPair reads rows of two columns.
func eachPair[K, V any](rows *db.Rows, err error, do func(K, V)) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var k K
		var v V
		if err := rows.Scan(&k, &v); err != nil {
			return err
		}
		do(k, v)
	}
	return rows.Err()
}

// UnreadConversations counts the conversations with something that the actor
// has not read, up to 100: for the team those of the projects and clients that
// are their work, and those they are in; for a client's person those of one client.
// Self is the actor's own place.
func (me *Scope) UnreadConversations(ctx context.Context, self Self, client ClientID) (int, error) {
	return me.p.unread.Find(me.p.db, me.actor.id+" "+string(client), me.p.now(), func() (int, error) { return me.countUnread(ctx, self, client) })
}

func (me *Scope) countUnread(ctx context.Context, self Self, client ClientID) (int, error) {
	from := `threads t WHERE t.kind <> 'item'`
	count := func(cond string, args ...any) (n int, err error) {
		err = me.get(ctx, `
SELECT COUNT(*) FROM (SELECT t.id FROM my_`+from+` AND `+cond+` AND `+unread(2)+` LIMIT $3) x`,
			append([]any{string(me.actor.person), maxUnread}, args...), &n)
		return n, err
	}
	if self.Role == "" {
		from = `news t WHERE 1 = 1`
		return count(`t.client_id = $4`, string(client))
	}
	total, err := count(`t.id IN (SELECT s.thread_id FROM my_seats s)`)
	if err != nil {
		return 0, err
	}
	rows, err := me.query(ctx, `SELECT d.id FROM my_desk d WHERE d.archived_at IS NULL ORDER BY d.id DESC LIMIT $2`, maxOwnProjects)
	projects, err := list(rows, err, scanOne[ProjectID])
	if err != nil {
		return 0, err
	}
	if len(projects) > 0 {
		in, ids := oneOf(4, projects)
		n, err := count(`t.kind = 'project' AND t.project_id IN `+in, ids...)
		if err != nil {
			return 0, err
		}
		total += n
	}
	clients, err := me.ownClients(ctx)
	if err != nil {
		return 0, err
	}
	if len(clients) > 0 {
		in, ids := oneOf(4, clients)
		n, err := count(`t.kind = 'general' AND t.client_id IN `+in, ids...)
		if err != nil {
			return 0, err
		}
		total += n
	}
	return min(total, maxUnread), nil
}

// ownClients are the newest of those that are the actor's work.
func (me *Scope) ownClients(ctx context.Context) ([]ClientID, error) {
	rows, err := me.query(ctx, `SELECT k.client_id FROM my_client_work k ORDER BY k.client_id DESC LIMIT $2`, maxOwnProjects)
	return list(rows, err, scanOne[ClientID])
}

// SeesThread reports whether the actor sees what was said in a thread to the
// audience: for a stream that has been told of it.
func (me *Scope) SeesThread(ctx context.Context, id ThreadID, audience Side) (bool, error) {
	var n int
	err := me.get(ctx, `SELECT COUNT(*) FROM my_threads t WHERE t.id = $2 AND (t.side = 'team' OR $3 = 'client')`, []any{string(id), string(audience)}, &n)
	return n > 0, err
}

// NewConversation is what StartConversation takes.
type NewConversation struct {
	Subject string
	NewMessage
}

// StartConversation begins a conversation in a project. Its audience is that of
// its first message. Takes Contribute, or Message of clients.
func (me *Scope) StartConversation(ctx context.Context, project ProjectID, n NewConversation) (ThreadID, error) {
	var c checks
	n.Subject = c.name("subject", n.Subject)
	n.NewMessage.check(&c)
	if err := c.err(); err != nil {
		return "", err
	}
	id := ThreadID(db.NewID("thr"))
	err := me.write(ctx, func(t *tx) error {
		p, err := loadProject(ctx, t, project)
		switch {
		case err != nil:
			return err
		case !p.Team() && !p.Sections.Has(SectionMessages):
			return ErrNotFound
		case p.Team() && !p.Can(Contribute), !p.Team() && !p.Can(SendMessage):
			return ErrForbidden
		}
		first := n.NewMessage
		if first.Audience, err = spokenTo(p.Held, n.Audience, ClientSide); err != nil {
			return err
		}
		th := Thread{ID: id, Kind: ProjectThread, Client: p.Client, ClientName: p.ClientName, Project: project, ProjectName: p.Name, Subject: n.Subject, Audience: first.Audience, Held: p.Held}
		if err := t.insertThread(ctx, th, ""); err != nil {
			return err
		}
		msg, err := t.say(ctx, th, first)
		if err != nil {
			return err
		}
		if err := t.discardDrafts(ctx, string(project)); err != nil {
			return err
		}
		t.heard(th, first.Audience)
		return t.record(ctx, Happening{Kind: ConversationStarted, Client: p.Client, Project: project, Subject: string(id), Audience: first.Audience, Message: msg, Details: Details{"title": n.Subject}})
	})
	return id, err
}

func (t *tx) insertThread(ctx context.Context, th Thread, key string) error {
	place, err := th.Place.stored()
	if err != nil {
		return err
	}
	var number any
	if th.Place != nil {
		if number, err = t.nextNumber(ctx, th.Item, th.Audience); err != nil {
			return err
		}
	}
	return t.must(ctx, `
INSERT INTO threads (id, kind, key, client_id, project_id, item_id, version_id, place, number, subject, audience, created_at, created_by, last_at, turn_since)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $12, $12)`,
		string(th.ID), string(th.Kind), nullable(key), nullable(th.Client), nullable(th.Project), nullable(th.Item), nullable(th.Version),
		place, number, th.Subject, string(th.Audience), t.now, string(cmp.Or(th.author, t.me.actor.person)))
}

// nextNumber is the number of the next place on an item.
func (t *tx) nextNumber(ctx context.Context, id ItemID, audience Side) (n int64, err error) {
	err = t.QueryRow(ctx, `
INSERT INTO place_numbers (item_id, audience, last) VALUES ($1, $2, 1)
ON CONFLICT (item_id, audience) DO UPDATE SET last = place_numbers.last + 1 RETURNING last`, string(id), string(audience)).Scan(&n)
	t.changed = true
	return n, err
}

// SayToClient posts into the general conversation of a client, which is made
// when it is first needed. Takes Contribute on the client, or Message.
func (me *Scope) SayToClient(ctx context.Context, client ClientID, n NewMessage) (MessageID, error) {
	var c checks
	n.check(&c)
	if err := c.err(); err != nil {
		return "", err
	}
	var id MessageID
	err := me.write(ctx, func(t *tx) error {
		th := Thread{ID: ThreadID(db.NewID("thr")), Kind: GeneralThread, Client: client, Audience: ClientSide}
		var open Sections
		var archived bool
		err := t.get(ctx, `
SELECT c.name, c.side, CASE WHEN c.side = 'team' THEN 16383 ELSE (w.sections & ~c.sections_set) | (c.sections & c.sections_set) END, c.rights, CASE WHEN c.archived_at IS NULL THEN 0 ELSE 1 END
  FROM my_clients c JOIN workspace w ON w.id = 1 WHERE c.id = $2`, []any{string(client)}, &th.ClientName, &th.Side, &open, &th.Rights, &archived)
		switch {
		case err != nil:
			return err
		case !open.Has(SectionMessages):
			return ErrNotFound
		case archived, !th.MayWrite():
			return ErrForbidden
		}
		was, err := t.threadByKey(ctx, string(client))
		switch {
		case err == ErrNotFound:
			if err := t.insertThread(ctx, th, string(client)); err != nil {
				return err
			}
		case err != nil:
			return err
		default:
			th.ID = was
		}
		if id, err = t.post(ctx, th, n); err != nil {
			return err
		}
		return t.discardDrafts(ctx, string(client))
	})
	return id, err
}

// NewDirect is what StartDirect takes.
type NewDirect struct {
	Client ClientID // the client in whose frame it is; empty: inside the team
	People []PersonID
	NewMessage
}

const maxDirect = 20 // people in a direct conversation

// StartDirect posts to people, of whom the actor may know all: the team and the
// people of one client, or the team among itself. The same people have one
// conversation. Clients need Message.
func (me *Scope) StartDirect(ctx context.Context, n NewDirect) (ThreadID, error) {
	var c checks
	n.NewMessage.check(&c)
	people := slices.Compact(slices.Sorted(slices.Values(append([]PersonID{me.actor.person}, n.People...))))
	switch {
	case len(people) < 2:
		c.fail("people", "required")
	case len(people) > maxDirect:
		c.fail("people", "too_many", "max", "20")
	}
	if err := c.err(); err != nil {
		return "", err
	}
	id := ThreadID(db.NewID("thr"))
	err := me.write(ctx, func(t *tx) error {
		th := Thread{ID: id, Kind: DirectThread, Client: n.Client, Audience: Team}
		if err := t.seatAll(ctx, &th, people); err != nil {
			return err
		}
		if !n.ByMail {
			if err := t.discardDrafts(ctx, DirectPlace(n.Client)); err != nil {
				return err
			}
		}
		key := string(n.Client)
		for _, p := range people {
			key += " " + string(p)
		}
		was, err := t.threadByKey(ctx, key)
		switch {
		case err == ErrNotFound:
			if err := t.insertThread(ctx, th, key); err != nil {
				return err
			}
			for _, p := range people {
				if err := t.must(ctx, `INSERT INTO thread_people (thread_id, person_id, added_at) VALUES ($1, $2, $3)`, string(id), string(p), t.now); err != nil {
					return err
				}
			}
			n.Audience = th.Audience
			msg, err := t.say(ctx, th, n.NewMessage)
			if err != nil {
				return err
			}
			if err := t.record(ctx, Happening{Kind: ConversationStarted, Client: th.Client, Subject: string(id), Audience: th.Audience, Apart: true, Message: msg, Details: Details{"title": ""}}); err != nil {
				return err
			}
			t.heard(th, th.Audience)
			return t.stillWrites(ctx, id)
		case err != nil:
			return err
		}
		th.ID, id = was, was
		if n.Audience == "" {
			n.Audience = th.Audience
		}
		if _, err := t.post(ctx, th, n.NewMessage); err != nil {
			return err
		}
		t.subject = string(was)
		return nil
	})
	return id, err
}

// seatAll makes sure that the actor may talk to all of the people, themselves
// among them, and says what the thread is for them.
func (t *tx) seatAll(ctx context.Context, th *Thread, people []PersonID) error {
	if th.Client == "" {
		th.Held = Held{Side: Team, Rights: View | Contribute}
	} else if err := t.frame(ctx, th); err != nil {
		return err
	}
	in, args := oneOf(3, people)
	rows, err := t.query(ctx, `SELECT y.person_id, y.person_side FROM my_known y WHERE y.client_id = $2 AND y.person_id IN `+in, append([]any{string(th.Client)}, args...)...)
	known := map[PersonID]Side{}
	if err := eachPair(rows, err, func(p PersonID, s Side) { known[p] = s }); err != nil {
		return err
	}
	if th.Client == "" && len(known) == 0 {
		return ErrNotFound
	}
	if !th.MayWrite() {
		return ErrForbidden
	}
	for _, p := range people {
		side, ok := known[p]
		if !ok {
			return invalid("people", "choice")
		}
		if side == ClientSide {
			th.Audience = ClientSide
		}
	}
	return nil
}

// frame says what a direct thread is for the actor in the frame of its client.
func (t *tx) frame(ctx context.Context, th *Thread) error {
	var open Sections
	var archived bool
	err := t.get(ctx, `
SELECT c.name, c.side, CASE WHEN c.side = 'team' THEN 16383 ELSE (w.sections & ~c.sections_set) | (c.sections & c.sections_set) END, c.rights, CASE WHEN c.archived_at IS NULL THEN 0 ELSE 1 END
  FROM my_clients c JOIN workspace w ON w.id = 1 WHERE c.id = $2`, []any{string(th.Client)}, &th.ClientName, &th.Side, &open, &th.Rights, &archived)
	switch {
	case err != nil:
		return err
	case !open.Has(SectionMessages):
		return ErrNotFound
	case archived:
		return ErrForbidden
	case th.Team():
		th.Rights |= Contribute // whoever is in a direct conversation writes in it
	}
	return nil
}

// Known are those whom StartDirect lets the actor write to, by name: in the frame of a
// client, its people first, or inside the team. ErrNotFound when they do not see it.
func (me *Scope) Known(ctx context.Context, client ClientID) ([]Reader, error) {
	if client != "" {
		if _, err := me.Client(ctx, client); err != nil {
			return nil, err
		}
	}
	rows, err := me.query(ctx, `
SELECT y.person_id, y.name, y.person_side, CASE WHEN y.person_side = 'client' THEN y.client_name ELSE '' END, 0
  FROM my_known y WHERE y.client_id = $2 AND y.person_id <> $3 ORDER BY y.person_side, y.name, y.person_id`, string(client), string(me.actor.person))
	return list(rows, err, scanReader)
}

// spokenTo is the audience of what the holder says: the team's choice, the team
// itself unless chosen, and never more than widest; what clients say is for both.
func spokenTo(h Held, asked, widest Side) (Side, error) {
	switch {
	case !h.Team() && (asked == "" || asked == ClientSide):
		return ClientSide, nil
	case h.Team() && (asked == "" || asked == Team):
		return Team, nil
	case h.Team() && asked == ClientSide:
		return widest, nil
	}
	return "", invalid("audience", "choice")
}

// NoAnswerNeeded says that nobody waits for an answer in a conversation any
// more. For the team, with Contribute.
func (me *Scope) NoAnswerNeeded(ctx context.Context, id ThreadID) error {
	return me.write(ctx, func(t *tx) error {
		th, err := thread(ctx, t, id)
		switch {
		case err != nil:
			return err
		case !th.Team() || !th.MayWrite():
			return ErrForbidden
		}
		n, err := t.exec(ctx, `UPDATE threads SET turn = 'none', turn_since = $1, asked_id = NULL WHERE id = $2 AND turn <> 'none'`, t.now, string(id))
		if err != nil || n == 0 {
			return err
		}
		return t.talked(ctx, QuestionSettled, th, th.Audience, string(id), nil)
	})
}

// talked records what happened in a thread, and signals it to those who see
// the audience there.
func (t *tx) talked(ctx context.Context, k Kind, th Thread, audience Side, subject string, d Details) error {
	h := Happening{Kind: k, Client: th.Client, Project: th.Project, Subject: subject, Audience: audience, Details: d}
	if k == MessagePosted || k == CommentAnswered || k == MessageEdited { // which may name somebody
		h.Message = MessageID(subject)
	}
	if err := t.record(ctx, h); err != nil {
		return err
	}
	t.heard(th, audience)
	if th.Project != "" || t.Alone() { // record has looked again, or nothing can have changed
		return nil
	}
	if k == MessageErased { // also where nobody writes any more
		th, err := thread(ctx, t, th.ID)
		if err == nil && !th.Can(Administer) {
			err = ErrForbidden
		}
		return err
	}
	return t.stillWrites(ctx, th.ID)
}

// heard signals that something is new in a thread: that of the last event, if any.
func (t *tx) heard(th Thread, audience Side) {
	t.signals = append(t.signals, Signal{Event: t.event, Client: th.Client, Project: th.Project, Thread: th.ID, Audience: audience})
}

// stillWrites looks again, under the lock of the chain, whether the actor may
// write in the thread.
func (t *tx) stillWrites(ctx context.Context, id ThreadID) error {
	th, err := thread(ctx, t, id)
	if err == nil {
		err = th.Writes()
	}
	return err
}

// A Reader is somebody who reads what is said in a thread.
type Reader struct {
	Person  PersonID
	Name    string
	Side    Side
	Company string // the client's name; empty: the workspace's
	Near    bool   // it is their work; others of the team may look
	Handle  string // of Mentionable: what names them after an @, and nobody else there
}

// Readers are who reads what is said in a thread to an audience.
type Readers struct {
	People []Reader // at most 50, those near first
	Count  int
}

const maxReaders = 50

// ThreadPeople returns who reads what is said in a thread to the audience, as
// far as the actor may know them.
func (me *Scope) ThreadPeople(ctx context.Context, id ThreadID, audience Side) (r Readers, err error) {
	th, err := me.Thread(ctx, id)
	if err != nil {
		return r, err
	}
	if !th.Team() {
		audience = ClientSide
	}
	const of = ` FROM my_thread_people y WHERE y.thread_id = $2 AND (y.person_side = 'team' OR $3 = 'client')`
	if err := me.get(ctx, `SELECT COUNT(*)`+of, []any{string(id), string(audience)}, &r.Count); err != nil {
		return r, err
	}
	rows, err := me.query(ctx, `
SELECT y.person_id, y.name, y.person_side, CASE WHEN y.person_side = 'client' THEN COALESCE(y.client_name, '') ELSE '' END, y.near`+of+`
 ORDER BY y.near DESC, y.person_side, y.name, y.person_id LIMIT $4`, string(id), string(audience), maxReaders)
	r.People, err = list(rows, err, scanReader)
	return r, err
}

func scanReader(rows *db.Rows) (r Reader, err error) {
	return r, rows.Scan(&r.Person, &r.Name, &r.Side, &r.Company, &r.Near)
}

// typingLog holds when people were last said to be typing, so that a signal is
// sent every few seconds at most.
type typingLog struct {
	mu   sync.Mutex
	last map[string]time.Time
}

const typingEvery = 3 * time.Second

// due reports whether it is time for another signal, and forgets old ones.
func (l *typingLog) due(key string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.last[key]) < typingEvery {
		return false
	}
	if l.last == nil || len(l.last) > 10_000 {
		l.last = map[string]time.Time{}
	}
	l.last[key] = now
	return true
}

// Typing tells those who see what is said to the audience in the thread that
// the actor is writing. Nothing of it is kept.
func (me *Scope) Typing(ctx context.Context, id ThreadID, audience Side) error {
	th, err := me.Thread(ctx, id)
	switch {
	case err != nil:
		return err
	case me.actor.readOnly:
		return ErrForbidden
	case !th.MayWrite():
		return th.Writes()
	}
	if audience, err = spokenTo(th.Held, audience, th.Audience); err != nil {
		return err
	}
	if me.p.typing.due(me.actor.id+" "+string(id)+" "+string(audience), me.p.now()) {
		me.p.signal(Signal{Client: th.Client, Project: th.Project, Thread: id, Audience: audience, Typist: me.actor.person})
	}
	return nil
}

// TypistName is the name of who is typing in a thread; empty when the actor may
// not know it: say the workspace's name.
func (me *Scope) TypistName(ctx context.Context, id ThreadID, who PersonID) (name string, err error) {
	err = me.get(ctx, `SELECT y.name FROM my_thread_people y WHERE y.thread_id = $2 AND y.person_id = $3`, []any{string(id), string(who)}, &name)
	if err == ErrNotFound {
		err = nil
	}
	return name, err
}
