package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/vitrine-portal/vitrine/internal/config"
	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/mail"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/words"
)

// A finding is one line of the doctor's.
type finding struct {
	state string // ok, warn or fail
	about string
	text  string
}

const (
	fine = "ok"
	warn = "warn"
	bad  = "fail"
)

// errUnwell is what doctor returns when something failed. The lines above say
// what.
var errUnwell = errors.New("something is wrong: see the lines that begin with fail")

// doctor looks for what is wrong with an installation, and mends nothing.
func doctor(ctx context.Context, args, env []string, out io.Writer) error {
	cfg, err := config.Load(args, env)
	if err != nil {
		return err
	}
	unwell := false
	say := func(fs ...finding) {
		for _, f := range fs {
			fmt.Fprintf(out, "%-5s %-14s %s\n", f.state, f.about, f.text)
			unwell = unwell || f.state == bad
		}
	}
	say(finding{fine, "configuration", "complete; people reach the portal at " + baseURL(cfg)})
	say(checkAddress(cfg))
	say(checkData(cfg)...)
	say(checkDisk(cfg.Data))
	say(checkStorage(ctx, cfg)...)
	say(checkPreviews(cfg)...)
	say(checkScanner(ctx, cfg))
	say(checkDatabase(ctx, cfg)...)
	say(checkMail(ctx, cfg)...)
	say(checkMailIn(ctx, cfg)...)
	if unwell {
		return errUnwell
	}
	return nil
}

func checkAddress(cfg *config.Config) finding {
	const about = "address"
	ip, err := netip.ParseAddr(cfg.BaseURL.Hostname())
	switch local := cfg.BaseURL.Hostname() == "localhost" || err == nil && ip.IsLoopback(); {
	case cfg.BaseURL.Scheme == "https":
	case local:
		return finding{fine, about, "is http, which is enough on this machine alone"}
	default:
		return finding{warn, about, "is http, so passwords travel readable: put a proxy with TLS in front"}
	}
	return finding{fine, about, "is https"}
}

// checkData looks at the rights of what is kept: it is the server's alone.
func checkData(cfg *config.Config) []finding {
	var found []finding
	look := func(about, path string, others fs.FileMode) {
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist) && path != cfg.Data:
			found = append(found, finding{warn, about, "is not there yet: the first start makes it"})
		case err != nil:
			found = append(found, finding{bad, about, "cannot be looked at: " + plainly(err)})
		case info.Mode().Perm()&others != 0:
			found = append(found, finding{bad, about, fmt.Sprintf("may be used by others on this machine (%v): take their rights away (chmod o-rwx)", info.Mode().Perm())})
		default:
			found = append(found, finding{fine, about, "is private"})
		}
	}
	look("data", cfg.Data, 0o007)
	look("key", cfg.KeyPath(), 0o007)
	probe, err := os.CreateTemp(cfg.Data, ".doctor-*")
	if err == nil {
		_, err = probe.WriteString("x")
		err = errors.Join(err, probe.Sync(), probe.Close(), os.Remove(probe.Name()))
	}
	if err != nil {
		found = append(found, finding{bad, "data", "cannot be written: " + plainly(err)})
	}
	return found
}

// checkDisk looks at what is left where the data is.
func checkDisk(dir string) finding {
	const about = "disk"
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return finding{bad, about, "cannot be looked at: " + err.Error()}
	}
	free, all := s.Bavail*uint64(s.Bsize), s.Blocks*uint64(s.Bsize)
	return diskFinding(about, free, all)
}

func diskFinding(about string, free, all uint64) finding {
	const mib, gib = 1 << 20, 1 << 30
	text := fmt.Sprintf("%.1f of %.1f GiB are free", float64(free)/gib, float64(all)/gib)
	switch {
	case free < 256*mib:
		return finding{bad, about, text + ": too little to go on"}
	case free < gib || free < all/20:
		return finding{warn, about, text + ": make room"}
	}
	return finding{fine, about, text}
}

