package portal_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// linked makes a shared file in Site and allows share links.
func linked(t *testing.T, w *portaltest.World) (portal.FileID, portal.VersionID) {
	t.Helper()
	showsFiles(t, w)
	write(t, w, `UPDATE workspace SET share_links = 1`)
	write(t, w, `DELETE FROM share_links`)
	return bring(t, w, w.Tom, portal.NewUpload{Project: w.Site, Name: "brochure.txt", Audience: portal.ClientSide})
}

func fortnight(w *portaltest.World) time.Time { return w.Clock.Now().AddDate(0, 0, 14) }

// share makes a link and returns its token.
func share(t *testing.T, w *portaltest.World, f portal.FileID, n portal.NewShareLink) (portal.ShareLinkID, string) {
	t.Helper()
	if n.ExpiresAt.IsZero() {
		n.ExpiresAt = fortnight(w)
	}
	id := must[portal.ShareLinkID](t)(w.As(w.Tom).ShareFile(ctx, f, n))
	l := must[portal.ShareLink](t)(w.As(w.Tom).ShareLink(ctx, id))
	if l.State != portal.LinkOpen || l.Token == "" {
		t.Fatalf("the link is %s, its token %q", l.State, l.Token)
	}
	return id, l.Token
}

func opens(w *portaltest.World, token string) error {
	_, err := w.Portal.OpenShareLink(ctx, token, "")
	return err
}

func TestShareFile(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		f, v := linked(t, w)
		n := portal.NewShareLink{ExpiresAt: fortnight(w)}
		for who, want := range map[portal.PersonID]error{
			w.Cleo: portal.ErrForbidden, w.Bea: portal.ErrForbidden, w.Dan: portal.ErrNotFound, w.Carl: portal.ErrNotFound, w.Rex: portal.ErrNotFound, "": portal.ErrNotFound,
		} {
			_, err := w.As(who).ShareFile(ctx, f, n)
			wants(t, "ShareFile as "+string(who), err, want)
		}
		tom := w.As(w.Tom)
		for field, in := range map[string]portal.NewShareLink{
			"days": {}, "max_downloads": {ExpiresAt: n.ExpiresAt, MaxDownloads: -1}, "version": {ExpiresAt: n.ExpiresAt, Version: "ver_none"},
			"password": {ExpiresAt: n.ExpiresAt, Password: "short"},
		} {
			if _, err := tom.ShareFile(ctx, f, in); err == nil || !strings.Contains(err.Error(), field) {
				t.Errorf("%+v: %v, want an error about %s", in, err, field)
			}
		}
		_, err := tom.ShareFile(ctx, f, portal.NewShareLink{ExpiresAt: w.Clock.Now().AddDate(0, 0, 91)})
		refuses(t, "longer than 90 days", err, "days", "number")
		// T065: a password that is refused makes no link.
		for pw, why := range map[string]string{"seven77": "short", "password1": "common"} {
			_, err := tom.ShareFile(ctx, f, portal.NewShareLink{ExpiresAt: n.ExpiresAt, Password: pw})
			refuses(t, pw, err, "password", "link_password_"+why)
		}
		if all, _, err := tom.ShareLinks(ctx, w.Site, portal.Page{}); err != nil || len(all) != 0 {
			t.Errorf("links after refusals: %+v, %v", all, err)
		}
		own, _ := bring(t, w, w.Tom, portal.NewUpload{Project: w.Site, Name: "ours.txt"})
		_, err = tom.ShareFile(ctx, own, n)
		refuses(t, "what is for the team alone", err, "file", "not_shown")
		_, draft := bring(t, w, w.Tom, portal.NewUpload{Project: w.Site, File: f})
		_, err = tom.ShareFile(ctx, f, portal.NewShareLink{ExpiresAt: n.ExpiresAt, Version: draft})
		refuses(t, "a version for the team alone", err, "version", "not_shown")

		id, token := share(t, w, f, portal.NewShareLink{Version: v, Password: "violet harbour"})
		recorded(t, w, portal.FileShared)
		if id[:4] != "lnk_" || !strings.HasPrefix(token, "vt_lnk_") {
			t.Errorf("%s, %s", id, token)
		}
		// T067: every link there is stands in the list, and nobody else's client sees it.
		second, _ := share(t, w, f, portal.NewShareLink{})
		for _, who := range []portal.PersonID{w.Ada, w.Mia, w.Tom} {
			all, _, err := w.As(who).ShareLinks(ctx, "", portal.Page{})
			if err != nil || len(all) != 2 || all[0].ID != second || all[1].ID != id || !all[1].Protected {
				t.Errorf("all links as %s: %+v, %v", who, all, err)
			}
		}
		for _, who := range []portal.PersonID{w.Cleo, w.Dan, w.Carl, w.Bea, w.Rex, w.Eve, ""} {
			for _, project := range []portal.ProjectID{"", w.Site} {
				if all, _, err := w.As(who).ShareLinks(ctx, project, portal.Page{}); err != nil || len(all) != 0 {
					t.Errorf("links as %s: %+v, %v", who, all, err)
				}
			}
			_, err := w.As(who).ShareLink(ctx, id)
			wants(t, "ShareLink as "+string(who), err, portal.ErrNotFound)
		}
		write(t, w, `UPDATE workspace SET share_links = 0`)
		_, err = tom.ShareFile(ctx, f, n)
		refuses(t, "with links off", err, "file", "links_off")
	})
}

