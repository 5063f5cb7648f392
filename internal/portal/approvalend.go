package portal

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// endApproval ends one that was not decided. In the team's lane it waits to be
// asked again, or put aside.
func (t *tx) endApproval(ctx context.Context, a Approval, to ApprovalState, k Kind, lane Lane) error {
	turn := Side("")
	if lane == LaneTeam {
		turn = Team
	}
	if err := t.must(ctx, `
UPDATE approvals SET state = $1, state_at = $2, state_by = $3, asking = 0, lane = $4, turn = $5, turn_since = $2, remind_at = NULL, escalate_at = NULL, stranded_at = NULL, revision = revision + 1
 WHERE id = $6 AND state IN ('draft', 'requested', 'viewed')`,
		string(to), t.now, nullable(t.me.actor.person), string(lane), string(turn), string(a.ID)); err != nil {
		return err
	}
	if err := t.voidCalls(ctx, a.ID, ""); err != nil {
		return err
	}
	if err := t.outOfReview(ctx, a); err != nil {
		return err
	}
	return t.record(ctx, a.happened(k, a.audience(), nil))
}

// CancelApproval takes the question back. Takes Contribute; ErrConflict when it
// is over.
func (me *Scope) CancelApproval(ctx context.Context, id ApprovalID) error {
	return me.write(ctx, func(t *tx) error {
		a, _, err := t.approvalHeld(ctx, id, Contribute)
		switch {
		case err != nil:
			return err
		case !a.State.Open() && a.State != ApprovalDraft:
			return ErrConflict
		}
		return t.endApproval(ctx, a, ApprovalWithdrawn, ApprovalCancelled, LaneOver)
	})
}

// PutAside says that nothing follows from an approval in which changes were
// requested, or that was declined, superseded or expired: the board has it among
// what is over. Takes Contribute.
func (me *Scope) PutAside(ctx context.Context, id ApprovalID) error {
	return me.write(ctx, func(t *tx) error {
		a, _, err := t.approvalHeld(ctx, id, Contribute)
		switch {
		case err != nil:
			return err
		case a.State.Open() || a.Lane != LaneTeam:
			return ErrConflict
		case a.lapsed:
			return t.endApproval(ctx, a, ApprovalLapsed, ApprovalExpired, LaneOver)
		}
		t.quiet("the board is the team's own")
		return t.must(ctx, `UPDATE approvals SET lane = 'over', turn = '', revision = revision + 1 WHERE id = $1`, string(id))
	})
}

// remindAgain is how long after a reminder the next may be sent by hand.
const remindAgain = time.Hour

// Remind mails those whose decision an approval waits for. Takes Contribute; once
// an hour, else Invalid.
func (me *Scope) Remind(ctx context.Context, id ApprovalID) error {
	return me.write(ctx, func(t *tx) error {
		a, _, err := t.approvalHeld(ctx, id, Contribute)
		switch {
		case err != nil:
			return err
		case !a.Asking:
			return ErrConflict
		case !t.remindsAgain(a.RemindedAt):
			return invalid("remind", "just_reminded")
		}
		return t.remindOf(ctx, a)
	})
}

// remindsAgain reports whether a reminder may be sent by hand after the last.
func (t *tx) remindsAgain(last time.Time) bool {
	return last.IsZero() || t.now-db.Micros(last) >= remindAgain.Microseconds()
}

func (t *tx) remindOf(ctx context.Context, a Approval) error {
	who, err := stillAsked(ctx, t.Tx, a.ID)
	if err != nil {
		return err
	}
	if len(who) == 0 {
		return invalid("remind", "nobody_asked")
	}
	if err := t.must(ctx, `UPDATE approvals SET reminded_at = $1 WHERE id = $2`, t.now, string(a.ID)); err != nil {
		return err
	}
	h := a.happened(ApprovalReminded, Team, nil)
	h.Tells = who
	return t.record(ctx, h)
}

// MaxReminded bounds the approvals of which RemindAll reminds at once.
const MaxReminded = 100

// A Reminding is what became of one approval in RemindAll.
type Reminding struct {
	Approval
	People []string // who were reminded
	Why    string   // else: "forbidden", "over", "reminded_today" or "nobody_asked"
}

// RemindAll reminds of several approvals, each by itself: of those that were
// reminded of on the client's day already not again. What the actor does not see is
// left out. Invalid when there are none, or too many.
func (me *Scope) RemindAll(ctx context.Context, ids []ApprovalID) (all []Reminding, err error) {
	var c checks
	if ids = unique(ids); len(ids) == 0 {
		c.fail("approval", "required")
	}
	if len(ids) > MaxReminded {
		c.fail("approval", "too_many", "max", strconv.Itoa(MaxReminded))
	}
	if err := c.err(); err != nil {
		return nil, err
	}
	for _, id := range ids {
		r, err := me.remindToday(ctx, id)
		if err == ErrNotFound {
			continue
		}
		if err != nil {
			return all, err
		}
		all = append(all, r)
	}
	return all, nil
}

