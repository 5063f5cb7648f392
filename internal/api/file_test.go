package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// asks sends a request, wants a status and reads the answer into an M.
func (s *site) asks(token string, want int, method, path, body string, header ...string) M {
	s.t.Helper()
	res := s.do(method, path, token, body, header...)
	if res.Code != want {
		s.t.Fatalf("%s %s %.200s answers %d, want %d\n%s", method, path, body, res.Code, want, res.Body)
	}
	var m M
	if res.Body.Len() > 0 {
		if err := json.Unmarshal(res.Body.Bytes(), &m); err != nil {
			s.t.Fatalf("%s %s: %v\n%s", method, path, err, res.Body)
		}
	}
	return m
}

// M is an answer.
type M map[string]any

func (m M) text(key string) string { return fmt.Sprint(m[key]) }

// all are the objects in a list.
func (m M) all(key string) (all []M) {
	list, _ := m[key].([]any)
	for _, x := range list {
		all = append(all, M(x.(map[string]any)))
	}
	return all
}

func (m M) in(key string) M { x, _ := m[key].(map[string]any); return x }

// names are those of a list.
func (m M) names(key string) (names []string) {
	for _, x := range m.all(key) {
		names = append(names, x.text("name"))
	}
	return names
}

// What the team and the client read of the same folder, in each order and zone,
// page after page.
func TestListFiles(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		s := newSite(t, w)
		mia, cleo := s.token("mia", "read", "write"), s.token("cleo", "read")
		shown, own := w.Items[w.Site][portal.ClientSide], w.Items[w.Site][portal.Team]
		files := "/api/projects/" + string(w.Site) + "/files"
		if l := s.asks(mia, 200, "GET", files, ""); len(l.all("folders")) != 2 || len(l.all("files")) != 0 {
			t.Errorf("the team has %v", l)
		}
		if l := s.asks(cleo, 200, "GET", files, ""); len(l.all("folders")) != 1 || l.all("folders")[0].text("zone") != "shared" {
			t.Errorf("the client has %v", l)
		}
		s.asks(cleo, 404, "GET", files+"?folder="+string(own.Folder), "")
		s.asks(mia, 404, "GET", files+"?folder="+string(w.Items[w.Brand][portal.Team].Folder), "")

		// A file of which the client sees the second version alone, as their first.
		f := s.asks(mia, 200, "GET", files+"?folder="+string(shown.Folder), "").all("files")[0]
		if v := f.in("version"); v.text("number") != "1" || f.text("versions") != "2" {
			t.Errorf("the team has version %s of %s", v.text("number"), f.text("versions"))
		}
		f = s.asks(cleo, 200, "GET", files+"?folder="+string(shown.Folder), "").all("files")[0]
		if v := f.in("version"); v.text("number") != "1" || f.text("versions") != "1" {
			t.Errorf("the client has version %s of %s", v.text("number"), f.text("versions"))
		}
		versions := "/api/files/" + string(shown.File) + "/versions"
		if all := s.asks(mia, 200, "GET", versions, "").all("items"); len(all) != 2 || all[1]["draft"] != true || all[1].text("number") != "1" {
			t.Errorf("the team has the versions %v", all)
		}
		if all := s.asks(cleo, 200, "GET", versions, "").all("items"); len(all) != 1 || all[0].text("id") != string(shown.Version) {
			t.Errorf("the client has the versions %v", all)
		}
		if all := s.asks(mia, 200, "GET", versions+"?after=2", "").all("items"); len(all) != 1 || all[0].text("id") != string(shown.Draft) {
			t.Errorf("before the second are %v", all)
		}

		// Copies in the folder, so that there are pages.
		for range 4 {
			s.asks(mia, 201, "POST", "/api/files/"+string(shown.File)+"/copy", `{"to":"`+string(own.Folder)+`"}`)
		}
		for _, order := range []string{"sort=name", "sort=at", "sort=size&desc=true", "zone=team"} {
			path, seen := files+"?limit=2&folder="+string(own.Folder)+"&"+order, []string{}
			for after := ""; ; {
				l := s.asks(mia, 200, "GET", path+after, "")
				seen = append(seen, l.names("files")...)
				if l["next"] == nil {
					break
				}
				after = "&after=" + l.text("next")
			}
			slices.Sort(seen)
			if len(slices.Compact(seen)) != 5 {
				t.Errorf("%s: %d files on all pages", order, len(seen))
			}
		}
		if l := s.asks(mia, 200, "GET", files+"?zone=shared&folder="+string(own.Folder), ""); len(l.all("files")) != 0 {
			t.Errorf("shared are %v", l)
		}
		for _, bad := range []string{"?sort=owner", "?zone=everything", "?after=x", "?limit=101", "?include=hidden"} {
			if res := s.do("GET", files+bad, mia, ""); res.Code != http.StatusUnprocessableEntity {
				t.Errorf("%s answers %d %s", bad, res.Code, res.Body)
			}
		}

		// Names and texts.
		search := "/api/file-search?q=site-version-text&project=" + string(w.Site)
		for token, want := range map[string]int{mia: 6, cleo: 1} {
			hits := s.asks(token, 200, "GET", search, "").all("items")
			if len(hits) != want || !strings.Contains(hits[0].text("snippet"), "site-version-text is what is written") {
				t.Errorf("%d found, want %d: %v", len(hits), want, hits)
			}
		}
		s.asks(s.token("carl", "read"), 404, "GET", search, "")
		if all := s.asks(cleo, 200, "GET", "/api/files?client="+string(w.Acme), "").all("items"); len(all) != 3 { // an archived project's, too
			t.Errorf("the newest files of the client are %d", len(all))
		}
	})
}

