package notify_test

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	netmail "net/mail"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/mail"
	"github.com/vitrine-portal/vitrine/internal/mail/mailtest"
	"github.com/vitrine-portal/vitrine/internal/notify"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// arrived is a mail as a program reads it.
type arrived struct {
	netmail.Header
	id, text string
}

// arrivals takes what the server has taken apart.
func (o *office) arrivals() (all []arrived) {
	o.t.Helper()
	for _, raw := range o.server.Messages() {
		m, err := netmail.ReadMessage(strings.NewReader(raw))
		if err != nil {
			o.t.Fatal(err)
		}
		_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
		if err != nil {
			o.t.Fatal(err)
		}
		part, err := multipart.NewReader(m.Body, params["boundary"]).NextPart() // decodes quoted-printable
		if err != nil {
			o.t.Fatal(err)
		}
		text, err := io.ReadAll(part)
		if err != nil {
			o.t.Fatal(err)
		}
		all = append(all, arrived{m.Header, m.Header.Get("Message-Id"), string(text)})
	}
	return all
}

var noticeLink = regexp.MustCompile(`/notices/(ntc_[a-z0-9]+)`)

// T224, T225: in an hour in which the mail server is away, refuses, breaks off in
// the middle, and the program is killed with a mail in its hand, nothing is lost
// and nothing is doubled: each notice is in one mail, and each mail came once.
func TestAnHourOfADeadServer(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := t.Context()
		o := open(t, w, &mailtest.Server{})
		u, _ := url.Parse(base)
		config := mail.Config{Host: "127.0.0.1", Port: o.server.Port(), TLS: mail.Plain, Timeout: 5 * time.Second, From: mail.Address{Email: "portal@honcho.example"}}
		restart := func() {
			o.notify = notify.New(w.Portal, w.Accounts, mail.New(config), notify.Options{BaseURL: u, From: config.From})
		}
		people := []portal.PersonID{o.Cleo, o.Bea, o.Tom}
		for _, who := range people {
			o.everything(who)
		}
		faults := []struct {
			verb    string
			answers []string
		}{
			{"greeting", []string{"drop", "drop", "drop", "drop", "drop", "drop"}},
			{"greeting", []string{"421 4.3.2 away", "421 4.3.2 away", "421 4.3.2 away", "421 4.3.2 away"}},
			{"MAIL", []string{"451 4.3.0 later", "451 4.3.0 later", "451 4.3.0 later", "451 4.3.0 later"}},
			{"DATA", []string{"drop", "drop", "drop"}},
			{"content", []string{"drop", "451 4.3.0 later", "drop", "452 4.3.1 full"}}, // all of it was sent, and not taken
			{"RCPT", []string{"451 4.7.1 greylisted", "451 4.7.1 greylisted", "451 4.7.1 greylisted"}},
		}
		killed := 0
		for minute := range 60 {
			if minute%10 == 0 {
				f := faults[minute/10]
				o.server.SetScript(f.verb, f.answers)
			}
			if minute%4 == 0 {
				o.happen(1)
			}
			if minute%5 == 3 { // it has taken a mail up, and is killed
				due, err := o.Portal.DueMails(ctx, o.Clock.Now(), 100)
				if err != nil {
					t.Fatal(err)
				}
				for _, id := range due {
					m, err := o.Portal.ClaimMail(ctx, id)
					if errors.Is(err, portal.ErrNotDue) { // one goes before it
						continue
					}
					if err == nil {
						err = o.Portal.TakeNotices(ctx, m)
					}
					if err != nil {
						t.Fatal(err)
					}
					killed++
					break
				}
				restart()
			}
			o.Clock.Advance(time.Minute)
			o.sweep()
		}
		for _, f := range faults {
			o.server.SetScript(f.verb, nil)
		}
		o.tenMinutes()
		came, told := map[string]int{}, map[string]int{}
		for _, m := range o.arrivals() {
			came[m.id]++
			for _, x := range noticeLink.FindAllStringSubmatch(m.text, -1) {
				told[x[1]]++
			}
		}
		for id, n := range came {
			if n != 1 {
				t.Errorf("%s came %d times", id, n)
			}
		}
		o.inOrder()
		rows, err := o.DB.Query(ctx, `SELECT n.id FROM notices n WHERE n.mail = 'now' AND n.person_id IN ($1, $2, $3)`, string(people[0]), string(people[1]), string(people[2]))
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		all := 0
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				t.Fatal(err)
			}
			if all++; told[id] != 1 {
				t.Errorf("%s was told %d times", id, told[id])
			}
		}
		if all != 15*len(people) || killed < 2 {
			t.Errorf("%d notices, and killed %d times", all, killed)
		}
		var left int
		if err := o.DB.QueryRow(ctx, `SELECT COUNT(*) FROM mails WHERE kind = 'notices' AND state NOT IN ('sent', 'dropped')`).Scan(&left); err != nil || left != 0 {
			t.Errorf("%d mails did not leave, %v", left, err)
		}
	})
}

