//go:build unix

package session

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/deskbell/deskbell/agent/local/pipe"
)

// address returns the path of a program's socket. It lies in a folder that only
// this person can enter; its name tells desktop sessions of one person apart.
func address(program, state string) (string, error) {
	dir := os.Getenv("XDG_RUNTIME_DIR")
	if dir == "" {
		dir = filepath.Join(os.TempDir(), "deskbell-"+strconv.Itoa(os.Getuid()))
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return "", err
		}
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return "", err
	}
	if s, ok := info.Sys().(*syscall.Stat_t); !info.IsDir() || ok && int(s.Uid) != os.Getuid() || info.Mode().Perm()&0o022 != 0 {
		return "", fmt.Errorf("the folder %s is not only this person's", dir)
	}
	if state != "" {
		if abs, err := filepath.Abs(state); err == nil {
			state = abs
		}
	}
	screen, _, _ := strings.Cut(cmp.Or(os.Getenv("WAYLAND_DISPLAY"), os.Getenv("DISPLAY")), ".")
	sum := sha256.Sum256([]byte(screen + "\x00" + state))
	return filepath.Join(dir, "deskbell-"+program+"-"+hex.EncodeToString(sum[:6])), nil
}

// listen takes the lock first: of two programs that start at the same moment one
// must not remove the other's socket.
func listen(program, state string) (*Listener, error) {
	path, err := address(program, state)
	if err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, ErrTaken
		}
		return nil, err
	}
	if err := os.Remove(path + ".sock"); err != nil && !errors.Is(err, os.ErrNotExist) {
		lock.Close()
		return nil, err
	}
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "unix", path+".sock")
	if err != nil {
		lock.Close()
		return nil, err
	}
	return &Listener{l, func() { lock.Close() }}, nil
}

func dial(ctx context.Context, program, state string) (net.Conn, error) {
	path, err := address(program, state)
	if err != nil {
		return nil, err
	}
	return (&net.Dialer{}).DialContext(ctx, "unix", path+".sock")
}

// mine refuses callers that are other people, should the folder ever let them in.
func mine(c net.Conn) error {
	peer, err := pipe.PeerOf(c)
	if err != nil {
		return err
	}
	if peer.UID != strconv.Itoa(os.Getuid()) {
		return errors.New("another person calls")
	}
	return nil
}
