package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime/pprof"
	"runtime/trace"
	"strconv"
	"syscall"
	"time"

	vm "github.com/VictoriaMetrics/metrics"
)

// metrics counts what the pages take, and serves that and the profiles of the
// process on a listener of its own, which is for the people who run it.
type metrics struct {
	set     *vm.Set
	streams *vm.Gauge
}

func newMetrics() *metrics {
	set := vm.NewSet()
	return &metrics{set: set, streams: set.NewGauge("vitrine_live_streams", nil)}
}

// requestBuckets are the upper bounds, in seconds, that requests are sorted by.
var requestBuckets = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}

// took notes how long a route took to answer with a status.
func (m *metrics) took(route string, status int, d time.Duration) {
	name := fmt.Sprintf("vitrine_request_seconds{route=%q,status=\"%d\"}", route, status)
	m.set.GetOrCreatePrometheusHistogramExt(name, requestBuckets).Update(d.Seconds())
}

// liveRoute is the route whose requests last as long as a page is open.
const liveRoute = "GET /live"

// around measures every request that passes.
func (m *metrics) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/live" {
			m.streams.Inc()
			defer m.streams.Dec()
		}
		start := time.Now()
		s := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(s, r)
		if r.Pattern != liveRoute {
			m.took(r.Pattern, s.status, time.Since(start))
		}
	})
}

// statusWriter remembers the status.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (s *statusWriter) WriteHeader(status int) {
	s.status = status
	s.ResponseWriter.WriteHeader(status)
}

// ReadFrom lets the kernel send files, which it does for the writer itself.
func (s *statusWriter) ReadFrom(r io.Reader) (int64, error) { return io.Copy(s.ResponseWriter, r) }

func (s *statusWriter) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// write writes all that is counted, in the text format of Prometheus.
func (m *metrics) write(w io.Writer) {
	m.set.WritePrometheus(w)
	vm.WriteProcessMetrics(w)
}

// listen serves /metrics and /debug/pprof/ until ctx ends.
func (m *metrics) listen(ctx context.Context, address string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		if errors.Is(err, syscall.EADDRINUSE) {
			return &mendable{fmt.Sprintf("the address %s for metrics is already taken by another program.", address)}
		}
		return &mendable{fmt.Sprintf("cannot listen on %s for metrics: %v", address, err)}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		m.write(w)
	})
	mux.HandleFunc("GET /debug/pprof/{name}", profile)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go server.Serve(listener)
	go func() {
		<-ctx.Done()
		server.Close()
	}()
	return nil
}

// profile is what net/http/pprof gives for go tool pprof: a profile by its name,
// or what is measured for some seconds. That package would bring its pages along.
func profile(w http.ResponseWriter, r *http.Request) {
	seconds, err := strconv.ParseFloat(cmp.Or(r.FormValue("seconds"), "30"), 64)
	if err != nil || seconds <= 0 || seconds > 600 {
		http.Error(w, "seconds are more than 0 and at most 600", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	name := r.PathValue("name")
	start, stop := pprof.StartCPUProfile, pprof.StopCPUProfile
	switch name {
	case "trace":
		start, stop = trace.Start, trace.Stop
	case "profile":
	default:
		p := pprof.Lookup(name)
		if p == nil {
			http.NotFound(w, r)
			return
		}
		p.WriteTo(w, 0)
		return
	}
	if err := start(w); err != nil { // another measures
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	defer stop()
	select {
	case <-r.Context().Done():
	case <-time.After(time.Duration(seconds * float64(time.Second))):
	}
}
