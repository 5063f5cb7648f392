package notify_test

import (
	"bufio"
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"html"
	"log/slog"
	"net"
	netmail "net/mail"
	"net/netip"
	"net/textproto"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/config"
	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/jobs"
	"github.com/vitrine-portal/vitrine/internal/mail"
	"github.com/vitrine-portal/vitrine/internal/mail/mailtest"
	"github.com/vitrine-portal/vitrine/internal/notify"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

const base = "https://portal.honcho.example"

// office is a World with a notifier that sends to a server.
type office struct {
	*portaltest.World
	t      *testing.T
	server *mailtest.Server
	notify *notify.Notifier
}

// open returns an office. Without a server there is no mail server.
func open(t *testing.T, w *portaltest.World, s *mailtest.Server) *office {
	t.Helper()
	o := &office{World: w, t: t, server: s}
	c := mail.Config{TLS: mail.Plain, Timeout: 5 * time.Second, From: mail.Address{Name: "Honcho Design", Email: "portal@honcho.example"}}
	if s != nil {
		mailtest.Start(t, s)
		c.Host, c.Port = "127.0.0.1", s.Port()
	}
	o.notify = newNotifier(w.Portal, w.Accounts, c)
	return o
}

func newNotifier(p *portal.Portal, a *account.Accounts, c mail.Config) *notify.Notifier {
	u, _ := url.Parse(base)
	return notify.New(p, a, mail.New(c), notify.Options{BaseURL: u, From: c.From})
}

func (o *office) exec(q string, args ...any) {
	o.t.Helper()
	if err := o.DB.Write(o.t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(o.t.Context(), q, args...)
		return err
	}); err != nil {
		o.t.Fatal(err)
	}
}

// queue puts a mail into the queue.
func (o *office) queue(kind string, who portal.PersonID, subject string) portal.MailID {
	o.t.Helper()
	id := db.NewID("mai")
	o.exec(`INSERT INTO mails (id, kind, person_id, address, subject_id, state, created_at, due_at)
SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), p.id, p.email, CAST($3 AS TEXT), 'queued', CAST($4 AS BIGINT), CAST($4 AS BIGINT) FROM persons p WHERE p.id = $5`,
		id, kind, subject, db.Micros(o.Clock.Now()), string(who))
	return portal.MailID(id)
}

// invite makes an invitation of Uma's by Mia; user empty invites to the team.
func (o *office) invite(user portal.ClientUserID, by portal.PersonID, role string) string {
	o.t.Helper()
	id := db.NewID("inv")
	var u, c any
	if user != "" {
		u, c = string(user), string(o.Acme)
	}
	now := o.Clock.Now()
	o.exec(`INSERT INTO invitations (id, person_id, client_user_id, client_id, role, message, token_hash, invited_by, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, 'See you on Monday', $6, $7, $8, $9)`,
		id, string(o.Uma), u, c, role, o.Accounts.TokenHash(o.Accounts.Token(account.PurposeInvitation, id)), string(by),
		db.Micros(now), db.Micros(now.Add(7*24*time.Hour)))
	return id
}

// last is the newest mail of a kind.
func (o *office) last(kind string) portal.MailID {
	o.t.Helper()
	var id portal.MailID
	if err := o.DB.QueryRow(o.t.Context(), `SELECT id FROM mails WHERE kind = $1 ORDER BY id DESC LIMIT 1`, kind).Scan(&id); err != nil {
		o.t.Fatalf("no mail %s: %v", kind, err)
	}
	return id
}

// gathered are the kinds of mail that wait for others, and leave in one with them.
const gathered = `('approval', 'signoff', 'file_request', 'file_request_refused', 'approval_reminder', 'signoff_reminder', 'file_request_reminder')`

