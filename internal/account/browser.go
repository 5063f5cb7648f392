package account

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// A browser is known as somebody's for so long after they have proven in it who
// they are. That lets nobody in: it saves the code that a mailed link asks for.
const BrowserLife = 180 * 24 * time.Hour

// People who share a browser each have a token of their own in its cookie.
const maxKnown = 4

// browserTokens are those in the value of a browser's cookie.
func browserTokens(cookie string) (tokens []string) {
	for _, t := range strings.Split(cookie, ".") {
		if strings.HasPrefix(t, "vt_knw_") && len(t) <= 60 && len(tokens) < maxKnown {
			tokens = append(tokens, t)
		}
	}
	return tokens
}

// KnowsBrowser reports whether a person has proven who they are in the browser
// with that cookie.
func (a *Accounts) KnowsBrowser(ctx context.Context, person PersonID, cookie string) (bool, error) {
	now := a.now()
	for _, t := range browserTokens(cookie) {
		var n int
		err := a.d.QueryRow(ctx, `SELECT COUNT(*) FROM known_browsers k JOIN persons p ON p.id = k.person_id
			WHERE k.token_hash = $1 AND k.person_id = $2 AND k.expires_at > $3 AND k.created_at <= $4 AND p.disabled_at IS NULL`,
			tokenHash(t), person, db.Micros(now), db.Micros(now.Add(skew))).Scan(&n)
		if err != nil {
			return false, fmt.Errorf("account: looking for a known browser: %w", err)
		}
		if n > 0 {
			return true, nil
		}
	}
	return false, nil
}

// KnowBrowser remembers that a person has proven who they are in the browser with
// that cookie, and returns the cookie's new value. The token in it is always one
// that was made here and now: what was planted before is nobody's proof.
func (a *Accounts) KnowBrowser(ctx context.Context, person PersonID, cookie string) (string, error) {
	if known, err := a.KnowsBrowser(ctx, person, cookie); err != nil || known {
		return cookie, err
	}
	token, now := newToken("vt_knw_"), a.now()
	err := a.d.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO known_browsers (token_hash, person_id, created_at, expires_at) VALUES ($1, $2, $3, $4)`,
			tokenHash(token), person, db.Micros(now), db.Micros(now.Add(BrowserLife)))
		return err
	})
	if err != nil {
		return "", fmt.Errorf("account: knowing a browser: %w", err)
	}
	tokens := append(browserTokens(cookie), token)
	return strings.Join(tokens[max(0, len(tokens)-maxKnown):], "."), nil
}

// forgetBrowsers has a person prove in every browser anew who they are.
func (a *Accounts) forgetBrowsers(ctx context.Context, tx *db.Tx, person PersonID) error {
	if _, err := tx.Exec(ctx, `DELETE FROM known_browsers WHERE person_id = $1`, person); err != nil {
		return fmt.Errorf("account: forgetting browsers: %w", err)
	}
	return nil
}

// CheckCode uses up a code that was mailed to a person, in the browser that asked
// for it, and signs nobody in. It returns ErrCode or *Throttled.
func (a *Accounts) CheckCode(ctx context.Context, person PersonID, browser, code string, addr netip.Addr) error {
	p, err := a.Person(ctx, person)
	if err != nil {
		return err
	}
	_, key, err := FoldEmail(p.Email)
	if err != nil {
		return err
	}
	return a.redeem(ctx, browser, key, code, addr, func(tx *db.Tx, _ PersonID) error {
		return a.record(ctx, tx, Happening{IdentityProved, person, addrText(addr), map[string]string{"proof": ByCode}})
	})
}