// T063: a link is an actor that sees its file and nothing else.
func TestLinkSeesItsFileAlone(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		f, v := linked(t, w)
		_, token := share(t, w, f, portal.NewShareLink{})
		link, err := w.Portal.OpenShareLink(ctx, token, "")
		if err != nil {
			t.Fatal(err)
		}
		s := must[portal.Stored](t)(link.LinkFile(ctx))
		if s.File != f || s.Version != v || s.Name != "brochure.txt" || s.Size != 3 {
			t.Errorf("it leads to %+v", s)
		}
		for what, err := range map[string]error{
			"Project": second(link.Project(ctx, w.Site)), "File": second(link.File(ctx, f)), "Version": second(link.Version(ctx, v)), "Client": second(link.Client(ctx, w.Acme)),
			"DownloadVersion": second(link.DownloadVersion(ctx, v)), "Task": second(link.Task(ctx, w.Items[w.Site][portal.ClientSide].Task)), "Workspace": second(link.Workspace(ctx)),
			"ShareLink": second(link.ShareLink(ctx, portal.ShareLinkID("lnk_"))), "TrashFile": link.TrashFile(ctx, f),
		} {
			wants(t, what+" as a link", err, portal.ErrNotFound)
		}
		if all, _, err := link.Projects(ctx, portal.ProjectFilter{}, portal.Page{}); err != nil || len(all) != 0 {
			t.Errorf("projects of a link: %v, %v", all, err)
		}
		// A newer version that the client sees is what it leads to from then on.
		_, next := bring(t, w, w.Tom, portal.NewUpload{Project: w.Site, File: f, Audience: portal.ClientSide})
		if s := must[portal.Stored](t)(link.LinkFile(ctx)); s.Version != next {
			t.Error("it leads to an older version")
		}
		_, fixed := share(t, w, f, portal.NewShareLink{Version: v})
		link, err = w.Portal.OpenShareLink(ctx, fixed, "")
		if err != nil {
			t.Fatal(err)
		}
		if s := must[portal.Stored](t)(link.LinkFile(ctx)); s.Version != v {
			t.Error("the link of one version leads to another")
		}
	})
}

func second[T any](_ T, err error) error { return err }

