package portal

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// A PlaceKind is what a place is like.
type PlaceKind string

// The kinds of places: of pictures and pages, and of what plays.
const (
	PlacePin    PlaceKind = "pin"
	PlaceRegion PlaceKind = "region"
	PlaceText   PlaceKind = "text" // marked on a page
	PlaceTime   PlaceKind = "time"
	PlaceRange  PlaceKind = "range" // from one time until another
)

// A Place is where on a version a comment is. Lengths are parts of the picture
// or the page, from its upper left corner: 0 to 1, however it is shown.
type Place struct {
	Kind    PlaceKind `json:"kind"`
	Page    int       `json:"page,omitempty"` // of a document; the first is 1
	Area              // of a pin only where it is; of marked text what is around it
	Quote   string    `json:"quote,omitempty"`   // the marked text
	Lines   []Area    `json:"lines,omitempty"`   // where it stands
	From    int64     `json:"from,omitempty"`    // milliseconds
	Until   int64     `json:"until,omitempty"`   // of a range
	Strokes [][]Point `json:"strokes,omitempty"` // drawn over the frame
}

// An Area is a rectangle.
type Area struct {
	X      float64 `json:"x"`
	Y      float64 `json:"y"`
	Width  float64 `json:"width,omitempty"`
	Height float64 `json:"height,omitempty"`
}

// A Point of a drawing: from the left, from the top.
type Point [2]float64

// Limits of a place.
const (
	MaxQuote     = 500 // characters
	maxLines     = 100
	maxStrokes   = 200
	maxDrawn     = 1000
	maxPlaceJSON = 64 << 10
)

// Plays reports whether the place is a time of what plays.
func (p *Place) Plays() bool { return p.Kind == PlaceTime || p.Kind == PlaceRange }

// ReadPlace reads the JSON of a place, as a page sends it; empty is none.
func ReadPlace(s string) (*Place, error) {
	if s == "" {
		return nil, nil
	}
	var p Place
	d := json.NewDecoder(bytes.NewReader([]byte(s)))
	d.DisallowUnknownFields()
	if len(s) > maxPlaceJSON || d.Decode(&p) != nil || d.More() {
		return nil, invalid("place", "place")
	}
	return &p, nil
}

// placeColumn reads a stored place.
type placeColumn struct{ to **Place }

func (c placeColumn) Scan(src any) error {
	*c.to = nil
	if s, ok := src.(string); ok && s != "" {
		return json.Unmarshal([]byte(s), c.to)
	}
	return nil
}

// stored is how a place is kept; "" for none.
func (p *Place) stored() (string, error) {
	if p == nil {
		return "", nil
	}
	b, err := json.Marshal(p)
	return string(b), err
}

// places are the kinds of places that versions of each kind have.
var places = map[string][]PlaceKind{
	"image": {PlacePin, PlaceRegion},
	"svg":   {PlacePin, PlaceRegion},
	"pdf":   {PlacePin, PlaceRegion, PlaceText}, "office": {PlacePin, PlaceRegion, PlaceText},
	"video": {PlaceTime, PlaceRange},
	"audio": {PlaceTime, PlaceRange},
}

// PlaceKinds are the kinds of places that the version has.
func (v Version) PlaceKinds() []PlaceKind { return places[v.Kind] }

// alike are the kinds of versions on which places can be that the version has, too.
func (v Version) alike() (string, string) {
	switch v.Kind {
	case "image", "svg":
		return "image", "svg"
	case "pdf", "office":
		return "pdf", "office"
	}
	return v.Kind, v.Kind
}

// Lacks says why a place on an earlier version of its file, of a kind, is none on
// the version: it is of another "kind", or has no such "page" or "time". Empty: it
// has it.
func (v Version) Lacks(p Place, kind string) string {
	switch {
	case !slices.Contains(v.PlaceKinds(), p.Kind), p.Plays() && v.Kind != kind, (p.Page > 0) != (len(v.PlaceKinds()) == 3):
		return "kind"
	case v.Pages > 0 && p.Page > v.Pages:
		return "page"
	case v.Duration > 0 && p.From > v.Duration.Milliseconds():
		return "time"
	}
	return ""
}

