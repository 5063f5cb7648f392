package scan

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// eicar is the file that every scanner takes for harmful and that is not.
// Written in two parts, so that no scanner takes this file for it.
const eicar = `X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-` + `STANDARD-ANTIVIRUS-TEST-FILE!$H+H*`

// clamd starts a real one that knows one signature, and returns its addresses.
func clamd(t *testing.T) (socket, tcp string) {
	t.Helper()
	program, err := exec.LookPath("clamd")
	if err != nil {
		program = "/usr/sbin/clamd"
		_, err = os.Stat(program)
	}
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("clamd is missing: clamav-daemon")
		}
		t.Skip("clamd is missing: clamav-daemon")
	}
	dir, err := os.MkdirTemp("/tmp", "clamd-") // short, for the socket's sake
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	socket, tcp = filepath.Join(dir, "socket"), free.Addr().String()
	host, port, _ := net.SplitHostPort(tcp)
	free.Close()
	for name, text := range map[string]string{
		"eicar.hdb": "44d88612fea8a8f36de82e1278abb02f:68:Eicar-Signature\n",
		"clamd.conf": fmt.Sprintf("Foreground yes\nDatabaseDirectory %s\nLocalSocket %s\nTCPAddr %s\nTCPSocket %s\nStreamMaxLength 1M\nLogFile %s\n",
			dir, socket, host, port, filepath.Join(dir, "log")),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(program, "--config-file="+filepath.Join(dir, "clamd.conf"))
	said := &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { cmd.Process.Kill(); <-ended })
	for late := time.After(time.Minute); ; {
		if conn, err := net.Dial("unix", socket); err == nil {
			conn.Close()
			return socket, tcp
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case err := <-ended:
			ended <- err
			t.Fatalf("clamd ended: %v: %s", err, said)
		case <-late:
			t.Fatal("clamd does not listen")
		}
	}
}

func TestClamd(t *testing.T) {
	socket, tcp := clamd(t)
	for _, address := range []string{"unix:" + socket, tcp} {
		c := New(address)
		if v, err := c.Version(t.Context()); err != nil || !strings.HasPrefix(v, "ClamAV ") {
			t.Errorf("%s: %q, %v", address, v, err)
		}
		for name, s := range map[string]struct {
			content io.Reader
			found   string
			err     error
		}{
			"harmful":       {strings.NewReader(eicar), "Eicar-Signature", nil},
			"harmless":      {strings.NewReader("hello"), "", nil},
			"nothing":       {strings.NewReader(""), "", nil},
			"several parts": {iotest.OneByteReader(bytes.NewReader(make([]byte, 3*pieces))), "", nil},
			"a whole piece": {bytes.NewReader(make([]byte, pieces)), "", nil},
			"too much":      {bytes.NewReader(make([]byte, 8<<20)), "", ErrTooLarge},
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
		c := New(address)
		if _, err := c.Scan(t.Context(), io.MultiReader(bytes.NewReader(make([]byte, 64<<20)), strings.NewReader(eicar))); !errors.Is(err, ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := c.Version(t.Context()); !errors.Is(err, ErrUnavailable) {
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
	if _, err := New(l.Addr().String()).Scan(ctx, strings.NewReader("hello")); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
