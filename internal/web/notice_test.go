package web_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
	"github.com/vitrine-portal/vitrine/internal/web/webtest"
)

// publish tells everybody of an update, and returns its id.
func publish(t *testing.T, w *portaltest.World, audience portal.Side) portal.UpdateID {
	t.Helper()
	id, err := w.As(w.Mia).PublishUpdate(t.Context(), w.Site, portal.NewUpdate{Body: "b", Sentence: "s", Status: portal.Active, Health: portal.OnTrack, Audience: audience})
	if err == nil {
		_, err = w.Portal.TellPeople(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// Notices are listed, new until they are read, and lead to what they are about.
func TestNoticesPage(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		s := webtest.New(t, w, nil)
		id := publish(t, w, portal.ClientSide)
		hidden := publish(t, w, portal.Team)
		all, _, err := w.As(w.Cleo).Notices(t.Context(), portal.Page{})
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		at := "/notices/" + string(all[0].ID)
		cleo := s.As("cleo")
		links := func(b *webtest.Browser) bool {
			t.Helper()
			p := b.Get("/notices")
			if strings.Contains(p.Body, string(hidden)) {
				t.Error("what is hidden is named")
			}
			return strings.Contains(p.Body, at)
		}
		cleo.Get("/notices").MustBe(200).MustContain("posted an update", "Mark all as read")
		if !links(cleo) {
			t.Error("a new notice does not lead by way of itself")
		}
		for _, name := range []string{"tom", "carl", "rex"} {
			if strings.Contains(s.As(name).Get("/notices").Body, at) {
				t.Errorf("%s has Cleo's notice", name)
			}
			s.As(name).Get(at).MustBe(404)
		}
		if p := cleo.Get(at).MustBe(200); p.Path != "/updates/"+string(id) {
			t.Errorf("it leads to %s", p.Path)
		}
		cleo.Get("/notices").MustBe(200).MustContain("posted an update").MustNotContain("Mark all as read")
		if links(cleo) {
			t.Error("it is still new")
		}
		publish(t, w, portal.ClientSide)
		all, _, err = w.As(w.Cleo).Notices(t.Context(), portal.Page{})
		if err != nil || len(all) != 2 {
			t.Fatal(all, err)
		}
		cleo.Post("/notices/read", url.Values{"up_to": {string(all[0].ID)}}).MustBe(200)
		cleo.Get("/notices").MustBe(200).MustNotContain("Mark all as read")

		form := url.Values{"preset": {"own"}, "digest_on": {"fri"}, "digest_at": {"16:15"}, "quiet_from": {"21:00"}, "quiet_until": {"07:30"}, "listed_files": {"1"}, "mail_reviews": {"now"}, "mail_updates": {"digest"}}
		cleo.Post("/profile/notices", form).MustBe(200)
		c, err := w.As(w.Cleo).NoticeChoices(t.Context())
		want := portal.NoticeChoices{Preset: portal.NoticeOwn, Own: portal.Ways{Listed: portal.TopicFiles, Mailed: portal.TopicReviews, Digested: portal.TopicUpdates},
			QuietFrom: "21:00", QuietUntil: "07:30", DigestOn: "fri", DigestAt: "16:15"}
		if err != nil || c != want {
			t.Errorf("%+v, %v", c, err)
		}
		form.Set("digest_at", "noon")
		cleo.Post("/profile/notices", form).MustBe(422).MustContain("Write a time such as 08:30.")
		cleo.Post("/profile/notices/mute", url.Values{"project": {string(w.Shop)}}).MustBe(404)
		cleo.Post("/profile/notices/mute", url.Values{"project": {string(w.Site)}}).MustBe(200)
		if !strings.Contains(cleo.Get("/profile/notices").MustBe(200).Body, "/projects/"+string(w.Site)+"/unmute") {
			t.Error("a muted project is not listed")
		}
		cleo.Post("/projects/"+string(w.Site)+"/unmute", nil).MustBe(200)
		if strings.Contains(cleo.Get("/profile/notices").MustBe(200).Body, "/unmute") {
			t.Error("it is still muted")
		}
	})
}

// T108: the link in a mail ends mails of its topic and nothing else, without a
// sign-in, by one post of a mail program; looking at it changes nothing.
func TestUnsubscribe(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		s := webtest.New(t, w, nil)
		chosen := func() portal.Ways {
			t.Helper()
			c, err := w.As(w.Cleo).NoticeChoices(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return c.Ways()
		}
		link := func(who portal.PersonID, topic, of string) string {
			return "/unsubscribe/" + string(who) + "/" + topic + "/" + w.Accounts.Token(account.PurposeUnsubscribe, string(who)+" "+of)
		}
		before := chosen()
		if !before.Mailed.Has(portal.TopicReviews) {
			t.Fatalf("%+v", before)
		}
		nobody := s.Stranger()
		right := link(w.Cleo, "reviews", "reviews")
		nobody.Get(right).MustBe(200).MustContain("End these mails", "cleo@cleo.test")
		for _, wrong := range []string{link(w.Cleo, "reviews", "files"), link(w.Carl, "reviews", "reviews")[:len("/unsubscribe/")] + string(w.Cleo) + "/reviews/" + w.Accounts.Token(account.PurposeUnsubscribe, string(w.Carl)+" reviews"),
			link(w.Cleo, "weather", "weather"), strings.TrimSuffix(right, right[len(right)-1:]), "/unsubscribe/" + string(w.Cleo) + "/reviews/" + w.Accounts.Token(account.PurposeInvitation, string(w.Cleo)+" reviews")} {
			nobody.Get(wrong).MustBe(404).MustNotContain("cleo@cleo.test")
			nobody.Post(wrong, url.Values{"List-Unsubscribe": {"One-Click"}}).MustBe(404)
		}
		if got := chosen(); got != before {
			t.Errorf("looking changed it: %+v", got)
		}
		page := nobody.Post(right, url.Values{"List-Unsubscribe": {"One-Click"}}).MustBe(200).MustContain("Undo")
		if page.Header.Get("Set-Cookie") != "" {
			t.Errorf("the link signs in: %s", page.Header.Get("Set-Cookie"))
		}
		nobody.Get("/profile/notices").MustNotContain("cleo@cleo.test")
		if got := chosen(); got.Mailed.Has(portal.TopicReviews) || got.Mailed != before.Mailed&^portal.TopicReviews || got.Digested != before.Digested || got.Listed != before.Listed {
			t.Errorf("it is %+v and was %+v", got, before)
		}
		nobody.Post(right, url.Values{"again": {"1"}}).MustBe(200)
		if got := chosen(); got != before {
			t.Errorf("undone, it is %+v and was %+v", got, before)
		}
		nobody.Post(link(w.Cleo, "digest", "digest"), nil).MustBe(200)
		if got := chosen(); got.Digested != 0 || got.Mailed != before.Mailed {
			t.Errorf("without the digest it is %+v", got)
		}
	})
}
