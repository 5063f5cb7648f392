package web_test

import (
	"encoding/base64"
	"encoding/json"
	"image"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

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
		all, _, err := w.As(w.Cleo).Notices(t.Context(), "", portal.Page{})
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
		all, _, err = w.As(w.Cleo).Notices(t.Context(), "", portal.Page{})
		if err != nil || len(all) != 2 {
			t.Fatal(all, err)
		}
		cleo.Post("/notices/read", url.Values{"up_to": {string(all[0].ID)}}).MustBe(200)
		cleo.Get("/notices").MustBe(200).MustNotContain("Mark all as read")

		// What is deleted is not told of, and no page is there for a link in a mail to it.
		gone := publish(t, w, portal.ClientSide)
		all, _, err = w.As(w.Cleo).Notices(t.Context(), "", portal.Page{})
		if err != nil || len(all) != 3 || all[0].Subject != string(gone) {
			t.Fatal(all, err)
		}
		at = "/notices/" + string(all[0].ID)
		if !links(cleo) {
			t.Error("an update is not told of")
		}
		if err := w.As(w.Mia).DeleteUpdate(t.Context(), gone); err != nil {
			t.Fatal(err)
		}
		if links(cleo) {
			t.Error("a deleted update is told of")
		}
		cleo.Get("/notices").MustBe(200).MustNotContain("Mark all as read")
		cleo.Get(at).MustBe(404)

		form := url.Values{"preset": {"own"}, "digest_on": {"fri"}, "digest_at": {"16:15"}, "quiet_from": {"21:00"}, "quiet_until": {"07:30"}, "listed_files": {"1"}, "mail_reviews": {"now"}, "mail_updates": {"digest"}, "mail_late": {"now"}}
		cleo.Post("/profile/notices", form).MustBe(200)
		c, err := w.As(w.Cleo).NoticeChoices(t.Context())
		// What the page does not ask a client, as they never get it, stays.
		want := portal.NoticeChoices{Preset: portal.NoticeOwn, Own: portal.Ways{Listed: portal.TopicFiles, Mailed: portal.TopicReviews | portal.TopicLate | portal.TopicRecord, Digested: portal.TopicUpdates},
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
		// On the project's own page, and whose project it is, for whom has several.
		at = "/projects/" + string(w.Site)
		if p := cleo.Get(at).MustBe(200).Form(at + "/mute?here").Submit(cleo).MustBe(200).MustContain("You have muted it"); p.Path != at+"?done=muted" {
			t.Errorf("muted, it leads to %s", p.Path)
		}
		cleo.Get("/profile/notices").MustNotContain(" · Acme")
		s.As("bea").Post(at+"/mute", nil).MustBe(200).MustContain(" · Acme", " · Brick")
		s.As("mia").Get("/profile/notices").MustContain(" · Acme")
		cleo.Post("/projects/"+string(w.Shop)+"/mute", nil).MustBe(404)
		cleo.Get(at).Form(at + "/unmute?here").Submit(cleo).MustBe(200).MustNotContain("You have muted it")
		if strings.Contains(cleo.Get("/profile/notices").MustBe(200).Body, "/unmute") {
			t.Error("it is still muted")
		}
	})
}

// T049: whoever comes from what they were told of a note has the note in front of them,
// and whoever comes from a message that the client reads the reply.
func TestNoteIsAnsweredByANote(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		th := s.Items[s.World.Site][portal.ClientSide].Conversation
		tom := s.As("tom")
		for audience, front := range map[portal.Side]string{portal.Team: "note", portal.ClientSide: "reply"} {
			if _, err := s.World.As(s.Mia).Say(t.Context(), th, portal.NewMessage{Body: "What do you think, @Tom?", Audience: audience}); err != nil {
				t.Fatal(err)
			}
			if _, err := s.World.Portal.TellPeople(t.Context()); err != nil {
				t.Fatal(err)
			}
			page := tom.Get("/notices").MustBe(200)
			for _, by := range page.Attrs(`main a[href^="/notices/ntc_"]`, "href") {
				p := tom.Get(by).MustBe(200)
				if got := p.Attrs(`.composer input[name="how"][checked]`, "value"); !slices.Equal(got, []string{front}) {
					t.Errorf("from %s to a message for the %s: %q is in front", by, audience, got)
				}
			}
			if !page.Has(`main a[href^="/notices/ntc_"]`) {
				t.Errorf("of a message for the %s there is no notice", audience)
			}
			s.Exec(`DELETE FROM notices`)
		}
	})
}