// send sends a mail by itself, and at once: it waits for no others.
func (o *office) send(id portal.MailID) {
	o.t.Helper()
	o.exec(`UPDATE mails SET state = 'kept', reason = 'aside' WHERE state = 'queued' AND id <> $1 AND kind IN `+gathered, string(id))
	o.exec(`UPDATE mails SET due_at = $2 WHERE id = $1 AND state = 'queued' AND tries = 0 AND due_at > $2 AND kind IN `+gathered, string(id), db.Micros(o.Clock.Now()))
	if err := o.notify.Send(o.t.Context(), id); err != nil {
		o.t.Fatalf("send: %v", err)
	}
	o.exec(`UPDATE mails SET state = 'queued', reason = '' WHERE state = 'kept' AND reason = 'aside'`)
}

func (o *office) mail(id portal.MailID) portal.Mail {
	o.t.Helper()
	m, err := o.As(o.Ada).Mail(o.t.Context(), id)
	if err != nil {
		o.t.Fatal(err)
	}
	return m
}

func (o *office) want(id portal.MailID, state portal.MailState, reason string, tries int) {
	o.t.Helper()
	if m := o.mail(id); m.State != state || m.Reason != reason || m.Tries != tries {
		o.t.Errorf("mail is %s (%q) after %d tries, want %s (%q) after %d", m.State, m.Reason, m.Tries, state, reason, tries)
	}
}

