package portal_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// clientEvents are the kinds of what the client is told about a subject.
func clientEvents(t *testing.T, w *portaltest.World, id string) (kinds []string) {
	t.Helper()
	all := must[[]portal.Event](t)(w.As(w.Cleo).ItemActivity(ctx, portal.ItemID(id), 50))
	for _, e := range all {
		kinds = append(kinds, string(e.Kind))
	}
	return kinds
}

// labels are how the person has the versions of a file.
func labels(t *testing.T, w *portaltest.World, who portal.PersonID, id portal.FileID) string {
	t.Helper()
	var s []string
	for _, v := range must[[]portal.Version](t)(w.As(who).Versions(ctx, id)) {
		l := fmt.Sprint(v.Label())
		if v.Draft {
			l = "draft " + l
		}
		s = append(s, l)
	}
	return strings.Join(s, ", ")
}

// T053, T035 of versions: the client has what is shown to them, counted from 1.
func TestVersionsAreShown(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		tom := w.As(w.Tom)
		f, _ := mustPut(t, w, w.Tom, portal.NewUpload{Project: w.Site, Name: "logo.png"})
		var ids []portal.VersionID
		for range 4 {
			_, v := mustPut(t, w, w.Tom, portal.NewUpload{File: f})
			ids = append(ids, v)
		}
		if got := labels(t, w, w.Tom, f); got != "5, 4, 3, 2, 1" {
			t.Errorf("of the team's file: %s", got)
		}
		for name, want := range map[string]error{"cleo": portal.ErrNotFound, "dan": portal.ErrNotFound, "carl": portal.ErrNotFound, "rex": portal.ErrNotFound} {
			wantErr(t, "Reveal by "+name, w.As(w.Everyone()[name]).Reveal(ctx, portal.ItemID(f), false), want)
		}
		r := must[portal.Reveal](t)(tom.RevealPreview(ctx, portal.ItemID(f)))
		if r.Versions != 4 || r.Title != "logo.png" || r.EventCount != 5 {
			t.Errorf("the preview is %+v", r)
		}
		if err := tom.Reveal(ctx, portal.ItemID(f), false); err != nil {
			t.Fatal(err)
		}
		x := must[portal.File](t)(w.As(w.Bea).File(ctx, f))
		if x.Version.ID != ids[3] || x.Version.Number != 1 || x.Version.Label() != 1 || x.Versions != 1 {
			t.Errorf("the client has %+v", x)
		}
		for _, v := range ids[:3] {
			_, err := w.As(w.Bea).Version(ctx, v)
			wantErr(t, "an earlier version", err, portal.ErrNotFound)
			_, err = w.As(w.Bea).DownloadVersion(ctx, v)
			wantErr(t, "its bytes", err, portal.ErrNotFound)
			_, err = w.As(w.Bea).PreviewOf(ctx, v, "thumb", 0)
			wantErr(t, "its picture", err, portal.ErrNotFound)
			wantErr(t, "showing what is older", tom.ShowVersion(ctx, v), portal.ErrConflict)
		}
		if got := clientEvents(t, w, string(f)); fmt.Sprint(got) != "[item_revealed]" {
			t.Errorf("the client is told %v", got)
		}
		if got := labels(t, w, w.Tom, f); got != "1, draft 4, draft 3, draft 2, draft 1" {
			t.Errorf("for the team: %s", got)
		}
		// A draft, and then it is shown.
		_, draft := mustPut(t, w, w.Ada, portal.NewUpload{File: f, Note: "secret"})
		if x := must[portal.File](t)(w.As(w.Bea).File(ctx, f)); x.Version.ID != ids[3] {
			t.Errorf("the client has the draft: %+v", x)
		}
		if got := clientEvents(t, w, string(f)); len(got) != 1 {
			t.Errorf("the client is told of the draft: %v", got)
		}
		wantErr(t, "showing somebody else's version", tom.ShowVersion(ctx, draft), portal.ErrForbidden)
		wantErr(t, "showing it by the client", w.As(w.Cleo).ShowVersion(ctx, draft), portal.ErrNotFound)
		if err := w.As(w.Mia).ShowVersion(ctx, draft); err != nil {
			t.Fatal(err)
		}
		if x := must[portal.File](t)(w.As(w.Bea).File(ctx, f)); x.Version.ID != draft || x.Version.Number != 2 || x.Versions != 2 {
			t.Errorf("the client has %+v", x)
		}
		if e := lastEvent(t, w, w.Bea, w.Site); e.Kind != portal.VersionShown || e.Details["number"] != "2" {
			t.Errorf("the event is %+v", e)
		}
		// One for the client at once, and an old one brought back.
		mustPut(t, w, w.Tom, portal.NewUpload{File: f, Audience: portal.ClientSide})
		back := must[portal.VersionID](t)(tom.RestoreVersion(ctx, ids[3]))
		if v := must[portal.Version](t)(w.As(w.Bea).Version(ctx, back)); v.Label() != 4 || v.RestoredFrom != "" {
			t.Errorf("brought back: %+v", v)
		}
		hidden := must[portal.VersionID](t)(tom.RestoreVersion(ctx, ids[0]))
		if v := must[portal.Version](t)(tom.Version(ctx, hidden)); !v.Draft || v.RestoredFrom != ids[0] {
			t.Errorf("a draft brought back: %+v", v)
		}
		if got := labels(t, w, w.Bea, f); got != "4, 3, 2, 1" {
			t.Errorf("for the client: %s", got)
		}
		_, err := w.As(w.Cleo).RestoreVersion(ctx, ids[3])
		wantErr(t, "brought back by the client", err, portal.ErrForbidden)
		_, err = tom.RestoreVersion(ctx, hidden)
		wantErr(t, "brought back what is the newest", err, portal.ErrConflict)

		// Out of sight, and back with all.
		for _, who := range []portal.PersonID{w.Bea, w.Cleo} {
			if err := w.As(who).MarkSeen(ctx, portal.ItemID(f)); err != nil {
				t.Fatal(err)
			}
		}
		seen := must[[]portal.Seen](t)(tom.Conceal(ctx, portal.ItemID(f)))
		if len(seen) != 2 {
			t.Errorf("seen by %+v", seen)
		}
		_, err = w.As(w.Bea).File(ctx, f)
		wantErr(t, "the concealed file", err, portal.ErrNotFound)
		_, err = w.As(w.Bea).Version(ctx, back)
		wantErr(t, "its version", err, portal.ErrNotFound)
		if got := clientEvents(t, w, string(f)); len(got) != 0 {
			t.Errorf("the client is still told %v", got)
		}
		if err := tom.Reveal(ctx, portal.ItemID(f), true); err != nil {
			t.Fatal(err)
		}
		if got := labels(t, w, w.Bea, f); got != "9, 8, 7, 6, 5, 4, 3, 2, 1" {
			t.Errorf("with all: %s", got)
		}
		for _, k := range clientEvents(t, w, string(f)) {
			if !strings.HasPrefix(k, "version_") && k != "file_added" && k != "item_revealed" {
				t.Errorf("the client is told %s", k)
			}
		}
	})
}

