package portal_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// signoffReads are the reads of sign-offs and certificates.
func signoffReads(items func(*portaltest.World, portal.ProjectID) []portaltest.Items, each func(func(portaltest.Items) (any, error), []portaltest.Items) (any, error)) []read {
	type world = portaltest.World
	return []read{
		{"Signoff", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			return each(func(i portaltest.Items) (any, error) {
				s, err := me.Signoff(ctx, i.Signoff)
				if err != nil {
					return nil, err
				}
				lines, _, err := me.SignoffLines(ctx, s)
				c, err2 := me.Certificate(ctx, string(i.Signoff))
				looks, err3 := me.SignoffLooks(ctx, s.ID)
				return []any{s, lines, c, looks}, errors.Join(err, err2, err3)
			}, items(w, p))
		}},
		{"Signoffs", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			in, _, err := me.ProjectSignoffs(ctx, p, portal.Page{})
			of, _, err2 := me.ClientSignoffs(ctx, w.Acme, portal.Page{})
			all, _, err3 := me.BoardSignoffs(ctx, portal.SignoffDone, "", portal.Page{})
			about, _, err4 := me.SubjectSignoffs(ctx, string(p), portal.Page{})
			papers, _, err5 := me.Certificates(ctx, p, portal.Page{})
			preview, err6 := me.SignoffPreview(ctx, p, string(p))
			previews := []any{preview}
			for _, i := range items(w, p) {
				m, err := me.SignoffPreview(ctx, p, string(i.Milestone))
				d, err2 := me.SignoffPreview(ctx, p, string(i.Deliverable))
				if err := errors.Join(err, err2); err != nil {
					return nil, err
				}
				previews = append(previews, m, d)
			}
			n, err7 := me.CountSignoffs(ctx, portal.SignoffDone, "")
			return []any{in, of, all, n, about, papers, previews}, errors.Join(err, err2, err3, err4, err5, err6, err7)
		}},
	}
}

// handedOver is a deliverable of Site with a banner that Cleo approved, in a
// milestone, and the task that is still open there.
func handedOver(t *testing.T, w *portaltest.World) (d portal.DeliverableID, m portal.MilestoneID, v portal.VersionID) {
	t.Helper()
	tom := w.As(w.Tom)
	m = must[portal.MilestoneID](t)(tom.AddMilestone(ctx, w.Site, portal.NewMilestone{Title: "Launch", Audience: portal.ClientSide}))
	d = must[portal.DeliverableID](t)(tom.AddDeliverable(ctx, w.Site, portal.NewDeliverable{Title: "Banner set", Milestone: m, Audience: portal.ClientSide}))
	must[portal.TaskID](t)(tom.AddTask(ctx, w.Site, portal.NewTask{Title: "Check the colours", Milestone: m, Audience: portal.ClientSide}))
	must[portal.TaskID](t)(tom.AddTask(ctx, w.Site, portal.NewTask{Title: "Ours alone", Milestone: m}))
	files, versions := banners(t, w, 1)
	if err := tom.Attach(ctx, portal.ItemID(d), files[0]); err != nil {
		t.Fatal(err)
	}
	a := toApprove(t, w, portal.NewApproval{Deliverable: d})
	if err := w.As(w.Cleo).Decide(ctx, a.ID, yes(a)); err != nil {
		t.Fatal(err)
	}
	return d, m, versions[0]
}

func askedToSign(t *testing.T, w *portaltest.World, subject string, points ...string) portal.Signoff {
	t.Helper()
	id := must[portal.SignoffID](t)(w.As(w.Tom).AskSignoff(ctx, portal.NewSignoff{Project: w.Site, Subject: subject, Statement: "I accept it.", Points: points}))
	return must[portal.Signoff](t)(w.As(w.Cleo).Signoff(ctx, id))
}

