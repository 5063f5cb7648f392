package blob

import "os"

// FailFlush makes flushing fail as a dying disk does; nil heals it.
func (d *Disk) FailFlush(err error) {
	d.sync = (*os.File).Sync
	if err != nil {
		d.sync = func(*os.File) error { return err }
	}
}
