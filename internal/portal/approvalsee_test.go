package portal_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// Whoever cannot look at something any more, and may not have it, does not approve
// it, wherever they answer; they can still ask for changes.
func TestNobodyApprovesUnseen(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		_, versions := banners(t, w, 1)
		cleo := w.As(w.Cleo)
		preview := func(there bool) {
			t.Helper()
			v := portal.Preview{}
			if there {
				v.Whole, v.Artifacts = true, []portal.Artifact{{Kind: "large", Blob: "blb_banner_l", Size: 3, SHA256: strings.Repeat("c", 64), Type: "image/png"}}
			}
			if err := w.Portal.RecordPreview(ctx, versions[0], v); err != nil {
				t.Fatal(err)
			}
		}
		unseen := func(who portal.PersonID, id portal.ApprovalID) bool {
			t.Helper()
			return must[[]portal.ApprovalSubject](t)(w.As(who).ApprovalSubjects(ctx, id))[0].Unseen
		}
		write(t, w, `UPDATE versions SET kind = 'image' WHERE id = $1`, string(versions[0]))
		preview(true)
		a := toApprove(t, w, portal.NewApproval{Versions: versions, NoDownload: true})
		if unseen(w.Cleo, a.ID) {
			t.Error("it cannot be looked at with its preview")
		}
		preview(false)
		if !unseen(w.Cleo, a.ID) || unseen(w.Tom, a.ID) {
			t.Errorf("without its preview: %t to the client, %t to the team", unseen(w.Cleo, a.ID), unseen(w.Tom, a.ID))
		}
		noted := yes(a)
		noted.Answer, noted.Note = portal.AnswerNote, "Fine"
		link := leads(t, w, "asked", answerToken(t, w, a.ID, w.Cleo), portal.AnswerAwaited)
		for _, in := range []portal.ApprovalAnswer{yes(a), noted} {
			refuses(t, "Decide", cleo.Decide(ctx, a.ID, in), "answer", "unseen")
			refuses(t, "Check of the mailed link", link.Check(ctx, in), "answer", "unseen")
			in.Proof = portal.ProofMail
			refuses(t, "Decide by the mailed link", link.Decide(ctx, in), "answer", "unseen")
		}
		call := must[portal.CallID](t)(w.As(w.Tom).NoteCall(ctx, a.ID, portal.NewCall{Person: w.Cleo, Answer: portal.AnswerApprove, SaidAt: w.Clock.Now()}))
		refuses(t, "Decide as on the phone", cleo.Decide(ctx, a.ID, portal.ApprovalAnswer{Call: call, Content: a.Content}), "answer", "unseen")
		stands(t, w, a.ID, portal.ApprovalOpen)
		preview(true)
		if err := cleo.Decide(ctx, a.ID, yes(a)); err != nil {
			t.Errorf("once it is there again: %v", err)
		}
		preview(false)
		b := toApprove(t, w, portal.NewApproval{Versions: versions, Previous: a.ID})
		if unseen(w.Cleo, b.ID) {
			t.Error("it cannot be had, with the download on")
		}
		write(t, w, `UPDATE client_users SET rights = rights & ~2 WHERE id = $1`, string(w.CleoUser))
		w.Regrant()
		if !unseen(w.Cleo, b.ID) {
			t.Error("it can be had by one who may not")
		}
		refuses(t, "Decide of one who may not have it", cleo.Decide(ctx, b.ID, yes(b)), "answer", "unseen")
		if err := cleo.Decide(ctx, b.ID, portal.ApprovalAnswer{Answer: portal.AnswerChanges, Note: "I cannot see it", Content: b.Content}); err != nil {
			t.Error(err)
		}
	})
}

