package portal

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/words"
)

// Revision is a revision request: the numbered list of what one of the client asks
// to be changed in one round. Its points never change; what becomes of each does.
type Revision struct {
	ID          RevisionID
	Project     ProjectID
	ProjectName string
	Client      ClientID
	ClientName  string
	Approval    ApprovalID // in which it was asked for; else of a version:
	File        FileID
	Version     VersionID
	Title       string // of what it is about, as it was asked
	Round       int
	Rounds      int // included; 0 says nothing
	Points      int
	Made        int  // of them: done,
	Open        int  // with the team,
	Unclear     int  // about which the team has a question,
	Offered     int  // and whose price waits to be accepted
	Turn        Side // empty when nobody has to act
	TurnSince   time.Time
	Withdrawn   bool // with the answer that it comes of
	CreatedAt   time.Time
	CreatedBy   PersonID // empty when not for the reader, as the name
	By          string
	Held
}

// Beyond reports whether the round is one more than what is included.
func (r Revision) Beyond() bool { return r.Rounds > 0 && r.Round > r.Rounds }

// NotMade is how many of its points are not going to be done.
func (r Revision) NotMade() int {
	if r.Withdrawn {
		return 0
	}
	return r.Points - r.Made - r.Open - r.Unclear - r.Offered
}

// MayAnswer reports whether the reader may say, as one of the team, what becomes
// of its points.
func (r Revision) MayAnswer() bool { return !r.Withdrawn && r.Team() && r.Can(Contribute) }

// Waits reports whether something of it waits for the reader, as one of the client.
func (r Revision) Waits() bool {
	return !r.Withdrawn && !r.Team() && (r.Unclear > 0 && r.Can(Comment) || r.Offered > 0 && r.Can(Decide))
}

const revisionColumns = `r.id, r.project_id, r.project_name, r.client_id, r.client_name, COALESCE(r.approval_id, ''), COALESCE(r.file_id, ''), COALESCE(r.version_id, ''), r.title, r.round, r.rounds,
       r.points, r.done, r.open, r.unclear, r.offered, r.turn, r.turn_since, r.withdrawn, r.created_at, COALESCE(r.created_by, ''), COALESCE(r.created_by_name, ''), r.side, r.rights`

func (r *Revision) scan(scan func(...any) error) error {
	return scan(&r.ID, &r.Project, &r.ProjectName, &r.Client, &r.ClientName, &r.Approval, &r.File, &r.Version, &r.Title, &r.Round, &r.Rounds,
		&r.Points, &r.Made, &r.Open, &r.Unclear, &r.Offered, &r.Turn, micros{&r.TurnSince}, &r.Withdrawn, micros{&r.CreatedAt}, &r.CreatedBy, &r.By, &r.Side, &r.Rights)
}

func scanRevision(rows *db.Rows) (r Revision, err error) { return r, r.scan(rows.Scan) }

// Revision returns one revision request.
func (me *Scope) Revision(ctx context.Context, id RevisionID) (Revision, error) {
	return revision(ctx, me, id)
}

func revision(ctx context.Context, r reader, id RevisionID) (v Revision, err error) {
	err = v.scan(func(dest ...any) error {
		return r.get(ctx, `SELECT `+revisionColumns+` FROM my_revisions r WHERE r.id = $2`, []any{string(id)}, dest...)
	})
	return v, err
}

// ProjectRevisions returns those of a project, newest first.
func (me *Scope) ProjectRevisions(ctx context.Context, project ProjectID, pg Page) ([]Revision, string, error) {
	return me.revisions(ctx, `r.project_id = $4`, string(project), pg)
}

// FileRevisions returns those of a file, newest first, whether they were asked for
// in an approval or beside it.
func (me *Scope) FileRevisions(ctx context.Context, id FileID, pg Page) ([]Revision, string, error) {
	return me.revisions(ctx, `r.id IN (SELECT i.request_id FROM my_changes i WHERE i.file_id = $4)`, string(id), pg)
}

// DeliverableRevisions returns those that were asked for in approvals of a
// deliverable's content, newest first.
func (me *Scope) DeliverableRevisions(ctx context.Context, id DeliverableID, pg Page) ([]Revision, string, error) {
	return me.revisions(ctx, `r.approval_id IN (SELECT a.id FROM my_approvals a WHERE a.deliverable_id = $4)`, string(id), pg)
}

// ApprovalRevisions returns those that were asked for in an approval, newest first:
// more than one when an answer was taken back.
func (me *Scope) ApprovalRevisions(ctx context.Context, id ApprovalID) ([]Revision, error) {
	all, _, err := me.revisions(ctx, `r.approval_id = $4`, string(id), Page{})
	return all, err
}

