package portal_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// revisionReads are the reads of revision requests.
func revisionReads(items func(*portaltest.World, portal.ProjectID) []portaltest.Items, each func(func(portaltest.Items) (any, error), []portaltest.Items) (any, error)) []read {
	type world = portaltest.World
	return []read{
		{"Revision", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			return each(func(i portaltest.Items) (any, error) {
				r, err := me.Revision(ctx, i.Revision)
				points, err2 := me.Changes(ctx, i.Revision)
				one, err3 := me.Change(ctx, i.Change)
				return []any{r, points, one}, errors.Join(err, err2, err3)
			}, items(w, p))
		}},
		{"Revisions", func(ctx context.Context, me *portal.Scope, w *world, p portal.ProjectID) (any, error) {
			in, _, err := me.ProjectRevisions(ctx, p, portal.Page{})
			currency, err2 := me.LastCurrency(ctx, p)
			all := []any{in, currency}
			for _, i := range items(w, p) {
				of, _, err := me.FileRevisions(ctx, i.File, portal.Page{})
				by, _, err2 := me.DeliverableRevisions(ctx, i.Deliverable, portal.Page{})
				asked, err3 := me.ApprovalRevisions(ctx, i.Approval)
				said, err4 := me.Remarks(ctx, i.Version, i.Draft)
				all = append(all, of, by, asked, said)
				if err := errors.Join(err, err2, err3, err4); err != nil {
					return nil, err
				}
			}
			return all, errors.Join(err, err2)
		}},
	}
}

// remarksOn says so many things of a version as Cleo, and returns the threads.
func remarksOn(t *testing.T, w *portaltest.World, f portal.FileID, v portal.VersionID, said ...string) (threads []portal.ThreadID) {
	t.Helper()
	for _, body := range said {
		m := must[portal.MessageID](t)(w.As(w.Cleo).CommentOn(ctx, portal.ItemID(f), portal.NewComment{Version: v, NewMessage: portal.NewMessage{Body: body}}))
		threads = append(threads, must[portal.Thread](t)(w.As(w.Cleo).ThreadOf(ctx, m)).ID)
	}
	return threads
}

// points are those of a revision request, as somebody sees them.
func points(t *testing.T, w *portaltest.World, who portal.PersonID, id portal.RevisionID) []portal.Change {
	t.Helper()
	return must[[]portal.Change](t)(w.As(who).Changes(ctx, id))
}

// revisionNeeds says whether a revision request is on somebody's home.
func revisionNeeds(t *testing.T, w *portaltest.World, who portal.PersonID) bool {
	t.Helper()
	return slices.ContainsFunc(must[[]portal.Need](t)(w.As(who).Needs(ctx, "", 0)), func(n portal.Need) bool { return n.Kind == "revision" })
}

