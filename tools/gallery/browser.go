package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

var widths = []struct{ w, h int64 }{{390, 844}, {820, 1180}, {1440, 900}}

// browser starts Chromium and prints what its pages complain about.
func browser() (context.Context, func(), error) {
	dir, err := os.MkdirTemp("", "gallery-")
	if err != nil {
		return nil, nil, err
	}
	alloc, stopAlloc := chromedp.NewExecAllocator(context.Background(),
		chromedp.ExecPath("/usr/bin/chromium"), chromedp.UserDataDir(dir),
		chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("hide-scrollbars", true))
	ctx, stop := chromedp.NewContext(alloc, chromedp.WithListener(func(ev any) {
		switch ev := ev.(type) {
		case *runtime.EventExceptionThrown:
			fmt.Println("  exception:", ev.ExceptionDetails.Text, ev.ExceptionDetails.URL, ev.ExceptionDetails.LineNumber)
		case *cdplog.EventEntryAdded:
			fmt.Println("  log:", ev.Entry.Text, ev.Entry.URL)
		}
	}))
	return ctx, func() { stop(); stopAlloc(); os.RemoveAll(dir) }, nil
}

// each opens every wanted page in every width and theme.
func each(base string, wanted func(string) bool, look func(ctx context.Context, name string, w, h int64) error) error {
	ctx, stop, err := browser()
	if err != nil {
		return err
	}
	defer stop()
	for _, p := range pages {
		if !wanted(p.name) {
			continue
		}
		for _, size := range widths {
			for _, theme := range []string{"light", "dark"} {
				name := fmt.Sprintf("%s-%d-%s", p.name, size.w, theme)
				err := chromedp.Do(ctx,
					viewport(size.w, size.h),
					chromedp.Navigate(base+"/"+p.name+"?theme="+theme),
					chromedp.Sleep(400*time.Millisecond)) // font and the rise of a toast
				if err == nil {
					err = look(ctx, name, size.w, size.h)
				}
				if err != nil {
					return fmt.Errorf("%s: %w", name, err)
				}
			}
		}
	}
	return nil
}

func viewport(w, h int64) chromedp.Action[chromedp.Void] {
	if w < 800 {
		return chromedp.EmulateViewport(w, h, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	return chromedp.EmulateViewport(w, h)
}

// shoot takes a whole-page picture of each and says which are wider than the
// screen.
func shoot(base, dir string, wanted func(string) bool) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return each(base, wanted, func(ctx context.Context, name string, w, h int64) error {
		full, err := chromedp.Run(ctx, chromedp.Evaluate[[]int64](`[document.documentElement.scrollWidth, document.documentElement.scrollHeight]`))
		if err != nil {
			return err
		}
		if full[0] > w {
			fmt.Println(name, "is wider than the screen:", full[0])
		}
		if err := chromedp.Do(ctx, viewport(w, max(h, full[1])), chromedp.Sleep(80*time.Millisecond)); err != nil {
			return err
		}
		picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644)
	})
}

// check runs axe on each.
func check(base, path string, wanted func(string) bool) error {
	script, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	failed := 0
	err = each(base, wanted, func(ctx context.Context, name string, _, _ int64) error {
		if _, err := chromedp.Run(ctx, chromedp.Evaluate[int](string(script)+";0")); err != nil {
			return err
		}
		found, err := chromedp.Run(ctx, chromedp.Evaluate[string](`axe.run({resultTypes:["violations"]}).then(r => JSON.stringify(r.violations.flatMap(v => v.nodes.map(n => v.id + " " + n.target + " " + (n.any[0] || n.all[0] || n.none[0] || {}).message))))`, chromedp.EvalAwaitPromise))
		if err != nil {
			return err
		}
		var all []string
		if err := json.Unmarshal([]byte(found), &all); err != nil {
			return err
		}
		failed += len(all)
		if len(all) > 0 {
			fmt.Printf("%s\n  %s\n", name, strings.Join(all, "\n  "))
		}
		return nil
	})
	if err == nil && failed > 0 {
		err = fmt.Errorf("%d violations", failed)
	}
	return err
}
