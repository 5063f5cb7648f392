// Package mail sends one message to one person through one SMTP server, and
// renders messages whose text and HTML parts say the same.
//
// Send returns nil only after the server took responsibility for the message. A
// failure is a *Temporary, to be tried again, or a *Permanent. Neither names a
// person: what a server answers may quote addresses, so only its codes are kept.
//
// A message is refused when a value meant for a header holds a control character.
// The From address is always the portal's own.
package mail

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	netmail "net/mail"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// The ways to encrypt the connection.
const (
	StartTLS = "starttls" // required: a server that does not offer it gets nothing
	TLS      = "tls"      // from the first byte
	Plain    = "none"     // for a relay on the same machine
)

// A Secret is printed as "[secret]" by everything that prints.
type Secret string

func (Secret) Format(f fmt.State, _ rune)   { io.WriteString(f, "[secret]") }
func (Secret) String() string               { return "[secret]" }
func (Secret) GoString() string             { return "[secret]" }
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"[secret]"`), nil }
func (Secret) MarshalText() ([]byte, error) { return []byte("[secret]"), nil }
func (Secret) LogValue() slog.Value         { return slog.StringValue("[secret]") }

// Config says where mail goes out.
type Config struct {
	Host     string // empty: mail is not configured
	Port     int
	User     string // empty: no sign-in
	Password Secret
	TLS      string        // StartTLS, TLS or Plain; empty is StartTLS
	Timeout  time.Duration // for one message from dialling to the last answer; 0 is 30 seconds
	From     Address       // of every message
}

// An Address is a person's or the portal's.
type Address struct{ Name, Email string }

// A Message goes to one person.
type Message struct {
	ID      string // the same for every try; with the portal's domain it becomes the Message-ID
	From    Address
	To      Address
	ReplyTo *Address
	Return  string // where the server reports to that it did not arrive; empty: the portal's address
	Subject string
	Text    string
	HTML    string
	Images  []Image           // that the HTML part shows
	Headers map[string]string // such as Auto-Submitted and List-Unsubscribe
}

// An Image travels in the message itself, so that nothing is loaded when it is
// read. The HTML part shows it as "cid:" and its Name.
type Image struct {
	Name          string // such as 1.png: an atom
	Type          string // image/png or image/jpeg, which every program shows
	Width, Height int
	Bytes         []byte
}

// A Sender sends. It holds no connection and may be used by several goroutines.
type Sender struct {
	config Config
	roots  *x509.CertPool // nil: the system's
}

// New returns a sender. A bad configuration shows when a message is sent.
func New(c Config) *Sender {
	if c.TLS == "" {
		c.TLS = StartTLS
	}
	if c.Timeout == 0 {
		c.Timeout = 30 * time.Second
	}
	return &Sender{config: c}
}

// Configured reports whether there is a server to send to.
func (s *Sender) Configured() bool { return s.config.Host != "" }

// Server is where it sends to.
func (s *Sender) Server() string { return net.JoinHostPort(s.config.Host, strconv.Itoa(s.config.Port)) }

// Send hands a message to the server. When the answer to the content is lost the
// message may have arrived: the error is temporary, and the next try carries the
// same Message-ID.
func (s *Sender) Send(ctx context.Context, m Message) error {
	if !s.Configured() {
		return &Temporary{Failure{Stage: "connecting"}}
	}
	portal, err := address(s.config.From)
	if err != nil {
		return &Temporary{Failure{Stage: "composing", Reason: "the portal's address " + err.Error()}}
	}
	msg, err := s.compose(portal, m)
	if err != nil {
		return &Permanent{Failure{Stage: "composing", Reason: err.Error()}}
	}
	ctx, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()

	d := &dial{sender: s, ctx: ctx}
	defer d.close()
	client, err := s.client(d, Domain(portal.Address))
	if err != nil {
		return &Temporary{Failure{Stage: "connecting", Reason: err.Error()}}
	}
	conversation, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return &Temporary{d.failure(err)}
	}
	err = client.SendWithSMTPClient(conversation, msg)
	if err == nil || msg.IsDelivered() {
		d.conn.SetDeadline(time.Now().Add(time.Second))
		_ = conversation.Quit() // the message is theirs; a failing goodbye changes nothing
		return nil
	}
	return sendFailure(err)
}

// Reach says whether the server would take a message: it lets us in.
func (s *Sender) Reach(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	d := &dial{sender: s, ctx: ctx}
	defer d.close()
	return s.greet(ctx, d, Domain(s.config.From.Email))
}

// greet has the server let us in, and says goodbye.
func (s *Sender) greet(ctx context.Context, d *dial, helo string) error {
	client, err := s.client(d, helo)
	if err != nil {
		return err
	}
	conversation, err := client.DialToSMTPClientWithContext(ctx)
	if err == nil {
		d.conn.SetDeadline(time.Now().Add(time.Second))
		_ = conversation.Quit() // signed in is all that was asked
	}
	return err
}

func (s *Sender) client(d *dial, helo string) (*gomail.Client, error) {
	options := []gomail.Option{
		gomail.WithPort(s.config.Port),
		gomail.WithTimeout(s.config.Timeout),
		gomail.WithHELO(helo),
		gomail.WithDialContextFunc(d.dial),
		gomail.WithoutNoop(),
		gomail.WithoutRset(),
	}
	switch s.config.TLS {
	case StartTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory), gomail.WithTLSConfig(d.tls()))
	case TLS, Plain:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		return nil, errors.New("the TLS mode is not one of starttls, tls and none")
	}
	if s.config.User != "" {
		options = append(options, gomail.WithSMTPAuthCustom(&signIn{dial: d}))
	}
	return gomail.NewClient(s.config.Host, options...)
}

// A dial is the connection of one Send and how far it came. The library watches
// the context only while it dials, so the connection is closed when the context
// ends.
type dial struct {
	sender  *Sender
	ctx     context.Context
	conn    net.Conn
	secured *tls.ConnectionState // nil: not yet
	signing bool
	stop    func() bool
}

// tls is how the connection is encrypted. What it comes to is kept.
func (d *dial) tls() *tls.Config {
	return &tls.Config{ServerName: d.sender.config.Host, RootCAs: d.sender.roots, MinVersion: tls.VersionTLS12,
		VerifyConnection: func(state tls.ConnectionState) error {
			d.secured = &state
			return nil
		}}
}

func (d *dial) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	d.conn = conn
	d.stop = context.AfterFunc(d.ctx, func() { conn.Close() })
	if d.sender.config.TLS != TLS {
		return conn, nil
	}
	secure := tls.Client(conn, d.tls())
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	return secure, nil
}

func (d *dial) close() {
	if d.conn != nil {
		d.stop()
		d.conn.Close()
	}
}

// A signIn picks the mechanism that the server offers. Neither PLAIN nor LOGIN
// hands over a password without TLS, except to this machine.
type signIn struct {
	dial *dial
	smtp.Auth
}

func (a *signIn) Start(server *smtp.ServerInfo) (string, []byte, error) {
	a.dial.signing = true
	c := a.dial.sender.config
	switch {
	case slices.Contains(server.Auth, "PLAIN"):
		a.Auth = smtp.PlainAuth("", c.User, string(c.Password), c.Host, false)
	case slices.Contains(server.Auth, "LOGIN"):
		a.Auth = smtp.LoginAuth(c.User, string(c.Password), c.Host, false)
	default:
		return "", nil, errors.New("the server offers neither PLAIN nor LOGIN to sign in")
	}
	return a.Auth.Start(server)
}

// compose builds the message, or says what in it is refused.
func (s *Sender) compose(portal *netmail.Address, m Message) (*gomail.Msg, error) {
	if m.From.Email != "" && m.From.Email != s.config.From.Email {
		return nil, errors.New("the sender is not the portal's address")
	}
	from, err := address(Address{m.From.Name, portal.Address})
	if err != nil {
		return nil, fmt.Errorf("the sender %w", err)
	}
	if from.Name == "" {
		from.Name = portal.Name
	}
	to, err := address(m.To)
	if err != nil {
		return nil, fmt.Errorf("the recipient %w", err)
	}
	if err := headerText(m.Subject); err != nil {
		return nil, fmt.Errorf("the subject %w", err)
	}
	if !isAtom(m.ID) {
		return nil, errors.New("the message id is not letters, digits, dots, dashes and underscores")
	}

	sum := sha256.Sum256([]byte(m.ID))
	how := []gomail.MsgOption{gomail.WithNoDefaultUserAgent()}
	if len(m.Images) == 0 { // parts within parts need a boundary each, which the library makes up
		how = append(how, gomail.WithBoundary(hex.EncodeToString(sum[:20])))
	}
	msg := gomail.NewMsg(how...)
	msg.SetMessageIDWithValue(m.ID + "@" + Domain(portal.Address))
	returns := portal
	if m.Return != "" {
		if returns, err = address(Address{Email: m.Return}); err != nil {
			return nil, fmt.Errorf("the return address %w", err)
		}
	}
	msg.EnvelopeFromMailAddress(&netmail.Address{Address: returns.Address})
	msg.FromMailAddress(from)
	msg.ToMailAddress(to)
	if m.ReplyTo != nil {
		replyTo, err := address(*m.ReplyTo)
		if err != nil {
			return nil, fmt.Errorf("the reply address %w", err)
		}
		msg.ReplyToMailAddress(replyTo)
	}
	msg.Subject(m.Subject)
	for name, value := range m.Headers {
		if err := extraHeader(name, value); err != nil {
			return nil, err
		}
		msg.SetGenHeader(gomail.Header(name), value)
	}
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	for _, i := range m.Images {
		if !isAtom(i.Name) || i.Type != "image/png" && i.Type != "image/jpeg" {
			return nil, errors.New("an image has no plain name, or a type that programs do not show")
		}
		if err := msg.EmbedReader(i.Name, bytes.NewReader(i.Bytes), gomail.WithFileContentType(gomail.ContentType(i.Type))); err != nil {
			return nil, errors.New("an image cannot be read")
		}
	}
	return msg, nil
}

// Domain is what stands behind the @ of an address.
func Domain(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }

// A Failure is what is known of a message that was not taken.
type Failure struct {
	Stage    string // connecting, greeting, signing in, sender, recipient, content, composing
	Code     int    // the server's answer, or 0
	Enhanced string // its enhanced code, such as 5.1.1, when it sent one
	Reason   string // what else is known of a failure without an answer
}

func (f *Failure) text(kind string) string {
	s := "mail: " + kind + " failure (" + f.Stage + ")"
	if f.Code != 0 {
		s += fmt.Sprintf(": %d", f.Code)
		if f.Enhanced != "" {
			s += " " + f.Enhanced
		}
	}
	if f.Reason != "" {
		s += ": " + f.Reason
	}
	return s
}

// Temporary means: try this message again later.
type Temporary struct{ Failure }

func (e *Temporary) Error() string { return e.text("temporary") }

// Permanent means: this message will not be taken however often it is tried.
type Permanent struct{ Failure }

func (e *Permanent) Error() string { return e.text("permanent") }

// failure reads an error from before the message was offered. It says nothing
// about the message, so even a 5xx here (a wrong password) is temporary.
func (d *dial) failure(err error) Failure {
	f := Failure{Stage: "greeting"}
	switch {
	case d.conn == nil:
		f.Stage = "connecting"
	case d.signing:
		f.Stage = "signing in"
	}
	var answer *textproto.Error
	switch {
	case errors.As(err, &answer):
		f.Code = answer.Code
	case d.ctx.Err() != nil:
		f.Reason = d.ctx.Err().Error()
	default:
		f.Reason = err.Error() // dialling and TLS: names the server, no person
	}
	return f
}

func sendFailure(err error) error {
	f := Failure{Stage: "content"}
	var send *gomail.SendError
	if errors.As(err, &send) {
		f.Code, f.Enhanced = send.ErrorCode(), send.EnhancedStatusCode()
		switch send.Reason {
		case gomail.ErrSMTPMailFrom:
			f.Stage = "sender"
		case gomail.ErrSMTPRcptTo:
			f.Stage = "recipient"
		}
	}
	if f.Code >= 500 {
		return &Permanent{f}
	}
	return &Temporary{f} // without a code the connection ended before an answer
}
