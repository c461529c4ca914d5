//go:build unix

package state

import (
	"errors"
	"io/fs"
	"os"
	"runtime"
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
