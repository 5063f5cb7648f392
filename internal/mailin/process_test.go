package mailin

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/blob"
	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// come stores a mail for an address, as LMTP and IMAP do, takes it up, and
// returns what became of it.
func come(t *testing.T, w *portaltest.World, taker *Taker, raw, to string) portal.IncomingMail {
	t.Helper()
	kept, err := taker.knows(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	if err := taker.Receive(t.Context(), "", []string{kept}, strings.NewReader(raw)); err != nil {
		t.Fatal(err)
	}
	m := waiting(t, w)[0]
	return take(t, w, taker, m.ID)
}

func take(t *testing.T, w *portaltest.World, taker *Taker, id portal.IncomingID) portal.IncomingMail {
	t.Helper()
	if err := taker.Take(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	m, err := w.As(w.Ada).IncomingMail(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// conversation is one of a project, begun by the team for its client.
func conversation(t *testing.T, w *portaltest.World, project portal.ProjectID) portal.ThreadID {
	t.Helper()
	id, err := w.As(w.Mia).StartConversation(t.Context(), project, portal.NewConversation{Subject: "Colours", NewMessage: portal.NewMessage{Body: "Which?", Audience: portal.ClientSide}})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func messages(t *testing.T, w *portaltest.World, who portal.PersonID, id portal.ThreadID) []portal.Message {
	t.Helper()
	l, err := w.As(who).Messages(t.Context(), id, portal.MessagePage{})
	if err != nil {
		t.Fatal(err)
	}
	return l.All
}

func TestAnswer(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		taker := takerFor(t, w)
		thread := conversation(t, w, w.Site)
		cleo := addressOf(t, taker, portal.ReplyPlace{Person: w.Cleo, Place: string(thread), Audience: portal.ClientSide})
		raw := letter("1@cleo.test", "Cleo <CLEO@cleo.test>", cleo, "The *second*, please.\n\nOn Thu, Mar 12, 2026 at 2:02 PM Mia <reply@in.honcho.test> wrote:\n\n> Which?")
		m := come(t, w, taker, raw, cleo)
		if m.State != portal.IncomingPosted || m.Person != w.Cleo {
			t.Fatalf("it is %s for %q", m.State, m.Reason)
		}
		all := messages(t, w, w.Mia, thread)
		last := all[len(all)-1]
		if len(all) != 2 || string(last.ID) != m.Became || last.Author != w.Cleo || last.Body != `The \*second\*, please.` || last.Audience != portal.ClientSide {
			t.Errorf("posted: %+v", last)
		}

		// The same mail again, whichever way: nothing.
		if err := taker.Receive(t.Context(), "", []string{cleo}, strings.NewReader(raw)); err != nil {
			t.Fatal(err)
		}
		take(t, w, taker, m.ID)
		// And when whoever took it up died before it could be noted.
		set(t, w, `UPDATE incoming_mails SET state = 'waiting', due_at = 0, became = '' WHERE id = $1`, string(m.ID))
		if again := take(t, w, taker, m.ID); again.State != portal.IncomingPosted || again.Became != m.Became {
			t.Errorf("after a crash: %+v", again)
		}
		if got := len(messages(t, w, w.Mia, thread)); got != 2 {
			t.Errorf("there are %d messages", got)
		}
		// So late that nobody can know whether it was posted.
		w.Clock.Advance(21 * time.Hour)
		set(t, w, `UPDATE incoming_mails SET state = 'waiting', due_at = 0 WHERE id = $1`, string(m.ID))
		if late := take(t, w, taker, m.ID); late.State != portal.IncomingHeld || late.Reason != "interrupted" {
			t.Errorf("much later: %s for %q", late.State, late.Reason)
		}
	})
}

func set(t *testing.T, w *portaltest.World, q string, args ...any) {
	t.Helper()
	if err := w.DB.Write(t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(t.Context(), q, args...); return err }); err != nil {
		t.Fatal(err)
	}
}

// withFiles is a letter with attachments.
func withFiles(id, from, to, text string, files ...string) string {
	var b strings.Builder
	head, body, _ := strings.Cut(letter(id, from, to, text), "\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n")
	b.WriteString(head + "\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + body)
	for i, f := range files {
		fmt.Fprintf(&b, "--b\r\nContent-Type: text/plain; name=\"%d.txt\"\r\nContent-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\n%s\r\n", i, base64.StdEncoding.EncodeToString([]byte(f)))
	}
	b.WriteString("--b--\r\n")
	return b.String()
}

// T170: an attachment goes through what every upload goes through.
func TestAnswerWithFiles(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		taker := takerFor(t, w)
		thread := conversation(t, w, w.Site)
		cleo := addressOf(t, taker, portal.ReplyPlace{Person: w.Cleo, Place: string(thread), Audience: portal.ClientSide})
		set(t, w, `UPDATE workspace SET file_limit = 100`)
		m := come(t, w, taker, withFiles("1@cleo.test", "cleo@cleo.test", cleo, "Here they are.", "one", strings.Repeat("large", 50), "two"), cleo)
		if m.State != portal.IncomingPosted || strings.Join(m.Files, " ") != "0.txt 1.txt 2.txt" {
			t.Fatalf("it is %s for %q, with %q", m.State, m.Reason, m.Files)
		}
		all := messages(t, w, w.Mia, thread)
		last := all[len(all)-1]
		if len(last.Files) != 2 || last.Files[0].Name != "0.txt" || last.Files[1].Name != "2.txt" || last.Files[0].Project != w.Site || last.Files[0].Audience != portal.ClientSide {
			t.Fatalf("files: %+v", last.Files)
		}
		if !strings.HasPrefix(last.Body, "Here they are.") || !strings.Contains(last.Body, "1.txt") || strings.Contains(last.Body, "0.txt") {
			t.Errorf("says %q", last.Body)
		}
		d, err := w.As(w.Mia).ReadVersion(t.Context(), last.Files[0].Version.ID)
		if err != nil {
			t.Fatal(err)
		}
		if info, err := taker.Bytes.Blobs.Stat(t.Context(), blob.Key(d.Blob)); err != nil || info.Size != 3 {
			t.Errorf("stored: %+v, %v", info, err)
		}

		// Whoever took it up died after the files came, and again in the middle.
		for _, uploads := range []string{"uploads", "'gone'"} {
			set(t, w, `UPDATE incoming_mails SET state = 'waiting', due_at = 0, uploads = `+uploads+` WHERE id = $1`, string(m.ID))
			if again := take(t, w, taker, m.ID); again.State != portal.IncomingPosted || again.Became != m.Became {
				t.Errorf("again: %s for %q", again.State, again.Reason)
			}
			if uploads == "'gone'" {
				break
			}
			l, err := w.As(w.Mia).Files(t.Context(), w.Site, "", portal.ListOptions{})
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for _, f := range l.Files {
				if strings.HasSuffix(f.Name, ".txt") {
					n++
				}
			}
			if n != 2 {
				t.Errorf("there are %d files", n)
			}
		}
		if got := len(messages(t, w, w.Mia, thread)); got != 2 {
			t.Errorf("there are %d messages", got)
		}
	})
}

// What the team says by mail is seen by whom the mail that it answers was for:
// an internal note is answered by an internal note (T048).
func TestAnswerIsNeverWider(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		taker := takerFor(t, w)
		thread := conversation(t, w, w.Site)
		for i, c := range []struct {
			place    string
			asked    portal.Side
			audience portal.Side
		}{
			{string(thread), portal.Team, portal.Team},
			{string(thread), portal.ClientSide, portal.ClientSide},
			{string(w.Items[w.Site][portal.Team].Deliverable), portal.ClientSide, portal.Team},
			{string(w.Items[w.Site][portal.ClientSide].Deliverable), portal.ClientSide, portal.ClientSide},
			{string(w.Items[w.Site][portal.ClientSide].Task), portal.Team, portal.Team},
		} {
			to := addressOf(t, taker, portal.ReplyPlace{Person: w.Mia, Place: c.place, Audience: c.asked})
			m := come(t, w, taker, withFiles(fmt.Sprintf("%d@mia.test", i), "mia@mia.test", to, fmt.Sprintf("Answer %d", i), "file"), to)
			if m.State != portal.IncomingPosted {
				t.Fatalf("%d is %s for %q", i, m.State, m.Reason)
			}
			said, err := w.As(w.Mia).Message(t.Context(), portal.MessageID(m.Became))
			if err != nil || said.Audience != c.audience || len(said.Files) != 1 || said.Files[0].Audience != c.audience {
				t.Errorf("%d: %+v, %v", i, said, err)
			}
			_, err = w.As(w.Cleo).Message(t.Context(), portal.MessageID(m.Became))
			if seen := err == nil; seen != (c.audience == portal.ClientSide) {
				t.Errorf("%d: the client sees it: %t", i, seen)
			}
		}
		// One of the client's people with an address that was for the team.
		to := addressOf(t, taker, portal.ReplyPlace{Person: w.Cleo, Place: string(thread), Audience: portal.Team})
		if m := come(t, w, taker, letter("9@cleo.test", "cleo@cleo.test", to, "Hm"), to); m.State == portal.IncomingPosted {
			t.Error("a client's answer to a note was posted")
		}
	})
}

