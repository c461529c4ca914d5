//go:build unix

package server

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/deskbell/deskbell/internal/fault"
)

// lock keeps a second server off the same data. The system lets go of it when the
// process ends, however it ends.
func lock(data string) (release func(), err error) {
	f, err := os.OpenFile(filepath.Join(data, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		return nil, fault.New(fault.Conflict, "Another deskbell-server runs on the folder "+data+". Stop it first, or choose another folder with --data.")
	}
	return func() { f.Close() }, nil
}
