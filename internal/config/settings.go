package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A setting is one row of the table that flags, variables, help and
// documentation are made of.
type setting struct {
	name   string // of the flag
	usual  string // the default, in words for people where it is computed
	help   string
	secret bool
	set    func(c *Config, value string) error // nil: read apart from the others
}

// variable is the setting's name in the environment and in the file.
func (s setting) variable() string {
	return "VITRINE_" + strings.ToUpper(strings.ReplaceAll(s.name, "-", "_"))
}

var settings = []setting{
	{name: "data", usual: "./data",
		help: "The directory of the database, the server key and everything else that is kept. It is made when missing; one that others on the machine may enter is refused."},
	{name: "config", usual: "vitrine.env in the data directory",
		help: "A file with lines KEY=value, where a key is one of the variables of this table."},
	{name: "database", usual: "sqlite: in the data directory", secret: true, set: (*Config).setDatabase,
		help: "Where the database is: sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME."},
	{name: "storage", usual: "disk: files in the data directory", set: (*Config).setStorage,
		help: "Where the files are: disk:PATH, or s3://BUCKET?endpoint=https://HOST&region=REGION on a server that speaks S3. The bucket is there already; s3://BUCKET/PREFIX?… uses a part of it. Without an endpoint it is Amazon's."},
	{name: "s3-access-key", usual: "none", secret: true, set: func(c *Config, v string) error { c.Storage.AccessKey = Secret(v); return nil },
		help: "The access key for a storage on s3://."},
	{name: "s3-secret-key", usual: "none", secret: true, set: func(c *Config, v string) error { c.Storage.SecretKey = Secret(v); return nil },
		help: "The secret that belongs to it."},
	{name: "base-url", usual: "http://localhost:PORT when listening on this machine alone", set: (*Config).setBaseURL,
		help: "The address at which people reach the portal, such as https://portal.example.com. Every link in a mail begins with it."},
	{name: "files-url", usual: "the other name of this machine with a base-url on it, else off", set: (*Config).setFilesURL,
		help: "A second address of the portal, on a host of its own such as https://files.example.com, for the files that people upload: there a hostile one reaches nobody's session. Point it at the same server. off, and originals can be downloaded but not looked at."},
	{name: "insecure-http", usual: "no",
		help: "yes allows a base-url with http:// outside this machine. Passwords then travel readable: for trials only."},
	{name: "listen", usual: "127.0.0.1:8080", set: (*Config).setListen,
		help: "The address and port to listen on. The usual value is reached from this machine alone, by a browser or by a proxy that adds TLS; :8080 listens on every interface."},
	{name: "previews", usual: "on", set: (*Config).setPreviews,
		help: "off makes no pictures of files. What they are made with, and how it is shut in, vitrine doctor says."},
	{name: "clamd", usual: "none: files are not looked through", set: (*Config).setClamd,
		help: "A clamd that looks through each file for viruses: unix:/run/clamav/clamd.ctl or HOST:PORT. What it finds is handed out to nobody. It takes files up to its own StreamMaxLength; larger ones are marked as not looked at."},
	{name: "clamd-policy", usual: "hold", set: (*Config).setClamdPolicy,
		help: "What happens while clamd has not answered: hold keeps a file from everybody until it has, mark hands it out with a mark."},
	{name: "sign-certificate", usual: "one of its own", set: func(c *Config, v string) error { c.SignCertificate = v; return nil },
		help: "A PEM file with the certificate that certificates of sign-offs are signed with, and those above it. RSA or ECDSA. Without one the portal signs with a key of its own, which comes of the server key and for which nobody else vouches."},
	{name: "sign-key", usual: "its own", set: func(c *Config, v string) error { c.SignKey = v; return nil },
		help: "A PEM file with its key."},
	{name: "trusted-proxies", usual: "none", set: (*Config).setTrustedProxies,
		help: "The networks of proxies in front, such as 127.0.0.1/32,10.0.0.0/8. Only they are believed about who is calling."},
	{name: "smtp-host", usual: "none: no mail is sent", set: func(c *Config, v string) error { c.SMTP.Host = v; return hostName(v) },
		help: "The mail server that takes outgoing mail."},
	{name: "smtp-port", usual: "587 for starttls, 465 for tls, 25 for none", set: (*Config).setSMTPPort,
		help: "Its port."},
	{name: "smtp-tls", usual: "starttls", set: (*Config).setSMTPTLS,
		help: "How the connection to it is encrypted: starttls (required, never skipped), tls (from the first byte) or none (for a relay on this machine)."},
	{name: "smtp-user", usual: "none", set: func(c *Config, v string) error { c.SMTP.User = v; return nil },
		help: "The name to sign in to it with."},
	{name: "smtp-password", usual: "none", secret: true, set: func(c *Config, v string) error { c.SMTP.Password = Secret(v); return nil },
		help: "The password to sign in to it with."},
	{name: "smtp-timeout", usual: "90s", set: (*Config).setSMTPTimeout,
		help: "How long one message may take. Some servers keep strangers waiting for a minute."},
	{name: "mail-from", usual: "none; needed with smtp-host", set: (*Config).setMailFrom,
		help: "The address that every mail comes from, such as Honcho Design <portal@example.com>."},
	{name: "dkim-selector", usual: "none: asked for where mail is looked at", set: (*Config).setDKIMSelector,
		help: "The selector of the DKIM key that mail-from's mail is signed with, such as s1 where the key stands at s1._domainkey.example.com. Nothing is signed here: the doctor looks at the key."},
	{name: "dns-server", usual: "the system's", set: func(c *Config, v string) error { c.DNSServer = v; return listenAddress(v) },
		help: "The DNS server that the doctor asks what the world knows of mail-from's domain, HOST:PORT, such as 9.9.9.9:53: for networks whose own answers otherwise."},
	{name: "reply-address", usual: "none: answers by mail go to nobody", set: (*Config).setReplyAddress,
		help: "An address for answers by mail, such as reply@in.example.com. Each mail is answered to an address of its own, with a + and a token after reply: all mail for reply+…@in.example.com has to come in by lmtp-listen or imap-host. What bounces comes there too."},
	{name: "lmtp-listen", usual: "off", set: (*Config).setLMTP,
		help: "Where a mail server on this machine delivers that mail by LMTP: unix:PATH or HOST:PORT. It asks for no password: keep it away from the internet."},
	{name: "imap-host", usual: "none: no mailbox is read", set: func(c *Config, v string) error { c.MailIn.IMAP.Host = v; return hostName(v) },
		help: "A server with a mailbox that such mail goes to. The mailbox is the portal's own: what is unseen in it is taken, and marked as seen."},
	{name: "imap-port", usual: "993 for tls, 143 for starttls and none", set: (*Config).setIMAPPort,
		help: "Its port."},
	{name: "imap-tls", usual: "tls", set: (*Config).setIMAPTLS,
		help: "How the connection to it is encrypted: tls (from the first byte), starttls (required, never skipped) or none (for a server on this machine)."},
	{name: "imap-user", usual: "none; needed with imap-host", set: func(c *Config, v string) error { c.MailIn.IMAP.User = v; return nil },
		help: "The name to sign in to it with."},
	{name: "imap-password", usual: "none; needed with imap-host", secret: true, set: func(c *Config, v string) error { c.MailIn.IMAP.Password = Secret(v); return nil },
		help: "The password to sign in to it with."},
	{name: "imap-folder", usual: "INBOX", set: func(c *Config, v string) error { c.MailIn.IMAP.Folder = v; return nil },
		help: "The folder that is read."},
	{name: "imap-done", usual: "none: it stays where it is", set: func(c *Config, v string) error { c.MailIn.IMAP.Done = v; return nil },
		help: "A folder that mail is moved to once it was taken."},
	{name: "mail-auth-server", usual: "none set; needed with lmtp-listen or imap-host", set: (*Config).setAuthServer,
		help: "The name by which the mail server that receives the mail begins its Authentication-Results lines, such as mx.example.com: an answer is posted when that server vouches for its sender, and held otherwise. none believes the sender's address: whoever has seen a reply address and knows whose it is can then write as them."},
	{name: "key-file", usual: "vitrine.key in the data directory", set: func(c *Config, v string) error { c.KeyFile = v; return nil },
		help: "A file with the server key: 64 hexadecimal digits. Without it a key is made on the first start. Several nodes need the same key."},
	{name: "previous-key-file", usual: "none", set: func(c *Config, v string) error { c.PreviousKeyFile = v; return nil },
		help: "A file with the server key before this one: answers to mails that were sent with it still arrive. Other links that were sent with it work no more."},
	{name: "log-level", usual: "info", set: (*Config).setLogLevel,
		help: "debug, info, warn or error."},
	{name: "metrics-listen", usual: "off", set: (*Config).setMetrics,
		help: "An address and port for metrics and profiling. It asks for no password: keep it away from the internet."},
}

