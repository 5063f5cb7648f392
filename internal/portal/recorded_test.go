package portal_test

import (
	"strings"
	"testing"
	"time"

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
			"events":             {"id", "chain", "seq", "kind", "at", "actor", "client_id", "project_id", "subject", "person_id", "audience", "particulars", "hash", "section", "address", "told", "seal", "called"},
			"approval_decisions": {"id", "answer", "person_id", "note", "content", "at", "email", "proof", "role", "undoes"},
			"approval_verdicts":  {"sha256", "verdict", "note"}, "approval_call_changes": {"note"},
			"approval_calls": {"answer", "note", "content", "said_at", "noted_by", "person_id"},
			"signoff_lines":  {"sha256", "title", "kind"}, "signoffs": {"name", "statement", "state", "revision"},
			"certificates": {"content", "subject_id", "blob", "made_at"},
			"daily_heads":  {"digest", "signature"}, "chain_heads": {"head", "seq"},
		} {
			refused(`DELETE FROM ` + table)
			if w.DB.Dialect() == db.PostgreSQL {
				refused(`TRUNCATE ` + table + ` CASCADE`)
			}
			for _, c := range columns {
				refused(`UPDATE ` + table + ` SET ` + c + ` = ` + c)
			}
		}
		write(t, w, `UPDATE events SET shown = 0`)
		write(t, w, `UPDATE approval_calls SET state = 'void', ended_at = 7, ended_by = NULL, reply = ''`)
	})
}

// An answer that is not taken is in the record, with why, and no oftener than anybody
// reads, but that there were more; what somebody sent twice is not, nor is whoever does not see what they ask.
func TestRefusedAnswersAreRecorded(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		a := toApprove(t, w, portal.NewApproval{Versions: banner(t, w)})
		refusals := func(subject, why string) (n int) {
			t.Helper()
			row(t, w, `SELECT COUNT(*) FROM events WHERE kind = 'answer_refused' AND project_id IS NULL AND subject = '`+subject+`' AND particulars = '{"title":"`+a.Title+`","why":"`+why+`"}'`, &n)
			return n
		}
		stale := yes(a)
		stale.Content = strings.Repeat("0", 64)
		wants(t, "of something older", w.As(w.Cleo).Decide(ctx, a.ID, stale), portal.ErrConflict)
		wants(t, "of who is not asked", w.As(w.Bea).Decide(ctx, a.ID, yes(a)), portal.ErrForbidden)
		wants(t, "of who does not see it", w.As(w.Carl).Decide(ctx, a.ID, yes(a)), portal.ErrNotFound)
		if s, f := refusals(string(a.ID), "stale"), refusals(string(a.ID), "forbidden"); s != 1 || f != 1 {
			t.Errorf("%d stale, %d forbidden", s, f)
		}
		for range 20 {
			wants(t, "again", w.As(w.Cleo).Decide(ctx, a.ID, stale), portal.ErrConflict)
		}
		if n := refusals(string(a.ID), "stale"); n != 10 {
			t.Errorf("%d are recorded in an hour", n)
		}
		more := func() (n int) {
			t.Helper()
			row(t, w, `SELECT COUNT(*) FROM events WHERE kind = 'more_refused' AND project_id IS NULL AND actor = '`+string(w.Cleo)+`' AND subject = '`+string(a.ID)+`' AND particulars = '{"title":"`+a.Title+`","why":"stale"}'`, &n)
			return n
		}
		if n := more(); n != 1 {
			t.Errorf("that there were more is said %d times", n)
		}
		wants(t, "of another, who has a count of their own", w.As(w.Bea).Decide(ctx, a.ID, yes(a)), portal.ErrForbidden)
		if n := refusals(string(a.ID), "forbidden"); n != 2 {
			t.Errorf("%d of another", n)
		}
		w.Clock.Advance(2 * time.Hour)
		if err := w.As(w.Cleo).Decide(ctx, a.ID, yes(a)); err != nil {
			t.Fatal(err)
		}
		wants(t, "sent twice", w.As(w.Cleo).Decide(ctx, a.ID, yes(a)), portal.ErrConflict)
		if n, m := refusals(string(a.ID), "stale"), more(); n != 10 || m != 1 {
			t.Errorf("%d and %d, after it was sent twice", n, m)
		}
		a.Title = "Site"
		row(t, w, `SELECT name FROM projects WHERE id = '`+string(w.Site)+`'`, &a.Title)
		s := askedToSign(t, w, "")
		_, signature := lookedAt(t, w, w.Cleo, s)
		signature.Content = "older"
		wants(t, "a signature under something older", w.As(w.Cleo).SignOff(ctx, s.ID, signature), portal.ErrConflict)
		wants(t, "and before a proof is asked for", w.As(w.Cleo).CheckSignature(ctx, s, "older"), portal.ErrConflict)
		if n := refusals(string(s.ID), "stale"); n != 2 {
			t.Errorf("%d signatures that were not taken", n)
		}
	})
}

