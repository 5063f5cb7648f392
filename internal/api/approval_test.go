package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/portal"
)

// An approval is listed, looked at and answered, by whoever is asked.
func TestApprovals(t *testing.T) {
	runBytes(t, func(t *testing.T, s *site) {
		id, err := s.As(s.Mia).AskApproval(t.Context(), s.Site, portal.NewApproval{Title: "Texts", Versions: []portal.VersionID{s.Items[s.Site][portal.ClientSide].Version},
			Stages: []portal.NewStage{{People: []portal.PersonID{s.Cleo}, Advisers: []portal.PersonID{s.Ada}}}})
		if err != nil {
			t.Fatal(err)
		}
		path, cleo, mia := "/api/approvals/"+string(id), s.token("cleo", "read", "write"), s.token("mia", "read", "write")
		a := s.asks(cleo, 200, "GET", path, "")
		if a.text("state") != "requested" || a["may_decide"] != true || a["files"] != 1.0 || a.text("turn") != "client" {
			t.Errorf("the client has %v", a)
		}
		if needs := s.asks(cleo, 200, "GET", "/api/needs", "").all("items"); !slices.ContainsFunc(needs, func(n M) bool { return n.text("item") == string(id) && n.text("kind") == "approval" }) {
			t.Errorf("needs are %v", needs)
		}
		for _, who := range []string{"dan", "carl", "rex", "eve"} {
			s.asks(s.token(who, "read", "write"), 404, "GET", path, "")
			s.asks(s.token(who, "read", "write"), 404, "POST", path+"/decision", `{"answer":"approved","content":"x"}`)
		}
		files := s.asks(cleo, 200, "GET", path+"/files", "").all("items")
		if len(files) != 1 || len(files[0].text("sha256")) != 64 || files[0]["newest"] != true {
			t.Errorf("files: %v", files)
		}
		s.asks(s.token("bea", "read", "write"), 403, "POST", path+"/decision", `{"answer":"approved","content":"`+a.text("content")+`"}`)
		s.asks(mia, 403, "POST", path+"/decision", `{"answer":"approved","content":"`+a.text("content")+`"}`)
		s.asks(cleo, 409, "POST", path+"/decision", `{"answer":"approved","content":"`+strings.Repeat("0", 64)+`"}`)
		s.asks(cleo, 422, "POST", path+"/decision", `{"answer":"changes_requested","content":"`+a.text("content")+`"}`)
		s.asks(cleo, 204, "POST", path+"/decision", `{"answer":"changes_requested","changes":[{"position":1,"note":"Shorter"}],"content":"`+a.text("content")+`"}`)
		s.asks(cleo, 409, "POST", path+"/decision", `{"answer":"approved","content":"`+a.text("content")+`"}`)
		s.asks(cleo, 204, "DELETE", path+"/decision", "")
		// What was said by phone: noted, denied, noted again, taken back, and confirmed.
		noted := func(answer string) string {
			t.Helper()
			return s.asks(mia, 201, "POST", path+"/calls", `{"person":"`+string(s.Cleo)+`","answer":"`+answer+`","note":"Mind the logo","said_at":"`+s.Clock.Now().Format(time.RFC3339)+`"}`).text("id")
		}
		call := noted("declined")
		if all := s.asks(cleo, 200, "GET", path+"/calls", "").all("items"); len(all) != 1 || all[0].text("id") != call || all[0].text("state") != "open" || all[0].text("noted_by") != "Mia" {
			t.Errorf("Cleo said %v", all)
		}
		if all := s.asks(s.token("bea", "read"), 200, "GET", path+"/calls", "").all("items"); len(all) != 0 {
			t.Errorf("Bea reads %v", all)
		}
		if needs := s.asks(cleo, 200, "GET", "/api/needs", "").all("items"); !slices.ContainsFunc(needs, func(n M) bool { return n.text("item") == string(id) && n.text("kind") == "call" }) {
			t.Errorf("needs are %v", needs)
		}
		s.asks(cleo, 204, "POST", "/api/calls/"+call+"/denied", `{"reply":"I said perhaps"}`)
		call = noted("declined")
		s.asks(mia, 204, "DELETE", "/api/calls/"+call, "")
		s.asks(cleo, 404, "POST", "/api/calls/"+call+"/denied", `{}`)
		call = noted("approved_with_notes")
		confirm := `","call":"` + call + `","content":"` + a.text("content") + `"}`
		s.asks(mia, 403, "POST", path+"/decision", `{"answer":"approved_with_notes`+confirm)
		s.asks(cleo, 422, "POST", path+"/decision", `{"answer":"declined`+confirm)
		s.asks(cleo, 204, "POST", path+"/decision", `{"answer":"approved_with_notes`+confirm)
		if all := s.asks(mia, 200, "GET", path+"/people", "").all("items"); all[0].text("noted_by") != "Mia" || all[0].text("said_at") == "" || all[0].text("answer") != "approved_with_notes" {
			t.Errorf("asked are %v", all)
		}
		s.asks(cleo, 204, "DELETE", path+"/decision", "")
		s.asks(cleo, 204, "POST", path+"/decision", `{"answer":"approved","content":"`+a.text("content")+`"}`)
		if a := s.asks(mia, 200, "GET", path, ""); a.text("state") != "approved" || a.text("state_by") != "Cleo" {
			t.Errorf("the team has %v", a)
		}
		// The leads, three working days of the client's from now.
		calendar := "/api/clients/" + string(s.Acme) + "/calendar"
		s.asks(mia, 422, "PUT", calendar, `{"working_days":["noday"],"revision":1}`)
		rev := s.asks(mia, 200, "GET", calendar, "").text("revision")
		s.asks(mia, 204, "PUT", calendar, `{"time_zone":"Asia/Dubai","working_days":["sun","mon"],"revision":`+rev+`}`)
		led := s.asks(mia, 201, "POST", "/api/projects/"+string(s.Site)+"/approvals", `{"title":"Again","versions":["`+string(s.Items[s.Site][portal.ClientSide].Version)+`"],"due_in":3,"stages":[{"role":"leads"}]}`).text("id")
		if a := s.asks(mia, 200, "GET", "/api/approvals/"+led, ""); a.text("due_on") != "2026-03-22" {
			t.Errorf("it is due on %v", a["due_on"])
		}
		if all := s.asks(cleo, 200, "GET", "/api/approvals/"+led+"/people", "").all("items"); len(all) != 1 || all[0].text("name") != "Cleo" || all[0].text("role") != "leads" {
			t.Errorf("asked are %v", all)
		}
		s.asks(mia, 204, "POST", "/api/approvals/"+led+"/reminded", "")
		s.asks(mia, 422, "POST", "/api/approvals/"+led+"/reminded", "")
		s.asks(cleo, 403, "POST", "/api/approvals/"+led+"/reminded", "")
		s.asks(mia, 204, "POST", "/api/approvals/"+led+"/cancelled", "")
		s.asks(s.token("carl", "read", "write"), 404, "GET", "/api/approvals/"+led+"/people", "")
		if all := s.asks(mia, 200, "GET", "/api/projects/"+string(s.Site)+"/approvals", "").all("items"); len(all) != 4 || all[1].text("id") != string(id) {
			t.Errorf("the list: %v", all)
		}
	})
}

