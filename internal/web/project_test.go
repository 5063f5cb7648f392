package web_test

import (
	"testing"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/webtest"
)

// parts are the pages of a project.
var parts = []string{"", "/updates", "/timeline", "/milestones", "/deliverables", "/tasks", "/team", "/activity"}

// paths of the items of a project, by audience.
func paths(s *webtest.Site, project portal.ProjectID) map[portal.Side][]string {
	all := map[portal.Side][]string{}
	for side, it := range s.Items[project] {
		all[side] = []string{"/milestones/" + string(it.Milestone), "/tasks/" + string(it.Task), "/deliverables/" + string(it.Deliverable), "/updates/" + string(it.Update)}
	}
	return all
}

// Every page of a project answers to whoever sees the project, and to nobody
// else. What each may not see, the browser itself looks for.
func TestWhoSeesAProject(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		status := map[string]int{"ada": 200, "mia": 200, "tom": 200, "cleo": 200, "bea": 200, "dan": 404, "carl": 404, "rex": 404, "eve": 404}
		for name, want := range status {
			b := s.As(name)
			for _, part := range parts {
				b.Get("/projects/" + string(s.World.Site) + part).MustBe(want)
			}
			for side, items := range paths(s, s.World.Site) {
				for _, path := range items {
					if want == 200 && side == portal.Team && (name == "cleo" || name == "bea") {
						b.Get(path).MustBe(404)
					} else {
						b.Get(path).MustBe(want)
					}
				}
			}
		}
		nobody := s.Stranger()
		for _, part := range parts {
			if p := nobody.Get("/projects/" + string(s.World.Site) + part); p.Path[:8] != "/sign-in" {
				t.Errorf("nobody gets %s", p.Path)
			}
		}
	})
}
