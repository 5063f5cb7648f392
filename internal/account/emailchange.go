package account

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/netip"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// EmailChange is an asked-for change of a person's address.
type EmailChange struct {
	ID       string
	Person   PersonID
	NewEmail string
	OldEmail string
	State    LinkState
}

// RequestEmailChange mails a link to a new address; the address changes when it
// is confirmed there. The session must be fresh. When the address belongs to
// somebody else the answer is the same, and no mail is sent. It returns
// ErrProve, ErrEmail or *Throttled.
func (a *Accounts) RequestEmailChange(ctx context.Context, s Session, email string) error {
	if !a.Fresh(s) {
		return ErrProve
	}
	display, key, err := FoldEmail(email)
	if err != nil {
		return err
	}
	addr, _ := netip.ParseAddr(s.Address)
	err = a.take(ctx,
		bucket{"change from:" + neighbourhood(addr), mailsFrom},
		bucket{"change by:" + string(s.Person), mailsTo},
		bucket{"change to:" + a.anonymous(key), mailsTo})
	if err != nil {
		return err
	}
	return a.d.Write(ctx, func(tx *db.Tx) error {
		p, err := personWhere(ctx, tx, `p.id = $1`, s.Person)
		if err != nil {
			return err
		}
		now := a.now()
		_, err = tx.Exec(ctx, `UPDATE email_changes SET voided_at = $2 WHERE person_id = $1 AND used_at IS NULL AND voided_at IS NULL`, s.Person, db.Micros(now))
		if err != nil {
			return fmt.Errorf("account: voiding e-mail changes: %w", err)
		}
		id := db.NewID("eml")
		_, err = tx.Exec(ctx, `INSERT INTO email_changes (id, person_id, email, email_key, old_email, token_hash, created_at, expires_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			id, s.Person, display, key, p.Email, tokenHash(a.Token(PurposeEmail, id)), db.Micros(now), db.Micros(now.Add(EmailChangeLife)))
		if err != nil {
			return fmt.Errorf("account: making an e-mail change: %w", err)
		}
		switch other, err := personWhere(ctx, tx, `p.email_key = $1`, key); {
		case err != nil && !errors.Is(err, ErrNotFound):
			return err
		case err != nil || other.ID == s.Person: // nobody's, or their own spelt in another way
			if err := a.mail(ctx, tx, Mail{MailEmailChange, s.Person, display, id}); err != nil {
				return err
			}
		}
		return a.record(ctx, tx, Happening{EmailChangeAsked, s.Person, s.Address, map[string]string{"change": id}})
	})
}

// PeekEmailChange tells what has become of an e-mail change, and changes
// nothing.
func (a *Accounts) PeekEmailChange(ctx context.Context, token string) (EmailChange, error) {
	return a.emailChange(ctx, a.d, `token_hash = $1`, tokenHash(token))
}

// EmailChange returns a change by id, for rendering its mails. It returns a
// State of LinkUnknown when there is none.
func (a *Accounts) EmailChange(ctx context.Context, id string) (EmailChange, error) {
	return a.emailChange(ctx, a.d, `id = $1`, id)
}

func (a *Accounts) emailChange(ctx context.Context, q querier, where, arg string) (EmailChange, error) {
	var c EmailChange
	var created, expires int64
	var used, voided sql.NullInt64
	err := q.QueryRow(ctx, `SELECT id, person_id, email, old_email, created_at, expires_at, used_at, voided_at FROM email_changes WHERE `+where, arg).
		Scan(&c.ID, &c.Person, &c.NewEmail, &c.OldEmail, &created, &expires, &used, &voided)
	if errors.Is(err, db.ErrNoRows) {
		return EmailChange{State: LinkUnknown}, nil
	}
	if err != nil {
		return EmailChange{}, fmt.Errorf("account: reading an e-mail change: %w", err)
	}
	c.State = linkState(a.now(), created, expires, used, voided)
	return c, nil
}

// ConfirmEmailChange gives a person their new address, once. All their sessions
// but keep (which may be empty) and all other mailed links end, and the old
// address is told. Of two persons who confirm one address, one gets it. It
// returns ErrLink or ErrEmailTaken.
func (a *Accounts) ConfirmEmailChange(ctx context.Context, token string, keep SessionID) error {
	return a.d.Write(ctx, func(tx *db.Tx) error {
		now := a.now()
		n, err := tx.Exec(ctx, `UPDATE email_changes SET used_at = $2 WHERE token_hash = $1 AND `+stillValid,
			tokenHash(token), db.Micros(now), db.Micros(now.Add(skew)))
		if err != nil {
			return fmt.Errorf("account: using an e-mail change: %w", err)
		}
		if n == 0 {
			return ErrLink
		}
		c, err := a.emailChange(ctx, tx, `token_hash = $1`, tokenHash(token))
		if err != nil {
			return err
		}
		display, key, err := FoldEmail(c.NewEmail)
		if err != nil {
			return err
		}
		n, err = tx.Exec(ctx, `UPDATE persons SET email = $2, email_key = $3 WHERE id = $1 AND disabled_at IS NULL AND confirmed_at IS NOT NULL`, c.Person, display, key)
		if errors.Is(err, db.ErrUnique) {
			return ErrEmailTaken
		}
		if err != nil {
			return fmt.Errorf("account: changing an e-mail address: %w", err)
		}
		if n == 0 {
			return ErrLink
		}
		if _, err := a.endSessions(ctx, tx, c.Person, keep, WhyEmail); err != nil {
			return err
		}
		if err := a.voidLinks(ctx, tx, c.Person); err != nil {
			return err
		}
		if err := a.mail(ctx, tx, Mail{MailEmailChanged, c.Person, c.OldEmail, c.ID}); err != nil {
			return err
		}
		return a.record(ctx, tx, Happening{EmailChanged, c.Person, "", map[string]string{"change": c.ID}})
	})
}
