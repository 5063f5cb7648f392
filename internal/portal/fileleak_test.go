package portal_test

import (
	"slices"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// What was deleted from a folder that was concealed since is not seen again,
// wherever it is brought back to.
func TestConcealReachesTheTrash(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		mia, cleo := w.As(w.Mia), w.As(w.Cleo)
		outer := mustFolder(t, w, w.Mia, w.Site, "", "Outer", portal.ClientSide)
		inner := mustFolder(t, w, w.Mia, w.Site, outer, "Inner", portal.ClientSide)
		f, _ := mustPut(t, w, w.Mia, portal.NewUpload{Project: w.Site, Folder: outer, Name: "a.txt", Audience: portal.ClientSide})
		g, _ := mustPut(t, w, w.Mia, portal.NewUpload{Project: w.Site, Folder: inner, Name: "b.txt", Audience: portal.ClientSide})
		for _, err := range []error{mia.TrashFile(ctx, f), mia.TrashFile(ctx, g), mia.TrashFolder(ctx, inner)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		if _, err := mia.Conceal(ctx, portal.ItemID(outer)); err != nil {
			t.Fatal(err)
		}
		if err := mia.TrashFolder(ctx, outer); err != nil {
			t.Fatal(err)
		}
		for _, id := range []portal.FileID{f, g} {
			if err := mia.RestoreFromTrash(ctx, string(id)); err != nil {
				t.Fatal(err)
			}
			if x := must[portal.File](t)(mia.File(ctx, id)); x.Audience != portal.Team || x.Folder != "" {
				t.Errorf("brought back as %+v", x)
			}
			_, err := cleo.File(ctx, id)
			wantErr(t, "what was concealed in the trash", err, portal.ErrNotFound)
			if got := must[[]portal.Event](t)(cleo.ItemActivity(ctx, portal.ItemID(id), 50)); len(got) != 0 {
				t.Errorf("the client is told %+v", got)
			}
		}
		if err := mia.RestoreFromTrash(ctx, string(inner)); err != nil {
			t.Fatal(err)
		}
		_, err := cleo.Folder(ctx, inner)
		wantErr(t, "a folder that was concealed in the trash", err, portal.ErrNotFound)
	})
}

// T056, T044: a number in a name tells nobody of what they do not see.
func TestNumbersInNamesTellNothing(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		mia, cleo := w.As(w.Mia), w.As(w.Cleo)
		folder := mustFolder(t, w, w.Mia, w.Site, "", "In", portal.ClientSide)
		mustPut(t, w, w.Mia, portal.NewUpload{Project: w.Site, Name: "plan.txt"})
		mustFolder(t, w, w.Mia, w.Site, "", "Docs", "")
		name := func(what string, id portal.FileID, want string) {
			t.Helper()
			if x := must[portal.File](t)(cleo.File(ctx, id)); x.Name != want {
				t.Errorf("%s: the client has %q, want %q", what, x.Name, want)
			}
		}
		moved, _ := mustPut(t, w, w.Mia, portal.NewUpload{Project: w.Site, Folder: folder, Name: "plan.txt", Audience: portal.ClientSide})
		if err := mia.MoveFile(ctx, moved, "", portal.MoveOptions{}); err != nil {
			t.Fatal(err)
		}
		name("moved", moved, "plan.txt")
		if err := mia.TrashFile(ctx, moved); err != nil {
			t.Fatal(err)
		}
		if err := mia.RestoreFromTrash(ctx, string(moved)); err != nil {
			t.Fatal(err)
		}
		name("brought back", moved, "plan.txt")
		within, _ := mustPut(t, w, w.Mia, portal.NewUpload{Project: w.Site, Path: "Docs", Name: "a.txt", Audience: portal.ClientSide})
		x := must[portal.File](t)(cleo.File(ctx, within))
		docs := must[portal.Folder](t)(cleo.Folder(ctx, x.Folder))
		if docs.Name != "Docs" {
			t.Errorf("the client has the folder %q", docs.Name)
		}
		// What the client does see counts, and out of their sight all does.
		both, _ := mustPut(t, w, w.Mia, portal.NewUpload{Project: w.Site, Folder: folder, Name: "plan.txt", Audience: portal.ClientSide})
		if err := mia.MoveFile(ctx, both, "", portal.MoveOptions{}); err != nil {
			t.Fatal(err)
		}
		name("moved to another", both, "plan (2).txt")
		if _, err := mia.Conceal(ctx, portal.ItemID(moved)); err != nil {
			t.Fatal(err)
		}
		if x := must[portal.File](t)(mia.File(ctx, moved)); x.Name != "plan (3).txt" {
			t.Errorf("concealed as %q", x.Name)
		}
	})
}

