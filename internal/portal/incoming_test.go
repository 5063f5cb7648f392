package portal_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// newIncoming has a mail come in that is held, to the address of a person.
func newIncoming(t *testing.T, w *portaltest.World, n int, person portal.PersonID) portal.IncomingID {
	t.Helper()
	ctx := t.Context()
	fresh, err := w.Portal.KeepIncoming(ctx, []portal.NewIncoming{{MessageID: fmt.Sprintf("%d@x.test", n), Recipient: "reply@in.test", Sender: "x@x.test", Blob: "b", Size: 1}})
	if err != nil || fresh != 1 {
		t.Fatalf("%d kept, %v", fresh, err)
	}
	ids, err := w.Portal.DueIncoming(ctx, w.Clock.Now(), 10)
	if err != nil || len(ids) != 1 {
		t.Fatalf("due: %v, %v", ids, err)
	}
	m, err := w.Portal.ClaimIncoming(ctx, ids[0])
	if err != nil {
		t.Fatal(err)
	}
	m.State, m.Reason, m.Person, m.Place, m.Audience = portal.IncomingHeld, "sender", person, "thr_1", portal.Team
	m.FromAddress, m.Subject, m.Body, m.Files = "x@x.test", "s", "b", []string{"a", "b"}
	if err := w.Portal.SettleIncoming(ctx, m, "hash"); err != nil {
		t.Fatal(err)
	}
	return m.ID
}

func TestIncoming(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := t.Context()
		id := newIncoming(t, w, 0, w.Cleo)
		for i := range 4 {
			newIncoming(t, w, i+1, "")
		}
		for name, who := range w.Everyone() {
			mails, _, err := w.As(who).Incoming(ctx, "", portal.Page{})
			if err != nil {
				t.Fatal(err)
			}
			held, err := w.As(who).IncomingHeldCount(ctx)
			if err != nil {
				t.Fatal(err)
			}
			_, one := w.As(who).IncomingMail(ctx, id)
			if who == w.Ada {
				if len(mails) != 5 || held != 5 || one != nil {
					t.Errorf("the owner sees %d mails, %d held, %v", len(mails), held, one)
				}
				continue
			}
			if len(mails) > 0 || held > 0 || !errors.Is(one, portal.ErrNotFound) {
				t.Errorf("%s sees %d mails, %d held, %v", name, len(mails), held, one)
			}
			for _, decide := range []func() error{
				func() error { return w.As(who).AcceptIncoming(ctx, id, "") },
				func() error { return w.As(who).DiscardIncoming(ctx, id) },
			} {
				if err := decide(); !errors.Is(err, portal.ErrNotFound) {
					t.Errorf("%s decides: %v", name, err)
				}
			}
		}
		seen := 0
		for pg := (portal.Page{Limit: 2}); ; {
			mails, next, err := w.As(w.Ada).Incoming(ctx, portal.IncomingHeld, pg)
			if err != nil {
				t.Fatal(err)
			}
			seen += len(mails)
			if pg.After = next; next == "" {
				break
			}
		}
		if seen != 5 {
			t.Errorf("paging met %d held mails, want 5", seen)
		}
		m, err := w.As(w.Ada).IncomingMail(ctx, id)
		if err != nil || m.PersonName == "" || m.Place != "thr_1" || strings.Join(m.Files, " ") != "a b" || m.SettledAt.IsZero() || m.Tries != 1 || !m.CanAccept() {
			t.Errorf("the mail is %+v, %v", m, err)
		}
		if _, _, err := w.As(w.Ada).Incoming(ctx, "nonsense", portal.Page{}); !errors.Is(err, portal.ErrNotFound) {
			t.Errorf("mails of no state: %v", err)
		}
	})
}

