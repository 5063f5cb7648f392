package portal

import (
	"context"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// searched is in what a search looks: what the indexes of words know of who may read.
type searched struct {
	all     bool       // of the clients the reader sees too much to go by them
	clients []ClientID // whose; none: everybody's
	team    bool       // with what the team says to itself
	began   time.Time
}

// searched says in what the reader's search looks: in what is said to their clients,
// unless they are many. The index knows them, so that a search does not go through
// what others said.
func (me *Scope) searched(ctx context.Context, s MessageSearch) (in searched, err error) {
	in.began = time.Now()
	var team, admin int
	if err := me.get(ctx, `SELECT COUNT(*), COALESCE(SUM(r.rights & 1024), 0) FROM my_role r`, nil, &team, &admin); err != nil {
		return in, err
	}
	in.team = team > 0
	of := func(q, id string) (searched, error) {
		in.clients = []ClientID{noClient}
		if err := me.get(ctx, q, []any{id}, &in.clients[0]); err != ErrNotFound {
			return in, err
		}
		return in, nil
	}
	switch {
	case s.Client != "":
		return of(`SELECT c.id FROM my_clients c WHERE c.id = $2`, string(s.Client))
	case s.Project != "":
		return of(`SELECT p.client_id FROM my_places p WHERE p.id = $2`, string(s.Project))
	}
	in.clients, err = me.clientsToRead(ctx, in.team)
	switch {
	case len(in.clients) > fewClients || admin > 0:
		in.all, in.clients = true, nil
	case !in.team:
	case me.p.db.Dialect() == db.SQLite: // where those inside the team have none
		in.all, in.clients = true, nil
	default:
		in.all, in.clients = true, append(in.clients, "")
	}
	return in, err
}

// ofSQLite goes on asking an index of words.
func (in searched) ofSQLite() string {
	if len(in.clients) == 0 {
		return ""
	}
	var ids []string
	for _, c := range in.clients {
		_, id, _ := strings.Cut(string(c), "_")
		if ids = append(ids, `"`+id+`"`); in.team {
			ids = append(ids, `"`+id+`n"`)
		}
	}
	return ` AND client_id : (` + strings.Join(ids, ` OR `) + `)`
}

// ofPostgreSQL is ofSQLite for PostgreSQL.
func (in searched) ofPostgreSQL() string {
	if len(in.clients) == 0 {
		return ""
	}
	var ids []string
	for _, c := range in.clients {
		if ids = append(ids, `'of `+string(c)+`'`); in.team {
			ids = append(ids, `'in `+string(c)+`'`)
		}
	}
	return ` & (` + strings.Join(ids, ` | `) + `)`
}

// searchTick is what every client's search takes, or a multiple of it.
const searchTick = 25 * time.Millisecond

// evenly keeps a client's answer back until the next tick since the search began.
// The indexes leave out what is never for clients; but what is not shown yet, or
// not any more, is found and then not seen, and how long that takes would tell
// that it is there.
func (me *Scope) evenly(ctx context.Context, in searched) {
	if in.team {
		return
	}
	took := time.Since(in.began)
	select {
	case <-time.After(searchTick - took%searchTick):
	case <-ctx.Done():
	}
}