// T066: what ends a link ends it at once, and nobody can tell why.
func TestLinkEnds(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		f, _ := linked(t, w)
		mia, ada := w.As(w.Mia), w.As(w.Ada)
		id, token := share(t, w, f, portal.NewShareLink{})
		taken := func() string {
			t.Helper()
			return must[string](t)(w.Portal.TakeShareLink(ctx, token, ""))
		}
		proof := taken()
		recorded(t, w, portal.ShareLinkOpened)
		closed := func(what string, state portal.LinkState) {
			t.Helper()
			wants(t, what, opens(w, token), portal.ErrNotFound)
			_, _, err := w.Portal.TakenLinkFile(ctx, token, proof)
			wants(t, what+", going on with a download", err, portal.ErrNotFound)
			if l := must[portal.ShareLink](t)(ada.ShareLink(ctx, id)); l.State != state || l.Token != "" {
				t.Errorf("%s: the link is %s", what, l.State)
			}
		}
		open := func(what string) {
			t.Helper()
			wants(t, what, opens(w, token), nil)
			if _, _, err := w.Portal.TakenLinkFile(ctx, token, proof); err != nil {
				t.Errorf("%s: going on: %v", what, err)
			}
		}
		open("at first")
		wants(t, "an unknown link", opens(w, token+"x"), portal.ErrNotFound)
		for what, q := range map[string][2]string{
			"links off":       {`UPDATE workspace SET share_links = 0`, `UPDATE workspace SET share_links = 1`},
			"section off":     {`UPDATE workspace SET sections = sections & ~32`, `UPDATE workspace SET sections = sections | 32`},
			"portal off":      {`UPDATE clients SET portal_since = NULL WHERE id = '` + string(w.Acme) + `'`, `UPDATE clients SET portal_since = 1 WHERE id = '` + string(w.Acme) + `'`},
			"project hidden":  {`UPDATE projects SET shared_at = NULL WHERE id = '` + string(w.Site) + `'`, `UPDATE projects SET shared_at = 1 WHERE id = '` + string(w.Site) + `'`},
			"archived":        {`UPDATE projects SET archived_at = 1 WHERE id = '` + string(w.Site) + `'`, `UPDATE projects SET archived_at = NULL WHERE id = '` + string(w.Site) + `'`},
			"maker disabled":  {`UPDATE persons SET disabled_at = 1 WHERE id = '` + string(w.Tom) + `'`, `UPDATE persons SET disabled_at = NULL WHERE id = '` + string(w.Tom) + `'`},
			"in the trash":    {`UPDATE files SET trashed_at = 1`, `UPDATE files SET trashed_at = NULL`},
			"something found": {`UPDATE versions SET scan = 'infected'`, `UPDATE versions SET scan = 'clean'`},
			"not yet checked": {`UPDATE versions SET scan = 'waiting'`, `UPDATE versions SET scan = 'clean'`},
		} {
			write(t, w, q[0])
			closed(what, portal.LinkClosed)
			write(t, w, q[1])
			open("after " + what)
		}
		// Whoever may not share it any more has no links.
		if err := mia.TakeOffProject(ctx, w.Site, w.Tom); err != nil {
			t.Fatal(err)
		}
		closed("its maker off the project", portal.LinkClosed)
		if _, err := ada.RemoveTeamMember(ctx, w.Tom); err != nil {
			t.Fatal(err)
		}
		closed("its maker removed", portal.LinkRevoked)
		if all, _, err := ada.ShareLinks(ctx, w.Site, portal.Page{}); err != nil || len(all) != 1 || all[0].RevokedByName != "Ada" {
			t.Errorf("after the removal: %+v, %v", all, err)
		}
	})
}

