package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/webtest"
)

// askedByMail has Cleo asked to approve versions, and returns the approval and the
// path of the link in her mail.
func askedByMail(t *testing.T, s *webtest.Site, title string, versions ...portal.VersionID) (portal.ApprovalID, string) {
	t.Helper()
	id, err := s.World.As(s.Tom).AskApproval(t.Context(), s.World.Site, portal.NewApproval{Title: title, Body: "Look at the **logo**", Checklist: []string{"Spelling"},
		Versions: versions, Stages: []portal.NewStage{{People: []portal.PersonID{s.Cleo}}}})
	if err != nil {
		t.Fatal(err)
	}
	all, _, err := s.World.As(s.Ada).Outbox(t.Context(), "", portal.Page{Limit: 1})
	if err != nil || len(all) != 1 || all[0].Subject != string(id) {
		t.Fatalf("the mail: %+v, %v", all, err)
	}
	return id, "/decide/" + s.Accounts.Token(account.PurposeApproval, string(all[0].ID))
}

// stranger is a browser of somebody who has got the link, and may see what Cleo is
// shown of the approval and nothing else of hers.
func (s linkSite) stranger() *webtest.Browser {
	b := s.Stranger().Becomes("cleo")
	for _, x := range []string{"task", "milestone", "update", "message", "conversation", "deliverable", "request", "folder", "comment"} {
		b.Forbid("CNRY-acme-client-site-" + x)
	}
	return b.Forbid("CNRY-acme-client-brand", "cleo@cleo.test")
}

type linkSite struct{ *webtest.Site }

// lastCode is the code that was mailed last.
func (s linkSite) lastCode(t *testing.T) string {
	t.Helper()
	ids := s.Mails(account.MailAnswerCode)
	c, err := s.Accounts.Code(t.Context(), ids[len(ids)-1])
	if err != nil {
		t.Fatal(err)
	}
	return c.Digits
}

// events counts what was ever recorded, codes that were mailed, and browsers that
// are known: what a GET must not add to.
func (s linkSite) events(t *testing.T) (n int) {
	t.Helper()
	if err := s.DB.QueryRow(t.Context(), `SELECT (SELECT COUNT(*) FROM events) + (SELECT COUNT(*) FROM sign_in_codes) + (SELECT COUNT(*) FROM known_browsers) + (SELECT COUNT(*) FROM sessions) + (SELECT COUNT(*) FROM approval_people WHERE viewed_at IS NOT NULL)`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// Where there is nothing to look at nobody is offered to approve: neither on the page of
// the approval, nor below the file, nor on the page of the mail.
func TestNothingToLookAt(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		version := s.Items[s.World.Site][portal.ClientSide].Version
		id, at := askedByMail(t, s, "The homepage", version)
		pages := map[string]*webtest.Browser{"/approvals/" + string(id): s.As("cleo"), "/files/" + string(s.Items[s.World.Site][portal.ClientSide].File): s.As("cleo"), at: linkSite{s}.stranger()}
		const says = "is shown here, and you may not download it"
		for path, b := range pages {
			if p := b.Get(path).MustBe(200); p.Count("button[value=approve]") == 0 {
				t.Errorf("%s does not offer to approve", path)
			} else {
				p.MustNotContain(says)
			}
		}
		s.Exec(`DELETE FROM previews WHERE version_id = $1`, string(version))
		s.Exec(`UPDATE versions SET kind = 'image' WHERE id = $1`, string(version))
		s.Exec(`UPDATE approvals SET download = 0 WHERE id = $1`, string(id))
		for path, b := range pages {
			p := b.Get(path).MustBe(200).MustContain(says, "Request changes", "Ask about it")
			if p.Count("button[value=approve]") != 0 {
				t.Errorf("%s offers to approve", path)
			}
			to := strings.Replace(path, "/files/"+string(s.Items[s.World.Site][portal.ClientSide].File), "/approvals/"+string(id), 1)
			if to != at {
				to += "/decide"
			}
			b.Post(to, url.Values{"answer": {"approve"}, "check.1": {"1"}, "content": {p.Attr("input[name=content]", "value")}}).MustBe(422).MustContain("You cannot approve what you could not look at")
		}

		// Of a document that is still being drawn the mail's page shows no page that is not there.
		pages25 := func(last, next int) *webtest.Page {
			t.Helper()
			s.Exec(`DELETE FROM previews WHERE version_id = $1`, string(version))
			for n := 1; n <= last; n++ {
				s.Exec(`INSERT INTO previews (version_id, kind, page, blob, size, sha256, type) VALUES ($1, 'page', $2, 'b', 3, 's', 'image/png')`, string(version), n)
			}
			s.Exec(`UPDATE versions SET kind = 'pdf', preview = 'ready', whole = 1, pages = 25, next_page = $1 WHERE id = $2`, next, string(version))
			return linkSite{s}.stranger().Get(at).MustBe(200)
		}
		if p := pages25(20, 21).MustContain("is still being made. It takes a minute or two.", "Look again"); p.Count("img.sheet") > 0 || p.Count("button[value=approve]") > 0 {
			t.Errorf("while they are drawn there are %d further pages, and %d ways to approve", p.Count("img.sheet"), p.Count("button[value=approve]"))
		}
		if p := pages25(25, 0).MustNotContain("is still being made."); p.Count("img.sheet") != 24 || p.Count("button[value=approve]") == 0 {
			t.Errorf("once they are drawn there are %d further pages, and %d ways to approve", p.Count("img.sheet"), p.Count("button[value=approve]"))
		}
	})
}