func (me *Scope) remindToday(ctx context.Context, id ApprovalID) (r Reminding, err error) {
	err = me.write(partOf(ctx, string(id)), func(t *tx) error {
		a, err := t.lockedApproval(ctx, id)
		if err != nil {
			return err
		}
		r = Reminding{Approval: a}
		if r.Why, err = t.notReminded(ctx, a); err != nil {
			return err
		}
		if r.Why != "" {
			t.quiet("nobody was reminded")
			return nil
		}
		err = t.remindOf(ctx, a)
		var none *Invalid
		if errors.As(err, &none) {
			t.quiet("nobody can answer")
			r.Why, err = "nobody_asked", nil
		}
		return err
	})
	var again *Repeated
	if errors.As(err, &again) { // the same form once more
		if r.Approval, err = me.Approval(ctx, id); err == nil && again.Subject == "" {
			return me.remindToday(WithRequest(ctx, Request{}), id) // which reminded of nothing then
		}
	}
	if err != nil || r.Why != "" {
		return r, err
	}
	people, err := me.ApprovalPeople(ctx, id)
	for _, x := range people {
		if x.Stage == r.Stage && x.Awaited() && !x.Gone {
			r.People = append(r.People, x.Name)
		}
	}
	return r, err
}

// notReminded says why nobody is to be reminded of an approval now, as a Reminding.
func (t *tx) notReminded(ctx context.Context, a Approval) (string, error) {
	switch {
	case !a.Held.Team() || !a.Can(Contribute):
		return "forbidden", nil
	case !a.Asking:
		return "over", nil
	case a.RemindedAt.IsZero():
		return "", nil
	}
	c, err := t.workCalendar(ctx, a.Client)
	if err != nil {
		return "", err
	}
	if now := db.FromMicros(t.now).In(c.Zone); a.RemindedAt.In(c.Zone).Format(time.DateOnly) == now.Format(time.DateOnly) {
		return "reminded_today", nil
	}
	return "", nil
}

// AskedAs is what would ask an approval again: the same of the same people as far
// as they can still answer, about what is there now. For the team.
func (me *Scope) AskedAs(ctx context.Context, id ApprovalID) (n NewApproval, project ProjectID, err error) {
	a, err := me.Approval(ctx, id)
	switch {
	case err != nil:
		return n, "", err
	case !a.Held.Team():
		return n, "", ErrForbidden
	}
	n = NewApproval{Title: a.Title, Body: a.Body, Deliverable: a.Deliverable, Checklist: a.Checklist, NoDownload: !a.Download, NoReminders: !a.Remind, Previous: id}
	if a.State == ApprovalDraft {
		n.DueOn, n.DueIn, n.ExpiresOn, n.Previous = a.DueOn, a.DueIn, a.ExpiresOn, a.Previous
	}
	stages, err := me.ApprovalStages(ctx, id)
	if err != nil {
		return n, "", err
	}
	people, err := me.ApprovalPeople(ctx, id)
	if err != nil {
		return n, "", err
	}
	for _, g := range stages {
		s := NewStage{Of: g.Of, Rule: g.Rule, Role: g.Role}
		for _, x := range people {
			switch {
			case x.Stage != g.Number || x.Gone || x.GivenTo != "" || x.ByRole:
			case x.Adviser:
				s.Advisers = append(s.Advisers, x.Person)
			default:
				s.People = append(s.People, x.Person)
			}
		}
		n.Stages = append(n.Stages, s)
	}
	if a.Deliverable != "" {
		return n, a.Project, nil
	}
	subjects, err := me.ApprovalSubjects(ctx, id)
	if err != nil {
		return n, "", err
	}
	client := len(stages) > 0 && stages[0].Of == ClientSide
	for _, s := range subjects {
		if s.Trashed {
			continue
		}
		all, err := me.Versions(ctx, s.File)
		if err != nil {
			return n, "", err
		}
		i := slices.IndexFunc(all, func(v Version) bool { return !client || v.Audience == ClientSide })
		if i >= 0 {
			n.Versions = append(n.Versions, all[i].ID)
		}
	}
	return n, a.Project, nil
}

