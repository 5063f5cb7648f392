package blob_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vitrine-portal/vitrine/internal/blob"
	"github.com/vitrine-portal/vitrine/internal/blob/blobtest"
)

// line is a bad line to an S3 server. Its trouble gets each answer, and the
// number of times that the same was asked, before anybody else sees it.
type line struct {
	*httptest.Server
	mu      sync.Mutex
	asked   map[string]int
	trouble func(r *http.Request, times int, answer *httptest.ResponseRecorder)
}

func hang(t *testing.T, s *blobtest.S3Server) (*line, *blob.S3) {
	t.Helper()
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(s.Config.Endpoint)
		r.Out.Host = r.In.Host // it is signed
	}}
	l := &line{}
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		proxy.ServeHTTP(answer, r)
		l.mu.Lock()
		what := r.Method + " " + r.URL.String()
		l.asked[what]++
		trouble, times := l.trouble, l.asked[what]
		l.mu.Unlock()
		trouble(r, times, answer)
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.Code)
		w.Write(answer.Body.Bytes())
		if n, err := strconv.Atoi(answer.Header().Get("Content-Length")); err == nil && n > answer.Body.Len() && r.Method != http.MethodHead {
			panic(http.ErrAbortHandler) // cut off
		}
	}))
	t.Cleanup(l.Close)
	config := s.Config
	at, err := url.Parse(l.URL)
	if err != nil {
		t.Fatal(err)
	}
	config.Endpoint = at
	store, err := blob.OpenS3(config)
	if err != nil {
		t.Fatal(err)
	}
	return l, store
}

func (l *line) is(trouble func(r *http.Request, times int, answer *httptest.ResponseRecorder)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.trouble, l.asked = trouble, make(map[string]int)
}

// Answers get lost, servers stumble and reads break off: what is asked again
// has the same outcome, and it is the right one.
func TestS3OnABadLine(t *testing.T) {
	server := blobtest.StartS3(t)
	l, store := hang(t, server)
	upload := func(t *testing.T, n int) {
		t.Helper()
		want := blobtest.Content(n)
		put := blob.NewKey()
		if info, err := store.Put(t.Context(), put, bytes.NewReader(want), int64(n)); err != nil || info.SHA256 != hashOf(want) {
			t.Errorf("put %d: %+v, %v", n, info, err)
		}
		key := blob.NewKey()
		s, err := store.Begin(t.Context(), key)
		for err == nil && s.Offset < int64(n) {
			s, err = store.Append(t.Context(), key, s, bytes.NewReader(want[s.Offset:]), 6<<20)
		}
		if err == nil {
			_, err = store.Finish(t.Context(), key, s)
		}
		if err != nil {
			t.Errorf("append %d: %v", n, err)
		}
		for _, k := range []blob.Key{put, key} {
			if err := blob.Verify(t.Context(), store, k, int64(n), hashOf(want)); err != nil {
				t.Errorf("%d: %v", n, err)
			}
		}
	}
	for name, trouble := range map[string]func(r *http.Request, times int, answer *httptest.ResponseRecorder){
		"lost answers": func(r *http.Request, times int, _ *httptest.ResponseRecorder) {
			if times == 1 && r.Method != http.MethodHead && r.Method != http.MethodGet {
				panic(http.ErrAbortHandler)
			}
		},
		"stumbling": func(r *http.Request, times int, answer *httptest.ResponseRecorder) {
			if times == 1 {
				answer.Code = http.StatusServiceUnavailable
				answer.Body.Reset()
			}
		},
		"cut reads": func(r *http.Request, times int, answer *httptest.ResponseRecorder) {
			if b := answer.Body; r.Method == http.MethodGet && b.Len() > 4<<10 {
				b.Truncate(b.Len()/2 + 1) // and again, of what is left
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			l.is(trouble)
			for _, n := range []int{100, 13 << 20} {
				upload(t, n)
			}
		})
	}
}

