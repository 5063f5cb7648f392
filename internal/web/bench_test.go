package web_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/db/dbtest"
	"github.com/vitrine-portal/vitrine/internal/live"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
	"github.com/vitrine-portal/vitrine/internal/web"
)

// BenchmarkPages asks for a client person's home and a project of 50 tasks, as
// a whole page without a network.
func BenchmarkPages(b *testing.B) {
	d := dbtest.Open(b, db.SQLite)
	w := portaltest.New(b, d)
	ctx := b.Context()
	var token string
	if err := d.Write(ctx, func(tx *db.Tx) (err error) {
		for i := range 49 {
			if _, err := tx.Exec(ctx, `
INSERT INTO tasks (id, project_id, title, assignee_id, due_on, turn_since, position, audience, created_at, created_by) VALUES ($1, $2, $3, $4, '2026-04-01', 1, $5, 'client', 1, $4)`,
				db.NewID("tsk"), string(w.Site), fmt.Sprint("Task ", i), string(w.Mia), i); err != nil {
				return err
			}
		}
		_, token, err = w.Accounts.NewSession(ctx, tx, w.Cleo, account.ByPassword, account.Meta{}, 0)
		return err
	}); err != nil {
		b.Fatal(err)
	}
	h := web.New(web.Options{Portal: w.Portal, Accounts: w.Accounts, Hub: live.New(), BaseURL: &url.URL{Scheme: "http", Host: "portal.test"}, Log: slog.New(slog.DiscardHandler)})
	for name, path := range map[string]string{"home": "/", "project": "/projects/" + string(w.Site), "tasks": "/projects/" + string(w.Site) + "/tasks", "static": "/brand.css"} {
		b.Run(name, func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					r := httptest.NewRequest("GET", path, nil)
					r.Host = "portal.test"
					r.AddCookie(&http.Cookie{Name: "sid", Value: token})
					rec := httptest.NewRecorder()
					h.ServeHTTP(rec, r)
					if rec.Code != http.StatusOK {
						b.Fatalf("%s: %d", path, rec.Code)
					}
				}
			})
		})
	}
}
