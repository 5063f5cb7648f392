package jobs

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/vitrine-portal/vitrine/internal/db"
)

const (
	nodeLocks = 7630024         // the first number of all nodes' locks
	nodePause = 6 * time.Second // between two looks at the others
	nodeName  = "node_"         // and its number
)

// A node is one of the processes that run the jobs of a PostgreSQL database. As long
// as it lives its connection holds a lock, which the server lets go with the
// connection: at once when the process ends, and some ten seconds after the machine or
// the network does. What a node without its lock was running is given to the others.
type node struct {
	jobs   *Jobs
	number int32
	conn   *sql.Conn       // nil: it was lost
	gone   map[string]bool // whose lock was free at the last look
	stop   context.CancelFunc
	done   chan struct{}
}

// join makes the process a node.
func (j *Jobs) join(ctx context.Context) (*node, error) {
	n := &node{jobs: j, done: make(chan struct{})}
	for {
		n.number = 1 + rand.Int32N(1<<31-1)
		ok, err := n.lock(ctx)
		if err != nil {
			return nil, fmt.Errorf("jobs: %w", err)
		}
		if ok {
			break
		}
	}
	ctx, n.stop = context.WithCancel(context.WithoutCancel(ctx))
	go n.watch(ctx)
	return n, nil
}

// name is what its jobs say that they are run by.
func (n *node) name() string { return nodeName + strconv.Itoa(int(n.number)) }

// leave gives its lock up, once nothing of it runs.
func (n *node) leave() {
	n.stop()
	<-n.done
}

// lock takes the node's lock on a connection of its own. False: somebody has it.
func (n *node) lock(ctx context.Context) (ok bool, err error) {
	conn, err := n.jobs.db.SQL().Conn(ctx)
	if err != nil {
		return false, err
	}
	// A machine that vanishes does not say so: the server asks whether it is there.
	_, err = conn.ExecContext(ctx, `SELECT set_config('tcp_keepalives_idle', '5', false), set_config('tcp_keepalives_interval', '3', false), set_config('tcp_keepalives_count', '2', false)`)
	if err == nil {
		err = conn.QueryRowContext(ctx, `SELECT pg_try_advisory_lock($1, $2)`, nodeLocks, n.number).Scan(&ok)
	}
	if err != nil || !ok {
		conn.Close()
		return false, err
	}
	n.conn = conn
	return true, nil
}

// unlock ends the connection, and the lock with it.
func (n *node) unlock() {
	if n.conn != nil {
		n.conn.Raw(func(any) error { return driver.ErrBadConn }) // else it is kept for others
	}
	n.conn = nil
}

func (n *node) watch(ctx context.Context) {
	defer close(n.done)
	defer n.unlock()
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(nodePause):
		}
		if err := n.look(ctx); err != nil && ctx.Err() == nil {
			n.jobs.log.Warn("jobs of other nodes were not looked at", "error", err)
		}
	}
}

// look makes sure of the node's own lock, and frees the jobs of others that have had
// none for two looks: somebody who has lost a connection has the time to come back.
func (n *node) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, nodePause)
	defer cancel()
	if n.conn != nil && n.conn.PingContext(ctx) != nil {
		n.unlock()
	}
	if n.conn == nil {
		n.gone = nil          // no longer known whether it was one look ago
		_, err := n.lock(ctx) // which the server may think that our last connection still has
		return err
	}
	names, err := n.running(ctx)
	if err != nil {
		return err
	}
	gone := map[string]bool{}
	for _, name := range names {
		free, err := n.free(ctx, name)
		switch {
		case err != nil:
			return err
		case !free:
		case n.gone[name]:
			if err := n.jobs.takeOver(ctx, name); err != nil {
				return err
			}
		default:
			gone[name] = true
		}
	}
	n.gone = gone
	return nil
}

// running are the other nodes that run something, or died of it.
func (n *node) running(ctx context.Context) (names []string, err error) {
	rows, err := n.conn.QueryContext(ctx, `SELECT DISTINCT attempted_by[array_upper(attempted_by, 1)] FROM river_job WHERE state = 'running' AND attempted_by IS NOT NULL`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		if name != n.name() && strings.HasPrefix(name, nodeName) {
			names = append(names, name)
		}
	}
	return names, rows.Err()
}

// free reports whether nobody holds the lock of a node.
func (n *node) free(ctx context.Context, name string) (free bool, err error) {
	number, err := strconv.ParseInt(strings.TrimPrefix(name, nodeName), 10, 32)
	if err != nil {
		return false, nil // it is no node of ours
	}
	err = n.conn.QueryRowContext(ctx, `SELECT NOT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2
		AND classid = $1 AND objid = $2 AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`, nodeLocks, number).Scan(&free)
	return free, err
}

// takeOver frees what a node was running when it died.
func (j *Jobs) takeOver(ctx context.Context, name string) error {
	var freed int64
	if err := j.db.Write(ctx, func(tx *db.Tx) (err error) {
		freed, err = takeBack(ctx, tx, ` AND attempted_by[array_upper(attempted_by, 1)] = $2`, name)
		return err
	}); err != nil {
		return err
	}
	j.log.Warn("a node died, and others do what it was doing", "jobs", freed)
	return nil
}
