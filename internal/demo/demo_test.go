package demo_test

import (
	"context"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/db/dbtest"
	"github.com/vitrine-portal/vitrine/internal/demo"
	"github.com/vitrine-portal/vitrine/internal/portal"
)

func TestFill(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		at := time.Now()
		if err := demo.Fill(ctx, d, []byte("0123456789abcdef0123456789abcdef"), time.Now()); err != nil {
			t.Fatal(err)
		}
		t.Log(time.Since(at))
		n, err := portal.GrantsDue(ctx, d)
		if n != 0 || err != nil {
			t.Error(n, err)
		}
	})
}
