// Package jobs runs work after the request that asked for it, surviving
// restarts. A job is put down in the caller's transaction: it runs if and
// only if that transaction commits, at least once.
package jobs

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"github.com/vitrine-portal/vitrine/internal/db"
)

const (
	workers     = 8                      // jobs that run at the same time
	maxAttempts = 12                     // of a kind that says nothing: about 11 hours
	timeout     = time.Minute            // of one attempt
	patience    = 10 * time.Second       // for running jobs at Stop
	poll        = 250 * time.Millisecond // how late a job starts at most
)

// Jobs is the queue of one database. Handle and Every come before Start;
// Enqueue may come at any time.
type Jobs struct {
	db       *db.DB
	log      *slog.Logger
	driver   riverdriver.Driver[*sql.Tx]
	insert   *river.Client[*sql.Tx]
	run      *river.Client[*sql.Tx] // since Start
	node     *node                  // likewise, on PostgreSQL
	workers  *river.Workers
	kinds    map[string]kind
	periodic []*river.PeriodicJob
}

type kind struct {
	attempts int
	within   time.Duration // of one attempt; 0: the usual timeout
	queue    string        // of its own; empty: that of the others
	most     int           // how many of its jobs run at the same time there; 0: it is another kind's
	rank     int           // in its queue; 0: the usual, and higher ones wait
}

// New returns the queue of d. It starts nothing.
func New(d *db.DB, log *slog.Logger) (*Jobs, error) {
	j := &Jobs{db: d, log: log, workers: river.NewWorkers(), kinds: map[string]kind{}}
	if d.Dialect() == db.SQLite {
		j.driver = riversqlite.New(d.SQL())
	} else {
		j.driver = riverdatabasesql.New(d.SQL())
	}
	var err error
	j.insert, err = river.NewClient(j.driver, &river.Config{Logger: quiet(log), MaxAttempts: maxAttempts})
	if err != nil {
		return nil, fmt.Errorf("jobs: %w", err)
	}
	return j, nil
}

// Migrate makes the queue's own tables. Of several processes one does it and
// the others wait.
func (j *Jobs) Migrate(ctx context.Context) error {
	if j.db.Dialect() == db.PostgreSQL {
		lock, err := j.db.SQL().Conn(ctx)
		if err != nil {
			return fmt.Errorf("jobs: %w", err)
		}
		defer lock.Close()
		const key = 7630023
		if _, err := lock.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, key); err != nil {
			return fmt.Errorf("jobs: %w", err)
		}
		defer lock.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, key)
	}
	m, err := rivermigrate.New(j.driver, &rivermigrate.Config{Logger: quiet(j.log)})
	if err != nil {
		return fmt.Errorf("jobs: %w", err)
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("jobs: migrate: %w", err)
	}
	return nil
}

// envelope carries a job's arguments under its kind's name.
type envelope struct {
	kind string
	Args json.RawMessage `json:"args"`
}

func (e envelope) Kind() string { return e.kind }

// A KindOption changes how a kind of job runs.
type KindOption func(*kind)

// MaxAttempts is how often a job of the kind is tried before it is given up.
func MaxAttempts(n int) KindOption { return func(k *kind) { k.attempts = n } }

// Within is how long one attempt may take, where a minute is too short.
func Within(d time.Duration) KindOption { return func(k *kind) { k.within = d } }

// Alone has the jobs of the kind run one after the other, beside those of
// other kinds, so that long ones keep nobody waiting.
func Alone() KindOption { return Apart(1) }

// Apart is Alone for a kind of which n jobs run at the same time.
func Apart(n int) KindOption { return func(k *kind) { k.queue, k.most = "alone_", n } }

// Behind has the jobs run where those of another kind do, which is Alone or Apart,
// and only while none of those waits.
func Behind(name string) KindOption {
	return func(k *kind) { k.queue, k.rank = "alone_"+name, 2 }
}

// worker does the jobs of one kind.
type worker struct {
	river.WorkerDefaults[envelope]
	within time.Duration
	work   func(ctx context.Context, job *river.Job[envelope]) error
}

func (w *worker) Work(ctx context.Context, job *river.Job[envelope]) error { return w.work(ctx, job) }
func (w *worker) Timeout(*river.Job[envelope]) time.Duration               { return w.within }

