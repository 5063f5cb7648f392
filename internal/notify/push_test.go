package notify_test

import (
	"encoding/json"
	"log/slog"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/egress"
	"github.com/vitrine-portal/vitrine/internal/mail"
	"github.com/vitrine-portal/vitrine/internal/notify"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
	"github.com/vitrine-portal/vitrine/internal/push/pushtest"
)

// signIn makes a session.
func (o *office) signIn(email string, shared bool) account.Session {
	o.t.Helper()
	s, _, err := o.Accounts.SignIn(o.t.Context(), account.SignIn{Email: email, Password: portaltest.Password, Address: netip.MustParseAddr("192.0.2.7"), Shared: shared})
	if err != nil {
		o.t.Fatal(err)
	}
	return s
}

// pushes sends what is due, after the wait.
func (o *office) pushes() {
	o.t.Helper()
	o.Clock.Advance(11 * time.Second)
	if err := o.notify.PushDue(o.t.Context()); err != nil {
		o.t.Fatal(err)
	}
}

// pushesTo has the office send pushes to a service of its own.
func (o *office) pushesTo() *pushtest.Service {
	o.t.Helper()
	service := pushtest.Start(o.t)
	u, _ := url.Parse(base)
	o.notify = notify.New(o.Portal, o.Accounts, mail.New(mail.Config{}), notify.Options{BaseURL: u,
		Outside: egress.New(egress.Options{Roots: service.Roots(), Allow: []netip.AddrPort{service.Address()}})})
	return service
}

