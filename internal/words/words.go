// Package words holds every word the interface says, and writes numbers, lists,
// days and times the way their reader reads them.
//
// The catalogue is one directory per language with one JSON file per area of
// the product. A message is a text with {holes}, or an object with a text per
// plural form. Messages are compiled once, when the program starts: a malformed
// text, or a key that two files define, stops it there.
//
// A value put into a hole is never read as a message again and is not escaped:
// escaping belongs to whoever writes HTML.
package words

import (
	"strconv"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // readers' zones must work on a machine that has no zone files
)

// Strict makes a mistake in a call (an unknown key, a hole that is not filled, a
// value without a hole) panic. It is set in tests; in production such a call
// returns what it can, beginning with the key, because a page with one odd word
// is better than no page.
var Strict = testing.Testing()

// A Book writes in one language and one zone. It is immutable and cheap to make.
type Book struct {
	lang *language
	zone *time.Location
}

// For returns the book for a locale such as "en" or "en-GB", and in English when
// nothing closer is there. A nil zone is UTC.
func For(locale string, zone *time.Location) *Book {
	if zone == nil {
		zone = time.UTC
	}
	return &Book{lang: languageOf(locale), zone: zone}
}

// Zone is the zone in which the book writes times.
func (b *Book) Zone() *time.Location { return b.zone }

// Lang is the language tag for the lang attribute.
func (b *Book) Lang() string { return b.lang.tag }

// Dir is the direction of writing for the dir attribute.
func (b *Book) Dir() string { return b.lang.dir }

// T returns the message of a key with its holes filled from pairs of name and
// value: b.T("home.greeting", "name", "Ana").
func (b *Book) T(key string, pairs ...string) string {
	m := b.lang.messages[key]
	if m == nil || m.plural {
		return wrong(key, "is not a plain message")
	}
	return m.other.fill(key, "", pairs)
}

// N returns the form of a plural message that goes with n. The hole {n} is n in
// the book's language; other holes are filled from pairs.
func (b *Book) N(key string, n int, pairs ...string) string {
	return b.count(key, n, b.Number(int64(n)), pairs)
}

// Over is N where no more than most were counted: of more it says so many and a +.
func (b *Book) Over(most int, key string, n int, pairs ...string) string {
	number := b.Number(int64(min(n, most)))
	if n > most {
		number += "+"
	}
	return b.count(key, n, number, pairs)
}

func (b *Book) count(key string, n int, number string, pairs []string) string {
	m := b.lang.messages[key]
	if m == nil || !m.plural {
		return wrong(key, "is not a plural message")
	}
	form := &m.other
	if n == 1 {
		form = &m.one
	}
	return form.fill(key, number, pairs)
}

// Tell is T for a message whose holes are filled from what was kept of an event:
// values may hold more than the message says, and what is missing is left out.
func (b *Book) Tell(key string, values map[string]string) string {
	m := b.lang.messages[key]
	if m == nil || m.plural {
		return wrong(key, "is not a plain message")
	}
	var pairs []string
	for i := 1; i < len(m.other.parts); i += 2 {
		pairs = append(pairs, m.other.parts[i], values[m.other.parts[i]])
	}
	return m.other.fill(key, "", pairs)
}

// fill writes the text with its holes filled. The hole {n} is number when that
// is not empty.
func (t *text) fill(key, number string, pairs []string) string {
	if Strict {
		t.check(key, number, pairs)
	}
	if len(t.parts) == 1 {
		return t.parts[0]
	}
	size := t.size
	for i := 1; i < len(t.parts); i += 2 {
		size += len(value(t.parts[i], number, pairs))
	}
	var s strings.Builder
	s.Grow(size)
	for i, part := range t.parts {
		if i%2 == 1 {
			part = value(part, number, pairs)
		}
		s.WriteString(part)
	}
	return s.String()
}

func value(hole, number string, pairs []string) string {
	if number != "" && hole == "n" {
		return number
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i] == hole {
			return pairs[i+1]
		}
	}
	return ""
}

// check panics unless the pairs are exactly the holes. A plural form may leave
// out what another form says, so only T is held to using every pair.
func (t *text) check(key, number string, pairs []string) {
	if len(pairs)%2 != 0 {
		wrong(key, "is given a name without a value")
	}
	for i := 1; i < len(t.parts); i += 2 {
		hole := t.parts[i]
		if !(number != "" && hole == "n") && !named(hole, pairs) {
			wrong(key, "is not given {"+hole+"}")
		}
	}
	if number != "" {
		return
	}
	for i := 0; i < len(pairs); i += 2 {
		if !t.has(pairs[i]) {
			wrong(key, "has no {"+pairs[i]+"}")
		}
	}
}

func named(hole string, pairs []string) bool {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i] == hole {
			return true
		}
	}
	return false
}

func wrong(key, what string) string {
	if Strict {
		panic("words: " + strconv.Quote(key) + " " + what)
	}
	return key
}

// Number writes 12,345.
func (b *Book) Number(n int64) string {
	s := strconv.FormatInt(n, 10)
	digits := strings.TrimPrefix(s, "-")
	if len(digits) <= 3 {
		return s
	}
	group := b.T("number.group")
	var out strings.Builder
	out.Grow(len(s) + len(group)*(len(digits)/3))
	out.WriteString(s[:len(s)-len(digits)])
	for i := range len(digits) {
		if i > 0 && (len(digits)-i)%3 == 0 {
			out.WriteString(group)
		}
		out.WriteByte(digits[i])
	}
	return out.String()
}

// Percent writes a part of one: 0.42 is 42%. It says 0% only of nothing and
// 100% only of everything.
func (b *Book) Percent(part float64) string {
	n := int64(part*100 + 0.5)
	switch {
	case part > 0 && n < 1:
		n = 1
	case part < 1 && n >= 100:
		n = 99
	}
	return b.T("number.percent", "n", b.Number(n))
}

// List joins names: "Ana, Tom and Mia".
func (b *Book) List(items []string) string {
	switch len(items) {
	case 0:
		return ""
	case 1:
		return items[0]
	}
	last := len(items) - 1
	return strings.Join(items[:last], b.T("list.comma")) + b.T("list.and") + items[last]
}
