package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/vitrine-portal/vitrine/internal/config"
	"github.com/vitrine-portal/vitrine/internal/demo"
	"github.com/vitrine-portal/vitrine/internal/web"
)

const demoUsage = `usage: vitrine demo [flags]

Runs a portal with a believable workspace in it, for this machine alone.

  -data DIR        keeps the demo in DIR; without it, it is gone when it stops
  -listen ADDRESS  where it listens (127.0.0.1:8080, or the next free port)
`

// demoMark is the file that says that a data directory is a demo's, and whether
// it is complete.
const demoMark = "vitrine.demo"

// runDemo runs a portal with a believable workspace until ctx ends.
func runDemo(ctx context.Context, args, env []string, out io.Writer) error {
	set := flag.NewFlagSet("demo", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	data := set.String("data", "", "")
	listen := set.String("listen", "", "")
	err := set.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(out, demoUsage)
		return nil
	case err != nil:
		return &mendable{err.Error() + "; the demo knows -data and -listen."}
	case set.NArg() > 0:
		return &mendable{fmt.Sprintf("the demo does not know what to do with %q; it knows -data and -listen.", set.Arg(0))}
	}
	if *listen, err = demoAddress(*listen); err != nil {
		return err
	}
	if *data == "" {
		if *data, err = os.MkdirTemp("", "vitrine-demo-"); err != nil {
			return &mendable{fmt.Sprintf("cannot make a directory for the demo: %v", err)}
		}
		defer os.RemoveAll(*data)
	}
	// Nothing of the environment: a demo must not touch a real database.
	cfg, err := config.Load([]string{"--data", *data, "--listen", *listen, "--log-level", "warn"}, nil)
	if err != nil {
		return err
	}
	complete, err := demoMarked(cfg.Data)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: cfg.LogLevel}))
	h, err := open(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer h.close()
	if err := h.openBlobs(ctx); err != nil {
		return err
	}
	if !complete {
		if err := fillDemo(ctx, h); err != nil {
			return err
		}
	}
	o := web.Options{Demo: true}
	for _, e := range demo.Entries() {
		o.DemoPeople = append(o.DemoPeople, web.DemoPerson{Name: e.Name, Role: e.Place, Email: e.Email, Password: demo.Password})
	}
	return h.run(ctx, o, func(string) {
		text := fmt.Sprintf("address: %s\noutbox, where its mail lands: %s/outbox\n", baseURL(cfg), baseURL(cfg))
		for _, e := range demo.Entries() {
			text += fmt.Sprintf("%s: %s, %s, %s\n", e.Role, e.Name, e.Email, demo.Password)
		}
		io.WriteString(out, text)
	})
}

// demoMarked reports whether the directory holds a complete demo. It refuses
// one that holds anything else.
func demoMarked(dir string) (complete bool, err error) {
	mark, err := os.ReadFile(filepath.Join(dir, demoMark))
	switch {
	case err == nil && string(mark) == "complete\n":
		return true, nil
	case err == nil:
		return false, &mendable{fmt.Sprintf("the demo in %s was interrupted while it was made; remove the directory and start again.", dir)}
	case !errors.Is(err, fs.ErrNotExist):
		return false, err
	}
	// config.Load may have looked at it, but leaves nothing there.
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false, err
	}
	if len(entries) > 0 {
		return false, &mendable{fmt.Sprintf("%s is not empty and holds no demo; choose another directory with -data.", dir)}
	}
	return false, os.WriteFile(filepath.Join(dir, demoMark), []byte("being made\n"), 0o600)
}

// fillDemo fills the workspace. Until that is done nothing need survive a
// crash, so the database is not made to wait for the disk at each step.
func fillDemo(ctx context.Context, h *house) error {
	key, err := h.cfg.LoadKey()
	if err != nil {
		return err
	}
	if _, err := h.db.SQL().ExecContext(ctx, "PRAGMA synchronous = OFF"); err != nil {
		return err
	}
	if err := demo.Fill(ctx, h.db, h.blobs, key, time.Now()); err != nil {
		return err
	}
	for _, q := range []string{"PRAGMA synchronous = FULL", "PRAGMA wal_checkpoint(TRUNCATE)"} {
		if _, err := h.db.SQL().ExecContext(ctx, q); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(h.cfg.Data, demoMark), []byte("complete\n"), 0o600)
}

// demoAddress finds an address of this machine alone: everybody knows the
// demo's passwords.
func demoAddress(given string) (string, error) {
	if given != "" {
		host, _, err := net.SplitHostPort(given)
		if err != nil {
			return "", &mendable{fmt.Sprintf("-listen %s is not an address and a port, such as 127.0.0.1:8080.", given)}
		}
		if ip, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !ip.IsLoopback()) {
			return "", &mendable{"the demo's passwords are known to everybody, so it listens on this machine alone; choose an address such as 127.0.0.1:8080 with -listen."}
		}
		return freeAddress(given)
	}
	for port := 8080; port < 8100; port++ {
		address, err := freeAddress(net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return address, nil
		}
	}
	return "", &mendable{"all ports from 8080 to 8099 are taken by other programs; choose another with -listen."}
}

// freeAddress listens at the address for a moment, and returns it with its
// port: nothing is made for a demo that could not be looked at.
func freeAddress(address string) (string, error) {
	l, err := listen(address)
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}
