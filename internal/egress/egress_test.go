package egress

import (
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// T161: nothing that leads inside is called, however it is written.
func TestNothingInsideIsCalled(t *testing.T) {
	var hit atomic.Int32
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			hit.Add(1)
			conn.Close()
		}
	}()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	c := New(Options{})
	for _, host := range []string{
		"127.0.0.1", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "169.254.169.254",
		"[fe80::1%25lo]", "[fd00::1]", "localhost", "0.0.0.0", "10.0.0.1", "192.168.1.1", "100.64.0.1", "198.18.0.1",
	} {
		for _, at := range []string{":" + port, ":443", ""} {
			resp, err := c.Get("https://" + host + at + "/x")
			if err == nil {
				resp.Body.Close()
			}
			if !errors.Is(err, ErrRefused) {
				t.Errorf("%s%s: %v", host, at, err)
			}
		}
	}
	// What no resolver takes for an address fails too, whatever it says.
	for _, address := range []string{"https://localhost.:" + port, "https://127.1:" + port, "https://0x7f000001:" + port, "https://2130706433:" + port, "https://017700000001:" + port,
		"http://127.0.0.1:" + port, "gopher://127.0.0.1:" + port, "file:///etc/passwd", "https://x@127.0.0.1:" + port, "https://127.0.0.1:22"} {
		if resp, err := c.Get(address); err == nil {
			resp.Body.Close()
			t.Errorf("%s was called", address)
		}
	}
	if n := hit.Load(); n != 0 {
		t.Errorf("%d connections were made", n)
	}
}

// T162, T163: one address may be allowed, and that one alone, whatever it answers.
func TestWhatIsAllowed(t *testing.T) {
	var inside atomic.Int32
	other := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { inside.Add(1) }))
	defer other.Close()
	release := make(chan struct{})
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/away":
			http.Redirect(w, r, other.URL, http.StatusFound)
		case "/slow":
			<-release
		}
	}))
	defer s.Close()
	defer close(release)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	u, _ := url.Parse(s.URL)
	c := New(Options{Roots: roots, Allow: []netip.AddrPort{netip.MustParseAddrPort(u.Host)}})
	resp, err := c.Get(s.URL + "/away")
	if err != nil || resp.StatusCode != http.StatusFound || inside.Load() != 0 {
		t.Fatalf("%v, %v, and %d followed", resp, err, inside.Load())
	}
	resp.Body.Close()
	if _, err := c.Get(other.URL); !errors.Is(err, ErrRefused) || inside.Load() != 0 {
		t.Errorf("another address: %v", err)
	}
	if _, err := c.Get(strings.Replace(s.URL, "https", "http", 1)); !errors.Is(err, ErrRefused) {
		t.Errorf("without TLS: %v", err)
	}
	began := time.Now()
	if _, err := c.Get(s.URL + "/slow"); err == nil || time.Since(began) > timeout+time.Second {
		t.Errorf("a slow one: %v after %v", err, time.Since(began))
	}
}

func TestPublic(t *testing.T) {
	for ip, want := range map[string]bool{
		"8.8.8.8": true, "1.1.1.1": true, "223.255.255.1": true, "224.0.0.1": false, "255.255.255.255": false, "172.15.0.1": true, "172.16.0.1": false,
		"2a00:1450::1": true, "2606:4700::1111": true, "2001:4860::8888": true, "2001::1": false, "2001:db8::1": false, "::": false, "::1": false, "ff02::1": false,
		"fe80::1": false, "64:ff9b::808:808": false, "2002:808:808::": false, "::ffff:8.8.8.8": true, "::ffff:10.0.0.1": false,
	} {
		if Public(netip.MustParseAddr(ip)) != want {
			t.Errorf("%s counts as public: %t", ip, !want)
		}
	}
}
