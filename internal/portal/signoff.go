package portal

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// A SignoffState is how far a request for final acceptance is.
type SignoffState string

// The states of a sign-off.
const (
	SignoffOpen     SignoffState = "asked"
	SignoffDone     SignoffState = "signed"
	SignoffRefused  SignoffState = "declined"
	SignoffReturned SignoffState = "withdrawn" // by the team
)

// SignoffStates lists them, in the order of the team's board.
var SignoffStates = []SignoffState{SignoffOpen, SignoffRefused, SignoffDone, SignoffReturned}

// Signoff is the final acceptance of a deliverable, a milestone or a project:
// asked for, and, once it was signed, a record that never changes.
type Signoff struct {
	ID          SignoffID
	Project     ProjectID
	ProjectName string
	Client      ClientID
	ClientName  string
	Subject     string // the id of what is accepted
	Title       string // of it, as it was asked
	Statement   string
	Points      []string // open ones that the team names
	DueOn       string
	State       SignoffState
	StateAt     time.Time
	StateBy     string // the name; empty when not for the reader
	ViewedAt    time.Time
	ViewedBy    string
	Note        string // why it was declined
	Content     string // the hash of all that was signed
	Name        string // as it was typed, and what was known of the signer:
	Email       string
	Role        string
	Company     string
	VerifiedAt  time.Time // the address is theirs since
	Zone        string
	Proof       string // "password" or "code"
	Address     string // for the team, as the browser
	Agent       string
	CreatedAt   time.Time
	AskedBy     string    // the name, empty when not for the reader
	Remind      bool      // by mail, as it is due
	RemindAt    time.Time // for the team, as the next
	RemindedAt  time.Time
	EscalatedAt time.Time // others were told that nobody answers
	Revision    int64
	Held
}

// MaySign reports whether the reader may sign or decline it now.
func (s Signoff) MaySign() bool { return s.State == SignoffOpen && !s.Team() && s.Can(SignOff) }

// Of is what is accepted: "deliverable", "milestone" or "project".
func (s Signoff) Of() string { return signoffOf(s.Subject) }

func signoffOf(subject string) string {
	if kind := ItemID(subject).Kind(); kind == "deliverable" || kind == "milestone" {
		return kind
	}
	return "project"
}

const signoffColumns = `s.id, s.project_id, s.project_name, s.client_id, s.client_name, s.subject_id, s.title, s.statement, s.points, COALESCE(s.due_on, ''), s.state, s.state_at,
       COALESCE(s.state_by_name, ''), COALESCE(s.viewed_at, 0), COALESCE(s.viewed_by_name, ''), s.note, s.content, s.name, s.email, s.role, s.company, COALESCE(s.verified_at, 0), s.zone, s.proof,
       s.address, s.agent, s.created_at, COALESCE(s.asked_by, ''), s.remind, COALESCE(s.remind_at, 0), COALESCE(s.reminded_at, 0), COALESCE(s.escalated_at, 0), s.revision, s.side, s.rights`

func (s *Signoff) scan(scan func(...any) error) error {
	var points string
	err := scan(&s.ID, &s.Project, &s.ProjectName, &s.Client, &s.ClientName, &s.Subject, &s.Title, &s.Statement, &points, &s.DueOn, &s.State, micros{&s.StateAt},
		&s.StateBy, micros{&s.ViewedAt}, &s.ViewedBy, &s.Note, &s.Content, &s.Name, &s.Email, &s.Role, &s.Company, micros{&s.VerifiedAt}, &s.Zone, &s.Proof,
		&s.Address, &s.Agent, micros{&s.CreatedAt}, &s.AskedBy, &s.Remind, micros{&s.RemindAt}, micros{&s.RemindedAt}, micros{&s.EscalatedAt}, &s.Revision, &s.Side, &s.Rights)
	if points != "" {
		s.Points = strings.Split(points, "\n")
	}
	return err
}

func scanSignoff(rows *db.Rows) (s Signoff, err error) { return s, s.scan(rows.Scan) }

// Signoff returns one sign-off.
func (me *Scope) Signoff(ctx context.Context, id SignoffID) (Signoff, error) {
	return signoff(ctx, me, id)
}

func signoff(ctx context.Context, r reader, id SignoffID) (s Signoff, err error) {
	err = s.scan(func(dest ...any) error {
		return r.get(ctx, `SELECT `+signoffColumns+` FROM my_signoffs s WHERE s.id = $2`, []any{string(id)}, dest...)
	})
	return s, err
}

