package portal_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// fileReads are the reads of files.
func fileReads(items func(*portaltest.World, portal.ProjectID) []portaltest.Items, each func(func(portaltest.Items) (any, error), []portaltest.Items) (any, error)) []read {
	type world = portaltest.World
	one := func(name string, f func(context.Context, *portal.Scope, portaltest.Items) (any, error)) read {
		return read{name, func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			return each(func(i portaltest.Items) (any, error) { return f(ctx, me, i) }, items(w, p))
		}}
	}
	both := func(i portaltest.Items, f func(portal.VersionID) (any, error)) (any, error) {
		var all []any
		for _, id := range []portal.VersionID{i.Draft, i.Version} {
			v, err := f(id)
			if err != nil && !errors.Is(err, portal.ErrNotFound) {
				return nil, err
			}
			if err == nil {
				all = append(all, v)
			}
		}
		return all, nil
	}
	return []read{
		{"Files", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			var got []any
			for _, sort := range []string{"name", "at", "size"} {
				for _, folder := range []portal.FolderID{"", items(w, p)[0].Folder, items(w, p)[1].Folder} {
					for _, desc := range []bool{false, true} {
						l, err := me.Files(ctx, p, folder, portal.ListOptions{Sort: sort, Desc: desc, Page: portal.Page{Limit: 1}})
						if err != nil && !errors.Is(err, portal.ErrNotFound) {
							return nil, err
						}
						got = append(got, l)
						if l.Next != "" {
							return nil, fmt.Errorf("one file, and a next part %q", l.Next)
						}
					}
				}
			}
			l, err := me.Files(ctx, p, items(w, p)[1].Folder, portal.ListOptions{Zone: portal.ZoneShared, Page: portal.Page{After: "YQ.fil_"}})
			return append(got, l), err
		}},
		one("Looks", func(ctx context.Context, me *portal.Scope, i portaltest.Items) (any, error) {
			return both(i, func(id portal.VersionID) (any, error) { return me.Looks(ctx, id) })
		}),
		one("Neighbours", func(ctx context.Context, me *portal.Scope, i portaltest.Items) (any, error) {
			f, err := me.File(ctx, i.File)
			if err != nil {
				return nil, err
			}
			before, after, err := me.Neighbours(ctx, f)
			return before + after, err
		}),
		one("ShownBy", func(ctx context.Context, me *portal.Scope, i portaltest.Items) (any, error) {
			return me.ShownBy(ctx, portal.ItemID(i.File))
		}),
		{"PinnedFiles", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			return me.PinnedFiles(ctx, p)
		}},
		{"QuickFiles", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			project, err := me.Project(ctx, p)
			if err != nil {
				return nil, err
			}
			files, _, err := me.QuickFiles(ctx, project, 3)
			return files, err
		}},
		{"RecentFiles", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			a, next, err := me.RecentFiles(ctx, "", portal.Page{Limit: 1})
			b, _, err2 := me.RecentFiles(ctx, w.Acme, portal.Page{})
			c, _, err3 := me.RecentFiles(ctx, "", portal.Page{After: next})
			return []any{a, b, c}, errors.Join(err, err2, err3)
		}},
		{"Trash", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			all, _, err := me.Trash(ctx, p, portal.Page{})
			return all, err
		}},
		{"Uploads", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			return me.Uploads(ctx)
		}},
		{"Room", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			return me.Room(ctx, w.Acme)
		}},
		{"SearchFiles", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			a, _, err := me.SearchFiles(ctx, "written her", "", portal.Page{})
			b, _, err2 := me.SearchFiles(ctx, "cnry", p, portal.Page{})
			c, _, err3 := me.SearchFiles(ctx, "draft", p, portal.Page{})
			return []any{a, b, c}, errors.Join(err, err2, err3)
		}},
		{"ZipEntries", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			var all []portal.ZipEntry
			err := me.ZipEntries(ctx, p, nil, nil, func(e portal.ZipEntry) error { all = append(all, e); return nil })
			if err != nil {
				return nil, err
			}
			i := items(w, w.Site)
			err = me.ZipEntries(ctx, p, []portal.FolderID{i[0].Folder, i[1].Folder}, []portal.FileID{i[0].File, i[1].File}, func(e portal.ZipEntry) error { all = append(all, e); return nil })
			return all, err
		}},
		{"AcceptedVersions", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			all, next, err := me.AcceptedVersions(ctx, p, "")
			approved, _, err2 := me.AcceptedVersions(ctx, p, next)
			all, err = append(all, approved...), errors.Join(err, err2)
			taken := []any{all}
			for _, a := range all {
				st, err2 := me.TakeAccepted(ctx, a.Version)
				taken, err = append(taken, st), errors.Join(err, err2)
			}
			return taken, err
		}},
		{"ProjectDownloads", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			all, _, err := me.ProjectDownloads(ctx, p, portal.Page{})
			return all, err
		}},
		one("Folder", func(ctx context.Context, me *portal.Scope, i portaltest.Items) (any, error) {
			return me.Folder(ctx, i.Folder)
		}),
		one("FolderPath", func(ctx context.Context, me *portal.Scope, i portaltest.Items) (any, error) {
			return me.FolderPath(ctx, i.Folder)
		}),
		one("File", func(ctx context.Context, me *portal.Scope, i portaltest.Items) (any, error) {
			return me.File(ctx, i.File)
		}),
		one("Versions", func(ctx context.Context, me *portal.Scope, i portaltest.Items) (any, error) {
			return me.Versions(ctx, i.File)
		}),
		one("Version", func(ctx context.Context, me *portal.Scope, i portaltest.Items) (any, error) {
			return both(i, func(id portal.VersionID) (any, error) { return me.Version(ctx, id) })
		}),
		one("DownloadVersion", func(ctx context.Context, me *portal.Scope, i portaltest.Items) (any, error) {
			return both(i, func(id portal.VersionID) (any, error) { return me.DownloadVersion(ctx, id) })
		}),
		one("ReadVersion", func(ctx context.Context, me *portal.Scope, i portaltest.Items) (any, error) {
			return both(i, func(id portal.VersionID) (any, error) { return me.ReadVersion(ctx, id) })
		}),
		one("PreviewOf", func(ctx context.Context, me *portal.Scope, i portaltest.Items) (any, error) {
			return both(i, func(id portal.VersionID) (any, error) { return me.PreviewOf(ctx, id, "thumb", 0) })
		}),
		one("Downloads", func(ctx context.Context, me *portal.Scope, i portaltest.Items) (any, error) {
			all, _, err := me.Downloads(ctx, i.File, portal.Page{})
			return all, err
		}),
		one("Attachments", func(ctx context.Context, me *portal.Scope, i portaltest.Items) (any, error) {
			a, err := me.Attachments(ctx, portal.ItemID(i.Deliverable), portal.ItemID(i.Update))
			b, err2 := me.AttachedTo(ctx, i.File)
			return []any{a, b}, errors.Join(err, err2)
		}),
		one("RevealPreview of files", func(ctx context.Context, me *portal.Scope, i portaltest.Items) (any, error) {
			a, err := me.RevealPreview(ctx, portal.ItemID(i.File))
			b, err2 := me.RevealPreview(ctx, portal.ItemID(i.Folder))
			return []any{a, b}, errors.Join(err, err2)
		}),
		{"FileRequests", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			a, _, err := me.FileRequests(ctx, p, portal.Page{})
			b, err2 := me.OpenFileRequests(ctx, p)
			c, err3 := me.RequestChoices(ctx, p)
			return []any{a, b, c}, errors.Join(err, err2, err3)
		}},
		one("FileRequest", func(ctx context.Context, me *portal.Scope, i portaltest.Items) (any, error) {
			q, err := me.FileRequest(ctx, i.Request)
			f, err2 := me.FileRequestFiles(ctx, i.Request)
			n, err3 := me.WaitsForMe(ctx, i.Request)
			return []any{q, f, n}, errors.Join(err, err2, err3)
		}),
		{"ShareLinks", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			a, _, err := me.ShareLinks(ctx, p, portal.Page{})
			b, _, err2 := me.ShareLinks(ctx, "", portal.Page{})
			return []any{a, b}, errors.Join(err, err2)
		}},
		one("ShareLink", func(ctx context.Context, me *portal.Scope, i portaltest.Items) (any, error) {
			l, err := me.ShareLink(ctx, i.ShareLink)
			all, _, err2 := me.FileShareLinks(ctx, i.File, portal.Page{})
			return []any{l, all}, errors.Join(err, err2)
		}),
		one("SeenBy of files", func(ctx context.Context, me *portal.Scope, i portaltest.Items) (any, error) {
			return me.SeenBy(ctx, portal.ItemID(i.File))
		}),
	}
}

