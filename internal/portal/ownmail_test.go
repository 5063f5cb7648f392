package portal_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// What has a mail of its own is mailed to those whom it asks by that alone, and to
// everybody else as they chose: nobody gets two mails of it.
func TestOwnMailsBesideNotices(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		tom, cleo, bea := w.As(w.Tom), w.As(w.Cleo), w.As(w.Bea)
		did := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		choose := func(preset portal.NoticePreset, people ...portal.PersonID) {
			t.Helper()
			for _, who := range people {
				did(w.As(who).ChooseNotices(ctx, portal.NoticeChoices{Preset: preset, DigestOn: "daily", DigestAt: "08:00"}))
			}
		}
		clear := func() {
			t.Helper()
			tellPeople(t, w)
			exec(t, w, `UPDATE mails SET state = 'sent' WHERE state = 'queued'`)
			exec(t, w, `UPDATE notices SET mail_id = 'mai_before'`)
			exec(t, w, `UPDATE notice_choices SET digest_due = NULL`)
		}
		// mailed fails unless these mails wait for these people: of their own kind, and
		// notices of what is of the kind.
		mailed := func(what string, of portal.Kind, want string) {
			t.Helper()
			tellPeople(t, w)
			var got []string
			for _, m := range mails(t, w) {
				if m.State == portal.MailQueued && m.Kind != portal.MailNotices {
					got = append(got, m.Kind+" "+m.PersonName)
				}
			}
			rows, err := w.DB.Query(ctx, `
SELECT a.name FROM notices n JOIN events e ON e.id = n.event_id JOIN persons a ON a.id = n.person_id
 WHERE n.mail = 'now' AND n.mail_id = '' AND e.kind = $1 AND EXISTS (SELECT 1 FROM mails m WHERE m.person_id = a.id AND m.kind = 'notices' AND m.state = 'queued')`, string(of))
			did(err)
			defer rows.Close()
			for rows.Next() {
				var name string
				did(rows.Scan(&name))
				got = append(got, "notices "+name)
			}
			slices.Sort(got)
			if all := strings.Join(got, ", "); all != want {
				t.Errorf("%s: mails wait: %s; want %s", what, all, want)
			}
		}
		choose(portal.NoticeEverything, w.Mia, w.Tom, w.Cleo, w.Bea)
		decides(t, w)
		showsFiles(t, w)

		clear()
		asked := ask(t, w)
		mailed("files are asked for", portal.FileRequested, "file_request Cleo, notices Bea, notices Mia")
		bring(t, w, w.Cleo, portal.NewUpload{Project: w.Site, Request: asked, Name: "anna.txt"})
		clear()
		did(cleo.AnswerFileRequest(ctx, asked))
		mailed("they came", portal.FileRequestAnswered, "file_request_answered Tom, notices Bea, notices Mia")
		clear()
		did(tom.RefuseFiles(ctx, asked, "Too small", must[portal.FileRequest](t)(tom.FileRequest(ctx, asked)).Revision))
		mailed("they are sent back", portal.FilesRefused, "file_request_refused Cleo, notices Bea, notices Mia")

		_, versions := banners(t, w, 4)
		clear()
		staged := toApprove(t, w, portal.NewApproval{Versions: versions[:1], Stages: []portal.NewStage{{People: []portal.PersonID{w.Cleo}}, {People: []portal.PersonID{w.Bea}}}})
		mailed("an approval is asked for", portal.ApprovalRequested, "approval Cleo, notices Bea, notices Mia")
		clear()
		did(cleo.Decide(ctx, staged.ID, yes(staged)))
		mailed("the next stage is asked", portal.ApprovalAdvanced, "approval Bea, notices Mia, notices Tom")
		handed := toApprove(t, w, portal.NewApproval{Versions: versions[1:2]})
		clear()
		did(cleo.Delegate(ctx, handed.ID, w.Bea))
		mailed("it is delegated", portal.ApprovalDelegated, "approval Bea, notices Mia, notices Tom")
		clear()
		did(tom.Reassign(ctx, handed.ID, w.Bea, w.Cleo))
		mailed("it is reassigned", portal.ApprovalReassigned, "approval Cleo, notices Bea, notices Mia")
		toApprove(t, w, portal.NewApproval{Versions: versions[3:]})
		clear()
		did(cleo.NameDeputy(ctx, portal.Deputy{Client: w.Acme, Deputy: w.Bea, From: "2026-03-11", To: "2026-03-12"}))
		mailed("it is the deputy's", portal.ApprovalDeputised, "approval Bea, notices Cleo, notices Mia, notices Tom")
		clear()
		did(cleo.EndDeputy(ctx, w.Acme))
		mailed("who takes it back needs no mail", portal.ApprovalCameBack, "notices Bea, notices Mia, notices Tom")
		called := toApprove(t, w, portal.NewApproval{Versions: versions[2:3]})
		clear()
		must[portal.CallID](t)(tom.NoteCall(ctx, called.ID, phoned(w, portal.AnswerApprove, "")))
		mailed("a call is noted", portal.ApprovalCallNoted, "approval_call Cleo, notices Mia")

		m := must[portal.MilestoneID](t)(tom.AddMilestone(ctx, w.Site, portal.NewMilestone{Title: "Launch", Audience: portal.ClientSide}))
		clear()
		askedToSign(t, w, string(m))
		mailed("a sign-off is asked for", portal.SignoffAsked, "notices Bea, notices Mia, signoff Cleo")

		// With a summary of what concerns files, it is there.
		choose(portal.NoticeNormal, w.Mia, w.Bea)
		clear()
		again := ask(t, w)
		mailed("files are asked for, normal", portal.FileRequested, "file_request Cleo")
		var due int
		row(t, w, `SELECT COUNT(*) FROM notice_choices WHERE digest_due IS NOT NULL AND person_id IN ('`+string(w.Mia)+`', '`+string(w.Bea)+`')`, &due)
		if due != 2 {
			t.Errorf("%d summaries are due", due)
		}
		// What waits for the team needs all who work there, also on a project that they
		// muted; who asked has it in a mail of its own.
		choose(portal.NoticeNeeds, w.Mia, w.Tom, w.Cleo)
		did(w.As(w.Mia).Mute(ctx, w.Site))
		bring(t, w, w.Cleo, portal.NewUpload{Project: w.Site, Request: again, Name: "ben.txt"})
		clear()
		did(cleo.AnswerFileRequest(ctx, again))
		mailed("they came, only what needs me", portal.FileRequestAnswered, "file_request_answered Tom, notices Mia")
		// What one of the client is asked for needs no other.
		write(t, w, `UPDATE client_users SET rights = rights | 16 WHERE id = $1`, string(w.BeaAtAcme))
		w.Regrant()
		clear()
		must[portal.FileRequestID](t)(tom.AskForFile(ctx, w.Site, portal.NewFileRequest{Title: "Logos", Assignee: w.Bea}))
		mailed("one is asked, only what needs me", portal.FileRequested, "file_request Bea")
		for who, want := range map[portal.PersonID]int{w.Bea: 1, w.Cleo: 0} {
			var needs int
			row(t, w, `SELECT n.needs FROM notices n WHERE n.person_id = '`+string(who)+`' ORDER BY n.id DESC LIMIT 1`, &needs)
			if needs != want {
				t.Errorf("it needs %s: %d", who, needs)
			}
		}
		did(bea.EndMails(ctx, "requests", false)) // then neither comes
		clear()
		must[portal.FileRequestID](t)(tom.AskForFile(ctx, w.Site, portal.NewFileRequest{Title: "Fonts", Assignee: w.Bea}))
		mailed("whoever ended those mails", portal.FileRequested, "file_request Bea")
		if wanted := must[bool](t)(bea.WantsMail(ctx, "file_request", w.Site)); wanted {
			t.Error("it is sent")
		}
	})
}
