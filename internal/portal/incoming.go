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
	IncomingDropped   IncomingState = "dropped"   // nobody wrote it, or it came before
	IncomingDiscarded IncomingState = "discarded" // somebody looked at it
)

// IncomingStates lists them, those that want somebody first.
var IncomingStates = []IncomingState{IncomingHeld, IncomingWaiting, IncomingPosted, IncomingReturned, IncomingDropped, IncomingDiscarded}

// HeldForSender is why a mail is held that came from another address than that of
// the person whose reply address it came to.
const HeldForSender = "sender"

// HeldForAccess is why a mail is held whose person may not write there, any more.
const HeldForAccess = "no_access"

// HeldForSize is why a mail is held that is too large to be taken in: nothing but its
// header is there.
const HeldForSize = "too_large"

// HeldForFiles is why a mail is held whose attachments belong to no project.
const HeldForFiles = "files"

// HeldForDeserted is why a mail is held that came to a conversation which nobody else
// reads any more.
const HeldForDeserted = "deserted"

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
	Project     ProjectID // that was chosen for its files; empty: none was
	Vouched     bool
	DecidedBy   string   // the name
	Writer      PersonID // who wrote it, when that is certain; empty: it is not
	Answers     MailID   // of ours, as it says; empty: none
	Held

	uploads string
}

// CanAccept reports whether somebody may let the mail in as what its person
// said.
func (m IncomingMail) CanAccept() bool {
	return m.Person != "" && (m.State == IncomingHeld || m.State == IncomingDropped)
}

// WantsProject reports whether somebody who lets it in has to say into which project
// its files go.
func (m IncomingMail) WantsProject() bool { return m.State == IncomingHeld && m.Reason == HeldForFiles }

// CanAssign reports whether somebody may say whose mail it is, and where it
// belongs: that it came to somebody's address says nothing when its sender is
// somebody else, and where they may not write, or nobody would read it, it belongs
// elsewhere.
func (m IncomingMail) CanAssign() bool {
	return m.State == IncomingHeld && m.Reason != HeldForSize && (m.Person == "" || m.Reason == HeldForSender || m.Reason == HeldForAccess || m.Reason == HeldForDeserted)
}

const incomingColumns = `m.id, m.message_id, m.recipient, m.sender, m.blob, m.size, m.received_at, m.state, m.reason, m.tries, m.settled_at,
       m.from_address, m.from_name, m.subject, m.body, m.files, COALESCE(m.person_id, ''), COALESCE(m.person_name, ''), COALESCE(m.person_email, ''),
       m.place, m.audience, m.became, m.vouched, COALESCE(m.decided_by_name, ''), COALESCE(m.writer_id, ''), m.side, m.rights`

