package scan_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/vitrine-portal/vitrine/internal/scan"
	"github.com/vitrine-portal/vitrine/internal/scan/scantest"
)

func TestClamd(t *testing.T) {
	socket, tcp := scantest.Start(t)
	for _, address := range []string{"unix:" + socket, tcp} {
		c := scan.New(address)
		if v, err := c.Version(t.Context()); err != nil || !strings.HasPrefix(v, "ClamAV ") {
			t.Errorf("%s: %q, %v", address, v, err)
		}
		for name, s := range map[string]struct {
			content io.Reader
			found   string
			err     error
		}{
			"harmful":       {strings.NewReader(scantest.EICAR), "Eicar-Signature", nil},
			"harmless":      {strings.NewReader("hello"), "", nil},
			"nothing":       {strings.NewReader(""), "", nil},
			"several parts": {iotest.OneByteReader(bytes.NewReader(make([]byte, 400<<10))), "", nil},
			"a whole piece": {bytes.NewReader(make([]byte, 128<<10)), "", nil},
			"too much":      {bytes.NewReader(make([]byte, 8<<20)), "", scan.ErrTooLarge},
			"a bad disk":    {io.MultiReader(strings.NewReader("x"), iotest.ErrReader(os.ErrPermission)), "", os.ErrPermission},
		} {
			found, err := c.Scan(t.Context(), s.content)
			// Clamd names what it matched by hash in its own way.
			if found = strings.TrimSuffix(found, ".UNOFFICIAL"); found != s.found || !errors.Is(err, s.err) {
				t.Errorf("%s: %s: %q, %v", address, name, found, err)
			}
		}
	}
}

// Whatever answers in clamd's place, and whether anything does: nobody looked.
func TestNobodyLooked(t *testing.T) {
	serve := func(answer string) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				io.CopyN(io.Discard, conn, 9) // the shorter command
				io.WriteString(conn, answer)
				conn.Close()
			}
		}()
		return l.Addr().String()
	}
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	for name, address := range map[string]string{
		"nobody": closed.Addr().String(), "no socket": "unix:/nowhere/socket", "silence": serve(""), "a web server": serve("HTTP/1.1 400 Bad Request\r\n"),
		"an error": serve("INSTREAM: Can't open file or directory ERROR\x00"),
		"early":    serve("stream: OK\x00"), // before all of it was sent
	} {
		c := scan.New(address)
		if _, err := c.Scan(t.Context(), io.MultiReader(bytes.NewReader(make([]byte, 64<<20)), strings.NewReader(scantest.EICAR))); !errors.Is(err, scan.ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := c.Version(t.Context()); !errors.Is(err, scan.ErrUnavailable) {
			t.Errorf("%s: version: %v", name, err)
		}
	}
}

// One that takes everything and never answers is left when the caller goes.
func TestTheCallerGoes(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		io.ReadFull(conn, make([]byte, len("zINSTREAM\x00")+9+4))
		cancel()
		io.Copy(io.Discard, conn)
	}()
	if _, err := scan.New(l.Addr().String()).Scan(ctx, strings.NewReader("hello")); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