func TestRevokeShareLinks(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		f, _ := linked(t, w)
		id, token := share(t, w, f, portal.NewShareLink{})
		_, other := share(t, w, f, portal.NewShareLink{ExpiresAt: w.Clock.Now().AddDate(0, 0, 1)})
		for who, want := range map[portal.PersonID]error{w.Cleo: portal.ErrNotFound, w.Dan: portal.ErrNotFound, w.Carl: portal.ErrNotFound, w.Rex: portal.ErrNotFound} {
			wants(t, "RevokeShareLink as "+string(who), w.As(who).RevokeShareLink(ctx, id), want)
		}
		for who, want := range map[portal.PersonID]error{w.Tom: portal.ErrForbidden, w.Cleo: portal.ErrForbidden, w.Dan: portal.ErrNotFound, w.Carl: portal.ErrNotFound, w.Rex: portal.ErrNotFound} {
			wants(t, "RevokeShareLinks as "+string(who), w.As(who).RevokeShareLinks(ctx, w.Site), want)
		}
		for who, want := range map[portal.PersonID]error{w.Mia: portal.ErrForbidden, w.Tom: portal.ErrForbidden, w.Cleo: portal.ErrNotFound, w.Rex: portal.ErrNotFound} {
			wants(t, "RevokeShareLinks of all as "+string(who), w.As(who).RevokeShareLinks(ctx, ""), want)
		}
		if err := w.As(w.Tom).RevokeShareLink(ctx, id); err != nil {
			t.Fatal(err)
		}
		recorded(t, w, portal.ShareLinkRevoked)
		wants(t, "a revoked link", opens(w, token), portal.ErrNotFound)
		wants(t, "the other link", opens(w, other), nil)
		w.Clock.Advance(24 * time.Hour)
		wants(t, "an expired link", opens(w, other), portal.ErrNotFound)
		_, third := share(t, w, f, portal.NewShareLink{})
		if err := w.As(w.Mia).RevokeShareLinks(ctx, w.Site); err != nil {
			t.Fatal(err)
		}
		wants(t, "a link of those that were all revoked", opens(w, third), portal.ErrNotFound)
		_, fourth := share(t, w, f, portal.NewShareLink{})
		mia := w.As(w.Mia)
		fifth := must[portal.ShareLink](t)(mia.ShareLink(ctx, must[portal.ShareLinkID](t)(mia.ShareFile(ctx, w.Items[w.Shop][portal.ClientSide].File,
			portal.NewShareLink{ExpiresAt: w.Clock.Now().AddDate(0, 0, 1)}))))
		// One press ends those of all projects, and pressed twice it is the same.
		once := portal.WithRequest(ctx, portal.Request{Key: "all of them"})
		for range 2 {
			if err := w.As(w.Ada).RevokeShareLinks(once, ""); err != nil {
				t.Fatal(err)
			}
		}
		wants(t, "a link of the workspace", opens(w, fourth), portal.ErrNotFound)
		wants(t, "a link of another project", opens(w, fifth.Token), portal.ErrNotFound)
		all, _, err := w.As(w.Ada).ShareLinks(ctx, "", portal.Page{})
		if err != nil || len(all) != 5 {
			t.Errorf("%d links are listed, want all 5 (%v)", len(all), err)
		}
	})
}

// T189: of many who take the last download at the same time one gets it.
func TestLastDownload(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		f, _ := linked(t, w)
		id, token := share(t, w, f, portal.NewShareLink{MaxDownloads: 3})
		var wg sync.WaitGroup
		var mu sync.Mutex
		var proofs []string
		for range 12 {
			wg.Go(func() {
				proof, err := w.Portal.TakeShareLink(ctx, token, "")
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					proofs = append(proofs, proof)
				case !errors.Is(err, portal.ErrNotFound):
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if l := must[portal.ShareLink](t)(w.As(w.Tom).ShareLink(ctx, id)); len(proofs) != 3 || l.Downloads != 3 || l.State != portal.LinkUsedUp {
			t.Fatalf("%d took it; %+v", len(proofs), l)
		}
		wants(t, "used up", opens(w, token), portal.ErrNotFound)
		// Who took it may go on for a minute, and not longer.
		_, s, err := w.Portal.TakenLinkFile(ctx, token, proofs[0])
		if err != nil || s.File != f {
			t.Errorf("going on: %+v, %v", s, err)
		}
		w.Clock.Advance(time.Minute)
		_, _, err = w.Portal.TakenLinkFile(ctx, token, proofs[0])
		wants(t, "going on after a minute", err, portal.ErrNotFound)
		_, other := share(t, w, f, portal.NewShareLink{})
		_, _, err = w.Portal.TakenLinkFile(ctx, other, proofs[0])
		wants(t, "the proof of another link", err, portal.ErrNotFound)
	})
}

func TestLinkPassword(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		f, _ := linked(t, w)
		_, token := share(t, w, f, portal.NewShareLink{Password: "violet harbour"})
		_, other := share(t, w, f, portal.NewShareLink{Password: "violet harbour"})
		wants(t, "without the password", opens(w, token), portal.ErrLocked)
		_, err := w.Portal.UnlockShareLink(ctx, token, "violet harbor")
		refuses(t, "a wrong password", err, "password", "link_password")
		pass := must[string](t)(w.Portal.UnlockShareLink(ctx, token, "violet harbour"))
		if _, err := w.Portal.OpenShareLink(ctx, token, pass); err != nil {
			t.Error(err)
		}
		for what, p := range map[string]string{"no pass": "", "half a pass": pass[:20], "a changed pass": "9" + pass} {
			_, err := w.Portal.OpenShareLink(ctx, token, p)
			wants(t, what, err, portal.ErrLocked)
		}
		_, err = w.Portal.OpenShareLink(ctx, other, pass)
		wants(t, "the pass of another link", err, portal.ErrLocked)
		w.Clock.Advance(15 * time.Minute)
		_, err = w.Portal.OpenShareLink(ctx, token, pass)
		wants(t, "a pass of a quarter of an hour ago", err, portal.ErrLocked)

		// Guessing waits, for longer each time.
		wrong := func() error {
			_, err := w.Portal.UnlockShareLink(ctx, token, "guess")
			return err
		}
		for i := range 6 {
			if i == 5 {
				w.Clock.Advance(30 * time.Second)
			}
			refuses(t, fmt.Sprintf("guess %d", i+1), wrong(), "password", "link_password")
		}
		var throttled *account.Throttled
		if err := wrong(); !errors.As(err, &throttled) || throttled.RetryAfter != time.Minute {
			t.Errorf("the seventh guess: %v", err)
		}
		_, err = w.Portal.UnlockShareLink(ctx, token, "violet harbour")
		if !errors.As(err, &throttled) {
			t.Errorf("the right one while it waits: %v", err)
		}
		w.Clock.Advance(time.Minute)
		must[string](t)(w.Portal.UnlockShareLink(ctx, token, "violet harbour"))
		refuses(t, "a guess after the right one", wrong(), "password", "link_password")
		// Nothing of it is in the database.
		var n int
		if err := w.DB.QueryRow(ctx, `SELECT COUNT(*) FROM share_links WHERE token_hash = $1 OR password_hash LIKE '%violet%'`, token).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d secrets in the database (%v)", n, err)
		}
	})
}

