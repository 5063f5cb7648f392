package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"
	"golang.org/x/sync/semaphore"
	"golang.org/x/text/unicode/norm"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// argonParams say how dear a password is to guess. They are written into each
// hash, so that they can be raised: an older hash is replaced at sign-in.
type argonParams struct {
	memory  uint32 // KiB
	passes  uint32
	threads uint8
}

var argonNow = argonParams{memory: 64 << 10, passes: 3, threads: 1}

const (
	saltSize        = 16
	hashSize        = 32
	maxPassword     = 1024 // bytes
	maxPasswordWait = 10 * time.Second
)

// hashing holds one place for each core: more at once would not be faster, and
// each takes 64 MiB.
var hashing = semaphore.NewWeighted(int64(runtime.GOMAXPROCS(0)))

// HashPassword returns a salted argon2id hash with its parameters. It takes a
// good part of a second and must not run inside a transaction. It returns
// *Weakness for a password of more than 1,024 bytes, before any work, and
// ErrBusy when the wait for a core is too long.
func HashPassword(ctx context.Context, pw string) (string, error) {
	if len(pw) > maxPassword {
		return "", &Weakness{Reason: "long"}
	}
	salt := make([]byte, saltSize)
	rand.Read(salt) // never fails
	sum, err := argon(ctx, pw, salt, argonNow)
	if err != nil {
		return "", err
	}
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		argonNow.memory, argonNow.passes, argonNow.threads, b64.EncodeToString(salt), b64.EncodeToString(sum)), nil
}

// argon waits for a free core and derives a key from a password. The same
// password typed on another keyboard (NFC or NFD) gives the same key.
func argon(ctx context.Context, pw string, salt []byte, p argonParams) ([]byte, error) {
	wait, cancel := context.WithTimeout(ctx, maxPasswordWait)
	defer cancel()
	if err := hashing.Acquire(wait, 1); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, ErrBusy
	}
	defer hashing.Release(1)
	return argon2.IDKey([]byte(norm.NFC.String(pw)), salt, p.passes, p.memory, p.threads, hashSize), nil
}

// verify tells whether a password belongs to a hash, and whether the hash is to
// be replaced. An empty hash, which no password opens, takes the same time.
func verify(ctx context.Context, hash, pw string) (ok, stale bool, err error) {
	p, salt, want := argonNow, make([]byte, saltSize), []byte(nil)
	if hash != "" {
		if p, salt, want, err = parseHash(hash); err != nil {
			return false, false, err
		}
	}
	got, err := argon(ctx, pw, salt, p)
	if err != nil {
		return false, false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1, p != argonNow, nil
}

// VerifyPassword tells whether a password belongs to a hash of HashPassword,
// for what is not a person's. It must not run inside a transaction. It returns
// ErrBusy when the wait for a core is too long.
func VerifyPassword(ctx context.Context, hash, pw string) (bool, error) {
	if len(pw) > maxPassword {
		return false, nil
	}
	ok, _, err := verify(ctx, hash, pw)
	return ok, err
}

func parseHash(hash string) (p argonParams, salt, sum []byte, err error) {
	bad := errors.New("account: unreadable password hash")
	f := strings.Split(hash, "$")
	if len(f) != 6 || f[1] != "argon2id" || f[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return p, nil, nil, bad
	}
	if _, err := fmt.Sscanf(f[3], "m=%d,t=%d,p=%d", &p.memory, &p.passes, &p.threads); err != nil {
		return p, nil, nil, bad
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(f[4])
	sum, err2 := base64.RawStdEncoding.DecodeString(f[5])
	if err1 != nil || err2 != nil || len(sum) != hashSize || p.passes == 0 || p.threads == 0 {
		return p, nil, nil, bad
	}
	return p, salt, sum, nil
}

// ChangePassword replaces a person's password with a new one, given the old. All
// their other sessions and all mailed links end. It returns the token that
// replaces the session's own. The context words are the workspace's name and
// the like, see CheckPassword. It returns ErrSignIn when the old password is
// wrong, *Weakness, *Throttled, or ErrSignedOut.
func (a *Accounts) ChangePassword(ctx context.Context, s Session, old, pw string, context ...string) (token string, err error) {
	p, err := personWhere(ctx, a.d, `p.id = $1`, s.Person)
	if err != nil {
		return "", err
	}
	if w := CheckPassword(pw, append(context, p.Name, p.Email)...); w != nil {
		return "", w
	}
	if err := a.prove(ctx, s, p, old); err != nil {
		return "", err
	}
	return a.replacePassword(ctx, s, p, pw, "change")
}

// SetPassword gives a first password to a person who signs in by code. The
// session must be fresh. It returns ErrProve, *Weakness, ErrSignedOut, or
// ErrSignIn when there is a password already: see ChangePassword.
func (a *Accounts) SetPassword(ctx context.Context, s Session, pw string, context ...string) (token string, err error) {
	if !a.Fresh(s) {
		return "", ErrProve
	}
	p, err := personWhere(ctx, a.d, `p.id = $1`, s.Person)
	if err != nil {
		return "", err
	}
	if p.hash != "" {
		return "", ErrSignIn
	}
	if w := CheckPassword(pw, append(context, p.Name, p.Email)...); w != nil {
		return "", w
	}
	return a.replacePassword(ctx, s, p, pw, "set")
}

func (a *Accounts) replacePassword(ctx context.Context, s Session, p personScan, pw, how string) (token string, err error) {
	hash, err := HashPassword(ctx, pw)
	if err != nil {
		return "", err
	}
	token = newToken("vt_ses_")
	err = a.d.Write(ctx, func(tx *db.Tx) error {
		now := db.Micros(a.now())
		n, err := tx.Exec(ctx, `UPDATE sessions SET token_hash = $2, proved_at = $3, seen_at = $3 WHERE id = $1 AND ended_at IS NULL`, s.ID, tokenHash(token), now)
		if err != nil {
			return fmt.Errorf("account: renewing a session: %w", err)
		}
		if n == 0 {
			return ErrSignedOut
		}
		// The old hash in the condition: of two changes at once one fails.
		n, err = tx.Exec(ctx, `UPDATE persons SET password_hash = $3 WHERE id = $1 AND password_hash = $2 AND disabled_at IS NULL`, p.ID, p.hash, hash)
		if err != nil {
			return fmt.Errorf("account: changing a password: %w", err)
		}
		if n == 0 {
			return ErrSignIn
		}
		if _, err := a.endSessions(ctx, tx, p.ID, s.ID, WhyPassword); err != nil {
			return err
		}
		if err := a.voidLinks(ctx, tx, p.ID); err != nil {
			return err
		}
		if err := a.mail(ctx, tx, Mail{MailPasswordChanged, p.ID, p.Email, string(p.ID)}); err != nil {
			return err
		}
		return a.record(ctx, tx, Happening{PasswordChanged, p.ID, s.Address, map[string]string{"how": how}})
	})
	if err != nil {
		return "", err
	}
	a.forget(s)
	return token, nil
}
