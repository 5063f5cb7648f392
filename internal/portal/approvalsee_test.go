package portal_test

import (
	"slices"
	"strings"
	"testing"

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
				v.Artifacts = []portal.Artifact{{Kind: "large", Blob: "blb_banner_l", Size: 3, SHA256: strings.Repeat("c", 64), Type: "image/png"}}
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
			"plan 2.docx":  {"office", "application/msword", "pdf"},
			"words.md":     {"markdown", "text/markdown", ""},
		} {
			v := arrives(name, typ[0], typ[1])
			if typ[2] != "" {
				if err := w.Portal.RecordPreview(ctx, v, portal.Preview{Artifacts: []portal.Artifact{{Kind: typ[2], Page: 1, Blob: "blb_" + name + "_l", Size: 3, SHA256: strings.Repeat("c", 64), Type: "image/png"}}}); err != nil {
					t.Fatal(err)
				}
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
			if err := w.Portal.RecordPreview(ctx, shut, portal.Preview{Artifacts: made}); err != nil {
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
		for v, can := range map[portal.VersionID]bool{film: false, arrives("more words.md", "markdown", "text/markdown"): true} {
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