// T054: what is in a folder is seen no further than the folder.
func TestFoldersHide(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		mia, cleo := w.As(w.Mia), w.As(w.Cleo)
		outer := mustFolder(t, w, w.Mia, w.Site, "", "Outer", "")
		inner := mustFolder(t, w, w.Mia, w.Site, outer, "Inner", portal.ClientSide)
		f, _ := mustPut(t, w, w.Mia, portal.NewUpload{Project: w.Site, Folder: inner, Name: "a.txt", Audience: portal.ClientSide})
		g, _ := mustPut(t, w, w.Mia, portal.NewUpload{Project: w.Site, Folder: inner, Name: "b.txt"})
		if x := must[portal.Folder](t)(mia.Folder(ctx, inner)); x.Audience != portal.Team {
			t.Errorf("a folder in one of the team's is %+v", x)
		}
		// A file brings the folders around it along, and says so.
		r := must[portal.Reveal](t)(mia.RevealPreview(ctx, portal.ItemID(f)))
		if len(r.Folders) != 2 || r.Folders[0].ID != outer {
			t.Errorf("the preview is %+v", r)
		}
		wantErr(t, "by who may not show the folders", w.As(w.Tom).Reveal(ctx, portal.ItemID(f), false), portal.ErrForbidden)
		if err := mia.Reveal(ctx, portal.ItemID(f), false); err != nil {
			t.Fatal(err)
		}
		l := must[portal.Listing](t)(cleo.Files(ctx, w.Site, inner, portal.ListOptions{}))
		if len(l.Files) != 1 || l.Files[0].ID != f {
			t.Errorf("the client has %+v", l)
		}
		// Concealing the outer one conceals all.
		if _, err := mia.Conceal(ctx, portal.ItemID(outer)); err != nil {
			t.Fatal(err)
		}
		for _, id := range []portal.FolderID{outer, inner} {
			_, err := cleo.Folder(ctx, id)
			wantErr(t, "a concealed folder", err, portal.ErrNotFound)
		}
		_, err := cleo.File(ctx, f)
		wantErr(t, "a file in it", err, portal.ErrNotFound)
		if got := clientEvents(t, w, string(f)); len(got) != 0 {
			t.Errorf("the client is still told %v", got)
		}
		// The folder alone, and then with what is in it.
		r = must[portal.Reveal](t)(mia.RevealPreview(ctx, portal.ItemID(outer)))
		if r.InFolders != 1 || r.InFiles != 2 {
			t.Errorf("the preview is %+v", r)
		}
		if err := mia.Reveal(ctx, portal.ItemID(outer), false); err != nil {
			t.Fatal(err)
		}
		if l := must[portal.Listing](t)(cleo.Files(ctx, w.Site, outer, portal.ListOptions{})); len(l.Folders)+len(l.Files) != 0 {
			t.Errorf("the client has %+v", l)
		}
		if err := mia.Reveal(ctx, portal.ItemID(outer), true); err != nil {
			t.Fatal(err)
		}
		if l := must[portal.Listing](t)(cleo.Files(ctx, w.Site, inner, portal.ListOptions{})); len(l.Files) != 2 {
			t.Errorf("the client has %+v", l)
		}
		// A name that the team has already gets a number when the other joins it.
		c, _ := mustPut(t, w, w.Cleo, portal.NewUpload{Project: w.Site, Folder: inner, Name: "c.txt"})
		if _, err := mia.Conceal(ctx, portal.ItemID(g)); err != nil {
			t.Fatal(err)
		}
		twin, _ := mustPut(t, w, w.Cleo, portal.NewUpload{Project: w.Site, Folder: inner, Name: "B.txt"})
		if _, err := mia.Conceal(ctx, portal.ItemID(outer)); err != nil {
			t.Fatal(err)
		}
		if x := must[portal.File](t)(mia.File(ctx, twin)); x.Name != "B (2).txt" || x.Audience != portal.Team {
			t.Errorf("the twin is %+v", x)
		}
		if x := must[portal.File](t)(mia.File(ctx, c)); x.Zone() != portal.ZoneTeam {
			t.Errorf("what the client brought is in %s", x.Zone())
		}
	})
}

