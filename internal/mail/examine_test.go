package mail

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/mail/mailtest"
)

// saying are the findings about something, as "state what" each.
func saying(found []Finding, about string) (all string) {
	for _, f := range found {
		if f.About == about {
			all += f.State + " " + f.What + ","
		}
	}
	return strings.TrimSuffix(all, ",")
}

// The doctor talks to the configured server as Send does, and sends nothing.
func TestExamineServer(t *testing.T) {
	cert, roots := certificate(t)
	names := DNSServer(mailtest.Names{}.Start(t))
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	hold := map[string][]string{"greeting": {"hang"}}
	for name, c := range map[string]struct {
		server *mailtest.Server // nil: nothing listens
		config func(*Config)
		trust  bool
		want   string // connection / encryption / signing in
	}{
		"as it should be":         {&mailtest.Server{Cert: cert, Auth: "PLAIN"}, func(c *Config) { c.TLS, c.User, c.Password = StartTLS, "portal", "hunter2" }, true, "ok open/warn ending/ok done"},
		"TLS from the first byte": {&mailtest.Server{Cert: cert, Implicit: true}, func(c *Config) { c.TLS = TLS }, true, "ok open/warn ending/ok none"},
		"nobody vouches for it":   {&mailtest.Server{Cert: cert}, func(c *Config) { c.TLS = StartTLS }, false, "ok open/fail untrusted/"},
		"or from the first byte":  {&mailtest.Server{Cert: cert, Implicit: true}, func(c *Config) { c.TLS = TLS }, false, "ok open/fail untrusted/"},
		"no STARTTLS":             {&mailtest.Server{}, func(c *Config) { c.TLS = StartTLS }, true, "ok open/fail missing/"},
		"no TLS at that port":     {&mailtest.Server{}, func(c *Config) { c.TLS = TLS }, true, "ok open/fail missing/"},
		"a relay here":            {&mailtest.Server{}, func(c *Config) {}, true, "ok open/ok local/ok none"},
		"a wrong password":        {&mailtest.Server{Cert: cert, Auth: "PLAIN", Script: map[string][]string{"AUTH": {"535 5.7.8 portal: no"}}}, func(c *Config) { c.TLS, c.User, c.Password = StartTLS, "portal", "hunter2" }, true, "ok open/warn ending/fail refused"},
		"a server that refuses":   {&mailtest.Server{Script: map[string][]string{"greeting": {"554 5.3.2 closed"}}}, func(c *Config) {}, true, "fail refused//"},
		"one that says nothing":   {&mailtest.Server{Script: hold}, func(c *Config) { c.Timeout = 200 * time.Millisecond }, true, "fail refused//"},
		"nothing is there":        {nil, func(c *Config) { c.Port = closed.Addr().(*net.TCPAddr).Port }, true, "fail unreachable//"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := c.server
			if s == nil {
				s = &mailtest.Server{}
			}
			mailtest.Start(t, s)
			config := configOf(s)
			c.config(&config)
			sender := New(config)
			if c.trust {
				sender.roots = roots
			}
			began := time.Now()
			found := sender.Examine(t.Context(), Examination{Resolver: names})
			if took := time.Since(began); took > 4*time.Second {
				t.Errorf("it took %v", took)
			}
			got := saying(found, "connection") + "/" + saying(found, "encryption") + "/" + saying(found, "signing_in")
			if got != c.want || s.Said("MAIL") || strings.Contains(fmt.Sprint(found), "hunter2") {
				t.Errorf("found %s, want %s: %v", got, c.want, found)
			}
		})
	}
	if found := New(Config{From: Address{Email: "portal@honcho.example"}}).Examine(t.Context(), Examination{Resolver: names}); saying(found, "connection") != "fail unset" || len(found) != 1 {
		t.Errorf("without a server: %v", found)
	}
}