// ProjectSignoffs returns those of a project, newest first.
func (me *Scope) ProjectSignoffs(ctx context.Context, project ProjectID, pg Page) ([]Signoff, string, error) {
	return me.signoffs(ctx, `s.project_id = $4`, pg, string(project))
}

// ClientSignoffs returns those of a client's projects that the actor sees,
// newest first.
func (me *Scope) ClientSignoffs(ctx context.Context, client ClientID, pg Page) ([]Signoff, string, error) {
	return me.signoffs(ctx, `s.client_id = $4`, pg, string(client))
}

// SubjectSignoffs returns those of a deliverable, a milestone or a project itself,
// newest first.
func (me *Scope) SubjectSignoffs(ctx context.Context, subject string, pg Page) ([]Signoff, string, error) {
	return me.signoffs(ctx, `s.subject_id = $4`, pg, subject)
}

// BoardSignoffs returns those in a state over all projects, or over those of a client,
// newest first.
func (me *Scope) BoardSignoffs(ctx context.Context, state SignoffState, client ClientID, pg Page) ([]Signoff, string, error) {
	if !slices.Contains(SignoffStates, state) {
		return nil, "", invalid("state", "choice")
	}
	return me.signoffs(ctx, `s.state = $4 AND ($5 = '' OR s.client_id = $5)`, pg, string(state), string(client))
}

// CountSignoffs says how many those of BoardSignoffs are, up to MaxCount.
func (me *Scope) CountSignoffs(ctx context.Context, state SignoffState, client ClientID) (n int, err error) {
	err = me.get(ctx, `SELECT COUNT(*) FROM (SELECT s.id FROM my_signoffs s WHERE s.state = $2 AND ($3 = '' OR s.client_id = $3) ORDER BY s.id DESC LIMIT $4) x`,
		[]any{string(state), string(client), MaxCount}, &n)
	return n, err
}

func (me *Scope) signoffs(ctx context.Context, where string, pg Page, args ...any) (all []Signoff, next string, err error) {
	rows, err := me.query(ctx, `
SELECT `+signoffColumns+` FROM my_signoffs s WHERE `+where+` AND ($2 = '' OR s.id < $2) ORDER BY s.id DESC LIMIT $3`, append([]any{pg.After, pg.limit()}, args...)...)
	if all, err = list(rows, err, scanSignoff); err != nil {
		return nil, "", err
	}
	all, next = page(all, pg, func(s Signoff) string { return string(s.ID) })
	return all, next, nil
}

// A LineKind is what a line of a sign-off is.
type LineKind string

// The kinds of lines.
const (
	LineDeliverable LineKind = "deliverable" // that was approved
	LineVersion     LineKind = "version"     // of a file, that was approved
	LineOpen        LineKind = "open"        // what is not done
)

// What is open.
const (
	openDeliverable = "deliverable" // not approved
	openMilestone   = "milestone"   // not reached
	openTask        = "task"        // not done
	openAnswer      = "approval"    // not answered
	openReturned    = "returned"    // an approval that was sent back with changes, and stands so
	openDeclined    = "declined"    // or was declined
	openNewer       = "newer"       // a file with something newer than what was approved
	openChange      = "change"      // that was asked for, and is not made
	openUnclear     = "unclear"     // one about which the team has a question
	openPrice       = "price"       // one whose price is not accepted
	openComment     = "comment"     // that nobody resolved
	openMore        = "more"        // so many other comments; of another kind "more_" with the kind
	openSaid        = "said"        // by the team
)

// SignoffLine is one line of what is signed.
type SignoffLine struct {
	Position int
	Kind     LineKind
	Why      string // of what is open: the open* below
	Item     string // the id of what it is about, where it has one
	Title    string
	Version  VersionID
	Number   int
	SHA256   string
	Size     int64
	Approval ApprovalID
	At       time.Time // it was approved
	By       string    // the name, empty when not for the reader
}

const (
	maxSigned  = 1000 // of each, approved deliverables and versions, that one signature can be about
	maxOpen    = 200  // open points of a kind that are listed beside them; the others are counted
	maxExcerpt = 200  // characters of what somebody wrote in one
)

