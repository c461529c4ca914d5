//go:build !linux && !windows

package fix

import (
	"os/exec"
	"time"
)

// Session is for terminals, which there are on Linux and Windows alone.
func (c Child) Session(string, bool, time.Duration) (*exec.Cmd, error) {
	return nil, errElsewhere()
}