// What stands in the DNS about the sender is read as receivers read it.
func TestExamineNames(t *testing.T) {
	s := mailtest.Start(t, &mailtest.Server{})
	key := func(bits int) string {
		k, err := rsa.GenerateKey(rand.Reader, bits)
		if err != nil {
			t.Fatal(err)
		}
		der, err := x509.MarshalPKIXPublicKey(&k.PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		return base64.StdEncoding.EncodeToString(der)
	}
	long, short := key(2048), key(1024)
	const from, host = "honcho.example", "mx.honcho.example"
	var deep []string
	zone := func(pairs ...string) mailtest.Names {
		n := mailtest.Names{host + " A": {"203.0.113.7"}}
		for i := 0; i < len(pairs); i += 2 {
			n[pairs[i]] = append(n[pairs[i]], pairs[i+1])
		}
		return n
	}
	for i := range 12 {
		deep = append(deep, fmt.Sprintf("d%d.example TXT", i), fmt.Sprintf("v=spf1 include:d%d.example -all", i+1))
	}
	for name, c := range map[string]struct {
		names mailtest.Names
		x     Examination
		about string
		want  string
	}{
		"no SPF":                        {zone(), Examination{}, "spf", "fail absent"},
		"two":                           {zone(from+" TXT", "v=spf1 -all", from+" TXT", "v=spf1 mx -all"), Examination{}, "spf", "fail several"},
		"other texts do not count":      {zone(from+" TXT", "v=spf10", from+" TXT", "site=1", from+" TXT", "v=spf1 ip4:203.0.113.0/24 -all"), Examination{}, "spf", "ok allows"},
		"by its name":                   {zone(from+" TXT", "v=spf1 a:"+host+" ~all"), Examination{}, "spf", "ok allows"},
		"by its domain's mail server":   {zone(from+" TXT", "v=spf1 mx -all", from+" MX", "10 "+host), Examination{}, "spf", "ok allows"},
		"by another's record":           {zone(from+" TXT", "v=spf1 include:relay.example -all", "relay.example TXT", "v=spf1 ip4:203.0.113.7 -all"), Examination{}, "spf", "ok allows"},
		"not by another's all":          {zone(from+" TXT", "v=spf1 include:relay.example -all", "relay.example TXT", "v=spf1 ip4:198.51.100.1 -all"), Examination{}, "spf", "warn elsewhere"},
		"by being sent on":              {zone(from+" TXT", "v=spf1 redirect=relay.example", "relay.example TXT", "v=spf1 ip4:203.0.113.7 -all"), Examination{}, "spf", "ok allows"},
		"anybody":                       {zone(from+" TXT", "v=spf1 +all"), Examination{}, "spf", "fail open"},
		"undecided":                     {zone(from+" TXT", "v=spf1 ip4:198.51.100.1 ?all"), Examination{}, "spf", "warn weak"},
		"without an end":                {zone(from+" TXT", "v=spf1 ip4:198.51.100.1"), Examination{}, "spf", "warn weak"},
		"too many lookups":              {zone(append(deep, from+" TXT", "v=spf1 include:d0.example -all")...), Examination{}, "spf", "fail long"},
		"of the envelope":               {zone("in.honcho.example TXT", "v=spf1 a:"+host+" -all"), Examination{Returns: "reply@in.honcho.example"}, "spf", "ok allows"},
		"a DNS that fails":              {zone(from+" TXT", "SERVFAIL"), Examination{}, "spf", "warn unasked"},
		"no selector":                   {zone(), Examination{}, "dkim", "warn unknown"},
		"no key":                        {zone(), Examination{Selector: "s1"}, "dkim", "fail absent"},
		"a key":                         {zone("s1._domainkey."+from+" TXT", "v=DKIM1; k=rsa; p="+long), Examination{Selector: "s1"}, "dkim", "ok there"},
		"a short key":                   {zone("s1._domainkey."+from+" TXT", "v=DKIM1; p="+short), Examination{Selector: "s1"}, "dkim", "warn short"},
		"a new kind of key":             {zone("s1._domainkey."+from+" TXT", "k=ed25519; p="+base64.StdEncoding.EncodeToString(make([]byte, 32))), Examination{Selector: "s1"}, "dkim", "ok there"},
		"a key taken back":              {zone("s1._domainkey."+from+" TXT", "v=DKIM1; p="), Examination{Selector: "s1"}, "dkim", "fail revoked"},
		"a broken key":                  {zone("s1._domainkey."+from+" TXT", "v=DKIM1; p=abc"), Examination{Selector: "s1"}, "dkim", "fail unreadable"},
		"no policy":                     {zone(), Examination{}, "dmarc", "fail absent"},
		"a policy that watches":         {zone("_dmarc."+from+" TXT", "v=DMARC1; p=none"), Examination{}, "dmarc", "warn watching"},
		"a policy":                      {zone("_dmarc."+from+" TXT", "v=DMARC1; p=quarantine; rua=mailto:x@y.example"), Examination{}, "dmarc", "ok there"},
		"two policies":                  {zone("_dmarc."+from+" TXT", "v=DMARC1; p=none", "_dmarc."+from+" TXT", "v=DMARC1; p=reject"), Examination{}, "dmarc", "fail several"},
		"a policy that says nothing":    {zone("_dmarc."+from+" TXT", "v=DMARC1"), Examination{}, "dmarc", "fail unreadable"},
		"the envelope below":            {zone("_dmarc."+from+" TXT", "v=DMARC1; p=reject"), Examination{Returns: "reply@in.honcho.example"}, "dmarc", "ok there"},
		"the envelope elsewhere":        {zone("_dmarc."+from+" TXT", "v=DMARC1; p=reject"), Examination{Returns: "reply@relay.example"}, "dmarc", "ok there,warn apart"},
		"nobody takes the answers":      {zone(), Examination{Returns: "reply@in.honcho.example"}, "answers", "fail absent"},
		"somebody takes the answers":    {zone("in.honcho.example MX", "10 "+host), Examination{Returns: "reply@in.honcho.example"}, "answers", "ok taken"},
		"answers are not asked for":     {zone(), Examination{}, "answers", ""},
		"a policy of the name above it": {mailtest.Names{"_dmarc.honcho.example TXT": {"v=DMARC1; p=reject; sp=none"}}, Examination{}, "dmarc", "ok there"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := configOf(s)
			// The server is known by a name that leads to it and, in this zone, has a
			// public address.
			config.Host = host
			config.Timeout = time.Second
			c.x.Resolver = DNSServer(c.names.Start(t))
			found := New(config).Examine(t.Context(), c.x)
			if got := saying(found, c.about); got != c.want {
				t.Errorf("found %q, want %q: %v", got, c.want, found)
			}
		})
	}
	t.Run("a policy for what is below", func(t *testing.T) {
		config := configOf(s)
		config.From.Email = "portal@mail.honcho.example"
		names := DNSServer(mailtest.Names{"_dmarc.honcho.example TXT": {"v=DMARC1; p=reject; sp=none"}, "mail.honcho.example A": {"127.0.0.1"}}.Start(t))
		if got := saying(New(config).Examine(t.Context(), Examination{Resolver: names}), "dmarc"); got != "warn watching" {
			t.Errorf("found %q", got)
		}
	})
	// A DNS that never answers holds nobody up.
	t.Run("silence", func(t *testing.T) {
		t.Parallel()
		names := DNSServer(mailtest.Names{from + " TXT": {"hang"}, "_dmarc." + from + " TXT": {"hang"}}.Start(t))
		began := time.Now()
		found := New(configOf(s)).Examine(t.Context(), Examination{Resolver: names})
		if took := time.Since(began); took > 8*time.Second || saying(found, "spf") != "warn unasked" || saying(found, "connection") != "ok open" {
			t.Errorf("after %v: %v", took, found)
		}
	})
	for selector, want := range map[string]bool{"s1": true, "2026-11.mail": true, "google": true, "": false, "a b": false, "-a": false, "a..b": false, "a._domainkey.evil.example": false, strings.Repeat("a", 64): false} {
		if SelectorForm.MatchString(selector) != want {
			t.Errorf("%q is taken for a selector: %t", selector, !want)
		}
	}
}
