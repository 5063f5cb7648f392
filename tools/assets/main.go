// Assets bundles the style sheets, scripts and fonts under internal/web/static
// into content-hashed, minified, gzipped files under internal/web/static/dist,
// and the icons into a Go map in internal/web/view/ui. Every css/NAME.css and
// ts/NAME.ts of a name in bundles is one; app is what every page loads. The
// message catalogues of internal/words, the migrations of internal/db and the fonts of
// internal/typeface are packed into archives.
//
//	go run ./tools/assets          write them
//	go run ./tools/assets -check   fail if what is committed is stale
package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"flag"
	"fmt"
	"go/format"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strings"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/vitrine-portal/vitrine/internal/packed"
)

// bundles are the entry points; app comes first on every page.
var bundles = []string{"app", "files", "viewer", "pdf", "compose", "talk", "push", "worker", "approve", "notices"}

const (
	source = "internal/web/static"
	dist   = "internal/web/static/dist"
	names  = "internal/web/static/names.go"
	icons  = "internal/web/view/ui/icons.go"
)

func main() {
	log.SetFlags(0)
	check := flag.Bool("check", false, "fail if the committed files are stale")
	flag.Parse()

	files, err := build()
	if err != nil {
		log.Fatal(err)
	}
	if *check {
		if stale := compare(files); len(stale) > 0 {
			log.Fatalf("stale, run go run ./tools/assets:\n  %s", strings.Join(stale, "\n  "))
		}
		return
	}
	if err := write(files); err != nil {
		log.Fatal(err)
	}
}

// build returns every generated file by its path in the repository.
func build() (map[string][]byte, error) {
	root, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	result := api.Build(api.BuildOptions{
		AbsWorkingDir:       root,
		EntryPointsAdvanced: entries(),
		EntryNames:          "[name].[hash]",
		AssetNames:          "[name].[hash]",
		PublicPath:          "/static/",
		Outdir:              dist,
		Bundle:              true,
		Format:              api.FormatIIFE,
		// New enough for light-dark(), nesting and relative colours, which are
		// then passed through as written.
		Engines: []api.Engine{
			{Name: api.EngineChrome, Version: "125"},
			{Name: api.EngineFirefox, Version: "128"},
			{Name: api.EngineSafari, Version: "17.5"},
		},
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		LegalComments:     api.LegalCommentsNone,
		Charset:           api.CharsetUTF8,
		Alias:             map[string]string{"htmx.org": "./" + source + "/vendor/htmx.js"},
		Loader:            map[string]api.Loader{".woff2": api.LoaderFile, ".wasm": api.LoaderFile, ".pfb": api.LoaderFile},
	})
	if len(result.Errors) > 0 {
		return nil, fmt.Errorf("esbuild: %s", strings.Join(api.FormatMessages(result.Errors, api.FormatMessagesOptions{}), "\n"))
	}

	files := map[string][]byte{}
	made := map[string]string{} // "app.css" → its name with the hash
	for _, f := range result.OutputFiles {
		name := filepath.Base(f.Path)
		files[filepath.Join(dist, name)] = f.Contents
		made[unhashed.ReplaceAllString(name, ".")] = name
		if filepath.Ext(name) == ".woff2" {
			continue // already compressed
		}
		path := filepath.Join(dist, name+".gz")
		if files[path], err = pack(path, f.Contents); err != nil {
			return nil, err
		}
	}
	if files[names], err = nameFile(made); err != nil {
		return nil, err
	}
	if files[icons], err = iconMap(); err != nil {
		return nil, err
	}
	for to, from := range archives {
		if files[to], err = archive(to, from); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// archives are what is read once when the program starts, by what it is made of.
var archives = map[string]string{
	"internal/words/catalogue.zip.gz": "*/*.json",
	"internal/db/migrations.zip.gz":   "migrations/*.sql",
	"internal/typeface/fonts.zip.gz":  "fonts/*.ttf",
}

// archive packs the files of a directory that have the pattern, for path.
func archive(path, pattern string) ([]byte, error) {
	dir := filepath.Dir(path)
	paths, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil {
		return nil, err
	}
	sort.Strings(paths)
	var files []packed.File
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return nil, err
		}
		files = append(files, packed.File{Name: filepath.ToSlash(name), Body: b})
	}
	z, err := packed.Zip(files)
	if err != nil {
		return nil, err
	}
	return pack(path, z)
}

// unhashed is the part of a name that comes from the content.
var unhashed = regexp.MustCompile(`\.[0-9A-Z]{8}\.`)

