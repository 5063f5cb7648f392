package web_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
	"github.com/vitrine-portal/vitrine/internal/web/webtest"
)

// Of many clients some are offered, and the others are found by name; the chosen one
// is named wherever it stands. Every page that is narrowed to a client does it so.
func TestChooseAmongManyClients(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		s := withMails(t, w, false)
		ids := map[string]portal.ClientID{}
		for i := range 110 {
			name := fmt.Sprintf("Crew %03d", i)
			id, err := s.World.As(s.Ada).AddClient(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			ids[name] = id
		}
		if err := s.World.As(s.Ada).ArchiveClient(t.Context(), ids["Crew 001"]); err != nil {
			t.Fatal(err)
		}
		ada := s.As("ada")
		mail := cameIn(t, s)
		s.Exec(`UPDATE incoming_mails SET person_id = NULL, place = '', reason = 'unknown' WHERE id = $1`, mail)
		for _, at := range []struct{ path, form string }{
			{"/approvals?lane=over", "/approvals"}, {"/approvals?view=board", "/approvals"}, {"/approvals?lane=signoffs", "/approvals"},
			{"/files", "/files"}, {"/settings/audit", "/settings/audit"}, {"/incoming/" + mail, "/incoming/" + mail + "#assign"},
		} {
			// show presses the button of the filter, which asks for a page.
			show := func(p *webtest.Page, name, value string) *webtest.Page {
				path, _, _ := strings.Cut(at.form, "#")
				return ada.Get(path + "?" + p.Form(at.form).Set(name, value).Values().Encode())
			}
			p := ada.Get(at.path).MustBe(200).MustContain("Clients whose name has")
			if n := p.Count(`select[name="client"] option`); n != 101 {
				t.Errorf("%s offers %d clients", at.path, n)
			}
			// What several have in their name: they alone are offered.
			p = show(p, "named", "CREW 10").MustBe(200).MustContain("10 clients have it in their name: choose one.")
			if n := p.Count(`select[name="client"] option`); n != 11 || p.Attr(`input[name="named"]`, "value") != "CREW 10" {
				t.Errorf("%s offers %d clients", at.path, n)
			}
			// One of them is chosen: the search is over.
			p = show(p, "client", string(ids["Crew 105"])).MustBe(200)
			if got := p.Text(`select[name="client"] option[selected]`); got != "Crew 105" || p.Attr(`input[name="named"]`, "value") != "" {
				t.Errorf("%s has chosen %q", at.path, got)
			}
			// What one alone has chooses it, whichever was chosen before.
			p = show(p, "named", "crew 107").MustBe(200)
			if got := p.Text(`select[name="client"] option[selected]`); got != "Crew 107" {
				t.Errorf("%s has chosen %q", at.path, got)
			}
			// And stays named among the first hundred.
			p = show(p, "named", "").MustBe(200)
			if got := p.Text(`select[name="client"] option[selected]`); got != "Crew 107" || p.Count(`select[name="client"] option`) != 102 {
				t.Errorf("%s has chosen %q", at.path, got)
			}
			show(p, "named", "nobody at all").MustBe(200).MustContain("No client has it in its name.", "Crew 107")
			show(p, "named", "r").MustBe(200).MustContain("More than 100 clients have it in their name: write more of it.")
			show(p, "named", "crew 001").MustBe(200).MustContain("No client has it in its name.")
		}
		// An archived one is not offered, but named where it is asked for.
		if got := ada.Get("/approvals?client=" + string(ids["Crew 001"])).Text(`select[name="client"] option[selected]`); got != "Crew 001" {
			t.Errorf("the archived client is called %q", got)
		}
		// With a few, there is nothing to look for.
		s.As("tom").Get("/approvals").MustBe(200).MustNotContain("Clients whose name has", "Crew")
	})
}
