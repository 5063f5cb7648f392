package portal

import (
	"context"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// A Deputy decides for somebody at a client, from one day to another.
type Deputy struct {
	Client     ClientID
	ClientName string
	Deputy     PersonID
	Name       string
	From, To   string // days

	zone string // of the client
}

// Deputies are the actor's own, who decide for them now or on days to come.
func (me *Scope) Deputies(ctx context.Context) ([]Deputy, error) {
	now := me.p.now()
	rows, err := me.query(ctx, `SELECT d.client_id, d.client_name, d.deputy_id, d.deputy_name, d.from_on, d.to_on, d.zone FROM my_deputies d WHERE d.to_on >= $2 ORDER BY d.client_name, d.client_id LIMIT 50`,
		now.UTC().AddDate(0, 0, -1).Format(time.DateOnly)) // nowhere is it an earlier day
	all, err := list(rows, err, func(rows *db.Rows) (d Deputy, err error) {
		return d, rows.Scan(&d.Client, &d.ClientName, &d.Deputy, &d.Name, &d.From, &d.To, &d.zone)
	})
	var some []Deputy
	for _, d := range all {
		if d.To >= now.In(zoneOf(d.zone)).Format(time.DateOnly) {
			some = append(some, d)
		}
	}
	return some, err
}

// PossibleDeputies are who can decide for the actor at a client: colleagues who may
// decide in a project in which they may. None for whoever may not decide there.
func (me *Scope) PossibleDeputies(ctx context.Context, client ClientID) ([]ProjectPerson, error) {
	return possibleDeputies(ctx, me.p.db, me.actor, client)
}

// maxAway is how long somebody may decide for another at most.
const maxAway = 366 * 24 * time.Hour

// NameDeputy has a colleague decide for the actor at a client on the days, as they
// are where the client is: what is
// asked by then, and what is asked meanwhile, goes to them; what they have not decided
// afterwards comes back. It replaces the one that was named before. For whoever may decide there.
func (me *Scope) NameDeputy(ctx context.Context, n Deputy) error {
	today, err := me.p.clientDay(ctx, n.Client)
	if err != nil && err != ErrNotFound { // at none nobody can decide, which is said below
		return err
	}
	var c checks
	n.From, n.To = c.day("from", n.From), c.day("to", n.To)
	first, _ := time.Parse(time.DateOnly, n.From)
	last, _ := time.Parse(time.DateOnly, n.To)
	switch {
	case n.From == "":
		c.fail("from", "required")
	case n.To == "":
		c.fail("to", "required")
	case n.To < n.From || n.To < today:
		c.fail("to", "before_start")
	case last.Sub(first) > maxAway:
		c.fail("to", "choice")
	}
	if err := c.err(); err != nil {
		return err
	}
	err = me.write(ctx, func(t *tx) error {
		all, err := possibleDeputies(ctx, t.Tx, me.actor, n.Client)
		if err != nil {
			return err
		}
		name := ""
		for _, x := range all {
			if x.Person == n.Deputy {
				name = x.Name
			}
		}
		if name == "" {
			return invalid("person", "cannot_decide")
		}
		if err := t.must(ctx, `
INSERT INTO deputies (person_id, client_id, deputy_id, from_on, to_on, created_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (person_id, client_id) DO UPDATE SET deputy_id = EXCLUDED.deputy_id, from_on = EXCLUDED.from_on, to_on = EXCLUDED.to_on, created_at = EXCLUDED.created_at`,
			string(me.actor.person), string(n.Client), string(n.Deputy), n.From, n.To, t.now); err != nil {
			return err
		}
		if err := t.takeBack(ctx, n.Client, today); err != nil { // from the one before
			return err
		}
		return t.record(ctx, Happening{Kind: DeputyNamed, Client: n.Client, Subject: string(me.actor.person), Person: n.Deputy, Details: Details{"person": name, "from": n.From, "to": n.To}})
	})
	if err != nil {
		return err
	}
	return me.p.handAll(ctx, ApprovalDeputised) // what waits already does not wait longer
}

// EndDeputy has the actor decide at a client themselves again, also on what the
// deputy has not decided by then.
func (me *Scope) EndDeputy(ctx context.Context, client ClientID) error {
	today, err := me.p.clientDay(ctx, client)
	if err != nil {
		return err
	}
	return me.write(ctx, func(t *tx) error {
		n, err := t.exec(ctx, `DELETE FROM deputies WHERE person_id = $1 AND client_id = $2`, string(me.actor.person), string(client))
		switch {
		case err != nil:
			return err
		case n == 0:
			return ErrNotFound
		}
		if err := t.takeBack(ctx, client, today); err != nil {
			return err
		}
		return t.record(ctx, Happening{Kind: DeputyEnded, Client: client, Subject: string(me.actor.person)})
	})
}
