package mailin

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/emersion/go-message"
	"github.com/emersion/go-message/textproto"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// Bounds of one message.
const (
	maxHeader = 256 << 10 // of the message, and of one of its parts, in bytes
	maxLine   = 1 << 20   // of one line
	maxParts  = 200       // of all levels together
	maxDepth  = 15        // parts within parts
	maxText   = 256 << 10 // of one text part; what follows is not read
	maxFiles  = 50
	ornament  = 50 << 10 // a picture in a signature or a quote that is no larger is taken for a logo
)

// Unreadable says what keeps a message from being read, as a word: header,
// line, parts, depth, encrypted or storage.
type Unreadable struct{ Why string }

func (u *Unreadable) Error() string { return "mailin: the message cannot be read: " + u.Why }

// An Incoming is a message that was taken apart.
type Incoming struct {
	MessageID  string // without brackets; empty when it has none that can be used
	InReplyTo  []string
	References []string
	From       mail.Address // the zero one unless there is exactly one
	To         []string     // every address it may have been sent to, as written
	Subject    string
	Date       time.Time // zero: not said
	Text       string    // what its author wrote this time
	Whole      string    // with everything that was quoted and signed
	Files      []File
	Left       []string // names of attachments that were left out
	Automatic  string   // why nobody wrote it by hand, as a word; empty: somebody did
	Bounce     *Bounce  // it says that another mail did not arrive

	header textproto.Header
	dir    string
}

// A File is an attachment, in a file of its own until Close.
type File struct {
	Name   string
	Type   string // as the message has it
	Size   int64
	SHA256 string
	path   string
}

// Open opens what the file holds.
func (f File) Open() (*os.File, error) { return os.Open(f.path) }

// attach adds a text as one more file.
func (in *Incoming) attach(name, text string) error {
	f := File{Name: name, Type: "text/plain; charset=utf-8", path: filepath.Join(in.dir, name)}
	if err := f.fill(strings.NewReader(text + "\n")); err != nil {
		return err
	}
	in.Files = append(in.Files, f)
	return nil
}

// Close removes the files.
func (in *Incoming) Close() error { return os.RemoveAll(in.dir) }

// Parse takes a message apart. Its attachments go into a directory of their own
// below dir, or the system's for temporary files, until Close. What cannot be
// read is *Unreadable; an attachment that is damaged is left out.
func Parse(r io.Reader, dir string) (*Incoming, error) {
	dir, err := os.MkdirTemp(dir, "mail-*")
	if err != nil {
		return nil, err
	}
	in := &Incoming{dir: dir}
	if err := in.parse(&lines{r: r}); err != nil {
		in.Close()
		return nil, err
	}
	return in, nil
}

// lines passes through what has lines of a sensible length, so that no header
// can take more memory than that.
type lines struct {
	r   io.Reader
	n   int
	bad bool
}

var errLine = errors.New("mailin: a line is too long")

func (l *lines) Read(p []byte) (int, error) {
	if l.bad {
		return 0, errLine
	}
	n, err := l.r.Read(p)
	for b := p[:n]; ; {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			l.n += len(b)
			break
		}
		l.n, b = 0, b[i+1:]
	}
	if l.n > maxLine {
		l.bad = true
		return 0, errLine
	}
	return n, err
}

// A walk is one reading of a message.
type walk struct {
	in          *Incoming
	parts       int
	plain, html []string
	related     map[string]int // pictures inside the text by Content-ID, as indexes of Files
	invited     []int          // appointments that are the text once more, as indexes of Files
	report      report
}

func (in *Incoming) parse(l *lines) error {
	e, _ := message.ReadWithOptions(l, &message.ReadOptions{MaxHeaderBytes: maxHeader})
	switch {
	case l.bad:
		return &Unreadable{"line"}
	case e == nil:
		return &Unreadable{"header"}
	case e.Header.Len() == 0:
		return &Unreadable{"header"}
	}
	in.header = e.Header.Header
	in.envelope()
	w := &walk{in: in}
	if err := w.part(e, 0, ""); err != nil {
		if l.bad {
			return &Unreadable{"line"}
		}
		return err
	}
	in.Whole = w.text()
	in.Bounce = w.bounce()
	if in.Automatic = in.automatic(); in.Automatic == "" && in.Bounce == nil && w.report.kind != "" {
		in.Automatic = "auto_reply" // that it was read, or what became of something else
	}
	in.Text = cut(in.Whole)
	w.dropOrnaments()
	in.Text = tidy(strings.Split(shows.ReplaceAllString(in.Text, ""), "\n"))
	return nil
}