// T004, T005, T008, T010, T055.
func TestMoveAndCopy(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		mia, tom, cleo := w.As(w.Mia), w.As(w.Tom), w.As(w.Cleo)
		site, brand := w.Items[w.Site], w.Items[w.Brand]
		shown, hidden := site[portal.ClientSide], site[portal.Team]
		for name, move := range map[string]func(portal.FolderID) error{
			"MoveFile": func(to portal.FolderID) error {
				return mia.MoveFile(ctx, shown.File, to, portal.MoveOptions{Confirm: true})
			},
			"MoveFolder": func(to portal.FolderID) error {
				return mia.MoveFolder(ctx, shown.Folder, to, portal.MoveOptions{Confirm: true})
			},
			"CopyFile": func(to portal.FolderID) error { _, err := mia.CopyFile(ctx, shown.File, to); return err },
		} {
			wantErr(t, name+" to another project", move(brand[portal.ClientSide].Folder), portal.ErrNotFound)
			wantErr(t, name+" to another client", move(w.Items[w.Shop][portal.ClientSide].Folder), portal.ErrNotFound)
		}
		for name, want := range map[string]error{"cleo": portal.ErrForbidden, "bea": portal.ErrForbidden, "dan": portal.ErrNotFound, "carl": portal.ErrNotFound, "rex": portal.ErrNotFound} {
			me := w.As(w.Everyone()[name])
			wantErr(t, "MoveFile by "+name, me.MoveFile(ctx, shown.File, "", portal.MoveOptions{}), want)
			wantErr(t, "MoveFolder by "+name, me.MoveFolder(ctx, shown.Folder, "", portal.MoveOptions{}), want)
			_, err := me.CopyFile(ctx, shown.File, "")
			wantErr(t, "CopyFile by "+name, err, want)
			wantErr(t, "RenameFile by "+name, me.RenameFile(ctx, shown.File, "x", 1), want)
			wantErr(t, "RenameFolder by "+name, me.RenameFolder(ctx, shown.Folder, "x", 1), want)
			wantErr(t, "PinFile by "+name, me.PinFile(ctx, shown.File), want)
			wantErr(t, "TrashFile by "+name, me.TrashFile(ctx, shown.File), want)
			wantErr(t, "TrashFolder by "+name, me.TrashFolder(ctx, shown.Folder), want)
		}
		wantErr(t, "TrashFile of another's", tom.TrashFile(ctx, shown.File), portal.ErrForbidden)
		wantErr(t, "TrashFolder of another's", tom.TrashFolder(ctx, shown.Folder), portal.ErrForbidden)

		// Into a folder of the team's: it says so first, and takes who may.
		field(t, "concealed without a word", mia.MoveFile(ctx, shown.File, hidden.Folder, portal.MoveOptions{}), "confirm", "conceals")
		wantErr(t, "concealed by who may not", tom.MoveFile(ctx, shown.File, hidden.Folder, portal.MoveOptions{Confirm: true}), portal.ErrForbidden)
		if err := mia.MoveFile(ctx, shown.File, hidden.Folder, portal.MoveOptions{Confirm: true}); err != nil {
			t.Fatal(err)
		}
		_, err := cleo.File(ctx, shown.File)
		wantErr(t, "the client's read of it", err, portal.ErrNotFound)
		if e := lastEvent(t, w, w.Mia, w.Site); e.Kind != portal.ItemConcealed || e.Audience != portal.Team {
			t.Errorf("the event is %+v", e)
		}
		if got := clientEvents(t, w, string(shown.File)); len(got) != 0 {
			t.Errorf("the client is still told %v", got)
		}
		// And back: it stays the team's unless it is to be shown.
		if err := mia.MoveFile(ctx, shown.File, shown.Folder, portal.MoveOptions{}); err != nil {
			t.Fatal(err)
		}
		_, err = cleo.File(ctx, shown.File)
		wantErr(t, "moved into a folder that the client sees", err, portal.ErrNotFound)
		if err := mia.MoveFile(ctx, shown.File, "", portal.MoveOptions{}); err != nil {
			t.Fatal(err)
		}
		if err := mia.MoveFile(ctx, shown.File, shown.Folder, portal.MoveOptions{Show: true}); err != nil {
			t.Fatal(err)
		}
		if _, err := cleo.File(ctx, shown.File); err != nil {
			t.Error(err)
		}
		if e := lastEvent(t, w, w.Cleo, w.Site); e.Kind != portal.ItemRevealed || e.Subject != string(shown.File) {
			t.Errorf("the event is %+v", e)
		}
		// Folders, with the same care.
		field(t, "a folder concealed without a word", mia.MoveFolder(ctx, shown.Folder, hidden.Folder, portal.MoveOptions{}), "confirm", "conceals")
		field(t, "a folder into itself", mia.MoveFolder(ctx, shown.Folder, shown.Folder, portal.MoveOptions{}), "folder", "into_itself")
		deep := shown.Folder
		for range portal.MaxFolderDepth - 2 {
			deep = mustFolder(t, w, w.Mia, w.Site, deep, "Deeper", portal.ClientSide)
		}
		field(t, "a folder into one below it", mia.MoveFolder(ctx, shown.Folder, deep, portal.MoveOptions{}), "folder", "into_itself")
		other := mustFolder(t, w, w.Mia, w.Site, mustFolder(t, w, w.Mia, w.Site, "", "Two", portal.ClientSide), "Levels", portal.ClientSide)
		field(t, "too deep", mia.MoveFolder(ctx, must[portal.Folder](t)(mia.Folder(ctx, other)).Parent, deep, portal.MoveOptions{}), "folder", "too_deep")
		if err := mia.MoveFolder(ctx, other, deep, portal.MoveOptions{}); err != nil {
			t.Fatal(err)
		}
		_, err = mia.AddFolder(ctx, w.Site, other, portal.NewFolder{Name: "Thirteenth"})
		field(t, "the thirteenth", err, "folder", "too_deep")
		if err := mia.MoveFolder(ctx, shown.Folder, hidden.Folder, portal.MoveOptions{Confirm: true}); err == nil {
			t.Error("thirteen levels by moving")
		}
		if err := mia.MoveFolder(ctx, other, "", portal.MoveOptions{}); err != nil {
			t.Fatal(err)
		}
		if err := mia.MoveFolder(ctx, shown.Folder, hidden.Folder, portal.MoveOptions{Confirm: true}); err != nil {
			t.Fatal(err)
		}
		_, err = cleo.Folder(ctx, deep)
		wantErr(t, "a folder far below a concealed one", err, portal.ErrNotFound)
		if x := must[portal.Folder](t)(mia.Folder(ctx, deep)); x.Depth != portal.MaxFolderDepth || x.Audience != portal.Team {
			t.Errorf("%+v", x)
		}

		// A copy is the team's.
		copied := must[portal.FileID](t)(tom.CopyFile(ctx, shown.File, shown.Folder))
		x := must[portal.File](t)(tom.File(ctx, copied))
		if x.Audience != portal.Team || x.Version.Number != 1 || !strings.HasSuffix(x.Name, " (2).txt") || x.CreatedBy != w.Tom {
			t.Errorf("the copy is %+v", x)
		}
		a, b := must[portal.Stored](t)(tom.DownloadVersion(ctx, x.Version.ID)), must[portal.Stored](t)(tom.DownloadVersion(ctx, shown.Version))
		if a.Blob != b.Blob {
			t.Error("a copy has other bytes")
		}
		if _, err := tom.PreviewOf(ctx, x.Version.ID, "thumb", 0); err != nil {
			t.Errorf("the picture of a copy: %v", err)
		}
		if hits, _, err := tom.SearchFiles(ctx, "site version text", "", portal.Page{}); err != nil || len(hits) < 2 {
			t.Errorf("the copy's text is not found: %+v, %v", hits, err)
		}

		// T010: of mixed ids only the own ones are taken, and nobody says which.
		var got []string
		err = cleo.ZipEntries(ctx, w.Brand, []portal.FolderID{brand[portal.Team].Folder, w.Items[w.Shop][portal.ClientSide].Folder, brand[portal.ClientSide].Folder},
			[]portal.FileID{brand[portal.Team].File, w.Items[w.Shop][portal.ClientSide].File}, func(e portal.ZipEntry) error { got = append(got, e.Path); return nil })
		if want := portaltest.Canary("acme", portal.ClientSide, "brand-folder-name") + "/" + portaltest.Canary("acme", portal.ClientSide, "brand-file-name") + ".txt"; err != nil || fmt.Sprint(got) != "["+want+"]" {
			t.Errorf("the archive has %q, %v", got, err)
		}
		wantErr(t, "another client's archive", cleo.ZipEntries(ctx, w.Shop, nil, nil, func(portal.ZipEntry) error { return nil }), portal.ErrNotFound)
		wantErr(t, "an archive that stops", cleo.ZipEntries(ctx, w.Brand, nil, nil, func(portal.ZipEntry) error { return errStop }), errStop)
	})
}

var errStop = errors.New("stop")

