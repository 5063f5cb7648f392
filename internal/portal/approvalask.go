package portal

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// NewStage is one step of a NewApproval.
type NewStage struct {
	Of       Side         // whose people are asked; empty: the client's
	Rule     Rule         // empty: anyone
	Role     ApproverRole // of the client: whoever has it when this is sent is asked, besides People
	People   []PersonID
	Advisers []PersonID // whose answers do not count; clients know of their own

	byRole []PersonID // of People, those who are asked as one of the role
}

// An ApproverRole asks whoever of the client's people has it in the project. Who is
// asked is found when the request is sent, and stays: whoever gets the role later is
// not asked by it, and whoever loses it is among those who are gone.
type ApproverRole string

// The roles.
const (
	RoleLeads     ApproverRole = "leads"     // who may decide, and invite colleagues
	RoleApprovers ApproverRole = "approvers" // who may decide
)

// ApproverRoles lists them.
var ApproverRoles = []ApproverRole{RoleLeads, RoleApprovers}

// MaxStages bounds the stages of an approval.
const MaxStages = 5

// NewApproval is what AskApproval takes.
type NewApproval struct {
	Title, Body string
	Deliverable DeliverableID // decide on its content; then no Versions
	Versions    []VersionID   // of one project, each the newest that its readers see
	Checklist   []string      // points to tick before approving
	NoDownload  bool          // the client's people cannot have the files before it is over
	DueOn       string
	DueIn       int    // working days of the client from today, where DueOn is empty
	ExpiresOn   string // nobody can answer after that day
	NoReminders bool   // by mail: the day before it is due, on the day, and after
	Stages      []NewStage
	Previous    ApprovalID // asks that one again
	Draft       bool       // saved, and not sent
}

const (
	maxSubjects  = 50
	maxApprovers = 50 // in a stage
	maxPoints    = 20
	maxDueIn     = 60
)

func (n *NewApproval) check() error {
	var c checks
	n.Title = c.name("title", n.Title)
	n.Body = c.text("body", n.Body)
	n.DueOn = c.day("due_on", n.DueOn)
	n.ExpiresOn = c.day("expires_on", n.ExpiresOn)
	if n.DueIn < 0 || n.DueIn > maxDueIn {
		c.fail("due_in", "number", "min", "0", "max", strconv.Itoa(maxDueIn))
	}
	var points []string
	for _, p := range n.Checklist {
		if p = c.line("checklist", p); p != "" {
			points = append(points, p)
		}
	}
	if n.Checklist = points; len(points) > maxPoints {
		c.fail("checklist", "too_many", "max", strconv.Itoa(maxPoints))
	}
	switch {
	case n.Deliverable == "" && len(n.Versions) == 0, n.Deliverable != "" && len(n.Versions) > 0:
		c.fail("versions", "required")
	case len(n.Versions) > maxSubjects:
		c.fail("versions", "too_many", "max", strconv.Itoa(maxSubjects))
	}
	n.checkStages(&c)
	return c.err()
}

func (n *NewApproval) checkStages(c *checks) {
	if len(n.Stages) == 0 {
		c.fail("stages", "required")
	}
	if len(n.Stages) > MaxStages {
		c.fail("stages", "too_many", "max", strconv.Itoa(MaxStages))
		return
	}
	shown := false
	for i := range n.Stages {
		g := &n.Stages[i]
		if g.Of == "" {
			g.Of = ClientSide
		}
		if g.Rule == "" {
			g.Rule = RuleAnyone
		}
		field := stageField(i, "people")
		c.oneOf(field, string(g.Of), string(Team), string(ClientSide))
		if !slices.Contains(Rules, g.Rule) {
			c.fail(stageField(i, "rule"), "choice")
		}
		if g.Role != "" && (g.Of != ClientSide || !slices.Contains(ApproverRoles, g.Role)) {
			c.fail(field, "choice")
		}
		g.People, g.Advisers = unique(g.People), unique(g.Advisers)
		g.Advisers = slices.DeleteFunc(g.Advisers, func(p PersonID) bool { return slices.Contains(g.People, p) })
		switch {
		case len(g.People) == 0 && g.Role == "":
			c.fail(field, "required")
		case !g.fits(c, field):
		case g.Of == Team && shown:
			c.fail(field, "team_first")
		}
		shown = shown || g.Of == ClientSide
	}
}

