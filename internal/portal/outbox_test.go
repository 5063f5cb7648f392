package portal_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// newMail puts a row into the Outbox.
func newMail(t *testing.T, w *portaltest.World, kind string, to portal.PersonID, subject string, state portal.MailState) portal.MailID {
	t.Helper()
	id := db.NewID("mai")
	err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), `INSERT INTO mails (id, kind, person_id, address, subject_id, state, created_at) VALUES ($1, $2, $3, 'x@x.test', $4, $5, $6)`,
			id, kind, string(to), subject, string(state), db.Micros(w.Clock.Now()))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return portal.MailID(id)
}

func TestOutbox(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := context.Background()
		kept := newMail(t, w, "password_changed", w.Cleo, string(w.Cleo), portal.MailKept)
		for range 4 {
			newMail(t, w, "password_changed", w.Carl, string(w.Carl), portal.MailSent)
		}
		for name, who := range w.Everyone() {
			mails, _, err := w.As(who).Outbox(ctx, "", portal.Page{})
			if err != nil {
				t.Fatal(err)
			}
			_, one := w.As(who).Mail(ctx, kept)
			if who == w.Ada {
				if len(mails) != 5 || one != nil {
					t.Errorf("the owner sees %d mails, %v", len(mails), one)
				}
				continue
			}
			if len(mails) > 0 || !errors.Is(one, portal.ErrNotFound) {
				t.Errorf("%s sees %d mails, %v", name, len(mails), one)
			}
		}
		seen := 0
		for pg := (portal.Page{Limit: 2}); ; {
			mails, next, err := w.As(w.Ada).Outbox(ctx, portal.MailSent, pg)
			if err != nil {
				t.Fatal(err)
			}
			seen += len(mails)
			if pg.After = next; next == "" {
				break
			}
		}
		if seen != 4 {
			t.Errorf("paging met %d sent mails, want 4", seen)
		}
		counts, err := w.As(w.Ada).OutboxCounts(ctx)
		if err != nil || counts[portal.MailSent] != 0 || counts[portal.MailKept] != 1 {
			t.Errorf("counts %v, %v", counts, err)
		}
	})
}

// However many mails there are, a state is read by its index, and counted up to 100.
func TestOutboxOfManyMails(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := t.Context()
		for range 101 {
			newMail(t, w, "password_changed", w.Cleo, string(w.Cleo), portal.MailFailed)
		}
		portal.Expanded()
		if _, _, err := w.As(w.Ada).Outbox(ctx, portal.MailFailed, portal.Page{}); err != nil {
			t.Fatal(err)
		}
		counts, err := w.As(w.Ada).OutboxCounts(ctx)
		if err != nil || counts[portal.MailFailed] != 100 || counts[portal.MailKept] != 0 {
			t.Errorf("counted %v, %v", counts, err)
		}
		if w.DB.Dialect() != db.SQLite {
			return
		}
		uses := map[string]bool{}
		plans(t, w, portal.Expanded(), func(q, line string) {
			if strings.Contains(q, "FROM my_mails") {
				uses[q] = uses[q] || strings.Contains(line, "(state=?")
			}
		})
		if len(uses) < 2 {
			t.Errorf("%d statements were seen", len(uses))
		}
		for q, does := range uses {
			if !does {
				t.Errorf("does not use the index of states: %s", q)
			}
		}
	})
}

