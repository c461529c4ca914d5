//go:build !linux && !darwin

package probe

import (
	"errors"
	"syscall"
)

// smallSegments cannot be asked for on this system.
func smallSegments(syscall.RawConn) error { return errors.ErrUnsupported }
