package portal

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"
)

// A Week is a set of weekdays: bits, Monday first.
type Week int64

const (
	everyDay Week = 1<<7 - 1
	weekdays Week = 1<<5 - 1 // Monday to Friday
)

// Has reports whether a weekday is in it, counted from Monday, 0.
func (w Week) Has(day int) bool { return w>>day&1 == 1 }

// A WorkCalendar says on which days somebody works, and where.
type WorkCalendar struct {
	Zone     *time.Location
	Week     Week
	Holidays []string // days, YYYY-MM-DD
}

// Calendar is the workspace's own. One that has said nothing of its hours works
// from Monday to Friday.
func (o Office) Calendar() WorkCalendar {
	c := WorkCalendar{Zone: o.Zone, Holidays: o.Hours.Holidays}
	for i, d := range o.Hours.Days {
		if d.From != "" {
			c.Week |= 1 << i
		}
	}
	if c.Week == 0 {
		c.Week = weekdays
	}
	return c
}

// WorkingDay is the day so many working days after another, or the day itself when
// there are too few in ten years.
func (c WorkCalendar) WorkingDay(from time.Time, days int) time.Time {
	day := from
	for i := 0; days > 0 && i < 3660; i++ {
		day = day.AddDate(0, 0, 1)
		if c.works(day) {
			days--
		}
	}
	if days > 0 {
		return from
	}
	return day
}

func (c WorkCalendar) works(day time.Time) bool {
	return c.Week.Has((int(day.Weekday())+6)%7) && !slices.Contains(c.Holidays, day.Format(time.DateOnly))
}

// ClientCalendar is what a client has of a calendar of its own. What is not set is
// as in the workspace.
type ClientCalendar struct {
	TimeZone    string // empty: not set
	Week        Week   // 0: not set
	OwnHolidays bool   // else Holidays are not set
	Holidays    []string
	Revision    int64 // of the client
	Workspace   WorkCalendar
}

// Own reports whether anything of it is the client's own.
func (c ClientCalendar) Own() bool { return c.TimeZone != "" || c.Week != 0 || c.OwnHolidays }

// Calendar is the one to go by.
func (c ClientCalendar) Calendar() WorkCalendar {
	cal := c.Workspace
	if c.TimeZone != "" {
		cal.Zone = zoneOf(c.TimeZone)
	}
	if c.Week != 0 {
		cal.Week = c.Week
	}
	if c.OwnHolidays {
		cal.Holidays = c.Holidays
	}
	return cal
}

// ClientCalendar returns the calendar by which a client's working days are counted,
// and the hour of its reminders is told. For the team.
func (me *Scope) ClientCalendar(ctx context.Context, id ClientID) (ClientCalendar, error) {
	c, h, err := clientCalendar(ctx, me, id)
	if err == nil && !h.Team() {
		err = ErrForbidden
	}
	return c, err
}

func clientCalendar(ctx context.Context, r reader, id ClientID) (c ClientCalendar, h Held, err error) {
	var week sql.NullInt64
	var holidays sql.NullString
	if err := r.get(ctx, `SELECT c.time_zone, c.working_days, c.holidays, c.revision, c.side, c.rights FROM my_clients c WHERE c.id = $2`, []any{string(id)},
		&c.TimeZone, &week, &holidays, &c.Revision, &h.Side, &h.Rights); err != nil {
		return c, h, err
	}
	c.Week, c.OwnHolidays, c.Holidays = Week(week.Int64), holidays.Valid, strings.Fields(holidays.String)
	o, err := office(ctx, r)
	c.Workspace = o.Calendar()
	return c, h, err
}

// workCalendar is the calendar of a client that the actor sees.
func (t *tx) workCalendar(ctx context.Context, id ClientID) (WorkCalendar, error) {
	c, _, err := clientCalendar(ctx, t, id)
	return c.Calendar(), err
}

const maxHolidays = 100

func (c *ClientCalendar) check() error {
	var k checks
	if _, err := time.LoadLocation(c.TimeZone); err != nil || c.TimeZone == "Local" {
		k.fail("time_zone", "time_zone")
	}
	if c.Week&^everyDay != 0 || c.Week < 0 {
		k.fail("week", "choice")
	}
	if len(c.Holidays) > maxHolidays {
		k.fail("holidays", "too_many", "max", "100")
	}
	for i, d := range c.Holidays {
		c.Holidays[i] = k.day("holidays", d)
	}
	return k.err()
}

// ChangeClientCalendar saves it. Days that were set by the old one stay. Takes
// Manage; ErrConflict when the client was changed since it was read.
func (me *Scope) ChangeClientCalendar(ctx context.Context, id ClientID, c ClientCalendar) error {
	c.Holidays = unique(c.Holidays)
	if err := c.check(); err != nil {
		return err
	}
	slices.Sort(c.Holidays)
	var week, holidays any
	if c.Week != 0 {
		week = int64(c.Week)
	}
	if c.OwnHolidays {
		holidays = strings.Join(c.Holidays, "\n")
	}
	return me.write(ctx, func(t *tx) error {
		was, err := t.managed(ctx, id)
		if err != nil {
			return err
		}
		if err := t.must(ctx, `UPDATE clients SET time_zone = $1, working_days = $2, holidays = $3, revision = revision + 1 WHERE id = $4 AND revision = $5`,
			c.TimeZone, week, holidays, string(id), c.Revision); err != nil {
			return err
		}
		return t.record(ctx, Happening{Kind: ClientChanged, Client: id, Subject: string(id), Details: Details{"title": was.Name}})
	})
}
