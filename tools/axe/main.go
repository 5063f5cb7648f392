// Axe looks at every page that somebody can reach: with axe-core for what
// keeps people out, for links that lead nowhere, for errors on the console, and
// for pages wider than a phone. It looks at mails, too, in light and dark.
//
//	go run ./tools/axe
//
// It fails when it finds anything, and says on which page. axe-core comes from
// npm once and is kept in the user's cache directory; without npm the exit
// status is 3.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/vitrine-portal/vitrine/internal/built"
	"github.com/vitrine-portal/vitrine/tools/internal/tour"
)

// version of axe-core; its rules change with it.
const version = "4.14.1"

var errNoNpm = errors.New("npm is not installed, and axe-core is not in the cache")

func main() {
	log.SetFlags(0)
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	found, err := look(ctx)
	switch {
	case errors.Is(err, errNoNpm), errors.Is(err, tour.ErrNoChromium):
		fmt.Fprintln(os.Stderr, "axe:", err)
		os.Exit(3)
	case err != nil:
		log.Fatal("axe: ", err)
	case found > 0:
		log.Fatalf("axe: %d faults", found)
	}
}

// A violation is what axe-core reports, as far as it is shown.
type violation struct {
	ID     string
	Impact string
	Help   string
	Nodes  []struct {
		HTML           string
		FailureSummary string
	}
}

var (
	standard = []string{"wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"}
	practice = append(slices.Clip(standard), "best-practice") // which wants of a mail what only a page has
)

const run = `axe.run(document, {resultTypes: ["violations"], runOnly: %s})
	.then(r => r.violations.map(v => ({ID: v.id, Impact: v.impact, Help: v.help,
		Nodes: v.nodes.map(n => ({HTML: n.html.slice(0, 200), FailureSummary: n.failureSummary}))})))`

// wider says which elements stick out of the screen to the right, the innermost of
// them, and still do a second later: a page may be about to lay itself out. A phone's
// browser shows such a page smaller, so that the window is as wide as all of it, and
// the rail, which is fixed to the window, too.
const wider = `(async () => {
	const edge = () => document.documentElement.clientWidth, out = e => e.getBoundingClientRect().right > edge() + 1;
	for (let i = 0; i < 20; i++) {
		if (document.documentElement.scrollWidth <= edge()) return [];
		await new Promise(done => setTimeout(done, 50));
	}
	return [...document.querySelectorAll("body *")].filter(e => out(e) && ![...e.children].some(out) && !e.closest("#rail"))
		.slice(0, 3).map(e => e.outerHTML.slice(0, 120)).concat("the page is " + document.documentElement.scrollWidth + " wide");
})()`