func TestRenameAndPin(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		cleo, tom := w.As(w.Cleo), w.As(w.Tom)
		f, _ := mustPut(t, w, w.Cleo, portal.NewUpload{Project: w.Site, Name: "a.txt"})
		mustPut(t, w, w.Cleo, portal.NewUpload{Project: w.Site, Name: "b.txt"})
		field(t, "a name that is taken", cleo.RenameFile(ctx, f, "B.TXT", 2), "name", "taken")
		field(t, "a name with a slash", cleo.RenameFile(ctx, f, "../x", 2), "name", "file_name")
		wantErr(t, "a page of before", cleo.RenameFile(ctx, f, "c.txt", 1), portal.ErrConflict)
		if err := cleo.RenameFile(ctx, f, "c.txt", 2); err != nil {
			t.Fatal(err)
		}
		if e := lastEvent(t, w, w.Bea, w.Site); e.Kind != portal.FileRenamed || e.Details["from"] != "a.txt" || e.Details["title"] != "c.txt" {
			t.Errorf("the event is %+v", e)
		}
		// Once the team has added a version that they see, it is no longer theirs alone.
		mustPut(t, w, w.Tom, portal.NewUpload{File: f, Audience: portal.ClientSide})
		wantErr(t, "renamed by the client", cleo.RenameFile(ctx, f, "d.txt", 4), portal.ErrForbidden)
		wantErr(t, "deleted by the client", cleo.TrashFile(ctx, f), portal.ErrForbidden)
		if err := tom.RenameFile(ctx, f, "d.txt", must[portal.File](t)(tom.File(ctx, f)).Revision); err != nil {
			t.Error(err)
		}
		if err := tom.PinFile(ctx, f); err != nil {
			t.Fatal(err)
		}
		if all := must[[]portal.File](t)(cleo.PinnedFiles(ctx, w.Site)); len(all) != 1 || all[0].ID != f || !all[0].Pinned {
			t.Errorf("pinned: %+v", all)
		}
		site := must[portal.Project](t)(cleo.Project(ctx, w.Site))
		if all, pinned, err := cleo.QuickFiles(ctx, site, 4); err != nil || !pinned || len(all) != 1 || all[0].ID != f {
			t.Errorf("to begin with: %+v, %v, %v", all, pinned, err)
		}
		if e := lastEvent(t, w, w.Bea, w.Site); e.Kind != portal.FilePinned {
			t.Errorf("the event is %+v", e)
		}
		if err := tom.UnpinFile(ctx, f); err != nil {
			t.Fatal(err)
		}
		if all := must[[]portal.File](t)(cleo.PinnedFiles(ctx, w.Site)); len(all) != 0 {
			t.Errorf("pinned: %+v", all)
		}
		top := must[portal.Listing](t)(cleo.Files(ctx, w.Site, "", portal.ListOptions{Sort: "at", Desc: true, Page: portal.Page{Limit: 1}}))
		if all, pinned, err := cleo.QuickFiles(ctx, site, 1); err != nil || pinned || len(all) != 1 || all[0].ID != top.Files[0].ID {
			t.Errorf("to begin with, none pinned: %+v, %v, %v", all, pinned, err)
		}
		own := mustFolder(t, w, w.Cleo, w.Site, "", "Ours", "")
		if err := cleo.RenameFolder(ctx, own, "Ours, all", 1); err != nil {
			t.Error(err)
		}
		field(t, "a folder's name that is taken", func() error {
			_, err := cleo.AddFolder(ctx, w.Site, "", portal.NewFolder{Name: "OURS, ALL"})
			return err
		}(), "name", "taken")
	})
}

// T134, T130: what is deleted is the team's to bring back, as it was.
func TestTrash(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		mia, tom, cleo := w.As(w.Mia), w.As(w.Tom), w.As(w.Cleo)
		outer := mustFolder(t, w, w.Mia, w.Site, "", "Outer", portal.ClientSide)
		inner := mustFolder(t, w, w.Cleo, w.Site, outer, "Inner", "")
		f, v := mustPut(t, w, w.Cleo, portal.NewUpload{Project: w.Site, Folder: inner, Name: "a.txt"})
		g, _ := mustPut(t, w, w.Cleo, portal.NewUpload{Project: w.Site, Folder: inner, Name: "b.txt"})
		if err := cleo.TrashFile(ctx, g); err != nil {
			t.Fatal(err)
		}
		if e := lastEvent(t, w, w.Bea, w.Site); e.Kind != portal.FileTrashed || e.Details["title"] != "b.txt" {
			t.Errorf("the event is %+v", e)
		}
		wantErr(t, "a folder with somebody else's files", tom.TrashFolder(ctx, outer), portal.ErrForbidden)
		if err := mia.TrashFolder(ctx, outer); err != nil {
			t.Fatal(err)
		}
		for _, who := range []portal.PersonID{w.Cleo, w.Mia} {
			_, err := w.As(who).File(ctx, f)
			wantErr(t, "a file in the trash", err, portal.ErrNotFound)
			_, err = w.As(who).DownloadVersion(ctx, v)
			wantErr(t, "its version", err, portal.ErrNotFound)
			_, err = w.As(who).Folder(ctx, inner)
			wantErr(t, "its folder", err, portal.ErrNotFound)
			if hits, _, err := w.As(who).SearchFiles(ctx, "a.txt", w.Site, portal.Page{}); err != nil || len(hits) != 0 {
				t.Errorf("found in the trash: %+v, %v", hits, err)
			}
		}
		all, next, err := mia.Trash(ctx, w.Site, portal.Page{Limit: 1})
		if err != nil || len(all) != 1 || all[0].ID != string(outer) || all[0].Kind != "folder" || all[0].ByName != "Ada" && all[0].By != w.Mia || next == "" {
			t.Errorf("the trash has %+v, %v", all, err)
		}
		if all, next, err = mia.Trash(ctx, w.Site, portal.Page{Limit: 1, After: next}); err != nil || len(all) != 1 || all[0].ID != string(g) || next != "" {
			t.Errorf("and then %+v %q, %v", all, next, err)
		}
		for _, who := range []portal.PersonID{w.Cleo, w.Bea, w.Carl, w.Rex} {
			if all, _, err := w.As(who).Trash(ctx, w.Site, portal.Page{}); err != nil || len(all) != 0 {
				t.Errorf("the client's trash has %+v, %v", all, err)
			}
			wantErr(t, "brought back by the client", w.As(who).RestoreFromTrash(ctx, string(g)), portal.ErrNotFound)
		}
		wantErr(t, "brought back by who may not", tom.RestoreFromTrash(ctx, string(outer)), portal.ErrForbidden)
		wantErr(t, "brought back what went with another", mia.RestoreFromTrash(ctx, string(f)), portal.ErrNotFound)
		// Its folder is gone: to the top, under a free name.
		mustPut(t, w, w.Cleo, portal.NewUpload{Project: w.Site, Name: "b.txt"})
		if err := mia.RestoreFromTrash(ctx, string(g)); err != nil {
			t.Fatal(err)
		}
		if x := must[portal.File](t)(cleo.File(ctx, g)); x.Folder != "" || x.Name != "b (2).txt" {
			t.Errorf("brought back as %+v", x)
		}
		// A name that was taken since, and a folder around it that is hidden now.
		mustFolder(t, w, w.Mia, w.Site, "", "OUTER", portal.ClientSide)
		if err := mia.RestoreFromTrash(ctx, string(outer)); err != nil {
			t.Fatal(err)
		}
		if x := must[portal.Folder](t)(cleo.Folder(ctx, outer)); x.Name != "Outer (2)" {
			t.Errorf("brought back as %+v", x)
		}
		if x := must[portal.File](t)(cleo.File(ctx, f)); x.Folder != inner || x.Version.ID != v {
			t.Errorf("brought back as %+v", x)
		}
		wantErr(t, "brought back twice", mia.RestoreFromTrash(ctx, string(outer)), portal.ErrNotFound)
		if err := mia.TrashFolder(ctx, inner); err != nil {
			t.Fatal(err)
		}
		if _, err := mia.Conceal(ctx, portal.ItemID(outer)); err != nil {
			t.Fatal(err)
		}
		if err := mia.RestoreFromTrash(ctx, string(inner)); err != nil {
			t.Fatal(err)
		}
		_, err = cleo.File(ctx, f)
		wantErr(t, "brought back into what is hidden now", err, portal.ErrNotFound)
		if e := lastEvent(t, w, w.Mia, w.Site); e.Kind != portal.FolderRestored || e.Audience != portal.Team {
			t.Errorf("the event is %+v", e)
		}
	})
}

