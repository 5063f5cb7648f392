package notify_test

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/mail"
	"github.com/vitrine-portal/vitrine/internal/mail/mailtest"
	"github.com/vitrine-portal/vitrine/internal/notify"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// bare has mails say that there is something new, not what.
func (o *office) bare() {
	o.t.Helper()
	ws, err := o.As(o.Ada).Workspace(o.t.Context())
	if err == nil {
		err = o.As(o.Ada).ChangeWorkspace(o.t.Context(), portal.WorkspaceSettings{Name: ws.Name, TimeZone: ws.TimeZone, Sections: ws.Sections, BareMails: true, Revision: ws.Revision})
	}
	if err != nil {
		o.t.Fatal(err)
	}
}

// Where mails say that there is something new, not what, none of them holds what was
// written, a title, a file's name or a picture, and a push does not either.
func TestBareMails(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		o := open(t, w, &mailtest.Server{})
		mails := o.all()
		site, err := o.As(o.Mia).Project(t.Context(), o.Site)
		if err != nil {
			t.Fatal(err)
		}
		file, err := o.As(o.Mia).Version(t.Context(), o.Items[o.Site][portal.ClientSide].Version)
		if err != nil {
			t.Fatal(err)
		}
		content := []string{"Logo", "Portraits", "Texts", "Film", "Accepted.", "Re: the colours", "Re: the fonts", file.FileName, "may sign off"}
		always := []string{account.MailCode, account.MailReset, account.MailEmailChange, account.MailEmailChanged, account.MailPasswordChanged, account.MailTokenCreated,
			"invitation", "team_invitation", "invitation_asked", portal.MailTest, portal.MailDailyHead}
		said := map[string]bool{} // by the mails as they are otherwise, so that the test looks for what is there
		for _, quiet := range []bool{false, true} {
			if quiet {
				o.bare()
			}
			for kind, id := range mails {
				p, err := o.notify.Preview(t.Context(), o.mail(id))
				if err != nil {
					t.Fatal(err)
				}
				all := strings.Join([]string{p.From, p.Subject, p.Text, p.HTML}, "\n")
				for _, c := range content {
					if !quiet {
						said[c] = said[c] || strings.Contains(all, c)
					} else if strings.Contains(all, c) {
						t.Errorf("%s says %q:\n%s\n%s", kind, c, p.Subject, p.Text)
					}
				}
				if !quiet || slices.Contains(always, kind) {
					continue
				}
				switch p.Subject {
				case site.Name + ": there is something new", site.Name + ": your code", "Honcho Design: what you answered by e-mail waits", "Honcho Design: nobody looked at what you answered by e-mail":
				default:
					t.Errorf("%s has the subject %q", kind, p.Subject)
				}
				if kind != portal.MailHeld && kind != account.MailAnswerCode && p.Link == "" {
					t.Errorf("%s leads nowhere", kind)
				}
			}
		}
		for _, c := range content {
			if !said[c] {
				t.Errorf("no mail says %q", c)
			}
		}
	})
}