// lookedAt is what somebody is shown to sign.
func lookedAt(t *testing.T, w *portaltest.World, who portal.PersonID, s portal.Signoff) ([]portal.SignoffLine, portal.Signature) {
	t.Helper()
	lines, content, err := w.As(who).SignoffLines(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	return lines, portal.Signature{Name: "Cleo Łódź (Γειά) 🎉", Content: content, Proof: "password"}
}

func kindsOf(lines []portal.SignoffLine) (all []string) {
	for _, l := range lines {
		all = append(all, strings.TrimSuffix(string(l.Kind)+"-"+l.Why, "-"))
	}
	return all
}

func TestSignOff(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		d, m, v := handedOver(t, w)
		n := portal.NewSignoff{Project: w.Site, Subject: string(m), Statement: "I accept it.", Points: []string{"Photos follow"}}
		for who, want := range map[portal.PersonID]error{w.Cleo: portal.ErrForbidden, w.Dan: portal.ErrNotFound, w.Carl: portal.ErrNotFound, w.Rex: portal.ErrNotFound, "": portal.ErrSignedOut} {
			_, err := w.As(who).AskSignoff(ctx, n)
			wants(t, "AskSignoff as "+string(who), err, want)
		}
		_, err := w.As(w.Tom).AskSignoff(ctx, portal.NewSignoff{Project: w.Site, Subject: string(w.Items[w.Shop][portal.ClientSide].Milestone), Statement: "x"})
		refuses(t, "of another project", err, "subject", "choice")
		_, err = w.As(w.Tom).AskSignoff(ctx, portal.NewSignoff{Project: w.Site, Subject: string(w.Items[w.Site][portal.Team].Milestone), Statement: "x"})
		refuses(t, "of what the client does not see", err, "subject", "not_shown")
		_, err = w.As(w.Tom).AskSignoff(ctx, portal.NewSignoff{Project: w.Site, Subject: string(w.Items[w.Site][portal.ClientSide].Deliverable), Statement: "x"})
		refuses(t, "of what was not approved", err, "subject", "not_approved")

		s := askedToSign(t, w, string(m), "Photos follow")
		if !s.MaySign() || s.Of() != "milestone" {
			t.Errorf("asked: %+v", s)
		}
		_, err = w.As(w.Tom).AskSignoff(ctx, n)
		wants(t, "asked twice", err, portal.ErrConflict)
		if needs := must[[]portal.Need](t)(w.As(w.Cleo).Needs(ctx, "", 0)); !slices.ContainsFunc(needs, func(n portal.Need) bool { return n.Kind == "signoff" && n.Item == portal.ItemID(s.ID) }) ||
			slices.ContainsFunc(needs, func(n portal.Need) bool { return n.Item == portal.ItemID(m) }) {
			t.Errorf("Cleo needs to %v", needs)
		}
		if needs := must[[]portal.Need](t)(w.As(w.Bea).Needs(ctx, "", 0)); slices.ContainsFunc(needs, func(n portal.Need) bool { return n.Kind == "signoff" }) {
			t.Error("who may not sign off is asked to")
		}
		if err := w.As(w.Cleo).MarkSeen(ctx, portal.ItemID(s.ID)); err != nil {
			t.Fatal(err)
		}
		lines, signature := lookedAt(t, w, w.Cleo, s)
		if got := kindsOf(lines); !slices.Equal(got, []string{"deliverable", "version", "open-task", "open-said"}) || lines[1].Version != v || len(lines[1].SHA256) != 64 {
			t.Errorf("to sign: %v %+v", got, lines)
		}
		for who, want := range map[portal.PersonID]error{w.Tom: portal.ErrForbidden, w.Bea: portal.ErrForbidden, w.Dan: portal.ErrNotFound, w.Carl: portal.ErrNotFound, w.Rex: portal.ErrNotFound, "": portal.ErrSignedOut} {
			wants(t, "SignOff as "+string(who), w.As(who).SignOff(ctx, s.ID, signature), want)
			wants(t, "DeclineSignoff as "+string(who), w.As(who).DeclineSignoff(ctx, s.ID, "no"), want)
		}
		wants(t, "WithdrawSignoff as Cleo", w.As(w.Cleo).WithdrawSignoff(ctx, s.ID), portal.ErrForbidden)
		nameless := signature
		nameless.Name = " "
		refuses(t, "without a name", w.As(w.Cleo).SignOff(ctx, s.ID, nameless), "name", "required")
		unproved := signature
		unproved.Proof = ""
		refuses(t, "without a proof", w.As(w.Cleo).SignOff(ctx, s.ID, unproved), "proof", "choice")

		// What was looked at is what is signed.
		must[portal.TaskID](t)(w.As(w.Tom).AddTask(ctx, w.Site, portal.NewTask{Title: "One more", Milestone: m, Audience: portal.ClientSide}))
		wants(t, "the list of before", w.As(w.Cleo).SignOff(ctx, s.ID, signature), portal.ErrConflict)
		_, signature = lookedAt(t, w, w.Cleo, s)

		var wg sync.WaitGroup
		results := make(chan error, 30)
		for range 30 {
			wg.Go(func() { results <- w.As(w.Cleo).SignOff(ctx, s.ID, signature) })
		}
		wg.Wait()
		close(results)
		signed := 0
		for err := range results {
			if err == nil {
				signed++
			} else if !errors.Is(err, portal.ErrConflict) {
				t.Errorf("a signature: %v", err)
			}
		}
		if signed != 1 {
			t.Fatalf("%d signatures of 30 at once", signed)
		}
		s = must[portal.Signoff](t)(w.As(w.Tom).Signoff(ctx, s.ID))
		if s.State != portal.SignoffDone || s.Name != signature.Name || s.Email != "cleo@cleo.test" || s.Company == "" || s.Content != signature.Content || s.ViewedAt.IsZero() {
			t.Errorf("signed: %+v", s)
		}
		wants(t, "withdrawn after it", w.As(w.Tom).WithdrawSignoff(ctx, s.ID), portal.ErrConflict)
		wants(t, "declined after it", w.As(w.Cleo).DeclineSignoff(ctx, s.ID, "no"), portal.ErrConflict)
		_, err = w.As(w.Tom).AskSignoff(ctx, n)
		wants(t, "asked after it", err, portal.ErrConflict)
		wants(t, "the milestone deleted", w.As(w.Ada).DeleteMilestone(ctx, m), portal.ErrConflict)
		if x := must[portal.Deliverable](t)(w.As(w.Tom).Deliverable(ctx, d)); x.State != portal.StateSignedOff {
			t.Errorf("the deliverable is %s", x.State)
		}
		if x := must[portal.Milestone](t)(w.As(w.Tom).Milestone(ctx, m)); !x.Reached() || x.Turn != portal.Team {
			t.Errorf("the milestone: %+v", x)
		}
		kept := must[[]portal.SignoffLine](t)(func() ([]portal.SignoffLine, error) { l, _, err := w.As(w.Cleo).SignoffLines(ctx, s); return l, err }())
		if got := kindsOf(kept); !slices.Equal(got, []string{"deliverable", "version", "open-task", "open-task", "open-said"}) || kept[1].SHA256 != strings.Repeat("a", 64) {
			t.Errorf("kept: %v", got)
		}
		c := must[portal.Certificate](t)(w.As(w.Cleo).Certificate(ctx, string(s.ID)))
		if c.Made() || c.Record.Signers[0].Name != signature.Name || len(c.Record.Lines) != 5 {
			t.Errorf("the certificate: %+v", c)
		}
		var said []string
		for _, x := range c.Record.Timeline {
			said = append(said, x.What)
		}
		if want := []string{"requested", "viewed", "approved", "asked", "viewed", "signed"}; !slices.Equal(said, want) {
			t.Errorf("the timeline is %v, want %v", said, want)
		}
		for _, who := range []portal.PersonID{w.Dan, w.Carl, w.Rex, w.Eve} {
			_, err := w.As(who).Certificate(ctx, string(s.ID))
			wants(t, "Certificate as "+string(who), err, portal.ErrNotFound)
		}
		if err := w.Portal.KeepCertificate(ctx, c.ID, "blb_x", strings.Repeat("d", 64), 9); err != nil {
			t.Fatal(err)
		}
		wants(t, "the paper kept twice", w.Portal.KeepCertificate(ctx, c.ID, "blb_y", strings.Repeat("e", 64), 9), portal.ErrGone)
		if st := must[portal.Stored](t)(w.As(w.Bea).TakeCertificate(ctx, string(s.ID))); st.Blob != "blb_x" {
			t.Errorf("Bea takes %+v", st)
		}
		if x := must[portal.Certificate](t)(w.Portal.CertificateByCode(ctx, c.Code)); x.ID != c.ID {
			t.Errorf("by its code: %+v", x)
		}
		if x := must[portal.Certificate](t)(w.Portal.CertificateByHash(ctx, strings.Repeat("d", 64))); x.ID != c.ID {
			t.Errorf("by its hash: %+v", x)
		}
		for _, code := range []string{"", string(c.ID), c.Code + "x", c.Code[:len(c.Code)-1]} {
			_, err := w.Portal.CertificateByCode(ctx, code)
			wants(t, "by "+code, err, portal.ErrNotFound)
		}
	})
}

// stillOpen are the open points of a sign-off of the project, as somebody sees them: why,
// and what they are called.
func stillOpen(t *testing.T, w *portaltest.World, who portal.PersonID, subject string) (all []string) {
	t.Helper()
	for _, l := range must[[]portal.SignoffLine](t)(w.As(who).SignoffPreview(ctx, w.Site, subject)) {
		if l.Kind == portal.LineOpen {
			all = append(all, l.Why+" "+l.Title)
		}
	}
	return all
}