// AwaitedRevisions returns those in which something waits for the actor, as one of
// the client's people. An empty client means all.
func (me *Scope) AwaitedRevisions(ctx context.Context, client ClientID) ([]Revision, error) {
	rows, err := me.query(ctx, `
SELECT `+revisionColumns+` FROM my_revisions r WHERE r.id IN (SELECT n.id FROM my_waiting n WHERE n.kind = 'revision') AND ($3 = '' OR r.client_id = $3) ORDER BY r.turn_since, r.id LIMIT $2`, maxNeeds, string(client))
	return list(rows, err, scanRevision)
}

func (me *Scope) revisions(ctx context.Context, where, arg string, pg Page) (all []Revision, next string, err error) {
	rows, err := me.query(ctx, `
SELECT `+revisionColumns+` FROM my_revisions r WHERE `+where+` AND ($2 = '' OR r.id < $2) ORDER BY r.id DESC LIMIT $3`, pg.After, pg.limit(), arg)
	if all, err = list(rows, err, scanRevision); err != nil {
		return nil, "", err
	}
	all, next = page(all, pg, func(r Revision) string { return string(r.ID) })
	return all, next, nil
}

// A ChangeState is what became of a point.
type ChangeState string

// The states of a point.
const (
	ChangeOpen    ChangeState = "open"
	ChangeMade    ChangeState = "done"
	ChangeNotMade ChangeState = "refused" // with a reason
	ChangeAsked   ChangeState = "unclear" // the team has a question
)

// An OfferState is what became of the price of a change that is out of scope.
type OfferState string

// The states of a price.
const (
	OfferOpen     OfferState = "offered"
	OfferAccepted OfferState = "accepted"
	OfferDeclined OfferState = "declined"
)

// Change is one point of a revision request.
type Change struct {
	ID         ChangeID
	Revision   RevisionID
	Number     int // from 1
	Body       string
	Erased     bool   // with the comment that it was made of
	File       FileID // what it is about, where it is one file
	FileName   string
	Version    VersionID
	VersionN   int // what the version is called by
	Trashed    bool
	Thread     ThreadID // the comment that it was made of
	Place      *Place   // where on the version; nil: all of it
	PlaceN     int
	State      ChangeState
	StateAt    time.Time
	StateBy    string    // the name, empty when not for the reader
	Reason     string    // why it is refused, or the team's question
	Clarified  string    // the client's answer to that
	Done       VersionID // that answers it, as far as the reader sees it
	DoneFile   FileID
	DoneName   string
	DoneN      int
	OutOfScope bool
	Price      int64 // in the smallest unit of the currency
	Currency   string
	Offer      OfferState // empty: none was made
	OfferAt    time.Time
	OfferBy    string // who of the client answered it
	Count      int64  // of its changes: send it back
	withdrawn  bool
	project    ProjectID
	client     ClientID
	ofTitle    string
	Held
}

// With is the side that must act on it; empty when nobody has to.
func (c Change) With() Side {
	switch {
	case c.withdrawn || c.State == ChangeMade || c.State == ChangeNotMade:
		return ""
	case c.State == ChangeAsked || c.Offer == OfferOpen:
		return ClientSide
	}
	return Team
}

// MayClarify reports whether the reader may answer the team's question.
func (c Change) MayClarify() bool {
	return !c.withdrawn && c.State == ChangeAsked && !c.Team() && c.Can(Comment)
}

// MayAccept reports whether the reader may accept the price, or decline it.
func (c Change) MayAccept() bool {
	return !c.withdrawn && c.Offer == OfferOpen && c.State == ChangeOpen && !c.Team() && c.Can(Decide)
}

const changeColumns = `i.id, i.request_id, i.number, i.body, i.erased, COALESCE(i.file_id, ''), COALESCE(i.file_name, ''), COALESCE(i.version_id, ''), COALESCE(i.version_number, 0), i.trashed, COALESCE(i.thread_id, ''), i.place, COALESCE(i.place_number, 0),
       i.state, i.state_at, COALESCE(i.state_by_name, ''), i.reason, i.clarified, COALESCE(i.done_id, ''), COALESCE(i.done_file, ''), COALESCE(i.done_name, ''), COALESCE(i.done_number, 0),
       i.out_of_scope, i.price, i.currency, i.offer, COALESCE(i.offer_at, 0), COALESCE(i.offer_by_name, ''), i.revision, i.withdrawn, i.project_id, i.client_id, i.title, i.side, i.rights`

