package portal

import (
	"context"
	"fmt"
	"slices"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// Grants are derived: the views due_client_grants and due_project_grants say
// who may see what by the state of the team, the clients and the projects, and
// due_stand_ins who of them looks after what is nobody's. The methods below bring the
// tables in line, in the transaction of the change that made a difference. Each touches
// only the rows of what changed.

// regrantClient after a change to a client, its portal access or its people.
func (t *tx) regrantClient(ctx context.Context, id ClientID) error {
	if err := t.lock(ctx, string(id)); err != nil {
		return err
	}
	if err := t.regrant(ctx, "client_id", string(id)); err != nil {
		return err
	}
	return t.restand(ctx, id)
}

// regrantProject after a project was made, shared or archived, or its team or
// sections changed. The people of its team may see its client by it, so that is
// brought in line too.
func (t *tx) regrantProject(ctx context.Context, client ClientID, id ProjectID) error {
	if err := t.lock(ctx, string(client)); err != nil {
		return err
	}
	if err := t.lock(ctx, ""); err != nil {
		return err
	}
	if err := t.align(ctx, "project_grants", "due_project_grants", "project_id = $1", string(id)); err != nil {
		return err
	}
	if err := t.align(ctx, "client_grants", "due_client_grants", "client_id = $1", string(client)); err != nil {
		return err
	}
	return t.restand(ctx, client)
}

// regrantPerson after a change to a person's place in the team or in a client.
func (t *tx) regrantPerson(ctx context.Context, id PersonID) error {
	return t.regrant(ctx, "actor", string(id))
}

// regrantMember after a change to a person's place in the team.
func (t *tx) regrantMember(ctx context.Context, id PersonID) error {
	before, err := t.clientsOf(ctx, id)
	if err != nil {
		return err
	}
	if err := t.regrantPerson(ctx, id); err != nil {
		return err
	}
	after, err := t.clientsOf(ctx, id)
	if err != nil {
		return err
	}
	return t.restand(ctx, append(before, after...)...)
}

// restandFor after a person was kept out, or let in again: they keep their place.
func (t *tx) restandFor(ctx context.Context, id PersonID) error {
	all, err := t.clientsOf(ctx, id)
	if err != nil {
		return err
	}
	return t.restand(ctx, all...)
}

// clientsOf are those that the person is granted.
func (t *tx) clientsOf(ctx context.Context, id PersonID) ([]ClientID, error) {
	rows, err := t.Query(ctx, `SELECT g.client_id FROM client_grants g WHERE g.actor = $1`, string(id))
	return list(rows, err, scanOne[ClientID])
}

// restand after a change to whose work clients are, or their projects.
func (t *tx) restand(ctx context.Context, clients ...ClientID) error {
	if err := t.lock(ctx, ""); err != nil {
		return err
	}
	slices.Sort(clients)
	for some := range slices.Chunk(slices.Compact(clients), 100) {
		in, args := oneOf(1, some)
		if err := t.align(ctx, "stand_ins", "due_stand_ins", "client_id IN "+in, args...); err != nil {
			return err
		}
	}
	return nil
}

// regrantClientUser after a change to one client user: the person's grants,
// and those of the preview of what they see.
func (t *tx) regrantClientUser(ctx context.Context, id ClientUserID, person PersonID) error {
	if err := t.regrant(ctx, "actor", string(id)); err != nil {
		return err
	}
	return t.regrantPerson(ctx, person)
}

func (t *tx) regrant(ctx context.Context, column, value string) error {
	if err := t.lock(ctx, ""); err != nil {
		return err
	}
	if err := t.align(ctx, "client_grants", "due_client_grants", column+" = $1", value); err != nil {
		return err
	}
	return t.align(ctx, "project_grants", "due_project_grants", column+" = $1", value)
}

// reshow after a change to what the workspace shows to clients.
func (t *tx) reshow(ctx context.Context) error {
	if err := t.lock(ctx, ""); err != nil {
		return err
	}
	if _, err := t.Exec(ctx, `
UPDATE project_grants SET sections = (SELECT s.sections FROM due_sections s WHERE s.project_id = project_grants.project_id) WHERE side = 'client'`); err != nil {
		return fmt.Errorf("reshow: %w", err)
	}
	return nil
}

// align replaces those rows of a derived table for which a condition holds by those
// that are due.
func (t *tx) align(ctx context.Context, table, due, where string, args ...any) error {
	columns := derived[table]
	if _, err := t.Exec(ctx, "DELETE FROM "+table+" WHERE "+where, args...); err != nil {
		return fmt.Errorf("drop what was due: %w", err)
	}
	if _, err := t.Exec(ctx, "INSERT INTO "+table+" ("+columns+") SELECT "+columns+" FROM "+due+" WHERE "+where, args...); err != nil {
		return fmt.Errorf("make what is due: %w", err)
	}
	return nil
}

// derived are the tables that views say the rows of, and their columns.
var derived = map[string]string{
	"client_grants":  "actor, client_id, side, rights",
	"project_grants": "actor, project_id, client_id, side, rights, sections",
	"stand_ins":      "actor, client_id, project_id",
	"tallies":        "project_id, kind, audience, turn, section, total, done, since",
}

// DerivedDue counts the grants and tallies that are missing or should not be
// there; it is zero unless the program has a fault. For the tests and
// "vitrine doctor".
func DerivedDue(ctx context.Context, d *db.DB) (int, error) {
	n := 0
	for table, columns := range derived {
		for _, pair := range [][2]string{{table, "due_" + table}, {"due_" + table, table}} {
			var k int
			q := "SELECT COUNT(*) FROM (SELECT " + columns + " FROM " + pair[0] + " EXCEPT SELECT " + columns + " FROM " + pair[1] + ") x"
			if err := d.QueryRow(ctx, q).Scan(&k); err != nil {
				return 0, err
			}
			n += k
		}
	}
	return n, nil
}