// A day's head bears the signature of the key: whoever makes it anew, and has not the
// key, is found, and days of an earlier key are told apart.
func TestDailyHeadIsSigned(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		sign := func(key string) func(string) (string, error) {
			return func(text string) (string, error) { return key + text, nil }
		}
		signed := func(text, signature string) bool { return signature == "new "+text }
		for _, key := range []string{"old ", "new ", "new "} {
			w.Clock.Advance(24 * time.Hour)
			must[portal.TaskID](t)(w.As(w.Mia).AddTask(ctx, w.Site, portal.NewTask{Title: "Another"}))
			w.Portal.SignHeads(sign(key))
			if err := w.Portal.KeepDailyHead(ctx); err != nil {
				t.Fatal(err)
			}
		}
		last, wrong, strange, err := portal.VerifyHeads(ctx, w.DB, signed)
		if err != nil || len(wrong) > 0 || strange != 1 || !signed(last.Signs(), last.Signature) || !strings.Contains(last.Signs(), last.Digest) || !strings.Contains(last.Signs(), last.Day) {
			t.Fatalf("%+v, wrong %v, strange %d, %v", last, wrong, strange, err)
		}
		if h := must[portal.DailyHead](t)(w.Portal.DailyHead(ctx, last.Day)); h.Signature != last.Signature {
			t.Errorf("it is mailed as %+v", h)
		}
		byHand(t, w, `UPDATE daily_heads SET signature = 'mine' WHERE day = $1`, last.Day)
		if _, wrong, _, err := portal.VerifyHeads(ctx, w.DB, signed); err != nil || len(wrong) != 1 || wrong[0] != last.Day {
			t.Errorf("wrong %v, %v", wrong, err)
		}
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
			if len(breaks) != len(parts) {
				t.Fatalf("verify says %v, want %v", breaks, parts)
			}
			for i, p := range parts {
				if !strings.Contains(breaks[i].String(), p) {
					t.Errorf("verify says %v, want it to say %q", breaks[i], p)
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
			exchange(`UPDATE deliverables SET title = 'Poster' WHERE title = 'Banner'`, `UPDATE deliverables SET title = 'Banner' WHERE title = 'Poster'`, "the row "+string(d)+" is not what was recorded: text", of+"title")
			exchange(`UPDATE deliverables SET body = 'As we like' WHERE title = 'Banner'`, `UPDATE deliverables SET body = 'As agreed' WHERE title = 'Banner'`, "the row "+string(d)+" is not what was recorded: text", of+"text")
			exchange(`UPDATE deliverable_links SET url = 'https://example.com/b' WHERE title = 'Prototype'`, `UPDATE deliverable_links SET url = 'https://example.com/a' WHERE title = 'Prototype'`, of+"links")
			exchange(`UPDATE versions SET sha256 = '`+strings.Repeat("b", 64)+`' WHERE id = '`+string(versions[0])+`'`, `UPDATE versions SET sha256 = '`+strings.Repeat("a", 64)+`' WHERE id = '`+string(versions[0])+`'`,
				"the row "+string(versions[0])+" is not what was recorded: version", "the version "+string(versions[0])+" has another hash than in "+string(a.ID))
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
