package portal_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// answerToken is the token of the link in the last mail to somebody about an
// approval.
func answerToken(t *testing.T, w *portaltest.World, id portal.ApprovalID, who portal.PersonID) string {
	t.Helper()
	for _, m := range mails(t, w) { // the newest first
		if m.Subject == string(id) && m.Person == who {
			return w.Accounts.Token(account.PurposeApproval, string(m.ID))
		}
	}
	t.Fatalf("no mail about %s to %s", id, who)
	return ""
}

// leads fails unless the link of a token is in the state; empty: it leads nowhere.
func leads(t *testing.T, w *portaltest.World, what, token string, want portal.AnswerState) *portal.ApprovalLink {
	t.Helper()
	l, err := w.Portal.OpenApprovalLink(ctx, token)
	switch {
	case want == "":
		wants(t, what, err, portal.ErrNotFound)
	case err != nil:
		t.Errorf("%s: %v", what, err)
	case l.State != want:
		t.Errorf("%s: the link is %s, want %s", what, l.State, want)
	}
	return l
}

func mailed(a portal.Approval) portal.ApprovalAnswer {
	in := yes(a)
	in.Proof = portal.ProofMail
	return in
}

// The links of a deliverable are decided on, so that whoever decides by a mail sees them
// on whatever device.
func TestApprovalLinkShowsLinks(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		decides(t, w)
		d := w.Items[w.Site][portal.ClientSide].Deliverable
		must[portal.LinkID](t)(w.As(w.Mia).AddLink(ctx, d, "Prototype", "https://example.test/prototype"))
		a := toApprove(t, w, portal.NewApproval{Deliverable: d})
		of, err := leads(t, w, "asked", answerToken(t, w, a.ID, w.Cleo), portal.AnswerAwaited).Asked(ctx, false)
		if err != nil || of.Deliverable == nil || !slices.ContainsFunc(of.About.Links, func(l portal.AboutLink) bool { return l.URL == "https://example.test/prototype" }) {
			t.Errorf("it shows %+v, %v", of.About, err)
		}
	})
}

