package notify_test

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/mail"
	"github.com/vitrine-portal/vitrine/internal/mail/mailtest"
	"github.com/vitrine-portal/vitrine/internal/notify"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// happen publishes updates that the client sees, as Mia, and tells people.
func (o *office) happen(n int) (ids []portal.UpdateID) {
	o.t.Helper()
	for range n {
		id, err := o.As(o.Mia).PublishUpdate(o.t.Context(), o.Site, portal.NewUpdate{Body: "b", Sentence: "s", Status: portal.Active, Health: portal.OnTrack, Audience: portal.ClientSide})
		if err != nil {
			o.t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if _, err := o.Portal.TellPeople(o.t.Context()); err != nil {
		o.t.Fatal(err)
	}
	return ids
}

// all of it at once.
func (o *office) everything(who portal.PersonID) {
	o.t.Helper()
	if err := o.As(who).ChooseNotices(o.t.Context(), portal.NoticeChoices{Preset: portal.NoticeEverything, DigestOn: "daily", DigestAt: "08:00"}); err != nil {
		o.t.Fatal(err)
	}
}

// What happens within a few minutes comes in one mail, without what was seen
// meanwhile or is hidden again, and once, whatever the mail server does.
func TestNoticesAreMailedOnce(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		o := open(t, w, &mailtest.Server{})
		ctx := t.Context()
		o.everything(o.Cleo)
		ids := o.happen(4)
		id := o.last(portal.MailNotices)
		if err := o.notify.Send(ctx, id); err != nil || len(o.server.Messages()) != 0 {
			t.Fatalf("it did not wait: %v, %d", err, len(o.server.Messages()))
		}
		if err := o.As(o.Cleo).ReadAbout(ctx, string(ids[0])); err != nil {
			t.Fatal(err)
		}
		if _, err := o.As(o.Mia).Conceal(ctx, portal.ItemID(ids[1])); err != nil {
			t.Fatal(err)
		}
		o.Clock.Advance(4 * time.Minute)
		// The server refuses the first attempt, more happens, and the second succeeds.
		o.server.SetScript("DATA", []string{"451 4.3.0 later"})
		o.send(id)
		o.happen(1)
		o.Clock.Advance(10 * time.Minute)
		o.send(id)
		o.want(id, portal.MailSent, "", 2)
		all := o.server.Messages()
		if len(all) != 1 {
			t.Fatalf("%d mails were taken", len(all))
		}
		p, err := o.notify.Preview(ctx, o.mail(id))
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(p.Text, "/notices/ntc_"); n != 2 || !strings.Contains(p.Subject, "2 things") {
			t.Errorf("%d of the two are told, %q:\n%s", n, p.Subject, p.Text)
		}
		for _, line := range []string{"List-Unsubscribe: <" + base + "/unsubscribe/", "List-Unsubscribe-Post: List-Unsubscribe=One-Click"} {
			if !strings.Contains(strings.ReplaceAll(all[0], "\r\n ", " "), line) && !strings.Contains(strings.ReplaceAll(all[0], "\r\n ", ""), line) {
				t.Errorf("the mail lacks %q:\n%s", line, all[0])
			}
		}
		// The one that came later is in a mail of its own.
		next := o.last(portal.MailNotices)
		if next == id {
			t.Fatal("no further mail waits")
		}
		o.send(next)
		if p, err = o.notify.Preview(ctx, o.mail(next)); err != nil || strings.Count(p.Text, "/notices/ntc_") != 1 {
			t.Errorf("%v:\n%s", err, p.Text)
		}
		// Seen before it left: it does not leave.
		seen := o.happen(1)
		third := o.last(portal.MailNotices)
		if err := o.As(o.Cleo).ReadAbout(ctx, string(seen[0])); err != nil {
			t.Fatal(err)
		}
		o.Clock.Advance(4 * time.Minute)
		o.send(third)
		o.want(third, portal.MailDropped, "seen", 1)
		// Removed before it left: nothing leaves either.
		o.happen(1)
		fourth := o.last(portal.MailNotices)
		if _, err := o.As(o.Mia).Remove(ctx, o.CleoUser); err != nil {
			t.Fatal(err)
		}
		o.Clock.Advance(4 * time.Minute)
		o.send(fourth)
		o.want(fourth, portal.MailDropped, "untold", 1)
		if n := len(o.server.Messages()); n != 2 {
			t.Errorf("%d mails were taken", n)
		}
	})
}

