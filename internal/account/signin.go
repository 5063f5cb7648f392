package account

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// SignIn is what a person gives to sign in by password.
type SignIn struct {
	Email     string
	Password  string
	UserAgent string
	Address   netip.Addr
	Shared    bool // this is a shared computer
}

// SignIn signs a person in by password and returns the token for the cookie. It
// returns ErrSignIn, *Throttled or ErrBusy. All reasons for ErrSignIn take the
// same time. A password of more than 1,024 bytes, which nobody has, is answered
// at once with *Weakness.
func (a *Accounts) SignIn(ctx context.Context, in SignIn) (Session, string, error) {
	if len(in.Password) > maxPassword {
		return Session{}, "", &Weakness{"long"}
	}
	// An address that is none is tried like one that nobody has.
	_, key, err := FoldEmail(in.Email)
	if err != nil {
		key = ""
	}
	buckets := a.signInBuckets(key, in.Address)
	if err := a.take(ctx, buckets...); err != nil {
		return Session{}, "", err
	}
	p, err := personWhere(ctx, a.d, `p.email_key = $1`, key)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Session{}, "", err
	}
	ok, stale, err := verify(ctx, p.hash, in.Password)
	if err != nil {
		return Session{}, "", err
	}
	if !ok || !p.person().Active() {
		return Session{}, "", a.failed(ctx, p.ID, in.Address, ByPassword)
	}
	if err := a.succeeded(ctx, buckets...); err != nil {
		return Session{}, "", err
	}
	hash := p.hash
	if stale {
		if hash, err = HashPassword(ctx, in.Password); err != nil {
			return Session{}, "", err
		}
	}
	var s Session
	var token string
	err = a.d.Write(ctx, func(tx *db.Tx) (err error) {
		// The password may have been changed while this one was checked.
		n, err := tx.Exec(ctx, `UPDATE persons SET password_hash = $3 WHERE id = $1 AND password_hash = $2`, p.ID, p.hash, hash)
		if err != nil {
			return fmt.Errorf("account: signing in: %w", err)
		}
		if n == 0 {
			return ErrSignIn
		}
		s, token, err = a.NewSession(ctx, tx, p.ID, ByPassword, Meta{in.UserAgent, in.Address, in.Shared}, 0)
		return err
	})
	return s, token, err
}

// failed records a failed proof in a transaction of its own and returns
// ErrSignIn.
func (a *Accounts) failed(ctx context.Context, person PersonID, addr netip.Addr, proof string) error {
	err := a.d.Write(ctx, func(tx *db.Tx) error {
		return a.record(ctx, tx, Happening{SignInFailed, person, addrText(addr), map[string]string{"proof": proof}})
	})
	if err != nil {
		return err
	}
	return ErrSignIn
}

// Fresh tells whether a session's person proved who they are in the last
// Freshness, which changing the address, the first password and API tokens
// ask for.
func (a *Accounts) Fresh(s Session) bool {
	age := a.now().Sub(s.ProvedAt)
	return age < Freshness && age > -skew
}

// Prove makes a session fresh by its person's password. It returns ErrSignIn or
// *Throttled.
func (a *Accounts) Prove(ctx context.Context, s Session, password string) error {
	p, err := personWhere(ctx, a.d, `p.id = $1`, s.Person)
	if err != nil {
		return err
	}
	if err := a.prove(ctx, s, p, password); err != nil {
		return err
	}
	return a.d.Write(ctx, func(tx *db.Tx) error { return a.proved(ctx, tx, s, ByPassword) })
}

// ProveByToken checks the password of a person who asks by one of their API
// tokens, which is no session that could become fresh. It returns ErrSignIn or
// *Throttled.
func (a *Accounts) ProveByToken(ctx context.Context, id PersonID, password string) error {
	p, err := personWhere(ctx, a.d, `p.id = $1`, id)
	if err != nil {
		return err
	}
	return a.prove(ctx, Session{Pass: Pass{Person: id, Address: AddressOf(ctx)}}, p, password)
}

// prove checks a signed-in person's password. Their failures are counted apart
// from those at the sign-in form, which a stranger can cause.
func (a *Accounts) prove(ctx context.Context, s Session, p personScan, password string) error {
	if len(password) > maxPassword {
		return ErrSignIn
	}
	b := bucket{"proof:" + string(p.ID), ownProof}
	if err := a.take(ctx, b); err != nil {
		return err
	}
	ok, _, err := verify(ctx, p.hash, password)
	if err != nil {
		return err
	}
	if !ok {
		addr, _ := netip.ParseAddr(s.Address)
		return a.failed(ctx, p.ID, addr, ByPassword)
	}
	return a.succeeded(ctx, b)
}

// proved notes a new proof of identity in a session.
func (a *Accounts) proved(ctx context.Context, tx *db.Tx, s Session, proof string) error {
	n, err := tx.Exec(ctx, `UPDATE sessions SET proved_at = $2 WHERE id = $1 AND ended_at IS NULL`, s.ID, db.Micros(a.now()))
	if err != nil {
		return fmt.Errorf("account: noting a proof: %w", err)
	}
	if n == 0 {
		return ErrSignedOut
	}
	return a.record(ctx, tx, Happening{IdentityProved, s.Person, s.Address, map[string]string{"session": string(s.ID), "proof": proof}})
}