// A folder and a file through all that can be done to them.
func TestFilesAndFolders(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		s := newSite(t, w)
		mia, cleo := s.token("mia", "read", "write"), s.token("cleo", "read", "write")
		project := "/api/projects/" + string(w.Site)
		it := w.Items[w.Site][portal.ClientSide]
		file := "/api/files/" + string(it.File)

		// Folders: made, renamed, moved; what is in one of the team's is the team's.
		team := s.asks(mia, 201, "POST", project+"/folders", `{"name":"Drafts"}`).text("id")
		within := s.asks(mia, 201, "POST", project+"/folders", `{"name":"Logos","parent":"`+team+`","audience":"client"}`).text("id")
		got := s.asks(mia, 200, "GET", "/api/folders/"+within, "")
		if got.text("zone") != "team" || len(got.all("path")) != 1 || got.all("path")[0].text("name") != "Drafts" {
			t.Errorf("the folder is %v", got)
		}
		s.asks(cleo, 404, "GET", "/api/folders/"+within, "")
		theirs := s.asks(cleo, 201, "POST", project+"/folders", `{"name":"From us"}`).text("id")
		if got := s.asks(mia, 200, "GET", "/api/folders/"+theirs, ""); got.text("zone") != "from_client" {
			t.Errorf("a folder of the client's is %v", got)
		}
		for _, body := range []string{`{"name":""}`, `{"name":"a/b"}`, `{"name":"Drafts"}`, `{"name":"x","audience":"all"}`, `{"name":"x","origin":"client"}`, `{"name":"` + strings.Repeat("x", 201) + `"}`} {
			s.asks(mia, 422, "POST", project+"/folders", body)
		}
		s.asks(mia, 409, "PUT", "/api/folders/"+within, `{"name":"Marks","revision":7}`)
		s.asks(mia, 204, "PUT", "/api/folders/"+within, fmt.Sprintf(`{"name":"Marks","revision":%v}`, got["revision"]))
		s.asks(mia, 422, "POST", "/api/folders/"+team+"/move", `{"to":"`+within+`"}`)
		s.asks(mia, 204, "POST", "/api/folders/"+within+"/move", `{}`)

		// A file that comes into a folder of the team's is hidden, once that is meant.
		before := s.asks(mia, 200, "GET", file+"/audience", "")
		if before.text("audience") != "client" || before.text("people") != "2" {
			t.Errorf("the file is seen by %v", before)
		}
		s.asks(mia, 422, "POST", file+"/move", `{"to":"`+team+`"}`)
		s.asks(mia, 404, "POST", file+"/move", `{"to":"`+string(w.Items[w.Shop][portal.Team].Folder)+`"}`)
		s.asks(mia, 204, "POST", file+"/move", `{"to":"`+team+`","confirm":true}`)
		s.asks(cleo, 404, "GET", file, "")
		if p := s.asks(mia, 200, "GET", file+"/audience", ""); p.text("audience") != "team" || len(p.all("folders")) != 1 || p.text("with_history_versions") != "1" {
			t.Errorf("showing it shows %v", p)
		}
		s.asks(mia, 204, "POST", file+"/audience", `{"with_history":true}`)
		if all := s.asks(cleo, 200, "GET", file+"/versions", "").all("items"); len(all) != 2 {
			t.Errorf("with its history the client has %v", all)
		}
		s.asks(mia, 404, "POST", "/api/folders/"+string(it.File)+"/audience", `{}`)

		// Names, versions, pins, the trash.
		now := s.asks(mia, 200, "GET", file, "")
		s.asks(mia, 422, "PUT", file, fmt.Sprintf(`{"name":"a\u202eb","revision":%v}`, now["revision"]))
		s.asks(mia, 204, "PUT", file, fmt.Sprintf(`{"name":"Logo.txt","revision":%v}`, now["revision"]))
		s.asks(mia, 409, "PUT", file, fmt.Sprintf(`{"name":"Mark.txt","revision":%v}`, now["revision"]))
		back := s.asks(mia, 201, "POST", "/api/versions/"+string(it.Draft)+"/restore", "").text("id")
		if v := s.asks(mia, 200, "GET", file, "").in("version"); v.text("id") != back || v.text("number") != "3" || v.text("restored_from") != string(it.Draft) {
			t.Errorf("restored is %v", v)
		}
		s.asks(cleo, 403, "POST", file+"/pin", "")
		s.asks(mia, 204, "POST", file+"/pin", "")
		if all := s.asks(cleo, 200, "GET", project+"/pinned-files", "").names("items"); !slices.Equal(all, []string{"Logo.txt"}) {
			t.Errorf("pinned are %v", all)
		}
		s.asks(mia, 204, "DELETE", "/api/folders/"+team, "")
		s.asks(cleo, 404, "GET", file, "")
		trash := s.asks(mia, 200, "GET", project+"/trash", "").all("items")
		if len(trash) != 1 || trash[0].text("id") != team || trash[0].text("kind") != "folder" {
			t.Fatalf("in the trash are %v", trash)
		}
		s.asks(mia, 404, "POST", "/api/trash/"+string(it.File)+"/restore", "") // it came with its folder
		s.asks(mia, 204, "POST", "/api/trash/"+team+"/restore", "")
		s.asks(cleo, 200, "GET", file, "")

		// The same request sent again makes nothing more.
		a := s.asks(mia, 201, "POST", file+"/copy", `{}`, "Idempotency-Key", "copy")
		b := s.asks(mia, 201, "POST", file+"/copy", `{}`, "Idempotency-Key", "copy")
		if a.text("id") != b.text("id") {
			t.Errorf("copied twice: %v, %v", a, b)
		}
	})
}