// Attachments of an answer in a conversation that is in no project are kept: in the only
// project that its writer has of that client, or in the one that somebody chooses who
// lets the mail in. Nobody sees them before.
func TestFilesOfNoProject(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := t.Context()
		taker := takerFor(t, w)
		general := func(c portal.ClientID) (thread portal.ThreadID) {
			t.Helper()
			if _, err := w.As(w.Mia).SayToClient(ctx, c, portal.NewMessage{Body: "b", Audience: portal.ClientSide}); err != nil {
				t.Fatal(err)
			}
			if err := w.DB.QueryRow(ctx, `SELECT t.id FROM threads t WHERE t.kind = 'general' AND t.client_id = $1`, string(c)).Scan(&thread); err != nil {
				t.Fatal(err)
			}
			return thread
		}
		n := 0
		answers := func(thread portal.ThreadID) portal.IncomingMail {
			t.Helper()
			n++
			to := addressOf(t, taker, portal.ReplyPlace{Person: w.Cleo, Place: string(thread), Audience: portal.ClientSide})
			return come(t, w, taker, withFiles(fmt.Sprintf("files%d@cleo.test", n), "cleo@cleo.test", to, fmt.Sprintf("Here they are, time %d.", n), "one", "two"), to)
		}
		filed := func(m portal.IncomingMail, in portal.ProjectID) {
			t.Helper()
			said, err := w.As(w.Cleo).Message(ctx, portal.MessageID(m.Became))
			if err != nil || m.State != portal.IncomingPosted || len(said.Files) != 2 || strings.Contains(said.Body, "could not be put") {
				t.Fatalf("%s (%s): %+v, %v", m.State, m.Reason, said, err)
			}
			for _, f := range said.Files {
				if file, err := w.As(w.Cleo).File(ctx, f.ID); err != nil || file.Project != in {
					t.Errorf("%s is in %s, want %s, %v", f.Name, file.Project, in, err)
				}
			}
		}
		thread := general(w.Acme)
		mine, _, err := w.As(w.Cleo).Projects(ctx, portal.ProjectFilter{Client: w.Acme}, portal.Page{})
		if err != nil || len(mine) < 2 {
			t.Fatalf("Cleo sees %d projects, %v", len(mine), err)
		}
		m := answers(thread)
		if m.State != portal.IncomingHeld || m.Reason != portal.HeldForFiles || !m.WantsProject() {
			t.Fatalf("it is %s (%s)", m.State, m.Reason)
		}
		choice, err := w.As(w.Ada).ProjectsFor(ctx, m)
		if err != nil || len(choice) < 2 {
			t.Fatalf("%d projects, %v", len(choice), err)
		}
		for _, p := range choice {
			if p.Client != w.Acme {
				t.Errorf("%s is offered, which is another client's", p.Name)
			}
		}
		var invalid *portal.Invalid
		for _, wrong := range []portal.ProjectID{"", "prj_nonsense"} {
			if err := w.As(w.Ada).AcceptIncoming(ctx, m.ID, wrong); !errors.As(err, &invalid) {
				t.Errorf("let in with the files in %q: %v", wrong, err)
			}
		}
		if err := w.As(w.Mia).AcceptIncoming(ctx, m.ID, w.Site); !errors.Is(err, portal.ErrNotFound) {
			t.Errorf("Mia lets it in: %v", err)
		}
		if err := w.As(w.Ada).AcceptIncoming(ctx, m.ID, w.Site); err != nil {
			t.Fatal(err)
		}
		if err := taker.Take(ctx, m.ID); err != nil {
			t.Fatal(err)
		}
		if m, err = w.As(w.Ada).IncomingMail(ctx, m.ID); err != nil {
			t.Fatal(err)
		}
		filed(m, w.Site)
		// With one project left, that is where they go.
		for _, p := range mine {
			if p.ID != w.Site {
				if err := w.DB.Write(ctx, func(tx *db.Tx) error {
					_, err := tx.Exec(ctx, `UPDATE projects SET archived_at = 1 WHERE id = $1`, string(p.ID))
					return err
				}); err != nil {
					t.Fatal(err)
				}
			}
		}
		w.Regrant()
		filed(answers(thread), w.Site)
	})
}

