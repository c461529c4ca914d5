package server

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"

	"github.com/deskbell/deskbell/internal/fault"
)

// lock keeps a second server off the same data. The system lets go of it when the
// process ends, however it ends.
func lock(data string) (release func(), err error) {
	f, err := os.OpenFile(filepath.Join(data, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &windows.Overlapped{})
	if err != nil {
		f.Close()
		return nil, fault.New(fault.Conflict, "Another deskbell-server runs on the folder "+data+". Stop it first, or choose another folder with --data.")
	}
	return func() { f.Close() }, nil
}
