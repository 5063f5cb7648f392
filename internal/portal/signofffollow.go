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
	if at := nextReminder(s.DueOn, c.Zone, now); !at.IsZero() {
		remind = db.Micros(at)
	}
	at := c.escalation(s.DueOn)
	if at.Before(now) { // it is asked late: there are as many days to answer
		at = c.escalation(now.In(c.Zone).Format(time.DateOnly))
	}
	return t.must(ctx, `UPDATE signoffs SET remind_at = $1, escalate_at = $2 WHERE id = $3 AND state = 'asked'`, remind, db.Micros(at), string(s.ID))
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
		err = p.program().change(ctx, func(t *tx) error {
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
