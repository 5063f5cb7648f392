package api_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

func TestScopes(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		s := newSite(t, w)
		read := s.token("ada", "read")
		for _, o := range s.operations() {
			if o.method == "GET" {
				continue
			}
			id := s.id(o.path, w.Acme, w.CleoUser, w.Site, portal.ClientSide)
			if res := s.send(o, id, read); res.Code != 403 && res.Code != 422 {
				t.Errorf("%s %s with a token that only reads: %d", o.method, o.path, res.Code)
			}
		}
	})
}

func TestIdempotencyKey(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		s := newSite(t, w)
		token := s.token("mia", "read", "write")
		path := "/api/projects/" + string(w.Site) + "/tasks"
		var first, second struct{ ID string }
		one := s.do("POST", path, token, `{"title":"Proofs"}`, "Idempotency-Key", "k")
		two := s.do("POST", path, token, `{"title":"Proofs"}`, "Idempotency-Key", "k")
		json.Unmarshal(one.Body.Bytes(), &first)
		json.Unmarshal(two.Body.Bytes(), &second)
		if one.Code != 201 || two.Code != 201 || first.ID == "" || first.ID != second.ID {
			t.Errorf("the same request twice: %d %q, %d %q", one.Code, first.ID, two.Code, second.ID)
		}
		if res := s.do("POST", path, token, `{"title":"Others"}`, "Idempotency-Key", "k"); res.Code != 422 {
			t.Errorf("the key with another body: %d", res.Code)
		}
		if res := s.do("POST", path, s.token("ada", "write"), `{"title":"Proofs"}`, "Idempotency-Key", "k"); res.Code != 201 || strings.Contains(res.Body.String(), first.ID) {
			t.Errorf("the key of somebody else: %d %s", res.Code, res.Body)
		}
	})
}

func TestBadInput(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		s := newSite(t, w)
		token := s.token("mia", "read", "write")
		tasks := "/api/projects/" + string(w.Site) + "/tasks"
		for body, want := range map[string]int{
			`{"title":"a","title":"b"}`:            400,
			`{"title":"a"} {"title":"b"}`:          400,
			`{"title":"a","audience":"everybody"}`: 422,
			`{"title":"a","internal":true}`:        422,
			`{"title":7}`:                          422,
			`{}`:                                   422,
			`[]`:                                   422,
			`{"title":"` + strings.Repeat("x", 201) + `"}`:               422,
			`{"title":"a\u202eb"}`:                                       422,
			`{"title":"a\u0000b"}`:                                       422,
			`{"title":"a","due_on":"2026-02-30"}`:                        422,
			`{"title":"a","due_on":"9999-01-01"}`:                        422,
			`{"title":"a","body":"` + strings.Repeat("x", 20_001) + `"}`: 422,
			`{"title":"a","milestone":"` + string(w.Items[w.Shop][portal.ClientSide].Milestone) + `"}`: 422,
			`{"title":"a","assignee":"` + string(w.Carl) + `"}`:                                        422,
			`{`: 400,
		} {
			res := s.do("POST", tasks, token, body)
			if res.Code != want || !strings.HasPrefix(res.Header().Get("Content-Type"), "application/problem+json") {
				t.Errorf("%.80s: %d %s, want %d\n%s", body, res.Code, res.Header().Get("Content-Type"), want, res.Body)
			}
		}
		for path, want := range map[string]int{
			tasks + "?limit=100000": 422, tasks + "?limit=-1": 422, tasks + "?limit=1&limit=2": 422, tasks + "?fields=*": 422,
			"/api/nothing": 404, "/api/tasks/" + strings.Repeat("x", 65): 422, "/api/tasks/tsk_none": 404,
		} {
			if res := s.do("GET", path, token, ""); res.Code != want {
				t.Errorf("GET %s: %d, want %d %s", path, res.Code, want, res.Body)
			}
		}
		if res := s.do("POST", tasks, "vt_api_wrong", `{"title":"a"}`); res.Code != 401 {
			t.Errorf("a wrong token: %d", res.Code)
		}
	})
}
