package portal_test

import (
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/db/dbtest"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// shows makes the whole workspace show files to its clients.
func showsFiles(t *testing.T, w *portaltest.World) {
	t.Helper()
	write(t, w, `UPDATE workspace SET sections = sections | 32`)
	w.Regrant()
}

// sections makes the whole workspace show some things, and hide others.
func sections(t *testing.T, w *portaltest.World, on, off int64) {
	t.Helper()
	write(t, w, `UPDATE workspace SET sections = (sections | $1) & ~CAST($2 AS BIGINT)`, on, off)
	w.Regrant()
}

func write(t *testing.T, w *portaltest.World, q string, args ...any) {
	t.Helper()
	if err := w.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, q, args...)
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// byHand writes what the program, and the database, would not.
func byHand(t *testing.T, w *portaltest.World, q string, args ...any) {
	t.Helper()
	if err := dbtest.ByHand(ctx, w.DB, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, q, args...)
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// bring uploads a small file as a person does.
func bring(t *testing.T, w *portaltest.World, who portal.PersonID, n portal.NewUpload) (portal.FileID, portal.VersionID) {
	t.Helper()
	me := w.As(who)
	n.Size = 3
	id := must[portal.UploadID](t)(me.BeginUpload(ctx, n, db.NewID("blb")))
	if err := me.AdvanceUpload(ctx, id, 0, 3, ""); err != nil {
		t.Fatal(err)
	}
	f, v, err := me.FinishUpload(ctx, id, portal.Arrived{Size: 3, SHA256: strings.Repeat("a", 64), Kind: "text", Type: "text/plain"})
	if err != nil {
		t.Fatal(err)
	}
	return f, v
}

// subjects are the kinds of mail that are about something, with their readers.
func mailsAbout(t *testing.T, w *portaltest.World, subject string) string {
	t.Helper()
	var all []string
	for _, m := range mails(t, w) {
		if m.Subject == subject {
			all = append(all, m.Kind+" "+m.PersonName)
		}
	}
	for i, j := 0, len(all)-1; i < j; i, j = i+1, j-1 {
		all[i], all[j] = all[j], all[i]
	}
	return strings.Join(all, ", ")
}

// ask makes a file request in Site, due on 20 March.
func ask(t *testing.T, w *portaltest.World) portal.FileRequestID {
	t.Helper()
	showsFiles(t, w)
	return must[portal.FileRequestID](t)(w.As(w.Tom).AskForFile(ctx, w.Site, portal.NewFileRequest{Title: "Team portraits", Body: "Six of them", DueOn: "2026-03-20", Remind: true}))
}

func TestAskForFile(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		showsFiles(t, w)
		n := portal.NewFileRequest{Title: "Team portraits", DueOn: "2026-03-20", Remind: true}
		for who, want := range map[portal.PersonID]error{
			w.Cleo: portal.ErrForbidden, w.Bea: portal.ErrForbidden, w.Dan: portal.ErrNotFound, w.Carl: portal.ErrNotFound, w.Rex: portal.ErrNotFound, "": portal.ErrSignedOut,
		} {
			_, err := w.As(who).AskForFile(ctx, w.Site, n)
			wants(t, "AskForFile as "+string(who), err, want)
		}
		_, err := w.As(w.Tom).AskForFile(ctx, w.Old, n)
		wants(t, "AskForFile in what Tom does not see", err, portal.ErrNotFound)
		_, err = w.As(w.Mia).AskForFile(ctx, w.Old, n)
		wants(t, "AskForFile in an archived project", err, portal.ErrForbidden)
		for field, in := range map[string]portal.NewFileRequest{
			"title": {}, "due_on": {Title: "x", DueOn: "soon"}, "assignee": {Title: "x", Assignee: w.Bea}, "folder": {Title: "x", Folder: "fol_none"}, "example": {Title: "x", Example: "fil_none"},
		} {
			if _, err := w.As(w.Tom).AskForFile(ctx, w.Site, in); err == nil || !strings.Contains(err.Error(), field) {
				t.Errorf("%+v: %v, want an error about %s", in, err, field)
			}
		}
		id := must[portal.FileRequestID](t)(w.As(w.Tom).AskForFile(ctx, w.Site, n))
		recorded(t, w, portal.FileRequested)
		if got := mailsAbout(t, w, string(id)); got != "file_request Cleo" {
			t.Errorf("mails: %s; Cleo alone can upload", got)
		}
		q := must[portal.FileRequest](t)(w.As(w.Cleo).FileRequest(ctx, id))
		if q.Title != n.Title || q.State != portal.RequestOpen || q.Turn != portal.ClientSide || !q.MayAnswer() || q.AskedBy != "Tom" || q.Remind || !q.RemindAt.IsZero() || q.CreatedBy != "" {
			t.Errorf("as Cleo sees it: %+v", q)
		}
		if q := must[portal.FileRequest](t)(w.As(w.Tom).FileRequest(ctx, id)); !q.RemindAt.Equal(time.Date(2026, 3, 19, 9, 0, 0, 0, time.UTC)) {
			t.Errorf("the first reminder is at %v", q.RemindAt)
		}
		if q := must[portal.FileRequest](t)(w.As(w.Bea).FileRequest(ctx, id)); q.MayAnswer() {
			t.Error("Bea, who cannot upload, may answer")
		}
		for _, who := range []portal.PersonID{w.Dan, w.Carl, w.Rex, w.Eve, ""} {
			_, err := w.As(who).FileRequest(ctx, id)
			wants(t, "FileRequest as "+string(who), err, portal.ErrNotFound)
			if all, _, err := w.As(who).FileRequests(ctx, w.Site, portal.Page{}); err != nil || len(all) != 0 {
				t.Errorf("FileRequests as %s: %v, %v", who, all, err)
			}
		}
		needs := func(who portal.PersonID) (kinds string) {
			for _, n := range must[[]portal.Need](t)(w.As(who).ProjectNeeds(ctx, w.Site, 0)) {
				kinds += n.Kind + " "
			}
			return kinds
		}
		if got := needs(w.Cleo); !strings.Contains(got, "file_request") {
			t.Errorf("Cleo needs %s", got)
		}
		if got := needs(w.Bea); strings.Contains(got, "file_request") {
			t.Errorf("Bea needs %s", got)
		}
		if s := must[portal.ProjectSummary](t)(w.As(w.Cleo).Summary(ctx, w.Site)); s.Turn != portal.ClientSide {
			t.Errorf("whose turn: %+v", s)
		}

		// With the section off it is not there for the client.
		write(t, w, `UPDATE workspace SET sections = sections & ~32`)
		w.Regrant()
		_, err = w.As(w.Cleo).FileRequest(ctx, id)
		wants(t, "FileRequest without the section", err, portal.ErrNotFound)
		if got := needs(w.Cleo); strings.Contains(got, "file_request") {
			t.Errorf("without the section Cleo needs %s", got)
		}
	})
}

