package portal

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// An IncomingState is what became of a mail that came in.
type IncomingState string

// The states of a mail that came in.
const (
	IncomingWaiting   IncomingState = "waiting"
	IncomingHeld      IncomingState = "held"      // until somebody looks at it
	IncomingPosted    IncomingState = "posted"    // as what its person said
	IncomingReturned  IncomingState = "returned"  // it said that a mail of ours did not arrive
	IncomingDropped   IncomingState = "dropped"   // nobody wrote it, or they may not
	IncomingDiscarded IncomingState = "discarded" // somebody looked at it
)

// IncomingStates lists them, those that want somebody first.
var IncomingStates = []IncomingState{IncomingHeld, IncomingWaiting, IncomingPosted, IncomingReturned, IncomingDropped, IncomingDiscarded}

// IncomingMail is one mail that came in.
type IncomingMail struct {
	ID          IncomingID
	MessageID   string
	Recipient   string
	Sender      string // of the envelope
	Blob        string
	Size        int64
	ReceivedAt  time.Time
	State       IncomingState
	Reason      string // why it is held or was dropped: see package mailin
	Tries       int
	SettledAt   time.Time // zero: it waits
	FromAddress string    // as it says
	FromName    string
	Subject     string
	Body        string   // what its author wrote this time
	Files       []string // names
	Person      PersonID // whose reply address it came to; empty: nobody's
	PersonName  string
	PersonEmail string
	Place       string
	Audience    Side // of the answer
	Became      string
	Vouched     bool
	DecidedBy   string // the name
	Held

	uploads string
}

// CanAccept reports whether somebody may let the mail in as what its person
// said.
func (m IncomingMail) CanAccept() bool {
	return m.Person != "" && (m.State == IncomingHeld || m.State == IncomingDropped)
}

// CanAssign reports whether somebody may say whose mail it is, and where it
// belongs.
func (m IncomingMail) CanAssign() bool { return m.Person == "" && m.State == IncomingHeld }

const incomingColumns = `m.id, m.message_id, m.recipient, m.sender, m.blob, m.size, m.received_at, m.state, m.reason, m.tries, m.settled_at,
       m.from_address, m.from_name, m.subject, m.body, m.files, COALESCE(m.person_id, ''), COALESCE(m.person_name, ''), COALESCE(m.person_email, ''),
       m.place, m.audience, m.became, m.vouched, COALESCE(m.decided_by_name, ''), m.side, m.rights`

func (m *IncomingMail) scan(scan func(...any) error) error {
	var received int64
	var settled sql.NullInt64
	var files string
	err := scan(&m.ID, &m.MessageID, &m.Recipient, &m.Sender, &m.Blob, &m.Size, &received, &m.State, &m.Reason, &m.Tries, &settled,
		&m.FromAddress, &m.FromName, &m.Subject, &m.Body, &files, &m.Person, &m.PersonName, &m.PersonEmail,
		&m.Place, &m.Audience, &m.Became, &m.Vouched, &m.DecidedBy, &m.Side, &m.Rights)
	m.ReceivedAt, m.Files = db.FromMicros(received), linesOf(files)
	if settled.Valid {
		m.SettledAt = db.FromMicros(settled.Int64)
	}
	return err
}

// linesOf are the lines of a text that has one for each of something.
func linesOf(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}

// Incoming lists the mails that came in, newest first; with a state, only
// those. For those who administer the workspace; for everybody else it is empty.
func (me *Scope) Incoming(ctx context.Context, state IncomingState, pg Page) (mails []IncomingMail, next string, err error) {
	if state != "" && !slices.Contains(IncomingStates, state) {
		return nil, "", ErrNotFound
	}
	// Two statements, as each has its index: few are held of many that came.
	q, args := `SELECT `+incomingColumns+` FROM my_incoming_mails m
 WHERE ($2 = '' OR m.id < $2) ORDER BY m.id DESC LIMIT $3`, []any{pg.After, pg.limit()}
	if state != "" {
		q, args = `SELECT `+incomingColumns+` FROM my_incoming_mails m
 WHERE ($2 = '' OR m.id < $2) AND m.state = $4 ORDER BY m.id DESC LIMIT $3`, append(args, string(state))
	}
	rows, err := me.query(ctx, q, args...)
	mails, err = list(rows, err, func(r *sql.Rows) (m IncomingMail, err error) { return m, m.scan(r.Scan) })
	if err != nil {
		return nil, "", err
	}
	mails, next = page(mails, pg, func(m IncomingMail) string { return string(m.ID) })
	return mails, next, nil
}

// IncomingHeldCount says how many mails wait for somebody to look at them, up
// to 100; none to those who do not administer the workspace.
func (me *Scope) IncomingHeldCount(ctx context.Context) (n int, err error) {
	err = me.get(ctx, `SELECT COUNT(*) FROM (SELECT m.id FROM my_incoming_mails m WHERE m.state = 'held' LIMIT 100) n`, nil, &n)
	return n, err
}

// IncomingMail returns one mail that came in, for those who administer the
// workspace.
func (me *Scope) IncomingMail(ctx context.Context, id IncomingID) (IncomingMail, error) {
	return incomingMail(ctx, me, id)
}

func incomingMail(ctx context.Context, r reader, id IncomingID) (m IncomingMail, err error) {
	err = m.scan(func(dest ...any) error {
		return r.get(ctx, `SELECT `+incomingColumns+` FROM my_incoming_mails m WHERE m.id = $2`, []any{string(id)}, dest...)
	})
	return m, err
}

