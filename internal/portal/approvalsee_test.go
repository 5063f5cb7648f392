package portal_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

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
