package mail

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/mail/mailtest"
)

// configOf is the configuration that sends to a server.
func configOf(s *mailtest.Server) Config {
	return Config{
		Host: "127.0.0.1", Port: s.Port(), TLS: Plain, Timeout: 5 * time.Second,
		From: Address{"Honcho Design", "portal@honcho.example"},
	}
}

func message(t *testing.T) Message {
	t.Helper()
	text, html, err := Render(invitation())
	if err != nil {
		t.Fatal(err)
	}
	return Message{
		ID:      "mai_01jq3c",
		From:    Address{Name: "Ana Ruíz via Honcho Design"},
		To:      Address{"Miranda Péch", "miranda@leto.example"},
		ReplyTo: &Address{"Ana Ruíz", "ana@honcho.example"},
		Subject: "Leto website: Ana Ruíz invited you — come in",
		Text:    text,
		HTML:    html,
		Headers: map[string]string{"Auto-Submitted": "auto-generated", "List-Unsubscribe": "<https://portal.example.com/unsubscribe/abc>"},
	}
}

// A report that a mail did not arrive goes to an address of its own.
func TestReturn(t *testing.T) {
	s := mailtest.Start(t, &mailtest.Server{})
	m := message(t)
	m.Return = "reply+1babc@in.honcho.example"
	if err := New(configOf(s)).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if raw := s.Messages()[0]; !s.Said("MAIL FROM:<reply+1babc@in.honcho.example>") || strings.Contains(raw, m.Return) || !strings.Contains(raw, "<portal@honcho.example>") {
		t.Errorf("the envelope is wrong: %q", s.Heard())
	}
	m.Return = "x\r\nRCPT TO:<y@z.test>"
	if err := New(configOf(s)).Send(t.Context(), m); err == nil || len(s.Messages()) != 1 {
		t.Errorf("a return address of two lines: %v", err)
	}
}

func TestSend(t *testing.T) {
	s := mailtest.Start(t, &mailtest.Server{})
	m := message(t)
	if err := New(configOf(s)).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if !s.Said("MAIL FROM:<portal@honcho.example>") || !s.Said("RCPT TO:<miranda@leto.example>") {
		t.Errorf("the envelope is wrong: %q", s.Heard())
	}
	raw := s.Messages()[0]
	head, _, _ := strings.Cut(raw, "\r\n\r\n")
	count := make(map[string]int)
	for line := range strings.SplitSeq(head, "\r\n") {
		if line == "" || line[0] == ' ' || line[0] == '\t' {
			continue
		}
		name, _, ok := strings.Cut(line, ":")
		if !ok {
			t.Errorf("not a header line: %q", line)
		}
		count[name]++
	}
	for _, name := range []string{
		"From", "To", "Reply-To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type",
		"Auto-Submitted", "List-Unsubscribe",
	} {
		if count[name] != 1 {
			t.Errorf("%d headers %s, want one", count[name], name)
		}
		delete(count, name)
	}
	if len(count) > 0 {
		t.Errorf("headers nobody asked for: %v", count)
	}
	for _, r := range raw {
		if r > 0x7e {
			t.Fatalf("the source is not ASCII: %q", r)
		}
	}

	got, err := netmail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(got.Header.Get("Subject"))
	if err != nil || subject != m.Subject {
		t.Errorf("subject %q, %v", subject, err)
	}
	for header, want := range map[string]Address{
		"From":     {"Ana Ruíz via Honcho Design", "portal@honcho.example"},
		"To":       m.To,
		"Reply-To": *m.ReplyTo,
	} {
		list, err := got.Header.AddressList(header)
		if err != nil || len(list) != 1 || list[0].Name != want.Name || list[0].Address != want.Email {
			t.Errorf("%s is %v, %v", header, list, err)
		}
	}
	if id := got.Header.Get("Message-ID"); id != "<mai_01jq3c@honcho.example>" {
		t.Errorf("Message-ID %s", id)
	}
	parts := parts(t, got)
	if text := strings.ReplaceAll(parts["text/plain"], "\r\n", "\n"); text != m.Text {
		t.Errorf("text part:\n%s", text)
	}
	if html := strings.ReplaceAll(parts["text/html"], "\r\n", "\n"); html != m.HTML {
		t.Errorf("HTML part:\n%s", html)
	}
}