// envelope reads what the header says.
func (in *Incoming) envelope() {
	h := &in.header
	if ids := messageIDs(h.Get("Message-Id")); len(ids) > 0 {
		in.MessageID = ids[0]
	}
	in.InReplyTo = messageIDs(h.Get("In-Reply-To"))
	in.References = messageIDs(h.Get("References"))
	in.Subject = oneLine(decoded(h.Get("Subject")), 300)
	in.Date, _ = mail.ParseDate(h.Get("Date"))
	if from := addresses(h.Values("From")); len(from) == 1 {
		in.From = from[0]
		in.From.Name = oneLine(in.From.Name, 200)
	}
	// The last that handled it wrote the first lines.
	for _, name := range []string{"Delivered-To", "X-Original-To", "X-Envelope-To", "Envelope-To", "To", "Cc"} {
		for _, a := range addresses(h.Values(name)) {
			if !slices.Contains(in.To, a.Address) && len(in.To) < 100 {
				in.To = append(in.To, a.Address)
			}
		}
	}
}

// Received is how many servers the message has passed.
func (in *Incoming) Received() int { return len(in.header.Values("Received")) }

// Header returns a line of the header, decoded.
func (in *Incoming) Header(name string) string { return oneLine(decoded(in.header.Get(name)), 1000) }

// messageIDs finds the identifiers in <…> in a line of the header.
func messageIDs(s string) (ids []string) {
	for len(ids) < 100 {
		_, rest, ok := strings.Cut(s, "<")
		if !ok {
			return ids
		}
		id, rest, ok := strings.Cut(rest, ">")
		if !ok {
			return ids
		}
		s = rest
		if id = strings.TrimSpace(id); id != "" && len(id) <= 500 && !strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r == utf8.RuneError || r == 0x7f }) {
			ids = append(ids, id)
		}
	}
	return ids
}

var encodedWords = mime.WordDecoder{CharsetReader: func(name string, r io.Reader) (io.Reader, error) { return toUTF8(name, r), nil }}

// addresses reads the addresses of lines of the header; a line that is not
// written as it should be gives none.
func addresses(values []string) (all []mail.Address) {
	parser := mail.AddressParser{WordDecoder: &encodedWords}
	for _, v := range values {
		if len(v) > 32<<10 {
			continue
		}
		list, err := parser.ParseList(v)
		if err != nil {
			continue
		}
		for _, a := range list {
			all = append(all, *a)
		}
	}
	return all
}

func decoded(s string) string {
	if len(s) > 32<<10 {
		s = s[:32<<10]
	}
	if d, err := encodedWords.DecodeHeader(s); err == nil {
		return d
	}
	return s
}

// oneLine is text for one line: without control and unseen characters, NFC, at
// most so many characters.
func oneLine(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\r', r == '\t', r == 0xa0, r == 0x2028, r == 0x2029:
			return ' '
		case unicode.IsControl(r), isBidi(r), isUnseen(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	s = norm.NFC.String(strings.Join(strings.Fields(s), " "))
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most-1]) + "…"
	}
	return s
}

// isBidi reports the characters that reorder what surrounds them, and isUnseen
// those that show as nothing.
func isBidi(r rune) bool {
	return r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 || r == 0x200E || r == 0x200F || r == 0x061C
}

func isUnseen(r rune) bool {
	return r == 0xFEFF || r == 0x200B || r == 0x00AD || r == 0x034F || r == 0x2060 || r == 0xFFFE
}

// part reads one part of the message, and those in it. within is the kind of
// multipart that it is in.
func (w *walk) part(e *message.Entity, depth int, within string) error {
	if w.parts++; w.parts > maxParts {
		return &Unreadable{"parts"}
	}
	kind, params, err := e.Header.ContentType()
	if err != nil {
		kind, _, _ = strings.Cut(strings.ToLower(e.Header.Get("Content-Type")), ";")
		kind = strings.TrimSpace(kind)
	}
	if kind == "" || !strings.Contains(kind, "/") {
		kind = "text/plain"
	}
	if sub, ok := strings.CutPrefix(kind, "multipart/"); ok && params["boundary"] != "" {
		return w.multipart(e, sub, params, depth)
	}
	switch disposition, given, _ := e.Header.ContentDisposition(); {
	case kind == "application/pgp-encrypted":
		return &Unreadable{"encrypted"}
	case kind == "application/pkcs7-mime" && strings.Contains(params["smime-type"], "enveloped"):
		return &Unreadable{"encrypted"}
	case within == "report" && w.report.part(kind, e.Body):
		return nil
	case (kind == "text/plain" || kind == "text/html") && disposition != "attachment" && given["filename"] == "" && params["name"] == "":
		return w.textPart(e, kind, params)
	default:
		return w.file(e, kind, params, given["filename"], within)
	}
}

