package mailtest

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// Names is a DNS server on a real socket: what it answers, by "name TYPE", such
// as "example.com TXT", "example.com MX" with "10 mx.example.com" and "example.com
// A". "SERVFAIL" fails, "hang" never answers, and what is not in it is not there.
type Names map[string][]string

// Start lets it listen until the test ends, and returns its address.
func (n Names) Start(t testing.TB) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 4096)
		for {
			size, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			if answer := n.answer(buf[:size]); answer != nil {
				conn.WriteTo(answer, from)
			}
		}
	}()
	t.Cleanup(func() {
		conn.Close()
		<-done
	})
	return conn.LocalAddr().String()
}

func (n Names) answer(query []byte) []byte {
	var m dnsmessage.Message
	if err := m.Unpack(query); err != nil || len(m.Questions) != 1 {
		return nil
	}
	q := m.Questions[0]
	name := strings.TrimSuffix(strings.ToLower(q.Name.String()), ".")
	known := false
	for key := range n {
		known = known || strings.HasPrefix(key, name+" ")
	}
	m.Response, m.Additionals, m.RecursionAvailable = true, nil, true
	if !known {
		m.RCode = dnsmessage.RCodeNameError
	}
	kind := strings.TrimPrefix(q.Type.String(), "Type")
	for _, value := range n[name+" "+kind] {
		switch value {
		case "hang":
			return nil
		case "SERVFAIL":
			m.RCode = dnsmessage.RCodeServerFailure
			continue
		}
		r := dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 1}}
		switch q.Type {
		case dnsmessage.TypeTXT:
			var parts []string
			for ; len(value) > 255; value = value[255:] {
				parts = append(parts, value[:255])
			}
			r.Body = &dnsmessage.TXTResource{TXT: append(parts, value)}
		case dnsmessage.TypeMX:
			pref, host, _ := strings.Cut(value, " ")
			p, _ := strconv.Atoi(pref)
			r.Body = &dnsmessage.MXResource{Pref: uint16(p), MX: dnsmessage.MustNewName(strings.TrimSuffix(host, ".") + ".")}
		case dnsmessage.TypeA:
			r.Body = &dnsmessage.AResource{A: netip.MustParseAddr(value).As4()}
		case dnsmessage.TypeAAAA:
			r.Body = &dnsmessage.AAAAResource{AAAA: netip.MustParseAddr(value).As16()}
		}
		m.Answers = append(m.Answers, r)
	}
	out, err := m.Pack()
	if err != nil {
		return nil
	}
	return out
}