// What a deliverable said when it was asked is read with the approval, whatever it says
// since.
func TestSaidOnTheWire(t *testing.T) {
	runBytes(t, func(t *testing.T, s *site) {
		mia, cleo := s.token("mia", "read", "write"), s.token("cleo", "read", "write")
		d := s.asks(mia, 201, "POST", "/api/projects/"+string(s.Site)+"/deliverables", `{"title":"Claim","body":"Warm","audience":"client"}`).text("id")
		s.asks(mia, 201, "POST", "/api/deliverables/"+d+"/links", `{"title":"Draft","url":"https://example.test/warm"}`)
		path := "/api/approvals/" + s.asks(mia, 201, "POST", "/api/projects/"+string(s.Site)+"/approvals", `{"title":"The claim","deliverable":"`+d+`","stages":[{"people":["`+string(s.Cleo)+`"]}]}`).text("id")
		said := func(want string) M {
			t.Helper()
			a := s.asks(cleo, 200, "GET", path, "")
			if got := fmt.Sprint(a["said"]); got != want {
				t.Errorf("it said %s, want %s", got, want)
			}
			return a
		}
		const was = "links:[map[title:Draft url:https://example.test/warm]] title:Claim]"
		a := said("map[body:Warm changed:false " + was)
		s.asks(cleo, 204, "POST", path+"/decision", `{"answer":"declined","note":"Never","content":"`+a.text("content")+`"}`)
		rev := s.asks(mia, 200, "GET", "/api/deliverables/"+d, "").text("revision")
		s.asks(mia, 204, "PUT", "/api/deliverables/"+d, `{"title":"Claim","body":"Cool","revision":`+rev+`}`)
		said("map[body:Warm changed:true " + was)
	})
}

