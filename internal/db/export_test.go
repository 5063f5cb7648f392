package db

import "time"

// ShareCommits lets whoever waits into one commit, however long it takes, and whoever
// comes first too: what tests say of a batch does not depend on the machine. To be
// called before writes.
func (d *DB) ShareCommits() {
	d.group.patience = time.Minute
	d.group.crowded.Store(true)
}