// What is about one thing stands in one row, which a button marks as read without a
// script; what needs somebody stands above, for the team too, and the bell counts
// it and nothing else.
func TestNoticesTogether(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		s := webtest.New(t, w, nil)
		it := w.Items[w.Site][portal.ClientSide]
		s.Exec(`UPDATE versions SET preview = 'ready', kind = 'image' WHERE id = $1`, string(it.Version))
		say := func(who portal.PersonID, body string) {
			t.Helper()
			_, err := w.As(who).CommentOn(t.Context(), portal.ItemID(it.File), portal.NewComment{Version: it.Version, NewMessage: portal.NewMessage{Body: body, Audience: portal.ClientSide}})
			if err == nil {
				_, err = w.Portal.TellPeople(t.Context())
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, body := range []string{"one", "two", "three"} {
			say(w.Tom, body)
		}
		say(w.Mia, "four")
		cleo := s.As("cleo")
		page := cleo.Get("/notices").MustBe(200).MustContain("4 comments on ", "By Mia and Tom", "Mark as read")
		if n := strings.Count(page.Body, "Mark as read"); n != 2 || !strings.Contains(page.Body, `src="/versions/`+string(it.Version)+`/thumb"`) { // its words and its name
			t.Errorf("%d rows: %s", n, page.Body)
		}
		form := regexp.MustCompile(`/notices/ntc_\w+/read`).FindString(page.Body)
		for _, name := range []string{"carl", "rex", "tom"} {
			s.As(name).Post(form, nil).MustBe(404)
		}
		if p := cleo.Post(form, url.Values{"client": {""}}).MustBe(200); p.Path != "/notices" || strings.Contains(p.Body, "Mark as read") {
			t.Errorf("%s: %s", p.Path, p.Body)
		}
		badge := func(b *webtest.Browser, want int) {
			t.Helper()
			found := regexp.MustCompile(`class="badge">(\d*)<`).FindStringSubmatch(b.Get("/projects").Body)
			if got := ""; want > 0 && (found == nil || found[1] != strconv.Itoa(want)) || want == 0 && found != nil && found[1] != got {
				t.Errorf("the bell says %q, want %d", found, want)
			}
		}
		tom := s.As("tom")
		needs, err := w.As(w.Tom).TeamNeeds(t.Context(), w.Clock.Now().Format("2006-01-02"))
		if err != nil {
			t.Fatal(err)
		}
		badge(tom, len(needs))
		say(w.Cleo, "And @Tom?")
		w.Clock.Advance(6 * time.Second) // as long as a count is remembered
		badge(tom, len(needs)+1)
		page = tom.Get("/notices").MustBe(200).MustContain("You are named", "And @Tom?", "Cleo wrote")
		tom.Get(regexp.MustCompile(`href="(/notices/ntc_\w+)"`).FindStringSubmatch(page.Body)[1]).MustBe(200)
		badge(tom, len(needs))
		tom.Get("/notices").MustBe(200).MustNotContain("You are named")
	})
}

