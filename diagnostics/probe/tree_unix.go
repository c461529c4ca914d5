//go:build unix

package probe

import (
	"io/fs"
	"os"
	"syscall"
)

// openDir opens a directory and nothing else: a pipe put in its place would hold
// us for ever, a link would lead elsewhere.
func openDir(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW, 0)
}

func deviceOf(info fs.FileInfo) uint64 {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(s.Dev)
	}
	return 0
}

// sizeOf returns what a file takes up on the disk: a sparse one less than its length.
func sizeOf(info fs.FileInfo) (bytes uint64, id fileID, links uint64) {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return uint64(max(0, info.Size())), fileID{}, 1
	}
	return uint64(max(0, s.Blocks)) * 512, fileID{uint64(s.Dev), uint64(s.Ino)}, uint64(s.Nlink)
}
