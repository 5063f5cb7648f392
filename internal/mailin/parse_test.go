package mailin

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func stored(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "mail", name+".eml"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func parse(t testing.TB, raw []byte) *Incoming {
	t.Helper()
	in, err := Parse(bytes.NewReader(raw), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	return in
}

// fileNames are the attachments, each with its size.
func fileNames(in *Incoming) string {
	var all []string
	for _, f := range in.Files {
		all = append(all, fmt.Sprintf("%s %d", f.Name, f.Size))
	}
	return strings.Join(all, ", ")
}

func TestParse(t *testing.T) {
	for _, c := range []struct{ name, text, files, left string }{
		{"gmail", "Schön! The second one, please.", "", ""},
		{"outlook-html", "Das ist gut für uns, siehe den Plan (https://leto.test/plan).\n\n- Rot\n- Blau", "", ""},
		{"apple-photos", "Here is the shop window, and it is really long so that it had to be broken.\n\nAnd the door.", "Schaufenster ü.jpg 76804, contract.pdf 9", ""},
		{"outlook-logo", "See the picture € and the logo.", "image001.png 308, photo.jpg 76804", ""},
		{"japanese", "了解です。", "", ""},
		{"calendar", "See you then.", "attachment.ics 30, attachment.eml 52", "winmail.dat"},
		{"auto-reply", "I am away until Monday.", "", ""},
		{"cut-off", "This came.", "", "half.pdf"},
		{"damaged", "Fine =ZZ by me Ã", "", "bad.pdf empty.zip"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := parse(t, stored(t, c.name))
			if in.Text != c.text {
				t.Errorf("says %q, want %q", in.Text, c.text)
			}
			if got := fileNames(in); got != c.files {
				t.Errorf("files %q, want %q", got, c.files)
			}
			if got := strings.Join(in.Left, " "); got != c.left {
				t.Errorf("left out %q, want %q", got, c.left)
			}
			if in.From.Address != "miranda@leto.test" || in.From.Name != "Miranda Leto" || in.MessageID != "CAF=abc.123@mail.leto.test" ||
				len(in.To) != 1 || len(in.References) != 1 || in.InReplyTo[0] != "mai_01kfxyz0000000000000000000@honcho.test" || in.Received() != 1 {
				t.Errorf("the header says %+v", in)
			}
			if want := ""; c.name == "auto-reply" {
				want = "auto_reply"
				if in.Automatic != want {
					t.Errorf("automatic: %q", in.Automatic)
				}
			} else if in.Automatic != want || in.Bounce != nil {
				t.Errorf("automatic: %q, bounce %v", in.Automatic, in.Bounce)
			}
			for _, f := range in.Files {
				if info, err := os.Stat(f.path); err != nil || info.Size() != f.Size || info.Mode().Perm() != 0o600 {
					t.Errorf("%s: %v, %v", f.Name, info, err)
				}
			}
		})
	}
}

// A small picture is kept where its author wrote, and left out below that; of what is
// no picture nothing goes unsaid.
func TestSmallPictures(t *testing.T) {
	png := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("p"), 30<<10))
	mail := func(inner, parts string) []byte {
		return []byte("From: miranda@leto.test\r\nTo: reply@in.honcho.test\r\nSubject: a\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=rel\r\n\r\n" +
			"--rel\r\n" + inner + parts + "--rel--\r\n")
	}
	picture := func(id string) string {
		return "--rel\r\nContent-Type: image/png; name=\"" + id + ".png\"\r\nContent-ID: <" + id + ">\r\nContent-Disposition: inline\r\nContent-Transfer-Encoding: base64\r\n\r\n" + png + "\r\n"
	}
	html := func(s string) string { return "Content-Type: text/html; charset=utf-8\r\n\r\n" + s + "\r\n" }
	plain := func(s string) string { return "Content-Type: text/plain; charset=utf-8\r\n\r\n" + s + "\r\n" }
	alternative := func(parts ...string) string {
		return "Content-Type: multipart/alternative; boundary=alt\r\n\r\n--alt\r\n" + strings.Join(parts, "--alt\r\n") + "--alt--\r\n"
	}
	const invite = "Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\n"
	for name, c := range map[string]struct{ inner, parts, text, files, left string }{
		"plain": {alternative(plain("See here: [cid:shot]\r\nIt is cut.\r\n\r\n-- \r\nMiranda\r\n[cid:logo]"),
			html("<p>See here: <img src=cid:shot> It is cut.</p>-- <br>Miranda <img src=cid:logo>")), picture("shot") + picture("logo"), "See here:\nIt is cut.", "shot.png 30720", ""},
		"html":         {html(`<p>See here: <img src="cid:shot"></p><div class="gmail_signature">Miranda <img src="cid:logo"></div>`), picture("shot") + picture("logo"), "See here:", "shot.png 30720", ""},
		"only in html": {alternative(plain("See here."), html(`<p>See here.<img src="cid:shot"></p><blockquote type="cite"><p>What? <img src="cid:logo"></p></blockquote>`)), picture("shot") + picture("logo"), "See here.", "shot.png 30720", ""},
		"alone":        {html(`<img src="cid:shot">`), picture("shot"), "", "shot.png 30720", ""},
		"invitation":   {alternative(plain("Let us meet."), invite), "", "Let us meet.", "attachment.ics 15", ""},
		"twice": {alternative(plain("Let us meet."), invite), "--rel\r\nContent-Type: application/ics; name=invite.ics\r\nContent-Disposition: attachment\r\n\r\nBEGIN:VCALENDAR\r\n",
			"Let us meet.", "invite.ics 15", ""},
		"outlook": {plain("Here."), "--rel\r\nContent-Type: application/octet-stream; name=winmail.dat\r\n\r\nabc\r\n", "Here.", "", "winmail.dat"},
	} {
		in := parse(t, mail(c.inner, c.parts))
		if in.Text != c.text || fileNames(in) != c.files || strings.Join(in.Left, " ") != c.left {
			t.Errorf("%s: says %q, files %q, left %q", name, in.Text, fileNames(in), in.Left)
		}
	}
}