// Handle says how jobs of a kind are done. A job whose function returns an
// error or panics is tried again after 1 s, 16 s, 81 s… It may run more than
// once even after it succeeded (the process may die in between), so fn must
// bear that. One attempt may take a minute, or what Within says; then ctx ends.
//
// Handle panics when the kind is taken.
func Handle[T any](j *Jobs, name string, fn func(ctx context.Context, args T) error, opts ...KindOption) {
	k := kind{attempts: maxAttempts}
	for _, opt := range opts {
		opt(&k)
	}
	if k.most > 0 {
		k.queue += name
	}
	river.AddWorkerArgs(j.workers, envelope{kind: name}, &worker{within: k.within, work: func(ctx context.Context, job *river.Job[envelope]) error {
		var args T
		if err := json.Unmarshal(job.Args.Args, &args); err != nil {
			return river.JobCancel(fmt.Errorf("jobs: arguments of %s: %w", name, err))
		}
		return fn(ctx, args)
	}})
	j.kinds[name] = k
}

// Every runs fn after Start and then every d, on one of the nodes. A run is
// left out while the one before it has not ended.
func (j *Jobs) Every(name string, d time.Duration, fn func(ctx context.Context) error, opts ...KindOption) {
	Handle(j, name, func(ctx context.Context, _ any) error { return fn(ctx) }, append([]KindOption{MaxAttempts(1)}, opts...)...)
	j.periodic = append(j.periodic, river.NewPeriodicJob(
		river.PeriodicInterval(d),
		func() (river.JobArgs, *river.InsertOpts) {
			return envelope{name, json.RawMessage("null")}, &river.InsertOpts{MaxAttempts: 1, UniqueOpts: unique}
		},
		&river.PeriodicJobOpts{RunOnStart: true}))
}

// An Option changes one job.
type Option func(*river.InsertOpts)

// At runs the job at t, or soon after.
func At(t time.Time) Option { return func(o *river.InsertOpts) { o.ScheduledAt = t } }

// Unique leaves the job out while one of its kind with equal arguments waits
// or runs. What happens after the running one has looked is not seen by it:
// use Unique where a later run catches up.
func Unique() Option { return func(o *river.InsertOpts) { o.UniqueOpts = unique } }

var unique = river.UniqueOpts{
	ByArgs: true,
	ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning,
		rivertype.JobStateRetryable, rivertype.JobStateScheduled,
	},
}

// Enqueue puts a job down in the caller's transaction. args is stored as
// JSON: identifiers belong there, secrets and texts do not.
func (j *Jobs) Enqueue(ctx context.Context, tx *db.Tx, name string, args any, opts ...Option) error {
	k, known := j.kinds[name]
	if !known && len(j.kinds) > 0 {
		return fmt.Errorf("jobs: no handler for %s", name)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	body, err := json.Marshal(args)
	if err != nil {
		return fmt.Errorf("jobs: arguments of %s: %w", name, err)
	}
	o := river.InsertOpts{MaxAttempts: k.attempts, Queue: k.queue, Priority: k.rank}
	for _, opt := range opts {
		opt(&o)
	}
	if !o.ScheduledAt.After(time.Now()) {
		o.ScheduledAt = time.Time{} // a past time would wait for the scheduler's next round
	}
	if j.db.Dialect() == db.SQLite {
		// An interrupted statement would undo the others that share the commit.
		ctx = context.WithoutCancel(ctx)
	}
	if _, err := j.insert.InsertTx(ctx, tx.SQL(), envelope{name, body}, &o); err != nil {
		return fmt.Errorf("jobs: enqueue %s: %w", name, err)
	}
	return nil
}

// reindexing is when the queue's indexes are made anew: in PostgreSQL each night,
// and never in SQLite, which has not all that River knows of, and would let nobody
// write meanwhile.
func (j *Jobs) reindexing() river.PeriodicSchedule {
	if j.db.Dialect() == db.SQLite {
		return river.NeverSchedule()
	}
	return nil
}

// Start runs jobs until Stop. Ending ctx does not stop them.
func (j *Jobs) Start(ctx context.Context) error {
	name, err := j.begin(ctx)
	if err != nil {
		return err
	}
	queues := map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: workers}}
	for _, k := range j.kinds {
		if k.most > 0 {
			queues[k.queue] = river.QueueConfig{MaxWorkers: k.most}
		}
	}
	j.run, err = river.NewClient(j.driver, &river.Config{
		ID:                   name,
		Logger:               quiet(j.log),
		ErrorHandler:         failures{j.log},
		Workers:              j.workers,
		Queues:               queues,
		PeriodicJobs:         j.periodic,
		MaxAttempts:          maxAttempts,
		JobTimeout:           timeout,
		RescueStuckJobsAfter: 5 * timeout,
		SoftStopTimeout:      patience,
		PollOnly:             true,
		FetchPollInterval:    poll,
		FetchCooldown:        10 * time.Millisecond,
		ReindexerSchedule:    j.reindexing(),
	})
	if err == nil {
		err = j.run.Start(context.WithoutCancel(ctx))
	}
	if err != nil {
		j.run = nil
		j.leave()
		return fmt.Errorf("jobs: %w", err)
	}
	return nil
}

