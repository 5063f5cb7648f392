package demo

import "time"

// A day is counted in working days from now. What happened is negative: -1 is
// today once the office is open, else the working day before. What is to come
// is positive: 1 is today, or the next working day. 0 is no day.
type day int

// days turns them into dates.
type days struct {
	now    time.Time // in the studio's zone
	latest time.Time // midnight of day -1
	next   time.Time // midnight of day 1
}

const (
	opens  = 9*time.Hour + 5*time.Minute
	closes = 17*time.Hour + 20*time.Minute
)

func daysAround(now time.Time) days {
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	d := days{now: now, latest: midnight, next: midnight}
	if now.Sub(midnight) < opens+time.Hour { // too early for anything to have happened today
		d.latest = midnight.AddDate(0, 0, -1)
	}
	for weekend(d.latest) {
		d.latest = d.latest.AddDate(0, 0, -1)
	}
	for weekend(d.next) {
		d.next = d.next.AddDate(0, 0, 1)
	}
	return d
}

func weekend(t time.Time) bool { return t.Weekday() == time.Saturday || t.Weekday() == time.Sunday }

// midnight begins the day.
func (d days) midnight(n day) time.Time {
	at, left, by := d.latest, int(-n)-1, -1
	if n > 0 {
		at, left, by = d.next, int(n)-1, 1
	}
	for left > 0 {
		at = at.AddDate(0, 0, by)
		if !weekend(at) {
			left--
		}
	}
	return at
}

// date is how the portal writes the day; empty for no day.
func (d days) date(n day) string {
	if n == 0 {
		return ""
	}
	return d.midnight(n).Format(time.DateOnly)
}

// hours are the office's on a day that has begun, as far as they are over.
func (d days) hours(n day) (from, to time.Time) {
	m := d.midnight(n)
	at := func(after time.Duration) time.Time {
		return time.Date(m.Year(), m.Month(), m.Day(), 0, int(after.Minutes()), 0, 0, m.Location())
	}
	from, to = at(opens), at(closes)
	if last := d.now.Add(-2 * time.Minute); to.After(last) {
		to = last
	}
	return from, to
}
