package pipe

import (
	"fmt"
	"net"

	"golang.org/x/sys/unix"
)

func peerOf(c net.Conn) (Caller, error) {
	u, ok := c.(*net.UnixConn)
	if !ok {
		return Caller{}, fmt.Errorf("%T has no peer credentials", c)
	}
	raw, err := u.SyscallConn()
	if err != nil {
		return Caller{}, err
	}
	var cred *unix.Ucred
	var sys error
	if err := raw.Control(func(fd uintptr) { cred, sys = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) }); err != nil {
		return Caller{}, err
	}
	if sys != nil {
		return Caller{}, sys
	}
	return callerOf(cred.Uid, int(cred.Pid)), nil
}