func TestBounces(t *testing.T) {
	const id = "mai_01kfxyz0000000000000000000@honcho.test"
	for name, want := range map[string]Bounce{
		"bounce-postfix": {MessageID: id, Recipient: "miranda@leto.test", Hard: true, Status: "5.1.1", Reason: "550 5.1.1 <miranda@leto.test>: Recipient address rejected: User unknown in virtual mailbox table"},
		"bounce-delayed": {MessageID: id, Recipient: "miranda@leto.test", Delayed: true, Status: "4.4.1", Reason: "connect to mx.leto.test[192.0.2.7]:25: Connection timed out"},
		"bounce-exim":    {MessageID: id, Recipient: "miranda@leto.test", Hard: true, Status: "5.7.1", Reason: "550 5.7.1 Message rejected as spam"},
		"bounce-qmail":   {MessageID: id, Recipient: "miranda@leto.test", Status: "4.2.2", Reason: "452 4.2.2 Mailbox full"},
	} {
		in := parse(t, stored(t, name))
		if in.Bounce == nil || *in.Bounce != want {
			t.Errorf("%s: got %+v, want %+v", name, in.Bounce, want)
		}
	}
}

func TestUnreadable(t *testing.T) {
	nested := "From: a@b.test\r\n"
	for i := range maxDepth + 2 {
		nested += fmt.Sprintf("Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
	}
	for name, c := range map[string]struct{ raw, why string }{
		"nothing":              {"", "header"},
		"no header":            {"\r\ntext", "header"},
		"a mailbox":            {string(stored(t, "mbox")), "header"},
		"no colon":             {"From: a@b.test\r\nnonsense\r\n\r\ntext", "header"},
		"a header of a MB":     {"From: a@b.test\r\n" + strings.Repeat("X-A: "+strings.Repeat("b", 70)+"\r\n", 20000) + "\r\ntext", "header"},
		"a line of two MB":     {"From: a@b.test\r\nContent-Type: application/zip\r\n\r\n" + strings.Repeat("a", 2<<20), "line"},
		"a line in a part":     {"From: a@b.test\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nX: " + strings.Repeat("a", 2<<20), "line"},
		"a thousand parts":     {"From: a@b.test\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\n\r\na\r\n", 1000), "parts"},
		"parts within parts":   {nested, "depth"},
		"somebody else's eyes": {string(stored(t, "encrypted")), "encrypted"},
	} {
		dir := t.TempDir()
		in, err := Parse(strings.NewReader(c.raw), dir)
		var u *Unreadable
		if !errors.As(err, &u) || u.Why != c.why {
			t.Errorf("%s: read %t, %v; want %s", name, in != nil, err, c.why)
		}
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("%s leaves files behind", name)
		}
	}
}