// all queues one mail of every kind, as the product does.
func (o *office) all() map[string]portal.MailID {
	o.t.Helper()
	ctx, addr := o.t.Context(), netip.MustParseAddr("192.0.2.7")
	must := func(err error) {
		o.t.Helper()
		if err != nil {
			o.t.Fatal(err)
		}
	}
	mails := map[string]portal.MailID{}
	_, token, err := o.Accounts.SignIn(ctx, account.SignIn{Email: "dan@dan.test", Password: portaltest.Password, Address: addr})
	must(err)
	session, _, err := o.Accounts.Session(ctx, token)
	must(err)
	must(o.Accounts.RequestEmailChange(ctx, session, "dan@elsewhere.test"))
	_, _, err = o.Accounts.NewToken(ctx, session, "robot", []string{"read"}, time.Time{})
	must(err)
	mails[account.MailEmailChange], mails[account.MailTokenCreated] = o.last(account.MailEmailChange), o.last(account.MailTokenCreated)
	_, err = o.Accounts.RequestCode(ctx, "cleo@cleo.test", addr)
	must(err)
	mails[account.MailCode] = o.last(account.MailCode)
	must(o.Accounts.RequestReset(ctx, "cleo@cleo.test", addr))
	mails[account.MailReset] = o.last(account.MailReset)

	_, token, err = o.Accounts.SignIn(ctx, account.SignIn{Email: "carl@carl.test", Password: portaltest.Password, Address: addr})
	must(err)
	session, _, err = o.Accounts.Session(ctx, token)
	must(err)
	must(o.Accounts.RequestEmailChange(ctx, session, "carl@elsewhere.test"))
	must(o.Accounts.ConfirmEmailChange(ctx, o.Accounts.Token(account.PurposeEmail, o.mail(o.last(account.MailEmailChange)).Subject), session.ID))
	mails[account.MailEmailChanged] = o.last(account.MailEmailChanged)
	secret, err := o.Accounts.ResetToken(ctx, o.Bea)
	must(err)
	must(o.Accounts.Reset(ctx, secret, "a new one of many words", addr))
	mails[account.MailPasswordChanged] = o.last(account.MailPasswordChanged)

	inv := o.invite(o.UmaUser, o.Mia, "")
	mails["invitation"] = o.queue("invitation", o.Uma, inv)
	mails["team_invitation"] = o.queue("team_invitation", o.Uma, o.invite("", o.Ada, "manager"))
	dead := o.invite(o.UmaUser, o.Mia, "")
	o.exec(`UPDATE invitations SET expires_at = created_at WHERE id = $1`, dead)
	mails["invitation_asked"] = o.queue("invitation_asked", o.Mia, dead)

	o.ask("Logo")
	mails["file_request"] = o.last("file_request")
	o.answer(o.ask("Portraits"))
	mails["file_request_answered"] = o.last("file_request_answered")
	again := o.ask("Texts")
	o.answer(again)
	o.refuse(again)
	mails["file_request_refused"] = o.last("file_request_refused")
	mails[portal.MailReminder] = o.queue(portal.MailReminder, o.Cleo, string(again))
	approval, err := o.As(o.Mia).AskApproval(ctx, o.Site, portal.NewApproval{Title: "Film", DueOn: "2026-03-20", Versions: []portal.VersionID{o.Items[o.Site][portal.ClientSide].Version},
		Stages: []portal.NewStage{{People: []portal.PersonID{o.Cleo}}}})
	must(err)
	mails["approval"] = o.last("approval")
	_, err = o.As(o.Mia).NoteCall(ctx, approval, portal.NewCall{Person: o.Cleo, Answer: portal.AnswerApprove, SaidAt: o.Clock.Now()})
	must(err)
	mails[portal.MailApprovalCall] = o.last(portal.MailApprovalCall)
	_, err = o.Accounts.RequestAnswerCode(ctx, "cleo@cleo.test", string(approval), addr)
	must(err)
	mails[account.MailAnswerCode] = o.last(account.MailAnswerCode)
	mails[portal.MailApprovalReminder] = o.queue(portal.MailApprovalReminder, o.Cleo, string(approval))
	o.exec(`UPDATE approvals SET escalated_at = 1 WHERE id = $1`, string(approval))
	mails[portal.MailApprovalEscalated] = o.queue(portal.MailApprovalEscalated, o.Cleo, string(approval))
	version := o.Items[o.Site][portal.ClientSide].Version
	_, err = o.As(o.Bea).KeepComment(ctx, version, "Brighter", nil)
	must(err)
	must(o.As(o.Bea).ShareUnsent(ctx, version))
	mails[portal.MailDraftsShared] = o.last(portal.MailDraftsShared)
	_, err = o.As(o.Mia).AskSignoff(ctx, portal.NewSignoff{Project: o.Site, Statement: "Accepted.", DueOn: "2026-03-20"})
	must(err)
	mails["signoff"] = o.last("signoff")
	signoff, _, err := o.As(o.Mia).ProjectSignoffs(ctx, o.Site, portal.Page{Limit: 1})
	must(err)
	mails[portal.MailSignoffReminder] = o.queue(portal.MailSignoffReminder, o.Cleo, string(signoff[0].ID))
	o.exec(`UPDATE signoffs SET escalated_at = 1 WHERE id = $1`, string(signoff[0].ID))
	mails[portal.MailSignoffEscalated] = o.queue(portal.MailSignoffEscalated, o.Mia, string(signoff[0].ID))
	o.exec(`INSERT INTO daily_heads (day, digest, chains, events, at) VALUES ('2026-03-10', 'ab', 1, 7, $1)`, db.Micros(o.Clock.Now()))
	mails[portal.MailDailyHead] = o.queue(portal.MailDailyHead, o.Ada, "2026-03-10")
	o.happen(2)
	mails[portal.MailDigest] = o.queue(portal.MailDigest, o.Cleo, string(o.Cleo))
	o.everything(o.Cleo)
	o.happen(2)
	mails[portal.MailNotices] = o.last(portal.MailNotices)
	test, err := o.As(o.Ada).SendTestMail(ctx)
	must(err)
	mails[portal.MailTest] = test
	o.exec(`INSERT INTO incoming_mails (id, message_id, recipient, sender, blob, size, received_at, state, due_at, from_address, subject, person_id, writer_id)
VALUES ('inm_1', '1@cleo.test', 'r', 'cleo@cleo.test', 'b', 1, $1, 'held', 0, 'cleo@cleo.test', 'Re: the colours', $2, $2)`, db.Micros(o.Clock.Now()), string(o.Cleo))
	mails[portal.MailHeld] = o.queue(portal.MailHeld, o.Cleo, string(o.Cleo))
	o.exec(`INSERT INTO incoming_mails (id, message_id, recipient, sender, blob, size, received_at, state, reason, settled_at, due_at, subject, writer_id)
VALUES ('inm_2', '2@cleo.test', 'r', 'cleo@cleo.test', 'b', 1, 1, 'discarded', 'unlooked', $1, 0, 'Re: the fonts', $2)`, db.Micros(o.Clock.Now()), string(o.Cleo))
	mails[portal.MailUnlooked] = o.queue(portal.MailUnlooked, o.Cleo, string(o.Cleo))
	o.exec(`UPDATE mails SET due_at = $1`, db.Micros(o.Clock.Now()))
	return mails
}