var blobKeys = func() func() string {
	var mu sync.Mutex
	n := 0
	return func() string { mu.Lock(); defer mu.Unlock(); n++; return fmt.Sprintf("key%023d", n) }
}()

// arrived is what a store finds out about content.
func arrived(content string) portal.Arrived {
	return portal.Arrived{Size: int64(len(content)), SHA256: fmt.Sprintf("%064x", len(content)), Kind: "text", Type: "text/plain"}
}

// put uploads content.
func put(w *portaltest.World, who portal.PersonID, n portal.NewUpload, content string) (portal.FileID, portal.VersionID, error) {
	me := w.As(who)
	n.Size = int64(len(content))
	id, err := me.BeginUpload(ctx, n, blobKeys())
	if err != nil {
		return "", "", err
	}
	if err := me.AdvanceUpload(ctx, id, 0, n.Size, "state"); err != nil {
		return "", "", err
	}
	return me.FinishUpload(ctx, id, arrived(content))
}

func mustPut(t *testing.T, w *portaltest.World, who portal.PersonID, n portal.NewUpload) (portal.FileID, portal.VersionID) {
	t.Helper()
	f, v, err := put(w, who, n, "some content")
	if err != nil {
		t.Fatal(err)
	}
	return f, v
}

func mustFolder(t *testing.T, w *portaltest.World, who portal.PersonID, p portal.ProjectID, in portal.FolderID, name string, a portal.Side) portal.FolderID {
	t.Helper()
	return must[portal.FolderID](t)(w.As(who).AddFolder(ctx, p, in, portal.NewFolder{Name: name, Audience: a}))
}

