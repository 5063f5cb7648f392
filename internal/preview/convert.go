package preview

import (
	"context"
	"crypto/md5"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"time"
	"unicode/utf16"
)

// How large an original may be for what is made of all of it. Video and text
// are only read in part, so they may have any size.
const (
	maxImage  = 256 << 20
	maxVector = 10 << 20
	maxPDF    = 1 << 30
	maxOffice = 64 << 20
)

func (j *making) image(ctx context.Context) (err error) {
	if err := j.within(maxImage); err != nil {
		return err
	}
	in, upright := j.room.in, false
	switch _, mime := Sniff(j.head, ""); mime {
	case "image/heic", "image/avif":
		if j.m.tools.heif == "" {
			return none("heif-convert is missing")
		}
		in, upright = j.room.out("still.jpg"), true // turned by the converter
		if _, err := j.m.run(ctx, j.room, order{
			Memory: 2 << 30, CPU: 25, File: 256 << 20,
			Argv: []string{j.m.tools.heif, "-q", "92", j.room.as(j.room.in), j.room.as(in)},
		}); err != nil {
			return err
		}
		if _, err := os.Lstat(in); err != nil { // of several pictures it numbers them
			in, j.result.More = j.room.out("still-1.jpg"), true
		}
	}
	j.result.Width, j.result.Height, err = j.remake(ctx, j.room, in, upright, "large", "thumb")
	return err
}

// svg draws a vector image. librsvg runs no scripts; it would read other files,
// but there are none.
func (j *making) svg(ctx context.Context) (err error) {
	if err := j.within(maxVector); err != nil {
		return err
	}
	if j.m.tools.rsvg == "" {
		return none("rsvg-convert is missing")
	}
	if w := j.m.Walls(); !w.Network || !w.Files {
		return none("an SVG may ask for other files, and nothing here would stop it")
	}
	still := j.room.out("still.png")
	side := strconv.Itoa(largeSide)
	if _, err := j.m.run(ctx, j.room, order{
		Memory: 1 << 30, CPU: 10, File: 64 << 20,
		Argv: []string{j.m.tools.rsvg, "-f", "png", "-w", side, "-h", side, "--keep-aspect-ratio", "-o", j.room.as(still), j.room.as(j.room.in)},
	}); err != nil {
		return err
	}
	j.result.Width, j.result.Height, err = j.remake(ctx, j.room, still, true, "large", "thumb")
	return err
}

var (
	pageCount = regexp.MustCompile(`(?m)^Pages:\s+(\d+)`)
	pageSize  = regexp.MustCompile(`(?m)^Page\s+(\d+) size:\s+([\d.]+) x ([\d.]+) pts`)
)

// pdf shows the pages of r's original: the first ones, a thumbnail of the first
// of all, and the text.
func (j *making) pdf(ctx context.Context, r *room) error {
	if err := j.within(maxPDF); err != nil {
		return err
	}
	if j.m.tools.pdftoppm == "" || j.m.tools.pdfinfo == "" {
		return none("poppler is missing")
	}
	if err := j.pages(ctx, r, 1, FirstPages); err != nil {
		return err
	}
	if j.m.tools.pdftotext != "" {
		text := r.out("text")
		_, err := j.m.run(ctx, r, order{
			Memory: 1 << 30, CPU: 25, File: 64 << 20,
			Argv: []string{j.m.tools.pdftotext, "-enc", "UTF-8", "-nopgbrk", "-l", "1000", r.as(r.in), r.as(text)},
		})
		if err != nil && !errors.Is(err, ErrNone) {
			return err
		}
		if root, err := os.OpenRoot(r.out("")); err == nil {
			defer root.Close()
			if f, err := root.Open("text"); err == nil {
				defer f.Close()
				b, _ := io.ReadAll(io.LimitReader(f, maxText))
				j.result.Text = ToText(b)
			}
		}
	}
	return nil
}

