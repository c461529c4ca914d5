package session

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"path/filepath"

	"github.com/Microsoft/go-winio"
	"golang.org/x/sys/windows"
)

// address names a program's pipe in this session of this person.
func address(program, state string) (string, string, error) {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return "", "", err
	}
	var session uint32
	if err := windows.ProcessIdToSessionId(windows.GetCurrentProcessId(), &session); err != nil {
		return "", "", err
	}
	if state != "" {
		if abs, err := filepath.Abs(state); err == nil {
			state = abs
		}
	}
	sid := user.User.Sid.String()
	sum := sha256.Sum256([]byte(sid + "\x00" + state))
	return fmt.Sprintf(`\\.\pipe\deskbell-%s-%d-%s`, program, session, hex.EncodeToString(sum[:8])), sid, nil
}

// listen makes the first instance of the pipe; a second program cannot. Only this
// person, not over the network, may use it.
func listen(program, state string) (*Listener, error) {
	name, sid, err := address(program, state)
	if err != nil {
		return nil, err
	}
	l, err := winio.ListenPipe(name, &winio.PipeConfig{SecurityDescriptor: "D:P(D;;GA;;;NU)(A;;GA;;;" + sid + ")"})
	if errors.Is(err, windows.ERROR_ACCESS_DENIED) {
		return nil, ErrTaken
	}
	if err != nil {
		return nil, err
	}
	return &Listener{l, func() {}}, nil
}

func dial(ctx context.Context, program, state string) (net.Conn, error) {
	name, _, err := address(program, state)
	if err != nil {
		return nil, err
	}
	return winio.DialPipeAccessImpLevel(ctx, name, windows.GENERIC_READ|windows.GENERIC_WRITE, winio.PipeImpLevelIdentification)
}

// mine has nothing to check: the pipe's rights let nobody else in.
func mine(net.Conn) error { return nil }
