package portal_test

import (
	"testing"

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
		for _, id := range []string{string(a.ID), string(decision.ID), string(id), string(revision.ID), string(s.ID), empty} {
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