// SignoffLines returns what a sign-off is about, and the hash of it: while it is
// asked what there is now, as the reader sees it, and once it was signed what was
// signed. Of one that was declined or withdrawn nothing is kept. Invalid when there
// is more than one signature can be about.
func (me *Scope) SignoffLines(ctx context.Context, s Signoff) ([]SignoffLine, string, error) {
	switch s.State {
	case SignoffOpen:
		lines, err := accepting(ctx, me, s.Project, s.Subject, s.Points)
		if err != nil {
			return nil, "", err
		}
		return lines, s.hash(lines), nil
	case SignoffDone:
		lines, err := signedLines(ctx, me, s.ID)
		return lines, s.Content, err
	}
	return nil, "", nil
}

func signedLines(ctx context.Context, r reader, id SignoffID) ([]SignoffLine, error) {
	rows, err := r.query(ctx, `
SELECT l.position, l.kind, l.why, l.item_id, l.title, COALESCE(l.version_id, ''), l.number, l.sha256, l.size, COALESCE(l.approval_id, ''), COALESCE(l.at, 0), l.by_name
  FROM my_signoff_lines l WHERE l.signoff_id = $2 ORDER BY l.position`, string(id)) // keepLines bounds them
	return list(rows, err, func(rows *db.Rows) (l SignoffLine, err error) {
		return l, rows.Scan(&l.Position, &l.Kind, &l.Why, &l.Item, &l.Title, &l.Version, &l.Number, &l.SHA256, &l.Size, &l.Approval, micros{&l.At}, &l.By)
	})
}

// hash binds all that is signed.
func (s Signoff) hash(lines []SignoffLine) string {
	fields := []string{string(s.ID), s.Subject, s.Title, s.Statement}
	for _, l := range lines {
		fields = append(fields, string(l.Kind), l.Why, l.Item, l.Title, string(l.Version), strconv.Itoa(l.Number), l.SHA256, string(l.Approval))
	}
	return chainHash("signoff", append(fields, "end")...)
}

// SignoffPreview is what would be signed now, of what the client sees. For the
// team.
func (me *Scope) SignoffPreview(ctx context.Context, project ProjectID, subject string) ([]SignoffLine, error) {
	return accepting(ctx, me, project, subject, nil)
}

