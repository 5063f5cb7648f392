package static

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http/httptest"
	"regexp"
	"testing"
)

func get(t *testing.T, path, encoding string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest("GET", path, nil)
	if encoding != "" {
		r.Header.Set("Accept-Encoding", encoding)
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w
}

func TestHandlerServesBothForms(t *testing.T) {
	for _, path := range []string{Style, Script, Files.Style, Files.Script} {
		plain := get(t, path, "")
		packed := get(t, path, "br, gzip")
		if plain.Code != 200 || plain.Header().Get("Content-Encoding") != "" {
			t.Fatalf("%s: %d %v", path, plain.Code, plain.Header())
		}
		zr, err := gzip.NewReader(packed.Body)
		if err != nil {
			t.Fatal(err)
		}
		unpacked, err := io.ReadAll(zr)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(unpacked, plain.Body.Bytes()) {
			t.Errorf("%s: the gzipped form differs", path)
		}
		if refused := get(t, path, "gzip;q=0"); refused.Header().Get("Content-Encoding") != "" {
			t.Errorf("%s: gzip sent though refused", path)
		}
	}
}

func TestHandlerHidesEverythingElse(t *testing.T) {
	for _, path := range []string{"/static/", "/static/names.go", "/static/../static.go", "/static/dist/x.css", "/static/app.css"} {
		if w := get(t, path, ""); w.Code != 404 {
			t.Errorf("%s: %d, want 404", path, w.Code)
		}
	}
}

// A first visit loads style, script and font; the promise is 60 KB.
func TestFirstLoadIsSmall(t *testing.T) {
	total := 0
	for _, path := range []string{Style, Script, Font} {
		total += get(t, path, "gzip").Body.Len()
	}
	t.Logf("first load: %d bytes", total)
	if total > 60_000 {
		t.Errorf("first load is %d bytes, want at most 60000", total)
	}
}

// What the files pages load beside it, with the client of resumable uploads.
func TestFilesLoadIsSmall(t *testing.T) {
	total := 0
	for _, path := range []string{Files.Style, Files.Script} {
		total += get(t, path, "gzip").Body.Len()
	}
	t.Logf("files pages: %d bytes", total)
	if total > 40_000 {
		t.Errorf("the files pages load %d bytes more, want at most 40000", total)
	}
}

func TestIconEscapesItsMark(t *testing.T) {
	svg := Icon(`<&"`, "nonsense")
	if bytes.Contains(svg, []byte(`<&`)) || !bytes.Contains(svg, []byte(DefaultAccent)) {
		t.Errorf("%s", svg)
	}
}

func TestBrandIsReadableAndOnlyColours(t *testing.T) {
	sheet := regexp.MustCompile(`^:root\{--accent-base:#[0-9a-f]{6};--accent:light-dark\((#[0-9a-f]{6}),(#[0-9a-f]{6})\);--accent-ink:light-dark\((#[0-9a-f]{6}),(#[0-9a-f]{6})\)\}\n$`)
	for _, accent := range []string{"", "#ffee00", "#fff", "#000000", "#7a2e58", "red;}body{display:none", "#12345z", "#777777"} {
		m := sheet.FindSubmatch(Brand(accent))
		if m == nil {
			t.Fatalf("%q: %s", accent, Brand(accent))
		}
		colour := func(i int) rgb { c, _ := parseHex(string(m[i])); return c }
		for _, pair := range []struct {
			name string
			a, b rgb
		}{
			{"light accent on paper", colour(1), lightPaper},
			{"dark accent on paper", colour(2), darkPaper},
			{"light ink on accent", colour(3), colour(1)},
			{"dark ink on accent", colour(4), colour(2)},
		} {
			if c := contrast(pair.a, pair.b); c < 4.5 {
				t.Errorf("%q: %s: contrast %.2f", accent, pair.name, c)
			}
		}
	}
}