func (c *Change) scan(scan func(...any) error) error {
	return scan(&c.ID, &c.Revision, &c.Number, &c.Body, &c.Erased, &c.File, &c.FileName, &c.Version, &c.VersionN, &c.Trashed, &c.Thread, placeColumn{&c.Place}, &c.PlaceN,
		&c.State, micros{&c.StateAt}, &c.StateBy, &c.Reason, &c.Clarified, &c.Done, &c.DoneFile, &c.DoneName, &c.DoneN,
		&c.OutOfScope, &c.Price, &c.Currency, &c.Offer, micros{&c.OfferAt}, &c.OfferBy, &c.Count, &c.withdrawn, &c.project, &c.client, &c.ofTitle, &c.Side, &c.Rights)
}

func scanChange(rows *db.Rows) (c Change, err error) { return c, c.scan(rows.Scan) }

// Changes returns the points of revision requests, in order.
func (me *Scope) Changes(ctx context.Context, ids ...RevisionID) ([]Change, error) {
	return changes(ctx, me, ids...)
}

func changes(ctx context.Context, r reader, ids ...RevisionID) ([]Change, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	in, args := oneOf(2, ids)
	rows, err := r.query(ctx, `SELECT `+changeColumns+` FROM my_changes i WHERE i.request_id IN `+in+` ORDER BY i.request_id, i.number`, args...)
	return list(rows, err, scanChange)
}

// Change returns one point.
func (me *Scope) Change(ctx context.Context, id ChangeID) (Change, error) { return change(ctx, me, id) }

func change(ctx context.Context, r reader, id ChangeID) (c Change, err error) {
	err = c.scan(func(dest ...any) error {
		return r.get(ctx, `SELECT `+changeColumns+` FROM my_changes i WHERE i.id = $2`, []any{string(id)}, dest...)
	})
	return c, err
}

// answeringVersions are offered of a file to answer points about it.
const answeringVersions = 3

// AnsweringVersions returns the newest versions of files that the client sees: a few
// of each, the newest first. For the team.
func (me *Scope) AnsweringVersions(ctx context.Context, files ...FileID) ([]Version, error) {
	if len(files) == 0 {
		return nil, nil
	}
	in, args := oneOf(3, files)
	rows, err := me.query(ctx, `
SELECT `+versionColumns+` FROM (
  SELECT x.*, ROW_NUMBER() OVER (PARTITION BY x.file_id ORDER BY x.number DESC) AS age FROM my_versions x
   WHERE x.file_id IN `+in+` AND x.file_audience = 'client' AND x.version_audience = 'client' AND x.side = 'team') v
 WHERE v.age <= $2 ORDER BY v.file_id, v.number DESC`, append([]any{answeringVersions}, args...)...)
	return list(rows, err, scanVersion)
}

// A Remark is an open comment of the client's on a version, or on a deliverable,
// which can become a point of a revision request.
type Remark struct {
	Thread  ThreadID
	Version VersionID // empty: of a deliverable
	File    FileID
	Body    string
	By      string
	Place   *Place
	Number  int
}

// Remarks returns the open comments of the client's on versions that are in no
// revision request yet, those that were begun first first; at most 200.
func (me *Scope) Remarks(ctx context.Context, versions ...VersionID) ([]Remark, error) {
	return remarks(ctx, me, maxRemarks, "", versions...)
}

// ApprovalRemarks counts the open comments on what an approval is about.
func (me *Scope) ApprovalRemarks(ctx context.Context, a Approval) (int, error) {
	subjects, err := me.ApprovalSubjects(ctx, a.ID)
	if err != nil {
		return 0, err
	}
	all, err := approvalRemarks(ctx, me, a, subjects, maxListed)
	return len(all), err
}

func approvalRemarks(ctx context.Context, r reader, a Approval, subjects []ApprovalSubject, most int) ([]Remark, error) {
	versions := make([]VersionID, len(subjects))
	for i, s := range subjects {
		versions[i] = s.Version
	}
	return remarks(ctx, r, most, ItemID(a.Deliverable), versions...)
}

