//go:build unix

package fix

import (
	"os/exec"
	"syscall"
)

// alone gives a program a group of its own, and ends the whole group when it is
// to end.
func alone(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

// kill ends a process and what it has started.
func kill(cmd *exec.Cmd) {
	syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
}

// Kill ends a process of Session's, and its group.
func Kill(cmd *exec.Cmd) { kill(cmd) }
