package durable

import (
	"errors"

	"golang.org/x/sys/windows"
)

// NoSpace reports whether err says that the disk, or this user's share, is full.
func NoSpace(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL) || errors.Is(err, windows.ERROR_DISK_QUOTA_EXCEEDED)
}

// SyncDir does nothing: NTFS journals names, and a folder cannot be flushed.
func SyncDir(string) error { return nil }