func TestFileRequestNames(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		showsFiles(t, w)
		tom := w.As(w.Tom)
		mine, _ := bring(t, w, w.Tom, portal.NewUpload{Project: w.Site, Name: "example.txt"})
		shared := must[portal.FolderID](t)(tom.AddFolder(ctx, w.Site, "", portal.NewFolder{Name: "From you", Audience: portal.ClientSide}))
		hidden := must[portal.FolderID](t)(tom.AddFolder(ctx, w.Site, "", portal.NewFolder{Name: "Ours"}))
		theirs, _ := bring(t, w, w.Mia, portal.NewUpload{Project: w.Shop, Name: "brick.txt", Audience: portal.ClientSide})
		n := portal.NewFileRequest{Title: "x", Folder: hidden}
		_, err := tom.AskForFile(ctx, w.Site, n)
		refuses(t, "a folder of the team's own", err, "folder", "not_shown")
		n.Folder, n.Example = shared, mine
		_, err = tom.AskForFile(ctx, w.Site, n)
		refuses(t, "an example of the team's own", err, "example", "example_hidden")
		n.Example = theirs
		_, err = w.As(w.Mia).AskForFile(ctx, w.Site, n)
		refuses(t, "an example of another project", err, "example", "choice")
		n.Example, n.ShowExample, n.Assignee = mine, true, w.Cleo
		id := must[portal.FileRequestID](t)(tom.AskForFile(ctx, w.Site, n))
		q := must[portal.FileRequest](t)(w.As(w.Cleo).FileRequest(ctx, id))
		if q.Example != mine || q.ExampleName != "example.txt" || q.Folder != shared || q.Assignee != w.Cleo {
			t.Errorf("as Cleo sees it: %+v", q)
		}
		if f := must[portal.File](t)(w.As(w.Cleo).File(ctx, mine)); f.Name != "example.txt" {
			t.Errorf("the example: %+v", f)
		}
		// Concealed again, it is named to the team alone.
		if _, err := tom.Conceal(ctx, portal.ItemID(mine)); err != nil {
			t.Fatal(err)
		}
		if q := must[portal.FileRequest](t)(w.As(w.Cleo).FileRequest(ctx, id)); q.Example != "" || q.ExampleName != "" {
			t.Errorf("a hidden example is named: %+v", q)
		}
		// What is sent lands in the folder.
		f, _ := bring(t, w, w.Cleo, portal.NewUpload{Project: w.Site, Request: id, Name: "me.txt"})
		if got := must[portal.File](t)(tom.File(ctx, f)); got.Folder != shared || got.Zone() != portal.ZoneFromClient {
			t.Errorf("what came lies in %q, %s", got.Folder, got.Zone())
		}
		// Asked of one: when they may not upload any more, it is everybody's.
		ch := change(t, w, w.Acme)
		ch.Change = []portal.ClientUserChange{{User: w.CleoUser, Rights: portal.PresetCommenter.Rights(), AllProjects: true}, {User: w.BeaAtAcme, Rights: portal.PresetContributor.Rights(), AllProjects: true}}
		if _, err := w.As(w.Mia).SaveAccess(ctx, w.Acme, ch); err != nil {
			t.Fatal(err)
		}
		for who, want := range map[portal.PersonID]bool{w.Cleo: false, w.Bea: true} {
			if got := must[bool](t)(w.As(who).WaitsForMe(ctx, id)); got != want {
				t.Errorf("it waits for %s: %v", who, got)
			}
		}
	})
}