func wantErr(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

func field(t *testing.T, what string, err error, name, key string) {
	t.Helper()
	var i *portal.Invalid
	if !errors.As(err, &i) || i.Fields[name].Key != key {
		t.Errorf("%s: %v, want %s of %s", what, err, key, name)
	}
}

// lastEvent is the newest event of the project as the person has it.
func lastEvent(t *testing.T, w *portaltest.World, who portal.PersonID, p portal.ProjectID) portal.Event {
	t.Helper()
	all, _, err := w.As(who).ProjectActivity(ctx, p, portal.Page{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		return portal.Event{}
	}
	return all[0]
}

func TestUpload(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		shown := w.Items[w.Site][portal.ClientSide]
		hidden := w.Items[w.Site][portal.Team]
		for name, want := range map[string]error{"ada": nil, "mia": nil, "tom": nil, "cleo": nil, "dan": portal.ErrNotFound, "carl": portal.ErrNotFound,
			"bea": portal.ErrForbidden, "uma": portal.ErrNotFound, "rex": portal.ErrNotFound, "eve": portal.ErrNotFound} {
			id := w.Everyone()[name]
			_, _, err := put(w, id, portal.NewUpload{Project: w.Site, Name: name + ".txt", Audience: portal.ClientSide}, "hello")
			wantErr(t, "upload by "+name, err, want)
			_, err = w.As(id).AddFolder(ctx, w.Site, "", portal.NewFolder{Name: name})
			wantErr(t, "folder by "+name, err, want)
		}
		_, _, err := put(w, w.Dan, portal.NewUpload{Project: w.Brand, Name: "a"}, "hello")
		wantErr(t, "upload by a viewer", err, portal.ErrForbidden)
		_, _, err = put(w, w.Ada, portal.NewUpload{Project: w.Old, Name: "a"}, "hello")
		wantErr(t, "upload into an archived project", err, portal.ErrForbidden)
		_, _, err = put(w, w.Cleo, portal.NewUpload{Project: w.Site, Folder: hidden.Folder, Name: "a"}, "hello")
		wantErr(t, "upload into a folder of the team's", err, portal.ErrNotFound)
		_, _, err = put(w, w.Ada, portal.NewUpload{Project: w.Brand, Folder: shown.Folder, Name: "a"}, "hello")
		wantErr(t, "upload into a folder of another project", err, portal.ErrNotFound)
		_, _, err = put(w, w.Ada, portal.NewUpload{Project: w.Brand, File: shown.File, Name: "a"}, "hello")
		wantErr(t, "version of a file of another project", err, portal.ErrNotFound)
		_, _, err = put(w, w.Cleo, portal.NewUpload{File: shown.File}, "hello")
		wantErr(t, "version by the client of a file of the team's", err, portal.ErrForbidden)

		// What the client brings is for both, and says so.
		f, v := mustPut(t, w, w.Cleo, portal.NewUpload{Project: w.Site, Name: "ours.txt"})
		for _, who := range []portal.PersonID{w.Tom, w.Bea} {
			x := must[portal.File](t)(w.As(who).File(ctx, f))
			if x.Zone() != portal.ZoneFromClient || x.Version.ID != v || x.Version.Label() != 1 || x.Versions != 1 {
				t.Errorf("%+v", x)
			}
		}
		if e := lastEvent(t, w, w.Bea, w.Site); e.Kind != portal.FileAdded || e.Subject != string(f) || e.Details["title"] != "ours.txt" || e.Actor != w.Cleo {
			t.Errorf("the event is %+v", e)
		}
		// The team's own is theirs, unless it says otherwise.
		f, _ = mustPut(t, w, w.Tom, portal.NewUpload{Project: w.Site, Name: "internal.txt"})
		_, err = w.As(w.Cleo).File(ctx, f)
		wantErr(t, "the client's read of it", err, portal.ErrNotFound)
		if e := lastEvent(t, w, w.Bea, w.Site); e.Subject == string(f) {
			t.Errorf("the client is told of %+v", e)
		}
		// In a folder of the team's nothing is the client's.
		f, _ = mustPut(t, w, w.Tom, portal.NewUpload{Project: w.Site, Folder: hidden.Folder, Name: "x.txt", Audience: portal.ClientSide})
		if x := must[portal.File](t)(w.As(w.Tom).File(ctx, f)); x.Audience != portal.Team {
			t.Errorf("a file in a folder of the team's: %+v", x)
		}
		// Folders that come with it.
		f, _ = mustPut(t, w, w.Cleo, portal.NewUpload{Project: w.Site, Folder: shown.Folder, Name: "p.txt", Path: "one/./two/"})
		path := must[[]portal.Folder](t)(w.As(w.Cleo).FolderPath(ctx, must[portal.File](t)(w.As(w.Cleo).File(ctx, f)).Folder))
		if len(path) != 3 || path[0].ID != shown.Folder || path[1].Name != "one" || path[2].Name != "two" || path[2].Zone() != portal.ZoneFromClient {
			t.Errorf("the folders are %+v", path)
		}
		g, _ := mustPut(t, w, w.Cleo, portal.NewUpload{Project: w.Site, Folder: shown.Folder, Name: "q.txt", Path: "One/TWO"})
		if x := must[portal.File](t)(w.As(w.Cleo).File(ctx, g)); x.Folder != path[2].ID {
			t.Errorf("the second came into another folder: %+v", x)
		}
		_, _, err = put(w, w.Cleo, portal.NewUpload{Project: w.Site, Name: "q.txt", Path: strings.Repeat("a/", 13)}, "x")
		field(t, "13 folders", err, "path", "too_deep")
	})
}

