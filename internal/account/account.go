// Package account knows who somebody is: persons, passwords, mailed codes,
// password resets, sessions, API tokens, and how often one may try.
//
// It guarantees:
//
//   - Nothing that proves an identity is stored in clear. Passwords are argon2id
//     hashes; session and API tokens are random and stored as SHA-256; mailed
//     links and codes are derived from the server key and an id, so that a mail
//     can be rendered when it is sent and a stolen database holds no usable link.
//   - An answer does not tell whether an address is known, in content or in time.
//   - Whatever may be used once is used up by one conditional UPDATE.
//   - Expiry is part of the query that asks. No cleaner has to run.
//   - Failed attempts are counted in their own transaction before the proof is
//     looked at, so neither a rollback nor a crowd of parallel attempts evades
//     the limit.
//   - Every change and every failed proof is handed to Hooks.Record in the
//     transaction that made it.
//
// What a person may see or do is not known here; package portal decides that.
package account

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// Identifiers.
type (
	PersonID  string
	SessionID string
	TokenID   string // of an API token
)

// Errors that a caller tells apart. A *Throttled, *Ended, *Weakness or *Invalid
// may be returned as well.
var (
	// ErrSignIn is the one answer to an unknown address, a wrong password, and a
	// person who has not confirmed their address, has been disabled, or has no
	// password.
	ErrSignIn = errors.New("account: the e-mail address or the password is wrong")

	// ErrCode is the one answer to a wrong, used, expired or foreign code.
	ErrCode = errors.New("account: the code is wrong or no longer valid")

	// ErrLink says that a mailed link is unknown, used, replaced or expired; the
	// Peek methods say which.
	ErrLink = errors.New("account: the link is not valid")

	// ErrSignedOut says that nobody is signed in with that token.
	ErrSignedOut = errors.New("account: signed out")

	// ErrProve asks the person to prove again who they are: see Prove.
	ErrProve = errors.New("account: prove again who you are")

	// ErrNotFound says that there is no such thing, or that it is somebody else's.
	ErrNotFound = errors.New("account: not found")

	// ErrConfirmed says that the person already proved their address, so that an
	// invitation cannot set their name or password.
	ErrConfirmed = errors.New("account: already confirmed")

	// ErrEmailTaken says that another person has that address by now.
	ErrEmailTaken = errors.New("account: the address belongs to somebody else")

	// ErrEmail says that a text is not one plain e-mail address.
	ErrEmail = errors.New("account: not an e-mail address")

	// ErrBusy says that too many passwords are being checked at this moment.
	ErrBusy = errors.New("account: busy")
)

// Invalid says which fields of a form cannot be saved. A reason is "empty",
// "long", "characters" or "unknown".
type Invalid struct{ Fields map[string]string }

func (e *Invalid) Error() string {
	var names []string
	for name := range maps.Keys(e.Fields) {
		names = append(names, name)
	}
	return "account: invalid " + strings.Join(names, ", ")
}

// Kinds of Happening.
const (
	SignedIn          = "signed_in"           // particulars: session, proof
	SignInFailed      = "sign_in_failed"      // particulars: proof
	CodeRequested     = "code_requested"      //
	ResetRequested    = "reset_requested"     //
	PasswordChanged   = "password_changed"    // particulars: how
	EmailChangeAsked  = "email_change_asked"  // particulars: change
	EmailChanged      = "email_changed"       // particulars: change
	SessionEnded      = "session_ended"       // particulars: sessions (space separated), why
	IdentityProved    = "identity_proved"     // particulars: session, proof
	TokenCreated      = "token_created"       // particulars: token, name, scopes
	TokenRevoked      = "token_revoked"       // particulars: tokens (space separated), why
	ProfileSaved      = "profile_saved"       //
	PersonConfirmed   = "person_confirmed"    //
	PersonDisabled    = "person_disabled"     //
	PersonEnabled     = "person_enabled"      //
	ViewingAsStarted  = "viewing_as_started"  // particulars: session, client_user
	ViewingAsFinished = "viewing_as_finished" // particulars: session
)

// Happening is a change or a failed proof, for the audit log. Particulars never
// hold an e-mail address or a secret.
type Happening struct {
	Kind        string
	Person      PersonID // empty: unknown
	Address     string   // where the request came from; empty: not from a request
	Particulars map[string]string
}

// Kinds of Mail.
const (
	MailCode            = "sign_in_code"     // Subject is for Code
	MailAnswerCode      = "answer_code"      // likewise; it answers an approval, and does not sign in
	MailReset           = "password_reset"   // Subject is for Token(PurposeReset, …)
	MailEmailChange     = "email_change"     // Subject is for Token(PurposeEmail, …); goes to the new address
	MailEmailChanged    = "email_changed"    // Subject is the change; goes to the old address
	MailPasswordChanged = "password_changed" // Subject is the person
	MailTokenCreated    = "token_created"    // Subject is the API token
)

// Mail asks for a message that is rendered when it is sent.
type Mail struct {
	Kind    string
	Person  PersonID
	Address string // where it goes
	Subject string // id of what it is about
}

// Hooks connect this package with the rest of the product, in the transaction
// at hand. They may run more than once for one change, with the transaction. A
// hook that is nil does nothing.
type Hooks struct {
	Record func(ctx context.Context, tx *db.Tx, h Happening) error
	Mail   func(ctx context.Context, tx *db.Tx, m Mail) error

	// Team tells whether a person works for the workspace; their sessions last
	// less long. Nil: nobody does.
	Team func(ctx context.Context, tx *db.Tx, person PersonID) (bool, error)
}

// Accounts is the one door to this package's tables. It is safe for use by
// several goroutines.
type Accounts struct {
	d     *db.DB
	key   []byte
	hooks Hooks
	now   func() time.Time

	// evenly is how long an answer takes at least that must not tell, by its
	// time, whether an address is known.
	evenly time.Duration

	mu   sync.Mutex
	seen map[string]time.Time // by token hash, not yet written
	used map[TokenID]time.Time

	passes db.Recall[Pass] // by the clock alone a session may end so much later
	known  db.Recall[signedIn]
}

// New returns the accounts in d. The key is the server's secret; whoever has it
// can forge mailed links. Now tells the time.
func New(d *db.DB, key []byte, hooks Hooks, now func() time.Time) *Accounts {
	if len(key) < 32 {
		panic("account: the server key has less than 32 bytes")
	}
	return &Accounts{
		d: d, key: key, hooks: hooks, now: now,
		evenly: 60 * time.Millisecond,
		seen:   map[string]time.Time{},
		used:   map[TokenID]time.Time{},
	}
}

func (a *Accounts) record(ctx context.Context, tx *db.Tx, h Happening) error {
	if a.hooks.Record == nil {
		return nil
	}
	if err := a.hooks.Record(ctx, tx, h); err != nil {
		return fmt.Errorf("account: recording %s: %w", h.Kind, err)
	}
	return nil
}

func (a *Accounts) mail(ctx context.Context, tx *db.Tx, m Mail) error {
	if a.hooks.Mail == nil {
		return nil
	}
	if err := a.hooks.Mail(ctx, tx, m); err != nil {
		return fmt.Errorf("account: queueing mail %s: %w", m.Kind, err)
	}
	return nil
}

// evenOut returns when a.evenly has passed since start, or the caller has gone.
func (a *Accounts) evenOut(ctx context.Context, start time.Time) {
	t := time.NewTimer(a.evenly - time.Since(start))
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// fromMicros reads a time that may be NULL.
func fromMicros(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return db.FromMicros(n.Int64)
}
