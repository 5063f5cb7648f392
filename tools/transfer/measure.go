package main

import (
	"archive/zip"
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vitrine-portal/vitrine/internal/built"
)

// A meter asks the two servers in turns.
type meter struct {
	filled
	ctx     context.Context
	s       *built.Server
	bare    string
	barePID int
	runs    int
	lines   []string
}

// client is one for a number of connections; it follows no redirect.
func newClient(connections int) *http.Client {
	return &http.Client{
		Transport: &http.Transport{MaxIdleConnsPerHost: connections, MaxConnsPerHost: connections, ReadBufferSize: 256 << 10, WriteBufferSize: 256 << 10, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}
}

func (m *meter) do(c *http.Client, method, url string, body io.Reader, length int64, header ...string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(m.ctx, method, url, body)
	if err != nil {
		return nil, err
	}
	r.ContentLength = length
	if strings.HasPrefix(url, m.s.URL) {
		r.Header.Set("Cookie", "sid="+m.token)
		r.Header.Set("Tus-Resumable", "1.0.0")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := c.Do(r)
	if err == nil && resp.StatusCode >= 400 {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 500))
		resp.Body.Close()
		err = fmt.Errorf("%s %s: %s: %s", method, url, resp.Status, text)
	}
	return resp, err
}

// drain reads all of an answer, and returns how much that was.
func drain(resp *http.Response) (int64, error) {
	defer resp.Body.Close()
	return io.CopyBuffer(struct{ io.Writer }{io.Discard}, resp.Body, make([]byte, 256<<10))
}

// A result is what a server did in a run.
type result struct {
	perSecond float64
	cpu       time.Duration // of the server
}

func once(do func() error, cpu func() (time.Duration, error)) (r result, err error) {
	before, err := cpu()
	if err != nil {
		return r, err
	}
	began := time.Now()
	if err := do(); err != nil {
		return r, err
	}
	r.perSecond = 1 / time.Since(began).Seconds()
	after, err := cpu()
	r.cpu = after - before
	return r, err
}

// rest waits until the server has nothing else to do: after a start it looks
// through its files, and after an upload at what came.
func (m *meter) rest() error {
	before, err := m.s.CPU()
	for range 600 {
		time.Sleep(500 * time.Millisecond)
		now, failed := m.s.CPU()
		if err = errors.Join(err, failed); err != nil || now-before < 30*time.Millisecond {
			return err
		}
		before = now
	}
	return errors.New("the server does not come to rest")
}

// turns runs ours and theirs after each other, several times, and adds a line
// with the medians and the most that memory grew.
func (m *meter) turns(name, unit string, times float64, ours, theirs func() error) error {
	var a, b, ca, cb []float64
	var grew int64
	for range m.runs {
		their, err := once(theirs, func() (time.Duration, error) { return built.CPU(m.barePID) })
		if err != nil {
			return err
		}
		if err := m.rest(); err != nil {
			return err
		}
		stop := m.watch()
		our, err := once(ours, m.s.CPU)
		grew = max(grew, stop())
		if err != nil {
			return err
		}
		a, b = append(a, our.perSecond*times), append(b, their.perSecond*times)
		ca, cb = append(ca, our.cpu.Seconds()), append(cb, their.cpu.Seconds())
	}
	m.lines = append(m.lines, fmt.Sprintf("| %s | %.2f %s | %.2f %s | %.2f | %.2f s, %.2f s | %d MB |",
		name, median(a), unit, median(b), unit, median(a)/median(b), median(ca), median(cb), grew>>20))
	return nil
}

// up sends the large file by tus, in parts of 16 MiB as browsers send them and
// in one, against a PUT.
func (m *meter) up(size int64) error {
	c := newClient(1)
	put := func() error {
		resp, err := m.do(c, "PUT", m.bare+"/up", repeated(size), size)
		if err != nil {
			return err
		}
		_, err = drain(resp)
		return err
	}
	n := 0
	tus := func(part int64) func() error {
		return func() error {
			n++
			meta := "project " + base64.StdEncoding.EncodeToString([]byte(m.project)) + ",filename " + base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%d.mov", n))
			resp, err := m.do(c, "POST", m.s.URL+"/uploads", nil, 0, "Upload-Length", strconv.FormatInt(size, 10), "Upload-Metadata", meta)
			if err != nil {
				return err
			}
			drain(resp)
			at := m.s.URL + resp.Header.Get("Location")
			for offset := int64(0); offset < size; offset += part {
				length := min(part, size-offset)
				if resp, err = m.do(c, "PATCH", at, repeated(length), length, "Content-Type", "application/offset+octet-stream", "Upload-Offset", strconv.FormatInt(offset, 10)); err != nil {
					return err
				}
				drain(resp)
			}
			return nil
		}
	}
	for _, way := range []struct {
		name string
		part int64
	}{{"up, in parts of 16 MiB", 16 << 20}, {"up, in one part", size}} {
		if err := m.turns(way.name, "GB/s", float64(size)/1e9, tus(way.part), put); err != nil {
			return err
		}
	}
	return nil
}