// A row offers an answer to whom may give one there, and says truly how many there
// are of one thing, or that they are more than a hundred.
func TestNoticeRows(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		s, ctx := webtest.New(t, w, nil), t.Context()
		s.Exec(`DELETE FROM notice_queue`)
		converse := func(subject string) portal.ThreadID {
			t.Helper()
			id, err := w.As(w.Mia).StartConversation(ctx, w.Brand, portal.NewConversation{Subject: subject, NewMessage: portal.NewMessage{Body: "a", Audience: portal.ClientSide}})
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		say := func(id portal.ThreadID) {
			t.Helper()
			if _, err := w.As(w.Mia).Say(ctx, id, portal.NewMessage{Body: "b", Audience: portal.ClientSide}); err != nil {
				t.Fatal(err)
			}
		}
		red := converse("Red")
		if _, err := w.Portal.TellPeople(ctx); err != nil {
			t.Fatal(err)
		}
		for name, may := range map[string]bool{"cleo": true, "dan": false} {
			page := s.As(name).Get("/notices").MustBe(200).MustContain("Mia wrote in Red", "Mark as read")
			if got := page.Has(`.row-acts a`); got != may {
				t.Errorf("%s is offered an answer: %t", name, got)
			}
		}
		blue := converse("Blue")
		for range 69 {
			say(red)
			say(blue)
		}
		for range 50 {
			say(red)
		}
		if _, err := w.Portal.TellPeople(ctx); err != nil {
			t.Fatal(err)
		}
		s.As("cleo").Get("/notices").MustBe(200).MustContain("99+ messages in Red", "70 messages in Blue")
		if err := w.As(w.Cleo).ReadAbout(ctx, string(blue)); err != nil {
			t.Fatal(err)
		}
		s.As("cleo").Get("/notices").MustBe(200).MustContain("99+ messages in Red")
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
		nobody.Get(right).MustBe(200).MustContain("End these mails").MustNotContain("cleo@cleo.test")
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
		// A kind of its own, alone.
		nobody.Get(link(w.Cleo, "asked", "asked")).MustBe(200).MustContain("approvals and sign-offs that you are asked for")
		nobody.Post(link(w.Cleo, "asked", "asked"), url.Values{"List-Unsubscribe": {"One-Click"}}).MustBe(200)
		if got := chosen(); got.Mailed != before.Mailed&^portal.TopicAsked {
			t.Errorf("it is %+v and was %+v", got, before)
		}
		nobody.Post(link(w.Cleo, "asked", "asked"), url.Values{"again": {"1"}}).MustBe(200)
		nobody.Post(link(w.Cleo, "digest", "digest"), nil).MustBe(200)
		if got := chosen(); got.Digested != 0 || got.Mailed != before.Mailed {
			t.Errorf("without the digest it is %+v", got)
		}
		// What one mail told of, all of it.
		nobody.Get(link(w.Cleo, "reviews.files", "reviews.files")).MustBe(200).MustContain("reviews and approvals and files")
		nobody.Get(link(w.Cleo, "reviews.weather", "reviews.weather")).MustBe(404)
		nobody.Post(link(w.Cleo, "reviews.messages", "reviews.messages"), url.Values{"List-Unsubscribe": {"One-Click"}}).MustBe(200)
		if got := chosen(); got.Mailed != before.Mailed&^(portal.TopicReviews|portal.TopicMessages) {
			t.Errorf("without two topics it is %+v and was %+v", got, before)
		}
		nobody.Post(link(w.Cleo, "reviews.messages", "reviews.messages"), url.Values{"again": {"1"}}).MustBe(200)
		cleo := s.As("cleo")
		page = cleo.Get("/profile/notices").MustBe(200).MustContain("Mails that you ended")
		page.Form("/profile/notices").Submit(cleo).MustBe(200).MustContain("Mails that you ended")
		page.Form("/profile/notices").Set("again", "digest").Submit(cleo).MustBe(200).MustNotContain("Mails that you ended")
		if got := chosen(); got != before {
			t.Errorf("sent again, it is %+v and was %+v", got, before)
		}
		// Whoever was removed, or disabled, is nobody here.
		s.Exec(`UPDATE persons SET disabled_at = 1 WHERE id = $1`, string(w.Dan))
		for _, who := range []portal.PersonID{w.Rex, w.Dan} {
			nobody.Get(link(who, "reviews", "reviews")).MustBe(404)
			nobody.Post(link(who, "reviews", "reviews"), nil).MustBe(404)
			var rows int
			if err := w.DB.QueryRow(t.Context(), `SELECT COUNT(*) FROM notice_choices WHERE person_id = $1`, string(who)).Scan(&rows); err != nil || rows != 0 {
				t.Errorf("choices of %s were written: %v", who, err)
			}
		}
	})
}

