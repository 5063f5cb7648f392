package blob_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/vitrine-portal/vitrine/internal/blob"
	"github.com/vitrine-portal/vitrine/internal/blob/blobtest"
)

// A disk that is full refuses, loses nothing, keeps nothing half, and works
// again as soon as there is room.
func TestDiskFull(t *testing.T) {
	if os.Getenv(inside) == "" {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
		cmd.Env = append(os.Environ(), inside+"=1")
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWNS | syscall.CLONE_NEWUSER, // where it may mount a disk of its own
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=40m"); err != nil {
		t.Fatal(err)
	}
	defer unix.Unmount(dir, unix.MNT_DETACH)
	d := openDisk(t, dir)
	ctx := t.Context()
	room, err := d.Free(ctx)
	if err != nil || room < 30<<20 || room > 39<<20 {
		t.Fatalf("%d bytes free, %v", room, err)
	}
	same := func(what string, want int64) {
		t.Helper()
		if got, err := d.Free(ctx); err != nil || got < want-1<<20 {
			t.Errorf("%s: %d bytes are free, %v; want %d", what, got, err, want)
		}
	}

	// Announced, it is refused before a byte is read; else when it is full.
	never := &stops{bytes.NewReader(nil), 0, func() { t.Error("it was read") }}
	if _, err := d.Put(ctx, blob.NewKey(), never, room+1); !errors.Is(err, blob.ErrNoSpace) {
		t.Errorf("too much: %v", err)
	}
	much := io.LimitReader(&endless{of: blobtest.Content(1 << 20)}, 50<<20)
	if _, err := d.Put(ctx, blob.NewKey(), much, -1); !errors.Is(err, blob.ErrNoSpace) {
		t.Errorf("much: %v", err)
	}
	for e := range d.Partials(ctx) {
		t.Errorf("%s is left", e.Key)
	}
	same("after a refusal", room)

	other, want := blob.NewKey(), blobtest.Content(24<<20)
	if _, err := d.Put(ctx, other, bytes.NewReader(want[:10<<20]), 10<<20); err != nil {
		t.Fatal(err)
	}
	key := blob.NewKey()
	s, err := d.Append(ctx, key, blob.State{}, bytes.NewReader(want), 12<<20)
	if err != nil {
		t.Fatal(err)
	}
	filler := filepath.Join(dir, "filler")
	if err := os.WriteFile(filler, make([]byte, 12<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	left, _ := d.Free(ctx)
	after, err := d.Append(ctx, key, s, bytes.NewReader(want[s.Offset:]), 12<<20)
	if !errors.Is(err, blob.ErrNoSpace) || after.Offset != s.Offset {
		t.Fatalf("at %d: %v", after.Offset, err)
	}
	same("after the end was cut", left)

	// Down to the last twentieth, nothing is begun, and what is there is read.
	if err := os.WriteFile(filler+"2", make([]byte, left), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Begin(ctx, blob.NewKey()); !errors.Is(err, blob.ErrNoSpace) {
		t.Errorf("begin: %v", err)
	}
	if _, err := d.Append(ctx, key, s, bytes.NewReader(want), 1); !errors.Is(err, blob.ErrNoSpace) {
		t.Errorf("append: %v", err)
	}
	if err := blob.Verify(ctx, d, other, 10<<20, hashOf(want[:10<<20])); err != nil {
		t.Error(err)
	}
	if err := errors.Join(os.Remove(filler), os.Remove(filler+"2")); err != nil {
		t.Fatal(err)
	}
	if s, err = d.Append(ctx, key, s, bytes.NewReader(want[s.Offset:]), math.MaxInt64); err != nil {
		t.Fatal(err)
	}
	if info, err := d.Finish(ctx, key, s); err != nil || info.SHA256 != hashOf(want) {
		t.Errorf("%+v, %v", info, err)
	}
}