// Whoever may not have the file approves it only once they could look at all of it:
// each page of a document, and a text to its end.
func TestNobodyApprovesAPart(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		tom, cleo := w.As(w.Tom), w.As(w.Cleo)
		pages := func(first, last int) (all []portal.Artifact) {
			for n := first; n <= last; n++ {
				all = append(all, portal.Artifact{Kind: "page", Page: n, Blob: fmt.Sprintf("blb_page_%d_%d", first, n), Size: 3, SHA256: strings.Repeat("c", 64), Type: "image/png"})
			}
			return all
		}
		asked := func(v portal.VersionID) error {
			_, err := tom.AskApproval(ctx, w.Site, portal.NewApproval{Title: "Look", Versions: []portal.VersionID{v}, NoDownload: true, Stages: []portal.NewStage{{People: []portal.PersonID{w.Cleo}}}})
			return err
		}
		for _, c := range []struct {
			name, kind    string
			part, whole   portal.Preview
			further       []portal.Artifact // instead of whole
			asks, answers string            // why not, with the part
		}{
			{"long.pdf", "pdf", portal.Preview{Pages: 25, Whole: true, More: 21, Artifacts: pages(1, 20)}, portal.Preview{}, pages(21, 25), "preview_waits", "unseen_yet"},
			{"long.docx", "office", portal.Preview{Pages: 25, Whole: true, More: 21, Artifacts: append(pages(1, 20), portal.Artifact{Kind: "pdf", Blob: "blb_pdf", Size: 3, Type: "application/pdf"})}, portal.Preview{}, pages(21, 25), "preview_waits", "unseen_yet"},
			{"broken.pdf", "pdf", portal.Preview{Pages: 25, Whole: true, Artifacts: pages(1, 20)}, portal.Preview{Pages: 25, Whole: true, Artifacts: pages(1, 25)}, nil, "only_part", "unseen"},
			{"endless.pdf", "pdf", portal.Preview{Pages: 500, More: 21, Artifacts: pages(1, 20)}, portal.Preview{Pages: 20, Whole: true, Artifacts: pages(1, 20)}, nil, "only_part", "unseen"},
			{"unknown.pdf", "pdf", portal.Preview{Whole: true, Artifacts: pages(1, 20)}, portal.Preview{Pages: 20, Whole: true, Artifacts: pages(1, 20)}, nil, "only_part", "unseen"},
			{"cut.txt", "text", portal.Preview{Text: "a"}, portal.Preview{Text: "a", Whole: true}, nil, "only_part", "unseen"},
			{"cut.csv", "csv", portal.Preview{Text: "a"}, portal.Preview{Text: "a", Whole: true}, nil, "only_part", "unseen"},
		} {
			_, v := bring(t, w, w.Tom, portal.NewUpload{Project: w.Site, Name: c.name, Audience: portal.ClientSide})
			write(t, w, `UPDATE versions SET kind = $1 WHERE id = $2`, c.kind, string(v))
			refuses(t, c.name+", of which nothing is made yet", asked(v), "no_download", "preview_waits")
			record := func(p portal.Preview) {
				t.Helper()
				if err := w.Portal.RecordPreview(ctx, v, p); err != nil {
					t.Fatal(err)
				}
			}
			record(c.part)
			refuses(t, c.name+", of which there is a part", asked(v), "no_download", c.asks)

			// It was whole when it was asked, and is drawn anew; or more is found out of it.
			all := c.whole
			if c.further != nil {
				all = portal.Preview{Pages: c.part.Pages, Whole: true, Artifacts: append(slices.Clone(c.part.Artifacts), c.further...)}
			}
			record(all)
			a := toApprove(t, w, portal.NewApproval{Versions: []portal.VersionID{v}, NoDownload: true})
			told := func(who *portal.Scope) portal.CannotLook {
				t.Helper()
				return must[portal.CannotLook](t)(who.CannotLook(ctx, a.ID))
			}
			if got := told(tom); len(got.Files) > 0 {
				t.Errorf("%s, which is whole: the team is told of %+v", c.name, got)
			}
			record(c.part)
			refuses(t, c.name, cleo.Decide(ctx, a.ID, yes(a)), "answer", c.answers)
			if got, want := told(tom), (portal.CannotLook{Files: []string{c.name}, People: []string{"Cleo"}, Coming: c.answers == "unseen_yet"}); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s: the team is told of %+v, not %+v", c.name, got, want)
			}
			if got := told(cleo); len(got.Files) > 0 {
				t.Errorf("%s: the client is told of %+v", c.name, got)
			}
			if c.further != nil {
				if err := w.Portal.RecordPages(ctx, v, c.further[:3], 24); err != nil {
					t.Fatal(err)
				}
				refuses(t, c.name+" with two pages to come", cleo.Decide(ctx, a.ID, yes(a)), "answer", "unseen_yet")
				if err := w.Portal.RecordPages(ctx, v, c.further[3:], 0); err != nil {
					t.Fatal(err)
				}
			} else {
				record(c.whole)
			}
			write(t, w, `UPDATE versions SET scan = 'infected' WHERE id = $1`, string(v))
			refuses(t, c.name+", in which something harmful was found", cleo.Decide(ctx, a.ID, yes(a)), "answer", "unseen")
			write(t, w, `UPDATE versions SET scan = 'off' WHERE id = $1`, string(v))
			if err := cleo.Decide(ctx, a.ID, yes(a)); err != nil {
				t.Errorf("%s, which is whole: %v", c.name, err)
			}

			// Whoever may have the file decides with the part.
			record(c.part)
			b := toApprove(t, w, portal.NewApproval{Versions: []portal.VersionID{v}, Previous: a.ID})
			if err := cleo.Decide(ctx, b.ID, yes(b)); err != nil {
				t.Errorf("%s, which may be downloaded: %v", c.name, err)
			}
		}
	})
}

