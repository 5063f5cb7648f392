package web_test

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/webtest"
)

func TestSettings(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		for name, status := range map[string]int{"mia": 403, "tom": 403, "cleo": 404, "rex": 404} {
			b := s.As(name)
			b.Get("/settings").MustBe(status)
			b.Post("/settings", nil).MustBe(status)
		}
		ctx := t.Context()
		tom, cleo := s.World.As(s.Tom), s.World.As(s.Cleo)
		th, err := tom.StartConversation(ctx, s.Site, portal.NewConversation{Subject: "Colours", NewMessage: portal.NewMessage{Body: "Which?", Audience: portal.ClientSide}})
		if err != nil {
			t.Fatal(err)
		}
		said, err := cleo.Say(ctx, th, portal.NewMessage{Body: "The first"})
		if err == nil {
			err = tom.MarkRead(ctx, th, said)
		}
		if err == nil {
			_, err = tom.Say(ctx, th, portal.NewMessage{Body: "Good", Audience: portal.ClientSide})
		}
		if err == nil {
			_, err = s.Portal.TellPeople(ctx)
		}
		if err != nil {
			t.Fatal(err)
		}
		s.Exec(`UPDATE mails SET state = 'failed', reason = 'bounced/no such mailbox' WHERE kind = 'notices' AND person_id = $1`, string(s.Cleo))
		s.Exec(`UPDATE notices SET mail_id = (SELECT m.id FROM mails m WHERE m.kind = 'notices' AND m.person_id = notices.person_id) WHERE person_id = $1 AND mail = 'now'`, string(s.Cleo))

		// The team alone learns whom a message has reached.
		reached := func(name, receipts string) string {
			s.Exec(`UPDATE workspace SET receipts = $1`, receipts)
			return s.As(name).Get("/conversations/" + string(th)).MustBe(200).Text(".seen")
		}
		if got := reached("tom", "team"); !strings.Contains(got, "The e-mail to Cleo did not arrive") || !strings.Contains(got, "It came back: no such mailbox") {
			t.Errorf("Tom reads %q", got)
		}
		if got := reached("tom", "off"); got != "" {
			t.Errorf("off, and Tom reads %q", got)
		}
		for receipts, want := range map[string]string{"on": "Seen by Tom", "team": "", "off": ""} {
			if got := reached("cleo", receipts); !strings.HasPrefix(strings.TrimSpace(got), want) || want == "" && got != "" || strings.Contains(got, "no such mailbox") {
				t.Errorf("%s, and Cleo reads %q", receipts, got)
			}
		}

		// Of whom no mail goes to, clients learn that they have not seen it alone; of
		// a comment as of a message.
		if err := s.World.As(s.Bea).Mute(ctx, s.Site); err != nil {
			t.Fatal(err)
		}
		last, err := cleo.Say(ctx, th, portal.NewMessage{Body: "Then that"})
		var comment portal.MessageID
		if err == nil {
			comment, err = cleo.CommentOn(ctx, portal.ItemID(s.Items[s.Site][portal.ClientSide].Task), portal.NewComment{NewMessage: portal.NewMessage{Body: "Fine"}})
		}
		if err == nil {
			_, err = s.Portal.TellPeople(ctx)
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range []portal.MessageID{last, comment} {
			for receipts, shown := range map[string]map[string]bool{"on": {"cleo": true, "bea": true, "tom": true}, "team": {"tom": true}, "off": {}} {
				s.Exec(`UPDATE workspace SET receipts = $1`, receipts)
				for _, name := range []string{"cleo", "bea", "tom"} {
					got := s.As(name).Get("/messages/" + string(m)).MustBe(200).Text(".seen")
					if strings.Contains(got, "Bea · Acme Not seen yet") != shown[name] || strings.Contains(got, "No e-mail") != (shown[name] && name == "tom") || strings.Contains(got, "yet to be sent") && name != "tom" {
						t.Errorf("%s, and of %s %s reads %q", receipts, m, name, got)
					}
				}
			}
		}
		// The end of a comment is told to have been read once it was on the screen.
		page := s.As("tom").Get("/messages/" + string(comment))
		if got := page.Attr(".comment-thread[data-read]", "data-read"); !strings.HasSuffix(got, "/read?upto="+string(comment)) {
			t.Errorf("what is new is told to be read at %q", got)
		}
		s.Exec(`UPDATE workspace SET receipts = 'on'`)
		tomReads := s.As("tom")
		page.Form(page.Attr(".comment-thread[data-read]", "data-read")).Submit(tomReads).MustBe(200)
		if got := s.As("cleo").Get("/messages/" + string(comment)).Text(".seen"); !strings.Contains(got, "Seen by Tom") {
			t.Errorf("read, and Cleo reads %q", got)
		}
		if tomReads.Get("/messages/" + string(comment)).Has(".comment-thread[data-read]") {
			t.Error("read, and still new")
		}

		ada := s.As("ada")
		page = ada.Get("/settings").MustBe(200)
		stale := ada.Get("/settings").Form("/settings")
		page.Form("/settings").Set("name", "").Set("from_0", "18:00").Set("to_0", "09:00").Set("welcome", "Kept & safe").Submit(ada).
			MustBe(422).MustContain("This is needed.", "The end must be after the start", "Kept & safe")

		f := page.Form("/settings").Set("name", "Leto").Set("accent", "#aa3366").Set("time_zone", "Europe/Madrid").Set("from_0", "09:00").Set("to_0", "17:30").
			Set("holiday", "2026-12-26", "", "2026-12-25", "2026-12-26").Set("reply_hours", "4").Set("state_on_hold", "Resting").Set("section", "updates", "dates").Set("support_email", "help@leto.test").Set("receipts", "team").Set("bare_mails", "1")
		p := f.Submit(ada).MustBe(200).MustContain("Saved", "Leto")
		if p.Attr("#to_0", "value") != "17:30" || !slices.Equal(p.Form("/settings").Values()["holiday"][:3], []string{"2026-12-25", "2026-12-26", ""}) {
			t.Error("the hours are not there")
		}
		ws, err := s.Portal.As(portal.PersonActor(s.Ada)).Workspace(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if ws.Sections != portal.SectionUpdates|portal.FieldDates || ws.StateWords["on_hold"] != "Resting" || ws.ReplyHours != 4 || ws.Receipts != portal.ReceiptsTeam || !ws.BareMails || !p.Has("#bare_mails[checked]") {
			t.Errorf("saved %+v", ws)
		}

		s.Stranger().Get("/.well-known/security.txt").MustBe(200)

		// Somebody who read them before.
		p = stale.Set("name", "Other").Submit(ada).MustBe(409).MustContain("Somebody else changed the settings meanwhile")
		if p.Attr("#name", "value") != "Other" {
			t.Error("what was typed is gone")
		}
		p.Form("/settings").Submit(ada).MustBe(200).MustContain("Saved", "Other")
	})
}