func (m *IncomingMail) scan(scan func(...any) error) error {
	var received int64
	var settled sql.NullInt64
	var files string
	err := scan(&m.ID, &m.MessageID, &m.Recipient, &m.Sender, &m.Blob, &m.Size, &received, &m.State, &m.Reason, &m.Tries, &settled,
		&m.FromAddress, &m.FromName, &m.Subject, &m.Body, &files, &m.Person, &m.PersonName, &m.PersonEmail,
		&m.Place, &m.Audience, &m.Became, &m.Vouched, &m.DecidedBy, &m.Writer, &m.Side, &m.Rights)
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
	rows, err := me.inState(ctx, `SELECT `+incomingColumns+` FROM my_incoming_mails m`, string(state), pg)
	mails, err = list(rows, err, func(r *db.Rows) (m IncomingMail, err error) { return m, m.scan(r.Scan) })
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
// said whose address it came to; its files go into the project, where it WantsProject.
// Takes Administer. ErrConflict when it came to nobody's address, or is in another
// state by now.
func (me *Scope) AcceptIncoming(ctx context.Context, id IncomingID, project ProjectID) error {
	return me.decideIncoming(ctx, id, IncomingAccepted, func(t *tx, m *IncomingMail) error {
		if !m.CanAccept() {
			return ErrConflict
		}
		if m.WantsProject() {
			p, err := loadProject(ctx, t, project)
			if err == ErrNotFound || err == nil && p.IsArchived() {
				err = invalid("project", "choice")
			}
			if err != nil {
				return err
			}
			if err := t.must(ctx, `UPDATE incoming_mails SET project_id = $2 WHERE id = $1`, string(id), string(project)); err != nil {
				return err
			}
		}
		return t.letIn(ctx, id)
	})
}

// ProjectsFor are the projects that the files of a mail may go into which
// WantsProject, the newest first, at most 100: those of the conversation's client, as
// far as the actor sees it.
func (me *Scope) ProjectsFor(ctx context.Context, m IncomingMail) ([]Project, error) {
	th, err := me.Thread(ctx, ThreadID(m.Place))
	if err := noneFound(err); err != nil { // between others: its client is not theirs to see
		return nil, err
	}
	all, _, err := me.Projects(ctx, ProjectFilter{Client: th.Client}, Page{Limit: 100})
	return all, err
}

// ProjectOfFiles is the project into which files go that come with what the actor says
// in a conversation of none: their only one of its client. It is not certain where
// they have several, or the conversation is between fewer people than a project. Who
// may put files nowhere has none.
func (me *Scope) ProjectOfFiles(ctx context.Context, id ThreadID) (project ProjectID, certain bool, err error) {
	th, err := me.Thread(ctx, id)
	if err != nil {
		return "", false, err
	}
	q, args := `SELECT p.id FROM my_projects p WHERE (p.rights & $2) <> 0 AND p.archived_at IS NULL`, []any{int64(Upload)}
	if th.Client != "" {
		q, args = q+` AND p.client_id = $3`, append(args, string(th.Client))
	}
	rows, err := me.query(ctx, q+` ORDER BY p.id LIMIT 2`, args...)
	all, err := list(rows, err, scanOne[ProjectID])
	switch {
	case err != nil || len(all) == 0:
		return "", true, err
	case len(all) == 1 && th.Kind == GeneralThread:
		return all[0], true, nil
	}
	return "", false, nil
}

// AssignIncoming lets a mail in that is held, as what a person said at a place
// where they may: for one that came to nobody's address, from another address than
// its person's, or for where that person may not write. Takes Administer. What one
// of the team is taken to have said stays with the team, and what came to an address
// inside the team is nobody else's.
func (me *Scope) AssignIncoming(ctx context.Context, id IncomingID, to string, person PersonID) error {
	return me.decideIncoming(ctx, id, IncomingAccepted, func(t *tx, m *IncomingMail) error {
		if !m.CanAssign() {
			return ErrConflict
		}
		from, args, err := speakersAt(ctx, t, *m, to)
		if err != nil {
			return err
		}
		var side Side
		n := len(args) + 2
		err = t.get(ctx, `SELECT y.name, y.person_side`+from+` AND y.person_id = `+placeholder(n), append(args, string(person)), &m.PersonName, &side)
		if err == ErrNotFound {
			err = invalid("person", "choice")
		}
		if err != nil {
			return err
		}
		if err := t.must(ctx, `UPDATE incoming_mails SET person_id = $2, place = $3, audience = $4 WHERE id = $1 AND state = 'held'`,
			string(id), string(person), to, string(side)); err != nil {
			return err
		}
		m.Person = person
		return t.letIn(ctx, id)
	})
}

// IncomingSpeakers returns as whom a mail may be let in at a place: those who may
// say something there and whose name, or a word of it, begins so. At most 50, the
// one who wrote it first.
func (me *Scope) IncomingSpeakers(ctx context.Context, m IncomingMail, to, prefix string) (r Readers, err error) {
	from, args, err := speakersAt(ctx, me, m, to)
	if err != nil {
		return r, err
	}
	cond, more := begins("y.name", prefix, len(args)+2)
	args = append(args, more...)
	n := len(args) + 2
	rows, err := me.query(ctx, `
SELECT y.person_id, y.name, y.person_side, CASE WHEN y.person_side = 'client' THEN COALESCE(y.client_name, '') ELSE '' END, y.near`+from+` AND `+cond+`
 ORDER BY CASE WHEN y.person_id = `+placeholder(n)+` THEN 0 ELSE 1 END, y.near DESC, y.person_side, y.name, y.person_id LIMIT `+placeholder(n+1),
		append(args, string(m.Writer), maxCandidates)...)
	if r.People, err = list(rows, err, scanReader); err != nil {
		return r, err
	}
	r.Count = len(r.People)
	r.People = r.People[:min(len(r.People), maxReaders)]
	return r, nil
}

// speakersAt is FROM and WHERE of those as whom a mail may be let in at a place.
func speakersAt(ctx context.Context, r reader, m IncomingMail, to string) (from string, args []any, err error) {
	p, err := placeAt(ctx, r, to)
	if err != nil {
		return "", nil, err
	}
	inTeam, ofClient := Contribute, Comment
	if strings.HasPrefix(to, "thr_") {
		th, err := thread(ctx, r, ThreadID(to))
		if err != nil {
			return "", nil, err
		}
		if !th.Comments() {
			ofClient = SendMessage
		}
		if th.Kind == DirectThread { // whoever of the team is in it writes in it
			inTeam = View
		}
		from, args = ` FROM my_thread_people y WHERE y.thread_id = $2 AND y.person_side <> $3`, []any{to, ""}
	} else {
		i, _ := kindOfItem(to)
		from = ` FROM my_project_readers y WHERE y.project_id = $2 AND (y.person_side = 'team' OR (y.shows & $3) <> 0)`
		args = []any{string(p.Project), int64(i.section)}
	}
	from += ` AND (y.person_side = 'team' AND (y.given & $4) <> 0`
	if args = append(args, int64(inTeam)); p.Widest == ClientSide && (m.Person == "" || m.Audience == ClientSide) {
		from += ` OR y.person_side = 'client' AND (y.given & $5) <> 0`
		args = append(args, int64(ofClient))
	}
	return from + `)`, args, nil
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
		return t.record(ctx, Happening{Kind: k, Subject: string(id), Person: m.Person, Details: Details{"from": m.FromAddress, "person": m.PersonName}})
	})
}