// On the wire the client's first stage is the first: nothing of what they read says
// that the team was asked before.
func TestTeamStageOnTheWire(t *testing.T) {
	runBytes(t, func(t *testing.T, s *site) {
		id, err := s.As(s.Tom).AskApproval(t.Context(), s.Site, portal.NewApproval{Title: "Texts", Versions: []portal.VersionID{s.Items[s.Site][portal.ClientSide].Version},
			Stages: []portal.NewStage{{Of: portal.Team, People: []portal.PersonID{s.Mia}}, {People: []portal.PersonID{s.Cleo}, Rule: portal.RuleEveryone}}})
		if err != nil {
			t.Fatal(err)
		}
		path, cleo, mia := "/api/approvals/"+string(id), s.token("cleo", "read", "write"), s.token("mia", "read", "write")
		asked := s.Clock.Now().UTC().Format(time.RFC3339)
		s.Clock.Advance(12 * 24 * time.Hour)
		s.asks(mia, 204, "POST", path+"/decision", `{"answer":"approved","content":"`+s.asks(mia, 200, "GET", path, "").text("content")+`"}`, "User-Agent", "curl/8")
		if d, err := s.As(s.Mia).ApprovalDecisions(t.Context(), id); err != nil || len(d) != 1 || d[0].Agent != "curl/8" {
			t.Errorf("it is recorded as %+v, %v", d, err)
		}
		s.asks(mia, 201, "POST", path+"/calls", `{"person":"`+string(s.Cleo)+`","answer":"approved","said_at":"`+s.Clock.Now().Format(time.RFC3339)+`"}`)
		a := s.asks(cleo, 200, "GET", path, "")
		if a.text("state_by") != "Tom" || a.text("asked_by") != "Tom" || a.text("created_at") != a.text("state_at") || a.text("created_at") == asked {
			t.Errorf("the client has %v", a)
		}
		if all := s.asks(cleo, 200, "GET", path+"/people", "").all("items"); len(all) != 1 || all[0]["stage"] != 1.0 {
			t.Errorf("the client knows of %v", all)
		}
		if all := s.asks(cleo, 200, "GET", path+"/calls", "").all("items"); len(all) != 1 || all[0]["stage"] != 1.0 {
			t.Errorf("the client reads of calls %v", all)
		}
		if all := s.asks(mia, 200, "GET", path+"/people", "").all("items"); len(all) != 2 || all[0]["stage"] != 1.0 || all[1]["stage"] != 2.0 {
			t.Errorf("the team knows of %v", all)
		}
		for _, read := range []string{"/api/projects/" + string(s.Site) + "/activity"} {
			for _, e := range s.asks(cleo, 200, "GET", read, "").all("items") {
				if e.text("subject") == string(id) && strings.HasPrefix(e.text("kind"), "approval_requested") && strings.Contains(fmt.Sprint(e), string(s.Mia)) {
					t.Errorf("%s names Mia: %v", read, e)
				}
			}
		}
	})
}

// An approval of a deliverable's text that was asked again: the earlier one is said to
// stand, by whoever gave it.
func TestEarlierApprovalOnTheWire(t *testing.T) {
	runBytes(t, func(t *testing.T, s *site) {
		s.exec(`UPDATE client_users SET rights = rights | 32 WHERE id = $1`, string(s.BeaAtAcme))
		s.Regrant()
		tom, ctx := s.As(s.Tom), t.Context()
		d, err := tom.AddDeliverable(ctx, s.Site, portal.NewDeliverable{Title: "Banners", Body: "Six", Audience: portal.ClientSide})
		if err != nil {
			t.Fatal(err)
		}
		ask := func(before portal.ApprovalID) (path, content string) {
			t.Helper()
			id, err := tom.AskApproval(ctx, s.Site, portal.NewApproval{Title: "Banners", Deliverable: d, Previous: before, Stages: []portal.NewStage{{Rule: portal.RuleEveryone, People: []portal.PersonID{s.Cleo, s.Bea}}}})
			if err != nil {
				t.Fatal(err)
			}
			path = "/api/approvals/" + string(id)
			return path, s.asks(s.token("tom", "read"), 200, "GET", path, "").text("content")
		}
		cleo, bea := s.token("cleo", "read", "write"), s.token("bea", "read", "write")
		path, content := ask("")
		s.asks(cleo, 403, "POST", path+"/decision", `{"answer":"approved","stands":true,"content":"`+content+`"}`)
		s.asks(cleo, 204, "POST", path+"/decision", `{"answer":"approved","content":"`+content+`"}`)
		s.asks(bea, 204, "POST", path+"/decision", `{"answer":"changes_requested","note":"Seven","content":"`+content+`"}`)
		now, err := tom.Deliverable(ctx, d)
		if err == nil {
			err = tom.ChangeDeliverable(ctx, d, portal.DeliverableChange{Title: "Banners", Body: "Seven", Revision: now.Revision})
		}
		if err != nil {
			t.Fatal(err)
		}
		path, content = ask(portal.ApprovalID(strings.TrimPrefix(path, "/api/approvals/")))
		s.asks(bea, 403, "POST", path+"/decision", `{"answer":"approved","stands":true,"content":"`+content+`"}`)
		s.asks(cleo, 204, "POST", path+"/decision", `{"answer":"approved","stands":true,"content":"`+content+`"}`)
		if all := s.asks(bea, 200, "GET", path+"/people", "").all("items"); !slices.ContainsFunc(all, func(x M) bool { return x.text("name") == "Cleo" && x.text("stands") != "" }) {
			t.Errorf("asked are %v", all)
		}
	})
}
