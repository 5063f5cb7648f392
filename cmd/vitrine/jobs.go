package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/vitrine-portal/vitrine/internal/jobs"
)

// startJobs registers what runs beside the requests, and starts it.
func (h *house) startJobs(ctx context.Context) error {
	h.mails.Register(h.jobs)
	h.looks.Register(h.jobs)
	h.takes.Register(h.jobs)
	h.certs.Register(h.jobs)
	h.jobs.Every("flush_sessions", time.Minute, h.accounts.Flush)
	h.jobs.Every("sweep_accounts", 6*time.Hour, h.accounts.Sweep)
	h.jobs.Every("forget_requests", time.Hour, h.portal.ForgetRequests)
	h.jobs.Every("forget_links", 6*time.Hour, h.portal.ForgetLinks)
	h.jobs.Every("forget_uploads", 30*time.Minute, h.forgetUploads, jobs.Within(10*time.Minute))
	h.jobs.Every("purge_trash", 24*time.Hour, func(ctx context.Context) error {
		_, err := h.portal.PurgeTrash(ctx)
		return err
	}, jobs.Within(time.Hour))
	h.jobs.Every("remind", remindEvery, h.remind)
	h.jobs.Every("daily_head", 20*time.Minute, h.portal.KeepDailyHead, jobs.Within(10*time.Minute))
	h.jobs.Every("sweep_files", 24*time.Hour, h.sweepFiles, jobs.Within(6*time.Hour))
	h.jobs.Every("scrub_files", 24*time.Hour, h.scrubFiles, jobs.Within(20*time.Hour))
	if back, err := h.portal.Awake(ctx, h.lastAwake()); err != nil {
		return err
	} else if back {
		h.log.Warn("a backup was brought back: everybody is signed out, and the mails in it wait for an administrator's word in the Outbox")
	}
	go h.mails.Tell(ctx)
	go h.mails.Push(ctx)
	return h.jobs.Start(ctx)
}

// remindEvery is how late a reminder goes out at most.
const remindEvery = 5 * time.Minute

func (h *house) awakePath() string { return filepath.Join(h.cfg.Data, "vitrine.reminded") }

// lastAwake is when the program was last at work beside this data.
func (h *house) lastAwake() (last time.Time) {
	if info, err := os.Stat(h.awakePath()); err == nil {
		last = info.ModTime()
	}
	return last
}

// remind sends what is due. When it last did is the time of a file beside the
// database: a backup that is brought back brings that not back.
func (h *house) remind(ctx context.Context) error {
	path, last := h.awakePath(), h.lastAwake()
	now := time.Now()
	if _, err := h.portal.Awake(ctx, last); err != nil {
		return err
	}
	if err := h.portal.SendReminders(ctx, last); err != nil {
		return err
	}
	if err := h.portal.RemindOfApprovals(ctx, last); err != nil {
		return err
	}
	if err := h.portal.RemindOfSignoffs(ctx, last); err != nil {
		return err
	}
	if _, err := h.portal.EndLapsed(ctx); err != nil {
		return err
	}
	if err := h.portal.FollowApprovals(ctx, last); err != nil {
		return err
	}
	err := os.Chtimes(path, now, now)
	if errors.Is(err, fs.ErrNotExist) {
		err = os.WriteFile(path, nil, 0o600)
	}
	return err
}