func parts(t *testing.T, m *netmail.Message) map[string]string {
	t.Helper()
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("content type %q, %v", kind, err)
	}
	found := make(map[string]string)
	r := multipart.NewReader(m.Body, params["boundary"])
	for {
		p, err := r.NextRawPart()
		if err == io.EOF {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		kind, params, err := mime.ParseMediaType(p.Header.Get("Content-Type"))
		if err != nil || !strings.EqualFold(params["charset"], "utf-8") {
			t.Errorf("part %q %v, %v", kind, params, err)
		}
		if enc := p.Header.Get("Content-Transfer-Encoding"); enc != "quoted-printable" {
			t.Errorf("encoding %q", enc)
		}
		content, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		found[kind] = string(content)
	}
}

// Every try of a message is the same but for its date.
func TestTriesAreTheSameMessage(t *testing.T) {
	s := mailtest.Start(t, &mailtest.Server{Script: map[string][]string{"content": {"451 4.3.0 later", "250 ok", "250 ok"}}})
	sender := New(configOf(s))
	err := sender.Send(t.Context(), message(t))
	var later *Temporary
	if !errors.As(err, &later) || later.Code != 451 || later.Enhanced != "4.3.0" || later.Stage != "content" {
		t.Fatalf("first try: %v", err)
	}
	for range 2 {
		if err := sender.Send(t.Context(), message(t)); err != nil {
			t.Fatal(err)
		}
	}
	var same []string
	for _, raw := range s.Messages() {
		var kept []string
		for line := range strings.SplitSeq(raw, "\r\n") {
			if !strings.HasPrefix(line, "Date: ") {
				kept = append(kept, line)
			}
		}
		same = append(same, strings.Join(kept, "\n"))
	}
	if len(same) != 2 || same[0] != same[1] {
		t.Errorf("%d messages, or they differ", len(same))
	}
}