// An upload is its owner's alone, goes forward only from where it is, and
// finishes once.
func TestUploadSteps(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		me := w.As(w.Cleo)
		id := must[portal.UploadID](t)(me.BeginUpload(ctx, portal.NewUpload{Project: w.Site, Name: "a.txt", Size: 5, SHA256: strings.Repeat("AB", 32)}, "k1"))
		for name, who := range w.Everyone() {
			if name == "cleo" {
				continue
			}
			_, err := w.As(who).Upload(ctx, id)
			wantErr(t, "Upload by "+name, err, portal.ErrNotFound)
			wantErr(t, "AdvanceUpload by "+name, w.As(who).AdvanceUpload(ctx, id, 0, 1, ""), portal.ErrNotFound)
			wantErr(t, "AbandonUpload by "+name, w.As(who).AbandonUpload(ctx, id), portal.ErrNotFound)
			_, _, err = w.As(who).FinishUpload(ctx, id, arrived("hello"))
			wantErr(t, "FinishUpload by "+name, err, portal.ErrNotFound)
		}
		if err := me.AdvanceUpload(ctx, id, 0, 3, "s3"); err != nil {
			t.Fatal(err)
		}
		wantErr(t, "again from 0", me.AdvanceUpload(ctx, id, 0, 4, ""), portal.ErrConflict)
		wantErr(t, "beyond its end", me.AdvanceUpload(ctx, id, 3, 6, ""), portal.ErrConflict)
		u := must[portal.Uploading](t)(me.Upload(ctx, id))
		if u.Received != 3 || u.State != "s3" || u.Blob != "k1" || u.Finished || u.ClaimedSHA256 != strings.Repeat("ab", 32) {
			t.Errorf("%+v", u)
		}
		_, _, err := me.FinishUpload(ctx, id, arrived("hello"))
		wantErr(t, "another hash than it was said to have", err, portal.ErrConflict)
		a := arrived("hello")
		a.SHA256 = u.ClaimedSHA256
		f, v, err := me.FinishUpload(ctx, id, a)
		if err != nil {
			t.Fatal(err)
		}
		f2, v2, err := me.FinishUpload(ctx, id, a)
		if err != nil || f2 != f || v2 != v {
			t.Errorf("finished again: %q %q, %v", f2, v2, err)
		}
		if u = must[portal.Uploading](t)(me.Upload(ctx, id)); !u.Finished || u.Became != f || u.Version != v {
			t.Errorf("%+v", u)
		}
		if all := must[[]portal.Uploading](t)(me.Uploads(ctx)); len(all) != 0 {
			t.Errorf("still on the way: %+v", all)
		}
		wantErr(t, "abandon what has arrived", me.AbandonUpload(ctx, id), portal.ErrConflict)

		// Whoever is removed on the way brings nothing any more.
		id = must[portal.UploadID](t)(me.BeginUpload(ctx, portal.NewUpload{Project: w.Site, Name: "b.txt", Size: 5}, "k2"))
		if _, err := w.As(w.Mia).Remove(ctx, w.CleoUser); err != nil {
			t.Fatal(err)
		}
		_, _, err = me.FinishUpload(ctx, id, arrived("hello"))
		wantErr(t, "finished by who was removed", err, portal.ErrNotFound)
		wantErr(t, "advanced by who was removed", me.AdvanceUpload(ctx, id, 0, 1, ""), portal.ErrNotFound)

		// A day later nobody waits for it.
		if all := must[[]portal.ExpiredUpload](t)(w.Portal.ExpiredUploads(ctx, 10)); len(all) != 0 {
			t.Errorf("expired at once: %+v", all)
		}
		wantErr(t, "forgotten too early", w.Portal.ForgetUpload(ctx, id), portal.ErrConflict)
		w.Clock.Advance(25 * time.Hour)
		all := must[[]portal.ExpiredUpload](t)(w.Portal.ExpiredUploads(ctx, 10))
		if len(all) != 1 || all[0].ID != id || all[0].Blob != "k2" {
			t.Fatalf("expired: %+v", all)
		}
		before := must[portal.Room](t)(w.As(w.Mia).Room(ctx, w.Acme))
		if err := w.Portal.ForgetUpload(ctx, id); err != nil {
			t.Fatal(err)
		}
		if after := must[portal.Room](t)(w.As(w.Mia).Room(ctx, w.Acme)); after.Reserved != before.Reserved-5 || after.Reserved != 0 {
			t.Errorf("reserved before %d, after %d", before.Reserved, after.Reserved)
		}
	})
}