// Whoever signs is shown what of their own wishes is not done, and nothing that they
// may not see; what they were shown is what is kept.
func TestSignoffListsWishes(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		cleo, tom := w.As(w.Cleo), w.As(w.Tom)
		before := stillOpen(t, w, w.Cleo, string(w.Site))
		d, m, _ := handedOver(t, w)
		files, versions := banners(t, w, 2)
		since := func(subject string) (some []string) {
			for _, s := range stillOpen(t, w, w.Cleo, subject) {
				if !slices.Contains(before, s) {
					some = append(some, s)
				}
			}
			return some
		}
		// Comments: theirs, the team's, and a note of the team alone. What the first
		// of them said was taken back.
		threads := remarksOn(t, w, files[0], versions[0], "Larger logo", "Other blue", strings.Repeat("Much to say. ", 40))
		note := portal.NewComment{Version: versions[0], NewMessage: portal.NewMessage{Body: "Ours alone"}}
		must[portal.MessageID](t)(tom.CommentOn(ctx, portal.ItemID(files[0]), note))
		must[portal.MessageID](t)(tom.CommentOn(ctx, portal.ItemID(d), portal.NewComment{NewMessage: portal.NewMessage{Body: "As you wished", Audience: portal.ClientSide}}))
		gone := must[portal.MessageID](t)(cleo.CommentOn(ctx, portal.ItemID(d), portal.NewComment{NewMessage: portal.NewMessage{Body: "Never mind"}}))
		if err := cleo.DeleteMessage(ctx, gone); err != nil {
			t.Fatal(err)
		}
		// Two of them are asked to be changed, and one point is said beside them.
		round := must[portal.RevisionID](t)(cleo.RequestRevision(ctx, versions[0], portal.NewRevision{Threads: threads[:2], Points: []string{"Drop the date", "Add a page"}}))
		all := points(t, w, w.Tom, round)
		if err := tom.AskAboutChange(ctx, all[1].ID, "Which blue?", all[1].Count); err != nil {
			t.Fatal(err)
		}
		if err := tom.PriceChange(ctx, all[3].ID, portal.Price{Amount: 12000, Currency: "EUR"}, all[3].Count); err != nil {
			t.Fatal(err)
		}
		// One approval was sent back, and one more, which was asked again since.
		no := func(v portal.VersionID, previous portal.ApprovalID, answer portal.Answer) portal.ApprovalID {
			a := toApprove(t, w, portal.NewApproval{Title: "Banner, " + string(answer), Versions: []portal.VersionID{v}, Previous: previous})
			if err := cleo.Decide(ctx, a.ID, portal.ApprovalAnswer{Answer: answer, Note: "Not yet", Content: a.Content}); err != nil {
				t.Fatal(err)
			}
			return a.ID
		}
		no(versions[1], no(versions[1], "", portal.AnswerDecline), portal.AnswerDecline)
		file := must[portal.File](t)(cleo.File(ctx, files[0])).Name
		about := must[portal.Revision](t)(cleo.Revision(ctx, round)).Title
		long := file + ": " + strings.Repeat("Much to say. ", 40)
		want := []string{"milestone Launch", "task Check the colours", "declined Banner, declined",
			"change " + about + " 1: Larger logo", "unclear " + about + " 2: Other blue", "change " + about + " 3: Drop the date", "price " + about + " 4: Add a page",
			"comment " + long[:199] + "…", "comment Banner set: As you wished"}
		if got := since(string(w.Site)); !slices.Equal(got, want) {
			t.Errorf("the project has open\n%q, want\n%q", got, want)
		}
		if got := stillOpen(t, w, w.Tom, string(w.Site)); !slices.Equal(got, stillOpen(t, w, w.Cleo, string(w.Site))) {
			t.Errorf("the team is shown %q", got)
		}
		if got := since(string(d)); !slices.Equal(got, []string{"comment Banner set: As you wished"}) {
			t.Errorf("the deliverable has open %q", got)
		}
		if got := since(string(m)); !slices.Equal(got, []string{"task Check the colours", "comment Banner set: As you wished"}) {
			t.Errorf("the milestone has open %q", got)
		}
		if err := tom.Attach(ctx, portal.ItemID(w.Items[w.Site][portal.ClientSide].Deliverable), files[0]); err != nil {
			t.Fatal(err)
		}
		if got := since(string(w.Items[w.Site][portal.ClientSide].Deliverable)); len(got) < 5 || got[len(got)-1] != "comment "+long[:199]+"…" {
			t.Errorf("the deliverable with the file has open %q", got)
		}

		// What was listed is kept, and is on the paper.
		s := askedToSign(t, w, "")
		lines, signature := lookedAt(t, w, w.Cleo, s)
		if err := cleo.SignOff(ctx, s.ID, signature); err != nil {
			t.Fatal(err)
		}
		paper := must[portal.Certificate](t)(cleo.Certificate(ctx, string(s.ID))).Record.Lines
		s = must[portal.Signoff](t)(cleo.Signoff(ctx, s.ID))
		kept, _, err := cleo.SignoffLines(ctx, s)
		if err != nil || !slices.Equal(kindsOf(kept), kindsOf(lines)) || !slices.Equal(kindsOf(paper), kindsOf(lines)) {
			t.Errorf("kept %v, on the paper %v, shown %v: %v", kindsOf(kept), kindsOf(paper), kindsOf(lines), err)
		}

		// Concealed with what it is about, none of it is there.
		if _, err := w.As(w.Mia).Conceal(ctx, portal.ItemID(files[0])); err != nil {
			t.Fatal(err)
		}
		for _, who := range []portal.PersonID{w.Cleo, w.Tom} {
			for _, s := range stillOpen(t, w, who, string(w.Site)) {
				if strings.Contains(s, "logo") || strings.Contains(s, "Much") || strings.Contains(s, "date") {
					t.Errorf("%s is shown %q of what is concealed", who, s)
				}
			}
		}
	})
}

// More comments than anybody reads are counted.
func TestSignoffCountsComments(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		files, versions := banners(t, w, 1)
		before := 0
		for _, s := range stillOpen(t, w, w.Cleo, string(w.Site)) {
			if strings.HasPrefix(s, "comment ") {
				before++
			}
		}
		remarksOn(t, w, files[0], versions[0], slices.Repeat([]string{"Larger logo"}, 203)...)
		got := stillOpen(t, w, w.Cleo, string(w.Site))
		if last := got[len(got)-1]; last != "more "+strconv.Itoa(before+3) || !strings.HasPrefix(got[len(got)-201], "comment ") || strings.HasPrefix(got[len(got)-202], "comment ") {
			t.Errorf("of %d before, and 203, the last line is %q", before, last)
		}
	})
}

func TestSignoffEnds(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		d, m, _ := handedOver(t, w)
		s := askedToSign(t, w, string(d))
		refuses(t, "declined without a word", w.As(w.Cleo).DeclineSignoff(ctx, s.ID, ""), "note", "why")
		if err := w.As(w.Cleo).DeclineSignoff(ctx, s.ID, "The blue is wrong"); err != nil {
			t.Fatal(err)
		}
		if got := must[portal.Signoff](t)(w.As(w.Tom).Signoff(ctx, s.ID)); got.State != portal.SignoffRefused || got.Note != "The blue is wrong" || got.StateBy != "Cleo" {
			t.Errorf("declined: %+v", got)
		}
		if desk := must[portal.Desk](t)(w.As(w.Tom).Today(ctx, "2026-03-12", true)); !slices.ContainsFunc(desk.NeedsUs, func(n portal.Need) bool { return n.Kind == "signoff" }) {
			t.Error("what was declined is not with the team")
		}
		s = askedToSign(t, w, string(d))
		if err := w.As(w.Tom).WithdrawSignoff(ctx, s.ID); err != nil {
			t.Fatal(err)
		}
		s = askedToSign(t, w, string(d))
		// Concealed, nobody is asked any more, and the client knows nothing of it.
		if _, err := w.As(w.Mia).Conceal(ctx, portal.ItemID(d)); err != nil {
			t.Fatal(err)
		}
		_, err := w.As(w.Cleo).Signoff(ctx, s.ID)
		wants(t, "of what is concealed", err, portal.ErrNotFound)
		if got := must[portal.Signoff](t)(w.As(w.Tom).Signoff(ctx, s.ID)); got.State != portal.SignoffReturned {
			t.Errorf("concealed, it is %s", got.State)
		}
		// A project that is signed off is done.
		p := askedToSign(t, w, "")
		_, signature := lookedAt(t, w, w.Cleo, p)
		if err := w.As(w.Cleo).SignOff(ctx, p.ID, signature); err != nil {
			t.Fatal(err)
		}
		if got := must[portal.Project](t)(w.As(w.Tom).Project(ctx, w.Site)); got.Status != "done" {
			t.Errorf("the project is %s", got.Status)
		}
		if all, _, err := w.As(w.Tom).BoardSignoffs(ctx, portal.SignoffDone, w.Brick, portal.Page{}); err != nil || len(all) > 0 && all[0].Client != w.Brick {
			t.Errorf("of another client: %+v, %v", all, err)
		}
		if all, _, err := w.As(w.Tom).BoardSignoffs(ctx, portal.SignoffDone, "", portal.Page{}); err != nil || len(all) == 0 || all[0].ID != p.ID {
			t.Errorf("the board has %v, %v", all, err)
		}
		_ = m
	})
}