// accepting is what there is to accept now of what the client sees: the approved
// deliverables, of each file the version that was approved last, and what is open, of
// which the surplus of a kind is counted. Invalid when more was approved than one
// signature can be about: none of that is left out.
func accepting(ctx context.Context, r reader, project ProjectID, subject string, points []string) (all []SignoffLine, err error) {
	read := func(most int, columns, from, where, order string) {
		if err != nil {
			return
		}
		var rows *db.Rows
		rows, err = r.query(ctx, `SELECT `+columns+` `+from+` WHERE `+where+` ORDER BY `+order+` LIMIT $4`, string(project), subject, most+1)
		var found []SignoffLine
		found, err = list(rows, err, func(rows *db.Rows) (l SignoffLine, err error) {
			return l, rows.Scan(&l.Kind, &l.Why, &l.Item, &l.Title, &l.Version, &l.Number, &l.SHA256, &l.Size, &l.Approval, micros{&l.At}, &l.By)
		})
		all = append(all, found...)
	}
	approved := func(columns, from, where, order string) {
		before := len(all)
		if read(maxSigned, columns, from, where, order); err == nil && len(all)-before > maxSigned {
			err = invalid("subject", "too_many_signed", "max", strconv.Itoa(maxSigned))
		}
	}
	open := func(more, why, title, id, from, where, order string) {
		before := len(all)
		read(maxOpen, `'open', `+why+`, `+id+`, `+title+`, '', 0, '', 0, '', 0, ''`, from, where, order)
		if err != nil || len(all)-before <= maxOpen {
			return
		}
		n := 0
		err = r.get(ctx, `SELECT COUNT(*) `+from+` WHERE `+where, []any{string(project), subject}, &n)
		all = append(all[:before+maxOpen], moreOpen(more, n-maxOpen))
	}
	plain := func(what, from, i, where, order string) {
		open(openMore+"_"+what, `'`+what+`'`, i+`.title`, i+`.id`, from, where, order)
	}
	of := signoffOf(subject)
	part := func(i string) string {
		column := map[string]string{"deliverable": `.id`, "milestone": `.milestone_id`, "project": `.project_id`}[of]
		return i + `.project_id = $2 AND ` + i + `.audience = 'client' AND ` + i + column + ` = $3`
	}
	asked := `a.project_id = $2 AND a.shown_at IS NOT NULL AND a.deliverable_id IN (SELECT d.id FROM my_deliverables d WHERE ` + part("d") + `)`
	files := `s.file_id IN (SELECT f.id FROM my_attachments f JOIN my_deliverables d ON d.id = f.item_id WHERE ` + part("d") + `)`
	if of == "project" {
		asked, files = `a.project_id = $2 AND a.project_id = $3 AND a.shown_at IS NOT NULL`, `s.project_id = $2`
	}
	const accepted = `d.state IN ('approved', 'signed_off')`
	approved(`'deliverable', '', d.id, d.title, '', 0, '', 0, COALESCE((SELECT MAX(a.id) FROM my_approvals a WHERE a.deliverable_id = d.id AND a.shown_at IS NOT NULL AND a.state IN ('approved', 'approved_with_notes')), ''), d.state_at, COALESCE(d.state_by_then, '')`,
		`FROM my_deliverables d`, part("d")+` AND `+accepted, `d.position, d.id`)
	approved(`'version', CASE WHEN s.newest = 1 OR s.trashed = 1 THEN '' ELSE '`+openNewer+`' END, s.file_id, s.name, s.version_id, s.number, s.sha256, s.size, s.approval_id, s.state_at, COALESCE(s.state_by_then, '')`,
		`FROM (SELECT s.file_id, MAX(s.approval_id) AS last FROM my_approval_subjects s
           WHERE s.result = 'approved' AND s.audience = 'client' AND s.shown_at IS NOT NULL AND s.project_id = $2 AND ((`+strings.ReplaceAll(asked, "a.", "s.")+`) OR `+files+`) GROUP BY s.file_id) x
  JOIN my_approval_subjects s ON s.approval_id = x.last AND s.file_id = x.file_id`, `s.result = 'approved'`, `x.last DESC, s.position`)
	if err != nil {
		return nil, err
	}
	all = append(all, newerThan(all)...)
	plain(openDeliverable, `FROM my_deliverables d`, "d", part("d")+` AND NOT `+accepted, `d.position, d.id`)
	if of == "project" {
		plain(openMilestone, `FROM my_milestones m`, "m", part("m")+` AND m.reached_at IS NULL`, `m.position, m.id`)
	}
	if of != "deliverable" {
		plain(openTask, `FROM my_tasks t`, "t", part("t")+` AND t.completed_at IS NULL`, `t.position, t.id`)
	}
	plain(openAnswer, `FROM my_approvals a`, "a", asked+` AND a.state IN ('requested', 'viewed')`, `a.id`)
	open(openMore+"_"+openReturned, `CASE a.state WHEN 'declined' THEN '`+openDeclined+`' ELSE '`+openReturned+`' END`, `a.title`, `a.id`, `FROM my_approvals a`,
		asked+` AND a.state IN ('changes_requested', 'declined') AND NOT EXISTS (`+askedSince+`)`, `a.id`)
	on := `(i.request_id IN (SELECT r.id FROM my_revisions r JOIN my_approvals a ON a.id = r.approval_id WHERE ` + asked + `) OR ` + strings.ReplaceAll(files, "s.file_id", "i.file_id") + `)`
	if of == "project" {
		on = `i.project_id = $2 AND i.project_id = $3`
	}
	const due = `i.withdrawn = 0 AND i.state IN ('open', 'unclear') AND i.request_id IN (SELECT k.id FROM my_told_revisions k)`
	open(openMore+"_"+openChange, `CASE WHEN i.state = 'unclear' THEN '`+openUnclear+`' WHEN i.offer = 'offered' THEN '`+openPrice+`' ELSE '`+openChange+`' END`,
		`i.title || ' ' || CAST(i.number AS TEXT) || ': ' || i.body`, `i.request_id`, `FROM my_changes i`, on+` AND `+due, `i.request_id, i.number`)
	said := `c.item_id = $3 OR c.item_id IN (SELECT d.id FROM my_deliverables d WHERE ` + part("d") + `) OR ` + strings.ReplaceAll(files, "s.file_id", "c.item_id")
	switch of {
	case "project":
		said = `c.project_id = $3`
	case "milestone":
		said += ` OR c.item_id IN (SELECT t.id FROM my_tasks t WHERE ` + part("t") + `)`
	}
	said = `c.project_id = $2 AND (` + said + `) AND c.body IS NOT NULL AND NOT EXISTS (SELECT 1 FROM my_changes i WHERE i.thread_id = c.id AND ` + due + `)`
	open(openMore, `'`+openComment+`'`, `c.title || ': ' || c.body`, `c.item_id`, `FROM my_open_comments c`, said, `c.id`)
	if err != nil {
		return nil, err
	}
	for _, p := range points {
		all = append(all, SignoffLine{Kind: LineOpen, Why: openSaid, Title: p})
	}
	for i := range all {
		all[i].Position = i + 1
		switch all[i].Why {
		case openChange, openUnclear, openPrice, openComment:
			all[i].Title = excerpt(all[i].Title)
		}
	}
	return all, nil
}