func TestFailures(t *testing.T) {
	const temporary, permanent = "temporary", "permanent"
	for name, tt := range map[string]struct {
		script   map[string][]string
		change   func(*Config)
		kind     string
		stage    string
		code     int
		enhanced string
	}{
		"unknown recipient":    {script: map[string][]string{"RCPT": {"550 5.1.1 miranda@leto.example unknown"}}, kind: permanent, stage: "recipient", code: 550, enhanced: "5.1.1"},
		"full mailbox":         {script: map[string][]string{"RCPT": {"452 4.2.2 miranda@leto.example is full"}}, kind: temporary, stage: "recipient", code: 452, enhanced: "4.2.2"},
		"sender refused":       {script: map[string][]string{"MAIL": {"553 5.7.1 portal@honcho.example not yours"}}, kind: permanent, stage: "sender", code: 553, enhanced: "5.7.1"},
		"content refused":      {script: map[string][]string{"content": {"554 5.7.1 spam for miranda@leto.example"}}, kind: permanent, stage: "content", code: 554, enhanced: "5.7.1"},
		"DATA refused":         {script: map[string][]string{"DATA": {"421 4.7.0 busy"}}, kind: temporary, stage: "content", code: 421, enhanced: "4.7.0"},
		"drop after DATA":      {script: map[string][]string{"content": {"drop"}}, kind: temporary, stage: "content"},
		"drop before DATA":     {script: map[string][]string{"DATA": {"drop"}}, kind: temporary, stage: "content"},
		"drop at greeting":     {script: map[string][]string{"greeting": {"drop"}}, kind: temporary, stage: "greeting"},
		"closed for business":  {script: map[string][]string{"greeting": {"554 no"}}, kind: temporary, stage: "greeting", code: 554},
		"slow greeting":        {script: map[string][]string{"greeting": {"hang"}}, change: hasty, kind: temporary, stage: "greeting"},
		"slow answer":          {script: map[string][]string{"content": {"hang"}}, change: hasty, kind: temporary, stage: "content"},
		"no STARTTLS":          {change: func(c *Config) { c.TLS = StartTLS }, kind: temporary, stage: "greeting"},
		"no TLS":               {change: func(c *Config) { c.TLS, c.Timeout = TLS, time.Second }, kind: temporary, stage: "greeting"},
		"nobody listens":       {change: func(c *Config) { c.Port = 1 }, kind: temporary, stage: "connecting"},
		"no such mode":         {change: func(c *Config) { c.TLS = "maybe" }, kind: temporary, stage: "connecting"},
		"no sender of its own": {change: func(c *Config) { c.From = Address{} }, kind: temporary, stage: "composing"},
		"not configured":       {change: func(c *Config) { c.Host = "" }, kind: temporary, stage: "connecting"},
		"no sign-in offered":   {change: func(c *Config) { c.User, c.Password = "portal", "hunter2" }, kind: temporary, stage: "signing in"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := mailtest.Start(t, &mailtest.Server{Script: tt.script})
			c := configOf(s)
			if tt.change != nil {
				tt.change(&c)
			}
			start := time.Now()
			err := New(c).Send(t.Context(), message(t))
			if err == nil {
				t.Fatal("sent")
			}
			if took := time.Since(start); took > 4*time.Second {
				t.Errorf("took %v", took)
			}
			var f Failure
			kind := ""
			var later *Temporary
			var never *Permanent
			switch {
			case errors.As(err, &later):
				kind, f = temporary, later.Failure
			case errors.As(err, &never):
				kind, f = permanent, never.Failure
			}
			if kind != tt.kind || f.Stage != tt.stage || f.Code != tt.code || f.Enhanced != tt.enhanced {
				t.Errorf("%s %+v", kind, f)
			}
			if f.Stage == "content" && f.Reason != "" { // who reads it has words for it
				t.Errorf("it says %q", f.Reason)
			}
			for _, private := range []string{"miranda", "Miranda", "hunter2", "portal@"} {
				if strings.Contains(err.Error(), private) {
					t.Errorf("the error tells %q: %v", private, err)
				}
			}
			if len(s.Messages()) > 0 {
				t.Error("the message arrived")
			}
		})
	}
}

func hasty(c *Config) { c.Timeout = 200 * time.Millisecond }

// The message was taken; what happens to the goodbye does not matter.
func TestGoodbyeDoesNotMatter(t *testing.T) {
	for _, answer := range []string{"drop", "hang", "500 what"} {
		s := mailtest.Start(t, &mailtest.Server{Script: map[string][]string{"QUIT": {answer}}})
		if err := New(configOf(s)).Send(t.Context(), message(t)); err != nil {
			t.Errorf("%s: %v", answer, err)
		}
	}
}

func TestCancelEndsTheConversation(t *testing.T) {
	s := mailtest.Start(t, &mailtest.Server{Script: map[string][]string{"RCPT": {"hang"}}})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	start := time.Now()
	err := New(configOf(s)).Send(ctx, message(t))
	var later *Temporary
	if !errors.As(err, &later) || time.Since(start) > 3*time.Second {
		t.Errorf("%v after %v", err, time.Since(start))
	}
}

