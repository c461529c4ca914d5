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
