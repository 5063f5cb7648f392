package portal_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/db/dbtest"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// With a comment goes what changes were made of it: their request is sealed anew by
// an event that says so, and only what somebody alters by hand is altered.
func TestEraseWhatChangesWereMadeOf(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		showsFiles(t, w)
		it := w.Items[w.Site][portal.ClientSide]
		said := remarksOn(t, w, it.File, it.Version, "CNRY-erased is too small", "The other stays")
		id := must[portal.RevisionID](t)(w.As(w.Cleo).RequestRevision(ctx, it.Version, portal.NewRevision{Threads: said, Points: []string{"And a point"}}))
		first := must[portal.MessageList](t)(w.As(w.Ada).Messages(ctx, said[0], portal.MessagePage{})).All[0].ID
		answer := must[portal.MessageID](t)(w.As(w.Mia).Say(ctx, said[0], portal.NewMessage{Body: "Is it?", Audience: portal.ClientSide}))
		verify := func(want string) {
			t.Helper()
			_, breaks, err := portal.VerifyChains(ctx, w.DB)
			if err != nil {
				t.Fatal(err)
			}
			var all []string
			for _, b := range breaks { // those of the world were never chained
				if strings.Contains(b.Why, string(id)) {
					all = append(all, b.Why)
				}
			}
			if got := strings.Join(all, "; "); want == "" && got != "" || !strings.HasSuffix(got, want) {
				t.Errorf("verify: %q, want %q", got, want)
			}
		}
		texts := func(want string) {
			t.Helper()
			for _, who := range []portal.PersonID{w.Cleo, w.Tom, w.Ada} {
				var all []string
				for _, c := range points(t, w, who, id) {
					if all = append(all, c.Body); c.Erased != (c.Body == "") {
						t.Errorf("erased: %t, of %q", c.Erased, c.Body)
					}
				}
				if got := strings.Join(all, ", "); got != want {
					t.Errorf("%s reads %q, want %q", who, got, want)
				}
			}
		}
		wants(t, "EraseMessage of an answer", w.As(w.Ada).EraseMessage(ctx, answer), nil)
		texts("CNRY-erased is too small, The other stays, And a point")
		wants(t, "EraseMessage", w.As(w.Ada).EraseMessage(ctx, first), nil)
		texts(", The other stays, And a point")
		recorded(t, w, portal.ChangeErased)
		verify("")
		wants(t, "EraseMessage again", w.As(w.Ada).EraseMessage(ctx, first), nil)
		verify("")
		write(t, w, `UPDATE revision_items SET body = '' WHERE request_id = $1 AND number = 2`, string(id))
		verify(": items")
	})
}

// What was erased is nowhere in the files of the database: neither in free pages nor
// in the index nor in the log.
func TestErasedIsNowhere(t *testing.T) {
	url := dbtest.URL(t, db.SQLite)
	d, err := db.Open(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	w := portaltest.New(t, d)
	cleo, ada := w.As(w.Cleo), w.As(w.Ada)
	th := converse(t, w)
	// Words of which none is part of another, and as many as fill pages of their own.
	text := func(word string) string { return strings.Repeat("and "+word+"one "+word+"two so on, ", 400) }
	for i := range 30 {
		must[portal.MessageID](t)(cleo.Say(ctx, th, portal.NewMessage{Body: strings.Repeat("other words of theirs ", i*20+1)}))
	}
	if err := cleo.SaveDraft(ctx, string(th), portal.Draft{Body: text("quixotic")}); err != nil {
		t.Fatal(err)
	}
	id := must[portal.MessageID](t)(cleo.Say(ctx, th, portal.NewMessage{Body: text("quixotic")}))
	if err := cleo.EditMessage(ctx, id, text("zephyrine"), 1); err != nil {
		t.Fatal(err)
	}
	if err := cleo.DeleteMessage(ctx, id); err != nil {
		t.Fatal(err)
	}
	there := func() (found []string) {
		t.Helper()
		path := strings.TrimPrefix(url, "sqlite:")
		files, err := filepath.Glob(path + "*")
		if err != nil || len(files) < 2 {
			t.Fatalf("%v, %v", files, err)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for _, word := range []string{"quixotic", "zephyrine"} {
				if n := strings.Count(string(b), word); n > 0 {
					found = append(found, filepath.Base(f)+" "+word)
				}
			}
		}
		return found
	}
	if got := there(); len(got) == 0 {
		t.Fatal("the test looks at the wrong files")
	}
	if err := ada.EraseMessage(ctx, id); err != nil {
		t.Fatal(err)
	}
	if got := there(); len(got) > 0 {
		t.Errorf("still there: %q", got)
	}
	if err := d.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO message_words (message_words) VALUES ('integrity-check')`)
		return err
	}); err != nil {
		t.Errorf("the index: %v", err)
	}
}
