package portal_test

import (
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// A seal that was written once has to be made the same for ever: it is what reading
// each column by itself gives, whatever stands in it, on both databases.
func TestSealIsOfEveryColumn(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := t.Context()
		decides(t, w)
		_, versions := banners(t, w, 2)
		const title = "“Größer” \"now\" \\ <b>&</b> 'so' 🌋"
		const odd = title + "\n\tand \u200d more"
		a := toApprove(t, w, portal.NewApproval{Title: title, Body: odd, Checklist: []string{"One", `"Two"`}, Versions: versions})
		call := phoned(w, portal.AnswerChanges, odd)
		call.Changes = []portal.FileChange{{Position: 2, Note: odd}}
		id := must[portal.CallID](t)(w.As(w.Tom).NoteCall(ctx, a.ID, call))
		if err := w.As(w.Cleo).Decide(ctx, a.ID, portal.ApprovalAnswer{Call: id, Content: a.Content}); err != nil {
			t.Fatal(err)
		}
		s := askedToSign(t, w, string(w.Site), title, "Two")
		_, signature := lookedAt(t, w, w.Cleo, s)
		if err := w.As(w.Cleo).SignOff(ctx, s.ID, signature); err != nil {
			t.Fatal(err)
		}
		revision := must[[]portal.Revision](t)(w.As(w.Tom).ApprovalRevisions(ctx, a.ID))[0]
		decision := must[[]portal.ApprovalDecision](t)(w.As(w.Tom).ApprovalDecisions(ctx, a.ID))[0]
		empty := db.NewID("apr") // of nothing at all
		said := must[portal.MessageID](t)(w.As(w.Cleo).Say(ctx, w.Items[w.Site][portal.ClientSide].Conversation, portal.NewMessage{Body: odd}))
		for _, id := range []string{string(a.ID), string(decision.ID), string(id), string(revision.ID), string(s.ID), string(said), string(versions[0]), empty} {
			got, err := portal.SealOf(ctx, w.DB, id)
			if err != nil {
				t.Fatal(err)
			}
			if want, err := portal.SealByColumn(ctx, w.DB, id); err != nil || got != want {
				t.Errorf("the seal is\n%s\nand by column\n%s (%v)", got, want, err)
			}
		}
	})
}

// What people said, and each version, is sealed as it came: who alters one by hand, or
// takes it away or brings it back, is found out, and nobody who edits, deletes or erases
// it, or removes for good what it was about. Nothing is known of what was said before.
func TestSealOfWhatWasSaid(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := t.Context()
		verify := func() string {
			_, breaks, err := portal.VerifyChains(ctx, w.DB)
			if err != nil {
				t.Fatal(err)
			}
			var said []string
			for _, b := range breaks {
				if strings.Contains(b.Why, "the row msg_") || strings.Contains(b.Why, "the row ver_") {
					said = append(said, b.Why)
				}
			}
			return strings.Join(said, "\n")
		}
		fine := func(after string) {
			t.Helper()
			if got := verify(); got != "" {
				t.Errorf("after %s verify says %q", after, got)
			}
		}
		cleo, tom, ada := w.As(w.Cleo), w.As(w.Tom), w.As(w.Ada)
		talk := w.Items[w.Site][portal.ClientSide].Conversation
		id := must[portal.MessageID](t)(cleo.Say(ctx, talk, portal.NewMessage{Body: "The logo, larger “please”\n🎉"}))
		fine("saying something")
		for _, c := range []struct{ column, set, class string }{
			{"body", `'The logo, smaller'`, "text"}, {"author_id", `'` + string(w.Bea) + `'`, "said"}, {"created_at", `7`, "said"}, {"audience", `'team'`, "said"}, {"deleted_at", `7`, "said"},
		} {
			byHand(t, w, `CREATE TABLE kept AS SELECT `+c.column+` AS was FROM messages WHERE id = $1`, string(id))
			byHand(t, w, `UPDATE messages SET `+c.column+` = `+c.set+` WHERE id = $1`, string(id))
			if got, want := verify(), "the row "+string(id)+" is not what was recorded: "+c.class; got != want {
				t.Errorf("%s was altered, and verify says %q, want %q", c.column, got, want)
			}
			byHand(t, w, `UPDATE messages SET `+c.column+` = (SELECT was FROM kept) WHERE id = $1`, string(id))
			byHand(t, w, `DROP TABLE kept`)
		}
		fine("putting it right")

		if err := cleo.EditMessage(ctx, id, "The logo, larger", 1); err != nil {
			t.Fatal(err)
		}
		fine("editing it")
		byHand(t, w, `UPDATE messages SET body = 'The logo, larger “please”' WHERE id = $1`, string(id))
		if got := verify(); !strings.HasSuffix(got, ": text") {
			t.Errorf("what was edited was put back, and verify says %q", got)
		}
		if err := cleo.DeleteMessage(ctx, id); err != nil {
			t.Fatal(err)
		}
		fine("deleting it")
		var salt string
		if err := w.DB.QueryRow(ctx, `SELECT salt FROM messages WHERE id = $1`, string(id)).Scan(&salt); err != nil || len(salt) < 20 {
			t.Errorf("salted with %q, %v", salt, err)
		}
		if err := ada.EraseMessage(ctx, id); err != nil {
			t.Fatal(err)
		}
		fine("erasing it")
		if err := w.DB.QueryRow(ctx, `SELECT salt FROM messages WHERE id = $1`, string(id)).Scan(&salt); err != nil || salt != "" {
			t.Errorf("once it is erased the salt is %q, %v", salt, err)
		}

		// Of a file that is removed for good, its versions and what was said of it go.
		files, versions := banners(t, w, 1)
		n := portal.NewComment{NewMessage: portal.NewMessage{Body: "Lovely"}, Version: versions[0]}
		about := must[portal.MessageID](t)(cleo.CommentOn(ctx, portal.ItemID(files[0]), n))
		byHand(t, w, `DELETE FROM notice_queue WHERE message_id = $1`, string(about))
		byHand(t, w, `UPDATE messages SET id = 'x' || id WHERE id = $1`, string(about))
		if got, want := verify(), "the row "+string(about)+" is not there any more"; got != want {
			t.Errorf("what was said was taken away, and verify says %q", got)
		}
		byHand(t, w, `UPDATE messages SET id = $1 WHERE id = 'x' || $1`, string(about))
		if err := tom.TrashFile(ctx, files[0]); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(100 * 24 * time.Hour)
		if n := must[int](t)(w.Portal.PurgeTrash(ctx)); n == 0 {
			t.Error("nothing was removed")
		}
		fine("removing it for good")

		// From before.
		old := string(w.Items[w.Site][portal.ClientSide].Message)
		byHand(t, w, `UPDATE messages SET body = 'Something else' WHERE id = $1`, old)
		fine("altering what nothing is known of")
	})
}
