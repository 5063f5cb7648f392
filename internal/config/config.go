// Package config reads how this installation is run: from flags, the
// environment and a file, in that order of precedence.
//
// A mistake is reported as an *Error: one plain sentence that names the setting
// and never its value. Secrets have no flag, because flags are seen by every
// process of the machine; they come from the environment, from the file, or from
// a file of their own named by the setting with _FILE at its end.
package config

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Config is a complete and checked configuration.
type Config struct {
	Data            string // the data directory, absolute; it exists and is private
	Database        Secret // "sqlite:PATH" or "postgres://…"
	Storage         Storage
	BaseURL         *url.URL
	FilesURL        *url.URL // where files are looked at; nil: they are downloads alone
	Listen          string
	TrustedProxies  []netip.Prefix
	SMTP            SMTP
	MailFrom        mail.Address
	DKIMSelector    string // of the key that its mail is signed with; empty: not said
	DNSServer       string // HOST:PORT that the doctor asks; empty: the system's
	MailIn          MailIn
	Previews        bool   // pictures and text are made of files
	Clamd           string // unix:PATH or HOST:PORT of a virus scanner; empty is none
	SignCertificate string // PEM files of the certificate and the key that certificates are signed with; empty: the workspace's own
	SignKey         string
	ClamdHolds      bool // what it could not look at is handed out to nobody
	LogLevel        slog.Level
	Metrics         string // address of the metrics and profiling listener; empty is off
	KeyFile         string // the server key, when it is not in the data directory
	PreviousKeyFile string
	Args            []string // what followed the flags
}

// Storage says where the files are: in a directory, or else in a bucket.
type Storage struct {
	Disk           string   // absolute
	Endpoint       *url.URL // of the S3-compatible server
	Region         string
	Bucket, Prefix string // the prefix is empty, or ends in a slash
	AccessKey      Secret
	SecretKey      Secret
}

// SMTP says how mail goes out. An empty host: mail is not configured.
type SMTP struct {
	Host     string
	Port     int
	User     string
	Password Secret
	TLS      string // starttls, tls or none
	Timeout  time.Duration
}

// MailIn says how mail comes in. An empty address: it does not.
type MailIn struct {
	Address    string // that answers come to
	LMTP       string // unix:PATH or HOST:PORT; empty is none
	IMAP       IMAP
	AuthServer string // whose word for a sender is believed; empty: the sender's own
}

// IMAP is a mailbox that mail is fetched from. An empty host: none is.
type IMAP struct {
	Host     string
	Port     int
	TLS      string // tls, starttls or none
	User     string
	Password Secret
	Folder   string // empty: INBOX
	Done     string // that mail is moved to; empty: none
}

// maxReplyLocal is how long the part of a reply address before the @ may be:
// with a token, mail servers take 64 characters.
const maxReplyLocal = 11

// A Secret is printed as "[secret]" by everything that prints.
type Secret string