// T038, T059: a digest tells of what its reader sees when it is sent, and of nothing that
// was hidden from them since it happened, or since it was queued.
func TestDigestOfWhatIsStillSeen(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		o := open(t, w, &mailtest.Server{})
		ctx := t.Context()
		if err := o.As(o.Cleo).ChooseNotices(ctx, portal.NoticeChoices{Preset: portal.NoticeOwn, Own: portal.Ways{Listed: portal.AllTopics, Digested: portal.AllTopics}, DigestOn: "daily", DigestAt: "18:00"}); err != nil {
			t.Fatal(err)
		}
		digest := func() portal.MailID { // the next is queued, and waits for the mail server
			t.Helper()
			for range 25 {
				o.Clock.Advance(time.Hour)
				if err := o.Portal.SendDigests(ctx); err != nil {
					t.Fatal(err)
				}
				var waiting int
				if err := o.DB.QueryRow(ctx, `SELECT COUNT(*) FROM mails WHERE kind = 'digest' AND state = 'queued'`).Scan(&waiting); err != nil {
					t.Fatal(err)
				}
				if waiting == 1 {
					break
				}
			}
			return o.last(portal.MailDigest)
		}
		goes := func(hidden, deleted portal.UpdateID) {
			t.Helper()
			if _, err := o.As(o.Mia).Conceal(ctx, portal.ItemID(hidden)); err != nil {
				t.Fatal(err)
			}
			if err := o.As(o.Mia).DeleteUpdate(ctx, deleted); err != nil {
				t.Fatal(err)
			}
		}
		got := func() (all []arrived) {
			for _, m := range o.arrivals() {
				if strings.Contains(m.Get("To"), "cleo@cleo.test") {
					all = append(all, m)
				}
			}
			return all
		}
		ids := o.happen(5)
		goes(ids[0], ids[1])
		id := digest()
		goes(ids[2], ids[3])
		o.sweep()
		o.want(id, portal.MailSent, "", 1)
		if all := got(); len(all) != 1 || strings.Count(all[0].text, "/notices/ntc_") != 1 {
			t.Errorf("Cleo got %+v", all)
		}
		ids = o.happen(2)
		id = digest()
		goes(ids[0], ids[1])
		o.sweep()
		o.want(id, portal.MailDropped, "untold", 1)
		if all := got(); len(all) != 1 {
			t.Errorf("of nothing Cleo got %+v", all)
		}
		// It is the same of what comes at once.
		o.everything(o.Cleo)
		ids = o.happen(2)
		id = o.last(portal.MailNotices)
		goes(ids[0], ids[1])
		o.Clock.Advance(4 * time.Minute)
		o.send(id)
		o.want(id, portal.MailDropped, "untold", 1)
		if _, err := o.notify.Preview(ctx, o.mail(id)); err == nil || err.Error() != (&portal.Unwanted{Why: "untold"}).Error() {
			t.Errorf("the page of it says %v", err)
		}
	})
}

