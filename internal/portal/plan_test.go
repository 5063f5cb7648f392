package portal_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

var (
	parameter = regexp.MustCompile(`\$\d+`)
	seqScan   = regexp.MustCompile(`Seq Scan on (projects|project_team|client_team|stand_ins|project_grants|client_grants|client_users|client_user_projects|milestones|tasks|deliverables|deliverable_links|updates|folders|files|file_words|versions|previews|version_texts|uploads|downloads|attachments|client_room|file_requests|file_request_files|share_links|approvals|approval_subjects|approval_stages|approval_people|approval_decisions|approval_verdicts|approval_calls|approval_call_changes|revision_requests|revision_items|signoffs|signoff_lines|certificates|threads|thread_people|messages|message_texts|message_files|mentions|reading_marks|drafts|unsent_comments|place_numbers|events|seen|visits|calendar_feeds|persons)\b`)
)

// wordsLookedFor in an index of words, of all or, with =, of one row.
var wordsLookedFor = regexp.MustCompile(`^SCAN (w|\w+_words) VIRTUAL TABLE INDEX \d+:=?M\d<?$`)

// walked is what a plan on SQLite may go through from end to end: results that
// are bounded before, and the templates.
var walked = []string{"SCAN CONSTANT ROW", "SCAN n", "SCAN x", "SCAN y", "SCAN t USING INDEX sqlite_autoindex_templates_2",
	"SCAN f USING INDEX files_at", "SCAN t USING INDEX threads_last"} // the newest files and conversations: as far as a page goes

// No read of projects walks through a table that grows: each finds its rows by
// an index, on both databases.
func TestReadsUseIndexes(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		portal.Expanded() // what other tests ran
		for _, who := range []portal.PersonID{w.Ada, w.Cleo} {
			everything(t, w, who)
		}
		w.Clock.Advance(time.Hour)
		if err := w.As(w.Cleo).CertifyApproval(t.Context(), w.Items[w.Site][portal.ClientSide].Approval); err != nil {
			t.Fatal(err)
		}
		must[[]string](t)(w.As(w.Mia).Unnamed(ctx, string(w.Site), "@Cleo"))
		queries := portal.Expanded()
		if len(queries) < 30 {
			t.Fatalf("only %d queries were seen", len(queries))
		}
		plans(t, w, queries, func(q, line string) {
			if strings.HasPrefix(line, "SCAN ") && !slices.Contains(walked, line) && !wordsLookedFor.MatchString(line) || seqScan.MatchString(line) {
				t.Errorf("%s, in the plan of: %s", line, q[strings.LastIndex(q, "))")+1:])
			}
		})
	})
}

// plans shows each line of what the database means to do for the queries.
func plans(t *testing.T, w *portaltest.World, queries []string, show func(query, line string)) {
	t.Helper()
	ctx := t.Context()
	err := w.DB.Write(ctx, func(tx *db.Tx) error {
		explain := "EXPLAIN QUERY PLAN "
		if w.DB.Dialect() == db.PostgreSQL {
			// The World is so small that PostgreSQL would read whole tables
			// by choice; what counts is whether it must.
			if _, err := tx.Exec(ctx, "SET LOCAL enable_seqscan = off"); err != nil {
				return err
			}
			explain = "EXPLAIN "
		}
		for _, q := range queries {
			rows, err := tx.Query(ctx, explain+parameter.ReplaceAllString(q, "'1'"))
			if err != nil {
				return err
			}
			for rows.Next() {
				var line string
				dest := []any{&line}
				if w.DB.Dialect() == db.SQLite {
					dest = []any{new(int), new(int), new(int), &line}
				}
				if err := rows.Scan(dest...); err != nil {
					return err
				}
				show(q, strings.TrimSpace(line))
			}
			if err := rows.Close(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
