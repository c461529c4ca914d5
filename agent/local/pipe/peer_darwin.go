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
	var cred *unix.Xucred
	var pid int
	var sys error
	err = raw.Control(func(fd uintptr) {
		if cred, sys = unix.GetsockoptXucred(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERCRED); sys == nil {
			pid, sys = unix.GetsockoptInt(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERPID)
		}
	})
	if err != nil {
		return Caller{}, err
	}
	if sys != nil {
		return Caller{}, sys
	}
	return callerOf(cred.Uid, pid), nil
}