// fits makes sure that so many can be asked in a stage.
func (g *NewStage) fits(c *checks, field string) bool {
	switch {
	case g.Rule == RuleDecider && len(g.People) > 1:
		c.fail(field, "one_decides")
	case len(g.People)+len(g.Advisers) > maxApprovers:
		c.fail(field, "too_many", "max", strconv.Itoa(maxApprovers))
	default:
		return true
	}
	return false
}

// stageField is the field of a form in which something of a stage is chosen,
// which are counted from 0.
func stageField(i int, what string) string { return "stages." + strconv.Itoa(i+1) + "." + what }

func unique[T comparable](all []T) (some []T) {
	for _, x := range all {
		if !slices.Contains(some, x) {
			some = append(some, x)
		}
	}
	return some
}

// AskApproval asks people to decide: those of the first stage, who are mailed.
// What it is about is bound to the bytes that are there now. Takes Contribute.
func (me *Scope) AskApproval(ctx context.Context, project ProjectID, n NewApproval) (ApprovalID, error) {
	if err := n.check(); err != nil {
		return "", err
	}
	id := ApprovalID(db.NewID("apr"))
	err := me.write(ctx, func(t *tx) error {
		n := n // who has a role is found anew each time
		p, err := t.projectFor(ctx, project, Contribute)
		if err != nil {
			return err
		}
		if err := t.lock(ctx, string(p.Client)); err != nil { // what it is about stays as it is meanwhile
			return err
		}
		if n.Previous == "" && !n.Draft {
			if n.Previous, err = t.askedLast(ctx, n.Deliverable); err != nil {
				return err
			}
		}
		round, err := t.askedBefore(ctx, p, n.Previous)
		if err != nil {
			return err
		}
		subjects, err := t.subjectsFor(ctx, p, n)
		if err != nil {
			return err
		}
		if err := t.checkPeople(ctx, p, &n); err != nil {
			return err
		}
		if err := t.checkSeen(ctx, p, &n, subjects); err != nil {
			return err
		}
		if err := t.insertApproval(ctx, id, p, n, subjects, round); err != nil {
			return err
		}
		if n.Draft {
			return t.record(ctx, Happening{Kind: ApprovalPrepared, Client: p.Client, Project: project, Subject: string(id), Apart: true, Details: Details{"title": n.Title}})
		}
		return t.openStage(ctx, id, 1)
	})
	return id, err
}

// ChangeApproval saves a draft, and sends it unless it stays one. What was sent
// does not change: ErrConflict. Takes Contribute.
func (me *Scope) ChangeApproval(ctx context.Context, id ApprovalID, n NewApproval, revision int64) error {
	if err := n.check(); err != nil {
		return err
	}
	return me.write(ctx, func(t *tx) error {
		n := n
		a, p, err := t.approvalHeld(ctx, id, Contribute)
		switch {
		case err != nil:
			return err
		case a.State != ApprovalDraft || a.Revision != revision:
			return ErrConflict
		}
		n.Previous = a.Previous
		if n.Previous == "" && !n.Draft {
			if n.Previous, err = t.askedLast(ctx, a.Deliverable); err != nil {
				return err
			}
			if a.Round, err = t.askedBefore(ctx, p, n.Previous); err != nil {
				return err
			}
		}
		subjects, err := t.subjectsFor(ctx, p, n)
		if err != nil {
			return err
		}
		if err := t.checkPeople(ctx, p, &n); err != nil {
			return err
		}
		if err := t.checkSeen(ctx, p, &n, subjects); err != nil {
			return err
		}
		for _, table := range []string{"approval_people", "approval_stages", "approval_subjects"} {
			if _, err := t.exec(ctx, `DELETE FROM `+table+` WHERE approval_id = $1`, string(id)); err != nil {
				return err
			}
		}
		if _, err := t.exec(ctx, `DELETE FROM approvals WHERE id = $1`, string(id)); err != nil {
			return err
		}
		if err := t.insertApproval(ctx, id, p, n, subjects, a.Round); err != nil {
			return err
		}
		if err := t.must(ctx, `UPDATE approvals SET revision = $1 WHERE id = $2`, revision+1, string(id)); err != nil {
			return err
		}
		if n.Draft {
			return t.record(ctx, Happening{Kind: ApprovalPrepared, Client: p.Client, Project: p.ID, Subject: string(id), Apart: true, Details: Details{"title": n.Title}})
		}
		return t.openStage(ctx, id, 1)
	})
}

