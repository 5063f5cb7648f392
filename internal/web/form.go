package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view"
)

// maxForm bounds a form, in bytes: a few long texts and many short fields.
const maxForm = 1 << 20

var (
	errTooMuch     = errors.New("web: too large")
	errOnlyLooking = errors.New("web: nothing can be changed while viewing as somebody else")
	errBadForm     = errors.New("web: not a form")
)

// form is what was posted. Every field must be asked for: one that nobody
// asked for, or that came twice where one was meant, makes the form invalid.
type form struct {
	values  url.Values
	asked   map[string]bool
	invalid map[string]portal.Reason
}

// parseForm reads the body of a POST.
func parseForm(r *http.Request) (*form, error) {
	t, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch t {
	case "application/x-www-form-urlencoded", "":
		if err := r.ParseForm(); err != nil {
			return nil, formError(err)
		}
	case "multipart/form-data":
		if err := r.ParseMultipartForm(maxForm); err != nil {
			return nil, formError(err)
		}
	default:
		return nil, errBadForm
	}
	if len(r.PostForm) > 2000 {
		return nil, errTooMuch
	}
	f := &form{values: r.PostForm, asked: map[string]bool{}, invalid: map[string]portal.Reason{}}
	// A page carries a number of its own, so that sending the same form twice
	// changes nothing twice. Other content under the same number, after going
	// back and typing on, is another request.
	*r = *r.WithContext(f.request(r.Context(), r.URL.Path))
	return f, nil
}

// request makes of the number of a form that was sent to a path the request that
// what follows is.
func (f *form) request(ctx context.Context, path string) context.Context {
	once := f.one("once")
	if once == "" || len(once) > 200 {
		return ctx
	}
	sum := sha256.Sum256([]byte(path + "?" + withoutOnce(f.values).Encode()))
	return portal.WithRequest(ctx, portal.Request{Key: once + " " + hex.EncodeToString(sum[:]), Form: once})
}

func withoutOnce(v url.Values) url.Values {
	v = maps.Clone(v)
	maps.DeleteFunc(v, func(name string, _ []string) bool {
		return name == "once" || strings.HasPrefix(name, "password") // whose hash would be worth guessing
	})
	return v
}

func formError(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return errTooMuch
	}
	return errBadForm
}

func (f *form) fail(field, key string) {
	if _, ok := f.invalid[field]; !ok {
		f.invalid[field] = portal.Reason{Key: key}
	}
}

// one is the value of a field that comes at most once.
func (f *form) one(name string) string {
	f.asked[name] = true
	v := f.values[name]
	if len(v) > 1 {
		f.fail(name, "twice")
	}
	if len(v) == 0 {
		return ""
	}
	if !utf8.ValidString(v[0]) || strings.ContainsRune(v[0], 0) {
		f.fail(name, "characters")
		return ""
	}
	return v[0]
}

// all are the values of a field that may come several times.
func (f *form) all(name string) []string {
	f.asked[name] = true
	for _, v := range f.values[name] {
		if !utf8.ValidString(v) {
			f.fail(name, "characters")
			return nil
		}
	}
	return f.values[name]
}

// ticked reports whether a checkbox is.
func (f *form) ticked(name string) bool {
	switch f.one(name) {
	case "":
		return false
	case "on", "1", "yes", "true":
		return true
	}
	f.fail(name, "choice")
	return false
}

// number is a whole number; empty is 0.
func (f *form) number(name string) int64 {
	s := strings.TrimSpace(f.one(name))
	if s == "" {
		return 0
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		f.fail(name, "whole_number")
	}
	return n
}

// moment is a day and a time of day in a zone, as a browser sends them; the zero
// time when nothing was sent.
func (f *form) moment(name string, zone *time.Location) time.Time {
	s := strings.TrimSpace(f.one(name))
	if s == "" {
		return time.Time{}
	}
	t, err := time.ParseInLocation(view.MomentLayout, s, zone)
	if err != nil || t.Year() < 2000 || t.Year() > 2199 {
		f.fail(name, "moment")
		return time.Time{}
	}
	return t
}

// prefixed are the fields whose name begins so, without that beginning.
func (f *form) prefixed(prefix string) map[string]string {
	m := map[string]string{}
	for name := range f.values {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			m[rest] = f.one(name)
		}
	}
	return m
}

// err says what was wrong with the form, after all its fields were asked for.
func (f *form) err() error {
	for name := range f.values {
		if !f.asked[name] {
			f.fail(name, "unknown_field")
		}
	}
	if len(f.invalid) > 0 {
		return &portal.Invalid{Fields: f.invalid}
	}
	return nil
}

// both joins what the form and the portal found wrong; an error that is not
// about fields wins.
func both(a, b error) error {
	var x, y *portal.Invalid
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	case !errors.As(a, &x):
		return a
	case !errors.As(b, &y):
		return b
	}
	for k, v := range y.Fields {
		if _, ok := x.Fields[k]; !ok {
			x.Fields[k] = v
		}
	}
	return x
}

// parsePath returns the path and query of an address without host.
func parsePath(s string) (string, error) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "" || u.Host != "" || u.Opaque != "" || u.User != nil {
		return "", errBadForm
	}
	if p := u.Path; strings.HasPrefix(p, "//") || strings.Contains(p, "\\") || strings.Contains(p, "/..") {
		return "", errBadForm
	}
	return u.RequestURI(), nil
}
