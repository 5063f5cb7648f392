package api_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// Who administers reads what happened, page after page, and nobody else does.
func TestAudit(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		s := newSite(t, w)
		ada, mia := s.token("ada", "read"), s.token("mia", "read", "write")
		for range 5 {
			s.asks(mia, 201, "POST", "/api/projects/"+string(w.Site)+"/tasks", `{"title":"CNRY-audited"}`)
		}
		path := "/api/audit?kind=task_added&who=mia@mia.test&client=" + string(w.Acme) + "&from=" + w.Clock.Now().Add(-time.Minute).Format(time.RFC3339)
		seen := map[string]bool{}
		for after := ""; ; {
			l := s.asks(ada, 200, "GET", path+"&limit=2"+after, "")
			for _, r := range l.all("items") {
				if seen[r.text("id")] || r.text("actor_email") != "mia@mia.test" || r.text("address") != "192.0.2.1" || r.in("details").text("title") != "CNRY-audited" {
					t.Errorf("a row is %v", r)
				}
				seen[r.text("id")] = true
			}
			if l["next"] == nil {
				break
			}
			after = "&after=" + l.text("next")
		}
		if len(seen) != 5 {
			t.Errorf("%d rows on all pages, want 5", len(seen))
		}
		if l := s.asks(ada, 200, "GET", "/api/audit?to=2020-01-01T00:00:00Z", ""); len(l.all("items")) != 0 {
			t.Errorf("before all of it: %v", l)
		}
		for _, bad := range []string{"?who=x", "?address=x", "?from=yesterday", "?limit=1000", "?table=persons"} {
			s.asks(ada, 422, "GET", "/api/audit"+bad, "")
		}
		for _, who := range []string{"mia", "tom", "cleo", "carl", "rex", "eve"} {
			s.asks(s.token(who, "read"), 403, "GET", "/api/audit", "")
		}
	})
}

// An invitation takes the words of who invites.
func TestInvitationMessage(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		s := newSite(t, w)
		mia, cleo := s.token("mia", "read", "write"), s.token("cleo", "read", "write")
		client := "/api/clients/" + string(w.Acme)
		s.asks(cleo, 201, "POST", client+"/users", `{"email":"one@acme.test","rights":["view"],"all_projects":true,"message":"From Cleo"}`)
		a, err := w.As(w.Mia).Access(t.Context(), w.Acme)
		if err != nil {
			t.Fatal(err)
		}
		body := func(message string) string {
			return `{"enabled":true,"invitation_days":7,"preset":"viewer","revision":` + strconv.FormatInt(a.Client.Revision, 10) + `,"add":[{"email":"two@acme.test"}],"send_invitations":true,"message":"` + message + `"}`
		}
		s.asks(mia, 422, "PUT", client+"/access", body(`a\u0000b`))
		s.asks(mia, 204, "PUT", client+"/access", body("From Mia"))
		for email, want := range map[string]string{"one@acme.test": "From Cleo", "two@acme.test": "From Mia"} {
			var got string
			err := w.DB.QueryRow(t.Context(), `SELECT i.message FROM invitations i JOIN persons p ON p.id = i.person_id WHERE p.email = $1`, email).Scan(&got)
			if err != nil || got != want {
				t.Errorf("the invitation of %s says %q (%v)", email, got, err)
			}
		}
	})
}
