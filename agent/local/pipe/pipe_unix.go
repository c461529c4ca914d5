//go:build unix

package pipe

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"github.com/deskbell/deskbell/internal/fault"
)

const systemAddress = "/run/deskbell/agent.sock"

// maxSocketPath is what fits into sockaddr_un on every Unix, its final zero
// byte included (macOS has the smallest).
const maxSocketPath = 103

func privateAddress(dir, hash string) string {
	if p := filepath.Join(dir, "agent.sock"); len(p) <= maxSocketPath {
		return p
	}
	return filepath.Join(os.TempDir(), "deskbell-"+hash+".sock")
}

func listen(address string) (net.Listener, error) {
	at := &net.UnixAddr{Name: address, Net: "unix"}
	if c, err := net.DialUnix("unix", nil, at); err == nil {
		c.Close()
		return nil, fault.New(fault.Conflict, "Another Deskbell agent runs with this state folder. Stop it first, or choose another folder with --state.")
	}
	if err := os.Remove(address); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(address), 0o755); err != nil {
		return nil, err
	}
	l, err := net.ListenUnix("unix", at)
	if err != nil {
		return nil, err
	}
	// Every person of this machine may ask; what they get is decided per request.
	if err := os.Chmod(address, 0o666); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

func dial(ctx context.Context, address string) (net.Conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, "unix", address)
	if err != nil {
		return nil, err
	}
	peer, err := peerOf(c)
	if err == nil && peer.UID != "0" && peer.UID != strconv.Itoa(os.Getuid()) {
		err = fault.Say(fault.WrongServer, "error.peer")
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func callerOf(uid uint32, pid int) Caller {
	return Caller{UID: strconv.FormatUint(uint64(uid), 10), PID: pid, Root: uid == 0 || int(uid) == os.Getuid()}
}
