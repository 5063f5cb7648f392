// Gallery draws every component and a few whole pages with sample data, for
// looking at.
//
//	go run ./tools/gallery -listen localhost:8090     look in a browser
//	go run ./tools/gallery -shots DIR [-only home]    pictures at 390, 820, 1440 px, light and dark
//	go run ./tools/gallery -axe axe.min.js            accessibility, with axe-core
//
// It answers with the security headers of the real server, so that whatever the
// content security policy refuses fails here first.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"github.com/vitrine-portal/vitrine/internal/web/static"
)

const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'; trusted-types default"

var pages = []struct {
	name string
	page func(theme string) templ.Component
}{
	{"home", clientHome},
	{"overview", projectOverview},
	{"timeline", projectTimeline},
	{"today", teamToday},
	{"access", portalAccess},
	{"signin", signIn},
	{"invitation", invitation},
	{"parts", parts},
}

func main() {
	log.SetFlags(0)
	listen := flag.String("listen", "localhost:0", "address to serve on")
	accent := flag.String("accent", "#7a2e4d", "the workspace's accent")
	shots := flag.String("shots", "", "directory for pictures")
	axe := flag.String("axe", "", "path of axe.min.js: check instead of serving")
	only := flag.String("only", "", "only pages, separated by commas")
	flag.Parse()

	ln, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	base := "http://" + ln.Addr().String()
	go http.Serve(ln, handler(*accent))

	wanted := func(name string) bool {
		return *only == "" || strings.Contains(","+*only+",", ","+name+",")
	}
	switch {
	case *shots != "":
		err = shoot(base, *shots, wanted)
	case *axe != "":
		err = check(base, *axe, wanted)
	default:
		for _, p := range pages {
			fmt.Println(base + "/" + p.name)
		}
		select {}
	}
	if err != nil {
		log.Fatal(err)
	}
}

func handler(accent string) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /static/", static.Handler())
	mux.HandleFunc("GET /brand.css", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		w.Write(static.Brand(accent))
	})
	mux.HandleFunc("GET /icon.svg", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "image/svg+xml")
		w.Write(static.Icon(honcho.Mark, accent))
	})
	for _, p := range pages {
		mux.HandleFunc("GET /"+p.name, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Content-Security-Policy", policy)
			if err := p.page(r.URL.Query().Get("theme")).Render(r.Context(), w); err != nil {
				log.Print(err)
			}
		})
	}
	return mux
}