// tenMinutes is how long it takes at most until all has left once the mail server is
// there again.
func (o *office) tenMinutes() {
	o.t.Helper()
	for range 20 {
		o.Clock.Advance(30 * time.Second)
		if err := o.notify.Sweep(o.t.Context()); err != nil {
			o.t.Fatal(err)
		}
		o.sweep()
	}
}

// inOrder is whether each person has got what they were told of in the order in
// which it was queued.
func (o *office) inOrder() {
	o.t.Helper()
	last := map[string]string{}
	for _, m := range o.arrivals() {
		to := m.Get("To")
		if m.id < last[to] {
			o.t.Errorf("%s to %s came after %s", m.id, to, last[to])
		}
		last[to] = m.id
	}
}

// T224: what few mails wait for after an hour is not their next try, but the mail
// server; and they come in their order.
func TestBackAfterAnHour(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		o := open(t, w, &mailtest.Server{})
		o.everything(o.Cleo)
		away := make([]string, 1000)
		for i := range away {
			away[i] = "421 4.3.2 away"
		}
		o.server.SetScript("greeting", away)
		for minute := range 60 {
			if minute%20 == 0 {
				o.happen(1)
			}
			o.Clock.Advance(time.Minute)
			if err := o.notify.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			o.sweep()
		}
		var waiting int
		if err := o.DB.QueryRow(t.Context(), `SELECT COUNT(*) FROM mails WHERE kind = 'notices' AND state = 'queued' AND person_id = $1`, string(o.Cleo)).Scan(&waiting); err != nil || waiting != 2 { // what happened last is in the second
			t.Fatalf("%d mails wait, %v", waiting, err)
		}
		o.server.SetScript("greeting", nil)
		o.tenMinutes()
		came := 0
		for _, m := range o.arrivals() {
			if strings.Contains(m.Get("To"), "cleo@cleo.test") {
				came++
			}
		}
		if came != waiting {
			t.Errorf("%d of %d mails came within ten minutes", came, waiting)
		}
		o.inOrder()
	})
}

// T171: whoever is named again and again, or many times at once, gets one mail
// for all of it.
func TestNamedManyTimes(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := t.Context()
		o := open(t, w, &mailtest.Server{})
		th, err := o.As(o.Tom).StartConversation(ctx, o.Site, portal.NewConversation{Subject: "Colours", NewMessage: portal.NewMessage{Body: strings.Repeat("@Cleo ", 500), Audience: portal.ClientSide}})
		if err != nil {
			t.Fatal(err)
		}
		for range 60 {
			if _, err := o.As(o.Tom).Say(ctx, th, portal.NewMessage{Body: "@Cleo", Audience: portal.ClientSide}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := o.Portal.TellPeople(ctx); err != nil {
			t.Fatal(err)
		}
		o.Clock.Advance(4 * time.Minute)
		o.sweep()
		n := 0
		for _, m := range o.arrivals() {
			if strings.Contains(m.Get("To"), "cleo@cleo.test") {
				n++
				if !strings.Contains(m.text, "11 more") {
					t.Errorf("it does not say how many more there are: %s", m.text)
				}
			}
		}
		if n != 1 {
			t.Errorf("Cleo got %d mails", n)
		}
	})
}

