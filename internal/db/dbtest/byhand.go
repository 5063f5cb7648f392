package dbtest

import (
	"context"
	"strings"

	"github.com/vitrine-portal/vitrine/internal/db"
)

// ByHand writes as somebody can who has the database in their hands: also what the
// database refuses to change.
func ByHand(ctx context.Context, d *db.DB, fn func(*db.Tx) error) error {
	return d.Write(ctx, func(tx *db.Tx) error {
		if d.Dialect() == db.PostgreSQL {
			if _, err := tx.Exec(ctx, `SET LOCAL session_replication_role = replica`); err != nil {
				return err
			}
			if err := fn(tx); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `SET LOCAL session_replication_role = origin`)
			return err
		}
		guards, err := guardsOf(ctx, tx)
		if err != nil {
			return err
		}
		for name := range guards {
			if _, err := tx.Exec(ctx, `DROP TRIGGER `+name); err != nil {
				return err
			}
		}
		if err := fn(tx); err != nil {
			return err
		}
		for _, text := range guards {
			if _, err := tx.Exec(ctx, text); err != nil {
				return err
			}
		}
		return nil
	})
}

// guardsOf are the triggers that refuse changes, by their names.
func guardsOf(ctx context.Context, tx *db.Tx) (map[string]string, error) {
	rows, err := tx.Query(ctx, `SELECT name, sql FROM sqlite_master WHERE type = 'trigger'`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	guards := map[string]string{}
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			return nil, err
		}
		if strings.Contains(text, "RAISE(ABORT") {
			guards[name] = text
		}
	}
	return guards, rows.Err()
}