// pages makes pictures of the pages from first to last, and when it makes the
// first of all, its thumbnail.
func (j *making) pages(ctx context.Context, r *room, first, last int) error {
	info, err := j.m.run(ctx, r, order{
		Memory: 1 << 30, CPU: 10, File: 1 << 20,
		Argv: []string{j.m.tools.pdfinfo, "-f", strconv.Itoa(first), "-l", strconv.Itoa(last), r.as(r.in)},
	})
	if err != nil {
		return err
	}
	m := pageCount.FindSubmatch(info)
	if m == nil {
		return none("a PDF without pages")
	}
	j.result.Pages, _ = strconv.Atoi(string(m[1]))
	if last = min(last, j.result.Pages, MaxPages); last < first {
		return none("no pages")
	}
	// A page is as wide as asked for, unless one is so long that its picture
	// would be a bomb.
	scale := []string{"-scale-to-x", strconv.Itoa(pageWidth), "-scale-to-y", "-1"}
	for _, s := range pageSize.FindAllSubmatch(info, -1) {
		w, _ := strconv.ParseFloat(string(s[2]), 64)
		h, _ := strconv.ParseFloat(string(s[3]), 64)
		if string(s[1]) == strconv.Itoa(first) && first == 1 {
			j.result.Width, j.result.Height = int(w), int(h)
		}
		if max(w, h) > 4*min(w, h) {
			scale = []string{"-scale-to", strconv.Itoa(largeSide)}
		}
	}
	argv := append([]string{j.m.tools.pdftoppm, "-jpeg", "-jpegopt", "quality=82", "-f", strconv.Itoa(first), "-l", strconv.Itoa(last)}, scale...)
	_, err = j.m.run(ctx, r, order{
		Memory: 1 << 30, CPU: 30, File: 32 << 20,
		Argv: append(argv, r.as(r.in), r.as(r.out("page"))),
	})
	if err != nil && !errors.Is(err, ErrNone) {
		return err
	}
	stopped := err
	digits := len(strconv.Itoa(j.result.Pages))
	for n := first; n <= last; n++ {
		name := fmt.Sprintf("page-%0*d.jpg", digits, n)
		if !whole(r.out(name)) { // it was stopped at this one; those before count
			break
		}
		if n == 1 {
			if _, _, err := j.remake(ctx, r, r.out(name), true, "thumb"); err != nil {
				return err
			}
		}
		if err := j.take(r, name, Artifact{Kind: "page", Page: n}, 4*pageWidth); err != nil {
			return err
		}
		stopped = nil
	}
	return stopped
}

