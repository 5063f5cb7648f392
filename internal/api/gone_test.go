package api_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/vitrine-portal/vitrine/internal/api"
	"github.com/vitrine-portal/vitrine/internal/portaltest"
)

// whileRead does something at the first byte that is read.
type whileRead struct {
	io.Reader
	once sync.Once
	do   func()
}

func (r *whileRead) Read(p []byte) (int, error) {
	r.once.Do(r.do)
	return r.Reader.Read(p)
}

// A caller that goes away in the middle of a request is no fault of the portal;
// that a table is missing is.
func TestGoneCallerIsNoFault(t *testing.T) {
	portaltest.Run(t, func(t *testing.T, w *portaltest.World) {
		var log bytes.Buffer
		s := newSite(t, w)
		s.h = api.New(api.Options{Portal: w.Portal, Accounts: w.Accounts, Bytes: s.bytes, BaseURL: &url.URL{Scheme: "https", Host: "portal.test"}, Version: "test", Log: slog.New(slog.NewTextHandler(&log, nil))})
		cleo := s.token("cleo", "read", "write")
		ask := func(do func(stop func())) int {
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			body := &whileRead{Reader: strings.NewReader(`{"preset":"needs","digest_on":"daily","digest_at":"08:00"}`), do: func() { do(stop) }}
			r := httptest.NewRequest("PUT", "/api/notice-choices", body).WithContext(ctx)
			r.Header.Set("Authorization", "Bearer "+cleo)
			r.Header.Set("Content-Type", "application/json")
			answer := httptest.NewRecorder()
			s.h.ServeHTTP(answer, r)
			return answer.Code
		}
		if code := ask(func(func()) {}); code != 204 {
			t.Fatalf("with nobody gone: %d", code)
		}
		if code := ask(func(stop func()) { stop() }); code != 500 || log.Len() > 0 {
			t.Errorf("gone while it was read: %d, and logged is %s", code, log.String())
		}
		ctx, stop := context.WithCancel(t.Context())
		stop()
		r := httptest.NewRequest("GET", "/api/notice-choices", nil).WithContext(ctx)
		r.Header.Set("Authorization", "Bearer "+cleo)
		answer := httptest.NewRecorder()
		if s.h.ServeHTTP(answer, r); answer.Code < 500 || log.Len() > 0 {
			t.Errorf("gone before it was known who asks: %d, and logged is %s", answer.Code, log.String())
		}
		ask(func(func()) { s.exec(`ALTER TABLE notice_choices RENAME TO astray`) })
		if s.exec(`ALTER TABLE astray RENAME TO notice_choices`); !strings.Contains(log.String(), "level=ERROR") {
			t.Error("a fault of the portal's own is not logged")
		}
	})
}