// What is new is pushed to the devices of those who asked: what they may see when
// it is sent, once, and until their session ends.
func TestPush(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := t.Context()
		o := open(t, w, nil)
		service := pushtest.Start(t)
		u, _ := url.Parse(base)
		var log strings.Builder
		o.notify = notify.New(w.Portal, w.Accounts, mail.New(mail.Config{}), notify.Options{BaseURL: u, Log: slog.New(slog.NewTextHandler(&log, nil)),
			Outside: egress.New(egress.Options{Roots: service.Roots(), Allow: []netip.AddrPort{service.Address()}})})
		add := func(who portal.PersonID, s account.Session, b *pushtest.Browser) {
			t.Helper()
			if err := o.As(who).AddDevice(ctx, s.ID, portal.NewDevice{Endpoint: b.Endpoint, Key: b.Key, Auth: b.Auth}); err != nil {
				t.Fatal(err)
			}
		}
		type note struct{ Title, Body, URL string }
		got := func(b *pushtest.Browser) (all []note) {
			t.Helper()
			payloads, _ := service.Got(b)
			for _, p := range payloads {
				var n note
				if err := json.Unmarshal([]byte(p), &n); err != nil {
					t.Fatal(err)
				}
				all = append(all, n)
			}
			return all
		}
		o.happen(1) // before anybody asked
		phone, laptop, beas, dans, carls := service.Browser(), service.Browser(503, 429), service.Browser(), service.Browser(), service.Browser()
		first, second := o.signIn("cleo@cleo.test", false), o.signIn("cleo@cleo.test", false)
		add(o.Cleo, first, phone)
		add(o.Cleo, second, laptop)
		add(o.Bea, o.signIn("bea@bea.test", false), beas)
		add(o.Dan, o.signIn("dan@dan.test", false), dans)
		add(o.Carl, o.signIn("carl@carl.test", false), carls)
		o.everything(o.Cleo)
		o.everything(o.Carl)
		o.pushes()
		if len(got(phone)) != 0 {
			t.Fatalf("what happened before is pushed: %v", got(phone))
		}

		// A message: who and where, as the subject of a mail has it, and not a word of it.
		th, err := o.As(o.Tom).StartConversation(ctx, o.Site, portal.NewConversation{Subject: "Colours", NewMessage: portal.NewMessage{Body: "A secret sentence", Audience: portal.ClientSide}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.Portal.TellPeople(ctx); err != nil {
			t.Fatal(err)
		}
		if err := o.notify.PushDue(ctx); err != nil || len(got(phone)) != 0 {
			t.Fatalf("it did not wait: %v", err)
		}
		o.pushes()
		all := got(phone)
		if len(all) != 1 || !strings.Contains(all[0].Body, "Tom") || !strings.Contains(all[0].Body, "Colours") || !strings.HasPrefix(all[0].URL, "/notices/ntc_") || strings.Contains(all[0].Title+all[0].Body, "secret") {
			t.Fatalf("the phone got %v", all)
		}
		if len(got(beas)) != 1 || len(got(dans)) != 0 || len(got(carls)) != 0 { // Dan sees another project
			t.Errorf("Bea got %v, Dan %v, Carl %v", got(beas), got(dans), got(carls))
		}
		// The laptop's service was busy twice; it gets it once, later, and the phone not again.
		for range 3 {
			o.Clock.Advance(5 * time.Minute)
			o.pushes()
		}
		if len(got(laptop)) != 1 || len(got(phone)) != 1 {
			t.Errorf("the laptop got %v, the phone %v", got(laptop), got(phone))
		}

		// Seen meanwhile, hidden meanwhile, a note of the team: not a push.
		list, err := o.As(o.Cleo).Messages(ctx, th, portal.MessagePage{})
		if err != nil {
			t.Fatal(err)
		}
		seen, err := o.As(o.Tom).Say(ctx, th, portal.NewMessage{Body: "Seen", Audience: portal.ClientSide, Quote: list.All[0].ID})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.As(o.Tom).Say(ctx, th, portal.NewMessage{Body: "Note", Audience: portal.Team}); err != nil {
			t.Fatal(err)
		}
		update := o.happen(1)[0]
		if err := o.As(o.Cleo).MarkRead(ctx, th, seen); err != nil {
			t.Fatal(err)
		}
		if _, err := o.As(o.Mia).Conceal(ctx, portal.ItemID(update)); err != nil {
			t.Fatal(err)
		}
		o.pushes()
		if len(got(phone)) != 1 {
			t.Errorf("the phone got %v", got(phone)[1:])
		}
		// Several come as one, and quiet hours keep them.
		if err := o.As(o.Cleo).ChooseNotices(ctx, portal.NoticeChoices{Preset: portal.NoticeEverything, DigestOn: "daily", DigestAt: "08:00",
			QuietFrom: o.Clock.Now().UTC().Add(-time.Hour).Format("15:04"), QuietUntil: o.Clock.Now().UTC().Add(time.Hour).Format("15:04")}); err != nil {
			t.Fatal(err)
		}
		o.exec(`UPDATE persons SET time_zone = 'UTC' WHERE id = $1`, string(o.Cleo))
		o.happen(2)
		o.pushes()
		if len(got(phone)) != 1 {
			t.Errorf("quiet hours, and the phone got %v", got(phone)[1:])
		}
		o.Clock.Advance(2 * time.Hour)
		o.pushes()
		if all = got(phone); len(all) != 2 || all[1].Body != "2 things are new" || all[1].URL != "/notices" {
			t.Errorf("the phone got %v", all[1:])
		}
		o.everything(o.Cleo)

		// Signed out on the laptop, the service forgets the phone: neither is told, and
		// both are forgotten.
		if err := o.Accounts.SignOut(ctx, second); err != nil {
			t.Fatal(err)
		}
		devices := func(who portal.PersonID) (n int) {
			t.Helper()
			if err := o.DB.QueryRow(ctx, `SELECT COUNT(*) FROM push_devices WHERE person_id = $1`, string(who)).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		if all, err := o.As(o.Cleo).Devices(ctx); err != nil || len(all) != 1 {
			t.Errorf("signed out, and devices are %v, %v", all, err)
		}
		o.happen(1)
		o.pushes()
		if len(got(laptop)) != 2 || devices(o.Cleo) != 1 {
			t.Errorf("signed out, and the laptop got %v; %d devices", got(laptop), devices(o.Cleo))
		}
		gone := service.Browser(410)
		add(o.Cleo, first, gone)
		inside := service.Browser()
		inside.Endpoint = strings.Replace(inside.Endpoint, "127.0.0.1", "127.0.0.2", 1)
		add(o.Cleo, first, inside)
		o.happen(1)
		o.pushes()
		if _, asked := service.Got(inside); asked != 0 || devices(o.Cleo) != 1 {
			t.Errorf("%d devices are left", devices(o.Cleo))
		}
		// Removed with a push waiting: nothing leaves.
		before := len(got(phone))
		o.happen(1)
		if _, err := o.As(o.Mia).Remove(ctx, o.CleoUser); err != nil {
			t.Fatal(err)
		}
		o.pushes()
		if len(got(phone)) != before || devices(o.Cleo) != 0 {
			t.Errorf("removed, and the phone got %v; %d devices", got(phone)[before:], devices(o.Cleo))
		}
		for _, secret := range []string{service.URL, phone.Auth, phone.Key, "secret"} {
			if strings.Contains(log.String(), secret) {
				t.Errorf("the log tells %q", secret)
			}
		}
	})
}

// Presets, topics and muted projects hold for pushes as they do for mails.
func TestPushIsChosen(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := t.Context()
		o := open(t, w, nil)
		b := pushtest.Start(t).Browser()
		if err := o.As(o.Cleo).AddDevice(ctx, o.signIn("cleo@cleo.test", false).ID, portal.NewDevice{Endpoint: b.Endpoint, Key: b.Key, Auth: b.Auth}); err != nil {
			t.Fatal(err)
		}
		own := func(pushed portal.Topics) portal.NoticeChoices {
			return portal.NoticeChoices{Preset: portal.NoticeOwn, Own: portal.Ways{Pushed: pushed}, DigestOn: "daily", DigestAt: "08:00"}
		}
		preset := func(p portal.NoticePreset) portal.NoticeChoices {
			return portal.NoticeChoices{Preset: p, DigestOn: "daily", DigestAt: "08:00"}
		}
		for _, c := range []struct {
			choices portal.NoticeChoices
			mute    bool
			update  bool // is pushed
			asks    bool // a question is
		}{
			{preset(portal.NoticeNeeds), false, false, true},
			{preset(portal.NoticeNormal), false, false, true},
			{preset(portal.NoticeEverything), false, true, true},
			{preset(portal.NoticeEverything), true, false, true},
			{own(0), false, false, false},
			{own(portal.TopicUpdates), false, true, false},
			{own(portal.TopicMessages), true, false, true},
		} {
			if err := o.As(o.Cleo).ChooseNotices(ctx, c.choices); err != nil {
				t.Fatal(err)
			}
			if kept, err := o.As(o.Cleo).NoticeChoices(ctx); err != nil || kept.Own.Pushed != c.choices.Own.Pushed {
				t.Errorf("kept %v, %v", kept.Own, err)
			}
			err := o.As(o.Cleo).Unmute(ctx, o.Site)
			if c.mute {
				err = o.As(o.Cleo).Mute(ctx, o.Site)
			}
			if err != nil {
				t.Fatal(err)
			}
			waits := func() bool {
				t.Helper()
				ids, err := o.Portal.DuePushes(ctx, 10)
				if err != nil {
					t.Fatal(err)
				}
				o.exec(`UPDATE push_devices SET due_at = NULL`)
				return len(ids) > 0
			}
			o.happen(1)
			o.Clock.Advance(time.Minute)
			if got := waits(); got != c.update {
				t.Errorf("%s %v, muted %t: an update is pushed: %t", c.choices.Preset, c.choices.Own.Pushed, c.mute, got)
			}
			if _, err := o.As(o.Tom).StartConversation(ctx, o.Site, portal.NewConversation{Subject: "Q", NewMessage: portal.NewMessage{Body: "@Cleo?", Audience: portal.ClientSide, Question: true}}); err != nil {
				t.Fatal(err)
			}
			if _, err := o.Portal.TellPeople(ctx); err != nil {
				t.Fatal(err)
			}
			o.Clock.Advance(time.Minute)
			if got := waits(); got != c.asks {
				t.Errorf("%s %v, muted %t: a question is pushed: %t", c.choices.Preset, c.choices.Own.Pushed, c.mute, got)
			}
		}
	})
}

