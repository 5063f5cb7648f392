// Paint measures how long a client waits on a phone until a page is there: the
// first paint, and the largest, on the slow 4G of Lighthouse (1.6 Mbit/s, 150 ms)
// with a quarter of the processor.
//
//	go run ./tools/paint
//
// Each page of the demo is opened several times, with nothing kept of the site and
// with its styles and scripts in the cache; the figures are medians.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"slices"
	"time"

	"github.com/vitrine-portal/vitrine/internal/built"
	"github.com/vitrine-portal/vitrine/tools/internal/tour"
)

func main() {
	log.SetFlags(0)
	times := flag.Int("times", 5, "how often each page is opened")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := measure(ctx, *times); err != nil {
		log.Fatal("paint: ", err)
	}
}

// pages are looked at by name: a path, or a file of the demo that is looked for.
var pages = []struct{ name, path, file string }{
	{"home", "/", ""},
	{"viewer of a picture", "", "homepage-hero.jpg"},
	{"viewer of a document", "", "Page designs.pdf"},
	{"viewer of a film", "", "Way through the checkout.mp4"},
}

func measure(ctx context.Context, times int) error {
	tmp, err := os.MkdirTemp("", "vitrine-paint-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	binary, err := built.Binary(ctx, tmp)
	if err != nil {
		return err
	}
	b, err := tour.Open(ctx)
	if err != nil {
		return err
	}
	defer b.Close()
	demo, people, err := tour.Demo(ctx, binary, tmp+"/demo")
	if err != nil {
		return err
	}
	defer demo.Stop()
	i := slices.IndexFunc(people, func(p tour.Person) bool { return p.Role == "client-lead" })
	cookies, err := tour.SignIn(demo.URL, people[i])
	if err != nil {
		return err
	}
	tab, err := b.Tab(demo.URL, cookies)
	if err != nil {
		return err
	}
	defer tab.Close()
	if err := tab.Look(tour.Phone, false); err != nil {
		return err
	}
	paths := make([]string, len(pages))
	for i, p := range pages {
		if paths[i] = p.path; p.file != "" {
			if paths[i], err = find(tab, p.file); err != nil {
				return err
			}
		}
	}
	if err := tab.Slow(); err != nil {
		return err
	}
	fmt.Printf("| %-22s | first paint, nothing kept | largest | first paint, kept | largest |\n|---|---|---|---|---|\n", "")
	for i, p := range pages {
		fmt.Printf("| %-22s |", p.name)
		for _, kept := range []bool{false, true} {
			var first, largest []float64
			for range times {
				if !kept {
					if err := tab.Forget(); err != nil {
						return err
					}
				}
				t, err := open(tab, paths[i])
				if err != nil {
					return err
				}
				first, largest = append(first, t[0]), append(largest, t[1])
			}
			fmt.Printf(" %.0f ms | %.0f ms |", median(first), median(largest))
		}
		fmt.Println()
	}
	return nil
}

// find is where a file of the demo is, once its preview was made.
func find(tab *tour.Tab, name string) (path string, err error) {
	if _, _, err = tab.Go("/projects"); err != nil {
		return "", err
	}
	for range 60 {
		path, err = tour.Eval[string](tab, fmt.Sprintf(`(async () => {
			const links = async path => [...new DOMParser().parseFromString(await (await fetch(path)).text(), "text/html").querySelectorAll("a[href]")].map(a => [a.getAttribute("href"), a.innerText || a.textContent]);
			const project = [...document.querySelectorAll("a[href^='/projects/prj_']")].find(a => a.textContent.includes("Website relaunch")).getAttribute("href").split("?")[0];
			const queue = [project + "/files"], seen = new Set(queue);
			for (const at of queue) for (const [href, text] of await links(at)) {
				const path = href.split(/[?#]/)[0];
				if (/^\/files\/fil_[^/]+$/.test(path) && text.includes(%q)) return (await (await fetch(path)).text()).includes("data-waits") ? "" : path;
				if (/^\/folders\//.test(path) && !seen.has(path)) seen.add(path), queue.push(path);
			}
			return "none";
		})()`, name))
		switch {
		case err != nil:
			return "", err
		case path == "none":
			return "", fmt.Errorf("there is no file %s", name)
		case path != "":
			return path, nil
		}
		time.Sleep(time.Second)
	}
	return "", fmt.Errorf("the preview of %s is not made", name)
}

// open opens a page and gives its first and its largest paint, in milliseconds.
func open(tab *tour.Tab, path string) ([]float64, error) {
	if _, _, err := tab.Go(path); err != nil {
		return nil, err
	}
	return tour.Eval[[]float64](tab, `new Promise(done => {
		let largest = 0;
		new PerformanceObserver(l => { for (const e of l.getEntries()) largest = e.startTime; }).observe({type: "largest-contentful-paint", buffered: true});
		setTimeout(() => done([performance.getEntriesByName("first-contentful-paint")[0].startTime, largest]), 1500);
	})`)
}

func median(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/2]
}
