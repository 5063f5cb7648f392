package portal

import (
	"context"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// The kinds of the mails that remind of a sign-off, and that tell others that nobody
// answers.
const (
	MailSignoffReminder  = "signoff_reminder"
	MailSignoffEscalated = "signoff_escalated"
)

// planSignoff says when to remind of a sign-off that is asked, and when others are
// told of it.
func (t *tx) planSignoff(ctx context.Context, s Signoff, c WorkCalendar) error {
	if s.DueOn == "" {
		return nil
	}
	now := t.me.p.now()
	var remind any
	if !s.Remind {
		// They were asked without.
	} else if at := nextReminder(s.DueOn, c.Zone, now); !at.IsZero() {
		remind = db.Micros(at)
	}
	at := c.escalation(s.DueOn)
	if at.Before(now) { // it is asked late: there are as many days to answer
		at = c.escalation(now.In(c.Zone).Format(time.DateOnly))
	}
	return t.must(ctx, `UPDATE signoffs SET remind_at = $1, escalate_at = $2 WHERE id = $3 AND state = 'asked'`, remind, db.Micros(at), string(s.ID))
}

// signoffViewed notes that somebody who can sign has looked at what they are asked
// to.
func (t *tx) signoffViewed(ctx context.Context, id SignoffID) error {
	s, err := signoff(ctx, t, id)
	if err == ErrNotFound || err == nil && !s.MaySign() {
		return nil
	}
	if err != nil {
		return err
	}
	if err := t.lock(ctx, string(s.Client)); err != nil {
		return err
	}
	w, err := t.signer(ctx, t.me.actor.person, s.Client)
	if err != nil {
		return err
	}
	if new, err := t.lookAtSignoff(ctx, id, w.name); err != nil || !new {
		return err
	}
	h := s.happened(SignoffViewed, nil)
	h.Audience, h.Apart = Team, true
	return t.record(ctx, h)
}

// lookAtSignoff notes that the actor, of that name, has looked at a sign-off, and
// reports whether it is the first time.
func (t *tx) lookAtSignoff(ctx context.Context, id SignoffID, name string) (new bool, err error) {
	by := string(t.me.actor.person)
	n, err := t.exec(ctx, `
INSERT INTO signoff_views (signoff_id, person_id, name, at) VALUES ($1, $2, $3, $4)
ON CONFLICT (signoff_id, person_id) DO NOTHING`, string(id), by, name, t.now)
	if err != nil || n == 0 {
		return false, err
	}
	_, err = t.exec(ctx, `UPDATE signoffs SET viewed_at = $1, viewed_by = $2 WHERE id = $3 AND viewed_at IS NULL AND state = 'asked'`, t.now, by, string(id))
	return true, err
}

// A FirstLook is when somebody has first looked.
type FirstLook struct {
	By string // the name, as it was then
	At time.Time
}

// SignoffLooks are who of those that can sign has looked at what they are asked to,
// in turn. For the team.
func (me *Scope) SignoffLooks(ctx context.Context, id SignoffID) ([]FirstLook, error) {
	rows, err := me.query(ctx, `
SELECT x.by_name, x.at FROM my_signoff_course x WHERE x.signoff_id = $2 AND x.kind = 'signoff_viewed' AND x.side = 'team' ORDER BY x.at, x.by_name LIMIT $3`, string(id), maxLooks)
	return list(rows, err, func(r *db.Rows) (l FirstLook, err error) { return l, r.Scan(&l.By, micros{&l.At}) })
}

// maxLooks bounds the people whose first look is told.
const maxLooks = 50

// RemindOfSignoff mails those who may sign it off. Takes Contribute; once an hour,
// else Invalid. ErrConflict when it was answered.
func (me *Scope) RemindOfSignoff(ctx context.Context, id SignoffID) error {
	return me.write(ctx, func(t *tx) error {
		s, err := t.ownSignoff(ctx, id)
		switch {
		case err != nil:
			return err
		case s.State != SignoffOpen:
			return ErrConflict
		case !t.remindsAgain(s.RemindedAt):
			return invalid("remind", "just_reminded")
		}
		who, err := signers(ctx, t.Tx, id)
		if err != nil {
			return err
		}
		if len(who) == 0 {
			return invalid("remind", "nobody_signs")
		}
		if err := t.must(ctx, `UPDATE signoffs SET reminded_at = $1 WHERE id = $2 AND state = 'asked'`, t.now, string(id)); err != nil {
			return err
		}
		h := s.happened(SignoffReminded, nil)
		h.Audience, h.Tells = Team, who
		return t.record(ctx, h)
	})
}

// RemindOfSignoffs queues the reminders of sign-offs whose time has come, as
// sendReminders says.
func (p *Portal) RemindOfSignoffs(ctx context.Context, last time.Time) error {
	return p.sendReminders(ctx, last, reminders{
		mail: MailSignoffReminder,
		due:  p.dueSignoffs,
		move: `UPDATE signoffs SET remind_at = $1, reminded_at = COALESCE($2, reminded_at) WHERE id = $3 AND remind_at = $4 AND state = 'asked'`,
		whom: func(ctx context.Context, d *db.Tx, id string) ([]PersonID, error) {
			return signers(ctx, d, SignoffID(id))
		},
		says: (*tx).signoffReminding,
	})
}

// followSignoffs tells others of the sign-offs that are overdue for days, and plans
// that for those that were asked before anybody was told.
func (p *Portal) followSignoffs(ctx context.Context, last time.Time) error {
	all, err := p.unfollowed(ctx, remindersAtOnce)
	for _, s := range all {
		if err != nil {
			break
		}
		err = p.change(ctx, func(t *tx) error {
			if err := t.lock(ctx, string(s.Client)); err != nil {
				return err
			}
			if s.at == 0 || !p.fresh(db.FromMicros(s.at), last) { // not planned yet, or told before a backup was brought back
				t.quiet("it is when others will be told")
				c, err := t.calendarOf(ctx, s.Client)
				if err != nil {
					return err
				}
				return t.planSignoff(ctx, s.Signoff, c)
			}
			n, err := t.exec(ctx, `UPDATE signoffs SET escalate_at = NULL, escalated_at = $1 WHERE id = $2 AND escalate_at IS NOT NULL AND state = 'asked'`, t.now, string(s.ID))
			if err != nil || n == 0 {
				t.quiet("somebody was quicker")
				return err
			}
			h := s.happened(SignoffEscalated, nil)
			h.Audience = Team
			if h.Tells, err = t.toldOfSignoff(ctx, s.ID); err != nil {
				return err
			}
			return t.record(ctx, h)
		})
	}
	return err
}