// A certificate of an approval can be had once the answer stands, and says nothing
// of the team's own stages.
func TestCertifyApproval(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		_, versions := banners(t, w, 1)
		a := toApprove(t, w, portal.NewApproval{Versions: versions, Stages: []portal.NewStage{{Of: portal.Team, People: []portal.PersonID{w.Mia}}, {People: []portal.PersonID{w.Cleo}}}})
		if err := w.As(w.Mia).Decide(ctx, a.ID, portal.ApprovalAnswer{Answer: portal.AnswerNote, Note: "Between us", Content: a.Content}); err != nil {
			t.Fatal(err)
		}
		if err := w.As(w.Cleo).Decide(ctx, a.ID, yes(a)); err != nil {
			t.Fatal(err)
		}
		wants(t, "while it can be undone", w.As(w.Tom).CertifyApproval(ctx, a.ID), portal.ErrConflict)
		w.Clock.Advance(11 * time.Minute)
		for who, want := range map[portal.PersonID]error{w.Carl: portal.ErrNotFound, w.Rex: portal.ErrNotFound, "": portal.ErrSignedOut} {
			wants(t, "CertifyApproval as "+string(who), w.As(who).CertifyApproval(ctx, a.ID), want)
		}
		for range 2 {
			if err := w.As(w.Tom).CertifyApproval(ctx, a.ID); err != nil {
				t.Fatal(err)
			}
		}
		c := must[portal.Certificate](t)(w.As(w.Cleo).Certificate(ctx, string(a.ID)))
		if c.Record.Timeline[0].What != "requested" || c.Record.Timeline[0].By == "" {
			t.Errorf("who asked: %+v", c.Record.Timeline)
		}
		if len(c.Record.Signers) != 1 || c.Record.Signers[0].Name != "Cleo" || len(c.Record.Lines) != 1 || len(c.Record.Timeline) != 3 {
			t.Errorf("it says %+v", c.Record)
		}
	})
}

// A certificate says how it went: who looked, to whom it was handed, who reminded,
// what was taken back, and the rounds before. Who decided is who they were then, and
// what they decided on can be hashed anew.
func TestCertificateTellsAll(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		tom, cleo, bea := w.As(w.Tom), w.As(w.Cleo), w.As(w.Bea)
		byHand(t, w, `UPDATE client_users SET rights = rights | 32 WHERE person_id = $1`, string(w.Bea))
		w.Regrant()
		d := must[portal.DeliverableID](t)(tom.AddDeliverable(ctx, w.Site, portal.NewDeliverable{Title: "Banner", Body: "For the window\nin spring", Audience: portal.ClientSide}))
		must[portal.LinkID](t)(tom.AddLink(ctx, d, "Prototype", "https://example.com/a"))
		ask := func(previous portal.ApprovalID) portal.Approval {
			t.Helper()
			w.Clock.Advance(time.Minute)
			a := toApprove(t, w, portal.NewApproval{Deliverable: d, Body: "Please look", Checklist: []string{"The date", "The name"}, Previous: previous,
				Stages: []portal.NewStage{{Of: portal.Team, People: []portal.PersonID{w.Mia}}, {People: []portal.PersonID{w.Cleo}}}})
			in := yes(a)
			in.Answer, in.Note, in.Checked = portal.AnswerNote, "Between us", []int{1, 2}
			if err := w.As(w.Mia).Decide(ctx, a.ID, in); err != nil {
				t.Fatal(err)
			}
			w.Clock.Advance(time.Minute)
			return must[portal.Approval](t)(cleo.Approval(ctx, a.ID))
		}
		first := ask("")
		if err := cleo.Decide(ctx, first.ID, portal.ApprovalAnswer{Answer: portal.AnswerChanges, Note: "Other words", Content: first.Content}); err != nil {
			t.Fatal(err)
		}
		a := ask(first.ID)
		do := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			w.Clock.Advance(time.Minute)
		}
		do(cleo.MarkSeen(ctx, portal.ItemID(a.ID)))
		do(tom.Remind(ctx, a.ID))
		do(cleo.Delegate(ctx, a.ID, w.Bea))
		in := yes(a)
		in.Checked = []int{1, 2}
		do(bea.Decide(ctx, a.ID, in))
		do(bea.Undo(ctx, a.ID))
		do(bea.Decide(ctx, a.ID, in))
		// Since then they have another name, address and role.
		write(t, w, `UPDATE persons SET name = 'Bee', email = 'bee@elsewhere.test', title = 'Chair' WHERE id = $1`, string(w.Bea))
		write(t, w, `UPDATE client_users SET title = 'Chair', accepted_at = accepted_at + 1 WHERE person_id = $1`, string(w.Bea))
		w.Clock.Advance(11 * time.Minute)
		do(tom.CertifyApproval(ctx, a.ID))
		record := must[portal.Certificate](t)(cleo.Certificate(ctx, string(a.ID))).Record
		told := func(r portal.Record) (all []string) {
			for _, m := range r.Timeline {
				all = append(all, m.What+" "+m.By+strings.TrimRight(" "+m.To, " "))
			}
			return all
		}
		want := []string{"requested Tom", "viewed Cleo", "changes_requested Cleo", "requested Tom", "viewed Cleo", "reminded Tom", "delegated Cleo Bea", "viewed Bea", "approved Bea", "undone Bea", "approved Bea"}
		if got := told(record); !slices.Equal(got, want) {
			t.Errorf("it tells %q, want %q", got, want)
		}
		last := record.Timeline[len(record.Timeline)-1]
		if last.Round != 2 || last.Proof != "session" || last.From != "Cleo" || record.Timeline[2].Note != "Other words" {
			t.Errorf("the answers: %+v", record.Timeline)
		}
		if x := record.Signers[0]; len(record.Signers) != 1 || x.Name != "Bea" || x.Email != "bea@bea.test" || x.Role == "Chair" || x.Role == "" || x.Company == "" || x.VerifiedAt.IsZero() {
			t.Errorf("decided by %+v", record.Signers)
		}
		// As docs/certificates.md has it.
		fields := []string{"approval", string(a.ID), a.Title, "Please look", "The date\nThe name", "Banner", "For the window\nin spring", "Prototype", "https://example.com/a", "end"}
		sum := sha256.New()
		for _, f := range fields {
			sum.Write(binary.BigEndian.AppendUint64(nil, uint64(len(f))))
			sum.Write([]byte(f))
		}
		if x := record.Asked[0]; len(record.Asked) != 1 || x.Content != hex.EncodeToString(sum.Sum(nil)) || x.Content != record.Content || x.About.Links[0].URL != "https://example.com/a" {
			t.Errorf("decided on %+v", x)
		}

		// A sign-off of it tells the same, after what became of the one before.
		s := askedToSign(t, w, string(d))
		do(cleo.DeclineSignoff(ctx, s.ID, "Not yet"))
		s = askedToSign(t, w, string(d))
		_, signature := lookedAt(t, w, w.Cleo, s)
		do(cleo.SignOff(ctx, s.ID, signature))
		record = must[portal.Certificate](t)(cleo.Certificate(ctx, string(s.ID))).Record
		want = append(want, "asked Tom", "refused Cleo", "asked Tom", "viewed Cleo", "signed "+signature.Name)
		if got := told(record); !slices.Equal(got, want) {
			t.Errorf("the sign-off tells %q, want %q", got, want)
		}
		if len(record.Asked) != 1 || record.Asked[0].About.Body != "For the window\nin spring" || record.Timeline[len(want)-1].Proof != "password" {
			t.Errorf("the sign-off was of %+v", record.Asked)
		}
	})
}

