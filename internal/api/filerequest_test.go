package api_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// A file is asked for, sent, refused, sent again and accepted.
func TestFileRequests(t *testing.T) {
	runBytes(t, func(t *testing.T, s *site) {
		mia, cleo := s.token("mia", "read", "write"), s.token("cleo", "read", "write")
		project := "/api/projects/" + string(s.Site)
		example := string(s.Items[s.Site][portal.Team].File)
		for _, body := range []string{
			`{"title":""}`, `{"title":"x","due_on":"soon"}`, `{"title":"x","state":"accepted"}`, `{"title":"x","example":"` + example + `"}`,
			`{"title":"x","folder":"` + string(s.Items[s.Site][portal.Team].Folder) + `"}`, `{"title":"x","assignee":"` + string(s.Dan) + `"}`, `{"title":"x","assignee":"` + string(s.Carl) + `"}`,
		} {
			s.asks(mia, 422, "POST", project+"/file-requests", body)
		}
		s.asks(cleo, 403, "POST", project+"/file-requests", `{"title":"x"}`)
		body := `{"title":"Logos","body":"As SVG","due_on":"2026-03-20","remind":true,"example":"` + example + `","show_example":true,"assignee":"` + string(s.Cleo) + `"}`
		id := s.asks(mia, 201, "POST", project+"/file-requests", body, "Idempotency-Key", "ask").text("id")
		if again := s.asks(mia, 201, "POST", project+"/file-requests", body, "Idempotency-Key", "ask").text("id"); again != id {
			t.Errorf("asked twice: %s, %s", id, again)
		}
		path := "/api/file-requests/" + id
		q := s.asks(cleo, 200, "GET", path, "")
		if q.text("state") != "open" || q["may_answer"] != true || q.text("example") != example || q["remind"] != nil || q.text("turn") != "client" {
			t.Errorf("the client has %v", q)
		}
		if q := s.asks(mia, 200, "GET", path, ""); q["remind_at"] == nil || q["may_answer"] != false {
			t.Errorf("the team has %v", q)
		}
		if needs := s.asks(cleo, 200, "GET", "/api/needs", "").all("items"); !slices.ContainsFunc(needs, func(n M) bool { return n.text("item") == id && n.text("kind") == "file_request" }) {
			t.Errorf("needs are %v", needs)
		}
		for _, who := range []string{"dan", "carl", "rex", "eve"} {
			s.asks(s.token(who, "read", "write"), 404, "GET", path, "")
			s.asks(s.token(who, "read", "write"), 404, "POST", path+"/answered", "")
		}
		s.asks(s.token("bea", "read", "write"), 403, "POST", path+"/answered", "")

		s.asks(cleo, 422, "POST", path+"/answered", "") // nothing has come
		up := s.asks(cleo, 201, "POST", project+"/uploads", `{"name":"Logo.svg","size":6,"request":"`+id+`"}`).text("id")
		if res := s.put(cleo, up, 0, bytes.NewReader([]byte("<svg/>")), ""); res.Code != 200 {
			t.Fatalf("%d %s", res.Code, res.Body)
		}
		if all := s.asks(mia, 200, "GET", path+"/files", "").names("items"); !slices.Equal(all, []string{"Logo.svg"}) {
			t.Errorf("came in: %v", all)
		}
		s.asks(cleo, 204, "POST", path+"/answered", "")
		s.asks(cleo, 409, "POST", path+"/answered", "")
		revision := func() any { return s.asks(mia, 200, "GET", path, "")["revision"] }
		decide := func(token string, want int, what, more string, revision any) {
			t.Helper()
			s.asks(token, want, "POST", path+"/"+what, fmt.Sprintf(`{"revision":%v%s}`, revision, more))
		}
		decide(mia, 409, "refused", `,"reason":"Too small"`, 0)
		decide(mia, 422, "refused", `,"reason":""`, revision())
		decide(cleo, 403, "accepted", "", revision())
		decide(mia, 204, "refused", `,"reason":"Too small"`, revision())
		if q := s.asks(cleo, 200, "GET", path, ""); q.text("state") != "refused" || q.text("reason") != "Too small" {
			t.Errorf("refused: %v", q)
		}
		s.asks(mia, 409, "PUT", path, `{"title":"Logo","revision":0}`)
		s.asks(mia, 204, "PUT", path, fmt.Sprintf(`{"title":"Logo, large","revision":%v}`, revision()))
		decide(mia, 204, "accepted", "", revision())
		s.asks(mia, 409, "POST", path+"/withdrawn", "")
		if all := s.asks(cleo, 200, "GET", project+"/file-requests", "").all("items"); len(all) != 2 || all[0].text("title") != "Logo, large" || all[0].text("state") != "accepted" {
			t.Errorf("the requests are %v", all)
		}
		other := s.asks(mia, 201, "POST", project+"/file-requests", `{"title":"Photos"}`).text("id")
		s.asks(mia, 204, "POST", "/api/file-requests/"+other+"/withdrawn", "")
	})
}

