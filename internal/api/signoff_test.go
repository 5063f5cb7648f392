package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/certificate"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// A milestone is asked to be signed off, signed with the password once more, and
// its certificate is had and verified.
func TestSignoffs(t *testing.T) {
	runBytes(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		signs, err := certificate.FromSecret([]byte("a secret"))
		if err != nil {
			t.Fatal(err)
		}
		maker := certificate.New(certificate.Options{Portal: s.Portal, Blobs: s.store, Signer: signs, BaseURL: "https://portal.test"})
		tokens := map[string]string{}
		for _, name := range []string{"mia", "cleo", "bea", "dan", "carl", "rex", "eve"} {
			tokens[name] = s.token(name, "read", "write")
		}
		mia, cleo, bea := tokens["mia"], tokens["cleo"], tokens["bea"]
		milestone, err := s.As(s.Mia).AddMilestone(ctx, s.Site, portal.NewMilestone{Title: "Launch", Audience: portal.ClientSide})
		if err != nil {
			t.Fatal(err)
		}
		list := "/api/projects/" + string(s.Site) + "/signoffs"
		ask := `{"subject":"` + string(milestone) + `","statement":"We accept the launch.","points":["Photos follow"],"due_on":"2030-01-31"}`
		s.asks(cleo, 403, "POST", list, ask)
		s.asks(mia, 422, "POST", list, `{"subject":"`+string(milestone)+`","statement":" "}`)
		path := "/api/signoffs/" + s.asks(mia, 201, "POST", list, ask, "Idempotency-Key", "one").text("id")
		if again := s.asks(mia, 201, "POST", list, ask, "Idempotency-Key", "one").text("id"); "/api/signoffs/"+again != path {
			t.Errorf("sent again it is %s", again)
		}
		s.asks(mia, 409, "POST", list, ask)

		x := s.asks(cleo, 200, "GET", path, "")
		if x.text("state") != "asked" || x["may_sign"] != true || x.text("of") != "milestone" || len(x.text("content")) != 64 {
			t.Errorf("the client has %v", x)
		}
		if lines := s.asks(bea, 200, "GET", path+"/lines", "").all("items"); len(lines) != 1 || lines[0].text("kind") != "open" || lines[0].text("title") != "Photos follow" {
			t.Errorf("lines: %v", lines)
		}
		sign := func(content, password string) string {
			return `{"name":"Cleo Acme","password":"` + password + `","content":"` + content + `"}`
		}
		for _, who := range []string{"dan", "carl", "rex", "eve"} {
			for _, read := range []string{"", "/lines", "/certificate"} {
				s.asks(tokens[who], 404, "GET", path+read, "")
			}
			s.asks(tokens[who], 404, "POST", path+"/signature", sign(x.text("content"), portaltest.Password))
			s.asks(tokens[who], 404, "POST", path+"/refusal", `{"note":"No"}`)
			s.asks(tokens[who], 404, "POST", path+"/withdraw", "")
		}
		s.asks(bea, 403, "POST", path+"/signature", sign(x.text("content"), portaltest.Password))
		s.asks(mia, 403, "POST", path+"/signature", sign(x.text("content"), portaltest.Password))
		s.asks(s.token("cleo", "read"), 403, "POST", path+"/signature", sign(x.text("content"), portaltest.Password))
		s.asks(cleo, 403, "POST", path+"/withdraw", "")
		s.asks(cleo, 422, "POST", path+"/refusal", `{"note":""}`)
		s.asks(cleo, 409, "POST", path+"/signature", sign(strings.Repeat("0", 64), portaltest.Password))
		s.asks(cleo, 422, "POST", path+"/signature", sign(x.text("content"), "not it at all, no"))
		s.asks(cleo, 204, "POST", path+"/signature", sign(x.text("content"), portaltest.Password), "Idempotency-Key", "two")
		s.asks(cleo, 204, "POST", path+"/signature", sign(x.text("content"), portaltest.Password), "Idempotency-Key", "two")
		s.asks(cleo, 409, "POST", path+"/signature", sign(x.text("content"), portaltest.Password))
		if x := s.asks(mia, 200, "GET", path, ""); x.text("state") != "signed" || x.text("name") != "Cleo Acme" || x.text("proof") != "password" || x.text("state_by") != "Cleo" {
			t.Errorf("signed: %v", x)
		}
		if all := s.asks(mia, 200, "GET", list, "").all("items"); len(all) == 0 || "/api/signoffs/"+all[0].text("id") != path {
			t.Errorf("the list: %v", all)
		}

		s.asks(cleo, 404, "GET", path+"/certificate", "") // it is being made
		s.Clock.Advance(time.Hour)
		if err := maker.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		res := s.do(http.MethodGet, path+"/certificate", bea, "")
		paper := res.Body.Bytes()
		if res.Code != 200 || !strings.HasPrefix(string(paper), "%PDF") || res.Header().Get("Content-Type") != "application/pdf" || s.do(http.MethodGet, path+"/certificate", tokens["dan"], "").Code != 404 {
			t.Fatalf("the certificate: %d %v", res.Code, res.Header())
		}
		c, err := s.As(s.Cleo).Certificate(ctx, strings.TrimPrefix(path, "/api/signoffs/"))
		if err != nil {
			t.Fatal(err)
		}
		// Whoever has the paper, or its code, learns what is in it.
		verify := func(query, is string) M {
			t.Helper()
			v := s.asks(tokens["eve"], 200, "GET", "/api/verify?"+query, "")
			if v.text("is") != is {
				t.Errorf("%s is %v, want %s", query, v, is)
			}
			return v
		}
		if v := verify("sha256="+sha(paper), "certificate"); v.text("title") != "Launch" || v.all("signers")[0].text("name") != "Cleo Acme" {
			t.Errorf("it says %v", v)
		}
		verify("code="+c.Code+"&sha256="+sha(paper), "certificate")
		verify("code="+c.Code, "other")
		paper[len(paper)/2] ^= 1
		if v := verify("sha256="+sha(paper), "unknown"); v["title"] != nil {
			t.Errorf("of a changed one it says %v", v)
		}
		verify("code="+c.Code+"&sha256="+sha(paper), "other")
		s.asks(tokens["eve"], 404, "GET", "/api/verify?code=vt_crt_unknown", "")
		s.asks(tokens["eve"], 422, "GET", "/api/verify", "")
		s.asks("", 401, "GET", "/api/verify?code="+c.Code, "")

		// One that is taken back, and one that is declined.
		project := `{"statement":"We accept it all."}`
		path = "/api/signoffs/" + s.asks(mia, 201, "POST", list, project).text("id")
		s.asks(mia, 204, "POST", path+"/withdraw", "")
		s.asks(cleo, 409, "POST", path+"/refusal", `{"note":"The film is missing"}`)
		path = "/api/signoffs/" + s.asks(mia, 201, "POST", list, project).text("id")
		s.asks(cleo, 204, "POST", path+"/refusal", `{"note":"The film is missing"}`)
		if x := s.asks(mia, 200, "GET", path, ""); x.text("state") != "declined" || x.text("note") != "The film is missing" {
			t.Errorf("declined: %v", x)
		}

		// The certificate of an approval, once it cannot be taken back.
		shown := "/api/approvals/" + string(s.Items[s.Site][portal.ClientSide].Approval) + "/certificate"
		s.asks(tokens["carl"], 404, "POST", shown, "")
		s.asks(cleo, 204, "POST", shown, "")
		s.Clock.Advance(time.Hour)
		if err := maker.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		if res := s.do(http.MethodGet, shown, cleo, ""); res.Code != 200 || !strings.HasPrefix(res.Body.String(), "%PDF") {
			t.Errorf("the certificate of an approval: %d", res.Code)
		}
	})
}
