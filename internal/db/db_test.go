package db_test

import (
	"testing"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/db/dbtest"
)

func TestViewsExist(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		for _, view := range []string{"due_project_grants", "due_client_grants"} {
			var n int
			if err := d.QueryRow(t.Context(), `SELECT COUNT(*) FROM `+view).Scan(&n); err != nil || n != 0 {
				t.Errorf("%s: %d rows, %v", view, n, err)
			}
		}
	})
}