// A mailed link does one thing for one person, for as long as that is awaited of
// them, and whatever ends that ends the link.
func TestApprovalLink(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		decides(t, w)
		files, versions := banners(t, w, 2)
		both := []portal.NewStage{{Rule: portal.RuleEveryone, People: []portal.PersonID{w.Cleo, w.Bea}}}
		a := toApprove(t, w, portal.NewApproval{Versions: versions, Stages: both, Checklist: []string{"Prices"}})
		token := answerToken(t, w, a.ID, w.Cleo)
		l := leads(t, w, "asked", token, portal.AnswerAwaited)
		if l.Person != w.Cleo || l.Approval.Team() || l.Approval.CreatedBy != "" {
			t.Errorf("it shows what the team sees: %+v", l.Approval)
		}
		of, err := l.Asked(ctx, true)
		if err != nil || len(of.Subjects) != 2 || of.Subjects[0].SHA256 == "" || len(of.People) != 2 {
			t.Errorf("what it shows: %+v, %v", of, err)
		}
		if of, err = l.Asked(ctx, false); err != nil || len(of.Subjects) != 2 || of.About != nil || len(of.People)+len(of.Stages)+len(of.Verdicts) != 0 {
			t.Errorf("what it shows of a forwarded mail: %+v, %v", of, err)
		}
		for _, bad := range []string{"", "x", token[:len(token)-1], token + "x", w.Accounts.Token(account.PurposeApproval, string(a.ID)), w.Accounts.Token(account.PurposeShareLink, string(a.ID))} {
			leads(t, w, "the token "+bad, bad, "")
		}
		// Opening it again and again uses nothing up.
		var before, after int64
		row(t, w, `SELECT COUNT(*) FROM events`, &before)
		for range 5 {
			leads(t, w, "opened again", token, portal.AnswerAwaited)
		}
		if row(t, w, `SELECT COUNT(*) FROM events`, &after); after != before {
			t.Error("opening is recorded")
		}
		stands(t, w, a.ID, portal.ApprovalOpen)
		// The answer goes through the one door.
		wants(t, "an answer without its proof", l.Decide(ctx, yes(a)), portal.ErrForbidden)
		in := mailed(a)
		refuses(t, "Check of unticked points", l.Check(ctx, in), "checklist", "tick_all")
		refuses(t, "unticked points", l.Decide(ctx, in), "checklist", "tick_all")
		in.Checked = []int{1}
		stale := in
		stale.Content = "something else"
		wants(t, "Check of something else", l.Check(ctx, stale), portal.ErrConflict)
		wants(t, "an answer to something else", l.Decide(ctx, stale), portal.ErrConflict)
		// Thirty at once: one answer.
		var wg sync.WaitGroup
		var mu sync.Mutex
		n := 0
		for range 30 {
			wg.Go(func() {
				l, err := w.Portal.OpenApprovalLink(ctx, token)
				if err == nil {
					err = l.Decide(ctx, in)
				}
				if err == nil {
					mu.Lock()
					n++
					mu.Unlock()
				} else if !errors.Is(err, portal.ErrConflict) {
					t.Error(err)
				}
			})
		}
		if wg.Wait(); n != 1 {
			t.Errorf("%d answers were taken", n)
		}
		d := must[[]portal.ApprovalDecision](t)(w.As(w.Tom).ApprovalDecisions(ctx, a.ID))
		if len(d) != 1 || d[0].Person != w.Cleo || d[0].Proof != portal.ProofMail || d[0].Content != a.Content {
			t.Errorf("decisions: %+v", d)
		}
		for _, x := range must[[]portal.ApprovalPerson](t)(w.As(w.Bea).ApprovalPeople(ctx, a.ID)) {
			if x.Person == w.Cleo && x.Proof != portal.ProofMail {
				t.Errorf("a colleague is told of the proof: %q", x.Proof)
			}
		}
		done := leads(t, w, "answered", token, portal.AnswerGiven)
		wants(t, "a second answer", done.Decide(ctx, in), portal.ErrConflict)
		_, err = done.Picture(ctx, 1, "thumb", 0)
		wants(t, "a picture afterwards", err, portal.ErrNotFound)
		// Taken back where it was given, and nowhere else.
		wants(t, "Undo elsewhere", done.Undo(ctx, ""), portal.ErrForbidden)
		pass := done.Pass()
		bea := leads(t, w, "Bea's", answerToken(t, w, a.ID, w.Bea), portal.AnswerAwaited)
		wants(t, "Undo with another link's pass", bea.Undo(ctx, pass), portal.ErrForbidden)
		if until, err := done.MayUndo(ctx); err != nil || until.IsZero() {
			t.Errorf("MayUndo: %v, %v", until, err)
		}
		if err := done.Undo(ctx, pass); err != nil {
			t.Fatal(err)
		}
		l = leads(t, w, "taken back", token, portal.AnswerAwaited)
		if l.Passed(pass) {
			t.Error("the pass outlives its answer")
		}
		// Each mail has a link of its own, with a life of its own.
		w.Clock.Advance(13 * 24 * time.Hour)
		if err := w.As(w.Tom).Remind(ctx, a.ID); err != nil {
			t.Fatal(err)
		}
		reminder := answerToken(t, w, a.ID, w.Cleo)
		w.Clock.Advance(25 * time.Hour)
		l = leads(t, w, "after two weeks", token, portal.AnswerExpired)
		wants(t, "an answer with an old link", l.Decide(ctx, in), portal.ErrConflict)
		leads(t, w, "the reminder's", reminder, portal.AnswerAwaited)

		// What ends it, and what brings it back.
		for _, c := range []struct {
			what     string
			end      func() error
			want     portal.AnswerState
			again    func() error
			restored portal.AnswerState
		}{
			{"another address", func() error {
				write(t, w, `UPDATE persons SET email_key = 'cleo@elsewhere.test' WHERE id = $1`, string(w.Cleo))
				return nil
			}, "",
				func() error {
					write(t, w, `UPDATE persons SET email_key = 'cleo@cleo.test' WHERE id = $1`, string(w.Cleo))
					return nil
				}, portal.AnswerAwaited},
			{"disabled", func() error {
				write(t, w, `UPDATE persons SET disabled_at = 1 WHERE id = $1`, string(w.Cleo))
				return nil
			}, "",
				func() error {
					write(t, w, `UPDATE persons SET disabled_at = NULL WHERE id = $1`, string(w.Cleo))
					return nil
				}, portal.AnswerAwaited},
			{"the section", func() error { sections(t, w, 0, int64(portal.SectionApprovals)); return nil }, "", func() error { sections(t, w, int64(portal.SectionApprovals), 0); return nil }, portal.AnswerAwaited},
			{"without the right", func() error {
				write(t, w, `UPDATE client_users SET rights = rights & ~32 WHERE id = $1`, string(w.CleoUser))
				w.Regrant()
				return nil
			}, portal.AnswerOver,
				func() error {
					write(t, w, `UPDATE client_users SET rights = rights | 32 WHERE id = $1`, string(w.CleoUser))
					w.Regrant()
					return nil
				}, portal.AnswerAwaited},
			{"a newer version", func() error {
				bring(t, w, w.Tom, portal.NewUpload{Project: w.Site, File: files[0], Name: "banner.png", Audience: portal.ClientSide})
				return nil
			}, portal.AnswerOver, nil, ""},
			// What was ended stays so.
			{"suspended", func() error { return w.As(w.Ada).Suspend(ctx, w.CleoUser) }, "", func() error { return w.As(w.Ada).Resume(ctx, w.CleoUser) }, ""},
		} {
			if err := c.end(); err != nil {
				t.Fatalf("%s: %v", c.what, err)
			}
			leads(t, w, c.what, reminder, c.want)
			if c.again == nil {
				continue
			}
			if err := c.again(); err != nil {
				t.Fatalf("%s: %v", c.what, err)
			}
			leads(t, w, c.what+", no longer", reminder, c.restored)
		}
		if err := w.Portal.ForgetLinks(ctx); err != nil {
			t.Fatal(err)
		}

		// Cancelled, and decided by somebody else.
		_, more := banners(t, w, 1)
		any := []portal.NewStage{{People: []portal.PersonID{w.Cleo, w.Bea}}}
		b := toApprove(t, w, portal.NewApproval{Versions: more, Stages: any})
		token = answerToken(t, w, b.ID, w.Cleo)
		l = leads(t, w, "a second one", token, portal.AnswerAwaited)
		if err := w.As(w.Bea).Decide(ctx, b.ID, yes(b)); err != nil {
			t.Fatal(err)
		}
		wants(t, "an answer after somebody else's", l.Decide(ctx, mailed(b)), portal.ErrConflict)
		leads(t, w, "decided by a colleague", token, portal.AnswerOver)
		c := toApprove(t, w, portal.NewApproval{Versions: more})
		token = answerToken(t, w, c.ID, w.Cleo)
		l = leads(t, w, "a third one", token, portal.AnswerAwaited)
		if err := w.As(w.Tom).CancelApproval(ctx, c.ID); err != nil {
			t.Fatal(err)
		}
		wants(t, "an answer after it was cancelled", l.Decide(ctx, mailed(c)), portal.ErrConflict)
		leads(t, w, "cancelled", token, portal.AnswerOver)

		// A link is for the stage that it was mailed in; the team's mails have none.
		two := []portal.NewStage{{Of: portal.Team, People: []portal.PersonID{w.Mia}}, {People: []portal.PersonID{w.Cleo, w.Bea}}, {People: []portal.PersonID{w.Cleo}}}
		e := toApprove(t, w, portal.NewApproval{Versions: more, Stages: two})
		leads(t, w, "the team's", answerToken(t, w, e.ID, w.Mia), "")
		if err := w.As(w.Mia).Decide(ctx, e.ID, yes(e)); err != nil {
			t.Fatal(err)
		}
		first := answerToken(t, w, e.ID, w.Cleo)
		l = leads(t, w, "the first stage", first, portal.AnswerAwaited)
		if err := w.As(w.Bea).Decide(ctx, e.ID, yes(e)); err != nil {
			t.Fatal(err)
		}
		wants(t, "an answer in the next stage", l.Decide(ctx, mailed(e)), portal.ErrConflict)
		leads(t, w, "the first stage, over", first, portal.AnswerOver)
		leads(t, w, "the second stage", answerToken(t, w, e.ID, w.Cleo), portal.AnswerAwaited)

		// Portal access off, and removal.
		second := answerToken(t, w, e.ID, w.Cleo)
		if _, err := w.As(w.Ada).Remove(ctx, w.CleoUser); err != nil {
			t.Fatal(err)
		}
		leads(t, w, "removed", second, "")
		if err := w.DB.Write(ctx, func(d *db.Tx) (err error) {
			if _, err = w.Accounts.Disable(ctx, d, account.PersonID(w.Bea)); err == nil {
				err = w.Accounts.Enable(ctx, d, account.PersonID(w.Bea))
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for who, links := range map[portal.PersonID]int{w.Cleo: 0, w.Bea: 0} {
			var n int
			row(t, w, `SELECT COUNT(*) FROM approval_links WHERE person_id = '`+string(who)+`'`, &n)
			if n != links {
				t.Errorf("%s has %d links left", who, n)
			}
		}
	})
}

func row(t *testing.T, w *portaltest.World, q string, dest ...any) {
	t.Helper()
	if err := w.DB.QueryRow(context.Background(), q).Scan(dest...); err != nil {
		t.Fatal(err)
	}
}
