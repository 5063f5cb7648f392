package blobtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/blob"
	"github.com/vitrine-portal/vitrine/internal/built"
)

// An S3Server is a real one, of files in a directory.
type S3Server struct {
	Config blob.S3Config
	dir    string
	cmd    *exec.Cmd
	said   *bytes.Buffer
	ended  chan struct{}
}

// gateway is the path of the server, which tools/s3 pins. The first build
// takes minutes; then Go keeps it.
var gateway = sync.OnceValues(func() (string, error) {
	root, err := built.Root(context.Background())
	if err != nil {
		return "", err
	}
	cmd := exec.Command("go", "tool", "-n", "versitygw")
	cmd.Dir = filepath.Join(root, "tools", "s3")
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=readonly")
	var said bytes.Buffer
	cmd.Stderr = &said
	path, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, &said)
	}
	return strings.TrimSpace(string(path)), nil
})

// StartS3 starts a server with an empty bucket, until the test is over.
func StartS3(t *testing.T) *S3Server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &S3Server{dir: t.TempDir(), Config: blob.S3Config{
		Endpoint: &url.URL{Scheme: "http", Host: l.Addr().String()}, Region: "us-east-1",
		Bucket: "portal", AccessKey: "tester", SecretKey: "not-a-secret",
	}}
	l.Close()
	if err := errors.Join(os.Mkdir(filepath.Join(s.dir, "data"), 0o700), os.Mkdir(filepath.Join(s.dir, "data", "portal"), 0o700), os.Mkdir(filepath.Join(s.dir, "meta"), 0o700)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Stop(t) })
	s.Start(t)
	return s
}

// Start starts it again, with what it held.
func (s *S3Server) Start(t *testing.T) {
	t.Helper()
	path, err := gateway()
	if err != nil {
		t.Fatalf("the S3 server is not built: %v", err)
	}
	s.said, s.ended = new(bytes.Buffer), make(chan struct{})
	s.cmd = exec.Command(path, "--port", s.Config.Endpoint.Host, "--access", s.Config.AccessKey, "--secret", s.Config.SecretKey,
		"--region", s.Config.Region, "--keep-alive", "--quiet", "posix", "--sidecar", filepath.Join(s.dir, "meta"), filepath.Join(s.dir, "data"))
	s.cmd.Stdout, s.cmd.Stderr = s.said, s.said
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		s.cmd.Wait()
		close(s.ended)
	}()
	for {
		conn, err := net.Dial("tcp", s.Config.Endpoint.Host)
		if err == nil {
			conn.Close()
			return
		}
		select {
		case <-s.ended:
			t.Fatalf("the S3 server ended: %s", s.said)
		case <-t.Context().Done():
			t.Fatal("the S3 server does not begin")
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Stop kills it, whatever it is doing.
func (s *S3Server) Stop(t *testing.T) {
	s.cmd.Process.Kill()
	<-s.ended
}

// Object is the file of an object, behind the server's back.
func (s *S3Server) Object(name string) string {
	return filepath.Join(s.dir, "data", s.Config.Bucket, s.Config.Prefix, name)
}

// Open is a store in its bucket.
func (s *S3Server) Open(t *testing.T) *blob.S3 {
	t.Helper()
	store, err := blob.OpenS3(s.Config)
	if err != nil {
		t.Fatal(err)
	}
	return store
}