// After thirty days it is gone, with its room; what the client is asked about or
// has accepted stays.
func TestPurgeTrash(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		mia := w.As(w.Mia)
		items := w.Items[w.Site][portal.ClientSide]
		start := must[portal.Room](t)(mia.Room(ctx, w.Acme))
		folder := mustFolder(t, w, w.Mia, w.Site, "", "Outer", portal.ClientSide)
		deep := mustFolder(t, w, w.Mia, w.Site, folder, "Inner", portal.ClientSide)
		f, v := mustPut(t, w, w.Mia, portal.NewUpload{Project: w.Site, Folder: deep, Name: "a.txt", Audience: portal.ClientSide})
		mustPut(t, w, w.Mia, portal.NewUpload{File: f})
		if err := w.Portal.RecordPreview(ctx, v, portal.Preview{Text: "words", Artifacts: []portal.Artifact{{Kind: "thumb", Blob: "t", Type: "image/png", SHA256: "x"}}}); err != nil {
			t.Fatal(err)
		}
		w.As(w.Cleo).LogDownload(must[portal.Stored](t)(w.As(w.Cleo).DownloadVersion(ctx, v)), "file")
		if err := w.Portal.Flush(ctx); err != nil {
			t.Fatal(err)
		}
		if err := mia.Attach(ctx, portal.ItemID(w.Items[w.Site][portal.Team].Deliverable), f); err != nil {
			t.Fatal(err)
		}
		toReview(t, w, items.Deliverable)
		for _, err := range []error{mia.TrashFolder(ctx, folder), mia.TrashFolder(ctx, items.Folder)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		w.Clock.Advance(29 * 24 * time.Hour)
		if n := must[int](t)(w.Portal.PurgeTrash(ctx)); n != 0 {
			t.Errorf("%d were removed too early", n)
		}
		w.Clock.Advance(2 * 24 * time.Hour)
		if n := must[int](t)(w.Portal.PurgeTrash(ctx)); n != 1 {
			t.Errorf("%d were removed, want 1", n)
		}
		all, _, err := mia.Trash(ctx, w.Site, portal.Page{})
		if err != nil || len(all) != 1 || all[0].ID != string(items.Folder) {
			t.Errorf("the trash has %+v, %v", all, err)
		}
		if end := must[portal.Room](t)(mia.Room(ctx, w.Acme)); end != start {
			t.Errorf("the room was %+v, and is %+v", start, end)
		}
		events, _, err := w.As(w.Ada).Audit(ctx, portal.AuditFilter{}, portal.Page{Limit: 1})
		if err != nil || len(events) != 1 || events[0].Kind != portal.FilePurged || events[0].Subject != string(f) {
			t.Errorf("the audit has %+v, %v", events, err)
		}
		a := toReview(t, w, items.Deliverable)
		if err := w.As(w.Cleo).Decide(ctx, a.ID, yes(a)); err != nil {
			t.Fatal(err)
		}
		if n := must[int](t)(w.Portal.PurgeTrash(ctx)); n != 0 {
			t.Errorf("%d were removed that the client accepted", n)
		}
		if err := mia.RestoreFromTrash(ctx, string(items.Folder)); err != nil {
			t.Fatal(err)
		}
		if _, err := w.As(w.Cleo).File(ctx, items.File); err != nil {
			t.Errorf("what was accepted: %v", err)
		}
	})
}

// T124: many that each fit but not together never take more than there is.
func TestRoom(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		mia := w.As(w.Mia)
		start := must[portal.Room](t)(mia.Room(ctx, w.Acme))
		exec(t, w, `UPDATE workspace SET client_limit = $1, file_limit = 1000`, start.Used+1000)
		_, err := mia.BeginUpload(ctx, portal.NewUpload{Project: w.Site, Name: "big", Size: 1001}, "k")
		wantErr(t, "larger than a file may be", err, portal.ErrTooLarge)
		_, err = mia.BeginUpload(ctx, portal.NewUpload{Project: w.Site, Name: "big", Size: -1}, "k")
		field(t, "less than nothing", err, "size", "whole_number")
		var wg sync.WaitGroup
		var mu sync.Mutex
		var begun []portal.UploadID
		full := 0
		for n := range 20 {
			wg.Go(func() {
				id, err := mia.BeginUpload(ctx, portal.NewUpload{Project: w.Site, Name: fmt.Sprint(n), Size: 150}, blobKeys())
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					begun = append(begun, id)
				case errors.Is(err, portal.ErrFull):
					full++
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if len(begun) != 6 || full != 14 {
			t.Errorf("%d of 150 fit into 1000, %d did not", len(begun), full)
		}
		if r := must[portal.Room](t)(mia.Room(ctx, w.Acme)); r.Reserved != 900 || r.Used != start.Used {
			t.Errorf("the room is %+v", r)
		}
		if err := mia.AbandonUpload(ctx, begun[0]); err != nil {
			t.Fatal(err)
		}
		wantErr(t, "abandoned twice", mia.AbandonUpload(ctx, begun[0]), portal.ErrNotFound)
		// An exact fit.
		id := must[portal.UploadID](t)(mia.BeginUpload(ctx, portal.NewUpload{Project: w.Site, Name: "exact", Size: 250}, blobKeys()))
		f, v, err := mia.FinishUpload(ctx, id, arrived(strings.Repeat("x", 250)))
		if err != nil {
			t.Fatal(err)
		}
		if r := must[portal.Room](t)(mia.Room(ctx, w.Acme)); r.Reserved != 750 || r.Used != start.Used+250 {
			t.Errorf("the room is %+v", r)
		}
		_, err = mia.CopyFile(ctx, f, "")
		wantErr(t, "a copy that does not fit", err, portal.ErrFull)
		_, err = mia.RestoreVersion(ctx, w.Items[w.Site][portal.Team].Draft)
		wantErr(t, "a version brought back that does not fit", err, portal.ErrFull)
		_, err = w.As(w.Carl).Room(ctx, w.Brick)
		wantErr(t, "a client's read of their room", err, portal.ErrNotFound)
		if _, err := w.As(w.Carl).BeginUpload(ctx, portal.NewUpload{Project: w.Shop, Name: "theirs", Size: 150}, blobKeys()); err != nil {
			t.Errorf("another client has no room: %v", err)
		}
		_ = v
	})
}

func exec(t *testing.T, w *portaltest.World, q string, args ...any) {
	t.Helper()
	if err := w.DB.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, q, args...); return err }); err != nil {
		t.Fatal(err)
	}
}

