package main

import (
	"context"
	"time"

	"github.com/vitrine-portal/vitrine/internal/jobs"
)

// startJobs registers what runs beside the requests, and starts it.
func (h *house) startJobs(ctx context.Context) error {
	h.mails.Register(h.jobs)
	h.looks.Register(h.jobs)
	h.jobs.Every("flush_sessions", time.Minute, h.accounts.Flush)
	h.jobs.Every("sweep_accounts", 6*time.Hour, h.accounts.Sweep)
	h.jobs.Every("forget_requests", time.Hour, h.portal.ForgetRequests)
	h.jobs.Every("forget_uploads", 30*time.Minute, h.forgetUploads, jobs.Within(10*time.Minute))
	h.jobs.Every("purge_trash", 24*time.Hour, func(ctx context.Context) error {
		_, err := h.portal.PurgeTrash(ctx)
		return err
	}, jobs.Within(time.Hour))
	h.jobs.Every("sweep_files", 24*time.Hour, h.sweepFiles, jobs.Within(6*time.Hour))
	h.jobs.Every("scrub_files", 24*time.Hour, h.scrubFiles, jobs.Within(20*time.Hour))
	return h.jobs.Start(ctx)
}