// askedSince finds of an approval a what was asked of the client about the same
// since, and was not taken back: then it does not stand any more.
const askedSince = `
SELECT 1 FROM my_approvals o
 WHERE o.project_id = a.project_id AND o.id > a.id AND o.shown_at IS NOT NULL AND o.state NOT IN ('draft', 'cancelled', 'superseded', 'expired')
   AND (o.previous_id = a.id OR o.deliverable_id = a.deliverable_id
        OR a.deliverable_id IS NULL AND NOT EXISTS (SELECT 1 FROM my_approval_subjects s WHERE s.approval_id = a.id
             AND NOT EXISTS (SELECT 1 FROM my_approval_subjects x WHERE x.approval_id = o.id AND x.file_id = s.file_id)))`

// excerpt is the beginning of what somebody wrote, in one line.
func excerpt(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > maxExcerpt {
		s = string(r[:maxExcerpt-1]) + "…"
	}
	return s
}

// moreOpen is the line that counts what is not listed.
func moreOpen(why string, n int) SignoffLine {
	return SignoffLine{Kind: LineOpen, Why: why, Title: strconv.Itoa(n)}
}

// newerThan are the open points about files of which there is something newer than
// the version that was approved, which loses that mark.
func newerThan(all []SignoffLine) (newer []SignoffLine) {
	for i, l := range all {
		if l.Why != "" {
			newer = append(newer, SignoffLine{Kind: LineOpen, Why: l.Why, Item: l.Item, Title: l.Title})
			all[i].Why = ""
		}
	}
	if more := len(newer) - maxOpen; more > 0 {
		newer = append(newer[:maxOpen], moreOpen(openMore+"_"+openNewer, more))
	}
	return newer
}

// NewSignoff is what AskSignoff takes.
type NewSignoff struct {
	Project   ProjectID
	Subject   string // a deliverable's or milestone's id; empty: the project itself
	Statement string
	Points    []string // open ones that the lists do not say
	DueOn     string

	NoReminders bool // by mail: the day before it is due, on the day, and after
}

// AskSignoff asks the client's people who may sign off to accept something for
// good. The client must see it; a deliverable must be approved. Of one thing one
// sign-off is open, and once it was signed that stands: ErrConflict. Takes
// Contribute.
func (me *Scope) AskSignoff(ctx context.Context, n NewSignoff) (SignoffID, error) {
	var c checks
	n.Statement = c.text("statement", n.Statement)
	if n.Statement == "" {
		c.fail("statement", "required")
	}
	n.DueOn = c.day("due_on", n.DueOn)
	var points []string
	for _, p := range n.Points {
		if p = c.line("points", p); p != "" {
			points = append(points, p)
		}
	}
	if len(points) > maxPoints {
		c.fail("points", "too_many", "max", strconv.Itoa(maxPoints))
	}
	if err := c.err(); err != nil {
		return "", err
	}
	id := SignoffID(db.NewID("sgn"))
	err := me.write(ctx, func(t *tx) error {
		p, err := t.projectFor(ctx, n.Project, Contribute)
		if err != nil {
			return err
		}
		if err := t.lock(ctx, string(p.Client)); err != nil {
			return err
		}
		subject, title, err := t.acceptable(ctx, p, n.Subject)
		if err != nil {
			return err
		}
		open := 0
		if err := t.get(ctx, `SELECT COUNT(*) FROM my_signoffs s WHERE s.subject_id = $2 AND s.state IN ('asked', 'signed')`, []any{subject}, &open); err != nil {
			return err
		}
		if open > 0 {
			return ErrConflict
		}
		if _, err := accepting(ctx, t, p.ID, subject, points); err != nil { // nobody could sign it
			return err
		}
		if err := t.must(ctx, `
INSERT INTO signoffs (id, project_id, client_id, subject_id, title, statement, points, due_on, remind, state, state_at, state_by, created_at, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $11, 'asked', $9, $10, $9, $10)`,
			string(id), string(p.ID), string(p.Client), subject, title, n.Statement, strings.Join(points, "\n"), nullable(n.DueOn), t.now, string(me.actor.person), !n.NoReminders); err != nil {
			return err
		}
		if err := t.turnOf(ctx, subject, ClientSide); err != nil {
			return err
		}
		s, err := signoff(ctx, t, id)
		if err != nil {
			return err
		}
		c, err := t.workCalendar(ctx, s.Client)
		if err != nil {
			return err
		}
		if err := t.planSignoff(ctx, s, c); err != nil {
			return err
		}
		signers, err := projectPeople(ctx, t, p.ID, ClientSide, SignOff)
		if err != nil {
			return err
		}
		h := s.happened(SignoffAsked, nil)
		for _, x := range signers {
			h.Tells = append(h.Tells, x.Person)
		}
		return t.record(ctx, h)
	})
	return id, err
}

