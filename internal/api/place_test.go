package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// Comments on places over the API: kept, changed, sent once, and said in words.
func TestPlaces(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		s := newSite(t, w)
		it := w.Items[w.Site][portal.ClientSide]
		if err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `UPDATE versions SET kind = 'pdf', pages = 3 WHERE id = $1`, string(it.Version))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		cleo, mia, carl := s.token("cleo", "read", "write"), s.token("mia", "read", "write"), s.token("carl", "read", "write")
		ask := func(want int, method, path, token, body string, header ...string) string {
			t.Helper()
			r := s.do(method, path, token, body, header...)
			if r.Code != want {
				t.Errorf("%s %s: %d, want %d: %s", method, path, r.Code, want, r.Body)
			}
			return r.Body.String()
		}
		version := "/api/versions/" + string(it.Version)
		for body, field := range map[string]string{
			`{"body":"x","place":{"kind":"pin","page":4,"x":0.5,"y":0.5}}`:                 "body.page",
			`{"body":"x","place":{"kind":"pin","page":1,"x":1.5,"y":0.5}}`:                 "body.x",
			`{"body":"x","place":{"kind":"time","from":5}}`:                                "body.place",
			`{"body":"x","place":{"kind":"text","page":1,"width":1,"height":1}}`:           "body.quote",
			`{"body":"","place":{"kind":"pin","page":1}}`:                                  "body.body",
			`{"body":"x","place":{"kind":"time","from":5,"strokes":[[[0.1]]]}}`:            "body.strokes",
			`{"body":"x","place":{"kind":"pin","page":1,"x":0.1,"y":0.1,"colour":"#fff"}}`: "body.place",
		} {
			if said := ask(422, "POST", version+"/unsent-comments", cleo, body); !strings.Contains(said, field) {
				t.Errorf("%s is refused with %s", body, said)
			}
		}
		var made struct{ ID string }
		if err := json.Unmarshal([]byte(ask(201, "POST", version+"/unsent-comments", cleo, `{"body":"Tighter","place":{"kind":"region","page":2,"x":0.6,"y":0.1,"width":0.3,"height":0.1}}`)), &made); err != nil {
			t.Fatal(err)
		}
		own := "/api/unsent-comments/" + made.ID
		if said := ask(200, "GET", own, cleo, ""); !strings.Contains(said, `"text":"Page 2, upper right"`) || !strings.Contains(said, `"own":true`) {
			t.Error(said)
		}
		ask(404, "GET", own, mia, "")
		ask(404, "PUT", own, carl, `{"body":"x","revision":1}`)
		ask(204, "PUT", own, cleo, `{"body":"Tighter still","place":{"kind":"text","page":3,"x":0.1,"y":0.1,"width":0.3,"height":0.1,"quote":"a line","lines":[{"x":0.1,"y":0.1,"width":0.3,"height":0.1}]},"revision":1}`)
		ask(409, "PUT", own, cleo, `{"body":"Late","revision":1}`)
		ask(404, "POST", version+"/feedback", carl, `{}`)
		for range 2 {
			ask(204, "POST", version+"/feedback", cleo, `{}`, "Idempotency-Key", "once")
		}
		ask(204, "POST", version+"/feedback", cleo, `{}`)
		ask(404, "GET", own, cleo, "")
		said := ask(200, "GET", version+"/places", mia, "")
		if n := strings.Count(said, `"comments":`); n != 3 || !strings.Contains(said, `"text":"Page 3: “a line”"`) || strings.Count(said, `"version":"`+string(it.Version)+`"`) != 3 { // the World's, Cleo's in it, and this
			t.Errorf("%d places: %s", n, said)
		}
		ask(201, "POST", fmt.Sprintf("/api/files/%s/comments", it.File), mia, `{"body":"Ours","version":"`+string(it.Version)+`","place":{"kind":"pin","page":1,"x":0.5,"y":0.5}}`)
		if said := ask(200, "GET", fmt.Sprintf("/api/files/%s/comments?own=true", it.File), cleo, ""); strings.Contains(said, "Ours") || !strings.Contains(said, "Tighter still") || !strings.Contains(said, `"number":3`) {
			t.Error(said)
		}
	})
}