// fill sets every setting from what was given, then the computed defaults.
func (c *Config) fill(all map[string]given) error {
	c.Database = Secret("sqlite:" + filepath.Join(c.Data, "vitrine.db"))
	c.Storage.Disk = filepath.Join(c.Data, "files")
	c.Listen = "127.0.0.1:8080"
	c.Previews, c.ClamdHolds = true, true
	c.SMTP.TLS, c.SMTP.Timeout = "starttls", 90*time.Second
	c.MailIn.IMAP.TLS = "tls"
	for _, s := range settings {
		g, ok := all[s.name]
		if !ok || s.set == nil {
			continue
		}
		if g.value == "" {
			return &Error{g.where, "is empty: give it a value or leave it out"}
		}
		if err := s.set(c, g.value); err != nil {
			return &Error{g.where, err.Error()}
		}
	}
	if err := c.fillBaseURL(all["base-url"], all["insecure-http"]); err != nil {
		return err
	}
	if err := c.fillFilesURL(all["files-url"]); err != nil {
		return err
	}
	if err := c.fillStorage(all); err != nil {
		return err
	}
	if g, ok := all["clamd-policy"]; ok && c.Clamd == "" {
		return &Error{g.where, "is set, but VITRINE_CLAMD is not"}
	}
	if err := c.fillMail(all); err != nil {
		return err
	}
	return c.fillMailIn(all)
}