// A certificate names everybody as they were called when they did it, whatever they
// are called by the time it is made.
func TestCertificateNamesAsTheyWere(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		tom, cleo, bea := w.As(w.Tom), w.As(w.Cleo), w.As(w.Bea)
		byHand(t, w, `UPDATE client_users SET rights = rights | 32 WHERE person_id = $1`, string(w.Bea))
		w.Regrant()
		do := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			w.Clock.Advance(time.Minute)
		}
		rename := func(suffix string) {
			t.Helper()
			for _, id := range []portal.PersonID{w.Tom, w.Cleo, w.Bea} {
				p := must[account.Person](t)(w.Accounts.Person(ctx, id))
				do(w.Accounts.SaveProfile(ctx, id, account.Profile{Name: strings.Fields(p.Name)[0] + suffix}))
			}
		}
		ofWorld := map[string]bool{} // which was not chained, as what follows it
		verify := func() (found []string) {
			t.Helper()
			_, breaks, err := portal.VerifyChains(ctx, w.DB)
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range breaks {
				if !ofWorld[b.Why] {
					found = append(found, b.Why)
				}
			}
			return found
		}
		rename(" One")
		d := must[portal.DeliverableID](t)(tom.AddDeliverable(ctx, w.Site, portal.NewDeliverable{Title: "Banner", Body: "For the window", Audience: portal.ClientSide}))
		a := toApprove(t, w, portal.NewApproval{Deliverable: d})
		for _, why := range verify() {
			ofWorld[why] = true
		}
		do(cleo.MarkSeen(ctx, portal.ItemID(a.ID)))
		do(tom.Remind(ctx, a.ID))
		do(cleo.Delegate(ctx, a.ID, w.Bea))
		call := must[portal.CallID](t)(tom.NoteCall(ctx, a.ID, portal.NewCall{Person: w.Bea, Answer: portal.AnswerNote, Note: "Fine, on the phone", SaidAt: w.Clock.Now()}))
		w.Clock.Advance(time.Minute)
		do(bea.Decide(ctx, a.ID, portal.ApprovalAnswer{Call: call, Content: a.Content}))
		rename(" Two")
		do(bea.Undo(ctx, a.ID))
		do(bea.Decide(ctx, a.ID, yes(a)))
		s := askedToSign(t, w, string(d))
		do(tom.RemindOfSignoff(ctx, s.ID))
		do(tom.WithdrawSignoff(ctx, s.ID))
		s = askedToSign(t, w, string(d))
		do(cleo.DeclineSignoff(ctx, s.ID, "Not yet"))
		rename(" Three")
		w.Clock.Advance(11 * time.Minute)
		do(tom.CertifyApproval(ctx, a.ID))
		told := func(r portal.Record) (all []string) {
			for _, m := range r.Timeline {
				line := m.What + " " + m.By
				for _, more := range []string{m.From, m.To, m.NotedBy} {
					if more != "" {
						line += ", " + more
					}
				}
				all = append(all, line)
			}
			return all
		}
		want := []string{"requested Tom One", "viewed Cleo One", "reminded Tom One", "delegated Cleo One, Bea One", "viewed Bea One", "approved_with_notes Bea One, Cleo One, Tom One",
			"undone Bea Two", "approved Bea Two, Cleo Two"}
		record := must[portal.Certificate](t)(cleo.Certificate(ctx, string(a.ID))).Record
		if got := told(record); !slices.Equal(got, want) {
			t.Errorf("it tells %q, want %q", got, want)
		}
		if x := record.Signers[0]; len(record.Signers) != 1 || x.Name != "Bea Two" || x.For != "Cleo Two" {
			t.Errorf("decided by %+v", record.Signers)
		}
		s = askedToSign(t, w, string(d))
		lines, signature := lookedAt(t, w, w.Cleo, s)
		do(cleo.SignOff(ctx, s.ID, signature))
		want = append(want, "asked Tom Two", "reminded Tom Two", "withdrawn Tom Two", "asked Tom Two", "refused Cleo Two", "asked Tom Three", "viewed Cleo Three", "signed "+signature.Name)
		record = must[portal.Certificate](t)(cleo.Certificate(ctx, string(s.ID))).Record
		if got := told(record); !slices.Equal(got, want) {
			t.Errorf("the sign-off tells %q, want %q", got, want)
		}
		if lines[0].By != "Bea Two" || record.Lines[0].By != "Bea Two" {
			t.Errorf("approved by %q, and in the certificate by %q", lines[0].By, record.Lines[0].By)
		}
		if x := record.Timeline[len(want)-4]; x.Note != "Not yet" {
			t.Errorf("it was refused so: %+v", x)
		}

		// The chain has what they were called: whoever changes that by hand is found out.
		// Events from before it was kept fit as they did, and name people as today.
		if err := portal.FillChain(ctx, w.DB, w.Acme, w.Site, w.Tom, 2, []string{string(a.ID)}); err != nil {
			t.Fatal(err)
		}
		if got := verify(); len(got) > 0 {
			t.Errorf("verify: %q", got)
		}
		b := toApprove(t, w, portal.NewApproval{Versions: banner(t, w)})
		do(tom.Remind(ctx, b.ID))
		do(cleo.Decide(ctx, b.ID, yes(b)))
		byHand(t, w, `UPDATE events SET called = '' WHERE subject = $1`, string(b.ID))
		rename(" Four")
		w.Clock.Advance(11 * time.Minute)
		do(tom.CertifyApproval(ctx, b.ID))
		want = []string{"requested Tom Four", "reminded Tom Four", "viewed Cleo Three", "approved Cleo Three"}
		if got := told(must[portal.Certificate](t)(cleo.Certificate(ctx, string(b.ID))).Record); !slices.Equal(got, want) {
			t.Errorf("of what was recorded before it tells %q, want %q", got, want)
		}
		before := len(verify()) // with what was changed just now
		byHand(t, w, `UPDATE events SET called = 'Somebody' WHERE subject = $1 AND kind = 'approval_reminded'`, string(a.ID))
		byHand(t, w, `UPDATE approval_decisions SET for_called = 'Somebody' WHERE approval_id = $1 AND answer = 'approved'`, string(a.ID))
		if got := verify(); len(got) != before+2 || !strings.HasSuffix(got[len(got)-1], ": instead") {
			t.Errorf("verify of names that were changed: %q", got)
		}
	})
}

