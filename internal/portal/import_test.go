package portal_test

import (
	"strings"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

func TestImport(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		a, err := w.As(w.Mia).Access(ctx, w.Acme)
		if err != nil {
			t.Fatal(err)
		}
		site := ""
		for _, p := range a.Projects {
			if p.ID == w.Site {
				site = p.Name
			}
		}
		file := "\ufeffRole;E-Mail;Name;Projects\r\n" +
			"approver;nia@nia.test;Nia;\"" + strings.ToUpper(site) + "; \"\r\n" +
			";oda@oda.test;;\r\n" +
			";;;\r\n" +
			"boss;pia@pia.test;Pia;\r\n" +
			"viewer;not an address;Q;\r\n" +
			"viewer;NIA@nia.test;Nia too;\r\n" +
			"viewer;dan@dan.test;Dan;\r\n" +
			"viewer;rex@rex.test;Rex;\r\n" +
			"viewer;sam@sam.test;Sam;shop\r\n"
		for who, want := range map[portal.PersonID]error{w.Tom: portal.ErrForbidden, w.Cleo: portal.ErrForbidden, w.Carl: portal.ErrNotFound, "": portal.ErrNotFound} {
			_, err := w.As(who).ImportPreview(ctx, w.Acme, strings.NewReader(file))
			wants(t, "ImportPreview as "+string(who), err, want)
		}
		p, err := w.As(w.Mia).ImportPreview(ctx, w.Acme, strings.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"2 approver", "3 viewer", "5 role:choice", "6 email:email", "7 email:already_listed", "8 email:already_listed", "9 viewer", "10 projects:no_project"}
		if len(p.Rows) != len(want) || p.Good != 3 {
			t.Fatalf("%d rows, %d good: %+v", len(p.Rows), p.Good, p.Rows)
		}
		for i, r := range p.Rows {
			got := string(rune('0'+r.Line%10)) + " " + string(r.Preset())
			if r.Line == 10 {
				got = "1" + got
			}
			if len(r.Problems) > 0 {
				got = strings.Fields(got)[0]
				for _, x := range r.Problems {
					got += " " + x.Column + ":" + x.Key
				}
			}
			if got != want[i] {
				t.Errorf("row %d: %s, want %s", i, got, want[i])
			}
		}
		if len(mails(t, w)) != 0 {
			t.Error("the preview sent mail")
		}
		_, err = w.As(w.Mia).Import(ctx, w.Acme, strings.NewReader(file+"viewer;tea@tea.test;Tea;\r\n"), p.Digest, true)
		wants(t, "a list that was not previewed", err, portal.ErrConflict)
		res, err := w.As(w.Mia).Import(ctx, w.Acme, strings.NewReader(file), p.Digest, true)
		if err != nil || len(res.Added) != 3 || res.Mailed != 3 || len(mails(t, w)) != 3 { // not Uma, who waits
			t.Fatalf("imported: %+v, %v, %d mails", res, err, len(mails(t, w)))
		}
		u, err := w.As(w.Mia).ClientUser(ctx, res.Added[0])
		if err != nil || u.Name != "Nia" || u.Preset() != portal.PresetApprover || u.AllProjects || len(u.Projects) != 1 || u.Projects[0].Project != w.Site {
			t.Errorf("Nia: %+v, %v", u, err)
		}
		if u, err = w.As(w.Mia).ClientUser(ctx, res.Added[1]); err != nil || u.Name != "oda" || !u.AllProjects || u.Preset() != portal.PresetViewer {
			t.Errorf("Oda: %+v, %v", u, err)
		}
		for file, key := range map[string]string{
			"": "file_header", "name,role\na,b": "file_header", "email\n\"a": "file_line", "email\n\xff": "file_utf8",
			"email\n" + strings.Repeat("a@b.test\n", 501): "too_many", "email\n" + strings.Repeat("x", 1<<20): "file_large",
		} {
			_, err := w.As(w.Mia).ImportPreview(ctx, w.Acme, strings.NewReader(file))
			refuses(t, key, err, "file", key)
		}
	})
}