// Every kind of mail that the product queues is written, and says the same in
// both parts, of nobody else's business.
func TestEveryKindIsWritten(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		o := open(t, w, &mailtest.Server{})
		mails := o.all()
		kinds := portal.MailKinds()
		for _, k := range accountKinds(t) {
			if !slices.Contains(kinds, k) {
				t.Errorf("portal.MailKinds lacks %q of package account", k)
			}
		}
		for _, kind := range kinds {
			t.Run(kind, func(t *testing.T) {
				id, ok := mails[kind]
				if !ok {
					t.Fatal("the test makes no such mail")
				}
				p, err := o.notify.Preview(t.Context(), o.mail(id))
				if err != nil {
					t.Fatal(err)
				}
				if p.Subject == "" || p.To == "" {
					t.Errorf("preview: %+v", p)
				}
				seen := spaces(words(p.HTML))
				for line := range strings.Lines(p.Text) {
					if line = spaces(line); line != "" && line != "--" && !strings.Contains(seen, strings.TrimSuffix(line, ":")) && !facts(seen, line) &&
						!strings.Contains(p.HTML, `href="`+html.EscapeString(line)+`"`) {
						t.Errorf("the HTML part does not say %q", line)
					}
				}
				for _, link := range regexp.MustCompile(`https?://[^\s"'<]+`).FindAllString(p.Text+p.HTML, -1) {
					if !strings.HasPrefix(link, base+"/") {
						t.Errorf("link to %s", link)
					}
				}
				for _, foreign := range []string{"CNRY-brick", "-team-", "CNRY-acme-client-old"} {
					if strings.Contains(p.Text+p.HTML+p.Subject, foreign) {
						t.Errorf("the mail tells %s", foreign)
					}
				}
				before := len(o.server.Messages())
				o.send(id)
				o.want(id, portal.MailSent, "", 1)
				if n := len(o.server.Messages()); n != before+1 {
					t.Fatalf("%d messages were sent", n-before)
				}
				raw := o.server.Messages()[before]
				header(t, raw, id, kind)
			})
		}
		if len(mails) != len(kinds) {
			t.Errorf("%d kinds of mail made, %d known", len(mails), len(kinds))
		}
	})
}

// facts reports whether a line "Label: value" of the text is there as two cells.
func facts(seen, line string) bool {
	label, value, ok := strings.Cut(line, ": ")
	return ok && strings.Contains(seen, label+" "+value)
}

// header checks the lines before the content: one of each, and none that
// somebody else wrote.
func header(t *testing.T, raw string, id portal.MailID, kind string) {
	t.Helper()
	h, err := textproto.NewReader(bufio.NewReader(strings.NewReader(raw))).ReadMIMEHeader()
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range h {
		if len(values) != 1 {
			t.Errorf("%d lines %s", len(values), name)
		}
	}
	if got, want := h.Get("Message-Id"), "<"+string(id)+"@honcho.example>"; got != want {
		t.Errorf("Message-ID %s, want %s", got, want)
	}
	from, err := netmail.ParseAddress(h.Get("From"))
	if err != nil || from.Address != "portal@honcho.example" {
		t.Errorf("From %s: %v", h.Get("From"), err)
	}
	always := slices.Contains([]string{account.MailCode, account.MailAnswerCode, account.MailReset, account.MailEmailChange, account.MailEmailChanged, account.MailPasswordChanged,
		account.MailTokenCreated, "invitation", "team_invitation", "invitation_asked", portal.MailTest, portal.MailHeld, portal.MailUnlooked}, kind)
	link, post := h.Get("List-Unsubscribe"), h.Get("List-Unsubscribe-Post")
	if always && link+post != "" || !always && (!strings.HasPrefix(link, "<"+base+"/unsubscribe/per_") || post != "List-Unsubscribe=One-Click") {
		t.Errorf("List-Unsubscribe: %s, %s", link, post)
	}
	byHand := slices.Contains([]string{"invitation", "team_invitation", "file_request", "file_request_refused", "approval", "approval_call", "signoff"}, kind)
	if byHand != strings.HasSuffix(from.Name, " via Honcho Design") {
		t.Errorf("From %s", from.Name)
	}
	if auto := strings.HasPrefix(h.Get("Auto-Submitted"), "auto-"); auto == byHand {
		t.Errorf("Auto-Submitted: %q", h.Get("Auto-Submitted"))
	}
}

