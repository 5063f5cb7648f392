package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/api"
	"github.com/vitrine-portal/vitrine/internal/blob"
	"github.com/vitrine-portal/vitrine/internal/certificate"
	"github.com/vitrine-portal/vitrine/internal/config"
	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/inspect"
	"github.com/vitrine-portal/vitrine/internal/jobs"
	"github.com/vitrine-portal/vitrine/internal/live"
	"github.com/vitrine-portal/vitrine/internal/mailin"
	"github.com/vitrine-portal/vitrine/internal/notify"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/transfer"
	"github.com/vitrine-portal/vitrine/internal/web"
)

// house is everything that runs in one process.
type house struct {
	cfg      *config.Config
	log      *slog.Logger
	db       *db.DB
	jobs     *jobs.Jobs
	hub      *live.Hub
	portal   *portal.Portal
	blobs    blob.Store // since openBlobs
	accounts *account.Accounts
	mails    *notify.Notifier
	answers  *mailin.Addresses
	looks    *inspect.Inspector // since run
	takes    *mailin.Taker      // since run
	certs    *certificate.Maker // since run
	strays   atomic.Int64       // stored files that nothing names and the sweep left
}

// open connects what the configuration names, and brings the database up to
// date. Close undoes it.
func open(ctx context.Context, cfg *config.Config, log *slog.Logger) (_ *house, err error) {
	h := &house{cfg: cfg, log: log, hub: live.New()}
	key, err := cfg.LoadKey()
	if err != nil {
		return nil, err
	}
	if h.db, err = db.Open(ctx, string(cfg.Database)); err != nil {
		return nil, reachable(err)
	}
	defer func() {
		if err != nil {
			h.db.Close()
		}
	}()
	if err = h.db.Migrate(ctx); err != nil {
		return nil, reachable(err)
	}
	if h.jobs, err = jobs.New(h.db, log); err != nil {
		return nil, err
	}
	if err = h.jobs.Migrate(ctx); err != nil {
		return nil, err
	}
	h.portal, h.accounts = portal.New(h.db, portal.Options{
		Key: key,
		Log: log,
		Enqueue: func(ctx context.Context, tx *db.Tx, kind string, args any) error {
			if kind == portal.PreviewVersion || kind == portal.PreviewPages {
				return h.jobs.Enqueue(ctx, tx, kind, args, jobs.Unique())
			}
			return h.jobs.Enqueue(ctx, tx, kind, args)
		},
		Signal: func(s portal.Signal) { h.hub.Publish(signalOf(s)) },
	})
	if err = h.hub.Share(h.accounts.Sign("live")); err != nil {
		return nil, err
	}
	if h.answers, err = answerAddresses(cfg, key); err != nil {
		return nil, err
	}
	h.mails = notify.New(h.portal, h.accounts, sender(cfg), h.mailOptions())
	if err = h.portal.EnsureTemplates(ctx); err != nil {
		return nil, err
	}
	return h, nil
}

// reachable says in a sentence what keeps the database from opening.
func reachable(err error) error {
	switch {
	case errors.Is(err, db.ErrInUse):
		return &mendable{"another process is using the database; stop it first, or choose another directory with -data."}
	case errors.Is(err, db.ErrNewer):
		return &mendable{"the database belongs to a newer version of this program; run that one."}
	}
	first, _, _ := strings.Cut(err.Error(), ":\n") // drivers list every try below it
	return &mendable{fmt.Sprintf("the database cannot be opened: %s", strings.ReplaceAll(first, "db: ", ""))}
}

// watchEvery is how often a node looks whether it missed what happened on another.
const watchEvery = 3 * time.Second

// eventsAfter lists events as the hub watches for them.
func (h *house) eventsAfter(ctx context.Context, after string) ([]string, error) {
	all, err := h.portal.EventsAfter(ctx, portal.EventID(after))
	ids := make([]string, len(all))
	for i, id := range all {
		ids[i] = string(id)
	}
	return ids, err
}

// signalOf is the portal's signal as streams know it.
func signalOf(s portal.Signal) live.Signal {
	out := live.Signal{Event: string(s.Event), Client: string(s.Client), Project: string(s.Project), Close: s.Close,
		Thread: string(s.Thread), Audience: string(s.Audience), Typist: string(s.Typist)}
	for _, p := range s.Persons {
		out.Persons = append(out.Persons, string(p))
	}
	return out
}

