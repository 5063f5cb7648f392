package db

import (
	"context"
	"database/sql"
)

// SQLite's log is written into the database beside the writer, after so many commits:
// the writer itself would do so within one of them, which all who share it wait for.
// It does when the log has grown to so many pages all the same, as it can be begun
// anew only when nobody writes meanwhile, and there is little left to do then.
const (
	logCommits = 8
	logPages   = 4000
)

// committed counts a commit, and asks for the log to be written every so many.
func (g *group) committed() {
	if g.commits.Add(1)%logCommits != 0 {
		return
	}
	select {
	case g.logged <- struct{}{}:
	default: // it was asked for
	}
}

// keepLog writes the log into the database whenever it is asked to, on a reader's
// connection, which takes no turn of the writer's and synchronises as it does: what the
// log held is on the disk before it begins anew. What fails is done the next time, or by
// the writer.
func keepLog(readers *sql.DB, asked <-chan struct{}) {
	for range asked {
		_, _ = readers.ExecContext(context.Background(), `PRAGMA wal_checkpoint(PASSIVE)`)
	}
}
