package notify_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
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

// parts are all parts of a mail below each other, by their type.
func parts(t *testing.T, kind string, body io.Reader, all map[string]string) {
	t.Helper()
	media, params, err := mime.ParseMediaType(kind)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(media, "multipart/") {
		b, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		all[media] += string(b)
		return
	}
	for r := multipart.NewReader(body, params["boundary"]); ; {
		p, err := r.NextPart()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if id := p.Header.Get("Content-Id"); id != "" {
			all["id"] += id
		}
		parts(t, p.Header.Get("Content-Type"), p, all)
	}
}

// A mail that asks for an approval shows what it is about, from within itself, and
// its one button needs no password; whoever else looks at the mail gets neither the
// button's secret nor anything that is not the reader's to see.
func TestApprovalMail(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		o := &office{World: w, t: t, server: mailtest.Start(t, &mailtest.Server{})}
		var look bytes.Buffer
		if err := png.Encode(&look, image.NewGray(image.Rect(0, 0, 960, 640))); err != nil {
			t.Fatal(err)
		}
		broken := false
		u, _ := url.Parse(base)
		from := mail.Address{Name: "Honcho Design", Email: "portal@honcho.example"}
		o.notify = notify.New(w.Portal, w.Accounts, mail.New(mail.Config{Host: "127.0.0.1", Port: o.server.Port(), TLS: mail.Plain, Timeout: 5 * time.Second, From: from}),
			notify.Options{BaseURL: u, From: from, Picture: func(_ context.Context, st portal.Stored) ([]byte, error) {
				if broken {
					return nil, errors.New("the storage is away")
				}
				return look.Bytes(), nil
			}})
		it := o.Items[o.Site][portal.ClientSide]
		o.exec(`UPDATE versions SET preview = 'ready' WHERE id = $1`, string(it.Version))
		ask := func(stages ...portal.NewStage) portal.ApprovalID {
			t.Helper()
			id, err := o.As(o.Tom).AskApproval(t.Context(), o.Site, portal.NewApproval{Title: "Homepage", Body: "Mind the logo", DueOn: "2026-03-20", Versions: []portal.VersionID{it.Version}, Stages: stages})
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		id := ask(portal.NewStage{People: []portal.PersonID{o.Cleo}, Advisers: []portal.PersonID{o.Mia}})
		var ours [2]portal.MailID // to Cleo, and to Mia
		for i, who := range []portal.PersonID{o.Cleo, o.Mia} {
			if err := o.DB.QueryRow(t.Context(), `SELECT id FROM mails WHERE subject_id = $1 AND person_id = $2`, string(id), string(who)).Scan(&ours[i]); err != nil {
				t.Fatal(err)
			}
		}
		token := regexp.MustCompile(`/decide/(vt_apr_[\w-]+)`)
		o.send(ours[0])
		o.want(ours[0], portal.MailSent, "", 1)
		sent := o.server.Messages()
		msg, err := netmail.ReadMessage(strings.NewReader(sent[len(sent)-1]))
		if err != nil {
			t.Fatal(err)
		}
		all := map[string]string{}
		parts(t, msg.Header.Get("Content-Type"), msg.Body, all)
		page := all["text/html"]
		if all["image/png"] == "" || all["id"] != "<look.png>" || !strings.Contains(page, `"cid:look.png"`) || !strings.Contains(page, `width="478"`) {
			t.Errorf("there is no picture in it: %v %q %s", all["image/png"] == "", all["id"], page)
		}
		m, err := o.notify.Render(t.Context(), o.mail(ours[0]))
		if err != nil {
			t.Fatal(err)
		}
		found := token.FindStringSubmatch(m.Text)
		for _, word := range []string{"Tom asks you to approve Homepage", "Mind the logo", "Fri 20 Mar", "site-name", "without a password, until Wed 25 Mar", "do not forward"} {
			if !strings.Contains(m.Text, word) {
				t.Errorf("it lacks %q: %s", word, m.Text)
			}
		}
		if found == nil || strings.Count(m.HTML, found[0]) < 2 || strings.Contains(m.HTML, "src=\"http") {
			t.Fatalf("its button: %v", found)
		}
		if l, err := o.Portal.OpenApprovalLink(t.Context(), found[1]); err != nil || l.Person != o.Cleo {
			t.Errorf("the link is %+v, %v", l, err)
		}
		// Whoever administers looks at the mail, and cannot answer with it.
		p, err := o.notify.Preview(t.Context(), o.mail(ours[0]))
		if err != nil || strings.Contains(p.Text+p.HTML+p.Link, "vt_apr_") || p.Link != base+"/approvals/"+string(id) || !strings.Contains(p.HTML, `src="data:image/png;base64,`) {
			t.Errorf("in the Outbox: %v, %s", err, p.Link)
		}
		if p, err = o.notify.Whole(t.Context(), o.mail(ours[0])); err != nil || !strings.Contains(p.Link, found[1]) {
			t.Errorf("in the demo: %v, %s", err, p.Link)
		}
		// The team's mail leads behind the door; a reminder has a link of its own; a
		// mail goes out without a picture rather than not at all.
		broken = true
		if m, err = o.notify.Render(t.Context(), o.mail(ours[1])); err != nil || strings.Contains(m.Text, "/decide/") || !strings.Contains(m.Text, "/approvals/"+string(id)) || len(m.Images) != 0 {
			t.Errorf("to the team: %v, %s", err, m.Text)
		}
		if err := o.As(o.Tom).Remind(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		reminder := o.last(portal.MailApprovalReminder)
		if m, err = o.notify.Render(t.Context(), o.mail(reminder)); err != nil {
			t.Fatal(err)
		}
		if again := token.FindStringSubmatch(m.Text); again == nil || again[1] == found[1] {
			t.Errorf("the reminder's link: %v", again)
		}
		// A mail that was late: its link is over, so it leads behind the door.
		o.Clock.Advance(15 * 24 * time.Hour)
		if m, err = o.notify.Render(t.Context(), o.mail(reminder)); err != nil || strings.Contains(m.Text, "/decide/") || strings.Contains(m.Text, "without a password") {
			t.Errorf("an old mail: %v, %s", err, m.Text)
		}
	})
}

