package fix

import (
	"os/exec"
	"runtime"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/deskbell/deskbell/internal/fault"
)

// Session is a process for a person to work in, with their rights and no more; or
// with all of an administrator's. It ends with everything that it has started.
//
// The installed agent is the system itself and lends the rights of those who are
// signed in. The process runs where the agent does, away from their screen, as over
// SSH: Windows passes streams on within one session only.
func (c Child) Session(uid string, administrator bool, _ time.Duration) (*exec.Cmd, error) {
	if len(c.Command) == 0 {
		return nil, fault.New(fault.Unavailable, "Terminals are not set up on this computer.")
	}
	mine := windows.GetCurrentProcessToken()
	me, err := mine.GetTokenUser()
	if err != nil {
		return nil, err
	}
	switch {
	case administrator && !mine.IsElevated():
		return nil, fault.New(fault.Forbidden, "Deskbell runs without an administrator's rights on this computer, so it cannot give any.")
	case administrator, me.User.Sid.String() == uid && !me.User.Sid.IsWellKnown(windows.WinLocalSystemSid) && !mine.IsElevated():
		return c.as(mine, false)
	case !me.User.Sid.IsWellKnown(windows.WinLocalSystemSid):
		return nil, fault.New(fault.Forbidden, "Deskbell runs without the right to work as somebody else on this computer.")
	}
	token, err := signedIn(uid)
	if err != nil {
		return nil, err
	}
	cmd, err := c.as(token, true)
	if err != nil {
		token.Close()
		return nil, err
	}
	runtime.AddCleanup(cmd, func(t windows.Token) { t.Close() }, token)
	return cmd, nil
}

// as is a hand's process with a token's rights and its person's environment.
func (c Child) as(token windows.Token, lent bool) (*exec.Cmd, error) {
	cmd := c.plainly()
	var err error
	if cmd.Env, err = token.Environ(false); err != nil {
		return nil, err
	}
	if cmd.Dir, err = windows.GetSystemDirectory(); err != nil {
		return nil, err
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{HideWindow: true, CreationFlags: windows.CREATE_NO_WINDOW | windows.CREATE_NEW_PROCESS_GROUP}
	if lent {
		cmd.SysProcAttr.Token = syscall.Token(token)
	}
	return cmd, nil
}

// signedIn returns the token of a person who is signed in, for a process in the
// session of the agent's own.
func signedIn(uid string) (windows.Token, error) {
	var list *windows.WTS_SESSION_INFO
	var n uint32
	if err := windows.WTSEnumerateSessions(0, 0, 1, &list, &n); err != nil {
		return 0, err
	}
	defer windows.WTSFreeMemory(uintptr(unsafe.Pointer(list)))
	for _, s := range unsafe.Slice(list, n) {
		var token windows.Token
		if windows.WTSQueryUserToken(s.SessionID, &token) != nil {
			continue // nobody is signed in there
		}
		if u, err := token.GetTokenUser(); err != nil || u.User.Sid.String() != uid {
			token.Close()
			continue
		}
		moved, err := moveHere(token)
		token.Close()
		return moved, err
	}
	return 0, fault.New(fault.Unavailable, "The person is not signed in to this computer, and Windows lends their rights only while they are. Ask them to sign in.")
}

// moveHere copies a token and has it count for the session that this process is in.
func moveHere(token windows.Token) (windows.Token, error) {
	var session uint32
	if err := windows.ProcessIdToSessionId(windows.GetCurrentProcessId(), &session); err != nil {
		return 0, err
	}
	var here windows.Token
	if err := windows.DuplicateTokenEx(token, windows.MAXIMUM_ALLOWED, nil, windows.SecurityIdentification, windows.TokenPrimary, &here); err != nil {
		return 0, err
	}
	if err := windows.SetTokenInformation(here, windows.TokenSessionId, (*byte)(unsafe.Pointer(&session)), uint32(unsafe.Sizeof(session))); err != nil {
		here.Close()
		return 0, err
	}
	return here, nil
}