// begin takes up what a killed process left, and says what the jobs of this one are
// to be run by; empty where that is of no matter. Only one process has a SQLite
// database open, so nothing runs there now. On PostgreSQL others may be running jobs:
// see node.
func (j *Jobs) begin(ctx context.Context) (name string, err error) {
	if j.db.Dialect() == db.SQLite {
		return "", j.db.Write(ctx, func(tx *db.Tx) error {
			_, err := takeBack(ctx, tx, "")
			return err
		})
	}
	if j.node, err = j.join(ctx); err != nil {
		return "", err
	}
	return j.node.name(), nil
}

func (j *Jobs) leave() {
	if j.node != nil {
		j.node.leave()
	}
	j.node = nil
}

// takeBack frees the running jobs of a killed process, those that cond says with its
// argument, $2, and returns how many will run again.
//
// Being killed is not the job's fault, so it gets its try back; but one that
// was running at every end of a process may be the cause of it.
func takeBack(ctx context.Context, tx *db.Tx, cond string, args ...any) (freed int64, err error) {
	args = append([]any{2 * maxAttempts}, args...)
	freed, err = tx.Exec(ctx, `UPDATE river_job SET state = 'available', max_attempts = CASE WHEN max_attempts > attempt THEN max_attempts ELSE attempt + 1 END
		WHERE state = 'running' AND attempt < $1`+cond, args...)
	if err != nil {
		return 0, err
	}
	_, err = tx.Exec(ctx, `UPDATE river_job SET state = 'discarded', finalized_at = CURRENT_TIMESTAMP
		WHERE state = 'running' AND attempt >= $1`+cond, args...)
	return freed, err
}

// Stop takes no further jobs, waits for the running ones and, when they take
// more than a few seconds or ctx ends, cancels them. They run again later.
func (j *Jobs) Stop(ctx context.Context) error {
	if j.run == nil {
		return nil
	}
	err := j.run.Stop(ctx)
	if err != nil && ctx.Err() != nil {
		err = j.run.StopAndCancel(context.WithoutCancel(ctx))
	}
	j.run = nil
	j.leave()
	if err != nil {
		return fmt.Errorf("jobs: stop: %w", err)
	}
	return nil
}

// Drain waits until no job runs or could run now. Those for later, retries
// too, do not count.
func (j *Jobs) Drain(ctx context.Context) error {
	due := `SELECT COUNT(*) FROM river_job WHERE state IN ('running', 'pending') OR (state IN ('available', 'scheduled', 'retryable') AND scheduled_at <= CURRENT_TIMESTAMP)`
	if j.db.Dialect() == db.SQLite {
		due = `SELECT COUNT(*) FROM river_job WHERE state IN ('running', 'pending') OR (state IN ('available', 'scheduled', 'retryable') AND scheduled_at <= STRFTIME('%Y-%m-%d %H:%M:%f', 'now'))`
	}
	for {
		var n int
		if err := j.db.QueryRow(ctx, due).Scan(&n); err != nil || n == 0 {
			return err
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("jobs: %d still to run: %w", n, ctx.Err())
		}
	}
}