// T130, T186: what comes into a folder that was deleted or concealed meanwhile
// is refused, and kept until there is a place for it.
func TestUploadIntoWhatIsGone(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		folder := mustFolder(t, w, w.Mia, w.Site, "", "Drop", portal.ClientSide)
		cleo, mia := w.As(w.Cleo), w.As(w.Mia)
		id := must[portal.UploadID](t)(cleo.BeginUpload(ctx, portal.NewUpload{Project: w.Site, Folder: folder, Name: "a.txt", Size: 5}, blobKeys()))
		if err := mia.TrashFolder(ctx, folder); err != nil {
			t.Fatal(err)
		}
		_, _, err := cleo.FinishUpload(ctx, id, arrived("hello"))
		wantErr(t, "into the trash", err, portal.ErrGone)
		if err := mia.RestoreFromTrash(ctx, string(folder)); err != nil {
			t.Fatal(err)
		}
		if _, err := mia.Conceal(ctx, portal.ItemID(folder)); err != nil {
			t.Fatal(err)
		}
		_, _, err = cleo.FinishUpload(ctx, id, arrived("hello"))
		wantErr(t, "out of sight", err, portal.ErrGone)
		if err := mia.Reveal(ctx, portal.ItemID(folder), false); err != nil {
			t.Fatal(err)
		}
		f, _, err := cleo.FinishUpload(ctx, id, arrived("hello"))
		if err != nil {
			t.Fatal(err)
		}
		id = must[portal.UploadID](t)(cleo.BeginUpload(ctx, portal.NewUpload{File: f, Size: 5}, blobKeys()))
		if err := mia.TrashFile(ctx, f); err != nil {
			t.Fatal(err)
		}
		_, _, err = cleo.FinishUpload(ctx, id, arrived("hello"))
		wantErr(t, "a version of a file in the trash", err, portal.ErrGone)

		// T186, both at once, a hundred times: what was acknowledged is there, or in
		// the trash, whether it was uploaded there or moved.
		lost := [2]int{}
		for n := range 100 {
			folder := mustFolder(t, w, w.Mia, w.Site, "", fmt.Sprint("Round ", n), portal.ClientSide)
			var wg sync.WaitGroup
			var f portal.FileID
			var err error
			if n%2 == 0 {
				id := must[portal.UploadID](t)(cleo.BeginUpload(ctx, portal.NewUpload{Project: w.Site, Folder: folder, Name: "a.txt", Size: 5}, blobKeys()))
				wg.Go(func() { late(); f, _, err = cleo.FinishUpload(ctx, id, arrived("hello")) })
			} else {
				f, _ = mustPut(t, w, w.Cleo, portal.NewUpload{Project: w.Site, Name: fmt.Sprint("moved ", n, ".txt")})
				wg.Go(func() { late(); err = w.As(w.Tom).MoveFile(ctx, f, folder, portal.MoveOptions{}) })
			}
			wg.Go(func() {
				late()
				if err := mia.TrashFolder(ctx, folder); err != nil {
					t.Error(err)
				}
			})
			if wg.Wait(); err != nil {
				lost[n%2]++
			}
			if err != nil && n%2 == 0 {
				wantErr(t, "the upload that lost", err, portal.ErrGone)
				continue
			}
			if err != nil {
				if x, err := cleo.File(ctx, f); err != nil || x.Folder != "" {
					t.Errorf("not moved, and then %+v, %v", x, err)
				}
				continue
			}
			if err := mia.RestoreFromTrash(ctx, string(folder)); err != nil {
				t.Fatal(err)
			}
			if x, err := cleo.File(ctx, f); err != nil || x.Folder != folder {
				t.Errorf("acknowledged, and then %+v, %v", x, err)
			}
		}
		for _, n := range lost {
			if n == 0 || n == 50 {
				t.Errorf("of 50 uploads and 50 moves, %v came too late", lost)
			}
		}
	})
}