func TestTLSAndSignIn(t *testing.T) {
	cert, roots := certificate(t)
	for name, tt := range map[string]struct {
		server *mailtest.Server
		mode   string
		want   string
	}{
		"STARTTLS and PLAIN": {&mailtest.Server{Cert: cert, Auth: "LOGIN PLAIN"}, StartTLS, "AUTH PLAIN AHBvcnRhbABodW50ZXIy"},
		"TLS and LOGIN":      {&mailtest.Server{Cert: cert, Implicit: true, Auth: "LOGIN", Script: map[string][]string{"AUTH": {"334 VXNlcm5hbWU6"}, "cG9ydGFs": {"334 UGFzc3dvcmQ6"}, "aHVudGVyMg==": {"235 ok"}}}, TLS, "AUTH LOGIN"},
	} {
		t.Run(name, func(t *testing.T) {
			s := mailtest.Start(t, tt.server)
			c := configOf(s)
			c.TLS, c.User, c.Password = tt.mode, "portal", "hunter2"
			sender := New(c)
			sender.roots = roots
			if err := sender.Send(t.Context(), message(t)); err != nil {
				t.Fatal(err)
			}
			if !s.Said(tt.want) || len(s.Messages()) != 1 {
				t.Errorf("heard %q", s.Heard())
			}
			// The same server, with a certificate that nobody vouches for.
			var later *Temporary
			if err := New(c).Send(t.Context(), message(t)); !errors.As(err, &later) || len(s.Messages()) != 1 {
				t.Errorf("an unknown certificate: %v", err)
			}
		})
	}
	t.Run("wrong password", func(t *testing.T) {
		s := mailtest.Start(t, &mailtest.Server{Cert: cert, Auth: "PLAIN", Script: map[string][]string{"AUTH": {"535 5.7.8 portal: no"}}})
		c := configOf(s)
		c.TLS, c.User, c.Password = StartTLS, "portal", "hunter2"
		sender := New(c)
		sender.roots = roots
		var later *Temporary
		if err := sender.Send(t.Context(), message(t)); !errors.As(err, &later) || later.Stage != "signing in" || later.Code != 535 {
			t.Errorf("%v", err)
		}
	})
}