// remarks are those on versions, and on an item: so many at most. With the newest
// version of a file that the actor sees come those on its earlier ones, as in
// PlacesOn.
func remarks(ctx context.Context, r reader, most int, item ItemID, versions ...VersionID) ([]Remark, error) {
	if len(versions) == 0 {
		versions = []VersionID{"-"}
	}
	in, args := oneOf(2, versions)
	rows, err := r.query(ctx, `
SELECT o.id FROM my_versions v JOIN my_versions o ON o.file_id = v.file_id
 WHERE v.id IN `+in+` AND o.number < v.number AND EXISTS (SELECT 1 FROM my_threads t WHERE t.version_id = o.id AND t.resolved_at IS NULL)
   AND `+newestSeen("v.file_id", "v.number"), args...)
	earlier, err := list(rows, err, scanOne[VersionID])
	if err != nil {
		return nil, err
	}
	in, args = oneOf(4, append(earlier, versions...))
	rows, err = r.query(ctx, `
SELECT t.id, COALESCE(t.version_id, ''), CASE WHEN t.version_id IS NULL THEN '' ELSE t.item_id END, m.body, COALESCE(m.author_name, ''), t.place, COALESCE(t.number, 0)
  FROM my_threads t JOIN my_messages m ON m.thread_id = t.id AND m.shown_number = 1
 WHERE (t.version_id IN `+in+` OR (t.item_id = $2 AND t.version_id IS NULL)) AND t.audience = 'client' AND t.resolved_at IS NULL AND m.author_side = 'client' AND m.deleted_at IS NULL
   AND NOT EXISTS (SELECT 1 FROM my_changes i WHERE i.thread_id = t.id AND i.withdrawn = 0 AND i.state IN ('open', 'unclear'))
 ORDER BY t.id LIMIT $3`, append([]any{string(item), most}, args...)...)
	return list(rows, err, func(rows *db.Rows) (x Remark, err error) {
		return x, rows.Scan(&x.Thread, &x.Version, &x.File, &x.Body, &x.By, placeColumn{&x.Place}, &x.Number)
	})
}

const (
	maxRemarks = 200
	maxListed  = 1000 // of all that is decided on in an approval
)

// NewRevision is what RequestRevision takes.
type NewRevision struct {
	Threads []ThreadID // of Remarks
	Points  []string   // that nobody commented
}

// RequestRevision makes of comments on a version the numbered list of what is to
// be changed in the next round. For the client's people who may decide, and for
// the team, with Contribute, on their behalf. While the version waits for the
// client's answer in an approval the list is made there, by requesting changes:
// ErrConflict.
func (me *Scope) RequestRevision(ctx context.Context, id VersionID, n NewRevision) (RevisionID, error) {
	var c checks
	var points []string
	for _, p := range n.Points {
		if p = c.text("points", p); p != "" {
			points = append(points, p)
		}
	}
	n.Threads = unique(n.Threads)
	if err := c.err(); err != nil {
		return "", err
	}
	many := len(points) + len(n.Threads)
	var made RevisionID
	err := me.write(ctx, func(t *tx) error {
		v, err := version(ctx, t, id)
		if err != nil {
			return err
		}
		p, err := loadProject(ctx, t, v.Project)
		if err != nil {
			return err
		}
		if err := t.lock(ctx, string(p.Client)); err != nil { // of two at once, the other finds nothing left
			return err
		}
		if v, err = version(ctx, t, id); err != nil { // as it is now
			return err
		}
		p, err = loadProject(ctx, t, v.Project)
		switch {
		case err != nil:
			return err
		case p.Team() && !p.Can(Contribute), !p.Team() && !p.Can(Decide):
			return ErrForbidden
		case !p.Shows.Has(SectionApprovals):
			return ErrForbidden
		case many == 0:
			return invalid("points", "required")
		case many > maxRemarks:
			return invalid("points", "too_many", "max", strconv.Itoa(maxRemarks))
		case v.FileAudience != ClientSide || v.Draft:
			return invalid("version", "not_shown")
		}
		asked := 0
		if err := t.get(ctx, `
SELECT COUNT(*) FROM my_approval_subjects s JOIN my_approvals a ON a.id = s.approval_id WHERE s.version_id = $2 AND a.state IN ('requested', 'viewed') AND a.shown_at IS NOT NULL`,
			[]any{string(id)}, &asked); err != nil {
			return err
		}
		if asked > 0 {
			return ErrConflict
		}
		there, err := remarks(ctx, t, maxRemarks, "", id)
		if err != nil {
			return err
		}
		var all []newChange
		for _, r := range there {
			if slices.Contains(n.Threads, r.Thread) {
				all = append(all, r.change())
			}
		}
		if len(all) != len(n.Threads) { // resolved meanwhile, or in another list
			return ErrConflict
		}
		for _, p := range points {
			all = append(all, newChange{body: p, file: v.File, version: id})
		}
		made, err = t.insertRevision(ctx, Revision{Project: p.ID, Client: p.Client, File: v.File, Version: id, Title: v.FileName}, all, false)
		return err
	})
	return made, err
}

// newChange is a point about to be written.
type newChange struct {
	body    string
	file    FileID
	version VersionID
	thread  ThreadID
}

func (r Remark) change() newChange {
	return newChange{body: r.Body, file: r.File, version: r.Version, thread: r.Thread}
}