// askedLast is what was asked about a deliverable last and is over: whoever asks about
// it once more asks that again. Empty when nothing was, or something asks it again already.
func (t *tx) askedLast(ctx context.Context, d DeliverableID) (id ApprovalID, err error) {
	if d == "" {
		return "", nil
	}
	err = t.get(ctx, `SELECT a.id FROM my_approvals a WHERE a.deliverable_id = $2 AND a.state NOT IN ('draft', 'requested', 'viewed') ORDER BY a.state_at DESC, a.id DESC LIMIT 1`, []any{string(d)}, &id)
	if err == ErrNotFound {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if again, err := askedAgain(ctx, t.Tx, id); err != nil || again {
		return "", err
	}
	return id, nil
}

// askedBefore closes an approval that is asked again, and says which round that
// is. Of what the client never saw no round is counted. What it asked again itself is
// closed with it if it was cancelled: then that may be asked once more, as who answered
// it has taken that back.
func (t *tx) askedBefore(ctx context.Context, p Project, id ApprovalID) (round int, err error) {
	if id == "" {
		return 1, nil
	}
	was, err := approval(ctx, t, id)
	switch {
	case err == ErrNotFound || err == nil && was.Project != p.ID:
		return 0, invalid("previous", "choice")
	case err != nil:
		return 0, err
	case was.State == ApprovalDraft:
		return 0, ErrConflict
	}
	if round = was.Round; !was.ShownAt.IsZero() {
		round++
	}
	for {
		again, err := askedAgain(ctx, t.Tx, was.ID)
		switch {
		case err != nil:
			return 0, err
		case again:
			return 0, ErrConflict
		case was.lapsed:
			err = t.endApproval(ctx, was, ApprovalLapsed, ApprovalExpired, LaneOver)
		case was.State.Open():
			err = t.endApproval(ctx, was, ApprovalOutdated, ApprovalSuperseded, LaneOver)
		case !was.State.Granted():
			err = t.must(ctx, `UPDATE approvals SET lane = 'over', turn = '' WHERE id = $1`, string(was.ID))
		}
		if err != nil || was.State != ApprovalWithdrawn || was.Previous == "" {
			return round, err
		}
		if was, err = approval(ctx, t, was.Previous); err != nil {
			return 0, err
		}
	}
}

// lockedApproval loads an approval, without the names in it, with the lock of its
// client's chain: nothing of it changes until the transaction ends.
func (t *tx) lockedApproval(ctx context.Context, id ApprovalID) (Approval, error) {
	return heldBy(ctx, t, func() (Approval, error) { return approvalOf(ctx, t, unnamedColumns, id) }, func(a Approval) ClientID { return a.Client })
}

// approvalHeld is lockedApproval for those who may do what in its project.
func (t *tx) approvalHeld(ctx context.Context, id ApprovalID, what Rights) (Approval, Project, error) {
	a, err := t.lockedApproval(ctx, id)
	if err != nil {
		return a, Project{}, err
	}
	p, err := t.projectFor(ctx, a.Project, what)
	return a, p, err
}

// subjectsFor loads the versions that are decided on. When the client is asked
// first they see all of it, and there is nothing newer.
func (t *tx) subjectsFor(ctx context.Context, p Project, n NewApproval) ([]Version, error) {
	client := n.Stages[0].Of == ClientSide
	if client && (!p.Shows.Has(SectionApprovals) || p.Shared.IsZero()) {
		return nil, invalid("stages", "section_off")
	}
	if n.Deliverable != "" {
		return t.contentFor(ctx, p, n.Deliverable, client)
	}
	var all []Version
	var c checks
	for _, id := range unique(n.Versions) {
		v, err := version(ctx, t, id)
		if err == nil && v.Project != p.ID {
			err = ErrNotFound
		}
		if err == ErrNotFound {
			c.fail("versions", "choice")
			continue
		}
		if err != nil {
			return nil, err
		}
		newest, err := t.newestOf(ctx, v.File, client)
		switch {
		case err != nil:
			return nil, err
		case client && (v.FileAudience != ClientSide || v.Draft || !p.Shows.Has(SectionFiles)):
			c.fail("versions", "not_shown")
		case v.ID != newest:
			c.fail("versions", "not_newest")
		case v.HeldBack():
			c.fail("versions", "held")
		case slices.ContainsFunc(all, func(o Version) bool { return o.File == v.File }):
			c.fail("versions", "choice")
		}
		all = append(all, v)
	}
	return all, c.err()
}

// newestOf is the newest version of a file, for the team or for the client.
func (t *tx) newestOf(ctx context.Context, id FileID, client bool) (v VersionID, err error) {
	cond := ``
	if client {
		cond = ` AND v.version_audience = 'client'`
	}
	err = t.get(ctx, `SELECT v.id FROM my_versions v WHERE v.file_id = $2`+cond+` ORDER BY v.number DESC LIMIT 1`, []any{string(id)}, &v)
	if err == ErrNotFound {
		return "", nil // of what the client sees no version
	}
	return v, err
}

// contentFor are the files in a deliverable that its client sees, or will see with
// it once the team has approved them: all others are no part of what is decided on.
// ErrConflict when it was signed off, and when just that was approved.
func (t *tx) contentFor(ctx context.Context, p Project, id DeliverableID, client bool) ([]Version, error) {
	d, err := deliverable(ctx, t, id)
	if err == ErrNotFound || err == nil && d.Project != p.ID {
		return nil, invalid("versions", "choice")
	}
	if err == nil {
		err = t.notAsked(ctx, id)
	}
	switch {
	case err != nil:
		return nil, err
	case d.State == StateSignedOff:
		return nil, ErrConflict
	case client && (d.Audience != ClientSide || !p.Shows.Has(SectionDeliverables)):
		return nil, invalid("versions", "not_shown")
	}
	all, err := contentIn(ctx, t, p, d, client)
	if err == nil && d.State == StateApproved {
		var newer bool
		if newer, err = outgrown(ctx, t, p, d, all); err == nil && !newer {
			err = ErrConflict // nothing else is there to approve
		}
	}
	if err == nil && slices.ContainsFunc(all, Version.HeldBack) {
		err = invalid("versions", "held")
	}
	return all, err
}

// contentIn are those files as they are now, the newest version of each.
func contentIn(ctx context.Context, r reader, p Project, d Deliverable, client bool) (all []Version, err error) {
	if !p.Shows.Has(SectionFiles) {
		return nil, nil
	}
	cond := ` AND f.audience = 'client' AND v.version_audience = 'client'`
	switch {
	case client:
	case d.Audience == ClientSide: // the team may look at what is newer than what is shown
		cond = ` AND f.audience = 'client'`
	default: // nothing of it is shown yet
		cond = ``
	}
	rows, err := r.query(ctx, `
SELECT `+versionColumns+` FROM my_attachments f JOIN my_versions v ON v.file_id = f.id
 WHERE f.item_id = $2`+cond+` ORDER BY f.position, f.id, v.number DESC`, string(d.ID))
	found, err := list(rows, err, scanVersion)
	for _, v := range found {
		if !slices.ContainsFunc(all, func(o Version) bool { return o.File == v.File }) {
			all = append(all, v)
		}
	}
	return all, err
}

// outgrown reports whether the files in a deliverable are not those that its client
// approved: then it can be asked about again.
func outgrown(ctx context.Context, r reader, p Project, d Deliverable, files []Version) (bool, error) {
	if !p.Shows.Has(SectionFiles) {
		return false, nil
	}
	var last ApprovalID
	err := r.get(ctx, `
SELECT a.id FROM my_approvals a WHERE a.deliverable_id = $2 AND a.shown_at IS NOT NULL AND a.state IN ('approved', 'approved_with_notes') ORDER BY a.state_at DESC, a.id DESC LIMIT 1`, []any{string(d.ID)}, &last)
	if err == ErrNotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	was, err := approvalSubjects(ctx, r, last)
	same := len(was) == len(files)
	for _, s := range was {
		same = same && slices.ContainsFunc(files, func(v Version) bool { return v.ID == s.Version })
	}
	return !same, err
}

// Outgrown reports whether what the client sees in a deliverable of the project is not
// what they approved of it.
func (me *Scope) Outgrown(ctx context.Context, p Project, d Deliverable) (bool, error) {
	if !d.State.Accepted() {
		return false, nil
	}
	files, err := contentIn(ctx, me, p, d, true)
	if err != nil {
		return false, err
	}
	return outgrown(ctx, me, p, d, files)
}

// checkPeople makes sure that all who are asked can answer, and finds those who are
// asked by their role unless it stays a draft.
func (t *tx) checkPeople(ctx context.Context, p Project, n *NewApproval) error {
	approvers, err := projectPeople(ctx, t, p.ID, ClientSide, Decide)
	if err != nil {
		return err
	}
	everybody, err := projectPeople(ctx, t, p.ID, "", View)
	if err != nil {
		return err
	}
	has := func(all []ProjectPerson, id PersonID, side Side) bool {
		return slices.ContainsFunc(all, func(x ProjectPerson) bool { return x.Person == id && (side == "" || x.Side == side) })
	}
	var c checks
	n.Stages = slices.Clone(n.Stages)
	for i := range n.Stages {
		g := &n.Stages[i]
		if g.Role != "" && !n.Draft {
			field := stageField(i, "people")
			if err := t.findRole(ctx, p, g); err != nil {
				return err
			}
			if len(g.People) == 0 {
				c.fail(field, "role_empty")
			}
			g.fits(&c, field)
		}
		for _, id := range g.People {
			if g.Of == ClientSide && !has(approvers, id, ClientSide) || g.Of == Team && !has(everybody, id, Team) {
				c.fail(stageField(i, "people"), "cannot_decide")
			}
		}
		for _, id := range g.Advisers {
			if !has(everybody, id, "") || g.Of == Team && !has(everybody, id, Team) {
				c.fail(stageField(i, "advisers"), "cannot_decide")
			}
		}
	}
	return c.err()
}

// findRole adds to a stage whoever has its role.
func (t *tx) findRole(ctx context.Context, p Project, g *NewStage) error {
	all, err := withRole(ctx, t, p.ID, g.Role)
	for _, x := range all {
		if !slices.Contains(g.People, x.Person) {
			g.byRole = append(g.byRole, x.Person)
		}
	}
	g.People = slices.Concat(g.People, g.byRole)
	g.Advisers = slices.DeleteFunc(slices.Clone(g.Advisers), func(p PersonID) bool { return slices.Contains(g.byRole, p) })
	return err
}

// withRole are the client's people who have a role in a project.
func withRole(ctx context.Context, r reader, project ProjectID, role ApproverRole) ([]ProjectPerson, error) {
	all, err := projectPeople(ctx, r, project, ClientSide, Decide)
	if err != nil || role != RoleLeads {
		return all, err
	}
	leads, err := projectPeople(ctx, r, project, ClientSide, Invite)
	return slices.DeleteFunc(all, func(x ProjectPerson) bool { return !slices.Contains(leads, x) }), err
}

func (t *tx) insertApproval(ctx context.Context, id ApprovalID, p Project, n NewApproval, subjects []Version, round int) error {
	due, days := n.DueOn, 0
	switch {
	case due != "":
	case n.Draft: // they are counted from the day on which it is sent
		days = n.DueIn
	default:
		var err error
		if due, err = t.dueDay(ctx, p.Client, n); err != nil {
			return err
		}
	}
	if err := t.checkExpires(ctx, p.Client, n, due); err != nil {
		return err
	}
	dueKey := due
	if due == "" {
		dueKey = "9999-12-31"
	}
	if err := t.must(ctx, `
INSERT INTO approvals (id, project_id, client_id, deliverable_id, title, title_key, body, checklist, download, due_on, due_key, expires_on, state, state_at, state_by, turn_since, lane, round, previous_id, remind, created_at, created_by, due_in)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'draft', $13, $14, $13, 'draft', $15, $16, $17, $13, $14, $18)`,
		string(id), string(p.ID), string(p.Client), nullable(n.Deliverable), n.Title, fold(n.Title), n.Body, strings.Join(n.Checklist, "\n"), !n.NoDownload, nullable(due), dueKey, nullable(n.ExpiresOn),
		t.now, string(t.me.actor.person), round, nullable(n.Previous), !n.NoReminders, days); err != nil {
		return err
	}
	for i, v := range subjects {
		if err := t.must(ctx, `INSERT INTO approval_subjects (approval_id, position, project_id, file_id, version_id, sha256) VALUES ($1, $2, $3, $4, $5, $6)`,
			string(id), i+1, string(p.ID), string(v.File), string(v.ID), v.SHA256); err != nil {
			return err
		}
	}
	for i, g := range n.Stages {
		if err := t.must(ctx, `INSERT INTO approval_stages (approval_id, number, side, rule, asked_role) VALUES ($1, $2, $3, $4, $5)`, string(id), i+1, string(g.Of), string(g.Rule), string(g.Role)); err != nil {
			return err
		}
		for role, people := range map[string][]PersonID{"decider": g.People, "adviser": g.Advisers} {
			for _, person := range people {
				if err := t.must(ctx, `INSERT INTO approval_people (approval_id, stage, person_id, role, by_role) VALUES ($1, $2, $3, $4, $5)`, string(id), i+1, string(person), role, slices.Contains(g.byRole, person)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// checkExpires makes sure that there is time to answer, in the days of the client.
func (t *tx) checkExpires(ctx context.Context, client ClientID, n NewApproval, due string) error {
	var c checks
	switch {
	case n.ExpiresOn == "":
	case n.ExpiresOn < due:
		c.fail("expires_on", "before_due")
	case !n.Draft:
		today, err := t.today(ctx, client)
		if err != nil {
			return err
		}
		if n.ExpiresOn < today {
			c.fail("expires_on", "day_over")
		}
	}
	return c.err()
}

// today is the day that it is where a client is.
func (t *tx) today(ctx context.Context, client ClientID) (string, error) {
	c, err := t.calendarOf(ctx, client)
	if err != nil {
		return "", err
	}
	return db.FromMicros(t.now).In(c.Zone).Format(time.DateOnly), nil
}

// dueDay is the day on which an approval is due, in the calendar of its client.
func (t *tx) dueDay(ctx context.Context, client ClientID, n NewApproval) (string, error) {
	if n.DueOn != "" || n.DueIn == 0 {
		return n.DueOn, nil
	}
	c, err := t.workCalendar(ctx, client)
	if err != nil {
		return "", err
	}
	return c.WorkingDay(db.FromMicros(t.now).In(c.Zone), n.DueIn).Format(time.DateOnly), nil
}

// About is what a deliverable says, beside the files in it.
type About struct {
	Title, Body string
	Links       []AboutLink `json:",omitempty"`
}

// AboutLink is an address in it.
type AboutLink struct{ Title, URL string }

// Same reports whether two say the same.
func (a *About) Same(is *About) bool { return len(a.others(is)) == 0 }

// kept is how the database keeps it.
func (a *About) kept() (any, error) {
	if a == nil {
		return nil, nil
	}
	b, err := json.Marshal(a)
	return string(b), err
}

func (a *About) Scan(v any) error {
	s, _ := v.(string)
	return json.Unmarshal([]byte(s), a)
}

// ApprovalAbout returns what the deliverable said that an approval is about, when it was
// asked, and what it says now. Of files alone it is neither; of a draft, and from before
// that was kept, it is not known what it said.
func (me *Scope) ApprovalAbout(ctx context.Context, a Approval) (was, is *About, err error) {
	if a.Deliverable == "" {
		return nil, nil, nil
	}
	if was, err = aboutOf(ctx, me, a.ID); err != nil {
		return nil, nil, err
	}
	is, err = aboutNow(ctx, me, a.Deliverable)
	return was, is, err
}

// aboutNow is what a deliverable says.
func aboutNow(ctx context.Context, r reader, id DeliverableID) (*About, error) {
	d, err := deliverable(ctx, r, id)
	if err != nil {
		return nil, err
	}
	all, err := links(ctx, r, id)
	about := &About{Title: d.Title, Body: d.Body}
	for _, l := range all {
		about.Links = append(about.Links, AboutLink{l.Title, l.URL})
	}
	return about, err
}

// aboutOf is what the deliverable said that an approval is about, when it was asked;
// nil when that is not known.
func aboutOf(ctx context.Context, r reader, id ApprovalID) (*About, error) {
	var kept string
	if err := r.get(ctx, `SELECT COALESCE(a.about, '') FROM my_approvals a WHERE a.id = $2`, []any{string(id)}, &kept); err != nil || kept == "" {
		return nil, err
	}
	a := &About{}
	return a, a.Scan(kept)
}

// contentHash binds all that is decided on, as it is now.
func (t *tx) contentHash(ctx context.Context, a Approval) (hash string, about *About, subjects []ApprovalSubject, err error) {
	if a.Deliverable != "" {
		if about, err = aboutNow(ctx, t, a.Deliverable); err != nil {
			return "", nil, nil, err
		}
	}
	subjects, err = approvalSubjects(ctx, t, a.ID)
	return contentOf(a, about, subjects), about, subjects, err
}

// contentOf is the hash of what is decided on: what is asked, the text and links of
// a deliverable, and each file by its version and the hash of its bytes. How it is
// made stands in docs/certificates.md, for whoever computes it anew.
func contentOf(a Approval, about *About, subjects []ApprovalSubject) string {
	fields := []string{string(a.ID), a.Title, a.Body, strings.Join(a.Checklist, "\n")}
	if about != nil {
		fields = append(fields, about.Title, about.Body)
		for _, l := range about.Links {
			fields = append(fields, l.Title, l.URL)
		}
	}
	for _, s := range subjects {
		fields = append(fields, string(s.Version), s.SHA256)
	}
	return chainHash("approval", append(fields, "end")...)
}

// openStage asks the people of a stage, or, when the client does not see yet what
// they would decide on, or too few of them can look at it, leaves it to the team to see
// to that.
func (t *tx) openStage(ctx context.Context, id ApprovalID, number int) error {
	a, err := approval(ctx, t, id)
	if err != nil {
		return err
	}
	f, err := t.flow(ctx, id)
	if err != nil {
		return err
	}
	of := f.stages[number-1].of
	// Of the team's stages the client knows nothing: whoever answered last in them did
	// not ask, and was not there.
	passed := of == ClientSide && a.Asking && number > 1 && f.stages[number-2].of == Team
	by := t.me.actor.person
	if passed {
		by = a.CreatedBy
	}
	var shown, remind, escalate any
	if of == ClientSide {
		ready, err := t.shownToClient(ctx, a)
		if err != nil {
			return err
		}
		if !ready {
			return t.holdStage(ctx, a, number, ApprovalPassed)
		}
		if number > 1 { // of the first it was seen to when it was asked
			enough, err := t.enoughLook(ctx, a, f, number)
			if err != nil {
				return err
			}
			if !enough {
				return t.holdStage(ctx, a, number, ApprovalUnseen)
			}
		}
		if err := t.underReview(ctx, a, by, passed); err != nil {
			return err
		}
		shown = t.now
	}
	if remind, err = t.remindAt(ctx, a.Client, f.remind, f.due); err != nil {
		return err
	}
	if escalate, err = t.escalateAt(ctx, a.Client, f.due); err != nil {
		return err
	}
	var about *About
	if a.Content == "" {
		if a.Content, about, _, err = t.contentHash(ctx, a); err != nil {
			return err
		}
	}
	kept, err := about.kept()
	if err != nil {
		return err
	}
	if err := t.must(ctx, `
UPDATE approvals SET state = 'requested', state_at = $1, state_by = $2, stage = $3, asking = 1, turn = $4, turn_since = $1, lane = $4, content = $5, about = COALESCE(about, $10),
       shown_at = COALESCE(shown_at, $6), remind_at = $7, escalate_at = $9, escalated_at = NULL, revision = revision + 1
 WHERE id = $8 AND state IN ('draft', 'requested', 'viewed')`,
		t.now, string(by), number, string(of), a.Content, shown, remind, string(id), escalate, kept); err != nil {
		return err
	}
	if err := t.must(ctx, `UPDATE approval_stages SET opened_at = $1 WHERE approval_id = $2 AND number = $3`, t.now, string(id), number); err != nil {
		return err
	}
	kind := ApprovalRequested
	if number > 1 && f.stages[number-2].of == of { // whoever answered last asks nobody
		kind = ApprovalAdvanced
	}
	h := a.happened(kind, of, nil)
	h.Nobody = passed
	for _, x := range f.people {
		if x.stage == number {
			h.Tells = append(h.Tells, x.person)
		}
	}
	return t.record(ctx, h)
}

// enoughLook reports whether so many of those who are to decide in a stage of the
// client's can look at all that an approval is about that they can approve it.
func (t *tx) enoughLook(ctx context.Context, a Approval, f flow, number int) (bool, error) {
	deciders := 0
	for _, x := range f.people {
		if x.stage == number && !x.adviser {
			deciders++
		}
	}
	n, err := t.cannotLook(ctx, a.ID, number)
	return n == 0 || f.stages[number-1].rule.satisfied(deciders-n, deciders), err
}

// holdStage says that a stage of the client's is next, and that the team has to see
// to it first that they can look at what it is about.
func (t *tx) holdStage(ctx context.Context, a Approval, number int, why Kind) error {
	if err := t.must(ctx, `
UPDATE approvals SET state = 'requested', state_at = $1, state_by = $2, stage = $3, asking = 0, turn = 'team', turn_since = $1, lane = 'team', revision = revision + 1 WHERE id = $4`,
		t.now, string(t.me.actor.person), number, string(a.ID)); err != nil {
		return err
	}
	return t.record(ctx, a.happened(why, Team, nil))
}

// shownToClient reports whether the client sees all that an approval is about,
// in the versions that it is about.
func (t *tx) shownToClient(ctx context.Context, a Approval) (bool, error) {
	p, err := loadProject(ctx, t, a.Project)
	if err != nil || p.Shared.IsZero() || !p.Shows.Has(SectionApprovals) {
		return false, err
	}
	subjects, err := t.currentOf(ctx, a.ID)
	if err != nil {
		return false, err
	}
	for _, s := range subjects {
		if s.version != s.shown || !p.Shows.Has(SectionFiles) {
			return false, nil
		}
	}
	if a.Deliverable == "" {
		return true, nil
	}
	d, err := deliverable(ctx, t, a.Deliverable)
	return err == nil && d.Audience == ClientSide && p.Shows.Has(SectionDeliverables), err
}

// SendToClient asks the client's people in an approval that passed the stages of
// the team, once the client sees what it is about and enough of those who are asked can
// look at all of it: until then it is Invalid. Takes Contribute.
func (me *Scope) SendToClient(ctx context.Context, id ApprovalID) error {
	return me.write(ctx, func(t *tx) error {
		a, _, err := t.approvalHeld(ctx, id, Contribute)
		switch {
		case err != nil:
			return err
		case !a.Held.Team():
			return ErrForbidden
		case a.lapsed:
			return invalid("expires_on", "day_over")
		case a.Asking || !a.State.Open():
			return ErrConflict
		}
		ready, err := t.shownToClient(ctx, a)
		switch {
		case err != nil:
			return err
		case !ready:
			return invalid("versions", "not_shown")
		}
		f, err := t.flow(ctx, id)
		if err != nil {
			return err
		}
		switch enough, err := t.enoughLook(ctx, a, f, a.Stage); {
		case err != nil:
			return err
		case !enough:
			return invalid("versions", "too_few_look")
		}
		return t.openStage(ctx, id, a.Stage)
	})
}

// happened is an event of the approval, for the side that it is about.
func (a Approval) happened(k Kind, audience Side, details Details) Happening {
	if details == nil {
		details = Details{}
	}
	details["title"] = a.Title
	return Happening{Kind: k, Client: a.Client, Project: a.Project, Subject: string(a.ID), Audience: audience, Details: details}
}

// audience is who may know what happens to it: the client once they were asked.
func (a Approval) audience() Side {
	if a.ShownAt.IsZero() {
		return Team
	}
	return ClientSide
}

// ApprovalChoices are what a request to decide can name, of the project.
type ApprovalChoices struct {
	Approvers []ProjectPerson // of the client, who can decide
	Leads     []ProjectPerson // of them, those who have the role
	People    []ProjectPerson // whoever sees the project
	Files     []Version       // the newest that the client sees of each of the newest files, and the team's own
}

// ApprovalChoices returns what an approval in the project can name. For its team.
func (me *Scope) ApprovalChoices(ctx context.Context, project ProjectID) (c ApprovalChoices, err error) {
	if c.Approvers, err = me.Approvers(ctx, project); err != nil {
		return c, err
	}
	if c.Leads, err = withRole(ctx, me, project, RoleLeads); err != nil {
		return c, err
	}
	if c.People, err = me.Advisers(ctx, project); err != nil {
		return c, err
	}
	rows, err := me.query(ctx, `SELECT `+fileColumns+` FROM my_team_files f WHERE f.project_id = $2 ORDER BY f.at DESC, f.id DESC LIMIT $3`, string(project), examplesToChoose)
	files, err := list(rows, err, scanFile)
	if err != nil {
		return c, err
	}
	for _, f := range files {
		if f.Version.Draft { // of which the client has an earlier one
			all, err := me.Versions(ctx, f.ID)
			if err != nil {
				return c, err
			}
			if i := slices.IndexFunc(all, func(v Version) bool { return !v.Draft }); i >= 0 {
				c.Files = append(c.Files, all[i])
			}
		}
		c.Files = append(c.Files, f.Version)
	}
	return c, nil
}
