package portal

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// A CallState is what became of what somebody was noted to have said by phone.
type CallState string

// The states of a call.
const (
	CallOpen      CallState = "open"      // they have not confirmed it
	CallConfirmed CallState = "confirmed" // they have: it is their decision
	CallDenied    CallState = "denied"    // they say that it was different
	CallWithdrawn CallState = "withdrawn" // by the team
	CallVoid      CallState = "void"      // nothing is left to confirm: it was decided, ended, or given to somebody else
)

// ApprovalCall is what somebody who is asked said by phone, as one of the team noted
// it. It counts for nothing until they confirm it, which is their decision.
type ApprovalCall struct {
	ID       CallID
	Approval ApprovalID
	Stage    int
	Person   PersonID // who said it
	Name     string
	Answer   Answer
	Note     string
	Changes  []FileChange // of what is to change, where not all of it is
	SaidAt   time.Time
	NotedAt  time.Time
	NotedBy  string // the name; empty when not for the reader
	State    CallState
	EndedAt  time.Time
	Reply    string // what was different, as they say
	Held

	content string // the hash of what was asked
}

// NewCall is what NoteCall takes.
type NewCall struct {
	Person  PersonID
	Answer  Answer
	Note    string
	Changes []FileChange // of what is to change; the other files they approved
	SaidAt  time.Time
}

func (n *NewCall) check() error {
	in := ApprovalAnswer{Answer: n.Answer, Note: n.Note, Changes: n.Changes}
	err := in.check()
	n.Note = in.Note
	if err != nil {
		return err
	}
	var c checks
	in.says(&c, nil, nil) // in words: what is marked was not said by phone
	return c.err()
}

const callColumns = `k.id, k.approval_id, k.stage, k.person_id, k.name, k.answer, k.note, k.content, k.said_at, k.noted_at, COALESCE(k.noted_by_name, ''), k.state, COALESCE(k.ended_at, 0), k.reply, k.side, k.rights`

func (c *ApprovalCall) scan(scan func(...any) error) error {
	return scan(&c.ID, &c.Approval, &c.Stage, &c.Person, &c.Name, &c.Answer, &c.Note, &c.content, micros{&c.SaidAt}, micros{&c.NotedAt}, &c.NotedBy, &c.State, micros{&c.EndedAt}, &c.Reply, &c.Side, &c.Rights)
}

// ApprovalCalls returns what was said by phone about an approval, newest first: for
// its team, and for whoever said it their own.
func (me *Scope) ApprovalCalls(ctx context.Context, id ApprovalID) ([]ApprovalCall, error) {
	rows, err := me.query(ctx, `SELECT `+callColumns+` FROM my_approval_calls k WHERE k.approval_id = $2 ORDER BY k.id DESC LIMIT 100`, string(id))
	all, err := list(rows, err, func(rows *db.Rows) (c ApprovalCall, err error) { return c, c.scan(rows.Scan) })
	if err != nil {
		return nil, err
	}
	return all, sayChanges(ctx, me, all)
}

// sayChanges completes calls with what is to change of each file.
func sayChanges(ctx context.Context, r reader, all []ApprovalCall) error {
	if len(all) == 0 {
		return nil
	}
	ids := make([]CallID, len(all))
	for i, c := range all {
		ids[i] = c.ID
	}
	places, args := oneOf(2, ids)
	rows, err := r.query(ctx, `SELECT x.call_id, x.position, x.note FROM my_approval_call_changes x WHERE x.call_id IN `+places+` ORDER BY x.call_id, x.position`, args...)
	_, err = list(rows, err, func(rows *db.Rows) (f FileChange, err error) {
		var id CallID
		if err = rows.Scan(&id, &f.Position, &f.Note); err == nil {
			i := slices.Index(ids, id)
			all[i].Changes = append(all[i].Changes, f)
		}
		return f, err
	})
	return err
}

// CallToConfirm is what the actor is noted to have said by phone about an approval
// and has not confirmed; ErrNotFound when there is none.
func (me *Scope) CallToConfirm(ctx context.Context, id ApprovalID) (c ApprovalCall, err error) {
	err = c.scan(func(dest ...any) error {
		return me.get(ctx, `SELECT `+callColumns+` FROM my_approval_calls k WHERE k.approval_id = $2 AND k.state = 'open' AND k.person_id = $1 ORDER BY k.id DESC LIMIT 1`, []any{string(id)}, dest...)
	})
	return withChanges(ctx, me, c, err)
}

func withChanges(ctx context.Context, r reader, c ApprovalCall, err error) (ApprovalCall, error) {
	if err != nil {
		return c, err
	}
	one := []ApprovalCall{c}
	err = sayChanges(ctx, r, one)
	return one[0], err
}

