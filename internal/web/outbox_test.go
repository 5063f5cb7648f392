package web_test

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/mail"
	"github.com/vitrine-portal/vitrine/internal/mail/mailtest"
	"github.com/vitrine-portal/vitrine/internal/notify"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
	"github.com/vitrine-portal/vitrine/internal/web"
	"github.com/vitrine-portal/vitrine/internal/web/webtest"
)

// withMails serves the World, as a demo or not.
func withMails(t *testing.T, w *portaltest.World, demo bool) *webtest.Site {
	t.Helper()
	return webtest.New(t, w, func(o *web.Options) {
		if o.Demo = demo; demo {
			o.DemoPeople = []web.DemoPerson{{Name: "Cleo", Email: "cleo@cleo.test"}, {Name: "Ada", Email: "ada@ada.test"}}
		}
	})
}

// sendTo queues a mail, lets it be kept for want of a server, and returns it.
func sendTo(t *testing.T, s *webtest.Site, kind string, who portal.PersonID, subject string) portal.MailID {
	t.Helper()
	id := db.NewID("mai")
	s.Exec(`INSERT INTO mails (id, kind, person_id, address, subject_id, state, tries, created_at)
SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), p.id, p.email, CAST($3 AS TEXT), 'kept', 1, CAST($4 AS BIGINT) FROM persons p WHERE p.id = $5`,
		id, kind, subject, db.Micros(s.Clock.Now()), string(who))
	return portal.MailID(id)
}

