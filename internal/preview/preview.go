// Package preview makes pictures and text of files that somebody uploaded,
// who may mean ill.
//
// Nothing of a file is decoded in the server's process. A worker, which is the
// program started anew, gives away the network, the disk, memory
// and time, and then decodes a picture or becomes a converter such as poppler or
// LibreOffice. What it leaves is looked at again before it is taken. A worker
// that fails or takes too long means that the file has no preview.
package preview

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// ErrNone says that there is no preview of this file: it is too large, damaged
// or dangerous, or nothing on this machine can read it. It wraps a reason, for
// the log.
var ErrNone = errors.New("no preview")

func none(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrNone, fmt.Sprintf(format, args...))
}

// The sides of squares in which pictures lie, and the width of pages.
const (
	thumbSide = 480
	largeSide = 2048
	pageWidth = 1400
)

// How many pages of a document there are pictures of, and how many Make makes
// before it answers.
const (
	MaxPages   = 200
	FirstPages = 20
)

// A Result is what was found in a file and made of it.
type Result struct {
	Width, Height int           // of an image, a video or the first page, in its own units
	Pages         int           // of a document
	Duration      time.Duration // of video and audio
	More          bool          // the picture that was made is the first of several
	Text          string        // at most 1 MB, for search and for reading
	Artifacts     []Artifact
}

// Find is the artifact of a kind, of page n for pages, or nil.
func (r Result) Find(kind string, n int) *Artifact {
	for i, a := range r.Artifacts {
		if a.Kind == kind && a.Page == n {
			return &r.Artifacts[i]
		}
	}
	return nil
}

// An Artifact is a file that was made.
type Artifact struct {
	Kind          string // thumb, large, poster, page, wave or pdf
	Page          int    // from 1, of kind page
	Path          string
	Type          string // image/jpeg, image/png or application/pdf
	Width, Height int
	Size          int64
}

// Options are how a Maker works. Only Temp has to be set.
type Options struct {
	Temp     string // a directory for what is being worked on, on a disk; it exists
	Parallel int    // conversions at the same time; usually one
	Log      *slog.Logger
}

// A Maker makes previews.
type Maker struct {
	temp, self, bwrap string
	slots             chan struct{}
	log               *slog.Logger
	tools             tools
	toolDirs          []string // outside the system's

	probed sync.Once
	box    sandbox
	walls  Walls
}

// tools are the converters of this machine; "" is one that is missing.
type tools struct {
	pdftoppm, pdftotext, pdfinfo, soffice, ffmpeg, ffprobe, rsvg, heif string
}

// New returns a Maker that uses the converters it finds.
func New(o Options) (*Maker, error) {
	m := &Maker{log: o.Log, slots: make(chan struct{}, max(1, o.Parallel))}
	if m.log == nil {
		m.log = slog.New(slog.DiscardHandler)
	}
	var err error
	if m.temp, err = filepath.Abs(o.Temp); err != nil {
		return nil, fmt.Errorf("preview: %w", err)
	}
	if m.self, err = os.Executable(); err != nil {
		return nil, fmt.Errorf("preview: %w", err)
	}
	m.bwrap, _ = exec.LookPath("bwrap")
	m.tools = tools{
		pdftoppm: m.tool("pdftoppm"), pdftotext: m.tool("pdftotext"), pdfinfo: m.tool("pdfinfo"),
		soffice: m.tool("soffice", "libreoffice"),
		ffmpeg:  m.tool("ffmpeg"), ffprobe: m.tool("ffprobe"),
		rsvg: m.tool("rsvg-convert"), heif: m.tool("heif-convert", "heif-dec"),
	}
	return m, nil
}

// Missing names the converters that this machine lacks, and what each is for.
func (m *Maker) Missing() map[string]string {
	missing := make(map[string]string)
	for name, t := range map[string]struct{ path, what string }{
		"poppler":      {m.tools.pdftoppm, "PDF and office documents"},
		"LibreOffice":  {m.tools.soffice, "office documents"},
		"ffmpeg":       {m.tools.ffmpeg, "video and audio"},
		"rsvg-convert": {m.tools.rsvg, "SVG"},
		"heif-convert": {m.tools.heif, "HEIC and AVIF"},
	} {
		if t.path == "" {
			missing[name] = t.what
		}
	}
	return missing
}

// Needs is how much of an original of the given size Make reads.
func Needs(kind Kind, size int64) int64 {
	switch kind {
	case Archive, Other:
		return 0
	case Text, Markdown, Code, CSV:
		return min(size, maxText)
	}
	return size
}