// A certificate that the team asks for names nobody of the team whose name the
// client is not shown.
func TestCertificateWithoutTeamNames(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		write(t, w, `UPDATE workspace SET sections = sections & ~4096`)
		write(t, w, `UPDATE clients SET sections_set = 0`)
		write(t, w, `UPDATE projects SET sections_set = 0`)
		w.Regrant()
		_, versions := banners(t, w, 1)
		a := toApprove(t, w, portal.NewApproval{Versions: versions})
		if err := w.As(w.Cleo).Decide(ctx, a.ID, yes(a)); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(11 * time.Minute)
		if err := w.As(w.Tom).CertifyApproval(ctx, a.ID); err != nil {
			t.Fatal(err)
		}
		for _, m := range must[portal.Certificate](t)(w.As(w.Cleo).Certificate(ctx, string(a.ID))).Record.Timeline {
			if m.By != "" && m.By != "Cleo" {
				t.Errorf("it names %s: %+v", m.By, m)
			}
		}
	})
}

// What was changed by hand is named: the row, and what of it.
func contentOf(w *portaltest.World, id portal.CertificateID) (content string, err error) {
	err = w.DB.QueryRow(ctx, `SELECT content FROM certificates WHERE id = $1`, string(id)).Scan(&content)
	return content, err
}

func TestVerifyNamesWhatWasAltered(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		byHand(t, w, `DELETE FROM events`)
		byHand(t, w, `DELETE FROM event_chains`)
		d, m, v := handedOver(t, w)
		s := askedToSign(t, w, string(m))
		_, signature := lookedAt(t, w, w.Cleo, s)
		if err := w.As(w.Cleo).SignOff(ctx, s.ID, signature); err != nil {
			t.Fatal(err)
		}
		all, _, err := w.As(w.Tom).DeliverableApprovals(ctx, d, portal.Page{})
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		approval := string(all[0].ID)
		decision := string(must[[]portal.ApprovalDecision](t)(w.As(w.Tom).ApprovalDecisions(ctx, all[0].ID))[0].ID)
		w.Clock.Advance(11 * time.Minute)
		if err := w.As(w.Tom).CertifyApproval(ctx, all[0].ID); err != nil {
			t.Fatal(err)
		}
		recorded(t, w, portal.ApprovalCertified)
		papers := map[string]string{}
		for what, subject := range map[string]string{"approval": approval, "sign-off": string(s.ID)} {
			c := must[portal.Certificate](t)(w.As(w.Tom).Certificate(ctx, subject))
			if err := w.Portal.KeepCertificate(ctx, c.ID, "blb_"+what, strings.Repeat("d", 64), 9); err != nil {
				t.Fatal(err)
			}
			papers[what] = string(c.ID)
		}
		verify := func() string {
			_, breaks, err := portal.VerifyChains(ctx, w.DB)
			if err != nil {
				t.Fatal(err)
			}
			var said []string
			for _, b := range breaks {
				said = append(said, b.String())
			}
			return strings.Join(said, "\n")
		}
		if got := verify(); got != "" {
			t.Fatalf("untouched: %s", got)
		}
		for _, c := range []struct{ id, table, key, column, class, set string }{
			{approval, "approvals", "id", "state", "state", `'declined'`},
			{approval, "approvals", "id", "body", "text", `'something else'`},
			{approval, "approval_subjects", "approval_id", "sha256", "files", `'x'`},
			{approval, "approval_people", "approval_id", "answer", "people", `'declined'`},
			{approval, "approval_people", "approval_id", "by_role", "people", `1 - by_role`},
			{approval, "approval_stages", "approval_id", "asked_role", "people", `'leads'`},
			{decision, "approval_decisions", "id", "answer", "answer", `'declined'`},
			{decision, "approval_decisions", "id", "person_id", "who", `'` + string(w.Bea) + `'`},
			{decision, "approval_decisions", "id", "at", "time", `7`},
			{decision, "approval_decisions", "id", "address", "proof", `'203.0.113.9'`},
			{decision, "approval_verdicts", "decision_id", "sha256", "files", `'x'`},
			{string(s.ID), "signoffs", "id", "name", "signature", `'Somebody'`},
			{string(s.ID), "signoffs", "id", "statement", "text", `'I accept nothing.'`},
			{string(s.ID), "signoffs", "id", "content", "state", `'x'`},
			{papers["approval"], "certificates", "id", "blob", "paper", `'blb_other'`},
			{string(d), "deliverables", "id", "state", "state", `'shared'`},
			{string(m), "milestones", "id", "title", "text", `'Never'`},
			{string(m), "milestones", "id", "reached_at", "state", `NULL`},
			{string(v), "versions", "id", "number", "version", `77`},
			{string(v), "versions", "id", "created_at", "version", `7`},
			{approval, "approval_people", "approval_id", "viewed_at", "looks", `7`},
			{string(s.ID), "signoff_views", "signoff_id", "at", "looks", `7`},
			{papers["approval"], "certificates", "id", "sha256", "paper", `'x'`},
			{papers["sign-off"], "certificates", "id", "size", "paper", `10`},
			{papers["sign-off"], "certificates", "id", "token_hash", "content", `'x'`},
		} {
			var was any
			if err := w.DB.QueryRow(ctx, `SELECT `+c.column+` FROM `+c.table+` WHERE `+c.key+` = $1`, c.id).Scan(&was); err != nil {
				t.Fatal(c.table, err)
			}
			byHand(t, w, `UPDATE `+c.table+` SET `+c.column+` = `+c.set+` WHERE `+c.key+` = $1`, c.id)
			if got := verify(); !strings.Contains(got, c.id) || !strings.HasSuffix(got, ": "+c.class) || strings.Contains(got, "\n") {
				t.Errorf("%s.%s was altered, and verify says %q", c.table, c.column, got)
			}
			byHand(t, w, `UPDATE `+c.table+` SET `+c.column+` = $2 WHERE `+c.key+` = $1`, c.id, was)
		}
		for _, subject := range []string{approval, string(s.ID)} { // which is of the paper, and of what it is about
			c := must[portal.Certificate](t)(w.As(w.Tom).Certificate(ctx, subject))
			was := must[string](t)(contentOf(w, c.ID))
			byHand(t, w, `UPDATE certificates SET content = '{}' WHERE id = $1`, string(c.ID))
			if got := verify(); !strings.Contains(got, subject+" is not what was recorded: certificate") || !strings.Contains(got, string(c.ID)+" is not what was recorded: content") {
				t.Errorf("what a certificate says was altered, and verify says %q", got)
			}
			byHand(t, w, `UPDATE certificates SET content = $2 WHERE id = $1`, string(c.ID), was)
		}
		write(t, w, `INSERT INTO approval_decisions (id, approval_id, stage, person_id, role, answer, undoes, content, at, proof)
SELECT 'dec_by_hand', approval_id, stage, person_id, role, 'undone', id, content, at + 1, proof FROM approval_decisions WHERE id = $1`, decision)
		if got := verify(); !strings.Contains(got, approval) || !strings.HasSuffix(got, ": answers") {
			t.Errorf("an answer was put in, and verify says %q", got)
		}
		byHand(t, w, `DELETE FROM approval_decisions WHERE id = 'dec_by_hand'`)
		byHand(t, w, `UPDATE signoff_lines SET sha256 = 'x' WHERE signoff_id = $1 AND position = 2`, string(s.ID))
		if got := verify(); !strings.HasSuffix(got, ": list") {
			t.Errorf("the list was altered, and verify says %q", got)
		}
		byHand(t, w, `UPDATE signoff_lines SET sha256 = $2 WHERE signoff_id = $1 AND position = 2`, string(s.ID), strings.Repeat("a", 64))

		// The head of the day is kept and mailed to the owners; who writes the
		// chain anew cannot write that.
		w.Clock.Advance(24 * time.Hour)
		for range 2 {
			if err := w.Portal.KeepDailyHead(ctx); err != nil {
				t.Fatal(err)
			}
		}
		mails := 0
		if err := w.DB.QueryRow(ctx, `SELECT COUNT(*) FROM mails WHERE kind = $1`, portal.MailDailyHead).Scan(&mails); err != nil || mails != 1 {
			t.Errorf("%d mails, %v", mails, err)
		}
		if last, wrong, _, err := portal.VerifyHeads(ctx, w.DB, func(_, signature string) bool { return signature == "" }); err != nil || len(wrong) > 0 || len(last.Digest) != 64 || last.Events == 0 {
			t.Errorf("heads: %+v %v %v", last, wrong, err)
		}
		byHand(t, w, `UPDATE chain_heads SET seq = seq - 1`)
		if _, wrong, _, err := portal.VerifyHeads(ctx, w.DB, func(_, signature string) bool { return signature == "" }); err != nil || len(wrong) != 1 {
			t.Errorf("an altered head: %v %v", wrong, err)
		}
		if got := verify(); !strings.Contains(got, "mailed its hash") {
			t.Errorf("the chain is another, and verify says %q", got)
		}
	})
}

