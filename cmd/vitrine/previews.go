package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/vitrine-portal/vitrine/internal/config"
	"github.com/vitrine-portal/vitrine/internal/inspect"
	"github.com/vitrine-portal/vitrine/internal/preview"
	"github.com/vitrine-portal/vitrine/internal/scan"
)

// inspector looks at what people upload.
func (h *house) inspector() (*inspect.Inspector, error) {
	o := inspect.Options{Portal: h.portal, Blobs: h.blobs, Temp: filepath.Join(h.cfg.Data, "tmp"), Off: !h.cfg.Previews, Holds: h.cfg.ClamdHolds, Log: h.log}
	if h.cfg.Clamd != "" {
		o.Scanner = scan.New(h.cfg.Clamd)
	}
	return inspect.New(o)
}

// checkPreviews says what previews are made with, and what keeps that from
// doing harm.
func checkPreviews(cfg *config.Config) []finding {
	const about = "previews"
	if !cfg.Previews {
		return []finding{{fine, about, "are off"}}
	}
	dir, err := os.MkdirTemp("", "vitrine-doctor-")
	if err != nil {
		return []finding{{bad, about, "cannot be tried: " + plainly(err)}}
	}
	defer os.RemoveAll(dir)
	m, err := preview.New(preview.Options{Temp: dir})
	if err != nil {
		return []finding{{bad, about, "cannot be tried: " + err.Error()}}
	}
	found := []finding{wallsFinding(about, m.Walls())}
	missing := m.Missing()
	for _, name := range slices.Sorted(maps.Keys(missing)) {
		found = append(found, finding{warn, about, fmt.Sprintf("%s is not installed, so %s are only handed out", name, missing[name])})
	}
	return found
}

func wallsFinding(about string, w preview.Walls) finding {
	const less = ": SVG and office documents have none, and other converters only have limits"
	switch {
	case !w.Network && !w.Files:
		return finding{warn, about, "run without a wall to the network or the disk" + less + "; on Linux, install bubblewrap"}
	case !w.Network:
		return finding{warn, about, "run without a wall to the network" + less + "; on Linux, install bubblewrap"}
	case !w.Files:
		return finding{warn, about, "run without a wall to the disk: SVG has none; on Linux, install bubblewrap"}
	}
	return finding{fine, about, "are made by processes that reach neither the network nor other files"}
}

// checkScanner asks clamd who it is.
func checkScanner(ctx context.Context, cfg *config.Config) finding {
	const about = "scanner"
	if cfg.Clamd == "" {
		return finding{fine, about, "none is set, so files are not looked through for viruses"}
	}
	text, err := scan.New(cfg.Clamd).Version(ctx)
	if err != nil {
		return finding{bad, about, err.Error()}
	}
	return finding{fine, about, text + " answers"}
}