// T166, T167, T168: whatever people and things are called, a mail has one line of
// each header, goes to its reader alone, comes from the portal's own address, and
// leads nowhere else.
func TestHostileNamesInMails(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := t.Context()
		o := open(t, w, &mailtest.Server{})
		for _, name := range []string{"x\r\nBcc: eve@evil.example", "x\nBcc: eve@evil.example", "x\x00", strings.Repeat("x", 5<<10)} {
			if err := o.As(o.Ada).ChangeWorkspace(ctx, portal.WorkspaceSettings{Name: name, TimeZone: "UTC", Revision: 1}); err == nil {
				t.Errorf("a workspace may be called %q", name)
			}
			if _, err := o.As(o.Mia).StartConversation(ctx, o.Site, portal.NewConversation{Subject: name, NewMessage: portal.NewMessage{Body: "b"}}); err == nil {
				t.Errorf("a conversation may be called %q", name)
			}
		}
		mails := o.all()
		addresses := map[portal.MailID]string{}
		for _, id := range mails {
			addresses[id] = o.mail(id).Address
		}
		for _, name := range []string{
			`=?utf-8?q?=0d=0aBcc:_eve@evil.example?=`, `"support@bank.example" <support@bank.example>`, `<a href="https://evil.example/x">click</a>`,
			`support@bank.example`, strings.Repeat("🌿", 60), `a", eve@evil.example, "b`, `{{7919*7907}}${7919*7907}`,
			strings.Repeat("n", 5<<10), strings.Repeat("Zürich ", 700), // longer than any name may be
		} {
			o.exec(`UPDATE persons SET name = $1`, name)
			o.exec(`UPDATE clients SET name = $1`, name)
			o.exec(`UPDATE projects SET name = $1`, name)
			if len(name) < 900 { // else no mail is made, as a test of package mail says
				o.exec(`UPDATE workspace SET name = $1, support_email = ''`, name)
			}
			o.exec(`UPDATE threads SET subject = $1`, name)
			for _, titled := range []string{"file_requests", "tasks", "milestones", "deliverables", "approvals", "revision_requests"} {
				o.exec(`UPDATE `+titled+` SET title = $1`, name)
			}
			o.exec(`UPDATE files SET name = $1`, name)
			o.exec(`UPDATE mails SET state = 'queued', tries = 0, due_at = 0`)
			o.exec(`UPDATE notices SET mail_id = ''`)
			before := len(o.server.Messages())
			for kind, id := range mails {
				o.send(id)
				if m := o.mail(id); m.State != portal.MailSent {
					t.Errorf("%.20q: %s is %s (%s)", name, kind, m.State, m.Reason)
				}
			}
			for i, m := range o.arrivals()[before:] {
				for header, lines := range m.Header {
					if len(lines) != 1 {
						t.Errorf("%.20q: %d lines %s", name, len(lines), header)
					}
				}
				id := portal.MailID(strings.TrimSuffix(strings.TrimPrefix(m.id, "<"), "@honcho.example>"))
				from, err := netmail.ParseAddressList(m.Get("From"))
				if err != nil || len(from) != 1 || from[0].Address != "portal@honcho.example" {
					t.Errorf("%.20q: from %s, %v", name, m.Get("From"), err)
				}
				to, err := netmail.ParseAddressList(m.Get("To"))
				if err != nil || len(to) != 1 || to[0].Address != addresses[id] {
					t.Errorf("%.20q: to %s, %v", name, m.Get("To"), err)
				}
				if m.Get("Bcc") != "" || m.Get("Cc") != "" || strings.Contains(m.text, "62615533") {
					t.Errorf("%.20q: mail %d is %v", name, i, m.Header)
				}
				p, err := o.notify.Preview(ctx, o.mail(id))
				if err == nil && regexp.MustCompile(`(?i)(href|src)="https?://[^"]*evil`).MatchString(p.HTML) {
					t.Errorf("%.20q: the HTML part leads elsewhere: %s", name, p.HTML)
				}
			}
			for _, m := range o.server.Messages()[before:] {
				for _, line := range strings.Split(m, "\n") {
					if len(line) > 998 {
						t.Errorf("%.20q: a line of %d bytes: %.60q", name, len(line), line)
					}
				}
			}
			for _, line := range o.server.Heard() {
				if strings.Contains(line, "evil.example") {
					t.Errorf("%.20q: the server was told %q", name, line)
				}
			}
		}
	})
}
