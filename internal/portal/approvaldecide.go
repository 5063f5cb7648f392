package portal

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// An Answer is what somebody says to an approval.
type Answer string

// The answers.
const (
	AnswerApprove Answer = "approved"
	AnswerNote    Answer = "approved_with_notes"
	AnswerChanges Answer = "changes_requested"
	AnswerDecline Answer = "declined"
)

// approves reports whether it is a yes.
func (a Answer) approves() bool { return a == AnswerApprove || a == AnswerNote }

// A FileChange says of one of several files that it is to change.
type FileChange struct {
	Position int
	Note     string
}

// ApprovalAnswer is what Decide takes.
type ApprovalAnswer struct {
	Answer  Answer
	Note    string
	Changes []FileChange // of what is to change; the other files are approved
	Checked []int        // points of the checklist that are ticked, from 1
	Content string       // the hash of what was looked at
	Proof   Proof        // how the person proved who they are; empty: a session
	Stands  bool         // it says that their earlier approval still stands: see ApprovedBefore
	Call    CallID       // it confirms what they said by phone, whose answer and note it has

	stage   int        // that it is for; 0: the present one
	repeats DecisionID // the earlier approval
	said    ApprovalCall
}

// A Proof is how somebody proved who they are when they decided.
type Proof string

// The proofs.
const (
	ProofSession Proof = "session" // signed in
	ProofToken   Proof = "token"   // an access token of their own
	ProofMail    Proof = "mail"    // a link mailed to them, in a browser that they had signed in with before
	ProofCode    Proof = "code"    // a link mailed to them, and a code mailed to decide on just this, typed within account.AnsweredLife
)

func (in *ApprovalAnswer) check() error {
	var c checks
	c.oneOf("answer", string(in.Answer), string(AnswerApprove), string(AnswerNote), string(AnswerChanges), string(AnswerDecline))
	in.Note = c.text("note", in.Note)
	for i := range in.Changes {
		f := &in.Changes[i]
		f.Note = c.text("note."+strconv.Itoa(f.Position), f.Note)
	}
	switch {
	case in.Answer.approves() && len(in.Changes) > 0:
		c.fail("answer", "marked_to_change")
	case in.Stands && !in.Answer.approves():
		c.fail("answer", "choice")
	case in.Answer == AnswerNote && in.Note == "":
		c.fail("note", "required")
	case in.Answer == AnswerDecline && in.Note == "":
		c.fail("note", "why")
	}
	if in.Proof == "" {
		in.Proof = ProofSession
	}
	return c.err()
}

// says makes sure that what is to change is said somewhere: in words, or at the places
// that somebody of the client marked.
func (in *ApprovalAnswer) says(c *checks, files []ApprovalSubject, marks []Remark) {
	if !in.wordless() {
		return
	}
	if len(in.Changes) == 0 && len(marks) == 0 {
		c.fail("note", "to_change")
	}
	for _, f := range in.Changes {
		marked := slices.ContainsFunc(files, func(s ApprovalSubject) bool {
			return s.Position == f.Position && slices.ContainsFunc(marks, func(r Remark) bool { return r.File == s.File })
		})
		if f.Note == "" && !marked {
			c.fail("note."+strconv.Itoa(f.Position), "to_change")
		}
	}
}

// wordless reports whether an answer leaves it to what it says of single files, and to
// what is marked at them, to say what to change.
func (in *ApprovalAnswer) wordless() bool { return in.Answer == AnswerChanges && in.Note == "" }

// Decide answers an approval, for those who are asked in its present stage; of
// advisers it keeps the advice. An answer to anything but what is there now, or
// after it was decided, is ErrConflict: of two at the same time one counts.
func (me *Scope) Decide(ctx context.Context, id ApprovalID, in ApprovalAnswer) error {
	return me.refused(ctx, string(id), me.decide(ctx, id, in))
}

