package ui

import (
	"fmt"
	"time"
)

// TimelineProps are the plain values a timeline is drawn from.
type TimelineProps struct {
	Label     string // what the picture shows, read out
	From, To  time.Time
	Today     time.Time // zero or outside draws no line
	TodayWord string
	Ticks     []Tick // months or weeks
	Rows      []TimelineRow
}

// Tick is a word over a vertical hairline.
type Tick struct {
	At   time.Time
	Word string
}

// TimelineRow is a phase (with a Start) or a milestone (without). Days are
// midnight UTC; a phase lasts to the end of its End day.
type TimelineRow struct {
	Step
	Start   time.Time
	End     time.Time
	Planned time.Time // the first date that was shown, when it moved
}

const (
	ganttHead = 32 // room for the tick words, in CSS pixels
	ganttRow  = 48
)

func (p TimelineProps) height() string { return fmt.Sprint(ganttHead + ganttRow*len(p.Rows) + 1) }

// x is where a moment lies between From and To, as a percentage that never
// leaves the picture.
func (p TimelineProps) x(t time.Time) string {
	return fmt.Sprintf("%.2f%%", p.share(t)*100)
}

func (p TimelineProps) share(t time.Time) float64 {
	span := p.To.Sub(p.From)
	if span <= 0 {
		return 0
	}
	return min(1, max(0, float64(t.Sub(p.From))/float64(span)))
}

// width is the length of a phase, never so short that it vanishes.
func (p TimelineProps) width(from, to time.Time) string {
	return fmt.Sprintf("%.2f%%", max(0.6, (p.share(to)-p.share(from))*100))
}

func (p TimelineProps) showsToday() bool {
	return p.Today.After(p.From) && p.Today.Before(p.To)
}

func (r TimelineRow) ends() time.Time { return r.End.AddDate(0, 0, 1) }

func y(i, offset int) string { return fmt.Sprint(ganttHead + ganttRow*i + offset) }

// todayBox centres the word over its line without leaving the picture.
func (p TimelineProps) todayBox() string {
	return fmt.Sprintf("%.2f%%", min(0.97, max(0.03, p.share(p.Today)))*100)
}

// tickShows hides tick words that the word for today would cover.
func (p TimelineProps) tickShows(t Tick) bool {
	if !p.showsToday() {
		return true
	}
	d := p.share(t.At) - p.share(p.Today)
	return d > 0.04 || d < -0.075
}