// T169, S12: who does not seem to be the person is held, and posts nothing.
func TestAnswerOfSomebodyElse(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		taker := takerFor(t, w)
		thread := conversation(t, w, w.Site)
		cleo := addressOf(t, taker, portal.ReplyPlace{Person: w.Cleo, Place: string(thread), Audience: portal.ClientSide})
		good := letter("0@cleo.test", "cleo@cleo.test", cleo, "Something long enough to be told apart.")
		replace := strings.NewReplacer
		for i, c := range []struct {
			raw, to string
			state   portal.IncomingState
			reason  string
		}{
			{replace("dmarc=pass", "dmarc=fail").Replace(good), cleo, portal.IncomingHeld, "forged"},
			{replace(trusted, "mx.evil.test").Replace(good), cleo, portal.IncomingHeld, "unproven"},
			{replace("dmarc=pass", "dmarc=none", "header.from=cleo.test", "").Replace(good), cleo, portal.IncomingHeld, "unsigned"},
			{replace("From: cleo@cleo.test", "From: carl@carl.test").Replace(good), cleo, portal.IncomingHeld, "sender"},
			{replace("From: cleo@cleo.test", "From: cleo@cleo.test, carl@carl.test").Replace(good), cleo, portal.IncomingHeld, "sender"},
			{replace("From: cleo@cleo.test", "From: cleo@cleo.test.evil.test").Replace(good), cleo, portal.IncomingHeld, "sender"},
			{replace("From: cleo@cleo.test", `From: "cleo@cleo.test" <x@cleo.test>`).Replace(good), cleo, portal.IncomingHeld, "sender"},
			{replace("MIME-Version", "Date: Mon, 2 Jan 2006 15:04:05 +0000\r\nMIME-Version").Replace(good), cleo, portal.IncomingHeld, "old"},
			{replace("MIME-Version", "Auto-Submitted: auto-replied\r\nMIME-Version").Replace(good), cleo, portal.IncomingDropped, "auto_reply"},
			{replace("MIME-Version", "List-Id: <x.y>\r\nMIME-Version").Replace(good), cleo, portal.IncomingDropped, "list"},
			{replace("<0@", "<mai_01@").Replace(good), cleo, portal.IncomingDropped, "loop"},
			{replace("From: cleo@cleo.test", "From: portal@honcho.test").Replace(good), cleo, portal.IncomingDropped, "loop"},
			{letter("x@cleo.test", "cleo@cleo.test", cleo, "> all quoted"), cleo, portal.IncomingHeld, "empty"},
			{good, "reply@in.honcho.test", portal.IncomingHeld, "unknown"},
			{good, "portal@honcho.test", portal.IncomingHeld, "unknown"},
			{replace("Subject", "Precedence: bulk\r\nSubject").Replace(good), "portal@honcho.test", portal.IncomingDropped, "bulk"},
			{"From cleo\r\n" + good, cleo, portal.IncomingHeld, "unreadable_header"},
		} {
			m := come(t, w, taker, strings.Replace(c.raw, "<0@", fmt.Sprintf("<%d@", i), 1), c.to)
			if m.State != c.state || m.Reason != c.reason {
				t.Errorf("%d is %s for %q, want %s for %q", i, m.State, m.Reason, c.state, c.reason)
			}
		}
		if got := len(messages(t, w, w.Mia, thread)); got != 1 {
			t.Fatalf("there are %d messages", got)
		}
		// Somebody looks at one and lets it in: once.
		var held portal.IncomingMail
		for _, m := range waiting(t, w) {
			if m.Reason == "forged" {
				held = m
			}
		}
		if held.FromAddress != "cleo@cleo.test" || held.Body != "Something long enough to be told apart." {
			t.Errorf("held: %+v", held)
		}
		if err := w.As(w.Ada).AcceptIncoming(t.Context(), held.ID, ""); err != nil {
			t.Fatal(err)
		}
		if m := take(t, w, taker, held.ID); m.State != portal.IncomingPosted || m.DecidedBy == "" {
			t.Errorf("let in: %s for %q", m.State, m.Reason)
		}
		all := messages(t, w, w.Mia, thread)
		if len(all) != 2 || all[1].Author != w.Cleo {
			t.Errorf("let in: %+v", all)
		}
		// With nobody to ask the reply address has to do, but for what some server
		// found to be forged.
		taker.Server = ""
		for result, want := range map[string]portal.IncomingState{"dmarc=none": portal.IncomingPosted, "dmarc=fail": portal.IncomingHeld, "dmarc=reject": portal.IncomingHeld} {
			for _, server := range []string{trusted, "mx.elsewhere.test"} {
				raw := replace("dmarc=pass", result, trusted, server, "<0@", "<"+result[6:]+"-"+server+"@", "told apart", "told apart from "+result+" of "+server).Replace(good)
				if m := come(t, w, taker, raw, cleo); m.State != want || want == portal.IncomingHeld && m.Reason != string(Forged) {
					t.Errorf("without a server to believe, %s of %s: %s for %q", result, server, m.State, m.Reason)
				}
			}
		}
	})
}

