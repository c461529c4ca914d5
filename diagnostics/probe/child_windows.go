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
