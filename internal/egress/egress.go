// Package egress is the way out to addresses that somebody else has named: a
// push service that a browser gave. It connects to public addresses alone,
// looked at after the name was resolved, over TLS, and follows no redirect.
package egress

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// ErrRefused is what a request ends with that would go where it may not. It is
// the same for whatever is there.
var ErrRefused = errors.New("egress: this address is not called")

// Options of New.
type Options struct {
	Roots *x509.CertPool   // nil: the system's
	Allow []netip.AddrPort // besides public ones at port 443
}

const timeout = 5 * time.Second // for one request, with its answer

// New returns a client that goes to https addresses at port 443 of public hosts,
// without a proxy. An answer that redirects is returned as it is.
func New(o Options) *http.Client {
	dialer := &net.Dialer{Timeout: timeout, Control: func(_, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil {
			return ErrRefused
		}
		to = netip.AddrPortFrom(to.Addr().Unmap(), to.Port())
		if slices.Contains(o.Allow, to) || to.Port() == 443 && Public(to.Addr()) {
			return nil
		}
		return ErrRefused
	}}
	return &http.Client{
		Timeout: timeout,
		Transport: secured{&http.Transport{
			DialContext:            dialer.DialContext,
			TLSClientConfig:        &tls.Config{RootCAs: o.Roots, MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    timeout,
			ForceAttemptHTTP2:      true,
			MaxIdleConnsPerHost:    4,
			IdleConnTimeout:        time.Minute,
			MaxResponseHeaderBytes: 64 << 10,
		}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// secured refuses what is not https.
type secured struct{ next *http.Transport }

func (s secured) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" || r.URL.User != nil {
		return nil, ErrRefused
	}
	return s.next.RoundTrip(r)
}

func (s secured) CloseIdleConnections() { s.next.CloseIdleConnections() }

// Public reports whether an address is one of the internet's: no private or
// special one (IANA's registries), nor one that carries an IPv4 address inside.
func Public(ip netip.Addr) bool {
	ip = ip.Unmap()
	if ip.Zone() != "" {
		return false
	}
	if ip.Is4() {
		return !slices.ContainsFunc(special4, func(p netip.Prefix) bool { return p.Contains(ip) })
	}
	return global6.Contains(ip) && !slices.ContainsFunc(special6, func(p netip.Prefix) bool { return p.Contains(ip) })
}

var (
	special4 = prefixes("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
		"192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3")
	global6  = netip.MustParsePrefix("2000::/3")
	special6 = prefixes("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)

func prefixes(all ...string) (ps []netip.Prefix) {
	for _, s := range all {
		ps = append(ps, netip.MustParsePrefix(s))
	}
	return ps
}
