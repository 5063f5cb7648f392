package handover_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/handover"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
	"github.com/vitrine-portal/vitrine/internal/words"
)

// A pack breaks off, wherever it is, when who takes it may not any more: the team's
// right is asked for again, before each page and each part of a list too.
func TestBreaksOff(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := t.Context()
		mia := w.As(w.Mia)
		into := func(to io.Writer, still func(context.Context) error) error {
			theirs, p, err := mia.Handover(ctx, w.Site, w.CleoUser, func(*portal.Scope, portal.Project) error { return nil })
			if err != nil {
				t.Fatal(err)
			}
			p.Sections &^= portal.SectionFiles // pages alone
			pack := &handover.Pack{Theirs: theirs, Project: p, Name: "Studio", Portal: "https://portal.example", Book: words.For("en", time.UTC), Now: w.Clock.Now(), Still: still, Took: func(portal.Stored) {}}
			return pack.Write(ctx, to)
		}
		write := func(still func(context.Context) error) error { return into(io.Discard, still) }
		asked := 0
		still := func(ctx context.Context) error { asked++; return mia.HandsOver(ctx, w.Site, w.CleoUser) }
		if err := write(still); err != nil || asked < 8 {
			t.Fatalf("asked %d times: %v", asked, err)
		}
		for most := range asked {
			n := 0
			err := write(func(context.Context) error {
				if n++; n > most {
					return portal.ErrForbidden
				}
				return nil
			})
			if !errors.Is(err, handover.ErrEnded) || n != most+1 {
				t.Errorf("after %d of %d: %v, asked %d times", most, asked, err, n)
			}
		}
		// Who asked is called as they were then.
		if _, err := mia.AskApproval(ctx, w.Site, portal.NewApproval{Title: "Banners", Versions: []portal.VersionID{w.Items[w.Site][portal.ClientSide].Version}, Stages: []portal.NewStage{{People: []portal.PersonID{w.Cleo}}}}); err != nil {
			t.Fatal(err)
		}
		if err := w.DB.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE persons SET name = 'Thea' WHERE id = $1`, string(w.Mia))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		// A certificate that is not made yet is not left out without a word.
		var whole bytes.Buffer
		if err := into(&whole, still); err != nil {
			t.Fatal(err)
		}
		z, err := zip.NewReader(bytes.NewReader(whole.Bytes()), int64(whole.Len()))
		if err != nil {
			t.Fatal(err)
		}
		decisions, err := fs.ReadFile(z, "Decisions.html")
		if err != nil || !strings.Contains(string(decisions), "Mia asked, ") || strings.Contains(string(decisions), "Thea asked, ") {
			t.Errorf("%v: of who asked the decisions say %s", err, decisions)
		}
		index, err := fs.ReadFile(z, "index.html")
		if title := "Certificate: " + portaltest.Canary("acme", portal.ClientSide, "site-signoff-title"); err != nil || !strings.Contains(string(index), title) || !strings.Contains(string(index), "still being made") {
			t.Errorf("%v: the index says of %q: %s", err, title, index)
		}
		// What does not fit was not taken, and is not recorded as if it were.
		big, was, is := errors.New("too big"), 0, 0
		count := func(n *int) {
			t.Helper()
			if err := w.DB.QueryRow(ctx, `SELECT COUNT(*) FROM events WHERE kind = 'handover_taken'`).Scan(n); err != nil {
				t.Fatal(err)
			}
		}
		count(&was)
		if _, _, err := mia.Handover(ctx, w.Site, w.CleoUser, func(*portal.Scope, portal.Project) error { return big }); !errors.Is(err, big) {
			t.Errorf("too big: %v", err)
		}
		if count(&is); was == 0 || is != was {
			t.Errorf("%d packs are recorded, were %d", is, was)
		}
		for who, want := range map[portal.PersonID]error{w.Tom: portal.ErrForbidden, w.Cleo: portal.ErrForbidden, w.Carl: portal.ErrNotFound, w.Rex: portal.ErrNotFound} {
			if err := w.As(who).HandsOver(ctx, w.Site, w.CleoUser); !errors.Is(err, want) {
				t.Errorf("as %s: %v, want %v", who, err, want)
			}
		}
		if err := w.As(w.Cleo).HandsOver(ctx, w.Site, ""); err != nil {
			t.Errorf("their own: %v", err)
		}
		if _, err := mia.Remove(ctx, w.CleoUser); err != nil {
			t.Fatal(err)
		}
		if err := still(ctx); err == nil {
			t.Error("of somebody who was removed")
		}
	})
}