func TestFileNames(t *testing.T) {
	for given, want := range map[string]string{
		"../../etc/passwd": "passwd", `C:\Users\x\a.doc`: "a.doc", "a\r\nBcc: x.pdf": "a Bcc: x.pdf", "\u202efdp.exe": "fdp.exe",
		"  .hidden. ": "hidden", "": "attachment.pdf", "..": "attachment.pdf", "a\x00b": "ab", strings.Repeat("n", 300): strings.Repeat("n", 149) + "…",
	} {
		if got := fileName(given, "application/pdf"); got != want {
			t.Errorf("%q becomes %q, want %q", given, got, want)
		}
	}
}

// endless is an attachment that is not held in memory while it comes.
type endless struct{ left int }

func (e *endless) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	const line = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAx\r\n"
	n := 0
	for n+len(line) <= len(p) && e.left > 0 {
		n += copy(p[n:], line)
		e.left--
	}
	return n, nil
}

func TestParseHoldsLittle(t *testing.T) {
	head := "From: a@b.test\r\nMessage-ID: <1@b>\r\nContent-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n"
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	in, err := Parse(io.MultiReader(strings.NewReader(head), &endless{400_000}), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	runtime.ReadMemStats(&after)
	if in.Files[0].Size != 400_000*54 {
		t.Errorf("%d bytes came", in.Files[0].Size)
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > 4<<20 {
		t.Errorf("20 MB took %d bytes of memory", got)
	}
}

// T202 for mail: nothing that is sent makes reading slow.
func TestParseIsQuick(t *testing.T) {
	head := "From: a@b.test\r\nContent-Type: %s\r\n"
	for name, raw := range map[string]string{
		"brackets":      fmt.Sprintf(head, "text/plain") + "To: " + strings.Repeat("(", 30_000) + "\r\n\r\n",
		"addresses":     fmt.Sprintf(head, "text/plain") + "To: " + strings.Repeat("a,", 15_000) + "\r\n\r\n",
		"encoded words": fmt.Sprintf(head, "text/plain") + "Subject: " + strings.Repeat("=?utf-8?q?=", 3_000) + "\r\n\r\n",
		"elements":      fmt.Sprintf(head, "text/html") + "\r\n" + strings.Repeat("<blockquote><div>", 15_000),
		"open elements": fmt.Sprintf(head, "text/html") + "\r\n" + strings.Repeat("<a href=x ", 25_000),
		"words":         fmt.Sprintf(head, "text/html") + "\r\n" + strings.Repeat("<td>a</td>", 25_000),
		"boundaries":    fmt.Sprintf(head, "multipart/mixed; boundary=-") + "\r\n" + strings.Repeat("-", 250_000),
		"results":       fmt.Sprintf(head, "text/plain") + "Authentication-Results: " + strings.Repeat("(;", 15_000) + "\r\n\r\n",
	} {
		start := time.Now()
		in, err := Parse(strings.NewReader(raw), t.TempDir())
		if err == nil {
			in.Verdict("x")
			in.Close()
		}
		if d := time.Since(start); d > time.Second {
			t.Errorf("%s take %v", name, d)
		}
	}
}

func FuzzParse(f *testing.F) {
	names, err := filepath.Glob("testdata/mail/*.eml")
	if err != nil || len(names) < 10 {
		f.Fatal(names, err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		if len(b) < 16<<10 { // pictures are nothing to vary
			f.Add(b)
		}
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, raw []byte) {
		in, err := Parse(bytes.NewReader(raw), dir)
		if err != nil {
			if u := (*Unreadable)(nil); !errors.As(err, &u) {
				t.Fatal(err)
			}
			return
		}
		defer in.Close()
		in.Verdict("mx.honcho.test")
		Markdown(in.Text)
		for _, file := range in.Files {
			if file.Name == "" || strings.ContainsAny(file.Name, "/\\\x00\n\r") || file.Size == 0 {
				t.Fatalf("file %q of %d", file.Name, file.Size)
			}
		}
		if len(in.Whole) > 4*maxText*maxParts || strings.ContainsAny(in.Subject+in.From.Name, "\r\n\x00") {
			t.Fatal("out of bounds")
		}
	})
}