func TestAnswerFileRequest(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		id := ask(t, w)
		cleo, tom := w.As(w.Cleo), w.As(w.Tom)
		refuses(t, "an answer without files", cleo.AnswerFileRequest(ctx, id), "file", "nothing_sent")
		for _, who := range []portal.PersonID{w.Bea, w.Tom} {
			wants(t, "AnswerFileRequest as "+string(who), w.As(who).AnswerFileRequest(ctx, id), portal.ErrForbidden)
		}
		for _, who := range []portal.PersonID{w.Dan, w.Carl, w.Rex} {
			wants(t, "AnswerFileRequest as "+string(who), w.As(who).AnswerFileRequest(ctx, id), portal.ErrNotFound)
		}
		_, err := w.As(w.Carl).BeginUpload(ctx, portal.NewUpload{Project: w.Shop, Request: id, Name: "x", Size: 1}, "blob")
		wants(t, "an upload from another project", err, portal.ErrNotFound)

		before := must[portal.FileRequest](t)(tom.FileRequest(ctx, id)).Revision
		f, v := bring(t, w, w.Cleo, portal.NewUpload{Project: w.Site, Request: id, Name: "anna.txt"})
		files := must[[]portal.RequestedFile](t)(tom.FileRequestFiles(ctx, id))
		if len(files) != 1 || files[0].File != f || files[0].Version != v || files[0].By != "Cleo" || files[0].Size != 3 {
			t.Errorf("what came: %+v", files)
		}
		for _, who := range []portal.PersonID{w.Carl, w.Dan, w.Rex} {
			if all := must[[]portal.RequestedFile](t)(w.As(who).FileRequestFiles(ctx, id)); len(all) != 0 {
				t.Errorf("%s sees what came: %+v", who, all)
			}
		}
		seen := must[portal.FileRequest](t)(cleo.FileRequest(ctx, id)).Revision
		bring(t, w, w.Tom, portal.NewUpload{Project: w.Site, Request: id, Name: "from the archive.txt", Audience: portal.Team})
		if now := must[portal.FileRequest](t)(cleo.FileRequest(ctx, id)).Revision; now != seen {
			t.Errorf("a file that the client does not see took the revision from %d to %d", seen, now)
		}
		wants(t, "a decision on what was there before", tom.AcceptFiles(ctx, id, before), portal.ErrConflict)
		if err := cleo.AnswerFileRequest(ctx, id); err != nil {
			t.Fatal(err)
		}
		recorded(t, w, portal.FileRequestAnswered)
		wants(t, "answered twice", cleo.AnswerFileRequest(ctx, id), portal.ErrConflict)
		q := must[portal.FileRequest](t)(tom.FileRequest(ctx, id))
		if q.State != portal.RequestAnswered || q.Turn != portal.Team || q.StateBy != "Cleo" || !q.RemindAt.IsZero() || q.Files != 2 {
			t.Errorf("answered: %+v", q)
		}
		if got := mailsAbout(t, w, string(id)); got != "file_request Cleo, file_request_answered Tom" {
			t.Errorf("mails: %s", got)
		}
		desk, err := tom.Today(ctx, "2026-03-11", false)
		if err != nil || len(desk.NeedsUs) == 0 || desk.NeedsUs[len(desk.NeedsUs)-1].Kind != "file_request" {
			t.Errorf("Tom's desk: %+v, %v", desk.NeedsUs, err)
		}

		for who, want := range map[portal.PersonID]error{w.Cleo: portal.ErrForbidden, w.Bea: portal.ErrForbidden, w.Dan: portal.ErrNotFound, w.Carl: portal.ErrNotFound, w.Rex: portal.ErrNotFound} {
			wants(t, "AcceptFiles as "+string(who), w.As(who).AcceptFiles(ctx, id, q.Revision), want)
			wants(t, "RefuseFiles as "+string(who), w.As(who).RefuseFiles(ctx, id, "no", q.Revision), want)
			wants(t, "WithdrawFileRequest as "+string(who), w.As(who).WithdrawFileRequest(ctx, id), want)
			wants(t, "ChangeFileRequest as "+string(who), w.As(who).ChangeFileRequest(ctx, id, portal.FileRequestChange{NewFileRequest: portal.NewFileRequest{Title: "x"}}), want)
		}
		refuses(t, "refused without a reason", tom.RefuseFiles(ctx, id, " ", q.Revision), "reason", "required")
		if err := tom.RefuseFiles(ctx, id, "Too small", q.Revision); err != nil {
			t.Fatal(err)
		}
		recorded(t, w, portal.FilesRefused)
		q = must[portal.FileRequest](t)(cleo.FileRequest(ctx, id))
		if q.State != portal.RequestRefused || q.Reason != "Too small" || q.Turn != portal.ClientSide || !must[bool](t)(cleo.WaitsForMe(ctx, id)) {
			t.Errorf("refused: %+v", q)
		}
		if q := must[portal.FileRequest](t)(tom.FileRequest(ctx, id)); q.RemindAt.IsZero() {
			t.Error("refused, it reminds no more")
		}
		if got := mailsAbout(t, w, string(id)); !strings.HasSuffix(got, "file_request_refused Cleo") {
			t.Errorf("mails: %s", got)
		}
		bring(t, w, w.Cleo, portal.NewUpload{Project: w.Site, Request: id, Name: "anna-large.txt"})
		if err := cleo.AnswerFileRequest(ctx, id); err != nil {
			t.Fatal(err)
		}
		q = must[portal.FileRequest](t)(tom.FileRequest(ctx, id))
		if err := tom.AcceptFiles(ctx, id, q.Revision); err != nil {
			t.Fatal(err)
		}
		recorded(t, w, portal.FilesAccepted)
		if must[bool](t)(cleo.WaitsForMe(ctx, id)) {
			t.Error("accepted, it still waits")
		}
		_, err = cleo.BeginUpload(ctx, portal.NewUpload{Project: w.Site, Request: id, Name: "late.txt", Size: 1}, "blob")
		wants(t, "an upload to what is over", err, portal.ErrConflict)
		wants(t, "withdrawn when over", tom.WithdrawFileRequest(ctx, id), portal.ErrConflict)
	})
}

