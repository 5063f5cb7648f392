// Package api serves the JSON API: the same methods of the portal as the pages,
// under the same rules, with wire types of its own.
//
// A caller shows an API token; it acts as the token's person, within the
// token's scopes: "read" sees what the person sees, "write" also changes what
// they may change. Errors are problem+json (RFC 9457). A POST may carry an
// Idempotency-Key, with which sending it again changes nothing twice. The
// description is at /api/openapi.json.
package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/transfer"
	"github.com/vitrine-portal/vitrine/internal/words"
)

// maxBody bounds a request, in bytes.
const maxBody = 1 << 20

// Options of New; all but Trusted are required.
type Options struct {
	Portal   *portal.Portal
	Accounts *account.Accounts
	Bytes    *transfer.Carrier // of files
	BaseURL  *url.URL          // links are made from it, never from a request
	Trusted  []netip.Prefix    // proxies whose X-Forwarded-For is believed
	Version  string
	Log      *slog.Logger
}

// server is what the operations share.
type server struct {
	Options
	book *words.Book
	huma huma.API
}

// New returns the handler of everything below /api/.
func New(o Options) http.Handler {
	s := &server{Options: o, book: words.For("en", nil)}
	mux := http.NewServeMux()
	cfg := huma.DefaultConfig("Vitrine", o.Version)
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath = "/api/openapi", "", ""
	cfg.CreateHooks, cfg.Transformers = nil, nil
	cfg.RejectUnknownQueryParameters = true
	cfg.Formats = map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat}
	cfg.DefaultFormat = "application/json"
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer"}}
	s.huma = humago.New(mux, cfg)
	s.huma.UseMiddleware(s.enter)
	s.register()
	return s.guard(mux)
}

// jsonFormat is JSON that refuses what two readers may read differently: keys
// that come twice, what follows the value, and nesting deeper than 32.
var jsonFormat = huma.Format{
	Marshal: huma.DefaultJSONFormat.Marshal,
	Unmarshal: func(data []byte, v any) error {
		if err := plain(data); err != nil {
			return err
		}
		return huma.DefaultJSONFormat.Unmarshal(data, v)
	},
}

const maxDepth = 32

var (
	errTwice = errors.New("a key comes twice")
	errDeep  = errors.New("nested too deeply")
	errMore  = errors.New("more than one value")
)

// plain checks that data is one JSON value without repeated keys.
func plain(data []byte) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	type level struct {
		keys map[string]bool // nil in an array
		key  bool            // the next token is a key
	}
	var stack []level
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
		top := len(stack) - 1
		if d, ok := tok.(json.Delim); ok {
			switch d {
			case '{':
				stack = append(stack, level{keys: map[string]bool{}, key: true})
			case '[':
				stack = append(stack, level{})
			default:
				stack = stack[:top]
				top = len(stack) - 1
				if top >= 0 && stack[top].keys != nil {
					stack[top].key = true
				}
			}
			if len(stack) > maxDepth {
				return errDeep
			}
		} else if top >= 0 && stack[top].keys != nil {
			if stack[top].key {
				k := tok.(string)
				if stack[top].keys[k] {
					return errTwice
				}
				stack[top].keys[k] = true
			}
			stack[top].key = !stack[top].key
		}
		if len(stack) == 0 {
			if dec.More() {
				return errMore
			}
			return nil
		}
		if d, ok := tok.(json.Delim); ok && (d == '{' || d == '[') && len(stack) > 1 && stack[len(stack)-2].keys != nil {
			stack[len(stack)-2].key = false
		}
	}
}

// guard sets what every answer carries and bounds what every request sends.
func (s *server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Vary", "Authorization")
		for name, values := range r.URL.Query() {
			if len(values) > 1 { // of which two readers may take another one
				problem(w, http.StatusUnprocessableEntity, "The parameter "+strconv.Quote(name)+" comes twice.")
				return
			}
		}
		if isPiece(r) { // as large as a file may be
			if t, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); t != octets {
				problem(w, http.StatusUnsupportedMediaType, "Send "+octets+".")
				return
			}
			next.ServeHTTP(&notFoundWriter{ResponseWriter: w}, r)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		if !strings.HasPrefix(r.URL.Path, "/api/openapi") && r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodDelete &&
			r.ContentLength != 0 && !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
			problem(w, http.StatusUnsupportedMediaType, "Send application/json.")
			return
		}
		next.ServeHTTP(&notFoundWriter{ResponseWriter: w}, r)
	})
}

// notFoundWriter turns the router's own plain answers into problems.
type notFoundWriter struct {
	http.ResponseWriter
	plain bool
}

func (w *notFoundWriter) WriteHeader(code int) {
	if (code == http.StatusNotFound || code == http.StatusMethodNotAllowed) && strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
		w.plain = true
		problem(w.ResponseWriter, code, "")
		return
	}
	w.ResponseWriter.WriteHeader(code)
}

func (w *notFoundWriter) Write(b []byte) (int, error) {
	if w.plain {
		return len(b), nil
	}
	return w.ResponseWriter.Write(b)
}

// ReadFrom lets the kernel send files.
func (w *notFoundWriter) ReadFrom(r io.Reader) (int64, error) { return io.Copy(w.ResponseWriter, r) }