// A double click on a link's only download gets it once, and gets it.
func TestLinkTakenTwiceAtOnce(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		f, _ := linked(t, w)
		id, token := share(t, w, f, portal.NewShareLink{MaxDownloads: 1})
		click := portal.WithRequest(ctx, portal.Request{Key: "the page's"})
		for range 2 {
			proof := must[string](t)(w.Portal.TakeShareLink(click, token, ""))
			if _, _, err := w.Portal.TakenLinkFile(ctx, token, proof); err != nil {
				t.Errorf("taken: %v", err)
			}
			w.Clock.Advance(40 * time.Second)
		}
		if l := must[portal.ShareLink](t)(w.As(w.Tom).ShareLink(ctx, id)); l.Downloads != 1 {
			t.Errorf("counted %d times", l.Downloads)
		}
		_, err := w.Portal.TakeShareLink(click, token, "")
		wants(t, "after a minute", err, portal.ErrNotFound)
		_, err = w.Portal.TakeShareLink(portal.WithRequest(ctx, portal.Request{Key: "another page's"}), token, "")
		wants(t, "somebody else", err, portal.ErrNotFound)
	})
}

// What is hidden and shown again is to be shared anew, alone or with its folder.
func TestConcealEndsLinks(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		mia := w.As(w.Mia)
		folder := must[portal.FolderID](t)(mia.AddFolder(ctx, w.Site, "", portal.NewFolder{Name: "Press", Audience: portal.ClientSide}))
		for _, hide := range []portal.ItemID{portal.ItemID(folder), ""} {
			f, _ := linked(t, w)
			if hide == "" {
				hide = portal.ItemID(f)
			} else if err := mia.MoveFile(ctx, f, folder, portal.MoveOptions{}); err != nil {
				t.Fatal(err)
			}
			id, token := share(t, w, f, portal.NewShareLink{})
			must[[]portal.Seen](t)(mia.Conceal(ctx, hide))
			wants(t, "hidden", opens(w, token), portal.ErrNotFound)
			if err := mia.Reveal(ctx, hide, true); err != nil {
				t.Fatal(err)
			}
			if err := mia.Reveal(ctx, portal.ItemID(f), true); err != nil {
				t.Fatal(err)
			}
			wants(t, "shown again", opens(w, token), portal.ErrNotFound)
			if l := must[portal.ShareLink](t)(mia.ShareLink(ctx, id)); l.State != portal.LinkRevoked || l.RevokedByName != "Mia" {
				t.Errorf("the link is %+v", l)
			}
			recorded(t, w, portal.ShareLinkRevoked)
		}
	})
}
