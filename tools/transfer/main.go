// Transfer measures how bytes come in and go out.
//
//	go run ./tools/transfer [-size 1024] [-many 1000] [-archive 5000] [-runs 3]
//
// It starts the built binary on a database and a storage of its own, and beside
// it a plain server that does the same with nothing around it: takes a PUT with
// SHA-256 and fsync, and serves files with http.ServeContent. Both are asked in
// turns, over loopback, and each figure is the median of the runs. It prints a
// table in Markdown.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"time"

	"github.com/vitrine-portal/vitrine/internal/blob"
	"github.com/vitrine-portal/vitrine/internal/built"
	"github.com/vitrine-portal/vitrine/internal/db"
	"github.com/vitrine-portal/vitrine/internal/portal"
)

func main() {
	log.SetFlags(0)
	size := flag.Int64("size", 1024, "MiB of the large file")
	many := flag.Int("many", 1000, "small files, of 100 KB")
	archive := flag.Int("archive", 5000, "files in the archive")
	runs := flag.Int("runs", 3, "how often each figure is taken")
	bareDir := flag.String("bare", "", "be the plain server, on this directory (used by the tool itself)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	if *bareDir != "" {
		err = serveBare(*bareDir, os.Stdin, os.Stdout)
	} else {
		err = transfer(ctx, *size<<20, *many, *archive, *runs)
	}
	if err != nil {
		log.Fatal("transfer: ", err)
	}
}

func transfer(ctx context.Context, size int64, many, archive, runs int) error {
	tmp, err := os.MkdirTemp("", "vitrine-transfer-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	binary, err := built.Binary(ctx, tmp)
	if err != nil {
		return err
	}
	data, plain := filepath.Join(tmp, "data"), filepath.Join(tmp, "plain")
	for _, dir := range []string{data, plain} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			return err
		}
	}
	start := func(env ...string) (*built.Server, error) {
		return built.Start(ctx, binary, "serve", data, append(env, "VITRINE_LOG_LEVEL=error")...)
	}
	if s, err := start(); err != nil { // marks the storage as its own
		return err
	} else if err := s.Stop(); err != nil {
		return err
	}
	log.Printf("filling: %d files of 100 KB, %d in an archive", many, archive)
	f, err := fill(ctx, data, plain, size, many, archive)
	if err != nil {
		return fmt.Errorf("fill: %w", err)
	}
	bare, pid, stopBare, err := startBare(ctx, plain)
	if err != nil {
		return err
	}
	defer stopBare()
	s, err := start()
	if err != nil {
		return err
	}
	m := &meter{ctx: ctx, s: s, bare: bare, barePID: pid, filled: f, runs: runs}
	err = errors.Join(m.up(size), m.down(size), m.archive(archive))
	if err == nil {
		err = m.small("small files, with their addresses", m.path)
	}
	if err == nil {
		var at []string
		if at, err = m.addresses(); err == nil {
			err = m.small("small files, at their addresses", func(i int) string { return at[i] })
		}
	}
	if err = errors.Join(err, s.Stop()); err != nil {
		return fmt.Errorf("%w\n%s", err, s.Output())
	}
	// Once more without a host for files, where a download is one request.
	if m.s, err = start("VITRINE_FILES_URL=off"); err != nil {
		return err
	}
	defer m.s.Stop()
	if err := m.small("small files, on one host", m.path); err != nil {
		return fmt.Errorf("%w\n%s", err, m.s.Output())
	}
	fmt.Printf("\n| | Vitrine | plain | ratio | processor time of each | memory grows by |\n|---|---|---|---|---|---|\n")
	for _, l := range m.lines {
		fmt.Println(l)
	}
	return nil
}

// filled says who asks for what.
type filled struct {
	token   string // of a session
	project portal.ProjectID
	archive portal.ProjectID
	small   []portal.VersionID
	large   portal.VersionID
}

const (
	smallSize   = 100_000
	archiveSize = 20_000
)

