package words

import (
	"strconv"
	"time"
)

// Days are counted on the reader's calendar: what happened at 23:00 was
// "yesterday" an hour and a half later only if it is also some hours ago.

// Time writes "Thu 12 Mar, 17:00 (in 2 days)", with the year when it is not this
// one.
func (b *Book) Time(t, now time.Time) string {
	date := b.date(civilOf(t.In(b.zone)), civilOf(now.In(b.zone)))
	return b.T("date.time", "date", date, "clock", b.Clock(t), "when", b.Ago(t, now))
}

// Day writes a day, YYYY-MM-DD, as "Thu 12 Mar (in 2 days)". What is not a day is
// returned as it is, here and in ShortDay.
func (b *Book) Day(day string, now time.Time) string {
	d, ok := parseDay(day)
	if !ok {
		return day
	}
	today := civilOf(now.In(b.zone))
	return b.T("date.day", "date", b.date(d, today), "when", b.days(d.number-today.number))
}

// ShortDay writes a day as "12 Mar".
func (b *Book) ShortDay(day string) string {
	d, ok := parseDay(day)
	if !ok {
		return day
	}
	return b.short(d, d)
}

// DayOf heads what happened on the day of t: "Today", "Yesterday", "Thu 12 Mar".
func (b *Book) DayOf(t time.Time) string { return b.dayOf(t, time.Now()) }

func (b *Book) dayOf(t, now time.Time) string {
	d, today := civilOf(t.In(b.zone)), civilOf(now.In(b.zone))
	switch today.number - d.number {
	case 0:
		return b.T("date.heading.today")
	case 1:
		return b.T("date.heading.yesterday")
	}
	return b.date(d, today)
}

// Clock writes the time of day: 14:02.
func (b *Book) Clock(t time.Time) string {
	hour, minute, _ := t.In(b.zone).Clock()
	return string([]byte{
		byte('0' + hour/10), byte('0' + hour%10), ':',
		byte('0' + minute/10), byte('0' + minute%10),
	})
}

// Ago says how far t is from now, in either direction: "2 days ago", "just now",
// "in 3 hours", "tomorrow".
func (b *Book) Ago(t, now time.Time) string {
	gap := t.Sub(now)
	past := gap < 0
	if past {
		gap = -gap
	}
	days := civilOf(t.In(b.zone)).number - civilOf(now.In(b.zone)).number
	switch {
	case gap < time.Minute && past:
		return b.T("ago.now")
	case gap < time.Minute:
		return b.T("in.now")
	case gap < time.Hour && past:
		return b.N("ago.minutes", int(gap/time.Minute))
	case gap < time.Hour:
		return b.N("in.minutes", int(gap/time.Minute))
	case (days == 0 || gap < 6*time.Hour) && past:
		return b.N("ago.hours", int(gap/time.Hour))
	case days == 0 || gap < 6*time.Hour:
		return b.N("in.hours", int(gap/time.Hour))
	}
	return b.days(days)
}

// days says how far a day is from today.
func (b *Book) days(n int) string {
	switch {
	case n == 0:
		return b.T("in.today")
	case n == 1:
		return b.T("in.tomorrow")
	case n == -1:
		return b.T("ago.yesterday")
	case n > 0:
		switch unit, n := scale(n); unit {
		case 'd':
			return b.N("in.days", n)
		case 'w':
			return b.N("in.weeks", n)
		case 'm':
			return b.N("in.months", n)
		default:
			return b.N("in.years", n)
		}
	default:
		switch unit, n := scale(-n); unit {
		case 'd':
			return b.N("ago.days", n)
		case 'w':
			return b.N("ago.weeks", n)
		case 'm':
			return b.N("ago.months", n)
		default:
			return b.N("ago.years", n)
		}
	}
}

// scale picks the unit in which a number of days is easiest to feel.
func scale(days int) (unit byte, n int) {
	switch {
	case days < 14:
		return 'd', days
	case days < 61:
		return 'w', days / 7
	case days < 730:
		return 'm', days * 12 / 365
	}
	return 'y', days * 100 / 36525
}

// For says how long: "2 days", "3 hours". It rounds down.
func (b *Book) For(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < time.Minute:
		return b.T("for.moment")
	case d < time.Hour:
		return b.N("for.minutes", int(d/time.Minute))
	case d < day:
		return b.N("for.hours", int(d/time.Hour))
	case d < 61*day:
		return b.N("for.days", int(d/day))
	case d < 730*day:
		return b.N("for.months", int(d/day)*12/365)
	}
	return b.N("for.years", int(d/day)*100/36525)
}

// Since says from when: "since 14:02", "since yesterday", "since Monday",
// "since 12 Mar".
func (b *Book) Since(t, now time.Time) string {
	d, today := civilOf(t.In(b.zone)), civilOf(now.In(b.zone))
	var from string
	switch n := today.number - d.number; {
	case n == 0:
		from = b.Clock(t)
	case n == 1:
		from = b.T("ago.yesterday")
	case n > 1 && n < 7:
		from = b.lang.longdays[d.weekday]
	default:
		from = b.short(d, today)
	}
	return b.T("date.since", "day", from)
}

// Due says when a day, YYYY-MM-DD, falls due: "due tomorrow", "due in 5 days",
// "due 12 Mar", "3 days overdue". It is overdue from the day after. What is not a
// day is not due.
func (b *Book) Due(day string, now time.Time) (text string, overdue bool) {
	d, ok := parseDay(day)
	if !ok {
		return "", false
	}
	today := civilOf(now.In(b.zone))
	switch n := d.number - today.number; {
	case n < 0:
		return b.N("due.overdue", -n), true
	case n < 14:
		return b.T("due.on", "when", b.days(n)), false
	}
	return b.T("due.on", "when", b.short(d, today)), false
}

// Until counts the days to a day, YYYY-MM-DD; less than none when it has passed.
func (b *Book) Until(day string, now time.Time) (days int, ok bool) {
	d, ok := parseDay(day)
	return d.number - civilOf(now.In(b.zone)).number, ok
}

// date writes "Thu 12 Mar", with the year unless it is today's.
func (b *Book) date(d, today civil) string {
	weekday, month, date := b.lang.weekdays[d.weekday], b.lang.months[d.month], strconv.Itoa(d.day)
	if d.year == today.year {
		return b.T("date.date", "weekday", weekday, "day", date, "month", month)
	}
	return b.T("date.date_year", "weekday", weekday, "day", date, "month", month, "year", strconv.Itoa(d.year))
}

// short writes "12 Mar", with the year unless it is today's.
func (b *Book) short(d, today civil) string {
	month, date := b.lang.months[d.month], strconv.Itoa(d.day)
	if d.year == today.year {
		return b.T("date.short", "day", date, "month", month)
	}
	return b.T("date.short_year", "day", date, "month", month, "year", strconv.Itoa(d.year))
}

// civil is a day on the calendar.
type civil struct {
	year, day int
	month     time.Month
	weekday   time.Weekday
	number    int // of days since 1 January 1970, to subtract
}

func civilOf(t time.Time) civil {
	year, month, day := t.Date()
	midnight := time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix()
	return civil{year, day, month, t.Weekday(), int(midnight / 86400)}
}

func parseDay(s string) (civil, bool) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return civil{}, false
	}
	return civilOf(t), true
}