func (w *notFoundWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func problem(w http.ResponseWriter, code int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Del("Content-Length")
	w.WriteHeader(code)
	json.NewEncoder(w).Encode(huma.ErrorModel{Status: code, Title: http.StatusText(code), Detail: detail})
}

type scopeKey struct{}

// enter turns the token into the person, and the person into what they see.
func (s *server) enter(c huma.Context, next func(huma.Context)) {
	secret, ok := strings.CutPrefix(c.Header("Authorization"), "Bearer ")
	if !ok {
		c.SetHeader("WWW-Authenticate", "Bearer")
		huma.WriteErr(s.huma, c, http.StatusUnauthorized, "Send an API token: Authorization: Bearer vt_api_…")
		return
	}
	who, token, err := s.Accounts.ByToken(c.Context(), secret)
	if errors.Is(err, account.ErrSignedOut) {
		c.SetHeader("WWW-Authenticate", "Bearer")
		huma.WriteErr(s.huma, c, http.StatusUnauthorized, "The token is unknown, revoked or expired.")
		return
	}
	if err != nil {
		if c.Context().Err() == nil {
			s.Log.Error("read an API token", "error", err.Error())
		}
		huma.WriteErr(s.huma, c, http.StatusInternalServerError, "")
		return
	}
	actor := portal.PersonActor(who.ID)
	if !slices.Contains(token.Scopes, "write") {
		actor = actor.ReadOnly()
	}
	r, _ := humago.Unwrap(c)
	ctx := account.With(account.From(c.Context(), account.ClientAddr(r, s.Trusted)), r.UserAgent())
	ctx = context.WithValue(ctx, scopeKey{}, s.Portal.As(actor))
	if key := c.Header("Idempotency-Key"); key != "" && c.Method() == http.MethodPost {
		if len(key) > 200 {
			huma.WriteErr(s.huma, c, http.StatusUnprocessableEntity, "The Idempotency-Key is longer than 200 characters.")
			return
		}
		ctx = context.WithValue(ctx, onceKey{}, key)
	}
	next(huma.WithContext(c, ctx))
}

type onceKey struct{}

// me is whom the request acts for.
func me(ctx context.Context) *portal.Scope { return ctx.Value(scopeKey{}).(*portal.Scope) }

// once makes the change under ctx happen at most once for its Idempotency-Key.
// In is all that was asked, path and body.
func once(ctx context.Context, operation string, in any) context.Context {
	key, ok := ctx.Value(onceKey{}).(string)
	if !ok {
		return ctx
	}
	text, err := json.Marshal(in)
	if err != nil {
		return ctx
	}
	sum := sha256.Sum256(append([]byte(operation+" "), text...))
	return portal.WithRequest(ctx, portal.Request{Key: "api " + key, Body: hex.EncodeToString(sum[:])})
}

// fail turns an error of the portal into a problem. That the caller has gone is
// none of the portal's.
func (s *server) fail(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	var again *portal.Repeated
	if errors.As(err, &again) {
		return nil
	}
	code, key := transfer.Status(err)
	if code == http.StatusInternalServerError && ctx.Err() == nil {
		s.Log.Error("fault", "error", err.Error())
	}
	p := &huma.ErrorModel{Status: code, Title: http.StatusText(code), Detail: s.book.T("error." + key + ".title")}
	var invalid *portal.Invalid
	if errors.As(err, &invalid) {
		for field, r := range invalid.Fields {
			p.Errors = append(p.Errors, &huma.ErrorDetail{Location: "body." + field, Message: s.book.T("invalid."+r.Key, r.Pairs...)})
		}
		slices.SortFunc(p.Errors, func(a, b *huma.ErrorDetail) int { return strings.Compare(a.Location, b.Location) })
	}
	var clash *portal.Clash
	if errors.As(err, &clash) {
		p.Errors = append(p.Errors, &huma.ErrorDetail{Location: "body.name", Message: s.book.T("error.clash.text"), Value: clash.File})
	}
	var throttled *account.Throttled
	if errors.As(err, &throttled) {
		return huma.ErrorWithHeaders(p, http.Header{"Retry-After": {strconv.Itoa(int(throttled.RetryAfter.Seconds()) + 1)}})
	}
	switch code {
	case http.StatusLocked, http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return huma.ErrorWithHeaders(p, http.Header{"Retry-After": {"2"}})
	}
	return p
}

// Page is what every list takes. What huma reads is exported.
type Page struct {
	After string `query:"after" maxLength:"64" doc:"The next of the page before."`
	Limit int    `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"Rows, at most."`
}

func (p Page) portal() portal.Page { return portal.Page{After: p.After, Limit: p.Limit} }

// many is what every list answers.
type many[T any] struct {
	Items []T    `json:"items" doc:"What is on this page."`
	Next  string `json:"next,omitempty" doc:"Give it as after, for the next page; empty at the end."`
}

// listed builds the answer of a list.
func listed[P, T any](all []P, next string, wire func(P) T) many[T] {
	m := many[T]{Items: make([]T, 0, len(all)), Next: next}
	for _, v := range all {
		m.Items = append(m.Items, wire(v))
	}
	return m
}

// operation describes an operation of the API.
func operation(method, path, id, summary string, status int) huma.Operation {
	return huma.Operation{Method: method, Path: path, OperationID: id, Summary: summary, DefaultStatus: status, MaxBodyBytes: maxBody,
		Security: []map[string][]string{{"token": {}}}, Errors: []int{401, 403, 404, 409, 422, 429}}
}
