package preview

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// A sandbox is how workers are shut in. Each adds to what the worker gives away
// by itself (confine).
type sandbox string

const (
	bubblewrap sandbox = "bubblewrap" // own view of the disk, own network, own processes
	namespaces sandbox = "namespaces" // own network, own processes
	bare       sandbox = "bare"
)

// Walls is what keeps a converter in on this machine, as tried out.
type Walls struct {
	Network bool // it reaches no other program
	Files   bool // it reads nothing but its one file and the system's programs
}

// A room is what one conversion has of the disk.
type room struct {
	dir string // made for it; holds out and tmp
	in  string // the original, as it is named outside
	box sandbox
}

// as is where the worker finds a path below the room or the original.
func (r *room) as(path string) string {
	if r.box != bubblewrap {
		return path
	}
	if path == r.in {
		return "/in" + filepath.Ext(path)
	}
	if rel, err := filepath.Rel(r.dir, path); err == nil && filepath.IsLocal(rel) {
		return filepath.Join("/box", rel)
	}
	return path
}

func (r *room) out(name string) string { return filepath.Join(r.dir, "out", name) }

func (m *Maker) newRoom(in string) (*room, error) {
	dir, err := os.MkdirTemp(m.temp, "pre-")
	if err != nil {
		return nil, err
	}
	r := &room{dir: dir, in: in, box: m.sandbox()}
	return r, errors.Join(os.Mkdir(r.out(""), 0o700), os.Mkdir(filepath.Join(dir, "tmp"), 0o700))
}

func (r *room) close() { os.RemoveAll(r.dir) }

// patience is how much longer a worker may take than the processor time it has:
// much else may be going on, and which files have previews must not hang on that.
const patience = 4

// wall is how long a worker may take.
func (o order) wall() time.Duration {
	if o.CPU == 0 {
		return 10 * time.Second
	}
	return patience * time.Duration(o.CPU) * time.Second
}

// run starts a worker and waits for it. What it writes to its standard output
// is returned, up to a limit. A worker that fails, crashes or is stopped for
// taking too much is ErrNone; only what the machine or the caller is to blame
// for is another error.
func (m *Maker) run(ctx context.Context, r *room, o order) ([]byte, error) {
	within, cancel := context.WithTimeout(ctx, o.wall())
	defer cancel()
	o.Self, o.Write = m.self, r.as(r.dir)
	program := m.self
	if r.box == bubblewrap {
		o.Self = "/vitrine"
	}
	o.Read, o.Own = append(o.Read, r.as(r.in)), r.box == bubblewrap
	text, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	args := []string{command, "confine", string(text)}
	if r.box == bubblewrap {
		program, args = m.bwrap, append(m.wrapping(r), args...)
	}
	cmd := exec.CommandContext(within, program, args...)
	tmp := r.as(filepath.Join(r.dir, "tmp"))
	cmd.Env = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=" + tmp, "TMPDIR=" + tmp, "LANG=C.UTF-8", "GOMAXPROCS=2"}
	cmd.Dir = r.dir
	out, errs := &limited{left: 1 << 20}, &limited{left: 4 << 10}
	cmd.Stdout, cmd.Stderr = out, errs
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	separate(cmd, r.box)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	expendable(cmd.Process.Pid)
	err = cmd.Wait()
	syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // whom it left behind
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case within.Err() != nil:
		return nil, none("%s took longer than %v", o.name(), o.wall())
	case err != nil:
		return nil, none("%s: %v: %s", o.name(), err, bytes.TrimSpace(errs.Bytes()))
	}
	return out.Bytes(), nil
}

func (o order) name() string {
	if len(o.Argv) > 0 {
		return filepath.Base(o.Argv[0])
	}
	return "the image worker"
}