// fetch downloads from an address of ours, and where it leads.
func (m *meter) fetch(c *http.Client, address string, want int64) error {
	resp, err := m.do(c, "GET", address, nil, 0)
	for range 3 {
		if err != nil || resp.StatusCode != http.StatusSeeOther {
			break
		}
		drain(resp)
		resp, err = m.do(c, "GET", resp.Header.Get("Location"), nil, 0)
	}
	if err != nil {
		return err
	}
	n, err := drain(resp)
	if err == nil && n != want {
		err = fmt.Errorf("%s: %d bytes of %d", address, n, want)
	}
	return err
}

// down fetches the large file.
func (m *meter) down(size int64) error {
	c := newClient(1)
	return m.turns("down", "GB/s", float64(size)/1e9,
		func() error { return m.fetch(c, m.s.URL+"/versions/"+string(m.filled.large)+"/download", size) },
		func() error { return m.fetch(c, m.bare+"/up", size) })
}

// path is where a small file is asked for.
func (m *meter) path(i int) string {
	return m.s.URL + "/versions/" + string(m.filled.small[i]) + "/download"
}

// addresses asks for the addresses of all small files on the files' host.
func (m *meter) addresses() ([]string, error) {
	c := newClient(1)
	all := make([]string, len(m.filled.small))
	for i := range all {
		resp, err := m.do(c, "GET", m.path(i), nil, 0)
		if err != nil {
			return nil, err
		}
		drain(resp)
		all[i] = resp.Header.Get("Location")
	}
	return all, nil
}

// small fetches all small files, sixteen at a time.
func (m *meter) small(name string, ours func(i int) string) error {
	const at = 16
	c := newClient(at)
	all := func(address func(i int) string) func() error {
		return func() error {
			var next atomic.Int64
			errs := make([]error, at)
			var wg sync.WaitGroup
			for worker := range at {
				wg.Go(func() {
					for {
						i := int(next.Add(1)) - 1
						if i >= 5*len(m.filled.small) || errs[worker] != nil {
							return
						}
						errs[worker] = m.fetch(c, address(i%len(m.filled.small)), smallSize)
					}
				})
			}
			wg.Wait()
			return errors.Join(errs...)
		}
	}
	return m.turns(name, "/s", float64(5*len(m.filled.small)), all(ours), all(func(i int) string { return m.bare + "/" + strconv.Itoa(i) }))
}

// archive fetches all files of a project in one, against the plain server's
// archive of as many bytes.
func (m *meter) archive(files int) error {
	c := newClient(1)
	var got int64
	err := m.turns(fmt.Sprintf("archive of %d files", files), "MB/s", float64(files)*archiveSize/1e6,
		func() error {
			resp, err := m.do(c, "GET", m.s.URL+"/projects/"+string(m.filled.archive)+"/zip", nil, 0)
			if err != nil {
				return err
			}
			got, err = drain(resp)
			return err
		},
		func() error { return m.fetchAny(c, m.bare+"/zip?files="+strconv.Itoa(files)) })
	if err != nil {
		return err
	}
	if got < int64(files)*archiveSize {
		return fmt.Errorf("the archive has %d bytes", got)
	}
	return nil
}

func (m *meter) fetchAny(c *http.Client, address string) error {
	resp, err := m.do(c, "GET", address, nil, 0)
	if err != nil {
		return err
	}
	_, err = drain(resp)
	return err
}

// startBare starts the plain server in a process of its own.
func startBare(ctx context.Context, dir string) (address string, pid int, stop func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return "", 0, nil, err
	}
	cmd := exec.CommandContext(ctx, self, "-bare", dir)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", 0, nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", 0, nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", 0, nil, err
	}
	address, err = bufio.NewReader(out).ReadString('\n')
	return strings.TrimSpace(address), cmd.Process.Pid, func() { in.Close(); cmd.Wait() }, err
}

// serveBare is the plain server: it ends with its standard input.
func serveBare(dir string, in io.Reader, out io.Writer) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /up", func(w http.ResponseWriter, r *http.Request) {
		if err := put(filepath.Join(dir, "up"), r.Body); err != nil {
			http.Error(w, err.Error(), 500)
		}
	})
	mux.HandleFunc("GET /zip", func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Query().Get("files"))
		z := zip.NewWriter(w)
		content := noise(archiveSize, 1)
		for i := range n {
			f, err := z.CreateHeader(&zip.FileHeader{Name: fmt.Sprint(i), Method: zip.Store})
			if err == nil {
				_, err = f.Write(content)
			}
			if err != nil {
				return
			}
		}
		z.Close()
	})
	mux.HandleFunc("GET /{file}", func(w http.ResponseWriter, r *http.Request) {
		f, err := os.Open(filepath.Join(dir, filepath.Base(r.PathValue("file"))))
		if err != nil {
			http.Error(w, err.Error(), 404)
			return
		}
		defer f.Close()
		w.Header().Set("Content-Type", "application/octet-stream")
		http.ServeContent(w, r, "", time.Time{}, f)
	})
	fmt.Fprintf(out, "http://%s\n", listener.Addr())
	go http.Serve(listener, mux)
	_, err = io.Copy(io.Discard, in)
	return err
}

// put is what a plain server does at least: the file is on disk, with its hash,
// before it answers.
func put(path string, r io.Reader) error {
	f, err := os.CreateTemp(filepath.Dir(path), "part-")
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.CopyBuffer(struct{ io.Writer }{io.MultiWriter(f, h)}, r, make([]byte, 256<<10)); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := os.WriteFile(path+".sha256", []byte(hex.EncodeToString(h.Sum(nil))), 0o600); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
