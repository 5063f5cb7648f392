package portal

import (
	"context"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// Reminders go out at this hour where the client is, on these days counted from
// the one on which something is due.
const reminderHour = 9

var reminderDays = []int{-1, 0, 3, 6, 9}

// reminderLate is how long after its time a reminder goes out without question.
// When it is later, the program was down for long, or its data were brought back
// from a backup, after which nobody is reminded twice.
const reminderLate = time.Hour

// nextReminder is when to remind next after a moment; the zero time: not again.
func nextReminder(dueOn string, zone *time.Location, after time.Time) time.Time {
	due, err := time.ParseInLocation(time.DateOnly, dueOn, zone)
	if err != nil {
		return time.Time{}
	}
	for _, d := range reminderDays {
		if at := time.Date(due.Year(), due.Month(), due.Day()+d, reminderHour, 0, 0, 0, zone); at.After(after) {
			return at
		}
	}
	return time.Time{}
}

// remindersAtOnce bounds one round of them.
const remindersAtOnce = 200

// A dueReminder is a reminder whose time has come.
type dueReminder struct {
	id    string // of what it reminds of
	dueOn string
	at    int64
	zone  string // of the client; empty: the workspace's
}

// reminders are those of one kind of thing.
type reminders struct {
	mail string                                                             // the kind of their mails
	due  func(ctx context.Context, limit int) ([]dueReminder, error)        // whose time has come
	move string                                                             // sets the next, $1, and the last, $2, of $3 while it is still due at $4
	whom func(ctx context.Context, d *db.Tx, id string) ([]PersonID, error) // gets them
	says func(*tx, context.Context, string) (Happening, error)              // records it, silently; nil: it is not recorded
}

// sendReminders queues the reminders whose time has come. Who gets one is found
// when it is queued, and asked again when it is sent. Of several that run at the
// same time, one queues each reminder. Last is when they were sent the last time,
// as far as is known from elsewhere than the database, which may be that of a
// backup: what fell due since then goes out however late.
func (p *Portal) sendReminders(ctx context.Context, last time.Time, of reminders) error {
	brand, err := p.Brand(ctx)
	if err != nil {
		return err
	}
	zone := zoneOf(brand.TimeZone)
	for {
		due, err := of.due(ctx, remindersAtOnce)
		if err != nil {
			return err
		}
		for _, r := range due {
			in := zone
			if r.zone != "" {
				in = zoneOf(r.zone)
			}
			if err := p.remind(ctx, of, r, in, last); err != nil {
				return err
			}
		}
		if len(due) < remindersAtOnce {
			return nil
		}
	}
}

// fresh reports whether what was due at a moment is still to be told.
func (p *Portal) fresh(at, last time.Time) bool {
	return p.now().Sub(at) < reminderLate || !last.IsZero() && last.Before(at)
}

// remind queues the mails of one reminder and sets the time of the next.
func (p *Portal) remind(ctx context.Context, of reminders, r dueReminder, zone *time.Location, last time.Time) error {
	return p.change(ctx, func(t *tx) error {
		d := t.Tx
		t.quiet("whom it reminds is mailed")
		var h Happening
		if of.says != nil {
			var err error
			if h, err = of.says(t, ctx, r.id); err != nil {
				return err
			}
			if err := t.lock(ctx, string(h.Client)); err != nil {
				return err
			}
		}
		now := p.now()
		fresh := p.fresh(db.FromMicros(r.at), last)
		var next, reminded any
		if at := nextReminder(r.dueOn, zone, now); !at.IsZero() {
			next = db.Micros(at)
		}
		if fresh {
			reminded = db.Micros(now)
		}
		n, err := d.Exec(ctx, of.move, next, reminded, r.id, r.at)
		if err != nil || n == 0 || !fresh {
			return err
		}
		who, err := of.whom(ctx, d, r.id)
		if err != nil {
			return err
		}
		for _, person := range who {
			if err := p.queueMail(ctx, d, of.mail, person, r.id); err != nil {
				return err
			}
		}
		if h.Kind == "" || len(who) == 0 {
			return nil
		}
		return t.record(ctx, h)
	})
}

// zoneOf is the time zone of a name; UTC when there is none.
func zoneOf(name string) *time.Location {
	if zone, err := time.LoadLocation(name); err == nil {
		return zone
	}
	return time.UTC
}