// The bell has a dot while there is something that was not read, for those who
// were told alone.
func TestBellTellsOfNews(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		const dot = "There is something new."
		cleo := s.As("cleo")
		s.Exec(`DELETE FROM notices`)
		s.Exec(`UPDATE messages SET deleted_at = 1, body = ''`) // what is unread is counted instead
		cleo.Get("/projects").MustBe(200).MustNotContain(dot)
		publish(t, s.World, portal.Team)
		cleo.Get("/projects").MustNotContain(dot)
		publish(t, s.World, portal.ClientSide)
		cleo.Get("/projects").MustContain(dot)
		s.As("carl").Get("/projects").MustNotContain(dot)
		s.As("mia").Get("/projects").MustNotContain(dot) // who did it knows
		s.As("tom").Get("/projects").MustContain(dot)
		page := cleo.Get("/notices")
		page.Form("/notices/read").Submit(cleo).MustBe(200).MustNotContain(dot)
		cleo.Get("/projects").MustNotContain(dot)
	})
}

// What rises on an open page is one line of what was said or asked, until it is read.
func TestNoticeLine(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		s.Exec(`DELETE FROM notices`)
		cleo, th := s.As("cleo"), s.Items[s.Site][portal.ClientSide].Conversation
		bell := func() string { return cleo.Get("/projects").MustBe(200).Attr(".bell", "data-news") }
		if got := bell(); got != "" {
			t.Errorf("before anything happened there is %q", got)
		}
		publish(t, s.World, portal.ClientSide)
		cleo.Get("/notices/" + bell() + "/line").MustBe(204) // nobody has to look at once
		said, err := s.World.As(s.Mia).Say(t.Context(), th, portal.NewMessage{Body: "Quiet please, @Cleo", Audience: portal.ClientSide})
		if err == nil {
			_, err = s.Portal.TellPeople(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		line := "/notices/" + bell() + "/line"
		if p := cleo.Get(line).MustBe(200); !strings.HasPrefix(p.Body, "Mia wrote in ") || strings.Contains(p.Body, "Quiet") {
			t.Errorf("it says %q", p.Body)
		}
		for _, name := range []string{"dan", "carl", "rex", "tom"} {
			s.As(name).Get(line).MustBe(404)
		}
		if err := s.World.As(s.Cleo).MarkRead(t.Context(), th, said); err != nil {
			t.Fatal(err)
		}
		cleo.Get(line).MustBe(204)
	})
}

