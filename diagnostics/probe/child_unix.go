//go:build unix

package probe

import (
	"os/exec"
	"syscall"
)

// detach keeps a terminal's Ctrl-C from the child: its parent decides when it ends.
func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

// yieldTo has a child's group of processes give way to all others. A child that
// cannot be made to is as welcome.
func yieldTo(pid int) { _ = syscall.Setpriority(syscall.PRIO_PGRP, pid, 19) }
