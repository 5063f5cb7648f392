package notify_test

import (
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/mail/mailtest"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// What somebody is asked for in a few minutes is one mail, each thing with its own button:
// without what they have seen or what was settled meanwhile, in every attempt the same,
// under one identifier, of one client alone; one thing is a mail as ever.
func TestAskedTogether(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := t.Context()
		o := open(t, w, &mailtest.Server{})
		ask := func(project portal.ProjectID, title string, who portal.PersonID) (portal.ApprovalID, portal.MailID) {
			t.Helper()
			id, err := o.As(o.Mia).AskApproval(ctx, project, portal.NewApproval{Title: title, Body: "Is " + title + " right?", DueOn: "2026-03-20", Versions: []portal.VersionID{o.Items[project][portal.ClientSide].Version},
				Stages: []portal.NewStage{{People: []portal.PersonID{who}}}})
			if err != nil {
				t.Fatal(err)
			}
			o.Clock.Advance(10 * time.Second)
			return id, o.last(portal.MailApproval)
		}
		// leaves lets all mails go whose time has come, and returns what arrived.
		leaves := func() []string {
			t.Helper()
			before := len(o.server.Messages())
			for {
				due, err := o.Portal.DueMails(ctx, o.Clock.Now(), 100)
				if err != nil {
					t.Fatal(err)
				}
				sent := false
				for _, id := range due {
					if strings.Contains(gathered, "'"+o.mail(id).Kind+"'") {
						if err := o.notify.Send(ctx, id); err != nil {
							t.Fatal(err)
						}
						sent = true
					}
				}
				if !sent {
					return o.server.Messages()[before:]
				}
			}
		}
		text := func(id portal.MailID) string {
			t.Helper()
			p, err := o.notify.Whole(ctx, o.mail(id))
			if err != nil {
				t.Fatal(err)
			}
			return p.Subject + "\n" + p.Text
		}

		// One thing.
		_, alone := ask(o.Site, "Alone", o.Cleo)
		if got := leaves(); len(got) != 0 {
			t.Fatalf("%d mails wait for nothing", len(got))
		}
		o.Clock.Advance(4 * time.Minute)
		if got := leaves(); len(got) != 1 || !strings.Contains(got[0], "<"+string(alone)+"@") || !strings.Contains(text(alone), "please approve Alone") {
			t.Errorf("one thing is %d mails: %s", len(got), text(alone))
		}

		// Several, of which one was seen and one taken back meanwhile. The server breaks off
		// the first attempt after all of it was said.
		seen, seenMail := ask(o.Site, "Seen", o.Cleo)
		_, lead := ask(o.Site, "Film", o.Cleo)
		_, second := ask(o.Site, "Poster", o.Cleo)
		gone, goneMail := ask(o.Site, "Gone", o.Cleo)
		if _, err := o.As(o.Mia).AskSignoff(ctx, portal.NewSignoff{Project: o.Site, Statement: "All is done.", DueOn: "2026-03-20"}); err != nil {
			t.Fatal(err)
		}
		if _, err := o.Portal.TellPeople(ctx); err != nil {
			t.Fatal(err)
		}
		o.Clock.Advance(time.Second)
		if err := o.As(o.Cleo).ReadAbout(ctx, string(seen)); err != nil {
			t.Fatal(err)
		}
		if err := o.As(o.Mia).CancelApproval(ctx, gone); err != nil {
			t.Fatal(err)
		}
		o.exec(`UPDATE mails SET state = 'dropped' WHERE kind = 'signoff' AND person_id <> $1`, string(o.Cleo))
		var mine string
		if err := o.DB.QueryRow(ctx, `SELECT m.id FROM mails m WHERE m.kind = 'signoff' AND m.person_id = $1`, string(o.Cleo)).Scan(&mine); err != nil {
			t.Fatal(err)
		}
		signoff := portal.MailID(mine)
		o.Clock.Advance(4 * time.Minute)
		o.server.SetScript("DATA", []string{"451 4.3.0 later"})
		if got := leaves(); len(got) != 0 {
			t.Errorf("%d mails left", len(got))
		}
		o.server.SetScript("DATA", nil)
		var leader, parts string
		if err := o.DB.QueryRow(ctx, `SELECT MAX(id), COUNT(*) FROM mails WHERE state = 'queued' AND kind IN `+gathered).Scan(&leader, &parts); err != nil || parts != "1" {
			t.Fatalf("%s mails wait: %v", parts, err)
		}
		first := text(portal.MailID(leader))
		_, third := ask(o.Site, "Later", o.Cleo) // after the first attempt: it is none of it
		o.Clock.Advance(2 * time.Minute)
		got := leaves()
		if len(got) != 1 || !strings.Contains(got[0], "<"+leader+"@") || strings.Count(got[0], "\nMessage-") != 1 {
			t.Fatalf("%d mails arrived: %v", len(got), got)
		}
		all := text(portal.MailID(leader))
		if all != first {
			t.Errorf("the second attempt says another thing:\n%s\n%s", first, all)
		}
		for _, want := range []string{"3 things need you", "approve Film", "Is Film right?", "approve Poster", "All is done", "Answers to this e-mail are not read."} {
			if !strings.Contains(all, want) {
				t.Errorf("it does not say %q:\n%s", want, all)
			}
		}
		if n := strings.Count(all, base+"/decide/"); n != 2 || strings.Count(all, base+"/signoffs/") != 1 || strings.Contains(all, "Seen") || strings.Contains(all, "Gone") || strings.Contains(all, "Later") {
			t.Errorf("it has %d buttons to decide:\n%s", n, all)
		}
		for id, why := range map[portal.MailID]string{seenMail: "seen", goneMail: "settled", lead: "", second: "", signoff: ""} {
			m := o.mail(id)
			switch {
			case string(id) == leader:
				if m.State != portal.MailSent {
					t.Errorf("it is %s", m.State)
				}
			case why == "" && (m.State != portal.MailDropped || m.Reason != "with/"+leader), why != "" && m.Reason != why:
				t.Errorf("%s is %s (%s), want %s", id, m.State, m.Reason, why)
			}
		}
		o.Clock.Advance(4 * time.Minute)
		if got := leaves(); len(got) != 1 || !strings.Contains(got[0], "<"+string(third)+"@") {
			t.Errorf("what came later is %d mails", len(got))
		}

		// Of two clients nothing is in one mail.
		acmes, _ := ask(o.Site, "Acmes", o.Cleo)
		bricks, _ := ask(o.Shop, "Bricks", o.Carl)
		others, _ := ask(o.Shop, "Others", o.Carl)
		var to [3]portal.MailID
		for i, id := range []portal.ApprovalID{acmes, bricks, others} {
			to[i] = o.queue(portal.MailApproval, o.Bea, string(id))
		}
		for i, want := range []string{"queued", "with/" + string(to[1])} {
			m, err := o.Portal.ClaimMail(ctx, to[i])
			if err != nil {
				t.Fatal(err)
			}
			within, err := o.Portal.MailsWithin(ctx, m)
			if x := o.mail(to[2]); err != nil || len(within) != i || string(x.State) != want && x.Reason != want {
				t.Errorf("with the mail of one client there are %v, and another is %s (%s), %v", within, x.State, x.Reason, err)
			}
			if err := o.Portal.MailKept(ctx, to[i]); err != nil {
				t.Fatal(err)
			}
		}
		o.Clock.Advance(4 * time.Minute)
		leaves()

		// Reminders go together, though they are of what was seen.
		for _, title := range []string{"One", "Two"} {
			id, _ := ask(o.Site, title, o.Cleo)
			o.queue(portal.MailApprovalReminder, o.Cleo, string(id))
		}
		o.Clock.Advance(4 * time.Minute)
		if got := leaves(); len(got) != 2 {
			t.Errorf("asking and reminding are %d mails", len(got))
		}

		// Where mails do not say what there is, those that leave together do not either.
		o.bare()
		_, saffron := ask(o.Site, "Saffron", o.Cleo)
		ask(o.Site, "Indigo", o.Cleo)
		o.Clock.Advance(4 * time.Minute)
		if got := leaves(); len(got) != 1 {
			t.Fatalf("%d mails say that there is something new", len(got))
		}
		p, err := o.notify.Whole(ctx, o.mail(saffron))
		if o.mail(saffron).State == portal.MailDropped {
			p, err = o.notify.Whole(ctx, o.mail(portal.MailID(strings.TrimPrefix(o.mail(saffron).Reason, "with/"))))
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"Saffron", "Indigo", "approve", "2026", "Mia"} {
			if all := strings.Join([]string{p.From, p.Subject, p.Text, p.HTML}, "\n"); strings.Contains(all, word) {
				t.Errorf("it says %q:\n%s\n%s", word, p.Subject, p.Text)
			}
		}
		if n := strings.Count(p.Text, base+"/decide/"); n != 2 {
			t.Errorf("it leads to %d decisions:\n%s", n, p.Text)
		}
	})
}
