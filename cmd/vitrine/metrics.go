package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/pprof"
	"strconv"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics counts what the pages take, and serves that and the profiles of the
// process on a listener of its own, which is for the people who run it.
type metrics struct {
	requests *prometheus.HistogramVec
	streams  prometheus.Gauge
	registry *prometheus.Registry
}

func newMetrics() *metrics {
	m := &metrics{
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "vitrine_request_seconds", Help: "Time to answer a request, by route and status. Live streams are left out.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"route", "status"}),
		streams:  prometheus.NewGauge(prometheus.GaugeOpts{Name: "vitrine_live_streams", Help: "Live streams that are open."}),
		registry: prometheus.NewRegistry(),
	}
	m.registry.MustRegister(m.requests, m.streams, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
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
			m.requests.WithLabelValues(r.Pattern, strconv.Itoa(s.status)).Observe(time.Since(start).Seconds())
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
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go server.Serve(listener)
	go func() {
		<-ctx.Done()
		server.Close()
	}()
	return nil
}