func (w *walk) multipart(e *message.Entity, sub string, params map[string]string, depth int) error {
	if depth >= maxDepth {
		return &Unreadable{"depth"}
	}
	if sub == "report" {
		w.report.kind = strings.ToLower(params["report-type"])
	}
	r := e.MultipartReader()
	for {
		p, err := r.NextPart()
		switch {
		case p != nil: // perhaps in a character set that nobody knows
		case errors.Is(err, errLine):
			return err
		default:
			return nil // at its end, or cut off
		}
		if p.Header.Len() > 1000 {
			return &Unreadable{"header"}
		}
		if err := w.part(p, depth+1, sub); err != nil {
			return err
		}
	}
}

// textPart keeps what a part says. What is decoded before the bytes go wrong
// counts.
func (w *walk) textPart(e *message.Entity, kind string, params map[string]string) error {
	b, err := io.ReadAll(io.LimitReader(e.Body, maxText))
	if errors.Is(err, errLine) {
		return err
	}
	s := text(b, params["charset"])
	if kind == "text/html" {
		w.html = append(w.html, s)
		return nil
	}
	if strings.EqualFold(params["format"], "flowed") {
		s = unflow(s, strings.EqualFold(params["delsp"], "yes"))
	}
	w.plain = append(w.plain, s)
	return nil
}

// text is what the bytes of a part say.
func text(b []byte, charset string) string {
	if !utf8.Valid(b) || !isUTF8(charset) {
		b, _ = io.ReadAll(toUTF8(charset, bytes.NewReader(b)))
	}
	s := strings.ToValidUTF8(string(b), "\uFFFD")
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == 0xa0, r == 0x202f:
			return ' '
		case r == 0x2028, r == 0x2029:
			return '\n'
		case r != '\n' && r != '\t' && unicode.IsControl(r), isBidi(r), isUnseen(r):
			return -1
		}
		return r
	}, s)
	return norm.NFC.String(s)
}

func isUTF8(charset string) bool {
	switch strings.ToLower(charset) {
	case "", "utf-8", "utf8", "us-ascii", "ascii":
		return true
	}
	return false
}

// toUTF8 decodes a character set; one that nobody knows is taken for that of
// Windows, which shows something of every byte.
func toUTF8(charset string, r io.Reader) io.Reader {
	charset = strings.ToLower(strings.Trim(charset, ` "'`))
	switch charset {
	case "utf-8", "utf8":
		return r
	case "cp850", "ibm850":
		return transform.NewReader(r, charmap.CodePage850.NewDecoder())
	}
	if enc, err := htmlindex.Get(strings.TrimPrefix(charset, "cs")); err == nil {
		return transform.NewReader(r, enc.NewDecoder())
	}
	return transform.NewReader(r, charmap.Windows1252.NewDecoder())
}

func init() {
	message.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil } // text decodes
}