// A name that is there asks, unless it is there for others only.
func TestClash(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		f, _ := mustPut(t, w, w.Tom, portal.NewUpload{Project: w.Site, Name: "Plan é.pdf"})
		// T056: the client does not learn of the team's file.
		c, _ := mustPut(t, w, w.Cleo, portal.NewUpload{Project: w.Site, Name: "Plan é.pdf"})
		if x := must[portal.File](t)(w.As(w.Cleo).File(ctx, c)); x.Name != "Plan é.pdf" {
			t.Errorf("the client's got the name %q", x.Name)
		}
		// T115: the same after case and form.
		for _, twin := range []string{"plan É.PDF", "Plan e\u0301.pdf", " Plan é.pdf. "} {
			var clash *portal.Clash
			if _, _, err := put(w, w.Cleo, portal.NewUpload{Project: w.Site, Name: twin}, "x"); !errors.As(err, &clash) || clash.File != c || !clash.Version {
				t.Errorf("%q: %v", twin, err)
			}
			if _, _, err := put(w, w.Tom, portal.NewUpload{Project: w.Site, Name: twin}, "x"); !errors.As(err, &clash) || clash.File != f {
				t.Errorf("%q by the team: %v", twin, err)
			}
		}
		same, v := mustPut(t, w, w.Cleo, portal.NewUpload{Project: w.Site, Name: "PLAN É.pdf", OnClash: "version", Note: "better"})
		if x := must[portal.File](t)(w.As(w.Cleo).File(ctx, c)); same != c || x.Version.ID != v || x.Version.Number != 2 || x.Version.Note != "better" || x.Versions != 2 {
			t.Errorf("a new version: %+v", x)
		}
		if e := lastEvent(t, w, w.Cleo, w.Site); e.Kind != portal.VersionAdded || e.Details["number"] != "2" {
			t.Errorf("the event is %+v", e)
		}
		both, _ := mustPut(t, w, w.Cleo, portal.NewUpload{Project: w.Site, Name: "PLAN É.pdf", OnClash: "both"})
		if x := must[portal.File](t)(w.As(w.Cleo).File(ctx, both)); both == c || x.Name != "PLAN É (2).pdf" {
			t.Errorf("both: %+v", x)
		}
		// Two on their way at the same time: both arrive.
		one := must[portal.UploadID](t)(w.As(w.Cleo).BeginUpload(ctx, portal.NewUpload{Project: w.Site, Name: "same.txt", Size: 5}, blobKeys()))
		two := must[portal.UploadID](t)(w.As(w.Mia).BeginUpload(ctx, portal.NewUpload{Project: w.Site, Name: "Same.txt", Size: 5, Audience: portal.ClientSide}, blobKeys()))

		if _, _, err := w.As(w.Cleo).FinishUpload(ctx, one, arrived("hello")); err != nil {
			t.Fatal(err)
		}
		f, _, err := w.As(w.Mia).FinishUpload(ctx, two, arrived("hello"))
		if x := must[portal.File](t)(w.As(w.Cleo).File(ctx, f)); err != nil || x.Name != "Same (2).txt" {
			t.Errorf("the one that came second: %+v, %v", x, err)
		}
	})
}