func (me *Scope) decide(ctx context.Context, id ApprovalID, in ApprovalAnswer) error {
	if err := in.noted(ctx, me, id); err != nil {
		return err
	}
	if err := in.check(); err != nil {
		return err
	}
	return me.write(ctx, func(t *tx) error {
		a, err := t.lockedApproval(ctx, id)
		if err != nil {
			return err
		}
		f, err := t.flow(ctx, id)
		if err != nil {
			return err
		}
		mine := slices.IndexFunc(f.people, func(x flowPerson) bool { return x.stage == f.stage && x.person == me.actor.person })
		switch {
		case !slices.ContainsFunc(f.people, func(x flowPerson) bool { return x.person == me.actor.person }):
			return ErrForbidden
		case !a.Asking, mine < 0, f.people[mine].decision != "", a.Content != in.Content, in.stage != 0 && in.stage != f.stage, in.Call != "" && (in.said.Stage != f.stage || in.said.content != in.Content):
			return ErrConflict
		case !a.MayDecide():
			return ErrForbidden
		}
		if in.Stands {
			was, err := approvedBefore(ctx, t, a, me.actor.person)
			if err == ErrNotFound {
				err = ErrForbidden
			}
			if err != nil {
				return err
			}
			in.repeats = was.Decision
		}
		files, err := t.checkAnswer(ctx, a, in)
		if err != nil {
			return err
		}
		return t.answer(ctx, a, f, mine, files, in)
	})
}

// checkAnswer compares an answer with what is there, and returns its files.
func (t *tx) checkAnswer(ctx context.Context, a Approval, in ApprovalAnswer) ([]ApprovalSubject, error) {
	hash, _, files, err := t.contentHash(ctx, a)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, ErrConflict // the deliverable was taken back
	case err != nil:
		return nil, err
	case hash != a.Content:
		return nil, ErrConflict
	}
	return files, in.fits(ctx, t, a, files)
}

// fits makes sure that an answer says of an approval what has to be said, and that
// nobody approves what they cannot look at to its end.
func (in *ApprovalAnswer) fits(ctx context.Context, r reader, a Approval, files []ApprovalSubject) error {
	var c checks
	if in.wordless() {
		marks, err := approvalRemarks(ctx, r, a, files, maxListed)
		if err != nil {
			return err
		}
		in.says(&c, files, marks)
	}
	if names, coming := Unseen(files); in.Answer.approves() && len(names) > 0 {
		code := "unseen"
		if coming {
			code = "unseen_yet"
		}
		c.fail("answer", code, "names", strings.Join(names, ", "))
	}
	for _, f := range in.Changes {
		if f.Position < 1 || f.Position > a.Files {
			c.fail("changes", "choice")
		}
	}
	for i := range a.Checklist {
		if in.Answer.approves() && !slices.Contains(in.Checked, i+1) {
			c.fail("checklist", "tick_all")
		}
	}
	return c.err()
}

// answer writes one person's answer, and what follows from it.
func (t *tx) answer(ctx context.Context, a Approval, f flow, mine int, files []ApprovalSubject, in ApprovalAnswer) error {
	me := &f.people[mine]
	me.answer, me.decision = in.Answer, DecisionID(db.NewID("dec"))
	result := f.result()
	if me.adviser {
		result = ""
	}
	next := result.Granted() && f.stage < len(f.stages)
	to := a.State
	if result != "" && !next {
		to = result
	}
	if err := t.settleApproval(ctx, a, f.stage, to, in.Content); err != nil {
		return err
	}
	says, err := t.keepAnswer(ctx, a, f.stage, *me, files, in)
	if err != nil {
		return err
	}
	said := me.person // whose calls are settled with it
	if result != "" {
		said = ""
		if err := t.must(ctx, `UPDATE approval_stages SET closed_at = $1 WHERE approval_id = $2 AND number = $3`, t.now, string(a.ID), f.stage); err != nil {
			return err
		}
	}
	if in.Call != "" {
		if err := t.endCall(ctx, a.ID, in.Call, CallConfirmed, ""); err != nil {
			return err
		}
	}
	if f.calls {
		if err := t.voidCalls(ctx, a.ID, said); err != nil {
			return err
		}
	}
	if to != a.State {
		if err := t.keepResults(ctx, a, f, to, me.decision, says); err != nil {
			return err
		}
		if err := t.reviewed(ctx, a, to, in.Note); err != nil {
			return err
		}
	}
	if to == ApprovalReturn && f.stages[f.stage-1].of == ClientSide {
		if err := t.listChanges(ctx, a, in); err != nil {
			return err
		}
	}
	kind := map[ApprovalState]Kind{ApprovalGranted: ApprovalApproved, ApprovalNoted: ApprovalApproved, ApprovalReturn: ApprovalReturned, ApprovalRefused: ApprovalDeclined}[to]
	if to == a.State {
		kind = ApprovalAnswered
	}
	details := Details{"answer": string(in.Answer), "note": in.Note}
	if n := len(in.Changes); n > 0 {
		details["changes"] = strconv.Itoa(n)
	}
	if in.repeats != "" {
		details["repeats"] = string(in.repeats)
	}
	in.confirms(details)
	if err := t.record(ctx, a.happened(kind, a.Side, details)); err != nil || !next {
		return err
	}
	return t.openStage(ctx, a.ID, f.stage+1)
}

