// Package scan has clamd look through bytes for what is harmful.
package scan

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

var (
	// ErrUnavailable says that nobody looked: clamd does not answer, or not as
	// clamd does. It wraps the reason.
	ErrUnavailable = errors.New("the scanner does not answer")
	// ErrTooLarge says that clamd does not look at so much (StreamMaxLength).
	ErrTooLarge = errors.New("the scanner does not take so much")
)

const (
	dialTimeout = 5 * time.Second
	idle        = 30 * time.Second // for one piece to be taken
	verdict     = 5 * time.Minute  // for the answer when all of it is there
	pieces      = 128 << 10
)

// Clamd is a clamd at an address.
type Clamd struct {
	network, address string
}

// New returns the clamd at unix:PATH or HOST:PORT.
func New(address string) *Clamd {
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		return &Clamd{"unix", path}
	}
	return &Clamd{"tcp", address}
}

// Version is what clamd says of itself and its signatures.
func (c *Clamd) Version(ctx context.Context) (string, error) {
	conn, end, err := c.dial(ctx)
	if err != nil {
		return "", err
	}
	defer end()
	conn.SetDeadline(time.Now().Add(idle))
	if _, err := io.WriteString(conn, "zVERSION\x00"); err != nil {
		return "", c.silent(ctx, err)
	}
	answer, err := read(conn)
	if err == nil && !strings.HasPrefix(answer, "ClamAV") {
		err = fmt.Errorf("answered %.40q", answer)
	}
	if err != nil {
		return "", c.silent(ctx, err)
	}
	return answer, nil
}

// Scan sends clamd all of r, and returns the name of what it found in it, or ""
// for nothing. An error of r's is returned as it is.
func (c *Clamd) Scan(ctx context.Context, r io.Reader) (found string, err error) {
	conn, end, err := c.dial(ctx)
	if err != nil {
		return "", err
	}
	defer end()
	conn.SetDeadline(time.Now().Add(idle))
	_, sent := io.WriteString(conn, "zINSTREAM\x00")
	buf := make([]byte, 4+pieces)
	for sent == nil {
		n, err := io.ReadFull(r, buf[4:])
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return "", err
		}
		if n == 0 {
			break
		}
		binary.BigEndian.PutUint32(buf, uint32(n))
		conn.SetDeadline(time.Now().Add(idle))
		_, sent = conn.Write(buf[:4+n])
	}
	// After too much it answers and hangs up, so the answer counts more than
	// that something could not be sent.
	if sent == nil {
		_, sent = conn.Write([]byte{0, 0, 0, 0})
	}
	conn.SetDeadline(time.Now().Add(verdict))
	answer, err := read(conn)
	if err != nil {
		return "", c.silent(ctx, errors.Join(sent, err))
	}
	what, ok := strings.CutPrefix(answer, "stream: ")
	switch {
	case strings.Contains(answer, "size limit exceeded"):
		return "", ErrTooLarge
	case ok && what == "OK" && sent == nil:
		return "", nil
	case ok && strings.HasSuffix(what, " FOUND"):
		return strings.TrimSuffix(what, " FOUND"), nil
	}
	return "", c.silent(ctx, fmt.Errorf("answered %.80q", answer))
}

// dial connects. end hangs up; so does the end of ctx.
func (c *Clamd) dial(ctx context.Context) (conn net.Conn, end func(), err error) {
	d := net.Dialer{Timeout: dialTimeout}
	if conn, err = d.DialContext(ctx, c.network, c.address); err != nil {
		return nil, nil, c.silent(ctx, err)
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	return conn, func() { stop(); conn.Close() }, nil
}

func (c *Clamd) silent(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("%w: %v", ErrUnavailable, err)
}

// read returns an answer, which ends with a zero byte.
func read(conn net.Conn) (string, error) {
	b, err := bufio.NewReader(io.LimitReader(conn, 4<<10)).ReadString(0)
	if b != "" { // whatever came after it
		return strings.TrimRight(b, "\x00\n"), nil
	}
	return "", err
}