// Of what is held its writer is told when the mail server vouches for them, once
// in an hour; a stranger, a program and whoever is only named are told nothing.
func TestHeldTellsItsWriter(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		taker := takerFor(t, w)
		thread := conversation(t, w, w.Site)
		cleo := addressOf(t, taker, portal.ReplyPlace{Person: w.Cleo, Place: string(thread), Audience: portal.ClientSide})
		n := 0
		come := func(sender, raw, to string) portal.IncomingMail {
			t.Helper()
			n++
			raw = strings.Replace(raw, "<0@", fmt.Sprintf("<%d@", n), 1)
			if err := taker.Receive(t.Context(), sender, []string{to}, strings.NewReader(raw)); err != nil {
				t.Fatal(err)
			}
			return take(t, w, taker, waiting(t, w)[0].ID)
		}
		told := func() (all []string) {
			t.Helper()
			mails, _, err := w.As(w.Ada).Outbox(t.Context(), portal.MailQueued, portal.Page{})
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range mails {
				if m.Kind == portal.MailHeld {
					all = append(all, m.Address)
				}
			}
			return all
		}
		bea := letter("0@x", "bea@bea.test", cleo, "This is Bea.")
		replace := strings.NewReplacer
		for i, c := range []struct{ sender, raw, to string }{
			{"x@evil.test", letter("0@x", "x@evil.test", cleo, "Who am I?"), cleo},
			{"bea@bea.test", replace("dmarc=pass", "dmarc=fail").Replace(bea), cleo},
			{"bea@bea.test", replace(trusted, "mx.evil.test").Replace(bea), cleo},
			{"bea@bea.test", replace("dmarc=pass", "dmarc=none", "header.from=bea.test", "").Replace(bea), cleo},
			{"bea@bea.test", replace("MIME-Version", "Auto-Submitted: auto-replied\r\nMIME-Version").Replace(bea), cleo},
			{"", bea, cleo}, // a report has no sender
			{"bea@bea.test", letter("0@x", "portal@honcho.test", cleo, "From us."), cleo},
		} {
			if m := come(c.sender, c.raw, c.to); m.State == portal.IncomingPosted || m.Writer != "" {
				t.Errorf("%d is %s for %q, of %q", i, m.State, m.Reason, m.Writer)
			}
		}
		if got := told(); got != nil {
			t.Fatalf("told: %v", got)
		}
		if m := come("bea@bea.test", bea, cleo); m.State != portal.IncomingHeld || m.Reason != "sender" || m.Writer != w.Bea || m.Person != w.Cleo {
			t.Errorf("Bea's with Cleo's address: %+v", m)
		}
		m := come("bea@bea.test", letter("0@x", "bea@bea.test", "portal@honcho.test", "Where does this go?"), "portal@honcho.test")
		if m.State != portal.IncomingHeld || m.Reason != "unknown" || m.Writer != w.Bea {
			t.Errorf("Bea's to nobody: %+v", m)
		}
		if got := told(); len(got) != 1 || got[0] != "bea@bea.test" {
			t.Errorf("told: %v", got)
		}
		// And not again within an hour of the first.
		set(t, w, `UPDATE mails SET state = 'sent', sent_at = $1 WHERE kind = 'mail_held' AND state = 'queued'`, db.Micros(w.Clock.Now()))
		come("bea@bea.test", letter("0@x", "bea@bea.test", "portal@honcho.test", "And this?"), "portal@honcho.test")
		mails, _, err := w.As(w.Ada).Outbox(t.Context(), portal.MailQueued, portal.Page{Limit: 1})
		if err != nil || len(mails) != 1 || mails[0].Kind != portal.MailHeld || mails[0].Due.Before(w.Clock.Now().Add(time.Hour)) {
			t.Errorf("the next: %+v, %v", mails, err)
		}
		// She wrote it, and so it is let in as hers.
		if err := w.As(w.Ada).AssignIncoming(t.Context(), m.ID, string(thread), w.Bea); err != nil {
			t.Fatal(err)
		}
		if m := take(t, w, taker, m.ID); m.State != portal.IncomingPosted {
			t.Errorf("let in: %s for %q", m.State, m.Reason)
		}
		all := messages(t, w, w.Mia, thread)
		if last := all[len(all)-1]; last.Author != w.Bea || last.Body != "Where does this go?" {
			t.Errorf("posted: %+v", last)
		}
		// Where nobody vouches, only whose address it came to.
		taker.Server = ""
		if m := come("bea@bea.test", bea, cleo); m.Writer != "" {
			t.Error("without a server to believe anybody is told")
		}
		if m := come("cleo@cleo.test", letter("0@x", "cleo@cleo.test", cleo, "> all quoted"), cleo); m.State != portal.IncomingHeld || m.Writer != w.Cleo {
			t.Errorf("Cleo's own: %+v", m)
		}
	})
}