// Looking takes View, taking takes Download; what is held back nobody has.
func TestBytesAreHandedOut(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		cleo := w.As(w.Cleo)
		i := w.Items[w.Site][portal.ClientSide]
		s := must[portal.Stored](t)(cleo.DownloadVersion(ctx, i.Version))
		if string(w.Blobs[s.Blob]) == "" || s.File != i.File || s.Size != int64(len(w.Blobs[s.Blob])) {
			t.Errorf("%+v", s)
		}
		exec(t, w, `UPDATE project_grants SET rights = 1 WHERE actor = $1`, string(w.Cleo))
		_, err := cleo.DownloadVersion(ctx, i.Version)
		wantErr(t, "taken by who may look", err, portal.ErrForbidden)
		wantErr(t, "an archive of it", cleo.ZipEntries(ctx, w.Site, nil, nil, func(portal.ZipEntry) error { return nil }), portal.ErrForbidden)
		if _, err := cleo.ReadVersion(ctx, i.Version); err != nil {
			t.Error(err)
		}
		if p := must[portal.Stored](t)(cleo.PreviewOf(ctx, i.Version, "thumb", 0)); string(w.Blobs[p.Blob]) == "" || p.Type != "image/png" {
			t.Errorf("%+v", p)
		}
		_, err = cleo.PreviewOf(ctx, i.Version, "page", 3)
		wantErr(t, "a page that is not there", err, portal.ErrNotFound)
		w.Regrant()

		// Held back: by who looks through it, and for what was found.
		for _, scan := range []string{portal.ScanWaiting, portal.ScanInfected} {
			exec(t, w, `UPDATE versions SET scan = $1 WHERE id = $2`, scan, string(i.Version))
			for _, who := range []portal.PersonID{w.Cleo, w.Ada} {
				_, err := w.As(who).DownloadVersion(ctx, i.Version)
				wantErr(t, scan, err, portal.ErrHeld)
				_, err = w.As(who).ReadVersion(ctx, i.Version)
				wantErr(t, scan, err, portal.ErrHeld)
				_, err = w.As(who).PreviewOf(ctx, i.Version, "thumb", 0)
				wantErr(t, scan, err, portal.ErrHeld)
			}
			_, err = w.As(w.Ada).CopyFile(ctx, i.File, "")
			wantErr(t, "a copy", err, portal.ErrHeld)
			n := 0
			err = cleo.ZipEntries(ctx, w.Site, nil, nil, func(e portal.ZipEntry) error {
				n++
				if !e.Held || e.Stored != (portal.Stored{Version: i.Version, File: i.File}) { // which it is, and nothing to read it by
					t.Errorf("an archive has %+v", e)
				}
				return nil
			})
			if err != nil || n != 1 {
				t.Errorf("%d names in an archive, %v", n, err)
			}
			if x := must[portal.File](t)(cleo.File(ctx, i.File)); !x.Version.HeldBack() {
				t.Errorf("%+v", x.Version)
			}
		}
		exec(t, w, `UPDATE versions SET scan = 'unscanned' WHERE id = $1`, string(i.Version))
		if _, err := cleo.DownloadVersion(ctx, i.Version); err != nil {
			t.Error(err)
		}
	})
}

func TestRecordPreview(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		f, v := mustPut(t, w, w.Cleo, portal.NewUpload{Project: w.Site, Name: "photo.jpg"})
		s := must[portal.Source](t)(w.Portal.VersionToPreview(ctx, v))
		if s.Name != "photo.jpg" || s.Blob == "" || s.Preview != "waiting" || s.File != f {
			t.Errorf("%+v", s)
		}
		if all := must[portal.File](t)(w.As(w.Cleo).File(ctx, f)); all.Version.Preview != "waiting" {
			t.Errorf("%+v", all.Version)
		}
		p := portal.Preview{Text: "Über alles\x00 und", Width: 640, Height: 480, Pages: 2, Duration: 1500 * time.Millisecond,
			Artifacts: []portal.Artifact{{Kind: "thumb", Blob: "t1", Size: 3, SHA256: "s", Type: "image/webp", Width: 16, Height: 12}, {Kind: "page", Page: 2, Blob: "p2", SHA256: "s", Type: "image/webp"}}}
		for range 2 { // a job may run twice
			if err := w.Portal.RecordPreview(ctx, v, p); err != nil {
				t.Fatal(err)
			}
		}
		x := must[portal.Version](t)(w.As(w.Bea).Version(ctx, v))
		if x.Preview != "ready" || x.Width != 640 || x.Height != 480 || x.Pages != 2 || x.Duration != 1500*time.Millisecond || x.Scan != portal.ScanOff {
			t.Errorf("%+v", x)
		}
		if got := must[portal.Stored](t)(w.As(w.Bea).PreviewOf(ctx, v, "page", 2)); got.Blob != "p2" {
			t.Errorf("%+v", got)
		}
		hits, _, err := w.As(w.Bea).SearchFiles(ctx, "alles", w.Site, portal.Page{})
		if err != nil || len(hits) != 1 || hits[0].ID != f || !strings.Contains(hits[0].Snippet, "\x02alles\x03") {
			t.Errorf("%+v, %v", hits, err)
		}
		if err := w.Portal.RecordPreview(ctx, v, portal.Preview{Scan: portal.ScanInfected, ScanFound: "Eicar"}); err != nil {
			t.Fatal(err)
		}
		if e := lastEvent(t, w, w.Bea, w.Site); e.Kind != portal.FileInfected || e.Details["found"] != "Eicar" || e.Actor != "" {
			t.Errorf("the event is %+v", e)
		}
		if hits, _, err := w.As(w.Bea).SearchFiles(ctx, "alles", w.Site, portal.Page{}); err != nil || len(hits) != 0 {
			t.Errorf("the words of before are found: %+v, %v", hits, err)
		}
		x = must[portal.Version](t)(w.As(w.Bea).Version(ctx, v))
		if x.Preview != "none" || x.ScanFound != "Eicar" || !x.HeldBack() {
			t.Errorf("%+v", x)
		}
		wantErr(t, "of a version that is gone", w.Portal.RecordPreview(ctx, "ver_gone", p), portal.ErrNotFound)
		_, err = w.Portal.VersionToPreview(ctx, "ver_gone")
		wantErr(t, "a version that is gone", err, portal.ErrNotFound)
	})
}