func TestRetryMail(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := context.Background()
		id := newMail(t, w, "password_changed", w.Cleo, string(w.Cleo), portal.MailFailed)
		for _, who := range []portal.PersonID{w.Mia, w.Tom, w.Cleo, w.Dan, w.Carl, w.Rex} {
			if err := w.As(who).RetryMail(ctx, id); !errors.Is(err, portal.ErrNotFound) {
				t.Errorf("RetryMail as %s: %v, want ErrNotFound", who, err)
			}
		}
		if err := w.As("").RetryMail(ctx, id); !errors.Is(err, portal.ErrSignedOut) {
			t.Errorf("RetryMail as nobody: %v", err)
		}
		if err := w.As(w.Ada).RetryMail(ctx, id); err != nil {
			t.Fatal(err)
		}
		m, err := w.As(w.Ada).Mail(ctx, id)
		if err != nil || m.State != portal.MailQueued || !m.Due.Equal(w.Clock.Now()) || m.Reason != "" {
			t.Errorf("after the retry: %+v, %v", m, err)
		}
		if err := w.As(w.Ada).RetryMail(ctx, id); !errors.Is(err, portal.ErrConflict) {
			t.Errorf("retry of a queued mail: %v, want ErrConflict", err)
		}
		events, _, err := w.As(w.Ada).Audit(ctx, portal.AuditFilter{}, portal.Page{Limit: 1})
		if err != nil || len(events) != 1 || events[0].Kind != portal.MailRetried || events[0].Subject != string(id) {
			t.Errorf("audit: %+v, %v", events, err)
		}
		recorded(t, w, portal.MailRetried)
	})
}

// What would let a reader be somebody else is not for administrators either.
func TestMailReadable(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := context.Background()
		exec := func(q string, args ...any) {
			t.Helper()
			if err := w.DB.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, q, args...); return err }); err != nil {
				t.Fatal(err)
			}
		}
		exec(`UPDATE team_members SET role = 'admin' WHERE person_id = $1`, string(w.Tom))
		now := w.Clock.Now()
		exec(`INSERT INTO invitations (id, person_id, role, token_hash, invited_by, created_at, expires_at) VALUES ('inv_o', $1, 'owner', 'o', $2, $3, $4)`,
			string(w.Uma), string(w.Ada), db.Micros(now), db.Micros(now.Add(time.Hour)))
		for _, c := range []struct {
			kind, subject string
			owner, admin  bool
		}{
			{"sign_in_code", "cod_1", false, false}, {"answer_code", "cod_2", false, false}, {"password_reset", "rst_1", false, false}, {"email_change", "eml_1", false, false},
			{"password_changed", string(w.Cleo), true, true}, {"invitation", "inv_1", true, true}, {"team_invitation", "inv_o", true, false},
		} {
			id := newMail(t, w, c.kind, w.Uma, c.subject, portal.MailKept)
			for who, want := range map[portal.PersonID]bool{w.Ada: c.owner, w.Tom: c.admin} {
				m, err := w.As(who).Mail(ctx, id)
				if err != nil || m.Readable != want {
					t.Errorf("%s: readable %v, %v, want %v", c.kind, m.Readable, err, want)
				}
			}
		}
		w.Regrant()
	})
}

// A mail to oneself is for those who administer, and one at a time.
func TestSendTestMail(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		for who, want := range map[portal.PersonID]error{w.Mia: portal.ErrForbidden, w.Tom: portal.ErrForbidden, w.Cleo: portal.ErrForbidden, w.Rex: portal.ErrForbidden} {
			_, err := w.As(who).SendTestMail(t.Context())
			wants(t, "SendTestMail as "+string(who), err, want)
		}
		first := must[portal.MailID](t)(w.As(w.Ada).SendTestMail(t.Context()))
		if again := must[portal.MailID](t)(w.As(w.Ada).SendTestMail(t.Context())); again != first {
			t.Error("a second mail waits beside the first")
		}
		m := must[portal.Mail](t)(w.As(w.Ada).Mail(t.Context(), first))
		if m.Person != w.Ada || m.State != portal.MailQueued || m.Kind != portal.MailTest {
			t.Errorf("the mail is %+v", m)
		}
		if _, err := w.Portal.ClaimMail(t.Context(), first); err != nil {
			t.Fatal(err)
		}
		if err := w.Portal.MailSent(t.Context(), first); err != nil {
			t.Fatal(err)
		}
		if again := must[portal.MailID](t)(w.As(w.Ada).SendTestMail(t.Context())); again == first {
			t.Error("one that has left comes back")
		}
	})
}
