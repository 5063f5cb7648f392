package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestMetrics(t *testing.T) {
	m := newMetrics()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /tasks/{id}", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNotFound) })
	m.around(mux).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/tasks/tsk_secret", nil))

	if err := m.listen(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	if err := m.listen(t.Context(), "256.0.0.1:1"); err == nil || !strings.Contains(err.Error(), "metrics") {
		t.Errorf("an address that cannot be: %v", err)
	}
	var text strings.Builder
	m.write(&text)
	if !strings.Contains(text.String(), `vitrine_request_seconds_count{route="GET /tasks/{id}",status="404"} 1`) || strings.Contains(text.String(), "tsk_secret") {
		t.Errorf("metrics go by route and name no thing:\n%s", text.String())
	}
}

func TestProfiles(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /debug/pprof/{name}", profile)
	for path, status := range map[string]int{
		"goroutine":               http.StatusOK,
		"profile?seconds=0.05":    http.StatusOK,
		"trace?seconds=0.05":      http.StatusOK,
		"nothing":                 http.StatusNotFound,
		"profile?seconds=forever": http.StatusBadRequest,
		"profile?seconds=-1":      http.StatusBadRequest,
	} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("GET", "/debug/pprof/"+path, nil))
		if w.Code != status || w.Body.Len() == 0 {
			t.Errorf("%s: %d with %d bytes, want %d", path, w.Code, w.Body.Len(), status)
		}
	}
}