// The portal can be installed, and somebody asks for pushes in one browser, and
// ends them there.
func TestPushDevices(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		stranger := s.Stranger()
		s.Exec(`UPDATE workspace SET name = 'Honcho "Design"', accent = '#aa3366' WHERE id = 1`)
		m := stranger.Get("/manifest.webmanifest").MustBe(200)
		var app struct {
			Name, Display string
			Start         string `json:"start_url"`
			Theme         string `json:"theme_color"`
			Icons         []struct{ Src string }
		}
		if err := json.Unmarshal([]byte(m.Body), &app); err != nil || app.Name != `Honcho "Design"` || app.Display != "standalone" || app.Start != "/" || app.Theme != "#aa3366" || len(app.Icons) != 2 {
			t.Errorf("%v: %s", err, m.Body)
		}
		if h := m.Header.Get("Content-Type"); h != "application/manifest+json" {
			t.Errorf("the manifest is %s", h)
		}
		stranger.Get(app.Icons[0].Src).MustBe(200)
		icon := stranger.Get(app.Icons[1].Src).MustBe(200)
		if pic, _, err := image.Decode(strings.NewReader(icon.Body)); err != nil || icon.Header.Get("Content-Type") != "image/png" {
			t.Errorf("the icon of a telephone: %v", err)
		} else if r, g, b, _ := pic.At(2, 2).RGBA(); pic.Bounds().Dx() != 512 || r>>8 != 0xaa || g>>8 != 0x33 || b>>8 != 0x66 {
			t.Errorf("the icon of a telephone is %v, of the colour %x %x %x", pic.Bounds(), r>>8, g>>8, b>>8)
		}
		if stranger.Get("/signin").Attr(`link[rel="apple-touch-icon"]`, "href") != app.Icons[1].Src {
			t.Error("the pages do not lead to it")
		}
		w := stranger.Get("/sw.js").MustBe(200)
		if w.Header.Get("Content-Type") != "text/javascript; charset=utf-8" || w.Header.Get("Cache-Control") != "no-cache" || !strings.Contains(w.Body, "showNotification") || strings.Contains(w.Body, "fetch") {
			t.Errorf("the service worker is %v: %s", w.Header, w.Body)
		}

		cleo := s.As("cleo")
		page := cleo.Get("/profile/notices").MustBe(200).MustContain("Show notices on this device", "On your devices")
		if page.Attr(`link[rel="manifest"]`, "href") != "/manifest.webmanifest" || !strings.Contains(page.Body, "/static/push.") {
			t.Error("the page has no manifest or no script")
		}
		if strings.Contains(cleo.Get("/").Body, "/static/push.") {
			t.Error("who has not asked loads the script")
		}
		key := cleo.Get("/profile/devices/key").MustBe(200).Body
		if raw, err := base64.RawURLEncoding.DecodeString(key); err != nil || len(raw) != 65 || raw[0] != 4 {
			t.Errorf("the key is %q", key)
		}
		stranger.Get("/profile/devices/key").MustContain("Sign in").MustNotContain(key)
		fields := url.Values{"endpoint": {"https://push.example/1"}, "key": {key}, "auth": {"AAAAAAAAAAAAAAAAAAAAAA"}}
		stranger.Post("/profile/devices", fields).MustBe(401)
		cleo.Post("/profile/devices", url.Values{"endpoint": {"http://127.0.0.1/1"}, "key": {key}, "auth": {"AAAAAAAAAAAAAAAAAAAAAA"}}).MustBe(422)
		cleo.Post("/profile/devices", fields).MustBe(204)
		page = cleo.Get("/profile/notices").MustBe(200).MustContain("On this device").MustNotContain("Show notices on this device", "push.example")
		if !strings.Contains(cleo.Get("/").Body, "/static/push.") {
			t.Error("who has asked does not load the script")
		}
		devices, err := s.World.As(s.Cleo).Devices(t.Context())
		if err != nil || len(devices) != 1 {
			t.Fatalf("%v, %v", devices, err)
		}
		end := "/profile/devices/" + string(devices[0].ID) + "/end"
		s.As("carl").Post(end, nil).MustBe(404)
		page.Form(end).Submit(cleo).MustBe(200).MustContain("No more notices on that device", "Show notices on this device")
		if cleo.Cookie("push") != "" {
			t.Error("the browser is still marked")
		}
		// Topic by topic.
		f := cleo.Get("/profile/notices").Form("/profile/notices").Set("preset", "own").Tick("push_files")
		f.Submit(cleo).MustBe(200)
		if c, err := s.World.As(s.Cleo).NoticeChoices(t.Context()); err != nil || c.Own.Pushed&portal.TopicFiles == 0 {
			t.Errorf("chosen %+v, %v", c, err)
		}
	})
}