func (h *house) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := h.accounts.Flush(ctx); err != nil {
		h.log.Error("flush sessions", "error", err.Error())
	}
	if err := h.portal.Close(ctx); err != nil {
		h.log.Error("write the download log", "error", err.Error())
	}
	if c, ok := h.blobs.(io.Closer); ok {
		c.Close()
	}
	if err := h.db.Close(); err != nil {
		h.log.Error("close the database", "error", err.Error())
	}
}

// serve runs the portal until ctx ends.
func serve(ctx context.Context, args, env []string, out io.Writer) error {
	cfg, err := config.Load(args, env)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: cfg.LogLevel}))
	if _, err := os.Stat(filepath.Join(cfg.Data, demoMark)); err == nil {
		return &mendable{"the data directory holds a demo, whose passwords everybody knows; choose another with -data."}
	}
	h, err := open(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer h.close()
	if err := h.openBlobs(ctx); err != nil {
		return err
	}
	token := make([]byte, 32)
	rand.Read(token)
	setUp := base64.RawURLEncoding.EncodeToString(token)
	needed, err := h.portal.BeginSetUp(ctx, setUp)
	if err != nil {
		return err
	}
	return h.run(ctx, web.Options{}, func(address string) {
		if needed {
			fmt.Fprintf(out, "Vitrine is waiting to be set up. Open this link; it works once:\n\n  %s/set-up/%s\n\n", baseURL(cfg), setUp)
			return
		}
		fmt.Fprintf(out, "Vitrine is at %s\n", baseURL(cfg))
	})
}

func baseURL(cfg *config.Config) string { return strings.TrimSuffix(cfg.BaseURL.String(), "/") }

// listen takes the address, or says in a sentence why it cannot.
func listen(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, &mendable{fmt.Sprintf("the address %s is already taken by another program; choose another with -listen.", address)}
	case err != nil:
		return nil, &mendable{fmt.Sprintf("cannot listen on %s: %v", address, err)}
	}
	return l, nil
}

// run serves pages and works off jobs until ctx ends; then it lets what is
// under way finish.
func (h *house) run(ctx context.Context, o web.Options, ready func(address string)) error {
	listener, err := listen(h.cfg.Listen)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if os.Getenv("GOGC") == "" {
		go boundGarbage(ctx)
	}
	if h.looks, err = h.inspector(); err == nil {
		o.Bytes = transfer.New(h.blobs, h.looks.Scan(), h.log)
		h.takes, err = h.taker(o.Bytes)
	}
	if err == nil {
		var signs *certificate.Signer
		if signs, err = h.signer(); err == nil {
			h.certs, o.Genuine = h.papers(signs, h.cfg), signs.Signed
			h.portal.SignHeads(signs.SignText)
		}
	}
	if err == nil && h.db.Dialect() == db.PostgreSQL { // before anything happens that other nodes are to hear of
		if err = h.hub.Bridge(ctx, string(h.cfg.Database), h.log); err == nil {
			go h.hub.Watch(ctx, watchEvery, h.eventsAfter)
		}
	}
	if err == nil {
		err = h.startJobs(ctx)
	}
	if err != nil {
		listener.Close()
		return err
	}
	stopMail, err := h.takeMail(ctx)
	if err != nil {
		listener.Close()
		return err
	}
	defer stopMail()
	o.Strays = func() int { return int(h.strays.Load()) }
	o.Mails, o.FilesURL = h.mails, h.cfg.FilesURL
	o.Portal, o.Accounts, o.Hub, o.BaseURL, o.Trusted, o.Log = h.portal, h.accounts, h.hub, h.cfg.BaseURL, h.cfg.TrustedProxies, h.log
	o.API = api.New(api.Options{Portal: h.portal, Accounts: h.accounts, Bytes: o.Bytes, BaseURL: o.BaseURL, Trusted: h.cfg.TrustedProxies, Version: version, Log: h.log})
	pages := web.New(o)
	var handler http.Handler = pages
	if h.cfg.Metrics != "" {
		m := newMetrics()
		if err := m.listen(ctx, h.cfg.Metrics); err != nil {
			listener.Close()
			return err
		}
		handler = m.around(pages)
	}
	server := web.HTTP(handler, h.log)
	server.RegisterOnShutdown(pages.CloseStreams)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	ready(listener.Addr().String())

	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	end, cancelEnd := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancelEnd()
	err = server.Shutdown(end)
	if stopErr := h.jobs.Stop(end); err == nil {
		err = stopErr
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// migrate brings the database to this version.
func migrate(ctx context.Context, args, env []string, out io.Writer) error {
	cfg, err := config.Load(args, env)
	if err != nil {
		return err
	}
	h, err := open(ctx, cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	h.close()
	fmt.Fprintln(out, "The database is up to date.")
	return nil
}