// Make looks at the file at path and writes what it makes of it into dir, which
// exists. Kind and name are as Sniff had them. The error is ErrNone
// when there is nothing to show; a part that fails is left out.
func (m *Maker) Make(ctx context.Context, path, dir string, kind Kind, name string) (Result, error) {
	select {
	case m.slots <- struct{}{}:
		defer func() { <-m.slots }()
	case <-ctx.Done():
		return Result{}, ctx.Err()
	}
	j, err := m.begin(path, dir)
	if err != nil {
		return Result{}, err
	}
	defer j.room.close()
	switch kind {
	case Image:
		err = j.image(ctx)
	case SVG:
		err = j.svg(ctx)
	case PDF:
		err = j.pdf(ctx, j.room)
	case Office:
		err = j.office(ctx, extension(name))
	case Video:
		err = j.video(ctx)
	case Audio:
		err = j.audio(ctx)
	case Text, Markdown, Code, CSV:
		j.result.Text, err = readText(path)
	default:
		err = none("nothing is made of %s", kind)
	}
	return j.result, err
}

// A making is one call of Make.
type making struct {
	m      *Maker
	room   *room
	dir    string
	head   []byte
	size   int64
	result Result
}

func (m *Maker) begin(path, dir string) (*making, error) {
	j := &making{m: m, dir: dir}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	j.size = info.Size()
	if j.head, err = io.ReadAll(io.LimitReader(f, SniffLen)); err != nil {
		return nil, err
	}
	if path, err = filepath.Abs(path); err != nil {
		return nil, err
	}
	j.room, err = m.newRoom(path)
	return j, err
}

// within refuses files larger than n bytes.
func (j *making) within(n int64) error {
	if j.size > n {
		return none("%d bytes are too many", j.size)
	}
	return nil
}

// remake has the image worker make smaller pictures of in, which is the
// original or what a converter left of it, and takes them.
func (j *making) remake(ctx context.Context, r *room, in string, upright bool, kinds ...string) (w, h int, err error) {
	sides := map[string]int{"thumb": thumbSide, "large": largeSide, "poster": largeSide}
	o := &imageOrder{In: r.as(in), Upright: upright}
	for _, kind := range kinds {
		o.Out = append(o.Out, imageOut{r.as(r.out("made-" + kind)), sides[kind]})
	}
	out, err := j.m.run(ctx, r, order{Image: o, CPU: 25, File: 64 << 20})
	if err != nil {
		return 0, 0, err
	}
	var a imageAnswer
	if err := json.Unmarshal(out, &a); err != nil {
		return 0, 0, none("the image worker's answer: %v", err)
	}
	j.result.More = j.result.More || a.More
	for _, kind := range kinds {
		if err := j.take(r, "made-"+kind, Artifact{Kind: kind}, sides[kind]); err != nil {
			return 0, 0, err
		}
	}
	return a.Width, a.Height, nil
}

// take moves a picture or PDF that a worker made into the caller's directory,
// when it is what it should be: a converter may have been talked into leaving
// something else, or a link to somewhere else.
func (j *making) take(r *room, name string, a Artifact, side int) error {
	root, err := os.OpenRoot(r.out(""))
	if err != nil {
		return err
	}
	defer root.Close()
	if info, err := root.Lstat(name); err != nil || !info.Mode().IsRegular() {
		return none("%s was not made", name)
	} else if a.Size = info.Size(); a.Size > 64<<20 {
		return none("%s is too large", name)
	}
	f, err := root.Open(name)
	if err != nil {
		return none("%v", err)
	}
	defer f.Close()
	head := make([]byte, SniffLen)
	n, _ := io.ReadFull(f, head)
	_, a.Type = Sniff(head[:n], "")
	switch a.Type {
	case "image/jpeg", "image/png":
		f.Seek(0, io.SeekStart)
		c, _, err := image.DecodeConfig(bufio.NewReader(f))
		if err != nil || c.Width > side || c.Height > side {
			return none("%s is not as it was asked for", name)
		}
		a.Width, a.Height = c.Width, c.Height
	case "application/pdf":
		if a.Kind != "pdf" {
			return none("%s is a PDF", name)
		}
	default:
		return none("%s is %s", name, a.Type)
	}
	a.Path = filepath.Join(j.dir, fmt.Sprintf("%03d-%s", len(j.result.Artifacts), a.Kind))
	if err := move(r.out(name), a.Path); err != nil {
		return err
	}
	j.result.Artifacts = append(j.result.Artifacts, a)
	return nil
}

// move renames, or copies where that crosses file systems.
func move(from, to string) error {
	if os.Rename(from, to) == nil {
		return nil
	}
	return copyFile(from, to)
}

func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
