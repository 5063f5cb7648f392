package portal_test

import (
	"testing"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// T038, T059: nobody is told of what they do not see any more, whatever it was and
// however it went: not on a page, in a number, by a link to the notice, in a mail or in
// a push.
func TestGoneIsNotToldOf(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		mia := w.As(w.Mia)
		do := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		begin := func() { // what is told of from here on counts
			exec(t, w, `DELETE FROM notices`)
			exec(t, w, `DELETE FROM notice_queue`)
		}
		without := func(s portal.Sections) func(string) { return func(string) { sections(t, w, 0, int64(s)) } }
		conceal := func(id string) {
			_, err := mia.Conceal(ctx, portal.ItemID(id))
			do(err)
		}
		for _, who := range []portal.PersonID{w.Tom, w.Cleo} {
			do(w.As(who).ChooseNotices(ctx, portal.NoticeChoices{Preset: portal.NoticeOwn, DigestOn: "daily", DigestAt: "08:00", Own: portal.Ways{Listed: portal.AllTopics, Digested: portal.AllTopics}}))
		}

		update := func() string {
			begin()
			return string(announce(t, w, w.Site, portal.ClientSide))
		}
		milestone := func() portal.MilestoneID {
			return must[portal.MilestoneID](t)(mia.AddMilestone(ctx, w.Site, portal.NewMilestone{Title: "Launch", Audience: portal.ClientSide}))
		}
		task := func() string {
			id := must[portal.TaskID](t)(mia.AddTask(ctx, w.Site, portal.NewTask{Title: "Texts", Audience: portal.ClientSide}))
			begin()
			do(mia.CompleteTask(ctx, id))
			return string(id)
		}
		deliverable := func() string {
			id := must[portal.DeliverableID](t)(mia.AddDeliverable(ctx, w.Site, portal.NewDeliverable{Title: "Film"}))
			begin()
			do(mia.ShareDeliverable(ctx, id))
			return string(id)
		}
		version := func() (f portal.FileID, v portal.VersionID) {
			f, v = mustPut(t, w, w.Mia, portal.NewUpload{Project: w.Site, Name: "a.txt", Audience: portal.ClientSide, OnClash: "both"})
			write(t, w, `UPDATE versions SET kind = 'image' WHERE id = $1`, string(v))
			return f, v
		}
		file := func() string {
			begin()
			f, _ := version()
			return string(f)
		}
		comment := func() string {
			d := deliverable()
			begin()
			must[portal.MessageID](t)(mia.CommentOn(ctx, portal.ItemID(d), portal.NewComment{NewMessage: say("Hello", portal.ClientSide)}))
			return d
		}
		feedback := func() string {
			f, v := version()
			must[portal.UnsentID](t)(mia.KeepComment(ctx, v, "Brighter", &portal.Place{Kind: portal.PlacePin, Area: portal.Area{X: 0.5, Y: 0.5}}))
			begin()
			must[int](t)(mia.SendFeedback(ctx, v, portal.ClientSide))
			return string(f)
		}

		for _, x := range []struct {
			what    string
			happens func() (id string)
			goes    func(id string)
			team    int // how much of it the team is still told
		}{
			{"an update that is deleted", update, func(id string) { do(mia.DeleteUpdate(ctx, portal.UpdateID(id))) }, 0},
			{"an update that is hidden", update, conceal, 1},
			{"an update, without its section", update, without(portal.SectionUpdates), 1},
			{"a milestone that is deleted", func() string {
				id := milestone()
				begin()
				do(mia.ReachMilestone(ctx, id))
				return string(id)
			}, func(id string) { do(mia.DeleteMilestone(ctx, portal.MilestoneID(id))) }, 0},
			{"a task that is deleted", task, func(id string) { do(mia.DeleteTask(ctx, portal.TaskID(id))) }, 0},
			{"a task that is hidden", task, conceal, 1},
			{"a deliverable that is deleted", deliverable, func(id string) { do(mia.DeleteDeliverable(ctx, portal.DeliverableID(id))) }, 0},
			{"a deliverable that is hidden", deliverable, conceal, 1},
			{"a folder that is deleted", func() string {
				id := mustFolder(t, w, w.Mia, w.Site, "", "Drafts", portal.Team)
				begin()
				do(mia.Reveal(ctx, portal.ItemID(id), false))
				return string(id)
			}, func(id string) { do(mia.TrashFolder(ctx, portal.FolderID(id))) }, 0},
			{"a file that is deleted", file, func(id string) { do(mia.TrashFile(ctx, portal.FileID(id))) }, 0},
			{"a file that is moved to where the team alone is", file, func(id string) {
				do(mia.MoveFile(ctx, portal.FileID(id), mustFolder(t, w, w.Mia, w.Site, "", "Ours", portal.Team), portal.MoveOptions{Confirm: true}))
			}, 1},
			{"a request for a file, without its section", func() string {
				begin()
				return string(must[portal.FileRequestID](t)(mia.AskForFile(ctx, w.Site, portal.NewFileRequest{Title: "Logo"})))
			}, without(portal.SectionFiles), 1},
			{"a message that is deleted", func() string {
				begin()
				return string(must[portal.MessageID](t)(mia.Say(ctx, w.Items[w.Site][portal.ClientSide].Conversation, say("Hello", portal.ClientSide))))
			}, func(id string) { do(mia.DeleteMessage(ctx, portal.MessageID(id))) }, 0},
			{"a comment on what is deleted", comment, func(id string) { do(mia.DeleteDeliverable(ctx, portal.DeliverableID(id))) }, 0},
			{"a comment on what is hidden", comment, conceal, 1},
			{"feedback on what is deleted", feedback, func(id string) { do(mia.TrashFile(ctx, portal.FileID(id))) }, 0},
			{"feedback of which nothing is left", feedback, func(id string) {
				f := must[portal.File](t)(mia.File(ctx, portal.FileID(id)))
				for _, c := range must[[]portal.Marked](t)(mia.PlacesOn(ctx, f.Version.ID)) {
					for _, m := range must[portal.MessageList](t)(mia.Messages(ctx, c.Thread, portal.MessagePage{})).All {
						do(mia.DeleteMessage(ctx, m.ID))
					}
				}
			}, 0},
			{"an approval, without the section of what it is about", func() string {
				_, v := version()
				begin()
				return string(must[portal.ApprovalID](t)(mia.AskApproval(ctx, w.Site, portal.NewApproval{Title: "Film", Versions: []portal.VersionID{v}, Stages: []portal.NewStage{{People: []portal.PersonID{w.Cleo}}}})))
			}, without(portal.SectionFiles), 1},
			{"changes, without the section of what they are of", func() string {
				_, v := version()
				id := must[portal.RevisionID](t)(w.As(w.Cleo).RequestRevision(ctx, v, portal.NewRevision{Points: []string{"Brighter"}}))
				c := must[[]portal.Change](t)(mia.Changes(ctx, id))[0]
				begin()
				do(mia.RefuseChange(ctx, c.ID, "It is bright", c.Count))
				return string(id)
			}, without(portal.SectionFiles), 1},
			{"a sign-off of what is hidden", func() string {
				m := milestone()
				begin()
				return string(must[portal.SignoffID](t)(mia.AskSignoff(ctx, portal.NewSignoff{Project: w.Site, Subject: string(m), Statement: "Accepted."})))
			}, func(id string) { conceal(must[portal.Signoff](t)(mia.Signoff(ctx, portal.SignoffID(id))).Subject) }, 1},
		} {
			sections(t, w, int64(portal.DefaultSections|portal.SectionTasks), 0)
			id := x.happens()
			tellPeople(t, w)
			mails := func(who portal.PersonID) int {
				mailed, _, err := w.As(who).NoticesOf(ctx, portal.Mail{Kind: portal.MailDigest})
				do(err)
				return len(mailed)
			}
			was, inMail := map[portal.PersonID]portal.NoticeID{}, mails(w.Tom) // unless it has a mail of its own
			for _, who := range []portal.PersonID{w.Tom, w.Cleo} {
				told, _, err := w.As(who).Notices(ctx, "", portal.Page{})
				if err != nil || len(told) != 1 {
					t.Fatalf("%s: before, %s is told of %+v, %v", x.what, who, told, err)
				}
				was[who] = told[0].ID
			}
			x.goes(id)
			for who, want := range map[portal.PersonID]int{w.Tom: x.team, w.Cleo: 0} {
				me, told := w.As(who), map[string]int{}
				listed, _, err := me.Notices(ctx, "", portal.Page{})
				do(err)
				groups, _, err := me.NoticeGroups(ctx, "", portal.Page{})
				do(err)
				told["listed"], told["grouped"], told["counted"] = len(listed), len(groups), must[int](t)(me.UnreadNotices(ctx, ""))
				if n := mails(who); n != want*inMail {
					t.Errorf("%s: %d are in a mail to %s", x.what, n, who)
				}
				if _, err := me.Notice(ctx, was[who]); err == nil {
					told["opened"] = 1
				} else {
					told["opened"] = 0
					wantErr(t, x.what, err, portal.ErrNotFound)
				}
				for how, n := range told {
					if n != want {
						t.Errorf("%s: %s has %d %s, want %d", x.what, who, n, how, want)
					}
				}
			}
		}
	})
}