// place takes a place on the version, or none. What it has no use for is left
// out, and no more of each number is kept than can be seen.
func (c *checks) place(p *Place, v Version) *Place {
	if p == nil {
		return nil
	}
	if !slices.Contains(v.PlaceKinds(), p.Kind) {
		c.fail("place", "place")
		return nil
	}
	kept := &Place{Kind: p.Kind}
	if p.Plays() {
		c.plays(p, kept, v)
		return kept
	}
	if v.Kind == "pdf" || v.Kind == "office" {
		kept.Page = p.Page
		switch most := v.Pages; {
		case p.Page < 1 || most == 0 && p.Page > 100_000:
			c.fail("page", "place_page")
		case most > 0 && p.Page > most:
			c.fail("page", "place_pages", "max", strconv.Itoa(most))
		}
	}
	kept.X, kept.Y = c.part("x", p.X), c.part("y", p.Y)
	if p.Kind == PlacePin {
		return kept
	}
	kept.Area = c.area("", p.Area)
	if p.Kind == PlaceText {
		kept.Quote = c.text("quote", p.Quote)
		switch n := utf8.RuneCountInString(kept.Quote); {
		case n == 0:
			c.fail("quote", "required")
		case n > MaxQuote:
			c.fail("quote", "too_long", "max", strconv.Itoa(MaxQuote))
		}
		if len(p.Lines) > maxLines {
			c.fail("lines", "too_many", "max", strconv.Itoa(maxLines))
			return kept
		}
		for _, l := range p.Lines {
			kept.Lines = append(kept.Lines, c.area("lines", l))
		}
	}
	return kept
}

// plays takes a time of what plays, with what was drawn over it.
func (c *checks) plays(p, kept *Place, v Version) {
	const longest = int64(100 * time.Hour / time.Millisecond)
	end := longest
	if v.Duration > 0 {
		end = v.Duration.Milliseconds() + 1000 // players do not agree on the last frame
	}
	kept.From = p.From
	if p.From < 0 || p.From > end {
		c.fail("from", "place_time")
	}
	if p.Kind == PlaceRange {
		kept.Until = p.Until
		if p.Until <= p.From || p.Until > end {
			c.fail("until", "place_until")
		}
	}
	points := 0
	for _, s := range p.Strokes {
		points += len(s)
	}
	switch {
	case len(p.Strokes) == 0:
		return
	case v.Kind != "video":
		c.fail("strokes", "place")
		return
	case len(p.Strokes) > maxStrokes || points > maxDrawn:
		c.fail("strokes", "too_many", "max", strconv.Itoa(maxDrawn))
		return
	}
	for _, s := range p.Strokes {
		if len(s) == 0 {
			continue
		}
		line := make([]Point, len(s))
		for i, at := range s {
			line[i] = Point{c.part("strokes", at[0]), c.part("strokes", at[1])}
		}
		kept.Strokes = append(kept.Strokes, line)
	}
}

// part takes a part of a width or height.
func (c *checks) part(field string, x float64) float64 {
	if math.IsNaN(x) || x < 0 || x > 1 {
		c.fail(field, "part")
		return 0
	}
	return math.Round(x*1e5) / 1e5
}

// area takes a rectangle that lies inside; field is its field's name, empty for
// those of the place itself.
func (c *checks) area(field string, a Area) Area {
	name := func(own string) string {
		if field != "" {
			return field
		}
		return own
	}
	kept := Area{X: c.part(name("x"), a.X), Y: c.part(name("y"), a.Y), Width: c.part(name("width"), a.Width), Height: c.part(name("height"), a.Height)}
	const hair = 1e-4
	if kept.Width == 0 || kept.X+kept.Width > 1+hair {
		c.fail(name("width"), "part")
	}
	if kept.Height == 0 || kept.Y+kept.Height > 1+hair {
		c.fail(name("height"), "part")
	}
	return kept
}