// A decision from the mail: what scanners do, a new browser and its code, the
// answer, taking it back, a known browser, and a forwarded mail.
func TestDecideByMail(t *testing.T) {
	webtest.Run(t, func(t *testing.T, site *webtest.Site) {
		s := linkSite{site}
		version := s.Items[s.World.Site][portal.ClientSide].Version
		s.Exec(`INSERT INTO previews (version_id, kind, blob, size, sha256, type, width, height) SELECT version_id, 'large', blob, size, sha256, type, width, height FROM previews WHERE version_id = $1 AND kind = 'thumb'`, string(version))
		s.Exec(`UPDATE versions SET kind = 'image', preview = 'ready' WHERE id = $1`, string(version))
		id, at := askedByMail(t, site, "The homepage", version)

		// Scanners open links, several times and in every way, and follow what is on the page.
		scanner, was := s.stranger(), s.events(t)
		for _, method := range []string{"HEAD", "GET", "GET", "OPTIONS", "GET"} {
			r, _ := http.NewRequestWithContext(t.Context(), method, s.URL+at, nil)
			r.Header.Set("Purpose", "prefetch")
			if p := scanner.Do(r); p.Status != 200 && method != "OPTIONS" {
				t.Errorf("%s answers %d", method, p.Status)
			}
		}
		p := scanner.Get(at).MustBe(200).MustContain("The homepage", "logo", "Spelling", "Approve v", "Request changes", "Decline", "You decide as Cleo", "Tom asked")
		p.MustNotContain("Remind", "Log out", "Search", "No answer yet", "Who is asked")
		for _, src := range p.Attrs("img", "src") {
			a := scanner.Get(src).MustBe(200)
			if h := a.Header; h.Get("Content-Security-Policy") != "sandbox; default-src 'none'" || h.Get("X-Robots-Tag") == "" || !strings.HasPrefix(h.Get("Cache-Control"), "private, no-store") {
				t.Errorf("headers of a picture: %v", h)
			}
		}
		if p.Count("img") == 0 {
			t.Error("there is nothing to see")
		}
		if h := p.Header; h.Get("X-Robots-Tag") != "noindex, nofollow" || h.Get("Referrer-Policy") != "no-referrer" || h.Get("Cache-Control") != "no-store" {
			t.Errorf("headers: %v", h)
		}
		for _, other := range []string{"/files/1/thumb", "/files/2/large", "/files/01/large", "/files/0/large", "/files/1/pdf", "/files/1/pages/0", "/files/1/download", "/decide", "/seen"} {
			if p := scanner.Get(at + other); p.Status != 404 && p.Status != 405 {
				t.Errorf("%s answers %d", other, p.Status)
			}
		}
		if n := s.events(t); n != was {
			t.Errorf("looking left %d traces", n-was)
		}
		// What was on a screen was looked at, which its script tells.
		s.As("tom").Get("/approvals").MustBe(200).MustContain("Cleo: not seen yet")
		scanner.Post(p.Attr("[data-visit]", "data-visit"), nil).MustBe(204)
		s.As("tom").Get("/approvals").MustBe(200).MustContain("Cleo: looked at it")
		scanner.Post("/decide/not-a-link/seen", nil).MustBe(404)
		// The link opens nothing behind the door.
		for _, other := range []string{"/", "/approvals/" + string(id), "/versions/" + string(version) + "/large", "/versions/" + string(version) + "/download", "/approvals"} {
			if p := scanner.Get(other); !strings.HasPrefix(p.Path, "/sign-in") {
				t.Errorf("%s opens: %d %s", other, p.Status, p.Path)
			}
		}
		scanner.Post("/approvals/"+string(id)+"/decide", url.Values{"answer": {"approve"}, "content": {p.Attr("input[name=content]", "value")}}).MustBe(401)

		// A new browser: the answer waits for a code, which nobody else can give.
		phone := s.stranger()
		phone.Get(at).Form(at).Press("answer", "approve").Submit(phone).MustBe(422).MustContain("Tick every point before you approve.")
		phone.Get(at).Form(at).Press("answer", "changes").Submit(phone).MustBe(422)
		if len(s.Mails(account.MailAnswerCode)) != 0 {
			t.Fatal("a code is mailed for an answer that does not hold")
		}
		p = phone.Get(at).Form(at).Tick("check.1").Set("note", "Lovely").Press("answer", "approve").Submit(phone).MustBe(200).MustContain("One code, and it is done", "c…@cleo.test")
		if n := s.answers(t, id); n != 0 {
			t.Fatal("it counts before the code")
		}
		code := s.lastCode(t)
		p.Form(at).Set("code", "00000000").Submit(phone).MustBe(422)
		thief := s.stranger()
		thief.Post(at, url.Values{"answer": {"approve"}, "check.1": {"1"}, "content": {p.Attr("input[name=content]", "value")}, "code": {code}}).MustBe(422)
		for _, x := range []url.Values{{"answer": {"approve"}, "check.1": {"1"}, "content": {"other"}, "code": {code}}, {"answer": {"maybe"}, "code": {code}}, {"answer": {"approve"}, "person": {string(s.Cleo)}}} {
			if got := phone.Post(at, x); got.Status < 400 {
				t.Errorf("%v answers %d", x, got.Status)
			}
		}
		r, _ := http.NewRequestWithContext(t.Context(), "POST", s.URL+at, strings.NewReader("answer=approve"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		phone.Do(r).MustBe(403)
		again := p.Form(at).Set("code", code)
		again.Submit(phone).MustBe(200).MustContain("Approved. Thank you", "The homepage", "Lovely", "from the e-mail, with a code", "Take it back")
		d := s.decisions(t, id)
		if len(d) != 1 || d[0].Proof != portal.ProofCode || d[0].Answer != portal.AnswerNote || d[0].Note != "Lovely" || d[0].Address != "127.0.0.1" || d[0].Agent == "" {
			t.Errorf("recorded: %+v", d)
		}
		again.Submit(phone).MustBe(200).MustContain("Approved. Thank you") // the form sent twice
		if phone.Cookie("sid") != "" || phone.Cookie("known") == "" {
			t.Errorf("a session %q, known %q", phone.Cookie("sid"), phone.Cookie("known"))
		}
		// What the person sees of it, and what a forwarded mail shows now.
		s.As("cleo").Get("/approvals/" + string(id)).MustBe(200).MustContain("from the e-mail, with a code")
		s.As("tom").Get("/approvals/" + string(id)).MustBe(200).MustContain("from the e-mail, with a code")
		s.stranger().Forbid("The homepage", "Lovely").Get(at).MustBe(200).MustContain("This was answered")
		thief.Forbid("The homepage").Post(at+"/undo", nil).MustBe(200).MustContain("This was answered")
		if p := phone.Get(at + "/files/1/large"); p.Status != 404 {
			t.Errorf("pictures after the answer: %d", p.Status)
		}
		phone.Post(at+"/undo", nil).MustBe(200).MustContain("Taken back", "Is it right as it is?")

		// In the same browser no code is asked for again while that is decided.
		f := phone.Get(at).Form(at).Tick("check.1").Press("answer", "approve")
		f.Submit(phone).MustBe(200).MustContain("Approved. Thank you", "from the e-mail, with a code")
		if d := s.decisions(t, id); len(d) != 3 || d[1].Proof != portal.ProofCode || d[2].Proof != portal.ProofCode {
			t.Errorf("recorded: %+v", d)
		}
		if n := len(s.Mails(account.MailAnswerCode)); n != 1 || len(s.Mails(account.MailCode)) != 0 {
			t.Errorf("%d codes were mailed", n)
		}
		f = phone.Get(at).MustBe(200).Form(at + "/undo")
		s.World.Clock.Advance(11 * time.Minute)
		f.Submit(phone).MustBe(200).MustNotContain("Taken back", "Take it back")

		// Who is signed in is led inside; somebody else is told whose link it is. A team
		// member cannot answer as the client.
		id, at = askedByMail(t, site, "A second one", version)
		// What was known by a code was so for what that answered: another mail may have
		// been forwarded, to whom the code was read out.
		phone.Get(at).Form(at).Tick("check.1").Press("answer", "approve").Submit(phone).MustBe(200).MustContain("One code")
		if p := s.As("cleo").Get(at); p.Path != "/approvals/"+string(id) {
			t.Errorf("Cleo is led to %s", p.Path)
		}
		carl := s.As("carl").Becomes("cleo")
		p = carl.Get(at).MustBe(200).MustContain("Carl is signed in here", "You decide as Cleo")
		p.Form(at).Tick("check.1").Press("answer", "approve").Submit(carl).MustBe(200).MustContain("One code, and it is done")
		tom := s.As("tom")
		tom.Get(at).MustBe(200).Form(at).Tick("check.1").Press("answer", "approve").Submit(tom).MustBe(200).MustContain("One code, and it is done")
		if s.answers(t, id) != 0 {
			t.Error("somebody else's answer counts")
		}
		// A cookie that was planted is no proof; one of somebody else neither.
		planted := s.stranger()
		planted.SetCookie("known", "vt_knw_"+strings.Repeat("A", 43))
		planted.Get(at).Form(at).Tick("check.1").Press("answer", "approve").Submit(planted).MustBe(200).MustContain("One code")
		// Signing in makes a browser known, as long as nobody signs out there or has it
		// signed out: who comes after them has their link in the history, and is not them.
		asksCode := func(b *webtest.Browser) {
			t.Helper()
			s.World.Clock.Advance(10 * time.Minute) // so many mails an hour
			b.Get(at).Form(at).Tick("check.1").Press("answer", "approve").Submit(b).MustBe(200).MustContain("One code")
		}
		signsIn := func(b *webtest.Browser, shared string) {
			t.Helper()
			b.Post("/sign-in", url.Values{"email": {"cleo@cleo.test"}, "password": {"correct horse battery staple"}, "shared": {shared}}).MustBe(200)
		}
		home := s.Stranger().Becomes("cleo")
		signsIn(home, "")
		if home.Cookie("known") == "" {
			t.Error("a browser is not known")
		}
		home.Post("/sign-out", nil).MustBe(200)
		if home.Cookie("known") != "" {
			t.Error("who signed out is known")
		}
		asksCode(home)
		// A shared computer never; there it is forgotten, too, by signing in.
		lapse := func() { s.Exec(`UPDATE sessions SET expires_at = created_at WHERE person_id = $1`, string(s.Cleo)) }
		signsIn(home, "")
		lapse()
		signsIn(home, "1")
		home.Post("/sign-out", nil).MustBe(200)
		asksCode(home)
		// Nor one whose session is ended from elsewhere, or was over when they left.
		signsIn(home, "")
		if _, err := s.Accounts.EndOthers(t.Context(), s.As("cleo").Session); err != nil {
			t.Fatal(err)
		}
		asksCode(home)
		signsIn(home, "")
		lapse()
		left := s.Stranger().Becomes("cleo")
		left.SetCookie("known", home.Cookie("known"))
		left.Post("/sign-out", nil).MustBe(200)
		asksCode(home)
		// A session that is merely over leaves it known: three taps with the mail's button.
		signsIn(home, "")
		lapse()
		home.Get(at).Form(at).Set("note", "Bigger").Press("answer", "changes").Submit(home).MustBe(200).MustContain("The team is told what to change", "Bigger", "in a browser of theirs")

		// An old page, and links that are over.
		id, at = askedByMail(t, site, "A third one", version)
		old := home.Get(at).Form(at).Tick("check.1").Press("answer", "approve")
		if err := s.World.As(s.Tom).CancelApproval(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		old.Submit(home).MustBe(409).MustContain("This is not asked any more")
		home.Get(at).MustBe(410).MustContain("This is not asked any more", "Open it in the portal")
		home.Get(at + "x").MustBe(404).MustContain("This link leads nowhere")
		file := send(t, s.As("tom")).bring([]byte("one"), "project", string(s.World.Site), "filename", "poster.txt", "audience", "client")
		all, err := s.World.As(s.Tom).Versions(t.Context(), file)
		if err != nil {
			t.Fatal(err)
		}
		_, at = askedByMail(t, site, "A poster", all[0].ID)
		old = home.Get(at).Form(at).Tick("check.1").Press("answer", "approve")
		send(t, s.As("tom")).bring([]byte("two"), "project", string(s.World.Site), "filename", "poster.txt", "audience", "client", "on_clash", "version")
		old.Submit(home).MustBe(409).MustContain("There is something newer")
		_, at = askedByMail(t, site, "A fourth one", version)
		s.Exec(`UPDATE approval_links SET expires_at = created_at`)
		home.Get(at).MustBe(410).MustContain("This link is too old", "Open it in the portal")
		if strings.Contains(s.Log(), "vt_apr_") {
			t.Error("a token is in the log")
		}
	})
}

func (s linkSite) decisions(t *testing.T, id portal.ApprovalID) []portal.ApprovalDecision {
	t.Helper()
	d, err := s.World.As(s.Tom).ApprovalDecisions(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (s linkSite) answers(t *testing.T, id portal.ApprovalID) int { return len(s.decisions(t, id)) }

// Once the decision is somebody else's the old mail says so kindly and decides nothing,
// also on a page that was open; it names them to nobody but whose mail it was.
func TestHandedOnByMail(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		s.Exec(`UPDATE client_users SET rights = rights | 32 WHERE id = $1`, string(s.BeaAtAcme))
		s.Regrant()
		id, at := askedByMail(t, s, "The homepage", s.Items[s.World.Site][portal.ClientSide].Version)
		known, err := s.Accounts.KnowAnswer(t.Context(), s.Cleo, "", string(id))
		if err != nil {
			t.Fatal(err)
		}
		home, stranger := linkSite{s}.stranger(), linkSite{s}.stranger()
		home.SetCookie("known", known)
		answer := home.Get(at).MustBe(200).Form(at).Tick("check.1").Press("answer", "approve")
		other := stranger.Get(at).MustBe(200).Form(at).Tick("check.1").Press("answer", "approve")
		if err := s.World.As(s.Cleo).Delegate(t.Context(), id, s.Bea); err != nil {
			t.Fatal(err)
		}
		home.Get(at).MustBe(410).MustContain("Somebody else is asked now", "the decision went to Bea", "Open it in the portal")
		answer.Submit(home).MustBe(409).MustContain("the decision went to Bea")
		stranger.Get(at).MustBe(410).MustContain("Somebody else is asked now", "was handed on").MustNotContain("Bea")
		other.Submit(stranger).MustBe(409).MustContain("Somebody else is asked now")
		if n := (linkSite{s}).answers(t, id); n != 0 {
			t.Errorf("%d answers were taken", n)
		}
		if n := len(s.Mails(account.MailAnswerCode)); n != 0 {
			t.Errorf("%d codes were mailed", n)
		}
		if err := s.World.As(s.Bea).Delegate(t.Context(), id, s.Cleo); err != nil {
			t.Fatal(err)
		}
		home.Get(at).MustBe(200).Form(at).Tick("check.1").Press("answer", "approve").Submit(home).MustBe(200).MustContain("Approved. Thank you")
	})
}

// Whoever has comments on it that are not sent yet is told so before they answer from
// the mail, as on the portal's own page; who only holds the link is not.
func TestUnsentByMail(t *testing.T) {
	webtest.Run(t, func(t *testing.T, site *webtest.Site) {
		s := linkSite{site}
		version := s.Items[s.World.Site][portal.ClientSide].Version
		id, at := askedByMail(t, site, "The homepage", version)
		known, err := s.Accounts.KnowAnswer(t.Context(), s.Cleo, "", string(id))
		if err != nil {
			t.Fatal(err)
		}
		home := s.Stranger().Becomes("cleo")
		home.SetCookie("known", known)
		home.Get(at).MustBe(200).MustContain("One of your comments is not sent yet. If it belongs to your answer, send it first.")
		if _, err := s.World.As(s.Cleo).KeepComment(t.Context(), version, "Mind the date", nil); err != nil {
			t.Fatal(err)
		}
		p := home.Get(at).MustBe(200).MustContain("2 of your comments are not sent yet. If they belong to your answer, send them first.").MustNotContain("Mind the date")
		if p.Attr(`.decide .hint a[href*="/files/"]`, "href") == "" {
			t.Error("it does not lead to where it can be sent")
		}
		s.stranger().Get(at).MustBe(200).MustNotContain("not sent yet", "Mind the date")
		s.Exec(`DELETE FROM unsent_comments WHERE version_id = $1`, string(version))
		home.Get(at).MustBe(200).MustNotContain("not sent yet")
	})
}
