// Package inspect looks at what people uploaded, after it has arrived: whether
// it is harmful, when there is a scanner, and what there is to show of it.
//
// Nothing here fails an upload. A file that cannot be shown is one that can be
// downloaded.
package inspect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/vitrine-portal/vitrine/internal/blob"
	"github.com/vitrine-portal/vitrine/internal/jobs"
	"github.com/vitrine-portal/vitrine/internal/plain"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/preview"
	"github.com/vitrine-portal/vitrine/internal/scan"
)

const (
	within  = 20 * time.Minute // for one version
	tries   = 3                // one after the other; then those of missed
	missed  = 10 * time.Minute // how often versions are taken up that nobody has looked at
	batch   = 500              // how many of those at a time
	maxCopy = 4 << 30          // of an original that is not on our disk
)

// Options of New. Portal, Blobs and Temp are required.
type Options struct {
	Portal  *portal.Portal
	Blobs   blob.Store
	Temp    string      // a directory for files on their way; it is made
	Off     bool        // no previews are made
	Scanner *scan.Clamd // nil: nobody looks for viruses
	Holds   bool        // while the scanner has not answered, a file is kept back
	Log     *slog.Logger
}

// Inspector looks at versions.
type Inspector struct {
	Options
	maker *preview.Maker // nil when off
	turn  time.Duration  // of a long document's further pages, until others are looked at
}

// New returns an Inspector. It looks at nothing before Register's jobs run.
func New(o Options) (*Inspector, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	i := &Inspector{Options: o, turn: 5 * time.Second}
	if err := os.MkdirAll(o.Temp, 0o700); err != nil {
		return nil, fmt.Errorf("inspect: %w", err)
	}
	i.tidy()
	if !o.Off {
		var err error
		if i.maker, err = preview.New(preview.Options{Temp: o.Temp, Log: o.Log}); err != nil {
			return nil, err
		}
	}
	return i, nil
}

// tidy removes what a killed process left.
func (i *Inspector) tidy() {
	left, err := os.ReadDir(i.Temp)
	if err != nil {
		return
	}
	for _, e := range left {
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > 2*within {
			os.RemoveAll(filepath.Join(i.Temp, e.Name()))
		}
	}
}

// Scan is what is noted of a file that arrives: see portal.Arrived.
func (i *Inspector) Scan() string {
	switch {
	case i.Scanner == nil:
		return ""
	case i.Holds:
		return portal.ScanWaiting
	}
	return portal.ScanUnscanned
}

// Register has the inspector do its jobs.
func (i *Inspector) Register(j *jobs.Jobs) {
	jobs.Handle(j, portal.PreviewVersion, func(ctx context.Context, v portal.PreviewJob) error { return i.Look(ctx, v.Version) },
		jobs.Alone(), jobs.Within(within), jobs.MaxAttempts(tries))
	jobs.Handle(j, portal.PreviewPages, i.MorePages,
		jobs.Behind(portal.PreviewVersion), jobs.Within(within), jobs.MaxAttempts(tries))
	j.Every("look_again", missed, i.Sweep)
}

// Sweep has the versions looked at again that nobody has looked at, because
// the scanner or the storage was not there, and goes on with documents that were
// left for such a reason.
func (i *Inspector) Sweep(ctx context.Context) error {
	before := i.Portal.Now().Add(-missed)
	ids, err := i.Portal.VersionsToPreview(ctx, before, batch)
	if err == nil && len(ids) > 0 {
		err = i.Portal.EnqueuePreviews(ctx, ids)
	}
	if err != nil {
		return err
	}
	next, err := i.Portal.PagesToDraw(ctx, before, batch)
	if err != nil || len(next) == 0 {
		return err
	}
	return i.Portal.EnqueuePages(ctx, next)
}

// Look looks at one version. It may do so again: what it found before is
// replaced. That a version is gone is no error.
func (i *Inspector) Look(ctx context.Context, id portal.VersionID) error {
	v, err := i.Portal.VersionToPreview(ctx, id)
	if err != nil {
		return gone(err)
	}
	var found portal.Preview
	if found.Scan, found.ScanFound, err = i.scan(ctx, v); err != nil {
		return err
	}
	if found.Scan == portal.ScanInfected || v.Scan == portal.ScanInfected {
		return i.record(ctx, id, found)
	}
	if found.Whole, err = i.shown(ctx, v); err != nil {
		return err
	}
	if i.maker == nil {
		return i.record(ctx, id, found)
	}
	return i.make(ctx, v, found)
}