// A text is looked at as it will be shown, through the same sanitiser.
func TestPreview(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		text := url.Values{"of": {"body"}, "body": {"**Done** <script>x</script> [on](javascript:x)"}, "title": {"of no interest"}}
		for name, status := range map[string]int{"ada": 200, "tom": 200, "cleo": 404, "rex": 404} {
			s.As(name).Post("/preview", text).MustBe(status)
		}
		s.Stranger().Post("/preview", text).MustBe(401)
		mia := s.As("mia")
		p := mia.Post("/preview", text).MustBe(200).MustNotContain("<script>x", "javascript:", "of no interest")
		if p.Text("main .prose strong") != "Done" {
			t.Errorf("drawn as %s", p.Text("main .prose"))
		}
		mia.Post("/preview", url.Values{"of": {"body"}, "body": {strings.Repeat("x", portal.MaxText+1)}}).MustBe(413)
		// The button is not the one that the Enter key presses.
		for _, path := range []string{"/updates/new", "/milestones/new", "/deliverables/new", "/requests/new"} {
			p := mia.Get("/projects/" + string(s.World.Site) + path).MustBe(200)
			if p.Attr(`form [formaction="/preview"]`, "value") != "body" || p.Attr(`form button:not([type="button"])`, "formaction") != "" {
				t.Errorf("%s: the buttons are not right", path)
			}
		}
	})
}

func TestTextsForPrograms(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		b := s.Stranger()
		if p := b.Get("/robots.txt").MustBe(200); p.Body != "User-agent: *\nDisallow: /\n" {
			t.Errorf("robots.txt: %q", p.Body)
		}
		b.Get("/.well-known/security.txt").MustBe(404)
		s.Exec(`UPDATE workspace SET support_email = 'help@leto.test'`)
		want := "Contact: mailto:help@leto.test\nExpires: 2026-09-11T00:00:00Z\nPreferred-Languages: en\nCanonical: " + s.URL + "/.well-known/security.txt\n"
		if p := b.Get("/.well-known/security.txt").MustBe(200); p.Body != want {
			t.Errorf("security.txt: %q", p.Body)
		}
	})
}
