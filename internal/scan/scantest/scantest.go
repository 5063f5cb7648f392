// Package scantest starts a real clamd for tests.
package scantest

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// EICAR is the file that every scanner takes for harmful and that is not.
// Written in two parts, so that no scanner takes this file for it.
const EICAR = `X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-` + `STANDARD-ANTIVIRUS-TEST-FILE!$H+H*`

// Start starts a clamd that knows one signature, Eicar-Signature, and takes a
// megabyte. It returns where it listens.
func Start(t *testing.T) (socket, tcp string) {
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