// A sign-off is reminded of, and whoever asked is told two working days after it was
// due that nobody answers: once. What is over is neither.
func TestSignoffIsFollowed(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ask := func(subject string) portal.SignoffID {
			t.Helper()
			return must[portal.SignoffID](t)(w.As(w.Tom).AskSignoff(ctx, portal.NewSignoff{Project: w.Site, Subject: subject, Statement: "We accept it.", DueOn: "2026-03-13"}))
		}
		id := ask("")
		last := w.Clock.Now()
		pass := func(d time.Duration) string {
			t.Helper()
			w.Clock.Advance(d)
			if err := w.Portal.RemindOfSignoffs(ctx, last); err != nil {
				t.Fatal(err)
			}
			if err := w.Portal.FollowApprovals(ctx, last); err != nil {
				t.Fatal(err)
			}
			last = w.Clock.Now()
			return mailsAbout(t, w, string(id))
		}
		x := must[portal.Signoff](t)(w.As(w.Tom).Signoff(ctx, id))
		if x.RemindAt.IsZero() || !must[portal.Signoff](t)(w.As(w.Cleo).Signoff(ctx, id)).RemindAt.IsZero() {
			t.Errorf("the next reminder, which the team alone knows of: %+v", x)
		}
		if got := pass(24 * time.Hour); got != "signoff Cleo, signoff_reminder Cleo" { // Thursday, the 12th
			t.Errorf("the day before: %s", got)
		}
		recorded(t, w, portal.SignoffReminded)
		if got := pass(4 * 24 * time.Hour); strings.Contains(got, "escalated") { // Monday
			t.Errorf("too early: %s", got)
		}
		if got := pass(24 * time.Hour); strings.Count(got, "signoff_escalated Tom") != 1 || strings.Count(got, "escalated") != 1 {
			t.Errorf("once it is overdue: %s", got)
		}
		recorded(t, w, portal.SignoffEscalated)
		if got := pass(48 * time.Hour); strings.Count(got, "escalated") != 1 {
			t.Errorf("told again: %s", got)
		}

		// One that was asked before anybody was told gets its times, and what came due
		// in a backup that is brought back is put off.
		write(t, w, `UPDATE signoffs SET remind_at = NULL, escalate_at = NULL, escalated_at = NULL, due_on = '2026-03-25' WHERE id = $1`, string(id))
		pass(0)
		var remind, escalate int64
		times := func() {
			row(t, w, `SELECT COALESCE(remind_at, 0), COALESCE(escalate_at, 0) FROM signoffs WHERE id = '`+string(id)+`'`, &remind, &escalate)
		}
		if times(); remind == 0 || db.FromMicros(escalate).Format(time.DateOnly) != "2026-03-27" {
			t.Errorf("planned for %v and %v", db.FromMicros(remind), db.FromMicros(escalate))
		}
		write(t, w, `UPDATE signoffs SET escalate_at = $1 WHERE id = $2`, db.Micros(w.Clock.Now().Add(-2*time.Hour)), string(id))
		if err := w.Portal.FollowApprovals(ctx, time.Time{}); err != nil {
			t.Fatal(err)
		}
		if times(); escalate < db.Micros(w.Clock.Now()) || strings.Count(mailsAbout(t, w, string(id)), "escalated") != 1 {
			t.Errorf("after a backup: %v, %s", db.FromMicros(escalate), mailsAbout(t, w, string(id)))
		}
		if err := w.As(w.Tom).WithdrawSignoff(ctx, id); err != nil {
			t.Fatal(err)
		}
		if times(); remind != 0 || escalate != 0 {
			t.Error("what is over is followed")
		}
	})
}