// shown reports whether a version is read as text, and shown to its end.
func (i *Inspector) shown(ctx context.Context, v portal.Source) (bool, error) {
	switch preview.Kind(v.Kind) {
	case preview.Text, preview.Markdown, preview.Code, preview.CSV:
	default:
		return false, nil
	}
	r, err := i.Blobs.Open(ctx, blob.Key(v.Blob))
	if errors.Is(err, blob.ErrNotExist) || errors.Is(err, blob.ErrCorrupt) {
		return false, nil // said by make
	}
	if err != nil {
		return false, err
	}
	defer r.Close()
	text, err := plain.Show(r, v.Kind)
	if errors.Is(err, plain.ErrNotText) {
		return false, nil
	}
	return err == nil && !text.Cut, err
}

// scan has the scanner look, unless it has before. Too large for it, or gone
// from the configuration, it cannot; then the file is marked.
func (i *Inspector) scan(ctx context.Context, v portal.Source) (state, found string, err error) {
	if v.Scan != portal.ScanWaiting && v.Scan != portal.ScanUnscanned {
		return "", "", nil
	}
	if i.Scanner == nil {
		return portal.ScanUnscanned, "", nil
	}
	r, err := i.Blobs.Open(ctx, blob.Key(v.Blob))
	if err != nil {
		return "", "", err
	}
	defer r.Close()
	found, err = i.Scanner.Scan(ctx, r)
	switch {
	case err == nil && found != "":
		return portal.ScanInfected, found, nil
	case err == nil:
		return portal.ScanClean, "", nil
	case errors.Is(err, scan.ErrTooLarge), errors.Is(err, scan.ErrUnavailable) && !i.Holds:
		i.Log.Warn("a file was not scanned", "version", string(v.Version), "error", err.Error())
		return portal.ScanUnscanned, "", nil
	}
	return "", "", err
}

