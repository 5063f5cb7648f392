// Package tour walks through the portal in Chromium: every page that each
// person of a running server can reach by a link.
package tour

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// A Size is a screen.
type Size struct {
	Name          string
	Width, Height int64
	Scale         float64
	Touch         bool
}

// The screens that pages are looked at on.
var (
	Phone   = Size{"phone", 390, 844, 2, true}
	Tablet  = Size{"tablet", 820, 1180, 1, true}
	Desktop = Size{"desktop", 1440, 900, 1, false}
)

// pageLimit bounds how long one page may take to load.
const pageLimit = 60 * time.Second

// ErrNoChromium means that no Chromium was found on this machine.
var ErrNoChromium = errors.New("no Chromium is installed")

// A Browser is one process of Chromium.
type Browser struct {
	ctx    context.Context
	cancel func()
}

// Open starts Chromium.
func Open(ctx context.Context) (*Browser, error) {
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		return nil, ErrNoChromium
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.Flag("no-sandbox", true), // a root of containers has none
		chromedp.Flag("disable-gpu", true),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("hide-scrollbars", true),
		chromedp.WSURLReadTimeout(time.Minute),
	)
	ctx, cancelProcess := chromedp.NewExecAllocator(ctx, options...)
	ctx, cancel := chromedp.NewContext(ctx)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		cancel()
		cancelProcess()
		return nil, fmt.Errorf("start Chromium: %w", err)
	}
	return &Browser{ctx, func() { cancel(); cancelProcess() }}, nil
}

// Close ends Chromium.
func (b *Browser) Close() { b.cancel() }

// A Tab is one person's: it shares no cookie with others.
type Tab struct {
	ctx    context.Context
	cancel func()
	site   string

	mu       sync.Mutex
	problems []string // what the console said since they were last asked for
}

// Tab opens one at a site, with somebody's cookies.
func (b *Browser) Tab(site string, cookies []*http.Cookie) (*Tab, error) {
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	t := &Tab{ctx: ctx, cancel: cancel, site: site}
	err := chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		if _, err := cdp.Call(ctx, target, cdplog.Enable, cdp.Empty{}); err != nil {
			return err
		}
		for _, c := range cookies {
			if _, err := cdp.Call(ctx, target, network.SetCookie, network.SetCookieParams{Name: c.Name, Value: c.Value, URL: site}); err != nil {
				return err
			}
		}
		_, err := cdp.Call(ctx, target, runtime.Enable, cdp.Empty{})
		return err
	}))
	if err == nil {
		err = chromedp.Listen(ctx, t.hear)
	}
	if err != nil {
		cancel()
		return nil, err
	}
	return t, nil
}

// Close closes the tab.
func (t *Tab) Close() { t.cancel() }

func (t *Tab) hear(ev any) {
	var text string
	switch ev := ev.(type) {
	case *cdplog.EventEntryAdded:
		// An answer with an error status is the walk's own to judge.
		if ev.Entry.Level == cdplog.EntryLevelError && ev.Entry.Source != cdplog.EntrySourceNetwork {
			text = ev.Entry.Text
		}
	case *runtime.EventExceptionThrown:
		text = ev.ExceptionDetails.Text
		if e := ev.ExceptionDetails.Exception; e != nil {
			text += " " + e.Description
		}
	}
	if text != "" {
		t.mu.Lock()
		t.problems = append(t.problems, text)
		t.mu.Unlock()
	}
}

// Problems are the errors on the console since they were last asked for.
func (t *Tab) Problems() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.problems
	t.problems = nil
	return p
}

// do bounds what a page may take.
func (t *Tab) do(steps ...chromedp.Action[chromedp.Void]) error {
	ctx, cancel := context.WithTimeout(t.ctx, pageLimit)
	defer cancel()
	return chromedp.Do(ctx, steps...)
}