// Who may not write there posts nothing, now as on a page: T081.
func TestAnswerWithoutRight(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		taker := takerFor(t, w)
		thread := conversation(t, w, w.Site)
		old := string(w.Items[w.Old][portal.ClientSide].Deliverable)
		for i, c := range []struct {
			who   portal.PersonID
			from  string
			place string
		}{
			{w.Carl, "carl@carl.test", string(thread)}, {w.Rex, "rex@rex.test", string(thread)}, {w.Dan, "dan@dan.test", string(thread)},
			{w.Eve, "eve@eve.test", string(thread)}, {w.Cleo, "cleo@cleo.test", string(w.Items[w.Site][portal.Team].Deliverable)},
			{w.Cleo, "cleo@cleo.test", string(w.Items[w.Shop][portal.ClientSide].Deliverable)}, {w.Cleo, "cleo@cleo.test", old}, {w.Mia, "mia@mia.test", old},
			{w.Cleo, "cleo@cleo.test", string(w.Items[w.Site][portal.ClientSide].Folder)}, {w.Cleo, "cleo@cleo.test", "nonsense"},
		} {
			to := addressOf(t, taker, portal.ReplyPlace{Person: c.who, Place: c.place, Audience: portal.ClientSide})
			m := come(t, w, taker, withFiles(fmt.Sprintf("%d@x", i), c.from, to, fmt.Sprintf("Answer number %d", i), "file"), to)
			if m.State != portal.IncomingHeld || m.Reason != portal.HeldForAccess {
				t.Errorf("%d is %s for %q", i, m.State, m.Reason)
			}
		}
		if got := len(messages(t, w, w.Mia, thread)); got != 1 {
			t.Errorf("there are %d messages", got)
		}

		// Who may bring files and say nothing leaves no file behind.
		if err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `UPDATE client_users SET rights = (rights | 16) - (rights & 8) WHERE id = $1`, string(w.CleoUser))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		w.Regrant()
		files := func() (n int) {
			t.Helper()
			if err := w.DB.QueryRow(t.Context(), `SELECT COUNT(*) FROM files`).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		before := files()
		to := addressOf(t, taker, portal.ReplyPlace{Person: w.Cleo, Place: string(thread), Audience: portal.ClientSide})
		m := come(t, w, taker, withFiles("silent@x", "cleo@cleo.test", to, "May I?", "file"), to)
		if m.State != portal.IncomingHeld || m.Reason != portal.HeldForAccess || files() != before {
			t.Errorf("it is %s for %q, and there are %d files where %d were", m.State, m.Reason, files(), before)
		}
	})
}