func checkDatabase(ctx context.Context, cfg *config.Config) []finding {
	const about = "database"
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if path, ok := strings.CutPrefix(string(cfg.Database), "sqlite:"); ok {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return []finding{{warn, about, "is not there yet: the first start makes it"}}
		}
	}
	d, err := db.Open(ctx, string(cfg.Database))
	switch {
	case errors.Is(err, db.ErrInUse):
		return []finding{{warn, about, "is in use by the running portal: stop it to have the database looked at"}}
	case err != nil:
		return []finding{{bad, about, "cannot be opened: " + err.Error()}}
	}
	defer d.Close()
	look, err := d.Look(ctx)
	switch {
	case errors.Is(err, db.ErrNewer):
		return []finding{{bad, about, "belongs to a newer version of this program"}}
	case err != nil:
		return []finding{{bad, about, "cannot be read; if it is new, run vitrine migrate first: " + err.Error()}}
	case look.Pending > 0:
		return []finding{{warn, about, fmt.Sprintf("%s, of an older version: the next start brings it up to date (%s)", look.Engine, count(look.Pending, "step"))}}
	}
	found := []finding{{fine, about, look.Engine + ", up to date"}, checkClock(look.Ahead)}
	switch due, err := portal.DerivedDue(ctx, d); {
	case err != nil:
		found = append(found, finding{bad, "permissions", "cannot be checked: " + err.Error()})
	case due > 0:
		found = append(found, finding{bad, "permissions", fmt.Sprintf("%s not what they are due to be: please report this", count(due, "grant"))})
	default:
		found = append(found, finding{fine, "permissions", "are what they are due to be"})
	}
	return append(found, checkStrays(ctx, cfg, d)...)
}

// checkClock judges how far the database's clock is from this machine's. Links
// and sessions live by it.
func checkClock(ahead time.Duration) finding {
	const about = "clock"
	switch off := ahead.Abs(); {
	case off > 5*time.Minute:
		return finding{bad, about, fmt.Sprintf("differs from the database's by %v: set both by a time server", off.Round(time.Second))}
	case off > 5*time.Second:
		return finding{warn, about, fmt.Sprintf("differs from the database's by %v", off.Round(time.Second))}
	}
	return finding{fine, about, "agrees with the database's"}
}

// checkMail talks to the mail server up to the point where it would send, and
// asks what the world knows of the portal's address.
func checkMail(ctx context.Context, cfg *config.Config) (found []finding) {
	if cfg.SMTP.Host == "" {
		return []finding{{warn, "mail", "no server is set, so mails are kept in the Outbox"}}
	}
	b := words.For("en", time.UTC)
	for _, f := range sender(cfg).Examine(ctx, examination(cfg)) {
		found = append(found, finding{f.State, "mail", strings.Join(f.Words(b.Tell), " ")})
	}
	return found
}

// examination is how the configuration has mail looked at.
func examination(cfg *config.Config) mail.Examination {
	e := mail.Examination{Returns: cfg.MailIn.Address, Selector: cfg.DKIMSelector}
	if cfg.DNSServer != "" {
		e.Resolver = mail.DNSServer(cfg.DNSServer)
	}
	return e
}

// sender is the mail server of the configuration.
func sender(cfg *config.Config) *mail.Sender {
	return mail.New(mail.Config{
		Host: cfg.SMTP.Host, Port: cfg.SMTP.Port, User: cfg.SMTP.User, Password: mail.Secret(cfg.SMTP.Password),
		TLS: cfg.SMTP.TLS, Timeout: cfg.SMTP.Timeout, From: mail.Address{Name: cfg.MailFrom.Name, Email: cfg.MailFrom.Address},
	})
}

// plainly is what is wrong with a file, without its path.
func plainly(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return strings.TrimSuffix(strings.TrimPrefix(err.Error(), "blob: "), ".")
}
