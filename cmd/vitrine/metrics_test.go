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