func TestChangeFileRequest(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		id := ask(t, w)
		tom := w.As(w.Tom)
		in := portal.FileRequestChange{NewFileRequest: portal.NewFileRequest{Title: "Portraits", DueOn: "2026-04-01", Assignee: w.Cleo}, Revision: 1}
		if err := tom.ChangeFileRequest(ctx, id, in); err != nil {
			t.Fatal(err)
		}
		recorded(t, w, portal.FileRequestChanged)
		wants(t, "changed on an old revision", tom.ChangeFileRequest(ctx, id, in), portal.ErrConflict)
		q := must[portal.FileRequest](t)(tom.FileRequest(ctx, id))
		if q.Title != "Portraits" || q.DueOn != "2026-04-01" || q.Assignee != w.Cleo || q.Remind || !q.RemindAt.IsZero() {
			t.Errorf("changed: %+v", q)
		}
		if err := tom.WithdrawFileRequest(ctx, id); err != nil {
			t.Fatal(err)
		}
		recorded(t, w, portal.FileRequestWithdrawn)
		if q := must[portal.FileRequest](t)(w.As(w.Cleo).FileRequest(ctx, id)); q.State != portal.RequestWithdrawn || q.MayAnswer() {
			t.Errorf("withdrawn: %+v", q)
		}
		in.Revision = q.Revision + 1
		wants(t, "changed when over", tom.ChangeFileRequest(ctx, id, in), portal.ErrConflict)
		if all := must[[]portal.FileRequest](t)(tom.OpenFileRequests(ctx, w.Site)); len(all) != 0 {
			t.Errorf("open ones: %+v", all)
		}
	})
}

