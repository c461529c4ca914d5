//go:build unix

package state

import (
	"errors"
	"io/fs"
	"os"
	"runtime"
	"syscall"
)

func standard() string {
	if runtime.GOOS == "darwin" {
		return "/Library/Application Support/Deskbell"
	}
	return "/var/lib/deskbell"
}

// makePrivate makes the folder with the mode 0711, whatever the umask.
func makePrivate(dir string) error {
	err := os.Mkdir(dir, 0o711)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return os.Chmod(dir, 0o711)
}

func lock(name string) (func(), error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errTaken()
		}
		return nil, err
	}
	return func() { f.Close() }, nil
}