// acceptable makes sure that the client can be asked to accept something of the
// project, and says what it is called.
func (t *tx) acceptable(ctx context.Context, p Project, subject string) (id, title string, err error) {
	if !p.IsShared() || !p.Shows.Has(SectionApprovals) {
		return "", "", invalid("subject", "section_off")
	}
	var in ProjectID
	var audience Side
	section := SectionDeliverables
	switch ItemID(subject).Kind() {
	case "deliverable":
		var d Deliverable
		d, err = deliverable(ctx, t, DeliverableID(subject))
		in, title, audience = d.Project, d.Title, d.Audience
		if err == nil && in == p.ID && d.State != StateApproved {
			return "", "", invalid("subject", "not_approved")
		}
	case "milestone":
		var m Milestone
		m, err = milestone(ctx, t, MilestoneID(subject))
		in, title, audience, section = m.Project, m.Title, m.Audience, SectionMilestones
	default:
		if subject == "" || subject == string(p.ID) {
			return string(p.ID), p.Name, nil
		}
		err = ErrNotFound
	}
	switch {
	case err == ErrNotFound || err == nil && in != p.ID:
		return "", "", invalid("subject", "choice")
	case err == nil && (audience != ClientSide || !p.Shows.Has(section)):
		return "", "", invalid("subject", "not_shown")
	}
	return subject, title, err
}

// turnOf says of a milestone whose turn it is: the client's while they are asked
// to accept it.
func (t *tx) turnOf(ctx context.Context, subject string, turn Side) error {
	if signoffOf(subject) != "milestone" {
		return nil
	}
	_, err := t.exec(ctx, `UPDATE milestones SET turn = $1, turn_since = $2, revision = revision + 1 WHERE id = $3 AND reached_at IS NULL AND turn <> $1`, string(turn), t.now, subject)
	return err
}

// happened is an event of the sign-off.
func (s Signoff) happened(k Kind, details Details) Happening {
	if details == nil {
		details = Details{}
	}
	details["title"] = s.Title
	return Happening{Kind: k, Client: s.Client, Project: s.Project, Subject: string(s.ID), Audience: ClientSide, Details: details}
}

// lockedSignoff loads a sign-off with the lock of its client's chain.
func (t *tx) lockedSignoff(ctx context.Context, id SignoffID) (Signoff, error) {
	return heldBy(ctx, t, func() (Signoff, error) { return signoff(ctx, t, id) }, func(s Signoff) ClientID { return s.Client })
}

// ownSignoff is lockedSignoff for the team, which has asked: with Contribute.
func (t *tx) ownSignoff(ctx context.Context, id SignoffID) (Signoff, error) {
	s, err := t.lockedSignoff(ctx, id)
	if err == nil && (!s.Held.Team() || !s.Can(Contribute)) {
		err = ErrForbidden
	}
	return s, err
}

// WithdrawSignoff takes the question back. Takes Contribute; ErrConflict when it
// was answered.
func (me *Scope) WithdrawSignoff(ctx context.Context, id SignoffID) error {
	return me.write(ctx, func(t *tx) error {
		s, err := t.ownSignoff(ctx, id)
		if err != nil {
			return err
		}
		return t.closeSignoff(ctx, s, SignoffReturned, SignoffWithdrawn, "")
	})
}

