package web_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
	"github.com/vitrine-portal/vitrine/internal/web/webtest"
)

// cameIn has a mail come in to Cleo's address that is held.
func cameIn(t *testing.T, s *webtest.Site) string {
	t.Helper()
	id := db.NewID("inm")
	s.Exec(`INSERT INTO incoming_mails (id, message_id, recipient, sender, blob, size, received_at, state, reason, due_at, settled_at, from_address, from_name, subject, body, files, person_id, place)
VALUES ($1, $1, 'reply@in.test', 'x@evil.test', 'b', 1, $2, 'held', 'sender', $2, $2, 'x@evil.test', 'Cleo <b>', 'Re: <i>colours', $3, $4, $5, $6)`,
		id, db.Micros(s.Clock.Now()), "<script>alert(1)</script>\nsecond line", "a.pdf\nb.pdf", string(s.Cleo), string(s.Items[s.World.Site][portal.ClientSide].Task))
	return id
}

func TestIncomingPages(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		s := withMails(t, w, false)
		id := cameIn(t, s)
		for _, name := range []string{"mia", "tom", "cleo", "dan", "carl", "rex"} {
			for _, path := range []string{"/incoming", "/incoming/" + id} {
				s.As(name).Get(path).MustBe(404).MustNotContain("evil.test")
			}
			s.As(name).Post("/incoming/"+id+"/accept", nil).MustBe(404)
			s.As(name).Post("/incoming/"+id+"/discard", nil).MustBe(404)
		}
		ada := s.As("ada")
		if p := ada.Get("/outbox").MustBe(200).MustContain("1 mail is held"); p.Attr(`a[href="/incoming?state=held"]`, "href") == "" {
			t.Error("the Outbox does not lead there")
		}
		ada.Get("/").MustBe(200).MustContain("1 mail is held")
		if p := s.As("mia").Get("/").MustBe(200).MustNotContain("is held"); p.Attr(`a[href="/outbox"]`, "href") != "" {
			t.Error("a manager is led to the Outbox")
		}
		if n := ada.Get("/projects").MustBe(200).Text(`a[href="/outbox"] .count`); n != "1" {
			t.Errorf("the navigation counts %q", n)
		}
		ada.Get("/incoming").MustBe(200).MustContain("x@evil.test", "Held", "another address than")
		ada.Get("/incoming?state=posted").MustBe(200).MustContain("No mail here")
		ada.Get("/incoming?state=nonsense").MustBe(404)
		p := ada.Get("/incoming/"+id).MustBe(200).MustContain("<script>alert(1)", "a.pdf, b.pdf", "Post as Cleo", "cleo@cleo.test", "Answers to")
		if strings.Contains(p.Body, "<script>alert(1)") || strings.Contains(p.Body, "<i>colours") || strings.Contains(p.Body, "Cleo <b>") {
			t.Error("what a stranger wrote is markup")
		}
		p = p.Form("/incoming/" + id + "/accept").Submit(ada).MustBe(200).MustContain("Being read")
		if p.Path != "/incoming/"+id {
			t.Errorf("accepting leads to %s", p.Path)
		}
		ada.Post("/incoming/"+id+"/accept", url.Values{}).MustBe(409)
		ada.Post("/incoming/"+id+"/discard", url.Values{}).MustBe(409)

		// One whose files belong to no project asks into which they go.
		files := cameIn(t, s)
		s.Exec(`UPDATE incoming_mails SET reason = 'files' WHERE id = $1`, files)
		p = ada.Get("/incoming/"+files).MustBe(200).MustContain("Where its attachments go", "Choose a project", "say into which they go")
		p.Form("/incoming/" + files + "/accept").Submit(ada).MustBe(422)
		p.Form("/incoming/"+files+"/accept").Set("project", string(s.World.Site)).Submit(ada).MustBe(200).MustContain("Being read")

		other := cameIn(t, s)
		ada.Get("/incoming/" + other).MustBe(200).Form("/incoming/" + other + "/discard").Submit(ada).MustBe(200).MustContain("Discarded")
		ada.Get("/outbox").MustBe(200).MustContain("Incoming mail").MustNotContain("is held")
		events, _, err := s.World.As(s.Ada).Audit(t.Context(), portal.AuditFilter{}, portal.Page{})
		if err != nil || events[0].Kind != portal.IncomingPutAway {
			t.Errorf("events %v, %v", events, err)
		}
		// Nobody's address: nothing to post.
		nobodys := cameIn(t, s)
		s.Exec(`UPDATE incoming_mails SET person_id = NULL, place = '', reason = 'unknown' WHERE id = $1`, nobodys)
		if p := ada.Get("/incoming/" + nobodys).MustBe(200).MustContain("nobody knows where it belongs"); strings.Contains(p.Body, "/accept") {
			t.Error("what came to nobody can be posted")
		}
		// But it can be given to who wrote it, where they may write.
		th, err := s.World.As(s.Mia).StartConversation(t.Context(), s.World.Site, portal.NewConversation{Subject: "Colours", NewMessage: portal.NewMessage{Body: "Which?", Audience: portal.ClientSide}})
		if err != nil {
			t.Fatal(err)
		}
		assign := url.Values{"conversation": {string(th)}, "person": {string(s.Cleo)}}
		for _, name := range []string{"mia", "cleo", "carl"} {
			s.As(name).Post("/incoming/"+nobodys+"/assign", assign).MustBe(404)
		}
		ada.Get("/incoming/" + nobodys).MustBe(200).MustContain("Post it where it belongs").MustNotContain("Who wrote it")
		choose := ada.Get("/incoming/"+nobodys+"?client="+string(s.Acme)+"&conversation="+string(th)).MustBe(200).MustContain("Who wrote it", "Cleo · Acme")
		ada.Post("/incoming/"+nobodys+"/assign", url.Values{"conversation": {string(th)}, "person": {string(s.Carl)}}).MustBe(422)
		choose.Form("/incoming/"+nobodys+"/assign").Set("person", string(s.Cleo)).Submit(ada).MustBe(200).MustContain("Being read", "Came to the address of", "Colours")
		ada.Post("/incoming/"+nobodys+"/assign", assign).MustBe(409)

		// Nor need what came from another address be its person's: whoever wrote it is
		// offered first, where the mail came.
		beas := cameIn(t, s)
		s.Exec(`UPDATE incoming_mails SET audience = 'client', writer_id = $2 WHERE id = $1`, beas, string(s.Bea))
		p = ada.Get("/incoming/"+beas).MustBe(200).MustContain("Post as Cleo", "Where it came", "Who wrote it")
		if first := p.Texts(`select[name="person"] option`); len(first) < 2 || first[0] != "Bea · Acme" {
			t.Errorf("offered: %q", first)
		}
		ada.Get("/incoming/"+beas+"?who=cl&named=ac").MustBe(200).MustContain("Clients whose name has", "People whose name begins with", "Cleo · Acme").MustNotContain("Bea · Acme")
		p.Form("/incoming/"+beas+"/assign").Set("person", string(s.Bea)).Submit(ada).MustBe(200).MustContain("Being read", "bea@bea.test")
	})
}
