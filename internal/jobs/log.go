package jobs

import (
	"context"
	"log/slog"
	"strings"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// failures logs a failed attempt by kind and number. The error itself may
// quote an address or a text, so it stays in the database with its job.
type failures struct{ log *slog.Logger }

func (f failures) HandleError(ctx context.Context, job *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	f.failed(ctx, job, "job failed")
	return nil
}

func (f failures) HandlePanic(ctx context.Context, job *rivertype.JobRow, panicVal any, trace string) *river.ErrorHandlerResult {
	f.failed(ctx, job, "job panicked")
	return nil
}

func (f failures) failed(ctx context.Context, job *rivertype.JobRow, what string) {
	level := slog.LevelWarn
	if job.Attempt >= job.MaxAttempts {
		level = slog.LevelError // it is not tried again
	}
	f.log.Log(ctx, level, what, "kind", job.Kind, "job", job.ID, "attempt", job.Attempt, "of", job.MaxAttempts)
}

// quiet passes the queue's own warnings on, without their attributes, which
// quote errors and arguments.
func quiet(log *slog.Logger) *slog.Logger { return slog.New(quietHandler{log.Handler()}) }

type quietHandler struct{ slog.Handler }

func (h quietHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}

func (h quietHandler) Handle(ctx context.Context, r slog.Record) error {
	if strings.HasPrefix(r.Message, "jobexecutor.") {
		return nil // failures says it
	}
	return h.Handler.Handle(ctx, slog.NewRecord(r.Time, r.Level, "jobs: "+r.Message, r.PC))
}

func (h quietHandler) WithAttrs([]slog.Attr) slog.Handler { return h }
func (h quietHandler) WithGroup(string) slog.Handler      { return h }