// make makes previews, of a long document its first pages, and records them.
func (i *Inspector) make(ctx context.Context, v portal.Source, found portal.Preview) error {
	dir, err := os.MkdirTemp(i.Temp, "look-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	kind := preview.Kind(v.Kind)
	path, err := i.fetch(ctx, v.Stored, kind, dir)
	switch {
	case errors.Is(err, preview.ErrNone):
		i.Log.Debug("no preview", "version", string(v.Version), "why", err.Error())
		return i.record(ctx, v.Version, found)
	case errors.Is(err, blob.ErrNotExist), errors.Is(err, blob.ErrCorrupt):
		i.Log.Error("a file is damaged", "version", string(v.Version), "error", err.Error())
		return i.record(ctx, v.Version, found)
	case err != nil:
		return err
	}
	made, err := i.maker.Make(ctx, path, dir, kind, v.Name)
	if errors.Is(err, preview.ErrNone) {
		i.Log.Debug("no preview", "version", string(v.Version), "why", err.Error())
	} else if err != nil {
		return err
	}
	found.Text, found.Width, found.Height, found.Pages, found.Duration = made.Text, made.Width, made.Height, made.Pages, made.Duration
	if err := i.store(ctx, &found, made); err != nil {
		return err
	}
	switch kind {
	case preview.Image, preview.SVG:
		found.Whole = !made.More
	case preview.PDF, preview.Office:
		found.Whole = made.Pages > 0 && made.Pages <= preview.MaxPages
		if n := pages(made); n > 0 && n < min(made.Pages, preview.MaxPages) {
			found.More = n + 1
		}
	}
	return i.record(ctx, v.Version, found)
}

// pages is how many there are of a document, one after the other.
func pages(made preview.Result) (n int) {
	for _, a := range made.Artifacts {
		if a.Kind == "page" {
			n++
		}
	}
	return n
}

// MorePages makes pictures of the further pages of a long document, for as long as it is
// its turn, and leaves the rest to the next job.
func (i *Inspector) MorePages(ctx context.Context, job portal.PagesJob) error {
	v, err := i.Portal.VersionToPreview(ctx, job.Version)
	if err != nil {
		return gone(err)
	}
	if i.maker == nil || v.Scan == portal.ScanInfected {
		return gone(i.Portal.RecordPages(ctx, v.Version, nil, 0))
	}
	dir, err := os.MkdirTemp(i.Temp, "look-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	from, kind := v.Stored, preview.Kind(v.Kind)
	if v.PDF.Blob != "" {
		from, kind = v.PDF, preview.PDF
	}
	path, err := i.fetch(ctx, from, kind, dir)
	if errors.Is(err, preview.ErrNone) || errors.Is(err, blob.ErrNotExist) || errors.Is(err, blob.ErrCorrupt) {
		return gone(i.Portal.RecordPages(ctx, v.Version, nil, 0)) // why was said when it was looked at first
	}
	if err != nil {
		return err
	}
	var found portal.Preview
	next, last := job.First, min(v.Pages, preview.MaxPages)
	for began := time.Now(); next <= last && (next == job.First || time.Since(began) < i.turn); {
		part, err := os.MkdirTemp(dir, "pages-")
		if err != nil {
			return err
		}
		more, err := i.maker.MorePages(ctx, path, part, next)
		if errors.Is(err, preview.ErrNone) || err == nil && pages(more) == 0 {
			i.Log.Debug("no further pages", "version", string(v.Version), "page", next, "why", err)
			last = 0
			break
		}
		if err == nil {
			err = i.store(ctx, &found, more)
		}
		if err != nil {
			return err
		}
		next += pages(more)
	}
	if next > last {
		next = 0
	}
	return gone(i.Portal.RecordPages(ctx, v.Version, found.Artifacts, next))
}

// record notes what was found. Of a version that is gone meanwhile, what was
// made is removed with what nobody names.
func (i *Inspector) record(ctx context.Context, id portal.VersionID, found portal.Preview) error {
	return gone(i.Portal.RecordPreview(ctx, id, found))
}

// gone lets a version be gone.
func gone(err error) error {
	if errors.Is(err, portal.ErrNotFound) {
		return nil
	}
	return err
}

// store keeps what was made, under keys that nobody can guess.
func (i *Inspector) store(ctx context.Context, found *portal.Preview, made preview.Result) error {
	for _, a := range made.Artifacts {
		f, err := os.Open(a.Path)
		if err != nil {
			return err
		}
		key := blob.NewKey()
		info, err := i.Blobs.Put(ctx, key, f, a.Size)
		f.Close()
		if err != nil {
			return err
		}
		found.Artifacts = append(found.Artifacts, portal.Artifact{Kind: a.Kind, Page: a.Page, Blob: string(key),
			Size: info.Size, SHA256: info.SHA256, Type: a.Type, Width: a.Width, Height: a.Height})
	}
	return nil
}

// fetch returns where the original is on this machine's disk: where it is
// stored, or else a copy of as much as is needed.
func (i *Inspector) fetch(ctx context.Context, v portal.Stored, kind preview.Kind, dir string) (string, error) {
	r, err := i.Blobs.Open(ctx, blob.Key(v.Blob))
	if err != nil {
		return "", err
	}
	defer r.Close()
	if path := stored(r); path != "" {
		return path, nil
	}
	need := preview.Needs(kind, v.Size)
	if need == 0 || need > maxCopy {
		return "", fmt.Errorf("%w: %d bytes of %s are not fetched", preview.ErrNone, v.Size, kind)
	}
	path := filepath.Join(dir, "original")
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	_, err = io.CopyN(f, r, need)
	return path, errors.Join(err, f.Close())
}

// stored is the path of a blob that is a file, as far as it leads to it.
func stored(r *blob.Reader) string {
	f := r.File()
	if f == nil || !filepath.IsAbs(f.Name()) {
		return ""
	}
	there, err := os.Lstat(f.Name())
	if err != nil {
		return ""
	}
	if open, err := f.Stat(); err != nil || !os.SameFile(there, open) {
		return ""
	}
	return f.Name()
}