// A copy of a document of which pages are still to be drawn has them drawn, too; what
// was left is gone on with.
func TestPagesGoOn(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		var asked []portal.PagesJob
		p, _ := portal.New(w.DB, portal.Options{Key: []byte("0123456789abcdef0123456789abcdef"), Now: w.Clock.Now, Enqueue: func(_ context.Context, _ *db.Tx, _ string, args any) error {
			if job, ok := args.(portal.PagesJob); ok {
				asked = append(asked, job)
			}
			return nil
		}})
		w.Portal = p
		f, v := bring(t, w, w.Tom, portal.NewUpload{Project: w.Site, Name: "long.pdf"})
		write(t, w, `UPDATE versions SET kind = 'pdf' WHERE id = $1`, string(v))
		if err := p.RecordPreview(ctx, v, portal.Preview{Pages: 25, Whole: true, More: 21, Artifacts: []portal.Artifact{{Kind: "page", Page: 1, Blob: "blb_page", Size: 3, Type: "image/png"}}}); err != nil {
			t.Fatal(err)
		}
		bring(t, w, w.Tom, portal.NewUpload{Project: w.Site, File: f, Name: "long.pdf"})
		w.Clock.Advance(time.Hour)
		back := must[portal.VersionID](t)(w.As(w.Tom).RestoreVersion(ctx, v))
		want := []portal.PagesJob{{Version: v, First: 21}, {Version: back, First: 21}}
		if !slices.Equal(asked, want) {
			t.Errorf("asked for is %+v, not %+v", asked, want)
		}
		if v := must[portal.File](t)(w.As(w.Tom).File(ctx, f)).Version; v.ID != back || !v.Coming {
			t.Errorf("the version that is back: %+v", v)
		}
		if left := must[[]portal.PagesJob](t)(p.PagesToDraw(ctx, w.Clock.Now(), 10)); !slices.Equal(left, want[:1]) {
			t.Errorf("left are %+v", left)
		}
		if err := p.RecordPages(ctx, v, nil, 0); err != nil {
			t.Fatal(err)
		}
		if left := must[[]portal.PagesJob](t)(p.PagesToDraw(ctx, w.Clock.Now(), 10)); len(left) > 0 {
			t.Errorf("left of what is done are %+v", left)
		}
	})
}

