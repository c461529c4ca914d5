//go:build linux || darwin

package probe

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// smallSegments limits what a connection sends and asks for at once to what every
// path takes.
func smallSegments(raw syscall.RawConn) error {
	var err error
	if broken := raw.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_MAXSEG, 536) }); broken != nil {
		return broken
	}
	return err
}
