package api_test

import (
	"testing"

	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/db/dbtest"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// again is another empty database of the same kind as the World's.
func again(t *testing.T, w *portaltest.World) *db.DB { return dbtest.Open(t, w.DB.Dialect()) }

// sqlite is an empty database, for what no database is asked about.
func sqlite(t *testing.T) *db.DB { return dbtest.Open(t, db.SQLite) }