// accountKinds are the values of the constants Mail… of package account.
func accountKinds(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../account/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			v, ok := n.(*ast.ValueSpec)
			if !ok || !strings.HasPrefix(v.Names[0].Name, "Mail") || len(v.Values) != 1 {
				return true
			}
			if l, ok := v.Values[0].(*ast.BasicLit); ok && l.Kind == token.STRING {
				s, _ := strconv.Unquote(l.Value)
				kinds = append(kinds, s)
			}
			return true
		})
	}
	if len(kinds) < 6 {
		t.Fatalf("found only %q", kinds)
	}
	return kinds
}

var tag = regexp.MustCompile(`(?s)<style>.*?</style>|<[^>]*>`)

// words is what an HTML part says.
func words(s string) string { return html.UnescapeString(tag.ReplaceAllString(s, " ")) }

func spaces(s string) string { return strings.Join(strings.Fields(s), " ") }

func TestInvitationSays(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		o := open(t, w, nil)
		inv := o.invite(w.UmaUser, w.Mia, "")
		id := o.queue("invitation", w.Uma, inv)
		p, err := o.notify.Preview(t.Context(), o.mail(id))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{
			"Mia (Honcho Design) invited you to Acme", "See you on Monday", "CNRY-acme-client-brand-name and CNRY-acme-client-site-name",
			"Wed 18 Mar, 10:00 (in 7 days)", base + "/invitations/" + w.Accounts.Token(account.PurposeInvitation, inv),
		} {
			if !strings.Contains(p.Text, want) {
				t.Errorf("the mail does not say %q:\n%s", want, p.Text)
			}
		}
		if p.Subject != "Acme: Mia invited you" || p.From != "Mia via Honcho Design <portal@honcho.example>" {
			t.Errorf("subject %q from %q", p.Subject, p.From)
		}
		// A person's language and zone are their own.
		o.exec(`UPDATE persons SET time_zone = 'America/New_York' WHERE id = $1`, string(w.Uma))
		if p, err = o.notify.Preview(t.Context(), o.mail(id)); err != nil || !strings.Contains(p.Text, "Wed 18 Mar, 06:00") {
			t.Errorf("%v\n%s", err, p.Text)
		}
	})
}

// The record of a day says of which, as seen from when it is mailed.
func TestRecordOfADay(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		o := open(t, w, &mailtest.Server{})
		p, err := o.notify.Preview(t.Context(), o.mail(o.all()[portal.MailDailyHead]))
		if err != nil {
			t.Fatal(err)
		}
		if want := "Tue 10 Mar (yesterday)"; !strings.Contains(p.Subject, want) || !strings.Contains(p.Text, want) {
			t.Errorf("%s:\n%s", p.Subject, p.Text)
		}
	})
}

