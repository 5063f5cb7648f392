package account

import (
	"context"
	"fmt"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// kept is how long what is over is kept, so that a page can say what became of
// it.
const kept = 30 * 24 * time.Hour

// Sweep removes counters, codes, links and sessions that have been over for
// long. It saves space; nothing depends on when it runs.
func (a *Accounts) Sweep(ctx context.Context) error {
	now := a.now()
	for _, s := range []struct {
		q      string
		before time.Time
	}{
		{`DELETE FROM attempts WHERE last_at < $1`, now.Add(-2 * afterHundred)},
		{`DELETE FROM sign_in_codes WHERE expires_at < $1`, now.Add(-kept)},
		{`DELETE FROM password_resets WHERE expires_at < $1`, now.Add(-kept)},
		{`DELETE FROM email_changes WHERE expires_at < $1`, now.Add(-kept)},
		{`DELETE FROM known_browsers WHERE expires_at < $1`, now},
		{`DELETE FROM sessions WHERE expires_at < $1`, now.Add(-kept)},
	} {
		err := a.d.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, s.q, db.Micros(s.before))
			return err
		})
		if err != nil {
			return fmt.Errorf("account: sweeping: %w", err)
		}
	}
	return nil
}
