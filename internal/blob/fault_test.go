package blob_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/vitrine-portal/vitrine/internal/blob"
	"github.com/vitrine-portal/vitrine/internal/blob/blobtest"
)

// After bytes did not reach the disk nothing more is taken, even if it seems
// to work again. What is there can be read, and after a restart uploads go on.
func TestDiskThatDoesNotFlush(t *testing.T) {
	dir := t.TempDir()
	d := openDisk(t, dir)
	whole, key, want := blob.NewKey(), blob.NewKey(), blobtest.Content(3<<20)
	if _, err := d.Put(t.Context(), whole, bytes.NewReader(want), int64(len(want))); err != nil {
		t.Fatal(err)
	}
	s, err := d.Append(t.Context(), key, blob.State{}, bytes.NewReader(want), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	d.FailFlush(unix.EIO)
	after, err := d.Append(t.Context(), key, s, bytes.NewReader(want[s.Offset:]), 1<<20)
	if !errors.Is(err, blob.ErrUnavailable) || after.Offset != s.Offset {
		t.Fatalf("at %d: %v", after.Offset, err)
	}
	d.FailFlush(nil)
	for name, do := range map[string]func() error{
		"put":    func() error { _, err := d.Put(t.Context(), blob.NewKey(), bytes.NewReader(nil), 0); return err },
		"begin":  func() error { _, err := d.Begin(t.Context(), blob.NewKey()); return err },
		"append": func() error { _, err := d.Append(t.Context(), key, s, bytes.NewReader(want), 1); return err },
		"finish": func() error { _, err := d.Finish(t.Context(), key, s); return err },
		"delete": func() error { return d.Delete(t.Context(), whole) },
		"abort":  func() error { return d.Abort(t.Context(), key, s) },
		"mark":   func() error { return d.Mark(t.Context(), "x") },
	} {
		if err := do(); !errors.Is(err, blob.ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	sum := hashOf(want)
	if err := blob.Verify(t.Context(), d, whole, int64(len(want)), sum); err != nil {
		t.Error(err)
	}
	d = openDisk(t, dir)
	if s, err = d.Append(t.Context(), key, s, bytes.NewReader(want[s.Offset:]), math.MaxInt64); err != nil {
		t.Fatal(err)
	}
	if info, err := d.Finish(t.Context(), key, s); err != nil || info.SHA256 != sum {
		t.Errorf("%+v, %v", info, err)
	}
}

func hashOf(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// inside is set in a process that a test started of itself.
const inside = "VITRINE_TEST_INSIDE"

// job is what a process is to upload, and how far it has come.
type job struct {
	Disk  string
	S3    blob.S3Config
	Key   blob.Key
	Size  int
	State blob.State
}

func (j job) open(t *testing.T) blob.Store {
	t.Helper()
	if j.Disk != "" {
		return openDisk(t, j.Disk)
	}
	s, err := blob.OpenS3(j.S3)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// uploadOn goes on with an upload and says each State once it has it.
func uploadOn(t *testing.T, text string) {
	var j job
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		t.Fatal(err)
	}
	store, want := j.open(t), blobtest.Content(j.Size)
	for s := j.State; ; {
		var err error
		if s, err = store.Append(t.Context(), j.Key, s, bytes.NewReader(want[s.Offset:]), 300<<10+rand.Int64N(2<<20)); err != nil {
			t.Fatal(err)
		}
		line, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("state %s\n", line)
		if s.Offset == int64(j.Size) {
			if _, err := store.Finish(t.Context(), j.Key, s); err != nil {
				t.Fatal(err)
			}
			fmt.Println("finished")
			return
		}
	}
}

// A process is killed again and again while it uploads. Each goes on from what
// the one before it said last, and the file is the one that was sent.
func TestKilledUpload(t *testing.T) {
	if text := os.Getenv(inside); text != "" {
		uploadOn(t, text)
		return
	}
	for _, on := range []string{"disk", "s3"} {
		t.Run(on, func(t *testing.T) {
			j := job{Key: blob.NewKey(), Size: 25<<20 + 1}
			if on == "disk" {
				j.Disk = t.TempDir()
			} else {
				j.S3 = blobtest.StartS3(t).Config
			}
			if _, err := j.open(t).Begin(t.Context(), j.Key); err != nil {
				t.Fatal(err)
			}
			kills := 0
			for done := false; !done; kills++ {
				text, err := json.Marshal(j)
				if err != nil {
					t.Fatal(err)
				}
				cmd := exec.Command(os.Args[0], "-test.run=^TestKilledUpload$")
				cmd.Env = append(os.Environ(), inside+"="+string(text))
				cmd.Stderr = os.Stderr
				out, err := cmd.StdoutPipe()
				if err != nil {
					t.Fatal(err)
				}
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				lines := bufio.NewScanner(out)
				lines.Buffer(nil, 1<<20)
				for left := 1 + rand.IntN(3); left > 0 && lines.Scan(); left-- {
					if line, ok := strings.CutPrefix(lines.Text(), "state "); ok {
						j.State = blob.State{}
						if err := json.Unmarshal([]byte(line), &j.State); err != nil {
							t.Fatal(err)
						}
					} else if lines.Text() != "finished" {
						t.Fatalf("it says %s", lines.Text())
					}
					if done = j.State.Offset == int64(j.Size); done {
						break // and kill it while it finishes
					}
				}
				cmd.Process.Kill()
				cmd.Wait()
			}
			info, err := j.open(t).Finish(t.Context(), j.Key, j.State)
			if err != nil || info.SHA256 != hashOf(blobtest.Content(j.Size)) {
				t.Fatalf("after %d kills: %+v, %v", kills, info, err)
			}
			if err := blob.Verify(t.Context(), j.open(t), j.Key, info.Size, info.SHA256); err != nil {
				t.Error(err)
			}
			if kills < 3 {
				t.Errorf("only %d kills", kills)
			}
		})
	}
}