func certificate(t *testing.T) (*tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

func TestHeadersAreRefused(t *testing.T) {
	s := mailtest.Start(t, &mailtest.Server{})
	sender := New(configOf(s))
	places := map[string]func(*Message, string){
		"subject":        func(m *Message, bad string) { m.Subject = bad },
		"sender name":    func(m *Message, bad string) { m.From.Name = bad },
		"recipient name": func(m *Message, bad string) { m.To.Name = bad },
		"recipient":      func(m *Message, bad string) { m.To.Email = "miranda@leto.example" + bad },
		"reply address":  func(m *Message, bad string) { m.ReplyTo = &Address{"", bad + "@leto.example"} },
		"id":             func(m *Message, bad string) { m.ID = bad },
		"header":         func(m *Message, bad string) { m.Headers = map[string]string{"X-A": bad} },
		"header name":    func(m *Message, bad string) { m.Headers = map[string]string{"X-A" + bad: "x"} },
	}
	for place, put := range places {
		for _, bad := range []string{"a\r\nBcc: eve@evil.example", "a\nb", "a\rb", "a\x00b", "a\x7fb", "a\u0085b", "a\u2028b", "\xff"} {
			m := message(t)
			put(&m, bad)
			var never *Permanent
			if err := sender.Send(t.Context(), m); !errors.As(err, &never) || never.Stage != "composing" {
				t.Errorf("%s with %q: %v", place, bad, err)
			}
		}
	}
	for name, spoil := range map[string]func(*Message){
		"another sender":      func(m *Message) { m.From.Email = "boss@leto.example" },
		"two recipients":      func(m *Message) { m.To.Email = "a@leto.example, b@leto.example" },
		"no recipient":        func(m *Message) { m.To.Email = "" },
		"a header of its own": func(m *Message) { m.Headers = map[string]string{"bcc": "eve@evil.example"} },
	} {
		m := message(t)
		spoil(&m)
		var never *Permanent
		if err := sender.Send(t.Context(), m); !errors.As(err, &never) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if s.Said("EHLO") {
		t.Error("a refused message opened a conversation")
	}
}

// A name that looks like an address gives way to the portal's own.
func TestNamesDoNotSpoof(t *testing.T) {
	sender := New(Config{Host: "x"})
	portal := &netmail.Address{Name: "Honcho Design", Address: "portal@honcho.example"}
	for name, want := range map[string]string{
		"Ana Ruiz":                      `"Ana Ruiz" <portal@honcho.example>`,
		"":                              `"Honcho Design" <portal@honcho.example>`,
		"ceo@bank.example":              `"Honcho Design" <portal@honcho.example>`,
		"ceo＠bank.example":              `"Honcho Design" <portal@honcho.example>`,
		"Ana <ceo>":                     `"Honcho Design" <portal@honcho.example>`,
		"Ana \u202eelpmaxe.knab":        `"Honcho Design" <portal@honcho.example>`,
		`Ana "the boss" Ruiz, Director`: `"Ana \"the boss\" Ruiz, Director" <portal@honcho.example>`,
	} {
		m := message(t)
		m.From.Name = name
		msg, err := sender.compose(portal, m)
		if err != nil {
			t.Fatal(err)
		}
		if got := msg.GetFromString(); len(got) != 1 || got[0] != want {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
	}
}

func TestForeignDomainsBecomeASCII(t *testing.T) {
	s := mailtest.Start(t, &mailtest.Server{})
	m := message(t)
	m.To.Email = "miranda@büro.example"
	if err := New(configOf(s)).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if !s.Said("RCPT TO:<miranda@xn--bro-hoa.example>") {
		t.Errorf("heard %q", s.Heard())
	}
}

func TestSecretIsNeverPrinted(t *testing.T) {
	c := Config{Password: "hunter2"}
	asJSON, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("x", "password", c.Password, "config", c)
	all := string(asJSON) + logged.String() + c.Password.String() + fmt.Sprint(c)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%t"} {
		all += fmt.Sprintf(verb, c) + fmt.Sprintf(verb, c.Password)
	}
	if strings.Contains(all, "hunter2") || strings.Contains(all, "68756e74657232") {
		t.Error(all)
	}
}

// FuzzHeaders holds that whatever is put into names, subject and headers, the
// message keeps its header lines, its one recipient and its sender.
func FuzzHeaders(f *testing.F) {
	for _, s := range []string{"Ana", "a\r\nBcc: x@y.z", "=?utf-8?q?=0D=0ABcc:_x@y.z?=", "Ünï\u00a0cödé 🌿", `"\`, strings.Repeat("x", 890), strings.Repeat("é ", 300), " a  b ", "a,b;c:<d>"} {
		f.Add(s, s, s)
	}
	sender := New(Config{Host: "x"})
	portal := &netmail.Address{Name: "Honcho Design", Address: "portal@honcho.example"}
	f.Fuzz(func(t *testing.T, name, subject, header string) {
		msg, err := sender.compose(portal, Message{
			ID: "mai_1", From: Address{Name: name}, To: Address{name, "miranda@leto.example"}, Subject: subject,
			Text: "text", HTML: "<p>text</p>", Headers: map[string]string{"X-Vitrine": header},
		})
		if err != nil {
			return
		}
		var raw bytes.Buffer
		if _, err := msg.WriteTo(&raw); err != nil {
			t.Fatal(err)
		}
		got, err := netmail.ReadMessage(bytes.NewReader(raw.Bytes()))
		if err != nil {
			t.Fatalf("%v in\n%s", err, raw.String())
		}
		allowed := map[string]bool{
			"From": true, "To": true, "Subject": true, "Date": true, "Message-Id": true, "Mime-Version": true,
			"Content-Type": true, "X-Vitrine": true,
		}
		for key, values := range got.Header {
			if !allowed[key] || len(values) != 1 {
				t.Errorf("header %s %q", key, values)
			}
		}
		for key, want := range map[string]string{"From": "portal@honcho.example", "To": "miranda@leto.example"} {
			list, err := got.Header.AddressList(key)
			if err != nil || len(list) != 1 || list[0].Address != want {
				t.Errorf("%s is %v, %v, from %q", key, list, err, name)
			}
		}
		for line := range strings.SplitSeq(raw.String(), "\r\n") {
			if len(line) > 998 {
				t.Errorf("a line of %d bytes", len(line))
			}
		}
	})
}
