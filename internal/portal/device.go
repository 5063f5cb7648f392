package portal

import (
	"context"
	"crypto/ecdh"
	"encoding/base64"
	"net/url"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/db"
)

// A Device is a browser that the actor has asked to be told of notices in.
type Device struct {
	ID        DeviceID
	Session   account.SessionID // with its end the device is told nothing more
	UserAgent string
	CreatedAt time.Time
}

// NewDevice is what a browser says of itself.
type NewDevice struct {
	Endpoint string // at its push service
	Key      string // its public key: an uncompressed point of P-256, base64url
	Auth     string // 16 bytes, base64url
}

const (
	maxDevices  = 20 // of one person; the oldest goes
	maxEndpoint = 1000
)

func (in NewDevice) check() error {
	var c checks
	u, err := url.Parse(in.Endpoint)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || len(in.Endpoint) > maxEndpoint {
		c.fail("endpoint", "link")
	}
	key, err := base64.RawURLEncoding.DecodeString(in.Key)
	if err == nil {
		_, err = ecdh.P256().NewPublicKey(key)
	}
	if err != nil {
		c.fail("key", "choice")
	}
	if auth, err := base64.RawURLEncoding.DecodeString(in.Auth); err != nil || len(auth) != 16 {
		c.fail("auth", "choice")
	}
	return c.err()
}

// AddDevice has the actor's notices pushed to a browser of theirs, while the
// session lives in which it asks. ErrForbidden on a shared computer.
func (me *Scope) AddDevice(ctx context.Context, session account.SessionID, in NewDevice) error {
	if err := in.check(); err != nil {
		return err
	}
	return me.write(ctx, func(t *tx) error {
		t.quiet("how somebody is told is nobody else's business")
		var shared bool
		err := t.get(ctx, `SELECT s.shared FROM my_sessions s WHERE s.id = $2`, []any{string(session)}, &shared)
		switch {
		case err != nil:
			return err
		case shared:
			return ErrForbidden
		}
		var n int
		err = t.get(ctx, `SELECT COUNT(*) FROM my_devices d WHERE d.endpoint = $2 AND d.session_id = $3 AND d.public_key = $4`, []any{in.Endpoint, string(session), in.Key}, &n)
		if err != nil || n > 0 {
			return err // it says so again
		}
		if _, err := t.exec(ctx, `
INSERT INTO push_devices (id, session_id, person_id, endpoint, public_key, auth, created_at, told_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (endpoint) DO UPDATE SET id = $1, session_id = $2, person_id = $3, public_key = $5, auth = $6, created_at = $7, told_id = $8, due_at = NULL, tries = 0`,
			db.NewID("dev"), string(session), string(me.actor.person), in.Endpoint, in.Key, in.Auth, t.now, db.NewID("ntc")); err != nil {
			return err
		}
		rows, err := t.query(ctx, `SELECT d.id FROM my_devices d ORDER BY d.id DESC LIMIT 100`)
		all, err := list(rows, err, scanOne[DeviceID])
		if err != nil {
			return err
		}
		for _, id := range all[min(len(all), maxDevices):] {
			if _, err := t.exec(ctx, `DELETE FROM push_devices WHERE id = $1`, string(id)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Devices are those that the actor is told of notices in, the newest first.
func (me *Scope) Devices(ctx context.Context) ([]Device, error) {
	rows, err := me.query(ctx, `SELECT d.id, d.session_id, d.user_agent, d.created_at FROM my_devices d ORDER BY d.id DESC LIMIT 100`)
	return list(rows, err, func(rows *db.Rows) (d Device, err error) {
		return d, rows.Scan(&d.ID, &d.Session, &d.UserAgent, micros{&d.CreatedAt})
	})
}

// RemoveDevice has nothing more pushed to one of the actor's.
func (me *Scope) RemoveDevice(ctx context.Context, id DeviceID) error {
	return me.write(ctx, func(t *tx) error {
		t.quiet("how somebody is told is nobody else's business")
		if err := t.get(ctx, `SELECT d.id FROM my_devices d WHERE d.id = $2`, []any{string(id)}, &id); err != nil {
			return err
		}
		return t.must(ctx, `DELETE FROM push_devices WHERE id = $1`, string(id))
	})
}

// NoticesToPush are those that a device of the actor is yet to be told of, oldest
// first, and how many more there are: unread ones that they still see, and of a
// project that they have muted meanwhile those alone that need them.
func (me *Scope) NoticesToPush(ctx context.Context, since NoticeID) (all []Notice, more int, err error) {
	const most = 20
	all, _, err = me.notices(ctx, wanted{among: `n.push = 1 AND n.read_at IS NULL`, seen: notMuted, after: since, oldestFirst: true, toTheEnd: true}, most+maxUnread)
	if len(all) > most {
		all, more = all[:most], len(all)-most
	}
	return all, more, err
}
