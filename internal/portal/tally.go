package portal

import (
	"context"
	"fmt"
	"strings"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// Tallies are derived, as grants are: the view due_tallies counts a project's
// items, and the table keeps what it says, so that the cards of many projects
// need not count. record brings them in line after anything that happened in
// a project, when the transaction ends: once, however much happened.

// retally has the items of a project counted anew, of the kind whose item changed;
// of all kinds when the change was to another thing.
func (t *tx) retally(ctx context.Context, project ProjectID, subject string) error {
	kinds := []string{"milestone", "task", "deliverable", "file_request", "approval", "revision"}
	switch {
	case strings.HasPrefix(subject, "frq_"):
		kinds = []string{"file_request"}
	case strings.HasPrefix(subject, "apr_"):
		kinds = []string{"approval"}
		var reviews bool // a deliverable, which may have changed with it
		if err := t.QueryRow(ctx, `SELECT CASE WHEN deliverable_id IS NULL THEN 0 ELSE 1 END FROM approvals WHERE id = $1`, subject).Scan(&reviews); err != nil {
			return fmt.Errorf("what an approval is about: %w", err)
		}
		if reviews {
			kinds = append(kinds, "deliverable")
		}
	case strings.HasPrefix(subject, "rev_"):
		kinds = []string{"revision"}
	}
	switch ItemID(subject).Kind() {
	case "milestone", "task":
		kinds = []string{ItemID(subject).Kind()}
	case "deliverable": // and whether what is to be changed of it is seen
		kinds = []string{"deliverable", "revision"}
	case "folder", "file":
		kinds = []string{"revision"}
	case "update":
		return nil
	}
	for _, kind := range kinds {
		t.Last("tally "+string(project)+" "+kind, func(d *db.Tx) error { return recount(context.WithoutCancel(ctx), d, project, kind) })
	}
	return nil
}

// recount makes the tallies of one kind in a project.
func recount(ctx context.Context, d *db.Tx, project ProjectID, kind string) error {
	if _, err := d.Exec(ctx, `DELETE FROM tallies WHERE project_id = $1 AND kind = $2`, string(project), kind); err != nil {
		return fmt.Errorf("drop tallies: %w", err)
	}
	_, err := d.Exec(ctx, `
INSERT INTO tallies (project_id, kind, audience, turn, section, total, done, since)
SELECT project_id, kind, audience, turn, section, total, done, since FROM due_tallies WHERE project_id = $1 AND kind = $2`, string(project), kind)
	if err != nil {
		return fmt.Errorf("make tallies: %w", err)
	}
	return nil
}