// An answer to a conversation that nobody else reads any more is not lost: somebody says
// where it belongs.
func TestAnswerWhereNobodyIs(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		taker := takerFor(t, w)
		id, err := w.As(w.Tom).StartDirect(t.Context(), portal.NewDirect{Client: w.Acme, People: []portal.PersonID{w.Cleo}, NewMessage: portal.NewMessage{Body: "Between us"}})
		if err != nil {
			t.Fatal(err)
		}
		thread := conversation(t, w, w.Site)
		to := addressOf(t, taker, portal.ReplyPlace{Person: w.Cleo, Place: string(id), Audience: portal.ClientSide})
		if _, err := w.As(w.Ada).RemoveTeamMember(t.Context(), w.Tom); err != nil {
			t.Fatal(err)
		}
		m := come(t, w, taker, letter("left@x", "cleo@cleo.test", to, "Are you there?"), to)
		if m.State != portal.IncomingHeld || m.Reason != portal.HeldForDeserted {
			t.Fatalf("it is %s for %q", m.State, m.Reason)
		}
		if m, err = w.As(w.Ada).IncomingMail(t.Context(), m.ID); err != nil || !m.CanAssign() {
			t.Fatalf("%+v, %v", m, err)
		}
		if err := w.As(w.Ada).AssignIncoming(t.Context(), m.ID, string(thread), w.Cleo); err != nil {
			t.Fatal(err)
		}
		if m := take(t, w, taker, m.ID); m.State != portal.IncomingPosted {
			t.Errorf("let in elsewhere it is %s for %q", m.State, m.Reason)
		}
		all := messages(t, w, w.Mia, thread)
		if last := all[len(all)-1]; last.Author != w.Cleo || last.Body != "Are you there?" {
			t.Errorf("posted: %+v", last)
		}
	})
}

// What came too late is kept, and posted once it may be: its writer is told that it
// waits, as of whatever is held, and who administers finds it.
func TestAnswerTooLate(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		ctx := t.Context()
		taker := takerFor(t, w)
		ada := w.As(w.Ada)
		thread := conversation(t, w, w.Site)
		n := 0
		comes := func(who portal.PersonID, from string) portal.IncomingMail {
			t.Helper()
			n++
			to := addressOf(t, taker, portal.ReplyPlace{Person: who, Place: string(thread), Audience: portal.ClientSide})
			raw := withFiles(fmt.Sprintf("late%d@x", n), from, to, fmt.Sprintf("What took me an hour, for the %d. time", n), "file")
			if err := taker.Receive(ctx, from, []string{to}, strings.NewReader(raw)); err != nil {
				t.Fatal(err)
			}
			return take(t, w, taker, waiting(t, w)[0].ID)
		}
		held := func(what string, m portal.IncomingMail, writer portal.PersonID, told ...string) {
			t.Helper()
			if m.State != portal.IncomingHeld || m.Reason != portal.HeldForAccess || m.Writer != writer || !strings.HasPrefix(m.Body, "What took me an hour") || len(m.Files) != 1 || m.Became != "" {
				t.Errorf("%s: %+v", what, m)
			}
			mails, _, err := ada.Outbox(ctx, portal.MailQueued, portal.Page{})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, m := range mails {
				if m.Kind == portal.MailHeld {
					got = append(got, m.Address)
				}
			}
			if strings.Join(got, " ") != strings.Join(told, " ") {
				t.Errorf("%s: told are %v, want %v", what, got, told)
			}
			if count, err := ada.IncomingHeldCount(ctx); err != nil || count == 0 {
				t.Errorf("%s: %d are counted, %v", what, count, err)
			}
			if l, err := w.As(w.Mia).Messages(ctx, thread, portal.MessagePage{}); err != nil || len(l.All) != 1 {
				t.Errorf("%s: %d messages, %v", what, len(l.All), err)
			}
			set(t, w, `DELETE FROM mails WHERE kind = 'mail_held'`)
		}
		set(t, w, `UPDATE persons SET disabled_at = 1 WHERE id = $1`, string(w.Bea))
		w.Regrant()
		held("an account that is disabled", comes(w.Bea, "bea@bea.test"), "")
		set(t, w, `UPDATE client_users SET rights = rights - 8 WHERE id = $1`, string(w.CleoUser))
		w.Regrant()
		without := comes(w.Cleo, "cleo@cleo.test")
		held("the right was taken", without, w.Cleo, "cleo@cleo.test")
		if err := ada.AcceptIncoming(ctx, without.ID, ""); err != nil {
			t.Fatal(err)
		}
		held("let in all the same", take(t, w, taker, without.ID), "")
		set(t, w, `UPDATE client_users SET rights = rights + 8 WHERE id = $1`, string(w.CleoUser))
		set(t, w, `UPDATE projects SET archived_at = 1 WHERE id = $1`, string(w.Site))
		w.Regrant()
		first, second := comes(w.Cleo, "cleo@cleo.test"), comes(w.Mia, "mia@mia.test")
		held("the project is archived", first, w.Cleo, "mia@mia.test", "cleo@cleo.test")
		held("of the team, too", second, w.Mia)

		// It is posted elsewhere, or there once the project is back.
		if !first.CanAssign() || !second.CanAccept() {
			t.Fatal("nobody can let them in")
		}
		other := conversation(t, w, w.Brand)
		err := ada.AssignIncoming(ctx, first.ID, string(other), w.Cleo)
		set(t, w, `UPDATE projects SET archived_at = NULL WHERE id = $1`, string(w.Site))
		w.Regrant()
		if err == nil {
			err = ada.AcceptIncoming(ctx, second.ID, "")
		}
		if err != nil {
			t.Fatal(err)
		}
		for id, in := range map[portal.IncomingID]portal.ThreadID{first.ID: other, second.ID: thread} {
			m := take(t, w, taker, id)
			all := messages(t, w, w.Mia, in)
			if last := all[len(all)-1]; m.State != portal.IncomingPosted || string(last.ID) != m.Became || len(last.Files) != 1 {
				t.Errorf("let in, it is %s (%s): %+v", m.State, m.Reason, last)
			}
		}
	})
}

