package portal

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/db"
)

// AuditRow is an event with what only those know who administer.
type AuditRow struct {
	Event
	ActorEmail string
	Address    string // the network address it came from; empty when over none
}

// AuditFilter chooses what of the audit log is read; what is empty chooses all.
type AuditFilter struct {
	Email    string // of who did it
	Kind     Kind
	Client   ClientID
	Address  string
	From, To time.Time // from the one on, before the other
}

// Audit returns what was recorded, newest first. For those who administer the
// workspace; nobody else has any.
func (me *Scope) Audit(ctx context.Context, f AuditFilter, pg Page) (all []AuditRow, next string, err error) {
	args := []any{pg.limit()}
	var conds []string
	and := func(cond string, arg any) {
		args = append(args, arg)
		conds = append(conds, cond+placeholder(len(args)+1))
	}
	if f.Email != "" {
		_, key, err := account.FoldEmail(f.Email)
		if err != nil {
			return nil, "", invalid("who", "email")
		}
		and(`e.actor_key = `, key)
	}
	if f.Kind != "" {
		and(`e.kind = `, string(f.Kind))
	}
	if f.Client != "" {
		and(`e.client_id = `, string(f.Client))
	}
	if f.Address != "" {
		and(`e.address = `, f.Address)
	}
	if !f.From.IsZero() {
		from := db.Micros(f.From)
		ids, err := me.auditBounds(ctx, `e.at >= $2 ORDER BY e.at, e.id`, from-aboutSameTime)
		if err != nil || len(ids) == 0 {
			return nil, "", err
		}
		and(`e.id >= `, slices.Min(ids))
		and(`e.at >= `, from)
	}
	if !f.To.IsZero() {
		to := db.Micros(f.To)
		ids, err := me.auditBounds(ctx, `e.at < $2 ORDER BY e.at DESC, e.id DESC`, to+aboutSameTime)
		if err != nil || len(ids) == 0 {
			return nil, "", err
		}
		and(`e.id <= `, slices.Max(ids))
		and(`e.at < `, to)
	}
	if pg.After != "" {
		and(`e.id < `, pg.After)
	}
	q := `
SELECT ` + eventColumns + `, COALESCE(e.project_name, ''), COALESCE(e.client_name, ''), COALESCE(e.actor_email, ''), e.address FROM my_audit e`
	if len(conds) > 0 {
		q += ` WHERE ` + strings.Join(conds, ` AND `)
	}
	rows, err := me.query(ctx, q+` ORDER BY e.id DESC LIMIT $2`, args...)
	all, err = list(rows, err, scanAudit)
	if err != nil {
		return nil, "", err
	}
	all, next = page(all, pg, func(r AuditRow) string { return string(r.ID) })
	return all, next, nil
}

func scanAudit(rows *db.Rows) (r AuditRow, err error) {
	var project, client string
	r.Event, err = scanEvent(rows, &project, &client, &r.ActorEmail, &r.Address)
	r.ProjectName, r.ClientName = project, client
	if r.Address == "" { // where it was kept before it had a column
		r.Address = r.Details["address"]
	}
	return r, err
}

// The log is ordered by id, and ids follow the time but for those of changes
// that were under way together. So a time is turned into an id by which the
// reading begins or ends, generously, and what is too much is left out by time.
const aboutSameTime = int64(time.Minute / time.Microsecond)

// auditBounds are the ids of the first event of a project, and of the first of
// none, that the condition finds.
func (me *Scope) auditBounds(ctx context.Context, cond string, at int64) (ids []string, err error) {
	for _, project := range []string{`NULL`, `NOT NULL`} {
		var id string
		switch err := me.get(ctx, `SELECT e.id FROM my_audit e WHERE e.project_id IS `+project+` AND `+cond+` LIMIT 1`, []any{at}, &id); {
		case err == nil:
			ids = append(ids, id)
		case err != ErrNotFound:
			return nil, err
		}
	}
	return ids, nil
}

// noneFound makes an empty list of ErrNotFound.
func noneFound(err error) error {
	if err == ErrNotFound {
		return nil
	}
	return err
}