// Nobody is asked to approve what they cannot see: of a film there is only the
// original, which they may then have, and of a picture whose preview is not made
// likewise.
func TestApproversSee(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		tom := w.As(w.Tom)
		arrives := func(name, kind, typ string) portal.VersionID {
			t.Helper()
			id := must[portal.UploadID](t)(tom.BeginUpload(ctx, portal.NewUpload{Project: w.Site, Name: name, Size: 3, Audience: portal.ClientSide}, "blb_"+name))
			_, v, err := tom.FinishUpload(ctx, id, portal.Arrived{Size: 3, SHA256: strings.Repeat("b", 64), Kind: kind, Type: typ})
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		asks := func(v portal.VersionID, noDownload bool) (portal.ApprovalID, error) {
			return tom.AskApproval(ctx, w.Site, portal.NewApproval{Title: "Look", Versions: []portal.VersionID{v}, NoDownload: noDownload, Stages: []portal.NewStage{{People: []portal.PersonID{w.Cleo}}}})
		}
		for name, typ := range map[string][3]string{
			"film.mp4":   {"video", "video/mp4", "poster"},
			"sound.mp3":  {"audio", "audio/mpeg", "wave"},
			"photo.jpg":  {"image", "image/jpeg", "thumb"},
			"mark.svg":   {"svg", "image/svg+xml", "thumb"},
			"plan.docx":  {"office", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "thumb"},
			"parts.zip":  {"archive", "application/zip", ""},
			"house.dwg":  {"other", "application/octet-stream", ""},
			"report.pdf": {"pdf", "application/pdf", "thumb"},
		} {
			v := arrives(name, typ[0], typ[1])
			if typ[2] != "" { // a small picture, as lists show
				if err := w.Portal.RecordPreview(ctx, v, portal.Preview{Artifacts: []portal.Artifact{{Kind: typ[2], Blob: "blb_" + name + "_s", Size: 3, SHA256: strings.Repeat("c", 64), Type: "image/png"}}}); err != nil {
					t.Fatal(err)
				}
			}
			_, err := asks(v, true)
			refuses(t, name, err, "no_download", "only_original")
			draft := portal.NewApproval{Title: "Look", Versions: []portal.VersionID{v}, NoDownload: true, Draft: true, Stages: []portal.NewStage{{People: []portal.PersonID{w.Cleo}}}}
			id := must[portal.ApprovalID](t)(tom.AskApproval(ctx, w.Site, draft))
			draft.Draft = false
			refuses(t, name+" from a draft", tom.ChangeApproval(ctx, id, draft, must[portal.Approval](t)(tom.Approval(ctx, id)).Revision), "no_download", "only_original")
			id = must[portal.ApprovalID](t)(asks(v, false))
			if err := tom.CancelApproval(ctx, id); err != nil {
				t.Fatal(err)
			}
		}
		for name, typ := range map[string][3]string{
			"photo 2.jpg":  {"image", "image/jpeg", "large"},
			"report 2.pdf": {"pdf", "application/pdf", "page"},
			"plan 2.docx":  {"office", "application/msword", "page"},
			"words.md":     {"markdown", "text/markdown", ""},
		} {
			v := arrives(name, typ[0], typ[1])
			made := portal.Preview{Whole: true, Pages: 1}
			if typ[2] != "" {
				made.Artifacts = []portal.Artifact{{Kind: typ[2], Page: 1, Blob: "blb_" + name + "_l", Size: 3, SHA256: strings.Repeat("c", 64), Type: "image/png"}}
			}
			if err := w.Portal.RecordPreview(ctx, v, made); err != nil {
				t.Fatal(err)
			}
			if _, err := asks(v, true); err != nil {
				t.Errorf("%s, which is to be seen here: %v", name, err)
			}
		}

		// What is to be looked at is still being made: the team is told to wait, and
		// nobody is asked until then. When nothing comes of it, it is as above.
		v := arrives("photo 3.jpg", "image", "image/jpeg")
		_, err := asks(v, true)
		refuses(t, "a picture whose preview is being made", err, "no_download", "preview_waits")
		if err := w.Portal.RecordPreview(ctx, v, portal.Preview{}); err != nil {
			t.Fatal(err)
		}
		_, err = asks(v, true)
		refuses(t, "a picture of which there is no preview", err, "no_download", "only_original")

		// Nor one who may never download, whom the team itself does not concern.
		write(t, w, `UPDATE client_users SET rights = (rights | 32) & ~2 WHERE id = $1`, string(w.BeaAtAcme))
		w.Regrant()
		film := arrives("film 2.mp4", "video", "video/mp4")
		_, err = tom.AskApproval(ctx, w.Site, portal.NewApproval{Title: "Film", Versions: []portal.VersionID{film}, Stages: []portal.NewStage{{People: []portal.PersonID{w.Cleo, w.Bea}}}})
		refuses(t, "Bea, who cannot play it", err, "stages.1.people", "cannot_look")
		photo := arrives("photo 4.jpg", "image", "image/jpeg")
		_, err = tom.AskApproval(ctx, w.Site, portal.NewApproval{Title: "Photo", Versions: []portal.VersionID{photo}, Stages: []portal.NewStage{{People: []portal.PersonID{w.Bea}}}})
		refuses(t, "Bea, who cannot see it yet", err, "stages.1.people", "preview_waits")
		if _, err := tom.AskApproval(ctx, w.Site, portal.NewApproval{Title: "Film", Versions: []portal.VersionID{film}, NoDownload: true, Stages: []portal.NewStage{{Of: portal.Team, People: []portal.PersonID{w.Mia}}}}); err != nil {
			t.Errorf("the team alone: %v", err)
		}

		// Who is asked hands it to nobody who could not look at it.
		cleo := w.As(w.Cleo)
		write(t, w, `UPDATE client_users SET rights = rights | 34 WHERE id = $1`, string(w.BeaAtAcme))
		w.Regrant()
		shut := arrives("photo 5.jpg", "image", "image/jpeg")
		var of portal.ApprovalID
		for i, made := range [][]portal.Artifact{{{Kind: "large", Blob: "blb_photo_5", Size: 3, SHA256: strings.Repeat("c", 64), Type: "image/png"}}, nil} {
			if err := w.Portal.RecordPreview(ctx, shut, portal.Preview{Whole: true, Artifacts: made}); err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				of = must[portal.ApprovalID](t)(asks(shut, true))
			}
			if free := must[[]portal.ProjectPerson](t)(cleo.Colleagues(ctx, must[portal.Approval](t)(cleo.Approval(ctx, of)))); len(free) != 1-i {
				t.Errorf("what may not be had can be handed to %+v with %d previews", free, len(made))
			}
			if i == 1 {
				refuses(t, "what nobody can look at", cleo.Delegate(ctx, of, w.Bea), "person", "cannot_decide")
			}
		}
		write(t, w, `UPDATE client_users SET rights = rights & ~2 WHERE id = $1`, string(w.BeaAtAcme))
		w.Regrant()
		words := arrives("more words.md", "markdown", "text/markdown")
		if err := w.Portal.RecordPreview(ctx, words, portal.Preview{Whole: true}); err != nil {
			t.Fatal(err)
		}
		for v, can := range map[portal.VersionID]bool{film: false, words: true} {
			a := must[portal.Approval](t)(cleo.Approval(ctx, must[portal.ApprovalID](t)(asks(v, false))))
			free := must[[]portal.ProjectPerson](t)(cleo.Colleagues(ctx, a))
			if offered := slices.ContainsFunc(free, func(x portal.ProjectPerson) bool { return x.Person == w.Bea }); offered != can {
				t.Errorf("Bea, who may not download, is offered: %v", offered)
			}
			err := cleo.Delegate(ctx, a.ID, w.Bea)
			if can && err != nil {
				t.Errorf("Bea, who can look: %v", err)
			} else if !can {
				refuses(t, "a film handed to Bea", err, "person", "cannot_decide")
			}
		}
	})
}