func (c *Config) setDatabase(v string) error {
	if path, ok := strings.CutPrefix(v, "sqlite:"); ok && path != "" {
		c.Database = Secret(v)
		return nil
	}
	u, err := url.Parse(v)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" || u.Host == "" && u.Query().Get("host") == "" {
		return errors.New("is neither sqlite:PATH nor postgres://USER:PASSWORD@HOST/NAME")
	}
	c.Database = Secret(v)
	return nil
}

func (c *Config) setStorage(v string) error {
	if dir, ok := strings.CutPrefix(v, "disk:"); ok && dir != "" {
		dir, err := filepath.Abs(dir)
		c.Storage.Disk = dir
		return err
	}
	u, err := url.Parse(v)
	if err != nil || u.Scheme != "s3" || u.Host == "" || u.User != nil || u.Fragment != "" {
		return errors.New("is neither disk:PATH nor s3://BUCKET?endpoint=https://HOST&region=REGION; the keys are settings of their own")
	}
	c.Storage.Disk, c.Storage.Bucket = "", u.Host
	if prefix := strings.Trim(u.Path, "/"); prefix != "" {
		c.Storage.Prefix = prefix + "/"
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return errors.New("has something after ? that is not written as endpoint=…&region=…")
	}
	for name := range query {
		if name != "endpoint" && name != "region" {
			return errors.New("has something after ? that is neither endpoint nor region")
		}
	}
	c.Storage.Region = query.Get("region")
	if c.Storage.Region == "" {
		c.Storage.Region = "us-east-1"
	}
	endpoint := query.Get("endpoint")
	if endpoint == "" {
		endpoint = "https://s3." + c.Storage.Region + ".amazonaws.com"
	}
	if c.Storage.Endpoint, err = origin(endpoint); err != nil {
		return errors.New("has an endpoint that is not https:// and a host, nor http:// and a host")
	}
	return nil
}

// fillStorage holds that the settings of the storage make sense together.
func (c *Config) fillStorage(all map[string]given) error {
	for _, name := range []string{"s3-access-key", "s3-secret-key"} {
		switch g, ok := all[name]; {
		case ok && c.Storage.Bucket == "":
			return &Error{g.where, "is set, but VITRINE_STORAGE is not on s3://"}
		case !ok && c.Storage.Bucket != "":
			return &Error{"VITRINE_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_")), "is needed with a storage on s3://"}
		}
	}
	return nil
}