// AcceptIncoming lets a mail that is held or was dropped in, as what the person
// said whose address it came to. Takes Administer. ErrConflict when it came to
// nobody's address, or is in another state by now.
func (me *Scope) AcceptIncoming(ctx context.Context, id IncomingID) error {
	return me.decideIncoming(ctx, id, IncomingAccepted, func(t *tx, m *IncomingMail) error {
		if !m.CanAccept() {
			return ErrConflict
		}
		return t.letIn(ctx, id)
	})
}

// AssignIncoming lets a mail in that is held and came to nobody's address, as
// what a person said in a conversation that they read and may write in. Takes
// Administer. What one of the team is taken to have said stays with the team.
func (me *Scope) AssignIncoming(ctx context.Context, id IncomingID, to ThreadID, person PersonID) error {
	return me.decideIncoming(ctx, id, IncomingAccepted, func(t *tx, m *IncomingMail) error {
		if !m.CanAssign() {
			return ErrConflict
		}
		th, err := thread(ctx, t, to)
		if err != nil {
			return err
		}
		var side Side
		var given Rights
		err = t.get(ctx, `SELECT y.name, y.person_side, y.given FROM my_thread_people y WHERE y.thread_id = $2 AND y.person_id = $3`, []any{string(to), string(person)},
			&m.PersonName, &side, &given)
		if err == ErrNotFound || err == nil && (th.Comments() || side == ClientSide && !given.Has(SendMessage)) {
			var c checks
			c.fail("person", "choice")
			return c.err()
		}
		if err != nil {
			return err
		}
		if err := t.must(ctx, `UPDATE incoming_mails SET person_id = $2, place = $3, audience = $4 WHERE id = $1 AND state = 'held' AND person_id IS NULL`,
			string(id), string(person), string(to), string(side)); err != nil {
			return err
		}
		return t.letIn(ctx, id)
	})
}

// letIn has a mail taken up again, with somebody's word for it.
func (t *tx) letIn(ctx context.Context, id IncomingID) error {
	if err := t.must(ctx, `
UPDATE incoming_mails SET state = 'waiting', vouched = 1, reason = '', tries = 0, due_at = $2, settled_at = NULL, decided_by = $3
 WHERE id = $1 AND state IN ('held', 'dropped')`, string(id), t.now, string(t.me.actor.person)); err != nil {
		return err
	}
	return t.me.p.enqueue(ctx, t.Tx, TakeMail, IncomingJob{id})
}

// DiscardIncoming puts away a mail that is held. Takes Administer.
func (me *Scope) DiscardIncoming(ctx context.Context, id IncomingID) error {
	return me.decideIncoming(ctx, id, IncomingPutAway, func(t *tx, _ *IncomingMail) error {
		return t.must(ctx, `UPDATE incoming_mails SET state = 'discarded', settled_at = $2, decided_by = $3 WHERE id = $1 AND state = 'held'`,
			string(id), t.now, string(me.actor.person))
	})
}

func (me *Scope) decideIncoming(ctx context.Context, id IncomingID, k Kind, change func(*tx, *IncomingMail) error) error {
	return me.write(ctx, func(t *tx) error {
		m, err := incomingMail(ctx, t, id)
		if err != nil {
			return err
		}
		if err := change(t, &m); err != nil {
			return err
		}
		return t.record(ctx, Happening{Kind: k, Subject: string(id), Details: Details{"from": m.FromAddress, "person": m.PersonName}})
	})
}

// A TalkPlace is where something can be said: a conversation, comments, or what may
// be commented on.
type TalkPlace struct {
	Project ProjectID // into which files go that come with it; empty: there is none
	Widest  Side      // who may see at most what is said
	Name    string    // of the conversation, or of what is commented on; empty: a direct one
	Within  string    // the project's name, or the client's
	May     bool      // the reader may say something there
}

// Place returns one by its id.
func (me *Scope) Place(ctx context.Context, id string) (p TalkPlace, err error) {
	if strings.HasPrefix(id, "thr_") {
		th, err := thread(ctx, me, ThreadID(id))
		switch {
		case err != nil:
			return p, err
		case th.Comments():
			p, err = me.Place(ctx, string(th.Item))
		default:
			p = TalkPlace{Project: th.Project, Name: th.Subject, Within: cmp.Or(th.ProjectName, th.ClientName)}
		}
		p.Widest, p.May = th.Audience, th.MayWrite()
		return p, err
	}
	i, err := loadItem(ctx, me, ItemID(id))
	switch {
	case err != nil:
		return p, err
	case i.name == "folder":
		return p, ErrNotFound
	case i.name == "file":
		f, err := file(ctx, me, FileID(id))
		if err != nil {
			return p, err
		}
		if f.Version.Audience == Team {
			i.audience = Team
		}
	}
	project, err := loadProject(ctx, me, i.project)
	return TalkPlace{i.project, i.audience, i.title, project.Name, Thread{Kind: ItemThread, Held: i.Held}.MayWrite()}, err
}

// SayAt says something at a place: in its conversation, or as a comment.
func (me *Scope) SayAt(ctx context.Context, id string, n NewMessage) (MessageID, error) {
	if strings.HasPrefix(id, "thr_") {
		return me.Say(ctx, ThreadID(id), n)
	}
	return me.CommentOn(ctx, ItemID(id), NewComment{NewMessage: n})
}
