//go:build unix

package durable

import "golang.org/x/sys/unix"

// RoomOf returns the room on the disk that a folder is on.
func RoomOf(dir string) (Room, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return Room{}, err
	}
	size := uint64(s.Bsize)
	return Room{Free: s.Bavail * size, Total: s.Blocks * size}, nil
}