// DeclineSignoff refuses to accept, and says why. For the client's people who may
// sign off; ErrConflict when it was answered.
func (me *Scope) DeclineSignoff(ctx context.Context, id SignoffID, why string) error {
	var c checks
	if why = c.text("note", why); why == "" {
		c.fail("note", "why")
	}
	if err := c.err(); err != nil {
		return err
	}
	return me.write(ctx, func(t *tx) error {
		s, err := t.lockedSignoff(ctx, id)
		switch {
		case err != nil:
			return err
		case s.Team() || !s.Can(SignOff):
			return ErrForbidden
		}
		return t.closeSignoff(ctx, s, SignoffRefused, SignoffDeclined, why)
	})
}

// closeSignoff ends one that was not signed.
func (t *tx) closeSignoff(ctx context.Context, s Signoff, to SignoffState, k Kind, why string) error {
	if err := t.must(ctx, `
UPDATE signoffs SET state = $1, state_at = $2, state_by = $3, note = $4, remind_at = NULL, escalate_at = NULL, revision = revision + 1 WHERE id = $5 AND state = 'asked'`,
		string(to), t.now, string(t.me.actor.person), why, string(s.ID)); err != nil {
		return err
	}
	if err := t.turnOf(ctx, s.Subject, Team); err != nil {
		return err
	}
	details := Details{}
	if why != "" {
		details["note"] = why
	}
	return t.record(ctx, s.happened(k, details))
}

// A Signature is what SignOff takes.
type Signature struct {
	Name    string // as it was typed
	Content string // the hash of what was looked at
	Proof   string // how the person proved again who they are: "password" or "code"
}

// SignOff accepts for good. For the client's people who may sign off, who have
// just proved again who they are. A signature under anything but what there is
// now, or after another, is ErrConflict: of several at once one stands. What
// was accepted follows: the deliverables are signed off, the milestone is
// reached, the project is done.
func (me *Scope) SignOff(ctx context.Context, id SignoffID, in Signature) error {
	return me.refused(ctx, string(id), me.signOff(ctx, id, in))
}

// CheckSignature says what SignOff would of what was looked at, before the person is
// asked for proof.
func (me *Scope) CheckSignature(ctx context.Context, s Signoff, content string) error {
	if s.Team() || !s.Can(SignOff) {
		return me.refused(ctx, string(s.ID), ErrForbidden)
	}
	_, is, err := me.SignoffLines(ctx, s)
	if err == nil && (s.State != SignoffOpen || content != is) {
		err = me.refused(ctx, string(s.ID), ErrConflict)
	}
	return err
}

func (me *Scope) signOff(ctx context.Context, id SignoffID, in Signature) error {
	var c checks
	in.Name = c.name("name", in.Name)
	c.oneOf("proof", in.Proof, "password", "code")
	if err := c.err(); err != nil {
		return err
	}
	return me.write(ctx, func(t *tx) error {
		s, err := t.lockedSignoff(ctx, id)
		switch {
		case err != nil:
			return err
		case s.Team() || !s.Can(SignOff):
			return ErrForbidden
		case s.State != SignoffOpen:
			return ErrConflict
		}
		lines, err := accepting(ctx, t, s.Project, s.Subject, s.Points)
		if err != nil {
			return err
		}
		if in.Content != s.hash(lines) {
			return ErrConflict
		}
		if err := t.sign(ctx, s, in); err != nil {
			return err
		}
		if err := t.keepLines(ctx, id, lines); err != nil {
			return err
		}
		if err := t.follow(ctx, s, lines); err != nil {
			return err
		}
		if s, err = signoff(ctx, t, id); err != nil {
			return err
		}
		if err := t.certify(ctx, s, lines); err != nil {
			return err
		}
		return t.record(ctx, s.happened(SignoffSigned, Details{"content": in.Content}))
	})
}

// sign is the one statement that signs.
func (t *tx) sign(ctx context.Context, s Signoff, in Signature) error {
	w, err := t.signer(ctx, t.me.actor.person, s.Client)
	if err != nil {
		return err
	}
	if _, err := t.lookAtSignoff(ctx, s.ID, w.name); err != nil {
		return err
	}
	return t.must(ctx, `
UPDATE signoffs SET state = 'signed', state_at = $1, state_by = $2, content = $3, name = $4, email = $5, role = $6, company = $7, verified_at = $8, zone = $9, proof = $10,
       address = $11, agent = $12, remind_at = NULL, escalate_at = NULL, revision = revision + 1
 WHERE id = $13 AND state = 'asked'`,
		t.now, string(t.me.actor.person), in.Content, in.Name, w.email, w.role, s.ClientName, w.verified, w.zone, in.Proof, t.address, t.agent, string(s.ID))
}