// What holds when the mail is sent counts, not what held when it was asked for.
func TestUnwantedIsDropped(t *testing.T) {
	for why, change := range map[string]string{
		"revoked":  `UPDATE invitations SET revoked_at = 1`,
		"replaced": `UPDATE invitations SET revoked_at = 1, replaced = 1`,
		"used":     `UPDATE invitations SET accepted_at = 1`,
		"expired":  `UPDATE invitations SET expires_at = 1`,
		"paused":   `UPDATE clients SET portal_since = NULL WHERE name = 'Acme'`,
		"gone":     `DELETE FROM invitations`,
	} {
		t.Run(why, func(t *testing.T) { unwanted(t, why, change) })
	}
	for name, change := range map[string]string{ // each of these counts as revoked
		"removed": `UPDATE client_users SET removed_at = 1 WHERE accepted_at IS NULL`,
		"inviter": `DELETE FROM client_grants WHERE actor IN (SELECT person_id FROM team_members WHERE role = 'manager')`,
	} {
		t.Run(name, func(t *testing.T) { unwanted(t, "revoked", change) })
	}
	t.Run("code", func(t *testing.T) {
		o := open(t, portaltest.Open(t, db.SQLite), &mailtest.Server{})
		if _, err := o.Accounts.RequestCode(t.Context(), "cleo@cleo.test", netip.Addr{}); err != nil {
			t.Fatal(err)
		}
		id := o.last(account.MailCode)
		o.Clock.Advance(account.CodeLife)
		o.send(id)
		o.want(id, portal.MailDropped, "expired", 1)
	})
	t.Run("asked", func(t *testing.T) {
		o := open(t, portaltest.Open(t, db.SQLite), &mailtest.Server{})
		inv := o.invite(o.UmaUser, o.Mia, "")
		o.exec(`UPDATE invitations SET expires_at = created_at`)
		id := o.queue("invitation_asked", o.Mia, inv)
		o.send(id) // of a dead invitation: that is when one asks
		o.want(id, portal.MailSent, "", 1)
		id = o.queue("invitation_asked", o.Tom, inv)
		o.send(id)
		o.want(id, portal.MailDropped, "inviter", 1)
	})
}

// unwanted queues an invitation, changes something, and wants it dropped.
func unwanted(t *testing.T, why, change string) {
	t.Helper()
	o := open(t, portaltest.Open(t, db.SQLite), &mailtest.Server{})
	id := o.queue("invitation", o.Uma, o.invite(o.UmaUser, o.Mia, ""))
	o.exec(change)
	o.send(id)
	o.want(id, portal.MailDropped, why, 1)
	if n := len(o.server.Messages()); n > 0 {
		t.Errorf("%d messages were sent", n)
	}
	if err := o.As(o.Ada).RetryMail(t.Context(), id); !errors.Is(err, portal.ErrConflict) {
		t.Errorf("retry: %v, want ErrConflict", err)
	}
}

func TestTryAgain(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		o := open(t, w, &mailtest.Server{Script: map[string][]string{"RCPT": {"451 4.7.1 later", "250 ok", "550 5.1.1 no such uma@uma.test"}}})
		id := o.queue("invitation", w.Uma, o.invite(w.UmaUser, w.Mia, ""))
		o.send(id)
		o.want(id, portal.MailQueued, "recipient/451 4.7.1", 1)
		o.send(id) // not before its time
		o.want(id, portal.MailQueued, "recipient/451 4.7.1", 1)
		o.Clock.Advance(time.Minute)
		o.send(id)
		o.want(id, portal.MailSent, "", 2)
		o.send(id)
		o.want(id, portal.MailSent, "", 2)
		if n := len(o.server.Messages()); n != 1 {
			t.Errorf("%d messages were sent, want 1", n)
		}
		refused := o.queue("invitation", w.Uma, o.invite(w.UmaUser, w.Mia, ""))
		o.send(refused)
		o.want(refused, portal.MailFailed, "recipient/550 5.1.1", 1)
		if err := w.As(w.Ada).RetryMail(t.Context(), refused); err != nil {
			t.Fatal(err)
		}
		o.send(refused)
		o.want(refused, portal.MailSent, "", 1)
	})
}