// T041: search finds what its reader sees, by words that begin so, whatever is
// typed.
func TestSearchFiles(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		count := func(who portal.PersonID, q string) int {
			t.Helper()
			hits, _, err := w.As(who).SearchFiles(ctx, q, "", portal.Page{})
			if err != nil {
				t.Fatalf("%q: %v", q, err)
			}
			for _, h := range hits {
				if who == w.Cleo && (h.Audience != portal.ClientSide || strings.Contains(h.Snippet+h.Name, "-team-")) {
					t.Errorf("%q found %+v", q, h)
				}
			}
			return len(hits)
		}
		for q, want := range map[string][2]int{ // of Mia, of Cleo
			"is what is writ":          {10, 3},
			"written here":             {10, 3},
			"site version":             {2, 1},
			"draft":                    {0, 0}, // only in versions that are not the newest
			"cnry-acme-team":           {4, 0},
			"team":                     {5, 0},
			"file-name":                {10, 3},
			"FILE-NAME.TXT":            {10, 3},
			"x":                        {0, 0},
			"nowhere":                  {0, 0},
			`"`:                        {0, 0},
			`written" OR "draft`:       {0, 0},
			`written & !draft | (`:     {0, 0},
			`body:written *`:           {0, 0},
			`writ:* 'here\`:            {10, 3},
			"%":                        {0, 0},
			"__":                       {0, 0},
			"\x00\x02":                 {0, 0},
			strings.Repeat("zq ", 100): {0, 0}, "\xff\xfe": {0, 0},
		} {
			if got := [2]int{count(w.Mia, q), count(w.Cleo, q)}; got != want {
				t.Errorf("%q finds %v, want %v", q, got, want)
			}
		}
		for _, who := range []portal.PersonID{w.Rex, w.Eve, w.Uma, ""} {
			if n := count(who, "written"); n != 0 {
				t.Errorf("%s finds %d", who, n)
			}
		}
		seen := map[portal.FileID]bool{}
		for pg := (portal.Page{Limit: 3}); ; {
			hits, next, err := w.As(w.Mia).SearchFiles(ctx, "written", "", pg)
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range hits {
				seen[h.ID] = true
				if !strings.Contains(h.Snippet, "\x02written\x03") {
					t.Errorf("the snippet is %q", h.Snippet)
				}
			}
			if pg.After = next; next == "" {
				break
			}
		}
		if len(seen) != 10 {
			t.Errorf("paging met %d files, want 10", len(seen))
		}
		hits := must[[]portal.Hit](t)(w.As(w.Cleo).Search(ctx, "site-f"))
		if len(hits) != 2 || hits[0].Kind+hits[1].Kind != "filefolder" && hits[0].Kind+hits[1].Kind != "folderfile" {
			t.Errorf("the search of all finds %+v", hits)
		}
	})
}

// Any part of a name finds a file, in however many projects its reader has others,
// on however many pages, as it is called now.
func TestSearchFileNames(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		names := []string{"Quokka façade (final).PDF", "Zebra_façade-2.pdf", "5% & 'more' \"x\" – Übersicht.docx", "日本語の図面.png", "q.q"}
		ids := make([]portal.FileID, len(names))
		for i, name := range names {
			ids[i], _ = mustPut(t, w, w.Cleo, portal.NewUpload{Project: w.Site, Name: name})
		}
		for range 205 { // in newer projects, which are more than what is looked for elsewhere
			must[portal.ProjectID](t)(w.As(w.Ada).CreateProject(ctx, w.Brick, portal.NewProject{Name: db.NewID("x")}))
		}
		found := func(who portal.PersonID, q string) (all []portal.FileID) {
			t.Helper()
			for pg := (portal.Page{Limit: 1}); ; {
				hits, next, err := w.As(who).SearchFiles(ctx, q, "", pg)
				if err != nil {
					t.Fatalf("%q: %v", q, err)
				}
				for _, h := range hits {
					all = append(all, h.ID)
				}
				if pg.After = next; next == "" {
					return all
				}
			}
		}
		check := func(q string, want ...portal.FileID) {
			t.Helper()
			for _, who := range []portal.PersonID{w.Ada, w.Mia, w.Cleo, w.Bea} {
				if got := found(who, q); !slices.Equal(got, want) {
					t.Errorf("%q finds %v for %s, want %v", q, got, who, want)
				}
			}
			for _, who := range []portal.PersonID{w.Dan, w.Carl, w.Rex, w.Eve, ""} {
				if got := found(who, q); len(got) != 0 {
					t.Errorf("%q finds %v for %s", q, got, who)
				}
			}
		}
		check("façade", ids[1], ids[0])
		check("FAÇADE", ids[1], ids[0])
		check("uokk", ids[0])
		check("de (fi", ids[0])
		check("_f", ids[1])
		check("-2.p", ids[1])
		check("5% &", ids[2])
		check(`' "x"`, ids[2])
		check("übers", ids[2])
		check("語の", ids[3])
		check("q.q", ids[4])
		check("ok ka")
		check("okkaok")
		if hits := must[[]portal.Hit](t)(w.As(w.Ada).Search(ctx, "okka f")); len(hits) != 1 || hits[0].ID != string(ids[0]) || hits[0].ProjectName == "" || hits[0].ClientName == "" {
			t.Errorf("the search of all finds %+v", hits)
		}
		if err := w.As(w.Mia).RenameFile(ctx, ids[0], "Wombat.pdf", must[portal.File](t)(w.As(w.Mia).File(ctx, ids[0])).Revision); err != nil {
			t.Fatal(err)
		}
		check("uokk")
		check("omba", ids[0])
		if _, err := w.As(w.Mia).Conceal(ctx, portal.ItemID(ids[0])); err == nil {
			if got := found(w.Cleo, "omba"); len(got) != 0 {
				t.Errorf("what is hidden is found: %v", got)
			}
		}
		if err := w.As(w.Mia).TrashFile(ctx, ids[1]); err != nil {
			t.Fatal(err)
		}
		check("façade")
	})
}

// Of ten thousand files those with a part of a name are found by the index, and
// of a client's people nobody's else are looked at.
func TestSearchManyFileNames(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		for project, client := range map[portal.ProjectID]portal.ClientID{w.Site: w.Acme, w.Shop: w.Brick} {
			if err := w.DB.Write(ctx, func(tx *db.Tx) error {
				for n := 0; n < 5000; n += 500 {
					files, versions := "", ""
					for i := range 500 {
						id := fmt.Sprintf("%s%05d", project[4:], n+i)
						files += fmt.Sprintf(`, ('fil_%s', '%s', '%s', 'Drawing %05d of the house.pdf', 'drawing %05d of the house.pdf', 1, '%s', 'client', 1, 1, 'ver_%s', 'ver_%s', 1, 1)`, id, project, client, n+i, n+i, w.Mia, id, id)
						versions += fmt.Sprintf(`, ('ver_%s', 'fil_%s', '%s', '%s', 1, 1, 'client', 1, '%s', 1, 'x', 'pdf', 'application/pdf', 1, '%s')`, id, id, project, client, id, w.Mia)
					}
					if _, err := tx.Exec(ctx, `INSERT INTO files (id, project_id, client_id, name, name_key, created_at, created_by, audience, latest_at, latest_size, latest_id, shown_id, shown_version_at, shown_size) VALUES `+files[1:]); err != nil {
						return err
					}
					if _, err := tx.Exec(ctx, `INSERT INTO versions (id, file_id, project_id, client_id, number, shown_number, audience, shown_at, blob, size, sha256, kind, type, created_at, created_by) VALUES `+versions[1:]); err != nil {
						return err
					}
				}
				_, err := tx.Exec(ctx, `ANALYZE`)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		for _, who := range []portal.PersonID{w.Ada, w.Cleo} {
			for q, want := range map[string]int{"04711 of": 1, "wing 0": 50, "of the": 50, "nowhere": 0} {
				if who == w.Ada {
					want = min(50, 2*want)
				}
				portal.Expanded()
				began := time.Now()
				hits, _, err := w.As(who).SearchFiles(ctx, q, "", portal.Page{})
				took := time.Since(began)
				if err != nil || len(hits) != want {
					t.Errorf("%q finds %d for %s, %v, want %d", q, len(hits), who, err, want)
				}
				t.Logf("%s looks for %q in %v", who, q, took.Round(time.Millisecond/10))
				for _, query := range portal.Expanded() {
					if !strings.Contains(query, "file_words") {
						continue
					}
					all := ""
					plans(t, w, []string{query}, func(_, line string) {
						all += line + "\n"
						if strings.HasPrefix(line, "SCAN f") || seqScan.MatchString(line) {
							t.Errorf("%q: %s", q, line)
						}
					})
					if !strings.Contains(all, "VIRTUAL TABLE INDEX") && !strings.Contains(all, "file_words_words") {
						t.Errorf("%q is not looked for in the index:\n%s", q, all)
					}
				}
			}
		}
	})
}

func TestAttachments(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		mia, tom, cleo := w.As(w.Mia), w.As(w.Tom), w.As(w.Cleo)
		shown, hidden := w.Items[w.Site][portal.ClientSide], w.Items[w.Site][portal.Team]
		d := portal.ItemID(shown.Deliverable)
		for name, want := range map[string]error{"cleo": portal.ErrNotFound, "dan": portal.ErrNotFound, "carl": portal.ErrNotFound, "rex": portal.ErrNotFound} {
			wantErr(t, "Attach by "+name, w.As(w.Everyone()[name]).Attach(ctx, d, hidden.File), want)
		}
		wantErr(t, "Attach by the client of their own", cleo.Attach(ctx, d, shown.File), portal.ErrForbidden)
		// T007, T004: both ends.
		wantErr(t, "a file of another project", mia.Attach(ctx, d, w.Items[w.Brand][portal.ClientSide].File), portal.ErrNotFound)
		wantErr(t, "a file of another client", tom.Attach(ctx, d, w.Items[w.Shop][portal.ClientSide].File), portal.ErrNotFound)
		wantErr(t, "to a task", mia.Attach(ctx, portal.ItemID(shown.Task), shown.File), portal.ErrNotFound)
		wantErr(t, "to somebody else's update", tom.Attach(ctx, portal.ItemID(shown.Update), shown.File), portal.ErrForbidden)
		before := must[portal.Deliverable](t)(mia.Deliverable(ctx, shown.Deliverable))
		for range 2 {
			if err := tom.Attach(ctx, d, hidden.File); err != nil {
				t.Fatal(err)
			}
		}
		if after := must[portal.Deliverable](t)(mia.Deliverable(ctx, shown.Deliverable)); after.Revision != before.Revision {
			t.Errorf("a file that the client does not see took the revision from %d to %d", before.Revision, after.Revision)
		}
		if all := must[[]portal.Attachment](t)(mia.Attachments(ctx, d)); len(all) != 2 || all[1].File.ID != hidden.File || all[1].Item != d {
			t.Errorf("attached: %+v", all)
		}
		if all := must[[]portal.Attachment](t)(cleo.Attachments(ctx, d, portal.ItemID(hidden.Deliverable))); len(all) != 1 || all[0].File.ID != shown.File {
			t.Errorf("for the client: %+v", all)
		}
		if e := lastEvent(t, w, w.Mia, w.Site); e.Kind != portal.FileAttached || e.Audience != portal.Team {
			t.Errorf("the event is %+v", e)
		}
		// What stays hidden is said before an item is shown.
		r := must[portal.Reveal](t)(mia.RevealPreview(ctx, portal.ItemID(hidden.Deliverable)))
		if len(r.Attached) != 1 || r.Attached[0].ID != hidden.File {
			t.Errorf("the preview is %+v", r)
		}
		asked := toReview(t, w, shown.Deliverable)
		wantErr(t, "Attach in review", mia.Attach(ctx, d, w.Items[w.Site][portal.ClientSide].File), nil)
		wantErr(t, "Detach in review", mia.Detach(ctx, d, hidden.File), portal.ErrConflict)
		if err := mia.CancelApproval(ctx, asked.ID); err != nil {
			t.Fatal(err)
		}
		if err := mia.Detach(ctx, d, hidden.File); err != nil {
			t.Fatal(err)
		}
		wantErr(t, "Detach again", mia.Detach(ctx, d, hidden.File), portal.ErrNotFound)
		if err := mia.Attach(ctx, portal.ItemID(shown.Update), shown.File); err != nil {
			t.Fatal(err)
		}
		if ids := must[[]portal.ItemID](t)(cleo.AttachedTo(ctx, shown.File)); len(ids) != 2 {
			t.Errorf("attached to %v", ids)
		}
		wantErr(t, "DeleteDeliverable that was put to the vote", mia.DeleteDeliverable(ctx, shown.Deliverable), portal.ErrConflict)
		other := must[portal.DeliverableID](t)(mia.AddDeliverable(ctx, w.Site, portal.NewDeliverable{Title: "Other"}))
		wantErr(t, "Attach to another", mia.Attach(ctx, portal.ItemID(other), shown.File), nil)
		if err := mia.DeleteDeliverable(ctx, other); err != nil {
			t.Fatal(err)
		}
		if ids := must[[]portal.ItemID](t)(mia.AttachedTo(ctx, shown.File)); len(ids) != 2 {
			t.Errorf("attached to %v", ids)
		}
	})
}

