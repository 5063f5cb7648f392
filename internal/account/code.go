package account

import (
	"context"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

const (
	CodeLife  = 10 * time.Minute
	codeTries = 5
)

// RequestCode mails a code of eight digits to a person who can sign in. It
// returns the value of a cookie for the browser that asked: the code works only
// there, so a code that somebody is talked into reading out is worth nothing.
// The answer is the same for everybody else, in content and time. It returns
// *Throttled, or ErrEmail for a text that is no address.
func (a *Accounts) RequestCode(ctx context.Context, email string, addr netip.Addr) (browser string, err error) {
	return a.requestCode(ctx, email, "", MailCode, addr)
}

// ForProof is what a code is for with which somebody shows again, in their session,
// who they are.
const ForProof = "proof"

// RequestProofCode mails a person a code that is good in their session for one thing
// alone, which ProveByCode names again: ForProof, or what is signed with it. It
// returns the value of the browser's cookie, as RequestCode.
func (a *Accounts) RequestProofCode(ctx context.Context, email, what string, addr netip.Addr) (browser string, err error) {
	return a.requestCode(ctx, email, what, MailCode, addr)
}

// requestCode mails a code that is good for one thing alone: to answer an approval,
// to sign something, to prove who one is, or, without any, to sign in.
func (a *Accounts) requestCode(ctx context.Context, email, answers, kind string, addr netip.Addr) (browser string, err error) {
	browser = newToken("vt_brw_")
	err = a.request(ctx, email, addr, "code", func(tx *db.Tx, p Person) error {
		now := a.now()
		id := db.NewID("cod")
		_, err := tx.Exec(ctx, `INSERT INTO sign_in_codes (id, person_id, browser, answers, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`,
			id, p.ID, tokenHash(browser), answers, db.Micros(now), db.Micros(now.Add(CodeLife)))
		if err != nil {
			return fmt.Errorf("account: making a code: %w", err)
		}
		if err := a.mail(ctx, tx, Mail{kind, p.ID, p.Email, id}); err != nil {
			return err
		}
		return a.record(ctx, tx, Happening{Kind: CodeRequested, Person: p.ID, Address: addrText(addr)})
	})
	if err != nil {
		return "", err
	}
	return browser, nil
}

// request does something for the person with that address, if they can sign in,
// and takes the same time if not. How often is limited by where it comes from
// and where it goes, so that nobody's mailbox can be flooded.
func (a *Accounts) request(ctx context.Context, email string, addr netip.Addr, what string, do func(*db.Tx, Person) error) error {
	start := time.Now()
	defer a.evenOut(ctx, start)
	_, key, err := FoldEmail(email)
	if err != nil {
		return err
	}
	err = a.take(ctx,
		bucket{what + " from:" + neighbourhood(addr), mailsFrom},
		bucket{what + " to:" + a.anonymous(key), mailsTo})
	if err != nil {
		return err
	}
	return a.d.Write(ctx, func(tx *db.Tx) error {
		s, err := personWhere(ctx, tx, `p.email_key = $1`, key)
		if errors.Is(err, ErrNotFound) || err == nil && !s.person().Active() {
			return nil
		}
		if err != nil {
			return err
		}
		return do(tx, s.person())
	})
}

// RedeemCode signs a person in who typed the code that was mailed to them, in
// the browser that asked for it. It returns ErrCode or *Throttled.
func (a *Accounts) RedeemCode(ctx context.Context, browser, email, code string, m Meta) (s Session, token string, err error) {
	_, key, err := FoldEmail(email)
	if err != nil {
		key = ""
	}
	err = a.redeem(ctx, "", browser, key, code, m.Address, func(tx *db.Tx, person PersonID) (err error) {
		s, token, err = a.NewSession(ctx, tx, person, ByCode, m, 0)
		return err
	})
	return s, token, err
}

// ProveByCode makes a session fresh by a code that was mailed to its person for what
// it is about to do. It returns ErrCode, *Throttled or ErrSignedOut.
func (a *Accounts) ProveByCode(ctx context.Context, s Session, what, browser, code string) error {
	p, err := a.Person(ctx, s.Person)
	if err != nil {
		return err
	}
	_, key, err := FoldEmail(p.Email)
	if err != nil {
		return err
	}
	addr, _ := netip.ParseAddr(s.Address)
	return a.redeem(ctx, what, browser, key, code, addr, func(tx *db.Tx, _ PersonID) error { return a.proved(ctx, tx, s, ByCode) })
}

// redeem uses a code up and then does what it allows. A try is counted, and
// committed, before the code is looked at. One that is for something else is none.
func (a *Accounts) redeem(ctx context.Context, answers, browser, emailKey, code string, addr netip.Addr, do func(*db.Tx, PersonID) error) error {
	from := bucket{"redeem:" + neighbourhood(addr), addressCode}
	if err := a.take(ctx, from); err != nil {
		return err
	}
	now := db.Micros(a.now())
	var id string
	var person PersonID
	err := a.d.Write(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, `UPDATE sign_in_codes SET tries = tries + 1
			WHERE browser = $1 AND answers = $6 AND used_at IS NULL AND tries < $2 AND expires_at > $3 AND created_at <= $4
			  AND EXISTS (SELECT 1 FROM persons p WHERE p.id = sign_in_codes.person_id AND p.email_key = $5)
			RETURNING id, person_id`,
			tokenHash(browser), codeTries, now, now+skew.Microseconds(), emailKey, answers).Scan(&id, &person)
	})
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return fmt.Errorf("account: trying a code: %w", err)
	}
	if err != nil || subtle.ConstantTimeCompare([]byte(a.code(id)), []byte(onlyDigits(code))) != 1 {
		if err := a.failed(ctx, person, addr, ByCode); !errors.Is(err, ErrSignIn) {
			return err
		}
		return ErrCode
	}
	// The person is proven: passwords that others guessed no longer count.
	if err := a.succeeded(ctx, from, a.accountBucket(emailKey)); err != nil {
		return err
	}
	return a.d.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE sign_in_codes SET used_at = $2 WHERE id = $1 AND used_at IS NULL AND expires_at > $2`, id, now)
		if err != nil {
			return fmt.Errorf("account: using a code: %w", err)
		}
		if n == 0 {
			return ErrCode
		}
		return do(tx, person)
	})
}

// code returns the eight digits that belong to a code's id.
func (a *Accounts) code(id string) string {
	n := binary.BigEndian.Uint64(a.mac("code", id)) // 2^64 is so much more than 10^8 that the rest is even
	return fmt.Sprintf("%08d", n%100_000_000)
}

// onlyDigits drops what people and mail programs put between digits.
func onlyDigits(s string) string {
	var b []byte
	for i := 0; i < len(s) && len(b) < 16; i++ {
		switch c := s[i]; {
		case '0' <= c && c <= '9':
			b = append(b, c)
		case c != ' ' && c != '-':
			return ""
		}
	}
	return string(b)
}

// Code is a mailed code, for rendering the mail.
type Code struct {
	Digits    string
	Person    PersonID
	Email     string
	Answers   string // what it is for: the id of what is answered or signed, or ForProof; empty: signing in
	ExpiresAt time.Time
	Valid     bool // it can still be redeemed
}

// Code returns the code with that id. Only what renders the mail may call it.
// It returns ErrNotFound.
func (a *Accounts) Code(ctx context.Context, id string) (Code, error) {
	c := Code{Digits: a.code(id)}
	var expires, tries int64
	var used int64
	err := a.d.QueryRow(ctx, `SELECT c.person_id, p.email, c.answers, c.expires_at, c.tries, COALESCE(c.used_at, 0)
		FROM sign_in_codes c JOIN persons p ON p.id = c.person_id WHERE c.id = $1`, id).
		Scan(&c.Person, &c.Email, &c.Answers, &expires, &tries, &used)
	if errors.Is(err, db.ErrNoRows) {
		return Code{}, ErrNotFound
	}
	if err != nil {
		return Code{}, fmt.Errorf("account: reading a code: %w", err)
	}
	c.ExpiresAt = db.FromMicros(expires)
	c.Valid = used == 0 && tries < codeTries && a.now().Before(c.ExpiresAt)
	return c, nil
}
