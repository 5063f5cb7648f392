package portal

import (
	"cmp"
	"context"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// An ApprovalState is how far a request to decide is.
type ApprovalState string

// The states of an approval. While it is open or seen, answers are awaited.
const (
	ApprovalDraft     ApprovalState = "draft"
	ApprovalOpen      ApprovalState = "requested"
	ApprovalSeen      ApprovalState = "viewed"
	ApprovalGranted   ApprovalState = "approved"
	ApprovalNoted     ApprovalState = "approved_with_notes"
	ApprovalReturn    ApprovalState = "changes_requested"
	ApprovalRefused   ApprovalState = "declined"
	ApprovalWithdrawn ApprovalState = "cancelled"
	ApprovalOutdated  ApprovalState = "superseded" // by a newer version
	ApprovalLapsed    ApprovalState = "expired"
)

// Open reports whether it is not over yet.
func (s ApprovalState) Open() bool { return s == ApprovalOpen || s == ApprovalSeen }

// Granted reports whether it was approved.
func (s ApprovalState) Granted() bool { return s == ApprovalGranted || s == ApprovalNoted }

// A Rule says whose answers a stage takes. Whichever it is, one who requests
// changes or declines ends it.
type Rule string

// The rules.
const (
	RuleAnyone   Rule = "anyone"
	RuleEveryone Rule = "everyone"
	RuleMajority Rule = "majority"
	RuleDecider  Rule = "decider" // one, whom the others advise
)

// Rules lists them.
var Rules = []Rule{RuleAnyone, RuleEveryone, RuleMajority, RuleDecider}

// Lanes are where the team's board has an approval.
type Lane string

// The lanes.
const (
	LaneDraft    Lane = "draft"
	LaneClient   Lane = "client"  // waits for the client
	LaneOverdue  Lane = "overdue" // likewise, and was due before today
	LaneTeam     Lane = "team"    // is with the team: to answer, to show to the client, or to change
	LaneApproved Lane = "approved"
	LaneOver     Lane = "over"
)

// Lanes lists those of the board.
var Lanes = []Lane{LaneClient, LaneTeam, LaneOverdue, LaneApproved, LaneDraft, LaneOver}

// Approval is a request to decide on exact versions.
type Approval struct {
	ID          ApprovalID
	Project     ProjectID
	ProjectName string
	Client      ClientID
	ClientName  string
	Deliverable DeliverableID // empty: files alone
	Title       string
	Body        string
	Checklist   []string
	Download    bool // whoever decides may have the files before
	DueOn       string
	DueIn       int // of a draft: working days from when it is sent; for the team
	ExpiresOn   string
	State       ApprovalState
	StateAt     time.Time
	StateBy     string // the name; empty when not for the reader, or the program
	Stage       int    // for the team
	Asking      bool   // answers are taken
	Lane        Lane   // for the team
	Turn        Side   // empty when nobody has to act
	TurnSince   time.Time
	ShownAt     time.Time // the client sees it since
	Content     string    // the hash of all that is decided on
	Round       int
	Previous    ApprovalID // that it asks again
	Next        ApprovalID // that asks again
	Remind      bool       // for the team, as the two below
	RemindAt    time.Time
	RemindedAt  time.Time
	Stranded    bool      // for the team: nobody who is asked can answer any more
	EscalatedAt time.Time // others were told that nobody answers
	Waits       bool      // for the reader's own decision
	Advises     bool      // the reader is asked for advice
	Files       int
	CreatedAt   time.Time // for clients, when they were asked first
	CreatedBy   PersonID  // for the team
	AskedBy     string    // the name, empty when not for the reader
	Revision    int64
	Held

	last   string // as lapsedBy takes it
	lapsed bool   // it is yet to be ended
}

// MayDecide reports whether the reader may answer it now.
func (a Approval) MayDecide() bool {
	return a.Advises || a.Waits && (a.Team() && a.Can(Contribute) || !a.Team() && a.Can(Decide))
}

// Overdue reports whether its day has passed while it waits; today is the
// reader's, YYYY-MM-DD.
func (a Approval) Overdue(today string) bool { return a.Asking && a.DueOn != "" && a.DueOn < today }

const approvalColumns = `a.id, a.project_id, a.project_name, a.client_id, a.client_name, COALESCE(a.deliverable_id, ''), a.title, a.body, a.checklist, a.download,
       COALESCE(a.due_on, ''), a.due_in, COALESCE(a.expires_on, ''), COALESCE(a.last_day, ''), a.state, a.state_at, COALESCE(a.state_by_name, ''), a.stage, a.asking, a.lane, a.turn, a.turn_since, COALESCE(a.shown_at, 0),
       a.content, a.round, COALESCE(a.previous_id, ''), COALESCE(a.next_id, ''), a.remind, COALESCE(a.remind_at, 0), COALESCE(a.reminded_at, 0), CASE WHEN a.stranded_at IS NULL THEN 0 ELSE 1 END, COALESCE(a.escalated_at, 0), a.waits, a.advises, a.files,
       a.created_at, COALESCE(a.created_by, ''), COALESCE(a.asked_by, ''), a.revision, a.side, a.rights`

// unnamedColumns are the same without the names in it, which are a third of what it
// takes to read one.
var unnamedColumns = strings.NewReplacer(`a.project_name`, `''`, `a.client_name`, `''`, `a.state_by_name`, `''`, `a.asked_by`, `''`).Replace(approvalColumns)

// scan reads one as it is now: on no day after its last, as it is where the client is,
// are answers taken, whenever the program ends it.
func (a *Approval) scan(now time.Time, scan func(...any) error) error {
	var list string
	err := scan(&a.ID, &a.Project, &a.ProjectName, &a.Client, &a.ClientName, &a.Deliverable, &a.Title, &a.Body, &list, &a.Download,
		&a.DueOn, &a.DueIn, &a.ExpiresOn, &a.last, &a.State, micros{&a.StateAt}, &a.StateBy, &a.Stage, &a.Asking, &a.Lane, &a.Turn, micros{&a.TurnSince}, micros{&a.ShownAt},
		&a.Content, &a.Round, &a.Previous, &a.Next, &a.Remind, micros{&a.RemindAt}, micros{&a.RemindedAt}, &a.Stranded, micros{&a.EscalatedAt}, &a.Waits, &a.Advises, &a.Files,
		micros{&a.CreatedAt}, &a.CreatedBy, &a.AskedBy, &a.Revision, &a.Side, &a.Rights)
	if list != "" {
		a.Checklist = strings.Split(list, "\n")
	}
	if end, ok := lapsedBy(a.last, now); ok && a.State.Open() {
		a.State, a.StateAt, a.StateBy, a.lapsed = ApprovalLapsed, end, "", true
		a.Asking, a.Waits, a.Advises, a.Turn, a.TurnSince = false, false, false, Team, end
		if a.Lane != "" {
			a.Lane = LaneTeam
		}
	}
	return err
}

// lapsedBy reports whether the last day on which answers are taken, a day and where it
// is that, is over, and when it ends: empty, and it never does.
func lapsedBy(last string, now time.Time) (end time.Time, ok bool) {
	day, name, ok := strings.Cut(last, " ")
	if !ok {
		return end, false
	}
	zone := zoneOf(name)
	end, _ = time.ParseInLocation(time.DateOnly, day, zone)
	return end.AddDate(0, 0, 1), day < now.In(zone).Format(time.DateOnly)
}

// listApprovals reads them from the rows of a query.
func listApprovals(r reader, rows *db.Rows, err error) ([]Approval, error) {
	now := r.clock()
	return list(rows, err, func(rows *db.Rows) (a Approval, err error) { return a, a.scan(now, rows.Scan) })
}

// Approval returns one approval.
func (me *Scope) Approval(ctx context.Context, id ApprovalID) (Approval, error) {
	return approval(ctx, me, id)
}

func approval(ctx context.Context, r reader, id ApprovalID) (Approval, error) {
	return approvalOf(ctx, r, approvalColumns, id)
}

func approvalOf(ctx context.Context, r reader, columns string, id ApprovalID) (a Approval, err error) {
	err = a.scan(r.clock(), func(dest ...any) error {
		return r.get(ctx, `SELECT `+columns+` FROM my_approvals a WHERE a.id = $2`, []any{string(id)}, dest...)
	})
	return a, err
}

// ProjectApprovals returns those of a project, newest first.
func (me *Scope) ProjectApprovals(ctx context.Context, project ProjectID, pg Page) ([]Approval, string, error) {
	return me.approvals(ctx, `a.project_id = $4`, string(project), pg)
}

// ClientApprovals returns those of a client's projects that the actor sees,
// newest first.
func (me *Scope) ClientApprovals(ctx context.Context, client ClientID, pg Page) ([]Approval, string, error) {
	return me.approvals(ctx, `a.client_id = $4`, string(client), pg)
}

// UrgentApprovals returns those of a client's projects: what waits for somebody with
// the most urgent first, then the rest with the newest first. For the team.
func (me *Scope) UrgentApprovals(ctx context.Context, client ClientID, pg Page) (all []Approval, next string, err error) {
	of := func(due string) string {
		return `SELECT ` + approvalColumns + `, ` + due + ` FROM my_board a WHERE a.client_id = $2 AND `
	}
	due, id, waits := strings.Cut(pg.After, ".")
	var found []onBoard
	if waits || pg.After == "" {
		if found, err = me.board(ctx, of(`a.due_key`)+`a.turn <> '' AND (a.due_key, a.id) > ($4, $5) ORDER BY a.due_key, a.id LIMIT $3`, string(client), pg.limit(), due, id); err != nil {
			return nil, "", err
		}
		pg.After = ""
	}
	if len(found) < pg.limit() {
		rest, err := me.board(ctx, of(`''`)+`a.turn = '' AND ($4 = '' OR a.id < $4) ORDER BY a.id DESC LIMIT $3`, string(client), pg.limit(), pg.After)
		if err != nil {
			return nil, "", err
		}
		found = append(found, rest...)
	}
	all, next = boardPage(found, pg, func(x onBoard) string {
		if x.due == "" {
			return string(x.ID)
		}
		return x.due + "." + string(x.ID)
	})
	return all, next, nil
}

// onBoard is an approval with what it is ordered by while it waits; of one that does not
// it may be empty.
type onBoard struct {
	Approval
	due string
}

// board reads them with a query.
func (me *Scope) board(ctx context.Context, q string, args ...any) ([]onBoard, error) {
	rows, err := me.query(ctx, q, args...)
	return list(rows, err, func(rows *db.Rows) (x onBoard, err error) {
		return x, x.scan(me.p.now(), func(dest ...any) error { return rows.Scan(append(dest, &x.due)...) })
	})
}

// boardPage is one page of them.
func boardPage(found []onBoard, pg Page, key func(onBoard) string) (all []Approval, next string) {
	found, next = page(found, pg, key)
	for _, x := range found {
		all = append(all, x.Approval)
	}
	return all, next
}

// DeliverableApprovals returns those of a deliverable's content, newest first.
func (me *Scope) DeliverableApprovals(ctx context.Context, id DeliverableID, pg Page) ([]Approval, string, error) {
	return me.approvals(ctx, `a.deliverable_id = $4`, string(id), pg)
}

func (me *Scope) approvals(ctx context.Context, where, arg string, pg Page) (all []Approval, next string, err error) {
	rows, err := me.query(ctx, `
SELECT `+approvalColumns+` FROM my_approvals a WHERE `+where+` AND ($2 = '' OR a.id < $2) ORDER BY a.id DESC LIMIT $3`, pg.After, pg.limit(), arg)
	if all, err = listApprovals(me, rows, err); err != nil {
		return nil, "", err
	}
	all, next = page(all, pg, func(a Approval) string { return string(a.ID) })
	return all, next, nil
}

// AwaitedApprovals returns those that wait for the actor's own answer, as one of
// the client's people or, in the team's stages, of the team: the most urgent first. An
// empty client means all.
func (me *Scope) AwaitedApprovals(ctx context.Context, client ClientID, limit int) ([]Approval, error) {
	if limit <= 0 || limit > maxNeeds {
		limit = maxNeeds
	}
	rows, err := me.query(ctx, `
SELECT `+approvalColumns+` FROM my_approvals a
 WHERE a.id IN (SELECT k.id FROM my_asked k) AND a.asking = 1 AND (a.waits = 1 OR a.advises = 1) AND ($3 = '' OR a.client_id = $3) ORDER BY a.due_key, a.turn_since, a.id LIMIT $2`, limit, string(client))
	all, err := listApprovals(me, rows, err)
	asking := all[:0]
	for _, a := range all {
		if a.Asking {
			asking = append(asking, a)
		}
	}
	return asking, err
}

// BoardFilter narrows the team's board.
type BoardFilter struct {
	Lane   Lane
	Client ClientID // empty: all
	Today  string   // the reader's day, which tells what is overdue
}

// waits reports whether what is in it waits for the client, and how it is told from
// what is in the other of the two lanes that do, by the day that is today.
func (l Lane) waits() (due string, ok bool) {
	switch l {
	case LaneClient:
		return ` AND a.due_key >= ?`, true
	case LaneOverdue:
		return ` AND a.due_key < ?`, true
	}
	return "", false
}

// Board returns a page of a lane over all clients: what waits with the most
// urgent first, the rest with the newest first. For the team.
func (me *Scope) Board(ctx context.Context, f BoardFilter, pg Page) (all []Approval, next string, err error) {
	if !slices.Contains(Lanes, f.Lane) {
		return nil, "", invalid("lane", "choice")
	}
	due, waits := f.Lane.waits()
	urgent := waits || f.Lane == LaneTeam
	var lapsed []ApprovalID
	if urgent {
		if lapsed, err = me.lapsed(ctx, f.Client); err != nil {
			return nil, "", err
		}
	}
	q, where := `SELECT `+approvalColumns+`, a.due_key FROM my_board a WHERE a.lane`, ``
	args := []any{string(f.Lane), pg.limit()}
	add := func(cond string, values ...any) {
		for _, v := range values {
			args = append(args, v)
			cond = strings.Replace(cond, "?", placeholder(len(args)+1), 1)
		}
		where += cond
	}
	if f.Client != "" {
		add(` AND a.client_id = ?`, string(f.Client))
	}
	if waits {
		args[0] = string(LaneClient)
		add(due, f.Today)
		but, ids := without(len(args)+2, lapsed)
		where, args = where+but, append(args, ids...)
	}
	if pg.After != "" {
		if urgent {
			due, id, _ := strings.Cut(pg.After, ".")
			add(` AND (a.due_key, a.id) > (?, ?)`, due, id)
		} else {
			at, id, err := splitKey(pg.After)
			if err != nil {
				return nil, "", err
			}
			add(` AND (a.state_at, a.id) < (?, ?)`, at, id)
		}
	}
	order := ` ORDER BY a.state_at DESC, a.id DESC LIMIT $3`
	if urgent {
		order = ` ORDER BY a.due_key, a.id LIMIT $3`
	}
	found, err := me.board(ctx, q+` = $2`+where+order, args...)
	if f.Lane == LaneTeam && len(lapsed) > 0 && err == nil {
		places, ids := oneOf(len(args)+2, lapsed)
		var more []onBoard
		more, err = me.board(ctx, q+` <> $2 AND a.id IN `+places+where+order, append(args, ids...)...)
		found = append(found, more...)
		sort.Slice(found, func(i, j int) bool {
			x, y := found[i], found[j]
			return cmp.Or(cmp.Compare(x.due, y.due), cmp.Compare(x.ID, y.ID)) < 0
		})
	}
	if err != nil {
		return nil, "", err
	}
	all, next = boardPage(found, pg, func(x onBoard) string {
		if urgent {
			return x.due + "." + string(x.ID)
		}
		return joinKey(db.Micros(x.StateAt), string(x.ID))
	})
	return all, next, nil
}

// lapsed are those that nobody can answer any more and that still stand among what
// waits for the client, until the program ends them: for the board they are with the
// team already, as they are for everything else. An empty client means all.
func (me *Scope) lapsed(ctx context.Context, client ClientID) (ids []ApprovalID, err error) {
	rows, err := me.query(ctx, `
SELECT l.id, l.last_day FROM my_lapsing l WHERE l.expires_on < $2 AND ($3 = '' OR l.client_id = $3) ORDER BY l.expires_on LIMIT 200`, me.p.now().Add(aheadMost).UTC().Format(time.DateOnly), string(client))
	return ids, everyRow(rows, err, func() error {
		var id ApprovalID
		var last string
		err := rows.Scan(&id, &last)
		if err == nil && me.over(last) {
			ids = append(ids, id)
		}
		return err
	})
}

// without is a condition on approvals that leaves some out, with its arguments, of
// which the first has a number.
func without(first int, ids []ApprovalID) (cond string, args []any) {
	if len(ids) == 0 {
		return "", nil
	}
	places, args := oneOf(first, ids)
	return ` AND a.id NOT IN ` + places, args
}

// aheadMost is how far the time is ahead of UTC where it is most.
const aheadMost = 14 * time.Hour

// MaxCount bounds what is counted of a part of the board, and of the Outbox: a page that
// has more says "99+".
const MaxCount = 100

// BoardCounts says how many are in each lane on the reader's day, up to MaxCount. For the
// team.
func (me *Scope) BoardCounts(ctx context.Context, client ClientID, today string) (map[Lane]int, error) {
	lapsed, err := me.lapsed(ctx, client)
	if err != nil {
		return nil, err
	}
	lanes := map[Lane]int{}
	for _, l := range Lanes {
		args := []any{string(l), string(client), MaxCount}
		due, waits := l.waits()
		if waits {
			args = []any{string(LaneClient), string(client), MaxCount, today}
			due = strings.Replace(due, "?", "$5", 1)
			but, ids := without(len(args)+2, lapsed)
			due, args = due+but, append(args, ids...)
		}
		var n int
		if err := me.get(ctx, `SELECT COUNT(*) FROM (SELECT a.id FROM my_board a WHERE a.lane = $2`+due+` AND ($3 = '' OR a.client_id = $3) ORDER BY a.due_key, a.id LIMIT $4) x`, args, &n); err != nil {
			return nil, err
		}
		lanes[l] = n
	}
	lanes[LaneTeam] = min(lanes[LaneTeam]+len(lapsed), MaxCount)
	return lanes, nil
}

// ApprovalSubject is one version that is decided on.
type ApprovalSubject struct {
	Approval      ApprovalID
	Position      int // from 1
	File          FileID
	Version       VersionID
	Name          string
	Number        int // it is called by
	SHA256        string
	Result        string // "approved" or "changes" once it was decided
	Size          int64
	Kind, Type    string
	Preview, Scan string
	Width, Height int
	Pages         int
	Trashed       bool
	Newest        bool // nothing newer is there for its readers
	Unseen        bool // its reader can neither look at all of it here nor have the file
	Coming        bool // more of it to look at is still being made
	Audience      Side
	State         ApprovalState // of the approval
	StateAt       time.Time
	Held
}

// ApprovalSubjects returns what approvals are about, in order.
func (me *Scope) ApprovalSubjects(ctx context.Context, ids ...ApprovalID) ([]ApprovalSubject, error) {
	return approvalSubjects(ctx, me, ids...)
}

const subjectColumns = `s.approval_id, s.position, s.file_id, s.version_id, s.name, COALESCE(s.number, 0), s.sha256, s.result, s.size, s.kind, s.type, s.preview, s.scan, s.width, s.height, s.pages,
       s.trashed, s.newest, s.unseen, s.coming, s.audience, s.state, s.state_at, s.side, s.rights`

func scanSubject(rows *db.Rows) (s ApprovalSubject, err error) {
	return s, rows.Scan(&s.Approval, &s.Position, &s.File, &s.Version, &s.Name, &s.Number, &s.SHA256, &s.Result, &s.Size, &s.Kind, &s.Type, &s.Preview, &s.Scan, &s.Width, &s.Height, &s.Pages,
		&s.Trashed, &s.Newest, &s.Unseen, &s.Coming, &s.Audience, &s.State, micros{&s.StateAt}, &s.Side, &s.Rights)
}

func approvalSubjects(ctx context.Context, r reader, ids ...ApprovalID) ([]ApprovalSubject, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	places, args := oneOf(2, ids)
	rows, err := r.query(ctx, `SELECT `+subjectColumns+` FROM my_approval_subjects s WHERE s.approval_id IN `+places+` ORDER BY s.approval_id, s.position`, args...)
	return list(rows, err, scanSubject)
}

// FileApprovals returns in which approvals a file was decided on, or is to be,
// newest first: each names the version that it is about.
func (me *Scope) FileApprovals(ctx context.Context, id FileID) ([]ApprovalSubject, error) {
	rows, err := me.query(ctx, `SELECT `+subjectColumns+` FROM my_approval_subjects s WHERE s.file_id = $2 ORDER BY s.approval_id DESC LIMIT 100`, string(id))
	return list(rows, err, scanSubject)
}

// ApprovedIn returns of each file in a deliverable which version the client approved
// last, where they did any.
func (me *Scope) ApprovedIn(ctx context.Context, id DeliverableID) (map[FileID]ApprovalSubject, error) {
	rows, err := me.query(ctx, `
SELECT `+subjectColumns+` FROM my_approval_subjects s JOIN my_approvals a ON a.id = s.approval_id
 WHERE s.file_id IN (SELECT f.id FROM my_attachments f WHERE f.item_id = $2) AND s.result = 'approved' AND a.shown_at IS NOT NULL ORDER BY s.state_at DESC, s.approval_id DESC`, string(id))
	found, err := list(rows, err, scanSubject)
	last := map[FileID]ApprovalSubject{}
	for _, s := range found {
		if _, ok := last[s.File]; !ok {
			last[s.File] = s
		}
	}
	return last, err
}

// ApprovalStage is one step of an approval.
type ApprovalStage struct {
	Number   int
	Of       Side // whose people are asked
	Rule     Rule
	Role     ApproverRole // that is asked; empty: people alone
	OpenedAt time.Time
	ClosedAt time.Time
	Held
}

// ApprovalStages returns the stages of an approval, in order: for clients their
// own.
func (me *Scope) ApprovalStages(ctx context.Context, id ApprovalID) ([]ApprovalStage, error) {
	return approvalStages(ctx, me, id)
}

func approvalStages(ctx context.Context, r reader, id ApprovalID) ([]ApprovalStage, error) {
	rows, err := r.query(ctx, `
SELECT g.number, g.stage_side, g.rule, g.asked_role, COALESCE(g.opened_at, 0), COALESCE(g.closed_at, 0), g.side, g.rights FROM my_approval_stages g WHERE g.approval_id = $2 ORDER BY g.number`, string(id))
	return list(rows, err, func(rows *db.Rows) (g ApprovalStage, err error) {
		return g, rows.Scan(&g.Number, &g.Of, &g.Rule, &g.Role, micros{&g.OpenedAt}, micros{&g.ClosedAt}, &g.Side, &g.Rights)
	})
}

// ApprovalPerson is one who is asked.
type ApprovalPerson struct {
	Approval   ApprovalID
	Stage      int
	Person     PersonID
	Name       string
	Of         Side   // the person's
	Adviser    bool   // whose answer does not count
	ByRole     bool   // asked as one of the stage's role
	Answer     Answer // empty: none yet
	Note       string
	AnsweredAt time.Time
	Proof      Proof     // of the answer
	ViewedAt   time.Time // for the team
	Gone       bool      // cannot answer any more; for the team
	GivenTo    string    // the name of whoever answers instead; empty: they do themselves
	Away       bool      // as their deputy does, who has not answered yet; for themselves
	For        string    // the name of whose decision it was at first; empty: their own
	Repeats    time.Time // when they gave the approval that the answer says still stands
	SaidAt     time.Time // by phone, before they confirmed it
	NotedBy    string    // the name of who noted that; empty when not for the reader
	Called     bool      // they said something by phone that they have not confirmed; for the team, and for themselves
	decision   DecisionID
	Held
}

// Awaited reports whether their decision is, once their stage asks: they give it
// themselves, and have not.
func (x ApprovalPerson) Awaited() bool { return !x.Adviser && x.Answer == "" && x.GivenTo == "" }

// ApprovalPeople returns who is asked in approvals, by stage and name.
func (me *Scope) ApprovalPeople(ctx context.Context, ids ...ApprovalID) ([]ApprovalPerson, error) {
	return approvalPeople(ctx, me, ids...)
}

func approvalPeople(ctx context.Context, r reader, ids ...ApprovalID) ([]ApprovalPerson, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	places, args := oneOf(2, ids)
	rows, err := r.query(ctx, `
SELECT x.approval_id, x.stage, x.person_id, x.name, x.person_side, CASE WHEN x.role = 'adviser' THEN 1 ELSE 0 END, x.answer, x.note, COALESCE(x.answered_at, 0), COALESCE(x.viewed_at, 0),
       x.gone, COALESCE(x.decision_id, ''), x.proof, x.given_name, x.away, x.for_name, x.by_role, COALESCE(x.repeats_at, 0), COALESCE(x.said_at, 0), COALESCE(x.noted_by_name, ''), x.called, x.side, x.rights
  FROM my_approval_people x WHERE x.approval_id IN `+places+` ORDER BY x.approval_id, x.stage, x.role DESC, x.name, x.person_id`, args...)
	return list(rows, err, func(rows *db.Rows) (x ApprovalPerson, err error) {
		return x, rows.Scan(&x.Approval, &x.Stage, &x.Person, &x.Name, &x.Of, &x.Adviser, &x.Answer, &x.Note, micros{&x.AnsweredAt}, micros{&x.ViewedAt},
			&x.Gone, &x.decision, &x.Proof, &x.GivenTo, &x.Away, &x.For, &x.ByRole, micros{&x.Repeats}, micros{&x.SaidAt}, &x.NotedBy, &x.Called, &x.Side, &x.Rights)
	})
}

// Approvers returns the client's people who may be asked to decide in a project:
// those who see it and hold the right. For its team.
func (me *Scope) Approvers(ctx context.Context, project ProjectID) ([]ProjectPerson, error) {
	return projectPeople(ctx, me, project, ClientSide, Decide)
}

// Signers returns the client's people who may sign off in a project. For its team.
func (me *Scope) Signers(ctx context.Context, project ProjectID) ([]ProjectPerson, error) {
	return projectPeople(ctx, me, project, ClientSide, SignOff)
}

// Advisers returns whoever sees a project, and so may be asked for advice or,
// of the team, to decide first. For its team.
func (me *Scope) Advisers(ctx context.Context, project ProjectID) ([]ProjectPerson, error) {
	return projectPeople(ctx, me, project, "", View)
}

func projectPeople(ctx context.Context, r reader, project ProjectID, side Side, right Rights) ([]ProjectPerson, error) {
	rows, err := r.query(ctx, `
SELECT x.person_id, x.name, x.person_side FROM my_project_people x
 WHERE x.project_id = $2 AND ($3 = '' OR x.person_side = $3) AND ($4 = 1 OR (x.given & $4) <> 0) ORDER BY x.name, x.person_id LIMIT 500`, string(project), string(side), int64(right))
	return list(rows, err, func(rows *db.Rows) (p ProjectPerson, err error) { return p, rows.Scan(&p.Person, &p.Name, &p.Side) })
}

// AsVersion is as much of the version as a picture of it needs.
func (s ApprovalSubject) AsVersion() Version {
	return Version{ID: s.Version, File: s.File, FileName: s.Name, Kind: s.Kind, Type: s.Type, Preview: s.Preview, Scan: s.Scan, Pages: s.Pages, Size: s.Size, ShownNumber: s.Number}
}
