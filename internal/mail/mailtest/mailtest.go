// Package mailtest is a mail server for tests: it speaks SMTP on a real socket
// and keeps what it accepts.
package mailtest

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// A Server speaks SMTP on a real socket, from a script: the answer to the next
// command that begins with a verb; of "RCPT" and what follows it, for one recipient
// alone with their address behind the verb, such as "DATA cleo@cleo.test". An answer
// "drop" closes the connection, "hang" never answers, and "wait 60s 250 ok" answers
// after a while.
type Server struct {
	listener net.Listener
	Cert     *tls.Certificate // offers STARTTLS
	Implicit bool             // TLS from the first byte
	Auth     string           // offered mechanisms

	mu          sync.Mutex
	Script      map[string][]string
	heard       []string // commands, without the content
	content     []string // accepted messages
	connections int
	done        chan struct{}
}

// Start lets s listen until the test ends.
func Start(t testing.TB, s *Server) *Server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.listener, s.done = l, make(chan struct{})
	if s.Implicit {
		s.listener = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{*s.Cert}})
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := s.listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer conn.Close()
				s.serve(conn)
			})
		}
	})
	t.Cleanup(func() {
		close(s.done)
		l.Close()
		serving.Wait()
	})
	return s
}

// Port is where it listens, on 127.0.0.1.
func (s *Server) Port() int { return s.listener.Addr().(*net.TCPAddr).Port }

// SetScript replaces the answers to a verb while the server runs.
func (s *Server) SetScript(verb string, answers []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Script == nil {
		s.Script = map[string][]string{}
	}
	s.Script[verb] = answers
}

// Connections counts the conversations so far.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.connections
}

func (s *Server) answer(verb, to, usual string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, of := range []string{verb + " " + to, verb} {
		if answers := s.Script[of]; len(answers) > 0 {
			s.Script[of] = answers[1:]
			return answers[0]
		}
	}
	return usual
}

// say reports whether the conversation goes on.
func (s *Server) say(w io.Writer, answer string) bool {
	switch answer {
	case "drop":
		return false
	case "hang":
		<-s.done
		return false
	}
	if rest, ok := strings.CutPrefix(answer, "wait "); ok {
		pause, after, _ := strings.Cut(rest, " ")
		d, err := time.ParseDuration(pause)
		if err != nil {
			return false
		}
		select {
		case <-time.After(d):
		case <-s.done:
			return false
		}
		answer = after
	}
	_, err := io.WriteString(w, answer+"\r\n")
	return err == nil
}

func (s *Server) serve(conn net.Conn) {
	s.mu.Lock()
	s.connections++
	s.mu.Unlock()
	if !s.say(conn, s.answer("greeting", "", "220 ready")) {
		return
	}
	r := bufio.NewReader(conn)
	to := ""
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		s.mu.Lock()
		s.heard = append(s.heard, line)
		s.mu.Unlock()
		verb, rest, _ := strings.Cut(line, " ")
		if at, ok := strings.CutPrefix(rest, "TO:<"); ok && verb == "RCPT" {
			to, _, _ = strings.Cut(at, ">")
		}
		usual := "250 2.0.0 ok"
		switch verb {
		case "EHLO":
			usual = "250-hello\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME"
			if _, secure := conn.(*tls.Conn); s.Cert != nil && !secure {
				usual += "\r\n250-STARTTLS"
			}
			if s.Auth != "" {
				usual += "\r\n250-AUTH " + s.Auth
			}
			usual += "\r\n250 SMTPUTF8"
		case "STARTTLS":
			if !s.say(conn, s.answer(verb, to, "220 go")) {
				return
			}
			conn = tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{*s.Cert}})
			r = bufio.NewReader(conn)
			continue
		case "AUTH":
			usual = "235 2.7.0 welcome"
		case "DATA":
			answer := s.answer(verb, to, "354 go on")
			if !s.say(conn, answer) {
				return
			}
			if !strings.HasPrefix(answer, "354") {
				continue
			}
			var content strings.Builder
			for {
				line, err := r.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				content.WriteString(strings.TrimPrefix(line, "."))
			}
			answer = s.answer("content", to, "250 2.0.0 taken")
			if strings.HasPrefix(answer, "250") {
				s.mu.Lock()
				s.content = append(s.content, content.String())
				s.mu.Unlock()
			}
			if !s.say(conn, answer) {
				return
			}
			continue
		case "QUIT":
			s.say(conn, s.answer(verb, to, "221 bye"))
			return
		}
		if !s.say(conn, s.answer(verb, to, usual)) {
			return
		}
	}
}

// Messages returns what was accepted, as it came.
func (s *Server) Messages() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.content...)
}

// Heard returns the commands so far.
func (s *Server) Heard() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.heard...)
}

// Said reports whether a command began so.
func (s *Server) Said(prefix string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, line := range s.heard {
		if strings.HasPrefix(line, prefix) {
			return true
		}
	}
	return false
}
