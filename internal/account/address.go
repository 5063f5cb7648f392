package account

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
)

// ClientAddr returns the address a request came from. It is the peer's, unless
// the peer is a trusted proxy: then it is the right-most address in
// X-Forwarded-For that is not a trusted proxy's. No other header counts, and
// nothing to the left of the first address that nobody vouches for.
func ClientAddr(r *http.Request, trusted []netip.Prefix) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	addr := plainAddr(peer.Addr())
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && trusts(trusted, addr); i-- {
		hop, ok := parseHop(hops[i])
		if !ok {
			break
		}
		addr = hop
	}
	return addr
}

func trusts(trusted []netip.Prefix, addr netip.Addr) bool {
	for _, p := range trusted {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// parseHop reads an address that some proxies write with its port.
func parseHop(s string) (netip.Addr, bool) {
	s = strings.TrimSpace(s)
	if a, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return plainAddr(a), true
	}
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return plainAddr(ap.Addr()), true
	}
	return netip.Addr{}, false
}

func plainAddr(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

// addrText returns an address as it is stored: empty when it is not known.
func addrText(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return plainAddr(a).String()
}

type addressKey struct{}

// From says which network address asks: what comes of it is recorded with it.
func From(ctx context.Context, addr netip.Addr) context.Context {
	return context.WithValue(ctx, addressKey{}, addrText(addr))
}

type agentKey struct{}

// maxAgent bounds what a program may say of itself.
const maxAgent = 200

// With says which program asks, as it calls itself: a browser, or what has a token.
func With(ctx context.Context, agent string) context.Context {
	if len(agent) > maxAgent {
		agent = agent[:maxAgent]
	}
	return context.WithValue(ctx, agentKey{}, strings.ToValidUTF8(agent, ""))
}

// AgentOf is the program that asks, or "" when none said.
func AgentOf(ctx context.Context) string {
	agent, _ := ctx.Value(agentKey{}).(string)
	return agent
}

// AddressOf is the address that asks, or "" when nobody does over a network.
func AddressOf(ctx context.Context) string {
	address, _ := ctx.Value(addressKey{}).(string)
	return address
}

// neighbourhood returns the network that is throttled as one: an IPv4 address,
// or the /64 that one IPv6 subscriber has.
func neighbourhood(a netip.Addr) string {
	if !a.IsValid() {
		return "unknown"
	}
	a = plainAddr(a)
	bits := 32
	if a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits)
	return p.String()
}
