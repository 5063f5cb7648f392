package words

import (
	"os"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

var (
	madrid = mustZone("Europe/Madrid")
	now    = time.Date(2026, time.March, 10, 16, 30, 0, 0, time.UTC) // Tuesday 17:30 in Madrid
	book   = For("en", madrid)
)

func mustZone(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return zone
}

func at(hours float64) time.Time { return now.Add(time.Duration(hours * float64(time.Hour))) }

func TestMessages(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{book.T("action.save"), "Save"},
		{book.T("date.since", "day", "{day} & <b>"), "since {day} & <b>"},
		{book.N("people", 0), "0 people"},
		{book.N("people", 1), "1 person"},
		{book.N("people", 12345), "12,345 people"},
		{book.Number(0), "0"},
		{book.Number(-999), "-999"},
		{book.Number(-1234), "-1,234"},
		{book.Number(123456), "123,456"},
		{book.Number(1234567), "1,234,567"},
		{book.Percent(0), "0%"},
		{book.Percent(0.001), "1%"},
		{book.Percent(0.425), "43%"},
		{book.Percent(0.999), "99%"},
		{book.Percent(1), "100%"},
		{book.List(nil), ""},
		{book.List([]string{"Ana"}), "Ana"},
		{book.List([]string{"Ana", "Tom"}), "Ana and Tom"},
		{book.List([]string{"Ana", "Tom", "Mia"}), "Ana, Tom and Mia"},
		{book.Lang() + " " + book.Dir(), "en ltr"},
		{For("xx-YY", nil).Lang() + " " + For("", nil).Zone().String(), "en UTC"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func TestDates(t *testing.T) {
	due := func(day string) string {
		text, overdue := book.Due(day, now)
		if overdue {
			text += " (overdue)"
		}
		return text
	}
	for _, tt := range []struct{ got, want string }{
		{book.Time(at(48), now), "Thu 12 Mar, 17:30 (in 2 days)"},
		{book.Time(at(-2), now), "Tue 10 Mar, 15:30 (2 hours ago)"},
		{book.Time(at(-24*100), now), "Sun 30 Nov 2025, 17:30 (3 months ago)"},
		{book.Time(at(24*20), now), "Mon 30 Mar, 18:30 (in 2 weeks)"}, // over the change to summer time
		{book.Day("2026-03-12", now), "Thu 12 Mar (in 2 days)"},
		{book.Day("2026-03-10", now), "Tue 10 Mar (today)"},
		{book.Day("2026-03-11", now), "Wed 11 Mar (tomorrow)"},
		{book.Day("2026-03-09", now), "Mon 9 Mar (yesterday)"},
		{book.Day("2027-03-09", now), "Tue 9 Mar 2027 (in 11 months)"},
		{book.Day("2029-03-09", now), "Fri 9 Mar 2029 (in 2 years)"},
		{book.Day("soon", now), "soon"},
		{book.ShortDay("2026-03-02"), "2 Mar"},
		{book.ShortDay(""), ""},
		{book.dayOf(at(-1), now), "Today"},
		{book.dayOf(at(-24), now), "Yesterday"},
		{book.dayOf(at(-72), now), "Sat 7 Mar"},
		{book.DayOf(time.Now()), "Today"},
		{book.Clock(at(-10)), "07:30"},
		{book.Ago(at(0), now), "now"},
		{book.Ago(at(-0.01), now), "just now"},
		{book.Ago(at(-1.0/60), now), "1 minute ago"},
		{book.Ago(at(0.5), now), "in 30 minutes"},
		{book.Ago(at(-17), now), "17 hours ago"}, // 00:30, still today
		{book.Ago(at(-18), now), "yesterday"},    // 23:30
		{book.Ago(at(24), now), "tomorrow"},
		{book.Ago(at(-48), now), "2 days ago"},
		{book.Ago(at(-24*15), now), "2 weeks ago"},
		{book.Ago(at(-24*60), now), "8 weeks ago"},
		{book.Ago(at(-24*61), now), "2 months ago"},
		{book.Ago(at(-24*729), now), "23 months ago"},
		{book.Ago(at(-24*731), now), "2 years ago"},
		{book.Ago(at(-1), at(0)), "1 hour ago"},
		{book.For(time.Second), "less than a minute"},
		{book.For(59 * time.Minute), "59 minutes"},
		{book.For(3 * time.Hour), "3 hours"},
		{book.For(7 * 24 * time.Hour), "7 days"},
		{book.For(70 * 24 * time.Hour), "2 months"},
		{book.For(800 * 24 * time.Hour), "2 years"},
		{book.Since(at(-1), now), "since 16:30"},
		{book.Since(at(-24), now), "since yesterday"},
		{book.Since(at(-48), now), "since Sunday"},
		{book.Since(at(-24*6), now), "since Wednesday"},
		{book.Since(at(-24*7), now), "since 3 Mar"},
		{book.Since(at(-24*100), now), "since 30 Nov 2025"},
		{due("2026-03-10"), "due today"},
		{due("2026-03-11"), "due tomorrow"},
		{due("2026-03-15"), "due in 5 days"},
		{due("2026-04-15"), "due 15 Apr"},
		{due("2027-04-15"), "due 15 Apr 2027"},
		{due("2026-03-09"), "1 day overdue (overdue)"},
		{due("2026-03-07"), "3 days overdue (overdue)"},
		{due(""), ""},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

// A day belongs to its reader's calendar, not to the server's.
func TestDayFollowsTheReader(t *testing.T) {
	late := time.Date(2026, time.March, 10, 23, 30, 0, 0, time.UTC)
	auckland := For("en", mustZone("Pacific/Auckland"))
	if got, _ := auckland.Due("2026-03-10", late); got != "1 day overdue" {
		t.Errorf("in Auckland: %q", got)
	}
	if n, ok := auckland.Until("2026-03-10", late); n != -1 || !ok {
		t.Errorf("Until says %d %v", n, ok)
	}
	if _, ok := auckland.Until("soon", late); ok {
		t.Error("Until takes what is not a day")
	}
	if got, _ := For("en", nil).Due("2026-03-10", late); got != "due today" {
		t.Errorf("in UTC: %q", got)
	}
}

func TestMistakes(t *testing.T) {
	calls := map[string]func() string{
		"unknown key":         func() string { return book.T("no." + "such.key") },
		"plural as plain":     func() string { return book.T("peo" + "ple") },
		"plain as plural":     func() string { return book.N("action"+".save", 2) },
		"hole not filled":     func() string { return book.T("date" + ".since") },
		"value without hole":  func() string { return book.T("action"+".save", "name", "Ana") },
		"name without value":  func() string { return book.T("date"+".since", "day") },
		"plural hole missing": func() string { return book.lang.messages["people"].other.fill("people", "", nil) },
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			func() {
				defer func() {
					if recover() == nil {
						t.Error("did not panic")
					}
				}()
				call()
			}()
			Strict = false
			defer func() { Strict = true }()
			if got := call(); got == "" {
				t.Error("in production it says nothing")
			}
		})
	}
}

func TestLoadRefuses(t *testing.T) {
	for name, files := range map[string][]string{
		"defined twice":         {`{"a": "x", "a": "y"}`},
		"is defined twice":      {`{"a": "x"}`, `{"a": "y"}`},
		"is empty":              {`{"a": ""}`},
		"{ without a }":         {`{"a": "x {name"}`},
		"} without a {":         {`{"a": "x} {name}"}`},
		"lower case word":       {`{"a": "{Name}"}`},
		`needs the forms "one"`: {`{"a": {"other": "x"}}`},
		"neither a text nor":    {`{"a": 3}`},
		"is not an object":      {`["a"]`},
		"goes on after":         {`{"a": "x"} {"b": "y"}`},
		"no message":            {`{"a": "x"}`},
	} {
		fsys := fstest.MapFS{}
		for i, text := range files {
			fsys["en/"+string(rune('a'+i))+".json"] = &fstest.MapFile{Data: []byte(text)}
		}
		if _, err := load(fsys, "en", "ltr"); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%q: got %v, want an error with %q", files, err, name)
		}
	}
}

func TestAllocations(t *testing.T) {
	Strict = false
	defer func() { Strict = true }()
	for name, tt := range map[string]struct {
		most float64
		call func()
	}{
		"plain":  {0, func() { book.T("action.save") }},
		"hole":   {1, func() { book.T("date.since", "day", "Monday") }},
		"plural": {1, func() { book.N("people", 7) }},
		"day":    {4, func() { book.Day("2026-03-12", now) }},
		"time":   {5, func() { book.Time(now, now) }},
	} {
		if got := testing.AllocsPerRun(100, tt.call); got > tt.most {
			t.Errorf("%s: %v allocations, want at most %v", name, got, tt.most)
		}
	}
}

func BenchmarkT(b *testing.B) {
	Strict = false
	defer func() { Strict = true }()
	b.Run("plain", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			book.T("action.save")
		}
	})
	b.Run("hole", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			book.T("date.since", "day", "Monday")
		}
	})
	b.Run("time", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			book.Time(now, now)
		}
	})
}

// What is packed is what stands in the files.
func TestPacked(t *testing.T) {
	loose, err := load(os.DirFS("."), "en", "ltr")
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(loose.messages, english.messages) {
		t.Error("catalogue.zip.gz is stale; run: go run ./tools/assets")
	}
}
