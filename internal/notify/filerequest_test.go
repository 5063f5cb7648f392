package notify_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/mail/mailtest"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// ask asks Acme for files, as Tom does.
func (o *office) ask(title string) portal.FileRequestID {
	o.t.Helper()
	id, err := o.As(o.Tom).AskForFile(o.t.Context(), o.Site, portal.NewFileRequest{Title: title, Body: "As large as you have them.\n\nIn colour.", DueOn: "2026-03-20", Remind: true,
		Example: o.Items[o.Site][portal.ClientSide].File})
	if err != nil {
		o.t.Fatal(err)
	}
	return id
}

// answer sends a file, as Cleo does, and says that this is everything.
func (o *office) answer(id portal.FileRequestID) {
	o.t.Helper()
	it := o.Items[o.Site][portal.ClientSide]
	o.exec(`INSERT INTO file_request_files (request_id, file_id, project_id, version_id, created_at) VALUES ($1, $2, $3, $4, 1)`, string(id), string(it.File), string(o.Site), string(it.Version))
	if err := o.As(o.Cleo).AnswerFileRequest(o.t.Context(), id); err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) refuse(id portal.FileRequestID) {
	o.t.Helper()
	q, err := o.As(o.Tom).FileRequest(o.t.Context(), id)
	if err == nil {
		err = o.As(o.Tom).RefuseFiles(o.t.Context(), id, "The third one is missing.", q.Revision)
	}
	if err != nil {
		o.t.Fatal(err)
	}
}

// A mail about a file request says what its reader sees when it is sent, and is
// not sent when it waits for them no longer.
func TestFileRequestMails(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		o := open(t, w, &mailtest.Server{})
		example := portaltest.Canary("acme", portal.ClientSide, "site-file-name")
		preview := func(id portal.MailID) string {
			t.Helper()
			p, err := o.notify.Preview(t.Context(), o.mail(id))
			if err != nil {
				t.Fatal(err)
			}
			return p.From + "\n" + p.Subject + "\n" + p.Text
		}
		says := func(id portal.MailID, words ...string) {
			t.Helper()
			text := preview(id)
			for _, word := range words {
				if !strings.Contains(text, word) {
					t.Errorf("the mail lacks %q: %s", word, text)
				}
			}
		}
		dropped := func(id portal.MailID, why string) {
			t.Helper()
			_, err := o.notify.Preview(t.Context(), o.mail(id))
			var unwanted *portal.Unwanted
			if !errors.As(err, &unwanted) || unwanted.Why != why {
				t.Errorf("the mail is not dropped as %s: %v", why, err)
			}
		}
		id := o.ask("Team portraits")
		asked := o.last("file_request")
		says(asked, "Tom via Honcho Design", "site-name: Team portraits", "Tom asks you for Team portraits", "As large as you have them.", "In colour.", "Fri 20 Mar", example, base+"/requests/"+string(id))
		reminder := o.queue(portal.MailReminder, o.Cleo, string(id))
		says(reminder, "Still needed: Team portraits", "That is everything")
		// Neither those who cannot upload nor strangers get it, whatever was queued.
		dropped(o.queue(portal.MailReminder, o.Bea, string(id)), "settled")
		for _, who := range []portal.PersonID{o.Dan, o.Carl, o.Rex, o.Eve} {
			dropped(o.queue(portal.MailReminder, who, string(id)), "gone")
		}

		// Where the team is not named, the workspace asks; what is hidden is not named.
		o.exec(`UPDATE workspace SET sections = sections & ~4096`)
		o.Regrant()
		if text := preview(asked); strings.Contains(text, "Tom") || !strings.Contains(text, "Honcho Design asks you for Team portraits") {
			t.Errorf("with names off: %s", text)
		}
		o.exec(`UPDATE workspace SET sections = sections | 4096`)
		o.Regrant()
		if _, err := o.As(o.Mia).Conceal(t.Context(), portal.ItemID(o.Items[o.Site][portal.ClientSide].File)); err != nil {
			t.Fatal(err)
		}
		if text := preview(asked); strings.Contains(text, example) {
			t.Errorf("a hidden example is named: %s", text)
		}
		if err := o.As(o.Mia).Reveal(t.Context(), portal.ItemID(o.Items[o.Site][portal.ClientSide].File), true); err != nil {
			t.Fatal(err)
		}

		o.answer(id)
		dropped(asked, "settled")
		dropped(reminder, "settled")
		answered := o.last("file_request_answered")
		if m := o.mail(answered); m.Person != o.Tom {
			t.Errorf("the answer goes to %s", m.PersonName)
		}
		says(answered, "Cleo sent everything for Team portraits", "One file came in")
		o.refuse(id)
		dropped(answered, "settled")
		says(o.last("file_request_refused"), "Tom asks once more for Team portraits", "The third one is missing.")
		says(reminder, "The third one is missing.")

		// T060: who was removed meanwhile gets nothing.
		again := o.last("file_request_refused")
		o.exec(`UPDATE workspace SET sections = sections & ~32`)
		o.Regrant()
		dropped(again, "gone")
		o.exec(`UPDATE workspace SET sections = sections | 32`)
		o.Regrant()
		if _, err := o.As(o.Mia).Remove(t.Context(), o.CleoUser); err != nil {
			t.Fatal(err)
		}
		o.send(again)
		o.want(again, portal.MailDropped, "gone", 1)
		if n := len(o.server.Messages()); n != 0 {
			t.Errorf("%d messages were sent", n)
		}
	})
}

// A reminder goes out by itself when its time has come.
func TestReminderIsSent(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		o := open(t, w, &mailtest.Server{})
		o.ask("Team portraits")
		o.Clock.Advance(time.Date(2026, 3, 19, 9, 1, 0, 0, time.UTC).Sub(o.Clock.Now()))
		if err := o.Portal.SendReminders(t.Context(), time.Time{}); err != nil {
			t.Fatal(err)
		}
		id := o.last(portal.MailReminder)
		o.send(id)
		o.want(id, portal.MailSent, "", 1)
		if m := o.server.Messages(); len(m) != 1 || !strings.Contains(m[0], "reminder") {
			t.Errorf("sent: %v", m)
		}
	})
}
