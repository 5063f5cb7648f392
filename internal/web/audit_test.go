package web_test

import (
	"encoding/csv"
	"strings"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/webtest"
)

// What somebody does in their browser is in the audit log with their address;
// who administers reads it, filters it and takes it along.
func TestAudit(t *testing.T) {
	webtest.Run(t, func(t *testing.T, s *webtest.Site) {
		for name, status := range map[string]int{"mia": 403, "tom": 403, "cleo": 404, "rex": 404} {
			b := s.As(name)
			b.Get("/settings/audit").MustBe(status)
			b.Get("/settings/audit.csv").MustBe(status)
		}
		ada := s.As("ada")
		ada.Get("/projects/"+string(s.Site)+"/tasks").Form("/projects/"+string(s.Site)+"/tasks").Set("title", "Hang the lamp").Submit(ada).MustBe(200)
		for range 10 {
			ada.Post("/tasks/"+string(s.Items[s.Site][portal.Team].Task)+"/start", nil)
			ada.Post("/tasks/"+string(s.Items[s.Site][portal.Team].Task)+"/complete", nil)
			ada.Post("/tasks/"+string(s.Items[s.Site][portal.Team].Task)+"/reopen", nil)
		}
		if p := ada.Get("/settings").MustBe(200); !p.Has(`a[href="/settings/audit"]`) {
			t.Error("nothing leads to the audit log")
		}
		p := ada.Get("/settings/audit").MustBe(200).MustContain("added the task Hang the lamp", "127.0.0.1", "ada@ada.test", "Acme")
		if p.Count("tbody tr") != 50 || p.Attr(`a[rel="next"]`, "href") == "" {
			t.Errorf("%d rows, and further ones at %q", p.Count("tbody tr"), p.Attr(`a[rel="next"]`, "href"))
		}
		ada.Get("/settings/audit?what=task_added&client="+string(s.Acme)+"&who=ada@ada.test&address=127.0.0.1").MustBe(200).
			MustContain("Hang the lamp", "Show everything").MustNotContain("signed in</a>")
		ada.Get("/settings/audit?from=2026-03-01&to=2026-03-02").MustBe(200).MustContain("Nothing was recorded that fits")
		p = ada.Get("/settings/audit?who=nobody&from=soon&address=here").MustBe(422)
		if p.Attr("#who", "value") != "nobody" {
			t.Error("what was typed is gone")
		}

		// A name that a spreadsheet would run.
		s.Exec(`UPDATE persons SET name = '=HYPERLINK("https://evil.example")' WHERE id = $1`, string(s.Ada))
		p = ada.Get("/settings/audit.csv?what=task_added").MustBe(200)
		if got := p.Header.Get("Content-Disposition"); !strings.HasPrefix(got, "attachment") {
			t.Errorf("Content-Disposition: %q", got)
		}
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(p.Body, "\ufeff"))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) < 2 || rows[1][2] != "task_added" || rows[1][8] != "127.0.0.1" || rows[1][3] != `'=HYPERLINK("https://evil.example")` {
			t.Fatalf("the file begins with %q", rows[:min(2, len(rows))])
		}
		for _, row := range rows[1:] {
			for _, cell := range row {
				if strings.ContainsAny(cell[:min(1, len(cell))], "=+-@") {
					t.Errorf("a spreadsheet would run %q", cell)
				}
			}
		}
	})
}
