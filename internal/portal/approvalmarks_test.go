package portal_test

import (
	"strings"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// Whoever marked at the files what to change need not write it once more; whoever said
// it nowhere is asked for a sentence, of each file that they say it of.
func TestMarksSayWhatToChange(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		cleo := w.As(w.Cleo)
		changes := func(a portal.Approval, of ...int) portal.ApprovalAnswer {
			in := portal.ApprovalAnswer{Answer: portal.AnswerChanges, Content: a.Content}
			for _, position := range of {
				in.Changes = append(in.Changes, portal.FileChange{Position: position})
			}
			return in
		}

		files, versions := banners(t, w, 2)
		a := toApprove(t, w, portal.NewApproval{Versions: versions})
		link := leads(t, w, "of the mail that asks", answerToken(t, w, a.ID, w.Cleo), portal.AnswerAwaited)
		if _, err := w.As(w.Tom).CommentOn(ctx, portal.ItemID(files[0]), portal.NewComment{Version: versions[0], NewMessage: say("How do you like it?", portal.ClientSide)}); err != nil {
			t.Fatal(err)
		}
		refuses(t, "changes that are said nowhere", cleo.Decide(ctx, a.ID, changes(a)), "note", "to_change")
		refuses(t, "the same from the mail", link.Check(ctx, changes(a)), "note", "to_change")
		refuses(t, "changes of a file that are said nowhere", cleo.Decide(ctx, a.ID, changes(a, 1)), "note.1", "to_change")
		remarksOn(t, w, files[1], versions[1], "The logo is cut")
		refuses(t, "of one file, marked on the other", cleo.Decide(ctx, a.ID, changes(a, 1, 2)), "note.1", "to_change")
		if err := link.Check(ctx, changes(a, 2)); err != nil {
			t.Errorf("of the file that is marked, from the mail: %v", err)
		}
		if err := cleo.Decide(ctx, a.ID, changes(a, 2)); err != nil {
			t.Fatal(err)
		}
		stands(t, w, a.ID, portal.ApprovalReturn)
		listed := func(id portal.ApprovalID, want string) {
			t.Helper()
			var all []string
			for _, r := range must[[]portal.Revision](t)(w.As(w.Tom).ApprovalRevisions(ctx, id)) {
				for _, c := range points(t, w, w.Tom, r.ID) {
					all = append(all, c.Body)
				}
			}
			if got := strings.Join(all, "; "); got != want {
				t.Errorf("the list says %q, want %q", got, want)
			}
		}
		listed(a.ID, "The logo is cut")

		files, versions = banners(t, w, 1)
		a = toApprove(t, w, portal.NewApproval{Versions: versions})
		remarksOn(t, w, files[0], versions[0], "Warmer", "Larger")
		if err := cleo.Decide(ctx, a.ID, changes(a)); err != nil {
			t.Fatal(err)
		}
		listed(a.ID, "Warmer; Larger")
	})
}