// insertRevision writes a revision request, with the lock of the client's chain.
func (t *tx) insertRevision(ctx context.Context, r Revision, all []newChange, silent bool) (RevisionID, error) {
	r.ID = RevisionID(db.NewID("rev"))
	if r.Round == 0 {
		if err := t.roundOf(ctx, &r, all); err != nil {
			return "", err
		}
	}
	if err := t.must(ctx, `
INSERT INTO revision_requests (id, project_id, client_id, approval_id, file_id, version_id, title, round, rounds, open, turn, turn_since, turn_by, created_at, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'team', $11, $12, $11, $12)`,
		string(r.ID), string(r.Project), string(r.Client), nullable(r.Approval), nullable(r.File), nullable(r.Version), r.Title, r.Round, r.Rounds, len(all), t.now, string(t.me.actor.person)); err != nil {
		return "", err
	}
	for i, c := range all {
		if err := t.must(ctx, `
INSERT INTO revision_items (id, request_id, project_id, number, body, file_id, version_id, thread_id, state, state_at, state_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'open', $9, $10)`,
			db.NewID("rvi"), string(r.ID), string(r.Project), i+1, c.body, nullable(c.file), nullable(c.version), nullable(c.thread), t.now, string(t.me.actor.person)); err != nil {
			return "", err
		}
	}
	h, err := t.ofRevision(ctx, r, RevisionRequested, Details{"count": strconv.Itoa(len(all)), "round": strconv.Itoa(r.Round)})
	if err != nil {
		return "", err
	}
	h.Silent = silent
	return r.ID, t.record(ctx, h)
}

// roundOf finds out which round of a file's it is, and how many are included: as
// the deliverable says that the file is in.
func (t *tx) roundOf(ctx context.Context, r *Revision, all []newChange) error {
	file := r.File
	for _, c := range all {
		if file == "" {
			file = c.file
		}
	}
	r.Round = 1
	if file == "" {
		return nil
	}
	if err := t.get(ctx, `SELECT COUNT(*) + 1 FROM my_revisions r WHERE r.withdrawn = 0 AND r.id IN (SELECT i.request_id FROM my_changes i WHERE i.file_id = $2)`, []any{string(file)}, &r.Round); err != nil {
		return err
	}
	err := t.get(ctx, `
SELECT d.rounds FROM my_attachments f JOIN my_deliverables d ON d.id = f.item_id WHERE f.id = $2 AND d.audience = 'client' AND d.rounds > 0 ORDER BY d.position, d.id LIMIT 1`, []any{string(file)}, &r.Rounds)
	if err == ErrNotFound {
		err = nil
	}
	return err
}

// listChanges makes the list of what one of the client's asks to be changed in an
// approval: what they say of each file, the open comments on all that it is about,
// and what they say of all of it.
func (t *tx) listChanges(ctx context.Context, a Approval, in ApprovalAnswer) error {
	subjects, err := approvalSubjects(ctx, t, a.ID)
	if err != nil {
		return err
	}
	var all []newChange
	for _, s := range subjects {
		for _, c := range in.Changes {
			if c.Position == s.Position && c.Note != "" {
				all = append(all, newChange{body: c.Note, file: s.File, version: s.Version})
			}
		}
	}
	said, err := approvalRemarks(ctx, t, a, subjects, maxListed+1)
	switch {
	case err != nil:
		return err
	case len(said) > maxListed: // none is left out unsaid
		return invalid("note", "too_many", "max", strconv.Itoa(maxListed))
	}
	for _, r := range said {
		all = append(all, r.change())
	}
	if in.Note != "" {
		all = append(all, newChange{body: in.Note})
		if len(subjects) == 1 && a.Deliverable == "" {
			all[len(all)-1].file, all[len(all)-1].version = subjects[0].File, subjects[0].Version
		}
	}
	r := Revision{Project: a.Project, Client: a.Client, Approval: a.ID, Title: a.Title}
	if a.Deliverable != "" {
		d, err := deliverable(ctx, t, a.Deliverable)
		if err != nil {
			return err
		}
		r.Round, r.Rounds = max(1, d.Round), d.Rounds
	}
	_, err = t.insertRevision(ctx, r, all, true)
	return err
}

// begunOn reports whether the team has answered some of the list that was made of an
// answer, which cannot be taken back then.
func begunOn(ctx context.Context, r reader, a Approval) (bool, error) {
	if a.State != ApprovalReturn {
		return false, nil
	}
	var n int
	err := r.get(ctx, `
SELECT COUNT(*) FROM my_revisions r JOIN my_changes i ON i.request_id = r.id
 WHERE r.approval_id = $2 AND r.withdrawn = 0 AND i.revision > 1`, []any{string(a.ID)}, &n)
	return n > 0, err
}

