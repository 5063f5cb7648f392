package portal

import (
	"context"
	"encoding/base64"
	"errors"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// This file works without a Scope: the sender of pushes is the program itself.
// It reads which devices wait; what a push says is read through its reader's
// Scope when it is sent.

// pushWait is how long a push waits for more of the same, and for being read.
const pushWait = 10 * time.Second

// A Push waits for one device.
type Push struct {
	Device    DeviceID
	Person    PersonID
	Endpoint  string
	Key, Auth []byte
	Since     NoticeID // the last that the device was told of
	Newest    NoticeID // the last that it may be told of, whether its reader sees it or not
	Tries     int
}

// pushSoon sees to it that the listener's devices are pushed to.
func (p *Portal) pushSoon(ctx context.Context, d *db.Tx, l listener) error {
	_, err := d.Exec(ctx, `UPDATE push_devices SET due_at = COALESCE(due_at, $2) WHERE person_id = $1`,
		string(l.person), db.Micros(l.choices.undisturbed(p.now().Add(pushWait), zoneOf(l.zone))))
	return err
}

// DuePushes lists devices whose push has come due.
func (p *Portal) DuePushes(ctx context.Context, limit int) ([]DeviceID, error) {
	rows, err := p.db.Query(ctx, `SELECT d.id FROM push_devices d WHERE d.due_at <= $1 ORDER BY d.due_at LIMIT $2`, db.Micros(p.now()), limit)
	return list(rows, err, scanOne[DeviceID])
}

// ClaimPush takes a due push up: of those who ask at the same time one gets it,
// and others ErrNotDue, as everybody does in the quiet hours of its reader. PushDone,
// PushDeferred or PushGone follows; without them it can be claimed again after two
// minutes. A device whose session or person is not let in any more is forgotten.
func (p *Portal) ClaimPush(ctx context.Context, id DeviceID) (x Push, err error) {
	var key, auth string
	var in, held bool
	err = p.db.Write(ctx, func(d *db.Tx) (err error) {
		if held, err = p.holdPush(ctx, d, id); err != nil || held {
			return err
		}
		now := db.Micros(p.now())
		err = d.QueryRow(ctx, `
UPDATE push_devices SET due_at = $3, tries = tries + 1 WHERE id = $1 AND due_at <= $2
RETURNING id, person_id, endpoint, public_key, auth, told_id, tries,
          COALESCE((SELECT MAX(n.id) FROM notices n WHERE n.person_id = push_devices.person_id AND n.push = 1), ''),
          CASE WHEN EXISTS (SELECT 1 FROM sessions s JOIN persons a ON a.id = s.person_id
                             WHERE s.id = push_devices.session_id AND s.ended_at IS NULL AND s.expires_at > $2 AND a.disabled_at IS NULL) THEN 1 ELSE 0 END`,
			string(id), now, db.Micros(p.now().Add(MailClaim))).Scan(&x.Device, &x.Person, &x.Endpoint, &key, &auth, &x.Since, &x.Tries, &x.Newest, &in)
		if err == nil && !in {
			_, err = d.Exec(ctx, `DELETE FROM push_devices WHERE id = $1`, string(id))
		}
		return err
	})
	switch {
	case errors.Is(err, db.ErrNoRows):
		return Push{}, ErrNotDue
	case err != nil:
		return Push{}, err
	case held, !in:
		return Push{}, ErrNotDue
	}
	if x.Key, err = base64.RawURLEncoding.DecodeString(key); err == nil {
		x.Auth, err = base64.RawURLEncoding.DecodeString(auth)
	}
	return x, err
}

// holdPush puts a push off until its reader's quiet hours are over, however it came to
// be due in them.
func (p *Portal) holdPush(ctx context.Context, d *db.Tx, id DeviceID) (held bool, err error) {
	now := p.now()
	var reader PersonID
	if err := d.QueryRow(ctx, `SELECT v.person_id FROM push_devices v WHERE v.id = $1 AND v.due_at <= $2`, string(id), db.Micros(now)).Scan(&reader); err != nil {
		return false, err
	}
	until, err := quietUntil(ctx, d, reader, now)
	if err != nil || !until.After(now) {
		return false, err
	}
	_, err = d.Exec(ctx, `UPDATE push_devices SET due_at = $2 WHERE id = $1`, string(id), db.Micros(until))
	return true, err
}

// PushDone notes that a device was told of notices up to one, or up to those
// that there were when the push was taken up. What came since is pushed next.
func (p *Portal) PushDone(ctx context.Context, x Push, upTo NoticeID) error {
	return p.changePush(ctx, `
UPDATE push_devices SET told_id = $2, tries = 0,
       due_at = CASE WHEN EXISTS (SELECT 1 FROM notices n WHERE n.person_id = push_devices.person_id AND n.push = 1 AND n.id > $2 AND n.read_at IS NULL)
                     THEN CAST($3 AS BIGINT) END
 WHERE id = $1`, string(x.Device), string(max(upTo, x.Since, x.Newest)), db.Micros(p.now().Add(pushWait)))
}

// PushDeferred puts a push off.
func (p *Portal) PushDeferred(ctx context.Context, x Push, until time.Time) error {
	return p.changePush(ctx, `UPDATE push_devices SET due_at = $2 WHERE id = $1`, string(x.Device), db.Micros(until))
}

// PushGone forgets a device that takes no pushes any more.
func (p *Portal) PushGone(ctx context.Context, x Push) error {
	return p.changePush(ctx, `DELETE FROM push_devices WHERE id = $1`, string(x.Device))
}

func (p *Portal) changePush(ctx context.Context, q string, args ...any) error {
	return p.db.Write(ctx, func(d *db.Tx) error {
		_, err := d.Exec(ctx, q, args...)
		return err
	})
}
