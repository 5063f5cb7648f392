package sweep_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// dump is every row of every table of the product, by table.
func dump(t *testing.T, s *site) map[string]string {
	t.Helper()
	ctx := t.Context()
	list := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`
	if s.DB.Dialect() == db.PostgreSQL {
		list = `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'`
	}
	rows, err := s.DB.Query(ctx, list)
	must(t, err)
	var tables []string
	for rows.Next() {
		var name string
		must(t, rows.Scan(&name))
		tables = append(tables, name)
	}
	must(t, rows.Err())
	rows.Close()
	if len(tables) < 25 {
		t.Fatalf("only %d tables", len(tables))
	}
	all := make(map[string]string)
	for _, table := range tables {
		rows, err := s.DB.Query(ctx, "SELECT * FROM "+table)
		must(t, err)
		columns, err := rows.Columns()
		must(t, err)
		var lines []string
		for rows.Next() {
			values := make([]any, len(columns))
			for i := range values {
				values[i] = new(any)
			}
			must(t, rows.Scan(values...))
			line := ""
			for i, v := range values {
				value := *v.(*any)
				if b, ok := value.([]byte); ok {
					value = string(b)
				}
				line += fmt.Sprintf("%s=%v ", columns[i], value)
			}
			lines = append(lines, line)
		}
		must(t, rows.Err())
		rows.Close()
		slices.Sort(lines)
		all[table] = strings.Join(lines, "\n")
	}
	return all
}

// T083, T103, T211: after a day in which every secret was used, none of them is
// in any row of the database, in the log, in a page or in an address.
func TestSecretsStaySecret(t *testing.T) {
	run(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		const newPassword = "a wholly different long sentence"
		secrets := map[string]string{"password": portaltest.Password, "new password": newPassword}
		b := s.Stranger()
		b.Post("/sign-in", url.Values{"email": {"cleo@cleo.test"}, "password": {portaltest.Password}}).MustBe(200)
		secrets["cookie"] = b.Cookie("sid")
		b.Post("/sign-in", url.Values{"email": {"cleo@cleo.test"}, "password": {"a wrong password of somebody"}})
		secrets["wrong password"] = "a wrong password of somebody"
		cleo := s.As("cleo")
		secrets["second cookie"] = cleo.Cookie("sid")
		secrets["API token"] = s.token(cleo)
		address := netip.MustParseAddr("192.0.2.7")
		must(t, s.Accounts.RequestReset(ctx, "carl@carl.test", address))
		secrets["reset link"] = s.Accounts.Token(account.PurposeReset, s.Mails(account.MailReset)[0])
		_, err := s.Accounts.RequestCode(ctx, "bea@bea.test", address)
		must(t, err)
		code, err := s.Accounts.Code(ctx, s.Mails(account.MailCode)[0])
		must(t, err)
		secrets["code"] = code.Digits
		invited, err := s.me("mia").Resend(ctx, s.UmaUser)
		must(t, err)
		secrets["invitation"] = s.Accounts.Token(account.PurposeInvitation, string(invited))
		_, err = s.me("cleo").MakeFeed(ctx, s.Site)
		must(t, err)
		feeds, err := s.me("cleo").Feeds(ctx)
		must(t, err)
		secrets["calendar"] = feeds[0].Token
		s.ask(s.Stranger(), "GET", "/api/self", secrets["API token"]+"x", "")
		s.ask(cleo, "GET", "/api/self", secrets["API token"], "")
		s.Stranger().Get("/feeds/" + secrets["calendar"] + "x.ics")
		s.Stranger().Get("/reset/" + secrets["reset link"]).MustBe(200)
		carl := s.Stranger()
		carl.Post("/reset/"+secrets["reset link"], url.Values{"password": {newPassword}}).MustBe(200)
		secrets["cookie after the reset"] = carl.Cookie("sid")
		must(t, s.Accounts.Flush(ctx))

		rows := ""
		for table, text := range dump(t, s) {
			rows += table + "\n" + text + "\n"
		}
		pages := ""
		for path, said := range s.everything(cleo, secrets["API token"], s.apiReads()) {
			pages += path + "\n" + said + "\n"
		}
		for what, secret := range secrets {
			if secret == "" {
				continue
			}
			for place, text := range map[string]string{"the database": rows, "the log": s.Log()} {
				if strings.Contains(text, secret) {
					t.Errorf("%s holds the %s", place, what)
				}
			}
			if what != "calendar" && strings.Contains(pages, secret) {
				t.Errorf("a page of cleo's holds the %s", what)
			}
		}
		if secrets["cookie"] == "" || len(secrets["code"]) != 8 || !strings.Contains(rows, "cleo@cleo.test") {
			t.Error("this test sees nothing")
		}
	})
}

