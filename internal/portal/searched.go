package portal

import (
	"context"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// searched is in what a search looks: what the indexes of words know of who may read.
type searched struct {
	all     bool             // the reader sees too much to go by clients
	clients []searchedClient // whose; none: everybody's
	even    bool             // the answer is kept back: see evenly
	began   time.Time
}

// A searchedClient is a client in whose index is looked; without an id what is said
// inside the team.
type searchedClient struct {
	id   ClientID
	side Side // of whom what is said to itself is looked for
}

// mostClients bounds those of somebody outside the team.
const mostClients = 500

// searched says in what the reader's search looks: in what is said to their clients,
// unless one of the team has many. The index knows them, so that a search does not go
// through what others said.
func (me *Scope) searched(ctx context.Context, s MessageSearch) (in searched, err error) {
	in.began = time.Now()
	var team, admin int
	if err := me.get(ctx, `SELECT COUNT(*), COALESCE(SUM(r.rights & 1024), 0) FROM my_role r`, nil, &team, &admin); err != nil {
		return in, err
	}
	in.even = team == 0
	of := `FROM my_clients c WHERE c.id = $3`
	most, id := fewClients+1, string(s.Client)
	switch {
	case s.Thread != "": // inside the team it has no client
		of, id = `FROM (SELECT COALESCE(t.client_id, '') AS id, t.side FROM my_threads t WHERE t.id = $3) c`, string(s.Thread)
	case s.Client != "":
	case s.Project != "":
		of, id = `FROM my_places p JOIN my_clients c ON c.id = p.client_id WHERE p.id = $3`, string(s.Project)
	default:
		if of = `FROM my_clients c WHERE $3 = ''`; team == 0 {
			most = mostClients
		}
	}
	rows, err := me.query(ctx, `SELECT c.id, c.side `+of+` ORDER BY c.side, c.id LIMIT $2`, most, id)
	in.clients, err = list(rows, err, func(r *db.Rows) (c searchedClient, err error) { return c, r.Scan(&c.id, &c.side) })
	for _, c := range in.clients {
		in.even = in.even || c.side == ClientSide // who is of the team elsewhere, too
	}
	switch {
	case id != "", team == 0:
		if len(in.clients) == 0 {
			in.clients = []searchedClient{{noClient, ClientSide}}
		}
	case len(in.clients) > fewClients || admin > 0:
		in.all, in.clients = true, nil
	default:
		in.all, in.clients = true, append(in.clients, searchedClient{"", Team})
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
		_, id, _ := strings.Cut(string(c.id), "_")
		if id != "" {
			ids = append(ids, `"`+id+`"`)
		}
		if c.side == Team {
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
		if ids = append(ids, `'of `+string(c.id)+`'`); c.side == Team {
			ids = append(ids, `'in `+string(c.id)+`'`)
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
	if !in.even {
		return
	}
	took := time.Since(in.began)
	select {
	case <-time.After(searchTick - took%searchTick):
	case <-ctx.Done():
	}
}
