package portal

import (
	"context"
	"errors"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// A Request names one attempt of a visitor to change something, so that
// sending it twice changes nothing twice: a double click, or a retry after the
// answer was lost.
type Request struct {
	Key  string // chosen by the sender, at most 200 characters
	Body string // a hash of what was sent
	Form string // the page's number of the form that it was typed into; empty: none
}

type requestKey struct{}

// WithRequest makes the next change under ctx happen at most once.
func WithRequest(ctx context.Context, r Request) context.Context {
	return context.WithValue(ctx, requestKey{}, r)
}

// partOf makes of a request that changes several things, each by itself, the one
// that changes this.
func partOf(ctx context.Context, part string) context.Context {
	r, ok := ctx.Value(requestKey{}).(Request)
	if !ok || r.Key == "" {
		return ctx
	}
	r.Key += " " + part
	return WithRequest(ctx, r)
}

// Repeated says that the change was already made, by an earlier sending of the
// same request. Subject is what that one was about.
type Repeated struct{ Subject string }

func (*Repeated) Error() string { return "already done" }

// ErrReused says that a request's key came again with something else in it.
var ErrReused = errors.New("the key of the request was used for another one")

// Did reports whether the actor's request under ctx was here before: what it was
// about may be gone by now.
func (me *Scope) Did(ctx context.Context) (bool, error) {
	at, err := me.didAt(ctx)
	return at != 0, err
}

// didAt is when the request was first here, 0 when it was not.
func (me *Scope) didAt(ctx context.Context) (at int64, err error) {
	r, ok := ctx.Value(requestKey{}).(Request)
	if !ok || r.Key == "" {
		return 0, nil
	}
	return at, me.p.db.QueryRow(ctx, `SELECT COALESCE(MAX(created_at), 0) FROM requests WHERE key = $1 AND body_hash = $2`, me.actor.id+" "+r.Key, r.Body).Scan(&at)
}

// Once gives what a repeated request made the first time, as if it had made it
// now: id, err := portal.Once(me.AddTask(ctx, in)).
func Once[T ~string](id T, err error) (T, error) {
	var again *Repeated
	if errors.As(err, &again) {
		return T(again.Subject), nil
	}
	return id, err
}

// begin enters the request, or finds that it was here before.
func (t *tx) begin(ctx context.Context) (Request, error) {
	r, ok := ctx.Value(requestKey{}).(Request)
	if !ok || r.Key == "" {
		return Request{}, nil
	}
	r.Key = t.me.actor.id + " " + r.Key
	n, err := t.Exec(ctx, `
INSERT INTO requests (key, body_hash, created_at, result) VALUES ($1, $2, $3, '') ON CONFLICT (key) DO NOTHING`, r.Key, r.Body, t.now)
	if err != nil || n == 1 {
		return r, err
	}
	var body, result string
	if err := t.QueryRow(ctx, `SELECT body_hash, result FROM requests WHERE key = $1`, r.Key).Scan(&body, &result); err != nil {
		return r, err
	}
	if body != r.Body {
		return r, ErrReused
	}
	return r, &Repeated{Subject: result}
}

// end keeps what the request was about.
func (t *tx) end(ctx context.Context, r Request) error {
	if r.Key == "" {
		return nil
	}
	_, err := t.Exec(ctx, `UPDATE requests SET result = $1 WHERE key = $2`, t.subject, r.Key)
	return err
}

// ForgetRequests removes the requests of more than a day ago. They are looked for from
// key to key beside those who write, as an index of their times would be one more tree
// for every write to go into.
func (p *Portal) ForgetRequests(ctx context.Context) error {
	const atOnce = 500
	before, last := db.Micros(p.now().AddDate(0, 0, -1)), ""
	for {
		rows, err := p.db.Query(ctx, `SELECT key FROM requests WHERE created_at < $1 AND key > $2 ORDER BY key LIMIT $3`, before, last, atOnce)
		old, err := list(rows, err, scanOne[string])
		if err != nil || len(old) == 0 {
			return err
		}
		last = old[len(old)-1]
		in, keys := oneOf(1, old)
		if err := p.db.Write(ctx, func(d *db.Tx) error {
			_, err := d.Exec(ctx, `DELETE FROM requests WHERE key IN `+in, keys...)
			return err
		}); err != nil {
			return err
		}
	}
}
