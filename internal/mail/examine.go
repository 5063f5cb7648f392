package mail

import (
	"cmp"
	"context"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The states of a Finding.
const (
	Good     = "ok"
	Doubtful = "warn"
	Bad      = "fail"
)

// A Finding is one thing found out about how mail goes out.
type Finding struct {
	State   string
	About   string   // one of Abouts
	What    string   // what was found, in a word
	Details []string // pairs of a name and a value, for a sentence
}

// Abouts is what an examination looks at, in the order of its findings.
var Abouts = []string{"connection", "encryption", "signing_in", "spf", "dkim", "dmarc", "answers"}

// An Examination asks how well the mail of a Sender is set up.
type Examination struct {
	Returns  string        // the address that failure reports and answers come to; empty: the portal's own
	Selector string        // of the DKIM key; empty: not known
	Resolver *net.Resolver // nil: the system's
}

const (
	examineServer = 8 * time.Second // to talk to the mail server
	examineNames  = 5 * time.Second // to ask for all names
	soonEnds      = 14 * 24 * time.Hour
)

// DNSServer returns a resolver that asks one server, HOST:PORT.
func DNSServer(address string) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, address)
	}}
}

// SelectorForm is what a DKIM selector looks like.
var SelectorForm = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?){0,3}$`)

// Examine talks to the configured server up to the point where it would send,
// and asks for what the world's mail servers look up about the portal's
// address. It connects to nothing else, and takes ten seconds at most.
func (s *Sender) Examine(ctx context.Context, e Examination) []Finding {
	portal, err := address(s.config.From)
	if err != nil || !s.Configured() {
		return []Finding{{Bad, "connection", "unset", nil}}
	}
	x := &examiner{sender: s, from: Domain(portal.Address), returns: Domain(portal.Address), e: e, names: cmp.Or(e.Resolver, net.DefaultResolver)}
	if e.Returns != "" {
		x.returns = Domain(e.Returns)
	}
	var all sync.WaitGroup
	parts := make([][]Finding, 5)
	all.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, min(s.config.Timeout, examineServer))
		defer cancel()
		parts[0] = x.server(ctx)
	})
	ask, cancel := context.WithTimeout(ctx, examineNames)
	defer cancel()
	for i, look := range []func(context.Context) []Finding{x.spf, x.dkim, x.dmarc, x.answers} {
		all.Go(func() { parts[i+1] = look(ask) })
	}
	all.Wait()
	return slices.Concat(parts...)
}

// An examiner makes one examination.
type examiner struct {
	sender  *Sender
	from    string // the domain of the portal's address
	returns string // and of the envelope
	e       Examination
	names   *net.Resolver
}

// server connects, encrypts and signs in as Send does.
func (x *examiner) server(ctx context.Context) []Finding {
	c := x.sender.config
	d := &dial{sender: x.sender, ctx: ctx}
	defer d.close()
	err := x.sender.greet(ctx, d, x.from)
	at := []string{"host", c.Host, "port", strconv.Itoa(c.Port)}
	var f Failure
	if err != nil {
		f = d.failure(err)
	}
	said := append(at, "reason", f.words())
	if f.Stage == "connecting" {
		return []Finding{{Bad, "connection", "unreachable", said}}
	}
	found := []Finding{{Good, "connection", "open", at}}
	var untrusted *tls.CertificateVerificationError
	var notTLS tls.RecordHeaderError
	local := c.Host == "localhost"
	if ip, err := netip.ParseAddr(c.Host); err == nil {
		local = ip.IsLoopback()
	}
	switch {
	case errors.As(err, &untrusted):
		return append(found, Finding{Bad, "encryption", "untrusted", append(at, "reason", untrusted.Err.Error())})
	case errors.As(err, &notTLS), err != nil && strings.Contains(err.Error(), "does not support STARTTLS"):
		return append(found, Finding{Bad, "encryption", "missing", at})
	case f.Stage == "greeting":
		return []Finding{{Bad, "connection", "refused", said}}
	case c.TLS == Plain && local:
		found = append(found, Finding{Good, "encryption", "local", at})
	case c.TLS == Plain:
		found = append(found, Finding{Bad, "encryption", "off", at})
	default:
		until := d.secured.PeerCertificates[0].NotAfter
		found = append(found, Finding{Good, "encryption", "on", append(at, "until", until.Format(time.DateOnly))})
		if time.Until(until) < soonEnds {
			found[1].State, found[1].What = Doubtful, "ending"
		}
	}
	switch {
	case f.Stage == "signing in":
		found = append(found, Finding{Bad, "signing_in", "refused", append(said, "user", c.User)})
	case c.User == "":
		found = append(found, Finding{Good, "signing_in", "none", at})
	default:
		found = append(found, Finding{Good, "signing_in", "done", append(at, "user", c.User)})
	}
	return found
}

// words are what is known of a failure, without a person's name.
func (f *Failure) words() string {
	if f.Code != 0 {
		return strings.TrimSpace(strconv.Itoa(f.Code) + " " + f.Enhanced)
	}
	return f.Reason
}

// records are the texts at a name that begin with a mark; none when there are
// none.
func (x *examiner) records(ctx context.Context, name, mark string) (found []string, err error) {
	all, err := x.names.LookupTXT(ctx, name+".")
	var missing *net.DNSError
	if errors.As(err, &missing) && missing.IsNotFound {
		return nil, nil
	}
	for _, text := range all {
		if version, _, _ := strings.Cut(strings.ReplaceAll(text, ";", " "), " "); mark == "" || strings.EqualFold(version, mark) {
			found = append(found, text)
		}
	}
	return found, err
}

// unasked is a finding that a name could not be asked for.
func unasked(about, name string, err error) []Finding {
	reason := err.Error()
	var d *net.DNSError
	if errors.As(err, &d) {
		reason = d.Err
	}
	return []Finding{{Doubtful, about, "unasked", []string{"name", name, "reason", reason}}}
}

// spf asks who may send for the envelope's domain, and whether the configured
// server is among them.
func (x *examiner) spf(ctx context.Context) []Finding {
	at := []string{"domain", x.returns, "host", x.sender.config.Host}
	one := func(state, what string) []Finding { return []Finding{{state, "spf", what, at}} }
	all, err := x.records(ctx, x.returns, "v=spf1")
	switch {
	case err != nil:
		return unasked("spf", x.returns, err)
	case len(all) == 0:
		return one(Bad, "absent")
	case len(all) > 1:
		return one(Bad, "several")
	}
	s := &spf{x: x, left: 10}
	ips, _ := x.names.LookupNetIP(ctx, "ip", x.sender.config.Host)
	for _, ip := range ips {
		if ip = ip.Unmap(); !ip.IsLoopback() && !ip.IsPrivate() {
			s.ips = append(s.ips, ip)
		}
	}
	verdict, err := s.judge(ctx, all[0])
	switch {
	case errors.Is(err, errManyLookups):
		return one(Bad, "long")
	case err != nil:
		return unasked("spf", x.returns, err)
	case verdict == '+' && s.all:
		return one(Bad, "open")
	case verdict == '+':
		return one(Good, "allows")
	case verdict != '-' && verdict != '~':
		return one(Doubtful, "weak")
	case len(s.ips) == 0:
		return one(Good, "present")
	}
	return one(Doubtful, "elsewhere")
}

var errManyLookups = errors.New("mail: more than ten lookups")

// spf judges a record (RFC 7208) for addresses, as far as a setting that names
// servers goes: what depends on the sender of each mail does not match.
type spf struct {
	x    *examiner
	ips  []netip.Addr
	left int  // lookups that receivers would still make
	all  bool // it was "all" that matched
}

// judge returns the qualifier of what matches first: + - ~ or ?, or 0.
func (s *spf) judge(ctx context.Context, record string) (byte, error) {
	redirect := ""
	for _, term := range strings.Fields(record)[1:] {
		term = strings.ToLower(term)
		if to, ok := strings.CutPrefix(term, "redirect="); ok {
			redirect = to
			continue
		}
		qualifier := byte('+')
		if strings.IndexByte("+-~?", term[0]) >= 0 {
			qualifier, term = term[0], term[1:]
		}
		matched, err := s.matches(ctx, term)
		if err != nil || matched {
			return qualifier, err
		}
	}
	if redirect == "" {
		return 0, nil
	}
	return s.below(ctx, redirect)
}

// below judges the record of another domain.
func (s *spf) below(ctx context.Context, domain string) (byte, error) {
	if s.left--; s.left < 0 {
		return 0, errManyLookups
	}
	if strings.Contains(domain, "%") {
		return 0, nil
	}
	all, err := s.x.records(ctx, domain, "v=spf1")
	if err != nil || len(all) != 1 {
		return 0, err
	}
	return s.judge(ctx, all[0])
}

func (s *spf) matches(ctx context.Context, term string) (bool, error) {
	name, value, _ := strings.Cut(term, ":")
	switch name {
	case "all":
		s.all = true
		return true, nil
	case "ip4", "ip6":
		return s.within(value), nil
	case "include":
		verdict, err := s.below(ctx, value)
		matched := verdict == '+'
		s.all = s.all && matched
		return matched, err
	}
	name, bits, _ := strings.Cut(term, "/")
	name, value, _ = strings.Cut(name, ":")
	if name != "a" && name != "mx" {
		if name == "exists" || name == "ptr" {
			s.left--
		}
		return false, nil
	}
	if s.left--; s.left < 0 {
		return false, errManyLookups
	}
	hosts := []string{cmp.Or(value, s.x.returns)}
	if name == "mx" {
		all, _ := s.x.names.LookupMX(ctx, hosts[0]+".")
		hosts = nil
		for _, mx := range all[:min(len(all), 10)] {
			hosts = append(hosts, strings.TrimSuffix(mx.Host, "."))
		}
	}
	for _, host := range hosts {
		if strings.Contains(host, "%") {
			continue
		}
		ips, _ := s.x.names.LookupNetIP(ctx, "ip", host+".")
		for _, ip := range ips {
			ip = ip.Unmap()
			net := ip.String()
			if bits != "" && ip.Is4() {
				net += "/" + bits
			}
			if s.within(net) {
				return true, nil
			}
		}
	}
	return false, nil
}

// within reports whether one of the addresses is in a network.
func (s *spf) within(network string) bool {
	p, err := netip.ParsePrefix(network)
	if err != nil {
		ip, err := netip.ParseAddr(network)
		if err != nil {
			return false
		}
		p = netip.PrefixFrom(ip, ip.BitLen())
	}
	return slices.ContainsFunc(s.ips, p.Contains)
}

// dkim asks for the key that mail is signed with.
func (x *examiner) dkim(ctx context.Context) []Finding {
	if x.e.Selector == "" {
		return []Finding{{Doubtful, "dkim", "unknown", []string{"domain", x.from}}}
	}
	name := x.e.Selector + "._domainkey." + x.from
	at := []string{"name", name}
	one := func(state, what string) []Finding { return []Finding{{state, "dkim", what, at}} }
	all, err := x.records(ctx, name, "")
	switch {
	case err != nil:
		return unasked("dkim", name, err)
	case len(all) == 0:
		return one(Bad, "absent")
	case len(all) > 1:
		return one(Bad, "several")
	}
	tags := tagsOf(all[0])
	key, held := tags["p"]
	switch version, said := tags["v"]; {
	case said && version != "DKIM1", !held:
		return one(Bad, "unreadable")
	case key == "":
		return one(Bad, "revoked")
	}
	raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(key), ""))
	if tags["k"] == "ed25519" {
		if err != nil || len(raw) != 32 {
			return one(Bad, "unreadable")
		}
		return one(Good, "there")
	}
	var parsed any
	if err == nil {
		if parsed, err = x509.ParsePKIXPublicKey(raw); err != nil {
			parsed, err = x509.ParsePKCS1PublicKey(raw)
		}
	}
	public, ok := parsed.(*rsa.PublicKey)
	if err != nil || !ok {
		return one(Bad, "unreadable")
	}
	bits := public.N.BitLen()
	at = append(at, "bits", strconv.Itoa(bits))
	switch {
	case bits < 1024:
		return one(Bad, "short")
	case bits < 2048:
		return one(Doubtful, "short")
	}
	return one(Good, "there")
}

// tagsOf reads "a=b; c=d".
func tagsOf(record string) map[string]string {
	tags := map[string]string{}
	for part := range strings.SplitSeq(record, ";") {
		if name, value, ok := strings.Cut(part, "="); ok {
			tags[strings.ToLower(strings.TrimSpace(name))] = strings.TrimSpace(value)
		}
	}
	return tags
}

// dmarc asks what is to happen with mail that only claims to be the portal's,
// at its domain or the next one above that says so, and whether SPF speaks for
// the address that people read.
func (x *examiner) dmarc(ctx context.Context) []Finding {
	record, at, err := x.policy(ctx, x.from)
	if err != nil {
		return unasked("dmarc", "_dmarc."+x.from, err)
	}
	tags := tagsOf(record)
	policy := strings.ToLower(tags["p"])
	if sub := strings.ToLower(tags["sp"]); sub != "" && at != x.from {
		policy = sub
	}
	details := []string{"domain", cmp.Or(at, x.from), "policy", policy}
	var found []Finding
	switch {
	case record == "":
		return []Finding{{Bad, "dmarc", "absent", details}}
	case record == several:
		return []Finding{{Bad, "dmarc", "several", details}}
	case policy == "none":
		found = []Finding{{Doubtful, "dmarc", "watching", details}}
	case policy == "quarantine", policy == "reject":
		found = []Finding{{Good, "dmarc", "there", details}}
	default:
		return []Finding{{Bad, "dmarc", "unreadable", details}}
	}
	if x.returns == x.from {
		return found
	}
	_, other, err := x.policy(ctx, x.returns)
	if err == nil && (other != at || strings.EqualFold(tags["aspf"], "s")) {
		found = append(found, Finding{Doubtful, "dmarc", "apart", []string{"domain", x.from, "returns", x.returns}})
	}
	return found
}

// several stands for more than one record, which count as none.
const several = "several"

// policy is the record of a domain, or of the next one above it that has one,
// and whose it is.
func (x *examiner) policy(ctx context.Context, domain string) (record, at string, err error) {
	for at = domain; strings.Contains(at, "."); _, at, _ = strings.Cut(at, ".") {
		all, err := x.records(ctx, "_dmarc."+at, "v=dmarc1")
		switch {
		case err != nil:
			return "", "", err
		case len(all) > 1:
			return several, at, nil
		case len(all) == 1:
			return all[0], at, nil
		}
	}
	return "", "", nil
}

// answers asks who takes the mail that answers and failure reports are.
func (x *examiner) answers(ctx context.Context) []Finding {
	if x.e.Returns == "" {
		return nil
	}
	at := []string{"domain", x.returns}
	all, err := x.names.LookupMX(ctx, x.returns+".")
	var missing *net.DNSError
	switch {
	case errors.As(err, &missing) && missing.IsNotFound, err == nil && (len(all) == 0 || all[0].Host == "."):
		return []Finding{{Bad, "answers", "absent", at}}
	case err != nil:
		return unasked("answers", x.returns, err)
	}
	return []Finding{{Good, "answers", "taken", append(at, "host", strings.TrimSuffix(all[0].Host, "."))}}
}

// Words are a sentence that says what was found, and when it is not as it should
// be another that says what to do, out of a catalogue.
func (f Finding) Words(tell func(key string, values map[string]string) string) []string {
	key, values := f.About+"."+f.What, map[string]string{}
	if f.What == "unasked" {
		key = f.What
	}
	for i := 0; i < len(f.Details); i += 2 {
		values[f.Details[i]] = f.Details[i+1]
	}
	all := []string{tell("mailcheck.found."+key, values)}
	if f.State != Good {
		all = append(all, tell("mailcheck.do."+key, values))
	}
	return all
}