// entries are the style sheet and the script of each bundle that has them.
func entries() (all []api.EntryPoint) {
	for _, name := range bundles {
		for _, path := range []string{source + "/css/" + name + ".css", source + "/ts/" + name + ".ts"} {
			if _, err := os.Stat(path); err == nil {
				all = append(all, api.EntryPoint{InputPath: "./" + path, OutputPath: name})
			}
		}
	}
	return all
}

// nameFile is the Go file that tells the pages what to link to.
func nameFile(made map[string]string) ([]byte, error) {
	at := func(name string) string {
		if made[name] == "" {
			return ""
		}
		return "/static/" + made[name]
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `// Code generated by tools/assets. DO NOT EDIT.

package static

// The names of the files every page links to, with the hash of their content.
const (
	Style  = %q
	Script = %q
	Font   = %q
)
`, at("app.css"), at("app.js"), at("hanken-grotesk.woff2"))
	if len(bundles) > 1 {
		b.WriteString("\n// What some pages load beside them.\nvar (\n")
		for _, name := range bundles[1:] {
			if style, script := at(name+".css"), at(name+".js"); style != "" || script != "" {
				fmt.Fprintf(&b, "\t%s = Bundle{Style: %q, Script: %q}\n", goName(name), style, script)
			}
		}
		b.WriteString(")\n")
	}
	return format.Source(b.Bytes())
}

// goName is the exported name of a bundle.
func goName(bundle string) string {
	if bundle == "pdf" {
		return "PDF"
	}
	return strings.ToUpper(bundle[:1]) + bundle[1:]
}

// pack compresses what is to stand at path. What is there already stays while it has
// the same content: zopfli packs a twentieth better, where somebody has it.
func pack(path string, b []byte) ([]byte, error) {
	if old, err := os.ReadFile(path); err == nil && unpacks(old, b) {
		return old, nil
	}
	if zopfli, err := exec.LookPath("zopfli"); err == nil {
		return zopfliPack(zopfli, b)
	}
	var buf bytes.Buffer
	w, err := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(b); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// unpacks reports whether small is b, compressed.
func unpacks(small, b []byte) bool {
	r, err := gzip.NewReader(bytes.NewReader(small))
	if err != nil {
		return false
	}
	got, err := io.ReadAll(r)
	return err == nil && bytes.Equal(got, b)
}

func zopfliPack(zopfli string, b []byte) ([]byte, error) {
	f, err := os.CreateTemp("", "vitrine-assets-")
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(b)
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	return exec.Command(zopfli, "-c", f.Name()).Output()
}

var (
	iconBody  = regexp.MustCompile(`(?s)<svg[^>]*>(.*)</svg>`)
	iconSpace = regexp.MustCompile(`>\s+<`)
)

// iconMap turns each SVG under icons into the drawing inside its <svg>.
func iconMap() ([]byte, error) {
	paths, err := filepath.Glob(source + "/icons/*.svg")
	if err != nil {
		return nil, err
	}
	sort.Strings(paths)
	var b bytes.Buffer
	b.WriteString("// Code generated by tools/assets from Lucide (ISC, see static/icons). DO NOT EDIT.\n\npackage ui\n\nvar icons = map[string]string{\n")
	for _, path := range paths {
		svg, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		m := iconBody.FindSubmatch(svg)
		if m == nil {
			return nil, fmt.Errorf("%s: no <svg>", path)
		}
		body := iconSpace.ReplaceAllString(strings.TrimSpace(string(m[1])), "><")
		fmt.Fprintf(&b, "\t%q: %s,\n", strings.TrimSuffix(filepath.Base(path), ".svg"), "`"+strings.ReplaceAll(body, " />", "/>")+"`")
	}
	b.WriteString("}\n")
	return format.Source(b.Bytes())
}

func compare(files map[string][]byte) (stale []string) {
	for path, want := range files {
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
			stale = append(stale, path)
		}
	}
	old, _ := filepath.Glob(dist + "/*")
	for _, path := range old {
		if _, ok := files[path]; !ok {
			stale = append(stale, path+" (left over)")
		}
	}
	sort.Strings(stale)
	return stale
}

func write(files map[string][]byte) error {
	if err := os.RemoveAll(dist); err != nil {
		return err
	}
	if err := os.MkdirAll(dist, 0o755); err != nil {
		return err
	}
	for path, b := range files {
		if err := os.WriteFile(path, b, 0o644); err != nil {
			return err
		}
	}
	return nil
}