// Three days of failures, with longer and longer waits, then it is given up and
// shown.
func TestGivingUp(t *testing.T) {
	w := portaltest.Open(t, db.SQLite)
	o := open(t, w, nil)
	nobody := mail.Config{Host: "127.0.0.1", Port: closedPort(t), TLS: mail.Plain, Timeout: time.Second, From: mail.Address{Email: "portal@honcho.example"}}
	o.notify = newNotifier(w.Portal, w.Accounts, nobody)
	inv := o.invite(w.UmaUser, w.Mia, "")
	o.exec(`UPDATE invitations SET expires_at = expires_at * 2`)
	id := o.queue("invitation", w.Uma, inv)
	start := w.Clock.Now()
	for range 100 {
		o.send(id)
		m := o.mail(id)
		if m.State != portal.MailQueued {
			break
		}
		w.Clock.Advance(max(m.Due.Sub(w.Clock.Now()), 30*time.Second))
	}
	m := o.mail(id)
	if took := w.Clock.Now().Sub(start); m.State != portal.MailFailed || took < 60*time.Hour || took > 84*time.Hour {
		t.Errorf("mail is %s after %v and %d tries, want failed after about three days", m.State, took, m.Tries)
	}
	if !strings.HasPrefix(m.Reason, "connecting/") {
		t.Errorf("reason %q", m.Reason)
	}
}

// A server that is away for an hour loses and doubles nothing, and is not
// hammered meanwhile.
func TestServerIsAwayForAnHour(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		s := &mailtest.Server{Script: map[string][]string{}}
		o := open(t, w, s)
		var ids []portal.MailID
		for range 20 {
			ids = append(ids, o.queue("password_changed", w.Cleo, string(w.Cleo)))
		}
		var away []string
		for range 5000 {
			away = append(away, "421 4.3.2 away")
		}
		s.SetScript("greeting", away)
		for range 60 {
			for _, id := range ids {
				o.send(id)
			}
			w.Clock.Advance(time.Minute)
		}
		if n := s.Connections(); n > 70 {
			t.Errorf("%d connections to a server that is away, in an hour", n)
		}
		s.SetScript("greeting", nil)
		for range 200 {
			for _, id := range ids {
				o.send(id)
			}
			w.Clock.Advance(time.Minute)
		}
		if n := len(s.Messages()); n != len(ids) {
			t.Errorf("%d messages arrived of %d", n, len(ids))
		}
		for _, id := range ids {
			if m := o.mail(id); m.State != portal.MailSent {
				t.Errorf("mail is %s (%s)", m.State, m.Reason)
			}
		}
	})
}

// Without a mail server mails are kept, and may be sent once there is one.
func TestKept(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		o := open(t, w, nil)
		id := o.queue("invitation", w.Uma, o.invite(w.UmaUser, w.Mia, ""))
		o.send(id)
		o.want(id, portal.MailKept, "", 1)
		o = open(t, w, &mailtest.Server{})
		o.send(id)
		o.want(id, portal.MailKept, "", 1)
		if err := w.As(w.Ada).RetryMail(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		o.send(id)
		o.want(id, portal.MailSent, "", 1)
	})
}

// When the server has taken the mail and the database cannot be told, it is not
// sent again.
func TestAcceptedButNotNoted(t *testing.T) {
	o := open(t, portaltest.Open(t, db.SQLite), &mailtest.Server{})
	id := o.queue("password_changed", o.Cleo, string(o.Cleo))
	o.exec(`CREATE TRIGGER stuck BEFORE UPDATE ON mails WHEN NEW.state = 'sent' BEGIN SELECT RAISE(FAIL, 'disk'); END`)
	if err := o.notify.Send(t.Context(), id); err == nil {
		t.Fatal("what could not be noted must be an error")
	}
	o.want(id, portal.MailSending, "", 1)
	o.Clock.Advance(time.Hour) // the claim is long over
	if err := o.notify.Send(t.Context(), id); err == nil {
		t.Fatal("still cannot be noted")
	}
	o.exec(`DROP TRIGGER stuck`)
	if err := o.notify.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.want(id, portal.MailSent, "", 1)
	if n := len(o.server.Messages()); n != 1 {
		t.Errorf("%d messages were sent, want 1", n)
	}
}