func (c *Config) setBaseURL(v string) (err error) {
	c.BaseURL, err = origin(v)
	return err
}

func (c *Config) setFilesURL(v string) (err error) {
	if v != "off" {
		c.FilesURL, err = origin(v)
	}
	return err
}

// origin reads an address that is a scheme and a host.
func origin(v string) (*url.URL, error) {
	u, err := url.Parse(v)
	switch {
	case err != nil, u.Scheme != "https" && u.Scheme != "http", u.Hostname() == "":
		return nil, errors.New("is not an address that begins with https:// and a host")
	case u.User != nil:
		return nil, errors.New("has a user or a password in it: leave them out")
	case u.Path != "" && u.Path != "/":
		return nil, errors.New("has a path: the portal needs a host of its own")
	case u.RawQuery != "" || u.ForceQuery || strings.Contains(v, "#"):
		return nil, errors.New("has something after the host: leave out ? and #")
	case u.Port() != "" && !isPort(u.Port()):
		return nil, errors.New("has a port that is not a number from 1 to 65535")
	}
	if err := hostName(u.Hostname()); err != nil {
		return nil, err
	}
	return &url.URL{Scheme: u.Scheme, Host: strings.ToLower(u.Host)}, nil
}

// fillBaseURL finds the address when none was given, and holds it to TLS.
func (c *Config) fillBaseURL(g, insecure given) error {
	if insecure.value != "" && insecure.value != "yes" && insecure.value != "no" {
		return &Error{insecure.where, "is neither yes nor no"}
	}
	if c.BaseURL == nil {
		host, port, _ := net.SplitHostPort(c.Listen)
		if !isLoopback(host) {
			return &Error{"VITRINE_BASE_URL", "is needed when the portal listens beyond this machine: it is the address that people open"}
		}
		c.BaseURL = &url.URL{Scheme: "http", Host: net.JoinHostPort("localhost", port)}
		return nil
	}
	if c.BaseURL.Scheme == "http" && !isLoopback(c.BaseURL.Hostname()) && insecure.value != "yes" {
		return &Error{g.where, "begins with http://, so passwords would travel readable: use https://, or set VITRINE_INSECURE_HTTP=yes for a trial"}
	}
	return nil
}

// fillFilesURL holds that files have a host of their own. A portal on this
// machine alone has one in the other name of the machine.
func (c *Config) fillFilesURL(g given) error {
	switch {
	case g.value == "" && isLoopback(c.BaseURL.Hostname()):
		c.FilesURL = &url.URL{Scheme: c.BaseURL.Scheme, Host: c.otherName()}
		return nil
	case c.FilesURL == nil:
		return nil
	case c.FilesURL.Hostname() == c.BaseURL.Hostname():
		return &Error{g.where, "has the host of the base-url: files need another, to keep them away from people's sessions"}
	case c.FilesURL.Scheme != c.BaseURL.Scheme:
		return &Error{g.where, "begins otherwise than the base-url: both are https://, or both are http://"}
	}
	return nil
}

// otherName is another name for the host of a base-url on this machine.
func (c *Config) otherName() string {
	name := "localhost"
	if c.BaseURL.Hostname() == name {
		name = "127.0.0.1"
		if host, _, _ := net.SplitHostPort(c.Listen); host == "::1" {
			name = host
		}
	}
	switch port := c.BaseURL.Port(); {
	case port != "":
		return net.JoinHostPort(name, port)
	case strings.Contains(name, ":"):
		return "[" + name + "]"
	}
	return name
}

func (c *Config) setListen(v string) error {
	c.Listen = v
	return listenAddress(v)
}

func (c *Config) setMetrics(v string) error {
	if v == "off" {
		return nil
	}
	c.Metrics = v
	return listenAddress(v)
}

func listenAddress(v string) error {
	host, port, err := net.SplitHostPort(v)
	if err != nil || port != "0" && !isPort(port) {
		return errors.New("is not an address and a port, such as 127.0.0.1:8080 or :8080")
	}
	if _, err := netip.ParseAddr(host); err != nil && host != "" && host != "localhost" {
		return errors.New("needs an IP address, localhost or nothing before the port")
	}
	return nil
}