// ApprovalCall returns one of them.
func (me *Scope) ApprovalCall(ctx context.Context, id CallID) (ApprovalCall, error) {
	return approvalCall(ctx, me, id)
}

func approvalCall(ctx context.Context, r reader, id CallID) (c ApprovalCall, err error) {
	err = c.scan(func(dest ...any) error {
		return r.get(ctx, `SELECT `+callColumns+` FROM my_approval_calls k WHERE k.id = $2`, []any{string(id)}, dest...)
	})
	return withChanges(ctx, r, c, err)
}

// callAbout is one of an approval's; ErrConflict when whoever sees the approval
// does not find it, as the team took it back.
func callAbout(ctx context.Context, r reader, about ApprovalID, id CallID) (ApprovalCall, error) {
	c, err := approvalCall(ctx, r, id)
	switch {
	case err == nil && c.Approval != about:
		return c, ErrNotFound
	case err == ErrNotFound:
		if _, err = approval(ctx, r, about); err == nil {
			err = ErrConflict
		}
	}
	return c, err
}

// NoteCall notes what one of the client's people who are asked said by phone. They
// are told, and it decides nothing until they confirm it. Takes Contribute;
// ErrConflict when no answer is awaited any more.
func (me *Scope) NoteCall(ctx context.Context, id ApprovalID, n NewCall) (CallID, error) {
	if err := n.check(); err != nil {
		return "", err
	}
	call := CallID(db.NewID("cal"))
	err := me.write(ctx, func(t *tx) error {
		a, _, err := t.approvalHeld(ctx, id, Contribute)
		if err == nil {
			err = t.mayNote(ctx, a, n)
		}
		if err != nil {
			return err
		}
		if err := t.must(ctx, `
INSERT INTO approval_calls (id, approval_id, stage, person_id, answer, note, content, said_at, noted_at, noted_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			string(call), string(id), a.Stage, string(n.Person), string(n.Answer), n.Note, a.Content, db.Micros(n.SaidAt), t.now, string(me.actor.person)); err != nil {
			return err
		}
		for _, f := range n.Changes {
			if err := t.must(ctx, `INSERT INTO approval_call_changes (call_id, position, note) VALUES ($1, $2, $3)`, string(call), f.Position, f.Note); err != nil {
				return err
			}
		}
		t.gave(id, string(call))
		h := a.happened(ApprovalCallNoted, Team, Details{"answer": string(n.Answer)})
		h.Person = n.Person
		err = t.record(ctx, h)
		t.subject = string(call) // the event is about the approval
		return err
	})
	return call, err
}

// mayNote makes sure that somebody's answer to an approval is awaited, that they are
// of the client, and that they can have said it then.
func (t *tx) mayNote(ctx context.Context, a Approval, n NewCall) error {
	if !a.Asking {
		return ErrConflict
	}
	people, err := approvalPeople(ctx, t, a.ID)
	if err != nil {
		return err
	}
	stages, err := approvalStages(ctx, t, a.ID)
	if err != nil {
		return err
	}
	asked := a.ShownAt // or when their own stage began
	for _, g := range stages {
		if g.Number == a.Stage {
			asked = g.OpenedAt
		}
	}
	i := slices.IndexFunc(people, func(x ApprovalPerson) bool {
		return x.Stage == a.Stage && x.Person == n.Person && !x.Adviser && x.Of == ClientSide
	})
	var c checks
	for k, f := range n.Changes {
		if f.Position < 1 || f.Position > a.Files || slices.ContainsFunc(n.Changes[:k], func(x FileChange) bool { return x.Position == f.Position }) {
			c.fail("changes", "choice")
		}
	}
	switch {
	case i < 0, people[i].Gone:
		c.fail("person", "cannot_decide")
	case !people[i].Awaited():
		return ErrConflict
	case people[i].Called:
		c.fail("person", "noted_already")
	}
	switch at := db.Micros(n.SaidAt); {
	case n.SaidAt.IsZero():
		c.fail("said_at", "required")
	case at > t.now:
		c.fail("said_at", "not_yet")
	case at < db.Micros(asked.Truncate(time.Minute)):
		c.fail("said_at", "before_asked")
	}
	return c.err()
}

// WithdrawCall takes back what was noted, while it is not confirmed: else
// ErrConflict. Takes Contribute.
func (me *Scope) WithdrawCall(ctx context.Context, id CallID) error {
	return me.write(ctx, func(t *tx) error {
		c, err := approvalCall(ctx, t, id)
		if err != nil {
			return err
		}
		a, _, err := t.approvalHeld(ctx, c.Approval, Contribute)
		if err != nil {
			return err
		}
		if err := t.endCall(ctx, c.Approval, id, CallWithdrawn, ""); err != nil {
			return err
		}
		h := a.happened(ApprovalCallWithdrawn, Team, Details{"answer": string(c.Answer)})
		h.Person, h.Silent = c.Person, true
		return t.record(ctx, h)
	})
}

// DenyCall says that it was different from what was noted about an approval, which
// stays open, and the team is told. For whoever said it; ErrConflict when nothing is
// left to confirm.
func (me *Scope) DenyCall(ctx context.Context, about ApprovalID, id CallID, reply string) error {
	var k checks
	reply = k.text("reply", reply)
	if err := k.err(); err != nil {
		return err
	}
	return me.write(ctx, func(t *tx) error {
		c, err := callAbout(ctx, t, about, id)
		switch {
		case err != nil:
			return err
		case c.Person != me.actor.person:
			return ErrForbidden
		}
		a, err := t.lockedApproval(ctx, c.Approval)
		if err != nil {
			return err
		}
		if err := t.endCall(ctx, c.Approval, id, CallDenied, reply); err != nil {
			return err
		}
		return t.record(ctx, a.happened(ApprovalCallDenied, Team, Details{"answer": string(c.Answer)}))
	})
}

// endCall says what became of a call; ErrConflict when it is over.
func (t *tx) endCall(ctx context.Context, about ApprovalID, id CallID, to CallState, reply string) error {
	t.gave(about, string(id))
	return t.must(ctx, `UPDATE approval_calls SET state = $1, ended_at = $2, ended_by = $3, reply = $4 WHERE id = $5 AND state = 'open'`,
		string(to), t.now, nullable(t.me.actor.person), reply, string(id))
}

// voidCalls ends what was noted of an approval and cannot be confirmed any more: of
// one person, or of all.
func (t *tx) voidCalls(ctx context.Context, id ApprovalID, person PersonID) error {
	calls, err := t.callsIn(ctx, id, CallOpen)
	if err != nil {
		return err
	}
	for _, c := range calls {
		if person != "" && c.Person != person {
			continue
		}
		t.gave(id, string(c.ID))
		if err := t.must(ctx, `UPDATE approval_calls SET state = 'void', ended_at = $1, ended_by = $2 WHERE id = $3 AND state = 'open'`, t.now, nullable(t.me.actor.person), string(c.ID)); err != nil {
			return err
		}
	}
	return nil
}

// gave notes that answers were given to an approval, or that calls of it changed.
func (t *tx) gave(about ApprovalID, ids ...string) {
	for _, id := range ids {
		if t.given == nil {
			t.given = map[ApprovalID]map[string]bool{}
		}
		if t.given[about] == nil {
			t.given[about] = map[string]bool{}
		}
		t.given[about][id] = true
	}
}

// reopenCalls has what others said by phone to be confirmed again, which an answer
// that is taken back had settled: while their own is awaited, and they can give it.
func (t *tx) reopenCalls(ctx context.Context, id ApprovalID, d ApprovalDecision) error {
	calls, err := t.callsIn(ctx, id, CallVoid)
	if err != nil || len(calls) == 0 {
		return err
	}
	people, err := approvalPeople(ctx, t, id)
	if err != nil {
		return err
	}
	for _, c := range calls {
		if c.Stage != d.stage || c.Person == d.Person || !c.EndedAt.Equal(d.At) {
			continue
		}
		if !slices.ContainsFunc(people, func(x ApprovalPerson) bool {
			return x.Stage == c.Stage && x.Person == c.Person && x.Awaited() && !x.Gone
		}) {
			continue
		}
		t.gave(id, string(c.ID))
		if err := t.must(ctx, `UPDATE approval_calls SET state = 'open', ended_at = NULL, ended_by = NULL WHERE id = $1 AND state = 'void'`, string(c.ID)); err != nil {
			return err
		}
	}
	return nil
}

// noted makes of an answer that confirms what was said by phone the answer that was
// noted. ErrNotFound when that is of another approval, ErrForbidden when somebody
// else said it.
func (in *ApprovalAnswer) noted(ctx context.Context, me *Scope, id ApprovalID) error {
	if in.Call == "" {
		return nil
	}
	c, err := callAbout(ctx, me, id, in.Call)
	switch {
	case err != nil:
		return err
	case c.Person != me.actor.person:
		return ErrForbidden
	case in.Answer != "" && in.Answer != c.Answer, in.Stands, len(in.Changes) > 0:
		return invalid("answer", "choice")
	case in.Note != "" && in.Note != c.Note: // it would not be kept
		return invalid("note", "choice")
	}
	in.Answer, in.Note, in.Changes, in.said = c.Answer, c.Note, c.Changes, c
	return nil
}

// confirms is what the event of an answer says of the call that it confirms.
func (in *ApprovalAnswer) confirms(d Details) {
	if in.Call != "" {
		d["call"], d["said"] = string(in.Call), strconv.FormatInt(db.Micros(in.said.SaidAt), 10)
	}
}
