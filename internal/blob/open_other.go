//go:build !linux

package blob

import (
	"errors"
	"os"
)

// openBeneath is for systems that can open a file below a directory in one call.
func openBeneath(*os.File, string, int) (*os.File, error) { return nil, errors.ErrUnsupported }