// T008: nothing goes from one project to another, whoever's they are.
func TestNothingGoesAcross(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		s := newSite(t, w)
		site, shop, brand := w.Items[w.Site][portal.ClientSide], w.Items[w.Shop][portal.ClientSide], w.Items[w.Brand][portal.ClientSide]
		for _, c := range []struct {
			who      string
			from, to portaltest.Items
			want     int // 403: of what they see they may move nothing, wherever to
		}{
			{"cleo", shop, site, 404}, {"cleo", site, shop, 403}, {"carl", site, shop, 404}, {"carl", shop, site, 403},
			{"mia", site, shop, 404}, {"mia", site, brand, 404}, {"tom", site, brand, 404}, {"tom", brand, site, 404},
		} {
			token, to := s.token(c.who, "read", "write"), `{"to":"`+string(c.to.Folder)+`"}`
			for _, path := range []string{"/api/files/" + string(c.from.File) + "/move", "/api/files/" + string(c.from.File) + "/copy", "/api/folders/" + string(c.from.Folder) + "/move"} {
				s.asks(token, c.want, "POST", path, to)
			}
		}
	})
}

// T185: of many who make a folder, or a client, of one name at the same time one does,
// and the others are told. Projects may have the same name: each is made.
func TestOneNameAtOnce(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		s := newSite(t, w)
		tokens := []string{s.token("mia", "write"), s.token("ada", "write"), s.token("tom", "write")}
		for _, c := range []struct {
			path, body string
			tokens     []string
			made       int
		}{
			{"/api/projects/" + string(w.Site) + "/folders", `{"name":"Proofs"}`, tokens, 1},
			{"/api/clients", `{"name":"Cobalt"}`, tokens[:2], 1},
			{"/api/projects", `{"client":"` + string(w.Acme) + `","name":"Poster"}`, tokens[:2], 24},
		} {
			codes := make(chan int, 24)
			begin := make(chan struct{})
			var all sync.WaitGroup
			for n := range cap(codes) {
				all.Go(func() {
					<-begin
					codes <- s.do("POST", c.path, c.tokens[n%len(c.tokens)], c.body).Code
				})
			}
			close(begin)
			all.Wait()
			close(codes)
			got := map[int]int{}
			for code := range codes {
				got[code]++
			}
			if got[201] != c.made || got[422] != cap(codes)-c.made {
				t.Errorf("%s: the answers are %v", c.path, got)
			}
		}
	})
}