// What asks to confirm what was said by phone has its words, and the same button as
// other mails about the approval; once it is settled it is not sent.
func TestCallMail(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		o := open(t, w, &mailtest.Server{})
		id, err := o.As(o.Tom).AskApproval(t.Context(), o.Site, portal.NewApproval{Title: "Homepage", Versions: []portal.VersionID{o.Items[o.Site][portal.ClientSide].Version}, Stages: []portal.NewStage{{People: []portal.PersonID{o.Cleo}}}})
		if err != nil {
			t.Fatal(err)
		}
		call, err := o.As(o.Tom).NoteCall(t.Context(), id, portal.NewCall{Person: o.Cleo, Answer: portal.AnswerChanges, Note: "A **larger** logo", Changes: []portal.FileChange{{Position: 1, Note: "In blue"}}, SaidAt: o.Clock.Now()})
		if err != nil {
			t.Fatal(err)
		}
		sent := o.last(portal.MailApprovalCall)
		if m := o.mail(sent); m.Person != o.Cleo {
			t.Errorf("it goes to %s", m.Person)
		}
		m, err := o.notify.Render(t.Context(), o.mail(sent))
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"Tom noted what you said by phone: Homepage", "you asked for changes by phone, Wed 11 Mar, 10:00", "A larger logo", ": In blue", "It counts for nothing until you confirm it", "/decide/vt_apr_", "Look and confirm"} {
			if !strings.Contains(m.Text, word) {
				t.Errorf("it lacks %q: %s", word, m.Text)
			}
		}
		if !strings.Contains(m.Subject, "please confirm what you said about Homepage") || m.From.Name == "" {
			t.Errorf("it is from %q: %s", m.From.Name, m.Subject)
		}
		if err := o.As(o.Cleo).DenyCall(t.Context(), id, call, ""); err != nil {
			t.Fatal(err)
		}
		if _, err := o.notify.Render(t.Context(), o.mail(sent)); !errors.Is(err, portal.ErrUnwanted) {
			t.Errorf("once it was denied: %v", err)
		}
	})
}

// What tells of an overdue approval names those whose answer is awaited now, and no
// day to whom days are not shown.
func TestEscalatedMail(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		o := open(t, w, &mailtest.Server{})
		o.exec(`UPDATE client_users SET rights = rights | 32 WHERE id = $1`, string(o.BeaAtAcme))
		o.Regrant()
		id, err := o.As(o.Tom).AskApproval(t.Context(), o.Site, portal.NewApproval{Title: "Homepage", DueOn: "2026-03-10", Versions: []portal.VersionID{o.Items[o.Site][portal.ClientSide].Version},
			Stages: []portal.NewStage{{People: []portal.PersonID{o.Bea}}, {People: []portal.PersonID{o.Cleo}}}})
		if err != nil {
			t.Fatal(err)
		}
		o.exec(`UPDATE approvals SET escalated_at = 1 WHERE id = $1`, string(id))
		say := func(who portal.PersonID) string {
			t.Helper()
			m, err := o.notify.Render(t.Context(), o.mail(o.queue(portal.MailApprovalEscalated, who, string(id))))
			if err != nil {
				t.Fatal(err)
			}
			return m.Text
		}
		for _, who := range []portal.PersonID{o.Cleo, o.Tom} {
			if text := say(who); !strings.Contains(text, "It was due Tue 10 Mar") || !strings.Contains(text, "The answer of Bea is still awaited") {
				t.Errorf("to %s: %s", who, text)
			}
		}
		o.exec(`UPDATE workspace SET sections = sections & ~2048`)
		o.Regrant()
		if text := say(o.Cleo); strings.Contains(text, "due") || strings.Contains(text, "10 Mar") || !strings.Contains(text, "The answer of Bea is still awaited") {
			t.Errorf("without days: %s", text)
		}
	})
}
