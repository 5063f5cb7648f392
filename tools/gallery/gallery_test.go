package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// is fails unless the script says true within two seconds.
func is(t *testing.T, ctx context.Context, what, script string) {
	t.Helper()
	var got bool
	for range 40 {
		var err error
		if got, err = chromedp.Run(ctx, chromedp.Evaluate[bool]("Boolean("+script+")")); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if got {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("not so: %s", what)
}

func do(t *testing.T, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

func scriptOff(off bool) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: off})
		return err
	})
}

// The script, in a real browser, under the real content security policy.
func TestScript(t *testing.T) {
	var visits, drawn atomic.Int32
	stream := make(chan string)
	mux := http.NewServeMux()
	mux.Handle("/", handler("#7a2e4d"))
	mux.HandleFunc("POST /visits/1", func(http.ResponseWriter, *http.Request) { visits.Add(1) })
	mux.HandleFunc("GET /search", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `<a href="/today">one %s</a><a href="/access">two</a>`, r.FormValue("q"))
	})
	mux.HandleFunc("GET /live", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.(http.Flusher).Flush()
		for {
			select {
			case event := <-stream:
				fmt.Fprintf(w, "event: %s\ndata: .\n\n", event)
				w.(http.Flusher).Flush()
			case <-r.Context().Done():
				return
			}
		}
	})
	mux.HandleFunc("GET /lively", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", policy)
		lively(drawn.Add(1)).Render(r.Context(), w)
	})
	srv := httptest.NewServer(mux)
	defer srv.Close()

	ctx, stop, err := browser()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 40*time.Second)
	defer cancel()

	open := func(path string) { do(t, ctx, chromedp.Navigate(srv.URL+path)) }

	t.Run("menu", func(t *testing.T) {
		open("/home")
		do(t, ctx, chromedp.Click(".top .menu summary"))
		is(t, ctx, "a press opens the menu", `document.querySelector(".top .menu").open`)
		do(t, ctx, chromedp.KeyEvent(kb.ArrowDown))
		is(t, ctx, "an arrow goes to the first entry", `document.activeElement.matches(".menu-list a")`)
		do(t, ctx, chromedp.KeyEvent(kb.Escape))
		is(t, ctx, "Escape closes and returns the focus", `!document.querySelector(".top .menu").open && document.activeElement.matches("summary")`)
	})

	t.Run("dialog", func(t *testing.T) {
		open("/parts")
		do(t, ctx, chromedp.Click(".section button[popovertarget=confirm]"))
		is(t, ctx, "the dialog is modal", `document.querySelector("#confirm").matches(":modal")`)
		do(t, ctx, chromedp.Click("#confirm .plain"))
		is(t, ctx, "Cancel closes it", `!document.querySelector("#confirm").open`)
	})

	t.Run("without script", func(t *testing.T) {
		do(t, ctx, scriptOff(true))
		defer do(t, ctx, scriptOff(false))
		open("/parts")
		do(t, ctx, chromedp.Click(".section button[popovertarget=confirm]"))
		is(t, ctx, "the dialog opens as a popover", `document.querySelector("#confirm").matches(":popover-open")`)
		is(t, ctx, "what needs script is not drawn", `document.querySelector(".needs-js").checkVisibility() === false`)
	})

	t.Run("save bar", func(t *testing.T) {
		open("/lively")
		is(t, ctx, "hidden at first", `!document.querySelector(".savebar").checkVisibility()`)
		do(t, ctx, chromedp.SendKeys("#title", "x"))
		is(t, ctx, "shown once something changed", `document.querySelector(".savebar").checkVisibility()`)
		do(t, ctx, chromedp.KeyEvent(kb.Backspace))
		is(t, ctx, "hidden when it is as before", `!document.querySelector(".savebar").checkVisibility()`)
	})

	t.Run("live", func(t *testing.T) {
		open("/lively")
		n := drawn.Load()
		stream <- "changed"
		is(t, ctx, "the page is laid over", fmt.Sprintf(`document.querySelector("h1").textContent === "Drawn %d times"`, n+1))
		do(t, ctx, chromedp.SendKeys("#title", "typing"))
		stream <- "changed"
		is(t, ctx, "who types is asked instead", `document.querySelector(".toast")?.textContent.includes("This page has news")`)
		is(t, ctx, "and keeps what was typed", `document.querySelector("#title").value.includes("typing")`)
		if visits.Load() == 0 {
			t.Error("the visit was not told")
		}
		do(t, ctx, chromedp.Evaluate[chromedp.Void](`document.querySelector("form[data-guard]").reset()`))
	})

	t.Run("palette", func(t *testing.T) {
		open("/today")
		do(t, ctx, chromedp.KeyEvent("k", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
		is(t, ctx, "Ctrl K opens it", `document.querySelector("#palette").open`)
		do(t, ctx, chromedp.SendKeys("#palette input", "leto"))
		is(t, ctx, "answers are drawn", `document.querySelector("#palette [data-current]")?.textContent === "one leto"`)
		do(t, ctx, chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.Enter))
		is(t, ctx, "Enter goes there", `location.pathname === "/access"`)
	})
}

// Nothing the kit draws needs what the policy refuses.
func TestPagesHoldNothingInline(t *testing.T) {
	for _, p := range pages {
		var b strings.Builder
		if err := p.page("dark").Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{" style=", "<style", " onclick=", "javascript:"} {
			if strings.Contains(b.String(), bad) {
				t.Errorf("%s holds %q", p.name, bad)
			}
		}
	}
}
