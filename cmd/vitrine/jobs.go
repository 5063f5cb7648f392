package main

import (
	"context"
	"time"
)

// startJobs registers what runs beside the requests, and starts it.
func (h *house) startJobs(ctx context.Context) error {
	h.mails.Register(h.jobs)
	h.jobs.Every("flush_sessions", time.Minute, h.accounts.Flush)
	h.jobs.Every("sweep_accounts", 6*time.Hour, h.accounts.Sweep)
	h.jobs.Every("forget_requests", time.Hour, h.portal.ForgetRequests)
	return h.jobs.Start(ctx)
}