// A stage of the client's in which too few can look at what is asked is not opened when
// its turn comes: nobody of theirs is asked, the team is told, and sends it on once they
// can.
func TestStageThatTooFewSee(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		decides(t, w)
		tom, mia, cleo := w.As(w.Tom), w.As(w.Mia), w.As(w.Cleo)
		may := func(user portal.ClientUserID, download bool) {
			t.Helper()
			rights := `rights & ~2`
			if download {
				rights = `rights | 2`
			}
			write(t, w, `UPDATE client_users SET rights = `+rights+` WHERE id = $1`, string(user))
			w.Regrant()
		}
		may(w.BeaAtAcme, true)
		preview := func(v portal.VersionID, p portal.Preview) {
			t.Helper()
			if err := w.Portal.RecordPreview(ctx, v, p); err != nil {
				t.Fatal(err)
			}
		}
		team := portal.NewStage{Of: portal.Team, People: []portal.PersonID{w.Mia}}
		both := []portal.PersonID{w.Cleo, w.Bea}
		for _, x := range []struct {
			name         string
			stages       []portal.NewStage
			noDownload   bool
			before, then portal.Preview
			held         bool
		}{
			{"the one", []portal.NewStage{team, {People: both[:1]}}, false, portal.Preview{}, portal.Preview{}, true},
			{"one of whom anyone decides", []portal.NewStage{team, {People: both}}, false, portal.Preview{}, portal.Preview{}, false},
			{"one of whom everyone decides", []portal.NewStage{team, {Rule: portal.RuleEveryone, People: both}}, false, portal.Preview{}, portal.Preview{}, true},
			{"one of whom most decide", []portal.NewStage{team, {Rule: portal.RuleMajority, People: both}}, false, portal.Preview{}, portal.Preview{}, true},
			{"an adviser", []portal.NewStage{team, {People: both[1:], Advisers: both[:1]}}, false, portal.Preview{}, portal.Preview{}, false},
			{"all of it is shown", []portal.NewStage{team, {People: both[:1]}}, false, portal.Preview{}, large, false},
			{"no longer shown, without the download", []portal.NewStage{team, {People: both[1:]}}, true, large, portal.Preview{}, true},
			{"the client's second", []portal.NewStage{{People: both[1:]}, {People: both[:1]}}, false, portal.Preview{}, portal.Preview{}, true},
		} {
			may(w.CleoUser, true)
			_, v := bring(t, w, w.Tom, portal.NewUpload{Project: w.Site, Name: x.name + ".png", Audience: portal.ClientSide})
			write(t, w, `UPDATE versions SET kind = 'image' WHERE id = $1`, string(v))
			preview(v, x.before)
			id := must[portal.ApprovalID](t)(tom.AskApproval(ctx, w.Site, portal.NewApproval{Title: x.name, Versions: []portal.VersionID{v}, NoDownload: x.noDownload, Stages: x.stages}))
			may(w.CleoUser, false)
			preview(v, x.then)
			first := mia
			if x.stages[0].Of != portal.Team {
				first = w.As(w.Bea)
			}
			if err := first.Decide(ctx, id, yes(must[portal.Approval](t)(first.Approval(ctx, id)))); err != nil {
				t.Fatalf("%s: %v", x.name, err)
			}
			a := stands(t, w, id, portal.ApprovalOpen)
			if a.Asking == x.held || (a.Turn == portal.Team) != x.held || a.Stage != 2 {
				t.Errorf("%s, after the first stage: %+v", x.name, a)
			}
			if !x.held {
				continue
			}
			recorded(t, w, portal.ApprovalUnseen)
			tellPeople(t, w)
			if !slices.Contains(noticesOf(t, w, w.Tom), "approval_unseen "+string(id)) {
				t.Errorf("%s: Tom is told %v", x.name, noticesOf(t, w, w.Tom))
			}
			if c := must[portal.CannotLook](t)(tom.CannotLook(ctx, id)); len(c.People) != 1 || c.Coming || !slices.Equal(c.Files, []string{x.name + ".png"}) {
				t.Errorf("%s: the team is told of %+v", x.name, c)
			}
			for _, who := range []*portal.Scope{cleo, w.As(w.Bea)} {
				if x.stages[0].Of == portal.Team {
					_, err := who.Approval(ctx, id)
					wants(t, x.name+", before it is sent", err, portal.ErrNotFound)
				} else if b := must[portal.Approval](t)(who.Approval(ctx, id)); b.Asking || b.MayDecide() {
					t.Errorf("%s: the client has %+v", x.name, b)
				}
				if c := must[portal.CannotLook](t)(who.CannotLook(ctx, id)); len(c.Files) > 0 {
					t.Errorf("%s: the client is told of %+v", x.name, c)
				}
			}
			for _, who := range both {
				if slices.Contains(noticesOf(t, w, who), "approval_unseen "+string(id)) {
					t.Errorf("%s: the client is told", x.name)
				}
			}
			refuses(t, x.name, tom.SendToClient(ctx, id), "versions", "too_few_look")
			may(w.CleoUser, true)
			if x.noDownload {
				refuses(t, x.name, tom.SendToClient(ctx, id), "versions", "too_few_look")
				preview(v, large)
			}
			if err := tom.SendToClient(ctx, id); err != nil {
				t.Errorf("%s: %v", x.name, err)
			}
			if a := stands(t, w, id, portal.ApprovalOpen); !a.Asking || a.Turn != portal.ClientSide {
				t.Errorf("%s, sent on: %+v", x.name, a)
			}
		}
	})
}

// large is the preview of a picture, all of it.
var large = portal.Preview{Whole: true, Artifacts: []portal.Artifact{{Kind: "large", Blob: "blb_of_a_stage", Size: 3, SHA256: strings.Repeat("c", 64), Type: "image/png"}}}
