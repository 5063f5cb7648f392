package portal

import (
	"cmp"
	"context"
	"sort"
	"strings"
)

// mostNamed are offered of those who have a part in their name.
const mostNamed = 20

// Named are those whom the actor may know with a part in their name, by name, and
// whether there are more: in the frame of a client, and for the team without one the
// people of all of its clients and its own, with those who have left.
func (me *Scope) Named(ctx context.Context, client ClientID, part string) (people []Reader, more bool, err error) {
	key := fold(part)
	if key == "" {
		return nil, false, nil
	}
	known := map[PersonID]bool{}
	err = me.eachKnown(ctx, client, "", func(x Reader) {
		if !known[x.Person] && strings.Contains(fold(x.Name), key) {
			known[x.Person] = true
			people = append(people, x)
		}
	})
	sort.Slice(people, func(i, j int) bool {
		a, b := people[i], people[j]
		return cmp.Or(cmp.Compare(fold(a.Name), fold(b.Name)), cmp.Compare(a.Person, b.Person)) < 0
	})
	more = len(people) > mostNamed
	return people[:min(len(people), mostNamed)], more, err
}

// NameOf is what somebody is called of whom Named can tell; ErrNotFound of everybody
// else.
func (me *Scope) NameOf(ctx context.Context, client ClientID, id PersonID) (name string, err error) {
	err = me.eachKnown(ctx, client, id, func(x Reader) { name = x.Name })
	if err == nil && name == "" {
		err = ErrNotFound
	}
	return name, err
}

// eachKnown goes through those of whom Named can tell; of one when one is named.
func (me *Scope) eachKnown(ctx context.Context, client ClientID, one PersonID, do func(Reader)) error {
	q, args := `
SELECT y.person_id, y.name, y.person_side, CASE WHEN y.person_side = 'client' THEN y.client_name ELSE '' END, 0
  FROM my_known y WHERE y.client_id = $3 AND ($2 = '' OR y.person_id = $2)`, []any{string(one), string(client)}
	if client == "" {
		q, args = `
SELECT m.person_id, m.name, 'team', '', 0 FROM my_team m WHERE $2 = '' OR m.person_id = $2
UNION ALL
SELECT u.person_id, u.name, 'client', `+clientNameOf("u.client_id")+`, 0 FROM my_client_users u WHERE u.side = 'team' AND ($2 = '' OR u.person_id = $2)`, args[:1]
	}
	rows, err := me.query(ctx, q, args...)
	return everyRow(rows, err, func() error {
		x, err := scanReader(rows)
		if err == nil {
			do(x)
		}
		return err
	})
}
