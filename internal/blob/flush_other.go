//go:build !linux

package blob

import "os"

// beginFlush is for systems that can begin a flush without waiting for it.
func beginFlush(*os.File, int) {}
