// Package static holds the files every page loads, one style sheet, one script
// and one font, and the bundles that some pages load beside them. They are built
// by tools/assets and embedded with the hash of their content in the name, so
// that they can be kept for ever by browsers.
package static

import (
	"bytes"
	"compress/gzip"
	"embed"
	"io"
	"net/http"
	"path"
	"strings"
)

// What is compressed is held so alone: a browser that does not take it so is
// rare, and the binary is the smaller for it.
//
//go:embed dist/*.gz dist/*.woff2
var dist embed.FS

// A Bundle is a style sheet and a script that some pages load after those of
// every page. Either may be missing.
type Bundle struct{ Style, Script string }

// Handler serves GET /static/NAME. It sends the gzipped form to whoever
// accepts it, and answers 404 to any name that is not exactly one of its
// files; nothing is ever listed. It sets content type and caching only: the
// security headers are the server's.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		serve(w, r, r.URL.Path, "public, max-age=31536000, immutable")
	})
}

// Fresh serves one of the files, as Handler does, at an address without the hash
// of its content: browsers ask each time whether it is another.
func Fresh(w http.ResponseWriter, r *http.Request, address string) {
	serve(w, r, address, "no-cache")
}

func serve(w http.ResponseWriter, r *http.Request, address, cache string) {
	name := strings.TrimPrefix(address, "/static/")
	kind := map[string]string{
		".css":   "text/css; charset=utf-8",
		".js":    "text/javascript; charset=utf-8",
		".woff2": "font/woff2",
		".wasm":  "application/wasm",
		".pfb":   "application/octet-stream",
	}[path.Ext(name)]
	if kind == "" || strings.Contains(name, "/") {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	body, err := dist.ReadFile("dist/" + name + ".gz")
	switch {
	case err != nil:
		body, err = dist.ReadFile("dist/" + name)
	case acceptsGzip(r.Header.Get("Accept-Encoding")):
		h.Add("Vary", "Accept-Encoding")
		h.Set("Content-Encoding", "gzip")
	default:
		h.Add("Vary", "Accept-Encoding")
		body, err = unpacked(body)
	}
	if err != nil {
		http.NotFound(w, r)
		return
	}
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", cache)
	h.Set("X-Content-Type-Options", "nosniff")
	if r.Method != http.MethodHead {
		w.Write(body)
	}
}

func unpacked(packed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// acceptsGzip reports whether an Accept-Encoding header names gzip without
// refusing it (q=0).
func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			q = strings.ReplaceAll(q, " ", "")
			return q != "q=0" && !strings.HasPrefix(q, "q=0.000")
		}
	}
	return false
}
