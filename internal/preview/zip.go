package preview

import (
	"archive/zip"
	"encoding/binary"
	"os"
)

// What an office document may hold, unpacked.
const (
	maxEntries  = 5_000
	maxUnpacked = 512 << 20
	maxRatio    = 200 // of what is larger than a few MB
)

// fits looks at the list of contents of an office document that is a ZIP
// archive, and refuses bombs before anybody unpacks them. The list is only what
// the archive says of itself: the limits of the converter's process hold
// whatever it says.
func fits(path string, size int64) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	var mark [4]byte
	if f.ReadAt(mark[:], 0); string(mark[:2]) != "PK" {
		return nil
	}
	// The number of entries is in the last lines, so that the list is not even
	// read when it is long.
	tail := make([]byte, min(size, 64<<10+22))
	if _, err := f.ReadAt(tail, size-int64(len(tail))); err != nil {
		return err
	}
	found := false
	for i := len(tail) - 22; i >= 0 && !found; i-- {
		if string(tail[i:i+4]) == "PK\x05\x06" {
			found = true
			if n := binary.LittleEndian.Uint16(tail[i+10:]); n > maxEntries {
				return none("%d entries", n)
			}
			if n := binary.LittleEndian.Uint32(tail[i+12:]); n > 4<<20 {
				return none("a list of %d bytes", n)
			}
		}
	}
	if !found {
		return none("a ZIP archive without its end")
	}
	z, err := zip.NewReader(f, size)
	if err != nil {
		return none("%v", err)
	}
	var total uint64
	for _, e := range z.File {
		total += e.UncompressedSize64
		if e.UncompressedSize64 > 8<<20 && e.UncompressedSize64/maxRatio > e.CompressedSize64 || e.UncompressedSize64 > maxUnpacked || total > maxUnpacked {
			return none("unpacks to too much")
		}
	}
	return nil
}