// T208: what matters to security leaves a row in the audit log that says who,
// and for what people do at the door, from where.
func TestAuditTellsWhoAndWhere(t *testing.T) {
	run(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		ada, cleo := s.me("ada"), s.Stranger()
		in := url.Values{"email": {"cleo@cleo.test"}, "password": {portaltest.Password}}
		cleo.Post("/sign-in", url.Values{"email": {"cleo@cleo.test"}, "password": {"a wrong password of somebody"}})
		cleo.Post("/sign-in", in).MustBe(200)
		cleo.Post("/sign-in/code", url.Values{"email": {"bea@bea.test"}})
		cleo.Post("/forgot", url.Values{"email": {"dan@dan.test"}}).MustBe(200)
		cleo.Post("/profile/email", url.Values{"email": {"cleo@elsewhere.test"}})
		cleo.Post("/profile/tokens", url.Values{"name": {"robot"}, "scope": {"read"}}).MustBe(200)
		cleo.Post("/profile/password", url.Values{"current": {portaltest.Password}, "password": {"a wholly different long sentence"}})
		cleo.Post("/profile/sessions/end-others", nil)
		cleo.Post("/calendar", nil).MustBe(200)
		s.Stranger().Post("/reset/"+s.Accounts.Token(account.PurposeReset, s.Mails(account.MailReset)[0]), url.Values{"password": {"another wholly different sentence"}}).MustBe(200)
		other := s.As("carl")
		s.As("carl").Post("/profile/sessions/"+string(other.Session.ID)+"/end", nil)
		other.Post("/sign-out", nil)
		must(t, ada.Suspend(ctx, s.DanUser))
		must(t, ada.Resume(ctx, s.DanUser))
		_, err := ada.Remove(ctx, s.DanUser)
		must(t, err)
		_, err = ada.Resend(ctx, s.UmaUser)
		must(t, err)
		_, err = ada.CopyLink(ctx, s.UmaUser)
		must(t, err)
		must(t, ada.Revoke(ctx, s.UmaUser))
		_, err = ada.ViewAs(ctx, s.CleoUser)
		must(t, err)
		must(t, ada.ChangeRole(ctx, s.Tom, "manager"))
		must(t, ada.UnshareProject(ctx, s.Brand))
		must(t, ada.ShareProject(ctx, s.Brand, false))
		must(t, ada.DeleteTask(ctx, s.Items[s.Site][portal.ClientSide].Task))
		must(t, ada.DisablePortal(ctx, s.Acme))
		must(t, ada.EnablePortal(ctx, s.Acme))
		must(t, ada.ArchiveClient(ctx, s.Brick))
		_, err = ada.RemoveTeamMember(ctx, s.Tom)
		must(t, err)

		seen := map[portal.Kind]portal.AuditRow{}
		for after := ""; ; {
			events, next, err := ada.Audit(ctx, portal.AuditFilter{}, portal.Page{After: after, Limit: 100})
			must(t, err)
			for _, e := range events {
				seen[e.Kind] = e
			}
			if after = next; next == "" {
				break
			}
		}
		atTheDoor := []portal.Kind{
			portal.SignedIn, portal.SignInFailed, portal.CodeRequested, portal.ResetRequested, portal.EmailChangeAsked, portal.TokenCreated,
			portal.PasswordChanged,
		}
		inside := []portal.Kind{
			portal.UserSuspended, portal.UserResumed, portal.UserRemoved, portal.UserInvited, portal.LinkCopied, portal.InvitationEnded, portal.ViewedAs,
			portal.TeamRoleChanged, portal.ProjectUnshared, portal.ProjectShared, portal.TaskDeleted, portal.PortalDisabled, portal.PortalEnabled,
			portal.ClientArchived, portal.TeamMemberRemoved,
		}
		for _, kind := range slices.Concat(atTheDoor, inside, []portal.Kind{portal.SessionEnded, portal.FeedMade}) {
			e, ok := seen[kind]
			switch {
			case !ok:
				t.Errorf("%s is not in the audit log", kind)
			case e.Actor == "" || e.At.IsZero():
				t.Errorf("%s does not say who or when: %+v", kind, e)
			case slices.Contains(inside, kind) && e.Actor != s.Ada:
				t.Errorf("%s is said to be of %s", kind, e.ActorName)
			case slices.Contains(atTheDoor, kind) && e.Address != "127.0.0.1":
				t.Errorf("%s came from %q", kind, e.Address)
			}
		}
		// Only who administers reads it.
		for _, name := range []string{"mia", "tom", "cleo", "carl", "eve"} {
			if events, _, err := s.me(name).Audit(ctx, portal.AuditFilter{}, portal.Page{}); len(events) > 0 {
				t.Errorf("%s reads %d rows of the audit log (%v)", name, len(events), err)
			}
		}
	})
}

