package account

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

const (
	ResetLife       = time.Hour
	EmailChangeLife = 24 * time.Hour
)

// LinkState is what has become of a mailed link.
type LinkState string

const (
	LinkUnknown  LinkState = "unknown"
	LinkValid    LinkState = "valid"
	LinkUsed     LinkState = "used"
	LinkReplaced LinkState = "replaced" // by a newer one, or by a change that made it pointless
	LinkExpired  LinkState = "expired"
)

// linkState reads the columns that links have in common.
func linkState(now time.Time, created, expires int64, used, voided sql.NullInt64) LinkState {
	switch at := db.Micros(now); {
	case used.Valid:
		return LinkUsed
	case voided.Valid:
		return LinkReplaced
	case expires <= at, created > at+skew.Microseconds():
		return LinkExpired
	}
	return LinkValid
}

// stillValid is linkState as a condition: $2 is now, $3 is now with the skew.
const stillValid = `used_at IS NULL AND voided_at IS NULL AND expires_at > $2 AND created_at <= $3`

// RequestReset mails a link for a new password to a person who can sign in, and
// makes their former links useless. The answer is the same for everybody else,
// in content and time. It returns *Throttled, or ErrEmail for a text that is no
// address.
func (a *Accounts) RequestReset(ctx context.Context, email string, addr netip.Addr) error {
	return a.request(ctx, email, addr, "reset", func(tx *db.Tx, p Person) error {
		id, err := a.newReset(ctx, tx, p.ID)
		if err != nil {
			return err
		}
		if err := a.mail(ctx, tx, Mail{MailReset, p.ID, p.Email, id}); err != nil {
			return err
		}
		return a.record(ctx, tx, Happening{Kind: ResetRequested, Person: p.ID, Address: addrText(addr)})
	})
}

// ResetToken returns the token of a new reset link without mailing it, for an
// operator who hands it over. It returns ErrNotFound for a person who cannot
// sign in.
func (a *Accounts) ResetToken(ctx context.Context, person PersonID) (token string, err error) {
	err = a.d.Write(ctx, func(tx *db.Tx) error {
		s, err := personWhere(ctx, tx, `p.id = $1`, person)
		if err != nil {
			return err
		}
		if !s.person().Active() {
			return ErrNotFound
		}
		id, err := a.newReset(ctx, tx, person)
		if err != nil {
			return err
		}
		token = a.Token(PurposeReset, id)
		return a.record(ctx, tx, Happening{Kind: ResetRequested, Person: person})
	})
	return token, err
}

func (a *Accounts) newReset(ctx context.Context, tx *db.Tx, person PersonID) (id string, err error) {
	now := a.now()
	_, err = tx.Exec(ctx, `UPDATE password_resets SET voided_at = $2 WHERE person_id = $1 AND used_at IS NULL AND voided_at IS NULL`, person, db.Micros(now))
	if err != nil {
		return "", fmt.Errorf("account: voiding resets: %w", err)
	}
	id = db.NewID("rst")
	_, err = tx.Exec(ctx, `INSERT INTO password_resets (id, person_id, token_hash, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)`,
		id, person, tokenHash(a.Token(PurposeReset, id)), db.Micros(now), db.Micros(now.Add(ResetLife)))
	if err != nil {
		return "", fmt.Errorf("account: making a reset: %w", err)
	}
	return id, nil
}

// PeekReset tells what has become of a reset link and whose it is, and changes
// nothing: mail scanners open links. The person is empty unless it is valid.
func (a *Accounts) PeekReset(ctx context.Context, token string) (LinkState, Person, error) {
	var p personScan
	var created, expires int64
	var used, voided sql.NullInt64
	err := a.d.QueryRow(ctx, `SELECT `+personColumns+`, r.created_at, r.expires_at, r.used_at, r.voided_at
		FROM password_resets r JOIN persons p ON p.id = r.person_id WHERE r.token_hash = $1`, tokenHash(token)).
		Scan(append(p.into(), &created, &expires, &used, &voided)...)
	if errors.Is(err, db.ErrNoRows) {
		return LinkUnknown, Person{}, nil
	}
	if err != nil {
		return LinkUnknown, Person{}, fmt.Errorf("account: reading a reset: %w", err)
	}
	state := linkState(a.now(), created, expires, used, voided)
	if state == LinkValid && !p.person().Active() {
		state = LinkReplaced
	}
	if state != LinkValid {
		return state, Person{}, nil
	}
	return state, p.person(), nil
}

// Reset sets a new password by a mailed link, once. All the person's sessions,
// API tokens, codes and other links end, and they are told by mail. It does not
// sign them in. From is where the request came from; the zero Addr for an
// operator at the machine. It returns ErrLink, *Weakness or ErrBusy; a weak password does
// not use the link up.
func (a *Accounts) Reset(ctx context.Context, token, pw string, from netip.Addr, context ...string) error {
	// Whoever has no link does not get to hash.
	state, p, err := a.PeekReset(ctx, token)
	if err != nil {
		return err
	}
	if state != LinkValid {
		return ErrLink
	}
	if w := CheckPassword(pw, append(context, p.Name, p.Email)...); w != nil {
		return w
	}
	hash, err := HashPassword(ctx, pw)
	if err != nil {
		return err
	}
	_, key, err := FoldEmail(p.Email)
	if err != nil {
		return err
	}
	err = a.d.Write(ctx, func(tx *db.Tx) error {
		now := a.now()
		n, err := tx.Exec(ctx, `UPDATE password_resets SET used_at = $2 WHERE token_hash = $1 AND `+stillValid,
			tokenHash(token), db.Micros(now), db.Micros(now.Add(skew)))
		if err != nil {
			return fmt.Errorf("account: using a reset: %w", err)
		}
		if n == 0 {
			return ErrLink
		}
		n, err = tx.Exec(ctx, `UPDATE persons SET password_hash = $2 WHERE id = $1 AND disabled_at IS NULL AND confirmed_at IS NOT NULL`, p.ID, hash)
		if err != nil {
			return fmt.Errorf("account: resetting a password: %w", err)
		}
		if n == 0 {
			return ErrLink
		}
		if _, err := a.EndAll(ctx, tx, p.ID, WhyPassword); err != nil {
			return err
		}
		if err := a.mail(ctx, tx, Mail{MailPasswordChanged, p.ID, p.Email, string(p.ID)}); err != nil {
			return err
		}
		return a.record(ctx, tx, Happening{PasswordChanged, p.ID, addrText(from), map[string]string{"how": "reset"}})
	})
	if err != nil {
		return err
	}
	// The old password's failures mean nothing for the new one.
	return a.succeeded(ctx, a.accountBucket(key))
}
