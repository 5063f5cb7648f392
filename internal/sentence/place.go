package sentence

import (
	"fmt"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/words"
)

// Place says in words where a comment is, for those who see the stage and those
// who do not; "" where it is on all there is.
func Place(b *words.Book, p *portal.Place) string {
	switch {
	case p == nil:
		return ""
	case p.Plays():
		return playsAt(b, p)
	}
	page := strconv.Itoa(p.Page)
	where := ""
	if p.Width < whole || p.Height < whole {
		where = b.T("place.where." + strconv.Itoa(Ninth(p.Area)))
	}
	switch {
	case p.Page == 0 && where == "":
		return upper(b.T("place.whole"))
	case p.Page == 0:
		return upper(where)
	case p.Kind == portal.PlaceText:
		return b.T("place.page_quote", "page", page, "quote", short(p.Quote))
	case where == "":
		return b.T("place.page", "page", page)
	}
	return b.T("place.page_where", "page", page, "where", where)
}

// whole is how much of a page is all of it.
const whole = 0.9

// Ninth is in which of nine parts the middle of an area lies, by rows from the
// upper left.
func Ninth(a portal.Area) int {
	third := func(x float64) int { return min(2, max(0, int(3*x))) }
	return 3*third(a.Y+a.Height/2) + third(a.X+a.Width/2)
}

// OfNinth is the area of such a part.
func OfNinth(n int) portal.Area {
	const third = 1.0 / 3
	return portal.Area{X: float64(n%3) * third, Y: float64(n/3) * third, Width: third, Height: third}
}

func playsAt(b *words.Book, p *portal.Place) string {
	at := Clock(p.From)
	if p.Kind == portal.PlaceRange {
		at = b.T("place.range", "from", at, "until", Clock(p.Until))
	}
	if len(p.Strokes) > 0 {
		where := b.T("place.whole")
		if a := around(p.Strokes); a.Width < whole || a.Height < whole {
			where = b.T("place.where." + strconv.Itoa(Ninth(a)))
		}
		at = b.T("place.drawn", "at", at, "where", where)
	}
	return at
}

// around is the area of a drawing.
func around(strokes [][]portal.Point) portal.Area {
	from, until := portal.Point{1, 1}, portal.Point{}
	for _, s := range strokes {
		for _, at := range s {
			from = portal.Point{min(from[0], at[0]), min(from[1], at[1])}
			until = portal.Point{max(until[0], at[0]), max(until[1], at[1])}
		}
	}
	return portal.Area{X: from[0], Y: from[1], Width: until[0] - from[0], Height: until[1] - from[1]}
}

// Clock is a time of what plays, in milliseconds: 3:07, or 1:02:03.
func Clock(ms int64) string {
	s := ms / time.Second.Milliseconds()
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

func upper(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

// short is the beginning of a text.
func short(s string) string {
	const most = 60
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}

// PlaceLabel is what a place is called by: a number, and of the team's own, which
// are counted apart, a letter.
func PlaceLabel(n int, audience portal.Side) string {
	if audience == portal.ClientSide {
		return strconv.Itoa(n)
	}
	label := ""
	for ; n > 0; n = (n - 1) / 26 {
		label = string(rune('A'+(n-1)%26)) + label
	}
	return label
}