func TestDownloadLog(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		i := w.Items[w.Site][portal.ClientSide]
		s := must[portal.Stored](t)(w.As(w.Cleo).DownloadVersion(ctx, i.Version))
		for range 450 {
			w.As(w.Cleo).LogDownload(s, "file")
		}
		s.Version = "ver_gone"
		w.As(w.Cleo).LogDownload(s, "zip")
		if err := w.Portal.Flush(ctx); err != nil {
			t.Fatal(err)
		}
		n := 0
		for pg := (portal.Page{Limit: 100}); ; {
			all, next, err := w.As(w.Tom).Downloads(ctx, i.File, pg)
			if err != nil {
				t.Fatal(err)
			}
			n += len(all)
			if x := all[0]; x.Actor != string(w.Cleo) || x.ActorName != "Cleo" || x.How != "file" || x.Version != i.Version || x.ShownNumber != 1 || x.FileName == "" || x.At.IsZero() {
				t.Errorf("%+v", x)
			}
			if pg.After = next; next == "" {
				break
			}
		}
		if n != 450 {
			t.Errorf("%d are in the log, want 450", n)
		}
		for _, who := range []portal.PersonID{w.Cleo, w.Carl, w.Rex} {
			if all, _, err := w.As(who).ProjectDownloads(ctx, w.Site, portal.Page{}); err != nil || len(all) != 0 {
				t.Errorf("the client reads %+v, %v", all, err)
			}
		}
		if err := w.Portal.Close(ctx); err != nil {
			t.Fatal(err)
		}
	})
}

// An answer to a file request is put into it, while that is open.
func TestUploadAnswersARequest(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		exec(t, w, `
INSERT INTO file_requests (id, project_id, client_id, title, title_key, folder_id, state_at, state_by, created_at, created_by)
VALUES ('frq_1', $1, $2, 'Logo', 'logo', $3, 1, $4, 1, $4)`, string(w.Site), string(w.Acme), string(w.Items[w.Site][portal.ClientSide].Folder), string(w.Mia))
		f, v := mustPut(t, w, w.Cleo, portal.NewUpload{Project: w.Site, Request: "frq_1", Name: "logo.svg"})
		if x := must[portal.File](t)(w.As(w.Cleo).File(ctx, f)); x.Folder != w.Items[w.Site][portal.ClientSide].Folder {
			t.Errorf("it was put into %q", x.Folder)
		}
		var got string
		if err := w.DB.QueryRow(ctx, `SELECT version_id FROM file_request_files WHERE request_id = 'frq_1' AND file_id = $1`, string(f)).Scan(&got); err != nil || got != string(v) {
			t.Errorf("the request has %q, %v", got, err)
		}
		_, _, err := put(w, w.Cleo, portal.NewUpload{Project: w.Brand, Request: "frq_1", Name: "logo.svg"}, "x")
		wantErr(t, "a request of another project", err, portal.ErrNotFound)
		_, _, err = put(w, w.Carl, portal.NewUpload{Project: w.Shop, Request: "frq_1", Name: "logo.svg"}, "x")
		wantErr(t, "a request of another client", err, portal.ErrNotFound)
		exec(t, w, `UPDATE file_requests SET state = 'accepted' WHERE id = 'frq_1'`)
		_, _, err = put(w, w.Cleo, portal.NewUpload{Project: w.Site, Request: "frq_1", Name: "logo2.svg"}, "x")
		wantErr(t, "a request that was decided", err, portal.ErrConflict)
		exec(t, w, `DELETE FROM file_request_files WHERE request_id = 'frq_1'`)
		exec(t, w, `DELETE FROM file_requests WHERE id = 'frq_1'`)
	})
}