// Look sets the screen and the colours, also of the page that is open.
func (t *Tab) Look(s Size, dark bool) error {
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	options := []chromedp.EmulateViewportOption{chromedp.EmulateScale(s.Scale)}
	if s.Touch {
		options = append(options, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	return t.do(chromedp.EmulateViewport(s.Width, s.Height, options...),
		chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
			_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
				{Name: "prefers-color-scheme", Value: scheme},
				{Name: "prefers-reduced-motion", Value: "reduce"},
			}})
			return err
		}), chromedp.Steps(settled))
}

// slowly is a command that Chromium knows under another name by now, and takes.
var slowly = cdp.Command[conditions, cdp.Empty]{Method: "Network.emulateNetworkConditions"}

type conditions struct {
	Offline            bool    `json:"offline"`
	Latency            float64 `json:"latency"`            // in milliseconds, of each request
	DownloadThroughput float64 `json:"downloadThroughput"` // in bytes a second
	UploadThroughput   float64 `json:"uploadThroughput"`
}

// Slow gives the tab the line and the processor of a cheap phone: the slow 4G of
// Lighthouse, 1.6 Mbit/s and 150 ms, and a quarter of this machine.
func (t *Tab) Slow() error {
	return t.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		if _, err := cdp.Call(ctx, target, network.Enable, network.EnableParams{}); err != nil {
			return err
		}
		if _, err := cdp.Call(ctx, target, slowly, conditions{Latency: 150, DownloadThroughput: 1.6e6 / 8, UploadThroughput: 750e3 / 8}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, target, emulation.SetCPUThrottlingRate, emulation.SetCPUThrottlingRateParams{Rate: 4})
		return err
	}))
}

// Forget empties what the browser has kept of pages.
func (t *Tab) Forget() error {
	return t.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, network.ClearBrowserCache, cdp.Empty{})
		return err
	}))
}

// Go opens a path of the site. It returns the status and the type of the
// answer, after redirects.
func (t *Tab) Go(path string) (status int, kind string, err error) {
	ctx, cancel := context.WithTimeout(t.ctx, pageLimit)
	defer cancel()
	resp, err := chromedp.Run(ctx, chromedp.NavigateResponse(t.site+path))
	if err != nil {
		return 0, "", fmt.Errorf("open %s: %w", path, err)
	}
	if resp == nil {
		return 0, "", fmt.Errorf("open %s: no answer", path)
	}
	err = t.do(chromedp.Steps(settled))
	return int(resp.Status), resp.MimeType, err
}

// send runs a script that submits a form, and waits for what comes back.
func (t *Tab) send(script string) error {
	ctx, cancel := context.WithTimeout(t.ctx, pageLimit)
	defer cancel()
	_, err := chromedp.RunResponse(ctx, chromedp.Evaluate[chromedp.Void](script))
	if err != nil {
		return err
	}
	return t.do(chromedp.Steps(settled))
}

// settled waits for fonts and two frames, so that a picture has both.
var settled = chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
	_, err := chromedp.Evaluate[bool](`document.fonts.ready.then(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true)))))`,
		chromedp.EvalAwaitPromise)(ctx, target)
	return err
})

// Eval runs a JavaScript expression, which may be a promise, and returns its
// value.
func Eval[T any](t *Tab, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(t.ctx, pageLimit)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// drawn gives the frame that draws a PDF the time to do so: it has no origin, so
// nobody can ask it.
const drawn = `new Promise(done => setTimeout(done, document.querySelector("iframe.pdf") ? 2000 : 0, true))`

// Picture is the whole page as PNG.
func (t *Tab) Picture() ([]byte, error) {
	ctx, cancel := context.WithTimeout(t.ctx, pageLimit)
	defer cancel()
	if err := chromedp.Do(ctx, settled); err != nil {
		return nil, err
	}
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](drawn, chromedp.EvalAwaitPromise)); err != nil {
		return nil, err
	}
	return chromedp.Run(ctx, chromedp.FullScreenshot(100))
}