// outdate ends the open approvals of what was changed: of a file that has a newer
// version for those who are asked, or that they do not see any more.
func (t *tx) outdate(ctx context.Context, of, id string) error {
	open, err := t.openAbout(ctx, of, id)
	if err != nil {
		return err
	}
	for _, o := range open {
		all, err := t.currentOf(ctx, o.ID)
		if err != nil {
			return err
		}
		gone, newer := false, false
		for _, c := range all {
			is := c.latest
			if !o.ShownAt.IsZero() {
				is = c.shown
			}
			gone = gone || c.trashed || is == ""
			newer = newer || is != c.version
		}
		switch {
		case gone:
			err = t.endApproval(ctx, o.Approval, ApprovalWithdrawn, ApprovalCancelled, LaneOver)
		case newer:
			err = t.endApproval(ctx, o.Approval, ApprovalOutdated, ApprovalSuperseded, LaneTeam)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// outdateContent ends the open approvals of a deliverable whose content changed:
// what is there is not what was asked for.
func (t *tx) outdateContent(ctx context.Context, of, id string) error {
	return t.endAbout(ctx, of, id, ApprovalOutdated, ApprovalSuperseded, LaneTeam)
}

// unaskDeliverable ends the open approvals of a deliverable that is concealed.
func (t *tx) unaskDeliverable(ctx context.Context, id DeliverableID) error {
	if err := t.endAbout(ctx, askedOfDeliverable, string(id), ApprovalWithdrawn, ApprovalCancelled, LaneOver); err != nil {
		return err
	}
	return t.hideAsking(ctx, askedOfDeliverable, string(id))
}

func (t *tx) endAbout(ctx context.Context, of, id string, to ApprovalState, k Kind, lane Lane) error {
	open, err := t.openAbout(ctx, of, id)
	if err != nil {
		return err
	}
	for _, o := range open {
		if err := t.endApproval(ctx, o.Approval, to, k, lane); err != nil {
			return err
		}
	}
	return nil
}

// hideAsking takes what happened to approvals, and to what was asked to be changed
// in them, out of the client's sight, with what they are about.
func (t *tx) hideAsking(ctx context.Context, of string, ids ...any) error {
	_, err := t.exec(ctx, `UPDATE events SET shown = 0 WHERE shown = 1 AND (subject IN (`+of+`) OR subject IN (`+changesIn+`(`+of+`)))`, ids...)
	return err
}

// viewedBy notes that somebody who is asked has looked at an approval.
func (t *tx) viewedBy(ctx context.Context, id ApprovalID) error {
	a, err := approval(ctx, t, id)
	if err == ErrNotFound || err == nil && !a.Waits && !a.Advises {
		return nil
	}
	if err != nil {
		return err
	}
	if err := t.lock(ctx, string(a.Client)); err != nil {
		return err
	}
	f, err := t.flow(ctx, id)
	if err != nil {
		return err
	}
	w, err := t.signer(ctx, t.me.actor.person, a.Client)
	if err != nil {
		return err
	}
	n, err := t.exec(ctx, `
UPDATE approval_people SET viewed_at = $1, viewed_name = $5 WHERE approval_id = $2 AND stage = $3 AND person_id = $4 AND viewed_at IS NULL`,
		t.now, string(id), f.stage, string(t.me.actor.person), w.name)
	if err != nil || n == 0 {
		return err
	}
	if err := t.looked(ctx, id); err != nil {
		return err
	}
	h := a.happened(ApprovalViewed, Team, nil)
	h.Apart = true
	return t.record(ctx, h)
}

// inZones does what there is to do for the clients of each time zone, on the day that it
// is there; of the zone "" are those who go by the workspace's.
func (p *Portal) inZones(ctx context.Context, do func(zone, day string) error) error {
	brand, err := p.Brand(ctx)
	if err != nil {
		return err
	}
	zones, err := p.clientZones(ctx)
	for _, zone := range zones {
		if err != nil {
			break
		}
		err = do(zone, p.now().In(zoneOf(cmp.Or(zone, brand.TimeZone))).Format(time.DateOnly))
	}
	return err
}

// EndLapsed ends the approvals that nobody can answer any more, and says how many.
func (p *Portal) EndLapsed(ctx context.Context) (n int, err error) {
	var due []openApproval
	err = p.inZones(ctx, func(zone, day string) error {
		some, err := p.lapsed(ctx, zone, day, remindersAtOnce)
		due = append(due, some...)
		return err
	})
	for _, o := range due {
		if err != nil {
			break
		}
		err = p.change(ctx, func(t *tx) error {
			if err := t.lock(ctx, string(o.Client)); err != nil {
				return err
			}
			err := t.endApproval(ctx, o.Approval, ApprovalLapsed, ApprovalExpired, LaneTeam)
			if err == ErrConflict { // somebody answered meanwhile
				t.quiet("it was decided")
				err = nil
			}
			return err
		})
		n++
	}
	return n, err
}

// The kinds of the mails that ask for an approval, that remind of one, and that ask
// to confirm what was said by phone.
const (
	MailApproval         = "approval"
	MailApprovalReminder = "approval_reminder"
	MailApprovalCall     = "approval_call"
)

// RemindOfApprovals queues the reminders of approvals whose time has come, as
// sendReminders says.
func (p *Portal) RemindOfApprovals(ctx context.Context, last time.Time) error {
	return p.sendReminders(ctx, last, reminders{
		mail: MailApprovalReminder,
		due:  p.dueApprovals,
		move: `UPDATE approvals SET remind_at = $1, reminded_at = COALESCE($2, reminded_at) WHERE id = $3 AND remind_at = $4 AND asking = 1`,
		whom: func(ctx context.Context, d *db.Tx, id string) ([]PersonID, error) {
			return stillAsked(ctx, d, ApprovalID(id))
		},
		says: (*tx).reminding,
	})
}