// T169: somebody's program that answers without saying so posts once.
func TestAutoReplyLoop(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		taker := takerFor(t, w)
		thread := conversation(t, w, w.Site)
		cleo := addressOf(t, taker, portal.ReplyPlace{Person: w.Cleo, Place: string(thread), Audience: portal.ClientSide})
		for i := range 50 {
			come(t, w, taker, letter(fmt.Sprintf("%d@cleo.test", i), "cleo@cleo.test", cleo, "I am on holiday until Monday and read no mail."), cleo)
			w.Clock.Advance(time.Minute)
		}
		if got := len(messages(t, w, w.Mia, thread)); got != 2 {
			t.Errorf("50 automatic answers left %d messages, want 1 beside the first", got)
		}
		// In few words, too, unless they answer another mail of ours each time, as people do.
		short := func(i int, answers string) portal.IncomingMail {
			raw := letter(fmt.Sprintf("short%d@cleo.test", i), "cleo@cleo.test", cleo, "I am on holiday.")
			w.Clock.Advance(10 * time.Minute)
			return come(t, w, taker, "In-Reply-To: <"+answers+"@honcho.test>\r\n"+raw, cleo)
		}
		for i := range 10 {
			m := short(i, "mai_1")
			if want := map[bool]portal.IncomingState{true: portal.IncomingPosted, false: portal.IncomingDropped}[i == 0]; m.State != want {
				t.Errorf("short answer %d is %s (%s), want %s", i, m.State, m.Reason, want)
			}
		}
		if m := short(10, "mai_2"); m.State != portal.IncomingPosted {
			t.Errorf("an answer to a newer mail is %s (%s)", m.State, m.Reason)
		}
		if m := short(11, "mai_1"); m.State != portal.IncomingDropped || m.Reason != "repeated" {
			t.Errorf("one to an older mail is %s (%s)", m.State, m.Reason)
		}
		for i := range 4 {
			if m := short(12+i, fmt.Sprintf("mai_%d", 3+i)); i == 3 && (m.State != portal.IncomingHeld || m.Reason != "rate") {
				t.Errorf("the fifth within the hour is %s (%s)", m.State, m.Reason)
			}
		}
		w.Clock.Advance(2 * time.Hour)
		said := len(messages(t, w, w.Mia, thread))
		// And one that says something else each time is stopped.
		for i := range 50 {
			come(t, w, taker, letter(fmt.Sprintf("other%d@cleo.test", i), "cleo@cleo.test", cleo, fmt.Sprintf("Ticket %d was opened.", i)), cleo)
		}
		if got := len(messages(t, w, w.Mia, thread)); got > said+perHour {
			t.Errorf("50 different ones left %d messages", got)
		}
	})
}

// What is longer than a message may be is posted as far as it goes, and whole as
// a file.
func TestLongAnswer(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		taker := takerFor(t, w)
		thread := conversation(t, w, w.Site)
		cleo := addressOf(t, taker, portal.ReplyPlace{Person: w.Cleo, Place: string(thread), Audience: portal.ClientSide})
		m := come(t, w, taker, letter("1@x", "cleo@cleo.test", cleo, strings.Repeat("A *long* line of words.\n", 2000)), cleo)
		if m.State != portal.IncomingPosted {
			t.Fatalf("it is %s for %q", m.State, m.Reason)
		}
		all := messages(t, w, w.Mia, thread)
		last := all[len(all)-1]
		if len(last.Files) != 1 || last.Files[0].Name != "mail.txt" || last.Files[0].Version.Size != 2000*24 || !strings.HasSuffix(last.Body, "…") {
			t.Errorf("posted: %+v", last)
		}
	})
}

