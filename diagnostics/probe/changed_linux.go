package probe

import (
	"os"
	"syscall"
	"time"
)

// changedAt is when a file's inode changed last.
func changedAt(path string) (time.Time, error) {
	info, err := os.Stat(path)
	if err != nil {
		return time.Time{}, err
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return time.Time{}, os.ErrInvalid
	}
	return time.Unix(s.Ctim.Sec, 0).UTC(), nil
}
