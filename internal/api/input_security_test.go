package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// T006, T011, T028: whatever stands where an id or a word is meant, nothing
// breaks, and what comes back is the caller's own or nothing.
func TestHostileInput(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		s := newSite(t, w)
		carl, mia := s.token("carl", "read", "write"), s.token("mia", "read", "write")
		hostile := []string{
			"%00", "%ff%fe", "-1", "0", "null", "99999999999999999999", "%27%20OR%20%271%27%3D%271", "%25", "_", "%5C", "$1", "%2F%2A%2A%2F", "--", "prj_%25", "%F0%9F%92%A9",
			strings.Repeat("a", 64), strings.Repeat("a", 3000), "[]", "{}", "..%2f..", "%0d%0a",
		}
		for _, h := range hostile {
			for _, path := range []string{
				"/api/projects/" + h, "/api/projects/" + h + "/tasks", "/api/tasks/" + h, "/api/clients/" + h, "/api/client-users/" + h, "/api/updates/" + h,
				"/api/projects?after=" + h, "/api/projects?limit=" + h, "/api/projects?q=" + h, "/api/projects?client=" + h, "/api/projects?status=" + h,
				"/api/clients?q=" + h, "/api/clients?after=" + h, "/api/needs?client=" + h, "/api/projects/" + string(w.Shop) + "/activity?after=" + h,
			} {
				res := s.do("GET", path, carl, "")
				if res.Code >= 500 {
					t.Errorf("%s answers %d", path, res.Code)
				}
				if strings.Contains(res.Body.String(), "CNRY-acme") {
					t.Errorf("%s leaks %.300s", path, res.Body)
				}
			}
		}
		// T026, T027: what was not offered is refused.
		for _, query := range []string{"limit=100000", "limit=-1", "limit=0", "offset=-1", "fields=*", "include=client", "expand=members", "sort=rate", "filter[internal]=true", "client=a&client=b&audience=team"} {
			if res := s.do("GET", "/api/projects?"+query, carl, ""); res.Code != http.StatusUnprocessableEntity && res.Code != http.StatusBadRequest {
				t.Errorf("%s answers %d", query, res.Code)
			}
		}
		// A cursor of somebody else's list, and of nobody's.
		for _, after := range []string{string(w.Site), string(w.Hidden), "prj_01m84wae4q7hq138ar859ynyd6"} {
			if res := s.do("GET", "/api/projects?after="+after, carl, ""); strings.Contains(res.Body.String(), "CNRY-acme") {
				t.Errorf("after=%s leaks %.200s", after, res.Body)
			}
		}
		task := "/api/tasks/" + string(w.Items[w.Site][portal.ClientSide].Task)
		for _, body := range []string{
			`{"title":"x","revision":0,"audience":"client"}`, `{"title":"x","revision":0,"project":"` + string(w.Shop) + `"}`, `{"title":"x","revision":0,"client":"x"}`,
			`{"title":"x","revision":0,"id":"x"}`, `{"title":"x","revision":0,"created_by":"x"}`, `{"title":"x","revision":0,"completed_at":"2026-01-01T00:00:00Z"}`,
			`{"title":["x"],"revision":0}`, `{"title":{"a":1},"revision":0}`, `{"title":null,"revision":0}`, `{"title":"x","title":"y","revision":0}`, `{"title":"a\u0000b","revision":0}`,
			`{"title":"x","revision":-1}`, `{"title":"x","revision":1e99}`, `[]`, `"x"`, `null`, `{`, ``,
		} {
			if res := s.do("PUT", task, mia, body); res.Code < 400 || res.Code >= 500 {
				t.Errorf("%s answers %d", body, res.Code)
			}
		}
		for _, body := range []string{`{"title":"a\u0000b"}`, `{"title":"x","body":"\u0000"}`, `{"title":"\ud800"}`, `{"title":"x","due_on":"2026-02-30"}`, `{"title":"x","due_on":"-001-01-01"}`, `{"title":"x","due_on":"9999-99-99"}`} {
			if res := s.do("POST", "/api/projects/"+string(w.Site)+"/tasks", mia, body); res.Code >= 500 {
				t.Errorf("%s answers %d", body, res.Code)
			}
		}
		// T005: a child is not put below somebody else's parent.
		foreign := string(w.Items[w.Shop][portal.ClientSide].Milestone)
		for _, body := range []string{`{"title":"x","milestone":"` + foreign + `"}`, `{"title":"x","assignee":"` + string(w.Carl) + `"}`, `{"title":"x","assignee":"` + string(w.Eve) + `"}`} {
			if res := s.do("POST", "/api/projects/"+string(w.Site)+"/tasks", mia, body); res.Code != http.StatusUnprocessableEntity && res.Code != http.StatusNotFound {
				t.Errorf("%s answers %d %s", body, res.Code, res.Body)
			}
		}
	})
}

// T016, T031: a token does what its scopes say on every operation that changes
// something, and no more than its person may.
func TestReadTokensChangeNothing(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		s := newSite(t, w)
		token := s.token("ada", "read")
		changes := 0
		for _, o := range s.operations() {
			if o.method == http.MethodGet {
				continue
			}
			changes++
			id := s.id(o.path, w.Acme, w.BeaAtAcme, w.Site, portal.ClientSide)
			if o.path == "/api/projects" {
				id = string(w.Acme)
			}
			res := s.send(o, id, token)
			if res.Code != http.StatusForbidden && res.Code != http.StatusUnprocessableEntity {
				t.Errorf("%s %s answers %d to a token that reads", o.method, o.path, res.Code)
			}
		}
		if changes < 30 {
			t.Errorf("only %d operations that change something", changes)
		}
		var changed int
		if err := w.DB.QueryRow(t.Context(), `SELECT COUNT(*) FROM events WHERE actor = $1 AND kind <> 'signed_in' AND kind <> 'token_created'`, string(w.Ada)).Scan(&changed); err != nil || changed != 0 {
			t.Errorf("%d events of changes, %v", changed, err)
		}
	})
}