// Who took what, and how much room there is.
func TestFileRecords(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		s := newSite(t, w)
		ctx := t.Context()
		mia, ada := s.token("mia", "read"), s.token("ada", "read", "write")
		it := w.Items[w.Site][portal.ClientSide]
		st, err := w.As(w.Cleo).DownloadVersion(ctx, it.Version)
		if err != nil {
			t.Fatal(err)
		}
		w.As(w.Cleo).LogDownload(st, "file")
		if err := w.Portal.Flush(ctx); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/api/files/" + string(it.File), "/api/projects/" + string(w.Site)} {
			all := s.asks(mia, 200, "GET", path+"/downloads", "").all("items")
			if len(all) != 1 || all[0].text("actor") != string(w.Cleo) || all[0].text("number") != "1" || all[0].text("how") != "file" {
				t.Errorf("%s was taken by %v", path, all)
			}
		}
		r := s.asks(mia, 200, "GET", "/api/clients/"+string(w.Acme)+"/room", "")
		if r["used"].(float64) <= 0 || r["limit"].(float64) <= 0 {
			t.Errorf("the room is %v", r)
		}
		l := s.asks(ada, 200, "GET", "/api/file-limits", "")
		s.asks(mia, 403, "GET", "/api/file-limits", "")
		body := func(limit int64) string {
			return fmt.Sprintf(`{"file_limit":%d,"client_limit":%d,"share_links":true,"revision":%v}`, limit, int64(10<<30), l["revision"])
		}
		s.asks(ada, 422, "PUT", "/api/file-limits", body(1))
		s.asks(ada, 204, "PUT", "/api/file-limits", body(2<<20))
		s.asks(ada, 409, "PUT", "/api/file-limits", body(3<<20))
		if l := s.asks(ada, 200, "GET", "/api/file-limits", ""); l["file_limit"].(float64) != 2<<20 || l["share_links"] != true {
			t.Errorf("the limits are %v", l)
		}
	})
}

// Lists come in pages, of any length, and nothing twice.
func TestPages(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		s := newSite(t, w)
		ada := s.token("ada", "read")
		site := "/api/projects/" + string(w.Site)
		for _, path := range []string{"/api/clients", "/api/projects", site + "/activity", site + "/tasks", site + "/updates", "/api/files", "/api/share-links", "/api/audit", "/api/file-search?q=cnry"} {
			join := "?"
			if strings.Contains(path, "?") {
				join = "&"
			}
			ids := func(query string) (ids []string, pages int) {
				for after := ""; ; {
					l := s.asks(ada, 200, "GET", path+join+query+after, "")
					pages++
					for _, x := range l.all("items") {
						if f := x.in("file"); f != nil {
							x = f
						}
						ids = append(ids, x.text("id"))
					}
					if l["next"] == nil {
						return ids, pages
					}
					after = "&after=" + l.text("next")
				}
			}
			all, _ := ids("limit=100")
			one, pages := ids("limit=1")
			if !slices.Equal(all, one) || len(all) < 2 || pages != len(all) {
				t.Errorf("%s: %d at once, %d on %d pages", path, len(all), len(one), pages)
			}
		}
	})
}