func TestRevisionRequest(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		cleo, tom := w.As(w.Cleo), w.As(w.Tom)
		files, versions := banners(t, w, 1)
		f, v := files[0], versions[0]
		d := must[portal.DeliverableID](t)(tom.AddDeliverable(ctx, w.Site, portal.NewDeliverable{Title: "Banner", Rounds: 1, Audience: portal.ClientSide}))
		if err := tom.Attach(ctx, portal.ItemID(d), f); err != nil {
			t.Fatal(err)
		}
		said := remarksOn(t, w, f, v, "Larger logo", "Other blue", "A second page")
		if _, err := tom.CommentOn(ctx, portal.ItemID(f), portal.NewComment{Version: v, NewMessage: portal.NewMessage{Body: "How do you like it?", Audience: portal.ClientSide}}); err != nil {
			t.Fatal(err)
		}
		if _, err := tom.CommentOn(ctx, portal.ItemID(f), portal.NewComment{Version: v, NewMessage: portal.NewMessage{Body: "Ours alone"}}); err != nil {
			t.Fatal(err)
		}
		there := must[[]portal.Remark](t)(cleo.Remarks(ctx, v))
		if len(there) != 3 || there[0].Body != "Larger logo" || there[0].By != "Cleo" {
			t.Fatalf("what can become points: %+v", there)
		}
		n := portal.NewRevision{Threads: said, Points: []string{"Drop the date", " "}}
		for who, want := range map[portal.PersonID]error{w.Bea: portal.ErrForbidden, w.Dan: portal.ErrNotFound, w.Carl: portal.ErrNotFound, w.Rex: portal.ErrNotFound, "": portal.ErrSignedOut} {
			_, err := w.As(who).RequestRevision(ctx, v, n)
			wants(t, "RequestRevision as "+string(who), err, want)
		}
		_, err := cleo.RequestRevision(ctx, v, portal.NewRevision{Points: []string{""}})
		refuses(t, "without a point", err, "points", "required")
		_, err = cleo.RequestRevision(ctx, v, portal.NewRevision{Threads: []portal.ThreadID{w.Items[w.Shop][portal.ClientSide].FileComments}})
		wants(t, "of somebody else's comment", err, portal.ErrConflict)
		_, err = tom.RequestRevision(ctx, w.Items[w.Site][portal.Team].Version, portal.NewRevision{Points: []string{"x"}})
		refuses(t, "of what the client does not see", err, "version", "not_shown")

		// Of many at once one makes the list.
		ids, failed := make(chan portal.RevisionID, 10), make(chan error, 10)
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				id, err := w.As(w.Cleo).RequestRevision(context.WithoutCancel(ctx), v, n)
				if err == nil {
					ids <- id
				} else {
					failed <- err
				}
			})
		}
		all.Wait()
		close(failed)
		for err := range failed {
			wants(t, "the others", err, portal.ErrConflict)
		}
		if len(ids) != 1 {
			t.Fatalf("%d lists of one round", len(ids))
		}
		id := <-ids
		recorded(t, w, portal.RevisionRequested)
		r := must[portal.Revision](t)(tom.Revision(ctx, id))
		if r.Round != 1 || r.Rounds != 1 || r.Beyond() || r.Open != 4 || r.Turn != portal.Team || r.By != "Cleo" || !r.MayAnswer() {
			t.Errorf("the list: %+v", r)
		}
		if got := must[[]portal.Remark](t)(cleo.Remarks(ctx, v)); len(got) != 0 {
			t.Errorf("points that are in a list are offered again: %+v", got)
		}
		if desk := must[portal.Desk](t)(tom.Today(ctx, "2026-03-12", true)); !slices.ContainsFunc(desk.NeedsUs, func(n portal.Need) bool { return n.Kind == "revision" }) {
			t.Error("it is not among what needs the team")
		}
		c := points(t, w, w.Tom, id)
		answers := func(me *portal.Scope) map[string]error {
			return map[string]error{
				"MakeChange": me.MakeChange(ctx, c[0].ID, "", 1), "RefuseChange": me.RefuseChange(ctx, c[0].ID, "no", 1), "AskAboutChange": me.AskAboutChange(ctx, c[0].ID, "what?", 1),
				"ReopenChange": me.ReopenChange(ctx, c[0].ID, 1), "PriceChange": me.PriceChange(ctx, c[0].ID, portal.Price{Amount: 100, Currency: "EUR"}, 1),
			}
		}
		for who, want := range map[portal.PersonID]error{w.Cleo: portal.ErrForbidden, w.Bea: portal.ErrForbidden, w.Dan: portal.ErrNotFound, w.Carl: portal.ErrNotFound, w.Rex: portal.ErrNotFound, "": portal.ErrSignedOut} {
			for what, err := range answers(w.As(who)) {
				wants(t, what+" as "+string(who), err, want)
			}
		}

		// A newer version answers the first point, and its comment is resolved.
		v2 := must[portal.VersionID](t)(secondOf(t, w, f))
		refuses(t, "in what the client does not see", tom.MakeChange(ctx, c[0].ID, w.Items[w.Site][portal.Team].Version, 1), "version", "not_shown")
		refuses(t, "in another client's", w.As(w.Mia).MakeChange(ctx, c[0].ID, w.Items[w.Shop][portal.ClientSide].Version, 1), "version", "choice")
		if err := tom.MakeChange(ctx, c[0].ID, v2, 1); err != nil {
			t.Fatal(err)
		}
		wants(t, "what was looked at before", tom.RefuseChange(ctx, c[0].ID, "no", 1), portal.ErrConflict)
		if th := must[portal.Thread](t)(cleo.Thread(ctx, said[0])); !th.Resolved() {
			t.Error("the comment of what is done is open")
		}
		refuses(t, "without a reason", tom.RefuseChange(ctx, c[1].ID, " ", 1), "reason", "required")
		if err := tom.RefuseChange(ctx, c[1].ID, "The blue is of the brand.", 1); err != nil {
			t.Fatal(err)
		}
		if err := tom.AskAboutChange(ctx, c[2].ID, "What should be on it?", 1); err != nil {
			t.Fatal(err)
		}
		if !revisionNeeds(t, w, w.Cleo) || !revisionNeeds(t, w, w.Bea) || revisionNeeds(t, w, w.Dan) || revisionNeeds(t, w, w.Carl) {
			t.Error("a question waits for others than those who may comment")
		}
		got := points(t, w, w.Bea, id)
		if got[0].State != portal.ChangeMade || got[0].DoneN != 2 || got[1].Reason == "" || got[1].With() != "" || !got[2].MayClarify() || got[2].With() != portal.ClientSide {
			t.Errorf("as Bea sees it: %+v", got)
		}
		wants(t, "the team answers itself", tom.ClarifyChange(ctx, c[2].ID, "x", 2), portal.ErrForbidden)
		wants(t, "Carl answers", w.As(w.Carl).ClarifyChange(ctx, c[2].ID, "x", 2), portal.ErrNotFound)
		wants(t, "of what is not asked", cleo.ClarifyChange(ctx, c[3].ID, "x", 1), portal.ErrConflict)
		if err := errors.Join(tom.ReopenChange(ctx, c[2].ID, 2), tom.AskAboutChange(ctx, c[2].ID, "What should be on it, and in which colour?", 3)); err != nil {
			t.Fatal(err)
		}
		wants(t, "the answer to an older question", cleo.ClarifyChange(ctx, c[2].ID, "The address.", 2), portal.ErrConflict)
		if err := w.As(w.Bea).ClarifyChange(ctx, c[2].ID, "The address.", 4); err != nil {
			t.Fatal(err)
		}
		recorded(t, w, portal.ChangeClarified)

		// It costs something: whoever decides says yes, once, to that price.
		price := portal.Price{Amount: 25000, Currency: "EUR"}
		for _, bad := range []portal.Price{{Amount: 0, Currency: "EUR"}, {Amount: -5, Currency: "EUR"}, {Amount: 1 << 60, Currency: "EUR"}} {
			refuses(t, "a price", tom.PriceChange(ctx, c[2].ID, bad, 5), "price", "price")
		}
		refuses(t, "a currency", tom.PriceChange(ctx, c[2].ID, portal.Price{Amount: 5, Currency: "DOG"}, 5), "currency", "choice")
		if err := tom.PriceChange(ctx, c[2].ID, price, 5); err != nil {
			t.Fatal(err)
		}
		if !revisionNeeds(t, w, w.Cleo) || revisionNeeds(t, w, w.Bea) {
			t.Error("a price waits for others than those who may decide")
		}
		wants(t, "done before it is accepted", tom.MakeChange(ctx, c[2].ID, "", 6), portal.ErrConflict)
		for who, want := range map[portal.PersonID]error{w.Tom: portal.ErrForbidden, w.Bea: portal.ErrForbidden, w.Dan: portal.ErrNotFound, w.Carl: portal.ErrNotFound, w.Rex: portal.ErrNotFound, "": portal.ErrSignedOut} {
			wants(t, "AcceptPrice as "+string(who), w.As(who).AcceptPrice(ctx, c[2].ID, price), want)
			wants(t, "DeclinePrice as "+string(who), w.As(who).DeclinePrice(ctx, c[2].ID, price), want)
		}
		wants(t, "another price", cleo.AcceptPrice(ctx, c[2].ID, portal.Price{Amount: 20000, Currency: "EUR"}), portal.ErrConflict)
		wants(t, "another currency", cleo.AcceptPrice(ctx, c[2].ID, portal.Price{Amount: 25000, Currency: "USD"}), portal.ErrConflict)
		results := make(chan error, 30)
		for i := range 30 {
			all.Go(func() {
				if i%2 == 0 {
					results <- w.As(w.Cleo).AcceptPrice(context.WithoutCancel(ctx), c[2].ID, price)
				} else {
					results <- w.As(w.Cleo).DeclinePrice(context.WithoutCancel(ctx), c[2].ID, price)
				}
			})
		}
		all.Wait()
		counted := 0
		for range 30 {
			if err := <-results; err == nil {
				counted++
			} else {
				wants(t, "the later answers", err, portal.ErrConflict)
			}
		}
		if counted != 1 {
			t.Fatalf("%d answers to one price", counted)
		}
		got = points(t, w, w.Cleo, id)
		if (got[2].Offer == portal.OfferAccepted) != (got[2].State == portal.ChangeOpen) || got[2].OfferBy != "Cleo" || got[2].Price != 25000 {
			t.Errorf("the price: %+v", got[2])
		}
		if got[2].Offer == portal.OfferDeclined {
			if err := tom.ReopenChange(ctx, c[2].ID, got[2].Count); err != nil {
				t.Fatal(err)
			}
			got = points(t, w, w.Cleo, id)
		}
		for _, i := range []int{2, 3} {
			if err := tom.MakeChange(ctx, c[i].ID, v2, got[i].Count); err != nil {
				t.Fatal(err)
			}
		}
		r = must[portal.Revision](t)(cleo.Revision(ctx, id))
		if r.Open+r.Unclear+r.Offered != 0 || r.Turn != "" || revisionNeeds(t, w, w.Cleo) {
			t.Errorf("all is answered: %+v", r)
		}

		// The next round is one more than what is included.
		again := must[portal.RevisionID](t)(tom.RequestRevision(ctx, v2, portal.NewRevision{Points: []string{"As said on the phone"}}))
		if r := must[portal.Revision](t)(cleo.Revision(ctx, again)); r.Round != 2 || !r.Beyond() || r.By != "Tom" {
			t.Errorf("the second round: %+v", r)
		}
		// Declining a price leaves no reason of the team's, once it asked something.
		point := func() portal.Change { return points(t, w, w.Cleo, again)[0] }
		if err := errors.Join(tom.AskAboutChange(ctx, point().ID, "Who said that?", 1), cleo.ClarifyChange(ctx, point().ID, "You did.", 2), tom.PriceChange(ctx, point().ID, price, 3), cleo.DeclinePrice(ctx, point().ID, price)); err != nil {
			t.Fatal(err)
		}
		if c := point(); c.Reason != "" || c.Clarified == "" || c.Offer != portal.OfferDeclined {
			t.Errorf("what was declined: %+v", c)
		}
		// What the client does not see any more, they are told nothing of.
		if _, err := w.As(w.Mia).Conceal(ctx, portal.ItemID(f)); err != nil {
			t.Fatal(err)
		}
		_, err = cleo.Revision(ctx, id)
		wants(t, "of a file that was taken back", err, portal.ErrNotFound)
		events, _, err := cleo.ProjectActivity(ctx, w.Site, portal.Page{})
		if err != nil || slices.ContainsFunc(events, func(e portal.Event) bool { return strings.HasPrefix(e.Subject, "rev_") }) {
			t.Errorf("and its activity: %v", err)
		}
	})
}

