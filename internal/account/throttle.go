package account

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// Throttled says that there were too many attempts, and when to try again.
type Throttled struct{ RetryAfter time.Duration }

func (e *Throttled) Error() string {
	return fmt.Sprintf("account: too many attempts, try again in %s", e.RetryAfter.Round(time.Second))
}

// A limit lets through a number of attempts at once, and then one after each
// delay, which doubles.
type limit struct {
	quick      int64
	delay, max time.Duration
	window     time.Duration // after which counting starts anew
	sliding    bool          // the window starts with the last attempt, not the first

	// pressure is the count from which the limits after this one are tightened.
	pressure int64
}

// Nobody can be locked out by somebody else for good: a person whose password
// is being guessed signs in by a mailed code or resets the password, which are
// limited apart. When many addresses guess at once, the limits of each account
// and network shrink; only a flood closes the form for all.
var (
	everySignIn   = limit{quick: 3000, delay: 5 * time.Second, max: 30 * time.Second, window: 10 * time.Minute, pressure: 300}
	accountSignIn = limit{quick: 9, delay: 30 * time.Second, max: time.Hour, window: 24 * time.Hour, sliding: true}
	addressSignIn = limit{quick: 40, delay: 10 * time.Second, max: 15 * time.Minute, window: time.Hour}
	addressCode   = limit{quick: 30, delay: 10 * time.Second, max: 15 * time.Minute, window: time.Hour}
	ownProof      = limit{quick: 9, delay: 30 * time.Second, max: time.Hour, window: 24 * time.Hour, sliding: true}
	mailsTo       = limit{quick: 5, delay: time.Minute, max: 30 * time.Minute, window: time.Hour}
	mailsFrom     = limit{quick: 20, delay: 30 * time.Second, max: 15 * time.Minute, window: time.Hour}
)

// Checking files costs a server much and a visitor nothing.
var addressCheck = limit{quick: 60, delay: 5 * time.Second, max: 5 * time.Minute, window: time.Hour}

// Check counts that somebody at an address, who need not be signed in, has a file
// looked at. It returns *Throttled.
func (a *Accounts) Check(ctx context.Context, addr netip.Addr) error {
	return a.take(ctx, bucket{"check:" + neighbourhood(addr), addressCheck})
}

// afterHundred is the delay once an account has seen a hundred failures in a
// row (NIST SP 800-63B).
const afterHundred = 24 * time.Hour

// wait returns how long nobody may try after the n-th attempt.
func (l limit) wait(n, quick int64) time.Duration {
	switch {
	case n < quick:
		return 0
	case l.sliding && n >= 100:
		return afterHundred
	case n-quick >= 20:
		return l.max
	}
	return min(l.delay<<(n-quick), l.max)
}

// A bucket is one counter.
type bucket struct {
	key string
	limit
}

func (a *Accounts) signInBuckets(emailKey string, addr netip.Addr) []bucket {
	return []bucket{
		{"all", everySignIn},
		a.accountBucket(emailKey),
		{"address:" + neighbourhood(addr), addressSignIn},
	}
}

func (a *Accounts) accountBucket(emailKey string) bucket {
	return bucket{"account:" + a.anonymous(emailKey), accountSignIn}
}

// anonymous returns a name for an address or id that only this server can
// compute. People type passwords into the wrong field: the table must not hold
// what they typed.
func (a *Accounts) anonymous(s string) string {
	return hex.EncodeToString(a.mac("throttle", s)[:16])
}

// take counts an attempt in each bucket, in a transaction of its own, before
// the attempt is made. When one bucket is full it counts none, and returns
// *Throttled.
func (a *Accounts) take(ctx context.Context, buckets ...bucket) error {
	return a.d.Write(ctx, func(tx *db.Tx) error {
		now := a.now()
		tight := false
		for _, b := range buckets {
			quick := b.quick
			if tight {
				quick = max(quick/3, 1)
			}
			n, err := b.count(ctx, tx, now)
			if err != nil {
				return err
			}
			if wait := b.wait(n, quick); wait > 0 {
				_, err := tx.Exec(ctx, `UPDATE attempts SET free_at = $2 WHERE key = $1`, b.key, db.Micros(now.Add(wait)))
				if err != nil {
					return fmt.Errorf("account: throttling: %w", err)
				}
			}
			tight = tight || b.pressure > 0 && n > b.pressure
		}
		return nil
	})
}

// count adds one to a bucket that is free, and returns the count.
func (b bucket) count(ctx context.Context, tx *db.Tx, now time.Time) (n int64, err error) {
	start := "first_at"
	if b.sliding {
		start = "last_at"
	}
	_, err = tx.Exec(ctx, `INSERT INTO attempts (key, count, first_at, last_at) VALUES ($1, 0, $2, $2) ON CONFLICT (key) DO NOTHING`, b.key, db.Micros(now))
	if err != nil {
		return 0, fmt.Errorf("account: counting attempts: %w", err)
	}
	// A time further away than any delay comes from a clock that was wrong.
	farthest := now.Add(max(b.max, afterHundred))
	err = tx.QueryRow(ctx, `UPDATE attempts SET
			count    = CASE WHEN `+start+` <= $3 OR `+start+` > $4 THEN 1 ELSE count + 1 END,
			first_at = CASE WHEN `+start+` <= $3 OR `+start+` > $4 THEN $2 ELSE first_at END,
			last_at  = $2
		WHERE key = $1 AND (free_at <= $2 OR free_at > $4) RETURNING count`,
		b.key, db.Micros(now), db.Micros(now.Add(-b.window)), db.Micros(farthest)).Scan(&n)
	if err == nil {
		return n, nil
	}
	if !errors.Is(err, db.ErrNoRows) {
		return 0, fmt.Errorf("account: counting attempts: %w", err)
	}
	var free int64
	if err := tx.QueryRow(ctx, `SELECT free_at FROM attempts WHERE key = $1`, b.key).Scan(&free); err != nil {
		return 0, fmt.Errorf("account: counting attempts: %w", err)
	}
	return 0, &Throttled{max(db.FromMicros(free).Sub(now), time.Second)}
}

// succeeded takes a successful attempt back: the account's failures are
// forgotten, those of its network and of all are only not increased. It has a
// transaction of its own, too: the counters are never locked together with
// anything else.
func (a *Accounts) succeeded(ctx context.Context, buckets ...bucket) error {
	return a.d.Write(ctx, func(tx *db.Tx) error {
		for _, b := range buckets {
			q := `UPDATE attempts SET count = count - 1, free_at = CASE WHEN count - 1 < $2 THEN 0 ELSE free_at END WHERE key = $1 AND count > 0`
			args := []any{b.key, b.quick}
			if b.sliding {
				q, args = `DELETE FROM attempts WHERE key = $1`, args[:1]
			}
			if _, err := tx.Exec(ctx, q, args...); err != nil {
				return fmt.Errorf("account: counting attempts: %w", err)
			}
		}
		return nil
	})
}
