package web_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/webtest"
)

// However much is drawn over a film, a page with it stays small: what is drawn at
// places that do not fit is asked for, by those who see them.
func TestManyDrawings(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		v := s.Items[s.World.Site][portal.ClientSide].Version
		file := string(s.Items[s.World.Site][portal.ClientSide].File)
		s.Exec(`UPDATE versions SET kind = 'video', duration_ms = 60000 WHERE id = $1`, string(v))
		cleo := s.World.As(s.Cleo)
		line := make([]portal.Point, 1000)
		for i := range line {
			line[i] = portal.Point{float64(i) / 1234, 0.54321}
		}
		draws := func(times int) {
			t.Helper()
			for range times {
				if _, err := cleo.KeepComment(t.Context(), v, "Here", &portal.Place{Kind: portal.PlaceTime, From: 1000, Strokes: [][]portal.Point{line}}); err != nil {
					t.Fatal(err)
				}
			}
		}
		draws(20)
		if _, err := cleo.SendFeedback(t.Context(), v, portal.ClientSide); err != nil {
			t.Fatal(err)
		}
		draws(20)
		p := s.As("cleo").Get("/files/" + file).MustBe(200)
		var marks []struct {
			ID      string
			Text    string
			More    bool
			Strokes [][]portal.Point
		}
		if err := json.Unmarshal([]byte(p.Attr("#places", "data-marks")), &marks); err != nil {
			t.Fatal(err)
		}
		if len(p.Body) > 400<<10 || len(marks) < 40 {
			t.Errorf("a page with %d places has %d bytes", len(marks), len(p.Body))
		}
		held := 0
		for _, m := range marks {
			if strings.HasSuffix(m.Text, "left") && m.More == (len(m.Strokes) > 0) {
				t.Errorf("%s says that it has more: %v, and holds %d lines", m.ID, m.More, len(m.Strokes))
			}
			if len(m.Strokes) > 0 {
				held++
			}
			if !m.More {
				continue
			}
			var more struct{ Strokes [][]portal.Point }
			if err := json.Unmarshal([]byte(s.As("cleo").Get("/places/"+m.ID).MustBe(200).Body), &more); err != nil || len(more.Strokes) != 1 || len(more.Strokes[0]) != 1000 || more.Strokes[0][1] != (portal.Point{0.00081, 0.54321}) {
				t.Errorf("%s has %d lines, %v", m.ID, len(more.Strokes), err)
			}
			s.As("carl").Get("/places/" + m.ID).MustBe(404)
			if strings.HasPrefix(m.ID, "uns_") {
				s.As("mia").Get("/places/" + m.ID).MustBe(404)
			}
		}
		if held != 3 {
			t.Errorf("the page holds %d drawings", held)
		}

		// What was drawn stays where the text alone is changed.
		id := marks[len(marks)-1].ID
		f := p.Form("/unsent/"+id).Set("body", "Here, or so")
		f.Submit(s.As("cleo")).MustBe(200).MustContain("Here, or so")
		u, err := cleo.Unsent(t.Context(), portal.UnsentID(id))
		if err != nil || u.Body != "Here, or so" || u.Place == nil || len(u.Place.Strokes) != 1 {
			t.Errorf("kept is %+v, %v", u, err)
		}

		// The form of another tab is about what was there before: nothing typed is lost.
		p = f.Set("body", "There, rather").Submit(s.As("cleo")).MustBe(409).MustContain("Here, or so", "changed elsewhere meanwhile")
		again := p.Form("/unsent/" + id)
		if !p.Has("#"+id+" details[open]") || again.Values().Get("body") != "There, rather" {
			t.Errorf("the form came back with %q", again.Values().Get("body"))
		}
		again.Set("body", " ").Submit(s.As("cleo")).MustBe(422).MustContain("Here, or so", "This is needed.")
		again.Set("body", "There, rather").Submit(s.As("cleo")).MustBe(200).MustContain("There, rather")
	})
}