// A TalkPlace is where something can be said: a conversation, comments, or what may
// be commented on.
type TalkPlace struct {
	Project ProjectID // into which files go that come with it; empty: there is none
	Widest  Side      // who may see at most what is said
	Name    string    // of the conversation, or of what is commented on; empty: a direct one
	Within  string    // the project's name, or the client's
	Refused error     // why the reader may say nothing there; nil: they may
}

// Place returns one by its id.
func (me *Scope) Place(ctx context.Context, id string) (TalkPlace, error) {
	return placeAt(ctx, me, id)
}

func placeAt(ctx context.Context, r reader, id string) (p TalkPlace, err error) {
	if strings.HasPrefix(id, "thr_") {
		th, err := thread(ctx, r, ThreadID(id))
		switch {
		case err != nil:
			return p, err
		case th.Comments():
			p, err = placeAt(ctx, r, string(th.Item))
		default:
			p = TalkPlace{Project: th.Project, Name: th.Subject, Within: cmp.Or(th.ProjectName, th.ClientName)}
		}
		p.Widest, p.Refused = th.Audience, th.Writes()
		return p, err
	}
	i, err := loadItem(ctx, r, ItemID(id))
	switch {
	case err != nil:
		return p, err
	case i.name == "folder":
		return p, ErrNotFound
	case i.name == "file":
		f, err := file(ctx, r, FileID(id))
		if err != nil {
			return p, err
		}
		if f.Version.Audience == Team {
			i.audience = Team
		}
	}
	project, err := loadProject(ctx, r, i.project)
	return TalkPlace{i.project, i.audience, i.title, project.Name, Thread{Kind: ItemThread, Held: i.Held}.Writes()}, err
}

// SayAt says something at a place: in its conversation, or as a comment.
func (me *Scope) SayAt(ctx context.Context, id string, n NewMessage) (MessageID, error) {
	if strings.HasPrefix(id, "thr_") {
		return me.Say(ctx, ThreadID(id), n)
	}
	return me.CommentOn(ctx, ItemID(id), NewComment{NewMessage: n})
}