// look walks through every page and prints what is wrong.
func look(ctx context.Context) (found int, err error) {
	script, err := axeCore(ctx)
	if err != nil {
		return 0, err
	}
	tmp, err := os.MkdirTemp("", "vitrine-axe-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(tmp)
	binary, err := built.Binary(ctx, tmp)
	if err != nil {
		return 0, err
	}
	var (
		mu     sync.Mutex
		pages  int
		faults = make(map[int][]string) // by the number of the page
	)
	note := func(p tour.Page, how, text string) {
		mu.Lock()
		defer mu.Unlock()
		found++
		faults[p.Number] = append(faults[p.Number], fmt.Sprintf("%s at %s (%s): %s", p.Who, p.Path, how, text))
	}
	say := func() { // in the order of the pages, which several tabs look at
		for _, n := range slices.Sorted(maps.Keys(faults)) {
			fmt.Println(strings.Join(faults[n], "\n"))
		}
		clear(faults)
	}
	dead, err := tour.Each(ctx, binary, tmp, true, func(t *tour.Tab, p tour.Page) error {
		mu.Lock()
		pages++
		mu.Unlock()
		return see(t, p, script, practice, []view{{tour.Desktop, true}, {tour.Phone, false}}, note)
	})
	say()
	for _, d := range dead {
		found++
		fmt.Println("dead link:", d)
	}
	if err == nil {
		err = mails(ctx, script, note)
	}
	say()
	fmt.Printf("%d pages looked at, on a desk and on a phone: %d faults\n", pages, found)
	return found, err
}

// mails looks at the mails that the tests of internal/mail keep, which hold all
// that a mail can have, as a program that shows mail would draw them.
func mails(ctx context.Context, script string, fault fault) error {
	module, err := built.Root(ctx)
	if err != nil {
		return err
	}
	all, err := filepath.Glob(filepath.Join(module, "internal/mail/testdata/*.html"))
	if err == nil && len(all) == 0 {
		err = errors.New("no mail is kept by the tests of internal/mail")
	}
	if err != nil {
		return err
	}
	b, err := tour.Open(ctx)
	if err != nil {
		return err
	}
	defer b.Close()
	t, err := b.Tab("file://", nil)
	if err != nil {
		return err
	}
	defer t.Close()
	for _, file := range all {
		p := tour.Page{Who: "whoever gets a mail", Path: file}
		if err := see(t, p, script, standard, []view{{tour.Desktop, false}, {tour.Phone, false}, {tour.Desktop, true}, {tour.Phone, true}}, fault); err != nil {
			return err
		}
	}
	return nil
}

// A view is a screen and its colours.
type view struct {
	tour.Size
	dark bool
}

func (v view) String() string {
	if v.dark {
		return v.Name + ", dark"
	}
	return v.Name + ", light"
}

// A fault takes what is wrong with a page, and how that is looked at.
type fault func(p tour.Page, how, text string)

// see opens a page in the first of the views, and has it lay itself out anew in the
// others.
func see(t *tour.Tab, p tour.Page, script string, rules []string, views []view, fault fault) error {
	for i, v := range views {
		if err := t.Look(v.Size, v.dark); err != nil {
			return err
		}
		if i == 0 {
			if err := p.Open(t); err != nil {
				return err
			}
			if _, err := tour.Eval[bool](t, script+"\n;true"); err != nil {
				return err
			}
		}
		if err := check(t, rules, func(text string) { fault(p, v.String(), text) }); err != nil {
			return err
		}
	}
	return nil
}

// check says what is wrong with the page that is open.
func check(t *tour.Tab, rules []string, fault func(string)) error {
	for _, text := range t.Problems() {
		fault("console: " + text)
	}
	out, err := tour.Eval[[]string](t, wider)
	if err != nil {
		return err
	}
	if len(out) > 0 {
		fault("wider than the screen: " + strings.Join(out, " "))
	}
	only, err := json.Marshal(rules)
	if err != nil {
		return err
	}
	violations, err := tour.Eval[[]violation](t, fmt.Sprintf(run, only))
	if err != nil {
		return err
	}
	for _, v := range violations {
		var where strings.Builder
		for _, n := range v.Nodes[:min(3, len(v.Nodes))] {
			fmt.Fprintf(&where, "\n    %s\n      %s", n.HTML, strings.ReplaceAll(n.FailureSummary, "\n", "\n      "))
		}
		fault(fmt.Sprintf("%s (%s, %d times): %s%s", v.ID, v.Impact, len(v.Nodes), v.Help, where.String()))
	}
	return nil
}

// axeCore is the script, from the cache or from npm.
func axeCore(ctx context.Context) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "vitrine-tools", "axe-core-"+version)
	file := filepath.Join(dir, "package", "axe.min.js")
	if b, err := os.ReadFile(file); err == nil {
		return string(b), nil
	}
	if _, err := exec.LookPath("npm"); err != nil {
		return "", errNoNpm
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	for _, args := range [][]string{
		{"npm", "pack", "--silent", "axe-core@" + version},
		{"tar", "xzf", "axe-core-" + version + ".tgz"},
	} {
		cmd := exec.CommandContext(ctx, args[0], args[1:]...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("%s: %w: %s", strings.Join(args, " "), err, out)
		}
	}
	b, err := os.ReadFile(file)
	return string(b), err
}