// wrapping is what bubblewrap is told: which few things of the machine are
// there, and that nothing else is.
func (m *Maker) wrapping(r *room) []string {
	args := []string{
		"--unshare-all", "--die-with-parent", "--cap-drop", "ALL", "--uid", "65534", "--gid", "65534", "--hostname", "box",
		"--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "--dir", "/var/tmp",
	}
	for _, path := range system {
		info, err := os.Lstat(path)
		switch {
		case err != nil, len(path) > 4 && (path[:5] == "/dev/" || path[:5] == "/sys/"):
		case info.Mode()&os.ModeSymlink != 0:
			if to, err := os.Readlink(path); err == nil {
				args = append(args, "--symlink", to, path)
			}
		default:
			args = append(args, "--ro-bind", path, path)
		}
	}
	for _, dir := range m.toolDirs {
		args = append(args, "--ro-bind", dir, dir)
	}
	return append(args, "--ro-bind", m.self, "/vitrine", "--ro-bind", r.in, r.as(r.in), "--bind", r.dir, "/box", "--chdir", "/box", "--", "/vitrine")
}

// sandbox is the best that works here. The first call tries.
func (m *Maker) sandbox() sandbox {
	m.probe()
	return m.box
}

// Walls says what keeps converters in. The first call tries it out: a worker
// is told to connect to us and to read a file of ours.
func (m *Maker) Walls() Walls {
	m.probe()
	return m.walls
}

func (m *Maker) probe() {
	m.probed.Do(func() {
		m.box = bare
		for _, box := range []sandbox{bubblewrap, namespaces, bare} {
			if box == bubblewrap && m.bwrap == "" {
				continue
			}
			walls, err := m.try(box)
			if err != nil {
				m.log.Debug("previews", "sandbox", string(box), "error", err.Error())
				continue
			}
			m.box, m.walls = box, walls
			if walls.Network && walls.Files {
				return
			}
		}
	})
}

func (m *Maker) try(box sandbox) (w Walls, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	secret, err := os.CreateTemp(m.temp, "secret-")
	if err != nil {
		return w, err
	}
	defer os.Remove(secret.Name())
	defer secret.Close()
	in, err := os.CreateTemp(m.temp, "in-")
	if err != nil {
		return w, err
	}
	defer os.Remove(in.Name())
	defer in.Close()
	dir, err := os.MkdirTemp(m.temp, "pre-")
	if err != nil {
		return w, err
	}
	r := &room{dir: dir, in: in.Name(), box: box}
	defer r.close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return w, err
	}
	defer listener.Close()
	probe := &probeOrder{Address: listener.Addr().String(), File: secret.Name()}
	out, err := m.run(ctx, r, order{Probe: probe})
	if err != nil {
		return w, err
	}
	var a probeAnswer
	if err := json.Unmarshal(out, &a); err != nil {
		return w, fmt.Errorf("the probe's answer: %w", err)
	}
	return Walls{Network: !a.Connected, Files: !a.Read}, nil
}

// tool finds a converter, and "" when this machine has none.
func (m *Maker) tool(names ...string) string {
	for _, name := range names {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		path, err = filepath.Abs(path)
		if err != nil {
			continue
		}
		for _, p := range []string{path, resolved(path)} {
			inSystem := slices.ContainsFunc(system, func(dir string) bool {
				rel, err := filepath.Rel(dir, p)
				return err == nil && filepath.IsLocal(rel)
			})
			if dir := filepath.Dir(p); !inSystem && !slices.Contains(m.toolDirs, dir) {
				m.toolDirs = append(m.toolDirs, dir)
			}
		}
		return path
	}
	return ""
}

func resolved(path string) string {
	if p, err := filepath.EvalSymlinks(path); err == nil {
		return p
	}
	return path
}

// limited keeps the beginning of what is written to it.
type limited struct {
	bytes.Buffer
	left int
}

func (l *limited) Write(b []byte) (int, error) {
	n := min(len(b), l.left)
	l.left -= n
	l.Buffer.Write(b[:n])
	return len(b), nil
}