// invitationOf makes an invitation of Uma to Acme.
func invitationOf(s *webtest.Site) string {
	id, now := db.NewID("inv"), s.Clock.Now()
	s.Exec(`INSERT INTO invitations (id, person_id, client_user_id, client_id, token_hash, invited_by, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		id, string(s.Uma), string(s.UmaUser), string(s.Acme), s.Accounts.TokenHash(s.Accounts.Token(account.PurposeInvitation, id)),
		string(s.Mia), db.Micros(now), db.Micros(now.Add(7*24*time.Hour)))
	return id
}

func TestOutboxPages(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		s := withMails(t, w, false)
		inv := invitationOf(s)
		link := s.URL + "/invitations/" + s.Accounts.Token(account.PurposeInvitation, inv)
		id := string(sendTo(t, s, "invitation", s.Uma, inv))
		for _, name := range []string{"mia", "tom", "cleo", "carl"} {
			for _, path := range []string{"/outbox", "/outbox/" + id, "/outbox/" + id + "/html"} {
				s.As(name).Get(path).MustBe(404).MustNotContain("uma@uma.test")
			}
			s.As(name).Post("/outbox/"+id+"/retry", nil).MustBe(404)
		}
		if p := s.Stranger().Get("/outbox"); !strings.HasPrefix(p.Path, "/sign-in") {
			t.Errorf("a stranger gets to %s", p.Path)
		}
		ada := s.As("ada")
		ada.Get("/outbox").MustBe(200).MustContain("Invitation", "uma@uma.test", "Kept", "Acme")
		ada.Get("/outbox?state=sent").MustBe(200).MustContain("No mail here")
		ada.Get("/outbox?state=nonsense").MustBe(404)
		p := ada.Get("/outbox/"+id).MustBe(200).MustContain("Mia invited you", "Open link", "There is no mail server")
		if got := p.Attr(".copyrow input", "value"); got != link {
			t.Errorf("the link is %s, want %s", got, link)
		}
		if csp := p.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-src 'self'") {
			t.Errorf("CSP of the page: %s", csp)
		}
		frame := ada.Get(p.Attr("iframe", "src")).MustBe(200).MustContain("Mia (Honcho Design) invited you to Acme")
		if !frame.Has(`base[target="_blank"]`) {
			t.Error("links of the mail would open inside its frame")
		}
		if h := frame.Header; h.Get("X-Frame-Options") != "SAMEORIGIN" || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox allow-popups") ||
			!strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("headers of the mail: %v", h)
		}
		p = p.Form("/outbox/" + id + "/retry").Submit(ada).MustBe(200).MustContain("Waiting")
		if p.Path != "/outbox/"+id {
			t.Errorf("a retry leads to %s", p.Path)
		}
		ada.Post("/outbox/"+id+"/retry", url.Values{}).MustBe(409)

		s.Exec(`UPDATE invitations SET revoked_at = 1`)
		ada.Get("/outbox/" + id).MustBe(200).MustContain("withdrawn").MustNotContain("/invitations/")
		ada.Get("/outbox/" + id + "/html").MustBe(404)
	})
}

// How many mails failed is said as far as they are counted.
func TestOutboxCountsToABound(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		failed := 0
		says := func(n int, want string) {
			t.Helper()
			for ; failed < n; failed++ {
				s.Exec(`INSERT INTO mails (id, kind, person_id, address, subject_id, state, reason, tries, created_at, due_at) VALUES ($1, 'password_changed', $2, 'cleo@cleo.test', $2, 'failed', '', 1, 1, 1)`,
					fmt.Sprintf("mai_%03d", failed), string(s.Cleo))
			}
			if got := s.As("ada").Get("/outbox").MustBe(200).Text(`nav.tabs a[href="/outbox?state=failed"]`); !strings.HasSuffix(strings.TrimSpace(got), " "+want) {
				t.Errorf("of %d it says %q", n, got)
			}
		}
		says(99, "99")
		says(100, "99+")
		says(101, "99+")
	})
}

// A code or a link that would let an administrator be somebody else is not
// shown, except in the demo.
func TestOutboxKeepsSecrets(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		s := withMails(t, w, false)
		if err := s.Accounts.RequestReset(t.Context(), "mia@mia.test", netip.MustParseAddr("192.0.2.7")); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Accounts.RequestCode(t.Context(), "mia@mia.test", netip.MustParseAddr("192.0.2.7")); err != nil {
			t.Fatal(err)
		}
		mails, _, err := s.World.As(s.Ada).Outbox(t.Context(), "", portal.Page{})
		if err != nil || len(mails) != 2 {
			t.Fatalf("%d mails, %v", len(mails), err)
		}
		demo := withMails(t, w, true)
		for _, m := range mails {
			secret := "/reset/" + s.Accounts.Token(account.PurposeReset, m.Subject)
			if m.Kind == account.MailCode {
				c, err := s.Accounts.Code(t.Context(), m.Subject)
				if err != nil {
					t.Fatal(err)
				}
				secret = c.Digits[:4] + " " + c.Digits[4:]
			}
			path := "/outbox/" + string(m.ID)
			s.As("ada").Get(path).MustBe(200).MustContain("for its reader alone").MustNotContain(secret)
			s.As("ada").Get(path + "/html").MustBe(404)

			for _, b := range []*webtest.Browser{demo.Stranger(), demo.As("ada"), demo.As("carl")} {
				b.Get("/outbox").MustBe(200).MustContain("mia@mia.test")
				b.Get(path).MustBe(200).MustContain(secret)
				b.Get(path + "/html").MustBe(200).MustContain(secret)
			}
			demo.Stranger().Post(path+"/retry", nil).MustBe(401)
		}
	})
}

// The way of mail is looked at by those who administer, when they press a
// button, and a mail to themselves takes it.
func TestMailCheck(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		server := mailtest.Start(t, &mailtest.Server{Script: map[string][]string{"greeting": {"220 ready", "554 5.3.2 closed"}}})
		names := mailtest.Names{"honcho.test TXT": {"v=spf1 +all"}, "_dmarc.honcho.test TXT": {"v=DMARC1; p=none"}, "s1._domainkey.honcho.test TXT": {"v=DKIM1; p="}}.Start(t)
		from := mail.Address{Email: "portal@honcho.test"}
		s := webtest.New(t, w, func(o *web.Options) {
			o.Mails = notify.New(w.Portal, w.Accounts, mail.New(mail.Config{Host: "127.0.0.1", Port: server.Port(), TLS: mail.Plain, Timeout: time.Second, From: from}),
				notify.Options{BaseURL: o.BaseURL, From: from, Doctor: mail.Examination{Selector: "s1", Resolver: mail.DNSServer(names)}})
		})
		for name, status := range map[string]int{"mia": 403, "tom": 403, "cleo": 404, "carl": 404, "rex": 404} {
			b := s.As(name)
			b.Get("/settings/mail").MustBe(status)
			b.Post("/settings/mail", url.Values{"selector": {"s1"}}).MustBe(status)
			b.Post("/settings/mail/test", nil).MustBe(map[bool]int{true: 403, false: 404}[status == 403])
		}
		ada := s.As("ada")
		page := ada.Get("/settings/mail").MustBe(200).MustContain("127.0.0.1:"+strconv.Itoa(server.Port()), "portal@honcho.test", "Send it to ada@ada.test").MustNotContain("What was found")
		if server.Connections() != 0 {
			t.Error("opening the page connects to the mail server")
		}
		form := page.Form("/settings/mail")
		if form.Get("selector") != "s1" {
			t.Errorf("the selector is %q", form.Get("selector"))
		}
		form.Submit(ada).MustBe(200).MustContain("answers at port", "stays on this machine", "lets anybody send in its name", "End it with -all", "was taken back", "only watches")
		ada.Get("/settings/mail").Form("/settings/mail").Set("selector", "s2").Submit(ada).MustBe(200).MustContain("did not let us in: 554", "There is no DKIM key at s2._domainkey.honcho.test")
		ada.Get("/settings/mail").Form("/settings/mail").Set("selector", "x._domainkey.evil").Submit(ada).MustBe(422).MustContain("That is not a selector")
		ada.Get("/settings/mail").Form("/settings/mail/test").Submit(ada).MustBe(200).MustContain("Mail to oneself", "Mail from the portal arrives", "ada@ada.test")
		if server.Said("MAIL") {
			t.Error("a request sends mail by itself")
		}
		// Without a server there is nothing to look at.
		webtest.New(t, w, nil).As("ada").Get("/settings/mail").MustBe(200).MustContain("No mail server is configured")
	})
}

// T230: after a backup was brought back whoever administers says what becomes of the
// mails in it; nobody else can, or is told.
func TestHeldMails(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		for _, last := range []time.Duration{0, time.Hour} {
			if _, err := s.Portal.Awake(t.Context(), s.Clock.Now().Add(last)); err != nil {
				t.Fatal(err)
			}
		}
		s.Exec(`DELETE FROM mails`)
		ada := s.As("ada")
		ada.Get("/").MustBe(200).MustContain("A backup was brought back")
		ada.Get("/outbox").MustBe(200).MustContain("A backup was brought back", "I have looked")
		for name, status := range map[string]int{"mia": 403, "cleo": 404, "carl": 404} {
			s.As(name).Get("/").MustBe(200).MustNotContain("A backup was brought back")
			s.As(name).Post("/outbox/held", url.Values{"do": {"drop"}}).MustBe(status)
		}
		ada.Get("/outbox/held").MustBe(200).MustContain("No mail from before waits") // there is nothing to drop
		// Dropping is asked once more, with how many; a word that nobody knows does nothing.
		s.Exec(`INSERT INTO mails (id, kind, person_id, address, subject_id, state, created_at, due_at)
SELECT 'mai_' || x.n, 'notices', '` + string(s.Cleo) + `', 'x@x.test', '', 'queued', 1, 1 FROM (SELECT 'a' AS n UNION ALL SELECT 'b' UNION ALL SELECT 'c') x`)
		waiting := func() (n int) {
			t.Helper()
			if err := s.DB.QueryRow(t.Context(), `SELECT COUNT(*) FROM mails m WHERE m.state = 'queued'`).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		for _, do := range []string{"", "drop it", "dropp", "sent"} {
			ada.Post("/outbox/held", url.Values{"do": {do}, "sure": {"on"}}).MustBe(422)
		}
		for _, name := range []string{"mia", "cleo"} {
			s.As(name).Get("/outbox/held").MustBe(404)
		}
		if !ada.Get("/outbox").MustBe(200).Has(`a[href="/outbox/held"]`) {
			t.Error("the page leads nowhere to drop them")
		}
		if page := ada.Post("/outbox/held", url.Values{"do": {"drop"}}).MustBe(200).MustContain("Drop 3 mails?", "cannot be brought back"); page.Path != "/outbox/held" {
			t.Errorf("it asks at %s", page.Path)
		}
		if n := waiting(); n != 3 {
			t.Errorf("%d mails wait before the second answer", n)
		}
		ada.Get("/outbox/held").Form("/outbox/held").Press("do", "drop").Submit(ada).MustBe(200).MustNotContain("A backup was brought back")
		if n := waiting(); n != 0 {
			t.Errorf("%d mails wait after they were dropped", n)
		}
		ada.Get("/outbox/held").MustBe(404)
		if _, err := s.Portal.Awake(t.Context(), s.Clock.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		ada = s.As("ada")
		if p := ada.Post("/outbox/held", url.Values{"do": {"send"}}).MustBe(200).MustNotContain("A backup was brought back"); p.Path != "/outbox" {
			t.Errorf("it leads to %s", p.Path)
		}
	})
}

// Whoever is sent no mail, as one came back, is told where they set how they are told,
// and can have it tried again; whoever invites sees that an invitation came back.
func TestMailCameBack(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		s := withMails(t, w, false)
		cleo, mia := s.As("cleo"), s.As("mia")
		const bounced = "It could not be delivered."
		cleo.Get("/profile/notices").MustNotContain("try again")
		s.Exec(`UPDATE mails SET state = 'failed', reason = 'recipient/550 5.1.1', lost = 1 WHERE id = $1`, string(sendTo(t, s, "password_changed", w.Cleo, string(w.Cleo))))
		cleo.Get("/profile/notices").MustContain("A mail to cleo@cleo.test came back")
		s.As("dan").Get("/profile/notices").MustNotContain("try again")
		cleo.Post("/profile/notices/try", url.Values{}).MustBe(200).MustNotContain("try again")

		id := sendTo(t, s, "invitation", w.Uma, invitationOf(s))
		mia.Get("/clients/" + string(w.Acme) + "/access").MustNotContain(bounced)
		s.Exec(`UPDATE mails SET state = 'failed', reason = 'bounced/5.1.1' WHERE id = $1`, string(id))
		mia.Get("/clients/" + string(w.Acme) + "/access").MustContain(bounced)

		colleague, err := w.As(w.Ada).InviteTeamMember(t.Context(), portal.NewTeamMember{Name: "Nia", Email: "nia@team.test", Role: "contributor"})
		if err != nil {
			t.Fatal(err)
		}
		ada := s.As("ada")
		ada.Get("/people").MustContain("Nia").MustNotContain(bounced)
		s.Exec(`UPDATE mails SET state = 'failed', reason = 'recipient/550' WHERE person_id = $1`, string(colleague))
		ada.Get("/people").MustContain(bounced)
		mia.Get("/people").MustNotContain(bounced)
	})
}
