//go:build unix

package fleet

import (
	"os"
	"syscall"

	"github.com/deskbell/deskbell/internal/fault"
)

// lockFile keeps a second fleet from using the same identities: the server would
// take them for copies and hold them all.
func lockFile(f *os.File) error {
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return fault.Wrap(err, fault.Conflict, "Another deskbell-fleet uses "+f.Name()+". Stop it, or give this one a --state of its own.")
	}
	return nil
}

// maxFiles is how many files and sockets this process may have open.
func maxFiles() uint64 {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return 1 << 30 // it will be said when it happens
	}
	return uint64(l.Cur)
}