func (c *Config) setPreviews(v string) error {
	if v != "on" && v != "off" {
		return errors.New("is neither on nor off")
	}
	c.Previews = v == "on"
	return nil
}

func (c *Config) setClamd(v string) error {
	if path, ok := strings.CutPrefix(v, "unix:"); !ok || !filepath.IsAbs(path) {
		host, port, err := net.SplitHostPort(v)
		if err != nil || !isPort(port) || hostName(host) != nil {
			return errors.New("is neither unix:/PATH nor HOST:PORT")
		}
	}
	c.Clamd = v
	return nil
}

func (c *Config) setClamdPolicy(v string) error {
	if v != "hold" && v != "mark" {
		return errors.New("is neither hold nor mark")
	}
	c.ClamdHolds = v == "hold"
	return nil
}

func (c *Config) setTrustedProxies(v string) error {
	for part := range strings.FieldsFuncSeq(v, func(r rune) bool { return r == ',' || r == ' ' }) {
		prefix, err := netip.ParsePrefix(part)
		if err != nil {
			addr, err := netip.ParseAddr(part)
			if err != nil {
				return errors.New("is not a list of networks such as 127.0.0.1/32,10.0.0.0/8")
			}
			prefix = netip.PrefixFrom(addr, addr.BitLen())
		}
		if prefix.Bits() == 0 {
			return errors.New("trusts the whole internet: name the networks of your proxies")
		}
		c.TrustedProxies = append(c.TrustedProxies, prefix.Masked())
	}
	return nil
}

func (c *Config) setSMTPPort(v string) error {
	if !isPort(v) {
		return errors.New("is not a number from 1 to 65535")
	}
	c.SMTP.Port, _ = strconv.Atoi(v)
	return nil
}

func (c *Config) setSMTPTLS(v string) error {
	if v != "starttls" && v != "tls" && v != "none" {
		return errors.New("is not one of starttls, tls and none")
	}
	c.SMTP.TLS = v
	return nil
}

func (c *Config) setSMTPTimeout(v string) error {
	d, err := time.ParseDuration(v)
	if err != nil || d < time.Second || d > 100*time.Second {
		return errors.New("is not a time from 1s to 100s")
	}
	c.SMTP.Timeout = d
	return nil
}

func (c *Config) setMailFrom(v string) error {
	a, err := mail.ParseAddress(v)
	if err != nil {
		return errors.New("is not an e-mail address such as Honcho Design <portal@example.com>")
	}
	c.MailFrom = *a
	return nil
}

// fillMail holds that the settings of mail make sense together.
func (c *Config) fillMail(all map[string]given) error {
	switch {
	case c.SMTP.Host == "":
		for _, name := range []string{"smtp-port", "smtp-tls", "smtp-user", "smtp-password"} {
			if g, ok := all[name]; ok {
				return &Error{g.where, "is set, but VITRINE_SMTP_HOST is not"}
			}
		}
	case c.MailFrom.Address == "":
		return &Error{"VITRINE_MAIL_FROM", "is needed with a mail server: it is the address that mail comes from"}
	case c.SMTP.User != "" && c.SMTP.Password == "":
		return &Error{all["smtp-user"].where, "is set, but VITRINE_SMTP_PASSWORD is not"}
	case c.SMTP.User == "" && c.SMTP.Password != "":
		return &Error{all["smtp-password"].where, "is set, but VITRINE_SMTP_USER is not"}
	case c.SMTP.TLS == "none" && c.SMTP.User != "" && !isLoopback(c.SMTP.Host):
		return &Error{all["smtp-tls"].where, "is none, so the mail server's password would travel readable: use starttls or tls"}
	}
	if c.SMTP.Port == 0 {
		c.SMTP.Port = map[string]int{"starttls": 587, "tls": 465, "none": 25}[c.SMTP.TLS]
	}
	return nil
}

