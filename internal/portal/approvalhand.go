package portal

import (
	"context"
	"slices"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// escalateAfter is how many working days after it was due others are told that
// nobody has answered an approval.
const escalateAfter = 2

// MailApprovalEscalated is the kind of the mails that tell them.
const MailApprovalEscalated = "approval_escalated"

// Colleagues returns to whom the actor can hand what they are asked in an approval:
// the client's people who may decide in its project and are not asked themselves.
func (me *Scope) Colleagues(ctx context.Context, a Approval) ([]ProjectPerson, error) {
	if a.Team() || !a.Waits || !a.Can(Decide) {
		return nil, nil
	}
	return me.p.stillFree(ctx, a.ID)
}

// Delegate hands the actor's own decision to a colleague at the same client, who is
// mailed. The record keeps whose it was. ErrConflict when none waits for the actor.
func (me *Scope) Delegate(ctx context.Context, id ApprovalID, to PersonID) error {
	return me.write(ctx, func(t *tx) error {
		a, f, err := t.handed(ctx, id)
		switch {
		case err != nil:
			return err
		case a.Held.Team() || !a.Can(Decide):
			return ErrForbidden
		case !a.Waits:
			return ErrConflict
		}
		name, err := t.give(ctx, a.ID, f.stage, me.actor.person, to, Decide)
		if err != nil {
			return err
		}
		h := a.happened(ApprovalDelegated, a.audience(), Details{"person": name})
		h.Person = to
		return t.record(ctx, h)
	})
}

// Reassign asks somebody else instead of one who has not answered. Takes
// Contribute. What others have answered stays.
func (me *Scope) Reassign(ctx context.Context, id ApprovalID, from, to PersonID) error {
	return me.write(ctx, func(t *tx) error {
		if _, _, err := t.approvalHeld(ctx, id, Contribute); err != nil {
			return err
		}
		a, f, err := t.handed(ctx, id)
		if err != nil {
			return err
		}
		right := Decide
		if f.stages[f.stage-1].of == Team {
			right = 0
		}
		name, err := t.give(ctx, a.ID, f.stage, from, to, right)
		if err != nil {
			return err
		}
		if err := t.unstrand(ctx, a.ID, f.stages[f.stage-1].of); err != nil {
			return err
		}
		was, err := t.nameOf(ctx, from)
		if err != nil {
			return err
		}
		h := a.happened(ApprovalReassigned, a.audience(), Details{"person": name, "old": was})
		h.Person = to
		return t.record(ctx, h)
	})
}

// TakeOver lets a lead of the client decide instead of one who has not answered,
// once that was escalated. Takes Decide and Invite.
func (me *Scope) TakeOver(ctx context.Context, id ApprovalID, from PersonID) error {
	return me.write(ctx, func(t *tx) error {
		a, f, err := t.handed(ctx, id)
		switch {
		case err != nil:
			return err
		case !a.MayTakeOver():
			return ErrForbidden
		}
		if _, err := t.give(ctx, a.ID, f.stage, from, me.actor.person, Decide); err != nil {
			return err
		}
		was, err := t.nameOf(ctx, from)
		if err != nil {
			return err
		}
		return t.record(ctx, a.happened(ApprovalTaken, a.audience(), Details{"old": was}))
	})
}

// MayTakeOver reports whether the reader, as a lead of the client, can decide
// instead of one who does not answer.
func (a Approval) MayTakeOver() bool {
	return !a.Team() && a.Asking && !a.Waits && !a.EscalatedAt.IsZero() && a.Can(Decide) && a.Can(Invite)
}

// handed loads an approval that is asked, under the lock of its client's chain, to
// change who answers it.
func (t *tx) handed(ctx context.Context, id ApprovalID) (a Approval, f flow, err error) {
	if a, err = t.lockedApproval(ctx, id); err != nil {
		return a, f, err
	}
	if !a.Asking {
		return a, f, ErrConflict
	}
	f, err = t.flow(ctx, id)
	return a, f, err
}

// give has one person answer in a stage instead of another, who has not, and says
// their name. Invalid when they are asked already, or may not do what; ErrConflict
// when that stage does not ask any more.
func (t *tx) give(ctx context.Context, id ApprovalID, stage int, from, to PersonID, what Rights) (name string, err error) {
	name, err = t.mayAnswer(ctx, id, to, what)
	if err == ErrNotFound {
		err = invalid("person", "cannot_decide")
	}
	if err != nil {
		return "", err
	}
	f, err := t.flow(ctx, id)
	if err != nil {
		return "", err
	}
	mine := slices.IndexFunc(f.people, func(x flowPerson) bool { return x.stage == stage && x.person == from && !x.adviser })
	switch {
	case mine < 0 || f.people[mine].decision != "":
		return "", ErrConflict
	case from == to || slices.ContainsFunc(f.people, func(x flowPerson) bool { return x.stage == stage && x.person == to }):
		return "", invalid("person", "asked_already")
	}
	first := f.people[mine].instead
	if first == "" {
		first = from
	}
	if first == to {
		first = ""
	}
	if err := t.givenAway(ctx, id, stage, from, to); err != nil {
		return "", err
	}
	if err := t.voidCalls(ctx, id, from); err != nil {
		return "", err
	}
	n, err := t.exec(ctx, `UPDATE approval_people SET given_to = NULL, given_as = '', for_id = $1 WHERE approval_id = $2 AND stage = $3 AND person_id = $4 AND given_to IS NOT NULL`,
		nullable(first), string(id), stage, string(to))
	if err == nil && n == 0 { // it does not come back
		err = t.must(ctx, `INSERT INTO approval_people (approval_id, stage, person_id, role, for_id) VALUES ($1, $2, $3, 'decider', $4)`, string(id), stage, string(to), nullable(first))
	}
	if err != nil {
		return "", err
	}
	return name, t.looked(ctx, id)
}

// unstrand says that somebody can answer again.
func (t *tx) unstrand(ctx context.Context, id ApprovalID, of Side) error {
	_, err := t.exec(ctx, `UPDATE approvals SET stranded_at = NULL, lane = $1, turn = $1, turn_since = $2 WHERE id = $3 AND stranded_at IS NOT NULL AND asking = 1`, string(of), t.now, string(id))
	return err
}

// escalateAt is when others are told that an approval is overdue; nil without a day.
// Whoever is asked only after that has the same working days from now.
func (t *tx) escalateAt(ctx context.Context, client ClientID, dueOn string) (any, error) {
	c, err := t.workCalendar(ctx, client)
	if err != nil {
		return nil, err
	}
	at := c.escalation(dueOn)
	if at.IsZero() {
		return nil, nil
	}
	if now := t.me.p.now().In(c.Zone); at.Before(now) {
		at = c.escalation(now.Format(time.DateOnly))
	}
	return db.Micros(at), nil
}

// escalation is when others are told of what was due on a day; the zero time without
// one.
func (c WorkCalendar) escalation(dueOn string) time.Time {
	due, err := time.ParseInLocation(time.DateOnly, dueOn, c.Zone)
	if err != nil || dueOn == "" {
		return time.Time{}
	}
	day := c.WorkingDay(due, escalateAfter)
	return time.Date(day.Year(), day.Month(), day.Day(), reminderHour, 0, 0, 0, c.Zone)
}

// FollowApprovals does what time brings to approvals that are asked: it hands the
// decisions of people who are away to their deputies, and back, tells the team of those
// that nobody can answer any more, or somebody whose answer is needed, and tells others of
// those that are overdue, as of sign-offs. Last is
// when it did so before, as in sendReminders: after a backup was brought back nobody
// is told again at once.
func (p *Portal) FollowApprovals(ctx context.Context, last time.Time) error {
	for _, k := range []Kind{ApprovalCameBack, ApprovalDeputised} {
		if err := p.handAll(ctx, k); err != nil {
			return err
		}
	}
	if err := p.findStranded(ctx); err != nil {
		return err
	}
	if err := p.findMissing(ctx); err != nil {
		return err
	}
	if err := p.plan(ctx); err != nil {
		return err
	}
	if err := p.escalate(ctx, last); err != nil {
		return err
	}
	return p.followSignoffs(ctx, last)
}

// plan says when others are told of approvals that were asked before anybody was:
// not before now.
func (p *Portal) plan(ctx context.Context) error {
	all, err := p.unplanned(ctx, remindersAtOnce)
	for _, o := range all {
		if err != nil {
			break
		}
		err = p.change(ctx, func(t *tx) error {
			t.quiet("it is when others will be told")
			if err := t.lock(ctx, string(o.Client)); err != nil {
				return err
			}
			c, err := t.calendarOf(ctx, o.Client)
			if err != nil {
				return err
			}
			_, err = t.exec(ctx, `UPDATE approvals SET escalate_at = $1 WHERE id = $2 AND escalate_at IS NULL AND escalated_at IS NULL AND asking = 1`, max(db.Micros(c.escalation(o.DueOn)), t.now), string(o.ID))
			return err
		})
	}
	return err
}

// handAll hands the decisions of people who are away to their deputies, or gives people
// who are not away any more what their deputies have not decided, on the day that it is
// where their client is.
func (p *Portal) handAll(ctx context.Context, k Kind) error {
	return p.inZones(ctx, func(zone, day string) (err error) {
		var all []handOver
		if k == ApprovalDeputised {
			all, err = p.awayAsked(ctx, zone, day, remindersAtOnce)
		} else {
			all, err = backAgain(ctx, p.db, day, remindersAtOnce, `c.time_zone = $3`, zone)
		}
		for _, x := range all {
			if err == nil {
				err = p.handOne(ctx, x, k)
			}
		}
		return err
	})
}

func (p *Portal) handOne(ctx context.Context, x handOver, k Kind) error {
	return p.change(ctx, func(t *tx) error { return t.handOver(ctx, x, k) })
}

// takeBack is handAll of what comes back, of the actor's own at a client, on a day there.
func (t *tx) takeBack(ctx context.Context, client ClientID, day string) error {
	back, err := backAgain(ctx, t, day, remindersAtOnce, `x.person_id = $3 AND a.client_id = $4`, string(t.me.actor.person), string(client))
	for _, x := range back {
		if err == nil {
			err = t.handOver(ctx, x, ApprovalCameBack)
		}
	}
	return err
}

// handOver has a decision go to a deputy, or back, as far as it still can.
func (t *tx) handOver(ctx context.Context, x handOver, k Kind) error {
	if err := t.lock(ctx, string(x.Client)); err != nil {
		return err
	}
	f, err := t.flow(ctx, x.ID)
	if err != nil {
		return err
	}
	name, err := t.give(ctx, x.ID, f.stage, x.from, x.to, Decide)
	if _, refused := err.(*Invalid); refused || err == ErrConflict { // somebody was quicker
		t.quiet("nothing is left to hand on")
		return nil
	}
	if err != nil {
		return err
	}
	as := "back"
	if k == ApprovalDeputised {
		as = "away"
	}
	if err := t.must(ctx, `UPDATE approval_people SET given_as = $1 WHERE approval_id = $2 AND stage = $3 AND person_id = $4`, as, string(x.ID), f.stage, string(x.from)); err != nil {
		return err
	}
	was, err := t.nameOf(ctx, x.from)
	if err != nil {
		return err
	}
	h := x.happened(k, x.audience(), Details{"person": name, "old": was})
	if x.to != t.me.actor.person { // who takes it back knows
		h.Person = x.to
	}
	return t.record(ctx, h)
}

// findStranded moves approvals that nobody can answer any more to the team, which
// is told, and back once somebody can.
func (p *Portal) findStranded(ctx context.Context) error {
	all, err := p.strandings(ctx, remindersAtOnce)
	for _, o := range all {
		if err != nil {
			break
		}
		err = p.change(ctx, func(t *tx) error {
			if err := t.lock(ctx, string(o.Client)); err != nil {
				return err
			}
			who, err := stillAsked(ctx, t.Tx, o.ID)
			switch {
			case err != nil:
				return err
			case len(who) > 0:
				t.quiet("it is asked as before")
				return t.unstrand(ctx, o.ID, o.of)
			}
			n, err := t.exec(ctx, `UPDATE approvals SET stranded_at = $1, lane = 'team', turn = 'team', turn_since = $1 WHERE id = $2 AND stranded_at IS NULL AND asking = 1`, t.now, string(o.ID))
			if err != nil || n == 0 {
				t.quiet("it is known already, or over")
				return err
			}
			return t.record(ctx, o.happened(ApprovalStranded, Team, nil))
		})
	}
	return err
}

// findMissing tells the team of somebody who can no longer answer while others can,
// where without them it cannot be approved.
func (p *Portal) findMissing(ctx context.Context) error {
	all, err := p.missing(ctx, remindersAtOnce)
	for _, m := range all {
		if err != nil {
			break
		}
		err = p.change(ctx, func(t *tx) error {
			if err := t.lock(ctx, string(m.Client)); err != nil {
				return err
			}
			f, err := t.flow(ctx, m.ID)
			if err != nil {
				return err
			}
			able, err := stillAsked(ctx, t.Tx, m.ID)
			if err != nil {
				return err
			}
			var at any
			if !m.known {
				at = t.now
			}
			n, err := t.exec(ctx, `UPDATE approval_people SET gone_at = $1 WHERE approval_id = $2 AND stage = $3 AND person_id = $4 AND decision_id IS NULL AND given_to IS NULL`,
				at, string(m.ID), f.stage, string(m.person))
			if err != nil || n == 0 || m.known || slices.Contains(able, m.person) || len(able) == 0 || f.reaches(len(able)) {
				t.quiet("it is asked as before, or known already")
				return err
			}
			name, err := t.nameOf(ctx, m.person)
			if err != nil {
				return err
			}
			h := m.happened(ApprovalLacks, Team, Details{"person": name})
			h.Person = m.person
			return t.record(ctx, h)
		})
	}
	return err
}

// reaches reports whether the present stage can still be approved when so many more
// of those who decide in it do.
func (f flow) reaches(able int) bool {
	deciders, yes := 0, able
	for _, x := range f.people {
		if x.stage == f.stage && !x.adviser {
			deciders++
			if x.answer.approves() {
				yes++
			}
		}
	}
	return f.stages[f.stage-1].rule.satisfied(yes, deciders)
}

// Lacks names, of all who are asked in a stage with the rule, those who can no longer
// answer, when without them it cannot be approved.
func (r Rule) Lacks(people []ApprovalPerson) (names []string) {
	deciders, yes := 0, 0
	for _, x := range people {
		if x.Adviser {
			continue
		}
		deciders++
		switch {
		case x.Answer.approves() || x.Answer == "" && !x.Gone:
			yes++
		case x.Answer == "":
			names = append(names, x.Name)
		}
	}
	if r.satisfied(yes, deciders) {
		return nil
	}
	return names
}

// escalate tells the leads of the client who are not asked, and whoever asked, of
// what is overdue for days.
func (p *Portal) escalate(ctx context.Context, last time.Time) error {
	due, err := p.overdueLong(ctx, remindersAtOnce)
	for _, o := range due {
		if err != nil {
			break
		}
		err = p.change(ctx, func(t *tx) error {
			if err := t.lock(ctx, string(o.Client)); err != nil {
				return err
			}
			if !p.fresh(db.FromMicros(o.at), last) { // told before a backup was brought back, or nobody saw it meanwhile
				t.quiet("it is put off")
				c, err := t.calendarOf(ctx, o.Client)
				if err != nil {
					return err
				}
				later := c.escalation(p.now().In(c.Zone).Format(time.DateOnly))
				_, err = t.exec(ctx, `UPDATE approvals SET escalate_at = $1 WHERE id = $2 AND escalate_at IS NOT NULL AND asking = 1`, db.Micros(later), string(o.ID))
				return err
			}
			n, err := t.exec(ctx, `UPDATE approvals SET escalate_at = NULL, escalated_at = $1 WHERE id = $2 AND escalate_at IS NOT NULL AND asking = 1`, t.now, string(o.ID))
			if err != nil || n == 0 {
				t.quiet("somebody was quicker")
				return err
			}
			h := o.happened(ApprovalEscalated, Team, nil)
			if h.Tells, err = t.escalatedTo(ctx, o.ID); err != nil {
				return err
			}
			return t.record(ctx, h)
		})
	}
	return err
}