// Whoever may sign is reminded by hand, too, once an hour; the team knows who has
// looked, and can ask without reminders.
func TestRemindOfSignoff(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		tom := w.As(w.Tom)
		byHand(t, w, `UPDATE client_users SET rights = rights | 64 WHERE person_id = $1`, string(w.Bea))
		w.Regrant()
		id := must[portal.SignoffID](t)(tom.AskSignoff(ctx, portal.NewSignoff{Project: w.Site, Statement: "We accept it.", DueOn: "2026-03-13", NoReminders: true}))
		if s := must[portal.Signoff](t)(tom.Signoff(ctx, id)); s.Remind || !s.RemindAt.IsZero() {
			t.Errorf("reminded of without being asked to: %+v", s)
		}
		for who, want := range map[portal.PersonID]error{w.Cleo: portal.ErrForbidden, w.Dan: portal.ErrNotFound, w.Carl: portal.ErrNotFound, w.Rex: portal.ErrNotFound} {
			if err := w.As(who).RemindOfSignoff(ctx, id); !errors.Is(err, want) {
				t.Errorf("%s reminds: %v", who, err)
			}
		}

		// Each is noted once, as they were called then; the team, and who cannot sign,
		// never.
		for _, who := range []portal.PersonID{w.Tom, w.Dan, w.Cleo, w.Bea, w.Cleo} {
			w.Clock.Advance(time.Minute)
			if err := w.As(who).MarkSeen(ctx, portal.ItemID(id)); err != nil {
				t.Fatal(err)
			}
		}
		recorded(t, w, portal.SignoffViewed)
		write(t, w, `UPDATE persons SET name = 'Bee' WHERE id = $1`, string(w.Bea))
		looks := must[[]portal.FirstLook](t)(tom.SignoffLooks(ctx, id))
		if len(looks) != 2 || looks[0].By != "Cleo" || looks[1].By != "Bea" || looks[1].At.Sub(looks[0].At) != time.Minute {
			t.Errorf("looked: %+v", looks)
		}
		if looks := must[[]portal.FirstLook](t)(w.As(w.Cleo).SignoffLooks(ctx, id)); len(looks) != 0 {
			t.Errorf("the client is told who looked: %+v", looks)
		}
		if s := must[portal.Signoff](t)(tom.Signoff(ctx, id)); s.ViewedBy != "Cleo" {
			t.Errorf("first looked at by %s", s.ViewedBy)
		}

		if err := tom.RemindOfSignoff(ctx, id); err != nil {
			t.Fatal(err)
		}
		recorded(t, w, portal.SignoffReminded)
		refuses(t, "Remind at once again", tom.RemindOfSignoff(ctx, id), "remind", "just_reminded")
		if got := mailsAbout(t, w, string(id)); got != "signoff Bee, signoff Cleo, signoff_reminder Cleo, signoff_reminder Bee" {
			t.Errorf("mailed: %s", got)
		}
		w.Clock.Advance(time.Hour)
		if err := tom.RemindOfSignoff(ctx, id); err != nil {
			t.Fatal(err)
		}
		write(t, w, `DELETE FROM project_grants WHERE side = 'client' AND (rights & 64) <> 0`)
		w.Clock.Advance(time.Hour)
		refuses(t, "Remind nobody", tom.RemindOfSignoff(ctx, id), "remind", "nobody_signs")
		w.Regrant()
		_, signature := lookedAt(t, w, w.Bea, must[portal.Signoff](t)(tom.Signoff(ctx, id)))
		if err := w.As(w.Bea).SignOff(ctx, id, signature); err != nil {
			t.Fatal(err)
		}
		if err := tom.RemindOfSignoff(ctx, id); !errors.Is(err, portal.ErrConflict) {
			t.Errorf("reminded of what is signed: %v", err)
		}
		var told []string
		for _, m := range must[portal.Certificate](t)(w.As(w.Cleo).Certificate(ctx, string(id))).Record.Timeline {
			if m.What == "viewed" || m.What == "reminded" {
				told = append(told, m.What+" "+m.By)
			}
		}
		if want := []string{"viewed Cleo", "viewed Bea", "reminded Tom", "reminded Tom"}; !slices.Equal(told, want) {
			t.Errorf("the certificate tells %q, want %q", told, want)
		}
	})
}

// copied adds so many copies of a row to a table, with ids of their own.
func copied(t *testing.T, w *portaltest.World, n int, table, columns, id string) {
	t.Helper()
	write(t, w, `
WITH RECURSIVE x(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM x WHERE i < `+strconv.Itoa(n)+`)
INSERT INTO `+table+` (id, `+columns+`) SELECT substr(r.id, 1, 4) || 'zz' || CAST(10000 + x.i AS TEXT), `+columns+` FROM `+table+` r CROSS JOIN x WHERE r.id = $1`, id)
}

// What was approved is listed whole, however often the same was approved after it.
func TestSignoffListsAllThatWasApproved(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		_, first := banners(t, w, 1)
		a := toApprove(t, w, portal.NewApproval{Versions: first})
		if err := w.As(w.Cleo).Decide(ctx, a.ID, yes(a)); err != nil {
			t.Fatal(err)
		}
		_, more := banners(t, w, 30)
		b := toApprove(t, w, portal.NewApproval{Versions: more})
		if err := w.As(w.Cleo).Decide(ctx, b.ID, yes(b)); err != nil {
			t.Fatal(err)
		}
		copied(t, w, 34, "approvals", `project_id, client_id, title, title_key, body, checklist, download, due_key, state, state_at, state_by, stage, asking, turn, turn_since, lane, shown_at, created_at, created_by, content, round`, string(b.ID))
		write(t, w, `
INSERT INTO approval_subjects (approval_id, position, project_id, file_id, version_id, sha256, result)
SELECT a.id, s.position, s.project_id, s.file_id, s.version_id, s.sha256, s.result FROM approvals a JOIN approval_subjects s ON s.approval_id = $1 WHERE a.id LIKE 'apr_zz%'`, string(b.ID))
		lines, _ := lookedAt(t, w, w.Cleo, askedToSign(t, w, ""))
		listed := map[portal.VersionID]int{}
		for _, l := range lines {
			if l.Kind == portal.LineVersion {
				listed[l.Version]++
			}
		}
		for _, v := range append(first, more...) {
			if listed[v] != 1 {
				t.Errorf("%s was approved, and is listed %d times", v, listed[v])
			}
		}
	})
}

// Of what is open more than can be listed is counted; more approved deliverables than
// one signature can be about are asked to be signed off by nobody, and where they were
// asked before there were so many the question can be taken back.
func TestSignoffOfVeryMuch(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		tom, items := w.As(w.Tom), w.Items[w.Site][portal.ClientSide]
		s := askedToSign(t, w, "")
		count := func() (n, more int) {
			lines, signature := lookedAt(t, w, w.Cleo, s)
			for i, l := range lines {
				switch l.Why {
				case "task":
					n++
				case "more_task":
					more, _ = strconv.Atoi(l.Title)
				}
				if l.Position != i+1 {
					t.Errorf("line %d is at %d", i+1, l.Position)
				}
			}
			if signature.Content == "" {
				t.Error("it cannot be signed")
			}
			return n, more
		}
		before, _ := count()
		copied(t, w, 1005, "tasks", `project_id, title, audience, position, created_at, created_by, turn_since, shown_at, shown_by`, string(items.Task))
		if n, more := count(); n != 200 || n+more != before+1005 {
			t.Errorf("%d tasks are listed, and %d more; %d are open", n, more, before+1005)
		}

		copied(t, w, 1001, "deliverables", `project_id, title, body, audience, position, round, created_at, created_by, turn_since, shown_at, shown_by, state, state_at, state_by`, string(items.Deliverable))
		write(t, w, `UPDATE deliverables SET state = 'approved' WHERE id LIKE 'dlv_zz%'`)
		for _, who := range []portal.PersonID{w.Cleo, w.Tom} {
			lines, content, err := w.As(who).SignoffLines(ctx, s)
			refuses(t, "SignoffLines", err, "subject", "too_many_signed")
			if lines != nil || content != "" {
				t.Errorf("%d lines, %q", len(lines), content)
			}
		}
		refuses(t, "SignOff", w.As(w.Cleo).SignOff(ctx, s.ID, portal.Signature{Name: "Cleo", Proof: "password"}), "subject", "too_many_signed")
		if err := tom.WithdrawSignoff(ctx, s.ID); err != nil {
			t.Fatal(err)
		}
		_, err := tom.AskSignoff(ctx, portal.NewSignoff{Project: w.Site, Statement: "I accept it."})
		refuses(t, "AskSignoff", err, "subject", "too_many_signed")
	})
}