// T-reminders: the day before, on the day, and three times after it, at nine in
// the workspace's zone; none twice, and none that is long over.
func TestReminders(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		write(t, w, `UPDATE workspace SET time_zone = 'America/New_York'`)
		id := ask(t, w)
		zone, err := time.LoadLocation("America/New_York")
		if err != nil {
			t.Fatal(err)
		}
		sent := 0
		var last time.Time
		at := func(month time.Month, day, hour, minute, want int) {
			t.Helper()
			w.Clock.Advance(time.Date(2026, month, day, hour, minute, 0, 0, zone).Sub(w.Clock.Now()))
			for range 2 {
				if err := w.Portal.SendReminders(ctx, last); err != nil {
					t.Fatal(err)
				}
			}
			n := strings.Count(mailsAbout(t, w, string(id)), "file_request_reminder Cleo")
			if n-sent != want {
				t.Errorf("on %d %s at %d:%02d %d reminders went out, want %d", day, month, hour, minute, n-sent, want)
			}
			sent = n
		}
		at(time.March, 19, 8, 59, 0)
		at(time.March, 19, 9, 1, 1)
		at(time.March, 19, 18, 0, 0)
		at(time.March, 20, 9, 3, 1)
		// The data may be those of a backup.
		at(time.March, 25, 9, 0, 0)
		// The program was down on the 26th.
		last = time.Date(2026, time.March, 25, 9, 0, 0, 0, zone)
		at(time.March, 27, 16, 0, 1)
		last = time.Time{}
		at(time.March, 29, 9, 4, 1)
		at(time.April, 1, 9, 0, 0)
		if q := must[portal.FileRequest](t)(w.As(w.Tom).FileRequest(ctx, id)); !q.RemindAt.IsZero() || q.RemindedAt.IsZero() {
			t.Errorf("after the last: %+v", q)
		}

		// A backup of the morning, brought back at noon, reminds nobody again.
		id = must[portal.FileRequestID](t)(w.As(w.Tom).AskForFile(ctx, w.Site, portal.NewFileRequest{Title: "Logo", DueOn: "2026-04-10", Remind: true}))
		sent = 0
		before := must[portal.FileRequest](t)(w.As(w.Tom).FileRequest(ctx, id)).RemindAt
		at(time.April, 9, 9, 1, 1)
		write(t, w, `UPDATE file_requests SET remind_at = $1, reminded_at = NULL WHERE id = $2`, db.Micros(before), string(id))
		at(time.April, 9, 12, 0, 0)
		// What was answered waits for nobody.
		bring(t, w, w.Cleo, portal.NewUpload{Project: w.Site, Request: id, Name: "logo.txt"})
		if err := w.As(w.Cleo).AnswerFileRequest(ctx, id); err != nil {
			t.Fatal(err)
		}
		at(time.April, 10, 9, 1, 0)
	})
}
