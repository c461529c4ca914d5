package pipe

import (
	"context"
	"fmt"
	"net"

	"github.com/Microsoft/go-winio"
	"golang.org/x/sys/windows"

	"github.com/deskbell/deskbell/internal/fault"
)

const systemAddress = `\\.\pipe\deskbell-agent`

func privateAddress(_, hash string) string { return systemAddress + "-" + hash }

// rights: SYSTEM and administrators everything; people at this machine read and
// write, but may not create another instance of the pipe; the network nothing.
const rights = "D:P(D;;GA;;;NU)(A;;GA;;;SY)(A;;GA;;;BA)(A;;GRGW;;;IU)"

func listen(address string) (net.Listener, error) {
	l, err := winio.ListenPipe(address, &winio.PipeConfig{SecurityDescriptor: rights, InputBufferSize: 64 << 10, OutputBufferSize: 64 << 10})
	if err != nil {
		return nil, fault.Wrap(err, fault.Conflict, "The local line is taken: another Deskbell agent runs with this state folder. Stop it first, or choose another folder with --state.")
	}
	return l, nil
}

func dial(ctx context.Context, address string) (net.Conn, error) {
	// At this level the agent can learn who we are, and cannot act as us.
	c, err := winio.DialPipeAccessImpLevel(ctx, address, windows.GENERIC_READ|windows.GENERIC_WRITE, winio.PipeImpLevelIdentification)
	if err != nil {
		return nil, err
	}
	if err := trustOwner(c); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func handleOf(c net.Conn) (windows.Handle, error) {
	f, ok := c.(interface{ Fd() uintptr })
	if !ok {
		return 0, fmt.Errorf("%T has no handle", c)
	}
	return windows.Handle(f.Fd()), nil
}

// trustOwner refuses a pipe that another person made before the agent did.
func trustOwner(c net.Conn) error {
	h, err := handleOf(c)
	if err != nil {
		return err
	}
	sd, err := windows.GetSecurityInfo(h, windows.SE_KERNEL_OBJECT, windows.OWNER_SECURITY_INFORMATION)
	if err != nil {
		return err
	}
	owner, _, err := sd.Owner()
	if err != nil {
		return err
	}
	me, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return err
	}
	if owner.IsWellKnown(windows.WinLocalSystemSid) || owner.IsWellKnown(windows.WinBuiltinAdministratorsSid) || owner.Equals(me.User.Sid) {
		return nil
	}
	return fault.Say(fault.WrongServer, "error.peer")
}

func peerOf(c net.Conn) (Caller, error) {
	h, err := handleOf(c)
	if err != nil {
		return Caller{}, err
	}
	var pid uint32
	if err := windows.GetNamedPipeClientProcessId(h, &pid); err != nil {
		return Caller{}, err
	}
	p, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, pid)
	if err != nil {
		return Caller{}, err
	}
	defer windows.CloseHandle(p)
	var token windows.Token
	if err := windows.OpenProcessToken(p, windows.TOKEN_QUERY, &token); err != nil {
		return Caller{}, err
	}
	defer token.Close()
	user, err := token.GetTokenUser()
	if err != nil {
		return Caller{}, err
	}
	me, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return Caller{}, err
	}
	sid := user.User.Sid
	return Caller{UID: sid.String(), PID: int(pid), Root: sid.IsWellKnown(windows.WinLocalSystemSid) || sid.Equals(me.User.Sid)}, nil
}