// What the team answers after what a list is about was taken back is the team's
// alone; so it stays when it is shown again.
func TestAnswersAfterConcealing(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		cleo, tom, mia := w.As(w.Cleo), w.As(w.Tom), w.As(w.Mia)
		files, versions := banners(t, w, 2)
		five := portal.NewRevision{Points: []string{"one", "two", "three", "four"}}
		ofFile := must[portal.RevisionID](t)(cleo.RequestRevision(ctx, versions[0], five))
		d := must[portal.DeliverableID](t)(tom.AddDeliverable(ctx, w.Site, portal.NewDeliverable{Title: "Taken back", Audience: portal.ClientSide}))
		if err := tom.Attach(ctx, portal.ItemID(d), files[1]); err != nil {
			t.Fatal(err)
		}
		a := toApprove(t, w, portal.NewApproval{Deliverable: d})
		if err := cleo.Decide(ctx, a.ID, portal.ApprovalAnswer{Answer: portal.AnswerChanges, Content: a.Content, Note: "Calmer", Changes: []portal.FileChange{{Position: 1, Note: "Larger"}}}); err != nil {
			t.Fatal(err)
		}
		ofApproval := must[[]portal.Revision](t)(cleo.ApprovalRevisions(ctx, a.ID))[0].ID
		told := func() (all []string) {
			t.Helper()
			events, _, err := cleo.ProjectActivity(ctx, w.Site, portal.Page{Limit: 100})
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range events {
				if e.Subject == string(ofFile) || e.Subject == string(ofApproval) {
					all = append(all, string(e.Kind)+" in the activity")
				}
			}
			notices, _, err := cleo.Notices(ctx, "", portal.Page{Limit: 100})
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range notices {
				if n.Event.Subject == string(ofFile) || n.Event.Subject == string(ofApproval) {
					all = append(all, string(n.Event.Kind)+" in the notices")
				}
			}
			return all
		}
		if len(told()) == 0 {
			t.Fatal("the client is told nothing of their lists")
		}
		// A question in a list is the client's turn, as long as they see it.
		withThem := func() (n int) {
			t.Helper()
			for _, who := range []*portal.Scope{tom, cleo} {
				s := must[portal.ProjectSummary](t)(who.Summary(ctx, w.Site))
				n += s.WithThem
			}
			return n
		}
		third := points(t, w, w.Tom, ofFile)[2]
		was := withThem()
		if err := tom.AskAboutChange(ctx, third.ID, "Which?", third.Count); err != nil {
			t.Fatal(err)
		}
		if n := withThem(); n != was+2 {
			t.Errorf("with the client: %d, were %d", n, was)
		}
		for _, item := range []portal.ItemID{portal.ItemID(files[0]), portal.ItemID(d)} {
			if _, err := mia.Conceal(ctx, item); err != nil {
				t.Fatal(err)
			}
		}
		if n := withThem(); n != was {
			t.Errorf("with the client once it is concealed: %d, were %d", n, was)
		}
		for _, id := range []portal.RevisionID{ofFile, ofApproval} {
			c := points(t, w, w.Tom, id)
			at := func(i int) (portal.ChangeID, int64) {
				c := points(t, w, w.Tom, id)[i%len(c)]
				return c.ID, c.Count
			}
			for what, answer := range []func() error{
				func() error { i, n := at(0); return tom.RefuseChange(ctx, i, "CNRY-note", n) },
				func() error { i, n := at(0); return tom.ReopenChange(ctx, i, n) },
				func() error { i, n := at(1); return tom.AskAboutChange(ctx, i, "CNRY-question", n) },
				func() error { i, n := at(1); return tom.ReopenChange(ctx, i, n) },
				func() error {
					i, n := at(0)
					return tom.PriceChange(ctx, i, portal.Price{Amount: 100, Currency: "EUR"}, n)
				},
				func() error { i, n := at(1); return tom.MakeChange(ctx, i, "", n) },
			} {
				if err := answer(); err != nil {
					t.Fatalf("answer %d: %v", what, err)
				}
				if all := told(); len(all) > 0 {
					t.Fatalf("after answer %d the client is told %q", what, all)
				}
			}
		}
		events, _, err := tom.ProjectActivity(ctx, w.Site, portal.Page{})
		if err != nil || !slices.ContainsFunc(events, func(e portal.Event) bool { return e.Subject == string(ofFile) && e.Kind == portal.ChangePriced }) {
			t.Errorf("the team is told of its own answers: %v", err)
		}
		if _, err := cleo.Revision(ctx, ofFile); err != portal.ErrNotFound {
			t.Errorf("the list: %v", err)
		}
		if err := mia.Reveal(ctx, portal.ItemID(files[0]), false); err != nil {
			t.Fatal(err)
		}
		if n := withThem(); n != was+2 {
			t.Errorf("with the client once it is shown again: %d, were %d", n, was)
		}
	})
}

