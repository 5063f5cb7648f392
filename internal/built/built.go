// Package built builds the program and runs it as its users do, for the tools
// that measure it, photograph it or kill it.
package built

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Binary builds the program into dir, as it is released but for the paths
// inside, and returns where it is. Where VITRINE_TEST_PROGRAM says that it has been built,
// as ./check does for all that asks for it, it is that one.
func Binary(ctx context.Context, dir string) (string, error) {
	if path := os.Getenv("VITRINE_TEST_PROGRAM"); path != "" {
		return path, nil
	}
	path := filepath.Join(dir, "vitrine")
	cmd := exec.CommandContext(ctx, "go", "build", "-ldflags=-s -w", "-o", path, "github.com/vitrine-portal/vitrine/cmd/vitrine")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("build: %w", err)
	}
	return path, nil
}

// Root is the directory of the module, for tests and tools that need a file of it.
func Root(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("find the module: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// A Server is one running process of the program.
type Server struct {
	URL     string        // where it answers, without a slash at the end
	Started time.Duration // from the start of the process to its first answer

	cmd    *exec.Cmd
	mu     sync.Mutex
	out    bytes.Buffer // what it said on both outputs
	exited chan error
}

// client answers soon or not at all.
var client = &http.Client{Timeout: 5 * time.Second}

// Start runs the program's command on a free port of this machine and returns
// once it answers. Env is added to nothing: the process inherits no setting.
func Start(ctx context.Context, binary, command, data string, env ...string) (*Server, error) {
	port, err := FreePort()
	if err != nil {
		return nil, err
	}
	return StartAt(ctx, port, binary, command, data, env...)
}

// StartAt is Start on a port that the caller chose, for a program that is
// started again at the same address.
func StartAt(ctx context.Context, port int, binary, command, data string, env ...string) (*Server, error) {
	address := "127.0.0.1:" + strconv.Itoa(port)
	s := &Server{URL: "http://localhost:" + strconv.Itoa(port), exited: make(chan error, 1)}
	s.cmd = exec.Command(binary, command, "-listen", address, "-data", data)
	s.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "TMPDIR=" + os.TempDir()}, env...)
	read, write := io.Pipe()
	s.cmd.Stdout, s.cmd.Stderr = write, write
	go s.listen(read)
	began := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		err := s.cmd.Wait()
		write.Close()
		s.exited <- err
	}()
	for {
		resp, err := client.Get(s.URL + "/health")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				s.Started = time.Since(began)
				return s, nil
			}
		}
		select {
		case err := <-s.exited:
			return nil, fmt.Errorf("%s ended at once (%v):\n%s", command, err, s.Output())
		case <-ctx.Done():
			s.Kill()
			return nil, ctx.Err()
		case <-time.After(2 * time.Millisecond):
		}
		if time.Since(began) > time.Minute {
			s.Kill()
			return nil, fmt.Errorf("%s does not answer:\n%s", command, s.Output())
		}
	}
}

func (s *Server) listen(r io.Reader) {
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadBytes('\n')
		s.mu.Lock()
		if s.out.Len() < 1<<20 {
			s.out.Write(line)
		}
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// Output is what the process said so far.
func (s *Server) Output() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.String()
}

// Say waits until the process has said something that matches, and returns the
// match and its groups.
func (s *Server) Say(form *regexp.Regexp) ([]string, error) {
	for range 500 {
		if m := form.FindStringSubmatch(s.Output()); m != nil {
			return m, nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return nil, fmt.Errorf("nothing like %s in:\n%s", form, s.Output())
}

// Stop asks the process to end, and waits for it.
func (s *Server) Stop() error {
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case err := <-s.exited:
		return err
	case <-time.After(40 * time.Second):
		s.Kill()
		return errors.New("the program did not end within 40 s")
	}
}

// Kill ends the process without a word (SIGKILL), and waits until it is gone.
func (s *Server) Kill() {
	s.cmd.Process.Signal(syscall.SIGKILL)
	<-s.exited
	s.exited <- errors.New("killed")
}

// RSS is the memory the process holds, in bytes.
func (s *Server) RSS() (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.SplitSeq(string(b), "\n") {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return kb << 10, err
		}
	}
	return 0, errors.New("no VmRSS in /proc")
}

// CPU is the processor time that the process took so far.
func (s *Server) CPU() (time.Duration, error) { return CPU(s.cmd.Process.Pid) }

// CPU is the processor time that a process took so far, as the kernel counts
// it: in hundredths of a second.
func CPU(pid int) (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// After the name, which is in brackets and may hold anything, utime and
	// stime are the 12th and 13th.
	fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	if len(fields) < 13 {
		return 0, errors.New("no times in /proc")
	}
	var ticks time.Duration
	for _, f := range fields[11:13] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += time.Duration(n)
	}
	return ticks * 10 * time.Millisecond, nil
}

// FreePort is a port of this machine that nobody listens on.
func FreePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
