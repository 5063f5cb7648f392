package api_test

import (
	"slices"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// What needs somebody is theirs, of the team as of a client.
func TestNeeds(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		s := newSite(t, w)
		mia, cleo, carl := s.token("mia", "read", "write"), s.token("cleo", "read", "write"), s.token("carl", "read")
		said := s.asks(cleo, 201, "POST", "/api/projects/"+string(s.Site)+"/conversations", `{"subject":"Colours","body":"Which one, @Mia?"}`).text("id")
		if _, err := s.Portal.TellPeople(t.Context()); err != nil {
			t.Fatal(err)
		}
		about := func(token, query string) (kinds []string) {
			t.Helper()
			for _, n := range s.asks(token, 200, "GET", "/api/needs"+query, "").all("items") {
				if n.text("item") == said || n.text("kind") == "mention" {
					kinds = append(kinds, n.text("kind")+" "+n.text("client"))
				}
			}
			return kinds
		}
		for query, want := range map[string][]string{"": {"message " + string(s.Acme)}, "?client=" + string(s.Acme): {"message " + string(s.Acme)}, "?client=" + string(s.Brick): nil} {
			if got := about(mia, query); !slices.Equal(got, want) {
				t.Errorf("%s: what needs the team is %q, want %q", query, got, want)
			}
		}
		for _, token := range []string{cleo, carl} {
			if got := about(token, ""); len(got) != 0 {
				t.Errorf("a client's person is told %q", got)
			}
		}
		last := s.asks(mia, 200, "GET", "/api/conversations/"+said+"/messages", "").all("items")[0].text("id")
		s.asks(mia, 204, "PUT", "/api/conversations/"+said+"/read", `{"message":"`+last+`"}`)
		s.asks(mia, 201, "POST", "/api/conversations/"+said+"/messages", `{"body":"This one.","audience":"client"}`)
		if got := about(cleo, ""); !slices.Equal(got, []string{"unread " + string(s.Acme)}) {
			t.Errorf("what the client has not read is %q", got)
		}
		s.asks(mia, 201, "POST", "/api/conversations/"+said+"/messages", `{"body":"This one. Yes?","audience":"client","question":true}`)
		if got := about(mia, ""); len(got) != 0 {
			t.Errorf("answered, and it still needs the team: %q", got)
		}
		if got := about(cleo, ""); !slices.Equal(got, []string{"question " + string(s.Acme)}) {
			t.Errorf("what needs the client is %q", got)
		}
	})
}
