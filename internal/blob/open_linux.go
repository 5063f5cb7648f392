package blob

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// openBeneath opens a file below a directory in one call, through no link. It
// returns errors.ErrUnsupported where the kernel has no such call, or whoever
// confines the program does not let it through.
func openBeneath(dir *os.File, name string, flags int) (*os.File, error) {
	how := unix.OpenHow{Flags: uint64(flags | unix.O_CLOEXEC), Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS}
	if flags&os.O_CREATE != 0 {
		how.Mode = 0o600
	}
	for {
		fd, err := unix.Openat2(int(dir.Fd()), name, &how)
		switch err {
		case nil:
			return os.NewFile(uintptr(fd), filepath.Join(dir.Name(), name)), nil
		case unix.EINTR:
		case unix.ELOOP:
			return nil, fmt.Errorf("it is a link: %w", ErrCorrupt)
		case unix.ENOSYS, unix.EPERM, unix.EAGAIN:
			return nil, errors.ErrUnsupported
		default:
			return nil, &fs.PathError{Op: "open", Path: name, Err: err}
		}
	}
}
