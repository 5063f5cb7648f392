package portal_test

import (
	"strings"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// What was recorded is refused by the database itself to whoever changes or deletes
// it, and what follows later is not.
func TestDatabaseKeepsTheRecord(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		a := toApprove(t, w, portal.NewApproval{Versions: banner(t, w)})
		if err := w.As(w.Cleo).Decide(ctx, a.ID, yes(a)); err != nil {
			t.Fatal(err)
		}
		id := string(w.Items[w.Site][portal.ClientSide].Call)
		write(t, w, `INSERT INTO approval_call_changes (call_id, position, note) VALUES ($1, 1, 'Smaller')`, id)
		w.Clock.Advance(24 * 60 * 60 * 1e9)
		if err := w.Portal.KeepDailyHead(ctx); err != nil {
			t.Fatal(err)
		}
		write(t, w, `UPDATE certificates SET made_at = 7, blob = 'blb_x'`)
		refused := func(q string) {
			t.Helper()
			err := w.DB.Write(ctx, func(tx *db.Tx) error {
				n, err := tx.Exec(ctx, q)
				if err == nil {
					t.Errorf("%s: done to %d rows", q, n)
				}
				return err
			})
			if err == nil || !strings.Contains(err.Error(), "what was recorded does not change") {
				t.Errorf("%s: %v", q, err)
			}
		}
		for table, columns := range map[string][]string{
			"events":             {"id", "chain", "seq", "kind", "at", "actor", "client_id", "project_id", "subject", "person_id", "audience", "particulars", "hash", "section", "address", "told", "seal"},
			"approval_decisions": {"id", "answer", "person_id", "note", "content", "at", "email", "proof", "role", "undoes"},
			"approval_verdicts":  {"sha256", "verdict", "note"}, "approval_call_changes": {"note"},
			"approval_calls": {"answer", "note", "content", "said_at", "noted_by", "person_id"},
			"signoff_lines":  {"sha256", "title", "kind"}, "signoffs": {"name", "statement", "state", "revision"},
			"certificates": {"content", "subject_id", "blob", "made_at"},
			"daily_heads":  {"digest", "signature"}, "chain_heads": {"head", "seq"},
		} {
			refused(`DELETE FROM ` + table)
			for _, c := range columns {
				refused(`UPDATE ` + table + ` SET ` + c + ` = ` + c)
			}
		}
		write(t, w, `UPDATE events SET shown = 0`)
		write(t, w, `UPDATE approval_calls SET state = 'void', ended_at = 7, ended_by = NULL, reply = ''`)
	})
}

// banner is the version of a file that the client may be asked about.
func banner(t *testing.T, w *portaltest.World) []portal.VersionID {
	t.Helper()
	_, versions := banners(t, w, 1)
	return versions
}

// Whoever exchanges what was decided on, with all the rows that name it, is found: a
// blob with its version, and what a deliverable says and leads to.
func TestVerifyNamesWhatWasExchanged(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		byHand(t, w, `DELETE FROM events`)
		byHand(t, w, `DELETE FROM event_chains`)
		tom := w.As(w.Tom)
		d := must[portal.DeliverableID](t)(tom.AddDeliverable(ctx, w.Site, portal.NewDeliverable{Title: "Banner", Body: "As agreed", Audience: portal.ClientSide}))
		must[portal.LinkID](t)(tom.AddLink(ctx, d, "Prototype", "https://example.com/a"))
		files, versions := banners(t, w, 1)
		if err := tom.Attach(ctx, portal.ItemID(d), files[0]); err != nil {
			t.Fatal(err)
		}
		a := toApprove(t, w, portal.NewApproval{Deliverable: d, Checklist: []string{"The date", "The name"}})
		verify := func(parts ...string) {
			t.Helper()
			_, breaks, err := portal.VerifyChains(ctx, w.DB)
			if err != nil {
				t.Fatal(err)
			}
			if len(parts) == 0 {
				if len(breaks) > 0 {
					t.Fatalf("verify says %v", breaks)
				}
				return
			}
			if len(breaks) != 1 {
				t.Fatalf("verify says %v, want one with %v", breaks, parts)
			}
			for _, p := range parts {
				if !strings.Contains(breaks[0].String(), p) {
					t.Errorf("verify says %v, want it to say %q", breaks[0], p)
				}
			}
		}
		verify()
		exchange := func(q, back string, parts ...string) {
			t.Helper()
			byHand(t, w, q)
			verify(parts...)
			byHand(t, w, back)
			verify()
		}
		look := func() {
			t.Helper()
			of := "the deliverable " + string(d) + " is not what was decided on in " + string(a.ID) + ": "
			exchange(`UPDATE deliverables SET title = 'Poster' WHERE title = 'Banner'`, `UPDATE deliverables SET title = 'Banner' WHERE title = 'Poster'`, of+"title")
			exchange(`UPDATE deliverables SET body = 'As we like' WHERE title = 'Banner'`, `UPDATE deliverables SET body = 'As agreed' WHERE title = 'Banner'`, of+"text")
			exchange(`UPDATE deliverable_links SET url = 'https://example.com/b' WHERE title = 'Prototype'`, `UPDATE deliverable_links SET url = 'https://example.com/a' WHERE title = 'Prototype'`, of+"links")
			exchange(`UPDATE versions SET sha256 = '`+strings.Repeat("b", 64)+`' WHERE id = '`+string(versions[0])+`'`, `UPDATE versions SET sha256 = '`+strings.Repeat("a", 64)+`' WHERE id = '`+string(versions[0])+`'`,
				"the version "+string(versions[0])+" has another hash than in "+string(a.ID))
			exchange(`UPDATE approvals SET about = REPLACE(about, 'As agreed', 'As we like') WHERE id = '`+string(a.ID)+`'`, `UPDATE approvals SET about = REPLACE(about, 'As we like', 'As agreed') WHERE id = '`+string(a.ID)+`'`,
				"the row "+string(a.ID)+" is not what was recorded: the hash of what was decided on")
		}
		look()
		in := yes(a)
		in.Checked = []int{1, 2}
		if err := w.As(w.Cleo).Decide(ctx, a.ID, in); err != nil {
			t.Fatal(err)
		}
		look()
		// Sent back, what the deliverable says may change.
		if err := w.As(w.Cleo).Undo(ctx, a.ID); err != nil {
			t.Fatal(err)
		}
		if err := w.As(w.Cleo).Decide(ctx, a.ID, portal.ApprovalAnswer{Answer: portal.AnswerChanges, Note: "Other words", Content: a.Content}); err != nil {
			t.Fatal(err)
		}
		x := must[portal.Deliverable](t)(tom.Deliverable(ctx, d))
		if err := tom.ChangeDeliverable(ctx, d, portal.DeliverableChange{Title: "Banner", Body: "In other words", Revision: x.Revision}); err != nil {
			t.Fatal(err)
		}
		verify()
	})
}
