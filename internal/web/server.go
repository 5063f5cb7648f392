package web

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/live"
	"github.com/vitrine-portal/vitrine/internal/notify"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/transfer"
)

// Options of New; all but FilesURL and Demo are required.
type Options struct {
	Portal     *portal.Portal
	Accounts   *account.Accounts
	Hub        *live.Hub
	Mails      *notify.Notifier  // shows the mails of the Outbox
	Bytes      *transfer.Carrier // of files
	BaseURL    *url.URL          // links are made from it, never from a request
	FilesURL   *url.URL          // the host on which files are looked at; nil: they are downloads alone
	Trusted    []netip.Prefix    // proxies whose X-Forwarded-For is believed
	Log        *slog.Logger
	Genuine    func(pdf []byte) bool // whether the portal signed it; nil: nobody knows
	Strays     func() int            // stored files that nothing names, and that are too many to go by themselves; may be nil
	API        http.Handler          // serves /api/
	Demo       bool                  // the sign-in page offers the demo's people
	DemoPeople []DemoPerson
}

// DemoPerson is somebody a visitor of the demo may sign in as.
type DemoPerson struct{ Name, Role, Email, Password string }

// Server is the handler of all pages.
type Server struct {
	Options
	secure    bool // the site is served over TLS
	cookie    string
	hosts     map[string]bool
	filesHost string
	csp       string
	handler   http.Handler
	streams   streams
	closing   chan struct{} // closed when the streams are to end
	closeOnce sync.Once
	heartbeat time.Duration
	silence   time.Duration
}

// New returns the handler. It panics when a route has no door: that is a fault
// of the program, found at the first start.
func New(o Options) *Server {
	s := &Server{Options: o, secure: o.BaseURL.Scheme == "https", cookie: "sid", hosts: map[string]bool{}, csp: appCSP(o.FilesURL), closing: make(chan struct{}), heartbeat: heartbeat, silence: silence}
	if s.secure {
		s.cookie = "__Host-sid"
	}
	s.hosts[strings.ToLower(o.BaseURL.Host)] = true
	if ip, err := netip.ParseAddr(o.BaseURL.Hostname()); o.BaseURL.Hostname() == "localhost" || err == nil && ip.IsLoopback() {
		for _, h := range []string{"localhost", "127.0.0.1", "::1"} {
			s.hosts[net.JoinHostPort(h, port(o.BaseURL))] = true
		}
	}
	if o.FilesURL != nil {
		s.filesHost = strings.ToLower(o.FilesURL.Host)
		delete(s.hosts, s.filesHost)
	}
	mux := http.NewServeMux()
	for _, r := range s.routes() {
		if r.door == nil || r.handle == nil {
			panic(fmt.Sprintf("web: route %q has no door or no handler", r.pattern))
		}
		mux.Handle(r.pattern, s.serve(r))
	}
	for _, r := range s.sharedRoutes() {
		mux.Handle(r.pattern, s.serveShared(r))
	}
	for _, r := range s.versionRoutes() {
		mux.Handle(r.pattern, s.serveBytes(r))
	}
	for _, r := range s.bulkRoutes() {
		mux.Handle(r.pattern, s.serveBulk(r))
	}
	for _, r := range s.tusRoutes() {
		mux.Handle(r.pattern, s.serveTus(r))
	}
	mux.Handle("/", s.serve(route{pattern: "/", door: anybody, handle: func(http.ResponseWriter, *http.Request, *visit) error { return portal.ErrNotFound }}))
	if o.API != nil {
		mux.Handle("/api/", o.API)
	}
	csrf := http.NewCrossOriginProtection()
	csrf.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, s.stranger(r), errCrossOrigin)
	}))
	s.handler = s.guard(csrf.Handler(mux), s.filesHandler())
	return s
}

// port of an address, as its scheme has it when it says none.
func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	if u.Scheme == "https" {
		return "443"
	}
	return "80"
}

var (
	errCrossOrigin = errors.New("web: request from another site")
	errWrongHost   = errors.New("web: unknown host")
)

// guard is what every request passes: the host, the limits, the headers, and
// a net under panics. Files have a host and a handler of their own.
func (s *Server) guard(pages, files http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.setHeaders(w.Header())
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler {
					panic(p)
				}
				s.fail(w, r, s.stranger(r), fmt.Errorf("panic: %v", p))
			}
		}()
		host := strings.ToLower(r.Host)
		switch {
		case s.filesHost != "" && host == s.filesHost:
			files.ServeHTTP(w, r)
			return
		case !s.hosts[host]:
			s.fail(w, r, s.stranger(r), errWrongHost)
			return
		case strings.Count(r.URL.RawQuery, "&") > 63 || len(r.URL.RawQuery) > 8192:
			s.fail(w, r, s.stranger(r), errTooMuch)
			return
		}
		pages.ServeHTTP(w, r)
	})
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// URL is the absolute address of a path of this site.
func (s *Server) URL(path string) string { return strings.TrimSuffix(s.BaseURL.String(), "/") + path }

// setHeaders are those of every answer; a handler may tighten or, for its
// class, replace them.
func (s *Server) setHeaders(h http.Header) {
	h.Set("Content-Security-Policy", s.csp)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Cookie")
	if s.secure {
		h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
}

const csp = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; manifest-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'; trusted-types default"

// appCSP is csp with the files' own host for what is looked at.
func appCSP(files *url.URL) string {
	if files == nil {
		return csp
	}
	at := files.String()
	return strings.NewReplacer("img-src 'self' data:", "img-src 'self' data: "+at, "connect-src 'self'", "connect-src 'self' "+at,
		"font-src 'self'", "media-src 'self' "+at+"; frame-src "+at+"; font-src 'self'").Replace(csp)
}

// faultID names one failure in the log and on its page.
func faultID() string {
	var b [5]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// connection is the key under which HTTP keeps a request's.
type connection struct{}

// HTTP returns a server with limits on what a connection may take.
func HTTP(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, connection{}, c)
		},
	}
}
