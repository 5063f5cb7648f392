package blob

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// beginFlush has the last n bytes that were written set out for the disk, so
// that a flush later has less to wait for. It promises nothing.
func beginFlush(f *os.File, n int) {
	if end, err := f.Seek(0, io.SeekCurrent); err == nil {
		unix.SyncFileRange(int(f.Fd()), end-int64(n), int64(n), unix.SYNC_FILE_RANGE_WRITE)
	}
}