// The server says that it is done, and is not: then neither are we.
func TestS3ThatLies(t *testing.T) {
	server := blobtest.StartS3(t)
	l, store := hang(t, server)
	fine := func(*http.Request, int, *httptest.ResponseRecorder) {}
	for name, tt := range map[string]struct {
		want error
		lie  func(r *http.Request, answer *httptest.ResponseRecorder)
	}{
		"nothing there": {blob.ErrUnavailable, func(r *http.Request, answer *httptest.ResponseRecorder) {
			if r.Method == http.MethodHead {
				answer.Code = http.StatusNotFound
			}
		}},
		"half there": {blob.ErrCorrupt, func(r *http.Request, answer *httptest.ResponseRecorder) {
			if r.Method == http.MethodHead && answer.Code == http.StatusOK {
				answer.Header().Set("Content-Length", "50")
			}
		}},
		"another's": {blob.ErrExists, func(r *http.Request, answer *httptest.ResponseRecorder) {
			answer.Header().Del("X-Amz-Meta-Written-By")
		}},
		"refused": {blob.ErrUnavailable, func(r *http.Request, answer *httptest.ResponseRecorder) {
			if r.Method == http.MethodHead {
				answer.Code = http.StatusForbidden
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, n := range []int{100, 13 << 20} {
				want, key := blobtest.Content(n), blob.NewKey()
				l.is(fine)
				s, err := store.Append(t.Context(), key, blob.State{}, bytes.NewReader(want), math.MaxInt64)
				if err != nil {
					t.Fatal(err)
				}
				l.is(func(r *http.Request, _ int, answer *httptest.ResponseRecorder) { tt.lie(r, answer) })
				if _, err := store.Finish(t.Context(), key, s); !errors.Is(err, tt.want) {
					t.Errorf("%d bytes: %v, want %v", n, err, tt.want)
				}
				l.is(fine)
				if info, err := store.Finish(t.Context(), key, s); err != nil || info.SHA256 != hashOf(want) {
					t.Errorf("%d bytes, told the truth: %+v, %v", n, info, err)
				}
			}
		})
	}

	// Tags that are made otherwise are no reason to refuse: it is read again.
	t.Run("other tags", func(t *testing.T) {
		for _, damaged := range []bool{false, true} {
			want, key := blobtest.Content(13<<20), blob.NewKey()
			read := false
			l.is(func(r *http.Request, _ int, answer *httptest.ResponseRecorder) {
				tag := answer.Header().Get("ETag")
				if r.Method == http.MethodHead && tag != "" {
					answer.Header().Set("ETag", `"of-another-kind"`)
				}
				if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, string(key)) {
					read = true
					// It was asked for by that tag, which the server does not know.
					body := bytes.Clone(want)
					if damaged {
						body[7] ^= 1
					}
					answer.Code = http.StatusPartialContent
					answer.Body.Reset()
					answer.Body.Write(body)
					answer.Header().Set("Content-Length", strconv.Itoa(len(body)))
					answer.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
				}
			})
			info, err := store.Put(t.Context(), key, bytes.NewReader(want), int64(len(want)))
			switch {
			case damaged && !errors.Is(err, blob.ErrCorrupt):
				t.Errorf("damaged: %v", err)
			case !damaged && (err != nil || info.SHA256 != hashOf(want)):
				t.Errorf("%+v, %v", info, err)
			case !read:
				t.Error("it was not read")
			}
		}
	})
}

// What was answered wholly but wrongly is not given to anybody as the blob.
func TestS3GivesOnlyWhatWasAskedFor(t *testing.T) {
	server := blobtest.StartS3(t)
	l, store := hang(t, server)
	l.is(func(*http.Request, int, *httptest.ResponseRecorder) {})
	key, want := blob.NewKey(), blobtest.Content(1000)
	if _, err := store.Put(t.Context(), key, bytes.NewReader(want), 1000); err != nil {
		t.Fatal(err)
	}
	r, err := store.Open(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	l.is(func(r *http.Request, _ int, answer *httptest.ResponseRecorder) { // ignores the range
		answer.Code = http.StatusOK
		answer.Body.Reset()
		answer.Body.Write(want)
		answer.Header().Set("Content-Length", "1000")
		answer.Header().Del("Content-Range")
	})
	if _, err := r.Seek(500, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if n, err := r.Read(make([]byte, 10)); !errors.Is(err, blob.ErrCorrupt) {
		t.Errorf("%d bytes, %v", n, err)
	}
}