func (c *Config) setReplyAddress(v string) error {
	a, err := mail.ParseAddress(v)
	at := strings.LastIndexByte(v, '@')
	if err != nil || a.Address != v || at < 1 || strings.ContainsAny(v[:at], `+"\`) || hostName(v[at+1:]) != nil {
		return errors.New("is not an e-mail address such as reply@in.example.com, without a name and a +")
	}
	if at > maxReplyLocal {
		return fmt.Errorf("has more than %d characters before the @: there has to be room for a token", maxReplyLocal)
	}
	c.MailIn.Address = strings.ToLower(v)
	return nil
}

func (c *Config) setLMTP(v string) error {
	if path, ok := strings.CutPrefix(v, "unix:"); !ok || !filepath.IsAbs(path) {
		host, port, err := net.SplitHostPort(v)
		if err != nil || !isPort(port) || host == "" || hostName(host) != nil {
			return errors.New("is neither unix:/PATH nor HOST:PORT")
		}
	}
	c.MailIn.LMTP = v
	return nil
}

func (c *Config) setIMAPPort(v string) error {
	if !isPort(v) {
		return errors.New("is not a number from 1 to 65535")
	}
	c.MailIn.IMAP.Port, _ = strconv.Atoi(v)
	return nil
}

func (c *Config) setIMAPTLS(v string) error {
	if v != "starttls" && v != "tls" && v != "none" {
		return errors.New("is not one of tls, starttls and none")
	}
	c.MailIn.IMAP.TLS = v
	return nil
}

func (c *Config) setDKIMSelector(v string) error {
	if !selectorForm.MatchString(v) {
		return errors.New("is not a selector such as s1 or 2026-11.mail")
	}
	c.DKIMSelector = v
	return nil
}

var selectorForm = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,120}$`)

func (c *Config) setAuthServer(v string) error {
	if strings.ContainsAny(v, " ;=\"()") {
		return errors.New("is not the name of a mail server such as mx.example.com, or none")
	}
	c.MailIn.AuthServer = v
	return nil
}

// fillMailIn holds that the settings of mail that comes in make sense together.
func (c *Config) fillMailIn(all map[string]given) error {
	in := &c.MailIn
	if in.IMAP.Host == "" {
		for _, name := range []string{"imap-port", "imap-tls", "imap-user", "imap-password", "imap-folder", "imap-done"} {
			if g, ok := all[name]; ok {
				return &Error{g.where, "is set, but VITRINE_IMAP_HOST is not"}
			}
		}
	}
	comes := in.IMAP.Host != "" || in.LMTP != ""
	switch {
	case !comes && in.Address != "":
		return &Error{all["reply-address"].where, "is set, but no way for mail to come in is: set VITRINE_LMTP_LISTEN or VITRINE_IMAP_HOST"}
	case !comes && in.AuthServer != "":
		return &Error{all["mail-auth-server"].where, "is set, but no way for mail to come in is: set VITRINE_LMTP_LISTEN or VITRINE_IMAP_HOST"}
	case !comes:
		return nil
	case in.Address == "":
		return &Error{"VITRINE_REPLY_ADDRESS", "is needed where mail comes in: it is the address that answers come to"}
	case in.AuthServer == "":
		return &Error{"VITRINE_MAIL_AUTH_SERVER", "is needed where mail comes in: it says whose word for a sender is believed, and may be none"}
	case in.IMAP.Host != "" && in.IMAP.User == "":
		return &Error{"VITRINE_IMAP_USER", "is needed with a mailbox"}
	case in.IMAP.Host != "" && in.IMAP.Password == "":
		return &Error{"VITRINE_IMAP_PASSWORD", "is needed with a mailbox"}
	case in.IMAP.TLS == "none" && !isLoopback(in.IMAP.Host):
		return &Error{all["imap-tls"].where, "is none, so the mailbox's password would travel readable: use tls or starttls"}
	}
	if in.AuthServer == "none" {
		in.AuthServer = ""
	}
	if in.IMAP.Port == 0 {
		in.IMAP.Port = map[string]int{"tls": 993, "starttls": 143, "none": 143}[in.IMAP.TLS]
	}
	return nil
}

func (c *Config) setLogLevel(v string) error {
	level, ok := map[string]slog.Level{
		"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
	}[v]
	if !ok {
		return errors.New("is not one of debug, info, warn and error")
	}
	c.LogLevel = level
	return nil
}

func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

func hostName(host string) error {
	if _, err := netip.ParseAddr(host); err == nil {
		return nil
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(host, "."), ".") {
		const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
		if label == "" || len(label) > 63 || strings.Trim(label, letters) != "" {
			return errors.New("has a host that is not a name such as portal.example.com (write other alphabets as xn--…)")
		}
	}
	return nil
}