// secondOf brings a second version of a file.
func secondOf(t *testing.T, w *portaltest.World, f portal.FileID) (portal.VersionID, error) {
	t.Helper()
	_, v := bring(t, w, w.Tom, portal.NewUpload{File: f, Name: "banner.png", Audience: portal.ClientSide})
	return v, nil
}

// Requesting changes in an approval makes the list, of all that was said; taking
// the answer back takes it back, unless the team has begun.
func TestRevisionOfAnApproval(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		cleo, tom := w.As(w.Cleo), w.As(w.Tom)
		files, versions := banners(t, w, 2)
		a := toApprove(t, w, portal.NewApproval{Versions: versions})
		said := remarksOn(t, w, files[1], versions[1], "Crop it")
		_, err := cleo.RequestRevision(ctx, versions[1], portal.NewRevision{Threads: said})
		wants(t, "beside the approval", err, portal.ErrConflict)
		no := portal.ApprovalAnswer{Answer: portal.AnswerChanges, Content: a.Content, Note: "Both a little calmer", Changes: []portal.FileChange{{Position: 1, Note: "Larger type"}}}
		decide := func() portal.RevisionID {
			t.Helper()
			if err := cleo.Decide(ctx, a.ID, no); err != nil {
				t.Fatal(err)
			}
			all := must[[]portal.Revision](t)(cleo.ApprovalRevisions(ctx, a.ID))
			return all[0].ID
		}
		id := decide()
		var got []string
		for _, c := range points(t, w, w.Cleo, id) {
			got = append(got, c.Body)
		}
		if !slices.Equal(got, []string{"Larger type", "Crop it", "Both a little calmer"}) {
			t.Errorf("points: %q", got)
		}
		if err := cleo.Undo(ctx, a.ID); err != nil {
			t.Fatal(err)
		}
		r := must[portal.Revision](t)(tom.Revision(ctx, id))
		if !r.Withdrawn || r.Open != 0 || r.MayAnswer() {
			t.Errorf("after the answer was taken back: %+v", r)
		}
		c := points(t, w, w.Tom, id)
		wants(t, "a point of what was taken back", tom.MakeChange(ctx, c[0].ID, "", 1), portal.ErrConflict)
		id = decide()
		c = points(t, w, w.Tom, id)
		if len(c) != 3 || c[1].Thread != said[0] {
			t.Fatalf("points the second time: %+v", c)
		}
		if r := must[portal.Revision](t)(tom.Revision(ctx, id)); r.Round != 1 {
			t.Errorf("what was taken back counts as a round: %+v", r)
		}
		offered := func() bool {
			return !must[time.Time](t)(cleo.MayUndo(ctx, must[portal.Approval](t)(cleo.Approval(ctx, a.ID)))).IsZero()
		}
		if !offered() {
			t.Error("an answer that the team has not begun on cannot be taken back")
		}
		if err := tom.MakeChange(ctx, c[1].ID, "", 1); err != nil {
			t.Fatal(err)
		}
		if offered() {
			t.Error("what will be refused is offered")
		}
		wants(t, "taken back after the team began", cleo.Undo(ctx, a.ID), portal.ErrConflict)
		stands(t, w, a.ID, portal.ApprovalReturn)

		// What is open on an earlier version comes along to the newest.
		was := remarksOn(t, w, files[0], versions[0], "Straighten it")
		newest, err := secondOf(t, w, files[0])
		if err != nil {
			t.Fatal(err)
		}
		next := toApprove(t, w, portal.NewApproval{Versions: []portal.VersionID{newest}})
		if n, err := cleo.ApprovalRemarks(ctx, next); n != 1 || err != nil {
			t.Errorf("%d open comments, %v", n, err)
		}
		if err := cleo.Decide(ctx, next.ID, portal.ApprovalAnswer{Answer: portal.AnswerChanges, Content: next.Content, Note: "As said before"}); err != nil {
			t.Fatal(err)
		}
		if c := points(t, w, w.Tom, must[[]portal.Revision](t)(cleo.ApprovalRevisions(ctx, next.ID))[0].ID); len(c) != 2 || c[0].Thread != was[0] || c[0].Version != versions[0] || c[1].Body != "As said before" {
			t.Errorf("points on the newest version: %+v", c)
		}

		// Of a deliverable's content the comments on it are part, and its rounds count.
		it := w.Items[w.Site][portal.ClientSide]
		b := toApprove(t, w, portal.NewApproval{Deliverable: it.Deliverable})
		if _, err := cleo.CommentOn(ctx, portal.ItemID(it.Deliverable), portal.NewComment{NewMessage: portal.NewMessage{Body: "Say it shorter"}}); err != nil {
			t.Fatal(err)
		}
		if err := cleo.Decide(ctx, b.ID, portal.ApprovalAnswer{Answer: portal.AnswerChanges, Content: b.Content, Note: "Nearly"}); err != nil {
			t.Fatal(err)
		}
		of, _, err := cleo.DeliverableRevisions(ctx, it.Deliverable, portal.Page{})
		if err != nil || len(of) != 1 || of[0].Approval != b.ID || of[0].Round != 1 {
			t.Fatalf("of the deliverable: %+v, %v", of, err)
		}
		if c := points(t, w, w.Cleo, of[0].ID); !slices.ContainsFunc(c, func(c portal.Change) bool { return c.Body == "Say it shorter" }) || c[len(c)-1].Body != "Nearly" {
			t.Errorf("points: %+v", c)
		}
		if _, err := w.As(w.Dan).Revision(ctx, of[0].ID); !errors.Is(err, portal.ErrNotFound) {
			t.Errorf("Dan: %v", err)
		}

		// The chain knows what was asked.
		write(t, w, `UPDATE revision_items SET body = 'Something else' WHERE id = $1`, string(c[0].ID))
		_, breaks, err := portal.VerifyChains(ctx, w.DB)
		if err != nil || !slices.ContainsFunc(breaks, func(b portal.Break) bool {
			return strings.Contains(b.Why, string(id)) && strings.HasSuffix(b.Why, ": items")
		}) {
			t.Errorf("verify: %+v, %v", breaks, err)
		}
	})
}