// unlistChanges takes back the list that was made of an answer.
func (t *tx) unlistChanges(ctx context.Context, a Approval) error {
	rows, err := t.query(ctx, `SELECT `+revisionColumns+` FROM my_revisions r WHERE r.approval_id = $2 AND r.withdrawn = 0`, string(a.ID))
	all, err := list(rows, err, scanRevision)
	for _, r := range all {
		if err := t.must(ctx, `UPDATE revision_requests SET withdrawn_at = $1, open = 0, turn = '', turn_since = $1, turn_by = $2 WHERE id = $3 AND withdrawn_at IS NULL`,
			t.now, string(t.me.actor.person), string(r.ID)); err != nil {
			return err
		}
		h, err := t.ofRevision(ctx, r, RevisionWithdrawn, nil)
		if err != nil {
			return err
		}
		if err := t.record(ctx, h); err != nil {
			return err
		}
	}
	return err
}

// eraseChanges takes the text away that changes have of an erased comment. Their
// requests are sealed anew: by an event that says so, not as if by hand.
func (t *tx) eraseChanges(ctx context.Context, m Message) error {
	rows, err := t.query(ctx, `
SELECT DISTINCT i.request_id FROM my_messages m JOIN my_changes i ON i.thread_id = m.thread_id WHERE m.id = $2 AND m.shown_number = 1 AND i.body <> ''`, string(m.ID))
	made, err := list(rows, err, scanOne[RevisionID])
	if err != nil || len(made) == 0 {
		return err
	}
	if err := t.lock(ctx, string(m.Client)); err != nil {
		return err
	}
	for _, id := range made {
		if err := t.must(ctx, `UPDATE revision_items SET body = '', revision = revision + 1 WHERE request_id = $1 AND thread_id = $2`, string(id), string(m.Thread)); err != nil {
			return err
		}
		r, err := revision(ctx, t, id)
		if err != nil {
			return err
		}
		if err := t.record(ctx, Happening{Kind: ChangeErased, Client: r.Client, Project: r.Project, Subject: string(id), Audience: Team, Details: Details{"title": r.Title}}); err != nil {
			return err
		}
	}
	return nil
}

// ofRevision is an event of a revision request. The client sees all of it while
// they see what it is about; what happens after that was taken back is the team's.
func (t *tx) ofRevision(ctx context.Context, r Revision, k Kind, details Details) (Happening, error) {
	if details == nil {
		details = Details{}
	}
	details["title"] = r.Title
	h := Happening{Kind: k, Client: r.Client, Project: r.Project, Subject: string(r.ID), Audience: Team, Details: details}
	told := 0
	if err := t.get(ctx, `SELECT COUNT(*) FROM my_told_revisions r WHERE r.id = $2`, []any{string(r.ID)}, &told); err != nil {
		return h, err
	}
	if told > 0 {
		h.Audience = ClientSide
	}
	return h, nil
}

// changeHeld loads a point with the lock of its client's chain.
func (t *tx) changeHeld(ctx context.Context, id ChangeID) (Change, error) {
	return heldBy(ctx, t, func() (Change, error) { return change(ctx, t, id) }, func(c Change) ClientID { return c.client })
}

// changeFor is changeHeld for the team, who may say what becomes of it. ErrConflict
// when the answer that it comes of was taken back, or it is not as it was looked at.
func (t *tx) changeFor(ctx context.Context, id ChangeID, count int64) (Change, error) {
	c, err := t.changeHeld(ctx, id)
	switch {
	case err != nil:
	case !c.Team() || !c.Can(Contribute):
		err = ErrForbidden
	case c.withdrawn || c.Count != count:
		err = ErrConflict
	}
	return c, err
}

// became records what became of a point, and counts those of its list anew.
func (t *tx) became(ctx context.Context, c Change, k Kind, details Details) error {
	all, err := changes(ctx, t, c.Revision)
	if err != nil {
		return err
	}
	var open, unclear, offered int
	for _, x := range all {
		switch {
		case x.State == ChangeAsked:
			unclear++
		case x.With() == ClientSide:
			offered++
		case x.With() == Team:
			open++
		}
	}
	turn := Side("")
	if open > 0 {
		turn = Team
	}
	if unclear+offered > 0 {
		turn = ClientSide
	}
	if err := t.must(ctx, `
UPDATE revision_requests SET open = $1, unclear = $2, offered = $3, turn_since = CASE WHEN turn = $4 THEN turn_since ELSE $5 END, turn = $4, turn_by = $6 WHERE id = $7`,
		open, unclear, offered, string(turn), t.now, string(t.me.actor.person), string(c.Revision)); err != nil {
		return err
	}
	if details == nil {
		details = Details{}
	}
	details["number"] = strconv.Itoa(c.Number)
	h, err := t.ofRevision(ctx, Revision{ID: c.Revision, Project: c.project, Client: c.client, Title: c.ofTitle}, k, details)
	if err != nil {
		return err
	}
	return t.record(ctx, h)
}