func (t *tx) keepLines(ctx context.Context, id SignoffID, lines []SignoffLine) error {
	for _, l := range lines {
		var at any
		if !l.At.IsZero() {
			at = db.Micros(l.At)
		}
		if err := t.must(ctx, `
INSERT INTO signoff_lines (signoff_id, position, kind, why, item_id, title, version_id, number, sha256, size, approval_id, at, by_name)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
			string(id), l.Position, string(l.Kind), l.Why, l.Item, l.Title, nullable(l.Version), l.Number, l.SHA256, l.Size, nullable(l.Approval), at, l.By); err != nil {
			return err
		}
	}
	return nil
}

// follow brings what was signed off into the state that follows.
func (t *tx) follow(ctx context.Context, s Signoff, lines []SignoffLine) error {
	by := string(t.me.actor.person)
	for _, l := range lines {
		if l.Kind != LineDeliverable {
			continue
		}
		n, err := t.exec(ctx, `
UPDATE deliverables SET state = 'signed_off', state_at = $1, state_by = $2, turn = 'team', turn_since = $1, revision = revision + 1 WHERE id = $3 AND state = 'approved'`, t.now, by, l.Item)
		if err != nil {
			return err
		}
		if n == 0 {
			continue // it was signed off before
		}
		d, err := deliverable(ctx, t, DeliverableID(l.Item))
		if err != nil {
			return err
		}
		if err := t.quietly(ctx, DeliverableSignedOff, d.item()); err != nil {
			return err
		}
	}
	switch s.Of() {
	case "deliverable":
		if !slices.ContainsFunc(lines, func(l SignoffLine) bool { return l.Kind == LineDeliverable }) {
			return ErrConflict // its approval was taken back
		}
	case "milestone":
		n, err := t.exec(ctx, `
UPDATE milestones SET reached_at = $1, reached_by = $2, turn = 'team', revision = revision + 1 WHERE id = $3 AND reached_at IS NULL`, t.now, by, s.Subject)
		if err != nil || n == 0 {
			return err
		}
		m, err := milestone(ctx, t, MilestoneID(s.Subject))
		if err != nil {
			return err
		}
		return t.quietly(ctx, MilestoneReached, m.item())
	case "project":
		n, err := t.exec(ctx, `UPDATE projects SET status = 'done', updated_at = $1, updated_by = $2, revision = revision + 1 WHERE id = $3 AND status <> 'done'`, t.now, by, s.Subject)
		if err != nil || n == 0 {
			return err
		}
		return t.record(ctx, Happening{Kind: ProjectChanged, Client: s.Client, Project: s.Project, Subject: s.Subject, Audience: ClientSide, Silent: true, Details: Details{"title": s.ProjectName}})
	}
	return nil
}

// quietly records what follows from something that people are told of anyway.
func (t *tx) quietly(ctx context.Context, k Kind, i item) error {
	return t.record(ctx, Happening{Kind: k, Client: i.client, Project: i.project, Subject: string(i.id), Audience: i.audience, Silent: true, Details: Details{"title": i.title}})
}

// unaskSignoff ends the sign-off of something that is concealed, and takes what
// happened to it out of the client's sight.
func (t *tx) unaskSignoff(ctx context.Context, subject string) error {
	all, err := t.openSignoffs(ctx, subject)
	if err != nil {
		return err
	}
	for _, s := range all {
		if err := t.closeSignoff(ctx, s, SignoffReturned, SignoffWithdrawn, ""); err != nil {
			return err
		}
	}
	return t.hideAsking(ctx, signoffsAbout, subject)
}

// notSigned makes sure that nobody was asked to accept something for good: what
// was stays. Else ErrConflict.
func (t *tx) notSigned(ctx context.Context, subject string) error {
	n := 0
	err := t.get(ctx, `SELECT COUNT(*) FROM my_signoffs s WHERE s.subject_id = $2`, []any{subject}, &n)
	if err == nil && n > 0 {
		err = ErrConflict
	}
	return err
}