// Who has two clients gets a mail of each, whatever the order in which things happened;
// what is said outside projects is of its client, too.
func TestClientsAreApartInAMail(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		o := open(t, w, &mailtest.Server{})
		ctx := t.Context()
		o.exec(`DELETE FROM notice_queue`)
		names := map[portal.ProjectID]string{}
		for _, id := range []portal.ProjectID{w.Site, w.Shop} {
			p, err := o.As(o.Mia).Project(ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			names[id] = p.Name
		}
		to := portal.NewMessage{Body: "b", Audience: portal.ClientSide}
		general := func(c portal.ClientID) {
			t.Helper()
			if _, err := o.As(o.Mia).SayToClient(ctx, c, to); err != nil {
				t.Fatal(err)
			}
		}
		direct := func(c portal.ClientID) {
			t.Helper()
			if _, err := o.As(o.Mia).StartDirect(ctx, portal.NewDirect{Client: c, People: []portal.PersonID{o.Bea}, NewMessage: to}); err != nil {
				t.Fatal(err)
			}
		}
		inProject := func(p portal.ProjectID) {
			t.Helper()
			if _, err := o.As(o.Mia).StartConversation(ctx, p, portal.NewConversation{Subject: "Colours", NewMessage: to}); err != nil {
				t.Fatal(err)
			}
		}
		// mailed are the mails to Bea: of each the subject, and the titles, each with how
		// many entries.
		mailed := func() (all []string) {
			t.Helper()
			if _, err := o.Portal.TellPeople(ctx); err != nil {
				t.Fatal(err)
			}
			o.Clock.Advance(4 * time.Minute)
			for {
				m := mailsTo(t, o, o.Bea)[0]
				if m.State != portal.MailQueued {
					break
				}
				before, err := o.notify.Preview(ctx, m)
				if err != nil {
					t.Fatal(err)
				}
				o.send(m.ID)
				o.want(m.ID, portal.MailSent, "", 1)
				p, err := o.notify.Preview(ctx, o.mail(m.ID))
				if err != nil || p.Subject != before.Subject {
					t.Fatalf("%q was to be sent, and %q was, %v", before.Subject, p.Subject, err)
				}
				subject, _, _ := strings.Cut(p.Subject, ":")
				says := subject + ":"
				for _, line := range strings.Split(p.Text, "\n") {
					switch {
					case line == "Acme", line == "Brick", strings.HasPrefix(line, "Acme · "), strings.HasPrefix(line, "Brick · "), strings.HasPrefix(line, "CNRY-"):
						says += " " + line + " "
					case strings.Contains(line, "/notices/ntc_"):
						says += "+"
					}
				}
				all = append(all, says)
			}
			return all
		}
		same := func(got []string, want ...string) {
			t.Helper()
			if !slices.Equal(got, want) {
				t.Errorf("%q, want %q", got, want)
			}
		}
		general(o.Acme)
		general(o.Brick)
		inProject(o.Site)
		direct(o.Brick)
		inProject(o.Shop)
		direct(o.Acme)
		same(mailed(), "2 places: Acme ++ "+names[o.Site]+" +", "2 places: Brick ++ "+names[o.Shop]+" +")
		inProject(o.Shop)
		inProject(o.Site)
		same(mailed(), names[o.Shop]+":+", names[o.Site]+":+")
		general(o.Brick)
		direct(o.Brick)
		same(mailed(), "Brick: Brick ++")
		if s := mailed(); len(s) != 0 {
			t.Errorf("and then %q", s)
		}
	})
}

// An hour of a dead mail server loses nothing and doubles nothing.
func TestNoticesOutlastADeadServer(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		o := open(t, w, &mailtest.Server{})
		o.everything(o.Cleo)
		o.server.SetScript("MAIL", []string{"451 4.3.0 down", "451 4.3.0 down", "451 4.3.0 down", "451 4.3.0 down", "451 4.3.0 down", "451 4.3.0 down"})
		told := 0
		for range 12 {
			o.happen(1)
			o.Clock.Advance(5 * time.Minute)
			o.sweep()
			told++
		}
		for range 40 {
			o.Clock.Advance(10 * time.Minute)
			o.sweep()
		}
		links := 0
		for _, m := range o.server.Messages() {
			links += strings.Count(strings.ReplaceAll(strings.ReplaceAll(m, "=\r\n", ""), "\r\n", "\n"), "/notices/ntc_")
		}
		var waiting int
		if err := o.DB.QueryRow(t.Context(), `SELECT COUNT(*) FROM mails WHERE kind = 'notices' AND state <> 'sent'`).Scan(&waiting); err != nil {
			t.Fatal(err)
		}
		// Each is in the text, in the HTML part as a link, and as the button's
		// address where a mail tells of one thing.
		var once int
		if err := o.DB.QueryRow(t.Context(), `SELECT COUNT(*) FROM notices WHERE person_id = $1 AND mail_id <> ''`, string(o.Cleo)).Scan(&once); err != nil {
			t.Fatal(err)
		}
		if waiting != 0 || once != told || links < 2*told {
			t.Errorf("%d mails still wait, %d of %d are in a mail, %d links", waiting, once, told, links)
		}
	})
}