// Of many who want to send one mail, one does.
func TestClaim(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		o := open(t, w, &mailtest.Server{})
		id := o.queue("password_changed", w.Cleo, string(w.Cleo))
		done := make(chan error)
		for range 8 {
			go func() { done <- o.notify.Send(t.Context(), id) }()
		}
		for range 8 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if n := len(o.server.Messages()); n != 1 {
			t.Errorf("%d messages were sent, want 1", n)
		}
		// A process that died while it was sending loses nothing.
		id = o.queue("password_changed", w.Cleo, string(w.Cleo))
		if _, err := w.Portal.ClaimMail(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		o.send(id)
		o.want(id, portal.MailSending, "", 1)
		w.Clock.Advance(2 * time.Minute)
		o.send(id)
		o.want(id, portal.MailSent, "", 2)
	})
}

// The whole way: a change queues a job in its transaction, which sends; a mail
// whose job is gone is found.
func TestJobs(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := t.Context()
		j, err := jobs.New(w.DB, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if err := j.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		w.Portal, w.Accounts = portal.New(w.DB, portal.Options{
			Key: []byte("0123456789abcdef0123456789abcdef"), Now: w.Clock.Now,
			Enqueue: func(ctx context.Context, tx *db.Tx, kind string, args any) error {
				return j.Enqueue(ctx, tx, kind, args)
			},
		})
		o := open(t, w, &mailtest.Server{})
		o.notify.Register(j)
		lost := o.queue("password_changed", w.Dan, string(w.Dan))
		w.Clock.Advance(time.Minute)
		if err := j.Start(ctx); err != nil {
			t.Fatal(err)
		}
		defer j.Stop(context.Background())
		if err := w.Accounts.RequestReset(ctx, "cleo@cleo.test", netip.Addr{}); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(20 * time.Second); len(o.server.Messages()) < 2 && time.Now().Before(deadline); {
			time.Sleep(50 * time.Millisecond)
		}
		drained, cancel := context.WithTimeout(ctx, 20*time.Second)
		defer cancel()
		if err := j.Drain(drained); err != nil {
			t.Fatal(err)
		}
		o.want(lost, portal.MailSent, "", 1)
		o.want(o.last(account.MailReset), portal.MailSent, "", 1)
		if n := len(o.server.Messages()); n != 2 {
			t.Errorf("%d messages were sent, want 2", n)
		}
	})
}

// T225: a server that lets each mail wait keeps the mails alone waiting, and a mail
// may wait for a minute.
func TestSlowServerHoldsUpMailsAlone(t *testing.T) {
	if c, err := config.Load([]string{"-data", filepath.Join(t.TempDir(), "data"), "-base-url", base}, nil); err != nil {
		t.Error(err)
	} else if most := c.SMTP.Timeout; most < 70*time.Second || most > portal.MailClaim-20*time.Second {
		t.Errorf("a mail may wait for %v", most)
	}
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := t.Context()
		j, err := jobs.New(w.DB, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if err := j.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		o := open(t, w, &mailtest.Server{Script: map[string][]string{"RCPT": slices.Repeat([]string{"hang"}, 40)}})
		o.notify.Register(j)
		others := make(chan bool, 1)
		jobs.Handle(j, "other", func(context.Context, int) error { others <- true; return nil })
		enqueue := func(kind string, args any) {
			t.Helper()
			if err := w.DB.Write(ctx, func(tx *db.Tx) error { return j.Enqueue(ctx, tx, kind, args) }); err != nil {
				t.Fatal(err)
			}
		}
		for range 16 {
			enqueue(portal.SendMail, portal.MailJob{Mail: o.queue("password_changed", w.Cleo, string(w.Cleo))})
		}
		if err := j.Start(ctx); err != nil {
			t.Fatal(err)
		}
		defer j.Stop(context.Background())
		for deadline := time.Now().Add(20 * time.Second); o.server.Connections() < 8 && time.Now().Before(deadline); {
			time.Sleep(10 * time.Millisecond)
		}
		enqueue("other", 1)
		select {
		case <-others:
		case <-time.After(3 * time.Second):
			t.Error("another job waits for the mail server")
		}
	})
}

// closedPort is one that nobody listens on.
func closedPort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