// whole says whether a JPEG has its end.
func whole(path string) bool {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() < 4 {
		return false
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	var end [2]byte
	_, err = f.ReadAt(end[:], info.Size()-2)
	return err == nil && end == [2]byte{0xff, 0xd9}
}

// MorePages makes pictures of the pages from first on, FirstPages at most, of
// a PDF at path: the original or the pdf that Make made of it. The result holds
// nothing else.
func (m *Maker) MorePages(ctx context.Context, path, dir string, first int) (Result, error) {
	select {
	case m.slots <- struct{}{}:
		defer func() { <-m.slots }()
	case <-ctx.Done():
		return Result{}, ctx.Err()
	}
	if m.tools.pdftoppm == "" || m.tools.pdfinfo == "" {
		return Result{}, none("poppler is missing")
	}
	j, err := m.begin(path, dir)
	if err != nil {
		return Result{}, err
	}
	defer j.room.close()
	err = j.pages(ctx, j.room, first, first+FirstPages-1)
	return j.result, err
}

// office has LibreOffice print the document as a PDF and goes on with that.
func (j *making) office(ctx context.Context, ext string) error {
	if err := j.within(maxOffice); err != nil {
		return err
	}
	if j.m.tools.soffice == "" {
		return none("LibreOffice is missing")
	}
	if !j.m.Walls().Network {
		return none("an office document may ask for other files, and nothing here would stop it")
	}
	if err := fits(j.room.in, j.size); err != nil {
		return err
	}
	// It goes by the ending, which a stored file does not have. The name is ours.
	in := filepath.Join(j.room.dir, "document."+ext)
	if err := copyFile(j.room.in, in); err != nil {
		return err
	}
	// The profile is new each time, and tells its socket from others'.
	profile := "file://" + j.room.as(filepath.Join(j.room.dir, "tmp")) + "/profile"
	office := order{
		Memory: 4 << 30, CPU: 30, File: 128 << 20, Socket: "/tmp", Read: []string{"/proc"}, // it will not start without
		Argv: []string{j.m.tools.soffice, "-env:UserInstallation=" + profile, "--headless", "--norestore", "--nolockcheck", "--nodefault",
			"--convert-to", "pdf", "--outdir", j.room.as(j.room.out("")), j.room.as(in)},
	}
	_, err := j.m.run(ctx, j.room, office)
	if j.room.box != bubblewrap {
		// It made a socket that it may not remove, and starts a second time
		// when the profile is new, which the socket prevents.
		os.Remove(officeSocket(profile))
		if errors.Is(err, ErrNone) {
			_, err = j.m.run(ctx, j.room, office)
			os.Remove(officeSocket(profile))
		}
	}
	if err != nil {
		return err
	}
	if err := j.take(j.room, "document.pdf", Artifact{Kind: "pdf"}, 0); err != nil {
		return err
	}
	made := j.result.Artifacts[0]
	r, err := j.m.newRoom(made.Path)
	if err != nil {
		return err
	}
	defer r.close()
	j.size = made.Size
	return j.pdf(ctx, r)
}

// officeSocket is where LibreOffice listens for a second start with the same
// profile: named by the MD5 of its address in UTF-16, each byte in hexadecimal
// without a leading zero.
func officeSocket(profile string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(profile)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	name := "/tmp/OSL_PIPE_SingleOfficeIPC_"
	for _, c := range md5.Sum(b) {
		name += strconv.FormatUint(uint64(c), 16)
	}
	return name
}

// demuxers are the only formats that ffmpeg may take a file for: none of them
// is a list of other files.
var demuxers = map[string]string{
	"video/mp4": "mov", "video/quicktime": "mov", "audio/mp4": "mov",
	"video/webm": "matroska", "video/x-matroska": "matroska",
	"video/ogg": "ogg", "audio/ogg": "ogg", "audio/mpeg": "mp3", "audio/wav": "wav", "audio/flac": "flac", "audio/aac": "aac",
	"video/x-msvideo": "avi", "video/mp2t": "mpegts", "video/mpeg": "mpeg",
}

// input is how ffmpeg and ffprobe are told what to read, and that it is all.
func (j *making) input() ([]string, error) {
	_, mime := Sniff(j.head, "")
	demuxer := demuxers[mime]
	if demuxer == "" {
		return nil, none("ffmpeg is not asked about %s", mime)
	}
	return []string{"-v", "error", "-protocol_whitelist", "file,pipe", "-f", demuxer, "-i", "file:" + j.room.as(j.room.in)}, nil
}

func (j *making) ffmpeg(ctx context.Context, argv ...string) error {
	_, err := j.m.run(ctx, j.room, order{
		Memory: 2 << 30, CPU: 30, File: 64 << 20,
		Argv: append([]string{j.m.tools.ffmpeg, "-nostdin", "-hide_banner"}, argv...),
	})
	return err
}

// media reads what ffprobe says of a file.
func (j *making) media(ctx context.Context, input []string) (video bool, err error) {
	if j.m.tools.ffmpeg == "" || j.m.tools.ffprobe == "" {
		return false, none("ffmpeg is missing")
	}
	argv := append([]string{j.m.tools.ffprobe, "-show_entries", "format=duration:stream=codec_type,width,height", "-of", "json"}, input...)
	out, err := j.m.run(ctx, j.room, order{Memory: 2 << 30, CPU: 10, File: 1 << 20, Argv: argv})
	if err != nil {
		return false, err
	}
	var found struct {
		Streams []struct {
			Type          string `json:"codec_type"`
			Width, Height int
		}
		Format struct{ Duration string }
	}
	if err := json.Unmarshal(out, &found); err != nil || len(found.Streams) == 0 {
		return false, none("ffprobe found no stream")
	}
	if seconds, err := strconv.ParseFloat(found.Format.Duration, 64); err == nil && seconds > 0 && seconds < 1e7 {
		j.result.Duration = time.Duration(seconds * float64(time.Second)).Round(time.Millisecond)
	}
	for _, s := range found.Streams {
		if s.Type == "video" && !video {
			video = true
			if err := acceptable(s.Width, s.Height); err != nil {
				return false, none("%v", err)
			}
			j.result.Width, j.result.Height = s.Width, s.Height
		}
	}
	return video, nil
}

// video takes one picture, a little after the beginning, which is often black.
func (j *making) video(ctx context.Context) error {
	input, err := j.input()
	if err != nil {
		return err
	}
	if seen, err := j.media(ctx, input); err != nil {
		return err
	} else if !seen {
		return j.wave(ctx, input)
	}
	still := j.room.out("still.png")
	for _, at := range []time.Duration{min(j.result.Duration/10, 5*time.Second), 0} {
		os.Remove(still)
		argv := append([]string{"-threads", "1", "-ss", fmt.Sprintf("%.3f", at.Seconds())}, input...)
		err = j.ffmpeg(ctx, append(argv, "-map", "0:v:0", "-frames:v", "1", "-vf", fmt.Sprintf("scale='min(%d,iw)':-2", largeSide),
			"-f", "image2", "-update", "1", j.room.as(still))...)
		if info, missing := os.Lstat(still); err == nil && missing == nil && info.Size() > 0 || at == 0 {
			break
		}
	}
	if err != nil {
		return err
	}
	_, _, err = j.remake(ctx, j.room, still, true, "poster", "thumb")
	return err
}

func (j *making) audio(ctx context.Context) error {
	input, err := j.input()
	if err != nil {
		return err
	}
	if _, err := j.media(ctx, input); err != nil {
		return err
	}
	j.result.Width, j.result.Height = 0, 0 // of a cover
	return j.wave(ctx, input)
}

// wave draws how loud a recording is, where that is soon done. The length alone
// is worth having.
func (j *making) wave(ctx context.Context, input []string) error {
	if j.result.Duration == 0 || j.result.Duration > 20*time.Minute {
		return nil
	}
	err := j.ffmpeg(ctx, append(append([]string{"-threads", "1"}, input...), "-filter_complex", "[0:a:0]aformat=channel_layouts=mono,showwavespic=s=1200x240:colors=0x808080",
		"-frames:v", "1", "-f", "image2", "-update", "1", j.room.as(j.room.out("wave.png")))...)
	if err == nil {
		err = j.take(j.room, "wave.png", Artifact{Kind: "wave"}, 1200)
	}
	if errors.Is(err, ErrNone) {
		j.m.log.Debug("previews", "wave", err.Error())
		return nil
	}
	return err
}
