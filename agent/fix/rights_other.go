//go:build !linux

package fix

import (
	"os/exec"
	"time"
)

// command starts hands with this program's own rights. There is no step yet on
// this system that would use them.
func (c Child) command(Rights, string, time.Duration) (*exec.Cmd, error) {
	if len(c.Command) == 0 {
		return nil, notHere("A fix")
	}
	return c.plainly(), nil
}

// Session says that this is not implemented here.
func (c Child) Session(string, bool, time.Duration) (*exec.Cmd, error) {
	return nil, notHere("A terminal from afar")
}
