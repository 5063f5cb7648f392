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
	ctx   context.Context
	s     *built.Server
	bare  string
	runs  int
	lines []string
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

// turns runs ours and theirs after each other, several times, and returns the
// medians of what they give per second, and the most that memory grew.
func (m *meter) turns(ours, theirs func() error) (our, their float64, grew int64, err error) {
	var a, b []float64
	for range m.runs {
		began := time.Now()
		if err := theirs(); err != nil {
			return 0, 0, 0, err
		}
		b = append(b, 1/time.Since(began).Seconds())
		stop := m.watch()
		began = time.Now()
		err := ours()
		took := time.Since(began)
		grew = max(grew, stop())
		if err != nil {
			return 0, 0, 0, err
		}
		a = append(a, 1/took.Seconds())
	}
	return median(a), median(b), grew, nil
}

func (m *meter) line(name, unit string, our, their, times float64, grew int64) {
	m.lines = append(m.lines, fmt.Sprintf("| %s | %.2f %s | %.2f %s | %.2f | %d MB |", name, our*times, unit, their*times, unit, our/their, grew>>20))
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
		our, their, grew, err := m.turns(tus(way.part), put)
		if err != nil {
			return err
		}
		m.line(way.name, "GB/s", our, their, float64(size)/1e9, grew)
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
	our, their, grew, err := m.turns(
		func() error { return m.fetch(c, m.s.URL+"/versions/"+string(m.filled.large)+"/download", size) },
		func() error { return m.fetch(c, m.bare+"/up", size) })
	if err != nil {
		return err
	}
	m.line("down", "GB/s", our, their, float64(size)/1e9, grew)
	return nil
}

// small fetches all small files, sixteen at a time.
func (m *meter) small(name string, twoHosts bool) error {
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
	our, their, grew, err := m.turns(
		all(func(i int) string { return m.s.URL + "/versions/" + string(m.filled.small[i]) + "/download" }),
		all(func(i int) string { return m.bare + "/" + strconv.Itoa(i) }))
	if err != nil {
		return err
	}
	m.line(name, "/s", our, their, float64(5*len(m.filled.small)), grew)
	return nil
}

// archive fetches all files of a project in one, against the plain server's
// archive of as many bytes.
func (m *meter) archive(files int) error {
	c := newClient(1)
	var got int64
	our, their, grew, err := m.turns(
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
	m.line(fmt.Sprintf("archive of %d files", files), "MB/s", our, their, float64(files)*archiveSize/1e6, grew)
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
func startBare(ctx context.Context, dir string) (address string, stop func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	cmd := exec.CommandContext(ctx, self, "-bare", dir)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	address, err = bufio.NewReader(out).ReadString('\n')
	return strings.TrimSpace(address), func() { in.Close(); cmd.Wait() }, err
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