// Share links: only where the workspace allows them, for what the client sees.
func TestShareLinks(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		s := newSite(t, w)
		mia, tom, ada, cleo := s.token("mia", "read", "write"), s.token("tom", "read", "write"), s.token("ada", "read", "write"), s.token("cleo", "read", "write")
		it := w.Items[w.Site][portal.ClientSide]
		links := "/api/files/" + string(it.File) + "/share-links"
		if res := s.do("POST", links, mia, `{"days":3}`); res.Code != 422 || !strings.Contains(res.Body.String(), "switched off") {
			t.Errorf("while they are off: %d %s", res.Code, res.Body)
		}
		l := s.asks(ada, 200, "GET", "/api/file-limits", "")
		s.asks(ada, 204, "PUT", "/api/file-limits", fmt.Sprintf(`{"file_limit":%.0f,"client_limit":%.0f,"share_links":true,"revision":%v}`, l["file_limit"], l["client_limit"], l["revision"]))
		for _, body := range []string{`{}`, `{"days":0}`, `{"days":91}`, `{"days":3,"max_downloads":-1}`, `{"days":3,"password":"1234"}`, `{"days":3,"token":"x"}`, `{"days":3,"version":"` + string(it.Draft) + `"}`} {
			s.asks(mia, 422, "POST", links, body)
		}
		s.asks(mia, 422, "POST", "/api/files/"+string(w.Items[w.Site][portal.Team].File)+"/share-links", `{"days":3}`)
		s.asks(cleo, 403, "POST", links, `{"days":3}`)
		s.asks(cleo, 403, "GET", links, "")
		s.asks(s.token("carl", "read", "write"), 404, "POST", links, `{"days":3}`)
		body := `{"days":3,"max_downloads":2,"password":"horse battery staple"}`
		id := s.asks(tom, 201, "POST", links, body, "Idempotency-Key", "share").text("id")
		if again := s.asks(tom, 201, "POST", links, body, "Idempotency-Key", "share").text("id"); again != id {
			t.Errorf("two links: %s, %s", id, again)
		}
		path := "/api/share-links/" + id
		got := s.asks(mia, 200, "GET", path, "")
		address, ok := strings.CutPrefix(got.text("url"), "https://portal.test/s/")
		if !ok || got["protected"] != true || got.text("state") != "open" || got.text("max_downloads") != "2" {
			t.Errorf("the link is %v", got)
		}
		if _, err := w.Portal.OpenShareLink(t.Context(), address, ""); err != portal.ErrLocked {
			t.Errorf("the link opens: %v", err)
		}
		for _, who := range []string{"cleo", "carl", "rex"} {
			s.asks(s.token(who, "read", "write"), 404, "GET", path, "")
			s.asks(s.token(who, "read", "write"), 404, "DELETE", path, "")
			if all := s.asks(s.token(who, "read"), 200, "GET", "/api/share-links", "").all("items"); len(all) != 0 {
				t.Errorf("%s has the links %v", who, all)
			}
		}
		if all := s.asks(tom, 200, "GET", "/api/share-links", "").all("items"); len(all) != 2 {
			t.Errorf("tom sees %d links", len(all))
		}
		s.asks(tom, 204, "DELETE", path, "")
		if got := s.asks(mia, 200, "GET", path, ""); got.text("state") != "revoked" || got["url"] != nil || got["revoked_at"] == nil {
			t.Errorf("ended, the link is %v", got)
		}
		s.asks(tom, 403, "DELETE", "/api/projects/"+string(w.Site)+"/share-links", "")
		s.asks(mia, 204, "DELETE", "/api/projects/"+string(w.Site)+"/share-links", "")
		for _, l := range s.asks(mia, 200, "GET", "/api/projects/"+string(w.Site)+"/share-links", "").all("items") {
			if l.text("state") != "revoked" {
				t.Errorf("after all were ended: %v", l)
			}
		}
	})
}

// Files in a deliverable and in an update.
func TestAttachments(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		s := newSite(t, w)
		mia, cleo := s.token("mia", "read", "write"), s.token("cleo", "read", "write")
		shown, own := w.Items[w.Site][portal.ClientSide], w.Items[w.Site][portal.Team]
		for kind, id := range map[string]string{"deliverables": string(shown.Deliverable), "updates": string(shown.Update)} {
			path := "/api/" + kind + "/" + id + "/files"
			had := len(s.asks(cleo, 200, "GET", path, "").all("items"))
			s.asks(mia, 204, "POST", path, `{"file":"`+string(own.File)+`"}`)
			if now := len(s.asks(mia, 200, "GET", path, "").all("items")); now != had+1 {
				t.Errorf("%s: the team has %d, want %d", kind, now, had+1)
			}
			if now := len(s.asks(cleo, 200, "GET", path, "").all("items")); now != had {
				t.Errorf("%s: the client has %d, want %d", kind, now, had)
			}
			s.asks(cleo, 404, "POST", path, `{"file":"`+string(own.File)+`"}`)
			s.asks(cleo, 403, "POST", path, `{"file":"`+string(shown.File)+`"}`)
			s.asks(mia, 404, "POST", path, `{"file":"`+string(w.Items[w.Shop][portal.ClientSide].File)+`"}`)
			s.asks(mia, 204, "DELETE", path+"/"+string(own.File), "")
			s.asks(mia, 404, "DELETE", path+"/"+string(own.File), "")
		}
		s.asks(mia, 404, "GET", "/api/updates/"+string(shown.Deliverable)+"/files", "")
		s.asks(s.token("carl", "read"), 404, "GET", "/api/deliverables/"+string(shown.Deliverable)+"/files", "")
	})
}
