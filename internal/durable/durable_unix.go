//go:build unix

package durable

import (
	"errors"
	"os"
	"syscall"
)

// NoSpace reports whether err says that the disk, or this user's share, is full.
func NoSpace(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// SyncDir flushes a folder: the names in it.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