// unflow joins the lines of a text that were broken to fit (RFC 3676).
func unflow(s string, delsp bool) string {
	var b strings.Builder
	depth, open := 0, false
	for line := range strings.SplitSeq(s, "\n") {
		at := 0
		for at < len(line) && line[at] == '>' {
			at++
		}
		said := strings.TrimPrefix(line[at:], " ")
		if open && (at != depth || said == "-- ") {
			b.WriteByte('\n')
			open = false
		}
		if !open && at > 0 {
			b.WriteString(strings.Repeat(">", at) + " ")
		}
		soft := strings.HasSuffix(said, " ") && said != "-- "
		if soft && delsp {
			said = said[:len(said)-1]
		}
		b.WriteString(said)
		if depth, open = at, soft; !soft {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// text is what the message says: its plain text, or else its HTML in words.
func (w *walk) text() string {
	s := strings.Join(w.plain, "\n")
	if strings.TrimSpace(s) == "" {
		s = w.htmlText()
	}
	return s
}

// htmlText is what the message says in HTML, in words.
func (w *walk) htmlText() string {
	said := make([]string, len(w.html))
	for i, h := range w.html {
		said[i] = plain(h)
	}
	return strings.Join(said, "\n")
}

// What comes with a message and is nothing that somebody attached.
var ignored = []string{
	"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature", "application/applefile",
	"application/pgp-keys", "message/delivery-status", "message/disposition-notification", "text/rfc822-headers", "text/x-amp-html",
}

// file keeps an attachment.
func (w *walk) file(e *message.Entity, kind string, params map[string]string, name, within string) error {
	if name == "" {
		name = params["name"]
	}
	name = fileName(decoded(name), kind)
	if slices.Contains(ignored, kind) {
		_, err := io.Copy(io.Discard, e.Body)
		return onlyLine(err)
	}
	// What Outlook alone can open is said, and not kept.
	if len(w.in.Files) >= maxFiles || strings.HasSuffix(kind, "ms-tnef") || strings.EqualFold(name, "winmail.dat") {
		w.in.Left = append(w.in.Left, name)
		_, err := io.Copy(io.Discard, e.Body)
		return onlyLine(err)
	}
	f := File{Name: name, Type: kind, path: filepath.Join(w.in.dir, strconv.Itoa(w.parts))}
	switch err := f.fill(e.Body); {
	case errors.Is(err, errLine):
		return err
	case errors.As(err, new(*os.PathError)):
		return err
	case err != nil, f.Size == 0:
		w.in.Left = append(w.in.Left, name)
		return nil
	}
	if id := strings.Trim(e.Header.Get("Content-Id"), "<> \t"); within == "related" && id != "" && strings.HasPrefix(kind, "image/") {
		if w.related == nil {
			w.related = make(map[string]int)
		}
		w.related[id] = len(w.in.Files)
	}
	if within == "alternative" && isCalendar(kind, name) {
		w.invited = append(w.invited, len(w.in.Files))
	}
	w.in.Files = append(w.in.Files, f)
	return nil
}

func onlyLine(err error) error {
	if errors.Is(err, errLine) {
		return err
	}
	return nil
}

// fill writes the file. A reading error says that what came is damaged; one of
// writing is a *os.PathError.
func (f *File) fill(r io.Reader) error {
	out, err := os.OpenFile(f.path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	sum := sha256.New()
	buffered := bufio.NewWriterSize(out, 64<<10)
	f.Size, err = io.Copy(io.MultiWriter(buffered, sum), r)
	if flushed := buffered.Flush(); err == nil {
		err = flushed
	}
	if closed := out.Close(); err == nil {
		err = closed
	}
	f.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return err
}

// shows is where a text has a picture, as Outlook writes it and plain does.
var shows = regexp.MustCompile(`\[cid:[^\]\n]{1,500}\]`)

// dropOrnaments leaves out the small pictures that stand where the text is cut off:
// the logos of a signature, and what is quoted. What its author put between their own
// words they wanted to show, however small it is. An appointment that is attached, too,
// is kept once.
func (w *walk) dropOrnaments() {
	drop := make(map[int]bool)
	text := w.htmlText()
	above := cut(text)
	for id, i := range w.related {
		mark := "[cid:" + id + "]"
		of, own := text, above
		if strings.Contains(w.in.Whole, mark) {
			of, own = w.in.Whole, w.in.Text
		}
		drop[i] = w.in.Files[i].Size <= ornament && strings.Contains(of, mark) && !strings.Contains(own, mark)
	}
	for i, f := range w.in.Files {
		if isCalendar(f.Type, f.Name) && !slices.Contains(w.invited, i) {
			for _, same := range w.invited {
				drop[same] = true
			}
		}
	}
	kept := w.in.Files[:0]
	for i, f := range w.in.Files {
		if !drop[i] {
			kept = append(kept, f)
		}
	}
	w.in.Files = kept
}

// isCalendar reports an appointment.
func isCalendar(kind, name string) bool {
	return kind == "text/calendar" || kind == "application/ics" || kind == "text/x-vcalendar" || strings.EqualFold(filepath.Ext(name), ".ics")
}

// fileName makes a name of what a message calls an attachment, which may be
// anything: a path, a trick, or nothing.
func fileName(s, kind string) string {
	if i := strings.LastIndexAny(s, `/\`); i >= 0 {
		s = s[i+1:]
	}
	s = strings.TrimLeft(strings.TrimRight(oneLine(s, 150), ". "), ". ")
	if s != "" {
		return s
	}
	ext := map[string]string{
		"message/rfc822": ".eml", "application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif",
		"image/heic": ".heic", "text/plain": ".txt", "text/html": ".html", "text/csv": ".csv", "application/zip": ".zip",
		"text/calendar": ".ics", "application/ics": ".ics", "application/ms-tnef": ".dat",
	}[kind]
	return fmt.Sprintf("attachment%s", ext)
}
