package probe

import (
	"os/exec"
	"syscall"

	"golang.org/x/sys/windows"
)

// detach keeps a console's Ctrl-C from the child, and a window off the screen.
func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{HideWindow: true, CreationFlags: windows.CREATE_NEW_PROCESS_GROUP}
}

// yieldTo has a child, and what it starts, give way to all others. A child that
// cannot be made to is as welcome.
func yieldTo(pid int) {
	h, err := windows.OpenProcess(windows.PROCESS_SET_INFORMATION, false, uint32(pid))
	if err != nil {
		return
	}
	defer windows.CloseHandle(h)
	_ = windows.SetPriorityClass(h, windows.IDLE_PRIORITY_CLASS)
}