// MakeChange says that a point is done, in a version that the client sees, or,
// without one, in something else. The comment that it was made of is resolved.
// Takes Contribute; ErrConflict when its price was not accepted.
func (me *Scope) MakeChange(ctx context.Context, id ChangeID, in VersionID, count int64) error {
	return me.write(ctx, func(t *tx) error {
		c, err := t.changeFor(ctx, id, count)
		switch {
		case err != nil:
			return err
		case c.State == ChangeMade, c.Offer == OfferOpen, c.Offer == OfferDeclined:
			return ErrConflict
		}
		details := Details{}
		if in != "" {
			v, err := version(ctx, t, in)
			switch {
			case err == ErrNotFound || err == nil && v.Project != c.project:
				return invalid("version", "choice")
			case err != nil:
				return err
			case v.FileAudience != ClientSide || v.Draft:
				return invalid("version", "not_shown")
			}
			details["version"], details["file"] = strconv.Itoa(v.ShownNumber), v.FileName
		}
		if err := t.must(ctx, `UPDATE revision_items SET state = 'done', state_at = $1, state_by = $2, reason = '', done_id = $3, revision = revision + 1 WHERE id = $4 AND revision = $5`,
			t.now, string(me.actor.person), nullable(in), string(id), count); err != nil {
			return err
		}
		if err := t.settleRemark(ctx, c.Thread); err != nil {
			return err
		}
		return t.became(ctx, c, ChangeDone, details)
	})
}

// settleRemark resolves the comment of which a point was made, where it is still
// open.
func (t *tx) settleRemark(ctx context.Context, id ThreadID) error {
	if id == "" {
		return nil
	}
	th, err := thread(ctx, t, id)
	if err == ErrNotFound || err == nil && th.Resolved() {
		return nil
	}
	if err != nil {
		return err
	}
	if err := t.must(ctx, `UPDATE threads SET resolved_at = $1, resolved_by = $2, revision = revision + 1 WHERE id = $3 AND revision = $4`, t.now, string(t.me.actor.person), string(id), th.Revision); err != nil {
		return err
	}
	return t.talked(ctx, CommentsResolved, th, th.Audience, string(id), nil)
}

// RefuseChange says that a point is not going to be done, and why. As MakeChange.
func (me *Scope) RefuseChange(ctx context.Context, id ChangeID, reason string, count int64) error {
	return me.answerChange(ctx, id, reason, count, ChangeNotMade, ChangeRefused)
}

// AskAboutChange asks the client what a point means. As MakeChange.
func (me *Scope) AskAboutChange(ctx context.Context, id ChangeID, question string, count int64) error {
	return me.answerChange(ctx, id, question, count, ChangeAsked, ChangeUnclear)
}

func (me *Scope) answerChange(ctx context.Context, id ChangeID, reason string, count int64, to ChangeState, k Kind) error {
	var c checks
	if reason = c.text("reason", reason); reason == "" {
		c.fail("reason", "required")
	}
	if err := c.err(); err != nil {
		return err
	}
	return me.write(ctx, func(t *tx) error {
		c, err := t.changeFor(ctx, id, count)
		switch {
		case err != nil:
			return err
		case c.State != ChangeOpen || c.Offer == OfferOpen:
			return ErrConflict
		}
		if err := t.must(ctx, `UPDATE revision_items SET state = $1, state_at = $2, state_by = $3, reason = $4, revision = revision + 1 WHERE id = $5 AND revision = $6`,
			string(to), t.now, string(me.actor.person), reason, string(id), count); err != nil {
			return err
		}
		return t.became(ctx, c, k, Details{"note": reason})
	})
}

// ReopenChange takes the team's answer to a point back, or the price of it that was
// not accepted. As MakeChange.
func (me *Scope) ReopenChange(ctx context.Context, id ChangeID, count int64) error {
	return me.write(ctx, func(t *tx) error {
		c, err := t.changeFor(ctx, id, count)
		switch {
		case err != nil:
			return err
		case c.State == ChangeOpen && c.Offer != OfferOpen:
			return ErrConflict
		}
		set := ``
		if c.Offer == OfferOpen || c.Offer == OfferDeclined {
			set = `, out_of_scope = 0, price = 0, currency = '', offer = '', offer_at = NULL, offer_by = NULL`
		}
		if err := t.must(ctx, `UPDATE revision_items SET state = 'open', state_at = $1, state_by = $2, reason = '', done_id = NULL, revision = revision + 1`+set+` WHERE id = $3 AND revision = $4`,
			t.now, string(me.actor.person), string(id), count); err != nil {
			return err
		}
		return t.became(ctx, c, ChangeReopened, nil)
	})
}