func TestDecideIncoming(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx, ada := t.Context(), w.As(w.Ada)
		cleos, nobodys := newIncoming(t, w, 1, w.Cleo), newIncoming(t, w, 2, "")
		if err := ada.AcceptIncoming(ctx, nobodys, ""); !errors.Is(err, portal.ErrConflict) {
			t.Errorf("a mail to nobody's address is let in: %v", err)
		}
		if err := ada.DiscardIncoming(ctx, nobodys); err != nil {
			t.Fatal(err)
		}
		if err := ada.DiscardIncoming(ctx, nobodys); !errors.Is(err, portal.ErrConflict) {
			t.Errorf("discarding again: %v", err)
		}
		if err := ada.AcceptIncoming(ctx, cleos, ""); err != nil {
			t.Fatal(err)
		}
		if err := ada.AcceptIncoming(ctx, cleos, ""); !errors.Is(err, portal.ErrConflict) {
			t.Errorf("accepting again: %v", err)
		}
		m, err := w.Portal.ClaimIncoming(ctx, cleos)
		if err != nil || !m.Vouched || m.Tries != 1 {
			t.Errorf("an accepted mail is %+v, %v", m, err)
		}
		events, _, err := ada.Audit(ctx, portal.AuditFilter{}, portal.Page{})
		if err != nil || len(events) < 2 || events[0].Kind != portal.IncomingAccepted || events[1].Kind != portal.IncomingPutAway {
			t.Errorf("events %v, %v", events, err)
		}
	})
}

