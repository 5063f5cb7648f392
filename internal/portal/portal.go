package portal

import (
	"context"
	"log/slog"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/db"
)

// Portal holds what all Scopes share.
type Portal struct {
	db       *db.DB
	accounts *account.Accounts
	now      func() time.Time
	log      *slog.Logger
	signal   func(Signal)
	enqueue  func(ctx context.Context, tx *db.Tx, kind string, args any) error

	brand   db.Recall[Brand] // what every page asks for
	selves  db.Recall[Self]  // these by actor
	offices db.Recall[Office]
	bell    db.Recall[int] // how much needs somebody
	unread  db.Recall[int]
	noticed db.Recall[NoticeID]

	downloads downloadLog
	typing    typingLog
	queued    chan struct{} // an event waits that people are to be told of

	sign func(text string) (string, error) // of the heads of days
}

// A Signal says that something happened, and to whom it matters; it carries no
// content. Whoever gets one looks through their own Scope.
type Signal struct {
	Event   EventID
	Client  ClientID
	Project ProjectID
	Persons []PersonID // those whose streams end, when Close is set
	Close   bool

	// Of what is said: where, and who may learn of it at all.
	Thread   ThreadID
	Audience Side
	Typist   PersonID // who is typing; nothing was said yet
}

// Options of New. Only Key is needed; without Enqueue, mail stays in the queue.
type Options struct {
	Key []byte // the server key, from which links are made
	// Enqueue puts a job into the queue, in the transaction that asks for it.
	Enqueue func(ctx context.Context, tx *db.Tx, kind string, args any) error
	Now     func() time.Time
	Log     *slog.Logger
	Signal  func(Signal)
}

// New returns the portal on a migrated database, and the accounts that belong
// to it.
func New(d *db.DB, o Options) (*Portal, *account.Accounts) {
	p := &Portal{db: d, now: o.Now, log: o.Log, signal: o.Signal, enqueue: o.Enqueue, queued: make(chan struct{}, 1)}
	p.downloads.p, p.bell.Lax = p, true
	p.sign = func(string) (string, error) { return "", nil }
	if p.now == nil {
		p.now = time.Now
	}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	if p.enqueue == nil {
		p.enqueue = func(context.Context, *db.Tx, string, any) error { return nil }
	}
	if p.signal == nil {
		p.signal = func(Signal) {}
	}
	p.accounts = account.New(d, o.Key, account.Hooks{Record: p.recordAccount, Mail: p.queueAccountMail, Team: inTeam}, p.now)
	return p, p.accounts
}

// As is the door: the portal as the actor sees it. Only adapters that have
// turned a request, a token or a recipient into a person call it.
func (p *Portal) As(a Actor) *Scope { return &Scope{p: p, actor: a} }

// inTeam reports whether the person works for the workspace.
func inTeam(ctx context.Context, tx *db.Tx, person PersonID) (bool, error) {
	var n int
	err := tx.QueryRow(ctx, `
SELECT COUNT(*) FROM team_members WHERE person_id = $1 AND accepted_at IS NOT NULL AND removed_at IS NULL`, string(person)).Scan(&n)
	return n > 0, err
}

// woken says that an event waits.
func (p *Portal) woken() {
	select {
	case p.queued <- struct{}{}:
	default: // somebody has said so already
	}
}

// Queued gets a value when an event waits that people are to be told of.
func (p *Portal) Queued() <-chan struct{} { return p.queued }

// Now is the portal's clock.
func (p *Portal) Now() time.Time { return p.now() }

// Ping reports whether the database answers.
func (p *Portal) Ping(ctx context.Context) error {
	var one int
	return p.db.QueryRow(ctx, `SELECT 1`).Scan(&one)
}