// ClarifyChange answers the team's question about a point, which is with the team
// again. For the client's people who may comment; ErrConflict when nothing is asked,
// or it is not what was looked at.
func (me *Scope) ClarifyChange(ctx context.Context, id ChangeID, answer string, count int64) error {
	var c checks
	if answer = c.text("answer", answer); answer == "" {
		c.fail("answer", "required")
	}
	if err := c.err(); err != nil {
		return err
	}
	return me.write(ctx, func(t *tx) error {
		c, err := t.changeHeld(ctx, id)
		switch {
		case err != nil:
			return err
		case c.Team() || !c.Can(Comment):
			return ErrForbidden
		case !c.MayClarify() || c.Count != count:
			return ErrConflict
		}
		if err := t.must(ctx, `UPDATE revision_items SET state = 'open', state_at = $1, state_by = $2, clarified = $3, revision = revision + 1 WHERE id = $4 AND revision = $5`,
			t.now, string(me.actor.person), answer, string(id), count); err != nil {
			return err
		}
		return t.became(ctx, c, ChangeClarified, Details{"note": answer})
	})
}

// A Price is an amount in the smallest unit of a currency.
type Price struct {
	Amount   int64
	Currency string // ISO 4217
}

// maxPrice is more than anything costs, and far from overflowing.
const maxPrice = 1_000_000_000_000

// PriceChange says that a point is out of the scope that was agreed on, and what it
// costs: it waits for the client to accept. As MakeChange.
func (me *Scope) PriceChange(ctx context.Context, id ChangeID, p Price, count int64) error {
	var c checks
	if p.Amount <= 0 || p.Amount > maxPrice {
		c.fail("price", "price")
	}
	if _, known := words.CurrencyOf(p.Currency); !known {
		c.fail("currency", "choice")
	}
	if err := c.err(); err != nil {
		return err
	}
	return me.write(ctx, func(t *tx) error {
		c, err := t.changeFor(ctx, id, count)
		switch {
		case err != nil:
			return err
		case c.State != ChangeOpen || c.Offer == OfferAccepted:
			return ErrConflict
		}
		if err := t.must(ctx, `
UPDATE revision_items SET out_of_scope = 1, price = $1, currency = $2, offer = 'offered', offer_at = $3, offer_by = $4, revision = revision + 1 WHERE id = $5 AND revision = $6`,
			p.Amount, p.Currency, t.now, string(me.actor.person), string(id), count); err != nil {
			return err
		}
		return t.became(ctx, c, ChangePriced, priced(p))
	})
}

func priced(p Price) Details {
	return Details{"price": strconv.FormatInt(p.Amount, 10), "currency": p.Currency}
}

// AcceptPrice accepts the price of a change as it was looked at: it is with the
// team again. For the client's people who may decide. Of two answers the first
// stands, and the other is ErrConflict; so is one to another price.
func (me *Scope) AcceptPrice(ctx context.Context, id ChangeID, p Price) error {
	return me.answerPrice(ctx, id, p, OfferAccepted, PriceAccepted, ``)
}

// DeclinePrice says that a change is not wanted at its price: it is not made. As
// AcceptPrice.
func (me *Scope) DeclinePrice(ctx context.Context, id ChangeID, p Price) error {
	return me.answerPrice(ctx, id, p, OfferDeclined, PriceDeclined, `, state = 'refused', state_at = $2, state_by = $3, reason = ''`)
}

func (me *Scope) answerPrice(ctx context.Context, id ChangeID, p Price, to OfferState, k Kind, set string) error {
	return me.write(ctx, func(t *tx) error {
		c, err := t.changeHeld(ctx, id)
		switch {
		case err != nil:
			return err
		case c.Team() || !c.Can(Decide):
			return ErrForbidden
		case !c.MayAccept():
			return ErrConflict
		}
		if err := t.must(ctx, `
UPDATE revision_items SET offer = $1, offer_at = $2, offer_by = $3, revision = revision + 1`+set+` WHERE id = $4 AND offer = 'offered' AND price = $5 AND currency = $6`,
			string(to), t.now, string(me.actor.person), string(id), p.Amount, p.Currency); err != nil {
			return err
		}
		return t.became(ctx, c, k, priced(p))
	})
}

// LastCurrency is the one in which the team priced a change of a project last; the
// first that there is when it has not.
func (me *Scope) LastCurrency(ctx context.Context, project ProjectID) (code string, err error) {
	err = me.get(ctx, `SELECT i.currency FROM my_changes i WHERE i.project_id = $2 AND i.offer_at IS NOT NULL ORDER BY i.offer_at DESC LIMIT 1`, []any{string(project)}, &code)
	if err == ErrNotFound {
		return words.Currencies[0].Code, nil
	}
	return code, err
}
