package account

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// A browser is known as somebody's for so long after they have signed in there,
// unless they sign out. That lets nobody in: it saves the code that a mailed link
// asks for. One that knows somebody by such a code alone may be that of a colleague
// to whom the mail was forwarded, and the code read out: there it is for what was
// answered, and for a day.
const (
	BrowserLife  = 180 * 24 * time.Hour
	AnsweredLife = 24 * time.Hour
)

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

// KnowsBrowser reports how a person has proven who they are in the browser with
// that cookie: by signing in there, or with a code to answer that approval. It is
// empty when they have not.
func (a *Accounts) KnowsBrowser(ctx context.Context, person PersonID, cookie, approval string) (proof string, err error) {
	now := a.now()
	for _, t := range browserTokens(cookie) {
		var answers string
		err := a.d.QueryRow(ctx, `SELECT k.answers FROM known_browsers k JOIN persons p ON p.id = k.person_id
			WHERE k.token_hash = $1 AND k.person_id = $2 AND k.answers IN ('', $3) AND k.expires_at > $4 AND k.created_at <= $5 AND p.disabled_at IS NULL`,
			tokenHash(t), person, approval, db.Micros(now), db.Micros(now.Add(skew))).Scan(&answers)
		switch {
		case errors.Is(err, db.ErrNoRows):
		case err != nil:
			return "", fmt.Errorf("account: looking for a known browser: %w", err)
		case answers == "":
			return BySignIn, nil
		default:
			proof = ByCode
		}
	}
	return proof, nil
}

// KnowBrowser remembers that a person has signed in in the browser with that
// cookie, and returns the cookie's new value.
func (a *Accounts) KnowBrowser(ctx context.Context, s Session, cookie string) (string, error) {
	return a.know(ctx, s.Person, cookie, s.ID, "", BrowserLife)
}

// KnowAnswer remembers that a person has typed there the code with which they
// answer an approval, likewise.
func (a *Accounts) KnowAnswer(ctx context.Context, person PersonID, cookie, approval string) (string, error) {
	return a.know(ctx, person, cookie, "", approval, AnsweredLife)
}

// know gives the browser a token that is made here and now, instead of those that
// it has of the person: what was planted before is nobody's proof.
func (a *Accounts) know(ctx context.Context, person PersonID, cookie string, in SessionID, answers string, life time.Duration) (string, error) {
	token, now := newToken("vt_knw_"), a.now()
	var tokens []string
	err := a.d.Write(ctx, func(tx *db.Tx) (err error) {
		if tokens, err = dropKnown(ctx, tx, person, cookie, answers); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO known_browsers (token_hash, person_id, session_id, answers, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`,
			tokenHash(token), person, in, answers, db.Micros(now), db.Micros(now.Add(life)))
		return err
	})
	if err != nil {
		return "", fmt.Errorf("account: knowing a browser: %w", err)
	}
	tokens = append(tokens, token)
	return strings.Join(tokens[max(0, len(tokens)-maxKnown):], "."), nil
}

// ForgetBrowser has a person known no more in the browser with that cookie, or
// without one nobody, and returns the cookie's new value: what is left in it is of
// others.
func (a *Accounts) ForgetBrowser(ctx context.Context, person PersonID, cookie string) (string, error) {
	var tokens []string
	err := a.d.Write(ctx, func(tx *db.Tx) (err error) {
		tokens, err = dropKnown(ctx, tx, person, cookie, "")
		return err
	})
	if err != nil {
		return "", fmt.Errorf("account: forgetting a browser: %w", err)
	}
	return strings.Join(tokens, "."), nil
}

// dropKnown forgets the tokens in a cookie that are a person's, or those of them
// with which one approval is answered, and returns the others.
func dropKnown(ctx context.Context, tx *db.Tx, person PersonID, cookie, answers string) (others []string, err error) {
	for _, t := range browserTokens(cookie) {
		n, err := tx.Exec(ctx, `DELETE FROM known_browsers WHERE token_hash = $1 AND (person_id = $2 OR $2 = '') AND (answers = $3 OR $3 = '')`, tokenHash(t), person, answers)
		if err != nil {
			return nil, err
		}
		if n == 0 && person != "" {
			others = append(others, t)
		}
	}
	return others, nil
}

// forgetBrowsers has a person prove in every browser anew who they are, but in
// that of a session.
func (a *Accounts) forgetBrowsers(ctx context.Context, tx *db.Tx, person PersonID, but SessionID) error {
	if _, err := tx.Exec(ctx, `DELETE FROM known_browsers WHERE person_id = $1 AND (session_id <> $2 OR session_id = '')`, person, but); err != nil {
		return fmt.Errorf("account: forgetting browsers: %w", err)
	}
	return nil
}

// RequestAnswerCode mails a person a code with which they answer an approval, and
// returns the value of the browser's cookie, as RequestCode. It signs nobody in.
func (a *Accounts) RequestAnswerCode(ctx context.Context, email, approval string, addr netip.Addr) (browser string, err error) {
	return a.requestCode(ctx, email, approval, MailAnswerCode, addr)
}

// CheckCode uses up a code that was mailed to a person to answer that approval, in
// the browser that asked for it, and signs nobody in. It returns ErrCode or
// *Throttled.
func (a *Accounts) CheckCode(ctx context.Context, person PersonID, approval, browser, code string, addr netip.Addr) error {
	p, err := a.Person(ctx, person)
	if err != nil {
		return err
	}
	_, key, err := FoldEmail(p.Email)
	if err != nil {
		return err
	}
	return a.redeem(ctx, approval, browser, key, code, addr, func(tx *db.Tx, _ PersonID) error {
		return a.record(ctx, tx, Happening{IdentityProved, person, addrText(addr), map[string]string{"proof": ByCode}})
	})
}
