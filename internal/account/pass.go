package account

import (
	"context"
	"fmt"
	"time"
)

// A Pass is what a session says of who is asking, and no more: enough for what
// is asked for by the dozen.
type Pass struct {
	ID        SessionID
	Person    PersonID
	ViewingAs string // id of a client user, while a team member views as them
	Address   string
}

func (p *Pass) into() []any { return []any{&p.ID, &p.Person, &p.ViewingAs, &p.Address} }

const passQuery = `SELECT s.id, s.person_id, s.viewing_as, s.address, ` + sessionState

// Pass is Session for those who need not know more.
func (a *Accounts) Pass(ctx context.Context, token string) (Pass, error) {
	return a.passes.Find(a.d, tokenHash(token), a.now(), func() (p Pass, err error) {
		return p, a.seenNow(ctx, token, passQuery, p.into())
	})
}

// PassByID returns who is signed in with a session that was seen at a time, for
// what was signed then (Sign) and comes back without its token. It is no request
// of the session's own, so it is not remembered. Errors are Session's.
func (a *Accounts) PassByID(ctx context.Context, id SessionID, seen time.Time) (Pass, error) {
	return a.passes.Find(a.d, fmt.Sprint(id, seen.UnixMicro()), a.now(), func() (p Pass, err error) {
		return p, a.alive(ctx, passQuery+`s.id = $1`, string(id), a.now(), seen, p.into())
	})
}
