package portal_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// What there is to look at, and which files lie beside one, each is told within
// what they see.
func TestLooksAndNeighbours(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		both, team := w.Items[w.Site][portal.ClientSide], w.Items[w.Site][portal.Team]
		preview := portal.Preview{Pages: 2, Artifacts: []portal.Artifact{
			{Kind: "page", Page: 2, Blob: "b", Size: 1, Type: "image/png", Width: 30, Height: 40},
			{Kind: "page", Page: 1, Blob: "a", Size: 1, Type: "image/png", Width: 10, Height: 20},
			{Kind: "thumb", Blob: "c", Size: 1, Type: "image/png"},
		}}
		for _, v := range []portal.VersionID{both.Version, both.Draft, team.Version} {
			if err := w.Portal.RecordPreview(ctx, v, preview); err != nil {
				t.Fatal(err)
			}
		}
		want := []portal.Look{{Kind: "page", Page: 1, Width: 10, Height: 20}, {Kind: "page", Page: 2, Width: 30, Height: 40}, {Kind: "thumb"}}
		for _, c := range []struct {
			who     portal.PersonID
			version portal.VersionID
			sees    bool
		}{
			{w.Mia, both.Version, true}, {w.Mia, both.Draft, true}, {w.Mia, team.Version, true},
			{w.Cleo, both.Version, true}, {w.Cleo, both.Draft, false}, {w.Cleo, team.Version, false},
			{w.Dan, both.Version, false}, {w.Carl, both.Version, false}, {w.Rex, both.Version, false},
		} {
			looks, err := w.As(c.who).Looks(ctx, c.version)
			if err != nil || c.sees && !slices.Equal(looks, want) || !c.sees && looks != nil {
				t.Errorf("%s sees %v of %s: %v", c.who, looks, c.version, err)
			}
		}

		me := w.As(w.Mia)
		f, err := me.File(ctx, both.File)
		if err != nil {
			t.Fatal(err)
		}
		copied, err := me.CopyFile(ctx, f.ID, f.Folder)
		if err != nil {
			t.Fatal(err)
		}
		if err := me.RenameFile(ctx, copied, "zz last.txt", must[portal.File](t)(me.File(ctx, copied)).Revision); err != nil {
			t.Fatal(err)
		}
		if _, after, err := me.Neighbours(ctx, f); err != nil || after != copied {
			t.Errorf("after it comes %q: %v", after, err)
		}
		c, err := me.File(ctx, copied)
		if err != nil {
			t.Fatal(err)
		}
		if before, after, err := me.Neighbours(ctx, c); err != nil || before != f.ID || after != "" {
			t.Errorf("beside the copy are %q and %q: %v", before, after, err)
		}
		// The copy is the team's alone: the client's people are not led to it.
		seen, err := w.As(w.Cleo).File(ctx, both.File)
		if err != nil {
			t.Fatal(err)
		}
		if before, after, err := w.As(w.Cleo).Neighbours(ctx, seen); err != nil || before != "" || after != "" {
			t.Errorf("Cleo is led to %q and %q: %v", before, after, err)
		}
		if _, _, err := w.As(w.Carl).Neighbours(ctx, seen); !errors.Is(err, portal.ErrNotFound) {
			t.Errorf("Carl asks what lies beside it: %v", err)
		}
		if name, err := me.ShownBy(ctx, portal.ItemID(f.ID)); err != nil || name != "Ada" {
			t.Errorf("shown by %q: %v", name, err)
		}
		if name, err := w.As(w.Cleo).ShownBy(ctx, portal.ItemID(f.ID)); err != nil || name != "" {
			t.Errorf("Cleo learns who showed it: %q, %v", name, err)
		}
	})
}
