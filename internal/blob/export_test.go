package blob

import (
	"errors"
	"os"
)

// FailFlush makes flushing fail as a dying disk does; nil heals it.
func (d *Disk) FailFlush(err error) {
	d.sync = (*os.File).Sync
	if err != nil {
		d.sync = func(*os.File) error { return err }
	}
}

// OpenStepwise has d open files as where the kernel knows no other way.
func (d *Disk) OpenStepwise() {
	d.open = func(*os.File, string, int) (*os.File, error) { return nil, errors.ErrUnsupported }
}