// fill makes a workspace with files, and the same small files for the plain
// server.
func fill(ctx context.Context, data, plain string, size int64, many, archive int) (f filled, err error) {
	d, err := db.Open(ctx, "sqlite:"+filepath.Join(data, "vitrine.db"))
	if err != nil {
		return f, err
	}
	defer d.Close()
	store, err := blob.OpenDisk(filepath.Join(data, "files"))
	if err != nil {
		return f, err
	}
	defer store.Close()
	p, _ := portal.New(d, portal.Options{Key: []byte("0123456789abcdef0123456789abcdef")})
	if _, err := p.BeginSetUp(ctx, "link"); err != nil {
		return f, err
	}
	session, token, err := p.FinishSetUp(ctx, portal.SetUp{Token: "link", Workspace: "Studio Nord", TimeZone: "UTC",
		Name: "Nora Nord", Email: "nora@nord.example", Password: "correct horse battery staple"})
	if err != nil {
		return f, err
	}
	f.token = token
	me := p.As(portal.PersonActor(session.Person))
	client, err := me.AddClient(ctx, "Leto")
	if err != nil {
		return f, err
	}
	if f.project, err = me.CreateProject(ctx, client, portal.NewProject{Name: "Film"}); err != nil {
		return f, err
	}
	if f.archive, err = me.CreateProject(ctx, client, portal.NewProject{Name: "Archive"}); err != nil {
		return f, err
	}
	add := func(project portal.ProjectID, name, path string, content io.Reader, size int64) (portal.VersionID, error) {
		key := blob.NewKey()
		info, err := store.Put(ctx, key, content, size)
		if err != nil {
			return "", err
		}
		id, err := me.BeginUpload(ctx, portal.NewUpload{Project: project, Name: name, Path: path, Size: info.Size}, string(key))
		if err != nil {
			return "", err
		}
		if err := me.AdvanceUpload(ctx, id, 0, info.Size, ""); err != nil {
			return "", err
		}
		_, version, err := me.FinishUpload(ctx, id, portal.Arrived{Size: info.Size, SHA256: info.SHA256, Kind: "image", Type: "image/jpeg"})
		return version, err
	}
	for i := range many {
		content := noise(smallSize, uint64(i))
		v, err := add(f.project, fmt.Sprintf("%d.jpg", i), "", bytes.NewReader(content), smallSize)
		if err != nil {
			return f, err
		}
		f.small = append(f.small, v)
		if err := os.WriteFile(filepath.Join(plain, fmt.Sprint(i)), content, 0o600); err != nil {
			return f, err
		}
	}
	for i := range archive {
		if _, err := add(f.archive, fmt.Sprintf("%d.jpg", i), fmt.Sprintf("Folder %d", i%50), bytes.NewReader(noise(archiveSize, uint64(i))), archiveSize); err != nil {
			return f, err
		}
	}
	f.large, err = add(f.project, "large.mov", "", repeated(size), size)
	return f, err
}

// noise is content that does not compress.
func noise(n int, seed uint64) []byte {
	var key [32]byte
	for i := range 8 {
		key[i] = byte(seed >> (8 * i))
	}
	b := make([]byte, n)
	rand.NewChaCha8(key).Read(b)
	return b
}

// repeated is a reader of n bytes that costs nothing to make.
func repeated(n int64) io.Reader { return io.LimitReader(&cycle{b: block}, n) }

var block = noise(16<<20, 1)

type cycle struct {
	b  []byte
	at int
}

func (c *cycle) Read(p []byte) (int, error) {
	n := copy(p, c.b[c.at:])
	c.at = (c.at + n) % len(c.b)
	return n, nil
}

func median[T ~float64 | ~int64](all []T) T {
	all = slices.Clone(all)
	slices.Sort(all)
	return all[len(all)/2]
}

// watch follows the memory of the server until it is told to stop, and says by
// how much it grew.
func (m *meter) watch() (grew func() int64) {
	before, _ := m.s.RSS()
	done, most := make(chan struct{}), make(chan int64)
	go func() {
		top := before
		for {
			if now, err := m.s.RSS(); err == nil {
				top = max(top, now)
			}
			select {
			case <-done:
				most <- top - before
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	return func() int64 { close(done); return <-most }
}
