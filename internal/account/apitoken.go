package account

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// Token is an API token, without its secret.
type Token struct {
	ID        TokenID
	Person    PersonID
	Name      string
	Scopes    []string
	CreatedAt time.Time
	ExpiresAt time.Time // zero: never
	UsedAt    time.Time // zero: not yet
}

// NewToken makes an API token for a session's person and returns its secret,
// which cannot be shown again. The session must be fresh. Expires may be zero.
// It returns ErrProve, ErrSignedOut or *Invalid.
func (a *Accounts) NewToken(ctx context.Context, s Session, name string, scopes []string, expires time.Time) (Token, string, error) {
	if !a.Fresh(s) {
		return Token{}, "", ErrProve
	}
	now := a.now()
	name, err := checkName(name)
	bad := map[string]string{}
	if err != nil {
		bad = err.(*Invalid).Fields
	}
	if len(scopes) == 0 {
		bad["scopes"] = "empty"
	}
	for _, sc := range scopes {
		if sc == "" || strings.Trim(sc, "abcdefghijklmnopqrstuvwxyz_:.") != "" {
			bad["scopes"] = "unknown"
		}
	}
	if !expires.IsZero() && !expires.After(now) {
		bad["expires"] = "past"
	}
	if len(bad) > 0 {
		return Token{}, "", &Invalid{bad}
	}
	secret := newToken("vt_api_")
	t := Token{ID: TokenID(db.NewID("tok")), Person: s.Person, Name: name, Scopes: scopes, CreatedAt: now, ExpiresAt: expires}
	err = a.d.Write(ctx, func(tx *db.Tx) error {
		var expiry sql.NullInt64
		if !expires.IsZero() {
			expiry = sql.NullInt64{Int64: db.Micros(expires), Valid: true}
		}
		// Only while the session lasts: a token must not outlive the sign-out
		// that was to end everything.
		n, err := tx.Exec(ctx, `INSERT INTO api_tokens (id, person_id, name, token_hash, scopes, created_at, expires_at)
			SELECT $1, s.person_id, $2, $3, $4, $5, $6 FROM sessions s JOIN persons p ON p.id = s.person_id
			WHERE s.id = $7 AND s.ended_at IS NULL AND p.disabled_at IS NULL`,
			t.ID, name, tokenHash(secret), strings.Join(scopes, " "), db.Micros(now), expiry, s.ID)
		if err != nil {
			return fmt.Errorf("account: making an API token: %w", err)
		}
		if n == 0 {
			return ErrSignedOut
		}
		p, err := personWhere(ctx, tx, `p.id = $1`, s.Person)
		if err != nil {
			return err
		}
		if err := a.mail(ctx, tx, Mail{MailTokenCreated, p.ID, p.Email, string(t.ID)}); err != nil {
			return err
		}
		return a.record(ctx, tx, Happening{TokenCreated, s.Person, s.Address,
			map[string]string{"token": string(t.ID), "name": name, "scopes": strings.Join(scopes, " ")}})
	})
	if err != nil {
		return Token{}, "", err
	}
	return t, secret, nil
}

const tokenColumns = `t.id, t.person_id, t.name, t.scopes, t.created_at, t.expires_at, t.used_at`

type tokenScan struct {
	Token
	scopes        string
	created       int64
	expires, used sql.NullInt64
}

func (s *tokenScan) into() []any {
	return []any{&s.ID, &s.Person, &s.Name, &s.scopes, &s.created, &s.expires, &s.used}
}

func (s *tokenScan) token() Token {
	t := s.Token
	t.Scopes = strings.Fields(s.scopes)
	t.CreatedAt, t.ExpiresAt, t.UsedAt = db.FromMicros(s.created), fromMicros(s.expires), fromMicros(s.used)
	return t
}

// Tokens lists a person's API tokens that are not revoked, the newest first.
func (a *Accounts) Tokens(ctx context.Context, person PersonID) ([]Token, error) {
	rows, err := a.d.Query(ctx, `SELECT `+tokenColumns+` FROM api_tokens t WHERE t.person_id = $1 AND t.revoked_at IS NULL ORDER BY t.id DESC`, person)
	if err != nil {
		return nil, fmt.Errorf("account: listing API tokens: %w", err)
	}
	defer rows.Close()
	var list []Token
	for rows.Next() {
		var s tokenScan
		if err := rows.Scan(s.into()...); err != nil {
			return nil, fmt.Errorf("account: listing API tokens: %w", err)
		}
		t := s.token()
		a.mu.Lock()
		if used := a.used[t.ID]; used.After(t.UsedAt) {
			t.UsedAt = used
		}
		a.mu.Unlock()
		list = append(list, t)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("account: listing API tokens: %w", err)
	}
	return list, nil
}

// RevokeToken ends one of a person's own API tokens. It returns ErrNotFound for
// one that is revoked or somebody else's.
func (a *Accounts) RevokeToken(ctx context.Context, person PersonID, id TokenID) error {
	return a.d.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE api_tokens SET revoked_at = $3 WHERE id = $1 AND person_id = $2 AND revoked_at IS NULL`, id, person, db.Micros(a.now()))
		if err != nil {
			return fmt.Errorf("account: revoking an API token: %w", err)
		}
		if n == 0 {
			return ErrNotFound
		}
		return a.record(ctx, tx, Happening{TokenRevoked, person, "", map[string]string{"tokens": string(id), "why": WhyEnded}})
	})
}

func (a *Accounts) revokeTokens(ctx context.Context, tx *db.Tx, person PersonID, why string) error {
	ids, err := returningIDs[TokenID](ctx, tx, `UPDATE api_tokens SET revoked_at = $2 WHERE person_id = $1 AND revoked_at IS NULL RETURNING id`, person, db.Micros(a.now()))
	if err != nil {
		return fmt.Errorf("account: revoking API tokens: %w", err)
	}
	if len(ids) == 0 {
		return nil
	}
	return a.record(ctx, tx, Happening{TokenRevoked, person, "", map[string]string{"tokens": joined(ids), "why": why}})
}

// ByToken returns whom an API token stands for and what it may be used for. It
// is one query and writes nothing. It returns ErrSignedOut for a token that is
// unknown, revoked or expired, or whose person cannot sign in.
func (a *Accounts) ByToken(ctx context.Context, secret string) (Person, Token, error) {
	if !strings.HasPrefix(secret, "vt_api_") || len(secret) > 100 {
		return Person{}, Token{}, ErrSignedOut
	}
	now := a.now()
	var p personScan
	var t tokenScan
	err := a.d.QueryRow(ctx, `SELECT `+personColumns+`, `+tokenColumns+`
		FROM api_tokens t JOIN persons p ON p.id = t.person_id
		WHERE t.token_hash = $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > $2) AND t.created_at <= $3
		  AND p.disabled_at IS NULL AND p.confirmed_at IS NOT NULL`,
		tokenHash(secret), db.Micros(now), db.Micros(now.Add(skew))).Scan(append(p.into(), t.into()...)...)
	if errors.Is(err, db.ErrNoRows) {
		return Person{}, Token{}, ErrSignedOut
	}
	if err != nil {
		return Person{}, Token{}, fmt.Errorf("account: reading an API token: %w", err)
	}
	a.mu.Lock()
	if now.After(a.used[t.ID]) {
		a.used[t.ID] = now
	}
	a.mu.Unlock()
	return p.person(), t.token(), nil
}