// T044: the client's people change what they brought as if there were no draft.
func TestDraftsKeepNobodyFromAnything(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		mia, cleo := w.As(w.Mia), w.As(w.Cleo)
		f, _ := mustPut(t, w, w.Cleo, portal.NewUpload{Project: w.Site, Name: "ours.txt"})
		before := must[portal.File](t)(cleo.File(ctx, f))
		_, draft := mustPut(t, w, w.Tom, portal.NewUpload{File: f})
		if after := must[portal.File](t)(cleo.File(ctx, f)); after != before {
			t.Errorf("with a draft the client has\n%+v, before\n%+v", after, before)
		}
		if err := cleo.RenameFile(ctx, f, "theirs.txt", before.Revision); err != nil {
			t.Errorf("renamed: %v", err)
		}
		if err := cleo.TrashFile(ctx, f); err != nil {
			t.Fatalf("deleted: %v", err)
		}
		if err := mia.RestoreFromTrash(ctx, string(f)); err != nil {
			t.Fatal(err)
		}
		if x := must[portal.File](t)(mia.File(ctx, f)); x.Version.ID != draft {
			t.Errorf("brought back as %+v", x)
		}
		// A version of the team's that they see is another thing.
		mustPut(t, w, w.Tom, portal.NewUpload{File: f, Audience: portal.ClientSide})
		mustPut(t, w, w.Cleo, portal.NewUpload{File: f})
		now := must[portal.File](t)(cleo.File(ctx, f))
		wantErr(t, "renamed with a version of the team's", cleo.RenameFile(ctx, f, "x.txt", now.Revision), portal.ErrForbidden)
		wantErr(t, "deleted with one", cleo.TrashFile(ctx, f), portal.ErrForbidden)
	})
}

// What is told of a file names no item that was concealed.
func TestConcealedItemsAreNotNamed(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		mia, cleo := w.As(w.Mia), w.As(w.Cleo)
		d := must[portal.DeliverableID](t)(mia.AddDeliverable(ctx, w.Site, portal.NewDeliverable{Title: "The secret", Audience: portal.ClientSide}))
		f, _ := mustPut(t, w, w.Mia, portal.NewUpload{Project: w.Site, Name: "a.txt", Audience: portal.ClientSide})
		named := func() bool {
			all := must[[]portal.Event](t)(cleo.ItemActivity(ctx, portal.ItemID(f), 50))
			return slices.ContainsFunc(all, func(e portal.Event) bool { return e.Details["to"] != "" })
		}
		if err := mia.Attach(ctx, portal.ItemID(d), f); err != nil {
			t.Fatal(err)
		}
		if !named() {
			t.Error("the client is not told of it")
		}
		if _, err := mia.Conceal(ctx, portal.ItemID(d)); err != nil {
			t.Fatal(err)
		}
		if named() {
			t.Error("a concealed deliverable is named")
		}
		// Nor when all that happened before is shown with the project.
		if err := mia.UnshareProject(ctx, w.Site); err != nil {
			t.Fatal(err)
		}
		if err := mia.ShareProject(ctx, w.Site, true); err != nil {
			t.Fatal(err)
		}
		if named() {
			t.Error("a concealed deliverable is named with the project's history")
		}
	})
}

// What is looked at in a review stays what it is: a draft changes nothing, and what
// the client is shown anew ends the question.
func TestReviewOfFilesThatChange(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		mia, cleo := w.As(w.Mia), w.As(w.Cleo)
		d := must[portal.DeliverableID](t)(mia.AddDeliverable(ctx, w.Site, portal.NewDeliverable{Title: "Logo", Audience: portal.ClientSide}))
		f, _ := mustPut(t, w, w.Mia, portal.NewUpload{Project: w.Site, Name: "logo.txt", Audience: portal.ClientSide})
		if err := mia.Attach(ctx, portal.ItemID(d), f); err != nil {
			t.Fatal(err)
		}
		a := toReview(t, w, d)
		_, draft := mustPut(t, w, w.Mia, portal.NewUpload{File: f})
		stands(t, w, a.ID, portal.ApprovalOpen)
		if err := mia.ShowVersion(ctx, draft); err != nil {
			t.Fatal(err)
		}
		stands(t, w, a.ID, portal.ApprovalOutdated)
		wantErr(t, "an answer to what was before", cleo.Decide(ctx, a.ID, yes(a)), portal.ErrConflict)
		a = toReview(t, w, d)
		mustPut(t, w, w.Mia, portal.NewUpload{File: f, Audience: portal.ClientSide})
		stands(t, w, a.ID, portal.ApprovalOutdated)
		a = toReview(t, w, d)
		if err := mia.TrashFile(ctx, f); err != nil {
			t.Fatal(err)
		}
		stands(t, w, a.ID, portal.ApprovalWithdrawn)
		a = toReview(t, w, d)
		if err := cleo.Decide(ctx, a.ID, yes(a)); err != nil {
			t.Error(err)
		}
	})
}