// A mail that came to nobody's address is let in as what somebody said who reads
// the conversation and may write there.
func TestAssignIncoming(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx, ada := t.Context(), w.As(w.Ada)
		th := converse(t, w)
		id := newIncoming(t, w, 1, "")
		cleos := newIncoming(t, w, 2, w.Cleo)
		for _, who := range []portal.PersonID{w.Mia, w.Tom, w.Cleo, w.Carl, w.Rex} {
			wants(t, "AssignIncoming as "+string(who), w.As(who).AssignIncoming(ctx, id, string(th), w.Cleo), portal.ErrNotFound)
		}
		rate := newIncoming(t, w, 4, w.Cleo)
		if err := w.DB.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE incoming_mails SET reason = 'rate' WHERE id = $1`, string(rate))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		wants(t, "AssignIncoming of what has its person", ada.AssignIncoming(ctx, rate, string(th), w.Bea), portal.ErrConflict)
		wants(t, "AssignIncoming to nowhere", ada.AssignIncoming(ctx, id, "thr_none", w.Cleo), portal.ErrNotFound)
		for _, who := range []portal.PersonID{w.Carl, w.Dan, w.Rex, w.Eve, "per_none"} { // who do not read it
			var invalid *portal.Invalid
			if err := ada.AssignIncoming(ctx, id, string(th), who); !errors.As(err, &invalid) || invalid.Fields["person"].Key == "" {
				t.Errorf("assigned to %s: %v", who, err)
			}
		}
		wants(t, "AssignIncoming", ada.AssignIncoming(ctx, id, string(th), w.Cleo), nil)
		wants(t, "AssignIncoming again", ada.AssignIncoming(ctx, id, string(th), w.Cleo), portal.ErrConflict)
		recorded(t, w, portal.IncomingAccepted)
		m, err := w.Portal.ClaimIncoming(ctx, id)
		if err != nil || !m.Vouched || m.Person != w.Cleo || m.Place != string(th) || m.Audience != portal.ClientSide {
			t.Errorf("assigned: %+v, %v", m, err)
		}
		// The team's stays with the team.
		teams := newIncoming(t, w, 3, "")
		wants(t, "AssignIncoming to Tom", ada.AssignIncoming(ctx, teams, string(th), w.Tom), nil)
		if m, err := w.Portal.ClaimIncoming(ctx, teams); err != nil || m.Audience != portal.Team {
			t.Errorf("assigned to Tom: %+v, %v", m, err)
		}
		// What came from somebody else than the person whose address it is: it came
		// to an address inside the team, and stays there.
		for _, who := range []portal.PersonID{w.Cleo, w.Bea} {
			if err := ada.AssignIncoming(ctx, cleos, string(th), who); !errors.As(err, new(*portal.Invalid)) {
				t.Errorf("what was for the team is assigned to %s: %v", who, err)
			}
		}
		wants(t, "AssignIncoming to Mia", ada.AssignIncoming(ctx, cleos, string(th), w.Mia), nil)
		if m, err := w.Portal.ClaimIncoming(ctx, cleos); err != nil || m.Person != w.Mia || m.Audience != portal.Team {
			t.Errorf("assigned to Mia: %+v, %v", m, err)
		}
	})
}

// As whom a mail can be let in: all who may say something at the place, who wrote
// it first, and those of the client only where they see it.
func TestIncomingSpeakers(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx, ada := t.Context(), w.As(w.Ada)
		th := converse(t, w)
		m := portal.IncomingMail{Writer: w.Bea}
		names := func(m portal.IncomingMail, place, prefix string) string {
			t.Helper()
			r, err := ada.IncomingSpeakers(ctx, m, place, prefix)
			if err != nil || r.Count != len(r.People) {
				t.Fatalf("%s: %+v, %v", place, r, err)
			}
			var all []string
			for _, x := range r.People {
				all = append(all, x.Name)
			}
			return strings.Join(all, " ")
		}
		shown, hidden := w.Items[w.Site][portal.ClientSide].Deliverable, w.Items[w.Site][portal.Team].Deliverable
		for _, c := range []struct {
			m             portal.IncomingMail
			place, prefix string
			want          string
		}{
			{m, string(th), "", "Bea Cleo Mia Tom Ada"},
			{portal.IncomingMail{}, string(th), "", "Bea Cleo Mia Tom Ada"},
			{portal.IncomingMail{Writer: w.Tom}, string(th), "", "Tom Bea Cleo Mia Ada"},
			{m, string(th), "cl", "Cleo"},
			{m, string(shown), "", "Bea Cleo Mia Tom Ada"},
			{m, string(hidden), "", "Mia Tom Ada"},
			{portal.IncomingMail{Person: w.Cleo, Audience: portal.Team, Writer: w.Bea}, string(th), "", "Mia Tom Ada"},
		} {
			if got := names(c.m, c.place, c.prefix); got != c.want {
				t.Errorf("%s, %q: %s, want %s", c.place, c.prefix, got, c.want)
			}
		}
		for _, place := range []string{"thr_none", "dlv_none", "nonsense", string(w.Items[w.Site][portal.ClientSide].Folder)} {
			if _, err := ada.IncomingSpeakers(ctx, m, place, ""); !errors.Is(err, portal.ErrNotFound) {
				t.Errorf("%s: %v", place, err)
			}
		}
		// Of many, those of a name.
		if err := w.DB.Write(ctx, func(tx *db.Tx) error {
			for i := range 60 {
				id := fmt.Sprintf("per_zoe%02d", i)
				if _, err := tx.Exec(ctx, `INSERT INTO persons (id, name, email, email_key, created_at, confirmed_at) VALUES ($1, 'Zoe', $1, $1, 1, 1)`, id); err != nil {
					return err
				}
				if _, err := tx.Exec(ctx, `INSERT INTO client_users (id, client_id, person_id, rights, all_projects, created_at, created_by, accepted_at) VALUES ($1, $2, $3, 15, 1, 1, $4, 1)`,
					fmt.Sprintf("usr_zoe%02d", i), string(w.Acme), id, string(w.Ada)); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		w.Regrant()
		if r, err := ada.IncomingSpeakers(ctx, m, string(th), ""); err != nil || r.Count != 65 || len(r.People) != 50 || r.People[0].Person != w.Bea {
			t.Errorf("%d of %d, %v", len(r.People), r.Count, err)
		}
		if r, err := ada.IncomingSpeakers(ctx, m, string(th), "tom"); err != nil || r.Count != 1 || r.People[0].Person != w.Tom {
			t.Errorf("Tom: %+v, %v", r, err)
		}
	})
}

// A mail is kept once, taken up by one, and taken up again when whoever did so
// died.
func TestIncomingQueue(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx, p := t.Context(), w.Portal
		two := []portal.NewIncoming{{MessageID: "1@x", Recipient: "a", Blob: "b", Size: 1}, {MessageID: "1@x", Recipient: "b", Blob: "b", Size: 1}}
		for i, want := range []int{2, 0} {
			if fresh, err := p.KeepIncoming(ctx, two); err != nil || fresh != want {
				t.Errorf("time %d: %d are new, %v", i, fresh, err)
			}
		}
		named, err := p.NamedBlobs(ctx, []string{"b", "c"})
		if err != nil || !named["b"] || named["c"] {
			t.Errorf("blobs %v, %v", named, err)
		}
		ids, err := p.DueIncoming(ctx, w.Clock.Now(), 10)
		if err != nil || len(ids) != 2 {
			t.Fatalf("due: %v, %v", ids, err)
		}
		if _, err := p.ClaimIncoming(ctx, ids[0]); err != nil {
			t.Fatal(err)
		}
		if _, err := p.ClaimIncoming(ctx, ids[0]); !errors.Is(err, portal.ErrNotDue) {
			t.Errorf("a second claim: %v", err)
		}
		if err := p.NoteIncomingUploads(ctx, ids[0], []portal.UploadID{"upl_1", "upl_2"}); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(11 * time.Minute)
		m, err := p.ClaimIncoming(ctx, ids[0])
		if err != nil || m.Tries != 2 || len(m.Uploads()) != 2 || m.Uploads()[1] != "upl_2" {
			t.Errorf("after the first died: %+v, %v", m, err)
		}
		if err := p.DeferIncoming(ctx, ids[0], w.Clock.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(59 * time.Minute)
		if _, err := p.ClaimIncoming(ctx, ids[0]); !errors.Is(err, portal.ErrNotDue) {
			t.Errorf("a deferred one: %v", err)
		}
		w.Clock.Advance(2 * time.Minute)
		if m, err = p.ClaimIncoming(ctx, ids[0]); err != nil {
			t.Fatal(err)
		}
		place := portal.ReplyPlace{Person: w.Cleo, Place: "thr_1", Audience: portal.ClientSide}
		m.State, m.Person, m.Place, m.Audience = portal.IncomingPosted, place.Person, place.Place, place.Audience
		m.Answers = "mai_1"
		if err := p.SettleIncoming(ctx, m, "hash"); err != nil {
			t.Fatal(err)
		}
		if err := p.SettleIncoming(ctx, m, "hash"); !errors.Is(err, portal.ErrNotFound) {
			t.Errorf("settled again: %v", err)
		}
		for hash, want := range map[string]portal.Answered{"hash": {All: 1, Same: 1, To: "mai_1"}, "other": {All: 1}} {
			if got, err := p.AnsweredBefore(ctx, place, hash, w.Clock.Now().Add(-2*time.Hour)); err != nil || got != want {
				t.Errorf("%s: %+v before, %v", hash, got, err)
			}
		}
		if got, err := p.AnsweredBefore(ctx, portal.ReplyPlace{Person: w.Dan, Place: "thr_1"}, "hash", time.Time{}); err != nil || got.All != 0 {
			t.Errorf("another person: %+v, %v", got, err)
		}
		w.Clock.Advance(31 * 24 * time.Hour)
		if err := p.ForgetIncoming(ctx); err != nil {
			t.Fatal(err)
		}
		mails, _, err := w.As(w.Ada).Incoming(ctx, "", portal.Page{})
		if err != nil || len(mails) != 1 || mails[0].ID != ids[1] {
			t.Errorf("after a month there are %v, %v", mails, err)
		}
	})
}

// A held mail that nobody looks at is put away, and forgotten later.
func TestHeldMailsEnd(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := t.Context()
		id := newIncoming(t, w, 1, w.Cleo)
		for _, step := range []struct {
			days int
			want portal.IncomingState
		}{{80, portal.IncomingHeld}, {11, portal.IncomingDiscarded}, {31, ""}} {
			w.Clock.Advance(time.Duration(step.days) * 24 * time.Hour)
			if err := w.Portal.ForgetIncoming(ctx); err != nil {
				t.Fatal(err)
			}
			m, err := w.As(w.Ada).IncomingMail(ctx, id)
			if step.want == "" && !errors.Is(err, portal.ErrNotFound) || step.want != "" && m.State != step.want {
				t.Errorf("after %d more days it is %q, %v", step.days, m.State, err)
			}
		}
	})
}

func TestReplyAddress(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx, p := t.Context(), w.Portal
		seen := make(map[string]bool)
		for _, r := range []portal.ReplyPlace{{w.Cleo, "thr_1", portal.ClientSide}, {w.Cleo, "thr_1", portal.Team}, {w.Cleo, "thr_2", portal.ClientSide}, {w.Dan, "thr_1", portal.ClientSide}} {
			id, err := p.ReplyAddress(ctx, r)
			if err != nil || seen[id] {
				t.Fatalf("%v has %s, %v", r, id, err)
			}
			seen[id] = true
			if again, err := p.ReplyAddress(ctx, r); err != nil || again != id {
				t.Errorf("%v has %s then, %v", r, again, err)
			}
			if got, err := p.ReplyPlace(ctx, id); err != nil || got != r {
				t.Errorf("%s is for %v, %v", id, got, err)
			}
		}
		if _, err := p.ReplyPlace(ctx, "rpl_1"); !errors.Is(err, portal.ErrNotFound) {
			t.Errorf("an unknown address: %v", err)
		}
	})
}

func TestReturnMail(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx, p := t.Context(), w.Portal
		id := newMail(t, w, "password_changed", w.Cleo, string(w.Cleo), portal.MailSent)
		for _, step := range []struct {
			why     string
			delayed bool
			found   bool
			state   portal.MailState
		}{{"delayed/451", true, true, portal.MailSent}, {"bounced/550", false, true, portal.MailFailed}, {"bounced/551", false, false, portal.MailFailed}} {
			found, err := p.ReturnMail(ctx, id, step.why, step.delayed)
			if err != nil || found != step.found {
				t.Errorf("%s: %t, %v", step.why, found, err)
			}
			m, err := w.As(w.Ada).Mail(ctx, id)
			if err != nil || m.State != step.state || step.found && m.Reason != step.why {
				t.Errorf("%s: the mail is %s for %q, %v", step.why, m.State, m.Reason, err)
			}
		}
		if found, err := p.ReturnMail(ctx, portal.MailID(db.NewID("mai")), "bounced/550", false); found || err != nil {
			t.Errorf("an unknown mail: %t, %v", found, err)
		}
	})
}

// Each read of mails that came in finds its rows by an index, however many there
// are.
func TestIncomingUsesIndexes(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx, ada := t.Context(), w.As(w.Ada)
		portal.Expanded() // what other tests ran
		for _, state := range []portal.IncomingState{"", portal.IncomingHeld} {
			if _, _, err := ada.Incoming(ctx, state, portal.Page{}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := ada.IncomingHeldCount(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := ada.IncomingMail(ctx, "inm_1"); !errors.Is(err, portal.ErrNotFound) {
			t.Fatal(err)
		}
		seen := 0
		plans(t, w, portal.Expanded(), func(q, line string) {
			if strings.Contains(line, "incoming_mails") || strings.Contains(line, " m ") {
				seen++
			}
			if strings.HasPrefix(line, "SCAN m") && !strings.Contains(line, "USING INDEX") || strings.Contains(line, "Seq Scan on incoming_mails") || strings.Contains(line, "USE TEMP B-TREE") {
				t.Errorf("%s, in the plan of: %s", line, q[strings.LastIndex(q, "FROM my_incoming"):])
			}
		})
		if seen < 4 {
			t.Errorf("only %d lines of plans name the mails", seen)
		}
	})
}