func (Secret) Format(f fmt.State, _ rune)   { io.WriteString(f, "[secret]") }
func (Secret) String() string               { return "[secret]" }
func (Secret) GoString() string             { return "[secret]" }
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"[secret]"`), nil }
func (Secret) MarshalText() ([]byte, error) { return []byte("[secret]"), nil }
func (Secret) LogValue() slog.Value         { return slog.StringValue("[secret]") }

// An Error is a mistake in the configuration, for the person who made it. The
// program shows it and exits with code 2.
type Error struct {
	Setting string // as it was written: a flag, a variable, a file and its key
	Problem string
}

func (e *Error) Error() string { return e.Setting + " " + e.Problem + "." }

// A given is a value and where it was found.
type given struct{ value, where string }

// Load reads the configuration from the arguments after the command and from an
// environment as os.Environ returns it. It creates the data directory when that
// is missing. It returns flag.ErrHelp when help was asked for.
func Load(args, env []string) (*Config, error) {
	flags, rest, err := readFlags(args)
	if err != nil {
		return nil, err
	}
	variables, err := readEnvironment(env)
	if err != nil {
		return nil, err
	}
	above := make(map[string]given) // the file may name neither itself nor its directory
	maps.Copy(above, variables)
	maps.Copy(above, flags)

	c := &Config{Args: rest}
	if err := c.openData(above["data"]); err != nil {
		return nil, err
	}
	all, err := readFile(c.Data, above["config"])
	if err != nil {
		return nil, err
	}
	maps.Copy(all, above)
	return c, c.fill(all)
}

func readFlags(args []string) (map[string]given, []string, error) {
	found := make(map[string]given)
	set := flag.NewFlagSet("vitrine", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	for _, s := range settings {
		if !s.secret {
			set.Func(s.name, "", func(value string) error {
				found[s.name] = given{value, "--" + s.name}
				return nil
			})
		}
	}
	err := set.Parse(args)
	switch {
	case err == nil:
		return found, set.Args(), nil
	case errors.Is(err, flag.ErrHelp):
		return nil, nil, err
	}
	// The library's sentence may quote a value, so only its flag is taken over.
	_, name, ok := strings.Cut(err.Error(), "flag provided but not defined: -")
	if ok {
		return nil, nil, &Error{"--" + name, "is not a setting"}
	}
	if _, name, ok = strings.Cut(err.Error(), "flag needs an argument: -"); ok {
		return nil, nil, &Error{"--" + name, "needs a value"}
	}
	return nil, nil, &Error{"An argument", "is not written as --name=value"}
}

func readEnvironment(env []string) (map[string]given, error) {
	values := make(map[string]string)
	for _, line := range env {
		name, value, _ := strings.Cut(line, "=")
		if strings.HasPrefix(name, "VITRINE_") && !strings.HasPrefix(name, "VITRINE_TEST_") {
			values[name] = value
		}
	}
	return collect(values, func(name string) string { return name })
}

// readFile reads the file at the given place, or vitrine.env in the data
// directory, which may be missing.
func readFile(data string, at given) (map[string]given, error) {
	path, where := at.value, at.where
	if path == "" {
		path, where = filepath.Join(data, "vitrine.env"), "vitrine.env"
	}
	content, err := os.ReadFile(path)
	switch {
	case at.value == "" && errors.Is(err, os.ErrNotExist):
		return make(map[string]given), nil
	case err != nil:
		return nil, &Error{where, "names a file that cannot be read: " + reason(err)}
	}
	values := make(map[string]string)
	secrets := false
	for i, line := range strings.Split(string(content), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		name = strings.TrimSpace(name)
		if !ok {
			return nil, &Error{fmt.Sprintf("Line %d of %s", i+1, filepath.Base(path)), "is not written as KEY=value"}
		}
		if _, twice := values[name]; twice {
			return nil, &Error{name + " in " + filepath.Base(path), "is there twice"}
		}
		values[name] = unquote(strings.TrimSpace(value))
		secrets = secrets || isSecret(name)
	}
	found, err := collect(values, func(name string) string { return name + " in " + filepath.Base(path) })
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"data", "config"} {
		if g, ok := found[name]; ok {
			return nil, &Error{g.where, "cannot be set in this file: use the flag or the environment"}
		}
	}
	if info, err := os.Stat(path); err == nil && secrets && info.Mode().Perm()&0o007 != 0 {
		return nil, &Error{filepath.Base(path), "holds a secret and everybody on this machine may read it: take the others' rights away (chmod o-rwx)"}
	}
	return found, nil
}

func unquote(s string) string {
	if len(s) >= 2 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
		return s[1 : len(s)-1]
	}
	return s
}

func isSecret(variable string) bool {
	return slices.ContainsFunc(settings, func(s setting) bool { return s.secret && s.variable() == variable })
}

// collect finds the setting of each variable, in the order of their names so
// that the same mistakes give the same sentence.
func collect(values map[string]string, where func(name string) string) (map[string]given, error) {
	found := make(map[string]given)
	for _, name := range slices.Sorted(maps.Keys(values)) {
		value, file := values[name], false
		i := slices.IndexFunc(settings, func(s setting) bool { return s.variable() == name })
		if i < 0 {
			i = slices.IndexFunc(settings, func(s setting) bool { return s.secret && s.variable()+"_FILE" == name })
			file = true
		}
		if i < 0 {
			return nil, &Error{where(name), "is not a setting"}
		}
		s := settings[i]
		if other, twice := found[s.name]; twice {
			return nil, &Error{where(name), "and " + other.where + " are both set: keep one"}
		}
		if file {
			content, err := os.ReadFile(value)
			if err != nil {
				return nil, &Error{where(name), "names a file that cannot be read: " + reason(err)}
			}
			value = strings.TrimRight(string(content), "\r\n")
		}
		found[s.name] = given{value, where(name)}
	}
	return found, nil
}

// openData makes the data directory, or makes sure that it is private.
func (c *Config) openData(g given) error {
	if g.value == "" {
		g = given{"data", "--data"}
	}
	path, err := filepath.Abs(g.value)
	if err != nil {
		return &Error{g.where, "is not a directory: " + reason(err)}
	}
	c.Data = path
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		if err := os.MkdirAll(path, 0o700); err != nil {
			return &Error{g.where, "names a directory that cannot be made: " + reason(err)}
		}
		info, err = os.Stat(path)
	}
	switch {
	case err != nil:
		return &Error{g.where, "names a directory that cannot be reached: " + reason(err)}
	case !info.IsDir():
		return &Error{g.where, "names something that is not a directory"}
	case info.Mode().Perm()&0o007 != 0:
		return &Error{g.where, "names a directory that everybody on this machine may enter: take the others' rights away (chmod o-rwx)"}
	}
	if probe, err := os.CreateTemp(path, ".writable-*"); err != nil {
		return &Error{g.where, "names a directory that cannot be written to: " + reason(err)}
	} else {
		probe.Close()
		os.Remove(probe.Name())
	}
	return nil
}

// reason is the system's word for a failure, without the path: a path is a value.
func reason(err error) string {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return "it cannot be used"
}