// sweep sends all mails that are due, as the jobs do.
func (o *office) sweep() {
	o.t.Helper()
	ids, err := o.Portal.DueMails(o.t.Context(), o.Clock.Now(), 100)
	if err != nil {
		o.t.Fatal(err)
	}
	for _, id := range ids {
		if err := o.notify.Send(o.t.Context(), id); err != nil {
			o.t.Fatal(err)
		}
	}
}

// One message is mailed as it reads, from whoever wrote it, with an address that
// an answer goes to; a note never leaves for the client.
func TestMessageIsMailed(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		o := open(t, w, &mailtest.Server{})
		ctx := t.Context()
		u, _ := url.Parse(base)
		o.notify = notify.New(o.Portal, o.Accounts, mail.New(mail.Config{Host: "127.0.0.1", Port: o.server.Port(), TLS: mail.Plain, Timeout: 5 * time.Second, From: mail.Address{Name: "Honcho Design", Email: "portal@honcho.example"}}),
			notify.Options{BaseURL: u, From: mail.Address{Email: "portal@honcho.example"}, ReplyTo: func(ctx context.Context, p portal.ReplyPlace) (string, error) {
				id, err := w.Portal.ReplyAddress(ctx, p)
				return "reply+" + id[len("rpl_"):] + "@in.honcho.example", err
			}})
		th, err := o.As(o.Tom).StartConversation(ctx, o.Site, portal.NewConversation{Subject: "Colours", NewMessage: portal.NewMessage{Body: "Which of the two?\n\nThe first is warmer.", Audience: portal.ClientSide}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.Portal.TellPeople(ctx); err != nil {
			t.Fatal(err)
		}
		var id portal.MailID
		if err := o.DB.QueryRow(ctx, `SELECT id FROM mails WHERE kind = 'notices' AND person_id = $1`, string(o.Cleo)).Scan(&id); err != nil {
			t.Fatal(err)
		}
		p, err := o.notify.Preview(ctx, o.mail(id))
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"Tom wrote in Colours", "Which of the two?", "The first is warmer.", "/notices/ntc_", "Reply to this e-mail to answer."} {
			if !strings.Contains(p.Text, word) {
				t.Errorf("the mail lacks %q:\n%s", word, p.Text)
			}
		}
		o.Clock.Advance(4 * time.Minute)
		o.send(id)
		raw := o.server.Messages()[0]
		for _, line := range []string{"In-Reply-To: <" + string(th) + "@honcho.example>", "Reply-To: ", "@in.honcho.example>", "From: \"Tom via Honcho Design\" <portal@honcho.example>"} {
			if !strings.Contains(raw, line) {
				t.Errorf("the mail lacks %q:\n%s", line, raw)
			}
		}
		if _, err := o.As(o.Tom).Say(ctx, th, portal.NewMessage{Body: "CNRY-note", Audience: portal.Team}); err != nil {
			t.Fatal(err)
		}
		if _, err := o.Portal.TellPeople(ctx); err != nil {
			t.Fatal(err)
		}
		o.Clock.Advance(4 * time.Minute)
		o.sweep()
		cleo, err := o.Accounts.Person(ctx, o.Cleo)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range o.server.Messages() {
			if strings.Contains(m, "CNRY-note") && strings.Contains(m, cleo.Email) {
				t.Errorf("a note is mailed to the client:\n%s", m)
			}
		}
	})
}