func TestReturned(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		taker := takerFor(t, w)
		sent := func() string {
			id := db.NewID("mai")
			set(t, w, `INSERT INTO mails (id, kind, person_id, address, subject_id, state, created_at) VALUES ($1, 'password_changed', $2, 'x@x.test', $2, 'sent', 1)`, id, string(w.Cleo))
			return id
		}
		for _, c := range []struct {
			mail   string
			verp   bool
			state  portal.MailState
			reason string
		}{
			{"bounce-postfix", false, portal.MailSent, ""}, // what it quotes is nobody's word
			{"bounce-postfix", true, portal.MailFailed, "bounced/550 5.1.1 <miranda@leto.test>: Recipient address rejected: User unknown in virtual mailbox table"},
			{"bounce-delayed", true, portal.MailSent, "delayed/4.4.1 connect to mx.leto.test[192.0.2.7]:25: Connection timed out"},
			{"bounce-exim", true, portal.MailFailed, "bounced/550 5.7.1 Message rejected as spam"},
			{"bounce-qmail", true, portal.MailFailed, "bounced/452 4.2.2 Mailbox full"},
		} {
			id := sent()
			raw, to := string(stored(t, c.mail)), "portal@honcho.test"
			if c.verp {
				raw, to = strings.ReplaceAll(raw, "mai_01kfxyz0000000000000000000@honcho.test", "unknown@honcho.test"), taker.Addresses.For(Return, id)
			}
			raw = strings.ReplaceAll(raw, "mai_01kfxyz0000000000000000000", id)
			raw = strings.Replace(raw, "20260312.abc@", id+"@", 1)
			m := come(t, w, taker, raw, to)
			if became := map[bool]string{true: id}[c.verp]; m.State != portal.IncomingReturned || m.Became != became {
				t.Errorf("%s is %s for %q, of %q", c.mail, m.State, m.Reason, m.Became)
			}
			got, err := w.As(w.Ada).Mail(t.Context(), portal.MailID(id))
			if err != nil || got.State != c.state || got.Reason != c.reason {
				t.Errorf("%s: the mail is %s for %q, %v", c.mail, got.State, got.Reason, err)
			}
		}
	})
}

// A mail whose job is gone is taken up by the sweep.
func TestSweep(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		taker := takerFor(t, w)
		if err := taker.Receive(t.Context(), "", []string{"portal@honcho.test"}, strings.NewReader(letter("1@x", "a@b.test", "portal@honcho.test", "x"))); err != nil {
			t.Fatal(err)
		}
		due := func() int {
			ids, err := w.Portal.DueIncoming(t.Context(), w.Clock.Now().Add(-late), 10)
			if err != nil {
				t.Fatal(err)
			}
			return len(ids)
		}
		w.Clock.Advance(time.Minute)
		if due() != 1 {
			t.Fatal("it is not late")
		}
		if err := taker.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if due() != 0 {
			t.Error("it is late again at once")
		}
		// The bytes are gone: somebody is told, and nothing goes round.
		m := waiting(t, w)[0]
		if err := taker.Bytes.Blobs.Delete(t.Context(), blob.Key(m.Blob)); err != nil {
			t.Fatal(err)
		}
		if m = take(t, w, taker, m.ID); m.State != portal.IncomingHeld || m.Reason != "unreadable_storage" {
			t.Errorf("without its bytes it is %s for %q", m.State, m.Reason)
		}
	})
}

// A message that is erased is erased from the mail that it came by.
func TestEraseAnswer(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		taker := takerFor(t, w)
		thread := conversation(t, w, w.Site)
		cleo := addressOf(t, taker, portal.ReplyPlace{Person: w.Cleo, Place: string(thread), Audience: portal.ClientSide})
		m := come(t, w, taker, letter("1@x", "cleo@cleo.test", cleo, "My secret."), cleo)
		if m.Body != "My secret." || m.State != portal.IncomingPosted {
			t.Fatalf("it is %+v", m)
		}
		if err := w.As(w.Ada).EraseMessage(t.Context(), portal.MessageID(m.Became)); err != nil {
			t.Fatal(err)
		}
		left, err := w.As(w.Ada).IncomingMail(t.Context(), m.ID)
		if err != nil || left.Body != "" || left.Subject != "" || left.State != portal.IncomingPosted {
			t.Errorf("left: %+v, %v", left, err)
		}
		if named, err := w.Portal.NamedBlobs(t.Context(), []string{m.Blob}); err != nil || named[m.Blob] {
			t.Errorf("its bytes are still named: %v, %v", named, err)
		}
	})
}

// What somebody was about to write in the portal is left when they answer by
// mail.
func TestAnswerKeepsTheDraft(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		taker := takerFor(t, w)
		for i, place := range []string{string(conversation(t, w, w.Site)), string(w.Items[w.Site][portal.ClientSide].Task)} {
			if err := w.As(w.Cleo).SaveDraft(t.Context(), place, portal.Draft{Body: "half a thought"}); err != nil {
				t.Fatal(err)
			}
			cleo := addressOf(t, taker, portal.ReplyPlace{Person: w.Cleo, Place: place, Audience: portal.ClientSide})
			if m := come(t, w, taker, letter(fmt.Sprintf("%d@x", i), "cleo@cleo.test", cleo, "In short: yes."), cleo); m.State != portal.IncomingPosted {
				t.Fatalf("it is %s for %q", m.State, m.Reason)
			}
			if d, err := w.As(w.Cleo).Draft(t.Context(), place); err != nil || d.Body != "half a thought" {
				t.Errorf("%s: the draft is %+v, %v", place, d, err)
			}
		}
	})
}