// result is what the answers of the present stage come to; empty while more are
// awaited.
func (f flow) result() ApprovalState {
	var deciders, yes int
	granted := ApprovalGranted
	var against ApprovalState
	for _, x := range f.people {
		if x.stage != f.stage || x.adviser {
			continue
		}
		deciders++
		switch x.answer {
		case AnswerChanges:
			against = ApprovalReturn
		case AnswerDecline:
			if against == "" {
				against = ApprovalRefused
			}
		case AnswerNote:
			granted = ApprovalNoted
			yes++
		case AnswerApprove:
			yes++
		}
	}
	switch {
	case against != "":
		return against
	case f.stages[f.stage-1].rule.satisfied(yes, deciders):
		return granted
	}
	return ""
}

// satisfied reports whether so many of the deciders are enough.
func (r Rule) satisfied(yes, deciders int) bool {
	switch r {
	case RuleEveryone:
		return yes == deciders
	case RuleMajority:
		return 2*yes > deciders
	}
	return yes > 0
}

// keepAnswer adds an answer to those that were ever given, and returns what it says
// of each file.
func (t *tx) keepAnswer(ctx context.Context, a Approval, stage int, x flowPerson, files []ApprovalSubject, in ApprovalAnswer) (all []Verdict, err error) {
	role := "decider"
	if x.adviser {
		role = "adviser"
	}
	w, err := t.signer(ctx, x.person, a.Client)
	if err != nil {
		return nil, err
	}
	instead := ""
	if x.instead != "" {
		if instead, err = t.nameOf(ctx, x.instead); err != nil {
			return nil, err
		}
	}
	if err := t.must(ctx, `
INSERT INTO approval_decisions (id, approval_id, stage, person_id, role, answer, note, content, at, address, agent, proof, for_id, for_called, repeats_id, call_id, name, email, title, company, verified_at, zone)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)`,
		string(x.decision), string(a.ID), stage, string(x.person), role, string(in.Answer), in.Note, in.Content, t.now, t.address, t.agent, string(in.Proof), nullable(x.instead), instead, nullable(in.repeats), nullable(in.Call),
		w.name, w.email, w.role, w.company, w.verified, w.zone); err != nil {
		return nil, err
	}
	if err := t.must(ctx, `
UPDATE approval_people SET answer = $1, answered_at = $2, decision_id = $3, viewed_at = COALESCE(viewed_at, $2),
       viewed_name = CASE WHEN viewed_at IS NULL THEN $7 ELSE viewed_name END
 WHERE approval_id = $4 AND stage = $5 AND person_id = $6 AND decision_id IS NULL`,
		string(in.Answer), t.now, string(x.decision), string(a.ID), stage, string(x.person), w.name); err != nil {
		return nil, err
	}
	t.gave(a.ID, string(x.decision))
	for _, s := range files {
		v := Verdict{Position: s.Position, Says: "approved"}
		switch {
		case in.Answer == AnswerDecline:
			v.Says = "declined"
		case in.Answer == AnswerChanges && len(in.Changes) == 0:
			v.Says = "changes"
		}
		for _, c := range in.Changes {
			if c.Position == s.Position {
				v.Says, v.Note = "changes", c.Note
			}
		}
		if err := t.must(ctx, `INSERT INTO approval_verdicts (decision_id, position, version_id, sha256, verdict, note) VALUES ($1, $2, $3, $4, $5, $6)`,
			string(x.decision), s.Position, string(s.Version), s.SHA256, v.Says, v.Note); err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

// keepResults notes of each file what was decided: to change when one of those
// who decide says so, and approved when enough of them do. All is what the last
// answer says, to which those of the others are added.
func (t *tx) keepResults(ctx context.Context, a Approval, f flow, to ApprovalState, last DecisionID, all []Verdict) error {
	var others []DecisionID
	deciders := 0
	for _, x := range f.people {
		if x.stage == f.stage && !x.adviser {
			deciders++
			if x.decision != "" && x.decision != last {
				others = append(others, x.decision)
			}
		}
	}
	if len(others) > 0 && a.Files > 0 {
		places, args := oneOf(2, others)
		rows, err := t.query(ctx, `SELECT x.position, x.verdict FROM my_approval_verdicts x WHERE x.decision_id IN `+places, args...)
		theirs, err := list(rows, err, func(rows *db.Rows) (v Verdict, err error) { return v, rows.Scan(&v.Position, &v.Says) })
		if err != nil {
			return err
		}
		all = append(all, theirs...)
	}
	for n := 1; n <= a.Files; n++ {
		yes, result := 0, ""
		for _, v := range all {
			switch {
			case v.Position != n:
			case v.Says == "changes":
				result = "changes"
			case v.Says == "approved":
				yes++
			}
		}
		if result == "" && to != ApprovalRefused && f.stages[f.stage-1].rule.satisfied(yes, deciders) {
			result = "approved"
		}
		if err := t.must(ctx, `UPDATE approval_subjects SET result = $1 WHERE approval_id = $2 AND position = $3`, result, string(a.ID), n); err != nil {
			return err
		}
	}
	return nil
}

// underReview puts the deliverable that an approval is about into review: its next
// round begins, also of one that was approved as it was then. Passed says that the team's own stages led to it, and by who asked.
func (t *tx) underReview(ctx context.Context, a Approval, by PersonID, passed bool) error {
	if a.Deliverable == "" {
		return nil
	}
	n, err := t.exec(ctx, `
UPDATE deliverables SET state = 'in_review', state_at = $1, state_by = $2, round = round + 1, turn = 'client', turn_since = $1, revision = revision + 1
 WHERE id = $3 AND state IN ('draft', 'shared', 'changes_requested', 'approved')`, t.now, string(by), string(a.Deliverable))
	if err != nil || n == 0 {
		return err
	}
	return t.ofReview(ctx, a, DeliverableInReview, passed, nil)
}

// ofReview records what happened to the deliverable that an approval is about, of
// which people are told with the approval.
func (t *tx) ofReview(ctx context.Context, a Approval, k Kind, passed bool, details Details) error {
	d, err := deliverable(ctx, t, a.Deliverable)
	if err != nil {
		return err
	}
	if details == nil {
		details = Details{}
	}
	details["title"], details["round"] = d.Title, strconv.Itoa(d.Round)
	return t.record(ctx, Happening{Kind: k, Client: d.Client, Project: d.Project, Subject: string(d.ID), Audience: d.Audience, Silent: true, Nobody: passed, Details: details})
}

// reviewed says of the deliverable that an approval is about what was decided.
func (t *tx) reviewed(ctx context.Context, a Approval, to ApprovalState, note string) error {
	if a.Deliverable == "" {
		return nil
	}
	state, kind := StateChangesRequested, DeliverableReturned
	if to.Granted() {
		state, kind = StateApproved, DeliverableApproved
	}
	n, err := t.exec(ctx, `
UPDATE deliverables SET state = $1, state_at = $2, state_by = $3, turn = 'team', turn_since = $2, revision = revision + 1 WHERE id = $4 AND state = 'in_review'`,
		string(state), t.now, string(t.me.actor.person), string(a.Deliverable))
	if err != nil || n == 0 {
		return err
	}
	return t.ofReview(ctx, a, kind, false, Details{"note": note})
}

// outOfReview takes the deliverable that an approval is about back from review;
// the round does not count.
func (t *tx) outOfReview(ctx context.Context, a Approval) error {
	if a.Deliverable == "" || a.ShownAt.IsZero() {
		return nil
	}
	n, err := t.exec(ctx, `
UPDATE deliverables SET state = 'shared', state_at = $1, state_by = COALESCE($2, state_by), round = round - 1, turn = 'team', turn_since = $1, revision = revision + 1
 WHERE id = $3 AND state = 'in_review'`, t.now, nullable(t.me.actor.person), string(a.Deliverable))
	if err != nil || n == 0 {
		return err
	}
	if t.sealsToo(string(a.Deliverable)); t.me.actor == (Actor{}) { // the program, which sees none
		return nil
	}
	return t.ofReview(ctx, a, DeliverableWithdrawn, false, nil)
}

// undoFor is how long an answer can be taken back.
const undoFor = 10 * time.Minute

// MayUndo is until when the actor can take their last answer to an approval back;
// the zero time when they cannot.
func (me *Scope) MayUndo(ctx context.Context, a Approval) (time.Time, error) {
	_, at, err := lastAnswer(ctx, me, a, me.actor.person)
	if err == ErrNotFound {
		return time.Time{}, nil
	}
	return at, err
}

// lastAnswer is somebody's answer that stands, and until when it can be taken
// back; ErrNotFound when there is none, or it is too late.
func lastAnswer(ctx context.Context, r reader, a Approval, who PersonID) (ApprovalDecision, time.Time, error) {
	all, err := approvalDecisions(ctx, r, a.ID)
	if err != nil {
		return ApprovalDecision{}, time.Time{}, err
	}
	var last ApprovalDecision
	undone := map[DecisionID]bool{}
	for _, d := range all {
		undone[d.Undoes] = true
	}
	for _, d := range all {
		// What ended it is the last answer of all; while it is asked, everybody's own is theirs.
		if d.Undoes == "" && !undone[d.ID] && (d.Person == who || !a.Asking) {
			last = d
		}
	}
	var q querier
	switch x := r.(type) {
	case *tx:
		q = x.Tx
	case *Scope:
		q = x.p.db
	}
	until := last.At.Add(undoFor)
	end, over := lapsedBy(a.last, r.clock())
	if !end.IsZero() && end.Before(until) { // then nobody could answer it again
		until = end
	}
	live := a.State.Open() && a.Asking || a.State.Granted() || a.State == ApprovalReturn || a.State == ApprovalRefused
	if last.Person != who || !live || over || !r.clock().Before(until) {
		return last, time.Time{}, ErrNotFound
	}
	// What came after it rests on it: the next stage, what was asked again, a signature.
	stages, err := approvalStages(ctx, r, a.ID)
	if err != nil {
		return last, time.Time{}, err
	}
	for _, g := range stages {
		if g.Number > last.stage && !g.OpenedAt.IsZero() {
			return last, time.Time{}, ErrNotFound
		}
	}
	if again, err := askedAgain(ctx, q, a.ID); err != nil || again {
		return last, time.Time{}, cmp.Or(err, ErrNotFound)
	}
	var signed int
	if err := r.get(ctx, `
SELECT COUNT(*) FROM my_signoffs s JOIN my_signoff_lines l ON l.signoff_id = s.id
 WHERE s.project_id = $2 AND s.state = 'signed' AND (l.approval_id = $3 OR l.item_id = $4)`, []any{string(a.Project), string(a.ID), nullable(a.Deliverable)}, &signed); err != nil || signed > 0 {
		return last, time.Time{}, cmp.Or(err, ErrNotFound) // it was signed with it
	}
	if begun, err := begunOn(ctx, r, a); err != nil || begun {
		return last, time.Time{}, cmp.Or(err, ErrNotFound)
	}
	return last, until, nil
}

// Undo takes the actor's own answer back, within ten minutes, on no day after the last
// on which it is answered, while its stage is asked or when it ended it, and nothing
// rests on it: else ErrConflict. Their answer is awaited again.
func (me *Scope) Undo(ctx context.Context, id ApprovalID) error {
	return me.UndoBy(ctx, id, ProofSession)
}

// UndoBy is Undo by whoever proved so who they are.
func (me *Scope) UndoBy(ctx context.Context, id ApprovalID, proof Proof) error {
	return me.write(ctx, func(t *tx) error {
		a, err := t.lockedApproval(ctx, id)
		if err != nil {
			return err
		}
		f, err := t.flow(ctx, id)
		if err != nil {
			return err
		}
		mine := slices.IndexFunc(f.people, func(x flowPerson) bool { return x.person == me.actor.person && x.decision != "" })
		if mine < 0 {
			return ErrForbidden
		}
		d, _, err := lastAnswer(ctx, t, a, me.actor.person)
		if err == ErrNotFound || err == nil && d.stage != f.stage {
			return ErrConflict
		}
		if err != nil {
			return err
		}
		return t.undo(ctx, a, f, d, proof)
	})
}

func (t *tx) undo(ctx context.Context, a Approval, f flow, d ApprovalDecision, proof Proof) error {
	of := f.stages[f.stage-1].of
	if err := t.unlistChanges(ctx, a); err != nil {
		return err
	}
	// If the answer ended it, it is asked again, and what reminds of it begins again:
	// else it waits for whom it waited for, and since when.
	remind, err := t.remindAt(ctx, a.Client, f.remind, f.due)
	if err != nil {
		return err
	}
	var escalate any
	if a.EscalatedAt.IsZero() {
		if escalate, err = t.escalateAt(ctx, a.Client, f.due); err != nil {
			return err
		}
	}
	if err := t.must(ctx, `
UPDATE approvals SET state = CASE WHEN asking = 1 THEN state ELSE 'viewed' END, state_at = CASE WHEN asking = 1 THEN state_at ELSE $1 END, state_by = CASE WHEN asking = 1 THEN state_by ELSE $2 END,
       lane = CASE WHEN asking = 1 THEN lane ELSE $3 END, turn = CASE WHEN asking = 1 THEN turn ELSE $3 END, turn_since = CASE WHEN asking = 1 THEN turn_since ELSE $1 END, asking = 1,
       remind_at = CASE WHEN asking = 1 THEN remind_at ELSE $6 END, escalate_at = CASE WHEN asking = 1 THEN escalate_at ELSE $7 END, revision = revision + 1 WHERE id = $4 AND revision = $5`,
		t.now, string(t.me.actor.person), string(of), string(a.ID), a.Revision, remind, escalate); err != nil {
		return err
	}
	if err := t.must(ctx, `
UPDATE approval_people SET answer = '', answered_at = NULL, decision_id = NULL WHERE approval_id = $1 AND stage = $2 AND person_id = $3 AND decision_id = $4`,
		string(a.ID), f.stage, string(d.Person), string(d.ID)); err != nil {
		return err
	}
	w, err := t.signer(ctx, d.Person, a.Client)
	if err != nil {
		return err
	}
	undo := db.NewID("dec")
	t.gave(a.ID, undo)
	if err := t.must(ctx, `
INSERT INTO approval_decisions (id, approval_id, stage, person_id, role, answer, undoes, content, at, address, proof, name, email, title, company, verified_at, zone, agent)
VALUES ($1, $2, $3, $4, $5, 'undone', $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
		undo, string(a.ID), f.stage, string(d.Person), d.role, string(d.ID), a.Content, t.now, t.address, string(proof), w.name, w.email, w.role, w.company, w.verified, w.zone, t.agent); err != nil {
		return err
	}
	if _, err := t.exec(ctx, `UPDATE approval_subjects SET result = '' WHERE approval_id = $1`, string(a.ID)); err != nil {
		return err
	}
	if _, err := t.exec(ctx, `UPDATE approval_stages SET closed_at = NULL WHERE approval_id = $1 AND number = $2`, string(a.ID), f.stage); err != nil {
		return err
	}
	if a.Deliverable != "" && of == ClientSide { // it is only shared once what asked again was cancelled
		if _, err := t.exec(ctx, `
UPDATE deliverables SET state = 'in_review', state_at = $1, state_by = $2, turn = 'client', turn_since = $1, revision = revision + 1
 WHERE id = $3 AND state IN ('approved', 'changes_requested', 'shared')`, t.now, string(t.me.actor.person), string(a.Deliverable)); err != nil {
			return err
		}
		t.sealsToo(string(a.Deliverable))
	}
	if err := t.reopenCalls(ctx, a.ID, d); err != nil {
		return err
	}
	if err := t.record(ctx, a.happened(ApprovalUndone, a.Side, Details{"answer": string(d.Answer)})); err != nil {
		return err
	}
	// What was answered may have changed since; nobody can answer that any more.
	hash, _, _, err := t.contentHash(ctx, a)
	if err == ErrNotFound || err == nil && hash != a.Content {
		return t.outdateContent(ctx, askedItself, string(a.ID))
	}
	if err != nil {
		return err
	}
	return t.outdate(ctx, askedItself, string(a.ID))
}

// ApprovalDecision is one answer that was given, or taken back.
type ApprovalDecision struct {
	ID      DecisionID
	Person  PersonID
	Name    string // as then
	Adviser bool
	Answer  Answer // "undone" of one that was taken back
	Undoes  DecisionID
	Note    string
	Content string
	At      time.Time
	Proof   Proof
	For     string    // the name of whose decision it was at first
	Repeats time.Time // when they gave the approval that they say still stands
	SaidAt  time.Time // by phone, before they confirmed it; the zero time: they decided themselves at once
	NotedBy string    // the name of who noted that; empty when not for the reader
	Address string    // for the team, as the browser
	Agent   string
	Of      Side // whose stage it was given in
	Held

	stage int
	role  string
	known signer // as they were known when they gave it, but for the name
}

// Undone is the answer of a row that takes one back.
const Undone Answer = "undone"

// ApprovalDecisions returns every answer that was ever given to an approval, in
// order.
func (me *Scope) ApprovalDecisions(ctx context.Context, id ApprovalID) ([]ApprovalDecision, error) {
	return approvalDecisions(ctx, me, id)
}

func approvalDecisions(ctx context.Context, r reader, id ApprovalID) ([]ApprovalDecision, error) {
	rows, err := r.query(ctx, `
SELECT d.id, d.person_id, d.name, d.role, d.answer, COALESCE(d.undoes, ''), d.note, d.content, d.at, d.proof, d.for_name, COALESCE(d.repeats_at, 0), COALESCE(d.said_at, 0), COALESCE(d.noted_by_name, ''), d.address, d.agent, d.stage_side, d.stage,
       d.email, d.title, d.company, d.verified_at, d.zone, d.side, d.rights
  FROM my_approval_decisions d WHERE d.approval_id = $2 ORDER BY d.at, d.id LIMIT 500`, string(id))
	return list(rows, err, func(rows *db.Rows) (d ApprovalDecision, err error) {
		err = rows.Scan(&d.ID, &d.Person, &d.Name, &d.role, &d.Answer, &d.Undoes, &d.Note, &d.Content, micros{&d.At}, &d.Proof, &d.For, micros{&d.Repeats}, micros{&d.SaidAt}, &d.NotedBy, &d.Address, &d.Agent, &d.Of, &d.stage,
			&d.known.email, &d.known.role, &d.known.company, &d.known.verified, &d.known.zone, &d.Side, &d.Rights)
		d.Adviser = d.role == "adviser"
		return d, err
	})
}

// A Verdict is what an answer says of one of several files.
type Verdict struct {
	Decision DecisionID
	Position int
	Says     string // "approved", "changes" or "declined"
	Note     string
	By       string
}

// Verdicts returns what the answers that stand say of each file.
func (me *Scope) Verdicts(ctx context.Context, id ApprovalID) ([]Verdict, error) {
	rows, err := me.query(ctx, `
SELECT x.decision_id, x.position, x.verdict, x.note, x.name FROM my_approval_verdicts x
 WHERE x.approval_id = $2 AND x.decision_id IN (SELECT p.decision_id FROM my_approval_people p WHERE p.approval_id = $2) ORDER BY x.position, x.decision_id LIMIT 2500`, string(id))
	return list(rows, err, func(rows *db.Rows) (v Verdict, err error) {
		return v, rows.Scan(&v.Decision, &v.Position, &v.Says, &v.Note, &v.By)
	})
}