// T022, T191: once a client's portal access is off, its people's cookies,
// tokens, streams and calendars are worth nothing, from the first request on.
func TestSwitchedOffEverywhere(t *testing.T) {
	run(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		cleo := s.As("cleo")
		token := s.token(cleo)
		_, err := s.me("cleo").MakeFeed(ctx, "")
		must(t, err)
		feeds, err := s.me("cleo").Feeds(ctx)
		must(t, err)
		project := "/api/projects/" + string(s.Site)
		s.ask(cleo, "GET", project, token, "").MustBe(200)
		cleo.Get("/projects/" + string(s.Site)).MustBe(200)
		st := s.listen(cleo)

		must(t, s.me("mia").DisablePortal(ctx, s.Acme))
		began := time.Now()
		cleo.Forbid("CNRY-")
		for path, said := range s.everything(cleo, token, s.apiReads()) {
			if strings.Contains(said, "CNRY-") {
				t.Errorf("%s still says something", path)
			}
		}
		s.ask(cleo, "GET", project, token, "").MustBe(401)
		calendar := s.Stranger()
		if p := calendar.Get("/feeds/" + feeds[0].Token + ".ics"); strings.Contains(p.Body, "SUMMARY") {
			t.Error("the calendar still says something")
		}
		for range 100 {
			if events, _ := st.said(); slices.Contains(events, "bye -") {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		if events, _ := st.said(); !slices.Contains(events, "bye -") {
			t.Errorf("%s after, the stream says %q", time.Since(began), events)
		}
	})
}

// T192: nothing that a subscriber says about themselves changes what they are
// told.
func TestStreamTakesNoWishes(t *testing.T) {
	run(t, func(t *testing.T, s *site) {
		carl := s.As("carl")
		r, err := http.NewRequestWithContext(t.Context(), "GET", s.URL+"/live?project="+string(s.Site)+"&client="+string(s.Acme)+"&topic=*", nil)
		must(t, err)
		r.Header.Set("Last-Event-ID", s.ids("events")[0])
		r.Header.Set("Accept", "text/event-stream")
		r.AddCookie(&http.Cookie{Name: "sid", Value: carl.Cookie("sid")})
		resp, err := http.DefaultTransport.RoundTrip(r)
		must(t, err)
		defer resp.Body.Close()
		time.Sleep(50 * time.Millisecond)
		for _, project := range []portal.ProjectID{s.Site, s.Shop} {
			_, err := s.me("mia").AddTask(t.Context(), project, portal.NewTask{Title: "For all to see", Audience: portal.ClientSide})
			must(t, err)
		}
		said := ""
		buf := make([]byte, 4096)
		for !regexp.MustCompile(`event: changed\ndata: [^\n]+\n`).MatchString(said) {
			n, err := resp.Body.Read(buf)
			must(t, err)
			said += string(buf[:n])
		}
		if strings.Count(said, "event:") != 1 || !strings.Contains(said, "data: "+string(s.Shop)) {
			t.Errorf("carl is told %q", said)
		}
	})
}