// Such a mail is answered as any other, and whoever does has not read what it did not
// say.
func TestBareMailIsAnswered(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		o := open(t, w, &mailtest.Server{})
		ctx := t.Context()
		u, _ := url.Parse(base)
		from := mail.Address{Name: "Honcho Design", Email: "portal@honcho.example"}
		o.notify = notify.New(o.Portal, o.Accounts, mail.New(mail.Config{Host: "127.0.0.1", Port: o.server.Port(), TLS: mail.Plain, Timeout: 5 * time.Second, From: from}),
			notify.Options{BaseURL: u, From: from, ReplyTo: func(ctx context.Context, p portal.ReplyPlace) (string, error) {
				id, err := w.Portal.ReplyAddress(ctx, p)
				return "reply+" + id[len("rpl_"):] + "@in.honcho.example", err
			}})
		o.bare()
		th, err := o.As(o.Tom).StartConversation(ctx, o.Site, portal.NewConversation{Subject: "Saffron subject", NewMessage: portal.NewMessage{Body: "saffron body", Audience: portal.ClientSide,
			Files: []portal.FileID{o.Items[o.Site][portal.ClientSide].File}}})
		if err != nil {
			t.Fatal(err)
		}
		o.tell()
		o.Clock.Advance(4 * time.Minute)
		o.sweep()
		raw, told := o.server.Messages(), o.arrivals()
		if len(raw) == 0 {
			t.Fatal("nothing was mailed")
		}
		for i, m := range raw {
			for _, c := range []string{"affron", "Tom", "image/"} {
				if strings.Contains(m, c) || strings.Contains(told[i].text, c) {
					t.Errorf("a mail says %s:\n%s", c, m)
				}
			}
			if !strings.Contains(m, "@in.honcho.example>") || !strings.Contains(told[i].text, "Reply to this e-mail to answer") || !strings.Contains(told[i].text, "/notices/ntc_") {
				t.Errorf("it cannot be answered:\n%s", m)
			}
		}
		id := o.last(portal.MailNotices)
		reader := o.mail(id).Person
		if _, err := o.As(reader).Say(ctx, th, portal.NewMessage{Body: "Yes", Audience: portal.ClientSide, ByMail: true, Answers: id}); err != nil {
			t.Fatal(err)
		}
		var unread int
		if err := o.DB.QueryRow(ctx, `SELECT COUNT(*) FROM notices WHERE person_id = $1 AND mail_id = $2 AND read_at IS NULL`, string(reader), string(id)).Scan(&unread); err != nil || unread != 1 {
			t.Errorf("%d are unread: %v", unread, err)
		}
	})
}

// A push says no more than such a mail.
func TestBarePush(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := t.Context()
		o := open(t, w, nil)
		service := o.pushesTo()
		phone := service.Browser()
		if err := o.As(o.Cleo).AddDevice(ctx, o.signIn("cleo@cleo.test", false).ID, portal.NewDevice{Endpoint: phone.Endpoint, Key: phone.Key, Auth: phone.Auth}); err != nil {
			t.Fatal(err)
		}
		o.everything(o.Cleo)
		o.bare()
		if _, err := o.As(o.Tom).StartConversation(ctx, o.Site, portal.NewConversation{Subject: "Saffron subject", NewMessage: portal.NewMessage{Body: "saffron body", Audience: portal.ClientSide}}); err != nil {
			t.Fatal(err)
		}
		o.tell()
		o.pushes()
		got, _ := service.Got(phone)
		if len(got) != 1 || strings.Contains(got[0], "affron") || strings.Contains(got[0], "Tom") || !strings.Contains(got[0], "One thing is new") || !strings.Contains(got[0], "/notices/ntc_") {
			t.Errorf("the phone got %v", got)
		}
	})
}

// A mail that the workspace sends is not from it "via" itself.
func TestMailIsFromWhoWroteIt(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		o := open(t, w, nil)
		ctx := t.Context()
		o.exec(`UPDATE workspace SET sections = sections & ~CAST(4096 AS BIGINT)`) // the team's names
		w.Regrant()
		if _, err := o.As(o.Tom).StartConversation(ctx, o.Site, portal.NewConversation{Subject: "Colours", NewMessage: portal.NewMessage{Body: "Which?", Audience: portal.ClientSide}}); err != nil {
			t.Fatal(err)
		}
		o.tell()
		o.ask("Logo")
		for _, kind := range []string{portal.MailNotices, "file_request"} {
			var id portal.MailID
			if err := o.DB.QueryRow(ctx, `SELECT MAX(id) FROM mails WHERE kind = $1 AND person_id = $2`, kind, string(o.Cleo)).Scan(&id); err != nil {
				t.Fatal(err)
			}
			p, err := o.notify.Preview(ctx, o.mail(id))
			if err != nil {
				t.Fatal(err)
			}
			if p.From != "Honcho Design <portal@honcho.example>" || strings.Contains(p.Text, "Tom") {
				t.Errorf("%s is from %s:\n%s", kind, p.From, p.Text)
			}
		}
	})
}

// tell makes the notices of what has happened.
func (o *office) tell() {
	o.t.Helper()
	if _, err := o.Portal.TellPeople(o.t.Context()); err != nil {
		o.t.Fatal(err)
	}
}