// A push that is tried again asks once more whether it may disturb: in quiet hours it
// waits, and of a project that was muted meanwhile it tells what needs its reader.
func TestPushAsksAgain(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := t.Context()
		o := open(t, w, nil)
		service := o.pushesTo()
		s := o.signIn("cleo@cleo.test", false)
		o.exec(`UPDATE persons SET time_zone = 'UTC' WHERE id = $1`, string(o.Cleo))
		o.exec(`DELETE FROM notice_queue`)
		device := func(first int) *pushtest.Browser {
			t.Helper()
			b := service.Browser(first)
			o.exec(`DELETE FROM push_devices`)
			if err := o.As(o.Cleo).AddDevice(ctx, s.ID, portal.NewDevice{Endpoint: b.Endpoint, Key: b.Key, Auth: b.Auth}); err != nil {
				t.Fatal(err)
			}
			return b
		}
		got := func(b *pushtest.Browser) string {
			t.Helper()
			payloads, _ := service.Got(b)
			return strings.Join(payloads, " ")
		}
		// Quiet from half an hour from now.
		b := device(503)
		now := o.Clock.Now().UTC()
		if err := o.As(o.Cleo).ChooseNotices(ctx, portal.NoticeChoices{Preset: portal.NoticeEverything, DigestOn: "daily", DigestAt: "08:00",
			QuietFrom: now.Add(30 * time.Minute).Format("15:04"), QuietUntil: now.Add(3 * time.Hour).Format("15:04")}); err != nil {
			t.Fatal(err)
		}
		o.happen(1)
		o.Clock.Advance(29 * time.Minute)
		o.pushes()
		if _, asked := service.Got(b); asked != 1 {
			t.Fatalf("the service was asked %d times", asked)
		}
		o.Clock.Advance(time.Hour)
		o.pushes()
		if _, asked := service.Got(b); asked != 1 || got(b) != "" {
			t.Errorf("in quiet hours the service was asked %d times", asked)
		}
		o.Clock.Advance(time.Hour)
		o.pushes()
		if got(b) != "" {
			t.Errorf("still in quiet hours, and the phone got %s", got(b))
		}
		o.Clock.Advance(time.Hour)
		o.pushes()
		if !strings.Contains(got(b), "/notices/ntc_") {
			t.Errorf("after quiet hours the phone got %s", got(b))
		}

		// Muted while the service was busy.
		o.everything(o.Cleo)
		b = device(503)
		o.happen(1)
		if _, err := o.As(o.Tom).StartConversation(ctx, o.Site, portal.NewConversation{Subject: "Q", NewMessage: portal.NewMessage{Body: "@Cleo?", Audience: portal.ClientSide}}); err != nil {
			t.Fatal(err)
		}
		if _, err := o.Portal.TellPeople(ctx); err != nil {
			t.Fatal(err)
		}
		o.pushes()
		if err := o.As(o.Cleo).Mute(ctx, o.Site); err != nil {
			t.Fatal(err)
		}
		o.Clock.Advance(5 * time.Minute)
		o.pushes()
		if all := got(b); !strings.Contains(all, "Tom wrote in Q") {
			t.Errorf("of a muted project the phone got %s", all)
		}
		if err := o.As(o.Cleo).Unmute(ctx, o.Site); err != nil {
			t.Fatal(err)
		}
		b = device(503)
		o.happen(1)
		o.pushes()
		if err := o.As(o.Cleo).Mute(ctx, o.Site); err != nil {
			t.Fatal(err)
		}
		o.Clock.Advance(5 * time.Minute)
		o.pushes()
		if all := got(b); all != "" {
			t.Errorf("of a muted project the phone got %s", all)
		}
	})
}
