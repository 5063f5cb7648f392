package mailin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/vitrine-portal/vitrine/internal/blob"
)

const (
	lmtpIdle      = 5 * time.Minute
	lmtpSessions  = 50
	maxRecipients = 100
)

// ListenLMTP opens the address for a mail server on this machine to deliver to:
// unix:PATH or HOST:PORT. A socket that another process left behind is taken
// over.
func ListenLMTP(address string) (net.Listener, error) {
	path, unix := strings.CutPrefix(address, "unix:")
	if !unix {
		return net.Listen("tcp", address)
	}
	if info, err := os.Lstat(path); err == nil && info.Mode().Type() == fs.ModeSocket {
		conn, err := net.DialTimeout("unix", path, time.Second)
		if err == nil {
			conn.Close()
			return nil, fmt.Errorf("%s is in use by another program", path)
		}
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	// The mail server is let in by the directory's group.
	if err := os.Chmod(path, 0o660); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// ServeLMTP takes mails that come over the listener until ctx ends; then it
// lets those that are under way finish for a few seconds.
func (t *Taker) ServeLMTP(ctx context.Context, l net.Listener) error {
	s := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &session{t: t, ctx: ctx}, nil
	}))
	s.LMTP = true
	s.Domain = t.Addresses.domain
	s.MaxMessageBytes = MaxSize
	s.MaxRecipients = maxRecipients
	s.MaxLineLength = 2 * maxLine // of the content; it is looked at again when the mail is read
	s.ReadTimeout, s.WriteTimeout = lmtpIdle, time.Minute
	s.EnableSMTPUTF8 = true
	s.ErrorLog = lmtpLog{t}
	ended := make(chan error, 1)
	conns := &few{Listener: l, room: make(chan struct{}, lmtpSessions), open: make(map[*one]bool)}
	go func() { ended <- s.Serve(conns) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := s.Shutdown(patience); err != nil {
		conns.end()
	}
	<-ended
	return nil
}

type lmtpLog struct{ t *Taker }

func (l lmtpLog) Printf(format string, v ...any) {
	l.t.Log.Info("lmtp", "what", fmt.Sprintf(format, v...))
}
func (l lmtpLog) Println(v ...any) { l.t.Log.Info("lmtp", "what", fmt.Sprint(v...)) }

// few is a listener with so many connections at the same time; further ones
// wait.
type few struct {
	net.Listener
	room chan struct{}

	mu   sync.Mutex
	open map[*one]bool
}

func (f *few) Accept() (net.Conn, error) {
	f.room <- struct{}{}
	c, err := f.Listener.Accept()
	if err != nil {
		<-f.room
		return nil, err
	}
	o := &one{Conn: c, few: f}
	f.mu.Lock()
	f.open[o] = true
	f.mu.Unlock()
	return o, nil
}

// end closes the connections that are still open.
func (f *few) end() {
	f.mu.Lock()
	open := slices.Collect(maps.Keys(f.open))
	f.mu.Unlock()
	for _, o := range open {
		o.Close()
	}
}

type one struct {
	net.Conn
	few *few
}

func (o *one) Close() error {
	o.few.mu.Lock()
	if o.few.open[o] {
		delete(o.few.open, o)
		<-o.few.room
	}
	o.few.mu.Unlock()
	return o.Conn.Close()
}

// A session is one conversation of a mail server with us.
type session struct {
	t      *Taker
	ctx    context.Context
	sender string
	to     []string // as the server wrote them
	kept   []string // as we keep them
}

func (s *session) Reset()        { s.sender, s.to, s.kept = "", nil, nil }
func (s *session) Logout() error { return nil }

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.sender = oneLine(strings.ToLower(from), 320)
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	kept, err := s.t.knows(s.ctx, to)
	if err != nil {
		return answer(err)
	}
	s.to, s.kept = append(s.to, to), append(s.kept, kept)
	return nil
}

// LMTPData answers for each recipient. They share one mail, so it is kept for
// all of them or for none.
func (s *session) LMTPData(r io.Reader, _ smtp.StatusCollector) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), 10*time.Minute)
	defer cancel()
	err := s.t.Receive(ctx, s.sender, s.kept, r)
	if err != nil {
		s.t.Log.Warn("a mail was not taken", "error", err.Error())
	}
	return answer(err)
}

func (s *session) Data(r io.Reader) error { return s.LMTPData(r, nil) }

// answer is what a mail server is told. A permanent answer makes it tell the
// sender; after a temporary one it comes again.
func answer(err error) error {
	var told *smtp.SMTPError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errUnknown):
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "There is no such address here"}
	case errors.Is(err, errLarge), errors.Is(err, smtp.ErrDataTooLarge):
		return smtp.ErrDataTooLarge
	case errors.Is(err, smtp.ErrTooLongLine):
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "A line of the message is too long"}
	case errors.Is(err, errFull), errors.Is(err, blob.ErrNoSpace):
		return &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 3, 1}, Message: "There is no room left, try again later"}
	case errors.As(err, &told):
		return told
	}
	return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "Not now, try again later"}
}
